/** Which classes are taken for which: the matrix of a stage, with classes that are often confused side by side. */
import { Latest, query } from "./api.js";
import { check, fill, h, refill, select } from "./dom.js";
import { count, listed, number, plural, share, short } from "./format.js";
import { Matrix } from "./matrix.js";
import { shareRamp } from "./palette.js";
import { rampKey } from "./ramp-key.js";

/** mostDrawn is how many classes a matrix is drawn of: its image has a pixel for each cell. */
const mostDrawn = 4096;

/** ConfusionSection is the section. */
export class ConfusionSection {
  static id = "confusion";
  static title = "Confusions";

  /** @param {import("./run-view.js").RunView} page */
  constructor(page) {
    this.page = page;
    this.asked = new Latest();
    this.stage = 0;
    this.diagonal = true;
  }

  /** state changes when a stage ends. */
  state(d) {
    return JSON.stringify([d.stages.filter((s) => s.confusion).map((s) => s.stage), d.run.id]);
  }

  /** draw shows the last stage, or the chosen one. */
  async draw(body, tools, d, s) {
    const stages = d.stages.filter((st) => st.confusion).map((st) => st.stage);
    if (!stages.length) return fill(body, h("p", { class: "empty" }, "No confusions in this run's log: they are written when a stage ends."));
    if (!stages.includes(this.stage) || this.followed) {
      this.stage = stages[stages.length - 1];
      this.followed = true;
    }
    this.matrix ??= new Matrix({ title: "Confusions", sub: () => `${this.page.run?.name}, end of stage ${this.stage}`, legend: () => this.legend() });
    this.head ??= h("div", { class: "matrix-head" });
    this.pairs ??= h("div", { class: "pairs" });
    this.key ??= h("span");
    if (!body.contains(this.matrix.el)) {
      fill(body, this.head, h("div", { class: "matrix-and" }, this.matrix.el, this.pairs));
      fill(tools, this.matrix.tools);
    }
    return this.show(d, stages, s);
  }

  /** show asks for one stage: false where there was no answer. */
  async show(d, stages, s) {
    let answer;
    try {
      answer = await this.asked.get(query(`runs/${this.page.id}/confusion`, { stage: this.stage }));
    } catch (err) {
      fill(this.pairs, h("p", { class: "empty" }, err.message));
      return false;
    }
    if (!answer) return; // asked again, or left
    this.answer = answer;
    this.count();
    const mistakes = this.mistakes(), drawn = answer.classes.length <= mostDrawn;
    this.page.remark(s, `${plural(answer.total, "test sample")}${this.order(mistakes, drawn)}`);
    this.matrix.el.hidden = this.matrix.tools.hidden = !drawn;
    refill(this.head,
      stages.length > 1 && select("End of stage", stages.map((k) => [String(k), String(k)]), String(this.stage), (v) => { this.stage = Number(v); this.followed = this.stage === stages[stages.length - 1]; this.show(d, stages, s); }),
      drawn && check("Mistakes only", !this.diagonal, (on) => { this.diagonal = !on; this.paint(); }),
      drawn && this.key,
      drawn && this.groups(answer, mistakes));
    if (drawn) this.paint();
    fill(this.pairs, this.worst(mistakes, drawn));
  }

  /** order says how the classes are ordered, or why they are not drawn. */
  order(mistakes, drawn) {
    if (!mistakes.length) return ", no mistakes";
    return drawn ? "; classes in the order of a tree of their confusions" : `; a matrix of more than ${count(mostDrawn)} classes is not drawn`;
  }

  /** groups are buttons, each of which shows one group of the tree in which classes are confused with one another. */
  groups({ groups, classes }, mistakes) {
    const inside = ({ from, to }) => mistakes.some(({ r, c }) => r >= from && r < to && c >= from && c < to);
    const shown = groups.length > 1 ? groups.filter(inside) : [];
    return shown.length > 0 && h("div", { class: "groups", role: "group", "aria-label": "Groups of classes that are confused with one another" },
      shown.map((g) => h("button", { type: "button", class: "chip", title: listed(classes.slice(g.from, g.to), 30), on: { click: () => this.matrix.show(g.from, g.to) } }, short(g.name, 36))));
  }

  /** count puts the sparse counts in the order of the tree. */
  count() {
    const { classes, order, rows } = this.answer, at = new Map(order.map((k, i) => [k, i]));
    this.totals = new Float64Array(classes.length);
    this.found = [];
    for (const [t, p, k] of rows) {
      const r = at.get(t), c = at.get(p);
      if (r === undefined) continue;
      this.totals[r] += k;
      if (c !== undefined) this.found.push({ r, c, k });
    }
  }

  /** paint draws the matrix, and the key of its colours: the last is that of all of a class, or of the most frequent mistake. */
  paint() {
    this.most = this.diagonal ? 1 : this.mistakes()[0]?.rate ?? 1;
    this.matrix.set(this.cells());
    fill(this.key, rampKey(shareRamp(), "0 %", `${number(100 * this.most)} % of the class`));
  }

  /** cells are those of the matrix. */
  cells() {
    const { classes, groups } = this.answer, { totals } = this, n = classes.length, counts = new Uint32Array(n * n);
    for (const { r, c, k } of this.found) counts[r * n + c] = k;
    const skip = (r, c) => r === c && !this.diagonal;
    return {
      rows: classes, cols: classes, square: true, groups, ramp: shareRamp(), rowTitle: "true class", colTitle: "predicted",
      value: (r, c) => (skip(r, c) ? 0 : counts[r * n + c] ? Math.min(1, counts[r * n + c] / totals[r] / this.most) : 0),
      text: (r, c) => (counts[r * n + c] && !skip(r, c) ? count(counts[r * n + c]) : ""),
      say: (r, c) => {
        const k = counts[r * n + c], of = `${count(k)} of ${count(totals[r])}${totals[r] ? ` (${share(k / totals[r])})` : ""}`;
        return r === c ? `${classes[r]}: ${of} right` : `${classes[r]} taken for ${classes[c]}: ${of}`;
      },
    };
  }

  /** mistakes lists pairs by how large a share of a class they are. */
  mistakes() {
    const list = this.found.filter(({ r, c, k }) => r !== c && k).map((m) => ({ ...m, rate: m.k / this.totals[m.r] }));
    return list.sort((a, b) => b.rate - a.rate || b.k - a.k || a.r - b.r || a.c - b.c);
  }

  /** worst is the list of the most frequent mistakes; each leads to its cell, if that is drawn. */
  worst(mistakes, drawn) {
    const { classes, order } = this.answer, list = mistakes.slice(0, 12);
    if (!list.length) return h("p", { class: "empty" }, "No mistakes.");
    const picture = (i) => this.page.thumbs?.tile(order[i], 24), name = (i) => h("span", { class: "pair-name" }, short(classes[i], 24));
    return [h("h3", {}, "Most frequent mistakes"), h("ol", {}, list.map((m) => h("li", {}, h("button", { type: "button", class: "pair", disabled: !drawn, title: `${classes[m.r]} → ${classes[m.c]}`, on: { click: () => this.look(m) } },
      h("span", { class: "pair-a" }, picture(m.r), name(m.r)), h("span", { class: "arrow", "aria-label": "taken for" }, "→"), h("span", { class: "pair-b" }, picture(m.c), name(m.c)),
      h("span", { class: "value" }, `${share(m.rate)}`)))))];
  }

  /** look shows a cell. */
  look({ r, c }) {
    const n = this.answer.classes.length;
    if (n > 40) this.matrix.show(Math.max(0, Math.min(r, c) - 3), Math.min(n, Math.max(r, c) + 4));
    this.matrix.mark({ r, c });
    this.matrix.frame.focus();
  }

  legend() {
    const ramp = shareRamp();
    return [0, 0.01, 0.1, 0.5, 1].map((t) => ({ label: `${number(100 * t * this.most)} %`, color: `rgb(${ramp(t).join()})`, fill: true }));
  }

  /** close ends it. */
  close() {
    this.asked.stop();
    this.matrix?.close();
  }
}
