//! Audits that have begun and not ended: how many, and how long the oldest waits, from counters that only grow.

/// A look at the counters: ms since the epoch, begun and ended since the process began.
pub type Look = (i64, u64, u64);

/// Audits in flight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waits {
    /// How many.
    pub count: u64,
    /// How long the oldest waits at least, ms; `None`: none does, or all began since the look before.
    pub oldest_ms: Option<i64>,
}

/// Longer than this none waits: satellites give up after five minutes. What is open all that time was not counted at
/// its end.
const LONGEST_MS: i64 = 6 * 60_000;

/// What looks of the last hour tell, in the order of time; `None` without any.
pub fn waits(looks: &[Look]) -> Option<Waits> {
    let (now_ms, started, ended) = *looks.last()?;
    // The process before this one counted apart; what came while nobody looked may have been lost.
    let begin = looks.windows(2).rposition(|pair| {
        let (before, after) = (pair[0], pair[1]);
        after.1 < before.1 || after.2 < before.2 || after.0 - before.0 > LONGEST_MS
    });
    let looks = looks.get(begin.map_or(0, |at| at + 1)..)?;
    // Before there are so many looks, what was open at the first one may have been so for ever.
    let first = looks.iter().rposition(|(time, ..)| now_ms - time > LONGEST_MS);
    let looks = looks.get(first.unwrap_or(0)..)?;
    let open = |(_, started, ended): &Look| started.saturating_sub(*ended);
    // One look alone tells how many there are, and of none how long.
    let uncounted = looks.iter().map(open).min().filter(|_| looks.len() > 1).unwrap_or(0);
    let count = started.saturating_sub(ended).saturating_sub(uncounted);
    // Of those open at a look some still are, if fewer have ended since; in whatever order they end.
    let still = |look: &&Look| open(look).saturating_sub(uncounted) > ended.saturating_sub(look.2);
    let oldest = looks.iter().find(still).map(|(time, ..)| now_ms - time);
    Some(Waits {
        count,
        oldest_ms: oldest.filter(|age| *age > 0 && count > 0),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(looks: &[(i64, u64, u64)]) -> (u64, Option<i64>) {
        let looks: Vec<Look> = looks.iter().map(|(s, a, b)| (s * 1000, *a, *b)).collect();
        let waits = waits(&looks).unwrap();
        (waits.count, waits.oldest_ms.map(|ms| ms / 1000))
    }

    #[test]
    fn an_audit_waits_for_as_long_as_too_few_have_ended() {
        assert_eq!(told(&[(0, 10, 10)]), (0, None));
        assert_eq!(told(&[(0, 12, 10)]), (2, None));
        assert_eq!(
            told(&[(0, 10, 10), (20, 13, 12)]),
            (1, None),
            "it may have begun just now"
        );
        assert_eq!(
            told(&[(-20, 9, 9), (0, 10, 9), (20, 10, 9), (40, 10, 9)]),
            (1, Some(40))
        );
        // Two were open, one has ended since: one of them still waits.
        assert_eq!(told(&[(-20, 8, 8), (0, 10, 8), (20, 12, 9)]), (3, Some(20)));
        // As many ended as were open: perhaps all of those.
        assert_eq!(told(&[(-20, 8, 8), (0, 10, 8), (20, 12, 10)]), (2, None));
    }

    #[test]
    fn restarts_and_what_was_never_counted_alarm_nobody() {
        assert_eq!(told(&[(0, 900, 890), (20, 3, 3), (40, 4, 3)]), (1, None));
        let hour: Vec<_> = (0..60)
            .map(|n| (n * 60, 100 + n as u64 / 10, 99 + n as u64 / 10))
            .collect();
        assert_eq!(told(&hour), (0, None), "one has been open all the time");
        let mut hung = hour;
        hung.extend((60..66).map(|n| (n * 60, 107, 105)));
        assert_eq!(told(&hung), (1, Some(300)));
        assert_eq!(waits(&[]), None);
        // One whose end was not counted, before anybody looked.
        let first: Vec<_> = (0..=9).map(|n| (n * 20, 100, 99)).collect();
        assert_eq!(told(&first), (0, None));
        let mut away = vec![(-3000, 50, 50), (-2400, 60, 60)];
        away.extend(&first);
        assert_eq!(told(&away), (0, None));
        let mut begun = first;
        begun.extend([(200, 101, 99), (220, 101, 99)]);
        assert_eq!(told(&begun), (1, Some(20)), "what began since is counted");
    }

    #[test]
    fn an_end_that_was_not_counted_is_forgotten_after_six_minutes() {
        let lost = |minutes: i64| {
            let looks = (0..=60).map(|n| (n * 60, 100 + u64::from(n > 60 - minutes), 100));
            told(&looks.collect::<Vec<_>>())
        };
        assert_eq!(lost(5), (1, Some(240)));
        assert_eq!(lost(7), (1, Some(360)));
        assert_eq!(lost(9), (0, None));
        assert_eq!(lost(30), (0, None));
    }
}
