// One request to an OpenAI-compatible endpoint, and the test of the way there.
//
// Gives outcomes, not sentences: `kind` names what happened, the words are the page's.

import { addressSpace, isMixedContent, localAccess, needsLocalAccess, suggestedBase } from './address.js';
import { isReachable } from './reachable.js';

const TEST_SECONDS = 15;
const SAID_CHARS = 300;

/** Fields of a request that some servers refuse and that can be done without. */
const OPTIONAL = ['response_format', 'temperature'];

/** What each status means where it means the same everywhere. */
const REFUSALS = { 401: 'unauthorized', 403: 'forbidden', 404: 'not_found' };

/** Asks the endpoint for its models and looks for the one that is wanted; gives the outcome. */
export async function testConnection({ base, key, model }, page = location) {
  if (isMixedContent(base, page)) return { kind: 'mixed' };
  let response;
  let text;
  try {
    const signal = AbortSignal.timeout(TEST_SECONDS * 1000);
    response = await fetch(`${base}/models`, { headers: headers(key), signal });
    text = await response.text();
  } catch (error) {
    return explain(error, base, page);
  }
  if (!response.ok) return refusal(response.status, text, base);
  const models = modelsOf(text);
  if (!models) return { kind: 'not_json', said: clip(text) };
  if (!model) return { kind: 'no_model', models };
  return { kind: hasModel(models, model) ? 'connected' : 'unknown_model', models, model };
}

/** Why a request got no answer at all, as far as a page may know. */
async function explain(error, base, page) {
  const access = needsLocalAccess(base, page) ? await localAccess(base) : 'granted';
  if (access === 'denied' || access === 'prompt') return { kind: 'local_access', access };
  if (error.name === 'TimeoutError') return { kind: 'slow', seconds: TEST_SECONDS };
  const isInsecure = page.protocol === 'https:' && base.startsWith('http:');
  const isOwnMachine = addressSpace(new URL(base).hostname) === 'loopback';
  if (access === null && isInsecure && !isOwnMachine) return { kind: 'mixed_local' };
  const reachable = await isReachable(`${base}/models`);
  const kind = reachable === null ? 'unreadable' : (reachable && 'cors') || 'unreachable';
  return { kind, isInsecure };
}

/**
 * Sends one request. Gives `answer` with the body as it came, `again` to send it at once, `retry` to send it later,
 * or `failed`, with `isFatal` if every other request would fail as well.
 *
 * @param {{ base: string, key: string, timeoutSeconds: number, leftOut: Set<string> }} endpoint `leftOut` collects
 *   the fields that the server refuses.
 */
export async function complete(endpoint, ask, signal) {
  const body = without(JSON.parse(ask.body), endpoint.leftOut);
  const limit = AbortSignal.timeout(endpoint.timeoutSeconds * 1000);
  try {
    const response = await fetch(`${endpoint.base}/chat/completions`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...headers(endpoint.key) },
      body: JSON.stringify(body),
      signal: AbortSignal.any([signal, limit]),
    });
    return outcome(endpoint, body, response, await response.text());
  } catch (error) {
    if (signal.aborted) throw error;
    if (limit.aborted) return { kind: 'retry', cause: { kind: 'slow', seconds: endpoint.timeoutSeconds } };
    return { kind: 'retry', cause: { kind: 'network' } };
  }
}

function outcome(endpoint, body, response, text) {
  const { status } = response;
  if (response.ok) return isObject(text) ? { kind: 'answer', body: text } : broken(text);
  const cause = refusal(status, text, endpoint.base);
  const refused = [400, 422].includes(status) && OPTIONAL.find((name) => name in body && text.includes(name));
  if (refused) {
    endpoint.leftOut.add(refused);
    return { kind: 'again' };
  }
  if (cause.kind === 'quota') return { kind: 'failed', cause, isFatal: true };
  if ([408, 425, 429].includes(status) || status >= 500)
    return { kind: 'retry', cause, afterSeconds: retryAfter(response.headers.get('Retry-After')) };
  return { kind: 'failed', cause, isFatal: status in REFUSALS };
}

/** An answer that is no whole JSON was cut off on its way. */
const broken = (text) => ({ kind: 'retry', cause: { kind: 'not_json', said: clip(text) } });

function refusal(status, text, base) {
  const said = errorWords(text);
  // Out of credit: waiting does not help, though the status says so.
  if (status === 429 && text.includes('insufficient_quota')) return { kind: 'quota', said };
  return { kind: REFUSALS[status] ?? 'status', status, said, suggestion: suggestedBase(base) };
}

/** Seconds of a Retry-After header, a number or a date; `null` without one. Only readable if the server exposes it. */
export function retryAfter(header, now = Date.now()) {
  if (!header) return null;
  const seconds = Number(header);
  if (Number.isFinite(seconds)) return Math.max(0, seconds);
  const date = Date.parse(header);
  return Number.isNaN(date) ? null : Math.max(0, (date - now) / 1000);
}

/** Ids in a list of models; `null` if the text is none. */
export function modelsOf(text) {
  const list = parsed(text)?.data ?? parsed(text)?.models;
  if (!Array.isArray(list)) return null;
  return list.map((model) => model?.id ?? model?.name).filter((id) => typeof id === 'string');
}

/** Ollama lists `name:latest`, Google `models/name`; both take the bare name. */
const hasModel = (models, wanted) =>
  [wanted, `${wanted}:latest`, `models/${wanted}`].some((name) => models.includes(name));

const headers = (key) => (key ? { Authorization: `Bearer ${key}` } : {});

const without = (body, names) => Object.fromEntries(Object.entries(body).filter(([name]) => !names.has(name)));

/** The message of an error, whichever way the server wraps it. */
function errorWords(text) {
  const { error, message, detail } = parsed(text) ?? {};
  const words = error?.message ?? error ?? message ?? detail ?? text;
  return clip(typeof words === 'string' ? words : JSON.stringify(words));
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

const isObject = (text) => {
  const value = parsed(text);
  return typeof value === 'object' && value !== null && !Array.isArray(value);
};

const clip = (text) => {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > SAID_CHARS ? `${line.slice(0, SAID_CHARS)}…` : line;
};
