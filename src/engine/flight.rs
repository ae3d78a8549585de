//! How many transfers run at once, over the last minutes and day. Known where the log tells of starts; what a
//! transfer adds does not depend on the order in which ends are told.

use super::live::{Direction, MINUTES, SECONDS};
use crate::domain::batch::FastMap;
use crate::support::ring::Ring;

/// Actions that are counted apart; damage must not make them many.
const MOST_ACTIONS: usize = 32;

/// What is counted apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Part {
    /// All of one way.
    Way(Direction),
    /// One action, by its number.
    Action(u32),
}

/// One bucket of one part.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Load {
    /// Milliseconds that transfers ran within it, summed.
    busy_ms: u32,
    /// The busiest of its seconds, the same way.
    peak_ms: u32,
    /// How many ended in it, and of how many the start is known.
    ended: u32,
    timed: u32,
}

#[derive(Debug)]
struct Windows {
    seconds: Ring<Load>,
    minutes: Ring<Load>,
}

/// Transfers in flight in one bucket; `None`: unknown.
pub type Level = Option<Busy>;

/// The mean of a bucket, and its busiest second.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Busy {
    /// Mean number in flight.
    pub mean: f32,
    /// Mean number in flight within the busiest second.
    pub peak: f32,
}

/// One part over time, oldest first.
#[derive(Debug, Clone, PartialEq)]
pub struct Levels {
    /// What it is of.
    pub part: Part,
    /// The last [`SECONDS`].
    pub seconds: Vec<Level>,
    /// The last [`MINUTES`].
    pub minutes: Vec<Level>,
}

/// A transfer that runs: number of its action, its way, when it began (ms since the epoch).
pub type Running = (u32, Direction, i64);

/// Counts transfers in flight.
#[derive(Debug)]
pub struct Flight {
    now: i64,
    parts: FastMap<Part, Windows>,
    /// The seconds of the first and the last start that was told.
    told: Option<(i64, i64)>,
}

impl Flight {
    /// Nothing known yet at the second `now`.
    pub fn new(now: i64) -> Self {
        Self {
            now,
            parts: FastMap::default(),
            told: None,
        }
    }

    /// Time goes on; never back.
    pub fn tick(&mut self, now: i64) {
        if now <= self.now {
            return;
        }
        let new_minute = now.div_euclid(60) > self.now.div_euclid(60);
        self.now = now;
        for windows in self.parts.values_mut() {
            if new_minute {
                windows.keep_peaks();
            }
            windows.seconds.advance(now);
            windows.minutes.advance(now);
        }
    }

    /// A start was told, at this time (ms since the epoch).
    pub fn began(&mut self, ms: i64) {
        let second = ms.div_euclid(1000);
        let (first, last) = self.told.unwrap_or((second, second));
        self.told = Some((first.min(second), last.max(second)));
    }

    /// The second of the last start that was told.
    pub fn last_start(&self) -> Option<i64> {
        self.told.map(|(_, last)| last)
    }

    /// A transfer ended; when it began, if that is known (ms since the epoch).
    pub fn ended(&mut self, action: u32, way: Direction, begun: Option<i64>, end: i64) {
        if end <= (self.now - MINUTES as i64 * 60) * 1000 {
            return;
        }
        for part in [Part::Way(way), Part::Action(action)] {
            let Some(windows) = self.windows(part) else { continue };
            for ring in [&mut windows.seconds, &mut windows.minutes] {
                if let Some(load) = ring.at(end.div_euclid(1000)) {
                    load.ended += 1;
                    load.timed += u32::from(begun.is_some());
                }
            }
            if let Some(begun) = begun {
                windows.run((begun, end));
            }
        }
    }

    /// Whether starts of an action are told now: of those that ended last most had told of theirs.
    pub fn tells(&self, action: u32) -> bool {
        let minutes = self.parts.get(&Part::Action(action)).map(|windows| &windows.minutes);
        let last = minutes.and_then(|ring| ring.iter().filter(|load| load.ended > 0).last());
        match last {
            Some(load) => load.timed * 2 >= load.ended,
            None => self.told.is_some_and(|(_, last)| last > self.now - MINUTES as i64 * 60),
        }
    }

    fn windows(&mut self, part: Part) -> Option<&mut Windows> {
        if self.parts.len() >= MOST_ACTIONS && !self.parts.contains_key(&part) {
            return None;
        }
        let now = self.now;
        Some(self.parts.entry(part).or_insert_with(|| Windows {
            seconds: Ring::new(SECONDS, 1, now),
            minutes: Ring::new(MINUTES, 60, now),
        }))
    }

    /// All parts over time, with what runs now.
    pub fn levels(&self, running: &[Running]) -> Vec<Levels> {
        let mut with = Self {
            now: self.now,
            parts: self
                .parts
                .iter()
                .map(|(part, windows)| (*part, windows.copy()))
                .collect(),
            told: self.told,
        };
        for (action, way, begun) in running {
            for part in [Part::Way(*way), Part::Action(*action)] {
                if let Some(windows) = with.windows(part) {
                    windows.run((*begun, self.now * 1000 + 1000));
                }
            }
        }
        let levels = with.parts.into_iter().map(|(part, mut windows)| {
            windows.keep_peaks();
            Levels {
                part,
                seconds: levels(&windows.seconds, 1, self.told, true),
                minutes: levels(&windows.minutes, 60, self.told, false),
            }
        });
        let mut levels: Vec<Levels> = levels.collect();
        levels.sort_by_key(|levels| levels.part);
        levels
    }
}

impl Windows {
    fn copy(&self) -> Self {
        Self {
            seconds: self.seconds.clone(),
            minutes: self.minutes.clone(),
        }
    }

    /// A transfer ran from one time to another (ms).
    fn run(&mut self, span: (i64, i64)) {
        run(&mut self.seconds, 1000, span);
        run(&mut self.minutes, 60_000, span);
    }

    /// The busiest second of each minute, before its seconds are forgotten.
    fn keep_peaks(&mut self) {
        let begin = self.seconds.begin();
        let seconds: Vec<u32> = self.seconds.iter().map(|load| load.busy_ms).collect();
        for (second, busy) in (begin..).zip(seconds) {
            if busy > 0
                && let Some(minute) = self.minutes.at(second)
            {
                minute.peak_ms = minute.peak_ms.max(busy);
            }
        }
    }
}

/// Adds the time a transfer ran to the buckets it ran in, as far as the window reaches.
fn run(ring: &mut Ring<Load>, width_ms: i64, (begun, end): (i64, i64)) {
    let first = ring.begin() * 1000;
    // The future is counted when it comes: not here.
    let end = end.min(ring.end() * 1000);
    let mut from = begun.max(first);
    while from < end {
        let next = (from.div_euclid(width_ms) + 1) * width_ms;
        let to = next.min(end);
        if let Some(load) = ring.at(from.div_euclid(1000)) {
            load.busy_ms = load.busy_ms.saturating_add((to - from) as u32);
        }
        from = to;
    }
}

/// A bucket is known when of those that ended in it most told of their start. Where none ended it is as known as
/// the one before.
fn levels(ring: &Ring<Load>, width: i64, told: Option<(i64, i64)>, seconds: bool) -> Vec<Level> {
    let mut known = told.is_some_and(|(first, last)| first < ring.begin() && last >= ring.begin());
    let of = |(begin, load): (i64, Load)| {
        known = match load.ended {
            0 => known || told.is_some_and(|(first, _)| (begin..begin + width).contains(&first)),
            ended => load.timed * 2 >= ended,
        };
        let mean = |ms: u32, width: i64| (f64::from(ms) / (width * 1000) as f64) as f32;
        known.then(|| Busy {
            mean: mean(load.busy_ms, width),
            peak: mean(if seconds { load.busy_ms } else { load.peak_ms }, 1),
        })
    };
    let begins = (0..).map(|n| ring.begin() + n * width);
    begins.zip(ring.iter()).map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 100_020;

    fn way(flight: &Flight, running: &[Running]) -> Levels {
        flight.levels(running).into_iter().next().unwrap()
    }

    /// What transfers ran, in transfer-seconds, of a window.
    fn sum(levels: &[Level], width: f32) -> f32 {
        levels.iter().flatten().map(|level| level.mean * width).sum()
    }

    #[test]
    fn the_time_transfers_ran_is_the_area_under_the_line() {
        let mut flight = Flight::new(NOW);
        let spans = [
            (NOW * 1000 - 5_500, NOW * 1000 - 2_250),
            (NOW * 1000 - 5_000, NOW * 1000 - 5_000),
            (NOW * 1000 - 400_000, NOW * 1000 - 100_000),
        ];
        for (begun, end) in spans {
            flight.began(begun);
            flight.ended(3, Direction::In, Some(begun), end);
        }
        let levels = way(&flight, &[]);
        assert_eq!(levels.part, Part::Way(Direction::In));
        assert!((sum(&levels.seconds, 1.0) - 303.25).abs() < 0.01);
        assert!((sum(&levels.minutes, 60.0) - 303.25).abs() < 0.01);
        assert_eq!(levels.seconds[SECONDS - 1 - 4].map(|level| level.mean), Some(1.0));
        let by_action = flight.levels(&[]).into_iter().nth(1).unwrap();
        assert_eq!((by_action.part, by_action.seconds), (Part::Action(3), levels.seconds));
    }

    #[test]
    fn what_runs_counts_and_an_early_start_is_cut_at_the_window() {
        let mut flight = Flight::new(NOW);
        flight.began(NOW * 1000 - 2_000);
        let running = [
            (1, Direction::Out, NOW * 1000 - 2_000),
            (1, Direction::Out, (NOW - 100_000) * 1000),
        ];
        let levels = way(&flight, &running);
        let last: Vec<_> = levels.seconds[SECONDS - 4..]
            .iter()
            .map(|level| level.map(|l| l.mean))
            .collect();
        assert_eq!(last, [None, Some(2.0), Some(2.0), Some(2.0)]);
    }

    #[test]
    fn without_starts_nothing_is_known() {
        let mut flight = Flight::new(NOW);
        flight.ended(1, Direction::Out, None, NOW * 1000 - 10_000);
        let silent = way(&flight, &[]);
        assert!(silent.seconds.iter().chain(&silent.minutes).all(Option::is_none));
        // DEBUG was switched on.
        flight.began(NOW * 1000);
        flight.tick(NOW + 30);
        flight.ended(1, Direction::Out, Some(NOW * 1000), (NOW + 30) * 1000);
        let seconds = way(&flight, &[]).seconds;
        assert!(seconds[..SECONDS - 31].iter().all(Option::is_none));
        assert!(seconds[SECONDS - 31..].iter().all(Option::is_some));
    }

    #[test]
    fn the_busiest_second_of_a_minute_outlives_its_seconds() {
        let mut flight = Flight::new(NOW);
        flight.began(NOW * 1000 - 1000);
        for _ in 0..5 {
            flight.ended(1, Direction::In, Some(NOW * 1000 - 1000), NOW * 1000);
        }
        for n in 1..=1200 {
            flight.tick(NOW + n);
        }
        let levels = way(&flight, &[]);
        assert_eq!(sum(&levels.seconds, 1.0), 0.0);
        let peak = levels
            .minutes
            .iter()
            .flatten()
            .map(|level| level.peak)
            .fold(0.0, f32::max);
        assert_eq!(peak, 5.0);
    }
}
