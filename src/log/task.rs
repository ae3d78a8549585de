//! Records of the node's own work to signs: what begins, goes on, ends, with its numbers. Such records are rare, so
//! the whole object is read. Keys by release: facts are those of 1.90 to 1.162.

use serde_json::Value;

use super::figure::{bytes, duration_ms};
use super::kind::{Kind, Level};
use super::record::Record;
use super::slow::Object;
use super::stamp;
use crate::domain::task::sign::{Outcome, Sign, What};
use crate::domain::task::{Figures, Job, Phase};

/// What a record says of the node's own work, if it does.
pub fn sign(record: &Record<'_>) -> Option<Sign<String>> {
    if !is_of_work(record.head.kind) {
        return None;
    }
    let message = &*record.head.message;
    let object = || match record.object {
        b"" => Some(Object::default()),
        object => Object::parse(object).ok(),
    };
    match record.head.kind {
        Kind::Collector => expired(message, &object()?),
        Kind::BloomFilter => bloom_filter(&object()?),
        Kind::Retain => garbage(message, &object()?),
        Kind::Trash => trash(message, &object()?),
        Kind::Filewalker => walk(message, &object()?),
        Kind::FilewalkerProcess => process(&record.head.logger, message, &object()?),
        Kind::Compaction => compaction(message, &object()?),
        Kind::Migration => migration(message, &object()?),
        _ => None,
    }
    .filter(|_| record.head.level != Level::Debug)
}

fn is_of_work(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Collector
            | Kind::BloomFilter
            | Kind::Retain
            | Kind::Trash
            | Kind::Filewalker
            | Kind::FilewalkerProcess
            | Kind::Compaction
            | Kind::Migration
    )
}

fn make(job: Job, object: &Object, what: What, figures: Figures) -> Sign<String> {
    let text = |keys: &[&str]| object.text(keys).filter(|text| !text.is_empty());
    let store = text(&["store"]).and_then(|store| store.strip_prefix('s')?.parse().ok());
    Sign {
        job,
        satellite: text(&["satellite_id", "satellite", "sat"]).map(str::to_owned),
        store,
        what,
        figures,
        error: text(&["error"]).map(str::to_owned),
    }
}

fn count(object: &Object, keys: &[&str]) -> Option<u64> {
    let number = object.number(keys).filter(|number| *number >= 0.0);
    number.map(|number| number as u64)
}

fn size(object: &Object, key: &str) -> Option<u64> {
    object.value(key).and_then(bytes)
}

fn time(object: &Object, key: &str) -> Option<i64> {
    stamp::unix_ms(object.text(&[key])?.as_bytes())
}

/// An end: what was told to stop did not fail.
fn ends(object: &Object, failed: bool, took: &str) -> What {
    let canceled = object.text(&["error"]).is_some_and(|error| {
        // The error of a part may name several, one below the other.
        error
            .lines()
            .next()
            .is_some_and(|error| error.contains("context canceled"))
    });
    let outcome = match failed {
        _ if canceled => Outcome::Interrupted,
        true => Outcome::Failed,
        false => Outcome::Done,
    };
    let took_ms = object.text(&[took]).and_then(duration_ms);
    What::Ends { outcome, took_ms }
}

fn goes(tells: bool) -> What {
    What::Goes { tells }
}

fn expired(message: &str, object: &Object) -> Option<Sign<String>> {
    let figures = || Figures {
        pieces: count(object, &["count"]),
        ..Figures::default()
    };
    let (what, figures) = match message {
        "expired pieces collection started" => (What::Begins, Figures::default()),
        // `collect`: up to 1.109, which told of no begin.
        "expired pieces collection completed" | "collect" => (ends(object, false, ""), figures()),
        "error during expired pieces collection" => (ends(object, true, ""), figures()),
        _ => return None,
    };
    Some(make(Job::Expired, object, what, figures))
}

fn bloom_filter(object: &Object) -> Option<Sign<String>> {
    let figures = Figures {
        filter_ms: Some(time(object, "creation")?),
        ..Figures::default()
    };
    Some(make(Job::BloomFilter, object, What::Happened, figures))
}

fn garbage(message: &str, object: &Object) -> Option<Sign<String>> {
    let (job, what, figures) = match message {
        // The only line of a new filter up to 1.118.
        "Retain job queued" => (Job::BloomFilter, What::Happened, Figures::default()),
        "Prepared to run a Retain request." => {
            let figures = Figures {
                filter_ms: time(object, "created_before"),
                filter_size: count(object, &["filter_size"]),
                ..Figures::default()
            };
            (Job::Garbage, What::Begins, figures)
        }
        "Moved pieces to trash during retain" => {
            let unread = count(object, &["pieces_failed_to_read"]);
            let figures = Figures {
                pieces: count(object, &["deleted_pieces", "num_deleted"]),
                looked: count(object, &["pieces_count"]),
                failed: count(object, &["failed_to_delete"]).map(|failed| failed + unread.unwrap_or(0)),
                ..Figures::default()
            };
            (Job::Garbage, ends(object, false, "duration"), figures)
        }
        "retain pieces failed" => (Job::Garbage, ends(object, true, ""), Figures::default()),
        _ => return None,
    };
    Some(make(job, object, what, figures))
}

fn trash(message: &str, object: &Object) -> Option<Sign<String>> {
    let (job, what) = match message {
        "emptying trash started" => (Job::Trash, What::Begins),
        "emptying trash finished" => (Job::Trash, ends(object, false, "elapsed")),
        "emptying trash failed" => (Job::Trash, ends(object, true, "")),
        "restore trash started" => (Job::RestoreTrash, What::Begins),
        "restore trash finished" => (Job::RestoreTrash, ends(object, false, "")),
        "restore trash failed" => (Job::RestoreTrash, ends(object, true, "")),
        _ => return None,
    };
    Some(make(job, object, what, Figures::default()))
}

/// Walks over the pieces. Up to 1.106 their own process tells of begin and end of counting.
fn walk(message: &str, object: &Object) -> Option<Sign<String>> {
    let (job, what, figures) = match message {
        "used-space-filewalker started" => (Job::UsedSpace, What::Begins, Figures::default()),
        "used-space-filewalker completed" => {
            let figures = Figures {
                after: count(object, &["total_pieces_size", "pieces_total"]),
                pieces: count(object, &["total_pieces_count"]),
                lazy: object.value("lazy_file_walker").and_then(Value::as_bool),
                ..Figures::default()
            };
            (Job::UsedSpace, ends(object, false, "duration"), figures)
        }
        "used-space-filewalker failed" => (Job::UsedSpace, ends(object, true, ""), Figures::default()),
        "Startup piece scan omitted by configuration" => {
            let outcome = Outcome::Skipped;
            (
                Job::UsedSpace,
                What::Ends { outcome, took_ms: None },
                Figures::default(),
            )
        }
        "gc-filewalker started" => {
            let figures = Figures {
                filter_ms: time(object, "created_before"),
                filter_size: count(object, &["bloom_filter_size"]),
                ..Figures::default()
            };
            (Job::Garbage, goes(true), figures)
        }
        "gc-filewalker completed" => {
            let figures = Figures {
                looked: count(object, &["pieces_count"]),
                pieces: count(object, &["trashed_pieces", "pieces_trashed"]),
                ..Figures::default()
            };
            (Job::Garbage, goes(true), figures)
        }
        "gc-filewalker did not complete" => (Job::Garbage, goes(true), phase(Phase::WalkFailed)),
        "trash-filewalker completed" => {
            let figures = Figures {
                reclaimed: count(object, &["bytes_deleted"]),
                pieces: count(object, &["num_keys_deleted"]),
                ..Figures::default()
            };
            (Job::Trash, goes(true), figures)
        }
        "lazyfilewalker failed" => (Job::UsedSpace, goes(true), phase(Phase::WalkFailed)),
        _ => return None,
    };
    Some(make(job, object, what, figures))
}

fn phase(phase: Phase) -> Figures {
    Figures {
        phase: Some(phase),
        ..Figures::default()
    }
}

/// A walk's own process, by its logger: `lazyfilewalker.gc-filewalker`.
fn process(logger: &str, message: &str, object: &Object) -> Option<Sign<String>> {
    let walker = logger.strip_prefix("lazyfilewalker.")?;
    let job = match walker.split('.').next()? {
        "used-space-filewalker" => Job::UsedSpace,
        "gc-filewalker" => Job::Garbage,
        "trash-cleanup-filewalker" => Job::Trash,
        _ => return None,
    };
    let (what, at) = match message {
        "starting subprocess" => (What::Process, Phase::Starting),
        "subprocess started" => (goes(false), Phase::Walking),
        "subprocess finished successfully" => (goes(false), Phase::Walked),
        "subprocess exited with status"
        | "subprocess exited with error"
        | "failed to start subprocess"
        | "failed to decode response from subprocess" => (goes(true), Phase::WalkFailed),
        _ => return None,
    };
    Some(make(job, object, what, phase(at)))
}

fn compaction(message: &str, object: &Object) -> Option<Sign<String>> {
    let told = |figures| (goes(true), figures);
    let (what, figures) = match message {
        "beginning compaction" => (What::Begins, stats(object, false)),
        "compaction acquired locks" | "compact once started" => told(phase(Phase::Computing)),
        "compaction computed details" => told(Figures {
            looked: count(object, &["nexist", "nset"]),
            ..phase(Phase::Rewriting)
        }),
        "records rewritten" => told(Figures {
            copied: size(object, "bytes"),
            ..phase(Phase::Table)
        }),
        "hashtbl rewritten" => told(Figures {
            reclaimed: size(object, "reclaimed_bytes"),
            rewritten: size(object, "rewritten_bytes"),
            trashed: size(object, "trashed_bytes"),
            expired: size(object, "expired_bytes"),
            ..phase(Phase::Table)
        }),
        "compact once finished" => told(Figures {
            rounds: Some(1),
            ..phase(Phase::Round)
        }),
        "finished compaction" => {
            let failed = object.value("error").is_some();
            (ends(object, failed, "duration"), stats(object, true))
        }
        "compaction failed" => (ends(object, true, ""), Figures::default()),
        _ => return None,
    };
    Some(make(Job::Compaction, object, what, figures))
}

/// Of a store's statistics what is of this one run: what was rewritten and reclaimed adds up since the node started.
fn stats(object: &Object, end: bool) -> Figures {
    let stats = object.value("stats");
    let value = |key: &str| stats?.get(key);
    let size = |key: &str| value(key).and_then(bytes);
    let logs = size("LenLogs");
    let sums = size("DataReclaimed").zip(size("DataRewritten"));
    Figures {
        sums_before: sums.filter(|_| !end),
        sums_after: sums.filter(|_| end),
        before: logs.filter(|_| !end),
        after: logs.filter(|_| end),
        dead: size("DataReclaimable").filter(|_| end),
        needed: size("FreeRequired"),
        trash_share: value("TrashPercent").and_then(Value::as_f64),
        load: value("Table").and_then(|table| table.get("Load")?.as_f64()),
        ..Figures::default()
    }
}

/// Pieces are handed on one by one: that a satellite is enqueued means that all its pieces were looked at. That is
/// told again every ten minutes. What was moved is told for all satellites together, from the node's start on.
fn migration(message: &str, object: &Object) -> Option<Sign<String>> {
    let (what, figures) = match message {
        "processed a bunch of pieces" => {
            let figures = Figures {
                pieces: count(object, &["successes"]),
                moved: count(object, &["size"]),
                ..Figures::default()
            };
            (goes(true), figures)
        }
        "all enqueued for migration; will sleep before next pooling" => (What::Stops, Figures::default()),
        "enqueued for migration" => (What::Passed, Figures::default()),
        "failed to enqueue for migration" => (ends(object, true, ""), Figures::default()),
        "couldn't migrate" => {
            let figures = Figures {
                failed: Some(1),
                ..Figures::default()
            };
            (goes(true), figures)
        }
        "cleanup removed empty prefix directories" => {
            let figures = Figures {
                left: count(object, &["remaining"]),
                ..Figures::default()
            };
            (goes(false), figures)
        }
        _ => return None,
    };
    Some(make(Job::Migration, object, what, figures))
}
