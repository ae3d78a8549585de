//! What the pane's own keys do.

use super::asks::{self, Drill};
use super::block::Block;
use super::errors;
use super::{Traffic, peers};
use crate::api::snapshot::Geo;
use crate::ui::action::Action;
use crate::ui::chart::Scale;
use crate::ui::pane::{Effect, Pane};
use crate::ui::shared::{Shared, Sought};

impl Traffic {
    pub(super) fn can_act(&self, action: Action, shared: &Shared) -> bool {
        let drilled = self.drill.is_some();
        match action {
            Action::Enter => self.opens(),
            Action::Back => drilled || self.enlarged,
            Action::Metric | Action::Direction | Action::Enlarge | Action::SizeView => !drilled,
            Action::Average => !drilled && shared.nodes().len() > 1 && shared.node.is_none(),
            Action::GoNodes | Action::GoPeers | Action::GoPieces | Action::GoErrors => !drilled,
            _ => false,
        }
    }

    /// Whether Enter leads somewhere from the row under the cursor.
    fn opens(&self) -> bool {
        let focus = self.focus_now();
        let leads = matches!(
            focus,
            Block::Satellites | Block::Nodes | Block::Errors | Block::Pieces | Block::Examples
        );
        leads && self.slot(focus).state.selected().is_some()
    }

    pub(super) fn do_act(&mut self, action: Action, shared: &mut Shared) -> Vec<Effect> {
        match action {
            Action::Enter => return self.open(shared),
            Action::Back if self.drill.is_some() => self.drill = None,
            Action::Back => self.enlarged = false,
            Action::Metric => {
                self.live.metric = self.live.metric.next();
                self.live.scale = Scale::default();
                shared.say(format!("the chart shows {}", self.live.metric.unit()));
            }
            Action::Average => {
                self.live.average = !self.live.average;
                self.live.scale = Scale::default();
                shared.say(match self.live.average {
                    true => "the chart shows the mean of a node",
                    false => "the chart shows the sum of all nodes",
                });
            }
            Action::Direction => self.uploads_first = !self.uploads_first,
            Action::SizeView => {
                self.size_view = self.size_view.next();
                shared.say(format!("sizes: {}", self.size_view.name()));
            }
            Action::Enlarge => self.enlarged = !self.enlarged,
            Action::GoNodes => self.go(Block::Nodes),
            Action::GoPieces => self.go(Block::Pieces),
            Action::GoErrors => self.go(Block::Errors),
            Action::GoPeers => {
                let geo = peers::Told::of(shared).geo() != Geo::Off;
                let other = self.focus == Block::Peers && geo;
                self.go(if other { Block::Countries } else { Block::Peers });
            }
            _ => {}
        }
        Vec::new()
    }

    fn go(&mut self, block: Block) {
        self.focus = block;
    }

    /// The line of the log behind one of the examples.
    fn example(&self, key: &str, shared: &Shared) -> Option<Sought> {
        let slot = asks::examples_key(shared, self.drill.as_ref()?);
        errors::line_of(key, shared.answers.of(asks::EXAMPLES, &slot)?.ok()?)
    }

    /// Opens what is under the cursor.
    fn open(&mut self, shared: &mut Shared) -> Vec<Effect> {
        let focus = self.focus_now();
        let Some(key) = self.slot(focus).state.selected().map(|key| key.as_str().to_owned()) else {
            return Vec::new();
        };
        match focus {
            Block::Satellites => shared.satellite = Some(key).filter(|id| !id.is_empty()),
            Block::Nodes => shared.node = Some(key),
            Block::Errors => {
                let error = self.errors.iter().find(|error| error.key() == key);
                self.drill_into(error.map(errors::Error::drill));
            }
            Block::Pieces => {
                let piece = key.split('\t').next().map(str::to_owned);
                self.drill_into(piece.map(Drill::Piece));
            }
            Block::Examples => {
                if let Some(line) = self.example(&key, shared) {
                    shared.seek(line);
                    return vec![Effect::Show(Pane::Log)];
                }
            }
            _ => {}
        }
        Vec::new()
    }

    fn drill_into(&mut self, drill: Option<Drill>) {
        if drill.is_some() {
            let slot = self.slot_mut(Block::Examples);
            *slot = super::Slot::new(Block::Examples);
        }
        self.drill = drill;
    }
}
