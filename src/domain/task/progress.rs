//! How far a run is by the node's own word, beside its log: its debug endpoint and its databases. Told by `collector`,
//! shown by viewers. Pure.

use serde::{Deserialize, Serialize};

use super::{Job, Task};

/// Where the node says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Teller {
    /// `/metrics` of its debug endpoint.
    Metrics,
    /// Its databases.
    Databases,
}

/// What `done` and `of` count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Counts {
    /// Records of a hashstore.
    Records,
    /// Folders of the blob store.
    Folders,
}

/// How far one piece of work is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// The node's name.
    pub node: String,
    /// What kind of work.
    pub job: Job,
    /// For which satellite.
    pub satellite_id: String,
    /// Which store of its hashstore.
    pub store: Option<String>,
    /// Who says so.
    pub teller: Teller,
    /// As of, ms since the epoch.
    pub told_ms: i64,
    /// What is counted.
    pub counts: Counts,
    /// Of it done.
    pub done: Option<u64>,
    /// In all.
    pub of: Option<u64>,
    /// How long it still takes from `told_ms` on, ms.
    pub left_ms: Option<u64>,
    /// Whether the node itself guesses that; else it is worked out from the pace of the last hours.
    pub is_own_guess: bool,
    /// Migration: pieces an hour.
    pub pieces_per_hour: Option<u64>,
    /// Migration: pieces moved since the node's process began.
    pub moved: Option<u64>,
    /// Migration: pieces that wait in its queue.
    pub waiting: Option<u64>,
    /// Migration: pieces that could not be moved.
    pub errors: Option<u64>,
    /// Compaction: free bytes the disk must have for it, exact.
    pub needed: Option<u64>,
    /// Free bytes of the disk; only where it is one of this host.
    pub free: Option<u64>,
    /// When the disk was looked at, ms since the epoch.
    pub free_ms: Option<i64>,
}

impl Progress {
    /// Share that is done, 0..1; `None`: not told, or of nothing.
    pub fn share(&self) -> Option<f64> {
        let of = self.of.filter(|of| *of > 0)?;
        Some((self.done? as f64 / of as f64).min(1.0))
    }

    /// When it ends, ms since the epoch.
    pub fn ends_ms(&self) -> Option<i64> {
        Some(self.told_ms.saturating_add_unsigned(self.left_ms?))
    }

    /// Whether it is about `task`: what was told before a run began is of another one.
    pub fn is_of(&self, task: &Task) -> bool {
        let same = |known: &Option<String>, other: &str| known.as_deref().is_none_or(|known| known == other);
        let store = task.store.as_deref().zip(self.store.as_deref());
        self.node == task.node
            && self.job == task.job
            && same(&task.satellite_id, &self.satellite_id)
            && store.is_none_or(|(one, other)| one == other)
            && task.started_ms.is_none_or(|begun| self.told_ms >= begun)
    }
}

/// The one that is about `task`; `None`: nobody tells, or it cannot be told of which satellite it is.
pub fn of<'a>(task: &Task, all: &'a [Progress]) -> Option<&'a Progress> {
    let mut fits = all.iter().filter(|one| one.is_of(task));
    let first = fits.next()?;
    fits.next().is_none().then_some(first)
}

#[cfg(test)]
mod tests {
    use super::super::{Figures, State};
    use super::*;

    fn told(satellite: &str, store: Option<&str>, told_ms: i64) -> Progress {
        Progress {
            node: "n".to_owned(),
            job: Job::Compaction,
            satellite_id: satellite.to_owned(),
            store: store.map(str::to_owned),
            teller: Teller::Metrics,
            told_ms,
            counts: Counts::Records,
            done: Some(1),
            of: Some(4),
            left_ms: Some(500),
            is_own_guess: true,
            pieces_per_hour: None,
            moved: None,
            waiting: None,
            errors: None,
            needed: None,
            free: None,
            free_ms: None,
        }
    }

    fn task(satellite: Option<&str>, store: Option<&str>) -> Task {
        Task {
            node: "n".to_owned(),
            job: Job::Compaction,
            satellite_id: satellite.map(str::to_owned),
            store: store.map(str::to_owned),
            started_ms: Some(1000),
            whole: true,
            finished_ms: None,
            state: State::Running,
            took_ms: None,
            cut_ms: None,
            seen_ms: 1000,
            process_ms: None,
            figures: Figures::default(),
            error: None,
        }
    }

    #[test]
    fn only_what_was_told_of_this_very_run_counts() {
        let all = [
            told("a", Some("s0"), 2000),
            told("a", Some("s1"), 2000),
            told("b", Some("s0"), 999),
        ];
        let found = |satellite, store| of(&task(satellite, store), &all).map(|one| one.store.clone());
        assert_eq!(found(Some("a"), Some("s1")), Some(Some("s1".to_owned())));
        assert_eq!(found(Some("a"), None), None, "either of two");
        assert_eq!(
            found(None, Some("s0")),
            Some(Some("s0".to_owned())),
            "the other is of before"
        );
        assert_eq!(found(Some("b"), Some("s0")), None, "told before it began");
        assert_eq!(found(Some("c"), Some("s0")), None);
    }

    #[test]
    fn nothing_done_of_nothing_is_unknown() {
        let mut one = told("a", None, 2000);
        assert_eq!((one.share(), one.ends_ms()), (Some(0.25), Some(2500)));
        one.done = Some(9);
        assert_eq!(one.share(), Some(1.0), "the counters are read one after the other");
        (one.of, one.left_ms) = (Some(0), None);
        assert_eq!((one.share(), one.ends_ms()), (None, None));
    }
}
