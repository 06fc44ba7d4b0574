//! The commands that hand the taught model to others: as a folder, as a zip, and as embeddings.

use super::Outcome;
use super::args::{Args, RoleArg};
use super::commands::{Session, embed, words};
use super::{files, report};
use figret::encoder::Learned;
use figret::engine::{ExportForm, ExportedModel, Role};
use figret::export::{WrittenModel, write_adapter};
use std::path::Path;

impl Session {
    /// `figret export`
    pub(crate) async fn export(&self, args: &Args) -> Outcome<()> {
        let out = args.out.clone().ok_or("export needs --out DIR or --out FILE.zip to write to")?;
        if args.adapter.is_none() {
            return Err("export needs --adapter DIR, what was taught".to_owned());
        }
        let (size_bytes, cosine) = self.write_model(&out).await?;
        report::exported(args, &out, size_bytes, cosine);
        Ok(())
    }

    /// Writes the adapter as PEFT files, or whole weights as a model's folder.
    pub(crate) async fn write_learned(&self, out: &Path) -> Outcome<()> {
        match self.engine.learned().map_err(words)? {
            (Learned::Adapter(adapter), towers) => {
                let base = self.engine.model().recipe();
                files::write_files(out, &write_adapter(adapter, towers, &base).map_err(|e| e.to_string())?)
            }
            (Learned::Weights(_), _) => self.write_model(out).await.map(drop),
        }
    }

    /// Writes what was taught, and returns its bytes and how well it was read back; a path that ends in .zip gets a zip.
    pub(crate) async fn write_model(&self, out: &Path) -> Outcome<(usize, f64)> {
        let is_zip = out.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("zip"));
        let form = if is_zip { ExportForm::Zip } else { ExportForm::Files };
        let mut job = self.engine.exporting(form).map_err(words)?;
        while job.advance().await.map_err(words)? {}
        let ExportedModel { written, cosine } = job.finish().map_err(words)?;
        let size_bytes = match written {
            WrittenModel::Files(model) => {
                files::write_files(out, &model)?;
                model.iter().map(|file| file.bytes.len()).sum()
            }
            WrittenModel::Zip(zip) => {
                files::write_bytes(out, &zip)?;
                zip.len()
            }
        };
        Ok((size_bytes, cosine))
    }

    /// `figret embed`
    pub(crate) async fn embed(&self, args: &Args, texts: &Path, role: Option<RoleArg>) -> Outcome<()> {
        if role.is_none() && self.engine.model().has_prefixes() {
            return Err(
                "this model has prefixes: say with --role what the texts are, query or passage".to_owned()
            );
        }
        let role = role.map_or(Role::Query, Role::from);
        let texts = files::read_lines(texts)?;
        let job = self.engine.embedding(texts, role, self.tower()).map_err(words)?;
        let vectors = embed(job, "texts").await?.into_vectors();
        report::embedded(args, &vectors, self.engine.config().hidden_size);
        Ok(())
    }
}
