//! What stands around every pane: the title line with the counts, the tabs, the footer with the keys that work
//! now. Called by the screen's loop and for pictures.

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::action::{ACTIONS, Action};
use super::look::Tone;
use super::model::{Collector, Model};
use super::number;
use super::over;
use super::overlay::Overlay;
use super::pane::{Hits, Page, Pane};
use super::pen::Pen;
use super::text;
use crate::domain::health::State;

/// Smaller than this there is only a word.
const SMALLEST: (u16, u16) = (30, 6);
/// From this width on the clock shows seconds.
pub(super) const SECONDS_FROM: u16 = 60;
/// From this height on there are tabs.
const TABS_FROM: u16 = 16;
/// From this width on words take the place of counts.
const WORDS_FROM: u16 = 80;

/// Draws everything, and tells what lies where.
pub fn draw(frame: &mut Frame<'_>, model: &Model) -> Hits {
    paint(frame.area(), frame.buffer_mut(), model)
}

/// As [`draw`], into any buffer.
pub fn paint(area: Rect, buffer: &mut Buffer, model: &Model) -> Hits {
    painted(area, buffer, model, false)
}

/// As [`paint`]; the lines of the chart are kept, for a file.
pub(super) fn painted(area: Rect, buffer: &mut Buffer, model: &Model, keeps: bool) -> Hits {
    if area.width < SMALLEST.0 || area.height < SMALLEST.1 {
        let text = format!("{}x{} is too small", area.width, area.height);
        Pen::new(buffer, area, &model.shared.theme).put(&text, Tone::Warn);
        return Hits::default();
    }
    let row = |y: u16| Rect::new(area.x, area.y + y, area.width, 1);
    // A phone has no line to spare for the tabs: its footer and the numbers do.
    let head = if area.height < TABS_FROM { 1 } else { 2 };
    let body = match model.bare {
        true => area,
        false => Rect::new(area.x, area.y + head, area.width, area.height - head - 1),
    };
    let mut page = Page::new(body, buffer, &model.shared);
    page.keeps = keeps;
    model.view().draw(&mut page);
    let mut hits = page.hits;
    hits.screen = area;
    if !model.bare {
        title(row(0), buffer, model);
        if head > 1 {
            hits.buttons.extend(tabs(row(1), buffer, model));
        }
    }
    let last = row(area.height - 1);
    if !model.bare || matches!(model.overlay, Some(Overlay::Type(_))) || !model.pressed().is_empty() {
        hits.buttons.extend(footer(last, buffer, model));
    }
    over::draw(body, last, buffer, model, &mut hits);
    hits
}

fn title(area: Rect, buffer: &mut Buffer, model: &Model) {
    let theme = &model.shared.theme;
    let (word, tone) = pulse(model);
    let clock = clock(model, area.width);
    let right = (text::width(&word) + text::width(&clock) + 3) as u16;
    let left = area.width.saturating_sub(right + 1);
    let place = Rect::new(area.x + left + 1, area.y, area.width.saturating_sub(left + 1), 1);
    let mut pen = Pen::new(buffer, place, theme);
    pen.put(&clock, Tone::Text);
    pen.put("  ", Tone::Text);
    pen.put(&word, tone);
    let mut pen = Pen::new(buffer, Rect { width: left, ..area }, theme);
    pen.put(" storj-monitor ", Tone::Accent);
    counts(&mut pen, area.width, model);
    if area.width >= WORDS_FROM {
        let text = text::fit(&format!("  {}", scope(model)), usize::from(pen.left()), &theme.glyphs);
        pen.put(&text, Tone::Text);
    }
}

/// How many nodes are how.
fn counts(pen: &mut Pen<'_>, width: u16, model: &Model) {
    let glyphs = model.shared.theme.glyphs;
    if let Collector::Lost(_) = model.shared.collector
        && model.shared.told_ms() > 0
        && model.shared.moment().is_none()
    {
        // What is shown is old, and nobody looks.
        let text = match width >= WORDS_FROM {
            true => format!(" {} NOBODY IS WATCHING ", glyphs.critical),
            false => format!(" {} no watch ", glyphs.critical),
        };
        return pen.put(&text, Tone::Bad);
    }
    let states = model.states();
    for (state, mark, tone, word) in [
        (State::Critical, glyphs.critical, Tone::Bad, "critical"),
        (State::Warning, glyphs.warning, Tone::Warn, "warning"),
        (State::Unknown, glyphs.unknown, Tone::Muted, "unknown"),
    ] {
        if let Some(count) = states.get(&state) {
            let plural = if *count > 1 && state == State::Warning { "s" } else { "" };
            let long = format!(" {mark} {count} {word}{plural} ");
            let fits = width >= WORDS_FROM && text::width(&long) <= usize::from(pen.left());
            let text = if fits { long } else { format!(" {mark}{count}") };
            pen.put(&text, tone);
        }
    }
}

/// What is looked at.
fn scope(model: &Model) -> String {
    let shared = &model.shared;
    let nodes = match (&shared.node, shared.nodes().len()) {
        (Some(node), _) => format!("node {node}"),
        (None, 0) => "no nodes yet".to_owned(),
        (None, 1) => "1 node".to_owned(),
        (None, count) => format!("{count} nodes"),
    };
    match &shared.satellite {
        Some(id) => format!("{nodes}, {} only", shared.satellite_name(id)),
        None => nodes,
    }
}

fn clock(model: &Model, width: u16) -> String {
    let (ms, zone) = (model.shared.now_ms, &model.shared.zone);
    match width >= SECONDS_FROM {
        true => number::zoned_clock(ms, zone),
        false => number::minute(ms, zone),
    }
}

/// Whether what is shown is of now.
fn pulse(model: &Model) -> (String, Tone) {
    let shared = &model.shared;
    let ago = |ms: i64| number::age(((shared.now_ms - ms).max(0) / 1000).unsigned_abs());
    let glyphs = shared.theme.glyphs;
    let moment = |second: i64| number::moment(second * 1000, shared.now_ms, &shared.zone);
    match (shared.moment(), shared.held_since(), &shared.collector) {
        (Some(second), ..) => (format!("AS OF {}", moment(second)), Tone::Warn),
        (None, Some(since), _) => {
            let bars = if glyphs.unicode { "❚❚" } else { "||" };
            (format!("{bars} frozen {}", ago(since)), Tone::Warn)
        }
        (None, None, Collector::Lost(since)) => {
            let told = if shared.told_ms() > 0 { shared.told_ms() } else { *since };
            (format!("AS OF {}", moment(told / 1000)), Tone::Bad)
        }
        (None, None, Collector::Past(at)) => (
            format!("AS OF {}", number::date_and_minute(*at, &shared.zone)),
            Tone::Warn,
        ),
        (None, None, _) if shared.told_ms() == 0 => ("starting".to_owned(), Tone::Muted),
        (None, None, _) => (format!("{} live", glyphs.good), Tone::Good),
    }
}

/// Who collects, in words and in one.
fn who(model: &Model) -> [&'static str; 2] {
    match &model.shared.collector {
        Collector::Inside => ["collecting in this program", "inside"],
        Collector::Attached => ["attached to the running collector", "attached"],
        Collector::Lost(_) if !model.shared.may_collect => ["no collector runs", "alone"],
        Collector::Lost(_) => ["the collector is gone; looking for it", "gone"],
        Collector::Past(_) => ["from what was kept", "kept"],
    }
}

/// The panes by their keys: in full, shortened, or the keys alone.
fn tabs(area: Rect, buffer: &mut Buffer, model: &Model) -> Vec<(Rect, Action)> {
    let label = |pane: Pane, title: &str| {
        let key = model.keymap.key(Action::Show(pane)).unwrap_or_default();
        match pane == model.pane {
            true => format!("[{key} {title}]"),
            false => format!(" {} ", format!("{key} {title}").trim_end()),
        }
    };
    let forms: [fn(Pane, bool) -> &'static str; 3] = [
        |pane, _| pane.title(),
        |pane, _| pane.short(),
        |pane, active| if active { pane.title() } else { "" },
    ];
    let labels =
        |form: fn(Pane, bool) -> &'static str| Pane::ALL.map(|pane| label(pane, form(pane, pane == model.pane)));
    let who = who(model);
    let wide = |labels: &[String]| labels.iter().map(|label| text::width(label)).sum::<usize>();
    let room = |labels: &[String]| usize::from(area.width).saturating_sub(wide(labels));
    // Who collects is worth more than whole titles, but a word of it is enough.
    let with = |form: fn(Pane, bool) -> &'static str| {
        let labels = labels(form);
        let who = who.into_iter().find(|who| text::width(who) + 2 <= room(&labels));
        who.map(|who| (labels, who))
    };
    let fitting = forms.into_iter().find_map(with);
    let (fitting, who) = fitting.unwrap_or_else(|| (labels(forms[2]), ""));
    let mut pen = Pen::new(buffer, area, &model.shared.theme);
    let mut buttons = Vec::new();
    let mut x = area.x;
    for (pane, label) in Pane::ALL.into_iter().zip(fitting) {
        let tone = if pane == model.pane { Tone::Accent } else { Tone::Muted };
        let width = (text::width(&label) as u16).min(pen.left());
        buttons.push((Rect::new(x, area.y, width, 1), Action::Show(pane)));
        pen.put(&label, tone);
        x += width;
    }
    if !who.is_empty() {
        pen.to(area.width - text::width(who) as u16 - 1);
        pen.put(who, Tone::Muted);
    }
    buttons
}

/// Keys that work now, as many as there is room for; or what is being said or pressed.
fn footer(area: Rect, buffer: &mut Buffer, model: &Model) -> Vec<(Rect, Action)> {
    let mut pen = Pen::new(buffer, area, &model.shared.theme);
    if !model.pressed().is_empty() {
        chord(&mut pen, model);
        return Vec::new();
    }
    if let Some(toast) = model.shared.toast() {
        // Where a file went stands at the end.
        let room = usize::from(pen.left()).saturating_sub(1);
        let toast = text::middle(toast, room, &model.shared.theme.glyphs);
        pen.put(&format!(" {toast}"), Tone::Accent);
        return Vec::new();
    }
    pen.put(" ", Tone::Text);
    let shown = |action: Action| Some((model.keymap.key(action)?, action.spec().title));
    let width =
        |action: Action| shown(action).map_or(0, |(key, title)| (text::width(&key) + text::width(title) + 3) as u16);
    // Whoever knows these finds all others.
    let always = [Action::Palette, Action::Help, Action::Quit];
    let always = always
        .into_iter()
        .filter(|action| shown(*action).is_some() && model.can(*action));
    let always: Vec<Action> = match area.width < SECONDS_FROM {
        true => always.filter(|action| *action != Action::Palette).collect(),
        false => always.collect(),
    };
    let kept: u16 = always.iter().map(|action| width(*action)).sum();
    let specs = ACTIONS.iter().filter(|spec| spec.place.has(model.pane));
    let others = specs
        .map(|spec| spec.action)
        .filter(|action| !always.contains(action) && !matches!(action, Action::Show(_)));
    let mut fitting = Vec::new();
    let mut left = pen.left().saturating_sub(kept);
    for action in others.filter(|action| model.can(*action) && shown(*action).is_some()) {
        if width(action) > left {
            break;
        }
        left -= width(action);
        fitting.push(action);
    }
    let mut buttons = Vec::new();
    for action in fitting.into_iter().chain(always) {
        if let Some((key, title)) = shown(action) {
            let x = area.right() - pen.left();
            buttons.push((Rect::new(x, area.y, width(action).min(pen.left()), 1), action));
            pen.put(&key, Tone::Key);
            pen.put(&format!(" {title}  "), Tone::Muted);
        }
    }
    buttons
}

/// A chord that was begun, and how it can go on.
fn chord(pen: &mut Pen<'_>, model: &Model) {
    let begun: Vec<String> = model.pressed().iter().map(ToString::to_string).collect();
    pen.put(&format!(" {} ", begun.join(" ")), Tone::Accent);
    for (rest, action) in model.keymap.following(model.pressed(), model.pane) {
        pen.put(&format!(" {rest}"), Tone::Key);
        pen.put(&format!(" {} ", action.spec().title), Tone::Muted);
    }
}
