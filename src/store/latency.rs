//! How long transfers took, by hour and by day: kept by the writer, summed for any range of whole hours.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, params};

use super::dictionary::Dictionary;
use super::query::{LatencyRow, Scope};
use super::{Error, Reader, Result};
use crate::domain::batch::{FastMap, LatencyKey};
use crate::domain::transfer::{Outcome, Quality};
use crate::support::sketch::{Sketch, Sum};

const DAY: i64 = 86_400;

/// Satellite and action (their rows), outcome, quality.
type Key = (i64, i64, i64, i64);

/// Keeps what a batch adds.
pub(crate) fn put(
    connection: &Connection,
    dictionary: &Dictionary,
    node: i64,
    latency: &FastMap<LatencyKey, Sketch>,
) -> rusqlite::Result<()> {
    for (table, width) in [("latency_hour", 3600), ("latency_day", DAY)] {
        let mut sums: BTreeMap<(i64, Key), Sketch> = BTreeMap::new();
        for ((hour, satellite, action, outcome, quality), sketch) in latency {
            let names = (dictionary.satellite(*satellite), dictionary.action(*action));
            let key = (names.0, names.1, *outcome as i64, *quality as i64);
            let bucket = hour.div_euclid(width) * width;
            sums.entry((bucket, key)).or_default().merge(sketch);
        }
        for ((bucket, key), sketch) in sums {
            add(connection, table, (node, bucket), key, sketch)?;
        }
    }
    Ok(())
}

fn add(
    connection: &Connection,
    table: &str,
    (node, bucket): (i64, i64),
    (satellite, action, outcome, quality): Key,
    mut sketch: Sketch,
) -> rusqlite::Result<()> {
    let before: Option<Vec<u8>> = connection
        .prepare_cached(&format!(
            "SELECT sketch FROM {table}
             WHERE node = ?1 AND bucket = ?2 AND satellite = ?3 AND action = ?4 AND outcome = ?5 AND quality = ?6"
        ))?
        .query_row(params![node, bucket, satellite, action, outcome, quality], |row| {
            row.get(0)
        })
        .optional()?;
    if let Some(before) = before.as_deref().and_then(Sketch::from_bytes) {
        sketch.merge(&before);
    }
    connection
        .prepare_cached(&format!(
            "INSERT OR REPLACE INTO {table} (node, bucket, satellite, action, outcome, quality, sketch)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"
        ))?
        .execute(params![
            node,
            bucket,
            satellite,
            action,
            outcome,
            quality,
            sketch.to_bytes()
        ])?;
    Ok(())
}

/// Sums what version 1 kept by hour only.
pub(crate) fn adopt(connection: &Connection) -> rusqlite::Result<()> {
    let mut statement = connection.prepare(
        "SELECT node, bucket, satellite, action, outcome, quality, sketch FROM latency_hour ORDER BY node, bucket",
    )?;
    let mut rows = statement.query([])?;
    let mut open = (0, 0);
    let mut sums: BTreeMap<Key, Sum> = BTreeMap::new();
    let close = |(node, day): (i64, i64), sums: &mut BTreeMap<Key, Sum>| {
        let mut sums = std::mem::take(sums).into_iter();
        sums.try_for_each(|(key, sum)| add(connection, "latency_day", (node, day), key, sum.sketch()))
    };
    while let Some(row) = rows.next()? {
        let day = (row.get(0)?, row.get::<_, i64>(1)?.div_euclid(DAY) * DAY);
        if day != open {
            close(open, &mut sums)?;
            open = day;
        }
        let key = (row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?);
        // What is damaged is passed over here, as the writer does, and named when it is asked for.
        let _ = sums.entry(key).or_default().add(row.get_ref(6)?.as_blob()?);
    }
    close(open, &mut sums)
}

/// Adds a node's sketches within `from..to`; gives false when one is damaged.
fn sum(
    connection: &Connection,
    table: &str,
    (node, from, to): (i64, i64, i64),
    sums: &mut BTreeMap<Key, Sum>,
) -> rusqlite::Result<bool> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT satellite, action, outcome, quality, sketch FROM {table}
         WHERE node = ?1 AND bucket >= ?2 AND bucket < ?3"
    ))?;
    let mut rows = statement.query([node, from, to])?;
    while let Some(row) = rows.next()? {
        let key = (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
        if sums.entry(key).or_default().add(row.get_ref(4)?.as_blob()?).is_none() {
            return Ok(false);
        }
    }
    Ok(true)
}

impl Reader {
    /// Durations of a scope, by node, satellite, action, outcome and quality. Ranges are whole hours.
    pub fn latency(&self, scope: &Scope) -> Result<Vec<LatencyRow>> {
        let (from, to) = scope.seconds(3600);
        let (satellites, actions) = (self.names("satellite")?, self.names("action")?);
        let mut rows = Vec::new();
        for (node, name) in self.scope_nodes(scope)? {
            let mut sums: BTreeMap<Key, Sum> = BTreeMap::new();
            for (table, (from, to)) in self.latency_parts((from, to)) {
                if !self.sql(sum(self.connection(), table, (node, from, to), &mut sums))? {
                    let what = "latency sketch";
                    return Err(Error::Damaged { what, row: node });
                }
            }
            let row = |((satellite, action, outcome, quality), sum): (Key, Sum)| {
                Some(LatencyRow {
                    node: name.clone(),
                    satellite_id: satellites.get(&satellite)?.clone(),
                    action: actions.get(&action)?.clone(),
                    outcome: *Outcome::ALL.get(usize::try_from(outcome).ok()?)?,
                    quality: *Quality::ALL.get(usize::try_from(quality).ok()?)?,
                    sketch: sum.sketch(),
                })
            };
            rows.extend(sums.into_iter().filter_map(row));
        }
        let key = |row: &LatencyRow| (row.node.clone(), row.satellite_id.clone(), row.action.clone());
        rows.sort_by_cached_key(|row| (key(row), row.outcome as usize, row.quality as usize));
        Ok(rows)
    }

    /// Which tables tell of a range: whole days where there are any.
    pub(super) fn latency_parts(&self, (from, to): (i64, i64)) -> Vec<(&'static str, (i64, i64))> {
        let up = |at: i64| {
            if at == i64::MIN {
                at
            } else {
                at.saturating_add(DAY - 1).div_euclid(DAY) * DAY
            }
        };
        let days = (up(from), if to == i64::MAX { to } else { to.div_euclid(DAY) * DAY });
        if self.version < 2 || days.0 >= days.1 {
            return vec![("latency_hour", (from, to))];
        }
        vec![
            ("latency_hour", (from, days.0)),
            ("latency_day", days),
            ("latency_hour", (days.1, to)),
        ]
    }
}
