//! Reading transfers back in the order of their time, block by block.

use std::collections::HashMap;

use rusqlite::params;

use super::block::{self, Row};
use super::query::Scope;
use super::{Error, Reader, Result};
use crate::domain::piece::{self, PieceId};

/// Which transfers are wanted, beside the scope.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// One piece only.
    pub piece: Option<PieceId>,
    /// Audits, repairs and what went wrong only.
    pub only_grave: bool,
}

/// One transfer with its names.
#[derive(Debug)]
pub struct Named<'a> {
    /// The node's name.
    pub node: &'a str,
    /// The satellite's id; empty when unknown.
    pub satellite_id: &'a str,
    /// The node's word; empty when unknown.
    pub action: &'a str,
    /// The rest.
    pub row: &'a Row,
}

struct Found {
    id: i64,
    node: usize,
    t0: i64,
}

/// An opened block: its rows, newest last, and how many were given out.
struct Open {
    node: usize,
    rows: Vec<Row>,
    next: usize,
}

impl Reader {
    /// Hands on every transfer of a scope by time, node, satellite, piece, action, outcome and offset, until
    /// `each` says `false`. Blocks are opened when their time comes: memory does not grow with the range.
    pub fn each_transfer(
        &self,
        scope: &Scope,
        filter: &Filter,
        mut each: impl FnMut(&Named<'_>) -> Result<bool>,
    ) -> Result<()> {
        let nodes = self.scope_nodes(scope)?;
        let (satellites, actions) = (self.names("satellite")?, self.names("action")?);
        let mut found = self.blocks(scope, filter, &nodes)?;
        found.sort_by_key(|block| std::cmp::Reverse((block.t0, block.id)));
        let mut open: Vec<Open> = Vec::new();
        let mut moment: Vec<(usize, Row)> = Vec::new();
        loop {
            // The earliest time of what is open or comes next.
            let opened = open.iter().filter_map(|o| Some(o.rows.get(o.next)?.time_ms)).min();
            let waiting = found.last().map(|block| block.t0);
            if let Some(t0) = waiting
                && opened.is_none_or(|time| t0 <= time)
            {
                if let Some(block) = found.pop() {
                    open.push(self.open_block(&block, scope, filter)?);
                }
                continue;
            }
            let Some(time) = opened else {
                return Ok(());
            };
            for block in &mut open {
                while block.rows.get(block.next).is_some_and(|row| row.time_ms == time) {
                    moment.push((block.node, block.rows[block.next].clone()));
                    block.next += 1;
                }
            }
            open.retain(|block| block.next < block.rows.len());
            moment.sort_by_cached_key(|(node, row)| {
                let piece = row.piece.map(|id| piece::id_text(&id));
                let satellite = name(&satellites, row.satellite);
                (
                    *node,
                    satellite,
                    piece,
                    name(&actions, row.action),
                    row.outcome,
                    row.offset,
                )
            });
            for (node, row) in moment.drain(..) {
                let named = Named {
                    node: nodes.get(node).map_or("", |n| n.1.as_str()),
                    satellite_id: name(&satellites, row.satellite),
                    action: name(&actions, row.action),
                    row: &row,
                };
                if !each(&named)? {
                    return Ok(());
                }
            }
        }
    }

    fn blocks(&self, scope: &Scope, filter: &Filter, nodes: &[(i64, String)]) -> Result<Vec<Found>> {
        let (from, to) = (scope.from_ms.unwrap_or(i64::MIN), scope.to_ms.unwrap_or(i64::MAX));
        let mut found = Vec::new();
        for (n, (node, _)) in nodes.iter().enumerate() {
            let classes = if filter.only_grave { "1" } else { "0, 1" };
            let mut read = || {
                let mut statement = self.connection().prepare_cached(&format!(
                    "SELECT b.id, b.t0, f.filter FROM block b LEFT JOIN block_filter f ON f.block = b.id AND ?4
                     WHERE b.node = ?1 AND b.class IN ({classes}) AND b.t1 >= ?2 AND b.t0 < ?3"
                ))?;
                let mut rows = statement.query(params![node, from, to, filter.piece.is_some()])?;
                while let Some(row) = rows.next()? {
                    if let Some(piece) = &filter.piece
                        && let Some(bits) = row.get_ref(2)?.as_blob_or_null()?
                        && !block::may_hold(bits, piece)
                    {
                        continue;
                    }
                    let (id, t0) = (row.get(0)?, row.get(1)?);
                    found.push(Found { id, node: n, t0 });
                }
                Ok(())
            };
            self.sql(read())?;
        }
        Ok(found)
    }

    fn open_block(&self, block: &Found, scope: &Scope, filter: &Filter) -> Result<Open> {
        let read = || {
            self.connection()
                .prepare_cached(
                    "SELECT b.sealed, b.meta, i.ids FROM block b JOIN block_ids i ON i.block = b.id WHERE b.id = ?1",
                )?
                .query_row([block.id], |row| {
                    let meta = row.get_ref(1)?.as_blob()?;
                    let ids = row.get_ref(2)?.as_blob()?;
                    Ok(block::open(row.get(0)?, meta, ids))
                })
        };
        let mut rows = self.sql(read())?.ok_or(Error::Damaged {
            what: "block of transfers",
            row: block.id,
        })?;
        let (from, to) = (scope.from_ms.unwrap_or(i64::MIN), scope.to_ms.unwrap_or(i64::MAX));
        rows.retain(|row| {
            row.time_ms >= from && row.time_ms < to && filter.piece.is_none_or(|id| row.piece == Some(id))
        });
        rows.sort_by_key(|row| row.time_ms);
        Ok(Open {
            node: block.node,
            rows,
            next: 0,
        })
    }
}

fn name(names: &HashMap<i64, String>, id: i64) -> &str {
    names.get(&id).map_or("", String::as_str)
}
