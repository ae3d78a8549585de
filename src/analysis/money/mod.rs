//! What nodes earn: the month so far and its end, what is kept back, what the node itself would say, what was settled.
//! Pure: from days, prices and paystubs. Every amount is rounded to a micro-dollar once, per satellite and component;
//! all else are sums. Called by `collector`.

pub mod estimate;
pub mod held;
pub mod matched;
pub mod month;
pub mod node_way;
pub mod pace;
pub mod pay;
pub mod settled;
pub mod usage;
pub mod yields;

use crate::domain::detail::{MovedDay, StoredDay};
use crate::domain::money::{Month, Prices};
use crate::support::clock::{DAY_MS, HOUR_MS};

/// What is known of a satellite of a node. Days are in the order of time; those before the month that is asked for
/// are looked at, too: the last tally before it, and the pace.
#[derive(Debug, Clone, Copy, Default)]
pub struct Account<'a> {
    /// When the node joined it, ms since the epoch.
    pub joined_ms: Option<i64>,
    /// When it disqualified the node, ms since the epoch.
    pub disqualified_ms: Option<i64>,
    /// What it pays.
    pub prices: Option<Prices>,
    /// Tallies.
    pub stored: &'a [StoredDay],
    /// Bytes moved.
    pub moved: &'a [MovedDay],
}

impl Account<'_> {
    /// It pays nothing for a month in which it disqualified the node, nor for later ones.
    pub fn pays(&self, month: Month) -> bool {
        self.disqualified_ms.is_none_or(|ms| ms >= month.end_ms())
    }
}
