//! Makes `assets/demo/`, the recording `storj-monitor demo` replays, from two nodes of the corpus, and
//! checks that what is there is what this makes:
//! `STORJ_MONITOR_CORPUS=… cargo test --test make_demo -- --ignored`
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::{Path, PathBuf};

use common::{corpus, inflated};
use storj_monitor::demo::{HISTORY, Recording, Replay};
use storj_monitor::log::record::{Line, Parser};

/// Both nodes start anew at the begin. From 21:41:34 on `attic` lacks half of its piece files and fails
/// audits; one satellite disqualifies it at 21:45:11. Then a satellite freezes, which is left out.
const BEGIN: &str = "2026-11-23T21:31:50Z";
const END: &str = "2026-11-23T21:55:30Z";
/// Name in the demo, folder in the corpus, the node's port there, its port in the demo.
const NODES: [(&str, &str, &str, &str); 2] = [
    ("home", "v162-info", "13000", "28967"),
    ("attic", "v162-debug", "13010", "28968"),
];
const SATELLITES: [(&str, &str, &str); 2] = [
    ("127.0.0.1:10000", "us.satellite.example:7777", "203.0.113.10:7777"),
    ("127.0.0.1:10010", "eu.satellite.example:7777", "198.51.100.10:7777"),
];
const LOOPBACK: &str = "127.0.0.1:";

fn assets(name: &str, what: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("assets/demo/{name}.{what}.zst"))
}

fn text(path: &Path) -> String {
    String::from_utf8(inflated(path)).unwrap()
}

/// The span's lines, with addresses that belong to nobody.
fn log(corpus: &Path, (_, folder, port, public): (&str, &str, &str, &str)) -> String {
    let mut out = String::new();
    let mut inside = false;
    for line in text(&corpus.join(folder).join("node.log.gz")).split_inclusive('\n') {
        if line.starts_with("2026-") {
            inside = (BEGIN..END).contains(&line);
        }
        if inside {
            let line = line.replace("storage0@mail.test", "operator@example.com");
            let line = line.replace("storage1@mail.test", "operator@example.com");
            out.push_str(&with_addresses(&line, port, public));
        }
    }
    out
}

fn with_addresses(line: &str, port: &str, public: &str) -> String {
    // The private server listens on loopback in the field, too.
    if line.contains("Private server started") {
        let private = port.parse::<u32>().unwrap() + 1;
        return line.replace(&private.to_string(), "7778");
    }
    let mut line = line.replace(
        &format!("started on {LOOPBACK}{port}"),
        &format!("started on [::]:{public}"),
    );
    for (recorded, _, address) in SATELLITES {
        line = line.replace(recorded, address);
    }
    let mut out = String::new();
    let mut rest = line.as_str();
    while let Some(at) = rest.find(LOOPBACK) {
        out.push_str(&rest[..at]);
        rest = &rest[at + LOOPBACK.len()..];
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap();
        let peer = &rest[..digits];
        rest = &rest[digits..];
        out.push_str(&match rest.strip_prefix("->") {
            Some(other) => own_address(if peer == port { public } else { peer }, other),
            None => address(peer.parse().unwrap()),
        });
    }
    out + rest
}

/// The node's own end of a connection is of the peer's family.
fn own_address(port: &str, peer: &str) -> String {
    let digits = peer
        .strip_prefix(LOOPBACK)
        .map(|p| p.chars().take_while(char::is_ascii_digit));
    match digits.map(|digits| address(digits.collect::<String>().parse().unwrap())) {
        Some(peer) if peer.starts_with('[') => format!("[2001:db8:ffff::2]:{port}"),
        _ => format!("172.17.0.2:{port}"),
    }
}

/// The address of a peer that was recorded by its port: one of 160, of which some come often. All are
/// of the ranges for documentation.
fn address(port: u32) -> String {
    let spread = port.wrapping_mul(2_654_435_761) >> 16;
    let share = f64::from(spread) / 65_536.0;
    let peer = (share * share * 160.0) as u32;
    let host = 20 + peer * 7 % 199;
    let from = 32_768 + peer * 7919 % 28_000;
    match peer % 8 {
        0..3 => format!("198.51.100.{host}:{from}"),
        3..5 => format!("203.0.113.{host}:{from}"),
        5 => format!("192.0.2.{host}:{from}"),
        6 => format!("[2001:db8:{:x}::{host:x}]:{from}", 0x100 + peer % 5),
        _ => format!("[2001:db8:{:x}:1::{host:x}]:{from}", 0x200 + peer % 3),
    }
}

/// The span's answers by time. What a path said last before it, or was first asked for later, stands
/// from the begin on.
fn answers(corpus: &Path, (_, folder, port, public): (&str, &str, &str, &str)) -> String {
    let mut standing: BTreeMap<String, (usize, String)> = BTreeMap::new();
    let mut inside: Vec<(String, String)> = Vec::new();
    for (n, line) in text(&corpus.join(folder).join("api.jsonl.gz")).lines().enumerate() {
        let row: serde_json::Value = serde_json::from_str(line).unwrap();
        let (time, path) = (row["t"].as_str().unwrap(), row["path"].as_str().unwrap().to_owned());
        let mut line = line.replace(&format!("\"{port}\""), &format!("\"{public}\""));
        for (recorded, name, _) in SATELLITES {
            line = line.replace(recorded, name);
        }
        let from_begin = line.replacen(time, BEGIN, 1);
        let before = time < BEGIN;
        let known = standing.contains_key(&path) || inside.iter().any(|(p, _)| *p == path);
        if before || (time >= END && !known) {
            standing.insert(path, (n, from_begin));
        } else if time < END {
            inside.push((path, line));
        }
    }
    let mut standing: Vec<(usize, String)> = standing.into_values().collect();
    standing.sort();
    let lines = standing
        .into_iter()
        .chain(inside.into_iter().enumerate().map(|(n, (_, line))| (n, line)));
    lines.map(|(_, line)| line + "\n").collect()
}

#[test]
#[ignore = "writes assets/demo"]
fn make_the_demo() {
    let Some(corpus) = corpus() else { return };
    for node in NODES {
        for (what, made) in [("log", log(&corpus, node)), ("api", answers(&corpus, node))] {
            let packed = zstd::encode_all(made.as_bytes(), 22).unwrap();
            std::fs::write(assets(node.0, what), packed).unwrap();
        }
    }
}

#[test]
fn the_committed_demo_is_what_the_corpus_makes() {
    let Some(corpus) = corpus() else { return };
    for node in NODES {
        assert!(text(&assets(node.0, "log")) == log(&corpus, node), "{}: log", node.0);
        assert!(
            text(&assets(node.0, "api")) == answers(&corpus, node),
            "{}: api",
            node.0
        );
    }
}

#[test]
fn every_line_of_the_demo_is_understood_and_nothing_tells_of_a_real_place() {
    let (mut subnets, mut six) = (BTreeSet::new(), HashSet::new());
    for (name, ..) in NODES {
        let log = text(&assets(name, "log"));
        let mut parser = Parser::default();
        for line in log.lines() {
            let Line::Record(record) = parser.parse(line.as_bytes()) else {
                panic!("{name}: no record: {line}");
            };
            assert!(record.head.kind.is_understood(), "{name}: {line}");
            let peer = std::str::from_utf8(record.fields.remote_address).unwrap();
            if let Some((host, _)) = peer.rsplit_once(':') {
                match host.strip_prefix('[') {
                    Some(host) => six.insert(host.to_owned()),
                    None => subnets.insert(host.rsplit_once('.').unwrap().0.to_owned()),
                };
            }
            let loopback = line.contains("127.0.0.1") && !line.contains("Private server started on 127.0.0.1:");
            assert!(!loopback, "{name}: {line}");
        }
        let answers = text(&assets(name, "api"));
        assert!(!answers.contains("127.0.0.1"), "{name}");
        for text in [log, answers] {
            for place in ["/home/", "/root/", "/tmp/", "mail.test"] {
                assert!(!text.contains(place), "{name}: {place}");
            }
        }
    }
    assert_eq!(Vec::from_iter(subnets), ["192.0.2", "198.51.100", "203.0.113"]);
    assert!(
        six.len() > 10 && six.iter().all(|host| host.starts_with("2001:db8:")),
        "{six:?}"
    );
}

#[test]
fn the_demo_is_small_and_read_whole() {
    let sizes = NODES.map(|(name, ..)| ["log", "api"].map(|what| std::fs::metadata(assets(name, what)).unwrap().len()));
    assert!(sizes.iter().flatten().sum::<u64>() < 400_000, "{sizes:?}");
    let recording = Recording::embedded().unwrap();
    assert_eq!(recording.end_ms - recording.begin_ms, 1_420_000);
    for (node, (name, ..)) in recording.nodes.iter().zip(NODES) {
        assert_eq!(node.name, name);
        let taken: usize = node.lines.iter().map(|line| line.place.len()).sum();
        assert_eq!(taken, node.text.len());
        assert!(node.lines.is_sorted_by_key(|line| line.unix_ms), "{name}");
    }
}

#[test]
fn a_replayed_log_is_understood_and_ends_now() {
    let folder = tempfile::tempdir().unwrap();
    let now: jiff::Timestamp = "2027-01-01T00:10:00.437Z".parse().unwrap();
    let now = now.as_millisecond();
    let replay = Replay::start(folder.path(), now, HISTORY, 1.0).unwrap();
    for node in replay.nodes() {
        let log = std::fs::read_to_string(&node.log).unwrap();
        let mut parser = Parser::default();
        let mut times = Vec::new();
        for line in log.lines() {
            let Line::Record(record) = parser.parse(line.as_bytes()) else {
                panic!("{}: no record: {line}", node.name);
            };
            assert!(record.head.kind.is_understood(), "{line}");
            times.push(record.unix_ms.unwrap());
            assert!(!line.contains("2026-11-23"), "{line}");
        }
        assert!(times.is_sorted() && times.len() > 3000, "{}", node.name);
        let (first, last) = (now - times[0], now - times[times.len() - 1]);
        assert!(
            (745_000..752_000).contains(&first) && (-5000..5000).contains(&last),
            "{first} {last}"
        );
    }
}
