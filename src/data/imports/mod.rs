//! Import of what people have already: training files of other tools, read as feedback.
//!
//! Writes none of these formats and follows no reference out of a file. The rules of the mapping, alike for
//! all formats:
//!
//! - A text that equals a passage, but for blanks, by its text or by title and text, is that passage. Where
//!   several passages have the text, the first is taken and said so. A text that equals none stays a text: it
//!   serves in guidance and never becomes a candidate or a passage.
//! - Passages among the candidates become preferences. Their scores become gains as in the feedback file
//!   (`gains`), over all scores of the file; teachers' logits and log-likelihoods may be negative. Where a file
//!   says only which is better, a positive is of gain 3 and a negative of gain 0.
//! - Texts outside the corpus become guidance of objective relevance, positive over negatives. What the
//!   preferences say is not said again: passages are set against texts alone.
//! - Lines of one query (but for case and blanks) are one feedback query. A passage that one of them
//!   prefers and another does not is preferred; a score outdoes a side, and the first of two scores counts.
//! - An id that the corpus lacks is left out of a list and counted; a rating of one is refused. A line that
//!   teaches nothing is refused. Fields without a meaning here are kept with the query, those of its first
//!   line, and used for nothing.

mod compose;
mod detect;
mod example;
mod format;
mod llama_index;
mod passages;
mod pos_neg;
mod quepid;
mod report;
mod resolve;
#[cfg(test)]
mod samples;
mod sentence_transformers;
mod tally;
mod tevatron;
mod trl;

pub use detect::{Detection, detect_import};
pub use format::ImportFormat;
pub use llama_index::read_llama_index_collection;
pub use report::{ImportReport, PreviewGuidance, PreviewLine};

use super::error::Problem;
use super::text_file::{decode, finish, is_jsonl, lines};
use super::{Corpus, DataError, Feedback, Parsed, json_line};
use compose::Composer;
use detect::detect;
use example::Example;
use serde_json::{Map, Value};

/// A file of another tool, read as feedback, and how it was understood.
#[derive(Debug, Clone, PartialEq)]
pub struct Import {
    /// The feedback, how many lines went into it, and the lines that were refused.
    pub parsed: Parsed<Feedback>,
    /// What a person should see before teaching from it.
    pub report: ImportReport,
}

/// Reads a file of another tool as feedback on `corpus`, in the format `chosen` or else the one detected.
///
/// # Errors
/// [`DataError::UnknownFormat`] if no format is chosen or detected; any whole-file variant of [`DataError`].
pub fn read_import(
    file_name: &str,
    bytes: &[u8],
    corpus: &Corpus,
    chosen: Option<ImportFormat>,
) -> Result<Import, DataError> {
    let text = decode(file_name, bytes)?;
    let detection = match (chosen, detect(text)) {
        (Some(format), detected) => Detection::by_hand(format, detected.as_ref()),
        (None, Some(detected)) => detected,
        (None, None) => {
            // A list of objects is a known trouble with a remedy of its own.
            is_jsonl(file_name, text)?;
            return Err(DataError::UnknownFormat { file: file_name.to_owned() });
        }
    };
    let mut composer = Composer::new(corpus);
    let mut refused = Vec::new();
    for (line, example) in examples(detection.format, file_name, text)? {
        if let Err(problem) = example.and_then(|example| composer.add(line, example)) {
            refused.push(problem.at(file_name, line));
        }
    }
    let (feedback, tally) = composer.finish();
    let parsed = finish(file_name, feedback, tally.lines, refused)?;
    let report = ImportReport::new(file_name, detection, &parsed, &tally, corpus);
    Ok(Import { parsed, report })
}

/// The examples of a file with their lines, or what is wrong with these lines.
type Examples<'a> = Box<dyn Iterator<Item = (u64, Result<Example, Problem>)> + 'a>;

fn examples<'a>(format: ImportFormat, file: &str, text: &'a str) -> Result<Examples<'a>, DataError> {
    match format {
        ImportFormat::FlagEmbedding => jsonl(file, text, pos_neg::flag_embedding),
        ImportFormat::LlmEmbedder => jsonl(file, text, pos_neg::llm_embedder),
        ImportFormat::Tevatron => jsonl(file, text, tevatron::example),
        ImportFormat::Trl => jsonl(file, text, trl::example),
        ImportFormat::SentenceTransformers if is_jsonl(file, text)? => {
            jsonl(file, text, sentence_transformers::example)
        }
        ImportFormat::SentenceTransformers => sentence_transformers::table(file, text),
        ImportFormat::Quepid => quepid::table(file, text),
        ImportFormat::LlamaIndex => llama_index::examples(file, text),
    }
}

/// Reads one object a line.
fn jsonl<'a>(
    file: &str,
    text: &'a str,
    read: fn(Map<String, Value>) -> Result<Example, Problem>,
) -> Result<Examples<'a>, DataError> {
    is_jsonl(file, text)?;
    Ok(Box::new(lines(text).map(move |(line, text)| (line, json_line::parse_object(text).and_then(read)))))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::super::{Guidance, Objective, Passage, TextRef};
    use super::samples::{self, SAMPLES, corpus};
    use super::*;

    fn read(text: &str) -> Import {
        read_import("file", text.as_bytes(), &corpus(), None).unwrap()
    }

    /// Position and gain of the candidates of a query.
    fn gains(import: &Import, query: usize) -> Vec<(usize, u8)> {
        import.parsed.value.queries[query].preferences.iter().map(|p| (p.passage, p.gain)).collect()
    }

    fn lesson(query: &str, positive: TextRef, negatives: &[TextRef]) -> Guidance {
        let (query, negatives) = (query.to_owned(), negatives.to_vec());
        Guidance { objective: Objective::Relevance, query, positive, negatives }
    }

    fn text(text: &str) -> TextRef {
        TextRef::Text(text.to_owned())
    }

    /// What is said of one bad line after the good ones of a sample.
    fn said(sample: &str, bad: &str) -> String {
        let import = read(&format!("{sample}{bad}\n"));
        assert_eq!(import.parsed.refused.len(), 1, "{bad}");
        assert_eq!(import.report.left_out, 1);
        import.parsed.refused[0].to_string()
    }

    #[test]
    fn every_sample_is_read_alike_whatever_its_line_ends() {
        for (format, text) in SAMPLES {
            let plain = read(text);
            assert_eq!(plain.parsed.refused, [], "{format:?}");
            let crlf = format!("\u{FEFF}{}", text.replace('\n', "\r\n"));
            assert_eq!(read(&crlf), plain, "{format:?}");
        }
    }

    #[test]
    fn flag_embedding_gives_scores_to_passages_and_guidance_to_texts() {
        let import = read(samples::FLAG_EMBEDDING);
        // -7.5 -> 0, -1.5 -> 1.5, 4.5 -> 3. The score of the text outside the corpus counts for nothing.
        assert_eq!(gains(&import, 0), [(0, 3), (1, 2), (2, 0)]);
        assert_eq!(gains(&import, 1), [(3, 3)]);
        let queries = &import.parsed.value.queries;
        assert_eq!(queries[0].guidance, []);
        assert_eq!(
            queries[1].guidance,
            [lesson("pump is loud", TextRef::Passage(3), &[text("Buy a boat.")])]
        );
        assert_eq!(queries[0].other.len(), 2);
        let report = &import.report;
        assert_eq!((report.queries, report.scored, report.sided, report.guidance), (2, 4, 0, 1));
        assert_eq!(report.choices, ["scores from -7.5 to 4.5 are scaled to gains 0 to 3 over the file"]);
        assert_eq!(
            report.unmapped,
            [
                "scores of texts outside the corpus, which cannot be candidates: 1",
                "fields without a meaning here: prompt, type",
            ]
        );
    }

    #[test]
    fn the_preview_shows_lines_as_they_are_understood() {
        let report = read(samples::FLAG_EMBEDDING).report;
        assert_eq!((report.file.as_str(), report.format), ("file", ImportFormat::FlagEmbedding));
        assert_eq!(report.reason, "its lines have query, pos, pos_scores, neg_scores, prompt and type");
        let candidates = [("d1", 3), ("d2", 2), ("d3", 0)].map(|(id, gain)| (id.to_owned(), gain)).to_vec();
        let (query, guidance) = ("radiator stays cold".to_owned(), vec![]);
        assert_eq!(report.first[0], PreviewLine { line: 1, query, candidates, guidance });
        let (positive, negatives) = ("d4".to_owned(), vec!["\"Buy a boat.\"".to_owned()]);
        assert_eq!(report.first[1].guidance, [PreviewGuidance { positive, negatives }]);
    }

    #[test]
    fn sides_without_scores_are_gains_3_and_0() {
        let import = read(concat!(
            r#"{"query": "a", "pos": ["Bleed the radiator."], "neg": ["Check the pressure."], "pos_scores": [], "neg_scores": null}"#,
            "\n",
            r#"{"query": "b", "pos": ["Bleed the radiator.", "Oil it."], "neg": []}"#,
        ));
        assert_eq!((gains(&import, 0), gains(&import, 1)), (vec![(0, 3), (1, 0)], vec![(0, 3)]));
        assert_eq!((import.report.scored, import.report.sided), (0, 3));
        assert_eq!(
            import.report.choices,
            ["without a score, a positive is of gain 3 and a negative of gain 0"]
        );
        assert_eq!(import.report.unmapped, ["texts outside the corpus that nothing is set against: 1"]);
    }

    #[test]
    fn a_positive_text_is_set_against_all_negatives_and_a_passage_against_texts_alone() {
        let import = read(
            r#"{"query": "q", "pos": ["Bleed the radiator.", "Oil it."], "neg": ["Check the pressure.", "Buy a boat."]}"#,
        );
        assert_eq!(gains(&import, 0), [(0, 3), (1, 0)]);
        let (passage, boat) = (TextRef::Passage(1), text("Buy a boat."));
        assert_eq!(
            import.parsed.value.queries[0].guidance,
            [
                lesson("q", TextRef::Passage(0), std::slice::from_ref(&boat)),
                lesson("q", text("Oil it."), &[passage, boat]),
            ]
        );
    }

    #[test]
    fn negatives_alone_are_no_preferences() {
        let import = read(r#"{"query": "q", "pos": ["Oil it."], "neg": ["Check the pressure."]}"#);
        assert_eq!(gains(&import, 0), []);
        assert_eq!(
            import.parsed.value.queries[0].guidance,
            [lesson("q", text("Oil it."), &[TextRef::Passage(1)])]
        );
    }

    #[test]
    fn lines_of_one_query_are_joined_and_the_stronger_mark_stays() {
        let import = read(concat!(
            r#"{"query": "Why?", "query_id": 5, "pos": ["Bleed the radiator."], "neg": ["Check the pressure.", "Check  the pressure."]}"#,
            "\n",
            r#"{"query": " why? ", "pos": ["Check the pressure."], "neg": ["Call the installer.", "Check the pressure."], "x": 1}"#,
            "\n",
            r#"{"query": "why?", "pos": [], "neg": ["Call the installer."], "pos_scores": [], "neg_scores": [2]}"#,
        ));
        let query = &import.parsed.value.queries[0];
        assert_eq!((query.query_id.as_str(), query.query.as_str(), query.line), ("5", "Why?", 1));
        assert_eq!(gains(&import, 0), [(0, 3), (1, 3), (2, 2)]);
        assert_eq!((import.parsed.records, import.report.queries), (3, 1));
        assert_eq!(
            import.report.unmapped,
            [
                "texts that a line holds twice: 1",
                "texts that are better and worse for the same query, taken for better: 2",
                "fields without a meaning here: x",
            ]
        );
    }

    #[test]
    fn a_line_that_comes_again_adds_nothing_and_texts_are_trimmed() {
        let line = r#"{"query": "q", "pos": [" Oil  it. "], "neg": ["Buy a boat."], "type": "x"}"#;
        let import = read(&format!("{line}\n{line}\n"));
        let lessons = &import.parsed.value.queries[0].guidance;
        assert_eq!(*lessons, [lesson("q", text("Oil  it."), &[text("Buy a boat.")])]);
        assert_eq!(import.parsed.records, 2);
    }

    #[test]
    fn a_text_that_two_passages_have_is_the_first_and_a_long_query_is_clipped() {
        let twin = |id: &str| Passage { id: id.into(), title: String::new(), text: "Same.".into() };
        let corpus = Corpus::new(vec![twin("a"), twin("b")]).unwrap();
        let line = format!(r#"{{"query": "{}", "pos": ["Same."], "type": "x"}}"#, "long ".repeat(20));
        let import = read_import("f", line.as_bytes(), &corpus, None).unwrap();
        assert_eq!(gains(&import, 0), [(0, 3)]);
        assert_eq!(import.report.choices[1], "of several passages with the same text the first is meant: 1");
        assert_eq!(import.report.first[0].query.chars().count(), 61);
    }

    #[test]
    fn llm_embedder_keeps_one_list_of_scores() {
        let import = read(samples::LLM_EMBEDDER);
        // -4 -> 0, -2 -> 2, -1 -> 3.
        assert_eq!(gains(&import, 0), [(0, 3), (1, 2), (2, 0)]);
        let fields: Vec<&str> = import.parsed.value.queries[0].other.keys().map(String::as_str).collect();
        assert_eq!(fields.len(), 3);
        assert!(fields.contains(&"answers"));
    }

    #[test]
    fn sentence_transformers_takes_scores_or_margins_for_labels() {
        let import = read(samples::SENTENCE_TRANSFORMERS);
        // 0.1 -> 0, 0.5 -> 1.5, 0.9 -> 3.
        assert_eq!(gains(&import, 0), [(0, 3), (1, 2), (2, 0)]);
        assert!(import.parsed.value.queries[0].other.is_empty());
        let margins = read(concat!(
            r#"{"query": "a", "positive": "Bleed the radiator.", "negative": "Check the pressure.", "score": 4.5}"#,
            "\n",
            r#"{"query": "b", "positive": "Bleed the radiator.", "negative_1": "Check the pressure.", "negative_2": "Call the installer.", "label": [1.5, 9]}"#,
        ));
        // 0 -> 3, -1.5 -> 2.5, -4.5 -> 1.5, -9 -> 0.
        assert_eq!(gains(&margins, 0), [(0, 3), (1, 2)]);
        assert_eq!(gains(&margins, 1), [(0, 3), (1, 3), (2, 0)]);
        assert_eq!(margins.report.choices.len(), 2);
        assert!(margins.report.choices[0].starts_with("a label with one number fewer"));
    }

    #[test]
    fn sentence_transformers_numbers_its_negatives() {
        let negatives: Vec<String> = (1..=10).rev().map(|n| format!(r#""negative_{n}": "n{n}""#)).collect();
        let line = format!(
            r#"{{"anchor": "q", "positive": "Oil it.", {}, "negative_x": "no number"}}"#,
            negatives.join(", ")
        );
        let import = read(&line);
        let query = &import.parsed.value.queries[0];
        let expected: Vec<TextRef> = (1..=10).map(|n| text(&format!("n{n}"))).collect();
        assert_eq!(query.guidance[0].negatives, expected);
        assert!(query.other.contains_key("negative_x"));
    }

    #[test]
    fn sentence_transformers_tables_have_labels_in_cells_and_blank_cells() {
        let import = read(samples::TRIPLETS);
        assert_eq!(gains(&import, 0), [(0, 3), (1, 0)]);
        assert_eq!(
            import.parsed.value.queries[0].guidance,
            [lesson("Radiator stays cold", TextRef::Passage(0), &[text("Buy a boat, now.")])]
        );
        let labelled = read(
            "Anchor\tPositive\tnegative_1\tnegative_2\tlabel\n\
             a\tBleed the radiator.\tCheck the pressure.\tCall the installer.\t[3, 1, 0]\n\
             b\tBleed the radiator.\tCheck the pressure.\t\t[2. 1.]\n\
             c\tBleed the radiator.\t\t\t1\n\
             d\tBleed the radiator.\tCheck the pressure.\t\thigh\n\
             e\tBleed the radiator.\n",
        );
        assert_eq!(
            [0, 1, 2].map(|query| gains(&labelled, query)),
            [vec![(0, 3), (1, 1), (2, 0)], vec![(0, 2), (1, 1)], vec![(0, 1)]]
        );
        assert_eq!(gains(&labelled, 3), [(0, 3)]);
        assert_eq!(
            labelled.parsed.refused[0].to_string(),
            "file line 5: label 'high' is neither a number nor a list of numbers. Correct it, or leave the line \
             out."
        );
        assert_eq!(labelled.report.choices[0], "scores are gains as they are, 0 to 3");
    }

    #[test]
    fn tevatron_ids_that_the_corpus_lacks_are_left_out() {
        let import = read(samples::TEVATRON);
        assert_eq!(import.parsed.value.queries[0].query_id, "7");
        assert_eq!(gains(&import, 0), [(0, 3), (1, 0)]);
        assert_eq!(
            import.report.unmapped,
            ["ids that the corpus lacks: 1", "fields without a meaning here: source"]
        );
    }

    #[test]
    fn trl_pairs_are_texts_or_chats() {
        let import = read(samples::TRL);
        let queries = &import.parsed.value.queries;
        assert_eq!(gains(&import, 0), [(0, 3)]);
        assert_eq!(
            queries[0].guidance,
            [lesson("radiator stays cold", TextRef::Passage(0), &[text("Buy a boat.")])]
        );
        assert_eq!(queries[1].guidance, [lesson("pump is loud", text("Oil it."), &[text("Sell it.")])]);
        assert!(import.report.choices[0].starts_with("of a chat, the user's last message is the query"));
        let implicit = read(
            r#"{"chosen": [{"role": "user", "content": "old"}, {"role": "assistant", "content": "older"}, {"role": "user", "content": [{"type": "image"}, {"type": "text", "text": "new"}]}, {"role": "assistant", "content": "yes"}], "rejected": [{"role": "assistant", "content": "no"}], "prompt": null}"#,
        );
        assert_eq!(implicit.parsed.value.queries[0].guidance, [lesson("new", text("yes"), &[text("no")])]);
    }

    #[test]
    fn llama_index_nodes_are_found_by_id_or_text_and_queries_by_line() {
        let import = read(samples::LLAMA_INDEX);
        let queries = &import.parsed.value.queries;
        let ids: Vec<(u64, &str)> = queries.iter().map(|q| (q.line, q.query_id.as_str())).collect();
        assert_eq!(ids, [(3, "q-2"), (4, "q-1")]);
        assert_eq!((gains(&import, 0), gains(&import, 1)), (vec![(3, 3)], vec![(0, 3)]));
        let by_id = samples::LLAMA_INDEX.replace("n-1", "d3").replace("n-2", "d2");
        assert_eq!(gains(&read(&by_id), 0), [(1, 3)]);
    }

    #[test]
    fn llama_index_queries_that_cannot_be_used_are_refused_where_they_stand() {
        let bad = samples::LLAMA_INDEX.replace(
            "\"queries\": {\n",
            "\"queries\": {\n\"a\": \"lost\",\n\"b\": 1,\n\"c\": \" \",\n\"d\": \"other\",\n",
        );
        let bad = bad.replace("\"relevant_docs\": {", "\"relevant_docs\": {\n\"d\": [\"n-9\"],");
        let said: Vec<String> = read(&bad).parsed.refused.iter().map(ToString::to_string).collect();
        assert_eq!(
            said,
            [
                "file line 3: nothing in it is said to be better than anything else. Correct it, or leave the \
                 line out.",
                "file line 4: query 'b' is a number, not a text. Correct it, or leave the line out.",
                "file line 5: query 'c' has no text. Correct it, or leave the line out.",
                "file line 6: passages that the corpus lacks: 1, and what is left teaches nothing. Leave \
                 the line out, or add the passages.",
            ]
        );
    }

    #[test]
    fn llama_index_brings_a_corpus_and_queries() {
        let bytes = samples::LLAMA_INDEX.replace("\"n-1\": \"", "\"empty\": \"\", \"n-1\": \"").into_bytes();
        let (corpus, queries) = read_llama_index_collection("f", &bytes).unwrap();
        assert_eq!((corpus.len(), queries.len()), (2, 2));
        let position = corpus.position("n-1").unwrap();
        assert_eq!(corpus.passages()[position].text, "Bleed the radiator.");
        assert_eq!(queries.get("q-2").unwrap().text, "pump is loud");
        let empty = br#"{"queries": {}, "corpus": {}, "relevant_docs": {}}"#;
        let error = read_llama_index_collection("f", empty).unwrap_err().to_string();
        assert_eq!(
            error,
            "f holds no usable line; the first one: f line 1: a corpus needs at least one passage. Add passages."
        );
    }

    #[test]
    fn quepid_ratings_of_a_query_are_its_candidates() {
        let import = read(samples::QUEPID);
        assert_eq!((gains(&import, 0), gains(&import, 1)), (vec![(0, 3), (1, 0)], vec![(3, 2)]));
        assert_eq!(import.parsed.value.queries[1].query, "pump, loud");
        assert_eq!((import.parsed.records, import.report.queries, import.report.scored), (3, 2, 3));
        let twice = read("Query Text,Doc ID,Rating\nmilk,d1,2\nmilk,d1,1\nMilk,d1,2\n");
        assert_eq!(gains(&twice, 0), [(0, 2)]);
        assert_eq!(twice.report.unmapped, ["candidates with different scores, of which the first counts: 1"]);
        let scaled = read("Query Text,Doc ID,Rating\nmilk,d1,10\nmilk,d2,1\nmilk,d3,5.5\n");
        assert_eq!(gains(&scaled, 0), [(0, 3), (1, 0), (2, 2)]);
    }

    #[test]
    fn a_person_may_choose_another_format() {
        let line = r#"{"query": "q", "pos": ["Bleed the radiator."], "neg": ["Check the pressure."], "pos_scores": [1], "neg_scores": [0], "teacher_scores": [0, 2]}"#;
        let choose = |format| read_import("file", line.as_bytes(), &corpus(), format).unwrap();
        assert_eq!(gains(&choose(None), 0), [(0, 1), (1, 0)]);
        let chosen = choose(Some(ImportFormat::LlmEmbedder));
        assert_eq!(gains(&chosen, 0), [(0, 0), (1, 2)]);
        assert_eq!(chosen.report.format, ImportFormat::LlmEmbedder);
        assert_eq!(chosen.report.others, [ImportFormat::FlagEmbedding]);
        let words = "query,docid,rating\nmilk,d1,1\n";
        let quepid = read_import("f", words.as_bytes(), &corpus(), Some(ImportFormat::Quepid)).unwrap();
        assert_eq!(gains(&quepid, 0), [(0, 1)]);
    }

    #[test]
    fn scores_that_do_not_fit_are_refused() {
        let text = |scores: &str| {
            format!(
                r#"{{"query": "x", "pos": ["Bleed the radiator."], "neg": ["Check the pressure.", "b"], {scores}}}"#
            )
        };
        let remedy = "Give every text a score or none, or leave the line out.";
        for (scores, reason) in [
            (r#""pos_scores": [1], "neg_scores": [1]"#, "'neg_scores' and 'neg' differ in number: 1 and 2"),
            (r#""pos_scores": [1]"#, "'neg_scores' and 'neg' differ in number: 0 and 2"),
            (
                r#""pos_scores": [1, 2], "neg_scores": [1, 2]"#,
                "'pos_scores' and 'pos' differ in number: 2 and 1",
            ),
        ] {
            let expected = format!("file line 3: {reason}. {remedy}");
            assert_eq!(said(samples::FLAG_EMBEDDING, &text(scores)), expected);
        }
        assert_eq!(
            said(samples::LLM_EMBEDDER, &text(r#""teacher_scores": [1, 2]"#)),
            format!("file line 2: 'teacher_scores' and 'pos' with 'neg' differ in number: 2 and 3. {remedy}")
        );
        for (texts, label, numbers) in [
            (r#""positive": "b", "negative": "c""#, "[1, 2, 3]", "3 and 2"),
            (r#""positive": "b", "negative_1": "c", "negative_2": "d""#, "1", "1 and 3"),
            (r#""positive": ["b", "e"], "negative": "c""#, "[1, 2]", "2 and 3"),
        ] {
            assert_eq!(
                said(
                    samples::SENTENCE_TRANSFORMERS,
                    &format!(r#"{{"anchor": "a", {texts}, "label": {label}}}"#)
                ),
                format!("file line 2: the label and the texts differ in number: {numbers}. {remedy}")
            );
        }
        assert_eq!(
            said(samples::FLAG_EMBEDDING, &text(r#""pos_scores": ["1"], "neg_scores": [1, 2]"#)),
            "file line 3: pos_scores: score \"1\" is a text, not a number. Correct it, or leave the line \
             out."
        );
    }

    #[test]
    fn lines_that_teach_nothing_are_refused() {
        let unscored = r#"{"query": "z", "pos": ["Bleed the radiator."], "neg": ["Check the pressure."]}"#;
        for (sample, bad, reason) in [
            (
                unscored,
                r#"{"query": "x", "pos": ["Oil it."], "neg": []}"#,
                "its positive is not in the corpus, and there is no negative to set it against. Leave the line \
                 out, or add the passage.",
            ),
            (
                unscored,
                r#"{"query": "x", "pos": [], "neg": ["Check the pressure."]}"#,
                "nothing in it is said to be better than anything else. Correct it, or leave the line out.",
            ),
            (
                unscored,
                r#"{"query": "x", "pos": [""], "neg": []}"#,
                "text 1 of 'pos' is empty. Correct it, or leave the line out.",
            ),
            (
                unscored,
                r#"{"pos": ["a"], "neg": ["b"]}"#,
                "field 'query' is missing. Correct it, or leave the line out.",
            ),
            (
                unscored,
                r#"{"query": "x", "query_id": 1, "pos": ["Oil it."]"#,
                "not JSON at character 48: EOF while parsing an object. Correct it, or leave the line out.",
            ),
            (
                r#"{"query_text": "z", "positive_document_ids": ["d1"]}"#,
                r#"{"query_text": "x", "positive_document_ids": ["d9"], "negative_document_ids": ["d2", "d8"]}"#,
                "passages that the corpus lacks: 2, and what is left teaches nothing. Leave the line out, \
                 or add the passages.",
            ),
            (
                r#"{"prompt": "p", "chosen": "a", "rejected": "b"}"#,
                r#"{"prompt": [{"role": "user", "content": "p"}], "chosen": [], "rejected": "b"}"#,
                "'chosen' holds no words of the assistant. Correct it, or leave the line out.",
            ),
            (
                "Query Text,Doc ID,Rating\nmilk,d1,2",
                "milk,d9,1",
                "doc_id 'd9' is not in the corpus. Leave the line out, or add the passage.",
            ),
            (
                "Query Text,Doc ID,Rating\nmilk,d1,2",
                "bread,,",
                "query 'bread' is not rated here. Leave the line out.",
            ),
            (
                "Query Text,Doc ID,Rating\nmilk,d1,2",
                "milk,d2,good",
                "rating 'good' is not a number. Correct it, or leave the line out.",
            ),
            (
                "Query Text,Doc ID,Rating\nmilk,d1,2",
                "milk,d2,NaN",
                "rating 'NaN' is not a number. Correct it, or leave the line out.",
            ),
            (
                "Query Text,Doc ID,Rating\nmilk,d1,2",
                " ,d2,1",
                "the query is empty. Correct it, or leave the line out.",
            ),
            (
                r#"{"prompt": "p", "chosen": "a", "rejected": "b"}"#,
                r#"{"prompt": "p", "chosen": [{"role": "assistant", "content": 7}], "rejected": "b"}"#,
                "'chosen' holds no words of the assistant. Correct it, or leave the line out.",
            ),
        ] {
            let line = sample.lines().count() + 1;
            assert_eq!(said(&format!("{sample}\n"), bad), format!("file line {line}: {reason}"));
        }
    }

    #[test]
    fn an_id_belongs_to_one_query() {
        let good = r#"{"query_id": 1, "query_text": "a", "positive_document_ids": ["d1"]}"#;
        let again = good.replace("\"a\"", "\"A\"");
        let other = good.replace("\"a\"", "\"b\"");
        assert_eq!(
            said(&format!("{good}\n{again}\n"), &other),
            "file line 3: query_id '1' is already used on line 1. Leave the line out, or give it an id of its \
             own."
        );
    }

    #[test]
    fn files_that_cannot_be_read_say_why() {
        let refuse = |name: &str, text: &str, format| {
            let error = read_import(name, text.as_bytes(), &corpus(), format).unwrap_err();
            (error.to_string(), error.remedy())
        };
        let (unknown, remedy) = refuse("f.csv", "a,b\n1,2\n", None);
        assert_eq!(unknown, "f.csv is in none of the formats that are read as feedback");
        assert!(remedy.starts_with("Choose its format by hand"), "{remedy}");
        let (list, _) = refuse("f.json", "[{\"query\": \"q\", \"pos\": []}]", None);
        assert_eq!(list, "f.json line 1: the file is one JSON list, not one JSON object a line");
        let (column, remedy) = refuse("f.csv", "query,docid\nq,1\n", Some(ImportFormat::Quepid));
        assert_eq!(column, "f.csv line 1: no column holds the rating; the header has query, docid");
        assert_eq!(remedy, "Name that column one of: rating.");
        let (column, _) = refuse("f.csv", "anchor,text\nq,1\n", Some(ImportFormat::SentenceTransformers));
        assert_eq!(column, "f.csv line 1: no column holds the positive; the header has anchor, text");
        let (dataset, _) = refuse("f.json", "{\"queries\": {},\n \"relevant_docs\": [}", None);
        assert!(
            dataset.starts_with(
                "f.json holds no usable line; the first one: f.json line 2: not a dataset of queries, corpus \
                 and relevant_docs:"
            ),
            "{dataset}"
        );
        let (useless, _) = refuse("f", r#"{"query": "q", "pos": ["Oil it."]}"#, None);
        assert!(useless.starts_with("f holds no usable line; the first one: f line 1: its positive"));
    }
}
