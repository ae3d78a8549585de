//! What durations mean: which quality is told, which percentiles so few samples tell, whether a node is slow and since
//! when.

use crate::domain::transfer::Quality;
use crate::support::sketch::Sketch;

/// p95 of so many times the usual is slow.
const TIMES: f64 = 2.0;
/// As long as it is above so many times the usual it has not ended.
const STILL: f64 = 1.5;
/// Hours that may be better in between, or of which nothing is known.
const PAUSE: usize = 3;

/// The quality whose figures are told: the best that holds most of the durations, else the one that holds the most.
pub fn chosen(counts: [u64; 3]) -> Option<Quality> {
    let all: u64 = counts.iter().sum();
    let best = Quality::ALL
        .into_iter()
        .find(|quality| counts[*quality as usize] * 2 > all);
    let most = || {
        Quality::ALL
            .into_iter()
            .rev()
            .max_by_key(|quality| counts[*quality as usize])
    };
    (all > 0).then(|| best.or_else(most)).flatten()
}

/// A percentile (0..=1), if there are samples enough beyond it to tell.
pub fn quantile(sketch: &Sketch, q: f64) -> Option<u64> {
    let beyond = sketch.count() as f64 * (1.0 - q).min(q);
    // A hundred samples tell of one in a hundred: the product may be a hair below 1.
    (beyond > 1.0 - 1e-9).then(|| sketch.quantile(q)).flatten()
}

/// Differences below this (ms) are no differences in a quality.
fn least(quality: Quality) -> f64 {
    match quality {
        Quality::Exact | Quality::Arrival => 50.0,
        Quality::Second => 2000.0,
    }
}

/// How many times the usual a p95 is, if that is slow.
pub fn times(p95: u64, usual: u64, quality: Quality) -> Option<f64> {
    let (p95, usual) = (p95 as f64, usual as f64);
    (p95 >= usual * TIMES && p95 - usual >= least(quality)).then(|| p95 / usual.max(1.0))
}

/// Since which hour (its place) p95 is above the usual, of hours in their order that end now; `None`: in all of them,
/// or not now.
pub fn since(hours: &[Option<u64>], usual: u64) -> Option<usize> {
    let mut found = None;
    let mut pause = 0;
    for (at, p95) in hours.iter().enumerate().rev() {
        match p95 {
            Some(p95) if *p95 as f64 >= usual as f64 * STILL => (found, pause) = (Some(at), 0),
            Some(_) if found.is_none() && pause >= PAUSE => return None,
            _ if pause >= PAUSE => break,
            _ => pause += 1,
        }
    }
    // What was so from the first hour that is known on may have begun before.
    let first = hours.iter().position(Option::is_some)?;
    found.filter(|at| *at > first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_quality_that_holds_most_is_told() {
        use Quality::{Arrival, Exact, Second};
        for (counts, quality) in [
            ([0, 0, 0], None),
            ([0, 0, 1], Some(Second)),
            ([6, 0, 5], Some(Exact)),
            ([5, 0, 5], Some(Exact)),
            ([4, 5, 3], Some(Arrival)),
            ([4, 3, 5], Some(Second)),
            ([1, 90, 9], Some(Arrival)),
        ] {
            assert_eq!(chosen(counts), quality, "{counts:?}");
        }
    }

    #[test]
    fn few_samples_tell_few_percentiles() {
        let known = |count: u64| {
            let mut sketch = Sketch::default();
            (0..count).for_each(|n| sketch.add(n));
            [0.5, 0.9, 0.95, 0.99].map(|q| quantile(&sketch, q).is_some())
        };
        assert_eq!(known(0), [false; 4]);
        assert_eq!(known(1), [false; 4]);
        assert_eq!(known(2), [true, false, false, false]);
        assert_eq!(known(19), [true, true, false, false]);
        assert_eq!(known(20), [true, true, true, false]);
        assert_eq!((known(61), known(99)), (known(20), known(20)));
        assert_eq!(known(100), [true; 4]);
    }

    #[test]
    fn slow_is_twice_the_usual_and_more_than_the_clock_can_err() {
        let exact = |p95, usual| times(p95, usual, Quality::Exact).map(|times| (times * 10.0).round());
        assert_eq!(
            (exact(2110, 610), exact(1200, 610), exact(80, 40)),
            (Some(35.0), None, None)
        );
        assert_eq!(exact(100, 0), Some(1000.0));
        assert_eq!(times(3000, 1000, Quality::Second), Some(3.0));
        assert_eq!(times(2000, 1000, Quality::Second), None);
    }

    #[test]
    fn it_began_where_the_run_that_ends_now_begins() {
        let hours = |text: &str| -> Vec<Option<u64>> {
            let value = |c: char| c.to_digit(10).map(|n| u64::from(n) * 100);
            text.chars().map(value).collect()
        };
        let begun = |text: &str| since(&hours(text), 100);
        assert_eq!(begun("1111444"), Some(4));
        assert_eq!(
            begun("11114?1?44"),
            Some(4),
            "a better hour, and unknown ones, are no end"
        );
        assert_eq!(begun("111141111444"), Some(9));
        assert_eq!(begun("??444444"), None, "nobody knows what was before");
        assert_eq!(begun("1144111111"), None, "it is over");
        assert_eq!(begun(""), None);
    }
}
