//! One file's lines on their way: unwrapped, compared with the ledger where they may have been counted
//! before, applied, remembered.

use super::align::{Aligner, Mark, Rules, Verdict};
use crate::engine::apply::Apply;
use crate::engine::tally::Lines;
use crate::log::framing::{Frame, Unwrapper, Wrapping};
use crate::log::record::{Line, Parser};
use crate::log::stamp;
use crate::source::arrival::Arrivals;
use crate::store::Result;
use crate::store::ledger::{CHUNK, Chunk, LONGEST_CHUNK_S};
use crate::store::writer::{Part, Progress, Writer};

use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

/// A log line waiting for its verdict.
struct Waiting {
    start: usize,
    end: usize,
    /// Where the line ends in the file.
    file_end: u64,
    carrier_ms: Option<i64>,
    arrival_ms: Option<i64>,
    wrapping: Wrapping,
}

/// What became of a stream's lines.
#[derive(Debug, Default)]
pub struct Seen {
    /// All lines, counted before or not.
    pub lines: Lines,
    /// Bytes read, inflated.
    pub bytes: u64,
    /// Lines counted before.
    pub duplicate: u64,
    /// Lines left out: new words about a time already counted.
    pub overlap: u64,
    /// First and last second of those.
    pub overlap_span: Option<(i64, i64)>,
}

/// The lines of one file, read in one go.
pub struct Stream {
    run: i64,
    path: String,
    /// `None`: nothing can have been counted before.
    aligner: Option<Aligner>,
    count_overlap: bool,
    unwrapper: Unwrapper,
    /// Only for where lines begin and when they were written.
    placer: Parser,
    text: Vec<u8>,
    waiting: Vec<Waiting>,
    marks: Vec<Mark>,
    before: Option<Verdict>,
    chunk: Chunk,
    full_chunks: Vec<Chunk>,
    /// Lines of the chunks since the last commit.
    unsaved: usize,
    read: u64,
    /// When its lines arrived; only of a file that is written now.
    arrivals: Option<Arrivals>,
    settled: u64,
    first_second: Option<i64>,
    last_second: Option<i64>,
    /// What became of its lines.
    pub seen: Seen,
    /// The lines that were counted, and their bytes.
    counted: (Lines, u64),
}

impl Stream {
    /// The lines of a file from `at` on, as the run `(number, path)`. `rules`: how they are compared with what was counted;
    /// `count_overlap`: whether new words about a time that was counted are counted, too.
    pub fn new(node: i64, (run, path): (i64, String), at: u64, rules: Option<Rules>, count_overlap: bool) -> Self {
        Self {
            run,
            path,
            aligner: rules.map(|rules| Aligner::new(node, run, rules)),
            count_overlap,
            unwrapper: Unwrapper::default(),
            placer: Parser::default(),
            text: Vec::new(),
            waiting: Vec::new(),
            marks: Vec::new(),
            before: None,
            chunk: Chunk {
                run,
                ..Chunk::default()
            },
            full_chunks: Vec::new(),
            unsaved: 0,
            read: at,
            arrivals: None,
            settled: at,
            first_second: None,
            last_second: None,
            seen: Seen::default(),
            counted: Default::default(),
        }
    }

    /// It is known from here when lines arrive.
    pub fn stamped_by(&mut self, arrivals: Option<Arrivals>) {
        self.arrivals = arrivals;
    }

    /// Takes in one physical line without its `\n`; `len` is its length with it.
    pub fn push(&mut self, line: &[u8], len: usize, now_ms: i64) {
        self.read += len as u64;
        self.seen.bytes += len as u64;
        match self.unwrapper.push(line) {
            Frame::Partial => {}
            Frame::Broken => {
                self.seen.lines.broken();
                self.counted.0.broken();
            }
            Frame::Line(text, wrapping, carrier_ms) => {
                let start = self.text.len();
                self.text.extend_from_slice(&text);
                self.waiting.push(Waiting {
                    start,
                    end: self.text.len(),
                    file_end: self.read,
                    carrier_ms,
                    arrival_ms: self.arrivals.as_ref().and_then(|arrivals| arrivals.at(self.read)),
                    wrapping,
                });
                let mark = self.mark(&text, carrier_ms, now_ms);
                self.marks.push(mark);
            }
        }
    }

    fn mark(&mut self, text: &[u8], carrier_ms: Option<i64>, now_ms: i64) -> Mark {
        let (at, ms) = self.placer.place(text).unwrap_or((0, None));
        let second = ms.or(carrier_ms).map(|ms| ms.div_euclid(1000)).or(self.last_second);
        if self.last_second.is_none()
            && let Some(second) = second
        {
            // Lines before the first time take it.
            self.marks.iter_mut().for_each(|mark| mark.second = second);
            self.first_second = Some(second);
        }
        self.last_second = second;
        Mark {
            second: second.unwrap_or(now_ms / 1000),
            hash: hash(&text[at..], ms),
            names_piece: self.aligner.is_some() && names_piece(&text[at..]),
        }
    }

    /// A file that is written right now ends in half a line. It is no line yet: true if there was one.
    pub fn drop_half_line(&mut self) -> bool {
        let Some(last) = self.waiting.last() else {
            return false;
        };
        let whole = matches!(self.placer.parse(&self.text[last.start..last.end]), Line::Record(_));
        if !whole {
            self.waiting.pop();
            self.marks.pop();
        }
        !whole
    }

    /// Applies the lines taken in, as far as it is clear what they are; all when `at_end`.
    pub fn apply(&mut self, writer: &Writer, apply: &mut Apply, now_ms: i64, at_end: bool) -> Result<()> {
        let verdicts = match &mut self.aligner {
            Some(aligner) => aligner.judge(writer, &self.marks, at_end)?,
            None => vec![Verdict::New; self.marks.len()],
        };
        let waiting = std::mem::take(&mut self.waiting);
        let text = std::mem::take(&mut self.text);
        for (n, (verdict, line)) in verdicts.iter().zip(&waiting).enumerate() {
            let next = verdicts.get(n + 1).copied();
            self.settle(
                *verdict,
                next,
                line,
                &text[line.start..line.end],
                self.marks[n],
                (&mut *apply, now_ms),
            );
            self.settled = line.file_end;
        }
        // What is undecided waits for the next lines.
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
        if self.waiting.is_empty() && self.unwrapper.is_between_lines() {
            self.settled = self.read;
        }
        Ok(())
    }

    fn settle(
        &mut self,
        verdict: Verdict,
        next: Option<Verdict>,
        line: &Waiting,
        text: &[u8],
        mark: Mark,
        (apply, now_ms): (&mut Apply, i64),
    ) {
        let first = self.before.is_none();
        self.before = Some(verdict);
        let count = match verdict {
            Verdict::New => true,
            Verdict::Overlap => self.count_overlap,
            Verdict::Duplicate => false,
        };
        let lines = &mut self.seen.lines;
        if count {
            let counted = &mut self.counted;
            apply.arrives(line.arrival_ms);
            apply.line(text, line.carrier_ms, now_ms, |parsed| {
                lines.add(parsed, line.wrapping);
                counted.0.add(parsed, line.wrapping);
            });
            counted.1 += text.len() as u64 + 1;
            self.remember(mark);
            return;
        }
        let is_record = apply.observe(text, line.carrier_ms, |parsed| {
            lines.add(parsed, line.wrapping);
            matches!(parsed, Line::Record(_))
        });
        // A part that was cut by bytes begins inside of a line.
        let fragment = first && !is_record && next == Some(Verdict::Duplicate);
        if verdict == Verdict::Duplicate || fragment {
            self.seen.duplicate += 1;
        } else {
            self.seen.overlap += 1;
            let (from, to) = self.seen.overlap_span.unwrap_or((mark.second, mark.second));
            self.seen.overlap_span = Some((from.min(mark.second), to.max(mark.second)));
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
        self.unsaved += 1;
    }

    /// Where the last settled line ends in the file.
    pub fn settled(&self) -> u64 {
        self.settled
    }

    /// Seconds of the first and the last line that has a time.
    pub fn span(&self) -> (Option<i64>, Option<i64>) {
        (self.first_second, self.last_second)
    }

    /// Lines of the ledger that wait for a commit.
    pub fn unsaved_lines(&self) -> usize {
        self.unsaved
    }

    /// Whether lines wait for those behind them.
    pub fn is_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Forgets the lines that wait: they are read again elsewhere.
    pub fn abandon(&mut self) {
        self.waiting.clear();
        self.marks.clear();
        self.text.clear();
    }

    /// What a commit keeps of it. `finished_ms`: when its source was read to its end.
    pub fn part(&self, finished_ms: Option<i64>) -> Part {
        let mut chunks = self.full_chunks.clone();
        if !self.chunk.hashes.is_empty() {
            chunks.push(self.chunk.clone());
        }
        let (lines, bytes) = (&self.counted.0, self.counted.1);
        let progress = Progress {
            lines: lines.lines,
            understood: lines.understood,
            unknown: lines.unknown,
            malformed: lines.malformed,
            bytes,
            dialect: lines.dialect(),
            finished_ms,
        };
        Part {
            run: self.run,
            path: self.path.clone(),
            chunks,
            progress,
        }
    }

    /// The commit succeeded.
    pub fn saved(&mut self) {
        self.full_chunks.clear();
        self.unsaved = 0;
    }
}

/// The hash of a line as it is in every copy of a log: journald's eight spaces are tabs again, and the
/// time counts, not the zone it is written in.
fn hash(text: &[u8], ms: Option<i64>) -> u32 {
    let stamp = match (ms, text.first().is_some_and(u8::is_ascii_digit)) {
        (Some(ms), true) => stamp::stamp_len(text).map(|len| (len, ms.div_euclid(1000))),
        _ => None,
    };
    let Some((len, second)) = stamp else {
        return xxh3_64(text) as u32;
    };
    let rest = &text[len..];
    let seed = second as u64;
    if stamp::separator(rest) == Some(stamp::TAB_AS_SPACES) {
        return xxh3_64_with_seed(&tabbed(rest), seed) as u32;
    }
    xxh3_64_with_seed(rest, seed) as u32
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
        let ms = Some(1_787_205_633_000);
        let spaces = tabs.replace('\t', "        ");
        assert_eq!(hash(tabs.as_bytes(), ms), hash(spaces.as_bytes(), ms));
        let zone = tabs.replace("06:00:33Z", "08:00:33+02:00");
        assert_eq!(hash(tabs.as_bytes(), ms), hash(zone.as_bytes(), ms));
        assert_ne!(hash(tabs.as_bytes(), ms), hash(tabs.as_bytes(), Some(0)));
    }
}
