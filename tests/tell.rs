//! `status` and `sources`: what an operator and a script are told.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::node::{Node, Running, eventually, spec};
use common::{corpus, json, run, sample, stdout};

#[test]
fn a_followed_node_is_told_with_and_without_its_collector() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let mut node = Node::new(dir.path(), 21);
    node.write(300);
    let collector = Running::start(&data, &node.log());
    eventually(&data, 300);
    let live = json(&data, &["status", "--json"]);
    assert_eq!(
        (&live["version"], &live["collector"]["running"]),
        (&1.into(), &true.into())
    );
    assert!(live["collector"]["since"].is_string());
    let of = &live["nodes"][0];
    assert_eq!((&of["name"], &of["state"]), (&"n".into(), &"ok".into()));
    assert_eq!(of["traffic"]["by_action"]["PUT"]["success"], 300);
    assert_eq!(of["traffic"]["by_action"]["PUT"]["bytes"], node.bytes);
    let source = &of["sources"][0];
    assert_eq!(
        (&source["state"], &source["lag_bytes"]),
        (&"following".into(), &0.into())
    );
    assert_eq!((&source["lines"], &source["dialect"]), (&300.into(), &"console".into()));
    // Parts that are not built yet are null, not left out.
    for key in [
        "disk",
        "satellites",
        "earnings",
        "alerts",
        "node_id",
        "node_version",
        "started_at",
        "quic",
    ] {
        assert_eq!(of.get(key), Some(&serde_json::Value::Null), "{key}");
    }
    collector.stop();
    let still = json(&data, &["status", "--json", "--at", live["time"].as_str().unwrap()]);
    assert_eq!(still["collector"]["running"], false);
    assert_eq!(still["nodes"], live["nodes"]);
    assert!(stdout(&data, &["status"]).contains("n OK: the log shows no trouble"));
}

#[test]
fn sources_say_how_far_and_what_is_missing() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let mut node = Node::new(dir.path(), 22);
    node.write(100);
    let args = ["collect", "--once", "--node", &spec(&node.log())];
    stdout(&data, &args);
    node.write(100);
    node.file.set_len(0).unwrap();
    std::thread::sleep(std::time::Duration::from_millis(1100));
    node.write(10);
    stdout(&data, &args);
    let answer = json(&data, &["sources", "--json"]);
    let source = &answer["sources"][0];
    assert_eq!((&source["node"], &source["kind"]), (&"n".into(), &"file".into()));
    assert!(source["consumed"].as_array().is_some_and(|ranges| ranges.len() >= 2));
    let gap = &source["gaps"][0];
    assert!(gap["from"].is_string() && gap["to"].is_string(), "{gap}");
    assert!(stdout(&data, &["sources"]).contains("gap from"));
}

#[test]
fn a_check_has_one_line_perfdata_and_the_code_of_the_worst() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let nothing = run(&data, &["status", "--check"]);
    assert_eq!(nothing.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&nothing.stdout).starts_with("STORJ UNKNOWN - "));
    let mut node = Node::new(dir.path(), 23);
    node.write(20);
    stdout(&data, &["collect", "--once", "--node", &spec(&node.log())]);
    let good = run(&data, &["status", "--check"]);
    let line = String::from_utf8(good.stdout).unwrap();
    assert_eq!((good.status.code(), line.lines().count()), (Some(0), 1));
    assert!(
        line.starts_with("STORJ OK - 1 node") && line.contains("| 'n_success'=20"),
        "{line}"
    );
    // Audits that fail are the worst news a log has.
    let failed = format!(
        "{}\tERROR\tpiecestore\tdownload failed\t{{\"action\": \"GET_AUDIT\", \"offset\": 0, \"size\": 256, \"error\": \"file does not exist\"}}\n",
        common::node::now()
    );
    std::io::Write::write_all(&mut node.file, failed.as_bytes()).unwrap();
    stdout(&data, &["collect", "--once", "--node", &spec(&node.log())]);
    let bad = run(&data, &["status", "--check"]);
    let line = String::from_utf8(bad.stdout).unwrap();
    assert_eq!(bad.status.code(), Some(2), "{line}");
    assert!(
        line.starts_with("STORJ CRITICAL - 1 node, n: an audit failed on a satellite without a name; at most 40 more"),
        "{line}"
    );
    // Its log gone: said, and with less weight than lost pieces.
    std::fs::remove_file(node.log()).unwrap();
    assert_eq!(
        run(&data, &["collect", "--once", "--node", &spec(&node.log())])
            .status
            .code(),
        Some(1)
    );
    let status = json(&data, &["status", "--json"]);
    let rules: Vec<&str> = status["nodes"][0]["reasons"]
        .as_array()
        .unwrap()
        .iter()
        .map(|reason| reason["rule"].as_str().unwrap())
        .collect();
    assert_eq!(rules, ["audits_failed", "log_missing"]);
}

#[test]
fn a_recorded_node_is_told_as_it_was_then() {
    let Some(corpus) = corpus() else { return };
    let data = tempfile::tempdir().unwrap();
    let log = corpus.join("v162-debug/node.log.gz");
    stdout(data.path(), &["ingest", "n", log.to_str().unwrap()]);
    // Before its pieces were deleted, and after.
    let at = |time: &str| json(data.path(), &["status", "--json", "--at", time])["nodes"][0]["state"].clone();
    assert_eq!(at("2026-11-23T21:33:00Z"), "ok");
    assert_eq!(at("2026-11-23T22:16:00Z"), "critical");
    assert_eq!(at("2026-11-25T22:16:00Z"), "unknown");
    assert_eq!(at("2020-01-01"), "unknown");
    // The log alone tells the node's id, its start, and how satellites rated it last.
    let node = json(data.path(), &["status", "--json", "--at", "2026-11-23T22:15:30Z"])["nodes"][0].clone();
    assert_eq!(node["node_id"], "12ENZWwAQughbfQpy84BcTpBBLSdSYCJe3yhRB4FvQmi1ZqHRS9");
    assert_eq!(node["started_at"], "2026-11-23T21:38:38Z");
    let text = String::from_utf8(common::inflated(&log)).unwrap();
    for satellite in node["satellites"].as_array().unwrap() {
        let id = satellite["satellite_id"].as_str().unwrap();
        let line = text
            .lines()
            .rfind(|line| line.contains("node scores ") && line.contains(id) && *line < "2026-11-23T22:15:31");
        let object = line.and_then(|line| line.split('\t').next_back()).unwrap();
        let said: serde_json::Value = serde_json::from_str(object).unwrap();
        assert_eq!(
            (&satellite["source"], satellite["audit_score"].as_f64()),
            (&"log".into(), said["audit_score"].as_f64())
        );
        assert_eq!(satellite["online_score"].as_f64(), said["online_score"].as_f64());
        assert!(satellite["recent_failed_audits"].as_u64().unwrap() > 40, "{satellite}");
    }
    // A row for each change of a satellite's scores.
    let mut last = std::collections::HashMap::new();
    let scores = text
        .lines()
        .filter(|line| line.contains("\tnode scores "))
        .filter(|line| {
            let said: serde_json::Value = serde_json::from_str(line.split('\t').next_back().unwrap()).unwrap();
            let score = |key: &str| said[key].as_f64();
            let scores = ["audit_score", "suspension_score", "online_score"].map(score);
            last.insert(said["satellite_id"].to_string(), scores) != Some(scores)
        });
    let rows = stdout(
        data.path(),
        &["export", "reputation", "--columns", "source,audit_score"],
    );
    assert_eq!(rows.lines().count() - 1, scores.count());
    // A node that starts again and again is in danger, whatever else it logs.
    let looping = corpus.join("crashloop/v137-debug.log.gz");
    stdout(data.path(), &["ingest", "loop", looping.to_str().unwrap()]);
    let status = json(
        data.path(),
        &["status", "--json", "--node", "loop", "--at", "2026-11-23T21:26:30Z"],
    );
    assert_eq!(status["nodes"][0]["reasons"][0]["rule"], "restarts");
}

#[test]
fn what_is_no_log_of_a_node_is_no_evidence() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let path = dir.path().join("noise.log");
    std::fs::write(&path, "some other program's words\n".repeat(500)).unwrap();
    stdout(&data, &["ingest", "n", path.to_str().unwrap()]);
    assert_eq!(run(&data, &["status", "--check"]).status.code(), Some(3));
    // Nor is a time that is still to come.
    std::fs::write(&path, "2099-06-01T00:00:00Z\tINFO\tConfiguration loaded\n").unwrap();
    stdout(&data, &["ingest", "future", path.to_str().unwrap()]);
    let status = json(&data, &["status", "--json", "--node", "future"]);
    assert_eq!(status["nodes"][0]["state"], "unknown");
}

#[test]
fn foreign_text_never_reaches_the_terminal_raw() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let evil = sample()
        .lines()
        .take(50)
        .collect::<Vec<_>>()
        .join("\n")
        .replace("\"action\": \"", "\"action\": \"\\u001b[31m");
    let path = dir.path().join("evil.log");
    std::fs::write(&path, evil + "\n\u{1b}]0;owned\u{7}\n").unwrap();
    stdout(&data, &["ingest", "n", path.to_str().unwrap()]);
    for args in [&["status"][..], &["sources"], &["count", path.to_str().unwrap()]] {
        let said = stdout(&data, args);
        assert!(!said.chars().any(|c| c.is_control() && c != '\n'), "{said:?}");
    }
}
