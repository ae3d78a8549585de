//! Figures of nodes that several blocks of the Overview tell.

use std::sync::Arc;

use crate::api::snapshot::NodeView;
use crate::api::status::{Flow, Node, Satellite};
use crate::domain::transfer::{Outcome, comes_in};
use crate::ui::flow;
use crate::ui::look::Tone;
use crate::ui::shared::Shared;

/// Rates are of the last so many seconds.
pub(super) const SECONDS: usize = flow::NOW_S;

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

/// A node's rates at the moment that is shown.
pub(super) fn rates(shared: &Shared, node: &Node) -> Rates {
    let Some(view) = shared.shown().nodes.get(&node.name) else {
        return Rates::default();
    };
    if let Some(second) = shared.moment() {
        return Rates {
            ingress: minute_at(view, second, comes_in),
            egress: minute_at(view, second, |action| !comes_in(action)),
        };
    }
    // A log that is not read says nothing: that is not nothing.
    let told = flow::right_now(view, shared.now_s()).filter(|_| node.is_followed());
    let of = |n: usize| told.map(|ways| ways[n].0 as u64);
    Rates {
        ingress: of(0),
        egress: of(1),
    }
}

/// Bytes a second in the minute of a moment, as far back as minutes go; `None` where nothing at all is known of it.
fn minute_at(view: &NodeView, second: i64, ours: impl Fn(&str) -> bool) -> Option<u64> {
    let window = &view.minutes.as_ref()?.value;
    let place = usize::try_from((second - window.begin).div_euclid(window.width.max(1))).ok()?;
    let mut known = None;
    for flow in &window.flows {
        let cell = flow.buckets.get(place)?;
        if cell.count > 0 {
            let bytes = known.get_or_insert(0);
            *bytes += if flow.outcome == Outcome::Success && ours(&flow.action) {
                cell.bytes
            } else {
                0
            };
        }
    }
    known.map(|bytes: u64| bytes / window.width.max(1).unsigned_abs())
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

/// Audits that may still fail in a row, of the satellite that is nearest to disqualifying.
pub(super) fn nearest(node: &Node) -> Option<u32> {
    node.satellites
        .iter()
        .flatten()
        .filter_map(Satellite::audits_left)
        .min()
}

/// How worrying it is that so many audits may still fail.
pub(super) fn left_tone(left: u32) -> Tone {
    match left {
        0..=20 => Tone::Bad,
        21..=36 => Tone::Warn,
        _ => Tone::Text,
    }
}
