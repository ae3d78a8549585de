//! Is a node in danger? Rules over what its log and its API told.

mod audits;
pub mod contact;
mod events;
pub mod hangs;
pub mod host;
pub mod money;
#[cfg(test)]
mod tests;

pub use audits::Failing;
pub use events::ErrorSeen;
pub use hangs::Hang;

use super::storage::FullIn;
use crate::domain::health::{Finding, Rule, State};
use crate::domain::remark::Remark;
use crate::domain::sample::{Answers, Standing, Told};
use crate::domain::task::Task;

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

/// How much of a log is not understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotUnderstood {
    /// Since when, ms since the epoch.
    pub since_ms: i64,
    /// Lines.
    pub lines: u64,
    /// Of them unknown, damaged or no records.
    pub count: u64,
}

/// A node's own databases.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Books {
    /// When one was read last, ms since the epoch.
    pub read_ms: Option<i64>,
    /// When the node last wrote one, as far as was seen.
    pub changed_ms: Option<i64>,
    /// Why some are not read, and what to do.
    pub hindered: Vec<String>,
    /// What of them is not there, since when (ms since the epoch).
    pub gone: Vec<(i64, String)>,
}

/// What is known of a node.
#[derive(Debug, Clone, Default)]
pub struct Evidence {
    /// Now, ms since the epoch.
    pub now_ms: i64,
    /// Its logs that are followed.
    pub logs: Vec<Log>,
    /// Satellites whose audits or repairs failed in the last day, by the log.
    pub failing: Vec<Failing>,
    /// How often it began to start in the last half hour.
    pub starts: u64,
    /// How often it crashed, was killed or ended by itself in the last two hours.
    pub crashes: u64,
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
    /// When it began to start last, ms since the epoch, by its log.
    pub started_ms: Option<i64>,
    /// Whether the end of the process before that was explained; `None`: nobody knows.
    pub explained: Option<bool>,
    /// When a process of it last ended, and why: its own words, or `None`: it was told to.
    pub ended: Option<(i64, Option<String>)>,
    /// Errors of the last hour, of transfers and others.
    pub errors: Vec<ErrorSeen>,
    /// A pause of the last hour in which a busy node did nothing, though it was not restarted.
    pub hang: Option<Hang>,
    /// Uploads of the last ten minutes, those that were turned away included.
    pub uploads: u64,
    /// Of them rejected.
    pub rejected: u64,
    /// When its disk is full.
    pub full_in: Option<FullIn>,
    /// What surrounds it.
    pub host: host::Host,
    /// What its log remarked in the last hours, by time (ms since the epoch); its clock's word first.
    pub remarks: Vec<(i64, Remark)>,
    /// Compactions that go on, by begin.
    pub compacting: Vec<Task>,
    /// Lines of its log lately that are not understood; `None`: there was no line.
    pub not_understood: Option<NotUnderstood>,
    /// Its databases; `None`: they were never looked at.
    pub books: Option<Books>,
    /// What is wrong with its money.
    pub money: money::Money,
}

impl Evidence {
    /// What people call a satellite.
    fn short_name(&self, id: &str) -> String {
        let known = self
            .standings
            .iter()
            .find(|standing| standing.satellite_id.as_deref() == Some(id));
        known.map_or_else(|| Standing::short_of("", Some(id)), Standing::short_name)
    }
}

/// A log that is followed and says nothing for so long is worth a word: an idle node writes hourly.
const SILENT_S: i64 = 2 * 3600;
/// Collectors write down every minute that they look.
const UNWATCHED_MS: i64 = 5 * 60_000;
/// A node that is restarted or updated is away for less.
const RESTART_MS: i64 = 3 * 60_000;
/// A log of so many transfers an hour is missed sooner: after so long, and so many times the usual pause.
pub const BUSY_TRANSFERS: u64 = 120;
const QUIET_S: i64 = 180;
const QUIET_TIMES: i64 = 30;
/// Satellites choose nodes they heard of in the last four hours; the node's own page calls it offline
/// after two.
const CONTACT_LATE_MS: i64 = 2 * 3_600_000;
const CONTACT_LOST_MS: i64 = 4 * 3_600_000;
/// QUIC looks misconfigured for a moment at every check-in.
const QUIC_BAD_MS: i64 = 30 * 60_000;

struct Findings(Vec<Finding>);

impl Findings {
    fn say(&mut self, state: State, rule: Rule, text: String) {
        self.0.push(Finding { state, rule, text });
    }
}

/// A node writes its databases every hour at least.
const UNWRITTEN_MS: i64 = 4 * 3_600_000;

/// What is wrong with a node, the worst first.
pub fn judge(evidence: &Evidence) -> Vec<Finding> {
    let mut found = Findings(Vec::new());
    for standing in &evidence.standings {
        audits::judge_standing(&mut found, standing, evidence);
    }
    if let Some(told) = &evidence.told {
        judge_process(&mut found, told, evidence.now_ms);
        judge_identity(&mut found, told, evidence.logged_id.as_deref());
    }
    audits::judge_failing(&mut found, evidence);
    events::judge(&mut found, evidence);
    host::judge(&mut found, evidence);
    contact::judge(&mut found, evidence);
    judge_logs(&mut found, evidence);
    judge_gone(&mut found, evidence);
    judge_silence(&mut found, evidence);
    for trouble in evidence.books.iter().flat_map(|books| &books.hindered) {
        found.say(State::Warning, Rule::Database, trouble.clone());
    }
    money::judge(&mut found, evidence);
    found.0.sort_by_key(|finding| (finding.state, finding.rule));
    found.0
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

/// A database is missed after so long: of a node that is moved or mended it is back soon.
const GONE_MS: i64 = 10 * 60_000;

/// Databases that are not there. Since nobody looks any more, nobody knows.
fn judge_gone(found: &mut Findings, evidence: &Evidence) {
    let looked_ms = evidence.looked_ms.map_or(evidence.now_ms, |ms| ms.min(evidence.now_ms));
    for (since_ms, trouble) in evidence.books.iter().flat_map(|books| &books.gone) {
        let age = looked_ms - since_ms;
        if age < GONE_MS {
            continue;
        }
        let text = format!(
            "its databases are missed for {}: {trouble} → is the disk mounted, and the node's storage folder named as data?",
            span(age)
        );
        found.say(State::Warning, Rule::DataMissing, text);
    }
}

/// A node that neither writes nor answers is in danger; of one that nobody listens to nothing is known.
fn judge_silence(found: &mut Findings, evidence: &Evidence) {
    let is_watched = !evidence.logs.is_empty() || evidence.told.is_some() || evidence.books.is_some();
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
        _ if answered
            || found
                .0
                .iter()
                .any(|finding| matches!(finding.rule, Rule::ApiDown | Rule::Down)) => {}
        Some(age) => {
            let text = format!("its last line known here is {} hours old", age / 3600);
            found.say(State::Unknown, Rule::NoData, text);
        }
        None if told.is_none() && evidence.books.is_some() => judge_unwritten(found, evidence),
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

/// Of a node that is known by its databases only: whether it still writes them.
fn judge_unwritten(found: &mut Findings, evidence: &Evidence) {
    let changed_ms = evidence.books.as_ref().and_then(|books| books.changed_ms);
    let text = match changed_ms.map(|ms| evidence.now_ms - ms) {
        _ if found.0.iter().any(|finding| finding.rule == Rule::DataMissing) => return,
        Some(age) if age <= UNWRITTEN_MS => return,
        Some(age) => format!("it wrote none of its databases for {}: does it run?", span(age)),
        None => "nothing of it is known yet: none of its databases could be read; `storj-monitor doctor` says why"
            .to_owned(),
    };
    found.say(State::Unknown, Rule::NoData, text);
}

/// An API that is silent: a restart takes a minute or two.
fn judge_answers(found: &mut Findings, evidence: &Evidence, told: &Told) {
    let Some(since) = told.silent_since_ms.filter(|ms| evidence.now_ms - ms > RESTART_MS) else {
        return;
    };
    let why = told.error.as_deref().unwrap_or("no answer");
    let span = span(evidence.now_ms - since);
    let is_followed = !evidence.logs.is_empty();
    let writes = evidence.silent_s.is_some_and(|age| goes_on(evidence, age, since));
    let (state, rule, text) = match told.answered_ms {
        // Perhaps the address is wrong, and it was never there.
        None => (State::Warning, Rule::ApiDown, format!("its API never answered: {why}")),
        Some(_) if is_followed && writes => {
            let text = format!("its API does not answer for {span}, though its log goes on: {why}");
            (State::Warning, Rule::ApiDown, text)
        }
        Some(_) if still_writes(evidence, since) => {
            let text = format!("its API does not answer for {span}, though it goes on writing its databases: {why}");
            (State::Warning, Rule::ApiDown, text)
        }
        Some(_) if is_followed => {
            let text = format!("it is down: it neither answers nor writes for {span}: {why}");
            (State::Critical, Rule::Down, text)
        }
        Some(_) => (
            State::Critical,
            Rule::Down,
            format!("it is down: it does not answer for {span}: {why}"),
        ),
    };
    found.say(state, rule, text);
}

/// A node that ends writes its databases once more.
const LAST_WORDS_MS: i64 = 5 * 60_000;

/// Whether it wrote its databases well after its API fell silent, and not long ago.
fn still_writes(evidence: &Evidence, since: i64) -> bool {
    let changed_ms = evidence.books.as_ref().and_then(|books| books.changed_ms);
    changed_ms.is_some_and(|ms| ms - since > LAST_WORDS_MS && evidence.now_ms - ms <= UNWRITTEN_MS)
}

/// Whether a log whose last line is so old (s) was written to after the API fell silent (ms since the epoch), and
/// may well be written to still.
fn goes_on(evidence: &Evidence, age: i64, since: i64) -> bool {
    // Stamps are whole seconds, and lines of the end may come a moment later.
    let after = evidence.now_ms - age * 1000 > since + 10_000;
    let usual_s = 3600 / i64::try_from(evidence.transfers.max(1)).unwrap_or(i64::MAX);
    let is_usual = age <= (usual_s * QUIET_TIMES).clamp(RESTART_MS / 1000, SILENT_S);
    after && is_usual
}

/// A busy log that stops: long before an idle one would be missed.
fn judge_quiet(found: &mut Findings, evidence: &Evidence, age: i64) {
    let usual_s = 3600 / i64::try_from(evidence.transfers.max(1)).unwrap_or(i64::MAX);
    let is_over = |finding: &Finding| matches!(finding.rule, Rule::Stopped | Rule::CannotStart | Rule::Down);
    if found.0.iter().any(is_over) {
        // Its silence is explained.
        return;
    }
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
