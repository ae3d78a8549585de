//! Month after month: our estimate, the node's, the paystub, what was sent.

use std::collections::BTreeMap;

use super::Span;
use super::purse::{Purse, Satellite};
use crate::analysis::money::matched::Matched;
use crate::analysis::money::{month, pay, settled};
use crate::api::money::{MonthMoney, MonthState, Parts, Receipt, SatelliteMonth, SentPart, Stub};
use crate::domain::money::{Micro, Month, Paystub};

/// The months that are asked for, the newest first.
pub fn months(purse: &Purse, span: Span, now_ms: i64) -> Vec<MonthMoney> {
    let running = Month::of_ms(now_ms);
    let first = purse.satellites.iter().filter_map(first).min().unwrap_or(running);
    let count = running.since(first).max(0) + 1;
    let most = match span.months {
        0 => count,
        months => i32::try_from(months).unwrap_or(i32::MAX).min(count),
    };
    let mut told: Vec<Month> = (0..most).map(|n| running.plus(-n)).collect();
    told.extend(span.month.filter(|month| !told.contains(month) && *month >= first));
    told.into_iter().map(|month| one(purse, month, now_ms)).collect()
}

/// The first month anything is known of.
fn first(satellite: &Satellite) -> Option<Month> {
    let rows = &satellite.rows;
    let days = [
        rows.stored.first().map(|day| day.start_ms),
        rows.moved.first().map(|day| day.start_ms),
    ];
    let days = days.into_iter().flatten().map(Month::of_ms);
    days.chain(rows.paystubs.first().map(|stub| stub.period)).min()
}

fn one(purse: &Purse, month: Month, now_ms: i64) -> MonthMoney {
    let satellites: Vec<SatelliteMonth> = purse
        .satellites
        .iter()
        .filter_map(|satellite| satellite_month(satellite, month, now_ms))
        .collect();
    let mut gross = Parts::default();
    let mut stub: Option<Stub> = None;
    for satellite in &satellites {
        gross += satellite.gross;
        if let Some(more) = satellite.stub {
            *stub.get_or_insert_default() += more;
        }
    }
    let known = |of: fn(&SatelliteMonth) -> Option<Micro>| {
        let amounts: Vec<Micro> = satellites.iter().filter_map(of).collect();
        (!amounts.is_empty()).then(|| amounts.into_iter().sum::<Micro>())
    };
    let ours = known(|satellite| satellite.ours);
    let missing = missing(purse, &satellites, month, now_ms);
    MonthMoney {
        month,
        state: state(purse, (&satellites, &missing), month, now_ms),
        node: node_word(purse, month),
        is_settled: stub.is_some(),
        difference: known(|satellite| Some(satellite.stub?.paid - satellite.stub?.disposed - satellite.ours?)),
        ours,
        gross,
        expected: None,
        stub,
        compared: known(|satellite| satellite.ours.filter(|_| satellite.stub.is_some())),
        sent: parts_of(&satellites, |satellite| &satellite.sent),
        waits: satellites.iter().map(|satellite| satellite.waits).sum(),
        brought: parts_of(&satellites, |satellite| &satellite.brought),
        missing,
        satellites,
    }
}

/// Satellites' parts added up by the other month, the earliest first.
fn parts_of(satellites: &[SatelliteMonth], of: fn(&SatelliteMonth) -> &Vec<SentPart>) -> Vec<SentPart> {
    let mut sums: BTreeMap<Month, Micro> = BTreeMap::new();
    for part in satellites.iter().flat_map(of) {
        *sums.entry(part.month).or_default() += part.amount;
    }
    let part = |(month, amount)| SentPart { month, amount };
    sums.into_iter().map(part).collect()
}

/// Of a month that is over the node's word before its end and after: a node that lost its days says less later.
fn node_word(purse: &Purse, month: Month) -> Option<Micro> {
    let told = || purse.of_month(month);
    let last = told().rev().find(|(ms, _)| *ms < month.end_ms());
    let after = told().filter(|(ms, _)| *ms >= month.end_ms());
    match (last, after.map(|(_, after)| after.net).max()) {
        (Some((_, last)), None) => Some(last.month_end.unwrap_or(last.net)),
        (last, Some(after)) => Some(after.max(last.map_or(Micro(0), |(_, last)| last.net))),
        (None, None) => None,
    }
}

fn satellite_month(satellite: &Satellite, month: Month, now_ms: i64) -> Option<SatelliteMonth> {
    let rows = &satellite.rows;
    let account = satellite.account(month);
    let is_running = month == Month::of_ms(now_ms);
    let so_far = month::so_far(&account, month, now_ms);
    let ours = satellite.covers(month) && account.prices.is_some();
    let ours = ours.then(|| {
        let foreseen = satellite.foresee(month, now_ms).tallies;
        let foreseen = foreseen.filter(|_| is_running).map(|estimate| estimate.amounts.net);
        foreseen.unwrap_or(so_far.amounts.net)
    });
    let paystub = rows.paystubs.iter().find(|stub| stub.period == month);
    if !(satellite.knows(month) && account.prices.is_some()) && paystub.is_none() {
        return None;
    }
    let word = satellite.estimate(month).map(|(_, told)| match is_running {
        true => told.month_end.unwrap_or(told.net),
        false => told.net,
    });
    let balance = satellite.matched.range(..=month).next_back();
    let matched = satellite.matched.get(&month).cloned().unwrap_or_default();
    let receipts = rows.payments.iter().filter(|payment| payment.period == month);
    Some(SatelliteMonth {
        satellite_id: satellite.id().to_owned(),
        name: satellite.name.clone(),
        ours,
        node: word,
        gross: match paystub.filter(|stub| stub.gross() > Micro(0)) {
            Some(stub) => parts(stub),
            None => so_far.parts.map(|part| part.unwrap_or_default().gross),
        },
        stub: paystub.map(settled::stub),
        surge_percent: paystub.map(|stub| {
            if stub.surge_percent == 0 {
                100
            } else {
                stub.surge_percent
            }
        }),
        codes: paystub.map_or_else(Vec::new, |stub| settled::codes(&stub.codes)),
        receipts: receipts.map(receipt).collect(),
        waiting: balance.map_or(Micro(0), |(_, told)| told.balance),
        sent: matched.sent,
        waits: matched.waits,
        brought: matched.brought,
    })
}

fn receipt(payment: &crate::domain::money::Payment) -> Receipt {
    let (chain, hash, link) = settled::receipt(&payment.receipt);
    Receipt {
        chain,
        hash,
        link,
        amount: Some(payment.amount),
        time_ms: payment.created_ms,
    }
}

/// A paystub's parts at the surge that was paid; what rounding leaves goes to what is stored.
pub fn parts(stub: &Paystub) -> Parts<Micro> {
    let surged = |amount: Micro| match stub.surge_percent {
        0 | 100 => amount,
        percent => pay::percent(amount, percent),
    };
    let mut parts = Parts {
        storage: Micro(0),
        egress: surged(stub.for_get + stub.for_put),
        repair: surged(stub.for_get_repair + stub.for_put_repair),
        audit: surged(stub.for_get_audit),
    };
    parts.storage = stub.gross() - parts.egress - parts.repair - parts.audit;
    parts
}

/// Satellites that owed a paystub for a month that is over and did not send one in time: those whose days earned
/// something, and those that sent one for the months before and after. Only of months of late, and where paystubs were
/// told since: a node that was off, or whose databases are gone, knows nothing of them.
fn missing(purse: &Purse, told: &[SatelliteMonth], month: Month, now_ms: i64) -> Vec<String> {
    let is_looked_for = purse.paystubs_ms().is_some_and(|ms| settled::is_due(month, ms));
    if !is_looked_for || Month::of_ms(now_ms).since(month) > settled::LOOKED_BACK {
        return Vec::new();
    }
    let lacks = |satellite: &&Satellite| {
        let stub = |month: Month| satellite.rows.paystubs.iter().any(|stub| stub.period == month);
        let earned = told.iter().any(|told| {
            told.satellite_id == satellite.id()
                && told.gross.each().into_iter().copied().sum::<Micro>() >= settled::CENT
        });
        let between = stub(month.plus(-1)) && (1..settled::GAP).any(|n| stub(month.plus(n)));
        !stub(month) && (between || earned && satellite.account(month).pays(month))
    };
    let lacking = purse.satellites.iter().filter(lacks);
    lacking.map(|satellite| satellite.name.clone()).collect()
}

fn state(purse: &Purse, (told, missing): (&[SatelliteMonth], &[String]), month: Month, now_ms: i64) -> MonthState {
    if month >= Month::of_ms(now_ms) {
        return MonthState::Running;
    }
    if !missing.is_empty() {
        return MonthState::Missing;
    }
    if !told.iter().any(|satellite| satellite.stub.is_some()) {
        return MonthState::Waiting;
    }
    let is_sent = |satellite: &Satellite| satellite.matched.get(&month).is_none_or(Matched::is_sent);
    match purse.satellites.iter().all(is_sent) {
        true => MonthState::Paid,
        false => MonthState::Postponed,
    }
}
