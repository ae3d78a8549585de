//! Each rule speaks when it should, and only then.

use super::*;
use crate::analysis::reputation::streak::{diagnose, streaks};
use crate::domain::audit::{Audit, Verdict};
use crate::domain::sample::Process;

const HOUR: i64 = 3_600_000;

fn standing(audit: f64, suspension: f64, online: f64) -> Standing {
    Standing {
        url: "us1.storj.io:7777".to_owned(),
        audit_score: Some(audit),
        suspension_score: Some(suspension),
        online_score: Some(online),
        ..Standing::default()
    }
}

fn failing(in_a_row: u64, ago_ms: i64) -> Failing {
    let audits: Vec<Audit> = (1..=in_a_row as i64)
        .map(|n| Audit {
            time_ms: 100 * HOUR - ago_ms - (in_a_row as i64 - n) * 1000,
            satellite_id: "a".into(),
            repair: false,
            verdict: Verdict::Missing,
            piece: None,
            offset: None,
            size: None,
            error: Some("hashstore: file does not exist".to_owned()),
        })
        .collect();
    let streaks = streaks(&audits);
    Failing {
        name: "us1".to_owned(),
        diagnosis: diagnose(&streaks[0], &streaks, &[]),
        streak: streaks[0].clone(),
        to_disqualification: 41 - in_a_row as u32,
        to_suspension: 10,
        assumed: false,
        hours: (None, None),
    }
}

fn answering() -> Evidence {
    let told = Told {
        asked_ms: 100 * HOUR,
        answered_ms: Some(100 * HOUR),
        last_contact_ms: Some(100 * HOUR),
        ..Told::default()
    };
    Evidence {
        now_ms: 100 * HOUR,
        told: Some(told),
        standings: vec![standing(1.0, 1.0, 1.0)],
        ..Evidence::default()
    }
}

fn rules(change: impl FnOnce(&mut Evidence, &mut Told)) -> Vec<(State, &'static str)> {
    let mut evidence = answering();
    let mut told = evidence.told.take().unwrap();
    change(&mut evidence, &mut told);
    evidence.told.get_or_insert(told);
    judge(&evidence).into_iter().map(|f| (f.state, f.rule.id())).collect()
}

#[test]
fn each_rule_speaks_when_it_should_and_only_then() {
    use State::{Critical, Unknown, Warning};
    assert_eq!(rules(|_, _| {}), []);
    assert_eq!(
        rules(|e, _| e.standings[0] = standing(0.99, 1.0, 1.0)),
        [(Warning, "audit_score")]
    );
    assert_eq!(
        rules(|e, _| e.standings[0] = standing(0.97, 1.0, 1.0)),
        [(Critical, "audit_score")]
    );
    assert_eq!(
        rules(|e, _| e.standings[0] = standing(1.0, 0.7, 0.8)),
        [(Critical, "suspension_score"), (Warning, "online_score")]
    );
    // Once disqualified, for good; and after a month no news.
    assert_eq!(
        rules(|e, _| e.standings[0].disqualified_ms = Some(e.now_ms - 1)),
        [(Critical, "disqualified")]
    );
    let old = |e: &mut Evidence, _: &mut Told| {
        e.standings[0] = standing(0.5, 0.5, 0.5);
        e.standings[0].disqualified_ms = Some(e.now_ms - 31 * 24 * HOUR);
    };
    assert_eq!(rules(old), []);
    assert_eq!(
        rules(|e, _| e.standings[0].suspended_ms = Some(1)),
        [(Critical, "suspended")]
    );
    assert_eq!(
        rules(|_, t| t.last_contact_ms = Some(97 * HOUR)),
        [(Warning, "no_contact")]
    );
    assert_eq!(
        rules(|_, t| t.last_contact_ms = Some(90 * HOUR)),
        [(Critical, "no_contact")]
    );
    let outdated = |_: &mut Evidence, t: &mut Told| {
        t.process = Process {
            up_to_date: Some(false),
            ..Process::default()
        };
    };
    assert_eq!(rules(outdated), [(Critical, "outdated")]);
    assert_eq!(rules(|_, t| t.quic_bad_since_ms = Some(99 * HOUR)), [(Warning, "quic")]);
    assert_eq!(rules(|_, t| t.quic_bad_since_ms = Some(100 * HOUR - 1000)), []);
    assert_eq!(
        rules(|e, _| e.failing = vec![failing(1, 0)]),
        [(Critical, "audits_failed")]
    );
    // Old, and passed since.
    assert_eq!(
        rules(|e, _| e.failing = vec![failing(1, 2 * HOUR)]),
        [(Critical, "audits_failed")]
    );
    let passed = |e: &mut Evidence, _: &mut Told| {
        e.failing = vec![failing(1, 2 * HOUR)];
        e.failing[0].streak.in_a_row = 0;
    };
    assert_eq!(rules(passed), []);
    let starts = |starts, crashes, ago_ms| {
        rules(move |e, _| (e.starts, e.crashes, e.started_ms) = (starts, crashes, Some(e.now_ms - ago_ms)))
    };
    assert_eq!(starts(5, 0, 1000), [(Critical, "restarts")]);
    assert_eq!(starts(5, 0, 660_000), [(Warning, "restarts")]);
    assert_eq!(
        (starts(1, 5, 1000), starts(4, 4, 1000)),
        (vec![(Critical, "restarts")], vec![])
    );
    // Old news of a node nobody asked since.
    assert_eq!(rules(|e, _| e.now_ms += HOUR), [(Unknown, "no_data")]);
}

#[test]
fn silence_is_judged_by_both_ears() {
    use State::{Critical, Unknown, Warning};
    // Ten minutes ago it was asked in vain for the first time.
    let down = |e: &mut Evidence, t: &mut Told| {
        t.answered_ms = Some(e.now_ms);
        e.now_ms += 11 * 60_000;
        t.asked_ms = e.now_ms;
        t.silent_since_ms = Some(e.now_ms - 10 * 60_000);
        t.error = Some("connection refused".to_owned());
        e.looked_ms = Some(e.now_ms);
    };
    let log = |state: &str| Log {
        source: "/n.log".to_owned(),
        state: Some(state.to_owned()),
        error: None,
    };
    let with_log = |silent_s: i64| {
        move |e: &mut Evidence, t: &mut Told| {
            down(e, t);
            (e.logs, e.silent_s) = (vec![log("following")], Some(silent_s));
        }
    };
    assert_eq!(rules(down), [(Critical, "down")]);
    assert_eq!(rules(with_log(5)), [(Warning, "api_down")]);
    // Its last line is as old as its last answer: however young that is, it is gone.
    assert_eq!(rules(with_log(11 * 60)), [(Critical, "down")]);
    assert_eq!(rules(with_log(9000)), [(Critical, "down"), (Warning, "log_silent")]);
    // A busy log that wrote a little longer, and then no more, does not go on; an idle one may.
    let busy = |transfers: u64| {
        rules(move |e, t| {
            with_log(9 * 60)(e, t);
            e.transfers = transfers;
        })
    };
    assert_eq!(
        (busy(1000), busy(0)),
        (vec![(Critical, "down")], vec![(Warning, "api_down")])
    );
    let wrong_address = |e: &mut Evidence, t: &mut Told| {
        down(e, t);
        t.answered_ms = None;
    };
    assert_eq!(rules(wrong_address), [(Warning, "api_down")]);
    // Asked for the first time, in vain: that is not well, nor is it known to be bad.
    let first = |e: &mut Evidence, t: &mut Told| {
        wrong_address(e, t);
        t.silent_since_ms = Some(e.now_ms);
    };
    assert_eq!(rules(first), [(Unknown, "no_data")]);
    let restarts = |e: &mut Evidence, t: &mut Told| {
        down(e, t);
        (t.answered_ms, t.silent_since_ms) = (Some(e.now_ms - 120_000), Some(e.now_ms - 60_000));
    };
    assert_eq!(rules(restarts), []);
    // A collector that died is no node that died.
    let unwatched = |e: &mut Evidence, t: &mut Told| {
        with_log(9000)(e, t);
        e.looked_ms = Some(e.now_ms - 6 * 60_000);
    };
    assert_eq!(rules(unwatched), [(Unknown, "not_watched")]);
    assert_eq!(rules(|e, _| e.logs = vec![log("missing")]), [(Warning, "log_missing")]);
    assert_eq!(judge(&Evidence::default())[0].state, Unknown);
    // Only a log: a good one, and one of a busy node that stops.
    let mut only_log = Evidence {
        logs: vec![log("following")],
        silent_s: Some(700),
        ..Evidence::default()
    };
    assert_eq!(judge(&only_log), []);
    only_log.transfers = 5000;
    assert_eq!(judge(&only_log)[0].rule, Rule::LogQuiet);
}

#[test]
fn a_log_and_an_api_of_two_nodes_are_noticed() {
    let ids = |logged: &str| {
        let logged = Some(logged.to_owned());
        rules(|e, t| (e.logged_id, t.process.node_id) = (logged, Some("12ENZ".to_owned())))
    };
    assert_eq!(ids("12ENZ"), []);
    assert_eq!(ids("1th19"), [(State::Warning, "mixed_up")]);
}

#[test]
fn failed_audits_are_told_with_what_is_left_and_what_to_do() {
    let text = |change: fn(&mut Failing)| {
        let mut evidence = answering();
        evidence.failing = vec![failing(12, 0)];
        change(&mut evidence.failing[0]);
        judge(&evidence)[0].text.clone()
    };
    assert_eq!(
        text(|_| ()),
        "12 audits in a row failed on us1; 29 more disqualify: \"file does not exist\" ×12 → stop the node, find the files"
    );
    assert!(text(|f| f.hours.0 = Some(0.5)).contains("; 29 more disqualify (in 30 min at this pace): "));
    assert!(text(|f| (f.to_disqualification, f.assumed) = (1, true)).contains("; at most 1 more disqualifies: "));
    assert!(text(|f| f.to_disqualification = 0).contains("; by the log that is enough to disqualify: "));
    let broken = |f: &mut Failing| {
        (f.streak.missing, f.streak.unreadable, f.streak.in_a_row) = (0, 3, 0);
        (f.streak.since_first, f.to_suspension) = (40, 7);
    };
    assert!(
        text(broken).starts_with("3 of the last 40 audits failed on us1; 7 more suspend: "),
        "{}",
        text(broken)
    );
    assert!(
        text(|f| (f.streak.missing, f.streak.in_a_row, f.streak.repairs) = (0, 0, 2))
            .starts_with("2 repairs failed on us1: ")
    );
}

#[test]
fn ends_starts_and_errors_of_the_log_are_told() {
    use State::{Critical, Warning};
    let now = 100 * HOUR;
    let log = |e: &mut Evidence| {
        e.logs = vec![Log {
            source: "/n.log".to_owned(),
            state: Some("following".to_owned()),
            error: None,
        }];
        e.silent_s = Some(1);
    };
    let ended = |age_ms: i64, why: Option<&'static str>, started_ago: Option<i64>| {
        rules(move |e, t| {
            log(e);
            t.answered_ms = Some(now - age_ms);
            (t.last_contact_ms, e.explained) = (Some(now - age_ms), Some(true));
            e.ended = Some((now - age_ms, why.map(str::to_owned)));
            e.started_ms = started_ago.map(|ms| now - ms);
        })
    };
    assert_eq!(ended(10_000, None, None), []);
    assert_eq!(ended(40_000, None, Some(HOUR)), [(Warning, "stopped")]);
    assert_eq!(ended(4 * 60_000, None, None)[0], (Critical, "stopped"));
    assert_eq!(ended(4 * 60_000, None, Some(60_000)), []);
    assert_eq!(
        ended(1000, Some("Error migrating"), Some(500)),
        [(Critical, "cannot_start")]
    );
    assert_eq!(ended(240_000, Some("x"), Some(200_000)), [(Warning, "cannot_start")]);
    assert_eq!(ended(2 * HOUR, Some("x"), Some(HOUR)), []);
    // It answers since: the log is another's.
    let answers = |e: &mut Evidence, _: &mut Told| {
        log(e);
        e.ended = Some((now - 600_000, None));
    };
    assert_eq!(rules(answers), []);
    let killed = |explained| rules(move |e, _| (e.started_ms, e.explained) = (Some(now - 1), explained));
    assert_eq!((killed(Some(false)), killed(None)), (vec![(Warning, "killed")], vec![]));
    let error = |text: &'static str, count| {
        rules(move |e, _| {
            e.errors = vec![ErrorSeen {
                text: text.to_owned(),
                count,
                first_ms: now - 5,
                last_ms: now - 5,
            }];
        })
    };
    assert_eq!(error("read x: input/output error", 1), [(Critical, "disk_errors")]);
    assert_eq!(error("x: no space left on device", 1), [(Critical, "disk_errors")]);
    assert_eq!(error("bandwidthdb: database is locked", 3), [(Warning, "database")]);
    assert_eq!(
        (
            error("bandwidthdb: database is locked", 2),
            error("write: broken pipe", 99)
        ),
        (vec![], vec![])
    );
    let rejects = |rejected| rules(move |e, _| (e.uploads, e.rejected) = (1000, rejected));
    assert_eq!((rejects(60), rejects(40)), (vec![(Warning, "rejects")], vec![]));
    let full = |likely| {
        rules(move |e, _| {
            e.full_in = Some(crate::analysis::storage::FullIn {
                low: None,
                likely,
                high: None,
            });
        })
    };
    assert_eq!(
        (full(6.0), full(60.0), full(0.0)),
        (vec![(Warning, "full_soon")], vec![], vec![])
    );
}

#[test]
fn databases_tell_of_suspension_for_being_offline_and_of_a_node_that_no_longer_writes_them() {
    use State::{Critical, Unknown, Warning};
    assert_eq!(
        rules(|e, _| e.standings[0].offline_suspended_ms = Some(1)),
        [(Critical, "suspended")]
    );
    // Under review, and no longer suspended.
    assert_eq!(
        rules(|e, _| e.standings[0].review_ms = Some(1)),
        [(Warning, "online_score")]
    );
    let of = |changed_ms: Option<i64>, hindered: &[&str]| {
        let mut evidence = answering();
        evidence.told = None;
        evidence.books = Some(Books {
            read_ms: changed_ms,
            changed_ms,
            hindered: hindered.iter().map(|text| (*text).to_owned()).collect(),
            gone: Vec::new(),
        });
        let findings = judge(&evidence).into_iter();
        findings.map(|f| (f.state, f.rule.id())).collect::<Vec<_>>()
    };
    assert_eq!(of(Some(99 * HOUR), &[]), []);
    assert_eq!(of(Some(95 * HOUR), &[]), [(Unknown, "no_data")]);
    assert_eq!(of(None, &[]), [(Unknown, "no_data")]);
    assert_eq!(of(Some(99 * HOUR), &["damaged"]), [(Warning, "database")]);
    // Not there: since when somebody looked.
    let gone = |since_ms: i64, looked_ms: Option<i64>| {
        let mut evidence = answering();
        evidence.books = Some(Books {
            gone: vec![(since_ms, "/x is not there".to_owned())],
            ..Books::default()
        });
        evidence.looked_ms = looked_ms;
        let of_data = judge(&evidence).into_iter().find(|f| f.rule == Rule::DataMissing);
        of_data.map(|finding| finding.text.split(':').next().unwrap().to_owned())
    };
    let (now, minutes) = (answering().now_ms, 60_000);
    assert_eq!(gone(now - 9 * minutes, None), None, "for a moment");
    let told = gone(now - 30 * HOUR, None);
    assert_eq!(told.as_deref(), Some("its databases are missed for 30 h"));
    assert_eq!(
        gone(now - 30 * HOUR, Some(now - 30 * HOUR)),
        None,
        "nobody looked since"
    );
    let silent = |changed_ms: i64| {
        rules(|e, told| {
            (told.answered_ms, told.silent_since_ms) = (Some(98 * HOUR), Some(98 * HOUR));
            e.books = Some(Books {
                changed_ms: Some(changed_ms),
                ..Books::default()
            });
        })
    };
    // What it writes at its end is no sign of life; what it writes later is.
    assert_eq!(silent(98 * HOUR + 60_000), [(Critical, "down")]);
    assert_eq!(silent(99 * HOUR), [(Warning, "api_down")]);
    // It answers: its databases may be as old as they are.
    let answers = rules(|e, _| e.books = Some(Books::default()));
    assert_eq!(answers, []);
}
