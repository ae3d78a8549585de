//! How transfers ended, counted: what every table of the pane is summed from.

use crate::api::message::Answer;
use crate::api::table::Value;
use crate::domain::batch::Cell;
pub(super) use crate::domain::transfer::{Class, comes_in};
use crate::ui::number::Percent;
use crate::ui::races::Races;

/// How a transfer ended, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    Success,
    RaceLost,
    PeerClosed,
    /// Canceled, and the node does not know why.
    Canceled,
    /// The client gave up; logged at DEBUG.
    Peer,
    Disconnect,
    Missing,
    Error,
    Rejected,
}

impl End {
    const COUNT: usize = 9;

    /// Of the words of the outside face.
    pub(super) fn of(outcome: &str, cause: &str) -> Self {
        match (outcome, cause) {
            ("success", _) => Self::Success,
            ("canceled", "race_lost") => Self::RaceLost,
            ("canceled", "peer_closed") => Self::PeerClosed,
            ("canceled", _) => Self::Canceled,
            ("rejected", _) => Self::Rejected,
            (_, "peer") => Self::Peer,
            (_, "disconnect") => Self::Disconnect,
            (_, "missing_piece") => Self::Missing,
            _ => Self::Error,
        }
    }
}

/// Counts and bytes by how they ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Ends([Cell; End::COUNT]);

impl Ends {
    pub(super) fn add(&mut self, end: End, cell: Cell) {
        self.0[end as usize].add(cell);
    }

    pub(super) fn join(&mut self, other: &Self) {
        self.0.iter_mut().zip(other.0).for_each(|(sum, cell)| sum.add(cell));
    }

    pub(super) fn count(&self, end: End) -> u64 {
        self.0[end as usize].count
    }

    fn sum(&self, ends: &[End]) -> Cell {
        let mut sum = Cell::default();
        ends.iter().for_each(|end| sum.add(self.0[*end as usize]));
        sum
    }

    pub(super) fn success(&self) -> Cell {
        self.sum(&[End::Success])
    }

    pub(super) fn canceled(&self) -> Cell {
        self.sum(&[End::RaceLost, End::PeerClosed, End::Canceled])
    }

    pub(super) fn failed(&self) -> Cell {
        self.sum(&[End::Peer, End::Disconnect, End::Missing, End::Error])
    }

    pub(super) fn rejected(&self) -> u64 {
        self.count(End::Rejected)
    }

    /// All that began: what was rejected did not.
    pub(super) fn all(&self) -> Cell {
        let mut all = self.success();
        all.add(self.canceled());
        all.add(self.failed());
        all
    }

    pub(super) fn races(&self) -> Races {
        Races {
            won: self.success().count,
            all: self.all().count,
        }
    }

    /// The share that succeeded, in percent; `None` of nothing.
    pub(super) fn won(&self) -> Option<f64> {
        let all = self.all().count;
        (all > 0).then(|| self.success().count as f64 * 100.0 / all as f64)
    }

    /// The same as a figure.
    pub(super) fn won_text(&self, decimals: u8) -> String {
        Percent::new(decimals, &[]).share(self.success().count, self.all().count)
    }

    /// Audits are passed though the auditor hung up: only what failed did not pass.
    pub(super) fn passed(&self) -> Option<f64> {
        let all = self.all().count;
        (all > 0).then(|| (all - self.failed().count) as f64 * 100.0 / all as f64)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.all().count == 0 && self.rejected() == 0
    }
}

/// Transfers of one kind that were counted.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Counted {
    pub(super) node: String,
    pub(super) satellite: String,
    pub(super) action: String,
    pub(super) end: End,
    /// Place of the size class; `None`: the size is not known.
    pub(super) class: Option<u8>,
    pub(super) cell: Cell,
}

/// The rows of a table of traffic, whatever it is counted by.
pub(super) fn counted(answer: &Answer) -> Vec<Counted> {
    let Answer::Rows { columns, rows, .. } = answer else {
        return Vec::new();
    };
    let place = |name: &str| columns.iter().position(|column| column == name);
    let places = [
        "node",
        "satellite_id",
        "action",
        "outcome",
        "cause",
        "size_class",
        "count",
        "bytes",
    ]
    .map(place);
    let of = |row: &Vec<Value>| {
        let value = |n: usize| row.get(places[n]?);
        let text = |n: usize| match value(n) {
            Some(Value::Text(text)) => text.as_str(),
            _ => "",
        };
        let count = |n: usize| match value(n) {
            Some(Value::Count(count)) => *count,
            _ => 0,
        };
        let class = crate::domain::transfer::SIZE_CLASSES
            .iter()
            .position(|word| *word == text(5));
        Counted {
            node: text(0).to_owned(),
            satellite: text(1).to_owned(),
            action: text(2).to_owned(),
            end: End::of(text(3), text(4)),
            class: class.map(|class| class as u8),
            cell: Cell {
                count: count(6),
                bytes: count(7),
            },
        }
    };
    rows.iter().map(of).collect()
}

/// Sums by whatever `by` gives; what it gives nothing for is left out.
pub(super) fn sums<K: Ord>(
    counted: &[Counted],
    by: impl Fn(&Counted) -> Option<K>,
) -> std::collections::BTreeMap<K, Ends> {
    let mut sums = std::collections::BTreeMap::new();
    for row in counted {
        if let Some(key) = by(row) {
            let ends: &mut Ends = sums.entry(key).or_default();
            ends.add(row.end, row.cell);
        }
    }
    sums
}

/// The sum of those that fit.
pub(super) fn total(counted: &[Counted], fits: impl Fn(&Counted) -> bool) -> Ends {
    sums(counted, |row| fits(row).then_some(()))
        .remove(&())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(count: u64) -> Cell {
        Cell {
            count,
            bytes: count * 10,
        }
    }

    #[test]
    fn every_end_is_in_one_sum_and_what_was_rejected_in_none() {
        let mut ends = Ends::default();
        for (n, (outcome, cause)) in [
            ("success", ""),
            ("canceled", "race_lost"),
            ("canceled", "peer_closed"),
            ("canceled", "unknown"),
            ("failed", "peer"),
            ("failed", "disconnect"),
            ("failed", "missing_piece"),
            ("failed", "error"),
            ("rejected", "too_many_requests"),
        ]
        .into_iter()
        .enumerate()
        {
            ends.add(End::of(outcome, cause), cell(1 << n));
        }
        assert_eq!((ends.success().count, ends.canceled().count), (1, 2 + 4 + 8));
        assert_eq!((ends.failed().count, ends.rejected()), (16 + 32 + 64 + 128, 256));
        assert_eq!((ends.all().count, ends.all().bytes), (255, 2550));
        assert_eq!(ends.won_text(2), "0.39");
        assert_eq!(Ends::default().won(), None);
        let mut audits = Ends::default();
        audits.add(End::Success, cell(96));
        audits.add(End::RaceLost, cell(4));
        assert_eq!(audits.passed(), Some(100.0));
    }
}
