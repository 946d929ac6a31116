/** Names and values, in groups. */
import { h } from "./dom.js";

/**
 * settings makes the lists.
 *
 * @param {[string, [string, any][]][]} groups
 * @param {string} find only names and values with this text
 * @returns {HTMLElement}
 */
export function settings(groups, find = "") {
  const text = find.toLowerCase();
  const shown = groups.map(([title, pairs]) => [title, pairs.filter(([k, v]) => v !== undefined && v !== "" && `${k} ${value(v)}`.toLowerCase().includes(text))]).filter(([, pairs]) => pairs.length);
  if (!shown.length) return h("p", { class: "empty" }, "Nothing of this name.");
  return h("div", { class: "settings" }, shown.map(([title, pairs]) => h("section", {}, h("h3", {}, title),
    h("dl", {}, pairs.map(([k, v]) => h("div", {}, h("dt", {}, k), h("dd", {}, value(v))))))));
}

/** value writes one value; what is not set is a dash. @param {any} v */
export function value(v) {
  if (v === null || v === undefined || v === "" || v === "[]") return "–";
  return typeof v === "object" ? JSON.stringify(v) : String(v);
}
