//! Files out of zip archives, with limits on what an archive may do.
//!
//! Writes nothing to a disk and opens no archive within an archive.

use super::DataError;
use super::error::clip;
use std::io::{Cursor, Read};
use zip::ZipArchive;
use zip::read::ZipFile;

const MAX_ENTRIES: usize = 2_000;
const MAX_TOTAL_BYTES: u64 = 1 << 30;
/// Entries up to this size may be packed however tightly.
const SMALL_BYTES: u64 = 10 << 20;
const MAX_RATIO: u64 = 200;
/// Longest name of an entry with its folders, in characters; every message about its lines repeats it.
const MAX_NAME_CHARS: usize = 500;

const PACK_AGAIN: &str = "Pack the collection's files into a new zip.";
const PACK_LESS: &str = "Pack only the collection's files.";

/// A file by name and content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedBytes {
    /// Name, with its folders if it came from one, `/` between them.
    pub name: String,
    /// Content.
    pub bytes: Vec<u8>,
}

/// Replaces every zip by the files in it and passes on all others.
///
/// Files are named `archive.zip/path/in/it`. Folders, links, hidden files and `__MACOSX` are left out. At most
/// 2,000 entries and 1 GiB of content in all.
///
/// # Errors
/// [`DataError::Archive`] if an archive is damaged or encrypted, leads out of its folder, or is too large or
/// suspiciously well packed.
pub fn expand_archives(files: Vec<NamedBytes>) -> Result<Vec<NamedBytes>, DataError> {
    let mut expanded = Vec::with_capacity(files.len());
    let mut room = Room { entries: MAX_ENTRIES, bytes: MAX_TOTAL_BYTES };
    for file in files {
        if is_zip(&file) {
            expand(&file, &mut room, &mut expanded)?;
        } else {
            expanded.push(file);
        }
    }
    Ok(expanded)
}

/// What archives may still bring in.
struct Room {
    entries: usize,
    bytes: u64,
}

fn is_zip(file: &NamedBytes) -> bool {
    file.name.to_lowercase().ends_with(".zip") || file.bytes.starts_with(b"PK\x03\x04")
}

fn expand(file: &NamedBytes, room: &mut Room, expanded: &mut Vec<NamedBytes>) -> Result<(), DataError> {
    let refuse = |problem: String, remedy: &'static str| DataError::Archive {
        file: file.name.clone(),
        problem,
        remedy,
    };
    let mut archive = ZipArchive::new(Cursor::new(file.bytes.as_slice()))
        .map_err(|e| refuse(format!("the zip cannot be opened ({e})"), PACK_AGAIN))?;
    room.entries = room
        .entries
        .checked_sub(archive.len())
        .ok_or_else(|| refuse(format!("there are more than {MAX_ENTRIES} entries"), PACK_LESS))?;
    if archive.has_duplicate_names() {
        return Err(refuse("two entries have the same name".to_owned(), PACK_AGAIN));
    }
    for i in 0..archive.len() {
        let mut entry = archive
            .by_index(i)
            .map_err(|e| refuse(format!("entry {} cannot be read ({e})", i + 1), PACK_AGAIN))?;
        let name =
            entry.name().map_err(|e| refuse(format!("entry {} has no name ({e})", i + 1), PACK_AGAIN))?;
        let name = name.replace('\\', "/");
        let problem = match () {
            () if leads_out(&name) => Some("leads out of the archive"),
            () if name.contains(char::is_control) => Some("has a name with a control character"),
            () if name.chars().count() > MAX_NAME_CHARS => Some("has a name that is too long"),
            () => None,
        };
        if let Some(problem) = problem {
            return Err(refuse(format!("entry '{}' {problem}", clip(&name)), PACK_AGAIN));
        }
        if entry.is_file() && !is_hidden(&name) {
            let bytes = content(&mut entry, room)
                .map_err(|(problem, remedy)| refuse(format!("{name} {problem}"), remedy))?;
            expanded.push(NamedBytes { name: format!("{}/{name}", file.name), bytes });
        }
    }
    Ok(())
}

/// Reads an entry, and no more of it than its own limit and the archive's: declared sizes are not believed.
fn content<R: Read>(entry: &mut ZipFile<'_, R>, room: &mut Room) -> Result<Vec<u8>, (String, &'static str)> {
    let own_limit = SMALL_BYTES.max(entry.compressed_size().saturating_mul(MAX_RATIO));
    let limit = own_limit.min(room.bytes);
    let mut bytes = Vec::new();
    let read = entry.take(limit + 1).read_to_end(&mut bytes);
    read.map_err(|e| (format!("is damaged ({e})"), PACK_AGAIN))?;
    let size = bytes.len() as u64;
    if size > room.bytes {
        return Err(("exceeds 1 GiB of content".to_owned(), PACK_LESS));
    }
    if size > own_limit {
        return Err((format!("unpacks to more than {MAX_RATIO} times its size"), PACK_AGAIN));
    }
    room.bytes -= size;
    Ok(bytes)
}

fn leads_out(name: &str) -> bool {
    let has_drive = name.as_bytes().get(1) == Some(&b':');
    has_drive || name.starts_with('/') || name.split('/').any(|part| part == "..")
}

fn is_hidden(name: &str) -> bool {
    name.split('/').any(|part| part == "__MACOSX" || part.starts_with('.'))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;
    use std::io::Write;
    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    fn zip_of(entries: &[(&str, &[u8])]) -> NamedBytes {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, content) in entries {
            writer.start_file(*name, SimpleFileOptions::default()).unwrap();
            writer.write_all(content).unwrap();
        }
        NamedBytes { name: "my.zip".into(), bytes: writer.finish().unwrap().into_inner() }
    }

    fn problem(file: NamedBytes) -> String {
        expand_archives(vec![file]).unwrap_err().to_string()
    }

    #[test]
    fn files_come_out_and_others_pass() {
        let plain = NamedBytes { name: "a.tsv".into(), bytes: b"a".to_vec() };
        let zip = zip_of(&[
            ("set/corpus.jsonl", b"x"),
            ("__MACOSX/set/._corpus.jsonl", b"junk"),
            ("set/.DS_Store", b"junk"),
        ]);
        let unnamed = NamedBytes { name: "upload".into(), bytes: zip.bytes.clone() };
        let names = |files| expand_archives(files).unwrap().into_iter().map(|f| f.name).collect::<Vec<_>>();
        assert_eq!(names(vec![plain, zip]), ["a.tsv", "my.zip/set/corpus.jsonl"]);
        assert_eq!(names(vec![unnamed]), ["upload/set/corpus.jsonl"]);
    }

    #[test]
    fn folders_are_skipped() {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        writer.add_directory("set/", SimpleFileOptions::default()).unwrap();
        let bytes = writer.finish().unwrap().into_inner();
        assert_eq!(expand_archives(vec![NamedBytes { name: "a.zip".into(), bytes }]).unwrap(), []);
    }

    #[test]
    fn paths_that_lead_out_are_refused() {
        for name in ["../corpus.jsonl", "a/../../b", "/etc/x", "C:/x", "..\\x"] {
            assert!(leads_out(&name.replace('\\', "/")), "{name}");
        }
        assert!(!leads_out("a/b..c/..d at 10:30"));
        assert_eq!(
            problem(zip_of(&[("a/../../b", b"x")])),
            "my.zip: entry 'a/../../b' leads out of the archive"
        );
    }

    #[test]
    fn bombs_are_refused() {
        let zeros = vec![0; (SMALL_BYTES + 1) as usize];
        assert_eq!(
            problem(zip_of(&[("zeros", &zeros)])),
            "my.zip: zeros unpacks to more than 200 times its size"
        );
        assert_eq!(expand_archives(vec![zip_of(&[("zeros", &zeros[1..])])]).unwrap().len(), 1);
        let names: Vec<String> = (0..=MAX_ENTRIES).map(|i| i.to_string()).collect();
        let entries: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), &b""[..])).collect();
        assert_eq!(problem(zip_of(&entries)), "my.zip: there are more than 2000 entries");
    }

    #[test]
    fn content_is_limited_over_all_archives() {
        let mut room = Room { entries: 3, bytes: 5 };
        let mut files = Vec::new();
        expand(&zip_of(&[("a", b"123"), ("b", b"4")]), &mut room, &mut files).unwrap();
        assert_eq!((room.entries, room.bytes, files.len()), (1, 1, 2));
        let error = expand(&zip_of(&[("c", b"56")]), &mut room, &mut files).unwrap_err();
        assert_eq!(error.to_string(), "my.zip: c exceeds 1 GiB of content");
        assert_eq!(error.remedy(), PACK_LESS);
    }

    #[test]
    fn damaged_archives_are_refused() {
        let broken = NamedBytes { name: "a.zip".into(), bytes: b"not a zip".to_vec() };
        assert!(problem(broken).starts_with("a.zip: the zip cannot be opened ("));
        let mut flipped = zip_of(&[("corpus.jsonl", b"some content that is long enough to be hit")]);
        flipped.bytes[45] ^= 0xFF;
        assert!(problem(flipped).starts_with("my.zip: corpus.jsonl is damaged ("));
    }
}
