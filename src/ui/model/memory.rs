//! What a person finds again the next time: pane, node, range, look, orders and filters of tables.

use serde::{Deserialize, Serialize};

use super::super::chart::Range;
use super::super::pane::Pane;
use super::Model;

/// What is kept between two sessions of one person.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Memory {
    /// The pane, by its id.
    pub pane: String,
    /// The node looked at alone.
    pub node: Option<String>,
    /// The satellite looked at alone, by its id.
    pub satellite: Option<String>,
    /// The range of charts, by its name.
    pub range: String,
    /// The theme that was chosen on the screen.
    pub theme: Option<String>,
    /// Whether the mouse is ours.
    pub mouse: Option<bool>,
    /// When the screen was last looked at, ms since the epoch.
    pub looked_ms: Option<i64>,
    /// What the panes want to know again, by their ids.
    pub panes: serde_json::Map<String, serde_json::Value>,
}

impl Model {
    /// What a person finds again the next time.
    pub fn memory(&self) -> Memory {
        let panes = Pane::ALL.map(|pane| (pane.id().to_owned(), self.panes.of(pane).memory()));
        Memory {
            pane: self.pane.id().to_owned(),
            node: self.shared.node.clone(),
            satellite: self.shared.satellite.clone(),
            range: self.shared.time.range.name().to_owned(),
            theme: Some(self.shared.theme.name().to_owned()),
            mouse: Some(self.mouse),
            looked_ms: Some(self.shared.now_ms),
            panes: panes.into_iter().collect(),
        }
    }

    /// Goes on from there; what does not fit any more is passed over.
    pub fn recall(&mut self, memory: &Memory) {
        self.pane = Pane::of(&memory.pane).unwrap_or(self.pane);
        self.shared.node.clone_from(&memory.node);
        self.shared.satellite.clone_from(&memory.satellite);
        let range = Range::ALL.into_iter().find(|range| range.name() == memory.range);
        self.shared.time.range = range.unwrap_or(self.shared.time.range);
        let theme = memory
            .theme
            .as_deref()
            .and_then(|name| self.shared.theme.with_name(name));
        self.shared.theme = theme.unwrap_or_else(|| self.shared.theme.clone());
        self.mouse = memory.mouse.unwrap_or(self.mouse);
        self.shared.looked_ms = memory.looked_ms;
        for pane in Pane::ALL {
            if let Some(value) = memory.panes.get(pane.id()) {
                self.panes.of_mut(pane).recall(value);
            }
        }
        self.refresh();
    }
}
