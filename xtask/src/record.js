// Runs in the page after a lesson: what the page got of it, and the ten passages of both sides for every judged query.

const { engine } = window.figret;
const { collection, comparison, taught, lesson, engineInfo } = engine.store.state;

const counts = ({ name, passages, judged_queries, judgements }) => ({ name, passages, judged_queries, judgements });
const plain = ({ kind, ...fields }) => fields;
const entry = ({ passage_id: id, other_rank: rank, score, grade }) => [id, rank, Number(score.toFixed(3)), grade ?? null];

const rankings = {};
for (const { query_id, text } of comparison.per_query) {
  const found = await engine.request({ kind: 'search', query: text, query_id, depth: 10 });
  rankings[query_id] = { relevant: found.relevant, before: found.before.map(entry), after: found.after.map(entry) };
}
return {
  about: {
    recorded_on: new Date().toISOString().slice(0, 10),
    device: engineInfo.device,
    settings: lesson.settings,
    collection: counts(collection),
  },
  taught: plain(taught),
  comparison: plain(comparison),
  rankings,
};
