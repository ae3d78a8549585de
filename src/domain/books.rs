//! What a node's own databases say: its satellites' opinions with all counts, days, disk of blobs, money, notices, work
//! under way. Read by `node`, kept by `store`, merged with the API's word by `collector`.

use super::detail::{AuditWindow, MovedDay, StoredDay};
use super::money::{Payment, Paystub, Prices};
use super::sample::Standing;

/// A database of a node that is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Book {
    /// How satellites rate the node.
    Reputation,
    /// Which satellites there are.
    Satellites,
    /// Bytes moved by day.
    Bandwidth,
    /// Tallies by day.
    Storage,
    /// Bytes of blobs and their trash.
    Space,
    /// What satellites pay.
    Pricing,
    /// Paystubs and payments.
    Held,
    /// Notices of the node.
    Notices,
    /// Garbage collection of blobs under way.
    Collection,
    /// The walk over all blobs.
    Walk,
}

impl Book {
    /// All of them. Others (`secret.db`, `piece_expiration.db`, …) are never opened.
    pub const ALL: [Self; 10] = [
        Self::Reputation,
        Self::Satellites,
        Self::Bandwidth,
        Self::Storage,
        Self::Space,
        Self::Pricing,
        Self::Held,
        Self::Notices,
        Self::Collection,
        Self::Walk,
    ];

    /// Its file's name.
    pub fn file(self) -> &'static str {
        match self {
            Self::Reputation => "reputation.db",
            Self::Satellites => "satellites.db",
            Self::Bandwidth => "bandwidth.db",
            Self::Storage => "storage_usage.db",
            Self::Space => "piece_spaced_used.db",
            Self::Pricing => "pricing.db",
            Self::Held => "heldamount.db",
            Self::Notices => "notifications.db",
            Self::Collection => "garbage_collection_filewalker_progress.db",
            Self::Walk => "used_space_per_prefix.db",
        }
    }
}

/// Why a database was not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Hindrance {
    /// It is not there.
    Missing,
    /// This user may not.
    Denied,
    /// Another program holds it.
    Locked,
    /// It is damaged, or empty.
    Damaged,
    /// It has not the tables or columns known here.
    Unknown,
    /// Its disk or its folder fails.
    Failing,
    /// It is read, but not its last changes.
    Behind,
}

impl Hindrance {
    /// All, in the order of their codes in the database.
    pub const ALL: [Self; 7] = [
        Self::Missing,
        Self::Denied,
        Self::Locked,
        Self::Damaged,
        Self::Unknown,
        Self::Failing,
        Self::Behind,
    ];

    /// In answers for scripts.
    pub fn word(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Denied => "denied",
            Self::Locked => "locked",
            Self::Damaged => "damaged",
            Self::Unknown => "unknown",
            Self::Failing => "failing",
            Self::Behind => "behind",
        }
    }
}

/// How reading one database went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    /// Which.
    pub book: Book,
    /// When the node last wrote it, ms since the epoch; `None`: unknown.
    pub changed_ms: Option<i64>,
    /// Why it was not read: what, where, what to do.
    pub error: Option<(Hindrance, String)>,
}

/// A score with what it is made of; the score is `alpha / (alpha + beta)`.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Score {
    /// Weight of what went well.
    pub alpha: Option<f64>,
    /// Weight of what did not.
    pub beta: Option<f64>,
    /// 0..1.
    pub score: Option<f64>,
}

/// How a satellite rates the node. Times are ms since the epoch.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Rated {
    /// The satellite's id.
    pub satellite_id: String,
    /// Audits so far, failed ones included.
    pub audits: Option<u64>,
    /// Audits that went well.
    pub passed: Option<u64>,
    /// Of missing pieces.
    pub audit: Score,
    /// Of unreadable pieces.
    pub suspension: Score,
    /// Time online.
    pub online: Option<f64>,
    /// Disqualified then.
    pub disqualified_ms: Option<i64>,
    /// Suspended then, for unknown audit errors.
    pub suspended_ms: Option<i64>,
    /// Suspended then, for being offline.
    pub offline_suspended_ms: Option<i64>,
    /// Under review for being offline since then.
    pub review_ms: Option<i64>,
    /// Vetted then.
    pub vetted_ms: Option<i64>,
    /// Whether the column for that is there at all.
    pub tells_vetting: bool,
    /// When the node joined it.
    pub joined_ms: Option<i64>,
    /// When the node heard of all this.
    pub updated_ms: Option<i64>,
    /// Windows of audits, the oldest first; the last one still runs.
    pub windows: Vec<AuditWindow>,
}

impl Rated {
    /// As an API would tell it, of a satellite with that address.
    pub fn standing(&self, url: String) -> Standing {
        Standing {
            satellite_id: Some(self.satellite_id.clone()),
            url,
            audit_score: self.audit.score,
            suspension_score: self.suspension.score,
            online_score: self.online,
            disqualified_ms: self.disqualified_ms,
            suspended_ms: self.suspended_ms,
            offline_suspended_ms: self.offline_suspended_ms,
            review_ms: self.review_ms,
            vetted_ms: self.vetted_ms,
        }
    }
}

/// How the node stands to a satellite.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Relation(pub i64);

impl Relation {
    /// In words.
    pub fn words(self) -> &'static str {
        match self.0 {
            1 => "normal",
            2 => "exiting",
            3 => "exit succeeded",
            4 => "exit failed",
            5 => "untrusted",
            6 => "clean-up in progress",
            7 => "clean-up failed",
            8 => "clean-up succeeded",
            _ => "unexpected",
        }
    }

    /// Whether the node no longer works with it.
    pub fn is_over(self) -> bool {
        matches!(self.0, 3 | 5..=8)
    }
}

/// How far a graceful exit is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Exit {
    /// Begun, ms since the epoch.
    pub initiated_ms: Option<i64>,
    /// Ended.
    pub finished_ms: Option<i64>,
    /// Bytes at its begin.
    pub starting: u64,
    /// Bytes deleted since.
    pub deleted: u64,
}

/// A satellite the node knows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Trusted {
    /// Its id.
    pub satellite_id: String,
    /// Its address, `host:port`; empty: unknown.
    pub url: String,
    /// Known since, ms since the epoch.
    pub added_ms: Option<i64>,
    /// How the node stands to it.
    pub relation: Relation,
    /// An exit, if there is or was one.
    pub exit: Option<Exit>,
}

/// Bytes of blobs; the hashstore is not in it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Blobs {
    /// With headers.
    pub total: u64,
    /// Of pieces alone.
    pub content: u64,
}

/// Disk of blobs. What is in a hashstore is not in it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BlobSpace {
    /// By satellite id.
    pub satellites: Vec<(String, Blobs)>,
    /// Trash of all.
    pub trash: Option<u64>,
}

impl BlobSpace {
    /// All bytes, trash included.
    pub fn used(&self) -> u64 {
        let pieces = self.satellites.iter().map(|(_, blobs)| blobs.total);
        pieces.fold(self.trash.unwrap_or(0), u64::saturating_add)
    }
}

/// What satellites pay and paid.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Money {
    /// By satellite id; `None`: the database of prices was not read.
    pub prices: Option<Vec<(String, Prices)>>,
    /// Paystubs and payments; `None`: theirs was not read.
    pub settled: Option<(Vec<Paystub>, Vec<Payment>)>,
}

/// Something the node wants its operator to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Its id.
    pub id: Vec<u8>,
    /// The sender, mostly a satellite.
    pub satellite_id: Option<String>,
    /// The node's code of its kind.
    pub kind: i64,
    /// Foreign text.
    pub title: String,
    /// Foreign text.
    pub message: String,
    /// ms since the epoch.
    pub created_ms: i64,
    /// When it was read in the node's own page.
    pub read_ms: Option<i64>,
}

impl Notice {
    /// The node's code of suspensions for being offline.
    const SUSPENSION: i64 = 3;

    /// Since when it says that a satellite (its id) has the node suspended for being offline, ms since the epoch.
    pub fn suspended_by(&self, satellite_id: &str) -> Option<i64> {
        let mut words = self.message.split_whitespace();
        if self.kind != Self::SUSPENSION || !words.any(|word| word == satellite_id) {
            return None;
        }
        // `… since 2026-11-23 22:40:09.77844 +0000 UTC`
        let since = self.title.split_once(" since ").map(|(_, since)| since.trim());
        let time = since.and_then(|since| {
            let time = since.strip_suffix(" UTC")?;
            jiff::Timestamp::strptime("%Y-%m-%d %H:%M:%S%.f %z", time).ok()
        });
        Some(time.map_or(self.created_ms, jiff::Timestamp::as_millisecond))
    }
}

/// A garbage collection of blobs that is not finished.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Collecting {
    /// Its satellite.
    pub satellite_id: String,
    /// The bloom filter knows pieces until then, ms since the epoch.
    pub filter_ms: Option<i64>,
    /// The prefix it looked at last.
    pub prefix: String,
    /// Folders before it, of [`PREFIXES`]; `None`: the prefix is none.
    pub done: Option<u32>,
}

/// How far the walk over a satellite's blobs is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Walked {
    /// The satellite.
    pub satellite_id: String,
    /// Folders whose sums are fresh, of [`PREFIXES`].
    pub fresh: u32,
    /// When the newest was summed, ms since the epoch.
    pub newest_ms: Option<i64>,
    /// Pieces in all; `None`: the release does not count them.
    pub pieces: Option<u64>,
}

/// Folders of a satellite's blobs.
pub const PREFIXES: u32 = 1024;

/// What was read of a node's databases at one time: only those that changed since they were read before.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Books {
    /// When, ms since the epoch.
    pub read_ms: i64,
    /// How each database that was tried went. What could not be read stays as it was known.
    pub opened: Vec<Opened>,
    /// How satellites rate the node.
    pub rated: Option<Vec<Rated>>,
    /// The satellites.
    pub trusted: Option<Vec<Trusted>>,
    /// Bytes moved, by satellite and day.
    pub moved: Option<Vec<(String, MovedDay)>>,
    /// Tallies, by satellite and day.
    pub stored: Option<Vec<(String, StoredDay)>>,
    /// Disk of blobs.
    pub space: Option<BlobSpace>,
    /// Money.
    pub money: Money,
    /// Notices.
    pub notices: Option<Vec<Notice>>,
    /// Garbage collections under way.
    pub collecting: Option<Vec<Collecting>>,
    /// Walks.
    pub walked: Option<Vec<Walked>>,
}

/// A database as it is known: when it was last read, how old it was, and why it is no longer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shelved {
    /// Its file's name.
    pub file: String,
    /// When it was read last, ms since the epoch.
    pub read_ms: Option<i64>,
    /// When the node last wrote it, as far as was seen.
    pub changed_ms: Option<i64>,
    /// Since when it is not read (ms since the epoch), and why.
    pub error: Option<(i64, Hindrance, String)>,
}

/// What is known of a node by its databases, at one time.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Kept {
    /// The databases.
    pub files: Vec<Shelved>,
    /// How satellites rate the node, without their windows.
    pub rated: Vec<Rated>,
    /// The satellites.
    pub trusted: Vec<Trusted>,
    /// Disk of blobs, and when the node wrote that (ms since the epoch).
    pub space: Option<(i64, BlobSpace)>,
    /// Garbage collections under way.
    pub collecting: Vec<Collecting>,
    /// Walks.
    pub walked: Vec<Walked>,
}

impl Kept {
    /// When any of them was read last, ms since the epoch.
    pub fn read_ms(&self) -> Option<i64> {
        self.files.iter().filter_map(|file| file.read_ms).max()
    }

    /// When the node last wrote one, ms since the epoch.
    pub fn changed_ms(&self) -> Option<i64> {
        let files = self.files.iter().filter_map(|file| file.changed_ms);
        // A copied file may be as old as its copying says, and tell of later.
        files
            .chain(self.rated.iter().filter_map(|rated| rated.updated_ms))
            .max()
    }

    /// When a database was written that is read as of now.
    pub fn as_of(&self, book: Book) -> Option<i64> {
        let file = self.files.iter().find(|known| known.file == book.file())?;
        file.changed_ms.or(file.read_ms)
    }

    /// What it knows of a satellite's address and how the node stands to it.
    pub fn trusted(&self, id: &str) -> Option<&Trusted> {
        self.trusted.iter().find(|known| known.satellite_id == id)
    }
}
