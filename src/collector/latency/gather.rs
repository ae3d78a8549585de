//! Durations of one node over a range, put together from sketches of hours and days, and from the transfers themselves
//! where a range does not end with an hour, or is short.

use std::collections::BTreeMap;

use crate::domain::latency::{self, LOST_STEPS, Lost, MOST_SLOW, Slow};
use crate::domain::transfer::{Outcome, Quality, size_class};
use crate::store::block::Row;
use crate::store::latency::SizeKey;
use crate::store::transfers::each_row;
use crate::store::{Reader, Result};
use crate::support::clock::HOUR_S;
use crate::support::sketch::{Sketch, Sum};

/// Ranges up to this long are read from transfers, if they are not more than so many.
const SHORT_S: i64 = 6 * HOUR_S;
const MOST_ROWS: u64 = 1_000_000;

/// What of a range is read where (seconds).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Plan {
    /// Whole hours, from sketches; may be empty.
    pub(super) hours: (i64, i64),
    /// The rest behind them, from transfers (ms); may be empty.
    pub(super) rest_ms: (i64, i64),
    /// Width of the buckets the trend is made in.
    pub(super) width: i64,
}

impl Plan {
    /// For a range (ms) of nodes (their rows) that are looked at `now`.
    pub(super) fn of(reader: &Reader, nodes: &[i64], (from_ms, to_ms): (i64, i64), now_ms: i64) -> Result<Self> {
        let down = |ms: i64| ms.div_euclid(HOUR_S * 1000) * HOUR_S;
        let about = |range: (i64, i64)| {
            let counts = nodes.iter().map(|node| reader.transfers_about(*node, range));
            counts.sum::<Result<u64>>()
        };
        let span = (to_ms - from_ms) / 1000;
        if span <= SHORT_S && about((from_ms, to_ms))? <= MOST_ROWS {
            let width = [60, 120, 300, 600].into_iter().find(|width| span / width <= 60);
            return Ok(Self {
                hours: (0, 0),
                rest_ms: (from_ms, to_ms),
                width: width.unwrap_or(HOUR_S),
            });
        }
        let first = down(from_ms);
        let width = [1, 2, 4, 12, 24]
            .into_iter()
            .find(|hours| span / (hours * HOUR_S) <= 200);
        let width = width.unwrap_or(24) * HOUR_S;
        // The present hour holds nothing of the future; one of the past does, behind the moment.
        if to_ms >= now_ms - 60_000 {
            let hours = (first, down(to_ms) + HOUR_S);
            let rest_ms = (to_ms, to_ms);
            return Ok(Self { hours, rest_ms, width });
        }
        let hours = (first, down(to_ms).max(first));
        let mut rest_ms = (hours.1 * 1000, to_ms);
        if about(rest_ms)? > MOST_ROWS {
            rest_ms = (to_ms, to_ms);
        }
        Ok(Self { hours, rest_ms, width })
    }

    /// First second of the trend, and how many buckets it has.
    pub(super) fn trend(&self, to_ms: i64) -> (i64, usize) {
        let from = if self.hours.0 < self.hours.1 {
            self.hours.0
        } else {
            self.rest_ms.0.div_euclid(1000)
        };
        let begin = from.div_euclid(self.width) * self.width;
        let len = (to_ms.div_euclid(1000) - begin).max(0) / self.width + 1;
        (begin, usize::try_from(len).unwrap_or(0))
    }
}

/// What of a node's transfers is looked at.
#[derive(Debug, Clone, Copy)]
pub(super) struct Of {
    /// The row of the action nodes are compared by.
    pub(super) action: i64,
    /// The row of the satellite that is looked at alone.
    pub(super) satellite: Option<i64>,
    /// Lost races are of all satellites all the same: those of whole hours, which they are added to, are.
    pub(super) lost_of_all: bool,
}

/// What transfers themselves tell of a node.
#[derive(Default)]
pub(super) struct Raw {
    /// Of what succeeded of the action, by bucket of the trend and quality.
    pub(super) flow: BTreeMap<(i64, Quality), Sketch>,
    /// By satellite, action, outcome, quality, size class (-1: unknown).
    pub(super) sizes: BTreeMap<SizeKey, Sketch>,
    /// Speeds by action, quality, size class.
    pub(super) speeds: BTreeMap<(i64, Quality, i64), Sketch>,
    /// Speeds of the action by satellite and quality.
    pub(super) satellite_speeds: BTreeMap<(i64, Quality), Sketch>,
    pub(super) lost: BTreeMap<Quality, [Lost; LOST_STEPS]>,
    /// The slowest by action.
    pub(super) slow: BTreeMap<i64, Vec<Slow<i64>>>,
    pub(super) any: bool,
}

impl Raw {
    /// Of a node within `range` (ms).
    pub(super) fn of(reader: &Reader, node: i64, (range, width): ((i64, i64), i64), of: Of) -> Result<Self> {
        let mut raw = Self::default();
        if range.0 >= range.1 {
            return Ok(raw);
        }
        each_row(reader, node, range, |row| {
            raw.any |= row.duration.is_some();
            let wanted = of.satellite.is_none_or(|satellite| satellite == row.satellite);
            if wanted {
                raw.add(row, width, of.action);
            }
            if wanted || of.lost_of_all {
                raw.add_lost(row, of.action);
            }
        })?;
        Ok(raw)
    }

    fn add(&mut self, row: &Row, width: i64, action: i64) {
        let Some((ms, quality)) = row.duration else {
            return;
        };
        let second = row.time_ms.div_euclid(1000);
        let class = row.size.map_or(-1, |size| i64::from(size_class(size)));
        let key = (row.satellite, row.action, row.outcome as i64, quality as i64, class);
        self.sizes.entry(key).or_default().add(ms.into());
        if let Some(speed) = latency::speed(row) {
            self.speeds.entry((row.action, quality, class)).or_default().add(speed);
            if row.action == action {
                let key = (row.satellite, quality);
                self.satellite_speeds.entry(key).or_default().add(speed);
            }
        }
        if row.action == action && row.outcome == Outcome::Success {
            let bucket = second.div_euclid(width) * width;
            self.flow.entry((bucket, quality)).or_default().add(ms.into());
        }
        let slow = Slow {
            time_ms: row.time_ms,
            satellite: row.satellite,
            outcome: row.outcome,
            ms,
            quality,
            size: row.size,
            piece: None,
        };
        latency::keep_slowest(self.slow.entry(row.action).or_default(), slow, MOST_SLOW * 2);
    }

    fn add_lost(&mut self, row: &Row, action: i64) {
        if let Some((ms, quality)) = row.duration
            && row.action == action
            && row.outcome == Outcome::Canceled
        {
            let steps = self.lost.entry(quality).or_default();
            steps[usize::from(latency::lost_step(ms.into()))].add(latency::lost(row));
        }
    }
}

/// Durations of an action that ended in a bucket (its first second), in one quality.
pub(super) type Told = (i64, Quality, Sketch);

/// Durations of one action of a node over time.
pub(super) struct Flow(Vec<Told>);

impl Flow {
    /// Of hours (seconds).
    pub(super) fn of(reader: &Reader, of: (i64, i64, Option<i64>), hours: (i64, i64)) -> Result<Self> {
        let mut flow = Vec::new();
        reader.each_flow(of, hours, |bucket, quality, bytes| {
            flow.push((bucket, quality, Sketch::from_bytes(bytes)?));
            Some(())
        })?;
        Ok(Self(flow))
    }

    /// Of transfers themselves.
    pub(super) fn of_raw(raw: &BTreeMap<(i64, Quality), Sketch>) -> Self {
        let raw = raw.iter();
        Self(
            raw.map(|((bucket, quality), sketch)| (*bucket, *quality, sketch.clone()))
                .collect(),
        )
    }

    /// What ended in buckets that begin within `from..to`.
    pub(super) fn within(&self, (from, to): (i64, i64)) -> Vec<&Told> {
        self.0
            .iter()
            .filter(|(bucket, ..)| (from..to).contains(bucket))
            .collect()
    }
}

/// How many there are of each quality.
pub(super) fn counts(told: &[&Told]) -> [u64; 3] {
    let mut counts = [0; 3];
    told.iter()
        .for_each(|(_, quality, sketch)| counts[*quality as usize] += sketch.count());
    counts
}

/// All of a quality.
pub(super) fn sum(told: &[&Told], quality: Quality) -> Sketch {
    let mut sum = Sum::default();
    let of = told.iter().filter(|(_, other, _)| *other == quality);
    of.for_each(|(.., sketch)| sum.merge(sketch));
    sum.sketch()
}

/// All of a quality by a key of the bucket's first second.
pub(super) fn by<K: Ord>(told: &[&Told], quality: Quality, key: impl Fn(i64) -> K) -> BTreeMap<K, Sketch> {
    let mut sums: BTreeMap<K, Sum> = BTreeMap::new();
    for (bucket, other, sketch) in told {
        if *other == quality {
            sums.entry(key(*bucket)).or_default().merge(sketch);
        }
    }
    sums.into_iter().map(|(key, sum)| (key, sum.sketch())).collect()
}
