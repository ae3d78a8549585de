//! `cargo bench`: ratios of things measured side by side in one run, best of several rounds.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::hint::black_box;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use storj_monitor::log::event;
use storj_monitor::log::record::{Line, Parser};
use storj_monitor::log::slow::Object;
use storj_monitor::log::stamp;

const ROUNDS: usize = 7;

fn best(mut run: impl FnMut()) -> Duration {
    let rounds = (0..ROUNDS).map(|_| {
        let begun = Instant::now();
        run();
        begun.elapsed()
    });
    rounds.min().unwrap()
}

/// The sample with its time moved on, copy after copy: `copies` times 12,000 different lines.
fn long_log(copies: usize) -> String {
    let sample = std::fs::read("assets/sample.log.zst").unwrap();
    let sample = String::from_utf8(zstd::decode_all(sample.as_slice()).unwrap()).unwrap();
    let mut log = String::with_capacity(sample.len() * copies);
    for copy in 0..copies {
        let (day, hour) = (copy / 24 + 1, copy % 24);
        log.push_str(&sample.replace("2026-11-23T21:", &format!("2026-10-{day:02}T{hour:02}:")));
    }
    log
}

fn per_line(time: Duration, lines: usize) -> f64 {
    time.as_nanos() as f64 / lines as f64
}

fn parse(log: &str) {
    let lines = log.lines().count();
    let ours = best(|| {
        let mut parser = Parser::default();
        for line in log.lines() {
            if let Line::Record(record) = parser.parse(line.as_bytes()) {
                black_box(event::transfer(&record));
            }
        }
    });
    let theirs = best(|| {
        for line in log.lines() {
            if let Some(at) = line.find('{') {
                black_box(Object::parse(&line.as_bytes()[at..]).ok());
                black_box(stamp::unix_ms(&line.as_bytes()[..20]));
            }
        }
    });
    println!(
        "parse: {:.0} ns a line; serde_json and jiff take {:.1} times as long",
        per_line(ours, lines),
        theirs.as_secs_f64() / ours.as_secs_f64()
    );
}

fn program(args: &[&str], data: &Path) {
    let status = Command::new(env!("CARGO_BIN_EXE_storj-monitor"))
        .args(args)
        .env("STORJ_MONITOR_DATA_DIR", data)
        .stdout(Stdio::null())
        .status()
        .unwrap();
    assert!(status.success());
}

fn count_and_ingest(log: &str) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("node.log");
    std::fs::write(&path, log).unwrap();
    let path = path.to_str().unwrap();
    let lines = log.lines().count();
    let grep = best(|| {
        // Into a pipe: with /dev/null, grep stops at the first match.
        let counted = Command::new("grep").args(["-c", "uploaded", path]).output().unwrap();
        assert!(!counted.stdout.is_empty());
    });
    let count = best(|| program(&["count", path], dir.path()));
    let ratio = |time: Duration| time.as_secs_f64() / grep.as_secs_f64();
    println!(
        "count: {:.1} M lines/s, {:.2} times as long as grep -c uploaded (all cores)",
        1e3 / per_line(count, lines),
        ratio(count)
    );
    let mut round = 0;
    let mut data = dir.path().to_owned();
    let ingest = best(|| {
        round += 1;
        data = dir.path().join(format!("data-{round}"));
        program(&["ingest", "n", path], &data);
    });
    let again = best(|| program(&["ingest", "n", path], &data));
    println!(
        "ingest: {:.1} M lines/s, {:.1} times as long as grep; again, all counted before: {:.1} times",
        1e3 / per_line(ingest, lines),
        ratio(ingest),
        ratio(again)
    );
    let mut parser = Parser::default();
    let is_transfer = |line: &str| match parser.parse(line.as_bytes()) {
        Line::Record(record) => event::transfer(&record).is_some(),
        _ => false,
    };
    let transfers = log.lines().map(is_transfer).filter(|is| *is).count();
    let size = std::fs::metadata(data.join("storj-monitor.db")).unwrap().len();
    println!(
        "database: {:.1} bytes a transfer ({transfers} of {lines} lines), everything included",
        size as f64 / transfers as f64
    );
}

fn main() {
    let log = long_log(90);
    parse(&log);
    count_and_ingest(&log);
}
