//! Figures of nodes that several blocks of the Overview tell.

use std::sync::Arc;

use crate::api::snapshot::{NodeView, Window};
use crate::api::status::{Flow, Node, Satellite};
use crate::domain::transfer::Outcome;
use crate::ui::look::Tone;
use crate::ui::model::Collector;
use crate::ui::shared::Shared;

/// Rates are of the last so many seconds.
pub(super) const SECONDS: usize = 10;

/// Bytes a second that came in and went out; `None`: nobody can tell.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Rates {
    pub(super) ingress: Option<u64>,
    pub(super) egress: Option<u64>,
}

impl Rates {
    /// Of all that are known.
    pub(super) fn sum(all: impl Iterator<Item = Self>) -> Self {
        let add = |a: Option<u64>, b: Option<u64>| match (a, b) {
            (None, None) => None,
            (a, b) => Some(a.unwrap_or(0) + b.unwrap_or(0)),
        };
        all.fold(Self::default(), |sum, one| Self {
            ingress: add(sum.ingress, one.ingress),
            egress: add(sum.egress, one.egress),
        })
    }
}

/// Whether a log of it is followed.
pub(super) fn is_read(node: &Node) -> bool {
    let state = |source: &crate::api::status::Source| source.state.as_deref() == Some("following");
    node.sources.iter().any(state)
}

/// Whether nobody tells what is now.
pub(super) fn is_old(shared: &Shared) -> bool {
    match shared.moment() {
        // What was shown before stays until the answer about then is there.
        Some(_) => !matches!(shared.then(), Some(Ok(_))),
        None => matches!(shared.collector, Collector::Lost(_)),
    }
}

/// A node's rates at the moment that is shown.
pub(super) fn rates(shared: &Shared, node: &Node) -> Rates {
    let Some(view) = shared.shown().nodes.get(&node.name) else {
        return Rates::default();
    };
    let of = |action: &str| match shared.moment() {
        Some(second) => minute_at(view, second, action),
        // A log that is not read says nothing: that is not nothing.
        None if !is_read(node) => None,
        None => {
            let window = &view.seconds.as_ref()?.value;
            Some(recent(window, action, SECONDS) / SECONDS as u64)
        }
    };
    Rates {
        ingress: of("PUT"),
        egress: of("GET"),
    }
}

/// Bytes a second in the minute of a moment, as far back as minutes go.
fn minute_at(view: &NodeView, second: i64, action: &str) -> Option<u64> {
    let window = &view.minutes.as_ref()?.value;
    let place = usize::try_from((second - window.begin).div_euclid(window.width.max(1))).ok()?;
    let flows = flows(window, action);
    let mut bytes = None;
    for flow in flows {
        let cell = flow.buckets.get(place)?;
        bytes = Some(bytes.unwrap_or(0) + cell.bytes);
    }
    bytes.map(|bytes| bytes / window.width.max(1).unsigned_abs())
}

/// Flows of an action and its repairs that succeeded.
pub(super) fn flows<'a>(window: &'a Window, action: &'a str) -> impl Iterator<Item = &'a crate::api::snapshot::Flow> {
    let wanted =
        move |flow: &&crate::api::snapshot::Flow| flow.outcome == Outcome::Success && flow.action.starts_with(action);
    window.flows.iter().filter(wanted)
}

fn recent(window: &Window, action: &str, buckets: usize) -> u64 {
    let last = flows(window, action).flat_map(|flow| flow.buckets.iter().rev().take(buckets));
    last.map(|cell| cell.bytes).sum()
}

/// Used and allocated bytes, when both are known.
pub(super) fn disk(node: &Node) -> Option<(u64, u64)> {
    let disk = node.disk.as_ref()?;
    Some((disk.used?, disk.allocated.filter(|all| *all > 0)?))
}

/// Of all nodes of which it is known.
pub(super) fn disk_sum(nodes: &[Arc<Node>]) -> (u64, u64) {
    let known = nodes.iter().filter_map(|node| disk(node));
    known.fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1))
}

/// How many of so many parts are full: all only when it is full, none only when it is empty.
pub(super) fn part(used: u64, all: u64, parts: usize) -> usize {
    match (used, used >= all) {
        (0, _) => 0,
        (_, true) => parts,
        _ => {
            let share = used as f64 / all as f64 * parts as f64;
            (share.round() as usize).clamp(1, parts.saturating_sub(1).max(1))
        }
    }
}

/// Transfers whose end says something about the node.
pub(super) fn judged(flow: &Flow) -> u64 {
    flow.success + flow.canceled + flow.failed
}

/// Audits that may still fail in a row, of the satellite that is nearest to disqualifying and has not yet.
pub(super) fn nearest(node: &Node) -> Option<u32> {
    node.satellites.iter().flatten().filter_map(left).min()
}

/// Audits that may still fail in a row, those counted that the log tells of since the score.
pub(super) fn left(satellite: &Satellite) -> Option<u32> {
    let told = satellite.audit_failures_to_disqualification;
    let computed = satellite
        .outlook
        .as_ref()
        .and_then(|outlook| outlook.failures_to_disqualification);
    match (told, computed) {
        (Some(told), Some(computed)) => Some(told.min(computed)),
        (told, computed) => told.or(computed),
    }
}

/// Whether the log knows more than the satellite said.
pub(super) fn is_computed(satellite: &Satellite) -> bool {
    left(satellite) != satellite.audit_failures_to_disqualification
}

/// How worrying it is that so many audits may still fail.
pub(super) fn left_tone(left: u32) -> Tone {
    match left {
        0..=20 => Tone::Bad,
        21..=36 => Tone::Warn,
        _ => Tone::Text,
    }
}
