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
mod tests {
    use super::super::{Cell, sample};
    use super::*;

    /// The keys shown, the one under the cursor in brackets.
    fn seen(state: &TableState) -> String {
        let keys = state.keys.iter().map(|key| {
            if state.selected() == Some(key) {
                format!("[{}]", key.as_str())
            } else {
                key.as_str().to_owned()
            }
        });
        keys.collect::<Vec<_>>().join(" ")
    }

    fn on(names: &[&str]) -> (Table, TableState) {
        let table = sample::names(names);
        let mut state = TableState::default();
        state.update(&table);
        (table, state)
    }

    #[test]
    fn moving() {
        let (_, mut state) = on(&["a", "b", "c", "d", "e"]);
        state.page = 3;
        type Act = fn(&mut TableState);
        let script: [(Act, &str); 12] = [
            (TableState::up, "a b c d [e]"),
            (TableState::down, "a b c d [e]"),
            (TableState::page_up, "a b [c] d e"),
            (TableState::home, "[a] b c d e"),
            (TableState::up, "[a] b c d e"),
            (TableState::down, "a [b] c d e"),
            (TableState::page_down, "a b c [d] e"),
            (TableState::page_down, "a b c d [e]"),
            (|state| state.scroll(-9), "a b [c] d e"),
            (|state| state.scroll(1), "a b [c] d e"),
            (|state| state.scroll(99), "a b [c] d e"),
            (TableState::end, "a b c d [e]"),
        ];
        for (step, (act, expected)) in script.into_iter().enumerate() {
            act(&mut state);
            assert_eq!(seen(&state), expected, "step {step}");
        }
        state.deselect();
        state.down();
        assert_eq!(seen(&state), "[a] b c d e");
    }

    #[test]
    fn moving_in_nothing_is_nothing() {
        let (table, mut state) = on(&[]);
        state.up();
        state.end();
        state.page_down();
        state.scroll(3);
        state.sort_by(&table, "node");
        state.settle(&table);
        assert_eq!((seen(&state), state.resting()), (String::new(), false));
    }

    #[test]
    fn the_cursor_stays_on_its_row_or_goes_to_the_neighbour() {
        let (_, mut state) = on(&["a", "b", "c", "d"]);
        state.select(&"c".into());
        for (names, expected) in [
            (&["d", "c", "b", "a"][..], "a b [c] d"),
            (&["d", "b", "a"], "a b [d]"),
            (&["b", "a"], "a [b]"),
            (&["a", "x"], "[a]"),
            (&["y", "x"], ""),
            (&["y", "x"], "y x"),
        ] {
            state.update(&sample::names(names));
            assert_eq!(seen(&state), expected, "{names:?}");
        }
    }

    #[test]
    fn rows_hold_still_under_the_cursor_until_it_is_settled() {
        let rows = |rates: &[(&'static str, f64)]| {
            let rows = rates.iter().map(|(name, rate)| {
                let rate = Cell::number(format!("{rate}"), *rate);
                Row::new(*name, vec![Cell::text(*name), rate])
            });
            Table::new(
                vec![Column::text("node", "NODE"), Column::number("in", "IN")],
                rows.collect(),
            )
        };
        let mut state = TableState::sorted_by("in", Direction::Down);
        state.update(&rows(&[("a", 1.0), ("b", 2.0)]));
        state.update(&rows(&[("a", 3.0), ("b", 2.0)]));
        assert_eq!(seen(&state), "a b");
        state.down();
        let new = rows(&[("n", 9.0), ("a", 1.0), ("b", 2.0), ("m", 5.0)]);
        state.update(&new);
        assert_eq!((seen(&state).as_str(), state.fresh()), ("[a] b", 2));
        state.down();
        assert_eq!((seen(&state).as_str(), state.fresh()), ("a [b]", 2));
        assert_eq!(
            state.rows(&new).map(|row| row.text_at(1)).collect::<Vec<_>>(),
            ["1", "2"]
        );
        state.settle(&new);
        assert_eq!((seen(&state).as_str(), state.fresh()), ("n m [b] a", 0));
    }

    #[test]
    fn the_cursor_waits_on_the_first_row_until_something_is_known_of_it() {
        let (table, mut state) = on(&["a", "b", "c"]);
        state.rest_on_known(&table, |_| false);
        state.rest_on_a_row(&table);
        assert_eq!(seen(&state), "[a] b c");
        let later = sample::names(&["c", "a", "b"]);
        state.update(&later);
        state.rest_on_known(&later, |key| key.as_str() == "c");
        assert_eq!(seen(&state), "[c] a b");
        state.update(&table);
        state.rest_on_known(&table, |_| false);
        assert_eq!(seen(&state), "a b [c]", "something was known of it");
        let (table, mut state) = on(&["a", "b"]);
        state.rest_on_known(&table, |_| false);
        state.down();
        state.rest_on_known(&table, |_| false);
        assert_eq!(seen(&state), "a [b]", "a person moved it");
    }

    #[test]
    fn other_rows_are_all_there_once_they_are_asked_for() {
        let (_, mut state) = on(&["a", "b", "c"]);
        state.select(&"b".into());
        state.loosen();
        state.update(&sample::names(&["b"]));
        state.rest_on_a_row(&sample::names(&["b"]));
        assert_eq!(seen(&state), "[b]");
        state.loosen();
        state.update(&sample::names(&["a", "b", "c"]));
        assert_eq!((seen(&state).as_str(), state.fresh()), ("a [b] c", 0));
    }

    #[test]
    fn what_is_looked_at_keeps_its_place_on_the_screen() {
        let (table, mut state) = on(&["a", "b", "c", "d", "e", "f"]);
        (state.offset, state.page) = (2, 3);
        state.select(&"d".into());
        let longer = sample::names(&["x", "y", "a", "b", "c", "d", "e", "f"]);
        state.settle(&longer);
        assert_eq!((state.position(), state.offset), (Some(5), 4));
        state.deselect();
        state.update(&table);
        assert_eq!(state.offset, 2, "without a cursor the first row seen holds");
    }

    #[test]
    fn sorting() {
        let table = sample::overview();
        let mut state = TableState::default();
        state.update(&table);
        state.select(&"eave".into());
        state.sort_by(&table, "money");
        assert_eq!(seen(&state), "[eave] attic barn cellar dock forge");
        state.sort_by(&table, "money");
        assert_eq!(seen(&state), "forge dock cellar barn attic [eave]");
        state.sort_by(&table, "money");
        assert_eq!(
            (state.sort(), seen(&state).as_str()),
            (None, "barn dock cellar attic [eave] forge")
        );
        state.sort_by(&table, "online");
        assert_eq!(seen(&state), "attic [eave] cellar barn dock forge", "unknown is last");
        state.reverse(&table);
        assert_eq!(seen(&state), "dock barn cellar attic [eave] forge");
        state.sort_by(&table, "tb");
        assert_eq!(state.sort(), Some(("online", Direction::Up)), "not to be sorted by");
    }

    #[test]
    fn the_next_sorting_skips_hidden_columns_and_ends_without() {
        let table = sample::overview();
        let mut state = TableState::default();
        state.toggle_column(&table, "version");
        let mut seen = Vec::new();
        loop {
            state.sort_next(&table);
            match state.sort() {
                Some((id, _)) => seen.push(id.to_owned()),
                None => break,
            }
        }
        let expected = "node state audit left online in out up down disk full money";
        assert_eq!(seen.join(" "), expected);
    }

    #[test]
    fn the_last_column_cannot_be_hidden() {
        let table = sample::overview();
        let mut state = TableState::default();
        table
            .columns
            .iter()
            .for_each(|column| state.toggle_column(&table, &column.id));
        let shown: Vec<&str> = table
            .columns
            .iter()
            .filter(|c| state.shows(c))
            .map(|c| &*c.id)
            .collect();
        assert_eq!(shown, ["money"]);
        state.toggle_column(&table, "node");
        assert!(state.shows(&table.columns[0]));
    }

    #[test]
    fn a_filter_takes_the_cursor_to_the_neighbour() {
        let table = sample::overview();
        let mut state = TableState::default();
        state.update(&table);
        state.select(&"dock".into());
        state.set_filter(&table, "ok");
        assert_eq!(seen(&state), "[attic] eave");
        state.set_filter(&table, "");
        assert_eq!(seen(&state), "barn dock cellar [attic] eave forge");
    }

    #[test]
    fn a_table_not_taken_up_shows_nothing_wrong() {
        let (_, mut state) = on(&["a", "b", "c"]);
        state.end();
        let other = sample::names(&["b", "a", "c"]);
        let rows: Vec<&str> = state.rows(&other).map(|row| row.key.as_str()).collect();
        assert_eq!(rows, ["c"]);
        assert_eq!(state.rows(&sample::names(&[])).count(), 0);
    }
}
