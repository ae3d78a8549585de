//! What surrounds nodes: the disks of this host their data lie on, in full as the answer to
//! [`super::message::Query::Disks`], and in short in a status. Sizes are bytes, times ms since the epoch where the name
//! says so, else RFC 3339; unknown is null.

use serde::{Deserialize, Serialize};

use super::status::Api;
use crate::domain::host::Smart;

/// One file system, or nodes of which no disk is known.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct HostDisk {
    /// What the system calls it, `/dev/sdb1`, `tank/node`; null: no disk is known.
    pub name: Option<String>,
    /// The disk whose counters these are, `sdb`; null: this type of file system has none.
    pub device: Option<String>,
    /// Where it is mounted.
    pub mount: Option<String>,
    /// Its type.
    pub fs: Option<String>,
    /// Whether nothing can be written.
    pub read_only: Option<bool>,
    /// All of it.
    pub size: Option<u64>,
    /// What may still be written.
    pub free: Option<u64>,
    /// What its nodes may use together; null: one of them did not say.
    pub promised: Option<u64>,
    /// Bytes a day, whoever writes them.
    pub growth_per_day: Option<i64>,
    /// Days until it is full at that pace; null: not, or unknown.
    pub full_in_days: Option<f64>,
    /// Share of the time it is busy, 0..1.
    pub busy: Level,
    /// ms a request takes.
    pub await_ms: Level,
    /// Bytes a second.
    pub read: Level,
    /// Bytes a second.
    pub write: Level,
    /// Nodes with data on it, by name.
    pub nodes: Vec<OnDisk>,
    /// What they do on it now.
    pub jobs: Vec<Doing>,
    /// What it says of its health.
    pub smart: Option<Smart>,
    /// When it said so, or did not.
    pub smart_ms: Option<i64>,
    /// Why it did not.
    pub smart_error: Option<String>,
    /// When somebody looked last.
    pub seen_ms: Option<i64>,
}

/// A figure now, as usual, and at its worst in 24 hours.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Level {
    /// The newest, if it is new.
    pub now: Option<f64>,
    /// The middle one of the day.
    pub usual: Option<f64>,
    /// The largest of the day, and when, ms since the epoch.
    pub worst: Option<(f64, i64)>,
}

/// A node on a disk.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct OnDisk {
    /// Its name.
    pub node: String,
    /// Its folder.
    pub folder: Option<String>,
    /// What it may use.
    pub allocated: Option<u64>,
    /// What it uses.
    pub used: Option<u64>,
    /// Seconds its own test whether the folder can be read takes; only where its debug endpoint tells.
    pub read_check: Level,
    /// The same for writing.
    pub write_check: Level,
    /// When its debug endpoint last answered, within 24 hours.
    #[serde(default)]
    pub checked_ms: Option<i64>,
    /// Why its disk is not known.
    pub error: Option<String>,
}

/// A node's own work that runs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Doing {
    /// The node.
    pub node: String,
    /// `compaction`, `used_space`, …
    pub job: String,
    /// Of which satellite.
    pub satellite_id: Option<String>,
    /// Since when.
    pub since_ms: Option<i64>,
}

/// What surrounds a node, in short.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Around {
    /// Its debug endpoint.
    pub metrics: Api,
    /// Its health page; null: it is not asked.
    pub health: Option<HealthPage>,
    /// The disk of its data; null: it is not on this host, or nobody knows where.
    pub disk: Option<DiskBrief>,
}

/// What the health page on the public port says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HealthPage {
    /// Its word; false also for satellites that are long gone: no alarm. Null: it does not answer.
    pub all_healthy: Option<bool>,
    /// Since when it says so.
    pub since: String,
    /// When it last did.
    pub as_of: String,
    /// Why it does not answer.
    pub error: Option<String>,
}

/// A node's disk, in short.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DiskBrief {
    /// What the system calls it.
    pub name: String,
    /// Where it is mounted.
    pub mount: String,
    /// Its type.
    pub fs: String,
    /// Whether nothing can be written.
    pub read_only: bool,
    /// All of it.
    pub size: Option<u64>,
    /// What may still be written.
    pub free: Option<u64>,
    /// Share of the time it was busy, 0..1, the middle of the last minutes.
    #[serde(default)]
    pub busy: Option<f64>,
    /// ms a request took, the middle of the last minutes.
    pub await_ms: Option<f64>,
    /// When somebody looked last.
    pub as_of: String,
}

/// Audits that have begun and not ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PendingAudits {
    /// How many.
    pub count: u64,
    /// How long the oldest waits; null: none does, or it is not known.
    pub oldest_s: Option<i64>,
    /// It may wait longer: counters tell no more.
    pub at_least: bool,
    /// `log`, `metrics`.
    pub source: String,
    /// As of.
    pub as_of: String,
}
