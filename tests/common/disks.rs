//! The disks below the fleet: one that two nodes share and that answers late, a good one, a pool without counters.

use serde_json::{Value as Json, json};
use storj_monitor::api::disks::HostDisk;

use super::fleet::NOW_MS;

const TB: f64 = 1e12;

fn level(now: f64, usual: f64, worst: f64, ago_min: i64) -> Json {
    json!({"now": now, "usual": usual, "worst": [worst, NOW_MS - ago_min * 60_000]})
}

fn unknown() -> Json {
    json!({"now": null, "usual": null, "worst": null})
}

fn bytes(tb: f64) -> u64 {
    (tb * TB).round() as u64
}

fn on(node: &str, (allocated, used): (f64, f64), write: Json, read: Json) -> Json {
    json!({"node": node, "folder": format!("/mnt/{node}"), "allocated": bytes(allocated), "used": bytes(used),
        "read_check": read, "write_check": write, "error": null})
}

/// Those of the nodes named, or all.
pub fn disks(names: &[String]) -> Vec<HostDisk> {
    let sdb = json!({"name": "/dev/sdb1", "device": "sdb", "mount": "/mnt", "fs": "ext4", "read_only": false,
        "size": bytes(12.0), "free": bytes(6.1), "promised": bytes(10.0), "growth_per_day": 60_000_000_000_i64,
        "full_in_days": 101.0, "busy": level(0.97, 0.31, 1.0, 1116), "await_ms": level(1340.0, 18.0, 5200.0, 1116),
        "read": level(7.9e6, 2.1e6, 9.4e7, 300), "write": level(4.2e7, 3.0e6, 1.2e8, 300),
        "nodes": [
            on("cellar", (4.0, 3.76), level(4.8, 0.1, 9.7, 1116), level(0.2, 0.02, 1.1, 1116)),
            on("dock", (6.0, 2.1), level(0.1, 0.1, 0.4, 400), unknown())],
        "jobs": [{"node": "cellar", "job": "migration", "satellite_id": null, "since_ms": NOW_MS - 3_600_000}],
        "smart": {"model": "ST12000NM0127", "passed": true, "temperature": 38, "reallocated": 8, "pending": 2,
            "uncorrectable": 0, "used_percent": null, "hours": 30211},
        "smart_ms": NOW_MS - 900_000, "smart_error": null, "seen_ms": NOW_MS - 12_000});
    let sda = json!({"name": "/dev/mapper/attic-data", "device": "dm-0", "mount": "/mnt/attic", "fs": "xfs",
        "read_only": false, "size": bytes(10.0), "free": bytes(1.7), "promised": bytes(9.0),
        "growth_per_day": 24_000_000_000_i64, "full_in_days": 70.0, "busy": level(0.08, 0.11, 0.7, 60),
        "await_ms": level(9.0, 11.0, 140.0, 60), "read": level(0.0, 1.0e5, 2.0e7, 60),
        "write": level(2.0e5, 3.0e5, 9.0e7, 60), "nodes": [on("attic", (9.0, 8.21), unknown(), unknown())], "jobs": [],
        "smart": null, "smart_ms": NOW_MS - 900_000, "smart_error": "smartctl: Permission denied",
        "seen_ms": NOW_MS - 12_000});
    let pool = json!({"name": "tank/eave", "device": null, "mount": "/tank/eave", "fs": "zfs", "read_only": true,
        "size": bytes(11.5), "free": bytes(0.1), "promised": bytes(12.0), "growth_per_day": null, "full_in_days": null,
        "busy": unknown(), "await_ms": unknown(), "read": unknown(), "write": unknown(),
        "nodes": [on("eave", (12.0, 11.9), unknown(), unknown())], "jobs": [], "smart": null, "smart_ms": null,
        "smart_error": null, "seen_ms": NOW_MS - 12_000});
    let all: Vec<HostDisk> = [sdb, sda, pool]
        .map(|disk| serde_json::from_value(disk).unwrap())
        .into();
    let wanted = |disk: &HostDisk| names.is_empty() || disk.nodes.iter().any(|on| names.contains(&on.node));
    all.into_iter().filter(wanted).collect()
}
