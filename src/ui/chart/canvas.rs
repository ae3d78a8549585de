//! Dots finer than cells: braille, half blocks or plain characters. Called by the drawing.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::Glyphs;

/// How fine lines are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resolution {
    /// 2 × 4 dots a cell.
    Braille,
    /// 1 × 2 dots a cell.
    HalfBlock,
    /// One character a cell, another for each series.
    Ascii,
}

impl Resolution {
    /// The finest the terminal can show.
    pub fn of(glyphs: &Glyphs) -> Self {
        if glyphs.unicode { Self::Braille } else { Self::Ascii }
    }

    /// Dots of a cell, across and down.
    pub fn dots(self) -> (u16, u16) {
        match self {
            Self::Braille => (2, 4),
            Self::HalfBlock => (1, 2),
            Self::Ascii => (1, 1),
        }
    }
}

/// Bits of the braille block, by column and row of dots.
const BRAILLE: [[u8; 4]; 2] = [[0x01, 0x02, 0x04, 0x40], [0x08, 0x10, 0x20, 0x80]];

/// A cell with something drawn in it.
pub(super) struct Drawn {
    pub x: u16,
    pub y: u16,
    pub glyph: char,
    /// Who drew there last.
    pub owner: u8,
}

/// A grid of dots over an area.
pub(super) struct Canvas {
    area: Rect,
    resolution: Resolution,
    dots: Vec<(u8, u8)>,
}

impl Canvas {
    pub fn new(area: Rect, resolution: Resolution) -> Self {
        Self {
            area,
            resolution,
            dots: vec![(0, 0); usize::from(area.width) * usize::from(area.height)],
        }
    }

    /// Rows of dots.
    pub fn rows(&self) -> usize {
        usize::from(self.area.height) * usize::from(self.resolution.dots().1)
    }

    /// Sets a dot; one outside is nothing.
    pub fn set(&mut self, x: usize, y: usize, owner: u8) {
        let (across, down) = self.resolution.dots();
        let (across, down) = (usize::from(across), usize::from(down));
        let (cell_x, cell_y) = (x / across, y / down);
        if cell_x >= usize::from(self.area.width) {
            return;
        }
        if let Some(dot) = self.dots.get_mut(cell_y * usize::from(self.area.width) + cell_x) {
            let bit = match self.resolution {
                Resolution::Braille => BRAILLE[x % 2][y % 4],
                Resolution::HalfBlock => 1 << (y % 2),
                Resolution::Ascii => 1,
            };
            *dot = (dot.0 | bit, owner);
        }
    }

    /// Sets the dots of a column from one row to another, both included, in any order.
    pub fn column(&mut self, x: usize, from: usize, to: usize, owner: u8) {
        for y in from.min(to)..=from.max(to) {
            self.set(x, y, owner);
        }
    }

    /// Leads a line from a column to a later one: dots of all columns after the first.
    pub fn line(&mut self, from: (usize, usize), to: (usize, usize), owner: u8, seen: impl Fn(usize) -> bool) {
        let across = to.0.saturating_sub(from.0).max(1);
        let row = |n: usize| {
            let share = n as f64 / across as f64;
            (from.1 as f64 + (to.1 as f64 - from.1 as f64) * share).round() as usize
        };
        for n in 1..=to.0.saturating_sub(from.0) {
            let (before, here) = (row(n - 1), row(n));
            // A steep line fills each column from where the last one ended.
            let start = match here.cmp(&before) {
                std::cmp::Ordering::Greater => before + 1,
                std::cmp::Ordering::Less => before - 1,
                std::cmp::Ordering::Equal => here,
            };
            if seen(from.0 + n) {
                self.column(from.0 + n, start, here, owner);
            }
        }
    }

    /// All cells with dots. `plain` gives the character of an owner where there are no dots to see.
    pub fn drawn(&self, plain: impl Fn(u8) -> char) -> impl Iterator<Item = Drawn> {
        let width = usize::from(self.area.width).max(1);
        self.dots
            .iter()
            .enumerate()
            .filter(|(_, (bits, _))| *bits != 0)
            .map(move |(at, (bits, owner))| Drawn {
                x: self.area.x + (at % width) as u16,
                y: self.area.y + (at / width) as u16,
                owner: *owner,
                glyph: match self.resolution {
                    Resolution::Braille => char::from_u32(0x2800 + u32::from(*bits)).unwrap_or('*'),
                    Resolution::HalfBlock => ['▀', '▀', '▄', '█'][usize::from(bits & 3)],
                    Resolution::Ascii => plain(*owner),
                },
            })
    }
}

/// Writes text from a cell to the right, cut at the edge of the area; control characters are left out. Returns
/// the column after it.
pub(super) fn say(buf: &mut Buffer, area: Rect, (x, y): (u16, u16), text: &str, style: ratatui::style::Style) -> u16 {
    let area = area.intersection(buf.area);
    if x < area.x || x >= area.right() || y < area.y || y >= area.bottom() {
        return x;
    }
    buf.set_stringn(x, y, text, usize::from(area.right() - x), style).0
}

/// Writes a glyph into a cell, if there is such a cell.
pub(super) fn put(buf: &mut Buffer, x: u16, y: u16, glyph: char, style: ratatui::style::Style) {
    if let Some(cell) = buf.cell_mut((x, y)) {
        cell.set_char(glyph).set_style(style);
    }
}
