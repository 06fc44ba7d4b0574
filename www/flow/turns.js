// Flows that work on the engine's collection take turns: a new one first ends the one under way.

import { Cancelled } from '../engine.js';

/** One flow's hold on the engine; what it asks for ends when its turn does. */
class Turn {
  #isOver = false;
  #requestId = null;

  constructor(engine, interrupts) {
    this.engine = engine;
    this.store = engine.store;
    /** Whether a flow had to end for this one, so that its work may be left undone. */
    this.interrupts = interrupts;
  }

  /** As `Engine.begin`; throws `Cancelled` once the turn is over. */
  begin(request, options) {
    if (this.#isOver) throw new Cancelled();
    const run = this.engine.begin(request, options);
    this.#requestId = run.id;
    return run;
  }

  /** As `Engine.request`, within the turn. */
  async request(request, options) {
    return this.begin(request, options).reply;
  }

  end() {
    this.#isOver = true;
    // The request that is given up says so itself; that it had ended already is no news.
    if (this.#requestId !== null) this.engine.cancel(this.#requestId).catch(() => {});
  }
}

/** Hands out the turns. */
export class Turns {
  #engine;
  #last = Promise.resolve();
  #current = null;

  constructor(engine) {
    this.#engine = engine;
  }

  /** Whether a flow is under way or waits. */
  get isBusy() {
    return this.#current !== null;
  }

  /** Ends the flow under way, waits until it has gone, and runs `flow(turn)`. */
  take(flow) {
    const turn = new Turn(this.#engine, this.isBusy);
    this.#current?.end();
    this.#current = turn;
    const run = this.#last.then(() => flow(turn));
    const gone = () => {
      if (this.#current === turn) this.#current = null;
    };
    this.#last = run.then(gone, gone);
    return run;
  }

  /** Runs `flow(turn)` if nothing is under way. */
  takeIfFree(flow) {
    return this.isBusy ? Promise.resolve() : this.take(flow);
  }
}
