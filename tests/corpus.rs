//! The program against what real nodes wrote. Needs `STORJ_MONITOR_CORPUS`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::collections::BTreeMap;

use common::{corpus, counts, exported, files, inflated, json, nodes, recount, run, stdout};

#[test]
fn count_equals_the_recorded_counts_of_every_node() {
    let Some(corpus) = corpus() else { return };
    let data = tempfile::tempdir().unwrap();
    for node in nodes(&corpus) {
        let log = node.join("node.log.gz");
        let answer = json(data.path(), &["count", log.to_str().unwrap(), "--json"]);
        let file = &answer["files"][0];
        assert_eq!(file["malformed"], 0, "{}", node.display());
        assert_eq!(file["unknown"], 0, "{}", node.display());
        assert_eq!(file["lines"], file["understood"]);
        let mut found = common::Counts::new();
        for row in answer["traffic"].as_array().unwrap() {
            let text = |key: &str| row[key].as_str().unwrap_or_default().to_owned();
            let key = (text("satellite_id"), text("action"), text("outcome"));
            found.insert(key, (row["count"].as_u64().unwrap(), row["bytes"].as_u64().unwrap()));
        }
        let wanted = counts(&std::fs::read_to_string(node.join("counts.csv")).unwrap());
        assert_eq!(found, wanted, "{}", node.display());
    }
}

#[test]
fn export_equals_the_recorded_counts_and_a_naive_recount() {
    let Some(corpus) = corpus() else { return };
    for node in nodes(&corpus) {
        let data = tempfile::tempdir().unwrap();
        let log = node.join("node.log.gz");
        stdout(data.path(), &["ingest", "n", log.to_str().unwrap()]);
        let found = exported(data.path());
        let wanted = counts(&std::fs::read_to_string(node.join("counts.csv")).unwrap());
        assert_eq!(found, wanted, "{}", node.display());
        let naive = recount(&String::from_utf8(inflated(&log)).unwrap());
        assert_eq!(found, naive, "{}", node.display());
        // Every transfer is there, too, and adds up to the same.
        let transfers = stdout(data.path(), &["export", "transfers"]);
        let mut sums: common::Counts = BTreeMap::new();
        for row in csv::Reader::from_reader(transfers.as_bytes()).records() {
            let row = row.unwrap();
            let key = (row[2].to_owned(), row[4].to_owned(), row[5].to_owned());
            let sum = sums.entry(key).or_default();
            sum.0 += 1;
            sum.1 += row[7].parse::<u64>().unwrap_or(0);
        }
        assert_eq!(sums, found, "{}", node.display());
    }
}

#[test]
fn every_wrapping_says_the_same_and_counts_as_a_copy() {
    let Some(corpus) = corpus() else { return };
    for node in ["v145-caller", "v162-json"] {
        let wrapped = files(&corpus.join("wrapped"), |name| name.contains(node));
        assert_eq!(wrapped.len(), 8);
        let plain = wrapped
            .iter()
            .find(|path| path.to_string_lossy().contains("plain."))
            .unwrap();
        let wanted = recount(&String::from_utf8(inflated(plain)).unwrap());
        for path in &wrapped {
            let data = tempfile::tempdir().unwrap();
            let path = path.to_str().unwrap();
            let answer = json(data.path(), &["ingest", "n", path, "--json"]);
            assert_eq!(answer["files"][0]["lines"], 600, "{path}");
            assert_eq!(answer["files"][0]["understood"], 600, "{path}");
            assert_eq!(exported(data.path()), wanted, "{path}");
            let again = json(data.path(), &["ingest", "n", plain.to_str().unwrap(), "--json"]);
            assert_eq!(again["files"][0]["duplicate"], 600, "{path}");
            assert_eq!(exported(data.path()), wanted, "{path}");
        }
    }
}

#[test]
fn durations_are_exact_where_the_carrier_stamps_lines() {
    let Some(corpus) = corpus() else { return };
    let data = tempfile::tempdir().unwrap();
    let log = corpus.join("v162-debug/node.log.gz");
    stdout(data.path(), &["ingest", "plain", log.to_str().unwrap()]);
    // Started lines of the first thousand, as docker's json-file driver would have written them.
    let text = String::from_utf8(inflated(&log)).unwrap();
    let docker: String = text
        .lines()
        .enumerate()
        .map(|(n, line)| {
            let time = format!("2026-11-23T21:24:{:02}.{:03}Z", n / 1000 % 60, n % 1000);
            serde_json::json!({"log": format!("{line}\n"), "stream": "stdout", "time": time}).to_string() + "\n"
        })
        .collect();
    let path = data.path().join("docker.json");
    std::fs::write(&path, docker).unwrap();
    stdout(data.path(), &["ingest", "docker", path.to_str().unwrap()]);
    let latency = stdout(data.path(), &["export", "latency", "--columns", "node,quality"]);
    let mut seen: Vec<&str> = latency.lines().skip(1).collect();
    seen.dedup();
    assert_eq!(seen, ["docker,exact", "plain,second"]);
}

#[test]
fn crash_loops_and_panics_are_understood() {
    let Some(corpus) = corpus() else { return };
    let data = tempfile::tempdir().unwrap();
    let mut paths = files(&corpus.join("crashloop"), |name| name.ends_with(".gz"));
    paths.push(corpus.join("field/sample.log"));
    for path in paths {
        let path = path.to_str().unwrap();
        let answer = json(data.path(), &["count", path, "--json"]);
        assert_eq!(answer["files"][0]["malformed"], 0, "{path}");
        assert_eq!(answer["files"][0]["unknown"], 0, "{path}");
    }
}

/// `tests/corpus/not_understood.csv` has a line with the reason for each kind of record that is not
/// understood. There is none today; a release that brings one makes this test fail.
#[test]
fn what_is_not_understood_is_justified() {
    let Some(corpus) = corpus() else { return };
    let data = tempfile::tempdir().unwrap();
    for node in nodes(&corpus) {
        let (name, log) = (node.file_name().unwrap(), node.join("node.log.gz"));
        stdout(data.path(), &["ingest", name.to_str().unwrap(), log.to_str().unwrap()]);
    }
    for path in files(&corpus.join("crashloop"), |name| name.ends_with(".log.gz")) {
        let name = path.file_name().unwrap().to_string_lossy().replace(".log.gz", "-loop");
        stdout(data.path(), &["ingest", &name, path.to_str().unwrap()]);
    }
    let kinds = stdout(data.path(), &["export", "kinds"]);
    let mut unknown: Vec<(String, String)> = Vec::new();
    let mut known = 0;
    for row in csv::Reader::from_reader(kinds.as_bytes()).records() {
        let row = row.unwrap();
        match &row[5] {
            "true" => known += 1,
            _ => unknown.push((row[1].to_owned(), row[3].to_owned())),
        }
    }
    unknown.sort();
    unknown.dedup();
    assert!(known > 500, "{known}");
    let table = std::fs::read_to_string("tests/corpus/not_understood.csv").unwrap();
    let justified: Vec<(String, String)> = csv::Reader::from_reader(table.as_bytes())
        .records()
        .map(|row| {
            let row = row.unwrap();
            assert!(row[2].len() > 10, "a reason is more than a word");
            (row[0].to_owned(), row[1].to_owned())
        })
        .collect();
    assert_eq!(unknown, justified);
}

#[test]
fn a_closed_pipe_is_success_and_a_missing_file_is_said() {
    let Some(corpus) = corpus() else { return };
    let data = tempfile::tempdir().unwrap();
    let log = corpus.join("field/sample.log");
    let output = run(data.path(), &["count", log.to_str().unwrap(), "/nowhere/node.log"]);
    assert_eq!(output.status.code(), Some(3));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("/nowhere/node.log: No such file"), "{said}");
    let output = run(data.path(), &["ingest", "n", "/nowhere/node.log"]);
    assert_eq!(output.status.code(), Some(1));
}
