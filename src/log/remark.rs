//! What a record remarks of the node's contact, clock and orders. Called by `event`. Such records are rare: the whole
//! object is read.

use super::kind::{Kind, Level};
use super::record::{Record, text};
use super::slow::Object;
use crate::domain::remark::{Remark, Subject};

/// The remark of a record, if it makes one.
pub(super) fn remark<'r>(record: &Record<'r>) -> Option<Remark<&'r [u8]>> {
    let message = record.head.message.trim_end();
    let subject = match record.head.kind {
        // This one is about no satellite in particular, and follows one that is.
        Kind::PingFailed if message == "checkin callback failed" => return None,
        Kind::PingFailed => Subject::Unreached,
        Kind::PingGivenUp => Subject::GivenUp,
        Kind::OnlineWithError => Subject::OnlineWithError,
        Kind::Preflight if message.starts_with("local system clock is in sync") => Subject::ClockRight,
        Kind::Preflight if message.starts_with("system clock is out of sync") => Subject::ClockWrong,
        Kind::OrdersFailed if message.starts_with("failed to settle orders") => Subject::OrdersKept,
        _ => return None,
    };
    let object: Object = serde_json::from_slice(record.object).unwrap_or_default();
    let attempts = object.number(&["attempts"]).filter(|count| *count >= 1.0);
    let error = text(record.fields.error);
    // A stack may follow in further lines.
    let error = error.lines().next().filter(|line| !line.is_empty());
    let is_error = record.head.level >= Level::Warn;
    Some(Remark {
        subject,
        satellite: Some(record.fields.satellite_id).filter(|id| !id.is_empty()),
        attempts: attempts.map(|count| count as u32),
        text: error.filter(|_| is_error).map(str::to_owned),
    })
}
