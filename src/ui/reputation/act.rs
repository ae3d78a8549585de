//! What the pane's own keys do.

use super::{FAILURES, Reputation, SCORES, failures};
use crate::ui::action::Action;
use crate::ui::pane::{Effect, Pane};
use crate::ui::shared::Shared;

impl Reputation {
    pub(super) fn can_act(&self, action: Action) -> bool {
        match action {
            Action::Enter if self.focus == FAILURES => self.failures.selected().is_some(),
            Action::Enter => !self.alone && self.scores.selected().is_some(),
            Action::Back => self.alone || self.unfolded,
            Action::Metric => !self.entries.is_empty(),
            _ => false,
        }
    }

    pub(super) fn do_act(&mut self, action: Action, shared: &mut Shared) -> Vec<Effect> {
        match action {
            Action::Enter if self.focus == FAILURES => return self.to_the_log(shared),
            Action::Enter => self.alone = true,
            Action::Back if self.unfolded => self.unfolded = false,
            Action::Back => {
                self.alone = false;
                self.focus = SCORES;
            }
            Action::Metric => {
                // The table has a column of the score, too: it turns where there is no chart yet.
                self.history.turn();
                self.unfolded |= !self.saw_chart;
                shared.say(format!(
                    "the chart shows the {}",
                    self.history.score.title().to_lowercase()
                ));
            }
            _ => {}
        }
        Vec::new()
    }

    /// The line of the log that tells how the audit failed.
    fn to_the_log(&self, shared: &mut Shared) -> Vec<Effect> {
        let key = self.failures.selected();
        let Some(line) = key.and_then(|key| failures::line_of(key, &self.entries)) else {
            return Vec::new();
        };
        shared.seek(line);
        vec![Effect::Show(Pane::Log)]
    }
}
