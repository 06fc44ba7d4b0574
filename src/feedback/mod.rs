//! What goes to the LLM and what comes back: prompts, requests, answers, and the feedback lines made of them.
//!
//! Sends nothing, waits for nothing and opens no file: requests and answers are texts, and whoever carries them
//! may use a batch service or an endpoint that takes one request at a time.

mod answer;
mod answers;
mod ask;
mod ask_id;
mod asking;
pub mod audit;
mod directory;
mod error;
mod lessons;
mod lines;
mod merge;
mod prompt;
mod reply;
mod request;

pub use answer::Content;
pub use answers::{Answer, Answers};
pub use ask::{Ask, Shown};
pub use ask_id::{AskId, AskKind};
pub use asking::{AskList, AskSettings, Asking};
pub use error::{FeedbackError, Note};
pub use lines::write_feedback;
pub use merge::{Known, Merged, merge};
pub use prompt::{Prompt, Prompts};
pub use request::{ChatRequest, RequestSettings, chat_request, unanswered_requests, write_batch};

#[cfg(test)]
mod round_trip;
