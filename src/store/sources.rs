//! Questions about where lines came from: followed logs, ingested files, gaps.

use rusqlite::params;

use super::query::Scope;
use super::writer::Progress;
use super::{Reader, Result, positions};
use crate::domain::source::Position;

/// A log that is followed, or a file that was ingested.
#[derive(Debug, Clone)]
pub struct SourceRow {
    /// The node's name.
    pub node: String,
    /// Its path.
    pub source: String,
    /// Whether it is followed.
    pub followed: bool,
    /// How it is, in one word; `None` for what is not followed.
    pub state: Option<String>,
    /// What is wrong with it.
    pub error: Option<String>,
    /// What its lines were; they may go on.
    pub progress: Progress,
    /// Second of the newest line counted from it.
    pub last_second: Option<i64>,
    /// How far its files were read.
    pub positions: Vec<Position>,
    /// What was destroyed unread.
    pub gaps: Vec<GapRow>,
}

/// Bytes nobody read.
#[derive(Debug, Clone, Copy)]
pub struct GapRow {
    /// When it was noticed, ms since the epoch.
    pub noticed_ms: i64,
    /// Second of the last line before.
    pub from: Option<i64>,
    /// Second of the first line behind.
    pub to: Option<i64>,
    /// At least so many.
    pub bytes: Option<u64>,
}

impl SourceRow {
    /// Bytes that lie on the disk and were not read, as far as they were looked at.
    pub fn lag(&self) -> u64 {
        let open = self.positions.iter().filter(|position| !position.finished);
        open.map(Position::unread).sum()
    }
}

impl Reader {
    /// Paths of the logs that are followed of a node; when none is any more, of those that were.
    pub fn logs(&self, node: &str) -> Result<Vec<String>> {
        let read = || {
            let mut statement = self.connection().prepare_cached(
                "SELECT s.name, s.state IS 'left' FROM source s JOIN node n ON n.id = s.node WHERE n.name = ?1 ORDER BY s.name",
            )?;
            let rows = statement.query_map([node], |row| Ok((row.get(0)?, row.get(1)?)))?;
            rows.collect::<rusqlite::Result<Vec<(String, bool)>>>()
        };
        let found = self.sql(read())?;
        let all_left = found.iter().all(|(_, left)| *left);
        let logs = found.into_iter().filter(|(_, left)| all_left || !left);
        Ok(logs.map(|(path, _)| path).collect())
    }

    /// The sources of a scope's nodes, followed ones first.
    pub fn sources(&self, scope: &Scope) -> Result<Vec<SourceRow>> {
        let mut rows = Vec::new();
        for (node, name) in self.scope_nodes(scope)? {
            rows.extend(self.sql(self.sources_of(node, &name))?);
        }
        Ok(rows)
    }

    /// The newest hour (its first second) that ended before, or holds, the second `now`, in which a
    /// node wrote records of its own.
    pub fn newest_hour(&self, node: &str, now: i64) -> Result<Option<i64>> {
        self.sql(
            self.connection()
                .prepare_cached(
                    "SELECT max(h.bucket) FROM kind_hour h JOIN node n ON n.id = h.node JOIN kind k ON k.id = h.kind
                     WHERE n.name = ?1 AND h.bucket <= ?2 AND k.level <> ''",
                )
                .and_then(|mut statement| statement.query_row(params![node, now], |row| row.get(0))),
        )
    }

    fn sources_of(&self, node: i64, name: &str) -> rusqlite::Result<Vec<SourceRow>> {
        let connection = self.connection();
        let mut statement = connection.prepare_cached(
            "SELECT r.path, s.id, s.state, s.error, r.lines, r.understood, r.unknown, r.malformed, r.bytes, r.dialect, r.last
             FROM (SELECT path, sum(lines) AS lines, sum(understood) AS understood, sum(unknown) AS unknown,
                       sum(malformed) AS malformed, sum(bytes) AS bytes, max(dialect) AS dialect,
                       (SELECT l.t1 FROM ledger l JOIN run x ON x.id = l.run
                        WHERE l.node = ?1 AND x.path = run.path ORDER BY l.t1 DESC LIMIT 1) AS last
                   FROM run WHERE node = ?1 GROUP BY path) r
             LEFT JOIN source s ON s.node = ?1 AND s.name = r.path
             UNION ALL
             SELECT s.name, s.id, s.state, s.error, 0, 0, 0, 0, 0, NULL, NULL FROM source s
             WHERE s.node = ?1 AND s.name NOT IN (SELECT path FROM run WHERE node = ?1)",
        )?;
        let count = |value: i64| value.unsigned_abs();
        let found = statement.query_map([node], |row| {
            let id: Option<i64> = row.get(1)?;
            let row = SourceRow {
                node: name.to_owned(),
                source: row.get(0)?,
                followed: id.is_some(),
                state: row.get(2)?,
                error: row.get(3)?,
                progress: Progress {
                    lines: count(row.get(4)?),
                    understood: count(row.get(5)?),
                    unknown: count(row.get(6)?),
                    malformed: count(row.get(7)?),
                    bytes: count(row.get(8)?),
                    dialect: row.get(9)?,
                    finished_ms: None,
                },
                last_second: row.get(10)?,
                positions: Vec::new(),
                gaps: Vec::new(),
            };
            Ok((id, row))
        })?;
        let mut rows = Vec::new();
        for found in found {
            let (id, mut row) = found?;
            if let Some(id) = id {
                row.positions = positions::read(connection, id)?;
                row.gaps = gaps(connection, id)?;
            }
            rows.push(row);
        }
        rows.sort_by(|a, b| b.followed.cmp(&a.followed).then_with(|| a.source.cmp(&b.source)));
        Ok(rows)
    }
}

fn gaps(connection: &rusqlite::Connection, source: i64) -> rusqlite::Result<Vec<GapRow>> {
    let mut statement =
        connection.prepare_cached("SELECT noticed, first, last, bytes FROM gap WHERE source = ?1 ORDER BY noticed")?;
    let rows = statement.query_map(params![source], |row| {
        Ok(GapRow {
            noticed_ms: row.get(0)?,
            from: row.get(1)?,
            to: row.get(2)?,
            bytes: row.get::<_, Option<i64>>(3)?.map(i64::unsigned_abs),
        })
    })?;
    rows.collect()
}
