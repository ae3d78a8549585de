//! History into the database: reads a log to its end and counts each of its lines once, ever.
//! A reader thread inflates; this thread reads lines, asks the ledger, applies and commits.

use std::io::{self, Read};
use std::path::Path;
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::{Duration, Instant};

use xxhash_rust::xxh3::xxh3_64;

use super::align::{Aligner, Mark, Verdict};
use crate::engine::apply::Apply;
use crate::engine::tally::Lines;
use crate::log::framing::{Frame, Unwrapper, Wrapping};
use crate::log::record::{Line, Parser};
use crate::log::stamp;
use crate::source::{archive, lines};
use crate::store::ledger::{CHUNK, Chunk, LONGEST_CHUNK_S};
use crate::store::writer::{Progress, Writer};
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
    /// All its lines, counted before or not.
    pub lines: Lines,
    /// Bytes read, inflated.
    pub bytes: u64,
    /// Lines counted before.
    pub duplicate: u64,
    /// Lines left out: new words about a time already counted.
    pub overlap: u64,
    /// First and last second of those.
    pub overlap_span: Option<(i64, i64)>,
    /// Whether the last line is a half one: it is read when it is whole.
    pub half_line: bool,
    /// Why the rest of the file was not read.
    pub error: Option<io::Error>,
}

/// Transfers after which is committed, and the longest time between commits.
const COMMIT_TRANSFERS: usize = 50_000;
const COMMIT_LINES: usize = 200_000;
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
    mut moved: impl FnMut(u64) + Send,
) -> Result<Outcome> {
    let io = |source_error| Error::Io {
        path: source.to_owned(),
        source: source_error,
    };
    let raw = archive::raw(source).map_err(io)?;
    let node = writer.node(node)?;
    let run = writer.begin_run(node, &source.display().to_string(), now_ms)?;
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
        Ingest::new(writer, node, run, overlap, now_ms).run(&blocks)
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

/// A log line waiting for its verdict.
struct Waiting {
    start: usize,
    end: usize,
    carrier_ms: Option<i64>,
    wrapping: Wrapping,
}

struct Ingest<'w> {
    writer: &'w mut Writer,
    node: i64,
    run: i64,
    overlap: Overlap,
    now_ms: i64,
    unwrapper: Unwrapper,
    apply: Apply,
    /// Only for where lines begin and when they were written.
    placer: Parser,
    aligner: Aligner,
    /// Text of the waiting lines, one after the other.
    text: Vec<u8>,
    waiting: Vec<Waiting>,
    marks: Vec<Mark>,
    last_second: Option<i64>,
    chunk: Chunk,
    full_chunks: Vec<Chunk>,
    outcome: Outcome,
    committed: Instant,
    before: Option<Verdict>,
}

impl<'w> Ingest<'w> {
    fn new(writer: &'w mut Writer, node: i64, run: i64, overlap: Overlap, now_ms: i64) -> Self {
        Self {
            writer,
            node,
            run,
            overlap,
            now_ms,
            unwrapper: Unwrapper::default(),
            apply: Apply::default(),
            placer: Parser::default(),
            aligner: Aligner::new(node, run),
            text: Vec::new(),
            waiting: Vec::new(),
            marks: Vec::new(),
            last_second: None,
            chunk: Chunk {
                run,
                ..Chunk::default()
            },
            full_chunks: Vec::new(),
            outcome: Outcome::default(),
            committed: Instant::now(),
            before: None,
        }
    }

    fn run(mut self, blocks: &Receiver<Block>) -> Result<Outcome> {
        let mut ends_whole = true;
        for block in blocks {
            match block {
                Ok(block) => {
                    self.outcome.bytes += block.len() as u64;
                    ends_whole = block.last() == Some(&b'\n');
                    lines::of(&block).for_each(|line| self.frame(line));
                    if ends_whole {
                        self.judge(false)?;
                    }
                }
                Err(error) => self.outcome.error = Some(error),
            }
            if self.is_due() {
                self.commit(None)?;
            }
        }
        if !ends_whole {
            self.drop_half_line();
        }
        self.judge(true)?;
        let finished = self.outcome.error.is_none().then_some(self.now_ms);
        self.commit(finished)?;
        Ok(self.outcome)
    }

    fn frame(&mut self, line: &[u8]) {
        match self.unwrapper.push(line) {
            Frame::Partial => {}
            Frame::Broken => self.outcome.lines.broken(),
            Frame::Line(text, wrapping, carrier_ms) => {
                let start = self.text.len();
                self.text.extend_from_slice(&text);
                self.waiting.push(Waiting {
                    start,
                    end: self.text.len(),
                    carrier_ms,
                    wrapping,
                });
                let mark = self.mark(&text, carrier_ms);
                self.marks.push(mark);
            }
        }
    }

    fn mark(&mut self, text: &[u8], carrier_ms: Option<i64>) -> Mark {
        let (at, ms) = self.placer.place(text).unwrap_or((0, None));
        let second = ms.or(carrier_ms).map(|ms| ms.div_euclid(1000)).or(self.last_second);
        if self.last_second.is_none()
            && let Some(second) = second
        {
            // Lines before the first time take it.
            self.marks.iter_mut().for_each(|mark| mark.second = second);
        }
        self.last_second = second;
        Mark {
            second: second.unwrap_or(self.now_ms / 1000),
            hash: hash(&text[at..]),
            names_piece: names_piece(&text[at..]),
        }
    }

    /// A file that is written right now ends in half a line. It is no line yet.
    fn drop_half_line(&mut self) {
        let Some(last) = self.waiting.last() else {
            return;
        };
        let whole = matches!(self.placer.parse(&self.text[last.start..last.end]), Line::Record(_));
        if !whole {
            self.waiting.pop();
            self.marks.pop();
            self.outcome.half_line = true;
        }
    }

    fn judge(&mut self, at_end: bool) -> Result<()> {
        let verdicts = self.aligner.judge(self.writer, &self.marks, at_end)?;
        let waiting = std::mem::take(&mut self.waiting);
        let text = std::mem::take(&mut self.text);
        for (n, (verdict, line)) in verdicts.iter().zip(&waiting).enumerate() {
            let next = verdicts.get(n + 1).copied();
            self.settle(*verdict, next, line, &text[line.start..line.end], self.marks[n]);
        }
        // What is undecided waits for the next block.
        self.marks.drain(..verdicts.len());
        for line in &waiting[verdicts.len()..] {
            let start = self.text.len();
            self.text.extend_from_slice(&text[line.start..line.end]);
            self.waiting.push(Waiting {
                start,
                end: self.text.len(),
                ..*line
            });
        }
        Ok(())
    }

    fn settle(&mut self, verdict: Verdict, next: Option<Verdict>, line: &Waiting, text: &[u8], mark: Mark) {
        let first = self.before.is_none();
        self.before = Some(verdict);
        let count = match verdict {
            Verdict::New => true,
            Verdict::Overlap => self.overlap == Overlap::Count,
            Verdict::Duplicate => false,
        };
        let lines = &mut self.outcome.lines;
        if count {
            self.apply.line(text, line.carrier_ms, self.now_ms, |parsed| {
                lines.add(parsed, line.wrapping)
            });
            self.remember(mark);
            return;
        }
        let is_record = self.apply.observe(text, line.carrier_ms, |parsed| {
            lines.add(parsed, line.wrapping);
            matches!(parsed, Line::Record(_))
        });
        // A part that was cut by bytes begins inside of a line.
        let fragment = first && !is_record && next == Some(Verdict::Duplicate);
        if verdict == Verdict::Duplicate || fragment {
            self.outcome.duplicate += 1;
        } else {
            self.outcome.overlap += 1;
            let (from, to) = self.outcome.overlap_span.unwrap_or((mark.second, mark.second));
            self.outcome.overlap_span = Some((from.min(mark.second), to.max(mark.second)));
        }
    }

    fn remember(&mut self, mark: Mark) {
        let Mark { second, hash, .. } = mark;
        let begun = self.chunk.seconds.first().copied().unwrap_or(second);
        if self.chunk.hashes.len() == CHUNK || (second - begun).abs() >= LONGEST_CHUNK_S / 2 {
            let next = Chunk {
                run: self.run,
                seq: self.chunk.seq + 1,
                ..Chunk::default()
            };
            self.full_chunks.push(std::mem::replace(&mut self.chunk, next));
        }
        self.chunk.hashes.push(hash);
        self.chunk.seconds.push(second);
    }

    fn is_due(&self) -> bool {
        self.apply.waiting() >= COMMIT_TRANSFERS
            || self.full_chunks.len() * CHUNK >= COMMIT_LINES
            || self.committed.elapsed() >= COMMIT_TIME
    }

    fn commit(&mut self, finished_ms: Option<i64>) -> Result<()> {
        let mut chunks = std::mem::take(&mut self.full_chunks);
        if !self.chunk.hashes.is_empty() {
            chunks.push(self.chunk.clone());
        }
        let lines = &self.outcome.lines;
        let progress = Progress {
            lines: lines.lines,
            understood: lines.understood,
            unknown: lines.unknown,
            malformed: lines.malformed,
            bytes: self.outcome.bytes,
            dialect: lines.dialect(),
            finished_ms,
        };
        let batch = self.apply.take();
        let at = (self.node, self.run);
        self.writer
            .commit(at, &self.apply.vocabulary, batch, &chunks, &progress, self.now_ms)?;
        self.committed = Instant::now();
        Ok(())
    }
}

/// The hash of a line as it is in every copy of a log: journald's eight spaces are tabs again.
fn hash(text: &[u8]) -> u32 {
    let spaced = text.first().is_some_and(u8::is_ascii_digit)
        && stamp::stamp_len(text).is_some_and(|len| stamp::separator(&text[len..]) == Some(stamp::TAB_AS_SPACES));
    if !spaced {
        return xxh3_64(text) as u32;
    }
    xxh3_64(&tabbed(text)) as u32
}

/// `"piece_id": "`, `"Piece ID": "` and their like, in the first part of a line.
fn names_piece(text: &[u8]) -> bool {
    let head = &text[..text.len().min(200)];
    memchr::memmem::find(head, b"iece_id\"").is_some() || memchr::memmem::find(head, b"iece ID\"").is_some()
}

/// Eight spaces to a tab; what a run of spaces has more stood before the tabs (`failed \t{`).
fn tabbed(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = memchr::memmem::find(rest, stamp::TAB_AS_SPACES) {
        out.extend_from_slice(&rest[..at]);
        let spaces = rest[at..].iter().take_while(|b| **b == b' ').count();
        let tabs = spaces / stamp::TAB_AS_SPACES.len();
        out.resize(out.len() + spaces % stamp::TAB_AS_SPACES.len(), b' ');
        out.resize(out.len() + tabs, b'\t');
        rest = &rest[at + spaces..];
    }
    out.extend_from_slice(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_one_hash_in_every_wrapping() {
        let tabs = "2026-08-20T06:00:33Z\tERROR\tcontact:service\tping satellite failed \t{\"a\": \"b\"}";
        assert_eq!(hash(tabs.as_bytes()), hash(tabs.replace('\t', "        ").as_bytes()));
    }
}
