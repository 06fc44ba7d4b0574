//! The prompts: texts of the repository, or edited ones, with named placeholders that are filled for each ask.
//!
//! A prompt's first line names its kind and version; the headings `# System` and `# User` begin its parts. An
//! edited text gets a version of its own, so that feedback never claims a prompt that did not make it.

use super::ask_id::{MAX_VERSION_CHARS, hex_digest};
use super::{AskKind, FeedbackError};
use crate::data::{Objective, clip};

const SYSTEM: &str = "# System";
const USER: &str = "# User";
/// Bytes of an edited text's SHA-256 that are added to its version.
const EDITED_BYTES: usize = 2;

impl AskKind {
    /// Returns the text of its prompt as it stands in the repository.
    pub fn prompt_text(self) -> &'static str {
        match self {
            Self::Preference => include_str!("prompts/preference.md"),
            Self::Guidance(Objective::Relevance) => include_str!("prompts/relevance.md"),
            Self::Guidance(Objective::Comprehensiveness) => include_str!("prompts/comprehensiveness.md"),
            Self::Guidance(Objective::Purity) => include_str!("prompts/purity.md"),
        }
    }

    /// Returns the placeholders that its prompt must hold; there are no others.
    pub fn placeholders(self) -> &'static [&'static str] {
        match self {
            Self::Guidance(Objective::Relevance) => &["query", "better", "worse"],
            Self::Guidance(Objective::Purity) => &["query", "passage"],
            Self::Preference | Self::Guidance(Objective::Comprehensiveness) => &["query", "passages"],
        }
    }
}

/// A prompt of one kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prompt {
    version: String,
    system: String,
    user: String,
}

impl Prompt {
    /// Reads a prompt, the repository's or an edited one.
    ///
    /// # Errors
    /// A variant of [`FeedbackError`] that names what is missing or unknown.
    pub fn parse(kind: AskKind, text: &str) -> Result<Self, FeedbackError> {
        let text = text.trim_start_matches('\u{FEFF}').trim_end();
        let mut lines = text.lines();
        let version = version(kind, lines.next().unwrap_or_default())?;
        let (system, user) = parts(kind, &lines.collect::<Vec<_>>())?;
        check_placeholders(kind, &[&system, &user])?;
        if !(system.contains("JSON") || user.contains("JSON")) {
            return Err(FeedbackError::PromptWithoutJson { kind });
        }
        let is_edited = !text.lines().eq(kind.prompt_text().trim_end().lines());
        let version = if is_edited {
            format!("{version}+{}", hex_digest(&[&system, &user], EDITED_BYTES))
        } else {
            version.to_owned()
        };
        Ok(Self { version, system, user })
    }

    /// Returns its version; that of an edited text ends in `+` and four digits of its SHA-256.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Fills the placeholders and returns the system and the user message.
    ///
    /// What is filled in is not searched for placeholders again.
    pub fn fill(&self, value: impl Fn(&str) -> Option<String>) -> [String; 2] {
        [&self.system, &self.user].map(|part| filled(part, &value))
    }
}

/// A prompt for each kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prompts {
    preference: Prompt,
    /// In the order of [`Objective::ALL`].
    guidance: [Prompt; 3],
}

impl Prompts {
    /// Reads the prompts of the repository.
    ///
    /// # Errors
    /// As [`Prompt::parse`]; a test keeps the repository's prompts free of them.
    pub fn built_in() -> Result<Self, FeedbackError> {
        let read = |kind: AskKind| Prompt::parse(kind, kind.prompt_text());
        let [preference, relevance, comprehensiveness, purity] = AskKind::ALL.map(read);
        Ok(Self { preference: preference?, guidance: [relevance?, comprehensiveness?, purity?] })
    }

    /// Takes an edited text for one kind.
    ///
    /// # Errors
    /// As [`Prompt::parse`]; the prompt before stays.
    pub fn replace(&mut self, kind: AskKind, text: &str) -> Result<(), FeedbackError> {
        let prompt = Prompt::parse(kind, text)?;
        let [relevance, comprehensiveness, purity] = &mut self.guidance;
        match kind {
            AskKind::Preference => self.preference = prompt,
            AskKind::Guidance(Objective::Relevance) => *relevance = prompt,
            AskKind::Guidance(Objective::Comprehensiveness) => *comprehensiveness = prompt,
            AskKind::Guidance(Objective::Purity) => *purity = prompt,
        }
        Ok(())
    }

    /// Returns the prompt of a kind.
    pub fn of(&self, kind: AskKind) -> &Prompt {
        let [relevance, comprehensiveness, purity] = &self.guidance;
        match kind {
            AskKind::Preference => &self.preference,
            AskKind::Guidance(Objective::Relevance) => relevance,
            AskKind::Guidance(Objective::Comprehensiveness) => comprehensiveness,
            AskKind::Guidance(Objective::Purity) => purity,
        }
    }
}

/// Reads `prompt KIND, version VERSION`.
fn version(kind: AskKind, line: &str) -> Result<&str, FeedbackError> {
    let version = line
        .trim()
        .strip_prefix("prompt ")
        .and_then(|rest| rest.strip_prefix(kind.name()))
        .and_then(|rest| rest.strip_prefix(", version "));
    let is_sound = |version: &&str| {
        let mut bytes = version.bytes();
        !version.is_empty()
            && version.len() <= MAX_VERSION_CHARS
            && bytes.all(|b| b.is_ascii_alphanumeric() || b == b'.' || b == b'-')
    };
    version.filter(is_sound).ok_or(FeedbackError::PromptFirstLine { kind })
}

/// The texts below the two headings.
fn parts(kind: AskKind, lines: &[&str]) -> Result<(String, String), FeedbackError> {
    let missing = |heading: &'static str| FeedbackError::PromptPart { kind, heading };
    let mut at_headings = lines.splitn(2, |line| line.trim_end() == SYSTEM);
    let after_system = at_headings.nth(1).ok_or(missing(SYSTEM))?;
    let mut at_headings = after_system.splitn(2, |line| line.trim_end() == USER);
    let part = |lines: Option<&[&str]>| lines.map(|lines| lines.join("\n").trim().to_owned());
    let system = part(at_headings.next()).filter(|text| !text.is_empty()).ok_or(missing(SYSTEM))?;
    let user = part(at_headings.next()).filter(|text| !text.is_empty()).ok_or(missing(USER))?;
    Ok((system, user))
}

fn check_placeholders(kind: AskKind, parts: &[&str]) -> Result<(), FeedbackError> {
    let found: Vec<&str> =
        parts.iter().flat_map(|part| pieces(part)).filter_map(Piece::placeholder).collect();
    if let Some(unknown) = found.iter().find(|name| !kind.placeholders().contains(name)) {
        return Err(FeedbackError::UnknownPlaceholder { kind, placeholder: clip(unknown) });
    }
    match kind.placeholders().iter().find(|name| !found.contains(name)) {
        Some(placeholder) => Err(FeedbackError::MissingPlaceholder { kind, placeholder }),
        None => Ok(()),
    }
}

fn filled(part: &str, value: &impl Fn(&str) -> Option<String>) -> String {
    let text = |piece: Piece| match piece {
        Piece::Text(text) => text.to_owned(),
        Piece::Placeholder(name) => value(name).unwrap_or_default(),
    };
    pieces(part).map(text).collect()
}

/// A stretch of a prompt.
#[derive(Debug, PartialEq, Eq)]
enum Piece<'a> {
    Text(&'a str),
    Placeholder(&'a str),
}

impl<'a> Piece<'a> {
    fn placeholder(self) -> Option<&'a str> {
        match self {
            Self::Placeholder(name) => Some(name),
            Self::Text(_) => None,
        }
    }
}

/// Cuts a prompt at its placeholders: a name in lower case between double braces. Other braces are text.
fn pieces(part: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = part;
    let mut after_text = None;
    std::iter::from_fn(move || {
        if let Some(placeholder) = after_text.take() {
            return Some(placeholder);
        }
        if rest.is_empty() {
            return None;
        }
        let Some((text, name, tail)) = next_placeholder(rest) else {
            return Some(Piece::Text(std::mem::take(&mut rest)));
        };
        rest = tail;
        after_text = Some(Piece::Placeholder(name));
        Some(Piece::Text(text))
    })
}

/// Finds the first placeholder: what stands before it, its name, and what follows.
fn next_placeholder(text: &str) -> Option<(&str, &str, &str)> {
    text.match_indices("{{").find_map(|(start, _)| {
        let (before, from) = text.split_at_checked(start)?;
        let (name, tail) = from.strip_prefix("{{")?.split_once("}}")?;
        let is_name = !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
        is_name.then_some((before, name, tail))
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;

    const PURITY: AskKind = AskKind::Guidance(Objective::Purity);

    fn purity(text: &str) -> Result<Prompt, FeedbackError> {
        Prompt::parse(PURITY, text)
    }

    fn edited(system: &str, user: &str) -> String {
        format!("prompt purity, version 2\n\n# System\n{system}\n\n# User\n{user}\n")
    }

    #[test]
    fn the_prompts_of_the_repository_are_sound() {
        let prompts = Prompts::built_in().unwrap();
        for kind in AskKind::ALL {
            let prompt = prompts.of(kind);
            assert_eq!(prompt.version(), "1");
            let text = prompt.fill(|name| Some(format!("<{name}>"))).join("\n");
            assert!(text.contains("JSON") && !text.contains("{{"), "{}", kind.name());
            kind.placeholders().iter().for_each(|name| assert!(text.contains(&format!("<{name}>"))));
        }
        let comprehensiveness = prompts.of(AskKind::Guidance(Objective::Comprehensiveness));
        assert!(comprehensiveness.system.contains("Fewer than 180 words"));
    }

    #[test]
    fn what_is_filled_in_is_not_searched_again() {
        let prompt =
            purity(&edited("JSON {\"a\": {\"b\": 1}} {{ }} {{}}", "{{query}}: {{passage}}!")).unwrap();
        let value = |name: &str| Some(if name == "query" { "{{passage}}" } else { "P" }.to_owned());
        assert_eq!(prompt.fill(value), ["JSON {\"a\": {\"b\": 1}} {{ }} {{}}", "{{passage}}: P!"]);
    }

    #[test]
    fn an_edited_prompt_has_a_version_of_its_own() {
        let mut prompts = Prompts::built_in().unwrap();
        let shipped = PURITY.prompt_text();
        prompts.replace(PURITY, &format!("\u{FEFF}{}", shipped.replace('\n', "\r\n"))).unwrap();
        assert_eq!(prompts, Prompts::built_in().unwrap());
        prompts.replace(PURITY, &shipped.replace("80 words", "60 words")).unwrap();
        let version = prompts.of(PURITY).version();
        assert!(version.starts_with("1+") && version.len() == 6, "{version}");
        assert_eq!(prompts.of(AskKind::Preference).version(), "1");
    }

    #[test]
    fn a_prompt_that_cannot_work_says_why() {
        let good = edited("JSON", "{{query}} {{passage}}");
        assert!(purity(&good).is_ok());
        for (text, expected) in [
            (good.replace("prompt purity", "prompt relevance"), "does not begin with its kind and version"),
            (good.replace("version 2", "version 2|3"), "does not begin with its kind and version"),
            (good.replace("version 2", "version 123456789"), "does not begin with its kind and version"),
            (good.replace("# System", "## System"), "has no part '# System'"),
            (good.replace("# User", "User"), "has no part '# User'"),
            (edited(" ", "JSON {{query}} {{passage}}"), "has no part '# System'"),
            (good.replace("{{passage}}", "{passage}"), "has no placeholder {{passage}}"),
            (good.replace("{{passage}}", "{{passage}} {{title}}"), "has an unknown placeholder {{title}}"),
            (good.replace("JSON", "json"), "does not say JSON"),
        ] {
            let error = purity(&text).unwrap_err();
            assert_eq!(error.to_string(), format!("the purity prompt {expected}"));
        }
        let unknown = FeedbackError::UnknownPlaceholder { kind: PURITY, placeholder: "title".into() };
        assert_eq!(unknown.remedy(), "There are {{query}}, {{passage}}.");
    }
}
