//! The answer first: what every node is busy with, what is late, what began and never ended, who is in whose way.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::filters::Filter;
use super::running;
use super::work::{self, By, Run};
use crate::domain::task::pace::{self, Clash, clashes};
use crate::domain::task::{Job, State, Task};
use crate::ui::look::{Glyphs, Tone};
use crate::ui::number;
use crate::ui::shared::Shared;

/// Two compactions that meet for less than this do not matter.
const LEAST_CLASH_MS: i64 = 60_000;
/// Troubles of one kind that are named; more are counted.
const NAMED: usize = 3;
/// Runs that are told in words; the table below has all.
const TOLD: usize = 2;
/// Two nodes that meet again so soon still do.
const STILL_MS: i64 = 600_000;

/// One thing that is to be said.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Said {
    pub(super) weight: Weight,
    pub(super) text: String,
    /// What else there is to say, or what to do: as much of it as there is room for.
    pub(super) more: Vec<String>,
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
    /// What they were made from, those of other satellites too.
    pub(super) told: &'a [Task],
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
    said.extend(failed(known, shared));
    said.extend(cut_off(known, shared));
    said.extend(old_filters(known, shared));
    said.extend(in_the_way(known, shared));
    said.sort_by_key(|said| said.weight);
    said
}

fn plain(text: String, more: Vec<String>) -> Said {
    Said {
        weight: Weight::Now,
        text,
        more,
    }
}

fn warning(text: String, hint: &str) -> Said {
    Said {
        weight: Weight::Warning,
        text,
        more: hint_of(hint),
    }
}

/// What to do, behind what is said.
fn hint_of(hint: &str) -> Vec<String> {
    match hint {
        "" => Vec::new(),
        hint => vec![format!(" → {hint}")],
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
    let next = next(known, shared);
    if going.is_empty() {
        let next = next.map(|next| format!(" Next: {next}."));
        return vec![plain(nothing(known, shared), next.into_iter().collect())];
    }
    let (late, usual): (Vec<&Run>, Vec<&Run>) = going.iter().copied().partition(|run| run.is_late());
    let told = usual.iter().take(TOLD).chain(late.iter().take(NAMED));
    let mut said: Vec<Said> = told.map(|run| goes_on(run, known.now_ms, shared)).collect();
    let mut rest = Vec::new();
    match going.len() - said.len() {
        0 => {}
        1 => rest.push("1 more run goes on".to_owned()),
        more => rest.push(format!("{more} more runs go on")),
    }
    if !idle.is_empty() {
        rest.push(format!("{} idle", listed(&idle)));
    }
    if let Some(first) = said.first_mut()
        && first.weight == Weight::Now
    {
        if !rest.is_empty() {
            first.more.push(format!("; {}", rest.join(", ")));
        }
        first.more.extend(next.map(|next| format!("; next: {next}")));
    }
    said
}

/// The compaction that comes next, by how often they come.
fn next(known: &Known<'_>, shared: &Shared) -> Option<String> {
    let wanted = |next: &pace::Next| shared.satellite.is_none() || next.satellite_id == shared.satellite;
    let next = pace::next(known.past, known.now_ms).into_iter().find(wanted)?;
    let whose = next
        .satellite_id
        .as_deref()
        .map(|id| format!(" {}", shared.satellite_name(id)));
    let store = next.store.map(|store| format!(" {store}"));
    let when = number::computed(&number::moment(next.at_ms, shared.now_ms, &shared.zone));
    Some(format!(
        "{} compacts{}{} {when}",
        next.node,
        whose.unwrap_or_default(),
        store.unwrap_or_default()
    ))
}

/// Since when, until when by past runs, and how far it is.
fn goes_on(run: &Run, now_ms: i64, shared: &Shared) -> Said {
    let task = &run.task;
    let time = |ms: i64| number::moment(ms, shared.now_ms, &shared.zone);
    let whose = task.satellite_id.as_deref().map(|id| shared.satellite_name(id));
    let whose = whose.map_or_else(String::new, |name| format!(" {name}"));
    let store = task
        .store
        .as_deref()
        .map_or_else(String::new, |store| format!(" {store}"));
    let does = match (task.job, whose.is_empty()) {
        (Job::Migration, false) => "migrates",
        // Of which satellite the log does not say.
        (Job::Garbage, true) => "walks for garbage",
        (Job::Trash, true) => "empties trash",
        (job, _) => work::does(job),
    };
    let mut text = format!("{} {does}{whose}{store}", task.node);
    let share = run.share().filter(|(_, by)| *by == By::Node);
    if let Some((share, _)) = share {
        text += &format!(", {},", running::percent(share));
    }
    text += &match (task.started_ms, run.so_far) {
        (Some(ms), Some(so_far)) => format!(" since {} ({})", time(ms), number::age(so_far / 1000)),
        _ if share.is_some() => " since when is not in the log".to_owned(),
        _ => ", since when is not in the log".to_owned(),
    };
    let mut more: Vec<String> = Vec::new();
    match (task.job, run.expected, run.ends()) {
        _ if !run.is_late() && run.told_end().is_some_and(|end| end > now_ms) => {
            let end = run.told_end().map(time).unwrap_or_default();
            // The node's own guess is told, its pace computed here.
            let own = run.told.as_ref().is_some_and(|told| told.is_own_guess);
            let end = if own { end } else { number::computed(&end) };
            text += &format!(", done {end}");
            more.extend(
                run.expected
                    .map(|expected| format!("; usually {}", work::usual(&expected))),
            );
        }
        (Job::Migration, ..) if run.share().is_some() => {}
        (Job::Migration, ..) => more.push("; how much is left nobody tells".to_owned()),
        (_, Some(expected), _) if run.is_late() => {
            text += &format!(", usually {}", work::usual(&expected));
            return warning(text, "is the disk busy with something else?");
        }
        (_, Some(expected), Some([_, likely, _])) if likely > now_ms => {
            text += &format!(", done {}", number::computed(&time(likely)));
            more.push(format!("; usually {}", number::duration(expected.likely_ms)));
            more.push(format!(" ({})", work::range(&expected)));
        }
        (_, Some(expected), _) => text += &format!(", usually {}", work::usual(&expected)),
        (_, None, _) => more.push("; how long it takes is not known yet".to_owned()),
    }
    if let Some((needed, free)) = run.lacks_room() {
        text += &format!(", needs {} free and has {}", number::size(needed), number::size(free));
        return warning(text, "it fails for want of room: free some");
    }
    more.extend(work::progress(run).map(|progress| format!(", {progress}")));
    plain(text, more)
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
    let tasks: Cow<'_, [Task]> = match &shared.satellite {
        None => known.told.into(),
        Some(_) => {
            let wanted = |task: &&Task| task.job == Job::Compaction && task.satellite_id == shared.satellite;
            known.told.iter().filter(wanted).cloned().collect()
        }
    };
    // On which disk a node is nobody told.
    let found = clashes(&tasks, |_, _| true);
    let mut found = joined(found);
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
        more: hint_of("if they share a disk, each slows the other"),
    })
}

/// What follows at once on another of the same two is one.
fn joined(clashes: Vec<Clash>) -> Vec<Clash> {
    let mut joined: Vec<Clash> = Vec::new();
    for clash in clashes {
        let before = joined.iter_mut().rev().find(|other| other.nodes == clash.nodes);
        match before {
            Some(other)
                if other
                    .to_ms
                    .is_none_or(|to| clash.from_ms <= to.saturating_add(STILL_MS)) =>
            {
                // One that goes on has no end.
                other.to_ms = other.to_ms.zip(clash.to_ms).map(|(one, two)| one.max(two));
            }
            _ => joined.push(clash),
        }
    }
    joined
}

fn listed(names: &[&str]) -> String {
    match names {
        [one] => format!("{one} is"),
        [one, two] => format!("{one} and {two} are"),
        [one, two, three] => format!("{one}, {two} and {three} are"),
        many => format!("{} nodes are", many.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::work;
    use super::*;
    use crate::domain::task::Figures;
    use crate::ui::look::{Depth, Theme};

    const MINUTE: i64 = 60_000;

    fn shared() -> Shared {
        let theme = Theme::named("dark", Depth::C16, Glyphs::UNICODE).unwrap();
        Shared::new(theme, jiff::tz::TimeZone::UTC, crate::ui::shared::Collector::Inside, 0)
    }

    /// A run of minutes; without an end it goes on.
    fn run(node: &str, job: Job, (from, to): (i64, Option<i64>), state: State) -> Task {
        Task {
            node: node.to_owned(),
            job,
            satellite_id: None,
            store: None,
            started_ms: Some(from * MINUTE),
            whole: true,
            finished_ms: to.map(|to| to * MINUTE),
            state,
            took_ms: to.map(|to| (to - from).unsigned_abs() * 60_000),
            cut_ms: (state == State::Interrupted).then_some((from + 5) * MINUTE),
            seen_ms: to.unwrap_or(from) * MINUTE,
            process_ms: None,
            figures: Figures::default(),
            error: None,
        }
    }

    fn told(tasks: &[Task], now: i64) -> Vec<String> {
        let shared = shared();
        let runs = work::runs(tasks, tasks, now * MINUTE, &shared);
        let known = Known {
            runs: &runs,
            told: tasks,
            past: tasks,
            filters: &[],
            now_ms: now * MINUTE,
            live: true,
        };
        answer(&known, &shared).into_iter().map(|said| said.text).collect()
    }

    #[test]
    fn what_was_done_again_is_no_trouble_and_what_was_not_is() {
        let walk = |from, to, state| run("a", Job::UsedSpace, (from, to), state);
        let cut = walk(10, None, State::Interrupted);
        let nothing = "Nothing goes on now. The last: a space walk, 4 min, ended 36 min ago.";
        let told_of = |tasks: &[Task]| told(tasks, 60).join(" | ");
        let alone = told_of(std::slice::from_ref(&cut));
        assert!(
            alone.contains("a space walk began 00:10 and never finished: the node started again 00:15"),
            "{alone}"
        );
        let again = told_of(&[cut.clone(), walk(20, Some(24), State::Done)]);
        assert!(
            again.starts_with(nothing) && !again.contains("never finished"),
            "{again}"
        );
        let goes_on = told_of(&[cut.clone(), walk(20, None, State::Running)]);
        assert!(!goes_on.contains("never finished"), "{goes_on}");
        let before = told_of(&[walk(2, Some(4), State::Done), cut]);
        assert!(
            before.contains("never finished"),
            "what ended before mends nothing: {before}"
        );
        let failed = told_of(&[walk(1, Some(2), State::Failed), walk(3, Some(4), State::Failed)]);
        assert_eq!(failed.matches("failed 00:04").count(), 1, "{failed}");
        assert!(
            !failed.contains("failed 00:02"),
            "the newest of the same work: {failed}"
        );
    }

    #[test]
    fn late_is_what_takes_clearly_longer_than_it_did() {
        let walk = |from, to, state| run("a", Job::Garbage, (from, to), state);
        let mut tasks: Vec<Task> = (0..4).map(|n| walk(n * 20, Some(n * 20 + 10), State::Done)).collect();
        tasks.push(walk(100, None, State::Running));
        let at = |now: i64| told(&tasks, now).join(" | ");
        assert!(at(105).contains("done ≈ 01:50"), "{}", at(105));
        assert!(at(112).contains("(12 min), usually 10 min"), "{}", at(112));
        let shared = shared();
        let late = |now: i64| {
            work::runs(&tasks, &tasks, now * MINUTE, &shared)
                .last()
                .unwrap()
                .is_late()
        };
        assert!(!late(116) && late(117));
        tasks.drain(..2);
        assert!(
            told(&tasks, 500)
                .join(" ")
                .starts_with("a walks for garbage since 01:40")
        );
        let few = work::runs(&tasks, &tasks, 500 * MINUTE, &shared);
        assert!(!few.last().unwrap().is_late(), "two past runs are too few to tell");
    }

    #[test]
    fn who_meets_again_at_once_still_does() {
        let compaction = |node: &str, from, to| run(node, Job::Compaction, (from, Some(to)), State::Done);
        let tasks = [
            compaction("a", 0, 10),
            compaction("b", 0, 20),
            compaction("a", 10, 15),
            compaction("a", 300, 310),
            compaction("b", 309, 400),
        ];
        let text = told(&tasks, 500).join(" | ");
        assert!(
            text.contains("a and b compacted at once, last 05:09–05:10 (2 times"),
            "{text}"
        );
    }
}
