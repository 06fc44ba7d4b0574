//! The loop with the LLM as the page sees it: prompts, requests, answers, and the audit of what came back.

use super::convert;
use super::failure::{Stop, bad_lines, failure, shown};
use super::protocol::{
    AnswerFiles, AnswersInfo, AskItem, AskWishes, Asks, NamedFile, PlaceItem, Progress, PromptItem, Reply,
};
use super::session::Session;
use super::worker::Caller;
use crate::data::{Feedback, Queries, Query, read_queries};
use crate::engine::{EmbeddingJob, EngineError, Role, SampleFigures, Tower};
use crate::feedback::audit::leave_out;
use crate::feedback::{
    Answers, Ask, AskKind, AskSettings, FeedbackError, Known, Prompts, RequestSettings, chat_request, merge,
    write_batch, write_feedback,
};
use serde_bytes::ByteBuf;

type Answer = Result<Reply, Stop>;

impl Session {
    /// The prompts as they come with the program.
    pub(super) fn prompts(&self) -> Answer {
        let prompts = Prompts::built_in().map_err(stop)?;
        let item = |kind: AskKind| PromptItem {
            name: kind.name().to_owned(),
            text: kind.prompt_text().to_owned(),
            version: prompts.of(kind).version().to_owned(),
        };
        Ok(Reply::Prompts { prompts: AskKind::ALL.map(item).to_vec() })
    }

    /// Writes what to ask next.
    pub(super) async fn ask(&self, caller: &Caller, wishes: AskWishes) -> Answer {
        let mut prompts = Prompts::built_in().map_err(stop)?;
        for own in &wishes.prompts {
            let kind = AskKind::from_name(&own.name);
            let kind =
                kind.ok_or_else(|| failure("prompt", format!("There is no prompt '{}'.", own.name), ""))?;
            prompts.replace(kind, &own.text).map_err(stop)?;
        }
        let settings = AskSettings {
            round: wishes.round.try_into().unwrap_or(u16::MAX),
            relevance_pairs: wishes.relevance_pairs as usize,
        };
        let tower = if self.has_tuned_ranking()? { Tower::Tuned } else { Tower::Baseline };
        let list = if wishes.stage == "guidance" {
            let (vectors, figures) = self.samples(caller, tower).await?;
            self.engine()?.ask_guidance(tower, &vectors, &figures, wishes.below, &prompts, settings)?
        } else {
            let queries = self.queries_to_ask(caller, tower, &wishes).await?;
            let texts = queries.iter().map(|query| query.text.clone()).collect();
            let vectors = self.embed_queries(caller, texts, tower).await?;
            let candidates = wishes.candidates as usize;
            self.engine()?.ask_preferences(tower, &queries, &vectors, candidates, &prompts, settings)?
        };
        let request = RequestSettings::new(&wishes.model);
        let parts = write_batch(&list.asks, &prompts, &request).map_err(stop)?;
        let several = parts.len() > 1;
        let name =
            |i: usize| if several { format!("batch-{}.jsonl", i + 1) } else { "batch.jsonl".to_owned() };
        let file =
            |(i, part): (usize, String)| NamedFile { name: name(i), bytes: ByteBuf::from(part.into_bytes()) };
        let item = |ask: &Ask| AskItem {
            custom_id: ask.custom_id.clone(),
            kind: ask.kind.name().to_owned(),
            query: ask.query.text.clone(),
            body: serde_json::to_string(&chat_request(ask, &prompts, &request)).unwrap_or_default(),
        };
        Ok(Reply::Asks(Asks {
            asks: list.asks.iter().map(item).collect(),
            files: parts.into_iter().enumerate().map(file).collect(),
            without_useful_candidate: list.without_useful_candidate as u32,
            judged: list.judged as u32,
        }))
    }

    /// Takes answers into the feedback of the open collection.
    pub(super) fn take_answers(&self, given: AnswerFiles) -> Answer {
        let mut answers = Answers::default();
        for file in &given.files {
            answers.read_file(&file.name, &file.bytes).map_err(EngineError::from)?;
        }
        for reply in &given.replies {
            answers.read_reply(&reply.custom_id, &reply.body);
        }
        let collection = self.engine()?.collection()?.clone();
        let judged = collection.judged_texts();
        let queries = match &given.queries {
            Some(file) => read_queries(&file.name, &file.bytes).map_err(EngineError::from)?.value,
            None => Queries::default(),
        };
        let known = Known { corpus: &collection.corpus, queries: &queries, judged: &judged, asks: &[] };
        let existing = Feedback { queries: collection.all_feedback() };
        let merged = merge(answers, &known, existing);
        let text = write_feedback(&merged.feedback, &collection.corpus).map_err(stop)?;
        let file = NamedFile { name: "feedback.jsonl".to_owned(), bytes: ByteBuf::from(text.into_bytes()) };
        let info = self.replace_feedback(merged.feedback)?;
        Ok(Reply::Answers(AnswersInfo {
            collection: info,
            preferences: merged.preferences as u32,
            guidance: merged.guidance.map(|count| count as u32),
            repeated: merged.repeated as u32,
            refused: shown(&merged.refused),
            refused_count: merged.refused.len() as u32,
            notes: merged.notes.iter().map(ToString::to_string).collect(),
            settled: merged.settled.into_iter().collect(),
            file,
        }))
    }

    /// Looks for what is known to go wrong in the feedback.
    pub(super) async fn audit(&self, caller: &Caller) -> Answer {
        let job = self.engine()?.audit_embedding()?;
        let vectors = embed_with_progress(caller, job).await?;
        Ok(Reply::Audit(convert::audit_info(&self.engine()?.audit(&vectors)?)))
    }

    /// Leaves out lines and examples that the audit has named.
    pub(super) fn leave_out(&self, places: &[PlaceItem]) -> Answer {
        let collection = self.engine()?.collection()?.clone();
        let lines = collection.all_feedback();
        let last = lines.iter().map(|line| line.round()).max().unwrap_or(1);
        let (last, mut earlier): (Vec<_>, Vec<_>) = lines.into_iter().partition(|line| line.round() == last);
        let places = places.iter().map(convert::place).collect();
        earlier.extend(leave_out(&Feedback { queries: last }, &places).queries);
        Ok(Reply::Collection(self.replace_feedback(Feedback { queries: earlier })?))
    }

    /// The samples' embeddings by a tower, and how it orders their candidates.
    async fn samples(&self, caller: &Caller, tower: Tower) -> Result<(Vec<f32>, SampleFigures), Stop> {
        let texts = self.engine()?.sample_texts()?;
        let vectors = self.embed_queries(caller, texts, tower).await?;
        let figures = self.engine()?.sample_figures(tower, &vectors)?;
        Ok((vectors, figures))
    }

    /// Those of the person's file, or the samples that are served poorly or have no useful candidate.
    async fn queries_to_ask(
        &self,
        caller: &Caller,
        tower: Tower,
        wishes: &AskWishes,
    ) -> Result<Vec<Query>, Stop> {
        if let Some(file) = &wishes.queries {
            let parsed = read_queries(&file.name, &file.bytes).map_err(EngineError::from)?;
            if !parsed.refused.is_empty() {
                return Err(bad_lines(&parsed.refused, parsed.value.len()));
            }
            return Ok(parsed.value.iter().cloned().collect());
        }
        let (_, figures) = self.samples(caller, tower).await?;
        Ok(self.engine()?.queries_to_ask(&figures, wishes.below)?)
    }

    async fn embed_queries(
        &self,
        caller: &Caller,
        texts: Vec<String>,
        tower: Tower,
    ) -> Result<Vec<f32>, Stop> {
        let job = self.engine()?.embedding(texts, Role::Query, tower)?;
        embed_with_progress(caller, job).await
    }
}

async fn embed_with_progress(caller: &Caller, mut job: EmbeddingJob) -> Result<Vec<f32>, Stop> {
    while job.advance().await? {
        caller.progress(Progress::Embedding {
            what: "feedback texts".to_owned(),
            done: job.done() as u32,
            total: job.total() as u32,
        });
        caller.breathe().await?;
    }
    Ok(job.into_vectors())
}

fn stop(error: FeedbackError) -> Stop {
    failure("prompt", format!("{error}."), &error.remedy())
}
