//! Is a node in danger? Rules over what its log and its API told.

use super::reputation::{
    AUDIT_DISQUALIFIES, OFFLINE_SUSPENDS, SUSPENDS, audit_failures_to_disqualification as failures_left,
};
use crate::domain::health::{Finding, Rule, State};
use crate::domain::sample::{Answers, Standing, Told};

/// A log that is followed.
#[derive(Debug, Clone)]
pub struct Log {
    /// Its name.
    pub source: String,
    /// `following`, `missing`, `failing`, `new`.
    pub state: Option<String>,
    /// What hinders.
    pub error: Option<String>,
}

/// What is known of a node.
#[derive(Debug, Clone, Default)]
pub struct Evidence {
    /// Now, ms since the epoch.
    pub now_ms: i64,
    /// Its logs that are followed.
    pub logs: Vec<Log>,
    /// Audits and repairs that failed in the last hour.
    pub audits_failed: u64,
    /// How often it began to start in the last two hours.
    pub starts: u64,
    /// Seconds since its log's last record; `None`: there never was one.
    pub silent_s: Option<i64>,
    /// What it answered; `None`: it was never asked.
    pub told: Option<Told>,
    /// How satellites rate it, by whoever knows best.
    pub standings: Vec<Standing>,
    /// Transfers of the last hour.
    pub transfers: u64,
    /// When a collector last looked at its log and API, ms since the epoch; `None`: nobody wrote that down.
    pub looked_ms: Option<i64>,
    /// The node's id by its log.
    pub logged_id: Option<String>,
}

/// A log that is followed and says nothing for so long is worth a word: an idle node writes hourly.
const SILENT_S: i64 = 2 * 3600;
/// Collectors write down every minute that they look.
const UNWATCHED_MS: i64 = 5 * 60_000;
/// A node that is restarted or updated is away for less.
const RESTART_MS: i64 = 3 * 60_000;
/// A log of so many transfers an hour is missed sooner: after so long, and so many times the usual pause.
const BUSY_TRANSFERS: u64 = 120;
const QUIET_S: i64 = 600;
const QUIET_TIMES: i64 = 30;
/// Starts in two hours that no operator makes.
const RESTARTS: u64 = 5;
/// Scores at which there is time left to act; satellites act at the constants of `reputation`.
const AUDIT_LOW: (f64, f64) = (0.995, 0.98);
const SUSPENSION_LOW: (f64, f64) = (0.95, 0.8);
const ONLINE_LOW: (f64, f64) = (0.9, 0.7);
/// Satellites choose nodes they heard of in the last four hours; the node's own page calls it offline
/// after two.
const CONTACT_LATE_MS: i64 = 2 * 3_600_000;
const CONTACT_LOST_MS: i64 = 4 * 3_600_000;
/// QUIC looks misconfigured for a moment at every check-in.
const QUIC_BAD_MS: i64 = 30 * 60_000;
/// A disqualification is news for so long; it never ends.
const NEWS_MS: i64 = 30 * 86_400_000;

struct Findings(Vec<Finding>);

impl Findings {
    fn say(&mut self, state: State, rule: Rule, text: String) {
        self.0.push(Finding { state, rule, text });
    }
}

/// What is wrong with a node, the worst first.
pub fn judge(evidence: &Evidence) -> Vec<Finding> {
    let mut found = Findings(Vec::new());
    for standing in &evidence.standings {
        judge_standing(&mut found, standing, evidence.now_ms);
    }
    if let Some(told) = &evidence.told {
        judge_process(&mut found, told, evidence.now_ms);
        judge_identity(&mut found, told, evidence.logged_id.as_deref());
    }
    judge_audits(&mut found, evidence);
    judge_logs(&mut found, evidence);
    judge_silence(&mut found, evidence);
    found.0.sort_by_key(|finding| (finding.state, finding.rule));
    found.0
}

fn percent(score: f64) -> String {
    // Rounded down: 0.96001 must not look like the threshold it is above of, nor 0.99996 like perfect.
    format!("{:.2} %", (score * 10_000.0).floor() / 100.0)
}

fn judge_standing(found: &mut Findings, standing: &Standing, now_ms: i64) {
    let name = standing.short_name();
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
            "{name} suspended it {}: audits fail for an unknown reason, see `export errors`",
            ago(now_ms - ms)
        );
        found.say(State::Critical, Rule::Suspended, text);
    }
    let level = |score: f64, (low, lowest): (f64, f64)| match score {
        _ if score < lowest => Some(State::Critical),
        _ if score < low => Some(State::Warning),
        _ => None,
    };
    if let Some(score) = standing.audit_score
        && let Some(state) = level(score, AUDIT_LOW)
    {
        let text = format!(
            "{name}: audit score {} (at {} it disqualifies): {} more failed audits in a row",
            percent(score),
            percent(AUDIT_DISQUALIFIES),
            failures_left(score)
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

fn judge_process(found: &mut Findings, told: &Told, now_ms: i64) {
    if told.answers(now_ms) == Answers::Down {
        return;
    }
    let process = &told.process;
    if process.up_to_date == Some(false) {
        let text = format!(
            "release {} is below the minimum {}: update it, satellites no longer use it",
            process.version.as_deref().unwrap_or("?"),
            process.minimum_version.as_deref().unwrap_or("?")
        );
        found.say(State::Critical, Rule::Outdated, text);
    }
    // What it said of its contact is as old as its answer.
    let answered_ms = told.answered_ms.unwrap_or(now_ms);
    let heard = told.last_contact_ms.or(process.started_ms);
    match heard.map(|ms| answered_ms - ms) {
        Some(age) if age > CONTACT_LOST_MS => {
            let text = format!(
                "no satellite or customer reached it for {}: is its port open to the world?",
                span(age)
            );
            found.say(State::Critical, Rule::NoContact, text);
        }
        Some(age) if age > CONTACT_LATE_MS => {
            let text = format!(
                "no satellite or customer reached it for {}: satellites stop uploading at 4 h",
                span(age)
            );
            found.say(State::Warning, Rule::NoContact, text);
        }
        _ => {}
    }
    if let Some(since) = told.quic_bad_since_ms
        && answered_ms - since > QUIC_BAD_MS
    {
        let text = "QUIC is misconfigured: open the node's port for UDP, too".to_owned();
        found.say(State::Warning, Rule::Quic, text);
    }
}

/// A copied entry of a configuration mixes two nodes up.
fn judge_identity(found: &mut Findings, told: &Told, logged: Option<&str>) {
    let answered = told.process.node_id.as_deref();
    if let (Some(answered), Some(logged)) = (answered, logged)
        && answered != logged
    {
        let short = |id: &str| id.chars().take(8).collect::<String>();
        let text = format!(
            "its log is of node {}, its API of node {}: one of them belongs to another",
            short(logged),
            short(answered)
        );
        found.say(State::Warning, Rule::MixedUp, text);
    }
}

fn judge_audits(found: &mut Findings, evidence: &Evidence) {
    let lost = evidence.audits_failed;
    if lost > 0 {
        let what = match lost {
            1 => "1 audit or repair".to_owned(),
            _ => format!("{lost} audits or repairs"),
        };
        let text = format!("{what} failed in the last hour: pieces are missing or unreadable");
        found.say(State::Critical, Rule::AuditsFailed, text);
    }
    if evidence.starts >= RESTARTS {
        let text = format!(
            "it started {} times within two hours: see the end of its log for why",
            evidence.starts
        );
        found.say(State::Critical, Rule::Restarts, text);
    }
}

fn judge_logs(found: &mut Findings, evidence: &Evidence) {
    for log in &evidence.logs {
        let source = &log.source;
        match log.state.as_deref() {
            Some("failing") => {
                let error = log.error.as_deref().unwrap_or("it cannot be read");
                found.say(State::Warning, Rule::LogUnreadable, format!("{source}: {error}"));
            }
            Some("missing") => found.say(
                State::Warning,
                Rule::LogMissing,
                format!("{source} is not there: is the path right, is its disk mounted?"),
            ),
            _ => {}
        }
    }
}

/// A node that neither writes nor answers is in danger; of one that nobody listens to nothing is known.
fn judge_silence(found: &mut Findings, evidence: &Evidence) {
    let is_watched = !evidence.logs.is_empty() || evidence.told.is_some();
    if let Some(ms) = evidence.looked_ms.filter(|_| is_watched)
        && evidence.now_ms - ms > UNWATCHED_MS
    {
        // Whatever is silent then: nobody listened.
        let text = format!(
            "no collector has looked at it for {}: nobody watches it",
            span(evidence.now_ms - ms)
        );
        return found.say(State::Unknown, Rule::NotWatched, text);
    }
    let told = evidence.told.as_ref();
    if let Some(told) = told {
        judge_answers(found, evidence, told);
    }
    let answered = told.and_then(|told| told.answered_ms);
    let answered = answered.is_some_and(|ms| evidence.now_ms - ms <= UNWATCHED_MS);
    match evidence.silent_s {
        Some(age) if age <= SILENT_S => judge_quiet(found, evidence, age),
        Some(age) if !evidence.logs.is_empty() => {
            let text = format!("no line for {} hours; an idle node writes hourly", age / 3600);
            found.say(State::Warning, Rule::LogSilent, text);
        }
        // It answered a moment ago, or its silence was judged.
        _ if answered || found.0.iter().any(|finding| finding.rule == Rule::ApiDown) => {}
        Some(age) => {
            let text = format!("its last line known here is {} hours old", age / 3600);
            found.say(State::Unknown, Rule::NoData, text);
        }
        None => {
            let text = match told {
                Some(told) if told.answered_ms.is_none() => {
                    let why = told.error.as_deref().unwrap_or("it was just asked");
                    format!("nothing of it is known yet: its API does not answer: {why}")
                }
                Some(_) => "what is known of it is old".to_owned(),
                None => "nothing of it is known here: is its log or API named rightly? See `nodes test`".to_owned(),
            };
            found.say(State::Unknown, Rule::NoData, text);
        }
    }
}

/// An API that is silent: a restart takes a minute or two.
fn judge_answers(found: &mut Findings, evidence: &Evidence, told: &Told) {
    let Some(since) = told.silent_since_ms.filter(|ms| evidence.now_ms - ms > RESTART_MS) else {
        return;
    };
    let why = told.error.as_deref().unwrap_or("no answer");
    let span = span(evidence.now_ms - since);
    let is_followed = !evidence.logs.is_empty();
    // Stamps are whole seconds, and lines of the end may come a moment later.
    let wrote = evidence
        .silent_s
        .is_some_and(|age| evidence.now_ms - age * 1000 > since + 10_000);
    let (state, text) = match told.answered_ms {
        // Perhaps the address is wrong, and it was never there.
        None => (State::Warning, format!("its API never answered: {why}")),
        Some(_) if is_followed && wrote => {
            let text = format!("its API does not answer for {span}, though its log goes on: {why}");
            (State::Warning, text)
        }
        Some(_) if is_followed => {
            let text = format!("it neither answers nor writes for {span}: {why}");
            (State::Critical, text)
        }
        Some(_) => (State::Critical, format!("it does not answer for {span}: {why}")),
    };
    found.say(state, Rule::ApiDown, text);
}

/// A busy log that stops: long before an idle one would be missed.
fn judge_quiet(found: &mut Findings, evidence: &Evidence, age: i64) {
    let usual_s = 3600 / i64::try_from(evidence.transfers.max(1)).unwrap_or(i64::MAX);
    let is_busy = evidence.transfers >= BUSY_TRANSFERS && !evidence.logs.is_empty();
    if is_busy && age > QUIET_S.max(usual_s * QUIET_TIMES) {
        let text = format!(
            "no line for {}, though there were {} transfers in the hour",
            span(age * 1000),
            evidence.transfers
        );
        found.say(State::Warning, Rule::LogQuiet, text);
    }
}

/// A time span in its largest unit, rounded down: `3 d`, `5 h`, `12 min`, `40 s`.
fn span(ms: i64) -> String {
    let seconds = (ms / 1000).max(0);
    match seconds {
        172_800.. => format!("{} d", seconds / 86_400),
        7_200.. => format!("{} h", seconds / 3600),
        120.. => format!("{} min", seconds / 60),
        _ => format!("{seconds} s"),
    }
}

fn ago(ms: i64) -> String {
    format!("{} ago", span(ms))
}

#[cfg(test)]
mod tests {
    use super::*;
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
        assert_eq!(rules(|e, _| e.audits_failed = 1), [(Critical, "audits_failed")]);
        assert_eq!(rules(|e, _| e.starts = 5), [(Critical, "restarts")]);
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
        assert_eq!(rules(down), [(Critical, "api_down")]);
        assert_eq!(rules(with_log(5)), [(Warning, "api_down")]);
        // Its last line is as old as its last answer: however young that is, it is gone.
        assert_eq!(rules(with_log(11 * 60)), [(Critical, "api_down")]);
        assert_eq!(rules(with_log(9000)), [(Critical, "api_down"), (Warning, "log_silent")]);
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
}
