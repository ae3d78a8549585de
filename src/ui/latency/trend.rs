//! p50 and p95 over the shared range: of the node that is told in full beside the others, or of each node. Made when
//! answers come.

use super::facts;
use crate::api::latency::{Latency, NodeLatency};
use crate::domain::chart::Mark as Told;
use crate::support::middle::median_of;
use crate::ui::chart::{ChartState, Mark, Points, Scale, Series};
use crate::ui::flow;
use crate::ui::shared::Shared;

/// Lines a chart can tell apart.
const MOST_LINES: usize = 6;

/// What the chart shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Measure {
    /// p95 and p50 of one node, and the median p95 of the others.
    #[default]
    One,
    /// p95 of the slowest nodes.
    P95,
    /// p50 of the slowest nodes.
    P50,
}

impl Measure {
    const ALL: [(Self, &'static str); 3] = [
        (Self::One, "p95 and p50 of one node"),
        (Self::P95, "p95 of each node"),
        (Self::P50, "p50 of each node"),
    ];

    pub(super) fn next(self) -> Self {
        Self::ALL[(self as usize + 1) % Self::ALL.len()].0
    }

    pub(super) fn name(self) -> &'static str {
        Self::ALL[self as usize].1
    }

    pub(super) fn of(name: &str) -> Self {
        let found = Self::ALL.into_iter().find(|(_, other)| *other == name);
        found.map(|(measure, _)| measure).unwrap_or_default()
    }
}

/// The chart.
#[derive(Debug, Default)]
pub(super) struct Trend {
    pub(super) measure: Measure,
    pub(super) series: Vec<Series>,
    pub(super) marks: Vec<Mark>,
    pub(super) scale: Scale,
    /// Whether there is an answer.
    pub(super) told: bool,
}

type Bucket = Option<(u64, Option<u64>)>;

fn p50(bucket: &Bucket) -> Option<u64> {
    bucket.map(|(p50, _)| p50)
}

fn p95(bucket: &Bucket) -> Option<u64> {
    bucket.and_then(|(_, p95)| p95)
}

impl Trend {
    /// Takes up what came.
    pub(super) fn take(&mut self, told: Option<&Latency>, (subject, marks): (Option<&str>, &[Told]), shared: &Shared) {
        self.told = told.is_some();
        self.series = told.map_or(Vec::new(), |told| lines(told, self.measure, subject));
        let of = |mark: &&Told| subject.is_none_or(|name| mark.node == name);
        self.marks = marks
            .iter()
            .filter(of)
            .filter_map(|mark| flow::shown(mark, shared))
            .collect();
        let mut state = ChartState {
            scale: self.scale,
            ..shared.time
        };
        state.settle(&self.series, &[], shared.now_s());
        self.scale = state.scale;
    }

    /// Whether anything is known to draw.
    pub(super) fn is_empty(&self) -> bool {
        self.series.is_empty()
    }
}

fn lines(told: &Latency, measure: Measure, subject: Option<&str>) -> Vec<Series> {
    let line = |name: &str, tone: usize, values: Vec<Option<u64>>| {
        let seconds = |ms: Option<u64>| ms.map(|ms| ms as f64 / 1000.0);
        let points = Points::Buckets {
            begin: told.begin,
            width: told.width,
            values: values.into_iter().map(seconds).collect(),
        };
        Series::new(name, tone as u8, points)
    };
    let of = |node: &NodeLatency, value: fn(&Bucket) -> Option<u64>| node.trend.iter().map(value).collect::<Vec<_>>();
    match measure {
        Measure::One => {
            let node = told.nodes.iter().find(|node| Some(node.node.as_str()) == subject);
            let Some(node) = node.filter(|node| !node.trend.is_empty()) else {
                return Vec::new();
            };
            let mut lines = vec![line("p50", 2, of(node, p50)), line("p95", 0, of(node, p95))];
            let others: Vec<&NodeLatency> = told.nodes.iter().filter(|other| other.node != node.node).collect();
            let median = |at: usize| {
                let known = others.iter().filter_map(|node| p95(node.trend.get(at)?));
                median_of(known)
            };
            let others: Vec<Option<u64>> = (0..node.trend.len()).map(median).collect();
            if others.iter().any(Option::is_some) {
                lines.insert(0, line("others p95", 1, others));
            }
            lines
        }
        Measure::P95 | Measure::P50 => {
            let value = if measure == Measure::P95 { p95 } else { p50 };
            let mut nodes: Vec<&NodeLatency> = told.nodes.iter().filter(|node| !node.trend.is_empty()).collect();
            let rank = |node: &NodeLatency| facts::figures(node).and_then(|figures| figures.p95);
            nodes.sort_by_key(|node| std::cmp::Reverse(rank(node)));
            nodes.truncate(MOST_LINES);
            let lines = nodes.into_iter().enumerate();
            lines
                .map(|(tone, node)| line(&node.node, tone, of(node, value)))
                .collect()
        }
    }
}
