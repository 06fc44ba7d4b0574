// The rankings that a search reply holds, side by side, and how passages move from one to the next.

/** Keys of the reply that hold a ranking, in the order of the columns. */
const ORDER = ['before', 'after', 'bm25', 'hybrid'];

/** Each ranking of a `SearchResult` as `{ key, passages, ndcg }`; `ndcg` is `null` without judgements. */
export function systemsOf(result) {
  const present = ORDER.filter((key) => result?.[key]);
  return present.map((key) => ({ key, passages: result[key], ndcg: result[`ndcg_${key}`] ?? null }));
}

/**
 * How every passage of two neighbours stands in both: `{ id, relevant, kind, from, to }`. `kind` is `up`, `down`,
 * `same`, `entered` or `left`; a rank outside the column is `null` where it is not known.
 */
export function movesBetween(left, right) {
  const there = new Map(right.passages.map((passage) => [passage.passage_id, passage]));
  const here = new Set(left.passages.map(({ passage_id: id }) => id));
  // The reply tells how deep a passage lies only between before and after.
  const deep = ({ other_rank: rank }) => (left.key === 'before' && right.key === 'after' ? (rank ?? null) : null);
  const staying = (passage) => {
    const other = there.get(passage.passage_id);
    return other ? stay(passage, other) : move(passage, 'left', passage.rank, deep(passage));
  };
  const entering = right.passages.filter(({ passage_id: id }) => !here.has(id));
  return [
    ...left.passages.map(staying),
    ...entering.map((passage) => move(passage, 'entered', deep(passage), passage.rank)),
  ];
}

/** How many of a column's passages are judged, and how many of those are relevant. */
export function judgedAmong(passages) {
  const judged = passages.filter(isJudged);
  return { shown: passages.length, judged: judged.length, relevant: judged.filter(({ grade }) => grade > 0).length };
}

/** Whether somebody has judged the passage for the query. */
export const isJudged = ({ grade }) => grade !== null && grade !== undefined;

function stay(passage, { rank }) {
  const kind = passage.rank > rank ? 'up' : passage.rank < rank ? 'down' : 'same';
  return move(passage, kind, passage.rank, rank);
}

const move = ({ passage_id: id, grade }, kind, from, to) => ({ id, relevant: grade > 0, kind, from, to });
