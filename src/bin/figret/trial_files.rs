//! The folder of an experiment: a file for each finished trial, and what they add up to.

use super::Outcome;
use super::files;
use figret::experiment::{CellOutcome, Report, chart};
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// Where an experiment is kept.
pub(crate) struct TrialFiles {
    folder: PathBuf,
}

impl TrialFiles {
    /// Makes the folder if it is missing.
    pub(crate) fn open(folder: &Path) -> Outcome<Self> {
        let trials = folder.join("trials");
        std::fs::create_dir_all(&trials).map_err(|e| format!("{}: {e}", trials.display()))?;
        Ok(Self { folder: folder.to_owned() })
    }

    /// Reads the trials with these keys, and says what else lies there.
    pub(crate) fn read(&self, keys: &[String]) -> Outcome<HashMap<String, CellOutcome>> {
        let mut found = HashMap::new();
        let trials = self.folder.join("trials");
        let entries = std::fs::read_dir(&trials).map_err(|e| format!("{}: {e}", trials.display()))?;
        let mut others = 0;
        for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
            let key = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
            let is_trial = path.extension().is_some_and(|ending| ending == "json");
            if !is_trial || !keys.contains(&key) {
                others += usize::from(is_trial);
                continue;
            }
            let (_, bytes) = files::named(&path)?;
            match serde_json::from_slice::<CellOutcome>(&bytes) {
                Ok(outcome) if outcome.key == key => drop(found.insert(key, outcome)),
                _ => eprintln!("{} is no trial of that name and is made anew", path.display()),
            }
        }
        if others > 0 {
            eprintln!(
                "{others} trials in {} are of another experiment, or were made with other settings, files or another \
                 model; they are left as they are and not used",
                trials.display()
            );
        }
        Ok(found)
    }

    /// Keeps a finished trial.
    pub(crate) fn keep(&self, outcome: &CellOutcome) -> Outcome<()> {
        let text = serde_json::to_string(outcome).map_err(|e| e.to_string())?;
        files::replace(&self.folder.join("trials").join(format!("{}.json", outcome.key)), text.as_bytes())
    }

    /// Writes what the trials add up to so far.
    pub(crate) fn write(&self, report: &Report) -> Outcome<()> {
        let path = |ending: &str| self.folder.join(format!("{}.{ending}", report.experiment));
        let json = serde_json::to_string_pretty(report).map_err(|e| e.to_string())?;
        files::replace(&path("json"), json.as_bytes())?;
        files::replace(&path("md"), report.markdown().as_bytes())?;
        files::replace(&path("svg"), chart(report).svg().as_bytes())
    }
}
