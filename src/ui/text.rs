//! Text in columns of a terminal: its width, cut, padded, wrapped, and made harmless. Called by all widgets.
//!
//! What comes out of `fit`, `right`, `middle` and `wrap` is harmless, wherever it came from.

use std::borrow::Cow;

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use super::look::Glyphs;
use crate::support::foreign::is_hidden;

/// A letter may carry so many marks and joined letters; more is an attack on the lines above and below.
const LONGEST_GRAPHEME: usize = 8;

/// Columns a text takes.
pub fn width(text: &str) -> usize {
    if plain(text) {
        return text.len();
    }
    text.graphemes(true).map(UnicodeWidthStr::width).sum()
}

/// A text in exactly so many columns: padded at the right, or cut with the mark for it.
pub fn fit(text: &str, columns: usize, glyphs: &Glyphs) -> String {
    let text = harmless(text, glyphs);
    let taken = width(&text);
    let (mut fitted, taken) = if taken <= columns {
        (text.into_owned(), taken)
    } else {
        cut(&text, columns, glyphs)
    };
    fitted.extend(std::iter::repeat_n(' ', columns - taken));
    fitted
}

/// A figure in exactly so many columns, at their right end. A figure is never cut: one that is too wide is not
/// shown, and the mark for it stands in its place.
pub fn right(text: &str, columns: usize, glyphs: &Glyphs) -> String {
    let text = harmless(text, glyphs);
    let shown = match width(&text) <= columns {
        true => &*text,
        false if columns == 0 => "",
        false => glyphs.more,
    };
    let mut fitted = " ".repeat(columns.saturating_sub(width(shown)));
    fitted.push_str(shown);
    fitted
}

/// A line of parts between ` · `: as many from the first on as fit whole; only the first is ever cut.
pub fn parts(text: &str, columns: usize) -> &str {
    const BETWEEN: &str = " · ";
    let mut fitting = text;
    while width(fitting) > columns {
        let Some(end) = fitting.rfind(BETWEEN) else { break };
        fitting = &fitting[..end];
    }
    fitting
}

/// An id or a path in at most so many columns: both ends are kept, the middle is cut.
pub fn middle(text: &str, columns: usize, glyphs: &Glyphs) -> String {
    let text = harmless(text, glyphs);
    if width(&text) <= columns {
        return text.into_owned();
    }
    let Some(room) = columns.checked_sub(width(glyphs.more)) else {
        return String::new();
    };
    let (head, taken) = taken(text.graphemes(true), room.div_ceil(2));
    // What a wide letter left over at the cut goes to the tail.
    let (tail, _) = self::taken(text.graphemes(true).rev(), room - taken);
    let mut short: String = head.concat();
    short.push_str(glyphs.more);
    short.extend(tail.into_iter().rev());
    short
}

/// The end of a text in at most so many columns: where letters are typed.
pub fn tail(text: &str, columns: usize, glyphs: &Glyphs) -> String {
    let text = harmless(text, glyphs);
    let (mut parts, _) = taken(text.graphemes(true).rev(), columns);
    parts.reverse();
    parts.concat()
}

/// A text in lines of at most so many columns, broken at spaces, and inside of words that are too long. Line
/// ends stay; runs of spaces become one. In no columns there are no lines.
pub fn wrap(text: &str, columns: usize, glyphs: &Glyphs) -> Vec<String> {
    let mut lines = Vec::new();
    if columns == 0 {
        return lines;
    }
    for paragraph in text.split('\n') {
        let paragraph = harmless(paragraph.strip_suffix('\r').unwrap_or(paragraph), glyphs);
        wrap_line(&paragraph, columns, glyphs, &mut lines);
    }
    lines
}

fn wrap_line(paragraph: &str, columns: usize, glyphs: &Glyphs, lines: &mut Vec<String>) {
    let mut line = String::new();
    let mut taken = 0;
    for word in paragraph.split(' ').filter(|word| !word.is_empty()) {
        let wide = width(word);
        if taken > 0 && taken + 1 + wide <= columns {
            line.push(' ');
            line.push_str(word);
            taken += 1 + wide;
            continue;
        }
        if taken > 0 {
            lines.push(std::mem::take(&mut line));
            taken = 0;
        }
        for grapheme in word.graphemes(true) {
            // A letter wider than the line has no place anywhere.
            let grapheme = if grapheme.width() > columns {
                glyphs.more
            } else {
                grapheme
            };
            if taken + grapheme.width() > columns {
                lines.push(std::mem::take(&mut line));
                taken = 0;
            }
            line.push_str(grapheme);
            taken += grapheme.width();
        }
    }
    lines.push(line);
}

/// Foreign text as a terminal may have it, in one line: what steers the terminal, turns the reading direction or
/// hides is replaced by a visible mark, a tab by a space. In the plain set nothing but ASCII is left.
pub fn harmless<'a>(text: &'a str, glyphs: &Glyphs) -> Cow<'a, str> {
    if plain(text) {
        return Cow::Borrowed(text);
    }
    let mark = if glyphs.unicode { "\u{fffd}" } else { "." };
    let visible: String = text
        .chars()
        .map(|c| match c {
            '\t' => ' ',
            c if is_hidden(c) => '\u{fffd}',
            c => c,
        })
        .collect();
    let mut clean = String::with_capacity(visible.len());
    for (n, grapheme) in visible.graphemes(true).enumerate() {
        if n == 0 && joins(grapheme) {
            // It would join whatever it is written behind.
            clean.push_str(mark);
        } else if grapheme.starts_with(' ') && grapheme.len() > 1 {
            // A mark on a space would stand alone where lines are broken.
            clean.push(' ');
            clean.push_str(mark);
        } else if grapheme.width() == 0 || grapheme.chars().count() > LONGEST_GRAPHEME {
            clean.push_str(mark);
        } else if glyphs.unicode || grapheme.is_ascii() {
            clean.push_str(grapheme);
        } else {
            clean.push_str(ascii(grapheme));
        }
    }
    Cow::Owned(clean)
}

/// Whether a letter joins a space before it.
fn joins(grapheme: &str) -> bool {
    !grapheme.is_ascii() && format!(" {grapheme}").graphemes(true).count() == 1
}

/// Whether a text is printable ASCII, as nearly all are.
fn plain(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}

/// The plain form of a letter or mark; `.` where there is none.
fn ascii(grapheme: &str) -> &'static str {
    match grapheme {
        "−" | "–" | "—" | "‐" | "‑" | "─" => "-",
        "│" => "|",
        "…" | "≈" => "~",
        "\u{a0}" | "\u{2009}" | "\u{202f}" => " ",
        "≥" | "›" => ">",
        "≤" | "‹" => "<",
        "¹" => "1",
        "²" => "2",
        "×" => "x",
        "÷" => "/",
        "±" => "+-",
        "→" => ">",
        "←" => "<",
        "↑" | "▲" => "^",
        "↓" => "v",
        "●" => "*",
        "○" => "o",
        "█" => "#",
        "“" | "”" | "„" => "\"",
        "‘" | "’" | "‚" => "'",
        _ => ".",
    }
}

/// The begin that fits beside the mark, and the mark; and the columns of both.
fn cut(text: &str, columns: usize, glyphs: &Glyphs) -> (String, usize) {
    let more = width(glyphs.more);
    let Some(room) = columns.checked_sub(more) else {
        return (String::new(), 0);
    };
    let (parts, taken) = taken(text.graphemes(true), room);
    (parts.concat() + glyphs.more, taken + more)
}

/// As many graphemes as fit, and their columns.
fn taken<'a>(graphemes: impl Iterator<Item = &'a str>, columns: usize) -> (Vec<&'a str>, usize) {
    let mut parts = Vec::new();
    let mut taken = 0;
    for grapheme in graphemes {
        if taken + grapheme.width() > columns {
            break;
        }
        taken += grapheme.width();
        parts.push(grapheme);
    }
    (parts, taken)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const RICH: Glyphs = Glyphs::UNICODE;
    const PLAIN: Glyphs = Glyphs::ASCII;

    #[test]
    fn fits_by_columns_not_by_letters() {
        let cases = [
            ("attic", 7, "attic  "),
            ("attic", 5, "attic"),
            ("attic", 4, "att…"),
            ("attic", 1, "…"),
            ("attic", 0, ""),
            ("", 3, "   "),
            ("日本語", 6, "日本語"),
            ("日本語", 5, "日本…"),
            ("日本語", 4, "日… "),
            ("e\u{301}te\u{301}", 2, "e\u{301}…"),
        ];
        for (text, columns, fitted) in cases {
            assert_eq!(fit(text, columns, &RICH), fitted, "{text} in {columns}");
        }
        assert_eq!(fit("attic", 4, &PLAIN), "att~");
    }

    #[test]
    fn a_figure_is_whole_or_not_there() {
        assert_eq!(right("36.77", 7, &RICH), "  36.77");
        assert_eq!(right("36.77", 5, &RICH), "36.77");
        assert_eq!(right("36.77", 4, &RICH), "   …");
        assert_eq!(right("36.77", 0, &RICH), "");
        assert_eq!(right("−1\u{a0}816 – ≈", 12, &PLAIN), "  -1 816 - ~");
    }

    #[test]
    fn what_steers_turns_or_hides_becomes_visible() {
        let cases = [
            ("a\u{1b}[31mb", "a\u{fffd}[31mb", "a.[31mb"),
            ("a\tb", "a b", "a b"),
            ("a\r\nb", "a\u{fffd}\u{fffd}b", "a..b"),
            ("\u{9b}2J\u{7f}", "\u{fffd}2J\u{fffd}", ".2J."),
            ("\u{202e}gpj.exe", "\u{fffd}gpj.exe", ".gpj.exe"),
            ("us\u{200b}1", "us\u{fffd}1", "us.1"),
            ("\u{301}x", "\u{fffd}x", ".x"),
            ("a \u{301}\t\u{a8e0}", "a \u{fffd} \u{fffd}", "a . ."),
            ("tag\u{e0041}", "tag\u{fffd}", "tag."),
            ("Dachböden", "Dachböden", "Dachb.den"),
            ("“5 × 3”", "“5 × 3”", "\"5 x 3\""),
        ];
        for (text, rich, poor) in cases {
            assert_eq!(harmless(text, &RICH), rich, "{text:?}");
            assert_eq!(harmless(text, &PLAIN), poor, "{text:?}");
        }
        let tower = format!("a{}", "\u{300}".repeat(50));
        assert_eq!(harmless(&tower, &RICH), "\u{fffd}");
    }

    #[test]
    fn the_middle_is_cut_from_ids_and_paths() {
        let id = "0x7c1e55aa00a94d";
        let cases = [
            (16, "0x7c1e55aa00a94d"),
            (9, "0x7c…a94d"),
            (8, "0x7c…94d"),
            (2, "0…"),
            (1, "…"),
            (0, ""),
        ];
        for (columns, short) in cases {
            assert_eq!(middle(id, columns, &RICH), short, "{columns}");
        }
        assert_eq!(middle("/日本/日本", 6, &RICH), "/日…本");
        assert_eq!(middle(id, 9, &PLAIN), "0x7c~a94d");
    }

    #[test]
    fn words_wrap_and_long_ones_break() {
        let cases: [(&str, usize, &[&str]); 8] = [
            ("full in 6 d", 7, &["full in", "6 d"]),
            ("full  in", 20, &["full in"]),
            ("storagenode up", 6, &["storag", "enode", "up"]),
            ("21\u{a0}902 lost", 8, &["21\u{a0}902", "lost"]),
            ("one\r\n\ntwo", 9, &["one", "", "two"]),
            ("日本", 1, &["…", "…"]),
            ("", 5, &[""]),
            ("anything", 0, &[]),
        ];
        for (text, columns, lines) in cases {
            assert_eq!(wrap(text, columns, &RICH), lines, "{text:?} in {columns}");
        }
    }

    proptest! {
        #[test]
        fn any_text_fits_any_width_and_is_harmless(
            text in proptest::collection::vec(any::<char>(), 0..40).prop_map(String::from_iter),
            columns in 0usize..30,
            unicode: bool,
        ) {
            let glyphs = if unicode { RICH } else { PLAIN };
            let (fitted, figure) = (fit(&text, columns, &glyphs), right(&text, columns, &glyphs));
            prop_assert_eq!(width(&fitted), columns);
            prop_assert_eq!(width(&figure), columns);
            let mut all = wrap(&text, columns, &glyphs);
            all.push(middle(&text, columns, &glyphs));
            for line in &all {
                prop_assert!(width(line) <= columns, "{:?}", line);
            }
            all.extend([fitted, figure, harmless(&text, &glyphs).into_owned()]);
            for line in &all {
                prop_assert!(!line.chars().any(is_hidden), "{:?}", line);
                prop_assert!(unicode || line.is_ascii(), "{:?}", line);
                prop_assert_eq!(&harmless(line, &glyphs), line);
            }
        }
    }
}
