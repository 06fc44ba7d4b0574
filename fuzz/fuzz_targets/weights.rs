//! Fuzzes the reader `weights` of tests/readers.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| figret_fuzz::readers::weights(bytes));
