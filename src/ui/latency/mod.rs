//! Latency: how long transfers take, and where time is lost. The pane's state; what it shows is made in the modules
//! beside it when answers come.

mod act;
mod asks;
mod blind;
mod explain;
mod facts;
mod headline;
mod histogram;
mod layout;
mod meanwhile;
mod picture;
mod tables;
mod trend;
mod words;

use self::trend::{Measure, Trend};
use self::words::Said;
use super::action::Action;
use super::ask::Wants;
use super::chart::Mark;
use super::explain::Explained;
use super::pane::{Effect, Figure, Hits, Page, View};
use super::shared::Shared;
use super::slot::Slot;
use super::table::{Table, TableState};
use crate::api::disks::HostDisk;
use crate::api::latency::{Detail, NodeLatency, Row, Slow};
use crate::api::message::Answer;
use crate::api::snapshot::Topic;
use crate::domain::transfer::Quality;

/// The tables, in the order of the focus.
const NODES: &str = "nodes";
const ROWS: &str = "rows";
const SLOW: &str = "slow";
const TABLES: [&str; 3] = [NODES, ROWS, SLOW];

/// What the table of one node tells apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Shape {
    /// Actions, the chosen one by size.
    #[default]
    Sizes,
    /// Satellites, by the chosen action.
    Satellites,
    /// Actions, by how they ended.
    Ends,
}

impl Shape {
    const ALL: [(Self, &'static str); 3] = [
        (Self::Sizes, "BY ACTION AND SIZE"),
        (Self::Satellites, "BY SATELLITE"),
        (Self::Ends, "BY ACTION AND END"),
    ];

    fn next(self) -> Self {
        Self::ALL[(self as usize + 1) % Self::ALL.len()].0
    }

    fn title(self) -> &'static str {
        Self::ALL[self as usize].1
    }

    fn of(title: &str) -> Self {
        let found = Self::ALL.into_iter().find(|(_, other)| *other == title);
        found.map(|(shape, _)| shape).unwrap_or_default()
    }
}

/// The pane.
pub struct Latency {
    /// The action nodes are compared by: the node's word.
    action: String,
    /// `None`: the best for each figure.
    quality: Option<Quality>,
    shape: Shape,
    /// Hours of the day as a block of their own.
    heat: bool,
    /// They were asked for where there was no room for them; whether the last picture had them.
    heat_asked: bool,
    saw_heat: bool,
    /// The table with the keys has all the room.
    enlarged: bool,
    /// The chart was asked for where there was no room for it; whether the last picture had one.
    unfolded: bool,
    saw_chart: bool,
    focus: usize,
    slots: [Slot; 3],
    trend: Trend,
    said: Vec<Said>,
    /// Whether no log tells any duration.
    blind: bool,
    told: bool,
    /// What the tables were made from: nothing changed while it is the same.
    stamp: String,
    /// What went wrong with what is asked now.
    wrong: Option<String>,
}

impl Default for Latency {
    fn default() -> Self {
        Self {
            action: "PUT".to_owned(),
            quality: None,
            shape: Shape::default(),
            heat: true,
            heat_asked: false,
            saw_heat: false,
            enlarged: false,
            unfolded: false,
            saw_chart: false,
            focus: 0,
            slots: Default::default(),
            trend: Trend::default(),
            said: Vec::new(),
            blind: false,
            told: false,
            stamp: String::new(),
            wrong: None,
        }
    }
}

impl View for Latency {
    fn wants(&self, shared: &Shared) -> Wants {
        Wants {
            topics: vec![Topic::Status, Topic::Running],
            asks: self.asks(shared),
            ..Wants::default()
        }
    }

    fn refresh(&mut self, shared: &Shared) {
        self.wrong = self.asks(shared).iter().find_map(|ask| {
            let answer = shared.answers.of(ask.slot, &ask.key)?;
            answer.err().map(str::to_owned)
        });
        let stamp = self.stamp_of(shared);
        if stamp != self.stamp {
            self.stamp = stamp;
            self.make(shared);
            // The node under the cursor may be another one now: what is told of it is made from what it is.
            self.stamp = self.stamp_of(shared);
        }
    }

    fn draw(&self, page: &mut Page<'_>) {
        self.blocks(page);
    }

    fn can(&self, action: Action, shared: &Shared) -> bool {
        self.can_act(action, shared)
    }

    fn act(&mut self, action: Action, shared: &mut Shared) -> Vec<Effect> {
        self.do_act(action, shared)
    }

    fn focused(&self) -> Option<&'static str> {
        Some(TABLES[self.focus])
    }

    fn focus(&mut self, table: &'static str) {
        if let Some(at) = TABLES.iter().position(|name| *name == table) {
            self.focus = at;
        }
    }

    fn table(&self, name: &str) -> Option<(&Table, &TableState)> {
        let at = TABLES.iter().position(|other| *other == name)?;
        Some(self.slots[at].both())
    }

    fn table_mut(&mut self, name: &str) -> Option<(&Table, &mut TableState)> {
        let at = TABLES.iter().position(|other| *other == name)?;
        let slot = &mut self.slots[at];
        Some(slot.both_mut())
    }

    fn details_title(&self, table: &str, key: &str, shared: &Shared) -> Option<String> {
        match table {
            SLOW => self.slow_one(key, shared).map(|slow| tables::slow_title(slow, shared)),
            ROWS => {
                let node = self.subject(shared)?;
                let row = self.detail(shared)?.rows.iter().find(|row| tables::row_key(row) == key);
                let name = row.map_or_else(
                    || shared.satellite_name(key),
                    |row| format!("{} {}", row.action, row.size_class.as_deref().unwrap_or("all sizes")),
                );
                Some(format!("{node}: {name}"))
            }
            _ => None,
        }
    }

    fn node_of(&self, table: &str, shared: &Shared) -> Option<String> {
        match table {
            ROWS => self.subject(shared),
            // Its lines are named after nodes, or are those of one.
            "chart" if self.trend.measure == Measure::One => self.subject(shared),
            "chart" => None,
            _ => shared.node.clone(),
        }
    }

    fn has_chart(&self) -> bool {
        !self.blind
    }

    fn saw(&mut self, hits: &Hits) {
        self.saw_chart = hits.chart.is_some();
        let column = || layout::has_column(hits, NODES, tables::HEAT).is_some();
        self.saw_heat = hits.figures.iter().any(|(_, figure)| figure.what == "hour") || column();
        for (name, hits) in &hits.tables {
            if let Some((_, state)) = self.table_mut(name) {
                state.saw(hits);
            }
        }
    }

    fn marks(&self) -> &[Mark] {
        &self.trend.marks
    }

    fn explain(&self, figure: &Figure, shared: &Shared) -> Option<Explained> {
        self.explained(figure, shared)
    }

    fn memory(&self) -> serde_json::Value {
        let table = |at: usize| self.slots[at].memory();
        serde_json::json!({
            "action": self.action,
            "shape": self.shape.title(),
            "heat": self.heat,
            "measure": self.trend.measure.name(),
            "tables": [table(0), table(1), table(2)],
        })
    }

    fn recall(&mut self, memory: &serde_json::Value) {
        if let Some(action) = memory["action"].as_str().filter(|action| !action.is_empty()) {
            action.clone_into(&mut self.action);
        }
        self.shape = Shape::of(memory["shape"].as_str().unwrap_or_default());
        self.heat = memory["heat"].as_bool().unwrap_or(true);
        self.trend.measure = Measure::of(memory["measure"].as_str().unwrap_or_default());
        for (at, slot) in self.slots.iter_mut().enumerate() {
            let known = memory["tables"][at].clone();
            slot.state.recall(serde_json::from_value(known).unwrap_or_default());
        }
    }
}

/// An answer in a slot.
fn answered<'a>(shared: &'a Shared, slot: &str, key: &str) -> Option<&'a crate::api::latency::Latency> {
    match shared.answers.of(slot, key) {
        Some(Ok(Answer::Latency(told))) => Some(told),
        _ => None,
    }
}

impl Latency {
    /// The node that is told in full: the one alone, else the one under the cursor, else the worst.
    fn subject(&self, shared: &Shared) -> Option<String> {
        let selected = self.slots[0].state.selected().map(|key| key.as_str().to_owned());
        let known = |name: &String| self.slots[0].table.rows().iter().any(|row| row.key.as_str() == name);
        let first = || {
            let rows = self.slots[0].table.rows();
            let told = rows.first().map(|row| row.key.as_str().to_owned());
            told.or_else(|| shared.nodes().first().map(|node| node.name.clone()))
        };
        shared.node.clone().or_else(|| selected.filter(known)).or_else(first)
    }

    /// All nodes, as they were answered.
    fn nodes<'a>(&self, shared: &'a Shared) -> &'a [NodeLatency] {
        answered(shared, asks::NODES, &self.key(shared)).map_or(&[], |told| &told.nodes)
    }

    /// The node in full, as it was answered.
    fn detail<'a>(&self, shared: &'a Shared) -> Option<&'a Detail> {
        let node = self.subject(shared)?;
        answered(shared, asks::NODE, &self.node_key(&node, shared))?
            .detail
            .as_ref()
    }

    /// One of the slowest, by the key of its row.
    fn slow_one<'a>(&self, key: &str, shared: &'a Shared) -> Option<&'a Slow> {
        let told = answered(shared, asks::NODES, &self.key(shared))?;
        told.slow.iter().find(|slow| tables::slow_key(slow) == key)
    }

    /// Disks of this host, as they were answered; `None`: not yet, or not asked.
    fn disks<'a>(&self, shared: &'a Shared) -> Option<&'a [HostDisk]> {
        match shared.answers.of(asks::DISKS, &Self::disks_key(shared)) {
            Some(Ok(Answer::Disks(told))) => Some(told),
            _ => None,
        }
    }

    /// The row of it whose distribution is drawn: the one under the cursor, else all of the chosen action.
    fn row<'a>(&self, shared: &'a Shared) -> Option<&'a Row> {
        let detail = self.detail(shared)?;
        let selected = self.slots[1].state.selected().map(|key| key.as_str());
        let found = detail
            .rows
            .iter()
            .find(|row| Some(tables::row_key(row).as_str()) == selected);
        let whole = || {
            let shown = tables::shown(detail, Shape::Sizes, &self.action);
            shown.first().copied()
        };
        found.or_else(whole)
    }

    fn stamp_of(&self, shared: &Shared) -> String {
        let answers = self.asks(shared).into_iter().map(|ask| {
            let known = shared.answers.of(ask.slot, &ask.key).map(|answer| answer.is_ok());
            (known, shared.answers.answered_ms(ask.slot), ask.key)
        });
        let answers: Vec<_> = answers.collect();
        let running = shared.shown().nodes.values();
        let running: Vec<_> = running
            .map(|view| view.running.as_ref().map(|told| told.generation))
            .collect();
        // Ages of what runs are told by the second.
        let now = if running.iter().any(Option::is_some) {
            shared.now_s()
        } else {
            0
        };
        let look = (shared.theme.glyphs.unicode, shared.nodes().len(), now, &shared.node);
        format!(
            "{answers:?}{running:?}{look:?}{:?}{:?}{}",
            self.shape, self.trend.measure, self.heat
        )
    }

    /// Makes the tables and lines.
    fn make(&mut self, shared: &Shared) {
        let key = self.key(shared);
        if let Some(told) = answered(shared, asks::NODES, &key) {
            self.told = true;
            let ours = tables::ranked(&told.nodes, shared);
            self.blind = !ours.is_empty()
                && ours.iter().all(|node| !node.has_durations)
                && ours
                    .iter()
                    .any(|node| node.log.as_ref().is_some_and(|log| log.transfers > 0));
            let table = match self.blind {
                true => meanwhile::table(&told.nodes, self.disks(shared), shared),
                false => tables::nodes(&told.nodes, (&self.action, self.heat), shared),
            };
            self.slots[0].put(table);
            self.slots[2].put(tables::slowest(&told.slow, self.quality, shared));
        } else if let Some(wrong) = self.wrong.clone().filter(|_| !self.told) {
            let _ = wrong;
            self.slots[0].put(Table::new(Vec::new(), Vec::new()).empty(shared.again()));
        }
        let table = match (self.detail(shared), &self.wrong) {
            (Some(detail), _) => tables::rows(detail, self, shared),
            (None, Some(_)) => Table::new(Vec::new(), Vec::new()).empty(shared.again()),
            (None, None) => Table::new(Vec::new(), Vec::new()).empty("reading …"),
        };
        self.slots[1].put(table);
        let known = words::Known {
            nodes: self.nodes(shared),
            detail: self.detail(shared),
            action: &self.action,
            actions: answered(shared, asks::ACTIONS, &self.actions_key(shared)).map_or(&[], |told| &told.nodes),
        };
        self.said = words::answer(&known, shared);
        let (slot, key) = self.trend_key(shared);
        let marks = match shared.answers.of(asks::MARKS, &Self::marks_key(shared)) {
            Some(Ok(Answer::Marks(marks))) => &marks[..],
            _ => &[],
        };
        let subject = self.subject(shared);
        self.trend
            .take(answered(shared, slot, &key), (subject.as_deref(), marks), shared);
        self.rest(shared);
    }

    /// Nodes are in the order of what their transfers took; without durations in that of their disks.
    fn rest(&mut self, shared: &Shared) {
        let disks = self.disks(shared).is_some();
        let nodes = self.nodes(shared);
        let is_timed = |name: &str| {
            let node = nodes.iter().find(|node| node.node == name);
            node.and_then(facts::figures).is_some()
        };
        let (blind, slot) = (self.blind, &mut self.slots[0]);
        slot.state.rest_on_known(&slot.table, |key| match blind {
            true => disks,
            false => is_timed(key.as_str()),
        });
    }
}
