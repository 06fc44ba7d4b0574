//! The whole way: asks, batch lines, a provider's files, feedback lines, and the reader of feedback files.
//!
//! The provider is played here: it answers in its own order, fails now and then, and wraps its JSON.

use super::{
    Answers, Ask, AskKind, AskList, AskSettings, Asking, Known, Merged, Prompts, RequestSettings, merge,
    unanswered_requests, write_batch, write_feedback,
};
use crate::data::{Corpus, Feedback, Objective, Passage, Queries, Query, TextRef, read_feedback};
use serde_json::{Value, json};
use std::collections::HashSet;

const SETTINGS: AskSettings = AskSettings { round: 1, relevance_pairs: 1 };

struct World {
    corpus: Corpus,
    queries: Queries,
    judged: HashSet<String>,
    prompts: Prompts,
}

impl World {
    fn new() -> Self {
        let passage = |i: usize| Passage {
            id: format!("d{i}"),
            title: format!("Title {i}"),
            text: format!("Text of {i} with \"quotes\" and {{{{query}}}}."),
        };
        let query = |id: &str| Query { id: id.into(), text: format!("what about {id}?") };
        let ids = ["q1", "line 2", "a|very|long|id|that|cannot|stand|in|a|custom|id|as|it|is"];
        Self {
            corpus: Corpus::new((0..6).map(passage).collect()).unwrap_or_else(|e| panic!("{e}")),
            queries: Queries::new(ids.map(query).to_vec()).unwrap_or_else(|e| panic!("{e}")),
            judged: HashSet::from(["what about the test?".to_owned()]),
            prompts: Prompts::built_in().unwrap_or_else(|e| panic!("{e}")),
        }
    }

    fn ask(&self, asking: impl Fn(&mut Asking)) -> AskList {
        let mut list = Asking::new(&self.corpus, &self.prompts, &self.judged, SETTINGS);
        asking(&mut list);
        list.finish()
    }

    fn batch(&self, asks: &[Ask]) -> String {
        let parts = write_batch(asks, &self.prompts, &RequestSettings::new("m-1"));
        parts.unwrap_or_else(|e| panic!("{e}")).concat()
    }

    fn merge(&self, files: &[(&str, String)], asks: &[Ask], existing: Feedback) -> Merged {
        let mut answers = Answers::default();
        for (name, text) in files {
            answers.read_file(name, text.as_bytes()).unwrap_or_else(|e| panic!("{e}"));
        }
        let known = Known { corpus: &self.corpus, queries: &self.queries, judged: &self.judged, asks };
        merge(answers, &known, existing)
    }

    fn read_back(&self, feedback: &Feedback) -> Feedback {
        let written = write_feedback(feedback, &self.corpus).unwrap_or_else(|e| panic!("{e}"));
        let parsed = read_feedback("feedback.jsonl", written.as_bytes(), &self.corpus);
        let parsed = parsed.unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(parsed.refused, []);
        parsed.value
    }
}

/// The passages' ids as they stand in a request's user message.
fn shown(request: &Value) -> Vec<String> {
    let user = request["body"]["messages"][1]["content"].as_str().unwrap_or_default();
    let passages = user.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    passages.filter_map(|passage| Some(passage.get("doc_id")?.as_str()?.to_owned())).collect()
}

/// What the played LLM says: the lower a passage's number, the more useful it is.
fn answer(request: &Value) -> Value {
    let ids = shown(request);
    let kind = request["custom_id"].as_str().unwrap_or_default().split(['|', '@']).nth(1).unwrap_or_default();
    match AskKind::from_name(kind) {
        Some(AskKind::Preference) => {
            let gain = |id: &String| 3 - id[1..].parse::<i32>().unwrap_or(9).min(3);
            let scores: Vec<Value> = ids.iter().map(|id| json!({"doc_id": id, "score": gain(id)})).collect();
            json!({"need": "to know", "scores": scores})
        }
        Some(AskKind::Guidance(Objective::Relevance)) => {
            let new_query = format!("what else about {}?", ids[1]);
            json!({"better_doc_id": ids[0], "worse_doc_id": ids[1], "new_query": new_query})
        }
        Some(AskKind::Guidance(Objective::Comprehensiveness)) => {
            json!({"doc_ids": ids, "merged": "all in all"})
        }
        Some(AskKind::Guidance(Objective::Purity)) => {
            json!({"doc_id": ids[0], "dense": "the point", "sparse": "by the way, the point, and so on"})
        }
        None => panic!("{kind}"),
    }
}

/// The provider's output and error file for a batch: last request first, every third one failed.
fn provider(batch: &str) -> [String; 2] {
    let [mut output, mut errors] = [String::new(), String::new()];
    let requests: Vec<Value> = batch.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    for (i, request) in requests.iter().enumerate().rev() {
        let custom_id = &request["custom_id"];
        if i % 3 == 2 {
            let error = json!({"code": "batch_expired", "message": "too late"});
            errors += &format!("{}\n", json!({"custom_id": custom_id, "response": null, "error": error}));
        } else {
            let content = format!("Here it is:\n```json\n{}\n```", answer(request));
            let choice = json!({"index": 0, "finish_reason": "stop",
                                "message": {"role": "assistant", "content": content, "refusal": null}});
            let body = json!({"model": "m-1-2024", "object": "chat.completion", "choices": [choice]});
            let response = json!({"status_code": 200, "body": body});
            output += &format!("{}\n", json!({"custom_id": custom_id, "response": response, "error": null}));
        }
    }
    [output, errors]
}

/// Sends a batch, and what failed once more, and merges what came back.
fn ask_until_answered(world: &World, asks: &[Ask], existing: &Feedback) -> Merged {
    let batch = world.batch(asks);
    let [output, errors] = provider(&batch);
    let failed = errors.lines().count();
    let mut files = vec![("errors.jsonl", errors), ("output.jsonl", output)];
    let first = world.merge(&files, asks, existing.clone());
    assert_eq!((first.unanswered(asks).len(), first.refused.len()), (failed, failed));
    let open = unanswered_requests("batch.jsonl", batch.as_bytes(), &first.settled);
    let open = open.unwrap_or_else(|e| panic!("{e}"));
    let [output, errors] = provider(&open);
    assert_eq!((open.lines().count(), errors.as_str()), (failed, ""), "few enough for none to fail");
    files.push(("again.jsonl", output));
    let all = world.merge(&files, asks, existing.clone());
    assert_eq!(all.unanswered(asks), Vec::<&Ask>::new());
    all
}

#[test]
fn asks_become_feedback_that_the_reader_takes() {
    let world = World::new();
    let lists = [[0, 1, 5], [4, 2, 3], [5, 4, 3]];
    let preferences = world.ask(|asking| {
        world.queries.iter().zip(lists).for_each(|(query, list)| asking.preference(query, &list));
    });
    let judged = ask_until_answered(&world, &preferences.asks, &Feedback::default());
    let gains: Vec<Vec<(usize, u8)>> = judged
        .feedback
        .queries
        .iter()
        .map(|query| query.preferences.iter().map(|p| (p.passage, p.gain)).collect())
        .collect();
    let expected = [vec![(0, 3), (1, 2), (5, 0)], vec![(4, 0), (2, 1), (3, 0)], vec![(5, 0), (4, 0), (3, 0)]];
    assert_eq!(gains, expected);

    let feedback = world.read_back(&judged.feedback);
    assert_eq!(feedback, judged.feedback);
    let guidance = world.ask(|asking| feedback.queries.iter().for_each(|query| asking.guidance(query)));
    assert_eq!((guidance.asks.len(), guidance.without_useful_candidate), (5, 1));
    let taught = ask_until_answered(&world, &guidance.asks, &feedback);
    assert_eq!((taught.guidance, taught.preferences), ([4, 1, 2], 0));
    let feedback = world.read_back(&taught.feedback);
    assert_eq!(feedback, taught.feedback);
    assert_eq!(feedback.guidance_counts(), [4, 1, 2]);
    let first = &feedback.queries[0];
    assert_eq!(first.guidance[1].query, "what else about d1?");
    assert_eq!(first.guidance[2].negatives, [TextRef::Passage(1)]);
    let prompts = json!({"preference": "1", "relevance": "1", "comprehensiveness": "1", "purity": "1"});
    let origin = json!({"round": 1, "model": "m-1-2024", "prompts": prompts});
    assert_eq!(Value::Object(first.other.clone()), origin);
}

#[test]
fn files_alone_are_enough_and_their_order_means_nothing() {
    let world = World::new();
    let asks =
        world.ask(|asking| world.queries.iter().for_each(|query| asking.preference(query, &[0, 1]))).asks;
    let [output, errors] = provider(&world.batch(&asks));
    let one = world.merge(&[("o", output.clone()), ("e", errors.clone())], &[], Feedback::default());
    let backwards: String = output.lines().rev().map(|line| format!("{line}\n")).collect();
    let other = world.merge(&[("e", errors), ("o", backwards)], &[], Feedback::default());
    assert_eq!(one.feedback, other.feedback);
    assert_eq!((one.preferences, one.refused.len()), (2, 1));
    world.read_back(&one.feedback);
}
