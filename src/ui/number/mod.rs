//! The one grammar of numbers: every figure on the screen is written here. Called by all panes.
//!
//! Marks are Unicode (`−`, `–`, `≈`), all one column wide; `text` turns them into plain ones where the terminal
//! needs it. A figure is never cut: where it does not fit, `text::right` shows that it is missing.

mod scale;
mod time;

pub use scale::{Scale, rate, size};
pub use time::{age, clock, date, date_and_minute, day, duration, minute, moment, second, zoned_clock};

use crate::domain::currency::{Currency, cents};
use crate::domain::money::Micro;

/// Not known, or not enough data.
pub const UNKNOWN: &str = "?";
/// Does not apply here.
pub const NOT_APPLICABLE: &str = "–";

/// Between groups of three digits. The thin spaces are missing from many terminal fonts, and in a cell they are
/// as wide as this one; like them it never breaks a line.
pub(super) const GROUP: char = '\u{a0}';

/// A figure that may be unknown.
pub fn known<T>(value: Option<T>, text: impl FnOnce(T) -> String) -> String {
    value.map_or_else(|| UNKNOWN.to_owned(), text)
}

/// A count, in groups of three from five digits on. In a column use [`Scale::counts`].
pub fn count(value: impl Into<i128>) -> String {
    fixed(value.into(), 0, 5)
}

/// A figure our own arithmetic made: `≈ 40 min`.
pub fn computed(text: &str) -> String {
    format!("≈ {text}")
}

/// A change: what is above zero gets its `+`.
pub fn change(text: &str) -> String {
    let more = !text.starts_with('−') && text.contains(|c| matches!(c, '1'..='9'));
    if more { format!("+{text}") } else { text.to_owned() }
}

/// From low to high; one figure if both are written alike.
pub fn range(low: &str, high: &str) -> String {
    if low == high {
        low.to_owned()
    } else if low.starts_with('−') || high.starts_with('−') {
        format!("{low} – {high}")
    } else {
        format!("{low}–{high}")
    }
}

/// Dollars and cents of micro-dollars, without the sign of the currency: for columns.
pub fn money(microusd: i64) -> String {
    cents(microusd)
}

/// Dollars and cents of micro-dollars: `$36.77`, `−$0.21`.
pub fn dollars(microusd: i64) -> String {
    Currency::default().text(Micro(microusd))
}

/// A score of a satellite, 0 to 1, with four decimals. What is below a line on which something happens (1,
/// 0.96, 0.6) is never written as that line, nor what is above.
pub fn score(value: f64) -> String {
    decimal(value, 4, &[1.0, 0.96, 0.6])
}

/// Percentages of one column, without the sign. A value is never rounded onto a limit: 99.996 is never 100.
/// Limits are kept where the decimals can write them; 100 is always one.
#[derive(Debug, Clone, Copy)]
pub struct Percent<'a> {
    decimals: u8,
    limits: &'a [f64],
}

impl<'a> Percent<'a> {
    /// With so many decimals (at most 9), keeping off these limits (in percent).
    pub const fn new(decimals: u8, limits: &'a [f64]) -> Self {
        let decimals = if decimals > 9 { 9 } else { decimals };
        Self { decimals, limits }
    }

    /// A percentage, 0 to 100 or beyond.
    pub fn text(&self, percent: f64) -> String {
        let limits: Vec<f64> = self.limits.iter().copied().chain([100.0]).collect();
        decimal(percent, self.decimals, &limits)
    }

    /// The part of a whole, exactly; of nothing it is unknown.
    pub fn share(&self, part: u64, whole: u64) -> String {
        if whole == 0 {
            return UNKNOWN.to_owned();
        }
        let hundredfold = i128::from(part) * 100 * power(self.decimals);
        let whole = i128::from(whole);
        let (floor, rest) = (hundredfold / whole, hundredfold % whole);
        let value = if rest == 0 {
            floor
        } else {
            settle(floor, rest * 2 >= whole, |n| self.is_limit(n))
        };
        fixed(value, self.decimals, 5)
    }

    fn is_limit(&self, scaled: i128) -> bool {
        let mut limits = self.limits.iter().copied().chain([100.0]);
        limits.any(|limit| self.scaled(limit) == scaled)
    }

    fn scaled(&self, percent: f64) -> i128 {
        (percent * power(self.decimals) as f64).round() as i128
    }
}

/// A number with so many decimals, kept off the limits.
fn decimal(value: f64, decimals: u8, limits: &[f64]) -> String {
    if !value.is_finite() {
        return UNKNOWN.to_owned();
    }
    let factor = power(decimals) as f64;
    let exact = value * factor;
    let nearest = exact.round();
    // 0.57 × 100 is a hair under 57: what floats add is no distance from a limit.
    let scaled = if (exact - nearest).abs() <= exact.abs() * 1e-12 {
        nearest as i128
    } else {
        let floor = exact.floor();
        let is_limit = |n: i128| limits.iter().any(|limit| (limit * factor).round() as i128 == n);
        settle(floor as i128, exact - floor >= 0.5, is_limit)
    };
    fixed(scaled, decimals, 5)
}

/// Of the two numbers around a value the nearer one, unless it is a limit and the other is not.
fn settle(floor: i128, up: bool, is_limit: impl Fn(i128) -> bool) -> i128 {
    let nearest = floor + i128::from(up);
    let other = floor + i128::from(!up);
    if is_limit(nearest) && !is_limit(other) {
        other
    } else {
        nearest
    }
}

fn power(decimals: u8) -> i128 {
    10i128.pow(decimals.into())
}

/// `value / divisor` in units of the last decimal, halves away from zero.
fn rounded(value: i128, decimals: u8, divisor: i128) -> i128 {
    let size = value.saturating_abs().saturating_mul(power(decimals));
    value.signum() * (size.saturating_add(divisor / 2) / divisor)
}

/// A number given in units of its last decimal; grouped if it has so many digits before the point.
fn fixed(scaled: i128, decimals: u8, group_from: usize) -> String {
    let unit = power(decimals).unsigned_abs();
    let (whole, part) = (scaled.unsigned_abs() / unit, scaled.unsigned_abs() % unit);
    let digits = whole.to_string();
    let mut text = String::with_capacity(digits.len() + 8);
    if scaled < 0 {
        text.push('−');
    }
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && digits.len() >= group_from && (digits.len() - at).is_multiple_of(3) {
            text.push(GROUP);
        }
        text.push(digit);
    }
    if decimals > 0 {
        text.push_str(&format!(".{part:0width$}", width = usize::from(decimals)));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What a figure says, as a number.
    fn value(text: &str) -> f64 {
        let plain: String = text.replace('−', "-").chars().filter(|c| *c != GROUP).collect();
        plain.parse().unwrap()
    }

    #[test]
    fn counts_group_from_five_digits() {
        let cases: [(i64, &str); 6] = [
            (0, "0"),
            (1816, "1816"),
            (21_902, "21\u{a0}902"),
            (1_028_324, "1\u{a0}028\u{a0}324"),
            (-9999, "−9999"),
            (-100_000, "−100\u{a0}000"),
        ];
        for (number, text) in cases {
            assert_eq!(count(number), text);
        }
        assert_eq!(count(u64::MAX).chars().filter(|c| *c == GROUP).count(), 6);
    }

    #[test]
    fn percentages_never_round_onto_a_limit() {
        let online = Percent::new(1, &[60.0]);
        let cases = [
            (99.996, "99.9"),
            (99.96, "99.9"),
            (99.9, "99.9"),
            (100.0, "100.0"),
            (99.999_999_99, "99.9"),
            (99.999_999_999_999_98, "100.0"),
            (100.04, "100.1"),
            (59.97, "59.9"),
            (60.0, "60.0"),
            (60.02, "60.1"),
            (0.57 * 100.0, "57.0"),
            (0.04, "0.0"),
            (-0.04, "0.0"),
            (-1.3, "−1.3"),
            (f64::NAN, "?"),
            (f64::INFINITY, "?"),
        ];
        for (percent, text) in cases {
            assert_eq!(online.text(percent), text, "{percent}");
        }
        assert_eq!(Percent::new(0, &[]).text(99.5), "99");
    }

    #[test]
    fn shares_are_exact_to_the_last_of_many() {
        let percent = Percent::new(2, &[98.0]);
        let most = u64::MAX;
        assert_eq!(percent.share(most - 1, most), "99.99");
        assert_eq!(percent.share(most, most), "100.00");
        assert_eq!(percent.share(979_999_999, 1_000_000_000), "97.99");
        assert_eq!(percent.share(980_000_001, 1_000_000_000), "98.01");
        assert_eq!(percent.share(1, 3), "33.33");
        assert_eq!(percent.share(0, 0), UNKNOWN);
    }

    #[test]
    fn scores_keep_off_their_lines() {
        let cases = [
            (1.0, "1.0000"),
            (0.999_99, "0.9999"),
            (0.959_99, "0.9599"),
            (0.96, "0.9600"),
            (0.599_96, "0.5999"),
            (0.988_14, "0.9881"),
            (0.0, "0.0000"),
        ];
        for (number, text) in cases {
            assert_eq!(score(number), text);
        }
    }

    #[test]
    fn money_has_cents_and_no_negative_nothing() {
        let cases = [
            (36_774_999, "$36.77"),
            (5_000, "$0.01"),
            (-210_000, "−$0.21"),
            (-4_000, "$0.00"),
            (12_345_670_000, "$12\u{a0}345.67"),
        ];
        for (microusd, text) in cases {
            assert_eq!(dollars(microusd), text);
        }
        assert_eq!(money(-210_000), "−0.21");
        assert!(dollars(i64::MIN).starts_with("−$"));
    }

    #[test]
    fn marks_of_change_range_and_ignorance() {
        assert_eq!(change("41 GB/day"), "+41 GB/day");
        assert_eq!(change("$1.19"), "+$1.19");
        assert_eq!(change("−0.4"), "−0.4");
        assert_eq!(change("0.00"), "0.00");
        assert_eq!(change(UNKNOWN), "?");
        assert_eq!(range("51.90", "58.20"), "51.90–58.20");
        assert_eq!(range("6", "6"), "6");
        assert_eq!(range("−3", "−1"), "−3 – −1");
        assert_eq!(computed("40 min"), "≈ 40 min");
        assert_eq!(known(None::<u64>, size), "?");
        assert_eq!(known(Some(7), count), "7");
    }

    proptest! {
        #[test]
        fn more_is_never_written_as_less(a in -200.0..200.0f64, b in -200.0..200.0f64, decimals in 0u8..5) {
            let percent = Percent::new(decimals, &[60.0, 98.0]);
            let (low, high) = (a.min(b), a.max(b));
            prop_assert!(value(&percent.text(low)) <= value(&percent.text(high)));
            prop_assert!(value(&score(low)) <= value(&score(high)));
        }

        #[test]
        fn a_percentage_stays_on_its_side_of_a_limit(near in -0.2..0.2f64, decimals in 0u8..5) {
            prop_assume!(near.abs() > 1e-6);
            for limit in [60.0, 98.0, 100.0] {
                let text = Percent::new(decimals, &[60.0, 98.0]).text(limit + near);
                prop_assert_eq!(value(&text) > limit, near > 0.0, "{} {}", limit + near, text);
                prop_assert!(value(&text) != limit);
            }
        }

        #[test]
        fn money_is_monotonic_and_within_half_a_cent(a: i32, b: i32) {
            let (a, b) = (i64::from(a) * 7, i64::from(b) * 7);
            prop_assert!((value(&money(a)) - a as f64 / 1e6).abs() <= 0.005 + 1e-6);
            prop_assert!(value(&money(a.min(b))) <= value(&money(a.max(b))));
        }
    }
}
