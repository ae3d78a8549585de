//! The JSON of what a node tells about money, and of its notices, read leniently: a row that cannot be read is left out, never a failure of
//! the rest. Called by `client`.

use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::domain::books::Notice;
use crate::domain::money::{Micro, Month, PAID_HOURS, Payment, Paystub, Prices};
use crate::domain::payout::{Fact, NodeEstimate};

type Object = Map<String, Value>;

/// Nobody is paid a billion dollars.
const MOST_MICRO: f64 = 1e15;
/// Nor for an exabyte a month.
const MOST_BYTES: f64 = 1e18;
/// No node has more paystubs: thirty years of twenty satellites.
const MOST_ROWS: usize = 7200;
/// A receipt is a chain and a hash.
const MOST_TEXT: usize = 200;
/// A notice is a sentence or two.
const MOST_MESSAGE: usize = 2000;

fn rows<'a>(body: &'a Value, what: &str) -> Result<impl Iterator<Item = &'a Object>, String> {
    let list = match body {
        // A list of nothing.
        Value::Null => &[][..],
        Value::Array(list) => list.as_slice(),
        _ => return Err(format!("the answer is JSON, but no list of {what}")),
    };
    Ok(list.iter().take(MOST_ROWS).filter_map(Value::as_object))
}

/// Reads `/api/sno/satellites/{id}/pricing`.
///
/// # Errors
/// When a price is missing.
pub fn pricing(body: &Value, id: &str) -> Result<Vec<Fact>, String> {
    let cents = |key: &str| {
        let cents = body.get(key)?.as_f64()?;
        (0.0..MOST_MICRO).contains(&cents).then_some(cents.round() as i64)
    };
    let all = || {
        Some(Prices {
            disk: cents("diskSpace")?,
            egress: cents("egressBandwidth")?,
            repair: cents("repairBandwidth")?,
            audit: cents("auditBandwidth")?,
        })
    };
    let prices = all().ok_or("the answer is JSON, but not a satellite's prices")?;
    // Before the satellite told the node its prices they are all zero.
    if prices == Prices::default() {
        return Err("the node does not know the satellite's prices yet".to_owned());
    }
    Ok(vec![Fact::Prices(id.to_owned(), prices)])
}

/// Reads `/api/sno/estimated-payout` of one satellite or all, told in `month`.
///
/// # Errors
/// When it is no estimate.
pub fn estimate(body: &Value, id: Option<&str>, month: Month) -> Result<Vec<Fact>, String> {
    let of = |key: &str, month: Month, month_end: Option<Micro>| {
        let body = body.get(key)?.as_object()?;
        Some(Fact::Estimate(NodeEstimate {
            satellite_id: id.map(str::to_owned),
            month,
            egress: bytes(body, "egressBandwidth"),
            repair_audit: bytes(body, "egressRepairAudit"),
            byte_months: number(body, "diskSpace").unwrap_or(0.0),
            for_egress: cents(body.get("egressBandwidthPayout"))?,
            for_repair_audit: cents(body.get("egressRepairAuditPayout"))?,
            for_storage: cents(body.get("diskSpacePayout"))?,
            held_percent: number(body, "heldRate").map_or(0, |percent| percent.round() as i64),
            held: cents(body.get("held"))?,
            net: cents(body.get("payout"))?,
            month_end,
        }))
    };
    let current = of("currentMonth", month, cents(body.get("currentMonthExpectations")));
    let current = current.ok_or("the answer is JSON, but no estimate of a payout")?;
    let previous = of("previousMonth", month.plus(-1), None);
    Ok(std::iter::once(current).chain(previous).collect())
}

/// Reads `/api/heldamount/paystubs/{start}/{end}`.
///
/// # Errors
/// When it is no list.
pub fn paystubs(body: &Value) -> Result<Vec<Fact>, String> {
    Ok(rows(body, "paystubs")?.filter_map(paystub).map(Fact::Paystub).collect())
}

fn paystub(row: &Object) -> Option<Paystub> {
    let amount = |key: &str| micro(row.get(key)).unwrap_or_default();
    Some(Paystub {
        satellite_id: id(row, "satelliteId")?,
        period: period(row, "period")?,
        created_ms: time(row, "created"),
        codes: text(row, "codes"),
        byte_hours: number(row, "usageAtRest")? * PAID_HOURS,
        get: bytes(row, "usageGet"),
        put: bytes(row, "usagePut"),
        get_repair: bytes(row, "usageGetRepair"),
        put_repair: bytes(row, "usagePutRepair"),
        get_audit: bytes(row, "usageGetAudit"),
        for_storage: amount("compAtRest"),
        for_get: amount("compGet"),
        for_put: amount("compPut"),
        for_get_repair: amount("compGetRepair"),
        for_put_repair: amount("compPutRepair"),
        for_get_audit: amount("compGetAudit"),
        surge_percent: number(row, "surgePercent").map_or(0, |percent| percent.round() as i64),
        held: amount("held"),
        owed: amount("owed"),
        disposed: amount("disposed"),
        // Without these it says nothing of what was paid.
        paid: micro(row.get("paid"))?,
        distributed: micro(row.get("distributed"))?,
    })
}

/// Reads `/api/heldamount/payout-history/{period}`: the receipts of a month.
///
/// # Errors
/// When it is no list.
pub fn receipts(body: &Value, month: Month) -> Result<Vec<Fact>, String> {
    let payment = |row: &Object| {
        let receipt = text(row, "receipt");
        let payment = Payment {
            satellite_id: id(row, "satelliteID")?,
            period: month,
            created_ms: None,
            amount: micro(row.get("distributed"))?,
            notes: String::new(),
            receipt,
        };
        (!payment.receipt.is_empty()).then_some(Fact::Payment(payment))
    };
    Ok(rows(body, "payouts")?.filter_map(payment).collect())
}

/// Reads `/api/heldamount/held-history`: since when the node knows each satellite that ever kept something back.
///
/// # Errors
/// When it is no list.
pub fn held(body: &Value) -> Result<Vec<Fact>, String> {
    let joined = |row: &Object| {
        let url = Some(text(row, "satelliteName")).filter(|url| !url.is_empty());
        Some(Fact::Joined(id(row, "satelliteID")?, url, time(row, "joinedAt")))
    };
    Ok(rows(body, "what was held back")?.filter_map(joined).collect())
}

/// Reads `/api/notifications/list`: the newest notices. Reading them there marks none as read.
///
/// # Errors
/// When it is no list.
pub fn notices(body: &Value) -> Result<Vec<Fact>, String> {
    let list = body.get("page").and_then(|page| page.get("notifications"));
    let list = list.ok_or("the answer is JSON, but no list of notices")?;
    let notice = |row: &Object| {
        Some(Fact::Notice(Notice {
            id: uuid(row.get("id")?.as_str()?)?,
            satellite_id: id(row, "senderId"),
            kind: row.get("type").and_then(Value::as_i64).unwrap_or_default(),
            title: text(row, "title"),
            message: cut(row, "message", MOST_MESSAGE),
            created_ms: time(row, "createdAt")?,
            read_ms: time(row, "readAt"),
        }))
    };
    Ok(rows(list, "notices")?.filter_map(notice).collect())
}

/// The 16 bytes of an id, as the node's database keeps it.
fn uuid(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> = text.bytes().filter(|byte| *byte != b'-').collect();
    let byte = |pair: &[u8]| {
        let digit = |at: usize| pair.get(at).and_then(|byte| char::from(*byte).to_digit(16));
        u8::try_from(digit(0)? * 16 + digit(1)?).ok()
    };
    (digits.len() == 32).then(|| digits.chunks(2).map(byte).collect::<Option<Vec<u8>>>())?
}

fn id(row: &Object, key: &str) -> Option<String> {
    let id = row.get(key)?.as_str()?;
    let is_id = !id.is_empty() && id.len() <= MOST_TEXT && id.bytes().all(|byte| byte.is_ascii_alphanumeric());
    is_id.then(|| id.to_owned())
}

fn text(row: &Object, key: &str) -> String {
    cut(row, key, MOST_TEXT)
}

fn cut(row: &Object, key: &str, most: usize) -> String {
    let text = row.get(key).and_then(Value::as_str).unwrap_or_default();
    text.chars().take(most).collect()
}

fn period(row: &Object, key: &str) -> Option<Month> {
    row.get(key)?.as_str()?.parse().ok()
}

fn number(row: &Object, key: &str) -> Option<f64> {
    let number = row.get(key)?.as_f64()?;
    (0.0..MOST_BYTES).contains(&number).then_some(number)
}

fn bytes(row: &Object, key: &str) -> u64 {
    let whole = row.get(key).and_then(Value::as_u64);
    let whole = whole.or_else(|| number(row, key).map(|bytes| bytes.round() as u64));
    whole.filter(|bytes| (*bytes as f64) < MOST_BYTES).unwrap_or(0)
}

fn micro(value: Option<&Value>) -> Option<Micro> {
    let value = value?;
    let amount = value
        .as_i64()
        .or_else(|| value.as_f64().map(|amount| amount.round() as i64))?;
    ((amount as f64).abs() < MOST_MICRO).then_some(Micro(amount))
}

/// The node adds up floating point numbers: what is behind the hundredth of a cent is dust.
fn cents(value: Option<&Value>) -> Option<Micro> {
    let cents = value?.as_f64()?;
    let micro = (cents * 10_000.0).round();
    (micro.abs() < MOST_MICRO).then_some(Micro(micro as i64))
}

fn time(row: &Object, key: &str) -> Option<i64> {
    let time: Timestamp = row.get(key)?.as_str()?.parse().ok()?;
    Some(time.as_millisecond()).filter(|ms| *ms > 0)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_can_be_read_is_read_and_the_rest_left_out() {
        let august: Month = "2026-08".parse().unwrap();
        let stub = json!({"satelliteId": "A", "period": "2026-08", "created": "0001-01-01T00:00:00Z", "codes": "X:S",
            "usageAtRest": 1.5, "usageGet": 7, "usagePut": -1, "compGet": 3, "surgePercent": 0, "held": null,
            "paid": 5, "distributed": 0});
        let mut bad = stub.clone();
        bad["period"] = json!("2026-8");
        let read = paystubs(&json!([null, bad, stub, 7])).unwrap();
        let [Fact::Paystub(read)] = read.as_slice() else {
            panic!("{read:?}");
        };
        assert_eq!((read.byte_hours, read.get, read.put), (1080.0, 7, 0));
        assert_eq!((read.created_ms, read.for_get, read.paid), (None, Micro(3), Micro(5)));
        assert_eq!(paystubs(&Value::Null), Ok(Vec::new()));
        let sent = json!([{"satelliteID": "A", "receipt": "", "distributed": 0},
            {"satelliteID": "B", "receipt": "eth:0x1", "distributed": 12, "heldPercent": null},
            {"satelliteID": "../x", "receipt": "eth:0x2", "distributed": 12}]);
        let read = receipts(&sent, august).unwrap();
        assert!(
            matches!(read.as_slice(), [Fact::Payment(payment)] if payment.amount == Micro(12) && payment.satellite_id == "B")
        );
        for body in [json!({"error": "no"}), json!("x"), json!(7)] {
            assert!(paystubs(&body).is_err() && receipts(&body, august).is_err() && held(&body).is_err());
            assert!(pricing(&body, "A").is_err() && estimate(&body, None, august).is_err());
        }
    }

    #[test]
    fn a_notice_has_the_id_its_database_has() {
        let one = json!({"id": "3831f4e9-afc9-47b6-b772-c21df82c7d7c", "senderId": "1ufw", "type": 3,
            "title": "Your Node is suspended since 2026-11-23 22:40:09.77844 +0000 UTC",
            "message": "This is a reminder that your StorageNode is suspended on Satellite 12cHb", "readAt": null,
            "createdAt": "2026-11-23T22:43:17.455514491Z"});
        let bad = json!({"id": "3831f4e9-afc9-47b6-b772-c21df82c7dzz", "createdAt": "2026-11-23T22:43:17Z"});
        let body = json!({"page": {"notifications": [one, bad]}, "unreadCount": 1});
        let told = notices(&body).unwrap();
        let [Fact::Notice(notice)] = told.as_slice() else {
            panic!("{told:?}");
        };
        assert_eq!((notice.id.len(), notice.id[0], notice.id[15]), (16, 0x38, 0x7c));
        assert_eq!((notice.created_ms, notice.read_ms), (1_795_473_797_455, None));
        assert_eq!(notice.suspended_by("12cHb"), Some(1_795_473_609_778));
        assert_eq!(notice.suspended_by("12cH"), None, "an id is a whole word");
        assert_eq!(notices(&json!({"page": {"notifications": null}})), Ok(Vec::new()));
        assert!(notices(&json!([])).is_err());
    }

    #[test]
    fn float_dust_is_no_money() {
        let month = json!({"egressBandwidth": 1, "egressBandwidthPayout": 19.29, "egressRepairAudit": 2,
            "egressRepairAuditPayout": 11.559999999999999, "diskSpace": 1.5, "diskSpacePayout": 259.90999999999997,
            "heldRate": 75, "payout": 290.76, "held": 0});
        let body = json!({"currentMonth": month, "previousMonth": null, "currentMonthExpectations": 380});
        let read = estimate(&body, Some("A"), "2026-01".parse().unwrap()).unwrap();
        let [Fact::Estimate(read)] = read.as_slice() else {
            panic!("{read:?}");
        };
        assert_eq!(
            (read.for_repair_audit, read.for_storage),
            (Micro(115_600), Micro(2_599_100))
        );
        assert_eq!(
            (read.gross(), read.month_end),
            (Micro(2_907_600), Some(Micro(3_800_000)))
        );
    }
}
