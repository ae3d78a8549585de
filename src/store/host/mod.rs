//! What surrounds nodes: their debug endpoints, health pages, the disks of this host. Kept by the writer, told as of
//! any time.

mod read;

pub use read::{AnswerRow, HourRow, LookRow, OnDiskRow, PageRow, PlaceRow, ScrapeRow};

use rusqlite::{Connection, OptionalExtension, params};
use serde::Serialize;

use super::writer::Writer;
use super::{At, Result, dictionary};
use crate::domain::host::{DiskLook, Load, Metrics, Mounted, Room, Seen, Sight, Smart, Waiting};
use crate::support::clock::{DAY_MS, HOUR_MS};

/// Looks and scrapes are kept so long, s: what is usual is told over a day.
pub(super) const LOOKS_KEPT_S: i64 = 3 * 86_400;
/// Nodes on one disk are looked at in one go: it is one look at the disk.
const SAME_LOOK_MS: i64 = 1_000;
/// An audit that waits so long is remembered.
const SLOW_MS: i64 = 30_000;

impl Writer {
    /// Keeps what was seen around nodes. All of it or nothing.
    pub fn surround(&mut self, seen: &[Seen]) -> Result<()> {
        let path = self.path().to_owned();
        let keep = |connection: &mut Connection| {
            let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
            put(&transaction, seen)?;
            transaction.commit()
        };
        keep(self.connection()).at(&path)
    }
}

fn put(connection: &Connection, seen: &[Seen]) -> rusqlite::Result<()> {
    for (node, time, sight) in seen {
        let node = dictionary::name_id(connection, "node", node)?;
        match sight {
            Sight::Metrics(Ok(metrics)) => scrape(connection, node, *time, metrics)?,
            Sight::Metrics(Err(error)) => {
                connection
                    .prepare_cached("INSERT OR REPLACE INTO scrape (node, time, error) VALUES (?1, ?2, ?3)")?
                    .execute(params![node, time, error])?;
            }
            Sight::Health(told) => {
                let values = (told.as_ref().ok().map(|told| told.all_healthy), told.as_ref().err());
                health(connection, node, *time, values)?;
            }
            Sight::Disk(look) => disk(connection, node, *time, look.as_deref())?,
            Sight::Audits(waits) => waiting(connection, node, *time, *waits)?,
        }
    }
    Ok(())
}

/// JSON of plain data: there is nothing in it that could fail.
fn json<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

fn scrape(connection: &Connection, node: i64, time: i64, metrics: &Metrics) -> rusqlite::Result<()> {
    let audits = metrics.audits();
    let (read, write) = (metrics.read_check, metrics.write_check);
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO scrape
                 (node, time, audits_started, audits_ended, reads, read_s, writes, write_s)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?
        .execute(params![
            node,
            time,
            audits.started as i64,
            audits.ended() as i64,
            read.map(|check| check.count as i64),
            read.map(|check| check.last_s),
            write.map(|check| check.count as i64),
            write.map(|check| check.last_s),
        ])?;
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO scrape_hour (node, bucket, time, version, allocated, body)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![
            node,
            time.div_euclid(HOUR_MS) * 3600,
            time,
            metrics.version,
            metrics.bytes.allocated,
            json(metrics)
        ])?;
    Ok(())
}

fn health(
    connection: &Connection,
    node: i64,
    time: i64,
    (healthy, error): (Option<bool>, Option<&String>),
) -> rusqlite::Result<()> {
    let newest: Option<(i64, Option<bool>, Option<String>)> = connection
        .prepare_cached(
            "SELECT time, healthy, error FROM health_page WHERE node = ?1 AND time <= ?2 ORDER BY time DESC LIMIT 1",
        )?
        .query_row([node, time], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    match newest {
        Some((begun, was, why)) if was == healthy && why.as_ref() == error => connection
            .prepare_cached("UPDATE health_page SET seen = ?3 WHERE node = ?1 AND time = ?2")?
            .execute([node, begun, time])?,
        _ => connection
            .prepare_cached(
                "INSERT OR REPLACE INTO health_page (node, time, seen, healthy, error) VALUES (?1, ?2, ?2, ?3, ?4)",
            )?
            .execute(params![node, time, healthy, error])?,
    };
    Ok(())
}

/// The one before makes way for the next, unless it was slow. Logs are also read backwards: what comes may be of
/// long ago.
fn waiting(connection: &Connection, node: i64, time: i64, waits: Waiting) -> rusqlite::Result<()> {
    let newest: Option<(i64, i64, i64, Option<i64>)> = connection
        .prepare_cached(
            "SELECT time, seen, count, oldest FROM waiting WHERE node = ?1 AND time <= ?2 ORDER BY time DESC LIMIT 1",
        )?
        .query_row([node, time], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
        })
        .optional()?;
    if let Some((begun, seen, count, oldest)) = newest {
        if (count.unsigned_abs(), oldest) == (waits.count, waits.oldest_ms) {
            connection
                .prepare_cached("UPDATE waiting SET seen = max(seen, ?3) WHERE node = ?1 AND time = ?2")?
                .execute([node, begun, time])?;
            return Ok(());
        }
        if oldest.is_none_or(|oldest| seen - oldest < SLOW_MS) {
            connection
                .prepare_cached("DELETE FROM waiting WHERE node = ?1 AND time = ?2")?
                .execute([node, begun])?;
        }
    }
    connection
        .prepare_cached("INSERT OR REPLACE INTO waiting (node, time, seen, count, oldest) VALUES (?1, ?2, ?2, ?3, ?4)")?
        .execute(params![node, time, waits.count as i64, waits.oldest_ms])?;
    Ok(())
}

/// What tells file systems apart, and stays when letters of disks are given anew. Some have no source of their own.
/// `None`: its size would say, and is not known.
fn disk_name(mounted: &Mounted, room: Option<Room>) -> Option<String> {
    let source = &mounted.source;
    let is_lettered = source.starts_with("/dev/") && !source.starts_with("/dev/mapper/");
    match (&mounted.uuid, is_lettered) {
        (Some(uuid), _) => Some(format!("uuid {uuid}")),
        (None, true) => room.map(|room| format!("{source} {}", room.size)),
        (None, false) if source.contains(['/', ':']) => Some(source.clone()),
        (None, false) => Some(format!("{source} {}", mounted.mount)),
    }
}

/// The disk of a look: of one that does not say its size the one before, while it is mounted alike.
fn disk_of(connection: &Connection, node: i64, time: i64, look: &DiskLook, mounted: &str) -> rusqlite::Result<i64> {
    let name = match disk_name(&look.mounted, look.room) {
        Some(name) => name,
        None => {
            let before: Option<i64> = connection
                .prepare_cached(
                    "SELECT disk FROM host_place WHERE node = ?1 AND mounted = ?3
                         AND time = (SELECT max(time) FROM host_place WHERE node = ?1 AND time <= ?2)",
                )?
                .query_row(params![node, time, mounted], |row| row.get(0))
                .optional()?
                .flatten();
            if let Some(disk) = before {
                return Ok(disk);
            }
            look.mounted.source.clone()
        }
    };
    dictionary::name_id(connection, "host_disk", &name)
}

fn disk(
    connection: &Connection,
    node: i64,
    time: i64,
    look: std::result::Result<&DiskLook, &String>,
) -> rusqlite::Result<()> {
    let folder = look.ok().map(|look| look.folder.display().to_string());
    let mounted = look.ok().map(|look| json(&look.mounted));
    let disk = match (look, &mounted) {
        (Ok(look), Some(mounted)) => Some(disk_of(connection, node, time, look, mounted)?),
        _ => None,
    };
    let error = look.err().map(String::as_str);
    let goes_on = connection
        .prepare_cached(
            "UPDATE host_place SET seen = max(seen, ?2)
             WHERE node = ?1 AND time = (SELECT max(time) FROM host_place WHERE node = ?1 AND time <= ?2)
                 AND disk IS ?3 AND folder IS ?4 AND mounted IS ?5 AND error IS ?6",
        )?
        .execute(params![node, time, disk, folder, mounted, error])?;
    if goes_on == 0 {
        connection
            .prepare_cached(
                "INSERT OR REPLACE INTO host_place (node, time, seen, disk, folder, mounted, error)
                 VALUES (?1, ?2, ?2, ?3, ?4, ?5, ?6)",
            )?
            .execute(params![node, time, disk, folder, mounted, error])?;
    }
    if let (Some(disk), Ok(look)) = (disk, look) {
        seen(connection, disk, time, (look.room, look.load))?;
        if let Some(told) = &look.smart {
            smart(connection, disk, time, told.as_ref())?;
        }
    }
    Ok(())
}

fn seen(
    connection: &Connection,
    disk: i64,
    time: i64,
    (room, load): (Option<Room>, Option<Load>),
) -> rusqlite::Result<()> {
    let last: Option<i64> = connection
        .prepare_cached("SELECT max(time) FROM host_look WHERE disk = ?1")?
        .query_row([disk], |row| row.get(0))?;
    if last.is_some_and(|last| (last..last + SAME_LOOK_MS).contains(&time)) {
        return Ok(());
    }
    let (size, free) = (room.map(|room| room.size as i64), room.map(|room| room.free as i64));
    let awaits = load.and_then(|load| load.await_ms);
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO host_look (disk, time, size, free, busy, await, read, write)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?
        .execute(params![
            disk,
            time,
            size,
            free,
            load.map(|load| load.busy),
            awaits,
            load.map(|load| load.read),
            load.map(|load| load.write)
        ])?;
    let of = load.unwrap_or_default();
    connection
        .prepare_cached(
            "INSERT INTO host_hour
                 (disk, bucket, looks, size, free, busy, busy_max, awaits, await, await_max, read, write)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6, ?7, ?8, ?9, ?10, ?11)
             ON CONFLICT DO UPDATE SET looks = looks + excluded.looks, size = coalesce(excluded.size, size),
                 free = coalesce(excluded.free, free), busy = busy + excluded.busy,
                 busy_max = max(busy_max, excluded.busy_max), awaits = awaits + excluded.awaits,
                 await = await + excluded.await,
                 await_max = max(coalesce(await_max, excluded.await_max), coalesce(excluded.await_max, await_max)),
                 read = read + excluded.read, write = write + excluded.write",
        )?
        .execute(params![
            disk,
            time.div_euclid(HOUR_MS) * 3600,
            i64::from(load.is_some()),
            size,
            free,
            of.busy,
            i64::from(awaits.is_some()),
            awaits.unwrap_or(0.0),
            awaits,
            of.read,
            of.write
        ])?;
    Ok(())
}

fn smart(
    connection: &Connection,
    disk: i64,
    time: i64,
    told: std::result::Result<&Smart, &String>,
) -> rusqlite::Result<()> {
    let (body, error) = (told.ok().map(json), told.err());
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO host_smart (disk, bucket, time, body, error) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![disk, time.div_euclid(DAY_MS) * 86_400, time, body, error])?;
    Ok(())
}
