//! Files of the seven other tools.

use crate::feedback::corpus;
use crate::{cases, outcome, refused};
use figret::data::ImportFormat::{
    self, FlagEmbedding, LlamaIndex, LlmEmbedder, Quepid, SentenceTransformers, Tevatron, Trl,
};
use figret::data::{read_import, read_llama_index_collection};

fn import(format: Option<ImportFormat>, text: &str) -> String {
    outcome(read_import("theirs", text.as_bytes(), &corpus(), format).map(|import| import.parsed))
}

/// What is made of a line after a good one.
fn line(format: ImportFormat, good: &str, bad: &str) -> String {
    import(Some(format), &format!("{good}\n{bad}\n"))
}

const FLAG: &str = r#"{"query": "why", "pos": ["text of a"], "neg": ["text of b"]}"#;
const TEVATRON: &str =
    r#"{"query_id": "1", "query_text": "why", "positive_document_ids": ["a"], "negative_document_ids": []}"#;
const TRL: &str = r#"{"prompt": "why", "chosen": "text of a", "rejected": "text of b"}"#;
const ANCHOR: &str = r#"{"anchor": "why", "positive": "text of a", "negative": "text of b"}"#;

/// A line that would make 90,000 copies of texts of a kilobyte.
fn many_against_many() -> String {
    let texts = |side: &str| -> Vec<String> {
        (0..300).map(|i| format!("{side} {i} {}", "x".repeat(1000))).collect()
    };
    let line_of = serde_json::json!({"query": "who", "pos": texts("better"), "neg": texts("worse")});
    line(FlagEmbedding, FLAG, &line_of.to_string())
}

fn collection(text: &str) -> String {
    match read_llama_index_collection("theirs.json", text.as_bytes()) {
        Ok((corpus, queries)) => format!("{} passages and {} queries read.", corpus.len(), queries.len()),
        Err(error) => refused(&error, &error.remedy()),
    }
}

cases! {
    no_known_format: "a file in no known format", import(None, "{\"a\": 1}\n") => "?";
    flag_embedding_uneven: "FlagEmbedding: more scores than texts", line(FlagEmbedding, FLAG, r#"{"query": "who", "pos": ["text of a"], "neg": ["text of b"], "pos_scores": [1, 2], "neg_scores": [0]}"#) => "?";
    flag_embedding_of_numbers: "FlagEmbedding: texts that are numbers", line(FlagEmbedding, FLAG, r#"{"query": "who", "pos": [7], "neg": []}"#) => "?";
    flag_embedding_many: "FlagEmbedding: 300 texts against 300, lessons of 90 MB", many_against_many() => "?";
    llm_embedder_uneven: "LLM-Embedder: fewer scores than texts", line(LlmEmbedder, FLAG, r#"{"query": "who", "pos": ["text of a"], "neg": ["text of b"], "teacher_scores": [1]}"#) => "?";
    llm_embedder_nan: "LLM-Embedder: a score that is NaN", line(LlmEmbedder, FLAG, r#"{"query": "who", "pos": ["text of a"], "neg": [], "teacher_scores": [NaN]}"#) => "?";
    sentence_transformers_labels: "sentence-transformers: five labels for two texts", line(SentenceTransformers, ANCHOR, r#"{"anchor": "who", "positive": "text of a", "negative": "text of b", "label": [1, 2, 3, 4, 5]}"#) => "?";
    sentence_transformers_columns: "sentence-transformers: a table without positives", import(Some(SentenceTransformers), "anchor,negative\nwhy,text of a\n") => "?";
    sentence_transformers_cell: "sentence-transformers: a label that is a word", import(Some(SentenceTransformers), "anchor,positive,negative,label\nwhy,text of a,text of b,0.5\nwho,text of a,text of b,good\n") => "?";
    tevatron_unknown: "Tevatron: ids that the corpus lacks", line(Tevatron, TEVATRON, r#"{"query_text": "who", "positive_document_ids": ["x"], "negative_document_ids": ["y"]}"#) => "?";
    tevatron_id_twice: "Tevatron: one id for two queries", line(Tevatron, TEVATRON, &TEVATRON.replace("why", "who")) => "?";
    trl_without_words: "TRL: a chat without an answer", line(Trl, TRL, r#"{"prompt": "who", "chosen": [{"role": "user", "content": "x"}], "rejected": "y"}"#) => "?";
    trl_unpaired: "TRL: a completion with a label", line(Trl, TRL, r#"{"prompt": "who", "completion": "x", "label": true}"#) => "?";
    llama_index_breaks_off: "LlamaIndex: a file that breaks off", import(Some(LlamaIndex), "{\"queries\": {\"q\": \"why\"},\n \"corpus\": {\"n\": \"te") => "?";
    llama_index_of_texts: "LlamaIndex: a list in place of the nodes", import(Some(LlamaIndex), r#"{"queries": {}, "corpus": [], "relevant_docs": {}}"#) => "?";
    llama_index_without_nodes: "LlamaIndex: a dataset without nodes, as a collection", collection(r#"{"queries": {"q": "why"}, "corpus": {}, "relevant_docs": {}}"#) => "?";
    llama_index_of_empty_id: "LlamaIndex: a node of an empty id, as a collection", collection(r#"{"queries": {}, "corpus": {"": "text"}, "relevant_docs": {}}"#) => "?";
    quepid_rating: "Quepid: a rating that is a word", import(Some(Quepid), "query,docid,rating\nwhy not,a,1\nwhy not,b,good\n") => "?";
    quepid_unknown: "Quepid: a passage that the corpus lacks, and one that is not rated", import(Some(Quepid), "query,docid,rating\nwhy not,a,1\nwhy not,x,1\nwhy not,b,\n") => "?";
    quepid_columns: "Quepid: a table without ratings", import(Some(Quepid), "query,docid\nwhy not,a\n") => "?";
}
