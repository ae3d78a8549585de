//! Where a node's bytes are, how fast they grow and when the disk is full. Pure: from what the node said of its disk
//! and what satellites say they store. Unknown is unknown, never negative.

use crate::domain::detail::StoredDay;
use crate::domain::sample::{Disk, Semantics};
use crate::support::clock::{DAY_MS, HOUR_MS};
use crate::support::middle::median;

/// What satellites pay for on a node.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Paid {
    /// Bytes, the average of the day.
    pub bytes: u64,
    /// The day of the tally, ms since the epoch.
    pub day_ms: i64,
    /// The node filled it in: the satellite has not told yet.
    pub calculated: bool,
}

/// A tally further than so many times from its neighbours is a slip: satellites that miss a tally tell nothing or
/// far too much.
const ODD: f64 = 3.0;
/// Neighbours it is measured by.
const NEIGHBOURS: usize = 7;

/// The newest tally that can be believed, of days in the order of time.
pub fn paid(days: &[StoredDay]) -> Option<Paid> {
    let known: Vec<(&StoredDay, f64)> = days.iter().filter_map(|day| Some((day, average(day)?))).collect();
    let newest = &known[known.len().saturating_sub(NEIGHBOURS)..];
    let usual = median(newest.iter().map(|(_, bytes)| *bytes).collect())?;
    let fits = |bytes: f64| bytes <= usual * ODD && bytes * ODD >= usual;
    let (day, bytes) = newest.iter().rev().find(|(_, bytes)| fits(*bytes))?;
    Some(Paid {
        bytes: bytes.round() as u64,
        day_ms: day.start_ms,
        calculated: day.calculated,
    })
}

/// A day's average bytes; `None`: there was no tally.
fn average(day: &StoredDay) -> Option<f64> {
    let by_hours = || Some(day.byte_hours / day.hours?);
    let bytes = day.bytes.or_else(by_hours)?;
    (bytes > 0.0 && day.byte_hours > 0.0).then_some(bytes)
}

/// By linear interpolation; sorts the values.
fn quantile(values: &mut [f64], q: f64) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let at = q * (values.len().checked_sub(1)? as f64);
    let (low, high) = (values.get(at.floor() as usize)?, values.get(at.ceil() as usize)?);
    Some(low + (high - low) * at.fract())
}

/// Where a node's bytes are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ledger {
    /// By the last tallies; `None`: a satellite has told none.
    pub paid: Option<u64>,
    /// Used and neither paid, nor trash, nor known dead: garbage nobody has named yet, other files, and what came
    /// since the tallies. `None`: unknown, or less than nothing.
    pub unexplained: Option<u64>,
    /// Used and not paid.
    pub unpaid: Option<u64>,
    /// Of `used`, percent that is paid; `None` where more is paid than used.
    pub paid_percent: Option<u8>,
}

/// Splits up what is used. `paid`: what each satellite of the node pays for.
pub fn ledger(disk: &Disk, paid: &[Option<Paid>]) -> Ledger {
    let sum = |paid: &[Option<Paid>]| {
        paid.iter()
            .try_fold(0_u64, |sum, paid| sum.checked_add(paid.as_ref()?.bytes))
    };
    let paid = sum(paid).filter(|_| !paid.is_empty());
    // A whole disk of a node's own holds foreign files, too, and tells of no trash.
    let used = disk.used.filter(|_| disk.semantics != Semantics::Dedicated);
    let unpaid = used.zip(paid).and_then(|(used, paid)| used.checked_sub(paid));
    let explained = disk
        .trash
        .map(|trash| trash.saturating_add(disk.reclaimable.unwrap_or(0)));
    let percent = used.zip(paid).filter(|(used, paid)| *used > 0 && paid <= used);
    Ledger {
        paid,
        unpaid,
        unexplained: unpaid
            .zip(explained)
            .and_then(|(unpaid, explained)| unpaid.checked_sub(explained)),
        paid_percent: percent.map(|(used, paid)| (paid as f64 / used as f64 * 100.0) as u8),
    }
}

/// What was used at one time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Point {
    /// ms since the epoch.
    pub time_ms: i64,
    /// Bytes.
    pub used: u64,
    /// How the node counted then.
    pub semantics: Semantics,
}

/// A jump that is no growth: a restart that found its counters wrong, a compaction, a new release's way to count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// When it was there, ms since the epoch.
    pub time_ms: i64,
    /// How much.
    pub bytes: i64,
}

/// How fast a disk fills.
#[derive(Debug, Clone, PartialEq)]
pub struct Growth {
    /// Bytes a day.
    pub per_day: f64,
    /// The middle half of the days, each by itself; `None`: too few.
    pub range: Option<(f64, f64)>,
    /// Hours of which something is known.
    pub covered_h: f64,
    /// Jumps that are left out.
    pub steps: Vec<Step>,
}

/// Less than so much of the time tells nothing: a third, and half a day.
const LEAST_COVERED: f64 = 1.0 / 3.0;
const LEAST_H: f64 = 12.0;
/// Between points further apart nothing is known.
const GAP_MS: i64 = 3 * HOUR_MS;
/// A step is so many times the usual deviation, and not too small to matter.
const STEP: f64 = 10.0;
const LEAST_STEP: f64 = 100e6;
const STEP_SHARE: f64 = 1.0 / 500.0;
/// What steps again and again grows by steps.
const STEPS_OFTEN: usize = 3;
/// Slopes are taken over pairs of so many points at most.
const POINTS: usize = 84;
/// Days that make a range, and hours that make a day.
const DAYS: usize = 3;
const DAY_H: i64 = 6;

/// The growth of the last `days` before `now_ms`, by points in the order of time, about one an hour; `None`: too
/// little is known. The median of the slopes of all pairs (Theil and Sen), without steps.
pub fn growth(points: &[Point], now_ms: i64, days: i64) -> Option<Growth> {
    let from = now_ms - days * DAY_MS;
    let points: Vec<&Point> = points
        .iter()
        .filter(|point| (from..=now_ms).contains(&point.time_ms))
        .collect();
    let pairs: Vec<(&Point, &Point)> = points.windows(2).map(|pair| (pair[0], pair[1])).collect();
    let close = |(a, b): &&(&Point, &Point)| b.time_ms - a.time_ms <= GAP_MS;
    let covered_ms: i64 = pairs.iter().filter(close).map(|(a, b)| b.time_ms - a.time_ms).sum();
    let covered_h = covered_ms as f64 / HOUR_MS as f64;
    if covered_h < LEAST_H.max(days as f64 * 24.0 * LEAST_COVERED) {
        return None;
    }
    let steps = steps(&points, &pairs);
    let level = levelled(&points, &steps);
    let per_day = slope(&level)?;
    let mut by_day: Vec<f64> = (0..days)
        .filter_map(|day| {
            let end = now_ms - day * DAY_MS;
            let of: Vec<(f64, f64)> = level.iter().filter(|(ms, _)| within(*ms, end)).copied().collect();
            let long = of.last()?.0 - of.first()?.0 >= (DAY_H * HOUR_MS) as f64;
            slope(&of).filter(|_| long)
        })
        .collect();
    let enough = by_day.len() >= DAYS;
    let range = quantile(&mut by_day, 0.25)
        .zip(quantile(&mut by_day, 0.75))
        .filter(|_| enough);
    Some(Growth {
        per_day,
        range: range.map(|(low, high)| (low.min(per_day), high.max(per_day))),
        covered_h,
        steps,
    })
}

fn within(ms: f64, end: i64) -> bool {
    ms > (end - DAY_MS) as f64 && ms <= end as f64
}

/// What jumps out of the usual change, unless it does so again and again. Another way to count is always a step.
fn steps(points: &[&Point], pairs: &[(&Point, &Point)]) -> Vec<Step> {
    let level = levelled(points, &[]);
    let change = |(a, b): &(&Point, &Point)| b.used as f64 - a.used as f64;
    let time = |(a, b): &(&Point, &Point)| (b.time_ms - a.time_ms).max(1) as f64;
    // Of a disk that moves by fits and starts no single hour is usual.
    let usual = slope(&level).unwrap_or(0.0) / DAY_MS as f64;
    let odd = |pair: &(&Point, &Point)| change(pair) - usual * time(pair);
    let spread = median(pairs.iter().map(|pair| odd(pair).abs()).collect()).unwrap_or(0.0) * 1.4826;
    let jump = |pair: &&(&Point, &Point)| {
        // What happened in a gap may be as much as the gap is long.
        let hours = (time(pair) / HOUR_MS as f64).max(1.0);
        let grown = if hours > GAP_MS as f64 / HOUR_MS as f64 {
            (usual * time(pair)).abs()
        } else {
            0.0
        };
        let least = LEAST_STEP.max(pair.0.used as f64 * STEP_SHARE).max(grown);
        odd(pair).abs() > (spread * STEP * hours).max(least)
    };
    let step = |pair: &(&Point, &Point)| Step {
        time_ms: pair.1.time_ms,
        bytes: odd(pair).round() as i64,
    };
    let recounted = |pair: &&(&Point, &Point)| pair.0.semantics != pair.1.semantics;
    let jumps = pairs.iter().filter(|pair| !recounted(pair)).filter(jump);
    let mut found: Vec<Step> = jumps.map(step).collect();
    // As many as there are weeks come from the node's own upkeep.
    if found.len() >= STEPS_OFTEN {
        found.clear();
    }
    found.extend(pairs.iter().filter(recounted).map(step));
    found.sort_by_key(|step| step.time_ms);
    found
}

/// Time and bytes, without the steps.
fn levelled(points: &[&Point], steps: &[Step]) -> Vec<(f64, f64)> {
    let mut steps = steps.iter().peekable();
    let mut off = 0.0;
    points
        .iter()
        .map(|point| {
            while let Some(step) = steps.next_if(|step| step.time_ms <= point.time_ms) {
                off += step.bytes as f64;
            }
            (point.time_ms as f64, point.used as f64 - off)
        })
        .collect()
}

/// Bytes a day: the median of the slopes between all pairs.
fn slope(points: &[(f64, f64)]) -> Option<f64> {
    let every = points.len().div_ceil(POINTS).max(1);
    let thinned: Vec<(f64, f64)> = points.iter().step_by(every).copied().collect();
    let mut slopes = Vec::with_capacity(thinned.len() * thinned.len() / 2);
    for (n, (from, low)) in thinned.iter().enumerate() {
        for (to, high) in &thinned[n + 1..] {
            if to > from {
                slopes.push((high - low) / (to - from) * DAY_MS as f64);
            }
        }
    }
    median(slopes)
}

/// Days until a disk is full.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FullIn {
    /// At the fastest usual pace; `None`: the range is not known.
    pub low: Option<f64>,
    /// At the present pace.
    pub likely: f64,
    /// At the slowest usual pace; `None`: not at that pace, or not known.
    pub high: Option<f64>,
}

/// A disk that fills more slowly than that does not fill (days).
const NEVER: f64 = 3650.0;

/// When so many free bytes are gone; `None`: not at this pace, or the pace is unknown.
pub fn full_in(free: u64, growth: Option<&Growth>) -> Option<FullIn> {
    if free == 0 {
        return Some(FullIn {
            low: Some(0.0),
            likely: 0.0,
            high: Some(0.0),
        });
    }
    let days = |per_day: f64| Some(free as f64 / per_day).filter(|days| per_day > 0.0 && *days <= NEVER);
    let growth = growth?;
    Some(FullIn {
        low: growth.range.and_then(|(_, high)| days(high)),
        likely: days(growth.per_day)?,
        high: growth.range.and_then(|(low, _)| days(low)),
    })
}

/// The growth that tells of the days to come, and of how many it is: of a week, else of what there is.
pub fn usual(points: &[Point], now_ms: i64) -> Option<(i64, Growth)> {
    let of = |days| Some((days, growth(points, now_ms, days)?));
    [7, 30, 1].into_iter().find_map(of)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GB: f64 = 1e9;

    /// Hourly points of `days` that end at 0: `used` by the hour from the begin.
    fn hourly(days: i64, used: impl Fn(i64) -> Option<f64>) -> Vec<Point> {
        let point = |hour: i64| {
            Some(Point {
                time_ms: (hour - days * 24) * HOUR_MS,
                used: used(hour)? as u64,
                semantics: Semantics::New,
            })
        };
        (0..=days * 24).filter_map(point).collect()
    }

    /// 41 GB a day, a little unevenly over the day.
    fn steady(hour: i64) -> f64 {
        3760.0 * GB + hour as f64 * 41.0 * GB / 24.0 + ((hour * 7) % 5) as f64 * 0.1 * GB
    }

    fn near(growth: Option<Growth>, per_day: f64) -> Growth {
        let growth = growth.expect("enough is known");
        assert!((growth.per_day / GB - per_day).abs() < 1.0, "{growth:?}");
        growth
    }

    #[test]
    fn a_steady_disk_has_its_slope_over_every_range() {
        let points = hourly(30, |hour| Some(steady(hour)));
        for days in [1, 7, 30] {
            near(growth(&points, 0, days), 41.0);
        }
        let week = near(growth(&points, 0, 7), 41.0);
        let full = full_in((240.0 * GB) as u64, Some(&week)).unwrap();
        assert!((5.5..6.2).contains(&full.likely), "{full:?}");
        assert!(full.low.unwrap() <= full.likely && full.high.unwrap() >= full.likely);
    }

    #[test]
    fn single_steps_are_told_and_left_out_and_repeated_ones_are_how_it_grows() {
        let restart = hourly(7, |hour| Some(steady(hour) + if hour > 100 { 300.0 * GB } else { 0.0 }));
        let told = near(growth(&restart, 0, 7), 41.0);
        assert!(matches!(told.steps.as_slice(), [step] if (step.bytes as f64 / GB - 300.0).abs() < 1.0));
        let compacted = hourly(7, |hour| Some(steady(hour) - if hour > 20 { 88.0 * GB } else { 0.0 }));
        assert_eq!(near(growth(&compacted, 0, 7), 41.0).steps.len(), 1);
        // Garbage is collected every third day: what is left is the growth.
        let collected = hourly(30, |hour| Some(steady(hour) - (hour / 72) as f64 * 90.0 * GB));
        let told = growth(&collected, 0, 30).unwrap();
        assert!(
            (told.per_day / GB - 11.0).abs() < 3.0 && told.steps.is_empty(),
            "{told:?}"
        );
    }

    #[test]
    fn gaps_are_gaps_and_too_little_is_unknown() {
        let gap = hourly(7, |hour| (!(50..100).contains(&hour)).then(|| steady(hour)));
        let told = near(growth(&gap, 0, 7), 41.0);
        assert!((told.covered_h - 117.0).abs() < 3.0, "{told:?}");
        assert!(told.steps.is_empty(), "what grew in the gap is no step");
        let few = hourly(7, |hour| (hour > 160).then(|| steady(hour)));
        assert_eq!((growth(&few, 0, 7), growth(&few, 0, 1)), (None, None));
        assert_eq!(usual(&[], 0), None);
        // A day is enough for a pace, but for no range.
        let day = hourly(1, |hour| Some(steady(hour)));
        assert_eq!(near(usual(&day, 0).map(|(_, growth)| growth), 41.0).range, None);
        // What is old says nothing.
        assert_eq!(growth(&gap, 20 * DAY_MS, 7), None);
    }

    #[test]
    fn a_new_way_to_count_is_no_growth() {
        let mut points = hourly(7, |hour| Some(steady(hour)));
        for point in &mut points[..90] {
            (point.used, point.semantics) = (point.used - (900.0 * GB) as u64, Semantics::Old);
        }
        let told = near(growth(&points, 0, 7), 41.0);
        assert_eq!(told.steps.len(), 1);
    }

    #[test]
    fn a_disk_that_shrinks_or_stands_still_is_never_full() {
        let still = growth(&hourly(7, |_| Some(5e12)), 0, 7).unwrap();
        let shrinks = growth(&hourly(7, |hour| Some(5e12 - hour as f64 * GB)), 0, 7).unwrap();
        assert_eq!(
            (full_in(1, Some(&still)), full_in(9, Some(&shrinks)), full_in(9, None)),
            (None, None, None)
        );
        assert_eq!(full_in(0, None).map(|full| full.likely), Some(0.0));
    }

    fn day(n: i64, bytes: f64) -> StoredDay {
        StoredDay {
            start_ms: n * DAY_MS,
            byte_hours: bytes * 24.0,
            bytes: Some(bytes),
            hours: Some(24.0),
            calculated: false,
        }
    }

    #[test]
    fn the_last_tally_that_can_be_believed_is_paid() {
        let paid_of = |days: &[f64]| {
            let days: Vec<StoredDay> = (0..).zip(days).map(|(n, bytes)| day(n, *bytes)).collect();
            paid(&days).map(|paid| (paid.bytes, paid.day_ms / DAY_MS))
        };
        assert_eq!(paid_of(&[10.0, 11.0, 12.0]), Some((12, 2)));
        // No tally, and one that stands for several.
        assert_eq!(paid_of(&[10.0, 11.0, 12.0, 0.0]), Some((12, 2)));
        assert_eq!(paid_of(&[10.0, 11.0, 12.0, 240.0]), Some((12, 2)));
        assert_eq!((paid_of(&[0.0, 0.0]), paid_of(&[])), (None, None));
        let mut old = day(0, 0.0);
        (old.byte_hours, old.bytes) = (240.0, None);
        assert_eq!(paid(&[old]).map(|paid| paid.bytes), Some(10));
    }

    #[test]
    fn a_ledger_is_never_negative() {
        let disk = Disk {
            semantics: Semantics::New,
            allocated: Some(1000),
            used: Some(650),
            free: Some(350),
            trash: Some(40),
            reclaimable: Some(60),
            overused: Some(0),
        };
        let paid = |bytes| {
            Some(Paid {
                bytes,
                day_ms: 0,
                calculated: false,
            })
        };
        let told = ledger(&disk, &[paid(400), paid(100)]);
        assert_eq!(
            (told.paid, told.unpaid, told.unexplained, told.paid_percent),
            (Some(500), Some(150), Some(50), Some(76))
        );
        let more = ledger(&disk, &[paid(900)]);
        assert_eq!(
            (more.paid, more.unpaid, more.unexplained, more.paid_percent),
            (Some(900), None, None, None)
        );
        assert_eq!(
            (ledger(&disk, &[paid(1), None]).paid, ledger(&disk, &[]).paid),
            (None, None)
        );
        let whole = Disk {
            semantics: Semantics::Dedicated,
            ..disk
        };
        assert_eq!(ledger(&whole, &[paid(500)]).unpaid, None);
        let silent = Disk { trash: None, ..disk };
        assert_eq!(ledger(&silent, &[paid(500)]).unexplained, None);
    }
}
