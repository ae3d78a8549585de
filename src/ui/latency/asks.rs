//! What the pane asks: nodes by an action over the stretch of time that ends now or at the chosen moment, one node in
//! full, and the line over the whole chart.

use super::Latency;
use crate::api::latency;
use crate::api::message::Query;
use crate::ui::ask::Ask;
use crate::ui::chart::Range;
use crate::ui::shared::Shared;

/// All nodes.
pub(super) const NODES: &str = "latency.nodes";
/// One node in full.
pub(super) const NODE: &str = "latency.node";
/// All nodes over what the chart shows, where that is another time.
pub(super) const TREND: &str = "latency.trend";
/// Whether any action of any node is slow.
pub(super) const ACTIONS: &str = "latency.actions";
/// Disks of nodes whose logs tell nothing.
pub(super) const DISKS: &str = "latency.disks";
/// What happened.
pub(super) const MARKS: &str = "latency.marks";

impl Latency {
    /// What makes a question about the same action, quality and time the same.
    pub(super) fn key(&self, shared: &Shared) -> String {
        let satellite = shared.satellite.as_deref().unwrap_or_default();
        let time = (shared.time.range.name(), shared.time.end, shared.moment());
        format!("{satellite}\t{time:?}\t{}\t{:?}", self.action, self.quality)
    }

    /// The same for one node.
    pub(super) fn node_key(&self, node: &str, shared: &Shared) -> String {
        format!("{node}\t{}", self.key(shared))
    }

    /// The same for what the chart shows.
    pub(super) fn trend_key(&self, shared: &Shared) -> (&'static str, String) {
        if shared.moment().is_none() {
            return (NODES, self.key(shared));
        }
        let satellite = shared.satellite.as_deref().unwrap_or_default();
        let time = (shared.time.range.name(), shared.time.end);
        (
            TREND,
            format!("{satellite}\t{time:?}\t{}\t{:?}", self.action, self.quality),
        )
    }

    /// The same for all actions.
    pub(super) fn actions_key(&self, shared: &Shared) -> String {
        let satellite = shared.satellite.as_deref().unwrap_or_default();
        let time = (shared.time.range.name(), shared.time.end, shared.moment());
        format!("{satellite}\t{time:?}\t{:?}", self.quality)
    }

    pub(super) fn disks_key(shared: &Shared) -> String {
        format!("{:?}\t{:?}", shared.node, shared.moment())
    }

    pub(super) fn marks_key(shared: &Shared) -> String {
        format!("{}\t{:?}", shared.time.range.name(), shared.time.end)
    }

    /// All it asks.
    pub(super) fn asks(&self, shared: &Shared) -> Vec<Ask> {
        let now_ms = shared.now_s() * 1000;
        let end_ms = |second: Option<i64>| second.map_or(now_ms, |second| second * 1000 + 1000);
        let span_ms = shared.time.range.seconds() * 1000;
        let ask = |to_ms: i64| latency::Ask {
            satellite: shared.satellite.clone(),
            action: self.action.clone(),
            quality: self.quality,
            from_ms: to_ms - span_ms,
            to_ms,
            zone_s: zone_s(shared),
            ..latency::Ask::default()
        };
        let every_s = match shared.time.range {
            Range::Minutes15 | Range::Hour => 10,
            Range::Hours6 | Range::Day => 60,
            _ => 300,
        };
        let live = shared.moment().is_none() && shared.time.end.is_none();
        let every_s = if live { every_s } else { 0 };
        let then = ask(end_ms(shared.moment().or(shared.time.end)));
        let mut asks = vec![Ask {
            slot: NODES,
            key: self.key(shared),
            query: Query::Latency(then.clone()),
            every_s,
        }];
        if let Some(node) = self.subject(shared) {
            asks.push(Ask {
                slot: NODE,
                key: self.node_key(&node, shared),
                query: Query::Latency(latency::Ask {
                    nodes: vec![node.clone()],
                    detail: Some(node),
                    ..then
                }),
                every_s,
            });
        }
        asks.push(match self.blind {
            true => disks(shared, live),
            false => Ask {
                slot: ACTIONS,
                key: self.actions_key(shared),
                query: Query::Latency(latency::Ask {
                    each_action: true,
                    ..ask(end_ms(shared.moment().or(shared.time.end)))
                }),
                // It tells of the whole range: that does not change by the second.
                every_s: if live { every_s.max(60) } else { 0 },
            },
        });
        let (slot, key) = self.trend_key(shared);
        if slot == TREND {
            let query = Query::Latency(ask(end_ms(shared.time.end)));
            asks.push(Ask {
                slot,
                key,
                query,
                every_s: 0,
            });
        }
        let (from, to) = shared.time.seen(shared.now_s());
        asks.push(Ask {
            slot: MARKS,
            key: Self::marks_key(shared),
            query: Query::Marks {
                nodes: Vec::new(),
                from_ms: from * 1000,
                to_ms: to * 1000 + 1000,
            },
            every_s: if shared.time.end.is_none() { 60 } else { 0 },
        });
        asks
    }
}

/// How fast the disks of the nodes that are looked at answer.
fn disks(shared: &Shared, live: bool) -> Ask {
    Ask {
        slot: DISKS,
        key: Latency::disks_key(shared),
        query: Query::Disks {
            nodes: shared.scope(),
            at_ms: shared.moment().map(|second| second * 1000 + 999),
        },
        every_s: if live { 10 } else { 0 },
    }
}

/// Seconds the person's zone is east of UTC now.
fn zone_s(shared: &Shared) -> i32 {
    let now = jiff::Timestamp::from_millisecond(shared.now_ms).unwrap_or_default();
    shared.zone.to_offset(now).seconds()
}
