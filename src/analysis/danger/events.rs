//! What happened to a node by its log: ends and starts, errors of disk and databases, pauses, uploads turned away; and
//! a disk that is soon full.

use super::{Evidence, Findings, RESTART_MS, SILENT_S, UNWATCHED_MS, ago, span};
use crate::domain::health::{Rule, State};
use crate::domain::task::Task;

/// Starts in half an hour that no operator makes; crashes in two hours.
const RESTARTS: u64 = 5;
/// A node that restarts again and again does so within minutes.
const RESTARTING_MS: i64 = 600_000;
/// A process that is told to stop and started again at once is away for less.
const STOPPED_MS: i64 = 30_000;
/// Having run for so long it has recovered.
const RUNS_MS: i64 = 60_000;
/// What is over stays news for so long.
const NEWS_MS: i64 = 3_600_000;
/// A lock now and then is a busy disk.
const LOCKS: u64 = 3;
/// Uploads turned away: at least so many, and so many percent.
const REJECTED: (u64, u64) = (10, 5);
/// No compaction takes so long.
const STUCK_MS: i64 = 86_400_000;
/// A disk is full soon (days).
const SOON_DAYS: f64 = 7.0;

/// An error of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErrorSeen {
    /// Without what varies.
    pub text: String,
    /// How often.
    pub count: u64,
    /// The first time, ms since the epoch.
    pub first_ms: i64,
    /// The last time.
    pub last_ms: i64,
}

pub(super) fn judge(found: &mut Findings, evidence: &Evidence) {
    judge_end(found, evidence);
    judge_start(found, evidence);
    judge_errors(found, evidence);
    if let Some(hang) = evidence.hang {
        let text = format!(
            "it did nothing for {} until {}, though it was not restarted: it hung, or its network was cut",
            span(hang.to_ms - hang.from_ms),
            ago(evidence.now_ms - hang.to_ms)
        );
        found.say(State::Warning, Rule::Hung, text);
    }
    judge_work(found, evidence);
    let (rejected, uploads) = (evidence.rejected, evidence.uploads);
    if rejected >= REJECTED.0 && rejected * 100 >= uploads * REJECTED.1 {
        let text = format!(
            "it turned {rejected} of {uploads} uploads of the last ten minutes away: its limit of concurrent requests is \
             low, or its disk too slow"
        );
        found.say(State::Warning, Rule::Rejects, text);
    }
    if let Some(full) = evidence.full_in
        && full.likely > 0.0
        && full.likely <= SOON_DAYS
    {
        let days = |days: f64| format!("{days:.0}");
        let range = match (full.low, full.high) {
            (Some(low), Some(high)) => format!(" ({}–{} d)", days(low), days(high)),
            (Some(low), None) => format!(" ({} d or more)", days(low)),
            _ => String::new(),
        };
        let text = format!("its disk is full in {} d{range}: uploads stop then", days(full.likely));
        found.say(State::Warning, Rule::FullSoon, text);
    }
}

/// Every store is compacted once a day.
fn judge_work(found: &mut Findings, evidence: &Evidence) {
    let stuck = |task: &&Task| evidence.now_ms - task.place_ms() > STUCK_MS;
    let Some(task) = evidence.compacting.iter().find(stuck) else {
        return;
    };
    let whose = task.satellite_id.as_deref().map_or_else(String::new, |id| {
        let store = task
            .store
            .as_deref()
            .map_or_else(String::new, |store| format!(" {store}"));
        format!(" of {}{store}", evidence.short_name(id))
    });
    let text = format!(
        "its compaction{whose} goes on for {}, though each store is compacted once a day: its disk is very slow, or it \
         is stuck and a restart frees it",
        span(evidence.now_ms - task.place_ms())
    );
    found.say(State::Warning, Rule::WorkStuck, text);
}

/// Its last process ended, and no other has come, or has lived for long.
fn judge_end(found: &mut Findings, evidence: &Evidence) {
    let Some((ended_ms, why)) = &evidence.ended else {
        return;
    };
    let now_ms = evidence.now_ms;
    let since = evidence.started_ms.filter(|started| started >= ended_ms);
    // Of a log that nobody follows the rest is not known.
    let is_known = !evidence.logs.is_empty() || evidence.silent_s.is_some_and(|age| age <= SILENT_S);
    let is_known = is_known && evidence.looked_ms.is_none_or(|ms| evidence.now_ms - ms <= UNWATCHED_MS);
    let answered = evidence.told.as_ref().and_then(|told| told.answered_ms);
    if !is_known || answered.is_some_and(|ms| ms > ended_ms + STOPPED_MS && since.is_none()) {
        return;
    }
    let age = now_ms - ended_ms;
    let runs = since.is_some_and(|started| now_ms - started > RUNS_MS);
    match why {
        Some(why) if !runs => {
            let text = format!("it ends by itself, the last time {}: {why}", ago(age));
            found.say(State::Critical, Rule::CannotStart, text);
        }
        Some(why) if age <= NEWS_MS => {
            let text = format!("it ended by itself {}, and runs again: {why}", ago(age));
            found.say(State::Warning, Rule::CannotStart, text);
        }
        None if since.is_none() && age > STOPPED_MS => {
            let state = if age > RESTART_MS {
                State::Critical
            } else {
                State::Warning
            };
            let text = format!("it was told to stop {} and has not started again", ago(age));
            found.say(state, Rule::Stopped, text);
        }
        _ => {}
    }
}

fn judge_start(found: &mut Findings, evidence: &Evidence) {
    let ago_ms = evidence
        .started_ms
        .map_or(i64::MAX, |started| evidence.now_ms - started);
    let restarting = ago_ms <= RESTARTING_MS;
    let state = if restarting { State::Critical } else { State::Warning };
    if evidence.starts >= RESTARTS {
        let text = format!(
            "it started {} times within half an hour, the last time {}: see the end of its log for why",
            evidence.starts,
            ago(ago_ms)
        );
        found.say(state, Rule::Restarts, text);
    } else if evidence.crashes >= RESTARTS {
        let text = format!(
            "it crashed or was killed {} times within two hours, the last time it started {}: see its log for why",
            evidence.crashes,
            ago(ago_ms)
        );
        found.say(state, Rule::Restarts, text);
    }
    if evidence.explained == Some(false) && ago_ms <= NEWS_MS {
        let text = format!(
            "it started {} though nobody had stopped it: it was killed, crashed, or the power failed",
            ago(ago_ms)
        );
        found.say(State::Warning, Rule::Killed, text);
    }
}

/// What is looked for in errors, how often it takes, and what it means.
const ERRORS: [(&[&str], u64, State, Rule, &str); 6] = [
    (
        &[
            "input/output error",
            "disk I/O error",
            "structure needs cleaning",
            "read-only file system",
            "readonly database",
        ],
        1,
        State::Critical,
        Rule::DiskErrors,
        "its disk or file system gives errors: look into the system's log",
    ),
    (
        &[
            "verifying readability",
            "verifying writability",
            "verifying location and/or readability",
        ],
        1,
        State::Critical,
        Rule::DiskErrors,
        "its disk does not answer, or is not mounted: it stops itself over this",
    ),
    (
        &[
            "no space left on device",
            "database or disk is full",
            "not enough space on the disk",
        ],
        1,
        State::Critical,
        Rule::DiskErrors,
        "its disk, or the file system with its databases, is full: free some space",
    ),
    (
        &[
            "disk image is malformed",
            "file is not a database",
            "no such table",
            "no such column",
        ],
        1,
        State::Critical,
        Rule::Database,
        "a database of it is damaged: stop it, copy its databases, repair the one that is named",
    ),
    (
        &["database is locked"],
        LOCKS,
        State::Warning,
        Rule::Database,
        "its databases are locked: another program holds them, or the disk is very slow",
    ),
    (
        &["too many open files"],
        1,
        State::Warning,
        Rule::DiskErrors,
        "it may not open more files: raise the limit of its process",
    ),
];

fn judge_errors(found: &mut Findings, evidence: &Evidence) {
    for (texts, least, state, rule, means) in ERRORS {
        let fits = |error: &&ErrorSeen| texts.iter().any(|text| error.text.contains(text));
        let (count, last_ms) = evidence
            .errors
            .iter()
            .filter(fits)
            .fold((0, i64::MIN), |(count, last), error| {
                (count + error.count, last.max(error.last_ms))
            });
        if count >= least {
            let age = ago((evidence.now_ms - last_ms).max(0));
            found.say(
                state,
                rule,
                format!("{means} ({count} times in the last hour, last {age})"),
            );
        }
    }
}
