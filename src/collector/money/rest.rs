//! What comes back, what a TB brings, what it costs, when money comes; and the rows of the tables of money.

use super::super::tables::Each;
use super::super::{books, space};
use super::purse::{Purse, Satellite};
use super::{Span, Terms};
use crate::analysis::money::yields::{self, CostModel, balance};
use crate::analysis::money::{month, pay, settled};
use crate::analysis::storage::paid;
use crate::api::money::{
    Amounts, Component, Costs, Held, MonthMoney, NextPayout, Part, Parts, Return, SatelliteMoney, Unpaid, Yield,
};
use crate::api::table::Value;
use crate::domain::money::{Micro, Month, PAID_HOURS, Paystub};
use crate::store::query::Scope;
use crate::store::{Reader, Result};
use crate::support::clock::DAY_MS;

/// What satellites keep back together.
pub fn held(satellites: &[SatelliteMoney]) -> Held {
    let mut held = Held::default();
    for satellite in satellites {
        let of = &satellite.held;
        held.taken += of.taken;
        held.returned += of.returned;
        held.left += of.left;
        held.lost += of.lost;
        if let Some((month, amount)) = of.half_back.filter(|(_, amount)| *amount != Micro(0)) {
            held.coming.push(Return {
                satellite: satellite.name.clone(),
                month,
                amount,
            });
        }
        held.at_exit += of.left - of.half_back.map_or(Micro(0), |(_, half)| half);
    }
    held.coming
        .sort_by(|a, b| (a.month, &a.satellite).cmp(&(b.month, &b.satellite)));
    held
}

/// What a TB brings in the month that runs. `end`: its estimate, satellites' parts so far beside it.
pub fn yields(
    reader: &Reader,
    (node, purse): (&str, &Purse),
    (end, satellites): (Option<Amounts>, &[SatelliteMoney]),
    now_ms: i64,
) -> Result<Yield> {
    let told = reader.told(node, now_ms)?;
    let kept = reader.kept(node, now_ms)?;
    let space = space::space(reader, node, (told.as_ref(), kept.as_ref()), now_ms)?.map(|(space, _)| space);
    let disk = books::disk(told.as_ref(), kept.as_ref()).map(|heard| heard.disk);
    let used = disk.and_then(|disk| disk.used);
    let paid = space
        .as_ref()
        .and_then(|space| space.paid)
        .or_else(|| last_paid(purse, now_ms));
    let net = end.map(|end| end.net);
    let per_tb = |bytes: Option<u64>| {
        net.zip(bytes)
            .and_then(|(net, bytes)| yields::per_tb(net, bytes as f64))
    };
    let price = usual_price(satellites);
    let worth = |bytes: u64| price.map(|cents| pay::stored(bytes as f64 * PAID_HOURS, cents));
    let unpaid = [
        (Unpaid::Trash, disk.and_then(|disk| disk.trash)),
        (Unpaid::Dead, disk.and_then(|disk| disk.reclaimable)),
        (Unpaid::Unexplained, space.and_then(|space| space.unexplained)),
    ];
    let unpaid = unpaid.into_iter().filter_map(|(what, bytes)| Some((what, bytes?)));
    Ok(Yield {
        per_tb_used: per_tb(plausible(used, paid)),
        per_tb_paid: per_tb(paid),
        per_tb_egress: per_tb_moved(satellites),
        used,
        paid,
        unpaid: unpaid.map(|(what, bytes)| (what, bytes, worth(bytes))).collect(),
    })
}

/// What satellites pay for by tallies of the last days, by the rule that tells of a disk: a report that is just begun, or
/// a slip, is passed over. Of those that told none nothing is known; `None`: none did.
fn last_paid(purse: &Purse, now_ms: i64) -> Option<u64> {
    let month = Month::of_ms(now_ms);
    let pays = |satellite: &&Satellite| satellite.trusted && satellite.account(month).disqualified_ms.is_none();
    let last = purse.satellites.iter().filter(pays).filter_map(|satellite| {
        let stored = &satellite.rows.stored;
        let young = stored.partition_point(|day| day.start_ms < now_ms - space::TALLIES * DAY_MS);
        paid(stored.get(young..)?).map(|paid| paid.bytes)
    });
    last.reduce(u64::saturating_add)
}

/// What a TB brought in a month that is over: by its own byte-hours, of satellites of whom both they and what they brought
/// are known. What was on the disk then is not asked for.
pub fn yields_of(satellites: &[SatelliteMoney], told: Option<&MonthMoney>) -> Yield {
    let of = |satellite: &SatelliteMoney| {
        let months = &told?.satellites;
        let month = months.iter().find(|of| of.satellite_id == satellite.satellite_id);
        month
            .and_then(super::brought_by)
            .zip(satellite.parts.storage.byte_hours.filter(|hours| *hours > 0.0))
    };
    let known: Vec<(Micro, f64)> = satellites.iter().filter_map(of).collect();
    let net = known.iter().map(|(net, _)| *net).sum();
    let bytes = known.iter().map(|(_, hours)| hours).sum::<f64>() / PAID_HOURS;
    let is_known = !known.is_empty();
    Yield {
        per_tb_paid: is_known.then(|| yields::per_tb(net, bytes)).flatten(),
        per_tb_egress: per_tb_moved(satellites),
        paid: is_known.then_some(bytes.round() as u64),
        ..Yield::default()
    }
}

/// What a TB moved brings; `None`: nothing was moved.
fn per_tb_moved(satellites: &[SatelliteMoney]) -> Option<Micro> {
    let (mut moved, mut bytes) = (Micro(0), 0_u64);
    for satellite in satellites {
        let parts: [&Part; 3] = [&satellite.parts.egress, &satellite.parts.repair, &satellite.parts.audit];
        for part in parts {
            moved += part.amounts.unwrap_or_default().net;
            bytes = bytes.saturating_add(part.bytes);
        }
    }
    yields::per_tb(moved, bytes as f64)
}

/// What is used, unless the tallies contradict it: more is paid than is there.
fn plausible(used: Option<u64>, paid: Option<u64>) -> Option<u64> {
    used.filter(|used| paid.is_none_or(|paid| paid <= *used))
}

/// The price of storing, of satellites by what they store.
fn usual_price(satellites: &[SatelliteMoney]) -> Option<i64> {
    let (mut sum, mut bytes) = (0.0, 0.0);
    for satellite in satellites {
        if let (Some((prices, _)), Some(stored)) = (satellite.prices, satellite.last_bytes) {
            sum += prices.disk as f64 * stored as f64;
            bytes += stored as f64;
        }
    }
    (bytes > 0.0).then(|| (sum / bytes).round() as i64)
}

/// What the month costs, and what it leaves of `net`.
pub fn costs(model: Option<&CostModel>, month: Month, net: Option<Micro>) -> Option<Costs> {
    let model = model?;
    let balance = balance(model, month, net);
    Some(Costs {
        fixed: balance.fixed,
        power: balance.power,
        total: balance.total,
        lacks: balance.lacks,
        profit: balance.profit,
        left: balance.left,
        margin: balance.margin,
        invested: model.invested.filter(|dollars| *dollars > 0.0).map(Micro::of_dollars),
        return_per_year: balance.return_per_year,
        payback_months: balance.payback_months,
    })
}

/// When money comes next.
pub fn payout(purse: &Purse, now_ms: i64) -> Option<NextPayout> {
    let rows = || purse.satellites.iter().map(|satellite| &satellite.rows);
    let payments: Vec<_> = rows().flat_map(|rows| &rows.payments).collect();
    let paystubs: Vec<_> = rows().flat_map(|rows| &rows.paystubs).collect();
    settled::next_payout(&payments, &paystubs, now_ms)
}

/// Months of a node that lie in a scope, also in part, the oldest first, each with its satellites.
fn months<'a>(purse: &'a Purse, scope: &Scope, now_ms: i64) -> Vec<(Month, Vec<&'a Satellite>)> {
    let history = super::history::months(purse, Span { month: None, months: 0 }, now_ms);
    let mut months: Vec<Month> = history.into_iter().map(|month| month.month).collect();
    months.reverse();
    months.retain(|month| {
        let after = scope.from_ms.is_none_or(|from| month.end_ms() > from);
        after && scope.to_ms.is_none_or(|to| month.start_ms() < to)
    });
    let mut satellites: Vec<&Satellite> = purse.satellites.iter().collect();
    satellites.sort_by(|a, b| a.id().cmp(b.id()));
    months.into_iter().map(|month| (month, satellites.clone())).collect()
}

/// Every node of a scope with its purse, by month.
fn each_month(
    reader: &Reader,
    scope: &Scope,
    (now_ms, terms): (i64, &Terms),
    mut take: impl FnMut(Month, &str, &[&Satellite]) -> std::result::Result<(), super::super::tables::Error>,
) -> std::result::Result<(), super::super::tables::Error> {
    let mut purses = Vec::new();
    let mut names = match scope.nodes.as_slice() {
        [] => reader.nodes()?,
        names => names.to_vec(),
    };
    names.sort();
    for name in names {
        let purse = Purse::open(reader, &name, i64::MIN / 2, now_ms, terms.fallback)?;
        purses.push((name, purse));
    }
    let mut all = Vec::new();
    for (name, purse) in &purses {
        let told = months(purse, scope, now_ms).into_iter();
        all.extend(told.map(|(month, satellites)| (month, name, satellites)));
    }
    all.sort_by(|a, b| (a.0, a.1).cmp(&(b.0, b.1)));
    all.iter()
        .try_for_each(|(month, name, satellites)| take(*month, name, satellites))
}

/// Rows of the table of earnings: by paystubs where there are some, else by days.
///
/// # Errors
/// As of [`super::super::tables::rows`].
pub fn earnings_rows(
    reader: &Reader,
    scope: &Scope,
    (now_ms, terms): (i64, &Terms),
    each: Each<'_>,
) -> std::result::Result<(), super::super::tables::Error> {
    each_month(reader, scope, (now_ms, terms), |month, node, satellites| {
        for satellite in satellites {
            let Some((parts, source)) = parts(satellite, month, now_ms) else {
                continue;
            };
            // In the order of their words.
            for component in [
                Component::Audit,
                Component::Egress,
                Component::Repair,
                Component::Storage,
            ] {
                let part = parts.of(component);
                let is_storage = component == Component::Storage;
                let is_free = part.amounts.is_none_or(|amounts| amounts.gross == Micro(0));
                if is_free && part.bytes == 0 && part.byte_hours.is_none_or(|hours| hours < 1.0) {
                    continue;
                }
                let amount = |of: fn(&Amounts) -> Micro| part.amounts.map(|amounts| of(&amounts).0);
                each(vec![
                    Value::Text(month.to_string()),
                    Value::text(node),
                    Value::text(satellite.id()),
                    Value::text(component.word()),
                    Value::count(Some(part.bytes).filter(|_| !is_storage)),
                    Value::count(part.byte_hours.map(|hours| hours.round() as u64)),
                    Value::amount(amount(|amounts| amounts.gross)),
                    Value::amount(amount(|amounts| amounts.held)),
                    Value::amount(amount(|amounts| amounts.net)),
                    Value::text(source),
                ])?;
            }
        }
        Ok(())
    })
}

/// A satellite's month by component, and where it comes from.
fn parts(satellite: &Satellite, month: Month, now_ms: i64) -> Option<(Parts<Part>, &'static str)> {
    let stubs = satellite.rows.paystubs.iter();
    let stub = stubs
        .into_iter()
        .find(|stub| stub.period == month && stub.gross() > Micro(0));
    if let Some(stub) = stub {
        return Some((of_stub(stub), "paystub"));
    }
    let account = satellite.account(month);
    let so_far = month::so_far(&account, month, now_ms);
    let usage = &so_far.usage;
    let part = |bytes: u64, amounts: Option<Amounts>| Part {
        bytes,
        amounts,
        ..Part::default()
    };
    let parts = Parts {
        storage: Part {
            byte_hours: Some(usage.byte_hours),
            ..part(0, so_far.parts.storage)
        },
        egress: part(usage.egress, so_far.parts.egress),
        repair: part(usage.repair, so_far.parts.repair),
        audit: part(usage.audit, so_far.parts.audit),
    };
    satellite.knows(month).then_some((parts, "days"))
}

/// The parts of a month that is over, but by its days: the paystub's where it names what was earned; unknown, where no
/// day is known either.
pub fn known_parts(satellite: &Satellite, month: Month, now_ms: i64) -> Option<(Parts<Part>, Amounts)> {
    if month >= Month::of_ms(now_ms) {
        return None;
    }
    let stub = satellite.rows.paystubs.iter().find(|stub| stub.period == month);
    if satellite.knows(month) && stub.is_none_or(|stub| stub.gross() == Micro(0)) {
        return None;
    }
    let parts = stub.map_or_else(Parts::default, of_stub);
    let mut sum = Amounts::default();
    let known = parts.each().into_iter().filter_map(|part| part.amounts);
    known.for_each(|amounts| sum += amounts);
    Some((parts, sum))
}

/// A paystub's parts; what was kept back is shared out by what each earned, the rest of the division to storage.
fn of_stub(stub: &Paystub) -> Parts<Part> {
    let gross = super::history::parts(stub);
    let sum = i128::from(stub.gross().0).max(1);
    let share = |part: Micro| Micro((i128::from(part.0) * i128::from(stub.held.0) / sum) as i64);
    let mut held = gross.map(|part| share(*part));
    held.storage = stub.held - held.egress - held.repair - held.audit;
    let part = |bytes: u64, component: Component| {
        let (gross, held) = (*gross.of(component), *held.of(component));
        Part {
            bytes,
            byte_hours: None,
            price: None,
            amounts: Some(Amounts {
                gross,
                held,
                net: gross - held,
            }),
        }
    };
    Parts {
        storage: Part {
            byte_hours: Some(stub.byte_hours),
            ..part(0, Component::Storage)
        },
        egress: part(stub.get, Component::Egress),
        repair: part(stub.get_repair, Component::Repair),
        audit: part(stub.get_audit, Component::Audit),
    }
}

/// Rows of the table of paystubs.
///
/// # Errors
/// As of [`super::super::tables::rows`].
pub fn paystub_rows(
    reader: &Reader,
    scope: &Scope,
    (now_ms, terms): (i64, &Terms),
    each: Each<'_>,
) -> std::result::Result<(), super::super::tables::Error> {
    each_month(reader, scope, (now_ms, terms), |month, node, satellites| {
        for satellite in satellites {
            let rows = &satellite.rows;
            let Some(stub) = rows.paystubs.iter().find(|stub| stub.period == month) else {
                continue;
            };
            let payments = rows.payments.iter().filter(|payment| payment.period == month);
            let receipts: Vec<&str> = payments.map(|payment| payment.receipt.as_str()).collect();
            let amount = |amount: Micro| Value::amount(Some(amount.0));
            each(vec![
                Value::Text(month.to_string()),
                Value::text(node),
                Value::text(satellite.id()),
                Value::text(&stub.codes),
                amount(stub.gross()),
                Value::amount(Some(stub.surge_percent)),
                amount(stub.held),
                amount(stub.disposed),
                amount(stub.owed),
                amount(stub.paid),
                amount(stub.distributed),
                Value::text(&receipts.join(" ")),
                Value::time(stub.created_ms),
                Value::Text(sent_with(satellite, month)),
                amount(satellite.matched.get(&month).map_or(Micro(0), |told| told.waits)),
            ])?;
        }
        Ok(())
    })
}

/// `2026-06:6000000 2026-07:100000`: with which payouts a month was sent, and how much with each.
fn sent_with(satellite: &Satellite, month: Month) -> String {
    let parts = satellite
        .matched
        .get(&month)
        .map_or(&[][..], |told| told.sent.as_slice());
    let parts = parts.iter().map(|part| format!("{}:{}", part.month, part.amount.0));
    parts.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_tallies_contradict_is_not_divided_by() {
        for (used, paid, told) in [
            (Some(3), Some(2), Some(3)),
            (Some(2), Some(2), Some(2)),
            (Some(1), Some(2), None),
            (Some(1), None, Some(1)),
            (None, Some(2), None),
        ] {
            assert_eq!(plausible(used, paid), told, "{used:?} {paid:?}");
        }
    }
}
