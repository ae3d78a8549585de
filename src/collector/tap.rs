//! Log lines for viewers who asked for them: read a second time, and only while somebody listens.

use std::collections::HashMap;

use crate::api::message::{Filter, LogLine};
use crate::log::framing::{Frame, Unwrapper};
use crate::log::kind::{Kind, Level};
use crate::log::record::{Line, Parser};
use crate::source::lines;

/// Longest part of a line that goes to a viewer (bytes): stacks are longer, and nobody reads them in a list.
const LONGEST: usize = 4096;

/// Reads one node's new lines for viewers.
#[derive(Debug, Default)]
pub struct Tap {
    parser: Parser,
    /// By part of a file: wrapped lines may be split.
    unwrappers: HashMap<u64, Unwrapper>,
}

impl Tap {
    /// The lines of a block of a node's log, in viewers' form; `now_ms` for those without a time.
    pub fn read(&mut self, node: &str, slot: u64, bytes: &[u8], now_ms: i64, mut each: impl FnMut(LogLine)) {
        let unwrapper = self.unwrappers.entry(slot).or_default();
        for line in lines::of(bytes) {
            if let Frame::Line(text, _, carrier_ms) = unwrapper.push(line) {
                each(log_line(&mut self.parser, node, &text, carrier_ms.unwrap_or(now_ms)));
            }
        }
    }

    /// Parts of files that are no longer read.
    pub fn forget(&mut self, slots: &[u64]) {
        slots.iter().for_each(|slot| {
            self.unwrappers.remove(slot);
        });
    }
}

fn log_line(parser: &mut Parser, node: &str, text: &[u8], ms: i64) -> LogLine {
    let shown = |bytes: &[u8]| String::from_utf8_lossy(&bytes[..bytes.len().min(LONGEST)]).into_owned();
    match parser.parse(text) {
        Line::Record(record) => LogLine {
            node: node.to_owned(),
            time_ms: record.unix_ms.unwrap_or(ms),
            level: record.head.level.word().to_owned(),
            logger: record.head.logger.to_string(),
            message: record.head.message.to_string(),
            rest: shown(record.object),
            understood: record.head.kind != Kind::Unknown,
        },
        other => LogLine {
            node: node.to_owned(),
            time_ms: ms,
            level: String::new(),
            logger: String::new(),
            message: String::new(),
            rest: shown(text),
            // A line of a stack is known for what it is.
            understood: matches!(other, Line::Trace),
        },
    }
}

/// Whether a viewer wants the line.
pub fn fits(filter: &Filter, line: &LogLine) -> bool {
    let level = |word: &str| Level::of(word.as_bytes());
    let grave = match filter.level.as_deref().and_then(level) {
        // What is no record is shown with the graver ones only when nothing else was asked for.
        Some(least) => level(&line.level).is_some_and(|level| level >= least),
        None => true,
    };
    let has = |text: &String| line.message.contains(text) || line.rest.contains(text) || line.logger.contains(text);
    grave
        && (filter.nodes.is_empty() || filter.nodes.contains(&line.node))
        && filter
            .logger
            .as_ref()
            .is_none_or(|logger| line.logger.starts_with(logger))
        && filter.text.as_ref().is_none_or(has)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_in_any_wrapping_and_filtered() {
        let text = b"2026-08-20T06:00:33Z\tERROR\tpiecestore\tdownload failed\t{\"error\": \"no disk\"}\n\
            2026-08-20T06:00:34Z\tINFO\tpiecestore\tuploaded\t{\"size\": 1}\n\
            goroutine 1 [running]:\n";
        let mut found = Vec::new();
        Tap::default().read("n", 1, text, 5, |line| found.push(line));
        let [failed, uploaded, trace] = found.as_slice() else {
            panic!("{found:?}");
        };
        assert_eq!((failed.level.as_str(), failed.logger.as_str()), ("ERROR", "piecestore"));
        assert_eq!(
            (failed.message.as_str(), failed.rest.as_str()),
            ("download failed", "{\"error\": \"no disk\"}")
        );
        assert_eq!((failed.time_ms, trace.time_ms), (1_787_205_633_000, 5));
        let all = Filter::default();
        assert!(found.iter().all(|line| fits(&all, line)));
        let errors = Filter {
            level: Some("WARN".to_owned()),
            ..Filter::default()
        };
        assert_eq!(
            [failed, uploaded, trace].map(|line| fits(&errors, line)),
            [true, false, false]
        );
        let disk = Filter {
            text: Some("no disk".to_owned()),
            logger: Some("piece".to_owned()),
            nodes: vec!["n".to_owned()],
            level: None,
        };
        assert!(fits(&disk, failed) && !fits(&disk, uploaded));
    }
}
