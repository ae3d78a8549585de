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

/// Longer than this none waits: satellites give up after five minutes. What is open all the time was not counted at
/// its end.
const LONGEST_MS: i64 = 15 * 60_000;

/// What looks of the last hour tell, in the order of time; `None` without any.
pub fn waits(looks: &[Look]) -> Option<Waits> {
    let (now_ms, started, ended) = *looks.last()?;
    // The process before this one counted apart.
    let begin = looks
        .windows(2)
        .rposition(|pair| pair[1].1 < pair[0].1 || pair[1].2 < pair[0].2);
    let looks = looks.get(begin.map_or(0, |at| at + 1)..)?;
    let open = |(_, started, ended): &Look| started.saturating_sub(*ended);
    let old = looks.iter().take_while(|(time, ..)| now_ms - time > LONGEST_MS);
    let uncounted = old.map(open).min().unwrap_or(0);
    let count = started.saturating_sub(ended).saturating_sub(uncounted);
    // Of those open at a look some still are, if fewer have ended since; in whatever order they end.
    let recent = looks.iter().filter(|(time, ..)| now_ms - time <= LONGEST_MS);
    let still = |look: &&Look| open(look).saturating_sub(uncounted) > ended.saturating_sub(look.2);
    let oldest = recent.clone().find(still).map(|(time, ..)| now_ms - time);
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
        assert_eq!(
            told(&[(0, 10, 10), (20, 13, 12)]),
            (1, None),
            "it may have begun just now"
        );
        assert_eq!(told(&[(0, 10, 9), (20, 10, 9), (40, 10, 9)]), (1, Some(40)));
        // Two were open, one has ended since: one of them still waits.
        assert_eq!(told(&[(0, 10, 8), (20, 12, 9)]), (3, Some(20)));
        // As many ended as were open: perhaps all of those.
        assert_eq!(told(&[(0, 10, 8), (20, 12, 10)]), (2, None));
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
    }
}
