//! Overview: what needs a person, worst first; a line for each node; the last hour.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::look::{Glyphs, Tone};
use super::model::{Model, Sort};
use super::number::size;
use super::pen::Pen;
use crate::api::snapshot::{NodeView, Window};
use crate::api::status::{Flow, Node};
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
    let hour = if area.height >= 14 { 3 } else { 0 };
    let table = nodes.len() as u16 + 2 + u16::from(nodes.len() > 1);
    let needs = area.height.saturating_sub(hour + table.min(area.height / 2));
    needs_you(&mut page, &nodes, needs);
    let room = area.height.saturating_sub(page.y + hour);
    table_of(&mut page, &nodes, room);
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

/// Every reason of every node, in words, the worst first.
fn needs_you(page: &mut Page<'_>, nodes: &[&Node], room: u16) {
    let troubled: Vec<&&Node> = nodes.iter().filter(|node| node.state != State::Ok).collect();
    page.rule("NEEDS YOU", if troubled.len() > 1 { "worst first" } else { "" });
    if troubled.is_empty() {
        let good = page.model.theme.glyphs.good;
        let text = format!(" {good} Nothing: log and API show no trouble.");
        page.line().put(&text, Tone::Good);
        return;
    }
    let mut troubled: Vec<&Node> = troubled.into_iter().copied().collect();
    troubled.sort_by(|a, b| (a.state, &a.name).cmp(&(b.state, &b.name)));
    let names = troubled
        .iter()
        .map(|node| Pen::text_width(&node.name))
        .max()
        .unwrap_or(0)
        .min(12) as u16;
    let mut left = room.saturating_sub(1);
    for (n, node) in troubled.iter().enumerate() {
        let (mark, tone) = mark(node.state, &page.model.theme.glyphs);
        for (m, reason) in node.reasons.iter().enumerate() {
            let width = page.area.width.saturating_sub(names + 5);
            let lines = wrap(&reason.text, usize::from(width));
            // The first word of every node before the second of any.
            let waiting = (troubled.len() - n - 1) as u16;
            let fits = left.saturating_sub(waiting);
            for (l, line) in lines
                .iter()
                .take(usize::from(if m == 0 { fits.clamp(1, 2) } else { fits }))
                .enumerate()
            {
                let mut pen = page.line();
                if m == 0 && l == 0 {
                    pen.put(&format!(" {mark} "), tone);
                    pen.put_in(&node.name, names, tone);
                }
                pen.to(names + 4);
                pen.put(line, if m == 0 { Tone::Text } else { Tone::Muted });
                left = left.saturating_sub(1);
            }
            if left == 0 {
                return;
            }
        }
    }
}

/// Words in lines of at most `width` columns.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let last = lines.last().map_or(0, |line| Pen::text_width(line));
        if last > 0 && last + 1 + Pen::text_width(word) > width {
            lines.push(String::new());
        }
        if let Some(line) = lines.last_mut() {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines
}

/// A column of the node table.
struct Column {
    title: &'static str,
    width: u16,
    /// On a narrow screen the highest goes first; 0 stays.
    drop: u8,
    text: fn(&Node, Option<&NodeView>) -> (String, Tone),
}

const COLUMNS: [Column; 9] = [
    Column {
        title: "LEFT",
        width: 5,
        drop: 0,
        text: left,
    },
    Column {
        title: "ONLINE",
        width: 7,
        drop: 4,
        text: online,
    },
    Column {
        title: "IN MB/s",
        width: 8,
        drop: 3,
        text: |_, view| rate(view, "PUT"),
    },
    Column {
        title: "OUT MB/s",
        width: 9,
        drop: 3,
        text: |_, view| rate(view, "GET"),
    },
    Column {
        title: "UP %",
        width: 6,
        drop: 5,
        text: |node, _| success(node, "PUT"),
    },
    Column {
        title: "DOWN %",
        width: 7,
        drop: 6,
        text: |node, _| success(node, "GET"),
    },
    Column {
        title: "DISK",
        width: 6,
        drop: 0,
        text: disk,
    },
    Column {
        title: "FREE",
        width: 9,
        drop: 2,
        text: |node, _| free(node),
    },
    Column {
        title: "VERSION",
        width: 10,
        drop: 7,
        text: |node, _| (node.node_version.clone().unwrap_or_else(|| "?".to_owned()), Tone::Muted),
    },
];

/// Audits that may still fail, of the satellite that is nearest.
fn left(node: &Node, _: Option<&NodeView>) -> (String, Tone) {
    let satellites = node.satellites.iter().flatten();
    let left = satellites
        .filter_map(|satellite| satellite.audit_failures_to_disqualification)
        .min();
    match left {
        None => ("?".to_owned(), Tone::Muted),
        Some(left) => {
            let tone = match left {
                0..=20 => Tone::Bad,
                21..=36 => Tone::Warn,
                _ => Tone::Text,
            };
            (left.to_string(), tone)
        }
    }
}

fn online(node: &Node, _: Option<&NodeView>) -> (String, Tone) {
    let scores = node
        .satellites
        .iter()
        .flatten()
        .filter_map(|satellite| satellite.online_score);
    match scores.min_by(f64::total_cmp) {
        None => ("?".to_owned(), Tone::Muted),
        // Rounded down: what is not perfect must not look so.
        Some(score) => (format!("{:.1}", (score * 1000.0).floor() / 10.0), Tone::Text),
    }
}

/// Megabytes a second of an action over ten seconds.
fn rate(view: Option<&NodeView>, action: &str) -> (String, Tone) {
    const SECONDS: usize = 10;
    let window = view
        .and_then(|view| view.seconds.as_ref())
        .map(|section| &section.value);
    let Some(window) = window else {
        return ("?".to_owned(), Tone::Muted);
    };
    let flows = window
        .flows
        .iter()
        .filter(|flow| flow.outcome == Outcome::Success && flow.action.starts_with(action));
    let bytes: u64 = flows
        .flat_map(|flow| flow.buckets.iter().rev().take(SECONDS))
        .map(|cell| cell.bytes)
        .sum();
    (format!("{:.1}", bytes as f64 / 1e6 / SECONDS as f64), Tone::Text)
}

/// Of the last hour's transfers of an action those that succeeded.
fn success(node: &Node, action: &str) -> (String, Tone) {
    let flow = node.traffic.by_action.get(action).copied().unwrap_or_default();
    let Flow {
        success,
        canceled,
        failed,
        ..
    } = flow;
    match success + canceled + failed {
        0 => ("–".to_owned(), Tone::Muted),
        all => (
            format!("{:.1}", (success as f64 / all as f64 * 1000.0).floor() / 10.0),
            Tone::Text,
        ),
    }
}

fn disk(node: &Node, _: Option<&NodeView>) -> (String, Tone) {
    let disk = node
        .disk
        .as_ref()
        .and_then(|disk| Some((disk.used?, disk.allocated.filter(|all| *all > 0)?)));
    match disk {
        None => ("?".to_owned(), Tone::Muted),
        Some((used, all)) => (format!("{:.0} %", used as f64 / all as f64 * 100.0), Tone::Text),
    }
}

fn free(node: &Node) -> (String, Tone) {
    let free = node.disk.as_ref().and_then(|disk| disk.free);
    free.map_or(("?".to_owned(), Tone::Muted), |free| (size(free), Tone::Text))
}

/// The columns that fit beside names of `names` columns, and the room for the state in words.
fn fitting(width: u16, names: u16) -> (Vec<&'static Column>, u16) {
    const STATE: u16 = 16;
    let mut shown: Vec<&Column> = COLUMNS.iter().collect();
    let used = |shown: &[&Column]| names + 6 + shown.iter().map(|column| column.width + 1).sum::<u16>();
    while used(&shown) + STATE > width {
        let Some(at) = shown
            .iter()
            .enumerate()
            .filter(|(_, c)| c.drop > 0)
            .max_by_key(|(_, c)| c.drop)
            .map(|(at, _)| at)
        else {
            break;
        };
        shown.remove(at);
    }
    let state = width.saturating_sub(used(&shown)).min(24);
    (shown, state)
}

/// What a node is busy with, in a word or two.
fn state_words(node: &Node) -> &str {
    match (node.state, node.reasons.first()) {
        (State::Ok, _) | (_, None) => "ok",
        (_, Some(reason)) => match reason.rule.as_str() {
            "disqualified" => "disqualified",
            "suspended" => "suspended",
            "audits_failed" | "audit_score" => "audits fail",
            "suspension_score" => "audits unknown",
            "online_score" => "often away",
            "restarts" => "restarts",
            "outdated" => "too old",
            "no_contact" => "not reached",
            "quic" => "no QUIC",
            "api_down" => "no answer",
            "log_missing" | "log_unreadable" => "log unreadable",
            "log_silent" | "log_quiet" => "log silent",
            "mixed_up" => "mixed up",
            "not_kept" => "not kept",
            "not_watched" => "not watched",
            "no_data" => "no data",
            other => other,
        },
    }
}

fn table_of(page: &mut Page<'_>, nodes: &[&Node], room: u16) {
    let names = nodes
        .iter()
        .map(|node| Pen::text_width(&node.name))
        .max()
        .unwrap_or(4)
        .clamp(4, 20) as u16;
    let (columns, state) = fitting(page.area.width, names);
    let order = match page.model.sort {
        Sort::State => "worst first",
        Sort::Name => "by name",
        Sort::Disk => "fullest first",
    };
    page.rule("NODES", order);
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
    page.rule("LAST HOUR", "");
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

/// One node alone.
fn card(page: &mut Page<'_>, node: &Node) {
    let (sign, tone) = mark(node.state, &page.model.theme.glyphs);
    let source = node.sources.iter().find(|source| source.kind == "file");
    let log = source.map_or("no log".to_owned(), |source| {
        format!(
            "log {}, behind {}",
            source.state.as_deref().unwrap_or("?"),
            size(source.lag_bytes)
        )
    });
    let version = node.node_version.as_deref().unwrap_or("release unknown");
    page.rule(
        &node.name.to_uppercase(),
        &format!("API {} · {log} · {version}", node.api.state),
    );
    if node.reasons.is_empty() {
        page.line().put(&format!(" {sign} Nothing needs you."), tone);
    }
    for reason in &node.reasons {
        let width = usize::from(page.area.width).saturating_sub(4);
        for (n, line) in wrap(&reason.text, width).iter().enumerate() {
            let mut pen = page.line();
            pen.put(&format!(" {} ", if n == 0 { sign } else { " " }), tone);
            pen.put(line, Tone::Text);
        }
    }
    satellites(page, node);
    disk_lines(page, node);
    traffic(page, node);
    let view = page.model.shown().nodes.get(&node.name);
    if page.area.height.saturating_sub(page.y) >= 3 {
        last_hour(page, view.into_iter());
    }
}

fn satellites(page: &mut Page<'_>, node: &Node) {
    use crate::domain::sample::Standing;
    page.rule("SATELLITES", "limits: audit 0.96, suspension 0.60, online 0.60");
    let Some(satellites) = &node.satellites else {
        page.line().put(
            " nobody says how satellites rate it: name its API, or wait for the log",
            Tone::Muted,
        );
        return;
    };
    let title = format!(
        "   {:<14} {:>7} {:>13} {:>10} {:>7} {:>10}",
        "", "AUDIT", "LEFT", "SUSPENSION", "ONLINE", "VETTED"
    );
    page.line().put(&title, Tone::Muted);
    let score =
        |score: Option<f64>| score.map_or("?".to_owned(), |score| format!("{:.4}", (score * 1e4).floor() / 1e4));
    for satellite in satellites {
        let name = Standing::short_of(
            satellite.url.as_deref().unwrap_or_default(),
            satellite.satellite_id.as_deref(),
        );
        let left = match (&satellite.disqualified_at, satellite.audit_failures_to_disqualification) {
            (Some(_), _) => "disqualified".to_owned(),
            (None, Some(left)) => format!("{left} of 41"),
            (None, None) => "?".to_owned(),
        };
        let tone = match (&satellite.disqualified_at, satellite.audit_failures_to_disqualification) {
            (Some(_), _) | (None, Some(0..=20)) => Tone::Bad,
            (None, Some(21..=36)) => Tone::Warn,
            _ => Tone::Text,
        };
        let vetted = satellite
            .vetted_at
            .as_ref()
            .map_or("?".to_owned(), |time| time.chars().take(10).collect());
        let mut pen = page.line();
        pen.put("   ", Tone::Text);
        pen.put_in(&name, 14, Tone::Text);
        pen.put(&format!(" {:>7}", score(satellite.audit_score)), tone);
        pen.put(&format!(" {left:>13}"), tone);
        let rest = format!(
            " {:>10} {:>7} {vetted:>10}",
            score(satellite.suspension_score),
            score(satellite.online_score)
        );
        pen.put(&rest, Tone::Text);
    }
}

fn disk_lines(page: &mut Page<'_>, node: &Node) {
    page.rule("DISK", "");
    let Some(disk) = &node.disk else {
        page.line().put(" only the node's API tells of it", Tone::Muted);
        return;
    };
    let shown = |bytes: Option<u64>| bytes.map_or("?".to_owned(), size);
    if let (Some(used), Some(all)) = (disk.used, disk.allocated.filter(|all| *all > 0)) {
        let width = usize::from(page.area.width).saturating_sub(34).min(60);
        let part = |bytes: u64| (bytes as f64 / all as f64 * width as f64).round() as usize;
        let trash = part(disk.trash.unwrap_or(0)).min(width);
        let full = part(used).min(width).saturating_sub(trash);
        let glyphs = page.model.theme.glyphs;
        let mut pen = page.line();
        pen.put("   ", Tone::Text);
        pen.put(&glyphs.full.repeat(full), Tone::Series(0));
        pen.put(&"t".repeat(trash), Tone::Muted);
        pen.put(&glyphs.empty.repeat(width.saturating_sub(full + trash)), Tone::Muted);
        let text = format!(
            "  {} of {}  {:.0} %",
            size(used),
            size(all),
            used as f64 / all as f64 * 100.0
        );
        pen.put(&text, Tone::Text);
    }
    let text = format!(
        "   free {}   t trash {}   reclaimable {}",
        shown(disk.free),
        shown(disk.trash),
        shown(disk.reclaimable)
    );
    page.line().put(&text, Tone::Muted);
}

fn traffic(page: &mut Page<'_>, node: &Node) {
    page.rule("TRAFFIC, LAST HOUR", "");
    if node.traffic.by_action.is_empty() {
        page.line().put(" none", Tone::Muted);
        return;
    }
    let title = format!(
        "   {:<12} {:>9} {:>9} {:>8} {:>9} {:>7} {:>10}",
        "", "SUCCESS", "CANCELED", "FAILED", "REJECTED", "%", "MB"
    );
    page.line().put(&title, Tone::Muted);
    for (action, flow) in &node.traffic.by_action {
        let grave = flow.failed > 0 && matches!(action.as_str(), "GET_AUDIT" | "GET_REPAIR");
        let mut pen = page.line();
        pen.put("   ", Tone::Text);
        pen.put_in(action, 12, Tone::Text);
        pen.put(&format!(" {:>9} {:>9}", flow.success, flow.canceled), Tone::Text);
        pen.put(
            &format!(" {:>8}", flow.failed),
            if grave { Tone::Bad } else { Tone::Text },
        );
        let text = format!(
            " {:>9} {:>7} {:>10.1}",
            flow.rejected,
            success(node, action).0,
            flow.bytes as f64 / 1e6
        );
        pen.put(&text, Tone::Text);
    }
}

/// The node table for a chat or a forum.
pub fn markdown(model: &Model) -> String {
    let mut text = String::from("| node | state |");
    COLUMNS
        .iter()
        .for_each(|column| text += &format!(" {} |", column.title));
    text += "\n|---|---|";
    COLUMNS.iter().for_each(|_| text += "---:|");
    for node in model.nodes() {
        let view = model.shown().nodes.get(&node.name);
        text += &format!("\n| {} | {} |", node.name.replace('|', "/"), state_words(node));
        COLUMNS
            .iter()
            .for_each(|column| text += &format!(" {} |", (column.text)(node, view).0));
    }
    text.push('\n');
    text
}
