//! Following real files through every rotation, with SIGKILL of the real binary: each line counts once.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::io::Write;
use std::time::Duration;

use common::node::{Node, Running, eventually, spec};
use common::{run, stdout};
use storj_monitor::collector::collect::{Collector, Log};
use storj_monitor::engine::live::Window;
use storj_monitor::source::follow::Start;
use storj_monitor::store::upkeep::Retention;
use storj_monitor::store::writer::Writer;

fn torture(rounds: u64, lines: u64, seed: u64) {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let logs = dir.path().join("logs");
    std::fs::create_dir(&logs).unwrap();
    let mut node = Node::new(&logs, seed);
    for round in 0..rounds {
        let collector = Running::start(&data, &node.log());
        let until = lines * (round + 1) / rounds;
        let pause = node.dice.roll(3);
        while node.written < until.saturating_sub(500) {
            let some = 1 + node.dice.roll(800);
            node.write(some);
            if node.dice.roll(12) == 0 {
                node.rotate();
            }
            std::thread::sleep(Duration::from_millis(pause));
        }
        std::thread::sleep(Duration::from_millis(node.dice.roll(1500)));
        collector.kill();
        // While nobody reads: up to three rotations.
        for _ in 0..node.dice.roll(4) {
            let some = node.dice.roll(400);
            node.write(some);
            node.rotate();
        }
    }
    let missing = lines.saturating_sub(node.written);
    node.write(missing);
    let output = run(&data, &["collect", "--once", "--node", &spec(&node.log())]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && !said.contains("gap from"), "{said}");
    node.check(&data);
}

#[test]
fn killed_and_rotated_at_random_every_line_counts_once() {
    torture(20, 200_000, 0x5eed_1234_abcd);
}

#[test]
#[ignore = "a thousand rounds: run by hand"]
fn a_thousand_rounds() {
    for round in 0..50 {
        torture(20, 40_000, 0x1234_5678 + round * 7919);
    }
}

#[test]
fn what_was_there_and_what_comes_are_both_read() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let mut node = Node::new(dir.path(), 3);
    for _ in 0..4 {
        node.write(3000);
        node.rotate();
    }
    node.write(500);
    let collector = Running::start(&data, &node.log());
    collector.wait_for("ready");
    node.write(10);
    eventually(&data, node.written);
    collector.stop();
    node.check(&data);
}

#[test]
fn history_that_was_ingested_is_known_when_its_log_is_followed() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let mut node = Node::new(dir.path(), 4);
    node.write(3000);
    let log = node.log();
    stdout(&data, &["ingest", "n", log.to_str().unwrap()]);
    node.write(100);
    stdout(&data, &["collect", "--once", "--node", &spec(&log)]);
    node.check(&data);
    // And the other way round.
    let again = common::json(&data, &["ingest", "n", log.to_str().unwrap(), "--json"]);
    assert_eq!(again["files"][0]["duplicate"], 3100);
    node.check(&data);
}

#[test]
fn only_what_is_new_when_that_is_asked_for() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let mut node = Node::new(dir.path(), 5);
    node.write(1000);
    node.rotate();
    node.write(1000);
    let args = ["collect", "--once", "--start", "end", "--node", &spec(&node.log())];
    stdout(&data, &args);
    node.write(50);
    stdout(&data, &args);
    let traffic = stdout(&data, &["export", "traffic", "--by", "action", "--columns", "count"]);
    assert_eq!(traffic, "count\n50\n");
}

#[test]
fn rotated_files_older_than_asked_for_are_left_out() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let mut node = Node::new(dir.path(), 18);
    node.write(1000);
    let old = dir.path().join("node.log.1");
    std::fs::rename(node.log(), &old).unwrap();
    let long_ago = std::time::SystemTime::now() - Duration::from_secs(10 * 86_400);
    std::fs::File::options()
        .write(true)
        .open(&old)
        .unwrap()
        .set_modified(long_ago)
        .unwrap();
    node.file = common::node::append(&node.log());
    node.write(70);
    let log = spec(&node.log());
    stdout(&data, &["collect", "--once", "--start", "7d", "--node", &log]);
    let traffic = stdout(&data, &["export", "traffic", "--by", "action", "--columns", "count"]);
    assert_eq!(traffic, "count\n70\n");
    assert_eq!(
        run(&data, &["collect", "--once", "--start", "soon", "--node", &log])
            .status
            .code(),
        Some(2)
    );
}

#[test]
fn a_log_that_is_not_there_yet_a_half_line_and_odd_bytes() {
    let dir = tempfile::tempdir().unwrap();
    let (data, logs) = (dir.path().join("data"), dir.path().join("logs"));
    let collector = Running::start(&data, &logs.join("node.log"));
    collector.wait_for("is not there (yet)");
    collector.wait_for("ready");
    std::fs::create_dir(&logs).unwrap();
    let mut node = Node::new(&logs, 6);
    node.write(10);
    eventually(&data, 10);
    // Half a line, its other half later; a megabyte of one line; NULs; bytes that are no UTF-8.
    node.file.write_all(b"2026-11-23T21:24:56Z\tINFO\tpiecest").unwrap();
    std::thread::sleep(Duration::from_millis(400));
    node.file.write_all(b"ore\tNew bloomfilter is received\n").unwrap();
    let long = format!(
        "2026-11-23T21:24:57Z\tINFO\tpiecestore\tslow shutdown\t{{\"stack\": \"{}\"}}\n",
        "x".repeat(1 << 20)
    );
    node.file.write_all(long.as_bytes()).unwrap();
    node.file.write_all(b"\0\0\0\0\n\xff\xfe\n").unwrap();
    node.write(10);
    eventually(&data, 20);
    collector.stop();
    let kinds = stdout(&data, &["export", "kinds", "--columns", "message,count"]);
    for row in [
        "New bloomfilter is received,1",
        "slow shutdown,1",
        "(not a record of the node),2",
        "uploaded,20",
    ] {
        assert!(kinds.lines().any(|line| line == row), "{row}: {kinds}");
    }
}

#[test]
fn bytes_destroyed_unread_are_reported_with_size_and_time() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let mut node = Node::new(dir.path(), 7);
    node.write(1000);
    let args = ["collect", "--once", "--node", &spec(&node.log())];
    stdout(&data, &args);
    // Unread lines, seen by a look that could not keep them: then the file is emptied.
    let before = node.file.metadata().unwrap().len();
    node.file.set_len(before).unwrap();
    node.write(200);
    node.file.set_len(0).unwrap();
    std::thread::sleep(Duration::from_millis(1100));
    node.write(30);
    let output = run(&data, &args);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("gap from"), "{said}");
    let traffic = stdout(&data, &["export", "traffic", "--by", "action", "--columns", "count"]);
    assert_eq!(traffic, "count\n1030\n");
    // It is told once.
    assert!(!String::from_utf8_lossy(&run(&data, &args).stderr).contains("gap from"));
}

/// The windows of the one node of a collector, summed.
fn windows(collector: &mut Collector, now_ms: i64) -> (u64, u64, u64) {
    let (_, windows) = collector.windows(now_ms).next().unwrap();
    let live = windows.live;
    let sum = |window: Window| -> u64 {
        window
            .flows
            .iter()
            .flat_map(|(_, cells)| cells)
            .map(|cell| cell.count)
            .sum()
    };
    let open = live.open().iter().map(|(_, count)| count).sum();
    (sum(live.seconds()), sum(live.minutes()), open)
}

#[test]
fn windows_are_warm_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let mut node = Node::new(dir.path(), 15);
    let log = Log {
        node: "n".to_owned(),
        path: node.log(),
    };
    let now_ms = || jiff::Timestamp::now().as_millisecond();
    let open = || {
        let mut collector = Collector::new(Writer::open(&data).unwrap(), &data, Retention::default());
        assert!(
            collector
                .rearrange(vec![log.clone()], Start::All, Some(now_ms()))
                .unwrap()
        );
        collector
    };
    let mut collector = open();
    node.write(200);
    let begun = format!(
        "{}\tDEBUG\tpiecestore\tdownload started\t{{\"piece_id\": \"{}\", \"action\": \"GET\", \"offset\": 0}}\n",
        common::node::now(),
        common::node::piece(77)
    );
    node.file.write_all(begun.as_bytes()).unwrap();
    while collector.turn(now_ms(), true) {}
    assert!(collector.commit(now_ms(), true));
    assert_eq!(windows(&mut collector, now_ms()), (200, 200, 1));
    drop(collector);
    let mut collector = open();
    while collector.turn(now_ms(), true) {}
    // Seconds start anew; minutes and what is open come back.
    assert_eq!(windows(&mut collector, now_ms()), (0, 200, 1));
    node.write(50);
    while collector.turn(now_ms(), true) {}
    assert_eq!(windows(&mut collector, now_ms()), (50, 250, 1));
    // Ten minutes on, the seconds are empty; a day on, the minutes, and what began then has ended somehow.
    assert_eq!(windows(&mut collector, now_ms() + 600_000), (0, 250, 1));
    assert_eq!(windows(&mut collector, now_ms() + 86_400_000), (0, 0, 0));
}

#[test]
fn copytruncate_under_a_steady_writer_loses_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let mut node = Node::new(dir.path(), 16);
    node.write(5);
    let collector = Running::start(&data, &node.log());
    collector.wait_for("ready");
    for rotation in 0..4 {
        // Lines until the very moment: none of them is committed, all are read.
        for _ in 0..(40 + rotation * 7) {
            node.write(5);
            std::thread::sleep(Duration::from_millis(20));
        }
        node.cascade();
        std::fs::copy(node.log(), dir.path().join("node.log.1")).unwrap();
        node.file.set_len(0).unwrap();
    }
    node.write(5);
    eventually(&data, node.written);
    collector.stop();
    let output = run(&data, &["collect", "--once", "--node", &spec(&node.log())]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!said.contains("gap"), "{said}");
    node.check(&data);
}

#[test]
fn a_log_that_was_read_and_then_deleted_is_no_gap() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let mut node = Node::new(dir.path(), 17);
    let collector = Running::start(&data, &node.log());
    for round in 1..=3 {
        node.write(100);
        eventually(&data, round * 100);
        std::fs::remove_file(node.log()).unwrap();
        node.file = common::node::append(&node.log());
    }
    node.write(10);
    eventually(&data, 310);
    collector.stop();
    // Now something may have been lost: once, and from the last line on.
    node.write(50);
    std::fs::remove_file(node.log()).unwrap();
    node.file = common::node::append(&node.log());
    let args = ["collect", "--once", "--node", &spec(&node.log())];
    stdout(&data, &args);
    let sources = common::json(&data, &["sources", "--json"]);
    let gaps = sources["sources"][0]["gaps"].as_array().unwrap();
    assert_eq!(gaps.len(), 1, "{gaps:?}");
    assert!(gaps[0]["from"].is_string() && gaps[0]["to"].is_string());
    // A log that is not there is an error of a run that does nothing else.
    let nothing = run(&data, &["collect", "--once", "--node", "x=/nowhere/node.log"]);
    assert_eq!(nothing.status.code(), Some(1));
}
