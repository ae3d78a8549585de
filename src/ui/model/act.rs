//! What the actions of the frame do: those of tables, of charts, of the screen as a whole.

use std::cell::RefCell;
use std::rc::Rc;

use super::super::action::Action;
use super::super::chart::Range;
use super::super::look::Theme;
use super::super::overlay::{Item, Overlay, Picker, Prompt};
use super::super::pane::{Effect, Pane};
use super::super::table::TableState;
use super::super::table::copy::{self, Masks};
use super::{Collector, Model};
use crate::api::message::Command;

/// Rows of a text that PageUp and PageDown skip.
pub(super) const PAGE: isize = 10;

/// What of any table must not be copied as it is, by the ids of columns.
pub(super) fn masks() -> Masks<'static> {
    // A node has one number, whichever column names it.
    let node = Rc::new(RefCell::new(copy::numbered("node")));
    let node = || {
        let node = Rc::clone(&node);
        copy::each(move |name| (node.borrow_mut())(name))
    };
    Masks::none()
        .column("node", node())
        .column("nodes", node())
        .column("where", node())
        .column("how", copy::shortened(0))
        .column("more", copy::shortened(0))
        .column("error", copy::shortened(0))
        .column("piece", copy::shortened(6))
        .column("from", copy::numbered("peer"))
        .column("peer", copy::numbered("peer"))
        .column("receipt", copy::shortened(6))
        .column("link", copy::shortened(0))
        .column("example", copy::shortened(0))
}

/// Whether an action may lead to other rows in tables: another node, range, moment, view. Moving, copying, explaining
/// do not.
fn asks_for_others(action: Action) -> bool {
    !matches!(
        action,
        Action::Up
            | Action::Down
            | Action::PageUp
            | Action::PageDown
            | Action::Home
            | Action::Filter
            | Action::Columns
            | Action::Details
            | Action::Sort
            | Action::Reverse
            | Action::NextBlock
            | Action::PreviousBlock
            | Action::Explain
            | Action::CopyRow
            | Action::CopyTable
            | Action::Export
            | Action::Freeze
            | Action::Help
            | Action::Palette
            | Action::Messages
            | Action::Theme
            | Action::Mouse
            | Action::Repaint
            | Action::Suspend
            | Action::LogScale
    )
}

impl Model {
    /// Whether an action can be done now.
    pub fn can(&self, action: Action) -> bool {
        let rows = || self.table().is_some_and(|(_, state)| !state.is_empty());
        let chosen = || self.table().is_some_and(|(_, state)| state.selected().is_some());
        if self.is_the_panes(action) {
            return self.view().can(action, &self.shared);
        }
        match action {
            Action::Back => {
                self.is_past()
                    || self.table().is_some_and(|(_, state)| !state.filter().is_empty())
                    || self.view().can(action, &self.shared)
                    || self.shared.node.is_some()
                    || self.shared.satellite.is_some()
            }
            Action::Filter | Action::Columns => self.table().is_some(),
            Action::Sort | Action::Up | Action::Down | Action::PageUp | Action::PageDown | Action::Home => rows(),
            Action::CopyTable => rows(),
            Action::Reverse => self.table().is_some_and(|(_, state)| state.sort().is_some()),
            Action::Details | Action::CopyRow => chosen(),
            Action::Range | Action::ZoomIn | Action::ZoomOut | Action::Earlier => self.view().has_chart(),
            Action::Left | Action::Right | Action::LogScale => self.hits.chart.is_some(),
            Action::Later => self.is_past(),
            Action::NextMark | Action::PreviousMark => self.view().has_chart() && !self.view().marks().is_empty(),
            Action::NextNode | Action::PreviousNode => self.shared.node.is_some() && self.shared.nodes().len() > 1,
            Action::PickNode => self.shared.nodes().len() > 1,
            Action::PickSatellite => self.shared.satellites().len() > 1,
            Action::NextBlock | Action::PreviousBlock => self.hits.tables.len() > 1,
            Action::Explain => !self.hits.figures.is_empty(),
            Action::Messages => !self.shared.said().is_empty(),
            Action::Reload => !matches!(self.shared.collector, Collector::Lost(_)),
            Action::Collect => self.shared.may_collect && matches!(self.shared.collector, Collector::Lost(_)),
            Action::Save => matches!(self.overlay, Some(Overlay::Form(_))),
            Action::Suspend => cfg!(unix),
            Action::Show(pane) => pane != self.pane,
            Action::End => rows() || self.is_past(),
            Action::Freeze
            | Action::Theme
            | Action::Mouse
            | Action::Repaint
            | Action::Palette
            | Action::Export
            | Action::Help
            | Action::Quit => true,
            _ => self.view().can(action, &self.shared),
        }
    }

    /// Whether another time than the present is shown.
    fn is_past(&self) -> bool {
        self.shared.time.end.is_some() || self.shared.moment().is_some()
    }

    /// Whether the pane does an action in a way of its own. A picture that is held is let go everywhere.
    fn is_the_panes(&self, action: Action) -> bool {
        let lets_go = action == Action::Freeze && self.shared.held_since().is_some();
        self.view().takes(action) && !lets_go
    }

    /// Does an action that can be done.
    pub(super) fn act(&mut self, action: Action) -> Vec<Effect> {
        if asks_for_others(action) {
            self.loosen();
        }
        if self.is_the_panes(action) {
            return self.act_on_pane(action);
        }
        match action {
            Action::Quit => return vec![Effect::Quit],
            Action::Repaint => return vec![Effect::Repaint],
            Action::Suspend => return vec![Effect::Suspend],
            Action::Reload => return vec![Effect::Do(Command::Reload)],
            Action::Collect => {
                self.shared.say("starting a collector in this program");
                return vec![Effect::Collect];
            }
            Action::Mouse => return self.switch_mouse(),
            Action::CopyTable => return self.copy_table(),
            Action::CopyRow => return self.copy_row(),
            Action::Show(pane) => self.show(pane),
            Action::Back => return self.back(),
            Action::Freeze => self.freeze(),
            Action::Export => self.ask_what_to_write(),
            Action::Help => self.overlay = Some(self.help()),
            Action::Palette => self.overlay = Some(self.palette()),
            Action::Messages => self.overlay = Some(self.messages()),
            Action::Explain => self.explain_first(),
            Action::Theme => self.pick_theme(),
            Action::Range => self.pick_range(),
            Action::PickNode => self.pick_node(),
            Action::PickSatellite => self.pick_satellite(),
            Action::NextNode => self.other_node(1),
            Action::PreviousNode => self.other_node(-1),
            Action::NextBlock => self.other_block(1),
            Action::PreviousBlock => self.other_block(-1),
            Action::Left
            | Action::Right
            | Action::Earlier
            | Action::Later
            | Action::ZoomIn
            | Action::ZoomOut
            | Action::NextMark
            | Action::PreviousMark
            | Action::LogScale => self.act_on_time(action),
            Action::End if self.is_past() => {
                self.shared.time.live();
                self.refresh();
            }
            Action::Filter
            | Action::Columns
            | Action::Details
            | Action::Sort
            | Action::Reverse
            | Action::Up
            | Action::Down
            | Action::PageUp
            | Action::PageDown
            | Action::Home
            | Action::End => self.act_on_table(action),
            _ => return self.act_on_pane(action),
        }
        Vec::new()
    }

    /// Rows of the pane's tables need not hold still: others are asked for.
    pub(super) fn loosen(&mut self) {
        let names: Vec<&'static str> = self.hits.tables.iter().map(|(name, _)| *name).collect();
        for name in names {
            if let Some((_, state)) = self.view_mut().table_mut(name) {
                state.loosen();
            }
        }
    }

    fn act_on_pane(&mut self, action: Action) -> Vec<Effect> {
        let (view, shared) = self.view_and_shared();
        let effects = view.act(action, shared);
        self.follow(effects)
    }

    /// Does what of a pane's effects is the model's, and hands on the rest.
    pub(super) fn follow(&mut self, effects: Vec<Effect>) -> Vec<Effect> {
        let mut others = Vec::new();
        for effect in effects {
            match effect {
                Effect::Prompt(prompt) => self.overlay = Some(Overlay::Type(prompt)),
                Effect::Pick { id, title, items } => {
                    self.overlay = Some(Overlay::Pick(Picker::new(id, title, items, true)));
                }
                Effect::Edit { title, entries } => self.open_form(title, entries),
                Effect::Show(pane) => self.show(pane),
                other => others.push(other),
            }
        }
        self.refresh();
        others
    }

    pub(super) fn show(&mut self, pane: Pane) {
        self.shared.hush();
        (self.pane, self.overlay) = (pane, None);
        self.hits = super::super::pane::Hits::default();
        self.refresh();
    }

    fn act_on_table(&mut self, action: Action) {
        let Some((table, state)) = self.view().focused().and_then(|name| self.view_mut().table_mut(name)) else {
            return;
        };
        let move_in: fn(&mut TableState) = match action {
            Action::Up => TableState::up,
            Action::Down => TableState::down,
            Action::PageUp => TableState::page_up,
            Action::PageDown => TableState::page_down,
            Action::Home => TableState::home,
            Action::End => TableState::end,
            Action::Sort => {
                state.sort_next(table);
                let by = state.sort().and_then(|(id, _)| table.column(id));
                let by = by.map(|at| table.columns()[at].heading().to_lowercase());
                let word = by.map_or("in the table's own order".to_owned(), |by| format!("sorted by {by}"));
                return self.shared.say(word);
            }
            Action::Reverse => return state.reverse(table),
            Action::Filter => {
                let prompt = Prompt::new("filter", "/", state.filter());
                self.overlay = Some(Overlay::Type(prompt));
                return;
            }
            Action::Columns => {
                let items = column_items(table, state);
                self.overlay = Some(Overlay::Pick(Picker::new("columns", "Columns", items, false)));
                return;
            }
            Action::Details => {
                let Some(row) = state.selected().and_then(|key| table.row(key)) else {
                    return;
                };
                let facts = copy::details(table, row);
                let facts = facts
                    .into_iter()
                    .map(|(what, value)| (what.into_owned(), value))
                    .collect();
                let key = row.key.as_str().to_owned();
                let view = self.view();
                let title = view
                    .focused()
                    .and_then(|table| view.details_title(table, &key, &self.shared));
                let title = title.unwrap_or(key);
                self.overlay = Some(Overlay::Text(title, facts, 0));
                return;
            }
            _ => return,
        };
        move_in(state);
        self.refresh();
    }

    fn act_on_time(&mut self, action: Action) {
        let now = self.shared.now_s();
        let hit = self.hits.chart;
        let marks = self.view().marks().to_vec();
        let time = &mut self.shared.time;
        match (action, hit) {
            (Action::Left, Some(hit)) => time.step(&hit, -1, now),
            (Action::Right, Some(hit)) => time.step(&hit, 1, now),
            (Action::Earlier, _) => time.pan(-1, now),
            (Action::Later, _) => time.pan(1, now),
            (Action::ZoomIn, _) => time.zoom_in(now),
            (Action::ZoomOut, _) => time.zoom_out(now),
            (Action::NextMark, _) => time.next_mark(&marks, false, now),
            (Action::PreviousMark, _) => time.next_mark(&marks, true, now),
            (Action::LogScale, _) => time.log = !time.log,
            _ => {}
        }
        if matches!(action, Action::Earlier | Action::Later) {
            // Back in time is the whole screen, not the chart alone.
            time.cursor = time.end;
        }
        self.refresh();
    }

    /// One level out: the chosen moment, a filter, the pane's own, satellite, node.
    fn back(&mut self) -> Vec<Effect> {
        if self.is_past() {
            self.shared.time.live();
            self.refresh();
            return Vec::new();
        }
        if let Some((table, state)) = self.view().focused().and_then(|name| self.view_mut().table_mut(name))
            && !state.filter().is_empty()
        {
            state.set_filter(table, "");
            return Vec::new();
        }
        if self.view().can(Action::Back, &self.shared) {
            return self.act_on_pane(Action::Back);
        }
        if self.shared.satellite.take().is_none() {
            self.shared.node = None;
        }
        self.refresh();
        Vec::new()
    }

    fn freeze(&mut self) {
        let hold = self.shared.held_since().is_none();
        self.shared.hold(hold);
        if !hold {
            // What was asked meanwhile is of the moment the picture was held.
            self.shared.answers.ask_again();
        }
        self.refresh();
    }

    fn switch_mouse(&mut self) -> Vec<Effect> {
        self.mouse = !self.mouse;
        self.shared.say(if self.mouse {
            "the mouse is ours"
        } else {
            "the mouse is the terminal's: text can be selected"
        });
        vec![Effect::Mouse(self.mouse)]
    }

    fn copy_table(&mut self) -> Vec<Effect> {
        let Some((table, state)) = self.table() else {
            return Vec::new();
        };
        let nodes = self.shared.nodes().iter().map(|node| node.name.clone());
        let text = copy::markdown(table, state, &mut masks().names(nodes));
        let rows = state.len();
        self.shared.say(format!(
            "{rows} row{} in the clipboard, names and addresses masked, if the terminal allows it",
            if rows == 1 { " is" } else { "s are" }
        ));
        vec![Effect::Copy(text)]
    }

    fn copy_row(&mut self) -> Vec<Effect> {
        let text = self.table().and_then(|(table, state)| {
            let row = table.row(state.selected()?)?;
            Some(copy::row(table, state, row, &mut Masks::none()))
        });
        let Some(text) = text else { return Vec::new() };
        self.shared
            .say("the row is in the clipboard, if the terminal allows it");
        vec![Effect::Copy(text)]
    }

    fn other_node(&mut self, step: isize) {
        let mut names: Vec<String> = self.shared.nodes().iter().map(|node| node.name.clone()).collect();
        names.sort();
        let at = names.iter().position(|name| Some(name) == self.shared.node.as_ref());
        let to = at.map_or(0, |at| (at as isize + step).rem_euclid(names.len().max(1) as isize));
        self.shared.node = names.get(to.unsigned_abs()).cloned();
        self.refresh();
    }

    fn other_block(&mut self, step: isize) {
        let names: Vec<&'static str> = self.hits.tables.iter().map(|(name, _)| *name).collect();
        let at = names.iter().position(|name| Some(*name) == self.view().focused());
        let to = at.map_or(0, |at| (at as isize + step).rem_euclid(names.len().max(1) as isize));
        if let Some(name) = names.get(to.unsigned_abs()) {
            self.view_mut().focus(name);
        }
        self.refresh();
    }

    fn pick_theme(&mut self) {
        self.theme_before = Some(self.shared.theme.clone());
        let items = Theme::NAMES.map(|name| Item::new(name, name)).to_vec();
        let mut picker = Picker::new("theme", "How it looks", items, false);
        picker.go_to(self.shared.theme.name());
        self.overlay = Some(Overlay::Pick(picker));
    }

    fn pick_range(&mut self) {
        let items = Range::ALL.map(|range| Item::new(range.name(), range.name())).to_vec();
        let mut picker = Picker::new("range", "How much time", items, false);
        picker.go_to(self.shared.time.range.name());
        self.overlay = Some(Overlay::Pick(picker));
    }

    fn pick_node(&mut self) {
        let all = Item::new("", "all nodes");
        let nodes = self.shared.nodes().iter();
        let nodes = nodes.map(|node| {
            let words = node.reasons.first().map_or("ok", |reason| reason.text.as_str());
            Item::new(&*node.name, &*node.name).hint(words)
        });
        let items = std::iter::once(all).chain(nodes).collect();
        let mut picker = Picker::new("node", "Look at", items, true);
        picker.go_to(self.shared.node.as_deref().unwrap_or_default());
        self.overlay = Some(Overlay::Pick(picker));
    }

    fn pick_satellite(&mut self) {
        let all = Item::new("", "all satellites");
        let known = self.shared.satellites().into_iter();
        let items = std::iter::once(all).chain(known.map(|(id, name)| Item::new(&*id, name).hint(&*id)));
        let mut picker = Picker::new("satellite", "Satellite", items.collect(), true);
        picker.go_to(self.shared.satellite.as_deref().unwrap_or_default());
        self.overlay = Some(Overlay::Pick(picker));
    }
}

/// The columns of a table, with whether they are shown.
pub(super) fn column_items(table: &super::super::table::Table, state: &TableState) -> Vec<Item> {
    let columns = table.columns().iter();
    let items = columns.map(|column| Item {
        on: Some(state.shows(column)),
        ..Item::new(&*column.id, column.heading().into_owned())
    });
    items.collect()
}
