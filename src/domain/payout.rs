//! What a node tells now and then, from its API or its databases: prices, paystubs, payments, its own estimates, its
//! notices. Read by `node`, kept by `store`.

use super::books::Notice;
use super::money::{Micro, Month, Payment, Paystub, Prices};

/// Who told a fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MoneySource {
    /// The node's API. Of facts that are equally old, this one's hold.
    Api,
    /// The node's databases.
    Db,
    /// Another monitor's history.
    Import,
}

impl MoneySource {
    /// All, in the order of their codes in the database.
    pub const ALL: [Self; 3] = [Self::Api, Self::Db, Self::Import];
}

/// What was asked of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Topic {
    /// Its own estimate.
    Estimate,
    /// What a satellite pays.
    Pricing,
    /// Paystubs of all months.
    Paystubs,
    /// Receipts of a month.
    Receipts,
    /// What was kept back, and since when.
    Held,
    /// What it wants its operator to know.
    Notices,
}

impl Topic {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Estimate,
        Self::Pricing,
        Self::Paystubs,
        Self::Receipts,
        Self::Held,
        Self::Notices,
    ];

    /// Its word in the database and in messages.
    pub fn word(self) -> &'static str {
        match self {
            Self::Estimate => "estimate",
            Self::Pricing => "pricing",
            Self::Paystubs => "paystubs",
            Self::Receipts => "receipts",
            Self::Held => "held",
            Self::Notices => "notices",
        }
    }
}

/// The node's own estimate of a month.
#[derive(Debug, Clone, PartialEq)]
pub struct NodeEstimate {
    /// Of this satellite; `None`: of all.
    pub satellite_id: Option<String>,
    /// The month.
    pub month: Month,
    /// Bytes customers downloaded.
    pub egress: u64,
    /// Bytes of repairs and audits.
    pub repair_audit: u64,
    /// Stored, byte-months of 720 h.
    pub byte_months: f64,
    /// For `egress`.
    pub for_egress: Micro,
    /// For `repair_audit`.
    pub for_repair_audit: Micro,
    /// For `byte_months`.
    pub for_storage: Micro,
    /// Percent that is kept back; of all satellites the node says 0.
    pub held_percent: i64,
    /// Kept back; of all satellites together some releases say 0.
    pub held: Micro,
    /// The rest.
    pub net: Micro,
    /// The rest by the month's end; only of the month that runs.
    pub month_end: Option<Micro>,
}

impl NodeEstimate {
    /// Before anything is kept back.
    pub fn gross(&self) -> Micro {
        self.for_egress + self.for_repair_audit + self.for_storage
    }
}

/// One thing a node told.
#[derive(Debug, Clone, PartialEq)]
pub enum Fact {
    /// What a satellite (its id) pays now.
    Prices(String, Prices),
    /// What a satellite settled.
    Paystub(Paystub),
    /// What was sent.
    Payment(Payment),
    /// What the node expects.
    Estimate(NodeEstimate),
    /// A satellite (its id), its address if it is known, when the node joined it (ms since the epoch).
    Joined(String, Option<String>, Option<i64>),
    /// What it wants its operator to know.
    Notice(Notice),
    /// It was asked, of a satellite or of all; why it did not answer.
    Asked(Topic, Option<String>, Option<String>),
}
