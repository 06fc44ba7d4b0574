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
    empty: "a corpus of no bytes", jsonl("") => "Refused: corpus.jsonl is empty. Choose another file.";
    blank: "a corpus of a byte order mark and blank lines",
        jsonl("\u{FEFF} \r\n\n") =>
        "Refused: corpus.jsonl is empty. Choose another file.";
    bom_and_crlf: "a byte order mark and CRLF",
        texts("corpus.jsonl", "\u{FEFF}{\"_id\": \"a\", \"text\": \"x\"}\r\n\r\n{\"_id\": \"b\", \"text\": \"y\"}\r\n") =>
        "Read: [\"x\", \"y\"]";
    cr_line_ends: "CR as line end",
        jsonl(format!("{}\r{}", GOOD.trim(), GOOD.trim())) =>
        "Refused: corpus.jsonl holds no usable line; the first one: corpus.jsonl line 1: not JSON at character 27: trailing characters. Correct it, or leave the line out. Check that this is the file you meant.";
    utf16_with_mark: "UTF-16 with a byte order mark",
        jsonl(utf16(GOOD, true)) =>
        "Refused: corpus.jsonl line 1: the file is UTF-16, not UTF-8. Save the file as UTF-8.";
    utf16_without_mark: "UTF-16 without a byte order mark",
        jsonl(utf16(GOOD, false)) =>
        "Refused: corpus.jsonl line 1: the file is UTF-16, not UTF-8. Save the file as UTF-8.";
    latin1: "Latin-1",
        jsonl(b"{\"_id\": \"a\", \"text\": \"x\"}\n{\"_id\": \"b\", \"text\": \"caf\xE9\"}") =>
        "Refused: corpus.jsonl line 2: byte 26 of the line is not UTF-8. Save the file as UTF-8.";
    breaks_off: "a file that breaks off within a line",
        jsonl(format!("{GOOD}{{\"_id\": \"b\", \"te")) =>
        "1 read. corpus.jsonl line 2: not JSON at character 16: EOF while parsing a string. Correct it, or leave the line out.";
    breaks_off_in_a_character: "a file that breaks off within a character",
        jsonl(b"{\"_id\": \"a\", \"text\": \"\xE2\x82") =>
        "Refused: corpus.jsonl line 1: byte 23 of the line is not UTF-8. Save the file as UTF-8.";
    nul_byte: "a NUL within a line",
        jsonl(format!("{GOOD}{{\"_id\": \"b\", \"text\": \"\0\"}}")) =>
        "1 read. corpus.jsonl line 2: not JSON at character 23: control character (\\u0000-\\u001F) found while parsing a string. Correct it, or leave the line out.";
    nul_escape: "an escaped NUL in a text",
        texts("corpus.jsonl", r#"{"_id": "a", "text": "x\u0000y"}"#) =>
        "Read: [\"x\\0y\"]";
    lone_surrogate: "half a surrogate pair",
        jsonl(format!("{GOOD}{}", r#"{"_id": "b", "text": "\ud800"}"#)) =>
        "1 read. corpus.jsonl line 2: not JSON at character 29: unexpected end of hex escape. Correct it, or leave the line out.";
    json_list: "one JSON list instead of lines",
        jsonl("[{\"_id\": \"a\", \"text\": \"x\"}]") =>
        "Refused: corpus.jsonl line 1: the file is one JSON list, not one JSON object a line. Write each object of the list on a line of its own.";
    pretty_printed: "JSON over several lines",
        jsonl("{\n  \"_id\": \"a\"\n}\n") =>
        "Refused: corpus.jsonl holds no usable line; the first one: corpus.jsonl line 1: not JSON at character 1: EOF while parsing an object. Correct it, or leave the line out. Check that this is the file you meant.";
    no_object: "a line that is no object",
        jsonl(format!("{GOOD}17\n\"text\"\n")) =>
        "1 read. corpus.jsonl line 2: the line is a number, not a JSON object. Correct it, or leave the line out. corpus.jsonl line 3: the line is a text, not a JSON object. Correct it, or leave the line out.";
    trailing_comma: "a comma too many",
        jsonl(format!("{GOOD}{{\"_id\": \"b\", \"text\": \"y\",}}\n")) =>
        "1 read. corpus.jsonl line 2: not JSON at character 26: trailing comma. Correct it, or leave the line out.";
    deep_nesting: "100,000 brackets, one within the other",
        jsonl(format!("{GOOD}{{\"x\": {}\n", "[".repeat(100_000))) =>
        "1 read. corpus.jsonl line 2: not JSON at character 133: recursion limit exceeded. Correct it, or leave the line out.";
    nan: "NaN as a value",
        jsonl(format!("{GOOD}{{\"_id\": NaN, \"text\": \"y\"}}\n")) =>
        "1 read. corpus.jsonl line 2: a value is NaN or Infinity, which JSON has not. Write a number instead.";
    duplicate_id: "an id that is used twice",
        jsonl(format!("{GOOD}\n{GOOD}")) =>
        "1 read. corpus.jsonl line 3: passage id 'a' is already used on line 1. Leave the line out, or give it an id of its own.";
    missing_id: "a passage without an id",
        jsonl(format!("{GOOD}{{\"text\": \"y\"}}\n")) =>
        "1 read. corpus.jsonl line 2: field '_id' is missing. Correct it, or leave the line out.";
    blank_id: "a blank id",
        jsonl(format!("{GOOD}{{\"_id\": \" \", \"text\": \"y\"}}\n")) =>
        "1 read. corpus.jsonl line 2: field '_id' is empty. Correct it, or leave the line out.";
    id_of_wrong_type: "an id that is a list or a fraction",
        jsonl(format!("{GOOD}{{\"_id\": [1], \"text\": \"y\"}}\n{{\"_id\": 1.5, \"text\": \"y\"}}\n")) =>
        "1 read. corpus.jsonl line 2: field '_id' is a list ([1]), not a text or a whole number. Correct it, or leave the line out. corpus.jsonl line 3: field '_id' is a number (1.5), not a text or a whole number. Correct it, or leave the line out.";
    text_of_wrong_type: "a text that is an object",
        jsonl(format!("{GOOD}{{\"_id\": \"b\", \"text\": {{\"en\": \"y\"}}}}\n")) =>
        "1 read. corpus.jsonl line 2: field 'text' is an object ({\"en\":\"y\"}), not a text. Correct it, or leave the line out.";
    missing_text: "a passage without a text field",
        jsonl(format!("{GOOD}{{\"_id\": \"b\", \"title\": \"y\"}}\n")) =>
        "1 read. corpus.jsonl line 2: field 'text' is missing. Correct it, or leave the line out.";
    empty_passage: "a passage of an empty text",
        texts("corpus.jsonl", format!("{GOOD}{{\"_id\": \"b\", \"text\": \"\"}}\n")) =>
        "Read: [\"x\", \"\"]";
    field_twice: "a field that is there twice: the last one counts, as in JSON",
        texts("corpus.jsonl", r#"{"_id": "a", "text": "x", "text": "y"}"#) =>
        "Read: [\"y\"]";
    long_words: "a bad value of 10,000 characters is clipped",
        jsonl(format!("{GOOD}{{\"_id\": \"b\", \"text\": [\"{}\"]}}\n", "y".repeat(10_000))) =>
        "1 read. corpus.jsonl line 2: field 'text' is a list ([\"yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy…), not a text. Correct it, or leave the line out.";
    html: "an HTML page under the name of a corpus",
        jsonl("<!DOCTYPE html>\n<title>404</title>\n") =>
        "Refused: corpus.jsonl holds no usable line; the first one: corpus.jsonl line 1: not JSON at character 1: expected value. Correct it, or leave the line out. Check that this is the file you meant.";
    picture: "a picture under the name of a corpus",
        jsonl(b"\x89PNG\r\n\x1A\n\0\0\0\rIHDR") =>
        "Refused: corpus.jsonl line 1: byte 1 of the line is not UTF-8. Save the file as UTF-8.";
    table_without_text: "a table without a column of texts",
        table("id,words\n1,a\n") =>
        "Refused: corpus.csv line 1: no column holds the text; the header has id, words. Name that column one of: text, body, content, passage, contents, document_text.";
    table_of_a_header: "a table of a header alone",
        table("id,text\n") =>
        "Refused: corpus.csv holds no usable line. Check that this is the file you meant.";
    table_with_more_columns: "a row with more columns than the header",
        table("id,text\n1,a\n2,b,c\n") =>
        "1 read. corpus.csv line 3: the line has 3 columns, the header has 2. Put a text that holds the separator in double quotes, or leave the line out.";
    table_with_fewer_columns: "a row with fewer columns than the header",
        table("id,text\n1,a\n2\n") =>
        "1 read. corpus.csv line 3: the line has 1 columns, the header has 2. Put a text that holds the separator in double quotes, or leave the line out.";
    table_with_blank_id: "a row without an id",
        table("id,text\n1,a\n ,b\n") =>
        "1 read. corpus.csv line 3: the id is empty. Give the line an id, or leave it out.";
    table_with_open_quote: "a quote that never closes",
        table("id,text\n1,a\n2,\"b\n3,c\n4,d\n") =>
        "1 read. corpus.csv line 3: a double quote opens here and never closes; the rest of the file cannot be read. Close the quote, or write it twice.";
    table_with_line_end_in_quotes: "a line end within quotes",
        texts("corpus.csv", "id,text\r\n1,\"a\r\nb\"\r\n\r\n2,c\r\n") =>
        "Read: [\"a\\r\\nb\", \"c\"]";
    table_with_semicolons: "semicolons, and a byte order mark",
        texts("corpus.csv", "\u{FEFF}id;text\n1;a, b\n") =>
        "Read: [\"a, b\"]";
    table_with_stray_quote: "a quote that opens in a tsv without quoting",
        texts("corpus.tsv", "id\ttext\n1\t\"a\n2\tb\n") =>
        "Read: [\"\\\"a\", \"b\"]";
    table_with_nul: "a NUL in a table", texts("corpus.csv", "id,text\n1,a\0b\n") => "Read: [\"a\\0b\"]";
    table_of_records_alone: "a table without a header",
        table("1,some text\n2,another\n") =>
        "Refused: corpus.csv line 1: no column holds the id; the header has 1, some text. Name that column one of: _id, id, doc_id, docid, passage_id, pid.";
    query_without_text: "a query of an empty text",
        queries("{\"_id\": \"1\", \"text\": \"why\"}\n{\"_id\": \"2\", \"text\": \" \"}\n{\"_id\": \"3\", \"text\": null}\n") =>
        "1 read. queries.jsonl line 2: query '2' has no text. Write its text, or leave the line out. queries.jsonl line 3: field 'text' is missing. Correct it, or leave the line out.";
    query_twice: "two queries of one id",
        queries("{\"_id\": 1, \"text\": \"why\"}\n{\"_id\": \"1\", \"text\": \"who\"}\n") =>
        "1 read. queries.jsonl line 2: query id '1' is already used on line 1. Leave the line out, or give it an id of its own.";
}
