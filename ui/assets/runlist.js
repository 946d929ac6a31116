/**
 * The list of runs: a grid of which only the rows in sight exist, so that ten thousand scroll like ten.
 * One row has the focus (roving tabindex) and is kept even when it is scrolled away.
 */
import { fill, h, setText } from "./dom.js";
import { ago, share } from "./format.js";
import { href } from "./route.js";
import { late, mark, progress, tagView, timeLeft } from "./status.js";

const height = 52; // of a row, CSS pixels; as in runs.css
const spare = 8; // rows made beyond each edge

/**
 * @typedef {Object} Hooks
 * @property {(id: string, on: ?boolean, range: string[]) => void} select on: null turns it round; range: rows from the one selected before, with shift
 * @property {(id: string) => void} seeds select all seeds of a run
 * @property {(id: string) => void} open
 * @property {(id: string) => ?{color: string}} style of a selected run's line, null if not selected
 * @property {(id: string) => number} siblings how many runs are seeds of one another with it
 */

/** RunList shows runs. */
export class RunList {
  /** @param {Hooks} hooks */
  constructor(hooks) {
    this.hooks = hooks;
    /** @type {Object<string, any>[]} */
    this.runs = [];
    /** @type {Map<string, HTMLElement>} */
    this.rows = new Map();
    this.cursor = "";
    this.anchor = "";
    this.inner = h("div", { class: "list-inner", role: "rowgroup" });
    this.el = h("div", { class: "list", role: "grid", "aria-label": "Runs", "aria-multiselectable": "true" }, this.inner);
    this.el.addEventListener("scroll", () => this.draw(), { passive: true });
    this.el.addEventListener("keydown", (e) => this.key(e));
    this.inner.addEventListener("mousedown", (e) => e.shiftKey && e.preventDefault()); // it marks no text
    this.inner.addEventListener("click", (e) => this.click(e));
    this.inner.addEventListener("focusin", (e) => this.focused(e));
    this.observer = new ResizeObserver(() => this.draw());
    this.observer.observe(this.el);
  }

  /** set shows these runs, in this order. @param {Object<string, any>[]} runs */
  set(runs) {
    this.runs = runs;
    this.index = new Map(runs.map((r, i) => [r.id, i]));
    if (!this.index.has(this.cursor)) this.cursor = runs[0]?.id ?? "";
    this.inner.style.setProperty("height", runs.length * height + "px");
    this.el.setAttribute("aria-rowcount", String(runs.length));
    this.draw();
  }

  /** draw makes the rows in sight and drops the others. */
  draw() {
    const top = this.el.scrollTop, tall = this.el.clientHeight || 600;
    const from = Math.max(0, Math.floor(top / height) - spare);
    const to = Math.min(this.runs.length, Math.ceil((top + tall) / height) + spare);
    const wanted = new Map();
    for (let i = from; i < to; i++) wanted.set(this.runs[i].id, i);
    const at = this.index?.get(this.cursor);
    if (at !== undefined) wanted.set(this.cursor, at);
    for (const [id, row] of this.rows) {
      if (!wanted.has(id)) {
        row.remove();
        this.rows.delete(id);
      }
    }
    for (const [id, i] of wanted) this.place(this.runs[i], i);
  }

  /** place makes or renews one row. @param {Object<string, any>} run @param {number} i */
  place(run, i) {
    let row = this.rows.get(run.id);
    if (!row) {
      row = makeRow(run);
      this.rows.set(run.id, row);
      this.inner.appendChild(row);
    }
    row.style.setProperty("transform", `translateY(${i * height}px)`);
    row.setAttribute("aria-rowindex", String(i + 1));
    row.tabIndex = run.id === this.cursor ? 0 : -1;
    renew(row, run, this.hooks.style(run.id), this.hooks.siblings(run.id));
  }

  /** click selects, opens, or selects the seeds, by what was hit. @param {MouseEvent} e */
  click(e) {
    const row = e.target.closest(".row");
    if (!row || e.target.closest("a")) return;
    this.move(row.dataset.id);
    if (e.target.closest(".seeds")) return this.hooks.seeds(row.dataset.id);
    this.select(row.dataset.id, e.shiftKey);
  }

  /** select turns a row round, and with shift all from the last one turned. @param {string} id @param {boolean} shift */
  select(id, shift) {
    const a = this.index.get(this.anchor), b = this.index.get(id);
    const range = shift && a !== undefined ? this.runs.slice(Math.min(a, b), Math.max(a, b) + 1).map((r) => r.id) : [id];
    this.anchor = id;
    this.hooks.select(id, range.length > 1 ? true : null, range);
  }

  /** focused follows the focus. @param {FocusEvent} e */
  focused(e) {
    const row = e.target.closest(".row");
    if (row && row.dataset.id !== this.cursor) this.move(row.dataset.id, false);
  }

  /** move gives a row the focus. @param {string} id @param {boolean} [focus] */
  move(id, focus = true) {
    this.cursor = id;
    const i = this.index.get(id);
    if (i === undefined) return;
    const top = i * height, el = this.el;
    if (top < el.scrollTop) el.scrollTop = top;
    else if (top + height > el.scrollTop + el.clientHeight) el.scrollTop = top + height - el.clientHeight;
    this.draw();
    if (focus) this.rows.get(id)?.focus({ preventScroll: true });
  }

  /** step moves the focus by rows. @param {number} by */
  step(by) {
    if (!this.runs.length) return;
    const at = this.index.get(this.cursor) ?? 0;
    this.move(this.runs[Math.min(Math.max(at + by, 0), this.runs.length - 1)].id);
  }

  /** key is the keyboard within the grid. @param {KeyboardEvent} e */
  key(e) {
    if (e.ctrlKey || e.metaKey || e.altKey) return;
    const page = Math.max(1, Math.floor(this.el.clientHeight / height) - 1);
    const steps = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity };
    if (e.key in steps) {
      this.step(steps[e.key]);
      if (e.shiftKey && e.key.startsWith("Arrow")) this.select(this.cursor, true);
    } else if (e.key === "Enter") this.hooks.open(this.cursor);
    else if (e.key === " " || e.key === "x") this.select(this.cursor, e.shiftKey);
    else if (e.key === "g") this.hooks.seeds(this.cursor);
    else return;
    e.preventDefault();
  }

  /** close ends it. */
  close() {
    this.observer.disconnect();
  }
}

/** makeRow makes the parts of a row. @param {Object<string, any>} run */
function makeRow(run) {
  return h("div", { class: "row", role: "row", "data-id": run.id },
    h("span", { class: "pick", role: "gridcell" }, h("span", { class: "swatch" })),
    h("span", { class: "row-main", role: "gridcell" },
      h("span", { class: "row-head" }, h("a", { class: "row-name", tabindex: "-1", href: href("/run/" + run.id) }, h("span", { class: "dir" }), h("span", { class: "base" })), h("span", { class: "row-tags" })),
      h("span", { class: "row-sub" })),
    h("span", { class: "row-side", role: "gridcell" }, h("span", { class: "row-top1" }), h("span", { class: "row-when" })),
    h("span", { class: "bar", "aria-hidden": "true" }));
}

/** renew writes what may have changed. @param {HTMLElement} row @param {Object<string, any>} run @param {?{color: string}} style @param {number} siblings */
function renew(row, run, style, siblings) {
  row.setAttribute("aria-selected", String(Boolean(style)));
  row.style.setProperty("--line-color", style?.color ?? "transparent");
  setText(row.querySelector(".row-when"), late(run) || timeLeft(run) || ago(run.updated));
  const state = JSON.stringify([run, siblings]);
  if (row.state === state) return;
  row.state = state;
  const cut = run.name.lastIndexOf("/") + 1;
  setText(row.querySelector(".dir"), run.name.slice(0, cut));
  setText(row.querySelector(".base"), run.name.slice(cut));
  row.querySelector(".row-name").title = run.name;
  setText(row.querySelector(".row-top1"), share(run.top1 ?? run.top1_last));
  fill(row.querySelector(".row-sub"), mark(run.status), run.problem ? h("span", { class: "row-what" }, run.problem) : [h("span", { class: "row-label", title: run.label }, run.label), h("span", { class: "row-what" }, [run.data, run.model].filter(Boolean).join(" · "))],
    siblings > 1 && h("button", { type: "button", class: "seeds", tabindex: "-1", title: `Select the ${siblings} runs of this setting (g)` }, "×" + siblings));
  fill(row.querySelector(".row-tags"), (run.tags ?? []).map(tagView));
  row.classList.toggle("bad", Boolean(run.problem));
  const done = run.status === "running" ? progress(run) : null;
  row.querySelector(".bar").style.setProperty("transform", `scaleX(${done ?? 0})`);
}
