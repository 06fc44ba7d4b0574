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
    no_known_format: "a file in no known format",
        import(None, "{\"a\": 1}\n") =>
        "Refused: theirs is in none of the formats that are read as feedback. Choose its format by hand, or write one query a line with preferences or guidance.";
    flag_embedding_uneven: "FlagEmbedding: more scores than texts",
        line(FlagEmbedding, FLAG, r#"{"query": "who", "pos": ["text of a"], "neg": ["text of b"], "pos_scores": [1, 2], "neg_scores": [0]}"#) =>
        "1 read. theirs line 2: 'pos_scores' and 'pos' differ in number: 2 and 1. Give every text a score or none, or leave the line out.";
    flag_embedding_of_numbers: "FlagEmbedding: texts that are numbers",
        line(FlagEmbedding, FLAG, r#"{"query": "who", "pos": [7], "neg": []}"#) =>
        "1 read. theirs line 2: text 1 of 'pos' is a number. Correct it, or leave the line out.";
    flag_embedding_many: "FlagEmbedding: 300 texts against 300, lessons of 90 MB",
        many_against_many() =>
        "1 read. theirs line 2: 300 texts are set against 300, which is more than can be taught of. Write several lines with fewer texts each, or leave the line out.";
    llm_embedder_uneven: "LLM-Embedder: fewer scores than texts",
        line(LlmEmbedder, FLAG, r#"{"query": "who", "pos": ["text of a"], "neg": ["text of b"], "teacher_scores": [1]}"#) =>
        "1 read. theirs line 2: 'teacher_scores' and 'pos' with 'neg' differ in number: 1 and 2. Give every text a score or none, or leave the line out.";
    llm_embedder_nan: "LLM-Embedder: a score that is NaN",
        line(LlmEmbedder, FLAG, r#"{"query": "who", "pos": ["text of a"], "neg": [], "teacher_scores": [NaN]}"#) =>
        "1 read. theirs line 2: a value is NaN or Infinity, which JSON has not. Write a number instead.";
    sentence_transformers_labels: "sentence-transformers: five labels for two texts",
        line(SentenceTransformers, ANCHOR, r#"{"anchor": "who", "positive": "text of a", "negative": "text of b", "label": [1, 2, 3, 4, 5]}"#) =>
        "1 read. theirs line 2: the label and the texts differ in number: 5 and 2. Give every text a score or none, or leave the line out.";
    sentence_transformers_columns: "sentence-transformers: a table without positives",
        import(Some(SentenceTransformers), "anchor,negative\nwhy,text of a\n") =>
        "Refused: theirs line 1: no column holds the positive; the header has anchor, negative. Name that column one of: positive.";
    sentence_transformers_cell: "sentence-transformers: a label that is a word",
        import(Some(SentenceTransformers), "anchor,positive,negative,label\nwhy,text of a,text of b,0.5\nwho,text of a,text of b,good\n") =>
        "1 read. theirs line 3: label 'good' is neither a number nor a list of numbers. Correct it, or leave the line out.";
    tevatron_unknown: "Tevatron: ids that the corpus lacks",
        line(Tevatron, TEVATRON, r#"{"query_text": "who", "positive_document_ids": ["x"], "negative_document_ids": ["y"]}"#) =>
        "1 read. theirs line 2: passages that the corpus lacks: 2, and what is left teaches nothing. Leave the line out, or add the passages.";
    tevatron_id_twice: "Tevatron: one id for two queries",
        line(Tevatron, TEVATRON, &TEVATRON.replace("why", "who")) =>
        "1 read. theirs line 2: query_id '1' is already used on line 1. Leave the line out, or give it an id of its own.";
    trl_without_words: "TRL: a chat without an answer",
        line(Trl, TRL, r#"{"prompt": "who", "chosen": [{"role": "user", "content": "x"}], "rejected": "y"}"#) =>
        "1 read. theirs line 2: 'chosen' holds no words of the assistant. Correct it, or leave the line out.";
    trl_unpaired: "TRL: a completion with a label",
        line(Trl, TRL, r#"{"prompt": "who", "completion": "x", "label": true}"#) =>
        "1 read. theirs line 2: field 'chosen' is missing. Correct it, or leave the line out.";
    llama_index_breaks_off: "LlamaIndex: a file that breaks off",
        import(Some(LlamaIndex), "{\"queries\": {\"q\": \"why\"},\n \"corpus\": {\"n\": \"te") =>
        "Refused: theirs holds no usable line; the first one: theirs line 2: not a dataset of queries, corpus and relevant_docs: EOF while parsing a string. Save the dataset again with its save_json. Check that this is the file you meant.";
    llama_index_of_texts: "LlamaIndex: a list in place of the nodes",
        import(Some(LlamaIndex), r#"{"queries": {}, "corpus": [], "relevant_docs": {}}"#) =>
        "Refused: theirs holds no usable line; the first one: theirs line 1: not a dataset of queries, corpus and relevant_docs: invalid type: sequence, expected a map. Save the dataset again with its save_json. Check that this is the file you meant.";
    llama_index_without_nodes: "LlamaIndex: a dataset without nodes, as a collection",
        collection(r#"{"queries": {"q": "why"}, "corpus": {}, "relevant_docs": {}}"#) =>
        "Refused: theirs.json holds no usable line; the first one: theirs.json line 1: a corpus needs at least one passage. Add passages. Check that this is the file you meant.";
    llama_index_of_empty_id: "LlamaIndex: a node of an empty id, as a collection",
        collection(r#"{"queries": {}, "corpus": {"": "text"}, "relevant_docs": {}}"#) =>
        "Refused: theirs.json holds no usable line; the first one: theirs.json line 1: passage 0 (from 0) has an empty id. Give every one an id. Check that this is the file you meant.";
    quepid_rating: "Quepid: a rating that is a word",
        import(Some(Quepid), "query,docid,rating\nwhy not,a,1\nwhy not,b,good\n") =>
        "1 read. theirs line 3: rating 'good' is not a number. Correct it, or leave the line out.";
    quepid_unknown: "Quepid: a passage that the corpus lacks, and one that is not rated",
        import(Some(Quepid), "query,docid,rating\nwhy not,a,1\nwhy not,x,1\nwhy not,b,\n") =>
        "1 read. theirs line 3: doc_id 'x' is not in the corpus. Leave the line out, or add the passage. theirs line 4: query 'why not' is not rated here. Leave the line out.";
    quepid_columns: "Quepid: a table without ratings",
        import(Some(Quepid), "query,docid\nwhy not,a\n") =>
        "Refused: theirs line 1: no column holds the rating; the header has query, docid. Name that column one of: rating.";
}
