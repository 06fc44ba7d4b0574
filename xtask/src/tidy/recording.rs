//! A rule for the recorded comparison: it must be of the sample that ships with it.

use serde_json::Value;

use super::{Finding, Source};
use crate::record::{RECORDING, SAMPLE, digest};

/// Files of the sample that are not what was recorded, and a recording that is missing or cannot be read.
///
/// Without the sample there is nothing to be of.
pub(super) fn stale(sources: &[Source]) -> Vec<Finding> {
    let source = |path: &str| sources.iter().find(|source| source.path == path);
    if SAMPLE.iter().all(|path| source(path).is_none()) {
        return Vec::new();
    }
    let recorded = source(RECORDING).and_then(|source| serde_json::from_str::<Value>(&source.text).ok());
    let Some(recorded) = recorded else {
        return vec![finding("is missing or no JSON; `cargo xtask record` makes it")];
    };
    let is_other = |path: &&str| {
        let now = source(path).map(|source| digest(source.text.as_bytes()));
        now.as_deref() != recorded["sample"][*path].as_str()
    };
    let others = SAMPLE.iter().copied().filter(|path| is_other(path));
    others.map(|path| finding(&format!("is of another {path}; `cargo xtask record` makes it anew"))).collect()
}

fn finding(message: &str) -> Finding {
    Finding { path: RECORDING.to_owned(), line: 1, message: message.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;
    use serde_json::json;

    fn messages(sources: &[Source]) -> Vec<String> {
        stale(sources).into_iter().map(|finding| finding.message).collect()
    }

    #[test]
    fn a_recording_of_another_sample_is_found() {
        let mut sources: Vec<_> = SAMPLE.iter().map(|path| sample(path, "text\n")).collect();
        assert_eq!(messages(&sources).len(), 1, "a missing recording is a finding");
        let digests: serde_json::Map<_, _> =
            SAMPLE.iter().map(|path| ((*path).to_owned(), json!(digest(b"text\n")))).collect();
        sources.push(sample(RECORDING, &json!({ "sample": digests }).to_string()));
        assert_eq!(messages(&sources), Vec::<String>::new());
        sources[1].text = "another\n".to_owned();
        assert_eq!(messages(&sources).len(), 1);
        assert!(messages(&sources)[0].contains(SAMPLE[1]));
        sources.remove(1);
        assert_eq!(messages(&sources).len(), 1, "a file that is gone is a finding");
    }

    #[test]
    fn a_repository_without_the_sample_has_no_recording() {
        assert_eq!(messages(&[sample("src/lib.rs", "")]), Vec::<String>::new());
    }
}
