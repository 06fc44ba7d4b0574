//! Bytes of a file to its text and numbered lines.
//!
//! Repairs a byte order mark and CRLF without a word; guesses no encoding but UTF-8.

use super::{DataError, Parsed, Refusal};

/// Decodes a file, which must be UTF-8 and hold something.
pub(crate) fn decode<'a>(file: &str, bytes: &'a [u8]) -> Result<&'a str, DataError> {
    if is_utf16(bytes) {
        return Err(DataError::Utf16 { file: file.to_owned() });
    }
    let text = std::str::from_utf8(bytes).map_err(|e| {
        let good = bytes.get(..e.valid_up_to()).unwrap_or_default();
        let line_start = good.iter().rposition(|&b| b == b'\n').map_or(0, |i| i + 1);
        DataError::NotUtf8 {
            file: file.to_owned(),
            line: 1 + newlines(good),
            byte: (good.len() - line_start + 1) as u64,
        }
    })?;
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    if text.trim().is_empty() {
        return Err(DataError::EmptyFile { file: file.to_owned() });
    }
    Ok(text)
}

/// Tells UTF-16 by its byte order mark, or by an ASCII character at the start: no text begins with a NUL.
fn is_utf16(bytes: &[u8]) -> bool {
    matches!(bytes, [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] | [0, 1..=255, ..] | [1..=255, 0, ..])
}

/// Iterates over the lines that hold something, with their physical numbers from 1 and without line ends.
pub(crate) fn lines(text: &str) -> impl Iterator<Item = (u64, &str)> {
    (1..)
        .zip(text.split('\n'))
        .map(|(n, line)| (n, line.trim_end_matches('\r')))
        .filter(|(_, l)| !l.trim().is_empty())
}

/// Counts line ends.
pub(super) fn newlines(bytes: &[u8]) -> u64 {
    bytes.iter().filter(|&&b| b == b'\n').count() as u64
}

/// Tells whether a file holds one JSON object a line, by its name or else by how it begins.
///
/// # Errors
/// [`DataError::JsonArray`] if it is JSON, but one list.
pub(crate) fn is_jsonl(file: &str, text: &str) -> Result<bool, DataError> {
    let name = file.to_lowercase();
    let start = text.trim_start();
    let named = [".jsonl", ".ndjson", ".json"].iter().any(|ext| name.ends_with(ext));
    if named && start.starts_with('[') {
        return Err(DataError::JsonArray { file: file.to_owned() });
    }
    Ok(named || start.starts_with('{'))
}

/// Wraps up a reader's result; a file without a single usable record is an error.
pub(super) fn finish<T>(
    file: &str,
    value: T,
    records: usize,
    refused: Vec<Refusal>,
) -> Result<Parsed<T>, DataError> {
    if records == 0 {
        let first = refused.into_iter().next().map(Box::new);
        return Err(DataError::NoUsableRecord { file: file.to_owned(), first });
    }
    Ok(Parsed { value, records, refused })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;

    #[test]
    fn byte_order_mark_and_crlf_are_repaired() {
        let text = decode("f", b"\xEF\xBB\xBFa\r\n\r\n  \nb").unwrap_or_default();
        assert_eq!(lines(text).collect::<Vec<_>>(), [(1, "a"), (4, "b")]);
    }

    #[test]
    fn what_is_not_utf8_is_refused_with_its_place() {
        let error = decode("corpus.jsonl", b"ab\ncd\xE9f").unwrap_err();
        assert_eq!(error, DataError::NotUtf8 { file: "corpus.jsonl".into(), line: 2, byte: 3 });
        assert_eq!(error.to_string(), "corpus.jsonl line 2: byte 3 of the line is not UTF-8");
        assert_eq!(error.remedy(), "Save the file as UTF-8.");
        let error = decode("c", b"\xFF\xFEa\0").unwrap_err();
        assert_eq!(error.to_string(), "c line 1: the file is UTF-16, not UTF-8");
        assert_eq!(decode("c", b"\xEF\xBB\xBF \r\n"), Err(DataError::EmptyFile { file: "c".into() }));
    }

    #[test]
    fn json_is_told_by_name_or_start() {
        assert_eq!(is_jsonl("a.jsonl", "broken"), Ok(true));
        assert_eq!(is_jsonl("a.txt", " {\"a\": 1}"), Ok(true));
        assert_eq!(is_jsonl("a.csv", "id,text"), Ok(false));
        let list = is_jsonl("a.json", "[{}]");
        assert_eq!(list, Err(DataError::JsonArray { file: "a.json".into() }));
    }
}
