/**
 * The page of one run: how far it is, then a section for each question that one has about it. A
 * section is filled when it first comes into sight, and again when its part of the run has changed.
 */
import { Latest } from "./api.js";
import { button, fill, h, refill, setText } from "./dom.js";
import { ago, count, duration, share, times } from "./format.js";
import { setKeys } from "./keys.js";
import { all, current, go, href } from "./route.js";
import { ClassesSection } from "./run-classes.js";
import { ConfigSection } from "./run-config.js";
import { ConfusionSection } from "./run-confusion.js";
import { CurvesSection } from "./run-curves.js";
import { HeatSection } from "./run-heat.js";
import { LedgerSection } from "./run-ledger.js";
import { NeighboursSection } from "./run-neighbours.js";
import { TimelineSection } from "./run-timeline.js";
import * as store from "./store.js";
import { late, pill, progress, tagView, timeLeft } from "./status.js";
import { onChange as onTheme } from "./theme.js";
import { Thumbs } from "./thumbs.js";

const parts = [CurvesSection, TimelineSection, HeatSection, ConfusionSection, ClassesSection, NeighboursSection, LedgerSection, ConfigSection];

/** RunView is the page while it is shown. */
export class RunView {
  /** @param {import("./route.js").Route} route */
  constructor({ id }) {
    this.id = id;
    this.detail = null;
    this.asked = new Latest();
    this.crumbs = h("div", { class: "crumbs" }, h("a", { href: all() }, "All runs"));
    this.top = h("div");
    this.head = h("header", { class: "run-head" }, this.crumbs, this.top);
    this.nav = h("nav", { class: "sections", "aria-label": "Sections" });
    this.note = h("p", { class: "note bad", role: "status", hidden: true });
    this.sections = parts.map((Part) => this.wrap(new Part(this)));
    this.el = h("div", { class: "run", "data-bare": true }, this.head, this.nav, this.note, this.sections.map((s) => s.el));
    document.getElementById("main").replaceChildren(this.el);
    this.links();
    this.watch();
    const clock = setInterval(() => this.header(), 30000); // for the times in it
    this.ends = [
      () => clearInterval(clock),
      store.subscribe((ids) => this.changed(ids)),
      onTheme(() => this.fillAll(true)),
      this.pin(),
      () => this.observer.disconnect(),
      () => removeEventListener("scroll", this.spy),
    ];
    this.keys();
    this.header();
    this.load().then(() => this.update(current()));
  }

  /** wrap puts a section under its heading. */
  wrap(part) {
    const { id, title } = part.constructor;
    const body = h("div", { class: "section-body" });
    const tools = h("span", { class: "tools" });
    const el = h("section", { class: "section", id: "s-" + id, "aria-labelledby": "h-" + id, tabindex: "-1" },
      h("header", {}, h("h2", { id: "h-" + id }, title), h("span", { class: "section-note" }), tools), body);
    return { part, id, title, el, body, tools, inSight: false, state: "" };
  }

  /** links are the sections' names across the page. */
  links() {
    fill(this.nav, this.sections.map((s, i) => h("a", { href: href(`/run/${this.id}/${s.id}`), "data-id": s.id, title: `${s.title} (${i + 1})`,
      on: { click: (e) => { e.preventDefault(); this.show(s.id, true); } } }, s.title)));
  }

  /** watch fills sections that come into sight, and marks the link of the one being read. */
  watch() {
    this.observer = new IntersectionObserver((entries) => {
      for (const e of entries) {
        const s = this.sections.find((s) => s.el === e.target);
        s.inSight = e.isIntersecting;
        if (s.inSight) this.fill(s);
      }
    }, { rootMargin: "300px" });
    for (const s of this.sections) this.observer.observe(s.el);
    this.spy = () => {
      const line = innerHeight / 3;
      const reading = this.sections.filter((s) => !s.el.hidden && s.el.getBoundingClientRect().top < line).pop() ?? this.sections[0];
      if (this.reading === reading.id) return;
      this.reading = reading.id;
      for (const a of this.nav.children) {
        if (a.dataset.id !== reading.id) a.removeAttribute("aria-current");
        else {
          a.setAttribute("aria-current", "true");
          this.nav.scrollLeft = a.offsetLeft - this.nav.offsetLeft - 60;
        }
      }
    };
    addEventListener("scroll", this.spy, { passive: true });
  }

  /** show leads to a section. @param {string} id @param {boolean} [step] as a step of the address */
  show(id, step = false) {
    const s = this.sections.find((s) => s.id === id);
    if (!s) return;
    if (step) {
      const to = href(`/run/${this.id}/${id}`, current().params);
      if (to !== location.hash) history.pushState(null, "", to);
    }
    this.pinned = s;
    s.el.scrollIntoView({ block: "start" });
    s.el.focus({ preventScroll: true });
  }

  /** pin keeps a section that was gone to in place while those above it are filled, until the reader scrolls. */
  pin() {
    const free = () => { this.pinned = null; };
    const hold = new ResizeObserver(() => this.pinned?.el.scrollIntoView({ block: "start" }));
    hold.observe(this.el);
    const events = ["wheel", "touchmove", "pointerdown", "keydown"];
    for (const e of events) addEventListener(e, free, { passive: true, capture: true });
    return () => {
      hold.disconnect();
      for (const e of events) removeEventListener(e, free, { capture: true });
    };
  }

  /** update follows the address. @param {import("./route.js").Route} route */
  update(route) {
    if (route.section) this.show(route.section);
    else if (this.visited) scrollTo(0, 0);
    this.visited = true;
    this.fillAll(false);
    this.spy();
  }

  /** load asks for all that the server knows of the run. Its promise is kept when that is drawn. */
  async load() {
    try {
      const d = await this.asked.get("runs/" + this.id);
      if (!d) return; // asked again, or left
      if (this.detail && this.detail.run.started !== d.run.started) this.renew();
      this.detail = d;
      this.names = d.data?.classes ?? [];
      this.thumbs ??= d.thumbnail ? new Thumbs(this.id, d.run.started, d.thumbnail) : null;
      this.warn(d.run.problem ? [`Its log: ${d.run.problem}`] : []);
    } catch (err) {
      this.warn([err.status === 404 && !store.byId(this.id) ? "There is no such run here, or none any more." : err.message]);
    }
    this.header();
    this.el.toggleAttribute("data-bare", !this.detail);
    await this.fillAll(false);
  }

  /** renew empties the sections for a run that was made anew at the path of the old one, so that nothing of that stays. */
  renew() {
    this.thumbs = null;
    for (const s of this.sections) {
      s.part.close?.();
      Object.assign(s, { part: new s.part.constructor(this), state: "" });
      fill(s.body);
      fill(s.tools);
      this.remark(s, "");
    }
  }

  /** warn shows what is wrong with the run as a whole. @param {string[]} texts */
  warn(texts) {
    setText(this.note, texts.join(" "));
    this.note.hidden = !texts.length;
  }

  /** run is the newest that is known of it. */
  get run() {
    return store.byId(this.id) ?? this.detail?.run ?? null;
  }

  /** className is the name of a class. @param {number|string} k index, or already a name */
  className(k) {
    return typeof k === "number" ? this.names[k] ?? `class ${k}` : String(k);
  }

  /** known are the classes that a run which extends another had from that, the indices. @returns {number[]} */
  get known() {
    const first = this.detail?.stages[0];
    return first ? first.classes.filter((k) => !first.new.includes(k)) : [];
  }

  /** changed takes up news of the run. @param {Set<string>} ids */
  changed(ids) {
    if (!ids.has(this.id)) return;
    this.header();
    if (!store.byId(this.id)) return this.warn(["This run is gone from the directory. What is shown is what was last known of it."]);
    return this.load();
  }

  /** fillAll fills what is in sight. @param {boolean} anew also what has not changed */
  fillAll(anew) {
    if (anew) for (const s of this.sections) s.state = "";
    return Promise.all(this.sections.filter((s) => s.inSight).map((s) => this.fill(s)));
  }

  /** fill fills one section, if what it shows has changed; one that got no answer is drawn again with the next news. */
  async fill(s) {
    const d = this.detail;
    if (!d) return;
    const state = s.part.state(d);
    if (s.state === state) return;
    s.state = state;
    if ((await s.part.draw(s.body, s.tools, d, s)) === false) s.state = "";
  }

  /** remark writes the small text behind a section's heading. */
  remark(s, text) {
    setText(s.el.querySelector(".section-note"), text);
  }

  /** header shows name, state and the numbers that are asked for most. */
  header() {
    const run = this.run;
    if (!run) return fill(this.top, this.note.hidden && h("p", { class: "quiet" }, "Loading"));
    this.others(run);
    const when = run.status === "running" ? late(run) : ago(run.updated);
    const state = JSON.stringify([run, this.detail?.warnings, this.detail?.ledger, when, timeLeft(run)]);
    if (this.head.state === state) return;
    this.head.state = state;
    document.title = "lgl: " + run.name;
    const cut = run.name.lastIndexOf("/") + 1;
    fill(this.top,
      h("div", { class: "run-title" }, h("h1", {}, cut ? h("span", { class: "dir" }, run.name.slice(0, cut)) : null, run.name.slice(cut)), pill(run), (run.tags ?? []).map(tagView)),
      h("p", { class: "run-sub" }, [run.label, run.data, run.model, run.engine, run.seed === null ? "" : "seed " + run.seed, when].filter(Boolean).join(" · ")),
      this.bar(run), this.facts(run), this.notices(run));
  }

  /** others offers the comparison with the other runs of the same data; it stays while these do, so that news of the run closes no list that is open. */
  others(run) {
    const seeds = store.all().filter((r) => r.group === run.group && r.id !== run.id && run.group);
    const rest = store.all().filter((r) => r.id !== run.id && r.data === run.data && !seeds.includes(r)).slice(0, 200);
    const state = JSON.stringify([seeds, rest].map((list) => list.map((r) => [r.id, r.label, r.name])));
    if (this.crumbs.state === state) return;
    this.crumbs.state = state;
    const option = (r) => h("option", { value: r.id }, `${r.name} · ${r.label}`);
    const choice = h("select", {}, seeds.length > 0 && h("optgroup", { label: "Other seeds" }, seeds.map(option)), rest.length > 0 && h("optgroup", { label: "Same data" }, rest.map(option)));
    // A button, not the choice itself: by keyboard one passes over options on the way to another.
    refill(this.crumbs, h("a", { href: all() }, "All runs"), seeds.length + rest.length > 0 && h("span", { class: "with" }, h("label", { class: "field" }, h("span", { class: "hide" }, "Compare with"), choice),
      button("Compare", () => go(href("/compare", { runs: this.id + "," + choice.value })), { class: "plain" })));
  }

  /** bar shows the part of the planned work that is done, with the stages that there were. */
  bar(run) {
    const done = progress(run);
    if (done === null) return null;
    const marks = (this.detail?.stages ?? []).slice(1).map((s) => s.start?.samples / run.samples_predicted).filter((v) => v > 0 && v < 1);
    return h("div", { class: "progress", role: "progressbar", "aria-valuemin": 0, "aria-valuemax": 100, "aria-valuenow": Math.round(100 * done), "aria-label": "Share of the planned samples", "data-status": run.status },
      h("span", { class: "progress-done", style: { width: 100 * done + "%" } }),
      marks.map((m) => h("span", { class: "progress-mark", style: { left: 100 * m + "%" } })));
  }

  /** facts are the numbers at the top. */
  facts(run) {
    const d = this.detail, stages = run.stages ? `${run.stage} of ${run.stages}` : String(run.stage || "–");
    const fact = (name, value, hint) => h("div", { class: "fact", title: hint }, h("dt", {}, name), h("dd", {}, value));
    return h("dl", { class: "facts" },
      fact("Accuracy", share(run.top1 ?? run.top1_last), "test set, all classes, last epoch"),
      fact("Stage", stages),
      fact("Epoch", run.epochs ? `${run.epoch} of ${run.epochs}` : String(run.epoch ?? "–")),
      fact("Samples", count(run.samples_seen), run.samples_predicted ? `of ${count(run.samples_predicted)} planned` : ""),
      fact(d?.extends ? "Cost, extension alone" : "Cost", times(run.cost), `training samples, in those of one baseline${d?.extends ? `; without those of the run that this one extends, ${d.extends}` : ""}`),
      run.status === "running" ? fact("Time left", timeLeft(run).replace(" left", "") || "–", "from the pace so far") : null,
      fact("Time", duration(run.seconds)));
  }

  /** notices are why a run ended early, and its warnings. */
  notices(run) {
    const texts = [run.status !== "done" && run.status !== "running" && run.reason ? `${run.status}: ${run.reason}` : "", ...(this.detail?.warnings ?? [])].filter(Boolean);
    return texts.length ? h("ul", { class: "warnings", "aria-label": "Warnings" }, texts.slice(0, 20).map((t) => h("li", {}, t)), texts.length > 20 && h("li", {}, `and ${texts.length - 20} more`)) : null;
  }

  /** keys are the shortcuts of this page. */
  keys() {
    setKeys("Run", [
      { keys: this.sections.map((_, i) => i + 1).join(" "), text: "go to a section", run: (e) => this.show(this.sections[e.key - 1].id, true) },
      { keys: "Escape", text: "all runs", run: () => go(all()) },
    ]);
    setKeys("Charts and matrices", [
      { keys: "ArrowLeft ArrowRight ArrowUp ArrowDown", text: "read values (with the picture in focus)" },
      { keys: "+ -", text: "look closer, or from further away" },
      { keys: "0", text: "show all", run: () => this.sections[0].part.zoom?.(null) },
    ]);
  }

  /** close ends it. */
  close() {
    for (const end of this.ends) end();
    this.asked.stop();
    for (const s of this.sections) s.part.close?.();
    setKeys("Run", []);
    setKeys("Charts and matrices", []);
  }
}
