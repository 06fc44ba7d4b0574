//! A collection out of whatever files a person gave: zips opened, roles guessed, parts read in order.
//!
//! Decides nothing about refused lines: they are listed, and the caller goes on or stops.

use super::error::clip;
use super::judged::take_out_judged;
use super::role::stem_and_ending;
use super::{
    Corpus, DataError, Feedback, FeedbackQuery, FileRole, Import, ImportFormat, ImportReport, NamedBytes,
    Parsed, Qrels, Queries, Refusal, detect_import, detect_role, expand_archives, read_corpus, read_feedback,
    read_import, read_llama_index_collection, read_qrels, read_queries,
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
    /// LLM feedback on judged queries: never taught, for comparing the two judges alone.
    pub judged_feedback: Feedback,
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
    /// How the feedback was understood, if another tool wrote it.
    pub import: Option<ImportReport>,
}

/// A format that a person chose for a file, in place of the one detected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportChoice {
    /// The file by its name, as in a [`FileReport`].
    pub file: String,
    /// The format.
    pub format: ImportFormat,
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
/// files `test` is used, else `dev`, else the only one. Feedback may be in a format of another tool; files of later
/// rounds, which say so in their lines, join the feedback instead of replacing it. Feedback on judged queries is taken
/// out.
///
/// # Errors
/// Any variant of [`DataError`]: nothing usable, an unreadable file, an ambiguous set of files.
pub fn assemble(files: Vec<NamedBytes>, base: Option<&Collection>) -> Result<Assembled, DataError> {
    assemble_choosing(files, base, None)
}

/// Builds a collection as [`assemble`] does, but reads one file as feedback in the format that a person chose.
///
/// # Errors
/// Any variant of [`DataError`], as for [`assemble`].
pub fn assemble_choosing(
    files: Vec<NamedBytes>,
    base: Option<&Collection>,
    choice: Option<&ImportChoice>,
) -> Result<Assembled, DataError> {
    if files.is_empty() {
        return Err(DataError::NothingGiven);
    }
    let files = expand_archives(files)?;
    if files.is_empty() {
        return Err(DataError::NothingGiven);
    }
    if let Some(choice) = choice.filter(|choice| files.iter().all(|file| file.name != choice.file)) {
        return Err(DataError::NoSuchFile { file: choice.file.clone() });
    }
    let role = |file: &NamedBytes| match choice {
        Some(choice) if choice.file == file.name => FileRole::Feedback,
        _ => detect_role(&file.name, &file.bytes),
    };
    let roles: Vec<FileRole> = files.iter().map(role).collect();
    let is_later = |i: &usize| roles[*i] == FileRole::Feedback && is_of_a_later_round(&files[*i].bytes);
    let later: Vec<usize> = (0..files.len()).filter(is_later).collect();
    let chosen = choose(&files, &roles, &later)?;
    if chosen.is_empty() && later.is_empty() {
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
    let mut work = Work {
        files: &files,
        chosen: &chosen,
        later: &later,
        choice,
        reports: reports.collect(),
        refused: Vec::new(),
        import: None,
    };
    let mut collection = work.collection(base)?;
    let also_judged = take_out_judged(&mut collection);
    Ok(Assembled {
        is_new: base.is_none() || chosen.contains_key(&FileRole::Corpus),
        collection,
        files: work.reports,
        refused: work.refused,
        also_judged,
        import: work.import,
    })
}

/// Picks one file a role by its position; those in `beside` are not for choosing among.
fn choose(
    files: &[NamedBytes],
    roles: &[FileRole],
    beside: &[usize],
) -> Result<BTreeMap<FileRole, usize>, DataError> {
    let mut chosen = BTreeMap::new();
    for role in [FileRole::Corpus, FileRole::Queries, FileRole::Qrels, FileRole::Feedback] {
        let mut candidates: Vec<(u8, &str, usize)> = files
            .iter()
            .zip(roles)
            .enumerate()
            .filter(|(i, (_, found))| **found == role && !beside.contains(i))
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

/// Whether the first line of a feedback file says that it was asked for in a later round.
fn is_of_a_later_round(bytes: &[u8]) -> bool {
    let first = bytes.split(|byte| *byte == b'\n').find(|line| !line.trim_ascii().is_empty());
    let line = first.and_then(|line| serde_json::from_slice::<serde_json::Value>(line).ok());
    line.and_then(|line| line.get("round")?.as_u64()).is_some_and(|round| round > 1)
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
    /// Feedback of later rounds.
    later: &'a [usize],
    choice: Option<&'a ImportChoice>,
    reports: Vec<FileReport>,
    refused: Vec<Refusal>,
    import: Option<ImportReport>,
}

impl Work<'_> {
    fn collection(&mut self, base: Option<&Collection>) -> Result<Collection, DataError> {
        let new_corpus = self.read(FileRole::Corpus, read_corpus)?;
        let base = base.filter(|_| new_corpus.is_none());
        let name = match base {
            Some(base) => base.name.clone(),
            None => self.name(),
        };
        let known = new_corpus.or_else(|| base.map(|b| b.corpus.clone()));
        let (corpus, brought) = match known {
            Some(corpus) => (corpus, None),
            None => {
                let (corpus, queries) = self.brought()?.ok_or(DataError::NoCorpus)?;
                (corpus, Some(queries))
            }
        };
        let new_queries = self.read(FileRole::Queries, read_queries)?.or(brought);
        let kept_qrels = base.filter(|_| new_queries.is_none()).map(|b| b.qrels.clone());
        let queries = new_queries.or_else(|| base.map(|b| b.queries.clone())).unwrap_or_default();
        if let (true, Some(file)) = (queries.is_empty(), self.file(FileRole::Qrels)) {
            return Err(DataError::NoQueries { file: file.name.clone() });
        }
        let qrels = self.read(FileRole::Qrels, |name, bytes| read_qrels(name, bytes, &queries))?;
        let feedback = self.feedback(&corpus)?.or_else(|| base.and_then(|b| b.feedback.clone()));
        let feedback = self.with_later_rounds(feedback, &corpus)?;
        Ok(Collection {
            name,
            qrels: qrels.or(kept_qrels).unwrap_or_default(),
            feedback,
            judged_feedback: Feedback::default(),
            corpus,
            queries,
        })
    }

    /// Corpus and queries that the feedback's own file brings along.
    fn brought(&self) -> Result<Option<(Corpus, Queries)>, DataError> {
        let Some(file) = self.file(FileRole::Feedback) else {
            return Ok(None);
        };
        let detected = || detect_import(&file.bytes).map(|detection| detection.format);
        match self.chosen_format(file).or_else(detected) {
            Some(ImportFormat::LlamaIndex) => read_llama_index_collection(&file.name, &file.bytes).map(Some),
            _ => Ok(None),
        }
    }

    /// Reads the feedback, whoever wrote it.
    fn feedback(&mut self, corpus: &Corpus) -> Result<Option<Feedback>, DataError> {
        let Some(file) = self.file(FileRole::Feedback) else {
            return Ok(None);
        };
        let format = self.chosen_format(file);
        if format.is_none() && detect_import(&file.bytes).is_none() {
            return self.read(FileRole::Feedback, |name, bytes| read_feedback(name, bytes, corpus));
        }
        let Import { parsed, report } = read_import(&file.name, &file.bytes, corpus, format)?;
        self.import = Some(report);
        self.read(FileRole::Feedback, |_, _| Ok(parsed))
    }

    /// Adds what later rounds have brought; a round that was there before is replaced.
    fn with_later_rounds(
        &mut self,
        mut feedback: Option<Feedback>,
        corpus: &Corpus,
    ) -> Result<Option<Feedback>, DataError> {
        for &i in self.later {
            let file = &self.files[i];
            let later = self.book(i, read_feedback(&file.name, &file.bytes, corpus)?);
            let rounds: HashSet<usize> = later.queries.iter().map(FeedbackQuery::round).collect();
            let feedback = feedback.get_or_insert_default();
            feedback.queries.retain(|line| !rounds.contains(&line.round()));
            feedback.queries.extend(later.queries);
        }
        Ok(feedback)
    }

    fn chosen_format(&self, file: &NamedBytes) -> Option<ImportFormat> {
        self.choice.filter(|choice| choice.file == file.name).map(|choice| choice.format)
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
        let (Some(file), Some(&i)) = (self.file(role), self.chosen.get(&role)) else {
            return Ok(None);
        };
        let parsed = reader(&file.name, &file.bytes)?;
        Ok(Some(self.book(i, parsed)))
    }

    /// Notes what came of a file.
    fn book<T>(&mut self, i: usize, parsed: Parsed<T>) -> T {
        if let Some(report) = self.reports.get_mut(i) {
            report.used = true;
            report.records = parsed.records;
            report.left_out = parsed.refused.len();
        }
        self.refused.extend(parsed.refused);
        parsed.value
    }

    /// Names a new collection after the folder or archive of its corpus.
    fn name(&self) -> String {
        let folder = self.file(FileRole::Corpus).and_then(|file| file.name.rsplit(['/', '\\']).nth(1));
        let name = folder.map(|folder| folder.strip_suffix(".zip").unwrap_or(folder)).unwrap_or_default();
        if name.is_empty() { UNNAMED.to_owned() } else { name.to_owned() }
    }
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
    fn a_later_round_joins_the_feedback_and_replaces_itself() {
        let second = |text: &str| {
            let line = format!(
                "{{\"query_id\": \"n2\", \"query\": \"{text}\", \"preferences\": [{{\"doc_id\": \"b\", \"score\": 2}}], \"round\": 2}}\n"
            );
            line
        };
        let queries = |seen: &Assembled| -> Vec<String> {
            let feedback = seen.collection.feedback.as_ref().unwrap();
            feedback.queries.iter().map(|line| format!("{} {}", line.query, line.round())).collect()
        };
        let later = second("other");
        let both = open(&[CORPUS, FEEDBACK, ("feedback_round2.jsonl", &later)]);
        assert_eq!(queries(&both), [" one?  1", "other 1", "other 2"]);
        assert!(both.files.iter().all(|file| file.used), "{:?}", both.files);

        let again = second("another");
        let added = assemble(files(&[("second.jsonl", &again)]), Some(&both.collection)).unwrap();
        assert_eq!(queries(&added), [" one?  1", "other 1", "another 2"]);
        assert!(!added.is_new);
        let alone = open(&[CORPUS, ("feedback.jsonl", &later)]);
        assert_eq!(queries(&alone), ["other 2"]);
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

    /// Lines of FlagEmbedding: one on a judged query, and one that a passage of another corpus wins.
    const IMPORTED: &str = "{\"query\": \"ONE?\", \"pos\": [\"x\"], \"neg\": [\"y\"]}\n\
         {\"query\": \"other\", \"pos\": [\"x\"], \"neg\": [\"y\"]}\n{\"query\": \"third\", \"pos\": [\"z\"], \"neg\": []}\n";

    #[test]
    fn what_another_tool_wrote_is_feedback_whatever_its_name() {
        for name in ["train.jsonl", "feedback.jsonl", "minedHN.json"] {
            let seen = open(&[CORPUS, QUERIES, TEST, (name, IMPORTED)]);
            assert_eq!((seen.files[3].role, seen.files[3].used), (FileRole::Feedback, true), "{name}");
            assert_eq!((seen.files[3].records, seen.files[3].left_out), (2, 1));
            let left: Vec<&str> =
                seen.collection.feedback.iter().flat_map(|f| &f.queries).map(|q| q.query.as_str()).collect();
            assert_eq!((left, seen.also_judged), (vec!["other"], 1));
            let report = seen.import.unwrap();
            assert_eq!((report.file.as_str(), report.format), (name, ImportFormat::FlagEmbedding));
        }
        assert_eq!(open(&[CORPUS, FEEDBACK]).import, None);
    }

    #[test]
    fn a_format_can_be_chosen_for_a_file_that_looks_like_another() {
        let ratings = ("r.csv", "query,docid,rating\nmilk,a,2\nmilk,b,0\n");
        assert_eq!(detect_role(ratings.0, ratings.1.as_bytes()), FileRole::Qrels);
        let choose = |file: &str| {
            let choice = ImportChoice { file: file.to_owned(), format: ImportFormat::Quepid };
            assemble_choosing(files(&[CORPUS, ratings]), None, Some(&choice))
        };
        let seen = choose("r.csv").unwrap();
        assert_eq!(seen.files[1].role_name(), "feedback");
        assert_eq!(seen.collection.feedback.unwrap().queries[0].query, "milk");
        let error = choose("s.csv").unwrap_err();
        assert_eq!(error.to_string(), "s.csv is not among the files");
    }

    #[test]
    fn a_dataset_with_nodes_is_a_collection_by_itself_unless_there_is_a_corpus() {
        let dataset = (
            "qa.json",
            r#"{"queries": {"1": "why"}, "corpus": {"n": "x", "m": "w"}, "relevant_docs": {"1": ["n"]}}"#,
        );
        let alone = open(&[dataset]);
        let Collection { corpus, queries, feedback, .. } = &alone.collection;
        assert_eq!((corpus.len(), queries.len(), feedback.as_ref().unwrap().queries.len()), (2, 1, 1));
        assert!(alone.is_new);
        let added = assemble(files(&[dataset]), Some(&open(&[CORPUS]).collection)).unwrap();
        let Collection { corpus, queries, feedback, .. } = &added.collection;
        assert_eq!((corpus.position("a"), queries.len()), (Some(0), 0));
        assert_eq!(feedback.as_ref().unwrap().queries[0].preferences[0].passage, 0);
        assert!(!added.is_new);
        let other = assemble(files(&[("train.jsonl", IMPORTED)]), None);
        assert_eq!(other, Err(DataError::NoCorpus));
    }

    #[test]
    fn one_split_is_chosen_or_asked_for() {
        let split = |names: &[&str]| {
            let given = names
                .iter()
                .map(|name| NamedBytes { name: (*name).into(), bytes: vec![] })
                .collect::<Vec<_>>();
            let roles = vec![FileRole::Qrels; given.len()];
            choose(&given, &roles, &[]).map(|chosen| names[chosen[&FileRole::Qrels]].to_owned())
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
