//! What nodes' logs say of the nodes themselves: starts, and scores every few hours.

use rusqlite::{Connection, OptionalExtension, params};

use super::dictionary::Dictionary;
use super::polls::StandingRow;
use super::query::Scope;
use super::{Reader, Result, remarks};
use crate::domain::batch::{Note, Scores};
use crate::domain::sample::Standing;

/// What a log told of its node until some time.
#[derive(Debug, Clone, Default)]
pub struct Noted {
    /// When the node started last, ms since the epoch.
    pub started_ms: Option<i64>,
    /// Whether the end of the process before that was explained; `None`: nobody knows.
    pub explained: Option<bool>,
    /// When a process of it last ended, and why: its own words, or `None`: it was told to.
    pub ended: Option<(i64, Option<String>)>,
    /// The node's id.
    pub node_id: Option<String>,
    /// The newest scores of each satellite: id, ms since the epoch, scores.
    pub scores: Vec<(String, i64, Scores)>,
}

/// A start is followed by the node's id within so long, or never.
const STARTING_MS: i64 = 3_600_000;

/// Keeps the notes of one node.
pub(crate) fn put(
    connection: &Connection,
    dictionary: &Dictionary,
    node: i64,
    notes: &[(i64, Note)],
) -> rusqlite::Result<()> {
    for (time, note) in notes {
        match note {
            Note::Starting { explained } => {
                connection
                    .prepare_cached("INSERT OR IGNORE INTO start (node, time, explained) VALUES (?1, ?2, ?3)")?
                    .execute(params![node, time, explained])?;
            }
            Note::Ending { why } => {
                // The last word of a moment says why.
                connection
                    .prepare_cached("INSERT OR REPLACE INTO ending (node, time, why) VALUES (?1, ?2, ?3)")?
                    .execute(params![node, time, why])?;
            }
            Note::Started { node_id } => {
                let named = connection
                    .prepare_cached(
                        "UPDATE start SET node_id = ?3 WHERE node = ?1 AND time =
                             (SELECT max(time) FROM start WHERE node = ?1 AND time BETWEEN ?2 - ?4 AND ?2)",
                    )?
                    .execute(params![node, time, node_id, STARTING_MS])?;
                if named == 0 {
                    // Its begin was not seen.
                    connection
                        .prepare_cached("INSERT OR REPLACE INTO start (node, time, node_id) VALUES (?1, ?2, ?3)")?
                        .execute(params![node, time, node_id])?;
                }
            }
            Note::Remark(remark) => {
                let remark = remark
                    .clone()
                    .with_satellite(|satellite| dictionary.satellite(satellite));
                remarks::put(connection, node, *time, &remark)?;
            }
            Note::Scores { satellite, scores } => {
                connection
                    .prepare_cached(
                        "INSERT OR REPLACE INTO score (node, satellite, time, audit, suspension, online, total, successful)
                         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                    )?
                    .execute(params![
                        node,
                        dictionary.satellite(*satellite),
                        time,
                        scores.audit,
                        scores.suspension,
                        scores.online,
                        scores.total_audits.map(|count| count as i64),
                        scores.successful_audits.map(|count| count as i64)
                    ])?;
            }
        }
    }
    Ok(())
}

impl Reader {
    /// What a node's log had told of it until `at_ms`.
    pub fn noted(&self, node: &str, at_ms: i64) -> Result<Noted> {
        let mut noted = self.sql(noted(self.connection(), node, at_ms))?;
        if self.version >= ENDINGS {
            self.sql(endings(self.connection(), node, at_ms, &mut noted))?;
        }
        Ok(noted)
    }

    /// How often a node started within (`from_ms`, `to_ms`].
    pub fn starts(&self, node: &str, (from_ms, to_ms): (i64, i64)) -> Result<u64> {
        self.sql(
            self.connection()
                .prepare_cached(
                    "SELECT count(*) FROM start s JOIN node n ON n.id = s.node
                     WHERE n.name = ?1 AND s.time > ?2 AND s.time <= ?3",
                )
                .and_then(|mut statement| {
                    statement.query_row(params![node, from_ms, to_ms], |row| row.get::<_, i64>(0))
                })
                .map(i64::unsigned_abs),
        )
    }

    /// How often a process of a node crashed, was killed, or ended by itself within (`from_ms`, `to_ms`].
    pub fn crashes(&self, node: &str, (from_ms, to_ms): (i64, i64)) -> Result<u64> {
        if self.version < ENDINGS {
            return Ok(0);
        }
        let count = || {
            self.connection()
                .prepare_cached(
                    "SELECT (SELECT count(*) FROM start WHERE node = n.id AND time > ?2 AND time <= ?3 AND explained = 0)
                          + (SELECT count(*) FROM ending WHERE node = n.id AND time > ?2 AND time <= ?3 AND why NOTNULL)
                     FROM node n WHERE n.name = ?1",
                )?
                .query_row(params![node, from_ms, to_ms], |row| row.get::<_, i64>(0))
                .optional()
        };
        Ok(self.sql(count())?.unwrap_or(0).unsigned_abs())
    }

    /// Scores the logs of a scope's nodes told, in the order of time.
    pub fn scores(&self, scope: &Scope) -> Result<Vec<StandingRow>> {
        let mut rows = Vec::new();
        for (node, name) in self.scope_nodes(scope)? {
            rows.extend(self.sql(scores(self.connection(), (node, &name), scope))?);
        }
        Ok(rows)
    }
}

/// The schema that knows how processes ended.
const ENDINGS: i64 = 5;

fn endings(connection: &Connection, node: &str, at_ms: i64, noted: &mut Noted) -> rusqlite::Result<()> {
    let newest = |what: &str, table: &str| {
        format!(
            "SELECT {what} FROM {table} WHERE node = (SELECT id FROM node WHERE name = ?1) AND time <= ?2
             ORDER BY time DESC LIMIT 1"
        )
    };
    // An end that was read before its reader was started anew explains the start, too.
    let explained: Option<Option<bool>> = connection
        .prepare_cached(
            "SELECT CASE WHEN s.explained = 0 AND EXISTS (SELECT 1 FROM ending e WHERE e.node = s.node AND e.time <= s.time
                 AND e.time > (SELECT max(time) FROM start WHERE node = s.node AND time < s.time))
                 THEN 1 ELSE s.explained END
             FROM start s WHERE s.node = (SELECT id FROM node WHERE name = ?1) AND s.time <= ?2
             ORDER BY s.time DESC LIMIT 1",
        )?
        .query_row(params![node, at_ms], |row| row.get(0))
        .optional()?;
    noted.explained = explained.flatten();
    noted.ended = connection
        .prepare_cached(&newest("time, why", "ending"))?
        .query_row(params![node, at_ms], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    Ok(())
}

fn noted(connection: &Connection, node: &str, at_ms: i64) -> rusqlite::Result<Noted> {
    let row: Option<i64> = connection
        .prepare_cached("SELECT id FROM node WHERE name = ?1")?
        .query_row([node], |row| row.get(0))
        .optional()?;
    let Some(node) = row else {
        return Ok(Noted::default());
    };
    let newest = |what: &str, fits: &str| {
        format!("SELECT {what} FROM start WHERE node = ?1 AND time <= ?2 {fits} ORDER BY time DESC LIMIT 1")
    };
    let started_ms = connection
        .prepare_cached(&newest("time", ""))?
        .query_row([node, at_ms], |row| row.get(0))
        .optional()?;
    let node_id = connection
        .prepare_cached(&newest("node_id", "AND node_id IS NOT NULL"))?
        .query_row([node, at_ms], |row| row.get(0))
        .optional()?;
    // By satellite, of which there are few: never through the scores of years.
    let mut statement = connection.prepare_cached(
        "SELECT t.name, s.time, s.audit, s.suspension, s.online, s.total, s.successful
         FROM satellite t CROSS JOIN score s ON s.node = ?1 AND s.satellite = t.id
             AND s.time = (SELECT max(time) FROM score WHERE node = ?1 AND satellite = t.id AND time <= ?2)
         ORDER BY t.name",
    )?;
    let count = |count: Option<i64>| count.map(i64::unsigned_abs);
    let scores = statement.query_map([node, at_ms], |row| {
        let scores = Scores {
            audit: row.get(2)?,
            suspension: row.get(3)?,
            online: row.get(4)?,
            total_audits: count(row.get(5)?),
            successful_audits: count(row.get(6)?),
        };
        Ok((row.get(0)?, row.get(1)?, scores))
    })?;
    Ok(Noted {
        started_ms,
        node_id,
        scores: scores.collect::<rusqlite::Result<_>>()?,
        ..Noted::default()
    })
}

fn scores(connection: &Connection, (node, name): (i64, &str), scope: &Scope) -> rusqlite::Result<Vec<StandingRow>> {
    let (from, to) = (scope.from_ms.unwrap_or(i64::MIN), scope.to_ms.unwrap_or(i64::MAX));
    let mut statement = connection.prepare_cached(
        "SELECT s.time, t.name, s.audit, s.suspension, s.online FROM score s JOIN satellite t ON t.id = s.satellite
         WHERE s.node = ?1 AND s.time >= ?2 AND s.time < ?3 ORDER BY s.time, t.name",
    )?;
    let rows = statement.query_map([node, from, to], |row| {
        Ok(StandingRow {
            node: name.to_owned(),
            time_ms: row.get(0)?,
            source: "log",
            standing: Standing {
                satellite_id: row.get(1)?,
                audit_score: row.get(2)?,
                suspension_score: row.get(3)?,
                online_score: row.get(4)?,
                ..Standing::default()
            },
        })
    })?;
    rows.collect()
}
