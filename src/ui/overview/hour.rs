//! Traffic of the range that was chosen, as two lines or as a chart.

use ratatui::layout::Rect;

use super::facts;
use crate::api::snapshot::{NodeView, Window};
use crate::ui::chart::{Chart, Mark, Points, Scale, Series, Span, sparkline};
use crate::ui::look::Tone;
use crate::ui::number;
use crate::ui::pane::Page;
use crate::ui::shared::Shared;

/// What the chart measures.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Metric {
    /// Bytes a second.
    #[default]
    Rate,
    /// Pieces a second.
    Pieces,
}

impl Metric {
    pub(super) fn next(self) -> Self {
        match self {
            Self::Rate => Self::Pieces,
            Self::Pieces => Self::Rate,
        }
    }

    pub(super) fn unit(self) -> &'static str {
        match self {
            Self::Rate => "MB/s",
            Self::Pieces => "pieces/s",
        }
    }

    pub(super) fn of(word: &str) -> Self {
        match word {
            "pieces/s" => Self::Pieces,
            _ => Self::Rate,
        }
    }
}

/// What the block draws, made when data come.
#[derive(Debug, Default)]
pub(super) struct Hour {
    pub(super) metric: Metric,
    pub(super) series: Vec<Series>,
    pub(super) marks: Vec<Mark>,
    pub(super) spans: Vec<Span>,
    pub(super) scale: Scale,
}

impl Hour {
    /// From the minutes of the nodes that are looked at.
    pub(super) fn refresh(&mut self, shared: &Shared) {
        let now = shared.now_s();
        let views: Vec<&NodeView> = match &shared.node {
            Some(name) => shared.shown().nodes.get(name).into_iter().collect(),
            None => shared.shown().nodes.values().collect(),
        };
        let windows: Vec<&Window> = views
            .iter()
            .filter_map(|view| view.minutes.as_ref())
            .map(|section| &*section.value)
            .collect();
        self.series = vec![
            self.line("in", 0, "PUT", &windows, now),
            self.line("out", 1, "GET", &windows, now),
        ];
        let mut state = shared.time;
        state.scale = self.scale;
        state.settle(&self.series, &[], now);
        self.scale = state.scale;
    }

    fn line(&self, name: &str, tone: u8, action: &str, windows: &[&Window], now: i64) -> Series {
        let width = windows.first().map_or(60, |window| window.width.max(1));
        let begin = windows.iter().map(|window| window.begin).min().unwrap_or(now);
        let buckets = windows
            .iter()
            .flat_map(|window| &window.flows)
            .map(|flow| flow.buckets.len());
        // The minute that runs is not whole.
        let whole = usize::try_from((now - begin).div_euclid(width)).unwrap_or(0);
        let count = buckets.max().unwrap_or(0).min(whole);
        let mut values: Vec<Option<f64>> = vec![(!windows.is_empty()).then_some(0.0); count];
        for window in windows {
            let shift = usize::try_from((window.begin - begin) / width).unwrap_or(0);
            for flow in facts::flows(window, action) {
                for (value, cell) in values.iter_mut().skip(shift).zip(&flow.buckets) {
                    let amount = match self.metric {
                        Metric::Rate => cell.bytes as f64 / 1e6,
                        Metric::Pieces => cell.count as f64,
                    };
                    *value = value.map(|sum| sum + amount / width as f64);
                }
            }
        }
        Series::new(name, tone, Points::Buckets { begin, width, values })
    }

    /// The value of the last whole minute.
    fn last(&self, series: &Series) -> Option<f64> {
        match &series.points {
            Points::Buckets { values, .. } => values.last().copied().flatten(),
            Points::Samples(samples) => samples.last().and_then(|(_, value)| *value),
        }
    }

    /// In words for the heading.
    fn heading(&self, shared: &Shared) -> String {
        let gap = self.spans.iter().rev().find(|span| span.text.starts_with("gap"));
        let time = |second: i64| number::minute(second * 1000, &shared.zone);
        match gap {
            Some(gap) => format!("{}–{}: {}", time(gap.begin), time(gap.end), gap.text),
            None => "of whole minutes".to_owned(),
        }
    }

    fn title(&self, shared: &Shared) -> String {
        format!("TRAFFIC, {}", shared.time.range.name())
    }

    /// Two lines of bars.
    pub(super) fn lines(&self, page: &mut Page<'_>) {
        page.rule(&self.title(page.shared), &self.heading(page.shared));
        let (from, to) = page.shared.time.seen(page.shared.now_s());
        for series in &self.series {
            let area = page.take(1);
            if area.height == 0 {
                return;
            }
            let value = match self.last(series) {
                None => "?".to_owned(),
                Some(value) if self.metric == Metric::Rate => number::rate((value * 1e6) as i64),
                Some(value) => format!("{value:.1} {}", self.metric.unit()),
            };
            let right = 14.min(area.width / 3);
            let bars = Rect::new(area.x + 6, area.y, area.width.saturating_sub(6 + right + 1), 1);
            let theme = &page.shared.theme;
            let mut pen = crate::ui::pen::Pen::new(page.buffer, area, theme);
            pen.put(&format!(" {:<5}", series.name), Tone::Muted);
            pen.to(area.width - right);
            pen.put_in(&value, right, Tone::Text);
            sparkline(
                page.buffer,
                bars,
                &seen(series, from, to, bars.width),
                0.0,
                theme,
                Tone::Series(series.tone),
            );
            let figure = if series.name == "in" { "hour.in" } else { "hour.out" };
            page.figure(area, figure, "");
        }
    }

    /// A chart with axes, over so many lines.
    pub(super) fn chart(&self, page: &mut Page<'_>, lines: u16) {
        let keys = "m measure · t range · arrows cursor";
        page.rule(&self.title(page.shared), keys);
        let area = page.take(lines);
        let shared = page.shared;
        let chart = Chart {
            series: &self.series,
            marks: &self.marks,
            spans: &self.spans,
            levels: &[],
            unit: self.metric.unit(),
            now: shared.now_s(),
            zone: &shared.zone,
            theme: &shared.theme,
            resolution: None,
        };
        page.chart(area, &chart, self.scale);
    }
}

/// The values of a stretch of time, a value for each column.
fn seen(series: &Series, from: i64, to: i64, columns: u16) -> Vec<Option<f64>> {
    let Points::Buckets { begin, width, values } = &series.points else {
        return Vec::new();
    };
    let at = |second: i64| (second - begin).div_euclid(*width);
    let (first, end) = (at(from), at(to));
    let all: Vec<Option<f64>> = (first..end)
        .map(|place| {
            usize::try_from(place)
                .ok()
                .and_then(|place| values.get(place).copied())
                .flatten()
        })
        .collect();
    // Wider than there are values: each is drawn several times, so that times stand where they belong.
    let columns = usize::from(columns);
    match all.len() {
        0 => all,
        count if count >= columns => all,
        count => (0..columns).map(|column| all[column * count / columns]).collect(),
    }
}
