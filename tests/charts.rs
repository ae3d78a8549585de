//! Charts of what was kept: their sums are those of every other view, and what nobody read is no zero.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::collections::BTreeMap;
use std::path::Path;

use common::{corpus, files, nodes, run, stdout};
use storj_monitor::domain::chart::{Ask, Chart, MarkKind};
use storj_monitor::store::Reader;
use storj_monitor::store::query::{By, Key, Scope};

/// Action and outcome → count, bytes.
type Sums = BTreeMap<(String, String), (u64, u64)>;

fn add(sums: &mut Sums, key: (String, String), (count, bytes): (u64, u64)) {
    if count > 0 {
        let sum = sums.entry(key).or_default();
        *sum = (sum.0 + count, sum.1 + bytes);
    }
}

fn of_chart(chart: &Chart) -> Sums {
    let mut sums = Sums::new();
    for line in &chart.lines {
        assert_eq!(line.buckets.len(), chart.len);
        for cell in &line.buckets {
            let key = (line.action.clone(), line.outcome.word().to_owned());
            add(&mut sums, key, (cell.count, cell.bytes));
        }
    }
    sums
}

/// The same from the tables, in the range that the chart covers.
fn of_tables(reader: &Reader, ask: &Ask, chart: &Chart) -> Sums {
    let scope = Scope {
        nodes: ask.nodes.clone(),
        from_ms: Some(chart.begin * 1000),
        to_ms: Some(ask.seconds().1 * 1000),
    };
    let mut sums = Sums::new();
    let word = |key: &Key| match key {
        Key::Text(text) => text.clone(),
        _ => String::new(),
    };
    for (key, cell) in reader
        .traffic(&scope, &[By::SatelliteId, By::Action, By::Outcome])
        .unwrap()
    {
        if ask.satellite.as_ref().is_none_or(|id| *id == word(&key[0])) {
            add(&mut sums, (word(&key[1]), word(&key[2])), (cell.count, cell.bytes));
        }
    }
    sums
}

fn ask(from_ms: i64, to_ms: i64, buckets: usize) -> Ask {
    Ask {
        from_ms,
        to_ms,
        buckets,
        ..Ask::default()
    }
}

fn now() -> i64 {
    jiff::Timestamp::now().as_second()
}

/// Asks for a chart in every way, and compares.
fn agrees(reader: &Reader, (from_ms, to_ms): (i64, i64), satellites: &[String]) {
    for buckets in [1, 7, 60, 400, 2000] {
        let plain = ask(from_ms, to_ms, buckets);
        let chart = reader.chart(&plain, now()).unwrap();
        assert!(chart.len <= buckets && chart.len > 0);
        let sums = of_chart(&chart);
        assert_eq!(sums, of_tables(reader, &plain, &chart), "{buckets} buckets");
        let by_node = Ask {
            by_node: true,
            ..plain.clone()
        };
        let apart = reader.chart(&by_node, now()).unwrap();
        assert_eq!(of_chart(&apart), sums, "the nodes' sum");
        let mut together = Sums::new();
        for satellite in satellites {
            let of_one = Ask {
                satellite: Some(satellite.clone()),
                ..plain.clone()
            };
            let one = reader.chart(&of_one, now()).unwrap();
            assert_eq!(of_chart(&one), of_tables(reader, &of_one, &one), "{satellite}");
            of_chart(&one)
                .into_iter()
                .for_each(|(key, cell)| add(&mut together, key, cell));
        }
        assert_eq!(together, sums, "the satellites' sum");
    }
}

#[test]
fn charts_of_recorded_nodes_say_what_their_tables_say() {
    let Some(corpus) = corpus() else { return };
    let dir = tempfile::tempdir().unwrap();
    let wanted = ["v104-info", "v137-debug", "v162-debug", "v162-json"];
    for node in nodes(&corpus) {
        let name = node.file_name().unwrap().to_str().unwrap();
        if wanted.contains(&name) {
            for file in files(&node, |name| name.contains(".log")) {
                run(dir.path(), &["ingest", name, file.to_str().unwrap()]);
            }
        }
    }
    let reader = Reader::open(dir.path()).unwrap();
    let of = |by: By| -> Vec<String> {
        let keys = reader.traffic(&Scope::default(), &[by]).unwrap();
        let word = |key: Vec<Key>| match &key[0] {
            Key::Text(text) => text.clone(),
            Key::Time(second) => second.to_string(),
            _ => String::new(),
        };
        keys.into_keys().map(word).collect()
    };
    let hours: Vec<i64> = of(By::Hour).iter().map(|hour| hour.parse().unwrap()).collect();
    assert!(!hours.is_empty());
    let (first, last) = (hours[0] * 1000, (hours[hours.len() - 1] + 3600) * 1000);
    agrees(&reader, (first - 86_400_000, last + 1), &of(By::SatelliteId));
    agrees(&reader, (first, last), &of(By::SatelliteId));
    agrees(&reader, (last - 3_600_000, last - 1_800_000), &of(By::SatelliteId));
    // What took time is known where starts were logged.
    let whole = Ask {
        durations: true,
        ..ask(first, last, hours.len())
    };
    let chart = reader.chart(&whole, now()).unwrap();
    let latency: u64 = reader
        .latency(&Scope::default())
        .unwrap()
        .iter()
        .map(|row| row.sketch.count())
        .sum();
    let told: u64 = chart.busy.iter().flat_map(|busy| &busy.buckets).map(|(n, _)| n).sum();
    assert!(latency > 1000);
    assert_eq!(told, latency);
}

const SATELLITE: &str = "12EayRS2V1kEsWESU9QMRseFhdxYxKicsiFmxrsLZHeLUtdps3S";

/// A log with an upload each ten seconds of `from..to`.
fn log(path: &Path, from: i64, to: i64) {
    let line = |second: i64| {
        let time = jiff::Timestamp::from_second(second).unwrap();
        let rest = r#""action": "PUT", "remote_address": "10.1.2.3:5", "size": 1000"#;
        let piece = format!("{:A>52}", second).replace(['0', '1', '8', '9'], "B");
        format!(
            "{time}\tINFO\tpiecestore\tuploaded\t{{\"piece_id\": \"{piece}\", \"satellite_id\": \"{SATELLITE}\", {rest}}}\n"
        )
    };
    let lines: String = (from..to).step_by(10).map(line).collect();
    std::fs::write(path, lines).unwrap();
}

fn gaps(data: &Path, from: i64, to: i64) -> Vec<(i64, i64)> {
    let reader = Reader::open(data).unwrap();
    let chart = reader.chart(&ask(from * 1000, to * 1000, 200), now()).unwrap();
    chart.gaps.iter().map(|gap| (gap.from, gap.to)).collect()
}

#[test]
fn what_nobody_read_is_a_gap_until_it_is_read() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name);
    let ingest = |name: &str| stdout(dir.path(), &["ingest", "n", path(name).to_str().unwrap()]);
    let begin = (now() - 4 * 3600).div_euclid(60) * 60;
    let at = |minutes: i64| begin + minutes * 60;
    log(&path("a.log"), at(0), at(60));
    log(&path("c.log"), at(90), at(120));
    ingest("a.log");
    ingest("c.log");
    let hole = (at(60) - 9, at(90));
    assert_eq!(gaps(dir.path(), at(0), at(119)), [hole]);
    assert_eq!(gaps(dir.path(), at(10), at(50)), []);
    assert_eq!(gaps(dir.path(), at(-30), at(61)), [(at(-30), at(0)), (hole.0, at(61))]);
    agrees(
        &Reader::open(dir.path()).unwrap(),
        (at(0) * 1000, at(120) * 1000),
        &[SATELLITE.to_owned()],
    );
    // Minutes are kept of so young a time, and a quiet one is a zero.
    let reader = Reader::open(dir.path()).unwrap();
    let chart = reader.chart(&ask(at(0) * 1000, at(120) * 1000, 120), now()).unwrap();
    assert_eq!((chart.width, chart.len), (60, 120));
    assert_eq!(
        (chart.lines[0].buckets[5].count, chart.lines[0].buckets[70].count),
        (6, 0)
    );
    let marks = reader.marks(&Scope::default(), now(), 10).unwrap();
    assert!(marks.iter().all(|mark| mark.kind == MarkKind::Gap));
    drop(reader);
    // It turns up after all.
    log(&path("b.log"), at(60), at(90));
    ingest("b.log");
    assert_eq!(gaps(dir.path(), at(0), at(119)), []);
}

#[test]
fn a_followed_log_has_no_gap_but_what_was_destroyed() {
    let dir = tempfile::tempdir().unwrap();
    let (data, file) = (dir.path().join("data"), dir.path().join("node.log"));
    let spec = format!("n={}", file.display());
    let args = ["collect", "--once", "--node", &spec];
    let begin = (now() - 3 * 3600).div_euclid(60) * 60;
    // The node wrote nothing for the last hour: that is known, for its log was read to its end.
    log(&file, begin, now() - 3600);
    stdout(&data, &args);
    assert_eq!(gaps(&data, begin, now()), []);
    // Nobody looked, but nothing is lost.
    log(&file, begin, now());
    stdout(&data, &args);
    assert_eq!(gaps(&data, begin, now()), []);
    assert_eq!(gaps(&data, begin - 600, now()), [(begin - 600, begin)]);
}
