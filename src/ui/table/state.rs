//! Where the viewer is in a table: cursor, scroll, order, filter, columns. Panes keep one for each table and tell
//! it what happened; the view reads it.

use std::collections::{HashMap, HashSet};

use super::filter::Filter;
use super::{Column, Hit, HitMap, Row, RowKey, Table, Text, order};

/// Which way a column is sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// The least first.
    Up,
    /// The greatest first.
    Down,
}

impl Direction {
    fn turned(self) -> Self {
        match self {
            Self::Up => Self::Down,
            Self::Down => Self::Up,
        }
    }
}

/// What is kept of a table between two sessions: order, columns turned round. Not the filter: rows that are
/// missing without a reason in sight would frighten.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct TableMemory {
    sort: Option<(String, bool)>,
    columns: Vec<String>,
}

/// The viewer's side of a table. Once the cursor was moved, new data no longer reorders the rows until
/// [`TableState::settle`], a new order or a new filter.
#[derive(Debug, Clone, Default)]
pub struct TableState {
    selected: Option<RowKey>,
    sort: Option<(Text, Direction)>,
    filter: Filter,
    /// Columns whose showing the viewer turned round.
    toggled: Vec<Text>,
    /// The rows shown: where in the table, and who.
    places: Vec<usize>,
    keys: Vec<RowKey>,
    /// The first row drawn, and how many were.
    offset: usize,
    page: usize,
    resting: bool,
    /// Nobody chose the row under the cursor, and nothing was known of it.
    waits: bool,
    fresh: usize,
    /// The columns that were drawn.
    drawn: Vec<Text>,
}

impl TableState {
    /// A state sorted from the start.
    pub fn sorted_by(id: impl Into<Text>, direction: Direction) -> Self {
        Self {
            sort: Some((id.into(), direction)),
            ..Self::default()
        }
    }

    /// What is to be found again the next time.
    pub fn memory(&self) -> TableMemory {
        TableMemory {
            sort: self
                .sort()
                .map(|(id, direction)| (id.to_owned(), direction == Direction::Down)),
            columns: self.toggled.iter().map(|id| id.clone().into_owned()).collect(),
        }
    }

    /// Goes on from there.
    pub fn recall(&mut self, memory: TableMemory) {
        let way = |down| if down { Direction::Down } else { Direction::Up };
        self.sort = memory.sort.map(|(id, down)| (id.into(), way(down)));
        self.toggled = memory.columns.into_iter().map(Text::Owned).collect();
    }

    /// Takes up new data. Needed after every change of the table.
    pub fn update(&mut self, table: &Table) {
        if self.resting && !self.keys.is_empty() {
            self.update_resting(table);
        } else {
            self.rebuild(table);
        }
    }

    /// Puts the rows in order again after the cursor rested, and shows the new ones.
    pub fn settle(&mut self, table: &Table) {
        self.resting = false;
        self.rebuild(table);
    }

    /// A table with the keys shows where they are: without a cursor it is put on the first row.
    pub fn rest_on_a_row(&mut self, table: &Table) {
        if self.selected.is_none() {
            self.rest_on_known(table, |_| true);
        }
    }

    /// The same, where the order follows from what is still to come: until something is known of its row, and nobody
    /// moved it, the cursor stays on the first row, whichever that is.
    pub fn rest_on_known(&mut self, table: &Table, is_known: impl Fn(&RowKey) -> bool) {
        if (self.selected.is_none() || self.waits) && !self.is_empty() {
            // The order first: what comes to be known changes it.
            self.settle(table);
            self.home();
            self.settle(table);
            self.waits = self.selected.as_ref().is_some_and(|key| !is_known(key));
        }
    }

    /// Other rows are asked for: they need not hold still under the cursor, which stays on its row where it can.
    pub fn loosen(&mut self) {
        self.resting = false;
    }

    /// Whether rows hold still until told otherwise.
    pub fn resting(&self) -> bool {
        self.resting
    }

    /// How many new rows wait for [`TableState::settle`].
    pub fn fresh(&self) -> usize {
        self.fresh
    }

    /// The row under the cursor.
    pub fn selected(&self) -> Option<&RowKey> {
        self.selected.as_ref()
    }

    /// Puts the cursor on a row; nothing if the row is not shown.
    pub fn select(&mut self, key: &RowKey) {
        if let Some(place) = self.keys.iter().position(|shown| shown == key) {
            self.go(place);
        }
    }

    /// Takes the cursor away and lets the rows move again with the next data.
    pub fn deselect(&mut self) {
        self.selected = None;
        self.resting = false;
    }

    /// The cursor's place among the rows shown, from 0.
    pub fn position(&self) -> Option<usize> {
        let selected = self.selected.as_ref()?;
        self.keys.iter().position(|key| key == selected)
    }

    /// How many rows are shown, on the screen or by scrolling.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether no row is shown.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// The rows shown, in their order. A table not yet taken up by [`TableState::update`] gives only rows it has
    /// in the same places.
    pub fn rows<'a>(&'a self, table: &'a Table) -> impl DoubleEndedIterator<Item = &'a Row> {
        (0..self.keys.len()).filter_map(|place| self.row(table, place))
    }

    pub(super) fn row<'a>(&self, table: &'a Table, place: usize) -> Option<&'a Row> {
        let row = table.rows.get(*self.places.get(place)?)?;
        (self.keys.get(place) == Some(&row.key)).then_some(row)
    }

    pub(super) fn offset(&self) -> usize {
        self.offset
    }

    /// One row up. Without a cursor, the last row.
    pub fn up(&mut self) {
        let last = self.keys.len().saturating_sub(1);
        self.go(self.position().map_or(last, |place| place.saturating_sub(1)));
    }

    /// One row down. Without a cursor, the first row.
    pub fn down(&mut self) {
        self.go(self.position().map_or(0, |place| place.saturating_add(1)));
    }

    /// A page up: what was the first row becomes the last.
    pub fn page_up(&mut self) {
        self.page_by(-1);
    }

    /// A page down: what was the last row becomes the first.
    pub fn page_down(&mut self) {
        self.page_by(1);
    }

    fn page_by(&mut self, pages: isize) {
        let step = self.page.saturating_sub(1).max(1).cast_signed() * pages;
        let place = self.position().unwrap_or(self.offset);
        self.offset = self.offset.saturating_add_signed(step);
        self.go(place.saturating_add_signed(step));
    }

    /// The first row.
    pub fn home(&mut self) {
        self.go(0);
    }

    /// The last row.
    pub fn end(&mut self) {
        self.go(usize::MAX);
    }

    /// Scrolls by rows, as a wheel does: the cursor stays until it would leave the screen.
    pub fn scroll(&mut self, rows: isize) {
        let last = self.keys.len().saturating_sub(self.page.max(1));
        self.offset = self.offset.saturating_add_signed(rows).min(last);
        self.resting = true;
        if let Some(place) = self.position() {
            let bottom = self.offset + self.page.max(1) - 1;
            self.go(place.clamp(self.offset, bottom));
        }
    }

    /// A click on a place of the screen: a row gets the cursor, a header sorts. False if neither is there.
    pub fn click(&mut self, table: &Table, hits: &HitMap, x: u16, y: u16) -> bool {
        match hits.at(x, y) {
            Some(Hit::Row(key)) => self.select(&key.clone()),
            Some(Hit::Header(id)) => self.sort_by(table, id),
            None => return false,
        }
        true
    }

    /// Remembers what was drawn: scrolling starts from there.
    pub fn saw(&mut self, hits: &HitMap) {
        self.offset = hits.offset;
        self.page = hits.rows.len();
        self.drawn = hits.headers.iter().map(|(_, id)| id.clone()).collect();
    }

    fn go(&mut self, place: usize) {
        let place = place.min(self.keys.len().saturating_sub(1));
        self.selected = self.keys.get(place).cloned();
        self.resting = self.selected.is_some();
        self.waits = false;
    }

    /// The column and direction sorted by, if any.
    pub fn sort(&self) -> Option<(&str, Direction)> {
        self.sort.as_ref().map(|(id, direction)| (&**id, *direction))
    }

    pub(super) fn sorted_column(&self, table: &Table) -> Option<usize> {
        self.sort.as_ref().and_then(|(id, _)| table.column(id))
    }

    /// Sorts by the next column shown; after the last, the table's own order is back.
    pub fn sort_next(&mut self, table: &Table) {
        let from = self.sorted_column(table).map_or(0, |at| at + 1);
        let columns = table.columns.iter().skip(from);
        let seen = |column: &Column| self.drawn.is_empty() || self.drawn.contains(&column.id);
        let next = columns
            .into_iter()
            .find(|column| column.sortable && self.shows(column) && seen(column));
        self.sort = next.map(|column| (column.id.clone(), column.first));
        self.rebuild(table);
    }

    /// Sorts by a column; again, the other way round; a third time, in the table's own order.
    pub fn sort_by(&mut self, table: &Table, id: &str) {
        let Some(column) = table.columns.iter().find(|column| column.id == id && column.sortable) else {
            return;
        };
        self.sort = match self.sort() {
            Some((now, direction)) if now == id && direction == column.first => {
                Some((column.id.clone(), direction.turned()))
            }
            Some((now, _)) if now == id => None,
            _ => Some((column.id.clone(), column.first)),
        };
        self.rebuild(table);
    }

    /// Turns the order of the sorted column round.
    pub fn reverse(&mut self, table: &Table) {
        if let Some((_, direction)) = &mut self.sort {
            *direction = direction.turned();
            self.rebuild(table);
        }
    }

    /// The filter as typed.
    pub fn filter(&self) -> &str {
        &self.filter.text
    }

    /// Shows only rows that hold all words of a text, in any case. `!word` must not be there, `column:word` is
    /// looked for in one column, words in double quotes belong together. Empty: all rows.
    pub fn set_filter(&mut self, table: &Table, text: &str) {
        self.filter = Filter::new(text);
        self.rebuild(table);
    }

    /// Whether a column is wanted; on a narrow screen it may yet be left out.
    pub fn shows(&self, column: &Column) -> bool {
        column.shown != self.toggled.contains(&column.id)
    }

    /// Shows or hides a column; the last one stays.
    pub fn toggle_column(&mut self, table: &Table, id: &str) {
        let Some(column) = table.columns.iter().find(|column| column.id == id) else {
            return;
        };
        let others = table.columns.iter().filter(|other| other.id != id);
        if self.shows(column) && !others.into_iter().any(|other| self.shows(other)) {
            return;
        }
        match self.toggled.iter().position(|toggled| toggled == id) {
            Some(at) => drop(self.toggled.remove(at)),
            None => self.toggled.push(column.id.clone()),
        }
    }

    /// Everything anew: filter, order, cursor, scroll.
    fn rebuild(&mut self, table: &Table) {
        let mut places = self.filter.passing(table);
        let by = self.sort.as_ref();
        let by = by.and_then(|(id, direction)| table.column(id).map(|at| (at, *direction)));
        order::sort(&mut places, &table.rows, by);
        self.fresh = 0;
        self.take(table, places);
    }

    /// Rows keep their order, those gone leave it, new ones wait.
    fn update_resting(&mut self, table: &Table) {
        let rows = table.rows.iter().enumerate();
        let now: HashMap<&RowKey, usize> = rows.map(|(at, row)| (&row.key, at)).collect();
        let places: Vec<usize> = self.keys.iter().filter_map(|key| now.get(key).copied()).collect();
        let kept: HashSet<usize> = places.iter().copied().collect();
        let passing = self.filter.passing(table);
        self.fresh = passing.iter().filter(|at| !kept.contains(at)).count();
        self.take(table, places);
    }

    /// Takes an order over: the cursor stays on its row, or goes to the neighbour; what was looked at keeps its
    /// place on the screen.
    fn take(&mut self, table: &Table, places: Vec<usize>) {
        let keys: Vec<RowKey> = places
            .iter()
            .filter_map(|at| table.rows.get(*at).map(|row| row.key.clone()))
            .collect();
        let before = self.position();
        let watched = before.or((self.offset > 0).then_some(self.offset));
        if let Some(watched) = watched {
            let now: HashMap<&RowKey, usize> = keys.iter().enumerate().map(|(place, key)| (key, place)).collect();
            let after = self.keys.iter().skip(watched);
            let ahead = self.keys.iter().take(watched).rev();
            let place = after.chain(ahead).find_map(|key| now.get(key).copied());
            let moved = place.unwrap_or(0).cast_signed() - watched.cast_signed();
            self.offset = self.offset.saturating_add_signed(moved);
            if before.is_some() {
                self.selected = place.and_then(|place| keys.get(place).cloned());
            }
        }
        (self.places, self.keys) = (places, keys);
        if self.position().is_none() {
            self.selected = None;
        }
        self.offset = self.offset.min(self.keys.len().saturating_sub(1));
    }
}

#[cfg(test)]
mod tests;
