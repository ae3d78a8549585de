//! A stranger's first minutes: `doctor`, `nodes`, `status` without a word of configuration.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::path::Path;
use std::process::{Child, Command, Stdio};

use common::api::{Api, Mood};
use common::node::Node;
use common::{json, program, run, stdout};
use serde_json::{Value, json as object};

fn checks(data: &Path, args: &[&str]) -> Vec<(String, String, String)> {
    let output = run(data, args);
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(answer["version"], 1);
    let text = |check: &Value, key: &str| check[key].as_str().unwrap_or_default().to_owned();
    let checks: Vec<_> = answer["checks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|check| {
            (
                text(check, "name"),
                text(check, "state"),
                text(check, "detail") + &text(check, "advice"),
            )
        })
        .collect();
    let failed = checks.iter().any(|(_, state, _)| state == "fail");
    assert_eq!(output.status.code(), Some(i32::from(failed)), "{checks:?}");
    checks
}

fn state<'a>(checks: &'a [(String, String, String)], name: &str) -> (&'a str, &'a str) {
    let check = checks.iter().rfind(|check| check.0 == name);
    check.map_or(("missing", ""), |check| (&check.1, &check.2))
}

fn api() -> Api {
    let api = Api::start();
    let now = jiff::Timestamp::now().to_string();
    let dashboard = object!({"nodeID": "12ENZWwAQughbfQpy84BcTpBBLSdSYCJe3yhRB4FvQmi1ZqHRS9", "version": "1.162.3", "upToDate": true,
        "satellites": [], "lastPinged": now, "startedAt": now, "quicStatus": "OK",
        "diskSpace": {"used": 8, "available": 2, "allocated": 10, "trash": 1, "reclaimable": 0, "overused": 0}});
    api.body("/api/sno/", dashboard);
    api.body("/api/sno/satellites", object!({"audits": []}));
    api
}

/// Lines at one a second that end now.
fn lines(count: i64, level: &str, message: &str) -> String {
    let now = jiff::Timestamp::now().as_second();
    let stamp = |n: i64| jiff::Timestamp::from_second(now - count + n).unwrap();
    (0..count)
        .map(|n| {
            format!(
                "{}\t{level}\tpiecestore\t{message}\t{{\"action\": \"PUT\", \"size\": 7}}\n",
                stamp(n)
            )
        })
        .collect()
}

#[test]
fn each_trouble_is_found_and_none_is_invented() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let log = dir.path().join("node.log");
    let api = api();
    let spec = format!("n={},api={},data={}", log.display(), api.url, dir.path().display());
    let look = |text: &str| {
        std::fs::write(&log, text).unwrap();
        checks(&data, &["doctor", "--json", "--node", &spec])
    };
    let good = look(&lines(900, "INFO", "uploaded"));
    for name in [
        "config",
        "data folder",
        "n: API",
        "n: log",
        "n: log level",
        "n: log volume",
        "n: log rotation",
        "n: data",
    ] {
        assert_eq!(state(&good, name).0, "ok", "{name}: {good:?}");
    }
    // What the level hides; a log of something else; one that is silent; a clock that is ahead.
    let level = look(&lines(900, "ERROR", "upload failed"));
    assert_eq!(state(&level, "n: log level").0, "fail");
    let other = look(&"some other program's words\n".repeat(50));
    assert!(state(&other, "n: log").0 == "fail" && state(&other, "n: log").1.contains("right file"));
    let old = look("2026-01-01T00:00:00Z\tINFO\tpiecestore\tuploaded\t{\"size\": 1}\n");
    assert!(state(&old, "n: log").1.contains("hours old"), "{old:?}");
    let ahead = look("2099-01-01T00:00:00Z\tINFO\tpiecestore\tuploaded\t{\"size\": 1}\n");
    assert!(state(&ahead, "n: log").0 == "fail" && state(&ahead, "n: log").1.contains("in the future"));
    assert!(state(&look(""), "n: log").1.contains("it is empty"));
    // A flood: more than 2 GB a day.
    let flood = look(&lines(900, "DEBUG", &format!("upload started {}", "x".repeat(40_000))));
    assert_eq!(
        state(&flood, "n: log volume").0,
        "warn",
        "{:?}",
        state(&flood, "n: log volume")
    );
    std::fs::write(dir.path().join("node_2025.log"), lines(3, "INFO", "uploaded")).unwrap();
    let stranger = look(&lines(900, "INFO", "uploaded"));
    let rotation: Vec<_> = stranger.iter().filter(|check| check.0 == "n: log rotation").collect();
    assert!(
        rotation[0].1 == "warn" && rotation[0].2.contains("node_2025.log"),
        "{rotation:?}"
    );
    // The API gone, and what is not there at all.
    api.mood("", Mood::Closes);
    assert_eq!(state(&look(&lines(900, "INFO", "uploaded")), "n: API").0, "fail");
    let absent = checks(
        &data,
        &["doctor", "--json", "--node", "n=/nowhere/node.log,data=/nowhere"],
    );
    assert_eq!(
        (state(&absent, "n: log").0, state(&absent, "n: data").0),
        ("fail", "fail")
    );
    let nothing = checks(&data, &["doctor", "--json"]);
    assert!(state(&nothing, "nodes").0 == "fail" && state(&nothing, "nodes").1.contains("--node"));
    // A wrong configuration is a finding, not the end.
    std::fs::write(dir.path().join("c.toml"), "[poll]\nevry_s = 1\n").unwrap();
    let file = dir.path().join("c.toml");
    let wrong = checks(&data, &["doctor", "--json", "--config", file.to_str().unwrap()]);
    assert!(
        state(&wrong, "config").0 == "fail" && state(&wrong, "config").1.contains("every_s"),
        "{wrong:?}"
    );
}

#[test]
fn nodes_are_listed_and_tried_without_their_secrets() {
    let dir = tempfile::tempdir().unwrap();
    let node = Node::new(dir.path(), 41);
    let api = api();
    let secret = api.url.replace("http://", "http://me:hunter2@");
    let spec = format!("n={},api={secret}", node.log().display());
    for args in [
        ["nodes", "list", "--node", &spec],
        ["nodes", "test", "--node", &spec],
        ["config", "show", "--node", &spec],
    ] {
        let output = run(dir.path(), &args);
        let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        assert!(
            text.contains("n") && !text.contains("hunter2"),
            "{args:?}: {text} {:?}",
            output.status
        );
    }
    let listed = json(dir.path(), &["nodes", "list", "--json", "--node", &spec]);
    assert_eq!(listed["nodes"][0]["name"], "n");
    // The password went where it belongs.
    assert!(
        api.asked()
            .iter()
            .all(|head| head.contains("authorization: basic bwu6ahvudgvymg==")),
        "{:?}",
        api.asked()
    );
}

struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A node on this host, as far as the host can tell: a process of its name with its configuration.
#[cfg(target_os = "linux")]
#[test]
fn a_stranger_gets_a_right_status_with_no_flags_at_all() {
    use std::os::unix::process::CommandExt;
    let dir = tempfile::tempdir().unwrap();
    let (home, folder) = (dir.path().join("home"), dir.path().join("my-node"));
    std::fs::create_dir_all(&home).unwrap();
    std::fs::create_dir_all(folder.join("storage")).unwrap();
    let mut node = Node::new(&folder, 42);
    node.write(30);
    let api = api();
    let console = api.url.replace("http://", "");
    let text = format!(
        "console.address: {console}\nlog.output: {}\nlog.level: info\n",
        node.log().display()
    );
    std::fs::write(folder.join("config.yaml"), text).unwrap();
    let mut command = Command::new("/bin/sh");
    command.arg0("/usr/local/bin/storagenode");
    command
        .args(["-c", "while sleep 1; do :; done", "run", "--config-dir"])
        .arg(&folder);
    let _process = Process(command.stdin(Stdio::null()).spawn().unwrap());
    let stranger = |args: &[&str]| {
        let mut program = program(&home);
        program
            .env_remove("STORJ_MONITOR_ROOT")
            .env_remove("STORJ_MONITOR_DATA_DIR")
            .env("XDG_DATA_HOME", home.join("share"));
        let output = program.args(args).output().unwrap();
        // Another node of this host may be in trouble: that is a doctor's finding.
        let fine = output.status.success() || args[0] == "doctor";
        assert!(fine, "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let status: Value = serde_json::from_str(&stranger(&["status", "--json"])).unwrap();
    let found = status["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .find(|node| node["name"] == "my-node");
    let found = found.unwrap_or_else(|| panic!("{status}"));
    assert_eq!(
        (&found["state"], &found["node_version"]),
        (&object!("ok"), &object!("1.162.3"))
    );
    assert_eq!(found["traffic"]["by_action"]["PUT"]["success"], 30);
    assert_eq!(found["disk"]["allocated"], 10);
    // What it costs is said without a word of where it is: it is found as before.
    let before = stranger(&["nodes", "list", "--json"]);
    let said = stranger(&["config", "set", "node.my-node.monthly_cost", "3"]);
    assert!(said.contains("not set → 3"), "{said}");
    assert_eq!(stranger(&["nodes", "list", "--json"]), before);
    stranger(&["config", "unset", "node.my-node.monthly_cost"]);
    assert_eq!(stranger(&["nodes", "list", "--json"]), before);
    std::fs::remove_file(home.join("config/storj-monitor/config.toml")).unwrap();
    // What was found is what `config init` writes, and that is valid.
    stranger(&["config", "init"]);
    assert!(stranger(&["config", "check"]).contains("my-node"));
    let doctor: Value = serde_json::from_str(&stranger(&["doctor", "--json"])).unwrap();
    let watched =
        doctor["checks"].as_array().unwrap().iter().any(|check| {
            check["name"] == "found my-node" && check["detail"].as_str().unwrap().ends_with("it is watched")
        });
    assert!(watched, "{doctor}");
    assert!(stdout(&home, &["man"]).contains("storj-monitor"));
}
