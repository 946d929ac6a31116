/** The numbers of the selected runs in a table: what a curve ends at. */
import { h } from "./dom.js";
import { count, duration, isNumber, plural, spread, times } from "./format.js";
import { swatch } from "./chart.js";
import { href } from "./route.js";
import { byId } from "./store.js";

/**
 * results makes the table, a row for each series.
 *
 * @param {Object[]} series as /api/curves has them: which runs count is the server's to say
 * @param {boolean} group a series is the mean of seeds
 * @param {(id: string) => {color: string, dash: number[]}} style of the line of a run
 * @returns {?HTMLElement}
 */
export function results(series, group, style) {
  const rows = series.map((s) => [s, s.runs.map(byId).filter(Boolean)]).filter(([, list]) => list.length);
  if (!rows.length) return null;
  const heads = ["Method", "Seeds", "Accuracy", group && "To the best, points", "Samples", "Cost", "Time", "Data", "Model"].filter(Boolean), words = ["Method", "Data", "Model"];
  return h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Results of the selected runs" }, h("table", { class: "data" },
    h("caption", { class: "hide" }, "Results of the selected runs"),
    h("thead", {}, h("tr", {}, heads.map((t) => h("th", { scope: "col", class: words.includes(t) ? "" : "num" }, t)))),
    h("tbody", {}, rows.map(([s, list]) => row(s, list, group, style(list[0].id))))));
}

function row(s, list, group, look) {
  const run = list[0], done = list.filter((r) => r.status === "done"), last = done.length ? done : list; // at which the curve ends
  const top1 = last.map((r) => r.top1 ?? r.top1_last);
  const name = h("a", { href: href("/run/" + run.id), title: list.map((r) => r.name).join("\n") }, group ? s.label : run.name);
  const num = (text, title) => h("td", { class: "num", title }, text);
  return h("tr", { class: s.best ? "best" : null },
    h("th", { scope: "row" }, swatch(look), " ", name),
    num(last.length < list.length ? `${last.length} of ${list.length}` : String(list.length), list.map((r) => "seed " + r.seed).join(", ")),
    num(spread(mean(top1), deviation(top1)), "mean over the seeds ± standard deviation, last epoch; of those that are done, where any is"),
    group && behind(s),
    num(count(mean(last.map((r) => r.samples_seen)))),
    num(times(mean(last.map((r) => r.cost))), "training samples, in those of one baseline"),
    num(duration(mean(last.map((r) => r.seconds)))),
    h("td", {}, run.data ?? ""), h("td", {}, run.model ?? ""));
}

/** behind says how far a series is behind the best on its test set, and whether that can be chance. */
function behind({ best, behind: d }) {
  const cell = (text, title, kind = "") => h("td", { class: "num " + kind, title }, text);
  if (best) return cell("best", "the highest mean accuracy at the end, of the methods with 3 seeds or more if there are any on this test set");
  if (!d) return cell("–", "no finished run on the same test set with a seed of the best");
  const points = (v) => (100 * v).toFixed(2), signed = (v) => (v < 0 ? "−" : "+") + points(Math.abs(v)), pairs = `accuracy less that of the best, in points, over ${plural(d.n, "common seed")}`;
  if (d.low === null && d.n >= 3) return cell(`${signed(d.mean)}, no spread`, `${pairs}, all alike: these do not tell whether that is chance`, "quiet");
  if (d.low === null) return cell(`${signed(d.mean)}, few seeds`, `${pairs}; 3 or more tell whether that is chance`, "quiet");
  const chance = d.low <= 0 && d.high >= 0;
  return cell(`${signed(d.mean)} ± ${points(d.high - d.mean)}${chance ? ", may be chance" : ""}`, `${pairs}, with its 95 % interval${chance ? ", in which 0 lies" : ""}; lgl compare allows for how many methods there are`, chance ? "quiet" : "");
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
