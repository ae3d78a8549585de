//! The tables: nodes by an action, one node by action and size, by satellite, by how it ended, the slowest.

use super::facts::{self, Seconds};
use super::{Latency, Shape};
use crate::api::latency::{Detail, Figures, NodeLatency, Row as Told, Slow, Speed};
use crate::api::snapshot::Running;
use crate::domain::transfer::{Class, Outcome, Quality, SIZE_CLASSES};
use crate::ui::look::Tone;
use crate::ui::number::{self, Percent, Scale};
use crate::ui::races;
use crate::ui::shared::{Shared, Sought};
use crate::ui::table::{Cell, Column, Direction, Row, SortKey, Table};

/// Columns that are drawn over.
pub(super) const HEAT: &str = "heat";
pub(super) const HISTOGRAM: &str = "histogram";
/// p95 of so many times a week before is marked.
const WORSE: f64 = 2.0;
const WON: Percent = Percent::new(1, &[]);

/// What runs now of a node; `None`: nobody knows.
pub(super) fn running<'a>(node: &str, shared: &'a Shared) -> Option<&'a std::collections::BTreeMap<String, Running>> {
    // What ran then is not kept.
    shared.moment().is_none().then_some(())?;
    let running = shared.shown().nodes.get(node)?.running.as_ref()?;
    Some(&*running.value).filter(|running| !running.is_empty())
}

fn percentiles() -> Vec<Column> {
    vec![
        Column::number("count", "COUNT"),
        Column::text("q", "Q").priority(5).bounds(2, 5),
        Column::number("p50", "p50").priority(3),
        Column::number("p90", "p90").priority(8),
        Column::number("p95", "p95"),
        Column::number("p99", "p99").priority(6),
        Column::number("max", "MAX").priority(4),
        Column::number("before", "7 d AGO p95").short("WAS p95").priority(7),
    ]
}

/// Figures as cells, in the order of [`percentiles`].
fn cells(figures: Option<&Figures>, before: Option<u64>, (form, slow): (Seconds, bool)) -> Vec<Cell> {
    let Some(figures) = figures.filter(|figures| figures.count > 0) else {
        return vec![Cell::unknown(); 8];
    };
    let quality = figures.quality;
    let time = |ms: Option<u64>| ms.map_or(Cell::unknown(), |ms| Cell::number(form.text(ms, quality), ms as f64));
    let mut p95 = time(figures.p95);
    if slow {
        p95 = Cell::number(format!("{}!", p95.text), figures.p95.unwrap_or(0) as f64).tone(Tone::Warn);
    }
    let left_out = if figures.left_out > 0 { "*" } else { "" };
    vec![
        Cell::number(
            format!("{}{left_out}", number::count(figures.count)),
            figures.count as f64,
        ),
        Cell::text(facts::word(quality)).tone(Tone::Muted),
        time(figures.p50),
        time(figures.p90),
        p95,
        time(figures.p99),
        time(Some(figures.max)),
        time(before).tone(Tone::Muted),
    ]
}

pub(super) fn won(ends: &[u64; 4]) -> Cell {
    let races = ends[0] + ends[1] + ends[2];
    match races {
        0 => Cell::absent(),
        _ => Cell::number(WON.share(ends[0], races), ends[0] as f64 / races as f64),
    }
}

/// A share of uploads at INFO, marked as Traffic does.
fn at_most(share: Cell, shared: &Shared) -> Cell {
    match share.sort {
        SortKey::Number(value) => Cell::number(format!("{}{}", races::at_most(shared), share.text), value),
        _ => share,
    }
}

fn form<'a>(all: impl IntoIterator<Item = &'a Figures>) -> Seconds {
    Seconds::of(all.into_iter().filter_map(|figures| figures.p95))
}

/// Nodes, the slow ones first, then by p95.
pub(super) fn ranked<'a>(nodes: &'a [NodeLatency], shared: &Shared) -> Vec<&'a NodeLatency> {
    let wanted = |node: &&NodeLatency| shared.node.as_ref().is_none_or(|name| node.node == *name);
    let mut nodes: Vec<&NodeLatency> = nodes.iter().filter(wanted).collect();
    let p95 = |node: &NodeLatency| facts::figures(node).and_then(|figures| figures.p95);
    nodes.sort_by(|a, b| {
        (b.slow.is_some().cmp(&a.slow.is_some()))
            .then_with(|| p95(b).cmp(&p95(a)))
            .then_with(|| a.node.cmp(&b.node))
    });
    nodes
}

/// All nodes by an action.
pub(super) fn nodes(told: &[NodeLatency], (action, heat): (&str, bool), shared: &Shared) -> Table {
    let ranked = ranked(told, shared);
    let form = form(ranked.iter().filter_map(|node| node.figures.as_ref()));
    let mut columns = vec![Column::text("node", "NODE").bounds(4, 20)];
    columns.extend(percentiles());
    columns.extend([
        Column::number("won", "WON").short("WON %").unit("%").priority(1),
        Column::number("flight", "IN FLIGHT").short("NOW").priority(9),
        Column::number("oldest", "OLDEST").priority(10),
    ]);
    let hours = Column::text(HEAT, "00 03 06 09 12 15 18 21 ")
        .bounds(24, 24)
        .priority(11);
    columns.push(if heat { hours } else { hours.hidden() });
    let glyphs = &shared.theme.glyphs;
    let row = |node: &&NodeLatency| {
        let known = facts::figures(node);
        let before = node.before.as_ref().and_then(|figures| figures.p95);
        let mut all = vec![Cell::text(node.node.clone())];
        all.extend(match (known, node.ends.iter().sum::<u64>()) {
            // Nothing of the kind happened: nothing to know.
            (None, 0) => vec![Cell::absent(); 8],
            _ => cells(known, before, (form, node.slow.is_some())),
        });
        all.push(match facts::lacks_uploads(node, action, shared) {
            true => at_most(won(&node.ends), shared),
            false => won(&node.ends),
        });
        all.extend(flight(running(&node.node, shared), action, shared));
        // Drawn over; sorted by the worst hour.
        let worst = node.heat.iter().filter_map(|ms| *ms).max();
        all.push(worst.map_or(Cell::empty(), |ms| Cell::number("", ms as f64)));
        let (mark, tone) = match (&node.slow, known) {
            (Some(_), _) => (glyphs.warning, Tone::Warn),
            (None, Some(_)) if node.compared.any() => (glyphs.good, Tone::Good),
            // Whether that is slow nobody knows.
            (None, Some(figures)) if figures.p95.is_some() => (glyphs.note, Tone::Muted),
            _ => (glyphs.unknown, Tone::Muted),
        };
        Row::new(node.node.as_str(), all).mark(mark, tone)
    };
    Table::new(columns, ranked.iter().map(row).collect())
        .empty("no node is configured, nor was one found on this host")
        .one_line()
}

/// How many of an action run, and how long the oldest does.
pub(super) fn flight(
    running: Option<&std::collections::BTreeMap<String, Running>>,
    action: &str,
    shared: &Shared,
) -> [Cell; 2] {
    let Some(running) = running else {
        return [Cell::unknown(), Cell::unknown()];
    };
    match running.get(action).filter(|of| of.count > 0) {
        None => [Cell::number("0", 0.0), Cell::absent()],
        Some(of) => {
            let ms = (shared.now_ms - of.oldest_ms).max(0);
            let oldest = Cell::number(number::duration(ms.unsigned_abs()), ms as f64);
            [Cell::number(number::count(of.count), of.count as f64), oldest]
        }
    }
}

/// Place of a size among all; all sizes together come first.
fn place(size: Option<&str>) -> usize {
    let known = |word: &str| SIZE_CLASSES.iter().position(|class| *class == word);
    size.map_or(0, |word| known(word).map_or(SIZE_CLASSES.len() + 1, |at| at + 1))
}

/// Key of a row of the table by action, size and outcome.
pub(super) fn row_key(row: &Told) -> String {
    format!(
        "{}\t{}\t{}",
        row.action,
        row.size_class.as_deref().unwrap_or("all"),
        row.outcome.word()
    )
}

/// The rows of a detail that a shape shows, in its order.
pub(super) fn shown<'a>(detail: &'a Detail, shape: Shape, action: &str) -> Vec<&'a Told> {
    let wanted = |row: &&Told| match shape {
        Shape::Sizes => row.outcome == Outcome::Success && (row.size_class.is_none() || row.action == action),
        Shape::Ends => row.size_class.is_none(),
        Shape::Satellites => false,
    };
    let mut rows: Vec<&Told> = detail.rows.iter().filter(wanted).collect();
    let size = |row: &Told| place(row.size_class.as_deref());
    rows.sort_by(|a, b| {
        let first = |row: &Told| row.action != action;
        (first(a), facts::order(&a.action), size(a), b.outcome).cmp(&(
            first(b),
            facts::order(&b.action),
            size(b),
            a.outcome,
        ))
    });
    rows
}

/// Of the races of an action and size the share that was won, as far as durations tell.
pub(super) fn ends_of(detail: &Detail, row: &Told) -> [u64; 4] {
    let mut ends = [0; 4];
    let same = detail
        .rows
        .iter()
        .filter(|other| other.action == row.action && other.size_class == row.size_class);
    for other in same {
        let at = match other.outcome {
            Outcome::Success => 0,
            // An audit is no race: a canceled one has passed.
            Outcome::Canceled if Class::of(&row.action) == Class::Audit => 0,
            Outcome::Canceled => 1,
            Outcome::Failed => 2,
            Outcome::Rejected => 3,
        };
        ends[at] += other.figures.all();
    }
    ends
}

/// What arrives is timed within so much (ms): what took less has a speed that is at least the one that is told.
const LEAST_MS: u64 = 20;

/// Columns of throughput: each transfer for itself, the middle one and the slow end.
fn speed_columns(unit: &'static str) -> [Column; 2] {
    [
        Column::number("speed", "SPEED p50")
            .short(format!("p50 {unit}"))
            .unit(unit)
            .priority(9),
        Column::number("speed_low", "SPEED p10")
            .short(format!("p10 {unit}"))
            .unit(unit)
            .priority(11),
    ]
}

/// Half of the transfers are slower than the first, one in ten is than the second.
fn speeds(speed: Option<Speed>, figures: &Figures, (scale, shared): (&Scale, &Shared)) -> [Cell; 2] {
    let sign = if shared.theme.glyphs.unicode { "≥" } else { ">=" };
    let cell = |rate: Option<u64>, took: Option<u64>| {
        let Some(rate) = rate else { return Cell::unknown() };
        let shortest = figures.quality == Quality::Arrival && took.is_some_and(|ms| ms < LEAST_MS);
        let text = match scale.text(rate) {
            text if rate > 0 && text.chars().all(|c| matches!(c, '0' | '.')) => small(rate, scale.unit()),
            text if shortest => format!("{sign}{text}"),
            text => text,
        };
        Cell::number(text, rate as f64)
    };
    // The slow end of speeds is the long end of durations.
    [
        cell(speed.and_then(|speed| speed.p50), figures.p50),
        cell(speed.and_then(|speed| speed.p10), figures.p90),
    ]
}

/// A rate the scale of the others has no figure for: `0.03`, `<0.01`.
fn small(rate: u64, unit: &str) -> String {
    let one = match unit {
        "GB/s" => 1e9,
        "MB/s" => 1e6,
        "kB/s" => 1e3,
        _ => 1.0,
    };
    match rate as f64 / one {
        ..0.005 => "<0.01".to_owned(),
        value => format!("{value:.2}"),
    }
}

/// One node: by action and size, or by how it ended.
pub(super) fn rows(detail: &Detail, pane: &Latency, shared: &Shared) -> Table {
    if pane.shape == Shape::Satellites {
        return satellites(detail, shared);
    }
    let shown = shown(detail, pane.shape, &pane.action);
    let form = form(shown.iter().map(|row| &row.figures));
    let rates = Scale::rates(shown.iter().filter_map(|row| row.speed.and_then(|speed| speed.p50)));
    let second = match pane.shape {
        Shape::Ends => Column::text("ended", "ENDED").bounds(4, 8),
        _ => Column::text("size", "SIZE").bounds(4, 9),
    };
    let mut columns = vec![Column::text("action", "ACTION").bounds(4, 14), second];
    columns.extend(percentiles());
    columns.extend([Column::number("won", "WON").short("WON %").unit("%").priority(1)]);
    columns.extend(speed_columns(rates.unit()));
    columns.extend([Column::text(HISTOGRAM, "8 ms       0.5 s     30 s ")
        .bounds(28, 28)
        .priority(10)]);
    let row = |told: &&Told| {
        let slow = told.before_p95.zip(told.figures.comparable());
        let slow = slow.is_some_and(|(before, p95)| is_worse(p95, before, told.figures.quality));
        let second = match pane.shape {
            Shape::Ends => facts::ended(&told.action, told.outcome).to_owned(),
            _ => told.size_class.clone().unwrap_or_else(|| "all".to_owned()),
        };
        let mut all = vec![Cell::text(told.action.clone()), Cell::text(second)];
        all.extend(cells(Some(&told.figures), told.before_p95, (form, slow)));
        all.push(match told.outcome {
            Outcome::Success => won(&ends_of(detail, told)),
            _ => Cell::absent(),
        });
        all.extend(match told.outcome {
            Outcome::Success => speeds(told.speed, &told.figures, (&rates, shared)),
            _ => [Cell::absent(), Cell::absent()],
        });
        // Drawn over; sorted by its middle.
        let middle = told.figures.p50;
        all.push(middle.map_or(Cell::empty(), |ms| Cell::number("", ms as f64)));
        let row = Row::new(row_key(told), all);
        if slow {
            row.mark(shared.theme.glyphs.warning, Tone::Warn)
        } else {
            row
        }
    };
    Table::new(columns, shown.iter().map(row).collect())
        .empty("no duration is known of this time")
        .one_line()
        .quiet()
}

/// Much worse than a week before, and more than the clock can err.
fn is_worse(p95: u64, before: u64, quality: Quality) -> bool {
    let least = if quality == Quality::Second { 2000 } else { 50 };
    p95 as f64 >= before as f64 * WORSE && p95 - before >= least
}

fn satellites(detail: &Detail, shared: &Shared) -> Table {
    let form = form(detail.satellites.iter().map(|row| &row.figures));
    let mut columns = vec![Column::text("satellite", "SATELLITE").short("SAT").bounds(3, 20)];
    columns.extend(percentiles());
    let rates = detail.satellites.iter();
    let rates = Scale::rates(rates.filter_map(|row| row.speed.and_then(|speed| speed.p50)));
    columns.push(Column::number("won", "WON").short("WON %").unit("%").priority(1));
    columns.extend(speed_columns(rates.unit()));
    let rows = detail.satellites.iter().map(|told| {
        let slow = told.before_p95.zip(told.figures.comparable());
        let slow = slow.is_some_and(|(before, p95)| is_worse(p95, before, told.figures.quality));
        let mut all = vec![Cell::text(shared.satellite_name(&told.satellite_id)).of(&told.satellite_id)];
        all.extend(cells(Some(&told.figures), told.before_p95, (form, slow)));
        all.push(won(&told.ends));
        all.extend(speeds(told.speed, &told.figures, (&rates, shared)));
        Row::new(told.satellite_id.as_str(), all)
    });
    Table::new(columns, rows.collect())
        .empty("no duration is known of this time")
        .one_line()
        .quiet()
}

/// Key of one of the slowest: when it began, and the node.
pub(super) fn slow_key(slow: &Slow) -> String {
    format!("{}\t{}\t{}", slow.time_ms, slow.ms, slow.node)
}

/// The line of the log that tells its end.
pub(super) fn end_of(slow: &Slow) -> Sought {
    Sought {
        node: slow.node.clone(),
        time_ms: slow.time_ms,
        piece: slow.piece.clone(),
        action: slow.action.clone(),
        satellite_id: slow.satellite_id.clone(),
        size: slow.size,
        outcome: slow.outcome,
    }
}

/// What it was, in words: `cellar: PUT of us1 that began at 05:13, won`.
pub(super) fn slow_title(slow: &Slow, shared: &Shared) -> String {
    let begun = slow.time_ms.saturating_sub_unsigned(slow.ms);
    format!(
        "{}: {} of {} that began at {}, {}",
        slow.node,
        slow.action,
        shared.satellite_name(&slow.satellite_id),
        number::moment(begun, shared.now_ms, &shared.zone),
        facts::ended(&slow.action, slow.outcome)
    )
}

/// The slowest of all nodes, or of the one alone; of one quality, if one is chosen.
pub(super) fn slowest(all: &[Slow], quality: Option<Quality>, shared: &Shared) -> Table {
    let of_node = |slow: &&Slow| shared.node.as_ref().is_none_or(|name| slow.node == *name);
    let wanted = |slow: &&Slow| of_node(slow) && quality.is_none_or(|quality| slow.quality == quality);
    let all: Vec<&Slow> = all.iter().filter(wanted).collect();
    // Of several nodes it is told first of which one.
    let node = match all
        .first()
        .is_some_and(|first| all.iter().any(|slow| slow.node != first.node))
    {
        true => 0,
        false => 9,
    };
    let form = Seconds::of(all.iter().map(|slow| slow.ms));
    let columns = vec![
        Column::number("seconds", "SECONDS"),
        Column::text("node", "NODE").bounds(4, 20).priority(node),
        Column::text("action", "ACTION").bounds(4, 14),
        Column::text("satellite", "SAT").bounds(3, 20).priority(3),
        Column::number("size", "SIZE").priority(4),
        Column::number("started", "STARTED").first(Direction::Down),
        Column::text("ended", "ENDED").bounds(3, 8).priority(1),
        Column::text("q", "Q").bounds(2, 5).priority(5),
        Column::text("piece", "PIECE").bounds(8, 52).priority(6).flexible(8),
    ];
    let row = |slow: &&Slow| {
        let begun = slow.time_ms - slow.ms as i64;
        let cells = vec![
            Cell::number(form.text(slow.ms, slow.quality), slow.ms as f64),
            Cell::text(slow.node.clone()),
            Cell::text(slow.action.clone()),
            Cell::text(shared.satellite_name(&slow.satellite_id)).of(&slow.satellite_id),
            slow.size
                .map_or(Cell::unknown(), |size| Cell::number(number::size(size), size as f64)),
            Cell::number(number::moment(begun, shared.now_ms, &shared.zone), begun as f64),
            Cell::text(facts::ended(&slow.action, slow.outcome)),
            Cell::text(facts::word(slow.quality)).tone(Tone::Muted),
            slow.piece
                .clone()
                .map_or(Cell::unknown(), |piece| Cell::text(piece).tone(Tone::Muted)),
        ];
        Row::new(slow_key(slow), cells)
    };
    Table::new(columns, all.iter().map(row).collect())
        .empty(match quality {
            Some(_) => "none of the slowest is known so",
            None => "no duration is known of this time",
        })
        .one_line()
        .quiet()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slow_end_is_a_figure_and_what_may_be_faster_says_so() {
        let theme = crate::ui::look::Theme::new(crate::ui::look::Glyphs::UNICODE, true);
        let shared = Shared::new(theme, jiff::tz::TimeZone::UTC, crate::ui::shared::Collector::Inside, 0);
        let scale = Scale::rates([5_000_000u64]);
        let told = |quality, [p50, p90]: [u64; 2], p10| {
            let figures = Figures {
                quality,
                count: 100,
                left_out: 0,
                p50: Some(p50),
                p90: Some(p90),
                p95: None,
                p99: None,
                max: p90,
            };
            let speed = Speed {
                p10: Some(p10),
                p50: Some(5_000_000),
                p90: None,
            };
            speeds(Some(speed), &figures, (&scale, &shared)).map(|cell| cell.text.to_string())
        };
        assert_eq!(told(Quality::Arrival, [10, 500], 30_000), ["≥5.0", "0.03"]);
        assert_eq!(told(Quality::Arrival, [20, 19], 800_000), ["5.0", "≥0.8"]);
        assert_eq!(told(Quality::Exact, [10, 500], 900), ["5.0", "<0.01"]);
    }
}
