//! A walk through one log's files: back and forth from a moment, block by block.

use std::collections::VecDeque;
use std::io::{self, Read};
use std::time::{Instant, UNIX_EPOCH};

use super::Sides;
use crate::api::line::LogLine;
use crate::collector::matcher::Matcher;
use crate::collector::tap::{When, frames, log_line};
use crate::log::framing::{Frame, Unwrapper};
use crate::log::record::Parser;
use crate::source::lines;
use crate::source::past::{Part, Plain};

/// Bytes looked at to find a time.
const LOOK: u64 = 64 * 1024;

/// Work that may be done.
#[derive(Debug, Clone, Copy)]
pub(super) struct Budget {
    pub(super) bytes: u64,
    pub(super) until: Instant,
}

impl Budget {
    /// Takes some; false: there is none left.
    fn spend(&mut self, bytes: usize) -> bool {
        self.bytes = self.bytes.saturating_sub(bytes as u64);
        self.bytes > 0 && Instant::now() < self.until
    }
}

/// How far was looked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Reached {
    /// To the end of what there is.
    #[default]
    End,
    /// To a line of this time.
    Time(i64),
}

impl Reached {
    pub(super) fn ms(self) -> Option<i64> {
        match self {
            Self::End => None,
            Self::Time(ms) => Some(ms),
        }
    }
}

/// What surrounds a file's lines, as far as it matters where a line begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    Plain,
    Docker,
    Journal,
    Export,
}

impl Shape {
    fn of(head: &[u8]) -> Self {
        match head {
            head if head.starts_with(b"{\"log\":") => Self::Docker,
            head if head.starts_with(b"__CURSOR=") => Self::Export,
            head if head.starts_with(b"{") && !head.starts_with(b"{\"L\":") => Self::Journal,
            _ => Self::Plain,
        }
    }

    /// Where the first whole line begins in bytes that may begin in the middle of one.
    fn begin(self, bytes: &[u8]) -> Option<usize> {
        let first = memchr::memchr(b'\n', bytes)? + 1;
        match self {
            Self::Plain | Self::Journal => Some(first),
            Self::Export => memchr::memmem::find(&bytes[first - 1..], b"\n__CURSOR=").map(|at| first + at),
            Self::Docker => {
                // The end of a line that was split looks like one: what follows it is whole.
                let mut unwrapper = Unwrapper::default();
                let mut at = first;
                for line in lines::of(&bytes[first..]) {
                    at += line.len() + 1;
                    if !matches!(unwrapper.push(line), Frame::Partial) {
                        return Some(at);
                    }
                }
                None
            }
        }
    }
}

/// Reads one log's files.
pub(super) struct Walk<'m> {
    matcher: &'m Matcher,
    node: &'m str,
    parser: Parser,
    budget: Budget,
    /// What could not be looked through.
    pub(super) notes: Vec<String>,
}

/// Where a reading of lines stands.
struct Cursor {
    unwrapper: Unwrapper,
    begun: Option<u64>,
    /// Time of the last line that has one.
    ms: i64,
}

impl Cursor {
    fn new(ms: i64) -> Self {
        Self {
            unwrapper: Unwrapper::default(),
            begun: None,
            ms,
        }
    }
}

impl<'m> Walk<'m> {
    pub(super) fn new(matcher: &'m Matcher, node: &'m str, budget: Budget) -> Self {
        Self {
            matcher,
            node,
            parser: Parser::default(),
            budget,
            notes: Vec::new(),
        }
    }

    fn note(&mut self, part: &Part, what: &str) {
        self.notes
            .push(format!("{}: {}: {what}", self.node, part.path.display()));
    }

    /// The files by the time of their first line (ms since the epoch).
    pub(super) fn in_order(&mut self, parts: Vec<Part>) -> Vec<(i64, Part)> {
        let mut timed = Vec::new();
        for part in parts {
            let mut head = Vec::new();
            let read = part.read().and_then(|file| file.take(LOOK).read_to_end(&mut head));
            if let Err(error) = read {
                self.note(&part, &format!("{error}; it was not looked through"));
                continue;
            }
            let written = part
                .modified
                .duration_since(UNIX_EPOCH)
                .map_or(0, |time| time.as_millis() as i64);
            timed.push((self.first_time(&head).map_or(written, |(_, ms)| ms), part));
        }
        timed.sort_by_key(|(ms, part)| (*ms, part.live));
        timed
    }

    /// Place and time of the first line that says its time.
    fn first_time(&mut self, bytes: &[u8]) -> Option<(u64, i64)> {
        let (mut unwrapper, mut begun, mut found) = (Unwrapper::default(), None, None);
        frames(&mut unwrapper, &mut begun, bytes, 0, |text, carrier_ms, at| {
            if found.is_none() {
                found = self.time(text, carrier_ms).map(|ms| (at, ms));
            }
        });
        found
    }

    fn time(&mut self, text: &[u8], carrier_ms: Option<i64>) -> Option<i64> {
        self.parser.place(text).and_then(|(_, ms)| ms).or(carrier_ms)
    }

    /// The lines around a moment.
    pub(super) fn around(&mut self, parts: &[(i64, Part)], at_ms: Option<i64>, many: (usize, usize)) -> Sides {
        let at = at_ms.unwrap_or(i64::MAX);
        let home = parts.iter().rposition(|(begin, _)| *begin < at);
        let mut sides = Sides {
            before: Vec::new(),
            after: Vec::new(),
            reached: (Reached::End, Reached::End),
        };
        let mut back = VecDeque::new();
        let mut next = 0;
        if let Some(home) = home {
            next = home + 1;
            let (begin, part) = &parts[home];
            self.home(part, *begin, (at, many), &mut back, &mut sides);
            for (begin, part) in parts[..home].iter().rev() {
                if back.len() >= many.0 || sides.reached.0 != Reached::End {
                    break;
                }
                sides.reached.0 = self.back(part, *begin, (i64::MAX, many.0), &mut back);
            }
        }
        for (begin, part) in parts.iter().skip(next) {
            if sides.after.len() >= many.1 || sides.reached.1 != Reached::End {
                break;
            }
            sides.reached.1 = self.forth(part, (0, *begin), many.1, &mut sides.after);
        }
        if back.len() >= many.0 {
            sides.reached.0 = back
                .front()
                .map_or(Reached::Time(at), |line: &LogLine| Reached::Time(line.time_ms));
        }
        if sides.after.len() >= many.1 {
            sides.reached.1 = sides
                .after
                .last()
                .map_or(Reached::Time(at), |line| Reached::Time(line.time_ms));
        }
        sides.before = back.into();
        sides
    }

    /// The file the moment is in: both ways from it.
    fn home(
        &mut self,
        part: &Part,
        begin: i64,
        (at, many): (i64, (usize, usize)),
        back: &mut VecDeque<LogLine>,
        sides: &mut Sides,
    ) {
        if part.packed {
            let mut packed = Packed {
                at,
                many,
                back,
                after: &mut sides.after,
                turned: false,
            };
            sides.reached = self.packed(part, begin, &mut packed);
            return;
        }
        let done = part.open().and_then(|mut plain| {
            let shape = Shape::of(&plain.read(0, 64)?);
            let middle = self.bisect(&mut plain, shape, at)?;
            sides.reached.0 = self.backward(part, &mut plain, (shape, middle), many.0, back)?;
            sides.reached.1 = self.forward(part, &mut plain, (middle, at.min(begin)), many.1, &mut sides.after)?;
            Ok(())
        });
        self.failed(part, done);
    }

    fn failed<T: Default>(&mut self, part: &Part, result: io::Result<T>) -> T {
        result.unwrap_or_else(|error| {
            self.note(part, &format!("{error}; it was not looked through"));
            T::default()
        })
    }

    /// An older file, from its end back.
    fn back(&mut self, part: &Part, begin: i64, (at, many): (i64, usize), back: &mut VecDeque<LogLine>) -> Reached {
        if part.packed {
            // It is read from its begin: what is found stands before what is there.
            let mut older = VecDeque::new();
            let mut packed = Packed {
                at,
                many: (many - back.len(), 0),
                back: &mut older,
                after: &mut Vec::new(),
                turned: false,
            };
            let (reached, _) = self.packed(part, begin, &mut packed);
            older.append(back);
            *back = older;
            return reached;
        }
        let done = part.open().and_then(|mut plain| {
            let shape = Shape::of(&plain.read(0, 64)?);
            let end = plain.len();
            self.backward(part, &mut plain, (shape, end), many, back)
        });
        self.failed(part, done)
    }

    /// A newer file, from a place on.
    fn forth(&mut self, part: &Part, from: (u64, i64), many: usize, after: &mut Vec<LogLine>) -> Reached {
        if part.packed {
            let mut packed = Packed {
                at: i64::MIN,
                many: (0, many),
                back: &mut VecDeque::new(),
                after,
                turned: false,
            };
            return self.packed(part, from.1, &mut packed).1;
        }
        let done = part
            .open()
            .and_then(|mut plain| self.forward(part, &mut plain, from, many, after));
        self.failed(part, done)
    }

    /// Where the first line stands that is not older than `at`: looked for by halves, never from the begin.
    fn bisect(&mut self, plain: &mut Plain, shape: Shape, at: i64) -> io::Result<u64> {
        if at == i64::MAX {
            return Ok(plain.len());
        }
        let (mut low, mut high) = (0, plain.len());
        while high - low > LOOK {
            let middle = low + (high - low) / 2;
            let bytes = plain.read(middle, (middle + 16 * LOOK).min(high))?;
            self.budget.spend(bytes.len().min(LOOK as usize));
            let begin = shape.begin(&bytes).unwrap_or(bytes.len());
            match self.first_time(&bytes[begin..]) {
                Some((place, ms)) if ms < at => low = middle + begin as u64 + place,
                _ => high = middle,
            }
        }
        // The last stretch line by line; a line may reach beyond it.
        let bytes = plain.read(low, high + 16 * LOOK)?;
        let (mut unwrapper, mut begun, mut found) = (Unwrapper::default(), None, None);
        let mut end = low;
        frames(&mut unwrapper, &mut begun, &bytes, low, |text, carrier_ms, place| {
            if found.is_none() {
                end = place;
                found = self.time(text, carrier_ms).filter(|ms| *ms >= at).map(|_| place);
            }
        });
        Ok(found.unwrap_or(if low + bytes.len() as u64 >= plain.len() {
            plain.len()
        } else {
            end
        }))
    }

    fn backward(
        &mut self,
        part: &Part,
        plain: &mut Plain,
        (shape, end): (Shape, u64),
        many: usize,
        back: &mut VecDeque<LogLine>,
    ) -> io::Result<Reached> {
        let path = part.path.display().to_string();
        let mut to = end;
        let mut reached = Reached::End;
        while to > 0 && back.len() < many {
            let (from, block) = plain.backward(to, |bytes| shape.begin(bytes))?;
            let first = self.first_time(&block).map(|(_, ms)| ms);
            reached = first.map_or(reached, Reached::Time);
            let mut found = Vec::new();
            let mut cursor = Cursor::new(first.unwrap_or(back.front().map_or(0, |line| line.time_ms)));
            self.sift(&mut cursor, (&path, shape), &block, from, |_, line| found.extend(line));
            for line in found.into_iter().rev().take(many - back.len()) {
                back.push_front(line);
            }
            to = from;
            if !self.budget.spend(block.len()) && to > 0 {
                self.note(part, "it takes too long to look further back; ask again from there");
                return Ok(reached);
            }
        }
        Ok(if to == 0 { Reached::End } else { reached })
    }

    fn forward(
        &mut self,
        part: &Part,
        plain: &mut Plain,
        (from, ms): (u64, i64),
        many: usize,
        after: &mut Vec<LogLine>,
    ) -> io::Result<Reached> {
        let path = part.path.display().to_string();
        let shape = Shape::of(&plain.read(0, 64)?);
        let (mut at, mut cursor) = (from, Cursor::new(ms));
        while after.len() < many {
            let block = plain.forward(at)?;
            if block.is_empty() {
                return Ok(Reached::End);
            }
            self.sift(&mut cursor, (&path, shape), &block, at, |_, line| {
                after.extend(line.filter(|_| after.len() < many));
            });
            at += block.len() as u64;
            if !self.budget.spend(block.len()) && at < plain.len() {
                self.note(part, "it takes too long to look further on; ask again from there");
                return Ok(Reached::Time(cursor.ms));
            }
        }
        Ok(Reached::End)
    }

    /// Reads a packed file from its begin and keeps what stands around the moment.
    fn packed(&mut self, part: &Part, begin: i64, packed: &mut Packed<'_>) -> (Reached, Reached) {
        let path = part.path.display().to_string();
        let (mut cursor, mut at, mut shape) = (Cursor::new(begin), 0, None);
        let mut stopped = false;
        let read = part.read().and_then(|file| {
            lines::blocks(file, |block| {
                let shape = *shape.get_or_insert_with(|| Shape::of(block));
                self.sift(&mut cursor, (&path, shape), block, at, |ms, line| packed.take(ms, line));
                at += block.len() as u64;
                let enough = packed.turned && packed.after.len() >= packed.many.1;
                stopped = !enough && !self.budget.spend(block.len());
                Ok(!enough && !stopped)
            })
        });
        if let Err(error) = read {
            self.note(part, &format!("{error}; it was looked through to there"));
        }
        if !stopped {
            return (Reached::End, Reached::End);
        }
        self.note(part, "it takes too long to unpack; it was looked through in part");
        match packed.turned {
            true => (Reached::End, Reached::Time(cursor.ms)),
            // What stands between is not known: nothing of it is shown as if it were all.
            false => {
                packed.back.clear();
                (
                    Reached::Time(packed.at.min(cursor.ms.max(begin))),
                    Reached::Time(cursor.ms),
                )
            }
        }
    }

    /// The lines of a block with their times; those that fit in viewers' form.
    fn sift(
        &mut self,
        cursor: &mut Cursor,
        (path, shape): (&str, Shape),
        block: &[u8],
        at: u64,
        mut each: impl FnMut(i64, Option<LogLine>),
    ) {
        let may_hold = shape != Shape::Plain || self.matcher.may_hold(block);
        let (parser, matcher, node) = (&mut self.parser, self.matcher, self.node);
        let Cursor { unwrapper, begun, ms } = cursor;
        frames(unwrapper, begun, block, at, |text, carrier_ms, offset| {
            let own = parser.place(text).and_then(|(_, ms)| ms).or(carrier_ms);
            *ms = own.unwrap_or(*ms);
            let mut shown = None;
            if may_hold {
                let line = parser.parse(text);
                let fits = matcher.fits(&line, text);
                let when = When {
                    carrier_ms,
                    else_ms: *ms,
                };
                shown = fits.then(|| log_line(&line, node, text, when, (path, offset)));
            }
            each(*ms, shown);
        });
    }
}

/// What is kept of a file that can only be read from its begin.
struct Packed<'a> {
    at: i64,
    many: (usize, usize),
    back: &'a mut VecDeque<LogLine>,
    after: &'a mut Vec<LogLine>,
    /// Whether the moment was met.
    turned: bool,
}

impl Packed<'_> {
    fn take(&mut self, ms: i64, line: Option<LogLine>) {
        self.turned |= ms >= self.at;
        let Some(line) = line else { return };
        if self.turned {
            if self.after.len() < self.many.1 {
                self.after.push(line);
            }
            return;
        }
        self.back.push_back(line);
        if self.back.len() > self.many.0 {
            self.back.pop_front();
        }
    }
}

/// The line that begins at a byte of a plain file; `None`: none does.
pub(super) fn line_at(part: &Part, offset: u64) -> io::Result<Option<Vec<u8>>> {
    let mut plain = part.open()?;
    let is_begin = offset == 0 || plain.read(offset - 1, offset)? == b"\n";
    if !is_begin || offset >= plain.len() {
        return Ok(None);
    }
    let block = plain.forward(offset)?;
    let (mut unwrapper, mut begun, mut found) = (Unwrapper::default(), None, None);
    frames(&mut unwrapper, &mut begun, &block, offset, |text, _, _| {
        found.get_or_insert_with(|| text.to_vec());
    });
    Ok(found)
}
