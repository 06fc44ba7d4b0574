// The passages that judgements and feedback name, read without knowing the passages.

/** Fields of feedback that hold a passage's id. */
const ID_FIELDS = new Set(['doc_id', 'docid', 'passage_id', 'pid', 'corpus_id', 'corpus-id']);

/** The ids that a file's text names, each once: JSON lines of feedback, or judgements as BEIR and TREC write them. */
export function passagesNamedIn(text) {
  const ids = new Set();
  for (const line of text.replace(/^\uFEFF/, '').split(/\r?\n/)) {
    if (line.trim().startsWith('{')) collect(parsedOrNull(line), ids);
    else judged(line, ids);
  }
  return ids;
}

/** BEIR has `query, passage, grade` and a header; TREC has `query, 0, passage, grade`. */
function judged(line, ids) {
  const columns = line.trim().split(line.includes('\t') ? '\t' : /\s+/);
  if (![3, 4].includes(columns.length) || !/^-?\d+$/.test(columns.at(-1))) return;
  ids.add(columns.at(-2));
}

function collect(value, ids) {
  if (typeof value !== 'object' || value === null) return;
  for (const [name, inner] of Object.entries(value)) {
    if (ID_FIELDS.has(name) && ['string', 'number'].includes(typeof inner)) ids.add(String(inner));
    else collect(inner, ids);
  }
}

/** The engine names bad lines; here they name nothing. */
function parsedOrNull(line) {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}
