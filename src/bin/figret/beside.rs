//! Other models on the collection at hand: each is open only while it embeds and ranks.
//!
//! They rank by their vectors alone; words, hybrids and adapters are those of the model at hand.

use super::Outcome;
use super::args::{Args, EvaluateArgs};
use super::commands::{Session, words};
use super::{evaluating, model};
use figret::data::Collection;
use figret::engine::{Engine, System, Tower};
use figret::eval::Figures;
use figret::export::TextVectors;
use std::path::Path;

/// A model's figures under its name in tables and files.
pub(crate) type Beside = (String, Figures);

/// Measures every model of `--beside` on the same queries by the same measures; writes its run if runs are wanted.
pub(crate) async fn measure(
    args: &Args,
    asked: &EvaluateArgs,
    collection: &Collection,
) -> Outcome<Vec<Beside>> {
    let mut measured: Vec<Beside> = Vec::with_capacity(asked.beside.len());
    for (i, folder) in asked.beside.iter().enumerate() {
        let name = free_name(folder, &measured);
        let model = model::read_folder(folder, None)?;
        let prefix = |given: &[String]| given.get(i).cloned();
        let prefixes = (prefix(&asked.beside_query_prefix), prefix(&asked.beside_passage_prefix));
        let model = model::prefixed(model, prefixes);
        eprintln!("beside: {}", model.in_words());
        let (mut engine, _) = Engine::open(model, args.backend.into()).await.map_err(words)?;
        engine.open_collection(collection.clone(), TextVectors::default(), true).map_err(words)?;
        let mut session = Session { engine };
        session.finish_indexes().await?;
        session.measure(Tower::Baseline).await?;
        let figures = session.figures(&asked.measures)?;
        if let Some(folder) = &asked.runs {
            evaluating::write_run_of(&mut session.engine, folder, System::Before, &name)?;
        }
        measured.push((name, figures));
    }
    Ok(measured)
}

/// Refuses prefixes that belong to none or not to all of the models.
pub(crate) fn check(asked: &EvaluateArgs) -> Outcome<()> {
    let models = asked.beside.len();
    for (flag, given) in [("query", &asked.beside_query_prefix), ("passage", &asked.beside_passage_prefix)] {
        if ![0, models].contains(&given.len()) {
            let count = given.len();
            return Err(format!(
                "--beside-{flag}-prefix is given {count} times for {models} models; give it once for each --beside, '' for none"
            ));
        }
    }
    Ok(())
}

/// The folder's name; with a number if a system or a model before it has that name.
fn free_name(folder: &Path, taken: &[Beside]) -> String {
    let whole = folder.canonicalize().unwrap_or_else(|_| folder.to_path_buf());
    let name = model::name_of(&whole).rsplit('/').next().unwrap_or_default().to_owned();
    let is_taken =
        |name: &str| System::from_name(name).is_some() || taken.iter().any(|(other, _)| other == name);
    if !is_taken(&name) {
        return name;
    }
    let numbered = (2..).map(|n| format!("{name}-{n}")).find(|name| !is_taken(name));
    numbered.unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_given_once() {
        let figures = || Figures::new(Vec::new(), Default::default());
        let taken = vec![("e5".to_owned(), figures()), ("e5-2".to_owned(), figures())];
        assert_eq!(free_name(Path::new("/a/e5"), &taken), "e5-3");
        assert_eq!(free_name(Path::new("/a/bm25"), &taken), "bm25-2");
        assert_eq!(free_name(Path::new("/a/other"), &taken), "other");
    }
}
