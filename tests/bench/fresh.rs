//! How soon a written line is seen by a viewer: alone, and while a large log is caught up beside it.
//! `cargo bench --bench fresh`; only reports.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use storj_monitor::api::link::{self, Link};
use storj_monitor::api::message::{Message, Request, Watch};
use storj_monitor::api::snapshot::{Snapshot, Topic};
use storj_monitor::collector::collect::Log;
use storj_monitor::collector::service::{Plan, Service};
use storj_monitor::domain::piece;
use storj_monitor::node::client::Client;
use storj_monitor::source::follow::Start;
use storj_monitor::store::upkeep::Retention;

/// Lines a second of a busy node.
const RATE: u64 = 200;
const SECONDS: u64 = 20;
/// Bytes that are caught up beside it.
const LARGE: usize = 1 << 30;

fn main() {
    let dir = tempfile::tempdir().unwrap();
    println!("a line written is in the snapshot after (ms), {RATE} lines/s for {SECONDS} s");
    println!("{:<44} {:>6} {:>6} {:>6}", "", "p50", "p95", "max");
    let quiet = dir.path().join("quiet");
    report("the log alone", measure(&quiet, &[]));
    let large = dir.path().join("large.log");
    write_large(&large);
    let busy = dir.path().join("busy");
    report("a gigabyte is caught up beside it", measure(&busy, &[large]));
}

fn report(what: &str, mut latencies: Vec<Duration>) {
    latencies.sort_unstable();
    let at = |share: f64| latencies[((latencies.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e3;
    println!("{what:<44} {:>6.0} {:>6.0} {:>6.0}", at(0.5), at(0.95), at(1.0));
}

/// The recorded sample, hour after hour, until it is large enough.
fn write_large(path: &Path) {
    let sample = std::fs::read("assets/demo/attic.log.zst").unwrap();
    let sample = String::from_utf8(zstd::decode_all(sample.as_slice()).unwrap()).unwrap();
    let mut file = std::io::BufWriter::new(std::fs::File::create(path).unwrap());
    for copy in 0..LARGE / sample.len() {
        let (month, day, hour) = (copy / 24 / 28 + 1, copy / 24 % 28 + 1, copy % 24);
        let stamp = format!("2025-{month:02}-{day:02}T{hour:02}:");
        file.write_all(sample.replace("2026-11-23T21:", &stamp).as_bytes())
            .unwrap();
    }
}

/// Writes lines for some seconds and says when each was seen.
fn measure(dir: &Path, beside: &[PathBuf]) -> Vec<Duration> {
    std::fs::create_dir_all(dir).unwrap();
    let log = dir.join("node.log");
    std::fs::write(&log, "").unwrap();
    let mut logs = vec![("n".to_owned(), log.clone())];
    logs.extend(beside.iter().map(|path| ("large".to_owned(), path.clone())));
    let plan = Plan {
        places: Vec::new(),
        host: Default::default(),
        names: logs.iter().map(|(name, _)| name.clone()).collect(),
        logs: logs.into_iter().map(|(node, path)| Log { node, path }).collect(),
        targets: Vec::new(),
        databases: Vec::new(),
        start: Start::All,
        retention: Retention::default(),
        every: Duration::from_secs(60),
        geoip: None,
        terms: Default::default(),
        doubts: Vec::new(),
        anew: false,
        client: Client::new(Duration::from_secs(1)).unwrap(),
    };
    let service = Service::start(&dir.join("data"), plan, Box::new(|_| None), Box::new(|_| ())).unwrap();
    let (link, port) = link::pair();
    service.hub().attach(port).unwrap();
    let stop = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&stop);
    let collector = std::thread::spawn(move || service.run(&flag, || ()));
    let written: Arc<Mutex<Vec<Instant>>> = Arc::default();
    let times = Arc::clone(&written);
    let writer = std::thread::spawn(move || write(&log, &times));
    let latencies = look(&link, &written);
    writer.join().unwrap();
    stop.store(true, Ordering::Relaxed);
    collector.join().unwrap();
    latencies
}

fn write(log: &Path, times: &Mutex<Vec<Instant>>) {
    let mut file = std::fs::File::options().append(true).open(log).unwrap();
    let begun = Instant::now();
    for n in 0..RATE * SECONDS {
        let due = begun + Duration::from_micros(n * 1_000_000 / RATE);
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        let mut id = [1; 32];
        id[..8].copy_from_slice(&n.to_le_bytes());
        let second = jiff::Timestamp::now().as_second();
        let stamp = jiff::Timestamp::from_second(second).unwrap();
        let line = format!(
            "{stamp}\tINFO\tpiecestore\tuploaded\t{{\"process\": \"storagenode\", \"piece_id\": \"{}\", \"action\": \"PUT\", \"size\": 7}}\n",
            piece::id_text(&id)
        );
        file.write_all(line.as_bytes()).unwrap();
        times.lock().unwrap().push(Instant::now());
    }
}

fn look(link: &Link, written: &Mutex<Vec<Instant>>) -> Vec<Duration> {
    let watch = Watch {
        topics: vec![Topic::Seconds],
        nodes: vec!["n".to_owned()],
    };
    link.send(Request::Watch(watch)).unwrap();
    let mut all = Snapshot::default();
    let mut latencies = Vec::new();
    while (latencies.len() as u64) < RATE * SECONDS {
        let Some(Message::Snapshot(newer)) = link.receive(None).unwrap() else {
            continue;
        };
        let now = Instant::now();
        all.merge(newer);
        let window = all.nodes.get("n").and_then(|node| node.seconds.as_ref());
        let flows = window.map(|window| window.value.flows.clone()).unwrap_or_default();
        let seen: u64 = flows.iter().flat_map(|flow| &flow.buckets).map(|cell| cell.count).sum();
        let times = written.lock().unwrap();
        for n in latencies.len()..seen as usize {
            latencies.push(now.saturating_duration_since(times[n.min(times.len() - 1)]));
        }
    }
    latencies
}
