//! Names to row ids, looked up once per process.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension, params};

use crate::domain::batch::{Series, Vocabulary};
use crate::domain::transfer::{Cause, Outcome};
use crate::support::names::Names;

/// The ids of one dictionary table, by the numbers of a [`Names`].
#[derive(Debug, Default)]
struct Ids(Vec<i64>);

impl Ids {
    /// Gives every name its row.
    fn update(&mut self, connection: &Connection, table: &str, names: &Names) -> rusqlite::Result<()> {
        for name in names.iter().skip(self.0.len()) {
            self.0.push(name_id(connection, table, name)?);
        }
        Ok(())
    }

    fn of(&self, number: u32) -> i64 {
        self.0.get(number as usize).copied().unwrap_or_default()
    }
}

/// The row of a name in a dictionary table (a name of the schema), made if it is new.
pub(crate) fn name_id(connection: &Connection, table: &str, name: &str) -> rusqlite::Result<i64> {
    let found = connection
        .prepare_cached(&format!("SELECT id FROM {table} WHERE name = ?1"))?
        .query_row([name], |row| row.get(0))
        .optional()?;
    if let Some(id) = found {
        return Ok(id);
    }
    connection
        .prepare_cached(&format!("INSERT INTO {table} (name) VALUES (?1)"))?
        .insert([name])
}

/// The database's ids for a [`Vocabulary`]'s numbers. Forgotten when a transaction fails.
#[derive(Debug, Default)]
pub struct Dictionary {
    satellites: Ids,
    actions: Ids,
    templates: Ids,
    kinds: Vec<Option<i64>>,
    series: HashMap<Series, i64>,
}

impl Dictionary {
    /// Makes sure all of `vocabulary` has rows.
    pub(crate) fn update(&mut self, connection: &Connection, vocabulary: &Vocabulary) -> rusqlite::Result<()> {
        self.satellites
            .update(connection, "satellite", &vocabulary.satellites)?;
        self.actions.update(connection, "action", &vocabulary.actions)?;
        self.templates.update(connection, "template", &vocabulary.templates)?;
        for (n, kind) in vocabulary.kinds.iter().enumerate() {
            if self.kinds.len() <= n {
                self.kinds.push(None);
            }
            if self.kinds[n].is_none() && !kind.2.is_empty() {
                let row = params![kind.0, kind.1, kind.2];
                connection
                    .prepare_cached("INSERT OR IGNORE INTO kind (logger, level, message) VALUES (?1, ?2, ?3)")?
                    .execute(row)?;
                let id = connection
                    .prepare_cached("SELECT id FROM kind WHERE logger = ?1 AND level = ?2 AND message = ?3")?
                    .query_row(row, |row| row.get(0))?;
                self.kinds[n] = Some(id);
            }
        }
        Ok(())
    }

    pub(crate) fn satellite(&self, number: u32) -> i64 {
        self.satellites.of(number)
    }

    pub(crate) fn action(&self, number: u32) -> i64 {
        self.actions.of(number)
    }

    pub(crate) fn template(&self, number: u32) -> i64 {
        self.templates.of(number)
    }

    pub(crate) fn kind(&self, number: u32) -> i64 {
        self.kinds.get(number as usize).copied().flatten().unwrap_or_default()
    }

    /// The row of a series, made if it is new.
    pub(crate) fn series(&mut self, connection: &Connection, series: Series) -> rusqlite::Result<i64> {
        if let Some(id) = self.series.get(&series) {
            return Ok(*id);
        }
        let names = (self.satellite(series.satellite), self.action(series.action));
        let id = series_id(connection, names, (series.outcome, series.cause), series.size_class)?;
        self.series.insert(series, id);
        Ok(id)
    }
}

/// The row of a series of a satellite's and an action's rows, made if it is new.
pub(super) fn series_id(
    connection: &Connection,
    (satellite, action): (i64, i64),
    (outcome, cause): (Outcome, Cause),
    size_class: Option<u8>,
) -> rusqlite::Result<i64> {
    let row = params![
        satellite,
        action,
        outcome as i64,
        cause as i64,
        size_class.map_or(-1, i64::from)
    ];
    connection
        .prepare_cached(
            "INSERT OR IGNORE INTO series (satellite, action, outcome, cause, size_class) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(row)?;
    connection
        .prepare_cached(
            "SELECT id FROM series WHERE satellite = ?1 AND action = ?2 AND outcome = ?3 AND cause = ?4 AND size_class = ?5",
        )?
        .query_row(row, |row| row.get(0))
}
