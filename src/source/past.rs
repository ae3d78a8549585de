//! What of a log's past is still on the disk: its files in order, and blocks of whole lines anywhere in a
//! plain one. Reads for whoever looks back; follows nothing, keeps nothing.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::identity::{self, Candidate, Seen};
use super::{archive, lines};

/// Bytes read at once.
pub const BLOCK: u64 = 256 * 1024;

/// A file that holds a part of a log.
#[derive(Debug, Clone)]
pub struct Part {
    /// Its path.
    pub path: PathBuf,
    /// Whether it is compressed: then it can only be read from its begin.
    pub packed: bool,
    /// Whether the log may be written to it now: its last line may be half.
    pub live: bool,
    /// When it was last written to.
    pub modified: SystemTime,
}

/// The files of a log, the oldest first: its rotated ones, and the log itself if it is there. Of a plain file
/// and its packed copy only the plain one.
///
/// # Errors
/// When the folder cannot be read, or the log is there and cannot be opened.
pub fn parts(path: &Path) -> io::Result<Vec<Part>> {
    let mut found = match identity::siblings(path, &mut Seen::default()) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        other => other?,
    };
    match Candidate::look(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        other => found.push(other?),
    }
    let is_copy = |file: &Candidate| {
        let same = |other: &Candidate| !other.packed && other.head == file.head;
        file.packed && !file.head.is_empty() && found.iter().any(same)
    };
    let parts = found.iter().filter(|file| file.len > 0 && !is_copy(file));
    Ok(parts
        .map(|file| Part {
            path: file.path.clone(),
            packed: file.packed,
            live: file.path == path,
            modified: file.modified,
        })
        .collect())
}

impl Part {
    /// Reads it from its begin, inflated.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub fn read(&self) -> io::Result<impl Read + use<>> {
        archive::open(&self.path)
    }

    /// Opens a plain one.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub fn open(&self) -> io::Result<Plain> {
        let file = File::open(&self.path)?;
        let len = file.metadata()?.len();
        let mut plain = Plain { file, len };
        if self.live {
            plain.len = plain.last_line_end()?;
        }
        Ok(plain)
    }
}

/// A plain file as long as it was when it was opened; of a live one without the half line at its end.
#[derive(Debug)]
pub struct Plain {
    file: File,
    len: u64,
}

impl Plain {
    /// Its length in bytes.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Whether nothing is in it.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    fn last_line_end(&mut self) -> io::Result<u64> {
        let mut end = self.len;
        while end > 0 {
            let from = end.saturating_sub(BLOCK);
            let block = self.read(from, end)?;
            if let Some(at) = memchr::memrchr(b'\n', &block) {
                return Ok(from + at as u64 + 1);
            }
            if self.len - from >= lines::LONGEST_LINE as u64 {
                return Ok(self.len);
            }
            end = from;
        }
        Ok(0)
    }

    /// The bytes `from..to`; fewer if the file was cut meanwhile.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn read(&mut self, from: u64, to: u64) -> io::Result<Vec<u8>> {
        let to = to.min(self.len);
        let mut bytes = Vec::with_capacity(to.saturating_sub(from) as usize);
        self.file.seek(SeekFrom::Start(from))?;
        (&self.file).take(to.saturating_sub(from)).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// Whole lines from `from` on, which is the begin of one: about a block of them. Empty at the end.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn forward(&mut self, from: u64) -> io::Result<Vec<u8>> {
        let mut to = from + BLOCK;
        loop {
            let mut bytes = self.read(from, to)?;
            let whole = memchr::memrchr(b'\n', &bytes).map(|at| at + 1);
            if to >= self.len || to - from >= lines::LONGEST_LINE as u64 {
                return Ok(bytes);
            }
            if let Some(whole) = whole {
                bytes.truncate(whole);
                return Ok(bytes);
            }
            to = from + 2 * (to - from);
        }
    }

    /// About a block of the lines before `to`, and where it begins. `begin` says where in bytes that may
    /// begin anywhere the first whole line begins.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn backward(&mut self, to: u64, begin: impl Fn(&[u8]) -> Option<usize>) -> io::Result<(u64, Vec<u8>)> {
        let mut len = BLOCK;
        loop {
            let from = to.saturating_sub(len);
            let mut bytes = self.read(from, to)?;
            if from == 0 {
                return Ok((0, bytes));
            }
            match begin(&bytes).filter(|at| *at < bytes.len()) {
                Some(at) => {
                    bytes.drain(..at);
                    return Ok((from + at as u64, bytes));
                }
                None if len >= lines::LONGEST_LINE as u64 => return Ok((from, bytes)),
                None => len *= 2,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(path: &Path, live: bool) -> Part {
        Part {
            path: path.to_owned(),
            packed: false,
            live,
            modified: SystemTime::UNIX_EPOCH,
        }
    }

    #[test]
    fn a_file_is_read_backward_and_forward_in_whole_lines() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("node.log");
        // Lines of every length, one longer than a block, and half a line at the end.
        let mut text = Vec::new();
        for n in 0..3000_usize {
            text.extend(std::iter::repeat_n(b'a' + (n % 26) as u8, n % 700));
            text.push(b'\n');
            if n == 1500 {
                text.extend(std::iter::repeat_n(b'x', 3 * BLOCK as usize));
                text.push(b'\n');
            }
        }
        let whole = text.len();
        text.extend_from_slice(b"half");
        std::fs::write(&path, &text).unwrap();
        let mut plain = part(&path, true).open().unwrap();
        assert_eq!(plain.len(), whole as u64);
        assert_eq!(part(&path, false).open().unwrap().len(), text.len() as u64);
        let begin = |bytes: &[u8]| memchr::memchr(b'\n', bytes).map(|at| at + 1);
        let (mut to, mut back) = (plain.len(), Vec::new());
        while to > 0 {
            let (from, block) = plain.backward(to, begin).unwrap();
            assert!(from == 0 || text[from as usize - 1] == b'\n');
            back.splice(0..0, block);
            to = from;
        }
        assert!(back == text[..whole]);
        let mut all = Vec::new();
        loop {
            let block = plain.forward(all.len() as u64).unwrap();
            if block.is_empty() {
                break;
            }
            assert_eq!(block.last(), Some(&b'\n'));
            all.extend(block);
        }
        assert!(all == text[..whole]);
    }

    #[test]
    fn the_files_of_a_log_are_found_in_order_and_once() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("node.log");
        let write = |name: &str, text: &str, age: u64| {
            let file = dir.path().join(name);
            std::fs::write(&file, text).unwrap();
            let time = SystemTime::now() - std::time::Duration::from_secs(age);
            File::options()
                .write(true)
                .open(file)
                .unwrap()
                .set_modified(time)
                .unwrap();
        };
        assert!(parts(&path).unwrap().is_empty());
        let first = "2026-08-20T06:00:33Z\tINFO\tfirst\n";
        write("node.log.2", first, 20);
        write("node.log.1", "2026-08-20T07:00:33Z\tINFO\tsecond\n", 10);
        write("node.log", "", 0);
        let packed = zstd::encode_all(first.as_bytes(), 1).unwrap();
        std::fs::write(dir.path().join("node.log.3.zst"), packed).unwrap();
        let names = || -> Vec<String> {
            let parts = parts(&path).unwrap();
            parts
                .iter()
                .map(|part| part.path.file_name().unwrap().to_string_lossy().into_owned())
                .collect()
        };
        assert_eq!(names(), ["node.log.2", "node.log.1"]);
        std::fs::remove_file(dir.path().join("node.log.2")).unwrap();
        write("node.log", "2026-08-20T08:00:33Z\tINFO\tthird\n", 0);
        assert_eq!(names(), ["node.log.1", "node.log.3.zst", "node.log"]);
    }
}
