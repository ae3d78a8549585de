//! What the figures of the pane are, in words.

use super::entry::{AUDITS, Entry};
use super::{Reputation, scores};
use crate::api::status::ms;
use crate::ui::explain::{Explained, Fact};
use crate::ui::number;
use crate::ui::pane::Figure;
use crate::ui::shared::Shared;
use crate::ui::table::RowKey;

const AUDIT: &str = "Each failed audit takes 0.1 % of the score; from 1.0000 it takes 41 in a row. At 0.96 or below the \
    satellite disqualifies the node for good, and keeps what it holds back.";
const LATE: &str = "Scores come hours late, failed audits in the log at once. What is marked as computed is the score that \
    was told, with the audits of the log since.";
const UNKNOWN: &str = "Audits that ended in an error nobody understands count here. At 0.60 or below the satellite suspends \
    the node until the score is above it again: about 10 in a row from 1.0000.";
const ONLINE: &str = "The mean of the last 30 days in windows of 12 hours: the share of audits the node could be reached \
    for. Below 0.60, over whole 30 days, it is suspended. It comes back by itself as lost windows grow older than 30 days.";
const VETTING: &str = "Until a satellite has seen 100 audits, and the node for 21 days, a new node gets a small part of \
    the uploads. Failed audits count, too.";
/// Lost windows that are told one by one.
const MOST_LOST: usize = 10;

impl Reputation {
    pub(super) fn explained(&self, figure: &Figure, shared: &Shared) -> Option<Explained> {
        if figure.of == super::waiting::WHAT {
            return Some(super::waiting::explained(shared));
        }
        if let Some(entry) = self.entries.iter().find(|entry| entry.key == figure.of) {
            return match figure.what.as_str() {
                "strip" | "lost" | "back" => Some(downtime(entry, shared)),
                "day" => Some(self.of_day(entry, shared)),
                what => of_entry(what, entry, shared),
            };
        }
        let row = self.failures.table.row(&RowKey::from(figure.of.as_str()))?;
        let column = self.failures.table.column(&figure.what)?;
        let value = row.text_at(column).to_owned();
        let heading = self.failures.table.columns().get(column)?.heading();
        let words = match figure.what.as_str() {
            "row" => {
                "How many failed in a row by then. It is counted back from the newest; before the last audit that passed \
                 it is not known. Repairs do not count."
            }
            "error" => {
                "What the node wrote. A missing file costs audit score, any other error the score of unknown errors. \
                 Enter shows the log at that moment."
            }
            _ => {
                "From the line of the log. Satellites audit pieces at random: many failures of few audits mean that much is lost."
            }
        };
        Some(Explained {
            title: format!("a failed audit: {}", heading.to_lowercase()),
            facts: vec![Fact::new(&heading, value, "the node's log")],
            words: vec![words.to_owned()],
            ..Explained::default()
        })
    }
}

impl Reputation {
    /// How a score changed in a day.
    fn of_day(&self, entry: &Entry, shared: &Shared) -> Explained {
        let score = self.history.chosen.unwrap_or_default();
        let before = entry.before.and_then(|before| score.before(&before));
        let (now, is_computed) = score.now(entry);
        let now = number::known(now, number::score);
        let now = if is_computed { number::computed(&now) } else { now };
        Explained {
            title: format!(
                "{} on {}: {} since a day before",
                entry.node,
                entry.name,
                score.title().to_lowercase()
            ),
            facts: vec![
                Fact::new("now", now, "told, or computed from the log since"),
                told("told", score.told(entry), entry, shared.now_ms),
                Fact::new("a day before", number::known(before, number::score), "kept"),
            ],
            words: vec!["The key of the chart's score (m) chooses which score it is of.".to_owned()],
            ..Explained::default()
        }
    }
}

/// A score as it was told.
fn told(what: &str, value: Option<f64>, entry: &Entry, now_ms: i64) -> Fact {
    let from = match entry.satellite.source.as_str() {
        "api" => "API, satellite's own word",
        "db" => "the node's reputation.db",
        _ => "log line of the reputation service",
    };
    let fact = Fact::new(what, number::known(value, number::score), from);
    fact.since(ms(Some(&entry.satellite.as_of)), now_ms)
}

fn computed(what: &str, (value, computed): (Option<f64>, bool)) -> Option<Fact> {
    let value = value.filter(|_| computed)?;
    Some(Fact::new(
        what,
        number::computed(&number::score(value)),
        "computed: told, and audits of the log since",
    ))
}

fn of_entry(what: &str, entry: &Entry, shared: &Shared) -> Option<Explained> {
    let satellite = &entry.satellite;
    let mut facts = Vec::new();
    let (title, sum, words) = match what {
        "audit" | "left" | "bar" => {
            facts.push(told("audit score", satellite.audit_score, entry, shared.now_ms));
            facts.extend(computed("by now", entry.audit()));
            facts.push(failed(entry));
            facts.push(Fact::new(
                "a day before",
                number::known(entry.before.and_then(|before| before.audit_score), number::score),
                "kept",
            ));
            let left = entry.audits_left().filter(|_| satellite.disqualified_at.is_none());
            let sum = left.map_or(String::new(), |left| {
                format!("{left} of {AUDITS} failed audits in a row bring it to 0.96")
            });
            ("audits that may still fail", sum, vec![AUDIT, LATE])
        }
        "unknown" | "unknown_left" => {
            facts.push(told("score", satellite.suspension_score, entry, shared.now_ms));
            facts.extend(computed("by now", entry.suspension()));
            facts.push(failed(entry));
            ("audits with unknown errors", String::new(), vec![UNKNOWN, LATE])
        }
        "online" => {
            facts.push(told("online score", satellite.online_score, entry, shared.now_ms));
            let lost = number::known(entry.hours_lost(), scores::hours);
            facts.push(Fact::new("lost in 30 days", lost, "windows of audits"));
            ("how often it was reached", String::new(), vec![ONLINE])
        }
        "vetting" => {
            let vetting = entry.vetting();
            let count = |count: Option<u64>| number::known(count, number::count);
            facts.push(Fact::new(
                "audits",
                count(vetting.and_then(|v| v.audits)),
                "the node's log",
            ));
            let days = vetting.and_then(|v| v.hours).map(|hours| hours / 24);
            facts.push(Fact::new("days", count(days), "API joinedAt"));
            let vetted = satellite.vetted_at.clone().unwrap_or(number::UNKNOWN.to_owned());
            facts.push(Fact::new("vetted", vetted, "API, from release 1.131 on"));
            ("vetting", String::new(), vec![VETTING])
        }
        "node" | "satellite" | "state" => {
            facts.push(told("audit score", satellite.audit_score, entry, shared.now_ms));
            facts.push(told("unknown errors", satellite.suspension_score, entry, shared.now_ms));
            facts.push(told("online score", satellite.online_score, entry, shared.now_ms));
            facts.push(failed(entry));
            let said = super::words::trouble(entry, shared);
            return Some(Explained {
                title: format!("{} on {}: {}", entry.node, entry.name, scores::state(entry)),
                facts,
                words: [said.text, said.hint]
                    .into_iter()
                    .filter(|text| !text.is_empty())
                    .collect(),
                ..Explained::default()
            });
        }
        _ => return None,
    };
    Some(Explained {
        title: format!("{} on {}: {title}", entry.node, entry.name),
        sum,
        facts,
        words: words.into_iter().map(str::to_owned).collect(),
    })
}

fn failed(entry: &Entry) -> Fact {
    let failed = number::known(entry.satellite.recent_failed_audits, number::count);
    let row = number::known(entry.in_a_row(), number::count);
    Fact::new("failed, 24 h", format!("{failed}, {row} in a row"), "the node's log")
}

/// The windows that were lost, and when each falls out.
fn downtime(entry: &Entry, shared: &Shared) -> Explained {
    let title = format!("{} on {}: where it was away", entry.node, entry.name);
    let Some(told) = &entry.downtime else {
        let why = entry.error.clone().unwrap_or("not told yet".to_owned());
        return Explained {
            title,
            words: vec![
                format!("The windows of audits are not known: {why}."),
                ONLINE.to_owned(),
            ],
            ..Explained::default()
        };
    };
    let lost = told.windows.iter().rev().filter(|(_, total, online)| online < total);
    let mut facts: Vec<Fact> = lost
        .take(MOST_LOST)
        .map(|(begin, total, online)| {
            let when = number::moment(*begin, shared.now_ms, &shared.zone);
            let value = format!("{} of {total} missed", total - online);
            Fact::new(&when, value, "API auditHistory").since(entry.asked_ms, shared.now_ms)
        })
        .collect();
    for (ms, score) in told.steps.iter().rev().take(1) {
        let when = number::moment(*ms, shared.now_ms, &shared.zone);
        facts.push(Fact::new(
            &when,
            number::computed(&number::score(*score)),
            "if nothing more is lost",
        ));
    }
    let lost = number::known(entry.hours_lost(), scores::hours);
    let windows = entry
        .satellite
        .outlook
        .as_ref()
        .and_then(|outlook| outlook.windows_lost);
    let windows = number::known(windows, |windows| windows.to_string());
    Explained {
        title,
        sum: format!("{lost} lost in {windows} of {} windows", told.windows.len()),
        facts,
        words: vec![
            "Hours are the share of audits that were missed in a window, times its length: an estimate, as audits come \
             a few times a day."
                .to_owned(),
            ONLINE.to_owned(),
        ],
    }
}
