/** The key of a colour scale: a strip from its least to its greatest value. */
import { h } from "./dom.js";
import { onChange } from "./theme.js";

/**
 * rampKey makes the strip.
 *
 * @param {() => (t: number) => number[]} ramp asked anew when light and dark change over
 * @param {string} low text at its left
 * @param {string} high text at its right
 */
export function rampKey(ramp, low, high) {
  const canvas = h("canvas", { width: 100, height: 1, class: "ramp", "aria-hidden": "true" });
  const draw = () => {
    if (!canvas.isConnected && canvas.drawn) return end();
    const ctx = canvas.getContext("2d"), color = ramp();
    for (let i = 0; i < 100; i++) {
      ctx.fillStyle = `rgb(${color(i / 99).join()})`;
      ctx.fillRect(i, 0, 1, 1);
    }
    canvas.drawn = true;
  };
  const end = onChange(draw);
  draw();
  return h("span", { class: "ramp-key" }, low, canvas, high);
}
