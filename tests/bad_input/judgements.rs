//! Judgements and runs.

use crate::{cases, outcome};
use figret::data::{Queries, Query, read_qrels, read_run};

fn qrels(text: &str) -> String {
    let query = |id: &str| Query { id: id.into(), text: "why".into() };
    outcome(read_qrels("qrels.tsv", text.as_bytes(), &Queries::new(vec![query("q1"), query("q2")]).unwrap()))
}

fn run(text: &str) -> String {
    outcome(read_run("run.trec", text.as_bytes()))
}

cases! {
    unknown_query: "a judgement of a query that is not there", qrels("q1\ta\t1\nq9\ta\t1\n") => "?";
    fraction: "a grade that is a fraction, a word or NaN", qrels("q1\ta\t2.0\nq1\tb\t0.5\nq1\tc\tyes\nq1\td\tNaN\n") => "?";
    huge_grade: "a grade beyond all numbers", qrels("q1\ta\t1\nq1\tb\t1e999\nq1\tc\t9999999999\n") => "?";
    judged_twice: "two judgements of one pair", qrels("q1\ta\t1\nq1\ta\t2\n") => "?";
    columns: "lines of two and of five columns", qrels("q1\ta\t1\nq1\tb\nq1\t0\ta\t1\tx\n") => "?";
    blank_id: "a judgement of no passage", qrels("q1\ta\t1\nq1\t\t1\n") => "?";
    trec_with_tabs_and_blanks: "TREC's columns with tabs and blanks mixed", qrels("q1 0 a 1\nq1\t0 b\t2\r\n") => "?";
    nothing_usable: "judgements of other queries throughout", qrels("q8\ta\t1\nq9\ta\t1\n") => "?";
    run_of_nan: "a run with a score that is no number", run("q1 Q0 a 1 0.5 tag\nq1 Q0 b 2 NaN tag\nq1 Q0 c 3 high tag\n") => "?";
    run_of_infinity: "a run with an infinite score: it ranks first", run("q1 Q0 a 1 inf tag\n") => "?";
    run_of_few_columns: "a run with five columns", run("q1 Q0 a 1 0.5 tag\nq1 Q0 b 2 0.4\n") => "?";
    run_with_a_passage_twice: "a run that ranks a passage twice", run("q1 Q0 a 1 0.5 tag\nq1 Q0 a 2 0.4 tag\n") => "?";
}
