/** A table that is sorted by a click on its heads; of very long ones the first rows, until asked for all. */
import { button, fill, h } from "./dom.js";

const atFirst = 200;

/**
 * @typedef {Object} Column
 * @property {string} title
 * @property {string} [hint]
 * @property {boolean} [num] numbers, set right
 * @property {(row: any) => any} [sort] what is compared; without it the column does not sort
 * @property {(row: any) => any} cell node or text
 */

/** Table is a sorted table. */
export class Table {
  /** @param {{caption: string, columns: Column[], by?: number, down?: boolean}} options */
  constructor({ caption, columns, by = 0, down = false }) {
    Object.assign(this, { columns, by, down, rows: [], every: false });
    this.heads = columns.map((c, i) => h("th", { scope: "col", class: c.num ? "num" : "", title: c.hint },
      c.sort ? h("button", { type: "button", class: "sort", on: { click: () => this.sortBy(i) } }, c.title) : c.title));
    this.body = h("tbody");
    this.more = h("div", { class: "more" });
    this.el = h("div", {}, h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": caption },
      h("table", { class: "data" }, h("caption", { class: "hide" }, caption), h("thead", {}, h("tr", {}, this.heads)), this.body)), this.more);
  }

  /** set shows rows. @param {any[]} rows */
  set(rows) {
    this.rows = rows;
    this.draw();
  }

  /** sortBy sorts by a column; the same again turns it round. @param {number} i */
  sortBy(i) {
    this.down = this.by === i ? !this.down : Boolean(this.columns[i].num);
    this.by = i;
    this.draw();
  }

  /** draw writes the rows in order. */
  draw() {
    const key = this.columns[this.by].sort, way = this.down ? -1 : 1;
    const missing = (v) => v === null || v === undefined;
    const rows = this.rows.map((row) => [key(row), row]).sort(([a], [b]) =>
      missing(a) - missing(b) || (missing(a) ? 0 : way * (typeof a === "string" ? a.localeCompare(b, "en", { numeric: true }) : a - b)));
    this.heads.forEach((th, i) => th.setAttribute("aria-sort", i === this.by ? (this.down ? "descending" : "ascending") : "none"));
    const shown = this.every ? rows : rows.slice(0, atFirst);
    fill(this.body, shown.map(([, row]) => h("tr", {}, this.columns.map((c, i) => h(i ? "td" : "th", { class: c.num ? "num" : "", scope: i ? null : "row" }, c.cell(row))))));
    fill(this.more, shown.length < rows.length && button(`Show all ${rows.length}`, () => { this.every = true; this.draw(); }, { class: "plain" }));
  }
}
