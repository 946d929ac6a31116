/**
 * The search over runs. Words must all be found; a word in double quotes keeps its spaces, and "" in it is a quote; tag:, status:,
 * method:, data:, model:, label: and seed: look at one field, all else at name, label and tags; a - before
 * a word turns it round.
 */

const fields = ["tag", "status", "method", "data", "model", "label", "seed", "engine"];

const words = /(-?)(?:([a-z]+):)?(?:"((?:[^"]|"")*)"?|(\S+))/gi;

/** @typedef {{field: string, text: string, not: boolean}} Term */

/**
 * parse reads a query.
 *
 * @param {string} query
 * @returns {Term[]}
 */
export function parse(query) {
  const terms = [];
  for (const [, not, field, quoted, plain] of query.matchAll(words)) {
    const known = field && fields.includes(field.toLowerCase());
    const text = (quoted?.replaceAll('""', '"') ?? plain).toLowerCase();
    const whole = known || !field ? text : field.toLowerCase() + ":" + text;
    if (whole) terms.push({ field: known ? field.toLowerCase() : "", text: whole, not: not === "-" });
  }
  return terms;
}

/**
 * matches says whether a run answers to all terms. A field must begin with the word, a tag be the word.
 *
 * @param {Object<string, any>} run
 * @param {Term[]} terms
 */
export function matches(run, terms) {
  return terms.every((term) => holds(run, term) !== term.not);
}

function holds(run, { field, text }) {
  const has = (v) => String(v ?? "").toLowerCase();
  switch (field) {
    case "": return [run.name, run.label, run.data, run.model, ...(run.tags ?? [])].some((v) => has(v).includes(text));
    case "tag": return (run.tags ?? []).some((t) => has(t) === text);
    case "seed": return has(run.seed) === text;
    default: return has(run[field]).startsWith(text);
  }
}

/**
 * toggleTerm puts a term into a query, or takes it out where it stands in it.
 *
 * @param {string} query
 * @param {string} field
 * @param {string} value
 */
export function toggleTerm(query, field, value) {
  const terms = (query.match(words) ?? []), rest = terms.filter((t) => !hasTerm(t, field, value));
  if (rest.length === terms.length) rest.push(field + ":" + (/[\s"]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value));
  return rest.join(" ");
}

/** hasTerm says whether toggleTerm would take it out. @param {string} query @param {string} field @param {string} value */
export const hasTerm = (query, field, value) =>
  parse(query).some((t) => t.field === field && t.text === value.toLowerCase() && !t.not);

/** Orders of the list: a name for the menu, and what is compared; runs without the value come last. */
export const orders = {
  __proto__: null,
  updated: ["last changed", (r) => (r.status === "running" ? Infinity : Date.parse(r.updated) || null), -1], // runs that train do not overtake one another
  started: ["started", (r) => Date.parse(r.started) || null, -1],
  name: ["name", (r) => r.name, 1],
  top1: ["accuracy", (r) => r.top1 ?? r.top1_last, -1],
  samples: ["samples seen", (r) => r.samples_seen, -1],
  seconds: ["time taken", (r) => r.seconds, -1],
  label: ["method", (r) => r.label, 1],
  status: ["status", (r) => ["running", "failed", "interrupted", "stopped", "done"].indexOf(r.status), 1],
};

const collator = new Intl.Collator("en", { numeric: true });

/**
 * sorted returns runs in an order of the menu, equal ones by name.
 *
 * @param {Object<string, any>[]} runs
 * @param {string} by a key of orders
 * @param {boolean} [turned] the other way round
 */
export function sorted(runs, by, turned = false) {
  const [, value, way] = orders[by] ?? orders.updated;
  const keyed = runs.map((run) => [value(run), run]);
  keyed.sort(([a, r], [b, s]) => {
    const missing = (a === null || a === undefined) - (b === null || b === undefined);
    if (missing) return missing;
    const d = typeof a === "string" ? collator.compare(a, b) : a === b ? 0 : a - b;
    return (d * (turned ? -way : way)) || collator.compare(r.name, s.name);
  });
  return keyed.map(([, run]) => run);
}
