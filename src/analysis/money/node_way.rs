//! The node's own estimate, worked out as the node does it: to check its word, and to stand in where it has no API.
//!
//! Releases up to 1.161 add up all tallies of the month; from 1.162 on it is the area under the daily graph, in which
//! days without a tally have the rate of the next one, or of the last. Both price repairs as audits, and round parts to
//! hundredths of a cent.

use super::usage::{midnight, tallies};
use super::{Account, DAY_MS, HOUR_MS, held, pay};
use crate::domain::earned::{Amounts, Difference, DifferenceReason};
use crate::domain::money::{Micro, Month, PAID_HOURS, TB};
use crate::domain::payout::NodeEstimate;

/// How a release counts what is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counts {
    /// Up to 1.161.
    Tallies,
    /// From 1.162 on.
    Graph,
}

impl Counts {
    /// How a release does it; the newest way, where it is unknown.
    pub fn of(version: Option<&str>) -> Self {
        let mut numbers = version
            .unwrap_or_default()
            .split('.')
            .map(|part| part.parse::<u32>().ok());
        match (numbers.next().flatten(), numbers.next().flatten()) {
            (Some(major), Some(minor)) if (major, minor) < (1, 162) => Self::Tallies,
            _ => Self::Graph,
        }
    }
}

/// Half away from zero, two places.
fn round2(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

/// Cents to micro-dollars.
fn micro(cents: f64) -> Micro {
    Micro((cents * 10_000.0).round() as i64)
}

/// Byte-hours of the month until `now_ms`, as a release counts.
fn byte_hours(account: &Account<'_>, month: Month, now_ms: i64, counts: Counts) -> f64 {
    let (from, to) = (month.start_ms(), month.end_ms());
    match counts {
        Counts::Tallies => {
            let days = account.stored.iter().filter(|day| !day.calculated);
            let days = days.filter(|day| (from..to).contains(&day.start_ms) && day.start_ms <= now_ms);
            days.map(|day| day.byte_hours).sum()
        }
        Counts::Graph => area(account, (from, to.min(now_ms))),
    }
}

/// The area under the daily graph between two times.
fn area(account: &Account<'_>, (from, through): (i64, i64)) -> f64 {
    let known = tallies(account.stored);
    let rate_of = |day_ms: i64| {
        let row = account.stored.iter().find(|row| row.start_ms == day_ms);
        row.and_then(|row| row.bytes)
    };
    let rates: Vec<(i64, f64)> = known
        .iter()
        .filter(|tally| tally.day_ms < through)
        .map(|tally| {
            (
                midnight(tally.day_ms),
                rate_of(tally.day_ms).unwrap_or_else(|| tally.bytes()),
            )
        })
        .collect();
    let Some((first, last)) = rates.first().zip(rates.last()) else {
        return 0.0;
    };
    let mut sum = 0.0;
    let mut day = from.max(first.0);
    while day < through {
        // The day's own, that of the next tally, or the last.
        let next = rates.partition_point(|(tally, _)| *tally < day);
        let rate = rates.get(next).unwrap_or(last).1;
        sum += rate * ((day + DAY_MS).min(through) - day) as f64 / HOUR_MS as f64;
        day += DAY_MS;
    }
    sum
}

fn moved(account: &Account<'_>, month: Month, now_ms: i64) -> (u64, u64, u64) {
    let range = month.start_ms()..month.end_ms();
    let days = account.moved.iter();
    let days = days.filter(|day| range.contains(&day.start_ms) && day.start_ms <= now_ms);
    days.fold((0, 0, 0), |(egress, repair, audit), day| {
        (
            egress + day.egress,
            repair + day.egress_repair,
            audit + day.egress_audit,
        )
    })
}

/// What the node says of a satellite's month at `now_ms`. A past month is priced as today, as the node does.
pub fn estimate(account: &Account<'_>, month: Month, now_ms: i64, counts: Counts) -> NodeEstimate {
    let prices = account.prices.unwrap_or_default();
    let (egress, repair, audit) = moved(account, month, now_ms);
    let byte_months = byte_hours(account, month, now_ms, counts) / PAID_HOURS;
    let for_bytes = |bytes: u64, cents: i64| round2((bytes as i64).saturating_mul(cents) as f64 / TB);
    let for_egress = for_bytes(egress, prices.egress);
    let for_repair_audit = for_bytes(repair + audit, prices.audit);
    let for_storage = round2(byte_months * prices.disk as f64 / TB);
    let held_percent = held::percent(account.joined_ms, month).unwrap_or(0);
    let held = (for_storage + for_egress + for_repair_audit) * held_percent as f64 / 100.0;
    let net = round2(for_storage + for_egress + for_repair_audit - held);
    let is_running = (month.start_ms()..month.end_ms()).contains(&now_ms);
    NodeEstimate {
        satellite_id: None,
        month,
        egress,
        repair_audit: repair + audit,
        byte_months,
        for_egress: micro(for_egress),
        for_repair_audit: micro(for_repair_audit),
        for_storage: micro(for_storage),
        held_percent,
        held: micro(held),
        net: micro(net),
        month_end: is_running.then(|| month_end(net, account.joined_ms, month, now_ms)),
    }
}

/// All minutes earn as those so far: since the month began, or since the node joined in it. Whole cents.
fn month_end(net: f64, joined_ms: Option<i64>, month: Month, now_ms: i64) -> Micro {
    let begin = joined_ms.map_or(month.start_ms(), |joined| joined.max(month.start_ms()));
    let minutes = |ms: i64| ms as f64 / 60_000.0;
    let gone = minutes(now_ms - begin);
    let expected = net / gone * minutes(month.end_ms() - begin);
    match gone > 0.0 && expected.is_finite() {
        true => micro(expected.trunc()),
        false => Micro(0),
    }
}

/// One satellite: ours so far by part, and the node's word about it.
pub struct Compared<'a> {
    /// What is known of it.
    pub account: &'a Account<'a>,
    /// Ours, before anything is kept back, and what the storage part of it is.
    pub ours: (Amounts, Micro),
}

/// The node's estimates of all satellites together: it leaves out those that disqualified it.
pub fn total(accounts: &[Account<'_>], month: Month, now_ms: i64, counts: Counts) -> (Amounts, Option<Micro>) {
    let mut sum = Amounts::default();
    let mut month_end = None;
    for account in accounts.iter().filter(|account| account.disqualified_ms.is_none()) {
        let told = estimate(account, month, now_ms, counts);
        sum += Amounts {
            gross: told.gross(),
            held: told.held,
            net: told.net,
        };
        if let Some(end) = told.month_end {
            month_end = Some(month_end.unwrap_or_default() + end);
        }
    }
    (sum, month_end)
}

/// Why the node's gross is another than ours: the amounts add up to the difference.
pub fn differences(satellites: &[Compared<'_>], month: Month, now_ms: i64, counts: Counts) -> Vec<Difference> {
    let (mut repair_price, mut rounding, mut left_out, mut days) = Default::default();
    for Compared { account, ours } in satellites {
        if account.disqualified_ms.is_some() {
            left_out += -ours.0.gross;
            continue;
        }
        let prices = account.prices.unwrap_or_default();
        let told = estimate(account, month, now_ms, counts);
        let (_, repair, _) = moved(account, month, now_ms);
        let price: Micro = pay::moved(repair, prices.audit) - pay::moved(repair, prices.repair);
        let stored: Micro = pay::stored(told.byte_months * PAID_HOURS, prices.disk) - ours.1;
        repair_price += price;
        days += stored;
        rounding += told.gross() - ours.0.gross - price - stored;
    }
    let all: [(DifferenceReason, Micro, &str); 4] = [
        (
            DifferenceReason::RepairPrice,
            repair_price,
            "it prices repairs as audits",
        ),
        (
            DifferenceReason::Days,
            days,
            "it counts days without a report, and the day that runs, its own way",
        ),
        (
            DifferenceReason::Disqualified,
            left_out,
            "it leaves out satellites that disqualified it",
        ),
        (
            DifferenceReason::Rounding,
            rounding,
            "it rounds each part of each satellite to hundredths of a cent",
        ),
    ];
    let differ = all.into_iter().filter(|(_, amount, _)| *amount != Micro(0));
    let differ = differ.map(|(reason, amount, text)| Difference {
        reason,
        amount,
        text: text.to_owned(),
    });
    differ.collect()
}
