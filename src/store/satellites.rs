//! What nodes said of each of their satellites: kept by the writer, told as of any time.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{Reader, Result, dictionary};
use crate::domain::detail::{AuditWindow, Detail, Known, MovedDay, StoredDay};
use crate::support::clock::DAY_MS;

/// The schema that keeps it.
const SINCE: i64 = 5;

/// Keeps what a node said of satellites when it was asked at `time`.
pub(super) fn put(
    connection: &Connection,
    node: i64,
    time: i64,
    details: &[std::result::Result<Detail, (String, String)>],
) -> rusqlite::Result<()> {
    for detail in details {
        match detail {
            Ok(detail) => {
                let satellite = dictionary::name_id(connection, "satellite", &detail.satellite_id)?;
                keep(connection, (node, satellite), time, detail)?;
            }
            Err((satellite, error)) => {
                let satellite = dictionary::name_id(connection, "satellite", satellite)?;
                connection
                    .prepare_cached(
                        "INSERT INTO detail (node, satellite, seen, error) VALUES (?1, ?2, ?3, ?4)
                         ON CONFLICT DO UPDATE SET error = excluded.error",
                    )?
                    .execute(params![node, satellite, time, error])?;
            }
        }
    }
    Ok(())
}

fn keep(connection: &Connection, (node, satellite): (i64, i64), time: i64, detail: &Detail) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO detail (node, satellite, seen, answered, joined, tells_vetting, average, byte_hours)
             VALUES (?1, ?2, ?3, ?3, ?4, ?5, ?6, ?7)
             ON CONFLICT DO UPDATE SET answered = excluded.answered, error = NULL, joined = excluded.joined,
                 tells_vetting = excluded.tells_vetting, average = excluded.average, byte_hours = excluded.byte_hours",
        )?
        .execute(params![
            node,
            satellite,
            time,
            detail.joined_ms,
            detail.tells_vetting,
            detail.average_bytes,
            detail.byte_hours
        ])?;
    put_rows(connection, &API, (node, satellite), time, detail)
}

/// Tables of windows and days.
pub(super) struct Tables {
    windows: &'static str,
    stored: &'static str,
    moved: &'static str,
}

/// What APIs said.
pub(super) const API: Tables = Tables {
    windows: "audit_window",
    stored: "stored_day",
    moved: "moved_day",
};
/// What databases of nodes said.
pub(super) const BOOKS: Tables = Tables {
    windows: "book_window",
    stored: "book_stored",
    moved: "book_moved",
};

/// Keeps the windows and days of a detail. Most rows are as they were: those cost no write.
pub(super) fn put_rows(
    connection: &Connection,
    tables: &Tables,
    (node, satellite): (i64, i64),
    time: i64,
    detail: &Detail,
) -> rusqlite::Result<()> {
    let mut window = connection.prepare_cached(&format!(
        "INSERT INTO {} (node, satellite, start, total, online, seen) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT DO UPDATE SET total = excluded.total, online = excluded.online
             WHERE (total, online) IS NOT (excluded.total, excluded.online)",
        tables.windows
    ))?;
    for row in &detail.windows {
        window.execute(params![node, satellite, row.start_ms, row.total, row.online, time])?;
    }
    let mut stored = connection.prepare_cached(&format!(
        "INSERT INTO {} (node, satellite, start, byte_hours, bytes, hours, calculated, seen)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
         ON CONFLICT DO UPDATE SET byte_hours = excluded.byte_hours, bytes = excluded.bytes, hours = excluded.hours,
             calculated = excluded.calculated
             WHERE (byte_hours, bytes, hours, calculated)
                 IS NOT (excluded.byte_hours, excluded.bytes, excluded.hours, excluded.calculated)",
        tables.stored
    ))?;
    for row in &detail.stored {
        let (start, calculated) = (row.start_ms, row.calculated);
        stored.execute(params![
            node,
            satellite,
            start,
            row.byte_hours,
            row.bytes,
            row.hours,
            calculated,
            time
        ])?;
    }
    keep_moved(connection, tables, (node, satellite), time, &detail.moved)
}

fn keep_moved(
    connection: &Connection,
    tables: &Tables,
    (node, satellite): (i64, i64),
    time: i64,
    days: &[MovedDay],
) -> rusqlite::Result<()> {
    let mut moved = connection.prepare_cached(&format!(
        "INSERT INTO {} (node, satellite, start, egress, egress_repair, egress_audit, ingress, ingress_repair, seen)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
         ON CONFLICT DO UPDATE SET egress = excluded.egress, egress_repair = excluded.egress_repair,
             egress_audit = excluded.egress_audit, ingress = excluded.ingress, ingress_repair = excluded.ingress_repair
             WHERE (egress, egress_repair, egress_audit, ingress, ingress_repair)
                 IS NOT (excluded.egress, excluded.egress_repair, excluded.egress_audit, excluded.ingress,
                         excluded.ingress_repair)",
        tables.moved
    ))?;
    for row in days {
        moved.execute(params![
            node,
            satellite,
            row.start_ms,
            row.egress as i64,
            row.egress_repair as i64,
            row.egress_audit as i64,
            row.ingress as i64,
            row.ingress_repair as i64,
            time
        ])?;
    }
    Ok(())
}

impl Reader {
    /// What was known of a node's satellites at `at_ms`, by id. Days and windows are those first told of until
    /// then, with what was last said of them; those of the last `days`.
    pub fn known_satellites(&self, node: &str, at_ms: i64, days: i64) -> Result<Vec<Known>> {
        match self.version {
            ..SINCE => Ok(Vec::new()),
            _ => self.sql(known(self.connection(), node, (at_ms - days * DAY_MS, at_ms))),
        }
    }
}

fn known(connection: &Connection, node: &str, (from_ms, at_ms): (i64, i64)) -> rusqlite::Result<Vec<Known>> {
    let row: Option<i64> = connection
        .prepare_cached("SELECT id FROM node WHERE name = ?1")?
        .query_row([node], |row| row.get(0))
        .optional()?;
    let Some(node) = row else {
        return Ok(Vec::new());
    };
    let mut statement = connection.prepare_cached(
        "SELECT d.satellite, t.name, d.answered, d.error, d.joined, d.tells_vetting, d.average, d.byte_hours, d.seen
         FROM detail d JOIN satellite t ON t.id = d.satellite
         WHERE d.node = ?1 AND d.seen <= ?2 AND d.answered IS NOT NULL ORDER BY t.name",
    )?;
    let heads = statement.query_map([node, at_ms], |row| Ok((row.get(0)?, head(row, at_ms)?)))?;
    let mut all = Vec::new();
    for row in heads {
        let (satellite, mut known): (i64, Known) = row?;
        rows(connection, &API, (node, satellite, from_ms, at_ms), &mut known.detail)?;
        all.push(known);
    }
    Ok(all)
}

fn head(row: &Row<'_>, at_ms: i64) -> rusqlite::Result<Known> {
    let (answered, seen): (i64, i64) = (row.get(2)?, row.get(8)?);
    // Only the last answer's time is kept: of a time before it the first one is known.
    let (answered_ms, is_last) = match answered <= at_ms {
        true => (answered, true),
        false => (seen, false),
    };
    let of_now = |value: Option<f64>| value.filter(|_| is_last);
    Ok(Known {
        answered_ms,
        error: row.get::<_, Option<String>>(3)?.filter(|_| is_last),
        detail: Detail {
            satellite_id: row.get(1)?,
            joined_ms: row.get(4)?,
            tells_vetting: row.get::<_, Option<bool>>(5)?.unwrap_or(false),
            average_bytes: of_now(row.get(6)?),
            byte_hours: of_now(row.get(7)?),
            ..Detail::default()
        },
    })
}

/// Node, satellite, and a range of ms, both ends included.
pub(super) type Key = (i64, i64, i64, i64);

/// Fills in the windows and days of a detail.
pub(super) fn rows(connection: &Connection, tables: &Tables, key: Key, detail: &mut Detail) -> rusqlite::Result<()> {
    detail.windows = windows(connection, tables.windows, key)?;
    detail.stored = stored(connection, tables.stored, key)?;
    detail.moved = moved(connection, tables.moved, key)?;
    Ok(())
}

fn each<T>(
    connection: &Connection,
    (what, table): (&str, &str),
    (node, satellite, from_ms, at_ms): Key,
    row: impl Fn(&Row<'_>) -> rusqlite::Result<T>,
) -> rusqlite::Result<Vec<T>> {
    connection
        .prepare_cached(&format!(
            "SELECT start, {what} FROM {table} WHERE node = ?1 AND satellite = ?2 AND start >= ?3
                 AND start <= ?4 AND seen <= ?4 ORDER BY start"
        ))?
        .query_map([node, satellite, from_ms, at_ms], row)?
        .collect()
}

fn windows(connection: &Connection, table: &str, key: Key) -> rusqlite::Result<Vec<AuditWindow>> {
    each(connection, ("total, online", table), key, |row| {
        Ok(AuditWindow {
            start_ms: row.get(0)?,
            total: row.get(1)?,
            online: row.get(2)?,
        })
    })
}

fn stored(connection: &Connection, table: &str, key: Key) -> rusqlite::Result<Vec<StoredDay>> {
    let what = "byte_hours, bytes, hours, calculated";
    each(connection, (what, table), key, |row| {
        Ok(StoredDay {
            start_ms: row.get(0)?,
            byte_hours: row.get(1)?,
            bytes: row.get(2)?,
            hours: row.get(3)?,
            calculated: row.get(4)?,
        })
    })
}

fn moved(connection: &Connection, table: &str, key: Key) -> rusqlite::Result<Vec<MovedDay>> {
    let what = "egress, egress_repair, egress_audit, ingress, ingress_repair";
    each(connection, (what, table), key, |row| {
        let bytes = |at: usize| Ok::<u64, rusqlite::Error>(row.get::<_, i64>(at)?.unsigned_abs());
        Ok(MovedDay {
            start_ms: row.get(0)?,
            egress: bytes(1)?,
            egress_repair: bytes(2)?,
            egress_audit: bytes(3)?,
            ingress: bytes(4)?,
            ingress_repair: bytes(5)?,
        })
    })
}
