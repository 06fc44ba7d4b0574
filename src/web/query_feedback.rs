//! What the feedback teaches about one query, in words.
//!
//! Feedback on judged queries is not among it: that teaches nothing.

use super::failure::Stop;
use super::protocol::{CandidateGain, FeedbackLine, GuidanceItem, Reply};
use super::session::Session;
use crate::data::{Corpus, FeedbackQuery, Guidance, Preference, TextRef};

impl Session {
    /// The lines of the open collection's feedback about a query's text.
    pub(super) fn feedback_on(&self, query: &str) -> Result<Reply, Stop> {
        let engine = self.engine()?;
        let collection = engine.collection()?;
        let lines = collection.feedback.iter().flat_map(|feedback| feedback.about(query));
        Ok(Reply::QueryFeedback { lines: lines.map(|found| line(found, &collection.corpus)).collect() })
    }
}

fn line(line: &FeedbackQuery, corpus: &Corpus) -> FeedbackLine {
    FeedbackLine {
        round: line.round() as u32,
        gains: line.preferences.iter().filter_map(|preference| gain(*preference, corpus)).collect(),
        guidance: line.guidance.iter().map(|example| guidance(example, corpus)).collect(),
    }
}

fn gain(preference: Preference, corpus: &Corpus) -> Option<CandidateGain> {
    let passage = corpus.passages().get(preference.passage)?;
    Some(CandidateGain {
        passage_id: passage.id.clone(),
        title: passage.title.clone(),
        gain: preference.gain,
    })
}

fn guidance(example: &Guidance, corpus: &Corpus) -> GuidanceItem {
    GuidanceItem {
        objective: example.objective.name().to_owned(),
        query: example.query.clone(),
        better: text(&example.positive, corpus),
        worse: example.negatives.iter().map(|worse| text(worse, corpus)).collect(),
    }
}

fn text(text: &TextRef, corpus: &Corpus) -> String {
    match text {
        TextRef::Passage(position) => {
            corpus.passages().get(*position).map(|passage| passage.embedding_text()).unwrap_or_default()
        }
        TextRef::Text(text) => text.clone(),
    }
}
