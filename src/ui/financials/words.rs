//! The answer in words: so far, by the month's end, held, next payout, why not more, and what is wrong.

use super::book::{Book, Known, Total, unpaid_word};
use super::cash;
use super::yields::{pays_back, percent};
use crate::api::money::{Confidence, Costs, DifferenceReason, MonthState, NoteKind, Tallies};
use crate::domain::money::Micro;
use crate::ui::look::Tone;
use crate::ui::number;
use crate::ui::shared::Shared;

/// A figure with its name and what is said of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Said {
    /// What explanations call it.
    pub(super) what: &'static str,
    pub(super) label: &'static str,
    pub(super) value: String,
    pub(super) words: String,
    pub(super) tone: Tone,
    /// Beside others in one line: a shorter label, shorter words.
    pub(super) brief: &'static str,
    pub(super) short: String,
}

fn said(what: &'static str, label: &'static str, value: String, words: String) -> Said {
    Said {
        what,
        label,
        value,
        brief: label.trim_ascii(),
        short: String::new(),
        words,
        tone: Tone::Text,
    }
}

impl Said {
    fn short(self, short: impl Into<String>) -> Self {
        Self {
            short: short.into(),
            ..self
        }
    }

    fn brief(self, brief: &'static str) -> Self {
        Self { brief, ..self }
    }

    fn tone(self, tone: Tone) -> Self {
        Self { tone, ..self }
    }
}

/// Whose part of a sum is not known: ` without forge`.
fn without(book: &Book) -> String {
    match book.silent.as_slice() {
        [] => String::new(),
        [one] => format!(", without {one}"),
        many => format!(", without {} nodes", many.len()),
    }
}

/// The month in full: one line each.
pub(super) fn month(book: &Book, shared: &Shared) -> Vec<Said> {
    let mut lines = match book.is_past() {
        true => past(book, shared),
        false => running(book),
    };
    if !book.is_past() {
        lines.push(payout(book));
    }
    lines.push(held(book));
    lines
}

fn so_far(book: &Book, label: &'static str) -> Said {
    let cash = &book.cash;
    let sum = book.so_far.amounts;
    let nothing = sum.gross.0 == 0 && book.satellites.iter().all(|one| one.net().is_none());
    if nothing {
        return said(
            "so-far",
            label,
            number::UNKNOWN.to_owned(),
            "nobody tells what is earned".to_owned(),
        );
    }
    let prices = match book.so_far.without {
        0 => String::new(),
        1 => ", without a satellite whose prices are unknown".to_owned(),
        many => format!(", without {many} satellites of unknown prices"),
    };
    let held = match sum.held.0 {
        0 => String::new(),
        _ => format!(", {} held back", cash.text(sum.held)),
    };
    let words = format!("{} gross{}{prices}{held}", cash.text(sum.gross), without(book));
    let part = book.so_far.without > 0 || !book.silent.is_empty();
    let short = if part { "(not all)" } else { "" };
    said("so-far", label, format!("{} net", cash.text(sum.net)), words)
        .short(short)
        .tone(Tone::Accent)
}

fn running(book: &Book) -> Vec<Said> {
    let cash = &book.cash;
    let ahead = &book.ahead;
    let mut lines = vec![so_far(book, "so far")];
    lines.push(match ahead.ours {
        None => said(
            "month-end",
            "month end",
            number::UNKNOWN.to_owned(),
            "too little is known to estimate".to_owned(),
        ),
        Some(ours) => {
            let value = format!("~{} net", cash.text(ours.amounts.net));
            let said = |words: String| said("month-end", "month end", value, words).tone(Tone::Accent);
            match ahead.range {
                None => said("no range: no tally and price tell how far to trust it".to_owned()),
                Some((low, high)) => {
                    let range = cash.range(low, high);
                    said(format!("{range} (4 of 5 months)")).short(format!("({range})"))
                }
            }
        }
    });
    lines.push(node_says(book));
    let ours = ahead.ours.map(|ours| ours.amounts.net);
    let trend = ahead.trend.map(|trend| trend.amounts.net);
    let apart = trend
        .zip(ours)
        .and_then(|(trend, ours)| cash::apart(trend - ours, ours));
    let words = apart.map_or(String::new(), |apart| format!("{apart}, growing on"));
    let value = number::known(trend, |net| format!("~{}", cash.text(net)));
    lines.push(said("trend", "  by trend", value, words).brief("trend"));
    lines.push(confidence(book));
    lines
}

/// Why the node says another amount, in few words: the whole sentence is in its explanation.
fn because(reason: DifferenceReason) -> &'static str {
    match reason {
        DifferenceReason::RepairPrice => "repairs as audits",
        DifferenceReason::Rounding => "rounded parts",
        DifferenceReason::Disqualified => "satellites left out",
        DifferenceReason::Days => "days without report",
    }
}

fn node_says(book: &Book) -> Said {
    let cash = &book.cash;
    let Total { known, of, .. } = book.ahead.node;
    let Some(net) = book.ahead.node.known() else {
        let why = match book.nodes.iter().find_map(|node| node.error.as_deref()) {
            Some(error) => format!("not asked: {error}"),
            None => "no API tells it".to_owned(),
        };
        return said("node-says", "  node says", number::UNKNOWN.to_owned(), why);
    };
    let ours = book.ahead.ours.map(|ours| ours.amounts.net).filter(|_| known == of);
    let apart = ours.and_then(|ours| cash::apart(net - ours, ours));
    let words = match (apart, known == of) {
        (Some(apart), _) => {
            let differences = book.nodes.iter().flat_map(|node| &node.node_way.differences);
            let largest = differences.max_by_key(|difference| difference.amount.0.abs());
            largest.map_or(apart.clone(), |why| format!("{apart}: {}", because(why.reason)))
        }
        (None, false) => format!("by {known} of {of} nodes"),
        (None, true) => String::new(),
    };
    let tone = if known == of { Tone::Text } else { Tone::Muted };
    said("node-says", "  node says", cash.text(net), words)
        .tone(tone)
        .brief("node")
}

/// How many tallies are there.
pub(super) fn tally_words(tallies: Tallies) -> String {
    let mut words = format!("{} of {} tallies", tallies.current, tallies.satellites);
    if tallies.filled > 0 {
        let plural = if tallies.filled == 1 { "" } else { "s" };
        words += &format!(", {} gap{plural} filled", tallies.filled);
    }
    if tallies.missing > 0 {
        let plural = if tallies.missing == 1 { "" } else { "s" };
        words += &format!(", {} day{plural} missing", tallies.missing);
    }
    words
}

fn confidence(book: &Book) -> Said {
    let sure = book.ahead.confidence;
    let words = match (sure, book.ahead.because.first()) {
        (Confidence::Good, _) | (_, None) => tally_words(book.tallies),
        (_, Some(why)) => why.clone(),
    };
    let tone = match sure {
        Confidence::Good => Tone::Good,
        Confidence::Fair => Tone::Text,
        Confidence::Poor | Confidence::None => Tone::Warn,
    };
    said("confidence", "confidence", sure.word().to_owned(), words).tone(tone)
}

fn past(book: &Book, shared: &Shared) -> Vec<Said> {
    let cash = &book.cash;
    let mut lines = vec![so_far(book, "earned")];
    let Some(sum) = book.of_month() else { return lines };
    let glyphs = &shared.theme.glyphs;
    let (state, tone) = super::months::state(sum, book, glyphs);
    let settled = sum.paid();
    let apart = sum.difference.and_then(|(by, from)| cash::apart(by, from));
    let words = match (settled, apart) {
        (None, _) => state.clone(),
        (Some(_), Some(apart)) => format!("{apart} against ours{}", sum.compared_words()),
        (Some(_), None) => "nothing to compare it with".to_owned(),
    };
    lines.push(said("paystub", "paystubs", cash.known(settled), words).tone(Tone::Accent));
    if let Some(stub) = sum.stub {
        let mut more = Vec::new();
        for (amount, word) in [
            (stub.disposed, "given back in it"),
            (stub.earlier, "of earlier months"),
            (stub.postponed, "postponed"),
        ] {
            if amount.0 != 0 {
                more.push(format!("{} {word}", cash.text(amount)));
            }
        }
        if more.is_empty() || sum.state != MonthState::Paid {
            more.insert(0, state);
        }
        lines.push(said("sent", "sent", cash.text(stub.distributed), more.join(", ")).tone(tone));
    }
    let node = sum.node.known();
    let apart = node
        .zip(sum.ours.known())
        .and_then(|(node, ours)| cash::apart(node - ours, ours));
    let words = apart.map_or(String::new(), |apart| format!("{apart} against ours"));
    lines.push(said("node-says", "node said", cash.known(node), words));
    lines
}

fn payout(book: &Book) -> Said {
    let cash = &book.cash;
    match book.payout {
        None => {
            let waits = book.waits();
            let (words, short) = match waits.0 {
                0 => (
                    "satellites settle a month in the first two weeks of the next".to_owned(),
                    String::new(),
                ),
                _ => {
                    let waits = cash.text(waits);
                    (
                        format!("{waits} waits until it reaches the satellite's least payout"),
                        format!("({waits} waits)"),
                    )
                }
            };
            said("payout", "next payout", "no payout yet".to_owned(), words)
                .brief("payout")
                .short(short)
        }
        Some(next) => {
            let (first, last) = (cash::day(next.between_ms.0), cash::day(next.between_ms.1));
            let name = cash::month_name(next.month);
            let now_ms = book.nodes.first().map_or(next.about_ms, |node| node.now_ms);
            let days = in_days((next.about_ms - now_ms).div_euclid(86_400_000));
            let words = match next.known {
                // How many tell it is in the explanation.
                1 => format!("{days}, for {name}"),
                _ => format!("{days}, {}, for {name}", span(&first, &last)),
            };
            let about = format!("about {}", cash::day(next.about_ms));
            said("payout", "next payout", about, words).brief("payout")
        }
    }
}

/// How far off a day is.
fn in_days(days: i64) -> String {
    match days {
        ..0 => "any day now".to_owned(),
        0 => "today".to_owned(),
        1 => "tomorrow".to_owned(),
        days => format!("in {days} days"),
    }
}

/// Days from one to another: `8–11 Sep`, `30 Aug–2 Sep`.
fn span(first: &str, last: &str) -> String {
    match (first.split_once(' '), last.split_once(' ')) {
        (Some((day, month)), Some((_, other))) if month == other && first != last => number::range(day, last),
        _ => number::range(first, last),
    }
}

fn held(book: &Book) -> Said {
    let (cash, held) = (&book.cash, &book.held);
    let words = match held.coming.as_slice() {
        [] if held.left.0 == 0 && held.taken.0 == 0 => "no satellite holds money back".to_owned(),
        [] => format!("{} of it only at a graceful exit", cash.text(held.at_exit)),
        [first, more @ ..] => {
            let all: Micro = held.coming.iter().map(|back| back.amount).sum();
            let when = cash::short_month(first.month);
            match more {
                [] => format!("{} back with {when}", cash.text(all)),
                _ => format!("{} back from {when} on", cash.text(all)),
            }
        }
    };
    said("held", "held back", cash.text(held.left), words).brief("held")
}

/// What a TB brings, what is not paid, what it costs.
pub(super) fn yields(book: &Book) -> Vec<Said> {
    let (cash, yields) = (&book.cash, &book.yields);
    let tb = |bytes: Option<u64>| number::known(bytes, |bytes| format!("{} TB", cash::tb(bytes as f64)));
    let mut lines = vec![
        said(
            "per-tb-used",
            "per TB used",
            cash.known(yields.per_tb_used),
            match yields.used.zip(yields.paid).filter(|(used, paid)| paid > used) {
                // Which of them is wrong nobody can tell.
                Some(_) if yields.per_tb_used.is_none() => {
                    format!("{} used, less than paid", tb(yields.used))
                }
                _ => format!("{} used", tb(yields.used)),
            },
        ),
        said(
            "per-tb-paid",
            "per TB paid",
            cash.known(yields.per_tb_paid),
            match book.is_past() {
                true => format!("{} paid over the month", tb(yields.paid)),
                false => format!("{} by last tallies", tb(yields.paid)),
            },
        ),
        said(
            "per-tb-egress",
            "per TB egress",
            cash.known(yields.per_tb_egress),
            "with repairs and audits".to_owned(),
        ),
    ];
    if let Some(unpaid) = unpaid(book) {
        let parts = said("unpaid", "", String::new(), unpaid.words.clone());
        let words = unpaid.short.clone();
        lines.push(Said { words, ..unpaid });
        lines.extend((!parts.words.is_empty()).then_some(parts));
    }
    lines.extend(costs(book));
    lines
}

/// Why not more.
pub(super) fn unpaid(book: &Book) -> Option<Said> {
    let (cash, yields) = (&book.cash, &book.yields);
    let bytes = yields.unpaid_bytes() as f64;
    // What rounds to nothing is nothing to say.
    if yields.unpaid.is_empty() || cash::tb(bytes) == cash::tb(0.0) {
        return None;
    }
    let parts = yields.unpaid.iter().filter(|(_, bytes, _)| *bytes > 0);
    let parts: Vec<String> = parts
        .map(|(why, bytes, _)| format!("{} {}", unpaid_word(*why), cash::tb(*bytes as f64)))
        .collect();
    let worth = yields.unpaid_worth();
    let value = format!("{} TB", cash::tb(bytes));
    let short = worth.map_or(String::new(), |worth| format!("= {} a month", cash.text(worth)));
    Some(
        said("unpaid", "not paid", value, parts.join(", "))
            .brief("unpaid")
            .short(short),
    )
}

pub(super) fn costs(book: &Book) -> Vec<Said> {
    let cash = &book.cash;
    let Some(costs) = book.costs else {
        return vec![said(
            "costs",
            "costs",
            number::UNKNOWN.to_owned(),
            "E sets what a node costs".to_owned(),
        )];
    };
    let mut words = Vec::new();
    if let Some(profit) = costs.profit {
        let margin = costs
            .margin
            .map_or(String::new(), |margin| format!(" ({})", percent(margin)));
        words.push(format!("profit {}{margin}", cash.text(profit)));
    }
    if let (None, Some(lack)) = (costs.total, costs.lacks) {
        words.push(lack.words().to_owned());
    }
    let is_named = |costs: &Costs| costs.total.is_some() || book.costs.is_some_and(|all| all.total.is_none());
    let named = book
        .nodes
        .iter()
        .filter(|node| node.costs.as_ref().is_some_and(is_named));
    let named: Vec<&str> = named.map(|node| node.node.as_str()).collect();
    if named.len() < book.nodes.len() {
        words.push(match named.as_slice() {
            [one] => format!("only {one}"),
            many => format!("{} of {} nodes", many.len(), book.nodes.len()),
        });
    }
    let lacks = costs.lacks.filter(|_| costs.total.is_none());
    let short = lacks.map_or(String::new(), |lack| format!("({})", lack.brief()));
    let mut lines = vec![said("costs", "costs", cash.known(costs.total), words.join(", ")).short(short)];
    if let Some(invested) = costs.invested {
        let value = match (costs.payback_months, costs.left) {
            (Some(months), _) => pays_back(&costs, months),
            (None, Some(_)) => "never".to_owned(),
            (None, None) => number::UNKNOWN.to_owned(),
        };
        let whose = book.paid_back_words();
        // Of whom goes before of how much: that is in the explanation, too.
        let of = match whose.as_str() {
            "" => format!("of {}", cash.text(invested)),
            whose => whose.to_owned(),
        };
        let words = match (costs.lacks, costs.return_per_year) {
            (Some(lack), _) => format!("{of}, {}", lack.brief()),
            (None, Some(share)) if whose.is_empty() => format!("{} a year {of}", percent(share)),
            (None, Some(share)) => format!("{of}, {} a year", percent(share)),
            (None, None) => of,
        };
        let short = match whose.as_str() {
            "" => String::new(),
            whose => format!("({whose})"),
        };
        lines.push(said("payback", "pays back in", value, words).short(short));
    }
    lines
}

/// The mark of something to know.
pub(super) fn weight(kind: NoteKind, shared: &Shared) -> (&'static str, Tone) {
    let glyphs = &shared.theme.glyphs;
    match kind {
        NoteKind::Disqualified => (glyphs.critical, Tone::Bad),
        NoteKind::PaystubMissing | NoteKind::EarningsDrop | NoteKind::PriceUnknown | NoteKind::TallyMissing => {
            (glyphs.warning, Tone::Warn)
        }
        NoteKind::Postponed | NoteKind::NodeDiffers => (glyphs.note, Tone::Muted),
    }
}

/// It, with the nodes it is true of.
pub(super) fn note(known: &Known, book: &Book) -> String {
    match known.nodes.as_slice() {
        _ if book.nodes.len() < 2 => known.text.clone(),
        nodes if nodes.len() == book.nodes.len() => format!("all nodes: {}", known.text),
        [one] => format!("{one}: {}", known.text),
        [one, other] => format!("{one}, {other}: {}", known.text),
        nodes => format!("{} nodes: {}", nodes.len(), known.text),
    }
}

/// How old what is shown is.
pub(super) fn age(book: &Book, small: bool, shared: &Shared) -> String {
    let mut words = Vec::new();
    if let Some(second) = shared.moment() {
        let moment = number::moment(second * 1000, shared.now_ms, &shared.zone);
        words.push(format!("as of {moment}"));
    }
    if !book.is_past() {
        let of = if small { "" } else { " of the month" };
        words.push(format!("{}{of} gone", percent(book.gone())));
    }
    let silent: Vec<&str> = book
        .nodes
        .iter()
        .filter(|node| node.error.is_some())
        .map(|node| node.node.as_str())
        .collect();
    let oldest = book.nodes.iter().filter_map(|node| node.asked_ms).min();
    let asked = oldest.map(|ms| number::age(((shared.now_ms - ms).max(0) / 1000).unsigned_abs()));
    match (silent.as_slice(), asked) {
        ([], Some(age)) if shared.moment().is_none() => words.push(format!("asked {age} ago")),
        ([one], _) => words.push(format!("{one} does not answer")),
        ([_, _, ..], _) => words.push(format!("{} nodes do not answer", silent.len())),
        _ => {}
    }
    words.join(" · ")
}
