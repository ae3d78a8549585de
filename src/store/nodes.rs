//! Which nodes are watched, since when no more, and when somebody last looked.

use rusqlite::{Connection, OptionalExtension, params};

use super::writer::Writer;
use super::{At, Reader, Result};

impl Writer {
    /// A collector looked at these nodes: they are watched.
    pub fn looked(&self, nodes: &[String], now_ms: i64) -> Result<()> {
        let path = self.path().to_owned();
        let update = || {
            for node in nodes {
                self.read()
                    .prepare_cached("UPDATE node SET looked = ?2, gone = NULL WHERE name = ?1")?
                    .execute(params![node, now_ms])?;
            }
            Ok(())
        };
        update().at(&path)
    }

    /// Of the nodes that were watched, only these are configured any more.
    pub fn watch_only(&self, nodes: &[String], now_ms: i64) -> Result<()> {
        let path = self.path().to_owned();
        let update = || {
            let watched: Vec<String> = self
                .read()
                .prepare_cached("SELECT name FROM node WHERE looked IS NOT NULL AND gone IS NULL")?
                .query_map([], |row| row.get(0))?
                .collect::<rusqlite::Result<_>>()?;
            for node in watched.iter().filter(|node| !nodes.contains(node)) {
                self.read()
                    .prepare_cached("UPDATE node SET gone = ?2 WHERE name = ?1")?
                    .execute(params![node, now_ms])?;
            }
            Ok(())
        };
        update().at(&path)
    }

    /// Gives a node another name. False: there is none of that name, or the other is taken.
    pub fn rename(&mut self, node: &str, name: &str) -> Result<bool> {
        let path = self.path().to_owned();
        let changed = self
            .connection()
            .execute("UPDATE OR IGNORE node SET name = ?2 WHERE name = ?1", [node, name])
            .at(&path)?;
        Ok(changed == 1)
    }
}

impl Reader {
    /// When a collector last looked at a node, ms since the epoch; `None`: never, or before that was written
    /// down.
    pub fn looked(&self, node: &str) -> Result<Option<i64>> {
        self.sql(looked(self.connection(), node))
    }

    /// The nodes that were configured at `at_ms`, or never were and only have a history.
    pub fn watched(&self, at_ms: i64) -> Result<Vec<String>> {
        let names = || {
            self.connection()
                .prepare_cached("SELECT name FROM node WHERE gone IS NULL OR gone > ?1 ORDER BY name")?
                .query_map([at_ms], |row| row.get(0))?
                .collect()
        };
        self.sql(names())
    }
}

fn looked(connection: &Connection, node: &str) -> rusqlite::Result<Option<i64>> {
    let found: Option<Option<i64>> = connection
        .prepare_cached("SELECT looked FROM node WHERE name = ?1")?
        .query_row([node], |row| row.get(0))
        .optional()?;
    Ok(found.flatten())
}
