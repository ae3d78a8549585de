//! Overview: what needs a person, worst first; a line for each node; traffic; what changed since.

mod card;
mod explain;
mod facts;
mod health;
mod hour;
mod money;
mod nodes;
mod since;

use std::sync::Arc;

use self::since::Since;
use super::action::Action;
use super::ask::Wants;
use super::chart::Mark;
use super::explain::Explained;
use super::flow::{Flow, Metric};
use super::look::Tone;
use super::number;
use super::pane::{Effect, Figure, Page, View};
use super::shared::{Collector, Shared};
use super::table::{Table, TableState};
use super::text::{self, wrap};
use crate::api::snapshot::Topic;
use crate::api::status::{Node, Reason};
use crate::domain::health::State;

/// The table of nodes, and of the satellites of one node.
const NODES: &str = "nodes";
const SATELLITES: &str = "satellites";

/// The pane.
pub struct Overview {
    nodes: Table,
    nodes_state: TableState,
    satellites: Table,
    satellites_state: TableState,
    alone: bool,
    flow: Flow,
    since: Since,
}

impl Default for Overview {
    fn default() -> Self {
        Self {
            nodes: Table::new(Vec::new(), Vec::new()),
            nodes_state: TableState::default(),
            satellites: Table::new(Vec::new(), Vec::new()),
            satellites_state: TableState::default(),
            alone: false,
            flow: Flow::default(),
            since: Since::default(),
        }
    }
}

impl View for Overview {
    fn wants(&self, shared: &Shared) -> Wants {
        let mut asks = since::looked(shared).map_or(Vec::new(), |looked| since::asks(looked, shared.now_ms));
        asks.extend(self.flow.asks(shared));
        let mut topics = vec![Topic::Status, Topic::Seconds];
        if self.flow.metric == Metric::Flight {
            topics.push(Topic::Flight);
        }
        if shared.moment().is_some() {
            // Rates of then.
            topics.push(Topic::Minutes);
        }
        Wants {
            topics,
            asks,
            ..Wants::default()
        }
    }

    fn refresh(&mut self, shared: &Shared) {
        self.nodes = nodes::table(shared);
        self.nodes_state.update(&self.nodes);
        // Until somebody moves it, the cursor is on the worst.
        // Until a person moves it the cursor is on the worst.
        self.nodes_state.rest_on_known(&self.nodes, |_| false);
        let alone = shared.alone();
        self.alone = alone.is_some();
        if let Some(node) = alone {
            self.satellites = card::satellites(shared, node);
            self.satellites_state.update(&self.satellites);
        }
        self.flow.take(shared);
        self.since.refresh(shared);
    }

    fn draw(&self, page: &mut Page<'_>) {
        if page.shared.nodes().is_empty() {
            return empty(page);
        }
        match page.shared.alone().cloned() {
            Some(node) => self.card(page, &node),
            None => self.fleet(page),
        }
    }

    fn can(&self, action: Action, _shared: &Shared) -> bool {
        match action {
            Action::Enter => !self.alone && self.nodes_state.selected().is_some(),
            Action::Metric => true,
            _ => false,
        }
    }

    fn act(&mut self, action: Action, shared: &mut Shared) -> Vec<Effect> {
        match action {
            Action::Enter => shared.node = self.nodes_state.selected().map(|key| key.as_str().to_owned()),
            Action::Metric => {
                self.flow.metric = self.flow.metric.next();
                self.flow.scale = super::chart::Scale::default();
                shared.say(format!("traffic in {}", self.flow.metric.unit()));
            }
            _ => {}
        }
        Vec::new()
    }

    fn focused(&self) -> Option<&'static str> {
        Some(if self.alone { SATELLITES } else { NODES })
    }

    fn table(&self, name: &str) -> Option<(&Table, &TableState)> {
        match name {
            NODES => Some((&self.nodes, &self.nodes_state)),
            SATELLITES => Some((&self.satellites, &self.satellites_state)),
            _ => None,
        }
    }

    fn table_mut(&mut self, name: &str) -> Option<(&Table, &mut TableState)> {
        match name {
            NODES => Some((&self.nodes, &mut self.nodes_state)),
            SATELLITES => Some((&self.satellites, &mut self.satellites_state)),
            _ => None,
        }
    }

    fn has_chart(&self) -> bool {
        true
    }

    fn marks(&self) -> &[Mark] {
        &self.flow.marks
    }

    fn explain(&self, figure: &Figure, shared: &Shared) -> Option<Explained> {
        explain::explain(figure, shared)
    }

    fn memory(&self) -> serde_json::Value {
        serde_json::json!({
            "nodes": self.nodes_state.memory(),
            "satellites": self.satellites_state.memory(),
            "metric": self.flow.metric.unit(),
        })
    }

    fn recall(&mut self, memory: &serde_json::Value) {
        let table = |name: &str| serde_json::from_value(memory[name].clone()).unwrap_or_default();
        self.nodes_state.recall(table("nodes"));
        self.satellites_state.recall(table("satellites"));
        self.flow.metric = Metric::of(memory["metric"].as_str().unwrap_or_default());
    }
}

/// How a page is divided: lines of each block, headings included.
struct Plan {
    needs: u16,
    nodes: u16,
    /// 0: not drawn; 3: two lines; more: a chart.
    hour: u16,
    since: u16,
    /// 1: without a heading.
    money: u16,
    sources: u16,
}

impl Overview {
    fn fleet(&self, page: &mut Page<'_>) {
        gone(page);
        behind(page);
        let lines = needs_lines(page.shared, page.area.width);
        let room = (page.area.width, page.left());
        let plan = self.plan(room, lines.iter().map(Vec::len).collect(), page.shared);
        needs_you(page, &lines, plan.needs);
        let small = page.area.height < 14;
        if !small {
            page.rule("NODES", &self.nodes_words(page.shared));
        }
        let area = page.take(plan.nodes.saturating_sub(u16::from(!small)));
        page.table(NODES, area, &self.nodes, &self.nodes_state, true);
        match plan.hour {
            0 => {}
            3 => hour::lines(&self.flow, page),
            more => hour::chart(&self.flow, page, more - 1),
        }
        // A heading alone says nothing.
        if plan.since > 1 {
            self.since.draw(page, plan.since);
        }
        if plan.money > 0 {
            let nodes = page.shared.nodes().to_vec();
            let nodes: Vec<&Node> = nodes.iter().map(AsRef::as_ref).collect();
            money::line(page, &nodes, plan.money > 1);
        }
        if plan.sources > 0 {
            sources(page);
        }
    }

    fn nodes_words(&self, shared: &Shared) -> String {
        let order = self.nodes_state.sort().and_then(|(id, _)| self.nodes.column(id));
        let order = order.map(|at| self.nodes.columns()[at].heading().to_lowercase());
        let order = order.map_or("worst first".to_owned(), |order| format!("by {order}"));
        match shared.moment() {
            Some(second) => format!(
                "as of {} · {order}",
                number::moment(second * 1000, shared.now_ms, &shared.zone)
            ),
            None => {
                let rate = self.nodes.column("in").map_or("", |at| &*self.nodes.columns()[at].unit);
                format!("{rate} over {} s, % of the last hour · {order}", facts::SECONDS)
            }
        }
    }

    /// The answer first, a line for each node, then what there is room for.
    fn plan(&self, (width, height): (u16, u16), needs: Vec<usize>, shared: &Shared) -> Plan {
        let wide_enough = width >= 60;
        let rows = self.nodes_state.len() as u16;
        let foot = if rows > 1 { 2 } else { 0 };
        let all: u16 = needs.iter().sum::<usize>().max(1) as u16 + 1;
        let least = (needs.len().max(1) as u16 + 1).min(all);
        if height < 14 {
            // A phone: the worst, and as many nodes as there is room for.
            let needs = least.min(height.saturating_sub(3) / 2 + 1);
            return Plan {
                needs,
                nodes: height.saturating_sub(needs),
                hour: 0,
                since: 0,
                money: 0,
                sources: 0,
            };
        }
        let table = rows + 2 + foot;
        let mut left = height;
        let mut give = |wanted: u16, keep: u16| {
            let given = wanted.min(left.saturating_sub(keep));
            left -= given;
            given
        };
        let table_least = table.min(6);
        let needs_given = give(all.min((height / 3).max(least)), table_least + 3);
        let mut nodes = give(table, 3);
        let mut hour = if wide_enough { give(3, 0) } else { 0 };
        if hour < 3 {
            left += hour;
            hour = 0;
        }
        let give = |left: &mut u16, wanted: u16| {
            let given = wanted.min(*left);
            *left -= given;
            given
        };
        let changes = self.since.wanted(shared);
        // A heading alone says nothing.
        let mut since = if left >= 2 { give(&mut left, changes.min(3)) } else { 0 };
        let money = match (money::is_known(shared), height >= 30) {
            (false, _) => 0,
            (true, true) if left >= 2 => give(&mut left, 2),
            (true, _) => give(&mut left, 1),
        };
        let sources = match height >= 30 {
            true => give(&mut left, 2 + silent(shared).count().min(3) as u16),
            false => 0,
        };
        let needs = needs_given + give(&mut left, all - needs_given);
        if hour == 3 && left >= 5 {
            hour += give(&mut left, 7.max(height / 4));
        }
        if since > 0 {
            since += give(&mut left, changes.min(9) - since.min(changes));
        }
        if hour > 3 {
            hour += give(&mut left, height / 4);
        }
        nodes += if hour == 0 { left } else { 0 };
        Plan {
            needs,
            nodes,
            hour,
            since,
            money,
            sources,
        }
    }
}

/// Nothing to look at yet, and what to do.
fn empty(page: &mut Page<'_>) {
    gone(page);
    if page.shared.told_ms() == 0 {
        page.rule("STARTING", "");
        page.say("asking the collector …", Tone::Text);
        return;
    }
    page.rule("WELCOME", "");
    page.say("No node is configured, and none was found on this host.", Tone::Text);
    page.say("", Tone::Text);
    let (width, glyphs) = (usize::from(page.area.width), page.shared.theme.glyphs);
    for (command, what) in [
        ("storj-monitor doctor", "says what was looked for, and where"),
        (
            "storj-monitor --node home=/path/to/node.log,api=http://127.0.0.1:14002",
            "watches a node without any file; repeat --node for more",
        ),
        (
            "storj-monitor config init",
            "writes a file to name nodes in; it is taken up at once (ctrl-r)",
        ),
        ("storj-monitor demo", "shows all of this on two recorded nodes"),
    ] {
        for line in wrap(command, width.saturating_sub(2), &glyphs) {
            page.line().put(&format!(" {line}"), Tone::Key);
        }
        for line in wrap(what, width.saturating_sub(5), &glyphs) {
            page.line().put(&format!("    {line}"), Tone::Muted);
        }
    }
}

/// Less than this is read in a moment, bytes.
const SOON: u64 = 4_000_000;

/// Logs that are being caught up: until then the last hour is not whole.
fn behind(page: &mut Page<'_>) {
    let shared = page.shared;
    let lag = |node: &Node| node.sources.iter().map(|source| source.lag_bytes).sum::<u64>();
    let late: Vec<(&str, u64)> = shared
        .nodes()
        .iter()
        .map(|node| (node.name.as_str(), lag(node)))
        .filter(|(_, lag)| *lag >= SOON)
        .collect();
    let Some((name, _)) = late.first() else { return };
    let who = match late.len() {
        1 => (*name).to_owned(),
        n => format!("{n} nodes"),
    };
    let left = number::size(late.iter().map(|(_, lag)| lag).sum::<u64>());
    let text = format!(
        "{} catching up: {left} of the log of {who} to read; figures are not whole until then",
        shared.theme.glyphs.unknown
    );
    page.say(&text, Tone::Warn);
}

/// Nobody watches: what is shown is old, and no alert is sent.
fn gone(page: &mut Page<'_>) {
    let Collector::Lost(since) = page.shared.collector else {
        return;
    };
    if page.shared.moment().is_some() {
        return;
    }
    let told = page.shared.told_ms();
    let (now, zone) = (page.shared.now_ms, page.shared.zone.clone());
    let ago = number::age(((now - since).max(0) / 1000).unsigned_abs());
    page.rule("COLLECTOR GONE", &format!("for {ago}"));
    let critical = page.shared.theme.glyphs.critical;
    let mut pen = page.line();
    pen.put(&format!(" {critical} "), Tone::Bad);
    let text = match told {
        0 => "There is no collector: nobody watches.".to_owned(),
        told => format!(
            "Nobody watches since {}; no alert is sent. Below: the last picture.",
            number::moment(told, now, &zone)
        ),
    };
    pen.put(&text, Tone::Text);
    if page.area.height >= 14 {
        let width = usize::from(page.area.width).saturating_sub(4);
        let own = if page.shared.may_collect {
            "C starts one in this program, `storj-monitor collect` one that stays; it"
        } else {
            "`storj-monitor collect` starts one; it"
        };
        let text =
            format!("{own} is looked for every second. Nothing is lost: logs are read on from where it stopped.");
        for line in wrap(&text, width, &page.shared.theme.glyphs) {
            page.say(&format!("  {line}"), Tone::Muted);
        }
    }
}

/// The reasons of every node that is not well, wrapped; the worst node first.
fn needs_lines(shared: &Shared, width: u16) -> Vec<Vec<(String, Tone)>> {
    let troubled = troubled(shared);
    let names = names_width(&troubled);
    let room = usize::from(width.saturating_sub(names + 5));
    let glyphs = shared.theme.glyphs;
    let of_node = |node: &Arc<Node>| {
        let line = |(n, reason): (usize, &Reason)| {
            let tone = if n == 0 { Tone::Text } else { Tone::Muted };
            wrap(&reason.text, room, &glyphs)
                .into_iter()
                .map(move |line| (line, tone))
        };
        node.reasons.iter().enumerate().flat_map(line).collect()
    };
    troubled.iter().map(of_node).collect()
}

fn troubled(shared: &Shared) -> Vec<Arc<Node>> {
    let troubled = shared.nodes().iter().filter(|node| node.state != State::Ok);
    troubled.cloned().collect()
}

fn names_width(nodes: &[Arc<Node>]) -> u16 {
    let widest = nodes.iter().map(|node| text::width(&node.name)).max();
    widest.unwrap_or(0).min(12) as u16
}

/// Every reason of every node in words, the worst first: a line for each node before a second of any.
fn needs_you(page: &mut Page<'_>, lines: &[Vec<(String, Tone)>], height: u16) {
    let troubled = troubled(page.shared);
    page.rule("NEEDS YOU", if troubled.len() > 1 { "worst first" } else { "" });
    if troubled.is_empty() {
        let good = page.shared.theme.glyphs.good;
        return page.say(&format!("{good} Nothing, as far as log and API tell."), Tone::Good);
    }
    let names = names_width(&troubled);
    let mut left = usize::from(height.saturating_sub(1));
    for (n, (node, lines)) in troubled.iter().zip(lines).enumerate() {
        let waiting = troubled.len() - n - 1;
        let most = left.saturating_sub(waiting).max(1).min(left);
        left -= reasons(page, node, lines, (names, most));
    }
}

/// At most so many lines about one node: how many they are. A mark says that there is more.
fn reasons(page: &mut Page<'_>, node: &Node, lines: &[(String, Tone)], (names, most): (u16, usize)) -> usize {
    let glyphs = page.shared.theme.glyphs;
    let width = usize::from(page.area.width.saturating_sub(names + 5));
    let (sign, tone) = nodes::mark(node.state, &glyphs);
    for (n, (line, weight)) in lines.iter().take(most).enumerate() {
        let is_cut = n + 1 == most && lines.len() > most;
        let row = page.take(1);
        let mut pen = super::pen::Pen::new(page.buffer, row, &page.shared.theme);
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
        if n == 0 {
            page.figure(row, "state", &node.name);
        }
    }
    lines.len().min(most)
}

/// Nodes whose API does not answer.
fn silent(shared: &Shared) -> impl Iterator<Item = &Arc<Node>> {
    let silent = |node: &&Arc<Node>| !matches!(node.api.state.as_str(), "ok" | "none");
    shared.nodes().iter().filter(silent)
}

/// Where everything comes from, and what is missing.
fn sources(page: &mut Page<'_>) {
    let nodes = page.shared.nodes().to_vec();
    let followed = nodes.iter().filter(|node| node.is_followed()).count();
    let behind: u64 = nodes
        .iter()
        .flat_map(|node| &node.sources)
        .map(|source| source.lag_bytes)
        .sum();
    let lines: u64 = nodes
        .iter()
        .flat_map(|node| &node.sources)
        .map(|source| source.lines)
        .sum();
    let understood: u64 = nodes
        .iter()
        .flat_map(|node| &node.sources)
        .map(|source| source.understood)
        .sum();
    let answering = nodes.iter().filter(|node| node.api.state == "ok").count();
    page.rule("SOURCES", "");
    let share = number::Percent::new(2, &[]).share(understood, lines);
    let behind = if behind == 0 {
        "nothing".to_owned()
    } else {
        number::size(behind)
    };
    let text = format!(
        "logs {followed} of {} followed · behind {behind} · {} lines, {share} % understood · API {answering} of {} answer",
        nodes.len(),
        number::count(lines),
        nodes.len()
    );
    page.say(&text, Tone::Text);
    let shared = page.shared;
    for node in silent(shared).take(3) {
        let why = node.api.error.as_deref().unwrap_or("no answer lately");
        page.say(&format!("  {}: API {} ({why})", node.name, node.api.state), Tone::Warn);
    }
}
