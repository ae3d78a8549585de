//! One run looked at closely: every figure the log gave of it.

use super::running;
use super::work::{self, Run};
use crate::domain::task::Job;
use crate::domain::task::progress::{Counts, Progress};
use crate::ui::number::{self, Percent};
use crate::ui::shared::Shared;
use crate::ui::table::{Cell, Column, Row, Table};

/// All that is known of a run, a line each: what it is, the figure, who says so.
pub(super) fn table(run: &Run, shared: &Shared) -> Table {
    let columns = vec![
        Column::text("what", "WHAT").bounds(8, 34),
        Column::text("value", "VALUE").bounds(6, 80),
        Column::text("source", "WHO SAYS SO").flexible(6).priority(2),
    ];
    let facts = facts(run, shared);
    let rows = facts.into_iter().enumerate().map(|(n, (what, value, from))| {
        let cells = vec![Cell::text(what), Cell::text(value), Cell::text(from)];
        Row::new(n.to_string(), cells)
    });
    Table::new(columns, rows.collect()).one_line().quiet()
}

type Fact = (&'static str, String, &'static str);

const LOG: &str = "the log";
const STATS: &str = "the log, three digits";
const HERE: &str = "computed here";

fn facts(run: &Run, shared: &Shared) -> Vec<Fact> {
    let mut facts = times(run, shared);
    facts.extend(sizes(run));
    facts.extend(counts(run, shared));
    facts.extend(run.told.iter().flat_map(|told| beside(told, shared)));
    if let Some(error) = &run.task.error {
        facts.push(("error", error.clone(), LOG));
    }
    facts
}

fn times(run: &Run, shared: &Shared) -> Vec<Fact> {
    let task = &run.task;
    let time = |ms: i64| {
        let clock = number::clock(ms, &shared.zone);
        format!("{} {clock}", number::day(ms, &shared.zone))
    };
    let told = |ms: Option<i64>| number::known(ms, time);
    let begun = match (task.started_ms, task.whole) {
        (Some(_), false) => "its end and how long it took",
        _ => LOG,
    };
    let mut facts = vec![
        ("state", task.state.word().to_owned(), LOG),
        ("began", told(task.started_ms), begun),
        (
            "ended",
            if run.goes_on() {
                "–".to_owned()
            } else {
                told(task.finished_ms)
            },
            LOG,
        ),
    ];
    match run.so_far {
        Some(so_far) => facts.push(("goes on for", number::duration(so_far), HERE)),
        None => facts.push(("took", number::known(task.took_ms, number::duration), LOG)),
    }
    if let Some(expected) = run.expected {
        let runs = format!("{} of {} runs", work::usual(&expected), expected.runs);
        facts.push(("usually takes", number::computed(&runs), "past runs"));
    }
    if let (Some(end), Some(told)) = (run.told_end(), &run.told) {
        facts.push(match told.is_own_guess {
            true => ("ends by its own guess", time(end), work::teller(told.teller)),
            false => ("ends at its pace", number::computed(&time(end)), HERE),
        });
    }
    if let Some([low, likely, high]) = run.ends() {
        let text = format!("{} ({}, {})", time(likely), time(low), time(high));
        facts.push(("ends about", number::computed(&text), "past runs"));
    }
    if let Some(phase) = task.figures.phase {
        facts.push(("last phase", work::phase(phase).to_owned(), LOG));
    }
    if task.cut_ms.is_some() {
        facts.push(("node or work began again", told(task.cut_ms), LOG));
    }
    facts.push(("last line of it", time(task.seen_ms), LOG));
    if task.process_ms.is_some() {
        facts.push(("its process started", told(task.process_ms), LOG));
    }
    facts
}

fn sizes(run: &Run) -> Vec<Fact> {
    let (task, figures) = (&run.task, &run.task.figures);
    let compaction = task.job == Job::Compaction;
    let after = if compaction {
        "logs at its end"
    } else {
        "bytes of the pieces"
    };
    let sums = |sums: Option<(u64, u64)>| {
        sums.map(|(reclaimed, rewritten)| format!("{} / {}", number::size(reclaimed), number::size(rewritten)))
    };
    let size = |bytes: Option<u64>| bytes.map(number::size);
    let all = [
        ("logs when it began", size(figures.before), STATS, compaction),
        (after, size(figures.after), STATS, compaction && !run.goes_on()),
        ("reclaimed", size(task.reclaimed()), STATS, compaction && !run.goes_on()),
        (
            "rewritten",
            size(task.rewritten().filter(|_| compaction)),
            STATS,
            compaction,
        ),
        ("became trash", size(figures.trashed), STATS, false),
        ("had expired", size(figures.expired), STATS, false),
        ("still dead in the logs", size(figures.dead), STATS, false),
        ("free space it needs", size(figures.needed), STATS, false),
        ("moved since the node started", size(figures.moved), STATS, false),
        (
            "reclaimed / rewritten since the node started, before",
            sums(figures.sums_before),
            STATS,
            false,
        ),
        ("the same after it", sums(figures.sums_after), STATS, false),
    ];
    known(all)
}

fn counts(run: &Run, shared: &Shared) -> Vec<Fact> {
    let (task, figures) = (&run.task, &run.task.figures);
    let compaction = task.job == Job::Compaction;
    let count = |count: Option<u64>| count.map(number::count);
    let percent = |share: Option<f64>| share.map(|share| format!("{} %", Percent::new(1, &[]).text(share * 100.0)));
    let pieces = match task.job {
        Job::Migration => "pieces moved since the node started",
        Job::UsedSpace => "pieces counted",
        Job::Garbage => "pieces to the trash",
        _ => "pieces",
    };
    let made = figures.filter_ms.map(|ms| number::date_and_minute(ms, &shared.zone));
    let lazy = figures.lazy.map(|lazy| if lazy { "yes" } else { "no" }.to_owned());
    let all = [
        ("table full to", percent(figures.load), LOG, compaction),
        ("trash in the logs", percent(figures.trash_share), LOG, compaction),
        ("rounds that are over", count(figures.rounds), LOG, compaction),
        (pieces, count(figures.pieces), LOG, false),
        ("looked at", count(figures.looked), LOG, false),
        ("could not be dealt with", count(figures.failed), LOG, false),
        ("folders left", count(figures.left), LOG, false),
        ("filter was made", made, LOG, task.job == Job::Garbage),
        ("size of the filter", figures.filter_size.map(number::size), LOG, false),
        ("process of low priority", lazy, LOG, false),
        (
            "share that is done",
            None,
            "nobody tells",
            task.job == Job::Migration && run.share().is_none(),
        ),
    ];
    known(all)
}

/// What the node tells beside its log.
fn beside(told: &Progress, shared: &Shared) -> Vec<Fact> {
    let from = work::teller(told.teller);
    let count = |count: Option<u64>| count.map(number::count);
    let age = number::age(u64::try_from(shared.now_ms - told.told_ms).unwrap_or(0) / 1000);
    let (done, of) = match told.counts {
        Counts::Records => ("records done", "records in all"),
        Counts::Folders => ("folders done", "folders in all"),
    };
    let room = told.needed.map(|needed| match told.free {
        Some(free) => format!("needs {}, {} free", number::size(needed), number::size(free)),
        None => format!("needs {}, free unknown", number::size(needed)),
    });
    let room_from = match told.free {
        Some(_) => "/metrics; the disk of this host",
        None => from,
    };
    let mut facts = known([
        ("share that is done", told.share().map(running::percent), from, true),
        (done, count(told.done), from, false),
        (of, count(told.of), from, false),
        (
            "pieces an hour",
            count(told.pieces_per_hour).map(|text| number::computed(&text)),
            HERE,
            false,
        ),
        ("pieces that wait", count(told.waiting), from, false),
        ("pieces not moved for an error", count(told.errors), from, false),
        ("room to compact", room, room_from, false),
    ]);
    facts.push(("told", format!("{age} ago"), from));
    facts
}

/// Figures that are known, and those that apply and are not.
fn known<const N: usize>(all: [(&'static str, Option<String>, &'static str, bool); N]) -> Vec<Fact> {
    let shown = all
        .into_iter()
        .filter(|(_, value, _, applies)| value.is_some() || *applies);
    shown
        .map(|(what, value, from, _)| (what, number::known(value, |text| text), from))
        .collect()
}
