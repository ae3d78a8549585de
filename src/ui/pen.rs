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

    /// A rule over the whole line, with a title at its left and words at its right. Of words in parts (`a · b`) the
    /// last ones give way first; none is cut.
    pub fn rule(&mut self, title: &str, words: &str) {
        self.put(title, Tone::Accent);
        let words = fitting(words, self.left());
        let right = text::width(words) as u16;
        let end = if right > 0 {
            self.area.width - right - 3
        } else {
            self.area.width
        };
        while self.at < end && self.left() > 0 {
            self.put(self.theme.glyphs.rule, Tone::Muted);
        }
        if right > 0 {
            self.put(&format!(" {words} "), Tone::Muted);
            self.put(self.theme.glyphs.rule, Tone::Muted);
        }
    }
}

/// As many parts of the words, from the first on, as have room with a space at each side and a piece of the rule.
fn fitting(words: &str, room: u16) -> &str {
    let mut words = words;
    while !words.is_empty() && text::width(words) + 3 > usize::from(room) {
        words = words.rsplit_once(" · ").map_or("", |(first, _)| first);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::look::Glyphs;

    #[test]
    fn words_of_a_rule_give_way_part_by_part() {
        let theme = Theme::new(Glyphs::ASCII, false);
        let drawn = |width: u16| {
            let area = Rect::new(0, 0, width, 1);
            let mut buffer = Buffer::empty(area);
            Pen::new(&mut buffer, area, &theme).rule(" TAIL ", "live · +7 new · End");
            let cells = buffer.content.iter().map(ratatui::buffer::Cell::symbol);
            cells.collect::<String>()
        };
        assert_eq!(drawn(30), " TAIL -- live . +7 new . End -");
        assert_eq!(drawn(27), " TAIL ----- live . +7 new -");
        assert_eq!(drawn(13), " TAIL  live -");
        assert_eq!(drawn(12), " TAIL ------");
        assert_eq!(drawn(3), " TA");
    }
}
