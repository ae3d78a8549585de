//! A table and where the viewer is in it, as panes keep them.

use super::table::{Table, TableState};

/// One table of a pane.
pub(super) struct Slot {
    pub(super) table: Table,
    pub(super) state: TableState,
}

impl Default for Slot {
    fn default() -> Self {
        Self {
            table: Table::new(Vec::new(), Vec::new()).empty("reading …"),
            state: TableState::default(),
        }
    }
}

impl Slot {
    /// Takes up new data.
    pub(super) fn put(&mut self, table: Table) {
        self.table = table;
        self.state.update(&self.table);
    }

    /// A table with the keys shows where they are.
    pub(super) fn rest_on_a_row(&mut self) {
        self.state.rest_on_a_row(&self.table);
    }

    /// The key of the row under the cursor.
    pub(super) fn selected(&self) -> Option<&str> {
        self.state.selected().map(|key| key.as_str())
    }

    /// As [`super::pane::View::table`] gives it.
    pub(super) fn both(&self) -> (&Table, &TableState) {
        (&self.table, &self.state)
    }

    /// As [`super::pane::View::table_mut`] gives it.
    pub(super) fn both_mut(&mut self) -> (&Table, &mut TableState) {
        (&self.table, &mut self.state)
    }

    /// What is to be found again the next time.
    pub(super) fn memory(&self) -> serde_json::Value {
        serde_json::to_value(self.state.memory()).unwrap_or_default()
    }

    /// Goes on from there; what does not fit is passed over.
    pub(super) fn recall(&mut self, memory: &serde_json::Value) {
        let memory = serde_json::from_value(memory.clone());
        self.state.recall(memory.unwrap_or_default());
    }
}
