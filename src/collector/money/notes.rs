//! What one should know of a node's money, in words.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::analysis::money::{pace, settled};
use crate::api::money::{MonthState, NodeMoney, Note, NoteKind, Part, PriceSource};
use crate::domain::money::{Micro, Month, TB};

/// The gravest first.
pub fn of(money: &NodeMoney, fallen: Option<(pace::Less, &str)>) -> Vec<Note> {
    let mut notes = Vec::new();
    paystubs(money, &mut notes);
    if let Some(fallen) = fallen {
        drop(money, fallen, &mut notes);
    }
    satellites(money, &mut notes);
    differs(money, &mut notes);
    notes.sort_by_key(|note| note.kind);
    notes
}

/// `19 Aug`.
fn day(ms: i64) -> String {
    let time = Timestamp::from_millisecond(ms).unwrap_or_default();
    time.to_zoned(TimeZone::UTC).strftime("%-d %b").to_string()
}

fn days(days: &[i64]) -> String {
    match days {
        [] => String::new(),
        [one] => format!("on {}", day(*one)),
        [first, .., last] if *last - *first == (days.len() as i64 - 1) * super::DAY_MS => {
            format!("from {} to {}", day(*first), day(*last))
        }
        [first, .., last] => format!("on {} days between {} and {}", days.len(), day(*first), day(*last)),
    }
}

/// An amount as the user reads it.
fn cash(money: &NodeMoney, amount: Micro) -> String {
    money.currency.text(amount)
}

fn paystubs(money: &NodeMoney, notes: &mut Vec<Note>) {
    // Of a month that is over only what is true of it.
    let is_past = money.month < Month::of_ms(money.now_ms);
    let told = || {
        money
            .history
            .iter()
            .filter(|told| !is_past || told.month == money.month)
    };
    for month in told() {
        for name in &month.missing {
            notes.push(Note {
                kind: NoteKind::PaystubMissing,
                satellite: Some(name.clone()),
                text: format!("no paystub of {name} for {}", month.month),
                more:
                    "It should be there for weeks. The node asks for all its paystubs when it starts, and for the last \
                       month's twice a day: restart it. If none comes, compare the wallet; the money may have come \
                       though. Else ask in Storj's forum or the satellite's support."
                        .to_owned(),
            });
        }
    }
    let last = told().find(|month| month.is_settled);
    if let Some(month) = last.filter(|month| month.state == MonthState::Postponed) {
        let waiting: Micro = month.satellites.iter().map(|satellite| satellite.waiting).sum();
        if waiting < settled::CENT {
            return;
        }
        notes.push(Note {
            kind: NoteKind::Postponed,
            satellite: None,
            text: format!("{} wait until the least payout is reached", cash(money, waiting)),
            more:
                "What is below the least amount of a payout stays with the satellite and is sent with a later month; \
                   nothing is lost."
                    .to_owned(),
        });
    }
}

fn drop(money: &NodeMoney, (less, satellite): (pace::Less, &str), notes: &mut Vec<Note>) {
    let tb = |bytes: f64| format!("{:.2} TB", bytes / TB);
    let why = match less.of_worst.since_ms {
        Some(ms) => format!(
            "{satellite} lost most: it stores {} after {}, since {}. ",
            tb(less.of_worst.stored),
            tb(less.of_worst.stored_before),
            day(ms)
        ),
        None => format!("{satellite} lost most, though what it stores is not much less: its traffic or its prices. "),
    };
    notes.push(Note {
        kind: NoteKind::EarningsDrop,
        satellite: None,
        text: format!(
            "it earns {} % less than last month: {} a month after {} (gross)",
            less.percent,
            cash(money, less.now),
            cash(money, less.before)
        ),
        more: why
            + "Look whether a satellite is missing or suspended, whether stored data went (a compaction, a clean-up, \
               customers that left), and whether the node was offline. What an hour brings is compared, of satellites of \
               whom both months are known.",
    });
}

fn satellites(money: &NodeMoney, notes: &mut Vec<Note>) {
    for satellite in &money.satellites {
        let name = &satellite.name;
        let mut note = |kind, text, more: &str| {
            notes.push(Note {
                kind,
                satellite: Some(name.clone()),
                text,
                more: more.to_owned(),
            });
        };
        let in_month = |ms: &i64| (money.month.start_ms()..money.month.end_ms()).contains(ms);
        if let Some(ms) = satellite.disqualified_ms.filter(in_month) {
            let lost = match satellite.held.lost {
                Micro(0) => String::new(),
                lost => format!("; {} it kept back is lost", cash(money, lost)),
            };
            note(
                NoteKind::Disqualified,
                format!(
                    "{name} disqualified the node on {}: it pays nothing for this month{lost}",
                    day(ms)
                ),
                "What a satellite keeps back it keeps when it disqualifies.",
            );
            continue;
        }
        let is_there = |part: &Part| part.bytes > 0 || part.byte_hours.is_some();
        let parts = satellite.parts.each();
        if parts.iter().any(|part| part.amounts.is_none() && is_there(part)) {
            note(
                NoteKind::PriceUnknown,
                format!("the prices of {name} are unknown: sums are without it"),
                "The node has not told them yet. Prices to stand in can be set: money.fallback_disk_cents and the like.",
            );
        } else if satellite.price_source == Some(PriceSource::Fallback) && satellite.so_far.gross != Micro(0) {
            note(
                NoteKind::PriceUnknown,
                format!("the prices of {name} are those of the configuration"),
                "The node has not told its own yet.",
            );
        }
        if !satellite.missing_days.is_empty() {
            note(
                NoteKind::TallyMissing,
                format!("no storage report from {name} {}", days(&satellite.missing_days)),
                "The next report covers the time: no money is lost, the node's own estimate dips.",
            );
        } else if !satellite.filled_days.is_empty() {
            note(
                NoteKind::TallyMissing,
                format!(
                    "{name} sent no storage report {}; the next one covered it, no money lost",
                    days(&satellite.filled_days)
                ),
                "Node releases before 1.162 show less for such days in their own graph and estimate.",
            );
        }
    }
}

/// The node rounds to hundredths of a cent for each part of each satellite; what is more is worth a word.
const WORTH: i64 = 20_000;

fn differs(money: &NodeMoney, notes: &mut Vec<Note>) {
    let Some(told) = money.told.filter(|_| money.estimates.node.is_some()) else {
        return;
    };
    let difference = told.amounts.net - money.so_far.amounts.net;
    let is_worth = difference.0.abs() >= WORTH && difference.0.abs() * 50 >= money.so_far.amounts.net.0.abs();
    if is_worth {
        let why: Vec<String> = money
            .node_way
            .differences
            .iter()
            .map(|difference| format!("{} ({})", difference.text, cash(money, difference.amount)))
            .collect();
        let more = match why.is_empty() {
            true => "It was asked at another time.".to_owned(),
            false => format!("Before anything is kept back: {}.", why.join("; ")),
        };
        let word = if difference.0 > 0 { "more" } else { "less" };
        notes.push(Note {
            kind: NoteKind::NodeDiffers,
            satellite: None,
            text: format!(
                "the node itself says {} {word} so far",
                cash(money, Micro(difference.0.abs()))
            ),
            more,
        });
    }
}
