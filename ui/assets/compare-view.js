/** Settings of runs side by side: first where they differ, then where they agree. */
import { Latest, query, Refused } from "./api.js";
import { Curves } from "./curves.js";
import { fill, h, refill, setText } from "./dom.js";
import { count, duration, share, times } from "./format.js";
import { setKeys } from "./keys.js";
import { metrics } from "./metrics.js";
import { lineStyle } from "./palette.js";
import { all, current, go, href, parse } from "./route.js";
import { swatch } from "./chart.js";
import { value } from "./settings.js";
import { pill } from "./status.js";
import * as store from "./store.js";
import { onChange as onTheme } from "./theme.js";
import { toolbar, viewOf, zoomed } from "./toolbar.js";

/** CompareView is the page while it is shown. */
export class CompareView {
  /** @param {import("./route.js").Route} route */
  constructor(route) {
    this.asked = new Latest();
    this.el = h("div", { class: "run compare" });
    document.getElementById("main").replaceChildren(this.el);
    setKeys("Compare", [{ keys: "Escape", text: "all runs", run: () => go(this.list()) }]);
    this.ends = [onTheme(() => this.update(current())), store.subscribe((ids) => { if (this.ids.some((id) => ids.has(id))) return this.update(current()); })];
    this.update(route);
  }

  /** update follows the address. Its promise is kept when all is drawn. @param {import("./route.js").Route} route */
  async update(route) {
    this.ids = (route.params.get("runs") ?? "").split(",").filter(Boolean);
    document.title = "lgl: compare";
    let answer;
    try {
      answer = await this.asked.get(query("compare", { run: this.ids }));
    } catch (err) {
      if (!(err instanceof Refused) && this.curves) return; // what was known stays
      return fill(this.el, this.crumbs(), h("h1", {}, "Compare"), h("p", { class: "note bad" }, err.message));
    }
    if (!answer) return; // asked again, or left
    if (!this.curves?.el.isConnected) this.build();
    this.there = answer.runs.map((r) => r.id);
    setText(this.note, answer.left.length ? "Left out: " + answer.left.join("; ") : "");
    this.note.hidden = !answer.left.length;
    refill(this.heads, this.table(answer));
    refill(this.same, this.agreed(answer));
    return this.show();
  }

  /** list is the address of the list, in which these runs are selected. */
  list() {
    return href("/", { ...Object.fromEntries(parse(all()).params), sel: this.ids.join(",") });
  }

  crumbs() {
    return h("div", { class: "crumbs" }, h("a", { href: this.list() }, "All runs"));
  }

  /** build makes what stays. */
  build() {
    this.curves?.close();
    this.note = h("p", { class: "note bad", role: "status" });
    this.heads = h("div");
    this.same = h("div");
    this.bar = h("div");
    this.curves = new Curves({
      metrics: ["top1"], height: 260, title: metrics.top1.title, onZoom: (zoom) => { zoomed(zoom); this.show(); },
      style: (s) => Math.max(0, this.ids.indexOf(s.id)), name: (s) => ({ label: store.byId(s.id)?.name ?? s.label, note: s.label }),
    });
    fill(this.el, this.crumbs(), h("h1", {}, "Compare"), this.note, this.heads, h("section", { class: "section" }, this.bar, this.curves.el), this.same);
  }

  /** show draws the curves. */
  show() {
    const view = { ...viewOf(current().params), group: false };
    const state = JSON.stringify(view);
    if (this.bar.state !== state && !this.bar.matches(":active")) refill(this.bar, toolbar(view, () => this.show(), false));
    this.bar.state = state;
    return this.curves.show(this.there, view);
  }

  /** table has a column for each run: results, then the settings that differ. */
  table({ runs, differences }) {
    const results = [
      ["status", (r) => pill(r)], ["accuracy", (r) => share(r.top1 ?? r.top1_last)], ["samples seen", (r) => count(r.samples_seen)],
      ["cost", (r) => times(r.cost)], ["time", (r) => duration(r.seconds)],
    ];
    const row = (name, cells, kind = "") => h("tr", { class: kind }, h("th", { scope: "row" }, name), cells.map((c) => h("td", {}, c)));
    return h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Differences" }, h("table", { class: "data compare-table" },
      h("caption", { class: "hide" }, "Results and differing settings"),
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Run"), runs.map((r) => h("th", { scope: "col" }, swatch(lineStyle(this.ids.indexOf(r.id))), " ", h("a", { href: href("/run/" + r.id) }, r.name), h("span", { class: "quiet block-line" }, r.label))))),
      h("tbody", {}, results.map(([name, f]) => row(name, runs.map(f))),
        h("tr", { class: "part" }, h("th", { colspan: runs.length + 1, scope: "colgroup" }, differences.length ? `Settings that differ (${differences.length})` : "No setting differs")),
        differences.map((d) => row(d.key, d.values.map(value), "differs")))));
  }

  /** agreed lists what is the same. */
  agreed({ same }) {
    return h("details", { class: "section" }, h("summary", {}, `The same in all (${same.length})`),
      h("div", { class: "settings" }, h("section", {}, h("dl", {}, same.map((s) => h("div", {}, h("dt", {}, s.key), h("dd", {}, value(s.value))))))));
  }

  /** close ends it. */
  close() {
    this.asked.stop();
    for (const end of this.ends) end();
    this.curves?.close();
    setKeys("Compare", []);
  }
}
