//! What a transfer is: outcome, cause and bytes of one upload or download. Made by `log`, counted by `engine`.

use serde::{Deserialize, Serialize};

/// How a transfer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The peer hung up first, mostly a lost race; nobody's fault.
    Canceled,
    /// The transfer broke.
    Failed,
    /// The node refused it: too many requests at once.
    Rejected,
    /// All bytes went over and were answered.
    Success,
}

impl Outcome {
    /// All, in the order of their codes in the database.
    pub const ALL: [Self; 4] = [Self::Canceled, Self::Failed, Self::Rejected, Self::Success];

    /// The word of the outside face.
    pub fn word(self) -> &'static str {
        match self {
            Self::Canceled => "canceled",
            Self::Failed => "failed",
            Self::Rejected => "rejected",
            Self::Success => "success",
        }
    }
}

/// Why a transfer did not succeed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Cause {
    /// Nothing to explain: it succeeded.
    None,
    /// Other nodes were faster.
    RaceLost,
    /// The peer closed the stream.
    PeerClosed,
    /// The node does not know.
    Unknown,
    /// The client gave up (logged at DEBUG).
    Peer,
    /// The connection broke.
    Disconnect,
    /// The piece is not on the disk: a failed audit or repair counts against the node.
    MissingPiece,
    /// Any other error.
    Error,
    /// Over the node's limit of concurrent requests.
    TooManyRequests,
}

impl Cause {
    /// All, in the order of their codes in the database.
    pub const ALL: [Self; 9] = [
        Self::None,
        Self::RaceLost,
        Self::PeerClosed,
        Self::Unknown,
        Self::Peer,
        Self::Disconnect,
        Self::MissingPiece,
        Self::Error,
        Self::TooManyRequests,
    ];

    /// The word of the outside face; empty when there is nothing to explain.
    pub fn word(self) -> &'static str {
        match self {
            Self::None => "",
            Self::RaceLost => "race_lost",
            Self::PeerClosed => "peer_closed",
            Self::Unknown => "unknown",
            Self::Peer => "peer",
            Self::Disconnect => "disconnect",
            Self::MissingPiece => "missing_piece",
            Self::Error => "error",
            Self::TooManyRequests => "too_many_requests",
        }
    }
}

/// Upper bounds (exclusive, bytes) of the size classes; the last class has none.
pub const SIZE_BOUNDS: [u64; 6] = [1 << 10, 1 << 12, 1 << 14, 1 << 16, 1 << 18, 1 << 20];

/// Words of the size classes. 1 K is 1024 bytes, as pieces are cut.
pub const SIZE_CLASSES: [&str; 7] = ["<1K", "1K-4K", "4K-16K", "16K-64K", "64K-256K", "256K-1M", ">=1M"];

/// The class of a size: index into [`SIZE_CLASSES`].
pub fn size_class(bytes: u64) -> u8 {
    SIZE_BOUNDS.iter().take_while(|bound| bytes >= **bound).count() as u8
}

/// How exactly a duration is known. Never mixed in a percentile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Quality {
    /// Both ends stamped by the carrier (docker, journald).
    Exact,
    /// Both ends stamped when they were read, just written.
    Arrival,
    /// From the log's whole seconds: ± 1 s.
    Second,
}

impl Quality {
    /// All, in the order of their codes in the database.
    pub const ALL: [Self; 3] = [Self::Exact, Self::Arrival, Self::Second];

    /// The word of the outside face.
    pub fn word(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Arrival => "arrival",
            Self::Second => "second",
        }
    }
}

/// One finished transfer, borrowed from its line. Texts as in the log, escapes kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Transfer<'a> {
    /// The satellite's base58 id, verbatim; empty when the line has none.
    pub satellite_id: &'a [u8],
    /// The node's own word (`PUT`, `GET_AUDIT`, …); empty when the line has none.
    pub action: &'a [u8],
    /// Base32; empty when the line has none.
    pub piece_id: &'a [u8],
    /// `ip:port`; may be empty.
    pub remote_address: &'a [u8],
    /// The error text; empty without one.
    pub error: &'a [u8],
    /// How it ended.
    pub outcome: Outcome,
    /// Why, if it did not succeed.
    pub cause: Cause,
    /// Bytes; for downloads the requested range.
    pub size: Option<u64>,
    /// Bytes into the piece; downloads only.
    pub offset: Option<u64>,
    /// Bytes really sent, where the line says so.
    pub moved: Option<u64>,
}

impl Transfer<'_> {
    /// What the transfer adds to byte totals.
    pub fn bytes(&self) -> u64 {
        self.size.unwrap_or(0)
    }
}

/// Which way the bytes go, and for whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// Uploads of customers.
    Put,
    /// Downloads of customers.
    Get,
    /// Pieces that are stored anew.
    PutRepair,
    /// Pieces read to store others anew.
    GetRepair,
    /// Samples a satellite takes.
    Audit,
    /// What is none of these.
    Other,
}

impl Class {
    /// Of the node's word.
    pub fn of(action: &str) -> Self {
        match action {
            "PUT" => Self::Put,
            "GET" => Self::Get,
            "GET_AUDIT" => Self::Audit,
            "GET_REPAIR" => Self::GetRepair,
            "PUT_REPAIR" => Self::PutRepair,
            _ => Self::Other,
        }
    }
}

/// Whether an action brings bytes to the node.
pub fn comes_in(action: &str) -> bool {
    action.starts_with("PUT")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_positions_and_size_classes_meet_without_a_gap() {
        assert!(Outcome::ALL.iter().enumerate().all(|(n, o)| *o as usize == n));
        assert!(Cause::ALL.iter().enumerate().all(|(n, c)| *c as usize == n));
        assert!(Quality::ALL.iter().enumerate().all(|(n, q)| *q as usize == n));
        assert_eq!((size_class(0), size_class(1023), size_class(1024)), (0, 0, 1));
        assert_eq!(size_class(u64::MAX), 6);
    }
}
