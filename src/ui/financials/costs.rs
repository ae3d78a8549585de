//! What a node costs and how money is read: the form to change it.

use crate::ui::form::Entry;
use crate::ui::overlay::Item;
use crate::ui::pane::Effect;
use crate::ui::shared::Shared;

/// Comes back with the node that was chosen.
const ID: &str = "costs";

/// The form of the node that is looked at alone, of the one under the cursor, of the only one; else it is chosen first.
pub(super) fn edit(row: Option<&str>, shared: &Shared) -> Vec<Effect> {
    let nodes = shared.nodes();
    let known = |name: &&str| nodes.iter().any(|node| node.name == *name);
    let only = nodes
        .first()
        .filter(|_| nodes.len() == 1)
        .map(|node| node.name.as_str());
    let node = shared.node.as_deref().or(row.filter(known)).or(only);
    if let Some(node) = node {
        return vec![form(node)];
    }
    let mut names: Vec<&str> = nodes.iter().map(|node| node.name.as_str()).collect();
    names.sort_unstable();
    let common = Item::new("", "currency and rate").hint("of all nodes");
    let items = names
        .into_iter()
        .map(|name| Item::new(name, name).hint("what it costs"));
    vec![Effect::Pick {
        id: ID,
        title: "Costs of which node?".to_owned(),
        items: items.chain([common]).collect(),
    }]
}

/// The node was chosen; empty: none, only what is common to all.
pub(super) fn picked(id: &str, key: &str) -> Vec<Effect> {
    match id {
        ID => vec![form(key)],
        _ => Vec::new(),
    }
}

fn form(node: &str) -> Effect {
    let own = [
        ("monthly_cost", "fixed cost"),
        ("watts", "power"),
        ("kwh_price", "price of power"),
        ("hardware_cost", "hardware"),
    ];
    let own = own.map(|(key, label)| Entry {
        key: format!("node.{node}.{key}"),
        label,
        group: node.to_owned(),
    });
    let common = [("money.currency", "currency"), ("money.factor", "rate")];
    let common = common.map(|(key, label)| Entry {
        key: key.to_owned(),
        label,
        group: "all nodes".to_owned(),
    });
    let title = match node {
        "" => "Currency".to_owned(),
        node => format!("Costs of {node}"),
    };
    let own = own.into_iter().filter(|_| !node.is_empty());
    Effect::Edit {
        title,
        entries: own.chain(common).collect(),
    }
}
