/** Where the page starts: one view at a time, by the address. */
import { CompareView } from "./compare-view.js";
import * as keys from "./keys.js";
import * as live from "./live.js";
import * as route from "./route.js";
import { RunView } from "./run-view.js";
import { RunsView } from "./runs-view.js";
import * as theme from "./theme.js";

const views = { runs: RunsView, run: RunView, compare: CompareView };
/** @type {?{update: (r: route.Route) => void, close: () => void}} */
let view = null;
let shown = "";

/** show follows the address: another page is made anew, the same one is told. */
function show() {
  route.remember();
  const to = route.current(), page = to.view + "/" + to.id;
  if (page === shown) return view.update(to);
  view?.close();
  scrollTo(0, 0);
  shown = page;
  view = new views[to.view](to);
}

theme.start(/** @type {HTMLButtonElement} */ (document.getElementById("theme")));
keys.start();
keys.setKeys("Everywhere", [
  { keys: "?", text: "this help", run: keys.help },
  { keys: "t", text: "light or dark", run: theme.toggle },
  { keys: "h", text: "all runs", run: () => route.go(route.all()) },
]);
document.getElementById("help").addEventListener("click", keys.help);
document.getElementById("skip").addEventListener("click", (e) => {
  e.preventDefault();
  document.getElementById("main").focus();
});
addEventListener("hashchange", show);
show();
live.start();
