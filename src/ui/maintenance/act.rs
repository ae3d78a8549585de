//! What the pane's own keys do.

use super::history::Measure;
use super::work::{self, Run};
use super::{Block, Maintenance, detail};
use crate::domain::task::Job;
use crate::ui::action::Action;
use crate::ui::chart::Scale;
use crate::ui::pane::{Effect, Pane};
use crate::ui::shared::Shared;
use crate::ui::slot::Slot;

impl Maintenance {
    pub(super) fn can_act(&self, action: Action) -> bool {
        match action {
            Action::Enter => self.open.is_some() || self.slot(self.focus).state.selected().is_some(),
            Action::Back => self.open.is_some() || self.kind.is_some() || self.unfolded || self.enlarged,
            Action::LogThere => self.chosen().is_some(),
            Action::Metric | Action::Enlarge => self.open.is_none(),
            Action::Kind => self.open.is_none() && !self.runs.is_empty(),
            _ => false,
        }
    }

    pub(super) fn do_act(&mut self, action: Action, shared: &mut Shared) -> Vec<Effect> {
        match action {
            Action::Enter if self.open.is_some() => return self.log_there(shared),
            Action::LogThere => return self.log_there(shared),
            Action::Enter if self.focus == Block::Filters => {
                let key = self.slot(Block::Filters).state.selected();
                shared.satellite = key.map(|key| key.as_str().to_owned());
            }
            Action::Enter => {
                let Some(run) = self.chosen().cloned() else {
                    return Vec::new();
                };
                let table = detail::table(&run, shared);
                self.slots[Block::Figures as usize] = Slot::default();
                self.put(Block::Figures, table);
                self.open = Some(run);
            }
            Action::Back if self.open.is_some() => self.open = None,
            Action::Back if self.kind.is_some() => self.kind = None,
            Action::Back => (self.unfolded, self.enlarged) = (false, false),
            Action::Metric => self.next_measure(shared),
            Action::Enlarge => self.enlarged = !self.enlarged,
            Action::Kind => {
                self.kind = self.next_kind();
                let word = self.kind.map_or("all kinds of work", work::word);
                shared.say(format!("runs: {word}"));
            }
            _ => {}
        }
        Vec::new()
    }

    /// Shows the history where there was no room for it, then its next measure; after the last it goes again.
    fn next_measure(&mut self, shared: &mut Shared) {
        if self.saw_history {
            self.measure = self.measure.next();
            self.unfolded &= self.measure != Measure::Strip;
        } else {
            (self.unfolded, self.enlarged) = (true, false);
        }
        self.scale = Scale::default();
        shared.say(format!("history: {}", self.measure.name()));
    }

    /// The next kind of which there are runs; after the last, all.
    fn next_kind(&self) -> Option<Job> {
        let after = self.kind;
        let mut kinds = Job::ALL.into_iter().map(|(job, ..)| job);
        kinds.find(|job| after.is_none_or(|after| *job > after) && self.runs.iter().any(|run| run.task.job == *job))
    }

    /// The run that is open, or under the cursor.
    pub(super) fn chosen(&self) -> Option<&Run> {
        if let Some(run) = &self.open {
            return Some(run);
        }
        if self.focus == Block::Filters {
            return None;
        }
        let key = self.slot(self.focus).state.selected()?;
        self.runs.iter().find(|run| run.key == key.as_str())
    }

    /// The log of the node at the moment the run began; where nobody saw that, at the first word of it.
    fn log_there(&self, shared: &mut Shared) -> Vec<Effect> {
        let Some(run) = self.chosen() else {
            return Vec::new();
        };
        let second = run.task.place_ms().div_euclid(1000);
        let now = shared.now_s();
        shared.node = Some(run.task.node.clone());
        shared.time.choose(second, now);
        vec![Effect::Show(Pane::Log)]
    }
}
