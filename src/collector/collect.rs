//! The collector: follows every node's log, commits positions and effects together every few
//! seconds, and keeps going when a log or the database fails.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::asks::Asks;
use super::followed::Source;
use super::hub::Hub;
use super::shelves::Shelves;
use super::stream::Stream;
use super::surroundings::Surroundings;
use crate::domain::source::Gap;
use crate::engine::apply::Windows;
use crate::report::time::rfc3339;
use crate::source::arrival::Watcher;
use crate::source::follow::{Start, State};
use crate::store::Result;
use crate::store::upkeep::Retention;
use crate::store::writer::{Part, Unit, Writer};

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
        if self.audited.elapsed() >= COMMIT_EVERY {
            self.look_at_audits(now_ms);
        }
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
    fn look_at_audits(&mut self, now_ms: i64) {
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
        self.look_at_audits(now_ms);
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

fn word(state: &State) -> (&'static str, Option<String>) {
    match state {
        State::New => ("new", None),
        State::Following => ("following", None),
        State::Missing => ("missing", None),
        State::Failing(error) => ("failing", Some(error.clone())),
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
