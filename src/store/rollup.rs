//! Traffic by minute, hour and day. A bucket is one row: its series packed behind one another, so that a
//! day of minutes is 1,440 rows and not 200,000. Written by the writer, read for every question of traffic.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, params};

use crate::domain::batch::Cell;
use crate::support::varint::{self, Reader};

/// How long a bucket is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Width {
    Minute,
    Hour,
    Day,
}

impl Width {
    pub(crate) const ALL: [Self; 3] = [Self::Minute, Self::Hour, Self::Day];

    pub(crate) fn seconds(self) -> i64 {
        match self {
            Self::Minute => 60,
            Self::Hour => 3600,
            Self::Day => 86_400,
        }
    }

    pub(crate) fn table(self) -> &'static str {
        match self {
            Self::Minute => "traffic_minute",
            Self::Hour => "traffic_hour",
            Self::Day => "traffic_day",
        }
    }

    /// Where version 1 kept the same, a row for each series.
    fn table_1(self) -> &'static str {
        match self {
            Self::Minute => "rollup_minute",
            Self::Hour => "rollup_hour",
            Self::Day => "rollup_day",
        }
    }
}

/// The cells of a bucket, by row of the series.
pub(crate) type Cells = BTreeMap<i64, Cell>;

pub(super) fn pack(cells: &Cells) -> Vec<u8> {
    let mut out = Vec::with_capacity(cells.len() * 8);
    let mut before = 0;
    for (series, cell) in cells {
        varint::put(&mut out, series.wrapping_sub(before) as u64);
        varint::put(&mut out, cell.count);
        varint::put(&mut out, cell.bytes);
        before = *series;
    }
    out
}

/// Hands on each series and its cell; `None` when the bytes are damaged.
#[inline]
fn unpack(bytes: &[u8], mut each: impl FnMut(i64, Cell)) -> Option<()> {
    let mut reader = Reader(bytes);
    let mut series = 0i64;
    while !reader.0.is_empty() {
        series = series.wrapping_add(reader.unsigned()? as i64);
        let (count, bytes) = (reader.unsigned()?, reader.unsigned()?);
        each(series, Cell { count, bytes });
    }
    Some(())
}

/// Hands on (bucket, series, cell) of a node's buckets within `from..to` (seconds), in the order of time.
/// Gives the row of a bucket that is damaged, if there is one.
pub(crate) fn each(
    connection: &Connection,
    width: Width,
    node: i64,
    (from, to): (i64, i64),
    mut each: impl FnMut(i64, i64, Cell),
) -> rusqlite::Result<Option<i64>> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT id, bucket, cells FROM {} WHERE node = ?1 AND bucket >= ?2 AND bucket < ?3 ORDER BY bucket",
        width.table()
    ))?;
    let mut rows = statement.query([node, from, to])?;
    while let Some(row) = rows.next()? {
        let bucket = row.get(1)?;
        if unpack(row.get_ref(2)?.as_blob()?, |series, cell| each(bucket, series, cell)).is_none() {
            return Ok(Some(row.get(0)?));
        }
    }
    Ok(None)
}

/// [`each`] of a database that no writer has brought to version 2.
pub(crate) fn each_1(
    connection: &Connection,
    width: Width,
    node: i64,
    (from, to): (i64, i64),
    mut each: impl FnMut(i64, i64, Cell),
) -> rusqlite::Result<()> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT bucket, series, count, bytes FROM {} WHERE node = ?1 AND bucket >= ?2 AND bucket < ?3
         ORDER BY bucket, series",
        width.table_1()
    ))?;
    let mut rows = statement.query([node, from, to])?;
    while let Some(row) = rows.next()? {
        let cell = Cell {
            count: row.get::<_, i64>(2)?.unsigned_abs(),
            bytes: row.get::<_, i64>(3)?.unsigned_abs(),
        };
        each(row.get(0)?, row.get(1)?, cell);
    }
    Ok(())
}

/// Adds cells to a node's bucket, inside the caller's transaction.
pub(crate) fn add(
    connection: &Connection,
    width: Width,
    (node, bucket): (i64, i64),
    mut cells: Cells,
) -> rusqlite::Result<()> {
    let before: Option<(i64, Vec<u8>)> = connection
        .prepare_cached(&format!(
            "SELECT id, cells FROM {} WHERE node = ?1 AND bucket = ?2",
            width.table()
        ))?
        .query_row([node, bucket], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((id, before)) = before else {
        return insert(connection, width, (node, bucket), &cells);
    };
    // Of a damaged bucket what comes before the damage is kept; `db check` finds that it lacks something.
    unpack(&before, |series, cell| cells.entry(series).or_default().add(cell));
    connection
        .prepare_cached(&format!("UPDATE {} SET cells = ?2 WHERE id = ?1", width.table()))?
        .execute(params![id, pack(&cells)])?;
    Ok(())
}

/// Takes cells out of a node's bucket again, inside the caller's transaction. Gives false when they are damaged.
pub(crate) fn take_out(
    connection: &Connection,
    width: Width,
    (node, bucket): (i64, i64),
    packed: &[u8],
) -> rusqlite::Result<bool> {
    let table = width.table();
    let before: Option<(i64, Vec<u8>)> = connection
        .prepare_cached(&format!(
            "SELECT id, cells FROM {table} WHERE node = ?1 AND bucket = ?2"
        ))?
        .query_row([node, bucket], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((id, before)) = before else { return Ok(true) };
    let mut cells = Cells::new();
    let read = unpack(&before, |series, cell| {
        cells.insert(series, cell);
    });
    let taken = unpack(packed, |series, out| {
        if let Some(cell) = cells.get_mut(&series) {
            cell.count = cell.count.saturating_sub(out.count);
            cell.bytes = cell.bytes.saturating_sub(out.bytes);
        }
    });
    if read.and(taken).is_none() {
        return Ok(false);
    }
    cells.retain(|_, cell| cell.count > 0);
    match cells.is_empty() {
        true => connection
            .prepare_cached(&format!("DELETE FROM {table} WHERE id = ?1"))?
            .execute([id])?,
        false => connection
            .prepare_cached(&format!("UPDATE {table} SET cells = ?2 WHERE id = ?1"))?
            .execute(params![id, pack(&cells)])?,
    };
    Ok(true)
}

fn insert(connection: &Connection, width: Width, (node, bucket): (i64, i64), cells: &Cells) -> rusqlite::Result<()> {
    connection
        .prepare_cached(&format!(
            "INSERT INTO {} (node, bucket, cells) VALUES (?1, ?2, ?3)",
            width.table()
        ))?
        .execute(params![node, bucket, pack(cells)])?;
    Ok(())
}

/// Packs what version 1 kept, and drops its tables.
pub(crate) fn adopt(connection: &Connection) -> rusqlite::Result<()> {
    let nodes: Vec<i64> = connection
        .prepare("SELECT id FROM node")?
        .query_map([], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    for width in Width::ALL {
        for node in &nodes {
            let (mut open, mut cells) = (0, Cells::new());
            let mut failed = Ok(());
            each_1(
                connection,
                width,
                *node,
                (i64::MIN, i64::MAX),
                |bucket, series, cell| {
                    if bucket != open && !cells.is_empty() && failed.is_ok() {
                        failed = insert(connection, width, (*node, open), &cells);
                        cells.clear();
                    }
                    open = bucket;
                    cells.insert(series, cell);
                },
            )?;
            failed?;
            if !cells.is_empty() {
                insert(connection, width, (*node, open), &cells)?;
            }
        }
        connection.execute_batch(&format!("DROP TABLE {}", width.table_1()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_come_back_and_damage_shows() {
        let cell = |count| Cell {
            count,
            bytes: count << 40,
        };
        let cells: Cells = [(1, cell(1)), (300, cell(u64::MAX >> 40)), (301, cell(0))].into();
        let bytes = pack(&cells);
        let mut back = Cells::new();
        assert!(unpack(&bytes, |series, cell| back.extend([(series, cell)])).is_some());
        assert_eq!(back, cells);
        assert!(unpack(&bytes[..bytes.len() - 1], |_, _| ()).is_none());
    }
}
