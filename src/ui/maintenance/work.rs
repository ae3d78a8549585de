//! A run as the pane sees it: its words, its key, how far it is against what is usual. Called by all of the pane.

use std::collections::HashMap;

use super::asks;
use crate::domain::books::PREFIXES;
use crate::domain::task::pace::{Expected, expected};
use crate::domain::task::progress::{self, Counts, Progress, Teller};
use crate::domain::task::{Job, Phase, State, Task};
use crate::ui::look::{Glyphs, Tone};
use crate::ui::number;
use crate::ui::shared::Shared;

/// A run that takes so much longer than nine of ten is late from this on; less is chance.
const LEAST_LATE_MS: u64 = 60_000;

/// One run with what the pane adds.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Run {
    pub(super) task: Task,
    /// Its identity in tables.
    pub(super) key: String,
    /// How long it takes by past runs; only of one that goes on.
    pub(super) expected: Option<Expected>,
    /// How long it goes on by now, ms; `None`: it ended, or its begin is not known.
    pub(super) so_far: Option<u64>,
    /// How far it is by the node's own word; only of one that goes on.
    pub(super) told: Option<Progress>,
}

/// Who says how far a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum By {
    /// The node itself.
    Node,
    /// How long past runs took.
    Past,
}

impl By {
    /// Its mark in front of a figure: told, or computed.
    pub(super) fn mark(self) -> &'static str {
        match self {
            Self::Node => "=",
            Self::Past => "≈",
        }
    }
}

impl Run {
    pub(super) fn goes_on(&self) -> bool {
        self.task.state == State::Running
    }

    /// Whether it takes clearly longer than it should.
    pub(super) fn is_late(&self) -> bool {
        let past = self.expected.zip(self.so_far);
        past.is_some_and(|(expected, so_far)| {
            let most = expected.high_ms.max(expected.likely_ms.saturating_mul(3) / 2);
            so_far > most.saturating_add(LEAST_LATE_MS)
        })
    }

    /// Share that is done, 0..1. Past runs tell only while it takes no longer than they did.
    pub(super) fn share(&self) -> Option<(f64, By)> {
        if let Some(share) = self.told.as_ref().and_then(Progress::share) {
            return Some((share, By::Node));
        }
        if let (Job::Migration, true, Some(left)) = (self.task.job, self.goes_on(), self.task.figures.left) {
            let folders = u64::from(PREFIXES);
            return Some((folders.saturating_sub(left) as f64 / folders as f64, By::Node));
        }
        let (expected, so_far) = self.expected.zip(self.so_far)?;
        let within = so_far < expected.likely_ms;
        within.then(|| (so_far as f64 / expected.likely_ms as f64, By::Past))
    }

    /// When it ends by the node's own figures, ms since the epoch.
    pub(super) fn told_end(&self) -> Option<i64> {
        self.told.as_ref().and_then(Progress::ends_ms)
    }

    /// Free bytes a compaction needs and those its disk has, where that is too little.
    pub(super) fn lacks_room(&self) -> Option<(u64, u64)> {
        let told = self.told.as_ref()?;
        told.needed.zip(told.free).filter(|(needed, free)| needed > free)
    }

    /// Its work and whose: `compaction us1 s0`.
    pub(super) fn what(&self, shared: &Shared) -> String {
        let mut text = word(self.task.job).to_owned();
        if let Some(id) = &self.task.satellite_id {
            text += &format!(" {}", shared.satellite_name(id));
        }
        if let Some(store) = &self.task.store {
            text += &format!(" {store}");
        }
        text
    }

    /// Whether another run is of the same work.
    pub(super) fn same_work(&self, other: &Self) -> bool {
        let (one, two) = (&self.task, &other.task);
        one.job == two.job && one.node == two.node && one.satellite_id == two.satellite_id && one.store == two.store
    }

    /// The clock went on.
    pub(super) fn go_on(&mut self, now_ms: i64) {
        self.so_far = so_far(&self.task, now_ms);
    }

    /// When it ends by past runs, ms since the epoch: soonest, most likely, latest.
    pub(super) fn ends(&self) -> Option<[i64; 3]> {
        let begun = self.task.started_ms.filter(|_| self.goes_on())?;
        let expected = self.expected?;
        let of = [expected.low_ms, expected.likely_ms, expected.high_ms];
        Some(of.map(|ms| begun.saturating_add_unsigned(ms)))
    }

    /// The stretch of time it took up, ms since the epoch; of one that goes on, until `now_ms`.
    pub(super) fn span(&self, now_ms: i64) -> (i64, i64) {
        let begin = self.task.place_ms();
        let end = match self.task.state {
            State::Running => now_ms,
            _ => self.task.finished_ms.unwrap_or(self.task.seen_ms),
        };
        (begin, end.max(begin))
    }
}

/// How long one that goes on does by now, ms.
fn so_far(task: &Task, now_ms: i64) -> Option<u64> {
    let begun = task.started_ms.filter(|_| task.state == State::Running);
    begun.map(|begun| u64::try_from(now_ms - begun).unwrap_or(0))
}

/// Runs of the satellite that is looked at alone, or all, with what past ones say of those that go on.
pub(super) fn runs(tasks: &[Task], past: &[Task], now_ms: i64, shared: &Shared) -> Vec<Run> {
    let mut seen: HashMap<String, usize> = HashMap::new();
    let told = asks::progress(shared);
    let wanted = |task: &&Task| shared.satellite.is_none() || task.satellite_id == shared.satellite;
    let run = |task: &Task| {
        let of = |text: &Option<String>| text.clone().unwrap_or_default();
        let mut key = format!(
            "{}\t{}\t{}\t{}\t{}",
            task.node,
            task.job.word(),
            of(&task.satellite_id),
            of(&task.store),
            task.place_ms()
        );
        let times = seen.entry(key.clone()).or_default();
        *times += 1;
        if *times > 1 {
            key += &format!("\t{times}");
        }
        let goes_on = task.state == State::Running;
        Run {
            key,
            // Moving pieces has no usual length.
            expected: match goes_on && task.job != Job::Migration {
                true => expected(task, past),
                false => None,
            },
            so_far: so_far(task, now_ms),
            told: progress::of(task, told).filter(|_| goes_on).cloned(),
            task: task.clone(),
        }
    };
    tasks.iter().filter(wanted).map(run).collect()
}

/// What a kind of work is called.
pub(super) fn word(job: Job) -> &'static str {
    match job {
        Job::BloomFilter => "bloom filter",
        Job::Compaction => "compaction",
        Job::Expired => "expired pieces",
        Job::Garbage => "gc walk",
        Job::Migration => "migration",
        Job::RestoreTrash => "restore trash",
        Job::Trash => "empty trash",
        Job::UsedSpace => "space walk",
    }
}

/// What a node does then: `eave compacts`.
pub(super) fn does(job: Job) -> &'static str {
    match job {
        Job::BloomFilter => "takes the bloom filter of",
        Job::Compaction => "compacts",
        Job::Expired => "deletes expired pieces",
        Job::Garbage => "walks for garbage of",
        Job::Migration => "moves pieces to the hashstore",
        Job::RestoreTrash => "restores the trash of",
        Job::Trash => "empties the trash of",
        Job::UsedSpace => "counts the space of",
    }
}

/// Its letter and colour where there is room for one, and how it stands before others in the same moment.
pub(super) fn letter(job: Job) -> (char, Tone, u8) {
    match job {
        Job::Compaction => ('C', Tone::Series(0), 7),
        Job::Garbage => ('G', Tone::Series(1), 6),
        Job::RestoreTrash => ('R', Tone::Series(5), 5),
        Job::Trash => ('T', Tone::Series(2), 4),
        Job::UsedSpace => ('W', Tone::Series(3), 3),
        Job::Expired => ('E', Tone::Series(5), 2),
        Job::BloomFilter => ('B', Tone::Accent, 1),
        // It goes on for days under all others.
        Job::Migration => ('M', Tone::Series(4), 0),
    }
}

pub(super) fn phase(phase: Phase) -> &'static str {
    match phase {
        Phase::Computing => "looking what to rewrite",
        Phase::Rewriting => "rewriting records",
        Phase::Table => "rewriting the table",
        Phase::Round => "a round is over",
        Phase::Starting => "starting a process",
        Phase::Walking => "walking",
        Phase::Walked => "walked",
        Phase::WalkFailed => "its process failed",
    }
}

pub(super) fn tone(state: State) -> Tone {
    match state {
        State::Running => Tone::Accent,
        State::Done => Tone::Text,
        State::Skipped | State::Lost => Tone::Muted,
        State::Interrupted => Tone::Warn,
        State::Failed => Tone::Bad,
    }
}

/// The mark of a run that did not go as it should.
pub(super) fn mark(run: &Run, glyphs: &Glyphs) -> Option<(&'static str, Tone)> {
    let odd = matches!(run.task.state, State::Failed | State::Interrupted) || run.is_late();
    odd.then_some((glyphs.warning, Tone::Warn))
}

/// `41 min (30 min–55 min)`: the usual length.
pub(super) fn usual(expected: &Expected) -> String {
    let likely = number::duration(expected.likely_ms);
    match range(expected) {
        range if range == likely => likely,
        range => format!("{likely} ({range})"),
    }
}

/// Between which lengths eight of ten lie.
pub(super) fn range(expected: &Expected) -> String {
    number::range(&number::duration(expected.low_ms), &number::duration(expected.high_ms))
}

/// How far a run came, in the node's figures: what it told beside the log is exact, and newer.
pub(super) fn progress(run: &Run) -> Option<String> {
    let told = run.told.as_ref();
    told.and_then(told_so_far).or_else(|| logged(&run.task))
}

fn told_so_far(told: &Progress) -> Option<String> {
    if let Some(pace) = told.pieces_per_hour.filter(|pace| *pace > 0) {
        return Some(format!("{} pieces/h", number::count(pace)));
    }
    let (done, of) = told.done.zip(told.of.filter(|of| *of > 0))?;
    let counts = match told.counts {
        Counts::Records => "records",
        Counts::Folders => "folders",
    };
    const MILLION: u64 = 1_000_000;
    Some(match of {
        0..MILLION => format!("{} of {} {counts}", number::count(done), number::count(of)),
        _ => format!("{:.1} of {:.1} M {counts}", done as f64 / 1e6, of as f64 / 1e6),
    })
}

fn logged(task: &Task) -> Option<String> {
    let figures = &task.figures;
    let pieces = || figures.pieces.map(|pieces| format!("{} pieces", number::count(pieces)));
    match task.job {
        Job::Compaction => {
            let copied = task
                .rewritten()
                .map(|bytes| format!("{} rewritten", number::size(bytes)));
            let before = figures.before.map(|bytes| format!("of {}", number::size(bytes)));
            copied.map(|copied| before.map_or(copied.clone(), |before| format!("{copied} {before}")))
        }
        Job::Migration => {
            let moved = figures.moved.map(|bytes| format!("{} moved", number::size(bytes)));
            moved.or_else(pieces)
        }
        _ => pieces(),
    }
}

/// Where a node says how far it is.
pub(super) fn teller(teller: Teller) -> &'static str {
    match teller {
        Teller::Metrics => "/metrics",
        Teller::Databases => "the node's databases",
    }
}
