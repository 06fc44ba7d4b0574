// One request to an OpenAI-compatible endpoint, and the test of the way there.
//
// Gives outcomes, not sentences: `kind` names what happened, the words are the page's.

import { clip, errorWords, parsed, REFUSALS } from '../net/said.js';
import { blocked, unreached } from '../net/unreached.js';
import { suggestedBase } from './address.js';

const TEST_SECONDS = 15;

/** Fields of a request that some servers refuse and that can be done without. */
const OPTIONAL = ['response_format', 'temperature'];

/** Asks the endpoint for its models and looks for the one that is wanted; gives the outcome. */
export async function testConnection({ base, key, model }, page = location) {
  const obstacle = blocked(base, page);
  if (obstacle) return obstacle;
  let response;
  let text;
  try {
    const signal = AbortSignal.timeout(TEST_SECONDS * 1000);
    response = await fetch(`${base}/models`, { headers: headers(key), signal });
    text = await response.text();
  } catch (error) {
    return unreached(error, { base, probe: `${base}/models`, seconds: TEST_SECONDS }, page);
  }
  if (!response.ok) return refusal(response.status, text, base);
  const models = modelsOf(text);
  if (!models) return { kind: 'not_json', said: clip(text) };
  if (!model) return { kind: 'no_model', models };
  return { kind: hasModel(models, model) ? 'connected' : 'unknown_model', models, model };
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

const isObject = (text) => {
  const value = parsed(text);
  return typeof value === 'object' && value !== null && !Array.isArray(value);
};
