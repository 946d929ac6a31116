/** Questions to the server: GET, JSON back. */

/** Refused is an answer of the server that is not 200; its message is for a person. */
export class Refused extends Error {
  /** @param {number} status @param {string} text */
  constructor(status, text) {
    super(text);
    this.status = status;
  }
}

let asking = 0;

/** busy shows on the page, and to who waits for it, whether answers are awaited. @param {number} by 1 or -1 */
function busy(by) {
  asking += by;
  document.documentElement.toggleAttribute("data-busy", asking > 0);
}

/**
 * get asks for one path below /api/.
 *
 * @param {string} path
 * @param {AbortSignal} [signal]
 * @returns {Promise<any>}
 */
export async function get(path, signal) {
  busy(1);
  try {
    return await ask(path, signal);
  } finally {
    busy(-1);
  }
}

async function ask(path, signal) {
  // no-store: past the browser's cache, which lets one question wait for another of the same address.
  const answer = await fetch("/api/" + path, { signal, cache: "no-store", headers: { Accept: "application/json" } });
  const text = await answer.text();
  let body = null;
  try {
    body = JSON.parse(text);
  } catch {
    throw new Refused(answer.status, `the server's answer to ${path} is no JSON`);
  }
  if (!answer.ok) throw new Refused(answer.status, body?.error ?? answer.statusText);
  return body;
}

/**
 * query writes parameters behind a path; a list stands once for each of its values, null not at all.
 *
 * @param {string} path
 * @param {Object<string, any>} params
 */
export function query(path, params) {
  const q = new URLSearchParams();
  for (const [key, value] of Object.entries(params)) {
    for (const v of [value].flat()) if (v !== null && v !== undefined) q.append(key, String(v));
  }
  return path + "?" + q;
}

/**
 * Latest runs one question at a time and gives up the one before: an answer that comes late never
 * overwrites a newer one.
 */
export class Latest {
  /** @param {string} path @returns {Promise<any>} null where a newer question was asked meanwhile */
  async get(path) {
    this.stop();
    const mine = (this.running = new AbortController());
    try {
      return await get(path, mine.signal);
    } catch (err) {
      if (mine.signal.aborted) return null;
      throw err;
    }
  }

  /** stop gives up what is under way. */
  stop() {
    this.running?.abort();
  }
}
