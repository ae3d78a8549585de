//! What nodes' logs remark of contact, clock and orders: kept by the writer, told as of any time.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{Reader, Result};
use crate::domain::remark::{Remark, Subject};

/// The schema that keeps them.
const SINCE: i64 = 10;

/// Keeps one; its satellite is a row of the database.
pub(super) fn put(connection: &Connection, node: i64, time: i64, remark: &Remark<i64>) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO remark (node, subject, time, satellite, attempts, text)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![
            node,
            remark.subject as i64,
            time,
            remark.satellite.unwrap_or(0),
            remark.attempts,
            remark.text
        ])?;
    Ok(())
}

const REMARK: &str = "r.time, r.subject, t.name, r.attempts, r.text
    FROM node n JOIN remark r ON r.node = n.id LEFT JOIN satellite t ON t.id = r.satellite";

impl Reader {
    /// What a node's log remarked within (`from_ms`, `to_ms`], by time (ms since the epoch); and, however old it is,
    /// the newest word about its clock, first of all.
    pub fn remarks(&self, node: &str, (from_ms, to_ms): (i64, i64)) -> Result<Vec<(i64, Remark)>> {
        if self.version < SINCE {
            return Ok(Vec::new());
        }
        let mut remarks = Vec::new();
        for subject in [Subject::ClockWrong, Subject::ClockRight] {
            remarks.extend(self.sql(newest(self.connection(), node, subject, to_ms))?);
        }
        // Of two words of the same moment the bad one counts: some satellites agreed.
        remarks.sort_by_key(|(time, remark)| (*time, remark.subject == Subject::ClockWrong));
        let mut remarks: Vec<_> = remarks.pop().into_iter().collect();
        let mut recent = self.sql(recent(self.connection(), node, (from_ms, to_ms)))?;
        recent.sort_by_key(|(time, _)| *time);
        remarks.extend(recent);
        Ok(remarks)
    }
}

fn newest(
    connection: &Connection,
    node: &str,
    subject: Subject,
    to_ms: i64,
) -> rusqlite::Result<Option<(i64, Remark)>> {
    connection
        .prepare_cached(&format!(
            "SELECT {REMARK} WHERE n.name = ?1 AND r.subject = ?2 AND r.time <= ?3 ORDER BY r.time DESC LIMIT 1"
        ))?
        .query_row(params![node, subject as i64, to_ms], remark)
        .optional()
}

fn recent(connection: &Connection, node: &str, (from_ms, to_ms): (i64, i64)) -> rusqlite::Result<Vec<(i64, Remark)>> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {REMARK} WHERE n.name = ?1 AND r.subject IN (0, 1, 2, 5) AND r.time > ?2 AND r.time <= ?3"
    ))?;
    statement.query_map(params![node, from_ms, to_ms], remark)?.collect()
}

fn remark(row: &Row<'_>) -> rusqlite::Result<(i64, Remark)> {
    let subject: i64 = row.get(1)?;
    let known = usize::try_from(subject)
        .ok()
        .and_then(|at| Subject::ALL.get(at).copied());
    let subject = known.ok_or(rusqlite::Error::IntegralValueOutOfRange(1, subject))?;
    let remark = Remark {
        subject,
        satellite: row.get(2)?,
        attempts: row.get(3)?,
        text: row.get(4)?,
    };
    Ok((row.get(0)?, remark))
}
