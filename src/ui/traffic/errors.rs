//! Error templates of all nodes, what endangers the node first; and the transfers behind one of them.

use std::collections::{BTreeMap, BTreeSet};

use super::asks::Drill;
use super::ends::Class;
use crate::api::message::Answer;
use crate::api::table::Value;
use crate::domain::transfer::Outcome;
use crate::ui::look::Tone;
use crate::ui::number::{self, Scale};
use crate::ui::shared::{Shared, Sought};
use crate::ui::table::{Cell, Column, Row, Table};

/// How grave an error is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Grade {
    /// Pieces are gone, or the disk is.
    Danger,
    /// Something does not work.
    Trouble,
    /// Peers that hang up: it happens everywhere.
    Harmless,
}

impl Grade {
    /// By the error's words, in small letters.
    fn of(action: &str, template: &str) -> Self {
        const GONE: [&str; 3] = ["file does not exist", "no such file", "piece not found"];
        const DISK: [&str; 9] = [
            "input/output error",
            "i/o error",
            "no space left",
            "read-only file system",
            "structure needs cleaning",
            "database disk image is malformed",
            "permission denied",
            "checksum",
            "hash mismatch",
        ];
        const PEERS: [&str; 10] = [
            "broken pipe",
            "connection reset",
            "eof",
            "context canceled",
            "context deadline",
            "use of closed",
            "manager closed",
            "i/o timeout",
            "stream closed",
            "connection closed",
        ];
        let text = template.to_lowercase();
        let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
        let asked_back = matches!(Class::of(action), Class::Audit | Class::GetRepair);
        if has(&GONE) || has(&DISK) {
            Self::Danger
        } else if has(&PEERS) && !asked_back {
            Self::Harmless
        } else {
            Self::Trouble
        }
    }

    fn mark(self, shared: &Shared) -> (&'static str, Tone) {
        let glyphs = shared.theme.glyphs;
        match self {
            Self::Danger => (glyphs.critical, Tone::Bad),
            Self::Trouble => (glyphs.warning, Tone::Warn),
            Self::Harmless => (glyphs.note, Tone::Muted),
        }
    }
}

/// One template of an action, of all nodes.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Error {
    pub(super) action: String,
    pub(super) template: String,
    pub(super) grade: Grade,
    pub(super) count: u64,
    pub(super) nodes: BTreeSet<String>,
    pub(super) first_ms: i64,
    pub(super) last_ms: i64,
    pub(super) example: String,
    /// How often in the week before.
    pub(super) before: Option<u64>,
}

impl Error {
    pub(super) fn key(&self) -> String {
        format!("{}\t{}", self.action, self.template)
    }

    pub(super) fn drill(&self) -> Drill {
        Drill::Error {
            action: self.action.clone(),
            template: self.template.clone(),
        }
    }
}

type Kinds = BTreeMap<(String, String), Error>;

fn kinds(answer: &Answer) -> Kinds {
    let mut kinds = Kinds::new();
    let Answer::Rows { rows, .. } = answer else {
        return kinds;
    };
    for row in rows {
        let [node, action, template, count, first, last, example] = row.as_slice() else {
            continue;
        };
        let text = |value: &Value| match value {
            Value::Text(text) => text.clone(),
            _ => String::new(),
        };
        let (Value::Count(count), Value::Time(first), Value::Time(last)) = (count, first, last) else {
            continue;
        };
        let (action, template) = (text(action), text(template));
        let kind = kinds
            .entry((action.clone(), template.clone()))
            .or_insert_with(|| Error {
                grade: Grade::of(&action, &template),
                action,
                template,
                count: 0,
                nodes: BTreeSet::new(),
                first_ms: *first,
                last_ms: *last,
                example: text(example),
                before: None,
            });
        kind.count += count;
        kind.nodes.insert(text(node));
        kind.first_ms = kind.first_ms.min(*first);
        kind.last_ms = kind.last_ms.max(*last);
    }
    kinds
}

/// All of them: danger first, then the most frequent. `before`: those of the week before.
pub(super) fn errors(answer: &Answer, before: Option<&Answer>) -> Vec<Error> {
    let before = before.map(kinds);
    let mut errors: Vec<Error> = kinds(answer).into_values().collect();
    for error in &mut errors {
        let key = (error.action.clone(), error.template.clone());
        error.before = before
            .as_ref()
            .map(|before| before.get(&key).map_or(0, |error| error.count));
    }
    errors.sort_by(|a, b| (a.grade, b.count, a.key()).cmp(&(b.grade, a.count, b.key())));
    errors
}

/// How it changed against the week before: new, about the same, or so many times.
fn trend(error: &Error, range_s: i64) -> (String, Tone) {
    let Some(before) = error.before else {
        return ("?".to_owned(), Tone::Muted);
    };
    if before == 0 {
        return ("new".to_owned(), Tone::Warn);
    }
    let usual = before as f64 * range_s as f64 / (7.0 * 86_400.0);
    match error.count as f64 / usual {
        times if times >= 1000.0 => ("×999".to_owned(), Tone::Warn),
        times if times >= 1.5 => (format!("×{times:.0}", times = times.max(2.0)), Tone::Warn),
        times if times > 0.67 => ("same".to_owned(), Tone::Muted),
        _ => ("less".to_owned(), Tone::Muted),
    }
}

/// The table of errors.
pub(super) fn table(errors: &[Error], shared: &Shared) -> Table {
    let scale = Scale::counts(errors.iter().map(|error| error.count));
    let columns = vec![
        Column::number("count", "COUNT"),
        Column::text("action", "ACTION").bounds(4, 14).priority(3),
        Column::text("template", "ERROR").flexible(20),
        Column::text("node", "WHERE").bounds(5, 18).priority(2),
        Column::number("first", "FIRST").priority(5),
        Column::number("last", "LAST").priority(1),
        Column::text("trend", "WEEK BEFORE")
            .short("WEEK")
            .bounds(4, 8)
            .priority(4),
    ];
    let range = shared.time.range.seconds();
    let row = |error: &Error| {
        let (mark, tone) = error.grade.mark(shared);
        let strong = if error.grade == Grade::Harmless {
            Tone::Muted
        } else {
            Tone::Text
        };
        let (trend, trend_tone) = trend(error, range);
        let nodes = match (error.nodes.len(), error.nodes.first()) {
            (1, Some(node)) => node.clone(),
            (0, _) | (_, None) => "?".to_owned(),
            (count, Some(_)) if count == shared.nodes().len() && count > 2 => "all nodes".to_owned(),
            (2, _) => error.nodes.iter().cloned().collect::<Vec<_>>().join(" "),
            (count, _) => format!("{count} nodes"),
        };
        let time = |ms: i64| Cell::number(number::moment(ms, shared.now_ms, &shared.zone), ms as f64);
        let cells = vec![
            Cell::number(scale.text(error.count), error.count as f64),
            match error.action.as_str() {
                "" => Cell::absent(),
                action => Cell::text(action.to_owned()),
            },
            Cell::text(error.template.clone()).tone(strong),
            Cell::text(nodes),
            time(error.first_ms),
            time(error.last_ms),
            Cell::text(trend).tone(trend_tone),
        ];
        Row::new(error.key(), cells).mark(mark, tone)
    };
    Table::new(columns, errors.iter().map(row).collect())
        .empty("no error in this time")
        .one_line()
        .quiet()
}

/// The columns of examples, as the answer calls them.
const EXAMPLE: [&str; 12] = [
    "time",
    "node",
    "satellite_id",
    "action",
    "piece_id",
    "size",
    "duration_ms",
    "remote_address",
    "outcome",
    "cause",
    "error",
    "duration_quality",
];

/// One transfer of the answer, by the places of its columns there.
struct Example<'a> {
    row: &'a [Value],
    places: &'a [Option<usize>; EXAMPLE.len()],
}

impl Example<'_> {
    fn value(&self, name: &str) -> Option<&Value> {
        let at = EXAMPLE.iter().position(|column| *column == name)?;
        self.row.get(self.places[at]?)
    }

    fn text(&self, name: &str) -> String {
        match self.value(name) {
            Some(Value::Text(text)) => text.clone(),
            _ => String::new(),
        }
    }

    fn count(&self, name: &str) -> Option<u64> {
        match self.value(name) {
            Some(Value::Count(count)) => Some(*count),
            _ => None,
        }
    }

    fn time_ms(&self) -> i64 {
        match self.value("time") {
            Some(Value::Time(ms)) => *ms,
            _ => 0,
        }
    }

    fn how(&self) -> String {
        match (self.text("error"), self.text("cause")) {
            (error, _) if !error.is_empty() => error,
            (_, cause) if !cause.is_empty() => format!("{}: {}", self.text("outcome"), cause.replace('_', " ")),
            _ => self.text("outcome"),
        }
    }

    /// Row `n` of the answer.
    fn row(&self, n: usize, shared: &Shared) -> Row {
        let known = |value: Option<u64>, write: fn(u64) -> String| match value {
            None => Cell::unknown(),
            Some(value) => Cell::number(write(value), value as f64),
        };
        let took = self.count("duration_ms");
        let time = self.time_ms();
        let cells = vec![
            Cell::number(number::second(time, shared.now_ms, &shared.zone), time as f64),
            Cell::text(self.text("node")),
            Cell::text(shared.satellite_name(&self.text("satellite_id"))).of(&self.text("satellite_id")),
            Cell::text(self.text("action")),
            Cell::text(self.text("piece_id")),
            known(self.count("size"), number::size),
            match self.text("duration_quality").as_str() {
                // Of whole seconds, one more or less.
                "second" => known(took, |ms| format!("≈ {} s", ms / 1000)),
                _ => known(took, number::duration),
            },
            Cell::text(self.text("remote_address")),
            Cell::text(self.how()),
        ];
        // What was done to one piece in one second is several rows.
        Row::new(format!("{time}\t{}\t{n}", self.text("node")), cells)
    }
}

/// Transfers behind an error or of a piece, the newest first.
pub(super) fn examples(answer: &Answer, of_piece: bool, shared: &Shared) -> Table {
    let columns = vec![
        Column::number("time", "TIME"),
        Column::text("node", "NODE").bounds(4, 16).priority(1),
        Column::text("satellite", "SATELLITE")
            .short("SAT")
            .bounds(3, 12)
            .priority(2),
        Column::text("action", "ACTION").bounds(3, 12).priority(3),
        match of_piece {
            true => Column::text("piece", "PIECE").hidden(),
            false => Column::text("piece", "PIECE").bounds(8, 52).priority(6),
        },
        Column::number("size", "SIZE").priority(4),
        Column::number("took", "TOOK").priority(7),
        Column::text("peer", "PEER").bounds(8, 24).priority(8),
        Column::text("how", "HOW IT ENDED").flexible(16),
    ];
    let Answer::Rows {
        columns: names, rows, ..
    } = answer
    else {
        return Table::new(columns, Vec::new());
    };
    let places = EXAMPLE.map(|name| names.iter().position(|column| column == name));
    let row = |(n, row): (usize, &Vec<Value>)| Example { row, places: &places }.row(n, shared);
    let rows: Vec<Row> = rows.iter().enumerate().rev().map(row).collect();
    Table::new(columns, rows)
        .empty("none is kept of this time")
        .one_line()
        .quiet()
}

/// The line of the log that tells of a row of examples.
pub(super) fn line_of(key: &str, answer: &Answer) -> Option<Sought> {
    let Answer::Rows { columns, rows, .. } = answer else {
        return None;
    };
    let n: usize = key.rsplit('\t').next()?.parse().ok()?;
    let places = EXAMPLE.map(|name| columns.iter().position(|column| column == name));
    let row = Example {
        row: rows.get(n)?,
        places: &places,
    };
    // Answers change; a row is of the one it was made from.
    if key != format!("{}\t{}\t{n}", row.time_ms(), row.text("node")) {
        return None;
    }
    let outcome = row.text("outcome");
    Some(Sought {
        node: row.text("node"),
        time_ms: row.time_ms(),
        piece: Some(row.text("piece_id")).filter(|piece| !piece.is_empty()),
        action: row.text("action"),
        satellite_id: row.text("satellite_id"),
        size: row.count("size"),
        outcome: Outcome::ALL.into_iter().find(|one| one.word() == outcome)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(rows: &[(&str, &str, &str, u64, i64)]) -> Answer {
        let text = |text: &str| Value::text(text);
        let row = |(node, action, template, count, last): &(&str, &str, &str, u64, i64)| {
            vec![
                text(node),
                text(action),
                text(template),
                Value::Count(*count),
                Value::Time(last - 10),
                Value::Time(*last),
                text("whole"),
            ]
        };
        Answer::Rows {
            columns: Vec::new(),
            rows: rows.iter().map(row).collect(),
            more: false,
        }
    }

    #[test]
    fn danger_comes_before_number_and_nodes_are_summed() {
        let all = answer(&[
            ("a", "GET", "write tcp: broken pipe", 900, 50),
            ("b", "GET", "write tcp: broken pipe", 50, 90),
            ("a", "GET_AUDIT", "hashstore: file does not exist", 2, 70),
            ("a", "PUT", "pieces error: unexpected", 5, 60),
            ("a", "GET_REPAIR", "EOF", 1, 60),
            ("a", "", "disk: input/output error", 1, 60),
        ]);
        let before = answer(&[("a", "GET", "write tcp: broken pipe", 70_000, 1)]);
        let errors = errors(&all, Some(&before));
        let told: Vec<(&str, u64, Grade)> = errors
            .iter()
            .map(|error| (error.action.as_str(), error.count, error.grade))
            .collect();
        assert_eq!(
            told,
            [
                ("GET_AUDIT", 2, Grade::Danger),
                ("", 1, Grade::Danger),
                ("PUT", 5, Grade::Trouble),
                ("GET_REPAIR", 1, Grade::Trouble),
                ("GET", 950, Grade::Harmless),
            ]
        );
        let pipe = &errors[4];
        assert_eq!((pipe.nodes.len(), pipe.first_ms, pipe.last_ms), (2, 40, 90));
        assert_eq!(trend(pipe, 86_400).0, "less");
        assert_eq!(trend(pipe, 3600).0, "×2");
        assert_eq!(trend(&errors[0], 3600).0, "new");
    }
}
