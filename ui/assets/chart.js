/**
 * A chart of curves: uPlot for the drawing, and around it what an experiment needs: the mean of
 * seeds with its band, stages, a readout of all series at the pointer, zoom that tells its owner,
 * the keyboard, and a picture to take along.
 */
import uPlot from "./uplot.js";
import { at, common, drawBands, drawTicks, strip, title as bandTitle } from "./bands.js";
import { h, refill, setText } from "./dom.js";
import { isNumber } from "./format.js";
import { fade } from "./palette.js";
import { pngButton } from "./picture.js";
import { smooth } from "./smooth.js";
import { color } from "./theme.js";

/**
 * @typedef {Object} Series
 * @property {string} key the same in every call for the same thing
 * @property {string} label
 * @property {string} [note] small, behind the label
 * @property {string} color
 * @property {number[]} [dash]
 * @property {number[]} x
 * @property {(number|null)[]} y
 * @property {(number|null)[]} [low] with high: the band around y
 * @property {(number|null)[]} [high]
 * @property {import("./bands.js").Band[]} [bands] stages
 * @property {string} [href] where its name leads
 */

/**
 * @typedef {Object} Content
 * @property {Series[]} series
 * @property {string} xName
 * @property {(v: number) => string} xText of where one reads
 * @property {(vs: number[]) => string[]} xMarks at the axis
 * @property {(v: number, exact?: boolean, deviation?: ?number) => string} yText
 * @property {number} yMost what no value is above; none is below 0
 * @property {?[number, number]} zoom part of the x axis, null for all
 * @property {number} [smoothing] 0..1
 * @property {boolean} [log] logarithmic y axis
 */

/** Chart is one chart in the page. */
export class Chart {
  /**
   * @param {Object} options
   * @param {string} options.title
   * @param {number} [options.height] of the plot with its axes
   * @param {boolean} [options.small] one of many, without controls of its own
   * @param {string} [options.sync] charts with the same word move their cursors together
   * @param {(zoom: ?[number, number]) => void} options.onZoom
   * @param {() => string} [options.sub] second line of the picture
   */
  constructor({ title, height = 300, small = false, sync = "", onZoom, sub }) {
    Object.assign(this, { title, height, small, sync, onZoom, sub });
    this.u = null;
    /** @type {?Content} */
    this.content = null;
    this.hidden = new Set();
    this.plot = h("div", { class: "plot", tabindex: "0", role: "group", "aria-roledescription": "chart", "aria-label": title });
    this.reset = h("button", { type: "button", class: "plain", hidden: true, title: "Show all (0 or double click)", on: { click: () => this.onZoom(null) } }, "Reset zoom");
    this.heading = h("h3", {}, title);
    this.readout = h("span", { class: "readout" });
    this.legend = h("ul", { class: "legend" });
    this.said = h("div", { class: "hide", "aria-live": "polite" });
    this.empty = h("p", { class: "empty", hidden: true, style: { "min-height": height + "px" } }); // as tall as the plot that comes
    this.tools = h("span", { class: "tools" }, this.reset, pngButton(() => this.picture()));
    this.el = h("section", { class: "chart", "aria-label": title },
      h("header", {}, this.heading, this.readout, this.tools),
      this.plot, this.empty, this.legend, this.said);
    this.plot.addEventListener("keydown", (e) => this.key(e));
    this.observer = new ResizeObserver(() => this.fit());
    this.observer.observe(this.plot);
  }

  /** set shows content; what was hidden and where the pointer stood is kept. @param {Content} content */
  set(content) {
    this.content = content;
    const had = content.series.filter((s) => s.y.some(isNumber));
    this.shown = this.place(had, content.smoothing > 0);
    this.bands = common(had);
    const layout = JSON.stringify([had.map((s) => [s.key, s.color, s.dash, Boolean(s.low), s.x.length === 1]), content.smoothing > 0, content.log, Boolean(this.bands), content.xName]);
    const data = this.data();
    this.reset.hidden = !content.zoom || this.small;
    this.empty.hidden = had.length > 0;
    this.plot.hidden = this.legend.hidden = had.length === 0;
    if (!had.length) this.unplot();
    else if (this.u && layout === this.layout) this.u.setData(data, true);
    else this.build(data);
    this.layout = layout;
    if (had.length) this.drawLegend();
  }

  /** place says where in the joined data each series is: from at, to before end. */
  place(series, smoothed) {
    let next = 1;
    return series.map((s) => {
      const at = next;
      next += 1 + Number(smoothed) + (s.low ? 2 : 0);
      return { ...s, at, end: next };
    });
  }

  /** say shows a sentence in place of curves. @param {string} text */
  say(text) {
    this.unplot();
    this.layout = "";
    setText(this.empty, text);
    this.empty.hidden = false;
    this.plot.hidden = this.legend.hidden = true;
  }

  /** data joins the series over one x axis: y, then the raw y where y is smoothed, then low and high, around y. */
  data() {
    const { smoothing = 0, log } = this.content;
    const tables = this.shown.map((s) => {
      const y = smoothing > 0 ? smooth(s.x, s.y, smoothing) : s.y, rows = [s.x, y];
      if (smoothing > 0) rows.push(s.y);
      if (s.low) rows.push(around(y, s.y, s.low), around(y, s.y, s.high));
      return rows.map((row, i) => (i && log ? row.map((v) => (v > 0 ? v : null)) : row));
    });
    // 2: a gap reaches over the points that only other series have.
    return tables.length > 1 ? uPlot.join(tables, tables.map((rows) => rows.map(() => 2))) : tables[0] ?? [[]];
  }

  /** build makes the uPlot anew. */
  build(data) {
    this.unplot();
    const series = [{}], bands = [];
    const { smoothing = 0 } = this.content;
    for (const s of this.shown) {
      const show = !this.hidden.has(s.key);
      series.push({ label: s.label, stroke: s.color, width: 1.75, dash: s.dash, show, points: { size: 5, fill: s.color, filter: (u, i, all) => (all ? null : lone(u.data[i])) }, gaps: widen });
      if (smoothing > 0) series.push({ stroke: fade(s.color, 0.25), width: 1, show, points: { show: false } });
      if (s.low) {
        const low = series.length;
        series.push({ show, points: { show: false }, gaps: widen }, { show, points: { show: false }, gaps: widen });
        bands.push({ series: [low + 1, low], fill: fade(s.color, 0.16) });
      }
    }
    this.u = new uPlot(this.options(series, bands), data, this.plot);
    this.u.ctx.canvas.ariaHidden = "true"; // the group around it has the name
    this.touch();
  }

  /** options is all that uPlot is told. */
  options(series, bands) {
    const font = `11px ${color("--sans")}`;
    const axis = { stroke: () => color("--ink-3"), font, grid: { stroke: () => color("--grid"), width: 1 }, ticks: { show: false } };
    return {
      width: Math.max(this.plot.clientWidth, 120), height: this.height, series, bands,
      padding: [this.bands ? strip + 4 : 10, 22, 0, 0],
      legend: { show: false },
      focus: { alpha: 0.3 },
      scales: { x: { time: false, range: (u, min, max) => this.xRange(min, max) }, y: this.content.log ? { distr: 3 } : { range: (u, min, max) => this.yRange(min, max) } },
      axes: [
        { ...axis, label: this.content.xName, labelFont: font, labelSize: 14, labelGap: 0, size: 22, gap: 4, space: 60, values: (u, splits) => this.content.xMarks(splits), incrs: this.content.xName === "time" ? times : whole },
        { ...axis, gap: 4, size: (u, values) => axisWidth(u, values), values: (u, splits) => splits.map((v) => (v === null ? "" : this.content.yText(v))), space: 32 },
      ],
      cursor: {
        y: false, focus: { prox: 24 }, drag: { x: true, y: false, setScale: false },
        sync: this.sync ? { key: this.sync, setSeries: false, scales: ["x", null] } : undefined,
        dataIdx: (u, s, i) => nearest(u.data, s, i),
        points: { size: 7, show: (u, i) => this.shown.some((s) => s.at === i) && h("div") },
        bind: { dblclick: () => () => { this.onZoom(null); return null; } },
      },
      hooks: {
        drawClear: [(u) => this.bands && drawBands(u, this.bands)],
        draw: [(u) => !this.bands && drawTicks(u, this.shown.filter((s) => !this.hidden.has(s.key)))],
        setCursor: [() => this.read()],
        setSeries: [(u, i) => this.emphasise(i)],
        setSelect: [(u) => this.selected(u)],
      },
    };
  }

  /** xRange is the zoom, or all from where the first stage begins; a single point gets room. */
  xRange(min, max) {
    if (this.content.zoom) return this.content.zoom;
    if (!isNumber(min)) return [0, 1];
    const from = Math.min(min, ...this.shown.map((s) => s.bands?.[0]?.from ?? min));
    return from === max ? [from - 1, max + 1] : [from, max];
  }

  /** yRange has room at both ends, as far as there can be values: a mean less its deviation may lie below all of them. */
  yRange(min, max) {
    const [from, to] = uPlot.rangeNum(min ?? 0, max ?? 1, 0.1, true);
    return [Math.max(from, 0), Math.min(to, this.content.yMost)];
  }

  /** selected turns a drag into a zoom. */
  selected(u) {
    if (u.select.width < 4) return;
    const from = u.posToVal(u.select.left, "x"), to = u.posToVal(u.select.left + u.select.width, "x");
    u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    this.onZoom([from, to]);
  }

  /** drawLegend lists the series; a click on one hides it, or shows it again. */
  drawLegend() {
    this.items = this.shown.map((s) => {
      const value = h("span", { class: "value" });
      const box = h("button", { type: "button", class: "key", "aria-pressed": String(!this.hidden.has(s.key)), title: s.label + "\nClick to hide or show" },
        swatch(s), h("span", { class: "key-label" }, s.label), s.note && h("span", { class: "key-note" }, s.note), value);
      box.addEventListener("click", () => this.toggle(s, box));
      box.addEventListener("pointerenter", () => this.u?.setSeries(s.at, { focus: true }));
      box.addEventListener("pointerleave", () => this.u?.setSeries(null, { focus: false }));
      return { s, value, item: h("li", {}, box) };
    });
    refill(this.legend, this.items.map((i) => i.item));
    this.read();
    for (const { value } of this.items) value.style.setProperty("min-width", Math.max(6, value.textContent.length) + "ch"); // what is read at the pointer moves nothing below
  }

  /** toggle hides or shows a series with its band. */
  toggle(s, box) {
    const show = this.hidden.delete(s.key);
    if (!show) this.hidden.add(s.key);
    box.setAttribute("aria-pressed", String(show));
    this.u.batch(() => { for (let i = s.at; i < s.end; i++) this.u.setSeries(i, { show }); });
  }

  /** read writes the values under the pointer, or the last ones. */
  read() {
    const { u } = this;
    if (!u || !this.items) return;
    const on = u.cursor.left >= 0 && isNumber(u.data[0][u.cursor.idx]);
    for (const { s, value } of this.items) {
      const ys = u.data[s.at] ?? [];
      const i = on && ys.length ? nearest(u.data, s.at, u.cursor.idx) : lastIndex(ys);
      const y = i === null ? null : ys?.[i];
      const deviation = s.low && i !== null && isNumber(u.data[s.end - 1]?.[i]) ? u.data[s.end - 1][i] - y : null;
      setText(value, isNumber(y) ? this.content.yText(y, true, deviation) : "–");
    }
    if (!on) return setText(this.readout, "");
    const x = u.data[0][u.cursor.idx], band = at(this.bands, x);
    setText(this.readout, `${this.content.xText(x)}${band ? " · " + bandTitle(band) : ""}`);
  }

  /** emphasise marks the entry of the series that is in focus. */
  emphasise(i) {
    for (const { s, item } of this.items ?? []) item.classList.toggle("on", i === s.at);
  }

  /** key moves the cursor and zooms. @param {KeyboardEvent} e */
  key(e) {
    const { u } = this;
    if (!u || e.ctrlKey || e.metaKey || e.altKey) return;
    const n = u.data[0].length, step = e.shiftKey ? Math.ceil(n / 20) : 1;
    const [min, max] = [u.scales.x.min, u.scales.x.max];
    const i = u.cursor.left >= 0 && isNumber(u.cursor.idx) ? u.cursor.idx : -1;
    const to = { ArrowLeft: Math.max(0, i - step), ArrowRight: Math.min(n - 1, i + step), Home: 0, End: n - 1 }[e.key];
    if (to !== undefined) this.point(to);
    else if (e.key === "+" || e.key === "=") {
      const mid = i >= 0 ? u.data[0][i] : (min + max) / 2, half = (max - min) / 4;
      this.onZoom([mid - half, mid + half]);
    } else if (e.key === "-") this.onZoom(null);
    else if (e.key === "0") this.onZoom(null);
    else return;
    e.preventDefault();
    e.stopPropagation();
  }

  /** point puts the cursor on a point and says its values. @param {number} i */
  point(i) {
    const { u } = this;
    u.setCursor({ left: u.valToPos(u.data[0][i], "x"), top: u.over.clientHeight / 2 });
    setText(this.said, this.readout.textContent + ": " + this.items.map(({ s, value }) => s.label + " " + value.textContent).join(", "));
  }

  /** touch lets a finger drawn across the chart read values; up and down still scrolls the page. */
  touch() {
    const { u } = this;
    u.over.addEventListener("pointermove", (e) => {
      if (e.pointerType !== "touch") return;
      const box = u.over.getBoundingClientRect();
      u.setCursor({ left: e.clientX - box.left, top: e.clientY - box.top });
    });
  }

  /** fit follows the width of the page. */
  fit() {
    if (this.u && this.plot.clientWidth > 0 && this.plot.clientWidth !== this.u.width) this.u.setSize({ width: this.plot.clientWidth, height: this.height });
  }

  /** picture is what pngButton saves. @returns {?import("./picture.js").Picture} */
  picture() {
    if (!this.u) return null;
    const { xName } = this.content;
    const legend = this.shown.filter((s) => !this.hidden.has(s.key)).map((s) => ({ label: s.label + (s.note ? " " + s.note : ""), color: s.color, dash: s.dash }));
    return { canvas: this.u.ctx.canvas, title: `${this.title} over ${xName}`, sub: this.sub?.() ?? "", legend };
  }

  /** unplot takes the uPlot away. */
  unplot() {
    this.u?.destroy();
    this.u = null;
  }

  /** close ends it. */
  close() {
    this.observer.disconnect();
    this.unplot();
  }
}

/** around moves an edge of a band from the curve that it is around to that curve smoothed, as far off as it was. */
const around = (to, from, edge) => (to === from ? edge : edge.map((v, i) => (isNumber(v) ? to[i] + (v - from[i]) : v)));

/**
 * lone returns where a series has a point between two gaps, null, or at an end beside one: no line shows it. Undefined is
 * where only others have points.
 */
export function lone(y) {
  const found = [];
  let at = -1, joined = 0; // the last point, and how many there are since the last gap
  const end = () => { if (joined === 1) found.push(at); joined = 0; };
  y.forEach((v, i) => { if (isNumber(v)) { at = i; joined++; } else if (v === null) end(); });
  end();
  return found;
}

/** widen makes gaps a line wider at both ends, so that no stub of the line across is left. */
const widen = (u, s, from, to, gaps) => gaps.map(([a, b]) => [a - devicePixelRatio, b + devicePixelRatio]);

// Steps of a time axis, in seconds.
const times = [0.001, 0.01, 0.1, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800, 604800];

// Steps of an axis that counts.
const whole = Array.from({ length: 46 }, (_, i) => [1, 2, 5][i % 3] * 10 ** Math.floor(i / 3));

/** swatch is the line of a series as a small picture. @param {Series} s */
export function swatch(s) {
  const ns = "http://www.w3.org/2000/svg", svg = document.createElementNS(ns, "svg"), line = document.createElementNS(ns, "line");
  for (const [k, v] of [["width", 20], ["height", 10], ["aria-hidden", "true"]]) svg.setAttribute(k, v);
  for (const [k, v] of [["x1", 0], ["x2", 20], ["y1", 5], ["y2", 5], ["stroke-width", 2.5], ["stroke", s.color], ["stroke-dasharray", (s.dash ?? []).map((d) => d * 0.75).join(" ")]]) line.setAttribute(k, v);
  svg.appendChild(line);
  return svg;
}

/** nearest finds the point of a series that is next to an index of the joined axis; a gap is a gap. */
function nearest(data, s, i) {
  const ys = data[s], xs = data[0];
  if (!ys || ys[i] !== undefined) return i;
  let a = i, b = i;
  while (a >= 0 && ys[a] === undefined) a--;
  while (b < ys.length && ys[b] === undefined) b++;
  if (a < 0 || b >= ys.length) return null; // before the first or after the last
  return xs[i] - xs[a] <= xs[b] - xs[i] ? a : b;
}

/** lastIndex is that of the last number, or null. */
function lastIndex(ys = []) {
  for (let i = ys.length - 1; i >= 0; i--) if (isNumber(ys[i])) return i;
  return null;
}

/** axisWidth is what the longest label takes. */
function axisWidth(u, values) {
  const longest = (values ?? []).reduce((a, b) => (b.length > a.length ? b : a), "");
  if (!longest) return 40;
  u.ctx.save();
  u.ctx.font = `${11 * devicePixelRatio}px ${color("--sans")}`;
  const width = u.ctx.measureText(longest).width / devicePixelRatio;
  u.ctx.restore();
  return Math.ceil(width) + 14;
}
