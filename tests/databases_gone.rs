//! Databases that are not there, or are only a copy of long ago: said by the status and by `doctor`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "common/books.rs"]
#[allow(dead_code)]
mod books;
mod common;

use std::path::Path;

use common::{corpus, json, run};
use serde_json::Value;
use storj_monitor::domain::books::{Book, Books, Hindrance, Opened};
use storj_monitor::store::writer::Writer;

const HOUR_MS: i64 = 3_600_000;
/// 2026-11-25T12:00:00Z
const NOW_MS: i64 = 1_795_608_000_000;

fn opened(book: Book, error: Option<(Hindrance, &str)>) -> Opened {
    Opened {
        book,
        changed_ms: error.is_none().then_some(NOW_MS - 40 * HOUR_MS),
        error: error.map(|(why, text)| (why, text.to_owned())),
    }
}

/// Keeps readings of a node that is watched until now, hours ago each.
fn keep(data: &Path, readings: &[(i64, Vec<Opened>)]) {
    let mut writer = Writer::open(data).unwrap();
    writer.node("n").unwrap();
    writer.watch_only(&["n".to_owned()], NOW_MS - 50 * HOUR_MS).unwrap();
    for (hours, opened) in readings {
        let books = Books {
            read_ms: NOW_MS - hours * HOUR_MS,
            opened: opened.clone(),
            ..Books::default()
        };
        writer.shelve(&[("n".to_owned(), books)]).unwrap();
    }
    writer.looked(&["n".to_owned()], NOW_MS).unwrap();
}

fn reasons(data: &Path, at: &str) -> Vec<(String, String, String)> {
    let status = json(data, &["--at", at, "status", "--json"]);
    let node = &status["nodes"][0];
    let word = |value: &Value| value.as_str().unwrap().to_owned();
    let all = node["reasons"].as_array().unwrap().iter();
    all.map(|reason| (word(&node["state"]), word(&reason["rule"]), word(&reason["text"])))
        .collect()
}

#[test]
fn what_is_not_there_is_a_finding() {
    let nowhere = |text: &'static str| {
        Book::ALL
            .map(|book| opened(book, Some((Hindrance::Missing, text))))
            .to_vec()
    };
    let all = || Book::ALL.map(|book| opened(book, None)).to_vec();
    let now = "2026-11-25T12:00:00Z";
    // The folder was never there.
    let data = tempfile::tempdir().unwrap();
    keep(data.path(), &[(30, nowhere("/x is not there"))]);
    let told = reasons(data.path(), now);
    assert_eq!(told.len(), 1, "{told:?}");
    let (state, rule, text) = &told[0];
    assert_eq!((state.as_str(), rule.as_str()), ("warning", "data_missing"));
    assert!(
        text.starts_with("its databases are missed for 30 h: /x is not there → is the disk mounted"),
        "{text}"
    );
    let check = run(data.path(), &["--at", now, "status", "--check"]);
    assert_eq!(check.status.code(), Some(1));
    // As it was then: it had just begun.
    let then = reasons(data.path(), "2026-11-24T06:05:00Z");
    assert!(then.iter().all(|(_, rule, _)| rule != "data_missing"), "{then:?}");
    // It was unmounted; one file went; a release that lacks some has no trouble.
    type Reading = (i64, Vec<Opened>);
    let missing = |book| vec![opened(book, Some((Hindrance::Missing, "gone.db is not there")))];
    let cases: [(Vec<Reading>, Option<&str>); 4] = [
        (vec![(40, all()), (3, nowhere("/x is not there"))], Some("for 3 h: /x")),
        (vec![(40, all()), (3, missing(Book::Held))], Some("for 3 h: gone.db")),
        (
            vec![(40, [missing(Book::Walk), vec![opened(Book::Held, None)]].concat())],
            None,
        ),
        (vec![(40, nowhere("/x is not there")), (3, all())], None),
    ];
    for (readings, expected) in cases {
        let data = tempfile::tempdir().unwrap();
        keep(data.path(), &readings);
        let told = reasons(data.path(), now);
        let of_data: Vec<&String> = told
            .iter()
            .filter(|(_, rule, _)| rule == "data_missing")
            .map(|(.., text)| text)
            .collect();
        assert_eq!(of_data.len(), usize::from(expected.is_some()), "{told:?}");
        assert!(of_data.iter().all(|text| text.contains(expected.unwrap())), "{told:?}");
    }
}

#[test]
fn a_copy_of_long_ago_is_no_good_database() {
    let Some(corpus) = corpus() else { return };
    let files = books::unpacked(&corpus.join("v104-info"));
    // Their files were just made; their rows are of the recording.
    let data = tempfile::tempdir().unwrap();
    let spec = format!("n=none,data={}", files.path().display());
    let output = run(data.path(), &["doctor", "--json", "--node", &spec]);
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    let checks = answer["checks"].as_array().unwrap().iter();
    let old: Vec<&Value> = checks
        .filter(|check| check["name"] == "n: databases" && check["state"] == "warn")
        .collect();
    assert_eq!(old.len(), 1, "{answer}");
    let detail = old[0]["detail"].as_str().unwrap();
    assert!(
        detail.starts_with("the newest row in them is ") && detail.ends_with(" old"),
        "{detail}"
    );
    assert!(old[0]["advice"].as_str().unwrap().contains("does the node run"));
}
