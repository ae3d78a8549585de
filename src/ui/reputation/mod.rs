//! Reputation: how far each satellite is from giving a node up, and what led there. The pane's state; what it shows
//! is made in the modules beside it when answers come.

mod act;
mod asks;
mod entry;
mod explain;
mod failures;
mod history;
mod layout;
mod scores;
mod strip;
mod waiting;
mod words;

use self::entry::Entry;
use self::history::History;
use self::words::Said;
use super::action::Action;
use super::ask::Wants;
use super::chart::Mark;
use super::explain::Explained;
use super::pane::{Effect, Figure, Hits, Page, View};
use super::shared::Shared;
use super::slot::Slot;
use super::table::{Table, TableState};
use crate::api::message::Answer;
use crate::api::snapshot::Topic;

/// The table of nodes and satellites.
const SCORES: &str = "scores";
/// The table of audits that failed.
const FAILURES: &str = "failures";

/// The pane.
pub struct Reputation {
    scores: Slot,
    failures: Slot,
    /// Audits in flight, in a line.
    waiting: Option<waiting::Waiting>,
    focus: &'static str,
    /// The row under the cursor has all the room.
    alone: bool,
    /// The chart was asked for where there was no room for it; whether the last picture had one.
    unfolded: bool,
    saw_chart: bool,
    history: History,
    /// Satellites of nodes, the worst first.
    entries: Vec<Entry>,
    said: Vec<Said>,
    /// What the tables were made from: nothing changed while it is the same.
    stamp: String,
    /// How often they were made, and of which making, row and state of the answer the failures are.
    made: u64,
    failures_of: Option<(u64, Option<String>, bool)>,
    /// Whether the windows of audits are still to come, and what went wrong.
    waits: bool,
    wrong: Option<String>,
}

impl Default for Reputation {
    fn default() -> Self {
        Self {
            scores: Slot::default(),
            failures: Slot::default(),
            waiting: None,
            focus: SCORES,
            alone: false,
            unfolded: false,
            saw_chart: false,
            history: History::default(),
            entries: Vec::new(),
            said: Vec::new(),
            stamp: String::new(),
            made: 0,
            failures_of: None,
            waits: true,
            wrong: None,
        }
    }
}

impl View for Reputation {
    fn wants(&self, shared: &Shared) -> Wants {
        Wants {
            topics: vec![Topic::Status],
            asks: self.asks(shared),
            ..Wants::default()
        }
    }

    fn refresh(&mut self, shared: &Shared) {
        let asks = self.asks(shared);
        self.waits = shared.answers.wait_for(&asks[..1]);
        self.wrong = asks.iter().find_map(|ask| {
            let answer = shared.answers.of(ask.slot, &ask.key)?;
            answer.err().map(str::to_owned)
        });
        let stamp = self.stamp_of(shared);
        if stamp != self.stamp {
            self.stamp = stamp;
            self.take_ratings(shared);
        }
        self.take_failures(shared);
        self.waiting = waiting::waiting(shared);
        let entry = chosen(&self.entries, &self.scores);
        self.history.take(entry, self.made, shared);
    }

    fn draw(&self, page: &mut Page<'_>) {
        self.blocks(page);
    }

    fn can(&self, action: Action, _shared: &Shared) -> bool {
        self.can_act(action)
    }

    fn act(&mut self, action: Action, shared: &mut Shared) -> Vec<Effect> {
        self.do_act(action, shared)
    }

    fn focused(&self) -> Option<&'static str> {
        Some(self.focus)
    }

    fn focus(&mut self, table: &'static str) {
        self.focus = table;
    }

    fn table(&self, name: &str) -> Option<(&Table, &TableState)> {
        let slot = match name {
            SCORES => &self.scores,
            FAILURES => &self.failures,
            _ => return None,
        };
        Some((&slot.table, &slot.state))
    }

    fn table_mut(&mut self, name: &str) -> Option<(&Table, &mut TableState)> {
        let slot = match name {
            SCORES => &mut self.scores,
            FAILURES => &mut self.failures,
            _ => return None,
        };
        Some((&slot.table, &mut slot.state))
    }

    fn saw(&mut self, hits: &Hits) {
        self.saw_chart = hits.chart.is_some();
        for (name, hits) in &hits.tables {
            if let Some((_, state)) = self.table_mut(name) {
                state.saw(hits);
            }
        }
    }

    fn has_chart(&self) -> bool {
        true
    }

    fn marks(&self) -> &[Mark] {
        &self.history.marks
    }

    fn explain(&self, figure: &Figure, shared: &Shared) -> Option<Explained> {
        self.explained(figure, shared)
    }

    fn memory(&self) -> serde_json::Value {
        serde_json::json!({
            "score": self.history.chosen.map(history::Score::id),
            "tables": { SCORES: self.scores.memory(), FAILURES: self.failures.memory() },
        })
    }

    fn recall(&mut self, memory: &serde_json::Value) {
        self.history.chosen = history::Score::of(memory["score"].as_str().unwrap_or_default());
        for (name, slot) in [(SCORES, &mut self.scores), (FAILURES, &mut self.failures)] {
            slot.recall(&memory["tables"][name]);
        }
    }
}

impl Reputation {
    /// The row under the cursor; the worst, when there is none.
    fn chosen(&self) -> Option<&Entry> {
        chosen(&self.entries, &self.scores)
    }

    fn asks(&self, shared: &Shared) -> Vec<super::ask::Ask> {
        let mut asks = vec![asks::ratings(shared)];
        if let Some(entry) = self.chosen() {
            asks.extend(asks::history(&entry.node, shared));
        }
        asks
    }

    /// What the tables depend on.
    fn stamp_of(&self, shared: &Shared) -> String {
        let ask = asks::ratings(shared);
        let answered = shared.answers.of(ask.slot, &ask.key).is_some();
        let answered = answered.then(|| shared.answers.answered_ms(ask.slot));
        let generations = shared.shown().nodes.values();
        let generations = generations.filter_map(|view| view.status.as_ref().map(|status| status.generation));
        let look = (shared.theme.glyphs.unicode, self.history.chosen, shared.now_s() / 60);
        format!(
            "{answered:?}{:?}{}{:?}{look:?}{}{}",
            generations.collect::<Vec<_>>(),
            shared.key(),
            shared.moment(),
            shared.nodes().len(),
            shared.is_old(),
        )
    }

    /// Makes the table of scores, and what is said.
    fn take_ratings(&mut self, shared: &Shared) {
        let ask = asks::ratings(shared);
        let full = match shared.answers.of(ask.slot, &ask.key) {
            Some(Ok(Answer::Reputation(nodes))) => nodes.as_slice(),
            _ => &[],
        };
        self.made += 1;
        self.entries = entry::entries(full, shared);
        self.said = words::answer(&self.entries, shared);
        let table = scores::table(&self.entries, self.history.chosen.unwrap_or_default(), shared);
        self.scores.put(table);
        self.scores.rest_on_a_row();
    }

    /// The failed audits: of the row under the cursor where it has some, else of all.
    fn take_failures(&mut self, shared: &Shared) {
        let row = self.chosen().map(|entry| entry.key.clone());
        let of = Some((self.made, row, self.waits));
        if of != self.failures_of {
            let table = failures::table(&self.failing(), shared).empty(self.no_failures());
            self.failures.put(table);
            self.failures_of = of;
        }
    }

    fn failing(&self) -> Vec<&Entry> {
        match self.chosen().filter(|entry| entry.failing.is_some()) {
            Some(entry) => vec![entry],
            None => self.entries.iter().filter(|entry| entry.failing.is_some()).collect(),
        }
    }
}

/// The row under the cursor; the worst, when there is none.
fn chosen<'a>(entries: &'a [Entry], scores: &Slot) -> Option<&'a Entry> {
    let key = scores.selected();
    let found = key.and_then(|key| entries.iter().find(|entry| entry.key == key));
    found.or(entries.first())
}
