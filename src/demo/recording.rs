//! The recording that comes with the program: of each node its log and the answers of its API.
//! `tests/make_demo.rs` makes the files and says from what.

use std::collections::HashMap;
use std::io;
use std::ops::Range;

use serde::Deserialize;

use super::answers::{Answer, Answers};
use super::times;

/// Name, log, answers; compressed.
const FILES: [(&str, &[u8], &[u8]); 2] = [
    (
        "home",
        include_bytes!("../../assets/demo/home.log.zst"),
        include_bytes!("../../assets/demo/home.api.zst"),
    ),
    (
        "attic",
        include_bytes!("../../assets/demo/attic.log.zst"),
        include_bytes!("../../assets/demo/attic.api.zst"),
    ),
];

/// Nodes that were recorded side by side.
#[derive(Debug)]
pub struct Recording {
    /// The nodes.
    pub nodes: Vec<Recorded>,
    /// Recorded ms since the epoch: the first line's time.
    pub begin_ms: i64,
    /// Recorded ms since the epoch: just behind the last line's time.
    pub end_ms: i64,
}

/// One recorded node.
#[derive(Debug)]
pub struct Recorded {
    /// What the demo calls it.
    pub name: String,
    /// The log, times as recorded.
    pub text: String,
    /// Its records, by time.
    pub lines: Vec<Line>,
    pub(super) answers: Answers,
}

/// A record of a log, with the lines behind it that bear no time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Recorded ms since the epoch.
    pub unix_ms: i64,
    /// Place in the log's text, line ends included.
    pub place: Range<usize>,
}

/// One line of the recorded answers.
#[derive(Deserialize)]
struct Row<'a> {
    t: &'a str,
    path: String,
    status: u16,
    #[serde(rename = "type")]
    kind: Option<String>,
    body: Option<serde_json::Value>,
    text: Option<String>,
}

impl Recording {
    /// Reads the recording in the program. Fails only if the program was built with a damaged one.
    pub fn embedded() -> io::Result<Self> {
        let nodes = FILES.iter().map(|(name, log, answers)| {
            let (log, answers) = (zstd::decode_all(*log)?, zstd::decode_all(*answers)?);
            Recorded::read(name, text(log)?, &text(answers)?)
        });
        Self::of(nodes.collect::<io::Result<_>>()?)
    }

    /// A recording of these nodes.
    pub fn of(nodes: Vec<Recorded>) -> io::Result<Self> {
        let times = || nodes.iter().flat_map(|node| &node.lines).map(|line| line.unix_ms);
        let (Some(begin_ms), Some(last)) = (times().min(), times().max()) else {
            return Err(damaged("no line has a time"));
        };
        Ok(Self {
            nodes,
            begin_ms,
            end_ms: last + 1000,
        })
    }
}

impl Recorded {
    /// A node's log, and its answers: one JSON object a line,
    /// `{t, path, status, type, body | text}`, by time; status 0 is no answer.
    pub fn read(name: &str, log: String, answers: &str) -> io::Result<Self> {
        Ok(Self {
            name: name.to_owned(),
            lines: lines(&log),
            text: log,
            answers: read_answers(answers).map_err(|e| damaged(&format!("{name}: {e}")))?,
        })
    }
}

fn lines(log: &str) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    let mut at = 0;
    for line in log.split_inclusive('\n') {
        let place = at..at + line.len();
        at = place.end;
        // Behind a prefix or in the "T" of a JSON record: it is the first time on the line.
        let stamp = times::find(line, 0).filter(|found| found.start < 64);
        let unix_ms = stamp.and_then(|found| times::unix_ms(&line[found]));
        match (unix_ms, lines.last_mut()) {
            (Some(unix_ms), _) => lines.push(Line { unix_ms, place }),
            (None, Some(last)) => last.place.end = place.end,
            (None, None) => {}
        }
    }
    lines
}

fn read_answers(text: &str) -> serde_json::Result<Answers> {
    let mut answers: HashMap<String, Vec<Answer>> = HashMap::new();
    for line in text.lines() {
        let row: Row = serde_json::from_str(line)?;
        answers.entry(row.path).or_default().push(Answer {
            unix_ms: times::unix_ms(row.t).unwrap_or_default(),
            status: row.status,
            kind: row.kind.unwrap_or_else(|| "application/json".to_owned()),
            text: row.body.map(|body| body.to_string()).or(row.text).unwrap_or_default(),
        });
    }
    Ok(Answers::new(answers))
}

fn text(bytes: Vec<u8>) -> io::Result<String> {
    String::from_utf8(bytes).map_err(|e| damaged(&e.to_string()))
}

fn damaged(what: &str) -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        format!("the recorded nodes in this program are damaged ({what}); install it again"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_without_a_time_go_with_the_line_before() {
        let log =
            "cut off\n2026-11-23T21:24:56Z\tINFO\ta\n\tmain.go:1\n{\"L\":\"INFO\",\"T\":\"2026-11-23T21:24:57.5Z\"}\n";
        let found: Vec<(i64, &str)> = lines(log)
            .iter()
            .map(|l| (l.unix_ms % 10_000, &log[l.place.clone()]))
            .collect();
        let first = "2026-11-23T21:24:56Z\tINFO\ta\n\tmain.go:1\n";
        assert_eq!(found, [(6000, first), (7500, &log[8 + first.len()..])]);
    }

    #[test]
    fn a_damaged_recording_is_reported() {
        let error = Recorded::read("n", String::new(), "{\"t\":").unwrap_err().to_string();
        assert!(error.contains("install it again"), "{error}");
        assert!(Recording::of(Vec::new()).is_err());
    }
}
