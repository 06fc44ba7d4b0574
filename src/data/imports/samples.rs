//! A small file of each format, as its tool writes it, for tests.

use super::super::{Corpus, Passage};
use super::ImportFormat;

/// FlagEmbedding with scores: two lines, logits of a reranker.
pub(super) const FLAG_EMBEDDING: &str = r#"{"query": "radiator stays cold", "pos": ["Bleed the radiator."], "neg": ["Check the pressure.", "Call the installer."], "pos_scores": [4.5], "neg_scores": [-1.5, -7.5], "prompt": "Represent this sentence: ", "type": "normal"}
{"query": "pump is loud", "pos": ["Noise The pump hums."], "neg": ["Buy a boat."], "pos_scores": [4.5], "neg_scores": [-7.0]}
"#;

/// LLM-Embedder: log-likelihoods of a teacher.
pub(super) const LLM_EMBEDDER: &str = r#"{"query": "radiator stays cold", "pos": ["Bleed the radiator."], "neg": ["Check the pressure.", "Call the installer."], "pos_index": [0], "neg_index": [1, 2], "teacher_scores": [-1.0, -2.0, -4.0], "answers": ["bleed it"]}
"#;

/// sentence-transformers' columns as JSON lines, with the teacher's scores.
pub(super) const SENTENCE_TRANSFORMERS: &str = r#"{"anchor": "radiator stays cold", "positive": "Bleed the radiator.", "negative_1": "Check the pressure.", "negative_2": "Call the installer.", "label": [0.9, 0.5, 0.1]}
"#;

/// sentence-transformers' triplets as a table.
pub(super) const TRIPLETS: &str = "anchor,positive,negative\n\
    radiator stays cold,Bleed the radiator.,Check the pressure.\n\
    Radiator stays cold,Bleed the radiator.,\"Buy a boat, now.\"\n";

/// Tevatron 2.
pub(super) const TEVATRON: &str = r#"{"query_id": "7", "query_text": "radiator stays cold", "query_image": null, "positive_document_ids": ["d1"], "negative_document_ids": ["d2", "d99"], "source": "mined"}
"#;

/// TRL's preference pairs, one of texts and one of chats.
pub(super) const TRL: &str = r#"{"prompt": "radiator stays cold", "chosen": " Bleed the radiator.", "rejected": " Buy a boat."}
{"prompt": [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "pump is loud"}], "chosen": [{"role": "assistant", "content": "Oil it."}], "rejected": [{"role": "assistant", "content": "Sell it."}]}
"#;

/// LlamaIndex's dataset as its `save_json` writes it.
pub(super) const LLAMA_INDEX: &str = r#"{
    "queries": {
        "q-2": "pump is loud",
        "q-1": "radiator stays cold"
    },
    "corpus": {
        "n-1": "Bleed the radiator.",
        "n-2": "Noise\nThe pump hums."
    },
    "relevant_docs": {
        "q-2": [
            "n-2"
        ],
        "q-1": [
            "n-1"
        ]
    },
    "mode": "text"
}"#;

/// Quepid's ratings.
pub(super) const QUEPID: &str = "query,docid,rating\n\
    radiator stays cold,d1,3\n\
    radiator stays cold,d2,0\n\
    \"pump, loud\",d4,2\n";

/// Every sample with its format.
pub(super) const SAMPLES: [(ImportFormat, &str); 8] = [
    (ImportFormat::FlagEmbedding, FLAG_EMBEDDING),
    (ImportFormat::LlmEmbedder, LLM_EMBEDDER),
    (ImportFormat::SentenceTransformers, SENTENCE_TRANSFORMERS),
    (ImportFormat::SentenceTransformers, TRIPLETS),
    (ImportFormat::Tevatron, TEVATRON),
    (ImportFormat::Trl, TRL),
    (ImportFormat::LlamaIndex, LLAMA_INDEX),
    (ImportFormat::Quepid, QUEPID),
];

/// Files of a collection, and others that are no import.
pub(super) const OWN_FILES: [&str; 14] = [
    r#"{"query_id": "1", "query": "q", "preferences": [{"doc_id": "d1", "score": 1}]}"#,
    r#"{"query": "q", "guidance": [], "pos": [], "positive": "p", "chosen": "a", "rejected": "b"}"#,
    r#"{"_id": "d1", "title": "t", "text": "x", "metadata": {}}"#,
    r#"{"_id": "q1", "text": "x"}"#,
    r#"{"queries": "many", "text": "no dataset"}"#,
    r#"{"prompt": "p", "completion": "c", "label": true}"#,
    "[{\"query\": \"q\", \"pos\": []}]",
    "query-id\tcorpus-id\tscore\nq1\td1\t1\n",
    "query,docid,rating\nq1,d1,1\n",
    "q1 0 d1 1\n",
    "id,title,text\nd1,t,x\n",
    "qid,query\n1,why not\n",
    "{broken",
    "",
];

/// Four passages, two of them with a title.
pub(super) fn corpus() -> Corpus {
    let passages = [
        ("d1", "Pumps", "Bleed the radiator."),
        ("d2", "", "Check the pressure."),
        ("d3", "", "Call the installer."),
        ("d4", "Noise", "The pump hums."),
    ];
    let passage = |(id, title, text): (&str, &str, &str)| Passage {
        id: id.into(),
        title: title.into(),
        text: text.into(),
    };
    Corpus::new(passages.map(passage).to_vec()).unwrap_or_else(|error| panic!("{error}"))
}
