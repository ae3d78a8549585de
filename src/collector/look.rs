//! A look at a log without counting anything: what is in it, how much it grows, what it hides. For `doctor`.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use crate::engine::tally::Lines;
use crate::log::framing::{Frame, Unwrapper};
use crate::log::kind::{Kind, Level};
use crate::log::record::{Line, Parser};
use crate::source::identity::{Seen, siblings};
use crate::source::lines;

/// So much of a log's end is looked at: hours of a quiet node, minutes of a busy one.
const TAIL: u64 = 8 << 20;

/// What the end of a log shows.
#[derive(Debug, Default)]
pub struct Look {
    /// Bytes of the file.
    pub len: u64,
    /// Bytes looked at.
    pub looked: u64,
    /// Lines, and what they are.
    pub lines: Lines,
    /// Of them records at DEBUG.
    pub debug: u64,
    /// Of them records at INFO.
    pub info: u64,
    /// Transfers that succeeded.
    pub successes: u64,
    /// Transfers that were canceled or failed.
    pub losses: u64,
    /// Times of the first and the last record, ms since the epoch.
    pub span_ms: Option<(i64, i64)>,
    /// Rotated files of it that are found.
    pub rotated: usize,
    /// Files beside it that look like logs of the same name, but are not taken for rotated ones.
    pub strangers: Vec<PathBuf>,
}

impl Look {
    /// Looks at a plain file.
    ///
    /// # Errors
    /// When it cannot be opened or read.
    pub fn at(path: &Path) -> io::Result<Self> {
        let mut file = File::open(path)?;
        let len = file.metadata()?.len();
        file.seek(SeekFrom::Start(len.saturating_sub(TAIL)))?;
        let mut bytes = Vec::new();
        file.take(TAIL).read_to_end(&mut bytes)?;
        // The first line of the middle is half a line.
        let skipped = if len > TAIL {
            lines::of(&bytes).next().map_or(0, |line| line.len() + 1)
        } else {
            0
        };
        let bytes = bytes.get(skipped..).unwrap_or_default();
        let mut look = Self {
            len,
            looked: bytes.len() as u64,
            ..Self::default()
        };
        look.read(bytes);
        let rotated = siblings(path, &mut Seen::default()).unwrap_or_default();
        look.rotated = rotated.len();
        let known: Vec<&Path> = rotated.iter().map(|file| file.path.as_path()).collect();
        look.strangers = strangers(path, &known);
        Ok(look)
    }

    fn read(&mut self, bytes: &[u8]) {
        let mut unwrapper = Unwrapper::default();
        let mut parser = Parser::default();
        for line in lines::of(bytes) {
            let Frame::Line(text, wrapping, carrier_ms) = unwrapper.push(line) else {
                continue;
            };
            let parsed = parser.parse(&text);
            self.lines.add(&parsed, wrapping);
            let Line::Record(record) = &parsed else {
                continue;
            };
            match record.head.level {
                Level::Debug => self.debug += 1,
                Level::Info => self.info += 1,
                _ => {}
            }
            match record.head.kind {
                Kind::Uploaded | Kind::Downloaded => self.successes += 1,
                Kind::UploadCanceled | Kind::DownloadCanceled | Kind::UploadFailed | Kind::DownloadFailed => {
                    self.losses += 1;
                }
                _ => {}
            }
            if let Some(ms) = record.unix_ms.or(carrier_ms) {
                let (first, last) = self.span_ms.unwrap_or((ms, ms));
                self.span_ms = Some((first.min(ms), last.max(ms)));
            }
        }
    }

    /// Bytes the log grows by in a day, at the rate of its end; `None`: too little to tell.
    pub fn bytes_per_day(&self) -> Option<u64> {
        let (first, last) = self.span_ms?;
        let ms = last - first;
        // A start writes a lot in a second; a full look that spans seconds is a flood.
        let enough = ms >= 10 * 60_000 || (self.looked < self.len && ms >= 10_000);
        enough.then(|| (self.looked as f64 / ms as f64 * 86_400_000.0) as u64)
    }
}

/// Files in the log's folder whose names begin like it.
fn strangers(path: &Path, known: &[&Path]) -> Vec<PathBuf> {
    let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
    let (Some(stem), Some(folder)) = (stem, path.parent()) else {
        return Vec::new();
    };
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let fits = |entry: &Path| {
        let name = entry
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default();
        let looks = name.ends_with(".log") || name.contains(".log.") || name.ends_with(".gz") || name.ends_with(".zst");
        name.starts_with(&stem) && looks && entry != path && !known.contains(&entry)
    };
    let mut found: Vec<PathBuf> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|entry| fits(entry))
        .collect();
    found.sort();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_log_tells_its_rate_its_level_and_its_rotation() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("node.log");
        let line = |minute: u32, level: &str, message: &str| {
            format!(
                "2026-08-20T06:{minute:02}:00Z\t{level}\tpiecestore\t{message}\t{{\"action\": \"PUT\", \"size\": 1}}\n"
            )
        };
        let text: String = (0..40)
            .map(|n| {
                line(n, "INFO", "uploaded") + &line(n, "DEBUG", "upload started") + &line(n, "INFO", "upload canceled")
            })
            .collect();
        std::fs::write(&path, &text).unwrap();
        for name in ["node.log.1", "node_old.log", "other.log", "node-2026.txt"] {
            std::fs::write(dir.path().join(name), &text[..200]).unwrap();
        }
        let look = Look::at(&path).unwrap();
        assert_eq!(
            (look.len, look.lines.lines, look.lines.understood),
            (text.len() as u64, 120, 120)
        );
        assert_eq!((look.debug, look.successes, look.losses), (40, 40, 40));
        let day = look.bytes_per_day().unwrap();
        assert!(
            (day as f64 / (text.len() as f64 / 39.0 * 1440.0) - 1.0).abs() < 0.01,
            "{day}"
        );
        assert_eq!(look.rotated, 1);
        assert_eq!(look.strangers, [dir.path().join("node_old.log")]);
        assert!(Look::at(&dir.path().join("none")).is_err());
        std::fs::write(&path, line(1, "INFO", "uploaded")).unwrap();
        assert_eq!(Look::at(&path).unwrap().bytes_per_day(), None);
    }
}
