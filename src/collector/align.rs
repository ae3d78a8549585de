//! Tells lines that were counted before from new ones, by the ledger: line hashes in their order.
//! So a file is known again whatever it was renamed, rotated, cut or packed into.
//!
//! A line is a duplicate when it continues a stretch of the ledger, or, inside a time the ledger
//! covers, when the ledger has it at all. At the edge of covered time three lines in a row have to
//! agree, or one that names a piece, so that a new line that merely repeats the one before it counts.
//!
//! A line the ledger does not have is new, unless the ledger has lines of its very time that find no
//! copy among the others: then it is perhaps one of those in other words. A hole in the ledger shares
//! its first and last second with counted lines; there the lines inside of the hole tell.

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
    /// Not in the ledger, which has other lines of this time: perhaps the same event in other words.
    Overlap,
}

/// A verdict that may have to wait for the lines behind.
#[derive(Debug, Clone, Copy)]
enum Finding {
    Known(Verdict),
    /// New or overlap, of this second: clear when the lines around it have found their copies.
    Unmatched(i64),
}

/// How lines are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rules {
    /// With any copy, part or selection of lines, in any form.
    Any,
    /// With unchanged stretches only: for the files of a log that is followed, whose other lines are
    /// known to be new.
    Stretches,
}

/// What a line is known by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    /// Second since the epoch.
    pub second: i64,
    /// Hash of its text.
    pub hash: u32,
    /// Whether it names a piece: such a line hardly ever repeats within its second.
    pub names_piece: bool,
}

/// Lines whose copies are searched this far around their time (s): lines keep their own stamps, so
/// only disorder within a file counts.
const AROUND: i64 = 60;
/// Ledger read ahead (s).
const AHEAD: i64 = 600;
/// Chunks in memory at once: 262,144 lines.
const MOST_CHUNKS: usize = 64;
/// Stamps are whole seconds, and lines of other processes come late: this far (s) around a line lies
/// what may be its other form.
const NEAR: i64 = 1;
/// A hole's edge line is at most this far (s) from a line inside of it.
const EDGE: i64 = 10;
/// Seconds remembered.
const MOST_SECONDS: usize = 256;
/// Lines that wait for a verdict at most.
const MOST_WAITING: usize = 1 << 16;
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
    /// Second and place of every line, sorted.
    times: Vec<(i64, Place)>,
}

/// Compares one run's lines with what other runs of the node counted.
#[derive(Debug)]
pub struct Aligner {
    node: i64,
    run: i64,
    rules: Rules,
    /// Seconds for which there is no ledger at all.
    clear: Option<(i64, i64)>,
    window: Window,
    used: Used,
    /// What was found out about the next line already.
    step: Option<Verdict>,
    /// Distinct seconds of recent lines.
    seconds: VecDeque<i64>,
    /// Findings about the front of the lines given, in their order.
    findings: VecDeque<Finding>,
    cursor: Option<Cursor>,
}

impl Aligner {
    /// For the lines of `run`.
    pub fn new(node: i64, run: i64, rules: Rules) -> Self {
        Self {
            node,
            run,
            rules,
            clear: None,
            window: Window {
                to: i64::MIN,
                ..Window::default()
            },
            used: Used::default(),
            step: None,
            seconds: VecDeque::new(),
            findings: VecDeque::new(),
            cursor: None,
        }
    }

    /// Verdicts for the front of `marks`. What is left has to be given again, with more lines behind;
    /// when `at_end`, nothing is left.
    pub fn judge(&mut self, writer: &Writer, marks: &[Mark], at_end: bool) -> Result<Vec<Verdict>> {
        self.findings.truncate(marks.len());
        while self.findings.len() < marks.len() {
            let rest = &marks[self.findings.len()..];
            if !self.is_at_hand(writer, rest[0])? {
                // What waits belongs to the time the window leaves.
                self.settle(marks, i64::MAX);
                self.look_at(writer, rest[0].second)?;
            }
            let Some(finding) = self.one(rest, at_end) else {
                break;
            };
            self.note(rest[0].second);
            self.findings.push_back(finding);
        }
        let reached = marks
            .get(self.findings.len().saturating_sub(1))
            .map_or(i64::MIN, |mark| mark.second);
        let all = at_end || self.findings.len() > MOST_WAITING;
        self.settle(marks, if all { i64::MAX } else { reached });
        let mut verdicts = Vec::with_capacity(self.findings.len());
        while let Some(Finding::Known(verdict)) = self.findings.front() {
            verdicts.push(*verdict);
            self.findings.pop_front();
        }
        Ok(verdicts)
    }

    /// Decides about unmatched lines, now that lines up to the second `reached` were compared.
    fn settle(&mut self, marks: &[Mark], reached: i64) {
        let mut settled = std::mem::take(&mut self.findings);
        for (n, finding) in settled.iter_mut().enumerate() {
            if let Finding::Unmatched(second) = *finding
                && second + NEAR < reached
            {
                let behind = marks[n..]
                    .iter()
                    .map(|mark| mark.second)
                    .find(|later| *later > second + NEAR);
                let before = self
                    .seconds
                    .iter()
                    .rev()
                    .copied()
                    .find(|earlier| *earlier < second - NEAR);
                let near = [before, behind]
                    .into_iter()
                    .flatten()
                    .filter(|other| (other - second).abs() <= EDGE);
                let at_hole = near.into_iter().any(|other| self.window.around(other).is_empty());
                let others = self.window.around(second);
                let is_other_form = !at_hole && others.iter().any(|(_, place)| !self.is_used(*place));
                *finding = Finding::Known(if is_other_form { Verdict::Overlap } else { Verdict::New });
            }
        }
        self.findings = settled;
    }

    /// Notes the seconds lines were written in.
    fn note(&mut self, second: i64) {
        if self.seconds.back() != Some(&second) {
            self.seconds.push_back(second);
            if self.seconds.len() > MOST_SECONDS {
                self.seconds.pop_front();
            }
        }
    }

    /// Whether the line can be judged as things are: it follows the last one, no ledger is near, or
    /// the window knows its time.
    fn is_at_hand(&mut self, writer: &Writer, mark: Mark) -> Result<bool> {
        self.step = if self.follows(writer, mark.hash)? {
            Some(Verdict::Duplicate)
        } else if self.is_clear(writer, mark.second)? {
            Some(Verdict::New)
        } else {
            None
        };
        Ok(self.step.is_some() || (self.window.from..=self.window.to).contains(&mark.second))
    }

    fn one(&mut self, rest: &[Mark], at_end: bool) -> Option<Finding> {
        let Mark { second, hash, .. } = rest[0];
        if let Some(verdict) = self.step.take() {
            return Some(Finding::Known(verdict));
        }
        let places = self.places(second, hash);
        let covered = self.rules == Rules::Any && self.window.covers(second);
        if places.is_empty() {
            return Some(if covered {
                Finding::Unmatched(second)
            } else {
                Finding::Known(Verdict::New)
            });
        }
        if rest.len() < PROOF && !at_end {
            return None;
        }
        let proven = places.iter().copied().find(|place| self.continues(*place, rest));
        let place = match proven {
            Some(place) => place,
            None if covered || (self.rules == Rules::Any && rest[0].names_piece) => places[0],
            None => return Some(Finding::Known(Verdict::New)),
        };
        self.take(place);
        Some(Finding::Known(Verdict::Duplicate))
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
        for (n, mark) in rest.iter().take(PROOF).enumerate() {
            if n > 0 {
                match self.window.after(at) {
                    Some(next) => at = next,
                    None => return false,
                }
            }
            if self.window.hash(at) != Some(mark.hash) || self.is_used(at) {
                return false;
            }
            distinct |= mark.hash != rest[0].hash;
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
        chunks.into_iter().for_each(|chunk| window.add(chunk));
        window.times.sort_unstable();
        window
    }

    fn add(&mut self, chunk: Chunk) {
        let at = self.chunks.len() as u32;
        for (line, (hash, second)) in chunk.hashes.iter().zip(&chunk.seconds).enumerate() {
            let place = (at, line as u32);
            self.index.entry(*hash).or_default().push(place);
            self.times.push((*second, place));
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

    /// Lines of the seconds `from..=to`.
    fn within(&self, from: i64, to: i64) -> &[(i64, Place)] {
        let start = self.times.partition_point(|(second, _)| *second < from);
        let len = self.times[start..].partition_point(|(second, _)| *second <= to);
        &self.times[start..start + len]
    }

    /// Lines of a second and its neighbours.
    fn around(&self, second: i64) -> &[(i64, Place)] {
        self.within(second - NEAR, second + NEAR)
    }

    /// Whether lines of this very time were counted: the ledger has lines shortly before and after,
    /// or in this second with others around. Its first and last second are an edge, not covered.
    fn covers(&self, second: i64) -> bool {
        let has = |from: i64, to: i64| !self.within(from, to).is_empty();
        let close = has(second - 10, second - 2) && has(second + 2, second + 10);
        let same = has(second, second)
            && self.times.first().is_some_and(|(first, _)| *first < second - 1)
            && self.times.last().is_some_and(|(last, _)| *last > second + 1);
        close || same
    }
}
