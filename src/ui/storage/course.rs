//! How a disk fills from now on: at a pace, within a range, up to its limit. Used by the chart and by what if.

use super::facts::{Full, Place};
use crate::api::status::FullIn;
use crate::api::storage::Growth;

const DAY_S: f64 = 86_400.0;
/// A disk that fills more slowly than that does not fill (days): as the forecast of the collector has it.
const NEVER: f64 = 3650.0;

/// A disk and its pace. Bytes, and bytes a day.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Course {
    pub(super) used: f64,
    /// Until it is full; below zero: it is over.
    pub(super) room: f64,
    pub(super) pace: Option<f64>,
    /// The slowest and the fastest usual pace.
    pub(super) range: Option<(f64, f64)>,
}

/// What lies between the fastest and the slowest pace, second by second: lowest, highest.
pub(super) type Band = Vec<(i64, f64, f64)>;

impl Course {
    /// As a node goes on; `None`: nobody knows its room.
    pub(super) fn of(place: &Place, growth: &[Growth]) -> Option<Self> {
        let (used, free) = (place.used? as f64, place.free? as f64);
        let pace = place.growth.map(|pace| pace as f64);
        let mut usual = growth.iter().filter(|growth| Some(growth.per_day) == place.growth);
        let range = usual
            .find_map(|growth| growth.range)
            .map(|(low, high)| (low as f64, high as f64));
        Some(Self {
            used,
            room: if free > 0.0 { free } else { -(place.overused as f64) },
            pace,
            range: range.or_else(|| by_days(free, place.full)),
        })
    }

    fn days(self, pace: f64) -> Option<f64> {
        (pace > 0.0).then(|| self.room / pace).filter(|days| *days <= NEVER)
    }

    /// When it is full.
    pub(super) fn full(self) -> Full {
        let Some(pace) = self.pace else {
            return if self.room <= 0.0 { Full::Now } else { Full::Unknown };
        };
        match self.days(pace) {
            _ if self.room <= 0.0 => Full::Now,
            None => Full::Never,
            Some(likely) => Full::In(FullIn {
                low: self.range.and_then(|(_, fast)| self.days(fast)),
                likely,
                high: self.range.and_then(|(slow, _)| self.days(slow)),
            }),
        }
    }

    /// The limit.
    pub(super) fn limit(self) -> f64 {
        self.used + self.room.max(0.0)
    }

    fn after(self, pace: f64, seconds: f64) -> f64 {
        (self.used + pace * seconds / DAY_S).clamp(0.0, self.limit())
    }

    /// From `now` on until it is full, or to `end` where it is not (seconds of the epoch).
    pub(super) fn line(self, now: i64, end: i64) -> Vec<(i64, f64)> {
        let Some(pace) = self.pace.filter(|_| self.room > 0.0) else {
            return Vec::new();
        };
        let days = self.days(pace).map(|days| now.saturating_add((days * DAY_S) as i64));
        let last = days.unwrap_or(end.max(now));
        vec![(now, self.used), (last, self.after(pace, (last - now) as f64))]
    }

    /// The range from `now` to `end`, in steps of so many seconds; until it is full even at the slowest pace.
    pub(super) fn band(self, now: i64, end: i64, step: i64) -> Band {
        let Some((slow, fast)) = self.range.filter(|_| self.room > 0.0) else {
            return Vec::new();
        };
        let full = self.days(slow).map(|days| now.saturating_add((days * DAY_S) as i64));
        let end = end.min(full.unwrap_or(i64::MAX));
        let seconds = (now..=end).step_by(step.max(1) as usize);
        seconds
            .map(|second| {
                let after = |pace: f64| self.after(pace, (second - now) as f64);
                (second, after(slow), after(fast))
            })
            .collect()
    }
}

/// The usual paces, where only the days are known.
fn by_days(free: f64, full: Full) -> Option<(f64, f64)> {
    let Full::In(full) = full else { return None };
    let (low, high) = (full.low?, full.high?);
    (low > 0.0 && high >= low).then(|| (free / high, free / low))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 86_400;

    fn course(room: f64, pace: Option<f64>) -> Course {
        Course {
            used: 1_000.0,
            room,
            pace,
            range: pace.map(|pace| (pace - 5.0, pace + 10.0)),
        }
    }

    #[test]
    fn it_is_full_when_its_room_is_gone_and_not_before() {
        let days = |course: Course| match course.full() {
            Full::In(full) => (full.low, Some(full.likely), full.high),
            _ => (None, None, None),
        };
        assert_eq!(
            days(course(100.0, Some(10.0))),
            (Some(5.0), Some(10.0), Some(20.0)),
            "range of 5 to 20 a day"
        );
        assert_eq!(days(course(100.0, Some(5.0))).2, None, "it may stand still");
        assert_eq!(course(0.0, Some(10.0)).full(), Full::Now);
        assert_eq!(course(-3.0, None).full(), Full::Now);
        assert_eq!(course(3.0, None).full(), Full::Unknown);
        assert_eq!(course(3.0, Some(-1.0)).full(), Full::Never);
        assert_eq!(course(1e9, Some(1.0)).full(), Full::Never, "in ages is never");
    }

    #[test]
    fn line_and_band_end_where_it_is_full() {
        let one = course(100.0, Some(10.0));
        assert_eq!(one.line(0, DAY), [(0, 1_000.0), (10 * DAY, 1_100.0)]);
        let band = one.band(0, 100 * DAY, DAY);
        assert_eq!(band[2], (2 * DAY, 1_010.0, 1_040.0));
        assert_eq!(band[8], (8 * DAY, 1_040.0, 1_100.0), "no more than its limit");
        assert_eq!(band.last(), Some(&(20 * DAY, 1_100.0, 1_100.0)));
        assert!(band.iter().all(|(_, low, high)| low <= high));
        // What shrinks has no day, and is never less than nothing.
        let shrinks = course(100.0, Some(-1_000.0));
        assert_eq!(shrinks.line(0, 2 * DAY), [(0, 1_000.0), (2 * DAY, 0.0)]);
        assert!(course(0.0, Some(10.0)).band(0, DAY, 1).is_empty());
    }
}
