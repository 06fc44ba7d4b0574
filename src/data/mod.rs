//! Corpus, queries, judgements, runs and LLM feedback: their types, and a reader for each format.
//!
//! Takes bytes and returns values: it opens no file, and it leaves to the caller whether refused lines are
//! left out or stop the work. A refusal always names file, line, reason and remedy.

mod archive;
mod assemble;
mod corpus;
mod error;
mod feedback;
mod feedback_file;
mod gains;
mod imports;
pub(crate) mod json_line;
mod judged;
mod qrels;
mod queries;
mod records;
mod role;
mod run;
mod table;
mod text_file;

pub use archive::{NamedBytes, expand_archives};
pub use assemble::{Assembled, Collection, FileReport, ImportChoice, assemble, assemble_choosing};
pub use corpus::{Corpus, PASSAGE_ID, PASSAGE_TEXT, PASSAGE_TITLE, Passage, read_corpus, read_passage_line};
pub use error::{DataError, Parsed, Refusal};
pub(crate) use error::{Problem, clip};
pub use feedback::{Feedback, FeedbackQuery, Guidance, Objective, Preference, TextRef};
pub use feedback_file::read_feedback;
pub use imports::{
    Detection, Import, ImportFormat, ImportReport, PreviewGuidance, PreviewLine, detect_import, read_import,
    read_llama_index_collection,
};
pub use judged::folded;
pub use qrels::{Qrels, read_qrels};
pub use queries::{Queries, Query, read_queries};
pub use role::{FileRole, detect_role};
pub use run::{Hit, Run, read_run};
pub(crate) use text_file::{decode, is_jsonl, lines};
