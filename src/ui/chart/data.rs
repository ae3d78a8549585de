//! What a chart is given, and how it is thinned out to the columns of the screen. Called by the drawing.

use super::{Extent, Tone, Window};

/// Values beyond this are drawn at it: differences of two must stay finite.
const HUGE: f64 = 1e300;

/// The values of a line over time, in order of time. `None`, NaN and infinities are gaps.
#[derive(Debug, Clone, PartialEq)]
pub enum Points {
    /// Single moments (seconds of the epoch). Neighbours are joined unless a gap stands between them.
    Samples(Vec<(i64, Option<f64>)>),
    /// A value for each stretch of time.
    Buckets {
        /// Begin of the first, seconds of the epoch.
        begin: i64,
        /// Length of each, seconds; below 1 counts as 1.
        width: i64,
        /// One for each stretch.
        values: Vec<Option<f64>>,
    },
}

/// One line of a chart.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// For the legend and the value under the cursor.
    pub name: String,
    /// Its colour, as [`Tone::Series`].
    pub tone: u8,
    /// Its values.
    pub points: Points,
    /// Whether it is drawn with holes: a forecast, not a measurement.
    pub dotted: bool,
    /// Whether it is an area: stippled from the smallest to the largest value of each column, without a line.
    pub filled: bool,
}

impl Series {
    /// A drawn-through line.
    pub fn new(name: &str, tone: u8, points: Points) -> Self {
        Self {
            name: name.to_owned(),
            tone,
            points,
            dotted: false,
            filled: false,
        }
    }
}

/// Something that happened at a moment: a restart, an update, a compaction.
#[derive(Debug, Clone, PartialEq)]
pub struct Mark {
    /// When, seconds of the epoch.
    pub second: i64,
    /// One column wide, drawn on the time axis.
    pub glyph: char,
    /// Told when the cursor stands on it.
    pub text: String,
    /// Its colour.
    pub tone: Tone,
}

/// A stretch of time that has a name: "gap", "compaction".
#[derive(Debug, Clone, PartialEq)]
pub struct Span {
    /// Its begin, seconds of the epoch.
    pub begin: i64,
    /// The second after its end.
    pub end: i64,
    /// Written under it if it fits.
    pub text: String,
}

/// A horizontal line: a limit, what is allocated.
#[derive(Debug, Clone, PartialEq)]
pub struct Level {
    /// Where.
    pub value: f64,
    /// For the legend.
    pub text: String,
    /// Its colour.
    pub tone: Tone,
    /// Whether the scale stretches to show it.
    pub fit: bool,
}

/// All values that fall into one column of dots.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Column {
    pub first: f64,
    pub last: f64,
    pub min: f64,
    pub max: f64,
    /// Whether a line leads here from the column with a value before.
    pub joined: bool,
}

/// A value that can be drawn; `None` for gaps, NaN and infinities.
pub(super) fn known(value: Option<f64>) -> Option<f64> {
    value.filter(|v| v.is_finite()).map(|v| v.clamp(-HUGE, HUGE))
}

/// The columns of a window, smallest and largest value kept in each, so that a spike of one bucket stays.
pub(super) fn columns(points: &Points, window: &Window) -> (Vec<Option<Column>>, Extent) {
    let mut fold = Fold {
        window,
        columns: vec![None; window.columns],
        extent: Extent::default(),
        last: None,
    };
    match points {
        Points::Samples(samples) => fold.samples(samples),
        Points::Buckets { begin, width, values } => fold.buckets(*begin as f64, (*width).max(1) as f64, values),
    }
    (fold.columns, fold.extent)
}

struct Fold<'w> {
    window: &'w Window,
    columns: Vec<Option<Column>>,
    extent: Extent,
    last: Option<(f64, f64)>,
}

impl Fold<'_> {
    /// One sample before and one after the window are taken along: lines enter and leave it.
    fn samples(&mut self, samples: &[(i64, Option<f64>)]) {
        let (from, to) = (self.window.from, self.window.to());
        let first = samples.partition_point(|(second, _)| (*second as f64) < from);
        for (second, value) in &samples[first.saturating_sub(1)..] {
            let second = *second as f64;
            self.push(second, known(*value));
            if second >= to {
                break;
            }
        }
    }

    /// A bucket stands at its middle; beside a gap it reaches to its edge, so that the gap is as wide as it was.
    fn buckets(&mut self, begin: f64, width: f64, values: &[Option<f64>]) {
        let index = |second: f64| ((second - begin) / width).floor();
        let first = (index(self.window.from) - 1.0).max(0.0) as usize;
        let end = ((index(self.window.to()) + 2.0).max(0.0) as usize).min(values.len());
        for at in first..end {
            let left = begin + width * at as f64;
            let value = known(values[at]);
            if self.last.is_none() {
                self.push(left, value);
            }
            self.push(left + width / 2.0, value);
            if values.get(at + 1).is_none_or(|next| known(*next).is_none()) {
                self.push(left + width * 0.999, value);
            }
        }
    }

    fn push(&mut self, second: f64, value: Option<f64>) {
        let Some(value) = value else {
            self.last = None;
            return;
        };
        let (from, to) = (self.window.from, self.window.to());
        let before = self.last.replace((second, value));
        let at_edge = |edge: f64| {
            let (t, v) = before?;
            (t < edge && second > edge).then(|| v + (value - v) * ((edge - t) / (second - t)))
        };
        if let Some(entering) = at_edge(from) {
            self.put(from, entering, false);
        }
        if second >= from && second < to {
            self.put(second, value, before.is_some());
        } else if let Some(leaving) = at_edge(to) {
            self.put(to, leaving, true);
        }
    }

    fn put(&mut self, second: f64, value: f64, joined: bool) {
        let Some(at) = self.window.nearest(second) else {
            return;
        };
        self.extent.add(value);
        let column = self.columns[at].get_or_insert(Column {
            first: value,
            last: value,
            min: value,
            max: value,
            joined,
        });
        column.last = value;
        column.min = column.min.min(value);
        column.max = column.max.max(value);
    }
}

/// What is told of a moment: the value of the stretch it lies in, where that is wider than a column: what the line shows
/// on its way to the next was never measured.
pub(super) fn told(
    points: &Points,
    window: &Window,
    columns: &[Option<Column>],
    (second, column): (i64, usize),
) -> Option<Column> {
    match points {
        Points::Buckets { begin, width, values } if *width as f64 * columns.len() as f64 >= window.span => {
            let place = second.saturating_sub(*begin).div_euclid((*width).max(1));
            let value = known(*values.get(usize::try_from(place).ok()?)?)?;
            Some(Column {
                first: value,
                last: value,
                min: value,
                max: value,
                joined: true,
            })
        }
        _ => at(columns, column),
    }
}

/// What a line shows at a column: its own values, or those of the line that leads over it.
pub(super) fn at(columns: &[Option<Column>], column: usize) -> Option<Column> {
    if let Some(own) = columns.get(column)? {
        return Some(*own);
    }
    let (before, after) = columns.split_at(column);
    let left = before.iter().rposition(Option::is_some)?;
    let right = after.iter().position(Option::is_some)? + column;
    let (from, to) = (columns[left]?, columns[right]?);
    let share = (column - left) as f64 / (right - left) as f64;
    let value = from.last + (to.first - from.last) * share;
    to.joined.then_some(Column {
        first: value,
        last: value,
        min: value,
        max: value,
        joined: true,
    })
}
