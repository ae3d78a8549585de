//! One followed log: its follower, what its lines add up to until they are kept, and what of it is missing. The collector
//! has one for each.

use std::collections::HashMap;
use std::path::Path;
use std::time::{Duration, Instant};

use super::align::Rules;
use super::collect::Log;
use super::cover::Cover;
use super::hub::Hub;
use super::stream::Stream;
use super::tap::Reading;
use crate::domain::batch::Batch;
use crate::domain::source::Gap;
use crate::engine::apply::Apply;
use crate::engine::live::MINUTES;
use crate::log::framing::{Frame, Unwrapper};
use crate::source::arrival::Arrivals;
use crate::source::follow::{Follower, Piece, Start, State};
use crate::source::lines;
use crate::store::covered::Span;
use crate::store::dictionary::Dictionary;
use crate::store::writer::{Part, Writer};
use crate::store::{Reader, Result};

/// A gap waits so long for the first line behind it.
const GAP_WAITS: Duration = Duration::from_secs(60);
/// So much of what was in flight is known at once after a restart.
const FLIGHT_WARMS_MS: i64 = 3_600_000;
/// A log that tells of starts is looked at so much longer, ms.
const WANT_MS: i64 = 10_000;

/// A log that is followed.
pub(super) struct Source {
    pub(super) log: Log,
    pub(super) start: Start,
    pub(super) node: i64,
    pub(super) row: i64,
    pub(super) follower: Follower,
    pub(super) apply: Apply,
    pub(super) dictionary: Dictionary,
    pub(super) streams: HashMap<u64, Stream>,
    pub(super) gaps: Vec<(Gap, Instant)>,
    pub(super) cover: Cover,
    /// Nothing waits to be read.
    pub(super) whole: bool,
    /// What the next commit keeps; a failed one leaves it.
    pub(super) owed: Option<(Batch, Vec<Gap>, Vec<Span>)>,
    pub(super) reading: Reading,
    /// When lines arrive, of a log that is followed live.
    pub(super) arrivals: Option<Arrivals>,
    pub(super) said: State,
    pub(super) said_error: Option<String>,
    pub(super) dirty: bool,
}

impl Source {
    pub(super) fn open(writer: &Writer, log: Log, start: Start) -> Result<Self> {
        let node = writer.node(&log.node)?;
        let (row, positions) = writer.source(node, &log.path.display().to_string())?;
        Ok(Self {
            cover: Cover::new(&positions),
            whole: false,
            follower: Follower::new(&log.path, start, positions),
            start,
            log,
            node,
            row,
            apply: Apply::default(),
            dictionary: Dictionary::default(),
            streams: HashMap::new(),
            gaps: Vec::new(),
            owed: None,
            reading: Reading::default(),
            arrivals: None,
            said: State::New,
            said_error: None,
            dirty: false,
        })
    }

    /// Counts into the windows what was kept before: the minutes of the last day.
    pub(super) fn warm(&mut self, data_dir: &Path, now_ms: i64) -> Result<()> {
        let reader = Reader::open(data_dir)?;
        let from = now_ms / 1000 - MINUTES as i64 * 60;
        self.apply = Apply::live(now_ms / 1000);
        self.apply.warm(&reader.minutes(&self.log.node, from)?);
        let apply = &mut self.apply;
        reader.each_end(&self.log.node, now_ms - FLIGHT_WARMS_MS, |action, begun, end| {
            apply.warm_flight(action, begun, end);
        })
    }

    /// Forgets what is not kept.
    pub(super) fn reset(&mut self, writer: &Writer, now_ms: i64) -> Result<()> {
        let arrivals = self.arrivals.take();
        *self = Self::open(writer, self.log.clone(), self.start)?;
        self.arrivals = arrivals;
        self.apply = Apply::live(now_ms.div_euclid(1000));
        Ok(())
    }

    pub(super) fn read(&mut self, writer: &mut Writer, hub: Option<&Hub>, now_ms: i64, hurry: bool) -> Result<bool> {
        let path = self.log.path.display().to_string();
        let (node, streams, apply, cover) = (self.node, &mut self.streams, &mut self.apply, &mut self.cover);
        let arrivals = self.arrivals.clone();
        let mut touched = Vec::new();
        let mut result = Ok(());
        let mut take = |piece: Piece<'_>| -> Result<()> {
            apply.goes_on((piece.slot, piece.at), piece.bytes.len() as u64);
            if piece.context {
                observe(apply, piece.bytes);
                return Ok(());
            }
            let stream = match streams.entry(piece.slot) {
                std::collections::hash_map::Entry::Occupied(entry) => entry.into_mut(),
                std::collections::hash_map::Entry::Vacant(entry) => {
                    cover.begins(piece.slot, piece.at);
                    let run = (writer.new_run(), path.clone());
                    let rules = (!piece.fresh).then_some(Rules::Stretches);
                    entry.insert(Stream::new(node, run, piece.at, rules, true))
                }
            };
            touched.push(piece.slot);
            stream.stamped_by(arrivals.clone().filter(|_| piece.news));
            lines::of(piece.bytes).for_each(|line| stream.push(line, line.len() + 1, now_ms));
            stream.apply(writer, apply, now_ms, false)
        };
        let taps = hub.map(Hub::taps).filter(|taps| !taps.is_empty());
        let (reading, name) = (&mut self.reading, &self.log.node);
        let more = self.follower.poll(hurry, &mut |piece| {
            if let Some(taps) = taps.as_ref().filter(|_| piece.news) {
                let place = (piece.slot, path.as_str(), piece.at);
                reading.read(taps, name, place, piece.bytes, now_ms);
            }
            if result.is_ok() {
                result = take(piece);
            }
        });
        result?;
        self.dirty |= !touched.is_empty();
        for (slot, stream) in &mut self.streams {
            if !self.follower.settled(*slot, stream.settled(), stream.span().1) {
                stream.abandon();
            }
            if !touched.contains(slot) && stream.is_waiting() {
                stream.apply(writer, &mut self.apply, now_ms, true)?;
                self.follower.settled(*slot, stream.settled(), stream.span().1);
                self.dirty = true;
            }
        }
        let now = Instant::now();
        let gaps = self.follower.take_gaps().into_iter().map(|gap| (gap, now));
        self.gaps.extend(gaps);
        let now_s = now_ms.div_euclid(1000);
        if let Some(arrivals) = self.arrivals.as_ref().filter(|_| self.apply.tells_starts(now_s)) {
            arrivals.want(now_ms + WANT_MS);
        }
        if *self.follower.state() == State::Following {
            self.cover.follows(now_ms.div_euclid(1000));
        }
        self.whole = !more && self.gaps.is_empty() && self.follower.is_whole();
        Ok(more)
    }

    /// What changed about the log, in words.
    pub(super) fn news(&mut self) -> Vec<String> {
        let state = self.follower.state();
        if *state == self.said {
            return Vec::new();
        }
        let (node, path) = (&self.log.node, self.log.path.display());
        let text = match state {
            State::New => None,
            State::Following => Some(format!("{node}: following {path}")),
            State::Missing => Some(format!("{node}: {path} is not there (yet)")),
            State::Failing(error) => Some(format!(
                "{node}: {path}: {error}; it is followed as soon as it can be read"
            )),
        };
        self.said = state.clone();
        self.dirty = true;
        text.into_iter().collect()
    }

    /// Readies what the next commit keeps.
    pub(super) fn draft(&mut self, hurry: bool, now_ms: i64) -> Vec<Part> {
        if self.owed.is_none() {
            let gaps = self.ripe_gaps(hurry);
            let now = now_ms.div_euclid(1000);
            let covered = self.cover.spans(&self.streams, &gaps, self.whole, now);
            self.owed = Some((self.apply.take(), gaps, covered));
        }
        let unsaved = self.streams.values().filter(|stream| stream.unsaved_lines() > 0);
        unsaved.map(|stream| stream.part(None)).collect()
    }

    /// Gaps whose end is known, or will not be.
    fn ripe_gaps(&mut self, hurry: bool) -> Vec<Gap> {
        for (gap, _) in &mut self.gaps {
            let firsts = self.streams.values().filter_map(|stream| stream.span().0);
            gap.to = firsts
                .filter(|second| gap.from.is_none_or(|from| *second >= from))
                .min();
        }
        let ripe = |(gap, since): &(Gap, Instant)| gap.to.is_some() || hurry || since.elapsed() >= GAP_WAITS;
        let (ripe, waiting): (Vec<_>, Vec<_>) = std::mem::take(&mut self.gaps).into_iter().partition(ripe);
        self.gaps = waiting;
        let now = jiff::Timestamp::now().as_second();
        // Nothing came since: it ends now at the latest.
        let ended = |(gap, _): (Gap, Instant)| Gap {
            to: gap.to.or(Some(now)),
            ..gap
        };
        ripe.into_iter().map(ended).collect()
    }

    /// The commit succeeded: gives the gaps it kept.
    pub(super) fn saved(&mut self) -> Vec<Gap> {
        self.dirty = false;
        let ended = self.follower.saved();
        self.reading.forget(&ended);
        for slot in ended {
            self.streams.remove(&slot);
        }
        self.streams.values_mut().for_each(Stream::saved);
        self.owed.take().map(|(_, gaps, _)| gaps).unwrap_or_default()
    }
}

/// Looks at counted lines for the transfers that are open.
fn observe(apply: &mut Apply, bytes: &[u8]) {
    let mut unwrapper = Unwrapper::default();
    for line in lines::of(bytes) {
        if let Frame::Line(text, _, carrier_ms) = unwrapper.push(line) {
            apply.observe(&text, carrier_ms, |_| ());
        }
    }
}
