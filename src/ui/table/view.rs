//! Draws a table. Called by the panes; changes nothing, and says what lies where for the mouse.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Color;

use super::super::look::{Theme, Tone};
use super::super::text;
use super::layout::{self, Layout, Slot};
use super::window::Plan;
use super::{Align, Direction, Row, RowKey, Table, TableState, Text, measure};

/// What lies under a place of the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hit<'a> {
    /// A row.
    Row(&'a RowKey),
    /// The heading of a column, by its id.
    Header(&'a str),
}

/// Where a table was drawn.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HitMap {
    /// The rows drawn, from above.
    pub rows: Vec<(Rect, RowKey)>,
    /// The headings drawn, with the ids of their columns.
    pub headers: Vec<(Rect, Text)>,
    /// The place of the first row drawn among all shown.
    pub offset: usize,
}

impl HitMap {
    /// What was drawn at a place of the screen.
    pub fn at(&self, x: u16, y: u16) -> Option<Hit<'_>> {
        let place = Position::new(x, y);
        let row = self.rows.iter().find(|(rect, _)| rect.contains(place));
        let header = self.headers.iter().find(|(rect, _)| rect.contains(place));
        row.map(|(_, key)| Hit::Row(key))
            .or_else(|| header.map(|(_, id)| Hit::Header(id)))
    }
}

/// Draws a table into an area: headings, as many rows as fit with the cursor among them, the footer, and a line
/// about what is not seen. Without the focus the cursor is only a mark.
pub fn render(area: Rect, buf: &mut Buffer, theme: &Theme, table: &Table, state: &TableState, focused: bool) -> HitMap {
    let area = area.intersection(buf.area);
    if area.is_empty() {
        return HitMap::default();
    }
    let layout = layout::layout(table, state, area.as_size());
    let plan = Plan::new(table, state, &layout, area.height);
    let mut pen = Pen {
        buf,
        theme,
        table,
        layout: &layout,
        area,
        y: area.top(),
        hits: HitMap::default(),
    };
    if plan.header {
        pen.header(state);
    }
    pen.body(state, &plan, focused);
    if plan.foot {
        pen.foot();
    }
    if plan.status {
        pen.status(state);
    }
    pen.hits
}

struct Pen<'a> {
    buf: &'a mut Buffer,
    theme: &'a Theme,
    table: &'a Table,
    layout: &'a Layout,
    area: Rect,
    y: u16,
    hits: HitMap,
}

impl Pen<'_> {
    /// Writes what fits of a text, and says where it ended. `x` counts from the left side of the table.
    fn put(&mut self, x: u16, text: &str, width: u16, tone: Tone) -> u16 {
        let (left, right) = (self.area.left().saturating_add(x), self.area.right());
        if left >= right || self.y >= self.area.bottom() {
            return x;
        }
        let width = width.min(right - left);
        let style = self.theme.style(tone);
        let text = text::harmless(text, &self.theme.glyphs);
        let (end, _) = self.buf.set_stringn(left, self.y, text, usize::from(width), style);
        end - self.area.left()
    }

    /// Writes a text to its side of a slot. A text too long is cut; a number too long is not shown at all, for
    /// half a number is another number.
    fn put_in(&mut self, slot: Slot, text: &str, align: Align, tone: Tone) {
        let wide = measure::width(text);
        let more = self.theme.glyphs.more;
        if slot.width == 0 || wide == 0 {
            return;
        }
        match (wide <= slot.width, align) {
            (true, Align::Left) => {
                self.put(slot.x, text, wide, tone);
            }
            (true, Align::Right) => {
                self.put(slot.x + slot.width - wide, text, wide, tone);
            }
            (false, Align::Left) => {
                let end = self.put(slot.x, text, slot.width - 1, tone);
                self.put(end, more, 1, Tone::Muted);
            }
            (false, Align::Right) => {
                self.put(slot.x + slot.width - 1, more, 1, tone);
            }
        }
    }

    fn header(&mut self, state: &TableState) {
        let layout = self.layout;
        for line in &layout.lines {
            for slot in line {
                let Some(column) = self.table.columns.get(slot.column) else {
                    continue;
                };
                let sorted = state.sort().filter(|(id, _)| *id == column.id);
                self.heading(*slot, sorted.map(|(_, direction)| direction));
                if column.sortable {
                    let x = self.area.left().saturating_add(slot.x);
                    let rect = Rect::new(x, self.y, slot.width, 1).intersection(self.area);
                    self.hits.headers.push((rect, column.id.clone()));
                }
            }
            self.y += 1;
        }
    }

    fn heading(&mut self, slot: Slot, sorted: Option<Direction>) {
        let Some(column) = self.table.columns.get(slot.column) else {
            return;
        };
        let (title, unit) = layout::heading(column, self.layout.compact);
        let arrow = match (sorted, self.theme.glyphs.unicode) {
            (None, _) => "",
            (Some(Direction::Up), true) => "▲",
            (Some(Direction::Down), true) => "▼",
            (Some(Direction::Up), false) => "^",
            (Some(Direction::Down), false) => "v",
        };
        let tone = if sorted.is_some() { Tone::Accent } else { Tone::Text };
        let (wide, unit_wide) = (measure::width(title), measure::width(unit));
        let with_unit = !unit.is_empty() && wide + 1 + unit_wide <= slot.width;
        let arrow_wide = u16::from(sorted.is_some() || with_unit);
        let all = wide + arrow_wide + if with_unit { unit_wide } else { 0 };
        if all > slot.width {
            return self.put_in(slot, title, Align::Left, tone);
        }
        let x = match column.align {
            Align::Left => slot.x,
            Align::Right => slot.x + slot.width - all,
        };
        let x = self.put(x, title, wide, tone);
        self.put(x, arrow, 1, tone);
        if with_unit {
            self.put(x + 1, unit, unit_wide, Tone::Muted);
        }
    }

    fn body(&mut self, state: &TableState, plan: &Plan, focused: bool) {
        let top = self.y;
        let end = usize::from(top) + plan.lines;
        let end = u16::try_from(end).unwrap_or(u16::MAX).min(self.area.bottom());
        self.hits.offset = plan.offset;
        let cursor = state.position();
        let mut group = None;
        for place in plan.offset..state.len() {
            let Some(row) = state.row(self.table, place) else {
                continue;
            };
            let new = plan.groups && group != Some(row.group);
            let needs = u16::try_from(self.layout.lines.len()).unwrap_or(2) + u16::from(new);
            // The first row is drawn even where it is cut.
            if self.y >= end || (self.y > top && self.y.saturating_add(needs) > end) {
                break;
            }
            if new {
                group = Some(row.group);
                let heading = self.table.groups.get(usize::from(row.group)).map_or("", |text| text);
                let room = usize::from(self.area.width.saturating_sub(2));
                self.message(text::parts(heading, room), Tone::Accent);
            }
            self.row(row, cursor == Some(place), focused, end);
        }
        if state.is_empty() {
            self.nothing(state);
        }
    }

    fn nothing(&mut self, state: &TableState) {
        if self.table.rows.is_empty() {
            self.message(&self.table.empty, Tone::Muted);
        } else {
            self.message(&format!("no row holds {}", state.filter()), Tone::Muted);
        }
    }

    /// A line of its own, beside the gutter.
    fn message(&mut self, text: &str, tone: Tone) {
        let slot = Slot {
            column: 0,
            x: 1,
            width: self.area.width.saturating_sub(1),
        };
        self.put_in(slot, text, Align::Left, tone);
        self.y += 1;
    }

    fn row(&mut self, row: &Row, selected: bool, focused: bool, end: u16) {
        let top = self.y;
        if selected {
            self.put(0, ">", 1, Tone::Accent);
        }
        if let Some((glyph, tone)) = row.mark {
            self.put(1, glyph, 1, tone);
        }
        self.cells(row, end);
        let rect = Rect::new(self.area.left(), top, self.area.width, self.y - top);
        if selected && focused {
            self.highlight(rect);
        }
        self.hits.rows.push((rect, row.key.clone()));
    }

    fn cells(&mut self, row: &Row, end: u16) {
        let layout = self.layout;
        for line in &layout.lines {
            if self.y >= end {
                return;
            }
            for slot in line {
                let column = self.table.columns.get(slot.column);
                if let (Some(cell), Some(column)) = (row.cells.get(slot.column), column) {
                    self.put_in(*slot, &cell.text, column.align, cell.tone);
                }
            }
            self.y += 1;
        }
    }

    /// Colours of weight would be stripes in the cursor's line; warnings and the slant of old news stay.
    fn highlight(&mut self, rect: Rect) {
        let signal = [Tone::Good, Tone::Warn, Tone::Bad].map(|tone| self.theme.style(tone).fg);
        for place in rect.intersection(self.buf.area).positions() {
            if let Some(cell) = self.buf.cell_mut(place) {
                if !signal.contains(&Some(cell.fg)) {
                    cell.fg = Color::Reset;
                }
                cell.set_style(self.theme.style(Tone::Selected));
            }
        }
    }

    fn foot(&mut self) {
        let layout = self.layout;
        let bottom = self.area.bottom();
        let rule = self.theme.glyphs.rule;
        for slot in layout.lines.iter().take(1).flatten() {
            for n in 0..slot.width {
                self.put(slot.x + n, rule, 1, Tone::Muted);
            }
        }
        self.y += 1;
        let table = self.table;
        for row in &table.foot {
            if let Some((glyph, tone)) = row.mark {
                self.put(1, glyph, 1, tone);
            }
            self.cells(row, bottom);
        }
    }

    /// What is not seen: the filter and how many it lets through, new rows that wait, the place in the list.
    fn status(&mut self, state: &TableState) {
        let width = self.area.width;
        let mut said: Vec<String> = Vec::new();
        if state.fresh() > 0 {
            said.push(format!("+{} new", state.fresh()));
        }
        let (first, drawn) = (self.hits.offset, self.hits.rows.len());
        if drawn > 0 && drawn < state.len() {
            let dash = if self.theme.glyphs.unicode { "–" } else { "-" };
            let last = first + drawn;
            said.push(format!("{}{dash}{last} of {}", first + 1, state.len()));
        }
        if !state.filter().is_empty() {
            said.push(format!("{} of {} match", state.len(), self.table.rows.len()));
        }
        let said = said.join("  ");
        let wide = measure::width(&said).saturating_add(1).min(width);
        let right = Slot {
            column: 0,
            x: width - wide,
            width: wide.saturating_sub(1),
        };
        self.put_in(right, &said, Align::Left, Tone::Muted);
        if !state.filter().is_empty() && right.x > 4 {
            let x = self.put(1, "/", 1, Tone::Key);
            let slot = Slot {
                column: 0,
                x,
                width: (right.x - 1).saturating_sub(x),
            };
            self.put_in(slot, state.filter(), Align::Left, Tone::Text);
        }
        self.y += 1;
    }
}
