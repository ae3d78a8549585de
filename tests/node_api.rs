//! A node's API: what recorded nodes answered is told as it was; what breaks is named, and what was known
//! stays known.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::time::Duration;

use common::api::{Api, Mood};
use common::node::Running;
use common::{corpus, inflated, json, nodes, program, run, stdout};
use serde_json::{Value, json};

fn spec(api: &Api) -> String {
    format!("n=none,api={}", api.url)
}

fn dashboard() -> Value {
    let now = jiff::Timestamp::now().to_string();
    json!({
        "nodeID": "12ENZWwAQughbfQpy84BcTpBBLSdSYCJe3yhRB4FvQmi1ZqHRS9", "wallet": "0x01", "walletFeatures": null,
        "satellites": [{"id": "12EayRS2V1kEsWESU9QMRseFhdxYxKicsiFmxrsLZHeLUtdps3S", "url": "us1.storj.io:7777",
            "disqualified": null, "suspended": null, "vettedAt": null}],
        "diskSpace": {"used": 80, "available": 20, "allocated": 100, "trash": 10, "reclaimable": 5, "overused": 0},
        "bandwidth": {"used": 0, "available": 0}, "lastPinged": now, "version": "1.162.3", "allowedVersion": "1.100.0",
        "upToDate": true, "startedAt": now, "configuredPort": "28967", "quicStatus": "OK", "lastQuicPingedAt": now
    })
}

fn audits() -> Value {
    json!({"audits": [
        {"auditScore": 1, "suspensionScore": 1, "onlineScore": 0.99, "satelliteName": "us1.storj.io:7777"},
        {"auditScore": 0, "suspensionScore": 0, "onlineScore": 0, "satelliteName": "new.example:7777"}]})
}

fn good() -> Api {
    let api = Api::start();
    api.body("/api/sno/", dashboard());
    api.body("/api/sno/satellites", audits());
    api
}

fn told(data: &std::path::Path) -> Value {
    json(data, &["status", "--json"])["nodes"][0].clone()
}

#[test]
fn an_api_alone_makes_a_status() {
    let data = tempfile::tempdir().unwrap();
    let api = good();
    stdout(data.path(), &["collect", "--once", "--node", &spec(&api)]);
    let node = told(data.path());
    assert_eq!((&node["state"], &node["reasons"]), (&json!("ok"), &json!([])));
    assert_eq!(
        (&node["node_version"], &node["quic"]),
        (&json!("1.162.3"), &json!("OK"))
    );
    let disk = &node["disk"];
    assert_eq!(
        (&disk["semantics"], &disk["used"], &disk["free"]),
        (&json!("new"), &json!(80), &json!(20))
    );
    let [us1, new] = node["satellites"].as_array().unwrap().as_slice() else {
        panic!("{node}");
    };
    // Without a name it comes first or last; the rated one has all it needs.
    let (us1, new) = if us1["satellite_id"].is_null() {
        (new, us1)
    } else {
        (us1, new)
    };
    assert_eq!(us1["audit_failures_to_disqualification"], 41);
    assert_eq!(
        us1["recent_failed_audits"],
        Value::Null,
        "there is no log to know it from"
    );
    // Zeros of a satellite that has not rated the node are no catastrophe.
    assert_eq!(
        (&new["audit_score"], &new["satellite_id"]),
        (&Value::Null, &Value::Null)
    );
    let text = stdout(data.path(), &["status"]);
    assert!(
        text.contains("n OK: its API shows no trouble") && text.contains("us1"),
        "{text}"
    );
    // Only questions, and only those.
    for head in api.asked() {
        assert!(
            ["sno/", "heldamount/", "notifications/list"]
                .iter()
                .any(|path| head.starts_with(&format!("get /api/{path}"))),
            "{head}"
        );
    }
}

#[test]
fn what_recorded_nodes_answered_is_told_as_it_was() {
    let Some(corpus) = corpus() else { return };
    for folder in nodes(&corpus) {
        let log = String::from_utf8(inflated(&folder.join("api.jsonl.gz"))).unwrap();
        let answers: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let of = |path: &str| -> Vec<&Value> {
            let good = |answer: &&Value| answer["path"] == path && answer["status"] == 200;
            answers.iter().filter(good).collect()
        };
        let dashboards = of("/api/sno/");
        let api = Api::start();
        let data = tempfile::tempdir().unwrap();
        // The first, one of the middle, the last: of every node another.
        for dashboard in [
            dashboards[0],
            dashboards[dashboards.len() / 2],
            dashboards[dashboards.len() - 1],
        ] {
            let satellites = of("/api/sno/satellites");
            let satellites = satellites
                .iter()
                .rfind(|answer| answer["t"].as_str() <= dashboard["t"].as_str());
            let satellites = &satellites.unwrap_or(&of("/api/sno/satellites")[0])["body"];
            api.body("/api/sno/", &dashboard["body"]);
            api.body("/api/sno/satellites", satellites);
            stdout(data.path(), &["collect", "--once", "--node", &spec(&api)]);
            compare(&told(data.path()), &dashboard["body"], satellites);
        }
    }
}

/// The API tells of it in a notice only: nothing else does where no database is read.
#[test]
fn who_is_suspended_for_being_offline_learns_it_without_databases() {
    let Some(corpus) = corpus() else { return };
    let log = String::from_utf8(inflated(&corpus.join("v137-offline/api.jsonl.gz"))).unwrap();
    let answers: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let api = Api::start();
    let serve = |good: fn(&Value) -> bool| {
        for answer in answers.iter().filter(|answer| answer["status"] == 200 && good(answer)) {
            api.body(answer["path"].as_str().unwrap(), &answer["body"]);
        }
    };
    let suspended = |node: &Value| {
        let satellites = node["satellites"].as_array().unwrap().iter();
        satellites.filter(|one| !one["offline_suspended_at"].is_null()).count()
    };
    let data = tempfile::tempdir().unwrap();
    serve(|answer| answer["t"].as_str() < Some("2026-11-23T22:30"));
    stdout(data.path(), &["collect", "--once", "--node", &spec(&api)]);
    assert_eq!(suspended(&told(data.path())), 0);
    serve(|_| true);
    stdout(data.path(), &["collect", "--once", "--node", &spec(&api)]);
    let node = told(data.path());
    assert_eq!(suspended(&node), 2, "{node}");
    assert_eq!(
        (node["state"].as_str(), node["databases"].is_null()),
        (Some("critical"), true)
    );
    assert_eq!(
        node["satellites"][0]["offline_suspended_at"]
            .as_str()
            .unwrap()
            .get(..16),
        Some("2026-11-23T22:40")
    );
    assert_eq!(node["notices"].as_array().unwrap().len(), 2);
    let text = stdout(data.path(), &["status"]);
    assert!(text.contains("for being offline"), "{text}");
}

fn compare(node: &Value, body: &Value, satellites: &Value) {
    let same_time = |ours: &Value, theirs: &Value| {
        let theirs = theirs.as_str().filter(|time| !time.starts_with("0001"));
        let ms = |text: &str| text.parse::<jiff::Timestamp>().unwrap().as_millisecond();
        assert_eq!(ours.as_str().map(ms), theirs.map(ms), "{node} {body}");
    };
    assert_eq!(node["node_id"], body["nodeID"]);
    assert_eq!(node["node_version"], body["version"]);
    assert_eq!(node["quic"], body["quicStatus"]);
    same_time(&node["started_at"], &body["startedAt"]);
    same_time(&node["last_contact_at"], &body["lastPinged"]);
    let (disk, theirs) = (&node["disk"], &body["diskSpace"]);
    let number = |value: &Value| value.as_u64();
    assert_eq!(number(&disk["trash"]), number(&theirs["trash"]));
    if theirs.get("allocated").is_some() {
        assert_eq!(disk["semantics"], "new");
        for (ours, key) in [
            ("allocated", "allocated"),
            ("used", "used"),
            ("free", "available"),
            ("reclaimable", "reclaimable"),
            ("overused", "overused"),
        ] {
            assert_eq!(disk[ours], theirs[key], "{key}");
        }
    } else {
        assert_eq!(disk["semantics"], "old");
        assert_eq!(disk["allocated"], theirs["available"]);
        assert_eq!(
            number(&disk["used"]).unwrap(),
            number(&theirs["used"]).unwrap() + number(&theirs["trash"]).unwrap()
        );
    }
    let ours = node["satellites"].as_array().unwrap();
    assert_eq!(ours.len(), satellites["audits"].as_array().unwrap().len(), "{node}");
    for row in body["satellites"].as_array().unwrap_or(&Vec::new()) {
        let our = ours.iter().find(|our| our["satellite_id"] == row["id"]).unwrap();
        let audit = satellites["audits"].as_array().unwrap();
        let audit = audit.iter().find(|audit| audit["satelliteName"] == row["url"]).unwrap();
        for (our_key, key) in [
            ("audit_score", "auditScore"),
            ("suspension_score", "suspensionScore"),
            ("online_score", "onlineScore"),
        ] {
            assert_eq!(our[our_key].as_f64(), audit[key].as_f64(), "{key}");
        }
        same_time(&our["disqualified_at"], &row["disqualified"]);
        same_time(&our["suspended_at"], &row["suspended"]);
        if let Some(vetted) = row.get("vettedAt") {
            same_time(&our["vetted_at"], vetted);
        }
    }
}

#[test]
fn every_failure_has_its_words_and_takes_nothing_away() {
    let data = tempfile::tempdir().unwrap();
    let api = good();
    let ask = || run(data.path(), &["collect", "--once", "--node", &spec(&api)]);
    assert!(ask().status.success());
    let before = told(data.path());
    let cases = [
        (
            Mood::Status(500, "{\"error\":\"consoleapi: database is locked\"}".into()),
            "500 Internal Server Error: consoleapi: database is locked",
        ),
        (Mood::Status(503, "<html>".into()), "503 Service Unavailable"),
        (Mood::Truncated, "broke off"),
        (Mood::Html, "web page"),
        (Mood::Garbage, "no JSON"),
        (Mood::Closes, "does the node run"),
        (Mood::Endless, "larger than 16 MiB"),
    ];
    for (mood, words) in cases {
        api.mood("", mood.clone());
        let output = ask();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{mood:?}: {said}");
        let node = told(data.path());
        let error = node["api"]["error"].as_str().unwrap();
        assert!(
            error.contains(words) && said.contains(words),
            "{mood:?}: {error}; {said}"
        );
        assert_eq!(node["api"]["state"], "stale");
        assert_eq!(node["api"]["last_ok_at"], before["api"]["last_ok_at"]);
        assert_eq!(
            (&node["disk"], &node["satellites"]),
            (&before["disk"], &before["satellites"]),
            "{mood:?}"
        );
    }
    // The second question alone fails: the first one's answer is news, the scores keep their age.
    api.mood("", Mood::Good);
    api.mood("/api/sno/satellites", Mood::Status(500, String::new()));
    let mut changed = dashboard();
    changed["diskSpace"]["used"] = json!(81);
    api.body("/api/sno/", changed);
    assert!(ask().status.success());
    let node = told(data.path());
    assert_eq!(
        (&node["disk"]["used"], &node["api"]["state"]),
        (&json!(81), &json!("stale"))
    );
    assert_eq!(node["satellites"], before["satellites"]);
    // Every answer is in the history, with the age of its scores.
    let storage = stdout(
        data.path(),
        &["export", "storage", "--columns", "node,used,free,source"],
    );
    assert_eq!(storage, "node,used,free,source\nn,80,20,api\nn,81,20,api\n");
    let scores = [
        "export",
        "reputation",
        "--columns",
        "node,satellite_id,online_score,source",
    ];
    let rated = "n,12EayRS2V1kEsWESU9QMRseFhdxYxKicsiFmxrsLZHeLUtdps3S,0.99,api";
    assert_eq!(
        stdout(data.path(), &scores),
        format!("node,satellite_id,online_score,source\nn,,,api\n{rated}\n")
    );
    // And back.
    api.mood("/api/sno/satellites", Mood::Good);
    assert!(ask().status.success());
    let node = told(data.path());
    assert_eq!(
        (&node["api"]["state"], &node["api"]["error"]),
        (&json!("ok"), &Value::Null)
    );
}

#[test]
fn a_node_that_is_gone_is_critical_and_as_of_then_it_was_not() {
    let data = tempfile::tempdir().unwrap();
    let api = good();
    stdout(data.path(), &["collect", "--once", "--node", &spec(&api)]);
    let then = jiff::Timestamp::now();
    let once = ["collect", "--once", "--node", &spec(&api)];
    api.mood("", Mood::Closes);
    assert_eq!(run(data.path(), &once).status.code(), Some(1));
    // Minutes later it is no restart.
    let after = |minutes: u64| (then + Duration::from_secs(60 * minutes)).to_string();
    let at = |time: &str| json(data.path(), &["status", "--json", "--at", time])["nodes"][0].clone();
    assert_eq!(at(&after(1))["state"], "ok");
    let later = after(4);
    let node = at(&later);
    assert_eq!(
        (&node["state"], &node["api"]["state"]),
        (&json!("critical"), &json!("stale"))
    );
    assert_eq!(node["reasons"][0]["rule"], "down");
    // An hour later nobody has looked since: that is no news of the node.
    let unwatched = at(&after(60));
    assert_eq!(
        (&unwatched["state"], &unwatched["api"]["state"]),
        (&json!("unknown"), &json!("down"))
    );
    assert_eq!(unwatched["reasons"][0]["rule"], "not_watched");
    let check = run(data.path(), &["status", "--check", "--at", &later]);
    assert_eq!(check.status.code(), Some(2));
    let then = json(data.path(), &["status", "--json", "--at", &then.to_string()])["nodes"][0].clone();
    assert_eq!((&then["state"], &then["api"]["state"]), (&json!("ok"), &json!("ok")));
    // Before it was ever asked nothing was known.
    let never = json(data.path(), &["status", "--json", "--at", "2020-01-01"])["nodes"][0].clone();
    assert_eq!(
        (&never["state"], &never["api"]["state"]),
        (&json!("unknown"), &json!("none"))
    );
    assert_eq!((&never["disk"], &never["satellites"]), (&Value::Null, &Value::Null));
}

#[test]
fn a_frozen_node_is_not_waited_for() {
    let data = tempfile::tempdir().unwrap();
    let api = good();
    api.mood("", Mood::Slow(Duration::from_secs(60)));
    let mut once = program(data.path());
    once.args(["collect", "--once", "--node", &spec(&api)])
        .env("STORJ_MONITOR_POLL_TIMEOUT_S", "2");
    let output = once.output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("no answer within 2 s"), "{said}");
}

#[test]
fn neither_log_nor_api_is_unknown_and_foreign_words_are_harmless() {
    let data = tempfile::tempdir().unwrap();
    stdout(data.path(), &["collect", "--once", "--node", "n=none"]);
    let node = told(data.path());
    assert_eq!(
        (&node["state"], &node["api"]["state"]),
        (&json!("unknown"), &json!("none"))
    );
    let api = good();
    let mut evil = dashboard();
    evil["version"] = json!("1\u{1b}[31m\u{202e}");
    evil["satellites"][0]["url"] = json!("\u{1b}]0;x\u{7}.io:7777");
    api.body("/api/sno/", evil);
    stdout(
        data.path(),
        &["collect", "--once", "--node", &format!("e=none,api={}", api.url)],
    );
    api.mood("", Mood::Status(500, "{\"error\":\"\\u001b[2J\"}".into()));
    let output = run(
        data.path(),
        &["collect", "--once", "--node", &format!("e=none,api={}", api.url)],
    );
    for said in [
        stdout(data.path(), &["status"]),
        String::from_utf8(output.stderr).unwrap(),
    ] {
        assert!(
            !said.chars().any(|c| (c.is_control() && c != '\n') || c == '\u{202e}'),
            "{said:?}"
        );
    }
}

#[test]
fn a_running_collector_asks_again_and_again() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let api = good();
    let file = dir.path().join("config.toml");
    let text = format!(
        "[poll]\nevery_s = 5\ntimeout_s = 1\n[[node]]\nname = \"n\"\napi = \"{}\"\n",
        api.url
    );
    std::fs::write(&file, text).unwrap();
    let collector = Running::with(&data, &["collect", "--config", file.to_str().unwrap()]);
    collector.wait_for("n: its API answers");
    api.mood("", Mood::Slow(Duration::from_secs(3)));
    collector.wait_for("n: its API does not answer: no answer within 1 s");
    let live = json(&data, &["status", "--json"]);
    assert_eq!(live["collector"]["running"], true);
    api.mood("", Mood::Good);
    collector.wait_for("n: its API answers");
    // It is said when it is known; a moment later it is kept.
    let end = std::time::Instant::now() + Duration::from_secs(5);
    while told(&data)["api"]["state"] != "ok" {
        assert!(std::time::Instant::now() < end);
        std::thread::sleep(Duration::from_millis(50));
    }
    let live = json(&data, &["status", "--json"]);
    collector.stop();
    let still = json(&data, &["status", "--json", "--at", live["time"].as_str().unwrap()]);
    assert_eq!(live["nodes"], still["nodes"]);
}
