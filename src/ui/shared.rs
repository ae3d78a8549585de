//! What all panes see: the newest data, what was chosen for all of them, how things look. Changed by the model.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::tz::TimeZone;

use super::ask::Answers;
use super::chart::ChartState;
use super::look::Theme;
use crate::api::message::Answer;
use crate::api::snapshot::Snapshot;
use crate::api::status;
use crate::domain::transfer::Outcome;

/// Who collects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Collector {
    /// This program itself.
    Inside,
    /// One that ran already.
    Attached,
    /// The one that was attached is gone, since (ms since the epoch).
    Lost(i64),
    /// Nobody is asked: a picture of this time (ms since the epoch) from what was kept.
    Past(i64),
}

/// The line of the log that tells how a transfer ended, which a pane leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sought {
    /// The node.
    pub node: String,
    /// When it ended, ms since the epoch.
    pub time_ms: i64,
    /// The piece: all lines of it are shown, if it is known.
    pub piece: Option<String>,
    /// The action, the node's word.
    pub action: String,
    /// The satellite, by its id; empty where it is not known.
    pub satellite_id: String,
    /// Bytes.
    pub size: Option<u64>,
    /// How it ended.
    pub outcome: Outcome,
}

/// The slot of how nodes were at the chosen moment.
pub(super) const THEN: &str = "then";

/// What all panes see.
pub struct Shared {
    /// The collector.
    pub collector: Collector,
    /// How it looks.
    pub theme: Theme,
    /// The person's zone.
    pub zone: TimeZone,
    /// Now, ms since the epoch.
    pub now_ms: i64,
    /// The node that is looked at alone.
    pub node: Option<String>,
    /// The satellite that is looked at alone: its id.
    pub satellite: Option<String>,
    /// The stretch of time all charts show, and the moment that was chosen on one of them.
    pub time: ChartState,
    /// Answers to the panes' questions.
    pub answers: Answers,
    /// When this viewer looked the last time before it was opened now, ms since the epoch.
    pub looked_ms: Option<i64>,
    /// What the collector told.
    live: Snapshot,
    /// What is shown while the picture is held, and since when (ms since the epoch).
    held: Option<(Snapshot, i64)>,
    /// Nodes as they are shown, the worst first.
    nodes: Vec<Arc<status::Node>>,
    /// A word about what was done, and until when it is shown.
    toast: Option<(String, i64)>,
    /// All such words, the newest last.
    said: Vec<(i64, String)>,
    /// The line that was last asked for, and the how manieth it is: each is gone to once.
    sought: Option<(u64, Sought)>,
    /// Names of satellites by their ids, as they were ever told.
    names: BTreeMap<String, String>,
    /// Whether this program could collect itself.
    pub may_collect: bool,
    /// The folder that files go to unless the person says otherwise, as it is shown: `~/x`.
    pub folder: String,
}

/// A toast stays so long.
const TOAST_MS: i64 = 4000;
/// So many are remembered.
const MOST_SAID: usize = 50;

impl Shared {
    /// Nothing known yet.
    pub fn new(theme: Theme, zone: TimeZone, collector: Collector, now_ms: i64) -> Self {
        Self {
            collector,
            theme,
            zone,
            now_ms,
            node: None,
            satellite: None,
            time: ChartState::default(),
            answers: Answers::default(),
            looked_ms: None,
            live: Snapshot::default(),
            held: None,
            nodes: Vec::new(),
            toast: None,
            said: Vec::new(),
            sought: None,
            names: BTreeMap::new(),
            may_collect: false,
            folder: String::new(),
        }
    }

    /// The sections that are shown.
    pub fn shown(&self) -> &Snapshot {
        self.held.as_ref().map_or(&self.live, |(held, _)| held)
    }

    /// The present of what is shown, seconds since the epoch: stands still while the picture is held.
    pub fn now_s(&self) -> i64 {
        self.held_since().unwrap_or(self.now_ms).div_euclid(1000)
    }

    /// Since when the picture is held, ms since the epoch.
    pub fn held_since(&self) -> Option<i64> {
        self.held.as_ref().map(|(_, since)| *since)
    }

    /// The moment that was chosen, seconds since the epoch; `None`: the present.
    pub fn moment(&self) -> Option<i64> {
        self.time.cursor
    }

    /// When the collector last told anything, ms since the epoch; 0: never.
    pub fn told_ms(&self) -> i64 {
        self.shown().time_ms
    }

    /// The nodes with what is known of them at the moment that is shown, the worst first.
    pub fn nodes(&self) -> &[Arc<status::Node>] {
        &self.nodes
    }

    /// The node that is looked at alone, as it is shown.
    pub fn alone(&self) -> Option<&Arc<status::Node>> {
        let name = self.node.as_deref()?;
        self.nodes.iter().find(|node| node.name == name)
    }

    /// The names that questions are limited to; none means all.
    pub fn scope(&self) -> Vec<String> {
        self.node.iter().cloned().collect()
    }

    /// What makes questions about the same time and nodes the same: node, satellite, range, moment.
    pub fn key(&self) -> String {
        let part = |text: &Option<String>| text.clone().unwrap_or_default();
        format!(
            "{}\t{}\t{}\t{:?}",
            part(&self.node),
            part(&self.satellite),
            self.time.range.name(),
            self.time.end
        )
    }

    /// The key of how nodes were at the chosen moment.
    pub(super) fn then_key(second: i64) -> String {
        second.to_string()
    }

    /// How nodes were at the chosen moment: the answer, if it is there, or why there is none.
    pub fn then(&self) -> Option<Result<&Answer, &str>> {
        self.answers.of(THEN, &Self::then_key(self.moment()?))
    }

    /// Whether nobody tells what is now.
    pub fn is_old(&self) -> bool {
        match self.moment() {
            // What was shown before stays until the answer about then is there.
            Some(_) => !matches!(self.then(), Some(Ok(_))),
            None => matches!(self.collector, Collector::Lost(_)),
        }
    }

    /// What follows a question that went wrong.
    pub(super) fn again(&self) -> &'static str {
        match self.collector {
            Collector::Lost(_) => "it is asked as soon as a collector runs",
            _ => "it is asked again in a moment",
        }
    }

    /// Whether what a node's API said is old.
    pub fn is_stale(&self, node: &status::Node) -> bool {
        matches!(node.api.state.as_str(), "stale" | "down") || self.is_old()
    }

    /// Takes in what changed.
    pub(super) fn hear(&mut self, newer: Snapshot) {
        let is_other = |terms: u64| self.live.terms.is_some_and(|before| before != terms);
        // Whoever changed it: another viewer, or an editor.
        if newer.terms.is_some_and(is_other) {
            self.answers.ask_again();
        }
        self.live.merge(newer);
    }

    /// Holds the picture, or lets it go.
    pub(super) fn hold(&mut self, hold: bool) {
        self.held = hold.then(|| (self.live.clone(), self.now_ms));
    }

    /// Puts the nodes in order: when they or the moment changed.
    pub(super) fn order(&mut self) {
        let then = match self.then() {
            Some(Ok(Answer::Status(status))) => Some(status.nodes.iter().cloned().map(Arc::new).collect()),
            _ => None,
        };
        // Until the answer is there, what was shown stays.
        if self.moment().is_some() && then.is_none() && !self.nodes.is_empty() {
            return;
        }
        let mut nodes: Vec<Arc<status::Node>> = then.unwrap_or_else(|| {
            let views = self.shown().nodes.values();
            let known = views.filter_map(|view| view.status.as_ref());
            known.map(|section| Arc::clone(&section.value)).collect()
        });
        for satellite in nodes.iter().flat_map(|node| node.satellites.iter().flatten()) {
            // Of the past often only the id is known.
            if let (Some(id), Some(url)) = (&satellite.satellite_id, &satellite.url) {
                let name = || crate::domain::sample::Standing::short_of(url, Some(id));
                self.names.entry(id.clone()).or_insert_with(name);
            }
        }
        nodes.sort_by(|a, b| a.rank().cmp(&b.rank()));
        self.nodes = nodes;
    }

    /// The log is to show this line: its node and its moment are chosen for all panes. To be followed by
    /// [`super::pane::Effect::Show`].
    pub fn seek(&mut self, line: Sought) {
        let now = self.now_s();
        self.time.choose(line.time_ms.div_euclid(1000), now);
        self.node = Some(line.node.clone());
        let before = self.sought.as_ref().map_or(0, |(nth, _)| *nth);
        self.sought = Some((before + 1, line));
    }

    /// The line that was last asked for, and the how manieth it is.
    pub(super) fn sought(&self) -> Option<&(u64, Sought)> {
        self.sought.as_ref()
    }

    /// Says a word about what was done.
    pub fn say(&mut self, text: impl Into<String>) {
        let text = text.into();
        self.said.push((self.now_ms, text.clone()));
        let surplus = self.said.len().saturating_sub(MOST_SAID);
        self.said.drain(..surplus);
        self.toast = Some((text, self.now_ms + TOAST_MS));
    }

    /// The word that is shown now.
    pub fn toast(&self) -> Option<&str> {
        let (text, until) = self.toast.as_ref()?;
        (self.now_ms < *until).then_some(text.as_str())
    }

    /// Another pane is shown: what was said of the one before is not, unless it was said this moment.
    pub(super) fn hush(&mut self) {
        let (now_ms, whole) = (self.now_ms, TOAST_MS);
        self.toast.take_if(|(_, until)| *until < now_ms + whole);
    }

    /// Until when it is shown, ms since the epoch.
    pub(super) fn toast_until(&self) -> Option<i64> {
        self.toast.as_ref().map(|(_, until)| *until)
    }

    /// All that was said, the newest last, with the time (ms since the epoch).
    pub fn said(&self) -> &[(i64, String)] {
        &self.said
    }

    /// The satellites the nodes know: id and name, each once.
    pub fn satellites(&self) -> Vec<(String, String)> {
        let all = self.nodes.iter().flat_map(|node| node.satellites.iter().flatten());
        let mut known: Vec<(String, String)> = Vec::new();
        for satellite in all {
            let Some(id) = &satellite.satellite_id else { continue };
            if !known.iter().any(|(other, _)| other == id) {
                known.push((id.clone(), self.satellite_name(id)));
            }
        }
        known.sort_by(|a, b| a.1.cmp(&b.1));
        known
    }

    /// The short name of a satellite.
    pub fn satellite_name(&self, id: &str) -> String {
        let known = self.names.get(id);
        known.map_or_else(|| crate::domain::sample::Standing::short_of("", Some(id)), Clone::clone)
    }
}

/// The stretch of time that tables are of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stretch {
    /// ms since the epoch.
    pub from_ms: i64,
    /// ms since the epoch, exclusive.
    pub to_ms: i64,
    /// Whether it ends now.
    pub live: bool,
}

impl Stretch {
    /// The range that is shown: until the chosen moment, else until the end of what is shown.
    pub fn of(shared: &Shared) -> Self {
        let chosen = shared.moment().or(shared.time.end);
        let to = chosen.map_or(shared.held_since().unwrap_or(shared.now_ms), |second| {
            second.saturating_mul(1000).saturating_add(1000)
        });
        Self {
            from_ms: to.saturating_sub(shared.time.range.seconds() * 1000),
            to_ms: to,
            live: chosen.is_none(),
        }
    }
}
