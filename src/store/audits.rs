//! Audits and repairs as they were kept, and how much a node's disk held by the hour.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use rusqlite::params;

use super::query::{By, Key, Scope};
use super::transfers::{self, Filter};
use super::{Reader, Result};
use crate::domain::audit::{Audit, Verdict};
use crate::domain::sample::Disk;
use crate::domain::transfer::{Cause, Outcome};
use crate::support::clock::MINUTE_MS;

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

/// Audits and repairs of one satellite that failed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FailedReads {
    /// Audits, whatever the reason.
    pub audits: u64,
    /// Audits and repairs whose reason costs score.
    pub losses: u64,
}

impl Reader {
    /// Audits and repairs that failed within the whole minutes around the range (ms), by satellite (empty where a line has
    /// none). Cheap: reads no transfer.
    pub fn failed_reads(&self, node: &str, range: (i64, i64)) -> Result<BTreeMap<String, FailedReads>> {
        let by = [By::SatelliteId, By::Action, By::Outcome, By::Cause];
        let mut failed: BTreeMap<String, FailedReads> = BTreeMap::new();
        // Within a minute only transfers themselves could tell.
        let whole = (
            range.0.div_euclid(MINUTE_MS),
            (range.1 + MINUTE_MS - 1).div_euclid(MINUTE_MS),
        );
        let range = (whole.0 * MINUTE_MS, whole.1 * MINUTE_MS);
        for (key, cell) in self.traffic(&scope(node, range), &by)? {
            let [satellite, Key::Text(action), Key::Text(outcome), cause] = key.as_slice() else {
                continue;
            };
            let is_audit = action == AUDIT;
            if outcome != Outcome::Failed.word() || !(is_audit || action == REPAIR) {
                continue;
            }
            let id = match satellite {
                Key::Text(id) => id.clone(),
                _ => String::new(),
            };
            let reads = failed.entry(id).or_default();
            reads.audits += if is_audit { cell.count } else { 0 };
            let costs = [Cause::MissingPiece, Cause::Error];
            if matches!(cause, Key::Text(cause) if costs.iter().any(|cost| cost.word() == cause)) {
                reads.losses += cell.count;
            }
        }
        Ok(failed)
    }

    /// Audits and repairs of a range (ms) that tell of a piece, in the order of time; of one second those that passed
    /// first. Only those that failed have their pieces.
    pub fn audits(&self, node: &str, range: (i64, i64)) -> Result<Vec<Audit>> {
        let mut audits = self.passed_audits(node, range)?;
        let failed = Filter {
            outcome: Some(Outcome::Failed),
            ..Filter::default()
        };
        self.each_transfer(&scope(node, range), &failed, |transfer| {
            let row = transfer.row;
            let is_read = transfer.action == AUDIT || transfer.action == REPAIR;
            let untrusted = row.error.as_deref().is_some_and(|error| error.starts_with(UNTRUSTED));
            if let Some(verdict) = Verdict::of(row.outcome, row.cause).filter(|_| is_read && !untrusted) {
                audits.push(Audit {
                    time_ms: row.time_ms,
                    satellite_id: transfer.satellite_id.into(),
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
        // Stable: what passed was put first.
        audits.sort_by_key(|audit| audit.time_ms);
        Ok(audits)
    }

    /// Those that passed, of which there are many: without their pieces they need not be opened whole.
    fn passed_audits(&self, node: &str, range: (i64, i64)) -> Result<Vec<Audit>> {
        let (satellites, actions) = (self.names("satellite")?, self.names("action")?);
        let satellites: HashMap<i64, Arc<str>> = satellites.into_iter().map(|(id, name)| (id, name.into())).collect();
        let nobody: Arc<str> = "".into();
        let mut audits = Vec::new();
        for (row, _) in self.scope_nodes(&scope(node, range))? {
            transfers::each_grave(self, row, range, |row| {
                let action = actions.get(&row.action).map_or("", String::as_str);
                let passed = Verdict::of(row.outcome, row.cause) == Some(Verdict::Passed);
                if passed && (action == AUDIT || action == REPAIR) {
                    audits.push(Audit {
                        time_ms: row.time_ms,
                        satellite_id: Arc::clone(satellites.get(&row.satellite).unwrap_or(&nobody)),
                        repair: action == REPAIR,
                        verdict: Verdict::Passed,
                        piece: None,
                        offset: None,
                        size: row.size,
                        error: None,
                    });
                }
            })?;
        }
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
