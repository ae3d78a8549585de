//! Follows one log by name, through every way logs are rotated. Reads; never writes, never drops.
//!
//! A *slot* is a part of a file being read: the live file, rotated ones that may still be written to,
//! copies that hold the rest of a truncated file, and history. Whoever counts the lines says how far a
//! slot's lines are settled; that is kept with their effects, and is where reading goes on after a
//! restart. A position whose file is not at hand is *lost* until a file is found that holds it.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use super::identity::{self, Candidate, Seen};
pub use super::slot::Piece;
use super::slot::{self, BLOCK, Bytes, Role, Slot, Turn};
use crate::domain::source::{Gap, HEAD, Head, Position};

/// Where following a log for the first time begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// All there is, rotated files too; what was written before now is read after what is written now.
    All,
    /// What is written from now on.
    End,
    /// The log, and those rotated files that were written to since then.
    Since(SystemTime),
}

/// How a source is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum State {
    /// Not looked at yet.
    #[default]
    New,
    /// The log is open.
    Following,
    /// There is no such file (yet).
    Missing,
    /// It cannot be read, for this reason.
    Failing(String),
}

/// Lost positions are looked for this long.
const SEARCH: Duration = Duration::from_secs(30);
/// How often the folder is looked through: always, and while something is amiss.
const RESCAN: Duration = Duration::from_secs(10);
const RESCAN_SOON: Duration = Duration::from_secs(1);
/// A file below a kilobyte this young may be the begin of a copy.
const COPY_TAKES: Duration = Duration::from_secs(2);
/// Finished files remembered.
const MOST_FINISHED: usize = 500;
/// A position whose file is not at hand.
struct Lost {
    position: Position,
    since: Instant,
    /// Whether something may have been written to it that nobody saw.
    blind: bool,
}

/// A live file that was looked at this recently holds nothing unseen worth a word.
const SEEN: Duration = Duration::from_secs(2);

/// Follows one path.
pub struct Follower {
    path: PathBuf,
    start: Start,
    slots: Vec<Slot>,
    finished: Vec<Position>,
    /// How many of the last of them are not kept yet.
    unsaved: usize,
    /// Slots closed since the positions were kept.
    ended: Vec<u64>,
    lost: Vec<Lost>,
    gaps: Vec<Gap>,
    seen: Seen,
    state: State,
    /// Why a file could not be opened in the last look.
    trouble: Option<String>,
    next_id: u64,
    /// Whether the log was ever followed, in this process or before.
    known: bool,
    was_live: bool,
    scanned: Option<Instant>,
    buffer: Vec<u8>,
}

impl Follower {
    /// Follows `path`, going on from the positions kept before.
    pub fn new(path: &Path, start: Start, positions: Vec<Position>) -> Self {
        let known = !positions.is_empty();
        let (finished, open): (Vec<_>, Vec<_>) = positions.into_iter().partition(|position| position.finished);
        let since = Instant::now();
        // Only the newest was written to when it was last looked at.
        let newest = open.iter().filter(|p| p.until.is_none()).map(|p| p.row).max();
        let lost = |position: Position| Lost {
            position,
            since,
            blind: Some(position.row) == newest,
        };
        Self {
            path: path.to_owned(),
            start,
            slots: Vec::new(),
            finished,
            unsaved: 0,
            ended: Vec::new(),
            lost: open.into_iter().map(lost).collect(),
            gaps: Vec::new(),
            seen: Seen::default(),
            state: State::New,
            trouble: None,
            next_id: 1,
            known,
            was_live: false,
            scanned: None,
            buffer: Vec::new(),
        }
    }

    /// How the source is.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Whether the log is open and nothing of it is looked for elsewhere.
    pub fn is_whole(&self) -> bool {
        self.state == State::Following && self.lost.is_empty()
    }

    /// Reads what there is, a turn of it: true when more waits. `hurry`: what is lost is looked for
    /// once only, as when nobody will wait for it.
    pub fn poll(&mut self, hurry: bool, each: &mut dyn FnMut(Piece<'_>)) -> bool {
        if let Err(error) = self.look(hurry) {
            self.state = State::Failing(error.to_string());
        }
        let mut more = false;
        let mut n = 0;
        while n < self.slots.len() {
            // History has its turn when nothing newer waits.
            if self.slots[n].role == Role::History && more {
                n += 1;
                continue;
            }
            match slot::read(&mut self.slots[n], &mut self.buffer, each) {
                Ok(Turn::More) => more = true,
                Ok(Turn::End) => {}
                Ok(Turn::Truncated) => {
                    self.truncated(n);
                    more = true;
                }
                Err(error) => {
                    // Gone with its disk, perhaps: it is looked for until it is back.
                    self.state = State::Failing(error.to_string());
                    let slot = self.slots.remove(n);
                    self.ended.push(slot.id);
                    self.lose(slot.position, true);
                    continue;
                }
            }
            n += 1;
        }
        // The large buffer of a catch-up is not kept for a trickle.
        if !more && self.buffer.len() > 2 * BLOCK {
            self.buffer = Vec::new();
        }
        more
    }

    /// Says how far the lines of a slot are settled, and the second of the last of them. False when the
    /// slot is closed: what is not settled of it is read again elsewhere.
    pub fn settled(&mut self, slot: u64, done: u64, last_second: Option<i64>) -> bool {
        let Some(slot) = self.slots.iter_mut().find(|s| s.id == slot) else {
            return false;
        };
        slot.settled(done);
        slot.position.last_second = last_second.or(slot.position.last_second);
        true
    }

    /// All positions that may have moved, to be kept with the effects of their lines. Slots that are
    /// done are closed.
    pub fn positions(&mut self) -> Vec<&mut Position> {
        self.slots.iter_mut().for_each(slot::refresh);
        let (done, open): (Vec<_>, Vec<_>) = std::mem::take(&mut self.slots).into_iter().partition(Slot::is_done);
        self.slots = open;
        for slot in done {
            self.ended.push(slot.id);
            self.finish(slot.position);
        }
        let kept = self.finished.len() - self.unsaved;
        let slots = self.slots.iter_mut().map(|slot| &mut slot.position);
        let lost = self.lost.iter_mut().map(|lost| &mut lost.position);
        slots.chain(lost).chain(self.finished[kept..].iter_mut()).collect()
    }

    /// The positions were kept: gives the slots that were closed.
    pub fn saved(&mut self) -> Vec<u64> {
        self.unsaved = 0;
        let surplus = self.finished.len().saturating_sub(MOST_FINISHED);
        self.finished.drain(..surplus);
        std::mem::take(&mut self.ended)
    }

    /// What was destroyed since the last call.
    pub fn take_gaps(&mut self) -> Vec<Gap> {
        std::mem::take(&mut self.gaps)
    }

    fn look(&mut self, hurry: bool) -> io::Result<()> {
        let meta = match std::fs::metadata(&self.path) {
            Ok(meta) => Some(meta),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        let live = self.slots.iter().position(|slot| slot.role == Role::Live);
        let moved = meta.as_ref().map(identity::file_id) != live.map(|n| self.slots[n].position.file);
        if moved && let Some(n) = live {
            self.slots[n].role = Role::Rotated;
            self.slots[n].changed = SystemTime::now();
            self.scanned = None;
        }
        let amiss = moved || !self.lost.is_empty();
        let due = if amiss { RESCAN_SOON } else { RESCAN };
        if hurry || self.scanned.is_none_or(|at| at.elapsed() >= due) {
            self.scanned = Some(Instant::now());
            self.trouble = None;
            self.scan(hurry)?;
            self.give_up(hurry);
        }
        let is_live = self.slots.iter().any(|slot| slot.role == Role::Live);
        self.was_live |= is_live;
        self.state = match self.trouble.clone() {
            Some(trouble) => State::Failing(trouble),
            None if is_live => State::Following,
            None => State::Missing,
        };
        Ok(())
    }

    /// Looks at the log and its rotated files; opens what is not known, and what has grown.
    fn scan(&mut self, hurry: bool) -> io::Result<()> {
        let mut candidates = match identity::siblings(&self.path, &mut self.seen) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            other => other?,
        };
        match Candidate::look(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            other => candidates.push(other?),
        }
        // Only now: whatever a copy among the candidates holds was in its original before.
        self.slots.iter_mut().for_each(Slot::renew_head);
        self.find_lost(&candidates);
        let is_first = !self.known;
        // Newest first: history begins with what is closest.
        for candidate in candidates.iter().rev() {
            self.meet(candidate, is_first, hurry);
        }
        self.known |= !candidates.is_empty();
        Ok(())
    }

    /// Positions whose file was not at hand: opens the file that holds each.
    fn find_lost(&mut self, candidates: &[Candidate]) {
        for lost in std::mem::take(&mut self.lost) {
            let mut fits: Vec<&Candidate> = candidates.iter().filter(|c| c.holds(&lost.position)).collect();
            fits.sort_by_key(|c| (c.file != lost.position.file, c.packed));
            let found = fits.first().is_some_and(|found| self.open(found, lost.position, true));
            if !found {
                self.lost.push(lost);
            }
        }
    }

    fn lose(&mut self, position: Position, blind: bool) {
        let since = Instant::now();
        self.lost.push(Lost { position, since, blind });
    }

    /// What was not found for long enough is gone.
    fn give_up(&mut self, hurry: bool) {
        let (gone, waiting): (Vec<_>, Vec<_>) = std::mem::take(&mut self.lost)
            .into_iter()
            .partition(|lost| hurry || lost.since.elapsed() >= SEARCH);
        self.lost = waiting;
        for Lost { position, blind, .. } in gone {
            // It was empty: what was written since is read where it is found. Or it was read to its end.
            if position.head.len == 0 || (position.unread() == 0 && !blind) {
                self.finish(position);
                continue;
            }
            self.gaps.push(Gap {
                from: position.last_second.or_else(|| self.last_second_of(&position)),
                to: None,
                bytes: Some(position.unread()).filter(|bytes| *bytes > 0),
            });
            self.finish(position);
        }
    }

    /// The last line read of the same content: what was there when following began is read apart.
    fn last_second_of(&self, position: &Position) -> Option<i64> {
        let slots = self.slots.iter().map(|slot| &slot.position);
        let same = slots.chain(&self.finished).filter(|other| other.head == position.head);
        same.filter_map(|other| other.last_second).max()
    }

    fn finish(&mut self, position: Position) {
        self.finished.push(Position {
            finished: true,
            ..position
        });
        self.unsaved += 1;
    }

    fn meet(&mut self, candidate: &Candidate, is_first: bool, hurry: bool) {
        let is_live = candidate.path == self.path && !candidate.packed;
        let is_open = |slot: &Slot| slot.role == Role::Live && slot.position.file == candidate.file;
        if is_live && self.slots.iter().any(is_open) {
            // With another head it was truncated; whoever reads it finds out.
            return;
        }
        if let Some(slot) = self.slots.iter_mut().find(|slot| candidate.is_of(&slot.position)) {
            if is_live && slot.role == Role::Rotated && slot.position.file == candidate.file {
                slot.role = Role::Live;
            }
            return;
        }
        if self.lost.iter().any(|lost| candidate.is_of(&lost.position)) {
            // A copy that is not whole yet: it will hold the position soon.
            return;
        }
        if let Some(n) = self.finished.iter().rposition(|position| candidate.is_of(position)) {
            let known = self.finished[n];
            let grown = known.until.is_none() && known.file == candidate.file && candidate.len > known.done;
            if !candidate.packed && (is_live || grown) {
                let position = Position {
                    finished: false,
                    ..known
                };
                if self.open(candidate, position, true) {
                    self.finished.remove(n);
                }
            }
            return;
        }
        // A copy that has just begun cannot be told from another file yet.
        let young = candidate.modified.elapsed().is_ok_and(|age| age < COPY_TAKES);
        if !is_live && candidate.head.len() < HEAD && young && !hurry {
            self.scanned = None;
            return;
        }
        self.open_unknown(candidate, is_live, is_first);
    }

    fn open_unknown(&mut self, candidate: &Candidate, is_live: bool, is_first: bool) {
        let mut position = Position {
            file: candidate.file,
            head: Head::of(&candidate.head),
            len: candidate.len,
            ..Position::default()
        };
        let skip = is_first
            && match self.start {
                Start::All => false,
                Start::End => true,
                Start::Since(time) => !is_live && candidate.modified < time,
            };
        if !is_live && skip {
            (position.from, position.done) = (candidate.len, candidate.len);
            position.until = Some(candidate.len);
            self.finish(position);
            return;
        }
        // A rotated file is to be compared; what came into being under our eyes is new.
        let comes = is_live && (self.was_live || candidate.len == 0);
        if !is_live || comes {
            self.open(candidate, position, comes);
            return;
        }
        // What is there already is history, to be compared; what is written from now on is new.
        let Ok(end) = last_line_end(&candidate.path, candidate.len) else {
            return;
        };
        let live = Position {
            from: end,
            done: end,
            ..position
        };
        if self.open(candidate, live, true) && end > 0 && !skip {
            position.until = Some(end);
            // If it is gone already, its copy is found.
            if !self.open(candidate, position, false) {
                self.lose(position, false);
            }
        }
    }

    /// Opens a file at a position: false when it is not the file any more that was looked at, or cannot
    /// be read; it is looked at again soon.
    fn open(&mut self, candidate: &Candidate, mut position: Position, fresh: bool) -> bool {
        let is_live = candidate.path == self.path && !candidate.packed;
        let role = match (position.until, is_live) {
            (Some(_), _) => Role::History,
            (None, true) => Role::Live,
            (None, false) => Role::Rotated,
        };
        let bytes = match Bytes::open(candidate, position.done) {
            Ok(Some(bytes)) => bytes,
            Ok(None) => {
                self.scanned = None;
                return false;
            }
            Err(error) => {
                self.trouble = Some(format!("{}: {error}", candidate.path.display()));
                return false;
            }
        };
        position.file = candidate.file;
        let tail = match &bytes {
            Bytes::Plain(file) => identity::anchor_bytes(file, position.done).unwrap_or_default(),
            Bytes::Packed(..) => Vec::new(),
        };
        let slot = Slot {
            tail,
            looked: Instant::now(),
            id: self.next_id,
            role,
            bytes,
            next: position.done,
            position,
            fresh,
            changed: candidate.modified,
            at_end: false,
            resumed: role == Role::Live && position.row > 0 && !self.was_live,
            anchored: None,
        };
        self.next_id += 1;
        match role {
            Role::Live => self.slots.insert(0, slot),
            _ => self.slots.push(slot),
        }
        true
    }

    /// A file shrank or begins differently: what was not read of it is looked for in copies. The live
    /// one begins anew.
    fn truncated(&mut self, n: usize) {
        let slot = &mut self.slots[n];
        let position = slot.position;
        let (id, role) = (slot.id, slot.role);
        let blind = role == Role::Live && slot.looked.elapsed() > SEEN;
        self.lose(position, blind);
        self.scanned = None;
        self.ended.push(id);
        let slot = &mut self.slots[n];
        if role != Role::Live {
            // Its new content is met as a file of its own.
            self.slots.remove(n);
            return;
        }
        slot.position = Position {
            file: position.file,
            ..Position::default()
        };
        (slot.next, slot.at_end, slot.fresh, slot.anchored) = (0, false, true, None);
        slot.tail.clear();
        slot.id = self.next_id;
        self.next_id += 1;
    }
}

/// The end of the last whole line of a file of `len` bytes.
fn last_line_end(path: &Path, len: u64) -> io::Result<u64> {
    let mut file = File::open(path)?;
    let mut end = len;
    let mut block = vec![0; BLOCK];
    while end > 0 {
        let start = end.saturating_sub(BLOCK as u64);
        let part = &mut block[..(end - start) as usize];
        file.seek(SeekFrom::Start(start))?;
        file.read_exact(part)?;
        if let Some(at) = memchr::memrchr(b'\n', part) {
            return Ok(start + at as u64 + 1);
        }
        end = start;
    }
    Ok(0)
}
