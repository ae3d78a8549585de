//! `notifications.db`, `garbage_collection_filewalker_progress.db` and `used_space_per_prefix.db`: what the node wants
//! to be known, and how far its walks over blobs are.

use rusqlite::Connection;

use super::row::{blob, count, has, id, int, rows, text, time};
use crate::domain::books::{Collecting, Notice, PREFIXES, Walked};

/// So many of the newest are read.
const MOST_NOTICES: i64 = 200;
/// A sum older than that is made anew by the next walk.
const FRESH: &str = "-168 hours";

/// The newest notices, the newest first.
pub fn notices(connection: &Connection) -> rusqlite::Result<Vec<Notice>> {
    rows(
        connection,
        "SELECT * FROM notifications ORDER BY created_at DESC LIMIT ?1",
        [MOST_NOTICES],
        |row| {
            Some(Notice {
                id: blob(row, "id")?.to_vec(),
                satellite_id: id(row, "sender_id"),
                kind: int(row, "type").unwrap_or_default(),
                title: text(row, "title").unwrap_or_default(),
                message: text(row, "message").unwrap_or_default(),
                created_ms: time(row, "created_at")?,
                read_ms: time(row, "read_at"),
            })
        },
    )
}

/// Garbage collections that are not finished.
pub fn collecting(connection: &Connection) -> rusqlite::Result<Vec<Collecting>> {
    rows(connection, "SELECT * FROM progress ORDER BY satellite_id", [], |row| {
        let prefix = text(row, "last_checked_prefix").unwrap_or_default();
        Some(Collecting {
            satellite_id: id(row, "satellite_id")?,
            filter_ms: time(row, "bloomfilter_created_before"),
            done: before(&prefix),
            prefix,
        })
    })
}

/// Folders before a prefix. They are two digits of base32 and walked in their order, the digits 2 to 7 in front.
fn before(prefix: &str) -> Option<u32> {
    let digit = |byte: &u8| match byte {
        b'2'..=b'7' => Some(u32::from(byte - b'2')),
        b'a'..=b'z' => Some(u32::from(byte - b'a') + 6),
        _ => None,
    };
    match prefix.as_bytes() {
        [high, low] => Some(digit(high)? * 32 + digit(low)?),
        _ => None,
    }
}

/// How far walks are at `now` (`2026-11-23 22:15:36`): the sums of folders that are fresh.
pub fn walked(connection: &Connection, now: &str) -> rusqlite::Result<Vec<Walked>> {
    let pieces = match has(connection, "used_space_per_prefix", "piece_counts")? {
        true => "sum(piece_counts)",
        false => "NULL",
    };
    rows(
        connection,
        &format!(
            "SELECT satellite_id, sum(datetime(last_updated) >= datetime(?1, '{FRESH}')) AS fresh,
                 max(last_updated) AS newest, {pieces} AS pieces
             FROM used_space_per_prefix GROUP BY satellite_id ORDER BY satellite_id"
        ),
        [now],
        |row| {
            let fresh = u32::try_from(count(row, "fresh").unwrap_or_default()).ok()?;
            Some(Walked {
                satellite_id: id(row, "satellite_id")?,
                fresh: fresh.min(PREFIXES),
                newest_ms: time(row, "newest"),
                pieces: count(row, "pieces"),
            })
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_is_a_place_among_all_folders() {
        for (prefix, place) in [
            ("22", Some(0)),
            ("2a", Some(6)),
            ("a2", Some(192)),
            ("zz", Some(PREFIXES - 1)),
            ("", None),
            ("a", None),
            ("A1", None),
        ] {
            assert_eq!(before(prefix), place, "{prefix}");
        }
    }
}
