//! Overview: what needs a person, worst first; a line for each node; the last hour.

mod card;
mod columns;

use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

pub use columns::markdown;

use card::card;
use columns::{fitting, state_words};

use super::look::{Glyphs, Tone};
use super::model::{Model, Sort};
use super::pen::Pen;
use super::text::{self, wrap};
use crate::api::snapshot::{NodeView, Window};
use crate::api::status::{Node, Reason};
use crate::domain::health::State;
use crate::domain::transfer::Outcome;

/// Draws the pane.
pub fn draw(area: Rect, buffer: &mut Buffer, model: &Model) {
    let nodes = model.nodes();
    let mut page = Page {
        area,
        buffer,
        model,
        y: 0,
    };
    if nodes.is_empty() {
        return empty(&mut page);
    }
    if let Some(node) = model
        .node
        .as_deref()
        .and_then(|name| nodes.iter().find(|node| node.name == name))
    {
        return card(&mut page, node);
    }
    let hour = if area.height >= 10 { 3 } else { 0 };
    let table = nodes.len() as u16 + 2 + u16::from(nodes.len() > 1);
    let needs = area.height.saturating_sub(hour + table.min(area.height / 2));
    needs_you(&mut page, nodes, needs);
    let room = area.height.saturating_sub(page.y + hour);
    table_of(&mut page, nodes, room);
    if hour > 0 {
        last_hour(&mut page, model.shown().nodes.values());
    }
}

struct Page<'a> {
    area: Rect,
    buffer: &'a mut Buffer,
    model: &'a Model,
    y: u16,
}

impl Page<'_> {
    /// The next line, if there is one.
    fn line(&mut self) -> Pen<'_> {
        let height = u16::from(self.y < self.area.height);
        let row = Rect::new(
            self.area.x,
            self.area.y + self.y.min(self.area.height),
            self.area.width,
            height,
        );
        self.y += 1;
        Pen::new(self.buffer, row, &self.model.theme)
    }

    fn rule(&mut self, title: &str, words: &str) {
        self.line().rule(&format!(" {title} "), words);
    }
}

fn empty(page: &mut Page<'_>) {
    page.rule("NODES", "");
    let text = match page.model.told_ms() {
        0 => "asking the collector …",
        _ => "no node is configured, nor was one found on this host",
    };
    page.line().put(&format!(" {text}"), Tone::Text);
    if page.model.told_ms() > 0 {
        page.line()
            .put(" storj-monitor doctor        says what was looked for", Tone::Muted);
        page.line().put(
            " storj-monitor config init   writes a file to name nodes in",
            Tone::Muted,
        );
    }
}

/// The mark and tone of a state.
pub fn mark(state: State, glyphs: &Glyphs) -> (&'static str, Tone) {
    match state {
        State::Critical => (glyphs.critical, Tone::Bad),
        State::Warning => (glyphs.warning, Tone::Warn),
        State::Unknown => (glyphs.unknown, Tone::Muted),
        State::Ok => (glyphs.good, Tone::Good),
    }
}

/// Every reason of every node in words, the worst first: a line for each node before a second of any.
fn needs_you(page: &mut Page<'_>, nodes: &[Arc<Node>], room: u16) {
    let mut troubled: Vec<&Arc<Node>> = nodes.iter().filter(|node| node.state != State::Ok).collect();
    page.rule("NEEDS YOU", if troubled.len() > 1 { "worst first" } else { "" });
    if troubled.is_empty() {
        let good = page.model.theme.glyphs.good;
        let text = format!(" {good} Nothing, as far as log and API tell.");
        return page.line().put(&text, Tone::Good);
    }
    troubled.sort_by(|a, b| (a.state, &a.name).cmp(&(b.state, &b.name)));
    let names = troubled.iter().map(|node| text::width(&node.name)).max();
    let names = names.unwrap_or(0).min(12) as u16;
    let mut left = usize::from(room.saturating_sub(1));
    for (n, node) in troubled.iter().enumerate() {
        let waiting = troubled.len() - n - 1;
        let most = left.saturating_sub(waiting).max(1).min(left);
        left -= reasons(page, node, names, most);
    }
}

/// At most so many lines about one node: how many they are. A mark says that there is more.
fn reasons(page: &mut Page<'_>, node: &Node, names: u16, most: usize) -> usize {
    let glyphs = page.model.theme.glyphs;
    let width = usize::from(page.area.width.saturating_sub(names + 5));
    let lines = |(n, reason): (usize, &Reason)| {
        let tone = if n == 0 { Tone::Text } else { Tone::Muted };
        wrap(&reason.text, width, &glyphs)
            .into_iter()
            .map(move |line| (line, tone))
    };
    let all: Vec<(String, Tone)> = node.reasons.iter().enumerate().flat_map(lines).collect();
    let (sign, tone) = mark(node.state, &glyphs);
    for (n, (line, weight)) in all.iter().take(most).enumerate() {
        let is_cut = n + 1 == most && all.len() > most;
        let mut pen = page.line();
        if n == 0 {
            pen.put(&format!(" {sign} "), tone);
            pen.put_in(&node.name, names, tone);
        }
        pen.to(names + 4);
        match is_cut {
            // The cut is made by what does not fit: one column more than there is.
            true => pen.put(&text::fit(&format!("{line:width$} "), width, &glyphs), *weight),
            false => pen.put(line, *weight),
        }
    }
    all.len().min(most)
}

fn table_of(page: &mut Page<'_>, nodes: &[Arc<Node>], room: u16) {
    let names = nodes
        .iter()
        .map(|node| text::width(&node.name))
        .max()
        .unwrap_or(4)
        .clamp(4, 20) as u16;
    let (columns, state) = fitting(page.area.width, names);
    let order = match page.model.sort {
        Sort::State => "worst first",
        Sort::Name => "by name",
        Sort::Disk => "fullest first",
    };
    page.rule("NODES", &format!("rates over 10 s, % of the last hour · {order}"));
    let mut pen = page.line();
    pen.put("     ", Tone::Muted);
    pen.put_in("NODE", names, Tone::Muted);
    pen.put(" ", Tone::Muted);
    pen.put_in("STATE", state, Tone::Muted);
    for column in &columns {
        pen.put(
            &format!("{:>1$}", column.title, usize::from(column.width) + 1),
            Tone::Muted,
        );
    }
    let selected = page.model.selected().unwrap_or_default().to_owned();
    let at = nodes.iter().position(|node| node.name == selected).unwrap_or(0) as u16;
    let rows = room.saturating_sub(2).min(nodes.len() as u16);
    // The row under the cursor is always there.
    let begin = (at + 1).saturating_sub(rows);
    for node in nodes.iter().skip(usize::from(begin)).take(usize::from(rows)) {
        let view = page.model.shown().nodes.get(&node.name);
        let (mark, tone) = mark(node.state, &page.model.theme.glyphs);
        let chosen = node.name == selected;
        let mut pen = page.line();
        pen.put(if chosen { " > " } else { "   " }, Tone::Accent);
        pen.put(&format!("{mark} "), tone);
        pen.put_in(&node.name, names, if chosen { Tone::Accent } else { Tone::Text });
        pen.put(" ", Tone::Text);
        pen.put_in(state_words(node), state, tone);
        for column in &columns {
            let (text, tone) = (column.text)(node, view);
            let width = usize::from(column.width) + 1;
            pen.put(&format!("{text:>width$}"), tone);
        }
    }
    let hidden = nodes.len() as u16 - rows;
    if hidden > 0 && rows > 0 {
        // In place of the last blank line there is none: say it in the rule of what follows.
        page.line()
            .put(&format!("   {hidden} more; the arrows show them"), Tone::Muted);
    }
}

/// In and out of all nodes, minute by minute.
fn last_hour<'a>(page: &mut Page<'_>, views: impl Iterator<Item = &'a NodeView>) {
    const MINUTES: usize = 60;
    let (mut ingress, mut egress) = ([0_u64; MINUTES], [0_u64; MINUTES]);
    let mut known = false;
    for window in views.filter_map(|view| view.minutes.as_ref()) {
        known = true;
        add(&window.value, "PUT", &mut ingress);
        add(&window.value, "GET", &mut egress);
    }
    page.rule("LAST HOUR", "MB/s of the last whole minute");
    for (name, minutes) in [("in ", ingress), ("out", egress)] {
        let now = minutes[MINUTES - 2] as f64 / 60e6;
        let highest = minutes.iter().copied().max().unwrap_or(0);
        let mut pen = page.line();
        pen.put(&format!(" {name}  "), Tone::Muted);
        if !known {
            pen.put("?", Tone::Muted);
            continue;
        }
        let room = usize::from(pen.left()).saturating_sub(16).min(MINUTES);
        let text: String = minutes[MINUTES - room..]
            .iter()
            .map(|bytes| level(*bytes, highest, pen_unicode(page.model)))
            .collect();
        let mut pen = {
            page.y -= 1;
            page.line()
        };
        pen.put(&format!(" {name}  "), Tone::Muted);
        pen.put(&text, Tone::Series(u8::from(name == "out")));
        pen.put(&format!("  {now:.1} MB/s"), Tone::Text);
    }
}

fn pen_unicode(model: &Model) -> bool {
    model.theme.glyphs.unicode
}

fn level(value: u64, highest: u64, unicode: bool) -> char {
    const BLOCKS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    const PLAIN: [char; 9] = [' ', '.', ':', '-', '=', '+', '*', '#', '#'];
    let at = match (value, highest) {
        (0, _) | (_, 0) => 0,
        (value, highest) => (value as f64 / highest as f64 * 7.0).round() as usize + 1,
    };
    if unicode { BLOCKS[at] } else { PLAIN[at] }
}

fn add(window: &Window, action: &str, sums: &mut [u64; 60]) {
    let flows = window
        .flows
        .iter()
        .filter(|flow| flow.outcome == Outcome::Success && flow.action.starts_with(action));
    for flow in flows {
        let last = flow.buckets.iter().rev().take(sums.len());
        sums.iter_mut()
            .rev()
            .zip(last)
            .for_each(|(sum, cell)| *sum += cell.bytes);
    }
}
