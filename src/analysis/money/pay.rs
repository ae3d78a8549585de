//! Bytes times prices, exactly: integers throughout, rounded to the nearest micro-dollar, halves up.

use crate::domain::money::Micro;

/// Micro-dollars of a cent.
const MICRO: i128 = 10_000;
const TB: i128 = 1_000_000_000_000;
const HOURS: i128 = 720;

fn quotient(amount: i128, by: i128) -> Micro {
    let rounded = (2 * amount + by).div_euclid(2 * by);
    Micro(i64::try_from(rounded).unwrap_or(i64::MAX))
}

/// For bytes moved, at cents a TB.
pub fn moved(bytes: u64, cents: i64) -> Micro {
    quotient(i128::from(bytes) * i128::from(cents) * MICRO, TB)
}

/// For byte-hours, at cents a TB and month of 720 h.
pub fn stored(byte_hours: f64, cents: i64) -> Micro {
    // No more than 1e21: whole byte-hours fit.
    quotient(byte_hours.round() as i128 * i128::from(cents) * MICRO, TB * HOURS)
}

/// So many percent of an amount.
pub fn percent(amount: Micro, percent: i64) -> Micro {
    quotient(i128::from(amount.0) * i128::from(percent), 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cents_of_bytes_are_exact() {
        assert_eq!(moved(120_000_000_000, 200), Micro(240_000));
        // 960 TBh at 1.49: 1.986666…
        assert_eq!(stored(960e12, 149), Micro(1_986_667));
        assert_eq!((moved(249_999, 200), moved(250_000, 200)), (Micro(0), Micro(1)));
        assert_eq!((moved(u64::MAX, 200).0, stored(0.4, 149).0), (36_893_488_147_419, 0));
        assert_eq!((percent(Micro(5), 50), percent(Micro(-5), 50)), (Micro(3), Micro(-2)));
    }
}
