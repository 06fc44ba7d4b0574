// Why a vector server gave nothing that can be used: an outcome, for which the page has the words.

/** Holds `outcome`: `kind` names what happened, the rest are its particulars. */
export class ServerCause extends Error {
  constructor(outcome) {
    super(outcome.kind);
    this.outcome = outcome;
  }
}
