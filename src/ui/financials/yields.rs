//! What each node's TBs bring, what it costs and when it has paid for itself; what satellites keep back and give back.

use super::book::{Book, Yields};
use super::cash::{self, Cash};
use super::{open, sums};
use crate::api::money::{Costs, NodeMoney, SatelliteMoney};
use crate::ui::look::Tone;
use crate::ui::number;
use crate::ui::shared::Shared;
use crate::ui::table::{Cell, Column, Direction, Row, Table};

/// Years and months until it has paid for itself.
pub(super) fn months_words(months: f64) -> String {
    match months {
        months if !months.is_finite() || months < 0.0 => number::UNKNOWN.to_owned(),
        months if months < 36.0 => format!("{months:.0} months"),
        months if months < 1200.0 => format!("{:.1} years", months / 12.0),
        _ => "over a century".to_owned(),
    }
}

/// What it has paid for itself in; the least, where more is to be paid than is known.
pub(super) fn pays_back(costs: &Costs, months: f64) -> String {
    let least = if costs.lacks.is_some() { "≥ " } else { "" };
    format!("{least}{}", months_words(months))
}

/// What a year brings of what was invested; the most, where more is to be paid than is known.
fn a_year(costs: &Costs, share: f64) -> String {
    let most = if costs.lacks.is_some() { "≤ " } else { "" };
    format!("{most}{}", percent(share))
}

/// A share as percent; 1 is all.
pub(super) fn percent(share: f64) -> String {
    format!("{} %", number::Percent::new(0, &[]).text(share * 100.0))
}

fn columns(cash: &Cash) -> Vec<Column> {
    let each = |id: &'static str, title: &'static str| Column::number(id, title).unit(format!("{}/TB", cash.symbol()));
    let short = |word: &str| format!("{}/{word}", cash.symbol());
    vec![
        Column::text("node", "NODE").bounds(4, 20),
        Column::number("used", "USED").unit("TB").priority(8),
        Column::number("paid_tb", "PAID").unit("TB").priority(9),
        each("per_used", "BY USED").short(short("USED")),
        each("per_paid", "BY PAID").short(short("PAID")).priority(6),
        each("per_egress", "BY EGRESS").short(short("OUT")).priority(10),
        Column::number("unpaid", "UNPAID").unit("TB").priority(7),
        Column::number("lost", "NOT EARNED").short("LOST").priority(3),
        Column::number("costs", "COSTS").priority(2),
        Column::number("profit", "PROFIT").priority(1),
        Column::number("margin", "MARGIN").priority(4),
        Column::number("return", "A YEAR").priority(11),
        Column::number("payback", "PAID BACK IN")
            .short("BACK IN")
            .first(Direction::Up)
            .priority(5),
    ]
}

fn cells(name: &str, yields: &Yields, costs: Option<&Costs>, cash: &Cash) -> Vec<Cell> {
    let tb = |bytes: Option<u64>| {
        bytes.map_or(Cell::unknown(), |bytes| {
            Cell::number(cash::tb(bytes as f64), bytes as f64)
        })
    };
    let of = |cell: fn(&Costs, &Cash) -> Cell| costs.map_or(Cell::unknown(), |costs| cell(costs, cash));
    let unpaid = (!yields.unpaid.is_empty()).then(|| yields.unpaid_bytes());
    vec![
        Cell::text(name.to_owned()),
        tb(yields.used),
        tb(yields.paid),
        cash.cell(yields.per_tb_used),
        cash.cell(yields.per_tb_paid),
        cash.cell(yields.per_tb_egress),
        tb(unpaid),
        cash.cell(yields.unpaid_worth()),
        of(|costs, cash| cash.cell(costs.total)),
        of(|costs, cash| {
            let loss = costs.profit.is_some_and(|profit| profit.0 < 0);
            let tone = if loss { Tone::Warn } else { Tone::Text };
            cash.cell(costs.profit).tone(tone)
        }),
        of(|costs, _| {
            costs
                .margin
                .map_or(Cell::unknown(), |share| Cell::number(percent(share), share))
        }),
        of(|costs, _| {
            costs
                .return_per_year
                .map_or(Cell::absent(), |share| Cell::number(a_year(costs, share), share))
        }),
        of(|costs, _| match (costs.payback_months, costs.invested, costs.left) {
            (Some(months), ..) => Cell::number(pays_back(costs, months), months),
            (None, Some(_), Some(_)) => Cell::number("never", f64::MAX).tone(Tone::Warn),
            (None, Some(_), None) => Cell::unknown(),
            (None, None, _) => Cell::absent(),
        }),
    ]
}

/// Node by node.
pub(super) fn table(book: &Book) -> Table {
    let cash = &book.cash;
    let row = |node: &NodeMoney| {
        let alone = std::slice::from_ref(node);
        let cells = cells(&node.node, &sums::yields(alone), node.costs.as_ref(), cash);
        Row::new(node.node.as_str(), cells)
    };
    let rows: Vec<Row> = book.nodes.iter().map(row).collect();
    let table = Table::new(columns(cash), rows).one_line();
    if book.nodes.len() < 2 {
        return table;
    }
    let foot = cells("fleet", &book.yields, book.costs.as_ref(), cash);
    table.foot(vec![Row::new("fleet", foot)])
}

fn held_columns(many: bool) -> Vec<Column> {
    let node = Column::text("node", "NODE").bounds(4, 16);
    vec![
        if many { node } else { node.hidden() },
        Column::text("satellite", "SATELLITE").short("SAT").bounds(4, 16),
        Column::number("age", "MONTH").priority(3),
        Column::number("rate", "RATE").priority(2),
        Column::text("next", "LESS FROM").priority(5),
        Column::number("taken", "HELD BACK").short("HELD").priority(4),
        Column::number("returned", "RETURNED").short("BACK").priority(6),
        Column::number("left", "LEFT"),
        Column::number("half", "COMES BACK").short("COMES"),
        Column::text("when", "WITH").bounds(4, 12),
    ]
}

fn held_row(node: &NodeMoney, one: &SatelliteMoney, cash: &Cash, shared: &Shared) -> Row {
    let held = &one.held;
    let (when, half) = held.half_back.unzip();
    let rate = one.held_percent.map_or(Cell::unknown(), |percent| {
        Cell::number(format!("{percent} %"), percent as f64)
    });
    let age = one
        .age_months
        .map_or(Cell::unknown(), |age| Cell::number(age.to_string(), f64::from(age)));
    let next = match held.next_rate {
        Some((month, percent)) => Cell::number(
            format!("{}: {percent} %", cash::short_month(month)),
            month.start_ms() as f64,
        ),
        None if one.held_percent == Some(0) => Cell::absent(),
        None => Cell::unknown(),
    };
    let half_cell = match half {
        Some(amount) => cash.cell(Some(amount)),
        None => Cell::absent(),
    };
    let with = when.map_or(Cell::absent(), |month| {
        Cell::number(cash::short_month(month), month.start_ms() as f64)
    });
    let cells = vec![
        Cell::text(node.node.clone()),
        Cell::text(one.name.clone()).of(&one.satellite_id),
        age,
        rate,
        next,
        cash.cell(Some(held.taken)),
        cash.some(held.returned),
        cash.cell(Some(held.left)),
        half_cell,
        with,
    ];
    let row = Row::new(open::key(&node.node, &one.satellite_id), cells);
    match one.disqualified_ms {
        Some(_) => row.mark(shared.theme.glyphs.critical, Tone::Bad),
        None => row,
    }
}

/// What each satellite keeps back, and when it comes back.
pub(super) fn held(book: &Book, shared: &Shared) -> Table {
    let cash = &book.cash;
    let rows = book.nodes.iter().flat_map(|node| {
        let satellites = node.satellites.iter();
        satellites.map(move |one| held_row(node, one, cash, shared))
    });
    let rows: Vec<Row> = rows.collect();
    let many = book.nodes.len() > 1;
    let table = Table::new(held_columns(many), rows)
        .empty("no satellite tells what it keeps back")
        .one_line();
    let held = &book.held;
    let mut foot = vec![Cell::empty(); held_columns(many).len()];
    foot[usize::from(!many)] = Cell::text(if many { "fleet" } else { "total" });
    foot[5] = cash.cell(Some(held.taken));
    foot[6] = cash.some(held.returned);
    foot[7] = cash.cell(Some(held.left));
    table.foot(vec![Row::new("total", foot)])
}
