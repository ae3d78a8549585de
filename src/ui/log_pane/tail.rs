//! The lines at hand: those that came, or those around a moment; following them or standing still.

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;

use super::parts::key;
use crate::api::line::LogLine;

/// Lines kept in memory.
const MOST: usize = 5000;
/// Of them so many are in the list while it follows; all when it stands still.
const FOLLOWED: usize = 300;
/// The list does not grow beyond this by going back in the files.
const LONGEST: usize = 20_000;

/// Where the lines come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Mode {
    /// As they come: the newest is always there.
    #[default]
    Following,
    /// What was there when it was stopped.
    Stopped,
    /// Around a moment (ms since the epoch).
    Past(i64),
}

/// The lines at hand.
#[derive(Debug, Default)]
pub(super) struct Tail {
    ring: VecDeque<Arc<LogLine>>,
    /// What the list is made of while it does not follow.
    still: Vec<Arc<LogLine>>,
    mode: Mode,
    /// Lines that came since it does not follow.
    pub(super) waiting: u64,
    /// Lines that were lost on the way: this screen was too slow.
    pub(super) lost: u64,
    /// Counts every change of the list.
    pub(super) version: u64,
    /// Nothing older, or newer, is to be had.
    pub(super) ends: (bool, bool),
    rate: VecDeque<(i64, u64)>,
    /// Lines read from the files at the start: the collector may tell some of them a moment later.
    filled: HashSet<String>,
    filled_until: i64,
}

/// So long lines may be told that the files had already (ms).
const SETTLES_MS: i64 = 20_000;
/// Lines a second are those of so many milliseconds.
const RATE_MS: i64 = 10_000;

impl Tail {
    pub(super) fn mode(&self) -> Mode {
        self.mode
    }

    /// Begins anew, for other lines.
    pub(super) fn clear(&mut self) {
        let version = self.version + 1;
        *self = Self {
            version,
            rate: std::mem::take(&mut self.rate),
            ..Self::default()
        };
    }

    /// Lines came. True: the list changed.
    pub(super) fn push(&mut self, lines: Vec<LogLine>, (lost, looked): (u64, u64), now_ms: i64) -> bool {
        self.lost += lost;
        self.rate.push_back((now_ms, looked));
        let filled = std::mem::take(&mut self.filled);
        let is_new = |line: &LogLine| filled.is_empty() || !filled.contains(&key(line));
        let fresh: Vec<LogLine> = lines.into_iter().filter(is_new).collect();
        let any = !fresh.is_empty();
        // What is behind a line that is new is new as well, but for other nodes, which are told soon, too.
        if now_ms < self.filled_until {
            self.filled = filled;
        }
        if self.mode != Mode::Following {
            self.waiting += fresh.len() as u64;
        }
        self.ring.extend(fresh.into_iter().map(Arc::new));
        let surplus = self.ring.len().saturating_sub(MOST);
        self.ring.drain(..surplus);
        let changed = any && self.mode == Mode::Following;
        self.version += u64::from(changed);
        changed
    }

    /// Lines of the logs a second, those that do not fit too; `None`: nothing was told lately.
    pub(super) fn rate(&mut self, now_ms: i64) -> Option<u64> {
        while self.rate.front().is_some_and(|(ms, _)| now_ms - ms > RATE_MS) {
            self.rate.pop_front();
        }
        let (first, _) = self.rate.front()?;
        let looked: u64 = self.rate.iter().map(|(_, looked)| looked).sum();
        Some(looked * 1000 / (now_ms - first).max(1000).unsigned_abs())
    }

    /// What stood in the files before the first line that came.
    pub(super) fn fill(&mut self, older: &[LogLine], now_ms: i64) {
        let known: HashSet<String> = self.ring.iter().map(|line| key(line)).collect();
        for line in older.iter().rev().filter(|line| !known.contains(&key(line))) {
            if self.ring.len() >= MOST {
                break;
            }
            self.ring.push_front(Arc::new(line.clone()));
        }
        self.filled = older.iter().map(key).collect();
        self.filled_until = now_ms + SETTLES_MS;
        self.version += 1;
    }

    /// Stands still with what there is.
    pub(super) fn stop(&mut self) {
        if self.mode == Mode::Following {
            self.still = self.ring.iter().cloned().collect();
            self.mode = Mode::Stopped;
            self.waiting = 0;
            self.ends = (false, true);
            self.version += 1;
        }
    }

    /// Follows again.
    pub(super) fn follow(&mut self) {
        self.mode = Mode::Following;
        self.still = Vec::new();
        self.waiting = 0;
        self.version += 1;
    }

    /// Shows the past, when it is there.
    pub(super) fn look_back(&mut self, at_ms: i64) {
        if self.mode != Mode::Past(at_ms) {
            self.mode = Mode::Past(at_ms);
            self.still = Vec::new();
            self.ends = (false, false);
            self.version += 1;
        }
    }

    /// The past is there.
    pub(super) fn show(&mut self, lines: &[LogLine]) {
        self.still = lines.iter().cloned().map(Arc::new).collect();
        self.version += 1;
    }

    /// More of the past, before or behind what is shown. What is there already is passed over.
    pub(super) fn extend(&mut self, lines: &[LogLine], older: bool, is_end: bool) {
        let known: HashSet<String> = self.still.iter().map(|line| key(line)).collect();
        let fresh = lines.iter().filter(|line| !known.contains(&key(line)));
        let mut fresh: Vec<Arc<LogLine>> = fresh.cloned().map(Arc::new).collect();
        let end = is_end || fresh.is_empty() || self.still.len() + fresh.len() > LONGEST;
        if older {
            self.ends.0 = end;
            fresh.append(&mut self.still);
            self.still = fresh;
        } else {
            self.ends.1 = end;
            self.still.append(&mut fresh);
        }
        self.version += 1;
    }

    /// The lines of the list, the oldest first.
    pub(super) fn lines(&self) -> Vec<Arc<LogLine>> {
        match self.mode {
            Mode::Following => {
                let skipped = self.ring.len().saturating_sub(FOLLOWED);
                self.ring.iter().skip(skipped).cloned().collect()
            }
            _ => self.still.clone(),
        }
    }

    /// The first line of the list, and the last.
    pub(super) fn bounds(&self) -> Option<(&LogLine, &LogLine)> {
        let (first, last) = match self.mode {
            Mode::Following => {
                let skipped = self.ring.len().saturating_sub(FOLLOWED);
                (self.ring.get(skipped), self.ring.back())
            }
            _ => (self.still.first(), self.still.last()),
        };
        Some((&**first?, &**last?))
    }

    /// The lines that came lately, the newest first.
    pub(super) fn newest(&self) -> impl Iterator<Item = &Arc<LogLine>> {
        self.ring.iter().rev()
    }

    /// How many are in memory.
    pub(super) fn kept(&self) -> usize {
        self.ring.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::line::Place;
    use crate::domain::gravity::Gravity;

    fn line(n: u64) -> LogLine {
        LogLine {
            node: "n".to_owned(),
            time_ms: n as i64 * 10,
            level: "INFO".to_owned(),
            logger: String::new(),
            message: "m".to_owned(),
            rest: String::new(),
            understood: true,
            gravity: Gravity::Plain,
            place: Some(Place {
                path: "/n.log".to_owned(),
                offset: n,
            }),
        }
    }

    fn lines(from: u64, to: u64) -> Vec<LogLine> {
        (from..to).map(line).collect()
    }

    fn span(tail: &Tail) -> (i64, i64, usize) {
        let lines = tail.lines();
        assert_eq!(tail.bounds(), Some((&*lines[0], &*lines[lines.len() - 1])));
        (lines[0].time_ms / 10, lines[lines.len() - 1].time_ms / 10, lines.len())
    }

    #[test]
    fn what_is_stopped_stays_and_what_comes_waits() {
        let mut tail = Tail::default();
        assert!(tail.push(lines(100, 110), (0, 20), 0));
        tail.fill(&lines(90, 105), 0);
        assert!(!tail.push(lines(101, 105), (0, 0), 0), "the files had them");
        assert_eq!(span(&tail), (90, 109, 20));
        tail.stop();
        assert!(!tail.push(lines(110, 9000), (3, 8890), 5000));
        assert_eq!((span(&tail), tail.waiting, tail.lost), ((90, 109, 20), 8890, 3));
        assert_eq!(tail.rate(5000), Some(8910 / 5));
        tail.extend(&lines(50, 95), true, false);
        assert_eq!(span(&tail), (50, 109, 60));
        tail.extend(&lines(50, 60), true, false);
        assert!(tail.ends.0, "nothing new: the begin");
        tail.follow();
        assert_eq!((span(&tail), tail.kept(), tail.waiting), ((8700, 8999, 300), MOST, 0));
        assert_eq!(tail.rate(60_000), None);
        tail.look_back(777);
        assert!(tail.lines().is_empty() && tail.bounds().is_none());
        tail.show(&lines(1, 5));
        tail.look_back(777);
        assert_eq!(span(&tail), (1, 4, 4));
    }
}
