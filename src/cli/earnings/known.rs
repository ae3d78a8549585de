//! What of a month's money is known: a sum with an unknown part is none, and of what nobody told there is no nought. Used
//! by `earnings`, table and JSON alike.

use std::collections::BTreeMap;

use crate::api::money::{Amounts, NodeMoney, SatelliteMoney};
use crate::domain::money::{Micro, Month};

/// What a satellite pays; `None`: the price of a part of it is unknown.
pub fn of_satellite(satellite: &SatelliteMoney) -> Option<Amounts> {
    let is_known = satellite.parts.each().iter().all(|part| part.amounts.is_some());
    is_known.then_some(satellite.so_far)
}

/// What a node earned, without satellites whose prices are unknown; `None`: nothing of it is known.
pub fn of_node(node: &NodeMoney) -> Option<Amounts> {
    let sum = node.so_far;
    let is_known = !is_nothing(node) && (sum.without == 0 || sum.amounts.gross != Micro(0));
    is_known.then_some(sum.amounts)
}

/// Neither bytes nor amounts of a satellite's month are known.
pub fn is_blank(satellite: &SatelliteMoney) -> bool {
    let mut parts = satellite.parts.each().into_iter();
    parts.all(|part| part.amounts.is_none() && part.bytes == 0 && part.byte_hours.is_none())
}

/// Nothing is known of a node's month: no satellite's, no paystub, and the node itself said nothing.
pub fn is_nothing(node: &NodeMoney) -> bool {
    let is_settled = node.of_month().is_some_and(|month| month.is_settled);
    node.satellites.iter().all(is_blank) && !is_settled && node.told.is_none()
}

/// When each node joined its first satellite, by name.
pub fn joined(nodes: &[NodeMoney]) -> BTreeMap<String, Month> {
    let first = |node: &NodeMoney| {
        let joined = node.satellites.iter().filter_map(|satellite| satellite.joined_ms);
        Some((node.node.clone(), Month::of_ms(joined.min()?)))
    };
    nodes.iter().filter_map(first).collect()
}

/// That nothing is known of a node's month, in words. `joined`: see there.
pub fn nothing(node: &NodeMoney, joined: &BTreeMap<String, Month>) -> String {
    match joined.get(&node.node).filter(|first| **first > node.month) {
        Some(first) => format!("the node joined its first satellite in {first}"),
        None => format!("nothing is known of {}", node.month),
    }
}
