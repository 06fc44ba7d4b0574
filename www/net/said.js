// What a server says, as JSON and as one line for a person.

const SAID_CHARS = 300;

/** What each status means where it means the same everywhere. */
export const REFUSALS = { 401: 'unauthorized', 403: 'forbidden', 404: 'not_found' };

/** The value of a JSON text; `null` if it is none. */
export function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** One line, not too long. */
export function clip(text) {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > SAID_CHARS ? `${line.slice(0, SAID_CHARS)}…` : line;
}

/** The message of an error, whichever way the server wraps it. */
export function errorWords(text) {
  const { error, message, detail, status } = parsed(text) ?? {};
  const words = error?.message ?? message ?? error ?? detail ?? status?.error ?? text;
  return clip(typeof words === 'string' ? words : JSON.stringify(words));
}
