//! What is earned, in parts that add up: components of a month, estimates of its end, what is kept back, what paystubs
//! say. Worked out by `analysis`, told by `api`.

use std::ops::AddAssign;

use serde::{Deserialize, Serialize};

use super::money::{Micro, Month};

/// What satellites pay for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Component {
    /// Bytes stored, by the hour.
    Storage,
    /// Customers' downloads.
    Egress,
    /// Downloads for repairs elsewhere.
    Repair,
    /// Audits.
    Audit,
}

impl Component {
    /// All of them, in the order they are told in.
    pub const ALL: [Self; 4] = [Self::Storage, Self::Egress, Self::Repair, Self::Audit];

    /// Its word in tables.
    pub fn word(self) -> &'static str {
        match self {
            Self::Storage => "storage",
            Self::Egress => "egress",
            Self::Repair => "repair",
            Self::Audit => "audit",
        }
    }
}

/// One thing for each component.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Parts<T> {
    pub storage: T,
    pub egress: T,
    pub repair: T,
    pub audit: T,
}

impl<T> Parts<T> {
    /// That of a component.
    pub fn of(&self, component: Component) -> &T {
        match component {
            Component::Storage => &self.storage,
            Component::Egress => &self.egress,
            Component::Repair => &self.repair,
            Component::Audit => &self.audit,
        }
    }

    /// Each component's, in the order of [`Component::ALL`].
    pub fn each(&self) -> [&T; 4] {
        Component::ALL.map(|component| self.of(component))
    }

    /// The same of something that follows from each.
    pub fn map<U>(&self, mut with: impl FnMut(&T) -> U) -> Parts<U> {
        Parts {
            storage: with(&self.storage),
            egress: with(&self.egress),
            repair: with(&self.repair),
            audit: with(&self.audit),
        }
    }
}

impl<T: AddAssign> AddAssign for Parts<T> {
    fn add_assign(&mut self, other: Self) {
        self.storage += other.storage;
        self.egress += other.egress;
        self.repair += other.repair;
        self.audit += other.audit;
    }
}

/// Earned, kept back of it, and the rest.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Amounts {
    pub gross: Micro,
    pub held: Micro,
    /// `gross` without `held`.
    pub net: Micro,
}

impl AddAssign for Amounts {
    fn add_assign(&mut self, other: Self) {
        self.gross += other.gross;
        self.held += other.held;
        self.net += other.net;
    }
}

/// A sum over what is known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sum {
    /// The sum.
    pub amounts: Amounts,
    /// By component.
    pub parts: Parts<Amounts>,
    /// So many satellites have moved or stored something whose price is unknown, or nothing is known of them: the sum is
    /// without them.
    pub without: u32,
}

impl AddAssign for Sum {
    fn add_assign(&mut self, other: Self) {
        self.amounts += other.amounts;
        self.parts += other.parts;
        self.without += other.without;
    }
}

impl Eq for Parts<Amounts> {}

/// Where prices come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PriceSource {
    /// The node's API.
    Api,
    /// The node's databases.
    Db,
    /// The configuration's `money.fallback_prices`: the node told none.
    Fallback,
}

/// One way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Estimate {
    /// What it comes to.
    pub amounts: Amounts,
    /// Net in four of five months is not below.
    pub low: Micro,
    /// Nor above.
    pub high: Micro,
}

impl AddAssign for Estimate {
    /// Bounds are added, too: nodes' months are not independent.
    fn add_assign(&mut self, other: Self) {
        self.amounts += other.amounts;
        self.low += other.low;
        self.high += other.high;
    }
}

/// How far to trust an estimate. The worst that applies:
/// - `none`: no satellite told a tally and its price; no range is told then;
/// - `poor`: less than two days of the month are over, or a satellite owes tallies of three days or more, or a price is
///   unknown;
/// - `fair`: less than a week of the month is over, or a satellite owes a tally of a day or two, or prices are the
///   configuration's;
/// - `good`: else.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum Confidence {
    #[default]
    None,
    Poor,
    Fair,
    Good,
}

impl Confidence {
    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Poor => "poor",
            Self::Fair => "fair",
            Self::Good => "good",
        }
    }
}

/// The node's own arithmetic, applied to the days that are known here.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeWay {
    /// The month so far.
    pub so_far: Amounts,
    /// Net by its end, whole cents; null for a past month.
    pub month_end: Option<Micro>,
    /// From ours to what the node says, gross: they add up to the difference exactly.
    pub differences: Vec<Difference>,
}

/// Why the node says another sum.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// The reason.
    pub reason: DifferenceReason,
    /// What it adds.
    pub amount: Micro,
    /// In words.
    pub text: String,
}

/// See [`Difference`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DifferenceReason {
    /// It prices repairs as audits.
    RepairPrice,
    /// It rounds each satellite's parts to hundredths of a cent.
    Rounding,
    /// It leaves out satellites that disqualified it.
    Disqualified,
    /// It reckons missing days and the day that runs its own way, or was asked at another time.
    Days,
}

/// Tallies of the month so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tallies {
    /// Satellites that pay.
    pub satellites: u32,
    /// Of them those of whom no tally is late: one comes up to a day after its day.
    pub current: u32,
    /// Days without a tally that are covered by later ones, or filled in.
    pub filled: u32,
    /// Days without a tally that are not.
    pub missing: u32,
}

impl AddAssign for Tallies {
    fn add_assign(&mut self, other: Self) {
        self.satellites += other.satellites;
        self.current += other.current;
        self.filled += other.filled;
        self.missing += other.missing;
    }
}

/// What one satellite keeps back.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldOf {
    /// Kept back by its paystubs.
    pub taken: Micro,
    /// Given back of it.
    pub returned: Micro,
    /// Still kept.
    pub left: Micro,
    /// Lost: it disqualified the node.
    #[serde(default)]
    pub lost: Micro,
    /// With the payout for this month half of `left` comes back; null: it did, or nobody knows when the node joined.
    pub half_back: Option<(Month, Micro)>,
    /// With it also half of what will be kept back until then, at the present pace: not held yet.
    #[serde(default)]
    pub half_more: Micro,
    /// From this month on less is kept back, percent; null: nothing is kept back any more, or age is unknown.
    pub next_rate: Option<(Month, i64)>,
}

/// When money comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct NextPayout {
    /// For this month.
    pub month: Month,
    /// About then: the median day of the payouts that came.
    pub about_ms: i64,
    /// The earliest and the latest of them.
    pub between_ms: (i64, i64),
    /// So many are known.
    pub known: u32,
}

/// The estimates at one time: net by the month's end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct EstimatePoint {
    /// When.
    pub time_ms: i64,
    /// By tallies.
    pub ours: Option<Micro>,
    /// By the node.
    pub node: Option<Micro>,
    /// By tallies, earned until then.
    pub so_far: Option<Micro>,
}

/// What one day earned.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct DayMoney {
    /// Its midnight.
    pub start_ms: i64,
    /// Earned, by component; the month's days add up to the month.
    pub gross: Parts<Micro>,
}

/// How far a month is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MonthState {
    /// It is not over.
    Running,
    /// Its paystubs are not due yet.
    Waiting,
    /// A satellite that was owing did not send one in time: `missing` names it.
    Missing,
    /// Settled, and not all of it was sent: below the least payout, or on its way.
    Postponed,
    /// Settled and sent.
    Paid,
}

impl MonthState {
    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Waiting => "waiting for paystubs",
            Self::Missing => "paystub missing",
            Self::Postponed => "postponed",
            Self::Paid => "paid",
        }
    }
}

/// What paystubs say.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stub {
    /// Earned, at the surge.
    pub gross: Micro,
    /// Kept back.
    pub held: Micro,
    /// Given back of what was kept earlier; part of `owed` and `paid`.
    pub disposed: Micro,
    /// Owed.
    pub owed: Micro,
    /// To be paid out.
    pub paid: Micro,
    /// Sent with this month's payout: other months' money included.
    pub distributed: Micro,
    /// Of `paid` what was not sent with it.
    pub postponed: Micro,
    /// Of `distributed` what was for earlier months.
    pub earlier: Micro,
}

impl AddAssign for Stub {
    fn add_assign(&mut self, other: Self) {
        self.gross += other.gross;
        self.held += other.held;
        self.disposed += other.disposed;
        self.owed += other.owed;
        self.paid += other.paid;
        self.distributed += other.distributed;
        self.postponed += other.postponed;
        self.earlier += other.earlier;
    }
}

/// A part of a month's money, and the other month it goes with: where it was sent, or where it came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SentPart {
    /// The other month.
    pub month: Month,
    /// So much.
    pub amount: Micro,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_of_each_part() {
        let amounts = |gross: i64| Amounts {
            gross: Micro(gross),
            held: Micro(1),
            net: Micro(gross - 1),
        };
        let mut sum = Sum::default();
        for n in 1..4 {
            let parts = Parts {
                audit: amounts(n),
                ..Parts::default()
            };
            sum += Sum {
                amounts: amounts(n),
                parts,
                without: 1,
            };
        }
        assert_eq!(
            (sum.amounts.gross, sum.amounts.held, sum.without),
            (Micro(6), Micro(3), 3)
        );
        assert_eq!(*sum.parts.of(Component::Audit), sum.amounts);
        assert_eq!(sum.parts.each().map(|part| part.gross.0), [0, 0, 0, 6]);
    }
}
