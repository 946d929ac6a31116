/** The runs as last heard of: one answer of /api/runs, kept up to date by /api/live. */

/** @typedef {Object<string, any>} Run what the server tells of a run: id, name, label, status and so on; ui/run.go has all */

/** @type {Map<string, Run>} */
const runs = new Map();
/** @type {Set<(changed: Set<string>) => void>} */
const listeners = new Set();
/** @type {Set<string>} */
let changed = new Set();
let scheduled = false;
let heard = false;

/** all returns every run. @returns {Run[]} */
export const all = () => [...runs.values()];

/** byId returns one run, or undefined. @param {string} id */
export const byId = (id) => runs.get(id);

/** loaded says whether the list was read. */
export const loaded = () => heard;

/** replace takes a whole list. @param {Run[]} list */
export function replace(list) {
  heard = true;
  for (const id of runs.keys()) changed.add(id);
  runs.clear();
  for (const run of list) put(run);
  tell();
}

/** put takes one run that is new or has changed. @param {Run} run */
export function put(run) {
  runs.set(run.id, run);
  changed.add(run.id);
  tell();
}

/** remove drops a run that is gone. @param {string} id */
export function remove(id) {
  if (runs.delete(id)) changed.add(id);
  tell();
}

/**
 * subscribe calls f after changes, once a frame however many there were.
 *
 * @param {(changed: Set<string>) => void} f
 * @returns {() => void} ends it
 */
export function subscribe(f) {
  listeners.add(f);
  return () => listeners.delete(f);
}

/** tell calls the listeners in a moment. A timer, not a frame: hidden tabs get no frames. */
function tell() {
  if (scheduled) return;
  scheduled = true;
  setTimeout(() => {
    scheduled = false;
    const these = changed;
    changed = new Set();
    for (const f of [...listeners]) f(these);
  }, 30);
}
