//! Charts of one row: sparkline, gauge, stacked bar, heat strip, bars with their value. Called by the panes and
//! by tables.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr;

use super::canvas::{put, say};
use super::data::known;
use super::{Theme, Tone};

const UP: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
const UP_PLAIN: [char; 7] = ['.', ':', '-', '=', '+', '*', '#'];
const ACROSS: [char; 8] = ['▏', '▎', '▍', '▌', '▋', '▊', '▉', '█'];
const SHADES: [char; 5] = ['·', '░', '▒', '▓', '█'];
const SHADES_PLAIN: [char; 5] = ['.', ':', '+', '*', '#'];

/// Values as columns, the newest at the right end. `max` is what fills the height (0 or less: the largest of
/// them). A gap is blank, zero is the lowest mark. Of more values than columns the largest of each stay.
pub fn sparkline(buf: &mut Buffer, rect: Rect, values: &[Option<f64>], max: f64, theme: &Theme, tone: Tone) {
    let rect = rect.intersection(buf.area);
    let most = values.iter().filter_map(|value| known(*value)).fold(0.0, f64::max);
    let max = if max.is_finite() && max > 0.0 { max } else { most };
    let marks: &[char] = if theme.glyphs.unicode { &UP } else { &UP_PLAIN };
    let levels = marks.len() * usize::from(rect.height);
    for (x, value) in thinned(values, rect) {
        let Some(value) = value else { continue };
        let share = if max > 0.0 { (value / max).clamp(0.0, 1.0) } else { 0.0 };
        let mut level = ((share * levels as f64).round() as usize).clamp(1, levels.max(1));
        for y in (rect.top()..rect.bottom()).rev() {
            if level > 0 {
                put(buf, x, y, marks[level.min(marks.len()) - 1], theme.style(tone));
            }
            level = level.saturating_sub(marks.len());
        }
    }
}

/// Columns of the screen with the largest of the values that fall into each; fewer values stand at the right.
fn thinned(values: &[Option<f64>], rect: Rect) -> impl Iterator<Item = (u16, Option<f64>)> {
    let width = usize::from(rect.width);
    let shown = values.len().min(width);
    (0..shown).map(move |n| {
        let part = &values[n * values.len() / shown..(n + 1) * values.len() / shown];
        let largest = part.iter().filter_map(|value| known(*value)).reduce(f64::max);
        (rect.x + (width - shown + n) as u16, largest)
    })
}

/// Cells of a whole: full only at 1, empty only at 0.
fn filled(share: f64, width: u16) -> u16 {
    if share.is_nan() || share <= 0.0 || width == 0 {
        return 0;
    }
    if share >= 1.0 {
        return width;
    }
    ((share * f64::from(width)).round() as u16).clamp(1, width.saturating_sub(1).max(1))
}

/// How much of a whole (0 to 1) is used. Unknown is `?` and nothing else.
pub fn gauge(buf: &mut Buffer, rect: Rect, share: Option<f64>, theme: &Theme, tone: Tone) {
    let rect = row(buf, rect);
    let Some(share) = known(share) else {
        say(buf, rect, (rect.x, rect.y), "?", theme.style(Tone::Muted));
        return;
    };
    let full = filled(share, rect.width);
    for n in 0..rect.width {
        let (glyph, tone) = if n < full {
            (theme.glyphs.full, tone)
        } else {
            (theme.glyphs.empty, Tone::Muted)
        };
        say(buf, rect, (rect.x + n, rect.y), glyph, theme.style(tone));
    }
}

/// A part of a stacked bar.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Segment {
    /// What it is drawn with, so that it is known without colour; `None` for the full block.
    pub letter: Option<char>,
    /// In the unit of the total.
    pub value: f64,
    /// Its colour.
    pub tone: Tone,
}

/// Parts of a total side by side, the rest empty. Every part above zero has a cell where there are cells
/// enough; the bar is full only if the parts are the total or more.
pub fn stacked(buf: &mut Buffer, rect: Rect, parts: &[Segment], total: f64, theme: &Theme) {
    let rect = row(buf, rect);
    let values: Vec<f64> = parts
        .iter()
        .map(|part| known(Some(part.value)).unwrap_or(0.0).max(0.0))
        .collect();
    let sum: f64 = values.iter().sum();
    let total = if total.is_finite() { total.max(sum) } else { sum };
    let mut x = rect.x;
    for (part, cells) in parts.iter().zip(shares(&values, total, sum, rect.width)) {
        for _ in 0..cells {
            let glyph = part.letter.map_or(theme.glyphs.full.to_owned(), String::from);
            say(buf, rect, (x, rect.y), &glyph, theme.style(part.tone));
            x = x.saturating_add(1);
        }
    }
    for x in x..rect.right() {
        say(buf, rect, (x, rect.y), theme.glyphs.empty, theme.style(Tone::Muted));
    }
}

/// Cells of each part: a whole number of them, together as many as the sum is worth.
fn shares(values: &[f64], total: f64, sum: f64, width: u16) -> Vec<u16> {
    let exact = |value: f64| {
        if total > 0.0 {
            value / total * f64::from(width)
        } else {
            0.0
        }
    };
    let mut cells: Vec<u16> = values
        .iter()
        .map(|value| (exact(*value) as u16).max(u16::from(*value > 0.0)))
        .collect();
    let all = if total > 0.0 { filled(sum / total, width) } else { 0 };
    // What is missing goes to the part that lost most; what is too much leaves the one that has most.
    for _ in 0..usize::from(width) + values.len() {
        let given: u32 = cells.iter().map(|n| u32::from(*n)).sum();
        let over = |n: usize| f64::from(cells[n]) - exact(values[n]);
        let parts = (0..values.len()).filter(|n| values[*n] > 0.0);
        let found = match given.cmp(&u32::from(all)) {
            std::cmp::Ordering::Equal => break,
            std::cmp::Ordering::Less => parts.min_by(|a, b| over(*a).total_cmp(&over(*b))).map(|n| (n, true)),
            std::cmp::Ordering::Greater => {
                let wide = parts.filter(|n| cells[*n] > u16::from(all >= values.len() as u16));
                wide.max_by(|a, b| cells[*a].cmp(&cells[*b])).map(|n| (n, false))
            }
        };
        match found {
            Some((n, true)) => cells[n] += 1,
            Some((n, false)) => cells[n] -= 1,
            None => break,
        }
    }
    cells
}

/// A sign over a cell of a heat strip.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HeatMark {
    /// Of the value it stands over.
    pub index: usize,
    /// One column wide.
    pub glyph: char,
    /// Its colour.
    pub tone: Tone,
}

/// Values of 0 to 1 as shades; gaps are blank. Of more values than columns the largest of each stay.
pub fn heat(buf: &mut Buffer, rect: Rect, values: &[Option<f64>], marks: &[HeatMark], theme: &Theme, tone: Tone) {
    let rect = row(buf, rect);
    let shades = if theme.glyphs.unicode { SHADES } else { SHADES_PLAIN };
    for (x, value) in thinned(values, rect) {
        if let Some(value) = value {
            let shade = shades[(value.clamp(0.0, 1.0) * 4.0).round() as usize];
            put(buf, x, rect.y, shade, theme.style(tone));
        }
    }
    let shown = values.len().min(usize::from(rect.width));
    for mark in marks.iter().filter(|mark| mark.index < values.len() && shown > 0) {
        // The column whose values reach past the mark's.
        let at = ((mark.index + 1) * shown).div_ceil(values.len()) - 1;
        let x = rect.right() - shown as u16 + at as u16;
        put(buf, x, rect.y, mark.glyph, theme.style(mark.tone));
    }
}

/// A bar with a length of `share` (0 to 1) of the room, in eighths of a cell, and a text behind it. `None` draws
/// no bar.
pub fn bar(buf: &mut Buffer, rect: Rect, share: Option<f64>, text: &str, theme: &Theme, tone: Tone) {
    let rect = row(buf, rect);
    let room = rect.width.saturating_sub((text.width() as u16).saturating_add(1));
    let share = known(share).unwrap_or(0.0).clamp(0.0, 1.0);
    let steps = if theme.glyphs.unicode { 8 } else { 1 };
    let mut eighths = (share * f64::from(room) * f64::from(steps)).round() as u32;
    if share > 0.0 && room > 0 {
        eighths = eighths.max(1);
    }
    let mut x = rect.x;
    while eighths > 0 {
        let glyph = if steps == 8 {
            ACROSS[eighths.min(8) as usize - 1]
        } else {
            '#'
        };
        put(buf, x, rect.y, glyph, theme.style(tone));
        x += 1;
        eighths = eighths.saturating_sub(steps);
    }
    let gap = u16::from(x > rect.x);
    say(buf, rect, (x + gap, rect.y), text, theme.style(Tone::Text));
}

/// A row of a bar chart.
#[derive(Debug, Clone, PartialEq)]
pub struct Bar {
    /// Before the bar.
    pub label: String,
    /// Its length; `None` is a gap.
    pub value: Option<f64>,
    /// Behind the bar.
    pub text: String,
    /// Its colour.
    pub tone: Tone,
}

/// Bars below each other on one scale, as many as there are rows.
pub fn bars(buf: &mut Buffer, rect: Rect, rows: &[Bar], theme: &Theme) {
    let rect = rect.intersection(buf.area);
    let width = |text: &str| (text.width() as u16).min(rect.width / 2);
    let label = rows.iter().map(|row| width(&row.label)).max().unwrap_or(0);
    let text = rows.iter().map(|row| width(&row.text)).max().unwrap_or(0);
    let most = rows.iter().filter_map(|row| known(row.value)).fold(0.0, f64::max);
    for (y, row) in (rect.top()..rect.bottom()).zip(rows) {
        let named = Rect { width: label, ..rect };
        say(buf, named, (rect.x, y), &row.label, theme.style(Tone::Text));
        let from = label.saturating_add(1).min(rect.width);
        let line = Rect {
            x: rect.x + from,
            y,
            width: rect.width - from,
            height: 1,
        };
        let share = known(row.value).filter(|_| most > 0.0).map(|value| value / most);
        // All bars leave the room of the longest text, else their lengths could not be compared.
        let padded = format!("{:<1$}", row.text, usize::from(text));
        bar(buf, line, share, &padded, theme, row.tone);
    }
}

/// The first row of an area, as far as the buffer has it.
fn row(buf: &Buffer, rect: Rect) -> Rect {
    let rect = rect.intersection(buf.area);
    Rect {
        width: if rect.is_empty() { 0 } else { rect.width },
        height: rect.height.min(1),
        ..rect
    }
}

#[cfg(test)]
mod tests {
    use super::super::Glyphs;
    use super::*;

    fn drawn(width: u16, height: u16, unicode: bool, draw: impl Fn(&mut Buffer, Rect, &Theme)) -> String {
        let area = Rect::new(0, 0, width, height);
        let mut buf = Buffer::empty(area);
        let glyphs = if unicode { Glyphs::UNICODE } else { Glyphs::ASCII };
        draw(&mut buf, area, &Theme::new(glyphs, true));
        let rows = buf.content().chunks(usize::from(width).max(1));
        let rows = rows.map(|row| row.iter().map(|cell| cell.symbol()).collect::<String>());
        rows.collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn a_sparkline_tells_zero_from_a_gap_and_keeps_spikes() {
        let values: Vec<Option<f64>> = (0..=7)
            .map(|n| Some(f64::from(n)))
            .chain([None, Some(f64::NAN)])
            .collect();
        let line = |width, height, unicode, values: &[Option<f64>], max| {
            drawn(width, height, unicode, |buf, rect, theme| {
                sparkline(buf, rect, values, max, theme, Tone::Good)
            })
        };
        assert_eq!(line(12, 1, true, &values, 7.0), "  ▁▁▂▃▅▆▇█  ");
        assert_eq!(line(12, 1, false, &values, 7.0), "  ..:-=+*#  ");
        assert_eq!(
            line(4, 2, true, &[Some(4.0), None, Some(3.0), Some(1.0)], 4.0),
            "█ ▄ \n█ █▄"
        );
        assert_eq!(line(3, 1, true, &[Some(0.0); 3], 0.0), "▁▁▁");
        let mut many = vec![Some(1.0); 10_000];
        many[4_999] = Some(8.0);
        assert_eq!(line(4, 1, true, &many, 0.0), "▁█▁▁");
        many[..5_000].fill(None);
        assert_eq!(line(4, 1, true, &many, 8.0), "  ▁▁");
    }

    #[test]
    fn a_gauge_is_full_only_when_full() {
        let bar = |share| {
            drawn(6, 1, true, |buf, rect, theme| {
                gauge(buf, rect, share, theme, Tone::Good)
            })
        };
        let cases = [
            (0.0, "░░░░░░"),
            (0.001, "█░░░░░"),
            (0.35, "██░░░░"),
            (0.99, "█████░"),
            (1.0, "██████"),
            (7.0, "██████"),
        ];
        for (share, expected) in cases {
            assert_eq!(bar(Some(share)), expected, "{share}");
        }
        assert_eq!(bar(None), "?     ");
        assert_eq!(bar(Some(f64::NAN)), "?     ");
    }

    #[test]
    fn a_stacked_bar_shows_every_part() {
        let parts = [
            (None, 6.47),
            (Some('t'), 0.38),
            (Some('d'), 0.42),
            (Some('g'), 0.78),
            (Some('?'), 0.16),
        ];
        let parts = parts.map(|(letter, value)| Segment {
            letter,
            value,
            tone: Tone::Text,
        });
        let bar = |width, unicode, total| {
            drawn(width, 1, unicode, |buf, rect, theme| {
                stacked(buf, rect, &parts, total, theme)
            })
        };
        assert_eq!(bar(30, true, 9.0), "█████████████████████tdggg?░░░");
        assert_eq!(bar(10, false, 9.0), "#####tdg?.");
        assert_eq!(bar(10, true, 0.0), "██████tdg?", "the parts are the total");
        for width in 0..40u16 {
            for total in [f64::NAN, 8.3, 1e300] {
                assert_eq!(bar(width, true, total).chars().count(), usize::from(width));
            }
        }
        assert!(bar(4, true, 9.0).ends_with('░'), "not full");
    }

    #[test]
    fn heat_and_bars() {
        let values = [Some(0.0), None, Some(0.3), Some(0.5), Some(0.8), Some(1.0)];
        let mark = HeatMark {
            index: 3,
            glyph: '◇',
            tone: Tone::Accent,
        };
        let strip = |width, marks: &[HeatMark]| {
            drawn(width, 1, true, |buf, rect, theme| {
                heat(buf, rect, &values, marks, theme, Tone::Warn)
            })
        };
        assert_eq!(strip(6, &[]), "· ░▒▓█");
        assert_eq!(strip(8, &[mark]), "  · ░◇▓█");
        assert_eq!(strip(3, &[mark]), "·◇█");
        let line = |share, unicode| {
            drawn(10, 1, unicode, |buf, rect, theme| {
                bar(buf, rect, share, "27 %", theme, Tone::Good)
            })
        };
        assert_eq!(line(Some(0.5), true), "██▌ 27 %  ");
        assert_eq!(line(Some(0.5), false), "### 27 %  ");
        assert_eq!(line(None, true), "27 %      ");
        let rows = [("≤0.5", 11.0), (">4", 22.0)].map(|(label, value)| Bar {
            label: label.to_owned(),
            value: Some(value),
            text: format!("{value}"),
            tone: Tone::Warn,
        });
        let chart = drawn(12, 2, true, |buf, rect, theme| bars(buf, rect, &rows, theme));
        assert_eq!(chart, "≤0.5 ██ 11  \n>4   ████ 22");
    }

    #[test]
    fn nothing_is_drawn_outside_at_any_size() {
        let values = [Some(1.0), None, Some(f64::INFINITY), Some(-1e308), Some(f64::MAX)];
        let part = |value| Segment {
            letter: None,
            value,
            tone: Tone::Bad,
        };
        let mark = |index| HeatMark {
            index,
            glyph: 'x',
            tone: Tone::Bad,
        };
        let row = Bar {
            label: "label".to_owned(),
            value: Some(f64::MAX),
            text: "text".to_owned(),
            tone: Tone::Bad,
        };
        let theme = Theme::new(Glyphs::UNICODE, false);
        for (width, height) in (0..9).flat_map(|w| (0..3).map(move |h| (w, h))).chain([(250, 80)]) {
            let mut buf = Buffer::empty(Rect::new(1, 1, width, height + 1));
            let rect = Rect::new(1, 1, width + 3, height);
            sparkline(&mut buf, rect, &values, f64::NAN, &theme, Tone::Text);
            gauge(&mut buf, rect, Some(0.5), &theme, Tone::Text);
            stacked(
                &mut buf,
                rect,
                &values.map(|v| part(v.unwrap_or(f64::NAN))),
                f64::MAX,
                &theme,
            );
            heat(
                &mut buf,
                rect,
                &values,
                &[mark(0), mark(4), mark(usize::MAX)],
                &theme,
                Tone::Text,
            );
            bar(&mut buf, rect, Some(f64::MAX), "text", &theme, Tone::Text);
            bars(&mut buf, rect, &[row.clone(), row.clone(), row.clone()], &theme);
            let below = (1..1 + width).all(|x| buf.cell((x, 1 + height)).unwrap().symbol() == " ");
            assert!(below, "{width}x{height}");
        }
    }
}
