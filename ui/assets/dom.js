/** Building and looking up elements. Text goes in as text nodes only: nothing here parses HTML. */

/**
 * h makes an element.
 *
 * @param {string} tag
 * @param {Object<string, any>} [props] `class`; `on`: listeners by event; `style`: CSS properties,
 *   set through the CSSOM as the page's policy asks; true, false and null set an attribute or leave
 *   it out; anything else is an attribute's text
 * @param {...(Node|string|number|null|undefined|false|Array)} children text or nodes; null is left out
 * @returns {HTMLElement}
 */
export function h(tag, props = {}, ...children) {
  const el = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (name === "on") {
      for (const [event, f] of Object.entries(value)) el.addEventListener(event, f);
    } else if (name === "style") {
      for (const [key, v] of Object.entries(value)) el.style.setProperty(key, v);
    } else if (value === true) {
      el.setAttribute(name, "");
    } else if (value !== false && value !== null && value !== undefined) {
      el.setAttribute(name, String(value));
    }
  }
  append(el, children);
  return el;
}

/**
 * append adds children, flattening lists.
 *
 * @param {Node} el
 * @param {Array} children
 */
export function append(el, children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    el.appendChild(child instanceof Node ? child : document.createTextNode(String(child)));
  }
}

/**
 * fill replaces what is in an element.
 *
 * @param {Element} el
 * @param {...any} children
 */
export function fill(el, ...children) {
  el.replaceChildren();
  append(el, children);
}

/**
 * refill is fill for what a reader may be in the midst of: what had the focus has it again, what was open is
 * open and what was scrolled aside is, each by its place.
 *
 * @param {Element} el
 * @param {...any} children
 */
export function refill(el, ...children) {
  const all = (what) => [...el.querySelectorAll(what)], controls = "a, button, input, select, summary, [tabindex]";
  const at = all(controls).indexOf(document.activeElement), open = all("details").map((d) => d.open), aside = all(".scroll").map((s) => s.scrollLeft);
  fill(el, ...children);
  all("details").forEach((d, i) => { d.open = open[i] ?? d.open; });
  all(".scroll").forEach((s, i) => { if (aside[i]) s.scrollLeft = aside[i]; });
  if (at >= 0) all(controls)[at]?.focus({ preventScroll: true });
}

/**
 * setText writes text where it differs, so that nothing is laid out anew without need.
 *
 * @param {Node} el
 * @param {string} text
 */
export function setText(el, text) {
  if (el.textContent !== text) el.textContent = text;
}

/**
 * button makes a button.
 *
 * @param {string} text
 * @param {() => void} click
 * @param {Object<string, any>} [props]
 */
export function button(text, click, props = {}) {
  return h("button", { type: "button", ...props, on: { click } }, text);
}

/**
 * select makes a labelled choice.
 *
 * @param {string} label
 * @param {Array<[string, string]>} options value and text
 * @param {string} value
 * @param {(value: string) => void} change
 * @returns {HTMLElement}
 */
export function select(label, options, value, change) {
  const el = h("select", { on: { change: (e) => change(e.target.value) } },
    options.map(([v, text]) => h("option", { value: v, selected: v === value }, text)));
  return h("label", { class: "field" }, h("span", {}, label), el);
}

/**
 * segmented makes a row of choices of which one holds: a radio group in look and for a screen reader.
 *
 * @param {string} label
 * @param {Array<[string, string]>} options value and text
 * @param {string} value
 * @param {(value: string) => void} change
 */
export function segmented(label, options, value, change) {
  const name = "seg" + (segmented.count = (segmented.count ?? 0) + 1);
  return h("fieldset", { class: "seg" }, h("legend", { class: "hide" }, label),
    options.map(([v, text]) => h("label", {},
      h("input", { type: "radio", name, value: v, checked: v === value, on: { change: () => change(v) } }),
      h("span", {}, text))));
}

/**
 * check makes a labelled check box.
 *
 * @param {string} label
 * @param {boolean} on
 * @param {(on: boolean) => void} change
 */
export function check(label, on, change) {
  return h("label", { class: "check" },
    h("input", { type: "checkbox", checked: on, on: { change: (e) => change(e.target.checked) } }), h("span", {}, label));
}
