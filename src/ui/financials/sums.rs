//! Held amounts, yields and costs of several nodes as one. Used by the book.

use std::collections::BTreeMap;

use super::book::Yields;
use crate::api::money::{Costs, Held, NodeMoney, Return, Unpaid, Yield};
use crate::domain::money::{Micro, Month, TB};

pub(super) fn held(nodes: &[NodeMoney]) -> Held {
    let mut sum = Held::default();
    let mut coming: BTreeMap<(Month, String), Micro> = BTreeMap::new();
    for held in nodes.iter().map(|node| &node.held) {
        sum.taken += held.taken;
        sum.returned += held.returned;
        sum.left += held.left;
        sum.at_exit += held.at_exit;
        sum.lost += held.lost;
        for back in &held.coming {
            *coming.entry((back.month, back.satellite.clone())).or_default() += back.amount;
        }
    }
    let coming = coming.into_iter().map(|((month, satellite), amount)| Return {
        satellite,
        month,
        amount,
    });
    sum.coming = coming.collect();
    sum
}

/// What each TB brings, weighed by TBs: nodes whose TBs or money are unknown are left out of both.
fn mean(nodes: &[NodeMoney], of: impl Fn(&NodeMoney) -> Option<(Micro, f64)>) -> Option<Micro> {
    let known: Vec<(Micro, f64)> = nodes.iter().filter_map(of).filter(|(_, tb)| *tb > 0.0).collect();
    if let [(one, _)] = known.as_slice() {
        return Some(*one);
    }
    let all: f64 = known.iter().map(|(_, tb)| tb).sum();
    let earned: f64 = known.iter().map(|(each, tb)| each.dollars() * tb).sum();
    (all > 0.0).then(|| Micro::of_dollars(earned / all))
}

fn sum(nodes: &[NodeMoney], of: fn(&Yield) -> Option<u64>) -> Option<u64> {
    let known = nodes.iter().filter_map(|node| of(&node.yields));
    known.reduce(u64::saturating_add)
}

fn moved(node: &NodeMoney) -> f64 {
    let parts = node.satellites.iter().map(|one| &one.parts);
    let bytes = parts.map(|parts| [parts.egress.bytes, parts.repair.bytes, parts.audit.bytes]);
    bytes.flatten().map(|bytes| bytes as f64).sum::<f64>() / TB
}

pub(super) fn yields(nodes: &[NodeMoney]) -> Yields {
    let mut unpaid: Vec<(Unpaid, u64, Option<Micro>)> = Vec::new();
    for (why, bytes, worth) in nodes.iter().flat_map(|node| &node.yields.unpaid) {
        match unpaid.iter_mut().find(|(known, ..)| known == why) {
            Some((_, sum, all)) => {
                *sum = sum.saturating_add(*bytes);
                *all = match (*all, *worth) {
                    (Some(a), Some(b)) => Some(a + b),
                    (a, b) => a.or(b),
                };
            }
            None => unpaid.push((*why, *bytes, *worth)),
        }
    }
    let tb = |bytes: u64| bytes as f64 / TB;
    Yields {
        per_tb_used: mean(nodes, |node| node.yields.per_tb_used.zip(node.yields.used.map(tb))),
        per_tb_paid: mean(nodes, |node| node.yields.per_tb_paid.zip(node.yields.paid.map(tb))),
        per_tb_egress: mean(nodes, |node| node.yields.per_tb_egress.map(|each| (each, moved(node)))),
        used: sum(nodes, |yields| yields.used),
        paid: sum(nodes, |yields| yields.paid),
        unpaid,
    }
}

/// Of the nodes whose costs the configuration names: running costs of those of which none is missing, what is left of
/// those whose hardware's price is known, and what is missing of either.
pub(super) fn costs(nodes: &[NodeMoney]) -> Option<Costs> {
    let all: Vec<(&NodeMoney, Costs)> = nodes
        .iter()
        .filter_map(|node| node.costs.map(|costs| (node, costs)))
        .collect();
    if let [(_, one)] = all.as_slice() {
        return Some(*one);
    }
    let mut sum = all.first().map(|_| Costs::default())?;
    let whole = || all.iter().filter(|(_, costs)| costs.lacks.is_none());
    let add = |of: fn(&Costs) -> Option<Micro>| whole().filter_map(|(_, costs)| of(costs)).reduce(|a, b| a + b);
    sum.fixed = add(|costs| costs.fixed);
    sum.power = add(|costs| costs.power);
    sum.total = add(|costs| costs.total);
    sum.profit = sum.total.and(whole().map(|(_, costs)| costs.profit).sum());
    if let Some((profit, total)) = sum.profit.zip(sum.total) {
        let earned = (profit + total).dollars();
        sum.margin = (earned > 0.0).then(|| profit.dollars() / earned);
    }
    // Only what hardware earns whose price is named pays it back.
    let earning = || all.iter().filter(|(_, costs)| costs.invested.is_some());
    sum.lacks = match sum.total {
        None => all.iter().find_map(|(_, costs)| costs.lacks),
        Some(_) => earning().find_map(|(_, costs)| costs.lacks),
    };
    sum.invested = earning().filter_map(|(_, costs)| costs.invested).reduce(|a, b| a + b);
    sum.left = earning().map(|(_, costs)| costs.left).sum();
    let left = sum.left.map(Micro::dollars);
    if let Some((left, invested)) = left.zip(sum.invested.map(Micro::dollars)) {
        sum.return_per_year = Some(left * 12.0 / invested);
        sum.payback_months = (left > 0.0).then(|| invested / left);
    }
    Some(sum)
}
