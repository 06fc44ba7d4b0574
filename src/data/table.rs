//! Rows of csv, tsv and whitespace-separated files, with physical line numbers.
//!
//! Knows separators, quotes and line numbers; what a column means is the reader's business.

use super::error::Problem;
use super::text_file::{lines, newlines};
use csv::StringRecord;

/// What stands between two columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Separator {
    Tab,
    Comma,
    Semicolon,
    /// Any run of blanks, as in TREC files; lines that begin with `#` are comments.
    Blank,
}

impl Separator {
    /// Picks the separator of a table by its first line: the one that occurs most, tabs before commas.
    pub(super) fn of(text: &str) -> Self {
        let header =
            lines(text).map(|(_, line)| line).find(|line| !line.starts_with('#')).unwrap_or_default();
        let count = |separator: char| header.matches(separator).count();
        let candidates = [(count(';'), Self::Semicolon), (count(','), Self::Comma), (count('\t'), Self::Tab)];
        let best = candidates.into_iter().max_by_key(|(n, _)| *n);
        best.filter(|(n, _)| *n > 0).map_or(Self::Blank, |(_, separator)| separator)
    }

    fn byte(self) -> Option<u8> {
        match self {
            Self::Tab => Some(b'\t'),
            Self::Comma => Some(b','),
            Self::Semicolon => Some(b';'),
            Self::Blank => None,
        }
    }
}

/// A row with its line, or a line that cannot be a row.
pub(super) type Row = Result<(u64, StringRecord), (u64, Problem)>;

/// Iterates over the rows that hold something.
pub(super) fn rows<'a>(text: &'a str, separator: Separator) -> Box<dyn Iterator<Item = Row> + 'a> {
    let Some(byte) = separator.byte() else {
        let rows = lines(text).filter(|(_, line)| !line.starts_with('#'));
        return Box::new(rows.map(|(n, line)| Ok((n, line.split_whitespace().collect::<StringRecord>()))));
    };
    // Many tsv files know no quotes, and a text that begins with one would swallow what follows. Where every
    // line has the same number of tabs there is nothing for quotes to protect.
    let quoting = separator != Separator::Tab || !even_tabs(text);
    let reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(byte)
        .quoting(quoting)
        .from_reader(text.as_bytes());
    let rows = Rows { text, reader, counted_to: 0, line: 1, quoting };
    Box::new(rows.filter(|row| !matches!(row, Ok((_, fields)) if fields.iter().all(|f| f.trim().is_empty()))))
}

fn even_tabs(text: &str) -> bool {
    let mut counts = lines(text).map(|(_, line)| line.matches('\t').count());
    let first = counts.next();
    counts.all(|count| Some(count) == first)
}

struct Rows<'a> {
    text: &'a str,
    reader: csv::Reader<&'a [u8]>,
    counted_to: usize,
    line: u64,
    quoting: bool,
}

impl Iterator for Rows<'_> {
    type Item = Row;

    fn next(&mut self) -> Option<Row> {
        let mut fields = StringRecord::new();
        let start = self.reader.position().byte() as usize;
        match self.reader.read_record(&mut fields) {
            Ok(false) => None,
            Err(error) => Some(Err((self.line, Problem::new(error.to_string(), "Correct the line.")))),
            Ok(true) => {
                let line = self.line_of(start);
                if self.is_unclosed(start) {
                    return Some(Err((line, unclosed_quote())));
                }
                Some(Ok((line, if self.quoting { fields } else { fields.iter().map(unquote).collect() })))
            }
        }
    }
}

impl Rows<'_> {
    /// Finds the physical line on which the record after byte `start` begins; csv's own count lags behind
    /// blank lines and CRLF.
    fn line_of(&mut self, start: usize) -> u64 {
        let bytes = self.text.as_bytes();
        let rest = bytes.get(start..).unwrap_or_default();
        let skipped = rest.iter().take_while(|&&b| b == b'\r' || b == b'\n').count();
        self.line += newlines(bytes.get(self.counted_to..start + skipped).unwrap_or_default());
        self.counted_to = start + skipped;
        self.line
    }

    /// Tells whether the record from `start` runs over line ends to the end of the file for want of a quote.
    fn is_unclosed(&self, start: usize) -> bool {
        let at_end = self.reader.position().byte() as usize >= self.text.len();
        // Looked at for the last record alone: for each, trimming would make the cost quadratic.
        let record = if at_end { self.text.get(start..).unwrap_or_default().trim() } else { "" };
        self.quoting && record.contains('\n') && record.matches('"').count() % 2 == 1
    }
}

fn unclosed_quote() -> Problem {
    Problem::new(
        "a double quote opens here and never closes; the rest of the file cannot be read",
        "Close the quote, or write it twice.",
    )
}

/// Takes the quotes off a field that is quoted as a whole.
fn unquote(field: &str) -> String {
    let inner = field.trim_end_matches('\r');
    match inner.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        Some(inner) => inner.replace("\"\"", "\""),
        None => inner.to_owned(),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(u64, Vec<String>)> {
        rows(text, Separator::of(text))
            .map(|row| row.unwrap())
            .map(|(line, fields)| (line, fields.iter().map(str::to_owned).collect()))
            .collect()
    }

    fn row(line: u64, fields: &[&str]) -> (u64, Vec<String>) {
        (line, fields.iter().map(|&f| f.to_owned()).collect())
    }

    #[test]
    fn separators_are_told_by_the_first_line() {
        assert_eq!(Separator::of("a\tb, c\n"), Separator::Tab);
        assert_eq!(Separator::of("\na,b;c,d"), Separator::Comma);
        assert_eq!(Separator::of("a;b"), Separator::Semicolon);
        assert_eq!(Separator::of("1 0 d 1"), Separator::Blank);
    }

    #[test]
    fn lines_are_physical_through_crlf_blank_lines_and_quoted_line_ends() {
        let text = "id,text\r\n\r\n1,\"two\r\nlines\"\r\n , \r\n2,b\r\n";
        let expected = [row(1, &["id", "text"]), row(3, &["1", "two\r\nlines"]), row(6, &["2", "b"])];
        assert_eq!(read(text), expected);
    }

    #[test]
    fn a_tsv_without_quoting_keeps_its_stray_quotes() {
        let text = "id\ttext\n1\t\"open and\n2\t\"whole \"\"x\"\"\"\n";
        assert_eq!(
            read(text),
            [row(1, &["id", "text"]), row(2, &["1", "\"open and"]), row(3, &["2", "whole \"x\""])]
        );
    }

    #[test]
    fn a_tsv_with_quoted_line_ends_is_read_with_quotes() {
        let text = "id\ttext\n1\t\"a\nb\"\n2\td\n";
        assert_eq!(read(text), [row(1, &["id", "text"]), row(2, &["1", "a\nb"]), row(4, &["2", "d"])]);
    }

    #[test]
    fn an_unclosed_quote_is_refused_where_it_opens() {
        let text = "id,text\n1,a\n2,\"never\n3,b\n4,c\n";
        let seen: Vec<Row> = rows(text, Separator::Comma).collect();
        assert_eq!(seen.len(), 3);
        let (line, problem) = seen[2].clone().unwrap_err();
        assert_eq!(line, 3);
        assert!(problem.reason.starts_with("a double quote opens here"));
    }

    #[test]
    fn blank_separated_rows_skip_comments() {
        assert_eq!(read("# qrels\n1  0 d 1\n"), [row(2, &["1", "0", "d", "1"])]);
    }
}
