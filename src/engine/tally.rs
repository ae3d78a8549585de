//! Counts lines and transfers of one file, and of several together.

use std::collections::BTreeMap;

use crate::domain::transfer::{Outcome, Transfer};
use crate::log::event;
use crate::log::framing::{Frame, Unwrapper, Wrapping};
use crate::log::record::{self, Encoding, Line, Record};

/// Transfers by satellite, action and outcome: count and bytes.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Traffic(BTreeMap<String, BTreeMap<String, BTreeMap<Outcome, Cell>>>);

/// Transfers of one kind.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Cell {
    /// Number of transfers.
    pub count: u64,
    /// Their bytes.
    pub bytes: u64,
}

impl Traffic {
    fn add(&mut self, transfer: &Transfer<'_>) {
        let cell = self.cell(transfer.satellite_id, transfer.action, transfer.outcome);
        cell.count += 1;
        cell.bytes = cell.bytes.saturating_add(transfer.bytes);
    }

    fn cell(&mut self, satellite_id: &str, action: &str, outcome: Outcome) -> &mut Cell {
        let actions = by_name(&mut self.0, satellite_id);
        by_name(actions, action).entry(outcome).or_default()
    }

    /// Adds another file's transfers.
    pub fn merge(&mut self, other: &Self) {
        for (satellite_id, action, outcome, cell) in other.rows() {
            let mine = self.cell(satellite_id, action, outcome);
            mine.count += cell.count;
            mine.bytes = mine.bytes.saturating_add(cell.bytes);
        }
    }

    /// All rows `(satellite_id, action, outcome, cell)`, sorted.
    pub fn rows(&self) -> impl Iterator<Item = (&str, &str, Outcome, Cell)> {
        self.0.iter().flat_map(|(satellite_id, actions)| {
            actions.iter().flat_map(move |(action, outcomes)| {
                outcomes
                    .iter()
                    .map(move |(outcome, cell)| (satellite_id.as_str(), action.as_str(), *outcome, *cell))
            })
        })
    }
}

fn by_name<'m, T: Default>(map: &'m mut BTreeMap<String, T>, name: &str) -> &'m mut T {
    map.entry(name.to_owned()).or_default()
}

/// What one file held. `lines` = `understood` + `unknown` + `malformed`.
#[derive(Debug, Default)]
pub struct FileTally {
    /// Log lines, wrappings taken off.
    pub lines: u64,
    /// Records of a known message, and lines of traces.
    pub understood: u64,
    /// Records of an unknown message, and foreign lines.
    pub unknown: u64,
    /// Lines that begin as a record but are damaged.
    pub malformed: u64,
    /// Bytes read, inflated.
    pub bytes: u64,
    /// Milliseconds since the epoch of the earliest record.
    pub first_ms: Option<i64>,
    /// Milliseconds since the epoch of the latest record.
    pub last_ms: Option<i64>,
    /// The transfers.
    pub traffic: Traffic,
    /// Whether a record at DEBUG was seen: only then are failed uploads complete.
    pub saw_debug: bool,
    dialect: Option<(Wrapping, Encoding)>,
    unwrapper: Unwrapper,
}

impl FileTally {
    /// Counts one physical line without its `\n`. `bytes` is for the caller to add.
    pub fn push(&mut self, line: &[u8]) {
        let (text, wrapping) = match self.unwrapper.push(line) {
            Frame::Partial => return,
            Frame::Broken => {
                self.lines += 1;
                self.malformed += 1;
                return;
            }
            Frame::Line(text, wrapping) => (text, wrapping),
        };
        self.lines += 1;
        match record::parse(&text) {
            Line::Record(record) => self.record(&record, wrapping),
            Line::Trace => self.understood += 1,
            Line::Foreign => self.unknown += 1,
            Line::Malformed => self.malformed += 1,
        }
    }

    fn record(&mut self, record: &Record<'_>, wrapping: Wrapping) {
        self.dialect.get_or_insert((wrapping, record.encoding));
        self.saw_debug |= record.level == "DEBUG";
        if let Some(ms) = record.unix_ms {
            self.first_ms = Some(self.first_ms.map_or(ms, |first| first.min(ms)));
            self.last_ms = Some(self.last_ms.map_or(ms, |last| last.max(ms)));
        }
        if event::is_known(record) {
            self.understood += 1;
        } else {
            self.unknown += 1;
        }
        if let Some(transfer) = event::transfer(record) {
            self.traffic.add(&transfer);
        }
    }

    /// `console`, `json`, or either behind the name of a wrapping; `None` without any record.
    pub fn dialect(&self) -> Option<String> {
        let (wrapping, encoding) = self.dialect?;
        let encoding = match encoding {
            Encoding::Console => "console",
            Encoding::Json => "json",
        };
        Some(match wrapping {
            Wrapping::Plain => encoding.to_owned(),
            other => format!("{}, {encoding}", other.name()),
        })
    }
}
