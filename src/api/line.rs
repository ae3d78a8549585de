//! Log lines on the wire: which are wanted, one of them, those around a moment, and what one means.

use serde::{Deserialize, Serialize};

use crate::domain::gravity::Gravity;
use crate::domain::transfer::Outcome;

/// Which log lines. All that is said has to fit.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Filter {
    /// Of which nodes; empty means all.
    pub nodes: Vec<String>,
    /// Only of this level or a graver one: `DEBUG`, `INFO`, `WARN`, `ERROR`, `FATAL`.
    pub level: Option<String>,
    /// Only of loggers that begin so.
    pub logger: Option<String>,
    /// Only lines that name this satellite, by its whole id.
    pub satellite: Option<String>,
    /// Only of this action: `PUT`, `GET_AUDIT`, …
    pub action: Option<String>,
    /// Only lines that name this piece; the begin of its id will do.
    pub piece: Option<String>,
    /// Only lines that hold this text. Without a capital letter any case fits.
    pub text: Option<String>,
    /// Only lines this regular expression fits; the same rule of capitals.
    pub regex: Option<String>,
}

/// Where a line stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The file.
    pub path: String,
    /// Bytes before it in the file, inflated.
    pub offset: u64,
}

/// A line of a node's log. All of it is foreign text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogLine {
    /// The node's name.
    pub node: String,
    /// When it was written, ms since the epoch; when it was read, if it does not say.
    pub time_ms: i64,
    /// Its level; empty for a line that is no record.
    pub level: String,
    /// Its logger.
    pub logger: String,
    /// Its message.
    pub message: String,
    /// What else it says, as it stands in the log: a JSON object, or the whole line. What is long is cut,
    /// see [`members`].
    pub rest: String,
    /// Whether the program knows what the message means.
    pub understood: bool,
    /// How much it weighs.
    #[serde(default)]
    pub gravity: Gravity,
    /// Where it stands, if that is known.
    #[serde(default)]
    pub place: Option<Place>,
}

/// Lines around a moment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Past {
    /// In the order of time; those of one node in the order they stand in.
    pub lines: Vec<LogLine>,
    /// So many of them stand before the moment.
    pub before: usize,
    /// All files were looked through from this time on (ms since the epoch), going back; `None`: there is
    /// nothing older.
    pub from_ms: Option<i64>,
    /// All files were looked through up to this time; `None`: there is nothing newer.
    pub to_ms: Option<i64>,
    /// Where the oldest file of each log begins.
    pub starts: Vec<Start>,
    /// What could not be looked through and why: one line each.
    pub notes: Vec<String>,
}

/// Where a node's log begins that is still there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Start {
    /// The node's name.
    pub node: String,
    /// Its oldest file.
    pub path: String,
    /// Time of the first line in it, ms since the epoch.
    pub time_ms: i64,
}

/// What a line means, and what is known around it. What is not known is `None`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Explained {
    /// How much it weighs.
    pub gravity: Gravity,
    /// What it means; what its error means.
    pub means: Vec<String>,
    /// What to do; empty: nothing.
    pub act: Vec<String>,
    /// The transfer it was counted as: how it ended, and why (a word, perhaps none).
    pub counted: Option<(Outcome, String)>,
    /// Its error, what varies taken out, and how often that came.
    pub error: Option<Seen>,
    /// Its message, what varies taken out, and how often that came, by the hour.
    pub shape: Option<Seen>,
    /// Its piece.
    pub piece: Option<PieceStory>,
    /// Failed audits of its satellite in a row, until this line.
    pub streak: Option<u64>,
    /// The whole line, if it is still there; a very long one is cut.
    pub raw: Option<String>,
}

/// How often something came.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// What varies taken out.
    pub text: String,
    /// In the 24 hours up to the line and the hour it is in.
    pub day: u64,
    /// Ever, as far as was kept.
    pub count: u64,
    /// The first time, ms since the epoch.
    pub first_ms: i64,
    /// The last time.
    pub last_ms: i64,
}

/// What the transfers that were kept tell of a piece.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PieceStory {
    /// When it was stored, ms since the epoch; `None`: not since transfers are kept.
    pub uploaded_ms: Option<i64>,
    /// Reads that went well.
    pub reads: u64,
    /// The last of them.
    pub last_read_ms: Option<i64>,
    /// Reads that failed.
    pub failed: u64,
    /// Transfers of the node are kept since then; `None`: none is.
    pub kept_from_ms: Option<i64>,
}

/// A member of a line's object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Its name as it stands in the log.
    pub name: String,
    /// Its value: a text without its quotes, anything else as it stands.
    pub value: String,
}

/// The members of a line's object in their order, as far as it is whole, and whether all of it was read.
/// Names come as often as they stand there. Columns of the JSON encoding (`L`, `T`, `N`, `M`) are left out.
pub fn members(rest: &str) -> (Vec<Member>, bool) {
    let mut found = Vec::new();
    let Some(mut at) = rest.strip_prefix('{').map(str::trim_start) else {
        return (found, rest.is_empty());
    };
    loop {
        if let Some(end) = at.strip_prefix('}') {
            return (found, end.trim().is_empty());
        }
        let Some((name, value, behind)) = member(at) else {
            return (found, false);
        };
        if !matches!(name.as_str(), "L" | "T" | "N" | "M") {
            found.push(Member { name, value });
        }
        at = behind;
    }
}

/// The next member, and what stands behind it and its comma.
fn member(text: &str) -> Option<(String, String, &str)> {
    let (name, behind) = quoted(text)?;
    let value = behind.trim_start().strip_prefix(':')?.trim_start();
    let (value, behind) = match value.starts_with('"') {
        true => quoted(value)?,
        false => {
            let end = plain_end(value)?;
            (value[..end].trim_end().to_owned(), &value[end..])
        }
    };
    let behind = behind.trim_start();
    let behind = behind.strip_prefix(',').map_or(behind, str::trim_start);
    Some((name, value, behind))
}

/// A text in quotes, its escapes decoded.
fn quoted(text: &str) -> Option<(String, &str)> {
    let inner = text.strip_prefix('"')?;
    let mut escaped = false;
    let end = inner.bytes().position(|byte| {
        let ends = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    })?;
    let (raw, behind) = (&inner[..end], &inner[end + 1..]);
    let decoded = match raw.contains('\\') {
        true => serde_json::from_str(&text[..end + 2]).unwrap_or_else(|_| raw.to_owned()),
        false => raw.to_owned(),
    };
    Some((decoded, behind))
}

/// Where a number, word, list or object ends; `None`: it is cut.
fn plain_end(text: &str) -> Option<usize> {
    let (mut depth, mut in_text, mut escaped) = (0_u32, false, false);
    text.bytes().position(|byte| {
        if in_text {
            in_text = byte != b'"' || escaped;
            escaped = byte == b'\\' && !escaped;
            return false;
        }
        match byte {
            b'"' => in_text = true,
            b'{' | b'[' => depth += 1,
            b'}' | b']' if depth > 0 => depth -= 1,
            b',' | b'}' | b']' => return depth == 0,
            _ => {}
        }
        false
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(rest: &str) -> (Vec<(String, String)>, bool) {
        let (members, whole) = members(rest);
        (members.into_iter().map(|m| (m.name, m.value)).collect(), whole)
    }

    #[test]
    fn members_are_read_in_their_order_as_far_as_they_are_whole() {
        let rest = r#"{"process": "a", "Size": 3, "stats": {"a": [1, "}"]}, "process": "b\"\n", "ok": true}"#;
        let (found, whole) = pairs(rest);
        let wanted = [
            ("process", "a"),
            ("Size", "3"),
            ("stats", r#"{"a": [1, "}"]}"#),
            ("process", "b\"\n"),
            ("ok", "true"),
        ];
        assert_eq!(found, wanted.map(|(n, v)| (n.to_owned(), v.to_owned())));
        assert!(whole);
        // Cut anywhere: what is whole stays as it is, and nothing is made up.
        for len in (0..rest.len()).filter(|len| rest.is_char_boundary(*len)) {
            let (part, whole) = pairs(&rest[..len]);
            assert!(found.starts_with(&part), "{len}: {part:?}");
            assert!(!whole || len == 0, "{len}");
        }
        let json = r#"{"L":"INFO","T":"2026-08-20T06:00:33Z","N":"piecestore","M":"uploaded","size":5}"#;
        assert_eq!(pairs(json).0, [("size".to_owned(), "5".to_owned())]);
        for garbage in [
            "goroutine 1 [running]:",
            "{",
            "{\"",
            "{]",
            "{\"a\":",
            "{\"a\" 1}",
            "{,}",
        ] {
            assert_eq!(pairs(garbage), (Vec::new(), false), "{garbage}");
        }
    }

    #[test]
    fn what_an_older_viewer_says_of_lines_is_still_understood() {
        let old = r#"{"nodes":["n"],"level":null,"logger":null,"text":"x"}"#;
        let filter: Filter = serde_json::from_str(old).unwrap();
        assert_eq!((filter.text.as_deref(), filter.regex), (Some("x"), None));
        let old = r#"{"node":"n","time_ms":1,"level":"INFO","logger":"","message":"m","rest":"","understood":true}"#;
        let line: LogLine = serde_json::from_str(old).unwrap();
        assert_eq!((line.gravity, line.place), (Gravity::Plain, None));
    }
}
