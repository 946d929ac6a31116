/** Curves of one run: what belongs together in one chart, all over the same axis. */
import { Curves } from "./curves.js";
import { fill, h, refill, setText } from "./dom.js";
import { current } from "./route.js";
import { toolbar, viewOf, zoomed } from "./toolbar.js";

const charts = [
  { title: "Test accuracy", metrics: ["top1", "top1_active", "top1_new", "top1_old"] },
  { title: "Loss, nats", metrics: ["test_loss", "train_loss"] },
  { title: "Entropy H(T|X) of the active classes, nats", metrics: ["entropy_active"] },
  { title: "Learning rate", metrics: ["lr"] },
  { title: "Training samples a second", metrics: ["samples_per_second"] },
  { title: "Share of samples selected", metrics: ["selected"] },
];

const short = {
  entropy_active: "H(T|X)", lr: "learning rate", samples_per_second: "samples a second", selected: "selected",
  top1: "all classes", top1_active: "active classes", top1_new: "new in the stage", top1_old: "earlier classes", test_loss: "test", train_loss: "training, as trained" };

/** CurvesSection is the section. */
export class CurvesSection {
  static id = "curves";
  static title = "Curves";

  /** @param {import("./run-view.js").RunView} page */
  constructor(page) {
    this.page = page;
  }

  /** state changes with whatever a curve may show. */
  state(d) {
    return JSON.stringify([d.run.epoch, d.run.updated, d.run.status, current().params.toString()]);
  }

  /** draw makes the charts, or shows what is new in them. */
  async draw(body, tools, d) {
    if (!this.charts) {
      this.charts = charts.map((c) => this.make(c));
      this.bar = h("div");
      this.empty = h("p", { class: "empty", hidden: true }, "");
      fill(body, this.bar, this.empty, h("div", { class: "grid wide" }, this.charts.map((c) => c.el)));
    }
    setText(this.empty, d.run.status === "running" ? "Nothing measured yet: curves begin when the first epoch ends." : "Nothing measured: the run ended before its first epoch did.");
    return !(await this.again()).includes(null);
  }

  make({ title, metrics: list }) {
    return new Curves({
      metrics: list, title, height: 230, sync: "run", onZoom: (zoom) => this.zoom(zoom), style: () => 0,
      sub: () => [this.page.run?.name, this.page.run?.label, this.page.run?.data].filter(Boolean).join(" · "),
      name: (s, metric) => ({ label: short[metric], note: "" }),
    });
  }

  /** again follows the toolbar. */
  again() {
    this.view = { ...viewOf(current().params, "epoch"), group: false }; // as the stages and tables of this page count
    const state = JSON.stringify(this.view);
    if (this.bar.state !== state && !this.bar.matches(":active")) refill(this.bar, toolbar(this.view, () => this.again(), false));
    this.bar.state = state;
    return this.show();
  }

  /** zoom looks at a part of the x axis. @param {?[number, number]} zoom */
  zoom(zoom) {
    zoomed(zoom);
    this.again();
  }

  async show() {
    const shown = await Promise.all(this.charts.map(async (c) => {
      const some = await c.show([this.page.id], this.view);
      if (some !== null) c.el.hidden = !some;
      return some;
    }));
    this.empty.hidden = this.charts.some((c) => !c.el.hidden);
    return shown;
  }

  /** close ends it. */
  close() {
    for (const c of this.charts ?? []) c.close();
  }
}
