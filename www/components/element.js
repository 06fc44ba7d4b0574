// The base of every component: one property in, bubbling events out.

/** A custom element with `state` in; `build` runs once, `update` whenever the state differs. */
export class FigretElement extends HTMLElement {
  #state = null;
  #built = false;

  /** What `onWidth` has seen last, in pixels. */
  width = 0;

  get state() {
    return this.#state;
  }

  set state(next) {
    const previous = this.#state;
    if (previous && same(previous, next)) return;
    this.#state = next;
    if (this.#built) this.update(next, previous ?? {});
  }

  connectedCallback() {
    if (this.#built) return;
    this.#built = true;
    this.build();
    if (this.#state) this.update(this.#state, {});
  }

  /** Makes what never changes. */
  build() {}

  /** Shows `state`; `previous` is what was shown before, empty at first. */
  update(_state, _previous) {}

  /** Sends an event named `figret:name` up the page. */
  send(name, detail = {}) {
    this.dispatchEvent(new CustomEvent(`figret:${name}`, { bubbles: true, detail }));
  }

  /** Calls `draw` whenever the width of an element changes, and keeps it: to ask for it would lay out the page. */
  onWidth(draw, element = this) {
    new ResizeObserver(([entry]) => {
      const now = Math.round(entry.contentRect.width);
      if (now === this.width) return;
      this.width = now;
      draw(now);
    }).observe(element);
  }
}

function same(a, b) {
  const keys = Object.keys(b);
  return keys.length === Object.keys(a).length && keys.every((key) => a[key] === b[key]);
}
