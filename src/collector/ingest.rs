//! History into the database: reads a log to its end and counts each of its lines once, ever.
//! A reader thread inflates; this thread reads lines, asks the ledger, applies and commits.

use std::io::{self, Read};
use std::path::Path;
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::{Duration, Instant};

use super::align::Rules;
use super::stream::{Seen, Stream};
use crate::domain::host::{Seen as Sighted, Sight};
use crate::engine::apply::Apply;
use crate::source::{archive, lines};
use crate::store::dictionary::Dictionary;
use crate::store::upkeep::Retention;
use crate::store::writer::{Unit, Writer};
use crate::store::{Error, Result};

/// What to do with lines that are new words about a time already counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overlap {
    /// Leave them out and say so.
    Ask,
    /// Count them.
    Count,
    /// Leave them out.
    Skip,
}

/// What became of one file.
#[derive(Debug, Default)]
pub struct Outcome {
    /// What became of its lines.
    pub seen: Seen,
    /// Whether the last line is a half one: it is read when it is whole.
    pub half_line: bool,
    /// Why the rest of the file was not read.
    pub error: Option<io::Error>,
}

/// Transfers or lines after which is committed, and the longest time between commits.
const COMMIT_TRANSFERS: usize = 16_384;
const COMMIT_LINES: usize = 65_536;
const COMMIT_TIME: Duration = Duration::from_secs(1);

/// A block of whole lines, or why there is no more.
type Block = io::Result<Vec<u8>>;

/// Reads `source` (a path, `-`) as history of `node`. `moved` is told the bytes read from the file
/// itself, `now_ms` is the time.
pub fn ingest(
    writer: &mut Writer,
    node: &str,
    source: &Path,
    overlap: Overlap,
    now_ms: i64,
    moved: impl FnMut(u64) + Send,
) -> Result<Outcome> {
    let io = |source_error| Error::Io {
        path: source.to_owned(),
        source: source_error,
    };
    let raw = archive::raw(source).map_err(io)?;
    let name = source.display().to_string();
    ingest_from(writer, node, (name, raw), overlap, now_ms, moved)
}

/// As [`ingest`], of a name and whatever can be read.
pub fn ingest_from(
    writer: &mut Writer,
    node: &str,
    (name, raw): (String, impl Read + Send),
    overlap: Overlap,
    now_ms: i64,
    mut moved: impl FnMut(u64) + Send,
) -> Result<Outcome> {
    let (of, node) = (node, writer.node(node)?);
    let run = (writer.new_run(), name);
    let stream = Stream::new(node, run, 0, Some(Rules::Any), overlap == Overlap::Count);
    let (sender, blocks) = sync_channel::<Block>(4);
    std::thread::scope(|scope| {
        scope.spawn(move || {
            let counted = Counting {
                inner: raw,
                moved: &mut moved,
            };
            let read = archive::inflate(counted)
                .and_then(|reader| lines::blocks(reader, |block| Ok(sender.send(Ok(block.to_vec())).is_ok())));
            if let Err(error) = read {
                // The receiver may be gone; then nobody wants to know.
                let _ = sender.send(Err(error));
            }
        });
        let ingest = Ingest {
            writer,
            node,
            name: of,
            now_ms,
            stream,
            apply: Apply::default(),
            dictionary: Dictionary::default(),
            committed: Instant::now(),
            retention: Retention::default(),
        };
        ingest.run(&blocks)
    })
}

struct Counting<'m, R> {
    inner: R,
    moved: &'m mut (dyn FnMut(u64) + Send),
}

impl<R: Read> Read for Counting<'_, R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buf)?;
        (self.moved)(read as u64);
        Ok(read)
    }
}

struct Ingest<'w> {
    writer: &'w mut Writer,
    node: i64,
    name: &'w str,
    now_ms: i64,
    stream: Stream,
    apply: Apply,
    dictionary: Dictionary,
    committed: Instant,
    retention: Retention,
}

impl Ingest<'_> {
    fn run(mut self, blocks: &Receiver<Block>) -> Result<Outcome> {
        let mut outcome = Outcome::default();
        let mut ends_whole = true;
        for block in blocks {
            match block {
                Ok(block) => {
                    ends_whole = block.last() == Some(&b'\n');
                    lines::of(&block).for_each(|line| self.stream.push(line, line.len() + 1, self.now_ms));
                    if ends_whole {
                        self.stream.apply(self.writer, &mut self.apply, self.now_ms, false)?;
                    }
                }
                Err(error) => outcome.error = Some(error),
            }
            if self.is_due() {
                self.commit(None)?;
            }
        }
        if !ends_whole {
            outcome.half_line = self.stream.drop_half_line();
            self.stream.seen.bytes -= 1;
        }
        self.stream.apply(self.writer, &mut self.apply, self.now_ms, true)?;
        let finished = outcome.error.is_none().then_some(self.now_ms);
        self.commit(finished)?;
        outcome.seen = self.stream.seen;
        Ok(outcome)
    }

    fn is_due(&self) -> bool {
        self.apply.waiting() >= COMMIT_TRANSFERS
            || self.stream.unsaved_lines() >= COMMIT_LINES
            || self.committed.elapsed() >= COMMIT_TIME
    }

    fn commit(&mut self, finished_ms: Option<i64>) -> Result<()> {
        let batch = self.apply.take();
        let (first, last) = self.stream.span();
        let span = first.zip(last.map(|last| last.min(self.now_ms.div_euclid(1000))));
        let unit = Unit {
            node: self.node,
            source: 0,
            dictionary: &mut self.dictionary,
            vocabulary: self.apply.vocabulary(),
            batch: &batch,
            parts: &[self.stream.part(finished_ms)],
            positions: Vec::new(),
            gaps: &[],
            covered: span.as_slice(),
            state: None,
        };
        self.writer.commit(&mut [unit], &[], self.now_ms)?;
        let waits = self.apply.take_waits().into_iter();
        let seen: Vec<Sighted> = waits
            .map(|(ms, waits)| (self.name.to_owned(), ms, Sight::Audits(waits)))
            .collect();
        if !seen.is_empty() {
            self.writer.surround(&seen)?;
        }
        self.stream.saved();
        self.apply.give_back(batch);
        // A history larger than the budget never makes the database larger than it.
        while self.writer.retain(&self.retention, self.now_ms)? {}
        self.committed = Instant::now();
        Ok(())
    }
}
