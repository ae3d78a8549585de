//! Traffic of the range that was chosen, as two lines or as a chart.

use ratatui::layout::Rect;

use crate::ui::chart::{Chart, Points, Series, sparkline};
use crate::ui::flow::{Flow, Metric, columns};
use crate::ui::look::Tone;
use crate::ui::number;
use crate::ui::pane::Page;
use crate::ui::pen::Pen;
use crate::ui::shared::Shared;

/// The last value that is known, or the one of the chosen moment.
fn value(series: &Series, shared: &Shared) -> Option<f64> {
    if let Some(second) = shared.moment() {
        return columns(series, (second, second + 1), 1).first().copied().flatten();
    }
    // The bucket that runs is not whole.
    match &series.points {
        Points::Buckets { values, .. } => values.iter().rev().take(3).copied().flatten().next(),
        Points::Samples(samples) => samples.iter().rev().take(3).find_map(|(_, value)| *value),
    }
}

fn written(value: Option<f64>, metric: Metric) -> String {
    match (value, metric) {
        (None, _) => number::UNKNOWN.to_owned(),
        (Some(value), Metric::Rate) => number::rate((value * 1e6) as i64),
        (Some(value), other) => format!("{value:.1} {}", other.unit()),
    }
}

fn title(flow: &Flow, shared: &Shared) -> String {
    format!("TRAFFIC, {}, {}", shared.time.range.name(), flow.metric.unit())
}

/// The last time nobody looked.
fn gap(flow: &Flow, shared: &Shared) -> Option<String> {
    let gap = flow.spans.iter().rev().find(|span| span.text == "gap")?;
    let time = |second: i64| number::moment(second * 1000, shared.now_ms, &shared.zone);
    Some(format!("nothing collected {}–{}", time(gap.begin), time(gap.end)))
}

/// Two lines of bars.
pub(super) fn lines(flow: &Flow, page: &mut Page<'_>) {
    let words = gap(flow, page.shared).unwrap_or_else(|| "figures: the last minute".to_owned());
    page.rule(&title(flow, page.shared), &words);
    let (from, to) = page.shared.time.seen(page.shared.now_s());
    for series in flow.series.iter().take(2) {
        let area = page.take(1);
        if area.height == 0 {
            return;
        }
        let shared = page.shared;
        let right = 14.min(area.width / 3);
        let bars = Rect::new(area.x + 6, area.y, area.width.saturating_sub(6 + right + 1), 1);
        let mut pen = Pen::new(page.buffer, area, &shared.theme);
        pen.put(&format!(" {:<5}", series.name), Tone::Muted);
        pen.to(area.width - right);
        pen.put_in(&written(value(series, shared), flow.metric), right, Tone::Text);
        let values = columns(series, (from, to), bars.width);
        sparkline(
            page.buffer,
            bars,
            &values,
            0.0,
            &shared.theme,
            Tone::Series(series.tone),
        );
        page.figure(area, if series.name == "in" { "hour.in" } else { "hour.out" }, "");
    }
}

/// A chart with axes, over so many lines.
pub(super) fn chart(flow: &Flow, page: &mut Page<'_>, lines: u16) {
    let words = match gap(flow, page.shared) {
        Some(gap) => format!("{gap} · m measure · t range"),
        None => "m measure · t range · arrows moment".to_owned(),
    };
    page.rule(&title(flow, page.shared), &words);
    let area = page.take(lines);
    let shared = page.shared;
    let chart = Chart {
        series: &flow.series,
        marks: &flow.marks,
        spans: &flow.spans,
        levels: &[],
        unit: flow.metric.unit(),
        now: shared.now_s(),
        zone: &shared.zone,
        theme: &shared.theme,
        resolution: None,
    };
    page.chart(area, &chart, flow.scale);
}
