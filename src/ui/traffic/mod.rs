//! Traffic: what comes in and goes out, how it ends, and why. The pane's state; what it shows is made in the
//! modules beside it when answers come.

mod act;
mod asks;
mod block;
mod detail;
mod ends;
mod errors;
mod explain;
mod hours;
mod layout;
mod map;
mod peers;
mod picture;
mod sizes;
mod tables;
mod words;
mod world;

use self::asks::Drill;
use self::block::{Block, Slot};
use self::ends::Counted;
use self::errors::Error;
use self::sizes::SizeView;
use self::tables::Levels;
use self::words::Said;
use super::action::Action;
use super::ask::Wants;
use super::chart::Mark;
use super::explain::Explained;
use super::flow::{Flow, Metric};
use super::pane::{Effect, Figure, Page, View};
use super::races;
use super::shared::Shared;
use super::table::{Table, TableState};
use crate::api::message::Answer;
use crate::api::snapshot::Topic;

/// The pane.
pub struct Traffic {
    slots: Vec<Slot>,
    focus: Block,
    /// The block with the focus has all the room.
    enlarged: bool,
    uploads_first: bool,
    size_view: SizeView,
    live: Flow,
    said: Vec<Said>,
    errors: Vec<Error>,
    drill: Option<Drill>,
    /// What the tables were made from: nothing changed while it is the same.
    stamp: String,
    hot_stamp: String,
    /// Whether an answer to what is asked now is still to come, and what went wrong.
    waits: bool,
    wrong: Option<String>,
    /// Whether anything was answered so far.
    told: bool,
}

impl Default for Traffic {
    fn default() -> Self {
        Self {
            slots: Block::ALL.map(Slot::new).into(),
            focus: Block::Errors,
            enlarged: false,
            uploads_first: true,
            size_view: SizeView::default(),
            live: Flow::default(),
            said: Vec::new(),
            errors: Vec::new(),
            drill: None,
            stamp: String::new(),
            hot_stamp: String::new(),
            waits: true,
            wrong: None,
            told: false,
        }
    }
}

impl View for Traffic {
    fn wants(&self, shared: &Shared) -> Wants {
        let mut topics = vec![Topic::Status, Topic::Seconds, Topic::Open, Topic::Hot];
        if self.live.metric == Metric::Flight {
            topics.push(Topic::Flight);
        }
        Wants {
            topics,
            asks: self.asks(shared),
            ..Wants::default()
        }
    }

    fn refresh(&mut self, shared: &Shared) {
        let wants = self.asks(shared);
        self.waits = shared.answers.wait_for(&wants);
        self.wrong = wants.iter().find_map(|ask| {
            let answer = shared.answers.of(ask.slot, &ask.key)?;
            answer.err().map(str::to_owned)
        });
        let stamp = self.stamp_of(shared);
        if stamp != self.stamp {
            self.stamp = stamp;
            self.take_answers(shared);
        }
        self.take_live(shared);
    }

    fn draw(&self, page: &mut Page<'_>) {
        match &self.drill {
            Some(drill) => self.detail(page, drill),
            None => self.blocks(page),
        }
    }

    fn can(&self, action: Action, shared: &Shared) -> bool {
        self.can_act(action, shared)
    }

    fn act(&mut self, action: Action, shared: &mut Shared) -> Vec<Effect> {
        self.do_act(action, shared)
    }

    fn focused(&self) -> Option<&'static str> {
        Some(self.focus_now().name())
    }

    fn focus(&mut self, table: &'static str) {
        if let Some(block) = Block::of(table) {
            self.focus = block;
        }
    }

    fn table(&self, name: &str) -> Option<(&Table, &TableState)> {
        let slot = self.slots.iter().find(|slot| slot.block.name() == name)?;
        Some((&slot.table, &slot.state))
    }

    fn table_mut(&mut self, name: &str) -> Option<(&Table, &mut TableState)> {
        let slot = self.slots.iter_mut().find(|slot| slot.block.name() == name)?;
        Some((&slot.table, &mut slot.state))
    }

    fn has_chart(&self) -> bool {
        true
    }

    fn marks(&self) -> &[Mark] {
        &self.live.marks
    }

    fn explain(&self, figure: &Figure, shared: &Shared) -> Option<Explained> {
        self.explained(figure, shared)
    }

    fn memory(&self) -> serde_json::Value {
        let tables = self.slots.iter().map(|slot| {
            let memory = serde_json::to_value(slot.state.memory()).unwrap_or_default();
            (slot.block.name().to_owned(), memory)
        });
        serde_json::json!({
            "metric": self.live.metric.unit(),
            "average": self.live.average,
            "uploads_first": self.uploads_first,
            "sizes": self.size_view.name(),
            "tables": tables.collect::<serde_json::Map<_, _>>(),
        })
    }

    fn recall(&mut self, memory: &serde_json::Value) {
        self.live.metric = Metric::of(memory["metric"].as_str().unwrap_or_default());
        self.live.average = memory["average"].as_bool().unwrap_or(false);
        self.uploads_first = memory["uploads_first"].as_bool().unwrap_or(true);
        self.size_view = SizeView::of(memory["sizes"].as_str().unwrap_or_default());
        for slot in &mut self.slots {
            let known = memory["tables"][slot.block.name()].clone();
            slot.state.recall(serde_json::from_value(known).unwrap_or_default());
        }
    }
}

impl Traffic {
    fn slot(&self, block: Block) -> &Slot {
        &self.slots[block as usize]
    }

    fn slot_mut(&mut self, block: Block) -> &mut Slot {
        &mut self.slots[block as usize]
    }

    /// The examples of an error have the keys while they are shown.
    fn focus_now(&self) -> Block {
        if self.drill.is_some() {
            Block::Examples
        } else {
            self.focus
        }
    }

    /// All it asks.
    fn asks(&self, shared: &Shared) -> Vec<super::ask::Ask> {
        let mut asks = asks::all(shared, self.drill.as_ref());
        asks.extend(self.live.asks(shared));
        asks
    }

    /// What the tables depend on.
    fn stamp_of(&self, shared: &Shared) -> String {
        let key = asks::key(shared);
        let answered = |slot: &str, key: &str| match shared.answers.of(slot, key) {
            Some(_) => shared.answers.answered_ms(slot).unwrap_or(0),
            None => -1,
        };
        let slots = [
            asks::SUMS,
            asks::NODES,
            asks::HOURS,
            asks::ERRORS,
            asks::BEFORE,
            asks::USUAL,
        ];
        let mut stamp: String = slots.iter().map(|slot| format!("{} ", answered(slot, &key))).collect();
        if let Some(drill) = &self.drill {
            stamp += &answered(asks::EXAMPLES, &asks::examples_key(shared, drill)).to_string();
        }
        let look = (shared.theme.glyphs.unicode, shared.nodes().len(), shared.now_s() / 3600);
        format!(
            "{stamp}{key}{look:?}{:?}{}{:?}",
            self.size_view, self.uploads_first, self.drill
        )
    }

    /// Makes the tables that come from answers.
    fn take_answers(&mut self, shared: &Shared) {
        let key = asks::key(shared);
        let answer = |slot: &str| shared.answers.of(slot, &key).and_then(Result::ok);
        let chart = |slot: &str| match answer(slot) {
            Some(Answer::Chart(chart)) => Some(chart),
            _ => None,
        };
        if let Some(rows) = answer(asks::ERRORS) {
            self.errors = errors::errors(rows, answer(asks::BEFORE));
            self.put(Block::Errors, errors::table(&self.errors, shared));
        }
        let rows = answer(asks::NODES).map(|rows| wanted(ends::counted(rows), shared));
        let levels = levels(rows.as_deref().unwrap_or_default(), shared);
        if let Some(sums) = answer(asks::SUMS) {
            self.told = true;
            let sums = wanted(ends::counted(sums), shared);
            self.put(Block::Actions, tables::actions(&sums, &levels, shared));
            self.put(Block::Satellites, tables::satellites(&sums, shared));
            for (block, coarse) in [(Block::Sizes, false), (Block::FewSizes, true)] {
                let form = (self.uploads_first, coarse);
                self.put(block, sizes::sizes(&sums, self.size_view, form, shared));
            }
        }
        if let Some(rows) = rows {
            let usual = chart(asks::USUAL);
            let odd: Vec<String> = words::odd(&rows, usual).into_iter().map(|odd| odd.node).collect();
            self.put(Block::Nodes, tables::nodes(&rows, &odd, shared));
            let known = words::Known {
                nodes: &rows,
                usual,
                errors: &self.errors,
                levels: &levels,
                gap: chart(asks::HOURS).is_some_and(|hours| {
                    let end = hours.begin + hours.len as i64 * hours.width;
                    super::flow::is_gap(hours, hours.begin, end)
                }),
                uploads_first: self.uploads_first,
            };
            self.said = words::answer(&known, shared);
        }
        if let Some(hours) = chart(asks::HOURS) {
            self.put(Block::Hours, hours::hours(hours, shared));
        }
        if let Some(drill) = &self.drill {
            let examples = shared.answers.of(asks::EXAMPLES, &asks::examples_key(shared, drill));
            if let Some(Ok(examples)) = examples {
                let of_piece = matches!(drill, Drill::Piece(_));
                let table = errors::examples(examples, of_piece, shared);
                self.put(Block::Examples, table);
            }
        }
    }

    /// What comes by itself: the chart's lines, hot pieces and peers.
    fn take_live(&mut self, shared: &Shared) {
        self.live.take(shared);
        let generations = shared.shown().nodes.values();
        let generations = generations.filter_map(|view| view.hot.as_ref().map(|hot| hot.generation));
        let stamp = format!(
            "{:?}{:?}{:?}{:?}",
            generations.collect::<Vec<_>>(),
            shared.node,
            shared.satellite,
            // Names of satellites come with the nodes.
            shared.satellites()
        );
        if stamp != self.hot_stamp {
            self.hot_stamp = stamp;
            let told = peers::Told::of(shared);
            self.put(Block::Pieces, peers::pieces(&told, shared));
            self.put(Block::Peers, peers::table(&told, false));
            self.put(Block::Countries, peers::table(&told, true));
        }
    }

    fn put(&mut self, block: Block, table: Table) {
        let slot = self.slot_mut(block);
        slot.table = table;
        slot.state.update(&slot.table);
    }
}

/// Of the satellite that is looked at alone.
fn wanted(mut counted: Vec<Counted>, shared: &Shared) -> Vec<Counted> {
    if let Some(satellite) = &shared.satellite {
        counted.retain(|row| row.satellite == *satellite);
    }
    counted
}

/// Which logs do not tell everything: a node that logs at DEBUG tells of starts, and of clients that gave up.
fn levels(counted: &[Counted], shared: &Shared) -> Levels {
    let nodes = shared.nodes().iter();
    let nodes = nodes.filter(|node| shared.node.as_ref().is_none_or(|name| node.name == *name));
    let gave_up = |name: &str| {
        let mut of = counted.iter().filter(|row| row.node == name || shared.node.is_some());
        of.any(|row| row.end == ends::End::Peer)
    };
    let uploads = |name: &str| {
        let mut of = counted.iter().filter(|row| row.node == name || row.node.is_empty());
        of.any(|row| ends::comes_in(&row.action))
    };
    let silent = nodes.filter(|node| {
        let tells = races::logs_debug(&node.name, node.node_version.as_deref(), shared);
        uploads(&node.name) && !tells && !gave_up(&node.name)
    });
    Levels {
        silent: silent.map(|node| node.name.clone()).collect(),
    }
}
