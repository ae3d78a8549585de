//! The API's JSON, read leniently: a value of an unexpected kind is unknown, never a failure of the rest.
//! Keys and meanings as the node's console service has them in releases 1.90 to 1.162.

use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::domain::sample::{Disk, Process, Sample, Semantics, Standing};

type Object = Map<String, Value>;

/// Reads the bodies of `/api/sno/` and `/api/sno/satellites`; the second may be missing for a reason.
/// Says what is wrong with a body that is no dashboard.
pub fn sample(dashboard: &Value, satellites: Result<&Value, String>) -> Result<Sample, String> {
    let body = dashboard.as_object().filter(|body| text(body, "nodeID").is_some());
    let Some(body) = body else {
        return Err("the answer is JSON, but not a node's dashboard: it names no node (nodeID)".to_owned());
    };
    let disk = body.get("diskSpace").and_then(Value::as_object);
    Ok(Sample {
        process: process(body),
        last_contact_ms: time(body, "lastPinged"),
        disk: disk.map(self::disk),
        standings: satellites.map(|satellites| standings(body, satellites)),
        details: Vec::new(),
    })
}

fn process(body: &Object) -> Process {
    Process {
        node_id: text(body, "nodeID"),
        version: text(body, "version"),
        minimum_version: text(body, "allowedVersion"),
        up_to_date: body.get("upToDate").and_then(Value::as_bool),
        started_ms: time(body, "startedAt"),
        quic: text(body, "quicStatus"),
        wallet: text(body, "wallet"),
    }
}

/// Up to 1.142 `available` is the allocation, and `used` leaves the trash out.
fn disk(body: &Object) -> Disk {
    let (used, available, trash) = (bytes(body, "used"), bytes(body, "available"), bytes(body, "trash"));
    let overused = bytes(body, "overused");
    if body.contains_key("allocated") {
        return Disk {
            semantics: Semantics::New,
            allocated: bytes(body, "allocated"),
            used,
            free: available,
            trash,
            reclaimable: bytes(body, "reclaimable"),
            overused,
        };
    }
    let used = used.map(|used| used.saturating_add(trash.unwrap_or(0)));
    Disk {
        semantics: Semantics::Old,
        allocated: available,
        used,
        free: available.zip(used).map(|(all, used)| all.saturating_sub(used)),
        trash,
        reclaimable: None,
        overused,
    }
}

/// The dashboard knows ids, dates and addresses of satellites that have rated the node; the other body
/// scores and addresses of all that are trusted, zeros for those that have not rated it.
fn standings(body: &Object, satellites: &Value) -> Vec<Standing> {
    let rows = |value: Option<&Value>| value.and_then(Value::as_array).cloned().unwrap_or_default();
    let audits = rows(satellites.get("audits"));
    let score = |url: &str, key: &str| {
        let row = audits
            .iter()
            .find(|row| row.get("satelliteName").and_then(Value::as_str) == Some(url));
        row.and_then(|row| row.get(key)?.as_f64())
            .filter(|score| (0.0..=1.0).contains(score))
    };
    let mut standings: Vec<Standing> = Vec::new();
    for row in rows(body.get("satellites")) {
        let Some(row) = row.as_object() else {
            continue;
        };
        let url = text(row, "url").unwrap_or_default();
        standings.push(Standing {
            satellite_id: text(row, "id"),
            audit_score: score(&url, "auditScore"),
            suspension_score: score(&url, "suspensionScore"),
            online_score: score(&url, "onlineScore"),
            disqualified_ms: time(row, "disqualified"),
            suspended_ms: time(row, "suspended"),
            vetted_ms: time(row, "vettedAt"),
            url,
            ..Standing::default()
        });
    }
    for row in &audits {
        let url = row.get("satelliteName").and_then(Value::as_str).unwrap_or_default();
        if !url.is_empty() && !standings.iter().any(|known| known.url == url) {
            standings.push(Standing {
                url: url.to_owned(),
                ..Standing::default()
            });
        }
    }
    standings
}

fn text(body: &Object, key: &str) -> Option<String> {
    body.get(key)?
        .as_str()
        .filter(|text| !text.is_empty())
        .map(str::to_owned)
}

/// Bytes are whole numbers; a negative count is a known slip of the node and says nothing.
fn bytes(body: &Object, key: &str) -> Option<u64> {
    let value = body.get(key)?;
    let whole = || value.as_f64().filter(|bytes| *bytes >= 0.0).map(|bytes| bytes as u64);
    // No disk has an exabyte: what is more is a slip, too.
    value.as_u64().or_else(whole).filter(|bytes| *bytes < LARGEST_DISK)
}

const LARGEST_DISK: u64 = 1_000_000_000_000_000_000;

/// Go writes the year 1 for a time that is not set.
fn time(body: &Object, key: &str) -> Option<i64> {
    let time: Timestamp = body.get(key)?.as_str()?.parse().ok()?;
    Some(time.as_millisecond()).filter(|ms| *ms > 0)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn old_and_new_disks_mean_the_same() {
        let of = |disk: Value| {
            sample(&json!({"nodeID": "n", "diskSpace": disk}), Err(String::new()))
                .unwrap()
                .disk
                .unwrap()
        };
        let old = of(json!({"used": 70, "available": 100, "trash": 10, "overused": 0}));
        assert_eq!(
            (old.semantics, old.allocated, old.used),
            (Semantics::Old, Some(100), Some(80))
        );
        assert_eq!((old.free, old.reclaimable), (Some(20), None));
        let new =
            of(json!({"used": 80, "available": 20, "trash": 10, "allocated": 100, "reclaimable": 5, "overused": 0}));
        assert_eq!(
            (new.semantics, new.allocated, new.used),
            (Semantics::New, Some(100), Some(80))
        );
        assert_eq!((new.free, new.reclaimable), (Some(20), Some(5)));
        let odd = of(json!({"used": -7, "available": 1.5e3, "allocated": "much"}));
        assert_eq!((odd.used, odd.free, odd.allocated), (None, Some(1500), None));
        assert_eq!(of(json!({"used": 1e30, "allocated": u64::MAX})).used, None);
    }

    #[test]
    fn a_satellite_that_has_not_rated_the_node_has_no_scores() {
        let dashboard = json!({"nodeID": "n", "lastPinged": "0001-01-01T00:00:00Z", "satellites": [
            {"id": "A", "url": "a:1", "disqualified": null, "suspended": "2026-01-02T03:04:05.123456789+01:00"}]});
        let zero = json!({"auditScore": 0, "suspensionScore": 0, "onlineScore": 0, "satelliteName": "new:1"});
        let rated = json!({"auditScore": 1, "suspensionScore": 0.9, "onlineScore": 1, "satelliteName": "a:1"});
        let sample = sample(&dashboard, Ok(&json!({"audits": [zero, rated]}))).unwrap();
        assert_eq!((sample.last_contact_ms, sample.disk), (None, None));
        let standings = sample.standings.unwrap();
        let [a, new] = standings.as_slice() else {
            panic!("{standings:?}");
        };
        assert_eq!((a.audit_score, a.suspension_score), (Some(1.0), Some(0.9)));
        assert_eq!((a.suspended_ms, a.disqualified_ms), (Some(1_767_319_445_123), None));
        assert_eq!(
            (new.satellite_id.as_deref(), new.url.as_str(), new.audit_score),
            (None, "new:1", None)
        );
    }

    #[test]
    fn null_lists_and_foreign_bodies() {
        let fresh = json!({"nodeID": "n", "satellites": null, "diskSpace": null});
        let standings = sample(&fresh, Ok(&json!({"audits": null}))).unwrap().standings;
        assert!(standings.unwrap().is_empty());
        for body in [
            json!([]),
            json!("x"),
            json!({"error": "no"}),
            json!({"nodeID": 5, "diskSpace": {}}),
        ] {
            assert!(sample(&body, Err(String::new())).is_err(), "{body}");
        }
    }
}
