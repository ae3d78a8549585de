//! Draws what lies over a pane: lists, lines to type, explanations, texts. Called by the frame.

mod keys;
mod read;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::widgets::{Clear, Widget};

use super::form;
use super::look::{Theme, Tone};
use super::model::Model;
use super::overlay::{Overlay, Picker, Prompt};
use super::pane::Hits;
use super::pen::Pen;
use super::text;

/// The widest a window gets.
const WIDEST: u16 = 84;

/// Draws it into the pane's room, or for a line into the last row.
pub(super) fn draw(body: Rect, last: Rect, buffer: &mut Buffer, model: &Model, hits: &mut Hits) {
    let theme = &model.shared.theme;
    match &model.overlay {
        None => {}
        Some(Overlay::Pick(picker)) => pick(body, buffer, theme, picker, hits),
        Some(Overlay::Type(prompt)) => line(last, buffer, model, prompt),
        Some(Overlay::Form(form)) => form::draw(body, last, buffer, theme, (form, &model.keymap), hits),
        Some(Overlay::Explain(at, explained, first)) => {
            let figure = hits.figures.get(*at).map(|(area, _)| *area);
            hits.text = read::explain(body, buffer, theme, (explained, *first), figure);
        }
        Some(Overlay::Text(title, lines, first)) => hits.text = read::facts(body, buffer, theme, title, lines, *first),
    }
    if !model.bare {
        keys::draw(last, buffer, model, hits);
    }
}

/// A window with a frame, cleared; the room inside.
pub(super) fn window(area: Rect, buffer: &mut Buffer, theme: &Theme, title: &str, words: &str) -> Rect {
    Clear.render(area, buffer);
    let (corner, side) = match theme.glyphs.unicode {
        true => (["┌", "┐", "└", "┘"], "│"),
        false => (["+", "+", "+", "+"], "|"),
    };
    let inner = usize::from(area.width.saturating_sub(2));
    for y in 0..area.height {
        let row = Rect::new(area.x, area.y + y, area.width, 1);
        let mut pen = Pen::new(buffer, row, theme);
        let (left, right) = match y {
            0 => (corner[0], corner[1]),
            y if y + 1 == area.height => (corner[2], corner[3]),
            _ => (side, side),
        };
        pen.put(left, Tone::Muted);
        if y == 0 || y + 1 == area.height {
            pen.put(&theme.glyphs.rule.repeat(inner), Tone::Muted);
        }
        pen.to(area.width.saturating_sub(1));
        pen.put(right, Tone::Muted);
    }
    let head = Rect::new(area.x + 1, area.y, area.width.saturating_sub(2), 1);
    let title = text::fit(title, text::width(title).min(inner.saturating_sub(3)), &theme.glyphs);
    Pen::new(buffer, head, theme).put(&format!("{} {title} ", theme.glyphs.rule), Tone::Accent);
    let room = inner.saturating_sub(text::width(&title) + 6);
    if !words.is_empty() && text::width(words) <= room && area.height > 1 {
        let mut pen = Pen::new(buffer, head, theme);
        pen.to(head.width.saturating_sub(text::width(words) as u16 + 3));
        pen.put(&format!(" {words} "), Tone::Muted);
    }
    Rect::new(
        area.x + 2,
        area.y + 1,
        area.width.saturating_sub(4),
        area.height.saturating_sub(2),
    )
}

pub(super) fn centred(body: Rect, width: u16, height: u16) -> Rect {
    let (width, height) = (width.min(body.width), height.min(body.height));
    Rect::new(
        body.x + (body.width - width) / 2,
        body.y + (body.height - height) / 2,
        width,
        height,
    )
}

fn pick(body: Rect, buffer: &mut Buffer, theme: &Theme, picker: &Picker, hits: &mut Hits) {
    let keys = picker
        .items
        .iter()
        .map(|item| text::width(&item.keys))
        .max()
        .unwrap_or(0);
    let titles = picker
        .items
        .iter()
        .map(|item| text::width(&item.title))
        .max()
        .unwrap_or(0);
    let hints = picker
        .items
        .iter()
        .map(|item| text::width(&item.hint))
        .max()
        .unwrap_or(0);
    let switches = if picker.items.iter().any(|item| item.on.is_some()) {
        4
    } else {
        0
    };
    let gap = |width: usize| if width > 0 { width + 2 } else { 0 };
    let natural = 2 + switches + gap(keys) + titles + gap(hints) + 4;
    let least = text::width(&picker.title) + 10;
    let lines = picker.items.len() as u16 + 2 + u16::from(picker.typing);
    let area = centred(body, natural.max(least).max(24).min(usize::from(WIDEST)) as u16, lines);
    let count = match picker.matching().len() {
        all if all == picker.items.len() => String::new(),
        some => format!("{some} of {}", picker.items.len()),
    };
    let mut inner = window(area, buffer, theme, &picker.title, &count);
    if picker.typing && inner.height > 0 {
        let mut pen = Pen::new(buffer, Rect { height: 1, ..inner }, theme);
        pen.put("> ", Tone::Key);
        pen.put(&format!("{}{}", picker.text, cursor(theme)), Tone::Text);
        inner = Rect::new(inner.x, inner.y + 1, inner.width, inner.height - 1);
    }
    let rows = usize::from(inner.height);
    // The item under the cursor is always there.
    let first = (picker.at + 1).saturating_sub(rows);
    hits.over_first = first;
    if picker.matching().len() == 0 {
        Pen::new(
            buffer,
            Rect {
                height: inner.height.min(1),
                ..inner
            },
            theme,
        )
        .put("nothing fits", Tone::Muted);
    }
    for (n, item) in picker.matching().enumerate().skip(first).take(rows) {
        let row = Rect::new(inner.x, inner.y + (n - first) as u16, inner.width, 1);
        hits.over.push(Rect {
            x: area.x,
            width: area.width,
            ..row
        });
        let here = n == picker.at;
        let mut pen = Pen::new(buffer, row, theme);
        let tone = |other| if here { Tone::Selected } else { other };
        pen.put(if here { "> " } else { "  " }, tone(Tone::Accent));
        match item.on {
            Some(true) => pen.put("[x] ", tone(Tone::Good)),
            Some(false) => pen.put("[ ] ", tone(Tone::Muted)),
            None => {}
        }
        if keys > 0 {
            pen.put_in(&item.keys, keys as u16 + 2, tone(Tone::Key));
        }
        let title = if hints > 0 { titles as u16 + 2 } else { pen.left() };
        pen.put_in(&item.title, title.min(pen.left()), tone(Tone::Text));
        let left = pen.left();
        pen.put_in(&item.hint, left, tone(Tone::Muted));
    }
}

pub(super) fn cursor(theme: &Theme) -> &'static str {
    if theme.glyphs.unicode { "▏" } else { "_" }
}

fn line(last: Rect, buffer: &mut Buffer, model: &Model, prompt: &Prompt) {
    let theme = &model.shared.theme;
    let width = |text: &str| text::width(text) as u16;
    let right = match (&prompt.error, prompt.id) {
        (Some(error), _) => error.clone(),
        (None, "filter") => found(
            model,
            last.width
                .saturating_sub(width(&prompt.title) + width(&prompt.text) + 6),
        ),
        (None, "export") => "Enter writes it, Esc does not".to_owned(),
        (None, _) => "Enter takes it, Esc leaves it as it was".to_owned(),
    };
    let most = if prompt.error.is_some() { LEAST_TYPED } else { u16::MAX };
    let least = width(&prompt.title) + width(&prompt.text).min(most) + width(&right) + 6;
    let right = match (least <= last.width, &prompt.error) {
        // What is wrong is said whole: above the line, where there is no room beside it.
        (false, Some(error)) => {
            above(last, buffer, theme, error);
            String::new()
        }
        (false, None) if prompt.id != "filter" => String::new(),
        _ => right,
    };
    Clear.render(last, buffer);
    let mut pen = Pen::new(buffer, last, theme);
    pen.put(&format!(" {} ", prompt.title), Tone::Key);
    let room = pen.left().saturating_sub(width(&right) + 3);
    // The end of the line is where letters appear.
    let shown = text::tail(&prompt.text, usize::from(room.max(8)).saturating_sub(1), &theme.glyphs);
    pen.put(&format!("{shown}{}", cursor(theme)), Tone::Text);
    let tone = if prompt.error.is_some() {
        Tone::Warn
    } else {
        Tone::Muted
    };
    pen.put(&format!("  {right}"), tone);
}

/// So much of what is typed is seen at least, beside what is wrong with it.
const LEAST_TYPED: u16 = 24;

/// A warning in the lines over a place, as many as it needs.
fn above(place: Rect, buffer: &mut Buffer, theme: &Theme, warning: &str) {
    let lines = text::wrap(warning, usize::from(place.width.saturating_sub(2)), &theme.glyphs);
    let count = (lines.len() as u16).min(place.y);
    for (n, line) in lines.iter().take(usize::from(count)).enumerate() {
        let y = place.y - count + n as u16;
        let row = Rect { y, height: 1, ..place };
        Clear.render(row, buffer);
        Pen::new(buffer, row, theme).put(&format!(" {line}"), Tone::Warn);
    }
}

/// How many rows the filter leaves, and where there is room how it is written.
fn found(model: &Model, room: u16) -> String {
    let view = model.view();
    let table = view.focused().and_then(|name| view.table(name));
    table.map_or(String::new(), |(table, state)| {
        let count = format!("{} of {}", state.len(), table.rows().len());
        let whole = format!("{count}  (!word without, column:word)");
        if text::width(&whole) <= usize::from(room) {
            whole
        } else {
            count
        }
    })
}
