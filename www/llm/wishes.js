// What to ask, from what the person chose and what the page knows, and what the requests come to.

/** Prompts of each stage. */
export const PROMPTS = {
  preferences: ['preference'],
  guidance: ['relevance', 'comprehensiveness', 'purity'],
};

const DEFAULTS = { stage: 'preferences', candidates: 10, relevance_pairs: 2, model: '' };

/** Every wish; what the person has not chosen follows from the feedback, the settings and what was taught. */
export function wishesOf(wishes, round, { feedback, taught, settings }) {
  const nextRound = taught ? (feedback?.rounds ?? 0) + 1 : 1;
  return {
    ...DEFAULTS,
    below: settings?.poor_below ?? 0.7,
    ...wishes,
    // A round that was chosen holds until another lesson.
    round: round && round.taught === taught ? round.value : nextRound,
  };
}

/** Why nothing can be asked yet, or `null`. */
export function obstacle(wishes, { feedback, queries, mayAsk }) {
  if (!mayAsk) return 'busy';
  if (!wishes.model) return 'model';
  if (feedback) return null;
  if (wishes.stage === 'guidance') return 'preferences_first';
  return queries ? null : 'queries';
}

/** Prompts that were edited, as a request wants them. */
export const ownPrompts = (prompts, edited) =>
  prompts.filter(({ name }) => name in edited).map((prompt) => ({ ...prompt, text: edited[prompt.name] }));

/** `[kind, count]` of every kind that is asked for. */
export function kindsOf(asks) {
  const counts = new Map();
  for (const { kind } of asks) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return [...counts];
}

/** Tokens that the LLM has to read, roughly: four characters each. */
export const roughTokens = (asks) => Math.round(asks.reduce((sum, { body }) => sum + body.length, 0) / 4);

/** Lines of a batch file, unchanged, whose requests are still open. */
export function openLines(text, settled) {
  const isOpen = (line) => line && !settled.has(JSON.parse(line).custom_id);
  return text
    .split('\n')
    .filter(isOpen)
    .map((line) => `${line}\n`)
    .join('');
}

/** Whether two batches ask the same of the same model. */
export function isSameBatch(a, b) {
  const isSame = (ask, i) => ask.custom_id === b.asks[i].custom_id && ask.body === b.asks[i].body;
  return a.collection === b.collection && a.asks.length === b.asks.length && a.asks.every(isSame);
}
