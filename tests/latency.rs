//! How long transfers take: percentiles against exact ones, of distributions that want to be awkward and of recorded
//! nodes by a naive recount; what is of another quality, of the future or of another satellite stays out.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use common::transfers::{Made, PEERS};
use common::{corpus, inflated, run};
use proptest::prelude::*;
use storj_monitor::api::latency::{Ask, Figures, Latency, NodeLatency, bounds};
use storj_monitor::api::message::{Answer, Query};
use storj_monitor::collector::hub::Hub;
use storj_monitor::domain::transfer::{Outcome, Quality};
use storj_monitor::support::sketch::{Sketch, Sum};

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;

/// The nearest-rank percentile of sorted values: a value that was there.
fn exact(sorted: &[u64], q: f64) -> u64 {
    let rank = (q * sorted.len() as f64).ceil().max(1.0) as usize;
    sorted[rank - 1]
}

fn near(told: u64, exact: u64, what: &str) {
    let off = (told as f64 - exact as f64).abs() / (exact as f64).max(1.0);
    assert!(off <= 0.01, "{what}: {told} is not {exact}");
}

/// Figures against the durations they are of.
fn agree(figures: &Figures, mut all: Vec<u64>, what: &str) {
    all.sort_unstable();
    assert_eq!(figures.count, all.len() as u64, "{what}");
    assert_eq!(figures.max, all[all.len() - 1], "{what}");
    let told = [figures.p50, figures.p90, figures.p95, figures.p99];
    for (told, (q, least)) in told.into_iter().zip([(0.5, 2), (0.9, 10), (0.95, 20), (0.99, 100)]) {
        assert_eq!(told.is_some(), all.len() >= least, "{what}: p{q} of {}", all.len());
        told.into_iter()
            .for_each(|told| near(told, exact(&all, q), &format!("{what}: p{q}")));
    }
}

/// Distributions that are awkward, by name.
fn awkward() -> Vec<(&'static str, Vec<u64>)> {
    let mut seed = 7u64;
    let mut dice = move || {
        seed = seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as f64 / f64::from(1u32 << 31)
    };
    let mut many = |n: usize, of: &mut dyn FnMut(f64) -> f64| (0..n).map(|_| of(dice()) as u64).collect::<Vec<_>>();
    vec![
        ("uniform", many(3000, &mut |x| x * 60_000.0)),
        (
            "bimodal",
            many(3000, &mut |x| if x < 0.952 { 40.0 + x } else { 30_000.0 + x * 1000.0 }),
        ),
        ("heavy-tail", many(3000, &mut |x| 20.0 / (1.0 - x).max(1e-5))),
        ("one-value", vec![1234; 500]),
        ("two-values", [vec![3; 475], vec![59_999; 25]].concat()),
        ("zeros", vec![0; 200]),
        ("one", vec![777]),
        ("two", vec![5, 5000]),
        ("nineteen", many(19, &mut |x| x * 900.0)),
        ("sixty-one", many(61, &mut |x| 100.0 + x * 2700.0)),
    ]
}

#[test]
fn percentiles_of_awkward_distributions_are_within_one_percent() {
    for (name, all) in awkward() {
        let mut sketch = Sketch::default();
        all.iter().for_each(|value| sketch.add(*value));
        let mut sorted = all;
        sorted.sort_unstable();
        for n in 1..=1000 {
            let q = f64::from(n) / 1000.0;
            near(sketch.quantile(q).unwrap(), exact(&sorted, q), &format!("{name}: {q}"));
        }
    }
}

proptest! {
    #[test]
    fn any_split_merges_to_the_whole(
        all in proptest::collection::vec((0u64..200_000, 0usize..5), 0..300),
        huge in proptest::collection::vec(any::<u64>(), 0..5),
    ) {
        let mut whole = Sketch::default();
        let mut parts = vec![Sketch::default(); 5];
        for (value, part) in all.into_iter().chain(huge.into_iter().map(|value| (value, 4))) {
            whole.add(value);
            parts[part].add(value);
        }
        let mut merged = Sketch::default();
        parts.iter().rev().for_each(|part| merged.merge(part));
        prop_assert_eq!(&merged, &whole);
        let mut sum = Sum::default();
        for (n, part) in parts.iter().enumerate() {
            match n % 2 {
                0 => sum.merge(part),
                _ => sum.add(&part.to_bytes()).unwrap(),
            }
        }
        prop_assert_eq!(sum.sketch(), whole.clone());
        prop_assert!(Quality::ALL.iter().all(|quality| bounds(*quality).is_sorted()));
        prop_assert_eq!(whole.up_to(u64::MAX), whole.count());
    }
}

fn ask(data: &Path, ask: Ask) -> Latency {
    match Hub::alone(data).answer(&Query::Latency(ask)).unwrap() {
        Answer::Latency(told) => {
            // It goes over the wire.
            let text = serde_json::to_string(&told).unwrap();
            let back: Latency = serde_json::from_str(&text).unwrap();
            assert_eq!(back, *told);
            back
        }
        other => panic!("{other:?}"),
    }
}

fn of(node: &str, (from_ms, to_ms): (i64, i64)) -> Ask {
    Ask {
        nodes: vec![node.to_owned()],
        action: "PUT".to_owned(),
        from_ms,
        to_ms,
        detail: Some(node.to_owned()),
        ..Ask::default()
    }
}

/// Ten days ago, at midnight.
fn start() -> i64 {
    let now = jiff::Timestamp::now().as_millisecond();
    now.div_euclid(DAY_MS) * DAY_MS - 10 * DAY_MS
}

#[test]
fn what_the_database_tells_is_what_was_logged_in_any_range() {
    let dir = tempfile::tempdir().unwrap();
    // Sums by size class and hour are kept for nine days.
    let start = start() + 5 * DAY_MS;
    let mut ended: BTreeMap<&str, Vec<(i64, u64)>> = BTreeMap::new();
    for (name, all) in awkward() {
        let mut made = Made::new();
        let step = 30 * HOUR_MS / all.len() as i64;
        for (n, ms) in all.iter().enumerate() {
            let begun = start + n as i64 * step;
            made.upload(begun, *ms, (1 << (8 + n % 14), "uploaded"), n % 2);
            ended.entry(name).or_default().push((begun + *ms as i64, *ms));
        }
        made.keep(dir.path(), (name, true));
    }
    for (name, all) in &ended {
        // Whole hours and days; a moment within an hour; a short range, of transfers themselves.
        for (from, to) in [
            (0, 40 * HOUR_MS),
            (HOUR_MS, 29 * HOUR_MS + 1_234_567),
            (5 * HOUR_MS + 77, 9 * HOUR_MS),
        ] {
            let told = ask(dir.path(), of(name, (start + from, start + to)));
            // A transfer lies where its line's whole second does.
            let within = |end: &i64| {
                let second = end.div_euclid(1000) * 1000 - start;
                let from = if to - from > 6 * HOUR_MS {
                    from.div_euclid(HOUR_MS) * HOUR_MS
                } else {
                    from
                };
                (from..to).contains(&second)
            };
            let expected: Vec<u64> = all.iter().filter(|(end, _)| within(end)).map(|(_, ms)| *ms).collect();
            let what = format!("{name} {from}..{to}");
            let node = &told.nodes[0];
            assert_eq!(node.figures.is_some(), !expected.is_empty(), "{what}");
            let Some(figures) = &node.figures else { continue };
            assert_eq!((figures.quality, figures.left_out), (Quality::Exact, 0));
            assert_eq!(node.ends[0], expected.len() as u64, "{what}");
            agree(figures, expected.clone(), &what);
            let detail = told.detail.unwrap();
            let rows: Vec<_> = detail.rows.iter().filter(|row| row.size_class.is_none()).collect();
            assert_eq!(rows.len(), 1, "{what}");
            assert_eq!(rows[0].figures, *figures);
            let sized = detail.rows.iter().filter(|row| row.size_class.is_some());
            let all: u64 = sized.clone().map(|row| row.figures.count).sum();
            assert_eq!(all, figures.count, "{what}: size classes are all there is");
            for row in &detail.rows {
                assert_eq!(row.histogram.iter().sum::<u64>(), row.figures.count);
            }
            let satellites: u64 = detail.satellites.iter().map(|row| row.figures.count).sum();
            assert_eq!(satellites, figures.count, "{what}");
            let slowest = exact(
                &{
                    let mut all = expected;
                    all.sort_unstable();
                    all
                },
                1.0,
            );
            assert_eq!(told.slow.first().map(|slow| slow.ms), Some(slowest), "{what}");
            assert!(told.slow[0].piece.is_some(), "{what}");
        }
    }
}

#[test]
fn qualities_are_never_mixed_and_lost_races_are_told_apart() {
    let dir = tempfile::tempdir().unwrap();
    let start = start();
    let (mut exact_log, mut coarse) = (Made::new(), Made::new());
    for n in 0..150 {
        let begun = start + n * 60_000;
        exact_log.upload(begun, 400, (1000, "uploaded"), 0);
        exact_log.upload(begun + 5000, 1700, (600, "upload canceled"), 0);
        exact_log.upload(begun + 10_000, 100, (1000, "uploaded"), 1);
    }
    for n in 0..50 {
        coarse.upload(start + 4 * HOUR_MS + n * 61_000, 9000, (1000, "uploaded"), 1);
    }
    coarse.n = 0;
    let mut shifted = Made::new();
    shifted.n = 5000;
    for (ms, line) in coarse.text {
        // Another log of other pieces.
        shifted.text.push((ms, line.replace("AAAAAAAAAAAAA", "ABAAAAAAAAAAA")));
    }
    exact_log.keep(dir.path(), ("a", true));
    shifted.keep(dir.path(), ("a", false));
    let range = (start, start + DAY_MS);
    let told = ask(dir.path(), of("a", range));
    let figures = told.nodes[0].figures.clone().unwrap();
    assert_eq!(
        (figures.quality, figures.count, figures.left_out, figures.max),
        (Quality::Exact, 300, 50, 400)
    );
    assert_eq!(told.nodes[0].ends, [350, 150, 0, 0]);
    assert_eq!(told.nodes[0].qualities, [300, 0, 50]);
    let coarse = Ask {
        quality: Some(Quality::Second),
        ..of("a", range)
    };
    let figures = ask(dir.path(), coarse).nodes[0].figures.clone().unwrap();
    assert_eq!(
        (
            figures.quality,
            figures.count,
            figures.left_out,
            figures.p50.unwrap() / 100
        ),
        (Quality::Second, 50, 300, 90)
    );
    let detail = told.detail.unwrap();
    let lost: Vec<_> = detail.lost.iter().filter(|step| step.count > 0).collect();
    assert_eq!(lost.len(), 1);
    assert_eq!(
        (lost[0].up_to_ms, lost[0].count, lost[0].moved, lost[0].share),
        (Some(2000), 150, Some(600), None)
    );
    let speed = detail
        .rows
        .iter()
        .find(|row| row.size_class.is_none() && row.outcome == Outcome::Success);
    let speed = speed.unwrap().speed.unwrap();
    near(speed.p90.unwrap(), 10_000, "1000 bytes in 100 ms");
    near(speed.p10.unwrap(), 2500, "1000 bytes in 400 ms");
    let alone = Ask {
        satellite: Some(PEERS[1].to_owned()),
        ..of("a", range)
    };
    let figures = ask(dir.path(), alone).nodes[0].figures.clone().unwrap();
    assert_eq!((figures.count, figures.max, figures.left_out), (150, 100, 50));
}

#[test]
fn a_slow_node_is_found_since_it_is_slow_and_a_restart_explains_what_has_no_end() {
    let dir = tempfile::tempdir().unwrap();
    let start = start();
    for (name, slow_from) in [("a", 9 * 24 - 20), ("b", i64::MAX), ("c", i64::MAX)] {
        let mut made = Made::new();
        for n in 0..9 * 24 * 25 {
            let begun = start + n * HOUR_MS / 25;
            let ms = if n / 25 >= slow_from { 2100 } else { 600 };
            made.upload(begun, ms, (1000, "uploaded"), 0);
        }
        if name == "b" {
            made.upload(start + 9 * DAY_MS - 5000, 20_000_000, (1, "uploaded"), 0);
            made.line(
                start + 9 * DAY_MS - 1000,
                "INFO\tConfiguration loaded\t{\"Location\": \"/a/config.yaml\"}",
            );
            made.upload(start + 9 * DAY_MS - 500, 100, (1000, "uploaded"), 0);
            made.text.retain(|(ms, _)| *ms < start + 9 * DAY_MS);
        }
        made.keep(dir.path(), (name, true));
    }
    let to = start + 9 * DAY_MS;
    let told = ask(
        dir.path(),
        Ask {
            nodes: Vec::new(),
            zone_s: 3600,
            ..of("a", (to - 6 * HOUR_MS - 1000, to))
        },
    );
    let slow: Vec<&str> = told
        .nodes
        .iter()
        .filter(|node| node.slow.is_some())
        .map(|node| &*node.node)
        .collect();
    assert_eq!(slow, ["a"]);
    let verdict = told.nodes[0].slow.clone().unwrap();
    assert_eq!((verdict.times_others.unwrap() * 10.0).round(), 35.0);
    assert_eq!((verdict.times_before.unwrap() * 10.0).round(), 35.0);
    assert_eq!(verdict.since_ms, Some(start + (9 * 24 - 20) * HOUR_MS));
    assert_eq!(told.nodes[0].heat.len(), 24);
    assert!(told.nodes[0].heat.iter().all(Option::is_some));
    assert_eq!(told.nodes[1].unended, (1, 0));
    assert_eq!(told.nodes[2].unended, (0, 0));
    assert!(told.nodes.iter().all(|node| node.has_durations && node.log.is_none()));
    // The same of every action, from sketches and from transfers, and nothing besides.
    for span in [6 * HOUR_MS + 1000, 3 * HOUR_MS] {
        let each = Ask {
            nodes: Vec::new(),
            each_action: true,
            ..of("a", (to - span, to))
        };
        let told = ask(dir.path(), each);
        assert!(told.detail.is_none() && told.slow.is_empty());
        for node in &told.nodes {
            assert!(node.figures.is_none() && node.trend.is_empty(), "{node:?}");
            let [put] = node.actions.as_slice() else {
                panic!("{node:?}")
            };
            let times = put.slow.as_ref().map(|slow| {
                let tenths = |times: Option<f64>| (times.unwrap() * 10.0).round();
                (tenths(slow.times_others), tenths(slow.times_before))
            });
            let slow = (node.node == "a").then_some((35.0, 35.0));
            assert_eq!((put.action.as_str(), times), ("PUT", slow), "{span} {}", node.node);
            near(put.before_p95.unwrap(), 600, "a week before");
        }
    }
}

#[test]
fn few_durations_are_compared_with_nothing_by_any_question() {
    let dir = tempfile::tempdir().unwrap();
    let now = start() + 8 * DAY_MS + HOUR_MS;
    // A week before, this many; now, that many; what they are compared with.
    for (name, ms, before, count) in [("a", 8, 60, 60), ("b", 5000, 30, 60), ("c", 5000, 60, 30)] {
        let mut made = Made::new();
        for n in 0..before {
            made.upload(now - 7 * DAY_MS - 50 * 60_000 + n * 7000, 8, (1000, "uploaded"), 0);
        }
        for n in 0..count {
            made.upload(now - 14 * 60_000 + n * 7000, ms, (1000, "uploaded"), 0);
        }
        made.keep(dir.path(), (name, true));
    }
    let told = |nodes: &[&str], each_action| {
        let asked = Ask {
            nodes: nodes.iter().map(|name| (*name).to_owned()).collect(),
            each_action,
            ..of("a", (now - 15 * 60_000, now))
        };
        let told = ask(dir.path(), asked).nodes;
        let one = |node: &NodeLatency| match node.actions.as_slice() {
            [put] => (put.compared, put.slow.clone()),
            _ => (node.compared, node.slow.clone()),
        };
        let all = told.iter().map(|node| {
            let (compared, slow) = one(node);
            let times = slow.map(|slow| (slow.times_others.is_some(), slow.times_before.is_some()));
            (node.node.clone(), (compared.others, compared.before), times)
        });
        all.collect::<Vec<_>>()
    };
    let row = |name: &str, compared, slow| (name.to_owned(), compared, slow);
    for each_action in [false, true] {
        assert_eq!(
            told(&["a", "b"], each_action),
            [
                row("a", (true, true), None),
                row("b", (true, false), Some((true, false))),
            ],
            "{each_action}"
        );
        assert_eq!(
            told(&["a", "c"], each_action),
            [row("a", (false, true), None), row("c", (false, false), None)],
            "{each_action}"
        );
    }
}

#[test]
fn without_starts_the_log_says_what_they_would_cost() {
    let dir = tempfile::tempdir().unwrap();
    let start = start();
    let mut made = Made::new();
    for n in 0..120 {
        let word = ["uploaded", "uploaded", "upload canceled"][n as usize % 3];
        made.upload(start + n * 60_000, 0, (1000, word), 0);
    }
    made.text.retain(|(_, line)| !line.contains("started"));
    made.keep(dir.path(), ("a", false));
    let told = ask(dir.path(), of("a", (start, start + 12 * HOUR_MS)));
    let node = &told.nodes[0];
    assert!(node.figures.is_none() && !node.has_durations && told.slow.is_empty());
    let log = node.log.clone().unwrap();
    assert_eq!(
        (log.lines, log.transfers, log.uploads, log.won, log.lost),
        (120, 120, 120, 80, 40)
    );
    assert!((150..300).contains(&log.line_bytes.unwrap()), "{log:?}");
    // Nor does a database know anything where there is none.
    assert!(ask(dir.path(), of("nobody", (0, start))).nodes.is_empty());
}

#[test]
fn a_log_that_is_followed_for_minutes_is_reckoned_by_those_minutes() {
    let dir = tempfile::tempdir().unwrap();
    let now = jiff::Timestamp::now().as_millisecond();
    let mut made = Made::new();
    for n in 0..10 {
        made.upload(now - 600_000 + n * 60_000, 0, (1000, "uploaded"), 0);
    }
    made.text.retain(|(_, line)| !line.contains("started"));
    made.keep(dir.path(), ("a", false));
    let database = rusqlite::Connection::open(dir.path().join("storj-monitor.db")).unwrap();
    let covered = "INSERT OR REPLACE INTO covered SELECT id, ?1, ?2 FROM node WHERE name = 'a'";
    database.execute(covered, [now / 1000 - 600, now / 1000]).unwrap();
    let told = ask(dir.path(), of("a", (now - HOUR_MS, now)));
    let log = told.nodes[0].log.clone().unwrap();
    // Up to now, not to the end of the hour.
    assert_eq!((log.lines, log.read_s), (10, Some(600)));
}

#[test]
fn lines_of_a_plain_file_are_timed_as_they_arrive() {
    use std::io::{BufRead, Write as _};
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("node.log");
    let mut log = std::fs::File::create(&path).unwrap();
    let source = format!("a={}", path.display());
    let config = dir.path().join("empty.toml");
    std::fs::write(&config, "").unwrap();
    let mut collector = common::program(dir.path())
        .args(["collect", "--config", config.to_str().unwrap(), "--node", &source])
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = std::io::BufReader::new(collector.stderr.take().unwrap()).lines();
    assert!(said.any(|line| line.unwrap().contains("ready")));
    let mut begin = |made: &mut Made, ms: u64| {
        let before = made.text.len();
        made.upload(jiff::Timestamp::now().as_millisecond(), ms, (1000, "uploaded"), 0);
        let [(_, started), (_, ended)] = &made.text[before..] else {
            panic!("two lines")
        };
        writeln!(log, "{started}").unwrap();
        std::thread::sleep(std::time::Duration::from_millis(ms));
        // Its second is that of its end.
        let now = jiff::Timestamp::now().as_second();
        let stamp = format!("{:.0}", jiff::Timestamp::from_second(now).unwrap());
        writeln!(log, "{stamp}{}", &ended[stamp.len()..]).unwrap();
    };
    let mut made = Made::new();
    // The first start says that starts are told.
    begin(&mut made, 1500);
    (0..12).for_each(|_| begin(&mut made, 300));
    std::thread::sleep(std::time::Duration::from_millis(500));
    // A command that reads the database has the collector keep what it read.
    common::stdout(dir.path(), &["sources"]);
    let now = jiff::Timestamp::now().as_millisecond() + 1000;
    let arrived = Ask {
        quality: Some(Quality::Arrival),
        ..of("a", (now - HOUR_MS, now))
    };
    let told = ask(dir.path(), arrived);
    collector.kill().unwrap();
    collector.wait().unwrap();
    let figures = told.nodes[0].figures.clone().unwrap();
    assert_eq!(figures.count + figures.left_out, 13);
    // A busy machine may miss some looks; what it tells is right.
    assert!(figures.count >= 3, "{figures:?}");
    assert!((280..420).contains(&figures.p50.unwrap()), "{figures:?}");
}

/// A word of a line's object, by either spelling.
fn field<'a>(object: &'a serde_json::Value, names: [&str; 2]) -> &'a str {
    names.iter().find_map(|name| object[*name].as_str()).unwrap_or_default()
}

/// Durations of a recorded log by action and outcome, the slow and obvious way.
fn recounted(log: &str) -> BTreeMap<(String, &'static str), Vec<u64>> {
    let mut open: HashMap<[String; 4], i64> = HashMap::new();
    let mut all: BTreeMap<(String, &'static str), Vec<u64>> = BTreeMap::new();
    for line in log.lines() {
        let columns: Vec<&str> = line.split('\t').filter(|column| !column.contains(".go:")).collect();
        if line.contains("\tConfiguration loaded\t") {
            open.clear();
        }
        let [time, level, "piecestore", message, object] = columns.as_slice() else {
            continue;
        };
        let second = time.parse::<jiff::Timestamp>().unwrap().as_second();
        let Ok(object) = serde_json::from_str::<serde_json::Value>(object) else {
            continue;
        };
        let action = field(&object, ["action", "Action"]).to_owned();
        let offset = object.get("offset").or_else(|| object.get("Offset"));
        let key = [
            field(&object, ["piece_id", "Piece ID"]).to_owned(),
            offset.map_or(String::new(), ToString::to_string),
            action.clone(),
            field(&object, ["remote_address", "Remote Address"]).to_owned(),
        ];
        let outcome = match *message {
            "upload started" | "download started" => {
                open.insert(key, second);
                continue;
            }
            "uploaded" | "downloaded" => "success",
            "download canceled" if *level == "DEBUG" => continue,
            word if word.contains(" canceled") => "canceled",
            "upload failed" | "download failed" => "failed",
            _ => continue,
        };
        if let Some(begun) = open.remove(&key) {
            let ms = (second - begun).unsigned_abs() * 1000;
            all.entry((action, outcome)).or_default().push(ms);
        }
    }
    all
}

#[test]
fn recorded_nodes_have_the_durations_of_a_naive_recount() {
    let Some(corpus) = corpus() else { return };
    for name in ["v162-debug", "v137-debug", "v145-debug"] {
        let dir = tempfile::tempdir().unwrap();
        let path = corpus.join(name).join("node.log.gz");
        let log = String::from_utf8_lossy(&inflated(&path)).into_owned();
        run(dir.path(), &["ingest", "n", path.to_str().unwrap()]);
        let expected = recounted(&log);
        let time = |line: &str| line.split('\t').next()?.parse::<jiff::Timestamp>().ok();
        let first = log.lines().find_map(time).unwrap().as_millisecond();
        let last = log.lines().rev().find_map(time).unwrap().as_millisecond();
        for range in [(first - DAY_MS, last + DAY_MS), (first, last + 1000)] {
            let told = ask(dir.path(), of("n", range));
            let mut rows = told.detail.unwrap().rows;
            rows.retain(|row| row.size_class.is_none());
            let mut seen = 0;
            for ((action, outcome), all) in &expected {
                let row = rows
                    .iter()
                    .find(|row| row.action == *action && row.outcome.word() == *outcome);
                let row = row.unwrap_or_else(|| panic!("{name}: {action} {outcome}"));
                assert_eq!(row.figures.quality, Quality::Second);
                agree(
                    &row.figures,
                    all.clone(),
                    &format!("{name} {action} {outcome} {range:?}"),
                );
                seen += all.len();
            }
            assert_eq!(rows.len(), expected.len(), "{name}: {rows:?}");
            assert!(seen > 5000, "{name}: {seen}");
        }
    }
}
