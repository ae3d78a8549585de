//! Bloom filters: the newest of each satellite, how old it is, which nodes do not have it.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::task::{Job, Task};
use crate::support::clock::DAY_MS;
use crate::ui::look::Tone;
use crate::ui::number;
use crate::ui::shared::Shared;
use crate::ui::table::{Cell, Column, Row, Table};

/// From this age on a filter is late, where nothing is known of how often they come.
const LATE_MS: i64 = 7 * DAY_MS;
/// Filters from which on it is told how often they come.
const ENOUGH: usize = 4;

/// The newest filter of a satellite.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Filter {
    pub(super) satellite: String,
    /// When the satellite made it, ms since the epoch.
    pub(super) made_ms: i64,
    /// When the first node told of it, ms since the epoch.
    pub(super) came_ms: i64,
    /// Bytes.
    pub(super) size: Option<u64>,
    /// How often they come, ms: the middle one of those that were seen; `None`: too few.
    pub(super) every_ms: Option<i64>,
    /// Nodes that have it, and those whose newest is an older one, with when that was made.
    pub(super) has: BTreeSet<String>,
    pub(super) lacks: Vec<(String, i64)>,
}

impl Filter {
    /// Whether the next one should have come.
    pub(super) fn is_late(&self, now_ms: i64) -> bool {
        let most = self
            .every_ms
            .map_or(LATE_MS, |every| (every.saturating_mul(2)).max(LATE_MS));
        now_ms - self.made_ms > most
    }

    pub(super) fn age(&self, now_ms: i64) -> String {
        number::age(u64::try_from(now_ms - self.made_ms).unwrap_or(0) / 1000)
    }
}

/// Of each satellite the newest. `past`: runs of the last weeks.
pub(super) fn newest(told: &[Task], past: &[Task], shared: &Shared) -> Vec<Filter> {
    let mut by: BTreeMap<&str, Vec<(&Task, i64)>> = BTreeMap::new();
    for task in told {
        if let (Some(id), Some(made)) = (task.satellite_id.as_deref(), task.figures.filter_ms)
            && shared.satellite.as_deref().is_none_or(|only| only == id)
        {
            by.entry(id).or_default().push((task, made));
        }
    }
    let filter = |(id, tasks): (&str, Vec<(&Task, i64)>)| {
        let made = tasks.iter().map(|(_, made)| *made).max()?;
        let of: Vec<&Task> = tasks
            .iter()
            .filter(|(_, of)| *of == made)
            .map(|(task, _)| *task)
            .collect();
        let older = tasks.iter().filter(|(_, of)| *of < made);
        Some(Filter {
            satellite: id.to_owned(),
            made_ms: made,
            came_ms: of.iter().map(|task| task.place_ms()).min()?,
            size: of.iter().find_map(|task| task.figures.filter_size),
            every_ms: every(id, past),
            has: of.iter().map(|task| task.node.clone()).collect(),
            lacks: older.map(|(task, made)| (task.node.clone(), *made)).collect(),
        })
    };
    let mut filters: Vec<Filter> = by.into_iter().filter_map(filter).collect();
    filters.sort_by_key(|filter| shared.satellite_name(&filter.satellite));
    filters
}

/// How far apart a satellite's filters were made, the middle one.
fn every(id: &str, past: &[Task]) -> Option<i64> {
    let of = past
        .iter()
        .filter(|task| matches!(task.job, Job::BloomFilter | Job::Garbage) && task.satellite_id.as_deref() == Some(id));
    let made: BTreeSet<i64> = of.filter_map(|task| task.figures.filter_ms).collect();
    if made.len() < ENOUGH {
        return None;
    }
    let made: Vec<i64> = made.into_iter().collect();
    let mut gaps: Vec<i64> = made.windows(2).map(|pair| pair[1] - pair[0]).collect();
    gaps.sort_unstable();
    gaps.get(gaps.len() / 2).copied()
}

/// The table of them.
pub(super) fn table(filters: &[Filter], now_ms: i64, shared: &Shared) -> Table {
    let columns = vec![
        Column::text("satellite", "SATELLITE").short("SAT").bounds(3, 12),
        Column::number("made", "FILTER OF"),
        Column::number("age", "AGE"),
        Column::number("every", "EVERY").priority(3),
        Column::number("came", "CAME").priority(2),
        Column::number("size", "SIZE").priority(4),
        Column::text("nodes", "NODES").flexible(8).priority(1),
    ];
    let time = |ms: i64| Cell::number(number::moment(ms, shared.now_ms, &shared.zone), ms as f64);
    let row = |filter: &Filter| {
        let late = filter.is_late(now_ms);
        let cells = vec![
            Cell::text(shared.satellite_name(&filter.satellite)).of(&filter.satellite),
            time(filter.made_ms),
            Cell::number(filter.age(now_ms), (now_ms - filter.made_ms) as f64).tone(if late {
                Tone::Warn
            } else {
                Tone::Text
            }),
            filter.every_ms.map_or_else(Cell::unknown, |ms| {
                let text = number::age(ms.unsigned_abs() / 1000);
                Cell::number(number::computed(&text), ms as f64)
            }),
            time(filter.came_ms),
            filter
                .size
                .map_or_else(Cell::unknown, |size| Cell::number(number::size(size), size as f64)),
            Cell::text(nodes(filter, now_ms)),
        ];
        let row = Row::new(filter.satellite.clone(), cells);
        match late {
            true => row.mark(shared.theme.glyphs.warning, Tone::Warn),
            false => row,
        }
    };
    Table::new(columns, filters.iter().map(row).collect())
        .empty("no bloom filter in the logs that were read")
        .one_line()
        .quiet()
}

/// Who has it, and who has an older one.
fn nodes(filter: &Filter, now_ms: i64) -> String {
    let has = match filter.has.len() {
        0..=3 => filter.has.iter().cloned().collect::<Vec<_>>().join(" "),
        many => format!("{many} nodes"),
    };
    let lacks = filter.lacks.iter().map(|(node, made)| {
        let age = number::age(u64::try_from(now_ms - made).unwrap_or(0) / 1000);
        format!("not {node}: {age} old")
    });
    std::iter::once(has).chain(lacks).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_is_late_by_how_often_they_come_but_never_within_a_week() {
        let filter = |every_days: Option<i64>| Filter {
            satellite: "s".to_owned(),
            made_ms: 0,
            came_ms: 0,
            size: None,
            every_ms: every_days.map(|days| days * DAY_MS),
            has: BTreeSet::new(),
            lacks: Vec::new(),
        };
        for (every, late_after) in [(None, 7), (Some(1), 7), (Some(4), 8), (Some(10), 20)] {
            let filter = filter(every);
            assert!(!filter.is_late(late_after * DAY_MS), "{every:?}");
            assert!(filter.is_late(late_after * DAY_MS + 1), "{every:?}");
        }
    }
}
