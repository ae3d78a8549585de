//! Questions whose answers are small: traffic, errors, kinds, latency.

use std::collections::{BTreeMap, HashMap};

use rusqlite::{Connection, params};

use super::transfers::Filter;
use super::{At, Error, Reader, Result};
use crate::domain::batch::{Cell, KeptMinute};
use crate::domain::transfer::{Cause, Outcome, Quality, SIZE_CLASSES, size_class};
use crate::support::sketch::Sketch;

/// Nodes by name, and a range of time: from (inclusive) and to (exclusive), ms since the epoch.
#[derive(Debug, Clone, Default)]
pub struct Scope {
    /// Empty means all.
    pub nodes: Vec<String>,
    /// `None`: from the beginning.
    pub from_ms: Option<i64>,
    /// `None`: to the end.
    pub to_ms: Option<i64>,
}

impl Scope {
    fn seconds(&self, width: i64) -> (i64, i64) {
        let down = |ms: i64| ms.div_euclid(1000 * width) * width;
        let up = |ms: i64| down(ms + 1000 * width - 1);
        (self.from_ms.map_or(i64::MIN, down), self.to_ms.map_or(i64::MAX, up))
    }
}

/// A field traffic is counted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// The node's name.
    Node,
    /// The satellite's id.
    SatelliteId,
    /// `PUT`, `GET`, …
    Action,
    /// How it ended.
    Outcome,
    /// Why.
    Cause,
    /// Size class.
    SizeClass,
    /// Hour, UTC.
    Hour,
    /// Day, UTC.
    Day,
}

impl By {
    /// All, with their words.
    pub const ALL: [(Self, &'static str); 8] = [
        (Self::Node, "node"),
        (Self::SatelliteId, "satellite_id"),
        (Self::Action, "action"),
        (Self::Outcome, "outcome"),
        (Self::Cause, "cause"),
        (Self::SizeClass, "size_class"),
        (Self::Hour, "hour"),
        (Self::Day, "day"),
    ];
}

/// A value of a key: absent, a word, or a time in seconds since the epoch.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key {
    /// Unknown, or does not apply.
    None,
    /// A word.
    Text(String),
    /// First second of a bucket.
    Time(i64),
    /// Place in an order of its own, and its word.
    Ranked(u8, &'static str),
}

impl Key {
    fn text(text: &str) -> Self {
        if text.is_empty() {
            Self::None
        } else {
            Self::Text(text.to_owned())
        }
    }
}

/// One error template of a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErrorRow {
    /// The node's name.
    pub node: String,
    /// Empty when the error is no transfer's.
    pub action: String,
    /// What varies taken out.
    pub template: String,
    /// How often.
    pub count: u64,
    /// Milliseconds since the epoch.
    pub first_ms: i64,
    /// Milliseconds since the epoch.
    pub last_ms: i64,
    /// The first text, whole.
    pub example: String,
}

/// One kind of record of a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KindRow {
    /// The node's name.
    pub node: String,
    /// Empty for the root logger.
    pub logger: String,
    /// Its level; empty for what is no record.
    pub level: String,
    /// The message's shape.
    pub message: String,
    /// How often.
    pub count: u64,
    /// One whole, of what is not understood.
    pub example: Option<String>,
}

/// Durations of one kind of transfer of a node.
#[derive(Debug, Clone)]
pub struct LatencyRow {
    /// The node's name.
    pub node: String,
    /// The satellite's id.
    pub satellite_id: String,
    /// The node's word.
    pub action: String,
    /// How they ended.
    pub outcome: Outcome,
    /// How exactly they are known.
    pub quality: Quality,
    /// The durations, ms.
    pub sketch: Sketch,
}

/// A series with its names.
#[derive(Debug, Clone)]
struct Named {
    satellite: String,
    action: String,
    outcome: Outcome,
    cause: Cause,
    size_class: Option<u8>,
}

pub(crate) fn names(connection: &Connection, table: &str) -> rusqlite::Result<HashMap<i64, String>> {
    let mut statement = connection.prepare(&format!("SELECT id, name FROM {table}"))?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    rows.collect()
}

impl Reader {
    pub(crate) fn connection(&self) -> &Connection {
        &self.connection
    }

    pub(crate) fn sql<T>(&self, result: rusqlite::Result<T>) -> Result<T> {
        result.at(&self.path)
    }

    /// Names of a dictionary table.
    pub(crate) fn names(&self, table: &str) -> Result<HashMap<i64, String>> {
        self.sql(names(&self.connection, table))
    }

    /// The nodes of a scope, by name; a name that is not there is an error of the caller's.
    pub fn nodes(&self) -> Result<Vec<String>> {
        let mut nodes: Vec<String> = self.names("node")?.into_values().collect();
        nodes.sort();
        Ok(nodes)
    }

    pub(crate) fn scope_nodes(&self, scope: &Scope) -> Result<Vec<(i64, String)>> {
        let mut nodes: Vec<(i64, String)> = self
            .names("node")?
            .into_iter()
            .filter(|(_, name)| scope.nodes.is_empty() || scope.nodes.contains(name))
            .collect();
        nodes.sort_by(|a, b| a.1.cmp(&b.1));
        Ok(nodes)
    }

    fn series(&self) -> Result<HashMap<i64, Named>> {
        let (satellites, actions) = (self.names("satellite")?, self.names("action")?);
        let name = |names: &HashMap<i64, String>, id: i64| names.get(&id).cloned().unwrap_or_default();
        let read = || {
            let mut statement = self
                .connection
                .prepare("SELECT id, satellite, action, outcome, cause, size_class FROM series")?;
            let rows = statement.query_map([], |row| {
                let cells: [i64; 6] = [
                    row.get(0)?,
                    row.get(1)?,
                    row.get(2)?,
                    row.get(3)?,
                    row.get(4)?,
                    row.get(5)?,
                ];
                Ok(cells)
            })?;
            rows.collect::<rusqlite::Result<Vec<_>>>()
        };
        let mut series = HashMap::new();
        for [id, satellite, action, outcome, cause, class] in self.sql(read())? {
            let damaged = || Error::Damaged {
                what: "series",
                row: id,
            };
            let place = |code: i64| usize::try_from(code).map_err(|_| damaged());
            let named = Named {
                satellite: name(&satellites, satellite),
                action: name(&actions, action),
                outcome: *Outcome::ALL.get(place(outcome)?).ok_or_else(damaged)?,
                cause: *Cause::ALL.get(place(cause)?).ok_or_else(damaged)?,
                size_class: u8::try_from(class).ok(),
            };
            series.insert(id, named);
        }
        Ok(series)
    }

    /// Traffic of a scope by `by`, in key order. Whole hours come from rollups, the edges of the range
    /// from the transfers themselves: exact to the millisecond.
    pub fn traffic(&self, scope: &Scope, by: &[By]) -> Result<BTreeMap<Vec<Key>, Cell>> {
        const HOUR_MS: i64 = 3_600_000;
        let series = self.series()?;
        let mut sums: BTreeMap<Vec<Key>, Cell> = BTreeMap::new();
        let whole_from = scope
            .from_ms
            .map(|ms| ms.div_euclid(HOUR_MS) + i64::from(ms.rem_euclid(HOUR_MS) > 0));
        let whole_to = scope.to_ms.map(|ms| ms.div_euclid(HOUR_MS));
        let span = (
            whole_from.map_or(i64::MIN, |h| h * 3600),
            whole_to.map_or(i64::MAX, |h| h * 3600),
        );
        let days = scope.from_ms.is_none() && scope.to_ms.is_none() && !by.contains(&By::Hour);
        for (node, name) in self.scope_nodes(scope)? {
            if span.0 < span.1 {
                let table = if days { "rollup_day" } else { "rollup_hour" };
                for (bucket, id, cell) in self.sql(rollup(&self.connection, table, node, span))? {
                    let Some(named) = series.get(&id) else { continue };
                    sums.entry(key(by, &name, bucket, named)).or_default().add(cell);
                }
            }
        }
        for (from, to) in edges(scope, span, HOUR_MS) {
            self.edge(scope, (from, to), &series, |node, second, named, cell| {
                sums.entry(key(by, node, second, named)).or_default().add(cell);
            })?;
        }
        Ok(sums)
    }

    /// A part of an hour, from the transfers of the hour. Where those are not kept any more, the whole
    /// hour stands for it.
    fn edge(
        &self,
        scope: &Scope,
        (from, to): (i64, i64),
        series: &HashMap<i64, Named>,
        mut add: impl FnMut(&str, i64, &Named, Cell),
    ) -> Result<()> {
        const HOUR_MS: i64 = 3_600_000;
        let begin = from.div_euclid(HOUR_MS) * HOUR_MS;
        let end = (to + HOUR_MS - 1).div_euclid(HOUR_MS) * HOUR_MS;
        for (node, name) in self.scope_nodes(scope)? {
            let hours = self.sql(rollup(
                &self.connection,
                "rollup_hour",
                node,
                (begin / 1000, end / 1000),
            ))?;
            let whole = Scope {
                nodes: vec![name.clone()],
                from_ms: Some(begin),
                to_ms: Some(end),
            };
            let mut kept = 0;
            let mut within: Vec<(i64, Named, Cell)> = Vec::new();
            self.each_transfer(&whole, &Filter::default(), |row| {
                kept += 1;
                if (from..to).contains(&row.row.time_ms) {
                    let named = Named {
                        satellite: row.satellite_id.to_owned(),
                        action: row.action.to_owned(),
                        outcome: row.row.outcome,
                        cause: row.row.cause,
                        size_class: row.row.size.map(size_class),
                    };
                    let bytes = row.row.size.unwrap_or(0);
                    within.push((row.row.time_ms.div_euclid(1000), named, Cell { count: 1, bytes }));
                }
                Ok(true)
            })?;
            if kept >= hours.iter().map(|(_, _, cell)| cell.count).sum::<u64>() {
                within
                    .iter()
                    .for_each(|(second, named, cell)| add(&name, *second, named, *cell));
                continue;
            }
            for (bucket, id, cell) in hours {
                if let Some(named) = series.get(&id) {
                    add(&name, bucket, named, cell);
                }
            }
        }
        Ok(())
    }

    /// Minutes of one node from the second `from` on.
    pub fn minutes(&self, node: &str, from: i64) -> Result<Vec<KeptMinute>> {
        let series = self.series()?;
        let scope = Scope {
            nodes: vec![node.to_owned()],
            ..Scope::default()
        };
        let mut minutes = Vec::new();
        for (node, _) in self.scope_nodes(&scope)? {
            let rows = self.sql(rollup(&self.connection, "rollup_minute", node, (from, i64::MAX)))?;
            minutes.extend(rows.into_iter().filter_map(|(second, id, cell)| {
                let named = series.get(&id)?.clone();
                Some(KeptMinute {
                    second,
                    satellite_id: named.satellite,
                    action: named.action,
                    outcome: named.outcome,
                    cause: named.cause,
                    size_class: named.size_class,
                    cell,
                })
            }));
        }
        Ok(minutes)
    }

    /// Error templates of a scope, by node, action and template. Ranges are whole minutes.
    pub fn errors(&self, scope: &Scope) -> Result<Vec<ErrorRow>> {
        let (from, to) = scope.seconds(60);
        let mut rows = Vec::new();
        for (node, name) in self.scope_nodes(scope)? {
            let found = self.sql(error_minutes(&self.connection, node, (from, to)))?;
            let mut sums: BTreeMap<(String, String), ErrorRow> = BTreeMap::new();
            for mut minute in found {
                let key = (minute.action.clone(), minute.template.clone());
                match sums.get_mut(&key) {
                    Some(sum) => {
                        sum.count += minute.count;
                        sum.last_ms = sum.last_ms.max(minute.last_ms);
                    }
                    None => {
                        minute.node.clone_from(&name);
                        sums.insert(key, minute);
                    }
                }
            }
            rows.extend(sums.into_values());
        }
        Ok(rows)
    }

    /// Kinds of records of a scope, by node, logger, level and message. Ranges are whole hours.
    pub fn kinds(&self, scope: &Scope) -> Result<Vec<KindRow>> {
        let (from, to) = scope.seconds(3600);
        let mut rows = Vec::new();
        for (node, name) in self.scope_nodes(scope)? {
            let read = || {
                let mut statement = self.connection.prepare_cached(
                    "SELECT k.logger, k.level, k.message, sum(h.count), max(h.example)
                     FROM kind_hour h JOIN kind k ON k.id = h.kind
                     WHERE h.node = ?1 AND h.bucket >= ?2 AND h.bucket < ?3
                     GROUP BY k.id ORDER BY k.logger, k.level, k.message",
                )?;
                let rows = statement.query_map(params![node, from, to], |row| {
                    Ok(KindRow {
                        node: name.clone(),
                        logger: row.get(0)?,
                        level: row.get(1)?,
                        message: row.get(2)?,
                        count: row.get::<_, i64>(3)?.unsigned_abs(),
                        example: row.get(4)?,
                    })
                })?;
                rows.collect::<rusqlite::Result<Vec<_>>>()
            };
            rows.extend(self.sql(read())?);
        }
        Ok(rows)
    }

    /// Durations of a scope, by node, satellite, action, outcome and quality. Ranges are whole hours.
    pub fn latency(&self, scope: &Scope) -> Result<Vec<LatencyRow>> {
        let (from, to) = scope.seconds(3600);
        let mut sums: BTreeMap<(String, String, String, usize, usize), Sketch> = BTreeMap::new();
        for (node, name) in self.scope_nodes(scope)? {
            let read = || {
                let mut statement = self.connection.prepare_cached(
                    "SELECT s.name, a.name, l.outcome, l.quality, l.sketch FROM latency_hour l
                     JOIN satellite s ON s.id = l.satellite JOIN action a ON a.id = l.action
                     WHERE l.node = ?1 AND l.bucket >= ?2 AND l.bucket < ?3",
                )?;
                let rows = statement.query_map(params![node, from, to], |row| {
                    let sketch: Vec<u8> = row.get(4)?;
                    Ok((
                        row.get(0)?,
                        row.get(1)?,
                        row.get::<_, i64>(2)?,
                        row.get::<_, i64>(3)?,
                        sketch,
                    ))
                })?;
                rows.collect::<rusqlite::Result<Vec<(String, String, i64, i64, Vec<u8>)>>>()
            };
            for (satellite, action, outcome, quality, bytes) in self.sql(read())? {
                let sketch = Sketch::from_bytes(&bytes).ok_or(Error::Damaged {
                    what: "latency sketch",
                    row: node,
                })?;
                let key = (name.clone(), satellite, action, outcome as usize, quality as usize);
                sums.entry(key).or_default().merge(&sketch);
            }
        }
        let rows = sums
            .into_iter()
            .filter_map(|((node, satellite_id, action, outcome, quality), sketch)| {
                Some(LatencyRow {
                    node,
                    satellite_id,
                    action,
                    outcome: *Outcome::ALL.get(outcome)?,
                    quality: *Quality::ALL.get(quality)?,
                    sketch,
                })
            });
        Ok(rows.collect())
    }
}

/// In the order of time, without the node's name.
fn error_minutes(connection: &Connection, node: i64, (from, to): (i64, i64)) -> rusqlite::Result<Vec<ErrorRow>> {
    let mut statement = connection.prepare_cached(
        "SELECT a.name, t.name, e.count, e.first_ms, e.last_ms, e.example
         FROM error_minute e JOIN action a ON a.id = e.action JOIN template t ON t.id = e.template
         WHERE e.node = ?1 AND e.bucket >= ?2 AND e.bucket < ?3 ORDER BY e.bucket",
    )?;
    let rows = statement.query_map(params![node, from, to], |row| {
        Ok(ErrorRow {
            node: String::new(),
            action: row.get(0)?,
            template: row.get(1)?,
            count: row.get::<_, i64>(2)?.unsigned_abs(),
            first_ms: row.get(3)?,
            last_ms: row.get(4)?,
            example: row.get(5)?,
        })
    })?;
    rows.collect()
}

type RollupRow = (i64, i64, Cell);

fn rollup(connection: &Connection, table: &str, node: i64, (from, to): (i64, i64)) -> rusqlite::Result<Vec<RollupRow>> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT bucket, series, count, bytes FROM {table} WHERE node = ?1 AND bucket >= ?2 AND bucket < ?3"
    ))?;
    let rows = statement.query_map(params![node, from, to], |row| {
        let cell = Cell {
            count: row.get::<_, i64>(2)?.unsigned_abs(),
            bytes: row.get::<_, i64>(3)?.unsigned_abs(),
        };
        Ok((row.get(0)?, row.get(1)?, cell))
    })?;
    rows.collect()
}

/// The parts of a range that are no whole hours.
fn edges(scope: &Scope, span: (i64, i64), hour_ms: i64) -> Vec<(i64, i64)> {
    let (from, to) = (scope.from_ms, scope.to_ms);
    if let (Some(from), Some(to)) = (from, to)
        && span.0 >= span.1
    {
        return if from < to { vec![(from, to)] } else { Vec::new() };
    }
    let mut edges = Vec::new();
    if let Some(from) = from.filter(|ms| ms.rem_euclid(hour_ms) > 0) {
        edges.push((from, span.0 * 1000));
    }
    if let Some(to) = to.filter(|ms| ms.rem_euclid(hour_ms) > 0) {
        edges.push((span.1 * 1000, to));
    }
    edges
}

fn key(by: &[By], node: &str, second: i64, named: &Named) -> Vec<Key> {
    let part = |by: &By| match by {
        By::Node => Key::text(node),
        By::SatelliteId => Key::text(&named.satellite),
        By::Action => Key::text(&named.action),
        By::Outcome => Key::text(named.outcome.word()),
        By::Cause => Key::text(named.cause.word()),
        By::SizeClass => match named.size_class {
            Some(class) => Key::Ranked(class, SIZE_CLASSES.get(usize::from(class)).copied().unwrap_or_default()),
            None => Key::None,
        },
        By::Hour => Key::Time(second.div_euclid(3600) * 3600),
        By::Day => Key::Time(second.div_euclid(86_400) * 86_400),
    };
    by.iter().map(part).collect()
}
