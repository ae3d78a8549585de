//! Screens as text files: every line, and below it the runs of cells that have a style. Called by tests of the
//! screen.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use ratatui::buffer::{Buffer, Cell};
use ratatui::style::Color;
use unicode_width::UnicodeWidthStr;

/// A buffer as text. `|` ends each line, so that spaces at its end are seen; the runs below it are
/// `from-to style`, columns counted from 0, the terminal's own style left out.
pub fn picture(buffer: &Buffer) -> String {
    let area = buffer.area;
    let mut text = format!("{}x{}\n", area.width, area.height);
    for y in area.top()..area.bottom() {
        let cells: Vec<&Cell> = (area.left()..area.right()).map(|x| &buffer[(x, y)]).collect();
        writeln!(text, "{}|", line(&cells)).unwrap();
        let runs = runs(&cells);
        if !runs.is_empty() {
            writeln!(text, "    ~ {}", runs.join(", ")).unwrap();
        }
    }
    text
}

/// Compares with `tests/screens/NAME.txt`; with UPDATE_SCREENS=1 writes it instead.
pub fn assert_screen(name: &str, buffer: &Buffer) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/screens")
        .join(format!("{name}.txt"));
    let update = std::env::var_os("UPDATE_SCREENS").is_some_and(|value| value == "1");
    if let Err(why) = compare(&path, &picture(buffer), update) {
        panic!("{why}");
    }
}

/// The comparison itself; the error says what differs.
pub fn compare(path: &Path, actual: &str, update: bool) -> Result<(), String> {
    let shown = path.display();
    if update {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, actual).unwrap();
        return Ok(());
    }
    let Ok(expected) = std::fs::read_to_string(path) else {
        return Err(format!(
            "{shown} is not there: look at this, then run with UPDATE_SCREENS=1\n{actual}"
        ));
    };
    // A checkout may have turned the line ends.
    let expected = expected.replace("\r\n", "\n");
    if expected == actual {
        return Ok(());
    }
    let difference = difference(&expected, actual);
    Err(format!(
        "{shown} differs (- file, + now); if it is meant, run with UPDATE_SCREENS=1\n{difference}"
    ))
}

/// The lines that differ, with their numbers in the file. Screens keep their shape, so lines are compared by
/// the line of text they belong to.
fn difference(expected: &str, actual: &str) -> String {
    let (expected, actual) = (rows(expected), rows(actual));
    let mut text = String::new();
    for at in 0..expected.len().max(actual.len()) {
        let (old, new) = (expected.get(at), actual.get(at));
        if old.map(|row| &row.1) == new.map(|row| &row.1) {
            continue;
        }
        for (sign, row) in [('-', old), ('+', new)] {
            let Some((number, lines)) = row else { continue };
            for (offset, line) in lines.iter().enumerate() {
                writeln!(text, "{sign}{:4} {line}", number + offset).unwrap();
            }
        }
    }
    text
}

/// Rows of the screen: the number of their first line, their text and their runs.
fn rows(picture: &str) -> Vec<(usize, Vec<&str>)> {
    let mut rows: Vec<(usize, Vec<&str>)> = Vec::new();
    for (at, line) in picture.lines().enumerate() {
        match rows.last_mut() {
            Some((_, lines)) if line.starts_with("    ~ ") && !line.ends_with('|') => lines.push(line),
            _ => rows.push((at + 1, vec![line])),
        }
    }
    rows
}

/// The symbols of a row; the cells a wide one covers are left out.
fn line(cells: &[&Cell]) -> String {
    let symbols = shown(cells).map(|(_, cell)| cell.symbol());
    symbols.collect()
}

/// The cells a terminal shows, each with its column; not those a wide one covers.
fn shown<'a>(cells: &'a [&'a Cell]) -> impl Iterator<Item = (usize, &'a Cell)> {
    let mut next = 0;
    cells.iter().enumerate().filter_map(move |(at, cell)| {
        let free = at >= next;
        if free {
            next = at + cell.symbol().width().max(1);
        }
        free.then_some((at, *cell))
    })
}

fn runs(cells: &[&Cell]) -> Vec<String> {
    let mut runs: Vec<(usize, usize, String)> = Vec::new();
    for (at, cell) in shown(cells) {
        let (style, end) = (style(cell), at + cell.symbol().width().max(1) - 1);
        match runs.last_mut() {
            Some((_, last, same)) if *same == style => *last = end,
            _ => runs.push((at, end, style)),
        }
    }
    runs.into_iter()
        .filter(|(_, _, style)| !style.is_empty())
        .map(|(from, to, style)| format!("{from}-{to} {style}"))
        .collect()
}

fn style(cell: &Cell) -> String {
    let mut words = Vec::new();
    if cell.fg != Color::Reset {
        words.push(cell.fg.to_string().to_lowercase());
    }
    if cell.bg != Color::Reset {
        words.push(format!("on {}", cell.bg.to_string().to_lowercase()));
    }
    words.extend(cell.modifier.iter_names().map(|(name, _)| name.to_lowercase()));
    words.join(" ")
}
