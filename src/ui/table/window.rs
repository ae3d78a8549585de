//! What a table's height allows, and which rows are seen. Called by the view.

use super::layout::Layout;
use super::{Table, TableState};

/// A quiet table with fewer lines than this says nothing of what is not seen.
const QUIET_BELOW: usize = 5;

/// What the height allows.
pub(super) struct Plan {
    pub(super) header: bool,
    pub(super) foot: bool,
    pub(super) status: bool,
    /// Sections have their headings.
    pub(super) groups: bool,
    /// Lines for rows and headings of sections.
    pub(super) lines: usize,
    /// The first row to draw.
    pub(super) offset: usize,
}

impl Plan {
    pub(super) fn new(table: &Table, state: &TableState, layout: &Layout, height: u16) -> Self {
        let tall = layout.lines.len().max(1);
        let mut lines = usize::from(height);
        let header = lines >= 2 * tall;
        lines -= if header { tall } else { 0 };
        let foot_lines = 1 + table.foot.len() * tall;
        // Where there are more rows, a line says which are seen.
        let least = tall * state.len().clamp(1, 3) + usize::from(state.len() > 3);
        let foot = !table.foot.is_empty() && lines >= foot_lines + least;
        lines -= if foot { foot_lines } else { 0 };
        let mut groups = !table.groups.is_empty() && lines > tall;
        let window = |lines, groups| Window {
            table,
            state,
            tall,
            lines,
            groups,
        };
        let says = !state.filter().is_empty() || state.fresh() > 0;
        // Of a few lines none is spared for the place.
        let spare = !table.quiet || lines >= QUIET_BELOW * tall;
        let status = lines > tall && (says || spare && window(lines, groups).first() > 0);
        lines -= usize::from(status);
        groups &= lines > tall;
        let offset = window(lines, groups).offset();
        Self {
            header,
            foot,
            status,
            groups,
            lines,
            offset,
        }
    }
}

/// The part of the rows that is seen.
struct Window<'a> {
    table: &'a Table,
    state: &'a TableState,
    tall: usize,
    lines: usize,
    groups: bool,
}

impl Window<'_> {
    fn group(&self, place: usize) -> Option<u16> {
        self.state.row(self.table, place).map(|row| row.group)
    }

    /// The earliest first row with which a row is still seen whole.
    fn first_for(&self, last: usize) -> usize {
        let mut used = self.tall + usize::from(self.groups);
        let mut first = last;
        while first > 0 {
            let new = self.groups && self.group(first - 1) != self.group(first);
            used += self.tall + usize::from(new);
            if used > self.lines {
                break;
            }
            first -= 1;
        }
        first
    }

    /// The first row of the last page.
    fn first(&self) -> usize {
        self.state.len().checked_sub(1).map_or(0, |last| self.first_for(last))
    }

    /// The first row to draw: where the viewer was, or as near as shows the cursor.
    fn offset(&self) -> usize {
        let offset = self.state.offset().min(self.first());
        match self.state.position() {
            Some(cursor) => offset.min(cursor).max(self.first_for(cursor)),
            None => offset,
        }
    }
}
