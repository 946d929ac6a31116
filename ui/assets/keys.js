/** Keyboard shortcuts: one table, which is also what the help shows. */
import { button, fill, h } from "./dom.js";

/** @typedef {{keys: string, text: string, run?: (e: KeyboardEvent) => void}} Shortcut without run: shown only */

/** @type {Map<string, Shortcut[]>} by heading */
const groups = new Map();
/** @type {?HTMLDialogElement} */
let dialog = null;

/**
 * setKeys gives a heading its shortcuts, in place of those it had; none removes it.
 *
 * @param {string} heading
 * @param {Shortcut[]} shortcuts keys: as KeyboardEvent.key, several with a space between
 */
export function setKeys(heading, shortcuts) {
  if (shortcuts.length) groups.set(heading, shortcuts);
  else groups.delete(heading);
}

/** start listens on the whole page. */
export function start() {
  document.addEventListener("keydown", (e) => {
    if (e.defaultPrevented || e.ctrlKey || e.metaKey || e.altKey || dialog?.open) return;
    if (e.target.closest("input:not([type=checkbox]):not([type=radio]):not([type=range]), select, textarea")) return;
    if (e.key.startsWith("Arrow") && e.target.closest("input[type=radio], input[type=range]")) return; // with which these are set
    for (const list of groups.values()) {
      for (const s of list) {
        if (s.run && s.keys.split(" ").includes(e.key)) {
          e.preventDefault();
          s.run(e);
          return;
        }
      }
    }
  });
}

/** help shows the table. */
export function help() {
  if (!dialog) {
    dialog = /** @type {HTMLDialogElement} */ (h("dialog", { class: "help", "aria-labelledby": "help-title" }));
    dialog.addEventListener("click", (e) => { if (e.target === dialog) dialog.close(); });
    document.body.appendChild(dialog);
  }
  fill(dialog,
    h("div", { class: "help-head" }, h("h2", { id: "help-title" }, "Keyboard"), button("Close", () => dialog.close(), { class: "plain" })),
    h("div", { class: "help-body" }, [...groups].map(([heading, list]) => h("section", {}, h("h3", {}, heading),
      h("dl", {}, list.map((s) => [
        h("dt", {}, s.keys.split(" ").map((k) => h("kbd", {}, names[k] ?? k))),
        h("dd", {}, s.text),
      ]))))));
  dialog.showModal();
}

const names = { ArrowUp: "↑", ArrowDown: "↓", ArrowLeft: "←", ArrowRight: "→", " ": "space", Space: "space", Escape: "esc", Enter: "↵" };
