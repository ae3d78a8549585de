//! The disk of one node over the shared range, and on to when it is full. Made when answers come.

use super::asks;
use super::course::Course;
use super::facts::{self, Full, Place};
use super::what_if::If;
use crate::api::message::Answer;
use crate::api::storage::NodeStorage;
use crate::api::table::Value;
use crate::ui::chart::{ChartState, Level, Mark, Points, Range, Scale, Series};
use crate::ui::look::Tone;
use crate::ui::number::{self, Scale as Sizes};
use crate::ui::shared::Shared;

const DAY_S: f64 = 86_400.0;
/// Answers come every minute, old ones were kept one an hour: what is further apart is a gap (seconds).
const GAP_S: i64 = 15 * 60;
const GAP_OF_HOURS_S: i64 = 3 * 3600;
/// Two such points are of the same hour (seconds).
const CLOSE_S: i64 = 5 * 60;
/// Of a disk so full the scale reaches to what is allocated.
const NEAR: f64 = 0.5;
/// The range is drawn in so many steps: more than a screen has columns of dots.
const BAND_STEPS: i64 = 800;
/// Room right of where it is full.
const AHEAD: f64 = 1.15;

/// What the chart shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Measure {
    /// Used and trash, up to what is allocated.
    #[default]
    All,
    /// What is used alone, as large as it can be.
    Used,
    /// Trash and dead data.
    Waste,
}

impl Measure {
    const ALL: [(Self, &'static str); 3] = [
        (Self::All, "used and trash"),
        (Self::Used, "used alone"),
        (Self::Waste, "trash and dead data"),
    ];

    pub(super) fn next(self) -> Self {
        Self::ALL[(self as usize + 1) % Self::ALL.len()].0
    }

    pub(super) fn name(self) -> &'static str {
        Self::ALL[self as usize].1
    }

    /// What if is about what is used.
    pub(super) fn with(self, what_if: Option<Course>) -> Self {
        match self {
            Self::All if what_if.is_some() => Self::Used,
            own => own,
        }
    }

    pub(super) fn of(name: &str) -> Self {
        let found = Self::ALL.into_iter().find(|(_, other)| *other == name);
        found.map(|(measure, _)| measure).unwrap_or_default()
    }
}

/// One answer of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Told {
    second: i64,
    used: Option<u64>,
    trash: Option<u64>,
    dead: Option<u64>,
}

/// The chart.
#[derive(Debug, Default)]
pub(super) struct History {
    pub(super) measure: Measure,
    told: Vec<Told>,
    /// The most of it, bytes.
    largest: Option<u64>,
    /// More was kept than is read at once.
    pub(super) cut: bool,
    pub(super) series: Vec<Series>,
    pub(super) levels: Vec<Level>,
    pub(super) all_marks: Vec<Mark>,
    /// Of these the ones in the past: nothing can be looked at before it was.
    pub(super) marks: Vec<Mark>,
    pub(super) scale: Scale,
    pub(super) unit: &'static str,
    /// Where a live chart ends, seconds of the epoch: beyond the present, when there is something to foresee.
    pub(super) end: i64,
    /// What `told` was made from.
    stamp: String,
    /// What the lines of it were made from.
    drawn: Option<(String, Measure, &'static str)>,
}

impl History {
    /// Whether anything is known to draw.
    pub(super) fn is_empty(&self) -> bool {
        !self.told.iter().any(|told| told.used.is_some())
    }

    /// Takes up what came.
    pub(super) fn take(
        &mut self,
        (place, what_if): (&Place, Option<Course>),
        space: Option<&NodeStorage>,
        shared: &Shared,
    ) {
        let key = asks::line_key(shared, &place.name);
        let stamp = format!("{key}\t{:?}", shared.answers.answered_ms(asks::DISK));
        match shared.answers.of(asks::DISK, &key) {
            Some(Ok(Answer::Rows { columns, rows, more })) if stamp != self.stamp => {
                (self.told, self.cut, self.stamp) = (read(columns, rows), *more, stamp);
                self.largest = self.told.iter().filter_map(|told| told.used.max(told.trash)).max();
            }
            // Another node's line, or another time's, is none.
            None if !self.stamp.starts_with(&format!("{key}\t")) => {
                (self.told, self.largest, self.stamp) = (Vec::new(), None, String::new());
                self.scale = Scale::default();
            }
            _ => {}
        }
        let growth = space.map_or(&[][..], |space| &space.growth);
        let base = Course::of(place, growth).filter(|_| self.measure != Measure::Waste);
        self.draw_lines((place, base, what_if), shared);
        self.marks = marks(space, shared);
        self.all_marks.clone_from(&self.marks);
        let foreseen = what_if.or(base);
        self.all_marks
            .extend(foreseen.and_then(|course| full_mark(course, shared)));
        let mut state = ChartState {
            scale: self.scale,
            ..shared.time
        };
        state.settle(&self.series, &self.levels, self.end);
        self.scale = state.scale;
    }

    fn draw_lines(&mut self, (place, base, what_if): (&Place, Option<Course>, Option<Course>), shared: &Shared) {
        let limit = what_if.map(|course| course.limit() as u64);
        let largest = [self.largest, place.allocated, place.used, limit];
        let sizes = Sizes::of(largest.into_iter().flatten());
        self.unit = sizes.unit();
        let worth = worth(self.unit);
        let measure = self.measure.with(what_if);
        let drawn = Some((self.stamp.clone(), measure, self.unit));
        if drawn != self.drawn {
            self.series = self.told_lines(measure, worth);
            self.drawn = drawn;
        }
        let shown = self.measure != Measure::Waste;
        let foreseen = what_if.or(base).filter(|_| shown);
        self.end = shared.now_s();
        if foreseen.is_some_and(|course| course.room > 0.0 && course.pace.is_some())
            && shared.time.end.is_none()
            && shared.time.range >= Range::Day
        {
            self.end += ahead(what_if, shared.time.range.seconds());
        }
        // What is foreseen begins now: it is another at every moment.
        self.series.retain(|line| !line.dotted && !line.filled);
        if let Some(course) = foreseen {
            self.foresee(
                course,
                base.filter(|base| what_if.is_some_and(|other| other != *base)),
                worth,
                shared,
            );
        }
        let near = |all: f64| place.used.is_some_and(|used| used as f64 >= all * NEAR);
        let level = |all: f64, text: &str| Level {
            value: all / worth,
            text: text.to_owned(),
            tone: Tone::Muted,
            fit: (self.measure == Measure::All || what_if.is_some()) && near(all),
        };
        self.levels.clear();
        let allocated = place.allocated.filter(|_| shown).map(|all| all as f64);
        self.levels.extend(allocated.map(|all| level(all, "allocated")));
        let limit = what_if.filter(|course| shown && course.room > 0.0).map(Course::limit);
        let other = limit.filter(|limit| allocated.is_none_or(|all| (limit - all).abs() > all / 1000.0));
        self.levels.extend(other.map(|limit| level(limit, "limit then")));
    }

    /// Adds what is foreseen: the range, the line, and how it goes on if nothing is otherwise.
    fn foresee(&mut self, course: Course, as_it_is: Option<Course>, worth: f64, shared: &Shared) {
        let now = shared.moment().unwrap_or(shared.now_s());
        let (from, to) = shared.time.seen(self.end);
        let step = ((to - from) / BAND_STEPS).max(1);
        let both = course.band(now.max(from), to, step).into_iter();
        let both = both.flat_map(|(second, low, high)| [(second, high), (second, low)]);
        let band = scaled(both.collect(), worth);
        if !band.is_empty() {
            self.series.push(Series {
                filled: true,
                ..Series::new("range", 3, Points::Samples(band))
            });
        }
        let mut line = |name: &str, tone: u8, course: Course| {
            let points = scaled(course.line(now, to), worth);
            if !points.is_empty() {
                self.series.push(Series {
                    dotted: true,
                    ..Series::new(name, tone, Points::Samples(points))
                });
            }
        };
        if let Some(base) = as_it_is {
            line("as it is", 0, base);
            line("what if", 3, course);
        } else {
            line("forecast", 3, course);
        }
    }

    /// The lines of what was told.
    fn told_lines(&self, measure: Measure, worth: f64) -> Vec<Series> {
        let line = |of: fn(&Told) -> Option<u64>| samples(&self.told, of, worth);
        let used = || Series::new("used", 0, line(|told| told.used));
        let trash = || Series::new("trash", 1, line(|told| told.trash));
        let dead = || Series::new("dead", 2, line(|told| told.dead));
        match measure {
            Measure::All => vec![trash(), used()],
            Measure::Used => vec![used()],
            Measure::Waste => vec![dead(), trash()],
        }
    }
}

/// Bytes of a unit of size.
fn worth(unit: &str) -> f64 {
    let place = ["B", "kB", "MB", "GB", "TB", "PB"]
        .iter()
        .position(|other| *other == unit);
    1000_f64.powi(place.unwrap_or(0) as i32)
}

fn read(columns: &[String], rows: &[Vec<Value>]) -> Vec<Told> {
    let place = |name: &str| columns.iter().position(|column| column == name);
    let (time, used) = (place("time"), place("used"));
    let (trash, dead) = (place("trash"), place("reclaimable"));
    let value = |row: &[Value], at: Option<usize>| match row.get(at?)? {
        Value::Count(bytes) => Some(*bytes),
        _ => None,
    };
    // Blobs of the databases and the whole of the API are not of one line.
    let source = place("source");
    let by_api =
        |row: &Vec<Value>| matches!(source.and_then(|at| row.get(at)), Some(Value::Text(text)) if text == "api");
    let is_mixed = rows.iter().any(by_api);
    let told = rows.iter().filter(|row| !is_mixed || by_api(row)).filter_map(|row| {
        let Value::Time(ms) = row.get(time?)? else { return None };
        Some(Told {
            second: ms.div_euclid(1000),
            used: value(row, used),
            trash: value(row, trash),
            dead: value(row, dead),
        })
    });
    told.collect()
}

/// A line with its gaps.
fn samples(told: &[Told], of: fn(&Told) -> Option<u64>, worth: f64) -> Points {
    let mut points: Vec<(i64, Option<f64>)> = Vec::with_capacity(told.len());
    let mut before: Option<(i64, i64)> = None;
    for one in told {
        if let Some((last, step)) = before {
            let most = if step <= CLOSE_S { GAP_S } else { GAP_OF_HOURS_S };
            if one.second - last > most {
                points.push((last + 1, None));
            }
        }
        let step = before.map_or(GAP_OF_HOURS_S, |(last, _)| one.second - last);
        before = Some((one.second, step));
        points.push((one.second, of(one).map(|bytes| bytes as f64 / worth)));
    }
    Points::Samples(points)
}

/// How far beyond the present a chart of so many seconds reaches: with what if to where it is full, if it can.
fn ahead(what_if: Option<Course>, range: i64) -> i64 {
    let quarter = range / 4;
    match what_if.map(Course::full) {
        Some(Full::In(full)) => ((full.likely * DAY_S * AHEAD) as i64).clamp(quarter, quarter * 3),
        _ => quarter,
    }
}

/// Where it is full.
fn full_mark(course: Course, shared: &Shared) -> Option<Mark> {
    let Full::In(full) = course.full() else { return None };
    let now = shared.moment().unwrap_or(shared.now_s());
    let range = facts::range(full).map_or(String::new(), |range| format!(" ({range})"));
    Some(Mark {
        second: now.saturating_add((full.likely * DAY_S) as i64),
        glyph: if shared.theme.glyphs.unicode { '▲' } else { '^' },
        text: format!("full in {}{range}", facts::days(full.likely)),
        tone: Tone::Warn,
    })
}

fn scaled(points: Vec<(i64, f64)>, worth: f64) -> Vec<(i64, Option<f64>)> {
    let points = points.into_iter();
    points.map(|(second, bytes)| (second, Some(bytes / worth))).collect()
}

/// Jumps that are no growth.
fn marks(space: Option<&NodeStorage>, shared: &Shared) -> Vec<Mark> {
    let longest = space.and_then(|space| space.growth.iter().max_by_key(|growth| growth.days));
    let steps = longest.into_iter().flat_map(|growth| &growth.steps);
    let mark = |(ms, bytes): &(i64, i64)| Mark {
        second: ms.div_euclid(1000),
        glyph: if shared.theme.glyphs.unicode { '↕' } else { 's' },
        text: format!("a step of {}: no growth", number::change(&number::size(*bytes))),
        tone: Tone::Warn,
    };
    steps.map(mark).collect()
}

/// When it is full, by the present pace; `None`: not, or nobody knows. ms since the epoch.
fn full_ms(full: Full, shared: &Shared) -> Option<i64> {
    let Full::In(full) = full else { return None };
    let now = shared.moment().unwrap_or(shared.now_s());
    Some(now.saturating_add((full.likely * DAY_S) as i64).saturating_mul(1000))
}

/// What stands over the chart.
pub(super) fn words(history: &History, (place, what_if): (&Place, Option<&If>), shared: &Shared) -> String {
    let course = what_if.and_then(|one| one.course);
    let (name, full) = match what_if.zip(course) {
        Some((one, course)) => (one.name.as_str(), course.full()),
        None => ("forecast", place.full),
    };
    let full = full_ms(full, shared).map_or(String::new(), |ms| {
        let range = match full {
            Full::In(full) => facts::range(full).map_or(String::new(), |range| format!(" ({range})")),
            _ => String::new(),
        };
        format!("{name}: full {}{range} · ", number::date(ms, &shared.zone))
    });
    let cut = if history.cut { "cut: shorten the range · " } else { "" };
    format!("{full}{cut}m: measure · t: range")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_silence_is_a_gap_and_hours_are_not() {
        let told = |second| Told {
            second,
            used: Some(second as u64),
            trash: None,
            dead: None,
        };
        let seconds = [0, 3600, 7200, 7260, 7320, 12_000, 12_060];
        let list: Vec<Told> = seconds.into_iter().map(told).collect();
        let Points::Samples(points) = samples(&list, |told| told.used, 1.0) else {
            panic!("samples");
        };
        let gaps: Vec<i64> = points
            .iter()
            .filter(|point| point.1.is_none())
            .map(|point| point.0)
            .collect();
        assert_eq!(gaps, [7321]);
    }

    #[test]
    fn what_is_foreseen_moves_with_the_clock_and_what_was_told_stays() {
        use crate::api::status::FullIn;
        use crate::ui::look::{Glyphs, Theme};
        use crate::ui::shared::Collector;
        let place = Place {
            name: "n".to_owned(),
            stale: false,
            dedicated: false,
            blobs_only: false,
            used: Some(5_000),
            allocated: Some(9_000),
            free: Some(4_000),
            overused: 0,
            paid: None,
            trash: None,
            dead: None,
            unexplained: None,
            unpaid: None,
            growth: Some(4_000),
            flows: None,
            freed: None,
            full: Full::In(FullIn {
                low: None,
                likely: 1.0,
                high: None,
            }),
        };
        let told = |second| Told {
            second,
            used: Some(5_000),
            trash: Some(7),
            dead: Some(3),
        };
        let mut history = History {
            told: vec![told(10), told(20)],
            largest: Some(5_000),
            ..History::default()
        };
        let theme = Theme::new(Glyphs::UNICODE, true);
        let mut shared = Shared::new(theme, jiff::tz::TimeZone::UTC, Collector::Inside, 30_000);
        let lines = |history: &History| -> Vec<(String, i64, f64)> {
            let first = |series: &Series| match &series.points {
                Points::Samples(points) => (series.name.to_string(), points[0].0, points[0].1.unwrap()),
                Points::Buckets { .. } => panic!("samples"),
            };
            history.series.iter().map(first).collect()
        };
        let line = |name: &str, second, value| (name.to_owned(), second, value);
        let told = [line("trash", 10, 0.007), line("used", 10, 5.0)];
        for now in [30, 40] {
            shared.now_ms = now * 1000;
            history.draw_lines((&place, Course::of(&place, &[]), None), &shared);
            let foreseen = [line("forecast", now, 5.0)];
            assert_eq!(lines(&history), [&told[..], &foreseen].concat());
        }
        history.measure = Measure::Waste;
        history.draw_lines((&place, Course::of(&place, &[]), None), &shared);
        assert_eq!(lines(&history), [line("dead", 10, 0.003), line("trash", 10, 0.007)]);
        (history.measure, history.largest) = (Measure::Used, Some(5_000_000));
        history.draw_lines((&place, Course::of(&place, &[]), None), &shared);
        let foreseen = line("forecast", 40, 0.005);
        assert_eq!(
            (history.unit, lines(&history)),
            ("MB", vec![line("used", 10, 0.005), foreseen])
        );
    }

    #[test]
    fn units_have_their_worth() {
        for (bytes, unit) in [(5_u64, "B"), (5_000_000, "MB"), (5_000_000_000_000, "TB")] {
            let scale = Sizes::of([bytes]);
            assert_eq!((scale.unit(), bytes as f64 / worth(scale.unit())), (unit, 5.0));
        }
    }
}
