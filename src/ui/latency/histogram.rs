//! How long transfers take, as bars: of the row under the cursor, and small ones over their column of the table. No bar
//! is finer than durations are known: whole seconds are bars with names.

use ratatui::layout::Rect;

use super::layout::{OVERS, has_column};
use super::{Latency, facts, tables};
use crate::api::latency::{Detail, Row, bounds};
use crate::domain::transfer::Quality;
use crate::ui::chart::{Bar, bars, sparkline};
use crate::ui::look::{Glyphs, Tone};
use crate::ui::number;
use crate::ui::pane::Page;
use crate::ui::pen::Pen;
use crate::ui::text;

/// Steps of the histogram between two labels.
const LABEL_EVERY: usize = 4;
/// Columns of the histogram in the table.
const SMALL: u16 = 28;

/// Histograms over their column of the table of one node.
pub(super) fn small(page: &mut Page<'_>, detail: &Detail) {
    let (table, id) = OVERS[1];
    let Some(column) = has_column(&page.hits, table, id) else {
        return;
    };
    let rows = page.hits.table(table).map(|hits| hits.rows.clone()).unwrap_or_default();
    for (row, key) in rows.iter().filter(|(row, _)| row.height == 1) {
        let told = detail.rows.iter().find(|told| tables::row_key(told) == key.as_str());
        let Some(told) = told else { continue };
        let cell = Rect {
            y: row.y,
            height: 1,
            width: column.width.min(SMALL),
            ..column
        };
        if told.figures.quality == Quality::Second {
            let words = in_words(&told.histogram, usize::from(cell.width), &page.shared.theme.glyphs);
            Pen::new(page.buffer, cell, &page.shared.theme).put(&words, Tone::Muted);
            continue;
        }
        let heights = spread(told).1;
        sparkline(page.buffer, cell, &heights, 0.0, &page.shared.theme, Tone::Series(0));
    }
}

/// Of each cell of the axis of exact durations the step that covers it, and how many of the step fall to one cell:
/// wide steps are no higher than narrow ones of as many. Empty ones are gaps.
fn spread(row: &Row) -> (Vec<usize>, Vec<Option<f64>>) {
    let (fine, coarse) = (bounds(Quality::Exact), bounds(row.figures.quality));
    let mut steps: Vec<usize> = Vec::with_capacity(fine.len() + 1);
    for bound in &fine {
        steps.push(coarse.iter().position(|upper| upper >= bound).unwrap_or(coarse.len()));
    }
    steps.push(coarse.len());
    let height = |step: &usize| {
        let cells = steps.iter().filter(|other| *other == step).count();
        let count = row.histogram.get(*step).copied().unwrap_or(0);
        (count > 0).then_some(count as f64 / cells.max(1) as f64)
    };
    let heights = steps.iter().map(height).collect();
    (steps, heights)
}

/// A bound as a label: `8ms`, `0.5s`, `33s`.
fn label(ms: u64) -> String {
    match ms {
        ..100 => format!("{ms}ms"),
        100..1000 => format!("{:.1}s", ms as f64 / 1000.0),
        _ => format!("{:.0}s", ms as f64 / 1000.0),
    }
}

/// The seconds of a step of whole ones: `<1 s`, `1 s`, `3–4 s`, `>64 s`.
fn seconds(step: usize) -> String {
    let bounds = bounds(Quality::Second);
    // Bounds lie half a second behind the last whole one.
    let last = |at: usize| bounds.get(at).map(|bound| bound / 1000);
    match (step.checked_sub(1).and_then(last), last(step)) {
        (None, _) => "<1 s".to_owned(),
        (Some(before), Some(last)) if before + 1 == last => format!("{last} s"),
        (Some(before), Some(last)) => format!("{} s", number::range(&(before + 1).to_string(), &last.to_string())),
        (Some(before), None) => format!(">{before} s"),
    }
}

/// From a step on: `3 s or more`.
fn from_on(step: usize, glyphs: &Glyphs) -> String {
    let bounds = bounds(Quality::Second);
    let before = step.checked_sub(1).and_then(|at| bounds.get(at));
    let sign = if glyphs.unicode { "≥" } else { ">=" };
    before.map_or("all".to_owned(), |before| format!("{sign}{} s", before / 1000 + 1))
}

fn percent(count: u64, all: u64) -> String {
    let share = count as f64 * 100.0 / all.max(1) as f64;
    match share {
        share if share > 0.0 && share < 0.5 => "<1 %".to_owned(),
        share => format!("{share:.0} %"),
    }
}

/// Steps of whole seconds from the first to the last that has any, in at most so many groups: the last of them is the
/// rest. First and last step of each, and how many.
fn groups(histogram: &[u64], most: usize) -> Vec<(usize, usize, u64)> {
    let end = histogram.iter().rposition(|count| *count > 0).map_or(0, |at| at + 1);
    let shown = if end <= most { end } else { most.max(1) - 1 };
    let mut groups: Vec<(usize, usize, u64)> = (0..shown).map(|at| (at, at, histogram[at])).collect();
    if shown < end {
        groups.push((shown, histogram.len() - 1, histogram[shown..].iter().sum()));
    }
    groups
}

fn named((first, last, _): &(usize, usize, u64), glyphs: &Glyphs) -> String {
    if first == last {
        seconds(*first)
    } else {
        from_on(*first, glyphs)
    }
}

/// `<1s 93%  1s 6%  2s 1%`, as much as there is room for.
fn in_words(histogram: &[u64], room: usize, glyphs: &Glyphs) -> String {
    let all: u64 = histogram.iter().sum();
    let of = |most: usize| {
        let groups = groups(histogram, most).into_iter().filter(|(.., count)| *count > 0);
        let small = |text: String| text.replace(' ', "");
        let parts = groups.map(|group| format!("{} {}", small(named(&group, glyphs)), small(percent(group.2, all))));
        parts.collect::<Vec<_>>().join("  ")
    };
    let fits = (1..=histogram.len())
        .rev()
        .map(of)
        .find(|text| text::width(text) <= room);
    fits.unwrap_or_default()
}

/// Which percentiles lie within `(above, up_to]` ms: ` p50 p95`.
fn marks(row: &Row, (above, up_to): (Option<u64>, Option<u64>)) -> String {
    let within = |ms: u64| above.is_none_or(|above| ms > above) && up_to.is_none_or(|up_to| ms <= up_to);
    let known = [("p50", row.figures.p50), ("p95", row.figures.p95)];
    let here = known.into_iter().filter(|(_, ms)| ms.is_some_and(within));
    here.map(|(name, _)| name).collect::<Vec<_>>().join(" ")
}

impl Latency {
    /// How long the transfers of the row under the cursor took.
    pub(super) fn histogram(&self, page: &mut Page<'_>) {
        let shared = page.shared;
        let Some(row) = self.row(shared) else {
            return page.rule("HOW LONG", "");
        };
        let size = row.size_class.as_deref().unwrap_or("all sizes");
        let figures = &row.figures;
        let known = |ms: Option<u64>| ms.map_or("?".to_owned(), |ms| facts::said(ms, figures.quality));
        let words = format!("p50 {} · p95 {}", known(figures.p50), known(figures.p95));
        let title = format!("{} {size}, HOW LONG", row.action);
        let title = self.whose(&title, usize::from(page.area.width), shared);
        page.rule(&title, &words);
        let area = page.take(page.left());
        match figures.quality {
            Quality::Second => self.by_seconds(page, area, row),
            _ => by_octaves(page, area, row),
        }
    }

    /// Bars with names.
    fn by_seconds(&self, page: &mut Page<'_>, area: Rect, row: &Row) {
        let glyphs = page.shared.theme.glyphs;
        let all: u64 = row.histogram.iter().sum();
        let groups = groups(&row.histogram, usize::from(area.height));
        let bounds = bounds(Quality::Second);
        let bar = |group: &(usize, usize, u64)| {
            let above = group.0.checked_sub(1).and_then(|at| bounds.get(at).copied());
            let marks = marks(row, (above, bounds.get(group.1).copied()));
            Bar {
                label: format!(" {}", named(group, &glyphs)),
                value: Some(group.2 as f64),
                text: format!("{:>4}  {marks:<7}", percent(group.2, all)),
                tone: Tone::Series(0),
            }
        };
        let rows: Vec<Bar> = groups.iter().map(bar).collect();
        bars(page.buffer, area, &rows, &page.shared.theme);
        for (n, (first, last, _)) in groups.iter().enumerate().take(usize::from(area.height)) {
            let line = Rect::new(area.x, area.y + n as u16, area.width, 1);
            page.figure(line, "bin", &format!("{first}-{last}"));
        }
    }
}

/// Columns over an axis of half octaves, below it where the percentiles are.
fn by_octaves(page: &mut Page<'_>, area: Rect, row: &Row) {
    if area.height < 2 {
        return;
    }
    let (steps, heights) = spread(row);
    let each = (area.width.saturating_sub(2) / heights.len().max(1) as u16).clamp(1, 4);
    let with_marks = area.height >= 4;
    let wide = |value: &Option<f64>| std::iter::repeat_n(*value, usize::from(each));
    let values: Vec<Option<f64>> = heights.iter().flat_map(wide).collect();
    let plot = Rect {
        x: area.x + 1,
        width: (values.len() as u16).min(area.width.saturating_sub(1)),
        height: area.height - 1 - u16::from(with_marks),
        ..area
    };
    let theme = &page.shared.theme;
    sparkline(page.buffer, plot, &values, 0.0, theme, Tone::Series(0));
    for (at, step) in steps.iter().enumerate() {
        let x = plot.x + at as u16 * each;
        if x + each <= plot.right() {
            let place = Rect::new(x, plot.y, each, plot.height);
            page.figure(place, "bin", &format!("{step}-{step}"));
        }
    }
    let line = |y: u16| Rect::new(area.x + 1, y, area.width.saturating_sub(1), 1);
    axis(page, line(plot.bottom()), (row.figures.quality, each));
    if with_marks {
        percentiles(page, line(plot.bottom() + 1), (row, each));
    }
}

/// Each label stands where the steps above it begin.
fn axis(page: &mut Page<'_>, line: Rect, (quality, each): (Quality, u16)) {
    let every = if each == 1 { 2 * LABEL_EVERY } else { LABEL_EVERY };
    let first = bounds(quality).first().copied().unwrap_or(0);
    let mut pen = Pen::new(page.buffer, line, &page.shared.theme);
    let mut free = 0;
    let labels = bounds(Quality::Exact).into_iter().enumerate().step_by(every);
    for (at, bound) in labels {
        let (x, words) = match bound <= first {
            true => (0, format!("<{}", label(first))),
            false => ((at as u16 + 1) * each, label(bound)),
        };
        let end = x + text::width(&words) as u16;
        if x >= free && end <= line.width {
            pen.to(x);
            pen.put(&words, Tone::Muted);
            free = end + 1;
        }
    }
}

/// Arrows at p50 and p95.
fn percentiles(page: &mut Page<'_>, line: Rect, (row, each): (&Row, u16)) {
    let bounds = bounds(Quality::Exact);
    let arrow = if page.shared.theme.glyphs.unicode { "↑" } else { "^" };
    let cell = |ms: u64| bounds.iter().position(|bound| ms <= *bound).unwrap_or(bounds.len()) as u16;
    let known = [("p50", row.figures.p50), ("p95", row.figures.p95)];
    let mut pen = Pen::new(page.buffer, line, &page.shared.theme);
    let mut free = 0;
    for (name, ms) in known {
        let Some(ms) = ms else { continue };
        let x = cell(ms) * each + each / 2;
        let (from, words) = match x + 4 <= line.width {
            true => (x, format!("{arrow}{name}")),
            false => (x.saturating_sub(3), format!("{name}{arrow}")),
        };
        // Both at one place: the second name stands behind the first.
        let (from, words) = if from < free {
            (free, name.to_owned())
        } else {
            (from, words)
        };
        if from + text::width(&words) as u16 <= line.width {
            pen.to(from);
            pen.put(&words, Tone::Muted);
            free = from + text::width(&words) as u16 + 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::latency::Figures;
    use crate::domain::transfer::Outcome;

    fn row(quality: Quality, histogram: Vec<u64>) -> Row {
        Row {
            action: "PUT".to_owned(),
            size_class: None,
            outcome: Outcome::Success,
            figures: Figures {
                quality,
                count: histogram.iter().sum(),
                left_out: 0,
                p50: Some(0),
                p90: None,
                p95: Some(1000),
                p99: None,
                max: 0,
            },
            before_p95: None,
            histogram,
            speed: None,
        }
    }

    #[test]
    fn a_wide_step_is_drawn_wide_and_none_is_lost() {
        for quality in [Quality::Exact, Quality::Arrival] {
            let steps = bounds(quality).len() + 1;
            let told = row(quality, (1..=steps as u64).collect());
            let (of, heights) = spread(&told);
            assert_eq!(heights.len(), bounds(Quality::Exact).len() + 1);
            assert_eq!((of[0], of[of.len() - 1]), (0, steps - 1));
            let sum: f64 = heights.iter().flatten().sum();
            assert!((sum - told.figures.count as f64).abs() < 1e-6, "{sum}");
        }
        let told = row(Quality::Arrival, vec![30, 0, 5]);
        let heights = spread(&told).1;
        assert_eq!(
            heights[..6],
            [Some(10.0), Some(10.0), Some(10.0), None, None, Some(5.0)]
        );
    }

    #[test]
    fn whole_seconds_have_names() {
        let names: Vec<String> = (0..9).map(seconds).collect();
        assert_eq!(
            names,
            [
                "<1 s",
                "1 s",
                "2 s",
                "3–4 s",
                "5–8 s",
                "9–16 s",
                "17–32 s",
                "33–64 s",
                ">64 s"
            ]
        );
        let histogram = [930, 60, 9, 0, 1, 0, 0, 0, 0];
        let words = |room| in_words(&histogram, room, &Glyphs::UNICODE);
        assert_eq!(words(60), "<1s 93%  1s 6%  2s 1%  5–8s <1%");
        assert_eq!(words(28), "<1s 93%  1s 6%  ≥2s 1%");
        assert_eq!(words(16), "<1s 93%  ≥1s 7%");
        assert_eq!(
            (words(3).as_str(), in_words(&[0; 9], 28, &Glyphs::UNICODE).as_str()),
            ("", "")
        );
        for most in 1..10 {
            let all = groups(&histogram, most);
            assert!(
                all.len() <= most && all.iter().map(|group| group.2).sum::<u64>() == 1000,
                "{all:?}"
            );
        }
    }

    #[test]
    fn a_percentile_is_marked_at_the_bar_it_lies_in() {
        let told = row(Quality::Second, vec![90, 10]);
        assert_eq!(marks(&told, (None, Some(500))), "p50");
        assert_eq!(marks(&told, (Some(500), Some(1500))), "p95");
        assert_eq!(marks(&told, (Some(1500), None)), "");
        assert_eq!([8, 128, 512, 8192].map(label), ["8ms", "0.1s", "0.5s", "8s"]);
    }
}
