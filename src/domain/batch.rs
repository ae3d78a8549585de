//! What a batch of lines adds to the history: made by `engine`, kept by `store`.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use std::net::SocketAddr;

use super::latency::Timing;
use super::piece::PieceId;
use super::remark::Remark;
use super::task::sign::Told;
use super::transfer::{Cause, Outcome, Quality};
use crate::support::names::Names;
use crate::support::sketch::Sketch;

/// What a transfer is counted under. Satellite and action are numbers of [`Vocabulary`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Series {
    /// Number of the satellite.
    pub satellite: u32,
    /// Number of the action.
    pub action: u32,
    /// How it ended.
    pub outcome: Outcome,
    /// Why.
    pub cause: Cause,
    /// Index of the size class; `None` when the line has no size.
    pub size_class: Option<u8>,
}

/// Number and bytes of some transfers. On the wire a pair.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "(u64, u64)", into = "(u64, u64)")]
pub struct Cell {
    /// Number of transfers.
    pub count: u64,
    /// Their bytes.
    pub bytes: u64,
}

impl From<(u64, u64)> for Cell {
    fn from((count, bytes): (u64, u64)) -> Self {
        Self { count, bytes }
    }
}

impl From<Cell> for (u64, u64) {
    fn from(cell: Cell) -> Self {
        (cell.count, cell.bytes)
    }
}

impl Cell {
    /// Adds another's count and bytes.
    pub fn add(&mut self, other: Self) {
        self.count += other.count;
        self.bytes = self.bytes.saturating_add(other.bytes);
    }
}

/// One transfer as it is kept. Satellite and action are ids of whoever holds it: numbers of a
/// [`Vocabulary`], or rows of the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept<Id = u32> {
    /// Milliseconds since the epoch, by the log.
    pub time_ms: i64,
    /// The satellite.
    pub satellite: Id,
    /// The action.
    pub action: Id,
    /// How it ended.
    pub outcome: Outcome,
    /// Why.
    pub cause: Cause,
    /// Bytes.
    pub size: Option<u64>,
    /// Bytes into the piece.
    pub offset: Option<u64>,
    /// Bytes really sent, where the log says so.
    pub moved: Option<u64>,
    /// The piece.
    pub piece: Option<PieceId>,
    /// The peer.
    pub address: Option<SocketAddr>,
    /// Milliseconds, and how exactly they are known.
    pub duration: Option<(u32, Quality)>,
    /// The error's text; failures only.
    pub error: Option<Box<str>>,
    /// A piece id or address in a form of its own.
    pub odd: Option<Box<Odd>>,
}

/// Texts that have no compact form: kept as they are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Odd {
    /// The piece id, if it is no base32 id.
    pub piece: String,
    /// The address, if it is no IP address and port.
    pub address: String,
}

impl<Id> Kept<Id> {
    /// The same transfer for another holder of ids.
    pub fn with_ids<Other>(&self, satellite: Other, action: Other) -> Kept<Other> {
        Kept {
            time_ms: self.time_ms,
            satellite,
            action,
            outcome: self.outcome,
            cause: self.cause,
            size: self.size,
            offset: self.offset,
            moved: self.moved,
            piece: self.piece,
            address: self.address,
            duration: self.duration,
            error: self.error.clone(),
            odd: self.odd.clone(),
        }
    }
}

impl Kept {
    /// Audits, repairs and what went wrong: a class of their own, kept longest and read most.
    pub fn class(&self, actions: &Names) -> usize {
        let name = actions.name(self.action);
        let grave = matches!(self.outcome, Outcome::Failed | Outcome::Rejected)
            || name.ends_with("AUDIT")
            || name.ends_with("REPAIR");
        usize::from(grave)
    }
}

/// One error template within one minute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErrorCell {
    /// How often.
    pub count: u64,
    /// Milliseconds since the epoch.
    pub first_ms: i64,
    /// Milliseconds since the epoch.
    pub last_ms: i64,
    /// The first text, whole.
    pub example: String,
}

/// Transfers of one series and minute, as they were kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptMinute {
    /// First second of the minute.
    pub second: i64,
    /// The satellite's id.
    pub satellite_id: String,
    /// The node's word.
    pub action: String,
    /// How they ended.
    pub outcome: Outcome,
    /// Why.
    pub cause: Cause,
    /// Their size class.
    pub size_class: Option<u8>,
    /// Number and bytes.
    pub cell: Cell,
}

/// A kind of record as it is kept: logger, level, message shape.
pub type KindName = (String, String, String);

/// The names behind a batch's numbers; outlives batches.
#[derive(Debug)]
pub struct Vocabulary {
    /// Satellite ids.
    pub satellites: Names,
    /// Actions.
    pub actions: Names,
    /// Error templates.
    pub templates: Names,
    /// Kinds of records.
    pub kinds: Vec<KindName>,
}

impl Default for Vocabulary {
    fn default() -> Self {
        Self {
            satellites: Names::new(1000),
            actions: Names::new(200),
            templates: Names::new(10_000),
            kinds: Vec::new(),
        }
    }
}

/// Key of a latency sketch: hour (seconds since the epoch), satellite, action, outcome, quality, size class.
pub type LatencyKey = (i64, u32, u32, Outcome, Quality, Option<u8>);

/// Hash map of the hot path.
pub type FastMap<K, V> = HashMap<K, V, foldhash::fast::FixedState>;

/// What a node says of itself now and then.
#[derive(Debug, Clone, PartialEq)]
pub enum Note<Id = u32> {
    /// It begins to start.
    Starting {
        /// Whether the process before it was told to stop, or said why it ended; `None`: its end was not read.
        explained: Option<bool>,
    },
    /// It ends.
    Ending {
        /// Its own words, where it ends by itself; `None`: it was told to.
        why: Option<String>,
    },
    /// It runs, under this id.
    Started {
        /// The node's id.
        node_id: String,
    },
    /// How a satellite rates it.
    Scores {
        /// The satellite.
        satellite: Id,
        /// The scores.
        scores: Scores,
    },
    /// What it says of its contact, clock or orders.
    Remark(Remark<Id>),
}

/// Scores as the log tells them, every few hours: 0..1, higher is better.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scores {
    /// Audits passed.
    pub audit: f64,
    /// Audits that did not fail for an unknown reason.
    pub suspension: f64,
    /// Time online.
    pub online: f64,
    /// Audits ever, those it was not there for included.
    pub total_audits: Option<u64>,
    /// Of them passed.
    pub successful_audits: Option<u64>,
}

/// What a batch adds. Buckets are their first second since the epoch.
#[derive(Debug, Default)]
pub struct Batch {
    /// By minute.
    pub traffic: FastMap<(i64, Series), Cell>,
    /// By minute, action and template.
    pub errors: FastMap<(i64, u32, u32), ErrorCell>,
    /// By hour and kind: count and, for what is not understood, an example.
    pub kinds: FastMap<(i64, u32), (u64, Option<String>)>,
    /// Durations.
    pub latency: FastMap<LatencyKey, Sketch>,
    /// What else durations tell.
    pub timing: Timing,
    /// The transfers, by class.
    pub transfers: [Vec<Kept>; 2],
    /// Notes, and when (ms since the epoch).
    pub notes: Vec<(i64, Note)>,
    /// What was said of the node's own work, in the order of the lines.
    pub work: Vec<Told>,
}

impl Batch {
    /// Number of transfers in it.
    pub fn len(&self) -> usize {
        self.transfers.iter().map(Vec::len).sum()
    }

    /// Empties it and keeps its memory.
    pub fn clear(&mut self) {
        self.traffic.clear();
        self.errors.clear();
        self.kinds.clear();
        self.latency.clear();
        self.timing.clear();
        self.transfers.iter_mut().for_each(Vec::clear);
        self.notes.clear();
        self.work.clear();
    }

    /// Whether nothing is in it.
    pub fn is_empty(&self) -> bool {
        self.kinds.is_empty() && self.len() == 0
    }
}
