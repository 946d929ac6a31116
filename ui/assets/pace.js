/**
 * How often news is drawn. The browser may be on the machine that trains, where all that the page does is
 * taken from training: what comes after a quiet time is drawn at once, what follows is gathered, the longer
 * the more drawing takes. What the reader does is not news, and never waits.
 */

// Milliseconds. As in ui/index.go: the next drawing comes a pause after the last, or so much later that
// drawing takes at most 0.5% of the time, its wait for answers of the server with it; but not later than longPause.
const moment = 30; // in which what belongs together arrives
const urgentPause = 1000;
const shortPause = 5000;
const longPause = 20000;
const restFactor = 200;

/** Pace calls f when it is time to. */
export class Pace {
  /** @param {() => any} f its promise, if it returns one, is kept when all is drawn */
  constructor(f) {
    Object.assign(this, { f, timer: 0, due: 0, began: -Infinity, next: 0 });
  }

  /**
   * want has f called: a moment from now, or when its pause is over.
   *
   * @param {boolean} [urgent] without its pause
   */
  want(urgent = false) {
    const due = Math.max(performance.now() + moment, urgent ? this.began + urgentPause : this.next);
    if (this.timer && this.due <= due) return;
    clearTimeout(this.timer);
    this.due = due;
    // A timer, not a frame: hidden tabs get no frames.
    this.timer = setTimeout(() => this.call(), due - performance.now());
  }

  /** call calls f, and sets the pause after it. */
  async call() {
    this.timer = 0;
    const began = (this.began = performance.now());
    this.next = began + longPause;
    await this.f();
    if (this.began !== began) return; // it was called again meanwhile
    const took = performance.now() - began;
    this.next = began + Math.min(longPause, Math.max(shortPause, restFactor * took));
    if (this.timer) this.want();
  }
}
