//! Reading transfers back in the order of their time, block by block.

use std::cmp::Ordering;
use std::iter::Peekable;
use std::vec;

use rusqlite::params;

use super::block::{self, Row};
use super::query::Scope;
use super::{Error, Reader, Result};
use crate::domain::batch::FastMap;
use crate::domain::piece::PieceId;
use crate::domain::transfer::Outcome;

/// Which transfers are wanted, beside the scope.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// One piece only.
    pub piece: Option<PieceId>,
    /// Audits, repairs and what went wrong only.
    pub only_grave: bool,
    /// Those that ended so only.
    pub outcome: Option<Outcome>,
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

/// An opened block: the rows that are left of it, in the order of time.
struct Open {
    node: usize,
    rows: Peekable<vec::IntoIter<Row>>,
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
            let opened = open.iter_mut().filter_map(|o| Some(o.rows.peek()?.time_ms)).min();
            let waiting = found.last().map(|block| block.t0);
            if let Some(t0) = waiting
                && opened.is_none_or(|time| t0 <= time)
            {
                if let Some(block) = found.pop() {
                    open.extend(self.open_block(&block, scope, filter)?);
                }
                continue;
            }
            let Some(time) = opened else {
                return Ok(());
            };
            for block in &mut open {
                while let Some(row) = block.rows.next_if(|row| row.time_ms == time) {
                    moment.push((block.node, row));
                }
            }
            open.retain_mut(|block| block.rows.peek().is_some());
            moment.sort_by(|(a_node, a), (b_node, b)| {
                let satellites = || name(&satellites, a.satellite).cmp(name(&satellites, b.satellite));
                let actions = || name(&actions, a.action).cmp(name(&actions, b.action));
                a_node
                    .cmp(b_node)
                    .then_with(satellites)
                    .then_with(|| compare_pieces(a.piece.as_ref(), b.piece.as_ref()))
                    .then_with(actions)
                    .then_with(|| (a.outcome, a.offset).cmp(&(b.outcome, b.offset)))
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
        let (from, to) = range(scope);
        let mut found = Vec::new();
        for (n, (node, _)) in nodes.iter().enumerate() {
            // Version 1 kept what is grave in one class.
            let failed = matches!(filter.outcome, Some(Outcome::Failed | Outcome::Rejected)) && self.version > 1;
            let classes = match (failed, filter.only_grave) {
                (true, _) => "2",
                (false, true) => "1, 2",
                (false, false) => "0, 1, 2",
            };
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

    /// What a scope and a filter leave of a block; `None` when the piece is not in it after all.
    fn open_block(&self, block: &Found, scope: &Scope, filter: &Filter) -> Result<Option<Open>> {
        let read =
            || {
                self.connection()
                .prepare_cached(
                    "SELECT b.sealed, b.meta, i.ids FROM block b JOIN block_ids i ON i.block = b.id WHERE b.id = ?1",
                )?
                .query_row([block.id], |row| {
                    let ids = row.get_ref(2)?.as_blob()?;
                    if filter.piece.is_some_and(|piece| !block::holds(ids, &piece)) {
                        return Ok(Some(Vec::new()));
                    }
                    Ok(block::open_of(row.get(0)?, row.get_ref(1)?.as_blob()?, ids, filter.outcome))
                })
            };
        let mut rows = self.sql(read())?.ok_or_else(|| damaged(block.id))?;
        let (from, to) = range(scope);
        rows.retain(|row| {
            row.time_ms >= from && row.time_ms < to && filter.piece.is_none_or(|id| row.piece == Some(id))
        });
        if rows.is_empty() {
            return Ok(None);
        }
        rows.sort_by_key(|row| row.time_ms);
        Ok(Some(Open {
            node: block.node,
            rows: rows.into_iter().peekable(),
        }))
    }
}

impl Reader {
    /// Hands on (action, when it began, if that is known, when it ended) of every transfer of a node that ended at
    /// `from_ms` or later, in no order; times in ms since the epoch.
    pub fn each_end(&self, node: &str, from_ms: i64, mut each: impl FnMut(&str, Option<i64>, i64)) -> Result<()> {
        let actions = self.names("action")?;
        let scope = Scope {
            nodes: vec![node.to_owned()],
            ..Scope::default()
        };
        for (node, _) in self.scope_nodes(&scope)? {
            each_row(self, node, (from_ms, i64::MAX), |row| {
                let begun = row.duration.map(|(ms, _)| row.time_ms - i64::from(ms));
                each(name(&actions, row.action), begun, row.time_ms);
            })?;
        }
        Ok(())
    }
}

/// Hands on every transfer of a node within `from..to` (ms), without its piece and in no order.
pub(crate) fn each_row(reader: &Reader, node: i64, range: (i64, i64), each: impl FnMut(&Row)) -> Result<()> {
    each_of(reader, node, range, "0, 1, 2", each)
}

/// [`each_row`] of what is grave: audits, repairs, and what went wrong.
pub(crate) fn each_grave(reader: &Reader, node: i64, range: (i64, i64), each: impl FnMut(&Row)) -> Result<()> {
    each_of(reader, node, range, "1, 2", each)
}

fn each_of(
    reader: &Reader,
    node: i64,
    (from, to): (i64, i64),
    classes: &str,
    mut each: impl FnMut(&Row),
) -> Result<()> {
    let mut read = || {
        let mut statement = reader.connection().prepare_cached(&format!(
            "SELECT id, sealed, meta FROM block WHERE node = ?1 AND class IN ({classes}) AND t1 >= ?2 AND t0 < ?3"
        ))?;
        let mut rows = statement.query([node, from, to])?;
        while let Some(row) = rows.next()? {
            let Some(opened) = block::open_without_ids(row.get(1)?, row.get_ref(2)?.as_blob()?) else {
                return Ok(Err(damaged(row.get(0)?)));
            };
            let within = opened.iter().filter(|row| (from..to).contains(&row.time_ms));
            within.for_each(&mut each);
        }
        Ok(Ok(()))
    };
    reader.sql(read())?
}

fn damaged(row: i64) -> Error {
    Error::Damaged {
        what: "block of transfers",
        row,
    }
}

/// From (inclusive) and to (exclusive), ms since the epoch.
fn range(scope: &Scope) -> (i64, i64) {
    (scope.from_ms.unwrap_or(i64::MIN), scope.to_ms.unwrap_or(i64::MAX))
}

/// The order of the ids' texts, without making them: base32 sorts its digits before its letters.
fn compare_pieces(a: Option<&PieceId>, b: Option<&PieceId>) -> Ordering {
    let (Some(a), Some(b)) = (a, b) else {
        return a.is_some().cmp(&b.is_some());
    };
    let Some(at) = a.iter().zip(b).position(|(a, b)| a != b) else {
        return Ordering::Equal;
    };
    let differing = at * 8 + (a[at] ^ b[at]).leading_zeros() as usize;
    let character = |id: &PieceId| {
        let bit = differing / 5 * 5;
        let pair = u16::from(id[bit / 8]) << 8 | id.get(bit / 8 + 1).copied().map_or(0, u16::from);
        let value = pair >> (11 - bit % 8) & 31;
        (value + 6) % 32
    };
    character(a).cmp(&character(b))
}

fn name(names: &FastMap<i64, String>, id: i64) -> &str {
    names.get(&id).map_or("", String::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::piece;

    #[test]
    fn pieces_are_in_the_order_of_their_texts() {
        let mut ids: Vec<PieceId> = Vec::new();
        for at in 0..256 {
            // Any two differ first at another bit, in both directions.
            let mut id = [0x5a; 32];
            id[at / 8] ^= 0x80 >> (at % 8);
            ids.push(id);
            id[31] ^= 0x0f;
            ids.push(id);
        }
        for a in &ids {
            for b in &ids {
                let texts = piece::id_text(a).cmp(&piece::id_text(b));
                assert_eq!(compare_pieces(Some(a), Some(b)), texts, "{a:?} {b:?}");
            }
        }
        assert_eq!(compare_pieces(None, Some(&ids[0])), Ordering::Less);
    }
}
