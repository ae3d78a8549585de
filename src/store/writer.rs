//! The one writer. A batch, the lines it came from and the run's progress are one transaction: after a
//! crash either all of it is there or none.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, params};

use super::block::Row;
use super::covered::Span;
use super::dictionary::{self, Dictionary};
use super::ledger::{self, Chunk};
use super::rollup::{self, Cells, Width};
use super::{At, Error, Result, covered, latency, notes, old_monitor, polls, positions, raw, tasks, timing};
use crate::domain::batch::{Batch, Vocabulary};
use crate::domain::sample::Poll;
use crate::domain::source::{Gap, Position};
use crate::support::clock;

/// Minute rollups are kept this long; older batches go to hours and days only.
const MINUTES_KEPT_S: i64 = 14 * 86_400;

const LOCK: &str = "lock";

/// Takes the lock. Whoever only asks whether it is held holds it for a moment: so it is tried again.
fn take(lock: &File, data_dir: &Path) -> Result<()> {
    const TRIES: u32 = 10;
    let path = || data_dir.to_owned();
    for _ in 0..TRIES {
        match lock.try_lock() {
            Ok(()) => return Ok(()),
            Err(std::fs::TryLockError::WouldBlock) => std::thread::sleep(std::time::Duration::from_millis(20)),
            Err(std::fs::TryLockError::Error(source)) => return Err(Error::Io { path: path(), source }),
        }
    }
    Err(Error::InUse { path: path() })
}

/// Since when (ms since the epoch) somebody writes the data directory's database; `None`: nobody does.
pub fn in_use_since(data_dir: &Path) -> Option<i64> {
    let path = data_dir.join(LOCK);
    let lock = File::open(&path).ok()?;
    match lock.try_lock_shared() {
        Err(std::fs::TryLockError::WouldBlock) => std::fs::read_to_string(&path).ok()?.trim().parse().ok(),
        _ => None,
    }
}

/// How far a run is.
#[derive(Debug, Clone, Default)]
pub struct Progress {
    /// Log lines seen.
    pub lines: u64,
    /// Of them understood.
    pub understood: u64,
    /// Of them unknown.
    pub unknown: u64,
    /// Of them malformed.
    pub malformed: u64,
    /// Bytes read, inflated.
    pub bytes: u64,
    /// The dialect, once known.
    pub dialect: Option<String>,
    /// Whether the source was read to its end.
    pub finished_ms: Option<i64>,
}

/// How far one run is, and the lines it counted since the last commit.
#[derive(Debug, Default)]
pub struct Part {
    /// The run.
    pub run: i64,
    /// What it reads.
    pub path: String,
    /// Its new lines; a chunk that has grown is given again, whole.
    pub chunks: Vec<Chunk>,
    /// How far it is.
    pub progress: Progress,
}

/// What one source adds in a commit.
pub struct Unit<'a> {
    /// Row of the node.
    pub node: i64,
    /// Row of the source; 0 for a file that is not followed.
    pub source: i64,
    /// The ids of `vocabulary`.
    pub dictionary: &'a mut Dictionary,
    /// The names behind the batch's numbers.
    pub vocabulary: &'a Vocabulary,
    /// What the lines add up to.
    pub batch: &'a Batch,
    /// The runs they are of.
    pub parts: &'a [Part],
    /// How far files were read; those without a row get one.
    pub positions: Vec<&'a mut Position>,
    /// What is missing.
    pub gaps: &'a [Gap],
    /// Of which time the log was read.
    pub covered: &'a [Span],
    /// How the source is, in one word, and its trouble; `None` for a file that is not followed.
    pub state: Option<(&'static str, Option<String>)>,
}

/// Writes one data directory's database; nobody else does meanwhile.
#[derive(Debug)]
pub struct Writer {
    connection: Connection,
    path: PathBuf,
    last_run: i64,
    _lock: File,
}

impl Writer {
    /// Takes the data directory's lock and opens the database, creating what is missing.
    pub fn open(data_dir: &Path) -> Result<Self> {
        let io = |source| Error::Io {
            path: data_dir.to_owned(),
            source,
        };
        std::fs::create_dir_all(data_dir).map_err(io)?;
        let options = File::options()
            .create(true)
            .write(true)
            .truncate(false)
            .open(data_dir.join(LOCK));
        let mut lock = options.map_err(io)?;
        take(&lock, data_dir)?;
        // Since when, for whoever asks.
        let now = clock::now_ms();
        lock.set_len(0)
            .and_then(|()| lock.write_all(now.to_string().as_bytes()))
            .map_err(io)?;
        let (connection, path) = super::open_writer(data_dir)?;
        let last_run = connection
            .query_row("SELECT coalesce(max(id), 0) FROM run", [], |row| row.get(0))
            .at(&path)?;
        Ok(Self {
            connection,
            path,
            last_run,
            _lock: lock,
        })
    }

    pub(crate) fn connection(&mut self) -> &mut Connection {
        &mut self.connection
    }

    pub(crate) fn read(&self) -> &Connection {
        &self.connection
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The row of a node, made if it is new.
    pub fn node(&self, name: &str) -> Result<i64> {
        dictionary::name_id(&self.connection, "node", name).at(&self.path)
    }

    /// The number of a new run: one file read in one go. It is kept with its first commit.
    pub fn new_run(&mut self) -> i64 {
        self.last_run += 1;
        self.last_run
    }

    /// The row of a source of a node, made if it is new, and its positions.
    pub fn source(&self, node: i64, name: &str) -> Result<(i64, Vec<Position>)> {
        positions::source(&self.connection, node, name).at(&self.path)
    }

    /// Marks all sources but these as left: nobody follows them any more.
    pub fn follow_only(&self, rows: &[i64]) -> Result<()> {
        positions::follow_only(&self.connection, rows).at(&self.path)
    }

    /// Keeps what the sources add and how far they are, and what nodes said. All of it or nothing.
    pub fn commit(&mut self, units: &mut [Unit<'_>], said: &[(String, Poll)], now_ms: i64) -> Result<()> {
        let result = write(&mut self.connection, units, said, now_ms);
        if result.is_err() {
            // Ids given in the transaction are gone with it.
            units
                .iter_mut()
                .for_each(|unit| *unit.dictionary = Dictionary::default());
        }
        for (unit, rows) in units.iter_mut().zip(result.at(&self.path)?) {
            unit.positions
                .iter_mut()
                .zip(rows)
                .for_each(|(position, row)| position.row = row);
        }
        Ok(())
    }

    /// Chunks of other runs that overlap the seconds `from..=to`; at most `most`.
    pub fn overlapping(&self, node: i64, not_run: i64, span: (i64, i64), most: usize) -> Result<Vec<Chunk>> {
        ledger::overlapping(&self.connection, node, not_run, span, most).at(&self.path)
    }

    /// The chunk of a run at a place.
    pub fn chunk(&self, run: i64, seq: i64) -> Result<Option<Chunk>> {
        ledger::chunk(&self.connection, run, seq).at(&self.path)
    }

    /// First second of the earliest chunk of other runs that ends at `from` or later.
    pub fn earliest_after(&self, node: i64, not_run: i64, from: i64) -> Result<Option<i64>> {
        ledger::earliest_after(&self.connection, node, not_run, from).at(&self.path)
    }
}

/// Gives the rows of each unit's positions.
fn write(
    connection: &mut Connection,
    units: &mut [Unit<'_>],
    said: &[(String, Poll)],
    now_ms: i64,
) -> rusqlite::Result<Vec<Vec<i64>>> {
    let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    let minutes_from = now_ms / 1000 - MINUTES_KEPT_S;
    let mut rows = Vec::with_capacity(units.len());
    for unit in units {
        unit.dictionary.update(&transaction, unit.vocabulary)?;
        write_traffic(&transaction, unit.dictionary, unit.node, unit.batch, minutes_from)?;
        write_errors(&transaction, unit.dictionary, unit.node, unit.batch)?;
        write_kinds(&transaction, unit.dictionary, unit.node, unit.batch)?;
        latency::put(&transaction, unit.dictionary, unit.node, &unit.batch.latency)?;
        timing::put(&transaction, unit.dictionary, unit.node, &unit.batch.timing)?;
        write_transfers(&transaction, unit.dictionary, unit.node, unit.batch)?;
        tasks::put(&transaction, unit.dictionary, unit.node, &unit.batch.work)?;
        notes::put(&transaction, unit.dictionary, unit.node, &unit.batch.notes)?;
        for part in unit.parts {
            part.chunks
                .iter()
                .try_for_each(|chunk| ledger::put(&transaction, unit.node, chunk))?;
            write_progress(&transaction, unit.node, part, now_ms)?;
        }
        rows.push(positions::put(&transaction, unit.source, &unit.positions)?);
        covered::put(&transaction, unit.node, unit.covered)?;
        positions::put_gaps(&transaction, unit.source, unit.gaps, now_ms)?;
        if let Some((state, error)) = &unit.state {
            transaction
                .prepare_cached("UPDATE source SET state = ?2, error = ?3 WHERE id = ?1")?
                .execute(params![unit.source, state, error])?;
        }
    }
    polls::put(&transaction, said)?;
    transaction.commit()?;
    Ok(rows)
}

fn write_progress(connection: &Connection, node: i64, part: &Part, now_ms: i64) -> rusqlite::Result<()> {
    let progress = &part.progress;
    connection
        .prepare_cached(
            "INSERT INTO run (id, node, path, started, lines, understood, unknown, malformed, bytes, dialect, finished)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
             ON CONFLICT DO UPDATE SET lines = excluded.lines, understood = excluded.understood,
                 unknown = excluded.unknown, malformed = excluded.malformed, bytes = excluded.bytes,
                 dialect = excluded.dialect, finished = excluded.finished",
        )?
        .execute(params![
            part.run,
            node,
            part.path,
            now_ms,
            progress.lines as i64,
            progress.understood as i64,
            progress.unknown as i64,
            progress.malformed as i64,
            progress.bytes as i64,
            progress.dialect,
            progress.finished_ms,
        ])?;
    Ok(())
}

fn write_transfers(connection: &Connection, dictionary: &Dictionary, node: i64, batch: &Batch) -> rusqlite::Result<()> {
    let mut classes: [Vec<Row>; 3] = Default::default();
    for (grave, kept) in batch.transfers.iter().enumerate() {
        for kept in kept {
            let (satellite, action) = (dictionary.satellite(kept.satellite), dictionary.action(kept.action));
            let class = raw::class(grave > 0, kept.outcome);
            classes[class as usize].push(kept.with_ids(satellite, action));
        }
    }
    let mut classes = (0..).zip(classes);
    classes.try_for_each(|(class, rows)| raw::append(connection, node, class, rows))
}

fn write_traffic(
    connection: &Connection,
    dictionary: &mut Dictionary,
    node: i64,
    batch: &Batch,
    minutes_from: i64,
) -> rusqlite::Result<()> {
    for width in Width::ALL {
        let mut buckets: BTreeMap<i64, Cells> = BTreeMap::new();
        for ((minute, series), cell) in &batch.traffic {
            if width == Width::Minute && *minute < minutes_from {
                continue;
            }
            let series = dictionary.series(connection, *series)?;
            let bucket = minute.div_euclid(width.seconds()) * width.seconds();
            let cells = buckets.entry(bucket).or_default();
            cells.entry(series).or_default().add(*cell);
        }
        // In the order of time: neighbours share pages.
        for (bucket, cells) in buckets {
            if width == Width::Hour {
                old_monitor::withdraw(connection, node, bucket)?;
            }
            rollup::add(connection, width, (node, bucket), cells)?;
        }
    }
    Ok(())
}

fn write_errors(connection: &Connection, dictionary: &Dictionary, node: i64, batch: &Batch) -> rusqlite::Result<()> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO error_minute (node, bucket, action, template, count, first_ms, last_ms, example)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
         ON CONFLICT DO UPDATE SET count = count + excluded.count,
            example = CASE WHEN excluded.first_ms < first_ms THEN excluded.example ELSE example END,
            first_ms = min(first_ms, excluded.first_ms), last_ms = max(last_ms, excluded.last_ms)",
    )?;
    for ((bucket, action, template), cell) in &batch.errors {
        statement.execute(params![
            node,
            bucket,
            dictionary.action(*action),
            dictionary.template(*template),
            cell.count as i64,
            cell.first_ms,
            cell.last_ms,
            cell.example,
        ])?;
    }
    Ok(())
}

fn write_kinds(connection: &Connection, dictionary: &Dictionary, node: i64, batch: &Batch) -> rusqlite::Result<()> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO kind_hour (node, bucket, kind, count, example) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT DO UPDATE SET count = count + excluded.count, example = coalesce(example, excluded.example)",
    )?;
    for ((bucket, kind), (count, example)) in &batch.kinds {
        statement.execute(params![node, bucket, dictionary.kind(*kind), *count as i64, example])?;
    }
    Ok(())
}
