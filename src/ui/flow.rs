//! Traffic over time for any pane: the chart's lines, gaps and marks, and what happens right now.

use std::collections::{BTreeMap, BTreeSet};

use super::ask::Ask;
use crate::api::message::{Answer, Query};
use crate::api::snapshot::{InFlight, Part, Window};
use crate::domain::chart::{self, Chart, MarkKind};
use crate::domain::transfer::{Class, Outcome, comes_in};
use crate::ui::chart::{Mark, Points, Range, Scale, Series, Span};
use crate::ui::look::Tone;
use crate::ui::shared::Shared;

/// The slots of its questions.
const CHART: &str = "flow.chart";
const MARKS: &str = "flow.marks";
/// Columns of a wide chart, two dots each.
const BUCKETS: usize = 400;

/// What the chart measures.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Metric {
    /// Bytes a second.
    #[default]
    Rate,
    /// Pieces a second.
    Pieces,
    /// Transfers in flight.
    Flight,
}

impl Metric {
    const ALL: [Self; 3] = [Self::Rate, Self::Pieces, Self::Flight];

    pub fn next(self) -> Self {
        Self::ALL[(self as usize + 1) % Self::ALL.len()]
    }

    pub fn unit(self) -> &'static str {
        match self {
            Self::Rate => "MB/s",
            Self::Pieces => "pieces/s",
            Self::Flight => "in flight",
        }
    }

    pub fn of(unit: &str) -> Self {
        Self::ALL
            .into_iter()
            .find(|metric| metric.unit() == unit)
            .unwrap_or_default()
    }

    fn value(self, cell: crate::domain::batch::Cell) -> f64 {
        match self {
            Self::Rate => cell.bytes as f64 / 1e6,
            _ => cell.count as f64,
        }
    }
}

/// A line of the chart, by what it sums.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    In,
    Out,
    Repair,
}

impl Way {
    const ALL: [Self; 3] = [Self::In, Self::Out, Self::Repair];

    fn name(self) -> &'static str {
        match self {
            Self::In => "in",
            Self::Out => "out",
            Self::Repair => "repair",
        }
    }

    /// Customers' uploads and downloads; repair both ways apart; audits move nothing.
    fn has(self, action: &str) -> bool {
        match self {
            Self::In => comes_in(action) && Class::of(action) != Class::PutRepair,
            Self::Out => matches!(Class::of(action), Class::Get | Class::Other) && !comes_in(action),
            Self::Repair => matches!(Class::of(action), Class::PutRepair | Class::GetRepair),
        }
    }
}

/// What the blocks over time draw.
#[derive(Debug, Default)]
pub struct Flow {
    pub metric: Metric,
    /// The mean of a node in place of the sum of all.
    pub average: bool,
    pub series: Vec<Series>,
    pub marks: Vec<Mark>,
    pub spans: Vec<Span>,
    pub scale: Scale,
    pub now: Now,
    /// Nodes that do not tell what is in flight.
    pub silent: Vec<String>,
}

/// What happens right now.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct Now {
    /// Bytes and pieces a second of the last seconds, in and out, repair included; `None`: nobody told.
    pub rates: Option<[(f64, f64); 2]>,
    /// Transfers in flight, in and out; `None`: starts are not logged.
    pub flight: [Option<u64>; 2],
    /// The node with most of them.
    pub busiest: Option<(String, u64)>,
}

/// Right now is so many seconds, the running one left out.
pub const NOW_S: usize = 10;
/// The finest of the chart of minutes, in seconds.
const FINE_S: i64 = 5;

impl Flow {
    /// What is asked for it.
    pub fn asks(&self, shared: &Shared) -> Vec<Ask> {
        let (from, to) = shared.time.seen(shared.now_s());
        let (from_ms, to_ms) = (from * 1000, to * 1000 + 1000);
        let (every_s, slowly_s) = match (shared.time.end, shared.time.range) {
            (Some(_), _) => (0, 0),
            (None, Range::Minutes15) => (3, 30),
            (None, Range::Hour) => (5, 60),
            (None, Range::Hours6 | Range::Day) => (20, 60),
            (None, _) => (60, 300),
        };
        let chart = Query::Chart(chart::Ask {
            nodes: shared.scope(),
            satellite: shared.satellite.clone(),
            from_ms,
            to_ms,
            buckets: BUCKETS,
            by_node: false,
            durations: self.durations(),
        });
        let marks = Query::Marks {
            nodes: shared.scope(),
            from_ms,
            to_ms,
        };
        let ask = |slot, key, query, every_s| Ask {
            slot,
            key,
            query,
            every_s,
        };
        vec![
            ask(CHART, self.key(shared), chart, every_s),
            ask(MARKS, shared.key(), marks, slowly_s),
        ]
    }

    /// The key of the chart: which moment was chosen on it does not matter. With what was in flight it is another
    /// question.
    fn key(&self, shared: &Shared) -> String {
        format!("{}\t{}", shared.key(), self.durations())
    }

    fn durations(&self) -> bool {
        self.metric == Metric::Flight
    }

    /// Takes up what came.
    pub fn take(&mut self, shared: &Shared) {
        let chart = match shared.answers.of(CHART, &self.key(shared)) {
            Some(Ok(Answer::Chart(chart))) => Some(chart),
            _ => None,
        };
        let marks = match shared.answers.of(MARKS, &shared.key()) {
            Some(Ok(Answer::Marks(marks))) => Some(marks.as_slice()),
            _ => None,
        };
        self.refresh(chart, marks, shared);
    }

    /// From the last answers; `None`: they are still to come, and what there was stays.
    fn refresh(&mut self, chart: Option<&Chart>, marks: Option<&[chart::Mark]>, shared: &Shared) {
        self.now = now(shared);
        self.silent = if self.metric == Metric::Flight {
            silent(shared)
        } else {
            Vec::new()
        };
        if let Some(chart) = chart {
            let nodes = if self.average { chart.nodes.max(1) as f64 } else { 1.0 };
            self.series = match self.metric {
                Metric::Flight => self.flight(chart, nodes, shared),
                _ => self.traffic(chart, nodes, shared),
            };
            self.spans = spans(chart);
        }
        if let Some(marks) = marks {
            self.marks = marks.iter().filter_map(|mark| shown(mark, shared)).collect();
        }
        let mut state = shared.time;
        state.scale = self.scale;
        state.settle(&self.series, &[], shared.now_s());
        self.scale = state.scale;
    }

    fn traffic(&self, chart: &Chart, nodes: f64, shared: &Shared) -> Vec<Series> {
        let now = shared.now_s();
        let known = known(chart, now);
        let line = |(n, way): (usize, Way)| {
            let mut values: Vec<Option<f64>> = known.iter().map(|seconds| seconds.map(|_| 0.0)).collect();
            for line in &chart.lines {
                if line.outcome != Outcome::Success || !way.has(&line.action) {
                    continue;
                }
                for ((value, seconds), cell) in values.iter_mut().zip(&known).zip(&line.buckets) {
                    let more = seconds.map(|seconds| self.metric.value(*cell) / seconds / nodes);
                    *value = value.zip(more).map(|(sum, more)| sum + more);
                }
            }
            let points = Points::Buckets {
                begin: chart.begin,
                width: chart.width,
                values,
            };
            let points = self
                .with_seconds(points, way, nodes, shared)
                .unwrap_or_else(|points| points);
            Series::new(way.name(), n as u8, points)
        };
        let all = Way::ALL.into_iter().enumerate().map(line);
        all.filter(|series| series.name != "repair" || moves(series)).collect()
    }

    /// The shortest range by seconds as far as they are told.
    fn with_seconds(&self, points: Points, way: Way, nodes: f64, shared: &Shared) -> Result<Points, Points> {
        let short = shared.time.range == Range::Minutes15 && shared.time.end.is_none() && shared.satellite.is_none();
        let windows: Vec<&Window> = windows(shared);
        let (Points::Buckets { begin, width, values }, Some(first)) = (&points, windows.first().filter(|_| short))
        else {
            return Err(points);
        };
        // As old as one window of all is, whole steps of it.
        let from = windows.iter().map(|window| window.begin).max().unwrap_or(first.begin);
        let from = (from + FINE_S - 1).div_euclid(FINE_S) * FINE_S;
        let to = shared.now_s().div_euclid(FINE_S) * FINE_S;
        let mut samples: Vec<(i64, Option<f64>)> = (0..)
            .zip(values)
            .map(|(n, value)| (begin + n * width + width / 2, *value))
            .take_while(|(second, _)| second + width / 2 <= from)
            .collect();
        for second in (from..to).step_by(FINE_S as usize) {
            let mut sum = 0.0;
            for window in &windows {
                let at = usize::try_from(second - window.begin).unwrap_or(usize::MAX);
                for flow in &window.flows {
                    if flow.outcome == Outcome::Success && way.has(&flow.action) {
                        let cells = flow.buckets.iter().skip(at).take(FINE_S as usize);
                        sum += cells.map(|cell| self.metric.value(*cell)).sum::<f64>();
                    }
                }
            }
            samples.push((second + FINE_S / 2, Some(sum / FINE_S as f64 / nodes)));
        }
        Ok(Points::Samples(samples))
    }

    /// In flight: of the last day as it was counted live, before that from how long transfers took.
    fn flight(&self, chart: &Chart, nodes: f64, shared: &Shared) -> Vec<Series> {
        let live = shared.time.range <= Range::Day && shared.satellite.is_none();
        let line = |(n, (way, part)): (usize, (Way, Part))| {
            let points = match live {
                true => counted(shared, &part, nodes),
                false => self.computed(chart, way, nodes),
            };
            Series::new(way.name(), n as u8, points)
        };
        let ways = [(Way::In, Part::Uploads), (Way::Out, Part::Downloads)];
        ways.into_iter().enumerate().map(line).collect()
    }

    /// The mean number in flight is what transfers took together, over the time.
    fn computed(&self, chart: &Chart, way: Way, nodes: f64) -> Points {
        let ours = |action: &str| way.has(action) || (Way::Repair.has(action) && comes_in(action) == (way == Way::In));
        let mut told = vec![(0_u64, 0_u64); chart.len];
        for busy in chart.busy.iter().filter(|busy| ours(&busy.action)) {
            for (sum, more) in told.iter_mut().zip(&busy.buckets) {
                *sum = (sum.0 + more.0, sum.1.saturating_add(more.1));
            }
        }
        let mut ended = vec![0_u64; chart.len];
        for line in chart.lines.iter().filter(|line| ours(&line.action)) {
            ended
                .iter_mut()
                .zip(&line.buckets)
                .for_each(|(sum, cell)| *sum += cell.count);
        }
        let values = told.iter().zip(ended).map(|((count, ms), ended)| {
            // Where most did not tell when they began, nobody knows.
            let known = ended > 0 && count * 2 >= ended;
            known.then(|| *ms as f64 / 1000.0 / chart.width as f64 / nodes)
        });
        Points::Buckets {
            begin: chart.begin,
            width: chart.width,
            values: values.collect(),
        }
    }
}

fn moves(series: &Series) -> bool {
    match &series.points {
        Points::Buckets { values, .. } => values.iter().flatten().any(|value| *value > 0.0),
        Points::Samples(samples) => samples.iter().any(|(_, value)| value.is_some_and(|value| value > 0.0)),
    }
}

/// The seconds that each bucket is of, nothing for those that are not known. Of little
/// time a rate says little: it takes half of a bucket, or ten minutes.
fn known(chart: &Chart, now: i64) -> Vec<Option<f64>> {
    let of = |n: usize| {
        let begin = chart.begin + n as i64 * chart.width;
        let seconds = seconds(chart, n as i64, now);
        let gap = is_gap(chart, begin, begin + chart.width);
        let enough = seconds * 2 >= chart.width || seconds >= 600;
        (begin < now && enough && !gap).then_some(seconds as f64)
    };
    (0..chart.len).map(of).collect()
}

fn wanted<'a, T: 'a>(shared: &'a Shared, of: impl Fn(&'a crate::api::snapshot::NodeView) -> Option<T> + 'a) -> Vec<T> {
    let nodes = shared.shown().nodes.iter();
    let nodes = nodes.filter(|(name, _)| shared.node.as_ref().is_none_or(|node| node == *name));
    nodes.filter_map(|(_, view)| of(view)).collect()
}

fn windows(shared: &Shared) -> Vec<&Window> {
    wanted(shared, |view| view.seconds.as_ref().map(|section| &*section.value))
}

/// Nodes whose log tells of no start.
fn silent(shared: &Shared) -> Vec<String> {
    let nodes = shared.shown().nodes.iter();
    let nodes = nodes.filter(|(name, _)| shared.node.as_ref().is_none_or(|node| node == *name));
    let silent = nodes.filter(|(_, view)| view.flight.as_ref().is_none_or(|flight| !tells(&flight.value)));
    silent.map(|(name, _)| name.clone()).collect()
}

fn tells(flight: &InFlight) -> bool {
    let levels = flight.levels.iter();
    levels
        .flat_map(|levels| levels.minutes.iter().chain(&levels.seconds))
        .any(Option::is_some)
}

/// What was counted live, of all nodes that tell together: known where it is known of each of them.
fn counted(shared: &Shared, part: &Part, nodes: f64) -> Points {
    let flights: Vec<&InFlight> = wanted(shared, |view| {
        view.flight
            .as_ref()
            .map(|section| &*section.value)
            .filter(|flight| tells(flight))
    });
    let short = shared.time.range == Range::Minutes15 && shared.time.end.is_none();
    let width = if short { 1 } else { 60 };
    let begins = flights.iter().map(|flight| {
        if short {
            flight.seconds_begin
        } else {
            flight.minutes_begin
        }
    });
    let begin = begins.max().unwrap_or(0);
    let mut values: Vec<Option<f64>> = Vec::new();
    for flight in &flights {
        let levels = flight.levels.iter().find(|levels| levels.part == *part);
        let Some(levels) = levels else { continue };
        let (own, list) = match short {
            true => (flight.seconds_begin, &levels.seconds),
            false => (flight.minutes_begin, &levels.minutes),
        };
        let skip = usize::try_from((begin - own) / width).unwrap_or(0);
        let told = list
            .iter()
            .skip(skip)
            .map(|level| level.map(|(mean, _)| f64::from(mean) / nodes));
        if values.is_empty() {
            values = told.collect();
            continue;
        }
        for (value, more) in values.iter_mut().zip(told) {
            *value = value.zip(more).map(|(sum, more)| sum + more);
        }
    }
    // The last one still runs.
    values.pop();
    Points::Buckets { begin, width, values }
}

/// Bytes and pieces a second that come in and go out of a node, of the last seconds; the running one is not whole.
/// `None`: too little is told.
pub fn right_now(view: &crate::api::snapshot::NodeView, now_s: i64) -> Option<[(f64, f64); 2]> {
    let window = &view.seconds.as_ref()?.value;
    // Just begun, it tells of fewer seconds.
    let known = (now_s - window.begin).clamp(0, NOW_S as i64);
    let mut sums = [(0.0, 0.0); 2];
    for flow in window.flows.iter().filter(|flow| flow.outcome == Outcome::Success) {
        let sum = &mut sums[usize::from(!comes_in(&flow.action))];
        for cell in flow.buckets.iter().rev().skip(1).take(known as usize) {
            sum.0 += cell.bytes as f64 / known as f64;
            sum.1 += cell.count as f64 / known as f64;
        }
    }
    (known >= 2).then_some(sums)
}

/// Rates and transfers in flight of this moment.
fn now(shared: &Shared) -> Now {
    let mut rates: Option<[(f64, f64); 2]> = None;
    let ours = |name: &str| shared.node.as_ref().is_none_or(|node| node == name);
    for node in shared
        .nodes()
        .iter()
        .filter(|node| ours(&node.name) && node.is_followed())
    {
        let view = shared.shown().nodes.get(&node.name);
        let Some(told) = view.and_then(|view| right_now(view, shared.now_s())) else {
            continue;
        };
        for (sum, more) in rates.get_or_insert_default().iter_mut().zip(told) {
            *sum = (sum.0 + more.0, sum.1 + more.1);
        }
    }
    let mut flight: [Option<u64>; 2] = [None; 2];
    let mut busiest: Option<(String, u64)> = None;
    for (name, view) in &shared.shown().nodes {
        let Some(open) = view.open.as_ref().filter(|open| ours(name) && !open.value.is_empty()) else {
            continue;
        };
        let mut sum = 0;
        for (action, count) in open.value.iter() {
            let way = &mut flight[usize::from(!comes_in(action))];
            *way = Some(way.unwrap_or(0) + count);
            sum += count;
        }
        if busiest.as_ref().is_none_or(|(_, most)| sum > *most) {
            busiest = Some((name.clone(), sum));
        }
    }
    Now {
        rates,
        flight,
        busiest: busiest.filter(|(_, count)| *count > 1),
    }
}

/// Stretches without data: of all nodes a gap, of some of them with their names.
fn spans(chart: &Chart) -> Vec<Span> {
    let mut edges: Vec<i64> = chart.gaps.iter().flat_map(|gap| [gap.from, gap.to]).collect();
    edges.sort_unstable();
    edges.dedup();
    let mut spans: Vec<Span> = Vec::new();
    for pair in edges.windows(2) {
        let (from, to) = (pair[0], pair[1]);
        let covering = chart.gaps.iter().filter(|gap| gap.from <= from && gap.to >= to);
        let nodes: BTreeSet<&str> = covering.map(|gap| gap.node.as_str()).collect();
        let text = match nodes.len() {
            0 => continue,
            all if all >= chart.nodes => "gap".to_owned(),
            1 => format!("without {}", nodes.first().copied().unwrap_or_default()),
            some => format!("without {some} nodes"),
        };
        match spans.last_mut().filter(|span| span.end == from && span.text == text) {
            Some(span) => span.end = to,
            None => spans.push(Span {
                begin: from,
                end: to,
                text,
            }),
        }
    }
    spans
}

/// Gaps are spans; the rest is marked.
/// A mark as charts draw it; none of a gap, which is a span.
pub fn shown(mark: &chart::Mark, shared: &Shared) -> Option<Mark> {
    let unicode = shared.theme.glyphs.unicode;
    let (glyph, tone) = match (mark.kind, unicode) {
        (MarkKind::Gap, _) => return None,
        (MarkKind::Start, true) => ('↻', Tone::Warn),
        (MarkKind::Start, false) => ('R', Tone::Warn),
        (MarkKind::Version, true) => ('↑', Tone::Accent),
        (MarkKind::Version, false) => ('V', Tone::Accent),
        (MarkKind::Compaction, _) => ('c', Tone::Muted),
        (MarkKind::Garbage, _) => ('g', Tone::Muted),
    };
    Some(Mark {
        second: mark.time_ms.div_euclid(1000),
        glyph,
        text: format!("{}: {}", mark.node, mark.text),
        tone,
    })
}

/// Whether nothing is known of any node that was asked for in the seconds `from..to`.
pub fn is_gap(chart: &Chart, from: i64, to: i64) -> bool {
    chart.nodes > 0 && chart.unknown(from, to) >= chart.nodes
}

/// The values of a stretch of time, one for each column.
pub fn columns(series: &Series, (from, to): (i64, i64), columns: u16) -> Vec<Option<f64>> {
    let count = i64::from(columns.max(1));
    let edge = |n: i64| from + (to - from) * n / count;
    let mean = |values: &mut dyn Iterator<Item = f64>| {
        let (mut sum, mut n) = (0.0, 0);
        for value in values {
            sum += value;
            n += 1;
        }
        (n > 0).then(|| sum / f64::from(n))
    };
    let of = |n: i64| {
        let (begin, end) = (edge(n), edge(n + 1).max(edge(n) + 1));
        match &series.points {
            Points::Samples(samples) => {
                let first = samples.partition_point(|(second, _)| *second < begin);
                let within = samples[first..].iter().take_while(|(second, _)| *second < end);
                let own = mean(&mut within.filter_map(|(_, value)| *value));
                // Minutes are wider than such a column: what lies between two of them is no gap.
                own.or_else(|| {
                    let (before, after) = (samples.get(first.checked_sub(1)?)?, samples.get(first)?);
                    (after.1.is_some() && after.0 - before.0 <= 60)
                        .then_some(before.1)
                        .flatten()
                })
            }
            Points::Buckets {
                begin: first,
                width,
                values,
            } => {
                let place = |second: i64| (second - first).div_euclid((*width).max(1));
                let places = place(begin)..=place(end - 1);
                let values = places.filter_map(|at| values.get(usize::try_from(at).ok()?).copied().flatten());
                mean(&mut { values })
            }
        }
    };
    (0..count).map(of).collect()
}

/// How many seconds of a bucket are over, without those of which nothing is known of any node; at least 1.
pub fn seconds(chart: &Chart, n: i64, now: i64) -> i64 {
    let begin = chart.begin + n * chart.width;
    let over = (now - begin).clamp(1, chart.width);
    let mut unknown: BTreeMap<&str, i64> = BTreeMap::new();
    for gap in &chart.gaps {
        let overlap = (gap.to.min(begin + over) - gap.from.max(begin)).max(0);
        *unknown.entry(&gap.node).or_default() += overlap;
    }
    // What is known of one node is not scaled up for another.
    let all = unknown.len() >= chart.nodes.max(1);
    let least = unknown.into_values().min().filter(|_| all);
    (over - least.unwrap_or(0)).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn between_two_minutes_there_is_no_gap_and_in_a_gap_there_is() {
        let samples = vec![
            (0, Some(1.0)),
            (60, Some(3.0)),
            (120, None),
            (180, Some(5.0)),
            (185, Some(7.0)),
        ];
        let series = Series::new("in", 0, Points::Samples(samples));
        let seen = columns(&series, (0, 200), 10);
        let expected = [1.0, 1.0, 1.0, 3.0].map(Some);
        assert_eq!(seen[..4], expected);
        assert_eq!(seen[4..9], [None; 5]);
        assert_eq!(seen[9], Some(6.0));
    }
}
