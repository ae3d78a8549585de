//! `reputation.db` and `satellites.db`: how satellites rate the node, and which there are.

use rusqlite::{Connection, Row};

use super::row::{blob, count, id, int, real, rows, text, time};
use crate::domain::books::{Exit, Rated, Relation, Score, Trusted};
use crate::domain::detail::AuditWindow;
use crate::support::varint::Reader;

/// How satellites rate the node.
pub fn rated(connection: &Connection) -> rusqlite::Result<Vec<Rated>> {
    rows(connection, "SELECT * FROM reputation ORDER BY satellite_id", [], rating)
}

fn rating(row: &Row<'_>) -> Option<Rated> {
    let share = |name: &str| real(row, name).filter(|score| (0.0..=1.0).contains(score));
    let score = |alpha: &str, beta: &str, score: &str| Score {
        alpha: real(row, alpha),
        beta: real(row, beta),
        score: share(score),
    };
    Some(Rated {
        satellite_id: id(row, "satellite_id")?,
        audits: count(row, "audit_total_count"),
        passed: count(row, "audit_success_count"),
        audit: score(
            "audit_reputation_alpha",
            "audit_reputation_beta",
            "audit_reputation_score",
        ),
        suspension: score(
            "audit_unknown_reputation_alpha",
            "audit_unknown_reputation_beta",
            "audit_unknown_reputation_score",
        ),
        online: share("online_score"),
        disqualified_ms: time(row, "disqualified_at"),
        suspended_ms: time(row, "suspended_at"),
        offline_suspended_ms: time(row, "offline_suspended_at"),
        review_ms: time(row, "offline_under_review_at"),
        vetted_ms: time(row, "vetted_at"),
        tells_vetting: row.get_ref("vetted_at").is_ok(),
        joined_ms: time(row, "joined_at"),
        updated_ms: time(row, "updated_at"),
        windows: blob(row, "audit_history").map(windows).unwrap_or_default(),
    })
}

/// The satellites.
pub fn trusted(connection: &Connection) -> rusqlite::Result<Vec<Trusted>> {
    let mut all = rows(connection, "SELECT * FROM satellites ORDER BY node_id", [], |row| {
        Some(Trusted {
            satellite_id: id(row, "node_id")?,
            url: text(row, "address").unwrap_or_default(),
            added_ms: time(row, "added_at"),
            relation: Relation(int(row, "status").unwrap_or_default()),
            exit: None,
        })
    })?;
    // Satellites are known without it, too.
    let exits = rows(connection, "SELECT * FROM satellite_exit_progress", [], exit).unwrap_or_default();
    for (satellite_id, exit) in exits {
        if let Some(known) = all.iter_mut().find(|known| known.satellite_id == satellite_id) {
            known.exit = Some(exit);
        }
    }
    Ok(all)
}

fn exit(row: &Row<'_>) -> Option<(String, Exit)> {
    let exit = Exit {
        initiated_ms: time(row, "initiated_at"),
        finished_ms: time(row, "finished_at"),
        starting: count(row, "starting_disk_usage").unwrap_or_default(),
        deleted: count(row, "bytes_deleted").unwrap_or_default(),
    };
    Some((id(row, "satellite_id")?, exit))
}

/// More windows than any satellite keeps.
const MOST_WINDOWS: usize = 4096;

/// The windows of a protobuf `AuditHistory`: field 1, each with begin (1), audits online (2) and all (3). What cannot
/// be read of it is left out.
fn windows(bytes: &[u8]) -> Vec<AuditWindow> {
    let windows = fields(bytes).filter_map(|(field, value)| match (field, value) {
        (1, Value::Bytes(bytes)) => window(bytes),
        _ => None,
    });
    let mut windows: Vec<AuditWindow> = windows.take(MOST_WINDOWS).collect();
    windows.sort_by_key(|window| window.start_ms);
    windows
}

fn window(bytes: &[u8]) -> Option<AuditWindow> {
    let (mut start_ms, mut online, mut total) = (None, 0, 0);
    for (field, value) in fields(bytes) {
        match (field, value) {
            (1, Value::Bytes(time)) => start_ms = timestamp(time),
            (2, Value::Number(count)) => online = u32::try_from(count).ok()?,
            (3, Value::Number(count)) => total = u32::try_from(count).ok()?,
            _ => {}
        }
    }
    let start_ms = start_ms.filter(|ms| *ms > 0)?;
    Some(AuditWindow {
        start_ms,
        total,
        online: online.min(total),
    })
}

/// A protobuf `Timestamp`: seconds (1), nanoseconds (2).
fn timestamp(bytes: &[u8]) -> Option<i64> {
    let (mut seconds, mut nanos) = (0_i64, 0_i64);
    for (field, value) in fields(bytes) {
        match (field, value) {
            (1, Value::Number(number)) => seconds = number as i64,
            (2, Value::Number(number)) => nanos = i64::try_from(number).ok()?,
            _ => {}
        }
    }
    seconds.checked_mul(1000)?.checked_add(nanos / 1_000_000)
}

enum Value<'a> {
    Number(u64),
    Bytes(&'a [u8]),
    Other,
}

/// The fields of a protobuf message, as far as it is whole.
fn fields(bytes: &[u8]) -> impl Iterator<Item = (u64, Value<'_>)> {
    let mut rest = Reader(bytes);
    std::iter::from_fn(move || {
        let key = rest.unsigned()?;
        let value = match key & 7 {
            0 => Value::Number(rest.unsigned()?),
            1 => cut(&mut rest, 8).map(|_| Value::Other)?,
            2 => {
                let length = usize::try_from(rest.unsigned()?).ok()?;
                Value::Bytes(cut(&mut rest, length)?)
            }
            5 => cut(&mut rest, 4).map(|_| Value::Other)?,
            _ => return None,
        };
        Some((key >> 3, value))
    })
}

fn cut<'a>(rest: &mut Reader<'a>, length: usize) -> Option<&'a [u8]> {
    let (head, tail) = rest.0.split_at_checked(length)?;
    rest.0 = tail;
    Some(head)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_are_read_as_far_as_they_are_whole() {
        // Second 1000000 (c0 84 3d), 3 of 5 online; second 1000300, all 7 missed; then a score.
        let whole = [
            0x0a, 0x0a, 0x0a, 0x04, 0x08, 0xc0, 0x84, 0x3d, 0x10, 3, 0x18, 5, //
            0x0a, 0x08, 0x0a, 0x04, 0x08, 0xec, 0x86, 0x3d, 0x18, 7, //
            0x11, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f,
        ];
        let of = |bytes: &[u8]| -> Vec<(i64, u32, u32)> {
            let windows = windows(bytes).into_iter();
            windows
                .map(|window| (window.start_ms, window.online, window.total))
                .collect()
        };
        let all = [(1_000_000_000, 3, 5), (1_000_300_000, 0, 7)];
        assert_eq!(of(&whole), all);
        for len in 0..whole.len() {
            let part = of(&whole[..len]);
            assert!(all.starts_with(&part), "{len}: {part:?}");
        }
        assert_eq!(of(&[0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f, 1]), []);
        assert_eq!(of(&[0xff; 64]), []);
    }
}
