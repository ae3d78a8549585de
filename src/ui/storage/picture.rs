//! What stands where: the answer first, the table of nodes that proves it, one node by satellite, its history.

use jiff::Timestamp;
use ratatui::layout::Rect;

use super::facts::{Full, Place};
use super::words::Said;
use super::{ALL_NODES, BY_SATELLITE, DISKS, NODES, SATELLITES, Storage, WHAT_IF, asks, history, tables};
use crate::api::status::Node;
use crate::api::storage::Growth;
use crate::ui::chart::{Chart, stacked};
use crate::ui::look::Tone;
use crate::ui::model::Collector;
use crate::ui::number::{self, size};
use crate::ui::pane::{Page, View};
use crate::ui::pen::Pen;
use crate::ui::shared::Shared;
use crate::ui::table::HitMap;
use crate::ui::text::{self, wrap};

/// Smaller than this is a phone.
const NARROW: u16 = 60;
const LOW: u16 = 14;
/// A chart needs so many lines, its heading included.
pub(super) const CHART_LEAST: u16 = 7;

/// Lines of each block, headings included; 0: not drawn.
#[derive(Debug, PartialEq, Eq)]
struct Plan {
    nodes: u16,
    subject: u16,
    chart: u16,
}

impl Plan {
    /// Shares out lines: of each block the least, then the chart, then all it would like.
    fn of(height: u16, nodes: u16, subject: u16) -> Self {
        let subject_given = subject.min(height.saturating_sub(nodes.min(5)));
        let left = height - subject_given;
        let (least, chart) = match left.checked_sub(CHART_LEAST) {
            // A long table scrolls where there is room for both.
            Some(room) if room >= nodes.min(10) => (nodes.min(room), true),
            _ => (nodes.min(left), false),
        };
        let rest = left - least;
        Self {
            nodes: least,
            subject: subject_given,
            chart: if chart { rest } else { 0 },
        }
    }
}

impl Storage {
    pub(super) fn blocks(&self, page: &mut Page<'_>) {
        let (width, height) = (page.area.width, page.area.height);
        let small = width < NARROW || height < LOW;
        let most = match (small, height) {
            (true, _) => 2,
            _ if self.is_tight(height) => 2,
            (_, ..=24) => 3,
            (_, ..=40) => 6,
            _ => 10,
        };
        self.answer(page, most);
        let subject = self.subject(page.shared).cloned();
        match (small, subject) {
            (_, None) => {}
            (_, Some(place)) if self.what_if.on && (!small || self.what_if.has_keys) => {
                self.what_if_page(page, &place, small);
            }
            (_, Some(place)) if self.unfolded => self.chart_page(page, &place, small),
            (true, Some(_)) if self.by_satellite.has_keys => self.by_satellite_table(page, u16::MAX),
            (true, Some(_)) if self.on_disks => self.disks_alone(page),
            (false, Some(_)) if self.on_disks => {
                let nodes = self.nodes_lines().min(page.left() / 3);
                self.nodes_table(page, nodes, true);
                self.disks_alone(page);
            }
            (true, Some(place)) if self.on_satellites => self.subject_block(page, &place, (u16::MAX, height)),
            (true, Some(_)) => self.nodes_table(page, u16::MAX, false),
            (false, Some(place)) => {
                let wish = self.subject_lines(&place, height, page.shared);
                let disks = self.disk_lines(height);
                let plan = Plan::of(page.left().saturating_sub(disks), self.nodes_lines(), wish);
                self.nodes_table(page, plan.nodes, true);
                match self.by_satellite.on {
                    true => self.by_satellite_block(page, plan.subject),
                    false => self.subject_block(page, &place, (plan.subject, height)),
                }
                if plan.chart > 0 {
                    self.chart(page, &place, plan.chart);
                }
                self.disk_block(page, &place.name, disks.min(page.left()));
            }
        }
        // A table that has no room has its turn, too.
        let disks = (!self.disks.is_empty()).then_some(DISKS);
        let lower = match (self.what_if.on, self.by_satellite.on) {
            (true, _) => WHAT_IF,
            (_, true) => BY_SATELLITE,
            _ => SATELLITES,
        };
        for name in [NODES, lower].into_iter().chain(disks) {
            if page.hits.table(name).is_none() {
                page.hits.tables.push((name, HitMap::default()));
            }
        }
        let order = [NODES, lower];
        page.hits
            .tables
            .sort_by_key(|(name, _)| order.iter().position(|known| known == name).unwrap_or(2));
    }

    /// The chart was asked for: it comes before all but a few nodes.
    fn chart_page(&self, page: &mut Page<'_>, place: &Place, small: bool) {
        if !small && page.left() >= CHART_LEAST + 5 {
            self.nodes_table(page, self.nodes_lines().min(page.left() - CHART_LEAST), true);
        }
        match page.left() {
            0..4 => page.say("the chart needs more lines", Tone::Muted),
            lines => self.chart(page, place, lines),
        }
    }

    pub(super) fn nodes_lines(&self) -> u16 {
        let rows = self.nodes_state.len().clamp(1, 1000) as u16;
        rows + 2 + if self.nodes.has_foot() { 2 } else { 0 }
    }

    /// Whether the disk's two lines stand where others would like to.
    fn is_tight(&self, height: u16) -> bool {
        height <= 24 && self.places.len() > 1 && self.disk_lines(height) > 0
    }

    fn subject_lines(&self, place: &Place, height: u16, shared: &Shared) -> u16 {
        if self.by_satellite.on {
            return self.by_satellite.lines();
        }
        let space = super::space(shared, &place.name).filter(|_| !self.is_tight(height));
        let growth = u16::from(space.is_some_and(|space| !space.growth.is_empty()));
        3 + growth + self.satellites_state.len().clamp(1, 12) as u16
    }

    /// The answer in words, as many lines as there is room for.
    fn answer(&self, page: &mut Page<'_>, most: u16) {
        page.rule("SPACE", &state_words(page.shared));
        let glyphs = page.shared.theme.glyphs;
        if let Some(wrong) = &self.wrong {
            page.say(&format!("{} {wrong}", glyphs.warning), Tone::Warn);
        }
        if self.places.is_empty() {
            let text = match (page.shared.told_ms(), &page.shared.collector) {
                (_, Collector::Lost(_)) => "nobody can be asked: the collector is gone",
                (0, _) => "asking the collector …",
                _ => "No node is configured, and none was found on this host: `storj-monitor doctor` says why.",
            };
            return page.say(text, Tone::Muted);
        }
        let width = usize::from(page.area.width.saturating_sub(4));
        let wrapped: Vec<Vec<String>> = self.said.iter().map(|said| wrap(&said.text, width, &glyphs)).collect();
        let mut left = usize::from(most);
        for (n, (said, lines)) in self.said.iter().zip(&wrapped).enumerate() {
            // All have a line before one has two.
            let waiting = self.said.len() - n - 1;
            let room = left.saturating_sub(waiting).max(1).min(left);
            if room == 0 {
                break;
            }
            let given = lines.len().min(room);
            say(page, said, lines, given);
            left -= given;
        }
    }

    pub(super) fn nodes_table(&self, page: &mut Page<'_>, lines: u16, heading: bool) {
        if lines == 0 {
            return;
        }
        if heading {
            let unit = self
                .nodes
                .column("used")
                .map_or("", |at| &*self.nodes.columns()[at].unit);
            let title = match self.places.iter().any(|place| place.used.is_some()) {
                true => format!("WHERE THE BYTES ARE, {unit}"),
                false => "WHERE THE BYTES ARE".to_owned(),
            };
            page.rule(&title, &self.nodes_words());
        }
        let area = page.take(lines.saturating_sub(u16::from(heading)));
        page.table(
            NODES,
            area,
            &self.nodes,
            &self.nodes_state,
            self.focused() == Some(NODES),
        );
        let Some(hits) = page.hits.table(NODES).cloned() else {
            return;
        };
        let bar = hits.headers.iter().find(|(_, id)| id == tables::BAR);
        let Some((column, _)) = bar else { return };
        for (row, key) in hits.rows.iter().filter(|(row, _)| row.height == 1) {
            let place = self.places.iter().find(|place| place.name == key.as_str());
            if let Some((parts, total)) = place.and_then(Place::parts) {
                let cell = Rect { y: row.y, ..*column };
                stacked(page.buffer, cell, &parts, total, &page.shared.theme);
            }
        }
    }

    fn nodes_words(&self) -> String {
        if self.places.len() < 2 {
            return "paid = last tallies".to_owned();
        }
        let order = self.nodes_state.sort().and_then(|(id, _)| self.nodes.column(id));
        let order = order.map(|at| self.nodes.columns()[at].heading().to_lowercase());
        let order = order.map_or("first full first".to_owned(), |order| format!("by {order}"));
        format!("paid = last tallies · {order}")
    }

    /// One node: a bar of its disk, its pace, its satellites.
    fn subject_block(&self, page: &mut Page<'_>, place: &Place, (lines, height): (u16, u16)) {
        if lines < 2 {
            return;
        }
        let before = page.left();
        let glyphs = page.shared.theme.glyphs;
        let legend = format!(
            "{} paid  t trash  d dead  ? unexplained  {} free",
            glyphs.full, glyphs.empty
        );
        page.rule(&place.name.to_uppercase(), &legend);
        bar(page, place);
        let used = before - page.left();
        let rest = match self.is_tight(height) {
            true => 1 + self.satellites_state.len().clamp(1, 12) as u16,
            false => 3,
        };
        if lines > used + rest
            && let Some(space) = super::space(page.shared, &place.name).filter(|space| !space.growth.is_empty())
        {
            let text = pace(&space.growth, page.shared);
            let area = page.take(1);
            let mut pen = Pen::new(page.buffer, area, &page.shared.theme);
            pen.put(" ", Tone::Text);
            let room = area.width.saturating_sub(1);
            pen.put_in(&text, room, if place.stale { Tone::Stale } else { Tone::Text });
            page.figure(area, "growth", &place.name);
        }
        let used = before - page.left();
        if lines > used {
            let area = page.take(lines - used);
            page.table(
                SATELLITES,
                area,
                &self.satellites,
                &self.satellites_state,
                self.on_satellites,
            );
        }
    }

    pub(super) fn chart(&self, page: &mut Page<'_>, place: &Place, lines: u16) {
        let (shared, before) = (page.shared, page.left());
        let course = self.what_if.chosen().and_then(|one| one.course);
        let title = format!(
            "{}: {}, {}, {}",
            place.name.to_uppercase(),
            self.history.measure.with(course).name(),
            self.history.unit,
            shared.time.range.name()
        );
        page.rule(
            &title,
            &history::words(&self.history, (place, self.what_if.chosen()), shared),
        );
        let waits = shared
            .answers
            .of(asks::DISK, &asks::line_key(shared, &place.name))
            .is_none();
        if self.history.is_empty() {
            let text = match (waits, &self.wrong) {
                (_, Some(_)) => page.shared.again(),
                (true, None) => "reading what was kept …",
                (false, None) => {
                    "nothing was kept of this time: the node's API tells of its disk, from the first answer on"
                }
            };
            page.say(text, Tone::Muted);
        }
        // The heading, and a word where there is nothing, are drawn.
        let area = page.take(lines.saturating_sub(before.saturating_sub(page.left())));
        let chart = Chart {
            series: &self.history.series,
            marks: &self.history.all_marks,
            spans: &[],
            levels: &self.history.levels,
            unit: self.history.unit,
            now: self.history.end,
            zone: &shared.zone,
            theme: &shared.theme,
            resolution: None,
        };
        page.chart(area, &chart, self.history.scale);
    }
}

/// A line of the answer, cut after so many lines of the screen.
fn say(page: &mut Page<'_>, said: &Said, lines: &[String], given: usize) {
    let shared = page.shared;
    let (glyph, tone) = said.weight.mark(shared);
    let width = usize::from(page.area.width.saturating_sub(4));
    for (n, line) in lines.iter().take(given).enumerate() {
        let area = page.take(1);
        if let Some(what) = said.figure.filter(|_| n == 0) {
            page.figure(area, what, ALL_NODES);
        }
        let mut pen = Pen::new(page.buffer, area, &shared.theme);
        pen.put(" ", Tone::Text);
        if n == 0 {
            pen.put(glyph, tone);
        }
        pen.to(3);
        let line = match n + 1 == given && given < lines.len() {
            true => text::fit(&lines[n..].join(" "), width, &shared.theme.glyphs),
            false => line.clone(),
        };
        pen.put(&line, Tone::Text);
    }
}

/// How many APIs answer, and who does not.
fn state_words(shared: &Shared) -> String {
    let wanted = |name: &str| shared.node.as_ref().is_none_or(|node| node == name);
    let nodes: Vec<_> = shared.nodes().iter().filter(|node| wanted(&node.name)).collect();
    let silent: Vec<_> = nodes.iter().filter(|node| node.api.state != "ok").collect();
    let by_books = |node: &Node| {
        let disk = node.disk.as_ref().filter(|disk| disk.source == "db")?;
        Some(disk.as_of.clone())
    };
    let age = |node: &Node| {
        let told = by_books(node).or(node.api.last_ok_at.clone());
        let answered = told.and_then(|at| at.parse::<Timestamp>().ok());
        answered.map_or("unknown".to_owned(), |at| {
            let ms = (shared.now_ms - at.as_millisecond()).max(0);
            format!("{} old", number::age(ms.unsigned_abs() / 1000))
        })
    };
    let moment = shared.moment().map_or(String::new(), |second| {
        let moment = number::moment(second * 1000, shared.now_ms, &shared.zone);
        format!("as of {moment} · ")
    });
    match (nodes.len(), silent.as_slice()) {
        (0, _) => String::new(),
        (1, []) => format!("{moment}API live"),
        (1, [one, ..]) if by_books(one).is_some() => format!("{moment}by databases, {}", age(one)),
        (1, [one, ..]) => format!("{moment}API silent, {}", age(one)),
        (all, []) => format!("{moment}{all} of {all} APIs live"),
        (all, [one]) => format!("{moment}{} of {all} APIs live, {} {}", all - 1, one.name, age(one)),
        (all, many) => format!("{moment}{} of {all} APIs live", all - many.len()),
    }
}

/// The disk of one node as a bar, and its sums.
fn bar(page: &mut Page<'_>, place: &Place) {
    let area = page.take(1);
    if area.height == 0 {
        return;
    }
    let theme = &page.shared.theme;
    let tone = if place.stale { Tone::Stale } else { Tone::Text };
    let Some((parts, total)) = place.parts() else {
        let text = match (place.used, place.allocated) {
            (Some(used), None) if place.blobs_only => format!(
                " {} in blobs, by its databases; a hashstore and the allocation are not in them",
                size(used)
            ),
            (Some(used), None) => format!(" {} used; what is allocated is not known", size(used)),
            _ => " ? nobody says how large its disk is: name its API, or wait for its answer".to_owned(),
        };
        Pen::new(page.buffer, area, theme).put_in(&text, area.width, Tone::Muted);
        return page.figure(area, "used", &place.name);
    };
    let (used, allocated) = (place.used.unwrap_or(0), place.allocated.unwrap_or(0));
    let share = number::Percent::new(0, &[]).share(used, allocated);
    let text = format!("{} of {}  {share} %", size(used), size(allocated));
    let wide = (text::width(&text) as u16 + 2).min(area.width);
    let cells = Rect {
        x: area.x + 1,
        width: area.width.saturating_sub(wide + 2),
        ..area
    };
    stacked(page.buffer, cells, &parts, total, theme);
    let mut pen = Pen::new(page.buffer, area, theme);
    pen.to(area.width - wide + 1);
    pen.put(&text, if place.full == Full::Now { Tone::Muted } else { tone });
    page.figure(area, "used", &place.name);
}

/// How fast it fills, over a day, a week and a month.
pub(super) fn pace(growth: &[Growth], shared: &Shared) -> String {
    let ranges = growth.iter().filter_map(|growth| growth.range);
    let values = ranges.flat_map(|(low, high)| [low, high]);
    let scale = number::Scale::of(values.chain(growth.iter().map(|growth| growth.per_day)));
    let one = |growth: &Growth| {
        let time = match growth.days {
            1 => "24 h".to_owned(),
            days => format!("{days} d"),
        };
        let range = growth.range.map_or(String::new(), |(low, high)| {
            format!(" ({})", number::range(&scale.text(low), &scale.text(high)))
        });
        format!("{time} {}{range}", number::change(&scale.text(growth.per_day)))
    };
    let all: Vec<String> = growth.iter().map(one).collect();
    let longest = growth.iter().max_by_key(|growth| growth.days);
    let steps = longest.map_or(&[][..], |growth| &growth.steps);
    let left_out = match steps {
        [] => String::new(),
        [(ms, bytes)] => format!(
            " · step {}, {}",
            number::change(&size(*bytes)),
            number::moment(*ms, shared.now_ms, &shared.zone)
        ),
        many => format!(" · {} steps left out", many.len()),
    };
    format!("{} a day: {}{left_out}", scale.unit(), all.join(" · "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_shared_out_and_none_is_lost() {
        for height in 0..60 {
            for nodes in [3, 6, 10, 104] {
                for subject in [4, 7, 9] {
                    let plan = Plan::of(height, nodes, subject);
                    let sum = plan.nodes + plan.subject + plan.chart;
                    assert!(sum <= height, "{height} {nodes} {subject}: {plan:?}");
                    assert!(plan.chart == 0 || plan.chart >= CHART_LEAST, "{plan:?}");
                }
            }
        }
        // A fleet of a hundred leaves room for the rest.
        let plan = Plan::of(31, 104, 7);
        assert!(
            plan.nodes >= 10 && plan.subject == 7 && plan.chart >= CHART_LEAST,
            "{plan:?}"
        );
    }
}
