//! How long transfers take: the answer to [`super::message::Query::Latency`]. Durations are ms, sizes bytes, times ms
//! since the epoch; unknown is null. A figure is of one quality only: how many durations are of another is said.

use serde::{Deserialize, Serialize};

use crate::domain::transfer::{Outcome, Quality};

/// Fewer durations are too few to be compared, and too few to compare with.
pub const FEW: u64 = 50;

/// What is asked.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ask {
    /// Of which nodes; empty means all.
    pub nodes: Vec<String>,
    /// Of which satellite, by its id; all without one.
    pub satellite: Option<String>,
    /// The action nodes are compared by, the node's word.
    pub action: String,
    /// Only durations of this quality; without one the best that holds most of them, for each figure.
    pub quality: Option<Quality>,
    /// From this time on.
    pub from_ms: i64,
    /// Until before this time.
    pub to_ms: i64,
    /// The zone hours of the day are told in: seconds east of UTC.
    pub zone_s: i32,
    /// The node that is told in full.
    pub detail: Option<String>,
    /// Only whether any action of the nodes is slow, and nothing else: see [`NodeLatency::actions`].
    #[serde(default)]
    pub each_action: bool,
}

/// The answer.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Latency {
    /// What was looked at: of hours the whole.
    pub from_ms: i64,
    /// Until before this time.
    pub to_ms: i64,
    /// First second of the first bucket of [`NodeLatency::trend`], and how wide one is (s).
    pub begin: i64,
    /// See `begin`.
    pub width: i64,
    /// By name.
    pub nodes: Vec<NodeLatency>,
    /// The slowest transfers of all these nodes, the slowest first.
    pub slow: Vec<Slow>,
    /// The node that was to be told in full.
    pub detail: Option<Detail>,
}

/// How long transfers took. What too few samples do not tell is null.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Figures {
    /// How exactly they are known.
    pub quality: Quality,
    /// How many.
    pub count: u64,
    /// So many more are known, but in another quality.
    pub left_out: u64,
    /// Half of them took at most so long.
    pub p50: Option<u64>,
    /// Nine of ten.
    pub p90: Option<u64>,
    /// 19 of 20.
    pub p95: Option<u64>,
    /// 99 of 100.
    pub p99: Option<u64>,
    /// The longest.
    pub max: u64,
}

impl Figures {
    /// p95 (ms), if it is of enough durations to be compared.
    pub fn comparable(&self) -> Option<u64> {
        self.p95.filter(|_| self.count >= FEW)
    }
}

/// What a p95 was compared with; slow or not is known of that alone.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Compared {
    /// The other nodes.
    pub others: bool,
    /// Itself a week before.
    pub before: bool,
}

impl Compared {
    /// With anything.
    pub fn any(self) -> bool {
        self.others || self.before
    }
}

/// One node, by the action that was asked for.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct NodeLatency {
    /// Its name.
    pub node: String,
    /// Of what succeeded.
    pub figures: Option<Figures>,
    /// The same a week before, in the same quality.
    pub before: Option<Figures>,
    /// How transfers of the action ended: won, lost, failed, rejected; those too whose duration is unknown.
    pub ends: [u64; 4],
    /// Of each bucket p50 and p95 of what succeeded.
    pub trend: Vec<Option<(u64, Option<u64>)>>,
    /// p95 by the hour of the day, over the last seven days.
    pub heat: Vec<Option<u64>>,
    /// Whether it is slow.
    pub slow: Option<Verdict>,
    /// With what it was compared.
    #[serde(default)]
    pub compared: Compared,
    /// Starts of transfers without an end: by a restart of the node, and others.
    pub unended: (u64, u64),
    /// So many durations of the action are known of each quality, in the order of [`Quality::ALL`].
    #[serde(default)]
    pub qualities: [u64; 3],
    /// Every action of which durations are known, by name; told when it is asked for.
    #[serde(default)]
    pub actions: Vec<ActionLatency>,
    /// Whether durations of any of its transfers are known, of the range or the 24 hours before its end.
    pub has_durations: bool,
    /// What its log is like; told when it has no durations.
    pub log: Option<LogCost>,
}

/// One action of a node, of what succeeded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ActionLatency {
    /// The node's word: foreign text.
    pub action: String,
    /// How long they took.
    pub figures: Figures,
    /// p95 a week before, in the same quality.
    pub before_p95: Option<u64>,
    /// Whether it is slow.
    pub slow: Option<Verdict>,
    /// With what it was compared.
    #[serde(default)]
    pub compared: Compared,
}

/// Why a node is slow.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// p95 is so many times the median of the other nodes.
    pub times_others: Option<f64>,
    /// That median.
    pub others: Option<u64>,
    /// p95 is so many times what it was a week before.
    pub times_before: Option<f64>,
    /// Since when; `None`: for the seven days that are looked at.
    pub since_ms: Option<i64>,
}

/// The last 24 hours of a log.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct LogCost {
    /// Seconds of them that were read; null: all.
    #[serde(default)]
    pub read_s: Option<u64>,
    /// Its lines.
    pub lines: u64,
    /// Transfers that ended: each would have a line more.
    pub transfers: u64,
    /// Uploads of customers that came to an end.
    pub uploads: u64,
    /// Of them failed.
    pub failed_uploads: u64,
    /// Uploads won and lost.
    pub won: u64,
    /// See `won`.
    pub lost: u64,
    /// Bytes of a line on average; `None`: nobody knows.
    pub line_bytes: Option<u64>,
}

/// One of the slowest.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Slow {
    /// The node.
    pub node: String,
    /// The node's word: foreign text.
    pub action: String,
    /// The satellite, by its id.
    pub satellite_id: String,
    /// How it ended.
    pub outcome: Outcome,
    /// When it ended.
    pub time_ms: i64,
    /// How long it took.
    pub ms: u64,
    /// How exactly that is known.
    pub quality: Quality,
    /// Bytes.
    pub size: Option<u64>,
    /// The piece.
    pub piece: Option<String>,
}

/// A node in full.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Detail {
    /// Its name.
    pub node: String,
    /// By action, size and outcome.
    pub rows: Vec<Row>,
    /// Satellites by the action that was asked for, of what succeeded.
    pub satellites: Vec<SatelliteRow>,
    /// When races of that action are lost, by how late: the steps in order.
    pub lost: Vec<Step>,
    /// How exactly the durations of those are known.
    #[serde(default)]
    pub lost_quality: Option<Quality>,
    /// Whether they are of all satellites though one was asked for: by the hour they are kept together.
    #[serde(default)]
    pub lost_of_all: bool,
}

/// Transfers of an action, size and outcome.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// The node's word: foreign text.
    pub action: String,
    /// A word of the size classes, `unknown`; `None`: all sizes.
    pub size_class: Option<String>,
    /// How they ended.
    pub outcome: Outcome,
    /// How long they took.
    pub figures: Figures,
    /// p95 a week before, in the same quality; null when it is of too few to compare with.
    pub before_p95: Option<u64>,
    /// How many took up to each of the [`bounds`] of its quality, and longer than the last.
    pub histogram: Vec<u64>,
    /// Bytes a second, each transfer for itself.
    pub speed: Option<Speed>,
}

/// Bytes a second of transfers that succeeded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Speed {
    /// One in ten is slower.
    pub p10: Option<u64>,
    /// Half are.
    pub p50: Option<u64>,
    /// Nine in ten are.
    pub p90: Option<u64>,
}

/// A satellite of a node.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SatelliteRow {
    /// Its id.
    pub satellite_id: String,
    /// Of what succeeded.
    pub figures: Figures,
    /// p95 a week before.
    pub before_p95: Option<u64>,
    /// Won, lost, failed, rejected.
    pub ends: [u64; 4],
    /// Bytes a second, each transfer for itself; told of ranges that are read from transfers.
    #[serde(default)]
    pub speed: Option<Speed>,
}

/// Races lost by one step of lateness.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// They were lost at most so late; `None`: later than the last.
    pub up_to_ms: Option<u64>,
    /// How many.
    pub count: u64,
    /// What each of them had moved on average, where the log says so.
    pub moved: Option<u64>,
    /// The share of what was to be moved; of uploads nobody knows.
    pub share: Option<f64>,
}

/// Steps of a histogram: half octaves from 8 ms to 65 s.
const FIRST: u32 = 6;
const STEPS: u32 = 27;
/// Of durations known to 10 ms a step is wider than that: the first ends here (ms), the second an octave further.
const ARRIVAL_FIRST: u64 = 16;
/// Durations known to whole seconds are 0, 1, 2, 3 to 4, 5 to 8 s and so on: bounds lie between them (ms).
const SECONDS: [u64; 8] = [500, 1500, 2500, 4500, 8500, 16_500, 32_500, 64_500];

/// Upper bounds of a histogram's steps, ms. No step is narrower than durations of that quality are known.
pub fn bounds(quality: Quality) -> Vec<u64> {
    let octaves = (FIRST..FIRST + STEPS).map(|step| 2f64.powf(f64::from(step) / 2.0).round() as u64);
    match quality {
        Quality::Exact => octaves.collect(),
        Quality::Arrival => octaves
            .filter(|bound| *bound == ARRIVAL_FIRST || *bound >= 2 * ARRIVAL_FIRST)
            .collect(),
        Quality::Second => SECONDS.to_vec(),
    }
}

impl Figures {
    /// Every duration that is known.
    pub fn all(&self) -> u64 {
        self.count + self.left_out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_step_is_finer_than_what_is_known() {
        for (quality, least) in [(Quality::Exact, 1), (Quality::Arrival, 10), (Quality::Second, 1000)] {
            let bounds = bounds(quality);
            assert!(bounds.windows(2).all(|pair| pair[1] - pair[0] >= least), "{bounds:?}");
        }
        assert_eq!(
            (bounds(Quality::Exact)[0], bounds(Quality::Exact).last()),
            (8, Some(&65_536))
        );
        assert_eq!(bounds(Quality::Arrival)[..4], [16, 32, 45, 64]);
        // Each whole second lies in one step.
        let of = |second: u64| bounds(Quality::Second).iter().position(|bound| second * 1000 <= *bound);
        assert_eq!(
            [0, 1, 2, 3, 4, 5, 64, 65].map(of),
            [0, 1, 2, 3, 3, 4, 7, 8].map(|at| Some(at).filter(|at| *at < 8))
        );
    }
}
