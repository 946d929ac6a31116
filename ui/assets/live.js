/**
 * Server-sent events: the runs, as they change. The browser reconnects by itself after a broken
 * connection; after an answer that is no stream it does not, so this does. Once connected again, the
 * whole list is read anew, since what happened meanwhile was not heard.
 */
import { get } from "./api.js";
import * as store from "./store.js";

const state = document.getElementById("live");
const gone = document.getElementById("gone");
const where = document.getElementById("where");
let source = null;
let wait = 1000;
let lost = 0;

/**
 * start reads the list, then listens. A page that is not seen lets go of its stream: a browser opens six
 * connections to one server, and the seventh page would wait for ever.
 */
export async function start() {
  addEventListener("visibilitychange", () => (document.hidden ? disconnect() : reconnect()));
  addEventListener("pagehide", disconnect);
  addEventListener("pageshow", (e) => e.persisted && reconnect());
  connect();
  await reload();
}

/** disconnect closes the stream. */
function disconnect() {
  source?.close();
  source = null;
}

/** reconnect opens it again, and reads what was missed. */
function reconnect() {
  if (source) return;
  connect();
  reload();
}

/** reload reads the whole list. */
async function reload() {
  try {
    const answer = await get("runs");
    where.textContent = answer.dir;
    where.title = answer.dir;
    store.replace(answer.runs ?? [], answer.note);
  } catch (err) {
    if (!lost) lost = Date.now();
    show("gone");
    gone.textContent = `The runs could not be read: ${err.message}`;
  }
}

/** connect opens the stream. */
function connect() {
  source?.close();
  source = new EventSource("/api/live");
  source.onopen = () => {
    wait = 1000;
    show("live");
    if (lost) reload();
    lost = 0;
  };
  source.onerror = () => {
    if (!lost) lost = Date.now();
    show("gone");
    if (source?.readyState === EventSource.CLOSED) {
      setTimeout(() => source && connect(), wait);
      wait = Math.min(2 * wait, 15000);
    }
  };
  source.addEventListener("run", (e) => store.put(JSON.parse(e.data)));
  source.addEventListener("gone", (e) => store.remove(JSON.parse(e.data).id));
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
