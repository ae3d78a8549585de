//! What the Pro Monitor kept, into the database. Its transfers and compactions become lines as a node's log would have
//! them, and go the way of `ingest`: so each counts once however often it is imported, and none counts in times whose
//! log was read. Hours and disks fill only what nobody knows.

use std::io::{self, PipeWriter, Write};
use std::iter::Peekable;
use std::path::Path;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::ingest::{self, Overlap};
use crate::domain::sample::{Disk, Semantics};
use crate::store::Result;
use crate::store::old_monitor::{OldCompaction, OldEvent, OldMonitor, semantics};
use crate::store::writer::Writer;

/// What became of a node's history.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Imported {
    /// Transfers it kept: a line each.
    pub transfers: u64,
    /// Compactions it kept: two lines each.
    pub compactions: u64,
    /// Lines that were not known.
    pub new: u64,
    /// Lines that were taken before.
    pub before: u64,
    /// Lines of times whose log was read: the log knows better.
    pub known_better: u64,
    /// Rows without a readable time, or of a status that is none.
    pub unreadable: u64,
    /// Hours of traffic that nobody knew.
    pub hours: u64,
    /// Hours whose disk nobody knew.
    pub disks: u64,
}

/// Imports a node of the old monitor as `node`.
///
/// # Errors
/// When either database cannot be read or written.
pub fn node(
    writer: &mut Writer,
    (old, path): (&OldMonitor, &Path),
    (from, node): (&str, &str),
    now_ms: i64,
) -> Result<Imported> {
    let compactions = old.compactions(from)?;
    let mut imported = Imported::default();
    let mut made = Made::default();
    let (read, write) = io::pipe().map_err(|source| crate::store::Error::Io {
        path: path.to_owned(),
        source,
    })?;
    let name = format!("{} ({from})", path.display());
    // SQLite's connections stay in their thread: it is the reader that goes to another one.
    let outcome = std::thread::scope(|scope| {
        let taker = scope.spawn(|| ingest::ingest_from(writer, node, (name, read), Overlap::Skip, now_ms, |_| ()));
        let told = tell(old, from, compactions, write, &mut made);
        // A panic of the taker is passed on.
        let taken = taker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        told.and(taken)
    })?;
    (imported.transfers, imported.compactions) = (made.transfers, made.compactions);
    imported.new = outcome.seen.lines.lines - outcome.seen.duplicate - outcome.seen.overlap;
    imported.before = outcome.seen.duplicate;
    imported.known_better = outcome.seen.overlap;
    imported.unreadable = made.unreadable;
    let row = writer.node(node)?;
    imported.hours = writer.fill_hours(row, &old.hours(from)?)?;
    imported.disks = writer.fill_disks(row, &disks(old, from)?)?;
    Ok(imported)
}

/// The last of each hour, in our terms.
fn disks(old: &OldMonitor, from: &str) -> Result<Vec<(i64, Disk)>> {
    let told = old.disks(from)?;
    // Where nothing changed it does not matter.
    let semantics = semantics(&told).unwrap_or(Semantics::New);
    let mut disks: Vec<(i64, Disk)> = told
        .iter()
        .filter_map(|told| Some((told.time_ms, told.disk(semantics)?)))
        .collect();
    disks.reverse();
    disks.dedup_by_key(|(time, _)| time.div_euclid(3_600_000));
    disks.reverse();
    Ok(disks)
}

/// What was written for the taker.
#[derive(Debug, Default)]
struct Made {
    transfers: u64,
    compactions: u64,
    unreadable: u64,
}

/// Writes everything as lines, in the order of time.
fn tell(
    old: &OldMonitor,
    from: &str,
    compactions: Vec<OldCompaction>,
    write: PipeWriter,
    made: &mut Made,
) -> Result<()> {
    let mut out = io::BufWriter::new(write);
    let mut compactions = compactions.into_iter().peekable();
    // The taker ends early only with an error of its own, which is told then.
    let mut heard = true;
    let unreadable = old.events(from, |event| {
        heard = compacted_until(&mut compactions, event.second, &mut out, made).is_ok();
        match line(&event) {
            Some(line) => {
                made.transfers += 1;
                heard &= out.write_all(line.as_bytes()).is_ok();
            }
            None => made.unreadable += 1,
        }
        heard
    })?;
    made.unreadable += unreadable;
    if heard {
        let _ = compacted_until(&mut compactions, i64::MAX, &mut out, made).and_then(|()| out.flush());
    }
    Ok(())
}

/// Writes the compactions that ended by then.
fn compacted_until(
    compactions: &mut Peekable<impl Iterator<Item = OldCompaction>>,
    second: i64,
    out: &mut impl Write,
    made: &mut Made,
) -> io::Result<()> {
    while let Some(compaction) = compactions.next_if(|compaction| compaction.second <= second) {
        made.compactions += 1;
        out.write_all(compacted(&compaction).as_bytes())?;
    }
    Ok(())
}

fn record(second: i64, level: &str, logger: &str, message: &str, object: &Value) -> String {
    let time = Timestamp::from_second(second).unwrap_or_default();
    format!("{time}\t{level}\t{logger}\t{message}\t{object}\n")
}

/// A transfer as a node's log has it; `None`: its status is none that is known.
fn line(event: &OldEvent) -> Option<String> {
    let upload = event.action.contains("PUT");
    let (level, message, why) = match (event.status.as_str(), upload) {
        ("success", true) => ("INFO", "uploaded", None),
        ("success", false) => ("INFO", "downloaded", None),
        ("canceled", true) => ("INFO", "upload canceled", Some("reason")),
        ("canceled", false) => ("INFO", "download canceled", Some("reason")),
        ("failed", true) => ("ERROR", "upload failed", Some("error")),
        ("failed", false) => ("ERROR", "download failed", Some("error")),
        _ => return None,
    };
    let mut object = json!({
        "piece_id": event.piece_id,
        "satellite_id": event.satellite_id,
        "action": event.action,
        "remote_address": event.remote_ip,
    });
    if let Some(size) = event.size {
        object["size"] = size.into();
    }
    if let Some((key, reason)) = why.zip(event.reason.as_deref()) {
        object[key] = reason.into();
    }
    Some(record(event.second, level, "piecestore", message, &object))
}

/// A compaction's begin and end.
fn compacted(run: &OldCompaction) -> String {
    let begun = run.second - run.took_s.max(0.0).round() as i64;
    let object = json!({"satellite": run.satellite_id, "store": run.store, "stats": {}});
    let begin = record(begun, "INFO", "hashstore", "beginning compaction", &object);
    let bytes = |bytes: i64| format!("{} B", bytes.max(0));
    let object = json!({
        "satellite": run.satellite_id,
        "store": run.store,
        "duration": format!("{}s", run.took_s.max(0.0)),
        "stats": {
            "DataReclaimed": bytes(run.reclaimed),
            "DataRewritten": bytes(run.rewritten),
            "TrashPercent": run.trash / 100.0,
            "Table": {"Load": run.load / 100.0},
        },
    });
    begin + &record(run.second, "INFO", "hashstore", "finished compaction", &object)
}
