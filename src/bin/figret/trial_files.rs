//! The folder of an experiment: a file for each finished trial, and what they add up to.

use super::Outcome;
use super::files;
use figret::experiment::{CellOutcome, Report, Trials, chart};
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

    /// Takes the trials of an experiment that are there, and says what else lies there.
    pub(crate) fn read_into(&self, trials: &mut Trials) -> Outcome<()> {
        let folder = self.folder.join("trials");
        let entries = std::fs::read_dir(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
        let mut others = 0;
        for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
            if path.extension().is_none_or(|ending| ending != "json") {
                continue;
            }
            let (name, bytes) = files::named(&path)?;
            match serde_json::from_slice::<CellOutcome>(&bytes) {
                Ok(outcome) if name == format!("{}.json", outcome.key) => {
                    others += usize::from(!trials.take(outcome));
                }
                _ => eprintln!("{} is no trial of that name and is not used", path.display()),
            }
        }
        if others > 0 {
            eprintln!(
                "{others} trials in {} are of another experiment, or were made with other settings, files or another \
                 model; they are left as they are and not used",
                folder.display()
            );
        }
        Ok(())
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
