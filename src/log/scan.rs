//! The JSON object of a record, without a tree: the few values a transfer needs, as slices of the line.
//!
//! Three ways, from fast to thorough: a [`Layout`] learned from an earlier line of the same kind, the
//! field scanner here, and serde_json (in `slow`) for what is unusual. All three agree (property tests).

use crate::support::bytes;

/// The values the program uses of most lines. Texts are raw: as between the quotes, escapes kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Fields<'a> {
    /// Base32 piece id, 52 characters.
    pub piece_id: &'a [u8],
    /// Base58 satellite id.
    pub satellite_id: &'a [u8],
    /// `PUT`, `GET`, …
    pub action: &'a [u8],
    /// `ip:port` or `[ip]:port`.
    pub remote_address: &'a [u8],
    /// Why a download was canceled.
    pub reason: &'a [u8],
    /// The error's short form.
    pub error: &'a [u8],
    /// Bytes.
    pub size: Option<u64>,
    /// Bytes.
    pub offset: Option<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Slot {
    PieceId,
    SatelliteId,
    Action,
    RemoteAddress,
    Reason,
    Error,
    Size,
    Offset,
    /// A value nobody needs.
    Other,
}

/// Why a body was not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unreadable;

impl Slot {
    /// The slot of a key in any release's spelling (`Satellite ID`, `satelliteID`, `satellite_id`).
    fn of(key: &[u8]) -> Self {
        match key {
            b"piece_id" | b"Piece ID" | b"pieceID" | b"piece ID" | b"PieceID" => Self::PieceId,
            b"satellite_id" | b"Satellite ID" | b"satelliteID" | b"satellite ID" | b"SatelliteID" => Self::SatelliteId,
            b"action" | b"Action" => Self::Action,
            b"remote_address" | b"Remote Address" | b"remoteAddress" | b"RemoteAddress" => Self::RemoteAddress,
            b"reason" | b"Reason" => Self::Reason,
            b"error" | b"Error" => Self::Error,
            b"size" | b"Size" => Self::Size,
            b"offset" | b"Offset" => Self::Offset,
            _ => Self::Other,
        }
    }

    fn is_number(self) -> bool {
        matches!(self, Self::Size | Self::Offset)
    }
}

impl<'a> Fields<'a> {
    fn set_text(&mut self, slot: Slot, value: &'a [u8]) {
        let place = match slot {
            Slot::PieceId => &mut self.piece_id,
            Slot::SatelliteId => &mut self.satellite_id,
            Slot::Action => &mut self.action,
            Slot::RemoteAddress => &mut self.remote_address,
            Slot::Reason => &mut self.reason,
            Slot::Error => &mut self.error,
            Slot::Size | Slot::Offset | Slot::Other => return,
        };
        // Duplicate keys are normal (relayed and `orders` lines): the first one counts.
        if place.is_empty() {
            *place = value;
        }
    }

    fn set_number(&mut self, slot: Slot, value: u64) {
        let place = match slot {
            Slot::Size => &mut self.size,
            Slot::Offset => &mut self.offset,
            _ => return,
        };
        place.get_or_insert(value);
    }
}

/// Where a string that starts at `at` (behind its quote) ends: the index of its closing quote.
pub fn string_end(text: &[u8], at: usize) -> Option<usize> {
    let mut at = at;
    loop {
        at += memchr::memchr2(b'"', b'\\', text.get(at..)?)?;
        if text[at] == b'"' {
            return Some(at);
        }
        at += 2;
    }
}

fn digits(text: &[u8], at: usize) -> Option<(u64, usize)> {
    let mut value: u64 = 0;
    let mut end = at;
    while let Some(digit) = text.get(end).map(|b| b.wrapping_sub(b'0')).filter(|d| *d < 10) {
        value = value.checked_mul(10)?.checked_add(u64::from(digit))?;
        end += 1;
    }
    (end > at).then_some((value, end))
}

/// One key and value of a body, as the scanner met it.
struct Entry {
    slot: Slot,
    /// Inner bounds of a string, outer bounds of anything else.
    start: usize,
    end: usize,
    is_text: bool,
    is_verbose: bool,
}

/// Walks over the members of an object whose `{` (or a `,` before a further member) is behind.
struct Scanner<'t> {
    text: &'t [u8],
    at: usize,
}

impl Scanner<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn space(&mut self) {
        while self.peek() == Some(b' ') {
            self.at += 1;
        }
    }

    fn eat(&mut self, byte: u8) -> Result<(), Unreadable> {
        if self.peek() != Some(byte) {
            return Err(Unreadable);
        }
        self.at += 1;
        Ok(())
    }

    fn string(&mut self) -> Result<(usize, usize), Unreadable> {
        self.eat(b'"')?;
        let start = self.at;
        let end = string_end(self.text, start).ok_or(Unreadable)?;
        self.at = end + 1;
        Ok((start, end))
    }

    fn entry(&mut self) -> Result<Entry, Unreadable> {
        let (key_start, key_end) = self.string()?;
        let key = &self.text[key_start..key_end];
        self.space();
        self.eat(b':')?;
        self.space();
        let is_text = self.peek() == Some(b'"');
        let (start, end) = if is_text { self.string()? } else { self.plain_value()? };
        Ok(Entry {
            slot: Slot::of(key),
            start,
            end,
            is_text,
            is_verbose: key == b"errorVerbose",
        })
    }

    fn plain_value(&mut self) -> Result<(usize, usize), Unreadable> {
        let start = self.at;
        match self.peek().ok_or(Unreadable)? {
            b'{' | b'[' => self.nested()?,
            b'-' | b'0'..=b'9' => {
                while matches!(self.peek(), Some(b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E')) {
                    self.at += 1;
                }
            }
            _ => {
                let rest = &self.text[self.at..];
                let word = [&b"true"[..], b"false", b"null"]
                    .into_iter()
                    .find(|w| rest.starts_with(w));
                self.at += word.ok_or(Unreadable)?.len();
            }
        }
        Ok((start, self.at))
    }

    /// Skips an array or object inside the record (`stats`, `candidates`).
    fn nested(&mut self) -> Result<(), Unreadable> {
        let start = self.at;
        let rest = &self.text[start..];
        let mut values = serde_json::Deserializer::from_slice(rest).into_iter::<serde::de::IgnoredAny>();
        values.next().ok_or(Unreadable)?.map_err(|_| Unreadable)?;
        self.at = start + values.byte_offset();
        Ok(())
    }
}

/// How the text before a body's first member ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opening {
    /// With the object's brace: console encoding.
    Brace,
    /// With the value of an earlier member: JSON encoding, behind `"M":"…"`.
    Member,
}

/// Reads a body to its closing brace, which must end it, and learns its layout.
pub fn scan<'a>(body: &'a [u8], opening: Opening) -> Result<(Fields<'a>, Option<Layout>), Unreadable> {
    let mut scanner = Scanner { text: body, at: 0 };
    let mut fields = Fields::default();
    let mut learner = Learner::default();
    if opening == Opening::Brace && scanner.peek() == Some(b'}') {
        scanner.at += 1;
    } else {
        if opening == Opening::Member && scanner.peek() == Some(b',') {
            scanner.at += 1;
        }
        while scanner.peek() == Some(b'"') {
            let entry = scanner.entry()?;
            let value = &body[entry.start..entry.end];
            if entry.is_text {
                fields.set_text(entry.slot, value);
            } else if entry.slot.is_number() {
                let (number, end) = digits(body, entry.start).ok_or(Unreadable)?;
                if end != entry.end {
                    return Err(Unreadable);
                }
                fields.set_number(entry.slot, number);
            }
            learner.entry(body, &entry);
            if scanner.peek() == Some(b',') {
                scanner.at += 1;
                scanner.space();
                if scanner.peek() != Some(b'"') {
                    return Err(Unreadable);
                }
            }
        }
        scanner.eat(b'}')?;
    }
    if scanner.at != body.len() {
        return Err(Unreadable);
    }
    Ok((fields, learner.finish(body)))
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Step {
    /// The bytes before the value, quote included.
    literal: Box<[u8]>,
    slot: Slot,
    is_text: bool,
}

/// The shape of one kind's body: the bytes between its values. What varies are the values alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    steps: Box<[Step]>,
    tail: Box<[u8]>,
    /// The tail opens `errorVerbose`: one to two kilobytes that nobody needs.
    skips_verbose: bool,
}

#[derive(Default)]
struct Learner {
    steps: Vec<Step>,
    done: usize,
    verbose_at: Option<usize>,
    given_up: bool,
}

impl Learner {
    fn entry(&mut self, body: &[u8], entry: &Entry) {
        if self.verbose_at.is_some() {
            // Members behind the verbose text would be skipped with it.
            self.given_up |= entry.slot != Slot::Other;
            return;
        }
        if entry.is_verbose {
            self.verbose_at = Some(entry.start);
            return;
        }
        let constant = entry.slot == Slot::Other && entry.end - entry.start <= 16 && entry.is_text;
        if constant {
            return;
        }
        // Objects, floats and words are rare: such lines stay with the scanner.
        if !entry.is_text && !body[entry.start..entry.end].iter().all(u8::is_ascii_digit) {
            self.given_up = true;
            return;
        }
        self.steps.push(Step {
            literal: body[self.done..entry.start].into(),
            slot: entry.slot,
            is_text: entry.is_text,
        });
        self.done = entry.end;
    }

    fn finish(self, body: &[u8]) -> Option<Layout> {
        let end = self.verbose_at.unwrap_or(body.len());
        let tail = body.get(self.done..end)?;
        (!self.given_up && self.steps.len() <= 12).then(|| Layout {
            steps: self.steps.into(),
            tail: tail.into(),
            skips_verbose: self.verbose_at.is_some(),
        })
    }
}

impl Layout {
    /// Reads `body` into `fields` if it has this very shape; false sends it to the scanner, and `fields`
    /// to be emptied. Filled in place: a copy of all fields costs more than reading one.
    pub fn read<'a>(&self, body: &'a [u8], fields: &mut Fields<'a>) -> bool {
        self.read_steps(body, fields).is_some()
    }

    fn read_steps<'a>(&self, body: &'a [u8], fields: &mut Fields<'a>) -> Option<()> {
        let mut rest = body;
        for step in &self.steps {
            if !bytes::starts_with(rest, &step.literal) {
                return None;
            }
            rest = &rest[step.literal.len()..];
            if step.is_text {
                let end = memchr::memchr2(b'"', b'\\', rest)?;
                if rest[end] == b'\\' {
                    return None;
                }
                fields.set_text(step.slot, &rest[..end]);
                rest = &rest[end..];
            } else {
                let (value, end) = digits(rest, 0)?;
                fields.set_number(step.slot, value);
                rest = &rest[end..];
            }
        }
        if !bytes::starts_with(rest, &self.tail) {
            return None;
        }
        rest = &rest[self.tail.len()..];
        let whole = if self.skips_verbose {
            rest.ends_with(b"\"}")
        } else {
            rest.is_empty()
        };
        whole.then_some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const UPLOADED: &[u8] = br#""process": "storagenode", "Piece ID": "ABC", "Satellite ID": "12E", "Action": "PUT", "Remote Address": "1.2.3.4:5", "Size": 3072}"#;

    fn read<'a>(layout: &Layout, body: &'a [u8]) -> Option<Fields<'a>> {
        let mut fields = Fields::default();
        layout.read(body, &mut fields).then_some(fields)
    }

    #[test]
    fn a_learned_layout_reads_what_the_scanner_reads() {
        let (fields, layout) = scan(UPLOADED, Opening::Brace).unwrap();
        assert_eq!(fields.piece_id, b"ABC");
        assert_eq!(fields.size, Some(3072));
        assert_eq!(read(&layout.unwrap(), UPLOADED), Some(fields));
    }

    #[test]
    fn a_cut_line_is_unreadable_wherever_it_is_cut() {
        let (_, layout) = scan(UPLOADED, Opening::Brace).unwrap();
        let layout = layout.unwrap();
        for len in 0..UPLOADED.len() {
            assert!(scan(&UPLOADED[..len], Opening::Brace).is_err(), "{len}");
            assert_eq!(read(&layout, &UPLOADED[..len]), None, "{len}");
        }
    }

    #[test]
    fn the_verbose_text_of_an_error_is_skipped() {
        let body =
            br#""action": "GET", "size": 1, "error": "pieces error: x", "errorVerbose": "pieces error: x\n\tat y"}"#;
        let (fields, layout) = scan(body, Opening::Brace).unwrap();
        assert_eq!(fields.error, b"pieces error: x");
        let other = br#""action": "PUT", "size": 2, "error": "other", "errorVerbose": "longer\n\tat z"}"#;
        assert_eq!(read(&layout.unwrap(), other).unwrap().error, b"other");
    }
}
