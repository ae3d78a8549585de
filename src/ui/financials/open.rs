//! A month that was opened: what each satellite of each node settled, its codes, and the receipts.

use std::collections::BTreeMap;

use super::book::Book;
use super::cash;
use super::round::{self, Adding};
use crate::api::money::{MonthState, Receipt, SatelliteMonth, SentPart, Stub};
use crate::domain::money::{Micro, Month};
use crate::ui::look::Tone;
use crate::ui::number;
use crate::ui::shared::Shared;
use crate::ui::table::{Cell, Column, Row, Table};

/// Columns whose amounts add up: ours, the node's, gross, held, returned, paid, postponed, earlier, sent, waiting.
const ADDING: &[Adding] = &[
    (2, 1, ""),
    (3, 1, ""),
    (4, 1, ""),
    (6, 1, ""),
    (7, 1, ""),
    (8, 1, ""),
    (9, 1, ""),
    (10, 1, ""),
    (11, 1, ""),
    (12, 1, ""),
];

/// What has anything in a month: with its node.
fn settled(book: &Book, month: Month) -> impl Iterator<Item = (&str, &SatelliteMonth)> {
    let of_node = move |node: &crate::api::money::NodeMoney| node.history.iter().position(|one| one.month == month);
    let nodes = book.nodes.iter();
    let found = nodes.filter_map(move |node| Some((node, node.history.get(of_node(node)?)?)));
    found.flat_map(|(node, month)| month.satellites.iter().map(move |one| (node.node.as_str(), one)))
}

/// The key of a row, and what the explanation finds it by.
pub(super) fn key(node: &str, satellite: &str) -> String {
    format!("{node}\t{satellite}")
}

pub(super) fn find<'a>(book: &'a Book, month: Month, wanted: &str) -> Option<(&'a str, &'a SatelliteMonth)> {
    settled(book, month).find(|(node, one)| key(node, &one.satellite_id) == wanted)
}

fn columns(many: bool, surge: bool) -> Vec<Column> {
    let node = Column::text("node", "NODE").bounds(4, 16);
    let surge_column = Column::number("surge", "SURGE").unit("%").priority(5);
    vec![
        if many { node } else { node.hidden() },
        Column::text("satellite", "SATELLITE").short("SAT").bounds(4, 16),
        Column::number("ours", "OURS").priority(4),
        Column::number("told", "NODE SAID").short("NODE").priority(6),
        Column::number("gross", "GROSS").priority(3),
        if surge { surge_column } else { surge_column.hidden() },
        Column::number("held", "HELD").priority(2),
        Column::number("returned", "RETURNED").short("BACK").priority(7),
        Column::number("paid", "PAID"),
        Column::number("postponed", "POSTPONED").short("POSTP").priority(8),
        Column::number("earlier", "EARLIER").short("EARL").priority(9),
        Column::number("sent", "SENT"),
        Column::number("waiting", "WAITS").priority(1),
        Column::text("codes", "CODES").priority(10),
    ]
}

/// What each satellite settled.
pub(super) fn stubs(book: &Book, month: Month, shared: &Shared) -> Table {
    let cash = &book.cash;
    let runs = is_open(book, month);
    let row = |(node, one): (&str, &SatelliteMonth)| {
        let of = |amount: fn(&Stub) -> Micro| one.stub.as_ref().map(amount);
        let none = || if runs { Cell::absent() } else { Cell::unknown() };
        let some = |amount: Option<Micro>| amount.map_or_else(none, |amount| cash.some(amount));
        let told = |amount: Option<Micro>| amount.map_or_else(none, |amount| cash.cell(Some(amount)));
        let codes = one.codes.iter().map(|(letter, _)| letter.as_str());
        let codes: Vec<&str> = codes.collect();
        let surge = one
            .surge_percent
            .map_or_else(none, |percent| Cell::number(percent.to_string(), percent as f64));
        let cells = vec![
            Cell::text(node.to_owned()),
            Cell::text(one.name.clone()).of(&one.satellite_id),
            cash.cell(one.ours),
            cash.cell(one.node),
            told(of(|stub| stub.gross)),
            surge,
            some(of(|stub| stub.held)),
            some(of(|stub| stub.disposed)),
            told(of(|stub| stub.paid)),
            some(of(|stub| stub.postponed)),
            some(of(|stub| stub.earlier)),
            told(of(|stub| stub.distributed)),
            cash.some(one.waits),
            Cell::text(codes.join(" ")),
        ];
        let row = Row::new(key(node, &one.satellite_id), cells);
        match (missing(book, node, month, &one.name), one.waits.0 > 0) {
            (true, _) => row.mark(shared.theme.glyphs.warning, Tone::Warn),
            (false, true) => row.mark(shared.theme.glyphs.note, Tone::Muted),
            (false, false) => row,
        }
    };
    let surge = settled(book, month).any(|(_, one)| one.surge_percent.is_some_and(|percent| percent != 100));
    let mut rows: Vec<Row> = settled(book, month).map(row).collect();
    let many = book.nodes.len() > 1;
    let foot = foot(book, month);
    if let Some(foot) = &foot {
        round::add_up(&mut rows, foot, ADDING, cash);
    }
    let table = Table::new(columns(many, surge), rows)
        .empty("nothing is known of this month")
        .one_line();
    table.foot(foot.into_iter().collect())
}

/// Whether its paystubs are still to come: there is nothing to know of them.
fn is_open(book: &Book, month: Month) -> bool {
    let sum = book.months.iter().find(|sum| sum.month == month);
    sum.is_some_and(|sum| matches!(sum.state, MonthState::Running | MonthState::Waiting))
}

fn missing(book: &Book, node: &str, month: Month, satellite: &str) -> bool {
    let node = book.nodes.iter().find(|one| one.node == node);
    let history = node.and_then(|node| node.history.iter().find(|one| one.month == month));
    history.is_some_and(|one| one.missing.iter().any(|name| name == satellite))
}

fn foot(book: &Book, month: Month) -> Option<Row> {
    let cash = &book.cash;
    let all: Vec<&SatelliteMonth> = settled(book, month).map(|(_, one)| one).collect();
    if all.len() < 2 {
        return None;
    }
    let sum = |of: &dyn Fn(&SatelliteMonth) -> Option<Micro>| {
        let known: Vec<Micro> = all.iter().filter_map(|one| of(one)).collect();
        let cell = cash.cell((!known.is_empty()).then(|| known.iter().copied().sum()));
        match known.len() == all.len() {
            true => cell,
            false => cell.tone(Tone::Muted),
        }
    };
    let runs = is_open(book, month);
    let stub = |of: fn(&Stub) -> Micro| match runs && all.iter().all(|one| one.stub.is_none()) {
        true => Cell::absent(),
        false => sum(&|one| one.stub.as_ref().map(of)),
    };
    Some(Row::new(
        "total",
        vec![
            Cell::text(if book.nodes.len() > 1 { "fleet" } else { "" }),
            Cell::text("total"),
            sum(&|one| one.ours),
            sum(&|one| one.node),
            stub(|stub| stub.gross),
            Cell::empty(),
            stub(|stub| stub.held),
            stub(|stub| stub.disposed),
            stub(|stub| stub.paid),
            stub(|stub| stub.postponed),
            stub(|stub| stub.earlier),
            stub(|stub| stub.distributed),
            sum(&|one| Some(one.waits)),
            Cell::empty(),
        ],
    ))
}

/// The receipts of a month: each links to the chain it went over.
pub(super) fn receipts(book: &Book, month: Month) -> Table {
    let many = book.nodes.len() > 1;
    let node = Column::text("node", "NODE").bounds(4, 16);
    let columns = vec![
        if many { node } else { node.hidden() },
        Column::text("satellite", "SATELLITE").short("SAT").bounds(4, 16),
        Column::number("amount", "AMOUNT"),
        Column::text("when", "TOLD").priority(2),
        Column::text("chain", "CHAIN").bounds(4, 16),
        Column::text("receipt", "RECEIPT").bounds(8, 70).priority(1),
        Column::text("link", "LINK").flexible(10),
    ];
    let row = |n: usize, node: &str, one: &SatelliteMonth, receipt: &Receipt| {
        let when = receipt
            .time_ms
            .map_or(Cell::unknown(), |ms| Cell::number(cash::day(ms), ms as f64));
        let cells = vec![
            Cell::text(node.to_owned()),
            Cell::text(one.name.clone()).of(&one.satellite_id),
            book.cash.cell(receipt.amount),
            when,
            Cell::text(receipt.chain.clone()),
            Cell::text(receipt.hash.clone()),
            match &receipt.link {
                Some(link) => Cell::text(link.clone()),
                None => Cell::absent(),
            },
        ];
        Row::new(format!("{}\t{n}", key(node, &one.satellite_id)), cells)
    };
    let rows = settled(book, month).flat_map(|(node, one)| {
        let receipts = one.receipts.iter().enumerate();
        receipts.map(move |(n, receipt)| (n, node, one, receipt))
    });
    let rows = rows.map(|(n, node, one, receipt)| row(n, node, one, receipt)).collect();
    Table::new(columns, rows)
        .empty("no receipt: nothing was sent for this month alone, or the node keeps none")
        .one_line()
}

/// What the letters mean, and what is worth a word: for below the table.
pub(super) fn words(book: &Book, month: Month) -> Vec<(String, Tone)> {
    let mut said: Vec<(String, Tone)> = Vec::new();
    let mut codes: Vec<(&str, &str)> = Vec::new();
    for (letter, told) in settled(book, month).flat_map(|(_, one)| &one.codes) {
        if !codes.iter().any(|(known, _)| known == letter) {
            codes.push((
                letter,
                meaning((letter, told), settled(book, month).map(|(_, one)| one)),
            ));
        }
    }
    let missing = book.months.iter().find(|sum| sum.month == month);
    if let Some(sum) = missing.filter(|sum| !sum.missing.is_empty()) {
        let who: Vec<String> = sum
            .missing
            .iter()
            .map(|(node, satellite)| format!("{satellite} for {node}"))
            .collect();
        said.push((
            format!(
                "No paystub of {}. They come in the first two weeks of the month after; what is paid then is not lost.",
                who.join(", ")
            ),
            Tone::Warn,
        ));
    }
    said.extend(parts(book, month));
    let waits: Micro = settled(book, month).map(|(_, one)| one.waits).sum();
    if waits.0 > 0 {
        said.push((
            format!(
                "{} of this month was not sent yet: it waits until it reaches the least payout.",
                book.cash.text(waits)
            ),
            Tone::Text,
        ));
    }
    said.extend(
        codes
            .into_iter()
            .map(|(letter, meaning)| (format!("{letter}: {meaning}"), Tone::Muted)),
    );
    said
}

/// What a letter means for those that bear it: who is in withholding may have been kept back nothing.
pub(super) fn meaning<'a>(
    (letter, meaning): (&str, &'a str),
    all: impl Iterator<Item = &'a SatelliteMonth>,
) -> &'a str {
    let mut bearing = all.filter(|one| one.codes.iter().any(|(other, _)| other == letter));
    match letter {
        "E" if bearing.all(|one| one.stub.is_some_and(|stub| stub.held.0 == 0)) => {
            "in withholding: nothing of it was kept back"
        }
        _ => meaning,
    }
}

/// With which payouts this month's money came, and of which months its own payout sent some.
fn parts(book: &Book, month: Month) -> Vec<(String, Tone)> {
    let sums = |of: fn(&SatelliteMonth) -> &Vec<SentPart>| {
        let mut sums: BTreeMap<Month, Micro> = BTreeMap::new();
        let all = settled(book, month).flat_map(|(_, one)| of(one));
        for part in all.filter(|part| part.month != month) {
            *sums.entry(part.month).or_default() += part.amount;
        }
        sums
    };
    let cash = |amount| book.cash.text(amount);
    let sent = sums(|one| &one.sent).into_iter();
    let sent = sent.map(|(at, amount)| format!("{} of it came with the payout for {}.", cash(amount), cash::month(at)));
    let brought = sums(|one| &one.brought).into_iter();
    let brought = brought.map(|(at, amount)| format!("{} of {} came with its payout.", cash(amount), cash::month(at)));
    sent.chain(brought).map(|words| (words, Tone::Text)).collect()
}

/// The heading: what the month is at.
pub(super) fn heading(book: &Book, month: Month, shared: &Shared) -> (String, String) {
    let sum = book.months.iter().find(|sum| sum.month == month);
    let state = sum.map_or(number::UNKNOWN.to_owned(), |sum| {
        super::months::state(sum, book, &shared.theme.glyphs).0
    });
    let title = format!(
        "{} (UTC), SETTLED AND SENT, {}",
        cash::month(month).to_uppercase(),
        book.cash.symbol()
    );
    (title, state)
}
