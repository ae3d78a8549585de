//! Of which time a node's log was read, whenever that was: what is missing is a gap, and no zero. Written with
//! every commit, asked for charts.

use rusqlite::{Connection, params};

use super::query::Scope;
use super::writer::Writer;
use super::{At, Reader, Result};
use crate::domain::chart::Stretch;

/// First and last second of what was read in one piece.
pub type Span = (i64, i64);

/// What was read up to now is written down now and then: so much at the end is no gap.
const TRAILS_S: i64 = 150;
/// Spans this close together are one: clocks are not exact, and nodes are silent for a while.
const JOINS_S: i64 = 60;

/// Adds spans to what is known of a node.
pub(crate) fn put(connection: &Connection, node: i64, spans: &[Span]) -> rusqlite::Result<()> {
    for span in spans.iter().filter(|span| span.0 <= span.1) {
        add(connection, node, *span)?;
    }
    Ok(())
}

fn add(connection: &Connection, node: i64, (begin, last): Span) -> rusqlite::Result<()> {
    let touching: Vec<Span> = connection
        .prepare_cached("SELECT begin, last FROM covered WHERE node = ?1 AND begin <= ?3 + ?4 AND last >= ?2 - ?4")?
        .query_map([node, begin, last, JOINS_S], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    let from = touching.iter().map(|span| span.0).min().unwrap_or(begin).min(begin);
    let to = touching.iter().map(|span| span.1).max().unwrap_or(last).max(last);
    if touching == [(from, to)] {
        return Ok(());
    }
    for (old, _) in touching.iter().filter(|span| span.0 != from) {
        connection
            .prepare_cached("DELETE FROM covered WHERE node = ?1 AND begin = ?2")?
            .execute([node, *old])?;
    }
    connection
        .prepare_cached("INSERT OR REPLACE INTO covered (node, begin, last) VALUES (?1, ?2, ?3)")?
        .execute(params![node, from, to])?;
    Ok(())
}

/// What was read before it was written down: hours that hold lines of the log.
pub(crate) fn adopt(connection: &Connection) -> rusqlite::Result<()> {
    let mut statement = connection.prepare(
        "SELECT node, bucket FROM kind_hour GROUP BY node, bucket
         UNION SELECT node, bucket FROM traffic_hour ORDER BY node, bucket",
    )?;
    let mut rows = statement.query([])?;
    let mut open: Option<(i64, Span)> = None;
    while let Some(row) = rows.next()? {
        let (node, hour): (i64, i64) = (row.get(0)?, row.get(1)?);
        match &mut open {
            Some((of, span)) if *of == node && hour <= span.1 + 1 => span.1 = hour + 3599,
            other => {
                if let Some((node, span)) = other.replace((node, (hour, hour + 3599))) {
                    add(connection, node, span)?;
                }
            }
        }
    }
    open.map_or(Ok(()), |(node, span)| add(connection, node, span))
}

impl Writer {
    /// Adds spans to what is known of a node, beside what a commit says.
    pub fn covered(&self, node: i64, spans: &[Span]) -> Result<()> {
        put(self.read(), node, spans).at(self.path())
    }
}

impl Reader {
    /// The first second of a node's log that was read; `None`: nothing of that was written down.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn covered_since(&self, name: &str) -> Result<Option<i64>> {
        if self.version < 3 {
            return Ok(None);
        }
        let first = self.connection().query_row(
            "SELECT min(begin) FROM covered JOIN node ON node.id = covered.node WHERE node.name = ?1",
            [name],
            |row| row.get(0),
        );
        self.sql(first)
    }

    /// Stretches of a scope of which nothing was read, by node and time. `now`: what lies behind that second is no
    /// gap but the future.
    pub fn gaps(&self, scope: &Scope, now: i64) -> Result<Vec<Stretch>> {
        let (from, to) = scope.seconds(1);
        let to = to.min(now);
        let mut gaps = Vec::new();
        for (node, name) in self.scope_nodes(scope)? {
            let spans = match self.version {
                ..3 => return Ok(Vec::new()),
                _ => self.sql(spans(self.connection(), node, (from, to)))?,
            };
            let holes = holes(&spans, (from, to), now).into_iter();
            gaps.extend(holes.map(|(from, to)| Stretch {
                node: name.clone(),
                from,
                to,
            }));
        }
        Ok(gaps)
    }
}

fn spans(connection: &Connection, node: i64, (from, to): (i64, i64)) -> rusqlite::Result<Vec<Span>> {
    connection
        .prepare_cached("SELECT begin, last FROM covered WHERE node = ?1 AND last >= ?2 AND begin < ?3 ORDER BY begin")?
        .query_map([node, from, to], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect()
}

/// What spans leave of a range.
fn holes(spans: &[Span], (from, to): (i64, i64), now: i64) -> Vec<(i64, i64)> {
    let mut holes = Vec::new();
    let mut known = from;
    for (begin, last) in spans {
        if *begin > known {
            holes.push((known, *begin));
        }
        known = known.max(last.saturating_add(1));
    }
    if known < to && known < now.saturating_sub(TRAILS_S) {
        holes.push((known, to));
    }
    holes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(spans: &[Span]) -> Vec<Span> {
        let connection = Connection::open_in_memory().unwrap();
        connection
            .execute_batch(
                "CREATE TABLE covered (node INTEGER, begin INTEGER, last INTEGER, PRIMARY KEY (node, begin));
                 INSERT INTO covered VALUES (2, 0, 1000000);",
            )
            .unwrap();
        put(&connection, 1, spans).unwrap();
        super::spans(&connection, 1, (i64::MIN, i64::MAX)).unwrap()
    }

    #[test]
    fn spans_that_touch_are_one() {
        for (given, expected) in [
            (vec![(0, 10), (5, 20)], vec![(0, 20)]),
            (vec![(0, 100), (20, 30)], vec![(0, 100)]),
            (vec![(0, 10), (1000, 1010)], vec![(0, 10), (1000, 1010)]),
            (vec![(0, 10), (1000, 1010), (70, 940)], vec![(0, 1010)]),
            (vec![(1000, 1010), (0, 10), (11, 12)], vec![(0, 12), (1000, 1010)]),
            (vec![(0, 10), (200, 210), (400, 410), (5, 405)], vec![(0, 410)]),
            (vec![(10, 0)], vec![]),
        ] {
            assert_eq!(kept(&given), expected, "{given:?}");
        }
    }

    #[test]
    fn what_was_not_read_is_a_hole_and_the_last_moment_is_none() {
        let range = (0, 10_000);
        for (spans, expected) in [
            (vec![], vec![(0, 10_000)]),
            (vec![(0, 9_900)], vec![]),
            (vec![(0, 9_700)], vec![(9_701, 10_000)]),
            (vec![(100, 200), (300, 20_000)], vec![(0, 100), (201, 300)]),
            (vec![(-50, -10)], vec![(0, 10_000)]),
        ] {
            assert_eq!(holes(&spans, range, 10_000), expected, "{spans:?}");
        }
        assert_eq!(holes(&[(0, 5_000)], range, 100_000), [(5_001, 10_000)]);
    }
}
