//! Looking back into logs: what is answered is what stands in the files, whatever they were packed or wrapped
//! in, and what a line means.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use common::node::{Node, Running, spec};
use common::{corpus, inflated, stdout};
use storj_monitor::api::line::{Filter, LogLine, Past};
use storj_monitor::api::link::Link;
use storj_monitor::api::message::{Answer, Message, Query, Request};
use storj_monitor::api::socket;
use storj_monitor::collector::{explain, past};
use storj_monitor::domain::gravity::Gravity;
use storj_monitor::domain::transfer::Outcome;
use storj_monitor::store::Reader;

const PATIENCE: Duration = Duration::from_secs(20);

/// Time of a console or JSON line, the slow and obvious way.
fn time(line: &str) -> Option<i64> {
    let stamp = match line.strip_prefix('{') {
        Some(json) => json.split("\"T\":\"").nth(1)?.split('"').next()?,
        None => line.split('\t').next()?,
    };
    Some(stamp.parse::<jiff::Timestamp>().ok()?.as_millisecond())
}

fn follow(data: &Path, log: &Path) -> Reader {
    stdout(data, &["collect", "--once", "--node", &spec(log)]);
    Reader::open(data).unwrap()
}

fn around(reader: &Reader, filter: &Filter, at_ms: Option<i64>, before: usize, after: usize) -> Past {
    past::around(reader, filter, at_ms, (before, after)).unwrap()
}

/// What a line ends with in its file; traces and foreign lines are all of it.
fn end(line: &LogLine) -> &str {
    match line.rest.as_str() {
        "" => &line.message,
        rest => rest,
    }
}

/// The lines are those of `all` from some place on, in their order: gives that place.
fn stretch(all: &[&str], found: &[LogLine]) -> usize {
    let same = |at: usize| {
        found
            .iter()
            .zip(&all[at..])
            .all(|(line, raw)| raw.trim_end().ends_with(end(line).trim_end()))
    };
    let mut places = (0..=all.len() - found.len()).filter(|at| same(*at));
    places
        .next()
        .unwrap_or_else(|| panic!("not in the file: {:?}", found.first()))
}

#[test]
fn any_moment_is_found_in_plain_and_packed_files() {
    let Some(corpus) = corpus() else { return };
    for folder in ["v162-info", "v104-info", "v137-json"] {
        let dir = tempfile::tempdir().unwrap();
        let (data, log) = (dir.path().join("data"), dir.path().join("node.log"));
        let text = String::from_utf8(inflated(&corpus.join(folder).join("node.log.gz"))).unwrap();
        let all: Vec<&str> = text.lines().collect();
        let cuts = [0, all.len() / 4, all.len() / 2, all.len() * 3 / 4, all.len()];
        let part = |n: usize| all[cuts[n]..cuts[n + 1]].join("\n") + "\n";
        let name = |ending: &str| dir.path().join(format!("node.log{ending}"));
        std::fs::write(name(".3.zst"), zstd::encode_all(part(0).as_bytes(), 1).unwrap()).unwrap();
        std::fs::write(name(".2"), part(1)).unwrap();
        common::node::gzip(&name(".2"));
        std::fs::write(name(".1"), part(2)).unwrap();
        std::fs::write(&log, part(3)).unwrap();
        let reader = follow(&data, &log);
        let everything = Filter::default();
        let (first, last) = (
            time(all[0]).unwrap(),
            all.iter().rev().find_map(|line| time(line)).unwrap(),
        );
        for n in 0..=16 {
            let at = first + (last - first) * n / 16;
            let found = around(&reader, &everything, Some(at), 40, 40);
            assert!(found.notes.is_empty(), "{:?}", found.notes);
            let begin = stretch(&all, &found.lines);
            let turn = begin + found.before;
            // A child's line may be a second older than the one before it.
            let near = |n: usize| {
                all[n.saturating_sub(3)..(n + 3).min(all.len())]
                    .iter()
                    .filter_map(|line| time(line))
            };
            if turn > 0 && turn < all.len() {
                assert!(
                    near(turn).min().unwrap() <= at && near(turn).max().unwrap() >= at,
                    "{folder} {n}"
                );
            }
            assert!(found.before == 40 || begin == 0, "{folder} {n}");
            assert!(
                found.lines.len() - found.before == 40 || turn + 40 >= all.len(),
                "{folder} {n}"
            );
        }
        // Without a moment: the end. Before all: nothing, and it is said where the files begin.
        let newest = around(&reader, &everything, None, 1500, 10);
        assert_eq!((newest.lines.len(), newest.before), (1500, 1500));
        assert_eq!(stretch(&all, &newest.lines), all.len() - 1500);
        let nothing = around(&reader, &everything, Some(first - 1000), 5, 3);
        assert_eq!(
            (nothing.before, stretch(&all, &nothing.lines), nothing.from_ms),
            (0, 0, None)
        );
        assert_eq!((nothing.starts[0].time_ms, nothing.starts.len()), (first, 1));
        assert!(nothing.starts[0].path.ends_with("node.log.3.zst"));
        // The place is where it stands.
        let line = newest.lines.last().unwrap();
        let place = line.place.as_ref().unwrap();
        let raw = std::fs::read_to_string(&place.path).unwrap();
        assert!(
            raw[place.offset as usize..]
                .lines()
                .next()
                .unwrap()
                .ends_with(end(line))
        );
        grave(&reader, &all);
    }
}

/// All that is a warning or worse.
fn grave(reader: &Reader, all: &[&str]) {
    let warnings = Filter {
        level: Some("WARN".to_owned()),
        ..Filter::default()
    };
    let words = ["WARN", "ERROR", "FATAL"];
    let is = |line: &&&str| {
        let level =
            |word: &&str| line.contains(&format!("\t{word}\t")) || line.starts_with(&format!("{{\"L\":\"{word}\""));
        words.iter().any(level)
    };
    let wanted: Vec<&str> = all.iter().filter(is).copied().collect();
    let found = around(reader, &warnings, None, 2000, 0);
    assert!(wanted.len() > 3 && found.from_ms.is_none());
    assert_eq!((found.lines.len(), stretch(&wanted, &found.lines)), (wanted.len(), 0));
}

#[test]
fn wrapped_logs_are_looked_through_like_plain_ones() {
    let Some(corpus) = corpus() else { return };
    for dialect in ["v145-caller", "v162-json"] {
        let plain = inflated(&corpus.join(format!("wrapped/plain.{dialect}.log.gz")));
        let plain = String::from_utf8(plain).unwrap();
        let all: Vec<&str> = plain.lines().collect();
        let first = all.iter().find_map(|line| time(line)).unwrap();
        let last = all.iter().rev().find_map(|line| time(line)).unwrap();
        for file in common::files(&corpus.join("wrapped"), |name| {
            name.contains(dialect) && !name.starts_with("plain")
        }) {
            let dir = tempfile::tempdir().unwrap();
            let log = dir.path().join("node.log");
            std::fs::write(&log, inflated(&file)).unwrap();
            let reader = follow(&dir.path().join("data"), &log);
            for n in 1..=4 {
                let found = around(
                    &reader,
                    &Filter::default(),
                    Some(first + (last - first) * n / 4),
                    60,
                    20,
                );
                let messages = |line: &LogLine| (line.level.clone(), line.message.clone());
                let shown: Vec<_> = found.lines.iter().map(messages).collect();
                let fits = |at: &usize| {
                    shown.iter().zip(&all[*at..]).all(|((level, message), raw)| {
                        raw.contains(level) && raw.contains(message.split('"').next().unwrap())
                    })
                };
                let some = (0..=all.len().saturating_sub(shown.len())).find(fits);
                assert!(
                    some.is_some_and(|at| at == 0 || found.before == 60),
                    "{} {n}: {shown:?}",
                    file.display()
                );
            }
        }
    }
}

#[test]
fn hostile_lines_are_bounded_and_half_lines_wait() {
    let dir = tempfile::tempdir().unwrap();
    let log = dir.path().join("node.log");
    let mut text = String::new();
    for n in 0..20 {
        text += &format!("2026-08-20T06:00:{n:02}Z\tINFO\tpiecestore\tuploaded\t{{\"size\": {n}}}\n");
    }
    text += &format!(
        "2026-08-20T06:00:20Z\tERROR\tx\t\u{1b}[2J{}\t{{\"a\": \"\u{1b}]0;x\u{7}{}\"}}\n",
        "m".repeat(100_000),
        "y".repeat(1 << 20)
    );
    text += &"\u{0}\u{1b}[31m".repeat(100_000);
    text += "\n2026-08-20T06:00:21Z\tINFO\tpiecestore\tuploaded\t{\"size\": 21}\n2026-08-20T06:00:22Z\tINFO\tpie";
    std::fs::write(&log, &text).unwrap();
    let reader = follow(&dir.path().join("data"), &log);
    let found = around(&reader, &Filter::default(), None, 10, 10);
    assert_eq!((found.lines.len(), found.before), (10, 10));
    assert!(
        found
            .lines
            .iter()
            .all(|line| line.rest.len() + line.message.len() < 40_000)
    );
    assert!(found.lines[9].rest.contains("21"), "the half line is not told");
    let long = found.lines.iter().find(|line| line.level == "ERROR").unwrap();
    let told = explain::line(&reader, long).unwrap();
    assert!(told.raw.unwrap().len() <= 64 << 10);
    // A place nobody wrote to, and a file that is none of the node's: nothing is read there.
    for (path, offset) in [(log.display().to_string(), 7), ("/etc/passwd".to_owned(), 0)] {
        let mut line = long.clone();
        line.place = Some(storj_monitor::api::line::Place { path, offset });
        assert_eq!(explain::line(&reader, &line).unwrap().raw, None);
    }
    let nobody = Filter {
        nodes: vec!["moon".to_owned()],
        ..Filter::default()
    };
    assert!(around(&reader, &nobody, None, 1, 1).notes[0].contains("moon"));
    std::fs::remove_file(&log).unwrap();
    assert!(around(&reader, &Filter::default(), None, 1, 1).notes[0].contains("not there"));
}

#[test]
fn a_failed_audit_is_explained_by_what_is_known_around_it() {
    let Some(corpus) = corpus() else { return };
    let dir = tempfile::tempdir().unwrap();
    let log = dir.path().join("node.log");
    std::fs::write(&log, inflated(&corpus.join("v162-debug/node.log.gz"))).unwrap();
    let reader = follow(&dir.path().join("data"), &log);
    let audits = Filter {
        level: Some("ERROR".to_owned()),
        action: Some("GET_AUDIT".to_owned()),
        regex: Some("file does not exist".to_owned()),
        ..Filter::default()
    };
    let found = around(&reader, &audits, None, 500, 0);
    assert!(found.lines.len() > 20 && found.lines.iter().all(|line| line.gravity == Gravity::Grave));
    let line = found.lines.last().unwrap();
    let told = explain::line(&reader, line).unwrap();
    assert_eq!(told.counted, Some((Outcome::Failed, "missing_piece".to_owned())));
    assert!(told.means[0].contains("disqualify") && told.act[0].contains("stop the node"));
    assert!(told.streak.unwrap() >= 1);
    let error = told.error.unwrap();
    assert!(
        error.count as usize >= found.lines.len() / 2 && error.first_ms < error.last_ms,
        "{error:?}"
    );
    let piece = told.piece.unwrap();
    assert!(piece.failed >= 1 && piece.kept_from_ms.is_some());
    assert!(told.raw.unwrap().contains("errorVerbose"));
    // A piece that was read before it was lost, somewhere among them.
    let stories = found
        .lines
        .iter()
        .map(|line| explain::line(&reader, line).unwrap().piece.unwrap());
    assert!(
        stories
            .into_iter()
            .any(|story| story.uploaded_ms.is_some() && story.last_read_ms.is_some())
    );
}

fn lines(link: &Link, id: u64, enough: impl Fn(&[LogLine], u64) -> bool) -> (Vec<LogLine>, u64) {
    let (mut lines, mut all) = (Vec::new(), 0);
    let end = Instant::now() + PATIENCE;
    while !enough(&lines, all) {
        match link.receive(Some(end)).unwrap() {
            Some(Message::Lines {
                id: of,
                lines: more,
                looked,
                ..
            }) if of == id => {
                lines.extend(more);
                all += looked;
            }
            Some(_) => {}
            None => panic!("only {} lines of {all}", lines.len()),
        }
    }
    (lines, all)
}

#[test]
fn a_viewer_gets_the_lines_it_asked_for_and_is_told_what_cannot_be_asked() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let mut node = Node::new(dir.path(), 71);
    node.write(100);
    let collector = Running::start(&data, &node.log());
    collector.wait_for("ready");
    let mut link = socket::connect(&data).unwrap();
    let bad = Filter {
        regex: Some("(".to_owned()),
        ..Filter::default()
    };
    link.send(Request::Subscribe { id: 7, filter: bad }).unwrap();
    let end = Instant::now() + PATIENCE;
    let error = loop {
        if let Some(Message::Answer { id: 7, answer }) = link.receive(Some(end)).unwrap() {
            break answer.unwrap_err();
        }
    };
    assert!(
        error.contains("unclosed group") && error.lines().count() == 1,
        "{error}"
    );
    let piece = common::node::piece(150);
    let filter = Filter {
        piece: Some(piece.clone()),
        ..Filter::default()
    };
    link.send(Request::Subscribe {
        id: 8,
        filter: filter.clone(),
    })
    .unwrap();
    // Its answer says that the subscription was heard.
    let ask = Query::Log {
        filter: Filter::default(),
        at_ms: None,
        before: 50,
        after: 0,
    };
    let Ok(Answer::Log(past)) = link.ask(ask, PATIENCE) else {
        panic!("no lines");
    };
    assert_eq!((past.lines.len(), past.before), (50, 50));
    node.write(100);
    // How many were looked at is told, though nothing more fits.
    let (found, looked) = lines(&link, 8, |found, looked| !found.is_empty() && looked > 0);
    assert!(found.len() == 1 && found[0].rest.contains(&piece) && looked <= 100);
    std::thread::sleep(Duration::from_millis(1100));
    node.write(100);
    let (none, _) = lines(&link, 8, |_, looked| looked >= 50);
    assert!(none.is_empty());
    // The same line, live and from the file, is the same.
    let ask = Query::Log {
        filter,
        at_ms: None,
        before: 5,
        after: 0,
    };
    let Ok(Answer::Log(past)) = link.ask(ask, PATIENCE) else {
        panic!("no lines");
    };
    assert_eq!(past.lines, found);
    let Ok(Answer::Line(told)) = link.ask(Query::Line(Box::new(found[0].clone())), PATIENCE) else {
        panic!("no explanation");
    };
    assert_eq!((told.gravity, told.streak), (Gravity::Routine, None));
    assert!(told.raw.unwrap().contains(&piece));
    node.file.flush().unwrap();
    collector.stop();
}
