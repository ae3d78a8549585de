//! What the screen looks like: text and style, kept in `tests/screens`. UPDATE_SCREENS=1 writes them anew.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::screen::{assert_screen, compare, picture};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};
use storj_monitor::ui::look::{Depth, Glyphs, Theme, Tone};
use storj_monitor::ui::text;

/// Every tone of every theme, a theme a column.
fn palette(depth: Depth, glyphs: Glyphs) -> Buffer {
    let rows = u16::try_from(Tone::ALL.len()).unwrap();
    let mut buffer = Buffer::empty(Rect::new(0, 0, 84, rows + 2));
    for (column, name) in (0u16..).zip(Theme::NAMES) {
        let theme = Theme::named(name, depth, glyphs).unwrap();
        let x = 11 + column * 15;
        buffer.set_string(x, 0, name, theme.style(Tone::Accent));
        buffer.set_string(x, 1, glyphs.rule.repeat(13), theme.style(Tone::Muted));
        for (y, tone) in (2u16..).zip(Tone::ALL) {
            buffer.set_string(0, y, format!("{tone:?}"), Style::new());
            let sample = format!("{} tone 36.77", mark(&theme, tone));
            buffer.set_string(x, y, text::fit(&sample, 13, &glyphs), theme.style(tone));
        }
    }
    buffer
}

fn mark(theme: &Theme, tone: Tone) -> &'static str {
    match tone {
        Tone::Bad => theme.glyphs.critical,
        Tone::Warn => theme.glyphs.warning,
        Tone::Good => theme.glyphs.good,
        Tone::Stale => theme.glyphs.unknown,
        Tone::Muted => theme.glyphs.note,
        Tone::Selected => ">",
        Tone::Series(_) => theme.glyphs.full,
        Tone::Text | Tone::Accent | Tone::Key => theme.glyphs.bar,
    }
}

#[test]
fn the_palette_in_every_depth() {
    assert_screen("palette-16", &palette(Depth::C16, Glyphs::UNICODE));
    assert_screen("palette-256", &palette(Depth::C256, Glyphs::UNICODE));
    assert_screen("palette-none", &palette(Depth::None, Glyphs::UNICODE));
    let plain = palette(Depth::C16, Glyphs::ASCII);
    assert!(plain.content().iter().all(|cell| cell.symbol().is_ascii()));
    assert_screen("palette-ascii", &plain);
}

/// A small buffer with a wide letter and two styles.
fn small() -> Buffer {
    let mut buffer = Buffer::empty(Rect::new(3, 2, 6, 2));
    buffer.set_string(3, 2, "日ab", Style::new().fg(Color::Red));
    let other = Style::new().bg(Color::Indexed(67)).add_modifier(Modifier::BOLD);
    buffer.set_string(4, 3, "x", other);
    buffer
}

#[test]
fn a_picture_shows_letters_ends_of_lines_and_styles() {
    let expected = "6x2\n日ab  |\n    ~ 0-3 red\n x    |\n    ~ 1-1 on 67 bold\n";
    assert_eq!(picture(&small()), expected);
    assert_eq!(picture(&Buffer::empty(Rect::ZERO)), "0x0\n");
}

#[test]
fn a_difference_is_told_by_its_lines_a_missing_file_by_its_name() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("screens/small.txt");
    let missing = compare(&path, "1x1\n", false).unwrap_err();
    assert!(missing.contains("small.txt is not there"), "{missing}");

    let before = picture(&small());
    compare(&path, &before, true).unwrap();
    compare(&path, &before, false).unwrap();

    let mut changed = small();
    changed.set_style(Rect::new(4, 3, 1, 1), Style::new().fg(Color::Green));
    let why = compare(&path, &picture(&changed), false).unwrap_err();
    assert!(why.contains("-   5     ~ 1-1 on 67 bold\n"), "{why}");
    assert!(why.contains("+   5     ~ 1-1 green on 67 bold\n"), "{why}");
    assert!(!why.contains("red"), "only what differs: {why}");
}
