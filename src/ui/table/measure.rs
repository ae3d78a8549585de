//! Widths of texts in characters of the terminal. Called by the table, its layout and its view.

use ratatui::buffer::CellWidth;
use unicode_segmentation::UnicodeSegmentation;

/// How many characters of the terminal a text takes: as the buffer will draw it, so control characters take none.
pub(super) fn width(text: &str) -> u16 {
    let plain = text.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    let wide = if plain {
        text.len()
    } else {
        text.graphemes(true)
            .filter(|grapheme| !grapheme.contains(char::is_control))
            .map(|grapheme| usize::from(grapheme.cell_width()))
            .sum()
    };
    u16::try_from(wide).unwrap_or(u16::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths_are_the_terminals() {
        for (text, wide) in [
            ("", 0),
            ("attic", 5),
            ("36.77 –", 7),
            ("倉庫", 4),
            ("🦀 x", 4),
            ("👩‍👩‍👧", 2),
            ("e\u{301}", 1),
            ("a\u{1b}[31m\n", 5),
            ("\u{202e}ab", 2),
        ] {
            assert_eq!(width(text), wide, "{text:?}");
        }
        assert_eq!(width(&"x".repeat(70_000)), u16::MAX);
    }
}
