/**
 * smooth is the mean over neighbours with Gaussian weights in x: unlike a running mean it does not
 * shift a curve to the right. Gaps stay gaps, and nothing is averaged across one.
 *
 * @param {number[]} x ascending
 * @param {(number|null)[]} y
 * @param {number} amount 0..1: the deviation of the weights as a share of the range of x, times 20
 * @returns {(number|null)[]}
 */
export function smooth(x, y, amount) {
  const sigma = (amount * (x[x.length - 1] - x[0])) / 20;
  if (!(sigma > 0)) return y;
  const out = new Array(y.length).fill(null);
  const weigh = (i, j) => Math.exp(-0.5 * ((x[i] - x[j]) / sigma) ** 2);
  for (let i = 0; i < y.length; i++) {
    if (y[i] === null || y[i] === undefined) continue;
    let sum = y[i], weight = 1;
    for (const way of [-1, 1]) {
      for (let j = i + way; y[j] !== null && y[j] !== undefined && Math.abs(x[j] - x[i]) < 3 * sigma; j += way) {
        const w = weigh(i, j);
        sum += w * y[j];
        weight += w;
      }
    }
    out[i] = sum / weight;
  }
  return out;
}
