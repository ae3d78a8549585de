//! A node's own work from its log, against recordings of real nodes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;

use common::work::{said, tasks, told};
use common::{corpus, files, inflated, nodes, program, stdout};
use storj_monitor::domain::task::{Job, State, Task};

/// What is counted of a log without the program: message, satellite and store, and the record.
type Records = Vec<(String, (String, String), serde_json::Value)>;

/// Every record of the node's own work, by one JSON parse a line.
fn records(log: &str) -> Records {
    let mut records = Vec::new();
    for line in log.lines() {
        let (message, object) = if line.starts_with('{') {
            let Ok(object) = serde_json::from_str::<serde_json::Value>(line) else {
                continue;
            };
            (object["M"].as_str().unwrap_or_default().to_owned(), object)
        } else {
            let columns: Vec<&str> = line.split('\t').collect();
            let [.., message, object] = columns.as_slice() else {
                continue;
            };
            ((*message).to_owned(), serde_json::from_str(object).unwrap_or_default())
        };
        let text = |keys: &[&str]| {
            let found = keys.iter().find_map(|key| object[*key].as_str());
            found.unwrap_or_default().to_owned()
        };
        let satellite = text(&["satellite_id", "Satellite ID", "satelliteID", "satellite", "sat"]);
        records.push((message, (satellite, text(&["store"])), object));
    }
    records
}

fn count(records: &Records, message: &str) -> BTreeMap<(String, String), usize> {
    let mut counts = BTreeMap::new();
    for (_, key, _) in records.iter().filter(|(of, ..)| of == message) {
        *counts.entry(key.clone()).or_default() += 1;
    }
    counts
}

fn count_tasks(tasks: &[Task], fits: impl Fn(&Task) -> bool) -> BTreeMap<(String, String), usize> {
    let mut counts = BTreeMap::new();
    for task in tasks.iter().filter(|task| fits(task)) {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let key = (text(&task.satellite_id), text(&task.store));
        *counts.entry(key).or_default() += 1;
    }
    counts
}

const PAIRS: [(Job, &str, &str); 5] = [
    (Job::Compaction, "beginning compaction", "finished compaction"),
    (
        Job::Garbage,
        "Prepared to run a Retain request.",
        "Moved pieces to trash during retain",
    ),
    (Job::Trash, "emptying trash started", "emptying trash finished"),
    (
        Job::Expired,
        "expired pieces collection started",
        "expired pieces collection completed",
    ),
    (
        Job::UsedSpace,
        "used-space-filewalker started",
        "used-space-filewalker completed",
    ),
];

#[test]
fn every_line_of_a_recorded_node_is_of_the_right_task() {
    let Some(corpus) = corpus() else { return };
    let mut logs: Vec<_> = nodes(&corpus).iter().map(|node| node.join("node.log.gz")).collect();
    logs.extend(files(&corpus.join("crashloop"), |name| name.ends_with(".log.gz")));
    let (mut all, mut cut) = (0, 0);
    for path in logs {
        let log = String::from_utf8(inflated(&path)).unwrap();
        let records = records(&log);
        let tasks = tasks(&[log.lines().collect()], false);
        for (job, begin, end) in PAIRS {
            let of = |fits: fn(&Task) -> bool| count_tasks(&tasks, |task| task.job == job && fits(task));
            let name = format!("{} {job:?}", path.display());
            assert_eq!(of(|task| task.whole), count(&records, begin), "{name}");
            assert_eq!(of(|task| task.state == State::Done), count(&records, end), "{name}");
            assert!(of(|task| !task.whole).is_empty(), "{name}");
            assert!(of(|task| task.state == State::Lost).is_empty(), "{name}");
        }
        filters(&records, &tasks);
        numbers(&records, &tasks);
        all += tasks.len();
        cut += tasks.iter().filter(|task| task.state == State::Interrupted).count();
        // What runs when the log ends is what ran last.
        assert!(tasks.iter().filter(|task| task.state == State::Running).count() <= 2);
    }
    assert!(all > 1000 && cut > 100, "{all} {cut}");
}

/// Some filters come twice.
fn filters(records: &Records, tasks: &[Task]) {
    let received = records.iter().filter(|(of, ..)| of == "New bloomfilter is received");
    let received: BTreeSet<(String, i64)> = received
        .map(|(_, (satellite, _), object)| {
            let made: jiff::Timestamp = object["creation"].as_str().unwrap().parse().unwrap();
            (satellite.clone(), made.as_millisecond())
        })
        .collect();
    let of = tasks.iter().filter(|task| task.job == Job::BloomFilter);
    let kept = of.filter_map(|task| Some((task.satellite_id.clone()?, task.figures.filter_ms?)));
    assert_eq!(kept.collect::<BTreeSet<_>>(), received);
}

fn numbers(records: &Records, tasks: &[Task]) {
    let sum = |message: &str, keys: [&str; 2]| -> u64 {
        let of = records.iter().filter(|(of, ..)| of == message);
        of.map(|(.., object)| keys.iter().find_map(|key| object[*key].as_u64()).unwrap_or(0))
            .sum()
    };
    let of = |job: Job| {
        tasks
            .iter()
            .filter(move |task| task.job == job && task.state == State::Done)
    };
    let trashed: u64 = of(Job::Garbage).filter_map(|task| task.figures.pieces).sum();
    assert_eq!(
        trashed,
        sum(
            "Moved pieces to trash during retain",
            ["deleted_pieces", "Deleted pieces"]
        )
    );
    let counted: u64 = of(Job::UsedSpace).filter_map(|task| task.figures.after).sum();
    let message = "used-space-filewalker completed";
    assert_eq!(
        counted,
        sum(message, ["total_pieces_size", "Total Pieces Size"]) + sum(message, ["piecesTotal", ""])
    );
    let rewritten = records.iter().filter(|(message, ..)| message == "records rewritten");
    let rewritten = rewritten.filter(|(.., object)| object["bytes"] != "0 B").count();
    let told = of(Job::Compaction).filter(|task| task.rewritten() > Some(0));
    assert_eq!(told.count(), rewritten);
    for task in of(Job::Compaction) {
        assert!(task.reclaimed().is_some() && task.took_ms.is_some() && task.figures.after.is_some());
    }
}

/// Lines that may be of a node's own work, and its starts.
fn work_lines(log: &str) -> Vec<&str> {
    let transfer = |line: &&str| line.contains("piecestore") && !line.contains("bloomfilter");
    log.lines().filter(|line| !transfer(line)).collect()
}

/// When a line was written.
fn second(line: &str) -> i64 {
    let at = line.find("2026-").unwrap();
    let time: jiff::Timestamp = line[at..at + 20].parse().unwrap();
    time.as_second()
}

fn random(state: &mut u64) -> u64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state
}

/// What does not depend on which lines were read first. Figures of what was cut off may: of a node that starts every
/// two seconds, the words of a walk's process name no process.
fn facts(tasks: &[Task]) -> Vec<String> {
    let fact = |task: &Task| {
        let figures = (task.state == State::Done).then_some(&task.figures);
        format!("{} {} {:?} {figures:?}", said(task), task.whole, task.took_ms)
    };
    let mut facts: Vec<String> = tasks.iter().map(fact).collect();
    facts.sort();
    facts
}

#[test]
fn any_split_of_a_log_makes_the_same_tasks_also_when_its_parts_are_read_backwards() {
    let Some(corpus) = corpus() else { return };
    let mut state = 0x9e37_79b9_7f4a_7c15;
    for node in ["v104-info", "v116-info", "v145-caller", "v162-json-debug"] {
        let log = String::from_utf8(inflated(&corpus.join(node).join("node.log.gz"))).unwrap();
        let lines = work_lines(&log);
        let seconds: Vec<i64> = lines.iter().map(|line| second(line)).collect();
        let whole = tasks(std::slice::from_ref(&lines), false);
        assert!(whole.len() > 50);
        for round in 0..5 {
            let parts = 1 + random(&mut state) as usize % 30;
            let mut cuts: Vec<usize> = (0..parts).map(|_| random(&mut state) as usize % lines.len()).collect();
            cuts.extend([0, lines.len()]);
            cuts.sort_unstable();
            let mut batches: Vec<Vec<&str>> = cuts.windows(2).map(|cut| lines[cut[0]..cut[1]].to_vec()).collect();
            let split = tasks(&batches, round % 2 == 1);
            assert_eq!(split, whole, "{node} {cuts:?}");
            // What is read backwards is read in large parts: no cut lies within a second.
            cuts.retain(|cut| [0, lines.len()].contains(cut) || seconds[*cut] > seconds[cut - 1] + 1);
            batches = cuts.windows(2).map(|cut| lines[cut[0]..cut[1]].to_vec()).collect();
            batches.reverse();
            let backwards = tasks(&batches, true);
            let (found, wanted) = (facts(&backwards), facts(&whole));
            let odd: Vec<&String> = found.iter().filter(|fact| !wanted.contains(fact)).collect();
            assert!(
                odd.is_empty() && found.len() == wanted.len(),
                "{node} {cuts:?}: {odd:?} {} {}",
                found.len(),
                wanted.len()
            );
        }
    }
}

#[test]
fn a_collector_that_is_killed_again_and_again_knows_the_same_tasks() {
    let Some(corpus) = corpus() else { return };
    let log = String::from_utf8(inflated(&corpus.join("v104-info/node.log.gz"))).unwrap();
    let lines = work_lines(&log);
    let dir = tempfile::tempdir().unwrap();
    let (data, path) = (dir.path().join("data"), dir.path().join("node.log"));
    let mut file = std::fs::File::create(&path).unwrap();
    let node = format!("n={}", path.display());
    let mut state = 0x2545_f491_4f6c_dd1d;
    for part in lines.chunks(lines.len() / 12 + 1) {
        let mut child = program(&data)
            .args(["collect", "--node", &node])
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
        for lines in part.chunks(40) {
            file.write_all((lines.join("\n") + "\n").as_bytes()).unwrap();
            std::thread::sleep(std::time::Duration::from_millis(random(&mut state) % 400));
        }
        child.kill().unwrap();
        child.wait().unwrap();
    }
    stdout(&data, &["collect", "--once", "--node", &node]);
    assert_eq!(facts(&told(&data)), facts(&tasks(&[lines], false)));
}

#[test]
fn export_writes_a_row_for_each_task_and_ranges_share_none() {
    let Some(corpus) = corpus() else { return };
    let data = tempfile::tempdir().unwrap();
    let log = corpus.join("v162-json-debug/node.log.gz");
    stdout(data.path(), &["ingest", "n", log.to_str().unwrap()]);
    let table = stdout(data.path(), &["export", "maintenance"]);
    assert_eq!(
        table.lines().next().unwrap(),
        "node,kind,satellite_id,store,started,finished,state,bytes_before,bytes_after,reclaimed,detail"
    );
    let tasks = told(data.path());
    assert_eq!(table.lines().count(), tasks.len() + 1);
    let halves = [["--to", "2026-11-23T21:50:00Z"], ["--from", "2026-11-23T21:50:00Z"]];
    let rows = halves.map(|range| {
        let args = [&["export", "maintenance", "--format", "ndjson"][..], &range].concat();
        stdout(data.path(), &args).lines().count()
    });
    assert!(rows[0] > 10 && rows[1] > 10);
    assert_eq!(rows[0] + rows[1], tasks.len());
    // Read again nothing is added.
    stdout(data.path(), &["ingest", "n", log.to_str().unwrap()]);
    assert_eq!(told(data.path()), tasks);
    let rewritten = stdout(
        data.path(),
        &["export", "maintenance", "--columns", "rewritten,reclaimed,state"],
    );
    assert!(
        rewritten.lines().any(|row| row == "751619277,268698,done"),
        "{rewritten}"
    );
}
