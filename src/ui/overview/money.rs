//! What nodes earn this month, as far as the status tells: a column, a line, and what they are.

use crate::api::money::Currency;
use crate::api::status::{Earnings, Node, ms};
use crate::domain::money::Micro;
use crate::ui::explain::{Explained, Fact};
use crate::ui::look::Tone;
use crate::ui::number;
use crate::ui::pane::Page;
use crate::ui::shared::Shared;
use crate::ui::table::Cell;

/// What is known of a sum over nodes, and whether each of them knows its part. Micro-dollars.
type Sum = (Option<i64>, bool);

/// A figure of a node. Micro-dollars.
type Of = fn(&Earnings) -> Option<i64>;

const SO_FAR: Of = |earned| earned.so_far_microusd;
const END: Of = |earned| earned.estimate_microusd;
const NODE_SAYS: Of = |earned| earned.node_estimate_microusd;
const HELD: Of = |earned| earned.held_microusd;

fn sum(nodes: &[&Node], of: fn(&Earnings) -> Option<i64>) -> Sum {
    let known = |node: &&&Node| node.earnings.as_ref().and_then(of);
    let all: Vec<i64> = nodes.iter().filter_map(|node| known(&node)).collect();
    let whole = all.len() == nodes.len();
    (all.into_iter().reduce(i64::saturating_add), whole)
}

/// Whether any node tells what it earned.
pub(super) fn is_known(shared: &Shared) -> bool {
    let mut earned = shared.nodes().iter().filter_map(|node| node.earnings.as_ref());
    earned.any(|earned| earned.so_far_microusd.is_some())
}

/// How the person reads amounts.
pub(super) fn currency(shared: &Shared) -> Currency {
    let told = shared.nodes().iter().find_map(|node| node.earnings.as_ref());
    told.map(|earned| earned.currency.clone()).unwrap_or_default()
}

/// Net of the month so far.
pub(super) fn cell(node: &Node) -> Cell {
    let told = node.earnings.as_ref();
    let so_far = told.and_then(|earned| Some(amount(earned.so_far_microusd?, &earned.currency)));
    so_far.unwrap_or(Cell::unknown())
}

fn amount(micro: i64, currency: &Currency) -> Cell {
    Cell::number(currency.plain(Micro(micro)), micro as f64)
}

/// That of all nodes; dim where one does not know its part.
pub(super) fn fleet(shared: &Shared) -> Cell {
    let nodes: Vec<&Node> = shared.nodes().iter().map(AsRef::as_ref).collect();
    let currency = currency(shared);
    match sum(&nodes, |earned| earned.so_far_microusd) {
        (None, _) => Cell::unknown(),
        (Some(micro), true) => amount(micro, &currency),
        (Some(micro), false) => amount(micro, &currency).tone(Tone::Muted),
    }
}

/// So many of the nodes know it.
fn known(nodes: &[&Node], of: fn(&Earnings) -> Option<i64>) -> usize {
    let known = |node: &&&Node| node.earnings.as_ref().and_then(of).is_some();
    nodes.iter().filter(known).count()
}

/// Draws the line of the month: of these nodes.
pub(super) fn line(page: &mut Page<'_>, nodes: &[&Node], heading: bool) {
    let Some(earned) = sum(nodes, SO_FAR).0 else { return };
    let currency = currency(page.shared);
    let text = |micro: i64| currency.text(Micro(micro));
    if heading {
        let title = format!("THIS MONTH (UTC), NET {}", currency.symbol);
        page.rule(&title, "6 Financials tells more");
    }
    let stale = page.shared.is_old();
    let strong = if stale { Tone::Stale } else { Tone::Text };
    let area = page.take(1);
    let mut pen = crate::ui::pen::Pen::new(page.buffer, area, &page.shared.theme);
    let all = nodes.len();
    // Where all sums are of the same nodes that is said once, else of each that lacks some.
    let counts = [SO_FAR, END, NODE_SAYS].map(|of| known(nodes, of));
    let common = counts.into_iter().all(|count| count == counts[0] || count == 0) && counts[0] < all;
    if common {
        pen.put(&format!(" {} of {all} nodes:", counts[0]), Tone::Muted);
    }
    let mut put = |label: &str, value: &str, of: Of| {
        let count = known(nodes, of);
        let part = match common && count == counts[0] || count == all {
            true => String::new(),
            false => format!(" ({count} of {all} nodes)"),
        };
        // What does not fit whole is left out.
        let wide = [label, value, &part].map(crate::ui::text::width).iter().sum::<usize>() + 2;
        if wide <= usize::from(pen.left()) {
            pen.put(&format!(" {label} "), Tone::Muted);
            pen.put(value, strong);
            pen.put(&format!("{part}  "), Tone::Muted);
        }
    };
    put(if heading { "so far" } else { "month so far" }, &text(earned), SO_FAR);
    if let (Some(end), _) = sum(nodes, END) {
        put("month end", &format!("~{}", text(end)), END);
    }
    if let (Some(told), _) = sum(nodes, NODE_SAYS) {
        put(if all > 1 { "nodes say" } else { "node says" }, &text(told), NODE_SAYS);
    }
    if let (Some(held @ 1..), _) = sum(nodes, HELD) {
        put("held back of it", &text(held), HELD);
    }
}

/// What the figure of a node is.
pub(super) fn explain(node: &Node, shared: &Shared) -> Explained {
    let Some(earned) = &node.earnings else {
        return Explained {
            title: format!("{}: what it earned this month", node.name),
            words: vec![
                "Nobody tells: name its API or its databases. Logs do not tell what a satellite pays.".to_owned(),
            ],
            ..Explained::default()
        };
    };
    let as_of = ms(earned.as_of.as_deref());
    let fact = |what: &str, micro: Option<i64>, from: &str| {
        let text = number::known(micro, |micro| earned.currency.text(Micro(micro)));
        Fact::new(what, text, from).since(as_of, shared.now_ms)
    };
    Explained {
        title: format!("{}: what it earned in {}", node.name, earned.month),
        sum: String::new(),
        facts: vec![
            fact("net so far", earned.so_far_microusd, "its tallies, traffic and prices"),
            fact("held back", earned.held_microusd, "by months since it joined"),
            fact("month end", earned.estimate_microusd, "tallies so far, gaps left out"),
            fact("node says", earned.node_estimate_microusd, "API estimated-payout"),
        ],
        words: vec![
            "Of the month of UTC, without what satellites hold back. Tallies come hours to a day late. 6 Financials \
             tells it by satellite and to the last digit."
                .to_owned(),
        ],
    }
}
