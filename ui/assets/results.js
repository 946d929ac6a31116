/** The numbers of the selected runs in a table: what a curve ends at. */
import { h } from "./dom.js";
import { count, duration, isNumber, share, times } from "./format.js";
import { swatch } from "./chart.js";
import { href } from "./route.js";

/**
 * results makes the table.
 *
 * @param {Object<string, any>[]} runs
 * @param {boolean} group one row for the seeds of a setting
 * @param {(id: string) => {color: string, dash: number[]}} style
 * @param {Map<string, string>} labels of groups, where theirs alone does not tell them apart
 * @returns {?HTMLElement}
 */
export function results(runs, group, style, labels) {
  if (!runs.length) return null;
  const rows = [...Map.groupBy(runs, (r) => ((group && r.group) || r.id)).values()].map(counted);
  return h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Results of the selected runs" }, h("table", { class: "data" },
    h("caption", { class: "hide" }, "Results of the selected runs"),
    h("thead", {}, h("tr", {}, ["Method", "Seeds", "Accuracy", "Samples", "Cost", "Time", "Data", "Model"].map((t, i) => h("th", { scope: "col", class: i > 0 && i < 6 ? "num" : "" }, t)))),
    h("tbody", {}, rows.map((list) => row(list, style(list[0].id), group && labels.get(list[0].group))))));
}

/** counted are the runs that count: of two that are the same sample, as in ui/curves.go, the one that came to its end, and otherwise the later one. */
function counted(list) {
  const rank = (r) => [r.status === "done" ? 1 : 0, r.started ?? ""];
  const best = new Map();
  for (const r of list) {
    const [[done, began], [was, before]] = [rank(r), rank(best.get(r.sample) ?? {})];
    if (!best.has(r.sample) || done > was || (done === was && began >= before)) best.set(r.sample, r);
  }
  return [...best.values()];
}

function row(list, look, label) {
  const run = list[0], done = list.filter((r) => r.status === "done"), last = done.length ? done : list; // at which the curve ends
  const name = h("a", { href: href("/run/" + run.id), title: list.map((r) => r.name).join("\n") }, label || run.label || run.name);
  const num = (text, title) => h("td", { class: "num", title }, text);
  return h("tr", {},
    h("th", { scope: "row" }, swatch(look), " ", name),
    num(last.length < list.length ? `${last.length} of ${list.length}` : String(list.length), list.map((r) => "seed " + r.seed).join(", ")),
    num(spread(last.map((r) => r.top1 ?? r.top1_last), share), "mean over the seeds ± standard deviation, last epoch; of those that are done, where any is"),
    num(count(mean(last.map((r) => r.samples_seen)))),
    num(times(mean(last.map((r) => r.cost))), "training samples, in those of one baseline"),
    num(duration(mean(last.map((r) => r.seconds)))),
    h("td", {}, run.data ?? ""), h("td", {}, run.model ?? ""));
}

/** mean of what is known, or null. @param {(number|null)[]} values */
export function mean(values) {
  const known = values.filter(isNumber);
  return known.length ? known.reduce((a, b) => a + b, 0) / known.length : null;
}

/** deviation is the standard deviation of a sample, null for one value. @param {(number|null)[]} values */
export function deviation(values) {
  const known = values.filter(isNumber), m = mean(known);
  return known.length > 1 ? Math.sqrt(known.reduce((a, v) => a + (v - m) ** 2, 0) / (known.length - 1)) : null;
}

/** spread writes mean ± deviation of shares. */
function spread(values, text) {
  const m = mean(values), d = deviation(values);
  return d === null ? text(m) : `${(100 * m).toFixed(2)} ± ${(100 * d).toFixed(2)}\u202f%`;
}
