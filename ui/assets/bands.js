/**
 * Stages on the x axis of a chart. Where all series have the same stages they are bands, with a
 * strip above that says which classes entered, in the colour of the series where one alone has any; where
 * they differ, ticks in the colour of each series stand at the foot.
 */
import { listed } from "./format.js";
import { fade } from "./palette.js";
import { color } from "./theme.js";

/** @typedef {{stage: number, from: number, to: number, new: string[], count?: number, color?: string}} Band */

/**
 * common returns the bands that all series with more than one stage share, or null. Where one series alone has
 * stages, they have its colour.
 *
 * @param {{bands?: Band[], color: string}[]} series
 * @returns {?Band[]}
 */
export function common(series) {
  const staged = series.filter((s) => s.bands?.length > 1), lists = staged.map((s) => s.bands);
  if (!staged.length || !same(lists)) return null;
  return merge(lists, staged.length === 1 && series.length > 1 ? staged[0].color : "");
}

const longest = (lists) => lists.reduce((a, b) => (b.length > a.length ? b : a));

/** same says whether runs have the same stages as far as they are: one of fewer stages has not come to where the next one begins. */
function same(lists) {
  const all = longest(lists), near = 1e-9 + 0.002 * all[all.length - 1].to;
  return lists.every((bands) => bands.every((b, i) => Math.abs(b.from - all[i].from) <= near) && !(bands[bands.length - 1].to > all[bands.length]?.from + near));
}

/** merge takes the longest list, and names only the classes on which all agree. @param {Band[][]} lists @param {string} color */
function merge(lists, color) {
  return longest(lists).map((band, i) => {
    const names = JSON.stringify(band.new);
    const agreed = lists.every((l) => !l[i] || JSON.stringify(l[i].new) === names);
    const to = Math.max(...lists.map((l) => l[i]?.to ?? -Infinity));
    return { ...band, to, color, new: agreed ? band.new : [], count: (band.new ?? []).length };
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
    ctx.fillStyle = band.color ? fade(band.color, 0.14) : "transparent";
    ctx.fillRect(a, top - strip * px, b - a, strip * px);
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
  ctx.fillStyle = color("--ink-2");
  if (text) ctx.fillText(text, a + 4 * px, y);
}

const tick = 7; // CSS pixels, and in how many rows ticks stand, so that those at one place are all seen
const tickRows = 6;

/**
 * drawTicks marks where the stages of each series begin.
 *
 * @param {Object} u the uPlot
 * @param {{bands?: Band[], color: string}[]} series
 */
export function drawTicks(u, series) {
  const { ctx } = u, px = devicePixelRatio, { left, top, width, height } = u.bbox;
  ctx.save();
  series.filter((s) => s.bands?.length > 1).forEach((s, i) => {
    const foot = top + height - (i % tickRows) * tick * px;
    for (const band of s.bands.slice(1)) {
      const x = u.valToPos(band.from, "x", true);
      if (x < left || x > left + width) continue;
      ctx.fillStyle = s.color;
      ctx.globalAlpha = 0.8;
      ctx.beginPath();
      ctx.moveTo(x - (tick / 2) * px, foot);
      ctx.lineTo(x + (tick / 2) * px, foot);
      ctx.lineTo(x, foot - tick * px);
      ctx.fill();
    }
  });
  ctx.restore();
}
