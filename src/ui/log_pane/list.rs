//! The list of lines as a table: columns by their weight, routine folded, a mark for what weighs.

use std::collections::HashMap;
use std::sync::Arc;

use super::super::look::{Glyphs, Tone};
use super::super::number;
use super::super::shared::Shared;
use super::super::table::{Cell, Column, Row, RowKey, Table};
use super::parts::{Parts, key, time};
use super::want::Want;
use crate::api::line::LogLine;
use crate::domain::gravity::Gravity;

/// Equal lines of routine in a row become one from so many on.
const FOLDS: usize = 2;

/// The list and the line behind each of its rows.
#[derive(Debug)]
pub(super) struct List {
    pub(super) table: Table,
    lines: HashMap<RowKey, Arc<LogLine>>,
}

impl Default for List {
    fn default() -> Self {
        Self {
            table: Table::new(Vec::new(), Vec::new()),
            lines: HashMap::new(),
        }
    }
}

impl List {
    /// The line of a row; none where lines are folded.
    pub(super) fn line(&self, key: &RowKey) -> Option<&Arc<LogLine>> {
        self.lines.get(key)
    }

    /// The place of the first row that is not older than a moment.
    pub(super) fn first_from(&self, at_ms: i64) -> Option<RowKey> {
        let rows = self.table.rows().iter();
        let mut rows = rows.filter(|row| self.line(&row.key).is_some_and(|line| line.time_ms >= at_ms));
        rows.next().or(self.table.rows().last()).map(|row| row.key.clone())
    }
}

/// Whether a line is one of those `n` goes to.
pub(super) fn is_grave(line: &LogLine) -> bool {
    line.gravity == Gravity::Grave || matches!(line.level.as_str(), "ERROR" | "DPANIC" | "PANIC" | "FATAL")
}

/// The mark and the tone of a line's level.
pub(super) fn mark(line: &LogLine, glyphs: &Glyphs) -> Option<(&'static str, Tone)> {
    match line.level.as_str() {
        _ if line.gravity == Gravity::Grave => Some((glyphs.critical, Tone::Bad)),
        "ERROR" | "DPANIC" | "PANIC" | "FATAL" => Some((glyphs.critical, Tone::Bad)),
        "WARN" => Some((glyphs.warning, Tone::Warn)),
        _ if line.gravity == Gravity::Look => Some((glyphs.warning, Tone::Warn)),
        _ if !line.understood => Some((glyphs.unknown, Tone::Muted)),
        _ => None,
    }
}

/// The list of these lines, in this order.
pub(super) fn of(lines: &[Arc<LogLine>], (want, width): (&Want, u16), shared: &Shared, empty: String) -> List {
    let mut maker = Maker {
        shared,
        list: HashMap::new(),
        rows: Vec::new(),
    };
    let mut routine: Vec<&Arc<LogLine>> = Vec::new();
    for line in lines.iter().filter(|line| !want.hides(&line.logger, &line.message)) {
        if want.folds() && line.gravity == Gravity::Routine {
            routine.push(line);
            continue;
        }
        maker.folded(&mut routine);
        maker.row(line);
    }
    maker.folded(&mut routine);
    let many = shared.nodes().len() > 1 && shared.node.is_none();
    List {
        table: Table::new(columns(many, width), maker.rows).empty(empty).one_line(),
        lines: maker.list,
    }
}

/// Columns a message may take of a list so wide.
pub(super) fn message_width(width: u16) -> u16 {
    match width {
        0..110 => 24,
        110..150 => 30,
        _ => 44,
    }
}

fn columns(many_nodes: bool, width: u16) -> Vec<Column> {
    let node = Column::text("node", "NODE").bounds(4, 12);
    let node = if many_nodes { node } else { node.hidden() };
    vec![
        Column::text("time", "TIME").bounds(8, 18),
        node,
        Column::text("level", "LEVEL").bounds(5, 6).priority(6),
        Column::text("what", "WHAT").bounds(12, message_width(width)),
        Column::text("sat", "SAT").bounds(3, 8).priority(3),
        Column::text("action", "ACTION").bounds(6, 10).priority(2),
        Column::number("size", "SIZE").priority(4),
        Column::text("more", "MORE").flexible(13).priority(1),
        Column::text("piece", "PIECE").bounds(9, 9).priority(8),
        Column::text("from", "FROM").bounds(9, 24).priority(9),
        Column::text("logger", "LOGGER").bounds(6, 24).priority(7).hidden(),
    ]
}

struct Maker<'a> {
    shared: &'a Shared,
    list: HashMap<RowKey, Arc<LogLine>>,
    rows: Vec<Row>,
}

impl Maker<'_> {
    fn row(&mut self, line: &Arc<LogLine>) {
        let glyphs = self.shared.theme.glyphs;
        let parts = Parts::of(line);
        let mark = mark(line, &glyphs);
        let tone = match mark {
            Some((_, tone @ (Tone::Bad | Tone::Warn))) => tone,
            _ if line.gravity == Gravity::Routine || line.level == "DEBUG" => Tone::Muted,
            _ => Tone::Text,
        };
        let quiet = if tone == Tone::Text { Tone::Muted } else { tone };
        let shared = self.shared;
        let satellite = match parts.satellite.as_str() {
            "" => String::new(),
            id => shared.satellite_name(id),
        };
        let size = parts.size.map_or(Cell::empty(), |bytes| {
            Cell::number(number::size(bytes), bytes as f64).tone(tone)
        });
        let what = match line.level.is_empty() {
            true if line.understood => "(stack)".to_owned(),
            true => "(no record)".to_owned(),
            false => line.message.clone(),
        };
        let text = |text: String, tone: Tone| Cell::text(text).tone(tone);
        let cells = vec![
            Cell::number(time(line.time_ms, shared.now_ms, &shared.zone), line.time_ms as f64).tone(quiet),
            text(line.node.clone(), tone),
            text(line.level.clone(), tone),
            text(what, tone),
            text(satellite, tone).of(&parts.satellite),
            text(parts.action, tone),
            size,
            text(parts.more, tone),
            text(parts.piece, quiet),
            text(parts.from, quiet),
            text(line.logger.clone(), quiet),
        ];
        let key = RowKey::from(key(line));
        // The same line twice would be two rows of one key.
        if self.list.insert(key.clone(), Arc::clone(line)).is_some() {
            return;
        }
        let row = Row::new(key, cells);
        self.rows.push(match mark {
            Some((glyph, tone)) => row.mark(glyph, tone),
            None => row,
        });
    }

    /// One row for what was folded.
    fn folded(&mut self, lines: &mut Vec<&Arc<LogLine>>) {
        let folded = std::mem::take(lines);
        let Some(last) = folded.last().filter(|_| folded.len() >= FOLDS) else {
            folded.into_iter().for_each(|line| self.row(line));
            return;
        };
        let glyphs = self.shared.theme.glyphs;
        let mut kinds: Vec<(&str, usize)> = Vec::new();
        for line in &folded {
            match kinds.iter_mut().find(|(message, _)| *message == line.message) {
                Some((_, count)) => *count += 1,
                None => kinds.push((&line.message, 1)),
            }
        }
        kinds.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        let kinds: Vec<String> = kinds
            .iter()
            .map(|(message, count)| format!("{count} {message}"))
            .collect();
        let mut cells = vec![Cell::empty(); 11];
        let when = time(last.time_ms, self.shared.now_ms, &self.shared.zone);
        cells[0] = Cell::number(when, last.time_ms as f64).tone(Tone::Muted);
        let what = format!("{} {} folded", glyphs.more, number::count(folded.len() as u64));
        cells[3] = Cell::text(what).tone(Tone::Muted);
        cells[7] = Cell::text(kinds.join(", ")).tone(Tone::Muted);
        // It keeps its name while it grows: by its first line.
        let key = format!("folded\t{}", folded.first().map(|line| key(line)).unwrap_or_default());
        self.rows.push(Row::new(key, cells));
    }
}

/// What the columns are, for those who ask.
pub(super) fn about(column: &str) -> &'static str {
    match column {
        "time" => {
            "When the line was written, in your zone. Hundredths only where the carrier (docker, journald) stamps them: the node writes whole seconds."
        }
        "node" => "The node that wrote it.",
        "level" => {
            "The node's own word for how grave it is. WARN and ERROR are often harmless; the explanation says so."
        }
        "what" => "The message.",
        "sat" => "The satellite it is about.",
        "action" => {
            "PUT: upload. GET: download. _AUDIT: the satellite checks that the piece is kept. _REPAIR: for a piece other nodes lost."
        }
        "size" => "Bytes. Of a download what was asked for, also when less was sent.",
        "more" => "What else the line says: its error, why a transfer was canceled, its other fields.",
        "piece" => "The begin of the piece's id. Enter shows all of it.",
        "from" => "The address of the other side.",
        "logger" => "The part of the node that wrote it.",
        _ => "",
    }
}
