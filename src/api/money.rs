//! What nodes earn, are kept back and paid, in full: the answer to [`super::message::Query::Money`]. Amounts are whole
//! micro-dollars ([`Micro`]), months are of UTC, times ms since the epoch, sizes bytes; unknown is null.
//!
//! Every amount of a satellite and component is rounded to a whole micro-dollar once, where it is computed; all that is
//! above it is a plain sum. So parts add up to satellites, satellites to nodes, nodes to the fleet, days to months and
//! months to years, to the last digit.

use serde::{Deserialize, Serialize};

pub use crate::domain::currency::Currency;
pub use crate::domain::earned::{
    Amounts, Component, Confidence, DayMoney, Difference, DifferenceReason, Estimate, EstimatePoint, HeldOf,
    MonthState, NextPayout, NodeWay, Parts, PriceSource, SentPart, Stub, Sum, Tallies,
};
use crate::domain::money::{Lack, Micro, Month, Prices};

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

/// What a satellite pays for one component.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Part {
    /// Moved; of storage the average of the time that tallies cover.
    pub bytes: u64,
    /// Stored; null but for storage.
    pub byte_hours: Option<f64>,
    /// Cents for a TB, of storage for a TB a paid month (720 h).
    pub price: Option<i64>,
    /// What that comes to; null: the price is unknown, and there is something to pay for; or nothing is known of the month.
    pub amounts: Option<Amounts>,
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

impl Estimates {
    /// Net in four of five months is between these. `None` without an estimate, and where nothing says how far to trust
    /// it: without a tally and a price a range would be of what is known alone.
    pub fn range(&self) -> Option<(Micro, Micro)> {
        let tallies = self.tallies.filter(|_| self.confidence > Confidence::None)?;
        Some((tallies.low, tallies.high))
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

/// What a node's satellites keep back.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// Kept back by all paystubs.
    pub taken: Micro,
    /// Given back of it.
    pub returned: Micro,
    /// Still kept: `taken` without `returned` and `lost`.
    pub left: Micro,
    /// What comes back when, the next first.
    pub coming: Vec<Return>,
    /// What only a graceful exit gives back.
    pub at_exit: Micro,
    /// Kept by satellites that disqualified the node: nobody gives it back.
    #[serde(default)]
    pub lost: Micro,
}

/// Money that comes back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Return {
    /// From whom, as people call it.
    pub satellite: String,
    /// With the payout for this month.
    pub month: Month,
    /// So much of what is held; with [`Held::at_exit`] all that comes back is what is left.
    pub amount: Micro,
}

/// What a TB brings in a paid month, net; null: too little is known.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Yield {
    /// For each TB that is used on the disk, trash and garbage included; null where more is paid than is used.
    pub per_tb_used: Option<Micro>,
    /// For each TB satellites pay for.
    pub per_tb_paid: Option<Micro>,
    /// Of egress, repairs and audits, for each TB of them.
    pub per_tb_egress: Option<Micro>,
    /// On the disk.
    pub used: Option<u64>,
    /// Paid by the last tallies; in a month that is over, on the average of 720 hours.
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
    /// A month's fixed costs; null: none were said.
    pub fixed: Option<Micro>,
    /// Power: watts × hours of the month × price; null: one of them was not said.
    pub power: Option<Micro>,
    /// All that was said; null: something is missing.
    pub total: Option<Micro>,
    /// What is missing for `total`.
    #[serde(default)]
    pub lacks: Option<Lack>,
    /// The month's estimate, net, without `total`.
    pub profit: Option<Micro>,
    /// Likewise without what is known of `total`: more than the profit, where something is missing.
    #[serde(default)]
    pub left: Option<Micro>,
    /// `profit` of the estimate: 1 is all of it.
    pub margin: Option<f64>,
    /// What the hardware cost.
    pub invested: Option<Micro>,
    /// A year of `left` at this pace, of `invested`.
    pub return_per_year: Option<f64>,
    /// Months of `left` until it has paid for itself, from nothing; null: never, at this pace.
    pub payback_months: Option<f64>,
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
    /// Of a month that runs what `gross` comes to by its end; null: not estimated.
    #[serde(default)]
    pub expected: Option<Micro>,
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
    /// Sums of `satellites`: with which months' payouts this month was sent.
    #[serde(default)]
    pub sent: Vec<SentPart>,
    /// Of it was not sent until now.
    #[serde(default)]
    pub waits: Micro,
    /// What this month's payout sent of earlier months.
    #[serde(default)]
    pub brought: Vec<SentPart>,
    /// `ours` of the satellites `difference` is of: those with a paystub; null without any.
    #[serde(default)]
    pub compared: Option<Micro>,
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
    /// Of `paid` was sent, with the payout of which month; with this month's own first. With `waits` it is `paid`.
    #[serde(default)]
    pub sent: Vec<SentPart>,
    /// Of `paid` was not sent until now.
    #[serde(default)]
    pub waits: Micro,
    /// What this month's payout sent of earlier months; with its own part of `sent` it is what was distributed, as far as
    /// paystubs of those months are known.
    #[serde(default)]
    pub brought: Vec<SentPart>,
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
    /// A satellite disqualified the node in this month.
    Disqualified,
    /// A satellite that was owing sent no paystub.
    PaystubMissing,
    /// The month earns far less than the one before did.
    EarningsDrop,
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
