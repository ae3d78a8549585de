//! Physical lines to log lines: takes off what docker and journald put around them.
//! Stateful, because docker splits long lines and `journalctl -o export` spreads one over many.

use std::borrow::Cow;

use serde::Deserialize;

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
    /// A whole log line.
    Line(Cow<'a, str>, Wrapping),
    /// Part of a frame: nothing to count yet.
    Partial,
    /// It looked like a wrapping but is damaged.
    Broken,
}

#[derive(Deserialize)]
struct DockerLine {
    log: String,
}

#[derive(Deserialize)]
struct JournalLine {
    #[serde(rename = "MESSAGE")]
    message: Option<serde_json::Value>,
}

/// Takes wrappings off, one physical line (without its line end) after the other.
#[derive(Debug, Default)]
pub struct Unwrapper {
    docker_part: String,
    in_export: bool,
    binary_message: bool,
}

impl Unwrapper {
    /// Unwraps one physical line.
    pub fn push<'a>(&mut self, line: &'a [u8]) -> Frame<'a> {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.starts_with(b"__CURSOR=") {
            self.in_export = true;
            return Frame::Partial;
        }
        if self.in_export {
            return self.export_line(line);
        }
        if line.starts_with(b"{\"log\":") {
            return self.docker_line(line);
        }
        if line.starts_with(b"{")
            && !line.starts_with(b"{\"L\":")
            && memchr::memmem::find(line, b"\"MESSAGE\":").is_some()
        {
            return journal_json(line);
        }
        Frame::Line(String::from_utf8_lossy(line), Wrapping::Plain)
    }

    fn docker_line<'a>(&mut self, line: &[u8]) -> Frame<'a> {
        let Ok(DockerLine { log }) = serde_json::from_slice(line) else {
            return Frame::Broken;
        };
        self.docker_part.push_str(&log);
        if !self.docker_part.ends_with('\n') {
            return Frame::Partial;
        }
        let whole = std::mem::take(&mut self.docker_part);
        Frame::Line(
            Cow::Owned(whole.trim_end_matches(['\n', '\r']).to_owned()),
            Wrapping::DockerJson,
        )
    }

    fn export_line<'a>(&mut self, line: &'a [u8]) -> Frame<'a> {
        if self.binary_message {
            // Eight bytes of length come first; none of them is part of the text.
            self.binary_message = false;
            let text = line.get(8..).unwrap_or_default();
            return Frame::Line(String::from_utf8_lossy(text), Wrapping::JournalExport);
        }
        if let Some(message) = line.strip_prefix(b"MESSAGE=") {
            return Frame::Line(String::from_utf8_lossy(message), Wrapping::JournalExport);
        }
        self.binary_message = line == b"MESSAGE";
        Frame::Partial
    }
}

fn journal_json<'a>(line: &[u8]) -> Frame<'a> {
    let Ok(JournalLine { message: Some(message) }) = serde_json::from_slice(line) else {
        return Frame::Broken;
    };
    match message {
        serde_json::Value::String(text) => Frame::Line(Cow::Owned(text), Wrapping::JournalJson),
        // journald gives a message that is not UTF-8 as an array of bytes.
        serde_json::Value::Array(bytes) => {
            let bytes: Vec<u8> = bytes.iter().filter_map(|b| u8::try_from(b.as_u64()?).ok()).collect();
            Frame::Line(
                Cow::Owned(String::from_utf8_lossy(&bytes).into_owned()),
                Wrapping::JournalJson,
            )
        }
        _ => Frame::Broken,
    }
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
        let Frame::Line(line, Wrapping::DockerJson) = unwrapper.push(br#"{"log":"b\tc\n","stream":"stdout"}"#) else {
            panic!("no line")
        };
        assert_eq!(line, "2026 ab\tc");
    }
}
