//! Recorded time and the time of the replay. Everything that is replayed asks here when it happened.

use std::time::{Duration, SystemTime};

/// What happened so shortly before the turn (ms) comes back with each round: the answers that stand
/// when a round begins were given then, and must not grow older than they were.
const COMES_BACK: i64 = 180_000;

/// How recorded times (ms since the epoch) become times now. Up to `turn` the recording is history;
/// what follows is lived through at `speed`, again and again.
#[derive(Debug, Clone, Copy)]
pub struct Timeline {
    turn: i64,
    end: i64,
    speed: f64,
    now_ms: i64,
    started: SystemTime,
}

impl Timeline {
    /// `now_ms` is the time (ms since the epoch) at which the recorded moment `turn` is now.
    pub fn new(turn: i64, end: i64, speed: f64, now_ms: i64) -> Self {
        Self {
            turn,
            end,
            speed,
            now_ms,
            started: SystemTime::now(),
        }
    }

    /// Recorded ms up to which all is history.
    pub fn turn(&self) -> i64 {
        self.turn
    }

    /// The time now, ms since the epoch: the system's clock, which goes on while a machine sleeps.
    pub fn now(&self) -> i64 {
        let gone = self.started.elapsed().unwrap_or_default();
        self.now_ms + i64::try_from(gone.as_millis()).unwrap_or(i64::MAX / 2)
    }

    /// The round that is lived through at `now`, and its recorded moment.
    pub fn moment(&self, now: i64) -> (i64, i64) {
        let lived = ((now - self.now_ms) as f64 * self.speed) as i64;
        let round = (self.end - self.turn).max(1);
        (lived.div_euclid(round), self.turn + lived.rem_euclid(round))
    }

    /// When the recorded time happens in a round (ms since the epoch). What is long before the turn
    /// happened once: a node does not start anew with each round.
    pub fn present(&self, recorded: i64, round: i64) -> i64 {
        let since = recorded - self.turn;
        let again = if since > -COMES_BACK {
            round * (self.end - self.turn)
        } else {
            0
        };
        self.now_ms + self.lasts(again) + if since > 0 { self.lasts(since) } else { since }
    }

    /// How long until the present time `due`, if it has not come.
    pub fn until(&self, due: i64) -> Option<Duration> {
        let left = u64::try_from(due - self.now()).ok()?;
        (left > 0).then(|| Duration::from_millis(left))
    }

    fn lasts(&self, recorded_ms: i64) -> i64 {
        (recorded_ms as f64 / self.speed) as i64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_follow_each_other_without_gap_or_overlap() {
        // Recorded: turn at 1000 s, end at 1600 s; ten times as fast; now is 50 000 s.
        let line = Timeline::new(1_000_000, 1_600_000, 10.0, 50_000_000);
        for (recorded, round, present) in [
            (400_000, 0, 49_400_000),   // history is only moved
            (1_000_000, 0, 50_000_000), // the turn is now
            (1_300_000, 0, 50_030_000),
            (1_600_000, 0, 50_060_000), // the end of a round is the next one's begin
            (1_000_000, 1, 50_060_000),
            (1_300_000, 2, 50_150_000),
            (400_000, 2, 49_400_000), // a start long ago happened once
            (990_000, 2, 50_110_000), // the last answer before the turn does not grow old
        ] {
            assert_eq!(line.present(recorded, round), present, "{recorded} in {round}");
        }
        assert_eq!(line.moment(50_000_000), (0, 1_000_000));
        assert_eq!(line.moment(50_030_000), (0, 1_300_000));
        assert_eq!(line.moment(50_060_000), (1, 1_000_000));
        assert_eq!(line.moment(50_150_000), (2, 1_300_000));
    }
}
