//! What nodes said of themselves when they were asked: kept by the writer, told as of any time.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::query::Scope;
use super::{Reader, Result, dictionary, marks, money, satellites};
use crate::domain::payout::MoneySource;
use crate::domain::sample::{Disk, Poll, Process, Sample, Semantics, Standing, Told};
use crate::support::clock::HOUR_MS;

/// A node's disk at one time.
#[derive(Debug, Clone)]
pub struct DiskRow {
    /// The node's name.
    pub node: String,
    /// ms since the epoch.
    pub time_ms: i64,
    /// What it said.
    pub disk: Disk,
}

/// A satellite's opinion from one time on.
#[derive(Debug, Clone)]
pub struct StandingRow {
    /// The node's name.
    pub node: String,
    /// ms since the epoch.
    pub time_ms: i64,
    /// `api` or `log`.
    pub source: &'static str,
    /// The opinion.
    pub standing: Standing,
}

pub(super) const DISK: &str = "semantics, allocated, used, free, trash, reclaimable, overused";
const STANDING: &str = "p.time, t.name, p.url, p.audit, p.suspension, p.online, p.disqualified, p.suspended, p.vetted
     FROM standing p LEFT JOIN satellite t ON t.id = p.satellite";

/// Keeps what nodes said.
pub(crate) fn put(connection: &Connection, polls: &[(String, Poll)]) -> rusqlite::Result<()> {
    for (node, poll) in polls {
        let node = dictionary::name_id(connection, "node", node)?;
        match &poll.answer {
            Ok(sample) => keep(connection, node, poll.time_ms, sample)?,
            Err(error) => {
                connection
                    .prepare_cached("INSERT OR REPLACE INTO poll (node, time, error, rated) VALUES (?1, ?2, ?3, 0)")?
                    .execute(params![node, poll.time_ms, error])?;
            }
        }
    }
    Ok(())
}

fn keep(connection: &Connection, node: i64, time: i64, sample: &Sample) -> rusqlite::Result<()> {
    let process = process_id(connection, &sample.process)?;
    marks::ran(connection, node, process, time)?;
    let disk = sample.disk.as_ref();
    let of = |value: fn(&Disk) -> Option<u64>| disk.and_then(value).map(|bytes| bytes as i64);
    let error = sample.standings.as_ref().err();
    connection
        .prepare_cached(&format!(
            "INSERT OR REPLACE INTO poll (node, time, error, process, last_contact, rated, {DISK})
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)"
        ))?
        .execute(params![
            node,
            time,
            error,
            process,
            sample.last_contact_ms,
            sample.standings.is_ok(),
            disk.map(|disk| disk.semantics as i64),
            of(|disk| disk.allocated),
            of(|disk| disk.used),
            of(|disk| disk.free),
            of(|disk| disk.trash),
            of(|disk| disk.reclaimable),
            of(|disk| disk.overused)
        ])?;
    if disk.is_some() {
        connection
            .prepare_cached(&format!(
                "INSERT OR REPLACE INTO disk_hour (node, bucket, time, {DISK})
                 SELECT node, ?3, time, {DISK} FROM poll WHERE node = ?1 AND time = ?2"
            ))?
            .execute(params![node, time, time.div_euclid(HOUR_MS) * 3600])?;
    }
    satellites::put(connection, node, time, &sample.details)?;
    money::put(connection, node, time, MoneySource::Api, &sample.money)?;
    match &sample.standings {
        Ok(standings) => keep_standings(connection, node, time, standings),
        Err(_) => Ok(()),
    }
}

fn process_id(connection: &Connection, process: &Process) -> rusqlite::Result<i64> {
    let values = params![
        process.node_id,
        process.version,
        process.minimum_version,
        process.up_to_date,
        process.started_ms,
        process.quic,
        process.wallet
    ];
    let found = connection
        .prepare_cached(
            "SELECT id FROM process WHERE node_id IS ?1 AND version IS ?2 AND minimum_version IS ?3
             AND up_to_date IS ?4 AND started IS ?5 AND quic IS ?6 AND wallet IS ?7",
        )?
        .query_row(values, |row| row.get(0))
        .optional()?;
    match found {
        Some(id) => Ok(id),
        None => connection
            .prepare_cached(
                "INSERT INTO process (node_id, version, minimum_version, up_to_date, started, quic, wallet)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )?
            .insert(values),
    }
}

/// All of them, if one differs from what was kept last.
fn keep_standings(connection: &Connection, node: i64, time: i64, standings: &[Standing]) -> rusqlite::Result<()> {
    let sorted = |standings: &[Standing]| {
        let mut sorted = standings.to_vec();
        sorted.sort_by(|a, b| a.url.cmp(&b.url));
        sorted
    };
    if sorted(&standings_at(connection, node, time)?) == sorted(standings) {
        return Ok(());
    }
    let mut insert = connection.prepare_cached(
        "INSERT OR REPLACE INTO standing
             (node, time, url, satellite, audit, suspension, online, disqualified, suspended, vetted)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    )?;
    for standing in standings {
        let satellite = standing.satellite_id.as_ref();
        let satellite = satellite
            .map(|id| dictionary::name_id(connection, "satellite", id))
            .transpose()?;
        insert.execute(params![
            node,
            time,
            standing.url,
            satellite,
            standing.audit_score,
            standing.suspension_score,
            standing.online_score,
            standing.disqualified_ms,
            standing.suspended_ms,
            standing.vetted_ms
        ])?;
    }
    Ok(())
}

fn standings_at(connection: &Connection, node: i64, time: i64) -> rusqlite::Result<Vec<Standing>> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {STANDING} WHERE p.node = ?1
         AND p.time = (SELECT max(time) FROM standing WHERE node = ?1 AND time <= ?2) ORDER BY t.name, p.url"
    ))?;
    let rows = statement.query_map([node, time], |row| Ok(standing(row)?.1))?;
    rows.collect()
}

fn standing(row: &Row<'_>) -> rusqlite::Result<(i64, Standing)> {
    let standing = Standing {
        satellite_id: row.get(1)?,
        url: row.get(2)?,
        audit_score: row.get(3)?,
        suspension_score: row.get(4)?,
        online_score: row.get(5)?,
        disqualified_ms: row.get(6)?,
        suspended_ms: row.get(7)?,
        vetted_ms: row.get(8)?,
        ..Standing::default()
    };
    Ok((row.get(0)?, standing))
}

/// The disk whose first column is `at`.
pub(super) fn disk(row: &Row<'_>, at: usize) -> rusqlite::Result<Option<Disk>> {
    let Some(code) = row.get::<_, Option<i64>>(at)? else {
        return Ok(None);
    };
    let bytes = |n: usize| -> rusqlite::Result<Option<u64>> {
        Ok(row.get::<_, Option<i64>>(at + n)?.map(|bytes| bytes as u64))
    };
    let semantics = usize::try_from(code).ok().and_then(|code| Semantics::ALL.get(code));
    Ok(Some(Disk {
        semantics: semantics.copied().unwrap_or(Semantics::New),
        allocated: bytes(1)?,
        used: bytes(2)?,
        free: bytes(3)?,
        trash: bytes(4)?,
        reclaimable: bytes(5)?,
        overused: bytes(6)?,
    }))
}

impl Reader {
    /// What asking a node had told until `at_ms`; `None`: it was never asked.
    pub fn told(&self, node: &str, at_ms: i64) -> Result<Option<Told>> {
        self.sql(told(self.connection(), node, at_ms))
    }

    /// The disks of a scope's nodes in the order of time: every answer while it is kept, before that the
    /// last of each hour. Stops at an error of `each`, and gives it.
    pub fn disks(
        &self,
        scope: &Scope,
        mut each: impl FnMut(DiskRow) -> std::io::Result<()>,
    ) -> Result<std::io::Result<()>> {
        let nodes: HashMap<i64, String> = self.scope_nodes(scope)?.into_iter().collect();
        self.sql(disks(self.connection(), &nodes, range(scope), &mut each))
    }

    /// How satellites rated a scope's nodes: a row for each change.
    pub fn standings(&self, scope: &Scope) -> Result<Vec<StandingRow>> {
        let mut rows = Vec::new();
        for (node, name) in self.scope_nodes(scope)? {
            rows.extend(self.sql(changes(self.connection(), (node, &name), range(scope)))?);
        }
        Ok(rows)
    }
}

fn told(connection: &Connection, node: &str, at_ms: i64) -> rusqlite::Result<Option<Told>> {
    let last = connection
        .prepare_cached(
            "SELECT n.id, p.time, p.error FROM node n JOIN poll p ON p.node = n.id
             WHERE n.name = ?1 AND p.time <= ?2 ORDER BY p.time DESC LIMIT 1",
        )?
        .query_row(params![node, at_ms], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    let Some((node, asked_ms, error)) = last else {
        return Ok(None);
    };
    let mut told = connection
        .prepare_cached(&format!(
            "SELECT p.time, p.last_contact, c.node_id, c.version, c.minimum_version, c.up_to_date, c.started, c.quic,
                 c.wallet, {DISK}
             FROM poll p JOIN process c ON c.id = p.process
             WHERE p.node = ?1 AND p.time <= ?2 ORDER BY p.time DESC LIMIT 1"
        ))?
        .query_row(params![node, at_ms], answer)
        .optional()?
        .unwrap_or_default();
    let time = |sql: &str| -> rusqlite::Result<Option<i64>> {
        connection
            .prepare_cached(sql)?
            .query_row(params![node, at_ms], |row| row.get(0))
            .optional()
    };
    (told.asked_ms, told.error) = (asked_ms, error);
    told.rated_ms = time(&newest("rated = 1"))?;
    told.silent_since_ms = time(&first_since("", "process IS NOT NULL"))?;
    told.quic_bad_since_ms = time(&first_since("AND process IS NOT NULL", QUIC_NOT_BAD))?;
    told.standings_ms = time("SELECT max(time) FROM standing WHERE node = ?1 AND time <= ?2 HAVING max(time) NOTNULL")?;
    told.standings = standings_at(connection, node, at_ms)?;
    Ok(Some(told))
}

const QUIC_NOT_BAD: &str =
    "EXISTS (SELECT 1 FROM process c WHERE c.id = poll.process AND c.quic IS NOT 'Misconfigured')";

/// Finds the newest poll (of ?1, until ?2) that fits; backwards, so it stops soon.
fn newest(fits: &str) -> String {
    format!("SELECT time FROM poll WHERE node = ?1 AND time <= ?2 AND {fits} ORDER BY time DESC LIMIT 1")
}

/// Finds the first poll behind the newest one that fits.
fn first_since(which: &str, fits: &str) -> String {
    format!(
        "SELECT time FROM poll WHERE node = ?1 AND time <= ?2 AND time > coalesce(({}), 0) {which}
         ORDER BY time LIMIT 1",
        newest(fits)
    )
}

fn answer(row: &Row<'_>) -> rusqlite::Result<Told> {
    Ok(Told {
        answered_ms: row.get(0)?,
        last_contact_ms: row.get(1)?,
        process: Process {
            node_id: row.get(2)?,
            version: row.get(3)?,
            minimum_version: row.get(4)?,
            up_to_date: row.get(5)?,
            started_ms: row.get(6)?,
            quic: row.get(7)?,
            wallet: row.get(8)?,
        },
        disk: disk(row, 9)?,
        ..Told::default()
    })
}

type Each<'a> = &'a mut dyn FnMut(DiskRow) -> std::io::Result<()>;

fn disks(
    connection: &Connection,
    nodes: &HashMap<i64, String>,
    (from, to): (i64, i64),
    each: Each<'_>,
) -> rusqlite::Result<std::io::Result<()>> {
    let ids: Vec<String> = nodes.keys().map(i64::to_string).collect();
    let ids = ids.join(",");
    let mut statement = connection.prepare(&format!(
        "SELECT time, node, {DISK} FROM disk_hour h WHERE node IN ({ids}) AND time >= ?1 AND time < ?2
             AND time < coalesce((SELECT min(time) FROM poll WHERE node = h.node), {max})
         UNION ALL
         SELECT time, node, {DISK} FROM poll WHERE node IN ({ids}) AND time >= ?1 AND time < ?2
             AND semantics IS NOT NULL
         ORDER BY time, node",
        max = i64::MAX
    ))?;
    let mut rows = statement.query([from, to])?;
    while let Some(row) = rows.next()? {
        let (disk, node) = (disk(row, 2)?, nodes.get(&row.get(1)?));
        let Some((disk, node)) = disk.zip(node) else {
            continue;
        };
        let row = DiskRow {
            node: node.clone(),
            time_ms: row.get(0)?,
            disk,
        };
        if let Err(error) = each(row) {
            return Ok(Err(error));
        }
    }
    Ok(Ok(()))
}

fn changes(
    connection: &Connection,
    (node, name): (i64, &str),
    (from, to): (i64, i64),
) -> rusqlite::Result<Vec<StandingRow>> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {STANDING} WHERE p.node = ?1 AND p.time >= ?2 AND p.time < ?3 ORDER BY p.time, t.name, p.url"
    ))?;
    let mut rows: Vec<StandingRow> = Vec::new();
    let mut newest: HashMap<String, usize> = HashMap::new();
    for found in statement.query_map(params![node, from, to], standing)? {
        let (time_ms, standing) = found?;
        let before = newest.get(&standing.url).and_then(|row| rows.get(*row));
        if before.is_none_or(|row| row.standing != standing) {
            newest.insert(standing.url.clone(), rows.len());
            rows.push(StandingRow {
                node: name.to_owned(),
                time_ms,
                source: "api",
                standing,
            });
        }
    }
    Ok(rows)
}

/// From (inclusive) and to (exclusive), ms since the epoch.
fn range(scope: &Scope) -> (i64, i64) {
    (scope.from_ms.unwrap_or(i64::MIN), scope.to_ms.unwrap_or(i64::MAX))
}
