/**
 * The address. All that one would want to link to stands behind the #:
 *
 *   #/?q=tag:paper&sel=ID,ID&metric=top1       the list, and the curves of what is selected
 *   #/?sel=none                                nothing selected; without sel: the newest
 *   #/run/ID/confusion?x=samples               one run, at a section
 *   #/compare?runs=ID,ID                       configurations side by side
 *
 * A click that leads elsewhere makes a step that the browser's back button undoes; typing and
 * dragging replace the current one.
 */

/**
 * @typedef {Object} Route
 * @property {"runs"|"run"|"compare"} view
 * @property {string} id of the run, or ""
 * @property {string} section of the run's page, or ""
 * @property {URLSearchParams} params
 */

/**
 * parse reads an address; what it does not know is the list of runs.
 *
 * @param {string} hash
 * @returns {Route}
 */
export function parse(hash) {
  const [, path, query] = /^#?([^?]*)\??(.*)$/s.exec(hash);
  const [, view = "", id = "", section = ""] = path.split("/");
  const params = new URLSearchParams(query);
  if (view === "run" && id) return { view: "run", id, section, params };
  if (view === "compare") return { view: "compare", id: "", section: "", params };
  return { view: "runs", id: "", section: "", params };
}

/** current is the route of the address as it is. */
export const current = () => parse(location.hash);

/**
 * href writes an address; values that are null or "" are left out.
 *
 * @param {string} path from "/" on
 * @param {URLSearchParams|Object<string, any>} [params]
 */
export function href(path, params = {}) {
  const pairs = params instanceof URLSearchParams ? [...params] : Object.entries(params);
  const q = pairs.filter(([, v]) => v !== null && v !== undefined && v !== "")
    .map(([k, v]) => k + "=" + encodeURIComponent(v).replaceAll("%2C", ",").replaceAll("%3A", ":"));
  return "#" + path + (q.length ? "?" + q.join("&") : "");
}

let list = "#/";

/** remember keeps the address of the list of runs, with its search and selection, if that is shown. */
export function remember() {
  if (current().view === "runs") list = location.hash || "#/";
}

/** all is the list of runs as it was left. */
export const all = () => list;

/** go leads to an address, as a step of its own. @param {string} to from href */
export function go(to) {
  if (to !== location.hash) location.hash = to;
}

/**
 * put changes parameters of the address in place. No step is made and no view is told: who calls has
 * already done what it says.
 *
 * @param {Object<string, ?string|number>} changes null removes one
 * @param {boolean} [step] make a step that the back button undoes
 */
export function put(changes, step = false) {
  const [, path, query] = /^#?([^?]*)\??(.*)$/s.exec(location.hash || "#/");
  const params = new URLSearchParams(query);
  for (const [key, value] of Object.entries(changes)) {
    if (value === null) params.delete(key);
    else params.set(key, String(value));
  }
  const to = href(path, params);
  if (to === location.hash) return;
  history[step ? "pushState" : "replaceState"](null, "", to);
  remember();
}
