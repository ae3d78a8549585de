//! A log line to its columns: time, level, logger, message and JSON object, in both encodings.

use std::borrow::Cow;

use super::fields::{Fields, text};
use super::stamp;

/// How the node wrote the record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// Columns joined by tabs.
    Console,
    /// One JSON object a line.
    Json,
}

/// One record of the node's log.
#[derive(Debug)]
pub struct Record<'a> {
    /// Milliseconds since the epoch; `None` when the node logs no time.
    pub unix_ms: Option<i64>,
    /// `DEBUG`, `INFO`, …
    pub level: Cow<'a, str>,
    /// Empty for the root logger.
    pub logger: Cow<'a, str>,
    /// Without trailing spaces.
    pub message: Cow<'a, str>,
    /// The record's JSON object.
    pub fields: Fields<'a>,
    /// How it was written.
    pub encoding: Encoding,
}

/// What a line turned out to be.
#[derive(Debug)]
pub enum Line<'a> {
    /// A record of the node.
    Record(Box<Record<'a>>),
    /// A line of a stack trace or a Go panic: understood, but no record.
    Trace,
    /// Some other program's line, or free text.
    Foreign,
    /// It begins as a record but is cut off or damaged.
    Malformed,
}

const LEVELS: [&str; 7] = ["DEBUG", "INFO", "WARN", "ERROR", "DPANIC", "PANIC", "FATAL"];
/// journald's `short` formats turn each tab into this.
const TAB_AS_SPACES: &str = "        ";

/// Reads one log line (no line end).
pub fn parse(line: &str) -> Line<'_> {
    if let Some(at) = memchr::memmem::find(
        line.as_bytes().get(..line.len().min(512)).unwrap_or_default(),
        b"{\"L\":\"",
    ) {
        return json(&line[at..]);
    }
    if let Some(at) = stamp::find_record_stamp(line.as_bytes()) {
        return console(&line[at..]);
    }
    if is_trace(line) { Line::Trace } else { Line::Foreign }
}

fn json(line: &str) -> Line<'_> {
    let Ok(mut fields) = Fields::parse(line) else {
        return Line::Malformed;
    };
    let take = |field: &mut Option<super::fields::Text<'_>>| text(&field.take()).to_owned();
    let time = text(&fields.time).to_owned();
    let unix_ms = stamp::unix_ms(&time);
    if fields.message.is_none() || (unix_ms.is_none() && !time.is_empty()) {
        return Line::Malformed;
    }
    let level = Cow::Owned(take(&mut fields.level));
    let logger = Cow::Owned(take(&mut fields.logger));
    let message = Cow::Owned(take(&mut fields.message).trim_end().to_owned());
    Line::Record(Box::new(Record {
        unix_ms,
        level,
        logger,
        message,
        fields,
        encoding: Encoding::Json,
    }))
}

fn console(line: &str) -> Line<'_> {
    let Some(len) = stamp::stamp_len(line.as_bytes()) else {
        return Line::Malformed;
    };
    let (time, rest) = line.split_at(len);
    let separator = if rest.starts_with('\t') { "\t" } else { TAB_AS_SPACES };
    let rest = &rest[separator.len()..];
    let (level, rest) = rest.split_once(separator).unwrap_or((rest, ""));
    let Some(unix_ms) = stamp::unix_ms(time).filter(|_| LEVELS.contains(&level)) else {
        return Line::Malformed;
    };
    let (columns, object) = split_object(rest, separator);
    let fields = match object.map(Fields::parse) {
        None => Fields::default(),
        Some(Ok(fields)) => fields,
        Some(Err(_)) => return Line::Malformed,
    };
    let mut parts: Vec<&str> = columns.split(separator).collect();
    let message = parts.pop().unwrap_or_default();
    let logger = parts
        .first()
        .copied()
        .filter(|part| !is_caller(part))
        .unwrap_or_default();
    if message.is_empty() {
        return Line::Malformed;
    }
    Line::Record(Box::new(Record {
        unix_ms: Some(unix_ms),
        level: Cow::Borrowed(level),
        logger: Cow::Borrowed(logger),
        message: Cow::Borrowed(message.trim_end()),
        fields,
        encoding: Encoding::Console,
    }))
}

/// Parts the JSON column from the columns before it.
fn split_object<'a>(rest: &'a str, separator: &str) -> (&'a str, Option<&'a str>) {
    let object = rest
        .match_indices('{')
        .map(|(at, _)| at)
        .find(|at| rest[..*at].ends_with(separator));
    match object {
        Some(at) => (&rest[..at - separator.len()], Some(&rest[at..])),
        None => (rest, None),
    }
}

/// `piecestore/endpoint.go:339`
fn is_caller(column: &str) -> bool {
    column
        .rsplit_once(".go:")
        .is_some_and(|(_, n)| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
}

fn is_trace(line: &str) -> bool {
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
    line.is_empty()
        || STARTS.iter().any(|start| line.starts_with(start))
        || (line.starts_with('\t') && line.contains(".go:"))
        || (line.contains('(')
            && !line.contains(": ")
            && line
                .split('(')
                .next()
                .is_some_and(|f| f.contains('.') && !f.contains(' ')))
}
