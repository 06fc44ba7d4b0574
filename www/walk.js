// The judged queries as a person walks through them: filtered, found, in an order.

/** A change of at most this is none; the engine counts in the same way. */
const TIE = 1e-9;

/** What may be chosen: what became of a query, or all. */
export const FILTERS = ['helped', 'hurt', 'unchanged', 'all'];

const NAMES = new Intl.Collator('en');

/** How the queries may be ordered. Helped and hurt ones weigh the same in `size`. */
const COMPARERS = {
  size: (a, b) => Math.abs(changeOf(b)) - Math.abs(changeOf(a)),
  best: (a, b) => changeOf(b) - changeOf(a),
  worst: (a, b) => changeOf(a) - changeOf(b),
  before: (a, b) => a.before - b.before,
  after: (a, b) => a.after - b.after,
  text: (a, b) => NAMES.compare(a.text, b.text),
};

/** Names of the orders. */
export const ORDERS = Object.keys(COMPARERS);

/** The change of a `QueryChange` in nDCG@10. */
export const changeOf = ({ before, after }) => after - before;

/** `helped`, `hurt` or `unchanged`. */
export function kindOf(query) {
  const change = changeOf(query);
  if (Math.abs(change) <= TIE) return 'unchanged';
  return change > 0 ? 'helped' : 'hurt';
}

/** Whether a query is one of those that a filter lets through. */
export const fits = (query, filter) => filter === 'all' || kindOf(query) === filter;

/** How many queries each filter lets through. */
export const countsOf = (queries) =>
  Object.fromEntries(FILTERS.map((filter) => [filter, queries.filter((query) => fits(query, filter)).length]));

/** The queries that fit, in their order. */
export function walkOf(queries, { filter, find, order }) {
  const wanted = find.trim().toLowerCase();
  const isFound = ({ text }) => text.toLowerCase().includes(wanted);
  return queries.filter((query) => fits(query, filter) && isFound(query)).sort(COMPARERS[order]);
}

/** The query some steps on from the shown one, within the ends; the first one if the shown one is not among them. */
export function stepFrom(walk, queryId, by) {
  const at = walk.findIndex(({ query_id: id }) => id === queryId);
  if (at < 0) return walk[0];
  return walk[Math.min(walk.length - 1, Math.max(0, at + by))];
}
