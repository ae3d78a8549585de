//! A record to what it means. The table of a transfer is the contract's.

use super::fields::text;
use super::record::Record;
use crate::domain::transfer::{Cause, Outcome, Transfer};

/// The transfer a record tells of, if it tells of one.
pub fn transfer<'r>(record: &'r Record<'_>) -> Option<Transfer<'r>> {
    if !record.logger.starts_with("piecestore") {
        return None;
    }
    let (outcome, cause) = outcome(record)?;
    Some(Transfer {
        satellite_id: text(&record.fields.satellite_id),
        action: text(&record.fields.action),
        outcome,
        cause,
        bytes: record.fields.size.unwrap_or(0),
    })
}

fn outcome(record: &Record<'_>) -> Option<(Outcome, Cause)> {
    let error = text(&record.fields.error);
    let debug = record.level == "DEBUG";
    Some(match record.message.as_ref() {
        "uploaded" | "downloaded" => (Outcome::Success, Cause::None),
        // At DEBUG it is the second line of a cancel already counted.
        "download canceled" if debug => return None,
        "upload canceled" | "download canceled" | "download canceled (race lost or node shutdown)" => {
            (Outcome::Canceled, cancel_cause(text(&record.fields.reason)))
        }
        "upload failed" if debug => (Outcome::Failed, Cause::Peer),
        "upload failed" if record.level == "WARN" => (Outcome::Failed, Cause::Disconnect),
        "upload failed" => (Outcome::Failed, Cause::Error),
        "download failed" => (Outcome::Failed, download_cause(error)),
        "upload rejected, too many requests" => (Outcome::Rejected, Cause::TooManyRequests),
        _ => return None,
    })
}

fn cancel_cause(reason: &str) -> Cause {
    match reason {
        "" | "context canceled" => Cause::RaceLost,
        "stream closed by peer" => Cause::PeerClosed,
        _ if reason.contains("does not match received message size") => Cause::RaceLost,
        _ => Cause::Unknown,
    }
}

fn download_cause(error: &str) -> Cause {
    const NETWORK: [&str; 4] = [
        "broken pipe",
        "connection reset by peer",
        "use of closed network connection",
        "context canceled",
    ];
    if error.contains("file does not exist") {
        Cause::MissingPiece
    } else if NETWORK.iter().any(|text| error.contains(text)) {
        Cause::Disconnect
    } else {
        Cause::Error
    }
}

/// Messages of nodes since 1.90, one a line; `messages.txt` is sorted.
const MESSAGES: &str = include_str!("messages.txt");

/// Whether the program knows what this record's message means.
pub fn is_known(record: &Record<'_>) -> bool {
    let message = record.message.as_ref();
    (message.starts_with("Node ") && message.ends_with(" started"))
        || ["Public server started on", "Private server started on", "Got a signal from the OS: "].iter().any(|p| message.starts_with(p))
        // Schema upgrades: the message is the step's description.
        || record.logger.starts_with("db.migration")
        || message.ends_with(" < 0")
        || known().contains(message)
}

fn known() -> &'static std::collections::HashSet<&'static str> {
    static KNOWN: std::sync::OnceLock<std::collections::HashSet<&'static str>> = std::sync::OnceLock::new();
    KNOWN.get_or_init(|| MESSAGES.lines().collect())
}
