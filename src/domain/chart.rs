//! Traffic over time in equal buckets, what is not known of it, and what happened meanwhile. Made by `store`,
//! drawn by viewers.

use serde::{Deserialize, Serialize};

use super::batch::Cell;
use super::transfer::Outcome;
use crate::support::clock::{DAY_S, HOUR_S};

/// Which chart.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ask {
    /// Of which nodes; empty means all.
    pub nodes: Vec<String>,
    /// Of which satellite, by its id; all without one.
    pub satellite: Option<String>,
    /// From this time on, ms since the epoch.
    pub from_ms: i64,
    /// Until before this time.
    pub to_ms: i64,
    /// At most so many buckets; more than [`MOST_BUCKETS`] are never given.
    pub buckets: usize,
    /// Each node apart, else their sum.
    pub by_node: bool,
    /// With how long transfers took.
    pub durations: bool,
}

/// A chart never has more buckets.
pub const MOST_BUCKETS: usize = 2000;

/// Traffic in equal buckets. A bucket is whole minutes, hours or days long, and begins at a multiple of that;
/// the last one ends with what was asked for.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Chart {
    /// First second of the first bucket.
    pub begin: i64,
    /// Width of a bucket, seconds.
    pub width: i64,
    /// Number of buckets.
    pub len: usize,
    /// Of how many nodes it is.
    pub nodes: usize,
    /// What there was.
    pub lines: Vec<Line>,
    /// How long transfers took. Empty when not asked for, and where a bucket is shorter than an hour.
    pub busy: Vec<Busy>,
    /// Of these stretches nothing is known: a bucket within is no zero.
    pub gaps: Vec<Stretch>,
}

/// One line of a chart.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// Of which node; `None`: of all that were asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
    /// The node's word: foreign text.
    pub action: String,
    /// How the transfers ended.
    pub outcome: Outcome,
    /// Count and bytes of each bucket.
    pub buckets: Vec<Cell>,
}

/// How long the transfers of an action took, by the bucket they ended in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Busy {
    /// Of which node; `None`: of all that were asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
    /// The node's word: foreign text.
    pub action: String,
    /// Of each bucket how many transfers told how long they took, and the sum of it (ms, within 1 %). Over the
    /// bucket's length this is the mean number in flight, if nearly all of them told.
    pub buckets: Vec<(u64, u64)>,
}

/// A stretch of time of a node, seconds since the epoch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stretch {
    /// The node's name.
    pub node: String,
    /// First second.
    pub from: i64,
    /// The second behind its end.
    pub to: i64,
}

/// What a mark tells of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MarkKind {
    /// The node's process started.
    Start,
    /// It runs another release from then on.
    Version,
    /// Nothing was collected.
    Gap,
    /// A hashstore was compacted.
    Compaction,
    /// Garbage was collected.
    Garbage,
}

/// Something that happened to a node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// When, or when it began, ms since the epoch.
    pub time_ms: i64,
    /// When it ended, if it took time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until_ms: Option<i64>,
    /// The node's name.
    pub node: String,
    /// What it was.
    pub kind: MarkKind,
    /// In words; may hold foreign text.
    pub text: String,
}

/// Widths of a bucket: whole minutes, hours, days.
const WIDTHS: [i64; 22] = [
    60,
    120,
    180,
    300,
    600,
    900,
    1200,
    1800,
    HOUR_S,
    2 * HOUR_S,
    3 * HOUR_S,
    4 * HOUR_S,
    6 * HOUR_S,
    12 * HOUR_S,
    DAY_S,
    2 * DAY_S,
    3 * DAY_S,
    5 * DAY_S,
    7 * DAY_S,
    14 * DAY_S,
    28 * DAY_S,
    91 * DAY_S,
];

impl Ask {
    /// The first second and the second behind the end: what is to be looked at, whole minutes.
    pub fn seconds(&self) -> (i64, i64) {
        let minute = |ms: i64| ms.div_euclid(60_000) * 60;
        (minute(self.from_ms), minute(self.to_ms.saturating_add(59_999)))
    }

    /// An empty chart whose buckets are at least `least` seconds wide, and no more than was asked for.
    pub fn empty(&self, least: i64) -> Chart {
        let most = self.buckets.clamp(1, MOST_BUCKETS) as i64;
        let (from, to) = self.seconds();
        let of = |width: i64| {
            let begin = from.div_euclid(width) * width;
            (
                begin,
                to.saturating_sub(begin).saturating_add(width - 1).div_euclid(width),
            )
        };
        let known = WIDTHS.into_iter().filter(|width| *width >= least);
        let wide = (1..40).map(|n| (91 * DAY_S) << n);
        let width = known.chain(wide).find(|width| of(*width).1 <= most);
        let width = width.unwrap_or(i64::MAX / 2);
        let (begin, len) = of(width);
        Chart {
            begin,
            width,
            len: if self.from_ms < self.to_ms {
                len.max(0) as usize
            } else {
                0
            },
            ..Chart::default()
        }
    }
}

impl Chart {
    /// The bucket a second lies in.
    pub fn bucket(&self, second: i64) -> Option<usize> {
        let bucket = second.checked_sub(self.begin)?.div_euclid(self.width.max(1));
        usize::try_from(bucket).ok().filter(|bucket| *bucket < self.len)
    }

    /// Of how many nodes nothing at all is known of the seconds `from..to`.
    pub fn unknown(&self, from: i64, to: i64) -> usize {
        let covering = self.gaps.iter().filter(|gap| gap.from <= from && gap.to >= to);
        let mut nodes: Vec<&str> = covering.map(|gap| gap.node.as_str()).collect();
        nodes.dedup();
        nodes.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_are_whole_and_no_more_than_asked_for() {
        let day = DAY_S * 1000;
        for (from_ms, to_ms, buckets, least, width, len) in [
            (0, 3_600_000, 60, 60, 60, 60),
            (30_000, 3_600_000, 60, 60, 60, 60),
            (59_999, 3_600_001, 60, 60, 120, 31),
            (0, day, 100, 60, 900, 96),
            (0, day, 100, HOUR_S, HOUR_S, 24),
            (0, 365 * day, 400, 60, DAY_S, 365),
            (0, 365 * day, 0, 60, 364 * DAY_S, 2),
            (0, 1, 1, 60, 60, 1),
            (5, 5, 10, 60, 60, 0),
            (7, 3, 10, 60, 60, 0),
        ] {
            let ask = Ask {
                from_ms,
                to_ms,
                buckets,
                ..Ask::default()
            };
            let chart = ask.empty(least);
            if buckets > 0 {
                assert_eq!((chart.width, chart.len), (width, len), "{ask:?}");
            }
            assert!(chart.len <= buckets.max(1) && chart.begin % chart.width == 0);
        }
        let all = Ask {
            from_ms: i64::MIN / 2,
            to_ms: i64::MAX / 2,
            buckets: 10,
            ..Ask::default()
        };
        assert!(all.empty(60).len <= 10);
    }

    #[test]
    fn a_second_is_in_the_bucket_that_holds_it() {
        let chart = Chart {
            begin: 120,
            width: 60,
            len: 2,
            ..Chart::default()
        };
        let at = [119, 120, 179, 180, 239, 240].map(|second| chart.bucket(second));
        assert_eq!(at, [None, Some(0), Some(0), Some(1), Some(1), None]);
        assert_eq!(chart.bucket(i64::MIN), None);
    }
}
