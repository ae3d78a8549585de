//! How far a satellite is with vetting a node: it trusts it with more after 100 audits, failed ones included, and 21
//! days (`AuditCount`, `MinimumNodeAge` of the satellite's reputation configuration).

use crate::support::clock::HOUR_MS;

/// Audits it takes.
pub const AUDITS: u64 = 100;
/// Hours it takes, since the node joined.
pub const HOURS: u64 = 504;

/// How far it is. What is not known stays unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Vetting {
    /// Done, then (ms since the epoch).
    Vetted(i64),
    /// Not done.
    Underway {
        /// Audits so far.
        audits: Option<u64>,
        /// Whole hours since it joined.
        hours: Option<u64>,
        /// Both are enough, and still it is not done: the satellite has to be asked.
        overdue: bool,
    },
    /// The node's release does not tell (before 1.131).
    Unknown {
        /// Audits so far.
        audits: Option<u64>,
        /// Whole hours since it joined.
        hours: Option<u64>,
    },
}

/// Satellites look every few hours, and so does the node.
const SLACK_HOURS: u64 = 24;

/// Where it stands at `now_ms`. `tells`: whether the node would know of a vetting.
pub fn vetting(
    vetted_ms: Option<i64>,
    tells: bool,
    (audits, joined_ms): (Option<u64>, Option<i64>),
    now_ms: i64,
) -> Vetting {
    let hours = joined_ms.and_then(|joined| u64::try_from(now_ms - joined).ok());
    let hours = hours.map(|ms| ms / HOUR_MS.unsigned_abs());
    match vetted_ms {
        Some(ms) => Vetting::Vetted(ms),
        None if !tells => Vetting::Unknown { audits, hours },
        None => Vetting::Underway {
            audits,
            hours,
            overdue: audits.is_some_and(|audits| audits >= AUDITS)
                && hours.is_some_and(|hours| hours >= HOURS + SLACK_HOURS),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_unknown_stays_so() {
        let at = |audits, joined: Option<i64>| vetting(None, true, (audits, joined.map(|h| -h * HOUR_MS)), 0);
        let underway = |audits, hours, overdue| Vetting::Underway { audits, hours, overdue };
        assert_eq!(at(Some(63), Some(14 * 24)), underway(Some(63), Some(336), false));
        assert_eq!(at(Some(36_952), Some(600)), underway(Some(36_952), Some(600), true));
        assert_eq!(at(Some(100), Some(504)), underway(Some(100), Some(504), false));
        assert_eq!(at(None, Some(600)), underway(None, Some(600), false));
        // Joined in the future: a clock is wrong.
        assert_eq!(at(Some(1), Some(-5)), underway(Some(1), None, false));
        let unknown = Vetting::Unknown {
            audits: None,
            hours: None,
        };
        assert_eq!(vetting(None, false, (None, None), 0), unknown);
        assert_eq!(vetting(Some(5), false, (None, None), 9), Vetting::Vetted(5));
    }
}
