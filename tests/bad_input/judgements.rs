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
    unknown_query: "a judgement of a query that is not there",
        qrels("q1\ta\t1\nq9\ta\t1\n") =>
        "1 read. qrels.tsv line 2: query 'q9' is not among the queries. Leave the line out, or add the query.";
    fraction: "a grade that is a fraction, a word or NaN",
        qrels("q1\ta\t2.0\nq1\tb\t0.5\nq1\tc\tyes\nq1\td\tNaN\n") =>
        "1 read. qrels.tsv line 2: grade '0.5' is not a whole number. Write a whole number, or leave the line out. qrels.tsv line 3: grade 'yes' is not a whole number. Write a whole number, or leave the line out. qrels.tsv line 4: grade 'NaN' is not a whole number. Write a whole number, or leave the line out.";
    huge_grade: "a grade beyond all numbers",
        qrels("q1\ta\t1\nq1\tb\t1e999\nq1\tc\t9999999999\n") =>
        "1 read. qrels.tsv line 2: grade '1e999' is not a whole number. Write a whole number, or leave the line out. qrels.tsv line 3: grade '9999999999' is not a whole number. Write a whole number, or leave the line out.";
    judged_twice: "two judgements of one pair",
        qrels("q1\ta\t1\nq1\ta\t2\n") =>
        "1 read. qrels.tsv line 2: passage 'a' is already judged for query 'q1' on line 1. Keep one of the two lines.";
    columns: "lines of two and of five columns",
        qrels("q1\ta\t1\nq1\tb\nq1\t0\ta\t1\tx\n") =>
        "1 read. qrels.tsv line 2: the line has 2 columns; judgements have 3 (query, passage, grade) or 4 (TREC). Correct it, or leave the line out. qrels.tsv line 3: the line has 5 columns; judgements have 3 (query, passage, grade) or 4 (TREC). Correct it, or leave the line out.";
    blank_id: "a judgement of no passage",
        qrels("q1\ta\t1\nq1\t\t1\n") =>
        "1 read. qrels.tsv line 2: the query id or the passage id is empty. Correct it, or leave the line out.";
    trec_with_tabs_and_blanks: "TREC's columns with tabs and blanks mixed",
        qrels("q1 0 a 1\nq1\t0 b\t2\r\n") =>
        "2 read.";
    nothing_usable: "judgements of other queries throughout",
        qrels("q8\ta\t1\nq9\ta\t1\n") =>
        "Refused: qrels.tsv holds no usable line; the first one: qrels.tsv line 1: query 'q8' is not among the queries. Leave the line out, or add the query. Check that this is the file you meant.";
    run_of_nan: "a run with a score that is no number",
        run("q1 Q0 a 1 0.5 tag\nq1 Q0 b 2 NaN tag\nq1 Q0 c 3 high tag\n") =>
        "1 read. run.trec line 2: score 'NaN' is not a number. Correct it, or leave the line out. run.trec line 3: score 'high' is not a number. Correct it, or leave the line out.";
    run_of_infinity: "a run with an infinite score: it ranks first",
        run("q1 Q0 a 1 inf tag\n") =>
        "1 read.";
    run_of_few_columns: "a run with five columns",
        run("q1 Q0 a 1 0.5 tag\nq1 Q0 b 2 0.4\n") =>
        "1 read. run.trec line 2: the line has 5 columns; a run has 6. Write query, Q0, passage, rank, score and a tag.";
    run_with_a_passage_twice: "a run that ranks a passage twice",
        run("q1 Q0 a 1 0.5 tag\nq1 Q0 a 2 0.4 tag\n") =>
        "1 read. run.trec line 2: passage 'a' is there twice for query 'q1'. Keep one of the two lines.";
}
