//! The tables of counts: by action, satellite and node. Made when answers come.

use std::collections::BTreeMap;

use super::ends::{Class, Counted, End, Ends, comes_in, sums};
use crate::ui::look::Tone;
use crate::ui::number::{NOT_APPLICABLE, Scale};
use crate::ui::races::at_most;
use crate::ui::shared::Shared;
use crate::ui::table::{Cell, Column, Row, Table};

/// What is not logged below DEBUG.
pub(super) struct Levels {
    /// Nodes whose log does not tell of uploads that the client gave up.
    pub(super) silent: Vec<String>,
}

impl Levels {
    pub(super) fn complete(&self) -> bool {
        self.silent.is_empty()
    }
}

pub(super) fn count(scale: &Scale, count: u64) -> Cell {
    Cell::number(scale.text(count), count as f64)
}

/// A count that is not there is a dash: the eye finds what is.
fn rare(scale: &Scale, value: u64, tone: Tone) -> Cell {
    match value {
        0 => Cell::number(NOT_APPLICABLE, 0.0).tone(Tone::Muted),
        value => count(scale, value).tone(tone),
    }
}

fn bytes(scale: &Scale, bytes: u64) -> Cell {
    Cell::number(scale.text(bytes), bytes as f64)
}

pub(super) fn won(ends: &Ends, decimals: u8) -> Cell {
    match ends.won() {
        None => Cell::absent(),
        Some(share) => Cell::number(ends.won_text(decimals), share),
    }
}

/// By action, each for itself: customers first, then repair, then audits.
pub(super) fn actions(counted: &[Counted], levels: &Levels, shared: &Shared) -> Table {
    let by = sums(counted, |row| Some((Class::of(&row.action), row.action.clone())));
    let scale = Scale::counts(by.values().map(|ends| ends.all().count));
    let size = Scale::of(by.values().flat_map(|ends| [ends.success().bytes, wasted(ends)]));
    let rejected = by.values().any(|ends| ends.rejected() > 0);
    let columns = vec![
        Column::text("action", "ACTION").bounds(6, 20),
        Column::number("all", "ALL"),
        Column::number("success", "SUCCESS").priority(9),
        Column::number("won", "WON").unit("%"),
        Column::number("race_lost", "RACE LOST").short("LOST").priority(2),
        Column::number("peer_closed", "PEER CLOSED").short("CLOSED").priority(5),
        Column::number("peer", "GAVE UP").short("PEER").priority(6),
        Column::number("disconnect", "DISCONN.").short("DISC.").priority(4),
        Column::number("missing", "MISSING").priority(1),
        Column::number("error", "ERROR").priority(1),
        with(
            Column::number("rejected", "REJECTED").short("REJ.").priority(3),
            rejected,
        ),
        Column::number("bytes", size.unit()),
        Column::number("wasted", "WASTED").unit(size.unit()).priority(11),
    ];
    let rows = by.iter().map(|((class, action), ends)| {
        let incoming = comes_in(action);
        let (sign, tone) = match (ends.count(End::Missing), ends.count(End::Error), class) {
            (1.., _, _) => (shared.theme.glyphs.critical, Tone::Bad),
            (_, 1.., Class::Audit | Class::GetRepair) => (shared.theme.glyphs.warning, Tone::Warn),
            _ => (" ", Tone::Text),
        };
        let name = if action.is_empty() { "(none)" } else { action };
        let share = match (class, incoming && !levels.complete()) {
            // An auditor that hangs up has its answer: the footnote says so.
            (Class::Audit, _) => Cell::number(
                format!("{} {}", ends.won_text(1), footnote(shared)),
                ends.won().unwrap_or(0.0),
            ),
            (_, true) => Cell::number(
                format!("{}{}", at_most(shared), ends.won_text(2)),
                ends.won().unwrap_or(0.0),
            ),
            _ => won(ends, 2),
        };
        let peer = match (incoming, levels.complete()) {
            (false, _) => Cell::absent(),
            (true, false) => Cell::unknown(),
            (true, true) => rare(&scale, ends.count(End::Peer), Tone::Text),
        };
        let cells = vec![
            Cell::text(name.to_owned()).tone(tone),
            count(&scale, ends.all().count),
            count(&scale, ends.success().count),
            share,
            rare(&scale, ends.count(End::RaceLost), Tone::Text),
            // Without a reason is what connections that broke leave.
            rare(
                &scale,
                ends.count(End::PeerClosed) + ends.count(End::Canceled),
                Tone::Text,
            ),
            peer,
            rare(&scale, ends.count(End::Disconnect), Tone::Text),
            rare(&scale, ends.count(End::Missing), Tone::Bad),
            rare(&scale, ends.count(End::Error), Tone::Warn),
            rare(&scale, ends.rejected(), Tone::Warn),
            bytes(&size, ends.success().bytes),
            match incoming {
                true => bytes(&size, wasted(ends)),
                // What was asked for is logged, not what was sent.
                false => Cell::unknown(),
            },
        ];
        Row::new(action.as_str(), cells).mark(sign, tone)
    });
    Table::new(columns, rows.collect())
        .empty("no transfer in this time")
        .one_line()
        .quiet()
}

/// The sign of the footnote about audits.
pub(super) fn footnote(shared: &Shared) -> &'static str {
    if shared.theme.glyphs.unicode { "¹" } else { "*" }
}

fn with(column: Column, shown: bool) -> Column {
    if shown { column } else { column.hidden() }
}

/// Bytes of uploads that came and were thrown away.
fn wasted(ends: &Ends) -> u64 {
    ends.canceled().bytes.saturating_add(ends.failed().bytes)
}

/// What a line of satellite or node is made of.
#[derive(Default, Clone)]
struct Sides {
    put: Ends,
    get: Ends,
    repair: Ends,
    audit: Ends,
    all: Ends,
}

impl Sides {
    fn add(&mut self, row: &Counted) {
        let side = match Class::of(&row.action) {
            Class::Put => Some(&mut self.put),
            Class::Get => Some(&mut self.get),
            Class::PutRepair | Class::GetRepair => Some(&mut self.repair),
            Class::Audit => Some(&mut self.audit),
            Class::Other => None,
        };
        if let Some(side) = side {
            side.add(row.end, row.cell);
        }
        self.all.add(row.end, row.cell);
    }
}

fn sides(counted: &[Counted], by: impl Fn(&Counted) -> &str) -> BTreeMap<String, Sides> {
    let mut sides: BTreeMap<String, Sides> = BTreeMap::new();
    for row in counted {
        sides.entry(by(row).to_owned()).or_default().add(row);
    }
    sides
}

fn sides_columns(id: &'static str, title: &'static str, size: &Scale) -> Vec<Column> {
    vec![
        Column::text(id, title).bounds(4, 18),
        Column::number("in", "IN").unit(size.unit()),
        Column::number("up", "WON").unit("%"),
        Column::number("out", "OUT").unit(size.unit()),
        Column::number("down", "WON").unit("%"),
        Column::number("errors", "FAILED").short("FAIL").priority(2),
        Column::number("missing", "MISSING").short("MISS").priority(1),
        Column::number("repair", "REPAIR").unit(size.unit()).priority(4),
        Column::number("audits", "AUDITS").priority(6),
    ]
}

fn sides_cells(name: String, sides: &Sides, size: &Scale, counts: &Scale) -> Vec<Cell> {
    vec![
        Cell::text(name),
        bytes(size, sides.put.success().bytes),
        won(&sides.put, 2),
        bytes(size, sides.get.success().bytes),
        won(&sides.get, 2),
        rare(counts, sides.all.failed().count, Tone::Text),
        rare(counts, sides.all.count(End::Missing), Tone::Bad),
        bytes(size, sides.repair.success().bytes),
        count(counts, sides.audit.all().count),
    ]
}

fn sides_scales(all: &BTreeMap<String, Sides>, total: &Sides) -> (Scale, Scale) {
    let each = || all.values().chain([total]);
    let size =
        Scale::of(each().flat_map(|sides| [&sides.put, &sides.get, &sides.repair].map(|ends| ends.success().bytes)));
    let counts = Scale::counts(each().flat_map(|sides| [sides.all.failed().count, sides.audit.all().count]));
    (size, counts)
}

fn all_of(all: &BTreeMap<String, Sides>) -> Sides {
    let mut sum = Sides::default();
    for sides in all.values() {
        sum.put.join(&sides.put);
        sum.get.join(&sides.get);
        sum.repair.join(&sides.repair);
        sum.audit.join(&sides.audit);
        sum.all.join(&sides.all);
    }
    sum
}

/// By satellite, the busiest first.
pub(super) fn satellites(counted: &[Counted], shared: &Shared) -> Table {
    let all = sides(counted, |row| &row.satellite);
    let sum = all_of(&all);
    let (size, counts) = sides_scales(&all, &sum);
    let mut order: Vec<(&String, &Sides)> = all.iter().collect();
    order.sort_by_key(|(_, sides)| std::cmp::Reverse(sides.all.all().count));
    let row = |(id, sides): (&String, &Sides)| {
        let name = match id.as_str() {
            "" => "(unknown)".to_owned(),
            id => shared.satellite_name(id),
        };
        let mut cells = sides_cells(name, sides, &size, &counts);
        cells[0] = cells[0].clone().of(id);
        let row = Row::new(id.as_str(), cells);
        match sides.all.count(End::Missing) {
            0 => row,
            _ => row.mark(shared.theme.glyphs.critical, Tone::Bad),
        }
    };
    let table = Table::new(
        sides_columns("satellite", "SATELLITE", &size),
        order.into_iter().map(row).collect(),
    );
    let table = table.empty("no transfer in this time").one_line().quiet();
    match all.len() {
        0 | 1 => table,
        _ => table.foot(vec![Row::new(
            "total",
            sides_cells("total".to_owned(), &sum, &size, &counts),
        )]),
    }
}

/// By node; what is odd is marked.
pub(super) fn nodes(counted: &[Counted], odd: &[String], shared: &Shared) -> Table {
    let all = sides(counted, |row| &row.node);
    let sum = all_of(&all);
    let (size, counts) = sides_scales(&all, &sum);
    let row = |(name, sides): (&String, &Sides)| {
        let row = Row::new(name.as_str(), sides_cells(name.clone(), sides, &size, &counts));
        match (sides.all.count(End::Missing), odd.contains(name)) {
            (1.., _) => row.mark(shared.theme.glyphs.critical, Tone::Bad),
            (_, true) => row.mark(shared.theme.glyphs.warning, Tone::Warn),
            _ => row,
        }
    };
    let table = Table::new(sides_columns("node", "NODE", &size), all.iter().map(row).collect());
    let table = table.empty("no transfer in this time").one_line().quiet();
    match all.len() {
        0 | 1 => table,
        _ => table.foot(vec![Row::new(
            "total",
            sides_cells("total".to_owned(), &sum, &size, &counts),
        )]),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::sizes::{SizeView, sizes};
    use super::*;
    use crate::domain::batch;
    use crate::ui::look::{Glyphs, Theme};
    use crate::ui::shared::Collector;
    use crate::ui::table::SortKey;

    pub(in super::super) fn shared() -> Shared {
        let theme = Theme::new(Glyphs::UNICODE, true);
        Shared::new(theme, jiff::tz::TimeZone::UTC, Collector::Inside, 1_000_000_000)
    }

    /// Every kind there is, each with a count and bytes of its own.
    fn all_kinds() -> Vec<Counted> {
        let mut rows = Vec::new();
        for node in ["a", "b"] {
            for satellite in ["s", "t", ""] {
                for action in [
                    "PUT",
                    "GET",
                    "GET_AUDIT",
                    "GET_REPAIR",
                    "PUT_REPAIR",
                    "PUT_GRACEFUL_EXIT",
                    "",
                ] {
                    for (outcome, cause) in [
                        ("success", ""),
                        ("canceled", "race_lost"),
                        ("failed", "missing_piece"),
                        ("rejected", ""),
                    ] {
                        for class in [None, Some(0), Some(3), Some(6)] {
                            let n = rows.len() as u64 + 1;
                            rows.push(Counted {
                                node: node.to_owned(),
                                satellite: satellite.to_owned(),
                                action: action.to_owned(),
                                end: End::of(outcome, cause),
                                class,
                                cell: batch::Cell { count: n, bytes: n * n },
                            });
                        }
                    }
                }
            }
        }
        rows
    }

    /// The sum of a column.
    fn sum(table: &Table, column: &str) -> f64 {
        let at = table.column(column).unwrap();
        let number = |row: &Row| match row.cells[at].sort {
            SortKey::Number(value) => value,
            _ => 0.0,
        };
        table.rows().iter().map(number).sum()
    }

    fn of_action(table: &Table, wanted: impl Fn(&str) -> bool, column: &str) -> f64 {
        let rows = table
            .rows()
            .iter()
            .filter(|row| wanted(row.key.as_str()))
            .cloned()
            .collect();
        sum(&Table::new(table.columns().to_vec(), rows), column)
    }

    #[test]
    fn every_table_has_the_same_sums() {
        let (rows, shared) = (all_kinds(), shared());
        let levels = Levels { silent: Vec::new() };
        let actions = actions(&rows, &levels, &shared);
        let (satellites, nodes) = (satellites(&rows, &shared), nodes(&rows, &[], &shared));
        for (column, action) in [("in", "PUT"), ("out", "GET")] {
            let bytes = of_action(&actions, |name| name == action, "bytes");
            assert!(bytes > 0.0);
            assert_eq!([sum(&satellites, column), sum(&nodes, column)], [bytes; 2], "{column}");
        }
        let repair = of_action(&actions, |name| name.ends_with("REPAIR"), "bytes");
        assert_eq!([sum(&satellites, "repair"), sum(&nodes, "repair")], [repair; 2]);
        let missing = sum(&actions, "missing");
        assert_eq!([sum(&satellites, "missing"), sum(&nodes, "missing")], [missing; 2]);
        for coarse in [false, true] {
            for (view, column) in [(SizeView::Count, "all"), (SizeView::Bytes, "bytes")] {
                let sizes = sizes(&rows, view, (true, coarse), &shared);
                let uploads = of_action(&actions, comes_in, column);
                let downloads = of_action(&actions, |name| !comes_in(name) && name != "GET_AUDIT", column);
                assert_eq!(
                    (sum(&sizes, "in"), sum(&sizes, "out")),
                    (uploads, downloads),
                    "{view:?}"
                );
            }
            for view in [SizeView::CountShare, SizeView::ByteShare] {
                let sizes = sizes(&rows, view, (false, coarse), &shared);
                assert!((sum(&sizes, "in") - 100.0).abs() < 1e-9 && (sum(&sizes, "out") - 100.0).abs() < 1e-9);
            }
        }
        let all: u64 = rows
            .iter()
            .filter(|row| row.end != End::Rejected)
            .map(|row| row.cell.count)
            .sum();
        assert_eq!(sum(&actions, "all"), all as f64);
    }
}
