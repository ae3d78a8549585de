//! What the screen shows and what was chosen on it. Changes only here, by messages.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::tz::TimeZone;

use super::action::Action;
use super::key::Key;
use super::look::Theme;
use crate::api::message::Message;
use crate::api::snapshot::Snapshot;
use crate::api::status;
use crate::domain::health::State;

/// A pane.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Pane {
    /// Is all well?
    Overview,
}

impl Pane {
    /// All that are built, in the order of their keys.
    pub const ALL: [Self; 1] = [Self::Overview];

    /// Its name on the command line.
    pub fn id(self) -> &'static str {
        match self {
            Self::Overview => "overview",
        }
    }

    /// Its name on the screen.
    pub fn title(self) -> &'static str {
        match self {
            Self::Overview => "Overview",
        }
    }

    /// Its keys.
    pub fn keys(self) -> &'static [&'static str] {
        match self {
            Self::Overview => &["1"],
        }
    }
}

/// What lies over a pane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overlay {
    /// All keys.
    Help,
}

/// Who collects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Collector {
    /// This program itself.
    Inside,
    /// One that ran already.
    Attached,
    /// The one that was attached is gone, since (ms since the epoch).
    Lost(i64),
}

/// What happens.
#[derive(Debug)]
pub enum Input {
    /// A key.
    Key(Key),
    /// The wheel: rows down.
    Scroll(i32),
    /// A click.
    Click(u16, u16),
    /// Another size, or come back from being stopped.
    Resized,
    /// From the collector.
    Heard(Message),
    /// The collector is there.
    Found(Collector),
    /// It is gone.
    Lost,
    /// To end.
    End,
}

/// What the model wants done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// End.
    Quit,
    /// Stop as ctrl-z does.
    Suspend,
    /// Draw everything anew.
    Repaint,
    /// The mouse is ours or not.
    Mouse(bool),
    /// Into the clipboard.
    Copy(String),
}

/// What is shown, and what was chosen.
pub struct Model {
    /// The pane.
    pub pane: Pane,
    /// What lies over it.
    pub overlay: Option<Overlay>,
    /// The node that is looked at alone.
    pub node: Option<String>,
    /// The node under the cursor, by name: rows may move.
    cursor: Option<String>,
    /// The collector.
    pub collector: Collector,
    /// What it told.
    live: Snapshot,
    /// What is shown while the picture is held, and since when (ms since the epoch).
    held: Option<(Snapshot, i64)>,
    /// What is shown of nodes, in their order: asked several times a frame.
    ordered: Vec<Arc<status::Node>>,
    /// A word about what was done, and until when it is shown.
    pub toast: Option<(String, i64)>,
    /// The order of the nodes: by a column's name.
    pub sort: Sort,
    /// Whether the mouse is ours.
    pub mouse: bool,
    /// How it looks.
    pub theme: Theme,
    /// The person's zone.
    pub zone: TimeZone,
    /// Now, ms since the epoch.
    pub now_ms: i64,
}

/// Orders of nodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sort {
    /// The worst first.
    State,
    /// By name.
    Name,
    /// The fullest first.
    Disk,
}

/// A toast stays so long.
const TOAST_MS: i64 = 4000;

impl Model {
    /// Nothing known yet.
    pub fn new(theme: Theme, zone: TimeZone, collector: Collector, now_ms: i64) -> Self {
        Self {
            pane: Pane::Overview,
            overlay: None,
            node: None,
            cursor: None,
            collector,
            live: Snapshot::default(),
            held: None,
            ordered: Vec::new(),
            toast: None,
            sort: Sort::State,
            mouse: true,
            theme,
            zone,
            now_ms,
        }
    }

    /// What is shown.
    pub fn shown(&self) -> &Snapshot {
        self.held.as_ref().map_or(&self.live, |(held, _)| held)
    }

    /// Since when the picture is held, ms since the epoch.
    pub fn held_since(&self) -> Option<i64> {
        self.held.as_ref().map(|(_, since)| *since)
    }

    /// When the collector last told anything, ms since the epoch; 0: never.
    pub fn told_ms(&self) -> i64 {
        self.shown().time_ms
    }

    /// The nodes with what is known of them, in the order chosen.
    pub fn nodes(&self) -> &[Arc<status::Node>] {
        &self.ordered
    }

    /// Puts the nodes in order: when they, what is shown of them, or the order changed.
    fn order(&mut self) {
        let views = self.shown().nodes.values();
        let known = views.filter_map(|view| view.status.as_ref());
        let mut nodes: Vec<Arc<status::Node>> = known.map(|section| Arc::clone(&section.value)).collect();
        // The fullest first, then those nobody knows it of.
        let room = |node: &status::Node| {
            let disk = node.disk.as_ref();
            let share = disk.and_then(|disk| Some(disk.used? as f64 / disk.allocated?.max(1) as f64));
            share.map_or(i64::MAX, |share| -(share * 1e6) as i64)
        };
        match self.sort {
            Sort::State => nodes.sort_by(|a, b| (a.state, &a.name).cmp(&(b.state, &b.name))),
            Sort::Name => nodes.sort_by(|a, b| a.name.cmp(&b.name)),
            Sort::Disk => nodes.sort_by(|a, b| (room(a), &a.name).cmp(&(room(b), &b.name))),
        }
        self.ordered = nodes;
    }

    /// The nodes' names, in the order chosen.
    pub fn names(&self) -> Vec<&str> {
        self.nodes().iter().map(|node| node.name.as_str()).collect()
    }

    /// The node under the cursor, or the first one.
    pub fn selected(&self) -> Option<&str> {
        let names = self.names();
        let known = self.cursor.as_deref().filter(|name| names.contains(name));
        known.or(names.first().copied())
    }

    /// How many nodes are in each state.
    pub fn states(&self) -> BTreeMap<State, usize> {
        let mut states = BTreeMap::new();
        for node in self.nodes() {
            *states.entry(node.state).or_default() += 1;
        }
        states
    }

    /// Takes in what happened: what is to be done, and whether the picture changed.
    pub fn update(&mut self, input: Input, now_ms: i64) -> (Option<Effect>, bool) {
        self.now_ms = now_ms;
        match input {
            Input::Key(key) => match Action::of(key, self) {
                Some(action) => (self.act(action), true),
                None => (None, false),
            },
            Input::Scroll(rows) => {
                self.step(rows);
                (None, true)
            }
            Input::Click(..) => (None, false),
            Input::Resized => (None, true),
            Input::Heard(Message::Snapshot(newer)) => {
                self.live.merge(newer);
                if self.held.is_none() {
                    self.order();
                }
                (None, self.held.is_none())
            }
            Input::Heard(_) => (None, false),
            Input::Found(collector) => {
                self.collector = collector;
                // It begins anew: what the one before told is replaced by what this one tells.
                (None, true)
            }
            Input::Lost => {
                if !matches!(self.collector, Collector::Lost(_)) {
                    self.collector = Collector::Lost(now_ms);
                }
                (None, true)
            }
            Input::End => (Some(Effect::Quit), false),
        }
    }

    fn act(&mut self, action: Action) -> Option<Effect> {
        match action {
            Action::Quit if self.overlay.is_some() => self.overlay = None,
            Action::Quit => return Some(Effect::Quit),
            Action::Back if self.overlay.is_some() => self.overlay = None,
            Action::Back => self.node = None,
            Action::Enter => self.node = self.selected().map(str::to_owned),
            Action::Up => self.step(-1),
            Action::Down => self.step(1),
            Action::PageUp => self.step(-10),
            Action::PageDown => self.step(10),
            Action::Home => self.step(i32::MIN),
            Action::End => {
                self.held = None;
                self.order();
                self.step(i32::MAX);
            }
            Action::Show(pane) => {
                (self.pane, self.overlay) = (pane, None);
            }
            Action::NextNode => self.other_node(1),
            Action::PreviousNode => self.other_node(-1),
            Action::Sort => {
                self.sort = match self.sort {
                    Sort::State => Sort::Name,
                    Sort::Name => Sort::Disk,
                    Sort::Disk => Sort::State,
                };
                self.order();
                let by = match self.sort {
                    Sort::State => "the worst first",
                    Sort::Name => "by name",
                    Sort::Disk => "the fullest first",
                };
                self.say(by);
            }
            Action::Freeze => {
                self.held = match self.held.take() {
                    Some(_) => None,
                    None => Some((self.live.clone(), self.now_ms)),
                };
                self.order();
            }
            Action::Help => self.overlay = Some(Overlay::Help),
            Action::Copy => {
                self.say("the table is in the clipboard, if the terminal allows it");
                return Some(Effect::Copy(super::overview::markdown(self)));
            }
            Action::Mouse => {
                self.mouse = !self.mouse;
                let whose = if self.mouse {
                    "the mouse is ours"
                } else {
                    "the mouse is the terminal's"
                };
                self.say(whose);
                return Some(Effect::Mouse(self.mouse));
            }
            Action::Theme => {
                self.theme = self.theme.next();
                let name = format!("theme {}", self.theme.name());
                self.say(&name);
            }
            Action::Repaint => return Some(Effect::Repaint),
            Action::Suspend => return Some(Effect::Suspend),
        }
        None
    }

    fn say(&mut self, text: &str) {
        self.toast = Some((text.to_owned(), self.now_ms + TOAST_MS));
    }

    fn step(&mut self, rows: i32) {
        let names = self.names();
        let Some(last) = names.len().checked_sub(1) else {
            return;
        };
        let at = names
            .iter()
            .position(|name| Some(*name) == self.selected())
            .unwrap_or(0);
        let to = (at as i64 + i64::from(rows)).clamp(0, last as i64) as usize;
        self.cursor = names.get(to).map(|name| (*name).to_owned());
    }

    fn other_node(&mut self, step: i64) {
        let names = self.names();
        let at = names
            .iter()
            .position(|name| Some(*name) == self.node.as_deref())
            .unwrap_or(0);
        let to = (at as i64 + step).rem_euclid(names.len().max(1) as i64) as usize;
        let node = names.get(to).map(|name| (*name).to_owned());
        self.cursor.clone_from(&node);
        self.node = node;
    }
}
