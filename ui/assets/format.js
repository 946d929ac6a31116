/** Numbers, times and names as text. What is not known is an en dash. */

const none = "–";

/** isNumber says whether x can be shown. @param {any} x */
export const isNumber = (x) => typeof x === "number" && Number.isFinite(x);

/** share writes 0..1 as per cent with two digits: 0.9359 is "93.59 %". @param {?number} x */
export const share = (x) => (isNumber(x) ? (100 * x).toFixed(2) + "\u202f%" : none);

/** spread writes a mean of shares and its deviation, if there is one: "77.81 ± 0.80 %". @param {?number} mean @param {?number} deviation */
export const spread = (mean, deviation) => (isNumber(deviation) ? `${(100 * mean).toFixed(2)} ± ${share(deviation)}` : share(mean));

/**
 * number writes x with about four digits: 0.01234, 12.3, 4,512, 1.2e-7.
 *
 * @param {?number} x
 */
export function number(x) {
  if (!isNumber(x)) return none;
  const a = Math.abs(x);
  if (a !== 0 && a < 1e-4) return x.toExponential(1);
  if (a >= 1e6) return count(x);
  if (a >= 1000) return Math.round(x).toLocaleString("en");
  return String(Number(x.toPrecision(4)));
}

const powers = [[1e18, "E"], [1e15, "P"], [1e12, "T"], [1e9, "G"], [1e6, "M"]];

/**
 * count writes a whole number: 60,000, from a million on with a prefix: 1.25 M.
 *
 * @param {?number} n
 */
export function count(n) {
  if (!isNumber(n)) return none;
  for (const [p, name] of powers) {
    if (Math.abs(n) >= p) return Number((n / p).toPrecision(3)) + "\u202f" + name;
  }
  return Math.round(n).toLocaleString("en");
}

/**
 * counts writes the marks of an axis, all in the unit of the last: 0, 0.5 M, 1 M.
 *
 * @param {number[]} ns ascending
 * @returns {string[]}
 */
export function counts(ns) {
  const [p, name] = [...powers, [1e3, "k"]].find(([p]) => ns.at(-1) >= p) ?? [1, ""];
  return ns.map((n) => (n && name ? Number((n / p).toPrecision(9)) + "\u202f" + name : number(n)));
}

/**
 * duration writes seconds in the two largest units that are not zero: "2 h 03 min", "45 s".
 *
 * @param {?number} s
 */
export function duration(s) {
  if (!isNumber(s)) return none;
  if (s < 0.95) return Math.round(1000 * s) + "\u202fms";
  if (s < 9.95) return Number(s.toFixed(1)) + "\u202fs";
  s = Math.round(s);
  if (s < 60) return s + "\u202fs";
  const pad = (n) => String(n).padStart(2, "0");
  if (s < 3600) return Math.floor(s / 60) + "\u202fmin " + pad(s % 60) + "\u202fs";
  const m = Math.floor(s / 60);
  if (m < 48 * 60) return Math.floor(m / 60) + "\u202fh " + pad(m % 60) + "\u202fmin";
  return Math.floor(m / 1440) + "\u202fd " + pad(Math.floor(m / 60) % 24) + "\u202fh";
}

/**
 * ago writes how long a moment lies back, in one unit.
 *
 * @param {?string} time RFC 3339
 */
export function ago(time) {
  const t = Date.parse(time ?? "");
  if (Number.isNaN(t)) return none;
  const s = Math.max(0, (Date.now() - t) / 1000);
  if (s < 45) return "just now";
  for (const [unit, size] of [["d", 86400], ["h", 3600], ["min", 60]]) {
    if (s >= size) return Math.floor(s / size) + "\u202f" + unit + " ago";
  }
  return "1\u202fmin ago";
}

/** nats writes an entropy of a class, all with as many digits: 0.310. @param {?number} x */
export const nats = (x) => (isNumber(x) ? x.toFixed(3) : none);

/** times writes a cost in baselines: "2.00×". @param {?number} x */
export const times = (x) => (isNumber(x) ? x.toFixed(2) + "\u202f×" : none);

/** plural writes n and its noun. @param {number} n @param {string} noun */
export const plural = (n, noun) => `${count(n)} ${noun}${n === 1 ? "" : noun.endsWith("s") ? "es" : "s"}`;

/** quoted is a name, in quotes if it has a comma, or a blank that could go unseen: as the command line writes it. */
const quoted = (name) => (name.includes(",") || name !== name.split(/\s+/).filter(Boolean).join(" ") ? JSON.stringify(name) : name);

/**
 * listed writes names of classes in a row, the first few and how many more.
 *
 * @param {string[]} names
 * @param {number} most
 */
export function listed(names, most = 6) {
  const first = names.slice(0, most).map(quoted).join(", ");
  return names.length > most ? `${first} and ${names.length - most} more` : first;
}

/** short is a name of at most n characters, cut in its middle: names may begin alike. @param {string} name @param {number} n */
export const short = (name, n) => (name.length <= n ? name : name.slice(0, n - (n >> 1) - 1) + "…" + name.slice(name.length - (n >> 1)));
