// Many requests to one server: a few at a time, again after a wait when it is busy, never faster than it asks for.

/** Attempts after the first one, by what went wrong; an answer that took too long once will do so again. */
const RETRIES = { slow: 1, not_json: 2 };
const USUAL_RETRIES = 5;

const FIRST_WAIT_SECONDS = 1;
const LONGEST_WAIT_SECONDS = 60;

/** So many failures one after the other are the server's, not the requests'. */
const FAILURES_IN_A_ROW = 5;

/**
 * Sends all `asks`; gives `{ fatal, isCancelled }` when all are done, the server refuses, or `signal` ends it.
 *
 * @param {object[]} asks What to send.
 * @param {object} how
 * @param {number} how.concurrency Requests under way at once.
 * @param {(ask: object, signal: AbortSignal) => Promise<object>} how.send Gives an outcome of endpoint.js.
 * @param {AbortSignal} how.signal Ends the sending; what has been answered stays answered.
 * @param {(ask: object, body: string) => unknown} how.onAnswer May be async; the place is free again after it.
 * @param {(ask: object, cause: object) => void} how.onFailure
 * @param {(cause: object, seconds: number) => void} [how.onWait]
 */
export async function sendAll(asks, how) {
  const run = new Run(asks, how);
  await Promise.all(Array.from({ length: Math.min(how.concurrency, asks.length) }, () => run.work()));
  return { fatal: run.fatal, isCancelled: how.signal.aborted };
}

class Run {
  #next = 0;
  #failuresInARow = 0;
  #busyUntil = 0;

  constructor(asks, how) {
    this.asks = asks;
    this.how = { sleep, random: Math.random, now: Date.now, onWait: () => {}, ...how };
    /** What makes sending any more useless. */
    this.fatal = null;
  }

  get #isOver() {
    return this.fatal !== null || this.how.signal.aborted;
  }

  async work() {
    while (!this.#isOver && this.#next < this.asks.length) {
      const ask = this.asks[this.#next];
      this.#next += 1;
      try {
        await this.#settle(ask, await this.#attempts(ask));
      } catch (error) {
        // A request that was under way at the end is no failure.
        if (!this.how.signal.aborted) throw error;
      }
    }
  }

  async #attempts(ask) {
    for (let retries = 0; ; ) {
      await this.#waitForServer();
      if (this.#isOver) return null;
      const outcome = await this.how.send(ask, this.how.signal);
      if (outcome.kind === 'again') continue;
      if (outcome.kind !== 'retry') return outcome;
      const { cause } = outcome;
      if (retries >= (RETRIES[cause.kind] ?? USUAL_RETRIES))
        return { kind: 'failed', cause, isFatal: cause.kind === 'network' };
      this.#hold(outcome, retries);
      retries += 1;
    }
  }

  /** A busy server is left alone by all, not only by the request that it turned away. */
  #hold({ cause, afterSeconds }, retries) {
    const { random, now, onWait } = this.how;
    const most = Math.min(LONGEST_WAIT_SECONDS, FIRST_WAIT_SECONDS * 2 ** retries);
    const seconds = afterSeconds ?? most * (0.5 + 0.5 * random());
    this.#busyUntil = Math.max(this.#busyUntil, now() + seconds * 1000);
    onWait(cause, seconds);
  }

  async #waitForServer() {
    const { sleep: wait, now, signal } = this.how;
    while (!this.#isOver && now() < this.#busyUntil) await wait(this.#busyUntil - now(), signal);
  }

  async #settle(ask, outcome) {
    if (outcome?.kind === 'answer') {
      this.#failuresInARow = 0;
      await this.how.onAnswer(ask, outcome.body);
    } else if (outcome) {
      this.#failuresInARow += 1;
      this.how.onFailure(ask, outcome.cause);
      if (outcome.isFatal || this.#failuresInARow >= FAILURES_IN_A_ROW) this.fatal ??= outcome.cause;
    }
  }
}

/** Waits, or less if `signal` ends it. */
function sleep(ms, signal) {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end);
  });
}
