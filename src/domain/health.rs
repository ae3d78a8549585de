//! How a node is, in one word, and why.

use serde::{Deserialize, Serialize};

/// How a node is, the worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Reputation or money is being lost, or soon will be.
    Critical,
    /// Something wants a look.
    Warning,
    /// Too little is known to say.
    Unknown,
    /// No trouble in what is known.
    Ok,
}

impl State {
    /// In capitals, as a monitoring plugin says it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Critical => "CRITICAL",
            Self::Warning => "WARNING",
            Self::Unknown => "UNKNOWN",
            Self::Ok => "OK",
        }
    }
}

/// What can be wrong, what cannot be undone first: of two findings that are equally bad the earlier one leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    /// It neither answers nor writes: it is down now, and every hour counts.
    Down,
    /// It was stopped, and is not there.
    Stopped,
    /// A satellite disqualified it.
    Disqualified,
    /// A satellite suspended it.
    Suspended,
    /// Audits or repairs failed lately.
    AuditsFailed,
    /// Audits wait for an answer.
    AuditsWait,
    /// Its audit score is near the threshold.
    AuditScore,
    /// Its suspension score is near the threshold.
    SuspensionScore,
    /// Its disk gives errors.
    DiskErrors,
    /// Its disk cannot be written.
    ReadOnly,
    /// Its disk says that it fails.
    DiskFails,
    /// Its disk answers late.
    DiskSlow,
    /// It ends by itself.
    CannotStart,
    /// Its online score is low.
    OnlineScore,
    /// It starts again and again.
    Restarts,
    /// Its release is below the minimum.
    Outdated,
    /// Nobody reaches it.
    NoContact,
    /// A satellite does not reach it, or it a satellite.
    SatelliteLost,
    /// Its clock is wrong.
    Clock,
    /// Its API does not answer.
    ApiDown,
    /// A database of it hinders.
    Database,
    /// Its log and its API are of two nodes.
    MixedUp,
    /// It started though nobody had stopped it.
    Killed,
    /// It did nothing for a while.
    Hung,
    /// It turns uploads away.
    Rejects,
    /// Its disk has less room than it believes.
    DiskShort,
    /// More of its disk is promised than there is.
    Promised,
    /// Two nodes compact on one disk at once.
    TwoCompact,
    /// Orders are not settled: egress may stay unpaid.
    Orders,
    /// A compaction does not end.
    WorkStuck,
    /// Its disk is soon full.
    FullSoon,
    /// QUIC is misconfigured.
    Quic,
    /// The folder of its databases, or one of them, is not there.
    DataMissing,
    /// A satellite that owes a paystub sent none.
    PaystubMissing,
    /// The month earns far less than the one before.
    EarningsDrop,
    /// A log cannot be read.
    LogUnreadable,
    /// A log is not there.
    LogMissing,
    /// A log says nothing for hours.
    LogSilent,
    /// A busy log stopped.
    LogQuiet,
    /// Much of its log is not understood.
    NotUnderstood,
    /// The collector cannot keep what it reads.
    NotKept,
    /// No collector looks at it.
    NotWatched,
    /// Too little is known.
    NoData,
}

impl Rule {
    /// All of them.
    pub const ALL: [Self; 43] = [
        Self::Down,
        Self::Stopped,
        Self::Disqualified,
        Self::Suspended,
        Self::AuditsFailed,
        Self::AuditsWait,
        Self::AuditScore,
        Self::SuspensionScore,
        Self::DiskErrors,
        Self::ReadOnly,
        Self::DiskFails,
        Self::DiskSlow,
        Self::CannotStart,
        Self::OnlineScore,
        Self::Restarts,
        Self::Outdated,
        Self::NoContact,
        Self::SatelliteLost,
        Self::Clock,
        Self::ApiDown,
        Self::Database,
        Self::MixedUp,
        Self::Killed,
        Self::Hung,
        Self::Rejects,
        Self::DiskShort,
        Self::Promised,
        Self::TwoCompact,
        Self::Orders,
        Self::WorkStuck,
        Self::FullSoon,
        Self::Quic,
        Self::DataMissing,
        Self::PaystubMissing,
        Self::EarningsDrop,
        Self::LogUnreadable,
        Self::LogMissing,
        Self::LogSilent,
        Self::LogQuiet,
        Self::NotUnderstood,
        Self::NotKept,
        Self::NotWatched,
        Self::NoData,
    ];

    /// Its name in answers for scripts.
    pub fn id(self) -> &'static str {
        match self {
            Self::Down => "down",
            Self::Disqualified => "disqualified",
            Self::Suspended => "suspended",
            Self::AuditScore => "audit_score",
            Self::AuditsFailed => "audits_failed",
            Self::AuditsWait => "audits_wait",
            Self::SuspensionScore => "suspension_score",
            Self::OnlineScore => "online_score",
            Self::Restarts => "restarts",
            Self::Outdated => "outdated",
            Self::NoContact => "no_contact",
            Self::SatelliteLost => "satellite_lost",
            Self::Clock => "clock",
            Self::Orders => "orders",
            Self::WorkStuck => "work_stuck",
            Self::NotUnderstood => "not_understood",
            Self::ApiDown => "api_down",
            Self::MixedUp => "mixed_up",
            Self::DiskErrors => "disk_errors",
            Self::ReadOnly => "disk_read_only",
            Self::DiskFails => "disk_fails",
            Self::DiskSlow => "disk_slow",
            Self::CannotStart => "cannot_start",
            Self::Stopped => "stopped",
            Self::Database => "database",
            Self::Killed => "killed",
            Self::Hung => "hung",
            Self::Rejects => "rejects",
            Self::DiskShort => "disk_short",
            Self::Promised => "overpromised",
            Self::TwoCompact => "compactions",
            Self::FullSoon => "full_soon",
            Self::Quic => "quic",
            Self::DataMissing => "data_missing",
            Self::PaystubMissing => "paystub_missing",
            Self::EarningsDrop => "earnings_drop",
            Self::LogUnreadable => "log_unreadable",
            Self::LogMissing => "log_missing",
            Self::LogSilent => "log_silent",
            Self::LogQuiet => "log_quiet",
            Self::NotKept => "not_kept",
            Self::NotWatched => "not_watched",
            Self::NoData => "no_data",
        }
    }

    /// What it says of a node, in a word or two.
    pub fn word(self) -> &'static str {
        match self {
            Self::Down => "is down",
            Self::Disqualified => "disqualified",
            Self::Suspended => "suspended",
            Self::AuditScore => "audits fail",
            Self::AuditsFailed => "audits fail",
            Self::AuditsWait => "audits wait",
            Self::SuspensionScore => "audits unknown",
            Self::OnlineScore => "often away",
            Self::Restarts => "restarts",
            Self::Outdated => "too old",
            Self::NoContact => "not reached",
            Self::SatelliteLost => "satellite lost",
            Self::Clock => "clock wrong",
            Self::Orders => "orders kept",
            Self::WorkStuck => "stuck",
            Self::NotUnderstood => "log unknown",
            Self::ApiDown => "no answer",
            Self::MixedUp => "mixed up",
            Self::DiskErrors => "disk errors",
            Self::ReadOnly => "read-only",
            Self::DiskFails => "disk fails",
            Self::DiskSlow => "slow disk",
            Self::CannotStart => "ends itself",
            Self::Stopped => "stopped",
            Self::Database => "database",
            Self::Killed => "was killed",
            Self::Hung => "hung",
            Self::Rejects => "rejects",
            Self::DiskShort => "disk short",
            Self::Promised => "overpromised",
            Self::TwoCompact => "two compact",
            Self::FullSoon => "soon full",
            Self::Quic => "no QUIC",
            Self::DataMissing => "no data there",
            Self::PaystubMissing => "no paystub",
            Self::EarningsDrop => "earns less",
            Self::LogUnreadable => "log unreadable",
            Self::LogMissing => "no log there",
            Self::LogSilent => "log silent",
            Self::LogQuiet => "log silent",
            Self::NotKept => "not kept",
            Self::NotWatched => "not watched",
            Self::NoData => "no data",
        }
    }

    /// The rule of a name.
    pub fn of(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rule| rule.id() == id)
    }
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// How bad it is.
    pub state: State,
    /// By which rule.
    pub rule: Rule,
    /// What is wrong, since when, and what to do.
    pub text: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_has_its_own_name() {
        let ids: std::collections::BTreeSet<_> = Rule::ALL.map(Rule::id).into();
        assert_eq!(ids.len(), Rule::ALL.len());
        assert!(Rule::ALL.is_sorted() && Rule::ALL.iter().all(|rule| Rule::of(rule.id()) == Some(*rule)));
    }
}
