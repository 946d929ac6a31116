/** The key of a colour scale: a strip from its least to its greatest value. */
import { h } from "./dom.js";

/**
 * rampKey makes the strip, in the colours of light or dark as it is: who shows it makes it anew when that changes.
 *
 * @param {(t: number) => number[]} ramp
 * @param {string} low text at its left
 * @param {string} high text at its right
 */
export function rampKey(ramp, low, high) {
  const canvas = h("canvas", { width: 100, height: 1, class: "ramp", "aria-hidden": "true" });
  const ctx = canvas.getContext("2d");
  for (let i = 0; i < 100; i++) {
    ctx.fillStyle = `rgb(${ramp(i / 99).join()})`;
    ctx.fillRect(i, 0, 1, 1);
  }
  return h("span", { class: "ramp-key" }, low, canvas, high);
}
