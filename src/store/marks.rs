//! What happened to nodes: starts, releases and work, from their logs and from what they say when they are asked.

use rusqlite::{Connection, params};

use super::query::Scope;
use super::{Reader, Result};
use crate::domain::chart::{Mark, MarkKind};

/// A start that both the log and the node tell of: their times differ by so much at most.
const SAME_MS: i64 = 120_000;

/// A process of a node, as it first told.
struct Ran {
    first: i64,
    version: Option<String>,
    started: Option<i64>,
}

/// Remembers since when a node is a process.
pub(crate) fn ran(connection: &Connection, node: i64, process: i64, time: i64) -> rusqlite::Result<()> {
    connection
        .prepare_cached("INSERT OR IGNORE INTO ran (node, process, first) VALUES (?1, ?2, ?3)")?
        .execute([node, process, time])
        .map(|_| ())
}

impl Reader {
    /// Starts and new releases of a scope's nodes, times of which nothing is known, compactions and garbage
    /// collections (the longest), in the order of time; the last `most` of them. `now`: the second behind which there is only future.
    pub fn marks(&self, scope: &Scope, now: i64, most: usize) -> Result<Vec<Mark>> {
        let mut marks = Vec::new();
        for (node, name) in self.scope_nodes(scope)? {
            let ran = match self.version {
                ..3 => Vec::new(),
                _ => self.sql(all_ran(self.connection(), node))?,
            };
            let mark = |time_ms, kind, text: String| Mark {
                time_ms,
                until_ms: None,
                node: name.clone(),
                kind,
                text,
            };
            let news = releases(&ran);
            marks.extend(news.into_iter().map(|(ms, text)| mark(ms, MarkKind::Version, text)));
            let logged = match self.version {
                ..2 => Vec::new(),
                _ => self.sql(starts(self.connection(), node, scope))?,
            };
            let told = ran.iter().filter_map(|ran| ran.started);
            let starts = both(logged, told.collect()).into_iter();
            marks.extend(starts.map(|ms| mark(ms, MarkKind::Start, "started".to_owned())));
        }
        let (from, to) = (scope.from_ms.unwrap_or(i64::MIN), scope.to_ms.unwrap_or(i64::MAX));
        marks.retain(|mark| (from..to).contains(&mark.time_ms));
        marks.extend(self.gaps(scope, now)?.into_iter().map(|gap| Mark {
            time_ms: gap.from.saturating_mul(1000),
            until_ms: Some(gap.to.saturating_mul(1000)),
            node: gap.node,
            kind: MarkKind::Gap,
            text: "nothing was collected".to_owned(),
        }));
        // What nodes do all the time takes the room that is left.
        marks.extend(self.work_marks(scope, most.saturating_sub(marks.len()))?);
        marks.sort_by(|a, b| (a.time_ms, &a.node, a.kind).cmp(&(b.time_ms, &b.node, b.kind)));
        marks.drain(..marks.len().saturating_sub(most));
        Ok(marks)
    }
}

fn all_ran(connection: &Connection, node: i64) -> rusqlite::Result<Vec<Ran>> {
    connection
        .prepare_cached(
            "SELECT r.first, p.version, p.started FROM ran r JOIN process p ON p.id = r.process
             WHERE r.node = ?1 ORDER BY r.first",
        )?
        .query_map([node], |row| {
            Ok(Ran {
                first: row.get(0)?,
                version: row.get(1)?,
                started: row.get(2)?,
            })
        })?
        .collect()
}

fn starts(connection: &Connection, node: i64, scope: &Scope) -> rusqlite::Result<Vec<i64>> {
    let (from, to) = (scope.from_ms.unwrap_or(i64::MIN), scope.to_ms.unwrap_or(i64::MAX));
    connection
        .prepare_cached("SELECT time FROM start WHERE node = ?1 AND time >= ?2 AND time < ?3 ORDER BY time")?
        .query_map(params![node, from, to], |row| row.get(0))?
        .collect()
}

/// Where the release differs from the one before: since its start, or since it was first told.
fn releases(ran: &[Ran]) -> Vec<(i64, String)> {
    let mut news = Vec::new();
    let mut before: Option<&str> = None;
    for ran in ran {
        let Some(version) = ran.version.as_deref() else {
            continue;
        };
        if let Some(before) = before.filter(|before| *before != version) {
            let since = ran.started.filter(|started| *started <= ran.first).unwrap_or(ran.first);
            news.push((since, format!("release {before} → {version}")));
        }
        before = Some(version);
    }
    news
}

/// Starts of the log, and of those that were told the ones that the log has not. A node tells of its start by the
/// time it has run: the same start may come out a few seconds apart.
fn both(logged: Vec<i64>, mut told: Vec<i64>) -> Vec<i64> {
    let mut starts = logged;
    told.sort_unstable();
    for ms in told {
        if starts.iter().all(|known| (known - ms).abs() > SAME_MS) {
            starts.push(ms);
        }
    }
    starts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_start_is_told_once_and_a_release_when_it_changes() {
        assert_eq!(
            both(vec![1_000_000], vec![1_010_000, 9_000_000, 9_005_000]),
            [1_000_000, 9_000_000]
        );
        let ran = |first, version: Option<&str>, started| Ran {
            first,
            version: version.map(str::to_owned),
            started,
        };
        let news = releases(&[
            ran(10, Some("1.2"), Some(5)),
            ran(20, None, Some(15)),
            ran(30, Some("1.2"), Some(25)),
            ran(40, Some("1.3"), Some(35)),
            ran(50, Some("1.2"), Some(70)),
        ]);
        assert_eq!(
            news,
            [
                (35, "release 1.2 → 1.3".to_owned()),
                (50, "release 1.3 → 1.2".to_owned())
            ]
        );
    }
}
