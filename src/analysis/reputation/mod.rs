//! How far a node is from what satellites do not forgive, where its scores go, and when they come back. Asked by
//! `collector`.

pub mod downtime;
pub mod score;
pub mod streak;
pub mod vetting;

pub use score::{AUDIT, AUDIT_DISQUALIFIES, OFFLINE_SUSPENDS, SUSPENDS, SUSPENSION};

/// Audits that may fail in a row until the satellite disqualifies, counting the last one: 41 from a
/// perfect score; 0: it is at the threshold.
pub fn audit_failures_to_disqualification(audit_score: f64) -> u32 {
    AUDIT.failures_left(audit_score)
}
