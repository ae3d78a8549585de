//! `bandwidth.db`, `storage_usage.db` and `piece_spaced_used.db`: days of traffic, tallies, and the disk of blobs.

use std::collections::HashMap;

use rusqlite::Connection;
use rusqlite::types::ValueRef;

use super::row::{blob, count, has, id, int, real, rows, text, time, time_of};
use crate::domain::books::{BlobSpace, Blobs};
use crate::domain::detail::{MovedDay, StoredDay};

const HOUR_MS: f64 = 3_600_000.0;
/// No satellite stores an exabyte on a node for a month.
const LARGEST: f64 = 1e18 * 750.0;

/// Bytes moved by satellite and day, of days from `from` (`2026-11-23`) on. A day stands there in two forms, which
/// belong together.
pub fn moved(connection: &Connection, from: &str) -> rusqlite::Result<Vec<(String, MovedDay)>> {
    if !has(connection, "bandwidth_usage", "put_total")? {
        return moved_by_action(connection, from);
    }
    rows(
        connection,
        "SELECT date(interval_start) AS day, satellite_id, sum(get_total) AS egress, sum(get_repair_total) AS egress_repair,
             sum(get_audit_total) AS egress_audit, sum(put_total) AS ingress, sum(put_repair_total) AS ingress_repair
         FROM bandwidth_usage WHERE interval_start >= ?1 GROUP BY day, satellite_id ORDER BY satellite_id, day",
        [from],
        |row| {
            let bytes = |name: &str| count(row, name).unwrap_or_default();
            let day = MovedDay {
                start_ms: time_of(&text(row, "day")?)?,
                egress: bytes("egress"),
                egress_repair: bytes("egress_repair"),
                egress_audit: bytes("egress_audit"),
                ingress: bytes("ingress"),
                ingress_repair: bytes("ingress_repair"),
            };
            Some((id(row, "satellite_id")?, day))
        },
    )
}

/// Up to release 1.103: a row for each hour and action, and what is not rolled up yet.
fn moved_by_action(connection: &Connection, from: &str) -> rusqlite::Result<Vec<(String, MovedDay)>> {
    let sums = rows(
        connection,
        "SELECT date(at) AS day, satellite_id, action, sum(amount) AS amount FROM (
             SELECT interval_start AS at, satellite_id, action, amount FROM bandwidth_usage_rollups
             UNION ALL SELECT created_at AS at, satellite_id, action, amount FROM bandwidth_usage)
         WHERE at >= ?1 GROUP BY day, satellite_id, action ORDER BY satellite_id, day",
        [from],
        |row| {
            let day = time_of(&text(row, "day")?)?;
            Some((
                id(row, "satellite_id")?,
                day,
                int(row, "action")?,
                count(row, "amount")?,
            ))
        },
    )?;
    let mut days: Vec<(String, MovedDay)> = Vec::new();
    for (satellite, start_ms, action, bytes) in sums {
        let is_new = days
            .last()
            .is_none_or(|(id, day)| *id != satellite || day.start_ms != start_ms);
        if is_new {
            let day = MovedDay {
                start_ms,
                ..MovedDay::default()
            };
            days.push((satellite, day));
        }
        let Some((_, day)) = days.last_mut() else {
            continue;
        };
        match action {
            1 => day.ingress += bytes,
            2 => day.egress += bytes,
            3 => day.egress_audit += bytes,
            4 => day.egress_repair += bytes,
            5 => day.ingress_repair += bytes,
            _ => {}
        }
    }
    Ok(days)
}

/// Tallies by satellite and day, of days from `from` on. The hours of one are from the tally before to its own; a day
/// without a tally has a zero time, and is none.
pub fn stored(connection: &Connection, from: &str) -> rusqlite::Result<Vec<(String, StoredDay)>> {
    let tallies = rows(
        connection,
        "SELECT * FROM storage_usage WHERE timestamp >= date(?1, '-40 days') ORDER BY satellite_id, timestamp",
        [from],
        |row| {
            let tally = real(row, "at_rest_total").filter(|tally| (0.0..LARGEST).contains(tally))?;
            let day = time_of(text(row, "timestamp")?.get(..10)?)?;
            // The column is there since release 1.66.
            let end = match row.get_ref("interval_end_time") {
                Ok(_) => time(row, "interval_end_time")?,
                Err(_) => day,
            };
            Some((id(row, "satellite_id")?, day, tally, end))
        },
    )?;
    let first = time_of(from).unwrap_or(i64::MIN);
    let mut before: HashMap<String, i64> = HashMap::new();
    let mut days = Vec::new();
    for (satellite, start_ms, byte_hours, end_ms) in tallies {
        let last = before.insert(satellite.clone(), end_ms);
        let hours = last.map_or(24.0, |last| (end_ms - last) as f64 / HOUR_MS);
        let hours = (hours > 0.0).then_some(hours);
        let day = StoredDay {
            start_ms,
            byte_hours,
            bytes: hours.map(|hours| byte_hours / hours),
            hours,
            calculated: false,
        };
        if start_ms >= first {
            days.push((satellite, day));
        }
    }
    Ok(days)
}

/// The disk of blobs. Old ones have a row of the sum without an id.
pub fn space(connection: &Connection) -> rusqlite::Result<BlobSpace> {
    enum Of {
        Satellite(String, Blobs),
        Trash(u64),
    }
    let found = rows(connection, "SELECT * FROM piece_space_used", [], |row| {
        let total = count(row, "total")?;
        let is_trash = match row.get_ref("satellite_id").ok()? {
            ValueRef::Text(text) => text == b"trashtotal",
            ValueRef::Blob(bytes) => bytes == b"trashtotal",
            _ => false,
        };
        if is_trash {
            return Some(Of::Trash(total));
        }
        blob(row, "satellite_id")?;
        let content = count(row, "content_size").unwrap_or_default();
        Some(Of::Satellite(id(row, "satellite_id")?, Blobs { total, content }))
    })?;
    let mut space = BlobSpace::default();
    for of in found {
        match of {
            Of::Trash(total) => space.trash = Some(total),
            Of::Satellite(id, blobs) => space.satellites.push((id, blobs)),
        }
    }
    space.satellites.sort();
    Ok(space)
}
