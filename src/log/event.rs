//! A record to what it means. The table of a transfer is the contract's.

use super::kind::{Kind, Level};
use super::record::{Record, text};
use super::remark::remark;
use super::slow::Object;
use crate::domain::batch::{Note, Scores};
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

/// The name of the process that replaces the node's program by newer ones.
const UPDATER: &str = "\"storagenode-updater\"";

/// What a record says of the node itself, if it does. Such records are rare: the whole object is read.
pub fn note<'r>(record: &Record<'r>) -> Option<Note<&'r [u8]>> {
    // In a container the updater writes into the same log: its starts and ends are none of the node's.
    let is_updater = || contains(record.object, UPDATER);
    match record.head.kind {
        Kind::Configuration | Kind::Signal if is_updater() => None,
        Kind::Configuration => Some(Note::Starting { explained: None }),
        Kind::Signal => Some(Note::Ending { why: None }),
        _ if record.head.level == Level::Fatal && !is_updater() => {
            let error = text(record.fields.error);
            // A stack may follow in further lines.
            let first = error.lines().next().filter(|line| !line.is_empty());
            let why = first.unwrap_or(&record.head.message).to_owned();
            Some(Note::Ending { why: Some(why) })
        }
        Kind::Started => {
            let id = record.head.message.strip_prefix("Node ")?.strip_suffix(" started")?;
            Some(Note::Started { node_id: id.to_owned() })
        }
        Kind::Scores => {
            let object: Object = serde_json::from_slice(record.object).ok()?;
            let score = |keys| object.number(keys).filter(|score| (0.0..=1.0).contains(score));
            let count = |keys| {
                object
                    .number(keys)
                    .filter(|count| *count >= 0.0)
                    .map(|count| count as u64)
            };
            let scores = Scores {
                audit: score(&["audit_score"])?,
                suspension: score(&["suspension_score"])?,
                online: score(&["online_score"])?,
                total_audits: count(&["total_audits"]),
                successful_audits: count(&["successful_audits"]),
            };
            let satellite = Some(record.fields.satellite_id).filter(|id| !id.is_empty())?;
            Some(Note::Scores { satellite, scores })
        }
        _ => remark(record).map(Note::Remark),
    }
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
    #[test]
    fn the_nodes_own_starts_and_ends_are_noted() {
        let note = |line: &str| {
            let mut parser = crate::log::record::Parser::default();
            match parser.parse(line.as_bytes()) {
                crate::log::record::Line::Record(record) => note(&record).map(|note| match note {
                    Note::Ending { why } => format!("ends: {why:?}"),
                    Note::Starting { .. } => "starts".to_owned(),
                    other => format!("{other:?}"),
                }),
                other => panic!("{other:?}"),
            }
        };
        let node = "{\"Process\": \"storagenode\"}";
        let updater = "{\"Process\": \"storagenode-updater\"}";
        let line =
            |level: &str, message: &str, object: &str| format!("2026-11-23T21:25:14Z\t{level}\t{message}\t{object}");
        let stop = "Got a signal from the OS: \"terminated\"";
        assert_eq!(note(&line("INFO", stop, node)).as_deref(), Some("ends: None"));
        assert_eq!(
            note(&line("INFO", "Configuration loaded", node)).as_deref(),
            Some("starts")
        );
        assert_eq!(
            note("2026-11-23T21:25:14Z\tINFO\tStop/Shutdown request received.").as_deref(),
            Some("ends: None")
        );
        for message in [stop, "Configuration loaded"] {
            assert_eq!(note(&line("INFO", message, updater)), None, "another program's");
        }
        let fatal = line(
            "FATAL",
            "Unrecoverable error",
            "{\"error\": \"Error migrating tables\\n\\tstorj.io/x\"}",
        );
        assert_eq!(note(&fatal).as_deref(), Some("ends: Some(\"Error migrating tables\")"));
        let bare = line("FATAL", "Unrecoverable error", "{}");
        assert_eq!(note(&bare).as_deref(), Some("ends: Some(\"Unrecoverable error\")"));
    }
}
