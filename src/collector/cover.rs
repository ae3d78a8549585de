//! Of which time a followed log was read: what a chart may call zero. Kept with every commit.

use std::collections::HashMap;

use super::stream::Stream;
use crate::domain::source::{Gap, Position};
use crate::store::covered::Span;

/// Where reading began, and how far it is.
#[derive(Debug, Default)]
pub struct Cover {
    /// Whatever was written since this second is read, once nothing waits.
    since: Option<i64>,
    /// Where files were left before: the byte, and the second of the line before it.
    left: Vec<(u64, i64)>,
    /// What was read of a slot follows the line of this second.
    begun: HashMap<u64, i64>,
    /// The last line before the log was first followed, once it is known.
    before: Option<i64>,
}

impl Cover {
    /// For a log that was left at these positions.
    pub fn new(positions: &[Position]) -> Self {
        let open = positions.iter().filter(|position| position.until.is_none());
        let left: Vec<(u64, i64)> = open.filter_map(|p| Some((p.done, p.last_second?))).collect();
        Self {
            since: left.iter().map(|(_, second)| *second).max(),
            left,
            begun: HashMap::new(),
            before: None,
        }
    }

    /// The log is open: if it never was before, all of it counts from now on.
    pub fn follows(&mut self, now: i64) {
        self.since = Some(self.since.unwrap_or(now).min(now));
    }

    /// Reading of a slot begins at this byte of its file.
    pub fn begins(&mut self, slot: u64, at: u64) {
        let left = self.left.iter().filter(|(done, _)| at > 0 && *done == at);
        if let Some(second) = left.map(|(_, second)| *second).max() {
            self.begun.insert(slot, second);
        }
    }

    /// What was read: of each slot, and, when nothing waits, everything since reading began but the gaps.
    pub fn spans(&mut self, streams: &HashMap<u64, Stream>, gaps: &[Gap], whole: bool, now: i64) -> Vec<Span> {
        self.begun.retain(|slot, _| streams.contains_key(slot));
        let of = |(slot, stream): (&u64, &Stream)| {
            let (first, last) = stream.span();
            let (first, last) = (first?, last?.min(now));
            Some((self.begun.get(slot).map_or(first, |begun| first.min(*begun)), last))
        };
        let mut spans: Vec<Span> = streams.iter().filter_map(of).collect();
        if self.left.is_empty() {
            let history = spans.iter().map(|(_, last)| *last);
            let history = history.filter(|last| self.since.is_some_and(|since| *last <= since));
            self.before = self.before.max(history.max());
        }
        for gap in gaps {
            if let (Some(since), Some(from)) = (self.since, gap.from) {
                spans.push((since, from.min(now)));
            }
            self.since = self.since.max(gap.to);
        }
        // What was there already ended where following began: between the two nothing was written.
        if let Some((before, since)) = self.before.zip(self.since).filter(|_| whole) {
            spans.push((before, since));
            self.before = None;
        }
        if let Some(since) = self.since.filter(|_| whole) {
            spans.push((since, now));
        }
        spans
    }

    /// What was read when nothing waits and nothing came.
    pub fn quiet(&self, now: i64) -> Option<Span> {
        self.since.map(|since| (since, now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn position(done: u64, last_second: Option<i64>, until: Option<u64>) -> Position {
        Position {
            done,
            last_second,
            until,
            ..Position::default()
        }
    }

    #[test]
    fn what_was_destroyed_is_not_covered() {
        let none = HashMap::new();
        let mut cover = Cover::new(&[position(500, Some(1000), None), position(90, Some(5000), Some(90))]);
        cover.follows(2000);
        assert!(
            cover.spans(&none, &[], false, 2000).is_empty(),
            "something waits to be read"
        );
        assert_eq!(cover.spans(&none, &[], true, 2000), [(1000, 2000)]);
        let gap = Gap {
            from: Some(2100),
            to: Some(2500),
            bytes: None,
        };
        assert_eq!(cover.spans(&none, &[gap], true, 2600), [(1000, 2100), (2500, 2600)]);
        assert_eq!(cover.quiet(2700), Some((2500, 2700)));
    }

    #[test]
    fn a_log_that_was_never_followed_counts_from_now_on() {
        let mut cover = Cover::new(&[]);
        assert_eq!(cover.quiet(50), None);
        cover.follows(100);
        cover.follows(200);
        assert_eq!(cover.spans(&HashMap::new(), &[], true, 300), [(100, 300)]);
    }
}
