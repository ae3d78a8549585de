//! The disks of the fleet: one that fills, one that is full, one nobody knows, and what satellites have on each.

use serde_json::{Value as Json, json};
use storj_monitor::api::message::{Answer, Query};
use storj_monitor::api::money::{Currency, Estimates, Held, NodeMoney, NodeWay, Sum, Tallies};
use storj_monitor::api::snapshot::{NodeView, Section, Snapshot};
use storj_monitor::api::status::{Collector, Node, Status};
use storj_monitor::api::storage::NodeStorage;
use storj_monitor::api::table::Value;
use storj_monitor::domain::task::{Figures, Job, State, Task};

use super::fleet::{AP1, EU1, FLEET, NOW_MS, Sample, US1, status};

const TB: f64 = 1e12;
const DAY_MS: i64 = 86_400_000;

/// Of a node: paid, trash, dead (TB), growth (GB a day), days until it is full.
type Disk = (&'static str, [f64; 3], Option<f64>, Option<[f64; 3]>);

const DISKS: [Disk; 6] = [
    ("barn", [4.7, 0.44, 0.38], Some(25.0), Some([52.0, 61.0, 73.0])),
    ("dock", [1.45, 0.14, 0.17], Some(19.0), Some([160.0, 205.0, 280.0])),
    ("cellar", [2.25, 0.61, 0.38], Some(41.0), Some([4.1, 5.9, 8.8])),
    ("attic", [6.47, 0.38, 0.42], Some(-3.0), None),
    ("eave", [9.45, 0.31, 1.02], Some(2.0), Some([0.0, 0.0, 0.0])),
    ("forge", [0.4, 0.02, 0.03], None, None),
];

fn bytes(tb: f64) -> u64 {
    (tb * TB).round() as u64
}

fn disk(name: &str) -> Disk {
    *DISKS.iter().find(|disk| disk.0 == name).unwrap()
}

/// GB a day that come in and go out; one node is too young.
fn flows(name: &str) -> Option<(f64, f64)> {
    match name {
        "cellar" => Some((189.0, 34.0)),
        "attic" => Some((21.0, 88.0)),
        "barn" => Some((108.0, 71.0)),
        "dock" => Some((22.0, 9.0)),
        "eave" => Some((1.5, 109.0)),
        _ => None,
    }
}

/// What follows from a node's disk.
fn space(sample: &Sample) -> Json {
    let (_, [paid, trash, dead], growth, full) = disk(sample.name);
    let used = sample.disk.0;
    let unpaid = (paid <= used).then(|| bytes(used) - bytes(paid));
    let rest = unpaid.map(|unpaid| unpaid - bytes(trash) - bytes(dead));
    let percent = unpaid.map(|_| (paid / used * 100.0) as u8);
    let full = full.map(|[low, likely, high]| json!({"low": low, "likely": likely, "high": high}));
    json!({"paid": bytes(paid), "unpaid": unpaid, "unexplained": rest, "paid_percent": percent,
        "growth_per_day": growth.map(|gb| (gb * 1e9) as i64), "full_in_days": full,
        "in_per_day": flows(sample.name).map(|flows| bytes(flows.0 / 1000.0)),
        "out_per_day": flows(sample.name).map(|flows| bytes(flows.1 / 1000.0)),
        "freed_per_day": flows(sample.name).zip(growth).map(|(flows, gb)| flows.0 - gb)
            .filter(|gb| *gb >= 0.0).map(|gb| bytes(gb / 1000.0))})
}

fn node(sample: &Sample) -> Node {
    let (_, [_, trash, dead], ..) = disk(sample.name);
    let mut told = status(sample);
    told["disk"]["trash"] = json!(bytes(trash));
    told["disk"]["reclaimable"] = json!(bytes(dead));
    if sample.name == "eave" {
        told["disk"]["free"] = json!(0);
        told["disk"]["overused"] = json!(bytes(0.02));
    }
    told["space"] = space(sample);
    serde_json::from_value(told).unwrap()
}

/// What is told of all of them.
pub fn told() -> Snapshot {
    let view = |sample: &Sample| NodeView {
        status: Some(Section {
            generation: 1,
            value: std::sync::Arc::new(node(sample)),
        }),
        ..NodeView::default()
    };
    Snapshot {
        time_ms: NOW_MS,
        nodes: FLEET
            .iter()
            .map(|sample| (sample.name.to_owned(), view(sample)))
            .collect(),
        names: Some(FLEET.iter().map(|sample| sample.name.to_owned()).collect()),
        terms: None,
    }
}

fn sample(name: &str) -> &'static Sample {
    FLEET.iter().find(|sample| sample.name == name).unwrap()
}

/// What a satellite has in the logs of a node whose debug endpoint is asked.
fn logs(sample: &Sample, share: f64) -> Json {
    let (name, [_, trash, dead], ..) = disk(sample.name);
    if !["barn", "dock"].contains(&name) {
        return Json::Null;
    }
    let all = bytes(sample.disk.0 * share);
    json!({"time_ms": NOW_MS - 120_000, "logs": all, "set": all - bytes(dead * share), "trash": bytes(trash * share)})
}

fn in_full(name: &str) -> NodeStorage {
    let sample = sample(name);
    let (_, [paid, ..], growth, _) = disk(name);
    let today = NOW_MS / DAY_MS * DAY_MS;
    let satellite = |(id, short, share): (&str, &str, f64)| {
        let stored: Vec<Json> = (0..20)
            .map(|day| json!([today - (20 - day) * DAY_MS, paid * share * TB * 24.0, paid * share * TB]))
            .collect();
        let days = [8e9 * share, 1e9, 1e6, 27e9 * share, 2e9].map(|bytes: f64| bytes as u64);
        let moved: Vec<Json> = (0..20).map(|day| json!([today - (19 - day) * DAY_MS, days])).collect();
        json!({"satellite_id": id, "name": short, "paid": bytes(paid * share), "paid_day_ms": today - DAY_MS,
            "calculated": short == "ap1", "average": bytes(paid * share * 0.98), "stored": stored, "moved": moved,
            "asked_ms": NOW_MS - 600_000, "error": null, "logs": logs(sample, share)})
    };
    let grown = |days: i64, gb: f64| {
        let range = (days > 1).then_some([(gb * 0.66e9) as i64, (gb * 1.46e9) as i64]);
        let steps = if days == 30 {
            json!([[NOW_MS - 3 * DAY_MS, -88_000_000_000_i64]])
        } else {
            json!([])
        };
        json!({"days": days, "per_day": (gb * 1e9) as i64, "range": range, "covered_h": days as f64 * 24.0, "steps": steps})
    };
    let told = node(sample);
    let growths = growth.map_or(Vec::new(), |gb| [1, 7, 30].map(|days| grown(days, gb)).into());
    let mut satellites = vec![(US1, "us1", 0.71), (EU1, "eu1", 0.22), (AP1, "ap1", 0.07)];
    if name == "forge" {
        satellites.clear();
    }
    serde_json::from_value(
        json!({"node": name, "disk": told.disk, "space": told.space, "growth": growths,
        "satellites": satellites.into_iter().map(satellite).collect::<Vec<_>>()}),
    )
    .unwrap()
}

fn task(name: &str, job: Job, satellite: &str, ago_ms: i64) -> Task {
    let end = NOW_MS - ago_ms;
    Task {
        node: name.to_owned(),
        job,
        satellite_id: Some(satellite.to_owned()),
        store: Some("s0".to_owned()),
        started_ms: Some(end - 1_680_000),
        whole: true,
        finished_ms: Some(end),
        state: State::Done,
        took_ms: Some(1_680_000),
        cut_ms: None,
        seen_ms: end,
        process_ms: None,
        figures: Figures {
            filter_ms: (job == Job::BloomFilter).then_some(end),
            ..Figures::default()
        },
        error: None,
    }
}

/// An hour's answers: it grows to what it is now, with a step and a silence.
fn rows(question: &storj_monitor::api::table::Question) -> Answer {
    let name = question.nodes.first().unwrap();
    let sample = sample(name);
    let (_, [_, trash, dead], growth, _) = disk(name);
    let (from, to) = (question.from_ms.unwrap(), question.to_ms.unwrap().min(NOW_MS));
    let step = ((to - from) / 200).clamp(60_000, 3_600_000);
    let value = |ms: i64| {
        let days = (NOW_MS - ms) as f64 / DAY_MS as f64;
        let more = if days > 3.0 { 0.088 } else { 0.0 };
        (sample.disk.0 - growth.unwrap_or(0.0) / 1000.0 * days + more).max(0.0)
    };
    let silent = NOW_MS - 2 * DAY_MS..NOW_MS - DAY_MS;
    let row = |ms: i64| {
        vec![
            Value::Time(ms),
            Value::Text(name.clone()),
            Value::Count(bytes(sample.disk.1)),
            Value::Count(bytes(value(ms))),
            Value::Count(bytes(sample.disk.1 - value(ms).min(sample.disk.1))),
            Value::Count(bytes(trash)),
            Value::Count(bytes(dead)),
        ]
    };
    let times = (0..).map(|n| from + n * step).take_while(|ms| *ms < to);
    Answer::Rows {
        columns: ["time", "node", "allocated", "used", "free", "trash", "reclaimable"]
            .map(str::to_owned)
            .into(),
        rows: times.filter(|ms| !silent.contains(ms)).map(row).collect(),
        more: false,
    }
}

/// What a node's unpaid bytes would earn at $1.50 a TB; of dock no price is known.
fn worth(name: &str) -> NodeMoney {
    let (space, (_, [_, trash, dead], ..)) = (space(sample(name)), disk(name));
    let amount = |bytes: u64| (name != "dock").then_some(bytes * 3 / 2_000_000);
    let parts = [
        ("trash", Some(bytes(trash))),
        ("dead", Some(bytes(dead))),
        ("unexplained", space["unexplained"].as_u64()),
    ];
    let parts = parts.into_iter().filter_map(|(what, bytes)| Some((what, bytes?)));
    serde_json::from_value(json!({
        "node": name, "month": "2026-08", "now_ms": NOW_MS, "gone": 0.7,
        "currency": Currency::default(), "satellites": [], "so_far": Sum::default(), "estimates": Estimates::default(),
        "told": null, "node_way": NodeWay::default(), "tallies": Tallies::default(), "held": Held::default(),
        "yields": {"per_tb_used": null, "per_tb_paid": null, "per_tb_egress": null, "used": null, "paid": null,
            "unpaid": parts.map(|(what, bytes)| json!([what, bytes, amount(bytes)])).collect::<Vec<_>>()},
        "costs": null, "payout": null, "through": [], "days": [], "days_before": [], "history": [], "notes": [],
        "asked_ms": NOW_MS, "error": null
    }))
    .unwrap()
}

/// Nodes by name; none named is all of them.
fn all(nodes: &[String]) -> impl Iterator<Item = &str> {
    let every = FLEET.iter().map(|sample| sample.name);
    every.filter(move |name| nodes.is_empty() || nodes.iter().any(|wanted| wanted == name))
}

/// The collector's side.
pub fn answer(query: &Query) -> Result<Answer, String> {
    let days = |days: i64| days * DAY_MS;
    Ok(match query {
        Query::Storage { nodes, .. } => Answer::Storage(all(nodes).map(in_full).collect()),
        Query::Disks { nodes, .. } => Answer::Disks(super::disks::disks(nodes)),
        Query::Rows { question, .. } => rows(question),
        Query::Money { nodes, .. } => Answer::Money(all(nodes).map(worth).collect()),
        Query::Filters { nodes, .. } => {
            let of = |name| {
                [
                    task(name, Job::BloomFilter, US1, days(9)),
                    task(name, Job::BloomFilter, EU1, days(3)),
                ]
            };
            Answer::Tasks(all(nodes).flat_map(of).collect())
        }
        Query::Tasks { nodes, .. } => Answer::Tasks(vec![
            task(&nodes[0], Job::Compaction, US1, 52_000_000),
            task(&nodes[0], Job::Compaction, EU1, days(4)),
        ]),
        Query::Status { .. } => Answer::Status(Status {
            version: 1,
            time: "2026-08-21T19:00:00Z".to_owned(),
            collector: Collector {
                running: true,
                since: None,
                error: None,
            },
            nodes: FLEET.iter().map(node).collect(),
        }),
        _ => Answer::Done,
    })
}
