//! What surrounds a node: the counters of its debug endpoint, its health page, the disk its data lie on. Told by
//! `node`, kept by `store`, judged by `analysis`. Unknown is `None`, never 0.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// Transfers of one action since the process began.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counted {
    /// That began.
    pub started: u64,
    /// That ended well.
    pub success: u64,
    /// That broke.
    pub failed: u64,
    /// That the other side gave up.
    pub canceled: u64,
}

impl Counted {
    /// That ended, in whatever way.
    pub fn ended(self) -> u64 {
        self.success + self.failed + self.canceled
    }

    /// In flight at the moment of the answer. The counters are read one after the other: never below zero.
    pub fn open(self) -> u64 {
        self.started.saturating_sub(self.ended())
    }
}

/// The node's own bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bytes {
    /// What the operator gave it.
    pub allocated: Option<i64>,
    /// Used.
    pub used: Option<i64>,
    /// What uploads may still take; some releases tell less than nothing.
    pub available: Option<i64>,
    /// Kept back for compaction, from release 1.162 on.
    pub reserved: Option<i64>,
    /// What it tells satellites, from release 1.137 on.
    pub reported: Option<i64>,
}

/// How long the node's own test of its storage folder takes. It stops itself when one takes 60 s.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Check {
    /// Tests since the process began.
    pub count: u64,
    /// The last one, seconds.
    pub last_s: f64,
    /// The longest one, seconds.
    pub longest_s: f64,
}

/// One hashstore of a satellite, exact.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Hashstore {
    /// The satellite's id.
    pub satellite_id: String,
    /// `s0`, `s1`; `None`: both together.
    pub store: Option<String>,
    /// Logs, and their bytes.
    pub logs: Option<u64>,
    /// Bytes of the logs.
    pub log_bytes: Option<u64>,
    /// Pieces that are wanted.
    pub set: Option<u64>,
    /// Their bytes.
    pub set_bytes: Option<u64>,
    /// Pieces in the trash.
    pub trash: Option<u64>,
    /// Their bytes.
    pub trash_bytes: Option<u64>,
    /// How full the table is, 0..1.
    pub load: Option<f64>,
    /// Bytes of the table.
    pub table_bytes: Option<u64>,
    /// Bytes that compaction needs free.
    pub free_required: Option<u64>,
    /// Bytes that compaction could give back.
    pub reclaimable: Option<u64>,
    /// Whether it is being compacted.
    pub compacting: Option<bool>,
    /// Compactions since the process began.
    pub compactions: Option<u64>,
    /// Seconds the running compaction took so far.
    pub elapsed_s: Option<f64>,
    /// Seconds it will still take, by its own guess.
    pub remaining_s: Option<f64>,
    /// Records it has to look at.
    pub records: Option<u64>,
    /// Of them done.
    pub processed: Option<u64>,
    /// Logs that did not fit their table when it was opened.
    pub mismatched: Option<u64>,
}

/// How far a satellite's pieces are moved to the hashstore.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moving {
    /// The satellite's id.
    pub satellite_id: String,
    /// Whether the node moves them by itself.
    pub active: Option<bool>,
    /// Whether reading a piece moves it.
    pub passive: Option<bool>,
    /// Pieces that wait.
    pub enqueued: Option<u64>,
    /// Pieces looked at.
    pub processed: Option<u64>,
    /// Pieces moved.
    pub moved: Option<u64>,
    /// Pieces that could not be moved.
    pub errors: Option<u64>,
    /// Folders that are left.
    pub folders_left: Option<u64>,
}

/// One whole answer of a node's debug endpoint: the series that are used here.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Metrics {
    /// Its release, `1.162.3`.
    pub version: Option<String>,
    /// Uploads of all actions; `None`: none began since the process did.
    pub uploads: Option<Counted>,
    /// Downloads by action.
    pub downloads: BTreeMap<String, Counted>,
    /// Its bytes.
    pub bytes: Bytes,
    /// The test whether the storage folder can be read.
    pub read_check: Option<Check>,
    /// The test whether it can be written.
    pub write_check: Option<Check>,
    /// Its hashstores.
    pub hashstores: Vec<Hashstore>,
    /// Satellites whose pieces are, were or could be moved.
    pub moving: Vec<Moving>,
}

impl Metrics {
    /// Audits. None began so far: all counters are 0.
    pub fn audits(&self) -> Counted {
        self.downloads.get(AUDIT).copied().unwrap_or_default()
    }
}

/// The node's word for an audit.
pub const AUDIT: &str = "GET_AUDIT";

/// What the health page on the public port says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    /// No satellite has disqualified or suspended it, or saw it often away; those that are long gone count, too.
    pub all_healthy: bool,
}

/// Transfers of audits that have begun and not ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Waiting {
    /// How many.
    pub count: u64,
    /// When the oldest began, ms since the epoch.
    pub oldest_ms: Option<i64>,
}

/// Where a node's data lie on this host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mounted {
    /// What the system calls the source: `/dev/sdb1`, `tank/node`, `server:/export`.
    pub source: String,
    /// What the file system itself is known by, whatever letter its disk was given; `None`: nothing says.
    pub uuid: Option<String>,
    /// Where it is mounted.
    pub mount: String,
    /// Its type: `ext4`, `btrfs`, `zfs`.
    pub fs: String,
    /// Whether nothing can be written.
    pub read_only: bool,
    /// The disk whose counters are looked at: `sdb`; `None`: this type of file system has none of its own.
    pub disk: Option<String>,
}

/// What a file system holds, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Room {
    /// All of it.
    pub size: u64,
    /// What the node may still write.
    pub free: u64,
}

/// What a disk did between two looks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Load {
    /// Share of the time it was busy, 0..1.
    pub busy: f64,
    /// How long a request took on average, ms; `None`: there was none.
    pub await_ms: Option<f64>,
    /// Bytes a second.
    pub read: f64,
    /// Bytes a second.
    pub write: f64,
}

/// What a disk says of its own health.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Smart {
    /// Its model.
    pub model: Option<String>,
    /// Whether it thinks it goes on.
    pub passed: Option<bool>,
    /// °C.
    pub temperature: Option<i64>,
    /// Sectors that were replaced.
    pub reallocated: Option<u64>,
    /// Sectors that could not be read and wait to be replaced.
    pub pending: Option<u64>,
    /// Sectors that can be neither read nor replaced (ATA), or errors of the medium (NVMe).
    pub uncorrectable: Option<u64>,
    /// Share of its life that is used, percent; may exceed 100.
    pub used_percent: Option<u64>,
    /// Hours it ran.
    pub hours: Option<u64>,
}

/// A look at the disk below a folder.
#[derive(Debug, Clone, PartialEq)]
pub struct DiskLook {
    /// The folder.
    pub folder: PathBuf,
    /// Where it lies.
    pub mounted: Mounted,
    /// What the file system holds; `None`: it did not say in time.
    pub room: Option<Room>,
    /// What the disk did since the look before.
    pub load: Option<Load>,
    /// What it says of its health, when it was just asked; or why it says nothing.
    pub smart: Option<Result<Smart, String>>,
}

/// What was seen around a node.
#[derive(Debug, Clone, PartialEq)]
pub enum Sight {
    /// Its debug endpoint.
    Metrics(Result<Box<Metrics>, String>),
    /// Its health page.
    Health(Result<Health, String>),
    /// Its disk, or why it is not known.
    Disk(Result<Box<DiskLook>, String>),
    /// Audits in flight by its log.
    Audits(Waiting),
}

/// A node's name, when (ms since the epoch), what.
pub type Seen = (String, i64, Sight);
