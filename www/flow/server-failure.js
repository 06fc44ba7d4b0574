// What a vector server did not do, as a failure that the page shows.

import { ServerCause } from '../servers/cause.js';
import { words } from '../words.js';

/** The error with a `failure` in the page's words, if it is a server's; otherwise the error as it is. */
export function asFailure(error) {
  if (!(error instanceof ServerCause)) return error;
  const { message, hint = '' } = words.server.causes[error.outcome.kind](error.outcome);
  return Object.assign(error, { failure: { code: 'server', message, hint } });
}
