//! A short fuzz that needs no tools: seeded changes of the seeds in fuzz/corpus, the same on every machine.
//!
//! Looks for panics, and for whatever tests/readers says must hold of any bytes. Knows no coverage; the targets of
//! fuzz/ do, and `cargo xtask fuzz` runs them. FIGRET_FUZZ_INPUTS=N tries N inputs a reader in place of the default.

mod readers;

use readers::{READERS, Reader};
use std::fmt::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::time::Instant;

/// Inputs for each reader.
const INPUTS: usize = 20_000;
/// Longest input, in bytes: seeds are smaller, and the short ones find more in the same time.
const LONGEST: usize = 8 << 10;

/// What files go wrong by.
const WORDS: [&[u8]; 28] = [
    b"\0",
    b"\n",
    b"\r\n",
    b"\r",
    b"\t",
    b",",
    b";",
    b"\"",
    b"\\",
    b"{",
    b"}",
    b"[",
    b"]",
    b":",
    b"null",
    b"true",
    b"NaN",
    b"1e999",
    b"-1",
    b"0",
    b"18446744073709551615",
    b"\xEF\xBB\xBF",
    b"\xFF\xFE",
    b"\xC3",
    b"\\ud800",
    b"\n---\n",
    b"../",
    b"PK\x01\x02",
];

/// SplitMix64: the same numbers everywhere.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number under `limit`, which is not 0.
    fn under(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }
}

/// One to eight changes of one of the seeds.
fn changed(seeds: &[Vec<u8>], numbers: &mut Numbers) -> Vec<u8> {
    let mut bytes = seeds[numbers.under(seeds.len())].clone();
    for _ in 0..=numbers.under(8) {
        change(&mut bytes, seeds, numbers);
    }
    bytes.truncate(LONGEST);
    bytes
}

fn change(bytes: &mut Vec<u8>, seeds: &[Vec<u8>], numbers: &mut Numbers) {
    let at = numbers.under(bytes.len() + 1);
    let end = (at + numbers.under(32)).min(bytes.len());
    match numbers.under(8) {
        0 if at < bytes.len() => bytes[at] ^= 1 << numbers.under(8),
        1 if at < bytes.len() => bytes[at] = numbers.next() as u8,
        2 => drop(bytes.drain(at..end)),
        3 => bytes.truncate(at),
        4 => {
            let copy = bytes[at..end].to_vec();
            bytes.splice(at..at, copy);
        }
        5 => {
            let other = &seeds[numbers.under(seeds.len())];
            let from = numbers.under(other.len() + 1);
            bytes.truncate(at);
            bytes.extend_from_slice(&other[from..]);
        }
        6 => {
            let word = WORDS[numbers.under(WORDS.len())];
            bytes.splice(at..end, word.iter().copied());
        }
        _ => {
            let word = WORDS[numbers.under(WORDS.len())];
            bytes.splice(at..at, word.iter().copied());
        }
    }
}

/// The seeds of a reader, by name, so that every machine has them in the same order.
fn seeds(name: &str) -> Vec<Vec<u8>> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(name);
    let entries = std::fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    paths
        .iter()
        .map(|path| std::fs::read(path).unwrap_or_else(|e| panic!("{}: {e}", path.display())))
        .collect()
}

/// Tries a reader; of an input that breaks it, returns the bytes as Rust writes them.
fn broken_by(reader: Reader, seeds: &[Vec<u8>], inputs: usize, numbers: &mut Numbers) -> Option<String> {
    let changed = (0..inputs).map(|_| changed(seeds, numbers));
    let mut tried = seeds.iter().cloned().chain(changed);
    let broken = tried.find(|bytes| catch_unwind(AssertUnwindSafe(|| reader(bytes))).is_err());
    broken.map(|bytes| format!("b\"{}\"", bytes.escape_ascii()))
}

#[test]
fn no_reader_breaks_on_changed_seeds() {
    let asked = std::env::var("FIGRET_FUZZ_INPUTS").ok().and_then(|asked| asked.parse().ok());
    let inputs = asked.unwrap_or(INPUTS);
    let mut found = String::new();
    for (i, (name, reader)) in (1..).zip(READERS) {
        let start = Instant::now();
        let seeds = seeds(name);
        assert!(!seeds.is_empty(), "{name} has no seeds");
        if let Some(input) = broken_by(reader, &seeds, inputs, &mut Numbers(i)) {
            let _infallible = writeln!(found, "{name} breaks on {input}");
        }
        println!("{name}: {inputs} inputs in {:.1} s", start.elapsed().as_secs_f64());
    }
    assert!(found.is_empty(), "{found}");
}

#[test]
fn every_reader_has_a_fuzz_target() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fuzz/fuzz_targets");
    let entries = std::fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let mut targets: Vec<String> =
        entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    targets.sort();
    assert_eq!(targets, READERS.map(|(name, _)| format!("{name}.rs")));
}

#[test]
fn a_reader_that_breaks_is_found_with_its_input() {
    let breaks: Reader = |bytes| assert!(!bytes.contains(&0), "a NUL");
    let input = broken_by(breaks, &[b"seed".to_vec()], 10_000, &mut Numbers(1));
    assert!(input.is_some_and(|input| input.contains("\\x00")));
}
