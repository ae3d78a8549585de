//! A node's own databases: every figure they share with the API is the same, whatever is wrong with one takes nothing
//! from the others, and the node never notices that it is read.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "common/books.rs"]
mod books;
mod common;

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime};

use books::*;
use common::{corpus, json, nodes, run, stdout};
use serde_json::Value;
use storj_monitor::domain::books::{Book, Books, Hindrance};
use storj_monitor::node::databases::{Shelf, money};

const NOW_MS: i64 = 1_795_475_000_000;

fn look(dir: &Path) -> Books {
    Shelf::new(dir).look(NOW_MS)
}

#[test]
fn every_figure_both_have_is_the_same() {
    let Some(corpus) = corpus() else { return };
    let mut compared = Compared::new();
    for folder in nodes(&corpus) {
        let dir = unpacked(&folder);
        let books = look(dir.path());
        assert!(
            books.opened.iter().all(|opened| opened.error.is_none()),
            "{:?}",
            books.opened
        );
        let answers = answers(&folder);
        let name = folder.display().to_string();
        let (told_ms, dashboard) = &answers["/api/sno/"];
        for satellite in dashboard["satellites"].as_array().unwrap() {
            let id = satellite["id"].as_str().unwrap();
            let place = format!("{name} {id}");
            compare_dates(&books, satellite, (*told_ms, &place), &mut compared);
            let (told_ms, detail) = &answers[&format!("/api/sno/satellite/{id}")];
            compare_scores(&books, detail, (*told_ms, &place), &mut compared);
            compare_windows(&books, detail, &place, &mut compared);
            compare_stored(&books, detail, &place, &mut compared);
            compare_moved(&books, detail, &place, &mut compared);
            let (_, prices) = &answers[&format!("/api/sno/satellites/{id}/pricing")];
            compare_prices(&books, prices, &mut compared);
        }
        for (path, (_, body)) in &answers {
            if path.starts_with("/api/heldamount/paystubs/2020-01") {
                compare_paystubs(&books, body, &mut compared);
            } else if let Some(month) = path.strip_prefix("/api/heldamount/payout-history/") {
                compare_payments(&books, month, body, &mut compared);
            } else if path.starts_with("/api/notifications/list") {
                compare_notices(&books, body, &mut compared);
            }
        }
    }
    eprintln!("compared: {compared:?}");
    for (kind, least) in [
        ("score", 26),
        ("score exactly", 4),
        ("score the same", 50),
        ("joined", 26),
        ("vetted", 10),
        ("address", 26),
        ("window", 150),
        ("tally", 60),
        ("moved", 100),
        ("price", 26),
        ("paystub", 50),
        ("payment", 15),
        ("notice", 2),
    ] {
        assert!(
            compared.get(kind).is_some_and(|count| *count >= least),
            "{kind}: {compared:?}"
        );
    }
}

fn sample(name: &str) -> Option<tempfile::TempDir> {
    Some(unpacked(&corpus()?.join(name)))
}

#[test]
fn a_node_that_was_stopped_is_left_as_it_was_and_read_once() {
    let Some(dir) = sample("v162-info") else { return };
    let before = listing(dir.path());
    let mut shelf = Shelf::new(dir.path());
    let begun = Instant::now();
    let first = shelf.look(NOW_MS);
    let took = begun.elapsed();
    assert!(first.opened.len() == Book::ALL.len() && first.rated.is_some() && first.stored.is_some());
    // Nothing changed: nothing is read again.
    let begun = Instant::now();
    let again = shelf.look(NOW_MS + 60_000);
    eprintln!("measured: read all {took:?}, nothing new {:?}", begun.elapsed());
    assert_eq!(
        again,
        Books {
            read_ms: NOW_MS + 60_000,
            ..Books::default()
        }
    );
    assert!(listing(dir.path()) == before, "something was changed or left behind");
    // A change of one is read, and only that.
    rusqlite(dir.path(), Book::Pricing, "UPDATE pricing SET disk_space_price = 7");
    let third = shelf.look(NOW_MS + 120_000);
    assert_eq!(third.opened.len(), 1);
    assert!(third.money.prices.unwrap().iter().all(|(_, prices)| prices.disk == 7));
}

#[test]
fn a_node_that_runs_is_read_with_its_log_and_never_hindered() {
    let Some(dir) = sample("v145-debug") else { return };
    let path = dir.path().join(Book::Reputation.file());
    let writer = rusqlite::Connection::open(&path).unwrap();
    writer
        .execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA busy_timeout = 0; UPDATE reputation SET audit_total_count = 0, audit_success_count = 0",
        )
        .unwrap();
    let names = |dir: &Path| listing(dir).into_keys().collect::<Vec<_>>();
    let before = names(dir.path());
    assert!(before.iter().any(|name| name.ends_with("reputation.db-wal")));
    let others = |mut all: BTreeMap<PathBuf, (SystemTime, Vec<u8>)>| {
        all.retain(|name, _| !name.display().to_string().contains("reputation.db"));
        all
    };
    let rest = others(listing(dir.path()));
    let (stop, looking) = (Arc::new(AtomicBool::new(false)), dir.path().to_owned());
    let flag = Arc::clone(&stop);
    let reader = std::thread::spawn(move || {
        let (mut looks, mut last, mut shelf) = (0, 0, Shelf::new(&looking));
        while !flag.load(Ordering::Relaxed) {
            let books = shelf.look(NOW_MS);
            assert!(books.opened.iter().all(|opened| opened.error.is_none()), "{books:?}");
            for rated in books.rated.iter().flatten() {
                // Whole commits only, in their order.
                assert_eq!(rated.audits, rated.passed);
                assert!(rated.audits.unwrap() >= last);
                last = rated.audits.unwrap();
            }
            looks += 1;
        }
        (looks, last)
    });
    let end = Instant::now() + Duration::from_secs(3);
    let mut written = 0_i64;
    while Instant::now() < end {
        written += 1;
        writer
            .execute(
                "UPDATE reputation SET audit_total_count = ?1, audit_success_count = ?1",
                [written],
            )
            .expect("the node is never locked out");
        if written % 200 == 0 {
            writer
                .query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))
                .unwrap();
        }
        if written % 50 == 0 {
            std::thread::sleep(Duration::from_millis(1));
        }
    }
    stop.store(true, Ordering::Relaxed);
    let (looks, seen) = reader.join().unwrap();
    eprintln!("measured: {written} commits, {looks} looks");
    assert!(looks > 20 && seen > 0 && written > 200, "{looks} {seen} {written}");
    // The last commit is in the log only, and is seen.
    let books = look(dir.path());
    assert!(
        books
            .rated
            .unwrap()
            .iter()
            .all(|rated| rated.audits == Some(written as u64))
    );
    assert_eq!(names(dir.path()), before, "nothing was left behind");
    assert!(others(listing(dir.path())) == rest, "nothing else was touched");
    // Now nobody writes: reading changes neither a byte nor a time.
    let quiet = listing(dir.path());
    look(dir.path());
    assert!(listing(dir.path()) == quiet);
    // The node stops: its log goes, and nobody brings it back.
    writer.close().unwrap();
    look(dir.path());
    assert!(!names(dir.path()).iter().any(|name| {
        let name = name.display().to_string();
        name.ends_with("-wal") || name.ends_with("-shm")
    }));
}

#[test]
fn a_running_collector_reads_them_and_tells_where_it_is_asked() {
    let Some(dir) = sample("v145-suspended") else { return };
    moved_to_now(dir.path());
    let data = tempfile::tempdir().unwrap();
    let spec = format!("x=none,data={}", dir.path().display());
    let running = common::node::Running::with(data.path(), &["collect", "--node", &spec]);
    running.wait_for("x: its databases are read");
    let end = Instant::now() + Duration::from_secs(10);
    let node = loop {
        let answer = json(data.path(), &["status", "--json"]);
        assert_eq!(answer["collector"]["running"], true);
        let node = answer["nodes"][0].clone();
        if node["satellites"].is_array() || Instant::now() > end {
            break node;
        }
        std::thread::sleep(Duration::from_millis(100));
    };
    running.stop();
    let rules: Vec<&str> = node["reasons"]
        .as_array()
        .unwrap()
        .iter()
        .map(|reason| reason["rule"].as_str().unwrap())
        .collect();
    // Suspended by one, and near it with the other, as its database says; and the same without the collector.
    assert_eq!(rules, ["suspended", "suspension_score"], "{node}");
    let alone = json(data.path(), &["status", "--json"])["nodes"][0].clone();
    assert_eq!(alone["satellites"], node["satellites"]);
}

fn trouble(books: &Books, book: Book) -> (Hindrance, String) {
    let opened = books.opened.iter().find(|opened| opened.book == book);
    opened.unwrap().error.clone().expect("it is not read")
}

#[test]
fn what_is_wrong_with_one_takes_nothing_from_the_others() {
    let Some(dir) = sample("v162-info") else { return };
    let at = |book: Book| dir.path().join(book.file());
    std::fs::write(at(Book::Reputation), b"").unwrap();
    let mut bytes = std::fs::read(at(Book::Bandwidth)).unwrap();
    bytes[4096..].fill(0x5a);
    std::fs::write(at(Book::Bandwidth), bytes).unwrap();
    std::fs::write(
        at(Book::Storage),
        "this is no database at all, and long enough ".repeat(100),
    )
    .unwrap();
    std::fs::remove_file(at(Book::Walk)).unwrap();
    rusqlite(dir.path(), Book::Pricing, "DROP TABLE pricing");
    rusqlite(
        dir.path(),
        Book::Satellites,
        "ALTER TABLE satellites DROP COLUMN address",
    );
    // Whoever opens it waits for ever.
    let fifo = dir.path().join("secret.db");
    std::fs::remove_file(&fifo).unwrap();
    for name in ["secret.db", "secrets.yaml", "identity.key"] {
        let made = Command::new("mkfifo").arg(dir.path().join(name)).status().unwrap();
        assert!(made.success());
    }
    let books = look(dir.path());
    for (book, why, words) in [
        (
            Book::Reputation,
            Hindrance::Damaged,
            "reputation.db is damaged (it is empty)",
        ),
        (Book::Bandwidth, Hindrance::Damaged, "malformed"),
        (Book::Storage, Hindrance::Damaged, "storage_usage.db is damaged"),
        (
            Book::Walk,
            Hindrance::Missing,
            "is not there; it is read as soon as it is",
        ),
        (Book::Pricing, Hindrance::Unknown, "has another form than is known here"),
    ] {
        let (found, text) = trouble(&books, book);
        assert!(found == why && text.contains(words), "{book:?}: {found:?} {text}");
        assert!(
            text.contains(dir.path().to_str().unwrap()) && !text.contains('\n'),
            "{text}"
        );
    }
    assert_eq!(books.opened.len(), Book::ALL.len());
    assert!(books.space.is_some() && books.money.settled.is_some() && books.notices.is_some());
    // An older form lacks a column: the rest of the row is known.
    let trusted = books.trusted.unwrap();
    assert!(
        trusted.len() == 2
            && trusted
                .iter()
                .all(|known| known.url.is_empty() && known.added_ms.is_some())
    );
    let (told, opened) = money(dir.path(), NOW_MS);
    assert!(told.prices.is_none() && told.settled.is_some() && opened.len() == 2);
}

#[test]
fn a_lock_of_another_program_is_told_and_passes() {
    let Some(dir) = sample("v137-debug") else { return };
    let path = dir.path().join(Book::Held.file());
    let other = rusqlite::Connection::open(&path).unwrap();
    other
        .execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; DELETE FROM payments",
        )
        .unwrap();
    let mut shelf = Shelf::new(dir.path());
    let books = shelf.look(NOW_MS);
    let held = books.opened.iter().find(|opened| opened.book == Book::Held).unwrap();
    if let Some((why, text)) = &held.error {
        assert_eq!(*why, Hindrance::Locked, "{text}");
    }
    assert!(books.rated.is_some());
    other.execute_batch("ROLLBACK").unwrap();
    other.close().unwrap();
    let books = shelf.look(NOW_MS);
    assert!(books.opened.iter().all(|opened| opened.error.is_none()), "{books:?}");
}

#[test]
fn databases_may_lie_in_the_folder_or_below_it_or_nowhere() {
    let Some(dir) = sample("v104-info") else { return };
    let parent = tempfile::tempdir().unwrap();
    std::fs::create_dir(parent.path().join("storage")).unwrap();
    for book in Book::ALL {
        let from = dir.path().join(book.file());
        std::fs::copy(from, parent.path().join("storage").join(book.file())).unwrap();
    }
    let (here, below) = (look(dir.path()), look(parent.path()));
    assert_eq!((&here.rated, &here.space), (&below.rated, &below.space));
    assert_eq!(here.rated.unwrap().len(), 2);
    let empty = tempfile::tempdir().unwrap();
    for place in [empty.path(), Path::new("/nowhere/at/all")] {
        let books = look(place);
        assert!(books.opened.iter().all(|opened| {
            let (why, text) = opened.error.as_ref().unwrap();
            *why == Hindrance::Missing && text.contains(place.to_str().unwrap())
        }));
    }
    let file = empty.path().join("file");
    std::fs::write(&file, "x").unwrap();
    assert!(trouble(&look(&file), Book::Held).1.contains("no folder"));
}

#[test]
fn days_of_old_releases_and_both_forms_of_a_day_are_one() {
    let dir = tempfile::tempdir().unwrap();
    let id = "x'a28b4f04e10bae85d67f4c6cb82bf8d4c0f0f47a8ea72627524deb6ec0000000'";
    rusqlite(
        dir.path(),
        Book::Bandwidth,
        &format!(
            "CREATE TABLE bandwidth_usage (satellite_id BLOB, action INTEGER, amount BIGINT, created_at TIMESTAMP);
             CREATE TABLE bandwidth_usage_rollups (interval_start TIMESTAMP, satellite_id BLOB, action INTEGER, amount BIGINT);
             INSERT INTO bandwidth_usage_rollups VALUES ('2024-03-01 00:00:00+00:00', {id}, 1, 10),
                 ('2024-03-01 05:00:00+00:00', {id}, 2, 7), ('2024-03-01 06:00:00+00:00', {id}, 3, 1),
                 ('2024-03-02 00:00:00+00:00', {id}, 4, 5);
             INSERT INTO bandwidth_usage VALUES ({id}, 5, 3, '2024-03-02 07:00:00.123+00:00'), ({id}, 4, 2, '2024-03-02 07:00:00+00:00')"
        ),
    );
    let old = look(dir.path()).moved.unwrap();
    let all: Vec<[u64; 5]> = old
        .iter()
        .map(|(_, day)| {
            [
                day.ingress,
                day.egress,
                day.egress_audit,
                day.egress_repair,
                day.ingress_repair,
            ]
        })
        .collect();
    assert_eq!(all, [[10, 7, 1, 0, 0], [0, 0, 0, 7, 3]]);
    std::fs::remove_file(dir.path().join(Book::Bandwidth.file())).unwrap();
    rusqlite(
        dir.path(),
        Book::Bandwidth,
        &format!(
            "CREATE TABLE bandwidth_usage (interval_start TIMESTAMP, satellite_id BLOB, put_total BIGINT, get_total BIGINT,
                 get_audit_total BIGINT, get_repair_total BIGINT, put_repair_total BIGINT, delete_total BIGINT);
             INSERT INTO bandwidth_usage VALUES ('2024-08-01 00:00:00', {id}, 1, 2, 3, 4, 5, 0),
                 ('2024-08-01 00:00:00+00:00', {id}, 10, 20, 30, 40, 50, 0)"
        ),
    );
    let both = look(dir.path()).moved.unwrap();
    assert_eq!(both.len(), 1);
    assert_eq!((both[0].1.ingress, both[0].1.egress_repair), (11, 44));
}

/// A folder nobody may read, unless this is root, who may all.
#[test]
fn no_right_to_read_is_told_with_what_to_do() {
    let Some(dir) = sample("v116-info") else { return };
    std::fs::set_permissions(dir.path(), std::fs::Permissions::from_mode(0o000)).unwrap();
    let is_root = std::fs::read_dir(dir.path()).is_ok();
    let books = look(dir.path());
    if !is_root {
        let (why, text) = trouble(&books, Book::Reputation);
        assert!(
            why == Hindrance::Denied && text.contains("add this user to the group"),
            "{text}"
        );
    }
    let data = tempfile::tempdir().unwrap();
    let spec = format!("n=none,data={}", dir.path().display());
    let doctor = run(data.path(), &["doctor", "--json", "--node", &spec]);
    std::fs::set_permissions(dir.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    let doctor: Value = serde_json::from_slice(&doctor.stdout).unwrap();
    let checks = doctor["checks"].as_array().unwrap();
    let check = checks.iter().find(|check| check["name"] == "n: databases").unwrap();
    match is_root {
        true => assert_eq!(check["state"], "ok", "{check}"),
        false => {
            assert_eq!(check["state"], "fail");
            assert!(
                check["advice"]
                    .as_str()
                    .unwrap()
                    .contains("no right to read the databases"),
                "{check}"
            );
        }
    }
}

#[test]
fn a_node_with_databases_only_has_a_full_status_panes_and_exports() {
    let Some(dir) = sample("v137-offline") else { return };
    moved_to_now(dir.path());
    let data = tempfile::tempdir().unwrap();
    let spec = format!("x=none,data={}", dir.path().display());
    let before = listing(dir.path());
    stdout(data.path(), &["collect", "--once", "--node", &spec]);
    assert!(listing(dir.path()) == before);
    let node = &json(data.path(), &["status", "--json"])["nodes"][0];
    // It is honest about the API.
    assert_eq!(node["api"]["state"], "none");
    assert_eq!(
        (&node["state"], &node["databases"]["state"]),
        (&"critical".into(), &"ok".into())
    );
    let reasons = node["reasons"].as_array().unwrap();
    let offline = reasons.iter().filter(|reason| {
        reason["rule"] == "suspended" && reason["text"].as_str().unwrap().contains("for being offline")
    });
    assert_eq!(offline.count(), 2, "{reasons:?}");
    let books = look(dir.path());
    for satellite in node["satellites"].as_array().unwrap() {
        let rated = books.rated.iter().flatten();
        let rated = rated
            .into_iter()
            .find(|rated| rated.satellite_id == satellite["satellite_id"])
            .unwrap();
        assert_eq!(satellite["source"], "db");
        assert_eq!(satellite["online_score"].as_f64(), rated.online);
        assert_eq!(ms(&satellite["as_of"]), rated.updated_ms);
        assert_eq!(ms(&satellite["offline_suspended_at"]), rated.offline_suspended_ms);
        assert_eq!(ms(&satellite["offline_review_at"]), rated.review_ms);
        let outlook = &satellite["outlook"];
        assert_eq!(outlook["vetting"]["audits"].as_u64(), rated.audits);
        assert_eq!(ms(&outlook["joined_at"]), rated.joined_ms);
        assert!(satellite["url"].as_str().unwrap().starts_with("127.0.0.1:"));
    }
    let (disk, space) = (&node["disk"], books.space.unwrap());
    assert_eq!(
        (&disk["source"], disk["used"].as_u64()),
        (&"db".into(), Some(space.used()))
    );
    assert_eq!((disk["trash"].as_u64(), disk["free"].as_u64()), (space.trash, None));
    let paid = node["space"]["paid"].as_u64().unwrap();
    assert!(paid > 1_000_000_000_000, "{paid}");
    assert_eq!(node["notices"].as_array().unwrap().len(), 2);
    assert_exports(data.path(), &space);
    for (pane, words) in [
        ("reputation", "offline since"),
        ("storage", "by databases"),
        ("overview", "for being offline"),
    ] {
        let picture = stdout(data.path(), &["show", pane, "--size", "120x40"]);
        assert!(picture.contains(words), "{picture}");
    }
    let text = stdout(data.path(), &["status"]);
    for words in ["10 of 10 read, last written", "in blobs, of it", "notice, "] {
        assert!(text.contains(words), "{words}: {text}");
    }
    // Before they were read nothing was known.
    let then = json(data.path(), &["status", "--json", "--at", "2026-01-01T00:00:00Z"]);
    assert!(then["nodes"][0]["satellites"].is_null() && then["nodes"][0]["disk"].is_null());
}

#[test]
fn the_apis_word_wins_where_it_is_as_fresh_and_both_are_kept() {
    let Some(corpus) = corpus() else { return };
    let folder = corpus.join("v137-offline");
    let (dir, answers) = (unpacked(&folder), answers(&folder));
    moved_to_now(dir.path());
    let api = common::api::Api::start();
    for (path, (_, body)) in &answers {
        api.body(path, body);
    }
    let data = tempfile::tempdir().unwrap();
    let spec = format!("x=none,api={},data={}", api.url, dir.path().display());
    stdout(data.path(), &["collect", "--once", "--node", &spec]);
    let node = json(data.path(), &["status", "--json"])["nodes"][0].clone();
    assert_eq!(
        (&node["api"]["state"], &node["disk"]["source"]),
        (&"ok".into(), &"api".into())
    );
    for satellite in node["satellites"].as_array().unwrap() {
        assert_eq!(satellite["source"], "api");
        // What only the databases have.
        assert!(satellite["offline_suspended_at"].is_string(), "{satellite}");
        assert!(satellite["outlook"]["vetting"]["audits"].as_u64() > Some(100));
    }
    let rows = json(data.path(), &["export", "reputation", "--format", "json"]);
    let sources = |source: &str| {
        rows.as_array()
            .unwrap()
            .iter()
            .filter(|row| row["source"] == source)
            .count()
    };
    assert_eq!((sources("api"), sources("db")), (2, 2), "{rows}");
    let storage = stdout(data.path(), &["export", "storage", "--columns", "source"]);
    assert_eq!(storage, "source\napi\n", "blobs are no second word beside the whole");
    // The API is gone and the node goes on: its databases are newer.
    api.mood("", common::api::Mood::Closes);
    std::thread::sleep(Duration::from_millis(1100));
    rusqlite(
        dir.path(),
        Book::Reputation,
        "UPDATE reputation SET updated_at = strftime('%Y-%m-%d %H:%M:%f+00:00', 'now'), online_score = 0.5",
    );
    let again = run(data.path(), &["collect", "--once", "--node", &spec]);
    assert_eq!(again.status.code(), Some(3), "the API is silent, the rest is in");
    let node = json(data.path(), &["status", "--json"])["nodes"][0].clone();
    assert_ne!(node["api"]["state"], "ok");
    for satellite in node["satellites"].as_array().unwrap() {
        assert_eq!(
            (&satellite["source"], satellite["online_score"].as_f64()),
            (&"db".into(), Some(0.5))
        );
    }
}

/// A node that was killed leaves its log and index behind, and perhaps the index alone is gone.
#[test]
fn a_node_that_was_killed_is_read_with_what_it_wrote_last() {
    let Some(dir) = sample("v116-info") else { return };
    let path = dir.path().join(Book::Reputation.file());
    let node = rusqlite::Connection::open(&path).unwrap();
    node.execute_batch("PRAGMA journal_mode = WAL; UPDATE reputation SET audit_total_count = 77")
        .unwrap();
    let killed = tempfile::tempdir().unwrap();
    for (from, _) in listing(dir.path()) {
        std::fs::copy(&from, killed.path().join(from.file_name().unwrap())).unwrap();
    }
    let audits = |books: Books| books.rated.unwrap()[0].audits;
    let before = listing(killed.path());
    assert_eq!(audits(look(killed.path())), Some(77));
    assert!(listing(killed.path()) == before);
    std::fs::remove_file(killed.path().join("reputation.db-shm")).unwrap();
    let before = listing(killed.path());
    // Its last words are in the log alone, which nobody can read without making an index.
    let books = look(killed.path());
    let told = books.opened.iter().filter_map(|opened| opened.error.as_ref());
    let behind: Vec<_> = told.filter(|(why, _)| *why == Hindrance::Behind).collect();
    assert!(behind.len() == 1 && behind[0].1.contains("reputation.db is read without its last changes"));
    assert!(audits(books).is_some_and(|audits| audits > 100));
    assert!(listing(killed.path()) == before);
}
