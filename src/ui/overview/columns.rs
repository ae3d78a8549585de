//! What the node table of the Overview tells of a node, column by column.

use crate::api::snapshot::NodeView;
use crate::api::status::{Flow, Node};
use crate::domain::health::Rule;
use crate::domain::transfer::Outcome;
use crate::ui::look::Tone;
use crate::ui::model::Model;
use crate::ui::number::size;

/// A column of the node table.
pub(super) struct Column {
    pub(super) title: &'static str,
    pub(super) width: u16,
    /// On a narrow screen the highest goes first; 0 stays.
    drop: u8,
    pub(super) text: fn(&Node, Option<&NodeView>) -> (String, Tone),
}

pub(super) const COLUMNS: [Column; 9] = [
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
        text: |node, view| rate(node, view, "PUT"),
    },
    Column {
        title: "OUT MB/s",
        width: 9,
        drop: 3,
        text: |node, view| rate(node, view, "GET"),
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
fn rate(node: &Node, view: Option<&NodeView>, action: &str) -> (String, Tone) {
    const SECONDS: usize = 10;
    let window = view
        .and_then(|view| view.seconds.as_ref())
        .map(|section| &section.value);
    // A log that is not read says nothing: that is not nothing.
    let Some(window) = window.filter(|_| is_read(node)) else {
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

/// Whether a log of it is followed now.
fn is_read(node: &Node) -> bool {
    node.sources
        .iter()
        .any(|source| source.state.as_deref() == Some("following"))
}

/// Of the last hour's transfers of an action those that succeeded.
pub(super) fn success(node: &Node, action: &str) -> (String, Tone) {
    let flow = node.traffic.by_action.get(action).copied().unwrap_or_default();
    let Flow {
        success,
        canceled,
        failed,
        ..
    } = flow;
    match success + canceled + failed {
        0 if node.sources.is_empty() => ("?".to_owned(), Tone::Muted),
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
pub(super) fn fitting(width: u16, names: u16) -> (Vec<&'static Column>, u16) {
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

/// How a node is, in a word or two.
pub(super) fn state_words(node: &Node) -> &str {
    match node.reasons.first() {
        None => "ok",
        // A newer collector may know more rules.
        Some(reason) => match Rule::of(&reason.rule) {
            Some(rule) => rule.word(),
            None => &reason.rule,
        },
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
