//! What the pane asks of what was kept: tables of the stretch of time that ends now or at the chosen moment.

use crate::api::message::Query;
use crate::api::table::{ErrorOf, Question, What};
use crate::domain::chart;
use crate::support::clock::DAY_MS;
use crate::ui::ask::Ask;
use crate::ui::chart::Range;
use crate::ui::shared::{Shared, Stretch};

/// By satellite, action, outcome, cause, size.
pub(super) const SUMS: &str = "traffic.sums";
/// By node, satellite, action, outcome, cause.
pub(super) const NODES: &str = "traffic.nodes";
/// By hour.
pub(super) const HOURS: &str = "traffic.hours";
/// By day and node, two weeks before.
pub(super) const USUAL: &str = "traffic.usual";
/// Error templates.
pub(super) const ERRORS: &str = "traffic.errors";
/// Error templates of the week before.
pub(super) const BEFORE: &str = "traffic.before";
/// Transfers behind an error template or of a piece.
pub(super) const EXAMPLES: &str = "traffic.examples";

/// Hours of the table by the hour.
pub(super) const HOURS_SHOWN: i64 = 6;
/// Days from which on the usual is told.
const USUAL_DAYS: i64 = 14;
/// Templates and transfers that are read at most.
const MOST_ERRORS: usize = 2000;
const MOST_ROWS: usize = 100_000;
const MOST_EXAMPLES: usize = 500;

/// What makes a question about the same nodes, satellite and time the same.
pub(super) fn key(shared: &Shared) -> String {
    format!("{}\t{:?}", shared.key(), shared.moment())
}

/// What is looked at more closely.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Drill {
    /// An error template of an action.
    Error { action: String, template: String },
    /// A piece, by its id.
    Piece(String),
}

/// All that is asked.
pub(super) fn all(shared: &Shared, drill: Option<&Drill>) -> Vec<Ask> {
    let stretch = Stretch::of(shared);
    let (every_s, slowly_s) = match (stretch.live, shared.time.range) {
        (false, _) => (0, 0),
        (true, Range::Minutes15) => (3, 30),
        (true, Range::Hour) => (5, 60),
        (true, Range::Hours6 | Range::Day) => (20, 60),
        (true, _) => (60, 300),
    };
    let key = key(shared);
    let ask = |slot, query, every_s| Ask {
        slot,
        key: key.clone(),
        query,
        every_s,
    };
    let by = |fields: &[&str]| traffic(shared, stretch, fields);
    let mut asks = vec![
        ask(
            SUMS,
            by(&["satellite_id", "action", "outcome", "cause", "size_class"]),
            every_s,
        ),
        ask(
            NODES,
            by(&["node", "satellite_id", "action", "outcome", "cause"]),
            every_s,
        ),
        ask(HOURS, hours(shared, stretch), every_s.max(10 * i64::from(stretch.live))),
        ask(ERRORS, errors(shared, (stretch.from_ms, stretch.to_ms)), every_s),
        ask(
            BEFORE,
            errors(shared, (stretch.from_ms - 7 * DAY_MS, stretch.from_ms)),
            slowly_s.max(300 * i64::from(stretch.live)),
        ),
        ask(
            USUAL,
            usual(shared, stretch),
            slowly_s.max(300 * i64::from(stretch.live)),
        ),
    ];
    asks.extend(drill.map(|drill| examples(shared, stretch, drill)));
    asks
}

fn traffic(shared: &Shared, stretch: Stretch, fields: &[&str]) -> Query {
    let question = Question {
        nodes: shared.scope(),
        from_ms: Some(stretch.from_ms),
        to_ms: Some(stretch.to_ms),
        by: fields.iter().map(|field| (*field).to_owned()).collect(),
        ..Question::all(What::Traffic)
    };
    Query::Rows {
        question,
        limit: MOST_ROWS,
    }
}

fn hours(shared: &Shared, stretch: Stretch) -> Query {
    let hour = (stretch.to_ms - 1).div_euclid(3_600_000) - (HOURS_SHOWN - 1);
    Query::Chart(chart::Ask {
        nodes: shared.scope(),
        satellite: shared.satellite.clone(),
        from_ms: hour * 3_600_000,
        to_ms: stretch.to_ms,
        buckets: HOURS_SHOWN as usize,
        by_node: false,
        durations: false,
    })
}

/// Whole days before today.
fn usual(shared: &Shared, stretch: Stretch) -> Query {
    let today = stretch.to_ms.div_euclid(DAY_MS) * DAY_MS;
    Query::Chart(chart::Ask {
        nodes: shared.scope(),
        satellite: shared.satellite.clone(),
        from_ms: today - USUAL_DAYS * DAY_MS,
        to_ms: today,
        buckets: USUAL_DAYS as usize,
        by_node: true,
        durations: false,
    })
}

fn errors(shared: &Shared, (from_ms, to_ms): (i64, i64)) -> Query {
    let question = Question {
        nodes: shared.scope(),
        from_ms: Some(from_ms),
        to_ms: Some(to_ms),
        ..Question::all(What::Errors)
    };
    Query::Rows {
        question,
        limit: MOST_ERRORS,
    }
}

/// The last transfers behind an error, or all of a piece.
fn examples(shared: &Shared, stretch: Stretch, drill: &Drill) -> Ask {
    let mut question = Question {
        nodes: shared.scope(),
        ..Question::all(What::Transfers)
    };
    match drill {
        Drill::Piece(piece) => question.piece = Some(piece.clone()),
        Drill::Error { action, template } => {
            question.error = Some(ErrorOf {
                action: action.clone(),
                template: template.clone(),
            });
            (question.from_ms, question.to_ms) = (Some(stretch.from_ms), Some(stretch.to_ms));
        }
    }
    Ask {
        slot: EXAMPLES,
        key: examples_key(shared, drill),
        query: Query::Rows {
            question,
            limit: MOST_EXAMPLES,
        },
        every_s: if stretch.live { 30 } else { 0 },
    }
}

/// The key of the examples.
pub(super) fn examples_key(shared: &Shared, drill: &Drill) -> String {
    format!("{}\t{drill:?}", key(shared))
}
