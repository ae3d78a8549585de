//! What durations of transfers add to the history beside their sketches: speed, when races are lost, the slowest, and
//! starts that never ended. Made by `engine`, kept by `store`.

use super::batch::{FastMap, Kept};
use super::piece::PieceId;
use super::transfer::{Outcome, Quality};
use crate::support::sketch::Sketch;

/// Upper bounds (inclusive, ms) of how late a race is lost; the last step has none.
pub const LOST_BOUNDS_MS: [u64; 7] = [250, 500, 1000, 1500, 2000, 4000, 10_000];
/// Steps of how late a race is lost.
pub const LOST_STEPS: usize = LOST_BOUNDS_MS.len() + 1;
/// So many of the slowest are kept of an action and hour, or day.
pub const MOST_SLOW: usize = 5;

/// The step of a duration (ms): index into [`LOST_BOUNDS_MS`], or behind it.
pub fn lost_step(ms: u64) -> u8 {
    LOST_BOUNDS_MS.iter().take_while(|bound| ms > **bound).count() as u8
}

/// Canceled transfers of one step.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Lost {
    /// How many.
    pub count: u64,
    /// Of how many the log says what was moved.
    pub told: u64,
    /// Bytes those had moved.
    pub moved: u64,
    /// Bytes those were to move; of uploads nobody knows: 0.
    pub wanted: u64,
}

impl Lost {
    /// Adds another's.
    pub fn add(&mut self, other: Self) {
        self.count += other.count;
        self.told += other.told;
        self.moved = self.moved.saturating_add(other.moved);
        self.wanted = self.wanted.saturating_add(other.wanted);
    }
}

/// One of the slowest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slow<Id = u32> {
    /// When it ended, ms since the epoch.
    pub time_ms: i64,
    /// The satellite.
    pub satellite: Id,
    /// How it ended.
    pub outcome: Outcome,
    /// How long it took, ms.
    pub ms: u32,
    /// How exactly that is known.
    pub quality: Quality,
    /// Bytes.
    pub size: Option<u64>,
    /// The piece.
    pub piece: Option<PieceId>,
}

impl<Id> Slow<Id> {
    /// The slowest first, then the earliest: the same whatever the order they come in.
    fn rank(&self) -> (std::cmp::Reverse<u32>, i64, Option<PieceId>) {
        (std::cmp::Reverse(self.ms), self.time_ms, self.piece)
    }

    /// The same for another holder of ids.
    pub fn with_id<Other>(&self, satellite: Other) -> Slow<Other> {
        Slow {
            time_ms: self.time_ms,
            satellite,
            outcome: self.outcome,
            ms: self.ms,
            quality: self.quality,
            size: self.size,
            piece: self.piece,
        }
    }
}

/// Adds one to the slowest, the slowest first; at most `most` stay.
pub fn keep_slowest<Id>(slowest: &mut Vec<Slow<Id>>, slow: Slow<Id>, most: usize) {
    let at = slowest.partition_point(|other| other.rank() <= slow.rank());
    if at < most {
        slowest.insert(at, slow);
        slowest.truncate(most);
    }
}

/// Why nobody knows how a transfer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Unended {
    /// The node was started anew meanwhile.
    Restart,
    /// No end was logged for hours.
    Silent,
}

/// Key of speeds: hour, action, quality, size class.
pub type SpeedKey = (i64, u32, Quality, Option<u8>);

/// What a batch adds. Buckets are hours: their first second since the epoch.
#[derive(Debug, Default)]
pub struct Timing {
    /// Bytes a second of transfers that succeeded, where durations are known better than to the second.
    pub speeds: FastMap<SpeedKey, Sketch>,
    /// Lost races by hour, action, quality and step.
    pub lost: FastMap<(i64, u32, Quality, u8), Lost>,
    /// The slowest by hour and action.
    pub slow: FastMap<(i64, u32), Vec<Slow>>,
    /// Starts without an end by hour of the start, action and reason.
    pub unended: FastMap<(i64, u32, Unended), u64>,
}

impl Timing {
    /// Takes in a transfer that ended in the hour (its first second), whose duration is known.
    pub fn add(&mut self, hour: i64, kept: &Kept) {
        let Some((ms, quality)) = kept.duration else {
            return;
        };
        if let Some(speed) = speed(kept) {
            let key = (hour, kept.action, quality, kept.size.map(super::transfer::size_class));
            self.speeds.entry(key).or_default().add(speed);
        }
        if kept.outcome == Outcome::Canceled {
            let key = (hour, kept.action, quality, lost_step(ms.into()));
            self.lost.entry(key).or_default().add(lost(kept));
        }
        let slow = Slow {
            time_ms: kept.time_ms,
            satellite: kept.satellite,
            outcome: kept.outcome,
            ms,
            quality,
            size: kept.size,
            piece: kept.piece,
        };
        keep_slowest(self.slow.entry((hour, kept.action)).or_default(), slow, MOST_SLOW);
    }

    /// Empties it and keeps its memory.
    pub fn clear(&mut self) {
        self.speeds.clear();
        self.lost.clear();
        self.slow.clear();
        self.unended.clear();
    }
}

/// What arrives is timed within so much, ms: a shorter duration counts as this in a speed, which may be higher then.
const ARRIVAL_MS: u32 = 20;

/// Bytes a second of a transfer that succeeded; `None`: whole seconds tell nothing of it.
pub fn speed<Id>(kept: &Kept<Id>) -> Option<u64> {
    let (ms, quality) = kept.duration?;
    let size = kept.size.filter(|size| *size > 0)?;
    let told = kept.outcome == Outcome::Success && quality != Quality::Second;
    let least = if quality == Quality::Arrival { ARRIVAL_MS } else { 1 };
    told.then(|| size.saturating_mul(1000) / u64::from(ms.max(least)))
}

/// What a canceled transfer adds: an upload's size is what was written, a download's what was asked for.
pub fn lost<Id>(kept: &Kept<Id>) -> Lost {
    let (moved, wanted) = match (kept.offset, kept.moved) {
        (None, _) => (kept.size, 0),
        (Some(_), moved) => (moved, kept.size.unwrap_or(0)),
    };
    Lost {
        count: 1,
        told: u64::from(moved.is_some()),
        moved: moved.unwrap_or(0),
        wanted: if moved.is_some() { wanted } else { 0 },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::transfer::Cause;

    fn kept(
        ms: u32,
        quality: Quality,
        outcome: Outcome,
        (size, offset, moved): (u64, Option<u64>, Option<u64>),
    ) -> Kept {
        Kept {
            time_ms: 5000,
            satellite: 1,
            action: 2,
            outcome,
            cause: Cause::None,
            size: Some(size),
            offset,
            moved,
            piece: None,
            address: None,
            duration: Some((ms, quality)),
            error: None,
            odd: None,
        }
    }

    #[test]
    fn steps_meet_without_a_gap() {
        assert_eq!([0, 250, 251, 10_000, 10_001].map(lost_step), [0, 0, 1, 6, 7]);
        assert_eq!(usize::from(lost_step(u64::MAX)) + 1, LOST_STEPS);
    }

    #[test]
    fn the_slowest_are_the_same_in_any_order() {
        let slow = |ms, time_ms| Slow {
            time_ms,
            satellite: 0,
            outcome: Outcome::Success,
            ms,
            quality: Quality::Exact,
            size: None,
            piece: None,
        };
        let all: Vec<Slow> = (0..20).map(|n| slow((n * 7) % 13, i64::from(n))).collect();
        let mut forth = Vec::new();
        let mut back = Vec::new();
        all.iter().for_each(|one| keep_slowest(&mut forth, one.clone(), 4));
        all.iter().rev().for_each(|one| keep_slowest(&mut back, one.clone(), 4));
        assert_eq!(forth, back);
        let kept: Vec<_> = forth.iter().map(|one| (one.ms, one.time_ms)).collect();
        assert_eq!(kept, [(12, 11), (11, 9), (10, 7), (9, 5)]);
    }

    #[test]
    fn speed_is_of_what_succeeded_and_lost_bytes_are_what_was_moved() {
        let all = [
            kept(500, Quality::Exact, Outcome::Success, (1000, None, None)),
            kept(0, Quality::Arrival, Outcome::Success, (7, None, None)),
            kept(2000, Quality::Second, Outcome::Success, (1000, None, None)),
            kept(2000, Quality::Exact, Outcome::Canceled, (1000, None, None)),
        ];
        assert_eq!(all.each_ref().map(speed), [Some(2000), Some(350), None, None]);
        let told = |lost: Lost| (lost.told, lost.moved, lost.wanted);
        assert_eq!(told(lost(&all[3])), (1, 1000, 0));
        let download = |moved| kept(9, Quality::Exact, Outcome::Canceled, (1000, Some(0), moved));
        assert_eq!(told(lost(&download(Some(300)))), (1, 300, 1000));
        assert_eq!(told(lost(&download(None))), (0, 0, 0));
        let mut timing = Timing::default();
        all.iter().for_each(|kept| timing.add(0, kept));
        assert_eq!(
            (timing.speeds.len(), timing.lost.len(), timing.slow[&(0, 2)].len()),
            (2, 1, 4)
        );
    }
}
