//! What stands where: the answer first, then as many blocks as there is room for. A table that has the keys is always
//! there.

use ratatui::layout::Rect;

use super::{Latency, NODES, ROWS, SLOW, TABLES, picture, tables};
use crate::ui::look::Tone;
use crate::ui::model::Collector;
use crate::ui::number;
use crate::ui::pane::{Hits, Page};
use crate::ui::room::stack;
use crate::ui::shared::Shared;
use crate::ui::table::HitMap;
use crate::ui::text::{self, wrap};

/// From these widths on there is a chart, and two columns.
const CHART_FROM: u16 = 100;
const COLUMNS_FROM: u16 = 170;
/// Smaller than this is a phone.
const NARROW: u16 = 60;
const LOW: u16 = 14;
/// A chart needs so many lines, its heading included.
const CHART_LEAST: u16 = 7;
/// And a table, if it has so many.
const TABLE_LEAST: u16 = 8;
/// Below this the slowest are a line of text.
const SLOW_LEAST: u16 = 4;
/// Lines of the histogram and of the steps of lateness, headings included.
const SHAPES_LEAST: u16 = 5;
const SHAPES_MOST: u16 = 9;

/// Something in its place, from above.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Block {
    Nodes,
    Rows,
    Chart,
    /// The histogram and the steps of lateness beside each other.
    Shapes,
    Histogram,
    Lost,
    Heat,
    Flight,
    Slow,
}

/// How many lines it needs, would like, and how much it matters: the least goes last.
#[derive(Debug, Clone, Copy)]
struct Want {
    block: Block,
    least: u16,
    wish: u16,
    rank: u8,
}

fn want(block: Block, (least, wish): (u16, u16), rank: u8) -> Want {
    Want {
        block,
        least: least.min(wish),
        wish,
        rank,
    }
}

impl Latency {
    pub(super) fn blocks(&self, page: &mut Page<'_>) {
        let area = page.area;
        let small = area.width < NARROW || area.height < LOW;
        let wrong = self.said.iter().any(|said| said.weight.is_wrong());
        let most = match (small, area.height) {
            (true, _) => 2,
            (_, ..=24) => 3 + u16::from(wrong),
            (_, ..=40) => 6,
            _ => 8,
        };
        if self.blind {
            self.blind_page(page, small);
        } else {
            self.answer(page, most);
            let body = page.take(page.left());
            self.place_all(page, body, small);
        }
        self.note_hidden(page);
    }

    fn place_all(&self, page: &mut Page<'_>, body: Rect, small: bool) {
        let focused = [Block::Nodes, Block::Rows, Block::Slow][self.focus];
        if small && self.heat_asked {
            let wants = [want(focused, (1, body.height), 1), want(Block::Heat, (3, 3), 0)];
            self.place(page, body, &wants);
        } else if small && self.unfolded {
            self.place(page, body, &[want(Block::Chart, (1, body.height), 0)]);
        } else if small || self.enlarged {
            self.place(page, body, &[want(focused, (1, body.height), 0)]);
        } else if body.width >= COLUMNS_FROM && body.height >= 24 {
            let left = Rect {
                width: body.width * 6 / 10,
                ..body
            };
            let right = Rect {
                x: left.right() + 1,
                width: body.width - left.width - 1,
                ..body
            };
            self.place(page, left, &self.left_column(left, page.shared));
            self.place(page, right, &self.right_column(right, page.shared));
        } else {
            self.place(page, body, &self.one_column(body, focused, page.shared));
        }
    }

    /// Tables that are not drawn have their turn in the order of the focus, too.
    fn note_hidden(&self, page: &mut Page<'_>) {
        let place = |name: &str| TABLES.iter().position(|other| *other == name);
        for name in TABLES {
            let is_there = page.hits.table(name).is_some();
            if !is_there && (!self.blind || name == NODES) {
                page.hits.tables.push((name, HitMap::default()));
            }
        }
        page.hits.tables.sort_by_key(|(name, _)| place(name));
    }

    /// Lines a table would like, heading and rule included.
    fn lines(&self, at: usize) -> u16 {
        self.slots[at].state.len().clamp(1, 500) as u16 + 2
    }

    fn many(&self, shared: &Shared) -> bool {
        shared.node.is_none() && self.slots[0].state.len() > 1
    }

    fn one_column(&self, body: Rect, focused: Block, shared: &Shared) -> Vec<Want> {
        let rank = |block: Block, rank: u8| if block == focused { 0 } else { rank };
        let mut wants = Vec::new();
        if self.many(shared) || focused == Block::Nodes && shared.node.is_none() {
            let wish = self.lines(0).min((body.height / 3).max(TABLE_LEAST));
            wants.push(want(Block::Nodes, (wish.min(TABLE_LEAST), wish), rank(Block::Nodes, 1)));
        }
        let wish = self.lines(1);
        wants.push(want(Block::Rows, (wish.min(TABLE_LEAST), wish), rank(Block::Rows, 2)));
        if self.unfolded || body.width >= CHART_FROM && body.height >= 22 {
            let wish = (body.height / 4).max(CHART_LEAST);
            wants.push(want(
                Block::Chart,
                (CHART_LEAST, wish),
                if self.unfolded { 0 } else { 4 },
            ));
        }
        wants.push(want(Block::Shapes, (SHAPES_LEAST, SHAPES_MOST), 5));
        if self.heat && (self.heat_asked || !picture::heat_fits(self.many(shared), body.width)) {
            wants.push(want(Block::Heat, (3, 3), self.heat_rank(6)));
        }
        wants.push(want(Block::Flight, (1, 1), 3));
        let wish = self.lines(2).min((body.height / 3).max(4));
        let least = if focused == Block::Slow {
            wish.min(TABLE_LEAST)
        } else {
            1
        };
        wants.push(want(Block::Slow, (least, wish), rank(Block::Slow, 7)));
        wants
    }

    /// What was asked for by its key is there.
    fn heat_rank(&self, rank: u8) -> u8 {
        if self.heat_asked { 0 } else { rank }
    }

    fn left_column(&self, body: Rect, shared: &Shared) -> Vec<Want> {
        let mut wants = Vec::new();
        if self.many(shared) {
            let wish = self.lines(0).min(body.height / 3);
            wants.push(want(Block::Nodes, (5, wish), 0));
        }
        let rows = self.lines(1);
        wants.push(want(Block::Rows, (rows.min(6), rows), 1));
        wants.push(want(Block::Chart, (CHART_LEAST, body.height / 2), 2));
        wants
    }

    fn right_column(&self, body: Rect, _shared: &Shared) -> Vec<Want> {
        let mut wants = vec![
            want(Block::Histogram, (SHAPES_LEAST, 10), 0),
            want(Block::Lost, (SHAPES_LEAST, SHAPES_MOST), 1),
        ];
        if self.heat {
            wants.push(want(Block::Heat, (3, 3), self.heat_rank(3)));
        }
        wants.push(want(Block::Flight, (1, 1), 2));
        wants.push(want(Block::Slow, (4, self.lines(2).min(body.height)), 4));
        wants
    }

    fn place(&self, page: &mut Page<'_>, area: Rect, wants: &[Want]) {
        let need = |want: &Want| ([want.least, want.wish], want.rank);
        stack(page, area, wants, need, |part, want| self.block(part, want.block));
    }

    fn block(&self, page: &mut Page<'_>, block: Block) {
        match block {
            Block::Nodes => self.nodes_block(page),
            Block::Rows => self.rows_block(page),
            Block::Slow => self.slow_block(page),
            Block::Chart => self.chart(page),
            Block::Histogram => self.histogram(page),
            Block::Lost => self.lost(page),
            Block::Heat => self.heat_block(page),
            Block::Flight => self.flight(page),
            Block::Shapes => {
                let area = page.area;
                let left = Rect {
                    width: area.width / 2,
                    ..area
                };
                let right = Rect {
                    x: left.right() + 1,
                    width: area.width.saturating_sub(left.width + 1),
                    ..area
                };
                page.within(left, |part| self.histogram(part));
                page.within(right, |part| self.lost(part));
            }
        }
    }

    fn nodes_block(&self, page: &mut Page<'_>) {
        let what = super::facts::plural(&self.action).to_uppercase();
        page.rule(&format!("NODES, {what}, SECONDS"), "of what was won · a: action");
        let area = page.take(page.left());
        let slot = &self.slots[0];
        page.table(NODES, area, &slot.table, &slot.state, self.focus == 0);
        picture::heats(page, self.nodes(page.shared));
    }

    fn rows_block(&self, page: &mut Page<'_>) {
        let node = self.subject(page.shared).unwrap_or_default().to_uppercase();
        let title = format!("{node}: {}, SECONDS", self.shape.title());
        let starred = self.slots[1]
            .table
            .rows()
            .iter()
            .any(|row| row.text_at(2).ends_with('*') || row.text_at(1).ends_with('*'));
        let words = match starred {
            true => "Q: other qualities left out (*) · v: view",
            false => "one quality in a row · v: view",
        };
        let room = usize::from(page.area.width).saturating_sub(text::width(&title) + 8);
        page.rule(&title, if text::width(words) <= room { words } else { "" });
        let area = page.take(page.left());
        let slot = &self.slots[1];
        page.table(ROWS, area, &slot.table, &slot.state, self.focus == 1);
        if let Some(detail) = self.detail(page.shared) {
            super::histogram::small(page, detail);
        }
    }

    fn slow_block(&self, page: &mut Page<'_>) {
        if page.area.height < SLOW_LEAST {
            return self.slow_line(page);
        }
        page.rule(
            "SLOWEST",
            &format!("{} · Enter: its lines of the log", page.shared.time.range.name()),
        );
        let area = page.take(page.left());
        let slot = &self.slots[2];
        page.table(SLOW, area, &slot.table, &slot.state, self.focus == 2);
    }

    /// The answer in words, as many lines as there is room for.
    fn answer(&self, page: &mut Page<'_>, most: u16) {
        let slow = self.said.iter().any(|said| said.weight.is_slow());
        page.rule(if slow { "SLOW" } else { "LATENCY" }, &self.words(page.shared));
        let glyphs = page.shared.theme.glyphs;
        if let Some(wrong) = &self.wrong {
            page.say(&format!("{} {wrong}", glyphs.warning), Tone::Warn);
        }
        if self.said.is_empty() {
            return page.say(&self.nothing(page.shared), Tone::Muted);
        }
        let width = usize::from(page.area.width.saturating_sub(4));
        let wrapped: Vec<Vec<String>> = self.said.iter().map(|said| wrap(&said.text, width, &glyphs)).collect();
        let mut left = usize::from(most);
        for (n, (said, lines)) in self.said.iter().zip(&wrapped).enumerate() {
            // What is wrong is said whole before the rest has more than a line.
            let behind = &self.said[n + 1..];
            let wrong = behind.iter().filter(|said| said.weight.is_wrong()).count();
            let waiting = match said.weight.is_wrong() {
                true => wrong,
                false => behind.len(),
            };
            let room = left.saturating_sub(waiting).max(1).min(left);
            if room == 0 {
                break;
            }
            let given = lines.len().min(room);
            let (glyph, tone) = said.weight.mark(page.shared);
            picture::say(page, (glyph, tone), lines, given);
            left -= given;
        }
    }

    fn words(&self, shared: &Shared) -> String {
        let moment = shared.moment().map_or(String::new(), |second| {
            let moment = number::moment(second * 1000, shared.now_ms, &shared.zone);
            format!("until {moment} · ")
        });
        let satellite = shared
            .satellite
            .as_ref()
            .map_or(String::new(), |id| format!(" · {}", shared.satellite_name(id)));
        let quality = match self.quality {
            Some(quality) => super::facts::quality_words(quality),
            None => "qualities are never mixed",
        };
        let what = super::facts::plural(&self.action);
        format!("{moment}{} · {what}{satellite} · {quality}", shared.time.range.name())
    }

    /// Why there is nothing to say.
    fn nothing(&self, shared: &Shared) -> String {
        let waits = super::answered(shared, super::asks::NODES, &self.key(shared)).is_none();
        match (&shared.collector, shared.told_ms(), waits) {
            (Collector::Lost(_), _, true) => "nobody can be asked: the collector is gone".to_owned(),
            (_, 0, true) => "asking the collector …".to_owned(),
            (_, _, true) => "reading what was kept …".to_owned(),
            _ if self.slots[0].state.is_empty() => {
                "No node is configured, and none was found on this host: `storj-monitor doctor` says why.".to_owned()
            }
            _ => {
                let what = super::facts::plural(&self.action);
                format!("No {what} whose duration is known in this time: t: another range, a: another action.")
            }
        }
    }
}

/// Whether the heat has a column of its own.
pub(super) fn has_column(hits: &Hits, table: &str, id: &str) -> Option<Rect> {
    let hits = hits.table(table)?;
    hits.headers
        .iter()
        .find(|(_, column)| column == id)
        .map(|(column, _)| *column)
}

/// Place of the column of the heat, and of the histogram.
pub(super) const OVERS: [(&str, &str); 2] = [(NODES, tables::HEAT), (ROWS, tables::HISTOGRAM)];
