//! One of several equal parts of a corpus: `I/N`, every N-th passage from the I-th on.
//!
//! Knows no files; parts do not depend on each other, so that they run in any order and on any machine.

use std::fmt;
use std::str::FromStr;

/// More shards than anybody has machines.
const MOST: u32 = 99_999;

/// A part, `number` of `count`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shard {
    number: u32,
    count: u32,
}

impl Shard {
    /// Whether the passage in this place of the corpus, from 0, belongs to it.
    pub(crate) fn takes(self, place: u64) -> bool {
        place % u64::from(self.count) == u64::from(self.number - 1)
    }

    /// Name of its file; the names of all shards sort in their order.
    pub(crate) fn file_name(self) -> String {
        format!("part-{:05}-of-{:05}.parquet", self.number, self.count)
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.number, self.count)
    }
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let numbers = text.split_once('/').and_then(|(i, n)| Some((i.parse().ok()?, n.parse().ok()?)));
        match numbers {
            Some((number, count)) if 1 <= number && number <= count && count <= MOST => {
                Ok(Self { number, count })
            }
            _ => Err(format!("a shard is I/N, such as 3/16, with I from 1 to N and N at most {MOST}")),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;

    #[test]
    fn every_passage_belongs_to_one_shard() {
        let shards: Vec<Shard> = ["1/3", "2/3", "3/3"].map(|text| text.parse().unwrap()).to_vec();
        for place in 0..10 {
            let takers = shards.iter().filter(|shard| shard.takes(place)).count();
            assert_eq!(takers, 1, "passage {place}");
        }
        assert!(shards[0].takes(0) && shards[0].takes(3) && shards[2].takes(2));
    }

    #[test]
    fn names_and_refusals() {
        let shard: Shard = "3/16".parse().unwrap();
        assert_eq!(
            (shard.file_name().as_str(), shard.to_string().as_str()),
            ("part-00003-of-00016.parquet", "3/16")
        );
        for wrong in ["0/2", "3/2", "1", "1/0", "a/2", "1/100000", "-1/2", ""] {
            assert!(wrong.parse::<Shard>().is_err(), "{wrong}");
        }
    }
}
