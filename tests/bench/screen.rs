//! What the screen costs: a frame of each pane, and from a key to its picture while a large log is read.
//! `cargo bench --bench screen`; only reports.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../common/mod.rs"]
mod common;

use std::io::{Read, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use common::earnings;
use common::fleet::{FLEET, Look, NOW_MS, draw, fresh, press, view};
use common::traffic::told;
use portable_pty::{CommandBuilder, PtySize, native_pty_system};
use storj_monitor::api::message::{Answer, Message, Query};
use storj_monitor::api::snapshot::Snapshot;
use storj_monitor::ui::model::{Input, Model};
use storj_monitor::ui::pane::Pane;

const LARGE: (u16, u16) = (200, 50);
const ROUNDS: u32 = 300;
/// Lines that are read while keys are pressed.
const LINES: usize = 1_000_000;
const KEYS: usize = 200;

fn main() {
    println!("a frame at 200x50 (ms), and data taken in (ms)");
    println!("{:<34} {:>8} {:>8}", "", "draw", "take in");
    for (nodes, word) in [(6, "6 nodes"), (100, "100 nodes")] {
        for pane in Pane::ALL {
            frames(&format!("{}, {word}", pane.id()), pane, nodes, "");
        }
    }
    for keys in ["- - -", "enter v", "m z"] {
        frames(&format!("latency, 100 nodes, {keys}"), Pane::Latency, 100, keys);
    }
    for keys in ["m m", "p p z", "E enter"] {
        frames(&format!("traffic, 6 nodes, {keys}"), Pane::Traffic, 6, keys);
    }
    for keys in ["m", "t", "$", "tab down enter"] {
        frames(&format!("financials, 6 nodes, {keys}"), Pane::Financials, 6, keys);
    }
    frames("overview, 6 nodes, help", Pane::Overview, 6, "?");
    frames("overview, 6 nodes, explained", Pane::Overview, 6, "i");
    #[cfg(unix)]
    keys();
}

/// The collector's side: money and durations of so many nodes, whatever else was asked of traffic.
fn answer(query: &Query, nodes: usize) -> Result<Answer, String> {
    match query {
        Query::Money { .. } => earnings::many(query, nodes),
        Query::Latency(_) => slow_nodes(query, nodes),
        _ => common::traffic::answer(query),
    }
}

fn snapshot(nodes: usize) -> Snapshot {
    let told = told();
    let named = |n: usize| match n {
        0..6 => FLEET[n].name.to_owned(),
        n => format!("node{n}"),
    };
    let nodes = (0..nodes).map(|n| {
        let mut view = view(&FLEET[n % 6], n);
        let told = &told.nodes[FLEET[n % 6].name];
        (view.hot, view.open, view.flight) = (told.hot.clone(), told.open.clone(), told.flight.clone());
        let status = view.status.as_mut().unwrap();
        let mut node = (*status.value).clone();
        node.name = named(n);
        status.value = Arc::new(node);
        (named(n), view)
    });
    Snapshot {
        time_ms: NOW_MS,
        nodes: nodes.collect(),
        names: None,
        terms: None,
    }
}

/// How long the transfers of so many nodes take.
fn slow_nodes(query: &Query, nodes: usize) -> Result<Answer, String> {
    let mut told = common::latency::answer(query)?;
    if let Answer::Latency(told) = &mut told {
        let six = told.nodes.clone();
        for n in 6..nodes {
            let mut node = six[n % six.len()].clone();
            node.node = format!("node{n}");
            told.nodes.push(node);
        }
    }
    Ok(told)
}

fn frames(what: &str, pane: Pane, nodes: usize, keys: &str) {
    let mut model: Model = fresh(Look::Dark);
    model.pane = pane;
    model.update(Input::Heard(Message::Snapshot(snapshot(nodes))), NOW_MS);
    draw(&mut model, LARGE);
    for key in keys.split_whitespace() {
        model.answer_all(|query| answer(query, nodes));
        press(&mut model, key, LARGE);
    }
    // An answer may lead to another question.
    (0..3).for_each(|_| model.answer_all(|query| answer(query, nodes)));
    let begun = Instant::now();
    for _ in 0..ROUNDS {
        draw(&mut model, LARGE);
    }
    let drawn = begun.elapsed() / ROUNDS;
    let news = snapshot(nodes);
    let rounds = 30;
    let begun = Instant::now();
    for _ in 0..rounds {
        model.update(Input::Heard(Message::Snapshot(news.clone())), NOW_MS);
    }
    let taken = begun.elapsed() / rounds;
    println!(
        "{what:<34} {:>8.2} {:>8.2}",
        drawn.as_secs_f64() * 1e3,
        taken.as_secs_f64() * 1e3
    );
}

/// From a key to the first byte of its picture, with a collector inside that reads flat out.
#[cfg(unix)]
fn keys() {
    let dir = tempfile::tempdir().unwrap();
    let log = dir.path().join("node.log");
    write_lines(&log);
    println!("\nfrom a key to its picture (ms), {KEYS} keys");
    println!("{:<34} {:>8} {:>8} {:>8}", "", "p50", "p99", "max");
    let idle = dir.path().join("idle");
    measure("nothing to read", dir.path(), &idle, None);
    let busy = dir.path().join("busy");
    measure("a million lines are read", dir.path(), &busy, Some(&log));
}

/// The recorded sample, hour after hour.
fn write_lines(path: &Path) {
    let sample = std::fs::read("assets/demo/attic.log.zst").unwrap();
    let sample = String::from_utf8(zstd::decode_all(sample.as_slice()).unwrap()).unwrap();
    let mut file = std::io::BufWriter::new(std::fs::File::create(path).unwrap());
    for copy in 0..LINES / sample.lines().count() + 1 {
        let (month, day, hour) = (copy / 24 / 28 + 1, copy / 24 % 28 + 1, copy % 24);
        let stamp = format!("2025-{month:02}-{day:02}T{hour:02}:");
        file.write_all(sample.replace("2026-11-23T21:", &stamp).as_bytes())
            .unwrap();
    }
}

#[cfg(unix)]
fn measure(what: &str, home: &Path, data: &Path, log: Option<&Path>) {
    let size = PtySize {
        rows: LARGE.1,
        cols: LARGE.0,
        pixel_width: 0,
        pixel_height: 0,
    };
    let pair = native_pty_system().openpty(size).unwrap();
    let config = data.with_extension("toml");
    let log = log.map_or("/dev/null".to_owned(), |log| log.display().to_string());
    let nodes = ["a", "b", "c"].map(|name| {
        let log = if name == "a" { log.as_str() } else { "/dev/null" };
        format!("[[node]]\nname = \"{name}\"\nlog = \"{log}\"\n")
    });
    std::fs::write(&config, nodes.concat()).unwrap();
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_storj-monitor"));
    command.args([
        "--config",
        config.to_str().unwrap(),
        "--data-dir",
        data.to_str().unwrap(),
    ]);
    command.env("HOME", home);
    command.env("TERM", "xterm-256color");
    command.env("LC_ALL", "C.UTF-8");
    let mut child = pair.slave.spawn_command(command).unwrap();
    drop(pair.slave);
    let mut reader = pair.master.try_clone_reader().unwrap();
    let came: Arc<AtomicUsize> = Arc::default();
    let seen = Arc::clone(&came);
    std::thread::spawn(move || {
        let mut buffer = [0; 65536];
        while let Ok(got @ 1..) = reader.read(&mut buffer) {
            seen.fetch_add(got, Ordering::Relaxed);
        }
    });
    let mut writer = pair.master.take_writer().unwrap();
    std::thread::sleep(Duration::from_millis(1500));
    let mut latencies = Vec::new();
    for n in 0..KEYS {
        let before = came.load(Ordering::Relaxed);
        let pressed = Instant::now();
        // The help opens and closes: a picture that no data would make.
        writer.write_all(if n % 2 == 0 { b"?" } else { b"q" }).unwrap();
        while came.load(Ordering::Relaxed) < before + 200 && pressed.elapsed() < Duration::from_secs(2) {
            std::thread::sleep(Duration::from_micros(100));
        }
        latencies.push(pressed.elapsed());
        std::thread::sleep(Duration::from_millis(23));
    }
    writer.write_all(b"\x03").unwrap();
    child.wait().unwrap();
    latencies.sort_unstable();
    let at = |share: f64| latencies[((latencies.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e3;
    println!("{what:<34} {:>8.1} {:>8.1} {:>8.1}", at(0.5), at(0.99), at(1.0));
}
