//! When lines of followed logs arrived. While a log tells of starts its length is looked at a hundred times a second:
//! that costs a `stat`, where a notification for each line would cost far more, the writer too. Used by `collector`.

use crate::support::clock::now_ms;
use std::collections::VecDeque;
use std::fs::Metadata;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

/// Logs are looked at so often while that is wanted, and so often it is asked whether it is.
const PERIOD: Duration = Duration::from_millis(9);
const REST: Duration = Duration::from_millis(300);
/// Two looks further apart than this do not tell when between them something was written, ms.
const EXACT_MS: i64 = 20;
/// Lines of a file that was just put aside may still be read under the name of the new one, ms.
const SETTLES_MS: i64 = 3000;
/// Lengths remembered: a minute of a busy log.
const MOST: usize = 6000;

/// The lengths of one log over time.
#[derive(Debug, Default)]
struct Lengths {
    file: Option<(u64, u64)>,
    /// What was written up to here arrived before anything is known.
    base: u64,
    last: u64,
    looked_ms: i64,
    /// Nothing is known before this time.
    settled_ms: i64,
    /// Length, when it was first seen, whether nothing can have been written long before.
    seen: VecDeque<(u64, i64, bool)>,
}

impl Lengths {
    fn saw(&mut self, file: (u64, u64), len: u64, now_ms: i64) {
        let since = now_ms - self.looked_ms;
        self.looked_ms = now_ms;
        if self.file != Some(file) || len < self.last {
            let first = self.file.is_none();
            *self = Self {
                file: Some(file),
                base: len,
                last: len,
                looked_ms: now_ms,
                settled_ms: if first { now_ms } else { now_ms + SETTLES_MS },
                seen: VecDeque::new(),
            };
            return;
        }
        if len > self.last {
            self.last = len;
            let exact = (0..=EXACT_MS).contains(&since) && now_ms >= self.settled_ms;
            self.seen.push_back((len, now_ms, exact));
            if self.seen.len() > MOST
                && let Some((len, ..)) = self.seen.pop_front()
            {
                self.base = len;
            }
        }
    }

    /// `now_ms`: when the line is read, which may be before the next look.
    fn at(&self, end: u64, now_ms: i64) -> Option<i64> {
        if end <= self.base {
            return None;
        }
        if end > self.last {
            let fresh = (0..=EXACT_MS).contains(&(now_ms - self.looked_ms)) && now_ms >= self.settled_ms;
            return (self.file.is_some() && fresh).then_some(now_ms);
        }
        let at = self.seen.partition_point(|(len, ..)| *len < end);
        let (_, ms, exact) = self.seen.get(at)?;
        exact.then_some(*ms)
    }
}

/// One log.
#[derive(Debug)]
struct Log {
    path: PathBuf,
    wanted_until_ms: AtomicI64,
    lengths: Mutex<Lengths>,
}

/// When the lines of one log arrived, as far as that was looked at.
#[derive(Debug, Clone)]
pub struct Arrivals(Arc<Log>);

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing that panics runs under these locks.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Arrivals {
    /// It is to be looked at until then (ms since the epoch).
    pub fn want(&self, until_ms: i64) {
        self.0.wanted_until_ms.store(until_ms, Ordering::Relaxed);
    }

    /// When the line that ends at a byte of the log was written, ms since the epoch, within 20 ms; `None`: nobody
    /// knows.
    pub fn at(&self, end: u64) -> Option<i64> {
        lock(&self.0.lengths).at(end, now_ms())
    }
}

#[cfg(unix)]
fn identity(metadata: &Metadata) -> (u64, u64) {
    use std::os::unix::fs::MetadataExt;
    (metadata.dev(), metadata.ino())
}

#[cfg(not(unix))]
fn identity(metadata: &Metadata) -> (u64, u64) {
    let begun = metadata.created().ok();
    let since = begun.and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok());
    (0, since.map_or(0, |since| since.as_nanos() as u64))
}

/// Looks at logs, in a thread of its own, as long as it lives.
#[derive(Debug, Default)]
pub struct Watcher {
    logs: Arc<Mutex<Vec<Weak<Log>>>>,
    runs: bool,
}

impl Watcher {
    /// One more log, until the last of its [`Arrivals`] is gone.
    pub fn add(&mut self, path: &Path) -> Arrivals {
        let log = Arc::new(Log {
            path: path.to_owned(),
            wanted_until_ms: AtomicI64::new(0),
            lengths: Mutex::default(),
        });
        lock(&self.logs).push(Arc::downgrade(&log));
        if !self.runs {
            let logs = Arc::downgrade(&self.logs);
            // Without the thread times are those of the log.
            let begun = std::thread::Builder::new()
                .name("arrival".to_owned())
                .spawn(move || watch(&logs));
            self.runs = begun.is_ok();
        }
        Arrivals(log)
    }
}

fn watch(logs: &Weak<Mutex<Vec<Weak<Log>>>>) {
    while let Some(logs) = logs.upgrade() {
        let mut all = Vec::new();
        lock(&logs).retain(|log| {
            let log = log.upgrade();
            all.extend(log.clone());
            log.is_some()
        });
        drop(logs);
        let now = now_ms();
        let wanted = |log: &&Arc<Log>| log.wanted_until_ms.load(Ordering::Relaxed) > now;
        let mut any = false;
        for log in all.iter().filter(wanted) {
            any = true;
            if let Ok(metadata) = std::fs::metadata(&log.path) {
                lock(&log.lengths).saw(identity(&metadata), metadata.len(), now_ms());
            }
        }
        std::thread::sleep(if any { PERIOD } else { REST });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_arrived_when_the_log_first_reached_its_end() {
        let mut lengths = Lengths::default();
        let mut saw = |file, len, ms| lengths.saw((1, file), len, ms);
        saw(1, 100, 1000);
        saw(1, 100, 1010);
        saw(1, 250, 1020);
        saw(1, 300, 1030);
        // The system was busy: anything between may be.
        saw(1, 400, 1200);
        saw(1, 500, 1210);
        let known = [50, 100, 101, 250, 251, 300, 301, 400, 401, 500, 501].map(|end| lengths.at(end, 9000));
        let (a, b, c) = (Some(1020), Some(1030), Some(1210));
        assert_eq!(known, [None, None, a, a, b, b, None, None, c, c, None]);
        // Another file, and a shorter one: nothing of the old one is taken for the new.
        lengths.saw((1, 2), 10, 1220);
        assert_eq!(lengths.at(300, 9000), None);
        lengths.saw((1, 2), 20, 1230);
        assert_eq!(lengths.at(15, 1235), None, "lines of the old file may still be read");
        lengths.saw((1, 2), 20, 4300);
        lengths.saw((1, 2), 30, 4310);
        assert_eq!((lengths.at(25, 9000), lengths.at(20, 9000)), (Some(4310), None));
        // It is read before it is looked at again.
        assert_eq!((lengths.at(31, 4315), lengths.at(31, 4500)), (Some(4315), None));
        lengths.saw((1, 2), 5, 4320);
        assert_eq!(lengths.at(25, 9000), None);
    }

    #[test]
    fn only_the_newest_lengths_are_kept() {
        let mut lengths = Lengths::default();
        for n in 0..MOST as i64 + 10 {
            lengths.saw((0, 0), n as u64, n);
        }
        assert_eq!(lengths.seen.len(), MOST);
        assert_eq!(
            (lengths.at(3, 0), lengths.at(MOST as u64, 0)),
            (None, Some(MOST as i64))
        );
    }
}
