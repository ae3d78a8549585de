//! What keys do on the pane: choosing lines, going to errors and moments, opening what is under the cursor.

use super::super::action::Action;
use super::super::overlay::{Item, Prompt};
use super::super::pane::Effect;
use super::super::shared::Shared;
use super::tail::Mode;
use super::want::{ACTIONS, LEVELS, check_piece, check_regex, parse_time};
use super::{ERRORS, Jump, LogPane, Open, Search, TAIL, list, parts};
use crate::api::line::LogLine;

impl LogPane {
    pub(super) fn can_do(&self, action: Action) -> bool {
        let line = || {
            Some(())
                .filter(|()| self.open != Open::Unknown)
                .and_then(|()| self.line())
        };
        match action {
            Action::Enter => self.open == Open::List && (line().is_some() || self.tail_state.selected().is_some()),
            Action::Back => self.open != Open::List || self.jump.is_some() || self.want.is_narrow(),
            Action::Filter | Action::FilterBy | Action::JumpTo | Action::Fold | Action::Warnings => {
                self.open == Open::List
            }
            Action::Freeze | Action::Unknown => true,
            Action::End => self.tail.mode() != Mode::Following,
            Action::ErrorBefore | Action::ErrorAfter => self.open != Open::Unknown && self.focus == TAIL,
            Action::Raw => line().is_some(),
            Action::OnePiece => line().is_some_and(|line| !parts::Parts::of(&line).piece.is_empty()),
            Action::HideKind => self.open == Open::List && line().is_some_and(|line| !line.level.is_empty()),
            Action::UnhideKinds => !self.want.hidden.is_empty(),
            _ => false,
        }
    }

    pub(super) fn do_it(&mut self, action: Action, shared: &mut Shared) -> Vec<Effect> {
        self.word = None;
        match action {
            Action::Enter => self.enter(shared),
            Action::Back => self.back(),
            Action::End => {
                self.jump = None;
                shared.time.live();
                self.tail.follow();
                self.tail_state.deselect();
            }
            Action::Freeze => self.stop_or_go(shared),
            Action::Filter => return vec![self.prompt("log-text", "text", self.want.text.as_deref())],
            Action::FilterBy => return vec![self.menu(shared)],
            Action::JumpTo => {
                let title = "go to (21:30, 2026-11-20 03:10, 2h ago)";
                return vec![Effect::Prompt(Prompt::new("log-time", title, ""))];
            }
            Action::Warnings => {
                let graver = if self.want.level == "WARN" { "INFO" } else { "WARN" };
                self.want.level = graver.to_owned();
                self.want.whole = false;
                shared.say(format!("lines from {graver} on"));
            }
            Action::Fold => {
                self.want.fold = !self.want.folds();
                self.want.whole = false;
                let word = if self.want.fold {
                    "routine is folded"
                } else {
                    "all lines are shown"
                };
                shared.say(word);
            }
            Action::HideKind => self.hide(shared),
            Action::UnhideKinds => {
                let count = self.want.hidden.len();
                self.want.hidden.clear();
                shared.say(format!("{count} hidden kinds are shown again"));
            }
            Action::OnePiece => {
                let piece = self.line().map(|line| parts::Parts::of(&line).piece);
                let piece = piece.filter(|piece| self.want.piece.as_ref() != Some(piece));
                shared.say(if piece.is_some() {
                    "only lines of this piece"
                } else {
                    "lines of all pieces"
                });
                // What began stands at DEBUG.
                self.want.whole = piece.is_some();
                self.want.piece = piece;
            }
            Action::Raw => {
                self.halt();
                self.open = if self.open == Open::Raw { Open::List } else { Open::Raw };
            }
            Action::Unknown => {
                self.open = if self.open == Open::Unknown {
                    Open::List
                } else {
                    Open::Unknown
                }
            }
            Action::ErrorBefore => self.error(true),
            Action::ErrorAfter => self.error(false),
            _ => {}
        }
        Vec::new()
    }

    /// Stands still on the line that is looked at.
    fn halt(&mut self) {
        if self.tail.mode() == Mode::Following && self.focus == TAIL {
            let newest = self.tail.newest().take(1000).find(|line| list::is_grave(line));
            let key = newest.map(|line| parts::key(line).into());
            self.pending = key.or(self.tail_state.selected().cloned());
            self.tail.stop();
        }
    }

    fn enter(&mut self, shared: &mut Shared) {
        let chosen = self.errors_state.selected().and_then(|key| self.errors.line(key));
        match (self.focus, chosen) {
            // From the list of errors to the place where it stands.
            (ERRORS, Some(line)) => {
                let second = line.time_ms.div_euclid(1000);
                self.jump = Some(Jump {
                    ms: line.time_ms,
                    to: parts::key(line),
                    of_all: true,
                });
                self.focus = TAIL;
                let now = shared.now_s();
                shared.time.choose(second, now);
                shared.time.cursor = Some(second);
            }
            _ if self.line().is_none() && self.tail.mode() == Mode::Following => self.tail.stop(),
            _ => {
                let folded = self
                    .tail_state
                    .selected()
                    .is_some_and(|key| self.list.line(key).is_none());
                if self.tail.mode() != Mode::Following && folded {
                    self.want.fold = false;
                    return;
                }
                self.halt();
                self.open = Open::Line;
            }
        }
    }

    fn back(&mut self) {
        if self.open != Open::List {
            self.open = Open::List;
        } else if self.jump.take().is_none() {
            self.want.widen();
        }
    }

    fn stop_or_go(&mut self, shared: &mut Shared) {
        match self.tail.mode() {
            Mode::Following => {
                self.tail.stop();
                shared.say("the list stands still; reading goes on");
            }
            _ => {
                self.jump = None;
                shared.time.live();
                self.tail.follow();
                self.tail_state.deselect();
            }
        }
    }

    fn hide(&mut self, shared: &mut Shared) {
        if let Some(line) = self.line() {
            shared.say(format!("hidden: {}; X shows all again", line.message));
            self.want.hidden.push((line.logger.clone(), line.message.clone()));
        }
    }

    /// To the error before or after the cursor; in the files when there is none at hand.
    fn error(&mut self, older: bool) {
        let at = self.tail_state.position();
        let rows: Vec<_> = self
            .tail_state
            .rows(&self.list.table)
            .map(|row| row.key.clone())
            .collect();
        let grave = |place: &usize| {
            let line = rows.get(*place).and_then(|key| self.list.line(key));
            line.is_some_and(|line| list::is_grave(line))
        };
        // While it follows, the last line itself may be one.
        let end = match self.tail.mode() {
            Mode::Following => rows.len(),
            _ => at.unwrap_or(rows.len()),
        };
        let next = match older {
            true => (0..end.min(rows.len())).rev().find(grave),
            false => (end + 1..rows.len()).find(grave),
        };
        if let Some(key) = next.and_then(|place| rows.get(place)) {
            self.pending = Some(key.clone());
            self.tail.stop();
            self.tail_state.select(key);
            return;
        }
        let line = match older {
            true => self.list.table.rows().first(),
            false => self.list.table.rows().last(),
        };
        let line = line.and_then(|row| self.list.line(&row.key)).map(|line| line.time_ms);
        let first = line.or(self
            .tail
            .newest()
            .next()
            .map(|line: &std::sync::Arc<LogLine>| line.time_ms));
        match first {
            Some(ms) if older || matches!(self.tail.mode(), Mode::Past(_)) => {
                self.search = Some(Search {
                    older,
                    from_ms: if older { ms } else { ms + 1 },
                    tries: 0,
                });
                self.word = Some("looking for an error in the files …".to_owned());
            }
            _ => self.word = Some("no error after this line".to_owned()),
        }
    }

    fn prompt(&self, id: &'static str, title: &str, text: Option<&str>) -> Effect {
        Effect::Prompt(Prompt::new(id, title, text.unwrap_or_default()))
    }

    /// All that can be filtered by, with what is chosen now.
    fn menu(&self, shared: &Shared) -> Effect {
        let item = |key: &str, title: &str, now: Option<&str>| {
            Item::new(key, title).hint(now.map_or("all".to_owned(), |now| now.to_owned()))
        };
        let satellite = shared.satellite.as_ref().map(|id| shared.satellite_name(id));
        let items = vec![
            item("level", "level", Some(self.want.level())),
            item("text", "text", self.want.text.as_deref()),
            item("regex", "regular expression", self.want.regex.as_deref()),
            item("action", "action", self.want.action.as_deref()),
            item("logger", "logger", self.want.logger.as_deref()),
            item("piece", "piece", self.want.piece.as_deref()),
            item("satellite", "satellite", satellite.as_deref()),
            item("none", "no filter", Some("all lines from INFO on")),
        ];
        Effect::Pick {
            id: "log-filter",
            title: "Show only lines of a".to_owned(),
            items,
        }
    }

    pub(super) fn take_choice(&mut self, id: &'static str, key: &str, shared: &mut Shared) -> Vec<Effect> {
        let words = |words: &[&str]| -> Vec<Item> { words.iter().map(|word| Item::new(*word, *word)).collect() };
        let pick = |id: &'static str, title: &str, items: Vec<Item>| Effect::Pick {
            id,
            title: title.to_owned(),
            items,
        };
        let chosen = |key: &str| Some(key.to_owned()).filter(|key| !key.is_empty());
        match (id, key) {
            ("log-filter", "level") => return vec![pick("log-level", "Lines from this level on", words(&LEVELS))],
            ("log-filter", "text") => return vec![self.prompt("log-text", "text", self.want.text.as_deref())],
            ("log-filter", "regex") => {
                return vec![self.prompt("log-regex", "regular expression", self.want.regex.as_deref())];
            }
            ("log-filter", "logger") => {
                return vec![self.prompt("log-logger", "logger begins with", self.want.logger.as_deref())];
            }
            ("log-filter", "piece") => return vec![self.prompt("log-piece", "piece id", self.want.piece.as_deref())],
            ("log-filter", "action") => {
                let mut items = vec![Item::new("", "all actions")];
                items.extend(words(&ACTIONS));
                return vec![pick("log-action", "Action", items)];
            }
            ("log-filter", "satellite") => {
                let mut items = vec![Item::new("", "all satellites")];
                let known = shared.satellites().into_iter();
                items.extend(known.map(|(id, name)| Item::new(&*id, name).hint(&*id)));
                return vec![pick("log-satellite", "Satellite", items)];
            }
            ("log-filter", _) => {
                self.want.widen();
                shared.satellite = None;
            }
            ("log-level", level) => {
                self.want.level = level.to_owned();
                self.want.whole = false;
            }
            ("log-action", action) => self.want.action = chosen(action),
            ("log-satellite", satellite) => shared.satellite = chosen(satellite),
            _ => {}
        }
        Vec::new()
    }

    pub(super) fn take_text(
        &mut self,
        prompt: &'static str,
        text: &str,
        done: bool,
        shared: &mut Shared,
    ) -> Result<(), String> {
        let text = text.trim();
        let given = Some(text.to_owned()).filter(|text| !text.is_empty());
        match prompt {
            "log-time" => {
                // Half a time is no mistake yet.
                if !done {
                    return Ok(());
                }
                let second = parse_time(text, shared.now_ms, &shared.zone)?;
                self.jump = None;
                let now = shared.now_s();
                shared.time.choose(second, now);
                shared.time.cursor = Some(second);
            }
            "log-regex" => {
                check_regex(text)?;
                if done {
                    self.want.regex = given;
                }
            }
            "log-piece" if done => self.want.piece = given.map(|text| check_piece(&text)).transpose()?,
            // The begin of one is no mistake yet.
            "log-piece" if text.len() > 3 => drop(check_piece(text)?),
            "log-text" if done => self.want.text = given,
            "log-logger" if done => self.want.logger = given,
            _ => {}
        }
        Ok(())
    }
}
