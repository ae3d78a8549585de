//! The answer of `status --json`: every node on one screen. Unknown is null; what is not built yet, too.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::databases::{Databases, Notice};
use super::disks::{Around, PendingAudits};
use crate::domain::currency::Currency;
use crate::domain::health::{Rule, State};

/// All nodes at one time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Status {
    /// Of this form.
    pub version: u32,
    /// The time of the answer.
    pub time: String,
    /// The collector.
    pub collector: Collector,
    /// The nodes, the worst first.
    pub nodes: Vec<Node>,
}

/// Whether a collector runs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Collector {
    /// It does.
    pub running: bool,
    /// Since when.
    pub since: Option<String>,
    /// Why it cannot keep what it reads now; null: it can, or nobody can tell.
    pub error: Option<String>,
}

/// One node.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Node {
    /// Its name here.
    pub name: String,
    /// Its id.
    pub node_id: Option<String>,
    /// Its release.
    pub node_version: Option<String>,
    /// The oldest release satellites still use, by the node's API.
    #[serde(default)]
    pub minimum_version: Option<String>,
    /// How it is.
    pub state: State,
    /// Why, the worst first.
    pub reasons: Vec<Reason>,
    /// When its process started.
    pub started_at: Option<String>,
    /// The node's own word: `OK`, `Misconfigured`, `Disabled`, `Refreshing`.
    pub quic: Option<String>,
    /// When a satellite or a customer last reached it.
    pub last_contact_at: Option<String>,
    /// Where its log lines come from.
    pub sources: Vec<Source>,
    /// Its API.
    pub api: Api,
    /// Its newest notices, by its API or its databases, the newest first. Foreign text.
    #[serde(default)]
    pub notices: Vec<Notice>,
    /// Its own databases; null: none is named.
    #[serde(default)]
    pub databases: Option<Databases>,
    /// The last hour's transfers.
    pub traffic: Traffic,
    /// Its disk.
    pub disk: Option<Disk>,
    /// Where its bytes are, and when its disk is full.
    #[serde(default)]
    pub space: Option<Space>,
    /// How satellites rate it.
    pub satellites: Option<Vec<Satellite>>,
    /// Audits that have begun and not ended; null: neither its log nor its counters tell.
    #[serde(default)]
    pub pending_audits: Option<PendingAudits>,
    /// What surrounds it; null: nobody looks.
    #[serde(default)]
    pub around: Option<Around>,
    /// Money, not built yet.
    pub earnings: Option<Earnings>,
    /// Alerts, not built yet.
    pub alerts: Option<Vec<Alert>>,
}

impl Node {
    /// Whether a log of it is followed.
    pub fn is_followed(&self) -> bool {
        let mut sources = self.sources.iter();
        sources.any(|source| source.state.as_deref() == Some("following"))
    }

    /// Orders nodes, the worst first: by state, then by what leads there, then by name.
    pub fn rank(&self) -> (State, usize, &str) {
        let rule = self.reasons.first().and_then(|reason| Rule::of(&reason.rule));
        let rule = rule.and_then(|rule| Rule::ALL.iter().position(|other| *other == rule));
        (self.state, rule.unwrap_or(Rule::ALL.len()), &self.name)
    }
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reason {
    /// The rule.
    pub rule: String,
    /// In words.
    pub text: String,
}

/// A source of log lines.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Source {
    /// Its path.
    pub source: String,
    /// `file`: followed; `history`: ingested.
    pub kind: String,
    /// `following`, `missing`, `failing`, `new`, `left` (no longer configured); null for history.
    pub state: Option<String>,
    /// On the disk, not read yet.
    pub lag_bytes: u64,
    /// Lines counted.
    pub lines: u64,
    /// Of them understood.
    pub understood: u64,
    /// Of them unknown.
    pub unknown: u64,
    /// Of them malformed.
    pub malformed: u64,
    /// Bytes read, inflated.
    pub bytes: u64,
    /// `console`, `json`, …
    pub dialect: Option<String>,
    /// Time of the newest line.
    pub last_event_at: Option<String>,
    /// What hinders.
    pub error: Option<String>,
}

/// The node's API.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Api {
    /// `ok`, `stale`, `down`, `none`.
    pub state: String,
    /// When it last answered.
    pub last_ok_at: Option<String>,
    /// Why it did not the last time.
    pub error: Option<String>,
}

/// Transfers of a window that ends at the answer's time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Traffic {
    /// Its length.
    pub window_s: i64,
    /// By the node's own word.
    pub by_action: BTreeMap<String, Flow>,
}

/// How transfers of an action ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Flow {
    /// Counts.
    pub success: u64,
    /// Given up by the other side.
    pub canceled: u64,
    /// Broken.
    pub failed: u64,
    /// Turned away.
    pub rejected: u64,
    /// Of the successful ones.
    pub bytes: u64,
}

impl Flow {
    /// All transfers.
    pub fn count(&self) -> u64 {
        self.success + self.canceled + self.failed + self.rejected
    }
}

/// A disk in bytes; see [`crate::domain::sample::Disk`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Disk {
    pub semantics: String,
    pub allocated: Option<u64>,
    pub used: Option<u64>,
    pub free: Option<u64>,
    pub trash: Option<u64>,
    pub reclaimable: Option<u64>,
    pub overused: Option<u64>,
    pub source: String,
    pub as_of: String,
}

/// A satellite's opinion; see [`crate::domain::sample::Standing`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Satellite {
    pub satellite_id: Option<String>,
    pub url: Option<String>,
    pub audit_score: Option<f64>,
    pub suspension_score: Option<f64>,
    pub online_score: Option<f64>,
    /// Audits that may still fail in a row, counting the one that disqualifies.
    pub audit_failures_to_disqualification: Option<u32>,
    /// Audits that failed in the last 24 hours, by the log; null without one.
    pub recent_failed_audits: Option<u64>,
    pub disqualified_at: Option<String>,
    pub suspended_at: Option<String>,
    pub vetted_at: Option<String>,
    /// Suspended for being offline: by its databases; without them by its notices, while the online score is below 0.6.
    #[serde(default)]
    pub offline_suspended_at: Option<String>,
    /// Under review for being offline; likewise.
    #[serde(default)]
    pub offline_review_at: Option<String>,
    pub source: String,
    pub as_of: String,
    /// What the log and the windows of audits add to it; null: nothing is known.
    #[serde(default)]
    pub outlook: Option<Outlook>,
}

/// What follows from a satellite's scores, its windows of audits, and the audits of the log since: computed here.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Outlook {
    /// The audit score by now, from what was told and the audits since; null: no audit failed lately.
    pub projected_audit_score: Option<f64>,
    /// The suspension score by now, likewise.
    pub projected_suspension_score: Option<f64>,
    /// Missing pieces in a row until it disqualifies, those of the log counted.
    pub failures_to_disqualification: Option<u32>,
    /// Unreadable pieces in a row until it suspends, likewise.
    pub failures_to_suspension: Option<u32>,
    /// Audits that failed since the last that passed; null without a log.
    pub failed_in_a_row: Option<u64>,
    /// Windows of the last 30 days in which the node missed an audit.
    pub windows_lost: Option<u32>,
    /// Hours away in them, by the share of audits missed.
    pub hours_lost: Option<f64>,
    /// When the online score is 1 again, if nothing more is lost; null: it is, or nothing is known.
    pub online_back_at: Option<String>,
    /// How far vetting is.
    pub vetting: Option<Vetting>,
    /// When the node joined.
    pub joined_at: Option<String>,
    /// Since when check-ins fail, by the log; null: they do not, or nobody knows.
    #[serde(default)]
    pub lost_since: Option<String>,
    /// Why, and what to look at.
    #[serde(default)]
    pub lost_why: Option<String>,
}

/// A time as the status writes it, ms since the epoch.
pub fn ms(time: Option<&str>) -> Option<i64> {
    let time: jiff::Timestamp = time?.parse().ok()?;
    Some(time.as_millisecond())
}

/// A difference that four digits do not show is none.
const SAME: f64 = 0.000_05;

/// The score by now, and whether it was computed: the satellite has not told it yet.
fn by_now(told: Option<f64>, projected: Option<f64>) -> (Option<f64>, bool) {
    let differs = match (told, projected) {
        (Some(told), Some(projected)) => (told - projected).abs() >= SAME,
        (None, Some(_)) => true,
        (_, None) => false,
    };
    (if differs { projected } else { told }, differs)
}

impl Satellite {
    /// The audit score by now, and whether it was computed.
    pub fn audit_by_now(&self) -> (Option<f64>, bool) {
        let projected = self.outlook.as_ref().and_then(|outlook| outlook.projected_audit_score);
        by_now(self.audit_score, projected)
    }

    /// As [`Self::audit_by_now`].
    pub fn suspension_by_now(&self) -> (Option<f64>, bool) {
        let projected = self
            .outlook
            .as_ref()
            .and_then(|outlook| outlook.projected_suspension_score);
        by_now(self.suspension_score, projected)
    }

    /// Whether it suspended the node, for whatever reason.
    pub fn is_suspended(&self) -> bool {
        self.suspended_at.is_some() || self.offline_suspended_at.is_some()
    }

    /// Failed audits in a row until it disqualifies, by score and log; 0: it has.
    pub fn audits_left(&self) -> Option<u32> {
        let computed = self
            .outlook
            .as_ref()
            .and_then(|outlook| outlook.failures_to_disqualification);
        match self.disqualified_at {
            Some(_) => Some(0),
            None => computed.or(self.audit_failures_to_disqualification),
        }
    }
}

/// How far a satellite is with vetting a node.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Vetting {
    /// `vetted`, `underway`, `overdue` (enough of both, and still not done), `unknown`: the release does not tell.
    pub state: String,
    /// Audits so far, failed ones included; by the log.
    pub audits: Option<u64>,
    /// Audits it takes.
    pub audits_needed: u64,
    /// Whole hours since the node joined.
    pub hours: Option<u64>,
    /// Hours it takes.
    pub hours_needed: u64,
}

/// What follows from what a node said of its disk and satellites of what they store, in bytes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Space {
    /// By the last tally of every satellite; null: one of them has told none.
    pub paid: Option<u64>,
    /// Used and not paid.
    pub unpaid: Option<u64>,
    /// Unpaid, and neither trash nor known dead data.
    pub unexplained: Option<u64>,
    /// Percent of the used bytes that is paid.
    pub paid_percent: Option<u8>,
    /// Bytes a day; null: too little is known.
    pub growth_per_day: Option<i64>,
    /// Bytes a day that came in over the last seven whole days that are told, repairs included; null: none is known.
    #[serde(default)]
    pub in_per_day: Option<u64>,
    /// Likewise that went out, audits included.
    #[serde(default)]
    pub out_per_day: Option<u64>,
    /// Bytes a day that came in and did not make it grow; null: both are not known of the same week.
    #[serde(default)]
    pub freed_per_day: Option<u64>,
    /// Days until it is full; null: not at this pace, or the pace is unknown.
    pub full_in_days: Option<FullIn>,
}

/// Days until a disk is full.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct FullIn {
    /// At the fastest usual pace.
    pub low: Option<f64>,
    /// At the present pace.
    pub likely: f64,
    /// At the slowest usual pace; null: not at that pace.
    pub high: Option<f64>,
}

/// The month's money, in micro-dollars.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Earnings {
    pub month: String,
    pub so_far_microusd: Option<i64>,
    pub estimate_microusd: Option<i64>,
    pub node_estimate_microusd: Option<i64>,
    pub held_microusd: Option<i64>,
    pub as_of: Option<String>,
    /// How people read it; the amounts here are dollars.
    #[serde(default, skip_serializing_if = "Currency::is_dollars")]
    pub currency: Currency,
}

/// Something that wants an operator.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Alert {
    pub id: u64,
    pub severity: String,
    pub rule: String,
    pub since: String,
    pub title: String,
    pub advice: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_score_is_computed_only_where_four_digits_show_it() {
        assert_eq!(by_now(Some(0.9), Some(0.900_01)), (Some(0.9), false));
        assert_eq!(by_now(Some(0.9), Some(0.89)), (Some(0.89), true));
        assert_eq!(by_now(Some(0.9), None), (Some(0.9), false));
        assert_eq!(
            (by_now(None, Some(0.9)), by_now(None, None)),
            ((Some(0.9), true), (None, false))
        );
    }
}
