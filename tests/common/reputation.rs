//! What a collector would tell of the fleet's reputation: one node that fails audits, one that was away, one new.

use serde_json::{Value as Json, json};
use storj_monitor::api::message::{Answer, Query};
use storj_monitor::api::reputation::{DayBefore, Downtime, FailedAudit, Failing, NodeReputation, SatelliteReputation};
use storj_monitor::api::snapshot::{Section, Snapshot};
use storj_monitor::api::status::{Node, Satellite};
use storj_monitor::api::table::Value;

use super::fleet::{AP1, EU1, NOW_MS, US1, snapshot};

const HOUR: i64 = 3_600_000;
const WINDOW: i64 = 12 * HOUR;

/// Windows that were lost, counted back from the one that runs, with the audits of four that were missed.
fn lost(node: &str, id: &str) -> &'static [(i64, u32)] {
    match (node, id) {
        ("barn", US1) => &[(2, 1)],
        ("barn", AP1) => &[(40, 2), (39, 4), (38, 2)],
        ("dock", US1) => &[(52, 1), (22, 4), (1, 3)],
        ("dock", _) => &[(52, 1), (22, 4)],
        _ => &[],
    }
}

fn is_new(node: &str, id: &str) -> bool {
    node == "forge" && id == AP1
}

/// The outlook of a satellite, as JSON.
fn outlook(node: &str, id: &str) -> Json {
    let lost = lost(node, id);
    let hours: f64 = lost.iter().map(|(_, missed)| f64::from(*missed) * 3.0).sum();
    let back = lost.iter().map(|(back, _)| NOW_MS + (61 - back) * WINDOW).max();
    let back = back.map(|ms| jiff::Timestamp::from_millisecond(ms).unwrap().to_string());
    let failing = node == "barn" && id == US1;
    if is_new(node, id) {
        return json!({"failed_in_a_row": 0});
    }
    let vetting = match (node, id) {
        ("forge", US1) => {
            json!({"state": "underway", "audits": 63, "audits_needed": 100, "hours": 320, "hours_needed": 504})
        }
        ("forge", _) => {
            json!({"state": "overdue", "audits": 131, "audits_needed": 100, "hours": 1320, "hours_needed": 504})
        }
        _ => json!({"state": "vetted", "audits": 4000, "audits_needed": 100, "hours": null, "hours_needed": 504}),
    };
    json!({
        "projected_audit_score": failing.then_some(0.9881),
        "projected_suspension_score": failing.then_some(1.0),
        "failures_to_disqualification": if failing { 29 } else { 41 },
        "failures_to_suspension": 10,
        "failed_in_a_row": match (node, failing) { ("cellar", _) => Json::Null, (_, true) => json!(12), _ => json!(0) },
        "windows_lost": lost.len(), "hours_lost": hours, "online_back_at": back, "vetting": vetting,
        "joined_at": "2024-03-01T00:00:00Z",
    })
}

/// A node's status with what the reputation room adds.
fn with_outlook(node: &Node) -> Node {
    let mut node = node.clone();
    for satellite in node.satellites.iter_mut().flatten() {
        let id = satellite.satellite_id.clone().unwrap();
        satellite.outlook = Some(serde_json::from_value(outlook(&node.name, &id)).unwrap());
        if node.name == "barn" && id == US1 {
            satellite.audit_score = Some(0.9921);
        }
        if node.name == "forge" {
            satellite.vetted_at = None;
        }
        if is_new(&node.name, &id) {
            (
                satellite.audit_score,
                satellite.suspension_score,
                satellite.online_score,
            ) = (None, None, None);
            satellite.audit_failures_to_disqualification = None;
        }
    }
    node
}

/// What the nodes tell.
pub fn told() -> Snapshot {
    let mut snapshot = snapshot();
    for view in snapshot.nodes.values_mut() {
        let node = view.status.as_ref().unwrap().value.clone();
        view.status = Some(Section {
            generation: 1,
            value: std::sync::Arc::new(with_waiting(with_outlook(&node))),
        });
    }
    snapshot
}

/// Audits that wait: two on barn, by its counters; of forge nobody knows.
fn with_waiting(mut node: Node) -> Node {
    let late = node.name == "barn";
    let pending = json!({"count": if late { 2 } else { 0 }, "oldest_s": late.then_some(74), "at_least": late,
        "source": if late { "metrics" } else { "log" }, "as_of": "2026-08-21T19:48:00Z"});
    node.pending_audits = (node.name != "forge").then(|| serde_json::from_value(pending).unwrap());
    node
}

fn downtime(node: &str, id: &str) -> Downtime {
    let newest = NOW_MS.div_euclid(WINDOW) * WINDOW;
    let lost = lost(node, id);
    let window = |back: i64| {
        let missed = lost.iter().find(|(at, _)| *at == back).map_or(0, |(_, missed)| *missed);
        (newest - back * WINDOW, 4, 4 - missed)
    };
    Downtime {
        window_ms: WINDOW,
        windows: (0..=60).rev().map(window).collect(),
        steps: lost
            .iter()
            .map(|(back, _)| (newest + (61 - back) * WINDOW, 1.0))
            .collect(),
    }
}

/// The text of errors comes from the node's log: it may be anything.
pub fn failing(error: &str) -> Failing {
    let failed = |n: i64| FailedAudit {
        time_ms: NOW_MS - 35_000 - n * 85_000,
        repair: n == 3,
        missing: true,
        piece: Some(format!("{}5MHLOAWQBOZKVAB{}", (b'A' + n as u8) as char, "Q".repeat(36))),
        offset: (n != 2).then_some(114_688 * n.unsigned_abs()),
        size: Some(256),
        error: Some(error.to_owned()),
    };
    Failing {
        audits: 21,
        since_first: 12,
        missing: 12,
        unreadable: 0,
        repairs: 1,
        first_ms: NOW_MS - 1_023_000,
        last_ms: NOW_MS - 35_000,
        passed_ms: Some(NOW_MS - 1_100_000),
        errors: vec![(error.to_owned(), 12)],
        means: "only files of this satellite are missing: its folder was deleted, moved or lost in a repair".to_owned(),
        act: "stop the node, put the folder back, start it again".to_owned(),
        hours_to_disqualification: Some(0.69),
        hours_to_suspension: None,
        newest: (0..13).map(failed).collect(),
    }
}

fn whole(node: &str, satellite: &Satellite, error: &str) -> SatelliteReputation {
    let id = satellite.satellite_id.clone().unwrap();
    let unknown = is_new(node, &id) || node == "eave" && id == EU1;
    let change = match (node, id.as_str()) {
        ("barn", US1) => 0.0079,
        ("barn", AP1) => -0.0002,
        _ => 0.0,
    };
    SatelliteReputation {
        satellite: satellite.clone(),
        day_before: (node != "forge").then(|| DayBefore {
            audit_score: satellite.audit_score.map(|score| score + change),
            suspension_score: satellite.suspension_score,
            online_score: satellite.online_score,
        }),
        downtime: (!unknown).then(|| downtime(node, &id)),
        failing: (node == "barn" && id == US1).then(|| failing(error)),
        asked_ms: Some(NOW_MS - 600_000),
        error: (node == "eave" && id == EU1).then(|| "HTTP 500".to_owned()),
    }
}

/// Scores of barn's us1: they fall from half past nine on.
fn history() -> Answer {
    let row = |minutes: i64, audit: f64| {
        vec![
            Value::Time(NOW_MS - minutes * 60_000),
            Value::Text("barn".to_owned()),
            Value::Text(US1.to_owned()),
            Value::Score(audit),
            Value::Score(1.0),
            Value::Score(0.998),
            Value::Text("api".to_owned()),
            Value::Null,
            Value::Null,
            Value::Null,
            Value::Null,
        ]
    };
    Answer::Rows {
        columns: Vec::new(),
        rows: vec![row(9000, 1.0), row(15, 0.997), row(6, 0.9921)],
        more: false,
    }
}

/// What the collector would answer, with an error's text in the log.
pub fn answer_with(query: &Query, error: &str) -> Result<Answer, String> {
    Ok(match query {
        Query::Reputation { nodes, .. } => {
            let told = told();
            let wanted = told
                .nodes
                .values()
                .map(|view| view.status.as_ref().unwrap().value.clone());
            let wanted = wanted.filter(|node| nodes.is_empty() || nodes.contains(&node.name));
            let node = |node: std::sync::Arc<Node>| NodeReputation {
                node: node.name.clone(),
                satellites: node
                    .satellites
                    .iter()
                    .flatten()
                    .map(|one| whole(&node.name, one, error))
                    .collect(),
            };
            Answer::Reputation(wanted.map(node).collect())
        }
        Query::Rows { .. } => history(),
        other => return super::traffic::answer(other),
    })
}

/// What the collector would answer.
pub fn answer(query: &Query) -> Result<Answer, String> {
    answer_with(query, "file does not exist")
}
