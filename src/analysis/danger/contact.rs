//! What a node's log remarks of itself: satellites it has lost, its clock, its orders, QUIC; and lines nobody
//! understands.

use super::{Evidence, Findings, ago, span};
use crate::domain::health::{Rule, State};
use crate::domain::remark::{Remark, Subject};
use crate::domain::sample::Standing;

/// A check-in that failed is tried again after 1, 2, 4, … s, the last time after so many.
const LONGEST_PAUSE_S: i64 = 2048;
/// The next cycle begins within an hour.
const CYCLE_MS: i64 = 3_600_000;
/// A try may last so long.
const TRY_MS: i64 = 45_000;
/// A satellite that says it cannot reach the node is believed after so long; a node that cannot reach a satellite
/// may wait for its restart.
const BELIEVED_MS: i64 = 60_000;
const PATIENT_MS: i64 = 300_000;
/// A process that starts checks in at once.
const STARTING_MS: i64 = 120_000;
/// Remarks are looked at so far back: two cycles and their tries.
pub const LOOKED_MS: i64 = 6 * 3_600_000;
/// Orders that are not settled for so long, with the last try no longer ago than that, are a trouble.
const KEPT_MS: i64 = 3_600_000;
const KEPT_NEWS_MS: i64 = 2 * 3_600_000;
/// Every check-in tells of QUIC: after so long it works again, or is not tried.
const QUIC_NEWS_MS: i64 = 2 * 3_600_000;
const QUIC_BAD_MS: i64 = 1_800_000;
/// Lines that are not understood are told when there are so many, and so many percent.
const NOT_UNDERSTOOD: (u64, u64) = (50, 5);
/// A file that is no log has few lines.
const FOREIGN: u64 = 3;

/// Who fails to reach whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// The satellite, by its own words, does not reach the node.
    Inwards,
    /// The node does not reach the satellite.
    Outwards,
}

/// A satellite with which check-ins fail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lost {
    /// Its id.
    pub satellite_id: String,
    /// Since when, ms since the epoch.
    pub since_ms: i64,
    /// What failed last, in the log's words.
    pub error: String,
    way: Way,
}

impl Lost {
    /// What failed, in the log's words, and what to look at.
    pub fn why(&self) -> String {
        format!("{} → {}", self.error, hint(self))
    }

    /// The address the satellite tried, if it said one.
    fn address(&self) -> Option<&str> {
        let rest = self.error.split_once(" at address ")?.1;
        Some(rest.split_once(": ")?.0)
    }
}

/// Satellites with which check-ins fail at `now_ms`, by id. A check-in that succeeds leaves no line: it is over when
/// the next try would have failed by now, or when the process was started anew (`started_ms`) and none failed since.
pub fn lost(remarks: &[(i64, Remark)], started_ms: Option<i64>, now_ms: i64) -> Vec<Lost> {
    let mut ids: Vec<&str> = remarks
        .iter()
        .filter_map(|(_, remark)| remark.satellite.as_deref())
        .collect();
    ids.sort_unstable();
    ids.dedup();
    ids.into_iter()
        .filter_map(|id| lost_one(id, remarks, started_ms, now_ms))
        .collect()
}

fn lost_one(id: &str, remarks: &[(i64, Remark)], started_ms: Option<i64>, now_ms: i64) -> Option<Lost> {
    let mut run: Option<(Lost, i64, i64)> = None;
    let contact = |remark: &Remark| matches!(remark.subject, Subject::Unreached | Subject::GivenUp);
    let of_it = remarks
        .iter()
        .filter(|(_, remark)| contact(remark) && remark.satellite.as_deref() == Some(id));
    for (time, remark) in of_it {
        let text = remark.text.as_deref().unwrap_or_default();
        // It was reached: it only has no time for a node that asks so often.
        if text.contains("rate limited") {
            run = None;
            continue;
        }
        let until = time + next_try_ms(remark);
        match &mut run {
            Some((lost, last, due)) if *time <= *due => {
                (*last, *due) = (*time, until);
                if !text.is_empty() {
                    (lost.error, lost.way) = (text.to_owned(), way(text));
                }
            }
            _ => {
                let lost = Lost {
                    satellite_id: id.to_owned(),
                    since_ms: *time,
                    error: text.to_owned(),
                    way: way(text),
                };
                run = Some((lost, *time, until));
            }
        }
    }
    let (lost, last, due) = run?;
    let due = match started_ms.filter(|started| *started > last) {
        Some(started) => due.min(started + STARTING_MS),
        None => due,
    };
    let lasts = match lost.way {
        Way::Inwards => last - lost.since_ms >= BELIEVED_MS,
        Way::Outwards => last - lost.since_ms >= BELIEVED_MS * 2 && now_ms - lost.since_ms >= PATIENT_MS,
    };
    (now_ms <= due && lasts).then_some(lost)
}

/// After so long the next try has failed, or did not.
fn next_try_ms(remark: &Remark) -> i64 {
    if remark.subject == Subject::GivenUp {
        return CYCLE_MS + TRY_MS;
    }
    let pause = 1_i64 << remark.attempts.unwrap_or(1).saturating_sub(1).min(11);
    pause.min(LONGEST_PAUSE_S) * 1000 + TRY_MS
}

fn way(error: &str) -> Way {
    let inwards = ["failed to dial storage node", "failed to ping storage node"];
    match inwards.iter().any(|text| error.contains(text)) {
        true => Way::Inwards,
        false => Way::Outwards,
    }
}

/// What is behind an error of a check-in, as far as its words tell.
fn hint(lost: &Lost) -> &'static str {
    let has = |text: &str| lost.error.contains(text);
    match lost.way {
        Way::Inwards if has("failed to ping storage node") => "it answers with an error: see its log",
        Way::Inwards if has("connection refused") => {
            "the port is forwarded to where no node listens: compare port and address"
        }
        Way::Inwards if has("no route") || has("unreachable") => "there is no route to it: router, VPN or provider",
        Way::Inwards if has("no such host") => "its external address is no name that is known: compare the setting",
        Way::Inwards => "is the port forwarded, open in the firewall, and the address still the right one?",
        Way::Outwards if has("no such host") || has("lookup ") => "names are not resolved: its DNS server",
        Way::Outwards if has("certificate") || has("peer ID") => {
            "somebody answers in its place: a proxy, or a wrong clock"
        }
        Way::Outwards if has("connection refused") => "the satellite does not listen: perhaps it is restarted",
        Way::Outwards => "the satellite does not answer: its trouble, or that of the way there",
    }
}

pub(super) fn judge(found: &mut Findings, evidence: &Evidence) {
    judge_lost(found, evidence);
    judge_clock(found, evidence);
    judge_orders(found, evidence);
    judge_quic(found, evidence);
    judge_understood(found, evidence);
}

fn judge_lost(found: &mut Findings, evidence: &Evidence) {
    let lost = lost(&evidence.remarks, evidence.started_ms, evidence.now_ms);
    let Some(first) = lost.iter().min_by_key(|lost| lost.since_ms) else {
        return;
    };
    let is_lost = |standing: &&Standing| {
        let mut lost = lost.iter();
        lost.any(|lost| Some(lost.satellite_id.as_str()) == standing.satellite_id.as_deref())
    };
    let others: Vec<String> = evidence
        .standings
        .iter()
        .filter(|standing| standing.disqualified_ms.is_none() && !is_lost(standing))
        .map(Standing::short_name)
        .collect();
    let span = span(evidence.now_ms - first.since_ms);
    let names: Vec<String> = lost
        .iter()
        .map(|lost| evidence.short_name(&lost.satellite_id))
        .collect();
    let names = names.join(", ");
    let inwards = lost.iter().find(|lost| lost.way == Way::Inwards);
    // Who else there is, nobody knows without a word of any satellite.
    let is_all = others.is_empty() && !evidence.standings.is_empty();
    let (state, text) = match inwards {
        Some(told) => {
            let at = told
                .address()
                .map_or_else(String::new, |address| format!(" at {address}"));
            match is_all {
                true => (
                    State::Critical,
                    format!(
                        "no satellite reaches it{at} for {span}: its online score falls → {}",
                        hint(told)
                    ),
                ),
                false => {
                    let others = match others.as_slice() {
                        [] => String::new(),
                        others => format!("; {} can", others.join(", ")),
                    };
                    (
                        State::Warning,
                        format!("{names} cannot reach it{at} for {span}{others} → {}", hint(told)),
                    )
                }
            }
        }
        None if is_all => (
            State::Critical,
            format!(
                "it reaches no satellite for {span}: its online score falls → {}",
                hint(first)
            ),
        ),
        None => (
            State::Warning,
            format!("it cannot reach {names} for {span} → {}", hint(first)),
        ),
    };
    found.say(state, Rule::SatelliteLost, text);
}

/// The node compares its clock when it starts.
fn judge_clock(found: &mut Findings, evidence: &Evidence) {
    let of_clock = |subject| matches!(subject, Subject::ClockWrong | Subject::ClockRight);
    let newest = evidence.remarks.iter().find(|(_, remark)| of_clock(remark.subject));
    let Some((time, remark)) = newest.filter(|(_, remark)| remark.subject == Subject::ClockWrong) else {
        return;
    };
    let error = remark.text.as_deref().unwrap_or("it differs from its satellites'");
    let is_far = error.contains("out of sync");
    let state = if is_far { State::Critical } else { State::Warning };
    let text = format!(
        "its clock is wrong (compared {}): {error} → let the host's time be set by NTP, then restart it",
        ago(evidence.now_ms - time)
    );
    found.say(state, Rule::Clock, text);
}

fn judge_orders(found: &mut Findings, evidence: &Evidence) {
    let kept = evidence
        .remarks
        .iter()
        .filter(|(_, remark)| remark.subject == Subject::OrdersKept);
    let mut ids: Vec<Option<&str>> = kept.clone().map(|(_, remark)| remark.satellite.as_deref()).collect();
    ids.sort_unstable();
    ids.dedup();
    for id in ids {
        let times: Vec<&(i64, Remark)> = kept
            .clone()
            .filter(|(_, remark)| remark.satellite.as_deref() == id)
            .collect();
        let (Some((first, _)), Some((last, remark))) = (times.first(), times.last()) else {
            continue;
        };
        if last - first < KEPT_MS || evidence.now_ms - last > KEPT_NEWS_MS {
            continue;
        }
        let name = id.map_or_else(|| "a satellite".to_owned(), |id| evidence.short_name(id));
        let text = format!(
            "its orders cannot be settled with {name} for {} ({} tries): egress whose orders expire (after a day or \
             two) is not paid: {}",
            span(evidence.now_ms - first),
            times.len(),
            remark.text.as_deref().unwrap_or("no reason is given")
        );
        found.say(State::Warning, Rule::Orders, text);
    }
}

/// Where the API does not tell how QUIC is, its log does at each check-in.
fn judge_quic(found: &mut Findings, evidence: &Evidence) {
    let told = evidence.told.as_ref().and_then(|told| told.process.quic.as_ref());
    let is_quic = |remark: &Remark| {
        let text = remark.text.as_deref().unwrap_or_default();
        remark.subject == Subject::OnlineWithError && text.contains("QUIC")
    };
    let mut times = evidence.remarks.iter().filter(|(_, remark)| is_quic(remark));
    let (first, last) = (times.next(), times.next_back());
    if let (None, Some((first, _)), Some((last, _))) = (told, first, last)
        && evidence.now_ms - last <= QUIC_NEWS_MS
        && last - first >= QUIC_BAD_MS
    {
        let text = "satellites reach it, but not by QUIC: open its port for UDP, too".to_owned();
        found.say(State::Warning, Rule::Quic, text);
    }
}

fn judge_understood(found: &mut Findings, evidence: &Evidence) {
    let Some(unknown) = &evidence.not_understood else {
        return;
    };
    let (count, lines) = (unknown.count, unknown.lines);
    // Where most is foreign, it is perhaps no node's log: then nothing is known of the node.
    let is_foreign = count * 2 > lines;
    let least = if is_foreign { FOREIGN } else { NOT_UNDERSTOOD.0 };
    if count < least || count * 100 < lines * NOT_UNDERSTOOD.1 {
        return;
    }
    let (state, means) = match is_foreign {
        true => (State::Unknown, "is this a node's log?"),
        false => (
            State::Warning,
            "a new release? What those lines say is missing here; the Log pane lists them (U)",
        ),
    };
    let text = format!(
        "{:.0} % of its log's lines since {} are not understood → {means}",
        count as f64 * 100.0 / lines as f64,
        ago(evidence.now_ms - unknown.since_ms)
    );
    found.say(state, Rule::NotUnderstood, text);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(time_s: i64, attempts: u32, satellite: &str, text: &str) -> (i64, Remark) {
        let remark = Remark {
            subject: Subject::Unreached,
            satellite: Some(satellite.to_owned()),
            attempts: Some(attempts),
            text: Some(text.to_owned()),
        };
        (time_s * 1000, remark)
    }

    /// Tries that fail from 0 on: 1, 2, 4, … s between them.
    fn tries(count: u32, text: &str) -> Vec<(i64, Remark)> {
        (1..=count).map(|n| failed((1 << (n - 1)) - 1, n, "A", text)).collect()
    }

    const DIAL: &str =
        "ping satellite: failed to dial storage node (ID: X) at address 203.0.113.7:28970: \"rpc: i/o timeout\"";
    const REFUSED: &str =
        "ping satellite: rpc: tcp connector failed: rpc: dial tcp 1.2.3.4:7777: connect: connection refused";

    #[test]
    fn a_satellite_is_lost_while_its_next_try_is_not_due() {
        let at = |remarks: &[(i64, Remark)], started: Option<i64>, now_s: i64| {
            lost(remarks, started, now_s * 1000).first().map(|lost| lost.since_ms)
        };
        // 0, 1, 3, 7, 15, 31, 63 s: the next one at 127.
        let dial = tries(7, DIAL);
        assert_eq!(at(&dial, None, 64), Some(0));
        assert_eq!(at(&dial, None, 170), Some(0), "its try lasts");
        assert_eq!(at(&dial, None, 175), None, "it would have failed again by now");
        assert_eq!(at(&dial[..6], None, 40), None, "not for long enough");
        // Restarted, and nothing failed since.
        assert_eq!(
            (at(&dial, Some(70_000), 160), at(&dial, Some(10_000), 160)),
            (Some(0), Some(0))
        );
        let long = tries(10, DIAL);
        assert_eq!((at(&long, None, 1000), at(&long, Some(600_000), 1000)), (Some(0), None));
        // The node's own trouble with a satellite takes longer.
        assert_eq!(
            (at(&tries(8, REFUSED), None, 128), at(&tries(8, REFUSED), None, 300)),
            (None, Some(0))
        );
        assert_eq!(
            at(&tries(7, REFUSED), None, 160),
            None,
            "a satellite that is away for a minute"
        );
        // All tries of a cycle, then the pause until the next one.
        let mut all = tries(12, DIAL);
        all.push((
            all[11].0,
            Remark {
                subject: Subject::GivenUp,
                text: None,
                ..all[11].1.clone()
            },
        ));
        assert_eq!((at(&all, None, 5000), at(&all, None, 5800)), (Some(0), None));
        // It has no time for a node that asks so often: it was reached.
        let mut limited = tries(7, DIAL);
        limited.push(failed(
            100,
            8,
            "A",
            "ping satellite: check-in ratelimit: node rate limited by id",
        ));
        assert_eq!(at(&limited, None, 101), None);
    }

    fn standing(id: &str, url: &str) -> Standing {
        Standing {
            satellite_id: Some(id.to_owned()),
            url: url.to_owned(),
            ..Standing::default()
        }
    }

    fn says(remarks: Vec<(i64, Remark)>, now_s: i64) -> Vec<(State, Rule, String)> {
        let mut found = Findings(Vec::new());
        let standings = vec![standing("A", "us1.x:7777"), standing("B", "eu1.x:7777")];
        judge(
            &mut found,
            &Evidence {
                now_ms: now_s * 1000,
                remarks,
                standings,
                ..Evidence::default()
            },
        );
        found.0.into_iter().map(|f| (f.state, f.rule, f.text)).collect()
    }

    #[test]
    fn who_cannot_reach_whom_is_said_with_who_can() {
        let one = says(tries(8, DIAL), 150);
        assert_eq!(one.len(), 1);
        assert!(
            one[0]
                .2
                .starts_with("us1 cannot reach it at 203.0.113.7:28970 for 2 min; eu1 can → is the port"),
            "{one:?}"
        );
        assert_eq!(one[0].0, State::Warning);
        let both = |text: &str| {
            let mut all = tries(9, text);
            all.extend(tries(9, text).into_iter().map(|(time, remark)| {
                (
                    time,
                    Remark {
                        satellite: Some("B".to_owned()),
                        ..remark
                    },
                )
            }));
            says(all, 400)
        };
        assert!(
            both(DIAL)[0]
                .2
                .starts_with("no satellite reaches it at 203.0.113.7:28970 for 6 min: its online score falls")
        );
        assert!(
            both(REFUSED)[0].2.starts_with("it reaches no satellite for 6 min"),
            "{:?}",
            both(REFUSED)
        );
        assert_eq!(both(DIAL)[0].0, State::Critical);
        // Of a log without scores nobody knows which other satellites there are.
        let mut found = Findings(Vec::new());
        let (now_ms, remarks) = (150_000, tries(8, DIAL));
        judge(
            &mut found,
            &Evidence {
                now_ms,
                remarks,
                ..Evidence::default()
            },
        );
        assert_eq!(found.0[0].state, State::Warning);
        assert!(
            found.0[0]
                .text
                .starts_with("A cannot reach it at 203.0.113.7:28970 for 2 min → "),
            "{found:?}",
            found = found.0
        );
    }

    #[test]
    fn clock_orders_and_quic_speak_when_they_should() {
        let remark = |time_s: i64, subject, text: &str| {
            let satellite = Some("A".to_owned());
            (
                time_s * 1000,
                Remark {
                    subject,
                    satellite,
                    attempts: None,
                    text: Some(text.to_owned()),
                },
            )
        };
        let off = "system clock is off: clock off by 12 minutes";
        let clock = says(vec![remark(0, Subject::ClockWrong, off)], 90_000);
        assert!(
            clock[0]
                .2
                .contains("(compared 25 h ago): system clock is off: clock off by 12 minutes"),
            "{clock:?}"
        );
        assert_eq!(says(vec![remark(0, Subject::ClockRight, "")], 10), []);
        let orders = |times: &[i64], now_s| {
            says(
                times.iter().map(|t| remark(*t, Subject::OrdersKept, "no")).collect(),
                now_s,
            )
        };
        assert_eq!(orders(&[0, 1800], 1900), [], "once more may do");
        assert!(
            orders(&[0, 3700], 3800)[0]
                .2
                .starts_with("its orders cannot be settled with us1 for 63 min (2 tries)")
        );
        assert_eq!(
            orders(&[0, 3700], 12_000),
            [],
            "settled since, or it would have said so"
        );
        let quic = "contact: failed to ping storage node using QUIC, your node indicated error code: 0";
        let quic = |times: &[i64], now_s| {
            says(
                times
                    .iter()
                    .map(|t| remark(*t, Subject::OnlineWithError, quic))
                    .collect(),
                now_s,
            )
        };
        assert_eq!(
            (
                quic(&[0], 10).len(),
                quic(&[0, 3600], 3700).len(),
                quic(&[0, 3600], 20_000).len()
            ),
            (0, 1, 0)
        );
    }
}
