//! When a disk would be full if something were otherwise: trash gone, dead data given back, more or less allocated,
//! another pace. Nothing of it is done: it is reckoned from what is known.

use super::course::Course;
use super::disks;
use super::facts::{self, Full, Place};
use crate::api::disks::HostDisk;
use crate::api::storage::Growth;
use crate::ui::explain::{Explained, Fact};
use crate::ui::look::Tone;
use crate::ui::number::{self, size};
use crate::ui::shared::Shared;
use crate::ui::table::{Cell, Column, Direction, Row, RowKey, Table, TableState};

/// Rows are told by this, and a number; no node is called so.
const KEY: &str = "if\t";
const DAY_MS: f64 = 86_400_000.0;

/// What might be otherwise.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct If {
    /// In a few words.
    pub(super) name: String,
    /// How it is reckoned.
    how: String,
    /// What would follow; `None`: too little is known for it.
    pub(super) course: Option<Course>,
    /// Days won; below zero: lost. `None`: one of both is never, or unknown.
    gained: Option<f64>,
}

/// The block's state.
pub(super) struct WhatIf {
    pub(super) on: bool,
    /// Keys move its cursor, not that of the nodes.
    pub(super) has_keys: bool,
    pub(super) table: Table,
    pub(super) state: TableState,
    pub(super) all: Vec<If>,
    stamp: String,
}

impl Default for WhatIf {
    fn default() -> Self {
        Self {
            on: false,
            has_keys: false,
            table: Table::new(Vec::new(), Vec::new()).empty("when this disk is full is not known"),
            state: TableState::default(),
            all: Vec::new(),
            stamp: String::new(),
        }
    }
}

impl WhatIf {
    /// Reckons anew; what came is told apart by `stamp`.
    pub(super) fn take(&mut self, place: &Place, known: (&[Growth], Option<&HostDisk>), stamp: &str, shared: &Shared) {
        if !self.on {
            return;
        }
        let stamp = format!("{}\t{stamp}\t{:?}", place.name, known.1.and_then(|disk| disk.free));
        if stamp != self.stamp {
            self.all = all(place, known.0, known.1);
            self.table = table(&self.all, place.stale, shared);
            self.state.update(&self.table);
            self.stamp = stamp;
        }
        if self.state.selected().is_none() && !self.state.is_empty() {
            self.state.home();
            self.state.settle(&self.table);
        }
    }

    /// What is under the cursor.
    pub(super) fn chosen(&self) -> Option<&If> {
        self.of_key(self.state.selected().filter(|_| self.on)?.as_str())
    }

    fn of_key(&self, key: &str) -> Option<&If> {
        self.all.get(key.strip_prefix(KEY)?.parse::<usize>().ok()?)
    }

    /// How one of them is reckoned.
    pub(super) fn explained(&self, key: &str, place: &Place) -> Option<Explained> {
        let one = self.of_key(key)?;
        let course = one.course;
        let bytes = |of: fn(Course) -> Option<f64>| number::known(course.and_then(of), |bytes| size(bytes as i64));
        let pace = number::known(course.and_then(|course| course.pace), |pace| {
            number::change(&size(pace as i64))
        });
        let sum = course
            .filter(|course| matches!(course.full(), Full::In(_)))
            .map(|course| {
                let days = match course.full() {
                    Full::In(full) => facts::days(full.likely),
                    _ => String::new(),
                };
                format!("{} room ÷ {pace} a day = {days}", size(course.room as i64))
            });
        Some(Explained {
            title: format!("{}: what if: {}", place.name, one.name),
            sum: sum.unwrap_or_default(),
            facts: vec![
                Fact::new("used then", bytes(|course| Some(course.used)), "computed"),
                Fact::new("room then", bytes(|course| Some(course.room)), "computed"),
                Fact::new("growth a day", pace, "computed from what was used, hour by hour"),
            ],
            words: vec![
                one.how.clone(),
                "Everything else stays as it is. The range is by the middle half of single days. It is reckoned only: \
                 nothing is changed on the node."
                    .to_owned(),
            ],
        })
    }
}

/// In words: `if all trash leaves, cellar is full in 21 d (14–31 d), on 11 Sep 2026: 15 d later`.
pub(super) fn words(one: &If, place: &Place, shared: &Shared) -> String {
    let node = &place.name;
    let Some(course) = one.course else {
        return format!("{}: not known. {}", one.name, one.how);
    };
    let when = match course.full() {
        Full::Unknown => format!("when {node} is full is not known: no pace"),
        Full::Never => format!("{node} does not fill"),
        Full::Now if one.gained == Some(0.0) => format!("{node} is full"),
        Full::Now => format!("{node} is full at once"),
        Full::In(full) => {
            let range = facts::range(full).map_or(String::new(), |range| format!(" ({range})"));
            format!(
                "{node} is full in {}{range}, on {}",
                facts::days(full.likely),
                date(full.likely, shared)
            )
        }
    };
    let gained = match one.gained {
        Some(days) if days.abs() >= 0.05 => {
            let than = if days > 0.0 { "later" } else { "sooner" };
            format!(": {} {than}", facts::days(days.abs()))
        }
        _ => String::new(),
    };
    format!("{}: {when}{gained}.", one.name)
}

fn date(days: f64, shared: &Shared) -> String {
    let now_ms = shared.moment().unwrap_or(shared.now_s()) * 1000;
    number::date(now_ms.saturating_add((days * DAY_MS) as i64), &shared.zone)
}

/// All of them; none where the room of a disk is not known.
fn all(place: &Place, growth: &[Growth], disk: Option<&HostDisk>) -> Vec<If> {
    let Some(base) = Course::of(place, growth) else {
        return Vec::new();
    };
    let if_ = |name: &str, how: String, course: Option<Course>| If {
        name: name.to_owned(),
        how,
        course,
        gained: course.and_then(|course| gained(base, course)),
    };
    let freed = |bytes: Option<u64>| {
        bytes.map(|bytes| Course {
            used: base.used - (bytes as f64).min(base.used),
            room: base.room + (bytes as f64).min(base.used),
            ..base
        })
    };
    let both = place
        .trash
        .zip(place.dead)
        .map(|(trash, dead)| trash.saturating_add(dead));
    let compacted = format!("{} {}", told("dead data", place.dead), super::ledger::RESERVED);
    let mut found = vec![
        if_("as it is", "Free room over the present pace.".to_owned(), Some(base)),
        if_("trash leaves", told("trash", place.trash), freed(place.trash)),
        if_("dead data compacted", compacted, freed(place.dead)),
        if_("both of it", told("trash and dead data", both), freed(both)),
    ];
    found.extend(allocations(place, base, disk).map(|(name, how, course)| if_(name, how, course)));
    for growth in growth {
        let over = match growth.days {
            1 => "24 h".to_owned(),
            days => format!("{days} d"),
        };
        let course = Course {
            pace: Some(growth.per_day as f64),
            range: growth.range.map(|(low, high)| (low as f64, high as f64)),
            ..base
        };
        let how = format!(
            "The pace of the last {over}, of which {:.0} h are known; jumps that are no growth are left out.",
            growth.covered_h
        );
        found.push(if_(&format!("growth of {over}"), how, Some(course)));
    }
    found
}

fn told(what: &str, bytes: Option<u64>) -> String {
    match bytes {
        Some(bytes) => format!(
            "{} of {what} are gone at once, and their room is free. In truth it comes back little by little, and new \
             comes after it: while as much comes as goes, nothing is won.",
            size(bytes)
        ),
        None => format!("The node does not say how much {what} it has."),
    }
}

/// Another allocation: the room grows or shrinks with it, to no more than the disk has.
fn allocations<'a>(
    place: &Place,
    base: Course,
    disk: Option<&'a HostDisk>,
) -> impl Iterator<Item = (&'static str, String, Option<Course>)> + use<'a> {
    let free = disk.and_then(|disk| disk.free).map(|free| free as f64);
    let most = free.unwrap_or(f64::INFINITY);
    let by = move |place: Option<u64>, share: f64| {
        let more = place? as f64 * share;
        let room = base.room + more;
        Some(Course {
            room: if more > 0.0 {
                room.min(most.max(base.room))
            } else {
                room
            },
            ..base
        })
    };
    let tenth = place.allocated.map(|all| size(all / 10));
    let tenth = number::known(tenth, |bytes| bytes);
    let bound = match free {
        Some(free) => format!(" The disk has {} free: no more than that counts.", size(free as i64)),
        None => " How much the disk has is not known here.".to_owned(),
    };
    let shared_by = disk.map_or(0, |disk| disk.nodes.len());
    let whole = match (free, disk.and_then(disks::short)) {
        (Some(free), Some(name)) => {
            let others = match shared_by {
                0 | 1 => String::new(),
                many => format!(" {many} nodes share it: the others would have none of it."),
            };
            format!(
                "All that is free on {name}, {}, is this node's.{others}",
                size(free as i64)
            )
        }
        _ => "The node's disk is not on this host, or its data folder is not named.".to_owned(),
    };
    let to_disk = free.map(|free| Course {
        room: free.max(base.room),
        ..base
    });
    [
        (
            "allocation +10 %",
            format!("{tenth} more are allocated.{bound}"),
            by(place.allocated, 0.1),
        ),
        (
            "allocation −10 %",
            format!("{tenth} less are allocated. What is over it stays, and goes as it is deleted."),
            by(place.allocated, -0.1),
        ),
        ("all the disk has", whole, to_disk),
    ]
    .into_iter()
}

fn gained(base: Course, other: Course) -> Option<f64> {
    let days = |course: Course| match course.full() {
        Full::In(full) => Some(full.likely),
        Full::Now => Some(0.0),
        Full::Never | Full::Unknown => None,
    };
    Some(days(other)? - days(base)?)
}

fn table(all: &[If], stale: bool, shared: &Shared) -> Table {
    let courses = || all.iter().filter_map(|one| one.course);
    let sizes = number::Scale::of(courses().map(|course| course.room as i64));
    let paces = number::Scale::of(courses().filter_map(|course| course.pace).map(|pace| pace as i64));
    let columns = vec![
        Column::text("if", "WHAT IF").bounds(12, 24),
        Column::number("room", "ROOM")
            .short(format!("ROOM {}", sizes.unit()))
            .unit(sizes.unit())
            .priority(2),
        Column::number("growth", "GROWTH")
            .short(format!("{}/d", paces.unit()))
            .unit(format!("{}/d", paces.unit()))
            .priority(3),
        Column::number("full", "FULL IN").first(Direction::Up),
        Column::number("range", "RANGE").first(Direction::Up).priority(4),
        Column::number("on", "FULL ON").first(Direction::Up).priority(1),
        Column::number("gained", "GAINED"),
    ];
    let tone = if stale { Tone::Stale } else { Tone::Text };
    let row = |(n, one): (usize, &If)| {
        let unknown = Cell::unknown;
        let full = one.course.map(Course::full);
        let cells = vec![
            Cell::text(one.name.clone()),
            one.course.map_or(unknown(), |course| {
                Cell::number(sizes.text(course.room as i64), course.room).tone(tone)
            }),
            one.course.and_then(|course| course.pace).map_or(unknown(), |pace| {
                Cell::number(number::change(&paces.text(pace as i64)), pace).tone(tone)
            }),
            full.map_or(unknown(), super::tables::full_cell),
            full.map_or(unknown(), super::tables::range_cell),
            match full {
                Some(Full::In(full)) => Cell::number(date(full.likely, shared), full.likely),
                Some(Full::Never | Full::Now) => Cell::absent(),
                _ => unknown(),
            },
            gained_cell(n, one, all),
        ];
        Row::new(RowKey::from(format!("{KEY}{n}")), cells)
    };
    Table::new(columns, all.iter().enumerate().map(row).collect())
        .empty("when this disk is full is not known")
        .one_line()
}

fn gained_cell(n: usize, one: &If, all: &[If]) -> Cell {
    let never = |one: Option<&If>| one.and_then(|one| one.course).map(Course::full) == Some(Full::Never);
    match one.gained {
        _ if n == 0 => Cell::absent(),
        Some(days) => {
            let sign = if days < 0.0 { "−" } else { "+" };
            let text = facts::days(days.abs());
            let text = if text == "0 h" { text } else { format!("{sign}{text}") };
            Cell::number(text, days).tone(if days < 0.0 { Tone::Warn } else { Tone::Text })
        }
        None if never(Some(one)) && !never(all.first()) => Cell::number("never full", f64::MAX),
        None if never(all.first()) => Cell::absent(),
        None => Cell::unknown(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_won_follows_from_what_is_otherwise() {
        let place = super::super::words::tests::place("cellar", Full::Never);
        let growth = [1, 7].map(|days| Growth {
            days,
            per_day: if days == 1 { 10_000_000_000 } else { 41_000_000_000 },
            range: None,
            covered_h: 24.0,
            steps: Vec::new(),
        });
        let disk = HostDisk {
            name: Some("/dev/sdb1".to_owned()),
            free: Some(300_000_000_000),
            ..HostDisk::default()
        };
        let text = |name: &str, disk: Option<&HostDisk>| {
            let all = all(&place, &growth, disk);
            let one = all.iter().find(|one| one.name == name).unwrap();
            let days = match one.course.map(Course::full) {
                Some(Full::In(full)) => facts::days(full.likely),
                other => format!("{other:?}"),
            };
            format!("{days} {}", number::known(one.gained, |days| format!("{days:.1}")))
        };
        // 240 GB are free, 41 GB a day come.
        assert_eq!(text("as it is", None), "6 d 0.0");
        assert_eq!(text("trash leaves", None), "21 d 14.9");
        assert_eq!(text("both of it", None), "30 d 24.1");
        assert_eq!(text("allocation −10 %", None), "Some(Now) -5.9");
        assert_eq!(text("allocation +10 %", None), "16 d 9.8");
        assert_eq!(text("allocation +10 %", Some(&disk)), "7 d 1.5", "the disk has no more");
        assert_eq!(text("all the disk has", None), "None ?");
        assert_eq!(text("growth of 24 h", None), "24 d 18.1");
    }
}
