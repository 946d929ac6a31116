/** What can be drawn over the course of a run, and over what. */
import { counts, duration, isNumber, number, spread } from "./format.js";

/**
 * Metrics by the server's name: the title, whether it is a share, whether a logarithmic axis suits it,
 * and a sentence that says what exactly it is.
 *
 * @type {Object<string, {title: string, share?: boolean, log?: boolean, text: string}>}
 */
export const metrics = {
  __proto__: null, // so that no address finds "constructor"
  top1: { title: "Test accuracy, all classes", share: true, text: "share of all test samples whose largest output is the right one" },
  top1_active: { title: "Test accuracy, active classes", share: true, text: "over test samples of the classes in training so far, among the outputs in use" },
  top1_new: { title: "Test accuracy, new classes", share: true, text: "the same, over classes that entered with the stage" },
  top1_old: { title: "Test accuracy, earlier classes", share: true, text: "the same, over classes that were there before the stage: what is forgotten shows here" },
  test_loss: { title: "Test loss, nats", log: true, text: "mean cross-entropy over all outputs" },
  train_loss: { title: "Training loss, nats", log: true, text: "mean over the epoch's samples as trained" },
  entropy_active: { title: "Entropy H(T|X), active classes, nats", log: true, text: "mean entropy of the softmax over the active classes" },
  lr: { title: "Learning rate", log: true, text: "of the first step of the epoch" },
  samples_per_second: { title: "Training samples a second", text: "data loading included, evaluation not" },
  selected: { title: "Share of samples selected", share: true, text: "self-paced methods: of the training samples, those the epoch trained on" },
};

const epochs = (v) => number(Number(v.toFixed(3)));
const time = (v) => (v === 0 ? "0" : duration(v));

/** x axes by the server's name: text says where one reads, marks are at the axis. */
export const axes = {
  __proto__: null,
  epoch: { title: "Epochs", name: "epoch", text: (v) => "epoch " + epochs(v), marks: (vs) => vs.map(epochs) },
  samples: { title: "Samples", name: "samples seen", text: (v) => Math.round(v).toLocaleString("en") + " samples", marks: counts },
  seconds: { title: "Time", name: "time", text: (v) => "time " + time(v), marks: (vs) => vs.map(time) },
};

/**
 * yText writes a metric's value, and a deviation from it to two digits at most, or to those of a share.
 *
 * @param {string} metric
 * @returns {(v: number, exact?: boolean, deviation?: ?number) => string} exact: for a readout, else for an axis
 */
export function yText(metric) {
  if (!metrics[metric]?.share) return (v, exact, d) => number(v) + (isNumber(d) ? " ± " + number(Number(d.toPrecision(2))) : "");
  return (v, exact, d) => (exact ? spread(v, d) : Number((100 * v).toFixed(3)) + "\u202f%");
}
