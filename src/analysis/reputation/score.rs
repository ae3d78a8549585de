//! The arithmetic of scores, in closed form. Satellites keep two numbers for a score: a success makes
//! alpha ← λ·alpha + 1 and beta ← λ·beta, a failure the reverse, and the score is alpha / (alpha + beta)
//! (`satellite/reputation/calculations.go`). Their sum moves to 1 / (1 − λ) and stays there, so one result
//! makes of a score s: λ·s, or λ·s + (1 − λ). Constants are the defaults of the satellite's reputation
//! configuration (`AuditLambda`, `AuditDQ`, `UnknownAuditLambda`, `UnknownAuditDQ`, `OfflineThreshold`).

/// At or below this audit score a satellite disqualifies, for good.
pub const AUDIT_DISQUALIFIES: f64 = 0.96;
/// At or below this suspension score a satellite suspends, until the score is above it again.
pub const SUSPENDS: f64 = 0.6;
/// Below this online score, over a whole 30 days, a satellite suspends.
pub const OFFLINE_SUSPENDS: f64 = 0.6;

/// A score that forgets: what one result leaves of it, and where the satellite acts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Forgetting {
    /// What one result leaves of the score before it.
    pub lambda: f64,
    /// At or below it the satellite acts.
    pub limit: f64,
}

/// The audit score: missing pieces.
pub const AUDIT: Forgetting = Forgetting {
    lambda: 0.999,
    limit: AUDIT_DISQUALIFIES,
};
/// The suspension score: audits that failed for an unknown reason. A satellite that knows the node for less than
/// about a hundred audits forgives more of them than this says.
pub const SUSPENSION: Forgetting = Forgetting {
    lambda: 0.95,
    limit: SUSPENDS,
};

/// More than any score allows.
const MOST: f64 = 1e6;

impl Forgetting {
    /// Failures in a row until the satellite acts, counting the last one; 0: it is at the limit. From the least n
    /// with s·λⁿ ≤ limit.
    pub fn failures_left(self, score: f64) -> u32 {
        // Not a number is no score: nothing is left of it.
        if score.is_nan() || score <= self.limit {
            return 0;
        }
        let score = score.min(1.0);
        let exact = (self.limit / score).ln() / self.lambda.ln();
        let mut failures = exact.ceil().clamp(1.0, MOST) as u32;
        // The logarithm may be off by a hair.
        let falls = |failures: u32| self.after(score, false, failures) <= self.limit;
        while !falls(failures) {
            failures += 1;
        }
        while failures > 1 && falls(failures - 1) {
            failures -= 1;
        }
        failures
    }

    /// The score after so many equal results: s·λⁿ, or 1 − (1 − s)·λⁿ.
    pub fn after(self, score: f64, passed: bool, results: u32) -> f64 {
        let left = self.lambda.powi(i32::try_from(results).unwrap_or(i32::MAX));
        match passed {
            true => 1.0 - (1.0 - score) * left,
            false => score * left,
        }
    }

    /// The score after results in their order; `true`: passed.
    pub fn project(self, score: f64, results: impl IntoIterator<Item = bool>) -> f64 {
        let (mut score, mut run) = (score, (true, 0));
        for passed in results {
            if passed != run.0 {
                score = self.after(score, run.0, run.1);
                run = (passed, 0);
            }
            run.1 += 1;
        }
        self.after(score, run.0, run.1)
    }

    /// Results until the limit where this share of them fails, on average; `None`: the score settles above it. The
    /// score moves to 1 − p: s(n) = (1 − p) + (s − (1 − p))·λⁿ.
    pub fn results_to_limit(self, score: f64, failing: f64) -> Option<f64> {
        let settles = 1.0 - failing.clamp(0.0, 1.0);
        if score <= self.limit {
            return Some(0.0);
        }
        if score.is_nan() || settles >= self.limit {
            return None;
        }
        Some(((self.limit - settles) / (score - settles)).ln() / self.lambda.ln())
    }

    /// Passed results in a row until the score is above `level` again; 0: it is.
    pub fn passes_to(self, score: f64, level: f64) -> Option<u32> {
        if score > level {
            return Some(0);
        }
        let exact = ((1.0 - level) / (1.0 - score)).ln() / self.lambda.ln();
        exact.is_finite().then(|| exact.floor().clamp(0.0, MOST) as u32 + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As a satellite does it, step by step, from the steady state of its two numbers.
    struct Satellite {
        alpha: f64,
        beta: f64,
        lambda: f64,
    }

    impl Satellite {
        fn at(score: f64, lambda: f64) -> Self {
            let sum = 1.0 / (1.0 - lambda);
            Self {
                alpha: score * sum,
                beta: (1.0 - score) * sum,
                lambda,
            }
        }

        fn result(&mut self, passed: bool) {
            self.alpha = self.lambda * self.alpha + f64::from(u8::from(passed));
            self.beta = self.lambda * self.beta + f64::from(u8::from(!passed));
        }

        fn score(&self) -> f64 {
            self.alpha / (self.alpha + self.beta)
        }
    }

    /// Reproducible dice.
    fn dice(seed: &mut u64) -> f64 {
        *seed = seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (*seed >> 11) as f64 / (1_u64 << 53) as f64
    }

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
            (f64::NAN, 0),
            (2.0, 41),
        ];
        for (score, failures) in cases {
            assert_eq!(AUDIT.failures_left(score), failures, "{score}");
        }
        assert_eq!((SUSPENSION.failures_left(1.0), SUSPENSION.failures_left(0.6)), (10, 0));
    }

    #[test]
    fn distance_is_what_a_satellite_would_count() {
        let mut seed = 7;
        for kind in [AUDIT, SUSPENSION] {
            for _ in 0..5000 {
                let score = kind.limit + (1.0 - kind.limit) * dice(&mut seed);
                let mut satellite = Satellite::at(score, kind.lambda);
                let mut failures = 0;
                while satellite.score() > kind.limit {
                    satellite.result(false);
                    failures += 1;
                }
                assert_eq!(kind.failures_left(score), failures, "{score}");
            }
        }
    }

    #[test]
    fn a_projection_is_what_a_satellite_would_say() {
        let mut seed = 11;
        for _ in 0..500 {
            let (start, failing) = (dice(&mut seed), dice(&mut seed));
            let results: Vec<bool> = (0..400).map(|_| dice(&mut seed) > failing).collect();
            for kind in [AUDIT, SUSPENSION] {
                let mut satellite = Satellite::at(start, kind.lambda);
                results.iter().for_each(|passed| satellite.result(*passed));
                let ours = kind.project(start, results.iter().copied());
                assert!((ours - satellite.score()).abs() < 1e-9, "{ours} {}", satellite.score());
            }
        }
        assert_eq!(AUDIT.project(0.97, []), 0.97);
    }

    #[test]
    fn pace_and_way_back_agree_with_the_steps() {
        // All fail: the same as the failures in a row.
        assert_eq!(AUDIT.results_to_limit(1.0, 1.0).map(f64::ceil), Some(41.0));
        assert_eq!(
            (AUDIT.results_to_limit(0.99, 0.04), AUDIT.results_to_limit(0.9, 0.0)),
            (None, Some(0.0))
        );
        // A half: its mean goes the expected way.
        let results = AUDIT.results_to_limit(1.0, 0.5).unwrap();
        let mut mean: f64 = 1.0;
        let mut steps = 0;
        while mean > AUDIT.limit {
            mean = 0.999 * mean + 0.001 * 0.5;
            steps += 1;
        }
        assert_eq!(results.ceil() as u32, steps);
        for score in [0.3, 0.6, 0.9599] {
            let passes = AUDIT.passes_to(score, 0.96).unwrap();
            assert!(AUDIT.after(score, true, passes) > 0.96 && AUDIT.after(score, true, passes - 1) <= 0.96);
        }
        assert_eq!(
            (AUDIT.passes_to(0.99, 0.96), AUDIT.passes_to(0.5, 1.0)),
            (Some(0), None)
        );
    }
}
