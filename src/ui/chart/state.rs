//! Which stretch of time a chart shows and where its cursor stands. Changed by keys and the mouse only.

use ratatui::layout::Rect;

use super::{Extent, Level, Mark, Scale, Series, data};

/// How much time a chart shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Range {
    /// 15 minutes.
    Minutes15,
    /// One hour.
    #[default]
    Hour,
    /// 6 hours.
    Hours6,
    /// 24 hours.
    Day,
    /// 7 days.
    Week,
    /// 30 days.
    Month,
    /// 365 days.
    Year,
}

impl Range {
    /// All, shortest first.
    pub const ALL: [Self; 7] = [
        Self::Minutes15,
        Self::Hour,
        Self::Hours6,
        Self::Day,
        Self::Week,
        Self::Month,
        Self::Year,
    ];

    /// Its length in seconds.
    pub fn seconds(self) -> i64 {
        match self {
            Self::Minutes15 => 900,
            Self::Hour => 3600,
            Self::Hours6 => 6 * 3600,
            Self::Day => 86_400,
            Self::Week => 7 * 86_400,
            Self::Month => 30 * 86_400,
            Self::Year => 365 * 86_400,
        }
    }

    /// As headings write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Minutes15 => "15 min",
            Self::Hour => "1 h",
            Self::Hours6 => "6 h",
            Self::Day => "24 h",
            Self::Week => "7 d",
            Self::Month => "30 d",
            Self::Year => "1 y",
        }
    }

    /// The next shorter one, or itself.
    #[must_use]
    pub fn shorter(self) -> Self {
        Self::ALL[(self as usize).saturating_sub(1)]
    }

    /// The next longer one, or itself.
    #[must_use]
    pub fn longer(self) -> Self {
        Self::ALL[(self as usize + 1).min(Self::ALL.len() - 1)]
    }
}

/// What a chart shows. Seconds are of the epoch.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct ChartState {
    /// How much time.
    pub range: Range,
    /// The last second shown; `None` follows the clock.
    pub end: Option<i64>,
    /// So many seconds instead of those of the range: a month is no range.
    pub span: Option<i64>,
    /// The chosen second.
    pub cursor: Option<i64>,
    /// The value axis of the last frame.
    pub scale: Scale,
    /// Whether the value axis is logarithmic.
    pub log: bool,
}

impl ChartState {
    /// First and last second shown at `now`.
    pub fn seen(&self, now: i64) -> (i64, i64) {
        let end = self.end.unwrap_or(now);
        (end.saturating_sub(self.span.unwrap_or(self.range.seconds())), end)
    }

    /// Takes the new data's bounds over into the scale. To be called when data, range or end changed; a frame
    /// drawn without looks the same but forgets what it had to stretch to.
    pub fn settle(&mut self, series: &[Series], levels: &[Level], now: i64) {
        self.scale = self.scale_for(series, levels, now);
    }

    pub(super) fn scale_for(&self, series: &[Series], levels: &[Level], now: i64) -> Scale {
        let (from, to) = self.seen(now);
        let window = Window::exact(from, to);
        let mut extent = Extent::default();
        for line in series {
            extent.join(&data::columns(&line.points, &window).1);
        }
        for level in levels.iter().filter(|level| level.fit) {
            if let Some(value) = data::known(Some(level.value)) {
                extent.add(value);
            }
        }
        self.scale.fitted(&extent, self.log)
    }

    /// Back to the present, without a cursor.
    pub fn live(&mut self) {
        self.end = None;
        self.cursor = None;
    }

    /// Shows the next shorter range; the cursor, if any, keeps its place on the screen.
    pub fn zoom_in(&mut self, now: i64) {
        self.zoom(self.range.shorter(), now);
    }

    /// Shows the next longer range; the cursor, if any, keeps its place on the screen.
    pub fn zoom_out(&mut self, now: i64) {
        self.zoom(self.range.longer(), now);
    }

    fn zoom(&mut self, range: Range, now: i64) {
        let (_, end) = self.seen(now);
        if let Some(cursor) = self.cursor {
            let share = end.saturating_sub(cursor) as f64 / self.range.seconds() as f64;
            let rest = (share.clamp(0.0, 1.0) * range.seconds() as f64) as i64;
            self.show_to(cursor.saturating_add(rest), now);
        }
        self.range = range;
    }

    /// Moves by quarters of the range: below zero into the past. Past the present it is live again.
    pub fn pan(&mut self, quarters: i32, now: i64) {
        let by = (self.range.seconds() / 4).saturating_mul(i64::from(quarters));
        let (_, end) = self.seen(now);
        self.show_to(end.saturating_add(by), now);
    }

    fn show_to(&mut self, end: i64, now: i64) {
        self.end = (end < now).then_some(end);
    }

    /// Chooses a second and brings it into view if it is outside.
    pub fn choose(&mut self, second: i64, now: i64) {
        self.cursor = Some(second);
        let (from, to) = self.seen(now);
        if second < from || second > to {
            self.show_to(second.saturating_add(self.range.seconds() / 2), now);
        }
    }

    /// Moves the cursor by columns of dots of the chart last drawn; the first step puts it at the right end.
    /// At the edges the time moves instead.
    pub fn step(&mut self, hit: &HitMap, columns: i32, now: i64) {
        let window = &hit.window;
        if window.columns == 0 {
            return;
        }
        let last = window.columns as i64 - 1;
        let Some(cursor) = self.cursor else {
            self.cursor = Some(window.second(last).min(self.seen(now).1));
            return;
        };
        let at = window.column(cursor).clamp(-1, last + 1) + i64::from(columns);
        let outside = if at < 0 { at } else { (at - last).max(0) };
        if outside != 0 {
            let (_, end) = self.seen(now);
            self.show_to(end.saturating_add((outside as f64 * window.step()) as i64), now);
        }
        self.cursor = Some(window.second(at).min(now.max(cursor)));
    }

    /// Moves the cursor to the next mark in time (or, `backwards`, the one before). Without one it stays.
    pub fn next_mark(&mut self, marks: &[Mark], backwards: bool, now: i64) {
        let from = self
            .cursor
            .unwrap_or(if backwards { self.seen(now).1 } else { self.seen(now).0 });
        let seconds = marks.iter().map(|mark| mark.second);
        let found = if backwards {
            seconds.filter(|second| *second < from).max()
        } else {
            seconds.filter(|second| *second > from).min()
        };
        if let Some(second) = found {
            self.choose(second, now);
        }
    }

    /// Chooses the second under the mouse. `false` if it is not on the plot.
    pub fn click(&mut self, hit: &HitMap, x: u16, y: u16) -> bool {
        let second = hit.second_at(x, y);
        self.cursor = second.or(self.cursor);
        second.is_some()
    }
}

/// The stretch of time behind the columns of dots. In f64: exact for all times that have a date, and without
/// overflow for all others.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Window {
    pub from: f64,
    pub span: f64,
    pub columns: usize,
}

impl Window {
    /// All of it as one column.
    pub fn exact(from: i64, to: i64) -> Self {
        Self {
            from: from as f64,
            span: (to.saturating_sub(from).max(1)) as f64,
            columns: 1,
        }
    }

    /// Columns begin at multiples of their width: as time goes on, a value never wanders between two of them.
    pub fn aligned(from: i64, to: i64, columns: usize) -> Self {
        let exact = Self::exact(from, to);
        let step = exact.span / columns.max(1) as f64;
        let end = ((to as f64 / step).floor() + 1.0) * step;
        Self {
            from: end - exact.span,
            columns,
            ..exact
        }
    }

    pub fn to(&self) -> f64 {
        self.from + self.span
    }

    /// Seconds a column covers.
    pub fn step(&self) -> f64 {
        self.span / self.columns.max(1) as f64
    }

    /// The column of a second; below zero or beyond the last if it is outside.
    pub fn column(&self, second: i64) -> i64 {
        // Half a thousandth of a column mends what the division lost at the edges.
        ((second as f64 - self.from) / self.step() + 0.0005).floor() as i64
    }

    /// The column of a second inside.
    pub fn inside(&self, second: i64) -> Option<usize> {
        usize::try_from(self.column(second))
            .ok()
            .filter(|at| *at < self.columns)
    }

    /// The column of a second, or the one at the edge next to it.
    pub fn nearest(&self, second: f64) -> Option<usize> {
        let last = self.columns.checked_sub(1)?;
        Some((((second - self.from) / self.step() + 0.0005).max(0.0) as usize).min(last))
    }

    /// The second in the middle of a column.
    pub fn second(&self, column: i64) -> i64 {
        (self.from + (column as f64 + 0.5) * self.step()).round() as i64
    }
}

/// Which second stands where on the screen, as last drawn.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct HitMap {
    pub(super) plot: Rect,
    pub(super) window: Window,
    pub(super) dots: u16,
}

impl HitMap {
    /// Where the lines are, without axes and legend.
    pub fn plot(&self) -> Rect {
        self.plot
    }

    /// The second under a cell; `None` outside of the plot.
    pub fn second_at(&self, x: u16, y: u16) -> Option<i64> {
        let inside = x >= self.plot.x && x < self.plot.right() && y >= self.plot.y && y < self.plot.bottom();
        let column = i64::from(x.saturating_sub(self.plot.x)) * i64::from(self.dots);
        inside.then(|| self.window.second(column))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_787_341_687;

    fn hit() -> HitMap {
        HitMap {
            plot: Rect::new(5, 1, 50, 6),
            window: Window::aligned(NOW - 3600, NOW, 100),
            dots: 2,
        }
    }

    #[test]
    fn every_step_of_the_cursor_is_one_column() {
        for columns in [7, 100, 333, 490] {
            for range in Range::ALL {
                let window = Window::aligned(NOW - range.seconds(), NOW, columns);
                for column in 0..columns as i64 {
                    assert_eq!(window.column(window.second(column)), column, "{range:?} {columns}");
                }
                assert!(window.inside(NOW).is_some());
            }
        }
        let mut state = ChartState::default();
        state.step(&hit(), -1, NOW);
        assert_eq!(state.cursor.and_then(|at| hit().window.inside(at)), Some(99));
        state.step(&hit(), -9, NOW);
        assert_eq!(state.cursor.and_then(|at| hit().window.inside(at)), Some(90));
        state.step(&hit(), 99, NOW);
        assert_eq!((state.cursor, state.end), (Some(NOW), None), "not into the future");
        state.cursor = Some(NOW - 3600 + 40);
        state.step(&hit(), -10, NOW);
        assert!(state.end.is_some_and(|end| end < NOW), "the time moved along");
        let (from, to) = state.seen(NOW);
        assert!(state.cursor.is_some_and(|at| from - 36 <= at && at < to));
        state.live();
        assert_eq!(state, ChartState::default());
    }

    #[test]
    fn columns_stay_where_they_are_while_time_goes_on() {
        let begin = |now: i64| Window::aligned(now - 3600, now, 100).from;
        let begins: Vec<f64> = (0..36).map(|n| begin(NOW - NOW % 36 + n)).collect();
        assert!(begins.windows(2).all(|pair| pair[0] == pair[1]));
        assert_eq!(begin(NOW + 36) - begin(NOW), 36.0);
    }

    #[test]
    fn zoom_pan_marks_and_mouse() {
        let mut state = ChartState {
            cursor: Some(NOW - 1800),
            ..ChartState::default()
        };
        state.zoom_in(NOW);
        assert_eq!((state.range, state.end), (Range::Minutes15, Some(NOW - 1800 + 450)));
        state.zoom_out(NOW);
        assert_eq!((state.range, state.end), (Range::Hour, None), "back where it was");
        state.pan(-4, NOW);
        assert_eq!(state.end, Some(NOW - 3600));
        state.pan(5, NOW);
        assert_eq!(state.end, None);

        let marks = [NOW - 9000, NOW - 60].map(|second| Mark {
            second,
            glyph: 'x',
            text: String::new(),
            tone: super::super::Tone::Text,
        });
        state.cursor = None;
        state.next_mark(&marks, true, NOW);
        assert_eq!((state.cursor, state.end), (Some(NOW - 60), None));
        state.next_mark(&marks, true, NOW);
        assert_eq!((state.cursor, state.end), (Some(NOW - 9000), Some(NOW - 7200)));
        state.next_mark(&marks, true, NOW);
        assert_eq!(state.cursor, Some(NOW - 9000));

        assert!(!state.click(&hit(), 4, 1) && !state.click(&hit(), 55, 1) && !state.click(&hit(), 5, 7));
        assert!(state.click(&hit(), 54, 6));
        assert!(state.cursor.is_some_and(|at| (NOW - 72..=NOW + 36).contains(&at)));
    }
}
