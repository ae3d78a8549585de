//! Each line counts once, whatever a log was renamed, rotated, cut or packed into.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use common::{counts, exported, json, recount, run, sample, stdout};
use proptest::prelude::*;

struct Bench {
    dir: tempfile::TempDir,
    log: String,
}

impl Bench {
    fn new() -> Self {
        Self {
            dir: tempfile::tempdir().unwrap(),
            log: sample(),
        }
    }

    fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> String {
        let path = self.dir.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    }

    fn lines(&self, range: std::ops::Range<usize>) -> String {
        let lines = self.log.split_inclusive('\n');
        lines.skip(range.start).take(range.len()).collect()
    }

    fn ingest(&self, path: &str) -> serde_json::Value {
        self.ingest_with(path, &[])
    }

    fn ingest_with(&self, path: &str, more: &[&str]) -> serde_json::Value {
        let args = [&["ingest", "n", path, "--json"], more].concat();
        json(&self.data(), &args)["files"][0].clone()
    }

    fn assert_whole(&self) {
        assert_eq!(exported(&self.data()), recount(&self.log));
        let kinds = stdout(&self.data(), &["export", "kinds", "--columns", "count"]);
        let lines: u64 = kinds.lines().skip(1).map(|n| n.parse::<u64>().unwrap()).sum();
        assert_eq!(lines, self.log.lines().count() as u64);
    }
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

/// The same moments, as a node two hours east writes them.
fn in_another_zone(log: &str) -> String {
    let moved = |line: &str| match line.split_once("Z\t") {
        Some((stamp, rest)) if stamp.starts_with("2026-11-23T21:") => {
            format!("2026-11-23T23:{}+02:00\t{rest}\n", &stamp[14..])
        }
        _ => format!("{line}\n"),
    };
    log.lines().map(moved).collect()
}

#[test]
fn a_file_twice_and_its_packed_copies() {
    let bench = Bench::new();
    let plain = bench.file("node.log", &bench.log);
    let first = bench.ingest(&plain);
    assert_eq!(
        (first["duplicate"].as_u64(), first["malformed"].as_u64()),
        (Some(0), Some(0))
    );
    bench.assert_whole();
    let all = bench.log.lines().count();
    for copy in [
        plain.clone(),
        bench.file("node.log.1.gz", gzip(&bench.log)),
        bench.file("node.log.2.zst", zstd::encode_all(bench.log.as_bytes(), 1).unwrap()),
        bench.file("crlf.log", bench.log.replace('\n', "\r\n")),
        bench.file("spaces.log", bench.log.replace('\t', "        ")),
        bench.file("zone.log", in_another_zone(&bench.log)),
        bench.file(
            "twice.log.gz",
            [gzip(&bench.lines(0..5000)), gzip(&bench.lines(5000..all))].concat(),
        ),
    ] {
        assert_eq!(bench.ingest(&copy)["duplicate"], all, "{copy}");
        bench.assert_whole();
    }
}

#[test]
fn parts_in_any_order_holes_and_longer_versions() {
    let all = 12_000;
    // Files one after the other, each of some line ranges.
    let orders = [
        "0-4000 4000-8000 8000-end 0-end",
        "8000-end 4000-8000 0-4000",
        "4000-8000 0-end",
        "0-4000,8000-end 4000-8000 0-end",
        "0-4000 0-4001 0-4003 0-end",
        "0-5000 3000-9000 8999-end 1-end",
    ];
    for order in orders {
        let bench = Bench::new();
        for file in order.split(' ') {
            let range = |text: &str| {
                let (from, to) = text.split_once('-').unwrap();
                from.parse().unwrap()..to.parse().unwrap_or(all)
            };
            let text: String = file.split(',').map(|part| bench.lines(range(part))).collect();
            bench.ingest(&bench.file("part.log", text));
        }
        bench.assert_whole();
    }
}

#[test]
fn a_half_line_waits_until_it_is_whole() {
    let bench = Bench::new();
    let cut = bench.lines(0..3000).len() + 100;
    let half = bench.file("half.log", &bench.log[..cut]);
    let output = run(&bench.data(), &["ingest", "n", &half]);
    assert!(
        String::from_utf8(output.stderr)
            .unwrap()
            .contains("waits until it is whole")
    );
    bench.ingest(&bench.file("node.log", &bench.log));
    bench.assert_whole();
}

#[test]
fn standard_input_is_a_file() {
    let bench = Bench::new();
    let mut child = Command::new(env!("CARGO_BIN_EXE_storj-monitor"))
        .args(["ingest", "n", "-"])
        .env("STORJ_MONITOR_DATA_DIR", bench.data())
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(&gzip(&bench.log)).unwrap();
    assert!(child.wait().unwrap().success());
    bench.assert_whole();
}

#[test]
fn unknown_words_about_a_counted_time_need_a_word() {
    let bench = Bench::new();
    bench.ingest(&bench.file("node.log", &bench.log));
    // The same events, said differently: as another node's log under the wrong name would be.
    let other = bench.lines(2000..6000).replace("\"size\": ", "\"size\": 1");
    let other = bench.file("other.log", other);
    let output = run(&bench.data(), &["ingest", "n", &other]);
    assert_eq!(output.status.code(), Some(3));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("were left out") && said.contains("--overlap"), "{said}");
    bench.assert_whole();
    stdout(&bench.data(), &["ingest", "n", &other, "--overlap", "skip"]);
    bench.assert_whole();
    stdout(&bench.data(), &["ingest", "n", &other, "--overlap", "count"]);
    assert_ne!(exported(&bench.data()), recount(&bench.log));
    // Counted once, it is known.
    let counted = exported(&bench.data());
    stdout(&bench.data(), &["ingest", "n", &other, "--overlap", "count"]);
    assert_eq!(exported(&bench.data()), counted);
}

#[test]
fn a_filtered_copy_holds_nothing_new() {
    let bench = Bench::new();
    bench.ingest(&bench.file("node.log", &bench.log));
    let errors: String = bench
        .log
        .split_inclusive('\n')
        .filter(|line| line.contains("ERROR"))
        .collect();
    assert!(errors.lines().count() > 20);
    bench.ingest(&bench.file("errors.log", errors));
    bench.assert_whole();
}

#[test]
fn killed_at_any_moment_it_goes_on_where_it_was() {
    let bench = Bench::new();
    let log = bench.file("node.log", &bench.log);
    for round in 0..8 {
        let mut child = Command::new(env!("CARGO_BIN_EXE_storj-monitor"))
            .args(["ingest", "n", "-"])
            .env("STORJ_MONITOR_DATA_DIR", bench.data())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        // Slow enough for commits in between, each round a little further.
        for part in bench.log.as_bytes().chunks(bench.log.len() / 12).take(round + 2) {
            let _ = stdin.write_all(part);
            std::thread::sleep(std::time::Duration::from_millis(260));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        drop(stdin);
    }
    let last = bench.ingest(&log);
    assert!(
        last["duplicate"].as_u64().unwrap() > 0,
        "nothing was kept before the kill"
    );
    bench.assert_whole();
}

#[test]
fn a_damaged_archive_gives_what_is_before_the_damage() {
    let bench = Bench::new();
    let mut packed = gzip(&bench.log);
    packed.truncate(packed.len() / 2);
    let path = bench.file("cut.log.gz", packed);
    let output = run(&bench.data(), &["ingest", "n", &path, "--json"]);
    assert_eq!(output.status.code(), Some(3));
    let answer: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(answer["files"][0]["lines"].as_u64().unwrap() > 1000);
    bench.ingest(&bench.file("node.log", &bench.log));
    bench.assert_whole();
}

#[test]
fn one_writer_at_a_time() {
    let bench = Bench::new();
    let mut child = Command::new(env!("CARGO_BIN_EXE_storj-monitor"))
        .args(["ingest", "n", "-"])
        .env("STORJ_MONITOR_DATA_DIR", bench.data())
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    let lock = bench.data().join("storj-monitor.db");
    while !lock.exists() {
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    let log = bench.file("node.log", &bench.log);
    let output = run(&bench.data(), &["ingest", "n", &log]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8(output.stderr).unwrap().contains("in use by another"));
    drop(child.stdin.take());
    child.wait().unwrap();
}

fn naive_range(log: &str, from: &str, to: &str) -> common::Counts {
    let within = |line: &&str| line.get(..20).is_some_and(|stamp| stamp >= from && stamp < to);
    let part: Vec<&str> = log.lines().filter(within).collect();
    recount(&part.join("\n"))
}

#[test]
fn ranges_are_exact_and_at_hides_what_came_later() {
    let bench = Bench::new();
    bench.ingest(&bench.file("node.log", &bench.log));
    for (from, to) in [
        ("2026-11-23T21:33:07Z", "2026-11-23T21:41:59Z"),
        ("2026-11-23T21:00:00Z", "2026-11-23T21:40:30Z"),
        ("2026-11-23T21:35:00Z", "2026-11-23T22:00:00Z"),
        ("2026-11-23T20:00:00Z", "2026-11-23T23:00:00Z"),
        ("2026-11-23T21:35:00Z", "2026-11-23T21:35:00Z"),
    ] {
        let wanted = naive_range(&bench.log, from, to);
        let found = counts(&stdout(
            &bench.data(),
            &["export", "traffic", "--from", from, "--to", to],
        ));
        assert_eq!(found, wanted, "{from} {to}");
        let as_of = counts(&stdout(
            &bench.data(),
            &["export", "traffic", "--from", from, "--at", to],
        ));
        assert_eq!(as_of, wanted, "{from} {to}");
    }
    let wrong = run(&bench.data(), &["export", "traffic", "--from", "yesterday"]);
    assert_eq!(wrong.status.code(), Some(2));
}

#[test]
fn a_range_that_was_widened_says_so() {
    let bench = Bench::new();
    bench.ingest(&bench.file("node.log", &bench.log));
    let told = |what: &str, from: &str, to: &str| {
        let output = run(&bench.data(), &["export", what, "--from", from, "--to", to]);
        assert!(output.status.success());
        String::from_utf8(output.stderr).unwrap()
    };
    let (from, to) = ("2026-11-23T21:33:07Z", "2026-11-23T21:41:59Z");
    for (what, range) in [
        ("latency", Some("2026-11-23T21:00:00Z to 2026-11-23T22:00:00Z")),
        ("kinds", Some("2026-11-23T21:00:00Z to 2026-11-23T22:00:00Z")),
        ("errors", Some("2026-11-23T21:33:00Z to 2026-11-23T21:42:00Z")),
        ("earnings", Some("2026-11-01T00:00:00Z to 2026-12-01T00:00:00Z")),
        ("traffic", None),
        ("transfers", None),
        ("storage", None),
        ("reputation", None),
        ("maintenance", None),
    ] {
        let words = told(what, from, to);
        match range {
            Some(range) => assert!(words.contains(range) && words.lines().count() == 1, "{what}: {words}"),
            None => assert_eq!(words, "", "{what}"),
        }
    }
    assert_eq!(told("latency", "2026-11-23T21:00:00Z", "2026-11-23T22:00:00Z"), "");
}

#[test]
fn tables_keep_their_columns_and_their_order() {
    let bench = Bench::new();
    bench.ingest(&bench.file("node.log", &bench.log));
    let data = bench.data();
    let head = |args: &[&str]| stdout(&data, args).lines().next().unwrap_or_default().to_owned();
    assert_eq!(
        head(&["export", "traffic"]),
        "node,satellite_id,action,outcome,count,bytes"
    );
    assert_eq!(
        head(&["export", "traffic", "--by", "hour,size_class"]),
        "hour,size_class,count,bytes"
    );
    assert_eq!(
        head(&["export", "errors"]),
        "node,action,template,count,first,last,example"
    );
    assert_eq!(head(&["export", "kinds"]), "node,logger,level,message,count,understood");
    let transfers = stdout(&data, &["export", "transfers"]);
    let mut rows = transfers.lines();
    assert_eq!(
        rows.next().unwrap(),
        "time,node,satellite_id,piece_id,action,outcome,cause,size,offset,remote_address,duration_ms,duration_quality,error"
    );
    let keys: Vec<Vec<&str>> = rows.map(|row| row.split(',').take(4).collect()).collect();
    assert!(keys.len() > 5000 && keys.is_sorted());
    // What was asked for last is shown first; the unknown is null, never left out.
    let ndjson = stdout(
        &data,
        &["export", "transfers", "--format", "ndjson", "--columns", "error,time"],
    );
    let first: serde_json::Value = serde_json::from_str(ndjson.lines().next().unwrap()).unwrap();
    assert!(first["error"].is_null() && first["time"].is_string());
    let whole = json(&data, &["export", "errors", "--format", "json"]);
    assert!(whole.as_array().is_some_and(|rows| !rows.is_empty()));
    assert_eq!(
        run(&data, &["export", "traffic", "--columns", "nope"]).status.code(),
        Some(2)
    );
    assert_eq!(
        run(&data, &["export", "traffic", "--node", "nope"]).status.code(),
        Some(2)
    );
}

#[test]
fn one_piece_is_found_among_all() {
    let bench = Bench::new();
    bench.ingest(&bench.file("node.log", &bench.log));
    let transfers = stdout(&bench.data(), &["export", "transfers", "--columns", "piece_id"]);
    let piece = transfers.lines().nth(4000).unwrap();
    let wanted = transfers.lines().filter(|line| *line == piece).count();
    let found = stdout(
        &bench.data(),
        &["export", "transfers", "--piece", piece, "--columns", "piece_id"],
    );
    assert_eq!(found.lines().skip(1).count(), wanted);
    assert!(found.lines().skip(1).all(|line| line == piece));
}

#[test]
fn without_a_database_the_answer_says_what_to_do() {
    let dir = tempfile::tempdir().unwrap();
    let output = run(dir.path(), &["export", "traffic"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8(output.stderr).unwrap().contains("ingest a log first"));
    assert!(!Path::new(&dir.path().join("storj-monitor.db")).exists());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// Any pieces of a log, cut at lines, in any order, overlapping or not, then the whole.
    #[test]
    fn any_parts_and_then_the_whole_count_each_line_once(
        cuts in proptest::collection::vec((0usize..12_000, 1usize..6_000), 1..5)
    ) {
        let bench = Bench::new();
        for (start, len) in cuts {
            let text = bench.lines(start..(start + len).min(12_000));
            // A part within a second that other parts have lines of could be another form of them: here it is not.
            bench.ingest_with(&bench.file("part.log", text), &["--overlap", "count"]);
        }
        bench.ingest(&bench.file("node.log", &bench.log));
        bench.assert_whole();
    }
}
