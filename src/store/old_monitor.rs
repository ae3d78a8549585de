//! The database of the Pro Monitor, a web monitor many operators come from: what of it can be used. Read by
//! `collector::import`, never written.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::rollup::{self, Cells, Width};
use super::writer::Writer;
use super::{At, Error, Result, dictionary};
use crate::domain::batch::Cell;
use crate::domain::sample::{Disk, Semantics};
use crate::domain::transfer::{Cause, Outcome};

/// Its database.
#[derive(Debug)]
pub struct OldMonitor {
    connection: Connection,
    path: PathBuf,
}

/// A transfer as it kept it, for two days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OldEvent {
    /// Seconds since the epoch.
    pub second: i64,
    /// The node's word.
    pub action: String,
    /// `success`, `canceled`, `failed`.
    pub status: String,
    /// Bytes.
    pub size: Option<i64>,
    /// The piece.
    pub piece_id: String,
    /// The satellite.
    pub satellite_id: String,
    /// The peer, without its port.
    pub remote_ip: String,
    /// Why it was no success.
    pub reason: Option<String>,
}

/// A compaction that ended.
#[derive(Debug, Clone, PartialEq)]
pub struct OldCompaction {
    /// When it ended, seconds since the epoch.
    pub second: i64,
    /// The satellite.
    pub satellite_id: String,
    /// `s0`, `s1`.
    pub store: String,
    /// Seconds.
    pub took_s: f64,
    /// Bytes given back.
    pub reclaimed: i64,
    /// Bytes written anew.
    pub rewritten: i64,
    /// Load of the table, percent.
    pub load: f64,
    /// Trash, percent.
    pub trash: f64,
}

/// Transfers of an hour, kept for ever.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OldHour {
    /// Downloads that succeeded, and those that did not.
    pub downloads: (u64, u64),
    /// Uploads likewise; lost races count as won.
    pub uploads: (u64, u64),
    /// Audits likewise.
    pub audits: (u64, u64),
    /// Bytes of the successful downloads and uploads.
    pub bytes: (u64, u64),
}

/// A disk as it was asked for every five minutes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OldDisk {
    /// ms since the epoch.
    pub time_ms: i64,
    /// What it took for the whole: the API's `available`.
    pub total: Option<u64>,
    /// The API's `used`.
    pub used: Option<u64>,
    /// The API's `trash`.
    pub trash: Option<u64>,
}

/// Its tables that have nothing to be trusted, and why.
pub const NOT_TAKEN: [(&str, &str); 6] = [
    (
        "earnings_estimates",
        "wrong units, fixed prices and ages; the node's own paystubs are better",
    ),
    ("payout_history", "it never wrote there"),
    (
        "reputation_history",
        "it read scores from a form of answer that no node gives",
    ),
    (
        "alerts",
        "they follow from scores and capacities that were not read rightly",
    ),
    ("insights", "likewise"),
    ("analytics_baselines", "likewise"),
];

/// Transfers are told by its rows; in how many tables nodes are named.
const NODE_TABLES: [&str; 4] = [
    "events",
    "hourly_stats",
    "hashstore_compaction_history",
    "storage_snapshots",
];

impl OldMonitor {
    /// Opens it.
    ///
    /// # Errors
    /// When there is no such file, or it is something else.
    pub fn open(path: &Path) -> Result<Self> {
        if let Err(source) = std::fs::File::open(path) {
            let path = path.to_owned();
            return Err(Error::Io { path, source });
        }
        // While it runs its newest rows are in the log beside it; else nothing may be left there.
        let mut wal = path.as_os_str().to_owned();
        wal.push("-wal");
        let immutable = !Path::new(&wal).exists();
        let connection = super::open_reader(path, immutable).at(path)?;
        let old = Self {
            connection,
            path: path.to_owned(),
        };
        match old.has("events") {
            true => Ok(old),
            false => Err(Error::NotOldMonitor { path: path.to_owned() }),
        }
    }

    fn has(&self, table: &str) -> bool {
        let count = self.connection.query_row(
            "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = ?1",
            [table],
            |row| row.get::<_, i64>(0),
        );
        count.is_ok_and(|count| count > 0)
    }

    /// The names of its nodes.
    pub fn nodes(&self) -> Result<Vec<String>> {
        let mut names = std::collections::BTreeSet::new();
        for table in NODE_TABLES.into_iter().filter(|table| self.has(table)) {
            let read = || -> rusqlite::Result<Vec<String>> {
                let mut statement = self.connection.prepare(&format!(
                    "SELECT DISTINCT node_name FROM {table} WHERE node_name NOTNULL"
                ))?;
                statement.query_map([], |row| row.get(0))?.collect()
            };
            names.extend(read().at(&self.path)?);
        }
        Ok(names.into_iter().collect())
    }

    /// Rows of a table; 0 when it has none such.
    pub fn rows(&self, table: &str) -> u64 {
        let count = self
            .connection
            .query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get::<_, i64>(0));
        count.map_or(0, i64::unsigned_abs)
    }

    /// Hands on a node's transfers in the order of time, until `each` says no more. Those without a readable time are
    /// passed over; their number is given.
    pub fn events(&self, node: &str, mut each: impl FnMut(OldEvent) -> bool) -> Result<u64> {
        let mut read = || -> rusqlite::Result<u64> {
            let mut statement = self.connection.prepare(
                "SELECT timestamp, action, status, size, piece_id, satellite_id, remote_ip, error_reason
                 FROM events WHERE node_name = ?1 ORDER BY timestamp, id",
            )?;
            let mut rows = statement.query([node])?;
            let mut unreadable = 0;
            while let Some(row) = rows.next()? {
                match event(row)? {
                    Some(event) => {
                        if !each(event) {
                            break;
                        }
                    }
                    None => unreadable += 1,
                }
            }
            Ok(unreadable)
        };
        read().at(&self.path)
    }

    /// A node's compactions, in the order of time.
    pub fn compactions(&self, node: &str) -> Result<Vec<OldCompaction>> {
        if !self.has("hashstore_compaction_history") {
            return Ok(Vec::new());
        }
        let read = || -> rusqlite::Result<Vec<Option<OldCompaction>>> {
            let mut statement = self.connection.prepare(
                "SELECT last_run_iso, satellite, store, duration, data_reclaimed_bytes, data_rewritten_bytes, table_load,
                     trash_percent
                 FROM hashstore_compaction_history WHERE node_name = ?1",
            )?;
            let number =
                |row: &Row<'_>, at: usize| Ok::<f64, rusqlite::Error>(row.get::<_, Option<f64>>(at)?.unwrap_or(0.0));
            let rows = statement.query_map([node], |row| {
                let time: String = row.get(0)?;
                let Some(ms) = time_ms(&time) else { return Ok(None) };
                Ok(Some(OldCompaction {
                    second: ms.div_euclid(1000),
                    satellite_id: row.get(1)?,
                    store: row.get(2)?,
                    took_s: number(row, 3)?,
                    reclaimed: row.get::<_, Option<i64>>(4)?.unwrap_or(0),
                    rewritten: row.get::<_, Option<i64>>(5)?.unwrap_or(0),
                    load: number(row, 6)?,
                    trash: number(row, 7)?,
                }))
            })?;
            rows.collect()
        };
        let mut compactions: Vec<OldCompaction> = read().at(&self.path)?.into_iter().flatten().collect();
        compactions.sort_by_key(|compaction| compaction.second);
        Ok(compactions)
    }

    /// A node's hours, by their first second. It wrote some twice, in two spellings: the fuller one counts.
    pub fn hours(&self, node: &str) -> Result<BTreeMap<i64, OldHour>> {
        if !self.has("hourly_stats") {
            return Ok(BTreeMap::new());
        }
        let read = || -> rusqlite::Result<Vec<(String, OldHour)>> {
            let mut statement = self.connection.prepare(
                "SELECT hour_timestamp, dl_success, dl_fail, ul_success, ul_fail, audit_success, audit_fail,
                     total_download_size, total_upload_size
                 FROM hourly_stats WHERE node_name = ?1",
            )?;
            let rows = statement.query_map([node], |row| {
                let count =
                    |at: usize| Ok::<u64, rusqlite::Error>(row.get::<_, Option<i64>>(at)?.unwrap_or(0).max(0) as u64);
                let hour = OldHour {
                    downloads: (count(1)?, count(2)?),
                    uploads: (count(3)?, count(4)?),
                    audits: (count(5)?, count(6)?),
                    bytes: (count(7)?, count(8)?),
                };
                Ok((row.get(0)?, hour))
            })?;
            rows.collect()
        };
        let all = |hour: &OldHour| hour.downloads.0 + hour.downloads.1 + hour.uploads.0 + hour.uploads.1;
        let mut hours: BTreeMap<i64, OldHour> = BTreeMap::new();
        for (time, hour) in read().at(&self.path)? {
            let Some(ms) = time_ms(&time) else { continue };
            let kept = hours.entry(ms.div_euclid(3_600_000) * 3600).or_default();
            if all(&hour) > all(kept) {
                *kept = hour;
            }
        }
        Ok(hours)
    }

    /// What it asked of a node's disk, in the order of time.
    pub fn disks(&self, node: &str) -> Result<Vec<OldDisk>> {
        if !self.has("storage_snapshots") {
            return Ok(Vec::new());
        }
        let read = || -> rusqlite::Result<Vec<Option<OldDisk>>> {
            let mut statement = self.connection.prepare(
                "SELECT timestamp, total_bytes, used_bytes, trash_bytes FROM storage_snapshots WHERE node_name = ?1",
            )?;
            let rows = statement.query_map([node], |row| {
                let time: String = row.get(0)?;
                let bytes = |at: usize| {
                    let bytes: Option<i64> = row.get(at)?;
                    Ok::<_, rusqlite::Error>(bytes.and_then(|bytes| u64::try_from(bytes).ok()))
                };
                let (total, used, trash) = (bytes(1)?, bytes(2)?, bytes(3)?);
                Ok(time_ms(&time).map(|time_ms| OldDisk {
                    time_ms,
                    total,
                    used,
                    trash,
                }))
            })?;
            rows.collect()
        };
        let mut disks: Vec<OldDisk> = read().at(&self.path)?.into_iter().flatten().collect();
        disks.sort_by_key(|disk| disk.time_ms);
        Ok(disks)
    }
}

fn event(row: &Row<'_>) -> rusqlite::Result<Option<OldEvent>> {
    let text = |at: usize| Ok::<String, rusqlite::Error>(row.get::<_, Option<String>>(at)?.unwrap_or_default());
    let Some(ms) = time_ms(&text(0)?) else {
        return Ok(None);
    };
    Ok(Some(OldEvent {
        second: ms.div_euclid(1000),
        action: text(1)?,
        status: text(2)?,
        size: row.get(3)?,
        piece_id: text(4)?,
        satellite_id: text(5)?,
        remote_ip: text(6)?,
        reason: row.get(7)?,
    }))
}

/// A time as it wrote it: with a zone, or of UTC.
fn time_ms(text: &str) -> Option<i64> {
    let zoned = text.parse::<Timestamp>().ok();
    let bare = || {
        let time: DateTime = text.parse().ok()?;
        Some(time.to_zoned(TimeZone::UTC).ok()?.timestamp())
    };
    Some(zoned.or_else(bare)?.as_millisecond())
}

/// How a node counted: releases up to 1.142 gave the allocation as `available`, which stays as it is; later ones what
/// is left, which goes down as `used` grows.
pub fn semantics(disks: &[OldDisk]) -> Option<Semantics> {
    let known: Vec<(u64, u64)> = disks.iter().filter_map(|disk| disk.total.zip(disk.used)).collect();
    let mut totals: Vec<u64> = known.iter().map(|(total, _)| *total).collect();
    totals.sort_unstable();
    totals.dedup();
    let mut useds: Vec<u64> = known.iter().map(|(_, used)| *used).collect();
    useds.sort_unstable();
    useds.dedup();
    match (totals.len(), useds.len()) {
        // Nothing changed: nothing is told.
        (_, 0 | 1) => None,
        (totals, useds) if totals * 4 <= useds => Some(Semantics::Old),
        _ => Some(Semantics::New),
    }
}

impl OldDisk {
    /// In our terms.
    pub fn disk(self, semantics: Semantics) -> Option<Disk> {
        let used = self.used?;
        Some(match semantics {
            Semantics::Old => {
                let used = used.saturating_add(self.trash.unwrap_or(0));
                Disk {
                    semantics,
                    allocated: self.total,
                    used: Some(used),
                    free: self.total.map(|total| total.saturating_sub(used)),
                    trash: self.trash,
                    reclaimable: None,
                    overused: None,
                }
            }
            _ => Disk {
                semantics,
                allocated: None,
                used: Some(used),
                free: self.total,
                trash: self.trash,
                reclaimable: None,
                overused: None,
            },
        })
    }
}

impl Writer {
    /// Fills hours (by their first second) in which nothing is known of a node's transfers; gives how many.
    pub fn fill_hours(&mut self, node: i64, hours: &BTreeMap<i64, OldHour>) -> Result<u64> {
        let path = self.path().to_owned();
        fill_hours(self.connection(), node, hours).at(&path)
    }

    /// Fills hours in which nothing is known of a node's disk; gives how many.
    pub fn fill_disks(&mut self, node: i64, disks: &[(i64, Disk)]) -> Result<u64> {
        let path = self.path().to_owned();
        fill_disks(self.connection(), node, disks).at(&path)
    }
}

fn fill_hours(connection: &mut Connection, node: i64, hours: &BTreeMap<i64, OldHour>) -> rusqlite::Result<u64> {
    let transaction = connection.transaction()?;
    let satellite = dictionary::name_id(&transaction, "satellite", "")?;
    let series = |action: &str, outcome: Outcome| -> rusqlite::Result<i64> {
        let action = dictionary::name_id(&transaction, "action", action)?;
        let cause = match outcome {
            Outcome::Success => Cause::None,
            _ => Cause::Unknown,
        };
        dictionary::series_id(&transaction, (satellite, action), (outcome, cause), None)
    };
    let mut filled = 0;
    for (second, hour) in hours {
        let known: i64 = transaction
            .prepare_cached("SELECT count(*) FROM traffic_hour WHERE node = ?1 AND bucket = ?2")?
            .query_row([node, *second], |row| row.get(0))?;
        let mut cells = Cells::new();
        // What it called failed holds lost races, too: nothing is known of why.
        for (action, (won, lost), bytes) in [
            ("GET", hour.downloads, hour.bytes.0),
            ("PUT", hour.uploads, hour.bytes.1),
            ("GET_AUDIT", hour.audits, 0),
        ] {
            for (outcome, count, bytes) in [(Outcome::Success, won, bytes), (Outcome::Canceled, lost, 0)] {
                if count > 0 {
                    cells.insert(series(action, outcome)?, Cell { count, bytes });
                }
            }
        }
        if known > 0 || cells.is_empty() {
            continue;
        }
        rollup::add(&transaction, Width::Hour, (node, *second), cells.clone())?;
        transaction
            .prepare_cached("INSERT OR REPLACE INTO filled_hour (node, bucket, cells) VALUES (?1, ?2, ?3)")?
            .execute(params![node, second, rollup::pack(&cells)])?;
        let day = second.div_euclid(86_400) * 86_400;
        rollup::add(&transaction, Width::Day, (node, day), cells)?;
        filled += 1;
    }
    transaction.commit()?;
    Ok(filled)
}

/// A line of an hour comes that was filled: the sums of it are taken out again, for the log knows better.
pub(super) fn withdraw(connection: &Connection, node: i64, second: i64) -> rusqlite::Result<()> {
    let filled: Option<Vec<u8>> = connection
        .prepare_cached("SELECT cells FROM filled_hour WHERE node = ?1 AND bucket = ?2")?
        .query_row([node, second], |row| row.get(0))
        .optional()?;
    let Some(cells) = filled else { return Ok(()) };
    let day = second.div_euclid(86_400) * 86_400;
    // What is damaged stays; `db check` finds it.
    rollup::take_out(connection, Width::Hour, (node, second), &cells)?;
    rollup::take_out(connection, Width::Day, (node, day), &cells)?;
    connection
        .prepare_cached("DELETE FROM filled_hour WHERE node = ?1 AND bucket = ?2")?
        .execute([node, second])?;
    Ok(())
}

fn fill_disks(connection: &mut Connection, node: i64, disks: &[(i64, Disk)]) -> rusqlite::Result<u64> {
    let transaction = connection.transaction()?;
    let mut filled = 0;
    for (time_ms, disk) in disks {
        filled += transaction
            .prepare_cached(
                "INSERT OR IGNORE INTO disk_hour (node, bucket, time, semantics, allocated, used, free, trash)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            )?
            .execute(params![
                node,
                time_ms.div_euclid(3_600_000) * 3600,
                time_ms,
                disk.semantics as i64,
                disk.allocated.map(|bytes| bytes as i64),
                disk.used.map(|bytes| bytes as i64),
                disk.free.map(|bytes| bytes as i64),
                disk.trash.map(|bytes| bytes as i64)
            ])? as u64;
    }
    transaction.commit()?;
    Ok(filled)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_of_utc_in_any_of_its_spellings() {
        let same = [
            "2026-08-20T06:00:00+00:00",
            "2026-08-20T06:00:00.000Z",
            "2026-08-20T06:00:00",
            "2026-08-20 06:00:00",
        ];
        for text in same {
            assert_eq!(time_ms(text), Some(1_787_205_600_000), "{text}");
        }
        assert_eq!((time_ms("yesterday"), time_ms("")), (None, None));
    }

    #[test]
    fn how_a_node_counted_follows_from_what_changed() {
        let disk = |n: u64, total: u64, used: u64| OldDisk {
            time_ms: n as i64,
            total: Some(total),
            used: Some(used),
            trash: Some(1),
        };
        let old: Vec<_> = (0..20).map(|n| disk(n, 1000, 100 + n)).collect();
        let new: Vec<_> = (0..20).map(|n| disk(n, 900 - n, 100 + n)).collect();
        assert_eq!(
            (semantics(&old), semantics(&new)),
            (Some(Semantics::Old), Some(Semantics::New))
        );
        assert_eq!((semantics(&old[..1]), semantics(&[])), (None, None));
        let told = old[0].disk(Semantics::Old).unwrap();
        assert_eq!(
            (told.allocated, told.used, told.free),
            (Some(1000), Some(101), Some(899))
        );
        let told = new[0].disk(Semantics::New).unwrap();
        assert_eq!((told.allocated, told.used, told.free), (None, Some(100), Some(900)));
    }
}
