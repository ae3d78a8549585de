//! The JSON of `/api/sno/satellite/{id}`, read leniently: what is missing, null or of an unexpected kind is
//! unknown, never a failure of the rest. Called by `client`.

use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::domain::detail::{AuditWindow, Detail, MovedDay, StoredDay};

type Object = Map<String, Value>;

/// No node tells more rows: 60 windows and 32 days are all there are.
const MOST_ROWS: usize = 400;
/// No satellite stores an exabyte on a node, nor for a month.
const LARGEST: f64 = 1e18 * 750.0;

/// Reads the body of the answer about satellite `id`. Says what is wrong with a body that is none.
pub fn detail(body: &Value, id: &str) -> Result<Detail, String> {
    let body = body.as_object().filter(|body| {
        let named = body.get("id").and_then(Value::as_str);
        named.is_some_and(|named| named == id)
    });
    let Some(body) = body else {
        return Err("the answer is JSON, but not about this satellite".to_owned());
    };
    let history = body.get("auditHistory").and_then(Value::as_object);
    Ok(Detail {
        satellite_id: id.to_owned(),
        joined_ms: time(body, "nodeJoinedAt"),
        tells_vetting: body.contains_key("vettedAt"),
        average_bytes: number(body, "averageUsageBytes"),
        byte_hours: number(body, "storageSummary"),
        windows: rows(history.and_then(|history| history.get("windows")), window),
        stored: rows(body.get("storageDaily"), stored),
        moved: rows(body.get("bandwidthDaily"), moved),
    })
}

/// The rows that can be read, in the order of time, each time once (the last one wins).
fn rows<T: At>(list: Option<&Value>, row: impl Fn(&Object) -> Option<T>) -> Vec<T> {
    let list = list.and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let objects = list.iter().take(MOST_ROWS).filter_map(Value::as_object);
    let mut rows: Vec<T> = objects.filter_map(row).collect();
    rows.reverse();
    rows.sort_by_key(At::at);
    rows.dedup_by_key(|row| row.at());
    rows
}

trait At {
    fn at(&self) -> i64;
}

macro_rules! at {
    ($($kind:ident),+) => { $(impl At for $kind {
        fn at(&self) -> i64 {
            self.start_ms
        }
    })+ };
}

at!(AuditWindow, StoredDay, MovedDay);

fn window(row: &Object) -> Option<AuditWindow> {
    let count = |key: &str| u32::try_from(row.get(key)?.as_u64()?).ok();
    let total = count("totalCount")?;
    Some(AuditWindow {
        start_ms: time(row, "windowStart")?,
        total,
        online: count("onlineCount")?.min(total),
    })
}

fn stored(row: &Object) -> Option<StoredDay> {
    Some(StoredDay {
        start_ms: time(row, "intervalStart")?,
        byte_hours: number(row, "atRestTotal")?,
        bytes: number(row, "atRestTotalBytes"),
        hours: number(row, "intervalInHours").filter(|hours| *hours > 0.0),
        calculated: row.get("calculated").and_then(Value::as_bool).unwrap_or(false),
    })
}

fn moved(row: &Object) -> Option<MovedDay> {
    let bytes = |way: &str, key: &str| {
        let value = row.get(way).and_then(|way| way.get(key)).and_then(Value::as_u64);
        value.filter(|bytes| (*bytes as f64) < LARGEST).unwrap_or(0)
    };
    Some(MovedDay {
        start_ms: time(row, "intervalStart")?,
        egress: bytes("egress", "usage"),
        egress_repair: bytes("egress", "repair"),
        egress_audit: bytes("egress", "audit"),
        ingress: bytes("ingress", "usage"),
        ingress_repair: bytes("ingress", "repair"),
    })
}

/// A negative tally is a known slip of the node and says nothing.
fn number(body: &Object, key: &str) -> Option<f64> {
    let number = body.get(key)?.as_f64()?;
    (0.0..LARGEST).contains(&number).then_some(number)
}

/// The zero time of Go means never.
fn time(body: &Object, key: &str) -> Option<i64> {
    let time: Timestamp = body.get(key)?.as_str()?.parse().ok()?;
    Some(time.as_millisecond()).filter(|ms| *ms > 0)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_can_be_read_is_read_and_the_rest_is_unknown() {
        let body = json!({"id": "A", "nodeJoinedAt": "2026-01-02T00:00:00Z", "vettedAt": null, "averageUsageBytes": 1.5e12,
            "storageSummary": -3, "newKey": [1],
            "auditHistory": {"score": 1, "windows": [
                {"windowStart": "2026-01-03T12:00:00Z", "totalCount": 4, "onlineCount": 9},
                {"windowStart": "2026-01-03T00:00:00Z", "totalCount": 5, "onlineCount": 3},
                {"windowStart": "2026-01-03T00:00:00Z", "totalCount": 6, "onlineCount": 3},
                {"windowStart": "2026-01-04T00:00:00Z", "totalCount": -1, "onlineCount": 3}, null, 7]},
            "storageDaily": [
                {"atRestTotal": 24.0, "atRestTotalBytes": 1.0, "intervalInHours": 0, "intervalStart": "2026-01-01T00:00:00Z"},
                {"atRestTotal": "NaN", "intervalStart": "2026-01-02T00:00:00Z"},
                {"atRestTotal": 48, "intervalStart": "2026-01-03T00:00:00Z", "calculated": true}],
            "bandwidthDaily": [{"egress": {"usage": 7, "audit": null}, "intervalStart": "2026-01-01T00:00:00Z"}]});
        let detail = detail(&body, "A").unwrap();
        let windows: Vec<(u32, u32)> = detail.windows.iter().map(|w| (w.online, w.total)).collect();
        assert_eq!(windows, [(3, 6), (4, 4)]);
        assert_eq!((detail.tells_vetting, detail.byte_hours), (true, None));
        assert_eq!((detail.stored.len(), detail.stored[0].hours), (2, None));
        assert_eq!((detail.stored[1].bytes, detail.stored[1].calculated), (None, true));
        assert_eq!((detail.moved[0].egress, detail.moved[0].ingress), (7, 0));
    }

    #[test]
    fn null_lists_are_empty_and_other_bodies_are_none() {
        let fresh = json!({"id": "A", "storageDaily": null, "bandwidthDaily": null, "auditHistory": {"windows": null},
            "nodeJoinedAt": "0001-01-01T00:00:00Z"});
        let fresh = detail(&fresh, "A").unwrap();
        assert_eq!((fresh.joined_ms, fresh.tells_vetting), (None, false));
        assert!(fresh.windows.is_empty() && fresh.stored.is_empty() && fresh.moved.is_empty());
        for body in [json!([]), json!({"id": "B"}), json!({"error": "no"}), json!("A")] {
            assert!(detail(&body, "A").is_err(), "{body}");
        }
    }
}
