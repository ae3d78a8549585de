//! Following real files through every rotation, with SIGKILL of the real binary: each line counts once.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use common::{run, stdout};

/// A small deterministic generator: the test is the same every time but for the clock.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }
}

/// A node that writes numbered uploads, and whoever rotates its log.
struct Node {
    dir: PathBuf,
    file: File,
    written: u64,
    bytes: u64,
    dice: Dice,
    rotations: u64,
}

impl Node {
    fn new(dir: &Path, seed: u64) -> Self {
        let file = append(&dir.join("node.log"));
        Self {
            dir: dir.to_owned(),
            file,
            written: 0,
            bytes: 0,
            dice: Dice(seed),
            rotations: 0,
        }
    }

    fn log(&self) -> PathBuf {
        self.dir.join("node.log")
    }

    fn write(&mut self, lines: u64) {
        let mut text = String::new();
        for _ in 0..lines {
            self.written += 1;
            let size = 1 + self.written % 2_000_000;
            self.bytes += size;
            let stamp = now();
            text += &format!(
                "{stamp}\tINFO\tpiecestore\tuploaded\t{{\"process\": \"storagenode\", \"piece_id\": \"{}\", \"satellite_id\": \"12EayRS2V1kEsWESU9QMRseFhdxYxKicsiFmxrsLZHeLUtdps3S\", \"action\": \"PUT\", \"remote_address\": \"10.1.2.3:{}\", \"size\": {size}}}\n",
                piece(self.written),
                1000 + self.written % 60000
            );
        }
        // In parts that are no lines, as a pipe would bring them.
        let cut = self.dice.roll(text.len() as u64 + 1) as usize;
        self.file.write_all(&text.as_bytes()[..cut]).unwrap();
        if self.dice.roll(4) == 0 {
            std::thread::sleep(Duration::from_millis(3));
        }
        self.file.write_all(&text.as_bytes()[cut..]).unwrap();
    }

    /// `.1` becomes `.2`, `.2.gz` becomes `.3.gz`, …: nothing is thrown away.
    fn cascade(&mut self) {
        for n in (1..=self.rotations).rev() {
            for ending in ["", ".gz"] {
                let from = self.dir.join(format!("node.log.{n}{ending}"));
                if from.exists() {
                    std::fs::rename(&from, self.dir.join(format!("node.log.{}{ending}", n + 1))).unwrap();
                }
            }
        }
        self.rotations += 1;
    }

    fn rotate(&mut self) {
        self.cascade();
        let (log, rotated) = (self.log(), self.dir.join("node.log.1"));
        match self.dice.roll(4) {
            0 => {
                // The node goes on in the renamed file for a while.
                std::fs::rename(&log, &rotated).unwrap();
                let more = self.dice.roll(300);
                self.write(more);
                self.file = append(&log);
            }
            1 => {
                std::fs::copy(&log, &rotated).unwrap();
                self.file.set_len(0).unwrap();
            }
            2 => {
                std::fs::copy(&log, &rotated).unwrap();
                self.file.set_len(0).unwrap();
                gzip(&rotated);
            }
            _ => {
                std::fs::rename(&log, &rotated).unwrap();
                self.file = append(&log);
                gzip(&rotated);
            }
        }
        // And packed later, what was left plain.
        let older = self.dir.join("node.log.2");
        if older.exists() && self.dice.roll(2) == 0 {
            gzip(&older);
        }
    }

    fn check(&self, data: &Path) {
        let traffic = stdout(data, &["export", "traffic", "--by", "action,outcome"]);
        let row = traffic.lines().nth(1).unwrap_or_default();
        assert_eq!(row, format!("PUT,success,{},{}", self.written, self.bytes), "{traffic}");
        let transfers = stdout(data, &["export", "transfers", "--columns", "piece_id"]);
        let mut pieces: Vec<&str> = transfers.lines().skip(1).collect();
        pieces.sort_unstable();
        pieces.dedup();
        assert_eq!(pieces.len() as u64, self.written, "transfers are distinct");
        let kinds = stdout(data, &["export", "kinds", "--columns", "message,count"]);
        assert_eq!(kinds, format!("message,count\nuploaded,{}\n", self.written));
    }
}

fn append(path: &Path) -> File {
    OpenOptions::new().create(true).append(true).open(path).unwrap()
}

fn now() -> String {
    let now = jiff::Timestamp::now();
    now.round(jiff::Unit::Second).unwrap().to_string()
}

/// A piece id that holds a number.
fn piece(n: u64) -> String {
    let mut id = [7; 32];
    id[..8].copy_from_slice(&n.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_le_bytes());
    id[8..16].copy_from_slice(&n.to_be_bytes());
    storj_monitor::domain::piece::id_text(&id)
}

/// As gzip does it: the packed file is there before the plain one goes, and keeps its time.
fn gzip(path: &Path) {
    assert!(Command::new("gzip").arg("-f").arg(path).status().unwrap().success());
}

fn spec(log: &Path) -> String {
    format!("n={}", log.display())
}

/// A running collector; what it says arrives on a channel.
struct Running {
    child: Child,
    said: Receiver<String>,
}

impl Running {
    fn start(data: &Path, log: &Path) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_storj-monitor"))
            .args(["collect", "--node", &spec(log)])
            .env("STORJ_MONITOR_DATA_DIR", data)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (sender, said) = channel();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        std::thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                let _ = sender.send(line);
            }
        });
        Self { child, said }
    }

    /// Waits until it says something that contains `text`.
    fn wait_for(&self, text: &str) -> String {
        let end = Instant::now() + Duration::from_secs(20);
        let mut all = Vec::new();
        while let Ok(line) = self.said.recv_timeout(end.saturating_duration_since(Instant::now())) {
            if line.contains(text) {
                return line;
            }
            all.push(line);
        }
        panic!("it never said `{text}`, but {all:?}");
    }

    fn kill(self) {
        drop(self);
    }

    fn stop(mut self) {
        let begun = Instant::now();
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        assert!(self.child.wait().unwrap().success());
        assert!(begun.elapsed() < Duration::from_secs(5));
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Waits until the database says what it should.
fn eventually(data: &Path, wanted: u64) {
    let end = Instant::now() + Duration::from_secs(20);
    let mut found = String::new();
    while Instant::now() < end {
        let output = run(data, &["export", "traffic", "--by", "action", "--columns", "count"]);
        found = String::from_utf8(output.stdout).unwrap();
        if found == format!("count\n{wanted}\n") {
            return;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("wanted {wanted}, found {found}");
}

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
    assert!(output.status.success() && !said.contains("destroyed"), "{said}");
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
    assert!(said.contains("destroyed before they were read"), "{said}");
    let traffic = stdout(&data, &["export", "traffic", "--by", "action", "--columns", "count"]);
    assert_eq!(traffic, "count\n1030\n");
    // It is told once.
    assert!(!String::from_utf8_lossy(&run(&data, &args).stderr).contains("destroyed"));
}

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
