/** The runs as last heard of by /api/live. */
import { Pace } from "./pace.js";

/** @typedef {Object<string, any>} Run what the server tells of a run: id, name, label, status and so on; ui/run.go has all */

/** @type {Map<string, Run>} */
const runs = new Map();
/** @type {Set<(changed: Set<string>) => any>} */
const listeners = new Set();
/** @type {Set<string>} */
let changed = new Set();
let heard = false;
let missing = "";
const pace = new Pace(tell);

/** all returns every run. @returns {Run[]} */
export const all = () => [...runs.values()];

/** byId returns one run, or undefined. @param {string} id */
export const byId = (id) => runs.get(id);

/** loaded says whether the list was read. */
export const loaded = () => heard;

/** left says what is not in the list, "" for nothing. */
export const left = () => missing;

/** replace takes a whole list. @param {Run[]} list @param {string} note what is not in it */
export function replace(list, note) {
  heard = true;
  missing = note;
  for (const id of runs.keys()) changed.add(id);
  runs.clear();
  for (const run of list) {
    runs.set(run.id, run);
    changed.add(run.id);
  }
  pace.want(true);
}

/** omit takes what is not in the list, where that has changed. @param {string} note */
export function omit(note) {
  missing = note;
  pace.want(true);
}

/** put takes one run that is new or has changed. That one begins, ends or is damaged is told at once. @param {Run} run */
export function put(run) {
  const was = runs.get(run.id), urgent = was?.status !== run.status || was.problem !== run.problem;
  runs.set(run.id, run);
  changed.add(run.id);
  pace.want(urgent);
}

/** remove drops a run that is gone. @param {string} id */
export function remove(id) {
  if (runs.delete(id)) changed.add(id);
  pace.want(true);
}

/**
 * subscribe calls f after changes, however many there were, at the pace of all that listens.
 *
 * @param {(changed: Set<string>) => any} f its promise, if it returns one, is kept when all is drawn
 * @returns {() => void} ends it
 */
export function subscribe(f) {
  listeners.add(f);
  return () => listeners.delete(f);
}

/** tell calls the listeners. */
function tell() {
  const these = changed;
  changed = new Set();
  return Promise.all([...listeners].map((f) => f(these)));
}
