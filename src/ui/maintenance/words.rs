//! The answer first: what every node is busy with, what is late, what began and never ended, who is in whose way.

use std::collections::BTreeMap;

use super::filters::Filter;
use super::work::{self, Run};
use crate::domain::task::pace::{Clash, clashes};
use crate::domain::task::{Job, State, Task};
use crate::ui::look::{Glyphs, Tone};
use crate::ui::number;
use crate::ui::shared::Shared;

/// Two compactions that meet for less than this do not matter.
const LEAST_CLASH_MS: i64 = 60_000;
/// Troubles of one kind that are named; more are counted.
const NAMED: usize = 3;

/// One thing that is to be said.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Said {
    pub(super) weight: Weight,
    pub(super) text: String,
    /// What to do; left out where there is no room.
    pub(super) hint: &'static str,
}

/// How much it weighs, the heaviest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Weight {
    /// What goes on now.
    Now,
    Warning,
    Note,
}

impl Weight {
    pub(super) fn mark(self, glyphs: &Glyphs) -> Option<(&'static str, Tone)> {
        match self {
            Self::Now => None,
            Self::Warning => Some((glyphs.warning, Tone::Warn)),
            Self::Note => Some((glyphs.note, Tone::Muted)),
        }
    }
}

/// What is known when the answer is put into words.
pub(super) struct Known<'a> {
    /// Of the range, by begin.
    pub(super) runs: &'a [Run],
    /// Of the last weeks.
    pub(super) past: &'a [Task],
    pub(super) filters: &'a [Filter],
    /// The end of the range, ms since the epoch.
    pub(super) now_ms: i64,
    pub(super) live: bool,
}

/// Everything that is to be said, the worst after what goes on.
pub(super) fn answer(known: &Known<'_>, shared: &Shared) -> Vec<Said> {
    let mut said = now(known, shared);
    said.extend(late(known, shared));
    said.extend(failed(known, shared));
    said.extend(cut_off(known, shared));
    said.extend(old_filters(known, shared));
    said.extend(in_the_way(known, shared));
    said.sort_by_key(|said| said.weight);
    said
}

fn plain(text: String) -> Said {
    Said {
        weight: Weight::Now,
        text,
        hint: "",
    }
}

fn warning(text: String, hint: &'static str) -> Said {
    Said {
        weight: Weight::Warning,
        text,
        hint,
    }
}

/// What every node is busy with.
fn now(known: &Known<'_>, shared: &Shared) -> Vec<Said> {
    let mut going: Vec<&Run> = known.runs.iter().filter(|run| run.goes_on()).collect();
    going.sort_by_key(|run| (run.task.job == Job::Migration, run.task.place_ms()));
    let busy: Vec<&str> = going.iter().map(|run| run.task.node.as_str()).collect();
    let names = shared.nodes().iter().map(|node| node.name.as_str());
    let names = names.filter(|name| shared.node.as_deref().is_none_or(|only| only == *name));
    let idle: Vec<&str> = names.filter(|name| !busy.contains(name)).collect();
    if going.is_empty() {
        return vec![plain(nothing(known, shared))];
    }
    let mut said: Vec<Said> = going
        .iter()
        .take(NAMED)
        .map(|run| plain(goes_on(run, known.now_ms, shared)))
        .collect();
    let more = going.len().saturating_sub(NAMED);
    let mut rest = Vec::new();
    if more > 0 {
        rest.push(format!("{more} more go on"));
    }
    if !idle.is_empty() {
        rest.push(format!("{} idle", listed(&idle)));
    }
    if let Some(last) = said.last_mut()
        && !rest.is_empty()
    {
        last.text += &format!(" {}.", rest.join(", "));
    }
    said
}

fn goes_on(run: &Run, now_ms: i64, shared: &Shared) -> String {
    let task = &run.task;
    let time = |ms: i64| number::moment(ms, shared.now_ms, &shared.zone);
    let whose = task.satellite_id.as_deref().map(|id| shared.satellite_name(id));
    let whose = whose.map_or_else(String::new, |name| format!(" {name}"));
    let store = task
        .store
        .as_deref()
        .map_or_else(String::new, |store| format!(" {store}"));
    let does = match (task.job, whose.is_empty()) {
        (Job::Migration, false) => "moves pieces to the hashstore of",
        // Of which satellite the log does not say.
        (Job::Garbage, true) => "walks for garbage",
        (Job::Trash, true) => "empties trash",
        (job, _) => work::does(job),
    };
    let mut text = format!("{} {does}{whose}{store}", task.node);
    text += &match (task.started_ms, run.so_far) {
        (Some(ms), Some(so_far)) => format!(" since {} ({})", time(ms), number::age(so_far / 1000)),
        _ => ", since when is not in the log".to_owned(),
    };
    if let Some(progress) = work::progress(task) {
        text += &format!(", {progress}");
    }
    text += &match (task.job, run.expected, run.ends()) {
        (Job::Migration, ..) => "; how much is left the log does not tell".to_owned(),
        (_, Some(expected), Some([_, likely, _])) if likely > now_ms => {
            format!("; usually {}, done ≈ {}", work::usual(&expected), time(likely))
        }
        (_, Some(expected), _) => format!("; usually {}", work::usual(&expected)),
        (_, None, _) => "; how long it takes is not known yet".to_owned(),
    };
    text + "."
}

/// Nothing goes on: what was last.
fn nothing(known: &Known<'_>, shared: &Shared) -> String {
    let then = if known.live {
        "Nothing goes on now"
    } else {
        "Nothing went on then"
    };
    let last = known
        .past
        .iter()
        .filter(|task| shared.satellite.is_none() || task.satellite_id == shared.satellite);
    let last = last
        .filter(|task| task.finished_ms.is_some())
        .max_by_key(|task| task.finished_ms);
    let Some(last) = last else {
        return format!("{then}; the logs that were read tell of no work.");
    };
    let ended = last.finished_ms.unwrap_or(last.seen_ms);
    let ago = number::age(u64::try_from(known.now_ms - ended).unwrap_or(0) / 1000);
    let whose = last.satellite_id.as_deref().map(|id| shared.satellite_name(id));
    let whose = whose.map_or_else(String::new, |name| format!(" {name}"));
    let took = last
        .took_ms
        .map_or_else(String::new, |ms| format!(", {}", number::duration(ms)));
    let how = match last.state {
        State::Done => "ended".to_owned(),
        other => other.word().to_owned(),
    };
    format!(
        "{then}. The last: {} {}{whose}{took}, {how} {ago} ago.",
        last.node,
        work::word(last.job)
    )
}

/// Runs that take longer than they should.
fn late(known: &Known<'_>, shared: &Shared) -> Vec<Said> {
    let late = known.runs.iter().filter(|run| run.is_late());
    late.filter_map(|run| {
        let (expected, so_far) = run.expected.zip(run.so_far)?;
        let text = format!(
            "{} {} runs for {}, usually {}",
            run.task.node,
            run.what(shared),
            number::age(so_far / 1000),
            work::usual(&expected)
        );
        Some(warning(text, "is the disk busy with something else?"))
    })
    .collect()
}

/// Whether the same work came to its end later.
fn mended(run: &Run, known: &Known<'_>) -> bool {
    let begun = run.task.place_ms();
    known
        .runs
        .iter()
        .any(|other| other.task.place_ms() > begun && other.task.state == State::Done && other.same_work(run))
}

/// The newest failure of each work that did not go well since.
fn failed(known: &Known<'_>, shared: &Shared) -> Vec<Said> {
    let mut newest: Vec<&Run> = Vec::new();
    for run in known.runs.iter().rev() {
        let fails = run.task.state == State::Failed && !mended(run, known);
        if fails && !newest.iter().any(|other| other.same_work(run)) {
            newest.push(run);
        }
    }
    let more = newest.len().saturating_sub(NAMED);
    let mut said: Vec<Said> = newest
        .iter()
        .take(NAMED)
        .map(|run| {
            let when = run.task.finished_ms.unwrap_or(run.task.seen_ms);
            let when = number::moment(when, shared.now_ms, &shared.zone);
            let why = run.task.error.as_deref().unwrap_or("the log does not say why");
            let text = format!("{} {} failed {when}: {why}", run.task.node, run.what(shared));
            warning(text, "")
        })
        .collect();
    if more > 0 {
        said.push(warning(format!("{more} more failed and did not go well since"), ""));
    }
    said
}

/// Work that began, never finished, and was not done again since; of a node and its restart together.
fn cut_off(known: &Known<'_>, shared: &Shared) -> Vec<Said> {
    let mut by: BTreeMap<(&str, Option<i64>), Vec<&Run>> = BTreeMap::new();
    let cut = |run: &&Run| run.task.state == State::Interrupted && run.task.job != Job::Migration;
    for run in known.runs.iter().filter(cut).filter(|run| !mended(run, known)) {
        let again = known.runs.iter().any(|other| other.goes_on() && other.same_work(run));
        if !again {
            by.entry((&run.task.node, run.task.cut_ms)).or_default().push(run);
        }
    }
    let said = |((node, cut_ms), runs): ((&str, Option<i64>), Vec<&Run>)| {
        let mut what: Vec<String> = runs.iter().map(|run| run.what(shared)).collect();
        what.dedup();
        let more = what.len().saturating_sub(NAMED);
        what.truncate(NAMED);
        let mut what = what.join(", ");
        if more > 0 {
            what += &format!(" and {more} more");
        }
        let time = |ms: i64| number::moment(ms, shared.now_ms, &shared.zone);
        let end = match cut_ms {
            Some(ms) => format!("the node started again {}", time(ms)),
            None => "the node stopped".to_owned(),
        };
        let begun = match runs.as_slice() {
            [one] => format!("began {} and never finished", time(one.task.place_ms())),
            _ => "began and never finished".to_owned(),
        };
        let counts = runs.iter().any(|run| run.task.job == Job::UsedSpace);
        let hint = if counts {
            "used space may be wrong until it is done"
        } else {
            ""
        };
        warning(format!("{node} {what} {begun}: {end}"), hint)
    };
    let mut said: Vec<Said> = by.into_iter().map(said).collect();
    let more = said.len().saturating_sub(NAMED);
    said.truncate(NAMED);
    if more > 0 {
        said.push(warning(format!("{more} more restarts broke work off"), ""));
    }
    said
}

/// Satellites whose next filter should have come.
fn old_filters(known: &Known<'_>, shared: &Shared) -> Vec<Said> {
    let late = known.filters.iter().filter(|filter| filter.is_late(known.now_ms));
    late.map(|filter| {
        let usual = filter.every_ms.map_or_else(String::new, |ms| {
            format!(", usually every {}", number::age(ms.unsigned_abs() / 1000))
        });
        let text = format!(
            "{} last bloom filter is of {}, {} old{usual}",
            shared.satellite_name(&filter.satellite),
            number::day(filter.made_ms, &shared.zone),
            filter.age(known.now_ms)
        );
        warning(text, "its garbage stays until then; wait for the satellite")
    })
    .collect()
}

/// Nodes that compacted at once: on one disk that slows both.
fn in_the_way(known: &Known<'_>, shared: &Shared) -> Option<Said> {
    let tasks: Vec<Task> = known.runs.iter().map(|run| run.task.clone()).collect();
    // On which disk a node is nobody told.
    let mut found = clashes(&tasks, |_, _| true);
    found.retain(|clash| clash.to_ms.unwrap_or(known.now_ms) - clash.from_ms >= LEAST_CLASH_MS);
    let last: &Clash = found.last()?;
    let times = found.iter().filter(|clash| clash.nodes == last.nodes).count();
    let time = |ms: i64| number::moment(ms, shared.now_ms, &shared.zone);
    let when = match last.to_ms {
        Some(to) => format!(
            "compacted at once, last {}–{}",
            time(last.from_ms),
            number::minute(to, &shared.zone)
        ),
        None => format!("compact at once since {}", time(last.from_ms)),
    };
    let often = if times > 1 {
        format!(" ({times} times in {})", shared.time.range.name())
    } else {
        String::new()
    };
    Some(Said {
        weight: Weight::Note,
        text: format!("{} and {} {when}{often}", last.nodes.0, last.nodes.1),
        hint: "if they share a disk, each slows the other",
    })
}

fn listed(names: &[&str]) -> String {
    match names {
        [one] => format!("{one} is"),
        [one, two] => format!("{one} and {two} are"),
        [one, two, three] => format!("{one}, {two} and {three} are"),
        many => format!("{} nodes are", many.len()),
    }
}
