//! Reads what was seen around nodes, as of any time.

use rusqlite::{Connection, OptionalExtension, params};
use serde::de::DeserializeOwned;

use super::super::{Reader, Result};
use crate::domain::host::{Load, Metrics, Mounted, Room, Smart, Waiting};

/// The schema that keeps it.
const SINCE: i64 = 8;

/// A look at a debug endpoint.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ScrapeRow {
    /// ms since the epoch.
    pub time_ms: i64,
    /// Why it did not answer.
    pub error: Option<String>,
    /// Audits begun and ended since the process began.
    pub audits: Option<(u64, u64)>,
    /// Tests whether the storage folder can be read: how many so far, seconds the last one took.
    pub read: Option<(u64, f64)>,
    /// The same for writing.
    pub write: Option<(u64, f64)>,
}

/// What a whole answer of a debug endpoint said of the node itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnswerRow {
    /// ms since the epoch.
    pub time_ms: i64,
    /// Its version.
    pub version: Option<String>,
    /// What it may use, bytes.
    pub allocated: Option<u64>,
}

/// What the health page said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageRow {
    /// Since when it said so, ms since the epoch.
    pub since_ms: i64,
    /// When it last did.
    pub seen_ms: i64,
    /// What it said, or why it did not.
    pub healthy: std::result::Result<bool, String>,
}

/// Where a node's data lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlaceRow {
    /// When that was seen last, ms since the epoch.
    pub seen_ms: i64,
    /// The row of the disk.
    pub disk: Option<i64>,
    /// The folder.
    pub folder: Option<String>,
    /// How that folder is mounted.
    pub mounted: Option<Mounted>,
    /// Why the disk is not known.
    pub error: Option<String>,
}

/// A node that lies on a disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OnDiskRow {
    /// The node.
    pub node: String,
    /// When it was seen there last, ms since the epoch.
    pub seen_ms: i64,
    /// How its folder is mounted.
    pub mounted: Option<Mounted>,
}

/// A look at a disk.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LookRow {
    /// ms since the epoch.
    pub time_ms: i64,
    /// Size and free.
    pub room: Option<Room>,
    /// What it did since the look before.
    pub load: Option<Load>,
}

/// An hour of a disk: means, the worst, the last room.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HourRow {
    /// Its first second.
    pub second: i64,
    /// Size and free at its end.
    pub room: Option<Room>,
    /// Means; `None`: nothing is known of it.
    pub mean: Option<Load>,
    /// The busiest look, and the slowest.
    pub worst: (f64, Option<f64>),
}

impl Reader {
    fn has_host(&self) -> bool {
        self.version >= SINCE
    }

    /// Looks at a node's debug endpoint from `from` until before `to`, ms since the epoch.
    pub fn scrapes(&self, node: &str, (from, to): (i64, i64)) -> Result<Vec<ScrapeRow>> {
        let read = |connection: &Connection| {
            let mut statement = connection.prepare_cached(
                "SELECT s.time, s.error, s.audits_started, s.audits_ended, s.reads, s.read_s, s.writes, s.write_s
                 FROM node n JOIN scrape s ON s.node = n.id
                 WHERE n.name = ?1 AND s.time >= ?2 AND s.time < ?3 ORDER BY s.time",
            )?;
            let count = |n: i64| n.unsigned_abs();
            let rows = statement.query_map(params![node, from, to], |row| {
                let check = |count: Option<i64>, took: Option<f64>| Some((count?.unsigned_abs(), took?));
                Ok(ScrapeRow {
                    time_ms: row.get(0)?,
                    error: row.get(1)?,
                    audits: row
                        .get::<_, Option<i64>>(2)?
                        .map(count)
                        .zip(row.get::<_, Option<i64>>(3)?.map(count)),
                    read: check(row.get(4)?, row.get(5)?),
                    write: check(row.get(6)?, row.get(7)?),
                })
            })?;
            rows.collect()
        };
        if !self.has_host() {
            return Ok(Vec::new());
        }
        self.sql(read(self.connection()))
    }

    /// The last whole answer of a node's debug endpoint until `at_ms`, in short.
    pub fn answered(&self, node: &str, at_ms: i64) -> Result<Option<AnswerRow>> {
        let read = |connection: &Connection| {
            connection
                .prepare_cached(
                    "SELECT s.time, s.version, s.allocated FROM node n JOIN scrape_hour s ON s.node = n.id
                     WHERE n.name = ?1 AND s.time <= ?2 ORDER BY s.bucket DESC LIMIT 1",
                )?
                .query_row(params![node, at_ms], |row| {
                    Ok(AnswerRow {
                        time_ms: row.get(0)?,
                        version: row.get(1)?,
                        allocated: row.get::<_, Option<i64>>(2)?.and_then(|bytes| bytes.try_into().ok()),
                    })
                })
                .optional()
        };
        if !self.has_host() {
            return Ok(None);
        }
        self.sql(read(self.connection()))
    }

    /// The last whole answer of a node's debug endpoint until `at_ms`, and when it came; `None`, too, where another
    /// release wrote what this one cannot read.
    pub fn metrics(&self, node: &str, at_ms: i64) -> Result<Option<(i64, Metrics)>> {
        let read = |connection: &Connection| {
            connection
                .prepare_cached(
                    "SELECT s.time, s.body FROM node n JOIN scrape_hour s ON s.node = n.id
                     WHERE n.name = ?1 AND s.time <= ?2 ORDER BY s.bucket DESC LIMIT 1",
                )?
                .query_row(params![node, at_ms], |row| Ok((row.get(0)?, row.get(1)?)))
                .optional()
        };
        if !self.has_host() {
            return Ok(None);
        }
        let found: Option<(i64, Option<String>)> = self.sql(read(self.connection()))?;
        Ok(found.and_then(|(time, body)| Some((time, told(body)?))))
    }

    /// What a node's health page said until `at_ms`.
    pub fn health_page(&self, node: &str, at_ms: i64) -> Result<Option<PageRow>> {
        let read = |connection: &Connection| {
            connection
                .prepare_cached(
                    "SELECT h.time, h.seen, h.healthy, h.error FROM node n JOIN health_page h ON h.node = n.id
                     WHERE n.name = ?1 AND h.time <= ?2 ORDER BY h.time DESC LIMIT 1",
                )?
                .query_row(params![node, at_ms], |row| {
                    let healthy: Option<bool> = row.get(2)?;
                    let error: Option<String> = row.get(3)?;
                    Ok(PageRow {
                        since_ms: row.get(0)?,
                        seen_ms: at_ms.min(row.get(1)?),
                        healthy: healthy.ok_or(error.unwrap_or_default()),
                    })
                })
                .optional()
        };
        if !self.has_host() {
            return Ok(None);
        }
        self.sql(read(self.connection()))
    }

    /// Audits in flight by the log at `at_ms`, and when that was last so.
    pub fn waiting(&self, node: &str, at_ms: i64) -> Result<Option<(i64, Waiting)>> {
        let read = |connection: &Connection| {
            connection
                .prepare_cached(
                    "SELECT w.seen, w.count, w.oldest FROM node n JOIN waiting w ON w.node = n.id
                     WHERE n.name = ?1 AND w.time <= ?2 ORDER BY w.time DESC LIMIT 1",
                )?
                .query_row(params![node, at_ms], |row| {
                    let waits = Waiting {
                        count: row.get::<_, i64>(1)?.unsigned_abs(),
                        oldest_ms: row.get(2)?,
                    };
                    Ok((at_ms.min(row.get(0)?), waits))
                })
                .optional()
        };
        if !self.has_host() {
            return Ok(None);
        }
        self.sql(read(self.connection()))
    }

    /// Where a node's data lay at `at_ms`; `None`: nobody looked.
    pub fn place(&self, node: &str, at_ms: i64) -> Result<Option<PlaceRow>> {
        let read = |connection: &Connection| {
            connection
                .prepare_cached(
                    "SELECT p.seen, p.disk, p.folder, p.mounted, p.error FROM node n JOIN host_place p ON p.node = n.id
                     WHERE n.name = ?1 AND p.time <= ?2 ORDER BY p.time DESC LIMIT 1",
                )?
                .query_row(params![node, at_ms], |row| {
                    Ok(PlaceRow {
                        seen_ms: at_ms.min(row.get(0)?),
                        disk: row.get(1)?,
                        folder: row.get(2)?,
                        mounted: told(row.get(3)?),
                        error: row.get(4)?,
                    })
                })
                .optional()
        };
        if !self.has_host() {
            return Ok(None);
        }
        self.sql(read(self.connection()))
    }

    /// Nodes whose data lay on a disk at `at_ms` and were seen there from `since_ms` on, by name.
    pub fn nodes_on(&self, disk: i64, since_ms: i64, at_ms: i64) -> Result<Vec<OnDiskRow>> {
        let read = |connection: &Connection| {
            let mut statement = connection.prepare_cached(
                "SELECT n.name, p.seen, p.mounted FROM node n JOIN host_place p ON p.node = n.id
                 WHERE p.disk = ?1 AND p.seen >= ?2
                     AND p.time = (SELECT max(time) FROM host_place WHERE node = n.id AND time <= ?3)
                 ORDER BY n.name",
            )?;
            let rows = statement.query_map([disk, since_ms, at_ms], |row| {
                Ok(OnDiskRow {
                    node: row.get(0)?,
                    seen_ms: at_ms.min(row.get(1)?),
                    mounted: told(row.get(2)?),
                })
            })?;
            rows.collect()
        };
        if !self.has_host() {
            return Ok(Vec::new());
        }
        self.sql(read(self.connection()))
    }

    /// Looks at a disk from `from` until before `to`, ms since the epoch.
    pub fn looks(&self, disk: i64, (from, to): (i64, i64)) -> Result<Vec<LookRow>> {
        let read = |connection: &Connection| {
            let mut statement = connection.prepare_cached(
                "SELECT time, size, free, busy, await, read, write FROM host_look
                 WHERE disk = ?1 AND time >= ?2 AND time < ?3 ORDER BY time",
            )?;
            let rows = statement.query_map([disk, from, to], |row| {
                let (read, write): (Option<f64>, Option<f64>) = (row.get(5)?, row.get(6)?);
                let busy: Option<f64> = row.get(3)?;
                Ok(LookRow {
                    time_ms: row.get(0)?,
                    room: room(row.get(1)?, row.get(2)?),
                    load: busy.map(|busy| Load {
                        busy,
                        await_ms: row.get(4).unwrap_or(None),
                        read: read.unwrap_or(0.0),
                        write: write.unwrap_or(0.0),
                    }),
                })
            })?;
            rows.collect()
        };
        if !self.has_host() {
            return Ok(Vec::new());
        }
        self.sql(read(self.connection()))
    }

    /// Hours of a disk, from `from` until before `to`, ms since the epoch.
    pub fn host_hours(&self, disk: i64, (from, to): (i64, i64)) -> Result<Vec<HourRow>> {
        let read = |connection: &Connection| {
            let mut statement = connection.prepare_cached(
                "SELECT bucket, looks, size, free, busy, busy_max, awaits, await, await_max, read, write FROM host_hour
                 WHERE disk = ?1 AND bucket >= ?2 AND bucket < ?3 ORDER BY bucket",
            )?;
            let rows = statement.query_map([disk, from.div_euclid(1000), to.div_euclid(1000)], |row| {
                let (looks, awaits): (f64, f64) = (row.get(1)?, row.get(6)?);
                let mean = Load {
                    busy: row.get::<_, f64>(4)? / looks,
                    await_ms: Some(row.get::<_, f64>(7)? / awaits).filter(|_| awaits > 0.0),
                    read: row.get::<_, f64>(9)? / looks,
                    write: row.get::<_, f64>(10)? / looks,
                };
                Ok(HourRow {
                    second: row.get(0)?,
                    room: room(row.get(2)?, row.get(3)?),
                    mean: Some(mean).filter(|_| looks > 0.0),
                    worst: (row.get(5)?, row.get(8)?),
                })
            })?;
            rows.collect()
        };
        if !self.has_host() {
            return Ok(Vec::new());
        }
        self.sql(read(self.connection()))
    }

    /// What a disk said of its health until `at_ms`, and when; or why it did not.
    pub fn smart(&self, disk: i64, at_ms: i64) -> Result<Option<(i64, std::result::Result<Smart, String>)>> {
        let read = |connection: &Connection| {
            connection
                .prepare_cached(
                    "SELECT time, body, error FROM host_smart WHERE disk = ?1 AND time <= ?2
                     ORDER BY bucket DESC LIMIT 1",
                )?
                .query_row([disk, at_ms], |row| {
                    Ok((
                        row.get(0)?,
                        row.get::<_, Option<String>>(1)?,
                        row.get::<_, Option<String>>(2)?,
                    ))
                })
                .optional()
        };
        if !self.has_host() {
            return Ok(None);
        }
        let found: Option<(i64, Option<String>, Option<String>)> = self.sql(read(self.connection()))?;
        Ok(found.and_then(|(time, body, error)| match (body, error) {
            (Some(body), _) => Some((time, Ok(serde_json::from_str(&body).ok()?))),
            (None, error) => Some((time, Err(error.unwrap_or_default()))),
        }))
    }
}

/// What another release wrote and this one cannot read is not known.
fn told<T: DeserializeOwned>(body: Option<String>) -> Option<T> {
    serde_json::from_str(&body?).ok()
}

fn room(size: Option<i64>, free: Option<i64>) -> Option<Room> {
    Some(Room {
        size: size?.unsigned_abs(),
        free: free?.unsigned_abs(),
    })
}
