/**
 * Server-sent events: the list of runs, then each run as it changes. The browser reconnects by itself after a
 * broken connection; after an answer that is no stream it does not, so this does. Each connection begins with
 * the whole list, so that what happened meanwhile is not missed.
 */
import * as store from "./store.js";

const state = document.getElementById("live");
const gone = document.getElementById("gone");
const where = document.getElementById("where");
let source = null;
let wait = 1000;
let lost = 0;

/**
 * start listens. A page that is not seen lets go of its stream: a browser opens six connections to one server,
 * and the seventh page would wait for ever.
 */
export function start() {
  addEventListener("visibilitychange", () => (document.hidden ? disconnect() : source ?? connect()));
  addEventListener("pagehide", disconnect);
  addEventListener("pageshow", (e) => e.persisted && !source && connect());
  if (!document.hidden) connect(); // it may have been opened behind another
}

/** disconnect closes the stream. */
function disconnect() {
  source?.close();
  source = null;
}

/** connect opens it. */
function connect() {
  disconnect();
  source = new EventSource("/api/live");
  source.onerror = () => {
    if (!lost) lost = Date.now();
    show("gone");
    if (source?.readyState === EventSource.CLOSED) {
      setTimeout(() => source && connect(), wait);
      wait = Math.min(2 * wait, 15000);
    }
  };
  source.addEventListener("list", (e) => begin(JSON.parse(e.data)));
  source.addEventListener("run", (e) => store.put(JSON.parse(e.data)));
  source.addEventListener("gone", (e) => store.remove(JSON.parse(e.data).id));
  source.addEventListener("left", (e) => store.omit(JSON.parse(e.data).note));
}

/** begin takes the list with which a connection begins. */
function begin({ dir, runs, note }) {
  wait = 1000;
  lost = 0;
  where.textContent = dir;
  where.title = dir;
  store.replace(runs, note);
  show("live");
}

/** show says how things stand, in the header and, when the server is gone, across the page. @param {"live"|"gone"} what */
function show(what) {
  state.dataset.state = what;
  state.textContent = what === "live" ? "live" : "reconnecting";
  gone.hidden = what === "live";
  if (what === "gone") {
    const since = new Date(lost).toLocaleTimeString();
    gone.textContent = `The server has not answered since ${since}. What you see is what it last said; the page goes on by itself once lgl ui runs again.`;
  }
}
