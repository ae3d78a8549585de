//! The line another pane leads to: how a transfer ended, among all that is said of its piece. Called by the pane.

use super::super::shared::{Shared, Sought};
use super::super::table::RowKey;
use super::files::PAST;
use super::parts::{self, Parts};
use super::{LogPane, Open, TAIL};
use crate::api::line::{LogLine, Past};
use crate::domain::transfer::Outcome;

/// What was kept of a transfer may have another moment than its line by so much, ms.
const APART_MS: u64 = 2000;

/// How well a line fits, the best least; `None`: it is another one.
fn fits(sought: &Sought, line: &LogLine) -> Option<(bool, bool, u64)> {
    let parts = Parts::of(line);
    let apart = line.time_ms.abs_diff(sought.time_ms);
    let is_it = line.node == sought.node
        && parts.action == sought.action
        && (sought.satellite_id.is_empty() || parts.satellite == sought.satellite_id)
        && !line.message.ends_with("started")
        && apart <= APART_MS
        && match &sought.piece {
            Some(piece) => parts.piece == *piece,
            None => parts.size == sought.size,
        };
    let word = match sought.outcome {
        Outcome::Success => "loaded",
        Outcome::Canceled => "canceled",
        Outcome::Failed => "failed",
        Outcome::Rejected => "rejected",
    };
    // The pair of a canceled download at DEBUG is not counted.
    is_it.then(|| (!line.message.contains(word), line.level == "DEBUG", apart))
}

impl LogPane {
    /// Goes to what another pane leads to: nothing is left out of what is said of the piece.
    pub(super) fn take_sought(&mut self, shared: &Shared) {
        let Some((nth, sought)) = shared.sought().filter(|(nth, _)| *nth != self.sought.0) else {
            return;
        };
        self.sought = (*nth, Some(sought.clone()));
        self.want.only(sought.piece.clone());
        (self.open, self.focus) = (Open::List, TAIL);
        (self.jump, self.search, self.word) = (None, None, None);
        self.taken.remove(PAST);
        self.tail_state.deselect();
    }

    /// Its row, when the lines around it are there; a word, when it is not among them.
    pub(super) fn found_sought(&mut self, past: &Past, at_ms: i64) -> Option<RowKey> {
        let sought = self.sought.1.take()?;
        if sought.time_ms.div_euclid(1000) != at_ms.div_euclid(1000) {
            return None;
        }
        let lines = past.lines.iter();
        let fitting = lines.filter_map(|line| Some((fits(&sought, line)?, line)));
        let best = fitting.min_by_key(|(fit, _)| *fit);
        if best.is_none() {
            self.word = Some("the line of this transfer is not in the files that are left".to_owned());
        }
        best.map(|(_, line)| RowKey::from(parts::key(line)))
    }
}
