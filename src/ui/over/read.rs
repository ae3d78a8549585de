//! Draws what is read over a pane: explanations, details, messages. All scroll alike. Called by `over`.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{WIDEST, centred, window};
use crate::ui::explain::{Explained, Fact};
use crate::ui::look::{Theme, Tone};
use crate::ui::number;
use crate::ui::overlay::Seen;
use crate::ui::pen::Pen;
use crate::ui::text;

/// A line of a text, in its tones.
type Line = Vec<(String, Tone)>;

/// The widest a name before a fact gets, and a value.
const NAME: usize = 22;
/// See [`NAME`].
const VALUE: usize = 24;
/// Columns of an age.
const AGE: usize = 8;

/// Names with what stands behind them.
pub(super) fn facts(
    body: Rect,
    buffer: &mut Buffer,
    theme: &Theme,
    title: &str,
    facts: &[(String, String)],
    first: usize,
) -> Seen {
    let names = facts.iter().map(|(name, _)| text::width(name));
    let names = names.max().unwrap_or(0).min(VALUE);
    let values = facts.iter().map(|(_, value)| text::width(value)).max().unwrap_or(0);
    let width = (names + values + 6)
        .max(text::width(title) + 8)
        .clamp(24, usize::from(WIDEST)) as u16;
    let width = width.min(body.width);
    let room = usize::from(width.saturating_sub(4)).saturating_sub(names + 2).max(8);
    let mut lines: Vec<Line> = Vec::new();
    for (name, value) in facts {
        for (n, part) in text::wrap(value, room, &theme.glyphs).into_iter().enumerate() {
            let name = text::fit(if n == 0 { name } else { "" }, names, &theme.glyphs);
            lines.push(vec![(format!("{name}  "), Tone::Muted), (part, Tone::Text)]);
        }
    }
    let area = centred(body, width, tall(&lines));
    show(area, buffer, theme, title, &lines, first)
}

/// Beside the figure it explains, where there is room for that.
pub(super) fn explain(
    body: Rect,
    buffer: &mut Buffer,
    theme: &Theme,
    (explained, first): (&Explained, usize),
    figure: Option<Rect>,
) -> Seen {
    let margin = if body.width > 60 { 4 } else { 0 };
    let width = body.width.min(WIDEST).saturating_sub(margin);
    let lines = told(explained, usize::from(width.saturating_sub(4)), theme);
    let height = tall(&lines).min(body.height);
    let mut area = centred(body, width, height);
    if let Some(figure) = figure {
        let below = body.bottom().saturating_sub(figure.bottom());
        let above = figure.y.saturating_sub(body.y);
        if below >= height {
            area.y = figure.bottom();
        } else if above >= height {
            area.y = figure.y - height;
        }
        mark(figure, buffer, theme);
    }
    show(area, buffer, theme, &explained.title, &lines, first)
}

/// The height of a window for these lines.
fn tall(lines: &[Line]) -> u16 {
    u16::try_from(lines.len()).unwrap_or(u16::MAX - 2) + 2
}

/// A window with a text, as much of it as there is room for; its frame says which lines are seen of how many.
fn show(area: Rect, buffer: &mut Buffer, theme: &Theme, title: &str, lines: &[Line], first: usize) -> Seen {
    let inner = window(area, buffer, theme, title, "");
    let seen = Seen::from(first, usize::from(inner.height), lines.len());
    for (n, line) in lines.iter().skip(seen.first).take(seen.lines).enumerate() {
        let row = Rect::new(inner.x, inner.y + n as u16, inner.width, 1);
        let mut pen = Pen::new(buffer, row, theme);
        line.iter().for_each(|(part, tone)| pen.put(part, *tone));
    }
    if seen.scrolls() && area.height > 1 {
        let words = format!(" {}–{} of {} ", seen.first + 1, seen.first + seen.lines, seen.of);
        let wide = text::width(&words) as u16;
        let bottom = Rect::new(area.x, area.bottom() - 1, area.width, 1);
        let mut pen = Pen::new(buffer, bottom, theme);
        pen.to(area.width.saturating_sub(wide + 2).max(1));
        pen.put(&words, Tone::Muted);
    }
    seen
}

/// The lines of an explanation.
fn told(explained: &Explained, width: usize, theme: &Theme) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    if !explained.sum.is_empty() {
        paragraph(&explained.sum, Tone::Accent, width, theme, &mut lines);
        lines.push(Vec::new());
    }
    made_of(&explained.facts, width, theme, &mut lines);
    for words in &explained.words {
        if lines.last().is_some_and(|line| !line.is_empty()) {
            lines.push(Vec::new());
        }
        paragraph(words, Tone::Text, width, theme, &mut lines);
    }
    lines
}

fn paragraph(text: &str, tone: Tone, width: usize, theme: &Theme, lines: &mut Vec<Line>) {
    let wrapped = text::wrap(text, width, &theme.glyphs);
    lines.extend(wrapped.into_iter().map(|line| vec![(line, tone)]));
}

/// What a figure is made of, a line each. Who says so goes below where it has no room beside. A value in words that is
/// wider than the column of the figures is read from the left, in as many lines as it needs.
fn made_of(facts: &[Fact], width: usize, theme: &Theme, lines: &mut Vec<Line>) {
    let names = facts.iter().map(|fact| text::width(&fact.what));
    let values = facts.iter().map(|fact| text::width(&fact.value));
    let age = if facts.iter().any(|fact| fact.age_s.is_some()) {
        AGE
    } else {
        0
    };
    let columns = Columns {
        name: names.max().unwrap_or(0).min(NAME),
        value: values.filter(|wide| *wide <= VALUE).max().unwrap_or(0),
        age,
        width,
    };
    for fact in facts {
        let name = text::fit(&fact.what, columns.name, &theme.glyphs);
        let name = (format!("{name}  "), Tone::Muted);
        let told = fact.age_s.map(number::age).unwrap_or_default();
        let told = (text::right(&told, age, &theme.glyphs), Tone::Muted);
        match text::width(&fact.value) <= columns.value {
            true => of_figure(fact, (name, told), &columns, theme, lines),
            false => of_words(fact, (name, told), &columns, theme, lines),
        }
    }
}

/// Columns that what a figure is made of has.
struct Columns {
    name: usize,
    value: usize,
    age: usize,
    width: usize,
}

type Part = (String, Tone);

fn of_figure(fact: &Fact, (name, told): (Part, Part), columns: &Columns, theme: &Theme, lines: &mut Vec<Line>) {
    let room = columns
        .width
        .saturating_sub(columns.name + columns.value + 4 + columns.age);
    let below = text::width(&fact.from) > room;
    let value = text::right(&fact.value, columns.value, &theme.glyphs);
    let from = if below { "" } else { &fact.from };
    lines.push(vec![
        name,
        (format!("{value}  "), Tone::Text),
        (text::fit(from, room, &theme.glyphs), Tone::Muted),
        told,
    ]);
    if below {
        let wrapped = text::wrap(&fact.from, columns.width.saturating_sub(2), &theme.glyphs);
        lines.extend(wrapped.into_iter().map(|line| vec![(format!("  {line}"), Tone::Muted)]));
    }
}

fn of_words(fact: &Fact, (name, told): (Part, Part), columns: &Columns, theme: &Theme, lines: &mut Vec<Line>) {
    let room = columns.width.saturating_sub(columns.name + 2 + columns.age).max(8);
    let mut wrapped = text::wrap(&fact.value, room, &theme.glyphs);
    let mut from = text::wrap(&fact.from, room, &theme.glyphs);
    let last = wrapped.last().map_or(0, |line| text::width(line));
    // Beside the end of the words where it fits, else below them.
    let beside = from.len() == 1 && last + 2 + text::width(&fact.from) <= room;
    let beside = if beside { from.pop() } else { None };
    let end = wrapped.pop();
    let ends = end.map(|line| (line, Tone::Text, beside.unwrap_or_default()));
    let words = wrapped.into_iter().map(|line| (line, Tone::Text, String::new()));
    let from = from.into_iter().filter(|line| !line.is_empty());
    let from = from.map(|line| (line, Tone::Muted, String::new()));
    let margin = (" ".repeat(columns.name + 2), Tone::Muted);
    for (n, (line, tone, beside)) in words.chain(ends).chain(from).enumerate() {
        let taken = text::width(&line) + 2;
        let beside = text::fit(&beside, room.saturating_sub(taken), &theme.glyphs);
        let mut parts = vec![
            if n == 0 { name.clone() } else { margin.clone() },
            (format!("{line}  "), tone),
            (beside, Tone::Muted),
        ];
        parts.extend((n == 0).then(|| told.clone()));
        lines.push(parts);
    }
}

/// Which figure is meant.
fn mark(figure: Rect, buffer: &mut Buffer, theme: &Theme) {
    let figure = figure.intersection(buffer.area);
    buffer.set_style(figure, theme.style(Tone::Selected));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::look::Glyphs;

    fn read(facts: &[Fact], width: usize) -> Vec<String> {
        let theme = Theme::new(Glyphs::UNICODE, true);
        let mut lines = Vec::new();
        made_of(facts, width, &theme, &mut lines);
        let whole = |line: Line| line.into_iter().map(|(part, _)| part).collect::<String>();
        lines
            .into_iter()
            .map(|line| whole(line).trim_end().to_owned())
            .collect()
    }

    #[test]
    fn words_are_whole_and_figures_stay_in_their_column() {
        let facts = [
            Fact::new("p50", "0.61 s", "log"),
            Fact::new("quality", "exact: both lines stamped by docker or journald", "log"),
            Fact::new("longest", "12.40 s", "log, whole"),
        ];
        let wide = [
            "p50       0.61 s  log",
            "quality  exact: both lines stamped by docker or journald  log",
            "longest  12.40 s  log, whole",
        ];
        assert_eq!(read(&facts, 76), wide);
        let narrow = [
            "p50       0.61 s  log",
            "quality  exact: both lines",
            "         stamped by docker or",
            "         journald  log",
            "longest  12.40 s  log, whole",
        ];
        assert_eq!(read(&facts, 32), narrow);
    }

    #[test]
    fn who_says_so_goes_below_where_it_was_cut_and_an_age_keeps_its_place() {
        let facts = [
            Fact::new("won", "98", "a log that was read from its end to its begin").since(Some(0), 5000),
            Fact::new("all", "98 won, 1 lost, 2 failed, 3 rejected", "log").since(Some(0), 60_000),
        ];
        for width in [24, 40, 60, 76] {
            let lines = read(&facts, width);
            let all = lines.join(" ").split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(!all.contains('…'), "{width}: {all}");
            for word in ["98 won", "rejected", "log", "its begin", "5 s", "1 m"] {
                assert!(all.contains(word), "{width}: {word} in {all}");
            }
        }
    }
}
