//! What is known of a node's reputation, put together: scores, audits of the log, windows of audits. Asked by `tell`
//! for the status, and by the hub for the whole.

use std::collections::{BTreeMap, HashMap};

use super::books;
use super::tell::{self, Sources};
use crate::analysis::danger;
use crate::analysis::danger::contact::{self, Lost};
use crate::analysis::reputation::downtime::{Downtime, downtime};
use crate::analysis::reputation::streak::{self, Projection, Scored, Streak};
use crate::analysis::reputation::vetting::{self, Vetting};
use crate::analysis::reputation::{AUDIT, SUSPENSION};
use crate::api::reputation as face;
use crate::api::status::{self, Outlook, Satellite};
use crate::domain::audit::{Audit, Verdict};
use crate::domain::books::Kept;
use crate::domain::detail::Known;
use crate::domain::piece;
use crate::domain::remark::Remark;
use crate::domain::sample::{Standing, Told};
use crate::report::time::rfc3339;
use crate::store::audits::FailedReads;
use crate::store::notes::Noted;
use crate::store::{Reader, Result};

/// Audits of the log are looked at so far back.
const LOOKED_MS: i64 = 86_400_000;
/// Windows of audits are told for 30 days.
const DAYS: i64 = 32;

/// What is known of a node's reputation at one time.
pub struct Rating {
    now_ms: i64,
    known: Vec<Known>,
    audits: Vec<Audit>,
    streaks: Vec<Streak>,
    passed: Vec<(String, i64)>,
    scored: HashMap<String, Scored>,
    counted: HashMap<String, u64>,
    /// `None`: there is no log that would tell.
    failed: Option<BTreeMap<String, FailedReads>>,
    /// What the log remarked in the last hours.
    pub remarks: Vec<(i64, Remark)>,
    lost: Vec<Lost>,
}

impl Rating {
    /// Of a node. `has_log`: its log would tell of failed audits.
    pub fn of(
        reader: &Reader,
        node: &str,
        (told, noted, kept): Sources<'_>,
        has_log: bool,
        now_ms: i64,
    ) -> Result<Self> {
        let range = (now_ms - LOOKED_MS, now_ms);
        let failed = match has_log {
            true => Some(reader.failed_reads(node, range)?),
            false => None,
        };
        // Mostly none fails: then no audit has to be read.
        let audits = match failed.iter().flatten().any(|(_, reads)| reads.losses > 0) {
            true => reader.audits(node, range)?,
            false => Vec::new(),
        };
        let remarks = reader.remarks(node, (now_ms - contact::LOOKED_MS, now_ms))?;
        let mut passed: HashMap<&str, i64> = HashMap::new();
        for audit in audits.iter().filter(|audit| audit.verdict == Verdict::Passed) {
            passed.insert(&audit.satellite_id, audit.time_ms);
        }
        Ok(Self {
            now_ms,
            known: books::known(reader, node, kept, (now_ms, DAYS))?,
            streaks: streak::streaks(&audits),
            passed: passed.into_iter().map(|(id, ms)| (id.to_owned(), ms)).collect(),
            audits,
            scored: scored(told, noted, kept),
            counted: counted(noted, kept),
            failed,
            lost: contact::lost(&remarks, noted.started_ms, now_ms),
            remarks,
        })
    }

    /// What is known of satellites by API and databases, of the last weeks.
    pub fn known(&self) -> &[Known] {
        &self.known
    }

    /// Satellites whose audits fail, for the judgement; not those that disqualified the node.
    pub fn failing(&self, standings: &[Standing]) -> Vec<danger::Failing> {
        let standing = |id: &str| standings.iter().find(|known| known.satellite_id.as_deref() == Some(id));
        let failing = self.streaks.iter().filter_map(|streak| {
            let standing = standing(&streak.satellite_id);
            if standing.is_some_and(|standing| standing.disqualified_ms.is_some()) {
                return None;
            }
            let name = match (standing, streak.satellite_id.as_str()) {
                (Some(standing), _) => standing.short_name(),
                (None, "") => "a satellite without a name".to_owned(),
                (None, id) => Standing::short_of("", Some(id)),
            };
            let (projection, assumed) = self.projection(&streak.satellite_id);
            Some(danger::Failing {
                name,
                diagnosis: streak::diagnose(streak, &self.streaks, &self.passed),
                to_disqualification: AUDIT.failures_left(projection.audit),
                to_suspension: SUSPENSION.failures_left(projection.suspension),
                hours: self.hours(&streak.satellite_id, &projection),
                streak: streak.clone(),
                assumed,
            })
        });
        failing.collect()
    }

    fn audits_of<'a>(&'a self, id: &'a str) -> impl Iterator<Item = &'a Audit> + Clone {
        self.audits.iter().filter(move |audit| *audit.satellite_id == *id)
    }

    /// Scores by now, and whether they are only assumed to have been perfect.
    fn projection(&self, id: &str) -> (Projection, bool) {
        let scored = self.scored.get(id).copied();
        let perfect = Scored {
            audit: 1.0,
            suspension: 1.0,
            time_ms: 0,
        };
        let projection = streak::project(scored.unwrap_or(perfect), self.audits_of(id));
        (projection, scored.is_none())
    }

    fn hours(&self, id: &str, projection: &Projection) -> (Option<f64>, Option<f64>) {
        let audits: Vec<&Audit> = self.audits_of(id).collect();
        streak::hours_to_limit(projection, &audits, self.now_ms)
    }

    fn known_of(&self, id: &str) -> Option<&Known> {
        self.known.iter().find(|known| known.detail.satellite_id == id)
    }

    fn downtime(&self, id: &str) -> Option<Downtime> {
        downtime(&self.known_of(id)?.detail.windows, self.now_ms)
    }

    fn streak(&self, id: &str) -> Option<&Streak> {
        self.streaks.iter().find(|streak| streak.satellite_id == id)
    }

    /// Adds to satellites what failed lately, and what follows.
    pub fn look_ahead(&self, satellites: &mut [Satellite]) {
        for satellite in satellites {
            let id = satellite.satellite_id.clone();
            let failed = self.failed.as_ref().zip(id.as_ref());
            satellite.recent_failed_audits = failed.map(|(failed, id)| failed.get(id).map_or(0, |reads| reads.audits));
            let outlook = id.map(|id| self.outlook(&id, satellite));
            satellite.outlook = outlook.filter(|outlook| *outlook != Outlook::default());
        }
    }

    fn outlook(&self, id: &str, satellite: &Satellite) -> Outlook {
        let streak = self.streak(id);
        let lost = self.lost.iter().find(|lost| lost.satellite_id == id);
        let projection = streak.map(|_| self.projection(id).0);
        let audit = projection.map(|to| to.audit).or(satellite.audit_score);
        let suspension = projection.map(|to| to.suspension).or(satellite.suspension_score);
        let is_out = satellite.disqualified_at.is_some();
        let downtime = self.downtime(id);
        let joined_ms = self.known_of(id).and_then(|known| known.detail.joined_ms);
        Outlook {
            projected_audit_score: projection.map(|to| to.audit),
            projected_suspension_score: projection.map(|to| to.suspension),
            failures_to_disqualification: audit.map(|score| if is_out { 0 } else { AUDIT.failures_left(score) }),
            failures_to_suspension: suspension.map(|score| SUSPENSION.failures_left(score)),
            failed_in_a_row: self.failed.as_ref().map(|_| streak.map_or(0, |streak| streak.in_a_row)),
            windows_lost: downtime.as_ref().map(|told| told.lost),
            hours_lost: downtime.as_ref().map(|told| (told.hours_lost * 100.0).round() / 100.0),
            online_back_at: downtime.and_then(|told| told.back_ms).map(rfc3339),
            vetting: self.vetting(id, satellite, joined_ms),
            joined_at: joined_ms.map(rfc3339),
            lost_since: lost.map(|lost| rfc3339(lost.since_ms)),
            lost_why: lost.map(Lost::why),
        }
    }

    fn vetting(&self, id: &str, satellite: &Satellite, joined_ms: Option<i64>) -> Option<status::Vetting> {
        let vetted_ms = satellite.vetted_at.as_ref().and_then(|time| {
            let time: jiff::Timestamp = time.parse().ok()?;
            Some(time.as_millisecond())
        });
        let tells = self.known_of(id).is_some_and(|known| known.detail.tells_vetting);
        let counted = self.counted.get(id).copied();
        if vetted_ms.is_none() && joined_ms.is_none() && counted.is_none() {
            return None;
        }
        let (state, audits, hours) = match vetting::vetting(vetted_ms, tells, (counted, joined_ms), self.now_ms) {
            Vetting::Vetted(_) => ("vetted", counted, None),
            Vetting::Underway { audits, hours, overdue } => {
                (if overdue { "overdue" } else { "underway" }, audits, hours)
            }
            Vetting::Unknown { audits, hours } => ("unknown", audits, hours),
        };
        Some(status::Vetting {
            state: state.to_owned(),
            audits,
            audits_needed: vetting::AUDITS,
            hours,
            hours_needed: vetting::HOURS,
        })
    }

    fn whole(&self, satellite: Satellite, before: &[Standing]) -> face::SatelliteReputation {
        let id = satellite.satellite_id.clone().unwrap_or_default();
        let same = |known: &&Standing| known.satellite_id == satellite.satellite_id;
        let day_before = before.iter().find(same).map(|standing| face::DayBefore {
            audit_score: standing.audit_score,
            suspension_score: standing.suspension_score,
            online_score: standing.online_score,
        });
        let known = self.known_of(&id);
        face::SatelliteReputation {
            day_before,
            downtime: self.downtime(&id).map(strip),
            failing: self.streak(&id).map(|streak| self.failures(streak)),
            asked_ms: known.map(|known| known.answered_ms),
            error: known.and_then(|known| known.error.clone()),
            satellite,
        }
    }

    fn failures(&self, streak: &Streak) -> face::Failing {
        let (projection, _) = self.projection(&streak.satellite_id);
        let hours = self.hours(&streak.satellite_id, &projection);
        let diagnosis = streak::diagnose(streak, &self.streaks, &self.passed);
        face::Failing {
            audits: streak.audits,
            since_first: streak.since_first,
            missing: streak.missing,
            unreadable: streak.unreadable,
            repairs: streak.repairs,
            first_ms: streak.first_ms,
            last_ms: streak.last_ms,
            passed_ms: streak.passed_ms,
            errors: streak.errors.clone(),
            means: diagnosis.means.to_owned(),
            act: diagnosis.act.to_owned(),
            hours_to_disqualification: hours.0,
            hours_to_suspension: hours.1,
            newest: streak.newest.iter().map(failed).collect(),
        }
    }
}

fn strip(told: Downtime) -> face::Downtime {
    let windows = told.windows.iter();
    face::Downtime {
        window_ms: told.window_ms,
        windows: windows
            .map(|window| (window.start_ms, window.total, window.online))
            .collect(),
        steps: told.steps,
    }
}

fn failed(audit: &Audit) -> face::FailedAudit {
    face::FailedAudit {
        time_ms: audit.time_ms,
        repair: audit.repair,
        missing: audit.verdict == Verdict::Missing,
        piece: audit.piece.as_ref().map(piece::id_text),
        offset: audit.offset,
        size: audit.size,
        error: audit.error.clone(),
    }
}

/// What each satellite told last of its scores, by log or API, and when the node heard of it. The log has a line for
/// each time it did; the API only shows that something changed.
fn scored(told: Option<&Told>, noted: &Noted, kept: Option<&Kept>) -> HashMap<String, Scored> {
    let mut scored = HashMap::new();
    if let Some(told) = told
        && let Some(time_ms) = told.standings_ms
    {
        for standing in &told.standings {
            if let (Some(id), Some(audit), Some(suspension)) =
                (&standing.satellite_id, standing.audit_score, standing.suspension_score)
            {
                scored.insert(
                    id.clone(),
                    Scored {
                        audit,
                        suspension,
                        time_ms,
                    },
                );
            }
        }
    }
    let lines = noted.scores.iter().map(|(id, time_ms, scores)| {
        let scores = Scored {
            audit: scores.audit,
            suspension: scores.suspension,
            time_ms: *time_ms,
        };
        (id.clone(), scores)
    });
    // The row of the database knows when the node heard of it, as a line of the log does.
    let rows = kept.into_iter().flat_map(|kept| {
        books::ratings(kept).filter_map(|rated| {
            let scores = Scored {
                audit: rated.audit.score?,
                suspension: rated.suspension.score?,
                time_ms: books::as_of(kept, rated),
            };
            Some((rated.satellite_id.clone(), scores))
        })
    });
    let mut exact: HashMap<String, Scored> = HashMap::new();
    for (id, scores) in lines.chain(rows) {
        let known = exact.entry(id).or_insert(scores);
        if known.time_ms < scores.time_ms {
            *known = scores;
        }
    }
    for (id, exact) in exact {
        let same = |api: &Scored| (api.audit - exact.audit).abs() < 1e-9;
        if scored
            .get(&id)
            .is_none_or(|api| same(api) || api.time_ms < exact.time_ms)
        {
            scored.insert(id, exact);
        }
    }
    scored
}

/// Audits of each satellite so far, by the log or the databases: the higher count is the later one.
fn counted(noted: &Noted, kept: Option<&Kept>) -> HashMap<String, u64> {
    let lines = noted
        .scores
        .iter()
        .filter_map(|(id, _, scores)| Some((id.clone(), scores.total_audits?)));
    let rows = kept.iter().flat_map(|kept| &kept.rated);
    let rows = rows.filter_map(|rated| Some((rated.satellite_id.clone(), rated.audits?)));
    let mut counted: HashMap<String, u64> = HashMap::new();
    for (id, audits) in lines.chain(rows) {
        let known = counted.entry(id).or_default();
        *known = audits.max(*known);
    }
    counted
}

/// The answer in full for nodes (all watched ones, when none is named).
///
/// # Errors
/// When the database cannot be read.
pub fn reputation(reader: &Reader, names: &[String], now_ms: i64) -> Result<Vec<face::NodeReputation>> {
    let mut nodes = Vec::new();
    for node in tell::named(reader, names, now_ms)? {
        let (satellites, rating) = tell::rated_satellites(reader, &node, now_ms)?;
        let before = reader.told(&node, now_ms - LOOKED_MS)?;
        let mut before = before.map(|told| told.standings).unwrap_or_default();
        if let Some(kept) = reader.kept(&node, now_ms - LOOKED_MS)? {
            for rated in books::ratings(&kept) {
                let id = Some(rated.satellite_id.as_str());
                if !before.iter().any(|known| known.satellite_id.as_deref() == id) {
                    before.push(books::standing(&kept, rated));
                }
            }
        }
        let satellites = satellites.unwrap_or_default().into_iter();
        nodes.push(face::NodeReputation {
            node,
            satellites: satellites.map(|satellite| rating.whole(satellite, &before)).collect(),
        });
    }
    Ok(nodes)
}
