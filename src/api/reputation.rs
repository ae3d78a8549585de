//! How satellites rate nodes, in full: the answer to [`super::message::Query::Reputation`]. Times are ms since the
//! epoch, scores 0..1; unknown is null.

use serde::{Deserialize, Serialize};

use super::status::{Outlook, Satellite};

/// One node.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NodeReputation {
    /// Its name.
    pub node: String,
    /// Its satellites, as in its status.
    pub satellites: Vec<SatelliteReputation>,
}

/// One satellite of a node.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SatelliteReputation {
    /// What it said; its outlook is in [`Satellite::outlook`].
    pub satellite: Satellite,
    /// Its scores a day before.
    pub day_before: Option<DayBefore>,
    /// Where the node was away.
    pub downtime: Option<Downtime>,
    /// Audits of the last day that failed, by the log; `None`: none did, or there is no log.
    pub failing: Option<Failing>,
    /// When the windows were told, ms since the epoch.
    pub asked_ms: Option<i64>,
    /// Why the node did not tell them when it was asked last.
    pub error: Option<String>,
}

/// Scores of a day before.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct DayBefore {
    pub audit_score: Option<f64>,
    pub suspension_score: Option<f64>,
    pub online_score: Option<f64>,
}

/// Windows of audits; see [`crate::domain::detail::AuditWindow`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Downtime {
    /// How long a window is.
    pub window_ms: i64,
    /// Begin, audits, and those the node was online for; the oldest first. What is missing was not audited.
    pub windows: Vec<(i64, u32, u32)>,
    /// When what is lost falls out, and the online score from then on, if nothing more is lost.
    pub steps: Vec<(i64, f64)>,
}

/// Failed audits and repairs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Failing {
    /// Audits of the day, failed ones included.
    pub audits: u64,
    /// Of them those from the first that failed on.
    pub since_first: u64,
    /// Of them those whose piece is missing: they cost audit score.
    pub missing: u64,
    /// Of them those whose piece could not be read: they cost suspension score.
    pub unreadable: u64,
    /// Repairs that failed.
    pub repairs: u64,
    /// The first failure.
    pub first_ms: i64,
    /// The last failure.
    pub last_ms: i64,
    /// The last audit that passed.
    pub passed_ms: Option<i64>,
    /// What the errors say, and how often.
    pub errors: Vec<(String, u64)>,
    /// What is wrong, in words.
    pub means: String,
    /// What to do.
    pub act: String,
    /// Hours until it disqualifies, at the present pace.
    pub hours_to_disqualification: Option<f64>,
    /// Hours until it suspends, at the present pace.
    pub hours_to_suspension: Option<f64>,
    /// The newest failures, the newest first.
    pub newest: Vec<FailedAudit>,
}

/// One that failed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct FailedAudit {
    pub time_ms: i64,
    /// A repair; satellites do not count it.
    pub repair: bool,
    /// It costs audit score; else suspension score.
    pub missing: bool,
    pub piece: Option<String>,
    pub offset: Option<u64>,
    pub size: Option<u64>,
    /// As it stands in the log: foreign text.
    pub error: Option<String>,
}

impl SatelliteReputation {
    /// What is computed of it.
    pub fn outlook(&self) -> Option<&Outlook> {
        self.satellite.outlook.as_ref()
    }
}
