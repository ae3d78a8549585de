//! The names at the right ends of the lines, each at the height where its line ends. Called by the chart.

use ratatui::buffer::Buffer;
use unicode_width::UnicodeWidthStr;

use super::canvas::say;
use super::{Chart, Format, Frame, Level, Scale, Tone};

/// A name at the end of a line or beside a limit.
struct Label {
    value: f64,
    text: String,
    tone: Tone,
}

impl Frame<'_> {
    /// Draws them in the order of their values; where lines end together they move apart, no further than needed.
    pub(super) fn draw_legend(&self, buf: &mut Buffer) {
        let mut labels = self.ends();
        let widest = usize::from(self.area.right().saturating_sub(self.plot.right() + 1));
        labels.extend(self.chart.levels.iter().map(|level| Label {
            value: level.value,
            text: self.chart.limit(level, self.scale, &self.format, widest),
            tone: level.tone,
        }));
        // Two names on one line could not be read; limits give way first.
        labels.truncate(usize::from(self.plot.height));
        labels.sort_by(|a, b| b.value.total_cmp(&a.value));
        let rows: Vec<u16> = labels.iter().map(|label| self.row(label.value) - self.plot.y).collect();
        for (label, row) in labels.iter().zip(apart(&rows, self.plot.height)) {
            let place = (self.plot.right() + 1, self.plot.y + row);
            say(buf, self.area, place, &label.text, self.chart.theme.style(label.tone));
        }
    }

    /// Lines that show something. A line without a value ends nowhere.
    fn ends(&self) -> Vec<Label> {
        let lines = self.chart.series.iter().enumerate();
        let ends = lines.filter(|(_, series)| !series.filled).filter_map(|(n, series)| {
            Some(Label {
                value: self.lines[n].iter().rev().flatten().next()?.last,
                text: self.named(n),
                tone: Tone::Series(series.tone),
            })
        });
        ends.collect()
    }
}

impl Chart<'_> {
    /// A number with the minus sign of print, where there is one.
    pub(super) fn signed(&self, text: String) -> String {
        match self.theme.glyphs.unicode {
            true => text.replace('-', "−"),
            false => text,
        }
    }

    /// The name of a limit. One the axis does not reach says so, and with its value where there is room for it.
    pub(super) fn limit(&self, level: &Level, scale: Scale, format: &Format, room: usize) -> String {
        let (low, high) = scale.bounds();
        let arrow = match (level.value > high, level.value < low, self.theme.glyphs.unicode) {
            (false, false, _) => return level.text.clone(),
            (true, _, true) => "↑",
            (true, _, false) => "^",
            (false, _, true) => "↓",
            (false, _, false) => "v",
        };
        let short = format!("{arrow} {}", level.text);
        let whole = format!("{short} {}", self.signed(format.value(level.value)));
        if whole.width() <= room { whole } else { short }
    }
}

/// Rows from above for names that would stand in these rows, which do not fall: no two in one row, as few moved as
/// little as can be, none outside of the height.
fn apart(rows: &[u16], height: u16) -> Vec<u16> {
    // With one row for each taken off, names that collide are those that would fall: they stand together around the
    // middle one.
    let mut groups: Vec<Vec<i32>> = Vec::new();
    for (n, row) in (0..).zip(rows) {
        let mut group = vec![i32::from(*row) - n];
        while groups.last().is_some_and(|before| middle(before) > middle(&group)) {
            let mut before = groups.pop().unwrap_or_default();
            before.append(&mut group);
            before.sort_unstable();
            group = before;
        }
        groups.push(group);
    }
    let last = (i32::from(height) - rows.len() as i32).max(0);
    let places = groups
        .iter()
        .flat_map(|group| std::iter::repeat_n(middle(group).clamp(0, last), group.len()));
    (0..).zip(places).map(|(n, place)| (place + n) as u16).collect()
}

/// The middle of numbers in their order, of two the greater.
fn middle(sorted: &[i32]) -> i32 {
    sorted.get(sorted.len() / 2).copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_stand_at_their_lines_and_move_only_where_they_collide() {
        let cases: [(&[u16], u16, &[u16]); 9] = [
            (&[0, 3, 7], 8, &[0, 3, 7]),
            (&[3, 3], 8, &[3, 4]),
            (&[7, 7], 8, &[6, 7]),
            (&[0, 0, 1, 7], 8, &[0, 1, 2, 7]),
            (&[3, 4, 4, 4], 8, &[3, 4, 5, 6]),
            (&[2, 6, 7, 7], 8, &[2, 5, 6, 7]),
            (&[5], 3, &[2]),
            (&[1, 1, 1], 3, &[0, 1, 2]),
            (&[], 3, &[]),
        ];
        for (rows, height, expected) in cases {
            assert_eq!(apart(rows, height), expected, "{rows:?} of {height}");
        }
    }

    proptest! {
        #[test]
        fn no_two_in_one_row_and_none_outside(mut rows in proptest::collection::vec(0u16..12, 0..12)) {
            rows.sort_unstable();
            let placed = apart(&rows, 12);
            prop_assert!(placed.windows(2).all(|pair| pair[0] < pair[1]), "{:?}", placed);
            prop_assert!(placed.iter().all(|row| *row < 12), "{:?}", placed);
            let free = rows.windows(2).all(|pair| pair[0] < pair[1]);
            prop_assert!(!free || placed == rows, "{:?} moved to {:?}", rows, placed);
        }
    }
}
