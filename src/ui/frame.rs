//! What stands around every pane: the title line with the counts, the tabs, the footer with the keys that work
//! now; and what lies over it.

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::widgets::{Clear, Widget};

use super::action::Action;
use super::look::Tone;
use super::model::{Collector, Model, Overlay, Pane};
use super::number;
use super::overview;
use super::pen::Pen;
use crate::domain::health::State;

/// Smaller than this there is only a word.
const SMALLEST: (u16, u16) = (30, 6);

/// Draws everything.
pub fn draw(frame: &mut Frame<'_>, model: &Model) {
    paint(frame.area(), frame.buffer_mut(), model);
}

/// As [`draw`], into any buffer.
pub fn paint(area: Rect, buffer: &mut Buffer, model: &Model) {
    if area.width < SMALLEST.0 || area.height < SMALLEST.1 {
        let text = format!("{}x{} is too small", area.width, area.height);
        Pen::new(buffer, area, &model.theme).put(&text, Tone::Warn);
        return;
    }
    let row = |y: u16| Rect::new(area.x, area.y + y, area.width, 1);
    title(row(0), buffer, model);
    tabs(row(1), buffer, model);
    footer(row(area.height - 1), buffer, model);
    let body = Rect::new(area.x, area.y + 2, area.width, area.height - 3);
    match model.pane {
        Pane::Overview => overview::draw(body, buffer, model),
    }
    match model.overlay {
        Some(Overlay::Help) => help(body, buffer, model),
        None => {}
    }
}

fn title(area: Rect, buffer: &mut Buffer, model: &Model) {
    let glyphs = model.theme.glyphs;
    let mut pen = Pen::new(buffer, area, &model.theme);
    pen.put(" storj-monitor ", Tone::Accent);
    let states = model.states();
    for (state, mark, tone, word) in [
        (State::Critical, glyphs.critical, Tone::Bad, "critical"),
        (State::Warning, glyphs.warning, Tone::Warn, "warning"),
        (State::Unknown, glyphs.unknown, Tone::Muted, "unknown"),
    ] {
        if let Some(count) = states.get(&state) {
            let plural = if *count > 1 && state == State::Warning { "s" } else { "" };
            let text = match area.width {
                80.. => format!(" {mark} {count} {word}{plural} "),
                _ => format!(" {mark}{count}"),
            };
            pen.put(&text, tone);
        }
    }
    let nodes: usize = states.values().sum();
    if area.width >= 80 {
        let text = match (&model.node, nodes) {
            (Some(node), _) => format!("  node {node}"),
            (None, 1) => "  1 node".to_owned(),
            (None, count) => format!("  {count} nodes"),
        };
        pen.put(&text, Tone::Text);
    }
    let (word, tone) = pulse(model);
    let clock = clock(model, area.width);
    let right = Pen::text_width(&word) + Pen::text_width(&clock) + 3;
    pen.to(area.width.saturating_sub(right as u16));
    pen.put(&clock, Tone::Text);
    pen.put("  ", Tone::Text);
    pen.put(&word, tone);
}

fn clock(model: &Model, width: u16) -> String {
    let Ok(time) = jiff::Timestamp::from_millisecond(model.now_ms) else {
        return String::new();
    };
    let form = if width >= 60 { "%H:%M:%S %Z" } else { "%H:%M" };
    time.to_zoned(model.zone.clone()).strftime(form).to_string()
}

/// Whether what is shown is of now.
fn pulse(model: &Model) -> (String, Tone) {
    let ago = |ms: i64| number::age(((model.now_ms - ms).max(0) / 1000).unsigned_abs());
    let good = model.theme.glyphs.good;
    match (model.held_since(), &model.collector) {
        (Some(since), _) => (format!("|| frozen {}", ago(since)), Tone::Warn),
        (None, Collector::Lost(since)) => (format!("collector gone {}", ago(*since)), Tone::Bad),
        (None, _) if model.told_ms() == 0 => ("starting".to_owned(), Tone::Muted),
        (None, _) => (format!("{good} live"), Tone::Good),
    }
}

fn tabs(area: Rect, buffer: &mut Buffer, model: &Model) {
    let mut pen = Pen::new(buffer, area, &model.theme);
    for pane in Pane::ALL {
        let key = pane.keys().first().copied().unwrap_or_default();
        let active = pane == model.pane;
        let (text, tone) = match active {
            true => (format!("[{key} {}]", pane.title()), Tone::Accent),
            false => (format!(" {key} {} ", pane.title()), Tone::Muted),
        };
        pen.put(&text, tone);
    }
    let who = match &model.collector {
        Collector::Inside => "collecting in this program",
        Collector::Attached => "attached to the running collector",
        Collector::Lost(_) => "the collector closed the socket; looking for it",
    };
    let width = Pen::text_width(who) as u16 + 1;
    if area.width > width + 20 {
        pen.to(area.width - width);
        pen.put(who, Tone::Muted);
    }
}

/// Keys that work now, as many as there is room for.
fn footer(area: Rect, buffer: &mut Buffer, model: &Model) {
    let mut pen = Pen::new(buffer, area, &model.theme);
    if let Some((toast, until)) = &model.toast
        && model.now_ms < *until
    {
        pen.put(&format!(" {toast}"), Tone::Accent);
        return;
    }
    pen.put(" ", Tone::Text);
    let shown = |action: Action| {
        let spec = action.spec();
        (spec.keys.first().copied().unwrap_or_default(), spec.title)
    };
    let width = |action: Action| {
        let (key, title) = shown(action);
        (Pen::text_width(key) + Pen::text_width(title) + 3) as u16
    };
    // Whoever knows these two finds all others.
    let always = [Action::Help, Action::Quit]
        .into_iter()
        .filter(|action| action.is_valid(model));
    let kept: u16 = always.clone().map(width).sum();
    let others = Action::all().into_iter().take_while(|action| *action != Action::Help);
    let mut fitting = Vec::new();
    let mut left = pen.left().saturating_sub(kept);
    for action in others.filter(|action| action.is_valid(model)) {
        if width(action) > left {
            break;
        }
        left -= width(action);
        fitting.push(action);
    }
    for action in fitting.into_iter().chain(always) {
        let (key, title) = shown(action);
        pen.put(key, Tone::Key);
        pen.put(&format!(" {title}  "), Tone::Muted);
    }
}

/// Every key that works now, over the pane.
fn help(body: Rect, buffer: &mut Buffer, model: &Model) {
    let lines: Vec<(String, String)> = Action::all()
        .into_iter()
        .filter(|action| action.is_valid(model))
        .map(|action| {
            let spec = action.spec();
            (spec.keys.join(" "), spec.help)
        })
        .collect();
    let keys = lines.iter().map(|(keys, _)| Pen::text_width(keys)).max().unwrap_or(0);
    let width = lines
        .iter()
        .map(|(_, help)| keys + 2 + Pen::text_width(help))
        .max()
        .unwrap_or(0) as u16
        + 4;
    let (width, height) = (width.min(body.width), (lines.len() as u16 + 2).min(body.height));
    let (x, y) = (body.x + (body.width - width) / 2, body.y + (body.height - height) / 2);
    let area = Rect::new(x, y, width, height);
    Clear.render(area, buffer);
    Pen::new(buffer, Rect::new(x, y, width, 1), &model.theme).rule(" Keys (esc closes) ", "");
    for (n, (names, help)) in lines.iter().enumerate().take(usize::from(height.saturating_sub(2))) {
        let row = Rect::new(x, y + 1 + n as u16, width, 1);
        let mut pen = Pen::new(buffer, row, &model.theme);
        pen.put(&format!("  {names:keys$}"), Tone::Key);
        pen.put(&format!("  {help}"), Tone::Text);
    }
    let last = Rect::new(x, y + height - 1, width, 1);
    if height >= 2 {
        Pen::new(buffer, last, &model.theme).rule("", "");
    }
    // Over whatever was there.
    buffer.set_style(area, Style::new());
}
