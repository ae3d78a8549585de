//! What the Pro Monitor kept is taken over: once, without what was known better, with its mistakes named.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::path::{Path, PathBuf};

use common::{json, program, run, stdout};
use rusqlite::{Connection, params};

const US1: &str = "12EayRS2V1kEsWESU9QMRseFhdxYxKicsiFmxrsLZHeLUtdps3S";

/// Its tables, as it makes them.
fn old(dir: &Path) -> (PathBuf, Connection) {
    let path = dir.join("storagenode_monitor.db");
    let connection = Connection::open(&path).unwrap();
    connection
        .execute_batch(
            "CREATE TABLE events (id INTEGER PRIMARY KEY, timestamp TEXT, action TEXT, status TEXT, size INTEGER,
                 piece_id TEXT, satellite_id TEXT, remote_ip TEXT, country TEXT, latitude REAL, longitude REAL,
                 error_reason TEXT, node_name TEXT, duration_ms INTEGER);
             CREATE TABLE hourly_stats (hour_timestamp TEXT, node_name TEXT, dl_success INTEGER DEFAULT 0,
                 dl_fail INTEGER DEFAULT 0, ul_success INTEGER DEFAULT 0, ul_fail INTEGER DEFAULT 0,
                 audit_success INTEGER DEFAULT 0, audit_fail INTEGER DEFAULT 0, total_download_size INTEGER DEFAULT 0,
                 total_upload_size INTEGER DEFAULT 0, PRIMARY KEY (hour_timestamp, node_name));
             CREATE TABLE hashstore_compaction_history (node_name TEXT, satellite TEXT, store TEXT, last_run_iso TEXT,
                 duration REAL, data_reclaimed_bytes INTEGER, data_rewritten_bytes INTEGER, table_load REAL,
                 trash_percent REAL, PRIMARY KEY (node_name, satellite, store, last_run_iso));
             CREATE TABLE storage_snapshots (id INTEGER PRIMARY KEY, timestamp TEXT, node_name TEXT, total_bytes INTEGER,
                 used_bytes INTEGER, available_bytes INTEGER, trash_bytes INTEGER, used_percent REAL);
             CREATE TABLE earnings_estimates (id INTEGER PRIMARY KEY, node_name TEXT);
             INSERT INTO earnings_estimates (node_name) VALUES ('attic'), ('attic');",
        )
        .unwrap();
    (path, connection)
}

fn event(connection: &Connection, time: &str, action: &str, status: &str, size: i64, n: u64) {
    let reason = (status != "success").then_some("write: \"broken pipe\"\t\n\u{1b}[31m");
    connection
        .execute(
            "INSERT INTO events (timestamp, action, status, size, piece_id, satellite_id, remote_ip, error_reason, node_name,
                 duration_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6, '10.1.2.3', ?7, 'attic', 12)",
            params![time, action, status, size, common::node::piece(n), US1, reason],
        )
        .unwrap();
}

/// Transfers of ten minutes, two hours before them by sums, a compaction, a disk that fills.
fn filled(dir: &Path) -> PathBuf {
    let (path, connection) = old(dir);
    for n in 0..20 {
        let time = format!("2026-08-20T06:{:02}:00.25+00:00", n / 2);
        let (action, status) = [
            ("PUT", "success"),
            ("GET", "success"),
            ("GET", "canceled"),
            ("GET_AUDIT", "success"),
        ][n % 4];
        event(&connection, &time, action, status, 1000 + n as i64, n as u64);
    }
    event(&connection, "2026-08-20T06:10:00+00:00", "GET", "failed", 7, 100);
    event(&connection, "yesterday", "GET", "success", 7, 101);
    event(&connection, "2026-08-20T06:11:00+00:00", "GET", "pending", 7, 102);
    connection
        .execute_batch(
            "INSERT INTO hourly_stats VALUES ('2026-08-20T04:00:00+00:00', 'attic', 5, 1, 7, 2, 3, 1, 5000, 7000),
                 ('2026-08-20T04:00:00.000Z', 'attic', 4, 1, 6, 2, 3, 1, 4000, 6000),
                 ('2026-08-20T05:00:00+00:00', 'attic', 1, 0, 0, 0, 0, 0, 10, 0),
                 ('2026-08-20T06:00:00+00:00', 'attic', 9, 9, 9, 9, 9, 9, 9, 9);
             INSERT INTO hashstore_compaction_history VALUES
                 ('attic', '12EayRS2V1kEsWESU9QMRseFhdxYxKicsiFmxrsLZHeLUtdps3S', 's0', '2026-08-20T06:05:30+00:00', 90.5,
                  4000000, 3000000, 41.8, 6.9);",
        )
        .unwrap();
    for n in 0..30 {
        connection
            .execute(
                "INSERT INTO storage_snapshots (timestamp, node_name, total_bytes, used_bytes, trash_bytes)
                 VALUES (?1, 'attic', ?2, ?3, 100)",
                params![
                    format!("2026-08-20T{:02}:{:02}:00+00:00", n / 10, n % 10 * 5),
                    9_000_000 - n * 10,
                    1_000_000 + n * 10
                ],
            )
            .unwrap();
    }
    path
}

#[test]
fn it_is_taken_once_and_its_mistakes_are_named() {
    let dir = tempfile::tempdir().unwrap();
    let path = filled(dir.path());
    let before = std::fs::read(&path).unwrap();
    let data = dir.path().join("data");
    let import = ["import", "pro-monitor", path.to_str().unwrap(), "--json"];
    let first = json(&data, &import);
    let node = &first["nodes"][0];
    for (key, value) in [
        ("transfers", 21),
        ("compactions", 1),
        ("new", 23),
        ("before", 0),
        ("known_better", 0),
        ("unreadable", 2),
        ("hours", 2),
        ("disk_hours", 3),
    ] {
        assert_eq!(node[key], value, "{key}: {first:#}");
    }
    assert_eq!(first["not_taken"][0]["rows"], 2);
    let traffic = |by: &str| stdout(&data, &["export", "traffic", "--by", by]);
    let whole = traffic("hour,action,outcome");
    let rows: Vec<&str> = whole.lines().skip(1).collect();
    for row in [
        // The fuller one of two spellings, and what is not known of why.
        "2026-08-20T04:00:00Z,GET,success,5,5000",
        "2026-08-20T04:00:00Z,GET,canceled,1,0",
        "2026-08-20T04:00:00Z,GET_AUDIT,canceled,1,0",
        "2026-08-20T05:00:00Z,GET,success,1,10",
        "2026-08-20T06:00:00Z,PUT,success,5,5040",
        "2026-08-20T06:00:00Z,GET,canceled,5,5050",
        "2026-08-20T06:00:00Z,GET,failed,1,7",
    ] {
        assert!(rows.contains(&row), "{row} is not in\n{whole}");
    }
    assert!(
        !whole.contains("T06:00:00Z,PUT,canceled"),
        "its sums count where transfers are not known only"
    );
    let runs = stdout(&data, &["export", "maintenance"]);
    assert!(
        runs.contains("attic,compaction,") && runs.contains("2026-08-20T06:05:30Z,done"),
        "{runs}"
    );
    let disks = stdout(&data, &["export", "storage"]);
    assert!(
        disks.contains("2026-08-20T02:45:00Z,attic,,1000290,8999710,100"),
        "{disks}"
    );
    // Once.
    let again = json(&data, &import);
    let node = &again["nodes"][0];
    assert_eq!((&node["new"], &node["before"]), (&0.into(), &23.into()), "{again}");
    assert_eq!((&node["hours"], &node["disk_hours"]), (&0.into(), &0.into()), "{again}");
    assert_eq!(traffic("hour,action,outcome"), whole);
    // Only read; nothing is left beside it; what is foreign steers no terminal.
    assert_eq!(std::fs::read(&path).unwrap(), before);
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 2);
    let said = run(&data, &import[..3]);
    let text = String::from_utf8(said.stdout).unwrap();
    assert!(
        text.contains("lost races for successes") && !text.contains('\u{1b}'),
        "{text}"
    );
}

#[test]
fn what_a_log_told_is_not_counted_again() {
    let dir = tempfile::tempdir().unwrap();
    let path = filled(dir.path());
    let data = dir.path().join("data");
    let line = |minute: u32, n: u64| {
        format!(
            "2026-08-20T06:{minute:02}:00Z\tINFO\tpiecestore\tuploaded\t{{\"piece_id\": \"{}\", \"satellite_id\": \"{US1}\", \"action\": \"PUT\", \"remote_address\": \"10.1.2.3:99\", \"size\": 1000}}\n",
            common::node::piece(n)
        )
    };
    let log = dir.path().join("node.log");
    std::fs::write(
        &log,
        (5..10)
            .map(|minute| line(minute, u64::from(minute)))
            .collect::<String>(),
    )
    .unwrap();
    stdout(&data, &["ingest", "barn", log.to_str().unwrap()]);
    let answer = json(
        &data,
        &[
            "import",
            "pro-monitor",
            path.to_str().unwrap(),
            "--as",
            "attic=barn",
            "--json",
        ],
    );
    let node = &answer["nodes"][0];
    assert!(node["known_better"].as_u64().unwrap() >= 6, "{answer}");
    assert_eq!(
        node["new"].as_u64().unwrap() + node["known_better"].as_u64().unwrap(),
        23,
        "{answer}"
    );
    let traffic = stdout(&data, &["export", "traffic", "--by", "node,hour"]);
    assert!(traffic.contains("barn,2026-08-20T04:00:00Z"), "{traffic}");
    assert!(!traffic.contains("attic"), "{traffic}");
}

#[test]
fn sums_give_way_to_lines_that_come_later() {
    let dir = tempfile::tempdir().unwrap();
    let path = filled(dir.path());
    let data = dir.path().join("data");
    stdout(&data, &["import", "pro-monitor", path.to_str().unwrap()]);
    let line = format!(
        "2026-08-20T04:10:00Z\tINFO\tpiecestore\tuploaded\t{{\"piece_id\": \"{}\", \"satellite_id\": \"{US1}\", \"action\": \"PUT\", \"remote_address\": \"10.1.2.3:99\", \"size\": 1000}}\n",
        common::node::piece(7)
    );
    let log = dir.path().join("node.log");
    std::fs::write(&log, line).unwrap();
    stdout(&data, &["ingest", "attic", log.to_str().unwrap()]);
    let hours = stdout(
        &data,
        &[
            "export",
            "traffic",
            "--by",
            "hour,action,outcome",
            "--to",
            "2026-08-20T06:00:00Z",
        ],
    );
    let rows: Vec<&str> = hours.lines().skip(1).collect();
    assert_eq!(
        rows,
        [
            "2026-08-20T04:00:00Z,PUT,success,1,1000",
            "2026-08-20T05:00:00Z,GET,success,1,10"
        ],
        "{hours}"
    );
    let day = stdout(&data, &["export", "traffic", "--by", "day,action,outcome"]);
    assert!(day.contains("2026-08-20T00:00:00Z,PUT,success,6,6040"), "{day}");
    assert!(run(&data, &["db", "check"]).status.success());
    // And the old monitor's sums do not come back.
    let again = json(&data, &["import", "pro-monitor", path.to_str().unwrap(), "--json"]);
    assert_eq!(again["nodes"][0]["hours"], 0, "{again}");
}

#[test]
fn what_is_no_such_database_is_said_so() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let (empty, connection) = old(dir.path());
    drop(connection);
    let other = dir.path().join("other.db");
    Connection::open(&other)
        .unwrap()
        .execute_batch("CREATE TABLE t (x)")
        .unwrap();
    let text = dir.path().join("text.db");
    std::fs::write(
        &text,
        "no database at all, but long enough to be read as one".repeat(40),
    )
    .unwrap();
    for (path, words, code) in [
        (dir.path().join("none.db"), "none.db: No such file", 1),
        (other, "no database of the Pro Monitor", 1),
        (text, "file is not a database", 1),
        (empty, "no node is in it", 2),
    ] {
        let output = program(&data)
            .arg("import")
            .arg("pro-monitor")
            .arg(&path)
            .output()
            .unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains(words), "{}: {said}", path.display());
        assert_eq!((output.status.code(), said.lines().count()), (Some(code), 1), "{said}");
    }
}
