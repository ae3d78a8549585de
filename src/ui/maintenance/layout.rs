//! What stands where: the answer first, then what goes on, what ran when, the runs that prove it, bloom filters.
//! A table that has the keys is always there.

use std::collections::BTreeSet;

use ratatui::layout::Rect;

use super::asks;
use super::history::{self, Measure};
use super::words::{Said, Weight};
use super::work::{self, Run};
use super::{Block, Maintenance, runs};
use crate::ui::look::Tone;
use crate::ui::number;
use crate::ui::pane::Page;
use crate::ui::shared::{Collector, Stretch};
use crate::ui::table::HitMap;
use crate::ui::text::{self, wrap};

/// Narrower or lower than this is a phone.
const NARROW: u16 = 60;
const LOW: u16 = 14;
/// From this height on there is room for a history beside the tables.
const TALL: u16 = 30;
/// From this width on bloom filters stand beside what goes on.
const WIDE: u16 = 160;
/// Lines of the table of runs at least.
const LEAST_RUNS: u16 = 8;

impl Maintenance {
    pub(super) fn draw_blocks(&self, page: &mut Page<'_>) {
        let area = page.area;
        let small = area.width < NARROW || area.height < LOW;
        let most = match (small, area.height) {
            (true, _) => 2,
            (_, ..=24) => 4,
            (_, ..=40) => 6,
            _ => 8,
        };
        self.answer(page, most);
        if small || self.enlarged {
            self.block(page, self.focus, page.left());
        } else {
            self.blocks(page);
        }
        self.note_hidden(page);
    }

    /// The run that is open.
    pub(super) fn draw_run(&self, page: &mut Page<'_>, run: &Run) {
        let title = format!("{} {}", run.task.node, run.what(page.shared));
        page.rule(&title, "Enter: the log at that moment · esc: back");
        let slot = self.slot(Block::Figures);
        let area = page.take(page.left());
        page.table(Block::Figures.name(), area, &slot.table, &slot.state, true);
        self.note_hidden(page);
    }

    fn blocks(&self, page: &mut Page<'_>) {
        let tall = page.area.height >= TALL;
        let beside = tall && page.area.width >= WIDE;
        self.going(page, beside);
        let filters = match (tall, self.focus) {
            (_, Block::Filters) => self.lines(Block::Filters).min(page.left() / 2).max(3),
            (true, _) if beside => 0,
            (true, _) => self.lines(Block::Filters).clamp(3, 8),
            (false, _) => 1,
        };
        let rest = page.left().saturating_sub(filters);
        let wish = match self.measure {
            Measure::Strip => history::strip_lines(page.shared) + 1,
            _ => (rest / 3).clamp(8, 14),
        };
        let room = rest.saturating_sub(LEAST_RUNS);
        let history = match (tall, self.unfolded) {
            (true, _) => wish.min(room),
            (false, true) if self.measure == Measure::Strip => wish.min(rest),
            (false, true) => rest,
            (false, false) => 0,
        };
        if history >= 5 {
            self.history(page, history);
        }
        let left = page.left().saturating_sub(filters);
        if left > 1 {
            self.block(page, Block::Runs, left);
        }
        match filters {
            0 => {}
            1 => self.filter_line(page),
            more => self.block(page, Block::Filters, more),
        }
    }

    /// What goes on, where anything does or it has the keys; beside it, where there is room, bloom filters.
    fn going(&self, page: &mut Page<'_>, beside: bool) {
        let running = self.lines(Block::Running);
        let idle = self.slot(Block::Running).state.is_empty();
        if beside {
            let height = running.max(self.lines(Block::Filters)).clamp(3, 10);
            let area = page.take(height);
            let width = area.width * 58 / 100;
            let left = Rect { width, ..area };
            let right = Rect {
                x: area.x + width + 1,
                width: area.width.saturating_sub(width + 1),
                ..area
            };
            for (block, place) in [(Block::Running, left), (Block::Filters, right)] {
                page.within(place, |part| self.block(part, block, place.height));
            }
        } else if !idle || self.focus == Block::Running {
            let most = (page.left() / 3).max(4);
            self.block(page, Block::Running, running.min(most));
        }
    }

    /// Lines a table would take, heading and all.
    fn lines(&self, block: Block) -> u16 {
        let rows = self.slot(block).state.len().clamp(1, 100) as u16;
        rows + 2
    }

    fn block(&self, page: &mut Page<'_>, block: Block, lines: u16) {
        let slot = self.slot(block);
        let (title, words) = self.heading(page, block);
        let room = usize::from(page.area.width).saturating_sub(text::width(&title) + 8);
        let fits = text::width(&words) <= room;
        page.rule(&title, if fits { &words } else { "" });
        let area = page.take(lines.saturating_sub(1));
        let focused = self.focus_now() == block;
        if block == Block::Runs && self.told && !self.is_summed_up() {
            // The filter was typed since: once it is drawn, its sums are kept.
            let table = runs::with_foot(slot.table.clone(), &slot.state, &self.runs);
            return page.table(block.name(), area, &table, &slot.state, focused);
        }
        page.table(block.name(), area, &slot.table, &slot.state, focused);
    }

    fn heading(&self, page: &Page<'_>, block: Block) -> (String, String) {
        let shared = page.shared;
        match block {
            Block::Runs => {
                let kind = self
                    .kind
                    .map_or("RUNS".to_owned(), |kind| work::word(kind).to_uppercase());
                let stretch = Stretch::of(shared);
                let to = match stretch.live {
                    true => String::new(),
                    false => format!(" to {}", number::moment(stretch.to_ms, shared.now_ms, &shared.zone)),
                };
                let order = match self.slot(block).state.sort() {
                    None => "newest first · ",
                    Some(_) => "",
                };
                let title = format!("{kind}, {}{to}", shared.time.range.name());
                let keys = "Enter: its figures · K: kind · t: range";
                let narrow = page.area.width < 110;
                let units = self.units(narrow);
                let words = match narrow {
                    true => format!("{units}K: kind · t: range"),
                    _ => format!("{units}{order}{keys}"),
                };
                (title, words)
            }
            Block::Running => {
                let words = match page.area.width < 110 {
                    true => "= told by the node  ≈ by past runs".to_owned(),
                    _ => "progress: = told by the node  ≈ by past runs  ? nothing known".to_owned(),
                };
                ("RUNNING".to_owned(), words)
            }
            Block::Filters => ("BLOOM FILTERS".to_owned(), "Enter: that satellite alone".to_owned()),
            Block::Figures => (String::new(), String::new()),
        }
    }

    /// What is said; with little room what is wrong comes before the second thing that goes on.
    fn in_order(&self, most: u16) -> Vec<&Said> {
        let mut said: Vec<&Said> = self.said.iter().collect();
        if most <= 2
            && let Some(rest) = said.get_mut(1..)
        {
            rest.sort_by_key(|said| said.weight != Weight::Warning);
        }
        said
    }

    /// How many runs go on, and on how many nodes.
    fn going_on(&self) -> (usize, usize) {
        let going: Vec<&Run> = self.runs.iter().filter(|run| run.goes_on()).collect();
        let nodes: BTreeSet<&str> = going.iter().map(|run| run.task.node.as_str()).collect();
        (going.len(), nodes.len())
    }

    /// Units of the columns of bytes: narrow headings leave them out.
    fn units(&self, narrow: bool) -> String {
        let table = &self.slot(Block::Runs).table;
        if table.rows().is_empty() {
            return String::new();
        }
        let unit = |id: &str| table.columns().iter().find(|column| column.id == id);
        let named = [("before", "logs"), ("reclaimed", "freed"), ("rewritten", "rewritten")];
        let named = named.into_iter().filter(|(id, _)| !narrow || *id != "rewritten");
        let named = named.filter_map(|(id, name)| Some((name, &*unit(id)?.unit)));
        // Of nothing but zeros no unit needs to be told.
        let named = named.filter(|(_, unit)| *unit != "B");
        let units: Vec<String> = named.map(|(name, unit)| format!("{name} {unit}")).collect();
        match units.as_slice() {
            [] => String::new(),
            units => format!("{} · ", units.join(", ")),
        }
    }

    fn history(&self, page: &mut Page<'_>, lines: u16) {
        let area = page.take(lines);
        page.within(area, |part| {
            let range = part.shared.time.range.name();
            let title = format!("{range}, {}", self.measure.name().to_uppercase());
            let words = match self.measure {
                Measure::Strip => "C compaction M migration G gc T trash W space walk E expired x cut off",
                _ => "one line a node · m: measure · arrows: moment",
            };
            let fits = text::width(&title) + text::width(words) + 8 <= usize::from(area.width);
            part.rule(&title, if fits { words } else { "m: measure" });
            match self.measure {
                Measure::Strip => {
                    let to_ms = asks::seen_to_ms(part.shared).saturating_add(1000);
                    let runs = self.of_history();
                    history::strips(part, &runs, (&self.marks, &self.gaps), to_ms);
                }
                _ => history::lines(part, &self.series, self.unit, &self.marks, self.scale),
            }
        });
    }

    /// Bloom filters in a line, where there is no room for more.
    fn filter_line(&self, page: &mut Page<'_>) {
        let shared = page.shared;
        let now_ms = Stretch::of(shared).to_ms;
        let mut pen = page.line();
        pen.put(" GC FILTER ", Tone::Accent);
        if self.filters.is_empty() {
            let text = if self.told {
                "none in the logs that were read"
            } else {
                "?"
            };
            return pen.put(text, Tone::Muted);
        }
        for filter in &self.filters {
            let name = shared.satellite_name(&filter.satellite);
            let made = number::day(filter.made_ms, &shared.zone);
            let late = filter.is_late(now_ms);
            let mark = if late { shared.theme.glyphs.warning } else { "" };
            let text = format!(" {name} {made}, {} old {mark} ", filter.age(now_ms));
            if text::width(&text) > usize::from(pen.left()) {
                return pen.put(shared.theme.glyphs.more, Tone::Muted);
            }
            pen.put(&text, if late { Tone::Warn } else { Tone::Text });
        }
    }

    /// Tables that are not drawn have their turn in the order of the focus, too.
    fn note_hidden(&self, page: &mut Page<'_>) {
        if self.open.is_some() {
            return;
        }
        let mut tables = Vec::new();
        for block in [Block::Runs, Block::Running, Block::Filters] {
            let name = block.name();
            let found = page.hits.tables.iter().position(|(other, _)| *other == name);
            tables.push(match found {
                Some(at) => page.hits.tables.swap_remove(at),
                None => (name, HitMap::default()),
            });
        }
        page.hits.tables = tables;
    }

    /// The answer in words: what goes on, then as many troubles as there is room for.
    fn answer(&self, page: &mut Page<'_>, most: u16) {
        let live = Stretch::of(page.shared).live;
        let title = if live { "NOW" } else { "THEN" };
        let words = match (self.waits && self.told, self.going_on()) {
            (true, _) => "reading …".to_owned(),
            (_, (0, _)) => String::new(),
            (_, (1, _)) => "1 job".to_owned(),
            (_, (jobs, nodes)) => format!("{jobs} jobs on {nodes} of {} nodes", history::names(page.shared).len()),
        };
        page.rule(title, &words);
        if let Some(wrong) = &self.wrong {
            page.say(&format!("{} {wrong}", page.shared.theme.glyphs.warning), Tone::Warn);
        }
        if !self.told {
            let lost = matches!(page.shared.collector, Collector::Lost(_));
            let text = match (page.shared.told_ms(), &self.wrong) {
                _ if lost => "nobody can be asked: the collector is gone",
                (0, _) => "asking the collector …",
                (_, None) => "reading what was kept …",
                (_, Some(_)) => page.shared.again(),
            };
            return page.say(text, Tone::Muted);
        }
        let mut left = most;
        for (n, said) in self.in_order(most).into_iter().enumerate() {
            let waiting = (self.said.len() - n - 1) as u16;
            if left == 0 {
                return;
            }
            if left == 1 && waiting > 0 && n > 0 {
                return say_one(page, said, &format!(" (and {waiting} more)"), 1);
            }
            // All have a line before one has two.
            let lines = if left.saturating_sub(waiting) >= 2 { 2 } else { 1 };
            let before = page.left();
            say_one(page, said, "", lines);
            left = left.saturating_sub(before.saturating_sub(page.left()).max(1));
        }
    }
}

/// One thing that is said, in so many lines at most.
fn say_one(page: &mut Page<'_>, said: &Said, after: &str, lines: usize) {
    let glyphs = page.shared.theme.glyphs;
    let width = usize::from(page.area.width.saturating_sub(2));
    let mark = said.weight.mark(&glyphs);
    let room = width.saturating_sub(if mark.is_some() { 2 } else { 0 });
    let mut text = said.text.clone();
    let room_of_all = (room * lines).saturating_sub(text::width(after));
    for more in &said.more {
        if text::width(&text) + text::width(more) > room_of_all {
            break;
        }
        text += more;
    }
    let tone = if said.weight == Weight::Note {
        Tone::Muted
    } else {
        Tone::Text
    };
    let wrapped = wrap(&text, room.saturating_sub(text::width(after)), &glyphs);
    let shown = wrapped.len().min(lines);
    for (n, line) in wrapped.iter().take(shown).enumerate() {
        let last = n + 1 == shown;
        // What had no room is marked as cut.
        let line = match last && wrapped.len() > shown {
            true => text::fit(
                &format!("{line} {}", wrapped[n + 1]),
                room.saturating_sub(text::width(after)),
                &glyphs,
            ),
            false => line.clone(),
        };
        let mut pen = page.line();
        pen.put(" ", Tone::Text);
        match mark {
            Some((glyph, tone)) if n == 0 => {
                pen.put(glyph, tone);
                pen.put(" ", Tone::Text);
            }
            Some(_) => pen.put("  ", Tone::Text),
            None => {}
        }
        pen.put(&line, tone);
        if last {
            pen.put(after, Tone::Muted);
        }
    }
}
