//! Keeping transfers: each commit adds one uncompressed chunk; enough of them become a sealed block.

use rusqlite::{Connection, params};

use super::block::{self, FULL, Row};
use crate::domain::transfer::Outcome;

/// Chunks of a quiet node are merged at this number, so that reading its tail stays cheap.
const MOST_CHUNKS: i64 = 256;

/// The class of transfers: 0 for most, 1 for audits and repairs that went well, 2 for what went wrong. The
/// rarer a class the longer it is kept, and the fewer blocks hold what is asked for most.
pub(crate) fn class(grave: bool, outcome: Outcome) -> i64 {
    match outcome {
        Outcome::Failed | Outcome::Rejected => 2,
        Outcome::Canceled | Outcome::Success => i64::from(grave),
    }
}

/// Adds `rows` to a node's class, inside the caller's transaction.
pub(crate) fn append(connection: &Connection, node: i64, class: i64, mut rows: Vec<Row>) -> rusqlite::Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let (chunks, waiting): (i64, i64) = connection
        .prepare_cached(
            "SELECT count(*), coalesce(sum(n), 0) FROM block WHERE node = ?1 AND class = ?2 AND sealed = 0",
        )?
        .query_row([node, class], |row| Ok((row.get(0)?, row.get(1)?)))?;
    if waiting as usize + rows.len() >= FULL || chunks >= MOST_CHUNKS {
        let mut tail = take_tail(connection, node, class)?;
        tail.append(&mut rows);
        rows = tail;
    }
    rows.sort_by_key(|row| row.time_ms);
    let full = rows.len() - rows.len() % FULL;
    for block in rows[..full].chunks(FULL) {
        insert(connection, (node, class), block, true)?;
    }
    if full < rows.len() {
        insert(connection, (node, class), &rows[full..], false)?;
    }
    Ok(())
}

fn insert(connection: &Connection, (node, class): (i64, i64), rows: &[Row], sealed: bool) -> rusqlite::Result<()> {
    let mut meta = block::encode(rows);
    if sealed {
        meta = block::seal(&meta).map_err(|e| rusqlite::Error::ToSqlConversionFailure(e.into()))?;
    }
    let t0 = rows.iter().map(|row| row.time_ms).min().unwrap_or_default();
    let t1 = rows.iter().map(|row| row.time_ms).max().unwrap_or_default();
    let id = connection
        .prepare_cached("INSERT INTO block (node, class, sealed, t0, t1, n, meta) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")?
        .insert(params![node, class, sealed, t0, t1, rows.len() as i64, meta])?;
    connection
        .prepare_cached("INSERT INTO block_ids (block, ids) VALUES (?1, ?2)")?
        .execute(params![id, block::encode_ids(rows)])?;
    if sealed {
        connection
            .prepare_cached("INSERT INTO block_filter (block, filter) VALUES (?1, ?2)")?
            .execute(params![id, block::filter(rows)])?;
    }
    Ok(())
}

/// Reads and deletes the chunks of a class.
fn take_tail(connection: &Connection, node: i64, class: i64) -> rusqlite::Result<Vec<Row>> {
    let mut rows = Vec::new();
    let mut statement = connection.prepare_cached(
        "SELECT b.id, b.meta, i.ids FROM block b JOIN block_ids i ON i.block = b.id
         WHERE b.node = ?1 AND b.class = ?2 AND b.sealed = 0 ORDER BY b.id",
    )?;
    let mut ids = Vec::new();
    let mut found = statement.query([node, class])?;
    while let Some(row) = found.next()? {
        let id: i64 = row.get(0)?;
        let decoded = block::open(false, row.get_ref(1)?.as_blob()?, row.get_ref(2)?.as_blob()?);
        // A damaged chunk stays where it is: `db check` names it, and nothing hides the rest.
        if let Some(mut decoded) = decoded {
            rows.append(&mut decoded);
            ids.push(id);
        }
    }
    ids.into_iter().try_for_each(|id| delete(connection, id))?;
    Ok(rows)
}

/// Deletes a block and what belongs to it.
pub(crate) fn delete(connection: &Connection, id: i64) -> rusqlite::Result<()> {
    for statement in [
        "DELETE FROM block WHERE id = ?1",
        "DELETE FROM block_ids WHERE block = ?1",
        "DELETE FROM block_filter WHERE block = ?1",
    ] {
        connection.prepare_cached(statement)?.execute([id])?;
    }
    Ok(())
}
