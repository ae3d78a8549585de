//! Writes text into a buffer, clipped to its place: foreign text becomes harmless on the way.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use super::look::{Theme, Tone};
use super::text;

/// Writes on from where it is, within one line.
pub struct Pen<'a> {
    buffer: &'a mut Buffer,
    area: Rect,
    theme: &'a Theme,
    at: u16,
}

impl<'a> Pen<'a> {
    /// At the begin of `area`'s first line.
    pub fn new(buffer: &'a mut Buffer, area: Rect, theme: &'a Theme) -> Self {
        let area = area.intersection(buffer.area);
        Self {
            buffer,
            area,
            theme,
            at: 0,
        }
    }

    /// Columns left in the line; none where there is no line.
    pub fn left(&self) -> u16 {
        match self.area.height {
            0 => 0,
            _ => self.area.width.saturating_sub(self.at),
        }
    }

    /// Goes to a column, unless it is there already or beyond.
    pub fn to(&mut self, column: u16) {
        self.at = self.at.max(column);
    }

    /// Writes a text, as much of it as there is room for.
    pub fn put(&mut self, text: &str, tone: Tone) {
        let style = self.theme.style(tone);
        let text = text::harmless(text, &self.theme.glyphs);
        for shown in text.graphemes(true) {
            let width = shown.width() as u16;
            if width > self.left() {
                return;
            }
            let (x, y) = (self.area.x + self.at, self.area.y);
            if let Some(cell) = self.buffer.cell_mut((x, y)) {
                cell.set_symbol(shown).set_style(style);
            }
            self.at += width;
        }
    }

    /// Writes a text that is cut with the mark for it when it does not fit in `width` columns.
    pub fn put_in(&mut self, text: &str, width: u16, tone: Tone) {
        let text = text::fit(text, usize::from(width), &self.theme.glyphs);
        self.put(&text, tone);
    }

    /// A rule over the whole line, with a title at its left and words at its right.
    pub fn rule(&mut self, title: &str, words: &str) {
        self.put(title, Tone::Accent);
        let words = match words {
            "" => String::new(),
            words => format!(" {words} "),
        };
        let right = text::width(&words) as u16;
        let end = match right {
            0 => self.area.width,
            // Words that have no room beside the title are left out, not cut.
            right if self.at + right + 1 > self.area.width => self.area.width,
            right => self.area.width - right - 1,
        };
        let right = if end == self.area.width { 0 } else { right };
        while self.at < end && self.left() > 0 {
            self.put(self.theme.glyphs.rule, Tone::Muted);
        }
        if right > 0 {
            self.put(&words, Tone::Muted);
        }
        while right > 0 && self.left() > 0 {
            self.put(self.theme.glyphs.rule, Tone::Muted);
        }
    }
}
