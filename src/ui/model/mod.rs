//! What the screen shows and what was chosen on it. Changes only here, by what happens.

mod act;
mod explain;
mod form;
mod memory;
mod over;
mod save;

use std::collections::BTreeMap;

use jiff::tz::TimeZone;

use super::action::Action;
use super::ask::{Ask, Standing, Wants};
use super::export::NotSaved;
use super::financials::Financials;
use super::key::Key;
use super::keymap::{Keymap, Meaning};
use super::latency::Latency;
use super::log_pane::LogPane;
use super::look::Theme;
use super::maintenance::Maintenance;
use super::overlay::Overlay;
use super::overview::Overview;
use super::pane::{Effect, Hits, Pane, View};
use super::reputation::Reputation;
use super::shared::{Shared, THEN};
use super::storage::Storage;
use super::table::{Hit, TableState};
use super::traffic::Traffic;
use crate::api::message::{Answer, Command, Message, Query, Request};
use crate::domain::health::State;

use save::Export;

pub use super::shared::Collector;
pub use memory::Memory;

/// What happens.
#[derive(Debug)]
pub enum Input {
    /// A key.
    Key(Key),
    /// Text from the clipboard.
    Paste(String),
    /// The wheel at a place: rows down.
    Scroll(i32, u16, u16),
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
    /// A file was written, of this number and name as it is shown, or not.
    Saved(u64, Result<String, NotSaved>),
    /// To end.
    End,
}

/// All panes: each keeps what was chosen on it while another is shown.
#[derive(Default)]
struct Panes {
    overview: Overview,
    traffic: Traffic,
    reputation: Reputation,
    storage: Storage,
    latency: Latency,
    financials: Financials,
    maintenance: Maintenance,
    log: LogPane,
}

impl Panes {
    fn of(&self, pane: Pane) -> &dyn View {
        match pane {
            Pane::Overview => &self.overview,
            Pane::Traffic => &self.traffic,
            Pane::Reputation => &self.reputation,
            Pane::Storage => &self.storage,
            Pane::Latency => &self.latency,
            Pane::Financials => &self.financials,
            Pane::Maintenance => &self.maintenance,
            Pane::Log => &self.log,
        }
    }

    fn of_mut(&mut self, pane: Pane) -> &mut dyn View {
        match pane {
            Pane::Overview => &mut self.overview,
            Pane::Traffic => &mut self.traffic,
            Pane::Reputation => &mut self.reputation,
            Pane::Storage => &mut self.storage,
            Pane::Latency => &mut self.latency,
            Pane::Financials => &mut self.financials,
            Pane::Maintenance => &mut self.maintenance,
            Pane::Log => &mut self.log,
        }
    }
}

/// What is shown, and what was chosen.
pub struct Model {
    /// What all panes see.
    pub shared: Shared,
    /// The pane.
    pub pane: Pane,
    panes: Panes,
    /// What lies over it.
    pub overlay: Option<Overlay>,
    /// Which key does what.
    pub keymap: Keymap,
    /// The begin of a chord.
    pressed: Vec<Key>,
    /// Whether the mouse is ours.
    pub mouse: bool,
    /// Only the pane: no title, tabs and footer.
    pub bare: bool,
    /// What was drawn last.
    hits: Hits,
    standing: Standing,
    /// Numbers of commands.
    ordered: u64,
    /// Numbers of what forms ask for, and what is to be asked for them.
    formed: u64,
    /// The request of a form that was to be kept last.
    saving: Option<u64>,
    outgoing: Vec<Request>,
    /// A table that was not drawn, and the one that has its keys until it is.
    displaced: Option<(Pane, &'static str, &'static str)>,
    /// The kind of figure that was explained last.
    explained: Option<String>,
    /// How it looked before another look was tried.
    theme_before: Option<Theme>,
    /// What is being written to a file.
    export: Export,
}

/// Numbers of commands begin here, those of subscriptions below.
const COMMANDS: u64 = 1 << 33;
/// Those of forms here.
const FORMS: u64 = 1 << 34;
/// A table whose cursor rests puts its rows in order again after this time (ms).
const SETTLES_MS: i64 = 10_000;

impl Model {
    /// Nothing known yet.
    pub fn new(theme: Theme, zone: TimeZone, collector: Collector, now_ms: i64) -> Self {
        let mut model = Self {
            shared: Shared::new(theme, zone, collector, now_ms),
            pane: Pane::Overview,
            panes: Panes::default(),
            overlay: None,
            keymap: Keymap::default(),
            pressed: Vec::new(),
            mouse: true,
            bare: false,
            hits: Hits::default(),
            standing: Standing::default(),
            ordered: COMMANDS,
            formed: 0,
            saving: None,
            outgoing: Vec::new(),
            displaced: None,
            explained: None,
            theme_before: None,
            export: Export::default(),
        };
        model.refresh();
        model
    }

    /// The pane's view.
    pub fn view(&self) -> &dyn View {
        self.panes.of(self.pane)
    }

    fn view_and_shared(&mut self) -> (&mut dyn View, &mut Shared) {
        (self.panes.of_mut(self.pane), &mut self.shared)
    }

    fn view_mut(&mut self) -> &mut dyn View {
        self.view_and_shared().0
    }

    /// The table that keys go to.
    fn table(&self) -> Option<(&super::table::Table, &TableState)> {
        let view = self.view();
        view.table(view.focused()?)
    }

    /// How many nodes are in each state.
    pub fn states(&self) -> BTreeMap<State, usize> {
        let mut states = BTreeMap::new();
        for node in self.shared.nodes() {
            *states.entry(node.state).or_default() += 1;
        }
        states
    }

    /// What a window or a tab of a terminal is called: the worst first.
    pub fn window_title(&self) -> String {
        let states = self.states();
        let count = |state| states.get(&state).copied().unwrap_or(0);
        match (count(State::Critical), count(State::Warning)) {
            (0, 0) => "storj-monitor".to_owned(),
            (0, warnings) => format!("! {warnings} storj-monitor"),
            (critical, _) => format!("!! {critical} storj-monitor"),
        }
    }

    /// The begin of a chord that was pressed.
    pub fn pressed(&self) -> &[Key] {
        &self.pressed
    }

    /// Everything the pane draws from is made anew.
    fn refresh(&mut self) {
        self.shared.order();
        let (view, shared) = self.view_and_shared();
        view.refresh(shared);
        if view.rests()
            && let Some((table, state)) = view.focused().and_then(|name| view.table_mut(name))
        {
            state.rest_on_a_row(table);
        }
    }

    /// What is drawn from now, and for all panes: how nodes were at the chosen moment.
    pub fn wants(&self) -> Wants {
        let mut wants = self.view().wants(&self.shared);
        if let Some(second) = self.shared.moment() {
            wants.asks.push(Ask {
                slot: THEN,
                key: Shared::then_key(second),
                query: Query::Status {
                    nodes: Vec::new(),
                    at_ms: Some(second * 1000),
                },
                every_s: 0,
            });
        }
        wants
    }

    /// What is to be said to the collector now.
    pub fn requests(&mut self) -> Vec<Request> {
        let outgoing = std::mem::take(&mut self.outgoing);
        if matches!(self.shared.collector, Collector::Lost(_) | Collector::Past(_)) {
            return Vec::new();
        }
        let wants = self.wants();
        let mut requests = outgoing;
        requests.extend(self.standing.turn(&wants));
        // A picture that is held is of its moment, not of now: what was not asked before is asked as of then, once.
        let asks = match self.shared.held_since() {
            Some(since_ms) => wants.asks.into_iter().map(|ask| ask.held(since_ms)).collect(),
            None => wants.asks,
        };
        requests.extend(self.shared.answers.due(asks, self.shared.now_ms));
        requests
    }

    /// Whether everything the pane asked for is there: for pictures.
    pub fn is_complete(&self) -> bool {
        self.shared.told_ms() > 0 && !self.shared.answers.wait_for(&self.wants().asks)
    }

    /// Has the pane's questions answered by `answer` at once: for pictures without a collector.
    pub fn answer_all(&mut self, answer: impl Fn(&Query) -> Result<Answer, String>) {
        for ask in self.wants().asks {
            let told = answer(&ask.query);
            self.shared.answers.put(&ask, told, self.shared.now_ms);
        }
        self.refresh();
    }

    /// A request for a command.
    pub fn order(&mut self, command: Command) -> Request {
        self.ordered += 1;
        Request::Do {
            id: self.ordered,
            command,
        }
    }

    /// After how many milliseconds the picture changes by itself: the clock, a word that goes; `None`: not at all.
    pub fn changes_after_ms(&self, width: u16) -> Option<u64> {
        let now = self.shared.now_ms;
        let toast = self
            .shared
            .toast_until()
            .filter(|until| *until > now)
            .map(|until| until - now);
        let clock = match (self.bare, width >= super::frame::SECONDS_FROM) {
            (true, _) => 60_000 - now.rem_euclid(60_000),
            (false, true) => 1000 - now.rem_euclid(1000),
            (false, false) => 60_000 - now.rem_euclid(60_000),
        };
        let least = toast.map_or(clock, |toast| toast.min(clock));
        u64::try_from(least).ok()
    }

    /// Takes in what happened: what is to be done, and whether the picture changed.
    pub fn update(&mut self, input: Input, now_ms: i64) -> (Vec<Effect>, bool) {
        self.shared.now_ms = now_ms;
        let none = Vec::new;
        match input {
            Input::Key(key) => self.key(key),
            Input::Paste(text) => (none(), self.paste(&text)),
            Input::Scroll(rows, x, y) => (none(), self.scroll(rows, x, y)),
            Input::Click(x, y) => self.click(x, y),
            Input::Resized => (none(), true),
            Input::Heard(message) => (none(), self.hear(message)),
            Input::Found(collector) => {
                if matches!(self.shared.collector, Collector::Lost(_)) && self.shared.told_ms() > 0 {
                    self.shared.say("the collector is back");
                }
                self.shared.collector = collector;
                // It begins anew: what the one before told is replaced by what this one tells.
                self.standing.forget();
                self.shared.answers.forget_questions();
                self.shared.answers.silence(None);
                self.refresh();
                (none(), true)
            }
            Input::Lost => {
                if !matches!(self.shared.collector, Collector::Lost(_)) {
                    self.shared.collector = Collector::Lost(now_ms);
                    self.form_lost();
                    let why = match self.shared.may_collect {
                        true => "nobody answers: the collector is gone. C starts one in this program",
                        false => "nobody answers: the collector is gone. `storj-monitor collect` starts one",
                    };
                    self.shared.answers.silence((self.shared.told_ms() > 0).then_some(why));
                    self.refresh();
                }
                (none(), true)
            }
            Input::Saved(id, how) => {
                self.saved(id, how);
                (none(), true)
            }
            Input::End => (vec![Effect::Quit], false),
        }
    }

    fn hear(&mut self, message: Message) -> bool {
        match message {
            Message::Snapshot(newer) => {
                self.shared.hear(newer);
                self.forget_node();
                let held = self.shared.held_since().is_some();
                if !held {
                    self.refresh();
                }
                !held
            }
            Message::Answer { id, answer } if id > FORMS => {
                self.hear_form(id, answer);
                true
            }
            Message::Answer { id, answer } if id > COMMANDS => {
                self.shared.say(match answer {
                    Ok(_) => "done".to_owned(),
                    Err(error) => error,
                });
                true
            }
            // What is wrong with the filter of log lines.
            Message::Answer { id, answer } if self.standing.is_current(id) => {
                self.shared.say(answer.err().unwrap_or_default());
                true
            }
            Message::Answer { id, answer } => {
                let asked = self.shared.answers.take(id, answer, self.shared.now_ms);
                if asked {
                    self.refresh();
                }
                asked
            }
            Message::Lines {
                id,
                lines,
                dropped,
                looked,
            } if self.standing.is_current(id) => {
                let (view, shared) = self.view_and_shared();
                view.lines(lines, (dropped, looked), shared);
                self.shared.held_since().is_none()
            }
            Message::Lines { .. } | Message::Hello { .. } => false,
        }
    }

    /// A node that is no longer watched is not looked at alone: panes would stay empty.
    fn forget_node(&mut self) {
        let names = self.shared.shown().names.as_ref();
        let gone = |name: &&String| names.is_some_and(|names| !names.is_empty() && !names.contains(name));
        if let Some(name) = self.shared.node.as_ref().filter(gone).cloned() {
            self.shared.node = None;
            self.shared
                .say(format!("node {name} is not watched here; all nodes are shown"));
        }
    }

    fn key(&mut self, key: Key) -> (Vec<Effect>, bool) {
        if self.overlay.is_some() {
            return (self.key_over(key), true);
        }
        self.pressed.push(key);
        let meaning = self.keymap.meaning(&self.pressed, self.pane, |action| self.can(action));
        match meaning {
            Meaning::Begun => (Vec::new(), true),
            Meaning::Action(action) => {
                self.pressed.clear();
                (self.act(action), true)
            }
            Meaning::Nothing => {
                let begun = self.pressed.len() > 1;
                self.pressed.clear();
                (Vec::new(), begun)
            }
        }
    }

    /// What was drawn. True: it is to be drawn once more, for the keys go to another table now.
    pub fn saw(&mut self, hits: Hits) -> bool {
        self.view_mut().saw(&hits);
        self.explain_anew(&hits);
        if let Some(first) = self.overlay.as_mut().and_then(Overlay::first_line) {
            *first = hits.text.first;
        }
        self.hits = hits;
        self.focus_what_is_seen()
    }

    /// Keys go to a table that is seen: to the first with rows while the one they go to is not drawn.
    fn focus_what_is_seen(&mut self) -> bool {
        let Some(focused) = self.view().focused() else {
            return false;
        };
        let tables = &self.hits.tables;
        let with_rows = |name: &str| self.hits.table(name).is_some_and(|hits| !hits.rows.is_empty());
        let to = match self.displaced {
            Some((pane, from, to)) if pane == self.pane && to == focused && with_rows(from) => {
                self.displaced = None;
                Some(from)
            }
            _ if self.hits.table(focused).is_some() => None,
            _ => {
                let seen = tables.iter().map(|(name, _)| *name).find(|name| with_rows(name));
                self.displaced = seen.map(|to| (self.pane, focused, to)).or(self.displaced);
                seen
            }
        };
        if let Some(name) = to {
            self.view_mut().focus(name);
            self.refresh();
        }
        to.is_some()
    }

    fn scroll(&mut self, rows: i32, x: u16, y: u16) -> bool {
        match &mut self.overlay {
            Some(Overlay::Pick(picker)) => picker.step(rows as isize),
            Some(over) => {
                if let Some(first) = over.first_line() {
                    *first = self.hits.text.by(rows as isize);
                }
            }
            None => {
                let Some(name) = self.hits.table_at(x, y).or(self.view().focused()) else {
                    return false;
                };
                if let Some((_, state)) = self.view_mut().table_mut(name) {
                    state.scroll(rows as isize);
                }
            }
        }
        true
    }

    fn click(&mut self, x: u16, y: u16) -> (Vec<Effect>, bool) {
        if self.overlay.is_some() {
            return (self.click_over(x, y), true);
        }
        let place = ratatui::layout::Position::new(x, y);
        let button = self.hits.buttons.iter().find(|(area, _)| area.contains(place));
        if let Some((_, action)) = button {
            let action = *action;
            return match self.can(action) {
                true => (self.act(action), true),
                false => (Vec::new(), false),
            };
        }
        if let Some(name) = self.hits.table_at(x, y) {
            return self.click_table(name, x, y);
        }
        let Some(hit) = self.hits.chart else {
            return (Vec::new(), false);
        };
        let hit_chart = self.shared.time.click(&hit, x, y);
        // A chart may show what is foreseen; a moment there is none.
        let now = self.shared.now_s();
        self.shared.time.cursor = self.shared.time.cursor.map(|second| second.min(now));
        if hit_chart {
            self.refresh();
        }
        (Vec::new(), hit_chart)
    }

    /// A click on the row under the cursor opens it.
    fn click_table(&mut self, name: &'static str, x: u16, y: u16) -> (Vec<Effect>, bool) {
        let hits = std::mem::take(&mut self.hits);
        let view = self.view_mut();
        let was_focused = view.focused() == Some(name);
        view.focus(name);
        let mut again = false;
        if let Some(on) = hits.table(name)
            && let Some((table, state)) = view.table_mut(name)
        {
            let key = match on.at(x, y) {
                Some(Hit::Row(key)) => Some(key),
                _ => None,
            };
            again = was_focused && key.is_some() && state.selected() == key;
            state.click(table, on, x, y);
        }
        self.hits = hits;
        self.refresh();
        match again && self.can(Action::Enter) {
            true => (self.act(Action::Enter), true),
            false => (Vec::new(), true),
        }
    }

    /// The rows of tables that rest are put in order again, when no key was pressed for long.
    pub fn settle(&mut self, idle_ms: i64) -> bool {
        if idle_ms < SETTLES_MS || self.overlay.is_some() {
            return false;
        }
        let names: Vec<&'static str> = self.hits.tables.iter().map(|(name, _)| *name).collect();
        let mut moved = false;
        for name in names {
            if let Some((table, state)) = self.view_mut().table_mut(name)
                && state.resting()
            {
                state.settle(table);
                moved = true;
            }
        }
        moved
    }
}
