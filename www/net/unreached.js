// Why a request got no answer at all, as far as a page may know.
//
// Gives outcomes, not sentences: `kind` names what happened, the words are the page's.

import { addressSpace, isMixedContent, localAccess, needsLocalAccess } from './address.js';
import { isReachable } from './reachable.js';

/** What stands in the way before anything is sent; `null` if nothing does. */
export const blocked = (base, page) => (isMixedContent(base, page) ? { kind: 'mixed' } : null);

/**
 * The outcome of a request to `base` that failed with `error`.
 *
 * @param {string} probe Address below `base` that answers a plain GET, to tell a server that is not there from one
 *   that does not let this page read.
 * @param {number} seconds Limit of the request.
 */
export async function unreached(error, { base, probe, seconds }, page) {
  const access = needsLocalAccess(base, page) ? await localAccess(base) : 'granted';
  if (access === 'denied' || access === 'prompt') return { kind: 'local_access', access };
  if (error.name === 'TimeoutError') return { kind: 'slow', seconds };
  const isInsecure = page.protocol === 'https:' && base.startsWith('http:');
  const isOwnMachine = addressSpace(new URL(base).hostname) === 'loopback';
  if (access === null && isInsecure && !isOwnMachine) return { kind: 'mixed_local' };
  const reachable = await isReachable(probe);
  const kind = reachable === null ? 'unreadable' : (reachable && 'cors') || 'unreachable';
  return { kind, isInsecure, probe };
}
