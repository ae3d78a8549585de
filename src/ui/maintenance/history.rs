//! What ran when: a strip for each node, or a line of what runs reclaimed or how long they took.

use std::collections::BTreeMap;

use ratatui::layout::Rect;

use super::work::{self, Run};
use crate::domain::chart as chart_marks;
use crate::domain::task::{Job, State};
use crate::ui::chart::{self, Chart, HitMap, Mark, Points, Resolution, Series};
use crate::ui::look::Tone;
use crate::ui::pane::Page;
use crate::ui::pen::Pen;
use crate::ui::shared::Shared;
use crate::ui::text;

/// Lines that can be told apart.
const MOST_LINES: usize = 5;

/// When nothing was collected of a node, ms since the epoch.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Gap {
    pub(super) node: String,
    pub(super) from_ms: i64,
    pub(super) to_ms: i64,
}

/// The gaps among marks.
pub(super) fn gaps(marks: &[chart_marks::Mark]) -> Vec<Gap> {
    let gaps = marks.iter().filter(|mark| mark.kind == chart_marks::MarkKind::Gap);
    let gap = |mark: &chart_marks::Mark| Gap {
        node: mark.node.clone(),
        from_ms: mark.time_ms,
        to_ms: mark.until_ms.unwrap_or(i64::MAX),
    };
    gaps.map(gap).collect()
}

/// What the history shows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Measure {
    /// Who worked when.
    #[default]
    Strip,
    /// Bytes given back by each run.
    Reclaimed,
    /// How long each compaction took.
    Took,
}

impl Measure {
    pub(super) fn next(self) -> Self {
        match self {
            Self::Strip => Self::Reclaimed,
            Self::Reclaimed => Self::Took,
            Self::Took => Self::Strip,
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Strip => "who worked when",
            Self::Reclaimed => "reclaimed by each run",
            Self::Took => "how long compactions took",
        }
    }

    pub(super) fn of(name: &str) -> Self {
        let all = [Self::Strip, Self::Reclaimed, Self::Took];
        all.into_iter().find(|of| of.name() == name).unwrap_or_default()
    }
}

/// A node, and its values by second.
type Line<'a> = (&'a str, Vec<(i64, f64)>);

/// The lines of the chart, and their unit.
pub(super) fn series(runs: &[&Run], measure: Measure) -> (Vec<Series>, &'static str) {
    let value = |run: &Run| match measure {
        Measure::Strip => None,
        Measure::Reclaimed => run.task.reclaimed().map(|bytes| bytes as f64),
        Measure::Took if run.task.job == Job::Compaction => run.task.took_ms.map(|ms| ms as f64 / 1000.0),
        Measure::Took => None,
    };
    let mut by: BTreeMap<&str, Vec<(i64, f64)>> = BTreeMap::new();
    for run in runs.iter().copied().filter(|run| run.task.state == State::Done) {
        if let (Some(value), Some(ended)) = (value(run), run.task.finished_ms) {
            by.entry(&run.task.node)
                .or_default()
                .push((ended.div_euclid(1000), value));
        }
    }
    let most = by.values().flatten().map(|(_, value)| *value).fold(0.0, f64::max);
    let (worth, unit) = match measure {
        Measure::Took if most >= 7200.0 => (3600.0, "h"),
        Measure::Took if most >= 120.0 => (60.0, "min"),
        Measure::Took => (1.0, "s"),
        _ if most >= 2e12 => (1e12, "TB"),
        _ if most >= 2e9 => (1e9, "GB"),
        _ => (1e6, "MB"),
    };
    let mut lines: Vec<Line<'_>> = by.into_iter().collect();
    let sum = |points: &[(i64, f64)]| points.iter().map(|(_, value)| value).sum::<f64>();
    lines.sort_by(|a, b| sum(&b.1).total_cmp(&sum(&a.1)));
    lines.truncate(MOST_LINES);
    let line = |(n, (node, mut points)): (usize, Line<'_>)| {
        points.sort_by_key(|(second, _)| *second);
        let points = points.into_iter().map(|(second, value)| (second, Some(value / worth)));
        Series::new(node, n as u8, Points::Samples(points.collect()))
    };
    (lines.into_iter().enumerate().map(line).collect(), unit)
}

/// A line over time.
pub(super) fn lines(page: &mut Page<'_>, series: &[Series], unit: &str, marks: &[Mark], scale: chart::Scale) {
    let shared = page.shared;
    if series.is_empty() {
        page.say("no run in this time tells of it", Tone::Muted);
    }
    let area = page.take(page.left());
    let chart = Chart {
        series,
        marks,
        spans: &[],
        levels: &[],
        unit,
        now: shared.now_s(),
        zone: &shared.zone,
        theme: &shared.theme,
        resolution: None,
    };
    page.chart(area, &chart, scale);
}

/// The nodes that have a strip: all that are shown.
pub(super) fn names(shared: &Shared) -> Vec<String> {
    let names = shared.nodes().iter().map(|node| node.name.clone());
    names
        .filter(|name| shared.node.as_ref().is_none_or(|only| only == name))
        .collect()
}

/// What stands in a cell of the strip.
#[derive(Clone, Copy)]
struct Worked {
    letter: char,
    tone: Tone,
    rank: u8,
}

/// Letters of the work of a node by columns: what is rare stands before what goes on for days.
fn row(runs: &[&Run], edges: &[(i64, i64)], now_ms: i64) -> Vec<Option<Worked>> {
    let mut cells: Vec<Option<Worked>> = vec![None; edges.len()];
    let mut put = |begin: i64, end: i64, worked: Worked| {
        for (cell, (from, to)) in cells.iter_mut().zip(edges) {
            if begin < *to && end >= *from && cell.is_none_or(|other| other.rank <= worked.rank) {
                *cell = Some(worked);
            }
        }
    };
    for run in runs {
        let (begin, end) = run.span(now_ms);
        let (letter, tone, rank) = work::letter(run.task.job);
        put(begin, end, Worked { letter, tone, rank });
        if matches!(run.task.state, State::Interrupted | State::Failed) {
            let tone = work::tone(run.task.state);
            let letter = 'x';
            put(end, end, Worked { letter, tone, rank: 9 });
        }
    }
    cells
}

/// From when until when (ms since the epoch) the columns of a plot are.
fn edges(hits: &HitMap) -> Vec<(i64, i64)> {
    let plot = hits.plot();
    let middles: Vec<i64> = (plot.left()..plot.right())
        .filter_map(|x| Some(hits.second_at(x, plot.y)? * 1000))
        .collect();
    let (Some(first), Some(last)) = (middles.first(), middles.last()) else {
        return Vec::new();
    };
    let half = (last - first) / (2 * (middles.len() as i64 - 1).max(1));
    let between = middles.windows(2).map(|pair| (pair[0] + pair[1]) / 2);
    let begins = std::iter::once(first - half).chain(between.clone());
    begins.zip(between.chain(std::iter::once(last + half))).collect()
}

/// Room for a strip: the nodes, and the axis below.
pub(super) fn strip_lines(shared: &Shared) -> u16 {
    let time = &shared.time;
    // The axis takes two lines; what is under the cursor, and another end than the present, one above.
    let above = time.cursor.is_some() || time.end.is_some() || time.log;
    names(shared).len().clamp(2, 12) as u16 + 2 + u16::from(above)
}

/// A strip for each node above an axis of time. The chart has no lines of its own: it gives the axis, the marks
/// and the cursor.
pub(super) fn strips(page: &mut Page<'_>, runs: &[&Run], (marks, gaps): (&[Mark], &[Gap]), now_ms: i64) {
    let shared = page.shared;
    let names = names(shared);
    let widest = names
        .iter()
        .map(|name| text::width(name))
        .max()
        .unwrap_or(0)
        .clamp(4, 14) as u16;
    let area = page.take(page.left());
    let axis = Chart {
        series: &[],
        marks,
        spans: &[],
        levels: &[],
        unit: "",
        now: shared.now_s(),
        zone: &shared.zone,
        theme: &shared.theme,
        resolution: Some(Resolution::Ascii),
    };
    let left = (widest + 2).saturating_sub(4);
    let right = Rect {
        x: area.x + left.min(area.width),
        width: area.width.saturating_sub(left),
        ..area
    };
    page.chart(right, &axis, chart::Scale::default());
    let Some(hits) = page.hits.chart else { return };
    let plot = hits.plot();
    let edges = edges(&hits);
    let cursor = shared.time.cursor.map(|second| second * 1000);
    let blank = " ".repeat(usize::from(plot.x.saturating_sub(area.x)));
    for y in plot.top()..plot.bottom() {
        let line = Rect::new(area.x, y, area.width, 1);
        Pen::new(page.buffer, line, &shared.theme).put(&blank, Tone::Text);
    }
    let shown = usize::from(plot.height);
    for (y, name) in (plot.top()..plot.bottom()).zip(names.iter().take(shown)) {
        let own: Vec<&Run> = runs.iter().copied().filter(|run| run.task.node == *name).collect();
        let line = Rect::new(area.x, y, area.width, 1);
        let mut pen = Pen::new(page.buffer, line, &shared.theme);
        pen.put(" ", Tone::Text);
        pen.put_in(name, widest, Tone::Text);
        pen.to(plot.x - area.x);
        for (cell, (from, to)) in row(&own, &edges, now_ms).into_iter().zip(&edges) {
            let chosen = cursor.is_some_and(|at| *from <= at && at < *to);
            match cell {
                Some(worked) => {
                    let tone = if chosen { Tone::Selected } else { worked.tone };
                    pen.put(worked.letter.encode_utf8(&mut [0; 4]), tone);
                }
                None if chosen => pen.put(shared.theme.glyphs.bar, Tone::Accent),
                // Nobody knows whether it worked then.
                None if gaps
                    .iter()
                    .any(|gap| gap.node == *name && gap.from_ms <= *from && *to <= gap.to_ms) =>
                {
                    pen.put(" ", Tone::Muted);
                }
                None if *from > now_ms => pen.put(" ", Tone::Muted),
                None => pen.put(shared.theme.glyphs.note, Tone::Muted),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::task::{Figures, Task};

    fn run(job: Job, (from, to): (i64, i64), state: State) -> Run {
        let task = Task {
            node: "a".to_owned(),
            job,
            satellite_id: None,
            store: None,
            started_ms: Some(from),
            whole: true,
            finished_ms: (state == State::Done).then_some(to),
            state,
            took_ms: None,
            cut_ms: None,
            seen_ms: to,
            process_ms: None,
            figures: Figures::default(),
            error: None,
        };
        Run {
            task,
            key: String::new(),
            expected: None,
            so_far: None,
            told: None,
        }
    }

    #[test]
    fn what_is_rare_stands_before_what_goes_on_for_days() {
        let edges: Vec<(i64, i64)> = (0..6).map(|n| (n * 10, n * 10 + 10)).collect();
        let runs = [
            run(Job::Compaction, (21, 22), State::Done),
            run(Job::Migration, (5, 5), State::Running),
            run(Job::UsedSpace, (30, 35), State::Interrupted),
        ];
        let letters: String = row(&runs.iter().collect::<Vec<_>>(), &edges, 49)
            .into_iter()
            .map(|cell| cell.map_or('.', |worked| worked.letter))
            .collect();
        assert_eq!(letters, "MMCxM.");
    }
}
