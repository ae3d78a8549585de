//! What is wrong with a node's reputation: by the scores satellites told, and by the audits of its log before any
//! score tells of them.

use super::{Evidence, Findings, ago, span};
use crate::analysis::reputation::streak::{Diagnosis, Streak};
use crate::analysis::reputation::{
    AUDIT_DISQUALIFIES, OFFLINE_SUSPENDS, SUSPENDS, audit_failures_to_disqualification as failures_left,
};
use crate::domain::health::{Rule, State};
use crate::domain::sample::Standing;

/// Scores at which there is time left to act; satellites act at the constants of `reputation`.
const AUDIT_LOW: (f64, f64) = (0.995, 0.98);
const SUSPENSION_LOW: (f64, f64) = (0.95, 0.8);
const ONLINE_LOW: (f64, f64) = (0.9, 0.7);
/// A disqualification is news for so long; it never ends.
const NEWS_MS: i64 = 30 * 86_400_000;
/// Failed audits are news for so long; those of an unbroken run always.
const FAILED_MS: i64 = 3_600_000;
/// A pace that takes longer than so many hours is none to be told.
const SOON_H: f64 = 72.0;

/// A satellite whose audits or repairs fail.
#[derive(Debug, Clone, PartialEq)]
pub struct Failing {
    /// As people call it.
    pub name: String,
    /// What failed.
    pub streak: Streak,
    /// What it means.
    pub diagnosis: Diagnosis,
    /// Missing pieces in a row until it disqualifies, those of the log counted.
    pub to_disqualification: u32,
    /// Unreadable ones until it suspends.
    pub to_suspension: u32,
    /// The satellite has told no score: it was taken as perfect.
    pub assumed: bool,
    /// Hours to disqualification and suspension at the present pace.
    pub hours: (Option<f64>, Option<f64>),
}

/// Audits that failed, in words that need no score.
pub(super) fn judge_failing(found: &mut Findings, evidence: &Evidence) {
    for failing in &evidence.failing {
        let streak = &failing.streak;
        if streak.in_a_row > 0 || evidence.now_ms - streak.last_ms <= FAILED_MS {
            found.say(State::Critical, Rule::AuditsFailed, failing_text(failing));
        }
    }
}

fn failing_text(failing: &Failing) -> String {
    let Failing { name, streak, .. } = failing;
    let audits = streak.missing + streak.unreadable;
    let mut text = match (streak.in_a_row, audits, streak.repairs) {
        (2.., ..) => format!("{} audits in a row failed on {name}", streak.in_a_row),
        (_, 0, 1) => format!("a repair failed on {name}"),
        (_, 0, repairs) => format!("{repairs} repairs failed on {name}"),
        (_, 1, _) => format!("an audit failed on {name}"),
        (_, failed, _) => format!("{failed} of the last {} audits failed on {name}", streak.since_first),
    };
    if streak.missing > 0 {
        let left = failing.to_disqualification;
        text += &limit(left, failing.assumed, failing.hours.0, ("disqualifies", "disqualify"));
    }
    if streak.unreadable > 0 {
        let left = failing.to_suspension;
        text += &limit(left, failing.assumed, failing.hours.1, ("suspends", "suspend"));
    }
    if let Some((error, count)) = streak.errors.first() {
        text += &format!(": \"{error}\" ×{count}");
    }
    format!("{text} → {}", failing.diagnosis.act)
}

/// `; 29 more disqualify (in 3 h at this pace)`.
fn limit(left: u32, assumed: bool, hours: Option<f64>, (one, many): (&str, &str)) -> String {
    let at_most = if assumed { "at most " } else { "" };
    let text = match left {
        0 => return format!("; by the log that is enough to {}", many),
        1 => format!("; {at_most}1 more {one}"),
        left => format!("; {at_most}{left} more {many}"),
    };
    match hours.filter(|hours| *hours <= SOON_H) {
        Some(hours) => format!("{text} (in {} at this pace)", span((hours * 3_600_000.0) as i64)),
        None => text,
    }
}

fn percent(score: f64) -> String {
    // Rounded down: 0.96001 must not look like the threshold it is above of, nor 0.99996 like perfect.
    format!("{:.2} %", (score * 10_000.0).floor() / 100.0)
}

pub(super) fn judge_standing(found: &mut Findings, standing: &Standing, evidence: &Evidence) {
    let (name, now_ms) = (standing.short_name(), evidence.now_ms);
    if let Some(ms) = standing.disqualified_ms {
        if now_ms - ms <= NEWS_MS {
            let text = format!("{name} disqualified it {}: this is for good", ago(now_ms - ms));
            found.say(State::Critical, Rule::Disqualified, text);
        }
        // Its other scores no longer matter.
        return;
    }
    if let Some(ms) = standing.suspended_ms {
        let text = format!(
            "{name} suspended it {}: audits fail for an unknown reason → see the errors of its traffic",
            ago(now_ms - ms)
        );
        found.say(State::Critical, Rule::Suspended, text);
    }
    if let Some(ms) = standing.offline_suspended_ms {
        let text = format!(
            "{name} suspended it {} for being offline: it gets no uploads until its online score is above 0.6 → keep it online",
            ago(now_ms - ms)
        );
        found.say(State::Critical, Rule::Suspended, text);
    } else if let Some(ms) = standing.review_ms {
        let text = format!(
            "{name} has it under review since {}, for being offline: keep it online",
            ago(now_ms - ms)
        );
        found.say(State::Warning, Rule::OnlineScore, text);
    }
    let level = |score: f64, (low, lowest): (f64, f64)| match score {
        _ if score < lowest => Some(State::Critical),
        _ if score < low => Some(State::Warning),
        _ => None,
    };
    if let Some(score) = standing.audit_score
        && let Some(state) = level(score, AUDIT_LOW)
    {
        // What failed since is in no score yet.
        let same = |failing: &&Failing| match &standing.satellite_id {
            Some(id) => failing.streak.satellite_id == *id,
            None => failing.name == name,
        };
        let failing = evidence.failing.iter().find(same);
        let since = failing.map_or(u32::MAX, |failing| failing.to_disqualification);
        let told = failures_left(score);
        let left = match since.min(told) {
            0 => "it is reached by now".to_owned(),
            left if left < told => format!("{left} more failed audits in a row, after those the log tells since"),
            left => format!("{left} more failed audits in a row"),
        };
        let text = format!(
            "{name}: audit score {} (at {} it disqualifies): {left}",
            percent(score),
            percent(AUDIT_DISQUALIFIES)
        );
        found.say(state, Rule::AuditScore, text);
    }
    if let Some(score) = standing.suspension_score
        && standing.suspended_ms.is_none()
        && let Some(state) = level(score, SUSPENSION_LOW)
    {
        let text = format!(
            "{name}: suspension score {} (at {} it suspends): audits fail for an unknown reason",
            percent(score),
            percent(SUSPENDS)
        );
        found.say(state, Rule::SuspensionScore, text);
    }
    if let Some(score) = standing.online_score
        && let Some(state) = level(score, ONLINE_LOW)
    {
        let text = format!(
            "{name}: online score {} (below {} it suspends): the node was away too often in the last 30 days",
            percent(score),
            percent(OFFLINE_SUSPENDS)
        );
        found.say(state, Rule::OnlineScore, text);
    }
}
