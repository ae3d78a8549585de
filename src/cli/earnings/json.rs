//! `earnings --json`: the month for scripts. Amounts are micro-dollars, times RFC 3339; unknown is null.

use serde_json::{Value, json};

use super::known;
use crate::api::money::{Component, MonthMoney, NodeMoney, Receipt, SatelliteMoney, SatelliteMonth, SentPart, Stub};
use crate::domain::money::{Micro, Month};
use crate::report::time::rfc3339;

/// All nodes.
pub fn answer(nodes: &[NodeMoney], month: Month, now_ms: i64) -> Value {
    let nodes: Vec<Value> = nodes.iter().map(node).collect();
    json!({"version": 1, "time": rfc3339(now_ms), "month": month.to_string(), "nodes": nodes})
}

fn time(ms: Option<i64>) -> Value {
    ms.map_or(Value::Null, |ms| rfc3339(ms).into())
}

fn amount(amount: Option<Micro>) -> Value {
    amount.map_or(Value::Null, |amount| amount.0.into())
}

fn node(node: &NodeMoney) -> Value {
    let estimates = &node.estimates;
    let end = estimates.tallies;
    let sum = known::of_node(node);
    let way = node.node_way.so_far;
    // By days alone; of a month of which there are none it would say nothing.
    let has_days = !known::is_nothing(node) && (way.gross != Micro(0) || node.month == Month::of_ms(node.now_ms));
    let satellites: Vec<Value> = node.satellites.iter().map(satellite).collect();
    let months: Vec<Value> = node.history.iter().map(month).collect();
    let notes: Vec<&str> = node.notes.iter().map(|note| note.text.as_str()).collect();
    json!({
        "name": node.node,
        "month": node.month.to_string(),
        "gone": node.gone,
        "gross_microusd": amount(sum.map(|sum| sum.gross)),
        "held_microusd": amount(sum.map(|sum| sum.held)),
        "so_far_microusd": amount(sum.map(|sum| sum.net)),
        "satellites_without_price": node.so_far.without,
        "estimate_microusd": amount(end.map(|end| end.amounts.net)),
        "estimate_gross_microusd": amount(end.map(|end| end.amounts.gross)),
        "estimate_low_microusd": amount(estimates.range().map(|(low, _)| low)),
        "estimate_high_microusd": amount(estimates.range().map(|(_, high)| high)),
        "trend_microusd": amount(estimates.trend.map(|trend| trend.amounts.net)),
        "confidence": estimates.confidence.word(),
        "confidence_because": estimates.because,
        "node_so_far_microusd": amount(node.told.map(|told| told.amounts.net)),
        "node_estimate_microusd": amount(estimates.node.map(|(net, _)| net)),
        "node_way_so_far_microusd": amount(has_days.then_some(way.net)),
        "node_way_estimate_microusd": amount(node.node_way.month_end),
        "held_so_far_microusd": node.held.left.0,
        "held_returned_microusd": node.held.returned.0,
        "answered_at": time(node.asked_ms),
        "error": node.error,
        "satellites": satellites,
        "notes": notes,
        "months": months,
    })
}

fn satellite(satellite: &SatelliteMoney) -> Value {
    let component = |component: Component| {
        let part = satellite.parts.of(component);
        let is_storage = component == Component::Storage;
        json!({
            "component": component.word(),
            // Of nothing known nothing is known of bytes, either.
            "bytes": (!is_storage && !known::is_blank(satellite)).then_some(part.bytes),
            "byte_hours": part.byte_hours.map(|hours| hours.round() as u64),
            "price_cents": part.price,
            "gross_microusd": amount(part.amounts.map(|amounts| amounts.gross)),
            "held_microusd": amount(part.amounts.map(|amounts| amounts.held)),
            "net_microusd": amount(part.amounts.map(|amounts| amounts.net)),
        })
    };
    let sum = known::of_satellite(satellite);
    json!({
        "satellite_id": satellite.satellite_id,
        "name": satellite.name,
        "trusted": satellite.trusted,
        "joined_at": time(satellite.joined_ms),
        "age_months": satellite.age_months,
        "held_percent": satellite.held_percent,
        "disqualified_at": time(satellite.disqualified_ms),
        "average_bytes": satellite.average_bytes,
        "last_bytes": satellite.last_bytes,
        "last_report_at": time(satellite.last_tally_ms),
        "components": Component::ALL.map(component),
        "gross_microusd": amount(sum.map(|sum| sum.gross)),
        "held_microusd": amount(sum.map(|sum| sum.held)),
        "net_microusd": amount(sum.map(|sum| sum.net)),
        "estimate_microusd": amount(satellite.month_end.map(|end| end.net)),
        "held_so_far_microusd": satellite.held.left.0,
        "held_returned_microusd": satellite.held.returned.0,
        "half_back_month": satellite.held.half_back.map(|(month, _)| month.to_string()),
        "half_back_microusd": amount(satellite.held.half_back.map(|(_, amount)| amount)),
        "half_back_more_microusd": amount(satellite.held.half_back.map(|_| satellite.held.half_more)),
    })
}

fn month(month: &MonthMoney) -> Value {
    let satellites: Vec<Value> = month.satellites.iter().map(settled).collect();
    json!({
        "month": month.month.to_string(),
        "state": month.state.word(),
        "ours_microusd": amount(month.ours),
        "node_microusd": amount(month.node),
        "difference_microusd": amount(month.difference),
        "missing": month.missing,
        "paystub": month.stub.as_ref().map(stub),
        "compared_microusd": amount(month.compared),
        "sent_with": parts(&month.sent),
        "waits_microusd": month.waits.0,
        "brought": parts(&month.brought),
        "satellites": satellites,
    })
}

fn settled(satellite: &SatelliteMonth) -> Value {
    let letters: Vec<&str> = satellite.codes.iter().map(|(letter, _)| letter.as_str()).collect();
    let receipts: Vec<Value> = satellite.receipts.iter().map(receipt).collect();
    json!({
        "satellite_id": satellite.satellite_id,
        "ours_microusd": amount(satellite.ours),
        "node_microusd": amount(satellite.node),
        "paystub": satellite.stub.as_ref().map(stub),
        "surge_percent": satellite.surge_percent,
        "codes": letters,
        "receipts": receipts,
        "waiting_microusd": satellite.waiting.0,
        "sent_with": parts(&satellite.sent),
        "waits_microusd": satellite.waits.0,
        "brought": parts(&satellite.brought),
    })
}

fn parts(parts: &[SentPart]) -> Value {
    let part = |part: &SentPart| json!({"month": part.month.to_string(), "amount_microusd": part.amount.0});
    parts.iter().map(part).collect()
}

fn stub(stub: &Stub) -> Value {
    json!({
        "gross_microusd": stub.gross.0,
        "held_microusd": stub.held.0,
        "disposed_microusd": stub.disposed.0,
        "owed_microusd": stub.owed.0,
        "paid_microusd": stub.paid.0,
        "distributed_microusd": stub.distributed.0,
        "postponed_microusd": stub.postponed.0,
        "of_earlier_months_microusd": stub.earlier.0,
    })
}

fn receipt(receipt: &Receipt) -> Value {
    json!({
        "chain": receipt.chain,
        "hash": receipt.hash,
        "link": receipt.link,
        "amount_microusd": amount(receipt.amount),
        "time": time(receipt.time_ms),
    })
}
