//! Keys while something lies over the pane, and what is made to lie there.

use ratatui::layout::Position;

use super::super::action::{ACTIONS, Action, Spec};
use super::super::chart::Range;
use super::super::key::Key;
use super::super::keymap::Meaning;
use super::super::number;
use super::super::overlay::{Item, Overlay, Picker, Prompt};
use super::super::pane::Effect;
use super::Model;
use super::act::{PAGE, column_items};
use super::save;

/// The longest line that is typed, bytes.
const LONGEST: usize = 500;

impl Model {
    pub(super) fn key_over(&mut self, key: Key) -> Vec<Effect> {
        match self.overlay.take() {
            Some(Overlay::Pick(picker)) => self.key_pick(picker, key),
            Some(Overlay::Type(prompt)) => self.key_type(prompt, key),
            Some(Overlay::Form(form)) => {
                self.key_form(form, key);
                Vec::new()
            }
            Some(Overlay::Explain(at, explained, first)) => {
                self.overlay = Some(Overlay::Explain(at, explained, first));
                self.key_explain(at, key);
                Vec::new()
            }
            Some(Overlay::Text(title, lines, first)) => {
                match self.meaning_over(key) {
                    Some(Action::Back | Action::Quit | Action::Enter | Action::Help | Action::Details) => {}
                    other => {
                        self.overlay = Some(Overlay::Text(title, lines, first));
                        other.into_iter().for_each(|action| self.scroll_text(action));
                    }
                }
                Vec::new()
            }
            None => Vec::new(),
        }
    }

    /// Moves in a text that lies over the pane; other actions do nothing.
    pub(super) fn scroll_text(&mut self, action: Action) {
        let to = self.hits.text.after(action);
        if let (Some(first), Some(to)) = (self.overlay.as_mut().and_then(Overlay::first_line), to) {
            *first = to;
        }
    }

    /// What a key means while something lies over the pane.
    pub(super) fn meaning_over(&self, key: Key) -> Option<Action> {
        match self.keymap.meaning(&[key], self.pane, |_| true) {
            Meaning::Action(action) => Some(action),
            _ => None,
        }
    }

    fn key_pick(&mut self, mut picker: Picker, key: Key) -> Vec<Effect> {
        let letter = key.letter().filter(|_| picker.typing);
        if let Some(letter) = letter {
            let mut text = picker.text.clone();
            if text.len() < LONGEST {
                text.push(letter);
            }
            picker.set_text(text);
            self.previewed(&picker);
            self.overlay = Some(Overlay::Pick(picker));
            return Vec::new();
        }
        if Key::parse("backspace") == Some(key) && picker.typing && !picker.text.is_empty() {
            let mut text = picker.text.clone();
            text.pop();
            picker.set_text(text);
            self.overlay = Some(Overlay::Pick(picker));
            return Vec::new();
        }
        match self.meaning_over(key) {
            Some(Action::Back | Action::Quit) => {
                self.unpicked(&picker);
                return Vec::new();
            }
            Some(Action::Help) if picker.id == "help" => return Vec::new(),
            Some(Action::Enter) => return self.chose(picker),
            Some(Action::Freeze) if picker.chosen().is_some_and(|item| item.on.is_some()) => return self.chose(picker),
            Some(Action::Filter) => picker.typing = true,
            Some(Action::Up | Action::PreviousBlock) => picker.step(-1),
            Some(Action::Down | Action::NextBlock) => picker.step(1),
            Some(Action::PageUp) => picker.step(-PAGE),
            Some(Action::PageDown) => picker.step(PAGE),
            Some(Action::Home) => picker.step(isize::MIN),
            Some(Action::End) => picker.step(isize::MAX),
            _ => {}
        }
        self.previewed(&picker);
        self.overlay = Some(Overlay::Pick(picker));
        Vec::new()
    }

    /// A theme is seen while it is chosen.
    fn previewed(&mut self, picker: &Picker) {
        if picker.id == "theme"
            && let Some(theme) = picker.chosen().and_then(|item| self.shared.theme.with_name(&item.key))
        {
            self.shared.theme = theme;
        }
    }

    fn unpicked(&mut self, picker: &Picker) {
        if picker.id == "theme"
            && let Some(theme) = self.theme_before.take()
        {
            self.shared.theme = theme;
        }
    }

    fn chose(&mut self, picker: Picker) -> Vec<Effect> {
        let Some(key) = picker.chosen().map(|item| item.key.clone()) else {
            self.overlay = Some(Overlay::Pick(picker));
            return Vec::new();
        };
        if !matches!(picker.id, "palette" | "help" | "columns" | "theme" | save::ID) {
            self.loosen();
        }
        match picker.id {
            "palette" | "help" => {
                let action = Action::of(&key).filter(|action| self.can(*action));
                return action.map_or(Vec::new(), |action| self.act(action));
            }
            save::ID => self.ask_where_to_write(picker, &key),
            "columns" => self.toggle_column(picker, &key),
            "theme" => {
                self.shared.theme = self
                    .shared
                    .theme
                    .with_name(&key)
                    .unwrap_or_else(|| self.shared.theme.clone());
                self.shared.say(format!("theme {key}"));
            }
            "range" => {
                if let Some(range) = Range::ALL.into_iter().find(|range| range.name() == key) {
                    self.shared.time.range = range;
                    self.refresh();
                }
            }
            "node" => {
                self.shared.node = Some(key).filter(|key| !key.is_empty());
                self.refresh();
            }
            "satellite" => {
                self.shared.satellite = Some(key).filter(|key| !key.is_empty());
                self.refresh();
            }
            id => {
                let (view, shared) = self.view_and_shared();
                let effects = view.picked(id, &key, shared);
                return self.follow(effects);
            }
        }
        Vec::new()
    }

    fn toggle_column(&mut self, mut picker: Picker, id: &str) {
        let name = self.view().focused();
        if let Some((table, state)) = name.and_then(|name| self.view_mut().table_mut(name)) {
            state.toggle_column(table, id);
            picker.renew(column_items(table, state));
        }
        self.overlay = Some(Overlay::Pick(picker));
    }

    fn key_type(&mut self, mut prompt: Prompt, key: Key) -> Vec<Effect> {
        if let Some(letter) = key.letter() {
            if prompt.text.len() < LONGEST {
                prompt.text.push(letter);
            }
        } else if Key::parse("backspace") == Some(key) {
            prompt.text.pop();
        } else if Key::parse("ctrl-u") == Some(key) {
            prompt.text.clear();
        } else if Key::parse("ctrl-w") == Some(key) {
            let kept = prompt.text.trim_end().rfind(' ').map_or(0, |at| at + 1);
            prompt.text.truncate(kept);
        } else {
            match self.meaning_over(key) {
                Some(Action::Enter) => return self.typed_done(prompt),
                Some(Action::Back | Action::Quit) => {
                    prompt.text.clone_from(&prompt.before);
                    let _ = self.typed(&prompt, false);
                    return Vec::new();
                }
                // The table is moved in while its filter is typed.
                Some(action @ (Action::Up | Action::Down | Action::PageUp | Action::PageDown)) => {
                    self.overlay = Some(Overlay::Type(prompt));
                    return self.act(action);
                }
                _ => {}
            }
        }
        prompt.error = self.typed(&prompt, false).err();
        self.overlay = Some(Overlay::Type(prompt));
        Vec::new()
    }

    fn typed_done(&mut self, mut prompt: Prompt) -> Vec<Effect> {
        if prompt.id == save::ID {
            return self.write(prompt);
        }
        prompt.error = self.typed(&prompt, true).err();
        if prompt.error.is_some() {
            self.overlay = Some(Overlay::Type(prompt));
        }
        Vec::new()
    }

    fn typed(&mut self, prompt: &Prompt, done: bool) -> Result<(), String> {
        if prompt.id == save::ID {
            return Ok(());
        }
        if prompt.id == "filter" {
            let name = self.view().focused();
            if let Some((table, state)) = name.and_then(|name| self.view_mut().table_mut(name)) {
                state.set_filter(table, &prompt.text);
            }
            return Ok(());
        }
        let (view, shared) = self.view_and_shared();
        let fits = view.typed(prompt.id, &prompt.text, done, shared);
        self.refresh();
        fits
    }

    /// Text of the clipboard goes where letters go.
    pub(super) fn paste(&mut self, text: &str) -> bool {
        // What a key would mean is not meant by what was pasted.
        let line: String = text.lines().next().unwrap_or_default().chars().take(LONGEST).collect();
        match self.overlay.take() {
            Some(Overlay::Type(mut prompt)) => {
                prompt.text.push_str(&line);
                prompt.error = self.typed(&prompt, false).err();
                self.overlay = Some(Overlay::Type(prompt));
                true
            }
            Some(Overlay::Form(form)) if form.is_busy() => {
                self.overlay = Some(Overlay::Form(form));
                true
            }
            Some(Overlay::Form(mut form)) => {
                let before = form.changes();
                form.edit(|text| text.push_str(&line));
                self.judge_form(&mut form, &before);
                self.overlay = Some(Overlay::Form(form));
                true
            }
            Some(Overlay::Pick(mut picker)) if picker.typing => {
                let text = format!("{}{line}", picker.text);
                picker.set_text(text);
                self.overlay = Some(Overlay::Pick(picker));
                true
            }
            other => {
                self.overlay = other;
                false
            }
        }
    }

    /// A click beside what lies over the pane closes it.
    pub(super) fn click_over(&mut self, x: u16, y: u16) -> Vec<Effect> {
        let place = Position::new(x, y);
        let row = self.hits.over.iter().position(|area| area.contains(place));
        match (self.overlay.take(), row) {
            (Some(Overlay::Pick(mut picker)), Some(row)) => {
                let first = self.hits.over_first;
                let last = picker.matching().len().saturating_sub(1);
                picker.at = (first + row).min(last);
                self.chose(picker)
            }
            (Some(Overlay::Pick(picker)), None) => {
                self.unpicked(&picker);
                Vec::new()
            }
            (Some(Overlay::Form(mut form)), _) => {
                let field = self.hits.fields.iter().find(|(area, _)| area.contains(place));
                form.at = field.map_or(form.at, |(_, at)| *at);
                self.overlay = Some(Overlay::Form(form));
                Vec::new()
            }
            (Some(prompt @ Overlay::Type(_)), _) => {
                self.overlay = Some(prompt);
                Vec::new()
            }
            _ => Vec::new(),
        }
    }

    /// Actions that can be done now, those of this pane first.
    fn possible(&self) -> Vec<&'static Spec> {
        let can = |spec: &&Spec| spec.place.has(self.pane) && self.can(spec.action);
        let mut specs: Vec<&'static Spec> = ACTIONS.iter().filter(can).collect();
        specs.sort_by_key(|spec| spec.place == super::super::action::Place::Everywhere);
        specs
    }

    fn action_item(&self, spec: &Spec) -> Item {
        Item {
            keys: self.keymap.keys(spec.action).join(" "),
            ..Item::new(spec.id, spec.help)
        }
    }

    pub(super) fn palette(&self) -> Overlay {
        let specs = self
            .possible()
            .into_iter()
            .filter(|spec| spec.action != Action::Palette);
        let items = specs.map(|spec| Item {
            hint: spec.help.to_owned(),
            ..Item {
                title: spec.id.replace('-', " "),
                ..self.action_item(spec)
            }
        });
        Overlay::Pick(Picker::new("palette", "Commands", items.collect(), true))
    }

    pub(super) fn help(&self) -> Overlay {
        let items = self.possible().into_iter().map(|spec| self.action_item(spec)).collect();
        let title = format!(
            "Keys of {} ({} searches)",
            self.pane.title(),
            self.keymap.key(Action::Filter).unwrap_or_default()
        );
        Overlay::Pick(Picker::new("help", title, items, false))
    }

    pub(super) fn messages(&self) -> Overlay {
        let said = self.shared.said().iter().rev();
        let zone = &self.shared.zone;
        let lines = said
            .map(|(ms, text)| (number::clock(*ms, zone), text.clone()))
            .collect();
        Overlay::Text("Messages".to_owned(), lines, 0)
    }
}
