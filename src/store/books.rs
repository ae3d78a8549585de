//! What nodes' own databases said: kept by the writer, apart from what APIs said, so that both are known.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, params};

use super::satellites::{self, BOOKS};
use super::writer::Writer;
use super::{At, Result, dictionary, money};
use crate::domain::books::{BlobSpace, Book, Books, Collecting, Hindrance, Notice, Opened, Rated, Trusted, Walked};
use crate::domain::detail::Detail;
use crate::domain::payout::{Fact, MoneySource, Topic};

impl Writer {
    /// Keeps what was read of nodes' databases. All of it or nothing.
    ///
    /// # Errors
    /// When the database cannot keep it.
    pub fn shelve(&mut self, read: &[(String, Books)]) -> Result<()> {
        if read.is_empty() {
            return Ok(());
        }
        let path = self.path().to_owned();
        let mut keep = || {
            let transaction = self.connection().transaction()?;
            for (node, books) in read {
                let node = dictionary::name_id(&transaction, "node", node)?;
                put(&transaction, node, books)?;
            }
            transaction.commit()
        };
        keep().at(&path)
    }
}

fn put(connection: &Connection, node: i64, books: &Books) -> rusqlite::Result<()> {
    let time = books.read_ms;
    for opened in &books.opened {
        file(connection, node, time, opened)?;
    }
    for rated in books.rated.iter().flatten() {
        rating(connection, node, time, rated)?;
    }
    if let Some(all) = &books.trusted {
        trusted(connection, node, time, all)?;
    }
    days(connection, node, books)?;
    money::put(connection, node, time, MoneySource::Db, &facts(books))?;
    if let Some(space) = &books.space {
        let written = books.opened.iter().find_map(|opened| {
            let is_it = opened.book == Book::Space;
            opened.changed_ms.filter(|_| is_it)
        });
        put_space(connection, (node, time, written.unwrap_or(time)), space)?;
    }
    for one in books.notices.iter().flatten() {
        notice(connection, node, time, one)?;
    }
    if let Some(all) = &books.collecting {
        collecting(connection, node, time, all)?;
    }
    if let Some(all) = &books.walked {
        walked(connection, node, time, all)?;
    }
    Ok(())
}

/// What they say of money.
fn facts(books: &Books) -> Vec<Fact> {
    let joined = books.rated.iter().flatten();
    let mut facts: Vec<Fact> = joined
        .map(|rated| Fact::Joined(rated.satellite_id.clone(), None, rated.joined_ms))
        .collect();
    let trusted = books.trusted.iter().flatten().filter(|known| !known.url.is_empty());
    facts.extend(trusted.map(|known| Fact::Joined(known.satellite_id.clone(), Some(known.url.clone()), None)));
    let prices = books.money.prices.iter().flatten();
    facts.extend(prices.map(|(satellite, prices)| Fact::Prices(satellite.clone(), *prices)));
    if let Some((stubs, payments)) = &books.money.settled {
        facts.extend(stubs.iter().cloned().map(Fact::Paystub));
        facts.extend(payments.iter().cloned().map(Fact::Payment));
        facts.push(Fact::Asked(Topic::Paystubs, None, None));
    }
    facts
}

/// A code of the database.
fn code(why: Hindrance) -> i64 {
    let place = Hindrance::ALL.iter().position(|known| *known == why);
    place.unwrap_or_default() as i64
}

fn file(connection: &Connection, node: i64, time: i64, opened: &Opened) -> rusqlite::Result<()> {
    let name = opened.book.file();
    match &opened.error {
        None => connection
            .prepare_cached(
                "INSERT INTO book (node, file, seen, read, changed) VALUES (?1, ?2, ?3, ?3, ?4)
                 ON CONFLICT DO UPDATE SET read = excluded.read, changed = excluded.changed, failed = NULL,
                     hindrance = NULL, error = NULL",
            )?
            .execute(params![node, name, time, opened.changed_ms])?,
        Some((why, text)) => {
            let read = (*why == Hindrance::Behind).then_some(time);
            connection
                .prepare_cached(
                    "INSERT INTO book (node, file, seen, read, changed, failed, hindrance, error)
                     VALUES (?1, ?2, ?3, ?6, ?7, ?3, ?4, ?5)
                     ON CONFLICT DO UPDATE SET failed = coalesce(failed, excluded.failed),
                         hindrance = excluded.hindrance, error = excluded.error, read = coalesce(excluded.read, read),
                         changed = coalesce(excluded.changed, changed)",
                )?
                .execute(params![node, name, time, code(*why), text, read, opened.changed_ms])?
        }
    };
    Ok(())
}

const RATING: &str =
    "audits, passed, audit_alpha, audit_beta, audit, suspension_alpha, suspension_beta, suspension, online,
     disqualified, suspended, offline_suspended, review, vetted, tells_vetting, joined";

fn rating(connection: &Connection, node: i64, time: i64, rated: &Rated) -> rusqlite::Result<()> {
    let satellite = dictionary::name_id(connection, "satellite", &rated.satellite_id)?;
    let detail = Detail {
        windows: rated.windows.clone(),
        ..Detail::default()
    };
    satellites::put_rows(connection, &BOOKS, (node, satellite), time, &detail)?;
    let count = |count: Option<u64>| count.map(|count| count as i64);
    let values = params![
        node,
        satellite,
        time,
        rated.updated_ms,
        count(rated.audits),
        count(rated.passed),
        rated.audit.alpha,
        rated.audit.beta,
        rated.audit.score,
        rated.suspension.alpha,
        rated.suspension.beta,
        rated.suspension.score,
        rated.online,
        rated.disqualified_ms,
        rated.suspended_ms,
        rated.offline_suspended_ms,
        rated.review_ms,
        rated.vetted_ms,
        rated.tells_vetting,
        rated.joined_ms
    ];
    // What is as it was only moves on.
    let same = connection
        .prepare_cached(&format!(
            "UPDATE book_rating SET updated = ?4 WHERE node = ?1 AND satellite = ?2
                 AND seen = (SELECT max(seen) FROM book_rating WHERE node = ?1 AND satellite = ?2 AND seen <= ?3)
                 AND ({RATING}) IS (?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20)"
        ))?
        .execute(values)?;
    if same == 0 {
        connection
            .prepare_cached(&format!(
                "INSERT OR REPLACE INTO book_rating (node, satellite, seen, updated, {RATING})
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20)"
            ))?
            .execute(values)?;
    }
    Ok(())
}

fn trusted(connection: &Connection, node: i64, time: i64, all: &[Trusted]) -> rusqlite::Result<()> {
    connection
        .prepare_cached("UPDATE book_satellite SET gone = coalesce(gone, ?2) WHERE node = ?1")?
        .execute([node, time])?;
    let mut insert = connection.prepare_cached(
        "INSERT INTO book_satellite (node, satellite, seen, url, added, relation, exit_begun, exit_ended, exit_starting,
             exit_deleted)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
         ON CONFLICT DO UPDATE SET gone = NULL,
             changed = CASE WHEN relation IS excluded.relation THEN changed ELSE excluded.seen END,
             earlier = CASE WHEN relation IS excluded.relation THEN earlier ELSE relation END, url = excluded.url, added = excluded.added, relation = excluded.relation,
             exit_begun = excluded.exit_begun, exit_ended = excluded.exit_ended, exit_starting = excluded.exit_starting,
             exit_deleted = excluded.exit_deleted",
    )?;
    for known in all {
        let satellite = dictionary::name_id(connection, "satellite", &known.satellite_id)?;
        insert.execute(params![
            node,
            satellite,
            time,
            known.url,
            known.added_ms,
            known.relation.0,
            known.exit.and_then(|exit| exit.initiated_ms),
            known.exit.and_then(|exit| exit.finished_ms),
            known.exit.map(|exit| exit.starting as i64),
            known.exit.map(|exit| exit.deleted as i64)
        ])?;
    }
    Ok(())
}

fn days(connection: &Connection, node: i64, books: &Books) -> rusqlite::Result<()> {
    let mut details: BTreeMap<&str, Detail> = BTreeMap::new();
    for (id, day) in books.moved.iter().flatten() {
        details.entry(id).or_default().moved.push(*day);
    }
    for (id, day) in books.stored.iter().flatten() {
        details.entry(id).or_default().stored.push(*day);
    }
    for (id, detail) in details {
        let satellite = dictionary::name_id(connection, "satellite", id)?;
        satellites::put_rows(connection, &BOOKS, (node, satellite), books.read_ms, &detail)?;
    }
    Ok(())
}

/// Rows of a reading: satellite, total, content.
type SpaceRows = Vec<(i64, i64, i64)>;

fn put_space(
    connection: &Connection,
    (node, time, written): (i64, i64, i64),
    space: &BlobSpace,
) -> rusqlite::Result<()> {
    let mut rows: SpaceRows = Vec::new();
    rows.extend(space.trash.map(|trash| (0, trash as i64, 0)));
    for (id, blobs) in &space.satellites {
        let satellite = dictionary::name_id(connection, "satellite", id)?;
        rows.push((satellite, blobs.total as i64, blobs.content as i64));
    }
    rows.sort_unstable();
    let last: Option<i64> = connection
        .prepare_cached("SELECT max(seen) FROM book_space WHERE node = ?1 AND seen <= ?2")?
        .query_row([node, time], |row| row.get(0))
        .optional()?
        .flatten();
    if let Some(last) = last {
        let before: SpaceRows = connection
            .prepare_cached(
                "SELECT satellite, total, content FROM book_space WHERE node = ?1 AND seen = ?2 ORDER BY satellite",
            )?
            .query_map([node, last], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
            .collect::<rusqlite::Result<_>>()?;
        if before == rows {
            return Ok(());
        }
    }
    let mut insert = connection.prepare_cached(
        "INSERT OR REPLACE INTO book_space (node, seen, satellite, time, total, content) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    for (satellite, total, content) in rows {
        insert.execute([node, time, satellite, written, total, content])?;
    }
    Ok(())
}

pub(super) fn notice(connection: &Connection, node: i64, time: i64, one: &Notice) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO book_notice (node, id, seen, created, read, satellite, kind, title, message)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
             ON CONFLICT DO UPDATE SET read = excluded.read WHERE read IS NOT excluded.read",
        )?
        .execute(params![
            node,
            one.id,
            time,
            one.created_ms,
            one.read_ms,
            one.satellite_id,
            one.kind,
            one.title,
            one.message
        ])?;
    Ok(())
}

const COLLECTING: i64 = 0;
const WALKED: i64 = 1;

fn collecting(connection: &Connection, node: i64, time: i64, all: &[Collecting]) -> rusqlite::Result<()> {
    forget(connection, node, COLLECTING)?;
    for one in all {
        connection
            .prepare_cached(
                "INSERT OR REPLACE INTO book_work (node, kind, satellite, seen, done, time, prefix)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )?
            .execute(params![
                node,
                COLLECTING,
                one.satellite_id,
                time,
                one.done,
                one.filter_ms,
                one.prefix
            ])?;
    }
    Ok(())
}

fn walked(connection: &Connection, node: i64, time: i64, all: &[Walked]) -> rusqlite::Result<()> {
    forget(connection, node, WALKED)?;
    for one in all {
        connection
            .prepare_cached(
                "INSERT OR REPLACE INTO book_work (node, kind, satellite, seen, done, time, pieces)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )?
            .execute(params![
                node,
                WALKED,
                one.satellite_id,
                time,
                one.fresh,
                one.newest_ms,
                one.pieces.map(|pieces| pieces as i64)
            ])?;
    }
    Ok(())
}

/// What is under way is known as of now only.
fn forget(connection: &Connection, node: i64, kind: i64) -> rusqlite::Result<()> {
    connection
        .prepare_cached("DELETE FROM book_work WHERE node = ?1 AND kind = ?2")?
        .execute([node, kind])?;
    Ok(())
}
