/** Near and far: which classes are confused with one another, and which candidates a stage found similar or dissimilar. */
import { fill, h, refill } from "./dom.js";
import { isNumber, listed, nats, share } from "./format.js";

/** NeighboursSection is the section. */
export class NeighboursSection {
  static id = "neighbours";
  static title = "Nearest and farthest classes";

  /** @param {import("./run-view.js").RunView} page */
  constructor(page) {
    this.page = page;
    this.chosen = null;
  }

  /** state changes when a stage begins or ends. */
  state(d) {
    return JSON.stringify([d.stages.map((s) => [s.stage, Boolean(s.end)]), d.run.id]);
  }

  /** draw shows both kinds. */
  draw(body, tools, d) {
    const staged = d.stages.filter((s) => Object.keys(s.scores ?? {}).length);
    const pairs = d.nearest ?? [];
    if (!staged.length && !pairs.length) return fill(body, h("p", { class: "empty" }, "Nothing in this run's log: this needs the confusions at the end of a stage, or the scores of a strategy that chooses classes by H(T|X)."));
    refill(body, pairs.length > 0 && this.byConfusion(pairs), staged.length > 0 && this.byEntropy(staged));
  }

  /** byConfusion shows the neighbours of one class at a time. */
  byConfusion(pairs) {
    const out = h("div", { class: "near" }), byClass = new Map(pairs.map((p) => [p.class, p]));
    const show = (k) => {
      this.chosen = k;
      const p = byClass.get(k);
      fill(out, this.column("Most often confused with", p.nearest, (v) => share(v)), this.column("Least often confused with", p.farthest, (v) => share(v)));
    };
    // Where nothing was chosen yet, the class that is confused most says most.
    const start = byClass.has(this.chosen) ? this.chosen : pairs.reduce((a, b) => ((b.nearest[0]?.score ?? 0) > (a.nearest[0]?.score ?? 0) ? b : a)).class;
    const choice = h("select", { "aria-label": "Class", on: { change: (e) => show(Number(e.target.value)) } },
      pairs.map((p) => h("option", { value: p.class, selected: p.class === start }, this.page.className(p.class))));
    const picture = h("span", { class: "near-self" });
    const paint = () => fill(picture, this.page.thumbs?.tile(this.chosen, 48));
    choice.addEventListener("change", paint);
    show(start);
    paint();
    return h("div", { class: "block" }, h("h3", {}, "By confusions"), h("p", { class: "quiet" }, "How often two classes are taken for one another on the test set: the mean of both directions."),
      h("div", { class: "near-choice" }, picture, h("label", { class: "field" }, h("span", {}, "Class"), choice)), out);
  }

  /** byEntropy is the paper's table 2 for every stage that had candidates. */
  byEntropy(staged) {
    return h("div", { class: "block" }, h("h3", {}, "By H(T|X), among the candidates of a stage"),
      h("p", { class: "quiet" }, "The candidates whose pictures the network of the stages before is surest about (lowest entropy: similar to a class it knows) and least sure about (highest: dissimilar)."),
      staged.map((s) => {
        const ranked = Object.entries(s.scores).filter(([, v]) => isNumber(v)).map(([k, v]) => ({ class: Number(k), score: v })).sort((a, b) => a.score - b.score || a.class - b.class);
        const half = Math.min(5, Math.ceil(ranked.length / 2));
        const took = new Set(s.new);
        return h("div", { class: "near-stage" }, h("h4", {}, `Stage ${s.stage}`, h("span", { class: "quiet" }, ` · entered: ${listed(s.new.map((k) => this.page.className(k)), 6)}`)),
          h("div", { class: "near" }, this.column("Most similar, lowest H, nats", ranked.slice(0, half), nats, took), this.column("Most dissimilar, highest H, nats", ranked.slice(-half).reverse().slice(0, ranked.length - half || 1), nats, took)));
      }));
  }

  /** column is a list of classes with their pictures and numbers. */
  column(title, list, text, took = new Set()) {
    return h("div", { class: "near-col" }, h("h5", {}, title), list.length ? h("ol", {}, list.map(({ class: k, score }) =>
      h("li", { class: took.has(k) ? "took" : "", title: took.has(k) ? "entered with this stage" : null }, this.page.thumbs?.tile(k, 32), h("span", { class: "near-name" }, this.page.className(k)), h("span", { class: "value" }, text(score)))))
      : h("p", { class: "quiet" }, "None stands out: too many classes share the same rate."));
  }
}
