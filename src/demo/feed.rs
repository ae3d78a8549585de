//! Writes a recorded node's log: its history at once, what follows at its pace. One thread a node,
//! started by the replay.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use super::recording::{Line, Recording};
use super::timeline::Timeline;
use super::times;

/// A log larger than this is renamed to `NAME.log.1` at the next round, as logrotate would: a demo
/// that runs for days must not fill the disk.
const LARGEST: u64 = 16 << 20;
/// Characters of a piece id that are changed from round to round, and what it is written in.
const VARIED: usize = 4;
const BASE_32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// One node's log in the making.
pub struct Feed {
    recording: Arc<Recording>,
    node: usize,
    timeline: Timeline,
    path: PathBuf,
    /// First line behind the turn.
    first: usize,
}

impl Feed {
    /// Writes the history of a recorded node into a new file at `path`.
    pub fn begin(recording: Arc<Recording>, node: usize, timeline: Timeline, path: &Path) -> io::Result<Self> {
        let lines = &recording.nodes[node].lines;
        let first = lines.partition_point(|line| line.unix_ms <= timeline.turn());
        let feed = Self {
            recording,
            node,
            timeline,
            path: path.to_owned(),
            first,
        };
        let mut history = String::new();
        for line in &feed.lines()[..first] {
            feed.tell(line, 0, &mut history);
        }
        File::create(path)?.write_all(history.as_bytes())?;
        Ok(feed)
    }

    /// Appends what follows, whole lines, until the other end of `stop` is gone or the disk takes no
    /// more: the monitor then says itself that the log stands still.
    pub fn run(self, stop: &Receiver<()>) -> io::Result<()> {
        let mut next = self.first;
        let mut round = 0;
        let mut file = OpenOptions::new().append(true).open(&self.path)?;
        while self.first < self.lines().len() {
            let due = self.timeline.present(self.lines()[next].unix_ms, round);
            let wait = self.timeline.until(due).unwrap_or(Duration::ZERO);
            if stop.recv_timeout(wait) == Err(RecvTimeoutError::Disconnected) {
                break;
            }
            let now = self.timeline.now();
            let mut text = String::new();
            while let Some(line) = self.lines().get(next)
                && self.timeline.present(line.unix_ms, round) <= now
            {
                self.tell(line, round, &mut text);
                next += 1;
            }
            file.write_all(text.as_bytes())?;
            if next == self.lines().len() {
                (next, round) = (self.first, round + 1);
                file = self.rotated(file)?;
            }
        }
        Ok(())
    }

    fn lines(&self) -> &[Line] {
        &self.recording.nodes[self.node].lines
    }

    fn tell(&self, line: &Line, round: i64, out: &mut String) {
        let text = &self.recording.nodes[self.node].text[line.place.clone()];
        let moved = times::move_all(text, |_, ms| self.timeline.present(ms, round) - ms);
        out.push_str(&other_pieces(moved, round));
    }

    fn rotated(&self, file: File) -> io::Result<File> {
        if file.metadata()?.len() <= LARGEST {
            return Ok(file);
        }
        drop(file);
        std::fs::rename(&self.path, self.path.with_extension("log.1"))?;
        OpenOptions::new().append(true).create(true).open(&self.path)
    }
}

/// The line with other piece ids in each round: a piece is uploaded once, and a start of one round is
/// not ended by the next.
fn other_pieces(line: String, round: i64) -> String {
    if round == 0 {
        return line;
    }
    let mut bytes = line.into_bytes();
    let found: Vec<usize> = memchr::memmem::find_iter(&bytes, b"iece").collect();
    for at in found {
        if let Some(id) = piece_id(&bytes[at..]) {
            vary(&mut bytes[at + id..][..VARIED], round);
        }
    }
    // Only ASCII letters were exchanged for others.
    String::from_utf8(bytes).unwrap_or_default()
}

/// Where the id begins behind `iece` of `"Piece ID": "`, `"piece_id":"` or `"pieceID": "`.
fn piece_id(text: &[u8]) -> Option<usize> {
    let name = memchr::memchr(b'"', text.get(..12.min(text.len()))?)?;
    if !text[4..name].to_ascii_lowercase().ends_with(b"id") {
        return None;
    }
    let colon = text.get(name..)?.strip_prefix(b"\":")?;
    let value = colon.iter().position(|b| *b != b' ')?;
    let start = name + 2 + value + 1;
    let id = text.get(start..start + VARIED)?;
    (colon[value] == b'"' && id.iter().all(|b| BASE_32.contains(b))).then_some(start)
}

fn vary(id: &mut [u8], round: i64) {
    let mut left = round;
    for letter in id {
        let Some(at) = BASE_32.iter().position(|b| b == letter) else {
            continue;
        };
        let moved = (at as i64 + left).rem_euclid(32);
        *letter = BASE_32[usize::try_from(moved).unwrap_or_default()];
        left /= 32;
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn piece_ids_differ_from_round_to_round_whatever_the_key() {
        for (line, wanted) in [
            (
                r#"{"Piece ID": "AZ7QXYZ", "a": 1}"#,
                r#"{"Piece ID": "CZ7QXYZ", "a": 1}"#,
            ),
            (r#"{"piece_id":"7A"#, r#"{"piece_id":"7A"#),
            (r#"{"piece_id":"7AAAXYZ"}"#, r#"{"piece_id":"BAAAXYZ"}"#),
            (r#"{"pieceID": "AAAA"}"#, r#"{"pieceID": "CAAA"}"#),
            (
                r#"{"pieceIds": "AAAA", "pieces": "AAAA"}"#,
                r#"{"pieceIds": "AAAA", "pieces": "AAAA"}"#,
            ),
            ("trashing piece\n", "trashing piece\n"),
        ] {
            assert_eq!(other_pieces(line.to_owned(), 2), wanted);
            assert_eq!(other_pieces(line.to_owned(), 0), line);
        }
        assert_eq!(
            other_pieces(r#""piece_id":"AAAA""#.to_owned(), 33),
            r#""piece_id":"BBAA""#
        );
    }

    #[test]
    fn no_line_of_a_round_is_one_of_another() {
        let recording = Arc::new(Recording::embedded().unwrap());
        let turn = recording.begin_ms + 1_300_000;
        let timeline = Timeline::new(turn, recording.end_ms, 1.0, 1_800_000_000_437);
        let folder = tempfile::tempdir().unwrap();
        for node in 0..recording.nodes.len() {
            let feed = Feed::begin(recording.clone(), node, timeline, &folder.path().join("n.log")).unwrap();
            let told = |round| {
                let mut all = String::new();
                for line in &feed.lines()[feed.first..] {
                    feed.tell(line, round, &mut all);
                }
                all
            };
            let rounds = [told(0), told(1), told(2)];
            let seen: Vec<HashSet<&str>> = rounds.iter().map(|all| all.lines().collect()).collect();
            assert!(seen[0].len() > 500, "{}", seen[0].len());
            for (one, other) in [(0, 1), (1, 2), (0, 2)] {
                assert!(seen[one].is_disjoint(&seen[other]));
            }
        }
    }

    #[test]
    fn a_large_log_is_renamed_and_begun_anew() {
        let recording = Arc::new(Recording::embedded().unwrap());
        let timeline = Timeline::new(recording.begin_ms, recording.end_ms, 1.0, 0);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("n.log");
        let feed = Feed::begin(recording, 0, timeline, &path).unwrap();
        let file = OpenOptions::new().append(true).open(&path).unwrap();
        let file = feed.rotated(file).unwrap();
        assert!(!folder.path().join("n.log.1").exists());
        file.set_len(LARGEST + 1).unwrap();
        feed.rotated(file).unwrap();
        assert_eq!(
            std::fs::metadata(folder.path().join("n.log.1")).unwrap().len(),
            LARGEST + 1
        );
        assert_eq!(std::fs::metadata(path).unwrap().len(), 0);
    }
}
