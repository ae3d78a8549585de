//! Storage: where the bytes are, what of them is paid, and when it is full. The pane's state; what it shows is made
//! in the modules beside it when answers come.

mod asks;
mod by_satellite;
mod course;
mod disk_block;
mod disk_explain;
mod disks;
mod explain;
mod facts;
mod history;
mod ledger;
mod picture;
mod tables;
mod what_if;
mod what_if_block;
mod words;
mod worth;

pub(super) use self::explain::full as explain_full;

use self::by_satellite::BySatellite;
use self::disks::Disks;
use self::facts::{Full, Place};
use self::history::{History, Measure};
use self::tables::Known;
use self::what_if::WhatIf;
use self::words::Said;
use self::worth::Worth;
use super::action::Action;
use super::ask::Wants;
use super::chart::Mark;
use super::explain::Explained;
use super::pane::{Effect, Figure, Hits, Page, Pane, View};
use super::shared::Shared;
use super::table::{Cell, RowKey, Table, TableState};
use crate::api::message::Answer;
use crate::api::money::NodeMoney;
use crate::api::snapshot::Topic;
use crate::api::status::Node;
use crate::api::storage::NodeStorage;
use crate::domain::task::Task;

/// The table of nodes, and of the satellites of one node.
const NODES: &str = "nodes";
const SATELLITES: &str = "satellites";
/// The disks of this host.
const DISKS: &str = "disks";
/// Figures of all nodes together; no node is called so.
const ALL_NODES: &str = "all\tnodes";
/// When it would be full.
const WHAT_IF: &str = "what if";
/// All nodes together by satellite.
const BY_SATELLITE: &str = "by satellite";

/// The pane.
pub struct Storage {
    nodes: Table,
    nodes_state: TableState,
    satellites: Table,
    satellites_state: TableState,
    on_satellites: bool,
    disks: Disks,
    /// Disks have all the room.
    on_disks: bool,
    /// Stands where the satellites stood.
    what_if: WhatIf,
    /// Stands there, too: one of both, or none.
    by_satellite: BySatellite,
    places: Vec<Place>,
    said: Vec<Said>,
    /// What unpaid bytes would earn.
    worth: Option<Worth>,
    history: History,
    /// What the table of nodes and the one of satellites were made from: nothing changed while it is the same.
    stamp: String,
    satellites_stamp: String,
    /// What went wrong with what is asked now.
    wrong: Option<String>,
    /// The chart was asked for where there was no room for it; whether the last picture had one.
    unfolded: bool,
    saw_chart: bool,
}

impl Default for Storage {
    fn default() -> Self {
        Self {
            nodes: Table::new(Vec::new(), Vec::new()),
            nodes_state: TableState::default(),
            satellites: Table::new(Vec::new(), Vec::new()).empty("reading …"),
            satellites_state: TableState::default(),
            on_satellites: false,
            disks: Disks::default(),
            on_disks: false,
            what_if: WhatIf::default(),
            by_satellite: BySatellite::default(),
            places: Vec::new(),
            said: Vec::new(),
            worth: None,
            history: History::default(),
            stamp: String::new(),
            satellites_stamp: String::new(),
            wrong: None,
            unfolded: false,
            saw_chart: false,
        }
    }
}

impl View for Storage {
    fn wants(&self, shared: &Shared) -> Wants {
        Wants {
            topics: vec![Topic::Status],
            asks: match self.subject(shared) {
                Some(place) => {
                    let mut all = asks::all(shared, &place.name);
                    all.push(asks::disks(shared));
                    all.push(asks::money(shared));
                    if self.by_satellite.on {
                        all.extend(asks::fleet(shared));
                    }
                    all
                }
                None => Vec::new(),
            },
            ..Wants::default()
        }
    }

    fn refresh(&mut self, shared: &Shared) {
        let stamp = nodes_stamp(shared);
        if stamp != self.stamp {
            self.places = facts::places(shared);
            self.worth = money(shared).and_then(|told| worth::worth(&self.places, told));
            self.said = words::answer(&self.places, self.worth.as_ref(), is_past(shared));
            self.nodes = tables::nodes(&self.places, shared);
            self.nodes_state.update(&self.nodes);
            self.rest_on_the_worst();
            self.stamp = stamp;
        }
        self.take_disks(shared);
        self.by_satellite.take(self.places.len(), shared);
        let Some(place) = self.subject(shared).cloned() else {
            return;
        };
        self.take_answers(&place.name, shared);
        let space = space(shared, &place.name);
        let growth = space.map_or(&[][..], |space| &space.growth);
        let stamp = format!("{}{}", self.stamp, self.satellites_stamp);
        self.what_if
            .take(&place, (growth, self.disks.of_node(&place.name)), &stamp, shared);
        let course = self.what_if.chosen().and_then(|one| one.course);
        self.history.take((&place, course), space, shared);
    }

    fn draw(&self, page: &mut Page<'_>) {
        self.blocks(page);
    }

    fn can(&self, action: Action, shared: &Shared) -> bool {
        match action {
            Action::Metric => !self.places.is_empty(),
            Action::Disks => !self.disks.is_empty(),
            Action::WhatIf => !self.places.is_empty(),
            Action::BySatellite => self.places.len() > 1,
            Action::Back => self.what_if.on || self.by_satellite.on || self.unfolded,
            Action::Enter if self.on_disks || self.what_if.has_keys || self.by_satellite.has_keys => false,
            Action::Enter if self.on_satellites => self.satellites_state.selected().is_some(),
            Action::Enter => shared.node.is_none() && self.nodes_state.selected().is_some(),
            _ => false,
        }
    }

    fn act(&mut self, action: Action, shared: &mut Shared) -> Vec<Effect> {
        match action {
            Action::Metric if !self.saw_chart => {
                self.unfolded = true;
                shared.say(format!("the chart shows {}", self.history.measure.name()));
            }
            Action::Metric => {
                self.history.measure = self.history.measure.next();
                self.history.scale = super::chart::Scale::default();
                shared.say(format!("the chart shows {}", self.history.measure.name()));
            }
            Action::Back if self.unfolded => self.unfolded = false,
            Action::WhatIf if !self.what_if.on => self.focus(WHAT_IF),
            Action::BySatellite if !self.by_satellite.on => self.focus(BY_SATELLITE),
            Action::WhatIf | Action::BySatellite | Action::Back => {
                (self.what_if.on, self.by_satellite.on) = (false, false);
                self.focus(NODES);
            }
            Action::Disks if self.on_disks => self.focus(NODES),
            Action::Disks => self.focus(DISKS),
            // What runs over a satellite's bytes is told where work is.
            Action::Enter if self.on_satellites => {
                shared.node = self.subject(shared).map(|place| place.name.clone());
                shared.satellite = self.satellites_state.selected().map(|key| key.as_str().to_owned());
                return vec![Effect::Show(Pane::Maintenance)];
            }
            Action::Enter => shared.node = self.nodes_state.selected().map(|key| key.as_str().to_owned()),
            _ => {}
        }
        Vec::new()
    }

    fn focused(&self) -> Option<&'static str> {
        Some(match (self.on_disks, self.on_satellites) {
            _ if self.what_if.has_keys => WHAT_IF,
            _ if self.by_satellite.has_keys => BY_SATELLITE,
            (true, _) => DISKS,
            (_, true) => SATELLITES,
            _ => NODES,
        })
    }

    fn focus(&mut self, table: &'static str) {
        self.what_if.has_keys = table == WHAT_IF;
        self.what_if.on = table == WHAT_IF || (self.what_if.on && table == NODES);
        self.by_satellite.has_keys = table == BY_SATELLITE;
        self.by_satellite.on = table == BY_SATELLITE || (self.by_satellite.on && table == NODES);
        self.on_satellites = table == SATELLITES;
        self.on_disks = table == DISKS && !self.disks.is_empty();
    }

    fn table(&self, name: &str) -> Option<(&Table, &TableState)> {
        match name {
            NODES => Some((&self.nodes, &self.nodes_state)),
            SATELLITES => Some((&self.satellites, &self.satellites_state)),
            DISKS => Some((&self.disks.table, &self.disks.state)),
            WHAT_IF => Some((&self.what_if.table, &self.what_if.state)),
            BY_SATELLITE => Some((&self.by_satellite.table, &self.by_satellite.state)),
            _ => None,
        }
    }

    fn table_mut(&mut self, name: &str) -> Option<(&Table, &mut TableState)> {
        match name {
            NODES => Some((&self.nodes, &mut self.nodes_state)),
            SATELLITES => Some((&self.satellites, &mut self.satellites_state)),
            DISKS => Some((&self.disks.table, &mut self.disks.state)),
            WHAT_IF => Some((&self.what_if.table, &mut self.what_if.state)),
            BY_SATELLITE => Some((&self.by_satellite.table, &mut self.by_satellite.state)),
            _ => None,
        }
    }

    fn node_of(&self, table: &str, shared: &Shared) -> Option<String> {
        match table {
            SATELLITES | WHAT_IF => {
                let place = self.subject(shared).filter(|place| place.name != ALL_NODES);
                place.map(|place| place.name.clone())
            }
            _ => shared.node.clone(),
        }
    }

    fn has_chart(&self) -> bool {
        true
    }

    fn saw(&mut self, hits: &Hits) {
        self.saw_chart = hits.chart.is_some();
        for (name, hits) in &hits.tables {
            if let Some((_, state)) = self.table_mut(name) {
                state.saw(hits);
            }
        }
    }

    fn marks(&self) -> &[Mark] {
        &self.history.marks
    }

    fn explain(&self, figure: &Figure, shared: &Shared) -> Option<Explained> {
        self.explained(figure, shared)
    }

    fn memory(&self) -> serde_json::Value {
        serde_json::json!({
            "nodes": self.nodes_state.memory(),
            "satellites": self.satellites_state.memory(),
            "disks": self.disks.state.memory(),
            "measure": self.history.measure.name(),
        })
    }

    fn recall(&mut self, memory: &serde_json::Value) {
        let table = |name: &str| serde_json::from_value(memory[name].clone()).unwrap_or_default();
        self.nodes_state.recall(table("nodes"));
        self.satellites_state.recall(table("satellites"));
        self.disks.state.recall(table("disks"));
        self.history.measure = Measure::of(memory["measure"].as_str().unwrap_or_default());
    }
}

impl Storage {
    /// The node whose satellites and history are shown: the one alone, else the one under the cursor.
    fn subject(&self, shared: &Shared) -> Option<&Place> {
        let selected = self.nodes_state.selected().map(RowKey::as_str);
        let name = shared.node.as_deref().or(selected);
        let found = self.places.iter().find(|place| Some(place.name.as_str()) == name);
        found.or(self.places.first())
    }

    fn rest_on_the_worst(&mut self) {
        let places = &self.places;
        self.nodes_state.rest_on_known(&self.nodes, |key| {
            let known = places.iter().find(|place| place.name == key.as_str());
            known.is_some_and(|place| place.full != Full::Unknown)
        });
    }

    /// Takes what is known of disks.
    fn take_disks(&mut self, shared: &Shared) {
        let key = asks::disks_key(shared);
        let told = match shared.answers.of(asks::DISKS, &key) {
            Some(Ok(Answer::Disks(told))) => Some(told.as_slice()),
            _ => None,
        };
        let answered = told.map(|_| shared.answers.answered_ms(asks::DISKS));
        let stamp = format!("{key}\t{answered:?}\t{}", shared.theme.glyphs.unicode);
        self.disks.take(told, stamp, shared);
        self.on_disks &= !self.disks.is_empty();
    }

    /// Makes what comes from answers.
    fn take_answers(&mut self, node: &str, shared: &Shared) {
        let key = asks::key(shared, node);
        let line = (asks::DISK, asks::line_key(shared, node));
        let slots = [asks::SPACE, asks::TASKS, asks::FILTERS].map(|slot| (slot, key.clone()));
        self.wrong = slots.iter().chain([&line]).find_map(|(slot, key)| {
            let answer = shared.answers.of(slot, key)?;
            answer.err().map(str::to_owned)
        });
        let answered = slots.map(|(slot, key)| {
            let answer = shared.answers.of(slot, &key)?;
            Some((answer.is_ok(), shared.answers.answered_ms(slot)))
        });
        let stamp = format!("{key}\t{answered:?}{}\t{}", self.wrong.is_some(), self.stamp);
        if stamp != self.satellites_stamp {
            self.satellites_stamp = stamp;
            self.satellites = self.satellites_of(node, shared);
            self.satellites_state.update(&self.satellites);
        }
    }

    /// The table of a node's satellites.
    fn satellites_of(&self, node: &str, shared: &Shared) -> Table {
        let Some(space) = space(shared, node) else {
            return Table::new(Vec::new(), Vec::new()).empty(match &self.wrong {
                Some(_) => shared.again(),
                None => "reading …",
            });
        };
        let known = Known {
            space,
            filters: tasks(shared, asks::FILTERS, node),
            tasks: tasks(shared, asks::TASKS, node),
            gone: gone(shared, node),
            at_ms: shared.moment().unwrap_or(shared.now_s()) * 1000,
        };
        tables::satellites(&known, shared)
    }
}

/// What nodes' disks are known from.
fn nodes_stamp(shared: &Shared) -> String {
    let views = shared.shown().nodes.values();
    let generations: Vec<_> = views
        .map(|view| view.status.as_ref().map(|status| status.generation))
        .collect();
    // Ages are told by the minute.
    let look = (shared.theme.glyphs.unicode, shared.nodes().len(), shared.now_s() / 60);
    let priced = money(shared).map(|_| shared.answers.answered_ms(asks::MONEY));
    let time = (shared.moment(), shared.is_old(), priced);
    format!("{generations:?}{time:?}{look:?}{:?}", shared.node)
}

/// What was answered of money.
fn money(shared: &Shared) -> Option<&[NodeMoney]> {
    match shared.answers.of(asks::MONEY, &asks::disks_key(shared)) {
        Some(Ok(Answer::Money(told))) => Some(told),
        _ => None,
    }
}

/// What was answered of a node in full.
fn space<'a>(shared: &'a Shared, node: &str) -> Option<&'a NodeStorage> {
    match shared.answers.of(asks::SPACE, &asks::key(shared, node)) {
        Some(Ok(Answer::Storage(told))) => told.iter().find(|one| one.node == node),
        _ => None,
    }
}

/// A node's work, or its bloom filters, as they were answered.
fn tasks<'a>(shared: &'a Shared, slot: &str, node: &str) -> Option<&'a [Task]> {
    match shared.answers.of(slot, &asks::key(shared, node)) {
        Some(Ok(Answer::Tasks(tasks))) => Some(tasks),
        _ => None,
    }
}

/// When a node's disk is full, for the tables of other panes.
pub(super) fn full(node: &Node, shared: &Shared) -> Cell {
    tables::full_cell(Place::of(node, shared).full)
}

/// Whether another moment than the present is told of.
fn is_past(shared: &Shared) -> bool {
    shared.moment().is_some() || matches!(shared.collector, super::model::Collector::Past(_))
}

/// Satellites that disqualified a node: they pay nothing any more.
fn gone(shared: &Shared, node: &str) -> Vec<String> {
    let node = shared.nodes().iter().find(|other| other.name == node);
    let rating = node.into_iter().flat_map(|node| node.satellites.iter().flatten());
    let gone = rating.filter(|satellite| satellite.disqualified_at.is_some());
    gone.filter_map(|satellite| satellite.satellite_id.clone()).collect()
}
