//! How durations, qualities and actions are written.

use crate::api::latency::{Figures, NodeLatency};
use crate::domain::transfer::{Class, Outcome, Quality, comes_in};
use crate::ui::races::{Races, logs_debug};
use crate::ui::shared::Shared;

/// What the satellite waits for an audit before it counts it as failed: about five minutes. From these ages on a
/// pending one is worth a word, and is danger (ms).
pub(super) const AUDIT_LATE_MS: i64 = 60_000;
pub(super) const AUDIT_BAD_MS: i64 = 180_000;

/// Decimals of a whole table: fine where all is fast.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Seconds(usize);

impl Seconds {
    /// For values (ms).
    pub(super) fn of(values: impl IntoIterator<Item = u64>) -> Self {
        Self(if values.into_iter().max().unwrap_or(0) < 1000 {
            3
        } else {
            2
        })
    }

    /// Seconds without their unit. Of whole seconds the fraction is not known.
    pub(super) fn text(self, ms: u64, quality: Quality) -> String {
        match (quality, ms) {
            (Quality::Second, ..1000) => "<1".to_owned(),
            (Quality::Second, _) => format!("{:.0}", ms as f64 / 1000.0),
            (Quality::Arrival, ..10) => "<0.01".to_owned(),
            (Quality::Arrival, _) => format!("{:.2}", ms as f64 / 1000.0),
            _ => format!("{:.*}", self.0, ms as f64 / 1000.0),
        }
    }
}

/// In prose: `0.61 s`, `38.2 s`, `<1 s`.
pub(super) fn said(ms: u64, quality: Quality) -> String {
    match (quality, ms) {
        (Quality::Second, ..1000) => "<1 s".to_owned(),
        (Quality::Second, _) => format!("{:.0} s", ms as f64 / 1000.0),
        (Quality::Arrival, ..10) => "<10 ms".to_owned(),
        (_, ..100) => format!("{ms} ms"),
        (_, ..10_000) => format!("{:.2} s", ms as f64 / 1000.0),
        _ => format!("{:.1} s", ms as f64 / 1000.0),
    }
}

/// A quality in a column.
pub(super) fn word(quality: Quality) -> &'static str {
    match quality {
        Quality::Exact => "exact",
        Quality::Arrival => "10ms",
        Quality::Second => "1s",
    }
}

/// A quality in words.
pub(super) fn quality_words(quality: Quality) -> &'static str {
    match quality {
        Quality::Exact => "exact: both lines stamped by docker or journald",
        Quality::Arrival => "±10 ms: both lines stamped when they arrived",
        Quality::Second => "±1 s: the log's own whole seconds",
    }
}

/// What an action does, many of it.
pub(super) fn plural(action: &str) -> String {
    match Class::of(action) {
        Class::Put => "uploads".to_owned(),
        Class::Get => "downloads".to_owned(),
        Class::Audit => "audits".to_owned(),
        Class::GetRepair => "repair downloads".to_owned(),
        Class::PutRepair => "repair uploads".to_owned(),
        Class::Other if action.is_empty() => "transfers".to_owned(),
        Class::Other => action.to_owned(),
    }
}

/// Place of an action among all.
pub(super) fn order(action: &str) -> (u8, &str) {
    let place = match Class::of(action) {
        Class::Put => 0,
        Class::Get => 1,
        Class::PutRepair => 2,
        Class::GetRepair => 3,
        Class::Audit => 4,
        Class::Other => 5,
    };
    (place, action)
}

/// How a transfer ended, in a word. An audit is no race: of a canceled one the satellite hung up after its bytes.
pub(super) fn ended(action: &str, outcome: Outcome) -> &'static str {
    let audit = Class::of(action) == Class::Audit;
    match outcome {
        Outcome::Success if audit => "passed",
        Outcome::Canceled if audit => "hung up",
        Outcome::Success => "won",
        Outcome::Canceled => "lost",
        Outcome::Failed => "failed",
        Outcome::Rejected => "rejected",
    }
}

/// Races as they ended: won, lost, failed, rejected. What was rejected did not begin.
pub(super) fn races(ends: &[u64; 4]) -> Races {
    Races {
        won: ends[0],
        all: ends[0] + ends[1] + ends[2],
    }
}

/// Whether a share of uploads is too high: those that clients gave up are told at DEBUG only. A node that tells no
/// start does not log at DEBUG.
pub(super) fn lacks_uploads(node: &NodeLatency, action: &str, shared: &Shared) -> bool {
    let version = shared.nodes().iter().find(|other| other.name == node.node);
    let version = version.and_then(|other| other.node_version.as_deref());
    comes_in(action) && !node.has_durations && !logs_debug(&node.node, version, shared)
}

/// Of all races the share that was lost, of so many that were begun.
pub(super) fn lost_share(ends: &[u64; 4]) -> Option<f64> {
    let races = ends[0] + ends[1] + ends[2];
    (races >= 20).then(|| ends[1] as f64 / races as f64)
}

pub(super) fn figures(node: &NodeLatency) -> Option<&Figures> {
    node.figures.as_ref().filter(|figures| figures.count > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_seconds_have_no_decimals_and_a_column_has_the_same() {
        let (fine, coarse) = (Seconds::of([3, 999]), Seconds::of([3, 1000]));
        assert_eq!(
            (fine.text(61, Quality::Exact), coarse.text(61, Quality::Exact)),
            ("0.061".into(), "0.06".into())
        );
        assert_eq!(
            [0, 999, 1000, 61_000].map(|ms| coarse.text(ms, Quality::Second)),
            ["<1", "<1", "1", "61"]
        );
        let texts = [7, 70, 614, 2110, 38_200].map(|ms| said(ms, Quality::Arrival));
        assert_eq!(texts, ["<10 ms", "70 ms", "0.61 s", "2.11 s", "38.2 s"]);
    }
}
