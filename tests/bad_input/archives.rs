//! Zips: damaged ones, names that lead elsewhere, and those that unpack to more than there is memory.

use crate::files::opened;
use crate::{cases, refused};
use figret::data::{NamedBytes, assemble, expand_archives};
use std::io::{Cursor, Write};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

const CORPUS: &[u8] = b"{\"_id\": \"a\", \"text\": \"x\"}\n";

fn zip_of(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in entries {
        writer.start_file(*name, SimpleFileOptions::default()).unwrap();
        writer.write_all(content).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn open(bytes: Vec<u8>) -> String {
    match assemble(vec![NamedBytes { name: "my.zip".into(), bytes }], None) {
        Ok(assembled) => opened(&assembled),
        Err(error) => refused(&error, &error.remedy()),
    }
}

/// What is said of a zip, without the words of the library that opens it.
fn open_in_our_words(bytes: Vec<u8>) -> String {
    let said = open(bytes);
    match (said.find(" ("), said.rfind(')')) {
        (Some(from), Some(to)) => format!("{}{}", &said[..from], &said[to + 1..]),
        _ => said,
    }
}

fn named(name: &str) -> String {
    open(zip_of(&[("corpus.jsonl", CORPUS), (name, b"x")]))
}

/// A zip with some of its bytes changed; the places are those of a zip of one entry.
fn changed(change: impl Fn(&mut Vec<u8>)) -> Vec<u8> {
    let mut bytes = zip_of(&[("corpus.jsonl", &CORPUS.repeat(20))]);
    change(&mut bytes);
    bytes
}

/// Where the list of entries begins.
fn directory(bytes: &[u8]) -> usize {
    bytes.windows(4).position(|window| window == b"PK\x01\x02").unwrap()
}

fn link() -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    writer.start_file("corpus.jsonl", SimpleFileOptions::default()).unwrap();
    writer.write_all(CORPUS).unwrap();
    writer.add_symlink("queries.jsonl", "/etc/passwd", SimpleFileOptions::default()).unwrap();
    writer.finish().unwrap().into_inner()
}

/// Two entries in the list of one file's content: both claim it.
fn overlapping() -> Vec<u8> {
    let mut bytes = zip_of(&[("corpus.jsonl", CORPUS), ("copies.jsonl", CORPUS)]);
    let first = directory(&bytes);
    let second =
        first + bytes[first + 4..].windows(4).position(|window| window == b"PK\x01\x02").unwrap() + 4;
    // Bytes 42 to 46 of an entry say where its content lies.
    let place: Vec<u8> = bytes[first + 42..first + 46].to_vec();
    bytes[second + 42..second + 46].copy_from_slice(&place);
    bytes
}

fn many_entries() -> String {
    let names: Vec<String> = (0..2001).map(|i| format!("{i}.jsonl")).collect();
    let entries: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), &b""[..])).collect();
    open(zip_of(&entries))
}

/// Names of what comes out of a zip with a zip in it.
fn nested() -> String {
    let inner = zip_of(&[("../../evil.jsonl", b"x")]);
    open(zip_of(&[("corpus.jsonl", CORPUS), ("inner.zip", &inner)]))
}

/// Several zips in a row share one limit of entries.
fn several() -> String {
    let names: Vec<String> = (0..1100).map(|i| format!("{i}.jsonl")).collect();
    let entries: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), &b"x"[..])).collect();
    let zip = |name: &str| NamedBytes { name: name.into(), bytes: zip_of(&entries) };
    let error = expand_archives(vec![zip("1.zip"), zip("2.zip")]).unwrap_err();
    refused(&error, &error.remedy())
}

cases! {
    no_zip: "a text under the name of a zip",
        open_in_our_words(b"{\"_id\": \"a\"}".to_vec()) =>
        "Refused: my.zip: the zip cannot be opened. Pack the collection's files into a new zip.";
    empty_zip: "a zip without entries",
        open(zip_of(&[])) =>
        "Refused: no file was given. Choose a corpus (corpus.jsonl, csv or tsv), or a folder or zip with one.";
    breaks_off: "a zip that breaks off",
        open_in_our_words(changed(|bytes| bytes.truncate(bytes.len() / 2))) =>
        "Refused: my.zip: the zip cannot be opened. Pack the collection's files into a new zip.";
    damaged_content: "content that was changed since it was packed",
        open_in_our_words(changed(|bytes| bytes[60] ^= 0xFF)) =>
        "Refused: my.zip: corpus.jsonl is damaged. Pack the collection's files into a new zip.";
    damaged_list: "a list of entries that was changed",
        open_in_our_words(changed(|bytes| { let at = directory(bytes); bytes[at] ^= 0xFF; })) =>
        "Refused: my.zip: the zip cannot be opened. Pack the collection's files into a new zip.";
    claims_many_entries: "an end that claims 65,535 entries",
        open_in_our_words(changed(|bytes| { let end = bytes.len(); bytes[end - 14..end - 10].fill(0xFF); })) =>
        "Refused: my.zip: the zip cannot be opened. Pack the collection's files into a new zip.";
    encrypted: "an entry that is encrypted",
        open_in_our_words(changed(|bytes| { let at = directory(bytes); bytes[6] |= 1; bytes[at + 8] |= 1; })) =>
        "Refused: my.zip: entry 1 cannot be read. Pack the collection's files into a new zip.";
    unknown_method: "an entry packed by an unknown method",
        open_in_our_words(changed(|bytes| { let at = directory(bytes); bytes[8] = 77; bytes[at + 10] = 77; })) =>
        "Refused: my.zip: corpus.jsonl is damaged. Pack the collection's files into a new zip.";
    parent_folder: "a name that leads out of its folder",
        named("a/../../corpus.jsonl") =>
        "Refused: my.zip: entry 'a/../../corpus.jsonl' leads out of the archive. Pack the collection's files into a new zip.";
    absolute: "an absolute name",
        named("/etc/passwd") =>
        "Refused: my.zip: entry '/etc/passwd' leads out of the archive. Pack the collection's files into a new zip.";
    drive: "a name with a drive",
        named("C:\\Windows\\corpus.jsonl") =>
        "Refused: my.zip: entry 'C:/Windows/corpus.jsonl' leads out of the archive. Pack the collection's files into a new zip.";
    backslashes: "a name that leads out with backslashes",
        named("..\\..\\corpus.jsonl") =>
        "Refused: my.zip: entry '../../corpus.jsonl' leads out of the archive. Pack the collection's files into a new zip.";
    control_characters: "a name that would write to the terminal",
        named("\u{1b}[2Jcorpus.jsonl") =>
        "Refused: my.zip: entry ' [2Jcorpus.jsonl' has a name with a control character. Pack the collection's files into a new zip.";
    line_end_in_name: "a name with a line end",
        named("corpus\n.jsonl") =>
        "Refused: my.zip: entry 'corpus .jsonl' has a name with a control character. Pack the collection's files into a new zip.";
    long_name: "a name of 5,000 characters",
        named(&"n".repeat(5000)) =>
        "Refused: my.zip: entry 'nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn…' has a name that is too long. Pack the collection's files into a new zip.";
    name_twice: "two entries of one name",
        open(changed_names()) =>
        "Refused: my.zip: two entries have the same name. Pack the collection's files into a new zip.";
    link_to_elsewhere: "a link to a file of the machine: left out",
        open(link()) =>
        "my.zip/corpus.jsonl as corpus, 1 read.";
    hidden: "hidden files and those of macOS: left out",
        open(zip_of(&[("set/corpus.jsonl", CORPUS), ("__MACOSX/set/._corpus.jsonl", b"x"), ("set/.DS_Store", b"x")])) =>
        "my.zip/set/corpus.jsonl as corpus, 1 read.";
    zip_in_a_zip: "a zip within a zip: named, and not opened",
        nested() =>
        "my.zip/corpus.jsonl as corpus, 1 read; my.zip/inner.zip as ignored, 0 read.";
    bomb: "11 MB of zeros, packed to 11 KB",
        open(zip_of(&[("corpus.jsonl", CORPUS), ("zeros.txt", &vec![0; 11 << 20])])) =>
        "Refused: my.zip: zeros.txt unpacks to more than 200 times its size. Pack the collection's files into a new zip.";
    bomb_of_entries: "2,001 entries",
        many_entries() =>
        "Refused: my.zip: there are more than 2000 entries. Pack only the collection's files.";
    bombs_together: "two zips of 1,100 entries each",
        several() =>
        "Refused: 2.zip: there are more than 2000 entries. Pack only the collection's files.";
    overlapping_entries: "two entries that claim the same bytes",
        open_in_our_words(overlapping()) =>
        "my.zip/corpus.jsonl as corpus, 1 read; my.zip/copies.jsonl as queries, 1 read.";
}

/// A second entry renamed in place to the name of the first.
fn changed_names() -> Vec<u8> {
    let mut bytes = zip_of(&[("corpus.jsonl", CORPUS), ("copies.jsonl", b"x")]);
    while let Some(at) = bytes.windows(12).position(|window| window == b"copies.jsonl") {
        bytes[at..at + 12].copy_from_slice(b"corpus.jsonl");
    }
    bytes
}
