//! Fuzzes the reader `archive` of tests/readers.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| figret_fuzz::readers::archive(bytes));
