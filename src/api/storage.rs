//! Where nodes' bytes are, in full: the answer to [`super::message::Query::Storage`]. Sizes are bytes, times ms since
//! the epoch; unknown is null.

use serde::{Deserialize, Serialize};

use super::status::{Disk, Space};

/// One node.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NodeStorage {
    /// Its name.
    pub node: String,
    /// What it said of its disk.
    pub disk: Option<Disk>,
    /// What follows from it.
    pub space: Option<Space>,
    /// Growth over a day, a week and a month, as far as known.
    pub growth: Vec<Growth>,
    /// What each satellite stores.
    pub satellites: Vec<SatelliteStorage>,
}

/// How fast the disk fills over a time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Growth {
    /// The time, days.
    pub days: i64,
    /// Bytes a day.
    pub per_day: i64,
    /// The middle half of the days.
    pub range: Option<(i64, i64)>,
    /// Hours of it of which something is known.
    pub covered_h: f64,
    /// Jumps that are left out: when, bytes.
    pub steps: Vec<(i64, i64)>,
}

/// What a satellite stores on a node, and what it moved.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SatelliteStorage {
    /// Its id.
    pub satellite_id: String,
    /// As people call it.
    pub name: String,
    /// Paid, by the last tally that can be believed.
    pub paid: Option<u64>,
    /// The day of that tally.
    pub paid_day_ms: Option<i64>,
    /// The node filled that tally in.
    pub calculated: bool,
    /// Average of the month so far.
    pub average: Option<u64>,
    /// Days: midnight, byte-hours, average bytes (unknown without a tally). The last 60.
    pub stored: Vec<(i64, f64, Option<f64>)>,
    /// Days: midnight, egress, egress of repairs, of audits, ingress, ingress of repairs. The last 60.
    pub moved: Vec<(i64, [u64; 5])>,
    /// When the node told so.
    pub asked_ms: i64,
    /// Why it did not when it was asked last.
    pub error: Option<String>,
    /// Its blobs, by the node's databases: when (ms since the epoch), with headers, of pieces alone. What is in a
    /// hashstore is not in it.
    #[serde(default)]
    pub blobs: Option<(i64, u64, u64)>,
}
