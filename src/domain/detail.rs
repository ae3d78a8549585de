//! What a node says of one satellite when it is asked: windows of audits, stored and moved bytes by day. Read by
//! `node`, kept by `store`, judged by `analysis`.

/// Audits of one window of the satellite (12 hours on the public network).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuditWindow {
    /// Its begin, ms since the epoch.
    pub start_ms: i64,
    /// Audits the satellite tried.
    pub total: u32,
    /// Of them the node was online for.
    pub online: u32,
}

/// What a satellite counted as stored on one day (UTC): what it pays.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StoredDay {
    /// Its midnight, ms since the epoch.
    pub start_ms: i64,
    /// Byte-hours of the day.
    pub byte_hours: f64,
    /// The day's average in bytes, as the node computes it; `None` before it told that.
    pub bytes: Option<f64>,
    /// Hours the tally stands for.
    pub hours: Option<f64>,
    /// The node filled a missing tally in (from release 1.162 on).
    pub calculated: bool,
}

/// Bytes that went over the wire on one day (UTC). Downloads count what was ordered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MovedDay {
    /// Its midnight, ms since the epoch.
    pub start_ms: i64,
    /// Customers' downloads.
    pub egress: u64,
    /// Repairs elsewhere.
    pub egress_repair: u64,
    /// Audits.
    pub egress_audit: u64,
    /// Customers' uploads.
    pub ingress: u64,
    /// Repairs to here.
    pub ingress_repair: u64,
}

/// One answer about one satellite. The days are of the current month and its eve.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Detail {
    /// The satellite's id.
    pub satellite_id: String,
    /// When the node joined it, ms since the epoch.
    pub joined_ms: Option<i64>,
    /// Whether the node's release tells when it was vetted at all (1.131).
    pub tells_vetting: bool,
    /// Average of the month so far, bytes.
    pub average_bytes: Option<f64>,
    /// Stored this month, byte-hours.
    pub byte_hours: Option<f64>,
    /// Windows of audits, the oldest first; the last one still runs.
    pub windows: Vec<AuditWindow>,
    /// What is paid for, by day.
    pub stored: Vec<StoredDay>,
    /// What was moved, by day.
    pub moved: Vec<MovedDay>,
}

/// What is known of a satellite by a node's answers until some time.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Known {
    /// When it last answered, ms since the epoch.
    pub answered_ms: i64,
    /// Why it did not when it was asked last.
    pub error: Option<String>,
    /// All that is kept: days of earlier months, too.
    pub detail: Detail,
}
