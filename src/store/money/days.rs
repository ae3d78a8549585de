//! Tallies and bytes by day, of the API's word and of the node's databases, each day once.

use std::collections::BTreeMap;

use rusqlite::{Connection, Row};

use super::DAY_MS;
use super::books;
use super::read::{All, Key, of};
use crate::domain::detail::{MovedDay, StoredDay};

/// Rows of days that are told until then, or are over then.
fn each_day(
    connection: &Connection,
    (what, table): (&str, &str),
    (node, from_ms, at_ms): Key,
    mut take: impl FnMut(&Row<'_>) -> rusqlite::Result<()>,
) -> rusqlite::Result<()> {
    let mut statement = connection.prepare_cached(&format!(
        // In this order the key's range is read for each satellite, not all days there ever were.
        "SELECT t.name, d.start, {what} FROM satellite t CROSS JOIN {table} d
             ON d.node = ?1 AND d.satellite = t.id AND d.start >= ?2 AND d.start <= ?3
         WHERE d.seen <= ?3 OR d.start + ?4 <= ?3 ORDER BY t.id, d.start"
    ))?;
    let mut rows = statement.query([node, from_ms, at_ms, DAY_MS])?;
    while let Some(row) = rows.next()? {
        take(row)?;
    }
    Ok(())
}

/// Puts two sources of days together; of a day of UTC that both know, wherever in it a row begins, `better` says whether
/// the databases' row holds.
fn merge<T: Copy>(api: Vec<T>, books: Vec<T>, at: fn(&T) -> i64, better: fn(&T, &T) -> bool) -> Vec<T> {
    if books.is_empty() {
        return api;
    }
    let day = |row: &T| at(row).div_euclid(DAY_MS);
    let mut all: BTreeMap<i64, T> = api.into_iter().map(|row| (day(&row), row)).collect();
    for row in books {
        match all.get(&day(&row)) {
            Some(known) if !better(known, &row) => {}
            _ => {
                all.insert(day(&row), row);
            }
        }
    }
    all.into_values().collect()
}

/// The databases know hours to the second; a day the API filled in they do not know at all.
fn is_exact(known: &StoredDay, row: &StoredDay) -> bool {
    row.hours.is_some() && !known.calculated
}

/// Bytes of a day only grow: who says more was asked later.
fn is_later(known: &MovedDay, row: &MovedDay) -> bool {
    let sum = |day: &MovedDay| day.egress + day.egress_repair + day.egress_audit;
    sum(row) > sum(known)
}

/// Tallies.
pub(super) fn stored(connection: &Connection, key: Key, all: &mut All) -> rusqlite::Result<()> {
    let mut by_books = All::new();
    for (table, all) in [("stored_day", &mut *all), ("book_stored", &mut by_books)] {
        if table == "book_stored" && !books::has(connection, table)? {
            continue;
        }
        let what = "d.byte_hours, d.bytes, d.hours, d.calculated";
        each_day(connection, (what, table), key, |row| {
            let day = StoredDay {
                start_ms: row.get(1)?,
                byte_hours: row.get(2)?,
                bytes: row.get(3)?,
                hours: row.get(4)?,
                calculated: row.get(5)?,
            };
            of(all, row.get(0)?).stored.push(day);
            Ok(())
        })?;
    }
    for (id, rows) in by_books {
        let known = &mut of(all, id).stored;
        *known = merge(std::mem::take(known), rows.stored, |day| day.start_ms, is_exact);
    }
    Ok(())
}

/// Bytes.
pub(super) fn moved(connection: &Connection, key: Key, all: &mut All) -> rusqlite::Result<()> {
    let mut by_books = All::new();
    for (table, all) in [("moved_day", &mut *all), ("book_moved", &mut by_books)] {
        if table == "book_moved" && !books::has(connection, table)? {
            continue;
        }
        let what = "d.egress, d.egress_repair, d.egress_audit, d.ingress, d.ingress_repair";
        each_day(connection, (what, table), key, |row| {
            let bytes = |at: usize| Ok::<u64, rusqlite::Error>(row.get::<_, i64>(at)?.unsigned_abs());
            let day = MovedDay {
                start_ms: row.get(1)?,
                egress: bytes(2)?,
                egress_repair: bytes(3)?,
                egress_audit: bytes(4)?,
                ingress: bytes(5)?,
                ingress_repair: bytes(6)?,
            };
            of(all, row.get(0)?).moved.push(day);
            Ok(())
        })?;
    }
    for (id, rows) in by_books {
        let known = &mut of(all, id).moved;
        *known = merge(std::mem::take(known), rows.moved, |day| day.start_ms, is_later);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(start_ms: i64, byte_hours: f64, hours: Option<f64>) -> StoredDay {
        StoredDay {
            start_ms,
            byte_hours,
            bytes: None,
            hours,
            calculated: false,
        }
    }

    #[test]
    fn of_each_day_the_better_row_holds() {
        let books = [(0, 0.5, Some(24.1)), (1, 1.0, Some(23.4)), (2, 9.0, None)];
        // Whether or not the API's days begin at midnight.
        for late_ms in [0, 1, DAY_MS - 1] {
            let api = [(1, 1.0, Some(23.0)), (2, 2.0, Some(24.0))];
            let api = api.map(|(n, byte_hours, hours)| day(n * DAY_MS + late_ms, byte_hours, hours));
            let books = books.map(|(n, byte_hours, hours)| day(n * DAY_MS, byte_hours, hours));
            let merged = merge(api.into(), books.into(), |day| day.start_ms, is_exact);
            let hours: Vec<Option<f64>> = merged.iter().map(|day| day.hours).collect();
            assert_eq!(hours, [Some(24.1), Some(23.4), Some(24.0)], "{late_ms}");
        }
        let bytes = |egress| MovedDay {
            egress,
            ..MovedDay::default()
        };
        let merged = merge(vec![bytes(5)], vec![bytes(4)], |day| day.start_ms, is_later);
        assert_eq!(merged[0].egress, 5);
    }
}
