//! Nodes' debug endpoints and health pages: every recorded figure is told as it was, what is broken is named, and
//! nothing but GET is ever sent.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use common::api::{Api, Mood};
use common::{corpus, inflated, json, nodes, program, run};
use serde_json::{Value, json};
use storj_monitor::domain::host::{Check, Counted, Metrics};
use storj_monitor::node::metrics::Scrape;

type Naive = BTreeMap<(String, BTreeMap<String, String>), f64>;

/// Name and labels without scope → value; the plain way.
fn naive(text: &str) -> Naive {
    let line = regex::Regex::new(r"^(\w+)\{(.*)\} (\S+)$").unwrap();
    let label = regex::Regex::new(r#"(\w+)="([^"]*)""#).unwrap();
    let mut all = Naive::new();
    // Most are of functions: a look at each of them takes a debug build a minute.
    let ours = text
        .lines()
        .filter(|line| !line.starts_with("function") && !line.contains("field=\"r"));
    let ours = ours.chain(text.lines().filter(|line| line.contains("field=\"re")));
    for found in ours.filter_map(|text| line.captures(text)) {
        let labels = label.captures_iter(&found[2]);
        let labels = labels.map(|label| (label[1].to_owned(), label[2].trim_start_matches('_').to_owned()));
        let labels = labels.filter(|(name, _)| name != "scope").collect();
        all.insert((found[1].to_owned(), labels), found[3].parse().unwrap());
    }
    all
}

fn get(all: &Naive, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
    let labels = labels
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    all.get(&(name.to_owned(), labels)).copied()
}

fn count(all: &Naive, way: &str, action: Option<&str>) -> Option<Counted> {
    let of = |what: &str| {
        let mut labels = vec![("field", "value")];
        labels.extend(action.map(|action| ("action", action)));
        get(all, &format!("{way}_{what}_count"), &labels).map(|n| n as u64)
    };
    let known = [of("started"), of("success"), of("failure"), of("cancel")];
    known.iter().any(Option::is_some).then(|| Counted {
        started: known[0].unwrap_or(0),
        success: known[1].unwrap_or(0),
        failed: known[2].unwrap_or(0),
        canceled: known[3].unwrap_or(0),
    })
}

fn check(all: &Naive, name: &str) -> Option<Check> {
    let of = |field| get(all, name, &[("field", field)]);
    Some(Check {
        count: of("count").filter(|n| *n > 0.0)? as u64,
        last_s: of("recent")?,
        longest_s: of("max")?,
    })
}

/// Compares every figure; gives how many hashstores there were.
fn compare(told: &Metrics, all: &Naive, at: &str) -> usize {
    let version = |field| get(all, "version_info", &[("field", field)]).unwrap();
    let version = format!("{}.{}.{}", version("major"), version("minor"), version("patch"));
    assert_eq!(told.version.as_deref(), Some(version.as_str()), "{at}");
    assert_eq!(told.uploads, count(all, "upload", None), "{at}");
    for action in ["GET", "GET_AUDIT", "GET_REPAIR"] {
        assert_eq!(
            told.downloads.get(action).copied(),
            count(all, "download", Some(action)),
            "{at} {action}"
        );
    }
    let space = |name| get(all, name, &[("field", "recent")]).map(|n| n as i64);
    assert_eq!(told.bytes.allocated, space("allocated_space"), "{at}");
    assert_eq!(told.bytes.used, space("used_space"), "{at}");
    assert_eq!(told.bytes.available, space("available_space"), "{at}");
    assert_eq!(told.bytes.reserved, space("reserved_space"), "{at}");
    assert_eq!(told.bytes.reported, space("reported_capacity"), "{at}");
    assert_eq!(told.read_check, check(all, "readability_check"), "{at}");
    assert_eq!(told.write_check, check(all, "writability_check"), "{at}");
    for store in &told.hashstores {
        let (id, db) = (store.satellite_id.as_str(), store.store.as_deref());
        let of = |field: &str| {
            let mut labels = vec![("satellite", id), ("field", field)];
            labels.extend(db.map(|db| ("db", db)));
            get(all, "hashstore", &labels)
        };
        let whole = |field| of(field).map(|n| n as u64);
        let table = |field: &str| of(&format!("Table_{field}")).or_else(|| of(field));
        let tables = |field: &str| table(field).map(|n| n as u64);
        assert_eq!(
            (store.logs, store.log_bytes),
            (whole("NumLogs"), whole("LenLogs")),
            "{at}"
        );
        assert_eq!(
            (store.set, store.set_bytes),
            (tables("NumSet"), tables("LenSet")),
            "{at}"
        );
        assert_eq!(
            (store.trash, store.trash_bytes),
            (tables("NumTrash"), tables("LenTrash")),
            "{at}"
        );
        assert_eq!(
            (store.load, store.table_bytes),
            (table("Load"), tables("TableSize")),
            "{at}"
        );
        assert_eq!(
            (store.free_required, store.reclaimable),
            (whole("FreeRequired"), whole("DataReclaimable")),
            "{at}"
        );
        assert_eq!(
            (store.elapsed_s, store.remaining_s),
            (of("Compaction_Elapsed"), of("Compaction_Remaining")),
            "{at}"
        );
        assert_eq!(store.records, whole("Compaction_TotalRecords"), "{at}");
        assert_eq!(store.processed, whole("Compaction_ProcessedRecords"), "{at}");
        assert_eq!(store.compacting, of("Compacting").map(|n| n > 0.0), "{at}");
        assert_eq!(
            (store.compactions, store.mismatched),
            (whole("Compactions"), whole("LogsMismatched")),
            "{at}"
        );
    }
    for moving in &told.moving {
        let of = |name, label, field| get(all, name, &[(label, moving.satellite_id.as_str()), ("field", field)]);
        let progress = |field| of("migration_progress", "sat", field).map(|n| n as u64);
        assert_eq!(
            moving.active,
            of("migration_status", "sat", "active").map(|n| n > 0.0),
            "{at}"
        );
        let passive = of("migrating_backend", "satellite", "PassiveMigrate");
        assert_eq!(moving.passive, passive.map(|n| n > 0.0), "{at}");
        assert_eq!(
            (moving.enqueued, moving.processed),
            (progress("enqueued"), progress("processed")),
            "{at}"
        );
        assert_eq!(
            (moving.moved, moving.errors),
            (progress("successes"), progress("errors")),
            "{at}"
        );
        assert_eq!(moving.folders_left, progress("remaining_directories"), "{at}");
    }
    let stores = all
        .keys()
        .filter(|(name, labels)| name == "hashstore" && labels["field"] == "NumLogs")
        .count();
    assert_eq!(told.hashstores.len(), stores, "{at}");
    stores
}

#[test]
fn every_recorded_figure_is_what_the_node_said() {
    let Some(corpus) = corpus() else { return };
    let (mut files, mut stores, mut moving) = (0, 0, 0);
    for node in nodes(&corpus) {
        for n in 1..=3 {
            let path = node.join(format!("metrics-{n}.txt.gz"));
            if !path.exists() {
                continue;
            }
            let text = inflated(&path);
            let mut scrape = Scrape::default();
            text.chunks(1460).for_each(|chunk| scrape.push(chunk));
            let told = scrape.finish().unwrap();
            moving += told.moving.len();
            stores += compare(
                &told,
                &naive(&String::from_utf8(text).unwrap()),
                &path.display().to_string(),
            );
            files += 1;
        }
    }
    assert!(files >= 38 && stores > 50 && moving > 50, "{files} {stores} {moving}");
}

/// A small answer of a node that audits a lot.
const SMALL: &str = "version_info{scope=\"env\",field=\"major\"} 1\nversion_info{scope=\"env\",field=\"minor\"} 162\n\
    version_info{scope=\"env\",field=\"patch\"} 3\n\
    download_started_count{action=\"GET_AUDIT\",field=\"value\"} 12\n\
    download_success_count{action=\"GET_AUDIT\",field=\"value\"} 10\n\
    writability_check{field=\"count\"} 4\nwritability_check{field=\"recent\"} 31.5\nwritability_check{field=\"max\"} 40\n";

fn serving(text: &str) -> Api {
    let api = Api::start();
    api.mood("/metrics", Mood::Status(200, text.to_owned()));
    api
}

fn status(data: &Path) -> Value {
    json(data, &["status", "--json"])["nodes"][0].clone()
}

fn rules(node: &Value) -> Vec<&str> {
    let reasons = node["reasons"].as_array().unwrap().iter();
    reasons.map(|reason| reason["rule"].as_str().unwrap()).collect()
}

#[test]
fn counters_alone_tell_of_audits_in_flight_and_slow_tests() {
    let data = tempfile::tempdir().unwrap();
    let api = serving(SMALL);
    // Nothing else is known of the node: neither a log nor an API.
    run(
        data.path(),
        &["collect", "--once", "--node", &format!("n=none,metrics={}", api.url)],
    );
    let node = status(data.path());
    assert_eq!(
        (&node["node_version"], &node["around"]["metrics"]["state"]),
        (&json!("1.162.3"), &json!("ok"))
    );
    let pending = &node["pending_audits"];
    assert_eq!(
        (&pending["count"], &pending["oldest_s"], &pending["source"]),
        (&json!(2), &json!(null), &json!("metrics"))
    );
    assert!(rules(&node).contains(&"disk_slow"), "{node}");
    assert_eq!(node["state"], "critical");
    // The whole address is as good.
    let spec = format!("n=none,metrics={}/metrics", api.url);
    run(data.path(), &["collect", "--once", "--node", &spec]);
    let asked = api.asked();
    assert!(
        asked.len() >= 2 && asked.iter().all(|head| head.starts_with("get /metrics http/1.1")),
        "{asked:?}"
    );
}

#[test]
fn broken_endpoints_are_named_and_make_nothing_up() {
    for (mood, why) in [
        (Mood::Status(500, "no".to_owned()), "500"),
        (Mood::Html, "web page"),
        (Mood::Status(200, "<html>\n<body>\n".to_owned()), "web page"),
        (Mood::Garbage, "breaks off"),
        (Mood::Truncated, "web page"),
        (Mood::Closes, "does the node run"),
        (Mood::Endless, "larger than 16 MiB"),
        (Mood::Slow(Duration::from_secs(4)), "no answer within 1 s"),
        (Mood::Status(200, SMALL[..SMALL.len() - 9].to_owned()), "breaks off"),
        (
            Mood::Status(200, "go_info{} 1\n".to_owned()),
            "nothing of a storage node",
        ),
    ] {
        let data = tempfile::tempdir().unwrap();
        let api = Api::start();
        api.mood("", mood.clone());
        let spec = format!("n=none,metrics={}", api.url);
        let output = program(data.path())
            .args(["collect", "--once", "--node", &spec])
            .env("STORJ_MONITOR_POLL_TIMEOUT_S", "1")
            .output()
            .unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        let node = status(data.path());
        let error = node["around"]["metrics"]["error"].as_str().unwrap_or_default();
        // An empty body cannot be cut in half.
        let why = if matches!(mood, Mood::Truncated) {
            "nothing of a storage node"
        } else {
            why
        };
        assert!(error.contains(why) && said.contains(why), "{mood:?}: {error} | {said}");
        assert_eq!(
            (&node["pending_audits"], &node["around"]["metrics"]["state"]),
            (&json!(null), &json!("down"))
        );
        assert!(!rules(&node).contains(&"disk_slow"));
    }
}

#[test]
fn health_pages_are_told_as_recorded_and_alarm_nobody() {
    let Some(corpus) = corpus() else { return };
    let mut answers = [0; 3];
    for node in nodes(&corpus) {
        let text = String::from_utf8(inflated(&node.join("health.jsonl.gz"))).unwrap();
        for line in text.lines() {
            let line: Value = serde_json::from_str(line).unwrap();
            let text = line["text"].as_str().unwrap_or_default();
            let told = storj_monitor::node::health::parse(text.as_bytes());
            match line["status"].as_u64() {
                Some(200) => assert!(told.unwrap().all_healthy),
                Some(503) => assert!(!told.unwrap().all_healthy),
                _ => assert!(told.is_err()),
            }
            answers[match line["status"].as_u64() {
                Some(200) => 0,
                Some(503) => 1,
                _ => 2,
            }] += 1;
        }
    }
    assert!(answers[0] >= 13 && answers[1] > 0, "{answers:?}");
    let data = tempfile::tempdir().unwrap();
    let api = Api::start();
    let page = "{\n  \"Statuses\": null,\n  \"AllHealthy\": false\n}";
    api.mood("", Mood::Status(503, page.to_owned()));
    let spec = format!("n=none,health={}", api.url);
    run(data.path(), &["collect", "--once", "--node", &spec]);
    let node = status(data.path());
    assert_eq!(node["around"]["health"]["all_healthy"], json!(false));
    assert_eq!(
        rules(&node),
        ["no_data"],
        "an old disqualification makes it 503 for ever"
    );
    assert!(api.asked().iter().all(|head| head.starts_with("get ")));
}
