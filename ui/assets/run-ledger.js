/** What a run cost: samples, operations and seconds, and what each part of them was for. */
import { fill, h } from "./dom.js";
import { count, duration, isNumber, times } from "./format.js";

/** LedgerSection is the section. */
export class LedgerSection {
  static id = "ledger";
  static title = "Ledger of compute";

  /** state changes with every epoch. */
  state(d) {
    return JSON.stringify(d.ledger);
  }

  /** draw shows three splits, and the cost. */
  draw(body, tools, d) {
    const l = d.ledger, rest = isNumber(l.seconds) && isNumber(l.train_seconds) ? Math.max(0, l.seconds - l.train_seconds - (l.select_seconds ?? 0)) : null;
    fill(body, h("div", { class: "ledger" },
      split("Samples", count, [["trained on", l.samples_seen, 0], ["only forwarded, to choose and to measure", l.samples_probed, 4]],
        isNumber(l.samples_predicted) ? `planned: ${count(l.samples_predicted)} trained on` : ""),
      split("Floating-point operations", count, [["training", l.flops_trained, 0], ["forward only", l.flops_forwarded, 4]], "of convolutions and linear layers"),
      split("Time", duration, [["training steps", l.train_seconds, 0], ["choosing samples", l.select_seconds, 4], ["evaluation, entropies, saving", rest, 7]], ""),
      h("div", { class: "split" }, h("h3", {}, "Cost in baselines"),
        h("p", { class: "big" }, times(d.run.cost)), h("p", { class: "quiet" }, `training samples seen over those of one baseline of the same epochs${isNumber(d.run.cost_predicted) ? `; planned: ${times(d.run.cost_predicted)}` : ""}`))),
      d.extends && h("p", { class: "quiet" }, `None of these has what was spent on the run that this one extends, ${d.extends}.`));
  }
}

/**
 * split is a bar of parts of a whole, and the parts in words.
 *
 * @param {string} title
 * @param {(v: number) => string} text
 * @param {[string, ?number, number][]} parts name, value, number of the colour
 * @param {string} note
 */
function split(title, text, parts, note) {
  const known = parts.filter(([, v]) => isNumber(v) && v >= 0), whole = known.reduce((a, [, v]) => a + v, 0);
  const percent = (v) => (whole > 0 ? (100 * v) / whole : 0);
  return h("div", { class: "split" }, h("h3", {}, title), h("p", { class: "big" }, text(whole)),
    h("div", { class: "stack", "aria-hidden": "true" }, known.map(([, v, c]) => h("span", { style: { width: percent(v) + "%", background: `var(--c${c})` } }))),
    h("dl", { class: "parts" }, known.filter(([, v]) => v > 0).map(([name, v, c]) => [h("dt", {}, h("i", { class: "dot", style: { background: `var(--c${c})` } }), name), h("dd", {}, text(v), h("span", { class: "quiet" }, ` ${percent(v).toFixed(1)} %`))])),
    note && h("p", { class: "quiet" }, note));
}
