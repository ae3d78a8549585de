//! What is known of nodes by their own databases, as of any time; see `books`, which keeps it.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::polls::{DiskRow, StandingRow};
use super::query::Scope;
use super::satellites::{self, BOOKS};
use super::{Reader, Result};
use crate::domain::books::{
    BlobSpace, Blobs, Collecting, Exit, Hindrance, Kept, Notice, Rated, Relation, Score, Shelved, Trusted, Walked,
};
use crate::domain::detail::{Detail, Known};
use crate::domain::sample::Disk;
use crate::support::clock::DAY_MS;

/// The schema that keeps it.
const SINCE: i64 = 9;
/// Newest notices that are told.
const NOTICES: i64 = 50;

/// A disk of blobs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BlobRow {
    /// When it was read first, ms since the epoch.
    pub seen_ms: i64,
    /// When the node wrote it.
    pub written_ms: i64,
    /// All bytes.
    pub used: u64,
    /// Those of trash.
    pub trash: Option<u64>,
}

impl Reader {
    /// What a node's databases had said until `at_ms`; `None`: none was ever looked at.
    pub fn kept(&self, node: &str, at_ms: i64) -> Result<Option<Kept>> {
        let Some(node) = self.book_node(node)? else {
            return Ok(None);
        };
        let kept = self.sql(kept(self.connection(), node, at_ms))?;
        Ok(Some(kept).filter(|kept| !kept.files.is_empty()))
    }

    /// What they said of satellites: windows and days of the last `days`, by id.
    pub fn kept_satellites(&self, node: &str, at_ms: i64, days: i64) -> Result<Vec<Known>> {
        let Some(node) = self.book_node(node)? else {
            return Ok(Vec::new());
        };
        self.sql(known(self.connection(), node, (at_ms - days * DAY_MS, at_ms)))
    }

    /// The newest notices of a node, by its API or its databases, the newest first.
    pub fn notices(&self, node: &str, at_ms: i64) -> Result<Vec<Notice>> {
        let Some(node) = self.book_node(node)? else {
            return Ok(Vec::new());
        };
        self.sql(all(
            self.connection(),
            &format!(
                "SELECT id, satellite, kind, title, message, created, read FROM book_notice
                 WHERE node = ?1 AND seen <= ?2 AND created <= ?2 ORDER BY created DESC LIMIT {NOTICES}"
            ),
            [node, at_ms],
            |row| notice(row, at_ms),
        ))
    }

    /// Disks of blobs within a range of ms, both ends included, in the order of time.
    pub fn blob_rows(&self, node: &str, range: (i64, i64)) -> Result<Vec<BlobRow>> {
        let Some(node) = self.book_node(node)? else {
            return Ok(Vec::new());
        };
        self.sql(blob_rows(self.connection(), node, range))
    }

    /// How satellites rated a scope's nodes by these databases: a row for each change.
    pub fn kept_standings(&self, scope: &Scope) -> Result<Vec<StandingRow>> {
        let mut rows = Vec::new();
        if self.version >= SINCE {
            for (node, name) in self.scope_nodes(scope)? {
                rows.extend(self.sql(standings(self.connection(), (node, &name), scope))?);
            }
        }
        Ok(rows)
    }

    /// Disks of blobs of a scope's nodes, in the order of time.
    pub fn kept_blobs(&self, scope: &Scope) -> Result<Vec<DiskRow>> {
        let mut rows = Vec::new();
        if self.version >= SINCE {
            let range = (scope.from_ms.unwrap_or(i64::MIN), scope.to_ms.unwrap_or(i64::MAX) - 1);
            for (node, name) in self.scope_nodes(scope)? {
                let found = self.sql(blob_rows(self.connection(), node, range))?.into_iter();
                rows.extend(found.map(|row| DiskRow {
                    node: name.clone(),
                    time_ms: row.seen_ms,
                    disk: Disk::of_blobs(row.used, row.trash),
                }));
            }
        }
        rows.sort_by(|a, b| (a.time_ms, &a.node).cmp(&(b.time_ms, &b.node)));
        Ok(rows)
    }

    fn book_node(&self, name: &str) -> Result<Option<i64>> {
        if self.version < SINCE {
            return Ok(None);
        }
        let find = || {
            let mut find = self
                .connection()
                .prepare_cached("SELECT id FROM node WHERE name = ?1")?;
            find.query_row([name], |row| row.get(0)).optional()
        };
        self.sql(find())
    }
}

fn all<T>(
    connection: &Connection,
    sql: &str,
    parameters: impl rusqlite::Params,
    row: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> rusqlite::Result<Vec<T>> {
    connection.prepare_cached(sql)?.query_map(parameters, row)?.collect()
}

fn kept(connection: &Connection, node: i64, at_ms: i64) -> rusqlite::Result<Kept> {
    let key = [node, at_ms];
    let files = all(
        connection,
        "SELECT file, read, changed, failed, hindrance, error, seen FROM book WHERE node = ?1 AND seen <= ?2 ORDER BY file",
        key,
        |row| shelved(row, at_ms),
    )?;
    if files.is_empty() {
        // Of most nodes nothing is known so: then nothing more has to be asked.
        return Ok(Kept::default());
    }
    Ok(Kept {
        rated: ratings(connection, node, at_ms)?,
        trusted: all(
            connection,
            "SELECT t.name, b.url, b.added, CASE WHEN b.changed > ?2 THEN b.earlier ELSE b.relation END, b.exit_begun, b.exit_ended, b.exit_starting, b.exit_deleted
             FROM book_satellite b JOIN satellite t ON t.id = b.satellite
             WHERE b.node = ?1 AND b.seen <= ?2 AND (b.gone IS NULL OR b.gone > ?2) ORDER BY t.name",
            key,
            trusted,
        )?,
        space: space(connection, node, at_ms)?,
        collecting: all(
            connection,
            "SELECT satellite, done, time, prefix FROM book_work WHERE node = ?1 AND seen <= ?2 AND kind = 0
             ORDER BY satellite",
            key,
            collecting,
        )?,
        walked: all(
            connection,
            "SELECT satellite, done, time, pieces FROM book_work WHERE node = ?1 AND seen <= ?2 AND kind = 1
             ORDER BY satellite",
            key,
            walked,
        )?,
        files,
    })
}

/// Only the last reading is known: of a time before it the first one was.
fn shelved(row: &Row<'_>, at_ms: i64) -> rusqlite::Result<Shelved> {
    let seen: i64 = row.get(6)?;
    let then = |ms: Option<i64>| ms.map(|ms| if ms <= at_ms { ms } else { seen });
    let failed: Option<i64> = row.get::<_, Option<i64>>(3)?.filter(|ms| *ms <= at_ms);
    let why = row
        .get::<_, Option<i64>>(4)?
        .and_then(|code| usize::try_from(code).ok());
    let why = why.and_then(|code| Hindrance::ALL.get(code)).copied();
    let text: Option<String> = row.get(5)?;
    Ok(Shelved {
        file: row.get(0)?,
        read_ms: then(row.get(1)?),
        changed_ms: row.get::<_, Option<i64>>(2)?.map(|ms| ms.min(at_ms)),
        error: failed.zip(why).zip(text).map(|((since, why), text)| (since, why, text)),
    })
}

const RATING: &str = "t.name, b.updated, b.audits, b.passed, b.audit_alpha, b.audit_beta, b.audit, b.suspension_alpha,
     b.suspension_beta, b.suspension, b.online, b.disqualified, b.suspended, b.offline_suspended, b.review, b.vetted,
     b.tells_vetting, b.joined, b.seen";

/// Satellites are few: never through the ratings of years.
fn ratings(connection: &Connection, node: i64, at_ms: i64) -> rusqlite::Result<Vec<Rated>> {
    let sql = format!(
        "SELECT {RATING} FROM satellite t CROSS JOIN book_rating b ON b.node = ?1 AND b.satellite = t.id
             AND b.seen = (SELECT max(seen) FROM book_rating WHERE node = ?1 AND satellite = t.id AND seen <= ?2)
         ORDER BY t.name"
    );
    all(connection, &sql, [node, at_ms], |row| rated(row, at_ms))
}

fn rated(row: &Row<'_>, at_ms: i64) -> rusqlite::Result<Rated> {
    let count =
        |at: usize| -> rusqlite::Result<Option<u64>> { Ok(row.get::<_, Option<i64>>(at)?.map(i64::unsigned_abs)) };
    let score = |at: usize| -> rusqlite::Result<Score> {
        Ok(Score {
            alpha: row.get(at)?,
            beta: row.get(at + 1)?,
            score: row.get(at + 2)?,
        })
    };
    Ok(Rated {
        satellite_id: row.get(0)?,
        updated_ms: row.get::<_, Option<i64>>(1)?.map(|ms| ms.min(at_ms)),
        audits: count(2)?,
        passed: count(3)?,
        audit: score(4)?,
        suspension: score(7)?,
        online: row.get(10)?,
        disqualified_ms: row.get(11)?,
        suspended_ms: row.get(12)?,
        offline_suspended_ms: row.get(13)?,
        review_ms: row.get(14)?,
        vetted_ms: row.get(15)?,
        tells_vetting: row.get(16)?,
        joined_ms: row.get(17)?,
        windows: Vec::new(),
    })
}

fn trusted(row: &Row<'_>) -> rusqlite::Result<Trusted> {
    let bytes =
        |at: usize| -> rusqlite::Result<Option<u64>> { Ok(row.get::<_, Option<i64>>(at)?.map(i64::unsigned_abs)) };
    let exit = match bytes(6)? {
        Some(starting) => Some(Exit {
            initiated_ms: row.get(4)?,
            finished_ms: row.get(5)?,
            starting,
            deleted: bytes(7)?.unwrap_or_default(),
        }),
        None => None,
    };
    Ok(Trusted {
        satellite_id: row.get(0)?,
        url: row.get(1)?,
        added_ms: row.get(2)?,
        relation: Relation(row.get(3)?),
        exit,
    })
}

fn space(connection: &Connection, node: i64, at_ms: i64) -> rusqlite::Result<Option<(i64, BlobSpace)>> {
    let rows: Vec<(Option<String>, Blobs, i64)> = all(
        connection,
        "SELECT t.name, b.total, b.content, b.time FROM book_space b LEFT JOIN satellite t ON t.id = b.satellite
         WHERE b.node = ?1 AND b.seen = (SELECT max(seen) FROM book_space WHERE node = ?1 AND seen <= ?2) ORDER BY t.name",
        [node, at_ms],
        |row| {
            let blobs = Blobs {
                total: row.get::<_, i64>(1)?.unsigned_abs(),
                content: row.get::<_, i64>(2)?.unsigned_abs(),
            };
            Ok((row.get(0)?, blobs, row.get(3)?))
        },
    )?;
    let Some(time) = rows.first().map(|(_, _, time)| *time) else {
        return Ok(None);
    };
    let mut space = BlobSpace::default();
    for (id, blobs, _) in rows {
        match id {
            Some(id) => space.satellites.push((id, blobs)),
            None => space.trash = Some(blobs.total),
        }
    }
    Ok(Some((time.min(at_ms), space)))
}

fn blob_rows(connection: &Connection, node: i64, (from_ms, to_ms): (i64, i64)) -> rusqlite::Result<Vec<BlobRow>> {
    all(
        connection,
        "SELECT seen, min(time), sum(total), max(CASE satellite WHEN 0 THEN total END) FROM book_space
         WHERE node = ?1 AND seen >= ?2 AND seen <= ?3 GROUP BY seen ORDER BY seen",
        [node, from_ms, to_ms],
        |row| {
            Ok(BlobRow {
                seen_ms: row.get(0)?,
                written_ms: row.get(1)?,
                used: row.get::<_, i64>(2)?.unsigned_abs(),
                trash: row.get::<_, Option<i64>>(3)?.map(i64::unsigned_abs),
            })
        },
    )
}

fn notice(row: &Row<'_>, at_ms: i64) -> rusqlite::Result<Notice> {
    Ok(Notice {
        id: row.get(0)?,
        satellite_id: row.get(1)?,
        kind: row.get(2)?,
        title: row.get(3)?,
        message: row.get(4)?,
        created_ms: row.get(5)?,
        read_ms: row.get::<_, Option<i64>>(6)?.filter(|ms| *ms <= at_ms),
    })
}

fn collecting(row: &Row<'_>) -> rusqlite::Result<Collecting> {
    Ok(Collecting {
        satellite_id: row.get(0)?,
        done: row.get(1)?,
        filter_ms: row.get(2)?,
        prefix: row.get::<_, Option<String>>(3)?.unwrap_or_default(),
    })
}

fn walked(row: &Row<'_>) -> rusqlite::Result<Walked> {
    Ok(Walked {
        satellite_id: row.get(0)?,
        fresh: row.get::<_, Option<u32>>(1)?.unwrap_or_default(),
        newest_ms: row.get(2)?,
        pieces: row.get::<_, Option<i64>>(3)?.map(i64::unsigned_abs),
    })
}

fn known(connection: &Connection, node: i64, (from_ms, at_ms): (i64, i64)) -> rusqlite::Result<Vec<Known>> {
    let ids: Vec<(i64, String)> = all(
        connection,
        "SELECT t.id, t.name FROM satellite t WHERE EXISTS (SELECT 1 FROM book_rating WHERE node = ?1 AND satellite = t.id)
             OR EXISTS (SELECT 1 FROM book_stored WHERE node = ?1 AND satellite = t.id)
             OR EXISTS (SELECT 1 FROM book_moved WHERE node = ?1 AND satellite = t.id) ORDER BY t.name",
        [node],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    let mut known = Vec::new();
    for (satellite, satellite_id) in ids {
        let mut detail = Detail {
            satellite_id,
            ..Detail::default()
        };
        satellites::rows(connection, &BOOKS, (node, satellite, from_ms, at_ms), &mut detail)?;
        known.push(Known {
            detail,
            ..Known::default()
        });
    }
    Ok(known)
}

fn standings(connection: &Connection, (node, name): (i64, &str), scope: &Scope) -> rusqlite::Result<Vec<StandingRow>> {
    let (from, to) = (scope.from_ms.unwrap_or(i64::MIN), scope.to_ms.unwrap_or(i64::MAX));
    let sql = format!(
        "SELECT {RATING}, s.url FROM book_rating b JOIN satellite t ON t.id = b.satellite
             LEFT JOIN book_satellite s ON s.node = b.node AND s.satellite = b.satellite
         WHERE b.node = ?1 AND b.seen >= ?2 AND b.seen < ?3 ORDER BY b.seen, t.name"
    );
    let rows = all(connection, &sql, params![node, from, to], |row| {
        let url: Option<String> = row.get(19)?;
        Ok((row.get(18)?, rated(row, i64::MAX)?.standing(url.unwrap_or_default())))
    })?;
    let rows = rows.into_iter().map(|(time_ms, standing)| StandingRow {
        node: name.to_owned(),
        time_ms,
        source: "db",
        standing,
    });
    Ok(rows.collect())
}
