//! What is wrong with a node's money: paystubs that do not come, a month that earns far less.

use super::{Evidence, Findings, span};
use crate::domain::health::{Rule, State};
use crate::domain::money::{Month, TB};
use crate::support::clock::HOUR_MS;

/// What was found.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Money {
    /// Paystubs that should be there, the newest month first.
    pub lacking: Vec<Lacking>,
    /// A month that earns far less than the one before.
    pub fallen: Option<Fallen>,
}

/// A month without a paystub of satellites that owe one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lacking {
    /// The month.
    pub month: Month,
    /// Whose, as people call them.
    pub satellites: Vec<String>,
    /// What the month earned with them before anything is kept back, as the user reads it; by some of its days only.
    pub amount: String,
    /// See `amount`.
    pub at_least: bool,
    /// When they should have been there, ms since the epoch.
    pub due_ms: i64,
    /// When the node told of its paystubs last, ms since the epoch.
    pub asked_ms: i64,
}

/// A month that earns far less.
#[derive(Debug, Clone, PartialEq)]
pub struct Fallen {
    /// So many percent.
    pub percent: u32,
    /// A month at the pace of the month before, as the user reads it; before anything is kept back.
    pub before: String,
    /// A month at the present pace.
    pub now: String,
    /// The satellite that lost most, as people call it.
    pub satellite: String,
    /// What it stored then and stores now, bytes.
    pub stored: (f64, f64),
    /// Since when that is less, ms since the epoch; `None`: it is not.
    pub since_ms: Option<i64>,
}

/// A node that began to run asks for all paystubs, and once more after so long.
const FETCHES_MS: i64 = 12 * HOUR_MS;

pub(super) fn judge(found: &mut Findings, evidence: &Evidence) {
    let told = evidence.told.as_ref().and_then(|told| told.process.started_ms);
    let started = told.or(evidence.started_ms);
    let is_new = started.is_some_and(|ms| evidence.now_ms - ms < FETCHES_MS);
    for lacking in evidence.money.lacking.iter().filter(|_| !is_new) {
        let text = format!(
            "no paystub of {} for {}, which earned {} {}: overdue for {}, the node was asked {} → restart the node, it \
             asks for all of them then; if none comes, see its payout page and wallet, and ask in Storj's forum",
            lacking.satellites.join(", "),
            lacking.month,
            if lacking.at_least { "at least" } else { "about" },
            lacking.amount,
            span(evidence.now_ms - lacking.due_ms),
            super::ago(evidence.now_ms - lacking.asked_ms)
        );
        found.say(State::Warning, Rule::PaystubMissing, text);
    }
    if let Some(fallen) = &evidence.money.fallen {
        found.say(State::Warning, Rule::EarningsDrop, fallen_text(fallen, evidence.now_ms));
    }
}

fn fallen_text(fallen: &Fallen, now_ms: i64) -> String {
    let Fallen {
        percent,
        before,
        now,
        satellite,
        ..
    } = fallen;
    let tb = |bytes: f64| format!("{:.2}", bytes / TB);
    let (why, act) = match fallen.since_ms {
        Some(ms) => (
            format!(
                "{satellite} stores {} TB after {} for {}",
                tb(fallen.stored.1),
                tb(fallen.stored.0),
                span(now_ms - ms)
            ),
            "was data deleted, moved or lost? See 4 Storage and 8 Maintenance",
        ),
        None => (
            format!("{satellite} pays least of what it did"),
            "customers download less, or prices fell: see 6 Financials",
        ),
    };
    format!("it earns {percent} % less than last month, {now} a month after {before} (gross): {why} → {act}")
}
