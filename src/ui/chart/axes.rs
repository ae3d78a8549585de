//! What stands around the plot: value axis, time axis, names of the lines, the values under the cursor. Called
//! by the chart.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use unicode_width::UnicodeWidthStr;

use super::canvas::{put, say};
use super::{Frame, Tone, data, time};
use crate::support::clock::DAY_S;

/// Characters of the axes.
struct Lines {
    tick: char,
    corner: char,
    rule: char,
    down: char,
    edge: char,
}

impl Frame<'_> {
    /// Draws everything around the plot.
    pub(super) fn draw_axes(&self, buf: &mut Buffer) {
        self.draw_values(buf);
        if self.plot.bottom() + 2 <= self.area.bottom() {
            self.draw_times(buf);
        }
        if self.legend {
            self.draw_legend(buf);
        }
        if self.plot.y > self.area.y {
            self.draw_headline(buf);
        }
    }

    fn characters(&self) -> Lines {
        let (tick, corner, rule, down, edge) = match self.chart.theme.glyphs.unicode {
            true => ('┤', '└', '─', '┬', '╎'),
            false => ('|', '+', '-', '+', ':'),
        };
        Lines {
            tick,
            corner,
            rule,
            down,
            edge,
        }
    }

    fn style(&self, tone: Tone) -> Style {
        self.chart.theme.style(tone)
    }

    /// The label right-aligned before the axis; what is too long is cut, not moved into the plot.
    fn before_axis(&self, buf: &mut Buffer, y: u16, text: &str) {
        let room = Rect {
            width: self.plot.x.saturating_sub(self.area.x + 2),
            ..self.area
        };
        let free = usize::from(room.width).saturating_sub(text.width());
        say(buf, room, (room.x + free as u16, y), text, self.style(Tone::Muted));
    }

    fn draw_values(&self, buf: &mut Buffer) {
        if self.plot.x < self.area.x + 3 {
            return;
        }
        let axis = self.plot.x - 1;
        for y in self.plot.top()..self.plot.bottom() {
            put(buf, axis, y, self.characters().tick, self.style(Tone::Muted));
        }
        let mut taken = None;
        for tick in &self.ticks {
            let y = self.row(*tick);
            if taken != Some(y) && y < self.plot.bottom() {
                self.before_axis(buf, y, &self.chart.signed(self.format.label(*tick)));
                taken = Some(y);
            }
        }
    }

    fn draw_times(&self, buf: &mut Buffer) {
        let y = self.plot.bottom();
        let muted = self.style(Tone::Muted);
        let lines = self.characters();
        if self.plot.x > self.area.x {
            self.before_axis(buf, y, self.chart.unit);
            put(buf, self.plot.x - 1, y, lines.corner, muted);
        }
        for x in self.plot.left()..self.plot.right() {
            put(buf, x, y, lines.rule, muted);
        }
        let mut free = vec![true; usize::from(self.plot.width)];
        self.draw_span_names(buf, y + 1, &mut free);
        let (from, to) = (self.window.from.ceil() as i64, self.window.to().floor() as i64);
        for tick in time::ticks(from, to, self.plot.width, self.chart.zone) {
            if let Some(x) = self.cell_x(tick.second) {
                put(buf, x, y, lines.down, muted);
                self.draw_label(buf, (x, y + 1), &tick.label, &mut free);
            }
        }
        for mark in self.chart.marks {
            if let Some(x) = self.cell_x(mark.second) {
                put(buf, x, y, mark.glyph, self.style(mark.tone));
            }
        }
    }

    /// Centred under its tick, moved inside at the edges, left out where something stands already.
    fn draw_label(&self, buf: &mut Buffer, (x, y): (u16, u16), label: &str, free: &mut [bool]) {
        let width = label.width();
        let last = free.len().saturating_sub(width);
        let at = usize::from(x - self.plot.x).saturating_sub(width / 2).min(last);
        let with_room = at.saturating_sub(1)..(at + width + 1).min(free.len());
        let Some(cells) = free.get_mut(with_room) else {
            return;
        };
        if width <= cells.len() && cells.iter().all(|free| *free) {
            cells[..].fill(false);
            say(
                buf,
                self.area,
                (self.plot.x + at as u16, y),
                label,
                self.style(Tone::Muted),
            );
        }
    }

    /// `╎gap ╎`: the name between the edges, if it fits.
    fn draw_span_names(&self, buf: &mut Buffer, y: u16, free: &mut [bool]) {
        let style = self.style(Tone::Muted);
        let edge = self.characters().edge;
        for span in self.chart.spans {
            let Some((left, right)) = self.span_x(span.begin, span.end) else {
                continue;
            };
            let inner = Rect {
                x: left + 1,
                y,
                width: (right - left).saturating_sub(1),
                height: 1,
            };
            // A letter or two of it would be a riddle; the cursor tells all of it.
            if span.text.width() <= usize::from(inner.width) {
                say(buf, inner, (inner.x, y), &span.text, style);
            }
            put(buf, left, y, edge, style);
            put(buf, right, y, edge, style);
            if let Some(cells) = free.get_mut(usize::from(left - self.plot.x)..=usize::from(right - self.plot.x)) {
                cells.fill(false);
            }
        }
    }

    /// The name of a line, after its sign unless it begins with it.
    pub(super) fn named(&self, n: usize) -> String {
        let (name, badge) = (&self.chart.series[n].name, self.badges[n]);
        if self.chart.series.len() < 2 || name.starts_with(badge) {
            return name.clone();
        }
        format!("{badge} {name}")
    }

    /// With a cursor: its time, the values there, what is marked there. Without: the names if they stand nowhere
    /// else, and what is not as usual with the range, which itself stands in the heading.
    fn draw_headline(&self, buf: &mut Buffer) {
        let cursor = self
            .state
            .cursor
            .and_then(|second| Some((second, self.window.inside(second)?)));
        let y = self.area.y;
        let mut x = self.plot.x;
        let mut text = |buf: &mut Buffer, text: &str, tone: Tone| {
            let end = say(buf, self.area, (x, y), text, self.style(tone));
            x = end.saturating_add(2);
            end
        };
        let Some((second, column)) = cursor else {
            let names = !self.legend && self.chart.series.len() > 1;
            let mut end = self.plot.x;
            for (n, series) in self.chart.series.iter().enumerate().filter(|_| names) {
                end = text(buf, &self.named(n), Tone::Series(series.tone));
            }
            return self.draw_range(buf, end);
        };
        text(buf, &self.moment(second), Tone::Accent);
        let (last, mut shown) = (self.chart.series.len().saturating_sub(1), String::new());
        for (n, series) in self.chart.series.iter().enumerate() {
            shown.clear();
            shown.push_str(&format!("{} {}", self.named(n), self.value(n, (second, column))));
            if n == last && !self.chart.unit.is_empty() {
                shown.push_str(&format!(" {}", self.chart.unit));
            }
            text(buf, &shown, Tone::Series(series.tone));
        }
        for mark in self
            .chart
            .marks
            .iter()
            .filter(|mark| self.cell_x(mark.second) == self.cell_x(second))
        {
            text(buf, &format!("{} {}", mark.glyph, mark.text), mark.tone);
        }
        for span in self
            .chart
            .spans
            .iter()
            .filter(|span| span.begin <= second && second < span.end)
        {
            text(buf, &span.text, Tone::Muted);
        }
    }

    /// What a line shows in a column: a value, smallest and largest, or `?` in a gap.
    fn value(&self, n: usize, place: (i64, usize)) -> String {
        let points = &self.chart.series[n].points;
        let Some(found) = data::told(points, &self.window, &self.lines[n], place) else {
            return "?".to_owned();
        };
        let (low, high) = (self.format.value(found.min), self.format.value(found.max));
        if low == high {
            return self.chart.signed(low);
        }
        let dash = if self.chart.theme.glyphs.unicode { "–" } else { ".." };
        format!("{}{dash}{}", self.chart.signed(low), self.chart.signed(high))
    }

    fn moment(&self, second: i64) -> String {
        let range = self.state.range.seconds();
        let with_date = range > DAY_S || self.state.end.is_some();
        time::moment(second, self.chart.zone, with_date, range <= DAY_S / 24)
    }

    /// Another end than the present, and another scale, at the right end if there is room: `1 h to 21 Aug 21:12, log`.
    fn draw_range(&self, buf: &mut Buffer, taken: u16) {
        let mut text = match self.state.end {
            Some(end) if self.state.span.is_none() => {
                let to = time::moment(end, self.chart.zone, true, false);
                format!("{} to {to}", self.state.range.name())
            }
            _ => String::new(),
        };
        if self.state.log {
            text.push_str(if text.is_empty() { "log" } else { ", log" });
        }
        let x = self.plot.right().saturating_sub(text.width() as u16);
        if x >= self.plot.x && x > taken {
            say(buf, self.area, (x, self.area.y), &text, self.style(Tone::Muted));
        }
    }
}
