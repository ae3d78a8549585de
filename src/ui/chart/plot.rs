//! What stands between the axes: lines, limits, marks, stretches of time, the cursor. Called by the chart.

use ratatui::buffer::Buffer;
use ratatui::style::Style;

use super::canvas::{Canvas, put};
use super::data::{self, Column};
use super::{Frame, Resolution, Series, Tone};

/// Cells from one letter on a line to the next.
const LETTERS_APART: usize = 24;
/// Owners of dots from here on are limits.
const LEVELS: u8 = 128;

impl Frame<'_> {
    /// Draws the plot, background first.
    pub(super) fn draw_plot(&self, buf: &mut Buffer) {
        self.draw_spans(buf);
        self.draw_marks(buf);
        let mut canvas = Canvas::new(self.plot, self.resolution);
        self.draw_levels(&mut canvas);
        for (n, series) in self.chart.series.iter().enumerate() {
            self.draw_line(&mut canvas, n, series);
        }
        let plain = |owner: u8| match usize::from(owner) {
            n if owner < LEVELS => self.badges.get(n).copied().unwrap_or('*'),
            _ => '-',
        };
        for cell in canvas.drawn(plain) {
            put(buf, cell.x, cell.y, cell.glyph, self.owner_style(cell.owner));
        }
        self.draw_letters(buf);
        self.draw_cursor(buf);
    }

    fn owner_style(&self, owner: u8) -> Style {
        let tone = if owner >= LEVELS {
            self.chart
                .levels
                .get(usize::from(owner - LEVELS))
                .map(|level| level.tone)
        } else {
            self.chart
                .series
                .get(usize::from(owner))
                .map(|series| Tone::Series(series.tone))
        };
        self.chart.theme.style(tone.unwrap_or(Tone::Text))
    }

    /// The row of dots of a value.
    fn dot_row(&self, value: f64) -> usize {
        let rows = usize::from(self.plot.height) * usize::from(self.resolution.dots().1);
        let last = rows.saturating_sub(1);
        ((1.0 - self.scale.place(value)) * last as f64).round() as usize
    }

    /// The row of the screen of a value.
    pub(super) fn row(&self, value: f64) -> u16 {
        let row = self.dot_row(value) / usize::from(self.resolution.dots().1);
        self.plot.y + row as u16
    }

    /// The column of the screen of a second; `None` outside.
    pub(super) fn cell_x(&self, second: i64) -> Option<u16> {
        let column = self.window.inside(second)?;
        Some(self.plot.x + (column / usize::from(self.resolution.dots().0)) as u16)
    }

    /// First and last column of the screen of a stretch of time, as far as it is in view.
    pub(super) fn span_x(&self, begin: i64, end: i64) -> Option<(u16, u16)> {
        let (from, to) = (self.window.column(begin), self.window.column(end.saturating_sub(1)));
        let last = i64::try_from(self.window.columns).unwrap_or(i64::MAX).checked_sub(1)?;
        if end <= begin || to < 0 || from > last {
            return None;
        }
        let dots = i64::from(self.resolution.dots().0);
        let cell = |column: i64| self.plot.x + (column.clamp(0, last) / dots) as u16;
        Some((cell(from), cell(to)))
    }

    fn draw_spans(&self, buf: &mut Buffer) {
        let unicode = self.chart.theme.glyphs.unicode;
        let (edge, inner) = if unicode { ('╎', '·') } else { (':', '.') };
        let style = self.chart.theme.style(Tone::Muted);
        for span in self.chart.spans {
            let Some((left, right)) = self.span_x(span.begin, span.end) else {
                continue;
            };
            for y in self.plot.top()..self.plot.bottom() {
                for x in left..=right {
                    put(buf, x, y, if x == left || x == right { edge } else { inner }, style);
                }
            }
        }
    }

    fn draw_marks(&self, buf: &mut Buffer) {
        let glyph = if self.chart.theme.glyphs.unicode { '┊' } else { ':' };
        for mark in self.chart.marks {
            if let Some(x) = self.cell_x(mark.second) {
                for y in self.plot.top()..self.plot.bottom() {
                    put(buf, x, y, glyph, self.chart.theme.style(mark.tone));
                }
            }
        }
    }

    fn draw_levels(&self, canvas: &mut Canvas) {
        let (low, high) = self.scale.bounds();
        let every = usize::from(self.resolution.dots().0) * 2;
        for (n, level) in (LEVELS..=u8::MAX).zip(self.chart.levels) {
            if level.value >= low && level.value <= high {
                for x in (0..self.window.columns).filter(|x| x % every < every / 2) {
                    canvas.set(x, self.dot_row(level.value), n);
                }
            }
        }
    }

    fn draw_line(&self, canvas: &mut Canvas, n: usize, series: &Series) {
        if canvas.rows() == 0 {
            return;
        }
        let owner = n.min(usize::from(LEVELS - 1)) as u8;
        if series.filled {
            return self.stipple(canvas, n, owner);
        }
        let every = usize::from(self.resolution.dots().0) * 2;
        let seen = |x: usize| !series.dotted || x % every < every / 2;
        let mut before: Option<(usize, Column)> = None;
        for (x, column) in self.lines[n].iter().enumerate() {
            let Some(column) = column else { continue };
            if let Some((at, last)) = before.filter(|_| column.joined) {
                canvas.line(
                    (at, self.dot_row(last.last)),
                    (x, self.dot_row(column.first)),
                    owner,
                    seen,
                );
            }
            if seen(x) {
                canvas.column(x, self.dot_row(column.max), self.dot_row(column.min), owner);
            }
            before = Some((x, *column));
        }
    }

    /// An area is drawn thinly: what lies in it stays visible.
    fn stipple(&self, canvas: &mut Canvas, n: usize, owner: u8) {
        let (across, down) = self.resolution.dots();
        let (across, down) = (usize::from(across) * 2, usize::from(down).div_ceil(2));
        let columns = self.lines[n].iter().enumerate().step_by(across);
        for (x, column) in columns.filter_map(|(x, column)| Some((x, (*column)?))) {
            for row in (self.dot_row(column.max)..=self.dot_row(column.min)).step_by(down) {
                canvas.set(x, row, owner);
            }
        }
    }

    /// Letters on the lines tell them apart where there are no colours. In ASCII the lines do it themselves.
    fn draw_letters(&self, buf: &mut Buffer) {
        let count = self.chart.series.len();
        if count < 2 || self.resolution == Resolution::Ascii {
            return;
        }
        let dots = usize::from(self.resolution.dots().0);
        let lines = self.lines.iter().enumerate();
        for (n, columns) in lines.filter(|(n, _)| !self.chart.series[*n].filled) {
            let first = LETTERS_APART / 2 + n * LETTERS_APART / count;
            for cell in (first % LETTERS_APART..usize::from(self.plot.width)).step_by(LETTERS_APART) {
                if let Some(column) = data::at(columns, cell * dots) {
                    let style = self.owner_style(n.min(usize::from(LEVELS - 1)) as u8);
                    put(
                        buf,
                        self.plot.x + cell as u16,
                        self.row(column.last),
                        self.badges[n],
                        style,
                    );
                }
            }
        }
    }

    /// The cursor passes behind the lines, so that it hides nothing.
    fn draw_cursor(&self, buf: &mut Buffer) {
        let Some(column) = self.state.cursor.and_then(|second| self.window.inside(second)) else {
            return;
        };
        let (dots, _) = self.resolution.dots();
        let x = self.plot.x + (column / usize::from(dots)) as u16;
        let glyph = match self.resolution {
            Resolution::Braille => ['⡇', '⢸'][column % 2],
            Resolution::HalfBlock => '│',
            Resolution::Ascii => '|',
        };
        let style = self.chart.theme.style(Tone::Accent);
        for y in self.plot.top()..self.plot.bottom() {
            let Some(cell) = buf.cell_mut((x, y)) else { continue };
            if matches!(cell.symbol(), " " | "·" | "┊" | "╎" | "." | ":") {
                cell.set_char(glyph).set_style(style);
            } else {
                cell.set_style(self.chart.theme.style(Tone::Selected));
            }
        }
    }
}
