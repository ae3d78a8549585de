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
use super::text;
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
    let (word, tone) = pulse(model);
    let clock = clock(model, area.width);
    let right = (text::width(&word) + text::width(&clock) + 3) as u16;
    let left = area.width.saturating_sub(right + 1);
    let mut pen = Pen::new(
        buffer,
        Rect {
            width: area.width.saturating_sub(left),
            x: area.x + left + 1,
            ..area
        },
        &model.theme,
    );
    pen.put(&clock, Tone::Text);
    pen.put("  ", Tone::Text);
    pen.put(&word, tone);
    let mut pen = Pen::new(buffer, Rect { width: left, ..area }, &model.theme);
    pen.put(" storj-monitor ", Tone::Accent);
    let states = model.states();
    for (state, mark, tone, word) in [
        (State::Critical, glyphs.critical, Tone::Bad, "critical"),
        (State::Warning, glyphs.warning, Tone::Warn, "warning"),
        (State::Unknown, glyphs.unknown, Tone::Muted, "unknown"),
    ] {
        if let Some(count) = states.get(&state) {
            let plural = if *count > 1 && state == State::Warning { "s" } else { "" };
            let long = format!(" {mark} {count} {word}{plural} ");
            let fits = area.width >= 80 && text::width(&long) <= usize::from(pen.left());
            let text = if fits { long } else { format!(" {mark}{count}") };
            pen.put(&text, tone);
        }
    }
    let nodes: usize = states.values().sum();
    if area.width >= 80 {
        let text = match (&model.node, nodes) {
            (Some(node), _) => text::fit(&format!("  node {node}"), usize::from(pen.left()), &glyphs),
            (None, 1) => "  1 node".to_owned(),
            (None, count) => format!("  {count} nodes"),
        };
        pen.put(&text, Tone::Text);
    }
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
    let width = text::width(who) as u16 + 1;
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
        (text::width(key) + text::width(title) + 3) as u16
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
    let keys = lines.iter().map(|(keys, _)| text::width(keys)).max().unwrap_or(0);
    let width = lines
        .iter()
        .map(|(_, help)| keys + 2 + text::width(help))
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use jiff::tz::TimeZone;
    use serde_json::json;

    use super::*;
    use crate::api::message::Message;
    use crate::api::snapshot::{NodeView, Section, Snapshot};
    use crate::ui::look::{Glyphs, Theme};
    use crate::ui::model::Input;

    fn node(name: &str, state: &str, reasons: &[(&str, &str)]) -> NodeView {
        let reasons: Vec<_> = reasons
            .iter()
            .map(|(rule, text)| json!({"rule": rule, "text": text}))
            .collect();
        let satellite = json!({"satellite_id": "x", "url": "us1.storj.io:7777", "audit_score": 0.9881, "suspension_score": 1.0,
            "online_score": 0.998, "audit_failures_to_disqualification": 29, "recent_failed_audits": 12,
            "disqualified_at": null, "suspended_at": null, "vetted_at": null, "source": "api", "as_of": "2026-08-21T19:48:07Z"});
        let status = json!({"name": name, "node_id": "n", "node_version": "1.162.3", "state": state, "reasons": reasons,
            "started_at": null, "quic": "OK", "last_contact_at": null, "sources": [],
            "api": {"state": "ok", "last_ok_at": null, "error": null},
            "traffic": {"window_s": 3600, "by_action": {"GET": {"success": 99, "canceled": 1, "failed": 0, "rejected": 0, "bytes": 5_000_000}}},
            "disk": {"semantics": "new", "allocated": 8_000_000_000_000_u64, "used": 6_480_000_000_000_u64, "free": 1_520_000_000_000_u64,
                "trash": 100_000_000_000_u64, "reclaimable": 0, "overused": 0, "source": "api", "as_of": "2026-08-21T19:48:07Z"},
            "satellites": [satellite], "earnings": null, "alerts": null});
        NodeView {
            status: Some(Section {
                generation: 1,
                value: Arc::new(serde_json::from_value(status).unwrap()),
            }),
            ..NodeView::default()
        }
    }

    fn model(glyphs: Glyphs) -> Model {
        let now_ms = 1_787_341_687_000;
        let mut model = Model::new(Theme::new(glyphs, true), TimeZone::UTC, Collector::Attached, now_ms);
        let barn = [(
            "audits_failed",
            "12 audits or repairs failed in the last hour: pieces are missing",
        )];
        let long = "a\u{1b}[31m\u{202e}very-long-name-of-a-node-that-nobody-should-give";
        let snapshot = Snapshot {
            time_ms: now_ms,
            nodes: [
                ("barn".to_owned(), node("barn", "critical", &barn)),
                ("attic".to_owned(), node("attic", "ok", &[])),
                (
                    long.to_owned(),
                    node(long, "warning", &[("quic", "QUIC\u{7} is misconfigured")]),
                ),
            ]
            .into(),
            names: None,
        };
        model.update(Input::Heard(Message::Snapshot(snapshot)), now_ms);
        model
    }

    fn text(model: &Model, width: u16, height: u16) -> Vec<String> {
        let area = Rect::new(0, 0, width, height);
        let mut buffer = Buffer::empty(area);
        paint(area, &mut buffer, model);
        let row = |cells: &[ratatui::buffer::Cell]| cells.iter().map(ratatui::buffer::Cell::symbol).collect::<String>();
        buffer.content.chunks(usize::from(width).max(1)).map(row).collect()
    }

    #[test]
    fn the_worst_comes_first_in_words_and_foreign_text_is_harmless() {
        let lines = text(&model(Glyphs::UNICODE), 80, 24);
        assert!(
            lines[0].starts_with(" storj-monitor  ▲ 1 critical  ! 1 warning"),
            "{}",
            lines[0]
        );
        assert!(lines[3].starts_with(" ▲ barn"), "{}", lines[3]);
        assert!(
            lines
                .iter()
                .any(|line| line.contains("audits fail") && line.contains("29") && line.contains("81 %"))
        );
        assert!(lines[23].contains("enter open") && lines[23].contains("? help") && lines[23].contains("q quit"));
        for line in &lines {
            assert!(!line.chars().any(|c| c.is_control() || c == '\u{202e}'), "{line:?}");
        }
        let plain = text(&model(Glyphs::ASCII), 80, 24).join("\n");
        assert!(plain.is_ascii(), "{plain}");
    }

    #[test]
    fn no_size_is_too_much() {
        let mut model = model(Glyphs::UNICODE);
        for alone in [None, Some("barn".to_owned())] {
            model.node = alone;
            for overlay in [None, Some(Overlay::Help)] {
                model.overlay = overlay;
                let small = (0..46).flat_map(|width| [0, 1, 5, 6, 7, 8, 9, 12, 24].map(|height| (width, height)));
                let large = [80, 120, 200, 250]
                    .into_iter()
                    .flat_map(|width| [12, 24, 80].map(|height| (width, height)));
                for (width, height) in small.chain(large) {
                    let rows = if width == 0 { 0 } else { height };
                    assert_eq!(text(&model, width, height).len(), usize::from(rows));
                }
            }
        }
    }
}
