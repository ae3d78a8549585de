//! `cargo bench`: ratios of things measured side by side in one run, best of several rounds.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::borrow::Cow;
use std::hint::black_box;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use storj_monitor::domain::transfer::Outcome;
use storj_monitor::engine::apply::Apply;
use storj_monitor::log::event;
use storj_monitor::log::record::{Line, Parser};
use storj_monitor::log::stamp;
use storj_monitor::source::lines;
use storj_monitor::store::Reader;
use storj_monitor::store::query::{By, Scope};
use storj_monitor::store::transfers::{Filter, Named};

const ROUNDS: usize = 7;

fn best(mut run: impl FnMut()) -> Duration {
    let rounds = (0..ROUNDS).map(|_| {
        let begun = Instant::now();
        run();
        begun.elapsed()
    });
    rounds.min().unwrap()
}

/// The sample with its time moved on, copy after copy: `copies` times as many different lines.
fn long_log(copies: usize) -> String {
    let sample = std::fs::read("assets/demo/attic.log.zst").unwrap();
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

/// The sample as releases before 1.146 spell it.
fn title_case(log: &str) -> String {
    let keys = [
        ("\"piece_id\"", "\"Piece ID\""),
        ("\"satellite_id\"", "\"Satellite ID\""),
        ("\"action\"", "\"Action\""),
        ("\"remote_address\"", "\"Remote Address\""),
        ("\"size\"", "\"Size\""),
        ("\"offset\"", "\"Offset\""),
    ];
    keys.iter()
        .fold(log.to_owned(), |log, (new, old)| log.replace(new, old))
}

/// The sample as `log.encoding: json` writes it.
fn json_encoded(log: &str) -> String {
    let encode = |line: &str| {
        let columns: Vec<&str> = line.split('\t').collect();
        let [time, level, logger, message, object] = columns.as_slice() else {
            return String::new();
        };
        let members = object.replace("\": ", "\":").replace(", \"", ",\"");
        let members = &members[1..];
        format!("{{\"L\":\"{level}\",\"T\":\"{time}\",\"N\":\"{logger}\",\"M\":\"{message}\",{members}\n")
    };
    log.lines().map(encode).collect()
}

fn parse(dialect: &str, log: &str) {
    let count = log.lines().count();
    let ours = best(|| {
        let mut parser = Parser::default();
        for line in lines::of(log.as_bytes()) {
            if let Line::Record(record) = parser.parse(line) {
                black_box(event::transfer(&record));
            }
        }
    });
    let applied = best(|| {
        let mut apply = Apply::default();
        for line in lines::of(log.as_bytes()) {
            apply.line(line, None, 0, |_| ());
            if apply.waiting() >= 16_384 {
                let batch = black_box(apply.take());
                apply.give_back(batch);
            }
        }
    });
    let theirs = best(|| {
        for line in lines::of(log.as_bytes()) {
            if let Some(at) = memchr::memchr(b'{', line) {
                black_box(serde_json::from_slice::<Borrowed<'_>>(&line[at..]).ok());
                let stamp = if at == 0 { line.get(18..38) } else { line.get(..20) };
                black_box(stamp.and_then(stamp::unix_ms));
            }
        }
    });
    let ratio = |time: Duration| theirs.as_secs_f64() / time.as_secs_f64();
    println!(
        "parse, {dialect}: {:.0} ns a line, with apply {:.0}; serde_json (borrowed) and jiff take {:.1} times as long, {:.1} with apply",
        per_line(ours, count),
        per_line(applied, count),
        ratio(ours),
        ratio(applied)
    );
}

/// What serde_json reads a record to, without copying where it need not.
#[derive(serde::Deserialize)]
#[allow(dead_code)]
struct Borrowed<'a> {
    #[serde(borrow, alias = "Piece ID")]
    piece_id: Option<Cow<'a, str>>,
    #[serde(borrow, alias = "Satellite ID")]
    satellite_id: Option<Cow<'a, str>>,
    #[serde(borrow, alias = "Action")]
    action: Option<Cow<'a, str>>,
    #[serde(borrow, alias = "Remote Address")]
    remote_address: Option<Cow<'a, str>>,
    #[serde(alias = "Size")]
    size: Option<u64>,
    #[serde(alias = "Offset")]
    offset: Option<u64>,
    #[serde(borrow)]
    error: Option<Cow<'a, str>>,
    #[serde(borrow)]
    reason: Option<Cow<'a, str>>,
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
    let one_core = best(|| {
        let program = env!("CARGO_BIN_EXE_storj-monitor");
        let run = Command::new("taskset")
            .args(["-c", "0", program, "count", path])
            .stdout(Stdio::null())
            .status();
        assert!(run.unwrap().success());
    });
    let ratio = |time: Duration| time.as_secs_f64() / grep.as_secs_f64();
    println!("count on one core: {:.2} times as long as grep", ratio(one_core));
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

/// Anonymous memory (kB) of a run at its highest, as far as a look every two milliseconds sees it.
fn memory(args: &[&str], data: &Path) -> u64 {
    let mut child = Command::new(env!("CARGO_BIN_EXE_storj-monitor"))
        .args(args)
        .env("STORJ_MONITOR_DATA_DIR", data)
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let mut most = 0;
    while child.try_wait().unwrap().is_none() {
        let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
        let line = status.lines().find(|line| line.starts_with("RssAnon"));
        let now = line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok());
        most = most.max(now.unwrap_or(0));
        std::thread::sleep(Duration::from_millis(2));
    }
    most
}

fn packed_and_queries(log: &str) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("node.log.gz");
    let mut packer =
        flate2::write::GzEncoder::new(std::fs::File::create(&path).unwrap(), flate2::Compression::default());
    std::io::Write::write_all(&mut packer, log.as_bytes()).unwrap();
    packer.finish().unwrap();
    let path = path.to_str().unwrap();
    let mut round = 0;
    let mut data = dir.path().to_owned();
    let time = best(|| {
        round += 1;
        data = dir.path().join(format!("data-{round}"));
        program(&["ingest", "n", path], &data);
    });
    let lines = log.lines().count();
    let kilobytes = memory(&["ingest", "n", path], &dir.path().join("data-memory"));
    println!(
        "ingest from .gz: {:.2} M lines/s, {} MB of anonymous memory",
        1e3 / per_line(time, lines),
        kilobytes / 1000
    );
    let reader = Reader::open(&data).unwrap();
    let scope = |hours: i64| {
        let end = 1_790_899_200_000 + 24 * 3_600_000;
        Scope {
            from_ms: Some(end - hours * 3_600_000),
            to_ms: Some(end),
            ..Scope::default()
        }
    };
    let day = best(|| drop(black_box(reader.traffic(&scope(24), &[By::Hour, By::Action]).unwrap())));
    let mut failed = 0;
    let failures = best(|| {
        failed = 0;
        let filter = Filter {
            only_grave: true,
            ..Filter::default()
        };
        let each = |row: &Named<'_>| {
            failed += u64::from(row.row.outcome == Outcome::Failed);
            Ok(true)
        };
        reader.each_transfer(&scope(24), &filter, each).unwrap();
    });
    let piece = Some([9; 32]);
    let search = best(|| {
        reader
            .each_transfer(
                &Scope::default(),
                &Filter {
                    piece,
                    ..Filter::default()
                },
                |_| Ok(true),
            )
            .unwrap()
    });
    println!(
        "24 hours of traffic from rollups: {day:.1?}; {failed} failures of a day: {failures:.1?}; one piece of all: {search:.1?}"
    );
}

fn main() {
    let log = long_log(90);
    parse("console", &log);
    parse("console, title case", &title_case(&log));
    parse("JSON", &json_encoded(&log));
    count_and_ingest(&log);
    packed_and_queries(&log);
}
