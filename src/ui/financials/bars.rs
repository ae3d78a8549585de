//! Months or years as bars, stacked by component: drawn by the layout.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::book::Book;
use super::cash;
use super::months;
use crate::api::money::{Component, Parts};
use crate::domain::money::Micro;
use crate::ui::look::{Glyphs, Theme, Tone};
use crate::ui::pane::Page;
use crate::ui::pen::Pen;
use crate::ui::text;

/// A heading over them, rows of bars, names, sums: less is no picture.
pub(super) const LEAST: u16 = 6;
/// More rows make no better picture.
pub(super) const MOST: u16 = 14;

/// What stands in one bar.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Bar {
    /// What explanations call it: `2026-08`, `2026`.
    pub(super) key: String,
    pub(super) name: String,
    pub(super) parts: Parts<Micro>,
    /// More is expected by its end.
    pub(super) expected: Option<Micro>,
    /// Nobody settled it.
    pub(super) estimated: bool,
}

impl Bar {
    fn sum(&self) -> Micro {
        self.parts.each().into_iter().copied().sum()
    }

    fn height(&self) -> Micro {
        self.sum().max(self.expected.unwrap_or_default())
    }
}

/// The oldest first.
pub(super) fn of(book: &Book, all: bool) -> Vec<Bar> {
    let mut bars: Vec<Bar> = match all {
        true => months::years(&book.months)
            .into_iter()
            .map(|year| Bar {
                key: year.year.to_string(),
                name: year.year.to_string(),
                parts: year.gross,
                expected: None,
                estimated: false,
            })
            .collect(),
        false => book
            .months
            .iter()
            .take(12)
            .map(|sum| Bar {
                key: sum.month.to_string(),
                name: cash::month_name(sum.month),
                parts: sum.gross,
                expected: sum.expected(),
                estimated: sum.stub.is_none(),
            })
            .collect(),
    };
    bars.reverse();
    bars
}

/// What components are drawn with: told apart without colour, too.
fn sign(component: Component, glyphs: &Glyphs) -> char {
    match (component, glyphs.unicode) {
        (Component::Storage, true) => '█',
        (Component::Egress, true) => '▓',
        (Component::Repair, true) => '▒',
        (Component::Storage, false) => '#',
        (Component::Egress, false) => '=',
        (Component::Repair, false) => '+',
        (Component::Audit, _) => 'a',
    }
}

/// What the signs mean.
pub(super) fn legend(bars: &[Bar], glyphs: &Glyphs) -> String {
    let any = |component: Component| bars.iter().any(|bar| bar.parts.of(component).0 > 0);
    let mut words: Vec<String> = Component::ALL
        .into_iter()
        // Audits earn less than can be seen.
        .filter(|component| any(*component) && *component != Component::Audit)
        .map(|component| format!("{} {}", sign(component, glyphs), component.word()))
        .collect();
    if bars.iter().any(|bar| bar.expected.is_some()) {
        words.push(format!("{} to come", glyphs.empty));
    }
    words.join(" · ")
}

/// The least of 1, 2, 5 times a power of ten that is not below.
fn round_up(value: f64) -> f64 {
    let power = 10_f64.powf(value.max(1e-6).log10().floor());
    let steps = [1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0];
    let found = steps.into_iter().map(|step| step * power);
    found
        .into_iter()
        .find(|step| *step >= value * 0.999)
        .unwrap_or(power * 10.0)
}

/// Of whom a cell of a bar is: what covers its middle; `None`: nobody. `at`: the cell's bottom, in cells.
fn cell(bar: &Bar, at: f64, scale: f64) -> Option<(Component, f64)> {
    let height = bar.sum().dollars() * scale;
    let covered = (height - at).clamp(0.0, 1.0);
    if covered <= 0.0 {
        return None;
    }
    let middle = at + covered / 2.0;
    let mut top = 0.0;
    for component in Component::ALL {
        top += bar.parts.of(component).dollars() * scale;
        if middle <= top {
            return Some((component, covered));
        }
    }
    None
}

const UP: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// Where the bars are.
struct Grid {
    plot: Rect,
    wide: u16,
    /// Cells for a dollar.
    scale: f64,
    /// The largest sum.
    most: Micro,
}

/// Draws them; below each its name and its sum.
pub(super) fn draw(page: &mut Page<'_>, area: Rect, bars: &[Bar], book: &Book) {
    let theme = page.shared.theme.clone();
    let area = area.intersection(page.buffer.area);
    let most = bars.iter().map(Bar::height).max().unwrap_or_default();
    if area.height < 3 || area.width < 12 || bars.is_empty() {
        return;
    }
    let top = match most.0 {
        1.. => round_up(book.cash.value(most)),
        _ => 1.0,
    };
    let label = |value: f64| match top < 5.0 {
        true => format!("{value:.2}"),
        false => format!("{value:.0}"),
    };
    let gutter = text::width(&label(top)) as u16 + 4;
    let plot = Rect {
        x: area.x + gutter,
        width: area.width.saturating_sub(gutter + 1),
        height: area.height - 2,
        ..area
    };
    let count = (bars.len() as u16).min(plot.width / 2).max(1);
    let bars = &bars[bars.len() - usize::from(count)..];
    let slot = (plot.width / count).min(12);
    let grid = Grid {
        plot,
        wide: slot.saturating_sub(if slot > 4 { 2 } else { 1 }).clamp(1, 8),
        scale: f64::from(plot.height) / top * dollar(book),
        most,
    };
    axis(page.buffer, area, &grid, |share| label(top * share), &theme);
    for (n, bar) in bars.iter().enumerate() {
        let place = Rect {
            x: plot.x + n as u16 * slot,
            width: slot,
            ..area
        };
        one(page.buffer, place, bar, &grid, &theme);
        page.figure(place, "bar", &bar.key);
    }
    below(page, (area, slot), bars, (&grid, book));
}

/// What a dollar is in the person's money.
fn dollar(book: &Book) -> f64 {
    book.cash.value(Micro(1_000_000))
}

fn axis(buffer: &mut Buffer, area: Rect, grid: &Grid, label: impl Fn(f64) -> String, theme: &Theme) {
    let glyphs = &theme.glyphs;
    let (tick, corner) = if glyphs.unicode { ("┤", "└") } else { ("|", "+") };
    let edge = grid.plot.x - 1;
    let rows = grid.plot.height;
    for y in 0..rows {
        let line = Rect {
            y: area.y + y,
            height: 1,
            width: grid.plot.x - area.x,
            ..area
        };
        // The top of a row is what its bars reach when they fill it.
        let share = f64::from(rows - y) / f64::from(rows);
        let is_labelled = y == 0 || (rows >= 4 && rows.is_multiple_of(2) && y == rows / 2);
        let words = if is_labelled { label(share) } else { String::new() };
        let words = text::right(&words, usize::from(edge - area.x).saturating_sub(1), glyphs);
        let mut pen = Pen::new(buffer, line, theme);
        pen.put(&words, Tone::Muted);
        pen.to(edge - area.x);
        pen.put(tick, Tone::Muted);
    }
    let line = Rect {
        x: edge,
        y: area.y + rows,
        width: area.right().saturating_sub(edge),
        height: 1,
    };
    let mut pen = Pen::new(buffer, line, theme);
    pen.put(corner, Tone::Muted);
    while pen.left() > 0 {
        pen.put(glyphs.rule, Tone::Muted);
    }
}

fn one(buffer: &mut Buffer, place: Rect, bar: &Bar, grid: &Grid, theme: &Theme) {
    let glyphs = &theme.glyphs;
    let expected = bar.expected.map_or(0.0, |amount| amount.dollars() * grid.scale);
    for row in 0..grid.plot.height {
        let at = f64::from(grid.plot.height - row - 1);
        let earned = cell(bar, at, grid.scale).and_then(|(component, covered)| {
            // Only a full block has parts; others are there or not.
            let glyph = match (sign(component, glyphs), covered) {
                ('█', covered) => UP[((covered * 8.0).round() as usize).clamp(1, 8) - 1],
                (sign, covered) if covered >= 0.5 || at == 0.0 => sign,
                _ => return None,
            };
            Some((glyph.to_string(), Tone::Series(component as u8)))
        });
        let to_come = (expected - at >= 0.5).then(|| (glyphs.empty.to_owned(), Tone::Muted));
        let Some((glyph, tone)) = earned.or(to_come) else {
            continue;
        };
        let line = Rect {
            y: place.y + row,
            width: grid.wide.min(place.width),
            height: 1,
            ..place
        };
        Pen::new(buffer, line, theme).put(&glyph.repeat(usize::from(grid.wide)), tone);
    }
}

/// Names and sums, the month that is told in full marked, from the last bar backwards: as many as do not touch. A sum nobody settled has the mark of an
/// estimate.
fn below(page: &mut Page<'_>, (area, slot): (Rect, u16), bars: &[Bar], (grid, book): (&Grid, &Book)) {
    let name = |bar: &Bar| bar.name.clone();
    let sum = |bar: &Bar| {
        let mark = if bar.estimated { "~" } else { "" };
        format!("{mark}{}", book.cash.rough(bar.height(), grid.most))
    };
    let lines: [(Vec<String>, u16, Tone); 2] = [
        (bars.iter().map(name).collect(), grid.plot.height, Tone::Text),
        (bars.iter().map(sum).collect(), grid.plot.height + 1, Tone::Muted),
    ];
    let told = book.nodes.first().map(|node| node.month.to_string());
    for (words, y, tone) in lines {
        for (n, word) in spaced(&words, slot) {
            // The month that the tables are of.
            let is_told = tone == Tone::Text && told.as_ref() == bars.get(n).map(|bar| &bar.key);
            let tone = if is_told { Tone::Selected } else { tone };
            let x = grid.plot.x + n as u16 * slot;
            // The last one has room beside it.
            let line = Rect {
                x,
                y: area.y + y,
                width: area.right().saturating_sub(x),
                height: 1,
            };
            if text::width(word) <= usize::from(line.width) {
                Pen::new(page.buffer, line, &page.shared.theme).put(word, tone);
            }
        }
    }
}

/// Of the words so many that a cell lies between any two; the last one is among them.
fn spaced(words: &[String], slot: u16) -> impl Iterator<Item = (usize, &String)> {
    let last = words.len().saturating_sub(1);
    // The last one may be wider: nothing is behind it.
    let widest = words.iter().take(last).map(|word| text::width(word)).max().unwrap_or(0);
    let every = (widest + 1).div_ceil(usize::from(slot.max(1))).max(1);
    words
        .iter()
        .enumerate()
        .filter(move |(n, _)| (last - n).is_multiple_of(every))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_of_what_covers_its_middle() {
        let bar = Bar {
            key: String::new(),
            name: String::new(),
            parts: Parts {
                storage: Micro(2_000_000),
                egress: Micro(1_000_000),
                repair: Micro(500_000),
                audit: Micro(0),
            },
            expected: None,
            estimated: false,
        };
        let of = |at: f64| cell(&bar, at, 1.0).map(|(component, _)| component);
        assert_eq!(
            [of(0.0), of(1.0), of(2.0), of(3.0), of(4.0)],
            [
                Some(Component::Storage),
                Some(Component::Storage),
                Some(Component::Egress),
                Some(Component::Repair),
                None
            ]
        );
        assert_eq!(cell(&bar, 3.0, 1.0).map(|(_, covered)| covered), Some(0.5));
    }

    #[test]
    fn what_is_to_come_begins_where_nothing_earned_is_drawn() {
        let bar = Bar {
            key: String::new(),
            name: String::new(),
            parts: Parts {
                storage: Micro(1_000_000),
                egress: Micro(0),
                // Too little to be drawn in its cell.
                repair: Micro(1_100_000),
                audit: Micro(0),
            },
            expected: Some(Micro(4_000_000)),
            estimated: true,
        };
        let plot = Rect::new(0, 0, 1, 5);
        let grid = Grid {
            plot,
            wide: 1,
            scale: 1.0,
            most: Micro(5_000_000),
        };
        let mut buffer = Buffer::empty(plot);
        one(&mut buffer, plot, &bar, &grid, &Theme::new(Glyphs::UNICODE, true));
        let drawn: String = buffer.content.iter().map(ratatui::buffer::Cell::symbol).collect();
        assert_eq!(drawn, " ░░▒█");
    }

    #[test]
    fn no_two_words_touch_and_the_last_one_is_there() {
        let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<String>>();
        let months = words("Sep Oct Nov Dec Jan ~1234");
        let shown = |slot| spaced(&months, slot).map(|(n, _)| n).collect::<Vec<_>>();
        assert_eq!((shown(4), shown(3)), (vec![0, 1, 2, 3, 4, 5], vec![1, 3, 5]));
        assert_eq!((shown(2), shown(1)), (vec![1, 3, 5], vec![1, 5]));
        for slot in 1..13_usize {
            let all: Vec<(usize, &String)> = spaced(&months, slot as u16).collect();
            for pair in all.windows(2) {
                assert!(pair[0].0 * slot + pair[0].1.len() < pair[1].0 * slot, "{slot}: {all:?}");
            }
        }
        assert_eq!(spaced(&[], 3).count(), 0);
    }

    #[test]
    fn the_scale_ends_at_a_round_number_above_all() {
        for (value, top) in [
            (55.05, 60.0),
            (60.0, 60.0),
            (0.3, 0.3),
            (1.01, 1.5),
            (9.1, 10.0),
            (0.0, 1e-6),
        ] {
            assert!(
                (round_up(value) - top).abs() < top * 1e-9,
                "{value}: {}",
                round_up(value)
            );
        }
    }
}
