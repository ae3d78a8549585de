//! A form over the pane: its keys, and what the collector answers to it.

use super::super::action::Action;
use super::super::form::{Entry, Form, Waits};
use super::super::key::Key;
use super::super::overlay::Overlay;
use super::{Collector, FORMS, Model};
use crate::api::message::{Answer, Command, Query, Request};
use crate::domain::setting::Saved;

impl Model {
    /// Opens a form, and asks how its settings are.
    pub(super) fn open_form(&mut self, title: String, entries: Vec<Entry>) {
        let mut form = Form::new(title, entries);
        match self.nobody() {
            Some(why) => form.error = Some(why.to_owned()),
            None => {
                let keys = form.keys();
                form.waits = Waits::Told(self.ask_for_form(|id| Request::Ask {
                    id,
                    query: Query::Settings { keys },
                }));
            }
        }
        self.overlay = Some(Overlay::Form(form));
    }

    /// Why nothing can be asked or kept; `None`: it can.
    fn nobody(&self) -> Option<&'static str> {
        match self.shared.collector {
            Collector::Inside | Collector::Attached => None,
            Collector::Lost(_) => Some("no collector runs: nothing can be changed now"),
            Collector::Past(_) => Some("a picture of what was kept changes nothing"),
        }
    }

    fn ask_for_form(&mut self, request: impl FnOnce(u64) -> Request) -> u64 {
        self.formed += 1;
        let id = FORMS + self.formed;
        self.outgoing.push(request(id));
        id
    }

    pub(super) fn key_form(&mut self, mut form: Form, key: Key) {
        let is = |name: &str| Key::parse(name) == Some(key);
        if form.is_busy() {
            match self.meaning_over(key) {
                Some(Action::Back | Action::Quit) if key.letter().is_none() && !is("backspace") => {
                    self.leave_form(&form);
                }
                _ => self.overlay = Some(Overlay::Form(form)),
            }
            return;
        }
        let before = form.changes();
        if let Some(letter) = key.letter() {
            form.edit(|text| text.push(letter));
        } else if is("backspace") {
            form.edit(|text| _ = text.pop());
        } else if is("ctrl-u") {
            form.edit(String::clear);
        } else if is("ctrl-w") {
            form.edit(|text| text.truncate(text.trim_end().rfind(' ').map_or(0, |at| at + 1)));
        } else {
            match self.meaning_over(key) {
                Some(Action::Back | Action::Quit) => return self.leave_form(&form),
                Some(Action::Save) => return self.save_form(form),
                Some(Action::Enter | Action::NextBlock | Action::Down) => form.step(1),
                Some(Action::PreviousBlock | Action::Up) => form.step(-1),
                _ => {}
            }
        }
        self.judge_form(&mut form, &before);
        self.overlay = Some(Overlay::Form(form));
    }

    /// What is typed is judged while it is typed.
    pub(super) fn judge_form(&mut self, form: &mut Form, before: &[crate::domain::setting::Change]) {
        let changes = form.changes();
        if changes == before || form.is_busy() || self.nobody().is_some() {
            return;
        }
        form.waits = Waits::Judged(self.ask_for_form(|id| Request::Ask {
            id,
            query: Query::Judge(changes),
        }));
    }

    fn leave_form(&mut self, form: &Form) {
        match form.changes().len() {
            // What comes of it is said when it is known.
            _ if matches!(form.waits, Waits::Saved(_)) => {}
            0 => {}
            1 => self.shared.say("left as it was: one change is not kept"),
            many => self.shared.say(format!("left as it was: {many} changes are not kept")),
        }
    }

    fn save_form(&mut self, mut form: Form) {
        let changes = form.changes();
        if changes.is_empty() {
            return self.shared.say("nothing was changed");
        }
        form.to_fault();
        match self.nobody() {
            Some(why) => form.error = Some(why.to_owned()),
            // What is wrong may be what was there before the last letter.
            None if form.fields.iter().any(|field| field.error.is_some()) => {
                form.wished = matches!(form.waits, Waits::Judged(_));
            }
            None => {
                form.waits = Waits::Saved(self.ask_for_form(|id| Request::Do {
                    id,
                    command: Command::Change(changes),
                }));
                self.saving = Some(self.formed);
            }
        }
        self.overlay = Some(Overlay::Form(form));
    }

    /// The collector is gone: what a form waits for does not come.
    pub(super) fn form_lost(&mut self) {
        let why = self.nobody().map(str::to_owned);
        if let Some(Overlay::Form(form)) = &mut self.overlay {
            (form.waits, form.wished) = (Waits::Nothing, false);
            form.error = why;
        }
    }

    /// An answer to a form that is open, or was.
    pub(super) fn hear_form(&mut self, id: u64, answer: Result<Answer, String>) {
        let asked = |waits: Waits| matches!(waits, Waits::Told(n) | Waits::Judged(n) | Waits::Saved(n) if n == id);
        if let Ok(Answer::Saved(saved)) = &answer {
            // It holds, whether somebody still waits for it or not.
            if matches!(&self.overlay, Some(Overlay::Form(form)) if asked(form.waits)) {
                self.overlay = None;
            }
            self.shared.say(words(saved));
            self.shared.answers.ask_again();
            return;
        }
        let was_saved = self.saving.is_some_and(|n| FORMS + n == id);
        let form = match &mut self.overlay {
            Some(Overlay::Form(form)) if asked(form.waits) => form,
            // Who left while it was being kept takes it for kept.
            _ if was_saved => return self.shared.say(not_kept(&answer)),
            _ => return,
        };
        form.waits = Waits::Nothing;
        let wished = std::mem::take(&mut form.wished);
        match answer {
            Ok(Answer::Settings(settings)) => form.told(settings),
            Ok(Answer::Faults(faults)) => {
                form.judged(&faults);
                if !faults.is_empty() && form.fields.get(form.at).is_none_or(|field| field.error.is_none()) {
                    form.to_fault();
                }
                if wished && faults.is_empty() {
                    let form = form.clone();
                    self.save_form(form);
                }
            }
            Ok(_) => form.error = Some("the collector is of another release: stop it, and start this one's".to_owned()),
            Err(why) => form.error = Some(why),
        }
    }
}

/// Why nothing was.
fn not_kept(answer: &Result<Answer, String>) -> String {
    let why = match answer {
        Ok(Answer::Faults(faults)) => faults.iter().map(|fault| fault.text.as_str()).collect(),
        Err(why) => vec![why.as_str()],
        Ok(_) => Vec::new(),
    };
    format!("not kept: {}", why.join("; "))
}

/// What was kept.
fn words(saved: &Saved) -> String {
    let what = match saved.changed.as_slice() {
        [] => "it is so already".to_owned(),
        [one] => {
            let name = one.key.rsplit_once('.').map_or(one.key.as_str(), |(_, name)| name);
            format!("{}: {}", name.replace('_', " "), one.words())
        }
        many => format!("{} settings", many.len()),
    };
    let place = match &saved.file {
        Some(file) if !saved.changed.is_empty() => format!(", kept in {file}"),
        _ => String::new(),
    };
    let notes = saved.notes.iter().map(|note| format!("; {note}"));
    format!("{what}{place}{}", notes.collect::<String>())
}
