//! A node's own work: what it is, how far it came, what came of it. Told by logs in [`sign`]s, put together by
//! [`run`], kept by `store`, shown by viewers.

pub mod pace;
pub mod progress;
pub mod run;
pub mod sign;

use serde::{Deserialize, Serialize};

/// A kind of work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Job {
    /// A satellite's bloom filter came: a moment, and what garbage collection works by.
    BloomFilter,
    /// A hashstore's logs are rewritten without what is dead. Its garbage collection is part of it.
    Compaction,
    /// Expired pieces are deleted.
    Expired,
    /// Pieces of the blob store that a bloom filter does not name go to the trash.
    Garbage,
    /// Pieces go from the blob store to the hashstore.
    Migration,
    /// The trash is given back.
    RestoreTrash,
    /// Old trash is deleted.
    Trash,
    /// All pieces of the blob store are counted.
    UsedSpace,
}

impl Job {
    /// All, with their words and their numbers in the database, which never change.
    pub const ALL: [(Self, &'static str, u8); 8] = [
        (Self::BloomFilter, "bloom_filter", 1),
        (Self::Compaction, "compaction", 2),
        (Self::Expired, "expired", 3),
        (Self::Garbage, "garbage", 4),
        (Self::Migration, "migration", 5),
        (Self::RestoreTrash, "restore_trash", 6),
        (Self::Trash, "trash", 7),
        (Self::UsedSpace, "used_space", 8),
    ];

    /// Its word.
    pub fn word(self) -> &'static str {
        Self::ALL
            .into_iter()
            .find(|(job, ..)| *job == self)
            .map_or("", |(_, word, _)| word)
    }

    /// Its number in the database.
    pub fn number(self) -> u8 {
        Self::ALL
            .into_iter()
            .find(|(job, ..)| *job == self)
            .map_or(0, |(.., number)| number)
    }

    /// The job of a number.
    pub fn of(number: u8) -> Option<Self> {
        let job = Self::ALL.into_iter().find(|(.., of)| *of == number);
        job.map(|(job, ..)| job)
    }
}

/// How a task is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It has begun, and nothing says that it ended.
    Running,
    /// It came to its end.
    Done,
    /// The node says it failed.
    Failed,
    /// The node says that it leaves it out.
    Skipped,
    /// The node stopped or started before it ended.
    Interrupted,
    /// The same work began again in the same process: its end is not in the log.
    Lost,
}

impl State {
    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
            Self::Interrupted => "interrupted",
            Self::Lost => "lost",
        }
    }
}

/// What a running task did last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Compaction looks what to rewrite.
    Computing,
    /// Compaction knows what to rewrite, and does so.
    Rewriting,
    /// The records are rewritten, the table follows.
    Table,
    /// A round is over; there may be another.
    Round,
    /// The walk's own process is being started.
    Starting,
    /// The walk's own process runs.
    Walking,
    /// The walk's own process ended well.
    Walked,
    /// The walk's own process failed; the node may go on without it.
    WalkFailed,
}

/// Numbers of a task; `None`: not told (yet). Bytes are as exact as the node writes them (three digits).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Figures {
    /// Compaction: bytes of the store's logs when it began.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<u64>,
    /// Compaction: bytes of the store's logs at its end. Used space: bytes of the pieces.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<u64>,
    /// Bytes given back to the disk.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reclaimed: Option<u64>,
    /// Compaction: bytes rewritten by rounds that are over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rewritten: Option<u64>,
    /// Compaction: bytes reclaimed and rewritten since the node started, when it began.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sums_before: Option<(u64, u64)>,
    /// Compaction: the same at its end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sums_after: Option<(u64, u64)>,
    /// Compaction: bytes rewritten, the last round included.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub copied: Option<u64>,
    /// Migration: bytes moved since the node started.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub moved: Option<u64>,
    /// Compaction: bytes that became trash.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trashed: Option<u64>,
    /// Compaction: bytes that had expired.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expired: Option<u64>,
    /// Compaction: bytes still dead in the logs at its end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dead: Option<u64>,
    /// Compaction: free bytes the disk must have for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub needed: Option<u64>,
    /// Pieces it dealt with: trashed, deleted, moved (since the node started), counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pieces: Option<u64>,
    /// Pieces or records it looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub looked: Option<u64>,
    /// Pieces it could not deal with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failed: Option<u64>,
    /// Compaction: rounds that are over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rounds: Option<u64>,
    /// Migration: folders of the blob store that are left.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub left: Option<u64>,
    /// Compaction: share of the logs that is trash, 0..1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trash_share: Option<f64>,
    /// Compaction: how full the table is, 0..1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub load: Option<f64>,
    /// Bloom filter, garbage: when the filter was made (ms since the epoch); pieces younger than that stay.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filter_ms: Option<i64>,
    /// Garbage: bytes of the filter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filter_size: Option<u64>,
    /// Used space: whether a process of low priority walked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lazy: Option<bool>,
    /// What it did last: while it has not ended, or when a walk's own process failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phase: Option<Phase>,
}

impl Figures {
    /// Takes in what a later (`newer`) or an earlier line tells: what a round did is added, what counts up keeps its
    /// highest, of the rest the newest counts.
    pub fn merge(&mut self, other: &Self, newer: bool) {
        let of = [
            (&mut self.reclaimed, other.reclaimed),
            (&mut self.rewritten, other.rewritten),
            (&mut self.copied, other.copied),
            (&mut self.trashed, other.trashed),
            (&mut self.expired, other.expired),
            (&mut self.failed, other.failed),
            (&mut self.rounds, other.rounds),
        ];
        for (sum, more) in of {
            if let Some(more) = more {
                *sum = Some(sum.unwrap_or(0).saturating_add(more));
            }
        }
        self.pieces = self.pieces.max(other.pieces);
        self.moved = self.moved.max(other.moved);
        set(&mut self.before, other.before, newer);
        set(&mut self.after, other.after, newer);
        set(&mut self.sums_before, other.sums_before, newer);
        set(&mut self.sums_after, other.sums_after, newer);
        set(&mut self.dead, other.dead, newer);
        set(&mut self.needed, other.needed, newer);
        set(&mut self.looked, other.looked, newer);
        set(&mut self.left, other.left, newer);
        set(&mut self.trash_share, other.trash_share, newer);
        set(&mut self.load, other.load, newer);
        set(&mut self.filter_ms, other.filter_ms, newer);
        set(&mut self.filter_size, other.filter_size, newer);
        set(&mut self.lazy, other.lazy, newer);
        // A walk has one process, whose words may all be of one second.
        let walks = |phase: Option<Phase>| phase >= Some(Phase::Starting);
        match walks(self.phase) && walks(other.phase) {
            true => self.phase = self.phase.max(other.phase),
            false => set(&mut self.phase, other.phase, newer),
        }
    }
}

fn set<T>(place: &mut Option<T>, value: Option<T>, newer: bool) {
    if place.is_none() || (newer && value.is_some()) {
        *place = value;
    }
}

/// One piece of work of a node.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Task {
    /// The node's name.
    pub node: String,
    /// What kind of work.
    pub job: Job,
    /// For which satellite; `None`: for all, or the log does not say.
    pub satellite_id: Option<String>,
    /// Which store of the satellite's hashstore (`s0`, `s1`).
    pub store: Option<String>,
    /// When it began, ms since the epoch: by its own line, else by its end and how long it took.
    pub started_ms: Option<i64>,
    /// Whether its begin was seen. If not, what rounds did may not be all.
    pub whole: bool,
    /// When it ended; `None` also when it was cut off, as nobody knows when.
    pub finished_ms: Option<i64>,
    /// How it is.
    pub state: State,
    /// How long it took, by the node's own figure, else by begin and end (whole seconds). Milliseconds.
    pub took_ms: Option<u64>,
    /// Interrupted: when the node started again. Lost: when the same work began again.
    pub cut_ms: Option<i64>,
    /// When the log last told of it.
    pub seen_ms: i64,
    /// When the node's process that does it started, if that is known.
    pub process_ms: Option<i64>,
    /// Its numbers.
    pub figures: Figures,
    /// What went wrong, in the node's words: foreign text.
    pub error: Option<String>,
}

impl Task {
    /// When it is put: its begin, else the first time the log tells of it that is known.
    pub fn place_ms(&self) -> i64 {
        self.started_ms.or(self.finished_ms).unwrap_or(self.seen_ms)
    }

    /// Bytes it gave back; of a compaction only when all of its rounds are known.
    pub fn reclaimed(&self) -> Option<u64> {
        self.of_rounds(self.figures.reclaimed, |sums| sums.0)
    }

    /// Bytes a compaction rewrote so far, when all of its rounds are known.
    pub fn rewritten(&self) -> Option<u64> {
        // Releases before 1.130 tell of rewritten records only once the table is.
        let most = self.figures.rewritten.max(self.figures.copied);
        self.of_rounds(most, |sums| sums.1)
    }

    /// Rounds that change nothing tell of nothing; where lines are missing, the node's sums tell, less exactly.
    fn of_rounds(&self, sum: Option<u64>, of: fn((u64, u64)) -> u64) -> Option<u64> {
        let sums = self.figures.sums_before.zip(self.figures.sums_after);
        let grown = || sums.map(|(before, after)| of(after).saturating_sub(of(before)));
        match (self.job, self.whole) {
            (Job::Compaction, true) => sum.or_else(grown),
            (Job::Compaction, false) => None,
            _ => sum,
        }
    }

    /// What else there is to say, in words; may hold foreign text.
    pub fn detail(&self) -> String {
        let mut parts = Vec::new();
        match self.state {
            State::Interrupted if self.cut_ms.is_some() => {
                parts.push("the node started again before it ended".to_owned())
            }
            State::Interrupted => parts.push("the node stopped before it ended".to_owned()),
            State::Lost => parts.push("its end is not in the log".to_owned()),
            State::Running | State::Done | State::Failed | State::Skipped => {}
        }
        let figures = &self.figures;
        let mut count = |count: Option<u64>, one: &str, many: &str| {
            if let Some(count) = count.filter(|count| *count > 0) {
                parts.push(format!("{count} {}", if count == 1 { one } else { many }));
            }
        };
        let what = match self.job {
            Job::Expired | Job::Trash => ("piece deleted", "pieces deleted"),
            Job::Garbage => ("piece to the trash", "pieces to the trash"),
            Job::Migration => (
                "piece moved since the node started",
                "pieces moved since the node started",
            ),
            _ => ("piece", "pieces"),
        };
        count(figures.pieces, what.0, what.1);
        count(figures.rounds.filter(|rounds| *rounds > 1), "round", "rounds");
        count(figures.failed, "piece failed", "pieces failed");
        count(figures.left, "folder left", "folders left");
        let idle = self.reclaimed() == Some(0) && self.rewritten() == Some(0);
        if self.state == State::Done && self.job == Job::Compaction && idle {
            parts.push("nothing to reclaim".to_owned());
        }
        parts.extend(self.error.clone());
        parts.join("; ")
    }
}
