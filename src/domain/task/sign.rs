//! What one line of a log says of a node's work. Read by `log`, handed on by `engine`, put together by `store`.

use super::{Figures, Job};

/// How a task ended, by its line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Well.
    Done,
    /// Not.
    Failed,
    /// It was left out.
    Skipped,
    /// It was told to stop.
    Interrupted,
}

impl Outcome {
    /// All with their numbers in the database, which never change.
    pub const ALL: [(Self, u8); 4] = [
        (Self::Done, 0),
        (Self::Failed, 1),
        (Self::Skipped, 2),
        (Self::Interrupted, 3),
    ];

    /// Its number in the database.
    pub fn number(self) -> u8 {
        let found = Self::ALL.into_iter().find(|(outcome, _)| *outcome == self);
        found.map_or(0, |(_, number)| number)
    }

    /// The outcome of a number.
    pub fn of(number: u8) -> Option<Self> {
        let found = Self::ALL.into_iter().find(|(_, of)| *of == number);
        found.map(|(outcome, _)| outcome)
    }
}

/// What a line says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// It begins.
    Begins,
    /// A process is being started for it: before or after its begin, by release.
    Process,
    /// It goes on. `tells`: with numbers, that are kept though its begin was not seen.
    Goes {
        /// Whether it tells something worth keeping.
        tells: bool,
    },
    /// It ended.
    Ends {
        /// How.
        outcome: Outcome,
        /// How long it took, ms, if the line says so.
        took_ms: Option<u64>,
    },
    /// If it still goes on, it is done now.
    Stops,
    /// A round of work that is done again and again is over: the first of a process counts.
    Passed,
    /// It happened at one moment.
    Happened,
}

/// What a line says of a task. `Id` is a satellite: a text in `log`, a number in batches, a row in the database.
#[derive(Debug, Clone, PartialEq)]
pub struct Sign<Id> {
    /// Of which work.
    pub job: Job,
    /// For which satellite; `None`: the line does not say.
    pub satellite: Option<Id>,
    /// Number of the satellite's store; `None`: the line does not say.
    pub store: Option<u8>,
    /// What.
    pub what: What,
    /// Numbers.
    pub figures: Figures,
    /// What went wrong.
    pub error: Option<String>,
}

impl<Id> Sign<Id> {
    /// The same for another holder of ids.
    pub fn with_satellite<Other>(self, id: impl FnOnce(Id) -> Other) -> Sign<Other> {
        Sign {
            satellite: self.satellite.map(id),
            job: self.job,
            store: self.store,
            what: self.what,
            figures: self.figures,
            error: self.error,
        }
    }

    /// Whether it is of work that passes over all pieces of a satellite again and again.
    pub fn is_of_passes(&self) -> bool {
        self.job == Job::Migration && self.satellite.is_some()
    }

    /// Whether a begin that is read late may be that of a task that stands behind it.
    pub fn looks_ahead(&self) -> bool {
        matches!(self.what, What::Begins | What::Process)
    }

    /// Whether the line says less than is needed to know which task it is of: failures name no satellite or store.
    pub fn is_vague(&self) -> bool {
        let ends = matches!(self.what, What::Ends { .. });
        let lacks = match self.job {
            Job::Compaction => self.store.is_none(),
            Job::Garbage | Job::RestoreTrash | Job::Trash | Job::UsedSpace => self.satellite.is_none(),
            Job::BloomFilter | Job::Expired | Job::Migration => false,
        };
        let skipped = matches!(
            self.what,
            What::Ends {
                outcome: Outcome::Skipped,
                ..
            }
        );
        ends && lacks && !skipped
    }
}

/// A sign, when it was given, and by which process.
#[derive(Debug, Clone, PartialEq)]
pub struct Told<Id = u32> {
    /// By the log, ms since the epoch.
    pub ms: i64,
    /// When the node's process began to start, ms since the epoch, if the log was read from there.
    pub process: Option<i64>,
    /// What was said.
    pub sign: Sign<Id>,
}
