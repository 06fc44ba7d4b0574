//! FlagEmbedding and LLM-Embedder: a query with lists `pos` and `neg`, told apart by where their scores stand.
//!
//! FlagEmbedding keeps `pos_scores` and `neg_scores`, LLM-Embedder one list `teacher_scores`, positives first.
//! FlagEmbedding's `prompt` is not put before the query, and LLM-Embedder's `pos_index` and `neg_index` are not
//! looked up: they count the lines of a corpus of its own.

use super::super::error::Problem;
use super::super::json_line;
use super::example::{Example, Side, query, rest, scored, scores, texts, uneven};
use serde_json::{Map, Value};

/// Reads a line of FlagEmbedding.
pub(super) fn flag_embedding(object: Map<String, Value>) -> Result<Example, Problem> {
    let (pos, neg) = (texts(&object, "pos")?, texts(&object, "neg")?);
    let (pos_scores, neg_scores) = (scores(&object, "pos_scores")?, scores(&object, "neg_scores")?);
    if !pos_scores.is_empty() || !neg_scores.is_empty() {
        for (scores, texts) in [
            (("'pos_scores'", pos_scores.len()), ("'pos'", pos.len())),
            (("'neg_scores'", neg_scores.len()), ("'neg'", neg.len())),
        ] {
            if scores.1 != texts.1 {
                return Err(uneven(scores, texts));
            }
        }
    }
    example(object, "pos_scores", [pos, neg], [pos_scores, neg_scores])
}

/// Reads a line of LLM-Embedder.
pub(super) fn llm_embedder(object: Map<String, Value>) -> Result<Example, Problem> {
    let (pos, neg) = (texts(&object, "pos")?, texts(&object, "neg")?);
    let mut scores = scores(&object, "teacher_scores")?;
    let count = pos.len() + neg.len();
    if !scores.is_empty() && scores.len() != count {
        return Err(uneven(("'teacher_scores'", scores.len()), ("'pos' with 'neg'", count)));
    }
    let neg_scores = scores.split_off(scores.len().min(pos.len()));
    example(object, "teacher_scores", [pos, neg], [scores, neg_scores])
}

fn example(
    object: Map<String, Value>,
    scores_field: &str,
    [pos, neg]: [Vec<String>; 2],
    [pos_scores, neg_scores]: [Vec<f64>; 2],
) -> Result<Example, Problem> {
    let positives = scored(Side::Positive, pos, pos_scores);
    Ok(Example {
        query_id: json_line::id(&object, &["query_id"])?,
        query: query(&object, &["query"])?,
        candidates: positives.chain(scored(Side::Negative, neg, neg_scores)).collect(),
        other: rest(object, &["query_id", "query", "pos", "neg", scores_field, "neg_scores"]),
        choice: None,
    })
}
