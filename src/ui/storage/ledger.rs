//! What bytes that nobody pays for are, all nodes together: each part with who says so and how old it is.

use jiff::Timestamp;

use super::facts::Place;
use super::worth::Worth;
use crate::api::status::Node;
use crate::api::storage::{Home, InLogs, NodeStorage, SatelliteStorage};
use crate::ui::explain::{Explained, Fact};
use crate::ui::number::{self, size};
use crate::ui::shared::Shared;

/// What is unpaid, and what it would earn.
pub(super) fn explained(places: &[Place], worth: Option<&Worth>, shared: &Shared) -> Option<Explained> {
    let known: Vec<&Place> = places.iter().filter(|place| place.unpaid.is_some()).collect();
    let sum = |of: fn(&Place) -> Option<u64>| known.iter().filter_map(|place| of(place)).reduce(|a, b| a + b);
    let (used, paid) = (sum(|place| place.used)?, sum(|place| place.paid)?);
    let unpaid = sum(|place| place.unpaid)?;
    let oldest = known.iter().filter_map(|place| answered_ms(place, shared)).min();
    let fact = |what: &str, bytes: Option<u64>, source: &str| {
        Fact::new(what, number::known(bytes, size), source).since(oldest, shared.now_ms)
    };
    let mut facts = vec![
        fact("used", Some(used), "API diskSpace.used"),
        fact("paid", Some(paid), "API, last tally of each satellite"),
        fact("trash", sum(|place| place.trash), "API diskSpace.trash"),
        fact("dead in logs", sum(|place| place.dead), "API diskSpace.reclaimable"),
        fact("the rest", sum(|place| place.unexplained), "computed"),
    ];
    if let Some(worth) = worth {
        let nodes = format!("{} nodes, {}", worth.nodes, size(worth.bytes));
        facts.push(Fact::new("a month of it", worth.text.clone(), &nodes));
    }
    Some(Explained {
        title: "what earns nothing".to_owned(),
        sum: format!("{} used − {} paid = {} unpaid", size(used), size(paid), size(unpaid)),
        facts,
        words: words(places, known.len(), worth),
    })
}

/// What is unexplained on a node, as far as it is told: garbage that is stored and not paid, what is neither, and what
/// logs of its hashstore hold beside pieces.
pub(super) fn parts(space: &NodeStorage, now_ms: i64) -> Vec<Fact> {
    let home = space.home();
    let all = || space.satellites.iter();
    let sum = |of: &dyn Fn(&SatelliteStorage) -> Option<u64>| {
        all()
            .try_fold(0_u64, |sum, one| sum.checked_add(of(one)?))
            .filter(|_| !space.satellites.is_empty())
    };
    let garbage = sum(&|one| one.garbage(home));
    let rest = space.space.as_ref().and_then(|space| space.unexplained);
    let other = rest.zip(garbage).and_then(|(rest, garbage)| rest.checked_sub(garbage));
    let mut facts = vec![
        Fact::new("garbage", number::known(garbage, size), "stored − paid"),
        Fact::new(
            "other",
            number::known(other, size),
            "the rest − garbage: tables, other files, newer tallies",
        ),
    ];
    let told = all().filter_map(|one| one.logs);
    if let Some(oldest) = told.map(|logs| logs.time_ms).min() {
        let of = |of: fn(InLogs) -> u64| all().filter_map(|one| one.logs).map(of).fold(0, u64::saturating_add);
        let fact =
            |what: &str, bytes: u64, source: &str| Fact::new(what, size(bytes), source).since(Some(oldest), now_ms);
        facts.push(fact("logs", of(|logs| logs.logs), "/metrics LenLogs"));
        facts.push(fact("pieces and trash in them", of(|logs| logs.set), "/metrics LenSet"));
        facts.push(fact("dead or reserved", of(|logs| logs.dead()), "LenLogs − LenSet"));
    }
    facts
}

/// What a satellite has on a node, and what of it is not paid.
pub(super) fn of_satellite(what: &str, (home, one): (Home, &SatelliteStorage), shared: &Shared) -> Explained {
    let (kept, garbage) = (one.kept(home), one.garbage(home));
    let mut facts = Vec::new();
    if let Some((ms, total, _)) = one.blobs {
        let fact = Fact::new("in blobs", size(total), "the node's piece_spaced_used.db");
        facts.push(fact.since(Some(ms), shared.now_ms));
    }
    if let Some(logs) = one.logs {
        let fact = |what: &str, bytes: u64, source: &str| {
            Fact::new(what, size(bytes), source).since(Some(logs.time_ms), shared.now_ms)
        };
        facts.push(fact("in the hashstore", logs.set, "/metrics LenSet"));
        facts.push(fact("of it trash", logs.trash, "/metrics LenTrash"));
        facts.push(fact("logs", logs.logs, "/metrics LenLogs"));
        facts.push(fact("dead or reserved", logs.dead(), "LenLogs − LenSet"));
    }
    let paid = Fact::new("paid", number::known(one.paid, size), "API, last tally");
    facts.push(paid.since(one.paid_day_ms, shared.now_ms));
    let (title, sum) = match what {
        "kept" => ("what is stored", kept.map(size).unwrap_or_default()),
        _ => (
            "stored and not paid",
            match (kept, one.paid, garbage) {
                (Some(kept), Some(paid), Some(rest)) => {
                    format!("{} stored − {} paid = {}", size(kept), size(paid), size(rest))
                }
                _ => String::new(),
            },
        ),
    };
    Explained {
        title: format!("{}: {title}", one.name),
        sum,
        facts,
        words: vec![
            "Stored is what lies there without trash and dead data. What of it is not paid is garbage no bloom filter              has named yet, and what came since the tally: that is hours old. It is unknown, never below zero, where              more is paid than stored, and where blobs or the hashstore do not tell."
                .to_owned(),
        ],
    }
}

fn words(places: &[Place], known: usize, worth: Option<&Worth>) -> Vec<String> {
    let mut words = vec![
        "Trash goes by itself within seven days. Dead data lies in logs of the hashstore until compaction rewrites \
         them. The rest is garbage that no bloom filter has named yet, what came since the tallies, and other files."
            .to_owned(),
        RESERVED.to_owned(),
    ];
    if worth.is_some() {
        words.push(
            "Money: unpaid bytes × the satellites' price of a TB and month (720 h), weighted by what each stores, \
             before anything is kept back. It is what these bytes would earn if they were paid: no loss that could be \
             claimed. Nodes whose prices are unknown are left out."
                .to_owned(),
        );
    }
    let dedicated: Vec<&str> = places
        .iter()
        .filter(|place| place.dedicated)
        .map(|place| place.name.as_str())
        .collect();
    if !dedicated.is_empty() {
        words.push(format!(
            "{}: the node has the whole disk. It counts all files as its own and tells of no trash: what is unpaid \
             cannot be known.",
            dedicated.join(", ")
        ));
    }
    if known < places.len() {
        words.push(format!(
            "Known of {known} of {} nodes. It is unknown where a satellite has told no tally, where the node does not \
             say what it uses, and where more is paid than it says it has; it is never below zero.",
            places.len()
        ));
    }
    words
}

/// What a hashstore of a new release holds beside data.
pub(super) const RESERVED: &str = "From 1.154 on a hashstore rounds each open log up to 64 MiB. That room counts as used and as dead, and no \
     compaction gives it back: much of a small node, little of a large one. Neither the API nor /metrics tells it from \
     dead data: LenLogs − LenSet is both.";

/// When a node last said what it uses, ms since the epoch.
fn answered_ms(place: &Place, shared: &Shared) -> Option<i64> {
    let node: &Node = shared.nodes().iter().find(|node| node.name == place.name)?;
    let told = node.api.last_ok_at.as_deref()?;
    Some(told.parse::<Timestamp>().ok()?.as_millisecond())
}
