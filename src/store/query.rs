//! What questions are made of, and those of errors and kinds.

use std::collections::BTreeMap;

use rusqlite::{Connection, params};

use super::{At, Reader, Result};
use crate::domain::batch::FastMap;
use crate::domain::transfer::{Outcome, Quality};
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
    pub(crate) fn seconds(&self, width: i64) -> (i64, i64) {
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
    pub(crate) fn text(text: &str) -> Self {
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
    /// First second of the hours it came in first and last.
    pub hours: (i64, i64),
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

pub(crate) fn names(connection: &Connection, table: &str) -> rusqlite::Result<FastMap<i64, String>> {
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
    pub(crate) fn names(&self, table: &str) -> Result<FastMap<i64, String>> {
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

    /// Lines of a node's log in whole hours (their first seconds), and how many of them are not understood.
    pub fn not_understood(&self, node: &str, (from, to): (i64, i64)) -> Result<(u64, u64)> {
        let read = || {
            // Only what is not understood has an example.
            let mut statement = self.connection.prepare_cached(
                "SELECT coalesce(sum(h.count), 0), coalesce(sum(CASE WHEN h.example NOTNULL THEN h.count END), 0)
                 FROM node n JOIN kind_hour h ON h.node = n.id WHERE n.name = ?1 AND h.bucket >= ?2 AND h.bucket < ?3",
            )?;
            statement.query_row(params![node, from, to], |row| {
                let count = |at| row.get::<_, i64>(at).map(i64::unsigned_abs);
                Ok((count(0)?, count(1)?))
            })
        };
        self.sql(read())
    }

    /// Kinds of records of a scope, by node, logger, level and message. Ranges are whole hours.
    pub fn kinds(&self, scope: &Scope) -> Result<Vec<KindRow>> {
        let (from, to) = scope.seconds(3600);
        let mut rows = Vec::new();
        for (node, name) in self.scope_nodes(scope)? {
            let read = || {
                let mut statement = self.connection.prepare_cached(
                    "SELECT k.logger, k.level, k.message, sum(h.count), max(h.example), min(h.bucket), max(h.bucket)
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
                        hours: (row.get(5)?, row.get(6)?),
                    })
                })?;
                rows.collect::<rusqlite::Result<Vec<_>>>()
            };
            rows.extend(self.sql(read())?);
        }
        Ok(rows)
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
