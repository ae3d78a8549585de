//! What surrounds nodes: audits that wait are seen, disks of this host are found and judged, and nothing is written
//! there.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::path::Path;
use std::time::{Duration, Instant};

use common::node::Running;
use common::{json, stdout};
use serde_json::{Value, json};
use storj_monitor::api::disks::HostDisk;
use storj_monitor::api::message::{Answer, Query};
use storj_monitor::collector::hub::Hub;
use storj_monitor::domain::host::{
    Counted, DiskLook, Hashstore, Load, Metrics, Mounted, Moving, Room, Seen, Sight, Smart, Waiting,
};
use storj_monitor::domain::task::progress::Progress;
use storj_monitor::store::writer::Writer;

fn status(data: &Path) -> Value {
    json(data, &["status", "--json"])["nodes"][0].clone()
}

fn rules(node: &Value) -> Vec<&str> {
    let reasons = node["reasons"].as_array().unwrap().iter();
    reasons.map(|reason| reason["rule"].as_str().unwrap()).collect()
}

const NOW: i64 = 1_790_000_000_000;
const MINUTE: i64 = 60_000;

fn keep(data: &Path, seen: &[Seen]) {
    let mut writer = Writer::open(data).unwrap();
    for (node, ..) in seen {
        writer.node(node).unwrap();
    }
    let names: Vec<String> = seen.iter().map(|(node, ..)| node.clone()).collect();
    writer.watch_only(&names, NOW - 90 * MINUTE).unwrap();
    writer.looked(&names, NOW).unwrap();
    writer.surround(seen).unwrap();
}

fn at(data: &Path, now_ms: i64) -> Value {
    let query = Query::Status {
        nodes: vec!["n".to_owned()],
        at_ms: Some(now_ms),
    };
    match Hub::alone(data).answer(&query).unwrap() {
        Answer::Status(status) => serde_json::to_value(&status.nodes[0]).unwrap(),
        other => panic!("{other:?}"),
    }
}

fn disks(data: &Path, nodes: &[&str], now_ms: i64) -> Vec<HostDisk> {
    let query = Query::Disks {
        nodes: nodes.iter().map(|name| (*name).to_owned()).collect(),
        at_ms: Some(now_ms),
    };
    match Hub::alone(data).answer(&query).unwrap() {
        Answer::Disks(disks) => disks,
        other => panic!("{other:?}"),
    }
}

fn audits(started: u64, ended: u64) -> Sight {
    let audits = Counted {
        started,
        success: ended,
        ..Counted::default()
    };
    Sight::Metrics(Ok(Box::new(Metrics {
        downloads: [("GET_AUDIT".to_owned(), audits)].into(),
        ..Metrics::default()
    })))
}

#[test]
fn an_audit_that_waits_is_a_warning_and_then_critical() {
    let data = tempfile::tempdir().unwrap();
    let begun = NOW - 5 * MINUTE;
    let mut seen: Vec<Seen> = (-60..0)
        .map(|n| ("n".to_owned(), begun + n * 20_000, audits(100, 100)))
        .collect();
    seen.extend((0..15).map(|n| ("n".to_owned(), begun + n * 20_000, audits(101, 100))));
    keep(data.path(), &seen);
    let waits = |after_s: i64| {
        let node = at(data.path(), begun + after_s * 1000);
        let found = rules(&node).contains(&"audits_wait");
        (
            node["pending_audits"]["oldest_s"].as_i64(),
            found.then(|| node["state"].as_str().unwrap().to_owned()),
        )
    };
    assert_eq!(waits(-10), (None, None));
    assert_eq!(waits(50), (Some(40), None));
    assert_eq!(waits(70), (Some(60), Some("warning".to_owned())));
    assert_eq!(waits(190), (Some(180), Some("critical".to_owned())));
    // Nobody has looked for a while: nothing is known.
    assert_eq!(waits(280 + 200), (None, None));
    // The log knows better.
    let log = |waits| vec![("n".to_owned(), NOW, Sight::Audits(waits))];
    keep(
        data.path(),
        &log(Waiting {
            count: 3,
            oldest_ms: Some(NOW - 61_000),
        }),
    );
    let node = at(data.path(), NOW);
    let pending = &node["pending_audits"];
    assert_eq!(
        (&pending["count"], &pending["oldest_s"], &pending["source"]),
        (&json!(3), &json!(61), &json!("log"))
    );
    let text = node["reasons"][0]["text"].as_str().unwrap();
    assert!(
        text.starts_with("3 audits wait, the oldest for 61 s: the satellite gives up"),
        "{text}"
    );
}

#[test]
fn a_debug_log_tells_how_long_an_audit_waits() {
    let data = tempfile::tempdir().unwrap();
    let log = data.path().join("node.log");
    let line = |ago_s: i64, message: &str, piece: char| {
        let time = jiff::Timestamp::now() - jiff::Span::new().seconds(ago_s);
        let level = if message == "downloaded" { "INFO" } else { "DEBUG" };
        format!(
            "{}\t{level}\tpiecestore\t{message}\t{{\"Piece ID\": \"{}\", \"Satellite ID\": \"12EayRS2V1kEsWESU9QMRseFhdxYxKicsiFmxrsLZHeLUtdps3S\", \"Action\": \"GET_AUDIT\", \"Offset\": 0, \"Size\": 256, \"Remote Address\": \"10.0.0.1:1\"}}\n",
            time.strftime("%Y-%m-%dT%H:%M:%SZ"),
            piece.to_string().repeat(52)
        )
    };
    let text = [
        line(300, "download started", 'A'),
        line(299, "downloaded", 'A'),
        line(200, "download started", 'B'),
        line(100, "download started", 'C'),
        line(99, "downloaded", 'C'),
    ];
    std::fs::write(&log, text.concat()).unwrap();
    let running = Running::start(data.path(), &log);
    running.wait_for("ready");
    let end = Instant::now() + Duration::from_secs(20);
    let node = loop {
        let node = status(data.path());
        if node["pending_audits"]["count"] == json!(1) || Instant::now() > end {
            break node;
        }
        std::thread::sleep(Duration::from_millis(200));
    };
    drop(running);
    let age = node["pending_audits"]["oldest_s"].as_i64().unwrap();
    assert!((195..260).contains(&age), "{node}");
    assert_eq!((&node["state"], rules(&node)[0]), (&json!("critical"), "audits_wait"));
}

#[test]
fn an_ingested_log_tells_of_audits_that_waited_as_of_then() {
    let data = tempfile::tempdir().unwrap();
    let log = data.path().join("old.log");
    let begun = NOW - 90 * MINUTE;
    let line = |second: i64, message: &str, action: &str, n: u32| {
        let time = jiff::Timestamp::from_millisecond(begun + second * 1000).unwrap();
        let level = if message == "downloaded" { "INFO" } else { "DEBUG" };
        format!(
            "{}\t{level}\tpiecestore\t{message}\t{{\"Piece ID\": \"{:A>52}\", \"Satellite ID\": \"12EayRS2V1kEsWESU9QMRseFhdxYxKicsiFmxrsLZHeLUtdps3S\", \"Action\": \"{action}\", \"Offset\": 0, \"Size\": 256, \"Remote Address\": \"10.0.0.1:1\"}}\n",
            time.strftime("%Y-%m-%dT%H:%M:%SZ"),
            char::from(b'B' + (n % 20) as u8)
        )
    };
    let mut text = line(0, "download started", "GET_AUDIT", 0);
    for n in 1..60 {
        text += &line(n * 10, "download started", "GET", 1 + n as u32 % 18);
        text += &line(n * 10 + 1, "downloaded", "GET", 1 + n as u32 % 18);
        if n == 40 {
            text += &line(n * 10 + 2, "downloaded", "GET_AUDIT", 0);
        }
    }
    std::fs::write(&log, text).unwrap();
    common::stdout(data.path(), &["ingest", "n", log.to_str().unwrap()]);
    let waits = |second: i64| {
        let time = jiff::Timestamp::from_millisecond(begun + second * 1000).unwrap();
        let all = common::json(data.path(), &["status", "--json", "--at", &time.to_string()]);
        all["nodes"][0]["pending_audits"]["oldest_s"].as_i64()
    };
    assert_eq!([70, 300, 450].map(waits), [Some(70), Some(300), None]);
}

fn look(node: &str, n: i64, source: &str, change: impl FnOnce(&mut DiskLook)) -> Seen {
    let mut look = DiskLook {
        folder: format!("/mnt/{node}").into(),
        mounted: Mounted {
            source: source.to_owned(),
            uuid: None,
            mount: "/mnt".to_owned(),
            fs: "ext4".to_owned(),
            read_only: false,
            disk: Some("sdb".to_owned()),
        },
        room: Some(Room {
            size: 12_000_000_000_000,
            free: 6_000_000_000_000,
        }),
        load: Some(Load {
            busy: 0.25,
            await_ms: Some(10.0),
            read: 1e6,
            write: 2e6,
        }),
        smart: None,
    };
    change(&mut look);
    (node.to_owned(), NOW + n * 20_000, Sight::Disk(Ok(Box::new(look))))
}

#[test]
fn nodes_on_one_file_system_are_on_one_disk() {
    let data = tempfile::tempdir().unwrap();
    let mut seen = Vec::new();
    for n in -30..=0 {
        seen.push(look("n", n, "/dev/sdb1", |look| {
            if n == -20 {
                look.load.as_mut().unwrap().await_ms = Some(900.0);
            }
        }));
        seen.push(look("m", n, "/dev/sdb1", |_| {}));
    }
    seen.push(look("x", 0, "tmpfs", |look| {
        (look.mounted.disk, look.load) = (None, None)
    }));
    seen.push((
        "y".to_owned(),
        NOW,
        Sight::Disk(Err("/mnt/y: No such file or directory".to_owned())),
    ));
    keep(data.path(), &seen);
    let all = disks(data.path(), &[], NOW + 1000);
    let names: Vec<_> = all.iter().map(|disk| disk.name.as_deref()).collect();
    assert_eq!(names, [Some("/dev/sdb1"), Some("tmpfs"), None]);
    let on: Vec<_> = all[0].nodes.iter().map(|on| on.node.as_str()).collect();
    assert_eq!(on, ["m", "n"]);
    let (await_ms, busy) = (all[0].await_ms, all[0].busy);
    assert_eq!((await_ms.now, await_ms.usual), (Some(10.0), Some(10.0)));
    assert_eq!(await_ms.worst, Some((900.0, NOW - 400_000)));
    assert_eq!((busy.usual, all[0].free), (Some(0.25), Some(6_000_000_000_000)));
    assert_eq!(all[1].busy.now, None, "a disk without counters is unknown, not idle");
    assert!(all[2].nodes[0].error.as_ref().unwrap().contains("No such file"));
    assert_eq!(disks(data.path(), &["m"], NOW + 1000)[0].nodes.len(), 2);
    // Long after, it is told with its age, and judged no more.
    let later = disks(data.path(), &["n"], NOW + 60 * MINUTE);
    assert_eq!(
        (later[0].busy.now, later[0].busy.usual, later[0].seen_ms),
        (None, Some(0.25), Some(NOW))
    );
    assert_eq!(later[0].nodes.len(), 2);
    assert!(
        disks(data.path(), &[], NOW - 60 * MINUTE).is_empty(),
        "nobody had looked yet"
    );
}

/// What is told of work under way.
fn progress(data: &Path, at_ms: i64) -> Vec<Progress> {
    let query = Query::Progress {
        nodes: Vec::new(),
        at_ms: Some(at_ms),
    };
    match Hub::alone(data).answer(&query).unwrap() {
        Answer::Progress(told) => told,
        other => panic!("{other:?}"),
    }
}

#[test]
fn counters_tell_how_far_compactions_and_migrations_are_then_and_now() {
    let data = tempfile::tempdir().unwrap();
    let told = |minutes: i64, compacting: bool, (moved, folders_left): (u64, u64)| {
        let store = Hashstore {
            satellite_id: "a".to_owned(),
            store: Some("s0".to_owned()),
            compacting: Some(compacting),
            records: Some(1000),
            processed: Some(250),
            remaining_s: Some(90.0),
            free_required: Some(7_000_000_000_000),
            ..Hashstore::default()
        };
        let moving = Moving {
            satellite_id: "a".to_owned(),
            moved: Some(moved),
            folders_left: Some(folders_left),
            ..Moving::default()
        };
        let metrics = Metrics {
            hashstores: vec![store],
            moving: vec![moving],
            ..Metrics::default()
        };
        (
            "n".to_owned(),
            NOW + minutes * MINUTE,
            Sight::Metrics(Ok(Box::new(metrics))),
        )
    };
    let seen = [
        told(-360, false, (0, 1000)),
        told(0, true, (6_000, 700)),
        look("n", 0, "/dev/sdb1", |_| {}),
    ];
    keep(data.path(), &seen);
    let now = progress(data.path(), NOW + 1000);
    let [compaction, migration] = now.as_slice() else {
        panic!("{now:?}")
    };
    assert_eq!(
        (compaction.share(), compaction.ends_ms(), compaction.is_own_guess),
        (Some(0.25), Some(NOW + 90_000), true)
    );
    assert_eq!(
        (compaction.needed, compaction.free),
        (Some(7_000_000_000_000), Some(6_000_000_000_000))
    );
    assert_eq!((migration.done, migration.pieces_per_hour), (Some(324), Some(1000)));
    assert_eq!(migration.left_ms, Some(700 * 360 * 60_000 / 300));
    assert!(
        progress(data.path(), NOW + 61 * MINUTE).is_empty(),
        "that is too long ago"
    );
}

#[test]
fn each_node_has_its_own_mount_of_a_disk_they_share() {
    let data = tempfile::tempdir().unwrap();
    let mut seen = Vec::new();
    for n in -14..=0 {
        seen.push(look("n", n, "/dev/vda", |_| {}));
        seen.push(look("m", n, "/dev/vda", |look| {
            look.mounted.mount = "/srv/bound".to_owned();
            look.mounted.read_only = true;
        }));
    }
    keep(data.path(), &seen);
    let node = at(data.path(), NOW + 1000);
    assert!(!rules(&node).contains(&"disk_read_only"), "{node}");
    assert_eq!(node["around"]["disk"]["mount"], json!("/mnt"));
    let all = disks(data.path(), &[], NOW + 1000);
    assert_eq!((all.len(), all[0].nodes.len()), (1, 2));
    assert_eq!((all[0].mount.as_deref(), all[0].read_only), (Some("/mnt"), Some(false)));
    // What stays as it is costs no row.
    let kept = rusqlite::Connection::open(data.path().join("storj-monitor.db")).unwrap();
    let rows: i64 = kept
        .query_row("SELECT count(*) FROM host_place", [], |row| row.get(0))
        .unwrap();
    assert_eq!(rows, 2);
}

#[test]
fn a_disk_keeps_its_history_when_letters_are_given_anew() {
    let data = tempfile::tempdir().unwrap();
    let of = |node: &str, n: i64, source: &str, uuid: Option<&str>, size: u64| {
        look(node, n, source, |look| {
            look.mounted.uuid = uuid.map(str::to_owned);
            look.room = Some(Room { size, free: size / 2 });
        })
    };
    let (four, eight) = (4_000_000_000_000, 8_000_000_000_000);
    let mut seen = vec![
        of("n", -9, "/dev/sdb1", Some("one"), eight),
        of("m", -9, "/dev/sdc1", Some("two"), eight),
        of("x", -9, "/dev/sdd1", None, four),
        of("y", -9, "/dev/sde1", None, eight),
    ];
    // After a restart each has the other's letter.
    seen.extend([
        of("n", 0, "/dev/sdc1", Some("one"), eight),
        of("m", 0, "/dev/sdb1", Some("two"), eight),
        of("x", 0, "/dev/sde1", None, four),
        of("y", 0, "/dev/sdd1", None, eight),
    ]);
    // It hangs: what it holds is not known, which disk it is is.
    seen.push(look("x", 1, "/dev/sde1", |look| look.room = None));
    keep(data.path(), &seen);
    let reader = storj_monitor::store::Reader::open(data.path()).unwrap();
    let disk = |node: &str, n: i64| reader.place(node, NOW + n * 20_000).unwrap().unwrap().disk.unwrap();
    for node in ["n", "m"] {
        assert_eq!(disk(node, -5), disk(node, 2), "{node}");
    }
    assert_ne!(disk("n", 2), disk("m", 2));
    assert_ne!(disk("x", -5), disk("y", 2), "what had that letter was another disk");
    assert_eq!(disk("x", 0), disk("x", 2));
    let name = disks(data.path(), &["n"], NOW + 1000)[0].name.clone();
    assert_eq!(name.as_deref(), Some("/dev/sdc1"), "people know it by its letter");
}

#[test]
fn counters_tell_a_version_and_what_nodes_were_promised() {
    let data = tempfile::tempdir().unwrap();
    let told = |node: &str, allocated: i64| {
        let mut metrics = Metrics {
            version: Some("v1.142.7".to_owned()),
            ..Metrics::default()
        };
        metrics.bytes.allocated = Some(allocated);
        (node.to_owned(), NOW, Sight::Metrics(Ok(Box::new(metrics))))
    };
    let mut seen = vec![told("n", 7_000_000_000_000), told("m", 6_000_000_000_000)];
    seen.extend(["n", "m"].map(|node| look(node, 0, "/dev/sdb1", |_| {})));
    keep(data.path(), &seen);
    let node = at(data.path(), NOW + 1000);
    assert_eq!(node["node_version"], json!("v1.142.7"));
    let text = node["reasons"].to_string();
    assert!(
        text.contains("its nodes may use 13.00 TB of the disk /dev/sdb1"),
        "{text}"
    );
    assert_eq!(disks(data.path(), &["n"], NOW)[0].promised, Some(13_000_000_000_000));
    assert_eq!(at(data.path(), NOW + 10 * MINUTE)["node_version"], Value::Null);
}

#[test]
fn disks_in_trouble_are_findings() {
    let find = |change: fn(&mut DiskLook)| {
        let data = tempfile::tempdir().unwrap();
        let seen: Vec<Seen> = (-14..=0).map(|n| look("n", n, "/dev/sdb1", change)).collect();
        keep(data.path(), &seen);
        let node = at(data.path(), NOW + 1000);
        rules(&node).into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(find(|_| {}), ["no_data"]);
    assert_eq!(
        find(|look| look.mounted.read_only = true),
        ["disk_read_only", "no_data"]
    );
    assert_eq!(
        find(|look| look.load.as_mut().unwrap().await_ms = Some(2000.0)),
        ["disk_slow", "no_data"]
    );
    let failing = |look: &mut DiskLook| {
        look.smart = Some(Ok(Smart {
            passed: Some(false),
            ..Smart::default()
        }));
    };
    assert_eq!(find(failing), ["disk_fails", "no_data"]);
}

#[test]
fn two_nodes_that_compact_on_one_disk_are_a_warning() {
    let data = tempfile::tempdir().unwrap();
    for (node, minutes) in [("n", 5), ("m", 3)] {
        let log = data.path().join(format!("{node}.log"));
        let time = jiff::Timestamp::from_millisecond(NOW - minutes * MINUTE).unwrap();
        let stats = "{\"NumLogs\":2,\"LenLogs\":\"128.0 MiB\",\"Table\":{\"NumSet\":9}}";
        let text = format!(
            "{}\tINFO\thashstore\tbeginning compaction\t{{\"satellite\": \"12EayRS2V1kEsWESU9QMRseFhdxYxKicsiFmxrsLZHeLUtdps3S\", \"store\": \"s0\", \"stats\": {stats}}}\n",
            time.strftime("%Y-%m-%dT%H:%M:%SZ")
        );
        std::fs::write(&log, text).unwrap();
        stdout(data.path(), &["ingest", node, log.to_str().unwrap()]);
    }
    let on =
        |source: &str| ["n", "m"].map(|node| look(node, 0, if node == "n" { "/dev/sdb1" } else { source }, |_| {}));
    keep(data.path(), &on("/dev/sdc1"));
    let found = |data: &Path| rules(&at(data, NOW + 1000)).contains(&"compactions");
    assert!(!found(data.path()), "each has its own disk");
    let later = on("/dev/sdb1").map(|(node, time, sight)| (node, time + 500, sight));
    keep(data.path(), &later);
    let node = at(data.path(), NOW + 1000);
    let text = node["reasons"].to_string();
    assert!(text.contains("m and n compact at once on the disk /dev/sdb1"), "{text}");
    let disk = &disks(data.path(), &["n"], NOW + 1000)[0];
    let jobs: Vec<_> = disk
        .jobs
        .iter()
        .map(|doing| (doing.node.as_str(), doing.job.as_str()))
        .collect();
    assert_eq!(jobs, [("n", "compaction"), ("m", "compaction")]);
}
