//! Log lines for viewers who asked for them: read a second time, and only while somebody listens.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::matcher::Matcher;
use crate::api::line::{LogLine, Place};
use crate::api::link::Mailbox;
use crate::api::message::Message;
use crate::log::framing::{Frame, Unwrapper};
use crate::log::kind::Kind;
use crate::log::meaning;
use crate::log::record::{Line, Parser};
use crate::source::lines;

/// Longest part of a line that goes to a viewer (bytes): stacks are longer, and nobody reads them in a list.
const LONGEST: usize = 8192;
/// How busy the logs are is told so often, though nothing fits.
const TELL_EVERY: Duration = Duration::from_secs(1);

/// A subscription: who wants which lines.
pub struct Tap {
    /// The viewer's number for it.
    pub id: u64,
    /// Which.
    pub matcher: Matcher,
    outbox: Arc<Mailbox>,
    /// Lines looked at and not told of yet, and when (ms since `begun`) it was told last.
    looked: AtomicU64,
    told: AtomicU64,
    begun: Instant,
}

impl Tap {
    /// A viewer's subscription.
    pub fn new(id: u64, matcher: Matcher, outbox: Arc<Mailbox>) -> Self {
        Self {
            id,
            matcher,
            outbox,
            looked: AtomicU64::new(0),
            told: AtomicU64::new(0),
            begun: Instant::now(),
        }
    }

    fn tell(&self, lines: Vec<LogLine>, looked: u64) {
        let looked = self.looked.fetch_add(looked, Ordering::Relaxed) + looked;
        let now = self.begun.elapsed().as_millis() as u64;
        let due = now - self.told.load(Ordering::Relaxed).min(now) >= TELL_EVERY.as_millis() as u64;
        if looked == 0 || (lines.is_empty() && !due) {
            return;
        }
        self.told.store(now, Ordering::Relaxed);
        self.looked.store(0, Ordering::Relaxed);
        self.outbox.put(Message::Lines {
            id: self.id,
            lines,
            dropped: 0,
            looked,
        });
    }
}

/// Reads one node's new lines for viewers.
#[derive(Debug, Default)]
pub struct Reading {
    parser: Parser,
    /// By part of a file: wrapped lines may be split. With each the place its line began at.
    unwrappers: HashMap<u64, (Unwrapper, Option<u64>)>,
}

impl Reading {
    /// Hands the lines of a block of a node's log to those who want them. The block is of the slot given,
    /// and begins at byte `at` of the file `path`; `now_ms` for lines without a time.
    pub fn read(
        &mut self,
        taps: &[Arc<Tap>],
        node: &str,
        (slot, path, at): (u64, &str, u64),
        block: &[u8],
        now_ms: i64,
    ) {
        let taps: Vec<&Arc<Tap>> = taps.iter().filter(|tap| tap.matcher.wants(node)).collect();
        if taps.is_empty() {
            // Nobody listens to this node; what was half read of it is not asked for any more.
            self.unwrappers.remove(&slot);
            return;
        }
        let mut found: Vec<Vec<LogLine>> = vec![Vec::new(); taps.len()];
        let (unwrapper, begun) = self.unwrappers.entry(slot).or_default();
        let mut looked = 0;
        frames(unwrapper, begun, block, at, |text, carrier_ms, offset| {
            looked += 1;
            let line = self.parser.parse(text);
            let fits = |tap: &&Arc<Tap>| tap.matcher.fits(&line, text);
            let mut shown = None;
            for (_, found) in taps.iter().zip(&mut found).filter(|(tap, _)| fits(tap)) {
                let when = When {
                    carrier_ms,
                    else_ms: now_ms,
                };
                let line = shown.get_or_insert_with(|| log_line(&line, node, text, when, (path, offset)));
                found.push(line.clone());
            }
        });
        for (tap, lines) in taps.iter().zip(found) {
            tap.tell(lines, looked);
        }
    }

    /// Parts of files that are no longer read.
    pub fn forget(&mut self, slots: &[u64]) {
        slots.iter().for_each(|slot| {
            self.unwrappers.remove(slot);
        });
    }
}

/// The log lines of a block that begins at byte `at`: each with its carrier's time (ms) and the byte it begins at.
/// `begun` is where a line began whose end comes with the next block.
pub fn frames(
    unwrapper: &mut Unwrapper,
    begun: &mut Option<u64>,
    block: &[u8],
    at: u64,
    mut each: impl FnMut(&[u8], Option<i64>, u64),
) {
    let mut at = at;
    for line in lines::of(block) {
        // An entry of journald is of many lines.
        if line.starts_with(b"__CURSOR=") {
            *begun = None;
        }
        let start = *begun.get_or_insert(at);
        at += line.len() as u64 + 1;
        match unwrapper.push(line) {
            Frame::Line(text, _, carrier_ms) => each(&text, carrier_ms, start),
            Frame::Partial => continue,
            Frame::Broken => {}
        }
        *begun = None;
    }
}

/// When a line was written.
#[derive(Debug, Clone, Copy)]
pub struct When {
    /// By its carrier's stamp, ms since the epoch.
    pub carrier_ms: Option<i64>,
    /// If nothing says it.
    pub else_ms: i64,
}

impl When {
    /// A carrier's stamp has milliseconds, the node's own none; what is relayed late keeps the node's.
    fn ms(self, own: Option<i64>) -> i64 {
        match (own, self.carrier_ms) {
            (Some(own), Some(carrier)) if !(0..1000).contains(&(carrier - own)) => own,
            (_, Some(carrier)) => carrier,
            (own, None) => own.unwrap_or(self.else_ms),
        }
    }
}

/// A line in viewers' form.
pub fn log_line(line: &Line<'_>, node: &str, raw: &[u8], when: When, (path, offset): (&str, u64)) -> LogLine {
    let shown = |bytes: &[u8]| String::from_utf8_lossy(&bytes[..bytes.len().min(LONGEST)]).into_owned();
    let place = Some(Place {
        path: path.to_owned(),
        offset,
    });
    let gravity = meaning::of(line, raw).gravity;
    match line {
        Line::Record(record) => LogLine {
            node: node.to_owned(),
            time_ms: when.ms(record.unix_ms),
            level: record.head.level.word().to_owned(),
            logger: shown(record.head.logger.as_bytes()),
            message: shown(record.head.message.as_bytes()),
            rest: shown(record.object),
            understood: record.head.kind != Kind::Unknown,
            gravity,
            place,
        },
        other => LogLine {
            node: node.to_owned(),
            time_ms: when.ms(None),
            level: String::new(),
            logger: String::new(),
            message: String::new(),
            rest: shown(raw),
            // A line of a stack is known for what it is.
            understood: matches!(other, Line::Trace),
            gravity,
            place,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::line::Filter;
    use crate::domain::gravity::Gravity;

    fn told(outbox: &Mailbox) -> Vec<(u64, Vec<LogLine>, u64)> {
        let mut told = Vec::new();
        while let Ok(Some(Message::Lines { id, lines, looked, .. })) = outbox.take(Some(Instant::now())) {
            told.push((id, lines, looked));
        }
        told
    }

    #[test]
    fn lines_are_read_in_any_wrapping_and_go_to_those_who_want_them() {
        let text = b"2026-08-20T06:00:33Z\tERROR\tpiecestore\tdownload failed\t{\"error\": \"no disk\"}\n\
            {\"log\":\"2026-08-20T06:00:34Z\\tINFO\\tpiecestore\\tupl\",\"stream\":\"stdout\"}\n\
            {\"log\":\"oaded\\t{\\\"size\\\": 1}\\n\",\"stream\":\"stdout\",\"time\":\"2026-08-20T06:00:34.5Z\"}\n\
            goroutine 1 [running]:\n";
        let outbox = Arc::new(Mailbox::default());
        let errors = Filter {
            level: Some("WARN".to_owned()),
            ..Filter::default()
        };
        let other = Filter {
            nodes: vec!["m".to_owned()],
            ..Filter::default()
        };
        let tap = |id, filter: &Filter| Arc::new(Tap::new(id, Matcher::new(filter).unwrap(), Arc::clone(&outbox)));
        let taps = [tap(1, &Filter::default()), tap(2, &errors), tap(3, &other)];
        Reading::default().read(&taps, "n", (1, "/n.log", 1000), text, 5);
        let told = told(&outbox);
        let [(1, all, 3), (2, grave, 3)] = told.as_slice() else {
            panic!("{told:?}");
        };
        let [failed, uploaded, trace] = all.as_slice() else {
            panic!("{all:?}");
        };
        assert_eq!(grave, std::slice::from_ref(failed));
        assert_eq!((failed.level.as_str(), failed.logger.as_str()), ("ERROR", "piecestore"));
        assert_eq!(
            (failed.message.as_str(), failed.rest.as_str()),
            ("download failed", "{\"error\": \"no disk\"}")
        );
        assert_eq!((failed.time_ms, trace.time_ms), (1_787_205_633_000, 5));
        assert_eq!((uploaded.gravity, trace.gravity), (Gravity::Routine, Gravity::Plain));
        // Where it began, not where its second half stands.
        let at = |line: &LogLine| line.place.as_ref().unwrap().offset - 1000;
        let begin = |part: &str| memchr::memmem::find(text, part.as_bytes()).unwrap() as u64;
        assert_eq!(
            [failed, uploaded, trace].map(at),
            [0, begin("{\"log\":\"2026"), begin("goroutine")]
        );
    }
}
