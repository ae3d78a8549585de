//! What nodes tell of each satellite: recorded answers come out as they were, what follows from them agrees with the
//! satellite, and whatever breaks takes nothing away.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::path::Path;
use std::time::{Duration, Instant};

use common::api::{Api, Mood};
use common::node::Running;
use common::{corpus, inflated, json, nodes, run, stdout};
use serde_json::{Value, json};
use storj_monitor::api::message::{Answer, Query};
use storj_monitor::api::reputation::NodeReputation;
use storj_monitor::api::storage::NodeStorage;
use storj_monitor::collector::hub::Hub;
use storj_monitor::domain::sample::{Disk, Poll, Process, Sample, Semantics};
use storj_monitor::store::writer::Writer;

const US1: &str = "12EayRS2V1kEsWESU9QMRseFhdxYxKicsiFmxrsLZHeLUtdps3S";
const EU1: &str = "12L9ZFwhzVpuEKMUNUqkaTLGzwY9G24tbiigLiXpmZWKwmcNDDs";

fn reputation(data: &Path) -> NodeReputation {
    let query = Query::Reputation {
        nodes: Vec::new(),
        at_ms: None,
    };
    match Hub::alone(data).answer(&query).unwrap() {
        Answer::Reputation(nodes) => nodes.into_iter().next().unwrap(),
        other => panic!("{other:?}"),
    }
}

fn storage(data: &Path) -> NodeStorage {
    let query = Query::Storage {
        nodes: Vec::new(),
        at_ms: None,
    };
    match Hub::alone(data).answer(&query).unwrap() {
        Answer::Storage(nodes) => nodes.into_iter().next().unwrap(),
        other => panic!("{other:?}"),
    }
}

fn ms(time: &Value) -> i64 {
    let time: jiff::Timestamp = time.as_str().unwrap().parse().unwrap();
    time.as_millisecond()
}

/// Moves a body's windows by whole windows, so that the last one runs now.
fn moved_to_now(body: &Value) -> Value {
    let mut body = body.clone();
    let Some(windows) = body["auditHistory"]["windows"].as_array_mut() else {
        return body;
    };
    let now = jiff::Timestamp::now().as_millisecond();
    let by = windows
        .last()
        .map_or(0, |last| (now - ms(&last["windowStart"])).div_euclid(300_000) * 300_000);
    for window in windows {
        let start = ms(&window["windowStart"]) + by;
        window["windowStart"] = jiff::Timestamp::from_millisecond(start).unwrap().to_string().into();
    }
    body
}

#[test]
fn recorded_answers_are_told_as_they_were_and_agree_with_the_satellites_score() {
    let Some(corpus) = corpus() else { return };
    let mut lossy = 0;
    for folder in nodes(&corpus) {
        let log = String::from_utf8(inflated(&folder.join("api.jsonl.gz"))).unwrap();
        let answers: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let good = answers.iter().filter(|answer| answer["status"] == 200);
        let good: Vec<&Value> = good.collect();
        let last = |path: &str| {
            good.iter()
                .rfind(|answer| answer["path"] == path)
                .map(|answer| &answer["body"])
        };
        let api = Api::start();
        let dashboard = last("/api/sno/").unwrap();
        api.body("/api/sno/", dashboard);
        api.body("/api/sno/satellites", last("/api/sno/satellites").unwrap());
        let mut bodies = Vec::new();
        for satellite in dashboard["satellites"].as_array().unwrap() {
            let path = format!("/api/sno/satellite/{}", satellite["id"].as_str().unwrap());
            let body = moved_to_now(last(&path).unwrap());
            api.body(&path, &body);
            bodies.push(body);
        }
        let data = tempfile::tempdir().unwrap();
        stdout(
            data.path(),
            &["collect", "--once", "--node", &format!("n=none,api={}", api.url)],
        );
        let (reputation, storage) = (reputation(data.path()), storage(data.path()));
        assert_eq!(reputation.satellites.len(), bodies.len());
        let has_vetting = answers.iter().any(|answer| answer["body"].get("vettedAt").is_some());
        for body in &bodies {
            let id = body["id"].as_str().unwrap();
            let told = reputation
                .satellites
                .iter()
                .find(|told| told.satellite.satellite_id.as_deref() == Some(id));
            let told = told.unwrap();
            let windows = body["auditHistory"]["windows"].as_array().cloned().unwrap_or_default();
            lossy += usize::from(compare_windows(told, body, &windows));
            let outlook = told.satellite.outlook.as_ref().unwrap();
            let state = &outlook.vetting.as_ref().unwrap().state;
            let expected = match (has_vetting, body["vettedAt"].is_string()) {
                (false, _) => "unknown",
                (true, true) => "vetted",
                (true, false) => "underway",
            };
            assert_eq!(state, expected, "{} {id}", folder.display());
            compare_days(&storage, body);
        }
    }
    assert!(lossy >= 8, "several of them were away: {lossy}");
}

/// Whether anything was lost.
fn compare_windows(
    told: &storj_monitor::api::reputation::SatelliteReputation,
    body: &Value,
    windows: &[Value],
) -> bool {
    let Some(strip) = &told.downtime else {
        assert!(windows.is_empty());
        return false;
    };
    let expected: Vec<(i64, u32, u32)> = windows
        .iter()
        .map(|window| {
            let count = |key: &str| window[key].as_u64().unwrap() as u32;
            (ms(&window["windowStart"]), count("totalCount"), count("onlineCount"))
        })
        .collect();
    assert_eq!(strip.windows, expected);
    assert_eq!(strip.window_ms, 300_000);
    let over = &expected[..expected.len() - 1];
    let mean = over
        .iter()
        .map(|(_, total, online)| f64::from(*online) / f64::from(*total))
        .sum::<f64>();
    let score = body["auditHistory"]["score"].as_f64().unwrap();
    assert!((mean / over.len() as f64 - score).abs() < 1e-9);
    let outlook = told.outlook().unwrap();
    let lost = expected.iter().filter(|(_, total, online)| online < total).count();
    assert_eq!(outlook.windows_lost, Some(lost as u32));
    assert_eq!(
        (outlook.online_back_at.is_some(), strip.steps.is_empty()),
        (lost > 0, lost == 0)
    );
    if let Some((_, last)) = strip.steps.last() {
        assert!((last - 1.0).abs() < 1e-12, "{:?}", strip.steps);
    }
    lost > 0
}

fn compare_days(storage: &NodeStorage, body: &Value) {
    let told = storage
        .satellites
        .iter()
        .find(|told| body["id"] == *told.satellite_id)
        .unwrap();
    let days = body["storageDaily"].as_array().cloned().unwrap_or_default();
    let expected: Vec<(i64, f64)> = days
        .iter()
        .map(|day| (ms(&day["intervalStart"]), day["atRestTotal"].as_f64().unwrap()))
        .filter(|(_, byte_hours)| *byte_hours >= 0.0)
        .collect();
    let stored: Vec<(i64, f64)> = told
        .stored
        .iter()
        .map(|(ms, byte_hours, _)| (*ms, *byte_hours))
        .collect();
    assert_eq!(stored, expected);
    let sum: u64 = told.moved.iter().flat_map(|(_, ways)| ways).sum();
    let way = |way: &str| body[way].as_u64().unwrap();
    assert_eq!(sum, way("egressSummary") + way("ingressSummary"));
    match told.paid {
        Some(paid) => assert!(
            days.iter()
                .any(|day| day["atRestTotalBytes"].as_f64().unwrap().round() as u64 == paid)
        ),
        None => assert!(expected.iter().all(|(_, byte_hours)| *byte_hours == 0.0)),
    }
}

fn good() -> Api {
    let api = Api::start();
    let now = jiff::Timestamp::now().to_string();
    let satellite = |id: &str, url: &str| json!({"id": id, "url": url, "vettedAt": null});
    api.body(
        "/api/sno/",
        json!({"nodeID": "12ENZWwAQughbfQpy84BcTpBBLSdSYCJe3yhRB4FvQmi1ZqHRS9", "version": "1.162.3", "upToDate": true,
            "satellites": [satellite(US1, "us1.storj.io:7777"), satellite(EU1, "eu1.storj.io:7777")],
            "diskSpace": {"used": 80, "available": 20, "allocated": 100, "trash": 10, "reclaimable": 5, "overused": 0},
            "lastPinged": now, "startedAt": now, "quicStatus": "OK"}),
    );
    let audit = |url: &str| json!({"auditScore": 1, "suspensionScore": 1, "onlineScore": 1, "satelliteName": url});
    let audits = json!({"audits": [audit("us1.storj.io:7777"), audit("eu1.storj.io:7777")]});
    api.body("/api/sno/satellites", audits);
    api.body(&path(US1), detail(US1, 40.0));
    api.body(&path(EU1), detail(EU1, 10.0));
    api
}

fn path(id: &str) -> String {
    format!("/api/sno/satellite/{id}")
}

fn detail(id: &str, bytes: f64) -> Value {
    let window = |hours_ago: i64, online: u32| {
        let now = jiff::Timestamp::now().as_millisecond();
        let start = (now - hours_ago * 3_600_000).div_euclid(43_200_000) * 43_200_000;
        let start = jiff::Timestamp::from_millisecond(start).unwrap().to_string();
        json!({"windowStart": start, "totalCount": 4, "onlineCount": online})
    };
    let day = "2026-11-20T00:00:00Z";
    json!({"id": id, "vettedAt": null, "nodeJoinedAt": "2026-01-01T00:00:00Z", "averageUsageBytes": bytes,
        "storageDaily": [{"atRestTotal": bytes * 24.0, "atRestTotalBytes": bytes, "intervalStart": day}],
        "bandwidthDaily": null, "auditHistory": {"score": 1, "windows": [window(48, 3), window(24, 4), window(0, 4)]}})
}

#[test]
fn a_ledger_and_a_strip_come_of_one_look() {
    let data = tempfile::tempdir().unwrap();
    let api = good();
    stdout(
        data.path(),
        &["collect", "--once", "--node", &format!("n=none,api={}", api.url)],
    );
    let node = json(data.path(), &["status", "--json"])["nodes"][0].clone();
    assert_eq!((&node["state"], &node["api"]["state"]), (&json!("ok"), &json!("ok")));
    let space = &node["space"];
    assert_eq!(
        (
            &space["paid"],
            &space["unpaid"],
            &space["unexplained"],
            &space["paid_percent"]
        ),
        (&json!(50), &json!(30), &json!(15), &json!(62))
    );
    assert_eq!(
        (&space["growth_per_day"], &space["full_in_days"]),
        (&Value::Null, &Value::Null)
    );
    let outlook = &node["satellites"][0]["outlook"];
    assert_eq!(
        (&outlook["windows_lost"], &outlook["hours_lost"]),
        (&json!(1), &json!(3.0))
    );
    assert!(outlook["online_back_at"].is_string());
    assert_eq!(outlook["failed_in_a_row"], Value::Null, "there is no log");
    assert_eq!(
        (&outlook["vetting"]["state"], &outlook["vetting"]["audits"]),
        (&json!("underway"), &Value::Null)
    );
    for asked in api.asked() {
        assert!(
            ["sno/", "heldamount/", "notifications/list"]
                .iter()
                .any(|path| asked.starts_with(&format!("get /api/{path}"))),
            "{asked}"
        );
    }
}

#[test]
fn whatever_breaks_takes_nothing_away_and_hinders_nothing() {
    let data = tempfile::tempdir().unwrap();
    let api = good();
    let ask = |timeout: &str| {
        let mut once = common::program(data.path());
        once.args(["collect", "--once", "--node", &format!("n=none,api={}", api.url)])
            .env("STORJ_MONITOR_POLL_TIMEOUT_S", timeout);
        once.output().unwrap()
    };
    assert!(ask("5").status.success());
    let before = (reputation(data.path()), storage(data.path()));
    let mut other = detail(US1, 40.0);
    other["id"] = json!(EU1);
    let cases = [
        (
            Mood::Status(500, "{\"error\":\"database is locked\"}".into()),
            "database is locked",
        ),
        (Mood::Status(404, "{\"error\":\"not found\"}".into()), "404"),
        (Mood::Truncated, "broke off"),
        (Mood::Html, "web page"),
        (Mood::Garbage, "no JSON"),
        // A number that cannot be told leaves the body empty.
        (Mood::Status(200, String::new()), "no JSON"),
        (Mood::Status(200, other.to_string()), "not about this satellite"),
        (Mood::Closes, "does the node run"),
        (Mood::Endless, "larger than 16 MiB"),
        (Mood::Slow(Duration::from_secs(30)), "no answer within 5 s"),
    ];
    for (mood, words) in cases {
        api.mood(&path(US1), mood.clone());
        let output = ask("5");
        assert!(output.status.success(), "{mood:?}");
        let node = json(data.path(), &["status", "--json"])["nodes"][0].clone();
        assert_eq!(
            (&node["state"], &node["api"]["state"]),
            (&json!("ok"), &json!("ok")),
            "{mood:?}"
        );
        let now = (reputation(data.path()), storage(data.path()));
        let of = |told: &NodeReputation, id: &str| {
            let of = |told: &&storj_monitor::api::reputation::SatelliteReputation| {
                told.satellite.satellite_id.as_deref() == Some(id)
            };
            told.satellites.iter().find(of).unwrap().clone()
        };
        let (was, is) = (of(&before.0, US1), of(&now.0, US1));
        assert!(
            is.error.as_deref().is_some_and(|error| error.contains(words)),
            "{mood:?}: {:?}",
            is.error
        );
        assert_eq!((&is.downtime, is.asked_ms), (&was.downtime, was.asked_ms), "{mood:?}");
        assert_eq!(now.1.space, before.1.space, "{mood:?}");
        // The other satellite's answer is news.
        let eu1 = of(&now.0, EU1);
        assert!(eu1.error.is_none() && eu1.asked_ms > was.asked_ms, "{mood:?}");
    }
    api.mood(&path(US1), Mood::Good);
    assert!(ask("5").status.success());
    assert!(
        reputation(data.path())
            .satellites
            .iter()
            .all(|satellite| satellite.error.is_none())
    );
}

#[test]
fn a_running_collector_asks_about_one_satellite_at_a_time() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let api = good();
    let file = dir.path().join("config.toml");
    let text = format!("[poll]\nevery_s = 5\n[[node]]\nname = \"n\"\napi = \"{}\"\n", api.url);
    std::fs::write(&file, text).unwrap();
    let collector = Running::with(&data, &["collect", "--config", file.to_str().unwrap()]);
    collector.wait_for("n: its API answers");
    let count = |path: &str| {
        let head = format!("get {} ", path.to_lowercase());
        api.asked().iter().filter(|asked| asked.starts_with(&head)).count()
    };
    let end = Instant::now() + Duration::from_secs(30);
    while count("/api/sno/") < 3 {
        assert!(Instant::now() < end);
        std::thread::sleep(Duration::from_millis(100));
    }
    std::thread::sleep(Duration::from_millis(1500));
    // A viewer gets the same over the socket.
    let mut link = storj_monitor::api::socket::connect(&data).unwrap();
    let (nodes, at_ms) = (vec!["n".to_owned()], None);
    let ask = Query::Reputation {
        nodes: nodes.clone(),
        at_ms,
    };
    match link.ask(ask, Duration::from_secs(5)) {
        Ok(Answer::Reputation(told)) => assert!(told[0].satellites.iter().any(|told| told.downtime.is_some())),
        other => panic!("{other:?}"),
    }
    match link.ask(Query::Storage { nodes, at_ms }, Duration::from_secs(5)) {
        Ok(Answer::Storage(told)) => assert_eq!(told[0].disk.as_ref().and_then(|disk| disk.used), Some(80)),
        other => panic!("{other:?}"),
    }
    collector.stop();
    assert_eq!((count(&path(US1)), count(&path(EU1))), (1, 1));
    // Of questions about money and notices there are more.
    let asked = api.asked();
    let others = ["estimated-payout", "heldamount", "pricing", "notifications"];
    let is_other = |head: &&String| others.iter().any(|path| head.contains(path));
    let asked: Vec<&String> = asked.iter().filter(|head| !is_other(head)).collect();
    let first = asked.iter().take(4).map(|head| head.split(' ').nth(1).unwrap());
    let first: Vec<&str> = first.collect();
    assert_eq!(first[3], "/api/sno/", "one in the first turn: {first:?}");
    assert_eq!(run(&data, &["status", "--check"]).status.code(), Some(0));
}

#[test]
fn a_disk_that_fills_is_told_with_its_days_and_a_jump_is_none_of_its_growth() {
    const HOUR_MS: i64 = 3_600_000;
    const GB: u64 = 1_000_000_000;
    let data = tempfile::tempdir().unwrap();
    let mut writer = Writer::open(data.path()).unwrap();
    let begin = jiff::Timestamp::now().as_millisecond() - 9 * 24 * HOUR_MS;
    let now = begin + 9 * 24 * HOUR_MS;
    for hour in 0..=9 * 24_u64 {
        // Two days nobody asked; a restart found 300 GB more than was counted.
        if (30..78).contains(&hour) {
            continue;
        }
        let used = 1000 * GB + hour * 2 * GB + if hour >= 100 { 300 * GB } else { 0 };
        let disk = Disk {
            semantics: Semantics::New,
            allocated: Some(2000 * GB),
            used: Some(used),
            free: Some(2000 * GB - used),
            trash: Some(0),
            reclaimable: Some(0),
            overused: Some(0),
        };
        let sample = Sample {
            process: Process::default(),
            last_contact_ms: None,
            disk: Some(disk),
            standings: Ok(Vec::new()),
            details: Vec::new(),
            money: Vec::new(),
        };
        let poll = Poll {
            time_ms: begin + hour as i64 * HOUR_MS,
            answer: Ok(sample),
        };
        writer.node("n").unwrap();
        writer.commit(&mut [], &[("n".to_owned(), poll)], now).unwrap();
    }
    drop(writer);
    let told = storage(data.path());
    let week = told.growth.iter().find(|growth| growth.days == 7).unwrap();
    assert!((week.per_day - 48 * GB as i64).abs() < GB as i64, "{week:?}");
    assert!(matches!(week.steps.as_slice(), [(at, bytes)] if *at == begin + 100 * HOUR_MS && *bytes > 290 * GB as i64));
    assert!((115.0..=168.0).contains(&week.covered_h), "{week:?}");
    let node = json(data.path(), &["status", "--json"])["nodes"][0].clone();
    let space = &node["space"];
    // 268 GB are left.
    assert_eq!(space["full_in_days"], json!({"low": 5.6, "likely": 5.6, "high": 5.6}));
    assert_eq!((&space["paid"], &space["unpaid"]), (&Value::Null, &Value::Null));
    let reasons = node["reasons"].as_array().unwrap();
    assert!(
        reasons.iter().any(|reason| reason["rule"] == "full_soon"),
        "{reasons:?}"
    );
    // Half a week before it was none.
    let then = jiff::Timestamp::from_millisecond(now - 84 * HOUR_MS)
        .unwrap()
        .to_string();
    let then = json(data.path(), &["status", "--json", "--at", &then])["nodes"][0].clone();
    assert!(
        then["space"]["full_in_days"]["likely"].as_f64().unwrap() > 7.0,
        "{}",
        then["space"]
    );
}
