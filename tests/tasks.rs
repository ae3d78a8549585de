//! A node's own work from constructed logs: awkward ones, their numbers, as of a time, and as viewers ask for it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::work::{NOON, keep, lines, said, tasks};
use storj_monitor::api::message::{Answer, Query};
use storj_monitor::collector::hub::Hub;
use storj_monitor::domain::task::Task;
use storj_monitor::store::Reader;
use storj_monitor::store::query::Scope;

const START: &str = "INFO - Configuration loaded {}";
const BEGIN: &str = r#"INFO hashstore beginning compaction {"satellite": "S", "store": "s0", "stats": {"LenLogs":"4.0 GiB","DataReclaimed":"1.0 GiB","DataRewritten":"0 B","Table":{"Load":0.5}}}"#;
const ROUND: &str = r#"INFO hashstore hashtbl rewritten {"satellite": "S", "store": "s0", "reclaimed_bytes": "1.0 MiB", "rewritten_bytes": "2.0 MiB", "reclaim_ratio": "NaN"}"#;
const END_30: &str = r#"INFO hashstore finished compaction {"satellite": "S", "store": "s0", "duration": "30.25s", "stats": {"LenLogs":"3.0 GiB","DataReclaimed":"1.5 GiB","DataRewritten":"2.0 MiB"}}"#;
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
    // Where the rounds are missing in between, the growth of the node's sums is all that is known.
    let task = &tasks(&[vec![batch[0], batch[3]]], false)[0];
    assert_eq!((task.reclaimed(), task.rewritten()), (Some(512 << 20), Some(2 << 20)));
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
    let running = |second: i64| {
        reader
            .running(
                &[],
                &storj_monitor::domain::task::Job::ALL.map(|(job, ..)| job),
                NOON + second * 1000,
            )
            .unwrap()
            .len()
    };
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
