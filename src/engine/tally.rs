//! Counts lines and transfers of one file, and of several together: what `count` shows.

use std::collections::{BTreeMap, HashMap};

use crate::domain::batch::Cell;
use crate::domain::transfer::{Outcome, Transfer};
use crate::log::event;
use crate::log::framing::{Frame, Unwrapper, Wrapping};
use crate::log::kind::Level;
use crate::log::record::{Encoding, Line, Parser, Record};
use crate::support::names::Names;

/// Satellites and actions are a handful; damage must not make them many.
const MOST_NAMES: usize = 1000;

/// Transfers by satellite, action and outcome.
pub type Traffic = BTreeMap<(String, String, Outcome), Cell>;

/// Adds the counts of `more` to `sum`.
pub fn add_traffic(sum: &mut Traffic, more: &Traffic) {
    for (key, cell) in more {
        sum.entry(key.clone()).or_default().add(*cell);
    }
}

/// Lines by what became of them. `lines` = `understood` + `unknown` + `malformed`.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Lines {
    /// Log lines, wrappings taken off.
    pub lines: u64,
    /// Records of a known message, and lines of traces.
    pub understood: u64,
    /// Records of an unknown message, and foreign lines.
    pub unknown: u64,
    /// Lines that begin as a record but are damaged.
    pub malformed: u64,
    /// Milliseconds since the epoch of the earliest record.
    pub first_ms: Option<i64>,
    /// Milliseconds since the epoch of the latest record.
    pub last_ms: Option<i64>,
    /// Whether a record at DEBUG was seen: only then are failed uploads complete.
    pub saw_debug: bool,
    dialect: Option<(Wrapping, Encoding)>,
}

impl Lines {
    /// Counts one line as what it turned out to be.
    pub fn add(&mut self, line: &Line<'_>, wrapping: Wrapping) {
        self.lines += 1;
        match line {
            Line::Record(record) => self.record(record, wrapping),
            Line::Trace => self.understood += 1,
            Line::Foreign => self.unknown += 1,
            Line::Malformed => self.malformed += 1,
        }
    }

    /// Counts a damaged wrapping.
    pub fn broken(&mut self) {
        self.lines += 1;
        self.malformed += 1;
    }

    fn record(&mut self, record: &Record<'_>, wrapping: Wrapping) {
        if record.head.kind.is_understood() {
            self.understood += 1;
        } else {
            self.unknown += 1;
        }
        self.dialect.get_or_insert((wrapping, record.head.encoding));
        self.saw_debug |= record.head.level == Level::Debug;
        if let Some(ms) = record.unix_ms {
            self.first_ms = Some(self.first_ms.map_or(ms, |first| first.min(ms)));
            self.last_ms = Some(self.last_ms.map_or(ms, |last| last.max(ms)));
        }
    }

    /// Adds the lines of a later part.
    pub fn merge(&mut self, later: &Self) {
        self.lines += later.lines;
        self.understood += later.understood;
        self.unknown += later.unknown;
        self.malformed += later.malformed;
        self.first_ms = [self.first_ms, later.first_ms].into_iter().flatten().min();
        self.last_ms = self.last_ms.max(later.last_ms);
        self.saw_debug |= later.saw_debug;
        self.dialect = self.dialect.or(later.dialect);
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

/// One pass over a log, or a part of one.
#[derive(Debug)]
pub struct Tally {
    /// What the lines were.
    pub lines: Lines,
    parser: Parser,
    unwrapper: Unwrapper,
    satellites: Names,
    actions: Names,
    cells: HashMap<(u32, u32, Outcome), Cell, foldhash::fast::FixedState>,
}

impl Default for Tally {
    fn default() -> Self {
        Self {
            lines: Lines::default(),
            parser: Parser::default(),
            unwrapper: Unwrapper::default(),
            satellites: Names::new(MOST_NAMES),
            actions: Names::new(MOST_NAMES),
            cells: HashMap::default(),
        }
    }
}

impl Tally {
    /// Counts one physical line without its `\n`.
    pub fn push(&mut self, line: &[u8]) {
        let (text, wrapping) = match self.unwrapper.push(line) {
            Frame::Partial => return,
            Frame::Broken => return self.lines.broken(),
            Frame::Line(text, wrapping, _) => (text, wrapping),
        };
        let line = self.parser.parse(&text);
        self.lines.add(&line, wrapping);
        if let Line::Record(record) = &line
            && let Some(transfer) = event::transfer(record)
        {
            let key = cell_key(&mut self.satellites, &mut self.actions, &transfer);
            self.cells.entry(key).or_default().add(Cell {
                count: 1,
                bytes: transfer.bytes(),
            });
        }
    }

    /// The transfers so far.
    pub fn traffic(&self) -> Traffic {
        let named = |(key, cell): (&(u32, u32, Outcome), &Cell)| {
            let (satellite, action) = (self.satellites.name(key.0), self.actions.name(key.1));
            ((satellite.to_owned(), action.to_owned(), key.2), *cell)
        };
        self.cells.iter().map(named).collect()
    }
}

fn cell_key(satellites: &mut Names, actions: &mut Names, transfer: &Transfer<'_>) -> (u32, u32, Outcome) {
    (
        satellites.id(transfer.satellite_id),
        actions.id(transfer.action),
        transfer.outcome,
    )
}
