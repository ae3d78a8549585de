//! What a log file is, beside its name: device and inode, its head, and an anchor before a position.
//! So rename, copytruncate, recreate, compress-after-rotate and inode reuse are told apart.

use std::fs::{File, Metadata};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use xxhash_rust::xxh3::xxh3_64;

use super::archive;
use crate::domain::source::{ANCHOR, HEAD, Position};

/// Device and inode of a file.
#[cfg(unix)]
pub fn file_id(meta: &Metadata) -> (u64, u64) {
    use std::os::unix::fs::MetadataExt;
    (meta.dev(), meta.ino())
}

/// There are none here: heads and anchors have to do.
#[cfg(not(unix))]
pub fn file_id(_: &Metadata) -> (u64, u64) {
    (0, 0)
}

/// The anchor of a position in a plain file.
pub fn anchor(file: &File, at: u64) -> io::Result<u64> {
    Ok(anchor_of(&anchor_bytes(file, at)?))
}

/// The anchor that these (at most [`ANCHOR`]) bytes are; 0 means that there is none.
pub fn anchor_of(bytes: &[u8]) -> u64 {
    xxh3_64(bytes).max(1)
}

/// The (at most [`ANCHOR`]) bytes before `at` in a plain file.
pub fn anchor_bytes(mut file: &File, at: u64) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; at.min(ANCHOR as u64) as usize];
    file.seek(SeekFrom::Start(at - bytes.len() as u64))?;
    file.read_exact(&mut bytes)?;
    Ok(bytes)
}

/// The first bytes of a plain file.
pub fn head_bytes(mut file: &File) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(HEAD);
    file.seek(SeekFrom::Start(0))?;
    file.take(HEAD as u64).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// A file that may hold a log, looked at once.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// Its path when it was looked at.
    pub path: std::path::PathBuf,
    /// Device and inode.
    pub file: (u64, u64),
    /// Its first inflated bytes.
    pub head: Vec<u8>,
    /// Whether it is compressed.
    pub packed: bool,
    /// Its length as it lies on the disk.
    pub len: u64,
    /// When it was last written, for the order of files.
    pub modified: std::time::SystemTime,
}

impl Candidate {
    /// Looks at a file. A packed file whose head cannot be inflated yet is an error.
    pub fn look(path: &Path) -> io::Result<Self> {
        let mut file = File::open(path)?;
        let meta = file.metadata()?;
        if !meta.is_file() {
            return Err(io::Error::other("it is no file"));
        }
        let mut head = head_bytes(&file)?;
        let packed = archive::is_compressed(&head);
        // gzip is only about to write it, or it is of a kind that is not read here.
        if !packed && is_packed_name(path) {
            return Err(io::ErrorKind::InvalidData.into());
        }
        if packed {
            head.clear();
            file.seek(SeekFrom::Start(0))?;
            archive::inflate(file)?.take(HEAD as u64).read_to_end(&mut head)?;
        }
        Ok(Self {
            path: path.to_owned(),
            file: file_id(&meta),
            head,
            packed,
            len: meta.len(),
            modified: meta.modified().unwrap_or(std::time::UNIX_EPOCH),
        })
    }

    /// Whether this is the content a position is in: by its head, or while that is empty by device and
    /// inode.
    pub fn is_of(&self, position: &Position) -> bool {
        match position.head.len {
            0 => self.file == position.file && !self.packed,
            _ => position.head.fits(&self.head),
        }
    }

    /// Whether this is the content a position was in: the head fits, and so does the anchor (packed
    /// files have none: their content does not change).
    pub fn holds(&self, position: &Position) -> bool {
        if !self.is_of(position) || (position.head.len == 0 && position.done > 0) {
            return false;
        }
        if self.packed || position.anchor == 0 {
            return true;
        }
        let check = || -> io::Result<bool> {
            let file = File::open(&self.path)?;
            Ok(file.metadata()?.len() >= position.done && anchor(&file, position.done)? == position.anchor)
        };
        check().unwrap_or(false)
    }
}

fn is_packed_name(path: &Path) -> bool {
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    ["gz", "zst", "xz", "bz2", "lz4", "zip", "7z"].contains(&ending)
}

/// What was seen of a file: unchanged, it need not be looked at again.
#[derive(Debug, Default)]
pub struct Seen(std::collections::HashMap<std::path::PathBuf, Candidate>);

impl Seen {
    fn look(&mut self, path: &Path) -> io::Result<Candidate> {
        let meta = std::fs::metadata(path)?;
        if let Some(known) = self.0.get(path)
            && (known.file, known.len, Some(known.modified)) == (file_id(&meta), meta.len(), meta.modified().ok())
        {
            return Ok(known.clone());
        }
        let candidate = Candidate::look(path)?;
        self.0.insert(path.to_owned(), candidate.clone());
        Ok(candidate)
    }
}

/// The rotated files of a log, oldest first: in its folder, the log's name with something behind it
/// (`node.log.1`, `node.log.2.gz`, `node.log-20261123`), or a date before its ending
/// (`node-20261123.log`). A packed file that is not whole yet is left out.
pub fn siblings(path: &Path, seen: &mut Seen) -> io::Result<Vec<Candidate>> {
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let other = entry.file_name().to_string_lossy().into_owned();
        if is_sibling(&name, &other)
            && let Ok(candidate) = seen.look(&entry.path())
            && candidate.len > 0
        {
            found.push(candidate);
        }
    }
    seen.0
        .retain(|path, _| found.iter().any(|candidate| candidate.path == *path));
    found.sort_by(|a, b| a.modified.cmp(&b.modified).then_with(|| b.path.cmp(&a.path)));
    Ok(found)
}

fn is_sibling(name: &str, other: &str) -> bool {
    if let Some(rest) = other.strip_prefix(name) {
        return rest.starts_with(['.', '-', '_']) && !rest.ends_with("~") && !rest.ends_with(".tmp");
    }
    let Some((stem, ending)) = name.rsplit_once('.') else {
        return false;
    };
    let Some(rest) = other
        .strip_prefix(stem)
        .and_then(|rest| rest.strip_prefix(['-', '.', '_']))
    else {
        return false;
    };
    let digits = rest.bytes().filter(u8::is_ascii_digit).count();
    digits >= 6 && rest.starts_with(|c: char| c.is_ascii_digit()) && rest.contains(&format!(".{ending}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rotated_names_are_known_and_other_nodes_logs_are_not() {
        for other in [
            "node.log.1",
            "node.log.12.gz",
            "node.log-20261123",
            "node-20261123.log",
            "node-2026-11-23.log.gz",
        ] {
            assert!(is_sibling("node.log", other), "{other}");
        }
        for other in [
            "node.log",
            "node2.log",
            "node-2.log",
            "node.logs",
            "node.log.1~",
            "other.log.1",
        ] {
            assert!(!is_sibling("node.log", other), "{other}");
        }
    }
}
