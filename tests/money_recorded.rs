//! Money of recorded nodes: their own estimate from what they told of their days, their paystubs; and an API that breaks.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::api::{Api, Mood};
use common::{corpus, inflated, json, nodes, stdout};
use serde_json::{Value, json};
use storj_monitor::analysis::money::Account;
use storj_monitor::analysis::money::node_way::{self, Counts};
use storj_monitor::domain::detail::{MovedDay, StoredDay};
use storj_monitor::domain::money::{Micro, Month, Prices};

/// A node's databases in a folder of their own, as it left them.
fn unpacked(folder: &std::path::Path) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let mut tar = std::process::Command::new("tar");
    tar.args([
        "xzf",
        folder.join("db.tar.gz").to_str().unwrap(),
        "--strip-components=1",
        "-C",
    ]);
    assert!(tar.arg(dir.path()).status().unwrap().success());
    dir
}

fn time(value: &Value) -> Option<i64> {
    let time: jiff::Timestamp = value.as_str()?.parse().ok()?;
    Some(time.as_millisecond()).filter(|ms| *ms > 0)
}

/// Days as a node told them.
fn told(body: &Value) -> (Vec<StoredDay>, Vec<MovedDay>) {
    let list = |key: &str| body[key].as_array().cloned().unwrap_or_default();
    let day = |row: &Value| StoredDay {
        start_ms: time(&row["intervalStart"]).unwrap(),
        byte_hours: row["atRestTotal"].as_f64().unwrap(),
        bytes: row["atRestTotalBytes"].as_f64(),
        hours: row["intervalInHours"].as_f64(),
        calculated: row["calculated"] == true,
    };
    let bytes = |row: &Value| MovedDay {
        start_ms: time(&row["intervalStart"]).unwrap(),
        egress: row["egress"]["usage"].as_u64().unwrap(),
        egress_repair: row["egress"]["repair"].as_u64().unwrap(),
        egress_audit: row["egress"]["audit"].as_u64().unwrap(),
        ..MovedDay::default()
    };
    let (stored, moved) = (list("storageDaily"), list("bandwidthDaily"));
    (stored.iter().map(day).collect(), moved.iter().map(bytes).collect())
}

/// Every estimate a recorded node told of a satellite, worked out from what it told of the satellite's days at the same
/// moment: the same cents and hundredths. What differs was asked in another second.
#[test]
fn the_nodes_own_estimate_of_every_recorded_moment() {
    let Some(corpus) = corpus() else { return };
    let mut checked = 0;
    for folder in nodes(&corpus) {
        let log = String::from_utf8(inflated(&folder.join("api.jsonl.gz"))).unwrap();
        let mut newest = std::collections::HashMap::new();
        let mut version = None;
        for answer in log.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()) {
            let path = answer["path"].as_str().unwrap().to_owned();
            if answer["status"] != 200 {
                continue;
            }
            if path == "/api/sno/" {
                version = answer["body"]["version"].as_str().map(str::to_owned);
            }
            let Some(id) = path.strip_prefix("/api/sno/estimated-payout?id=") else {
                newest.insert(path, answer);
                continue;
            };
            let (now, counts) = (time(&answer["t"]).unwrap(), Counts::of(version.as_deref()));
            let Some(detail) = newest.get(&format!("/api/sno/satellite/{id}")) else {
                continue;
            };
            // Days that were told a minute before may be others.
            if now - time(&detail["t"]).unwrap() > 2000 {
                continue;
            }
            compare(&folder, &answer, (&detail["body"], now), counts);
            checked += 1;
        }
    }
    assert!(checked > 150, "{checked}");
}

fn compare(folder: &std::path::Path, answer: &Value, (detail, now): (&Value, i64), counts: Counts) {
    let (stored, moved) = told(detail);
    let prices = &detail["priceModel"];
    let cents = |key: &str| prices[key].as_i64().unwrap();
    let account = Account {
        joined_ms: time(&detail["nodeJoinedAt"]),
        disqualified_ms: None,
        prices: Some(Prices {
            disk: cents("DiskSpace"),
            egress: cents("EgressBandwidth"),
            repair: cents("RepairBandwidth"),
            audit: cents("AuditBandwidth"),
        }),
        stored: &stored,
        moved: &moved,
    };
    let month = Month::of_ms(now);
    let ours = node_way::estimate(&account, month, now, counts);
    let (current, hundredths) = (&answer["body"]["currentMonth"], |amount: Micro| {
        amount.0 as f64 / 10_000.0
    });
    for (key, amount) in [
        ("egressBandwidthPayout", ours.for_egress),
        ("egressRepairAuditPayout", ours.for_repair_audit),
        ("diskSpacePayout", ours.for_storage),
        ("payout", ours.net),
        ("held", ours.held),
    ] {
        let told = current[key].as_f64().unwrap();
        assert!(
            (told - hundredths(amount)).abs() < 1e-6,
            "{folder:?} {answer} {key}: {ours:?}"
        );
    }
    let end = answer["body"]["currentMonthExpectations"].as_f64().unwrap();
    // Whole cents of minutes that went on between two questions.
    assert!(
        (end - hundredths(ours.month_end.unwrap())).abs() <= 1.0,
        "{folder:?} {answer}: {ours:?}"
    );
}

/// The money of a recorded node, as its API answered at the end.
fn replayed(folder: &std::path::Path) -> (Api, std::collections::HashMap<String, Value>) {
    let log = String::from_utf8(inflated(&folder.join("api.jsonl.gz"))).unwrap();
    let mut last = std::collections::HashMap::new();
    for answer in log.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()) {
        if answer["status"] == 200 && !answer["body"].is_null() {
            last.insert(answer["path"].as_str().unwrap().to_owned(), answer["body"].clone());
        }
    }
    let api = Api::start();
    for (path, body) in &last {
        api.body(path, body);
        if path == "/api/heldamount/paystubs/2020-01/2026-12" {
            let now = Month::of_ms(jiff::Timestamp::now().as_millisecond());
            api.body(&format!("/api/heldamount/paystubs/2018-01/{now}"), body);
        }
    }
    (api, last)
}

#[test]
fn paystubs_and_estimates_are_those_recorded() {
    let Some(corpus) = corpus() else { return };
    for folder in nodes(&corpus) {
        let (api, last) = replayed(&folder);
        let data = tempfile::tempdir().unwrap();
        let spec = format!("n=none,api={}", api.url);
        stdout(data.path(), &["collect", "--once", "--node", &spec]);
        let recorded = last.get("/api/heldamount/paystubs/2020-01/2026-12");
        let recorded = recorded.and_then(Value::as_array).cloned().unwrap_or_default();
        let exported = json(data.path(), &["export", "paystubs", "--format", "json"]);
        let exported = exported.as_array().unwrap();
        assert_eq!(exported.len(), recorded.len(), "{folder:?}");
        for stub in &recorded {
            let row = exported
                .iter()
                .find(|row| row["month"] == stub["period"] && row["satellite_id"] == stub["satelliteId"])
                .unwrap();
            for (column, key) in [
                ("held_microusd", "held"),
                ("owed_microusd", "owed"),
                ("disposed_microusd", "disposed"),
                ("paid_microusd", "paid"),
                ("distributed_microusd", "distributed"),
                ("surge_percent", "surgePercent"),
            ] {
                assert_eq!(row[column], stub[key], "{folder:?} {stub}");
            }
            let parts = [
                "compAtRest",
                "compGet",
                "compPut",
                "compGetRepair",
                "compPutRepair",
                "compGetAudit",
            ];
            let gross: i64 = parts.iter().map(|part| stub[*part].as_i64().unwrap()).sum();
            assert_eq!(row["gross_microusd"], gross);
        }
        // The components of a settled month are the paystub's, to the last digit.
        let rows = json(
            data.path(),
            &[
                "export",
                "earnings",
                "--format",
                "json",
                "--columns",
                "month,net_microusd,held_microusd,source",
            ],
        );
        let settled: i64 = rows
            .as_array()
            .unwrap()
            .iter()
            .filter(|row| row["source"] == "paystub")
            .map(|row| row["net_microusd"].as_i64().unwrap() + row["held_microusd"].as_i64().unwrap())
            .sum();
        let all: i64 = exported.iter().map(|row| row["gross_microusd"].as_i64().unwrap()).sum();
        assert_eq!(settled, all, "{folder:?}");
        for head in api.asked() {
            assert!(head.starts_with("get /api/"), "{head}");
        }
    }
}

#[test]
fn an_api_that_breaks_leaves_what_was_known() {
    let api = Api::start();
    api.body(
        "/api/sno/",
        json!({"nodeID": "n", "version": "1.162.3", "satellites": [{"id": "A", "url": "a.x:1", "disqualified": null},
            {"id": "B", "url": "b.x:1", "disqualified": "2026-01-01T00:00:00Z"}]}),
    );
    api.body("/api/sno/satellites", json!({"audits": null}));
    let pricing = json!({"egressBandwidth": 200, "repairBandwidth": 200, "auditBandwidth": 200, "diskSpace": 149});
    api.body("/api/sno/satellites/A/pricing", &pricing);
    let part = json!({"egressBandwidth": 0, "egressBandwidthPayout": 1.5, "egressRepairAudit": 0,
        "egressRepairAuditPayout": 0, "diskSpace": 0, "diskSpacePayout": 2, "heldRate": 0, "payout": 3.5, "held": 0});
    api.body(
        "/api/sno/estimated-payout",
        json!({"currentMonth": part, "previousMonth": part, "currentMonthExpectations": 17}),
    );
    let now = Month::of_ms(jiff::Timestamp::now().as_millisecond());
    for list in [&format!("paystubs/2018-01/{now}"), "held-history"] {
        api.body(&format!("/api/heldamount/{list}"), "null");
    }
    let data = tempfile::tempdir().unwrap();
    let spec = format!("n=none,api={}", api.url);
    let collect = || stdout(data.path(), &["collect", "--once", "--node", &spec]);
    let earnings = || json(data.path(), &["earnings", "--json"])["nodes"][0].clone();
    collect();
    let good = earnings();
    assert_eq!(
        (&good["node_so_far_microusd"], &good["node_estimate_microusd"]),
        (&json!(35_000), &json!(170_000))
    );
    assert!(
        !api.asked().iter().any(|head| head.contains("estimated-payout?id=b")),
        "it pays no more"
    );
    for (mood, word) in [
        (
            Mood::Status(500, "{\"error\": \"node was disqualified\"}".to_owned()),
            "500",
        ),
        (Mood::Status(200, String::new()), "no JSON"),
        (Mood::Status(200, "{\"currentMonth\": NaN}".to_owned()), "no JSON"),
        (Mood::Status(200, "null".to_owned()), "no estimate"),
        (Mood::Html, "web page"),
        (Mood::Truncated, "broke off"),
        (Mood::Closes, "console.address"),
    ] {
        api.mood("/api/sno/estimated-payout", mood);
        collect();
        let now = earnings();
        let error = now["error"].as_str().unwrap();
        assert!(error.contains(word), "{word}: {error}");
        assert_eq!(now["node_estimate_microusd"], 170_000, "what was known stays known");
        let node = &json(data.path(), &["status", "--json"])["nodes"][0];
        assert_eq!(node["api"]["state"], "ok", "money is not all of it");
    }
    api.mood("/api/sno/estimated-payout", Mood::Good);
    collect();
    assert_eq!(earnings()["error"], Value::Null);
}

/// With nothing but its databases a node's money is the same: paystubs as the API told them, the month by its days.
#[test]
fn databases_alone_tell_the_same_money() {
    let Some(corpus) = corpus() else { return };
    let mut stubs = 0;
    for folder in nodes(&corpus) {
        let (api, _) = replayed(&folder);
        let files = unpacked(&folder);
        let (by_api, by_books) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let collect = |data: &std::path::Path, spec: &str| stdout(data, &["collect", "--once", "--node", spec]);
        collect(by_api.path(), &format!("n=none,api={}", api.url));
        collect(by_books.path(), &format!("n=none,data={}", files.path().display()));
        let export = |data: &std::path::Path| stdout(data, &["export", "paystubs"]);
        let (told, read) = (export(by_api.path()), export(by_books.path()));
        let known: std::collections::HashSet<&str> =
            read.lines().map(|line| line.rsplit_once(',').unwrap().0).collect();
        for line in told.lines().map(|line| line.rsplit_once(',').unwrap().0) {
            assert!(known.contains(line), "{folder:?}: {line}\n{read}");
            stubs += 1;
        }
        let node = &json(by_books.path(), &["earnings", "--json"])["nodes"][0];
        let status = &json(by_books.path(), &["status", "--json"])["nodes"][0]["earnings"];
        assert_eq!(status["so_far_microusd"], node["so_far_microusd"], "{folder:?}");
    }
    assert!(stubs > 100, "{stubs}");
}

/// Gross without what is held, with what is given back, is what the node's own payout page calls paid; that without what
/// is postponed, with what is of earlier months, is what was sent. And each payout is of months that are known.
#[test]
fn recorded_paystubs_add_up_and_every_payout_is_matched() {
    let Some(corpus) = corpus() else { return };
    let (mut stubs, mut brought) = (0, 0);
    for folder in nodes(&corpus) {
        let files = unpacked(&folder);
        let data = tempfile::tempdir().unwrap();
        let spec = format!("n=none,data={}", files.path().display());
        stdout(data.path(), &["collect", "--once", "--node", &spec]);
        let told = json(data.path(), &["earnings", "--json"]);
        for month in told["nodes"][0]["months"].as_array().unwrap() {
            for one in month["satellites"].as_array().unwrap() {
                let stub = &one["paystub"];
                let Some(paid) = stub["paid_microusd"].as_i64() else {
                    continue;
                };
                let of = |key: &str| stub[format!("{key}_microusd")].as_i64().unwrap();
                let sum = |key: &str| -> i64 {
                    let parts = one[key].as_array().unwrap().iter();
                    parts.map(|part| part["amount_microusd"].as_i64().unwrap()).sum()
                };
                // The node rounds each part for itself.
                assert!((of("gross") - of("held") + of("disposed") - paid).abs() <= 3, "{stub}");
                assert_eq!(paid - of("postponed") + of("of_earlier_months"), of("distributed"));
                assert_eq!(
                    sum("sent_with") + one["waits_microusd"].as_i64().unwrap(),
                    paid,
                    "{one}"
                );
                assert_eq!(sum("brought"), of("of_earlier_months"), "{folder:?} {one}");
                stubs += 1;
                brought += one["brought"].as_array().unwrap().len();
            }
        }
    }
    assert!(stubs > 100 && brought > 10, "{stubs} {brought}");
}
