/** A training picture of each class: tiles of one PNG that the run wrote when it began. */
import { h } from "./dom.js";

/** Thumbs cuts tiles from the picture of a run. */
export class Thumbs {
  /**
   * @param {string} id of the run
   * @param {string} started when it was, so that the browser does not show the picture of a run made there before
   * @param {?{tile: number[], columns: number}} layout null: there are none
   */
  constructor(id, started, layout) {
    this.layout = layout;
    this.url = `/api/runs/${id}/thumbnails.png?of=${started}`;
    this.image = layout ? h("img", { src: this.url, alt: "" }) : null;
  }

  /**
   * tile is the picture of a class as an element, or null.
   *
   * @param {number} k the class
   * @param {number} [size] of its longer side, CSS pixels
   */
  tile(k, size = 32) {
    if (!this.layout) return null;
    const [w, t] = this.layout.tile, scale = size / Math.max(w, t);
    const canvas = h("canvas", { class: "thumb", width: w, height: t, "aria-hidden": "true",
      style: { width: w * scale + "px", height: t * scale + "px", "image-rendering": scale > 1 ? "pixelated" : "auto" } });
    const draw = () => canvas.getContext("2d").drawImage(this.image, (k % this.layout.columns) * w, Math.floor(k / this.layout.columns) * t, w, t, 0, 0, w, t);
    if (this.image.complete && this.image.naturalWidth) draw();
    else this.image.addEventListener("load", draw, { once: true });
    return canvas;
  }
}
