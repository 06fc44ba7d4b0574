// Where an LLM's endpoint lies.

import { httpBase } from '../net/address.js';

/** Parts of an address that belong to a request, not to the endpoint. */
const REQUEST_PATH = /\/(chat\/completions|completions|models)$/;

/** The endpoint's base address without a slash at its end; `null` if the text is no http address. */
export const baseOf = (text) => httpBase(text)?.replace(REQUEST_PATH, '') ?? null;

/** The base address that is probably meant where a path was not found; `null` if it has a version already. */
export function suggestedBase(base) {
  return /\/v\d/.test(new URL(base).pathname) ? null : `${base}/v1`;
}
