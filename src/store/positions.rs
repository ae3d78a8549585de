//! How far the files of each source were read.

use rusqlite::{Connection, OptionalExtension, params};

use crate::domain::source::{Gap, Head, Position};

/// Finished files remembered per source: more rotated files than anyone keeps.
const MOST_FINISHED: i64 = 500;

/// The row of a source, made if it is new, and its positions.
pub(crate) fn source(connection: &Connection, node: i64, name: &str) -> rusqlite::Result<(i64, Vec<Position>)> {
    let found = connection
        .prepare_cached("SELECT id FROM source WHERE node = ?1 AND name = ?2")?
        .query_row(params![node, name], |row| row.get(0))
        .optional()?;
    if let Some(id) = found {
        return Ok((id, read(connection, id)?));
    }
    let id = connection
        .prepare_cached("INSERT INTO source (node, name) VALUES (?1, ?2)")?
        .insert(params![node, name])?;
    Ok((id, Vec::new()))
}

/// Marks all sources but these as left.
pub(crate) fn follow_only(connection: &Connection, rows: &[i64]) -> rusqlite::Result<()> {
    let rows: Vec<String> = rows.iter().map(i64::to_string).collect();
    let update = format!(
        "UPDATE source SET state = 'left', error = NULL WHERE state IS NOT 'left' AND id NOT IN ({})",
        rows.join(",")
    );
    connection.execute(&update, []).map(|_| ())
}

/// The positions of a source.
pub(crate) fn read(connection: &Connection, source: i64) -> rusqlite::Result<Vec<Position>> {
    let mut statement = connection.prepare_cached(
        "SELECT id, dev, ino, head_len, head_hash, begin, done, until, anchor, len, last_second, finished
         FROM position WHERE source = ?1 ORDER BY id",
    )?;
    let unsigned = |value: i64| value as u64;
    let rows = statement.query_map([source], |row| {
        Ok(Position {
            row: row.get(0)?,
            file: (unsigned(row.get(1)?), unsigned(row.get(2)?)),
            head: Head {
                len: row.get(3)?,
                hash: unsigned(row.get(4)?),
            },
            from: unsigned(row.get(5)?),
            done: unsigned(row.get(6)?),
            until: row.get::<_, Option<i64>>(7)?.map(unsigned),
            anchor: unsigned(row.get(8)?),
            len: unsigned(row.get(9)?),
            last_second: row.get(10)?,
            finished: row.get(11)?,
        })
    })?;
    rows.collect()
}

/// Keeps positions; gives their rows.
pub(crate) fn put(connection: &Connection, source: i64, positions: &[&mut Position]) -> rusqlite::Result<Vec<i64>> {
    let mut statement = connection.prepare_cached(
        "INSERT OR REPLACE INTO position
             (id, source, dev, ino, head_len, head_hash, begin, done, until, anchor, len, last_second, finished)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
    )?;
    let mut rows = Vec::with_capacity(positions.len());
    let mut finished = false;
    for position in positions {
        finished |= position.finished;
        let row = statement.insert(params![
            (position.row > 0).then_some(position.row),
            source,
            position.file.0 as i64,
            position.file.1 as i64,
            position.head.len,
            position.head.hash as i64,
            position.from as i64,
            position.done as i64,
            position.until.map(|until| until as i64),
            position.anchor as i64,
            position.len as i64,
            position.last_second,
            position.finished,
        ])?;
        rows.push(row);
    }
    if finished {
        connection
            .prepare_cached(
                "DELETE FROM position WHERE source = ?1 AND finished AND id <= (
                     SELECT id FROM position WHERE source = ?1 AND finished ORDER BY id DESC LIMIT 1 OFFSET ?2)",
            )?
            .execute(params![source, MOST_FINISHED])?;
    }
    Ok(rows)
}

/// Keeps gaps.
pub(crate) fn put_gaps(connection: &Connection, source: i64, gaps: &[Gap], now_ms: i64) -> rusqlite::Result<()> {
    let mut statement = connection
        .prepare_cached("INSERT INTO gap (source, noticed, first, last, bytes) VALUES (?1, ?2, ?3, ?4, ?5)")?;
    for gap in gaps {
        let bytes = gap.bytes.map(|bytes| bytes as i64);
        statement.execute(params![source, now_ms, gap.from, gap.to, bytes])?;
    }
    Ok(())
}
