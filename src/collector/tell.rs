//! Answers `status` from the database: the same whether the collector or a command asks it.

use std::collections::BTreeMap;
use std::path::Path;

use super::books::{self, Heard, Said};
use super::host::{Disks, Surroundings};
use super::rating::Rating;
use super::{hindrances, money, space};
use crate::analysis::danger::{BUSY_TRANSFERS, ErrorSeen, Evidence, Hang, Log, NotUnderstood, hangs, judge};
use crate::analysis::reputation::audit_failures_to_disqualification;
use crate::api::status::{Api, Collector, Disk, Flow, Node, Reason, Satellite, Source, Status, Traffic};
use crate::domain::batch::Scores;
use crate::domain::books::{Kept, Notice};
use crate::domain::health::{Finding, State};
use crate::domain::sample::{Standing, Told};
use crate::domain::task::Job;
use crate::domain::transfer::Outcome;
use crate::report::time::rfc3339;
use crate::store::notes::Noted;
use crate::store::query::{By, Key, Scope};
use crate::store::sources::SourceRow;
use crate::store::{Reader, Result, writer};

const WINDOW_S: i64 = 3600;
const RECENT_S: i64 = 86_400;
const STARTS_MS: i64 = 1_800_000;
const CRASHES_MS: i64 = 2 * 3_600_000;
const REJECTS_S: i64 = 600;

/// What is asked beside the database: what the configuration says of money, and what was found of it last, of the
/// present.
pub type Purses<'a> = (&'a money::Terms, Option<&'a money::Troubles>);

/// The status of the nodes named (all, when none is) at `now_ms`.
///
/// # Errors
/// When the database cannot be read.
pub fn status(data_dir: &Path, reader: &Reader, names: &[String], now_ms: i64, purses: Purses<'_>) -> Result<Status> {
    let (mut nodes, mut disks) = (Vec::new(), Disks::default());
    for name in named(reader, names, now_ms)? {
        nodes.push(node(reader, name, &mut disks, (now_ms, purses))?);
    }
    nodes.sort_by(|a: &Node, b| a.rank().cmp(&b.rank()));
    let since = writer::in_use_since(data_dir).filter(|since| *since <= now_ms);
    Ok(Status {
        version: 1,
        time: rfc3339(now_ms),
        collector: Collector {
            running: since.is_some(),
            since: since.map(rfc3339),
            error: None,
        },
        nodes,
    })
}

/// The nodes named, or all that are watched. Who is named is told of, though it is no longer configured.
///
/// # Errors
/// When the database cannot be read.
pub fn named(reader: &Reader, names: &[String], now_ms: i64) -> Result<Vec<String>> {
    match names {
        [] => reader.watched(now_ms),
        names => Ok(names.to_vec()),
    }
}

/// A source as others see it, at the second `now`: a later line is not known then.
pub fn source(row: &SourceRow, now: i64) -> Source {
    let last = row.last_second.filter(|second| *second <= now);
    Source {
        source: row.source.clone(),
        kind: if row.followed { "file" } else { "history" }.to_owned(),
        state: row.state.clone(),
        lag_bytes: row.lag(),
        lines: row.progress.lines,
        understood: row.progress.understood,
        unknown: row.progress.unknown,
        malformed: row.progress.malformed,
        bytes: row.progress.bytes,
        dialect: row.progress.dialect.clone(),
        last_event_at: last.map(|second| rfc3339(second * 1000)),
        error: row.error.clone(),
    }
}

fn scope(name: &str, now_ms: i64, window_s: i64) -> Scope {
    Scope {
        nodes: vec![name.to_owned()],
        from_ms: Some(now_ms - window_s * 1000),
        to_ms: Some(now_ms),
    }
}

/// What satellites say of a node, with what follows from it; the rest of what is known of its reputation.
///
/// # Errors
/// When the database cannot be read.
pub fn rated_satellites(reader: &Reader, name: &str, now_ms: i64) -> Result<(Option<Vec<Satellite>>, Rating)> {
    let told = reader.told(name, now_ms)?;
    let noted = reader.noted(name, now_ms)?;
    let kept = reader.kept(name, now_ms)?;
    let has_log = reader.newest_hour(name, now_ms.div_euclid(1000))?.is_some();
    let known = (told.as_ref(), &noted, kept.as_ref());
    let rating = Rating::of(reader, name, known, has_log, now_ms)?;
    let notices = reader.notices(name, now_ms)?;
    Ok((satellites(known, &notices, &rating, now_ms), rating))
}

/// What a node is known by: the answers of its API, its log, its databases.
pub type Sources<'a> = (Option<&'a Told>, &'a Noted, Option<&'a Kept>);

fn satellites(
    (told, noted, kept): Sources<'_>,
    notices: &[Notice],
    rating: &Rating,
    now_ms: i64,
) -> Option<Vec<Satellite>> {
    let by_rated = rated(told, noted, now_ms);
    let mut satellites: Vec<Satellite> = match by_rated {
        Some((told, rated_ms)) => by_api(told, rated_ms),
        None => noted.scores.iter().map(by_log).collect(),
    };
    if let Some(kept) = kept {
        books::merge(&mut satellites, kept, &said(by_rated, noted, now_ms));
    }
    if by_rated.is_none() && satellites.is_empty() {
        return None;
    }
    for satellite in &mut satellites {
        let id = satellite.satellite_id.as_deref();
        let by_notice = books::offline_by_notice((kept, notices), (id, satellite.online_score), now_ms);
        satellite.offline_suspended_at = satellite.offline_suspended_at.take().or(by_notice.map(rfc3339));
    }
    rating.look_ahead(&mut satellites);
    Some(satellites)
}

fn node(reader: &Reader, name: String, disks: &mut Disks, (now_ms, purses): (i64, Purses<'_>)) -> Result<Node> {
    let (terms, troubles) = purses;
    let scope = scope(&name, now_ms, WINDOW_S);
    let rows = reader.sources(&scope)?;
    let by_action = flows(reader, &scope)?;
    let told = reader.told(&name, now_ms)?;
    let noted = reader.noted(&name, now_ms)?;
    let hour = Hour::of(reader, &name, now_ms)?;
    let silent_s = silent_s(reader, &name, (&rows, &noted, &hour), now_ms.div_euclid(1000))?;
    let kept = reader.kept(&name, now_ms)?;
    let known = (told.as_ref(), &noted, kept.as_ref());
    let rating = Rating::of(reader, &name, known, silent_s.is_some(), now_ms)?;
    let space = space::space_of(reader, &name, (told.as_ref(), kept.as_ref()), rating.known(), now_ms)?;
    let earnings = money::earnings(reader, &name, told.as_ref(), now_ms, terms)?;
    let tally_ms = rating
        .known()
        .iter()
        .filter_map(|known| known.detail.stored.last())
        .map(|day| day.start_ms)
        .max();
    let purse = (name.as_str(), told.as_ref());
    let money = money::Troubles::of(troubles, reader, purse, tally_ms, (now_ms, terms))?;
    let notices = reader.notices(&name, now_ms)?;
    let standings = standings(known, &notices, now_ms);
    let around = Surroundings::of(reader, &name, told.as_ref(), disks, now_ms)?;
    let evidence = Evidence {
        host: around.host,
        now_ms,
        logs: followed(&rows),
        failing: rating.failing(&standings),
        silent_s,
        standings,
        transfers: by_action.values().map(Flow::count).sum(),
        looked_ms: reader.looked(&name)?,
        full_in: space.as_ref().and_then(|(_, full)| *full),
        remarks: rating.remarks.clone(),
        books: kept.as_ref().map(|kept| hindrances::evidence(kept, now_ms)),
        money,
        told,
        ..happened(reader, &name, &noted, hour, now_ms)?
    };
    let findings = judge(&evidence);
    let told = evidence.told.as_ref();
    let process = told.map(|told| told.process.clone()).unwrap_or_default();
    Ok(Node {
        satellites: satellites((told, &noted, kept.as_ref()), &notices, &rating, now_ms),
        node_id: process.node_id.or(noted.node_id),
        node_version: process.version.or(around.version),
        minimum_version: process.minimum_version,
        state: findings.first().map_or(State::Ok, |finding| finding.state),
        reasons: findings.into_iter().map(reason).collect(),
        started_at: process.started_ms.or(noted.started_ms).map(rfc3339),
        quic: process.quic,
        last_contact_at: told.and_then(|told| told.last_contact_ms).map(rfc3339),
        sources: rows.iter().map(|row| source(row, now_ms.div_euclid(1000))).collect(),
        api: api(told, now_ms),
        notices: notices.iter().map(books::notice).collect(),
        databases: kept.as_ref().map(books::databases),
        traffic: Traffic {
            window_s: WINDOW_S,
            by_action,
        },
        disk: books::disk(told, kept.as_ref()).as_ref().map(disk),
        space: space.map(|(space, _)| space),
        pending_audits: around.pending,
        around: around.around,
        earnings,
        alerts: None,
        name,
    })
}

/// What the log tells of the node itself.
fn happened(reader: &Reader, name: &str, noted: &Noted, hour: Hour, now_ms: i64) -> Result<Evidence> {
    Ok(Evidence {
        logged_id: noted.node_id.clone(),
        started_ms: noted.started_ms,
        explained: noted.explained,
        ended: noted.ended.clone(),
        starts: reader.starts(name, (now_ms - STARTS_MS, now_ms))?,
        crashes: reader.crashes(name, (now_ms - CRASHES_MS, now_ms))?,
        hang: hang(reader, name, &hour.minutes)?,
        errors: hour.errors,
        uploads: hour.uploads,
        rejected: hour.rejected,
        not_understood: not_understood(reader, name, now_ms)?,
        compacting: reader.running(&[name.to_owned()], &[Job::Compaction], now_ms)?,
        ..Evidence::default()
    })
}

/// Of this hour and the one before it: kinds are counted by the hour.
fn not_understood(reader: &Reader, name: &str, now_ms: i64) -> Result<Option<NotUnderstood>> {
    let hour = now_ms.div_euclid(1000 * WINDOW_S) * WINDOW_S;
    let since = hour - WINDOW_S;
    let (lines, count) = reader.not_understood(name, (since, hour + WINDOW_S))?;
    Ok((lines > 0).then_some(NotUnderstood {
        since_ms: since * 1000,
        lines,
        count,
    }))
}

/// What the log had in the last hour.
struct Hour {
    /// Minutes that had transfers: first second, number.
    minutes: Vec<(i64, u64)>,
    errors: Vec<ErrorSeen>,
    /// Of the last ten minutes.
    uploads: u64,
    rejected: u64,
}

impl Hour {
    fn of(reader: &Reader, name: &str, now_ms: i64) -> Result<Self> {
        let now = now_ms.div_euclid(1000);
        let sums = reader.minute_sums(name, (now - WINDOW_S, now))?;
        let last = sums.iter().filter(|sum| now - sum.second <= REJECTS_S);
        let (uploads, rejected) = last.fold((0, 0), |(uploads, rejected), sum| {
            (uploads + sum.uploads, rejected + sum.rejected)
        });
        let errors = reader.errors(&scope(name, now_ms, WINDOW_S))?.into_iter();
        let errors = errors.filter(|error| error.first_ms <= now_ms).map(|error| ErrorSeen {
            text: error.template,
            count: error.count,
            first_ms: error.first_ms,
            last_ms: error.last_ms.min(now_ms),
        });
        Ok(Self {
            minutes: sums.iter().map(|sum| (sum.second, sum.count)).collect(),
            errors: errors.collect(),
            uploads,
            rejected,
        })
    }
}

/// The last pause of a busy hour in which the node was not restarted.
fn hang(reader: &Reader, name: &str, minutes: &[(i64, u64)]) -> Result<Option<Hang>> {
    let Some(hang) = hangs::last(minutes) else {
        return Ok(None);
    };
    let restarts = reader.starts(name, (hang.from_ms - 60_000, hang.to_ms + 60_000))?;
    let unread = reader.gaps(
        &scope(name, hang.to_ms, (hang.to_ms - hang.from_ms) / 1000),
        hang.to_ms.div_euclid(1000),
    )?;
    // What was not read is no pause of the node's.
    Ok((restarts == 0 && unread.is_empty()).then_some(hang))
}

fn reason(finding: Finding) -> Reason {
    Reason {
        rule: finding.rule.id().to_owned(),
        text: finding.text,
    }
}

fn is_news(ms: i64, now_ms: i64) -> bool {
    now_ms - ms <= RECENT_S * 1000
}

/// What the API said of satellites, and when, unless it is old and the log knows newer.
fn rated<'a>(told: Option<&'a Told>, noted: &Noted, now_ms: i64) -> Option<(&'a Told, i64)> {
    let rated = told.and_then(|told| Some((told, told.rated_ms?)));
    let newest = noted.scores.iter().map(|(_, ms, _)| *ms).max().unwrap_or(i64::MIN);
    rated.filter(|(_, ms)| is_news(*ms, now_ms) || *ms >= newest)
}

fn said<'a>(rated: Option<(&Told, i64)>, noted: &'a Noted, now_ms: i64) -> Said<'a> {
    let api_ms = rated.map(|(_, ms)| ms);
    Said {
        is_whole: api_ms.is_some_and(|ms| is_news(ms, now_ms)),
        api_ms,
        noted,
    }
}

/// What is to be judged of satellites. Old scores are told with their age, and say nothing of today.
fn standings((told, noted, kept): Sources<'_>, notices: &[Notice], now_ms: i64) -> Vec<Standing> {
    let by_rated = rated(told, noted, now_ms);
    let mut standings = match by_rated {
        Some((told, ms)) if is_news(ms, now_ms) => told.standings.clone(),
        // That it is over stays true.
        Some((told, _)) => {
            let over = told
                .standings
                .iter()
                .filter(|standing| standing.disqualified_ms.is_some());
            over.cloned().collect()
        }
        None => {
            let scores = noted.scores.iter().filter(|(_, ms, _)| is_news(*ms, now_ms));
            scores.map(standing).collect()
        }
    };
    if let Some(kept) = kept {
        let said = said(by_rated, noted, now_ms);
        books::merge_standings(&mut standings, kept, &said, |ms| is_news(ms, now_ms));
    }
    for standing in &mut standings {
        let id = standing.satellite_id.as_deref();
        let by_notice = books::offline_by_notice((kept, notices), (id, standing.online_score), now_ms);
        standing.offline_suspended_ms = standing.offline_suspended_ms.or(by_notice);
    }
    standings
}

fn followed(rows: &[SourceRow]) -> Vec<Log> {
    let followed = rows
        .iter()
        .filter(|row| row.followed && row.state.as_deref() != Some("left"));
    followed
        .map(|row| Log {
            source: row.source.clone(),
            state: row.state.clone(),
            error: row.error.clone(),
        })
        .collect()
}

/// Seconds since the last line: what the newest one says of its time. Of a time that is over only some lines are
/// known, and the hours with any.
fn silent_s(
    reader: &Reader,
    name: &str,
    (rows, noted, hour): (&[SourceRow], &Noted, &Hour),
    now: i64,
) -> Result<Option<i64>> {
    let last = rows.iter().filter_map(|row| row.last_second).max();
    // Hours are whole: the first line may have come later in its hour.
    if reader.covered_since(name)?.is_some_and(|since| now < since) {
        return Ok(None);
    }
    let Some(newest) = reader.newest_hour(name, now)? else {
        return Ok(None);
    };
    let busy: u64 = hour.minutes.iter().map(|(_, count)| count).sum();
    let at = match hour.minutes.last() {
        Some((minute, _)) if last.is_some_and(|last| last > now) && busy >= BUSY_TRANSFERS => {
            let others = hour.errors.iter().map(|error| error.last_ms);
            let others = others.chain(noted.scores.iter().map(|(_, ms, _)| *ms));
            let others = others.chain(noted.started_ms).max().unwrap_or(i64::MIN);
            (minute + 59).max(others.div_euclid(1000))
        }
        _ => last.unwrap_or(newest).min(now).clamp(newest, newest + 3599),
    };
    Ok(Some((now - at).max(0)))
}

/// The window's transfers by action.
fn flows(reader: &Reader, scope: &Scope) -> Result<BTreeMap<String, Flow>> {
    let mut by_action: BTreeMap<String, Flow> = BTreeMap::new();
    for (key, cell) in reader.traffic(scope, &[By::Action, By::Outcome])? {
        let [action, Key::Text(outcome)] = key.as_slice() else {
            continue;
        };
        let action = match action {
            Key::Text(action) => action.as_str(),
            _ => "",
        };
        let flow = by_action.entry(action.to_owned()).or_default();
        match Outcome::ALL.into_iter().find(|known| known.word() == outcome) {
            Some(Outcome::Success) => {
                flow.success += cell.count;
                flow.bytes += cell.bytes;
            }
            Some(Outcome::Canceled) => flow.canceled += cell.count,
            Some(Outcome::Failed) => flow.failed += cell.count,
            Some(Outcome::Rejected) => flow.rejected += cell.count,
            None => {}
        }
    }
    Ok(by_action)
}

fn api(told: Option<&Told>, now_ms: i64) -> Api {
    let Some(told) = told else {
        return Api {
            state: "none".to_owned(),
            last_ok_at: None,
            error: None,
        };
    };
    Api {
        state: told.answers(now_ms).word().to_owned(),
        last_ok_at: told.answered_ms.map(rfc3339),
        error: told.error.clone(),
    }
}

/// A node's disk in the form of the api.
pub fn disk(heard: &Heard) -> Disk {
    let disk = heard.disk;
    Disk {
        semantics: disk.semantics.word().to_owned(),
        allocated: disk.allocated,
        used: disk.used,
        free: disk.free,
        trash: disk.trash,
        reclaimable: disk.reclaimable,
        overused: disk.overused,
        source: heard.source.to_owned(),
        as_of: rfc3339(heard.as_of_ms),
    }
}

/// What the API said of satellites.
fn by_api(told: &Told, rated_ms: i64) -> Vec<Satellite> {
    let satellites = told.standings.iter().map(|standing| {
        let distance = standing.audit_score.map(audit_failures_to_disqualification);
        Satellite {
            satellite_id: standing.satellite_id.clone(),
            url: Some(standing.url.clone()),
            audit_score: standing.audit_score,
            suspension_score: standing.suspension_score,
            online_score: standing.online_score,
            // Whatever the score says then.
            audit_failures_to_disqualification: standing.disqualified_ms.map_or(distance, |_| Some(0)),
            recent_failed_audits: None,
            disqualified_at: standing.disqualified_ms.map(rfc3339),
            suspended_at: standing.suspended_ms.map(rfc3339),
            vetted_at: standing.vetted_ms.map(rfc3339),
            offline_suspended_at: None,
            offline_review_at: None,
            source: "api".to_owned(),
            as_of: rfc3339(rated_ms),
            outlook: None,
        }
    });
    satellites.collect()
}

fn standing((id, _, scores): &(String, i64, Scores)) -> Standing {
    Standing {
        satellite_id: Some(id.clone()),
        audit_score: Some(scores.audit),
        suspension_score: Some(scores.suspension),
        online_score: Some(scores.online),
        ..Standing::default()
    }
}

/// What the log said of a satellite: it never tells of disqualification.
fn by_log((id, ms, scores): &(String, i64, Scores)) -> Satellite {
    Satellite {
        satellite_id: Some(id.clone()),
        url: None,
        audit_score: Some(scores.audit),
        suspension_score: Some(scores.suspension),
        online_score: Some(scores.online),
        audit_failures_to_disqualification: Some(audit_failures_to_disqualification(scores.audit)),
        recent_failed_audits: None,
        disqualified_at: None,
        suspended_at: None,
        vetted_at: None,
        offline_suspended_at: None,
        offline_review_at: None,
        source: "log".to_owned(),
        as_of: rfc3339(*ms),
        outlook: None,
    }
}
