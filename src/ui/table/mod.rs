//! The one table of the screen: what it holds. Panes fill it; the modules here lay it out, sort, draw and copy it.

pub mod copy;
#[cfg(test)]
mod drawn;
mod filter;
mod layout;
mod measure;
mod order;
#[cfg(test)]
mod sample;
mod state;
mod view;
mod window;

use std::borrow::Cow;
use std::sync::Arc;

pub use state::{Direction, TableMemory, TableState};
pub use view::{Hit, HitMap, render};

use super::look::{Glyphs, Tone};
use super::text;

/// A text that is mostly known when the program is built.
pub type Text = Cow<'static, str>;

/// The widest a column of text gets unless it says otherwise, in characters of the terminal.
const WIDEST: u16 = 32;
/// The narrowest a column of text gets unless it says otherwise.
const NARROWEST: u16 = 4;

/// To which side the cells of a column are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    /// Text: cut where there is no room.
    Left,
    /// Numbers: never cut.
    Right,
}

/// A column: what it is called and how it gives way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// What sorting, filters and the chooser call it.
    pub id: Text,
    /// Its heading.
    pub title: Text,
    /// Its heading where room is scarce; empty: the same.
    pub short: Text,
    /// The unit of its numbers, drawn dim behind the heading; empty without one.
    pub unit: Text,
    /// The side of its cells.
    pub align: Align,
    /// Where the screen is narrow the highest goes first; 0 stays.
    pub priority: u8,
    /// Text is not cut below this many characters.
    pub min: u16,
    /// The column does not grow beyond this many characters.
    pub max: u16,
    /// Takes what room is left, gives its own first. The first such column is meant.
    pub flexible: bool,
    /// Whether it can be sorted by.
    pub sortable: bool,
    /// The direction it is first sorted in.
    pub first: Direction,
    /// Whether it is shown until the viewer chooses.
    pub shown: bool,
}

impl Column {
    /// A column of text: to the left, sorted upwards.
    pub fn text(id: impl Into<Text>, title: impl Into<Text>) -> Self {
        Self {
            id: id.into(),
            title: title.into(),
            short: Text::Borrowed(""),
            unit: Text::Borrowed(""),
            align: Align::Left,
            priority: 0,
            min: NARROWEST,
            max: WIDEST,
            flexible: false,
            sortable: true,
            first: Direction::Up,
            shown: true,
        }
    }

    /// A column of numbers: to the right, sorted downwards.
    pub fn number(id: impl Into<Text>, title: impl Into<Text>) -> Self {
        Self {
            align: Align::Right,
            max: u16::MAX,
            first: Direction::Down,
            ..Self::text(id, title)
        }
    }

    /// With a unit in the heading.
    pub fn unit(self, unit: impl Into<Text>) -> Self {
        Self {
            unit: unit.into(),
            ..self
        }
    }

    /// With a shorter heading for narrow screens.
    pub fn short(self, short: impl Into<Text>) -> Self {
        Self {
            short: short.into(),
            ..self
        }
    }

    /// With its place in the order of giving way.
    pub fn priority(self, priority: u8) -> Self {
        Self { priority, ..self }
    }

    /// Taking the room that is left, and giving its own first, down to `min` characters.
    pub fn flexible(self, min: u16) -> Self {
        Self {
            flexible: true,
            min,
            max: u16::MAX,
            ..self
        }
    }

    /// With bounds for its text, in characters.
    pub fn bounds(self, min: u16, max: u16) -> Self {
        Self {
            min,
            max: max.max(min),
            ..self
        }
    }

    /// First sorted in this direction.
    pub fn first(self, first: Direction) -> Self {
        Self { first, ..self }
    }

    /// Not to be sorted by: bars, sparklines.
    pub fn unsortable(self) -> Self {
        Self {
            sortable: false,
            ..self
        }
    }

    /// Shown only when the viewer asks for it.
    pub fn hidden(self) -> Self {
        Self { shown: false, ..self }
    }

    /// The heading with its unit, for copies and details.
    pub fn heading(&self) -> Text {
        if self.unit.is_empty() {
            return self.title.clone();
        }
        Text::Owned(format!("{} {}", self.title, self.unit))
    }
}

/// What a cell is sorted by.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum SortKey {
    /// This number, in the column's own unit. Not-a-number counts as unknown.
    Number(f64),
    /// The cell's text, without regard to case; digits in it count as numbers.
    Text,
    /// Unknown, or does not apply: last in both directions.
    None,
}

/// One value as it is shown.
#[derive(Debug, Clone, PartialEq)]
pub struct Cell {
    /// What is drawn.
    pub text: Text,
    /// What it means.
    pub tone: Tone,
    /// What it is sorted by.
    pub sort: SortKey,
    /// The whole id of what the text is a short name of: files have both.
    pub id: Option<Box<str>>,
}

impl Cell {
    /// A text, sorted as such.
    pub fn text(text: impl Into<Text>) -> Self {
        Self {
            text: text.into(),
            tone: Tone::Text,
            sort: SortKey::Text,
            id: None,
        }
    }

    /// A number as written, and as sorted.
    pub fn number(text: impl Into<Text>, value: f64) -> Self {
        Self {
            sort: SortKey::Number(value),
            ..Self::text(text)
        }
    }

    /// Not known: sorts last.
    pub fn unknown() -> Self {
        Self {
            sort: SortKey::None,
            tone: Tone::Muted,
            ..Self::text("?")
        }
    }

    /// Does not apply: sorts last.
    pub fn absent() -> Self {
        Self {
            sort: SortKey::None,
            tone: Tone::Muted,
            ..Self::text("–")
        }
    }

    /// Nothing at all, as in a footer.
    pub fn empty() -> Self {
        Self {
            sort: SortKey::None,
            ..Self::text("")
        }
    }

    /// With the whole id of what it names; none where it is empty.
    pub fn of(self, id: &str) -> Self {
        Self {
            id: Some(id.into()).filter(|_| !id.is_empty()),
            ..self
        }
    }

    /// With another meaning.
    pub fn tone(self, tone: Tone) -> Self {
        Self { tone, ..self }
    }

    /// Whether it says more than that nothing is known, or that it does not apply.
    fn tells(&self) -> bool {
        !matches!(self.text.trim(), "" | "?" | "–")
    }
}

/// Who a row is, whatever its place and values. Cheap to copy.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RowKey(Arc<str>);

impl RowKey {
    /// The key as the pane gave it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for RowKey {
    fn from(key: &str) -> Self {
        Self(key.into())
    }
}

impl From<String> for RowKey {
    fn from(key: String) -> Self {
        Self(key.into())
    }
}

/// One row.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Its identity, unique in the table.
    pub key: RowKey,
    /// The mark before it: one character of the terminal wide.
    pub mark: Option<(&'static str, Tone)>,
    /// As many as the table has columns; missing ones are empty.
    pub cells: Vec<Cell>,
    /// Its section: the place in [`Table::groups`]. Rows are sorted inside their section.
    pub group: u16,
}

impl Row {
    /// A row without a mark, in the first section.
    pub fn new(key: impl Into<RowKey>, cells: Vec<Cell>) -> Self {
        Self {
            key: key.into(),
            mark: None,
            cells,
            group: 0,
        }
    }

    /// With a mark before it.
    pub fn mark(self, glyph: &'static str, tone: Tone) -> Self {
        Self {
            mark: Some((glyph, tone)),
            ..self
        }
    }

    /// In a section of the table.
    pub fn group(self, group: u16) -> Self {
        Self { group, ..self }
    }

    /// Foreign text is measured as it will be drawn.
    fn make_harmless(&mut self) {
        for cell in &mut self.cells {
            if let Cow::Owned(clean) = text::harmless(&cell.text, &Glyphs::UNICODE) {
                cell.text = Cow::Owned(clean);
            }
        }
    }

    /// The text of a cell, empty where there is none.
    pub fn text_at(&self, column: usize) -> &str {
        self.cells.get(column).map_or("", |cell| &cell.text)
    }
}

/// What a table shows: made anew for new data, measured once.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    columns: Vec<Column>,
    rows: Vec<Row>,
    foot: Vec<Row>,
    groups: Vec<Text>,
    empty: Text,
    two_lines: bool,
    /// Says nothing of rows that are not seen.
    quiet: bool,
    /// The widest cell of each column.
    widths: Vec<u16>,
    /// Whether any row knows something in a column.
    known: Vec<bool>,
}

impl Table {
    /// A table with these columns and rows; the order of the rows is the one without sorting.
    pub fn new(columns: Vec<Column>, mut rows: Vec<Row>) -> Self {
        rows.iter_mut().for_each(Row::make_harmless);
        let mut table = Self {
            widths: vec![0; columns.len()],
            // Without rows nothing is said against a column.
            known: vec![rows.is_empty(); columns.len()],
            columns,
            rows: Vec::new(),
            foot: Vec::new(),
            groups: Vec::new(),
            empty: Text::Borrowed("nothing here yet"),
            two_lines: true,
            quiet: false,
        };
        for row in &rows {
            table.measure(row);
            let cells = table.known.iter_mut().zip(&row.cells);
            cells.for_each(|(known, cell)| *known |= cell.tells());
        }
        table.rows = rows;
        table
    }

    /// With rows that stay at the bottom, below a rule: neither sorted nor filtered.
    pub fn foot(mut self, mut foot: Vec<Row>) -> Self {
        foot.iter_mut().for_each(Row::make_harmless);
        foot.iter().for_each(|row| self.measure(row));
        Self { foot, ..self }
    }

    /// With sections: the headings by [`Row::group`].
    pub fn groups(self, groups: Vec<Text>) -> Self {
        Self { groups, ..self }
    }

    /// With the words for a table without rows: what to do about it.
    pub fn empty(self, empty: impl Into<Text>) -> Self {
        Self {
            empty: empty.into(),
            ..self
        }
    }

    /// Always one line a row, however narrow.
    pub fn one_line(self) -> Self {
        Self {
            two_lines: false,
            ..self
        }
    }

    /// Where there are few lines, none is spent on which rows of how many are seen.
    pub fn quiet(self) -> Self {
        Self { quiet: true, ..self }
    }

    /// Whether rows stay at its bottom.
    pub fn has_foot(&self) -> bool {
        !self.foot.is_empty()
    }

    /// Its columns.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// Its rows, in the order given.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// The place of a column.
    pub fn column(&self, id: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.id == id)
    }

    /// The row of a key. Looks at every row.
    pub fn row(&self, key: &RowKey) -> Option<&Row> {
        self.rows.iter().find(|row| row.key == *key)
    }

    /// Whether its rows are in sections.
    pub fn has_sections(&self) -> bool {
        !self.groups.is_empty()
    }

    /// The heading of the section a row is in.
    pub fn section(&self, row: &Row) -> &str {
        self.groups.get(usize::from(row.group)).map_or("", |text| text)
    }

    fn measure(&mut self, row: &Row) {
        for (width, cell) in self.widths.iter_mut().zip(&row.cells) {
            *width = (*width).max(measure::width(&cell.text));
        }
    }
}
