//! Tells lines that were counted before from new ones, by the ledger: line hashes in their order.
//! So a file is known again whatever it was renamed, rotated, cut or packed into.
//!
//! A line is a duplicate when it continues a stretch of the ledger, or, inside a time the ledger
//! covers, when the ledger has it at all. At the edge of covered time three lines in a row have to
//! agree, so that a new line that merely repeats the one before it is counted.

use std::collections::{HashMap, VecDeque};

use crate::domain::batch::FastMap;
use crate::store::Result;
use crate::store::ledger::Chunk;
use crate::store::writer::Writer;

/// What a line is to the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Never counted.
    New,
    /// Counted before.
    Duplicate,
    /// Not in the ledger, but inside of a time it covers: perhaps the same event in other words.
    Overlap,
}

/// A line's second since the epoch and hash.
pub type Mark = (i64, u32);

/// Lines whose copies are searched this far around their time (s): lines keep their own stamps, so
/// only disorder within a file counts.
const AROUND: i64 = 60;
/// Ledger read ahead (s).
const AHEAD: i64 = 600;
/// Chunks in memory at once: 262,144 lines.
const MOST_CHUNKS: usize = 64;
/// Lines looked ahead for the end of a second.
const FARTHEST: usize = 4096;
/// Lines in a row that prove a copy at the edge of covered time.
const PROOF: usize = 3;

type Place = (u32, u32);

#[derive(Debug, Default)]
struct Window {
    /// Seconds for which the window knows every chunk.
    from: i64,
    to: i64,
    chunks: Vec<Chunk>,
    index: FastMap<u32, Vec<Place>>,
    by_run: HashMap<(i64, i64), u32>,
    /// Distinct seconds of all lines, sorted.
    seconds: Vec<i64>,
}

/// Compares one run's lines with what other runs of the node counted.
#[derive(Debug)]
pub struct Aligner {
    node: i64,
    run: i64,
    /// Seconds for which there is no ledger at all.
    clear: Option<(i64, i64)>,
    window: Window,
    used: Used,
    /// Second of the last line in a time that is not covered.
    last_open: Option<i64>,
    cursor: Option<Cursor>,
}

impl Aligner {
    /// For the lines of `run`.
    pub fn new(node: i64, run: i64) -> Self {
        Self {
            node,
            run,
            clear: None,
            window: Window {
                to: i64::MIN,
                ..Window::default()
            },
            used: Used::default(),
            last_open: None,
            cursor: None,
        }
    }

    /// Verdicts for the front of `marks`; shorter than `marks` when more lines are needed to tell
    /// (never when `at_end`).
    pub fn judge(&mut self, writer: &Writer, marks: &[Mark], at_end: bool) -> Result<Vec<Verdict>> {
        let mut verdicts = Vec::with_capacity(marks.len());
        while verdicts.len() < marks.len() {
            let rest = &marks[verdicts.len()..];
            let Some(verdict) = self.one(writer, rest, at_end)? else {
                break;
            };
            verdicts.push(verdict);
        }
        Ok(verdicts)
    }

    fn one(&mut self, writer: &Writer, rest: &[Mark], at_end: bool) -> Result<Option<Verdict>> {
        let (second, hash) = rest[0];
        if self.follows(writer, hash)? {
            return Ok(Some(Verdict::Duplicate));
        }
        if self.is_clear(writer, second)? {
            return Ok(Some(Verdict::New));
        }
        self.look_at(writer, second)?;
        let places = self.places(second, hash);
        let covered = self.window.covers(second);
        if places.is_empty() {
            let verdict = if covered {
                self.unmatched(rest, at_end)
            } else {
                Some(Verdict::New)
            };
            if !covered {
                self.last_open = Some(second);
            }
            return Ok(verdict);
        }
        if rest.len() < PROOF && !at_end {
            return Ok(None);
        }
        let proven = places.iter().copied().find(|place| self.continues(*place, rest));
        let place = match proven {
            Some(place) => place,
            None if covered => places[0],
            None => return Ok(Some(Verdict::New)),
        };
        self.take(place);
        Ok(Some(Verdict::Duplicate))
    }

    /// A line the ledger does not have within a time it covers: another form of what was counted, or
    /// the edge of a hole, which the lines before or behind it lie in. Stamps are whole seconds, so the
    /// hole's first and last second are shared with what is around.
    fn unmatched(&self, rest: &[Mark], at_end: bool) -> Option<Verdict> {
        let second = rest[0].0;
        let after_hole = self.last_open.is_some_and(|open| (0..=1).contains(&(second - open)));
        if after_hole {
            return Some(Verdict::New);
        }
        match rest.iter().find(|(later, _)| *later > second + 1) {
            Some((later, _)) if *later <= self.window.to && !self.window.covers(*later) => Some(Verdict::New),
            None if !at_end && rest.len() < FARTHEST => None,
            _ => Some(Verdict::Overlap),
        }
    }

    /// Whether no ledger is near: asked once per stretch.
    fn is_clear(&mut self, writer: &Writer, second: i64) -> Result<bool> {
        if let Some((from, to)) = self.clear
            && (from..to).contains(&second)
        {
            return Ok(true);
        }
        if (self.window.from..=self.window.to).contains(&second) {
            return Ok(false);
        }
        let next = writer.earliest_after(self.node, self.run, second - AROUND)?;
        let to = next.map_or(i64::MAX, |t0| t0 - AROUND);
        self.clear = (second < to).then_some((second, to));
        Ok(self.clear.is_some())
    }

    fn look_at(&mut self, writer: &Writer, second: i64) -> Result<()> {
        if (self.window.from..=self.window.to).contains(&second) {
            return Ok(());
        }
        let span = (second - AROUND, second + AHEAD + AROUND);
        let chunks = writer.overlapping(self.node, self.run, span, MOST_CHUNKS)?;
        // Full: what comes after the last chunk's begin is not known.
        let full = chunks.len() == MOST_CHUNKS;
        let last = chunks
            .last()
            .map_or(i64::MAX, |chunk| chunk.seconds.first().copied().unwrap_or(i64::MAX));
        let to = if full {
            (last - AROUND).max(second)
        } else {
            second + AHEAD
        };
        self.window = Window::new(second, to, chunks);
        Ok(())
    }

    /// Whether the line is the one behind the last duplicate: most lines of a copy are. Needs no window.
    fn follows(&mut self, writer: &Writer, hash: u32) -> Result<bool> {
        let Some(cursor) = &mut self.cursor else {
            return Ok(false);
        };
        if cursor.line == cursor.chunk.hashes.len() {
            let (run, seq) = (cursor.chunk.run, cursor.chunk.seq + 1);
            let Some(next) = writer.chunk(run, seq)? else {
                self.cursor = None;
                return Ok(false);
            };
            (cursor.chunk, cursor.line) = (next, 0);
        }
        let used = self.used.of(&cursor.chunk);
        let hit = cursor.chunk.hashes.get(cursor.line) == Some(&hash) && used.get(cursor.line) == Some(&false);
        if hit {
            used[cursor.line] = true;
            cursor.line += 1;
        }
        Ok(hit)
    }

    /// Unused places of a hash near its time, earliest first.
    fn places(&self, second: i64, hash: u32) -> Vec<Place> {
        let near = |place: &Place| {
            let at = self.window.chunks[place.0 as usize].seconds[place.1 as usize];
            (at - second).abs() <= AROUND && !self.is_used(*place)
        };
        let places = self.window.index.get(&hash).map(Vec::as_slice).unwrap_or_default();
        places.iter().copied().filter(near).collect()
    }

    /// Whether the ledger goes on from `place` as the lines do, for [`PROOF`] lines or to their end.
    fn continues(&self, place: Place, rest: &[Mark]) -> bool {
        let mut at = place;
        let mut distinct = false;
        for (n, (_, hash)) in rest.iter().take(PROOF).enumerate() {
            if n > 0 {
                match self.window.after(at) {
                    Some(next) => at = next,
                    None => return false,
                }
            }
            if self.window.hash(at) != Some(*hash) || self.is_used(at) {
                return false;
            }
            distinct |= *hash != rest[0].1;
        }
        distinct || rest.len() < PROOF
    }

    fn is_used(&self, place: Place) -> bool {
        let chunk = &self.window.chunks[place.0 as usize];
        self.used.is(chunk, place.1 as usize)
    }

    fn take(&mut self, place: Place) {
        let chunk = &self.window.chunks[place.0 as usize];
        let line = place.1 as usize;
        if let Some(used) = self.used.of(chunk).get_mut(line) {
            *used = true;
        }
        if let Some(cursor) = &mut self.cursor
            && (cursor.chunk.run, cursor.chunk.seq) == (chunk.run, chunk.seq)
        {
            cursor.line = line + 1;
            return;
        }
        self.cursor = Some(Cursor {
            chunk: chunk.clone(),
            line: line + 1,
        });
    }
}

/// The line behind the last duplicate.
#[derive(Debug)]
struct Cursor {
    chunk: Chunk,
    line: usize,
}

/// Which lines of the ledger have found their copy. A line has one.
#[derive(Debug, Default)]
struct Used {
    lines: HashMap<(i64, i64), Vec<bool>>,
    order: VecDeque<(i64, i64)>,
}

/// Chunks remembered: far more than lie within [`AROUND`] of one time.
const MOST_USED: usize = 2048;

impl Used {
    fn of(&mut self, chunk: &Chunk) -> &mut Vec<bool> {
        let key = (chunk.run, chunk.seq);
        if !self.lines.contains_key(&key) {
            self.order.push_back(key);
            if self.order.len() > MOST_USED
                && let Some(oldest) = self.order.pop_front()
            {
                self.lines.remove(&oldest);
            }
        }
        let len = chunk.hashes.len();
        self.lines.entry(key).or_insert_with(|| vec![false; len])
    }

    fn is(&self, chunk: &Chunk, line: usize) -> bool {
        let used = self.lines.get(&(chunk.run, chunk.seq));
        used.is_some_and(|used| used.get(line) == Some(&true))
    }
}

impl Window {
    fn new(from: i64, to: i64, chunks: Vec<Chunk>) -> Self {
        let mut window = Self {
            from,
            to,
            ..Self::default()
        };
        let mut seconds = VecDeque::new();
        for chunk in chunks {
            seconds.extend(chunk.seconds.iter().copied());
            window.add(chunk);
        }
        window.seconds = seconds.into();
        window.seconds.sort_unstable();
        window.seconds.dedup();
        window
    }

    fn add(&mut self, chunk: Chunk) {
        let at = self.chunks.len() as u32;
        for (line, hash) in chunk.hashes.iter().enumerate() {
            self.index.entry(*hash).or_default().push((at, line as u32));
        }
        self.by_run.insert((chunk.run, chunk.seq), at);
        self.chunks.push(chunk);
    }

    fn hash(&self, place: Place) -> Option<u32> {
        self.chunks.get(place.0 as usize)?.hashes.get(place.1 as usize).copied()
    }

    fn after(&self, place: Place) -> Option<Place> {
        let chunk = self.chunks.get(place.0 as usize)?;
        if (place.1 as usize) + 1 < chunk.hashes.len() {
            return Some((place.0, place.1 + 1));
        }
        self.by_run.get(&(chunk.run, chunk.seq + 1)).map(|at| (*at, 0))
    }

    /// Whether lines of this very time were counted: the ledger has lines shortly before and after,
    /// or in this second with others around. Its first and last second are an edge, not covered.
    fn covers(&self, second: i64) -> bool {
        let within = |from: i64, to: i64| {
            let at = self.seconds.partition_point(|s| *s < from);
            self.seconds.get(at).is_some_and(|s| *s <= to)
        };
        let close = within(second - 10, second - 2) && within(second + 2, second + 10);
        let same = within(second, second)
            && self.seconds.first().is_some_and(|first| *first < second - 1)
            && self.seconds.last().is_some_and(|last| *last > second + 1);
        close || same
    }
}
