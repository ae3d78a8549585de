//! A node's databases for tests: unpacked, changed, compared with what its API answered.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime};

use super::common::{inflated, json, stdout};
use serde_json::Value;
use storj_monitor::domain::books::{BlobSpace, Book, Books};
use storj_monitor::domain::detail::MovedDay;

/// A node's databases in a folder of their own, as it left them.
pub fn unpacked(folder: &Path) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let packed = folder.join("db.tar.gz");
    let output = Command::new("tar")
        .args(["xzf", packed.to_str().unwrap(), "--strip-components=1", "-C"])
        .arg(dir.path())
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    dir
}

/// The last good answer of each path, with its time.
pub fn answers(folder: &Path) -> BTreeMap<String, (i64, Value)> {
    let text = String::from_utf8(inflated(&folder.join("api.jsonl.gz"))).unwrap();
    let mut last = BTreeMap::new();
    for line in text.lines() {
        let mut answer: Value = serde_json::from_str(line).unwrap();
        if answer["status"] == 200 {
            let path = answer["path"].as_str().unwrap().to_owned();
            last.insert(path, (ms(&answer["t"]).unwrap(), answer["body"].take()));
        }
    }
    last
}

/// How often each kind of figure was compared.
pub type Compared = BTreeMap<&'static str, usize>;

/// A time as the API writes it.
pub fn ms(time: &Value) -> Option<i64> {
    let time: jiff::Timestamp = time.as_str()?.parse().ok()?;
    Some(time.as_millisecond()).filter(|ms| *ms > 0)
}

pub fn count(compared: &mut Compared, kind: &'static str) {
    *compared.entry(kind).or_default() += 1;
}

pub fn compare_dates(books: &Books, told: &Value, (_, place): (i64, &str), compared: &mut Compared) {
    let id = told["id"].as_str().unwrap();
    let rated = books
        .rated
        .iter()
        .flatten()
        .find(|rated| rated.satellite_id == id)
        .unwrap();
    // What happened between the answer and the copy is in the database only.
    for (key, date) in [
        ("disqualified", rated.disqualified_ms),
        ("suspended", rated.suspended_ms),
    ] {
        if !told[key].is_null() {
            assert_eq!(date, ms(&told[key]), "{place} {key}");
        }
    }
    if told.get("vettedAt").is_some_and(|at| !at.is_null()) {
        assert_eq!(rated.vetted_ms, ms(&told["vettedAt"]), "{place}");
        count(compared, "vetted");
    }
    let known = books
        .trusted
        .iter()
        .flatten()
        .find(|known| known.satellite_id == id)
        .unwrap();
    assert_eq!(known.url, told["url"], "{place}");
    assert_eq!(known.relation.words(), "normal");
    count(compared, "address");
}

pub fn compare_scores(books: &Books, detail: &Value, (told_ms, place): (i64, &str), compared: &mut Compared) {
    let rated = books.rated.iter().flatten();
    let rated = rated
        .into_iter()
        .find(|rated| rated.satellite_id == detail["id"])
        .unwrap();
    let exact = rated.updated_ms.unwrap() <= told_ms;
    let audits = &detail["audits"];
    for (key, score) in [
        ("auditScore", rated.audit.score),
        ("suspensionScore", rated.suspension.score),
        ("onlineScore", rated.online),
    ] {
        let (told, score) = (audits[key].as_f64().unwrap(), score.unwrap());
        // The copy is younger by up to a minute: while the pieces of a node are gone, scores fall that fast.
        assert!(!exact || (told - score).abs() < 1e-12, "{place} {key}: {told} {score}");
        if told == score {
            count(compared, "score the same");
        }
    }
    count(compared, "score");
    if exact {
        count(compared, "score exactly");
    }
    if let (Some(alpha), Some(beta), Some(score)) = (rated.audit.alpha, rated.audit.beta, rated.audit.score) {
        assert!((alpha / (alpha + beta) - score).abs() < 1e-9, "{place}");
    }
    assert!(rated.passed <= rated.audits && rated.audits > Some(100), "{place}");
    assert_eq!(rated.joined_ms, ms(&detail["nodeJoinedAt"]), "{place}");
    count(compared, "joined");
}

/// All windows that were over.
pub fn compare_windows(books: &Books, detail: &Value, place: &str, compared: &mut Compared) {
    let rated = books.rated.iter().flatten();
    let rated = rated
        .into_iter()
        .find(|rated| rated.satellite_id == detail["id"])
        .unwrap();
    let Some(windows) = detail["auditHistory"]["windows"].as_array() else {
        return;
    };
    let over = windows.len().saturating_sub(1);
    for window in &windows[..over] {
        let start = ms(&window["windowStart"]).unwrap();
        // The oldest ones fall out.
        let Some(known) = rated.windows.iter().find(|known| known.start_ms == start) else {
            assert!(rated.windows[0].start_ms > start, "{place} {window}");
            continue;
        };
        let (total, online) = (window["totalCount"].as_u64(), window["onlineCount"].as_u64());
        assert_eq!(
            (Some(known.total.into()), Some(known.online.into())),
            (total, online),
            "{place} {window}"
        );
        count(compared, "window");
    }
}

/// The test's own reading of numbers is no better than that.
pub fn near(a: Option<f64>, b: f64) -> bool {
    (a.unwrap() / b - 1.0).abs() < 1e-9
}

/// All days but the last, which goes on, and those the node made up.
pub fn compare_stored(books: &Books, detail: &Value, place: &str, compared: &mut Compared) {
    let days = detail["storageDaily"].as_array().cloned().unwrap_or_default();
    for told in &days[..days.len().saturating_sub(1)] {
        if told["calculated"] == true {
            continue;
        }
        let start = ms(&told["intervalStart"]).unwrap();
        let mut stored = books.stored.iter().flatten();
        let (_, day) = stored
            .find(|(id, day)| *id == detail["id"] && day.start_ms == start)
            .unwrap_or_else(|| panic!("{place} {told}"));
        assert!(
            near(Some(day.byte_hours), told["atRestTotal"].as_f64().unwrap()),
            "{place} {told}"
        );
        count(compared, "tally");
        let hours = told["intervalInHours"].as_f64().unwrap();
        let by_hour = told.get("calculated").is_none();
        if by_hour && std::ptr::eq(told, &days[0]) {
            // Its eve was not asked for.
            continue;
        }
        if by_hour {
            // Before 1.162 only whole hours count.
            assert!(
                (hours - 0.001..hours + 1.0).contains(&day.hours.unwrap()),
                "{place} {told} {day:?}"
            );
            continue;
        }
        assert!(near(day.hours, hours), "{place} {told} {day:?}");
        let rate = told["atRestTotalBytes"].as_f64().unwrap();
        assert!(near(day.bytes, rate), "{place} {told} {day:?}");
    }
}

/// All days but the last, which the node writes once an hour.
pub fn compare_moved(books: &Books, detail: &Value, place: &str, compared: &mut Compared) {
    let days = detail["bandwidthDaily"].as_array().cloned().unwrap_or_default();
    for told in &days[..days.len().saturating_sub(1)] {
        let bytes = |way: &str, key: &str| told[way][key].as_u64().unwrap();
        let wanted = MovedDay {
            start_ms: ms(&told["intervalStart"]).unwrap(),
            egress: bytes("egress", "usage"),
            egress_repair: bytes("egress", "repair"),
            egress_audit: bytes("egress", "audit"),
            ingress: bytes("ingress", "usage"),
            ingress_repair: bytes("ingress", "repair"),
        };
        let mut moved = books.moved.iter().flatten();
        let found = moved.find(|(id, day)| *id == detail["id"] && day.start_ms == wanted.start_ms);
        assert_eq!(found.map(|(_, day)| *day), Some(wanted), "{place}");
        count(compared, "moved");
    }
}

pub fn compare_prices(books: &Books, told: &Value, compared: &mut Compared) {
    let mut prices = books.money.prices.iter().flatten();
    let (_, prices) = prices.find(|(id, _)| *id == told["satelliteID"]).unwrap();
    let wanted = ["diskSpace", "egressBandwidth", "repairBandwidth", "auditBandwidth"].map(|key| told[key].as_i64());
    let known = [prices.disk, prices.egress, prices.repair, prices.audit];
    assert_eq!(known.map(Some), wanted);
    count(compared, "price");
}

pub fn compare_paystubs(books: &Books, body: &Value, compared: &mut Compared) {
    let (paystubs, _) = books.money.settled.as_ref().unwrap();
    for told in body.as_array().into_iter().flatten() {
        let period = told["period"].as_str().unwrap();
        let same = paystubs
            .iter()
            .find(|stub| stub.satellite_id == told["satelliteId"] && stub.period.to_string() == period);
        let stub = same.unwrap();
        assert_eq!(stub.created_ms, ms(&told["created"]));
        assert_eq!(stub.codes, told["codes"]);
        let told_rest = told["usageAtRest"].as_f64().unwrap();
        assert!((stub.byte_hours / 720.0 / told_rest.max(1e-9) - 1.0).abs() < 1e-9 || told_rest == 0.0);
        for (key, bytes) in [
            ("usageGet", stub.get),
            ("usagePut", stub.put),
            ("usageGetRepair", stub.get_repair),
            ("usagePutRepair", stub.put_repair),
            ("usageGetAudit", stub.get_audit),
        ] {
            assert_eq!(told[key], bytes, "{period} {key}");
        }
        for (key, amount) in [
            ("compAtRest", stub.for_storage),
            ("compGet", stub.for_get),
            ("compPut", stub.for_put),
            ("compGetRepair", stub.for_get_repair),
            ("compPutRepair", stub.for_put_repair),
            ("compGetAudit", stub.for_get_audit),
            ("held", stub.held),
            ("owed", stub.owed),
            ("disposed", stub.disposed),
            ("paid", stub.paid),
            ("distributed", stub.distributed),
        ] {
            assert_eq!(told[key], amount.0, "{period} {key}");
        }
        count(compared, "paystub");
    }
}

pub fn compare_payments(books: &Books, month: &str, body: &Value, compared: &mut Compared) {
    let (_, payments) = books.money.settled.as_ref().unwrap();
    for told in body.as_array().into_iter().flatten() {
        let receipt = told["receipt"].as_str().unwrap();
        if receipt.is_empty() {
            continue;
        }
        // Of one satellite and month; a receipt may be for several.
        let same = |payment: &&storj_monitor::domain::money::Payment| {
            payment.satellite_id == told["satelliteID"] && payment.period.to_string() == month
        };
        let mut same = payments.iter().filter(same);
        let payment = same.next().unwrap_or_else(|| panic!("{month} {told}"));
        assert_eq!(payment.receipt, receipt, "{month} {told}");
        count(compared, "payment");
    }
}

pub fn compare_notices(books: &Books, body: &Value, compared: &mut Compared) {
    for told in body["page"]["notifications"].as_array().into_iter().flatten() {
        let mut notices = books.notices.iter().flatten();
        let created = ms(&told["createdAt"]).unwrap();
        let notice = notices
            .find(|notice| notice.created_ms == created && notice.title == told["title"])
            .unwrap();
        assert_eq!(notice.satellite_id.as_deref(), told["senderId"].as_str());
        assert_eq!(
            (notice.message.as_str(), notice.kind),
            (told["message"].as_str().unwrap(), 3)
        );
        count(compared, "notice");
    }
}

/// Names, times, lengths and bytes of all files in a folder.
pub fn listing(dir: &Path) -> BTreeMap<PathBuf, (SystemTime, Vec<u8>)> {
    let entries = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap());
    entries
        .map(|entry| {
            let changed = entry.metadata().unwrap().modified().unwrap();
            (entry.path(), (changed, std::fs::read(entry.path()).unwrap()))
        })
        .collect()
}

/// What a writer does with a database, as the node would; it leaves no log behind.
pub fn rusqlite(dir: &Path, book: Book, sql: &str) {
    let connection = rusqlite::Connection::open(dir.join(book.file())).unwrap();
    connection.execute_batch(sql).unwrap();
}

/// Moves what a node's databases say of its last hours to now.
pub fn moved_to_now(dir: &Path) {
    let seconds = |sql: &str| -> i64 {
        let connection = rusqlite::Connection::open(dir.join(Book::Reputation.file())).unwrap();
        connection.query_row(sql, [], |row| row.get(0)).unwrap()
    };
    let by = seconds("SELECT strftime('%s', 'now') - strftime('%s', max(updated_at)) - 9 FROM reputation");
    let columns = [
        "updated_at",
        "disqualified_at",
        "suspended_at",
        "offline_suspended_at",
        "offline_under_review_at",
    ];
    let sets =
        columns.map(|column| format!("{column} = strftime('%Y-%m-%d %H:%M:%f+00:00', {column}, '{by} seconds')"));
    rusqlite(
        dir,
        Book::Reputation,
        &format!("UPDATE reputation SET {}", sets.join(", ")),
    );
    for book in Book::ALL {
        let file = std::fs::File::options()
            .append(true)
            .open(dir.join(book.file()))
            .unwrap();
        file.set_modified(SystemTime::now() - Duration::from_secs(1800))
            .unwrap();
    }
}

pub fn assert_exports(data: &Path, space: &BlobSpace) {
    let rows = json(data, &["export", "reputation", "--format", "json"]);
    let rows = rows.as_array().unwrap();
    assert!(
        rows.len() == 2 && rows.iter().all(|row| row["source"] == "db"),
        "{rows:?}"
    );
    let rows = stdout(data, &["export", "storage", "--columns", "node,used,trash,source"]);
    let wanted = format!(
        "node,used,trash,source\nx,{},{},db\n",
        space.used(),
        space.trash.unwrap()
    );
    assert_eq!(rows, wanted);
}
