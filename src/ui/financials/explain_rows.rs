//! What the cells of the tables are, and the bars: by satellite, by node, by month.

use super::book::{Earned, MonthSum};
use super::cash;
use super::earned::By;
use super::explain::{Told, explained, month_of};
use super::months;
use super::open;
use super::{Financials, Sheet};
use crate::api::money::{Component, MonthState, NodeMoney, PriceSource, SatelliteMoney, SatelliteMonth, Stub};
use crate::domain::money::{Micro, Month, PAID_HOURS, TB};
use crate::ui::explain::{Explained, Fact};
use crate::ui::number;

/// A cell of a table.
pub(super) fn cell(told: &Told<'_>, pane: &Financials, what: &str, of: &str) -> Option<Explained> {
    if let Sheet::Open(at) = pane.sheet {
        let mut parts = of.splitn(3, '\t');
        let key = format!("{}\t{}", parts.next()?, parts.next()?);
        let (node, one) = open::find(told.book, at, &key)?;
        let told = settled(told, what, at, node, one);
        return Some(with_cents(told, what));
    }
    if let Some((node, satellite)) = of.split_once('\t') {
        let node = told.book.nodes.iter().find(|one| one.node == node)?;
        let one = node.satellites.iter().find(|one| one.satellite_id == satellite)?;
        return Some(held(told, node, one));
    }
    if let Some(sum) = told.book.satellites.iter().find(|sum| sum.key == of) {
        return earned(told, what, sum, true).map(|told| with_cents(told, what));
    }
    if pane.sheet == Sheet::Yields {
        return told_of_node(told, what, of);
    }
    match node_row(told, of) {
        Some(sum) => earned(told, what, &sum, false).map(|told| with_cents(told, what)),
        None => month(told, what, month_of(of)?),
    }
}

/// A node's row as it is shown: of one satellite, where it is looked at alone.
fn node_row(told: &Told<'_>, of: &str) -> Option<Earned> {
    let rows = super::earned::rows(told.book, By::Node, told.shared);
    let mut sum = rows.into_iter().find(|sum| sum.key == of)?;
    if let Some(id) = &told.shared.satellite {
        sum.name = format!("{}, {} only", sum.name, told.shared.satellite_name(id));
    }
    Some(sum)
}

/// Columns whose cents are shared out say so.
fn with_cents(mut explained: Explained, what: &str) -> Explained {
    let is_shared_out = matches!(
        what,
        "storage"
            | "egress"
            | "repair"
            | "audit"
            | "gross"
            | "held"
            | "net"
            | "month_end"
            | "ours"
            | "told"
            | "paid"
            | "returned"
            | "postponed"
            | "earlier"
            | "sent"
            | "waiting"
    );
    let words = "In the table cents are shared out so that rows give the sum below them: a cell may be a cent off.";
    explained.words.extend(is_shared_out.then(|| words.to_owned()));
    explained
}

fn told_of_node(told: &Told<'_>, what: &str, of: &str) -> Option<Explained> {
    let node = told.book.nodes.iter().find(|node| node.node == of)?;
    let book = super::book::Book::of(std::slice::from_ref(node));
    let alone = Told {
        book: &book,
        cash: told.cash,
        shared: told.shared,
    };
    let figure = match what {
        "used" | "per_used" | "node" => "per-tb-used",
        "paid_tb" | "per_paid" => "per-tb-paid",
        "per_egress" => "per-tb-egress",
        "unpaid" | "lost" => "unpaid",
        _ => "costs",
    };
    let mut explained = alone.yields(figure)?;
    explained.title = format!("{of}: {}", explained.title);
    Some(explained)
}

fn component_of(what: &str) -> Option<Component> {
    Some(match what {
        "storage" | "tbm" | "price" => Component::Storage,
        "egress" | "egress_tb" => Component::Egress,
        "repair" | "repair_tb" => Component::Repair,
        "audit" => Component::Audit,
        _ => return None,
    })
}

/// The satellites a row is of, with their nodes.
fn rows_of<'a>(
    told: &'a Told<'_>,
    sum: &'a Earned,
    by_satellite: bool,
) -> impl Iterator<Item = (&'a NodeMoney, &'a SatelliteMoney)> {
    let all = told.book.nodes.iter();
    let all = all.flat_map(|node| node.satellites.iter().map(move |one| (node, one)));
    let alone = told.shared.satellite.as_deref();
    all.filter(move |(node, one)| match by_satellite {
        true => one.satellite_id == sum.key,
        false => node.node == sum.key && alone.is_none_or(|id| id == one.satellite_id),
    })
}

/// `4.00 TB × 240 h ÷ 720 h × $1.49`
fn formula(told: &Told<'_>, component: Component, one: &SatelliteMoney) -> String {
    let (part, cash) = (one.parts.of(component), told.cash);
    let price = number::known(part.price, |cents| cash.text(cash.price(cents)));
    let price = match one.price_source {
        Some(PriceSource::Fallback) => format!("{price} of the configuration"),
        _ => price,
    };
    match component {
        Component::Storage => {
            let hours = part.byte_hours.unwrap_or(0.0);
            let stored = one.average_bytes.map_or(0.0, |bytes| bytes as f64);
            let covered = if stored > 0.0 { hours / stored } else { 0.0 };
            format!("{} TB × {covered:.0} h ÷ {PAID_HOURS:.0} h × {price}", cash::tb(stored))
        }
        _ => format!("{:.6} TB × {price}", part.bytes as f64 / TB),
    }
}

/// Who says the prices.
fn source(one: &SatelliteMoney) -> &'static str {
    match one.price_source {
        Some(PriceSource::Api) => "prices by its API",
        Some(PriceSource::Db) => "prices by its databases",
        Some(PriceSource::Fallback) => "prices of the configuration: the node told none",
        None => "its prices are unknown",
    }
}

fn component_words(component: Component) -> &'static str {
    match component {
        Component::Storage => {
            "Byte-hours as the satellite tallied them; a paid month is 720 h, however long it is. A tally covers the time \
             since the one before, so a missing day is made up by the next."
        }
        Component::Egress => "Bytes customers downloaded, as the node counts what was ordered.",
        Component::Repair => {
            "Bytes repairs elsewhere took. The node's own estimate prices them as audits; ours at the price of repairs."
        }
        Component::Audit => "Bytes of audits: they earn next to nothing, and are what the node is trusted by.",
    }
}

/// A cell of the month's table.
fn earned(told: &Told<'_>, what: &str, sum: &Earned, by_satellite: bool) -> Option<Explained> {
    let cash = told.cash;
    let facts = |of: &dyn Fn(&SatelliteMoney) -> (String, String)| {
        let rows = rows_of(told, sum, by_satellite);
        let fact = |(node, one): (&NodeMoney, &SatelliteMoney)| {
            let (value, from) = of(one);
            let name = if by_satellite { &node.node } else { &one.name };
            Fact::new(name, value, &from).since(one.asked_ms, told.shared.now_ms)
        };
        rows.map(fact).collect::<Vec<Fact>>()
    };
    let exact = |amount: Option<Micro>| number::known(amount, |amount| cash.exact(amount));
    if let Some(component) = component_of(what) {
        let part = sum.parts.of(component);
        let facts = facts(&|one| {
            let gross = one.parts.of(component).amounts.map(|amounts| amounts.gross);
            (exact(gross), formula(told, component, one))
        });
        let line = match facts.as_slice() {
            [one] => format!("{} = {}", one.from, one.value),
            _ => format!("{:.6} TB → {}", amount_of(component, part), exact(part.gross())),
        };
        let title = format!("{}: {} this month", sum.name, component.word());
        return Some(explained(title, line, facts, &[component_words(component)]));
    }
    let so_far = sum.so_far;
    let net = format!(
        "{} gross − {} held back = {} net",
        cash.exact(so_far.gross),
        cash.exact(so_far.held),
        cash.exact(so_far.net)
    );
    Some(match what {
        "held" | "rate" => {
            let of = |one: &SatelliteMoney| {
                let age = number::known(one.age_months, |age| age.to_string());
                let percent = number::known(one.held_percent, |percent| format!("{percent} %"));
                let from = format!("month {age}: {percent} of {}", cash.exact(one.so_far.gross));
                (cash.exact(one.so_far.held), from)
            };
            explained(format!("{}: held back this month", sum.name), net, facts(&of), &[HELD])
        }
        "month_end" => {
            let of = |one: &SatelliteMoney| {
                let ours = number::known(one.month_end, |end| format!("~{}", cash.text(end.net)));
                (ours, format!("the node says {}", cash.known(one.node_month_end)))
            };
            month_end(told, sum, facts(&of), by_satellite)
        }
        _ => {
            let of = |one: &SatelliteMoney| (cash.exact(one.so_far.net), source(one).to_owned());
            explained(format!("{}: earned this month", sum.name), net, facts(&of), &[NET])
        }
    })
}

const HELD: &str = "75 % in months 1–3 since the node joined, 50 % in 4–6, 25 % in 7–9, nothing from the 10th on. An unknown \
    rate counts as none. Months are counted by the calendar, as the node does; satellites go by days, so the rate may \
    change a month apart.";
const NET: &str = "Storage, egress, repairs and audits, without what is held back. Cents of a column are rounded so that \
    they give the sum below it.";
const END: &str = "What tallies cover goes on as it was on the average, gaps left out; traffic as the month so far. The node \
    takes all minutes for those so far, and dips while a tally is late.";

/// TB, of storage those of a paid month.
fn amount_of(component: Component, part: &super::book::PartSum) -> f64 {
    match component {
        Component::Storage => part.byte_hours / PAID_HOURS / TB,
        _ => part.bytes as f64 / TB,
    }
}

fn month_end(told: &Told<'_>, sum: &Earned, mut facts: Vec<Fact>, by_satellite: bool) -> Explained {
    let cash = told.cash;
    let (ours, node) = (sum.month_end.known(), sum.node_month_end.known());
    let line = ours.zip(node).map_or(String::new(), |(ours, node)| {
        let apart = cash::apart(node - ours, ours).map_or(String::new(), |apart| format!(", {apart}"));
        let by = cash.text(node - ours);
        format!(
            "the node's {} − ours {} = {by}{apart}",
            cash.text(node),
            cash.text(ours)
        )
    });
    // Why it differs is known of a node as a whole.
    if !by_satellite && told.shared.satellite.is_none() {
        facts.extend(told.differences(|node| node.node == sum.key));
    }
    explained(format!("{}: net by the month's end", sum.name), line, facts, &[END])
}

/// A month, over nodes.
pub(super) fn month(told: &Told<'_>, what: &str, at: Month) -> Option<Explained> {
    let cash = told.cash;
    let sum = told.book.months.iter().find(|sum| sum.month == at)?;
    if let Some(part) = part_of(what).filter(|_| sum.stub.is_some()) {
        return Some(made_of(told, sum, part));
    }
    let of_month = |node: &NodeMoney| node.history.iter().position(|one| one.month == at);
    let mut facts = told.of_nodes(|node| {
        let one = &node.history[of_month(node)?];
        let stub = one.stub.map(|stub| stub.paid);
        let from = format!(
            "paystub; ours {}, the node's {}",
            cash.known(one.ours),
            cash.known(one.node)
        );
        Some((cash.known(stub), from))
    });
    if what == "difference" && !sum.compared_words().is_empty() {
        let of = format!("{} of {} nodes", sum.compared, sum.stubs.of);
        facts.push(Fact::new("compared", of, "those that know both"));
    }
    let words = match what {
        "ours" => {
            "What its days come to by our own arithmetic, net; of the month that runs, what they will by its end."
        }
        "told" => "The node's last word about the month, net, as it was kept; of the month that runs, what it expects.",
        "difference" => {
            "The paystub, without what was given back, without ours; in percent of ours. Only of nodes and satellites \
             that know both: where some do not, it is dim."
        }
        "receipt" => "The transaction the money was sent with, or how many there are: Enter lists them, with links.",
        "state" => "running → waiting for paystubs → postponed or paid. A paystub that did not come in time is named.",
        _ => {
            "What satellites settled, as the node's own payout page says paid: what was given back is in it, what was held \
             back is not. Without what was postponed, with what is of earlier months, it is what was sent. Paystubs come in \
             the first two weeks of the month after."
        }
    };
    let state = months::state(sum, told.book, &told.shared.theme.glyphs).0;
    Some(explained(
        format!("{}: {state}", cash::month(at)),
        flow(sum, told),
        facts,
        &[words],
    ))
}

/// A figure of paystubs: its word, where it is, what it means.
type StubPart = (&'static str, fn(&Stub) -> Micro, &'static str);

fn part_of(what: &str) -> Option<StubPart> {
    Some(match what {
        "held" => (
            "held back",
            |stub| stub.held,
            "Kept back by the paystubs of this month.",
        ),
        "returned" => (
            "given back",
            |stub| stub.disposed,
            "Given back of what was kept back earlier: with month 16, and after a graceful exit. Part of the paystub.",
        ),
        "postponed" => (
            "postponed",
            |stub| stub.postponed,
            "Of this month's paystubs not sent with its payout: below the least payout, it waits for a later one.",
        ),
        "earlier" => (
            "of earlier months",
            |stub| stub.earlier,
            "Of what was sent, what was for earlier months.",
        ),
        "sent" => (
            "sent",
            |stub| stub.distributed,
            "Really transferred with this month's payout. Enter shows receipts with their links.",
        ),
        _ => return None,
    })
}

/// What such a figure is made of: by node, and which satellites it is of; of one node by satellite.
fn made_of(told: &Told<'_>, sum: &MonthSum, (word, of, meaning): StubPart) -> Explained {
    let cash = told.cash;
    let all: Micro = sum.stub.iter().map(of).sum();
    let parts = |node: &NodeMoney| -> Vec<(String, Micro)> {
        let month = node.history.iter().find(|one| one.month == sum.month);
        let satellites = month.into_iter().flat_map(|one| &one.satellites);
        let known = satellites.filter_map(|one| Some((one.name.clone(), of(one.stub.as_ref()?))));
        known.filter(|(_, amount)| amount.0 != 0).collect()
    };
    let facts: Vec<Fact> = match told.book.nodes.as_slice() {
        [one] => parts(one)
            .into_iter()
            .map(|(name, amount)| {
                Fact::new(&name, cash.exact(amount), "its paystub").since(one.asked_ms, told.shared.now_ms)
            })
            .collect(),
        _ => told.of_nodes(|node| {
            let parts = parts(node);
            let sum: Micro = parts.iter().map(|(_, amount)| *amount).sum();
            let from: Vec<String> = parts
                .iter()
                .map(|(name, amount)| format!("{name} {}", cash.exact(*amount)))
                .collect();
            (!parts.is_empty()).then(|| (cash.exact(sum), from.join(", ")))
        }),
    };
    let line = match facts.as_slice() {
        [] => String::new(),
        facts => {
            let each: Vec<String> = facts
                .iter()
                .map(|fact| format!("{} {}", fact.what, fact.value))
                .collect();
            format!("{} {word}: {}", cash.exact(all), each.join(", "))
        }
    };
    let state = months::state(sum, told.book, &told.shared.theme.glyphs).0;
    let flow = format!("{state}. {}.", flow(sum, told));
    let title = format!("{}: {} {word}", cash::month(sum.month), cash.text(all));
    explained(title, line, facts, &[meaning, &flow])
}

/// How a paystub becomes what was sent.
fn flow(sum: &MonthSum, told: &Told<'_>) -> String {
    let cash = told.cash;
    match sum.stub {
        Some(stub) => {
            let back = match stub.disposed.0 {
                0 => String::new(),
                _ => format!(" + {} given back", cash.text(stub.disposed)),
            };
            let paid = cash.text(stub.paid);
            format!(
                "{} gross − {} held{back} = {paid} paystub{}",
                cash.text(stub.gross),
                cash.text(stub.held),
                sent(&stub, told)
            )
        }
        _ if sum.state == MonthState::Running => format!("{} by the month's end", cash.known(sum.ours.known())),
        _ => String::new(),
    }
}

/// What of a paystub was sent, and what came with it.
fn sent(stub: &Stub, told: &Told<'_>) -> String {
    let cash = told.cash;
    let mut line = String::new();
    if stub.postponed.0 != 0 {
        line += &format!(" − {} postponed", cash.text(stub.postponed));
    }
    if stub.earlier.0 != 0 {
        line += &format!(" + {} of earlier months", cash.text(stub.earlier));
    }
    format!("{line} = {} sent", cash.text(stub.distributed))
}

/// A bar: a month or a year.
pub(super) fn bar(told: &Told<'_>, of: &str) -> Option<Explained> {
    let cash = told.cash;
    let (name, parts, expected) = match month_of(of) {
        Some(at) => {
            let sum = told.book.months.iter().find(|sum| sum.month == at)?;
            (cash::month(at), sum.gross, sum.expected())
        }
        None => {
            let years = months::years(&told.book.months);
            let year = years.into_iter().find(|year| year.year.to_string() == of)?;
            (of.to_owned(), year.gross, None)
        }
    };
    let all: Micro = parts.each().into_iter().copied().sum();
    let mut facts: Vec<Fact> = Component::ALL
        .into_iter()
        .map(|component| {
            let amount = *parts.of(component);
            let share = cash::share(amount.dollars(), all.dollars()).unwrap_or_default();
            Fact::new(component.word(), cash.text(amount), &share)
        })
        .collect();
    if let Some(expected) = expected {
        facts.push(Fact::new(
            "by its end",
            format!("~{}", cash.text(expected)),
            "by tallies",
        ));
    }
    Some(explained(
        format!("{name}: {} gross", cash.text(all)),
        String::new(),
        facts,
        &["Before anything is held back; by paystubs, and by our own arithmetic where there is none yet (~)."],
    ))
}

/// A satellite's month.
fn settled(told: &Told<'_>, what: &str, at: Month, node: &str, one: &SatelliteMonth) -> Explained {
    let cash = told.cash;
    let stub = |of: fn(&Stub) -> Micro| cash.known(one.stub.as_ref().map(of));
    let mut facts = vec![
        Fact::new("ours, net", cash.known(one.ours), "its days"),
        Fact::new("the node's, net", cash.known(one.node), "its last word"),
    ];
    for component in Component::ALL {
        let gross = cash.text(*one.gross.of(component));
        let from = if one.stub.is_some() {
            "paystub, gross"
        } else {
            "ours, gross"
        };
        facts.push(Fact::new(component.word(), gross, from));
    }
    facts.push(Fact::new("held back", stub(|stub| stub.held), "paystub"));
    for receipt in &one.receipts {
        let link = receipt.link.as_deref().unwrap_or(&receipt.hash);
        let fact = Fact::new(&receipt.chain, cash.known(receipt.amount), link);
        facts.push(fact.since(receipt.time_ms, told.shared.now_ms));
    }
    let sum = one.stub.map_or(String::new(), |stub| {
        let back = match stub.disposed.0 {
            0 => String::new(),
            _ => format!(" + {} given back", cash.text(stub.disposed)),
        };
        format!(
            "{} gross − {} held{back} = {} paid{}",
            cash.text(stub.gross),
            cash.text(stub.held),
            cash.text(stub.paid),
            sent(&stub, told)
        )
    });
    let mut explained = explained(format!("{} of {node}, {}", one.name, cash::month(at)), sum, facts, &[]);
    for part in one.sent.iter().filter(|part| part.month != at) {
        let words = format!("of it came with the payout for {}.", cash::month(part.month));
        explained.words.push(format!("{} {words}", cash.text(part.amount)));
    }
    if one.waits.0 > 0 {
        let words = "of it was not sent yet: it waits for the least payout.";
        explained.words.push(format!("{} {words}", cash.text(one.waits)));
    }
    for part in &one.brought {
        let words = format!("of {} came with this month's payout.", cash::month(part.month));
        explained.words.push(format!("{} {words}", cash.text(part.amount)));
    }
    if one.surge_percent.is_some_and(|percent| percent != 100) || what == "surge" {
        let percent = number::known(one.surge_percent, |percent| format!("{percent} %"));
        explained
            .words
            .push(format!("Surge: {percent} of what was earned was paid; 100 % is usual."));
    }
    for (letter, meaning) in &one.codes {
        let meaning = open::meaning((letter, meaning), std::iter::once(one));
        explained.words.push(format!("{letter}: {meaning}."));
    }
    explained
}

/// What a satellite keeps back.
fn held(told: &Told<'_>, node: &NodeMoney, one: &SatelliteMoney) -> Explained {
    let (cash, held) = (told.cash, &one.held);
    let joined = number::known(one.joined_ms, |ms| number::date(ms, &jiff::tz::TimeZone::UTC));
    let mut facts = vec![Fact::new("joined", joined, "API satellites").since(one.asked_ms, told.shared.now_ms)];
    if let Some((month, percent)) = held.next_rate {
        facts.push(Fact::new(
            &format!("from {}", cash::short_month(month)),
            format!("{percent} %"),
            "by months since it joined",
        ));
    }
    if let Some((month, amount)) = held.half_back {
        facts.push(Fact::new(
            &format!("back with {}", cash::short_month(month)),
            cash.text(amount),
            "half of what is held now",
        ));
        if held.half_more.0 > 0 {
            facts.push(Fact::new(
                "and about",
                cash.text(held.half_more),
                "half of what is kept back until then, at the present pace",
            ));
        }
    }
    explained(
        format!("{} on {}: {} held back", one.name, node.node, cash.text(held.left)),
        format!(
            "{} held − {} given back = {}",
            cash.exact(held.taken),
            cash.exact(held.returned),
            cash.exact(held.left)
        ),
        facts,
        &[
            "75 % in months 1–3, 50 % in 4–6, 25 % in 7–9, then nothing. Half comes back with month 16, the rest at a \
           graceful exit; who is disqualified loses it.",
        ],
    )
}
