//! A part of a file being read: whole lines in order, and never bytes of another content.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::time::{Duration, Instant, SystemTime};

use super::archive;
use super::identity::{self, Candidate};
use crate::domain::source::{ANCHOR, HEAD, Head, Position};

/// Lines read from a slot.
#[derive(Debug)]
pub struct Piece<'a> {
    /// The slot.
    pub slot: u64,
    /// Where the bytes begin in the file (inflated).
    pub at: u64,
    /// Whole lines.
    pub bytes: &'a [u8],
    /// Whether they go on from what was counted, or were just written: no other file can have been
    /// read for them.
    pub fresh: bool,
    /// Whether these lines are counted already, and only show what was going on.
    pub context: bool,
    /// Whether they were written since it was first looked at the log, as far as can be told.
    pub news: bool,
}
pub(super) const BLOCK: usize = 256 * 1024;
/// Bytes of a slot read in one go: other slots and the clock get their turn.
const TURN: u64 = 4 << 20;
/// What is looked at again of a log that goes on: some two minutes of a busy node.
const CONTEXT: usize = 2 << 20;
/// A longer line is handed on in parts: a damaged file must not fill the memory.
const LONGEST_LINE: usize = 16 << 20;
/// A rotated file that is not written to for so long is done.
const QUIET: Duration = Duration::from_secs(60);

pub(super) enum Bytes {
    Plain(File),
    /// An inflater and the half line it is ahead of what was handed on.
    Packed(Box<dyn Read + Send>, Vec<u8>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Live,
    /// Rotated, may still be written to.
    Rotated,
    /// The part of the live file that was there before.
    History,
}

pub(super) struct Slot {
    pub(super) id: u64,
    pub(super) role: Role,
    pub(super) bytes: Bytes,
    /// Next byte to hand on.
    pub(super) next: u64,
    pub(super) position: Position,
    pub(super) fresh: bool,
    pub(super) changed: SystemTime,
    pub(super) at_end: bool,
    /// The last (at most 256) bytes handed on: the anchor of what follows.
    pub(super) tail: Vec<u8>,
    /// When it was last read to its end.
    pub(super) looked: Instant,
    /// Whether it goes on after a restart: what stands before tells which transfers are open.
    pub(super) resumed: bool,
    /// The `done` its anchor is of.
    pub(super) anchored: Option<u64>,
}
impl Slot {
    /// Whether it was read, everything is settled, and nothing is written any more.
    pub(super) fn is_done(&self) -> bool {
        let settled = self.position.done >= self.next;
        match self.role {
            Role::Live => false,
            Role::History => settled && self.position.until.is_some_and(|until| self.next >= until),
            Role::Rotated => {
                let quiet = self.changed.elapsed().is_ok_and(|time| time >= QUIET);
                settled && self.at_end && (quiet || matches!(self.bytes, Bytes::Packed(..)))
            }
        }
    }
}

/// Brings head, anchor and length of a slot's position up to date.
pub(super) fn refresh(slot: &mut Slot) {
    let Bytes::Plain(file) = &slot.bytes else {
        slot.position.anchor = 0;
        return;
    };
    let position = &mut slot.position;
    if slot.anchored == Some(position.done) {
        return;
    }
    // A file that was truncated meanwhile keeps its old anchor; the next look finds out.
    if let Ok(anchor) = identity::anchor(file, position.done) {
        position.anchor = anchor;
        slot.anchored = Some(position.done);
    }
}

/// What came of a turn.
pub(super) enum Turn {
    More,
    End,
    Truncated,
}

/// Hands on a turn of a slot's whole lines.
pub(super) fn read(slot: &mut Slot, buffer: &mut Vec<u8>, each: &mut dyn FnMut(Piece<'_>)) -> io::Result<Turn> {
    if std::mem::take(&mut slot.resumed) {
        context(slot, buffer, each)?;
    }
    let end = slot.position.until.unwrap_or(u64::MAX);
    let mut filled = 0;
    match &mut slot.bytes {
        Bytes::Plain(file) => {
            let len = file.metadata()?.len();
            if len < slot.next {
                return Ok(Turn::Truncated);
            }
            if len != slot.position.len {
                slot.position.len = len;
                slot.changed = SystemTime::now();
            }
            slot.at_end = slot.next == len;
            slot.looked = Instant::now();
            if slot.next >= len.min(end) {
                return Ok(Turn::End);
            }
        }
        Bytes::Packed(_, carry) => {
            if slot.at_end {
                return Ok(Turn::End);
            }
            filled = carry.len();
            buffer.resize(buffer.len().max(filled), 0);
            buffer[..filled].copy_from_slice(carry);
            carry.clear();
        }
    }
    let begun = slot.next;
    let turn_end = begun + TURN;
    loop {
        buffer.resize(buffer.len().max(filled + BLOCK), 0);
        let at = slot.next + filled as u64;
        let room = end.saturating_sub(at).min(BLOCK as u64) as usize;
        let got = match slot.check_and_fill(at, &mut buffer[filled..filled + room]) {
            // What was handed on has to be settled first; the next turn meets the same.
            Ok(None) | Err(_) if slot.next > begun => return Ok(Turn::More),
            Ok(None) => return Ok(Turn::Truncated),
            Ok(Some(got)) => got,
            Err(error) => return Err(error),
        };
        filled += got;
        let closed = got == 0 && (matches!(slot.bytes, Bytes::Packed(..)) || at >= end);
        let whole = match memchr::memrchr(b'\n', &buffer[..filled]) {
            _ if closed || filled >= LONGEST_LINE => filled,
            Some(at) => at + 1,
            None => 0,
        };
        if whole > 0 {
            each(Piece {
                slot: slot.id,
                at: slot.next,
                bytes: &buffer[..whole],
                fresh: slot.fresh,
                context: false,
                news: slot.role != Role::History,
            });
            slot.next += whole as u64;
            slot.remember(&buffer[..whole]);
            buffer.copy_within(whole..filled, 0);
            filled -= whole;
        }
        if got == 0 {
            slot.at_end = true;
            return Ok(Turn::End);
        }
        if slot.next >= turn_end {
            if let Bytes::Packed(_, carry) = &mut slot.bytes {
                carry.extend_from_slice(&buffer[..filled]);
            }
            return Ok(Turn::More);
        }
    }
}

/// Hands on the lines before a position, which are counted.
fn context(slot: &mut Slot, buffer: &mut Vec<u8>, each: &mut dyn FnMut(Piece<'_>)) -> io::Result<()> {
    let from = slot.next.saturating_sub(CONTEXT as u64);
    let len = (slot.next - from) as usize;
    buffer.resize(buffer.len().max(len), 0);
    let got = slot.bytes.fill(from, &mut buffer[..len])?;
    if let Some(first) = memchr::memchr(b'\n', &buffer[..got]) {
        each(Piece {
            slot: slot.id,
            at: from,
            bytes: &buffer[first + 1..got],
            fresh: true,
            context: true,
            news: false,
        });
    }
    Ok(())
}

impl Bytes {
    /// Opens a file at `done`; `None` when there is another content under its name meanwhile.
    pub(super) fn open(candidate: &Candidate, done: u64) -> io::Result<Option<Self>> {
        let file = File::open(&candidate.path)?;
        if identity::file_id(&file.metadata()?) != candidate.file {
            return Ok(None);
        }
        if !candidate.packed {
            let same = identity::head_bytes(&file)?.starts_with(&candidate.head);
            return Ok(same.then_some(Self::Plain(file)));
        }
        let mut reader = archive::inflate(file)?;
        let mut head = Vec::with_capacity(HEAD);
        reader.by_ref().take(HEAD as u64).read_to_end(&mut head)?;
        if head != candidate.head {
            return Ok(None);
        }
        let mut reader = io::Cursor::new(head).chain(reader);
        io::copy(&mut reader.by_ref().take(done), &mut io::sink())?;
        Ok(Some(Self::Packed(Box::new(reader), Vec::new())))
    }

    fn fill(&mut self, at: u64, space: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = match self {
                Self::Plain(file) => {
                    file.seek(SeekFrom::Start(at))?;
                    file.read(space)
                }
                Self::Packed(reader, _) => reader.read(space),
            };
            match read {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                other => return other,
            }
        }
    }
}

impl Slot {
    /// Brings the head of a file that was small up to date, before files are compared by their heads.
    pub(super) fn renew_head(&mut self) {
        if let Bytes::Plain(file) = &self.bytes
            && (self.position.head.len as usize) < HEAD
            && let Ok(bytes) = identity::head_bytes(file)
            && (self.next == 0 || self.position.head.fits(&bytes))
        {
            self.position.head = Head::of(&bytes);
        }
    }

    fn remember(&mut self, bytes: &[u8]) {
        self.tail
            .extend_from_slice(&bytes[bytes.len().saturating_sub(ANCHOR)..]);
        let surplus = self.tail.len().saturating_sub(ANCHOR);
        self.tail.drain(..surplus);
    }

    /// Its lines are settled up to `done`.
    pub(super) fn settled(&mut self, done: u64) {
        if self.position.done == done {
            return;
        }
        self.position.done = done;
        // From what was read, not from the file: that may be another one's by now.
        if done == self.next && self.tail.len() as u64 == done.min(ANCHOR as u64) {
            self.position.anchor = identity::anchor_of(&self.tail);
            self.anchored = Some(done);
        }
    }

    /// Reads into `space`; `None` when the content is another one.
    fn check_and_fill(&mut self, at: u64, space: &mut [u8]) -> io::Result<Option<usize>> {
        let got = self.bytes.fill(at, space)?;
        let begin = if at == 0 { &space[..got.min(HEAD)] } else { &[] };
        Ok(self.is_same_content(begin)?.then_some(got))
    }

    /// Whether what was just read (`begin`: if it was the file's begin) is of the same content as
    /// before. Asked after the read: a file that begins as before then was not truncated before it.
    fn is_same_content(&mut self, begin: &[u8]) -> io::Result<bool> {
        let Bytes::Plain(file) = &self.bytes else {
            return Ok(true);
        };
        let head = self.position.head;
        let bytes = identity::head_bytes(file)?;
        if !bytes.starts_with(begin) || (head.len > 0 && !head.fits(&bytes)) {
            return Ok(false);
        }
        if (head.len as usize) < HEAD {
            self.position.head = Head::of(&bytes);
        }
        Ok(true)
    }
}
