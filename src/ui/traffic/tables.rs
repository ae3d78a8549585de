//! The tables of counts: by action, satellite and node, by size, by hour. Made when answers come.

use std::collections::BTreeMap;

use super::ends::{Class, Counted, End, Ends, comes_in, sums};
use crate::domain::chart::Chart;
use crate::ui::look::Tone;
use crate::ui::number::{self, NOT_APPLICABLE, Percent, Scale};
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

fn count(scale: &Scale, count: u64) -> Cell {
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

fn won(ends: &Ends, decimals: u8) -> Cell {
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
            Cell::text(name.to_owned()).tone(if tone == Tone::Text { Tone::Text } else { tone }),
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

/// Before a share that is too high.
fn at_most(shared: &Shared) -> &'static str {
    if shared.theme.glyphs.unicode { "≤ " } else { "<" }
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
        Column::number("repair", "REPAIR").unit(size.unit()).priority(4),
        Column::number("audits", "AUDITS").priority(6),
        Column::number("errors", "FAILED").short("FAIL").priority(2),
        Column::number("missing", "MISSING").short("MISS").priority(1),
    ]
}

fn sides_cells(name: String, sides: &Sides, size: &Scale, counts: &Scale) -> Vec<Cell> {
    vec![
        Cell::text(name),
        bytes(size, sides.put.success().bytes),
        won(&sides.put, 2),
        bytes(size, sides.get.success().bytes),
        won(&sides.get, 2),
        bytes(size, sides.repair.success().bytes),
        count(counts, sides.audit.all().count),
        rare(counts, sides.all.failed().count, Tone::Text),
        rare(counts, sides.all.count(End::Missing), Tone::Bad),
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
        let row = Row::new(id.as_str(), sides_cells(name, sides, &size, &counts));
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

/// What the table by size tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum SizeView {
    #[default]
    Count,
    CountShare,
    ByteShare,
    Bytes,
    Won,
}

impl SizeView {
    pub(super) const ALL: [Self; 5] = [Self::Count, Self::CountShare, Self::ByteShare, Self::Bytes, Self::Won];

    pub(super) fn next(self) -> Self {
        Self::ALL[(self as usize + 1) % Self::ALL.len()]
    }

    /// In the heading, and in memory.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Count => "pieces",
            Self::CountShare => "% of pieces",
            Self::ByteShare => "% of bytes",
            Self::Bytes => "bytes",
            Self::Won => "% won",
        }
    }

    pub(super) fn of(name: &str) -> Self {
        Self::ALL
            .into_iter()
            .find(|view| view.name() == name)
            .unwrap_or_default()
    }

    fn value(self, ends: &Ends, sum: &Ends) -> Option<f64> {
        let share = |part: u64, whole: u64| (whole > 0).then(|| part as f64 * 100.0 / whole as f64);
        match self {
            Self::Count => Some(ends.all().count as f64),
            Self::CountShare => share(ends.all().count, sum.all().count),
            Self::Bytes => Some(ends.success().bytes as f64),
            Self::ByteShare => share(ends.success().bytes, sum.success().bytes),
            Self::Won => ends.won(),
        }
    }
}

/// Size classes as they are shown, finely and in four.
const FINE: [(&str, std::ops::Range<u8>); 7] = [
    ("below 1 KiB", 0..1),
    ("to 4 KiB", 1..2),
    ("to 16 KiB", 2..3),
    ("to 64 KiB", 3..4),
    ("to 256 KiB", 4..5),
    ("to 1 MiB", 5..6),
    ("1 MiB and more", 6..7),
];
const COARSE: [(&str, std::ops::Range<u8>); 4] = [
    ("to 16 KiB", 0..3),
    ("to 256 KiB", 3..5),
    ("to 1 MiB", 5..6),
    ("more", 6..7),
];

/// Cells of a bar.
const BAR: usize = 9;

/// By size: uploads and downloads with repairs, without audits.
pub(super) fn sizes(
    counted: &[Counted],
    view: SizeView,
    (uploads_first, coarse): (bool, bool),
    shared: &Shared,
) -> Table {
    let class = |row: &Counted| {
        let wanted = Class::of(&row.action) != Class::Audit;
        wanted.then_some((comes_in(&row.action), row.class))
    };
    let by = sums(counted, class);
    let sum = |incoming: bool| {
        let mut sum = Ends::default();
        by.iter()
            .filter(|((way, _), _)| *way == incoming)
            .for_each(|(_, ends)| sum.join(ends));
        sum
    };
    let sums = [sum(true), sum(false)];
    let mut rows: Vec<(String, [Ends; 2])> = Vec::new();
    let classes: &[(&str, std::ops::Range<u8>)] = if coarse { &COARSE } else { &FINE };
    for (name, range) in classes {
        let of = |incoming: bool| {
            let mut ends = Ends::default();
            for class in range.clone() {
                if let Some(more) = by.get(&(incoming, Some(class))) {
                    ends.join(more);
                }
            }
            ends
        };
        rows.push(((*name).to_owned(), [of(true), of(false)]));
    }
    let unknown = [true, false].map(|way| by.get(&(way, None)).copied().unwrap_or_default());
    if unknown.iter().any(|ends| !ends.is_empty()) {
        rows.push(("size unknown".to_owned(), unknown));
    }
    let form = Sizes {
        view,
        order: if uploads_first { [0, 1] } else { [1, 0] },
        sums,
        scale: scale(view, &rows),
        most: most(view, &rows, &sums),
        shared,
    };
    form.table(&rows)
}

fn scale(view: SizeView, rows: &[(String, [Ends; 2])]) -> Scale {
    let ends = || rows.iter().flat_map(|(_, ends)| ends);
    match view {
        SizeView::Bytes => Scale::of(ends().map(|ends| ends.success().bytes)),
        _ => Scale::counts(ends().map(|ends| ends.all().count)),
    }
}

/// What fills a bar: the largest value; of success what was lost, that is where the difference is.
fn most(view: SizeView, rows: &[(String, [Ends; 2])], sums: &[Ends; 2]) -> f64 {
    let value = |(_, ends): &(String, [Ends; 2])| {
        [0, 1].map(|way| view.value(&ends[way], &sums[way]).map(|value| bar_value(view, value)))
    };
    rows.iter().flat_map(value).flatten().fold(0.0, f64::max)
}

fn bar_value(view: SizeView, value: f64) -> f64 {
    if view == SizeView::Won { 100.0 - value } else { value }
}

struct Sizes<'a> {
    view: SizeView,
    order: [usize; 2],
    sums: [Ends; 2],
    scale: Scale,
    most: f64,
    shared: &'a Shared,
}

impl Sizes<'_> {
    fn table(&self, rows: &[(String, [Ends; 2])]) -> Table {
        let unit = match self.view {
            SizeView::Count => "",
            SizeView::Bytes => self.scale.unit(),
            _ => "%",
        };
        let bar = match self.view {
            SizeView::Won => "LOST",
            _ => "",
        };
        let names = [("in", "UPLOADS", "up.bar"), ("out", "DOWNLOADS", "down.bar")];
        let mut columns = vec![Column::text("size", "SIZE").bounds(8, 14)];
        for (n, way) in self.order.into_iter().enumerate() {
            let (id, title, bar_id) = names[way];
            let short = if way == 0 { "UP" } else { "DOWN" };
            columns.push(Column::number(id, title).short(short).unit(unit).priority(n as u8));
            columns.push(
                Column::text(bar_id, bar)
                    .bounds(BAR as u16, BAR as u16)
                    .unsortable()
                    .priority(6 + n as u8),
            );
            if self.view != SizeView::Won {
                let id = if way == 0 { "up" } else { "down" };
                columns.push(Column::number(id, "WON").unit("%").priority(2 + 2 * n as u8));
            }
        }
        let rows = rows.iter().map(|(name, ends)| {
            let mut cells = vec![Cell::text(name.clone())];
            for way in self.order {
                cells.extend(self.cells(&ends[way], way));
            }
            Row::new(name.as_str(), cells)
        });
        Table::new(columns, rows.collect()).one_line().quiet()
    }

    fn cells(&self, ends: &Ends, way: usize) -> Vec<Cell> {
        let value = self.view.value(ends, &self.sums[way]);
        let text = match self.view {
            SizeView::Count => self.scale.text(ends.all().count),
            SizeView::Bytes => self.scale.text(ends.success().bytes),
            SizeView::CountShare => Percent::new(1, &[]).share(ends.all().count, self.sums[way].all().count),
            SizeView::ByteShare => Percent::new(1, &[]).share(ends.success().bytes, self.sums[way].success().bytes),
            SizeView::Won => ends.won_text(2),
        };
        let mut cells = vec![
            value.map_or_else(Cell::absent, |value| Cell::number(text, value)),
            self.bar(value.map(|value| bar_value(self.view, value)), way),
        ];
        if self.view != SizeView::Won {
            cells.push(self.outlier(won(ends, 1), ends, way));
        }
        cells
    }

    /// Far below what is usual for all sizes together.
    fn outlier(&self, cell: Cell, ends: &Ends, way: usize) -> Cell {
        let far = ends.all().count >= 100
            && ends
                .won()
                .zip(self.sums[way].won())
                .is_some_and(|(own, all)| own < all - 2.0);
        match far {
            true => Cell {
                text: format!("{}!", cell.text).into(),
                ..cell
            }
            .tone(Tone::Warn),
            false => cell,
        }
    }

    fn bar(&self, value: Option<f64>, way: usize) -> Cell {
        let Some(value) = value.filter(|_| self.most > 0.0) else {
            return Cell::empty();
        };
        let glyphs = self.shared.theme.glyphs;
        let full = ((value / self.most * BAR as f64).round() as usize).min(BAR);
        let full = full.max(usize::from(value > 0.0));
        let text = glyphs.full.repeat(full) + &glyphs.empty.repeat(BAR - full);
        let tone = if self.view == SizeView::Won {
            Tone::Warn
        } else {
            Tone::Series(way as u8)
        };
        Cell::text(text).tone(tone)
    }
}

/// The last hours, the newest first. An hour of which nothing is known says so.
pub(super) fn hours(chart: &Chart, shared: &Shared) -> Table {
    let mut hours: Vec<[Ends; 4]> = vec![Default::default(); chart.len];
    for line in &chart.lines {
        let side = match Class::of(&line.action) {
            Class::Put => 0,
            Class::Get => 1,
            Class::PutRepair | Class::GetRepair => 2,
            Class::Audit => 3,
            Class::Other => continue,
        };
        for (hour, cell) in hours.iter_mut().zip(&line.buckets) {
            hour[side].add(End::of(line.outcome.word(), ""), *cell);
        }
    }
    let now = shared.now_s();
    let rates: Vec<[i64; 3]> = (0..)
        .zip(&hours)
        .map(|(n, hour)| rates(hour, seconds(chart, n, now)))
        .collect();
    let scale = Scale::rates(rates.iter().flatten().copied());
    let columns = vec![
        Column::text("hour", "HOUR").bounds(5, 12),
        Column::number("up", "UP").unit("%"),
        Column::number("down", "DOWN").unit("%"),
        Column::number("audit", "AUDIT").unit("%").priority(2),
        Column::number("in", "IN").unit(scale.unit()),
        Column::number("out", "OUT").unit(scale.unit()),
        Column::number("repair", "REPAIR").unit(scale.unit()).priority(3),
        Column::number("audits", "AUDITS").priority(4),
    ];
    let counts = Scale::counts(hours.iter().map(|hour| hour[3].all().count));
    let row = |n: usize| {
        let begin = chart.begin + n as i64 * chart.width;
        let mut name = number::minute(begin * 1000, &shared.zone);
        if n + 1 == chart.len {
            name.push_str(" …");
        }
        let hour = &hours[n];
        let unknown = is_gap(chart, begin, begin + chart.width) && hour.iter().all(Ends::is_empty);
        let cells = if unknown {
            vec![Cell::unknown(); 7]
        } else {
            let rate = |way: usize| Cell::number(scale.text(rates[n][way]), rates[n][way] as f64);
            let passed = hour[3].passed();
            vec![
                won(&hour[0], 2),
                won(&hour[1], 2),
                passed.map_or_else(Cell::absent, |share| {
                    let tone = if share < 100.0 { Tone::Bad } else { Tone::Text };
                    Cell::number(Percent::new(1, &[]).text(share), share).tone(tone)
                }),
                rate(0),
                rate(1),
                rate(2),
                count(&counts, hour[3].all().count),
            ]
        };
        let cells = std::iter::once(Cell::number(name, begin as f64)).chain(cells);
        Row::new(begin.to_string(), cells.collect())
    };
    Table::new(columns, (0..chart.len).rev().map(row).collect())
        .one_line()
        .quiet()
}

/// How much of a bucket is over and known: of several nodes the mean.
fn seconds(chart: &Chart, n: i64, now: i64) -> i64 {
    let begin = chart.begin + n * chart.width;
    let over = (now - begin).clamp(1, chart.width);
    let unknown = chart
        .gaps
        .iter()
        .map(|gap| (gap.to.min(begin + over) - gap.from.max(begin)).max(0));
    let unknown = unknown.sum::<i64>() / chart.nodes.max(1) as i64;
    (over - unknown).max(1)
}

fn rates(hour: &[Ends; 4], seconds: i64) -> [i64; 3] {
    [0, 1, 2].map(|side| (hour[side].success().bytes as i64) / seconds.max(1))
}

/// Whether of a stretch of seconds nothing is known of any node.
pub(super) fn is_gap(chart: &Chart, from: i64, to: i64) -> bool {
    chart.nodes > 0 && chart.unknown(from, to) >= chart.nodes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::batch;
    use crate::ui::look::{Glyphs, Theme};
    use crate::ui::shared::Collector;
    use crate::ui::table::SortKey;

    fn shared() -> Shared {
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

    #[test]
    fn an_hour_that_nobody_read_is_unknown_and_one_without_traffic_is_not() {
        let hour = 3600;
        let gap = crate::domain::chart::Stretch {
            node: "a".to_owned(),
            from: 0,
            to: hour,
        };
        let chart = Chart {
            width: hour,
            len: 2,
            nodes: 1,
            gaps: vec![gap],
            ..Chart::default()
        };
        let table = hours(&chart, &shared());
        let rates: Vec<&str> = table.rows().iter().map(|row| row.text_at(4)).collect();
        assert_eq!(rates, ["0", "?"], "the newest first");
    }
}
