//! The model card: what was taught on what, whether it helped, and how to load it.
//!
//! Says what it is told; what is not known it calls not known. No dates: nothing here has a clock.

use super::{MODEL_FOLDER, Recipe};
use crate::encoder::{Scope, Targets};
use crate::eval::{Comparison, Verdict};
use crate::train::{Schedule, Towers, TrainSettings};

/// What is known of a taught model.
#[derive(Debug, Clone, PartialEq)]
pub struct Card {
    /// The model that was taught.
    pub base: Recipe,
    /// The texts that it embeds.
    pub towers: Towers,
    /// The teaching that it came from; none of what was loaded from files.
    pub lesson: Option<Lesson>,
    /// nDCG@10 on the judged queries, before against after; none if it was not measured.
    pub comparison: Option<Comparison>,
}

/// A teaching that has ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Lesson {
    /// The collection's name.
    pub collection: String,
    /// How it was taught.
    pub settings: TrainSettings,
    /// Steps done.
    pub steps: usize,
    /// Steps after which the weights were as they are; 0 if nothing was better than the base model.
    pub kept_step: usize,
    /// Feedback queries that taught or validated.
    pub queries: usize,
    /// Samples that preference lessons came from.
    pub preference_queries: usize,
    /// Guidance lessons: relevance, comprehensiveness, purity.
    pub guidance: [usize; 3],
    /// Feedback queries kept for validation.
    pub validation_queries: usize,
}

impl Card {
    /// Writes the card as a `README.md` with Hugging Face's front matter.
    pub fn markdown(&self) -> String {
        let usage = match self.towers {
            Towers::Query => include_str!("model_use_query.md"),
            Towers::Both => include_str!("model_use_both.md"),
        };
        let lesson = self.lesson.as_ref().map_or_else(|| UNKNOWN_LESSON.to_owned(), Lesson::markdown);
        let figures = self.comparison.as_ref().map_or_else(|| NOT_MEASURED.to_owned(), figures);
        self.base
            .fill(&include_str!("model_card.md").replace("{USE}", usage.trim_end()))
            .replace("{MODEL_FOLDER}", MODEL_FOLDER)
            .replace("{VERSION}", env!("CARGO_PKG_VERSION"))
            .replace("{FIGURES}", &figures)
            .replace("{LESSON}", &lesson)
    }
}

const UNKNOWN_LESSON: &str = "Not known: it was made of files that do not tell what they were taught on.";
const NOT_MEASURED: &str = "Not measured when these files were written.";
const BASE_KEPT: &str = "**Nothing that was learnt was better than the base model on the validation queries, so these \
                         weights are the base model's.**\n\n";

impl Lesson {
    fn markdown(&self) -> String {
        let kept = if self.kept_step == 0 { BASE_KEPT } else { "" };
        let rows: Vec<String> =
            self.rows().into_iter().map(|(what, value)| format!("| {what} | {value} |")).collect();
        format!("{kept}| | |\n|---|---|\n{}", rows.join("\n"))
    }

    /// What it was taught on, then how.
    fn rows(&self) -> Vec<(&'static str, String)> {
        let [relevance, comprehensiveness, purity] = self.guidance;
        let settings = &self.settings;
        let mut rows = vec![
            ("collection", cell(&self.collection)),
            ("feedback queries", self.queries.to_string()),
            ("preference lists", self.preference_queries.to_string()),
            (
                "guidance examples at hand",
                format!("{relevance} relevance, {comprehensiveness} comprehensiveness, {purity} purity"),
            ),
            ("feedback queries kept for validation", self.validation_queries.to_string()),
            ("steps", format!("{} of {}, kept as after step {}", self.steps, settings.steps, self.kept_step)),
            ("queries in a step", settings.batch_queries.to_string()),
            ("method", method(settings)),
            ("texts that moved", moved(settings.towers).to_owned()),
            ("trained", trained(settings.scope)),
        ];
        rows.extend(how(settings));
        rows
    }
}

fn method(settings: &TrainSettings) -> String {
    settings
        .method()
        .map_or("FiGRet, own shares and weights".to_owned(), |method| format!("FiGRet, `{}`", method.name()))
}

fn moved(towers: Towers) -> &'static str {
    match towers {
        Towers::Query => "queries",
        Towers::Both => "queries and passages",
    }
}

fn trained(scope: Scope) -> String {
    let lora = match scope {
        Scope::Adapter(lora) => lora,
        Scope::Layers => return "every weight of the encoder layers".to_owned(),
        Scope::All => return "every weight".to_owned(),
    };
    let place = match lora.targets {
        Targets::QueryValue => "query and value of every attention",
        Targets::AllLinear => "all linear layers",
    };
    format!("LoRA of rank {} and alpha {} on {place}", lora.rank, lora.alpha)
}

fn how(settings: &TrainSettings) -> [(&'static str, String); 9] {
    let schedule = match settings.share.schedule {
        Schedule::Linear => "linear",
        Schedule::Step => "step",
        Schedule::Paced => "paced",
    };
    let rounds = match (settings.rounds, settings.poor_only) {
        (rounds, true) => format!("{rounds}, of samples under pref-NDCG@10 {}", settings.poor_below),
        (rounds, false) => format!("{rounds}, of all samples"),
    };
    [
        ("learning rate, weight decay", format!("{}, {}", settings.learning_rate, settings.weight_decay)),
        ("share of preference data", format!("{} to {}, {schedule}", settings.share.from, settings.share.to)),
        (
            "weights: contrastive, preference, retention",
            format!(
                "{}, {}, {}",
                settings.contrastive_weight, settings.preference_weight, settings.retention_weight
            ),
        ),
        ("temperatures: gains, scores", format!("{}, {}", settings.beta, settings.gamma)),
        ("best candidate weighed by its gain", yes(settings.weigh_by_gain)),
        ("guidance lends negatives", yes(settings.guidance_in_batch)),
        ("rounds", rounds),
        ("best state on validation kept", yes(settings.keep_best)),
        ("seed", settings.seed.to_string()),
    ]
}

fn yes(value: bool) -> String {
    if value { "yes" } else { "no" }.to_owned()
}

fn figures(comparison: &Comparison) -> String {
    let verdict = match comparison.verdict {
        Verdict::Better => "better",
        Verdict::Worse => "worse",
        Verdict::NoClearDifference => "no clear difference",
    };
    let Comparison { queries, before, after, mean_change, interval: [low, high], outcomes, p, .. } =
        comparison;
    format!(
        "nDCG@10, mean of {queries} judged queries: {before:.4} before, {after:.4} after, mean change {mean_change:+.4} \
         (95 % interval {low:+.4} to {high:+.4}; p = {:.4}, paired randomization test): {verdict}.\n\
         Better on {} queries, worse on {}.",
        p.value, outcomes.won, outcomes.lost
    )
}

/// A name as a cell of a table.
fn cell(name: &str) -> String {
    name.replace(['|', '\n', '\r', '`', '<'], " ")
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
mod tests {
    use super::*;
    use crate::eval::compare;

    fn lesson() -> Lesson {
        Lesson {
            collection: "pumps | 2".to_owned(),
            settings: TrainSettings { steps: 200, seed: 41, ..TrainSettings::default() },
            steps: 120,
            kept_step: 100,
            queries: 240,
            preference_queries: 190,
            guidance: [3, 4, 5],
            validation_queries: 48,
        }
    }

    #[test]
    fn it_tells_what_was_taught_on_what_and_whether_it_helped() {
        let comparison = compare(&[0.2, 0.4, 0.5], &[0.3, 0.6, 0.5], 0).unwrap();
        let card = Card {
            base: Recipe::default(),
            towers: Towers::Query,
            lesson: Some(lesson()),
            comparison: Some(comparison),
        };
        let text = card.markdown();
        for expected in [
            "base_model: sentence-transformers/all-MiniLM-L6-v2\n",
            "| collection | pumps   2 |",
            "| preference lists | 190 |",
            "| guidance examples at hand | 3 relevance, 4 comprehensiveness, 5 purity |",
            "| steps | 120 of 200, kept as after step 100 |",
            "| method | FiGRet, `contrast-and-order` |",
            "| trained | LoRA of rank 8 and alpha 16 on query and value of every attention |",
            "| seed | 41 |",
            "nDCG@10, mean of 3 judged queries: 0.3667 before, 0.4667 after, mean change +0.1000",
            "Better on 2 queries, worse on 0.",
        ] {
            assert!(text.contains(expected), "{expected}\n{text}");
        }
        assert!(!text.contains('{'), "a place was not filled:\n{text}");
    }

    #[test]
    fn it_says_which_texts_want_which_model() {
        let card =
            |towers| Card { base: Recipe::default(), towers, lesson: None, comparison: None }.markdown();
        let (query, both) = (card(Towers::Query), card(Towers::Both));
        assert!(
            query.contains(
                r#"passages = SentenceTransformer("sentence-transformers/all-MiniLM-L6-v2").encode("#
            )
        );
        assert!(!both.contains(r#"SentenceTransformer("sentence-transformers"#));
        for text in [query, both] {
            assert!(text.contains(r#"SentenceTransformer("figret-model")"#));
            assert!(text.contains(UNKNOWN_LESSON) && text.contains(NOT_MEASURED));
        }
    }

    #[test]
    fn a_lesson_that_changed_nothing_says_so() {
        let lesson = Lesson { kept_step: 0, ..lesson() };
        assert!(lesson.markdown().starts_with("**Nothing that was learnt"));
    }
}
