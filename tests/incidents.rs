//! What happened to recorded nodes is told within a minute of its first sign in their logs; of nodes to which nothing
//! happened nothing is told.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::path::{Path, PathBuf};

use common::{corpus, inflated, json, stdout};
use serde_json::Value;

/// A recorded node whose log is followed, as far as it goes.
struct Recorded {
    folder: String,
    data: tempfile::TempDir,
}

impl Recorded {
    fn read(corpus: &Path, folder: &str) -> Self {
        let data = tempfile::tempdir().unwrap();
        let log: PathBuf = data.path().join("node.log");
        std::fs::write(&log, inflated(&corpus.join(folder).join("node.log.gz"))).unwrap();
        let spec = format!("n={}", log.display());
        stdout(data.path(), &["collect", "--once", "--node", &spec]);
        Self {
            folder: folder.to_owned(),
            data,
        }
    }

    fn at(&self, time: &str) -> Value {
        let time = format!("2026-11-23T{time}Z");
        json(self.data.path(), &["status", "--json", "--at", &time])["nodes"][0].clone()
    }

    fn told(&self, time: &str) -> Vec<(String, String, String)> {
        let node = self.at(time);
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let reasons = node["reasons"].as_array().unwrap().iter();
        let state = text(&node["state"]);
        reasons
            .map(|reason| (state.clone(), text(&reason["rule"]), text(&reason["text"])))
            .collect()
    }
}

/// A folder, and moments: what is told then (rule, words), and the rules that are not told.
type Case<'a> = (&'a str, &'a [(&'a str, &'a [(&'a str, &'a str)], &'a [&'a str])]);

const CASES: &[Case<'_>] = &[
    // Half of the pieces deleted at 21:41:34, first failed audit at 21:41:57.
    (
        "v162-debug",
        &[
            ("21:41:40", &[], &["audits_failed", "audit_score"]),
            (
                "21:42:20",
                &[
                    ("audits_failed", "audits failed on 12Dr8b9o; "),
                    ("audits_failed", "more disqualify (in "),
                    ("audits_failed", "\"file does not exist\" ×"),
                    ("audits_failed", "→ stop the node, find the files"),
                ],
                &["suspension_score", "stopped"],
            ),
            (
                "21:45:00",
                &[("audit_score", "97.68 %"), ("audits_failed", "enough to disqualify")],
                &[],
            ),
        ],
    ),
    // The folder of all pieces gone at 21:50:34.
    (
        "v116-info",
        &[
            ("21:50:30", &[], &["audits_failed"]),
            (
                "21:51:00",
                &[
                    ("audits_failed", "audits in a row failed on 12Dr8b9o"),
                    ("audits_failed", "mount the right disk"),
                ],
                &[],
            ),
            // Its satellites are gone for good, whatever they tell of its score.
            (
                "22:10:00",
                &[("audits_failed", "by the log that is enough to disqualify")],
                &["log_quiet"],
            ),
        ],
    ),
    // Pieces that cannot be read, from 22:24:00 on; first failed audit at 22:24:09.
    (
        "v145-suspended",
        &[
            ("22:23:50", &[], &["audits_failed"]),
            (
                "22:25:00",
                &[(
                    "audits_failed",
                    "audits in a row failed on 12cHbYXp; by the log that is enough to suspend",
                )],
                &["audit_score"],
            ),
            (
                "22:30:00",
                &[
                    ("audits_failed", "check owner, permissions"),
                    ("suspension_score", "36.45 %"),
                ],
                &[],
            ),
        ],
    ),
    // Killed at 21:43:34, back at once; stopped at 21:53:34 for nine minutes.
    (
        "v104-info",
        &[
            ("21:42:00", &[], &["killed", "stopped"]),
            ("21:44:30", &[("killed", "nobody had stopped it")], &["stopped"]),
            ("21:54:30", &[("stopped", "told to stop")], &[]),
            ("22:03:40", &[("online_score", "78.")], &["stopped", "killed"]),
        ],
    ),
    (
        "v137-json",
        &[
            ("21:53:30", &[], &["stopped"]),
            ("21:54:30", &[("stopped", "told to stop")], &[]),
            (
                "22:00:00",
                &[("stopped", "6 min ago and has not started again")],
                &["log_quiet"],
            ),
            ("22:03:00", &[], &["stopped"]),
        ],
    ),
    // Databases locked from 21:44:34 to 21:46:14; at most four requests at once from 22:02 on.
    (
        "v137-debug",
        &[
            ("21:44:30", &[], &["database", "rejects"]),
            ("21:45:34", &[("database", "databases are locked")], &["rejects"]),
            ("22:04:30", &[("rejects", "limit of concurrent requests")], &["stopped"]),
        ],
    ),
    // Off for twenty minutes.
    (
        "v137-offline",
        &[
            ("22:22:30", &[("online_score", "79.")], &["stopped"]),
            ("22:24:00", &[("stopped", "told to stop")], &[]),
            ("22:44:20", &[("online_score", "55.")], &["stopped"]),
        ],
    ),
    // Frozen from 21:42:34 to 21:48:34.
    (
        "v162-json-debug",
        &[
            ("21:42:30", &[], &["log_quiet", "hung"]),
            ("21:46:30", &[("log_quiet", "no line for 3 min")], &["hung", "stopped"]),
            (
                "21:49:30",
                &[("hung", "did nothing for 5 min"), ("online_score", "84.")],
                &["log_quiet", "killed"],
            ),
        ],
    ),
    // A database damaged at 21:58:49: it cannot start until 22:01:38.
    (
        "v145-caller",
        &[
            ("21:58:30", &[], &["cannot_start", "database"]),
            (
                "21:59:30",
                &[
                    ("cannot_start", "Error migrating tables"),
                    ("database", "damaged"),
                    ("restarts", "within half an hour"),
                ],
                &["stopped"],
            ),
            ("22:05:00", &[("cannot_start", "and runs again")], &["stopped"]),
        ],
    ),
    // Below the minimum when it restarts at 22:38:34; it runs again at 22:40:28.
    (
        "v145-outdated",
        &[
            ("22:38:00", &[], &["cannot_start", "restarts"]),
            ("22:39:20", &[("cannot_start", "software outdated")], &[]),
            ("22:42:00", &[("cannot_start", "and runs again")], &[]),
        ],
    ),
];

#[test]
fn what_happened_is_told_within_a_minute_of_its_first_sign() {
    let Some(corpus) = corpus() else { return };
    for (folder, moments) in CASES {
        let node = Recorded::read(&corpus, folder);
        for (time, told, not) in *moments {
            let reasons = node.told(time);
            for (rule, words) in *told {
                let found = reasons.iter().any(|(_, r, text)| r == rule && text.contains(words));
                assert!(found, "{folder} {time}: {rule} {words:?} is missing in {reasons:#?}");
            }
            for (_, rule, text) in &reasons {
                assert!(!not.contains(&rule.as_str()), "{folder} {time}: {rule}: {text}");
            }
        }
    }
}

#[test]
fn where_nothing_happened_nothing_is_told() {
    let Some(corpus) = corpus() else { return };
    // Restarts that an operator made, a satellite that hung for a while, collected garbage: no trouble.
    for (folder, until) in [
        ("v162-info", 44),
        ("v162-json", 44),
        ("v145-debug", 44),
        ("v145-caller", 25),
    ] {
        let node = Recorded::read(&corpus, folder);
        for minute in (1..until).step_by(2) {
            let minute = 32 + minute;
            let time = format!("{}:{:02}:20", 21 + minute / 60, minute % 60);
            assert_eq!(node.told(&time), [], "{} {time}", node.folder);
        }
    }
}

#[test]
fn failed_audits_are_projected_and_their_streak_is_told() {
    let Some(corpus) = corpus() else { return };
    let node = Recorded::read(&corpus, "v116-info");
    let before = node.at("21:50:20");
    for satellite in before["satellites"].as_array().unwrap() {
        let outlook = &satellite["outlook"];
        assert_eq!(
            (&outlook["failed_in_a_row"], &outlook["failures_to_disqualification"]),
            (&0.into(), &41.into())
        );
        assert_eq!(outlook["projected_audit_score"], Value::Null);
        assert_eq!(outlook["vetting"]["state"], "unknown", "the log does not tell");
        assert!(outlook["vetting"]["audits"].as_u64().unwrap() > 100);
    }
    // Disqualified by the satellite after exactly so many; its own score says otherwise.
    for satellite in node.at("21:53:00")["satellites"].as_array().unwrap() {
        let outlook = &satellite["outlook"];
        assert!(
            [41, 42].map(Value::from).contains(&outlook["failed_in_a_row"]),
            "{outlook}"
        );
        assert_eq!(outlook["failures_to_disqualification"], 0);
        assert!(outlook["projected_audit_score"].as_f64().unwrap() <= 0.96);
        assert!(satellite["audit_score"].as_f64().unwrap() > 0.96);
    }
}
