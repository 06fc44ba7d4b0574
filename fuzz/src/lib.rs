//! The readers that the targets call; the tests of the package call the same ones.

#[path = "../../tests/readers/mod.rs"]
pub mod readers;
