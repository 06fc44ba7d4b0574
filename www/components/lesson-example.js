// One example of a lesson in words: for this query, this text is to beat that one.

import { fill, h } from '../dom.js';
import { words } from '../words.js';

const w = words.lesson;

/** An example stays for so long that it can be read. */
const EXAMPLE_MS = 5000;

/** A place for examples, one at a time. */
export class LessonExample {
  #since = 0;

  constructor() {
    /** Belongs into the component that shows the lesson. */
    this.element = h('div', { class: 'example' });
  }

  /** Shows an example, unless the one before it has not stood long enough. */
  show(example) {
    const now = performance.now();
    if (!example || (now - this.#since < EXAMPLE_MS && this.element.firstChild)) return;
    this.#since = now;
    fill(
      this.element,
      h('h3', {}, w.exampleTitle, h('span', { class: 'tag' }, words.objectives[example.objective])),
      h('p', { class: 'example-query' }, example.query),
      h('p', { class: 'quiet' }, w.exampleFor(example.objective)),
      h(
        'div',
        { class: 'example-pair' },
        side('▲', w.better, example.better, 'up'),
        side('▼', w.worse, example.worse, 'down'),
      ),
    );
  }

  /** Leaves the place empty. */
  clear() {
    fill(this.element);
  }
}

const side = (arrow, label, text, kind) =>
  h(
    'div',
    { class: `example-side example-${kind}` },
    h('p', { class: 'example-label' }, `${arrow} ${label}`),
    h('p', { class: 'example-text' }, text),
  );
