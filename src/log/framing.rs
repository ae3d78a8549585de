//! Physical lines to log lines: takes off what docker and journald put around them.
//! Stateful, because docker splits long lines and `journalctl -o export` spreads one over many.

use std::borrow::Cow;

use serde::Deserialize;

use super::stamp;

/// What surrounds the log lines of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wrapping {
    /// Nothing, or a prefix that the record is found behind.
    Plain,
    /// Docker's json-file driver.
    DockerJson,
    /// `journalctl -o json`.
    JournalJson,
    /// `journalctl -o export`.
    JournalExport,
}

impl Wrapping {
    /// Its name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::DockerJson => "docker json-file",
            Self::JournalJson => "journal json",
            Self::JournalExport => "journal export",
        }
    }
}

/// One physical line, unwrapped.
#[derive(Debug)]
pub enum Frame<'a> {
    /// A whole log line, and the exact time (ms since the epoch) its carrier stamped it with.
    Line(Cow<'a, [u8]>, Wrapping, Option<i64>),
    /// Part of a frame: nothing to count yet.
    Partial,
    /// It looked like a wrapping but is damaged.
    Broken,
}

#[derive(Deserialize)]
struct DockerLine {
    log: String,
    time: Option<String>,
}

#[derive(Deserialize)]
struct JournalLine {
    #[serde(rename = "MESSAGE")]
    message: Option<serde_json::Value>,
    #[serde(rename = "__REALTIME_TIMESTAMP")]
    microseconds: Option<String>,
}

/// Docker cuts lines at 16 kB; a join past this is damage.
const LONGEST_JOIN: usize = 16 << 20;

/// Takes wrappings off, one physical line (without its `\n`) after the other.
#[derive(Debug, Default)]
pub struct Unwrapper {
    docker_part: String,
    in_export: bool,
    export_ms: Option<i64>,
    /// A message in binary form: eight bytes of length (little-endian), then that many bytes.
    binary: Option<Vec<u8>>,
}

impl Unwrapper {
    /// Unwraps one physical line.
    pub fn push<'a>(&mut self, line: &'a [u8]) -> Frame<'a> {
        if self.in_export || line.starts_with(b"__CURSOR=") {
            return self.export_line(line);
        }
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.first() == Some(&b'{') && !line.starts_with(b"{\"L\":") {
            if line.starts_with(b"{\"log\":") {
                return self.docker_line(line);
            }
            if memchr::memmem::find(line, b"\"MESSAGE\":").is_some() {
                return journal_json(line);
            }
        }
        let (text, ms) = strip_prefix(line);
        Frame::Line(Cow::Borrowed(text), Wrapping::Plain, ms)
    }

    /// Whether no log line is begun and not ended.
    pub fn is_between_lines(&self) -> bool {
        self.docker_part.is_empty() && self.binary.is_none()
    }

    fn docker_line<'a>(&mut self, line: &[u8]) -> Frame<'a> {
        let Ok(DockerLine { log, time }) = serde_json::from_slice(line) else {
            return Frame::Broken;
        };
        if self.docker_part.len() + log.len() > LONGEST_JOIN {
            self.docker_part.clear();
            return Frame::Broken;
        }
        self.docker_part.push_str(&log);
        if !self.docker_part.ends_with('\n') {
            return Frame::Partial;
        }
        let whole = std::mem::take(&mut self.docker_part);
        let text = whole.trim_end_matches(['\n', '\r']).as_bytes().to_vec();
        let ms = time.and_then(|t| stamp::unix_ms(t.as_bytes()));
        Frame::Line(Cow::Owned(text), Wrapping::DockerJson, ms)
    }

    fn export_line<'a>(&mut self, line: &'a [u8]) -> Frame<'a> {
        self.in_export = true;
        if let Some(mut binary) = self.binary.take() {
            binary.extend_from_slice(line);
            let wanted = binary.first_chunk().map(|len| u64::from_le_bytes(*len));
            let wanted = wanted.and_then(|len| usize::try_from(len).ok());
            match wanted {
                Some(len) if len > LONGEST_JOIN => return Frame::Broken,
                Some(len) if binary.len() >= 8 + len => {
                    binary.drain(..8);
                    binary.truncate(len);
                    return Frame::Line(Cow::Owned(binary), Wrapping::JournalExport, self.export_ms);
                }
                _ => {
                    binary.push(b'\n');
                    self.binary = Some(binary);
                    return Frame::Partial;
                }
            }
        }
        if let Some(message) = line.strip_prefix(b"MESSAGE=") {
            return Frame::Line(Cow::Borrowed(message), Wrapping::JournalExport, self.export_ms);
        }
        if let Some(time) = line.strip_prefix(b"__REALTIME_TIMESTAMP=") {
            self.export_ms = microseconds(&String::from_utf8_lossy(time));
        } else if line == b"MESSAGE" {
            self.binary = Some(Vec::new());
        }
        Frame::Partial
    }
}

fn microseconds(text: &str) -> Option<i64> {
    text.trim().parse::<i64>().ok().map(|us| us / 1000)
}

fn journal_json<'a>(line: &[u8]) -> Frame<'a> {
    let Ok(JournalLine {
        message: Some(message),
        microseconds: stamp,
    }) = serde_json::from_slice(line)
    else {
        return Frame::Broken;
    };
    let text = match message {
        serde_json::Value::String(text) => text.into_bytes(),
        // journald gives a message that is not UTF-8 as an array of bytes.
        serde_json::Value::Array(bytes) => bytes.iter().filter_map(|b| u8::try_from(b.as_u64()?).ok()).collect(),
        _ => return Frame::Broken,
    };
    let ms = stamp.as_deref().and_then(microseconds);
    Frame::Line(Cow::Owned(text), Wrapping::JournalJson, ms)
}

/// Takes off what `docker logs -t`, `docker compose logs` and journald's `short` formats put before a
/// line, and gives the time (ms since the epoch) docker stamped it with, which is exact.
fn strip_prefix(line: &[u8]) -> (&[u8], Option<i64>) {
    const LONGEST: usize = 160;
    let head = &line[..line.len().min(LONGEST)];
    // A record at the very start has a tab, or eight spaces, behind its stamp.
    let Some(space) = memchr::memchr2(b' ', b'\t', head).filter(|at| head[*at] == b' ') else {
        return (line, None);
    };
    if head[space..].starts_with(stamp::TAB_AS_SPACES) {
        return (line, None);
    }
    if head.get(19) == Some(&b'.') && stamp::stamp_len(head) == Some(space) {
        return (&line[space + 1..], stamp::unix_ms(&line[..space]));
    }
    let is_stamp = stamp::stamp_len(head) == Some(space) || is_month(head);
    if is_stamp && let Some(at) = memchr::memmem::find(head, b"]: ") {
        return (&line[at + 3..], None);
    }
    // `storagenode-1  | ` of compose, in front of docker's own stamp if there is one.
    if head[0].is_ascii_alphanumeric()
        && let Some(bar) = memchr::memmem::find(head, b" | ")
        && head[..bar]
            .trim_ascii_end()
            .iter()
            .all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(b))
    {
        return strip_prefix(&line[bar + 3..]);
    }
    (line, None)
}

/// `Nov 23 21:45:25 host unit[1]: `
fn is_month(head: &[u8]) -> bool {
    const MONTHS: &[u8] = b"Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec ";
    head.get(..4)
        .is_some_and(|month| MONTHS.chunks(4).any(|known| known == month))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_docker_split_is_joined_again() {
        let mut unwrapper = Unwrapper::default();
        assert!(matches!(
            unwrapper.push(br#"{"log":"2026 a","stream":"stdout"}"#),
            Frame::Partial
        ));
        let frame = unwrapper.push(br#"{"log":"b\tc\n","stream":"stdout","time":"2026-08-20T06:00:33.5Z"}"#);
        let Frame::Line(line, Wrapping::DockerJson, ms) = frame else {
            panic!("no line")
        };
        assert_eq!(line.as_ref(), b"2026 ab\tc");
        assert_eq!(ms, Some(1_787_205_633_500));
    }

    #[test]
    fn a_binary_journal_message_is_read_even_when_its_length_is_a_line_feed() {
        let mut unwrapper = Unwrapper::default();
        let mut entry = b"__CURSOR=x\n__REALTIME_TIMESTAMP=5000\nMESSAGE\n".to_vec();
        entry.extend_from_slice(&10u64.to_le_bytes());
        entry.extend_from_slice(b"0123\x0156789\n\n");
        let lines: Vec<Vec<u8>> = entry
            .split(|b| *b == b'\n')
            .filter_map(|line| match unwrapper.push(line) {
                Frame::Line(text, Wrapping::JournalExport, Some(5)) => Some(text.into_owned()),
                _ => None,
            })
            .collect();
        assert_eq!(lines, [b"0123\x0156789"]);
    }

    #[test]
    fn prefixes_are_taken_off_foreign_lines_too() {
        for (line, text, ms) in [
            ("2026-08-20T06:00:33.25Z panic: x", "panic: x", Some(1_787_205_633_250)),
            ("2026-08-20T06:00:33Z\tINFO\tx", "2026-08-20T06:00:33Z\tINFO\tx", None),
            ("Nov 23 21:45:25 vm storagenode[12]: panic: x", "panic: x", None),
            (
                "2026-11-23T21:45:25+00:00 vm storagenode[12]: panic: x",
                "panic: x",
                None,
            ),
            ("storagenode-1  | panic: x", "panic: x", None),
            (
                "node | 2026-08-20T06:00:33.25Z panic: x",
                "panic: x",
                Some(1_787_205_633_250),
            ),
            ("a free text | with a bar", "a free text | with a bar", None),
        ] {
            assert_eq!(strip_prefix(line.as_bytes()), (text.as_bytes(), ms), "{line}");
        }
    }
}
