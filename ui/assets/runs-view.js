/** The first page: the list of runs, and the curves of those selected. */
import { Curves } from "./curves.js";
import { button, fill, h, refill, select, setText } from "./dom.js";
import { plural } from "./format.js";
import { setKeys } from "./keys.js";
import { metrics } from "./metrics.js";
import { lineStyle } from "./palette.js";
import { results } from "./results.js";
import { current, go, href, put } from "./route.js";
import { RunList } from "./runlist.js";
import { hasTerm, matches, orders, parse, sorted, toggleTerm } from "./search.js";
import { most, Selection } from "./selection.js";
import * as store from "./store.js";
import { tagColor } from "./status.js";
import { onChange as onTheme } from "./theme.js";
import { toolbar, viewOf, zoomed } from "./toolbar.js";

// What is selected where the address says nothing: so many of the newest settings on the newest data, with all seeds.
const firstSettings = 5;
const firstRuns = 24;
const mostCompared = 20; // as in ui/compare.go
const statuses = ["running", "done", "interrupted", "failed", "stopped"];

/** RunsView is the page while it is shown. */
export class RunsView {
  /** @param {import("./route.js").Route} route */
  constructor(route) {
    this.selection = new Selection((id) => this.key(id));
    this.list = new RunList({
      select: (id, on, range) => this.select(range, on),
      seeds: (id) => this.select(this.siblings(id), true),
      open: (id) => id && go(href("/run/" + id)),
      style: (id) => (this.selection.has(id) ? lineStyle(this.selection.look(this.key(id))) : null),
      siblings: (id) => this.siblings(id).length,
    });
    this.series = []; // of the last curves
    this.build();
    this.ends = [
      store.subscribe((changed) => this.changed(changed)),
      onTheme(() => { this.list.draw(); this.curves(); }),
    ];
    this.clock = setInterval(() => this.list.draw(), 30000);
    this.keys();
    this.update(route);
  }

  /** build makes what does not change. */
  build() {
    this.search = h("input", { type: "search", id: "search", placeholder: "Search: word, tag:paper, status:running, method:lgl", "aria-label": "Search runs", autocomplete: "off", spellcheck: "false",
      on: { input: () => this.searched(this.search.value), keydown: (e) => this.searchKey(e) } });
    this.chips = h("div", { class: "chips", role: "group", "aria-label": "Filters" });
    this.sort = h("div", { class: "sortbar" });
    this.count = h("span", { class: "count", role: "status" });
    this.left = h("p", { class: "left", role: "status" });
    this.picked = h("div", { class: "picked" });
    this.tools = h("div", { class: "tools-row" });
    this.grid = h("div", { class: "grid" });
    this.results = h("div", { class: "results" });
    this.note = h("p", { class: "note", role: "status", hidden: true });
    this.tabs = ["runs", "curves"].map((tab) => button("", () => { put({ tab: tab === "runs" ? null : tab }, true); this.tab(tab); }, { class: "tab", "data-tab": tab }));
    this.el = h("div", { class: "runs" }, h("h1", { class: "hide" }, "Runs"),
      h("nav", { class: "tabs", "aria-label": "Parts of this page" }, this.tabs),
      h("section", { class: "side", "aria-label": "Runs" },
        h("div", { class: "find" }, this.search, this.chips, this.sort), this.list.el, this.left, this.picked),
      h("section", { class: "curves", "aria-label": "Curves of the selected runs" }, this.tools, this.note, (this.main = h("div", {})), this.results, this.grid));
    document.getElementById("main").replaceChildren(this.el);
  }

  /** update follows the address. @param {import("./route.js").Route} route */
  update(route) {
    this.params = route.params;
    this.view = viewOf(route.params);
    this.metric = route.params.get("metric") in metrics ? route.params.get("metric") : "top1";
    document.title = "lgl: runs";
    if (this.search.value !== (route.params.get("q") ?? "")) this.search.value = route.params.get("q") ?? "";
    const sel = route.params.get("sel");
    this.auto = sel === null;
    this.wanted = sel && sel !== "none" ? sel.split(",") : [];
    this.tab(route.params.get("tab") === "curves" ? "curves" : "runs");
    this.controls();
    this.changed(null);
  }

  /** controls makes what is above the curves. */
  controls() {
    refill(this.tools,
      select("Metric", Object.entries(metrics).map(([k, m]) => [k, m.title]), this.metric, (metric) => { put({ metric: metric === "top1" ? null : metric }, true); this.update(current()); }),
      toolbar(this.view, () => { this.view = viewOf(current().params); this.selection.looks.clear(); this.selection.assign(); this.list.draw(); this.curves(); }, true));
  }

  /** key is what shares a line with a run. @param {string} id */
  key(id) {
    return (this.view?.group && store.byId(id)?.group) || id;
  }

  /** siblings are the ids of a run's seeds, itself among them. @param {string} id */
  siblings(id) {
    return this.groups?.get(store.byId(id)?.group)?.map((r) => r.id) ?? [id];
  }

  /** changed takes up new or changed runs. @param {?Set<string>} ids null: all */
  changed(ids) {
    const all = store.all();
    this.groups = Map.groupBy(all.filter((r) => r.group), (r) => r.group); // one that has not begun is of none
    const before = [...this.selection.ids].join();
    if (this.auto) this.wanted = this.newest(all);
    this.selection.replace(this.wanted.filter((id) => store.byId(id)));
    this.refill();
    const touched = !ids || [...ids].some((id) => this.selection.has(id));
    if (touched || !this.large || before !== [...this.selection.ids].join()) return this.curves();
  }

  /** newest are the ids of the settings that changed last, on the data of the very last. @param {Object<string, any>[]} all */
  newest(all) {
    const sound = sorted(all.filter((r) => !r.problem), "updated"), good = sound.filter((r) => r.data === sound[0].data);
    const groups = [...new Set(good.map((r) => r.group))].slice(0, firstSettings);
    return groups.flatMap((g) => good.filter((r) => r.group === g)).slice(0, firstRuns).map((r) => r.id);
  }

  /** refill shows what the search leaves, in its order. */
  refill() {
    const all = store.all(), query = this.search.value, by = this.params.get("sort") ?? "updated";
    const terms = parse(query);
    const found = sorted(all.filter((r) => matches(r, terms)), by, this.params.get("turn") === "1");
    this.found = found;
    this.list.set(found);
    setText(this.count, found.length === all.length ? plural(all.length, "run") : `${found.length} of ${plural(all.length, "run")}`);
    setText(this.left, store.left());
    this.filters(all, query);
    this.sorting(by);
    this.pickedBar();
    setText(this.tabs[0], `Runs (${found.length})`);
    setText(this.tabs[1], `Curves (${this.selection.ids.size})`);
    this.list.el.classList.toggle("none", !found.length);
    this.list.el.dataset.none = !store.loaded() ? "Loading" : all.length ? "No run answers to this search." : "No runs here yet. A run appears as soon as lgl train starts one.";
  }

  /** filters shows a chip for each status and tag that there is, with how many runs have it. */
  filters(all, query) {
    const chips = statuses.map((s) => ["status", s, all.filter((r) => r.status === s).length]).filter(([, , n]) => n);
    const tags = new Map();
    for (const r of all) for (const t of r.tags ?? []) tags.set(t, (tags.get(t) ?? 0) + 1);
    chips.push(...[...tags].sort((a, b) => b[1] - a[1]).slice(0, 24).map(([t, n]) => ["tag", t, n]));
    const state = JSON.stringify([chips, query]);
    if (this.chips.state === state) return;
    this.chips.state = state;
    refill(this.chips, chips.map(([field, value, n]) => h("button", {
      type: "button", class: "chip", "aria-pressed": String(hasTerm(query, field, value)), style: field === "tag" ? { "--tag": tagColor(value) } : {}, "data-field": field,
      on: { click: () => { this.search.value = toggleTerm(this.search.value, field, value); this.searched(this.search.value); } },
    }, h("span", { class: "chip-text" }, value), h("span", { class: "n" }, n))));
  }

  /** sorting makes the choice of the order. */
  sorting(by) {
    const turned = this.params.get("turn") === "1";
    const state = by + turned;
    if (this.sort.state !== state) {
      this.sort.state = state;
      refill(this.sort, this.count,
        select("Sort", Object.entries(orders).map(([k, [text]]) => [k, text]), by, (v) => this.reorder({ sort: v === "updated" ? null : v, turn: null })),
        button(turned ? "↑" : "↓", () => this.reorder({ turn: turned ? null : "1" }), { class: "icon", title: "Turn the order round", "aria-label": "Turn the order round", "aria-pressed": String(turned) }));
    }
  }

  reorder(changes) {
    put(changes);
    this.params = current().params;
    this.refill();
  }

  /** pickedBar says how many are selected and what can be done with them. */
  pickedBar() {
    const n = this.selection.ids.size, state = n + "/" + this.found.length;
    if (this.picked.state === state) return;
    this.picked.state = state;
    refill(this.picked, h("span", {}, n ? `${n} selected` : "None selected"),
      button(n > mostCompared ? `Compare first ${mostCompared}` : "Compare", () => this.compare(), { class: "plain", disabled: n < 2, title: `Compare settings, of ${mostCompared} runs at most (c)` }),
      button("Select found", () => this.select(this.found.map((r) => r.id), true), { class: "plain", disabled: !this.found.length, title: `Select what the search found, ${most} at most (a)` }),
      button("Clear", () => this.select([...this.selection.ids], false), { class: "plain", disabled: !n, title: "Select none (n)" }));
  }

  /** select changes the selection. @param {string[]} ids @param {?boolean} on */
  select(ids, on) {
    const over = this.selection.set(ids, on);
    this.auto = false;
    this.wanted = [...this.selection.ids];
    put({ sel: this.wanted.join(",") || "none" });
    this.say(over ? `${most} runs can be selected at once; ${over} more were left out.` : "");
    this.refill();
    this.curves();
  }

  /** say shows a sentence over the curves. @param {string} text */
  say(text) {
    setText(this.note, text);
    this.note.hidden = !text;
  }

  /** searched takes up a query. @param {string} query */
  searched(query) {
    put({ q: query || null });
    this.params = current().params;
    this.refill();
    this.list.el.scrollTop = 0;
    this.list.draw();
  }

  /** searchKey leads from the search into the list. @param {KeyboardEvent} e */
  searchKey(e) {
    if (e.key === "ArrowDown" || e.key === "Enter") {
      e.preventDefault();
      if (this.found.length) this.list.move(this.list.cursor);
    } else if (e.key === "Escape") {
      if (this.search.value) this.searched((this.search.value = ""));
      else this.search.blur();
    }
  }

  /** compare leads to the settings of the selected runs. */
  compare() {
    if (this.selection.ids.size >= 2) go(href("/compare", { runs: [...this.selection.ids].slice(0, mostCompared).join(",") }));
  }

  /** tab shows one half of the page where there is no room for both. @param {string} which */
  tab(which) {
    this.el.dataset.tab = which;
    for (const t of this.tabs) t.setAttribute("aria-pressed", String(t.dataset.tab === which));
    if (which === "runs") this.list.draw();
  }

  /** curves draws the large chart and the small ones. Its promise is kept when they are drawn. */
  curves() {
    if (!store.loaded()) return;
    const ids = [...this.selection.ids];
    if (!ids.length) this.series = [];
    this.tabulate();
    if (this.shownMetric !== this.metric) {
      this.large?.close();
      this.large = this.make(this.metric, 340);
      fill(this.main, this.large.el);
      for (const c of this.small ?? []) c.close();
      this.small = Object.keys(metrics).filter((m) => m !== this.metric).map((m) => this.make(m, 190));
      fill(this.grid, this.small.map((c) => c.el));
      this.shownMetric = this.metric;
    }
    const small = this.small.map(async (c) => {
      const some = await c.show(ids, this.view);
      if (some !== null) c.el.hidden = !some || !ids.length;
    });
    return Promise.all([this.large.show(ids, this.view), ...small]);
  }

  /** tabulate fills the table of what is drawn. */
  tabulate() {
    refill(this.results, results(this.series, this.view.group, (id) => lineStyle(this.selection.look(this.key(id)))));
  }

  /** make makes the chart of a metric. */
  make(metric, height) {
    const curves = new Curves({
      metrics: [metric], height, small: metric !== this.metric, sync: "runs",
      took: metric === this.metric && ((series) => { this.series = series; this.tabulate(); }),
      onZoom: (zoom) => { zoomed(zoom); this.view = { ...this.view, zoom }; this.curves(); },
      sub: () => (this.view.group ? "mean and standard deviation of the seeds" : ""),
      style: (s) => this.selection.look(s.id && !this.view.group ? s.id : s.group),
      name: (s) => this.name(s),
    });
    curves.el.title = "";
    if (metric !== this.metric) {
      curves.chart.heading.replaceChildren(button(metrics[metric].title, () => { put({ metric: metric === "top1" ? null : metric }, true); this.update(current()); }, { class: "swap", title: metrics[metric].text + ". Click to show it large." }));
    } else curves.chart.heading.title = metrics[metric].text;
    return curves;
  }

  /** name is the label of a series: what was trained, and what tells it from the others. */
  name(s) {
    const run = s.id ? store.byId(s.id) : this.groups.get(s.group)?.[0];
    const context = run ? [run.data, run.model].filter(Boolean).join(" · ") : "";
    if (s.n > 1) return { label: s.label, note: `${context} · ${s.done && s.done < s.n ? `${s.done} of ${s.n} seeds done` : `${s.n} seeds`}` };
    return { label: this.view.group ? s.label : run?.name ?? s.label, note: this.view.group ? context : s.label };
  }

  /** keys are the shortcuts of this page. */
  keys() {
    setKeys("Runs", [
      { keys: "/", text: "search", run: () => { this.tab("runs"); this.search.focus(); this.search.select(); } },
      { keys: "ArrowDown j", text: "next run (Home, End, Page keys too)", run: () => this.list.step(0) },
      { keys: "ArrowUp k", text: "run before", run: () => this.list.step(0) },
      { keys: "Space x", text: "select or deselect (with shift: from the last one on)" },
      { keys: "g", text: "select the seeds of the run" },
      { keys: "Enter", text: "open the run" },
      { keys: "a", text: "select what the search found", run: () => this.select(this.found.map((r) => r.id), true) },
      { keys: "c", text: "compare the settings of the selected runs", run: () => this.compare() },
      { keys: "n", text: "select none", run: () => this.select([...this.selection.ids], false) },
    ]);
    setKeys("Charts", [
      { keys: "ArrowLeft ArrowRight", text: "read values along the curves (with the chart in focus)" },
      { keys: "+", text: "look closer" },
      { keys: "0", text: "show all", run: () => { zoomed(null); this.view = { ...this.view, zoom: null }; this.curves(); } },
    ]);
  }

  /** close ends it. */
  close() {
    for (const end of this.ends) end();
    clearInterval(this.clock);
    this.list.close();
    for (const c of [this.large, ...(this.small ?? [])]) c?.close();
    setKeys("Runs", []);
    setKeys("Charts", []);
  }
}
