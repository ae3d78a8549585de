//! Where a node was away: the satellite's windows of audits (12 hours each, kept for 30 days) as hours lost, and the
//! day the online score is whole again. The score is the mean of the shares of all windows but the one that
//! runs (`satellite/reputation/audithistory.go`; equal on recorded nodes).

use crate::domain::detail::AuditWindow;

const HOUR_MS: f64 = 3_600_000.0;
/// `AuditHistory.WindowSize` and `TrackingPeriod`, and how many of the one are in the other.
const WINDOW_MS: i64 = 12 * 3_600_000;
const PERIOD_MS: i64 = 30 * 86_400_000;
const WINDOWS: i64 = PERIOD_MS / WINDOW_MS;

/// A node's windows of one satellite.
#[derive(Debug, Clone, PartialEq)]
pub struct Downtime {
    /// How long a window is, ms.
    pub window_ms: i64,
    /// Those that still count, the oldest first; the last one may still run.
    pub windows: Vec<AuditWindow>,
    /// Windows in which the node missed an audit.
    pub lost: u32,
    /// Hours away: of each window the share of audits it missed.
    pub hours_lost: f64,
    /// The score by these windows; `None`: none is over.
    pub score: Option<f64>,
    /// When it is 1 again, if nothing more is lost, ms since the epoch; `None`: nothing is lost.
    pub back_ms: Option<i64>,
    /// When what is lost falls out, and the score from then on, if nothing more is lost.
    pub steps: Vec<(i64, f64)>,
}

/// The share of audits it was online for; windows without audits do not count.
fn share(window: &AuditWindow) -> Option<f64> {
    (window.total > 0).then(|| f64::from(window.online) / f64::from(window.total))
}

/// How long a satellite's windows are: the shortest distance between two. The public satellites' length, unless all
/// of them show a shorter one.
fn length(windows: &[AuditWindow]) -> i64 {
    let gaps = windows.windows(2).map(|pair| pair[1].start_ms - pair[0].start_ms);
    gaps.filter(|gap| *gap > 0).min().unwrap_or(WINDOW_MS).min(WINDOW_MS)
}

/// What windows (the oldest first) say at `now_ms`; `None` without any.
pub fn downtime(windows: &[AuditWindow], now_ms: i64) -> Option<Downtime> {
    let window_ms = length(windows);
    let falls_out = |window: &AuditWindow| window.start_ms + window_ms * (WINDOWS + 1);
    let counted: Vec<AuditWindow> = windows
        .iter()
        .filter(|window| window.start_ms <= now_ms && falls_out(window) > now_ms)
        .copied()
        .collect();
    if counted.is_empty() {
        return None;
    }
    let lossy = |window: &&AuditWindow| window.online < window.total;
    let lost: Vec<&AuditWindow> = counted.iter().filter(lossy).collect();
    let hours = |window: &&AuditWindow| share(window).map_or(0.0, |share| (1.0 - share) * window_ms as f64 / HOUR_MS);
    let mut outs: Vec<i64> = lost.iter().map(|window| falls_out(window)).collect();
    outs.dedup();
    Some(Downtime {
        window_ms,
        lost: lost.len() as u32,
        hours_lost: lost.iter().map(hours).sum(),
        score: mean(counted.iter().rev().skip(1).filter_map(share), 0),
        back_ms: outs.last().copied(),
        steps: outs
            .into_iter()
            .filter_map(|ms| Some((ms, score_at(&counted, window_ms, ms)?)))
            .collect(),
        windows: counted,
    })
}

/// The score at a time to come, if the node is always there from the newest window's end on. The window that runs
/// then is left out.
fn score_at(windows: &[AuditWindow], window_ms: i64, at_ms: i64) -> Option<f64> {
    let runs = at_ms.div_euclid(window_ms) * window_ms;
    let counts = runs - window_ms * WINDOWS..runs;
    let newest = windows.last()?.start_ms;
    // Whole ones, as far as they are over then.
    let coming = ((runs - newest) / window_ms - 1).clamp(0, WINDOWS);
    let known = windows.iter().filter(|window| counts.contains(&window.start_ms));
    mean(known.filter_map(share), coming)
}

/// Of shares, and of so many whole windows.
fn mean(shares: impl Iterator<Item = f64>, whole: i64) -> Option<f64> {
    let (sum, count) = shares.fold((whole as f64, whole as f64), |(sum, count), share| {
        (sum + share, count + 1.0)
    });
    (count > 0.0).then(|| sum / count)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 86_400_000;
    const BEGIN: i64 = 20_000 * DAY;

    fn windows(shares: &[(u32, u32)]) -> Vec<AuditWindow> {
        let window = |(n, (online, total)): (i64, &(u32, u32))| AuditWindow {
            start_ms: BEGIN + n * WINDOW_MS,
            total: *total,
            online: *online,
        };
        (0..).zip(shares).map(window).collect()
    }

    #[test]
    fn a_lost_day_costs_until_it_has_fallen_out() {
        let mut shares = vec![(10, 10); 60];
        (shares[20], shares[21]) = ((0, 10), (5, 10));
        let strip = windows(&shares);
        let now = strip[59].start_ms + 1000;
        let told = downtime(&strip, now).unwrap();
        assert_eq!((told.window_ms, told.lost, told.hours_lost), (WINDOW_MS, 2, 18.0));
        assert!((told.score.unwrap() - 57.5 / 59.0).abs() < 1e-12);
        // A window counts for 30 days and until its successor of then is over.
        let out = |n: usize| strip[n].start_ms + 30 * DAY + WINDOW_MS;
        assert_eq!(told.back_ms, Some(out(21)));
        assert_eq!((told.steps[0].0, told.steps[1]), (out(20), (out(21), 1.0)));
        assert!((told.steps[0].1 - 59.5 / 60.0).abs() < 1e-12, "{:?}", told.steps);
        // What has fallen out is no longer lost.
        let later = downtime(&strip, out(21)).unwrap();
        assert_eq!((later.lost, later.back_ms, later.hours_lost), (0, None, 0.0));
        assert_eq!(downtime(&strip, now + 90 * DAY), None);
    }

    #[test]
    fn a_node_that_was_always_there_has_lost_nothing() {
        let told = downtime(&windows(&[(3, 3), (0, 0), (7, 7)]), BEGIN + 2 * WINDOW_MS).unwrap();
        assert_eq!((told.lost, told.score, told.back_ms), (0, Some(1.0), None));
        assert!(told.steps.is_empty());
        // The first window still runs: nothing is known.
        let first = downtime(&windows(&[(1, 3)]), BEGIN + 5).unwrap();
        assert_eq!((first.lost, first.score), (1, None));
        assert_eq!(downtime(&[], BEGIN), None);
    }

    #[test]
    fn the_way_back_is_what_a_satellite_would_say_window_by_window() {
        let mut seed = 3_u64;
        for _ in 0..50 {
            let mut dice = |most: u64| {
                seed = seed
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1_442_695_040_888_963_407);
                (seed >> 33) % most
            };
            let shares: Vec<(u32, u32)> = (0..dice(60) + 1)
                .map(|_| if dice(4) > 0 { (8, 8) } else { (dice(9) as u32, 8) })
                .collect();
            let mut strip = windows(&shares);
            let now = strip.last().unwrap().start_ms + 7;
            let told = downtime(&strip, now).unwrap();
            let mut steps = told.steps.iter();
            let mut next = steps.next();
            // Every window from now on is whole; those before the tracking period are dropped, the last is left out.
            for _ in 0..62 {
                let start = strip.last().unwrap().start_ms + WINDOW_MS;
                strip.push(AuditWindow {
                    start_ms: start,
                    total: 8,
                    online: 8,
                });
                strip.retain(|window| window.start_ms >= start - PERIOD_MS);
                let over = &strip[..strip.len() - 1];
                let score = over.iter().filter_map(share).sum::<f64>() / over.len() as f64;
                if let Some((ms, said)) = next.filter(|(ms, _)| *ms == start) {
                    assert!((said - score).abs() < 1e-12, "{ms}: {said} {score}");
                    next = steps.next();
                }
                assert_eq!(told.back_ms.is_none_or(|back| start >= back), score >= 1.0, "{start}");
            }
            assert_eq!(next, None);
        }
    }
}
