//! What a transfer is: outcome, cause and bytes of one upload or download. Made by `log`, counted by `engine`.

use serde::Serialize;

/// How a transfer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
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

/// One finished transfer, borrowed from its line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transfer<'a> {
    /// The satellite's base58 id, verbatim; empty when the line has none.
    pub satellite_id: &'a str,
    /// The node's own word (`PUT`, `GET_AUDIT`, …); empty when the line has none.
    pub action: &'a str,
    /// How it ended.
    pub outcome: Outcome,
    /// Why, if it did not succeed.
    pub cause: Cause,
    /// Bytes of the line's `size`; for downloads the requested range.
    pub bytes: u64,
}
