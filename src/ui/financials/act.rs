//! What the pane's own keys do.

use super::asks;
use super::earned::By;
use super::lines::Picture;
use super::{Block, Financials, Sheet};
use super::{cash, costs};
use crate::domain::money::Month;
use crate::ui::action::Action;
use crate::ui::pane::Effect;
use crate::ui::shared::Shared;
use crate::ui::table::RowKey;

impl Financials {
    pub(super) fn can_act(&self, action: Action, shared: &Shared) -> bool {
        let told = !self.book.nodes.is_empty();
        match action {
            Action::Back => self.sheet != Sheet::Month || self.scope.month.is_some() || self.unfolded,
            Action::Enter => self.sheet == Sheet::Month && self.selected(self.focus_now()).is_some(),
            Action::Metric => self.sheet == Sheet::Month && told,
            Action::ByWhom => self.sheet == Sheet::Month && self.book.nodes.len() > 1,
            Action::Yields | Action::Range => told,
            Action::Costs => !shared.nodes().is_empty(),
            Action::Earlier => told && self.step(-1, shared).is_some(),
            Action::Later => told && self.step(1, shared).is_some(),
            _ => false,
        }
    }

    fn selected(&self, block: Block) -> Option<&str> {
        self.slot(block).state.selected().map(RowKey::as_str)
    }

    pub(super) fn do_act(&mut self, action: Action, shared: &mut Shared) -> Vec<Effect> {
        match action {
            Action::Enter => self.open(shared),
            Action::Costs => {
                let row = match self.focus_now() {
                    block @ (Block::Nodes | Block::Yields) => self.selected(block),
                    _ => None,
                };
                return costs::edit(row, shared);
            }
            Action::Back if self.sheet != Sheet::Month => self.sheet = Sheet::Month,
            Action::Back if self.unfolded => self.unfolded = false,
            Action::Back => self.scope.month = None,
            Action::Metric => self.next_picture(shared),
            Action::ByWhom => {
                self.by = self.by.turned();
                self.on_months = false;
                shared.say(format!("the month by {}", self.by.word()));
            }
            Action::Yields => {
                self.sheet = match self.sheet {
                    Sheet::Yields => Sheet::Month,
                    _ => Sheet::Yields,
                };
                self.on_second = false;
            }
            Action::Range => {
                self.scope.all = !self.scope.all;
                shared.say(if self.scope.all { "all years" } else { "12 months" });
            }
            Action::Earlier | Action::Later => {
                let by = if action == Action::Earlier { -1 } else { 1 };
                if let Some(month) = self.step(by, shared) {
                    self.go_to(month, shared);
                }
            }
            _ => {}
        }
        Vec::new()
    }

    fn open(&mut self, shared: &mut Shared) {
        let block = self.focus_now();
        let Some(key) = self.selected(block).map(str::to_owned) else {
            return;
        };
        match block {
            Block::Months => {
                if let Ok(month) = key.parse::<Month>() {
                    (self.sheet, self.on_second) = (Sheet::Open(month), false);
                }
            }
            Block::Nodes => shared.node = Some(key),
            // What each node earns of it; of one node there is nothing to tell apart.
            Block::Satellites => {
                shared.satellite = Some(key);
                if self.book.nodes.len() > 1 {
                    self.by = By::Node;
                }
            }
            _ => {}
        }
    }

    /// Shows the picture where there was no room for it, then the next one.
    fn next_picture(&mut self, shared: &mut Shared) {
        if self.saw_both {
            // Bars stand beside the lines already.
            self.picture = match self.picture {
                Picture::Cumulative => Picture::Through,
                _ => Picture::Cumulative,
            };
        } else if self.saw_picture {
            self.picture = self.picture.next();
        } else {
            self.unfolded = true;
        }
        shared.say(format!("shown: {}", self.picture.name()));
    }

    /// The month before or after the one that is looked at; `None`: there is none.
    fn step(&self, by: i32, shared: &Shared) -> Option<Month> {
        let running = asks::running(shared);
        let now = match self.sheet {
            Sheet::Open(month) => month,
            _ => self.scope.month.unwrap_or(running),
        };
        let month = now.plus(by);
        let oldest = self.book.months.last().map(|sum| sum.month);
        // Of a year's history nobody knows how much is before it.
        let cut = !self.scope.all && self.book.months.len() >= asks::YEAR as usize;
        let known = oldest.is_some_and(|oldest| month >= oldest || (cut && month == oldest.plus(-1)));
        (month <= running && known).then_some(month)
    }

    fn go_to(&mut self, month: Month, shared: &mut Shared) {
        if let Sheet::Open(_) = self.sheet {
            self.sheet = Sheet::Open(month);
        } else {
            self.scope.month = (month != asks::running(shared)).then_some(month);
        }
        shared.say(cash::month(month));
    }
}
