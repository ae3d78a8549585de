//! What surrounds the fleet's nodes: the disk of one, databases and notices of two, audits in flight.

use serde_json::{Value, json};

use super::traffic::HOSTILE;

/// Of a node whose host is looked at.
pub fn around(name: &str) -> Value {
    if !matches!(name, "attic" | "barn") {
        return Value::Null;
    }
    let ok = json!({"state": "ok", "last_ok_at": "2026-08-21T19:47:59Z", "error": null});
    json!({"metrics": ok,
        "health": {"all_healthy": name == "attic", "since": "2026-08-01T10:00:00Z", "as_of": "2026-08-21T19:47:30Z",
            "error": null},
        "disk": {"name": "/dev/sda1", "mount": "/mnt/attic", "fs": "ext4", "read_only": false,
            "size": 9_500_000_000_000_u64, "free": 1_100_000_000_000_u64, "busy": 0.31, "await_ms": 12.4,
            "as_of": "2026-08-21T19:47:58Z"}})
}

/// Of nodes whose databases are read: one has a notice, of one a file is locked.
pub fn databases(name: &str) -> Value {
    if !matches!(name, "attic" | "barn") {
        return Value::Null;
    }
    let file = |file: &str, state: &str| {
        json!({"file": file, "read_at": "2026-08-21T19:40:00Z", "changed_at": "2026-08-21T19:31:00Z", "state": state,
            "error": if state == "ok" { Value::Null } else { json!(format!("{file}: another program holds it")) }})
    };
    json!({"state": if name == "barn" { "partly" } else { "ok" }, "read_at": "2026-08-21T19:40:00Z",
        "changed_at": "2026-08-21T19:31:00Z",
        "files": [file("reputation.db", "ok"), file("satellites.db", if name == "barn" { "locked" } else { "ok" })],
        "work": []})
}

/// One node has something to say.
pub fn notices(name: &str) -> Value {
    let notice = json!({"created_at": "2026-08-19T03:00:00Z", "read_at": null, "satellite_id": null,
        "title": "Your node was offline", "message": HOSTILE});
    if name == "barn" { json!([notice]) } else { json!([]) }
}

/// Audits in flight, where the log tells.
pub fn pending(name: &str) -> Value {
    match name {
        "attic" => json!({"count": 0, "oldest_s": null, "at_least": false, "source": "log",
            "as_of": "2026-08-21T19:48:06Z"}),
        "barn" => json!({"count": 2, "oldest_s": 3, "at_least": false, "source": "log",
            "as_of": "2026-08-21T19:48:06Z"}),
        _ => Value::Null,
    }
}
