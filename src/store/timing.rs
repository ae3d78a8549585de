//! What durations tell beside their sketches: speed, lost races by how late, the slowest, starts without an end. Kept
//! by the writer, read for the answer about latency.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, params};

use super::dictionary::Dictionary;
use super::{Error, Reader, Result};
use crate::domain::latency::{self, LOST_STEPS, Lost, MOST_SLOW, Slow, Timing, Unended};
use crate::domain::transfer::{Outcome, Quality};
use crate::support::clock::{DAY_S, HOUR_S};
use crate::support::sketch::{Sketch, Sum};
use crate::support::varint::{self, Reader as Bytes};

/// What is read at most of the slowest.
const MOST_READ: usize = 200;

/// One of the slowest, with rows of the dictionaries.
type Row = Slow<i64>;

pub(super) fn class(class: Option<u8>) -> i64 {
    class.map_or(-1, i64::from)
}

/// Keeps what a batch adds.
pub(crate) fn put(connection: &Connection, ids: &Dictionary, node: i64, timing: &Timing) -> rusqlite::Result<()> {
    for ((hour, action, quality, size), sketch) in &timing.speeds {
        let key = [node, *hour, ids.action(*action), *quality as i64, class(*size)];
        merge(
            connection,
            "speed_hour",
            "bucket, action, quality, size_class",
            &key,
            sketch.clone(),
        )?;
    }
    for ((hour, action, quality, step), lost) in &timing.lost {
        put_lost(
            connection,
            (node, *hour, ids.action(*action), *quality as i64, *step),
            lost,
        )?;
    }
    let mut slow: BTreeMap<(i64, i64, i64), Vec<Row>> = BTreeMap::new();
    for ((hour, action), list) in &timing.slow {
        for width in [HOUR_S, DAY_S] {
            let all = slow
                .entry((width, hour.div_euclid(width) * width, ids.action(*action)))
                .or_default();
            all.extend(list.iter().map(|slow| slow.with_id(ids.satellite(slow.satellite))));
        }
    }
    for ((width, bucket, action), list) in slow {
        put_slow(connection, (node, width, bucket, action), list)?;
    }
    for ((hour, action, why), count) in &timing.unended {
        connection
            .prepare_cached(
                "INSERT INTO unended_hour (node, bucket, action, why, count) VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT DO UPDATE SET count = count + excluded.count",
            )?
            .execute(params![node, hour, ids.action(*action), *why as i64, *count as i64])?;
    }
    Ok(())
}

/// Merges a sketch into a row; `columns`: its key but for the node.
pub(super) fn merge(
    connection: &Connection,
    table: &str,
    columns: &str,
    key: &[i64],
    mut sketch: Sketch,
) -> rusqlite::Result<()> {
    let places: Vec<String> = (1..=key.len()).map(|n| format!("?{n}")).collect();
    let places = places.join(", ");
    let before: Option<Vec<u8>> = connection
        .prepare_cached(&format!(
            "SELECT sketch FROM {table} WHERE (node, {columns}) = ({places})"
        ))?
        .query_row(rusqlite::params_from_iter(key), |row| row.get(0))
        .optional()?;
    if let Some(before) = before.as_deref().and_then(Sketch::from_bytes) {
        sketch.merge(&before);
    }
    let values = key.iter().map(|value| rusqlite::types::Value::from(*value));
    connection
        .prepare_cached(&format!(
            "INSERT OR REPLACE INTO {table} (node, {columns}, sketch) VALUES ({places}, ?{})",
            key.len() + 1
        ))?
        .execute(rusqlite::params_from_iter(values.chain([sketch.to_bytes().into()])))?;
    Ok(())
}

fn put_lost(
    connection: &Connection,
    (node, hour, action, quality, step): (i64, i64, i64, i64, u8),
    lost: &Lost,
) -> rusqlite::Result<()> {
    let [count, told, moved, wanted] = [lost.count, lost.told, lost.moved, lost.wanted].map(|n| n as i64);
    connection
        .prepare_cached(
            "INSERT INTO lost_hour (node, bucket, action, quality, step, count, told, moved, wanted)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
             ON CONFLICT DO UPDATE SET count = count + excluded.count, told = told + excluded.told,
                 moved = moved + excluded.moved, wanted = wanted + excluded.wanted",
        )?
        .execute(params![node, hour, action, quality, step, count, told, moved, wanted])?;
    Ok(())
}

fn put_slow(
    connection: &Connection,
    (node, width, bucket, action): (i64, i64, i64, i64),
    list: Vec<Row>,
) -> rusqlite::Result<()> {
    let key = params![node, width, bucket, action];
    let before: Option<Vec<u8>> = connection
        .prepare_cached("SELECT list FROM slowest WHERE node = ?1 AND width = ?2 AND bucket = ?3 AND action = ?4")?
        .query_row(key, |row| row.get(0))
        .optional()?;
    let mut slowest = before.as_deref().and_then(unpack).unwrap_or_default();
    let known = slowest.clone();
    for slow in list {
        latency::keep_slowest(&mut slowest, slow, MOST_SLOW);
    }
    if slowest == known {
        return Ok(());
    }
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO slowest (node, width, bucket, action, list) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![node, width, bucket, action, pack(&slowest)])?;
    Ok(())
}

fn pack(list: &[Row]) -> Vec<u8> {
    let mut out = Vec::new();
    for slow in list {
        varint::put_signed(&mut out, slow.time_ms);
        varint::put_signed(&mut out, slow.satellite);
        varint::put(&mut out, slow.ms.into());
        out.extend([slow.outcome as u8, slow.quality as u8, u8::from(slow.piece.is_some())]);
        varint::put(&mut out, slow.size.map_or(0, |size| size.saturating_add(1)));
        out.extend(slow.piece.iter().flatten());
    }
    out
}

fn unpack(bytes: &[u8]) -> Option<Vec<Row>> {
    let mut reader = Bytes(bytes);
    let mut list = Vec::new();
    while !reader.0.is_empty() {
        let (time_ms, satellite) = (reader.signed()?, reader.signed()?);
        let ms = u32::try_from(reader.unsigned()?).ok()?;
        let [outcome, quality, has_piece] = reader.bytes(3)?.try_into().ok()?;
        let size = reader.unsigned()?.checked_sub(1);
        list.push(Slow {
            time_ms,
            satellite,
            outcome: *Outcome::ALL.get(usize::from(outcome))?,
            ms,
            quality: *Quality::ALL.get(usize::from(quality))?,
            size,
            piece: match has_piece {
                0 => None,
                _ => Some(reader.bytes(32)?.try_into().ok()?),
            },
        });
    }
    Some(list)
}

fn quality(code: i64) -> Option<Quality> {
    Quality::ALL.get(usize::try_from(code).ok()?).copied()
}

/// The slowest of a range: the node, the action, the rest with the satellite's id.
pub type SlowRow = (String, String, Slow<String>);

impl Reader {
    /// Whether the database tells of this.
    pub(super) fn has_timing(&self) -> bool {
        self.version >= 7
    }

    /// Hands on (bucket, quality, sketch) of what succeeded of an action of a node within hours `from..to`, of a
    /// satellite or of all; in no order. `each` gives `None` when a sketch is damaged.
    pub fn each_flow(
        &self,
        (node, action, satellite): (i64, i64, Option<i64>),
        (from, to): (i64, i64),
        mut each: impl FnMut(i64, Quality, &[u8]) -> Option<()>,
    ) -> Result<()> {
        let sql = match self.has_timing() && satellite.is_none() {
            true => {
                "SELECT quality, bucket, sketch FROM latency_flow
                 WHERE node = ?1 AND action = ?2 AND quality IN (0, 1, 2) AND bucket >= ?3 AND bucket < ?4
                   AND ?5 IS NULL AND ?6 IS NOT NULL"
            }
            false => {
                "SELECT quality, bucket, sketch FROM latency_hour
                 WHERE node = ?1 AND action = ?2 AND bucket >= ?3 AND bucket < ?4
                   AND (?5 IS NULL OR satellite = ?5) AND outcome = ?6"
            }
        };
        let mut read = || {
            let mut statement = self.connection().prepare_cached(sql)?;
            let mut rows = statement.query(params![node, action, from, to, satellite, Outcome::Success as i64])?;
            while let Some(row) = rows.next()? {
                let Some(quality) = quality(row.get(0)?) else { continue };
                if each(row.get(1)?, quality, row.get_ref(2)?.as_blob()?).is_none() {
                    return Ok(false);
                }
            }
            Ok(true)
        };
        let whole = self.sql(read())?;
        whole.then_some(()).ok_or(Error::Damaged {
            what: "latency sketch",
            row: node,
        })
    }

    /// About how many transfers of a node lie within `from..to` (ms): what reading them costs.
    pub fn transfers_about(&self, node: i64, (from, to): (i64, i64)) -> Result<u64> {
        let read = || {
            self.connection()
                .prepare_cached(
                    "SELECT coalesce(sum(n), 0) FROM block
                     WHERE node = ?1 AND class IN (0, 1, 2) AND t1 >= ?2 AND t0 < ?3",
                )?
                .query_row([node, from, to], |row| row.get::<_, i64>(0))
        };
        Ok(self.sql(read())?.unsigned_abs())
    }

    /// Lines of a node's log within hours `from..to`, and the bytes of a line on average of all that was read.
    pub fn lines_of(&self, node: i64, (from, to): (i64, i64)) -> Result<(u64, Option<u64>)> {
        let read = || {
            let lines: i64 = self
                .connection()
                .prepare_cached(
                    "SELECT coalesce(sum(count), 0) FROM kind_hour WHERE node = ?1 AND bucket >= ?2 AND bucket < ?3",
                )?
                .query_row([node, from, to], |row| row.get(0))?;
            let (all, bytes): (i64, i64) = self
                .connection()
                .prepare_cached("SELECT coalesce(sum(lines), 0), coalesce(sum(bytes), 0) FROM run WHERE node = ?1")?
                .query_row([node], |row| Ok((row.get(0)?, row.get(1)?)))?;
            Ok((
                lines.unsigned_abs(),
                bytes.unsigned_abs().checked_div(all.unsigned_abs()),
            ))
        };
        self.sql(read())
    }

    /// Whether any duration of a node is known within hours `from..to`.
    pub fn has_durations(&self, node: i64, (from, to): (i64, i64)) -> Result<bool> {
        let read = || {
            self.connection()
                .prepare_cached(
                    "SELECT EXISTS (SELECT 1 FROM latency_hour WHERE node = ?1 AND bucket >= ?2 AND bucket < ?3)",
                )?
                .query_row([node, from, to], |row| row.get(0))
        };
        self.sql(read())
    }

    /// Speeds (bytes a second) of a node within hours `from..to`, by action (its row), quality and size class.
    pub fn speeds(&self, node: i64, (from, to): (i64, i64)) -> Result<BTreeMap<(i64, Quality, i64), Sum>> {
        let mut sums: BTreeMap<(i64, Quality, i64), Sum> = BTreeMap::new();
        if !self.has_timing() {
            return Ok(sums);
        }
        let mut read = || {
            let mut statement = self.connection().prepare_cached(
                "SELECT action, quality, size_class, sketch FROM speed_hour
                 WHERE node = ?1 AND bucket >= ?2 AND bucket < ?3",
            )?;
            let mut rows = statement.query([node, from, to])?;
            while let Some(row) = rows.next()? {
                let Some(quality) = quality(row.get(1)?) else { continue };
                let sum = sums.entry((row.get(0)?, quality, row.get(2)?)).or_default();
                if sum.add(row.get_ref(3)?.as_blob()?).is_none() {
                    return Ok(false);
                }
            }
            Ok(true)
        };
        let whole = self.sql(read())?;
        whole.then_some(sums).ok_or(Error::Damaged {
            what: "sketch of speeds",
            row: node,
        })
    }

    /// Lost races of an action of a node within hours `from..to`, by quality, each step.
    pub fn lost(
        &self,
        (node, action): (i64, i64),
        (from, to): (i64, i64),
    ) -> Result<BTreeMap<Quality, [Lost; LOST_STEPS]>> {
        let mut sums: BTreeMap<Quality, [Lost; LOST_STEPS]> = BTreeMap::new();
        if !self.has_timing() {
            return Ok(sums);
        }
        let mut read = || {
            let mut statement = self.connection().prepare_cached(
                "SELECT quality, step, sum(count), sum(told), sum(moved), sum(wanted) FROM lost_hour
                 WHERE node = ?1 AND bucket >= ?2 AND bucket < ?3 AND action = ?4 GROUP BY quality, step",
            )?;
            let mut rows = statement.query([node, from, to, action])?;
            while let Some(row) = rows.next()? {
                let Some(quality) = quality(row.get(0)?) else { continue };
                let steps = sums.entry(quality).or_default();
                let number = |at| Ok::<_, rusqlite::Error>(row.get::<_, i64>(at)?.unsigned_abs());
                if let Some(step) = usize::try_from(row.get::<_, i64>(1)?)
                    .ok()
                    .and_then(|at| steps.get_mut(at))
                {
                    *step = Lost {
                        count: number(2)?,
                        told: number(3)?,
                        moved: number(4)?,
                        wanted: number(5)?,
                    };
                }
            }
            Ok(())
        };
        self.sql(read())?;
        Ok(sums)
    }

    /// The slowest of a node within hours `from..to` that ended before `to_ms`, the slowest first: of the hours where
    /// the range is short, else of its days.
    pub fn slowest(&self, (node, name): (i64, &str), (from, to): (i64, i64), to_ms: i64) -> Result<Vec<SlowRow>> {
        if !self.has_timing() {
            return Ok(Vec::new());
        }
        let width = if to - from <= 8 * DAY_S { HOUR_S } else { DAY_S };
        let (satellites, actions) = (self.names("satellite")?, self.names("action")?);
        let mut found: Vec<SlowRow> = Vec::new();
        let mut read = || {
            let mut statement = self.connection().prepare_cached(
                "SELECT action, list FROM slowest WHERE node = ?1 AND width = ?2 AND bucket >= ?3 AND bucket < ?4",
            )?;
            let mut rows = statement.query(params![node, width, from.div_euclid(width) * width, to])?;
            while let Some(row) = rows.next()? {
                let Some(list) = unpack(row.get_ref(1)?.as_blob()?) else {
                    return Ok(false);
                };
                let action = actions.get(&row.get(0)?).cloned().unwrap_or_default();
                let within = |slow: &Row| slow.time_ms >= from * 1000 && slow.time_ms < to_ms;
                for slow in list.into_iter().filter(within) {
                    let satellite = satellites.get(&slow.satellite).cloned().unwrap_or_default();
                    found.push((name.to_owned(), action.clone(), slow.with_id(satellite)));
                }
            }
            Ok(true)
        };
        if !self.sql(read())? {
            let what = "list of the slowest";
            return Err(Error::Damaged { what, row: node });
        }
        found.sort_by_key(|(_, _, slow)| (std::cmp::Reverse(slow.ms), slow.time_ms));
        found.truncate(MOST_READ);
        Ok(found)
    }

    /// Starts of a node without an end within hours `from..to`: of an action, or of all; by a restart, and others.
    pub fn unended(&self, node: i64, action: Option<i64>, (from, to): (i64, i64)) -> Result<(u64, u64)> {
        if !self.has_timing() {
            return Ok((0, 0));
        }
        let read = || {
            self.connection()
                .prepare_cached(
                    "SELECT coalesce(sum(count) FILTER (WHERE why = ?5), 0), coalesce(sum(count) FILTER (WHERE why <> ?5), 0)
                     FROM unended_hour WHERE node = ?1 AND bucket >= ?2 AND bucket < ?3 AND (?4 IS NULL OR action = ?4)",
                )?
                .query_row(params![node, from, to, action, Unended::Restart as i64], |row| {
                    Ok((row.get::<_, i64>(0)?.unsigned_abs(), row.get::<_, i64>(1)?.unsigned_abs()))
                })
        };
        self.sql(read())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_come_back_and_damage_shows() {
        let slow = |n: u8| Slow {
            time_ms: -5 + i64::from(n),
            satellite: i64::from(n),
            outcome: Outcome::ALL[usize::from(n % 4)],
            ms: u32::MAX - u32::from(n),
            quality: Quality::ALL[usize::from(n % 3)],
            size: (!n.is_multiple_of(2)).then_some(u64::from(n)),
            piece: (!n.is_multiple_of(3)).then_some([n; 32]),
        };
        let list: Vec<Row> = (0..7).map(slow).collect();
        let bytes = pack(&list);
        assert_eq!(unpack(&bytes), Some(list));
        assert_eq!(unpack(&bytes[..bytes.len() - 1]), None);
    }
}
