//! Keeping the database small and sound: retention in small steps, checking, giving space back.

use std::collections::HashMap;
use std::path::Path;

use rusqlite::{Connection, params};

use super::rollup::{self, Width};
use super::writer::Writer;
use super::{At, Reader, Result, block, latency, ledger, query, raw};
use crate::domain::batch::Cell;

/// What is kept.
#[derive(Debug, Clone, Copy)]
pub struct Retention {
    /// The database is kept below so many bytes; transfers and the oldest lines of the ledger go first.
    pub bytes: u64,
    /// Minute rollups and answers of nodes, days.
    pub minutes_days: i64,
    /// Hour rollups, error minutes, kinds, latency and work, days. Day rollups stay for ever.
    pub hours_days: i64,
}

impl Default for Retention {
    fn default() -> Self {
        Self {
            bytes: 1_000_000_000,
            minutes_days: 14,
            hours_days: 730,
        }
    }
}

/// Rows and blocks a step deletes, pages it gives back: each a few milliseconds.
const ROWS: i64 = 2000;
const BUCKETS: i64 = 200;
const BLOCKS: i64 = 4;
const CHUNKS: i64 = 32;
const PAGES: i64 = 500;
/// The ledger's share of the budget.
const LEDGER_SHARE: u64 = 4;

impl Writer {
    /// One small step of retention: true when there is more to do.
    pub fn retain(&mut self, retention: &Retention, now_ms: i64) -> Result<bool> {
        let path = self.path().to_owned();
        step(self.connection(), retention, now_ms / 1000).at(&path)
    }

    /// Rewrites the database without its free pages. Bytes before and after.
    pub fn vacuum(&mut self) -> Result<(u64, u64)> {
        let path = self.path().to_owned();
        let connection = self.connection();
        let before = size(connection).at(&path)?;
        connection
            .execute_batch("VACUUM; PRAGMA wal_checkpoint(TRUNCATE);")
            .at(&path)?;
        Ok((before.0, size(connection).at(&path)?.0))
    }
}

/// Bytes of the file, and of it in use.
fn size(connection: &Connection) -> rusqlite::Result<(u64, u64)> {
    let pragma = |name: &str| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let page = pragma("page_size")?.unsigned_abs();
    let (pages, free) = (pragma("page_count")?, pragma("freelist_count")?);
    Ok((pages.unsigned_abs() * page, (pages - free).unsigned_abs() * page))
}

fn step(connection: &mut Connection, retention: &Retention, now: i64) -> rusqlite::Result<bool> {
    let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    let mut more = delete_old(&transaction, retention, now)?;
    let (file, used) = size(&transaction)?;
    if used > retention.bytes {
        more |= delete_blocks(&transaction)?;
        more |= delete_ledger(&transaction, retention.bytes / LEDGER_SHARE)?;
    }
    transaction.commit()?;
    if file > used {
        let mut statement = connection.prepare_cached(&format!("PRAGMA incremental_vacuum({PAGES})"))?;
        let mut rows = statement.query([])?;
        while rows.next()?.is_some() {}
        more |= file - used > PAGES.unsigned_abs() * 4096;
    }
    Ok(more)
}

fn delete_old(connection: &Connection, retention: &Retention, now: i64) -> rusqlite::Result<bool> {
    let minutes = now - retention.minutes_days * 86_400;
    let hours = now - retention.hours_days * 86_400;
    let days = |days: i64| now - days.min(retention.hours_days) * 86_400;
    let (sizes, races) = (days(latency::SIZE_HOURS_DAYS), days(latency::RACE_HOURS_DAYS));
    let tables = [
        ("traffic_minute", "node, bucket", minutes),
        ("traffic_hour", "node, bucket", hours),
        ("disk_hour", "node, bucket", hours),
        ("scrape_hour", "node, bucket", minutes),
        ("error_minute", "node, bucket, action, template", hours),
        ("kind_hour", "node, bucket, kind", hours),
        (
            "latency_hour",
            "node, bucket, satellite, action, outcome, quality",
            hours,
        ),
        (
            "latency_size_hour",
            "node, bucket, satellite, action, outcome, quality, size_class",
            sizes,
        ),
        ("speed_hour", "node, bucket, action, quality, size_class", races),
        ("lost_hour", "node, bucket, action, quality, step", races),
        ("unended_hour", "node, bucket, action, why", hours),
    ];
    let mut more = false;
    for (table, key, before) in tables {
        // Rows of traffic are large.
        let most = if key == "node, bucket" { BUCKETS } else { ROWS };
        let deleted = connection
            .prepare_cached(&format!(
                "DELETE FROM {table} WHERE ({key}) IN (
                     SELECT {key} FROM {table} WHERE node IN (SELECT id FROM node) AND bucket < ?1 LIMIT {most})"
            ))?
            .execute([before])?;
        more |= deleted as i64 == most;
    }
    more |= delete_apart(connection, hours, minutes)?;
    let deleted = connection
        .prepare_cached(&format!(
            "DELETE FROM poll WHERE (node, time) IN (
                 SELECT node, time FROM poll WHERE node IN (SELECT id FROM node) AND time < ?1 LIMIT {ROWS})"
        ))?
        .execute([minutes * 1000])?;
    more |= deleted as i64 == ROWS;
    more |= delete_looks(connection, now)?;
    more |= delete_places(connection, hours)?;
    let deleted = connection
        .prepare_cached(&format!(
            "DELETE FROM task WHERE id IN (
                 SELECT id FROM task WHERE node IN (SELECT id FROM node) AND job BETWEEN 0 AND 255 AND place < ?1
                 LIMIT {ROWS})"
        ))?
        .execute([hours * 1000])?;
    more |= deleted as i64 == ROWS;
    let deleted = connection
        .prepare_cached(&format!(
            "DELETE FROM remark WHERE (node, subject, time, satellite) IN (
                 SELECT node, subject, time, satellite FROM remark
                 WHERE node IN (SELECT id FROM node) AND subject BETWEEN 0 AND 255 AND time < ?1 LIMIT {ROWS})"
        ))?
        .execute([hours * 1000])?;
    more |= deleted as i64 == ROWS;
    Ok(more)
}

/// Looks at nodes' counters and at disks; their hours stay.
fn delete_looks(connection: &Connection, now: i64) -> rusqlite::Result<bool> {
    let mut more = false;
    for (table, of, all) in [("scrape", "node", "node"), ("host_look", "disk", "host_disk")] {
        let deleted = connection
            .prepare_cached(&format!(
                "DELETE FROM {table} WHERE ({of}, time) IN (
                     SELECT {of}, time FROM {table} WHERE {of} IN (SELECT id FROM {all}) AND time < ?1 LIMIT {ROWS})"
            ))?
            .execute([(now - super::host::LOOKS_KEPT_S) * 1000])?;
        more |= deleted as i64 == ROWS;
    }
    Ok(more)
}

/// Where nodes' data lay, unless nothing newer is known of the node.
fn delete_places(connection: &Connection, before: i64) -> rusqlite::Result<bool> {
    let deleted = connection
        .prepare_cached(&format!(
            "DELETE FROM host_place WHERE (node, time) IN (
                 SELECT p.node, p.time FROM node n JOIN host_place p ON p.node = n.id
                 WHERE p.time < ?1 AND p.seen < ?1
                     AND p.time < (SELECT max(time) FROM host_place WHERE node = n.id) LIMIT {ROWS})"
        ))?
        .execute([before * 1000])?;
    Ok(deleted as i64 == ROWS)
}

/// What does not lie by node and bucket: the rest of the key is named, so that it is found without reading all.
fn delete_apart(connection: &Connection, hours: i64, minutes: i64) -> rusqlite::Result<bool> {
    let flow = "action IN (SELECT id FROM action) AND quality IN (0, 1, 2)";
    let mut more = false;
    for (table, key, condition, before) in [
        ("latency_flow", "node, action, quality, bucket", flow, hours),
        ("slowest", "node, width, bucket, action", "width = 3600", minutes),
        ("slowest", "node, width, bucket, action", "width = 86400", hours),
    ] {
        let deleted = connection
            .prepare_cached(&format!(
                "DELETE FROM {table} WHERE ({key}) IN (
                     SELECT {key} FROM {table} WHERE node IN (SELECT id FROM node) AND {condition} AND bucket < ?1
                     LIMIT {ROWS})"
            ))?
            .execute([before])?;
        more |= deleted as i64 == ROWS;
    }
    Ok(more)
}

/// The oldest transfers; audits and repairs go last but one, what went wrong last.
fn delete_blocks(connection: &Connection) -> rusqlite::Result<bool> {
    let mut ids: Vec<i64> = Vec::new();
    for class in 0..=2 {
        ids = connection
            .prepare_cached("SELECT id FROM block WHERE class = ?1 ORDER BY t1 LIMIT ?2")?
            .query_map(params![class, BLOCKS], |row| row.get(0))?
            .collect::<rusqlite::Result<_>>()?;
        if !ids.is_empty() {
            break;
        }
    }
    ids.iter().try_for_each(|id| raw::delete(connection, *id))?;
    Ok(!ids.is_empty())
}

fn delete_ledger(connection: &Connection, most: u64) -> rusqlite::Result<bool> {
    let bytes: i64 = connection
        .prepare_cached("SELECT coalesce(sum(n), 0) * 5 FROM ledger")?
        .query_row([], |row| row.get(0))?;
    if bytes.unsigned_abs() <= most {
        return Ok(false);
    }
    let deleted = connection
        .prepare_cached("DELETE FROM ledger WHERE rowid IN (SELECT rowid FROM ledger ORDER BY t1 LIMIT ?1)")?
        .execute([CHUNKS])?;
    Ok(deleted > 0)
}

/// What a check found.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Findings {
    /// Bytes of the file.
    pub bytes: u64,
    /// Transfers that are kept.
    pub transfers: u64,
    /// Lines of the ledger.
    pub lines: u64,
    /// What is wrong, one sentence each; empty when all is well.
    pub wrong: Vec<String>,
}

/// Reads everything in a data directory's database and compares what must agree.
pub fn check(data_dir: &Path) -> Result<Findings> {
    let reader = Reader::open(data_dir)?;
    let mut findings = Findings::default();
    reader.sql(examine(reader.connection(), reader.version, &mut findings))?;
    Ok(findings)
}

fn examine(connection: &Connection, version: i64, findings: &mut Findings) -> rusqlite::Result<()> {
    findings.bytes = size(connection)?.0;
    let mut statement = connection.prepare("PRAGMA integrity_check(20)")?;
    let answers: Vec<String> = statement
        .query_map([], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    let wrong = answers.into_iter().filter(|answer| answer != "ok");
    findings.wrong.extend(wrong.map(|answer| format!("SQLite: {answer}")));
    examine_blocks(connection, findings)?;
    let mut statement = connection.prepare(ledger::ALL)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        match ledger::read(row)? {
            Some(chunk) => findings.lines += chunk.hashes.len() as u64,
            None => {
                let (run, seq): (i64, i64) = (row.get(0)?, row.get(1)?);
                findings
                    .wrong
                    .push(format!("lines {seq} of run {run} of the ledger cannot be read"));
            }
        }
    }
    let differing = match version {
        0 | 1 => 0,
        _ => examine_traffic(connection, findings)?,
    };
    if differing > 0 {
        findings
            .wrong
            .push(format!("{differing} days say less than their hours"));
    }
    Ok(())
}

/// How many days say less than their hours.
fn examine_traffic(connection: &Connection, findings: &mut Findings) -> rusqlite::Result<usize> {
    let mut differing = 0;
    for node in query::names(connection, "node")?.into_keys() {
        let all = (i64::MIN, i64::MAX);
        let mut lacking: HashMap<(i64, i64), Cell> = HashMap::new();
        let hour = |bucket: i64, series, cell| {
            let day = bucket.div_euclid(86_400) * 86_400;
            lacking.entry((day, series)).or_default().add(cell);
        };
        let damaged = rollup::each(connection, Width::Hour, node, all, hour)?;
        let mut whole = 0;
        let day = |bucket, series, cell: Cell| {
            if let Some(hours) = lacking.get(&(bucket, series)) {
                whole += usize::from(cell.count >= hours.count && cell.bytes >= hours.bytes);
            }
        };
        let damaged = [damaged, rollup::each(connection, Width::Day, node, all, day)?];
        differing += lacking.len() - whole;
        for row in damaged.into_iter().flatten() {
            findings
                .wrong
                .push(format!("traffic in row {row} of node {node} cannot be read"));
        }
    }
    Ok(differing)
}

fn examine_blocks(connection: &Connection, findings: &mut Findings) -> rusqlite::Result<()> {
    let mut statement = connection
        .prepare("SELECT b.id, b.sealed, b.n, b.meta, i.ids FROM block b LEFT JOIN block_ids i ON i.block = b.id")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (id, sealed, n): (i64, bool, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let meta = row.get_ref(3)?.as_blob()?;
        let ids = row.get_ref(4)?.as_blob_or_null()?;
        match ids.and_then(|ids| block::open(sealed, meta, ids)) {
            Some(rows) if rows.len() as i64 == n => findings.transfers += rows.len() as u64,
            _ => findings
                .wrong
                .push(format!("block {id} of {n} transfers cannot be read")),
        }
    }
    Ok(())
}
