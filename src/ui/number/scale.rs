//! Sizes, rates and counts: one unit and constant decimals for a whole column, three digits in prose.

use super::{fixed, power, rounded};

/// Unit, its worth, decimals in a column.
type Rung = (&'static str, i128, u8);

const SIZES: [Rung; 6] = [
    ("B", 1, 0),
    ("kB", 1_000, 1),
    ("MB", 1_000_000, 1),
    ("GB", 1_000_000_000, 1),
    ("TB", 1_000_000_000_000, 2),
    ("PB", 1_000_000_000_000_000, 2),
];

const RATES: [Rung; 6] = [
    ("B/s", 1, 0),
    ("kB/s", 1_000, 1),
    ("MB/s", 1_000_000, 1),
    ("GB/s", 1_000_000_000, 1),
    ("TB/s", 1_000_000_000_000, 1),
    ("PB/s", 1_000_000_000_000_000, 1),
];

/// How all values of a column are written, so that their decimal points stand under each other when they are
/// right-aligned. The unit belongs into the header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scale {
    unit: &'static str,
    worth: i128,
    decimals: u8,
    group_from: usize,
    width: usize,
}

impl Scale {
    /// For sizes in bytes, by the largest of them; GB where none is known.
    pub fn of<V: Into<i128>>(values: impl IntoIterator<Item = V>) -> Self {
        Self::chosen((&SIZES, SIZES[3]), values)
    }

    /// For rates in bytes a second, by the largest of them; MB/s where none is known.
    pub fn rates<V: Into<i128>>(values: impl IntoIterator<Item = V>) -> Self {
        Self::chosen((&RATES, RATES[2]), values)
    }

    /// For counts: as soon as one has five digits, all are grouped.
    pub fn counts<V: Into<i128>>(values: impl IntoIterator<Item = V>) -> Self {
        Self::fitted(("", 1, 0), &collect(values))
    }

    /// For sizes in terabytes (10^12 bytes) with so many decimals (at most 9): where money is counted.
    pub fn terabytes<V: Into<i128>>(decimals: u8, values: impl IntoIterator<Item = V>) -> Self {
        Self::fitted(("TB", 1_000_000_000_000, decimals.min(9)), &collect(values))
    }

    /// The unit, for the header; empty for counts.
    pub fn unit(&self) -> &'static str {
        self.unit
    }

    /// Columns the widest of the values takes; at least one.
    pub fn width(&self) -> usize {
        self.width
    }

    /// A value, without its unit.
    pub fn text(&self, value: impl Into<i128>) -> String {
        fixed(
            rounded(value.into(), self.decimals, self.worth),
            self.decimals,
            self.group_from,
        )
    }

    /// A column of unknown values is headed as most are.
    fn chosen<V: Into<i128>>((ladder, usual): (&[Rung; 6], Rung), values: impl IntoIterator<Item = V>) -> Self {
        let values = collect(values);
        if values.is_empty() {
            return Self::fitted(usual, &values);
        }
        let largest = values.iter().map(|value| value.saturating_abs()).max().unwrap_or(0);
        let [.., last] = ladder;
        let fits = |rung: &&Rung| rounded(largest, rung.2, rung.1) < 1000 * power(rung.2);
        Self::fitted(*ladder.iter().find(fits).unwrap_or(last), &values)
    }

    fn fitted((unit, worth, decimals): Rung, values: &[i128]) -> Self {
        let wide = |value: &i128| rounded(value.saturating_abs(), decimals, worth) >= 10_000 * power(decimals);
        let group_from = if values.iter().any(wide) { 4 } else { 5 };
        let mut scale = Self {
            unit,
            worth,
            decimals,
            group_from,
            width: 1,
        };
        let widths = values.iter().map(|value| scale.text(*value).chars().count());
        scale.width = widths.max().unwrap_or(1);
        scale
    }
}

fn collect<V: Into<i128>>(values: impl IntoIterator<Item = V>) -> Vec<i128> {
    values.into_iter().map(Into::into).collect()
}

/// A size in prose, with three digits: `612 kB`, `2.02 MB`, `41.0 GB`, `−60.0 GB`.
pub fn size(bytes: impl Into<i128>) -> String {
    let bytes = bytes.into();
    for (unit, worth, _) in SIZES {
        let decimals: &[u8] = if worth < 1_000_000 { &[0] } else { &[2, 1, 0] };
        for decimals in decimals {
            let scaled = rounded(bytes, *decimals, worth);
            if scaled.abs() < 1000 {
                return format!("{} {unit}", fixed(scaled, *decimals, 5));
            }
        }
    }
    let [.., (unit, worth, _)] = SIZES;
    format!("{} {unit}", fixed(rounded(bytes, 0, worth), 0, 5))
}

/// A rate in prose, of bytes a second: `7.9 MB/s`, `612 kB/s`.
pub fn rate(bytes_per_second: impl Into<i128>) -> String {
    let rate = bytes_per_second.into();
    let [.., last] = RATES;
    let decimals = |rung: &Rung| u8::from(rung.1 >= 1_000_000);
    let fits = |rung: &&Rung| rounded(rate, decimals(rung), rung.1).abs() < 1000 * power(decimals(rung));
    let rung = RATES.iter().find(fits).unwrap_or(&last);
    let number = fixed(rounded(rate, decimals(rung), rung.1), decimals(rung), 5);
    format!("{number} {}", rung.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TB: i64 = 1_000_000_000_000;
    const GB: i64 = 1_000_000_000;

    #[test]
    fn the_largest_chooses_the_unit_and_rounding_never_makes_a_thousand() {
        let cases: [(&[i64], &str, &[&str]); 7] = [
            (&[6_480 * GB, 240 * GB, 0], "TB", &["6.48", "0.24", "0.00"]),
            (&[455_200_000_000, 3_100_000_000], "GB", &["455.2", "3.1"]),
            (&[999_949_999_999, 1], "GB", &["999.9", "0.0"]),
            (&[999_950_000_000], "TB", &["1.00"]),
            (&[-60 * GB, 4 * GB], "GB", &["−60.0", "4.0"]),
            (&[999, 7], "B", &["999", "7"]),
            (&[i64::MAX, 2 * TB], "PB", &["9223.37", "0.00"]),
        ];
        for (values, unit, texts) in cases {
            let scale = Scale::of(values.iter().copied());
            assert_eq!(scale.unit(), unit, "{values:?}");
            let written: Vec<String> = values.iter().map(|value| scale.text(*value)).collect();
            assert_eq!(written, texts, "{values:?}");
        }
        assert_eq!(Scale::of(Vec::<u64>::new()).unit(), "GB");
        assert_eq!(
            (Scale::rates(Vec::<u64>::new()).unit(), Scale::of([0_u64]).unit()),
            ("MB/s", "B")
        );
        assert_eq!(Scale::of([i128::MIN, i128::MAX]).unit(), "PB");
        assert_eq!(Scale::rates([3_300_000, 200_000]).text(200_000), "0.2");
        assert_eq!(Scale::rates([3_300_000]).unit(), "MB/s");
        let months = Scale::terabytes(3, [3_155 * GB, 960 * GB]);
        assert_eq!((months.text(960 * GB), months.width()), ("0.960".to_owned(), 5));
    }

    #[test]
    fn counts_of_a_column_are_all_grouped_or_none() {
        assert_eq!(Scale::counts([1816, 902]).text(1816), "1816");
        let long = Scale::counts([21_902, 1816]);
        assert_eq!(long.text(1816), "1\u{a0}816");
        assert_eq!(long.width(), 6);
    }

    #[test]
    fn prose_has_three_digits() {
        let cases: [(i64, &str); 9] = [
            (0, "0 B"),
            (999, "999 B"),
            (97_400, "97 kB"),
            (999_500, "1.00 MB"),
            (2_020_000, "2.02 MB"),
            (41 * GB, "41.0 GB"),
            (-60 * GB, "−60.0 GB"),
            (999_500_000_000, "1.00 TB"),
            (i64::MAX, "9223 PB"),
        ];
        for (bytes, text) in cases {
            assert_eq!(size(bytes), text);
        }
        let rates: [(i64, &str); 5] = [
            (0, "0 B/s"),
            (612_400, "612 kB/s"),
            (7_900_000, "7.9 MB/s"),
            (999_960_000, "1.0 GB/s"),
            (-13_800_000, "−13.8 MB/s"),
        ];
        for (bytes, text) in rates {
            assert_eq!(rate(bytes), text);
        }
    }

    /// Values of all magnitudes.
    fn values() -> impl Strategy<Value = Vec<i64>> {
        let value = (any::<i64>(), 0u32..63).prop_map(|(value, shift)| value >> shift);
        proptest::collection::vec(value, 1..12)
    }

    proptest! {
        #[test]
        fn points_stand_under_each_other_in_the_width_given(values in values()) {
            for scale in [Scale::of(values.clone()), Scale::rates(values.clone()), Scale::counts(values.clone())] {
                let lines: Vec<String> = values
                    .iter()
                    .map(|value| format!("{:>width$}", scale.text(*value), width = scale.width()))
                    .collect();
                let point = |line: &String| line.chars().position(|c| c == '.');
                for line in &lines {
                    prop_assert_eq!(line.chars().count(), scale.width());
                    prop_assert_eq!(point(line), point(&lines[0]));
                }
                let group = |at: usize| lines.iter().filter_map(|line| line.chars().nth(at)).collect::<String>();
                for at in 0..scale.width() {
                    let column = group(at);
                    let digits = column.contains(|c: char| c.is_ascii_digit());
                    prop_assert!(!(digits && column.contains('\u{a0}')), "{:?}", lines);
                }
            }
        }

        #[test]
        fn more_is_never_written_as_less(values in values()) {
            let scale = Scale::of(values.clone());
            let mut sorted = values;
            sorted.sort_unstable();
            let numbers: Vec<f64> = sorted
                .iter()
                .map(|value| scale.text(*value).replace('−', "-").replace('\u{a0}', "").parse().unwrap())
                .collect();
            prop_assert!(numbers.is_sorted(), "{:?}", numbers);
        }
    }
}
