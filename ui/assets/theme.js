/** Light or dark: the system's choice until the switch says otherwise; kept in this browser. */

const key = "lgl-theme";
const system = matchMedia("(prefers-color-scheme: dark)");
const listeners = new Set();

/** dark says which of the two is shown. */
export function dark() {
  const own = document.documentElement.dataset.theme;
  return own ? own === "dark" : system.matches;
}

/** toggle changes over; back at the system's choice it follows the system again. */
export function toggle() {
  const want = dark() ? "light" : "dark";
  if ((want === "dark") === system.matches) delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = want;
  try {
    if (document.documentElement.dataset.theme) localStorage.setItem(key, want);
    else localStorage.removeItem(key);
  } catch { /* storage may be forbidden: the choice then holds for this page */ }
  tell();
}

/** onChange calls f after a change, for what is drawn on canvases. @param {() => void} f @returns {() => void} ends it */
export function onChange(f) {
  listeners.add(f);
  return () => listeners.delete(f);
}

/** color reads a value of tokens.css as it is now: of a light-dark() the half that holds. @param {string} name with its -- */
export function color(name) {
  const value = getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const [, ...halves] = /^light-dark\((.*), (.*)\)$/.exec(value) ?? [];
  return halves[Number(dark())] ?? value;
}

/** start takes up what this browser kept, and the button. @param {HTMLButtonElement} button */
export function start(button) {
  try {
    const own = localStorage.getItem(key);
    if (own === "dark" || own === "light") document.documentElement.dataset.theme = own;
  } catch { /* as above */ }
  const label = () => {
    button.textContent = dark() ? "☀" : "☾";
    button.setAttribute("aria-label", dark() ? "Switch to light" : "Switch to dark");
  };
  label();
  listeners.add(label);
  system.addEventListener("change", tell);
  button.addEventListener("click", toggle);
}

function tell() {
  for (const f of listeners) f();
}
