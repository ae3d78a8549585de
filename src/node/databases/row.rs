//! Values of a node's tables, read leniently: a column that is missing, null or of another kind is unknown. Called by
//! the readers of each database.

use jiff::Timestamp;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row};

/// Length of an id.
const ID: usize = 32;

fn value<'a>(row: &'a Row<'_>, name: &str) -> Option<ValueRef<'a>> {
    row.get_ref(name).ok()
}

/// A whole number.
pub fn int(row: &Row<'_>, name: &str) -> Option<i64> {
    match value(row, name)? {
        ValueRef::Integer(number) => Some(number),
        ValueRef::Real(number) if number.fract() == 0.0 => Some(number as i64),
        _ => None,
    }
}

/// A count or bytes: what is negative is a slip of the node's.
pub fn count(row: &Row<'_>, name: &str) -> Option<u64> {
    int(row, name).and_then(|number| u64::try_from(number).ok())
}

/// A number.
pub fn real(row: &Row<'_>, name: &str) -> Option<f64> {
    match value(row, name)? {
        ValueRef::Integer(number) => Some(number as f64),
        ValueRef::Real(number) => Some(number).filter(|number| number.is_finite()),
        _ => None,
    }
}

/// A text.
pub fn text(row: &Row<'_>, name: &str) -> Option<String> {
    match value(row, name)? {
        ValueRef::Text(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
        _ => None,
    }
}

/// Bytes.
pub fn blob<'a>(row: &'a Row<'_>, name: &str) -> Option<&'a [u8]> {
    match value(row, name)? {
        ValueRef::Blob(bytes) => Some(bytes),
        _ => None,
    }
}

/// A satellite's id as text.
pub fn id(row: &Row<'_>, name: &str) -> Option<String> {
    id_text(blob(row, name)?)
}

/// An id as people write it: base58 with a check sum over a version byte of 0 and the 32 bytes. `None`: it is none.
pub fn id_text(bytes: &[u8]) -> Option<String> {
    // The last byte is the id's own version, which stands in front in the text.
    let (version, rest) = bytes.split_last()?;
    if bytes.len() != ID {
        return None;
    }
    let mut plain = rest.to_vec();
    plain.push(0);
    Some(bs58::encode(plain).with_check_version(*version).into_string())
}

/// A time, ms since the epoch. The zero time of Go means never.
pub fn time(row: &Row<'_>, name: &str) -> Option<i64> {
    let ms = match value(row, name)? {
        ValueRef::Text(bytes) => time_of(std::str::from_utf8(bytes).ok()?)?,
        ValueRef::Integer(seconds) => seconds.checked_mul(1000)?,
        _ => return None,
    };
    (ms > 0).then_some(ms)
}

/// `2026-11-23 22:15:36.758505207+00:00`, with or without parts of a second, a zone, a `T`.
pub fn time_of(text: &str) -> Option<i64> {
    let text = text.trim();
    let (date, clock) = (text.get(..10)?, text.get(10..)?);
    let clock = clock.trim_start_matches(['T', ' ']);
    let clock = if clock.is_empty() { "00:00:00" } else { clock };
    let is_zoned = clock.ends_with('Z') || clock.contains(['+', '-']);
    let zone = if is_zoned { "" } else { "Z" };
    let time: Timestamp = format!("{date}T{clock}{zone}").parse().ok()?;
    Some(time.as_millisecond())
}

/// All rows of a query that `row` can make something of.
///
/// # Errors
/// When SQLite cannot read them.
pub fn rows<T>(
    connection: &Connection,
    sql: &str,
    parameters: impl rusqlite::Params,
    row: impl Fn(&Row<'_>) -> Option<T>,
) -> rusqlite::Result<Vec<T>> {
    let mut statement = connection.prepare(sql)?;
    let found = statement.query_map(parameters, |found| Ok(row(found)))?;
    found.filter_map(rusqlite::Result::transpose).collect()
}

/// Whether a table has a column.
///
/// # Errors
/// When the database cannot be read.
pub fn has(connection: &Connection, table: &str, column: &str) -> rusqlite::Result<bool> {
    let sql = "SELECT count(*) FROM pragma_table_info(?1) WHERE name = ?2";
    connection.query_row(sql, [table, column], |row| Ok(row.get::<_, i64>(0)? > 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_many_forms() {
        for (text, ms) in [
            ("2026-11-23 22:15:36.758505207+00:00", Some(1_795_472_136_758)),
            ("2026-11-23 22:15:36+02:00", Some(1_795_464_936_000)),
            ("2026-11-23T22:15:36Z", Some(1_795_472_136_000)),
            ("2026-11-23 22:15:36", Some(1_795_472_136_000)),
            ("2026-11-23", Some(1_795_392_000_000)),
            ("0001-01-01 00:00:00+00:00", Some(-62_135_596_800_000)),
            ("2026-11-2", None),
            ("äöü 22:15:36", None),
            ("", None),
        ] {
            assert_eq!(time_of(text), ms, "{text}");
        }
    }

    #[test]
    fn ids_are_written_as_satellites_write_them() {
        let hex = |text: &str| -> Vec<u8> {
            let digits = text.as_bytes().chunks(2);
            digits
                .map(|two| u8::from_str_radix(std::str::from_utf8(two).unwrap(), 16).unwrap())
                .collect()
        };
        for (raw, text) in [
            (
                "a28b4f04e10bae85d67f4c6cb82bf8d4c0f0f47a8ea72627524deb6ec0000000",
                "12EayRS2V1kEsWESU9QMRseFhdxYxKicsiFmxrsLZHeLUtdps3S",
            ),
            (
                "7b2de9d72c2e935f1918c058caaf8ed00f0581639008707317ff1bd000000000",
                "1wFTAgs9DP5RSnCqKV1eLf6N9wtk4EAtmN5DpSxcs8EjT69tGE",
            ),
            (
                "004ae89e970e703df42ba4ab1416a3b30b7e1d8e14aa0e558f7ee26800000000",
                "118UWpMCHzs6CvSgWd9BfFVjw5K9pZbJjkfZJexMtSkmKxvvAW",
            ),
        ] {
            assert_eq!(id_text(&hex(raw)).as_deref(), Some(text));
        }
        assert_eq!(id_text(b"trashtotal"), None);
        assert_eq!(id_text(&[]), None);
    }
}
