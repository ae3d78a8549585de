//! What nodes earn, put together from the store: asked by the hub in full, by `tell` for the status, by `tables` for
//! export.

mod history;
mod notes;
mod purse;
mod rest;
mod troubles;

use std::collections::BTreeMap;

use super::tell;
use crate::analysis::money::estimate::{self, Ground};
pub use crate::analysis::money::yields::CostModel;
use crate::analysis::money::{month, node_way};
use crate::api::money::{
    Amounts, Currency, DayMoney, Estimate, EstimatePoint, Estimates, MonthMoney, MonthState, NodeMoney, NodeTold,
    NodeWay, Part, Parts, SatelliteMoney, SatelliteMonth, Sum, Tallies,
};
use crate::api::status::Earnings;
use crate::domain::money::{Micro, Month, Prices};
use crate::domain::sample::Told;
use crate::report::time::rfc3339;
use crate::store::{Reader, Result};

use crate::support::clock::DAY_MS;
use purse::{Purse, Satellite};
pub use rest::{earnings_rows, paystub_rows};
pub use troubles::Troubles;

/// What the configuration says of money.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Terms {
    /// How amounts are read.
    pub currency: Currency,
    /// Stand in where a node told no prices.
    pub fallback: Option<Prices>,
    /// By node.
    pub costs: BTreeMap<String, CostModel>,
}

/// Which months are told.
#[derive(Debug, Clone, Copy)]
pub struct Span {
    /// The one told in full; the one that runs, when there is none.
    pub month: Option<Month>,
    /// Months of history; 0 means all.
    pub months: u32,
}

/// The answer in full for nodes (all watched ones, when none is named).
///
/// # Errors
/// When the database cannot be read.
pub fn money(reader: &Reader, names: &[String], span: Span, now_ms: i64, terms: &Terms) -> Result<Vec<NodeMoney>> {
    let mut nodes = Vec::new();
    for node in tell::named(reader, names, now_ms)? {
        nodes.push(in_full(reader, node, span, now_ms, terms)?);
    }
    Ok(nodes)
}

fn in_full(reader: &Reader, node: String, span: Span, now_ms: i64, terms: &Terms) -> Result<NodeMoney> {
    let running = Month::of_ms(now_ms);
    let month = span.month.unwrap_or(running);
    let from_ms = match span.months {
        0 => i64::MIN,
        months => month
            .min(running.plus(1 - i32::try_from(months).unwrap_or(i32::MAX)))
            .start_ms(),
    };
    let purse = Purse::open(reader, &node, from_ms, now_ms, terms.fallback)?;
    let (from, to) = (month.start_ms(), month.end_ms());
    let gone = (now_ms - from) as f64 / (to - from) as f64;
    let is_heard = purse.hears(month);
    let satellites: Vec<SatelliteMoney> = purse
        .satellites
        .iter()
        .map(|satellite| match is_heard {
            true => satellite_money(satellite, month, now_ms),
            false => unheard(satellite_money(satellite, month, now_ms)),
        })
        .filter(|money| {
            let used = money.parts.each().iter().any(|part| part.bytes > 0);
            // Before it joined there is nothing to tell.
            let joined = money.age_months.is_none_or(|age| age >= 1);
            used || joined && (money.trusted || money.held.left != Micro(0) || money.held.lost != Micro(0))
        })
        .collect();
    let estimates = estimates(&purse, month, now_ms);
    let mut history = history::months(&purse, span, now_ms);
    // The month that runs has its estimate in the history too, whichever month is told in full.
    let ahead = match month == running {
        true => estimates.tallies,
        false => self::estimates(&purse, running, now_ms).tallies,
    };
    if let Some(told) = history.iter_mut().find(|told| told.month == running) {
        told.expected = ahead.map(|ahead| ahead.amounts.gross);
    }
    let ends = (estimates.tallies.map(|estimate| estimate.amounts), &satellites[..]);
    let mut money = NodeMoney {
        month,
        now_ms,
        gone: gone.clamp(0.0, 1.0),
        currency: terms.currency.clone(),
        so_far: sum(&satellites),
        told: told(&purse, month),
        node_way: node_way(&purse, month, now_ms),
        tallies: tallies(&purse, month, now_ms),
        held: rest::held(&satellites),
        yields: match month == running {
            true => rest::yields(reader, (&node, &purse), ends, now_ms)?,
            false => rest::yields_of(&satellites, history.iter().find(|told| told.month == month)),
        },
        costs: rest::costs(terms.costs.get(&node), month, brought(&history, month, ends.0)),
        // Of a month that is over the payouts themselves are told.
        payout: (month == running).then(|| rest::payout(&purse, now_ms)).flatten(),
        through: through(&purse, month, now_ms),
        days: days(&purse, month, now_ms),
        days_before: days(&purse, month.plus(-1), now_ms),
        asked_ms: purse.asked_ms(),
        error: purse.error(),
        notes: Vec::new(),
        satellites,
        estimates,
        history,
        node,
    };
    let fallen = (month == running).then(|| troubles::fallen(&purse, now_ms)).flatten();
    money.notes = notes::of(&money, fallen);
    Ok(money)
}

/// What a month brings: of one that runs its estimate, of one that is over what was settled, else what we say.
fn brought(history: &[MonthMoney], month: Month, end: Option<Amounts>) -> Option<Micro> {
    let told = history.iter().find(|told| told.month == month);
    let is_over = told.is_some_and(|told| told.state != MonthState::Running);
    if !is_over {
        return end.map(|amounts| amounts.net);
    }
    let known: Vec<Micro> = told?.satellites.iter().filter_map(brought_by).collect();
    (!known.is_empty()).then(|| known.into_iter().sum())
}

/// What a satellite brings of a month that is over.
fn brought_by(satellite: &SatelliteMonth) -> Option<Micro> {
    match satellite.stub {
        Some(stub) => Some(stub.paid - stub.disposed),
        None => satellite.ours,
    }
}

/// The sum of satellites.
fn sum(satellites: &[SatelliteMoney]) -> Sum {
    let mut sum = Sum::default();
    for satellite in satellites {
        sum.amounts += satellite.so_far;
        sum.parts += satellite.parts.map(|part| part.amounts.unwrap_or_default());
        let unknown = satellite.parts.each().iter().any(|part| part.amounts.is_none());
        sum.without += u32::from(unknown);
    }
    sum
}

fn satellite_money(satellite: &Satellite, month: Month, now_ms: i64) -> SatelliteMoney {
    let account = satellite.account(month);
    let so_far = month::so_far(&account, month, now_ms);
    let usage = &so_far.usage;
    let month_end = satellite.foresee(month, now_ms).tallies;
    let month_end = month_end.map(|estimate| estimate.amounts);
    let price = |of: fn(&Prices) -> i64| account.prices.as_ref().map(of);
    let part = |bytes: u64, price: Option<i64>, amounts| Part {
        bytes,
        byte_hours: None,
        price,
        amounts,
    };
    let average = usage.average.map(|bytes| bytes.round() as u64);
    let parts = Parts {
        storage: Part {
            byte_hours: Some(usage.byte_hours),
            ..part(average.unwrap_or(0), price(|prices| prices.disk), so_far.parts.storage)
        },
        egress: part(usage.egress, price(|prices| prices.egress), so_far.parts.egress),
        repair: part(usage.repair, price(|prices| prices.repair), so_far.parts.repair),
        audit: part(usage.audit, price(|prices| prices.audit), so_far.parts.audit),
    };
    let (parts, sum) = match rest::known_parts(satellite, month, now_ms) {
        Some((mut known, sum)) => {
            known.storage.price = parts.storage.price;
            known.egress.price = parts.egress.price;
            known.repair.price = parts.repair.price;
            known.audit.price = parts.audit.price;
            (known, sum)
        }
        None => (parts, so_far.amounts),
    };
    let pace = month_end.unwrap_or(sum).gross;
    let word = satellite.estimate(month);
    SatelliteMoney {
        satellite_id: satellite.id().to_owned(),
        name: satellite.name.clone(),
        trusted: satellite.trusted,
        disqualified_ms: account.disqualified_ms,
        joined_ms: account.joined_ms,
        age_months: account
            .joined_ms
            .map(|joined| crate::analysis::money::held::age(joined, month)),
        held_percent: so_far.percent,
        prices: satellite.prices(month).map(|(prices, since, _)| (prices, since)),
        price_source: satellite.prices(month).map(|(_, _, source)| source),
        parts,
        so_far: sum,
        average_bytes: average,
        last_bytes: usage.last.map(|tally| tally.bytes().round() as u64),
        last_tally_ms: usage.last.map(|tally| tally.day_ms),
        missing_days: usage.missing.clone(),
        filled_days: usage.filled.clone(),
        month_end,
        node_month_end: word.and_then(|(_, told)| told.month_end),
        held: satellite.held(month, pace),
        asked_ms: word.map(|(ms, _)| *ms),
    }
}

/// Of a month nothing is told of: what was earned is unknown, not nothing.
fn unheard(money: SatelliteMoney) -> SatelliteMoney {
    let parts = money.parts.map(|part| Part {
        price: part.price,
        ..Part::default()
    });
    SatelliteMoney { parts, ..money }
}

fn add(sum: Option<Estimate>, more: Option<Estimate>) -> Option<Estimate> {
    match (sum, more) {
        (Some(mut sum), Some(more)) => {
            sum += more;
            Some(sum)
        }
        (sum, more) => sum.or(more),
    }
}

/// The month's end, all ways.
fn estimates(purse: &Purse, month: Month, now_ms: i64) -> Estimates {
    if month != Month::of_ms(now_ms) {
        return Estimates::default();
    }
    let mut estimates = Estimates::default();
    let mut grounds = Vec::new();
    for satellite in &purse.satellites {
        let account = satellite.account(month);
        if !account.pays(month) {
            continue;
        }
        let foreseen = satellite.foresee(month, now_ms);
        estimates.tallies = add(estimates.tallies, foreseen.tallies);
        // Where there is no trend, it goes on as before.
        estimates.trend = add(estimates.trend, foreseen.trend.or(foreseen.tallies));
        if !satellite.trusted {
            continue;
        }
        grounds.push((satellite, crate::analysis::money::usage::usage(&account, month, now_ms)));
    }
    let grounds: Vec<Ground<'_>> = grounds
        .iter()
        .map(|(satellite, usage)| Ground {
            name: &satellite.name,
            usage,
            priced: satellite.prices(month).is_some(),
            fallback: satellite.is_fallback(month),
        })
        .collect();
    (estimates.confidence, estimates.because) = estimate::confidence(&grounds, month, now_ms);
    let newest = purse.of_month(month).last();
    estimates.node = newest.and_then(|(ms, told)| Some((told.month_end?, *ms)));
    estimates
}

fn told(purse: &Purse, month: Month) -> Option<NodeTold> {
    let (time_ms, told) = purse.of_month(month).last()?;
    Some(NodeTold {
        amounts: Amounts {
            gross: told.gross(),
            held: told.gross() - told.net,
            net: told.net,
        },
        time_ms: *time_ms,
    })
}

fn node_way(purse: &Purse, month: Month, now_ms: i64) -> NodeWay {
    let trusted = purse.satellites.iter().filter(|satellite| satellite.trusted);
    // By the prices of the month, to compare with ours; the node itself prices the month before as today.
    let accounts: Vec<_> = trusted.map(|satellite| satellite.account(month)).collect();
    let (so_far, month_end) = node_way::total(&accounts, month, now_ms, purse.counts);
    let compared: Vec<node_way::Compared<'_>> = accounts
        .iter()
        .map(|account| {
            let ours = month::so_far(account, month, now_ms);
            let storage = ours.parts.storage.unwrap_or_default().gross;
            node_way::Compared {
                account,
                ours: (ours.amounts, storage),
            }
        })
        .collect();
    NodeWay {
        differences: node_way::differences(&compared, month, now_ms, purse.counts),
        so_far,
        month_end,
    }
}

fn tallies(purse: &Purse, month: Month, now_ms: i64) -> Tallies {
    let mut tallies = Tallies::default();
    let end = now_ms.min(month.end_ms());
    for satellite in purse.satellites.iter().filter(|satellite| satellite.trusted) {
        let account = satellite.account(month);
        if !account.pays(month) {
            continue;
        }
        let usage = crate::analysis::money::usage::usage(&account, month, now_ms);
        // A tally may come a day after its day: until then none is missed, as confidence has it, too.
        let due = (end - 1).div_euclid(DAY_MS) * DAY_MS - 2 * DAY_MS;
        let is_current = usage.missing.is_empty() && usage.last.is_some_and(|tally| tally.day_ms >= due);
        tallies.satellites += 1;
        tallies.current += u32::from(is_current);
        tallies.filled += usage.filled.len() as u32;
        tallies.missing += usage.missing.len() as u32;
    }
    tallies
}

/// Ours at the end of each day, from what was known of it then; the node's word by the hour.
fn through(purse: &Purse, month: Month, now_ms: i64) -> Vec<EstimatePoint> {
    let (from, to) = (month.start_ms(), month.end_ms().min(now_ms));
    let mut points: Vec<EstimatePoint> = (1..=32)
        .map(|n| (from + n * DAY_MS - 1).min(to))
        .take_while(|ms| *ms > from)
        .map(|time_ms| {
            let (mut ours, mut so_far) = (None, Micro(0));
            for satellite in &purse.satellites {
                let account = satellite.account(month);
                let foreseen = satellite.foresee(month, time_ms).tallies;
                ours = add(ours, foreseen);
                so_far += month::so_far(&account, month, time_ms).amounts.net;
            }
            EstimatePoint {
                time_ms,
                ours: ours.map(|estimate| estimate.amounts.net),
                node: None,
                so_far: Some(so_far),
            }
        })
        .collect();
    points.dedup_by_key(|point| point.time_ms);
    points.extend(purse.of_month(month).map(|(time_ms, told)| EstimatePoint {
        time_ms: *time_ms,
        ours: None,
        node: told.month_end,
        so_far: None,
    }));
    points.sort_by_key(|point| point.time_ms);
    points
}

fn days(purse: &Purse, month: Month, now_ms: i64) -> Vec<DayMoney> {
    let mut sum: Vec<DayMoney> = Vec::new();
    for satellite in &purse.satellites {
        for (n, day) in month::days(&satellite.account(month), month, now_ms)
            .into_iter()
            .enumerate()
        {
            match sum.get_mut(n) {
                Some(known) => known.gross += day.gross,
                None => sum.push(day),
            }
        }
    }
    sum
}

/// A node's money in the status; `None`: nothing is known of it. `told`: what its API says.
///
/// # Errors
/// When the database cannot be read.
pub fn earnings(
    reader: &Reader,
    node: &str,
    told: Option<&Told>,
    now_ms: i64,
    terms: &Terms,
) -> Result<Option<Earnings>> {
    let month = Month::of_ms(now_ms);
    let purse = Purse::of_month_only(reader, (node, told), month, now_ms, terms.fallback)?;
    if !purse.knows_something() {
        return Ok(None);
    }
    let mut so_far = Amounts::default();
    let mut is_priced = false;
    for satellite in &purse.satellites {
        so_far += month::so_far(&satellite.account(month), month, now_ms).amounts;
        is_priced |= satellite.prices(month).is_some();
    }
    let estimates = estimates(&purse, month, now_ms);
    let as_of = purse.asked_ms().into_iter().chain(purse.newest_day_ms()).max();
    Ok(Some(Earnings {
        month: month.to_string(),
        so_far_microusd: (is_priced && purse.hears(month)).then_some(so_far.net.0),
        estimate_microusd: estimates.tallies.map(|estimate| estimate.amounts.net.0),
        node_estimate_microusd: estimates.node.map(|(net, _)| net.0),
        held_microusd: (is_priced && purse.hears(month)).then_some(so_far.held.0),
        as_of: as_of.map(rfc3339),
        currency: terms.currency.clone(),
    }))
}
