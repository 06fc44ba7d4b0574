//! Files as a zip without compression, and where a file lies in one.
//!
//! Weights hardly shrink, and a file that is stored as it is can be read back in place.

use super::{ExportError, ExportedFile};
use std::io::{Cursor, Write};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

/// Room for what the archive says about one file beside its content and its name, which it says twice.
const ENTRY_BYTES: usize = 256;

/// Writes a zip of files under one folder.
pub(super) struct Archive {
    folder: &'static str,
    writer: ZipWriter<Cursor<Vec<u8>>>,
}

impl Archive {
    /// Begins an archive that will hold so many files and bytes; all its memory is taken at once.
    pub(super) fn begin(folder: &'static str, files: usize, bytes: usize) -> Self {
        let buffer = Vec::with_capacity(bytes + files * ENTRY_BYTES);
        Self { folder, writer: ZipWriter::new(Cursor::new(buffer)) }
    }

    /// Begins a file and returns what takes its content.
    ///
    /// # Errors
    /// [`ExportError::Write`] if there is a file of this name.
    pub(super) fn file(&mut self, name: &str) -> Result<&mut impl Write, ExportError> {
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Stored)
            .unix_permissions(0o644);
        self.writer.start_file(format!("{}/{name}", self.folder), options).map_err(refused)?;
        Ok(&mut self.writer)
    }

    /// Adds a whole file.
    ///
    /// # Errors
    /// Those of [`Self::file`].
    pub(super) fn add(&mut self, file: &ExportedFile) -> Result<(), ExportError> {
        Ok(self.file(&file.name)?.write_all(&file.bytes)?)
    }

    /// Ends the archive.
    ///
    /// # Errors
    /// [`ExportError::Write`] if its directory cannot be written.
    pub(super) fn finish(self) -> Result<Vec<u8>, ExportError> {
        Ok(self.writer.finish().map_err(refused)?.into_inner())
    }
}

/// The content of a stored file, in place.
///
/// # Errors
/// [`ExportError::Write`] if the zip has no such file or holds it compressed.
pub(super) fn stored<'a>(zip: &'a [u8], folder: &str, name: &str) -> Result<&'a [u8], ExportError> {
    let mut archive = ZipArchive::new(Cursor::new(zip)).map_err(refused)?;
    let file = archive.by_name(&format!("{folder}/{name}")).map_err(refused)?;
    let start = file.data_start().filter(|_| file.compression() == CompressionMethod::Stored);
    let content = start.and_then(|start| zip.get(start as usize..(start + file.size()) as usize));
    content.ok_or_else(|| ExportError::Write(format!("the zip does not hold {name} as it is")))
}

fn refused(error: impl ToString) -> ExportError {
    ExportError::Write(error.to_string())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
mod tests {
    use super::*;
    use crate::data::{NamedBytes, expand_archives};

    fn zip_of(files: &[ExportedFile]) -> Vec<u8> {
        let mut archive = Archive::begin("model", files.len(), 0);
        files.iter().for_each(|file| archive.add(file).unwrap());
        archive.finish().unwrap()
    }

    fn file(name: &str, bytes: &[u8]) -> ExportedFile {
        ExportedFile { name: name.to_owned(), bytes: bytes.to_vec() }
    }

    #[test]
    fn what_is_written_is_read_back() {
        let files = [file("a.json", b"{}"), file("1_Pooling/config.json", &[7; 300]), file("empty", b"")];
        let zip = zip_of(&files);
        for file in &files {
            assert_eq!(stored(&zip, "model", &file.name).unwrap(), file.bytes);
        }
        // The zip reader checks sums and names.
        let read = expand_archives(vec![NamedBytes { name: "m.zip".into(), bytes: zip }]).unwrap();
        let expected =
            files.map(|file| NamedBytes { name: format!("m.zip/model/{}", file.name), bytes: file.bytes });
        assert_eq!(read, expected);
    }

    #[test]
    fn it_is_as_large_as_was_asked_for() {
        let files =
            [file("1_Pooling/config.json", &[7; 3000]), file("config_sentence_transformers.json", b"")];
        let zip = zip_of(&files);
        assert!(zip.len() <= 3000 + files.len() * ENTRY_BYTES, "{} bytes", zip.len());
    }

    #[test]
    fn a_file_that_is_not_there_is_named() {
        let zip = zip_of(&[file("a", b"x")]);
        assert!(stored(&zip, "model", "b").is_err());
        assert!(stored(b"no zip", "model", "a").is_err());
        let mut archive = Archive::begin("model", 2, 0);
        archive.add(&file("a", b"x")).unwrap();
        assert!(archive.add(&file("a", b"y")).is_err());
    }
}
