//! The month as lines: how the estimates went, or what was earned against the month before. Made when answers come.

use super::book::Book;
use super::cash::{self, Cash};
use crate::api::money::{DayMoney, EstimatePoint, MonthState, NodeMoney, Parts};
use crate::domain::money::{Micro, Month};
use crate::support::clock::{DAY_S, HOUR_S};
use crate::ui::chart::{ChartState, Level, Points, Scale, Series};
use crate::ui::look::Tone;
use crate::ui::shared::Shared;

/// An estimate is carried so far; what is older is a gap (seconds).
const CARRIED_S: i64 = 2 * DAY_S;

/// What is drawn below the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Picture {
    /// Months, stacked by component.
    #[default]
    Bars,
    /// The estimates through the month.
    Through,
    /// What was earned, day by day, against the month before.
    Cumulative,
}

impl Picture {
    const ALL: [(Self, &'static str); 3] = [
        (Self::Bars, "months by component"),
        (Self::Through, "estimate through the month"),
        (Self::Cumulative, "against the month before"),
    ];

    pub(super) fn next(self) -> Self {
        Self::ALL[(self as usize + 1) % Self::ALL.len()].0
    }

    pub(super) fn name(self) -> &'static str {
        Self::ALL[self as usize].1
    }

    pub(super) fn of(name: &str) -> Self {
        let found = Self::ALL.into_iter().find(|(_, other)| *other == name);
        found.map(|(picture, _)| picture).unwrap_or_default()
    }

    /// What stands beside the bars, or in their place.
    pub(super) fn line(self) -> Self {
        match self {
            Self::Bars => Self::Through,
            other => other,
        }
    }
}

/// The chart.
#[derive(Debug, Default)]
pub(super) struct Lines {
    pub(super) series: Vec<Series>,
    pub(super) levels: Vec<Level>,
    pub(super) words: String,
    pub(super) state: ChartState,
    /// What the scale was settled for.
    of: Option<(Month, Picture)>,
}

impl Lines {
    pub(super) fn is_empty(&self) -> bool {
        !self.series.iter().any(|line| match &line.points {
            Points::Samples(points) => points.iter().any(|(_, value)| value.is_some()),
            Points::Buckets { values, .. } => values.iter().any(Option::is_some),
        })
    }

    /// Makes the lines of a month.
    pub(super) fn take(&mut self, book: &Book, picture: Picture, shared: &Shared) {
        let Some((month, first)) = book.month().zip(book.nodes.first()) else {
            return *self = Self::default();
        };
        let picture = picture.line();
        let now = first.now_ms.min(month.end_ms()).div_euclid(1000);
        let drawn = match picture {
            Picture::Cumulative => cumulative(book, month, now),
            _ => through(book, month, now),
        };
        (self.series, self.levels, self.words) = drawn;
        if self.of != Some((month, picture)) {
            self.state.scale = Scale::default();
            self.of = Some((month, picture));
        }
        let end = month.end_ms().div_euclid(1000);
        self.state = ChartState {
            end: Some(end),
            span: Some(end - month.start_ms().div_euclid(1000)),
            cursor: shared.time.cursor,
            log: shared.time.log,
            ..self.state
        };
        self.state.settle(&self.series, &self.levels, end);
    }
}

type Drawn = (Vec<Series>, Vec<Level>, String);

fn line(name: &str, tone: u8, points: Vec<(i64, Option<f64>)>) -> Series {
    Series::new(name, tone, Points::Samples(points))
}

/// From now to the end of the month.
fn ahead(name: &str, tone: u8, from: (i64, f64), to: (i64, f64)) -> Series {
    let points = vec![(from.0, Some(from.1)), (to.0, Some(to.1))];
    Series {
        dotted: true,
        ..line(name, tone, points)
    }
}

/// Sums of nodes' estimates hour by hour. A node's last word is carried on; while one that has words is silent there
/// is no sum.
fn sums(nodes: &[NodeMoney], of: fn(&EstimatePoint) -> Option<Micro>, cash: &Cash) -> Vec<(i64, Option<f64>)> {
    let told: Vec<Vec<(i64, Micro)>> = nodes
        .iter()
        .map(|node| {
            let points = node.through.iter();
            let known = points.filter_map(|point| Some((point.time_ms.div_euclid(1000), of(point)?)));
            known.collect()
        })
        .filter(|points: &Vec<_>| !points.is_empty())
        .collect();
    let mut hours: Vec<i64> = told
        .iter()
        .flatten()
        .map(|(second, _)| second.div_euclid(HOUR_S))
        .collect();
    hours.sort_unstable();
    hours.dedup();
    let mut places = vec![0; told.len()];
    let mut sums = Vec::with_capacity(hours.len());
    for hour in hours {
        let end = (hour + 1) * HOUR_S;
        let mut sum = Some(Micro(0));
        for (place, points) in places.iter_mut().zip(&told) {
            while points.get(*place).is_some_and(|(second, _)| *second < end) {
                *place += 1;
            }
            let last = place.checked_sub(1).and_then(|at| points.get(at));
            let fresh = last.filter(|(second, _)| end - second <= CARRIED_S);
            sum = sum.zip(fresh).map(|(sum, (_, amount))| sum + *amount);
        }
        sums.push((hour * HOUR_S, sum.map(|sum| cash.value(sum))));
    }
    sums
}

fn through(book: &Book, month: Month, now: i64) -> Drawn {
    let cash = &book.cash;
    let end = month.end_ms().div_euclid(1000);
    let mut ours = sums(&book.nodes, |point| point.ours, cash);
    let mut node = sums(&book.nodes, |point| point.node, cash);
    // A sum of fewer nodes is no word about the same money.
    let tell = |of: fn(&EstimatePoint) -> Option<Micro>| {
        let told = book.nodes.iter();
        told.filter(|node| node.through.iter().any(|point| of(point).is_some()))
            .count()
    };
    if tell(|point| point.node) < tell(|point| point.ours) {
        node.clear();
    }
    // What is estimated now ends the line.
    let estimate = book.ahead.ours.map(|ours| ours.amounts.net);
    let told = book.ahead.node.known().filter(|_| book.ahead.node.is_whole());
    for (points, last) in [(&mut ours, estimate), (&mut node, told)] {
        if let Some(last) = last.filter(|_| !points.is_empty()) {
            points.push((now, Some(cash.value(last))));
        }
    }
    let mut series = vec![line("node", 1, node), line("ours", 0, ours)];
    let mut words = "net".to_owned();
    if let Some(estimate) = book.ahead.ours {
        let middle = (now, cash.value(estimate.amounts.net));
        if let Some((low, high)) = book.ahead.range {
            for (name, bound) in [("low", low), ("high", high)] {
                series.insert(0, ahead(name, 3, middle, (end, cash.value(bound))));
            }
            words += " · between low and high in 4 of 5 months";
        }
    }
    let mut levels = Vec::new();
    let before = book.months.iter().find(|sum| sum.month == month.plus(-1));
    if let Some(net) = before.and_then(|sum| sum.settled().or(sum.ours.known())) {
        let settled = before.is_some_and(|sum| sum.stub.is_some());
        let paid = if settled { "paid" } else { "earned" };
        let name = cash::month_name(month.plus(-1));
        words = format!("net · {name} {paid} {}{}", cash.text(net), &words[3..]);
        levels.push(Level {
            value: cash.value(net),
            text: format!("{name} {paid}"),
            tone: Tone::Muted,
            fit: true,
        });
    }
    if let Some(sum) = book.of_month().filter(|sum| sum.state != MonthState::Running)
        && let Some(net) = sum.settled()
    {
        levels.push(Level {
            value: cash.value(net),
            text: "paystub".to_owned(),
            tone: Tone::Good,
            fit: true,
        });
    }
    (series, levels, words)
}

fn all_of(gross: &Parts<Micro>) -> Micro {
    gross.each().into_iter().copied().sum()
}

/// The days of a month, and which month that is.
type DaysOf = (fn(&NodeMoney) -> &[DayMoney], Month);

/// Whether a node's days are known: of a month that is over in which no day earned anything nobody told. A month that
/// runs may have earned nothing yet.
fn is_told(node: &NodeMoney, (days, month): DaysOf) -> bool {
    let mut days = days(node).iter().peekable();
    let runs = node.now_ms < month.end_ms();
    days.peek().is_some() && (runs || days.any(|day| all_of(&day.gross).0 != 0))
}

/// Sums of the nodes whose days are known, from the month's begin on: after each day what was earned until its end.
fn added_up(book: &Book, of: DaysOf, (from, to, last): (i64, i64, i64)) -> Vec<(i64, Micro)> {
    let mut days: std::collections::BTreeMap<i64, Micro> = std::collections::BTreeMap::new();
    let nodes = book.nodes.iter().filter(|node| is_told(node, of));
    for day in nodes.flat_map(of.0) {
        let earned = all_of(&day.gross);
        *days.entry(day.start_ms.div_euclid(1000)).or_default() += earned;
    }
    let mut sum = Micro(0);
    let mut points = vec![(to, sum)];
    for (begin, earned) in days {
        sum += earned;
        let end = (begin + DAY_S).min(last) - from + to;
        points.push((end, sum));
    }
    if points.len() == 1 {
        points.clear();
    }
    points
}

fn cumulative(book: &Book, month: Month, now: i64) -> Drawn {
    let cash = &book.cash;
    let (start, end) = (month.start_ms().div_euclid(1000), month.end_ms().div_euclid(1000));
    let before = month.plus(-1).start_ms().div_euclid(1000);
    let drawn = |points: &[(i64, Micro)]| points.iter().map(|(at, sum)| (*at, Some(cash.value(*sum)))).collect();
    let (days, days_before): (DaysOf, DaysOf) =
        ((|node| &node.days, month), (|node| &node.days_before, month.plus(-1)));
    let ours = added_up(book, days, (start, start, now));
    let last = added_up(book, days_before, (before, start, start));
    let name = cash::month_name(month);
    let mut series = vec![
        line(&cash::month_name(month.plus(-1)), 1, drawn(&last)),
        line(&name, 0, drawn(&ours)),
    ];
    if let (Some(estimate), Some((at, sum))) = (book.ahead.ours, ours.last()) {
        let to = (end, cash.value(estimate.amounts.gross));
        series.insert(0, ahead("expected", 3, (*at, cash.value(*sum)), to));
    }
    let then = last.iter().rev().find(|(at, _)| *at <= now).map(|(_, sum)| *sum);
    let (so_far, by_then) = match book.is_past() {
        true => ("", ""),
        false => (" so far", " by then"),
    };
    let earned = |sum: Micro| format!("gross: {}{so_far}{}", cash.text(sum), told_by(book, days));
    let words = match (ours.last(), then) {
        (Some((_, sum)), Some(then)) => {
            let apart = cash::apart(*sum - then, then).map_or(String::new(), |apart| format!(", {apart}"));
            format!(
                "{} · {} {}{by_then}{apart}{}",
                earned(*sum),
                cash::month_name(month.plus(-1)),
                cash.text(then),
                told_by(book, days_before)
            )
        }
        (Some((_, sum)), None) => format!("{} · {}", earned(*sum), unknown_days(month.plus(-1))),
        (None, _) if book.is_past() => unknown_days(month),
        (None, _) => "gross, day by day".to_owned(),
    };
    (series, Vec::new(), words)
}

fn unknown_days(month: Month) -> String {
    format!("days of {} are not known", cash::month(month))
}

/// ` (2 of 3 nodes)`: of whom days are known, where it is not all that earned.
fn told_by(book: &Book, of: DaysOf) -> String {
    let earned = |node: &&NodeMoney| {
        let mut months = node.history.iter().filter(|one| one.month == of.1);
        months.any(|one| all_of(&one.gross).0 != 0)
    };
    let earning: Vec<&NodeMoney> = book.nodes.iter().filter(earned).collect();
    let told = earning.iter().filter(|node| is_told(node, of)).count();
    match told == earning.len() {
        true => String::new(),
        false => format!(" ({told} of {} nodes)", earning.len()),
    }
}
