//! What of the logs no release known here writes: by shape, with counts.

use super::super::ask::Ask;
use super::super::look::Tone;
use super::super::number;
use super::super::shared::Shared;
use super::super::table::{Cell, Column, Row, Table};
use crate::api::message::{Answer, Query};
use crate::api::table::{Question, Value, What};

pub(super) const SLOT: &str = "log-kinds";
/// Counted over so much time.
pub(super) const HOURS: i64 = 24;
const MOST: usize = 5000;

/// Kinds of lines of the last day.
pub(super) fn ask(shared: &Shared) -> Ask {
    let question = Question {
        nodes: shared.scope(),
        from_ms: Some(shared.now_s() * 1000 - HOURS * 3_600_000),
        ..Question::all(What::Kinds)
    };
    Ask {
        slot: SLOT,
        key: shared.scope().join("\t"),
        query: Query::Rows { question, limit: MOST },
        every_s: 15,
    }
}

/// All lines and those understood, and the shapes that are not.
#[derive(Debug, Default)]
pub(super) struct Unknown {
    pub(super) known: bool,
    pub(super) lines: u64,
    pub(super) odd: u64,
    /// The most frequent first.
    pub(super) shapes: Vec<Shape>,
    pub(super) error: Option<String>,
}

/// One shape, of all nodes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Shape {
    pub(super) level: String,
    pub(super) logger: String,
    pub(super) message: String,
    pub(super) example: String,
    pub(super) nodes: Vec<String>,
    pub(super) count: u64,
    pub(super) first_ms: Option<i64>,
    pub(super) last_ms: Option<i64>,
}

fn text(value: Option<&Value>) -> String {
    match value {
        Some(Value::Text(text)) => text.clone(),
        _ => String::new(),
    }
}

fn time(value: Option<&Value>) -> Option<i64> {
    match value {
        Some(Value::Time(ms)) => Some(*ms),
        _ => None,
    }
}

/// What is made of the answer: nothing changed while it is the same.
pub(super) fn stamp(shared: &Shared) -> String {
    let key = shared.scope().join("\t");
    let answer = shared.answers.of(SLOT, &key);
    let answered = answer.map(|answer| (answer.is_ok(), shared.answers.answered_ms(SLOT)));
    // Of today the time is told, of other days the day.
    let today = number::date(shared.now_ms, &shared.zone);
    format!("{key}\t{answered:?}{today}")
}

/// What was answered.
pub(super) fn of(shared: &Shared) -> Unknown {
    let rows = match shared.answers.of(SLOT, &shared.scope().join("\t")) {
        Some(Ok(Answer::Rows { rows, .. })) => rows,
        Some(Err(error)) => {
            return Unknown {
                error: Some(error.to_owned()),
                ..Unknown::default()
            };
        }
        _ => return Unknown::default(),
    };
    let mut unknown = Unknown {
        known: true,
        ..Unknown::default()
    };
    for row in rows {
        let Some(Value::Count(count)) = row.get(4) else {
            continue;
        };
        unknown.lines += count;
        let level = text(row.get(2));
        // Lines of other programs have no level; they are counted, and are no records of the node.
        if row.get(5) == Some(&Value::Bool(true)) || level.is_empty() {
            continue;
        }
        unknown.odd += count;
        let (logger, message) = (text(row.get(1)), text(row.get(3)));
        let (first, last) = (time(row.get(7)), time(row.get(8)));
        let same = |shape: &&mut Shape| shape.level == level && shape.logger == logger && shape.message == message;
        match unknown.shapes.iter_mut().find(same) {
            Some(shape) => {
                shape.count += count;
                shape.nodes.push(text(row.first()));
                shape.first_ms = shape.first_ms.min(first).or(first);
                shape.last_ms = shape.last_ms.max(last);
            }
            None => unknown.shapes.push(Shape {
                level,
                logger,
                message,
                example: text(row.get(6)),
                nodes: vec![text(row.first())],
                count: *count,
                first_ms: first,
                last_ms: last,
            }),
        }
    }
    unknown
        .shapes
        .sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.message.cmp(&b.message)));
    unknown
}

impl Unknown {
    /// In words, for the heading.
    pub(super) fn words(&self) -> String {
        const SHARE: number::Percent<'_> = number::Percent::new(2, &[]);
        if let Some(error) = &self.error {
            return error.clone();
        }
        match (self.known, self.lines, self.odd) {
            (false, ..) => "being counted …".to_owned(),
            (true, 0, _) => "no line counted in 24 h".to_owned(),
            (true, lines, 0) => format!("nothing in {} lines of 24 h", number::count(lines)),
            (true, lines, odd) => format!(
                "{} of {} lines in 24 h, {} shape{}: {} % understood",
                number::count(odd),
                number::count(lines),
                self.shapes.len(),
                if self.shapes.len() == 1 { "" } else { "s" },
                SHARE.share(lines - odd, lines)
            ),
        }
    }

    pub(super) fn table(&self, shared: &Shared) -> Table {
        let moment = |ms: Option<i64>| match ms {
            Some(ms) => Cell::number(number::moment(ms, shared.now_ms, &shared.zone), ms as f64).tone(Tone::Muted),
            None => Cell::unknown(),
        };
        let rows = self.shapes.iter().map(|shape| {
            let nodes = match shape.nodes.len() {
                0..=3 => shape.nodes.join(" "),
                many => format!("{many} nodes"),
            };
            let cells = vec![
                Cell::number(number::count(shape.count), shape.count as f64),
                Cell::text(nodes),
                Cell::text(shape.level.clone()),
                Cell::text(shape.logger.clone()),
                Cell::text(shape.message.clone()),
                moment(shape.first_ms),
                moment(shape.last_ms),
                Cell::text(shape.example.clone()).tone(Tone::Muted),
            ];
            Row::new(format!("{}\t{}\t{}", shape.level, shape.logger, shape.message), cells)
        });
        let columns = vec![
            Column::number("count", "COUNT"),
            Column::text("nodes", "NODES").bounds(4, 16).priority(4),
            Column::text("level", "LEVEL").bounds(5, 6).priority(3),
            Column::text("logger", "LOGGER").bounds(6, 24).priority(2),
            Column::text("shape", "SHAPE").flexible(12),
            Column::text("first", "FIRST HOUR").bounds(5, 13).priority(6),
            Column::text("last", "LAST HOUR").bounds(5, 13).priority(5),
            Column::text("example", "EXAMPLE").bounds(10, 60).priority(7).hidden(),
        ];
        let empty = match self.known {
            true => "every record of the last day was of a shape some known release writes",
            false => "being counted …",
        };
        Table::new(columns, rows.collect()).empty(empty).one_line()
    }
}
