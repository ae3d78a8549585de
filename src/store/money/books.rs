//! What the tables of nodes' databases add to money, where the schema has them: when the node joined, whether it was
//! disqualified, and whether it still works with a satellite.

use rusqlite::{Connection, OptionalExtension, params};

use super::read::{All, earlier, of};
use crate::domain::books::Book;

/// Whether there is such a table.
pub(super) fn has(connection: &Connection, table: &str) -> rusqlite::Result<bool> {
    let found: Option<i64> = connection
        .prepare_cached("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?1")?
        .query_row([table], |row| row.get(0))
        .optional()?;
    Ok(found.is_some())
}

/// Until when the databases' paystubs are known: as long as any of them was read while theirs did not change. ms since
/// the epoch; `None`: theirs is not read.
pub(super) fn settled(connection: &Connection, (node, at_ms): (i64, i64)) -> rusqlite::Result<Option<i64>> {
    if !has(connection, "book")? {
        return Ok(None);
    }
    let mut find = connection.prepare_cached(
        "SELECT max(read) FROM book WHERE node = ?1 AND seen <= ?2 AND EXISTS
             (SELECT 1 FROM book WHERE node = ?1 AND file = ?3 AND read IS NOT NULL AND error IS NULL AND seen <= ?2)",
    )?;
    let read: Option<i64> = find.query_row(params![node, at_ms, Book::Held.file()], |row| row.get(0))?;
    Ok(read.map(|ms| ms.min(at_ms)))
}

/// Takes in the newest rating of each satellite, and how the node stands to it. What was never said before is known of
/// the time before, too.
pub(super) fn rated(connection: &Connection, (node, at_ms): (i64, i64), all: &mut All) -> rusqlite::Result<()> {
    if has(connection, "book_rating")? {
        let mut statement = connection.prepare_cached(
            // Ratings are kept for ever: of each satellite the key leads to the first and the last one.
            "SELECT t.name,
                 (SELECT joined FROM book_rating WHERE node = ?1 AND satellite = t.id AND joined IS NOT NULL
                  ORDER BY seen LIMIT 1),
                 (SELECT disqualified FROM book_rating WHERE node = ?1 AND satellite = t.id ORDER BY seen DESC LIMIT 1)
             FROM satellite t WHERE EXISTS (SELECT 1 FROM book_rating WHERE node = ?1 AND satellite = t.id)",
        )?;
        let mut rows = statement.query([node])?;
        while let Some(row) = rows.next()? {
            let satellite = of(all, row.get(0)?);
            satellite.joined_ms = earlier(satellite.joined_ms, row.get(1)?);
            let disqualified: Option<i64> = row.get(2)?;
            satellite.disqualified_ms = disqualified.filter(|ms| *ms <= at_ms);
        }
    }
    if has(connection, "book_satellite")? {
        let mut statement = connection.prepare_cached(
            "SELECT t.name, s.url, CASE WHEN s.changed > ?2 THEN s.earlier ELSE s.relation END, s.exit_begun
             FROM book_satellite s JOIN satellite t ON t.id = s.satellite WHERE s.node = ?1",
        )?;
        let mut rows = statement.query([node, at_ms])?;
        while let Some(row) = rows.next()? {
            let satellite = of(all, row.get(0)?);
            let url: String = row.get(1)?;
            satellite.url = satellite.url.take().or(Some(url).filter(|url| !url.is_empty()));
            // The exit succeeded; untrusted and what follows.
            satellite.is_over = matches!(row.get::<_, i64>(2)?, 3 | 5..=8);
            satellite.leaves = row.get::<_, Option<i64>>(3)?.is_some_and(|ms| ms <= at_ms);
        }
    }
    Ok(())
}
