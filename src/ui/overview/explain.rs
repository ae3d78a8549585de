//! What the figures of the Overview are: who says so, how old it is, how it is made, what follows.

use super::facts;
use super::money;
use super::nodes::state_words;
use crate::api::status::{Node, Satellite, ms};
use crate::domain::health::Rule;
use crate::domain::sample::Standing;
use crate::ui::explain::{Explained, Fact};
use crate::ui::number::{self, Percent, size};
use crate::ui::pane::Figure;
use crate::ui::shared::Shared;

/// The figure in words; `None`: it speaks for itself.
pub(super) fn explain(figure: &Figure, shared: &Shared) -> Option<Explained> {
    if let Some(node) = shared.nodes().iter().find(|node| node.name == figure.of) {
        let told = of_node(&figure.what, node, shared);
        return told.or_else(|| super::health::explain(&figure.what, node, shared));
    }
    if figure.what.starts_with("hour.") {
        return Some(hour(&figure.what));
    }
    let node = shared.alone()?;
    let satellite = node
        .satellites
        .iter()
        .flatten()
        .find(|satellite| satellite.satellite_id.as_deref() == Some(&figure.of))?;
    of_satellite(&figure.what, node, satellite, shared)
}

/// Something the node's API says, with its age.
fn api_fact(what: &str, value: String, key: &str, node: &Node, shared: &Shared) -> Fact {
    let answered = ms(node.api.last_ok_at.as_deref());
    Fact::new(what, value, &format!("API {key}")).since(answered, shared.now_ms)
}

fn of_node(what: &str, node: &Node, shared: &Shared) -> Option<Explained> {
    let name = &node.name;
    let words = |title: &str, facts: Vec<Fact>, words: &str| Explained {
        title: format!("{name}: {title}"),
        facts,
        words: vec![words.to_owned()],
        ..Explained::default()
    };
    Some(match what {
        "state" | "node" => state(node, shared),
        "left" | "audit" | "online" => worst(what, node, shared)?,
        "in" | "out" => rate(what, node, shared),
        "up" | "down" => won(what, node),
        "disk" | "bar" | "used" | "free" => disk(node, shared),
        "version" => words(
            "its release",
            [
                ("release", &node.node_version, "version"),
                ("minimum", &node.minimum_version, "allowedVersion"),
            ]
            .map(|(what, value, key)| api_fact(what, value.clone().unwrap_or("?".to_owned()), key, node, shared))
            .to_vec(),
            "Below the minimum that the network allows, uploads stop; that is said here then.",
        ),
        "full" => crate::ui::storage::explain_full(node, shared),
        "month" => money::explain(node, shared),
        _ => return None,
    })
}

fn disk(node: &Node, shared: &Shared) -> Explained {
    let disk = node.disk.as_ref();
    let fact = |what: &str, bytes: Option<u64>, key: &str| {
        api_fact(
            what,
            number::known(bytes, size),
            &format!("diskSpace.{key}"),
            node,
            shared,
        )
    };
    Explained {
        title: format!("{}: how full it is", node.name),
        sum: facts::disk(node).map_or(String::new(), |(used, all)| {
            let share = Percent::new(0, &[]).share(used, all);
            format!("{} used ÷ {} allocated = {share} %", size(used), size(all))
        }),
        facts: vec![
            fact("allocated", disk.and_then(|disk| disk.allocated), "allocated"),
            fact("used", disk.and_then(|disk| disk.used), "used"),
            fact("of it trash", disk.and_then(|disk| disk.trash), "trash"),
            fact("free", disk.and_then(|disk| disk.free), "available"),
        ],
        words: vec![
            "Full is no danger: uploads stop, audits and downloads go on, and what is stored is paid.".to_owned(),
        ],
    }
}

fn state(node: &Node, shared: &Shared) -> Explained {
    let mut facts: Vec<Fact> = node
        .reasons
        .iter()
        .map(|reason| {
            let word = Rule::of(&reason.rule).map_or(reason.rule.clone(), |rule| rule.word().to_owned());
            Fact::new("found", word, &format!("rule {}", reason.rule))
        })
        .collect();
    facts.push(api_fact("API", node.api.state.clone(), "answers", node, shared));
    for source in &node.sources {
        let state = source.state.clone().unwrap_or_else(|| source.kind.clone());
        let fact = Fact::new("log", state, &source.source);
        facts.push(fact.since(ms(source.last_event_at.as_deref()), shared.now_ms));
    }
    let mut words: Vec<String> = node.reasons.iter().map(|reason| reason.text.clone()).collect();
    if words.is_empty() {
        words.push("No rule finds fault with what log and API say.".to_owned());
    }
    Explained {
        title: format!("{}: {}", node.name, state_words(node)),
        sum: String::new(),
        facts,
        words,
    }
}

/// The satellite whose value is the worst decides what the table shows.
fn worst(what: &str, node: &Node, shared: &Shared) -> Option<Explained> {
    let satellites = node.satellites.iter().flatten();
    let value = |satellite: &Satellite| match what {
        "left" | "audit" => satellite.audits_left().map(f64::from),
        _ => satellite.online_score,
    };
    let nearest = satellites
        .filter(|satellite| value(satellite).is_some())
        .min_by(|a, b| value(a).unwrap_or(0.0).total_cmp(&value(b).unwrap_or(0.0)))?;
    of_satellite(what, node, nearest, shared)
}

fn of_satellite(what: &str, node: &Node, satellite: &Satellite, shared: &Shared) -> Option<Explained> {
    let name = match &satellite.satellite_id {
        Some(id) => shared.satellite_name(id),
        None => Standing::short_of(satellite.url.as_deref().unwrap_or_default(), None),
    };
    let from = match satellite.source.as_str() {
        "api" => "API, satellite's own word",
        "db" => "the node's reputation.db",
        _ => "log line of the reputation service",
    };
    let score = |score: Option<f64>| number::known(score, number::score);
    let fact =
        |what: &str, value: String| Fact::new(what, value, from).since(ms(Some(&satellite.as_of)), shared.now_ms);
    let (title, facts, sum, words) = match what {
        "left" | "audit" | "failed" => audits(satellite, &fact),
        "suspension" => (
            "unknown audits",
            vec![fact("suspension score", score(satellite.suspension_score))],
            String::new(),
            vec![
                "Audits that ended in an unknown error. Below 0.60 the node is suspended until it recovers.".to_owned(),
            ],
        ),
        "online" => (
            "online score",
            vec![fact("online score", score(satellite.online_score))],
            String::new(),
            vec![
                "Of 30 days, in windows of 12 hours: the part of windows in which the node answered. Below 0.60 it is \
                 suspended. It comes back by itself while the node stays online."
                    .to_owned(),
            ],
        ),
        "vetted" => (
            "vetting",
            vec![fact("vetted", satellite.vetted_at.clone().unwrap_or("?".to_owned()))],
            String::new(),
            vec!["Until a satellite has seen 100 audits a new node gets a small part of the uploads.".to_owned()],
        ),
        _ => return None,
    };
    Some(Explained {
        title: format!("{} on {name}: {title}", node.name),
        sum,
        facts,
        words,
    })
}

type Parts = (&'static str, Vec<Fact>, String, Vec<String>);

/// Audits: the score, what the log adds to it, how many may still fail.
fn audits(satellite: &Satellite, fact: &dyn Fn(&str, String) -> Fact) -> Parts {
    let score = |score: Option<f64>| number::known(score, number::score);
    let failed = Fact::new(
        "failed audits, 24 h",
        number::known(satellite.recent_failed_audits, number::count),
        "the node's log",
    );
    let left = satellite.audits_left();
    let (by_now, computed) = satellite.audit_by_now();
    let projected = by_now.filter(|_| computed);
    let sum = left
        .filter(|_| satellite.disqualified_at.is_none())
        .map_or(String::new(), |left| {
            format!(
                "{left} failed audits in a row bring {} below 0.96",
                score(projected.or(satellite.audit_score))
            )
        });
    let words = vec![
        "Each failed audit multiplies what is remembered by 0.999 and adds a failure; from 1.0000 it takes 41 \
         in a row. Below 0.96 the satellite disqualifies the node for good, and keeps what it holds back."
            .to_owned(),
        "Scores come hours late. Failed audits in the log come at once: with any, look for missing files now."
            .to_owned(),
    ];
    let title = match satellite.disqualified_at {
        Some(_) => "it disqualified the node, for good",
        None => "audits that may still fail",
    };
    (
        title,
        vec![
            fact("audit score", score(satellite.audit_score)),
            Fact::new("by now, computed", score(projected), "score and the log since"),
            failed,
        ],
        sum,
        words,
    )
}

fn rate(what: &str, node: &Node, shared: &Shared) -> Explained {
    let rates = facts::rates(shared, node);
    let (value, word) = match what {
        "in" => (rates.ingress, "uploads to the node"),
        _ => (rates.egress, "downloads from the node"),
    };
    let newest = node
        .sources
        .iter()
        .filter_map(|source| ms(source.last_event_at.as_deref()))
        .max();
    let from = match shared.moment() {
        Some(_) => "the minute of the chosen moment".to_owned(),
        None => format!("log lines of the last {} s", facts::SECONDS),
    };
    let fact = Fact::new("rate", number::known(value, number::rate), &from);
    Explained {
        title: format!("{}: {word}", node.name),
        sum: String::new(),
        facts: vec![fact.since(newest, shared.now_ms)],
        words: vec!["Finished transfers with their repairs, counted when they end; MB is 10^6 bytes. Unknown while no log is followed.".to_owned()],
    }
}

fn won(what: &str, node: &Node) -> Explained {
    let action = if what == "up" { "PUT" } else { "GET" };
    let flow = node.traffic.by_action.get(action).copied().unwrap_or_default();
    let fact = |what: &str, count: u64| Fact::new(what, number::count(count), "log, last hour");
    Explained {
        title: format!("{}: {action} that succeeded", node.name),
        sum: format!(
            "{} ÷ {} = {} %",
            number::count(flow.success),
            number::count(facts::judged(&flow)),
            Percent::new(1, &[]).share(flow.success, facts::judged(&flow))
        ),
        facts: vec![
            fact("success", flow.success),
            fact("canceled", flow.canceled),
            fact("failed", flow.failed),
            fact("rejected, not counted", flow.rejected),
        ],
        words: vec![
            "Canceled means that another node was faster, or that the customer left: no harm to reputation, less \
             traffic. A node that wins less than others is slow: look at its disk."
                .to_owned(),
        ],
    }
}

fn hour(what: &str) -> Explained {
    let word = if what == "hour.in" {
        "uploads to"
    } else {
        "downloads from"
    };
    Explained {
        title: format!("{word} the nodes, by the minute"),
        words: vec![
            "Finished transfers and repairs from the log. The value at the right is the last whole minute. A hole is \
             a time nobody knows of; zero is the lowest mark."
                .to_owned(),
        ],
        ..Explained::default()
    }
}
