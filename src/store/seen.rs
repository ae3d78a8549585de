//! How often something of a log line came before: its error, its message, its piece, its audits.

use rusqlite::params;

use super::query::Scope;
use super::transfers::Filter;
use super::{Reader, Result};
use crate::domain::piece::PieceId;
use crate::domain::transfer::{Outcome, comes_in};
use crate::support::clock::DAY_S;

/// How often something came, as far as is kept. Times are ms since the epoch.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Often {
    /// In the day that ends at the moment asked about.
    pub day: u64,
    /// Ever.
    pub count: u64,
    /// The first time.
    pub first_ms: i64,
    /// The last time.
    pub last_ms: i64,
}

/// What transfers tell of a piece of a node.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Story {
    /// When it was stored; the last time, if more than once.
    pub uploaded_ms: Option<i64>,
    /// Reads that went well, and the last of them.
    pub reads: u64,
    /// The last of them.
    pub last_read_ms: Option<i64>,
    /// Reads that failed.
    pub failed: u64,
}

impl Reader {
    /// How often an error of this template came under this action (empty: under no transfer).
    pub fn error_seen(&self, node: &str, (action, template): (&str, &str), at_ms: i64) -> Result<Option<Often>> {
        let at = at_ms.div_euclid(1000);
        let read = || {
            self.connection()
                .prepare_cached(
                    "SELECT coalesce(sum(CASE WHEN e.bucket > ?4 AND e.bucket <= ?5 THEN e.count END), 0),
                            coalesce(sum(e.count), 0), coalesce(min(e.first_ms), 0), coalesce(max(e.last_ms), 0)
                     FROM error_minute e
                     WHERE e.node = (SELECT id FROM node WHERE name = ?1)
                       AND e.action = (SELECT id FROM action WHERE name = ?2)
                       AND e.template = (SELECT id FROM template WHERE name = ?3)",
                )?
                .query_row(params![node, action, template, at - DAY_S, at], often)
        };
        Ok(Some(self.sql(read())?).filter(|often| often.count > 0))
    }

    /// How often a message of this shape (logger, level, message) came. Times are whole hours.
    pub fn kind_seen(
        &self,
        node: &str,
        (logger, level, message): (&str, &str, &str),
        at_ms: i64,
    ) -> Result<Option<Often>> {
        let at = at_ms.div_euclid(1000);
        let read = || {
            self.connection()
                .prepare_cached(
                    "SELECT coalesce(sum(CASE WHEN h.bucket > ?5 AND h.bucket <= ?6 THEN h.count END), 0),
                            coalesce(sum(h.count), 0), coalesce(min(h.bucket), 0) * 1000, coalesce(max(h.bucket), 0) * 1000
                     FROM kind_hour h
                     WHERE h.node = (SELECT id FROM node WHERE name = ?1)
                       AND h.kind = (SELECT id FROM kind WHERE logger = ?2 AND level = ?3 AND message = ?4)",
                )?
                .query_row(params![node, logger, level, message, at - DAY_S, at], often)
        };
        Ok(Some(self.sql(read())?).filter(|often| often.count > 0))
    }

    /// What is kept of a piece up to `at_ms`; `None`: nothing.
    pub fn story(&self, node: &str, piece: PieceId, at_ms: i64) -> Result<Option<Story>> {
        let filter = Filter {
            piece: Some(piece),
            ..Filter::default()
        };
        let (mut story, mut any) = (Story::default(), false);
        self.each_transfer(&until(node, None, at_ms), &filter, |transfer| {
            any = true;
            let (ms, good) = (transfer.row.time_ms, transfer.row.outcome == Outcome::Success);
            if comes_in(transfer.action) {
                story.uploaded_ms = Some(ms).filter(|_| good).or(story.uploaded_ms);
            } else if good {
                story.reads += 1;
                story.last_read_ms = Some(ms);
            } else if transfer.row.outcome == Outcome::Failed {
                story.failed += 1;
            }
            Ok(true)
        })?;
        Ok(any.then_some(story))
    }

    /// Since when transfers of a node are kept, ms since the epoch.
    pub fn kept_from(&self, node: &str) -> Result<Option<i64>> {
        let read = || {
            self.connection()
                .prepare_cached("SELECT min(t0) FROM block WHERE node = (SELECT id FROM node WHERE name = ?1)")?
                .query_row([node], |row| row.get(0))
        };
        self.sql(read())
    }
}

/// Up to the end of the second a line is of.
fn until(node: &str, from_ms: Option<i64>, at_ms: i64) -> Scope {
    Scope {
        nodes: vec![node.to_owned()],
        from_ms,
        to_ms: Some(at_ms.div_euclid(1000) * 1000 + 1000),
    }
}

fn often(row: &rusqlite::Row<'_>) -> rusqlite::Result<Often> {
    Ok(Often {
        day: row.get::<_, i64>(0)?.unsigned_abs(),
        count: row.get::<_, i64>(1)?.unsigned_abs(),
        first_ms: row.get(2)?,
        last_ms: row.get(3)?,
    })
}
