/** H(T|X) of every class at every stage: before a class enters, the score by which it may be chosen; after, how undecided the network still is on it. */
import { Latest } from "./api.js";
import { fill, h } from "./dom.js";
import { number } from "./format.js";
import { Matrix } from "./matrix.js";
import { entropyColor } from "./palette.js";
import { rampKey } from "./ramp-key.js";

/** HeatSection is the section. */
export class HeatSection {
  static id = "entropy";
  static title = "Entropy H(T|X) by class and stage";

  /** @param {import("./run-view.js").RunView} page */
  constructor(page) {
    this.page = page;
    this.asked = new Latest();
  }

  /** state changes when a stage begins or ends. */
  state(d) {
    return JSON.stringify([d.stages.map((s) => [s.stage, Boolean(s.end)]), d.run.id]);
  }

  /** draw asks for the numbers and shows them: false where there was no answer. */
  async draw(body, tools, d, s) {
    let heat;
    try {
      heat = await this.asked.get(`runs/${this.page.id}/heat`);
    } catch (err) {
      if (!this.matrix) fill(body, h("p", { class: "empty" }, err.message));
      return false;
    }
    if (!heat) return; // asked again, or left
    const most = heat.entropy.flat().reduce((a, v) => (v > a ? v : a), 0);
    if (!(most > 0)) return fill(body, h("p", { class: "empty" }, "No entropies in this run's log: they are measured when a stage ends."));
    this.page.remark(s, "mean over the training samples of a class, in nats");
    this.matrix ??= new Matrix({ title: HeatSection.title, sub: () => this.page.run?.name ?? "", legend: () => this.legend(most) });
    if (!body.contains(this.matrix.el)) {
      this.key = h("div", { class: "matrix-head" });
      fill(body, this.key, this.matrix.el);
      fill(tools, this.matrix.tools);
    }
    fill(this.key, rampKey(entropyColor, "0 (certain)", `${number(most)} (undecided)`), h("span", { class: "quiet" }, "▸ a class before it entered: the score by which it could be chosen"));
    this.matrix.legend = () => this.legend(most);
    this.matrix.set(this.cells(d, heat, most));
  }

  legend(most) {
    return [0, 0.25, 0.5, 0.75, 1].map((t) => ({ label: number(t * most), color: `rgb(${entropyColor(t).join()})`, fill: true }));
  }

  /** cells orders the classes by when they entered. */
  cells(d, heat, most) {
    const entered = new Map(this.page.known.map((k) => [k, -1]));
    d.stages.forEach((s, i) => s.new.forEach((k) => entered.set(k, i)));
    const order = heat.classes.map((_, k) => k).sort((a, b) => (entered.get(a) ?? Infinity) - (entered.get(b) ?? Infinity) || a - b);
    const value = (r, c) => heat.entropy[c]?.[order[r]] ?? null;
    const before = (r, c) => (entered.get(order[r]) ?? Infinity) >= c && Object.hasOwn(d.stages[c]?.scores ?? {}, String(order[r])) && !d.stages[c]?.end;
    const candidate = (r, c) => (entered.get(order[r]) ?? Infinity) > c;
    return {
      groups: this.groups(order, entered, heat.stages), rows: order.map((k) => heat.classes[k]), cols: heat.stages.map((s) => `stage ${s}`),
      value: (r, c) => (value(r, c) === null ? null : value(r, c) / most), ramp: entropyColor,
      text: (r, c) => (candidate(r, c) ? "▸ " : "") + Number(value(r, c).toFixed(3)),
      say: (r, c) => {
        const k = order[r], name = heat.classes[k], v = value(r, c), stage = heat.stages[c];
        if (v === null) return `${name}, stage ${stage}: not measured`;
        const what = candidate(r, c) || before(r, c) ? "as a candidate before the stage" : "in training, at the end of the stage";
        const e = entered.get(k), since = e === undefined ? "" : e < 0 ? "; it was known before the run" : `; it entered with stage ${heat.stages[e]}`;
        return `${name}, stage ${stage}: H(T|X) = ${number(v)} nats, ${what}${since}`;
      },
      rowTitle: "classes, as they entered", colTitle: "stages",
    };
  }

  /** groups are the classes by when they entered; they name rows that are too thin for their own name. */
  groups(order, entered, stages) {
    const name = (k) => (entered.has(k) ? (entered.get(k) < 0 ? "before" : `stage ${stages[entered.get(k)]}`) : "not entered");
    return [...Map.groupBy(order.keys(), (i) => name(order[i]))].map(([name, at]) => ({ name, from: at[0], to: at.at(-1) + 1 }));
  }

  /** close ends it. */
  close() {
    this.asked.stop();
    this.matrix?.close();
  }
}
