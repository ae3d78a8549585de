//! The keys of what lies over a pane, in the last row: those of the pane do not work there. Called by `over`.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::widgets::{Clear, Widget};

use crate::ui::action::Action;
use crate::ui::keymap::Keymap;
use crate::ui::look::Tone;
use crate::ui::model::Model;
use crate::ui::overlay::{Overlay, Picker};
use crate::ui::pane::Hits;
use crate::ui::pen::Pen;
use crate::ui::text;

/// Keys, and what they do.
type Entry = (String, &'static str);

/// Draws them, as many as there is room for; the one that closes is always there.
pub(super) fn draw(last: Rect, buffer: &mut Buffer, model: &Model, hits: &Hits) {
    let keymap = &model.keymap;
    let entries = match &model.overlay {
        Some(Overlay::Pick(picker)) => of_list(keymap, picker),
        Some(Overlay::Explain(at, ..)) => of_figure(keymap, hits, *at),
        Some(Overlay::Text(..)) => of_text(keymap, hits),
        // They say theirs themselves.
        Some(Overlay::Type(_) | Overlay::Form(_)) | None => return,
    };
    let width = |(keys, title): &Entry| (text::width(keys) + text::width(title) + 3) as u16;
    let close = (keys(keymap, &[Action::Back]), "close");
    Clear.render(last, buffer);
    let mut pen = Pen::new(buffer, last, &model.shared.theme);
    pen.put(" ", Tone::Text);
    let mut left = pen.left().saturating_sub(width(&close));
    let fits = |entry: &Entry| {
        let fits = width(entry) <= left && !entry.0.is_empty();
        left -= if fits { width(entry) } else { 0 };
        fits
    };
    let shown: Vec<Entry> = entries.into_iter().filter(fits).collect();
    for (keys, title) in shown.into_iter().chain([close]) {
        pen.put(&keys, Tone::Key);
        pen.put(&format!(" {title}  "), Tone::Muted);
    }
}

fn of_list(keymap: &Keymap, picker: &Picker) -> Vec<Entry> {
    let switches = picker.items.iter().any(|item| item.on.is_some());
    let takes = match (picker.id, switches) {
        ("help" | "palette", _) => "do it",
        (_, true) => "show, hide",
        (_, false) => "choose",
    };
    let search = match picker.typing {
        true => ("a–z".to_owned(), "narrow down"),
        false => (keys(keymap, &[Action::Filter]), "search"),
    };
    vec![
        (keys(keymap, &[Action::Up, Action::Down]), "move"),
        (keys(keymap, &[Action::Enter]), takes),
        search,
    ]
}

fn of_figure(keymap: &Keymap, hits: &Hits, at: usize) -> Vec<Entry> {
    let (rows, blocks) = Model::can_go_from(hits, at);
    let mut entries = of_text(keymap, hits);
    let scrolls = !entries.is_empty();
    entries.push((keys(keymap, &[Action::Left, Action::Right]), "figure"));
    if rows {
        let by = match scrolls {
            true => [Action::PreviousNode, Action::NextNode],
            false => [Action::Up, Action::Down],
        };
        entries.push((keys(keymap, &by), "row"));
    }
    if blocks {
        entries.push((keys(keymap, &[Action::NextBlock]), "block"));
    }
    entries
}

fn of_text(keymap: &Keymap, hits: &Hits) -> Vec<Entry> {
    match hits.text.scrolls() {
        true => vec![(keys(keymap, &[Action::Up, Action::Down]), "scroll")],
        false => Vec::new(),
    }
}

/// The keys of actions that belong together, as they are shown: `↑↓`, `< >`, `tab`.
fn keys(keymap: &Keymap, actions: &[Action]) -> String {
    let arrow = |key: String| match key.as_str() {
        "up" => "↑".to_owned(),
        "down" => "↓".to_owned(),
        "left" => "←".to_owned(),
        "right" => "→".to_owned(),
        _ => key,
    };
    let keys: Vec<String> = actions.iter().filter_map(|action| keymap.key(*action)).collect();
    let shown: Vec<String> = keys.iter().cloned().map(arrow).collect();
    let between = if shown == keys { " " } else { "" };
    shown.join(between)
}
