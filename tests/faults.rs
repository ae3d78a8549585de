//! Disks, databases and logs that fail: a clear message, the rest goes on, nothing is lost.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::path::{Path, PathBuf};
use std::process::Command;

use common::node::{Node, Running, append, eventually, spec};
use common::{json, run, stdout};
use storj_monitor::store::upkeep::Retention;
use storj_monitor::store::writer::Writer;

#[test]
fn a_database_that_fails_costs_nothing_but_time() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let mut node = Node::new(dir.path(), 8);
    node.write(100);
    let collector = Running::start(&data, &node.log());
    eventually(&data, 100);
    // Locked by another program for longer than a writer waits.
    let other = rusqlite::Connection::open(data.join("storj-monitor.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    node.write(100);
    let said = collector.wait_for("reading waits");
    assert!(said.contains("another program holds it"), "{said}");
    node.write(100);
    node.rotate();
    node.write(100);
    other.execute_batch("ROLLBACK").unwrap();
    collector.wait_for("answers again");
    eventually(&data, node.written);
    collector.stop();
    node.check(&data);
}

#[test]
fn a_log_that_cannot_be_read_is_read_when_it_can() {
    let dir = tempfile::tempdir().unwrap();
    let (data, logs, away) = (
        dir.path().join("data"),
        dir.path().join("logs"),
        dir.path().join("away"),
    );
    std::fs::create_dir(&logs).unwrap();
    let mut node = Node::new(&logs, 9);
    node.write(100);
    let log = node.log();
    let collector = Running::start(&data, &log);
    eventually(&data, 100);
    // The folder vanishes, as a mount does, and comes back with more in it.
    std::fs::rename(&logs, &away).unwrap();
    collector.wait_for("is not there (yet)");
    node.write(100);
    std::fs::rename(&away, &logs).unwrap();
    eventually(&data, 200);
    // In the log's place, something that is no file.
    std::fs::rename(&log, logs.join("node.log.1")).unwrap();
    std::fs::create_dir(&log).unwrap();
    collector.wait_for("node.log");
    std::fs::remove_dir(&log).unwrap();
    node.file = append(&log);
    node.write(100);
    eventually(&data, 300);
    collector.stop();
    node.check(&data);
}

/// A small disk of its own, unmounted at the end; `None` where that is not allowed.
struct SmallDisk(PathBuf);

impl SmallDisk {
    fn mount(at: &Path, size: &str) -> Option<Self> {
        std::fs::create_dir_all(at).unwrap();
        let option = format!("size={size}");
        let done = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &option, "tmpfs"])
            .arg(at)
            .status();
        if !done.is_ok_and(|status| status.success()) {
            eprintln!("skipped: mounting is not allowed here");
            return None;
        }
        Some(Self(at.to_owned()))
    }

    fn remount(&self, options: &str) {
        let status = Command::new("mount")
            .args(["-o", &format!("remount,{options}")])
            .arg(&self.0)
            .status();
        assert!(status.unwrap().success());
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

#[test]
fn a_full_disk_stops_reading_and_space_starts_it_again() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let Some(disk) = SmallDisk::mount(&data, "1500k") else {
        return;
    };
    let mut node = Node::new(dir.path(), 11);
    node.write(100);
    let collector = Running::start(&data, &node.log());
    eventually(&data, 100);
    node.write(40_000);
    let said = collector.wait_for("reading waits");
    assert!(said.contains("free some space"), "{said}");
    // Whoever asks is told: what the database says is old.
    let status = json(&data, &["status", "--json"]);
    assert!(
        status["collector"]["error"]
            .as_str()
            .is_some_and(|error| error.contains("full")),
        "{status}"
    );
    assert_eq!(status["nodes"][0]["state"], "warning");
    assert_eq!(run(&data, &["status", "--check"]).status.code(), Some(1));
    assert!(
        String::from_utf8(run(&data, &["doctor"]).stdout)
            .unwrap()
            .contains("cannot keep")
    );
    disk.remount("size=64m");
    collector.wait_for("answers again");
    assert!(json(&data, &["status", "--json"])["collector"]["error"].is_null());
    eventually(&data, 40_100);
    collector.stop();
    node.check(&data);
}

#[test]
fn a_read_only_disk_is_said_and_costs_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let Some(disk) = SmallDisk::mount(&data, "32m") else {
        return;
    };
    let mut node = Node::new(dir.path(), 12);
    node.write(100);
    let args = ["collect", "--once", "--node", &spec(&node.log())];
    stdout(&data, &args);
    // While files are open for writing the system refuses to make a disk read-only.
    disk.remount("ro");
    node.write(100);
    let output = run(&data, &args);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        said.contains("Read-only") && said.contains(data.to_str().unwrap()),
        "{said}"
    );
    // Reading goes on.
    let traffic = run(&data, &["export", "traffic", "--by", "action", "--columns", "count"]);
    assert!(traffic.status.success(), "{}", String::from_utf8_lossy(&traffic.stderr));
    disk.remount("rw");
    stdout(&data, &args);
    node.check(&data);
}

#[test]
fn a_damaged_database_is_found_and_named() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let mut node = Node::new(dir.path(), 13);
    node.write(20_000);
    stdout(&data, &["collect", "--once", "--node", &spec(&node.log())]);
    let checked = stdout(&data, &["db", "check"]);
    assert!(
        checked.contains("20000 transfers") && checked.contains("all is well"),
        "{checked}"
    );
    let database = data.join("storj-monitor.db");
    let mut bytes = std::fs::read(&database).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 8192].fill(0x55);
    std::fs::write(&database, bytes).unwrap();
    let output = run(&data, &["db", "check"]);
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("wrong") || said.contains("malformed"), "{said}");
    // No database at all.
    std::fs::write(&database, b"this is a text, and was always one\n".repeat(500)).unwrap();
    let output = run(&data, &["collect", "--once", "--node", &spec(&node.log())]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1));
    assert!(said.contains("move the file away"), "{said}");
}

#[test]
fn the_budget_holds_and_space_is_given_back() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let mut node = Node::new(dir.path(), 14);
    node.write(60_000);
    stdout(&data, &["collect", "--once", "--node", &spec(&node.log())]);
    let size = || std::fs::metadata(data.join("storj-monitor.db")).unwrap().len();
    let before = size();
    let retention = Retention {
        bytes: before / 2,
        ..Retention::default()
    };
    let now_ms = jiff::Timestamp::now().as_millisecond();
    let mut writer = Writer::open(&data).unwrap();
    while writer.retain(&retention, now_ms).unwrap() {}
    drop(writer);
    stdout(&data, &["db", "vacuum"]);
    assert!(size() <= before / 2 + 65_536, "{before} {}", size());
    // The totals stay; the oldest transfers are gone.
    let traffic = stdout(&data, &["export", "traffic", "--by", "action", "--columns", "count"]);
    assert_eq!(traffic, "count\n60000\n");
    let transfers = stdout(&data, &["export", "transfers", "--columns", "time"]);
    assert!(transfers.lines().count() < 60_000);
    assert!(stdout(&data, &["db", "check"]).contains("all is well"));
    // A range that cuts an hour whose transfers are gone says the whole hour, never less.
    let part = stdout(
        &data,
        &[
            "export",
            "traffic",
            "--by",
            "action",
            "--columns",
            "count",
            "--from",
            "30m",
        ],
    );
    assert_eq!(part, "count\n60000\n");
    // Minutes are gone after their days, hours after theirs, days stay.
    let later = now_ms + 800 * 86_400_000;
    let mut writer = Writer::open(&data).unwrap();
    while writer.retain(&Retention::default(), later).unwrap() {}
    drop(writer);
    let traffic = stdout(&data, &["export", "traffic", "--by", "action", "--columns", "count"]);
    assert_eq!(traffic, "count\n60000\n");
}
