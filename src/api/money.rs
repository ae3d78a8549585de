//! What nodes earn, are kept back and paid, in full: the answer to [`super::message::Query::Money`]. Amounts are whole
//! micro-dollars ([`Micro`]), months are of UTC, times ms since the epoch, sizes bytes; unknown is null.
//!
//! Every amount of a satellite and component is rounded to a whole micro-dollar once, where it is computed; all that is
//! above it is a plain sum. So parts add up to satellites, satellites to nodes, nodes to the fleet, days to months and
//! months to years, to the last digit.

use std::ops::AddAssign;

use serde::{Deserialize, Serialize};

use crate::domain::money::{Micro, Month, Prices};

/// One node.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NodeMoney {
    /// Its name.
    pub node: String,
    /// The month that is told of.
    pub month: Month,
    /// The time of the answer.
    pub now_ms: i64,
    /// How much of the month is over: 0 to 1.
    pub gone: f64,
    /// Money as the user reads it.
    pub currency: Currency,
    /// Its satellites, those no longer trusted too where they earned in this month.
    pub satellites: Vec<SatelliteMoney>,
    /// The sum of `satellites`.
    pub so_far: Sum,
    /// By the end of the month; a past month has none.
    pub estimates: Estimates,
    /// The node's own word about the month so far, if it told it.
    pub told: Option<NodeTold>,
    /// What the node says, recomputed from the same days by its own rules: it stands in where there is no API.
    pub node_way: NodeWay,
    /// How many tallies there are of those there should be.
    pub tallies: Tallies,
    /// What is kept back.
    pub held: Held,
    /// What a TB brings.
    pub yields: Yield,
    /// What the node costs; `None`: the configuration does not say.
    pub costs: Option<Costs>,
    /// When the next money comes; `None`: never any came.
    pub payout: Option<NextPayout>,
    /// The estimates through the month: one point an hour at most, in the order of time.
    pub through: Vec<EstimatePoint>,
    /// What each day of the month earned.
    pub days: Vec<DayMoney>,
    /// What each day of the month before earned, to compare.
    pub days_before: Vec<DayMoney>,
    /// The months, the newest first; the first one is the month that runs.
    pub history: Vec<MonthMoney>,
    /// What one should know, the gravest first.
    pub notes: Vec<Note>,
    /// When the node last answered about money; `None`: never, or it has no API.
    pub asked_ms: Option<i64>,
    /// Why it did not when it was asked last.
    pub error: Option<String>,
}

/// How the user wants dollars to be read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Currency {
    /// Stands before the amount: `$`.
    pub symbol: String,
    /// Dollars times this are the amount.
    pub factor: f64,
}

impl Default for Currency {
    fn default() -> Self {
        Self {
            symbol: "$".to_owned(),
            factor: 1.0,
        }
    }
}

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
    /// So many satellites have moved or stored something whose price is unknown: the sum is without them.
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

/// What a satellite pays for one component.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Part {
    /// Moved; of storage the average of the time that tallies cover.
    pub bytes: u64,
    /// Stored; null but for storage.
    pub byte_hours: Option<f64>,
    /// Cents for a TB, of storage for a TB a paid month (720 h).
    pub price: Option<i64>,
    /// What that comes to; null: the price is unknown, and there is something to pay for.
    pub amounts: Option<Amounts>,
}

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

/// One satellite of a node in the month that is told of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SatelliteMoney {
    /// Its id.
    pub satellite_id: String,
    /// As people call it.
    pub name: String,
    /// The node still trusts it.
    pub trusted: bool,
    /// When it disqualified the node: nothing is paid from then on.
    pub disqualified_ms: Option<i64>,
    /// When the node joined it.
    pub joined_ms: Option<i64>,
    /// The month counts as this one since the node joined: 1 is the first.
    pub age_months: Option<i32>,
    /// Percent of what is earned this month that is kept back; null: unknown, counted as none.
    pub held_percent: Option<i64>,
    /// Its prices, and since when they are known.
    pub prices: Option<(Prices, i64)>,
    /// Where they come from.
    pub price_source: Option<PriceSource>,
    /// By component.
    pub parts: Parts<Part>,
    /// The sum of what is known.
    pub so_far: Amounts,
    /// Average stored over the time tallies cover.
    pub average_bytes: Option<u64>,
    /// Stored by its last tally.
    pub last_bytes: Option<u64>,
    /// Midnight of the day of that tally.
    pub last_tally_ms: Option<i64>,
    /// Days (midnight) without a tally that later ones do not cover yet.
    pub missing_days: Vec<i64>,
    /// Days (midnight) without a tally that a later one covered, or the node filled in.
    pub filled_days: Vec<i64>,
    /// By the end of the month, by tallies.
    pub month_end: Option<Amounts>,
    /// Net by the end of the month, by the node.
    pub node_month_end: Option<Micro>,
    /// What it keeps back of all that was earned.
    pub held: HeldOf,
    /// When the node last told of it.
    pub asked_ms: Option<i64>,
}

/// The month's end, foreseen three ways. Net amounts.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Estimates {
    /// The node's `currentMonthExpectations`: all minutes earn as those so far, whole cents; when it was told.
    pub node: Option<(Micro, i64)>,
    /// What tallies cover goes on as it was on the average, gaps left out.
    pub tallies: Option<Estimate>,
    /// What is stored goes on growing as it grew, and traffic is that of the last week.
    pub trend: Option<Estimate>,
    /// How far to trust them.
    pub confidence: Confidence,
    /// Why not further, in words, the gravest first; empty when it is good.
    pub because: Vec<String>,
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
/// - `none`: no satellite told a tally and its price;
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

/// What a node said of its month so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeTold {
    /// Earned, kept back, and the rest; the node rounds to hundredths of a cent.
    pub amounts: Amounts,
    /// When.
    pub time_ms: i64,
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
    /// Of them those whose last tally is of today or yesterday.
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

/// What a node's satellites keep back.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// Kept back by all paystubs.
    pub taken: Micro,
    /// Given back of it.
    pub returned: Micro,
    /// Still kept: `taken` without `returned`.
    pub left: Micro,
    /// What comes back when, the next first.
    pub coming: Vec<Return>,
    /// What only a graceful exit gives back.
    pub at_exit: Micro,
}

/// Money that comes back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Return {
    /// From whom, as people call it.
    pub satellite: String,
    /// With the payout for this month.
    pub month: Month,
    /// So much; what is kept back until then, counted at the present pace, included.
    pub amount: Micro,
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
    /// With the payout for this month half comes back; null: it did, or nobody knows when the node joined.
    pub half_back: Option<(Month, Micro)>,
    /// From this month on less is kept back, percent; null: nothing is kept back any more, or age is unknown.
    pub next_rate: Option<(Month, i64)>,
}

/// What a TB brings in a paid month, net; null: too little is known.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Yield {
    /// For each TB that is used on the disk, trash and garbage included.
    pub per_tb_used: Option<Micro>,
    /// For each TB satellites pay for.
    pub per_tb_paid: Option<Micro>,
    /// Of egress, repairs and audits, for each TB of them.
    pub per_tb_egress: Option<Micro>,
    /// On the disk.
    pub used: Option<u64>,
    /// Paid by the last tallies.
    pub paid: Option<u64>,
    /// On the disk and not paid: what it is, bytes, and what it would earn in a paid month.
    pub unpaid: Vec<(Unpaid, u64, Option<Micro>)>,
}

/// Why bytes are not paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unpaid {
    /// Deleted; kept a week.
    Trash,
    /// Deleted inside hashstore logs; compaction takes it.
    Dead,
    /// Neither: garbage not collected yet, or other files.
    Unexplained,
}

/// What a node costs in the month, by the configuration.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Costs {
    /// A month's fixed costs.
    pub fixed: Micro,
    /// Power: watts × hours of the month × price.
    pub power: Micro,
    /// Both.
    pub total: Micro,
    /// The month's estimate, net, without `total`.
    pub profit: Option<Micro>,
    /// `profit` of the estimate: 1 is all of it.
    pub margin: Option<f64>,
    /// What the hardware cost.
    pub invested: Option<Micro>,
    /// A year's profit at this pace, of `invested`.
    pub return_per_year: Option<f64>,
    /// Months of this profit until it has paid for itself, from nothing; null: never, at this pace.
    pub payback_months: Option<f64>,
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

/// A month of a node: estimated, settled, sent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MonthMoney {
    /// The month.
    pub month: Month,
    /// How far it is.
    pub state: MonthState,
    /// Ours, net: of a month that runs by its end, else what its days come to; null: its days are not known.
    pub ours: Option<Micro>,
    /// The node's, net: of a month that runs by its end, else its last word; null: it told none.
    pub node: Option<Micro>,
    /// Earned by component: by paystubs; ours, where there is none.
    pub gross: Parts<Micro>,
    /// Whether that is by paystubs.
    pub is_settled: bool,
    /// Sums of its paystubs; null: there is none.
    pub stub: Option<Stub>,
    /// `paid` without what was given back, without `ours`; null without either.
    pub difference: Option<Micro>,
    /// Satellites whose paystub should be there, as people call them.
    pub missing: Vec<String>,
    /// Each satellite that has anything in this month.
    pub satellites: Vec<SatelliteMonth>,
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

/// A month of a satellite of a node.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SatelliteMonth {
    /// Its id.
    pub satellite_id: String,
    /// As people call it.
    pub name: String,
    /// Ours, net.
    pub ours: Option<Micro>,
    /// The node's, net.
    pub node: Option<Micro>,
    /// Earned by component: by the paystub; ours, without.
    pub gross: Parts<Micro>,
    /// Its paystub.
    pub stub: Option<Stub>,
    /// Percent that was paid of what was earned; 100 is usual.
    pub surge_percent: Option<i64>,
    /// The paystub's letters, and what each means.
    pub codes: Vec<(String, String)>,
    /// Transfers of money.
    pub receipts: Vec<Receipt>,
    /// Not sent of this and all earlier months, after this one.
    pub waiting: Micro,
}

/// A transfer of money.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// As people call the chain: `zkSync Era`; what the satellite wrote, where it is unknown.
    pub chain: String,
    /// Its hash: foreign text.
    pub hash: String,
    /// Where to look it up.
    pub link: Option<String>,
    /// How much, where it is known.
    pub amount: Option<Micro>,
    /// When it was told.
    pub time_ms: Option<i64>,
}

/// What one should know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// What it is about.
    pub kind: NoteKind,
    /// The satellite, as people call it.
    pub satellite: Option<String>,
    /// In short: one line of 80 columns.
    pub text: String,
    /// What it means and what to do.
    pub more: String,
}

/// See [`Note`]; the gravest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoteKind {
    /// A satellite that was owing sent no paystub.
    PaystubMissing,
    /// The month earns far less than the one before did.
    EarningsDrop,
    /// A satellite disqualified the node in this month.
    Disqualified,
    /// The price of something is unknown, or the configuration's.
    PriceUnknown,
    /// No tally came for a day or more.
    TallyMissing,
    /// Money waits until it reaches the least payout.
    Postponed,
    /// What the node said differs from what follows from its own days.
    NodeDiffers,
}

impl NodeMoney {
    /// The month that runs, or was chosen, in [`Self::history`].
    pub fn of_month(&self) -> Option<&MonthMoney> {
        self.history.iter().find(|month| month.month == self.month)
    }
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
