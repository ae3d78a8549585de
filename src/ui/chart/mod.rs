//! The one good chart and the small ones. Views of plain data: they change nothing and read no clock. Called by
//! the panes.

mod axes;
mod canvas;
mod data;
mod label;
mod plot;
mod scale;
mod small;
mod state;
mod time;

#[cfg(test)]
mod tests;

use jiff::tz::TimeZone;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr;

use super::look::{Glyphs, Theme, Tone};

pub use canvas::Resolution;
pub use data::{Level, Mark, Points, Series, Span};
pub use scale::{Extent, Format, Scale};
pub use small::{Bar, HeatMark, Segment, bar, bars, gauge, heat, sparkline, stacked};
pub use state::{ChartState, HitMap, Range};
pub use time::{Tick, ticks};

use data::Column;
use state::Window;

/// Lines over time with their axes, marks, cursor and legend.
#[derive(Debug, Clone, Copy)]
pub struct Chart<'a> {
    /// Drawn in this order, the last one on top.
    pub series: &'a [Series],
    /// What happened.
    pub marks: &'a [Mark],
    /// Stretches of time with a name.
    pub spans: &'a [Span],
    /// Limits.
    pub levels: &'a [Level],
    /// Of all values.
    pub unit: &'a str,
    /// The present, seconds of the epoch: the end of a live chart.
    pub now: i64,
    /// In which times are written.
    pub zone: &'a TimeZone,
    /// The look.
    pub theme: &'a Theme,
    /// How fine; `None` for the finest the terminal shows.
    pub resolution: Option<Resolution>,
}

/// What one frame works with.
struct Frame<'c> {
    chart: &'c Chart<'c>,
    state: &'c ChartState,
    area: Rect,
    plot: Rect,
    resolution: Resolution,
    window: Window,
    scale: Scale,
    ticks: Vec<f64>,
    format: Format,
    lines: Vec<Vec<Option<Column>>>,
    badges: Vec<char>,
    legend: bool,
}

impl Chart<'_> {
    /// Draws into the area, however small, and tells which second stands where.
    pub fn draw(&self, area: Rect, buf: &mut Buffer, state: &ChartState) -> HitMap {
        let area = area.intersection(buf.area);
        if area.is_empty() {
            return HitMap::default();
        }
        let frame = self.frame(area, state);
        frame.draw_plot(buf);
        frame.draw_axes(buf);
        HitMap {
            plot: frame.plot,
            window: frame.window,
            dots: frame.resolution.dots().0,
        }
    }

    fn frame<'c>(&'c self, area: Rect, state: &'c ChartState) -> Frame<'c> {
        let resolution = self.resolution.unwrap_or(Resolution::of(&self.theme.glyphs));
        let scale = state.scale_for(self.series, self.levels, self.now);
        let names = self.series.len() > 1 && !self.has_legend(area);
        let unusual = names || state.log || state.end.is_some_and(|_| state.span.is_none());
        let (plot_y, plot_height) = rows(area, state.cursor.is_some(), unusual);
        let ticks = scale.ticks(plot_height);
        let format = scale.format(&ticks);
        let gutter = self.gutter(area, &ticks, &format);
        let legend = self.legend(area, scale, &format);
        let plot = Rect {
            x: area.x + gutter,
            y: plot_y,
            width: area.width.saturating_sub(gutter + legend),
            height: plot_height,
        };
        let (from, to) = state.seen(self.now);
        let columns = usize::from(plot.width) * usize::from(resolution.dots().0);
        let window = Window::aligned(from, to, columns);
        let lines = self
            .series
            .iter()
            .map(|series| data::columns(&series.points, &window).0);
        Frame {
            chart: self,
            state,
            area,
            plot,
            resolution,
            window,
            scale,
            ticks,
            format,
            lines: lines.collect(),
            badges: badges(self.series, resolution),
            legend: legend > 0,
        }
    }

    /// Columns left of the plot: labels or the unit, a space, the axis. None where the plot needs them more.
    fn gutter(&self, area: Rect, ticks: &[f64], format: &Format) -> u16 {
        if area.width < 20 {
            return 0;
        }
        let labels = ticks.iter().map(|tick| format.label(*tick).width());
        let widest = labels.max().unwrap_or(0).max(self.unit.width());
        (widest as u16).min(area.width / 4) + 3
    }

    /// Whether there is room for names at the ends of the lines. One line alone needs no name.
    fn has_legend(&self, area: Rect) -> bool {
        area.width >= 60 && self.series.len() + self.levels.len() >= 2
    }

    /// Columns right of the plot for these names.
    fn legend(&self, area: Rect, scale: Scale, format: &Format) -> u16 {
        if !self.has_legend(area) {
            return 0;
        }
        let most = area.width / 5;
        let names = self.series.iter().map(|series| series.name.width() + 2);
        let limit = |level| self.limit(level, scale, format, usize::from(most)).width();
        let widest = names.chain(self.levels.iter().map(limit)).max().unwrap_or(0);
        (widest as u16).min(most) + 1
    }
}

/// First row and number of rows of the plot: above it the values under the cursor or what is unusual, below it the
/// time axis.
fn rows(area: Rect, cursor: bool, unusual: bool) -> (u16, u16) {
    let top = u16::from((unusual && area.height >= 7) || (cursor && area.height >= 2));
    let bottom = if area.height >= 4 { 2 } else { 0 };
    (area.y + top, area.height.saturating_sub(top + bottom))
}

/// A sign for each line: a letter of its name that no other has, or in ASCII what it is drawn with.
fn badges(series: &[Series], resolution: Resolution) -> Vec<char> {
    let mut found: Vec<char> = Vec::new();
    for (n, line) in series.iter().enumerate() {
        let plain = ['*', '+', 'o', 'x', '#', '%'][n % 6];
        let own = line.name.chars().filter(char::is_ascii_alphanumeric);
        let free = own.chain('a'..='z').find(|letter| !found.contains(letter));
        found.push(if resolution == Resolution::Ascii {
            if line.filled { '.' } else { plain }
        } else {
            free.unwrap_or(plain)
        });
    }
    found
}
