/** Colours of series, and of numbers in matrices. */
import { color } from "./theme.js";

const dashes = [[], [8, 4], [2, 3], [10, 4, 2, 4]];

/**
 * lineStyle is the look of the i-th series: eight colours, then the same dashed, so that 32 differ,
 * and eight still do without colour.
 *
 * @param {number} i
 * @returns {{color: string, dash: number[]}}
 */
export function lineStyle(i) {
  return { color: color("--c" + (i % 8)), dash: dashes[Math.floor(i / 8) % dashes.length] };
}

/** fade makes a colour #rrggbb translucent. @param {string} hex @param {number} alpha 0..1 */
export function fade(hex, alpha) {
  const [r, g, b] = rgb(hex);
  return `rgba(${r}, ${g}, ${b}, ${alpha})`;
}

/** rgb reads #rrggbb. @param {string} hex @returns {number[]} three of 0..255 */
export const rgb = (hex) => [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16));

// Nuñez, Anderton and Renslow's cividis: even steps for normal and for red-green blind eyes alike.
const cividis = ["#00224e", "#123570", "#3b496c", "#575d6d", "#707173", "#8a8678", "#a59c74", "#c3b369", "#e1cc55", "#fee838"].map(rgb);

/**
 * ramp mixes a list of colours.
 *
 * @param {number[][]} stops
 * @param {number} t 0..1
 * @returns {number[]} red, green, blue, 0..255
 */
function ramp(stops, t) {
  const at = Math.min(Math.max(t, 0), 1) * (stops.length - 1);
  const i = Math.min(Math.floor(at), stops.length - 2);
  return stops[i].map((v, k) => Math.round(v + (at - i) * (stops[i + 1][k] - v)));
}

/** entropyColor is for H(T|X): dark is certain, yellow undecided. @param {number} t 0..1 of the largest */
export const entropyColor = (t) => ramp(cividis, t);

/**
 * shareRamp is for shares of a row: from the panel's ground to the accent. The root makes the small
 * shares, which are the mistakes, visible beside a diagonal near one.
 *
 * @returns {(t: number) => number[]} t 0..1
 */
export function shareRamp() {
  const ground = rgb(color("--panel")), full = rgb(color("--accent"));
  return (t) => ramp([ground, full], Math.sqrt(t));
}

/** luminance is that of WCAG 2, about. @param {number[]} c */
const luminance = (c) => c.reduce((sum, v, i) => sum + [0.2126, 0.7152, 0.0722][i] * ((v / 255 + 0.055) / 1.055) ** 2.4, 0);

/** inkOn is black or white, whichever has the higher contrast on a colour, which is 4.5 at least. @param {number[]} c */
export const inkOn = (c) => (luminance(c) > 0.179 ? "#000000" : "#ffffff");
