//! What time it is, and how long its units are.

/// A minute, ms.
pub const MINUTE_MS: i64 = 60_000;
/// An hour, ms.
pub const HOUR_MS: i64 = 60 * MINUTE_MS;
/// A day, ms.
pub const DAY_MS: i64 = 24 * HOUR_MS;
/// An hour, s.
pub const HOUR_S: i64 = 3600;
/// A day, s.
pub const DAY_S: i64 = 24 * HOUR_S;

/// Now by the clock of this host, ms since the epoch. Whoever judges gets the time handed in instead.
pub fn now_ms() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}
