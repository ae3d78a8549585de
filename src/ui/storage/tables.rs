//! The two tables: where the bytes of each node are, and what each satellite has on one of them.

use super::facts::{self, Full, Place, SOON_DAYS};
use crate::api::storage::{NodeStorage, SatelliteStorage};
use crate::domain::task::{Job, State, Task};
use crate::support::clock::DAY_MS;
use crate::ui::look::Tone;
use crate::ui::number::{self, Percent, Scale};
use crate::ui::shared::Shared;
use crate::ui::table::{Cell, Column, Direction, Row, SortKey, Table};

const SHARE: Percent<'_> = Percent::new(0, &[]);
/// The column that bars are drawn over.
pub(super) const BAR: &str = "bar";
/// A satellite sends a bloom filter every three or four days; one older than this is late (days).
const LATE_DAYS: i64 = 8;
/// Columns of what is stored, and of it not paid.
const KEPT: std::ops::Range<usize> = 2..4;
/// Days that traffic is summed over.
const TRAFFIC_DAYS: i64 = 7;

fn told(cell: Cell, stale: bool) -> Cell {
    match (stale, cell.sort) {
        (true, SortKey::Number(_)) => cell.tone(Tone::Stale),
        _ => cell,
    }
}

/// How the figures of a table are written.
struct Form {
    size: Scale,
    growth: Scale,
}

impl Form {
    fn size(&self, bytes: Option<u64>) -> Cell {
        bytes.map_or(Cell::unknown(), |bytes| {
            Cell::number(self.size.text(bytes), bytes as f64)
        })
    }

    fn flow(&self, bytes: Option<u64>) -> Cell {
        bytes.map_or(Cell::unknown(), |bytes| {
            Cell::number(self.growth.text(bytes), bytes as f64)
        })
    }

    fn growth(&self, bytes: Option<i64>) -> Cell {
        bytes.map_or(Cell::unknown(), |bytes| {
            Cell::number(number::change(&self.growth.text(bytes)), bytes as f64)
        })
    }
}

fn percent(share: Option<(u64, u64)>) -> Cell {
    share.map_or(Cell::unknown(), |(part, whole)| {
        Cell::number(SHARE.share(part, whole), part as f64 / whole.max(1) as f64)
    })
}

/// How full it is: a bar is drawn over it.
fn fill(place: &Place) -> Cell {
    match place.used.zip(place.allocated) {
        None => Cell::empty(),
        Some((used, all)) => Cell::number(format!("{} %", SHARE.share(used, all)), used as f64 / all as f64),
    }
}

/// When it is full, as a cell.
pub(super) fn full_cell(full: Full) -> Cell {
    match full {
        Full::Unknown => Cell::unknown(),
        Full::Never => Cell::absent(),
        Full::Now => Cell::number("full", 0.0).tone(Tone::Muted),
        Full::In(full) => {
            let tone = if full.likely <= SOON_DAYS {
                Tone::Warn
            } else {
                Tone::Text
            };
            Cell::number(facts::days(full.likely), full.likely).tone(tone)
        }
    }
}

pub(super) fn range_cell(full: Full) -> Cell {
    match full {
        Full::Unknown => Cell::unknown(),
        Full::Never | Full::Now => Cell::absent(),
        Full::In(full) => facts::range(full).map_or(Cell::unknown(), |text| {
            Cell::number(text, full.low.unwrap_or(full.likely)).tone(Tone::Muted)
        }),
    }
}

/// All nodes, the most urgent first.
pub(super) fn nodes(places: &[Place], shared: &Shared) -> Table {
    let sums = Sums::of(places);
    let sizes = places.iter().flat_map(|place| [place.used, place.allocated]);
    let sums_too = [sums.used, sums.allocated].map(|sum| sum.0);
    let growths = places.iter().map(|place| place.growth).chain([sums.growth.0]);
    let flows = places.iter().filter_map(|place| place.flows);
    let flows = flows.flat_map(|(came, went)| [came, went].map(|bytes| i64::try_from(bytes).ok()));
    let form = Form {
        size: Scale::of(sizes.chain(sums_too).flatten()),
        growth: Scale::of(growths.chain(flows).flatten()),
    };
    let pace = format!("{}/d", form.growth.unit());
    let flow = |id, title| Column::number(id, title).unit(pace.clone());
    let columns = vec![
        Column::text("node", "NODE").bounds(4, 20),
        Column::number("used", "USED").unit(form.size.unit()),
        Column::number("of", "OF").priority(1),
        Column::text(BAR, "FILL")
            .flexible(12)
            .bounds(12, 70)
            .first(Direction::Down)
            .priority(9),
        Column::number("paid", "PAID").priority(3),
        Column::number("trash", "TRASH").priority(4),
        Column::number("dead", "DEAD").priority(5),
        Column::number("unexplained", "?").priority(6),
        Column::number("percent", "PAID").short("PAID %").unit("%").priority(2),
        flow("in", "IN").priority(11),
        flow("freed", "FREED").priority(12),
        Column::number("growth", "GROWTH")
            .short(pace.clone())
            .unit(pace.clone()),
        flow("out", "OUT").priority(10),
        Column::number("full", "FULL IN").first(Direction::Up),
        Column::number("range", "RANGE").first(Direction::Up).priority(8),
    ];
    let rows: Vec<Row> = places.iter().map(|place| row(place, &form, shared)).collect();
    let table = Table::new(columns, rows)
        .empty("no node is configured, nor was one found on this host")
        .one_line();
    match places.len() {
        0 | 1 => table,
        _ => table.foot(vec![fleet(&sums, &form)]),
    }
}

fn row(place: &Place, form: &Form, shared: &Shared) -> Row {
    let glyphs = &shared.theme.glyphs;
    let (sign, tone) = match place.full {
        Full::In(full) if full.likely <= SOON_DAYS => (glyphs.warning, Tone::Warn),
        Full::In(_) | Full::Never => (glyphs.good, Tone::Good),
        Full::Unknown => (glyphs.unknown, Tone::Muted),
        Full::Now => (glyphs.note, Tone::Muted),
    };
    let cells = [
        form.size(place.used),
        form.size(place.allocated),
        fill(place),
        form.size(place.paid),
        form.size(place.trash),
        form.size(place.dead),
        form.size(place.unexplained),
        percent(place.share()),
        form.flow(place.flows.map(|(came_in, _)| came_in)),
        form.flow(place.freed),
        form.growth(place.growth),
        form.flow(place.flows.map(|(_, went_out)| went_out)),
        full_cell(place.full),
        range_cell(place.full),
    ];
    let figures = cells.into_iter().map(|cell| told(cell, place.stale));
    let name = Cell::text(place.name.clone());
    Row::new(place.name.as_str(), [name].into_iter().chain(figures).collect()).mark(sign, tone)
}

/// A sum of what is known, and whether that is all.
type Sum<T> = (Option<T>, bool);

struct Sums {
    used: Sum<u64>,
    allocated: Sum<u64>,
    paid: Sum<u64>,
    trash: Sum<u64>,
    dead: Sum<u64>,
    unexplained: Sum<u64>,
    growth: Sum<i64>,
    came_in: Sum<u64>,
    freed: Sum<u64>,
    went_out: Sum<u64>,
    share: Option<(u64, u64)>,
}

fn sum<T: Copy + std::ops::Add<Output = T>>(places: &[Place], of: fn(&Place) -> Option<T>) -> Sum<T> {
    let known = places.iter().filter_map(of).reduce(|a, b| a + b);
    (known, places.iter().all(|place| of(place).is_some()))
}

impl Sums {
    fn of(places: &[Place]) -> Self {
        let shares = places.iter().filter_map(Place::share);
        Self {
            used: sum(places, |place| place.used),
            allocated: sum(places, |place| place.allocated),
            paid: sum(places, |place| place.paid),
            trash: sum(places, |place| place.trash),
            dead: sum(places, |place| place.dead),
            unexplained: sum(places, |place| place.unexplained),
            growth: sum(places, |place| place.growth),
            came_in: sum(places, |place| Some(place.flows?.0)),
            freed: sum(places, |place| place.freed),
            went_out: sum(places, |place| Some(place.flows?.1)),
            share: shares.reduce(|a, b| (a.0 + b.0, a.1 + b.1)),
        }
    }
}

/// The line of all nodes. What is not known of each of them is dim.
fn fleet(sums: &Sums, form: &Form) -> Row {
    let dim = |cell: Cell, whole: bool| if whole { cell } else { cell.tone(Tone::Muted) };
    let size = |sum: Sum<u64>| dim(form.size(sum.0), sum.1);
    let cells = vec![
        Cell::text("fleet"),
        size(sums.used),
        size(sums.allocated),
        Cell::empty(),
        size(sums.paid),
        size(sums.trash),
        size(sums.dead),
        size(sums.unexplained),
        percent(sums.share),
        dim(form.flow(sums.came_in.0), sums.came_in.1),
        dim(form.flow(sums.freed.0), sums.freed.1),
        dim(form.growth(sums.growth.0), sums.growth.1),
        dim(form.flow(sums.went_out.0), sums.went_out.1),
        Cell::empty(),
        Cell::empty(),
    ];
    Row::new("fleet", cells)
}

/// What is known of the node whose satellites are told.
pub(super) struct Known<'a> {
    pub(super) space: &'a NodeStorage,
    /// The newest filter of each satellite.
    pub(super) filters: Option<&'a [Task]>,
    /// Its work of two weeks.
    pub(super) tasks: Option<&'a [Task]>,
    /// Satellites that disqualified it.
    pub(super) gone: Vec<String>,
    /// The moment that is shown, ms since the epoch.
    pub(super) at_ms: i64,
}

/// How what came in and went out is written.
fn flow(known: &Known<'_>) -> Scale {
    let all = known.space.satellites.iter();
    Scale::of(all.flat_map(|one| {
        let (out, back) = moved(one, known.at_ms).unwrap_or((0, 0));
        [out, back]
    }))
}

/// What each satellite has on a node.
pub(super) fn satellites(known: &Known<'_>, shared: &Shared) -> Table {
    let all = &known.space.satellites;
    let paid = known.space.space.as_ref().and_then(|space| space.paid);
    let form = Form {
        size: Scale::of(
            all.iter()
                .flat_map(|one| [one.paid, one.average])
                .chain([paid])
                .flatten(),
        ),
        growth: Scale::of([0_u64]),
    };
    let flow = flow(known);
    let mut columns = vec![
        Column::text("satellite", "SATELLITE").short("SAT").bounds(4, 20),
        Column::number("paid", "PAID")
            .short(format!("PAID {}", form.size.unit()))
            .unit(form.size.unit()),
        Column::number("kept", "STORED").priority(2),
        Column::number("garbage", "GARBAGE").priority(1),
        Column::number("share", "SHARE").short("SHARE %").unit("%").priority(3),
        Column::number("tally", "TALLY OF").priority(2),
        Column::number("average", "MONTH'S MEAN").short("MEAN").priority(6),
        Column::number("in", "IN 7 d")
            .short(format!("IN {}", flow.unit()))
            .unit(flow.unit())
            .priority(4),
        Column::number("out", "OUT 7 d")
            .short(format!("OUT {}", flow.unit()))
            .unit(flow.unit())
            .priority(5),
        Column::number("filter", "BLOOM FILTER OF")
            .short("FILTER OF")
            .first(Direction::Up),
        Column::number("compacted", "LAST COMPACTED")
            .short("COMPACTED")
            .priority(1),
    ];
    let home = known.space.home();
    let keeps = all.iter().any(|one| one.kept(home).is_some());
    // Where nobody tells, two columns of unknown say nothing.
    columns.drain(if keeps { 2..2 } else { KEPT });
    let row = |one: &SatelliteStorage| {
        let traffic = moved(one, known.at_ms);
        let bytes =
            |bytes: Option<u64>| bytes.map_or(Cell::unknown(), |bytes| Cell::number(flow.text(bytes), bytes as f64));
        let gone = known.gone.contains(&one.satellite_id);
        let mut cells = vec![
            Cell::text(one.name.clone()).of(&one.satellite_id),
            form.size(one.paid),
            form.size(one.kept(home)),
            form.size(one.garbage(home)),
            if gone {
                Cell::absent()
            } else {
                percent(one.paid.zip(paid).filter(|(part, whole)| part <= whole))
            },
            tally(one, shared),
            form.size(one.average),
            bytes(traffic.map(|(into, _)| into)),
            bytes(traffic.map(|(_, out)| out)),
            filter(known, &one.satellite_id, shared),
            compacted(known, &one.satellite_id, shared),
        ];
        cells.drain(if keeps { 2..2 } else { KEPT });
        let row = Row::new(one.satellite_id.as_str(), cells);
        match (gone, &one.error) {
            (true, _) => row.mark(shared.theme.glyphs.critical, Tone::Bad),
            (false, Some(_)) => row.mark(shared.theme.glyphs.unknown, Tone::Muted),
            (false, None) => row,
        }
    };
    let rows = all.iter().map(row).collect();
    Table::new(columns, rows)
        .empty("nobody says what satellites store: name its API, or wait for its answer")
        .one_line()
}

/// The day of the tally. One that the node filled in is an estimate.
fn tally(one: &SatelliteStorage, shared: &Shared) -> Cell {
    one.paid_day_ms.map_or(Cell::unknown(), |ms| {
        let sign = if one.calculated { "~ " } else { "" };
        // Tallies are of days in UTC.
        let day = number::day(ms, &jiff::tz::TimeZone::UTC);
        let old = shared.now_ms - ms > 3 * DAY_MS && shared.moment().is_none();
        let tone = if old { Tone::Warn } else { Tone::Text };
        Cell::number(format!("{sign}{day}"), ms as f64).tone(tone)
    })
}

/// Bytes that came in and went out over the last days.
fn moved(one: &SatelliteStorage, at_ms: i64) -> Option<(u64, u64)> {
    let days = one.moved.iter().filter(|(ms, _)| *ms > at_ms - TRAFFIC_DAYS * DAY_MS);
    days.map(|(_, [out, repair, audit, into, repaired])| (into + repaired, out + repair + audit))
        .reduce(|a, b| (a.0 + b.0, a.1 + b.1))
}

/// When the newest bloom filter was made: what came to be garbage since, nobody has named.
pub(super) fn filter_ms(filters: Option<&[Task]>, satellite: &str) -> Option<i64> {
    filter_of(filters?.iter(), satellite)
}

/// The same of some of the filters.
pub(super) fn filter_of<'a>(filters: impl Iterator<Item = &'a Task>, satellite: &str) -> Option<i64> {
    let ours = filters.filter(|task| task.satellite_id.as_deref() == Some(satellite));
    ours.filter_map(|task| task.figures.filter_ms).max()
}

/// The day it was made, its age, and whether it is late.
pub(super) fn filter_text(ms: i64, at_ms: i64, zone: &jiff::tz::TimeZone) -> (String, Tone) {
    let age = (at_ms - ms).max(0);
    let late = age >= LATE_DAYS * DAY_MS;
    let day = number::day(ms, zone);
    let sign = if late { " !" } else { "" };
    let text = format!("{day}, {}{sign}", number::age(age.unsigned_abs() / 1000));
    (text, if late { Tone::Warn } else { Tone::Text })
}

fn filter(known: &Known<'_>, satellite: &str, shared: &Shared) -> Cell {
    filter_ms(known.filters, satellite).map_or(Cell::unknown(), |ms| {
        let (text, tone) = filter_text(ms, known.at_ms, &shared.zone);
        Cell::number(text, ms as f64).tone(tone)
    })
}

/// The newest compaction of a satellite's stores.
pub(super) fn compaction<'a>(tasks: Option<&'a [Task]>, satellite: &str) -> Option<&'a Task> {
    let ours = tasks?.iter().filter(|task| {
        task.job == Job::Compaction
            && task.satellite_id.as_deref() == Some(satellite)
            && matches!(task.state, State::Done | State::Running)
    });
    ours.max_by_key(|task| (task.state == State::Running, task.finished_ms.unwrap_or(task.seen_ms)))
}

fn compacted(known: &Known<'_>, satellite: &str, shared: &Shared) -> Cell {
    let Some(task) = compaction(known.tasks, satellite) else {
        return Cell::unknown();
    };
    match (task.state, task.finished_ms) {
        (State::Running, _) => Cell::number("runs now", known.at_ms as f64).tone(Tone::Accent),
        (_, Some(ms)) => {
            let took = task
                .took_ms
                .map_or(String::new(), |ms| format!(", {}", number::duration(ms)));
            let when = number::moment(ms, known.at_ms, &shared.zone);
            Cell::number(format!("{when}{took}"), ms as f64)
        }
        _ => Cell::unknown(),
    }
}
