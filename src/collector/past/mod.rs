//! Log lines around a moment, from the files that are still there: the answer to a viewer, made in that
//! viewer's thread. Never more work than a few seconds.

mod walk;

use std::path::Path;
use std::time::{Duration, Instant};

use super::matcher::Matcher;
use crate::api::line::{Filter, LogLine, Past, Place, Start};
use crate::source::past::{self, Part};
use crate::store::Reader;
use crate::support::clock;
use walk::{Budget, Reached, Walk};

/// Lines of an answer, each way.
const MOST: usize = 2000;
/// A viewer waits so long at most.
const PATIENCE: Duration = Duration::from_secs(3);
/// Bytes looked through for one answer, inflated.
const MOST_BYTES: u64 = 1 << 30;

/// The lines that fit around `at_ms` (ms since the epoch; without one before the end): so many before it, and
/// from it on.
///
/// # Errors
/// One line: what is wrong with the filter, or that the database does not answer.
pub fn around(
    reader: &Reader,
    filter: &Filter,
    at_ms: Option<i64>,
    (before, after): (usize, usize),
) -> Result<Past, String> {
    let matcher = Matcher::new(filter)?;
    let now_ms = clock::now_ms();
    let names = reader.watched(now_ms).map_err(|error| error.to_string())?;
    let nodes: Vec<String> = match filter.nodes.as_slice() {
        [] => names,
        named => named.to_vec(),
    };
    let many = (before.min(MOST), after.min(MOST));
    let (mut sides, mut past) = (Vec::new(), Past::default());
    let begun = Instant::now();
    for (n, node) in nodes.iter().enumerate() {
        let share = (n as u32 + 1, nodes.len() as u32);
        let budget = Budget {
            bytes: MOST_BYTES / u64::from(share.1),
            until: begun + PATIENCE * share.0 / share.1,
        };
        let logs = reader.logs(node).map_err(|error| error.to_string())?;
        if logs.is_empty() {
            past.notes
                .push(format!("{node}: no log of it is followed; there is none to look into"));
        }
        for log in logs {
            sides.push(one(&matcher, (node, Path::new(&log)), (at_ms, many), budget, &mut past));
        }
    }
    merge(sides, many, &mut past);
    Ok(past)
}

/// What was found of one log.
struct Sides {
    before: Vec<LogLine>,
    after: Vec<LogLine>,
    reached: (Reached, Reached),
}

fn one(
    matcher: &Matcher,
    (node, log): (&str, &Path),
    (at_ms, many): (Option<i64>, (usize, usize)),
    budget: Budget,
    past: &mut Past,
) -> Sides {
    let parts = past::parts(log).unwrap_or_else(|error| {
        past.notes
            .push(format!("{node}: {}: {error}; it was not looked through", log.display()));
        Vec::new()
    });
    if parts.is_empty() {
        past.notes.push(format!(
            "{node}: {} is not there, nor a rotated file of it",
            log.display()
        ));
    }
    let mut walk = Walk::new(matcher, node, budget);
    let parts = walk.in_order(parts);
    if let Some((ms, first)) = parts.first() {
        past.starts.push(Start {
            node: node.to_owned(),
            path: first.path.display().to_string(),
            time_ms: *ms,
        });
    }
    let sides = walk.around(&parts, at_ms, many);
    past.notes.extend(walk.notes);
    sides
}

/// Brings the logs' lines into one order.
fn merge(sides: Vec<Sides>, (before, after): (usize, usize), past: &mut Past) {
    let (mut older, mut newer) = (Vec::new(), Vec::new());
    for side in sides {
        past.from_ms = past.from_ms.max(side.reached.0.ms());
        past.to_ms = match (past.to_ms, side.reached.1.ms()) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        older.push(side.before);
        newer.push(side.after);
    }
    let mut older = by_time(older);
    if older.len() > before {
        older.drain(..older.len() - before);
        past.from_ms = past.from_ms.max(older.first().map(|line| line.time_ms));
    }
    let mut newer = by_time(newer);
    if newer.len() > after {
        newer.truncate(after);
        let last = newer.last().map(|line| line.time_ms);
        past.to_ms = past.to_ms.map_or(last, |ms| last.map(|last| last.min(ms)));
    }
    past.before = older.len();
    past.lines = older;
    past.lines.append(&mut newer);
}

/// Merges lists, each in the order of its file, by time.
fn by_time(mut lists: Vec<Vec<LogLine>>) -> Vec<LogLine> {
    if lists.len() == 1 {
        return lists.pop().unwrap_or_default();
    }
    // What was relayed late has an older time than the line before it: it stays behind it.
    let mut keyed = Vec::new();
    for list in lists {
        let mut newest = i64::MIN;
        for line in list {
            newest = newest.max(line.time_ms);
            keyed.push((newest, line));
        }
    }
    keyed.sort_by_key(|(ms, _)| *ms);
    keyed.into_iter().map(|(_, line)| line).collect()
}

/// The whole line at a place, if it still stands there; only in files of the node's own logs.
pub fn line_at(reader: &Reader, node: &str, place: &Place) -> Option<Vec<u8>> {
    let logs = reader.logs(node).ok()?;
    let parts = logs.iter().filter_map(|log| past::parts(Path::new(log)).ok()).flatten();
    let part: Part = parts
        .filter(|part| !part.packed)
        .find(|part| part.path == Path::new(&place.path))?;
    walk::line_at(&part, place.offset).ok()?
}
