//! The table of months: what was estimated, what the paystub said, what was sent. With all years, sums of each year.

use super::book::{Book, MonthSum};
use super::cash::{self, Cash};
use crate::api::money::{MonthState, Receipt, Stub};
use crate::domain::money::{Micro, Month};
use crate::ui::look::{Glyphs, Tone};
use crate::ui::number::Percent;
use crate::ui::shared::Shared;
use crate::ui::table::{Cell, Column, Row, Table};
use crate::ui::text;

/// A hash of a receipt is shown in so many columns.
const HASH: usize = 11;

/// `state`: the widest words about a month; `receipts`: whether any month has one.
fn columns(state: u16, receipts: bool) -> Vec<Column> {
    let receipt = Column::text("receipt", "RECEIPT").bounds(7, 14).priority(9);
    vec![
        Column::text("month", "MONTH"),
        Column::number("ours", "OURS").priority(2),
        Column::number("told", "NODE SAID").short("NODE").priority(4),
        Column::number("paystub", "PAYSTUB").priority(1),
        Column::number("difference", "DIFF").priority(3),
        Column::number("held", "HELD").priority(8),
        Column::number("returned", "RETURNED").short("BACK").priority(6),
        Column::number("postponed", "POSTPONED").short("POSTP").priority(5),
        Column::number("earlier", "EARLIER").short("EARL").priority(7),
        Column::number("sent", "SENT"),
        Column::text("state", "STATE").flexible(state),
        if receipts { receipt } else { receipt.hidden() },
    ]
}

/// Words about a month are at most so wide before other columns give way.
const WIDEST: usize = 34;

/// What a month is at, in words: with its receipts.
pub(super) fn state(sum: &MonthSum, book: &Book, glyphs: &Glyphs) -> (String, Tone) {
    let (mut words, tone) = at(sum, book, glyphs);
    if let Some(receipt) = receipt(sum, glyphs).filter(|_| sum.state == MonthState::Paid) {
        words = format!("{words} {receipt}");
    }
    (words, tone)
}

/// The one receipt of a month, or how many there are.
fn receipt(sum: &MonthSum, glyphs: &Glyphs) -> Option<String> {
    match sum.receipts.as_slice() {
        [] => None,
        [one] => Some(text::middle(&one.hash, HASH, glyphs)),
        many => Some(format!("{} receipts", many.len())),
    }
}

/// What a month is at: when and over which chain it was paid, what is missing.
fn at(sum: &MonthSum, book: &Book, glyphs: &Glyphs) -> (String, Tone) {
    let single = book.nodes.len() < 2;
    match sum.state {
        MonthState::Missing => {
            let missing = match sum.missing.as_slice() {
                [] => "no paystub".to_owned(),
                [(_, satellite)] if single => format!("no paystub of {satellite}"),
                [(node, satellite)] => format!("no paystub of {satellite} ({node})"),
                [(_, satellite), more @ ..] => match more.iter().all(|(_, other)| other == satellite) {
                    true => format!("no paystub of {satellite} ({} nodes)", more.len() + 1),
                    false => format!("{} paystubs missing", more.len() + 1),
                },
            };
            (format!("{} {missing}", glyphs.warning), Tone::Warn)
        }
        MonthState::Postponed if sum.receipts.is_empty() => match sum.postponed.as_slice() {
            [node] if !single => (format!("postponed: {node}"), Tone::Text),
            many if !single => (format!("postponed on {} nodes", many.len()), Tone::Text),
            _ => (sum.state.word().to_owned(), Tone::Text),
        },
        // Part of it was sent.
        MonthState::Postponed => {
            let who = match sum.postponed.as_slice() {
                [node] if !single => format!("{node} waits"),
                many if !single => format!("{} nodes wait", many.len()),
                _ => sum.state.word().to_owned(),
            };
            (format!("{who} · {}", sent(&sum.receipts)), Tone::Text)
        }
        MonthState::Paid => (format!("{}{}", sent_words(sum), with(&sum.brought)), Tone::Text),
        other => (other.word().to_owned(), Tone::Muted),
    }
}

/// When money came; of a month that only later payouts sent, with which.
fn sent_words(sum: &MonthSum) -> String {
    let nothing = sum.stub.is_none_or(|stub| stub.distributed == Micro(0));
    match sum.sent_with.as_slice() {
        [.., last] if nothing => match sum.sent_with.as_slice() {
            [first, _, ..] => format!("sent with {}–{}", cash::month_name(*first), cash::month_name(*last)),
            _ => format!("sent with {}", cash::month_name(*last)),
        },
        _ => sent(&sum.receipts),
    }
}

/// ` +Apr`: the months whose money came, too.
fn with(brought: &[Month]) -> String {
    match brought {
        [first, _, .., last] => format!(" +{}–{}", cash::month_name(*first), cash::month_name(*last)),
        months => months
            .iter()
            .map(|month| format!(" +{}", cash::month_name(*month)))
            .collect(),
    }
}

/// When and over which chain money came.
fn sent(receipts: &[Receipt]) -> String {
    let mut chains: Vec<&str> = Vec::new();
    for receipt in receipts {
        if !chains.contains(&receipt.chain.as_str()) {
            chains.push(&receipt.chain);
        }
    }
    let times = receipts.iter().filter_map(|receipt| receipt.time_ms);
    let mut words: Vec<String> = Vec::new();
    words.extend(times.max().map(cash::day));
    match (receipts, chains.as_slice()) {
        ([], _) => words.push(MonthState::Paid.word().to_owned()),
        (_, [_, _, ..]) => words.push(format!("{} chains", chains.len())),
        (_, chains) => words.extend(chains.iter().map(|chain| (*chain).to_owned())),
    }
    words.join(" ")
}

fn row(sum: &MonthSum, book: &Book, shared: &Shared) -> Row {
    let cash = &book.cash;
    let dim = |cell: Cell, whole: bool| if whole { cell } else { cell.tone(Tone::Muted) };
    let runs = sum.state == MonthState::Running;
    let ours = match (sum.ours.known(), runs) {
        (Some(net), true) => Cell::number(format!("~{}", cash.plain(net)), net.dollars()),
        (net, _) => cash.cell(net),
    };
    let (words, tone) = at(sum, book, &shared.theme.glyphs);
    let stub = sum.stub;
    let of = |amount: fn(&crate::api::money::Stub) -> Micro| match (stub.as_ref().map(amount), sum.state) {
        (None, MonthState::Running | MonthState::Waiting) => Cell::absent(),
        (None, _) => Cell::unknown(),
        (Some(amount), _) => cash.some(amount),
    };
    let settled = match (sum.paid(), sum.state) {
        (None, MonthState::Running | MonthState::Waiting) => Cell::absent(),
        (paid, _) => dim(cash.cell(paid), sum.stubs.is_whole() && sum.missing.is_empty()),
    };
    let sent = match (stub.map(|stub| stub.distributed), sum.state) {
        (None, MonthState::Running | MonthState::Waiting) => Cell::absent(),
        (sent, _) => cash.cell(sent),
    };
    let cells = vec![
        Cell::number(cash::short_month(sum.month), sum.month.start_ms() as f64),
        dim(ours, sum.ours.is_whole()),
        dim(cash.cell(sum.node.known()), sum.node.is_whole()),
        settled,
        difference(sum),
        of(|stub| stub.held),
        of(|stub| stub.disposed),
        of(|stub| stub.postponed),
        of(|stub| stub.earlier),
        sent,
        Cell::text(words).tone(tone),
        receipt(sum, &shared.theme.glyphs).map_or(Cell::absent(), |words| Cell::text(words).tone(Tone::Muted)),
    ];
    let row = Row::new(sum.month.to_string(), cells);
    let glyphs = &shared.theme.glyphs;
    match sum.state {
        MonthState::Missing => row.mark(glyphs.warning, Tone::Warn),
        MonthState::Postponed => row.mark(glyphs.note, Tone::Muted),
        _ => row,
    }
}

fn difference(sum: &MonthSum) -> Cell {
    let settled = !matches!(sum.state, MonthState::Running | MonthState::Waiting);
    match sum.difference {
        None if settled => Cell::unknown(),
        None => Cell::absent(),
        Some((by, from)) => cash::apart(by, from).map_or(Cell::absent(), |text| {
            let share = by.0 as f64 / from.0 as f64;
            // A paystub that is a tenth below what its days come to wants a look.
            let tone = match share {
                _ if !sum.compared_words().is_empty() => Tone::Muted,
                ..-0.1 => Tone::Warn,
                _ => Tone::Text,
            };
            Cell::number(text, share).tone(tone)
        }),
    }
}

/// The table; with all years in sections.
pub(super) fn table(book: &Book, all: bool, shared: &Shared) -> Table {
    let mut rows: Vec<Row> = book.months.iter().map(|sum| row(sum, book, shared)).collect();
    let glyphs = &shared.theme.glyphs;
    let widths = book.months.iter().map(|sum| text::width(&at(sum, book, glyphs).0));
    let receipts = book.months.iter().any(|sum| !sum.receipts.is_empty());
    let columns = columns(widths.max().unwrap_or(0).clamp(8, WIDEST) as u16, receipts);
    if shared.is_old() {
        rows.iter_mut().for_each(super::earned::stale);
    }
    if all {
        let years = years(&book.months);
        for (row, sum) in rows.iter_mut().zip(&book.months) {
            let place = years.iter().position(|year| year.year == sum.month.year());
            row.group = place.unwrap_or(0) as u16;
        }
        let words = years.iter().map(|year| year.words(&book.cash).into());
        let table = Table::new(columns, rows).groups(words.collect());
        return finished(table);
    }
    finished(Table::new(columns, rows))
}

fn finished(table: Table) -> Table {
    let table = table
        .empty("no month is known: paystubs come with the node's API or its databases")
        .one_line();
    table.quiet()
}

/// What all months that are shown came to: for the heading.
pub(super) fn sums(book: &Book) -> Vec<String> {
    let cash = &book.cash;
    let settled: Vec<&MonthSum> = book.months.iter().filter(|sum| sum.stub.is_some()).collect();
    if settled.len() < 2 {
        return Vec::new();
    }
    let paid: Micro = settled.iter().filter_map(|sum| sum.paid()).sum();
    let sent: Micro = settled
        .iter()
        .filter_map(|sum| sum.stub)
        .map(|stub| stub.distributed)
        .sum();
    let mut words = vec![format!("{} months: paystubs {}", settled.len(), cash.text(paid))];
    words.push(format!("sent {}", cash.text(sent)));
    words.extend(accuracy(&book.months));
    words
}

/// How near estimates were to paystubs: the median of all months.
fn accuracy(months: &[MonthSum]) -> Option<String> {
    let known = months.iter().filter_map(|sum| sum.difference);
    let mut shares: Vec<f64> = known
        .filter(|(_, from)| from.0 != 0)
        .map(|(by, from)| (by.0 as f64 / from.0 as f64).abs() * 100.0)
        .collect();
    shares.sort_by(f64::total_cmp);
    let median = shares.get(shares.len() / 2).filter(|_| shares.len() >= 2)?;
    let text = Percent::new(1, &[]).text(*median);
    Some(format!("estimates within {text} % of paystubs"))
}

/// A year's months.
#[derive(Default)]
pub(super) struct Year {
    pub(super) year: i32,
    /// All that was earned, settled or not: for its bar.
    pub(super) gross: crate::api::money::Parts<Micro>,
    /// So many months have paystubs, and the sums of those.
    settled: usize,
    stubs: Stub,
    /// Months without any, and what they earned by our own arithmetic.
    open: Vec<(Month, bool, Micro)>,
}

impl Year {
    /// `2026, 10 months settled: $74.10 gross · held back $2.10 · paystubs $72.00 · sent $71.22 · Nov so far $2.12 gross`
    pub(super) fn words(&self, cash: &Cash) -> String {
        let plural = if self.settled == 1 { "" } else { "s" };
        let mut words = match self.settled {
            0 => vec![format!("{}, no month settled", self.year)],
            settled => vec![
                format!(
                    "{}, {settled} month{plural} settled: {} gross",
                    self.year,
                    cash.text(self.stubs.gross)
                ),
                format!("paystubs {}", cash.text(self.stubs.paid)),
                format!("sent {}", cash.text(self.stubs.distributed)),
                format!("held back {}", cash.text(self.stubs.held)),
            ],
        };
        let running = self.open.iter().filter(|(_, runs, _)| *runs);
        words.extend(
            running.map(|(month, _, gross)| format!("{} so far {} gross", cash::month_name(*month), cash.text(*gross))),
        );
        let over: Vec<&(Month, bool, Micro)> = self.open.iter().filter(|(_, runs, _)| !runs).collect();
        let gross: Micro = over.iter().map(|(.., gross)| *gross).sum();
        match over.as_slice() {
            [] => {}
            [(month, ..)] => words.push(format!(
                "{} without paystub {} gross",
                cash::month_name(*month),
                cash.text(gross)
            )),
            many => words.push(format!("{} without paystub {} gross", many.len(), cash.text(gross))),
        }
        words.join(" · ")
    }
}

/// Months by year, the newest first.
pub(super) fn years(months: &[MonthSum]) -> Vec<Year> {
    let mut years: Vec<Year> = Vec::new();
    for sum in months {
        let year = sum.month.year();
        if years.last().is_none_or(|last| last.year != year) {
            years.push(Year {
                year,
                ..Year::default()
            });
        }
        let Some(last) = years.last_mut() else { continue };
        last.gross += sum.gross;
        match sum.stub {
            Some(stub) => {
                last.settled += 1;
                last.stubs += stub;
            }
            None => {
                let gross = sum.gross.each().into_iter().copied().sum();
                last.open.push((sum.month, sum.state == MonthState::Running, gross));
            }
        }
    }
    years
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn receipts_have_a_column_where_there_are_any() {
        for receipts in [false, true] {
            let column = columns(8, receipts).into_iter().find(|column| column.id == "receipt");
            assert_eq!(column.map(|column| column.shown), Some(receipts));
        }
    }
}
