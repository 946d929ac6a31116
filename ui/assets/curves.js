/** Curves asked from the server, as series of a chart. */
import { Latest, query } from "./api.js";
import { Chart } from "./chart.js";
import { isNumber } from "./format.js";
import { axes, metrics, yText } from "./metrics.js";
import { lineStyle } from "./palette.js";

/**
 * @typedef {Object} View how curves are looked at
 * @property {string} x a key of axes
 * @property {boolean} group seeds as mean and band
 * @property {number} smoothing 0..1
 * @property {boolean} log
 * @property {?[number, number]} zoom
 */

/** Curves is one metric, or several, of one or more runs, in one chart. */
export class Curves {
  /**
   * @param {Object} options
   * @param {string[]} options.metrics
   * @param {string} [options.title]
   * @param {number} [options.height]
   * @param {string} [options.sync]
   * @param {(series: Object[]) => void} [options.took] is told the series of each answer, also out of sight
   * @param {(zoom: ?[number, number]) => void} options.onZoom
   * @param {() => string} [options.sub]
   * @param {(s: Object) => number} options.style number of the look of a series of the server's answer
   * @param {(s: Object, metric: string) => {label: string, note?: string}} options.name
   */
  constructor(options) {
    this.options = options;
    this.chart = new Chart({ title: options.title ?? metrics[options.metrics[0]].title, ...options });
    this.el = this.chart.el;
    this.asked = options.metrics.map(() => new Latest());
    this.inSight = true;
    this.watch = new IntersectionObserver((entries) => {
      this.inSight = entries[entries.length - 1].isIntersecting;
      if (this.inSight && this.waiting) this.show(...this.waiting);
    }, { rootMargin: "300px" });
    this.watch.observe(this.el);
  }

  /**
   * show asks for runs and draws them. A chart that was drawn stays while the answer is awaited, and out of
   * sight it waits until it is seen.
   *
   * @param {string[]} ids
   * @param {View} view
   * @returns {Promise<?boolean>} whether there is anything to see; true when a newer question came between;
   *   null when there was no answer: what was drawn before stays
   */
  async show(ids, view) {
    const later = ids.length && this.chart.u && !this.inSight && !this.options.took;
    this.waiting = later ? [ids, view] : null;
    if (later) return true;
    if (!ids.length) {
      this.chart.say("Select runs to see their curves.");
      return true;
    }
    const points = Math.max(200, Math.min(2000, Math.round(24000 / ids.length)));
    const [from, to] = view.zoom ?? [null, null];
    const ask = (metric) => query("curves", { run: ids, metric, x: view.x, group: view.group ? 1 : 0, points, from, to });
    if (!this.chart.content) this.chart.say("Loading");
    let answers;
    try {
      answers = await Promise.all(this.options.metrics.map((m, i) => this.asked[i].get(ask(m))));
    } catch (err) {
      if (!this.chart.u) this.chart.say(err.message);
      return null;
    }
    if (answers.includes(null)) return true;
    if (this.options.took) this.options.took(answers[0].series);
    return this.draw(answers, view);
  }

  /** draw puts answers on the chart. */
  draw(answers, view) {
    const series = answers.flatMap((answer, k) => (answer.series ?? []).map((s, i) => this.series(s, answer.metric ?? this.options.metrics[k], k, i)));
    const some = series.some((s) => s.y.some(isNumber));
    const axis = axes[view.x];
    this.chart.set({ series, xName: axis.name, xText: axis.text, xMarks: axis.marks, yText: yText(this.options.metrics[0]), yMost: metrics[this.options.metrics[0]].share ? 1 : Infinity, zoom: view.zoom, smoothing: view.smoothing, log: view.log && Boolean(metrics[this.options.metrics[0]].log) });
    if (!some) this.chart.say("Nothing measured yet.");
    return some;
  }

  /** series translates one of the answer. */
  series(s, metric, k, i) {
    const look = this.options.metrics.length > 1 ? k : this.options.style(s, i);
    const band = s.n > 1 && s.low?.length ? { low: s.low, high: s.high } : {};
    const bands = (s.bands ?? []).map((b) => ({ ...b, new: (b.new ?? []).map(String) }));
    return { key: metric + " " + (s.id || s.group), ...this.options.name(s, metric), ...lineStyle(look), x: s.x, y: s.y, ...band, bands };
  }

  /** close ends it. */
  close() {
    this.watch.disconnect();
    for (const a of this.asked) a.stop();
    this.chart.close();
  }
}
