//! An audit or repair as the node's log tells of it: what the satellite makes of it. Made by `store`, judged by
//! `analysis`.

use std::sync::Arc;

use super::piece::PieceId;
use super::transfer::{Cause, Outcome};

/// What a satellite concludes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The piece was there. An auditor that hung up has what it wanted, too.
    Passed,
    /// The piece is not there: it costs audit score.
    Missing,
    /// It could not be read: it costs suspension score. What only came too late is asked for again, thrice.
    Unreadable,
}

impl Verdict {
    /// What an outcome means; `None`: nothing, as the network broke or the node refused.
    pub fn of(outcome: Outcome, cause: Cause) -> Option<Self> {
        match (outcome, cause) {
            (Outcome::Success | Outcome::Canceled, _) => Some(Self::Passed),
            (Outcome::Failed, Cause::MissingPiece) => Some(Self::Missing),
            (Outcome::Failed, Cause::Error) => Some(Self::Unreadable),
            (Outcome::Failed | Outcome::Rejected, _) => None,
        }
    }
}

/// One audit, or one read of a repair. Satellites count audits only; a repair that fails shows the same loss.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audit {
    /// ms since the epoch.
    pub time_ms: i64,
    /// The satellite's id; empty when the line has none.
    pub satellite_id: Arc<str>,
    /// It was a repair.
    pub repair: bool,
    /// How it went.
    pub verdict: Verdict,
    /// The piece.
    pub piece: Option<PieceId>,
    /// Bytes into the piece.
    pub offset: Option<u64>,
    /// Bytes asked for.
    pub size: Option<u64>,
    /// The error's text, raw.
    pub error: Option<String>,
}
