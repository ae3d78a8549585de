//! A month so far: usage times prices, part by part, and day by day.

use super::usage::{Usage, midnight, tallies, usage};
use super::{Account, DAY_MS, held, pay};
use crate::domain::earned::{Amounts, Component, DayMoney, Parts};
use crate::domain::money::{Micro, Month, Prices};

/// A satellite's month so far.
#[derive(Debug, Clone, PartialEq)]
pub struct SoFar {
    /// What was stored and moved.
    pub usage: Usage,
    /// Percent kept back; `None`: nobody knows when the node joined, and nothing is counted as kept back.
    pub percent: Option<i64>,
    /// What each part comes to; `None`: its price is unknown.
    pub parts: Parts<Option<Amounts>>,
    /// The sum of the parts that are known.
    pub amounts: Amounts,
}

/// What an amount before anything is kept back comes to.
pub fn split(gross: Micro, percent: Option<i64>) -> Amounts {
    let held = percent.map_or(Micro(0), |percent| pay::percent(gross, percent));
    Amounts {
        gross,
        held,
        net: gross - held,
    }
}

/// The price of a part.
pub fn price(prices: &Prices, component: Component) -> i64 {
    match component {
        Component::Storage => prices.disk,
        Component::Egress => prices.egress,
        Component::Repair => prices.repair,
        Component::Audit => prices.audit,
    }
}

/// What byte-hours and bytes come to before anything is kept back; `None`: there is something, and no price.
pub fn gross(usage: &Usage, prices: Option<&Prices>) -> Parts<Option<Micro>> {
    let price = |component| prices.map(|prices| price(prices, component));
    let moved = |bytes: u64, component| match price(component) {
        Some(cents) => Some(pay::moved(bytes, cents)),
        None => (bytes == 0).then_some(Micro(0)),
    };
    let stored = match price(Component::Storage) {
        Some(cents) => Some(pay::stored(usage.byte_hours, cents)),
        None => (usage.byte_hours < 1.0).then_some(Micro(0)),
    };
    Parts {
        storage: stored,
        egress: moved(usage.egress, Component::Egress),
        repair: moved(usage.repair, Component::Repair),
        audit: moved(usage.audit, Component::Audit),
    }
}

/// The sum of what is known.
pub fn sum(parts: &Parts<Option<Amounts>>) -> Amounts {
    let mut sum = Amounts::default();
    parts.each().into_iter().flatten().for_each(|part| sum += *part);
    sum
}

/// What a satellite's month comes to, as known at `now_ms`.
pub fn so_far(account: &Account<'_>, month: Month, now_ms: i64) -> SoFar {
    let usage = usage(account, month, now_ms);
    let percent = held::percent(account.joined_ms, month);
    let gross = match account.pays(month) {
        true => gross(&usage, account.prices.as_ref()),
        false => Parts::default().map(|_: &()| Some(Micro(0))),
    };
    let parts = gross.map(|gross| gross.map(|gross| split(gross, percent)));
    SoFar {
        amounts: sum(&parts),
        usage,
        percent,
        parts,
    }
}

/// What each day of the month earned: they add up to [`so_far`] exactly, for each is the sum up to it without the sum
/// up to the day before. A tally that stands for days is spread over them.
pub fn days(account: &Account<'_>, month: Month, now_ms: i64) -> Vec<DayMoney> {
    let end = month.end_ms().min(now_ms.saturating_add(1));
    let count = ((end - month.start_ms() + DAY_MS - 1).div_euclid(DAY_MS)).clamp(0, 31);
    let starts: Vec<i64> = (0..count).map(|n| month.start_ms() + n * DAY_MS).collect();
    let mut by_day = vec![Usage::default(); starts.len()];
    let place = |ms: i64| usize::try_from((midnight(ms) - month.start_ms()).div_euclid(DAY_MS)).ok();
    for tally in tallies(account.stored) {
        let Some(last) = place(tally.day_ms).filter(|at| *at < by_day.len()) else {
            continue;
        };
        let spread = ((tally.hours / 24.0).round() as usize).clamp(1, last + 1);
        for day in &mut by_day[last + 1 - spread..=last] {
            day.byte_hours += tally.byte_hours / spread as f64;
        }
    }
    for day in account.moved {
        if let Some(usage) = place(day.start_ms).and_then(|at| by_day.get_mut(at)) {
            usage.egress += day.egress;
            usage.repair += day.egress_repair;
            usage.audit += day.egress_audit;
        }
    }
    let whole = so_far(account, month, now_ms);
    let prices = account.prices.filter(|_| account.pays(month)).unwrap_or_default();
    let (mut until, mut before) = (Usage::default(), Parts::<Micro>::default());
    let last = starts.len().saturating_sub(1);
    let mut days = Vec::with_capacity(starts.len());
    for (n, (start_ms, day)) in starts.into_iter().zip(by_day).enumerate() {
        until.byte_hours += day.byte_hours;
        until.egress += day.egress;
        until.repair += day.repair;
        until.audit += day.audit;
        let mut sum = gross(&until, Some(&prices)).map(|part| part.unwrap_or_default());
        if n == last {
            // Floating point sums of byte-hours may differ in the last place.
            sum = whole.parts.map(|part| part.unwrap_or_default().gross);
        }
        let gross = Parts {
            storage: sum.storage - before.storage,
            egress: sum.egress - before.egress,
            repair: sum.repair - before.repair,
            audit: sum.audit - before.audit,
        };
        before = sum;
        days.push(DayMoney { start_ms, gross });
    }
    days
}
