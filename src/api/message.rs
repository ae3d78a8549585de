//! What goes over a link: requests of a viewer, messages of the collector.

use serde::{Deserialize, Serialize};

use super::disks::HostDisk;
use super::latency::{self, Latency};
use super::line::{Explained, Filter, LogLine, Past};
use super::money::NodeMoney;
use super::reputation::NodeReputation;
use super::snapshot::{Snapshot, Topic};
use super::status::Status;
use super::storage::NodeStorage;
use super::table::{Question, Value};
use crate::domain::chart::{self, Chart, Mark};
use crate::domain::money::Month;
use crate::domain::setting::{Change, Fault, Saved, Settings};
use crate::domain::task::Task;
use crate::domain::task::progress::Progress;

/// Of this form. Collector and viewer have to agree.
pub const VERSION: u32 = 2;

/// What a viewer says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Request {
    /// From now on these sections, when they change.
    Watch(Watch),
    /// A question; the answer has the same number.
    Ask {
        /// The viewer's number for it.
        id: u64,
        /// The question.
        query: Query,
    },
    /// Something to do; the answer has the same number.
    Do {
        /// The viewer's number for it.
        id: u64,
        /// What.
        command: Command,
    },
    /// From now on log lines, under this number. What is wrong with the filter is answered under it, too.
    Subscribe {
        /// The viewer's number for it.
        id: u64,
        /// Which lines.
        filter: Filter,
    },
    /// No more of them.
    Unsubscribe {
        /// Its number.
        id: u64,
    },
}

/// Sections of nodes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Watch {
    /// What is drawn.
    pub topics: Vec<Topic>,
    /// Of which nodes; empty means all.
    pub nodes: Vec<String>,
}

/// A question about what was kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Query {
    /// How nodes are, or were.
    Status {
        /// Their names; empty means all.
        nodes: Vec<String>,
        /// At this time (ms since the epoch); now, when there is none.
        at_ms: Option<i64>,
    },
    /// Rows of a table.
    Rows {
        /// Which.
        question: Question,
        /// At most so many.
        limit: usize,
    },
    /// Traffic over time.
    Chart(chart::Ask),
    /// What happened to nodes.
    Marks {
        /// Their names; empty means all.
        nodes: Vec<String>,
        /// From this time on, ms since the epoch.
        from_ms: i64,
        /// Until before this time.
        to_ms: i64,
    },
    /// Nodes' own work that lies in a time, also in part, as it was known at its end.
    Tasks {
        /// Their names; empty means all.
        nodes: Vec<String>,
        /// From this time on, ms since the epoch.
        from_ms: i64,
        /// Until before this time.
        to_ms: i64,
    },
    /// How far nodes' own work is, by their own word beside the log.
    Progress {
        /// Their names; empty means all.
        nodes: Vec<String>,
        /// At this time (ms since the epoch); now, when there is none.
        at_ms: Option<i64>,
    },
    /// The newest bloom filter of each satellite.
    Filters {
        /// Of which nodes; empty means all.
        nodes: Vec<String>,
        /// At this time (ms since the epoch); now, when there is none.
        at_ms: Option<i64>,
    },
    /// Log lines around a moment, from the files that are still there.
    Log {
        /// Which lines.
        filter: Filter,
        /// The moment (ms since the epoch); without one the end of the logs.
        at_ms: Option<i64>,
        /// At most so many that stand before it.
        before: usize,
        /// At most so many from it on.
        after: usize,
    },
    /// What a log line means, and what is known around it.
    Line(Box<LogLine>),
    /// How satellites rate nodes, in full: windows of audits, failed audits, what they mean.
    Reputation {
        /// Their names; empty means all.
        nodes: Vec<String>,
        /// At this time (ms since the epoch); now, when there is none.
        at_ms: Option<i64>,
    },
    /// The disks of this host that nodes' data lie on.
    Disks {
        /// Of these nodes; empty means all.
        nodes: Vec<String>,
        /// At this time (ms since the epoch); now, when there is none.
        at_ms: Option<i64>,
    },
    /// How long transfers take.
    Latency(latency::Ask),
    /// Where nodes' bytes are, in full: by satellite, growth, days of tallies.
    Storage {
        /// Their names; empty means all.
        nodes: Vec<String>,
        /// At this time (ms since the epoch); now, when there is none.
        at_ms: Option<i64>,
    },
    /// What nodes earn, are kept back and paid, in full.
    Money {
        /// Their names; empty means all.
        nodes: Vec<String>,
        /// At this time (ms since the epoch); now, when there is none.
        at_ms: Option<i64>,
        /// The month told of in full; the one that runs then, when there is none.
        month: Option<Month>,
        /// So many months of history, that one included; 0 means all.
        months: u32,
    },
    /// Settings of the collector's own configuration: what holds, and who says so. All, when none is named.
    Settings {
        /// Their names, as [`Change::key`].
        keys: Vec<String>,
    },
    /// What is wrong with changes; nothing is changed.
    Judge(Vec<Change>),
}

impl Query {
    /// Asks as of a moment (ms since the epoch) what would be asked as of now.
    pub fn hold(&mut self, moment_ms: i64) {
        match self {
            Self::Status { at_ms, .. }
            | Self::Progress { at_ms, .. }
            | Self::Filters { at_ms, .. }
            | Self::Log { at_ms, .. }
            | Self::Reputation { at_ms, .. }
            | Self::Disks { at_ms, .. }
            | Self::Storage { at_ms, .. }
            | Self::Money { at_ms, .. } => *at_ms = at_ms.or(Some(moment_ms)),
            // These name a stretch of time, or are of none.
            Self::Rows { .. }
            | Self::Chart(_)
            | Self::Marks { .. }
            | Self::Tasks { .. }
            | Self::Line(_)
            | Self::Latency(_)
            | Self::Settings { .. }
            | Self::Judge(_) => {}
        }
    }
}

/// The answer to a question.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// To [`Query::Status`].
    Status(Status),
    /// To [`Query::Rows`].
    Rows {
        /// The table's columns.
        columns: Vec<String>,
        /// A value for each column.
        rows: Vec<Vec<Value>>,
        /// Whether there are more than were asked for.
        more: bool,
    },
    /// To [`Query::Chart`].
    Chart(Chart),
    /// To [`Query::Marks`]: in the order of time, the last thousand of them.
    Marks(Vec<Mark>),
    /// To [`Query::Tasks`]: by begin. To [`Query::Filters`]: the task a filter came by, whose figures say when it
    /// was made.
    Tasks(Vec<Task>),
    /// To [`Query::Progress`], by node.
    Progress(Vec<Progress>),
    /// To [`Query::Log`].
    Log(Past),
    /// To [`Query::Line`].
    Line(Box<Explained>),
    /// To [`Query::Reputation`], by name.
    Reputation(Vec<NodeReputation>),
    /// To [`Query::Disks`], by name.
    Disks(Vec<HostDisk>),
    /// To [`Query::Latency`].
    Latency(Box<Latency>),
    /// To [`Query::Storage`], by name.
    Storage(Vec<NodeStorage>),
    /// To [`Query::Money`], by name.
    Money(Vec<NodeMoney>),
    /// To [`Query::Settings`].
    Settings(Settings),
    /// To [`Query::Judge`]: all that is wrong. To [`Command::Change`] when something is: nothing was changed.
    Faults(Vec<Fault>),
    /// To [`Command::Change`].
    Saved(Saved),
    /// A command was done.
    Done,
}

/// Something to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Take up the configuration as it is now.
    Reload,
    /// Write these into the configuration, all or none, and go by them.
    Change(Vec<Change>),
    /// Keep now what was read: the database is asked next.
    Keep,
}

/// What the collector says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Message {
    /// The first one.
    Hello {
        /// [`VERSION`] of the collector.
        version: u32,
        /// Its release.
        program: String,
        /// Since when it runs, ms since the epoch.
        since_ms: i64,
    },
    /// What changed of the sections that are watched.
    Snapshot(Snapshot),
    /// An answer.
    Answer {
        /// The viewer's number.
        id: u64,
        /// The answer, or why there is none.
        answer: Result<Answer, String>,
    },
    /// Lines of a subscription.
    Lines {
        /// The viewer's number.
        id: u64,
        /// In the order they were read.
        lines: Vec<LogLine>,
        /// So many before them were dropped: the viewer was too slow.
        dropped: u64,
        /// Lines read since the last message, those that do not fit too: how busy the logs are.
        #[serde(default)]
        looked: u64,
    },
}
