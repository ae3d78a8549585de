//! One satellite of one node with all that is known of it, how bad it is, and the order of them: the worst first.

use std::cmp::Ordering;

use crate::api::reputation::{DayBefore, Downtime, Failing, NodeReputation, SatelliteReputation};
use crate::api::status::{Node, Satellite, Vetting, ms};
use crate::domain::sample::Standing;
use crate::ui::look::{Glyphs, Tone};
use crate::ui::shared::Shared;

/// At or below this audit score a satellite disqualifies.
pub(super) const AUDIT_LIMIT: f64 = 0.96;
/// At or below this suspension score it suspends; below this online score, over 30 days, too.
pub(super) const SUSPENDS: f64 = 0.6;
/// Failures in a row it takes from a perfect score.
pub(super) const AUDITS: u32 = 41;
/// Scores at which there is time left to act: a warning, and danger.
const AUDIT_LOW: (f64, f64) = (0.995, 0.98);
const SUSPENSION_LOW: (f64, f64) = (0.95, 0.8);
const ONLINE_LOW: (f64, f64) = (0.9, 0.7);
/// A disqualification never ends; it is news for so long.
const NEWS_MS: i64 = 30 * 86_400_000;
/// Failed audits are grave for so long after the last one, unless none passed since.
const FAILED_MS: i64 = 3_600_000;

/// What is to be said of a satellite, what cannot be undone first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Trouble {
    Disqualified,
    Suspended,
    Failing,
    Audit,
    Suspension,
    Online,
    /// Check-ins with it fail.
    Lost,
    Overdue,
    /// It has not rated the node yet.
    NoData,
    Vetting,
    Fine,
    /// Disqualified long ago.
    Gone,
}

/// How bad it is, the worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Grade {
    Critical,
    Warning,
    /// Fine and not judged are told apart by their marks, not by their place.
    Fine,
    Unknown,
    Gone,
}

impl Grade {
    pub(super) fn mark(self, glyphs: &Glyphs) -> (&'static str, Tone) {
        match self {
            Self::Critical => (glyphs.critical, Tone::Bad),
            Self::Warning => (glyphs.warning, Tone::Warn),
            Self::Fine => (glyphs.good, Tone::Good),
            Self::Unknown => (glyphs.unknown, Tone::Muted),
            Self::Gone => (glyphs.note, Tone::Muted),
        }
    }
}

/// One satellite of one node.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Entry {
    /// What makes it itself: node and satellite.
    pub(super) key: String,
    pub(super) node: String,
    /// The satellite's short name.
    pub(super) name: String,
    pub(super) satellite: Satellite,
    pub(super) before: Option<DayBefore>,
    pub(super) downtime: Option<Downtime>,
    pub(super) failing: Option<Failing>,
    /// When the windows of audits were told, ms since the epoch.
    pub(super) asked_ms: Option<i64>,
    /// Why they were not.
    pub(super) error: Option<String>,
    /// Whether the answer in full is there.
    pub(super) full: bool,
    /// Whether the node's API does not answer.
    pub(super) old: bool,
    pub(super) trouble: Trouble,
    pub(super) grade: Grade,
}

fn id_of(satellite: &Satellite) -> &str {
    let id = satellite.satellite_id.as_deref().or(satellite.url.as_deref());
    id.unwrap_or_default()
}

impl Entry {
    fn new(node: &Node, satellite: &Satellite, full: Option<&SatelliteReputation>, shared: &Shared) -> Self {
        let satellite = full.map_or(satellite, |full| &full.satellite).clone();
        let name = match &satellite.satellite_id {
            Some(id) => shared.satellite_name(id),
            None => Standing::short_of(satellite.url.as_deref().unwrap_or_default(), None),
        };
        let mut entry = Self {
            key: format!("{}\t{}", node.name, id_of(&satellite)),
            node: node.name.clone(),
            name,
            satellite,
            before: full.and_then(|full| full.day_before),
            downtime: full.and_then(|full| full.downtime.clone()),
            failing: full.and_then(|full| full.failing.clone()),
            asked_ms: full.and_then(|full| full.asked_ms),
            error: full.and_then(|full| full.error.clone()),
            full: full.is_some(),
            old: shared.is_stale(node),
            trouble: Trouble::Fine,
            grade: Grade::Fine,
        };
        (entry.trouble, entry.grade) = entry.judged(shared);
        entry
    }

    /// The satellite's id; empty where it is not known.
    pub(super) fn satellite_id(&self) -> &str {
        self.satellite.satellite_id.as_deref().unwrap_or_default()
    }

    /// The satellite's id; its address where only that is known.
    pub(super) fn id(&self) -> &str {
        id_of(&self.satellite)
    }

    /// The score by now, and whether it was computed: the satellite has not told it yet.
    pub(super) fn audit(&self) -> (Option<f64>, bool) {
        self.satellite.audit_by_now()
    }

    /// As [`Self::audit`].
    pub(super) fn suspension(&self) -> (Option<f64>, bool) {
        self.satellite.suspension_by_now()
    }

    /// Failed audits in a row until it disqualifies.
    pub(super) fn audits_left(&self) -> Option<u32> {
        self.satellite.audits_left()
    }

    /// Unreadable pieces in a row until it suspends.
    pub(super) fn unknown_left(&self) -> Option<u32> {
        self.satellite.outlook.as_ref()?.failures_to_suspension
    }

    /// Hours away in the windows of the last 30 days.
    pub(super) fn hours_lost(&self) -> Option<f64> {
        self.satellite.outlook.as_ref()?.hours_lost
    }

    /// When the online score is 1 again, ms since the epoch.
    pub(super) fn back_ms(&self) -> Option<i64> {
        ms(self.satellite.outlook.as_ref()?.online_back_at.as_deref())
    }

    /// Audits that failed since the last that passed.
    pub(super) fn in_a_row(&self) -> Option<u64> {
        self.satellite.outlook.as_ref()?.failed_in_a_row
    }

    /// Since when check-ins with it fail, ms since the epoch.
    fn lost_ms(&self) -> Option<i64> {
        ms(self.satellite.outlook.as_ref()?.lost_since.as_deref())
    }

    pub(super) fn vetting(&self) -> Option<&Vetting> {
        self.satellite.outlook.as_ref()?.vetting.as_ref()
    }

    fn judged(&self, shared: &Shared) -> (Trouble, Grade) {
        let now_ms = shared.moment().map_or(shared.now_ms, |second| second * 1000);
        if let Some(time) = &self.satellite.disqualified_at {
            let is_news = ms(Some(time)).is_none_or(|ms| now_ms - ms <= NEWS_MS);
            return match is_news {
                true => (Trouble::Disqualified, Grade::Critical),
                false => (Trouble::Gone, Grade::Gone),
            };
        }
        if self.satellite.is_suspended() {
            return (Trouble::Suspended, Grade::Critical);
        }
        let row = self.in_a_row().unwrap_or(0);
        if let Some(failing) = &self.failing {
            let fresh = row > 0 || now_ms - failing.last_ms <= FAILED_MS;
            return (Trouble::Failing, if fresh { Grade::Critical } else { Grade::Warning });
        }
        if row > 0 {
            return (Trouble::Failing, Grade::Critical);
        }
        let low = |score: Option<f64>, (warning, danger): (f64, f64)| match score {
            Some(score) if score < danger => Some(Grade::Critical),
            Some(score) if score < warning => Some(Grade::Warning),
            _ => None,
        };
        let lows = [
            (Trouble::Audit, low(self.audit().0, AUDIT_LOW)),
            (Trouble::Suspension, low(self.suspension().0, SUSPENSION_LOW)),
            (Trouble::Online, low(self.satellite.online_score, ONLINE_LOW)),
        ];
        let worst = lows
            .into_iter()
            .filter_map(|(trouble, grade)| Some((grade?, trouble)))
            .min();
        if let Some((grade, trouble)) = worst {
            return (trouble, grade);
        }
        if self.lost_ms().is_some() {
            return (Trouble::Lost, Grade::Warning);
        }
        if self.satellite.audit_score.is_none() {
            return (Trouble::NoData, Grade::Unknown);
        }
        match self.vetting().map(|vetting| vetting.state.as_str()) {
            Some("overdue") => (Trouble::Overdue, Grade::Warning),
            Some("underway") => (Trouble::Vetting, Grade::Unknown),
            _ => (Trouble::Fine, Grade::Fine),
        }
    }

    /// The worst first: what happened, then how far it is from what may happen.
    fn order(&self, other: &Self) -> Ordering {
        let left = |left: Option<u32>| left.unwrap_or(u32::MAX);
        let online = |entry: &Self| entry.satellite.online_score.unwrap_or(1.0);
        (self.grade, self.trouble.min(Trouble::NoData))
            .cmp(&(other.grade, other.trouble.min(Trouble::NoData)))
            .then(left(self.audits_left()).cmp(&left(other.audits_left())))
            .then(left(self.unknown_left()).cmp(&left(other.unknown_left())))
            .then(online(self).total_cmp(&online(other)))
            .then_with(|| (&self.node, &self.name).cmp(&(&other.node, &other.name)))
    }
}

/// All satellites of the nodes that are looked at, the worst first. What the answer in full does not know yet is
/// taken from the nodes' status.
pub(super) fn entries(full: &[NodeReputation], shared: &Shared) -> Vec<Entry> {
    let nodes = shared.nodes().iter();
    let nodes = nodes.filter(|node| shared.node.as_ref().is_none_or(|name| node.name == *name));
    let mut entries = Vec::new();
    for node in nodes {
        let known = full.iter().find(|full| full.node == node.name);
        for satellite in node.satellites.iter().flatten() {
            let wanted = shared.satellite.as_ref();
            if wanted.is_some_and(|id| satellite.satellite_id.as_ref() != Some(id)) {
                continue;
            }
            let same = |full: &&SatelliteReputation| match &satellite.satellite_id {
                Some(id) => full.satellite.satellite_id.as_ref() == Some(id),
                None => full.satellite.satellite_id.is_none() && full.satellite.url == satellite.url,
            };
            let known = known.and_then(|known| known.satellites.iter().find(same));
            entries.push(Entry::new(node, satellite, known, shared));
        }
    }
    entries.sort_by(Entry::order);
    entries
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::ui::look::Theme;
    use crate::ui::shared::Collector;

    const NOW_MS: i64 = 1_787_341_687_000;

    /// Perfect, but for what is given.
    fn entry(changed: Value) -> Entry {
        let mut satellite = json!({"satellite_id": "s", "url": null, "audit_score": 1.0, "suspension_score": 1.0,
            "online_score": 1.0, "audit_failures_to_disqualification": 41, "recent_failed_audits": 0,
            "disqualified_at": null, "suspended_at": null, "vetted_at": null, "source": "api",
            "as_of": "2026-08-21T19:47:55Z"});
        for (key, value) in changed.as_object().unwrap() {
            satellite[key] = value.clone();
        }
        let theme = Theme::new(Glyphs::UNICODE, true);
        let shared = Shared::new(theme, jiff::tz::TimeZone::UTC, Collector::Inside, NOW_MS);
        let mut entry = Entry {
            key: "n\ts".to_owned(),
            node: "n".to_owned(),
            name: "s".to_owned(),
            satellite: serde_json::from_value(satellite).unwrap(),
            before: None,
            downtime: None,
            failing: None,
            asked_ms: None,
            error: None,
            full: true,
            old: false,
            trouble: Trouble::Fine,
            grade: Grade::Fine,
        };
        (entry.trouble, entry.grade) = entry.judged(&shared);
        entry
    }

    #[test]
    fn the_worst_is_what_cannot_be_undone_and_unknown_is_no_trouble() {
        let vetting = |state: &str| json!({"vetting": {"state": state, "audits": 1, "audits_needed": 100, "hours": 1, "hours_needed": 504}});
        // From the worst to the best, all in one list.
        let cases = [
            (
                json!({"disqualified_at": "2026-08-12T10:00:00Z"}),
                Trouble::Disqualified,
                Grade::Critical,
            ),
            (
                json!({"suspended_at": "2026-08-12T10:00:00Z"}),
                Trouble::Suspended,
                Grade::Critical,
            ),
            (
                json!({"outlook": {"failed_in_a_row": 1}}),
                Trouble::Failing,
                Grade::Critical,
            ),
            (json!({"audit_score": 0.97}), Trouble::Audit, Grade::Critical),
            (
                json!({"outlook": {"projected_audit_score": 0.97}}),
                Trouble::Audit,
                Grade::Critical,
            ),
            (json!({"suspension_score": 0.7}), Trouble::Suspension, Grade::Critical),
            (
                json!({"online_score": 0.59, "audit_score": 0.99}),
                Trouble::Online,
                Grade::Critical,
            ),
            (json!({"audit_score": 0.99}), Trouble::Audit, Grade::Warning),
            (json!({"online_score": 0.89}), Trouble::Online, Grade::Warning),
            (json!({"outlook": vetting("overdue")}), Trouble::Overdue, Grade::Warning),
            (json!({}), Trouble::Fine, Grade::Fine),
            (json!({"outlook": vetting("unknown")}), Trouble::Fine, Grade::Fine),
            (
                json!({"outlook": vetting("underway")}),
                Trouble::Vetting,
                Grade::Unknown,
            ),
            (
                json!({"audit_score": null, "suspension_score": null, "online_score": null,
                    "audit_failures_to_disqualification": null}),
                Trouble::NoData,
                Grade::Unknown,
            ),
            (
                json!({"disqualified_at": "2023-08-12T10:00:00Z"}),
                Trouble::Gone,
                Grade::Gone,
            ),
        ];
        let mut before: Option<Entry> = None;
        for (changed, trouble, grade) in cases {
            let entry = entry(changed.clone());
            assert_eq!((entry.trouble, entry.grade), (trouble, grade), "{changed}");
            if let Some(before) = before {
                assert_ne!(before.order(&entry), Ordering::Greater, "{changed}");
            }
            before = Some(entry);
        }
    }
}
