//! What a line of the log means for its operator, what to do, and how much it weighs. Asked by
//! `collector`, for viewers. One entry a kind: a kind without one does not compile.

mod errors;
mod words;

use super::event;
use super::kind::{Kind, Level};
use super::record::{Line, Record};
use crate::domain::gravity::Gravity;
use crate::domain::transfer::Cause;

/// What a message means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Meaning {
    /// How much it weighs.
    pub gravity: Gravity,
    /// What happened, in words.
    pub means: &'static str,
    /// What to do; empty: nothing.
    pub act: &'static str,
}

impl Meaning {
    const fn new(gravity: Gravity, means: &'static str, act: &'static str) -> Self {
        Self { gravity, means, act }
    }
}

/// What a line tells: the message, and its error if that has a meaning of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Told {
    /// Of both the heavier.
    pub gravity: Gravity,
    /// Of the message.
    pub message: Meaning,
    /// Of the error.
    pub error: Option<Meaning>,
}

/// What a line tells; `raw` is the line as it stands in the log.
pub fn of(line: &Line<'_>, raw: &[u8]) -> Told {
    let record = match line {
        Line::Record(record) => record,
        Line::Trace if raw.starts_with(b"panic: ") || raw.starts_with(b"fatal error: ") => return alone(words::PANIC),
        Line::Trace => return alone(words::TRACE),
        Line::Foreign => return alone(words::FOREIGN),
        Line::Malformed => return alone(words::MALFORMED),
    };
    let (level, kind) = (record.head.level, record.head.kind);
    // Nothing of a transfer that went well needs a closer look: there are thousands.
    let message = refined(record).unwrap_or_else(|| general(kind, level));
    let error = match record.fields.error {
        b"" => None,
        error => errors::of(error, kind),
    };
    Told {
        gravity: error.map_or(message.gravity, |error| weigh(message.gravity, error.gravity)),
        message,
        error,
    }
}

fn alone(message: Meaning) -> Told {
    Told {
        gravity: message.gravity,
        message,
        error: None,
    }
}

/// An error that is the network's takes weight off a message that could be the disk's.
fn weigh(message: Gravity, error: Gravity) -> Gravity {
    match (message, error) {
        (Gravity::Look, Gravity::Plain) => Gravity::Plain,
        (message, error) => message.max(error),
    }
}

/// What every message of a kind means.
fn general(kind: Kind, level: Level) -> Meaning {
    match kind {
        Kind::Uploaded => words::UPLOADED,
        Kind::Downloaded => words::DOWNLOADED,
        Kind::UploadCanceled | Kind::UploadCanceledOld => words::UPLOAD_CANCELED,
        Kind::DownloadCanceled => words::DOWNLOAD_CANCELED,
        Kind::UploadFailed => words::UPLOAD_FAILED,
        Kind::DownloadFailed => words::DOWNLOAD_FAILED,
        Kind::UploadRejected => words::UPLOAD_REJECTED,
        Kind::UploadStarted | Kind::DownloadStarted => words::STARTED_TRANSFER,
        Kind::UploadInternalError => words::UPLOAD_INTERNAL_ERROR,
        Kind::PieceError => words::PIECE_ERROR,
        Kind::FoundInTrash => words::FOUND_IN_TRASH,
        Kind::BloomFilter => words::BLOOM_FILTER,
        Kind::BloomFilterFailed => words::BLOOM_FILTER_FAILED,
        Kind::OrdersSettled => words::ORDERS_SETTLED,
        Kind::OrdersFailed => words::ORDERS_FAILED,
        Kind::PingFailed => words::PING_FAILED,
        Kind::PingGivenUp => words::PING_GIVEN_UP,
        Kind::OnlineWithError => words::ONLINE_WITH_ERROR,
        Kind::Scores => words::SCORES,
        Kind::ScoresFailed => words::SCORES_FAILED,
        Kind::Collector => words::COLLECTOR,
        Kind::Retain => words::RETAIN,
        Kind::Trash => words::TRASH,
        Kind::Filewalker => words::FILEWALKER,
        Kind::FilewalkerProcess => words::FILEWALKER_PROCESS,
        Kind::Compaction => words::COMPACTION,
        Kind::HashstoreOpened => words::HASHSTORE_OPENED,
        Kind::HashstoreDamaged => words::HASHSTORE_DAMAGED,
        Kind::Migration => words::MIGRATION,
        Kind::Amnesty => words::AMNESTY,
        Kind::DiskSpace => words::DISK_SPACE,
        Kind::DiskCheck => words::DISK_CHECK,
        Kind::SpaceDrift => words::SPACE_DRIFT,
        Kind::Configuration => words::CONFIGURATION,
        Kind::Started => words::STARTED,
        Kind::Signal => words::SIGNAL,
        Kind::Dying => words::DYING,
        Kind::Version => words::VERSION,
        Kind::VersionInfo => words::VERSION_INFO,
        Kind::Update => words::UPDATE,
        Kind::Preflight => words::PREFLIGHT,
        Kind::Trust => words::TRUST,
        Kind::Database => words::DATABASE,
        Kind::GracefulExit => words::GRACEFUL_EXIT,
        Kind::Known if level >= Level::Warn => words::KNOWN_WARNING,
        Kind::Known => words::KNOWN,
        Kind::Unknown if level >= Level::Warn => words::UNKNOWN_WARNING,
        Kind::Unknown => words::UNKNOWN,
    }
}

/// What the level, the action, the cause or the exact message make of it.
fn refined(record: &Record<'_>) -> Option<Meaning> {
    let (message, level, action) = (&*record.head.message, record.head.level, record.fields.action);
    Some(match record.head.kind {
        Kind::Downloaded if action == b"GET_AUDIT" => words::AUDIT_PASSED,
        Kind::Downloaded if action == b"GET_REPAIR" => words::REPAIR_SENT,
        Kind::Uploaded if action == b"PUT_REPAIR" => words::REPAIR_STORED,
        Kind::DownloadCanceled if action == b"GET_AUDIT" => words::AUDIT_CANCELED,
        Kind::DownloadFailed => failed_download(record)?,
        Kind::UploadFailed if level == Level::Debug => words::UPLOAD_BROKEN_OFF,
        Kind::FoundInTrash if message == "unable to revive record" => words::NOT_REVIVED,
        Kind::Scores if message == "node scores worsened" => words::SCORES_WORSENED,
        Kind::Compaction if message == "compaction failed" => words::COMPACTION_FAILED,
        Kind::HashstoreDamaged => damaged(message)?,
        Kind::Trash | Kind::Retain | Kind::Collector | Kind::Migration if level >= Level::Warn => {
            words::CLEANING_FAILED
        }
        Kind::Migration if message == "couldn't migrate" => words::CLEANING_FAILED,
        Kind::Filewalker | Kind::FilewalkerProcess if level >= Level::Warn => words::FILEWALKER_FAILED,
        Kind::FilewalkerProcess if message == "subprocess exited with status" => words::FILEWALKER_FAILED,
        Kind::Dying if message == "slow shutdown" || message == "service takes long to shutdown" => {
            words::SLOW_SHUTDOWN
        }
        Kind::DiskSpace if message.starts_with("Total disk space") => words::DISK_TOO_SMALL,
        Kind::Preflight if level >= Level::Error => words::CLOCK,
        Kind::Trust if message == "Failed to refresh" => words::TRUST_FAILED,
        Kind::Trust if level >= Level::Warn => words::TRUST_STALE,
        Kind::Update if level >= Level::Error => words::UPDATE_FAILED,
        Kind::Database if level >= Level::Error => words::DATABASE_FAILED,
        Kind::GracefulExit if level >= Level::Error => words::GRACEFUL_EXIT_FAILED,
        _ => return None,
    })
}

fn failed_download(record: &Record<'_>) -> Option<Meaning> {
    let check = matches!(record.fields.action, b"GET_AUDIT" | b"GET_REPAIR");
    match event::transfer(record)?.cause {
        Cause::MissingPiece if record.fields.action == b"GET_AUDIT" => Some(words::AUDIT_MISSING),
        Cause::MissingPiece if check => Some(words::REPAIR_MISSING),
        Cause::MissingPiece => Some(words::PIECE_MISSING),
        Cause::Disconnect => Some(words::DOWNLOAD_BROKEN_OFF),
        _ if check => Some(words::AUDIT_FAILED),
        _ => None,
    }
}

fn damaged(message: &str) -> Option<Meaning> {
    match message {
        "unclean shutdown detected: reconciling logs" => Some(words::UNCLEAN_SHUTDOWN),
        "reconciled log with invalid records" => Some(words::RECORDS_LOST),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::record::Parser;

    fn told(line: &str) -> Told {
        of(&Parser::default().parse(line.as_bytes()), line.as_bytes())
    }

    #[test]
    fn every_kind_is_explained_in_whole_sentences() {
        let mut all = vec![Kind::Known, Kind::Unknown];
        all.extend(Kind::ALL);
        for kind in all {
            for level in [Level::Debug, Level::Info, Level::Warn, Level::Error, Level::Fatal] {
                let Meaning { gravity, means, act } = general(kind, level);
                assert!(means.ends_with('.') && means.len() > 20, "{kind:?}: {means}");
                assert!(act.is_empty() || act.ends_with('.'), "{kind:?}: {act}");
                // What is grave has a way out.
                assert!(gravity < Gravity::Grave || !act.is_empty(), "{kind:?}");
            }
        }
    }

    #[test]
    fn what_is_dangerous_is_told_from_what_looks_so() {
        let failed = |action: &str, error: &str| {
            format!("ERROR\tpiecestore\tdownload failed\t{{\"action\": \"{action}\", \"error\": \"{error}\"}}")
        };
        let gone = "hashstore: file does not exist";
        for (line, gravity, part) in [
            (failed("GET_AUDIT", gone), Gravity::Grave, "disqualif"),
            (failed("GET_REPAIR", gone), Gravity::Grave, "repair"),
            (failed("GET", gone), Gravity::Grave, "customer"),
            (
                failed("GET", "manager closed: write tcp 1.2.3.4:5: write: broken pipe"),
                Gravity::Plain,
                "went away",
            ),
            (failed("GET_AUDIT", "read x: is a directory"), Gravity::Grave, "suspen"),
            (
                failed("GET", "read x: input/output error"),
                Gravity::Grave,
                "could not be read",
            ),
            (failed("GET", "something else"), Gravity::Look, "could not be read"),
            (
                "ERROR\tpiecestore\tupload failed\t{\"error\": \"unexpected EOF\"}".into(),
                Gravity::Plain,
                "upload",
            ),
            (
                "ERROR\tpiecestore\tupload failed\t{\"error\": \"x: no space left on device\"}".into(),
                Gravity::Grave,
                "",
            ),
            (
                "INFO\tpiecestore\tdownload canceled\t{\"action\": \"GET_AUDIT\"}".into(),
                Gravity::Routine,
                "success",
            ),
            (
                "WARN\thashstore\treconciled log with invalid records\t{\"id\": 1}".into(),
                Gravity::Grave,
                "lost",
            ),
            (
                "INFO\thashstore\tunclean shutdown detected: reconciling logs".into(),
                Gravity::Plain,
                "killed",
            ),
            ("panic: runtime error".into(), Gravity::Grave, "crash"),
            ("goroutine 1 [running]:".into(), Gravity::Plain, "stack"),
            ("INFO\tx\ta message of 2031\t{}".into(), Gravity::Plain, "No release"),
        ] {
            let told = told(&line);
            assert_eq!(told.gravity, gravity, "{line}: {told:?}");
            assert!(told.message.means.contains(part), "{line}: {}", told.message.means);
        }
    }
}
