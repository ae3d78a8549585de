//! What bytes that nobody pays for would earn, where prices are known.

use super::facts::Place;
use crate::api::money::{Currency, NodeMoney};
use crate::domain::money::Micro;

/// A month's money.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Worth {
    /// As the user reads it: `$12.22`.
    pub(super) text: String,
    /// Bytes it is for.
    pub(super) bytes: u64,
    /// Nodes it is of.
    pub(super) nodes: usize,
}

/// Of all nodes whose unpaid bytes and prices are known; `None`: of none.
pub(super) fn worth(places: &[Place], told: &[NodeMoney]) -> Option<Worth> {
    let mut known: Vec<(u64, Micro)> = Vec::new();
    for place in places {
        let money = told.iter().find(|money| money.node == place.name);
        known.extend(money.and_then(|money| of_node(place.unpaid?, money)));
    }
    let currency = told.first().map(|money| &money.currency)?;
    let sum: i64 = known.iter().map(|(_, micro)| micro.0).sum();
    (!known.is_empty()).then(|| Worth {
        text: amount(Micro(sum), currency),
        bytes: known.iter().map(|(bytes, _)| bytes).sum(),
        nodes: known.len(),
    })
}

/// Unpaid bytes at the price the parts were reckoned with: parts and whole are told at different times.
fn of_node(unpaid: u64, money: &NodeMoney) -> Option<(u64, Micro)> {
    let parts = &money.yields.unpaid;
    let bytes: u64 = parts.iter().map(|(_, bytes, _)| bytes).sum();
    let amount = parts
        .iter()
        .try_fold(0_i64, |sum, (.., amount)| Some(sum + (*amount)?.0))?;
    (bytes > 0).then(|| {
        (
            unpaid,
            Micro((amount as f64 * (unpaid as f64 / bytes as f64)).round() as i64),
        )
    })
}

fn amount(micro: Micro, currency: &Currency) -> String {
    currency.text(micro)
}

#[cfg(test)]
mod tests {
    use super::super::facts::Full;
    use super::super::words::tests::place;
    use super::*;
    use crate::api::money::Unpaid;

    #[test]
    fn only_what_has_a_price_is_worth_something() {
        let money = |node: &str, price: Option<i64>| {
            let mut money = blank(node);
            money.yields.unpaid = vec![
                (Unpaid::Trash, 600_000_000_000, price.map(Micro)),
                (Unpaid::Dead, 400_000_000_000, Some(Micro(600_000))),
            ];
            money
        };
        let places = [
            place("a", Full::Never),
            place("b", Full::Never),
            place("c", Full::Never),
        ];
        let told = [money("a", Some(900_000)), money("b", None)];
        let worth = worth(&places, &told).unwrap();
        // A TB is $1.50, and 1.51 TB are unpaid.
        assert_eq!((worth.text.as_str(), worth.nodes), ("$2.27", 1));
        assert_eq!(worth.bytes, 1_510_000_000_000);
        assert_eq!(super::worth(&places, &told[1..]), None);
        assert_eq!(super::worth(&places, &[]), None);
    }

    fn blank(node: &str) -> NodeMoney {
        NodeMoney {
            node: node.to_owned(),
            month: "2026-08".parse().unwrap(),
            now_ms: 0,
            gone: 0.5,
            currency: Currency::default(),
            satellites: Vec::new(),
            so_far: Default::default(),
            estimates: Default::default(),
            told: None,
            node_way: Default::default(),
            tallies: Default::default(),
            held: Default::default(),
            yields: Default::default(),
            costs: None,
            payout: None,
            through: Vec::new(),
            days: Vec::new(),
            days_before: Vec::new(),
            history: Vec::new(),
            notes: Vec::new(),
            asked_ms: None,
            error: None,
        }
    }
}
