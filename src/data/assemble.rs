//! A collection out of whatever files a person gave: zips opened, roles guessed, parts read in order.
//!
//! Decides nothing about refused lines: they are listed, and the caller goes on or stops.

use super::error::clip;
use super::role::stem_and_ending;
use super::{
    Corpus, DataError, Feedback, FileRole, NamedBytes, Parsed, Qrels, Queries, Refusal, detect_role,
    expand_archives, read_corpus, read_feedback, read_qrels, read_queries,
};
use std::collections::{BTreeMap, HashSet};

/// Name of a collection that came without folder or archive.
const UNNAMED: &str = "my files";

/// Passages, and what is known about them.
#[derive(Debug, Clone, PartialEq)]
pub struct Collection {
    /// Name of its folder or archive.
    pub name: String,
    /// The passages.
    pub corpus: Corpus,
    /// The queries; may be none.
    pub queries: Queries,
    /// Judgements of some of the queries; may be none.
    pub qrels: Qrels,
    /// LLM feedback to teach from, on other queries than the judged ones.
    pub feedback: Option<Feedback>,
}

/// A collection and how it came about.
#[derive(Debug, Clone, PartialEq)]
pub struct Assembled {
    /// What there is now.
    pub collection: Collection,
    /// Whether it starts afresh rather than adding to the base.
    pub is_new: bool,
    /// What each file was taken for, in the order given.
    pub files: Vec<FileReport>,
    /// Lines left out, file after file.
    pub refused: Vec<Refusal>,
    /// Feedback queries left out of teaching because they are judged queries too.
    pub also_judged: usize,
}

/// What a file was taken for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileReport {
    /// Name as given; `archive.zip/name` for a file out of an archive.
    pub name: String,
    /// Its role, whether it was used or not.
    pub role: FileRole,
    /// Whether it was used: of several splits or rounds only one is.
    pub used: bool,
    /// Records used.
    pub records: usize,
    /// Lines left out.
    pub left_out: usize,
}

impl FileReport {
    /// Returns the role's name, `ignored` for a file that was not used.
    pub fn role_name(&self) -> &'static str {
        if self.used { self.role.name() } else { FileRole::Unknown.name() }
    }
}

/// Builds a collection from files, or adds files to the collection `base`.
///
/// A corpus among the files begins a new collection, and nothing of `base` is kept. Without one, each part that
/// is given replaces that of `base`; new queries without new qrels leave no query judged. Of several qrels
/// files `test` is used, else `dev`, else the only one. Feedback on judged queries is taken out.
///
/// # Errors
/// Any variant of [`DataError`]: nothing usable, an unreadable file, an ambiguous set of files.
pub fn assemble(files: Vec<NamedBytes>, base: Option<&Collection>) -> Result<Assembled, DataError> {
    if files.is_empty() {
        return Err(DataError::NothingGiven);
    }
    let files = expand_archives(files)?;
    let roles: Vec<FileRole> = files.iter().map(|file| detect_role(&file.name, &file.bytes)).collect();
    let chosen = choose(&files, &roles)?;
    if chosen.is_empty() {
        let names: Vec<&str> = files.iter().map(|file| file.name.as_str()).collect();
        return Err(DataError::NothingRecognized { files: clip(&names.join(", ")) });
    }
    let reports = files.iter().zip(&roles).map(|(file, &role)| FileReport {
        name: file.name.clone(),
        role,
        used: false,
        records: 0,
        left_out: 0,
    });
    let mut work = Work { files: &files, chosen: &chosen, reports: reports.collect(), refused: Vec::new() };
    let mut collection = work.collection(base)?;
    let also_judged = take_out_judged(&mut collection);
    Ok(Assembled {
        is_new: base.is_none() || chosen.contains_key(&FileRole::Corpus),
        collection,
        files: work.reports,
        refused: work.refused,
        also_judged,
    })
}

/// Picks one file a role by its position.
fn choose(files: &[NamedBytes], roles: &[FileRole]) -> Result<BTreeMap<FileRole, usize>, DataError> {
    let mut chosen = BTreeMap::new();
    for role in [FileRole::Corpus, FileRole::Queries, FileRole::Qrels, FileRole::Feedback] {
        let mut candidates: Vec<(u8, &str, usize)> = files
            .iter()
            .zip(roles)
            .enumerate()
            .filter(|(_, (_, found))| **found == role)
            .map(|(i, (file, _))| (precedence(role, &file.name), file.name.as_str(), i))
            .collect();
        candidates.sort_unstable();
        match candidates.as_slice() {
            [(best, first, _), (next, second, _), ..] if best == next => {
                let (first, second) = ((*first).to_owned(), (*second).to_owned());
                return Err(DataError::TwoOfARole { role: role.name(), first, second });
            }
            [(_, _, i), ..] => {
                chosen.insert(role, *i);
            }
            [] => {}
        }
    }
    Ok(chosen)
}

/// Ranks a file among others of its role, 0 first, by how its name is spelled.
fn precedence(role: FileRole, name: &str) -> u8 {
    let (stem, _) = stem_and_ending(name);
    if role != FileRole::Qrels {
        return u8::from(stem != role.name());
    }
    let split: Vec<&str> = stem.split(['.', '_', '-']).filter(|part| *part != "qrels").collect();
    match split.as_slice() {
        ["test"] => 0,
        ["dev" | "val" | "valid" | "validation"] => 1,
        [] => 2,
        _ => 3,
    }
}

struct Work<'a> {
    files: &'a [NamedBytes],
    chosen: &'a BTreeMap<FileRole, usize>,
    reports: Vec<FileReport>,
    refused: Vec<Refusal>,
}

impl Work<'_> {
    fn collection(&mut self, base: Option<&Collection>) -> Result<Collection, DataError> {
        let new_corpus = self.read(FileRole::Corpus, read_corpus)?;
        let base = base.filter(|_| new_corpus.is_none());
        let name = match base {
            Some(base) => base.name.clone(),
            None => self.name(),
        };
        let corpus = new_corpus.or_else(|| base.map(|b| b.corpus.clone())).ok_or(DataError::NoCorpus)?;
        let new_queries = self.read(FileRole::Queries, read_queries)?;
        let kept_qrels = base.filter(|_| new_queries.is_none()).map(|b| b.qrels.clone());
        let queries = new_queries.or_else(|| base.map(|b| b.queries.clone())).unwrap_or_default();
        if let (true, Some(file)) = (queries.is_empty(), self.file(FileRole::Qrels)) {
            return Err(DataError::NoQueries { file: file.name.clone() });
        }
        let qrels = self.read(FileRole::Qrels, |name, bytes| read_qrels(name, bytes, &queries))?;
        let feedback = self.read(FileRole::Feedback, |name, bytes| read_feedback(name, bytes, &corpus))?;
        Ok(Collection {
            name,
            qrels: qrels.or(kept_qrels).unwrap_or_default(),
            feedback: feedback.or_else(|| base.and_then(|b| b.feedback.clone())),
            corpus,
            queries,
        })
    }

    fn file(&self, role: FileRole) -> Option<&NamedBytes> {
        self.files.get(*self.chosen.get(&role)?)
    }

    /// Reads the file chosen for a role, if there is one, and books what came of it.
    fn read<T>(
        &mut self,
        role: FileRole,
        reader: impl FnOnce(&str, &[u8]) -> Result<Parsed<T>, DataError>,
    ) -> Result<Option<T>, DataError> {
        let Some(file) = self.file(role) else {
            return Ok(None);
        };
        let parsed = reader(&file.name, &file.bytes)?;
        if let Some(report) = self.chosen.get(&role).and_then(|&i| self.reports.get_mut(i)) {
            report.used = true;
            report.records = parsed.records;
            report.left_out = parsed.refused.len();
        }
        self.refused.extend(parsed.refused);
        Ok(Some(parsed.value))
    }

    /// Names a new collection after the folder or archive of its corpus.
    fn name(&self) -> String {
        let folder = self.file(FileRole::Corpus).and_then(|file| file.name.rsplit(['/', '\\']).nth(1));
        let name = folder.map(|folder| folder.strip_suffix(".zip").unwrap_or(folder)).unwrap_or_default();
        if name.is_empty() { UNNAMED.to_owned() } else { name.to_owned() }
    }
}

impl Collection {
    /// The texts of the judged queries, [`folded`].
    pub fn judged_texts(&self) -> HashSet<String> {
        let judged = self.qrels.query_ids().filter_map(|id| self.queries.get(id));
        judged.map(|query| folded(&query.text)).collect()
    }
}

/// Takes feedback and guidance on judged queries out of a collection, so that teaching never sees what it is
/// measured on; returns how many lines and examples that were.
///
/// Queries are the same if their texts are, but for case and blanks; ids of two files mean nothing together.
fn take_out_judged(collection: &mut Collection) -> usize {
    let judged = collection.judged_texts();
    let Some(feedback) = &mut collection.feedback else {
        return 0;
    };
    let before = feedback.queries.len();
    feedback.queries.retain(|query| !judged.contains(&folded(&query.query)));
    let mut taken_out = before - feedback.queries.len();
    for query in &mut feedback.queries {
        let before = query.guidance.len();
        query.guidance.retain(|guidance| !judged.contains(&folded(&guidance.query)));
        taken_out += before - query.guidance.len();
    }
    feedback.queries.retain(|query| !query.preferences.is_empty() || !query.guidance.is_empty());
    taken_out
}

/// A query's text without what makes no difference: case and blanks.
pub fn folded(text: &str) -> String {
    text.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;

    const CORPUS: (&str, &str) =
        ("set/corpus.jsonl", "{\"_id\": \"a\", \"text\": \"x\"}\n{\"_id\": \"b\", \"text\": \"y\"}\n");
    const QUERIES: (&str, &str) =
        ("set/queries.jsonl", "{\"_id\": \"1\", \"text\": \"One?\"}\n{\"_id\": \"2\", \"text\": \"Two?\"}\n");
    const TEST: (&str, &str) = ("set/qrels/test.tsv", "query-id\tcorpus-id\tscore\n1\ta\t1\n");
    const TRAIN: (&str, &str) = ("set/qrels/train.tsv", "2\ta\t1\n2\tb\t1\n");
    const FEEDBACK: (&str, &str) = (
        "feedback.jsonl",
        "{\"query_id\": \"n1\", \"query\": \" one? \", \"preferences\": [{\"doc_id\": \"a\", \"score\": 1}]}\n\
         {\"query_id\": \"1\", \"query\": \"other\", \"preferences\": [{\"doc_id\": \"a\", \"score\": 1}]}\n\
         {\"query_id\": \"n3\", \"query\": \"third\", \"preferences\": [{\"doc_id\": \"z\", \"score\": 1}]}\n",
    );

    fn files(given: &[(&str, &str)]) -> Vec<NamedBytes> {
        given
            .iter()
            .map(|(name, text)| NamedBytes { name: (*name).into(), bytes: text.as_bytes().to_vec() })
            .collect()
    }

    fn open(given: &[(&str, &str)]) -> Assembled {
        assemble(files(given), None).unwrap()
    }

    #[test]
    fn a_folder_becomes_a_collection() {
        let seen = open(&[FEEDBACK, TRAIN, TEST, QUERIES, CORPUS, ("set/README.md", "# read me")]);
        assert_eq!(seen.collection.name, "set");
        assert_eq!((seen.collection.corpus.len(), seen.collection.queries.len()), (2, 2));
        assert_eq!(seen.collection.qrels.query_ids().collect::<Vec<_>>(), ["1"]);
        let reports: Vec<_> =
            seen.files.iter().map(|f| (f.role, f.role_name(), f.records, f.left_out)).collect();
        assert_eq!(
            reports,
            [
                (FileRole::Feedback, "feedback", 2, 1),
                (FileRole::Qrels, "ignored", 0, 0),
                (FileRole::Qrels, "qrels", 1, 0),
                (FileRole::Queries, "queries", 2, 0),
                (FileRole::Corpus, "corpus", 2, 0),
                (FileRole::Unknown, "ignored", 0, 0),
            ]
        );
        assert_eq!(
            seen.refused.iter().map(ToString::to_string).collect::<Vec<_>>(),
            ["feedback.jsonl line 3: doc_id 'z' is not in the corpus. Leave the line out, or add the \
                 passage."]
        );
    }

    #[test]
    fn judged_queries_are_taken_out_of_the_feedback() {
        let seen = open(&[CORPUS, QUERIES, TEST, FEEDBACK]);
        assert_eq!(seen.also_judged, 1);
        // The same id with another text is another query.
        let left: Vec<&str> =
            seen.collection.feedback.as_ref().unwrap().queries.iter().map(|q| q.query.as_str()).collect();
        assert_eq!(left, ["other"]);
        assert_eq!(open(&[CORPUS, QUERIES, FEEDBACK]).also_judged, 0);
    }

    #[test]
    fn files_are_added_to_an_open_collection() {
        let base = open(&[CORPUS, QUERIES, TEST]).collection;
        let taught = assemble(files(&[FEEDBACK]), Some(&base)).unwrap();
        assert_eq!((taught.collection.name.as_str(), taught.also_judged), ("set", 1));
        assert_eq!(taught.collection.qrels, base.qrels);
        let other = assemble(files(&[TRAIN]), Some(&taught.collection)).unwrap().collection;
        assert_eq!(other.qrels.query_ids().collect::<Vec<_>>(), ["2"]);
        assert_eq!(other.feedback, taught.collection.feedback);
        let asked = assemble(files(&[QUERIES]), Some(&other)).unwrap().collection;
        assert!(asked.qrels.is_empty());
        let fresh = assemble(files(&[CORPUS]), Some(&other)).unwrap().collection;
        assert!(fresh.queries.is_empty() && fresh.feedback.is_none());
    }

    #[test]
    fn one_split_is_chosen_or_asked_for() {
        let split = |names: &[&str]| {
            let given = names
                .iter()
                .map(|name| NamedBytes { name: (*name).into(), bytes: vec![] })
                .collect::<Vec<_>>();
            let roles = vec![FileRole::Qrels; given.len()];
            choose(&given, &roles).map(|chosen| names[chosen[&FileRole::Qrels]].to_owned())
        };
        assert_eq!(
            split(&["qrels/train.tsv", "qrels/dev.tsv", "qrels/test_x.tsv"]).unwrap(),
            "qrels/dev.tsv"
        );
        assert_eq!(split(&["qrels/dev.tsv", "qrels.test.txt"]).unwrap(), "qrels.test.txt");
        assert_eq!(split(&["qrels/train.tsv"]).unwrap(), "qrels/train.tsv");
        let both = split(&["qrels/train.tsv", "qrels/heldout.tsv"]).unwrap_err();
        assert_eq!(both.to_string(), "qrels/heldout.tsv and qrels/train.tsv both look like qrels");
        assert_eq!(both.remedy(), "Give only one of them.");
    }

    #[test]
    fn sets_of_files_that_make_no_collection_say_why() {
        assert_eq!(assemble(vec![], None), Err(DataError::NothingGiven));
        assert_eq!(assemble(files(&[QUERIES]), None), Err(DataError::NoCorpus));
        let error = assemble(files(&[CORPUS, TEST]), None).unwrap_err();
        assert_eq!(error.to_string(), "set/qrels/test.tsv holds judgements, but there are no queries");
        let error = assemble(files(&[("a.png", "x"), ("b.md", "y")]), None).unwrap_err();
        assert_eq!(
            error.to_string(),
            "none of the files is a corpus, queries, qrels or feedback: a.png, b.md"
        );
    }

    #[test]
    fn a_collection_is_named_after_its_folder() {
        for (corpus, name) in
            [("corpus.jsonl", UNNAMED), ("a/b/corpus.jsonl", "b"), ("x.zip/corpus.jsonl", "x")]
        {
            assert_eq!(open(&[(corpus, CORPUS.1)]).collection.name, name);
        }
    }
}
