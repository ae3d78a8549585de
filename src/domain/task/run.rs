//! Signs to runs: which run a line is of, and what it adds. The log's clock has whole seconds, logs begin in the
//! middle, and what lies before is read last: so a begin also finds the end that was read before it.

use super::Figures;
use super::sign::{Outcome, Told, What};

/// Stamps are whole seconds, and lines of a walk's own process carry its clock: a moment is known to this much.
pub const NEAR_MS: i64 = 1500;
/// Lines of a walk's own process may come so long after its end.
const TRAILS_MS: i64 = 5000;

/// What is known of one task. `Id` is a satellite.
#[derive(Debug, Clone, PartialEq)]
pub struct Run<Id> {
    /// For which satellite.
    pub satellite: Option<Id>,
    /// Number of its store.
    pub store: Option<u8>,
    /// When the process that does it began to start.
    pub process: Option<i64>,
    /// When it began.
    pub begun: Option<i64>,
    /// How that is known.
    pub by: Begin,
    /// The first and the last line of it.
    pub lines: (i64, i64),
    /// When it ended.
    pub ended: Option<(i64, Outcome)>,
    /// How long it took, ms, by the node.
    pub took_ms: Option<u64>,
    /// Its numbers.
    pub figures: Figures,
    /// What went wrong.
    pub error: Option<String>,
}

/// How the begin of a run is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Begin {
    /// Not, or from its end and how long it took.
    Computed,
    /// A process was started for it.
    Process,
    /// Its line was seen.
    Told,
}

impl Begin {
    /// The number it has in the database.
    pub fn number(self) -> u8 {
        self as u8
    }

    /// What a number of the database means.
    pub fn of(number: u8) -> Self {
        match number {
            0 => Self::Computed,
            1 => Self::Process,
            _ => Self::Told,
        }
    }
}

/// What became of a sign that was shown to a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fit {
    /// It is of another run.
    Other,
    /// It is of this one, and changed it.
    Taken,
    /// It is of this one, and was known.
    Known,
}

impl<Id: PartialEq + Clone> Run<Id> {
    /// The run a sign begins that is of none that is known; `None`: it tells too little for that.
    pub fn new(told: &Told<Id>) -> Option<Self> {
        let sign = &told.sign;
        let (begun, by, ended, took_ms) = match sign.what {
            What::Begins => (Some(told.ms), Begin::Told, None, None),
            What::Process => (Some(told.ms), Begin::Process, None, None),
            What::Goes { tells: true } => (None, Begin::Computed, None, None),
            What::Goes { tells: false } | What::Stops => return None,
            What::Ends { outcome, took_ms } => {
                let begun = took_ms.map(|took| told.ms.saturating_sub_unsigned(took));
                (begun, Begin::Computed, Some((told.ms, outcome)), took_ms)
            }
            What::Passed => (None, Begin::Computed, Some((told.ms, Outcome::Done)), None),
            What::Happened => (Some(told.ms), Begin::Told, Some((told.ms, Outcome::Done)), None),
        };
        Some(Self {
            satellite: sign.satellite.clone(),
            store: sign.store,
            process: told.process,
            begun,
            by,
            lines: (told.ms, told.ms),
            ended,
            took_ms,
            figures: sign.figures.clone(),
            error: sign.error.clone(),
        })
    }

    /// Where it stands in time: its begin, else its first line.
    pub fn place(&self) -> i64 {
        self.begun.unwrap_or(self.lines.0)
    }

    /// Whether a sign can be of the same process. Unknown is what was read before the process's start was.
    fn same_process(&self, told: &Told<Id>) -> bool {
        match (self.process, told.process) {
            (Some(known), _) if known > told.ms => false,
            (_, None) => true,
            (None, Some(start)) => self.lines.0 >= start,
            // Two starts within a second: what is of the first is not of the second.
            (Some(known), Some(start)) => known == start || (known < start && self.lines.0 > start),
        }
    }

    /// Shows it a sign that is of its job, satellite and store.
    pub fn show(&mut self, told: &Told<Id>) -> Fit {
        if !self.same_process(told) {
            return Fit::Other;
        }
        let open = self.ended.is_none();
        let until = self
            .ended
            .map_or(i64::MAX, |(ended, _)| ended.saturating_add(TRAILS_MS));
        match told.sign.what {
            What::Begins => self.begins(told),
            What::Process => self.process(told),
            What::Goes { .. } if told.ms <= until => self.take(told),
            What::Goes { .. } if told.sign.is_of_passes() => match told.sign.figures.failed {
                // It fails again at every pass.
                Some(_) => Fit::Known,
                None => self.take(told),
            },
            What::Ends { outcome, took_ms } => self.ends(told, outcome, took_ms),
            What::Passed | What::Stops if open => self.ends(told, Outcome::Done, None),
            What::Passed => Fit::Known,
            What::Happened if (told.ms - self.place()).abs() <= NEAR_MS && !self.differs(told) => self.take(told),
            What::Goes { .. } | What::Happened | What::Stops => Fit::Other,
        }
    }

    /// Whether it is of another bloom filter.
    fn differs(&self, told: &Told<Id>) -> bool {
        let filters = self.figures.filter_ms.zip(told.sign.figures.filter_ms);
        filters.is_some_and(|(known, told)| known != told)
    }

    fn process(&mut self, told: &Told<Id>) -> Fit {
        let within = self.ended.is_none_or(|(ended, _)| told.ms <= ended);
        let before = within
            && match self.begun {
                Some(begun) => (begun - told.ms).abs() <= NEAR_MS,
                None => self.lines.0 >= told.ms - NEAR_MS,
            };
        match self.by {
            Begin::Computed if before => {
                (self.begun, self.by) = (Some(told.ms), Begin::Process);
                self.take(told)
            }
            _ if within && self.place() <= told.ms + NEAR_MS => self.take(told),
            _ => Fit::Other,
        }
    }

    fn begins(&mut self, told: &Told<Id>) -> Fit {
        let within = self.ended.is_none_or(|(ended, _)| told.ms <= ended);
        let fits = match (self.by, self.begun) {
            (Begin::Told, begun) if begun == Some(told.ms) => return Fit::Known,
            (Begin::Told, _) => false,
            // In releases up to 1.106 the process comes first.
            (Begin::Process, Some(begun)) if self.ended.is_none() && begun <= told.ms => true,
            (Begin::Process | Begin::Computed, Some(begun)) => (begun - told.ms).abs() <= NEAR_MS,
            (Begin::Process | Begin::Computed, None) => self.lines.0 >= told.ms - NEAR_MS,
        };
        if !fits || !within {
            return Fit::Other;
        }
        if self.by == Begin::Computed {
            self.begun = Some(told.ms);
        }
        self.by = Begin::Told;
        self.take(told)
    }

    fn ends(&mut self, told: &Told<Id>, outcome: Outcome, took_ms: Option<u64>) -> Fit {
        let begun = took_ms.map(|took| told.ms.saturating_sub_unsigned(took));
        match self.ended {
            Some((ended, _)) if ended == told.ms && self.took_ms == took_ms => return Fit::Known,
            Some(_) => return Fit::Other,
            None => {}
        }
        // It did not take as long as since this begin: that one's end, and this one's begin, were not seen.
        let slack = NEAR_MS.saturating_add_unsigned(took_ms.unwrap_or(0) / 50);
        let differs = |known: i64| begun.is_some_and(|begun| (known - begun).abs() > slack);
        if self.begun.is_some_and(|known| known > told.ms || differs(known)) {
            return Fit::Other;
        }
        self.begun = self.begun.or(begun);
        self.ended = Some((told.ms, outcome));
        self.took_ms = took_ms;
        self.take(told)
    }

    /// Shows it an end that does not say of which task it is.
    pub fn show_vague(&mut self, told: &Told<Id>) -> Fit {
        let What::Ends { outcome, .. } = told.sign.what else {
            return Fit::Other;
        };
        if !self.same_process(told) {
            return Fit::Other;
        }
        match self.ended {
            None => {
                self.ended = Some((told.ms, outcome));
                self.take(told)
            }
            // Compaction first says that it is finished, then that it failed.
            Some((ended, Outcome::Failed | Outcome::Interrupted)) if (told.ms - ended).abs() <= TRAILS_MS => {
                self.take(told)
            }
            Some(_) => Fit::Other,
        }
    }

    fn take(&mut self, told: &Told<Id>) -> Fit {
        let newer = told.ms >= self.lines.1;
        self.lines = (self.lines.0.min(told.ms), self.lines.1.max(told.ms));
        self.process = self.process.max(told.process);
        self.figures.merge(&told.sign.figures, newer);
        if self.error.is_none() || (newer && told.sign.error.is_some()) {
            self.error.clone_from(&told.sign.error);
        }
        Fit::Taken
    }
}
