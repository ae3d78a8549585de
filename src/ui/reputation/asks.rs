//! What the pane asks of what was kept: the ratings at the moment that is shown, and one node's scores over time.

use crate::api::message::Query;
use crate::api::table::{Question, What};
use crate::ui::ask::Ask;
use crate::ui::chart::Range;
use crate::ui::shared::Shared;

/// How satellites rate nodes.
const RATINGS: &str = "reputation.ratings";
/// Scores of a node over time.
pub(super) const HISTORY: &str = "reputation.history";
/// What happened to a node.
pub(super) const MARKS: &str = "reputation.marks";

/// Rows are kept for changes only: what was said before the chart begins is looked for so far back.
const BEFORE_MS: i64 = 90 * 86_400_000;
/// Rows that are read at most.
const MOST_ROWS: usize = 100_000;

/// The ratings.
pub(super) fn ratings(shared: &Shared) -> Ask {
    let moment = shared.moment();
    Ask {
        slot: RATINGS,
        key: format!("{:?}\t{moment:?}", shared.node),
        query: Query::Reputation {
            nodes: shared.scope(),
            at_ms: moment.map(|second| second * 1000 + 999),
        },
        every_s: if moment.is_some() { 0 } else { 10 },
    }
}

/// What makes questions about a node's past the same.
pub(super) fn history_key(node: &str, shared: &Shared) -> String {
    format!("{node}\t{}\t{:?}", shared.time.range.name(), shared.time.end)
}

/// A node's scores and events over the range that is shown.
pub(super) fn history(node: &str, shared: &Shared) -> [Ask; 2] {
    let (from, to) = shared.time.seen(shared.now_s());
    let (from_ms, to_ms) = (from * 1000, to * 1000 + 1000);
    let every_s = match (shared.time.end, shared.time.range) {
        (Some(_), _) => 0,
        (None, Range::Minutes15 | Range::Hour | Range::Hours6) => 30,
        (None, _) => 120,
    };
    let question = Question {
        nodes: vec![node.to_owned()],
        from_ms: Some(from_ms - BEFORE_MS),
        to_ms: Some(to_ms),
        ..Question::all(What::Reputation)
    };
    let ask = |slot, query| Ask {
        slot,
        key: history_key(node, shared),
        query,
        every_s,
    };
    [
        ask(
            HISTORY,
            Query::Rows {
                question,
                limit: MOST_ROWS,
            },
        ),
        ask(
            MARKS,
            Query::Marks {
                nodes: vec![node.to_owned()],
                from_ms,
                to_ms,
            },
        ),
    ]
}
