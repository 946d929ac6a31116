/** Which runs are selected, and the look of each: a run keeps its colour while it is selected. */

/** most runs that can be selected: what one chart can show and one question carry. */
export const most = 64;

/** Selection is an ordered set of ids. */
export class Selection {
  /** @param {(id: string) => string} keyOf what shares a look with a run: its group, or itself */
  constructor(keyOf) {
    this.keyOf = keyOf;
    /** @type {Set<string>} */
    this.ids = new Set();
    /** @type {Map<string, number>} */
    this.looks = new Map();
  }

  /** has says whether a run is selected. @param {string} id */
  has(id) {
    return this.ids.has(id);
  }

  /**
   * set selects or deselects.
   *
   * @param {string[]} ids
   * @param {?boolean} on null turns each round
   * @returns {number} how many did not fit
   */
  set(ids, on) {
    let over = 0;
    for (const id of ids) {
      const want = on ?? !this.ids.has(id);
      if (!want) this.ids.delete(id);
      else if (this.ids.size < most || this.ids.has(id)) this.ids.add(id);
      else over++;
    }
    this.assign();
    return over;
  }

  /** replace selects exactly these. @param {string[]} ids */
  replace(ids) {
    this.ids = new Set(ids.slice(0, most));
    this.assign();
  }

  /** assign gives each key the lowest free look, and takes back those no longer in use. */
  assign() {
    const keys = new Set([...this.ids].map(this.keyOf));
    for (const key of this.looks.keys()) if (!keys.has(key)) this.looks.delete(key);
    const used = new Set(this.looks.values());
    let next = 0;
    for (const key of keys) {
      if (this.looks.has(key)) continue;
      while (used.has(next)) next++;
      used.add(next);
      this.looks.set(key, next);
    }
  }

  /** look is the number of a run's or a group's style. @param {string} key */
  look(key) {
    return this.looks.get(key) ?? 0;
  }
}
