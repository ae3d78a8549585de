//! Draws a form: a line for each setting, what the one with the cursor is for, the keys in the last row. Called by
//! `over`.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::widgets::{Clear, Widget};

use super::{Field, Form};
use crate::domain::setting::{Taken, Teller};
use crate::ui::action::Action;
use crate::ui::keymap::Keymap;
use crate::ui::look::{Theme, Tone};
use crate::ui::over::{centred, cursor, window};
use crate::ui::pane::Hits;
use crate::ui::pen::Pen;
use crate::ui::text;

/// As wide as it gets.
const WIDEST: u16 = 78;
/// Columns of a value.
const VALUE: u16 = 14;
/// From this width on it stands beside a value who says so.
const TELLERS_FROM: u16 = 56;
/// Lines of what is said of the setting with the cursor.
const WORDS: u16 = 3;

/// A line of the window.
enum Line<'a> {
    Head(&'a str),
    Field(usize, &'a Field),
}

/// Draws it into the pane's room, and its keys into the last row.
pub fn draw(
    body: Rect,
    last: Rect,
    buffer: &mut Buffer,
    theme: &Theme,
    (form, keymap): (&Form, &Keymap),
    hits: &mut Hits,
) {
    keys(last, buffer, theme, form, keymap);
    let width = WIDEST.min(body.width);
    let mut lines = lines(form, true);
    let rows = |lines: &[Line<'_>]| lines.len().max(1) as u16 + 2;
    if rows(&lines) + WORDS + 1 > body.height {
        lines.retain(|line| matches!(line, Line::Field(..)));
    }
    let words_of = words(form, usize::from(width.saturating_sub(4)), theme);
    let room = body.height.saturating_sub(rows(&lines)).clamp(1, WORDS + 1);
    let height = rows(&lines) + room;
    let file = form.file.as_deref().unwrap_or("for this run, not kept");
    let area = centred(body, width, height);
    let inner = window(area, buffer, theme, &form.title, &short_path(file, width, theme));
    if form.fields.is_empty() {
        let text = form.error.as_deref().unwrap_or("reading …");
        let tone = if form.error.is_some() { Tone::Warn } else { Tone::Muted };
        for (n, line) in text::wrap(text, usize::from(inner.width), &theme.glyphs)
            .iter()
            .enumerate()
        {
            Pen::new(buffer, row(inner, n as u16), theme).put(line, tone);
        }
        return;
    }
    let rows = usize::from(inner.height.saturating_sub(room)).max(1);
    let at = lines
        .iter()
        .position(|line| matches!(line, Line::Field(n, _) if *n == form.at));
    let first = (at.unwrap_or(0) + 1).saturating_sub(rows);
    hits.over_first = 0;
    for (y, line) in lines.iter().skip(first).take(rows).enumerate() {
        let place = row(inner, y as u16);
        match line {
            Line::Head(title) => Pen::new(buffer, place, theme).put(title, Tone::Muted),
            Line::Field(n, field) => {
                hits.fields.push((
                    Rect {
                        x: area.x,
                        width: area.width,
                        ..place
                    },
                    *n,
                ));
                self::field(place, buffer, theme, field, *n == form.at);
            }
        }
    }
    let shown = room.min(inner.height);
    for (n, (line, tone)) in words_of.iter().rev().take(usize::from(shown)).rev().enumerate() {
        let y = inner.height.saturating_sub(shown.min(words_of.len() as u16)) + n as u16;
        Pen::new(buffer, row(inner, y), theme).put(line, *tone);
    }
}

fn row(area: Rect, y: u16) -> Rect {
    Rect::new(area.x, area.y + y, area.width, u16::from(y < area.height))
}

fn short_path(path: &str, width: u16, theme: &Theme) -> String {
    text::tail(path, usize::from(width / 2), &theme.glyphs)
}

fn lines(form: &Form, heads: bool) -> Vec<Line<'_>> {
    let mut lines = Vec::new();
    let mut group = "";
    for (n, field) in form.fields.iter().enumerate() {
        if heads && field.group != group {
            lines.push(Line::Head(&field.group));
            group = &field.group;
        }
        lines.push(Line::Field(n, field));
    }
    lines
}

fn field(area: Rect, buffer: &mut Buffer, theme: &Theme, field: &Field, here: bool) {
    let mut pen = Pen::new(buffer, area, theme);
    let tone = |other| if here { Tone::Selected } else { other };
    let mark = match (&field.error, field.is_changed()) {
        (Some(_), _) => theme.glyphs.warning,
        (None, true) => "*",
        (None, false) => " ",
    };
    pen.put(if here { ">" } else { " " }, tone(Tone::Accent));
    pen.put(
        mark,
        tone(if field.error.is_some() {
            Tone::Warn
        } else {
            Tone::Accent
        }),
    );
    let narrow = area.width < TELLERS_FROM;
    let (label, wide) = if narrow { (15, VALUE - 4) } else { (18, VALUE) };
    pen.put_in(field.label, label - 1, tone(Tone::Text));
    pen.to(label + 2);
    let value = match here {
        true => format!(
            "{}{}",
            text::tail(&field.text, usize::from(wide) - 2, &theme.glyphs),
            cursor(theme)
        ),
        false => text::tail(&field.text, usize::from(wide) - 2, &theme.glyphs),
    };
    let (value, muted) = match (value.is_empty(), field.setting.default.as_str()) {
        (true, "") => ("–".to_owned(), true),
        (true, default) => (default.to_owned(), true),
        (false, _) => (value, false),
    };
    pen.put(&value, if muted { Tone::Muted } else { tone(Tone::Text) });
    pen.to(label + 2 + wide);
    let unit = if narrow { pen.left() } else { 11 };
    pen.put_in(self::unit(field), unit.min(pen.left()), Tone::Muted);
    if !narrow {
        pen.to(label + 2 + wide + 12);
        let left = pen.left();
        pen.put_in(&teller(field), left, Tone::Muted);
    }
}

/// What a value is counted in: an amount with its currency beside it says that itself.
fn unit(field: &Field) -> &str {
    let (text, unit) = (field.text.trim(), field.setting.unit.as_str());
    let is_own = !text.is_empty() && text.parse::<f64>().is_err();
    match unit.strip_prefix('$') {
        Some(rest) if is_own => rest.trim_start(),
        _ => unit,
    }
}

/// Who says what holds.
fn teller(field: &Field) -> String {
    match &field.setting.teller {
        Teller::Default if field.setting.value.is_empty() => "not set".to_owned(),
        Teller::Default => "default".to_owned(),
        Teller::File(Some(line)) => format!("the file, line {line}"),
        Teller::File(None) => "the file".to_owned(),
        Teller::Env(name) => format!("env {name}"),
        Teller::Flag(name) => format!("flag {name}"),
    }
}

/// What is said of the setting with the cursor, and of all of them.
fn words(form: &Form, width: usize, theme: &Theme) -> Vec<(String, Tone)> {
    let mut lines = Vec::new();
    let mut say = |text: &str, tone: Tone| {
        let wrapped = text::wrap(text, width, &theme.glyphs);
        lines.extend(wrapped.into_iter().map(|line| (line, tone)));
    };
    let Some(field) = form.fields.get(form.at) else {
        return lines;
    };
    let setting = &field.setting;
    say(&setting.help, Tone::Muted);
    match (&field.error, &form.error, &setting.teller) {
        (Some(error), ..) => say(error, Tone::Warn),
        (None, Some(error), _) => say(error, Tone::Warn),
        (None, None, teller) if teller.beats_file() => {
            let who = self::teller(field);
            say(
                &format!("{who} beats the file: what is kept there does not hold now"),
                Tone::Warn,
            );
        }
        _ if field.is_changed() => {
            let was = match setting.value.as_str() {
                "" => "not set",
                value => value,
            };
            let when = match setting.taken {
                Taken::AtOnce => "",
                Taken::NewLogs => "; for logs that are followed from then on",
                Taken::NextScreen => "; the next time the screen is opened",
            };
            say(&format!("was {was}{when}"), Tone::Accent);
        }
        _ if width >= usize::from(TELLERS_FROM) => say(&format!("It must be {}.", setting.wanted), Tone::Muted),
        _ => {}
    }
    lines
}

/// What works now.
fn keys(last: Rect, buffer: &mut Buffer, theme: &Theme, form: &Form, keymap: &Keymap) {
    Clear.render(last, buffer);
    let mut pen = Pen::new(buffer, last, theme);
    let changed = form.changes().len();
    let save = match changed {
        _ if form.is_busy() => "saving …".to_owned(),
        0 => "save".to_owned(),
        n => format!("save {n}"),
    };
    let leave = match changed {
        1.. if last.width >= TELLERS_FROM => "leave unsaved",
        _ => "leave",
    };
    let key = |action: Action| keymap.key(action).unwrap_or_default();
    let all = [
        (key(Action::Save), save),
        (key(Action::Enter), "next".to_owned()),
        ("esc".to_owned(), leave.to_owned()),
        ("ctrl-u".to_owned(), "empty".to_owned()),
    ];
    pen.put(" ", Tone::Text);
    for (key, title) in all {
        if key.is_empty() || text::width(&key) + text::width(&title) + 3 > usize::from(pen.left()) {
            continue;
        }
        pen.put(&key, Tone::Key);
        pen.put(&format!(" {title}  "), Tone::Muted);
    }
}
