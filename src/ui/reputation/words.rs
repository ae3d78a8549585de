//! The answer first: which satellite is closest to giving a node up, since when, how far it is, what to do.

use super::entry::{AUDITS, Entry, Grade, SUSPENDS, Trouble};
use super::scores::{hours, state};
use crate::api::reputation::Failing;
use crate::api::status::ms;
use crate::ui::number;
use crate::ui::shared::Shared;

/// One thing that is to be said.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Said {
    /// Its mark.
    pub(super) grade: Grade,
    pub(super) text: String,
    /// What it means and what to do; left out where there is no room.
    pub(super) hint: String,
}

/// A pace that takes longer than so many hours is none to be told.
const SOON_H: f64 = 72.0;

/// Everything that is to be said, the worst first.
pub(super) fn answer(entries: &[Entry], shared: &Shared) -> Vec<Said> {
    let troubles = entries.iter().filter(|entry| entry.grade <= Grade::Warning);
    let mut said: Vec<Said> = troubles.map(|entry| trouble(entry, shared)).collect();
    if said.is_empty() {
        said.extend(calm(entries, shared));
    }
    said
}

/// No trouble: who is closest to it, and of whom nothing is known.
fn calm(entries: &[Entry], shared: &Shared) -> Option<Said> {
    let judged = |entry: &&Entry| entry.trouble != Trouble::Gone && entry.satellite.audit_score.is_some();
    let closest = entries.iter().find(judged);
    let unknown = entries.iter().filter(|entry| entry.trouble == Trouble::NoData).count();
    let unknown = match unknown {
        0 => String::new(),
        unknown => format!(" Not rated yet: {unknown} of {}.", entries.len()),
    };
    let Some(closest) = closest else {
        return (!entries.is_empty()).then(|| Said {
            grade: Grade::Unknown,
            text: "No satellite has rated this yet: how far it is from trouble is unknown.".to_owned(),
            hint: String::new(),
        });
    };
    let left = number::known(closest.audits_left(), |left| format!("{left} of {AUDITS}"));
    let online = number::known(closest.satellite.online_score, number::score);
    Some(Said {
        grade: Grade::Fine,
        text: format!("No satellite is about to give a node up.{unknown}"),
        hint: format!(
            "Closest is {}: {left} audits left, online {online}{}",
            who(closest, shared),
            away(closest, shared)
        ),
    })
}

/// Whom it is about: a node alone needs no name.
pub(super) fn who(entry: &Entry, shared: &Shared) -> String {
    match shared.node {
        Some(_) => entry.name.clone(),
        None => format!("{} on {}", entry.node, entry.name),
    }
}

/// One satellite in words.
pub(super) fn trouble(entry: &Entry, shared: &Shared) -> Said {
    let (text, hint) = match entry.trouble {
        Trouble::Disqualified | Trouble::Gone => disqualified(entry, shared),
        Trouble::Suspended => suspended(entry, shared),
        Trouble::Failing => failing(entry, shared),
        Trouble::Audit => (
            format!("audit score {}, {}", audit(entry), until_disqualified(entry)),
            "each failed audit costs 0.001; scores rise again with every audit that passes".to_owned(),
        ),
        Trouble::Suspension => (
            format!(
                "{}; the score of unknown errors is {}",
                until_suspended(entry),
                number::known(entry.suspension().0, number::score)
            ),
            act(entry).unwrap_or_else(|| "pieces could not be read: see the log's errors of GET_AUDIT".to_owned()),
        ),
        Trouble::Online => online(entry, shared),
        Trouble::Lost => {
            let since = entry
                .satellite
                .outlook
                .as_ref()
                .and_then(|outlook| outlook.lost_since.as_deref());
            let why = entry
                .satellite
                .outlook
                .as_ref()
                .and_then(|outlook| outlook.lost_why.clone());
            (
                format!(
                    "check-ins fail since{}: its online score falls while they do",
                    when(since, shared)
                ),
                why.unwrap_or_default(),
            )
        }
        Trouble::Overdue => (
            "vetting is overdue: enough audits and days, and still not vetted".to_owned(),
            "ask the satellite's support if it stays so for days".to_owned(),
        ),
        Trouble::NoData | Trouble::Vetting | Trouble::Fine => fine(entry, shared),
    };
    Said {
        grade: entry.grade,
        text: format!("{}: {text}", who(entry, shared)),
        hint,
    }
}

fn when(time: Option<&str>, shared: &Shared) -> String {
    ms(time).map_or(String::new(), |ms| {
        format!(" {}", number::moment(ms, shared.now_ms, &shared.zone))
    })
}

fn disqualified(entry: &Entry, shared: &Shared) -> (String, String) {
    let since = when(entry.satellite.disqualified_at.as_deref(), shared);
    let told = entry.satellite.audit_score.map_or(String::new(), |score| {
        format!(", last audit score told {}", number::score(score))
    });
    (
        format!("disqualified{since}, for good{told}"),
        "it sends nothing any more; `storagenode forget-satellite` frees its data, the other satellites go on"
            .to_owned(),
    )
}

fn suspended(entry: &Entry, shared: &Shared) -> (String, String) {
    if entry.satellite.suspended_at.is_none() {
        return offline(entry, shared);
    }
    let since = when(entry.satellite.suspended_at.as_deref(), shared);
    let score = number::known(entry.suspension().0, number::score);
    let means = act(entry).unwrap_or_else(|| {
        "pieces could not be read for an unknown reason: see the log's errors of GET_AUDIT".to_owned()
    });
    (
        format!("suspended since{since}: score of unknown errors {score}, it takes more than 0.60 to lift it"),
        means,
    )
}

fn offline(entry: &Entry, shared: &Shared) -> (String, String) {
    let satellite = &entry.satellite;
    let since = when(satellite.offline_suspended_at.as_deref(), shared);
    let score = number::known(satellite.online_score, number::score);
    let review = match &satellite.offline_review_at {
        Some(at) => format!(", under review since{}", when(Some(at), shared)),
        None => String::new(),
    };
    (
        format!("suspended for being offline since{since}{review}: online score {score}, it takes 0.60 to lift it"),
        "keep the node online: windows it missed fall out after 30 days".to_owned(),
    )
}

/// What the failures mean, and what to do.
fn act(entry: &Entry) -> Option<String> {
    let failing = entry.failing.as_ref()?;
    Some(means(failing))
}

fn audit(entry: &Entry) -> String {
    let (score, computed) = entry.audit();
    let score = number::known(score, number::score);
    if computed { number::computed(&score) } else { score }
}

fn until_disqualified(entry: &Entry) -> String {
    match entry.audits_left() {
        None => "how far from disqualification is unknown".to_owned(),
        Some(0) => "by the log that is enough to disqualify".to_owned(),
        Some(1) => "the next failed audit disqualifies".to_owned(),
        Some(left) => format!("{left} failed audits in a row away from disqualification"),
    }
}

fn until_suspended(entry: &Entry) -> String {
    match entry.unknown_left() {
        None => "how far from suspension is unknown".to_owned(),
        Some(0) => "by the log that is enough to suspend".to_owned(),
        Some(1) => "the next unknown error suspends".to_owned(),
        Some(left) => format!("{left} unknown errors in a row away from suspension"),
    }
}

fn failing(entry: &Entry, shared: &Shared) -> (String, String) {
    let Some(failing) = &entry.failing else {
        let row = entry.in_a_row().unwrap_or(0);
        let text = format!("{}; {row} in a row failed", until_disqualified(entry));
        return (text, String::new());
    };
    let since = number::moment(failing.first_ms, shared.now_ms, &shared.zone);
    let count = match (entry.in_a_row(), failing.missing + failing.unreadable) {
        (Some(row @ 2..), _) => format!("{row} in a row failed since {since}"),
        (_, 0) => format!("{} repairs failed since {since}", failing.repairs),
        (_, failed) => format!("{failed} of {} audits failed since {since}", failing.since_first),
    };
    let text = match (failing.missing, failing.unreadable) {
        (0, 0) => format!("{count}; repairs cost no score"),
        (0, _) => format!(
            "{}{}; {count}",
            until_suspended(entry),
            pace(entry.unknown_left(), failing.hours_to_suspension)
        ),
        _ => format!(
            "{}{}; {count}",
            until_disqualified(entry),
            pace(entry.audits_left(), failing.hours_to_disqualification)
        ),
    };
    (text, means(failing))
}

fn means(failing: &Failing) -> String {
    // What to do first: where there is little room, that is what is read.
    format!("{} ({})", failing.act, failing.means)
}

fn pace(left: Option<u32>, hours: Option<f64>) -> String {
    match hours.filter(|hours| *hours < SOON_H && left != Some(0)) {
        None => String::new(),
        Some(hours) => {
            let seconds = (hours * 3600.0).max(0.0) as u64;
            format!(", at this pace in {}", number::computed(&number::age(seconds)))
        }
    }
}

/// What of the last 30 days is missing, and when it is made good.
fn away(entry: &Entry, shared: &Shared) -> String {
    let Some(lost) = entry.hours_lost().filter(|lost| *lost > 0.0) else {
        return String::new();
    };
    let back = entry.back_ms().map_or(String::new(), |ms| {
        format!(
            ", 1.0000 again on {} if nothing more is lost",
            number::day(ms, &shared.zone)
        )
    });
    format!(", {} lost in 30 days{back}", hours(lost))
}

fn online(entry: &Entry, shared: &Shared) -> (String, String) {
    let online = entry.satellite.online_score;
    let below = match online {
        Some(online) if online < SUSPENDS => ": below 0.60 it suspends once 30 days are over",
        _ => "",
    };
    (
        format!(
            "online {}{}{below}",
            number::known(online, number::score),
            away(entry, shared)
        ),
        "it was not reached for audits: see when, below; it comes back by itself while the node is reachable"
            .to_owned(),
    )
}

/// Nothing is wrong: how it stands.
fn fine(entry: &Entry, shared: &Shared) -> (String, String) {
    if entry.trouble == Trouble::NoData {
        return (
            "it has not rated the node yet".to_owned(),
            "the first audit comes within days".to_owned(),
        );
    }
    let left = number::known(entry.audits_left(), |left| format!("{left} of {AUDITS} audits left"));
    let online = number::known(entry.satellite.online_score, number::score);
    (
        format!("{}: {left}, online {online}{}", state(entry), away(entry, shared)),
        String::new(),
    )
}
