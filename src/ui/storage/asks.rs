//! What the pane asks of what was kept: ledgers, disk over time, filters and compactions of one node.

use crate::api::message::Query;
use crate::api::table::{Question, What};
use crate::support::clock::DAY_MS;
use crate::ui::ask::Ask;
use crate::ui::chart::Range;
use crate::ui::shared::Shared;

/// By satellite, growth.
pub(super) const SPACE: &str = "storage.space";
/// The disk over the shared range.
pub(super) const DISK: &str = "storage.disk";
/// The newest bloom filters.
pub(super) const FILTERS: &str = "storage.filters";
/// Disks of this host.
pub(super) const DISKS: &str = "storage.disks";
/// All nodes by satellite, and the newest bloom filters of all.
pub(super) const FLEET: &str = "storage.fleet";
pub(super) const FLEET_FILTERS: &str = "storage.fleet-filters";
/// What unpaid bytes would earn.
pub(super) const MONEY: &str = "storage.money";
/// Its work of two weeks.
pub(super) const TASKS: &str = "storage.tasks";

/// The last compaction is looked for so far back.
const TASK_DAYS: i64 = 14;
/// Answers of a node that are read at most.
const MOST: usize = 100_000;

/// What makes a question about the same node and moment the same.
pub(super) fn key(shared: &Shared, node: &str) -> String {
    format!("{node}\t{:?}", shared.moment())
}

/// What makes a question about the same node and range the same: the cursor does not change the line.
pub(super) fn line_key(shared: &Shared, node: &str) -> String {
    format!("{node}\t{}\t{:?}", shared.time.range.name(), shared.time.end)
}

/// All that is asked about a node.
pub(super) fn all(shared: &Shared, node: &str) -> Vec<Ask> {
    let nodes = vec![node.to_owned()];
    let at_ms = shared.moment().map(|second| second * 1000);
    let (live, now_ms) = (at_ms.is_none(), shared.now_s() * 1000);
    let to_ms = at_ms.unwrap_or(now_ms) + 1000;
    let ask = |slot, query, every_s| Ask {
        slot,
        key: key(shared, node),
        query,
        every_s: if live { every_s } else { 0 },
    };
    let tasks = Query::Tasks {
        nodes: nodes.clone(),
        from_ms: to_ms - TASK_DAYS * DAY_MS,
        to_ms,
    };
    let (space, filters) = (nodes.clone(), nodes.clone());
    vec![
        ask(SPACE, Query::Storage { nodes: space, at_ms }, 60),
        ask(FILTERS, Query::Filters { nodes: filters, at_ms }, 120),
        ask(TASKS, tasks, 60),
        disk(shared, node),
    ]
}

/// What makes questions about disks the same.
pub(super) fn disks_key(shared: &Shared) -> String {
    format!("{:?}\t{:?}", shared.node, shared.moment())
}

/// The disks of the nodes that are looked at.
pub(super) fn disks(shared: &Shared) -> Ask {
    let moment = shared.moment();
    Ask {
        slot: DISKS,
        key: disks_key(shared),
        query: Query::Disks {
            nodes: shared.scope(),
            at_ms: moment.map(|second| second * 1000 + 999),
        },
        every_s: if moment.is_some() { 0 } else { 10 },
    }
}

/// What makes questions about all nodes the same.
pub(super) fn fleet_key(shared: &Shared) -> String {
    format!("{:?}", shared.moment())
}

/// What all nodes hold, by satellite.
pub(super) fn fleet(shared: &Shared) -> [Ask; 2] {
    let at_ms = shared.moment().map(|second| second * 1000);
    let ask = |slot, query| Ask {
        slot,
        key: fleet_key(shared),
        query,
        every_s: if at_ms.is_some() { 0 } else { 120 },
    };
    let nodes = Vec::new;
    [
        ask(FLEET, Query::Storage { nodes: nodes(), at_ms }),
        ask(FLEET_FILTERS, Query::Filters { nodes: nodes(), at_ms }),
    ]
}

/// What a TB is worth: prices change once in years.
pub(super) fn money(shared: &Shared) -> Ask {
    let moment = shared.moment();
    Ask {
        slot: MONEY,
        key: disks_key(shared),
        query: Query::Money {
            nodes: shared.scope(),
            at_ms: moment.map(|second| second * 1000 + 999),
            month: None,
            months: 1,
        },
        every_s: if moment.is_some() { 0 } else { 600 },
    }
}

fn disk(shared: &Shared, node: &str) -> Ask {
    let (from, to) = shared.time.seen(shared.now_s());
    let question = Question {
        nodes: vec![node.to_owned()],
        from_ms: Some(from * 1000),
        to_ms: Some(to * 1000 + 1000),
        ..Question::all(What::Storage)
    };
    Ask {
        slot: DISK,
        key: line_key(shared, node),
        query: Query::Rows { question, limit: MOST },
        every_s: match (shared.time.end, shared.time.range) {
            (Some(_), _) => 0,
            (None, Range::Minutes15 | Range::Hour | Range::Hours6) => 30,
            (None, _) => 300,
        },
    }
}
