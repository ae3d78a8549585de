//! Audits that waited long, by the log's own clock: so that a log that is read later tells of them as of its time.
//! Used by `apply`.

use super::apply::Apply;
use crate::domain::host::{AUDIT, Waiting};

/// Audits that run longer have ended, and nobody logged it: the satellite gives up after five minutes.
pub(super) const RUNS_MS: i64 = 6 * 60_000;
/// An audit takes a second. One that takes so long is worth a word.
const SLOW_MS: i64 = 30_000;
/// Looks lie so far apart.
const EVERY_MS: i64 = 5_000;
/// What nobody takes does not grow.
const MOST: usize = 10_000;

/// What was seen, in the order of the lines.
#[derive(Debug, Default)]
pub(super) struct Waits {
    /// The first start since lines were read one after the other: of those before an end may have been passed over.
    from_ms: Option<i64>,
    next_ms: i64,
    /// Whether one waited at the last look.
    slow: bool,
    told: Vec<(i64, Waiting)>,
    /// The slot that was read last, and where its next bytes begin.
    read_to: Option<(u64, u64)>,
}

impl Waits {
    /// Lines come that lie there (slot, first byte) and are so long.
    pub(super) fn goes_on(&mut self, at: (u64, u64), bytes: u64) {
        if self.read_to != Some(at) {
            self.breaks();
        }
        self.read_to = Some((at.0, at.1 + bytes));
    }

    /// The lines that come do not follow on those that were read last.
    fn breaks(&mut self) {
        (self.from_ms, self.next_ms, self.slow) = (None, 0, false);
    }

    /// A transfer began.
    pub(super) fn begins(&mut self, ms: i64) {
        self.from_ms.get_or_insert(ms);
    }

    /// Whether it is time to look again.
    pub(super) fn is_due(&self, ms: i64) -> bool {
        self.from_ms.is_some() && ms >= self.next_ms
    }

    /// A transfer ended, so ends are logged: what of the audits that `began` and have not ended?
    pub(super) fn look(&mut self, ms: i64, began: impl Iterator<Item = i64>) {
        let Some(from) = self.from_ms else { return };
        self.next_ms = ms + EVERY_MS;
        let waits = waiting(began.filter(|begun| *begun >= from), ms);
        let slow = waits.oldest_ms.is_some_and(|oldest| ms - oldest >= SLOW_MS);
        if (slow || self.slow) && self.told.len() < MOST {
            self.told.push((ms, waits));
        }
        self.slow = slow;
    }

    /// What was seen since the last call: when (ms since the epoch), what.
    pub(super) fn take(&mut self) -> Vec<(i64, Waiting)> {
        std::mem::take(&mut self.told)
    }
}

/// Those of `began` that still run at `now_ms`.
pub(super) fn waiting(began: impl Iterator<Item = i64>, now_ms: i64) -> Waiting {
    let running = began.filter(|begun| (now_ms - RUNS_MS..=now_ms).contains(begun));
    let (count, oldest_ms) = running.fold((0, None), |(count, oldest): (u64, Option<i64>), begun| {
        (count + 1, Some(oldest.map_or(begun, |oldest| oldest.min(begun))))
    });
    Waiting { count, oldest_ms }
}

impl Apply {
    /// Audits that have begun and not ended; `None`: the log does not tell of starts.
    pub fn waiting_audits(&self, now_ms: i64) -> Option<Waiting> {
        let actions = &self.sums.vocabulary.actions;
        let audit = actions.find(AUDIT)?;
        let live = self.sums.live.as_ref()?;
        if !live.flight.tells(audit) {
            return None;
        }
        Some(waiting(self.sums.running(audit), now_ms))
    }

    /// Audits that waited long by the log's own clock, since the last call: when (ms since the epoch), what.
    pub fn take_waits(&mut self) -> Vec<(i64, Waiting)> {
        self.sums.waits.take()
    }

    /// Lines come that lie there (slot, first byte) and are so long.
    pub fn goes_on(&mut self, at: (u64, u64), bytes: u64) {
        self.sums.waits.goes_on(at, bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_long_waits_and_their_ends_are_told() {
        let mut waits = Waits::default();
        waits.begins(1_000);
        for (ms, began) in [
            (2_000, vec![1_000]),
            (40_000, vec![1_000, 39_500]),
            (50_000, vec![]),
            (60_000, vec![]),
        ] {
            assert!(waits.is_due(ms));
            waits.look(ms, began.into_iter());
        }
        let of = |count, oldest_ms| Waiting { count, oldest_ms };
        assert_eq!(waits.take(), [(40_000, of(2, Some(1_000))), (50_000, of(0, None))]);
        assert!(waits.take().is_empty());
    }

    #[test]
    fn what_began_before_lines_were_passed_over_does_not_count() {
        let mut waits = Waits::default();
        waits.begins(1_000);
        waits.breaks();
        assert!(!waits.is_due(90_000), "nothing began since");
        waits.begins(90_000);
        waits.look(91_000, [1_000, 90_000].into_iter());
        assert!(waits.take().is_empty());
        waits.look(RUNS_MS + 95_000, [90_000].into_iter());
        assert!(waits.take().is_empty(), "its end was not logged");
    }
}
