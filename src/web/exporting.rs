//! The taught model as one zip, written and read back while the page watches.

use super::failure::{Stop, failure};
use super::protocol::{NamedFile, Progress, Reply};
use super::session::Session;
use super::worker::Caller;
use crate::engine::{ExportForm, ExportedModel};
use crate::export::{MODEL_FOLDER, WrittenModel};
use serde_bytes::ByteBuf;

impl Session {
    /// Writes the taught model and checks it; a search is answered in between.
    pub(super) async fn export_model(&self, caller: &Caller) -> Result<Reply, Stop> {
        let mut job = self.engine()?.exporting(ExportForm::Zip)?;
        loop {
            let stage = if job.is_written() { "check" } else { "write" };
            caller.progress(Progress::Exporting { stage: stage.to_owned() });
            caller.breathe().await?;
            if !job.advance().await? {
                break;
            }
        }
        let ExportedModel { written, cosine } = job.finish()?;
        let WrittenModel::Zip(zip) = written else {
            return Err(failure("engine", "The model was not written as a zip.".to_owned(), ""));
        };
        let file = NamedFile { name: format!("{MODEL_FOLDER}.zip"), bytes: ByteBuf::from(zip) };
        Ok(Reply::Model { file, check_cosine: cosine })
    }
}
