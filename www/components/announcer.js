// Progress for screen readers: said at its beginning and at every quarter, not at every number.

import { h } from '../dom.js';

/** A hidden live region; speaks when `key` changes. */
export class Announcer {
  #key = null;

  constructor() {
    /** Belongs into the component that speaks. */
    this.element = h('p', { class: 'visually-hidden', role: 'status' });
  }

  /** Says `text` unless something was said under the same key. */
  say(text, key) {
    if (key === this.#key) return;
    this.#key = key;
    this.element.textContent = text;
  }
}

/** How many quarters of `max` are done. */
export const quarter = (value, max) => Math.floor((4 * value) / (max || 1));
