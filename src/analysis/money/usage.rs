//! What a satellite stored and moved in a month, by its days. A tally counts for the whole time since the one before it:
//! days without one are no loss once the next is there.

use super::{Account, DAY_MS, HOUR_MS};
use crate::domain::detail::{MovedDay, StoredDay};
use crate::domain::money::Month;

/// A tally that stands for longer is a slip: no satellite is silent for two months and tells of it later.
const LONGEST_H: f64 = 62.0 * 24.0;
/// A tally comes up to a day after its day.
const LATE_MS: i64 = DAY_MS;

/// A tally.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tally {
    /// Midnight of its day, ms since the epoch.
    pub day_ms: i64,
    /// Its byte-hours.
    pub byte_hours: f64,
    /// Hours it stands for.
    pub hours: f64,
}

impl Tally {
    /// Bytes, on the average of its time.
    pub fn bytes(&self) -> f64 {
        self.byte_hours / self.hours
    }
}

/// Tallies that count. A row is none when the node filled it in, or when the satellite had not finished it: then it
/// tells neither hours nor bytes. What follows such a row stands for the time since the last whole one.
pub fn tallies(days: &[StoredDay]) -> Vec<Tally> {
    let mut tallies: Vec<Tally> = Vec::new();
    for day in days {
        let is_whole = day.hours.is_some() || day.bytes.is_some();
        if day.calculated || !is_whole || day.byte_hours <= 0.0 {
            continue;
        }
        let since = tallies
            .last()
            .map_or(24.0, |last| (day.start_ms - last.day_ms) as f64 / HOUR_MS as f64);
        let told = day.hours.filter(|hours| (0.0..=LONGEST_H).contains(hours));
        tallies.push(Tally {
            day_ms: day.start_ms,
            byte_hours: day.byte_hours,
            hours: told.unwrap_or(since).max(1.0),
        });
    }
    tallies
}

/// Hours tallies stand for. Releases up to 1.161 cut hours off: there days are counted.
pub fn covered_h(tallies: &[Tally]) -> f64 {
    let (Some(first), Some(last)) = (tallies.first(), tallies.last()) else {
        return 0.0;
    };
    if tallies.iter().any(|tally| tally.hours.fract() > 0.0) {
        return tallies.iter().map(|tally| tally.hours).sum();
    }
    let first_h = ((first.hours / 24.0).round() * 24.0).max(24.0);
    (last.day_ms - first.day_ms) as f64 / HOUR_MS as f64 + first_h
}

/// A month of a satellite so far.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Usage {
    /// Byte-hours of the tallies.
    pub byte_hours: f64,
    /// Hours they stand for; the first may reach back into the month before.
    pub covered_h: f64,
    /// Bytes customers downloaded.
    pub egress: u64,
    /// Bytes repairs took.
    pub repair: u64,
    /// Bytes of audits.
    pub audit: u64,
    /// Stored, on the average of the time that is covered.
    pub average: Option<f64>,
    /// The last tally, of this month or the one before.
    pub last: Option<Tally>,
    /// Days (midnight, ms) without a tally that no later one covers yet.
    pub missing: Vec<i64>,
    /// Days without a tally that a later one covers.
    pub filled: Vec<i64>,
}

/// Midnight before.
pub(super) fn midnight(ms: i64) -> i64 {
    ms.div_euclid(DAY_MS) * DAY_MS
}

/// From when on the month counts for a satellite: its begin, or midnight of the day the node joined.
pub(super) fn begin_ms(joined_ms: Option<i64>, month: Month) -> i64 {
    let joined = joined_ms.map_or(i64::MIN, midnight);
    joined.clamp(month.start_ms(), month.end_ms())
}

/// What a satellite stored and moved in `month`, as known at `now_ms`.
pub fn usage(account: &Account<'_>, month: Month, now_ms: i64) -> Usage {
    let (from, to) = (month.start_ms(), month.end_ms());
    let known: Vec<Tally> = tallies(account.stored)
        .into_iter()
        .filter(|tally| tally.day_ms < to && tally.day_ms <= now_ms)
        .collect();
    let of_month = &known[known.partition_point(|tally| tally.day_ms < from)..];
    // An empty sum of floating point numbers is minus zero.
    let byte_hours = of_month.iter().fold(0.0, |sum, tally| sum + tally.byte_hours);
    let covered_h = covered_h(of_month);
    let moved = |of: fn(&MovedDay) -> u64| {
        let days = account.moved.iter();
        let days = days.filter(|day| (from..to).contains(&day.start_ms) && day.start_ms <= now_ms);
        days.map(of).fold(0_u64, u64::saturating_add)
    };
    let (missing, filled) = gaps(account, &known, month, now_ms);
    Usage {
        byte_hours,
        covered_h,
        egress: moved(|day| day.egress),
        repair: moved(|day| day.egress_repair),
        audit: moved(|day| day.egress_audit),
        average: (covered_h > 0.0).then(|| byte_hours / covered_h),
        last: known.last().copied(),
        missing,
        filled,
    }
}

/// Whether tallies reach back to the month's begin, or to when the node joined, and no day until its end lacks one.
pub fn is_whole(account: &Account<'_>, month: Month, now_ms: i64) -> bool {
    let (from, to) = (month.start_ms(), month.end_ms());
    let known = tallies(account.stored);
    let first = known.iter().find(|tally| (from..to).contains(&tally.day_ms));
    let begin = begin_ms(account.joined_ms, month);
    let latest = begin + DAY_MS;
    let reaches = first.is_some_and(|tally| {
        let covered = (tally.hours * HOUR_MS as f64) as i64;
        midnight(tally.day_ms) <= latest || tally.day_ms + DAY_MS - covered <= latest
    });
    reaches && begin < to && gaps(account, &known, month, now_ms).0.is_empty()
}

/// Days without a tally: those that are not covered yet, and those that are.
fn gaps(account: &Account<'_>, tallies: &[Tally], month: Month, now_ms: i64) -> (Vec<i64>, Vec<i64>) {
    // Before the first tally that is known nothing is known to be missing.
    let Some(known) = tallies.first() else {
        return Default::default();
    };
    let begin = begin_ms(account.joined_ms, month).max(midnight(known.day_ms));
    // Nor is one missed on the day of joining.
    let first = account
        .joined_ms
        .map_or(begin, |joined| begin.max(midnight(joined) + DAY_MS));
    let end = account.disqualified_ms.map_or(i64::MAX, midnight);
    let end = end.min(month.end_ms()).min(midnight(now_ms - LATE_MS));
    let last = tallies.last().map_or(i64::MIN, |tally| tally.day_ms);
    let has = |day: &i64| tallies.iter().any(|tally| midnight(tally.day_ms) == *day);
    let days = (0..32).map(|n| first + n * DAY_MS).take_while(|day| *day < end);
    days.filter(|day| !has(day)).partition(|day| *day > last)
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: i64 = 1_782_864_000_000;

    fn day(n: i64, byte_hours: f64, hours: Option<f64>) -> StoredDay {
        StoredDay {
            start_ms: START + n * DAY_MS,
            byte_hours,
            bytes: hours.map(|hours| byte_hours / hours),
            hours,
            calculated: false,
        }
    }

    #[test]
    fn gaps_heal_and_what_is_not_whole_is_left_out() {
        let july: Month = "2026-07".parse().unwrap();
        assert_eq!(july.start_ms(), START);
        let mut stored = vec![day(-1, 24.0, Some(24.0)), day(0, 24.0, Some(24.0)), day(1, 7.0, None)];
        stored.push(day(2, 48.0, Some(48.0)));
        // An hour count no satellite can mean: days since the last whole tally count.
        stored.push(day(4, 48.0, Some(17_000_000.0)));
        stored.push(StoredDay {
            calculated: true,
            ..day(5, 9.0, Some(24.0))
        });
        let account = Account {
            stored: &stored,
            ..Account::default()
        };
        let now = START + 9 * DAY_MS;
        let usage = usage(&account, july, now);
        assert_eq!(
            (usage.byte_hours, usage.covered_h, usage.average),
            (120.0, 120.0, Some(1.0))
        );
        let days = |days: &[i64]| days.iter().map(|ms| (ms - START) / DAY_MS).collect::<Vec<_>>();
        assert_eq!((days(&usage.missing), days(&usage.filled)), (vec![5, 6, 7], vec![1, 3]));
        assert_eq!(usage.last.map(|tally| tally.bytes()), Some(1.0));
    }

    #[test]
    fn hours_that_were_cut_off_are_whole_days() {
        let stored = [
            day(0, 24.0, Some(23.0)),
            day(1, 24.0, Some(23.0)),
            day(2, 24.0, Some(24.0)),
        ];
        assert_eq!(covered_h(&tallies(&stored)), 72.0);
        let exact = [day(0, 24.0, Some(23.5)), day(1, 24.0, Some(24.5))];
        assert_eq!(covered_h(&tallies(&exact)), 48.0);
    }
}
