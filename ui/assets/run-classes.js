/** A row for each class: when it entered, how undecided the network was and is on it, and how often it is right. */
import { fill, h } from "./dom.js";
import { count, isNumber, nats, share } from "./format.js";
import { mean } from "./results.js";
import { Table } from "./table.js";

/** ClassesSection is the section. */
export class ClassesSection {
  static id = "classes";
  static title = "Accuracy by class";

  /** @param {import("./run-view.js").RunView} page */
  constructor(page) {
    this.page = page;
  }

  /** state changes when a stage begins or ends. */
  state(d) {
    return JSON.stringify([d.stages.map((s) => [s.stage, Boolean(s.end)]), d.run.id]);
  }

  /** draw fills the table. */
  draw(body, tools, d, s) {
    const rows = this.rows(d);
    if (!this.table) {
      this.find = h("input", { type: "search", placeholder: "Find a class", "aria-label": "Find a class", on: { input: () => this.filter() } });
      this.table = new Table({ caption: "Classes", columns: this.columns(), by: 0 });
      fill(body, this.table.el);
      fill(tools, this.find);
    }
    const known = rows.filter((r) => isNumber(r.top1));
    const uneven = d.balance.uneven ? `; always to name ${d.data.classes[d.balance.largest]}, of which there are most, is ${share(d.balance.share)}` : "";
    this.page.remark(s, known.length ? `after stage ${lastEnded(d)?.stage}, among the outputs in use; mean of the classes ${share(mean(known.map((r) => r.top1)))}${uneven}` : "measured when a stage ends");
    this.all = rows;
    this.filter();
  }

  /** filter shows the classes whose name has the text. */
  filter() {
    const text = this.find.value.toLowerCase();
    this.table.set(this.all.filter((r) => r.name.toLowerCase().includes(text)));
  }

  columns() {
    return [
      { title: "Class", sort: (r) => r.k, hint: "in the order of the network's outputs", cell: (r) => h("span", { class: "class-cell" }, this.page.thumbs?.tile(r.k, 24), h("span", { class: "class-name" }, r.name)) },
      { title: "Entered", num: true, sort: (r) => r.entered, hint: "stage; 'before': known to the run that this one extends", cell: (r) => (r.entered === 0 ? "before" : r.entered ?? "–") },
      { title: "Accuracy", num: true, sort: (r) => r.top1, hint: "share of its test samples that are right, among the outputs in use", cell: (r) => bar(r.top1) },
      { title: "Change, points", num: true, sort: (r) => r.change, hint: "since the end of the stage it entered with", cell: (r) => signed(r.change) },
      { title: "H when chosen, nats", num: true, sort: (r) => r.score, hint: "H(T|X) of the class as a candidate", cell: (r) => nats(r.score) },
      { title: "H now, nats", num: true, sort: (r) => r.entropy, hint: "H(T|X) at the end of the last stage", cell: (r) => nats(r.entropy) },
      { title: "Training samples", num: true, sort: (r) => r.samples, cell: (r) => count(r.samples) },
      { title: "Test samples", num: true, sort: (r) => r.tested, hint: "on which the accuracy rests", cell: (r) => count(r.tested) },
    ];
  }

  /** rows gathers what the stages say about each class. */
  rows(d) {
    const last = lastEnded(d), known = new Set(this.page.known);
    return d.data.classes.map((name, k) => {
      const first = d.stages.find((s) => s.new.includes(k)), top1 = last?.top1_by_class?.[k] ?? null, then = first?.top1_by_class?.[k] ?? null;
      return {
        k, name, entered: known.has(k) ? 0 : first?.stage ?? null, top1, samples: d.data.per_class?.[k] ?? null, tested: d.tested[k] ?? null, entropy: last?.entropy_by_class?.[k] ?? null,
        score: first?.scores?.[k] ?? null, change: isNumber(top1) && isNumber(then) && first !== last ? 100 * (top1 - then) : null,
      };
    });
  }
}

/** lastEnded is the last stage that has its results: one that was broken off has none. */
const lastEnded = (d) => d.stages.findLast((s) => Object.keys({ ...s.top1_by_class, ...s.entropy_by_class }).length) ?? null;

/** bar is a share as a bar with its number. */
function bar(v) {
  if (!isNumber(v)) return "–";
  return h("span", { class: "bar-cell" }, h("span", { class: "bar-track" }, h("span", { class: "bar-fill", style: { width: 100 * v + "%" } })), h("span", { class: "bar-text" }, share(v)));
}

/** signed writes a difference with its sign. */
const signed = (v) => (isNumber(v) ? (v > 0 ? "+" : v < 0 ? "−" : "±") + Math.abs(v).toFixed(1) : "–");
