/** The controls over curves: x axis, seeds, smoothing, a logarithmic axis of losses, entropies and rates. They live in the address. */
import { check, h, segmented } from "./dom.js";
import { axes } from "./metrics.js";
import { put } from "./route.js";

/**
 * viewOf reads how curves are looked at from an address. Where that does not say, it is over samples, at which methods of
 * the same cost end together: an epoch of one may be a fraction of another's.
 *
 * @param {URLSearchParams} params
 * @param {string} [usual] key of axes
 * @returns {import("./curves.js").View}
 */
export function viewOf(params, usual = "samples") {
  const x = params.get("x") in axes ? params.get("x") : usual;
  const from = Number(params.get("from") ?? NaN), to = Number(params.get("to") ?? NaN);
  const smoothing = Math.min(Math.max(Number(params.get("smooth")) || 0, 0), 1);
  return { x, group: params.get("group") !== "0", smoothing, log: params.get("log") === "1", zoom: to - from > 0 && to - from < Infinity ? [from, to] : null };
}

/**
 * toolbar makes the controls.
 *
 * @param {import("./curves.js").View} view
 * @param {(changes: Object<string, ?string>) => void} change after the address was changed
 * @param {boolean} seeds with the switch for seeds
 */
export function toolbar(view, change, seeds) {
  const apply = (changes) => { put(changes); change(changes); };
  const range = h("input", { type: "range", min: 0, max: 1, step: 0.05, value: view.smoothing, "aria-label": "Smoothing",
    on: { input: (e) => apply({ smooth: Number(e.target.value) ? e.target.value : null }) } });
  return h("div", { class: "toolbar" },
    segmented("Over", Object.entries(axes).map(([k, a]) => [k, a.title]), view.x, (x) => apply({ x, from: null, to: null })),
    seeds && check("Seeds as mean ± sd", view.group, (on) => apply({ group: on ? null : "0" })),
    check("Log scale", view.log, (on) => apply({ log: on ? "1" : null })),
    h("label", { class: "field" }, h("span", {}, "Smooth"), range));
}

/** zoomed writes a zoom into the address. @param {?[number, number]} zoom */
export function zoomed(zoom) {
  const short = (v) => String(Number(v.toPrecision(9)));
  put(zoom ? { from: short(zoom[0]), to: short(zoom[1]) } : { from: null, to: null });
}
