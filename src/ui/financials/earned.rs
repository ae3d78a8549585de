//! The table of the month: what each satellite, or each node, earned by component, and what that comes to.

use super::book::{self, Book, Earned, PartSum};
use super::cash::{self, Cash};
use super::round::{self, Adding};
use crate::domain::money::{PAID_HOURS, TB};
use crate::ui::look::Tone;
use crate::ui::number::Percent;
use crate::ui::shared::Shared;
use crate::ui::table::{Cell, Column, Row, Table};

/// Columns whose amounts add up: month's end (an estimate), storage, egress, repair, audit, gross, held, net.
const ADDING: &[Adding] = &[
    (13, 1, "~"),
    (3, 1, ""),
    (5, 1, ""),
    (7, 1, ""),
    (8, 1, ""),
    (9, 1, ""),
    (10, -1, ""),
    (12, 1, ""),
];

/// By whom the month is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum By {
    #[default]
    Satellite,
    Node,
}

impl By {
    pub(super) fn turned(self) -> Self {
        match self {
            Self::Satellite => Self::Node,
            Self::Node => Self::Satellite,
        }
    }

    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Satellite => "satellite",
            Self::Node => "node",
        }
    }
}

/// The satellites, or the nodes; of one satellite, where it is looked at alone.
pub(super) fn rows(book: &Book, by: By, shared: &Shared) -> Vec<Earned> {
    let alone = shared.satellite.as_deref();
    match (by, alone) {
        (By::Satellite, None) => book.satellites.clone(),
        (By::Satellite, Some(id)) => book.satellites.iter().filter(|one| one.key == id).cloned().collect(),
        (By::Node, None) => book.by_node.clone(),
        (By::Node, Some(_)) => {
            let nodes = book.nodes.iter().map(|node| book::by_node(node, alone));
            nodes.filter(|sum| sum.count > 0).collect()
        }
    }
}

fn columns(by: By, cash: &Cash, past: bool) -> Vec<Column> {
    let money = |id: &'static str, title: &'static str| Column::number(id, title);
    let name = match by {
        By::Satellite => Column::text("satellite", "SATELLITE").short("SAT").bounds(4, 20),
        By::Node => Column::text("node", "NODE").bounds(4, 20),
    };
    let end = match past {
        true => money("month_end", "NODE SAID").short("SAID"),
        false => money("month_end", "MONTH END").short("END"),
    };
    vec![
        name,
        money("price", "PRICE")
            .unit(format!("{}/TBm", cash.symbol()))
            .priority(10),
        money("tbm", "TBm").priority(8),
        money("storage", "STORAGE").priority(4),
        money("egress_tb", "EGRESS TB").priority(11),
        money("egress", "EGRESS").priority(5),
        money("repair_tb", "REPAIR TB").priority(12),
        money("repair", "REPAIR").priority(6),
        money("audit", "AUDIT").priority(7),
        money("gross", "GROSS").priority(3),
        money("held", "HELD").priority(2),
        money("rate", "RATE").priority(9),
        money("net", "NET").unit(cash.symbol().to_owned()).short("NET"),
        end,
    ]
}

fn part(part: &PartSum, cash: &Cash) -> Cell {
    let cell = cash.cell(part.gross());
    if part.unknown { cell.tone(Tone::Muted) } else { cell }
}

fn terabytes(bytes: f64) -> Cell {
    Cell::number(format!("{:.3}", bytes / TB), bytes)
}

fn price(parts: &PartSum, cash: &Cash) -> Cell {
    match parts.price {
        None if parts.unknown => Cell::unknown(),
        None => Cell::absent(),
        Some((low, high)) => {
            let (low, high) = (cash.price(low), cash.price(high));
            Cell::number(cash.range(low, high), high.dollars())
        }
    }
}

/// Percent of all that was kept back; of nothing what would be.
fn rate(one: &Earned) -> Cell {
    let (gross, held) = (one.so_far.gross.dollars(), one.so_far.held.dollars());
    match (cash::share(held, gross), one.rate) {
        (Some(text), _) => Cell::number(text, held / gross),
        (None, Some((low, high))) if low == high => {
            let text = format!("{} %", Percent::new(0, &[]).text(high as f64));
            Cell::number(text, high as f64 / 100.0)
        }
        _ => Cell::unknown(),
    }
}

fn cells(one: &Earned, cash: &Cash, past: bool) -> Vec<Cell> {
    let parts = &one.parts;
    let dim = |cell: Cell, whole: bool| if whole { cell } else { cell.tone(Tone::Muted) };
    let end = if past { one.node_month_end } else { one.month_end };
    let end_cell = match (past, end.known()) {
        (false, Some(net)) => Cell::number(format!("~{}", cash.plain(net)), net.dollars()),
        (_, known) => cash.cell(known),
    };
    let whole = !one.is_part();
    vec![
        Cell::text(one.name.clone()),
        price(&parts.storage, cash),
        Cell::number(
            cash::tb(parts.storage.byte_hours / PAID_HOURS),
            parts.storage.byte_hours,
        ),
        part(&parts.storage, cash),
        terabytes(parts.egress.bytes as f64),
        part(&parts.egress, cash),
        terabytes(parts.repair.bytes as f64),
        part(&parts.repair, cash),
        part(&parts.audit, cash),
        dim(cash.cell(one.net().map(|_| one.so_far.gross)), whole),
        match one.net() {
            Some(_) => dim(cash.taken(one.so_far.held), whole),
            None => Cell::unknown(),
        },
        rate(one),
        dim(cash.cell(one.net()), whole),
        dim(end_cell, end.is_whole()),
    ]
}

/// The table, with its sums.
pub(super) fn table(book: &Book, by: By, shared: &Shared) -> Table {
    let (cash, past) = (&book.cash, book.is_past());
    let rows = rows(book, by, shared);
    let glyphs = &shared.theme.glyphs;
    let row = |one: &Earned| {
        let row = Row::new(one.key.as_str(), cells(one, cash, past));
        match one {
            one if by == By::Satellite && one.gone > 0 => row.mark(glyphs.critical, Tone::Bad),
            one if one.is_part() || one.gone > 0 => row.mark(glyphs.warning, Tone::Warn),
            one if one.count == 0 => row.mark(glyphs.unknown, Tone::Muted),
            one if by == By::Satellite && one.untrusted == one.count => row.mark(glyphs.note, Tone::Muted),
            _ => row,
        }
    };
    let mut shown: Vec<Row> = rows.iter().map(row).collect();
    for (row, one) in shown.iter_mut().zip(&rows).filter(|(_, one)| one.count == 0) {
        // A node that told nothing earned nobody knows what.
        row.cells = unknown(one, row.cells.len());
    }
    if by == By::Satellite {
        for (row, one) in shown.iter_mut().zip(&rows) {
            row.cells[0].id = Some(one.key.as_str().into());
        }
    }
    if shared.is_old() {
        shown.iter_mut().for_each(stale);
    }
    let sum = book::total(&rows, if by == By::Node { "fleet" } else { "total" });
    let mut foot = cells(&sum, cash, past);
    // A mean of prices is no price.
    foot[1] = Cell::empty();
    let foot = Row::new(sum.key.as_str(), foot);
    round::add_up(&mut shown, &foot, if past { &ADDING[1..] } else { ADDING }, cash);
    let table = Table::new(columns(by, cash, past), shown)
        .empty("no satellite tells what is earned: name the node's API (`api`) or its databases (`data`)")
        .one_line();
    if rows.len() < 2 {
        return table;
    }
    table.foot(vec![foot])
}

fn unknown(one: &Earned, count: usize) -> Vec<Cell> {
    let name = Cell::text(one.name.clone());
    std::iter::once(name)
        .chain(std::iter::repeat_n(Cell::unknown(), count.saturating_sub(1)))
        .collect()
}

/// Figures nobody tells any more.
pub(super) fn stale(row: &mut Row) {
    for cell in &mut row.cells {
        if matches!(cell.sort, crate::ui::table::SortKey::Number(_)) {
            cell.tone = Tone::Stale;
        }
    }
}

/// What prices there are, for the heading.
pub(super) fn price_words(book: &Book) -> String {
    use crate::api::money::PriceSource;
    let satellites = || book.nodes.iter().flat_map(|node| &node.satellites);
    let any = |source: PriceSource| satellites().any(|one| one.price_source == Some(source));
    match (any(PriceSource::Api), any(PriceSource::Db), any(PriceSource::Fallback)) {
        (_, _, true) => "some prices are the configuration's".to_owned(),
        (true, false, false) => "prices from each node's API".to_owned(),
        (false, true, false) => "prices from each node's databases".to_owned(),
        (true, true, false) => "prices from nodes' APIs and databases".to_owned(),
        (false, false, false) => String::new(),
    }
}
