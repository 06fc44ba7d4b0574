//! Corpora and queries, as JSON lines and as tables.

use crate::{cases, outcome};
use figret::data::{read_corpus, read_queries};

fn jsonl(bytes: impl AsRef<[u8]>) -> String {
    outcome(read_corpus("corpus.jsonl", bytes.as_ref()))
}

fn table(bytes: impl AsRef<[u8]>) -> String {
    outcome(read_corpus("corpus.csv", bytes.as_ref()))
}

fn queries(bytes: impl AsRef<[u8]>) -> String {
    outcome(read_queries("queries.jsonl", bytes.as_ref()))
}

/// The texts of a corpus that is read without a word.
fn texts(file: &str, bytes: impl AsRef<[u8]>) -> String {
    let parsed = read_corpus(file, bytes.as_ref()).unwrap();
    assert_eq!(parsed.refused, []);
    let texts: Vec<&str> = parsed.value.passages().iter().map(|passage| passage.text.as_str()).collect();
    format!("Read: {texts:?}")
}

fn utf16(text: &str, mark: bool) -> Vec<u8> {
    let units = mark.then_some(0xFEFF).into_iter().chain(text.encode_utf16());
    units.flat_map(u16::to_le_bytes).collect()
}

const GOOD: &str = "{\"_id\": \"a\", \"text\": \"x\"}\n";

cases! {
    empty: "a corpus of no bytes", jsonl("") => "?";
    blank: "a corpus of a byte order mark and blank lines", jsonl("\u{FEFF} \r\n\n") => "?";
    bom_and_crlf: "a byte order mark and CRLF", texts("corpus.jsonl", "\u{FEFF}{\"_id\": \"a\", \"text\": \"x\"}\r\n\r\n{\"_id\": \"b\", \"text\": \"y\"}\r\n") => "?";
    cr_line_ends: "CR as line end", jsonl(format!("{}\r{}", GOOD.trim(), GOOD.trim())) => "?";
    utf16_with_mark: "UTF-16 with a byte order mark", jsonl(utf16(GOOD, true)) => "?";
    utf16_without_mark: "UTF-16 without a byte order mark", jsonl(utf16(GOOD, false)) => "?";
    latin1: "Latin-1", jsonl(b"{\"_id\": \"a\", \"text\": \"x\"}\n{\"_id\": \"b\", \"text\": \"caf\xE9\"}") => "?";
    breaks_off: "a file that breaks off within a line", jsonl(format!("{GOOD}{{\"_id\": \"b\", \"te")) => "?";
    breaks_off_in_a_character: "a file that breaks off within a character", jsonl(b"{\"_id\": \"a\", \"text\": \"\xE2\x82") => "?";
    nul_byte: "a NUL within a line", jsonl(format!("{GOOD}{{\"_id\": \"b\", \"text\": \"\0\"}}")) => "?";
    nul_escape: "an escaped NUL in a text", texts("corpus.jsonl", r#"{"_id": "a", "text": "x\u0000y"}"#) => "?";
    lone_surrogate: "half a surrogate pair", jsonl(format!("{GOOD}{}", r#"{"_id": "b", "text": "\ud800"}"#)) => "?";
    json_list: "one JSON list instead of lines", jsonl("[{\"_id\": \"a\", \"text\": \"x\"}]") => "?";
    pretty_printed: "JSON over several lines", jsonl("{\n  \"_id\": \"a\"\n}\n") => "?";
    no_object: "a line that is no object", jsonl(format!("{GOOD}17\n\"text\"\n")) => "?";
    trailing_comma: "a comma too many", jsonl(format!("{GOOD}{{\"_id\": \"b\", \"text\": \"y\",}}\n")) => "?";
    deep_nesting: "100,000 brackets, one within the other", jsonl(format!("{GOOD}{{\"x\": {}\n", "[".repeat(100_000))) => "?";
    nan: "NaN as a value", jsonl(format!("{GOOD}{{\"_id\": NaN, \"text\": \"y\"}}\n")) => "?";
    duplicate_id: "an id that is used twice", jsonl(format!("{GOOD}\n{GOOD}")) => "?";
    missing_id: "a passage without an id", jsonl(format!("{GOOD}{{\"text\": \"y\"}}\n")) => "?";
    blank_id: "a blank id", jsonl(format!("{GOOD}{{\"_id\": \" \", \"text\": \"y\"}}\n")) => "?";
    id_of_wrong_type: "an id that is a list or a fraction", jsonl(format!("{GOOD}{{\"_id\": [1], \"text\": \"y\"}}\n{{\"_id\": 1.5, \"text\": \"y\"}}\n")) => "?";
    text_of_wrong_type: "a text that is an object", jsonl(format!("{GOOD}{{\"_id\": \"b\", \"text\": {{\"en\": \"y\"}}}}\n")) => "?";
    missing_text: "a passage without a text field", jsonl(format!("{GOOD}{{\"_id\": \"b\", \"title\": \"y\"}}\n")) => "?";
    empty_passage: "a passage of an empty text", texts("corpus.jsonl", format!("{GOOD}{{\"_id\": \"b\", \"text\": \"\"}}\n")) => "?";
    field_twice: "a field that is there twice: the last one counts, as in JSON", texts("corpus.jsonl", r#"{"_id": "a", "text": "x", "text": "y"}"#) => "?";
    long_words: "a bad value of 10,000 characters is clipped", jsonl(format!("{GOOD}{{\"_id\": \"b\", \"text\": [\"{}\"]}}\n", "y".repeat(10_000))) => "?";
    html: "an HTML page under the name of a corpus", jsonl("<!DOCTYPE html>\n<title>404</title>\n") => "?";
    picture: "a picture under the name of a corpus", jsonl(b"\x89PNG\r\n\x1A\n\0\0\0\rIHDR") => "?";
    table_without_text: "a table without a column of texts", table("id,words\n1,a\n") => "?";
    table_of_a_header: "a table of a header alone", table("id,text\n") => "?";
    table_with_more_columns: "a row with more columns than the header", table("id,text\n1,a\n2,b,c\n") => "?";
    table_with_fewer_columns: "a row with fewer columns than the header", table("id,text\n1,a\n2\n") => "?";
    table_with_blank_id: "a row without an id", table("id,text\n1,a\n ,b\n") => "?";
    table_with_open_quote: "a quote that never closes", table("id,text\n1,a\n2,\"b\n3,c\n4,d\n") => "?";
    table_with_line_end_in_quotes: "a line end within quotes", texts("corpus.csv", "id,text\r\n1,\"a\r\nb\"\r\n\r\n2,c\r\n") => "?";
    table_with_semicolons: "semicolons, and a byte order mark", texts("corpus.csv", "\u{FEFF}id;text\n1;a, b\n") => "?";
    table_with_stray_quote: "a quote that opens in a tsv without quoting", texts("corpus.tsv", "id\ttext\n1\t\"a\n2\tb\n") => "?";
    table_with_nul: "a NUL in a table", texts("corpus.csv", "id,text\n1,a\0b\n") => "?";
    table_of_records_alone: "a table without a header", table("1,some text\n2,another\n") => "?";
    query_without_text: "a query of an empty text", queries("{\"_id\": \"1\", \"text\": \"why\"}\n{\"_id\": \"2\", \"text\": \" \"}\n{\"_id\": \"3\", \"text\": null}\n") => "?";
    query_twice: "two queries of one id", queries("{\"_id\": 1, \"text\": \"why\"}\n{\"_id\": \"1\", \"text\": \"who\"}\n") => "?";
}
