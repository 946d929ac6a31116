/**
 * Stages on the x axis of a chart. Where all series have the same stages they are bands, with a
 * strip above that says which classes entered; where they differ, ticks in the colour of each
 * series stand at the foot.
 */
import { listed } from "./format.js";
import { color } from "./theme.js";

/** @typedef {{stage: number, from: number, to: number, new: string[]}} Band */

/**
 * common returns the bands that all series with more than one stage share, or null.
 *
 * @param {{bands?: Band[]}[]} series
 * @returns {?Band[]}
 */
export function common(series) {
  const staged = series.filter((s) => s.bands?.length > 1);
  if (!staged.length || staged.length < series.length && series.length > 1 && staged.length > 1 && !same(staged)) return null;
  return same(staged) ? merge(staged.map((s) => s.bands)) : null;
}

const same = (staged) => staged.every((s) => s.bands.length >= Math.min(...staged.map((t) => t.bands.length)) && s.bands.every((b, i) => {
  const a = staged[0].bands[i];
  return !a || (Math.abs(a.from - b.from) <= 1e-9 + 0.002 * Math.abs(a.to));
}));

/** merge takes the longest list, and names only the classes on which all agree. @param {Band[][]} lists */
function merge(lists) {
  const longest = lists.reduce((a, b) => (b.length > a.length ? b : a));
  return longest.map((band, i) => {
    const names = JSON.stringify(band.new);
    const agreed = lists.every((l) => !l[i] || JSON.stringify(l[i].new) === names);
    const to = Math.max(...lists.map((l) => l[i]?.to ?? -Infinity));
    return { ...band, to, new: agreed ? band.new : [], count: (band.new ?? []).length };
  });
}

/** at returns the band around x. @param {?Band[]} bands @param {number} x */
export const at = (bands, x) => bands?.find((b) => x >= b.from && x <= b.to) ?? null;

/** title says what a band is, in full. @param {Band} band @param {number} [most] names */
export function title(band, most = 8) {
  const n = band.new?.length || band.count || 0;
  if (!n) return `stage ${band.stage}`;
  return band.new?.length ? `stage ${band.stage}, +${n}: ${listed(band.new, most)}` : `stage ${band.stage}, +${n} classes`;
}

/** strip is the height above the plot that the labels take. */
export const strip = 17;

/**
 * drawBands paints every other band, and all labels.
 *
 * @param {Object} u the uPlot
 * @param {Band[]} bands
 */
export function drawBands(u, bands) {
  const { ctx } = u, px = devicePixelRatio, { left, top, width, height } = u.bbox;
  ctx.save();
  ctx.beginPath();
  ctx.rect(left, top - strip * px, width, height + strip * px);
  ctx.clip();
  ctx.font = `${10.5 * px}px ${color("--sans")}`;
  ctx.textAlign = "left"; // the axes drawn before left it at theirs
  ctx.textBaseline = "middle";
  for (const band of bands) {
    const a = u.valToPos(band.from, "x", true), b = u.valToPos(Math.max(band.to, band.from), "x", true);
    ctx.fillStyle = color("--band");
    if (band.stage % 2 === 0) ctx.fillRect(a, top - strip * px, b - a, height + strip * px);
    ctx.fillStyle = color("--line-2");
    if (a > left + 1) ctx.fillRect(Math.round(a), top - strip * px, px, height + strip * px);
    label(ctx, band, Math.max(a, left), Math.min(b, left + width), top - (strip / 2) * px, px);
  }
  ctx.restore();
}

/** label writes as much about a band as its width holds. */
function label(ctx, band, a, b, y, px) {
  const room = b - a - 8 * px;
  const n = band.new?.length || band.count || 0;
  const texts = [title(band, 99), title(band, 3), title(band, 1), ...(n ? [`stage ${band.stage}, +${n}`, `${band.stage}: +${n}`] : []), String(band.stage)];
  const text = texts.find((t) => ctx.measureText(t).width <= room);
  ctx.fillStyle = color("--ink-3");
  if (text) ctx.fillText(text, a + 4 * px, y);
}

/**
 * drawTicks marks where the stages of each series begin.
 *
 * @param {Object} u the uPlot
 * @param {{bands?: Band[], color: string}[]} series
 */
export function drawTicks(u, series) {
  const { ctx } = u, px = devicePixelRatio, { left, top, width, height } = u.bbox;
  ctx.save();
  series.forEach((s) => {
    for (const band of (s.bands ?? []).slice(1)) {
      const x = u.valToPos(band.from, "x", true);
      if (x < left || x > left + width) continue;
      ctx.fillStyle = s.color;
      ctx.globalAlpha = 0.8;
      ctx.beginPath();
      ctx.moveTo(x - 3.5 * px, top + height);
      ctx.lineTo(x + 3.5 * px, top + height);
      ctx.lineTo(x, top + height - 7 * px);
      ctx.fill();
    }
  });
  ctx.restore();
}
