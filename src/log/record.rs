//! A log line to its columns: time, level, logger, message and body, in both encodings.
//!
//! The bytes around the time (level, logger, caller, message) are nearly the same on every line of a
//! kind. They are the key of a bounded cache; what they mean is worked out once.

use std::hash::{BuildHasher, Hasher};

use hashbrown::HashTable;

use super::kind::{Kind, Level};
use super::scan::{self, Fields, Layout, Opening};
use super::slow::{self, Object};
use super::stamp::{self, Clock};
use super::template;
use crate::support::bytes;

/// How the node wrote the record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// Columns joined by tabs.
    Console,
    /// One JSON object a line.
    Json,
}

/// What a line turned out to be.
#[derive(Debug)]
pub enum Line<'a> {
    /// A record of the node.
    Record(Record<'a>),
    /// A line of a stack trace or a Go panic: understood, but no record.
    Trace,
    /// Some other program's line, or free text.
    Foreign,
    /// It begins as a record but is cut off or damaged.
    Malformed,
}

/// One record of the node's log, borrowed from its line and from the parser.
#[derive(Debug, Clone, Copy)]
pub struct Record<'a> {
    /// Milliseconds since the epoch; `None` when the node logs no time.
    pub unix_ms: Option<i64>,
    /// Level, logger, message and what they mean.
    pub head: &'a Head,
    /// The values a transfer needs.
    pub fields: Fields<'a>,
    /// The record's object, from its `{` on; empty without one.
    pub object: &'a [u8],
}

/// The columns of a record that are the same on all lines of its kind.
#[derive(Debug)]
pub struct Head {
    /// Its level.
    pub level: Level,
    /// Empty for the root logger.
    pub logger: Box<str>,
    /// Without trailing spaces.
    pub message: Box<str>,
    /// What it tells.
    pub kind: Kind,
    /// Number of its (logger, level, message shape): what varies taken out. Counts up from 0.
    pub shape: u32,
    /// The logger's shape.
    pub logger_shape: Box<str>,
    /// The message's shape.
    pub message_shape: Box<str>,
    /// How it was written.
    pub encoding: Encoding,
    key: (Box<[u8]>, Box<[u8]>),
    layouts: Vec<Layout>,
}

/// Heads kept: some 200 in practice; a log of garbage must not fill the memory.
const MOST_HEADS: usize = 4096;
/// Distinct shapes kept.
const MOST_SHAPES: usize = 2000;
/// Different layouts of one head: with and without `reason`, by release.
const MOST_LAYOUTS: usize = 4;

/// Reads log lines. Keeps what it learned from earlier ones, so one parser per source is best.
#[derive(Debug, Default)]
pub struct Parser {
    clock: Clock,
    index: HashTable<u32>,
    heads: Vec<Head>,
    hasher: foldhash::fast::FixedState,
    shapes: Vec<(Box<str>, Level, Box<str>)>,
    /// Where records began on the last line: prefixes are mostly of one length.
    prefix: usize,
}

/// A record's parts, before anything is looked up.
struct Parts<'a> {
    unix_ms: Option<i64>,
    /// Two pieces: what stands before the time, and between the time and the body.
    key: (&'a [u8], &'a [u8]),
    body: &'a [u8],
    object: &'a [u8],
    opening: Opening,
    encoding: Encoding,
}

/// Index of the head, time and object of a record.
type Found<'a> = (usize, Option<i64>, &'a [u8]);

impl Parser {
    /// Reads one log line (no line end, wrappings taken off).
    pub fn parse<'a>(&'a mut self, line: &'a [u8]) -> Line<'a> {
        let Some((at, encoding)) = self.locate(line) else {
            return if is_trace(line) { Line::Trace } else { Line::Foreign };
        };
        let text = &line[at..];
        let parts = match encoding {
            Encoding::Json => self.json_parts(text),
            Encoding::Console => self.console_parts(text),
        };
        let mut fields = Fields::default();
        let read = match parts {
            Some(parts) => self.finish(&parts, &mut fields),
            None if encoding == Encoding::Json => self.unusual_json(text, &mut fields),
            None => None,
        };
        let Some((head, unix_ms, object)) = read else {
            return Line::Malformed;
        };
        Line::Record(Record {
            unix_ms,
            head: &self.heads[head],
            fields,
            object,
        })
    }

    /// Where the record begins in a line and its time (ms since the epoch), without reading the rest;
    /// `None` for a line that is no record.
    pub fn place(&mut self, line: &[u8]) -> Option<(usize, Option<i64>)> {
        let (at, encoding) = self.locate(line)?;
        let text = &line[at..];
        let ms = match encoding {
            Encoding::Console => self.clock.read(text).and_then(|(_, ms)| ms),
            Encoding::Json => self.json_parts(text).and_then(|parts| parts.unix_ms),
        };
        Some((at, ms))
    }

    /// Where the record begins behind any prefix, and how it is written.
    fn locate(&mut self, line: &[u8]) -> Option<(usize, Encoding)> {
        const JSON: &[u8] = b"{\"L\":\"";
        if line.starts_with(JSON) {
            return Some((0, Encoding::Json));
        }
        for at in [0, self.prefix] {
            let text = line.get(at..).unwrap_or_default();
            if let Some((len, _)) = self.clock.cached(text)
                && stamp::separator(&text[len..]).is_some()
            {
                return Some((at, Encoding::Console));
            }
        }
        if let Some((at, _)) = stamp::find_record(line) {
            self.prefix = at;
            return Some((at, Encoding::Console));
        }
        let head = &line[..line.len().min(stamp::LONGEST_PREFIX)];
        if let Some(at) = memchr::memmem::find(head, JSON) {
            return Some((at, Encoding::Json));
        }
        // STORJ_LOG_NOTIME: the line begins with its level.
        let level = line.split(|b| *b == b'\t').next().unwrap_or_default();
        (level.len() < line.len() && Level::of(level).is_some()).then_some((0, Encoding::Console))
    }

    fn console_parts<'a>(&mut self, text: &'a [u8]) -> Option<Parts<'a>> {
        let (len, unix_ms) = match self.clock.read(text) {
            Some((len, Some(ms))) => (len, Some(ms)),
            Some((_, None)) => return None,
            None => (0, None),
        };
        let rest = &text[len..];
        let brace = memchr::memchr_iter(b'{', rest)
            .find(|at| matches!(rest[..*at].last(), Some(b'\t')) || rest[..*at].ends_with(stamp::TAB_AS_SPACES));
        let (head, body, object) = match brace {
            Some(at) => (&rest[..at], &rest[at + 1..], &rest[at..]),
            None => (rest, &rest[rest.len()..], &rest[rest.len()..]),
        };
        Some(Parts {
            unix_ms,
            key: (b"", head),
            body,
            object,
            opening: Opening::Brace,
            encoding: Encoding::Console,
        })
    }

    /// `{"L":"INFO","T":"…","N":"piecestore","C":"…","M":"uploaded"` and the members behind.
    fn json_parts<'a>(&mut self, text: &'a [u8]) -> Option<Parts<'a>> {
        let level_end = 6 + memchr::memchr(b'"', text.get(6..64.min(text.len()))?)?;
        let mut at = level_end + 1;
        let mut unix_ms = None;
        if text[at..].starts_with(b",\"T\":\"") {
            let stamp = &text[at + 6..];
            let (len, ms) = self.clock.read(stamp)?;
            if ms.is_none() || stamp.get(len) != Some(&b'"') {
                return None;
            }
            unix_ms = ms;
            at += 6 + len + 1;
        }
        let columns = at;
        loop {
            let key = text.get(at..at + 6)?;
            if !(key.starts_with(b",\"") && key.ends_with(b"\":\"")) {
                return None;
            }
            at = scan::string_end(text, at + 6)? + 1;
            match key[2] {
                b'M' => break,
                b'N' | b'C' => {}
                _ => return None,
            }
        }
        Some(Parts {
            unix_ms,
            key: (&text[..level_end], &text[columns..at]),
            body: &text[at..],
            object: text,
            opening: Opening::Member,
            encoding: Encoding::Json,
        })
    }

    fn finish<'a>(&mut self, parts: &Parts<'a>, fields: &mut Fields<'a>) -> Option<Found<'a>> {
        let index = self.head(parts)?;
        let found = Some((index, parts.unix_ms, parts.object));
        let head = &mut self.heads[index];
        if parts.object.is_empty() {
            return found;
        }
        for n in 0..head.layouts.len() {
            if head.layouts[n].read(parts.body, fields) {
                if n > 0 {
                    head.layouts.swap(0, n);
                }
                return found;
            }
            *fields = Fields::default();
        }
        let Ok((scanned, layout)) = scan::scan(parts.body, parts.opening) else {
            *fields = unusual_body(parts.object)?;
            return found;
        };
        if let Some(layout) = layout {
            head.layouts.truncate(MOST_LAYOUTS - 1);
            head.layouts.insert(0, layout);
        }
        *fields = scanned;
        found
    }

    /// A JSON record whose first members are not in zap's order.
    fn unusual_json<'a>(&mut self, text: &'a [u8], fields: &mut Fields<'a>) -> Option<Found<'a>> {
        let object = Object::parse(text).ok()?;
        let unix_ms = match object.text(&["T"]) {
            Some(stamp) => Some(stamp::unix_ms(stamp.as_bytes())?),
            None => None,
        };
        let level = Level::of(object.text(&["L"])?.as_bytes())?;
        let (logger, message) = (object.text(&["N"]).unwrap_or_default(), object.text(&["M"])?);
        let key = format!("{{{level:?}\t{logger}\t{message}");
        let key = (&b""[..], key.as_bytes());
        let index = self
            .lookup(key)
            .or_else(|| self.insert(key, level, (logger, message), Encoding::Json))?;
        *fields = match scan::scan(&text[1..], Opening::Brace) {
            Ok((fields, _)) => fields,
            Err(_) => unusual_body(text)?,
        };
        Some((index, unix_ms, text))
    }

    fn lookup(&self, key: (&[u8], &[u8])) -> Option<usize> {
        let found = self.index.find(hash(&self.hasher, key), |at| {
            let stored = &self.heads[*at as usize].key;
            bytes::equal(&stored.1, key.1) && bytes::equal(&stored.0, key.0)
        });
        found.map(|at| *at as usize)
    }

    fn head(&mut self, parts: &Parts<'_>) -> Option<usize> {
        if let Some(at) = self.lookup(parts.key) {
            return Some(at);
        }
        match parts.encoding {
            Encoding::Console => {
                let (level, logger, message) = console_columns(parts.key.1)?;
                self.insert(parts.key, level, (&logger, &message), Encoding::Console)
            }
            Encoding::Json => {
                let level = Level::of(parts.key.0.get(6..)?)?;
                let columns = [&b"{"[..], parts.key.1.get(1..)?, b"}"].concat();
                let object = Object::parse(&columns).ok()?;
                let logger = object.text(&["N"]).unwrap_or_default();
                self.insert(parts.key, level, (logger, object.text(&["M"])?), Encoding::Json)
            }
        }
    }

    fn insert(&mut self, key: (&[u8], &[u8]), level: Level, names: (&str, &str), encoding: Encoding) -> Option<usize> {
        let (logger, message) = (names.0, names.1.trim_end());
        let kind = Kind::of(level, logger, message);
        let shape = self.shape(level, logger, message);
        let head = Head {
            level,
            logger: logger.into(),
            message: message.into(),
            kind,
            shape: u32::try_from(shape).ok()?,
            logger_shape: self.shapes[shape].0.clone(),
            message_shape: self.shapes[shape].2.clone(),
            encoding,
            key: (key.0.into(), key.1.into()),
            layouts: Vec::new(),
        };
        if self.heads.len() > MOST_HEADS {
            // Full of one-off heads: the last place is used again and again, outside the index.
            let last = self.heads.len() - 1;
            self.heads[last] = head;
            return Some(last);
        }
        self.heads.push(head);
        let at = self.heads.len() - 1;
        if at < MOST_HEADS {
            let (heads, hasher) = (&self.heads, &self.hasher);
            self.index
                .insert_unique(hash(hasher, key), u32::try_from(at).ok()?, |n| {
                    let key = &heads[*n as usize].key;
                    hash(hasher, (&key.0, &key.1))
                });
        }
        Some(at)
    }

    /// The place of a shape in `shapes`; past the bound all share the last one.
    fn shape(&mut self, level: Level, logger: &str, message: &str) -> usize {
        let shape = (template::of(logger).into(), level, template::of(message).into());
        if let Some(at) = self.shapes.iter().position(|known| *known == shape) {
            return at;
        }
        if self.shapes.len() < MOST_SHAPES {
            self.shapes.push(shape);
        } else if self.shapes.len() == MOST_SHAPES {
            self.shapes
                .push(("".into(), level, "(too many different messages)".into()));
        }
        self.shapes.len() - 1
    }
}

fn hash(hasher: &foldhash::fast::FixedState, key: (&[u8], &[u8])) -> u64 {
    let mut hasher = hasher.build_hasher();
    hasher.write(key.0);
    hasher.write(key.1);
    hasher.finish()
}

/// What the scanner could not read and serde_json can: odd spacing, floats for integers.
fn unusual_body(text: &[u8]) -> Option<Fields<'_>> {
    let object = Object::parse(text).ok()?;
    let whole = |key: &str| object.number(&[key]).filter(|n| *n >= 0.0).map(|n| n as u64);
    // Texts are borrowed from the line: those with surprises stay empty.
    let find = |key: &str| {
        let value = object.text(&[key])?;
        let at = memchr::memmem::find(text, value.as_bytes())?;
        text.get(at..at + value.len())
    };
    let of = |key| find(key).unwrap_or_default();
    Some(Fields {
        piece_id: of("piece_id"),
        satellite_id: of("satellite_id"),
        action: of("action"),
        remote_address: of("remote_address"),
        reason: of("reason"),
        error: of("error"),
        size: whole("size"),
        offset: whole("offset"),
    })
}

/// Level, logger and message of a console record's columns (from the separator after the time on).
fn console_columns(head: &[u8]) -> Option<(Level, String, String)> {
    let text = String::from_utf8_lossy(head);
    let separator = if head.starts_with(stamp::TAB_AS_SPACES) {
        "        "
    } else {
        "\t"
    };
    let text = text.strip_prefix(separator).unwrap_or(&text);
    let text = text.strip_suffix(separator).unwrap_or(text);
    let mut columns: Vec<&str> = text.split(separator).collect();
    if columns.len() < 2 {
        return None;
    }
    let level = Level::of(columns.remove(0).as_bytes())?;
    let message = columns.pop().filter(|m| !m.is_empty())?;
    let logger = columns.first().filter(|column| !is_caller(column)).copied();
    Some((level, logger.unwrap_or_default().to_owned(), message.to_owned()))
}

/// `piecestore/endpoint.go:339`
fn is_caller(column: &str) -> bool {
    column
        .rsplit_once(".go:")
        .is_some_and(|(_, n)| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
}

/// A stack line, a Go panic, or the usage text a node prints when it cannot start.
fn is_trace(line: &[u8]) -> bool {
    const STARTS: [&str; 9] = [
        "panic: ",
        "goroutine ",
        "created by ",
        "fatal error: ",
        "SIGQUIT: ",
        "[signal ",
        "exit status",
        "runtime stack:",
        "main.",
    ];
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let Ok(text) = std::str::from_utf8(line) else {
        return false;
    };
    text.is_empty()
        || STARTS.iter().any(|start| text.starts_with(start))
        || (text.starts_with('\t') && text.contains(".go:"))
        || (text.contains('(')
            && !text.contains(": ")
            && text
                .split('(')
                .next()
                .is_some_and(|f| f.contains('.') && !f.contains(' ')))
}

/// The text of a raw value for people and tables: escapes decoded.
pub fn text(raw: &[u8]) -> String {
    slow::unescape(raw)
}
