/** What a run is doing, as a mark and a word: shape and word say it too, not colour alone. */
import { h } from "./dom.js";
import { duration, isNumber } from "./format.js";

const marks = { __proto__: null, running: "▶", done: "✓", interrupted: "‖", failed: "✕", stopped: "■" };

/** mark is the sign of a status. @param {string} status */
export const mark = (status) => h("span", { class: "mark", "data-status": status, title: status, role: "img", "aria-label": status }, marks[status] ?? "·");

/** pill is sign and word. @param {Object<string, any>} run */
export const pill = (run) => h("span", { class: "pill", "data-status": run.status, title: run.reason || run.status }, mark(run.status), " ", run.status);

/**
 * progress is the share of the planned work that is done, 0..1, or null where nothing was planned.
 *
 * @param {Object<string, any>} run
 */
export function progress(run) {
  if (isNumber(run.samples_predicted) && run.samples_predicted > 0 && isNumber(run.samples_seen)) {
    return Math.min(1, run.samples_seen / run.samples_predicted);
  }
  return isNumber(run.epochs) && run.epochs > 0 && isNumber(run.epoch) ? Math.min(1, run.epoch / run.epochs) : null;
}

/** awaited is for how many seconds the next epoch has been awaited. @param {Object<string, any>} run */
const awaited = (run) => Math.max(0, Date.now() - Date.parse(run.awaited)) / 1000 || 0;

/** timeLeft says when a running run will be done. @param {Object<string, any>} run */
export function timeLeft(run) {
  if (run.status !== "running" || !isNumber(run.seconds_left)) return "";
  const s = run.seconds_left - awaited(run);
  return (s < 1 ? "<\u202f1\u202fs" : duration(s)) + " left";
}

/**
 * late says for how long a running run has ended no epoch, once that is much longer than one took in the mean:
 * it may hang.
 *
 * @param {Object<string, any>} run
 */
export function late(run) {
  const s = awaited(run), long = Math.max(60, (5 * run.seconds) / run.epoch);
  return run.status === "running" && s > long ? `no epoch for ${duration(s)}` : "";
}

/** tagColor is the series colour of a tag, the same wherever it stands. @param {string} tag @returns {string} a custom property */
export function tagColor(tag) {
  let sum = 7;
  for (const c of tag) sum = (31 * sum + c.codePointAt(0)) >>> 0;
  return `var(--c${sum % 8})`;
}

/** tagView is a tag. @param {string} tag */
export const tagView = (tag) => h("span", { class: "tag", style: { "--tag": tagColor(tag) } }, tag);
