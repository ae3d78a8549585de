//! The table of runs and its sums. Made when answers come.

use super::work::{self, Run};
use crate::domain::task::{Job, State};
use crate::ui::look::Tone;
use crate::ui::number::{self, Percent, Scale};
use crate::ui::shared::Shared;
use crate::ui::table::{Cell, Column, Row, Table, TableState};

/// Scales of the columns of bytes.
struct Scales {
    logs: Scale,
    reclaimed: Scale,
    rewritten: Scale,
}

impl Scales {
    fn of(runs: &[&Run]) -> Self {
        let compactions = || runs.iter().filter(|run| run.task.job == Job::Compaction);
        let logs = compactions().flat_map(|run| [run.task.figures.before, run.task.figures.after]);
        Self {
            logs: Scale::of(logs.flatten()),
            reclaimed: Scale::of(runs.iter().filter_map(|run| run.task.reclaimed())),
            rewritten: Scale::of(compactions().filter_map(|run| run.task.rewritten())),
        }
    }
}

fn columns(scales: &Scales, alone: bool) -> Vec<Column> {
    let node = Column::text("node", "NODE").bounds(4, 16);
    vec![
        Column::number("started", "STARTED").priority(1),
        if alone { node.hidden() } else { node },
        Column::text("job", "JOB").bounds(8, 14),
        Column::text("satellite", "SATELLITE")
            .short("SAT")
            .bounds(3, 12)
            .priority(3),
        Column::text("store", "STORE").bounds(2, 5).priority(4),
        Column::number("took", "TOOK"),
        Column::text("state", "STATE").bounds(4, 11).priority(2),
        Column::number("before", "BEFORE").unit(scales.logs.unit()).priority(7),
        Column::number("after", "AFTER").unit(scales.logs.unit()).priority(9),
        Column::number("reclaimed", "RECLAIMED")
            .short("FREED")
            .unit(scales.reclaimed.unit())
            .priority(5),
        Column::number("rewritten", "REWRITTEN")
            .unit(scales.rewritten.unit())
            .priority(8),
        Column::number("load", "LOAD").unit("%").priority(10),
        Column::number("trash", "TRASH").unit("%").priority(11),
        Column::text("said", "NOTE").flexible(12).priority(12),
    ]
}

/// A percentage of a share, 0..1; unknown where it applies and was not told.
fn share(value: Option<f64>, decimals: u8, applies: bool) -> Cell {
    match value {
        Some(share) => Cell::number(Percent::new(decimals, &[]).text(share * 100.0), share),
        None if applies => Cell::unknown(),
        None => Cell::absent(),
    }
}

fn bytes(scale: &Scale, value: Option<u64>, applies: bool) -> Cell {
    match value {
        Some(bytes) => Cell::number(scale.text(bytes), bytes as f64),
        None if applies => Cell::unknown(),
        None => Cell::absent(),
    }
}

/// How long it took; of one that goes on, how long it does.
pub(super) fn took(run: &Run) -> Cell {
    match (run.task.state, run.so_far, run.task.took_ms) {
        (State::Running, Some(so_far), _) => {
            Cell::number(format!("{} …", number::duration(so_far)), so_far as f64).tone(Tone::Accent)
        }
        (State::Running, None, _) => Cell::unknown(),
        _ if run.task.job == Job::BloomFilter => Cell::absent(),
        (_, _, Some(took)) => Cell::number(number::duration(took), took as f64),
        (..) => Cell::unknown(),
    }
}

fn row(run: &Run, scales: &Scales, shared: &Shared) -> Row {
    let (task, figures) = (&run.task, &run.task.figures);
    let compaction = task.job == Job::Compaction;
    let over = matches!(task.state, State::Done);
    let text = |text: &Option<String>| match text {
        Some(text) => Cell::text(text.clone()),
        None => Cell::absent(),
    };
    let logs = |value, applies| bytes(&scales.logs, value, applies);
    let own = |value: Option<f64>, decimals| share(value.filter(|_| compaction), decimals, compaction);
    let started = match task.started_ms {
        Some(ms) => Cell::number(number::moment(ms, shared.now_ms, &shared.zone), ms as f64),
        // It began before that; nobody saw when.
        None => {
            let seen = number::moment(task.place_ms(), shared.now_ms, &shared.zone);
            Cell::number(format!("<{seen}"), task.place_ms() as f64).tone(Tone::Muted)
        }
    };
    let cells = vec![
        started,
        Cell::text(task.node.clone()),
        Cell::text(work::word(task.job)),
        text(&task.satellite_id.as_deref().map(|id| shared.satellite_name(id)))
            .of(task.satellite_id.as_deref().unwrap_or_default()),
        text(&task.store),
        took(run),
        Cell::text(if run.is_late() { "late" } else { task.state.word() }).tone(work::tone(task.state)),
        logs(figures.before.filter(|_| compaction), compaction),
        logs(figures.after.filter(|_| compaction), compaction && over),
        bytes(
            &scales.reclaimed,
            task.reclaimed(),
            over && matches!(task.job, Job::Compaction | Job::Trash),
        ),
        bytes(&scales.rewritten, task.rewritten().filter(|_| compaction), compaction),
        own(figures.load, 0),
        own(figures.trash_share, 1),
        Cell::text(task.detail()).tone(Tone::Muted),
    ];
    let row = Row::new(run.key.clone(), cells);
    match work::mark(run, &shared.theme.glyphs) {
        Some((glyph, tone)) => row.mark(glyph, tone),
        None => row,
    }
}

/// The table, the newest first. `kind`: of this work only.
pub(super) fn table(runs: &[Run], kind: Option<Job>, shared: &Shared) -> Table {
    let wanted: Vec<&Run> = runs
        .iter()
        .filter(|run| kind.is_none_or(|kind| run.task.job == kind))
        .collect();
    let scales = Scales::of(&wanted);
    let rows = wanted.iter().rev().map(|run| row(run, &scales, shared));
    let empty = match (kind, runs.is_empty()) {
        (Some(kind), false) => format!("no {} in this time; K: another kind", work::word(kind)),
        _ => "no run in this time; t: more time".to_owned(),
    };
    Table::new(columns(&scales, shared.node.is_some()), rows.collect())
        .empty(empty)
        .one_line()
        .quiet()
}

/// A sum, and how many of those it should be of are not known.
#[derive(Debug, Default, Clone, Copy, PartialEq)]
struct Sum {
    sum: u64,
    known: usize,
    unknown: usize,
}

impl Sum {
    fn of(values: impl Iterator<Item = Option<u64>>) -> Self {
        values.fold(Self::default(), |sum, value| match value {
            Some(value) => Self {
                sum: sum.sum.saturating_add(value),
                known: sum.known + 1,
                ..sum
            },
            None => Self {
                unknown: sum.unknown + 1,
                ..sum
            },
        })
    }

    /// What is not known of it is told.
    fn cell(self, write: impl Fn(u64) -> String) -> Cell {
        match (self.known, self.unknown) {
            (0, 0) => Cell::absent(),
            (0, _) => Cell::unknown(),
            (_, 0) => Cell::text(write(self.sum)),
            (..) => Cell::text(format!("{} +?", write(self.sum))),
        }
    }
}

/// A mean of shares, each by the size of its logs.
fn weighted(runs: &[&Run], share: fn(&Run) -> Option<f64>, weight: fn(&Run) -> Option<u64>) -> Option<f64> {
    let known = runs.iter().filter_map(|run| Some((share(run)?, weight(run)? as f64)));
    let (sum, all) = known.fold((0.0, 0.0), |(sum, all), (share, weight)| {
        (sum + share * weight, all + weight)
    });
    (all > 0.0).then(|| sum / all)
}

/// The table with the sums of the rows that pass its filter.
pub(super) fn with_foot(table: Table, state: &TableState, runs: &[Run]) -> Table {
    let places: std::collections::HashMap<&str, &Run> = runs.iter().map(|run| (run.key.as_str(), run)).collect();
    let shown: Vec<&Run> = state
        .rows(&table)
        .filter_map(|row| places.get(row.key.as_str()).copied())
        .collect();
    if shown.len() < 2 {
        return table.foot(Vec::new());
    }
    let scales = Scales::of(&runs_of(&table, &places));
    let compactions: Vec<&Run> = shown
        .iter()
        .copied()
        .filter(|run| run.task.job == Job::Compaction)
        .collect();
    let over = |run: &&&Run| run.task.state == State::Done;
    let frees = |run: &&&Run| run.task.reclaimed().is_some() || matches!(run.task.job, Job::Compaction | Job::Trash);
    let time = Sum::of(
        shown
            .iter()
            .filter(|run| run.task.job != Job::BloomFilter && !run.goes_on())
            .map(|run| run.task.took_ms),
    );
    let done = || compactions.iter().filter(over);
    let reclaimed = Sum::of(shown.iter().filter(over).filter(frees).map(|run| run.task.reclaimed()));
    let logs = |of: fn(&Run) -> Option<u64>| Sum::of(done().map(|run| of(run))).cell(|sum| scales.logs.text(sum));
    let load = weighted(&compactions, |run| run.task.figures.load, |run| run.task.figures.after);
    let trash = weighted(
        &compactions,
        |run| run.task.figures.trash_share,
        |run| run.task.figures.after,
    );
    let cells = vec![
        Cell::empty(),
        Cell::empty(),
        Cell::text(format!("{} runs", number::count(shown.len() as u64))),
        Cell::empty(),
        Cell::empty(),
        time.cell(number::duration),
        Cell::empty(),
        logs(|run| run.task.figures.before),
        logs(|run| run.task.figures.after),
        reclaimed.cell(|sum| scales.reclaimed.text(sum)),
        Sum::of(done().map(|run| run.task.rewritten())).cell(|sum| scales.rewritten.text(sum)),
        share(load, 0, !compactions.is_empty()),
        share(trash, 1, !compactions.is_empty()),
        Cell::text(if compactions.is_empty() {
            ""
        } else {
            "% weighted by size"
        })
        .tone(Tone::Muted),
    ];
    table.foot(vec![Row::new("sum", cells)])
}

/// The runs a table has rows of.
fn runs_of<'a>(table: &Table, places: &std::collections::HashMap<&str, &'a Run>) -> Vec<&'a Run> {
    let rows = table.rows().iter();
    rows.filter_map(|row| places.get(row.key.as_str()).copied()).collect()
}
