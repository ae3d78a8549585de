//! What the pane asks of what was kept: runs of the shared range, a month of them to tell what is usual, bloom
//! filters, restarts.

use crate::api::message::{Answer, Query};
use crate::domain::task::progress::Progress;
use crate::support::clock::DAY_MS;
use crate::ui::ask::Ask;
use crate::ui::chart::Range;
use crate::ui::shared::{Shared, Stretch};

/// Runs of the range that is shown.
pub(super) const RUNS: &str = "maintenance.runs";
/// Runs of the time the history shows, while a moment of it is chosen and the tables end there.
pub(super) const SEEN: &str = "maintenance.seen";
/// Runs of the month before: what is usual.
pub(super) const PAST: &str = "maintenance.past";
/// The newest bloom filter of each node and satellite.
pub(super) const FILTERS: &str = "maintenance.filters";
/// How far what goes on is by the node's own word.
pub(super) const PROGRESS: &str = "maintenance.progress";
/// Restarts and releases.
pub(super) const MARKS: &str = "maintenance.marks";

/// What is usual is told from so much time.
const USUAL_DAYS: i64 = 30;

/// What makes a question about the same nodes and time the same. Satellites are told apart here, not there.
pub(super) fn key(shared: &Shared) -> String {
    let node = shared.node.as_deref().unwrap_or_default();
    let time = (shared.time.end, shared.moment());
    format!("{node}\t{}\t{time:?}", shared.time.range.name())
}

/// What makes a question about the time the history shows the same: which moment of it is chosen does not matter.
pub(super) fn seen_key(shared: &Shared) -> String {
    let node = shared.node.as_deref().unwrap_or_default();
    format!("{node}\t{}\t{:?}", shared.time.range.name(), shared.time.end)
}

/// The end of the time the history shows, ms since the epoch.
pub(super) fn seen_to_ms(shared: &Shared) -> i64 {
    shared.time.seen(shared.now_s()).1.saturating_mul(1000)
}

/// How far what goes on is by the node's own word; nothing where that is not answered.
pub(super) fn progress(shared: &Shared) -> &[Progress] {
    match shared.answers.of(PROGRESS, &key(shared)) {
        Some(Ok(Answer::Progress(told))) => told,
        _ => &[],
    }
}

/// All that is asked.
pub(super) fn all(shared: &Shared) -> Vec<Ask> {
    let stretch = Stretch::of(shared);
    let (every_s, slowly_s) = match (stretch.live, shared.time.range) {
        (false, _) => (0, 0),
        (true, Range::Minutes15 | Range::Hour) => (5, 60),
        (true, Range::Hours6 | Range::Day) => (10, 60),
        (true, _) => (60, 300),
    };
    let key = key(shared);
    let ask = |slot, query, every_s| Ask {
        slot,
        key: key.clone(),
        query,
        every_s,
    };
    let tasks = |from_ms: i64| Query::Tasks {
        nodes: shared.scope(),
        from_ms,
        to_ms: stretch.to_ms,
    };
    let filters = Query::Filters {
        nodes: shared.scope(),
        at_ms: Some(stretch.to_ms),
    };
    let progress = Query::Progress {
        nodes: shared.scope(),
        at_ms: Some(stretch.to_ms),
    };
    let seen_to = seen_to_ms(shared).saturating_add(1000);
    let seen_from = seen_to.saturating_sub(shared.time.range.seconds() * 1000);
    let marks = Query::Marks {
        nodes: shared.scope(),
        from_ms: seen_from,
        to_ms: seen_to,
    };
    let month = stretch.to_ms.saturating_sub(USUAL_DAYS * DAY_MS);
    let mut asks = vec![
        ask(RUNS, tasks(stretch.from_ms), every_s),
        ask(PAST, tasks(month), slowly_s.max(300 * i64::from(stretch.live))),
        ask(FILTERS, filters, slowly_s),
        ask(PROGRESS, progress, if stretch.live { 10 } else { 0 }),
        Ask {
            key: seen_key(shared),
            ..ask(MARKS, marks, slowly_s)
        },
    ];
    if shared.moment().is_some() {
        let query = Query::Tasks {
            nodes: shared.scope(),
            from_ms: seen_from,
            to_ms: seen_to,
        };
        asks.push(Ask {
            slot: SEEN,
            key: seen_key(shared),
            query,
            every_s: if shared.time.end.is_none() { 60 } else { 0 },
        });
    }
    asks
}
