//! What the pane's own keys do.

use super::{Latency, NODES, ROWS, SLOW, Shape, TABLES, facts, tables};
use crate::domain::transfer::Quality;
use crate::ui::action::Action;
use crate::ui::chart::Scale;
use crate::ui::pane::{Effect, Pane};
use crate::ui::shared::Shared;

impl Latency {
    pub(super) fn can_act(&self, action: Action, shared: &Shared) -> bool {
        match action {
            Action::Back => self.enlarged || self.unfolded || self.heat_asked,
            Action::Enter => self.opens(shared),
            Action::Metric | Action::WhichAction | Action::WhichQuality | Action::SizeView | Action::HeatStrip => {
                self.told && !self.blind
            }
            Action::Enlarge => self.told,
            _ => false,
        }
    }

    /// Whether Enter leads somewhere from the row under the cursor.
    fn opens(&self, shared: &Shared) -> bool {
        let some = self.slots[self.focus].state.selected().is_some();
        match TABLES[self.focus] {
            NODES => some && shared.node.is_none(),
            SLOW => some,
            _ => some && self.shape == Shape::Satellites,
        }
    }

    pub(super) fn do_act(&mut self, action: Action, shared: &mut Shared) -> Vec<Effect> {
        match action {
            Action::Enter => return self.open(shared),
            Action::Back => {
                (self.enlarged, self.unfolded) = (false, false);
                self.heat_asked = false;
            }
            Action::Enlarge => (self.enlarged, self.unfolded) = (!self.enlarged, false),
            Action::Metric if !self.saw_chart => {
                (self.unfolded, self.enlarged) = (true, false);
                shared.say(format!("the chart shows {}", self.trend.measure.name()));
            }
            Action::Metric => {
                self.trend.measure = self.trend.measure.next();
                self.trend.scale = Scale::default();
                shared.say(format!("the chart shows {}", self.trend.measure.name()));
            }
            Action::WhichAction => {
                self.action = self.next_action(shared);
                self.trend.scale = Scale::default();
                shared.say(format!("nodes are compared by {}", facts::plural(&self.action)));
            }
            Action::WhichQuality => {
                let (next, words) = self.next_quality(shared);
                self.quality = next;
                shared.say(words);
            }
            Action::SizeView => {
                self.shape = self.shape.next();
                shared.say(format!("one node {}", self.shape.title().to_lowercase()));
            }
            // Where they had no room they take that of another block.
            Action::HeatStrip => {
                let seen = self.saw_heat;
                (self.heat, self.heat_asked) = (!seen, !seen);
                self.enlarged &= seen;
                let word = if seen { "hidden" } else { "shown" };
                shared.say(format!("hours of the day are {word}"));
            }
            _ => {}
        }
        Vec::new()
    }

    /// The quality behind the present one that a node that is shown has, and words about it and what was passed over.
    fn next_quality(&self, shared: &Shared) -> (Option<Quality>, String) {
        let mut counts = [0; 3];
        for node in tables::ranked(self.nodes(shared), shared) {
            counts
                .iter_mut()
                .zip(node.qualities)
                .for_each(|(sum, count)| *sum += count);
        }
        // A collector of before did not say.
        if counts == [0; 3] {
            counts = [1; 3];
        }
        let has = |quality: &Quality| counts[*quality as usize] > 0;
        let missing: Vec<&str> = Quality::ALL
            .into_iter()
            .filter(|quality| !has(quality))
            .map(facts::word)
            .collect();
        let passed = match missing.as_slice() {
            [] => String::new(),
            all => format!("; skipped, none is known so: {}", all.join(", ")),
        };
        if missing.len() == 2
            && let Some(only) = Quality::ALL.into_iter().find(has)
        {
            return (None, format!("all durations: {}{passed}", facts::quality_words(only)));
        }
        let from = self.quality.map_or(0, |quality| quality as usize + 1);
        let next = Quality::ALL.into_iter().skip(from).find(has);
        let words = next.map_or("the best that holds most of them", facts::quality_words);
        (next, format!("durations: {words}{passed}"))
    }

    /// The action behind the present one, of those that are known.
    fn next_action(&self, shared: &Shared) -> String {
        let detail = self.detail(shared);
        let rows = detail.into_iter().flat_map(|detail| &detail.rows);
        let mut known: Vec<&str> = rows
            .map(|row| row.action.as_str())
            .filter(|word| !word.is_empty())
            .collect();
        known.extend(["PUT", "GET", "GET_AUDIT"]);
        known.sort_by_key(|action| facts::order(action));
        known.dedup();
        let at = known.iter().position(|action| *action == self.action);
        known[at.map_or(0, |at| (at + 1) % known.len())].to_owned()
    }

    /// Opens what is under the cursor.
    fn open(&self, shared: &mut Shared) -> Vec<Effect> {
        let Some(key) = self.slots[self.focus]
            .state
            .selected()
            .map(|key| key.as_str().to_owned())
        else {
            return Vec::new();
        };
        match TABLES[self.focus] {
            NODES => shared.node = Some(key),
            ROWS => shared.satellite = Some(key).filter(|id| !id.is_empty()),
            _ => {
                if let Some(line) = self.slow_one(&key, shared).map(tables::end_of) {
                    shared.seek(line);
                    return vec![Effect::Show(Pane::Log)];
                }
            }
        }
        Vec::new()
    }
}
