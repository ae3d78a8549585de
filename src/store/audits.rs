//! Audits and repairs as they were kept, and how much a node's disk held by the hour.

use std::collections::BTreeSet;

use rusqlite::params;

use super::query::{By, Key, Scope};
use super::transfers::Filter;
use super::{Reader, Result};
use crate::domain::audit::{Audit, Verdict};
use crate::domain::sample::Disk;
use crate::domain::transfer::{Cause, Outcome};

/// The node's words for audits and repairs.
const AUDIT: &str = "GET_AUDIT";
const REPAIR: &str = "GET_REPAIR";

/// The error of a read whose satellite could not be made sure of: the piece was never looked for.
const UNTRUSTED: &str = "trust: ";

fn scope(node: &str, (from_ms, to_ms): (i64, i64)) -> Scope {
    Scope {
        nodes: vec![node.to_owned()],
        from_ms: Some(from_ms),
        to_ms: Some(to_ms),
    }
}

impl Reader {
    /// Satellites (ids; empty where a line has none) whose audits or repairs failed within whole minutes of the
    /// range (ms) for a reason that costs score. Cheap: reads no transfer.
    pub fn failing_satellites(&self, node: &str, range: (i64, i64)) -> Result<BTreeSet<String>> {
        let by = [By::SatelliteId, By::Action, By::Outcome, By::Cause];
        let mut failing = BTreeSet::new();
        for key in self.traffic(&scope(node, range), &by)?.into_keys() {
            let [satellite, Key::Text(action), Key::Text(outcome), Key::Text(cause)] = key.as_slice() else {
                continue;
            };
            let is_loss = [Cause::MissingPiece, Cause::Error]
                .iter()
                .any(|loss| loss.word() == cause);
            if outcome == Outcome::Failed.word() && is_loss && (action == AUDIT || action == REPAIR) {
                failing.insert(match satellite {
                    Key::Text(id) => id.clone(),
                    _ => String::new(),
                });
            }
        }
        Ok(failing)
    }

    /// Audits and repairs of a range (ms) that tell of a piece, in the order of time.
    pub fn audits(&self, node: &str, range: (i64, i64)) -> Result<Vec<Audit>> {
        let grave = Filter {
            only_grave: true,
            ..Filter::default()
        };
        let mut audits = Vec::new();
        self.each_transfer(&scope(node, range), &grave, |transfer| {
            let row = transfer.row;
            let is_read = transfer.action == AUDIT || transfer.action == REPAIR;
            let untrusted = row.error.as_deref().is_some_and(|error| error.starts_with(UNTRUSTED));
            if let Some(verdict) = Verdict::of(row.outcome, row.cause).filter(|_| is_read && !untrusted) {
                audits.push(Audit {
                    time_ms: row.time_ms,
                    satellite_id: transfer.satellite_id.to_owned(),
                    repair: transfer.action == REPAIR,
                    verdict,
                    piece: row.piece,
                    offset: row.offset,
                    size: row.size,
                    error: row.error.as_deref().map(str::to_owned),
                });
            }
            Ok(true)
        })?;
        Ok(audits)
    }

    /// What a node said of its disk, the last of each hour of a range (ms, both ends included), in the order of
    /// time.
    pub fn disk_hours(&self, node: &str, (from_ms, to_ms): (i64, i64)) -> Result<Vec<(i64, Disk)>> {
        if self.version < 2 {
            return Ok(Vec::new());
        }
        let read = || {
            let mut statement = self.connection().prepare_cached(&format!(
                "SELECT time, {} FROM disk_hour WHERE node = (SELECT id FROM node WHERE name = ?1)
                     AND bucket >= ?2 AND time >= ?3 AND time <= ?4 ORDER BY bucket",
                super::polls::DISK
            ))?;
            let hour = from_ms.div_euclid(3_600_000) * 3600;
            let rows = statement.query_map(params![node, hour, from_ms, to_ms], |row| {
                Ok((row.get(0)?, super::polls::disk(row, 1)?))
            })?;
            let rows = rows.filter_map(|row| row.map(|(time, disk)| Some((time, disk?))).transpose());
            rows.collect()
        };
        self.sql(read())
    }
}
