//! How reading a node's own databases goes, and what they say beside scores and disk: part of `status --json`. Unknown is
//! null.

use serde::{Deserialize, Serialize};

/// A node's databases.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Databases {
    /// `ok`, `partly`, `unreadable`.
    pub state: String,
    /// When one was read last.
    pub read_at: Option<String>,
    /// When the node last wrote one.
    pub changed_at: Option<String>,
    /// Each of them.
    pub files: Vec<Database>,
    /// Work on blobs under way, or done within a week.
    pub work: Vec<Work>,
}

/// A database.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Database {
    /// Its name.
    pub file: String,
    /// When it was read last.
    pub read_at: Option<String>,
    /// When the node last wrote what was read.
    pub changed_at: Option<String>,
    /// `ok`, `missing`, `denied`, `locked`, `damaged`, `unknown` (another form), `failing`.
    pub state: String,
    /// Why it is not read, and what to do.
    pub error: Option<String>,
}

/// Something the node wants its operator to know.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Notice {
    pub created_at: String,
    pub read_at: Option<String>,
    pub satellite_id: Option<String>,
    pub title: String,
    pub message: String,
}

/// A walk over the blobs of a satellite.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Work {
    /// `gc`: a garbage collection that is not finished; `used_space`: sums that are fresh.
    pub kind: String,
    /// Whose blobs.
    pub satellite_id: String,
    /// Folders done.
    pub done: Option<u32>,
    /// Folders in all.
    pub of: u32,
    /// Of `gc` until when its filter knows pieces, of `used_space` when the newest folder was summed.
    pub at: Option<String>,
    /// Pieces in them.
    pub pieces: Option<u64>,
}
