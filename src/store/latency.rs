//! How long transfers took, by hour and by day: kept by the writer, summed for any range of whole hours.

use std::collections::BTreeMap;

use rusqlite::{Connection, Row, params};

use super::dictionary::Dictionary;
use super::query::{LatencyRow, Scope};
use super::{Error, Reader, Result, timing};
use crate::domain::batch::{FastMap, LatencyKey};
use crate::domain::transfer::{Outcome, Quality};
use crate::support::clock::DAY_S;
use crate::support::sketch::{Sketch, Sum};

/// Sums by size class and hour are kept so long, days: for a week, and a day a week before.
pub(super) const SIZE_HOURS_DAYS: i64 = 9;
/// What is kept by the hour only of how fast and how late, days: for a month.
pub(super) const RACE_HOURS_DAYS: i64 = 62;

/// Satellite and action (their rows), outcome, quality.
type Key = (i64, i64, i64, i64);
/// The same by size class; -1: unknown.
pub type SizeKey = (i64, i64, i64, i64, i64);
/// Rows of action, code of quality.
pub type ActionKey = (i64, i64);

const COLUMNS: &str = "bucket, satellite, action, outcome, quality";
const SIZE_COLUMNS: &str = "bucket, satellite, action, outcome, quality, size_class";
const FLOW_COLUMNS: &str = "action, quality, bucket";

/// Keeps what a batch adds.
pub(crate) fn put(
    connection: &Connection,
    dictionary: &Dictionary,
    node: i64,
    latency: &FastMap<LatencyKey, Sketch>,
) -> rusqlite::Result<()> {
    let mut flows: BTreeMap<(i64, i64, i64), Sketch> = BTreeMap::new();
    for (table, width) in [("hour", 3600), ("day", DAY_S)] {
        let mut sums: BTreeMap<(i64, Key), Sketch> = BTreeMap::new();
        let mut sizes: BTreeMap<(i64, SizeKey), Sketch> = BTreeMap::new();
        for ((hour, satellite, action, outcome, quality, size), sketch) in latency {
            let (satellite, action) = (dictionary.satellite(*satellite), dictionary.action(*action));
            let (outcome_code, quality) = (*outcome as i64, *quality as i64);
            let bucket = hour.div_euclid(width) * width;
            let key = (satellite, action, outcome_code, quality);
            sums.entry((bucket, key)).or_default().merge(sketch);
            let key = (satellite, action, outcome_code, quality, timing::class(*size));
            sizes.entry((bucket, key)).or_default().merge(sketch);
            if *outcome == Outcome::Success && width < DAY_S {
                flows.entry((action, quality, bucket)).or_default().merge(sketch);
            }
        }
        for ((bucket, (satellite, action, outcome, quality)), sketch) in sums {
            let key = [node, bucket, satellite, action, outcome, quality];
            timing::merge(connection, &format!("latency_{table}"), COLUMNS, &key, sketch)?;
        }
        for ((bucket, (satellite, action, outcome, quality, size)), sketch) in sizes {
            let key = [node, bucket, satellite, action, outcome, quality, size];
            timing::merge(connection, &format!("latency_size_{table}"), SIZE_COLUMNS, &key, sketch)?;
        }
    }
    for ((action, quality, bucket), sketch) in flows {
        let key = [node, action, quality, bucket];
        timing::merge(connection, "latency_flow", FLOW_COLUMNS, &key, sketch)?;
    }
    Ok(())
}

/// Sums over satellites what was kept of successes before version 7.
pub(crate) fn adopt_flows(connection: &Connection) -> rusqlite::Result<()> {
    let mut statement = connection.prepare(
        "SELECT node, bucket, action, quality, sketch FROM latency_hour WHERE outcome = ?1 ORDER BY node, bucket",
    )?;
    let mut rows = statement.query([Outcome::Success as i64])?;
    let mut open = (0, 0);
    let mut sums: BTreeMap<(i64, i64), Sum> = BTreeMap::new();
    let close = |(node, bucket): (i64, i64), sums: &mut BTreeMap<(i64, i64), Sum>| {
        std::mem::take(sums)
            .into_iter()
            .try_for_each(|((action, quality), sum)| {
                let key = [node, action, quality, bucket];
                timing::merge(connection, "latency_flow", FLOW_COLUMNS, &key, sum.sketch())
            })
    };
    while let Some(row) = rows.next()? {
        let at = (row.get(0)?, row.get(1)?);
        if at != open {
            close(open, &mut sums)?;
            open = at;
        }
        // What is damaged is passed over here and named where it is asked for.
        let _ = sums
            .entry((row.get(2)?, row.get(3)?))
            .or_default()
            .add(row.get_ref(4)?.as_blob()?);
    }
    close(open, &mut sums)
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
        sums.try_for_each(|((satellite, action, outcome, quality), sum)| {
            let key = [node, day, satellite, action, outcome, quality];
            timing::merge(connection, "latency_day", COLUMNS, &key, sum.sketch())
        })
    };
    while let Some(row) = rows.next()? {
        let day = (row.get(0)?, row.get::<_, i64>(1)?.div_euclid(DAY_S) * DAY_S);
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

/// The key of a row, by its first columns.
type KeyOf<K> = fn(&Row<'_>) -> rusqlite::Result<K>;

/// Which sketches of a node are summed; `None`: all.
#[derive(Debug, Clone, Copy, Default)]
struct Of {
    satellite: Option<i64>,
    outcome: Option<Outcome>,
}

/// Adds a node's sketches of a table within `from..to`, by a key of its first columns; gives false when one is damaged.
fn sum<K: Ord>(
    connection: &Connection,
    (table, columns): (&str, &str),
    (node, (from, to)): (i64, (i64, i64)),
    of: Of,
    (key, sums): (KeyOf<K>, &mut BTreeMap<K, Sum>),
) -> rusqlite::Result<bool> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {columns}, sketch FROM {table} WHERE node = ?1 AND bucket >= ?2 AND bucket < ?3
         AND (?4 IS NULL OR satellite = ?4) AND (?5 IS NULL OR outcome = ?5)"
    ))?;
    let sketch = statement.column_count() - 1;
    let outcome = of.outcome.map(|outcome| outcome as i64);
    let mut rows = statement.query(params![node, from, to, of.satellite, outcome])?;
    while let Some(row) = rows.next()? {
        let sum = sums.entry(key(row)?).or_default();
        if sum.add(row.get_ref(sketch)?.as_blob()?).is_none() {
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
            let key = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?));
            let columns = "satellite, action, outcome, quality";
            let parts = self.latency_parts((from, to)).into_iter();
            let parts = parts.map(|(table, range)| (table.to_owned(), range));
            let sums: BTreeMap<Key, Sum> = self.summed(node, parts, (columns, key), Of::default())?;
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

    /// Sums of a node over hours `from..to` (seconds) by size class. Hours are kept for some days: further back the range
    /// is whole days.
    pub fn latency_sizes(
        &self,
        node: i64,
        satellite: Option<i64>,
        (from, to): (i64, i64),
        now: i64,
    ) -> Result<BTreeMap<SizeKey, Sum>> {
        let (before, class) = match self.has_timing() {
            true => ("latency_size_", "size_class"),
            false => ("latency_", "-1"),
        };
        let old = now - SIZE_HOURS_DAYS * DAY_S;
        let day = |at: i64, up: i64| {
            if at < old {
                (at + up).div_euclid(DAY_S) * DAY_S
            } else {
                at
            }
        };
        let parts = self.latency_parts((day(from, 0), day(to, DAY_S - 1))).into_iter();
        let parts = parts.map(|(table, range)| (table.replacen("latency_", before, 1), range));
        let columns = format!("satellite, action, outcome, quality, {class}");
        let key = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?));
        let of = Of {
            satellite,
            outcome: None,
        };
        self.summed(node, parts, (&columns, key), of)
    }

    /// Sums of the parts of a range, by a key of these columns.
    fn summed<K: Ord>(
        &self,
        node: i64,
        parts: impl Iterator<Item = (String, (i64, i64))>,
        (columns, key): (&str, KeyOf<K>),
        of: Of,
    ) -> Result<BTreeMap<K, Sum>> {
        let mut sums = BTreeMap::new();
        for (table, range) in parts {
            let read = sum(
                self.connection(),
                (&table, columns),
                (node, range),
                of,
                (key, &mut sums),
            );
            if !self.sql(read)? {
                let what = "latency sketch";
                return Err(Error::Damaged { what, row: node });
            }
        }
        Ok(sums)
    }

    /// Sums of what succeeded of a node over hours `from..to` (seconds; may be empty) by action and quality.
    ///
    /// # Errors
    /// When the database cannot be read, or a sketch is damaged.
    pub fn latency_actions(
        &self,
        node: i64,
        satellite: Option<i64>,
        hours: (i64, i64),
    ) -> Result<BTreeMap<ActionKey, Sum>> {
        if hours.0 >= hours.1 {
            return Ok(BTreeMap::new());
        }
        let parts = self.latency_parts(hours).into_iter();
        let parts = parts.map(|(table, range)| (table.to_owned(), range));
        let of = Of {
            satellite,
            outcome: Some(Outcome::Success),
        };
        self.summed(
            node,
            parts,
            ("action, quality", |row| Ok((row.get(0)?, row.get(1)?))),
            of,
        )
    }

    /// Which tables tell of a range: whole days where there are any.
    pub(super) fn latency_parts(&self, (from, to): (i64, i64)) -> Vec<(&'static str, (i64, i64))> {
        let up = |at: i64| {
            if at == i64::MIN {
                at
            } else {
                at.saturating_add(DAY_S - 1).div_euclid(DAY_S) * DAY_S
            }
        };
        let days = (
            up(from),
            if to == i64::MAX {
                to
            } else {
                to.div_euclid(DAY_S) * DAY_S
            },
        );
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
