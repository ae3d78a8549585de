//! The blocks that are no tables: the answer in words, the chart or two lines of bars, what happens right now.

use ratatui::layout::Rect;

use super::Traffic;
use super::words::{Said, Weight};
use crate::ui::chart::{Chart, Series, sparkline};
use crate::ui::flow::{Metric, columns};
use crate::ui::look::Tone;
use crate::ui::number;
use crate::ui::pane::Page;
use crate::ui::pen::Pen;
use crate::ui::shared::{Shared, Stretch};
use crate::ui::text::{self, wrap};

impl Traffic {
    /// The answer in words: the sum, then as many troubles as there is room for.
    pub(super) fn answer(&self, page: &mut Page<'_>, most: u16) {
        let title = if self.uploads_first { "UPLOADS" } else { "DOWNLOADS" };
        let words = self.state_words(page);
        page.rule(title, &words);
        if let Some(wrong) = &self.wrong {
            page.say(&format!("{} {wrong}", page.shared.theme.glyphs.warning), Tone::Warn);
        }
        if !self.told {
            let lost = matches!(page.shared.collector, crate::ui::model::Collector::Lost(_));
            let text = match (page.shared.told_ms(), &self.wrong) {
                _ if lost => "nobody can be asked: the collector is gone",
                (0, _) => "asking the collector …",
                (_, None) => "reading what was kept …",
                (_, Some(_)) => page.shared.again(),
            };
            return page.say(text, Tone::Muted);
        }
        let width = usize::from(page.area.width.saturating_sub(2));
        let glyphs = page.shared.theme.glyphs;
        let mut left = most;
        for (n, said) in self.said.iter().enumerate() {
            if left == 0 {
                break;
            }
            let waiting = self.said.len() - n - 1;
            if left == 1 && waiting > 0 && n > 0 {
                let mark = if said.grade.is_some() { 2 } else { 0 };
                let (text, more) = (one(said), format!(" (and {waiting} more)"));
                let room = width.saturating_sub(mark + text::width(&more));
                let text = text::fit(&text, text::width(&text).min(room), &glyphs);
                return self.say_one(page, said.grade, &(text + &more));
            }
            let text = one(said);
            let joined = match (n, said.hint.is_empty()) {
                (_, true) => text.clone(),
                (0, _) => format!("{text}   {}", said.hint),
                (_, _) if glyphs.unicode => format!("{text}  → {}", said.hint),
                _ => format!("{text}  > {}", said.hint),
            };
            let text = match text::width(&joined) <= width.saturating_sub(2) {
                true => joined,
                false => text,
            };
            let room = width.saturating_sub(if said.grade.is_some() { 2 } else { 0 });
            // All troubles have a line before one has two.
            let two = usize::from(left).saturating_sub(waiting) >= 2;
            match wrap(&text, room, &glyphs).as_slice() {
                [first, second, ..] if two => {
                    self.say_one(page, said.grade, first);
                    self.say_one(page, None, &format!("  {second}"));
                    left -= 2;
                }
                _ => {
                    self.say_one(page, said.grade, &text::fit(&text, room, &glyphs));
                    left -= 1;
                }
            }
        }
    }

    fn say_one(&self, page: &mut Page<'_>, grade: Option<Weight>, text: &str) {
        let mark = grade.map(|grade| grade.mark(page.shared));
        let mut pen = page.line();
        pen.put(" ", Tone::Text);
        if let Some((glyph, tone)) = mark {
            pen.put(glyph, tone);
            pen.put(" ", Tone::Text);
        }
        pen.put(
            text,
            if grade == Some(Weight::Note) {
                Tone::Muted
            } else {
                Tone::Text
            },
        );
    }

    /// Of which time, and whether it is whole.
    fn state_words(&self, page: &Page<'_>) -> String {
        let shared = page.shared;
        let stretch = Stretch::of(shared);
        let to = number::moment(stretch.to_ms, shared.now_ms, &shared.zone);
        let waits = if self.waits && self.told { " · reading …" } else { "" };
        let other = if self.uploads_first { "downloads" } else { "uploads" };
        // A chart names its measure itself.
        let bars = match self.live.metric {
            Metric::Rate => String::new(),
            other => format!(" · m: {}", other.unit()),
        };
        format!("{} to {to}{waits}{bars} · d: {other}", shared.time.range.name())
    }

    /// What happens right now, in a line.
    pub(super) fn now(&self, page: &mut Page<'_>) {
        let now = &self.live.now;
        let flight = |count: Option<u64>| count.map_or("? in flight".to_owned(), |count| format!("{count} in flight"));
        // Back in time only this line is of the present.
        let live = Stretch::of(page.shared).live;
        let mut text = if live { "now" } else { "right now, not then:" }.to_owned();
        for (n, name) in ["in", "out"].into_iter().enumerate() {
            let rate = now.rates.map(|rates| rates[n]);
            text += &match rate {
                None => format!("   {name} ?"),
                Some((bytes, pieces)) => format!(
                    "   {name} {}  {pieces:.0} pieces/s  {}",
                    number::rate(bytes as i64),
                    flight(now.flight[n])
                ),
            };
        }
        if let Some((node, count)) = now.busiest.as_ref().filter(|_| page.shared.node.is_none()) {
            text += &format!("   most on {node}: {count}");
        }
        page.say(&text, if live { Tone::Text } else { Tone::Muted });
    }

    /// What stands behind a line of bars: what happens right now, or the value of the chosen moment.
    fn beside(&self, n: usize, series: &Series, shared: &Shared) -> String {
        if let Some(second) = shared.moment() {
            let value = columns(series, (second, second + 1), 1).first().copied().flatten();
            let value = value.map_or("?".to_owned(), |value| format!("{value:.1}"));
            return format!("{value} {} then", self.live.metric.unit());
        }
        let now = &self.live.now;
        let rate = now.rates.map(|rates| rates[n]);
        let rate = rate.map_or("?".to_owned(), |(bytes, pieces)| {
            format!("{:>9} {pieces:>4.0}/s", number::rate(bytes as i64))
        });
        let flight = now.flight[n].map_or("?".to_owned(), |count| count.to_string());
        format!("{rate} {flight:>3} in flight")
    }

    /// In and out as two lines of bars, with what happens right now behind them.
    pub(super) fn sparks(&self, page: &mut Page<'_>) {
        let shared = page.shared;
        let (from, to) = shared.time.seen(shared.now_s());
        for (n, series) in self.live.series.iter().take(2).enumerate() {
            let area = page.take(1);
            if area.height == 0 {
                return;
            }
            let right = self.beside(n, series, shared);
            let wide = (text::width(&right) as u16 + 1).min(area.width / 2);
            let bars = Rect::new(area.x + 6, area.y, area.width.saturating_sub(7 + wide), 1);
            let mut pen = Pen::new(page.buffer, area, &shared.theme);
            pen.put(&format!(" {:<5}", series.name), Tone::Muted);
            pen.to(area.width - wide);
            pen.put_in(&right, wide, Tone::Text);
            let values = columns(series, (from, to), bars.width);
            sparkline(
                page.buffer,
                bars,
                &values,
                0.0,
                &shared.theme,
                Tone::Series(series.tone),
            );
            page.figure(area, if n == 0 { "chart.in" } else { "chart.out" }, "");
        }
    }

    pub(super) fn chart(&self, page: &mut Page<'_>) {
        let shared = page.shared;
        let mean = if self.live.average { ", mean of a node" } else { "" };
        let when = if shared.time.end.is_none() { "LIVE" } else { "THEN" };
        let title = format!(
            "{when}, {}, {}{mean}",
            shared.time.range.name(),
            self.live.metric.unit()
        );
        let several = shared.nodes().len() > 1 && shared.node.is_none();
        let average = if several { " · a: sum or mean" } else { "" };
        let silent = match self.live.silent.as_slice() {
            [] => None,
            [one] => Some(format!("without {one}, which logs no starts")),
            many => Some(format!("without {} nodes, which log no starts", many.len())),
        };
        let words = match self.live.spans.iter().rev().find(|span| span.text == "gap") {
            Some(gap) => {
                let time = |second: i64| number::moment(second * 1000, shared.now_ms, &shared.zone);
                format!(
                    "nothing collected {}–{} · m: measure{average}",
                    time(gap.begin),
                    time(gap.end)
                )
            }
            None => format!("m: measure{average} · t: range · arrows: moment"),
        };
        let words = silent.map_or(words, |silent| format!("{silent} · m: measure"));
        page.rule(&title, &words);
        let area = page.take(page.left());
        let chart = Chart {
            series: &self.live.series,
            marks: &self.live.marks,
            spans: &self.live.spans,
            levels: &[],
            unit: if self.live.metric == Metric::Flight {
                ""
            } else {
                self.live.metric.unit()
            },
            now: shared.now_s(),
            zone: &shared.zone,
            theme: &shared.theme,
            resolution: None,
        };
        page.chart(area, &chart, self.live.scale);
    }
}

/// Whom it is about, and what.
fn one(said: &Said) -> String {
    match said.who.as_str() {
        "" => said.text.clone(),
        who => format!("{who} {}", said.text),
    }
}

pub(super) fn note(page: &mut Page<'_>) {
    let sign = super::tables::footnote(page.shared);
    page.say(
        &format!(
            "{sign} An auditor hangs up when it has its bytes: a canceled audit has passed, only a failed one counts."
        ),
        Tone::Muted,
    );
}
