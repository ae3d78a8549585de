//! Failed audits in the log, before any score tells of them: how many in a row, what they have in common, what it
//! means and what to do.

use std::collections::BTreeMap;

use super::score::{AUDIT, SUSPENSION};
use crate::domain::audit::{Audit, Verdict};

/// So many of the newest failures are told one by one.
const SHOWN: usize = 20;
/// Longest error that is quoted, characters.
const QUOTED: usize = 60;

/// A satellite's audits and repairs over a time.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Streak {
    /// The satellite's id; empty when the lines have none.
    pub satellite_id: String,
    /// Audits that tell of a piece, failed ones included. Repairs are apart: satellites do not count them.
    pub audits: u64,
    /// Of them those from the first that failed on.
    pub since_first: u64,
    /// Audits whose piece was missing.
    pub missing: u64,
    /// Audits whose piece could not be read.
    pub unreadable: u64,
    /// Repairs that failed.
    pub repairs: u64,
    /// Audits that failed since the last one that passed.
    pub in_a_row: u64,
    /// Begin and end of the failures, ms since the epoch.
    pub first_ms: i64,
    /// The newest failure.
    pub last_ms: i64,
    /// The newest that passed.
    pub passed_ms: Option<i64>,
    /// The newest failures, the newest first.
    pub newest: Vec<Audit>,
    /// What the errors say, each with how often, the most frequent first; of the run in a row if there is one, else
    /// of all.
    pub errors: Vec<(String, u64)>,
}

impl Streak {
    /// All that failed.
    pub fn failed(&self) -> u64 {
        self.missing + self.unreadable + self.repairs
    }
}

/// The satellites whose audits failed, of audits in the order of time.
pub fn streaks(audits: &[Audit]) -> Vec<Streak> {
    let mut by_satellite: BTreeMap<&str, Vec<&Audit>> = BTreeMap::new();
    for audit in audits {
        by_satellite.entry(&audit.satellite_id).or_default().push(audit);
    }
    let streaks = by_satellite.into_iter().map(|(id, audits)| streak(id, &audits));
    streaks.filter(|streak| streak.failed() > 0).collect()
}

fn streak(id: &str, audits: &[&Audit]) -> Streak {
    let mut streak = Streak {
        satellite_id: id.to_owned(),
        ..Streak::default()
    };
    for audit in audits {
        streak.audits += u64::from(!audit.repair);
        match audit.verdict {
            Verdict::Passed => {
                streak.passed_ms = Some(audit.time_ms);
                streak.in_a_row = 0;
                continue;
            }
            _ if audit.repair => streak.repairs += 1,
            Verdict::Missing => streak.missing += 1,
            Verdict::Unreadable => streak.unreadable += 1,
        }
        streak.in_a_row += u64::from(!audit.repair);
        streak.last_ms = audit.time_ms;
    }
    let failed = || audits.iter().rev().filter(|audit| audit.verdict != Verdict::Passed);
    let first = audits
        .iter()
        .position(|audit| !audit.repair && audit.verdict != Verdict::Passed);
    let since = audits.iter().skip(first.unwrap_or(audits.len()));
    streak.since_first = since.filter(|audit| !audit.repair).count() as u64;
    streak.first_ms = failed().next_back().map_or(0, |audit| audit.time_ms);
    streak.newest = failed().take(SHOWN).map(|audit| (*audit).clone()).collect();
    let row = usize::try_from(streak.in_a_row).unwrap_or(usize::MAX);
    let mut errors: BTreeMap<String, u64> = BTreeMap::new();
    for audit in failed().take(if row > 1 { row } else { usize::MAX }) {
        *errors.entry(said(audit)).or_default() += 1;
    }
    streak.errors = errors.into_iter().collect();
    streak.errors.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    streak
}

/// What an error says, without what differs from piece to piece.
fn said(audit: &Audit) -> String {
    let error = audit.error.as_deref().unwrap_or_default();
    let known = FAULTS
        .iter()
        .flat_map(|(texts, _)| *texts)
        .find(|text| error.contains(**text));
    match known {
        Some(text) => (*text).to_owned(),
        None if error.is_empty() => "no error told".to_owned(),
        None => error
            .rsplit(": ")
            .next()
            .unwrap_or(error)
            .chars()
            .take(QUOTED)
            .collect(),
    }
}

/// What is wrong with the pieces: what explains the most first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// The disk gives errors.
    Disk,
    /// The node may not read them, or finds something else in their place.
    Access,
    /// They are shorter than they were, or damaged.
    Damaged,
    /// They are gone.
    Missing,
    /// They came too late.
    Slow,
    /// A database of the node hinders.
    Database,
    /// Something else.
    Other,
}

/// What is looked for, in this order.
const FAULTS: [(&[&str], Fault); 6] = [
    (&["file does not exist", "no such file or directory"], Fault::Missing),
    (
        &[
            "input/output error",
            "structure needs cleaning",
            "bad message",
            "stale file handle",
        ],
        Fault::Disk,
    ),
    (
        &[
            "permission denied",
            "Access is denied",
            "is a directory",
            "too many open files",
        ],
        Fault::Access,
    ),
    (
        &[
            "requested more data than available",
            "checksum",
            "corrupt",
            "unexpected EOF",
            "invalid record",
        ],
        Fault::Damaged,
    ),
    (&["context deadline exceeded", "i/o timeout", "timed out"], Fault::Slow),
    (
        &[
            "database is locked",
            "disk image is malformed",
            "database or disk is full",
        ],
        Fault::Database,
    ),
];

fn fault(error: &str) -> Fault {
    let found = FAULTS
        .iter()
        .find(|(texts, _)| texts.iter().any(|text| error.contains(text)));
    found.map_or(Fault::Other, |(_, fault)| *fault)
}

/// What failures mean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnosis {
    /// What is wrong.
    pub fault: Fault,
    /// In words.
    pub means: &'static str,
    /// What to do.
    pub act: &'static str,
}

/// What a satellite's failures mean, in the light of the others' and of satellites whose audits passed lately
/// (id, ms since the epoch).
pub fn diagnose(streak: &Streak, all: &[Streak], passed: &[(String, i64)]) -> Diagnosis {
    // One broken read among missing files is the reason for both.
    let faults = streak.errors.iter().map(|(error, _)| fault(error));
    let fault = faults.min().unwrap_or(Fault::Other);
    let (means, act) = match fault {
        Fault::Missing => missing(streak, all, passed),
        Fault::Disk => (
            "the disk or its file system gives errors",
            "look into the system's log, check disk, cables and file system; copy the node while it can be read",
        ),
        Fault::Access => (
            "the pieces are there and cannot be read: permissions, or something else in their place",
            "check owner, permissions and mounts of the node's folders",
        ),
        Fault::Damaged => (
            "pieces are shorter than they were, or damaged",
            "stop the node and check the disk and its file system",
        ),
        Fault::Slow => (
            "the disk is too slow for audits",
            "find what else works on the disk, and check the disk itself",
        ),
        Fault::Database => (
            "a database of the node hinders its reads",
            "see the errors of its databases",
        ),
        Fault::Other => (
            "pieces could not be read",
            "see the whole text among the errors of its traffic",
        ),
    };
    Diagnosis { fault, means, act }
}

/// So many missing pieces, and fewer than one audit in so many, are single losses.
const FEW: u64 = 3;
const FEW_SHARE: u64 = 20;

fn missing(streak: &Streak, all: &[Streak], passed: &[(String, i64)]) -> (&'static str, &'static str) {
    let others = passed
        .iter()
        .filter(|(id, ms)| *id != streak.satellite_id && *ms >= streak.first_ms);
    let others_fail = all.iter().any(|other| {
        other.satellite_id != streak.satellite_id
            && other.errors.first().is_some_and(|(e, _)| fault(e) == Fault::Missing)
    });
    let passes_too = streak.passed_ms.is_some_and(|ms| ms >= streak.first_ms);
    let few = streak.missing + streak.repairs <= FEW && streak.missing * FEW_SHARE < streak.since_first.max(1);
    match (others_fail, passes_too) {
        (_, true) if few => (
            "a few files are missing: lost now and then, in a power failure or a repair of the file system",
            "watch whether more follow, and check the file system",
        ),
        (false, false) if streak.failed() == 1 => ("a file is missing", "watch whether more follow"),
        (true, false) => (
            "files of several satellites are missing, and none is found: the storage folder is gone or another one",
            "stop the node, mount the right disk, start it again",
        ),
        (_, true) => (
            "a part of the files is missing: deleted, or lost in a repair of the file system",
            "stop the node, find the files or their backup; each audit of a lost one costs score",
        ),
        (false, false) if others.count() > 0 => (
            "only files of this satellite are missing: its folder was deleted, moved or lost in a repair",
            "stop the node, find the files",
        ),
        (false, false) => ("files are missing", "stop the node, find the files"),
    }
}

/// What a satellite's scores are by now, computed from the scores it told last and the audits since.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Projection {
    /// The audit score.
    pub audit: f64,
    /// The suspension score.
    pub suspension: f64,
    /// Audits since the score was told, and those of them that failed either way.
    pub audits: u64,
    /// Missing pieces.
    pub missing: u64,
    /// Unreadable ones.
    pub unreadable: u64,
}

/// Scores a satellite told, and when they were true, ms since the epoch.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scored {
    /// The audit score.
    pub audit: f64,
    /// The suspension score.
    pub suspension: f64,
    /// When the node heard of them.
    pub time_ms: i64,
}

/// Satellites write scores down every two hours, and nodes ask every four.
const BEHIND_MS: i64 = 6 * 3_600_000 + 1_800_000;

/// Goes on from told scores with a satellite's audits in the order of time. A missing piece leaves the suspension
/// score alone, an unreadable one the audit score. Scores are told hours behind what the satellite decides by: what
/// failed before the told one may not be in it. So it is no better than a perfect score would be after all of the
/// audits, until the told one is surely newer.
pub fn project<'a>(scored: Scored, audits: impl Iterator<Item = &'a Audit> + Clone) -> Projection {
    let audits = audits.filter(|audit| !audit.repair);
    let last_ms = audits.clone().filter(|audit| audit.verdict != Verdict::Passed).last();
    let is_newer = last_ms.is_none_or(|audit| scored.time_ms > audit.time_ms + BEHIND_MS);
    let since = audits.clone().filter(|audit| audit.time_ms > scored.time_ms);
    let results = |audits: &dyn Fn() -> Vec<Verdict>, costs: Verdict| -> Vec<bool> {
        let own = audits()
            .into_iter()
            .filter(|verdict| *verdict == Verdict::Passed || *verdict == costs);
        own.map(|verdict| verdict == Verdict::Passed).collect()
    };
    let newer = || since.clone().map(|audit| audit.verdict).collect::<Vec<_>>();
    let all = || audits.clone().map(|audit| audit.verdict).collect::<Vec<_>>();
    let of = |kind: super::score::Forgetting, score: f64, costs: Verdict| {
        let told = kind.project(score, results(&newer, costs));
        match is_newer {
            true => told,
            false => told.min(kind.project(1.0, results(&all, costs))),
        }
    };
    let count = |verdict: Verdict| newer().into_iter().filter(|own| *own == verdict).count() as u64;
    Projection {
        audit: of(AUDIT, scored.audit, Verdict::Missing),
        suspension: of(SUSPENSION, scored.suspension, Verdict::Unreadable),
        audits: newer().len() as u64,
        missing: count(Verdict::Missing),
        unreadable: count(Verdict::Unreadable),
    }
}

/// Hours until a satellite disqualifies or suspends, at the pace of its last audits; `None`: never at this pace, or
/// too little is known of it.
pub fn hours_to_limit(projection: &Projection, audits: &[&Audit], now_ms: i64) -> (Option<f64>, Option<f64>) {
    const PACE_MS: i64 = 3 * 3_600_000;
    const LEAST: usize = 5;
    let recent: Vec<&&Audit> = audits
        .iter()
        .filter(|audit| !audit.repair && now_ms - audit.time_ms <= PACE_MS)
        .collect();
    // Failures that begin change the pace: what was before the first of them does not count.
    let first = recent
        .iter()
        .position(|audit| audit.verdict != Verdict::Passed)
        .unwrap_or(recent.len());
    let recent = &recent[first..];
    let Some(begin) = recent.first().filter(|_| recent.len() >= LEAST) else {
        return (None, None);
    };
    let hours = (now_ms - begin.time_ms).max(1) as f64 / 3_600_000.0;
    let per_hour = recent.len() as f64 / hours;
    let share = |verdict| {
        let own = recent.iter().filter(|audit| audit.verdict == verdict).count() as f64;
        let passed = recent.iter().filter(|audit| audit.verdict == Verdict::Passed).count() as f64;
        // Those that cost the other score are no results for this one.
        (own / (own + passed).max(1.0), (own + passed) / recent.len() as f64)
    };
    let to = |kind: super::score::Forgetting, score: f64, verdict| {
        let (failing, counted) = share(verdict);
        kind.results_to_limit(score, failing)
            .map(|results| results / (per_hour * counted.max(1e-9)))
            .filter(|hours| *hours < 24.0 * 365.0)
    };
    (
        to(AUDIT, projection.audit, Verdict::Missing),
        to(SUSPENSION, projection.suspension, Verdict::Unreadable),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const GONE: &str = "hashstore: file does not exist";

    fn audit(second: i64, satellite: &str, error: Option<&str>) -> Audit {
        let verdict = match error {
            None => Verdict::Passed,
            Some(error) if error.contains("does not exist") => Verdict::Missing,
            Some(_) => Verdict::Unreadable,
        };
        Audit {
            time_ms: second * 1000,
            satellite_id: satellite.into(),
            repair: false,
            verdict,
            piece: None,
            offset: Some(7),
            size: Some(256),
            error: error.map(str::to_owned),
        }
    }

    #[test]
    fn a_run_is_counted_from_the_last_that_passed() {
        let mut audits = vec![audit(1, "a", Some(GONE)), audit(2, "a", None), audit(3, "b", None)];
        audits.extend((4..16).map(|n| audit(n, "a", Some(GONE))));
        audits.push(Audit {
            repair: true,
            ..audit(16, "a", Some("read /x/y: input/output error"))
        });
        let [a] = streaks(&audits).try_into().unwrap();
        assert_eq!((a.audits, a.missing, a.in_a_row, a.repairs), (14, 13, 12, 1));
        assert_eq!(a.since_first, 14);
        assert_eq!((a.first_ms, a.last_ms, a.passed_ms), (1000, 16_000, Some(2000)));
        assert_eq!((a.newest.len(), a.newest[0].time_ms), (14, 16_000));
        assert_eq!(
            a.errors,
            [
                ("file does not exist".to_owned(), 11),
                ("input/output error".to_owned(), 1)
            ]
        );
        assert!(streaks(&[audit(1, "a", None)]).is_empty());
    }

    #[test]
    fn failures_mean_what_they_have_in_common() {
        let told = |audits: &[Audit], passed: &[(&str, i64)]| {
            let all = streaks(audits);
            let passed: Vec<(String, i64)> = passed.iter().map(|(id, s)| ((*id).to_owned(), s * 1000)).collect();
            let diagnosis = diagnose(&all[0], &all, &passed);
            (diagnosis.fault, diagnosis.means)
        };
        let run = |satellite, error| (1..6).map(move |n| audit(n, satellite, Some(error)));
        let one: Vec<Audit> = run("a", GONE).collect();
        for (audits, passed, fault, words) in [
            (
                one.clone(),
                vec![("b", 4)],
                Fault::Missing,
                "only files of this satellite",
            ),
            (one.clone(), vec![("b", 0)], Fault::Missing, "files are missing"),
            (
                run("a", GONE).chain(run("b", GONE)).collect(),
                vec![],
                Fault::Missing,
                "several satellites",
            ),
            (
                one.into_iter().chain([audit(9, "a", None)]).collect(),
                vec![("a", 9)],
                Fault::Missing,
                "a part of the files",
            ),
            (
                [audit(1, "a", Some(GONE))]
                    .into_iter()
                    .chain((2..40).map(|n| audit(n, "a", None)))
                    .collect(),
                vec![("a", 39)],
                Fault::Missing,
                "a few files",
            ),
            (
                vec![audit(1, "a", Some(GONE))],
                vec![("b", 4)],
                Fault::Missing,
                "a file is missing",
            ),
            (
                run("a", "read /x: input/output error").collect(),
                vec![],
                Fault::Disk,
                "disk",
            ),
            (
                run("a", "pieces error: read x.sj1: is a directory").collect(),
                vec![],
                Fault::Access,
                "cannot be read",
            ),
            (run("a", "read: i/o timeout").collect(), vec![], Fault::Slow, "too slow"),
            (
                run("a", "something new").collect(),
                vec![],
                Fault::Other,
                "could not be read",
            ),
        ] {
            let (found, means) = told(&audits, &passed);
            assert!(found == fault && means.contains(words), "{found:?}: {means}");
        }
    }

    #[test]
    fn scores_go_on_from_what_was_told() {
        let scored = |audit, time_ms| Scored {
            audit,
            suspension: 1.0,
            time_ms,
        };
        let audits: Vec<Audit> = (1..13).map(|n| audit(n, "a", Some(GONE))).collect();
        let told = project(scored(1.0, 0), audits.iter());
        assert!((told.audit - 0.999_f64.powi(12)).abs() < 1e-12);
        assert_eq!(
            (told.suspension, told.missing, AUDIT.failures_left(told.audit)),
            (1.0, 12, 29)
        );
        // Told later than they failed: it does not hold all of them yet, until it must.
        let late = |score, hours: i64| {
            let told = project(scored(score, hours * 3_600_000), audits.iter());
            AUDIT.failures_left(told.audit)
        };
        let left = |score| AUDIT.failures_left(score);
        assert_eq!((late(1.0, 1), late(0.995, 1), late(0.97, 1)), (29, 29, left(0.97)));
        assert_eq!(late(0.995, 8), left(0.995));
        let told = project(scored(0.99, 10_000), audits.iter());
        assert_eq!((told.missing, told.audits), (2, 2));
        assert!((told.audit - 0.99 * 0.999_f64.powi(2)).abs() < 1e-12);
        let broken: Vec<Audit> = (1..11).map(|n| audit(n, "a", Some("is a directory"))).collect();
        let told = project(scored(1.0, 0), broken.iter());
        assert_eq!((told.audit, told.unreadable), (1.0, 10));
        assert!(told.suspension <= SUSPENSION.limit);
    }

    #[test]
    fn the_pace_tells_when() {
        // One a minute, all fail: 29 minutes are left of 41.
        let audits: Vec<Audit> = (1..13).map(|n| audit(n * 60, "a", Some(GONE))).collect();
        let all: Vec<&Audit> = audits.iter().collect();
        let scored = Scored {
            audit: 1.0,
            suspension: 1.0,
            time_ms: 0,
        };
        let (disqualified, suspended) = hours_to_limit(&project(scored, audits.iter()), &all, 13 * 60_000);
        let minutes = disqualified.unwrap() * 60.0;
        assert!((28.0..30.0).contains(&minutes), "{minutes}");
        assert_eq!(suspended, None);
        assert_eq!(
            hours_to_limit(&project(scored, audits.iter()), &all[..3], 0),
            (None, None)
        );
    }
}
