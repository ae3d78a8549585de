//! Tables of what was kept: what `export` writes and viewers ask for. Columns are the contract's.

use serde::{Deserialize, Serialize};

/// The tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// Counts and bytes of transfers
    Traffic,
    /// Every transfer
    Transfers,
    /// Error texts, what varies taken out
    Errors,
    /// Kinds of records, understood or not
    Kinds,
    /// Durations of transfers
    Latency,
    /// How satellites rate nodes: a row for each change
    Reputation,
    /// Nodes' disks over time
    Storage,
    /// Nodes' own work: compaction, garbage collection, trash, walks, migration
    Maintenance,
    /// What each satellite pays by month and component: by its paystub, or by the days where there is none yet
    Earnings,
    /// What satellites settled, month by month
    Paystubs,
}

/// Fields traffic is counted by.
pub const FIELDS: [&str; 8] = [
    "node",
    "satellite_id",
    "action",
    "outcome",
    "cause",
    "size_class",
    "hour",
    "day",
];
/// By these it is counted when nothing is said.
const USUAL_FIELDS: usize = 4;

/// A table, and which rows of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// The table.
    pub what: What,
    /// Of which nodes; empty means all.
    pub nodes: Vec<String>,
    /// From this time on, ms since the epoch.
    pub from_ms: Option<i64>,
    /// Until before this time.
    pub to_ms: Option<i64>,
    /// For earnings and paystubs only: as they were known then; `None`: now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_ms: Option<i64>,
    /// Of [`FIELDS`], for traffic only; empty means the first four.
    pub by: Vec<String>,
    /// For transfers only: of this piece.
    pub piece: Option<String>,
    /// For transfers only: the last of those that failed so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorOf>,
}

/// A row of the table of errors.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorOf {
    /// Its action; empty when the error is no transfer's.
    pub action: String,
    /// Its template.
    pub template: String,
}

/// One value of a row.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Value {
    /// Unknown: `null`, in CSV empty.
    #[serde(rename = "n")]
    Null,
    /// A text.
    #[serde(rename = "t")]
    Text(String),
    /// A count, a size in bytes.
    #[serde(rename = "c")]
    Count(u64),
    /// Milliseconds since the epoch; written as RFC 3339.
    #[serde(rename = "ms")]
    Time(i64),
    /// True or false.
    #[serde(rename = "b")]
    Bool(bool),
    /// A score.
    #[serde(rename = "s")]
    Score(f64),
    /// A whole number that may be negative: micro-dollars, percents.
    #[serde(rename = "a")]
    Amount(i64),
}

impl Value {
    /// A text, unknown when empty.
    pub fn text(text: &str) -> Self {
        if text.is_empty() {
            Self::Null
        } else {
            Self::Text(text.to_owned())
        }
    }

    /// A count that may be unknown.
    pub fn count(count: Option<u64>) -> Self {
        count.map_or(Self::Null, Self::Count)
    }

    /// A time that may be unknown, ms since the epoch.
    pub fn time(ms: Option<i64>) -> Self {
        ms.map_or(Self::Null, Self::Time)
    }

    /// An amount that may be unknown.
    pub fn amount(amount: Option<i64>) -> Self {
        amount.map_or(Self::Null, Self::Amount)
    }

    /// A score that may be unknown.
    pub fn score(score: Option<f64>) -> Self {
        score.map_or(Self::Null, Self::Score)
    }
}

const TRANSFERS: &[&str] = &[
    "time",
    "node",
    "satellite_id",
    "piece_id",
    "action",
    "outcome",
    "cause",
    "size",
    "offset",
    "remote_address",
    "duration_ms",
    "duration_quality",
    "error",
    // Beyond the default columns: bytes really sent of a canceled download.
    "moved",
];
const ERRORS: &[&str] = &["node", "action", "template", "count", "first", "last", "example"];
const KINDS: &[&str] = &[
    "node",
    "logger",
    "level",
    "message",
    "count",
    "understood",
    // Beyond the default columns: one whole line's text, and the hours it came in first and last.
    "example",
    "first_hour",
    "last_hour",
];
const LATENCY: &[&str] = &[
    "node",
    "satellite_id",
    "action",
    "outcome",
    "quality",
    "count",
    "p50_ms",
    "p90_ms",
    "p95_ms",
    "p99_ms",
    "max_ms",
];
const REPUTATION: &[&str] = &[
    "time",
    "node",
    "satellite_id",
    "audit_score",
    "suspension_score",
    "online_score",
    "source",
    "url",
    "disqualified",
    "suspended",
    "vetted",
    "offline_suspended",
    "offline_review",
];
const STORAGE: &[&str] = &[
    "time",
    "node",
    "allocated",
    "used",
    "free",
    "trash",
    "reclaimable",
    "overused",
    "source",
    "semantics",
];
const MAINTENANCE: &[&str] = &[
    "node",
    "kind",
    "satellite_id",
    "store",
    "started",
    "finished",
    "state",
    "bytes_before",
    "bytes_after",
    "reclaimed",
    "detail",
    // Beyond the default columns: its other numbers, sizes in bytes, shares 0..1.
    "took_ms",
    "rewritten",
    "trashed",
    "expired",
    "dead",
    "needed",
    "pieces",
    "looked",
    "failed",
    "moved",
    "load",
    "trash_share",
    "filter_created",
    "filter_size",
    "cut",
    "seen",
];

const EARNINGS: &[&str] = &[
    "month",
    "node",
    "satellite_id",
    "component",
    "bytes",
    "byte_hours",
    "gross_microusd",
    "held_microusd",
    "net_microusd",
    // Beyond the default columns: `paystub`, or `days`.
    "source",
];
const PAYSTUBS: &[&str] = &[
    "month",
    "node",
    "satellite_id",
    "codes",
    "gross_microusd",
    "surge_percent",
    "held_microusd",
    "disposed_microusd",
    "owed_microusd",
    "paid_microusd",
    "distributed_microusd",
    "receipt",
    // Beyond the default columns: when the satellite made it; with which months' payouts it was sent (`2026-06:6000000
    // 2026-07:100000`, micro-dollars), and what of it was not sent yet.
    "created",
    "sent_with",
    "waits_microusd",
];

impl Question {
    /// All of a table.
    pub fn all(what: What) -> Self {
        Self {
            what,
            nodes: Vec::new(),
            from_ms: None,
            to_ms: None,
            at_ms: None,
            by: Vec::new(),
            piece: None,
            error: None,
        }
    }

    /// The fields traffic is counted by.
    ///
    /// # Errors
    /// When one is unknown, or what was asked does not go with the table.
    pub fn fields(&self) -> Result<Vec<&'static str>, String> {
        if self.what != What::Traffic && !self.by.is_empty() {
            return Err("fields to count by are for traffic only".to_owned());
        }
        if self.what != What::Transfers && self.piece.is_some() {
            return Err("a piece is asked of transfers only".to_owned());
        }
        if self.what != What::Transfers && self.error.is_some() {
            return Err("an error's transfers are asked of transfers only".to_owned());
        }
        if self.by.is_empty() {
            return Ok(FIELDS[..USUAL_FIELDS].to_vec());
        }
        let known = |word: &String| FIELDS.iter().copied().find(|field| field == word);
        let field = |word| {
            known(word).ok_or_else(|| {
                let known = FIELDS.join(", ");
                format!("traffic is not counted by `{word}`, but by: {known}")
            })
        };
        self.by.iter().map(field).collect()
    }

    /// All columns, and how many of them, from the first on, are shown when nothing else is asked for.
    ///
    /// # Errors
    /// As of [`Self::fields`].
    pub fn columns(&self) -> Result<(Vec<&'static str>, usize), String> {
        let mut fields = self.fields()?;
        let (columns, shown) = match self.what {
            What::Traffic => {
                fields.extend(["count", "bytes"]);
                let shown = fields.len();
                return Ok((fields, shown));
            }
            What::Transfers => (TRANSFERS, TRANSFERS.len() - 1),
            What::Errors => (ERRORS, ERRORS.len()),
            What::Kinds => (KINDS, 6),
            What::Latency => (LATENCY, LATENCY.len()),
            What::Reputation => (REPUTATION, 7),
            What::Storage => (STORAGE, 9),
            What::Maintenance => (MAINTENANCE, 11),
            What::Earnings => (EARNINGS, EARNINGS.len() - 1),
            What::Paystubs => (PAYSTUBS, PAYSTUBS.len() - 3),
        };
        Ok((columns.to_vec(), shown))
    }
}
