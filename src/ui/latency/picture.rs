//! What is drawn beside the tables: the chart, how late races are lost, hours of the day, what runs now.

use ratatui::layout::Rect;

use super::layout::{OVERS, has_column};
use super::{Latency, facts, tables, words};
use crate::api::latency::{NodeLatency, Step};
use crate::domain::transfer::{Class, Quality};
use crate::ui::chart::{Bar, Chart, bars, heat};
use crate::ui::look::Tone;
use crate::ui::model::Collector;
use crate::ui::number;
use crate::ui::pane::Page;
use crate::ui::pen::Pen;
use crate::ui::shared::Shared;
use crate::ui::text;

/// From this width on the table of nodes has room for hours of the day.
const HEAT_FROM: u16 = 112;

/// Whether hours of the day stand in the table of nodes.
pub(super) fn heat_fits(many: bool, width: u16) -> bool {
    many && width >= HEAT_FROM
}

/// A line of the answer, cut after so many lines of the screen.
pub(super) fn say(page: &mut Page<'_>, (glyph, tone): (&str, Tone), lines: &[String], given: usize) {
    let glyphs = page.shared.theme.glyphs;
    let width = usize::from(page.area.width.saturating_sub(4));
    for (n, line) in lines.iter().take(given).enumerate() {
        let mut pen = page.line();
        pen.put(" ", Tone::Text);
        if n == 0 {
            pen.put(glyph, tone);
        }
        pen.to(3);
        let line = match n + 1 == given && given < lines.len() {
            true => text::fit(&lines[n..].join(" "), width, &glyphs),
            false => line.clone(),
        };
        pen.put(&line, Tone::Text);
    }
}

/// Hours of the day as shares of the slowest one of all nodes.
fn shades(heat: &[Option<u64>], most: u64) -> Vec<Option<f64>> {
    let share = |ms: Option<u64>| ms.map(|ms| ms as f64 / most.max(1) as f64);
    heat.iter().map(|ms| share(*ms)).collect()
}

fn hottest<'a>(nodes: impl IntoIterator<Item = &'a NodeLatency>) -> u64 {
    let hours = nodes.into_iter().flat_map(|node| &node.heat);
    hours.filter_map(|ms| *ms).max().unwrap_or(0)
}

/// Hours of the day over their column of the table of nodes.
pub(super) fn heats(page: &mut Page<'_>, nodes: &[NodeLatency]) {
    let (table, id) = OVERS[0];
    let Some(column) = has_column(&page.hits, table, id) else {
        return;
    };
    let rows = page.hits.table(table).map(|hits| hits.rows.clone()).unwrap_or_default();
    let most = hottest(nodes);
    for (row, key) in rows.iter().filter(|(row, _)| row.height == 1) {
        let Some(node) = nodes.iter().find(|node| node.node == key.as_str()) else {
            continue;
        };
        let cell = Rect {
            y: row.y,
            height: 1,
            width: column.width.min(24),
            ..column
        };
        let tone = if node.slow.is_some() {
            Tone::Warn
        } else {
            Tone::Series(0)
        };
        heat(
            page.buffer,
            cell,
            &shades(&node.heat, most),
            &[],
            &page.shared.theme,
            tone,
        );
    }
}

impl Latency {
    pub(super) fn chart(&self, page: &mut Page<'_>) {
        let shared = page.shared;
        let what = facts::plural(&self.action).to_uppercase();
        let node = match self.trend.measure {
            super::trend::Measure::One => format!("{}: ", self.subject(shared).unwrap_or_default().to_uppercase()),
            _ => String::new(),
        };
        let coarse = self.subject(shared).and_then(|name| {
            let node = self.nodes(shared).iter().find(|node| node.node == name)?;
            Some(node.figures.as_ref()?.quality == Quality::Second)
        });
        let exact = if coarse == Some(true) {
            "whole seconds: 0 is under 1 s · "
        } else {
            ""
        };
        page.rule(
            &format!("{node}{what}, s, {}", shared.time.range.name()),
            &format!("{exact}{} · m: another", self.trend.measure.name()),
        );
        if self.trend.is_empty() {
            let text = match (self.trend.told, &self.wrong) {
                (false, Some(_)) => "it is asked again in a moment",
                (false, None) => "reading what was kept …",
                (true, _) => "no duration is known of this time",
            };
            page.say(text, Tone::Muted);
        }
        let area = page.take(page.left());
        let chart = Chart {
            series: &self.trend.series,
            marks: &self.trend.marks,
            spans: &[],
            levels: &[],
            unit: "s",
            now: shared.now_s(),
            zone: &shared.zone,
            theme: &shared.theme,
            resolution: None,
        };
        page.chart(area, &chart, self.trend.scale);
    }

    /// How late races are lost.
    pub(super) fn lost(&self, page: &mut Page<'_>) {
        let shared = page.shared;
        let detail = self.detail(shared);
        let steps = detail.map_or(&[][..], |detail| &detail.lost);
        let all: u64 = steps.iter().map(|step| step.count).sum();
        let (title, words) = self.lost_heading(all, usize::from(page.area.width), shared);
        page.rule(&title, &words);
        if all == 0 {
            let text = match (detail, &self.wrong) {
                (Some(_), _) => "no lost race whose duration is known",
                (None, Some(_)) => "it is asked again in a moment",
                (None, None) => "reading …",
            };
            return page.say(text, Tone::Muted);
        }
        let area = page.take(page.left());
        let merged = merged(steps, usize::from(area.height));
        let mut begin = 0;
        let bar = |step: &Step| {
            let label = match step.up_to_ms {
                Some(ms) => format!(
                    "{}{}",
                    if shared.theme.glyphs.unicode { "≤" } else { "<=" },
                    words::decimal(ms)
                ),
                None => format!(">{}", words::decimal(begin)),
            };
            begin = step.up_to_ms.unwrap_or(0);
            let moved = match (step.share, step.moved) {
                (Some(share), _) => format!("{:>3.0} % moved", share * 100.0),
                (None, Some(moved)) => format!("{:>7} moved", number::size(moved)),
                (None, None) => String::new(),
            };
            Bar {
                label: format!(" {label}"),
                value: Some(step.count as f64),
                text: format!("{:>3.0} %  {moved:<13}", step.count as f64 * 100.0 / all as f64),
                tone: Tone::Series(1),
            }
        };
        let rows: Vec<Bar> = merged.iter().map(bar).collect();
        bars(page.buffer, area, &rows, &shared.theme);
        for (n, _) in merged.iter().enumerate().take(usize::from(area.height)) {
            page.figure(
                Rect::new(area.x, area.y + n as u16, area.width, 1),
                "lost",
                &n.to_string(),
            );
        }
    }

    /// A heading with the name of the node that is told in full before it, cut where there is no room. Where one node
    /// is looked at alone the frame names it.
    pub(super) fn whose(&self, title: &str, room: usize, shared: &Shared) -> String {
        // Blanks at both sides, and a piece of the rule.
        let room = room.saturating_sub(text::width(title) + ": ".len() + 3);
        match self.subject(shared) {
            Some(name) if room >= 4 && shared.node.is_none() => {
                let name = text::fit(&name.to_uppercase(), room, &shared.theme.glyphs);
                format!("{}: {title}", name.trim_end())
            }
            _ => title.to_owned(),
        }
    }

    /// Whose races, of which action; how many, how exactly known, of which satellite.
    fn lost_heading(&self, all: u64, room: usize, shared: &Shared) -> (String, String) {
        let detail = self.detail(shared);
        let what = facts::plural(&self.action).to_uppercase();
        let title = self.whose(&format!("{what} LOST AFTER, s"), room, shared);
        let satellite = match (&shared.satellite, detail.is_some_and(|detail| detail.lost_of_all)) {
            (None, _) => None,
            (Some(_), true) => Some("all satellites".to_owned()),
            (Some(id), false) => Some(shared.satellite_name(id)),
        };
        let quality = detail.and_then(|detail| detail.lost_quality);
        let parts = [
            (all > 0).then(|| format!("{} races", number::count(all))),
            satellite,
            quality.map(|quality| facts::word(quality).to_owned()),
        ];
        (title, parts.into_iter().flatten().collect::<Vec<_>>().join(" · "))
    }

    /// p95 by the hour of the day.
    pub(super) fn heat_block(&self, page: &mut Page<'_>) {
        let shared = page.shared;
        let name = self.subject(shared);
        let nodes = self.nodes(shared);
        let node = nodes.iter().find(|node| Some(&node.node) == name.as_ref());
        let most = hottest(node);
        let quality = node
            .and_then(|node| node.figures.as_ref())
            .map(|figures| figures.quality);
        let words = legend(most, quality, shared);
        let room = usize::from(page.area.width).saturating_sub(text::width(&words) + 2);
        page.rule(&self.whose("BY HOUR, p95, 7 d", room, shared), &words);
        let known = |node: &&NodeLatency| node.heat.iter().any(Option::is_some);
        let Some(node) = node.filter(known) else {
            return page.say("too few are known of any hour", Tone::Muted);
        };
        let width = usize::from(page.area.width.saturating_sub(2)) / 24;
        let each = width.clamp(1, 4);
        let mut pen = page.line();
        for hour in (0..24).step_by(3) {
            pen.to((1 + hour * each) as u16);
            pen.put(&format!("{hour:02}"), Tone::Muted);
        }
        let area = page.take(1);
        let values = shades(&node.heat, most);
        let wide: Vec<Option<f64>> = values
            .iter()
            .flat_map(|value| std::iter::repeat_n(*value, each))
            .collect();
        let strip = Rect {
            x: area.x + 1,
            width: (wide.len() as u16).min(area.width.saturating_sub(1)),
            ..area
        };
        heat(page.buffer, strip, &wide, &[], &shared.theme, Tone::Series(0));
        for hour in 0..24 {
            let x = strip.x + (hour * each) as u16;
            if x < strip.right() {
                page.figure(Rect::new(x, strip.y, each as u16, 1), "hour", &hour.to_string());
            }
        }
    }

    /// What runs now, and what never ended.
    pub(super) fn flight(&self, page: &mut Page<'_>) {
        let text = self.flight_words(page.shared);
        let area = page.take(1);
        let room = area.width.saturating_sub(1);
        let mut pen = Pen::new(page.buffer, area, &page.shared.theme);
        pen.put(" ", Tone::Text);
        pen.put_in(text::parts(&text, usize::from(room)), room, Tone::Text);
        page.figure(area, "running", "");
    }

    /// The slowest, as many as fit into a line.
    pub(super) fn slow_line(&self, page: &mut Page<'_>) {
        let shared = page.shared;
        let table = &self.slots[2].table;
        let text = |row: &crate::ui::table::Row, id: &str| {
            let at = table.column(id);
            at.map_or("", |at| row.text_at(at)).to_owned()
        };
        let one = |row: &crate::ui::table::Row| {
            let node = if shared.node.is_none() {
                format!("{} ", text(row, "node"))
            } else {
                String::new()
            };
            format!(
                "{} s {node}{} {}",
                text(row, "seconds"),
                text(row, "action"),
                text(row, "started")
            )
        };
        let room = usize::from(page.area.width.saturating_sub(10));
        let mut line = String::new();
        for row in table.rows() {
            let next = one(row);
            if text::width(&line) + text::width(&next) + 2 > room {
                break;
            }
            line = if line.is_empty() {
                next
            } else {
                format!("{line}  {next}")
            };
        }
        if !line.is_empty() {
            page.say(&format!("slowest: {line}"), Tone::Text);
        }
    }

    fn flight_words(&self, shared: &Shared) -> String {
        let ours = |name: &str| shared.node.as_ref().is_none_or(|node| node == name);
        let nodes = self.nodes(shared).iter().filter(|node| ours(&node.node));
        let unended = nodes
            .map(|node| node.unended)
            .fold((0, 0), |sum, more| (sum.0 + more.0, sum.1 + more.1));
        let ended = match unended {
            (0, 0) => String::new(),
            (restart, other) => {
                let all = number::count(restart + other);
                let why = match restart {
                    0 => String::new(),
                    some => format!(" ({} by a restart)", number::count(some)),
                };
                format!(" · {all} without an end{why}")
            }
        };
        if shared.moment().is_some() || matches!(shared.collector, Collector::Past(_)) {
            return format!("what ran then is not kept{ended}");
        }
        let mut sums = [0u64; 3];
        let mut oldest: Option<(i64, String)> = None;
        let mut audit: Option<i64> = None;
        let mut known = false;
        for name in shared.shown().nodes.keys().filter(|name| ours(name)) {
            let Some(running) = tables::running(name, shared) else {
                continue;
            };
            known = true;
            for (action, of) in running.iter().filter(|(_, of)| of.count > 0) {
                let place = match Class::of(action) {
                    Class::Put | Class::PutRepair => 0,
                    Class::Audit => 2,
                    _ => 1,
                };
                sums[place] += of.count;
                if place == 2 {
                    audit = Some(audit.map_or(of.oldest_ms, |ms| ms.min(of.oldest_ms)));
                }
                if oldest.as_ref().is_none_or(|(ms, _)| of.oldest_ms < *ms) {
                    let node = if shared.node.is_none() {
                        format!(" {name}")
                    } else {
                        String::new()
                    };
                    oldest = Some((of.oldest_ms, format!("{action}{node}")));
                }
            }
        }
        if !known {
            return format!("in flight ? (no log tells of starts){ended}");
        }
        let age = |ms: i64| number::duration((shared.now_ms - ms).max(0).unsigned_abs());
        let oldest = oldest.map_or(String::new(), |(ms, what)| format!(", oldest {} {what}", age(ms)));
        let audit = audit.map_or(String::new(), |ms| format!(" for {}", age(ms)));
        let [up, down, audits] = sums.map(number::count);
        format!("in flight {up} up, {down} down{oldest} · audits pending {audits}{audit}{ended}")
    }
}

/// What the shades mean. Whole seconds have no parts.
fn legend(most: u64, quality: Option<Quality>, shared: &Shared) -> String {
    let shades = if shared.theme.glyphs.unicode {
        ['·', '░', '▒', '▓', '█']
    } else {
        ['.', ':', '+', '*', '#']
    };
    if quality == Some(Quality::Second) {
        return whole_seconds(most, shades);
    }
    if most == 0 {
        return String::new();
    }
    let edges = [1, 3, 5, 7].map(|eighth| most as f64 * f64::from(eighth) / 8000.0);
    let decimals = if most < 2000 { 2 } else { 1 };
    let parts = shades
        .iter()
        .zip(edges)
        .map(|(shade, edge)| format!("{shade} <{edge:.decimals$}"));
    format!("{}  {} more s", parts.collect::<Vec<_>>().join("  "), shades[4])
}

/// Which seconds each shade stands for; shades no second has are left out.
fn whole_seconds(most: u64, shades: [char; 5]) -> String {
    let most_s = most.div_ceil(1000);
    // The same rounding as that of the shades.
    let shade = |second: u64| (second as f64 / most_s.max(1) as f64 * 4.0).round() as usize;
    let mut parts = Vec::new();
    for (at, sign) in shades.into_iter().enumerate() {
        let of = (0..=most_s).filter(|second| shade(*second) == at);
        let (first, last) = of.fold((None, 0), |(first, _), second| (first.or(Some(second)), second));
        let Some(first) = first else { continue };
        parts.push(match (first, last) {
            (0, last) => format!("{sign} <{}", last + 1),
            (first, last) if first == last => format!("{sign} {first}"),
            (first, last) => format!("{sign} {}", number::range(&first.to_string(), &last.to_string())),
        });
    }
    format!("{} s, whole seconds", parts.join("  "))
}

/// Steps in at most so many lines: neighbours together where they do not fit.
fn merged(steps: &[Step], lines: usize) -> Vec<Step> {
    let mut steps = steps.to_vec();
    while steps.len() > lines.max(1) {
        let pairs = steps.chunks(2).map(|pair| match pair {
            [a, b] => together(a, b),
            _ => pair[0].clone(),
        });
        steps = pairs.collect();
    }
    steps
}

fn together(a: &Step, b: &Step) -> Step {
    let all = a.count + b.count;
    let mean = |of: fn(&Step) -> Option<f64>| match (of(a), of(b)) {
        (Some(x), Some(y)) => Some((x * a.count as f64 + y * b.count as f64) / all.max(1) as f64),
        (x, y) => x.or(y),
    };
    Step {
        up_to_ms: b.up_to_ms,
        count: all,
        moved: mean(|step| step.moved.map(|moved| moved as f64)).map(|moved| moved as u64),
        share: mean(|step| step.share),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shades_of_whole_seconds_are_whole_seconds() {
        let shades = ['.', ':', '+', '*', '#'];
        assert_eq!(whole_seconds(0, shades), ". <1 s, whole seconds");
        assert_eq!(whole_seconds(1000, shades), ". <1  # 1 s, whole seconds");
        assert_eq!(whole_seconds(3000, shades), ". <1  : 1  * 2  # 3 s, whole seconds");
        assert_eq!(
            whole_seconds(8000, shades),
            ". <1  : 1–2  + 3–4  * 5–6  # 7–8 s, whole seconds"
        );
    }

    #[test]
    fn steps_that_do_not_fit_are_put_together_and_none_is_lost() {
        let step = |up_to_ms: Option<u64>, count| Step {
            up_to_ms,
            count,
            moved: (count > 2).then_some(count * 100),
            share: None,
        };
        let all: Vec<Step> = (1..8).map(|n| step(Some(n * 100), n)).chain([step(None, 8)]).collect();
        for lines in 0..10 {
            let merged = merged(&all, lines);
            assert!(merged.len() <= lines.max(1));
            assert_eq!(merged.iter().map(|step| step.count).sum::<u64>(), 36);
            assert_eq!(merged.last().and_then(|step| step.up_to_ms), None);
        }
        let four = merged(&all, 4);
        assert_eq!(
            (four[1].up_to_ms, four[1].moved),
            (Some(400), Some((300 * 3 + 400 * 4) / 7))
        );
    }
}
