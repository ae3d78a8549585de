//! How far a node is from what satellites do not forgive. Thresholds are the defaults of the satellite's
//! reputation configuration (`AuditLambda`, `AuditDQ`, `UnknownAuditDQ`, `OfflineThreshold`).

/// At or below this audit score a satellite disqualifies, for good.
pub const AUDIT_DISQUALIFIES: f64 = 0.96;
/// At or below this suspension score a satellite suspends, until the score is above it again.
pub const SUSPENDS: f64 = 0.6;
/// Below this online score, over a whole 30 days, a satellite suspends.
pub const OFFLINE_SUSPENDS: f64 = 0.6;
/// What one audit leaves of the score before it.
const AUDIT_LAMBDA: f64 = 0.999;

/// Audits that may fail in a row until the satellite disqualifies, counting the last one: 41 from a
/// perfect score; 0: it is at the threshold.
pub fn audit_failures_to_disqualification(audit_score: f64) -> u32 {
    let mut score = audit_score;
    let mut failures = 0;
    // Alpha and beta always add up to 1000, so a failure takes a thousandth of the score.
    while score > AUDIT_DISQUALIFIES {
        score *= AUDIT_LAMBDA;
        failures += 1;
    }
    failures
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_in_a_row() {
        let cases = [
            (1.0, 41),
            (0.9995, 41),
            (0.98, 21),
            (0.961, 2),
            (0.9605, 1),
            (0.96, 0),
            (0.5, 0),
        ];
        for (score, failures) in cases {
            assert_eq!(audit_failures_to_disqualification(score), failures, "{score}");
        }
    }
}
