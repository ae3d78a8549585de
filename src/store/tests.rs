//! What takes all of the store: a database of version 1 goes on.

use std::collections::BTreeMap;
use std::path::Path;

use rusqlite::{Connection, params};

use super::block::Row;
use super::block::tests::example;
use super::dictionary::Dictionary;
use super::query::{By, Key, Scope};
use super::transfers::{Filter, Named};
use super::writer::Writer;
use super::{MIGRATIONS, Reader, file, raw, tasks, upkeep};
use crate::domain::batch::{Batch, Cell, Note, Vocabulary};
use crate::domain::detail::{AuditWindow, Detail, MovedDay, StoredDay};
use crate::domain::piece::PieceId;
use crate::domain::sample::{Poll, Process, Sample};
use crate::domain::task::sign::{Sign, Told, What};
use crate::domain::task::{Figures, Job, State};
use crate::domain::transfer::Outcome;
use crate::support::clock::DAY_S;
use crate::support::sketch::Sketch;

const FIRST: i64 = 20_000 * DAY_S;

/// A database as version 1 left it: two nodes, three days, one series an hour and one now and then.
fn version_1(dir: &Path) {
    let connection = Connection::open(file(dir)).unwrap();
    connection.execute_batch(include_str!("schema_1.sql")).unwrap();
    connection
        .execute_batch(
            "PRAGMA user_version = 1;
             INSERT INTO node VALUES (1, 'a'), (2, 'b'); INSERT INTO satellite VALUES (1, 's');
             INSERT INTO action VALUES (1, 'PUT'), (2, 'GET');
             INSERT INTO series VALUES (1, 1, 1, 3, 0, 2), (2, 1, 2, 0, 1, -1);",
        )
        .unwrap();
    let mut sketch = Sketch::default();
    sketch.add(1200);
    for hour in 0..72 {
        for (node, series) in [(1, 1), (1, 2), (2, 1)] {
            if series == 2 && hour % 5 > 0 {
                continue;
            }
            let bucket = FIRST + hour * 3600;
            for (table, bucket) in [
                ("rollup_minute", bucket),
                ("rollup_hour", bucket),
                ("rollup_day", bucket.div_euclid(DAY_S) * DAY_S),
            ] {
                let sql = format!(
                    "INSERT INTO {table} VALUES (?1, ?2, ?3, 1, ?4)
                     ON CONFLICT DO UPDATE SET count = count + 1, bytes = bytes + excluded.bytes"
                );
                connection.execute(&sql, params![node, bucket, series, hour]).unwrap();
            }
            let sql = "INSERT INTO latency_hour VALUES (?1, ?2, 1, ?3, 3, 2, ?4)";
            let bytes = sketch.to_bytes();
            connection.execute(sql, params![node, bucket, series, bytes]).unwrap();
        }
    }
}

/// Pieces of the transfers a filter leaves.
fn pieces(dir: &Path, filter: &Filter) -> Vec<Option<PieceId>> {
    let mut pieces = Vec::new();
    let each = |transfer: &Named<'_>| {
        pieces.push(transfer.row.piece);
        Ok(true)
    };
    let reader = Reader::open(dir).unwrap();
    reader.each_transfer(&Scope::default(), filter, each).unwrap();
    pieces
}

#[test]
fn what_version_1_kept_of_failures_is_found_beside_what_is_kept_now() {
    let dir = tempfile::tempdir().unwrap();
    version_1(dir.path());
    let mut all: [Vec<Row>; 2] = Default::default();
    for row in (0..100).map(example) {
        let grave = matches!(row.outcome, Outcome::Failed | Outcome::Rejected) || row.action == 1;
        all[usize::from(grave)].push(row);
    }
    let old = Connection::open(file(dir.path())).unwrap();
    for (class, rows) in (0..).zip(all.clone()) {
        raw::append(&old, 1, class, rows).unwrap();
    }
    drop(old);
    let failed = Filter {
        outcome: Some(Outcome::Failed),
        ..Filter::default()
    };
    let grave = Filter {
        only_grave: true,
        ..Filter::default()
    };
    let ask = || [&Filter::default(), &grave, &failed].map(|filter| pieces(dir.path(), filter));
    let before = ask();
    assert_eq!(before.each_ref().map(Vec::len), [100, all[1].len(), 25]);
    let mut writer = Writer::open(dir.path()).unwrap();
    assert_eq!(ask(), before);
    let again = all[1].iter().filter(|row| row.outcome == Outcome::Failed).cloned();
    raw::append(
        writer.connection(),
        2,
        raw::class(true, Outcome::Failed),
        again.collect(),
    )
    .unwrap();
    assert_eq!(ask().map(|pieces| pieces.len()), [125, all[1].len() + 25, 50]);
}

type Answers = (
    Vec<BTreeMap<Vec<Key>, Cell>>,
    Vec<(String, String, u64, Option<u64>)>,
    usize,
);

fn answers(dir: &Path, (from, to): (i64, i64)) -> Answers {
    let reader = Reader::open(dir).unwrap();
    let scope = Scope {
        nodes: Vec::new(),
        from_ms: (from > 0).then_some(from * 1000),
        to_ms: (to > 0).then_some(to * 1000),
    };
    let by: [&[By]; 4] = [
        &[By::Node, By::Action, By::Outcome, By::SizeClass],
        &[By::Day, By::Cause],
        &[By::Hour, By::SatelliteId],
        &[],
    ];
    let traffic = by.iter().map(|by| reader.traffic(&scope, by).unwrap()).collect();
    let latency = reader.latency(&scope).unwrap().into_iter();
    let latency = latency.map(|row| (row.node, row.action, row.sketch.count(), row.sketch.quantile(0.5)));
    (
        traffic,
        latency.collect(),
        reader.minutes("a", FIRST + 7000).unwrap().len(),
    )
}

#[test]
fn a_database_of_version_1_answers_the_same_before_and_after_it_is_brought_to_the_newest() {
    let dir = tempfile::tempdir().unwrap();
    version_1(dir.path());
    let ranges = [
        (0, 0),
        (FIRST, FIRST + 3 * DAY_S),
        (FIRST + 3600, FIRST + 2 * DAY_S + 7200),
        (FIRST + 3660, FIRST + 60 * 3600 + 61),
        (FIRST + 5 * 3600, FIRST + 5 * 3600 + 30),
        (0, FIRST + DAY_S + 3600),
    ];
    let before: Vec<Answers> = ranges.iter().map(|range| answers(dir.path(), *range)).collect();
    assert_eq!(
        before[0].0[3].values().map(|cell| cell.count).sum::<u64>(),
        72 + 15 + 72
    );
    assert_eq!(before[2].0[3].values().map(|cell| cell.count).sum::<u64>(), 49 + 9 + 49);
    drop(Writer::open(dir.path()).unwrap());
    for (range, before) in ranges.iter().zip(&before) {
        assert_eq!(&answers(dir.path(), *range), before, "{range:?}");
    }
    assert_eq!(upkeep::check(dir.path()).unwrap().wrong, Vec::<String>::new());
    // What was counted was read, though nobody wrote that down then.
    let scope = Scope {
        nodes: vec!["b".to_owned()],
        from_ms: Some((FIRST - 60) * 1000),
        to_ms: Some((FIRST + 4 * DAY_S) * 1000),
    };
    let gaps = Reader::open(dir.path())
        .unwrap()
        .gaps(&scope, FIRST + 5 * DAY_S)
        .unwrap();
    let gaps: Vec<(i64, i64)> = gaps.iter().map(|gap| (gap.from, gap.to)).collect();
    assert_eq!(gaps, [(FIRST - 60, FIRST), (FIRST + 3 * DAY_S, FIRST + 4 * DAY_S)]);
}

#[test]
fn a_database_of_version_3_takes_up_tasks_and_knows_the_starts_from_before() {
    let dir = tempfile::tempdir().unwrap();
    let old = Connection::open(file(dir.path())).unwrap();
    for schema in &MIGRATIONS[..3] {
        old.execute_batch(schema).unwrap();
    }
    old.execute_batch(
        "PRAGMA user_version = 3; INSERT INTO node (id, name) VALUES (1, 'a');
         INSERT INTO start VALUES (1, 5000, NULL), (1, 90000, NULL);",
    )
    .unwrap();
    let tasks = || Reader::open(dir.path()).unwrap().tasks(&Scope::default()).unwrap();
    let marks = || {
        Reader::open(dir.path())
            .unwrap()
            .marks(&Scope::default(), 0, 9)
            .unwrap()
    };
    assert!(tasks().is_empty());
    let before = marks();
    // Two starts, and that nothing was read.
    assert_eq!(before.len(), 3);
    let mut writer = Writer::open(dir.path()).unwrap();
    assert_eq!(super::version(writer.connection()).unwrap(), MIGRATIONS.len() as i64);
    assert!(tasks().is_empty());
    assert_eq!(marks(), before);
    let begins = Told {
        ms: 60_000,
        process: None,
        sign: Sign {
            job: Job::Garbage,
            satellite: None,
            store: None,
            what: What::Begins,
            figures: Figures::default(),
            error: None,
        },
    };
    tasks::put(writer.connection(), &Dictionary::default(), 1, &[begins]).unwrap();
    let found = tasks();
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].process_ms, found[0].state), (Some(5000), State::Interrupted));
    assert_eq!(found[0].cut_ms, Some(90_000));
    assert_eq!(marks().len(), 4);
    // Two years later it is forgotten.
    let retention = upkeep::Retention::default();
    while writer.retain(&retention, 729 * DAY_S * 1000).unwrap() {}
    assert_eq!(tasks().len(), 1);
    while writer.retain(&retention, 731 * DAY_S * 1000).unwrap() {}
    assert!(tasks().is_empty());
}

/// A database as version 3 left it: a node that started and answered.
fn version_3(dir: &Path) {
    let connection = Connection::open(file(dir)).unwrap();
    for schema in &MIGRATIONS[..3] {
        connection.execute_batch(schema).unwrap();
    }
    connection
        .execute_batch(
            "PRAGMA user_version = 3;
             INSERT INTO node (id, name) VALUES (1, 'n'); INSERT INTO satellite VALUES (1, 'A');
             INSERT INTO start VALUES (1, 1000, 'id');",
        )
        .unwrap();
}

fn told(time_ms: i64, details: Vec<Result<Detail, (String, String)>>) -> (String, Poll) {
    let sample = Sample {
        process: Process::default(),
        last_contact_ms: None,
        disk: None,
        standings: Ok(Vec::new()),
        details,
        money: Vec::new(),
    };
    let answer = Ok(sample);
    ("n".to_owned(), Poll { time_ms, answer })
}

#[test]
fn a_database_of_version_3_goes_on_with_satellites_and_ends() {
    let dir = tempfile::tempdir().unwrap();
    version_3(dir.path());
    let old = Reader::open(dir.path()).unwrap();
    assert_eq!(old.known_satellites("n", 9000, 40).unwrap(), []);
    let noted = old.noted("n", 9000).unwrap();
    assert_eq!(
        (noted.started_ms, noted.explained, noted.ended),
        (Some(1000), None, None)
    );
    assert_eq!(old.crashes("n", (0, 9000)).unwrap(), 0);
    drop(old);
    let mut writer = Writer::open(dir.path()).unwrap();
    let window = |start_ms, online| AuditWindow {
        start_ms,
        total: 4,
        online,
    };
    let day = |bytes: f64| StoredDay {
        start_ms: 0,
        byte_hours: bytes * 24.0,
        bytes: Some(bytes),
        hours: Some(24.0),
        calculated: false,
    };
    let first = Detail {
        satellite_id: "A".to_owned(),
        joined_ms: Some(5),
        tells_vetting: true,
        average_bytes: Some(1.0),
        byte_hours: None,
        windows: vec![window(0, 4), window(1000, 2)],
        stored: vec![day(7.0)],
        moved: vec![MovedDay::default()],
    };
    let mut second = first.clone();
    (second.windows, second.stored) = (vec![window(1000, 3), window(2000, 4)], vec![day(8.0)]);
    for said in [
        told(1500, vec![Ok(first)]),
        told(2500, vec![Ok(second), Err(("B".to_owned(), "no".to_owned()))]),
        told(3500, vec![Err(("A".to_owned(), "late".to_owned()))]),
    ] {
        writer.commit(&mut [], &[said], 4000).unwrap();
    }
    let reader = Reader::open(dir.path()).unwrap();
    let at = |ms| reader.known_satellites("n", ms, 40).unwrap();
    // Only of those that ever answered; what was told stays, with its age.
    let [known] = at(4000).try_into().unwrap();
    assert_eq!((known.answered_ms, known.error.as_deref()), (2500, Some("late")));
    assert_eq!(known.detail.windows, [window(0, 4), window(1000, 3), window(2000, 4)]);
    assert_eq!((known.detail.stored[0].bytes, known.detail.moved.len()), (Some(8.0), 1));
    assert_eq!((known.detail.joined_ms, known.detail.tells_vetting), (Some(5), true));
    // Of a time before that only what was known by then.
    let [then] = at(1600).try_into().unwrap();
    assert_eq!(
        (then.answered_ms, then.error, then.detail.windows.len()),
        (1500, None, 2)
    );
    assert_eq!(at(1400), []);
    assert_eq!(upkeep::check(dir.path()).unwrap().wrong, Vec::<String>::new());
}

#[test]
fn ends_are_kept_with_their_reasons() {
    let dir = tempfile::tempdir().unwrap();
    let mut writer = Writer::open(dir.path()).unwrap();
    let node = writer.node("n").unwrap();
    let starting = |explained| Note::Starting { explained };
    let ending = |why: Option<&str>| Note::Ending {
        why: why.map(str::to_owned),
    };
    let batch = Batch {
        notes: vec![
            (1000, starting(None)),
            (2000, ending(None)),
            (3000, starting(Some(true))),
            (4000, starting(Some(false))),
            (5000, ending(Some("Error migrating"))),
        ],
        ..Batch::default()
    };
    let mut unit = super::writer::Unit {
        node,
        source: 0,
        dictionary: &mut Dictionary::default(),
        vocabulary: &Vocabulary::default(),
        batch: &batch,
        parts: &[],
        positions: Vec::new(),
        gaps: &[],
        covered: &[],
        state: None,
    };
    writer.commit(std::slice::from_mut(&mut unit), &[], 6000).unwrap();
    let reader = Reader::open(dir.path()).unwrap();
    let at = |ms| {
        let noted = reader.noted("n", ms).unwrap();
        (noted.started_ms, noted.explained, noted.ended)
    };
    assert_eq!(at(1500), (Some(1000), None, None));
    assert_eq!(at(3500), (Some(3000), Some(true), Some((2000, None))));
    assert_eq!(
        at(9000),
        (
            Some(4000),
            Some(false),
            Some((5000, Some("Error migrating".to_owned())))
        )
    );
    assert_eq!(reader.crashes("n", (0, 9000)).unwrap(), 2);
    // The end was read, and who read it was started anew before the start.
    let batch = Batch {
        notes: vec![(5500, starting(Some(false)))],
        ..Batch::default()
    };
    unit.batch = &batch;
    writer.commit(std::slice::from_mut(&mut unit), &[], 6000).unwrap();
    let reader = Reader::open(dir.path()).unwrap();
    assert_eq!(reader.noted("n", 9000).unwrap().explained, Some(true));
    assert_eq!(reader.crashes("n", (4000, 4500)).unwrap(), 0);
}

#[test]
fn durations_of_before_sizes_were_told_are_of_an_unknown_size_and_none_is_lost() {
    let dir = tempfile::tempdir().unwrap();
    version_1(dir.path());
    let counts = |reader: &Reader| -> BTreeMap<(i64, i64), u64> {
        let mut counts = BTreeMap::new();
        for (node, _) in reader.scope_nodes(&Scope::default()).unwrap() {
            let sums = reader
                .latency_sizes(node, None, (FIRST, FIRST + 4 * DAY_S), FIRST)
                .unwrap();
            for ((_, action, outcome, quality, size), sum) in sums {
                assert_eq!((outcome, quality, size), (3, 2, -1));
                *counts.entry((node, action)).or_default() += sum.count();
            }
        }
        counts
    };
    // Without a writer it is told as it is.
    let before = counts(&Reader::open(dir.path()).unwrap());
    assert_eq!(before, BTreeMap::from([((1, 1), 72), ((1, 2), 15), ((2, 1), 72)]));
    drop(Writer::open(dir.path()).unwrap());
    let reader = Reader::open(dir.path()).unwrap();
    assert_eq!(counts(&reader), before);
    for ((node, action), count) in before {
        let mut seen = 0;
        let range = (FIRST, FIRST + 4 * DAY_S);
        let each = |_, quality, bytes: &[u8]| {
            assert_eq!(quality, crate::domain::transfer::Quality::Second);
            seen += Sketch::from_bytes(bytes)?.count();
            Some(())
        };
        reader.each_flow((node, action, None), range, each).unwrap();
        assert_eq!(seen, count);
    }
}
