//! How long the fleet's transfers take: one node that has become slow, one of whole seconds, one whose log tells
//! nothing; for tests of the Latency pane.

use std::collections::BTreeMap;
use std::sync::Arc;

use storj_monitor::api::disks::{HostDisk, Level, OnDisk};
use storj_monitor::api::latency::{
    ActionLatency, Ask, Compared, Detail, Figures, Latency, LogCost, NodeLatency, Row, SatelliteRow, Slow, Speed, Step,
    Verdict, bounds,
};
use storj_monitor::api::message::{Answer, Query};
use storj_monitor::api::snapshot::{Running, Section, Snapshot};
use storj_monitor::domain::chart::{Mark, MarkKind};
use storj_monitor::domain::transfer::{Outcome, Quality};

use super::fleet::{AP1, EU1, NOW_MS, US1, snapshot};

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;

/// Nodes: p95 in ms now and a week before, count, quality.
const NODES: [(&str, u64, u64, u64, Quality); 4] = [
    ("cellar", 2110, 600, 215_948, Quality::Arrival),
    ("barn", 710, 690, 257_081, Quality::Exact),
    ("attic", 550, 560, 411_330, Quality::Exact),
    ("dock", 3000, 3000, 92_549, Quality::Second),
];

const COMPARED: Compared = Compared {
    others: true,
    before: true,
};

/// What is told of them, and what runs.
pub fn told() -> Snapshot {
    let mut snapshot = snapshot();
    let running = |count: u64, age_ms: i64| Running {
        count,
        oldest_ms: NOW_MS - age_ms,
    };
    for (name, all) in [
        (
            "cellar",
            vec![
                ("PUT", running(9, 8400)),
                ("GET", running(4, 300)),
                ("GET_AUDIT", running(0, 0)),
            ],
        ),
        (
            "barn",
            vec![("PUT", running(3, 600)), ("GET_AUDIT", running(1, 74_000))],
        ),
        ("attic", vec![("PUT", running(0, 0)), ("GET", running(2, 100))]),
    ] {
        let view = snapshot.nodes.get_mut(name).unwrap();
        let value: BTreeMap<String, Running> = all.into_iter().map(|(action, of)| (action.to_owned(), of)).collect();
        view.running = Some(Section {
            generation: 1,
            value: Arc::new(value),
        });
    }
    snapshot
}

fn figures(p95: u64, count: u64, quality: Quality) -> Figures {
    let few = |ms: u64, least: u64| (count >= least).then_some(ms);
    Figures {
        quality,
        count,
        left_out: if quality == Quality::Exact { 31 } else { 0 },
        p50: few(p95 * 29 / 100, 2),
        p90: few(p95 * 78 / 100, 10),
        p95: few(p95, 20),
        p99: few(p95 * 22 / 10, 100),
        max: p95 * 18,
    }
}

/// A swing over the day, worst at night.
fn heat(p95: u64) -> Vec<Option<u64>> {
    let hour = |hour: u64| match hour {
        3..6 => Some(p95 * 3 / 2),
        22 => None,
        _ => Some(p95 * (8 + hour % 5) / 12),
    };
    (0..24).map(hour).collect()
}

fn node(
    (name, p95, before, count, quality): (&str, u64, u64, u64, Quality),
    ask: &Ask,
    (begin, width): (i64, i64),
) -> NodeLatency {
    let buckets = (ask.to_ms / 1000 - begin) / width + 1;
    let step = |at: i64| {
        // Nothing was collected for a while.
        (at * 7 / buckets != 3).then(|| {
            let late = at * 2 > buckets || name != "cellar";
            let p95 = if late { p95 } else { before };
            let swing = p95 + p95 * (at as u64 * 7 % 5) / 20;
            (swing * 29 / 100, Some(swing))
        })
    };
    NodeLatency {
        node: name.to_owned(),
        figures: Some(figures(p95, count, quality)),
        before: Some(figures(before, count, quality)),
        ends: [count, if name == "cellar" { count / 25 } else { count / 70 }, 12, 0],
        trend: (0..buckets).map(step).collect(),
        heat: heat(p95),
        slow: (name == "cellar").then_some(Verdict {
            times_others: Some(3.35),
            others: Some(630),
            times_before: Some(3.5),
            since_ms: Some(NOW_MS - 5 * DAY_MS - 18 * HOUR_MS),
        }),
        compared: COMPARED,
        qualities: [
            if quality == Quality::Second { 0 } else { 31 },
            if quality == Quality::Arrival { count } else { 0 },
            if quality == Quality::Second { count } else { 0 },
        ],
        actions: Vec::new(),
        unended: if name == "cellar" { (29, 2) } else { (0, 0) },
        has_durations: true,
        log: None,
    }
}

/// A node at INFO.
fn silent(name: &str, transfers: u64) -> NodeLatency {
    NodeLatency {
        node: name.to_owned(),
        ends: [transfers / 2, transfers / 70, 3, 0],
        log: Some(LogCost {
            read_s: None,
            lines: transfers + transfers / 200,
            transfers,
            uploads: transfers * 2 / 3,
            failed_uploads: 15,
            won: transfers * 64 / 100,
            lost: transfers / 60,
            line_bytes: Some(301),
        }),
        ..NodeLatency::default()
    }
}

fn histogram(p50: u64, count: u64, quality: Quality) -> Vec<u64> {
    let mut steps: Vec<u64> = bounds(quality)
        .into_iter()
        .map(|bound| {
            let octaves = (bound as f64 / p50 as f64).log2();
            (count as f64 * 0.28 * (-octaves * octaves / 3.0).exp()) as u64
        })
        .collect();
    steps.push(count / 90_000);
    steps
}

fn row(
    action: &str,
    size: Option<&str>,
    outcome: Outcome,
    (p95, count, before, quality): (u64, u64, Option<u64>, Quality),
) -> Row {
    let figures = figures(p95, count, quality);
    Row {
        action: action.to_owned(),
        size_class: size.map(str::to_owned),
        outcome,
        before_p95: before,
        histogram: histogram(p95 * 29 / 100 + 1, count, quality),
        speed: (outcome == Outcome::Success).then_some(Speed {
            p10: Some(90_000),
            p50: Some(p95 * 900),
            p90: Some(9_400_000),
        }),
        figures,
    }
}

fn detail(name: &str) -> Detail {
    use Outcome::{Canceled, Success};
    let quality = match name {
        "dock" => Quality::Second,
        _ => Quality::Arrival,
    };
    let row = |action: &str, size, outcome, (p95, count, before): (u64, u64, Option<u64>)| {
        row(action, size, outcome, (p95, count, before, quality))
    };
    let rows = vec![
        row("PUT", None, Success, (2110, 215_948, Some(600))),
        row("PUT", None, Canceled, (3100, 8206, Some(900))),
        row("PUT", Some("<1K"), Success, (310, 8306, Some(300))),
        row("PUT", Some("4K-16K"), Success, (980, 58_306, Some(510))),
        row("PUT", Some("64K-256K"), Success, (1610, 77_741, Some(900))),
        row("PUT", Some("256K-1M"), Success, (2400, 43_190, Some(1260))),
        row("PUT", Some(">=1M"), Success, (3940, 36_711, Some(920))),
        row("GET", None, Success, (710, 190_422, Some(310))),
        row("GET_REPAIR", None, Success, (1080, 2018, Some(440))),
        row("GET_AUDIT", None, Success, (120, 61, Some(110))),
    ];
    let satellite = |id: &str, p95: u64, count: u64| SatelliteRow {
        satellite_id: id.to_owned(),
        figures: figures(p95, count, Quality::Arrival),
        before_p95: Some(600),
        ends: [count, count / 25, 0, 0],
        speed: (count > 20).then_some(Speed {
            p10: Some(30_000),
            p50: Some(p95 * 700),
            p90: Some(7_000_000),
        }),
    };
    let shares = [5, 6, 16, 9, 31, 20, 9, 4];
    let bounds = [250, 500, 1000, 1500, 2000, 4000, 10_000]
        .map(Some)
        .into_iter()
        .chain([None]);
    let step = |(up_to_ms, share): (Option<u64>, u64)| Step {
        up_to_ms,
        count: share * 82,
        moved: Some(share * 61_000),
        share: None,
    };
    Detail {
        node: name.to_owned(),
        rows,
        satellites: vec![
            satellite(US1, 2310, 150_211),
            satellite(EU1, 1800, 60_012),
            satellite(AP1, 900, 16),
        ],
        lost: bounds.zip(shares).map(step).collect(),
        lost_quality: Some(quality),
        lost_of_all: false,
    }
}

/// Every action of every node: of one two are slow.
fn actions() -> Vec<NodeLatency> {
    let one = |action: &str, (p95, before): (u64, u64), quality, times: (Option<f64>, Option<f64>)| ActionLatency {
        action: action.to_owned(),
        figures: figures(p95, 9000, quality),
        before_p95: Some(before),
        slow: (times != (None, None)).then_some(Verdict {
            times_others: times.0,
            others: times.0.map(|_| 630),
            times_before: times.1,
            since_ms: None,
        }),
        compared: COMPARED,
    };
    let node = |(name, p95, before, _, quality): (&str, u64, u64, u64, Quality)| {
        let slow = name == "cellar";
        let times = |times: f64| if slow { Some(times) } else { None };
        NodeLatency {
            node: name.to_owned(),
            has_durations: true,
            actions: vec![
                one("GET", (p95 / 3, before / 3), quality, (None, times(2.3))),
                one("GET_AUDIT", (120, 110), quality, (None, None)),
                one("PUT", (p95, before), quality, (times(3.35), times(3.5))),
            ],
            ..NodeLatency::default()
        }
    };
    NODES.into_iter().map(node).collect()
}

/// Disks of nodes at INFO: one is slow, one tells nothing, one lies on a file system that counts nothing.
fn disks() -> Vec<HostDisk> {
    let level = |now: f64, usual: f64| Level {
        now: Some(now),
        usual: Some(usual),
        worst: Some((now * 3.0, NOW_MS - HOUR_MS)),
    };
    let disk = |name: &str, nodes: &[(&str, f64)], await_ms: f64| HostDisk {
        name: Some(format!("/dev/{name}1")),
        device: (name != "nfs").then(|| name.to_owned()),
        await_ms: if name == "nfs" {
            Level::default()
        } else {
            level(await_ms, 12.0)
        },
        busy: level(0.4, 0.3),
        seen_ms: Some(NOW_MS - 4000),
        nodes: nodes
            .iter()
            .map(|(node, took)| OnDisk {
                node: (*node).to_owned(),
                read_check: level(took / 9.0, 0.01),
                write_check: level(*took, 0.1),
                checked_ms: Some(NOW_MS - 12_000),
                ..OnDisk::default()
            })
            .collect(),
        ..HostDisk::default()
    };
    let mut all = vec![
        disk("sda", &[("attic", 0.1), ("barn", 0.12)], 9.0),
        disk("sdb", &[("cellar", 4.8)], 1310.0),
        disk("nfs", &[("dock", 0.2)], 0.0),
        disk("sdc", &[("eave", 0.1)], 11.0),
    ];
    all[3].nodes[0] = OnDisk {
        node: "eave".to_owned(),
        ..OnDisk::default()
    };
    all
}

fn slow() -> Vec<Slow> {
    let one = |(node, action, id, ms, age): (&str, &str, &str, u64, i64), outcome| Slow {
        node: node.to_owned(),
        action: action.to_owned(),
        satellite_id: id.to_owned(),
        outcome,
        time_ms: NOW_MS - age * 60_000,
        ms,
        quality: Quality::Arrival,
        size: Some(ms * 61),
        piece: Some("KFKGZ2VK4YJFQ6EYZTRNTVLIUK4KEGZ7R5GLQDI6F3XBDFJNIAOQ".to_owned()),
    };
    vec![
        one(("cellar", "PUT", US1, 38_200, 994), Outcome::Success),
        one(("cellar", "PUT", US1, 33_000, 996), Outcome::Canceled),
        one(("cellar", "PUT", EU1, 30_700, 995), Outcome::Canceled),
        one(("cellar", "GET", US1, 24_600, 997), Outcome::Failed),
        one(("dock", "PUT", EU1, 12_700, 40), Outcome::Success),
        one(("barn", "PUT", US1, 9800, 128), Outcome::Success),
    ]
}

/// The stretch answers are of.
fn frame(ask: &Ask) -> (i64, i64) {
    let span = (ask.to_ms - ask.from_ms) / 1000;
    let width = if span <= 6 * 3600 {
        (span / 60).max(60)
    } else {
        (span / 168 / 3600).max(1) * 3600
    };
    (ask.from_ms.div_euclid(width * 1000) * width, width)
}

fn answered(ask: &Ask, nodes: Vec<NodeLatency>, slow: Vec<Slow>) -> Answer {
    let (begin, width) = frame(ask);
    let wanted = |name: &String| ask.nodes.is_empty() || ask.nodes.contains(name);
    let has = |name: &String| nodes.iter().any(|node| node.node == *name && node.has_durations);
    let detail = ask.detail.as_ref().map(|name| match has(name) {
        true => detail(name),
        false => Detail {
            node: name.clone(),
            ..Detail::default()
        },
    });
    Answer::Latency(Box::new(Latency {
        from_ms: ask.from_ms,
        to_ms: ask.to_ms,
        begin,
        width,
        detail,
        slow: slow.into_iter().filter(|slow| wanted(&slow.node)).collect(),
        nodes: nodes.into_iter().filter(|node| wanted(&node.node)).collect(),
    }))
}

/// What the collector would say.
pub fn answer(query: &Query) -> Result<Answer, String> {
    Ok(match query {
        Query::Latency(ask) if ask.each_action => answered(ask, actions(), Vec::new()),
        Query::Latency(ask) => {
            let mut nodes: Vec<NodeLatency> = NODES.into_iter().map(|told| node(told, ask, frame(ask))).collect();
            nodes.push(silent("forge", 1234));
            nodes.push(NodeLatency {
                node: "eave".to_owned(),
                has_durations: true,
                ..NodeLatency::default()
            });
            nodes.sort_by(|a, b| a.node.cmp(&b.node));
            answered(ask, nodes, slow())
        }
        Query::Marks { .. } => Answer::Marks(vec![Mark {
            time_ms: NOW_MS - 25 * 60_000,
            until_ms: None,
            node: "cellar".to_owned(),
            kind: MarkKind::Compaction,
            text: "compaction of us1 s0".to_owned(),
        }]),
        _ => return Err("not asked here".to_owned()),
    })
}

/// The same of nodes that log at INFO.
pub fn answer_blind(query: &Query) -> Result<Answer, String> {
    match query {
        Query::Latency(ask) => {
            let all = [
                ("attic", 1_100_000),
                ("barn", 640_211),
                ("cellar", 431_002),
                ("dock", 210_400),
                ("eave", 190_331),
                ("forge", 61_020),
            ];
            Ok(answered(
                ask,
                all.map(|(name, transfers)| silent(name, transfers)).into(),
                Vec::new(),
            ))
        }
        Query::Disks { .. } => Ok(Answer::Disks(disks())),
        other => answer(other),
    }
}
