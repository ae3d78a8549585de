//! Pauses of a busy node: whole minutes without a transfer, though the minutes around had many.

/// A pause, ms since the epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hang {
    /// The end of the last minute with transfers before it.
    pub from_ms: i64,
    /// The begin of the first one after it.
    pub to_ms: i64,
}

/// So many transfers a minute make a node busy: then several minutes without any are no chance.
const BUSY: u64 = 20;
const MINUTES: i64 = 3;

/// The last pause, of the minutes that have transfers (first second, number) in the order of time.
pub fn last(minutes: &[(i64, u64)]) -> Option<Hang> {
    let mut counts: Vec<u64> = minutes.iter().map(|(_, count)| *count).collect();
    counts.sort_unstable();
    if *counts.get(counts.len() / 2)? < BUSY {
        return None;
    }
    let pause = |pair: &&[(i64, u64)]| pair[1].0 - pair[0].0 > MINUTES * 60;
    let pair = minutes.windows(2).rfind(pause)?;
    Some(Hang {
        from_ms: (pair[0].0 + 60) * 1000,
        to_ms: pair[1].0 * 1000,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_busy_node_pauses() {
        let with = |count: u64, pause: std::ops::Range<i64>| {
            let minutes: Vec<(i64, u64)> = (0..60)
                .filter(|n| !pause.contains(n))
                .map(|n| (n * 60, count))
                .collect();
            last(&minutes).map(|hang| (hang.from_ms / 60_000, hang.to_ms / 60_000))
        };
        assert_eq!(with(30, 20..26), Some((20, 26)));
        assert_eq!(
            (with(30, 20..22), with(19, 20..50), with(30, 55..60)),
            (None, None, None)
        );
        assert_eq!(last(&[]), None);
    }
}
