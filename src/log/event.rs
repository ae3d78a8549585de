//! A record to what it means. The table of a transfer is the contract's.

use super::kind::{Kind, Level};
use super::record::Record;
use crate::domain::transfer::{Cause, Outcome, Transfer};

/// The transfer a record tells of, if it tells of one.
pub fn transfer<'r>(record: &Record<'r>) -> Option<Transfer<'r>> {
    let (outcome, cause) = outcome(record)?;
    let fields = &record.fields;
    Some(Transfer {
        satellite_id: fields.satellite_id,
        action: fields.action,
        piece_id: fields.piece_id,
        remote_address: fields.remote_address,
        error: fields.error,
        outcome,
        cause,
        size: fields.size,
        offset: fields.offset,
        moved: match record.head.kind {
            Kind::DownloadCanceled => moved(fields.reason),
            _ => None,
        },
    })
}

fn outcome(record: &Record<'_>) -> Option<(Outcome, Cause)> {
    let level = record.head.level;
    Some(match record.head.kind {
        Kind::Uploaded | Kind::Downloaded => (Outcome::Success, Cause::None),
        // At DEBUG it is the second line of a cancel already counted.
        Kind::DownloadCanceled if level == Level::Debug => return None,
        Kind::UploadCanceled | Kind::DownloadCanceled => (Outcome::Canceled, cancel_cause(record.fields.reason)),
        Kind::UploadFailed => match level {
            Level::Debug => (Outcome::Failed, Cause::Peer),
            Level::Warn => (Outcome::Failed, Cause::Disconnect),
            _ => (Outcome::Failed, Cause::Error),
        },
        Kind::DownloadFailed => (Outcome::Failed, download_cause(record.fields.error)),
        Kind::UploadRejected => (Outcome::Rejected, Cause::TooManyRequests),
        _ => return None,
    })
}

fn contains(text: &[u8], part: &str) -> bool {
    memchr::memmem::find(text, part.as_bytes()).is_some()
}

fn cancel_cause(reason: &[u8]) -> Cause {
    match reason {
        b"" | b"context canceled" => Cause::RaceLost,
        b"stream closed by peer" => Cause::PeerClosed,
        _ if contains(reason, "does not match received message size") => Cause::RaceLost,
        _ => Cause::Unknown,
    }
}

fn download_cause(error: &[u8]) -> Cause {
    const NETWORK: [&str; 4] = [
        "broken pipe",
        "connection reset by peer",
        "use of closed network connection",
        "context canceled",
    ];
    if contains(error, "file does not exist") {
        Cause::MissingPiece
    } else if NETWORK.iter().any(|text| contains(error, text)) {
        Cause::Disconnect
    } else {
        Cause::Error
    }
}

/// X of `downloaded size (X bytes) does not match received message size (Y bytes)`: really sent.
fn moved(reason: &[u8]) -> Option<u64> {
    let rest = reason.strip_prefix(b"downloaded size (")?;
    let len = rest.iter().take_while(|b| b.is_ascii_digit()).count();
    std::str::from_utf8(&rest[..len]).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_really_sent_is_in_the_reason() {
        assert_eq!(
            moved(b"downloaded size (65536 bytes) does not match received message size (2319360 bytes)"),
            Some(65536)
        );
        assert_eq!(moved(b"context canceled"), None);
    }
}
