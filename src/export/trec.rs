//! Rankings and judgements as TREC's files, for trec_eval and whatever else reads them.
//!
//! Scores are written with nine significant digits, so that every f32 comes back as it was and a tie stays
//! a tie in every version of trec_eval. Reads nothing back: that is `data`'s.

use crate::data::{Qrels, Run};
use std::fmt::Write as _;

/// Writes a run as TREC lines `query Q0 passage rank score tag`, ranks from 1.
///
/// Blanks and control characters within ids and the tag are percent-encoded: the format has no other way to hold them.
pub fn write_run(run: &Run, tag: &str) -> String {
    let tag = without_blanks(tag);
    let mut lines = String::new();
    for (query, hits) in run.iter() {
        let query = without_blanks(query);
        for (rank, hit) in (1..).zip(hits) {
            let (passage, score) = (without_blanks(&hit.passage), nine_digits(hit.score));
            // Writing to a String cannot fail.
            let _: std::fmt::Result = writeln!(lines, "{query} Q0 {passage} {rank} {score} {tag}");
        }
    }
    lines
}

/// Writes judgements as TREC lines `query 0 passage grade`, with ids as in [`write_run`].
pub fn write_qrels(qrels: &Qrels) -> String {
    let mut lines = String::new();
    for (query, grades) in qrels.as_map() {
        let query = without_blanks(query);
        for (passage, grade) in grades {
            let _: std::fmt::Result = writeln!(lines, "{query} 0 {} {grade}", without_blanks(passage));
        }
    }
    lines
}

/// Writes a score with nine significant digits, without an exponent where that is short.
fn nine_digits(score: f32) -> String {
    let scientific = format!("{score:.8e}");
    let exponent = scientific.split_once('e').and_then(|(_, e)| e.parse::<i32>().ok());
    match exponent.and_then(|e| usize::try_from(8 - e).ok()) {
        Some(decimals) if decimals <= 12 => format!("{score:.decimals$}"),
        _ => scientific,
    }
}

fn without_blanks(id: &str) -> String {
    let mut encoded = String::with_capacity(id.len());
    for c in id.chars() {
        if c.is_whitespace() || c.is_control() {
            let mut buffer = [0; 4];
            c.encode_utf8(&mut buffer).bytes().for_each(|byte| encoded.push_str(&format!("%{byte:02X}")));
        } else {
            encoded.push(c);
        }
    }
    encoded
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;
    use crate::data::{Hit, Queries, Query, read_qrels, read_run};

    fn hit(passage: &str, score: f32) -> Hit {
        Hit { passage: passage.into(), score }
    }

    #[test]
    fn a_run_is_written_in_trec_order_and_comes_back() {
        let mut run = Run::default();
        run.insert("q1", vec![hit("a", 0.5), hit("b", 0.5), hit("u", 0.7)]);
        let written = write_run(&run, "my tag");
        assert_eq!(
            written,
            "q1 Q0 u 1 0.699999988 my%20tag\nq1 Q0 b 2 0.500000000 my%20tag\nq1 Q0 a 3 0.500000000 my%20tag\n"
        );
        let back = read_run("run.txt", written.as_bytes()).unwrap();
        assert_eq!(back.value, run);
        assert_eq!(back.records, 3);
    }

    #[test]
    fn nine_digits_bring_back_every_f32() {
        for score in [0.1, -0.333_333_34, 1.0, 0.0, 1e-4, 1.234_567_8e-9, 3.4e38, -0.999_999_94, 12345.678] {
            assert_eq!(nine_digits(score).parse::<f32>().unwrap(), score);
        }
        assert_eq!(nine_digits(1.0), "1.00000000");
        assert_eq!(nine_digits(0.0625), "0.0625000000");
    }

    #[test]
    fn a_large_run_comes_back_to_the_last_bit() {
        let mut run = Run::default();
        for query in 0..3_u16 {
            let score = |i: u16| (f32::from(i) - 7.0) * 0.123_456_79 / f32::from(query + 1);
            run.insert(&format!("q{query}"), (0..200).map(|i| hit(&format!("p{i}"), score(i / 3))).collect());
        }
        assert_eq!(read_run("run", write_run(&run, "t").as_bytes()).unwrap().value, run);
    }

    #[test]
    fn judgements_come_back() {
        let mut qrels = Qrels::default();
        for (query, passage, grade) in [("q1", "a", 2), ("q1", "b", 0), ("q2", "a", -1)] {
            qrels.insert(query, passage, grade);
        }
        let written = write_qrels(&qrels);
        assert_eq!(written, "q1 0 a 2\nq1 0 b 0\nq2 0 a -1\n");
        let queries = ["q1", "q2"].map(|id| Query { id: id.into(), text: id.into() });
        let queries = Queries::new(queries.to_vec()).unwrap();
        let back = read_qrels("qrels.txt", written.as_bytes(), &queries).unwrap();
        assert_eq!((back.value, back.refused.len()), (qrels, 0));
    }

    #[test]
    fn ids_with_blanks_are_the_same_in_both_files() {
        let (mut run, mut qrels) = (Run::default(), Qrels::default());
        run.insert("q 1", vec![hit("a\tb", 1.0)]);
        qrels.insert("q 1", "a\tb", 1);
        assert_eq!(write_run(&run, "t"), "q%201 Q0 a%09b 1 1.00000000 t\n");
        assert_eq!(write_qrels(&qrels), "q%201 0 a%09b 1\n");
    }
}
