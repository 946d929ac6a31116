/**
 * A matrix of numbers as a picture that can be looked into: up to a thousand rows and columns on one
 * canvas, of which one image pixel is one cell until it is large enough for its number. Buttons, the
 * keyboard, a pinch or a double click look closer; a drag moves; the cell under the pointer is named.
 */
import { button, h, setText } from "./dom.js";
import { inkOn } from "./palette.js";
import { pngButton, text as drawText } from "./picture.js";
import { color, onChange } from "./theme.js";

/**
 * @typedef {Object} Cells
 * @property {string[]} rows names
 * @property {string[]} cols names
 * @property {(r: number, c: number) => ?number} value 0..1 for the colour; null: nothing there
 * @property {(t: number) => number[]} ramp the colour of a value
 * @property {(r: number, c: number) => string} text in a cell, if there is room
 * @property {(r: number, c: number) => string} say what a cell is, in a sentence
 * @property {{name: string, from: number, to: number}[]} [groups] of rows, and of columns where square: [from, to)
 * @property {boolean} [square] rows and columns are the same things
 * @property {string} rowTitle
 * @property {string} colTitle
 */

// CSS pixels of a cell, closer than which one cannot look: of a square one, and of one that is not.
const largest = 52;
const widest = 132;

// CSS pixels of a square matrix as a whole.
const tallest = 760;

/** Matrix shows cells. */
export class Matrix {
  /** @param {{title: string, sub?: () => string, legend: () => Object[]}} options for the picture */
  constructor({ title, sub = () => "", legend }) {
    Object.assign(this, { title, sub, legend });
    /** @type {?Cells} */
    this.cells = null;
    Object.assign(this, { zoom: 1, left: 0, top: 0, at: null });
    this.canvas = h("canvas", { "aria-hidden": "true" });
    this.frame = h("div", { class: "matrix", tabindex: "0", role: "group", "aria-roledescription": "matrix", "aria-label": title }, this.canvas);
    this.readout = h("p", { class: "matrix-read", "aria-live": "polite" });
    this.tools = h("span", { class: "tools" },
      button("−", () => this.scale(0.5), { class: "icon", title: "Look from further away (-)", "aria-label": "Zoom out" }),
      button("+", () => this.scale(2), { class: "icon", title: "Look closer (+)", "aria-label": "Zoom in" }),
      button("Fit", () => this.fit(), { class: "plain", title: "Show all (0)" }),
      pngButton(() => this.cells && ({ canvas: this.cropped(), title: this.title, sub: this.sub(), legend: this.legend() })));
    this.el = h("div", {}, this.frame, this.readout);
    this.listen();
    this.observer = new ResizeObserver(() => this.draw());
    this.observer.observe(this.frame);
    this.unsubscribe = onChange(() => { this.image = null; this.draw(); });
  }

  /** set shows other cells; where one looks stays, if they are as many. @param {Cells} cells */
  set(cells) {
    const same = this.cells && this.cells.rows.length === cells.rows.length && this.cells.cols.length === cells.cols.length;
    this.cells = cells;
    this.image = null;
    if (!same) Object.assign(this, { zoom: 1, left: 0, top: 0, at: null });
    this.draw();
    this.name();
  }

  /** cropped is the canvas without the empty ground at its right. */
  cropped() {
    const px = devicePixelRatio || 1, { g, canvas } = this;
    const out = h("canvas", { width: Math.round(Math.min(canvas.width, (g.label + g.plotW + 8) * px)), height: canvas.height });
    out.getContext("2d").drawImage(canvas, 0, 0);
    return out;
  }

  /** fit shows all. */
  fit() {
    Object.assign(this, { zoom: 1, left: 0, top: 0 });
    this.draw();
  }

  /** measure lays the canvas out: margins, and the size of a cell at this zoom. */
  measure() {
    const { rows, cols, square } = this.cells;
    const width = this.frame.clientWidth, narrow = width < 560;
    const g = (this.g = { width });
    const longest = (names) => names.reduce((a, b) => (b.length > a.length ? b : a), "");
    const room = (names, most) => Math.ceil(Math.min(most, 6.2 * longest(names).length + 12));
    g.label = room(rows, narrow ? 84 : 150);
    const plotW = width - g.label - 8;
    const most = square ? largest : widest, base = this.base(plotW);
    g.cw = Math.min(base * this.zoom, Math.max(base, most));
    if (square) g.ch = g.cw;
    else g.ch = Math.min(Math.max(Math.min(420 / rows.length, 22), 0.5) * this.zoom, Math.max(22, largest / 2));
    g.plotW = Math.min(plotW, g.cw * cols.length);
    g.plotH = Math.min(square ? tallest : 460, g.ch * rows.length);
    g.slanted = !square || g.cw < 6.2 * longest(cols).length + 8;
    g.head = g.cw >= 11 ? (g.slanted && !(!square && g.cw > 26) ? room(cols, narrow ? 64 : 110) + 6 : 22) : 18;
    g.upright = !(g.slanted && !(!square && g.cw > 26));
    g.height = g.head + g.plotH + 22;
    this.left = Math.max(0, Math.min(this.left, g.cw * cols.length - g.plotW));
    this.top = Math.max(0, Math.min(this.top, g.ch * rows.length - g.plotH));
  }

  /** base is the width of a cell from where all are seen. @param {number} plotW */
  base(plotW) {
    const { cols, square } = this.cells;
    return Math.min((square ? Math.min(plotW, tallest) : plotW) / cols.length, square ? largest : widest);
  }

  /** draw paints all. */
  draw() {
    if (!this.cells || !this.frame.clientWidth) return;
    this.measure();
    const { g, canvas } = this, px = devicePixelRatio || 1;
    canvas.width = Math.round(g.width * px);
    canvas.height = Math.round(g.height * px);
    canvas.style.setProperty("width", g.width + "px");
    canvas.style.setProperty("height", g.height + "px");
    const ctx = canvas.getContext("2d");
    ctx.scale(px, px);
    ctx.save();
    ctx.beginPath();
    ctx.rect(g.label, g.head, g.plotW, g.plotH);
    ctx.clip();
    this.drawCells(ctx);
    this.drawGroups(ctx);
    this.drawMark(ctx);
    ctx.restore();
    ctx.strokeStyle = color("--line-2");
    ctx.strokeRect(g.label - 0.5, g.head - 0.5, g.plotW + 1, g.plotH + 1);
    this.drawNames(ctx);
    const zoomed = g.cw * this.cells.cols.length > g.plotW + 1 || g.ch * this.cells.rows.length > g.plotH + 1;
    this.frame.classList.toggle("zoomed", zoomed);
  }

  /** drawCells puts the image of all cells under the window, and numbers where they fit. */
  drawCells(ctx) {
    const { g, cells } = this, { rows, cols } = cells, px = devicePixelRatio || 1;
    this.image ??= paint(cells);
    const narrow = g.cw * px < 1, flat = g.ch * px < 1;
    const image = flat && !narrow ? flattened(this.image, Math.round(g.ch * px * rows.length)) : this.image;
    ctx.imageSmoothingEnabled = narrow;
    ctx.imageSmoothingQuality = "high";
    ctx.drawImage(image, g.label - this.left, g.head - this.top, g.cw * cols.length, g.ch * rows.length);
    if (g.cw >= 8 && g.ch >= 8) this.drawLines(ctx);
    if (g.cw < 25 || g.ch < 14) return;
    ctx.font = `${g.cw < 32 ? 9.5 : 10.5}px ${color("--sans")}`;
    ctx.textAlign = "center";
    ctx.textBaseline = "middle";
    this.each((r, c, x, y) => {
      const t = cells.value(r, c), text = t === null ? "" : cells.text(r, c);
      if (!text || ctx.measureText(text).width > g.cw - 2) return;
      ctx.fillStyle = inkOn(cells.ramp(t));
      ctx.fillText(text, x + g.cw / 2, y + g.ch / 2 + 0.5);
    });
    ctx.textAlign = "left";
  }

  /** drawLines parts large cells. */
  drawLines(ctx) {
    const { g } = this;
    ctx.strokeStyle = color("--panel");
    ctx.lineWidth = 1;
    ctx.beginPath();
    for (let x = g.label - (this.left % g.cw); x < g.label + g.plotW; x += g.cw) { ctx.moveTo(x, g.head); ctx.lineTo(x, g.head + g.plotH); }
    for (let y = g.head - (this.top % g.ch); y < g.head + g.plotH; y += g.ch) { ctx.moveTo(g.label, y); ctx.lineTo(g.label + g.plotW, y); }
    ctx.stroke();
  }

  /** each visits the cells in sight. @param {(r: number, c: number, x: number, y: number) => void} f */
  each(f) {
    const { g, cells } = this;
    const last = (start, size, room, n) => Math.min(n, Math.ceil((start + room) / size));
    for (let r = Math.floor(this.top / g.ch); r < last(this.top, g.ch, g.plotH, cells.rows.length); r++) {
      for (let c = Math.floor(this.left / g.cw); c < last(this.left, g.cw, g.plotW, cells.cols.length); c++) {
        f(r, c, g.label + c * g.cw - this.left, g.head + r * g.ch - this.top);
      }
    }
  }

  /** drawGroups draws the lines between groups, and a box around each with itself. */
  drawGroups(ctx) {
    const { g, cells } = this;
    if (!cells.square || !(cells.groups?.length > 1)) return;
    ctx.strokeStyle = color("--ink-3");
    ctx.lineWidth = 1;
    for (const { from, to } of cells.groups) {
      const x = g.label + from * g.cw - this.left, y = g.head + from * g.ch - this.top;
      ctx.strokeRect(x + 0.5, y + 0.5, (to - from) * g.cw - 1, (to - from) * g.ch - 1);
    }
  }

  /** drawMark marks the cell that is read, and its row and column. */
  drawMark(ctx) {
    const { g, at } = this;
    if (!at) return;
    const x = g.label + at.c * g.cw - this.left, y = g.head + at.r * g.ch - this.top;
    ctx.fillStyle = color("--shade");
    ctx.globalAlpha = 0.5;
    ctx.fillRect(g.label, y, g.plotW, Math.max(g.ch, 1));
    ctx.fillRect(x, g.head, Math.max(g.cw, 1), g.plotH);
    ctx.globalAlpha = 1;
    ctx.strokeStyle = color("--ink");
    ctx.lineWidth = 1.5;
    ctx.strokeRect(x, y, Math.max(g.cw, 3), Math.max(g.ch, 3));
  }

  /** drawNames writes the names of rows and columns, or of groups, or how many there are. */
  drawNames(ctx) {
    const { g, cells } = this, font = `11px ${color("--sans")}`, ink = color("--ink-2");
    ctx.save();
    ctx.textBaseline = "middle";
    ctx.textAlign = "right";
    if (g.ch >= 11) {
      for (let r = Math.floor(this.top / g.ch); r < cells.rows.length; r++) {
        const y = g.head + (r + 0.5) * g.ch - this.top;
        if (y > g.head + g.plotH) break;
        if (y > g.head) drawText(ctx, cells.rows[r], g.label - 6, y, font, this.at?.r === r ? color("--ink") : ink, g.label - 10);
      }
    } else this.drawGroupNames(ctx, font, ink);
    ctx.textAlign = "left";
    if (g.cw >= 11) this.drawColumnNames(ctx, font, ink);
    ctx.fillStyle = color("--ink-3");
    ctx.font = font;
    ctx.fillText(`↓ ${cells.rowTitle}   → ${cells.colTitle}`, Math.min(g.label, 12), g.height - 9);
    ctx.restore();
  }

  /** drawGroupNames stands in for names of rows too thin for text. */
  drawGroupNames(ctx, font, ink) {
    const { g, cells } = this;
    for (const { name, from, to } of cells.groups ?? []) {
      const a = Math.max(g.head, g.head + from * g.ch - this.top), b = Math.min(g.head + g.plotH, g.head + to * g.ch - this.top);
      if (b - a >= 12) drawText(ctx, name, g.label - 6, (a + b) / 2, font, ink, g.label - 10);
    }
  }

  drawColumnNames(ctx, font, ink) {
    const { g, cells } = this;
    for (let c = Math.floor(this.left / g.cw); c < cells.cols.length; c++) {
      const x = g.label + (c + 0.5) * g.cw - this.left;
      if (x > g.label + g.plotW) break;
      if (x < g.label) continue;
      ctx.save();
      ctx.translate(x, g.head - 6);
      if (g.upright) ctx.textAlign = "center";
      else ctx.rotate(-Math.PI / 2);
      drawText(ctx, cells.cols[c], 0, g.upright ? -5 : 0, font, this.at?.c === c ? color("--ink") : ink, g.upright ? g.cw : g.head - 10);
      ctx.restore();
    }
  }

  /** listen connects pointer and keyboard. */
  listen() {
    const { canvas, frame } = this, pointers = new Map();
    let start = null;
    canvas.addEventListener("pointerdown", (e) => {
      pointers.set(e.pointerId, e);
      start = { x: e.clientX, y: e.clientY, left: this.left, top: this.top };
      if (e.pointerType === "mouse") canvas.setPointerCapture(e.pointerId);
    });
    canvas.addEventListener("pointermove", (e) => {
      const before = pointers.get(e.pointerId);
      if (before) pointers.set(e.pointerId, e);
      if (pointers.size === 2) return this.pinch([...pointers.values()], before, e);
      if (before && start && frame.classList.contains("zoomed")) {
        this.left = start.left - (e.clientX - start.x);
        this.top = start.top - (e.clientY - start.y);
      }
      this.point(e);
    });
    for (const end of ["pointerup", "pointercancel", "pointerleave"]) {
      canvas.addEventListener(end, (e) => {
        pointers.delete(e.pointerId);
        start = null;
        if (end === "pointerleave" && e.pointerType === "mouse") this.mark(null);
      });
    }
    canvas.addEventListener("dblclick", (e) => this.scale(e.shiftKey ? 0.4 : 2.5, e.offsetX, e.offsetY));
    canvas.addEventListener("wheel", (e) => {
      if (!e.ctrlKey && !e.metaKey) return;
      e.preventDefault();
      this.scale(Math.exp(-e.deltaY / 200), e.offsetX, e.offsetY);
    }, { passive: false });
    frame.addEventListener("keydown", (e) => this.key(e));
  }

  /** pinch scales by the distance of two fingers. */
  pinch([a, b], before, now) {
    if (!before) return;
    const other = a.pointerId === now.pointerId ? b : a, box = this.canvas.getBoundingClientRect();
    const dist = (p) => Math.hypot(p.clientX - other.clientX, p.clientY - other.clientY);
    this.scale(dist(now) / Math.max(dist(before), 1), (a.clientX + b.clientX) / 2 - box.left, (a.clientY + b.clientY) / 2 - box.top);
  }

  /** scale looks closer, or from further away, with a point held where it is. */
  scale(by, x = null, y = null) {
    if (!this.cells) return;
    const { g, at } = this;
    x ??= at ? g.label + (at.c + 0.5) * g.cw - this.left : g.label + g.plotW / 2;
    y ??= at ? g.head + (at.r + 0.5) * g.ch - this.top : g.head + g.plotH / 2;
    const c = (x - g.label + this.left) / g.cw, r = (y - g.head + this.top) / g.ch;
    this.zoom = Math.min(Math.max(this.zoom * by, 1), 400);
    this.measure();
    this.zoom = Math.min(this.zoom, this.useful());
    this.left = c * this.g.cw - (x - g.label);
    this.top = r * this.g.ch - (y - g.head);
    this.draw();
  }

  /** useful is the zoom beyond which no cell grows. */
  useful() {
    const { rows, square } = this.cells, base = this.base(this.frame.clientWidth - this.g.label - 8);
    const wide = (square ? largest : widest) / base, tall = square ? 1 : 22 / Math.max(Math.min(420 / rows.length, 22), 0.5);
    return Math.max(1, wide, tall);
  }

  /** show looks at some rows and columns. @param {number} from @param {number} to */
  show(from, to) {
    const { cells } = this, n = to - from;
    this.zoom = Math.min(cells.cols.length / n, 400);
    this.measure();
    this.left = from * this.g.cw;
    this.top = from * this.g.ch;
    this.mark({ r: from, c: from });
    this.draw();
  }

  /** point reads the cell under the pointer. @param {PointerEvent} e */
  point(e) {
    const { g, cells } = this;
    if (!cells) return;
    const box = this.canvas.getBoundingClientRect();
    const c = Math.floor((e.clientX - box.left - g.label + this.left) / g.cw), r = Math.floor((e.clientY - box.top - g.head + this.top) / g.ch);
    this.mark(r >= 0 && c >= 0 && r < cells.rows.length && c < cells.cols.length ? { r, c } : null);
  }

  /** mark reads a cell. @param {?{r: number, c: number}} at */
  mark(at) {
    this.at = at;
    this.name();
    this.draw();
  }

  /** name says what the marked cell is. */
  name() {
    const { at, cells } = this;
    setText(this.readout, at && at.r < cells.rows.length && at.c < cells.cols.length ? cells.say(at.r, at.c) : "");
  }

  /** key moves the mark and zooms. @param {KeyboardEvent} e */
  key(e) {
    if (!this.cells || e.ctrlKey || e.metaKey || e.altKey) return;
    const moves = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
    const step = e.shiftKey ? 10 : 1;
    if (moves[e.key]) this.moveMark(moves[e.key][0] * step, moves[e.key][1] * step);
    else if (e.key === "+" || e.key === "=") this.scale(2);
    else if (e.key === "-") this.scale(0.5);
    else if (e.key === "0") this.fit();
    else return;
    e.preventDefault();
    e.stopPropagation();
  }

  /** moveMark moves it, and the window after it. */
  moveMark(dr, dc) {
    const { rows, cols } = this.cells, { g } = this, from = this.at ?? { r: -dr, c: -dc };
    const at = { r: Math.min(Math.max(from.r + dr, 0), rows.length - 1), c: Math.min(Math.max(from.c + dc, 0), cols.length - 1) };
    const follow = (start, i, size, room) => Math.min(Math.max(start, (i + 1) * size - room), i * size);
    this.left = follow(this.left, at.c, g.cw, g.plotW);
    this.top = follow(this.top, at.r, g.ch, g.plotH);
    this.mark(at);
  }

  /** close ends it. */
  close() {
    this.observer.disconnect();
    this.unsubscribe();
  }
}

/** paint makes the image of one pixel a cell. @param {Cells} cells */
function paint({ rows, cols, value, ramp }) {
  const canvas = h("canvas", { width: cols.length, height: rows.length });
  const ctx = canvas.getContext("2d"), image = ctx.createImageData(cols.length, rows.length);
  for (let r = 0, i = 0; r < rows.length; r++) {
    for (let c = 0; c < cols.length; c++, i += 4) {
      const t = value(r, c);
      if (t === null) continue;
      const [red, green, blue] = ramp(t);
      image.data.set([red, green, blue, 255], i);
    }
  }
  ctx.putImageData(image, 0, 0);
  return canvas;
}

/** flattened is an image of fewer rows, of which each column is by itself. @param {HTMLCanvasElement} image @param {number} height */
function flattened(image, height) {
  const canvas = h("canvas", { width: image.width, height }), ctx = canvas.getContext("2d");
  ctx.imageSmoothingQuality = "high";
  ctx.drawImage(image, 0, 0, image.width, height);
  return canvas;
}
