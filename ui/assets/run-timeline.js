/** Which class entered when: a staircase of stages over the epochs, and the classes of each in words. */
import { fill, h, refill } from "./dom.js";
import { count, duration, listed, number, plural, share } from "./format.js";
import { fade, lineStyle } from "./palette.js";
import { pngButton, text } from "./picture.js";
import { color } from "./theme.js";

const axis = 22; // CSS pixels below the staircase
const label = 62; // and to its left

/** TimelineSection is the section. */
export class TimelineSection {
  static id = "timeline";
  static title = "Which class entered when";

  /** @param {import("./run-view.js").RunView} page */
  constructor(page) {
    this.page = page;
    this.canvas = h("canvas", { role: "img" });
    this.frame = h("div", { class: "timeline" }, this.canvas);
    this.observer = new ResizeObserver(() => this.paint());
    this.observer.observe(this.frame);
  }

  /** state changes with the stages and how far the last one is. */
  state(d) {
    return JSON.stringify([d.stages.map((s) => [s.stage, s.end]), d.run.epoch, d.run.epochs, d.run.status]);
  }

  /** draw shows the staircase, and the table under it. */
  draw(body, tools, d, s) {
    this.d = d;
    const known = this.page.known.length;
    this.page.remark(s, `${plural(d.data.classes.length, "class")}${known ? `, ${known} of them known before` : ""}, ${plural(d.stages.length, "stage")}${d.run.stages > d.stages.length ? ` of ${d.run.stages}` : ""}`);
    if (!d.stages.length) return fill(body, h("p", { class: "empty" }, "No stage in this run's log."));
    if (!this.frame.parentNode) {
      fill(tools, pngButton(() => ({ canvas: this.canvas, title: "Which class entered when", sub: this.page.run?.name })));
      this.table = h("div");
      fill(body, this.frame, this.table);
    }
    refill(this.table, this.list(d));
    this.paint();
  }

  /** list is the same in words. */
  list(d) {
    const head = ["Stage", "Epochs", "Samples an epoch", "New classes", "Chosen by", "Accuracy", "Ended by", "Time"];
    return h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Stages" }, h("table", { class: "data" },
      h("caption", { class: "hide" }, "Stages"),
      h("thead", {}, h("tr", {}, head.map((t) => h("th", { scope: "col", class: /Epochs|Samples|Accuracy|Time/.test(t) ? "num" : "" }, t)))),
      h("tbody", {}, this.knownRow(head.length), d.stages.map((s) => this.row(d, s)))));
  }

  /** knownRow are the classes of the run that this one extends. @param {number} columns */
  knownRow(columns) {
    const names = this.page.known.map((k) => this.page.className(k));
    return names.length > 0 && h("tr", {}, h("th", { scope: "row" }, "before"), h("td", { colspan: 2 }), h("td", { class: "names" }, enumerated(names)), h("td", { colspan: columns - 4 }, "known to the run that this one extends"));
  }

  row(d, s) {
    const end = s.end ?? { epoch: d.run.epoch, seconds: d.run.seconds };
    const chosen = s.note || (Object.keys(s.scores ?? {}).length ? `H(T|X) of ${plural(Object.keys(s.scores).length, "candidate")}` : "");
    const samples = d.run.method.startsWith("spl") ? "up to " + count(s.samples) : count(s.samples); // self-paced epochs train on a part
    return h("tr", {}, h("th", { scope: "row" }, s.stage), h("td", { class: "num" }, span(s.start.epoch + 1, end.epoch)),
      h("td", { class: "num" }, samples), h("td", { class: "names" }, enumerated(s.new.map((k) => this.page.className(k)))), h("td", { class: "names" }, chosen), h("td", { class: "num" }, share(s.top1)),
      h("td", {}, s.reason || (d.run.status === "running" ? "under way" : d.run.status)), h("td", { class: "num" }, end.epoch > s.start.epoch ? duration(end.seconds - s.start.seconds) : "–"));
  }

  /** paint draws the staircase: a step is as tall as its classes are many. */
  paint() {
    const { d, canvas, frame } = this;
    if (!d?.stages.length || !frame.clientWidth) return;
    const steps = this.steps(d), width = frame.clientWidth, total = steps.reduce((n, s) => n + s.names.length, 0) || 1;
    const least = 20, rows = steps.map((s) => Math.max(least, (s.names.length / total) * Math.max(120, Math.min(18 * total, 260))));
    const height = rows.reduce((a, b) => a + b + 2, 0) + axis, px = devicePixelRatio || 1;
    canvas.width = Math.round(width * px);
    canvas.height = Math.round(height * px);
    canvas.style.setProperty("width", width + "px");
    canvas.style.setProperty("height", height + "px");
    canvas.setAttribute("aria-label", steps.map((s) => `${s.name}${s.stage ? ` from epoch ${s.from + 1}` : ""}: ${listed(s.names, 20)}`).join(". "));
    const ctx = canvas.getContext("2d");
    ctx.scale(px, px);
    const last = Math.max(d.run.epochs || 0, d.run.epoch || 0, 1), x = (e) => label + ((width - label - 10) * e) / last;
    this.grid(ctx, x, last, height);
    let y = 0;
    steps.forEach((s, i) => {
      this.step(ctx, d, s, x, y, rows[i], width);
      y += rows[i] + 2;
    });
  }

  /** steps are the stages, and before them what was known: epochs in which a step's classes were new, and their names. */
  steps(d) {
    const names = (classes) => classes.map((k) => this.page.className(k));
    const known = names(this.page.known), before = { stage: 0, name: "before", from: 0, to: 0, names: known };
    return [...(known.length ? [before] : []), ...d.stages.map((s) => ({ stage: s.stage, name: `stage ${s.stage}`, from: s.start.epoch, to: s.end?.epoch ?? d.run.epoch, names: names(s.new) }))];
  }

  /** grid draws the axis of epochs. */
  grid(ctx, x, last, height) {
    const step = niceStep(last / Math.max(2, Math.floor((x(last) - x(0)) / 70)));
    ctx.font = `11px ${color("--sans")}`;
    ctx.textBaseline = "middle";
    ctx.textAlign = "center";
    for (let e = 0; e <= last; e += step) {
      ctx.fillStyle = color("--grid");
      ctx.fillRect(Math.round(x(e)), 0, 1, height - axis + 2);
      ctx.fillStyle = color("--ink-3");
      ctx.fillText(number(e), x(e), height - axis / 2 + 2);
    }
    ctx.textAlign = "left";
    ctx.fillText("epoch", 4, height - axis / 2 + 2);
  }

  /** step draws one stage, from where its classes entered to the end, darker while they are new. */
  step(ctx, d, s, x, y, tall, width) {
    const hue = s.stage ? lineStyle((s.stage - 1) % 8).color : color("--ink-3"), from = x(s.from), to = x(s.to), end = x(d.run.epoch);
    ctx.fillStyle = fade(hue, 0.16);
    ctx.fillRect(from, y, Math.max(end - from, 2), tall);
    ctx.fillStyle = fade(hue, 0.34);
    ctx.fillRect(from, y, Math.max(to - from, 2), tall);
    ctx.fillStyle = hue;
    ctx.fillRect(from, y, 3, tall);
    const all = `${s.stage ? "+" : ""}${s.names.length}  ${listed(s.names, Infinity)}`, font = `12px ${color("--sans")}`;
    text(ctx, s.name, 4, y + tall / 2, `600 11px ${color("--sans")}`, color("--ink-2"), label - 8);
    const lines = Math.max(1, Math.floor(tall / 16)), right = width - 12, room = right - from - 10;
    if (room > 110) return breakLines(ctx, all, font, room, lines).forEach((line, i, { length }) => text(ctx, line, from + 10, y + tall / 2 + (i - (length - 1) / 2) * 16, font, color("--ink"), room));
    ctx.textAlign = "right";
    text(ctx, all, from - 8, y + tall / 2, font, color("--ink"), from - label - 12);
    ctx.textAlign = "left";
  }

  /** close ends it. */
  close() {
    this.observer.disconnect();
  }
}

/** enumerated are names, folded where they are many. @param {string[]} names */
const enumerated = (names) => (names.length > 8 ? h("details", {}, h("summary", {}, `${names.length}: ${listed(names, 4)}`), listed(names, Infinity)) : listed(names, Infinity) || "–");

/** span writes a first and a last epoch; before the first one has ended there is none. */
const span = (a, b) => (b > a ? `${a}–${b}` : b === a ? String(a) : "–");

/** breakLines sets words in lines of a width; the last one has what is left. */
function breakLines(ctx, words, font, room, most) {
  ctx.font = font;
  const lines = [""];
  for (const word of words.split(" ")) {
    const longer = lines[lines.length - 1] ? lines[lines.length - 1] + " " + word : word;
    if (lines.length === most || !lines[lines.length - 1] || ctx.measureText(longer).width <= room) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}

/** niceStep rounds up to 1, 2 or 5 times a power of ten, at least 1. */
function niceStep(v) {
  const p = 10 ** Math.floor(Math.log10(Math.max(v, 1)));
  return [1, 2, 5, 10].map((m) => m * p).find((s) => s >= v) ?? 10 * p;
}
