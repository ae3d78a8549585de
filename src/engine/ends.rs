//! Whether the process of a node that wrote last said that it ends. Fed by `apply`, line by line.

/// Lines of one moment may be a little out of order.
const DISORDER_MS: i64 = 10_000;

/// What is known of the last process. History that is read between newer lines changes nothing of it.
#[derive(Debug, Default)]
pub(super) struct Ends {
    newest_ms: Option<i64>,
    /// A line was seen before the present one.
    known: bool,
    said: bool,
}

impl Ends {
    /// A line of any kind.
    pub(super) fn line(&mut self, ms: i64) {
        self.known = self.newest_ms.is_some();
        self.newest_ms = self.newest_ms.max(Some(ms));
    }

    fn is_new(&self, ms: i64) -> bool {
        self.newest_ms.is_none_or(|newest| ms >= newest - DISORDER_MS)
    }

    /// The line says that the process ends.
    pub(super) fn ending(&mut self, ms: i64) {
        self.said |= self.is_new(ms);
    }

    /// The line is the first of a process: whether the one before it said that it ends; `None`: its end was not read.
    pub(super) fn explained(&mut self, ms: i64) -> Option<bool> {
        let is_new = self.is_new(ms);
        (self.known && is_new).then(|| std::mem::take(&mut self.said))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_belongs_to_the_process_that_said_so() {
        let mut ends = Ends::default();
        let mut start = |ms: i64| {
            ends.line(ms);
            let explained = ends.explained(ms);
            ends.line(ms + 1);
            explained
        };
        // Nothing was read before it; then it was killed.
        assert_eq!((start(1_000), start(2_000)), (None, Some(false)));
        ends.line(3_000);
        ends.ending(3_000);
        // The last words of a process that ends, and a file of an older one.
        ends.line(3_500);
        ends.line(-90_000_000);
        assert_eq!(ends.explained(-90_000_000), None);
        ends.line(4_000);
        assert_eq!(ends.explained(4_000), Some(true));
        ends.line(5_000);
        assert_eq!(ends.explained(5_000), Some(false));
        // An end of long ago explains nothing of today.
        ends.line(-90_000_000);
        ends.ending(-90_000_000);
        ends.line(6_000);
        assert_eq!(ends.explained(6_000), Some(false));
    }
}
