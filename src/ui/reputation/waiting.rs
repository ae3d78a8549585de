//! Audits that have begun and not ended, in one line under those that failed: a disk that hangs shows here first.

use crate::api::disks::PendingAudits;
use crate::api::status::Node;
use crate::ui::explain::{Explained, Fact};
use crate::ui::look::Tone;
use crate::ui::number;
use crate::ui::shared::Shared;

/// Since when an audit waits too long, s; satellites give up after 300.
const LATE_S: i64 = 60;
const VERY_LATE_S: i64 = 180;
/// What the line is called for Explain.
pub(super) const WHAT: &str = "waiting";

/// The line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Waiting {
    pub(super) text: String,
    /// For the end of another sentence.
    pub(super) brief: String,
    pub(super) tone: Tone,
}

impl Waiting {
    /// Whether it wants a look.
    pub(super) fn is_late(&self) -> bool {
        self.tone != Tone::Muted
    }
}

fn nodes(shared: &Shared) -> impl Iterator<Item = &Node> {
    let wanted = |node: &&Node| shared.node.as_ref().is_none_or(|name| node.name == *name);
    shared.nodes().iter().map(|node| &**node).filter(wanted)
}

fn source(word: &str) -> &str {
    match word {
        "metrics" => "/metrics",
        _ => "the log",
    }
}

/// Of the nodes that are looked at; `None`: nobody tells.
pub(super) fn waiting(shared: &Shared) -> Option<Waiting> {
    let all = nodes(shared).count();
    let known: Vec<(&Node, &PendingAudits)> = nodes(shared)
        .filter_map(|node| Some((node, node.pending_audits.as_ref()?)))
        .collect();
    let count: u64 = known.iter().map(|(_, pending)| pending.count).sum();
    if known.is_empty() {
        return None;
    }
    let oldest = known
        .iter()
        .filter_map(|(node, pending)| Some((pending.oldest_s?, *node, *pending)));
    let oldest = oldest.max_by_key(|(age, ..)| *age).filter(|(age, ..)| *age >= LATE_S);
    let (wait, tone) = match oldest {
        None => (format!("(by {})", sources(&known, all)), Tone::Muted),
        Some((age, node, pending)) => {
            let least = if pending.at_least { "at least " } else { "" };
            let who = if all > 1 {
                format!(" on {}", node.name)
            } else {
                String::new()
            };
            let age = number::duration(age.unsigned_abs().saturating_mul(1000));
            let tone = if pending.oldest_s >= Some(VERY_LATE_S) {
                Tone::Bad
            } else {
                Tone::Warn
            };
            (
                format!("one for {least}{age}{who} (by {})", source(&pending.source)),
                tone,
            )
        }
    };
    Some(Waiting {
        text: format!("audits started, not finished: {}, {wait}", number::count(count)).replace(", (", " ("),
        brief: format!("Started, not finished: {}.", number::count(count)),
        tone,
    })
}

/// Who says so, and of how many.
fn sources(known: &[(&Node, &PendingAudits)], all: usize) -> String {
    let mut from: Vec<&str> = known.iter().map(|(_, pending)| source(&pending.source)).collect();
    from.sort_unstable();
    from.dedup();
    let from = from.join(", ");
    match known.len() {
        of if of == all => from,
        of => format!("{from}; known of {of} of {all} nodes"),
    }
}

/// What the line is.
pub(super) fn explained(shared: &Shared) -> Explained {
    let facts = nodes(shared).map(|node| match &node.pending_audits {
        None => Fact::new(&node.name, "?", "neither a log with starts nor /metrics"),
        Some(pending) => {
            let least = if pending.at_least { "at least " } else { "" };
            let wait = pending.oldest_s.map_or(String::new(), |age| {
                format!(", the oldest for {least}{}", number::age(age.max(0).unsigned_abs()))
            });
            let as_of = pending.as_of.parse::<jiff::Timestamp>().ok();
            let value = format!("{}{wait}", number::count(pending.count));
            Fact::new(&node.name, value, source(&pending.source))
                .since(as_of.map(jiff::Timestamp::as_millisecond), shared.now_ms)
        }
    });
    Explained {
        title: "audits started, not finished".to_owned(),
        sum: String::new(),
        facts: facts.collect(),
        words: vec![
            "A satellite gives up on an audit after 5 minutes and counts it against the node. An audit takes a second; one that \
             waits for a minute says that the disk hangs or is overloaded, before any score does."
                .to_owned(),
            "Known from the log where it tells of starts (level DEBUG), else from the counters of the node's debug endpoint \
             (metrics): those say how many, and how long one waits at least."
                .to_owned(),
        ],
    }
}
