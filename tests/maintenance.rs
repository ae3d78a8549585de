//! A node's own work from its log: against recordings of real nodes, and awkward constructed logs.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use common::{corpus, files, inflated, nodes, stdout};
use storj_monitor::api::message::{Answer, Query};
use storj_monitor::collector::hub::Hub;
use storj_monitor::domain::task::{Job, State, Task};
use storj_monitor::engine::apply::Apply;
use storj_monitor::store::Reader;
use storj_monitor::store::dictionary::Dictionary;
use storj_monitor::store::query::Scope;
use storj_monitor::store::writer::{Unit, Writer};

/// Keeps batches of lines, in this order; `afresh`: as if the program had started again before each.
fn keep(data: &Path, batches: &[Vec<&str>], afresh: bool) {
    let mut writer = Writer::open(data).unwrap();
    let node = writer.node("n").unwrap();
    let (mut apply, mut dictionary) = (Apply::default(), Dictionary::default());
    for lines in batches {
        if afresh {
            (apply, dictionary) = Default::default();
        }
        lines
            .iter()
            .for_each(|line| apply.line(line.as_bytes(), None, 0, |_| ()));
        let batch = apply.take();
        let unit = Unit {
            node,
            source: 0,
            dictionary: &mut dictionary,
            vocabulary: apply.vocabulary(),
            batch: &batch,
            parts: &[],
            positions: Vec::new(),
            gaps: &[],
            covered: &[],
            state: None,
        };
        writer.commit(&mut [unit], &[], 0).unwrap();
    }
}

fn told(data: &Path) -> Vec<Task> {
    Reader::open(data).unwrap().tasks(&Scope::default()).unwrap()
}

fn tasks(batches: &[Vec<&str>], afresh: bool) -> Vec<Task> {
    let data = tempfile::tempdir().unwrap();
    keep(data.path(), batches, afresh);
    told(data.path())
}

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

/// The begin of constructed logs.
const NOON: i64 = 1_787_227_200_000;

/// A line of a node, `12:00:SS`: `INFO hashstore beginning compaction {"store": "s0"}` with `S` for a satellite.
fn line(second: u32, text: &str) -> String {
    let (columns, object) = text.split_once(" {").unwrap_or((text, "}"));
    let (level, columns) = columns.split_once(' ').unwrap();
    let (logger, message) = columns.split_once(' ').unwrap();
    let logger = if logger == "-" {
        String::new()
    } else {
        format!("{logger}\t")
    };
    let minute = second / 60;
    format!(
        "2026-08-20T12:{minute:02}:{:02}Z\t{level}\t{logger}{message}\t{{{object}",
        second % 60
    )
}

/// `kind satellite store begin..end state`, seconds after 12:00:00, `?` where unknown.
fn said(task: &Task) -> String {
    let second = |ms: Option<i64>| ms.map_or("?".to_owned(), |ms| format!("{}", (ms - NOON) as f64 / 1000.0));
    let text = |text: &Option<String>| text.clone().unwrap_or("-".to_owned());
    format!(
        "{} {} {} {}..{} {}",
        task.job.word(),
        text(&task.satellite_id),
        text(&task.store),
        second(task.started_ms),
        second(task.finished_ms),
        task.state.word()
    )
}

fn lines(text: &[(u32, &str)]) -> Vec<String> {
    text.iter().map(|(second, text)| line(*second, text)).collect()
}

const START: &str = "INFO - Configuration loaded {}";
const BEGIN: &str = r#"INFO hashstore beginning compaction {"satellite": "S", "store": "s0", "stats": {"LenLogs":"4.0 GiB","DataReclaimed":"1.0 GiB","Table":{"Load":0.5}}}"#;
const ROUND: &str = r#"INFO hashstore hashtbl rewritten {"satellite": "S", "store": "s0", "reclaimed_bytes": "1.0 MiB", "rewritten_bytes": "2.0 MiB", "reclaim_ratio": "NaN"}"#;
const END_30: &str = r#"INFO hashstore finished compaction {"satellite": "S", "store": "s0", "duration": "30.25s", "stats": {"LenLogs":"3.0 GiB","DataReclaimed":"1.5 GiB"}}"#;
const TRASH: &str = r#"INFO pieces:trash emptying trash started {"satellite_id": "S"}"#;
const TRASH_END: &str = r#"INFO pieces:trash emptying trash finished {"satellite_id": "S", "elapsed": "5s"}"#;

/// What it is, lines by the second, what they make.
type Case = (&'static str, &'static [(u32, &'static str)], &'static [&'static str]);

#[test]
fn awkward_logs_make_the_tasks_a_reader_would_see() {
    let cases: &[Case] = &[
        (
            "a whole run",
            &[(10, BEGIN), (20, ROUND), (40, END_30)],
            &["compaction S s0 10..40 done"],
        ),
        ("only an end", &[(40, END_30)], &["compaction S s0 9.75..40 done"]),
        (
            "the middle and the end",
            &[(20, ROUND), (40, END_30)],
            &["compaction S s0 9.75..40 done"],
        ),
        ("only the middle", &[(20, ROUND)], &["compaction S s0 ?..? running"]),
        ("only a begin", &[(10, BEGIN)], &["compaction S s0 10..? running"]),
        (
            "killed",
            &[(10, BEGIN), (20, START)],
            &["compaction S s0 10..? interrupted"],
        ),
        (
            "killed, and again",
            &[(0, START), (10, BEGIN), (20, START), (21, BEGIN), (51, END_30)],
            &["compaction S s0 10..? interrupted", "compaction S s0 21..51 done"],
        ),
        (
            "a start in the second of the begin",
            &[(10, START), (10, BEGIN), (40, END_30)],
            &["compaction S s0 10..40 done"],
        ),
        (
            "two starts in the second of the begin",
            &[(5, START), (10, TRASH), (10, START), (10, TRASH), (15, TRASH_END)],
            &["trash S - 10..? interrupted", "trash S - 10..15 done"],
        ),
        (
            "the end is lost",
            &[(10, BEGIN), (50, BEGIN), (80, END_30)],
            &["compaction S s0 10..? lost", "compaction S s0 50..80 done"],
        ),
        (
            "an end and a begin are lost",
            &[(10, BEGIN), (80, END_30)],
            &["compaction S s0 10..? lost", "compaction S s0 49.75..80 done"],
        ),
        (
            "stores and satellites apart",
            &[
                (10, BEGIN),
                (
                    12,
                    r#"INFO hashstore beginning compaction {"satellite": "S", "store": "s1", "stats": {}}"#,
                ),
                (
                    13,
                    r#"INFO hashstore beginning compaction {"satellite": "T", "store": "s0", "stats": {}}"#,
                ),
                (40, END_30),
            ],
            &[
                "compaction S s0 10..40 done",
                "compaction S s1 12..? running",
                "compaction T s0 13..? running",
            ],
        ),
        (
            "it says finished, with an error, and then failed without a store",
            &[
                (10, BEGIN),
                (
                    11,
                    r#"INFO hashstore finished compaction {"satellite": "S", "store": "s0", "duration": "1s", "error": "hashstore: no space"}"#,
                ),
                (
                    11,
                    r#"ERROR hashstore compaction failed {"satellite": "S", "error": "hashstore: no space"}"#,
                ),
            ],
            &["compaction S s0 10..11 failed"],
        ),
        (
            "only the failure",
            &[(
                11,
                r#"ERROR hashstore compaction failed {"satellite": "S", "error": "hashstore: no space"}"#,
            )],
            &["compaction S - ?..11 failed"],
        ),
        (
            "a failure that names no satellite",
            &[
                (10, TRASH),
                (12, r#"ERROR pieces:trash emptying trash failed {"error": "disk"}"#),
            ],
            &["trash S - 10..12 failed"],
        ),
        (
            "told to stop",
            &[
                (10, TRASH),
                (
                    12,
                    r#"ERROR pieces:trash emptying trash failed {"error": "filestore error: context canceled"}"#,
                ),
            ],
            &["trash S - 10..12 interrupted"],
        ),
        (
            "the process comes before the begin, and its last word after the end (1.104)",
            &[
                (
                    10,
                    r#"INFO lazyfilewalker.used-space-filewalker starting subprocess {"satelliteID": "S"}"#,
                ),
                (
                    10,
                    r#"INFO lazyfilewalker.used-space-filewalker subprocess started {"satelliteID": "S"}"#,
                ),
                (
                    11,
                    r#"INFO lazyfilewalker.used-space-filewalker.subprocess used-space-filewalker started {"satelliteID": "S", "Process": "storagenode"}"#,
                ),
                (
                    14,
                    r#"INFO lazyfilewalker.used-space-filewalker.subprocess used-space-filewalker completed {"satelliteID": "S", "piecesTotal": 5}"#,
                ),
                (
                    15,
                    r#"INFO lazyfilewalker.used-space-filewalker subprocess finished successfully {"satelliteID": "S"}"#,
                ),
            ],
            &["used_space S - 10..14 done"],
        ),
        (
            "the process after the begin; its clock is behind",
            &[
                (10, TRASH),
                (
                    10,
                    r#"INFO lazyfilewalker.trash-cleanup-filewalker starting subprocess {"satelliteID": "S"}"#,
                ),
                (
                    9,
                    r#"INFO lazyfilewalker.trash-cleanup-filewalker.subprocess trash-filewalker completed {"satelliteID": "S", "bytesDeleted": 7, "numKeysDeleted": 2}"#,
                ),
                (15, TRASH_END),
            ],
            &["trash S - 10..15 done"],
        ),
        (
            "old collectors tell only of the end",
            &[
                (10, r#"INFO collector collect {"count": 3}"#),
                (
                    12,
                    "INFO piecestore:cache Startup piece scan omitted by configuration {}",
                ),
            ],
            &["expired - - ?..10 done", "used_space - - ?..12 skipped"],
        ),
        (
            "migration passes over a satellite again and again",
            &[
                (
                    10,
                    r#"INFO piecemigrate:chore processed a bunch of pieces {"successes": 10000, "size": 5}"#,
                ),
                (
                    12,
                    r#"INFO piecemigrate:chore couldn't migrate {"sat": "S", "id": "P", "error": "x"}"#,
                ),
                (
                    20,
                    r#"INFO piecemigrate:chore processed a bunch of pieces {"successes": 20000, "size": 9}"#,
                ),
                (30, r#"INFO piecemigrate:chore enqueued for migration {"sat": "S"}"#),
                (
                    30,
                    r#"INFO piecemigrate:chore cleanup removed empty prefix directories {"sat": "S", "removed": 4, "remaining": 0}"#,
                ),
                (
                    31,
                    r#"INFO piecemigrate:chore all enqueued for migration; will sleep before next pooling {"active": {"S": true}, "interval": "10m0s"}"#,
                ),
                (
                    50,
                    r#"INFO piecemigrate:chore couldn't migrate {"sat": "S", "id": "P", "error": "x"}"#,
                ),
                (51, r#"INFO piecemigrate:chore enqueued for migration {"sat": "S"}"#),
                (
                    52,
                    r#"INFO piecemigrate:chore all enqueued for migration; will sleep before next pooling {"active": {"S": true}, "interval": "10m0s"}"#,
                ),
            ],
            &["migration - - ?..31 done", "migration S - ?..30 done"],
        ),
        (
            "half an object",
            &[
                (10, r#"INFO hashstore beginning compaction {"satellite": "S", "sto"#),
                (11, TRASH),
            ],
            &["trash S - 11..? running"],
        ),
    ];
    for (name, text, expected) in cases {
        let lines = lines(text);
        let batch: Vec<&str> = lines.iter().map(String::as_str).collect();
        let mut found: Vec<String> = tasks(&[batch], false).iter().map(said).collect();
        let mut expected: Vec<String> = expected.iter().map(|text| (*text).to_owned()).collect();
        found.sort();
        expected.sort();
        assert_eq!(found, expected, "{name}");
    }
}

#[test]
fn numbers_are_of_the_run_and_not_of_all_since_the_node_started() {
    let lines = lines(&[(10, BEGIN), (20, ROUND), (30, ROUND), (40, END_30)]);
    let batch: Vec<&str> = lines.iter().map(String::as_str).collect();
    let task = &tasks(std::slice::from_ref(&batch), false)[0];
    assert_eq!((task.reclaimed(), task.rewritten()), (Some(2 << 20), Some(4 << 20)));
    assert_eq!(
        (task.figures.before, task.figures.after),
        (Some(4 << 30), Some(3 << 30))
    );
    assert_eq!((task.figures.load, task.took_ms), (Some(0.5), Some(30_250)));
    // Rounds before the log begins are not known, nor is their sum.
    let task = &tasks(&[batch[2..].to_vec()], false)[0];
    assert_eq!(
        (task.reclaimed(), task.rewritten(), task.took_ms),
        (None, None, Some(30_250))
    );
}

#[test]
fn as_of_a_time_is_what_was_known_then() {
    let lines = lines(&[(0, START), (10, BEGIN), (40, END_30), (50, TRASH), (60, START)]);
    let data = tempfile::tempdir().unwrap();
    keep(data.path(), &[lines.iter().map(String::as_str).collect()], false);
    let reader = Reader::open(data.path()).unwrap();
    let at = |second: i64| {
        let scope = Scope {
            to_ms: Some(NOON + second * 1000),
            ..Scope::default()
        };
        let tasks = reader.tasks(&scope).unwrap();
        tasks.iter().map(said).collect::<Vec<_>>()
    };
    assert_eq!(at(5), Vec::<String>::new());
    assert_eq!(at(30), ["compaction S s0 10..? running"]);
    assert_eq!(at(55), ["compaction S s0 10..40 done", "trash S - 50..? running"]);
    assert_eq!(at(70), ["compaction S s0 10..40 done", "trash S - 50..? interrupted"]);
    let running = |second: i64| reader.running(&[], NOON + second * 1000).unwrap().len();
    assert_eq!([5, 30, 45, 55, 70].map(running), [0, 1, 0, 1, 0]);
    let (from_ms, to_ms) = (Some(NOON + 20_000), Some(NOON + 30_000));
    let scope = Scope {
        from_ms,
        to_ms,
        nodes: vec!["n".to_owned()],
    };
    assert_eq!(reader.tasks(&scope).unwrap().len(), 1);
    let marks = reader.marks(&scope, NOON / 1000 + 100, 100).unwrap();
    assert_eq!(
        marks
            .iter()
            .filter(|mark| mark.text.starts_with("compaction S s0"))
            .count(),
        1
    );
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
fn viewers_ask_for_tasks_and_for_the_newest_filters() {
    let filter = |creation: &str| {
        format!(r#"INFO piecestore New bloomfilter is received {{"satellite": "S", "creation": "{creation}"}}"#)
    };
    let (old, new) = (filter("2026-08-12T00:00:00Z"), filter("2026-08-18T00:00:00Z"));
    let queued = r#"INFO retain Retain job queued {"satellite_id": "S"}"#;
    let prepared = r#"INFO retain Prepared to run a Retain request. {"satellite_id": "T", "created_before": "2026-08-11T00:00:00Z", "filter_size": 9}"#;
    let text = [
        (10, &*old),
        (10, queued),
        (20, &*new),
        (20, queued),
        (30, prepared),
        (40, queued),
    ];
    let lines = lines(&text);
    let data = tempfile::tempdir().unwrap();
    keep(data.path(), &[lines.iter().map(String::as_str).collect()], false);
    let hub = Hub::alone(data.path());
    let ask = |query: Query| {
        let answer = hub.answer(&query).unwrap();
        // As it goes over the wire.
        let text = serde_json::to_string(&answer).unwrap();
        assert_eq!(serde_json::from_str::<Answer>(&text).unwrap(), answer);
        match answer {
            Answer::Tasks(tasks) => tasks,
            other => panic!("{other:?}"),
        }
    };
    let tasks = ask(Query::Tasks {
        nodes: vec!["n".to_owned()],
        from_ms: NOON,
        to_ms: NOON + 100_000,
    });
    assert_eq!(
        tasks.iter().map(said).collect::<Vec<_>>(),
        [
            "bloom_filter S - 10..10 done",
            "bloom_filter S - 20..20 done",
            "garbage T - 30..? running",
            "bloom_filter S - 40..40 done",
        ]
    );
    let filters = |at_ms| {
        let filters = ask(Query::Filters {
            nodes: Vec::new(),
            at_ms,
        });
        let made = |task: &Task| {
            let made = jiff::Timestamp::from_millisecond(task.figures.filter_ms.unwrap()).unwrap();
            format!("{} {made}", task.satellite_id.clone().unwrap())
        };
        filters.iter().map(made).collect::<Vec<_>>()
    };
    assert_eq!(filters(Some(NOON + 15_000)), ["S 2026-08-12T00:00:00Z"]);
    assert_eq!(
        filters(Some(NOON + 50_000)),
        ["S 2026-08-18T00:00:00Z", "T 2026-08-11T00:00:00Z"]
    );
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
