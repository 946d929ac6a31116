/** A chart as a PNG: what its canvas shows, under its title and over its legend. */
import { button, h } from "./dom.js";
import { short } from "./format.js";
import { color } from "./theme.js";

/**
 * @typedef {Object} Picture
 * @property {HTMLCanvasElement} canvas
 * @property {string} title
 * @property {string} [sub] a line under the title
 * @property {{label: string, color: string, dash?: number[], fill?: boolean}[]} [legend]
 */

/** compose draws a whole picture. @param {Picture} p @returns {HTMLCanvasElement} */
function compose({ canvas, title, sub = "", legend = [] }) {
  const px = devicePixelRatio || 1, pad = 16 * px, line = 18 * px, sans = color("--sans");
  const measure = document.createElement("canvas").getContext("2d");
  measure.font = `${12 * px}px ${sans}`;
  const width = Math.max(canvas.width, 320 * px) + 2 * pad;
  const rows = wrap(legend, width - 2 * pad, (item) => measure.measureText(item.label).width + 44 * px);
  const head = pad + line * (sub ? 2.2 : 1.3);
  const out = h("canvas", { width: Math.round(width), height: Math.round(head + canvas.height + (rows.length + 0.4) * line + pad) });
  const ctx = out.getContext("2d");
  ctx.fillStyle = color("--panel");
  ctx.fillRect(0, 0, out.width, out.height);
  ctx.textBaseline = "middle";
  text(ctx, title, pad, pad + line / 2, `600 ${14 * px}px ${sans}`, color("--ink"), width - 2 * pad);
  if (sub) text(ctx, sub, pad, pad + line * 1.5, `${12 * px}px ${sans}`, color("--ink-2"), width - 2 * pad);
  ctx.drawImage(canvas, pad, head);
  rows.forEach((row, i) => row.forEach(({ item, at }) => {
    const x = pad + at, y = head + canvas.height + (i + 0.9) * line;
    ctx.strokeStyle = ctx.fillStyle = item.color;
    ctx.lineWidth = 2 * px;
    ctx.setLineDash((item.dash ?? []).map((d) => d * px));
    ctx.beginPath();
    ctx.moveTo(x, y);
    ctx.lineTo(x + 20 * px, y);
    if (item.fill) ctx.fillRect(x, y - 5 * px, 20 * px, 10 * px);
    else ctx.stroke();
    ctx.setLineDash([]);
    text(ctx, item.label, x + 26 * px, y, `${12 * px}px ${sans}`, color("--ink"), width - pad - x - 26 * px);
  }));
  return out;
}

/** text writes one line, shortened where it is too long. */
export function text(ctx, what, x, y, font, ink, room) {
  ctx.font = font;
  ctx.fillStyle = ink;
  const most = 1000; // characters that any line holds: to measure takes time
  const fits = (n) => ctx.measureText(short(what, n)).width <= room;
  if (what.length <= most && ctx.measureText(what).width <= room) return ctx.fillText(what, x, y);
  let least = 1, over = Math.min(what.length, most);
  while (over - least > 1) {
    const n = (least + over) >> 1;
    if (fits(n)) least = n;
    else over = n;
  }
  ctx.fillText(short(what, least), x, y);
}

/** wrap lays items out in rows of a width. */
function wrap(items, width, size) {
  const rows = [];
  let at = Infinity;
  for (const item of items) {
    const w = size(item);
    if (at + w > width) {
      rows.push([]);
      at = 0;
    }
    rows[rows.length - 1].push({ item, at });
    at += w;
  }
  return rows;
}

/** save gives a canvas to the browser as a file. @param {HTMLCanvasElement} canvas @param {string} name without ending */
function save(canvas, name) {
  canvas.toBlob((blob) => {
    const url = URL.createObjectURL(blob);
    h("a", { href: url, download: fileName(name) + ".png" }).click();
    setTimeout(() => URL.revokeObjectURL(url), 10000);
  }, "image/png");
}

/** fileName keeps letters, digits, dots and dashes. @param {string} name */
const fileName = (name) => name.replace(/[^\p{L}\p{N}.-]+/gu, "-").replace(/^[-.]+|-+$/g, "").slice(0, 80) || "chart";

/** pngButton is the button beside every chart. @param {() => ?Picture} picture */
export function pngButton(picture) {
  return button("PNG", () => {
    const p = picture();
    if (p) save(compose(p), p.title);
  }, { class: "plain png", title: "Download this picture", "aria-label": "Download this chart as PNG" });
}
