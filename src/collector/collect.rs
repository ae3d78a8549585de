//! The collector: follows every node's log, commits positions and effects together every few
//! seconds, and keeps going when a log or the database fails.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::align::Rules;
use super::asks::Asks;
use super::cover::Cover;
use super::hub::Hub;
use super::shelves::Shelves;
use super::stream::Stream;
use super::surroundings::Surroundings;
use super::tap::Reading;
use crate::domain::batch::Batch;
use crate::domain::source::Gap;
use crate::engine::apply::{Apply, Windows};
use crate::engine::live::MINUTES;
use crate::log::framing::{Frame, Unwrapper};
use crate::report::time::rfc3339;
use crate::source::arrival::{Arrivals, Watcher};
use crate::source::follow::{Follower, Piece, Start, State};
use crate::source::lines;
use crate::store::covered::Span;
use crate::store::dictionary::Dictionary;
use crate::store::upkeep::Retention;
use crate::store::writer::{Part, Unit, Writer};
use crate::store::{Reader, Result};

/// One log to follow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Log {
    /// The node's name.
    pub node: String,
    /// Its log.
    pub path: PathBuf,
}

const RETAIN_EVERY: Duration = Duration::from_secs(60);
/// That somebody looks is written down so often.
const LOOK_EVERY: Duration = Duration::from_secs(60);
/// How often is kept what was read while somebody looks.
const COMMIT_EVERY: Duration = Duration::from_secs(1);
/// And while nobody does: every commit writes the same pages anew, and many a database is on an SD card. Who asks has
/// it kept first; what is lost with the power is read again.
const COMMIT_UNSEEN: Duration = Duration::from_secs(10);
const COMMIT_TRANSFERS: usize = 16_384;
const COMMIT_LINES: usize = 65_536;
/// So much of what was in flight is known at once after a restart.
const FLIGHT_WARMS_MS: i64 = 3_600_000;
/// A gap waits so long for the first line behind it.
const GAP_WAITS: Duration = Duration::from_secs(60);
/// Waits between attempts when the database fails.
const BACK_OFF: [u64; 5] = [1, 2, 5, 10, 30];

/// Follows logs into one database.
pub struct Collector {
    writer: Writer,
    data_dir: PathBuf,
    sources: Vec<Source>,
    committed: Instant,
    failures: usize,
    retry_at: Option<Instant>,
    messages: Vec<String>,
    retention: Retention,
    retained: Option<Instant>,
    asks: Asks,
    shelves: Shelves,
    around: Surroundings,
    hub: Option<Arc<Hub>>,
    arrival: Watcher,
    names: Vec<String>,
    looked: Instant,
    audited: Instant,
    trouble: Option<String>,
}

/// A log that tells of starts is looked at so much longer, ms.
const WANT_MS: i64 = 10_000;

struct Source {
    log: Log,
    start: Start,
    node: i64,
    row: i64,
    follower: Follower,
    apply: Apply,
    dictionary: Dictionary,
    streams: HashMap<u64, Stream>,
    gaps: Vec<(Gap, Instant)>,
    cover: Cover,
    /// Nothing waits to be read.
    whole: bool,
    /// What the next commit keeps; a failed one leaves it.
    owed: Option<(Batch, Vec<Gap>, Vec<Span>)>,
    reading: Reading,
    /// When lines arrive, of a log that is followed live.
    arrivals: Option<Arrivals>,
    said: State,
    said_error: Option<String>,
    dirty: bool,
}

impl Collector {
    /// Follows nothing yet.
    pub fn new(writer: Writer, data_dir: &Path, retention: Retention) -> Self {
        Self {
            writer,
            data_dir: data_dir.to_owned(),
            sources: Vec::new(),
            committed: Instant::now(),
            failures: 0,
            retry_at: None,
            messages: Vec::new(),
            retention,
            retained: None,
            asks: Asks::default(),
            shelves: Shelves::default(),
            around: Surroundings::default(),
            hub: None,
            arrival: Watcher::default(),
            names: Vec::new(),
            looked: Instant::now(),
            audited: Instant::now(),
            trouble: None,
        }
    }

    /// Hands new lines to the viewers of `hub` that want them.
    pub fn serve(&mut self, hub: Arc<Hub>) {
        self.hub = Some(hub);
    }

    /// Follows these logs and no others, each from where it was left. What was read of the others is kept
    /// first; false: that could not be done, and nothing changed. `live_ms`: now, when this is to go on:
    /// with windows over what happens, and sources of other nodes known as left.
    pub fn rearrange(&mut self, logs: Vec<Log>, start: Start, live_ms: Option<i64>) -> Result<bool> {
        if !self.sources.is_empty() && !self.commit(live_ms.unwrap_or_default(), false) {
            return Ok(false);
        }
        let mut before = std::mem::take(&mut self.sources);
        for log in logs {
            let kept = before.iter().position(|source| source.log == log);
            let source = match kept {
                Some(at) => before.swap_remove(at),
                None => {
                    let mut source = Source::open(&self.writer, log, start)?;
                    if let Some(now_ms) = live_ms {
                        source.warm(&self.data_dir, now_ms)?;
                        source.arrivals = Some(self.arrival.add(&source.log.path));
                    }
                    source
                }
            };
            self.sources.push(source);
        }
        if live_ms.is_some() {
            let rows: Vec<i64> = self.sources.iter().map(|source| source.row).collect();
            self.writer.follow_only(&rows)?;
        }
        Ok(true)
    }

    /// Keeps so much from now on.
    pub fn keep(&mut self, retention: Retention) {
        self.retention = retention;
        self.retained = None;
    }

    /// What nodes answer when they are asked; kept with the next commit.
    pub fn asks(&mut self) -> &mut Asks {
        &mut self.asks
    }

    /// What databases of nodes say; kept after the next commit.
    pub fn shelves(&mut self) -> &mut Shelves {
        &mut self.shelves
    }

    /// What is seen around nodes; kept with the next commit.
    pub fn around(&mut self) -> &mut Surroundings {
        &mut self.around
    }

    /// Makes nodes known, also those that have neither log nor API. `only`: no others are configured.
    pub fn know(&mut self, names: Vec<String>, only: bool, now_ms: i64) -> Result<()> {
        for name in &names {
            self.writer.node(name)?;
        }
        self.writer.looked(&names, now_ms)?;
        if only {
            self.writer.watch_only(&names, now_ms)?;
        }
        self.names = names;
        self.looked = Instant::now();
        Ok(())
    }

    /// Why nothing can be kept now.
    pub fn trouble(&self) -> Option<&str> {
        self.trouble.as_deref()
    }

    /// Writes down that somebody looks.
    fn look(&mut self, now_ms: i64) {
        if self.looked.elapsed() >= LOOK_EVERY && self.retry_at.is_none() {
            self.looked = Instant::now();
            // What fails here fails at the next commit, too, and is told there.
            let _ = self.writer.looked(&self.names, now_ms);
            for source in self.sources.iter().filter(|source| source.whole) {
                let span = source.cover.quiet(now_ms.div_euclid(1000));
                let _ = self.writer.covered(source.node, span.as_slice());
            }
        }
    }

    /// Reads a turn of every source and commits when it is time: true when more waits to be read.
    /// `hurry`: nothing will be waited for.
    pub fn turn(&mut self, now_ms: i64, hurry: bool) -> bool {
        if let Some(at) = self.retry_at {
            // What was read and cannot be kept waits; nothing more is read on top of it.
            if Instant::now() >= at {
                self.commit(now_ms, hurry);
            }
            return false;
        }
        let mut more = false;
        for source in &mut self.sources {
            source.apply.tick(now_ms.div_euclid(1000));
            more |= match source.read(&mut self.writer, self.hub.as_deref(), now_ms, hurry) {
                Ok(more) => more,
                Err(error) => {
                    let text = error.to_string();
                    if source.said_error.as_ref() != Some(&text) {
                        self.messages.push(text.clone());
                    }
                    // Nothing of it was kept: it is read again from where the database is.
                    if source.reset(&self.writer, now_ms).is_ok() {
                        source.said_error = Some(text);
                    }
                    false
                }
            };
            self.around.waited(&source.log.node, source.apply.take_waits());
            self.messages.extend(source.news());
        }
        self.asks.take_in();
        self.shelves.take_in();
        self.around.take_in();
        self.wait_for_audits(now_ms);
        self.look(now_ms);
        if self.is_due() {
            self.commit(now_ms, hurry);
        }
        if !more {
            self.retain(now_ms);
        }
        more
    }

    /// Audits that have begun and not ended, by logs that are read to their end.
    fn wait_for_audits(&mut self, now_ms: i64) {
        if self.audited.elapsed() < COMMIT_EVERY {
            return;
        }
        self.audited = Instant::now();
        for source in self.sources.iter().filter(|source| source.whole) {
            if let Some(waits) = source.apply.waiting_audits(now_ms) {
                self.around.audits(&source.log.node, now_ms, waits);
            }
        }
    }

    fn is_due(&self) -> bool {
        let many = |source: &Source| {
            let lines: usize = source.streams.values().map(Stream::unsaved_lines).sum();
            source.apply.waiting() >= COMMIT_TRANSFERS || lines >= COMMIT_LINES
        };
        let is_seen = self.hub.as_ref().is_none_or(|hub| hub.is_looked_at());
        let every = if is_seen { COMMIT_EVERY } else { COMMIT_UNSEEN };
        self.sources.iter().any(many) || self.committed.elapsed() >= every && self.has_news()
    }

    /// Whether there is something to keep.
    fn has_news(&self) -> bool {
        let dirty = |source: &Source| source.dirty || !source.gaps.is_empty();
        let told = !self.asks.waiting().is_empty() || !self.shelves.waiting().is_empty() || self.around.is_waiting();
        told || self.sources.iter().any(dirty)
    }

    /// Keeps what there is, for somebody who reads the database next.
    pub fn commit_news(&mut self, now_ms: i64) {
        if self.retry_at.is_none() && self.has_news() {
            self.commit(now_ms, false);
        }
    }

    /// Keeps all there is; false if it could not be.
    pub fn commit(&mut self, now_ms: i64, hurry: bool) -> bool {
        let parts: Vec<Vec<Part>> = self
            .sources
            .iter_mut()
            .map(|source| source.draft(hurry, now_ms))
            .collect();
        let mut units = Vec::new();
        for (source, parts) in self.sources.iter_mut().zip(&parts) {
            let state = Some(word(source.follower.state()));
            let (batch, gaps, covered) = source.owed.get_or_insert_default();
            units.push(Unit {
                state,
                node: source.node,
                source: source.row,
                dictionary: &mut source.dictionary,
                vocabulary: source.apply.vocabulary(),
                batch,
                parts,
                positions: source.follower.positions(),
                gaps,
                covered,
            });
        }
        let result = self.writer.commit(&mut units, self.asks.waiting(), now_ms);
        drop(units);
        let result = result.and_then(|()| self.around.keep(&mut self.writer));
        self.committed = Instant::now();
        match result {
            Ok(()) => {
                if self.failures > 0 {
                    self.messages
                        .push("the database answers again; nothing was lost".to_owned());
                }
                (self.failures, self.retry_at, self.trouble) = (0, None, None);
                self.asks.saved();
                self.shelve();
                for source in &mut self.sources {
                    let gaps = source.saved();
                    let node = &source.log.node;
                    self.messages.extend(gaps.iter().map(|gap| gap_text(node, gap)));
                }
                true
            }
            Err(error) => {
                if self.failures == 0 {
                    self.messages
                        .push(format!("{error}; reading waits until it can be kept"));
                }
                self.trouble = Some(error.to_string());
                let wait = BACK_OFF[self.failures.min(BACK_OFF.len() - 1)];
                self.failures += 1;
                self.retry_at = Some(Instant::now() + Duration::from_secs(wait));
                false
            }
        }
    }

    /// Keeps what databases of nodes said, apart from the rest: what hinders it hinders nothing else.
    fn shelve(&mut self) {
        if self.shelves.waiting().is_empty() {
            return;
        }
        match self.writer.shelve(self.shelves.waiting()) {
            Ok(()) => self.shelves.saved(),
            Err(error) => self.shelves.hindered(&error.to_string()),
        }
    }

    /// The windows of each node that has a log.
    pub fn windows(&mut self, now_ms: i64) -> impl Iterator<Item = (&str, Windows<'_>)> {
        let now = now_ms.div_euclid(1000);
        self.sources.iter_mut().filter_map(move |source| {
            let windows = source.apply.windows(now)?;
            Some((source.log.node.as_str(), windows))
        })
    }

    /// How many of the logs cannot be read now, and how many there are.
    pub fn unread(&self) -> (usize, usize) {
        let unread = self
            .sources
            .iter()
            .filter(|source| *source.follower.state() != State::Following);
        (unread.count(), self.sources.len())
    }

    /// What an operator should know, since the last call.
    pub fn take_messages(&mut self) -> Vec<String> {
        let mut messages = std::mem::take(&mut self.messages);
        messages.extend(self.asks.take_messages());
        messages.extend(self.shelves.take_messages());
        messages.extend(self.around.take_messages());
        messages
    }

    /// A small step of retention, when nothing waits to be read; every minute until all is done.
    fn retain(&mut self, now_ms: i64) {
        if self.retained.is_some_and(|at| at.elapsed() < RETAIN_EVERY) || self.retry_at.is_some() {
            return;
        }
        match self.writer.retain(&self.retention, now_ms) {
            Ok(true) => {}
            Ok(false) => self.retained = Some(Instant::now()),
            Err(error) => {
                self.retained = Some(Instant::now());
                self.messages.push(error.to_string());
            }
        }
    }
}

impl Source {
    fn open(writer: &Writer, log: Log, start: Start) -> Result<Self> {
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
    fn warm(&mut self, data_dir: &Path, now_ms: i64) -> Result<()> {
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
    fn reset(&mut self, writer: &Writer, now_ms: i64) -> Result<()> {
        let arrivals = self.arrivals.take();
        *self = Self::open(writer, self.log.clone(), self.start)?;
        self.arrivals = arrivals;
        self.apply = Apply::live(now_ms.div_euclid(1000));
        Ok(())
    }

    fn read(&mut self, writer: &mut Writer, hub: Option<&Hub>, now_ms: i64, hurry: bool) -> Result<bool> {
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
    fn news(&mut self) -> Vec<String> {
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
    fn draft(&mut self, hurry: bool, now_ms: i64) -> Vec<Part> {
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
    fn saved(&mut self) -> Vec<Gap> {
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

fn word(state: &State) -> (&'static str, Option<String>) {
    match state {
        State::New => ("new", None),
        State::Following => ("following", None),
        State::Missing => ("missing", None),
        State::Failing(error) => ("failing", Some(error.clone())),
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

fn gap_text(node: &str, gap: &Gap) -> String {
    let time = |second: Option<i64>| second.map_or_else(|| "an unknown time".to_owned(), |s| rfc3339(s * 1000));
    let what = match gap.bytes {
        Some(bytes) => format!("at least {bytes} bytes of the log were destroyed before they were read"),
        None => "the log was truncated or deleted, and nobody can tell whether all of it had been read".to_owned(),
    };
    format!("{node}: gap from {} to {}: {what}", time(gap.from), time(gap.to))
}
