//! Started and finished lines of one transfer, for its duration. Bounded in number and age.

use std::collections::VecDeque;
use std::hash::BuildHasher;

use crate::domain::batch::FastMap;
use crate::domain::latency::Unended;
use crate::domain::transfer::Quality;
use crate::log::scan::Fields;

/// Transfers open at once; a busy node has some hundred.
const MOST: usize = 65_536;
/// An upload that has not ended by then never will, or its end was not logged.
const OLDEST_MS: i64 = 2 * 3600 * 1000;
/// What is dropped much later than that is of a log that is read beside this one: its end may have been logged.
const TOO_LATE_MS: i64 = 2 * OLDEST_MS;

/// A moment by the log's clock (whole seconds), and by its carrier's if that stamps lines.
#[derive(Debug, Clone, Copy)]
pub struct Moment {
    /// Milliseconds since the epoch.
    pub log_ms: i64,
    /// Milliseconds since the epoch, exact.
    pub carrier_ms: Option<i64>,
    /// When the line arrived, if it was read as it was written: within 20 ms, ms since the epoch.
    pub arrival_ms: Option<i64>,
}

impl Moment {
    /// The best there is, ms since the epoch.
    pub fn best_ms(self) -> i64 {
        self.carrier_ms.or(self.arrival_ms).unwrap_or(self.log_ms)
    }
}

/// Transfers that have begun and not ended.
#[derive(Debug, Default)]
pub struct Pairs {
    open: FastMap<u64, (Moment, u32)>,
    /// How many are open, by action.
    counts: FastMap<u32, u64>,
    order: VecDeque<(i64, u64)>,
    /// Starts that were given up: when they began (ms), the action, why.
    unended: Vec<(i64, u32, Unended)>,
    hasher: foldhash::fast::FixedState,
}

impl Pairs {
    /// Several ranges of one piece run at once, and one range for several peers: the key is piece, offset, action and
    /// the peer's address, which a node writes into both lines (61,611 of 61,611 recorded pairs).
    fn key(&self, fields: &Fields<'_>) -> Option<u64> {
        let piece = fields.piece_id.get(..26)?;
        let transfer = (piece, fields.offset, fields.action, fields.remote_address);
        Some(self.hasher.hash_one(transfer))
    }

    /// A transfer of an action (by its number) begins.
    pub fn started(&mut self, fields: &Fields<'_>, action: u32, at: Moment) {
        let Some(key) = self.key(fields) else {
            return;
        };
        while let Some((begun, old)) = self.order.front().copied() {
            if self.order.len() < MOST && begun > at.log_ms - OLDEST_MS {
                break;
            }
            self.order.pop_front();
            // A later transfer of the same piece may be open under its key.
            let is_it = self.open.get(&old).is_some_and(|(open, _)| open.log_ms == begun);
            let action = self.open.get(&old).map(|(_, action)| *action);
            if is_it && self.close(old).is_some() && begun > at.log_ms - TOO_LATE_MS {
                self.unended
                    .extend(action.map(|action| (begun, action, Unended::Silent)));
            }
        }
        match self.open.insert(key, (at, action)) {
            None => *self.counts.entry(action).or_default() += 1,
            Some((before, _)) => self.unended.push((before.log_ms, action, Unended::Silent)),
        }
        self.order.push_back((at.log_ms, key));
    }

    fn close(&mut self, key: u64) -> Option<Moment> {
        let (begun, action) = self.open.remove(&key)?;
        if let Some(count) = self.counts.get_mut(&action) {
            *count = count.saturating_sub(1);
        }
        Some(begun)
    }

    /// The node starts: whatever ran before that time (ms) ended without a word.
    pub fn forget(&mut self, before_ms: i64) {
        self.order.retain(|(begun, _)| *begun > before_ms);
        self.open.retain(|_, (begun, action)| {
            let stays = begun.log_ms > before_ms;
            if !stays {
                if let Some(count) = self.counts.get_mut(action) {
                    *count = count.saturating_sub(1);
                }
                // Of what began long before, the end may lie in what was not read.
                if begun.log_ms > before_ms - TOO_LATE_MS {
                    self.unended.push((begun.log_ms, *action, Unended::Restart));
                }
            }
            stays
        });
    }

    /// Starts that were given up since the last call: when they began (ms), the action, why.
    pub fn take_unended(&mut self) -> impl Iterator<Item = (i64, u32, Unended)> + '_ {
        self.unended.drain(..)
    }

    /// Transfers that run: the number of their action, and when they began (ms since the epoch).
    pub fn running(&self) -> impl Iterator<Item = (u32, i64)> + '_ {
        let begun = |(at, action): &(Moment, u32)| (*action, at.best_ms());
        self.open.values().map(begun)
    }

    /// Transfers open now, by the number of their action.
    pub fn open(&self) -> impl Iterator<Item = (u32, u64)> + '_ {
        self.counts.iter().map(|(action, count)| (*action, *count))
    }

    /// It ends: how long it took (ms), if its start was seen.
    pub fn finished(&mut self, fields: &Fields<'_>, at: Moment) -> Option<(u32, Quality)> {
        if self.open.is_empty() {
            return None;
        }
        let begun = self.close(self.key(fields)?)?;
        let (from, to, quality) = match (begun.carrier_ms, at.carrier_ms) {
            (Some(from), Some(to)) => (from, to, Quality::Exact),
            _ => match (begun.arrival_ms, at.arrival_ms) {
                (Some(from), Some(to)) => (from, to, Quality::Arrival),
                _ => (begun.log_ms, at.log_ms, Quality::Second),
            },
        };
        // Clocks are set back: such a pair tells nothing.
        Some((u32::try_from(to - from).ok()?, quality))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(log_ms: i64) -> Moment {
        Moment {
            log_ms,
            carrier_ms: None,
            arrival_ms: None,
        }
    }

    #[test]
    fn peers_that_read_the_same_range_at_once_are_told_apart() {
        let piece = [b'A'; 52];
        let fields = |remote_address| Fields {
            piece_id: &piece,
            action: b"GET",
            offset: Some(0),
            remote_address,
            ..Fields::default()
        };
        let mut pairs = Pairs::default();
        pairs.started(&fields(b"10.0.0.1:49186"), 1, at(1000));
        pairs.started(&fields(b"10.0.0.1:49270"), 1, at(1000));
        assert_eq!(pairs.open().collect::<Vec<_>>(), [(1, 2)]);
        for (address, ended, took) in [(b"10.0.0.1:49186", 1000, 0), (b"10.0.0.1:49270", 32_000, 31_000)] {
            let told = pairs.finished(&fields(address), at(ended));
            assert_eq!(told, Some((took, Quality::Second)));
        }
        assert_eq!(pairs.take_unended().count(), 0);
    }

    #[test]
    fn ranges_of_one_piece_are_told_apart_and_old_starts_are_dropped() {
        let piece = [b'A'; 52];
        let fields = |offset| Fields {
            piece_id: &piece,
            action: b"GET",
            offset: Some(offset),
            ..Fields::default()
        };
        let mut pairs = Pairs::default();
        pairs.started(&fields(0), 1, at(1000));
        pairs.started(&fields(512), 1, at(2000));
        assert_eq!(pairs.open().collect::<Vec<_>>(), [(1, 2)]);
        assert_eq!(pairs.finished(&fields(0), at(4000)), Some((3000, Quality::Second)));
        assert_eq!(pairs.finished(&fields(0), at(4000)), None);
        pairs.started(&fields(7), 1, at(2000 + OLDEST_MS));
        assert_eq!(pairs.open().collect::<Vec<_>>(), [(1, 1)]);
        assert_eq!(pairs.finished(&fields(512), at(4000 + OLDEST_MS)), None);
        assert_eq!(pairs.running().collect::<Vec<_>>(), [(1, 2000 + OLDEST_MS)]);
        pairs.forget(2000 + OLDEST_MS);
        assert_eq!(pairs.open().collect::<Vec<_>>(), [(1, 0)]);
        assert_eq!(pairs.finished(&fields(7), at(4000 + OLDEST_MS)), None);
    }
}
