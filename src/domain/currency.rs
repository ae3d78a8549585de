//! Dollars as a person reads them: symbol and rate of the configuration. Every amount for people is written here; rows
//! and JSON for scripts stay in dollars.

use serde::{Deserialize, Serialize};

use super::money::Micro;

/// Between groups of three digits, of amounts with five digits and more, and after a symbol of letters. In a cell it is as wide as any other; it never
/// breaks a line.
const GROUP: char = '\u{a0}';

/// How the user wants dollars to be read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Currency {
    /// Stands before the amount: `$`.
    pub symbol: String,
    /// Dollars times this are the amount.
    pub factor: f64,
}

impl Default for Currency {
    fn default() -> Self {
        Self {
            symbol: "$".to_owned(),
            factor: 1.0,
        }
    }
}

impl Currency {
    /// Whether amounts are read as they are.
    pub fn is_dollars(&self) -> bool {
        *self == Self::default()
    }

    /// In the person's money.
    pub fn own(&self, amount: Micro) -> Micro {
        let is_rate = self.factor.is_finite() && self.factor > 0.0 && self.factor != 1.0;
        match is_rate {
            true => Micro((amount.0 as f64 * self.factor).round() as i64),
            false => amount,
        }
    }

    /// `36.77`: for columns.
    pub fn plain(&self, amount: Micro) -> String {
        cents(self.own(amount).0)
    }

    /// `$36.77`, `−$0.21`.
    pub fn text(&self, amount: Micro) -> String {
        self.signed(&self.plain(amount))
    }

    /// To the last digit: `$36.774999`.
    pub fn exact(&self, amount: Micro) -> String {
        self.signed(&decimal(self.own(amount).0, 6))
    }

    /// Without the symbol, four places, as small amounts need them: `0.0123`.
    pub fn fine(&self, amount: Micro) -> String {
        decimal(self.own(amount).0, 4)
    }

    fn signed(&self, plain: &str) -> String {
        let (sign, amount) = plain.strip_prefix('−').map_or(("", plain), |amount| ("−", amount));
        match self.symbol.ends_with(char::is_alphabetic) {
            // Letters and digits run into each other.
            true => format!("{sign}{}{GROUP}{amount}", self.symbol),
            false => format!("{sign}{}{amount}", self.symbol),
        }
    }
}

/// Millionths with two decimals, in groups of three from five digits on.
pub fn cents(micro: i64) -> String {
    let text = decimal(micro, 2);
    let (whole, part) = text.split_once('.').unwrap_or((&text, ""));
    let (sign, digits) = whole.strip_prefix('−').map_or(("", whole), |digits| ("−", digits));
    if digits.len() < 5 {
        return text;
    }
    let mut grouped = String::from(sign);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(GROUP);
        }
        grouped.push(digit);
    }
    format!("{grouped}.{part}")
}

/// Millionths with so many decimals, at most six, rounded half away from zero; nothing is never negative.
fn decimal(micro: i64, decimals: u32) -> String {
    let (unit, step) = (10_u64.pow(decimals), 10_u64.pow(6 - decimals));
    let size = micro.unsigned_abs() / step + u64::from(micro.unsigned_abs() % step * 2 >= step);
    let sign = if micro < 0 && size > 0 { "−" } else { "" };
    format!(
        "{sign}{}.{:0width$}",
        size / unit,
        size % unit,
        width = decimals as usize
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_in_the_persons_money() {
        let euro = Currency {
            symbol: "€".to_owned(),
            factor: 0.5,
        };
        assert_eq!(euro.text(Micro(-3_000_000)), "−€1.50");
        assert_eq!(
            (euro.fine(Micro(246)), euro.exact(Micro(3))),
            ("0.0001".to_owned(), "€0.000002".to_owned())
        );
        for factor in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            let odd = Currency { factor, ..euro.clone() };
            assert_eq!(odd.text(Micro(1_000_000)), "€1.00", "{factor}");
        }
        let francs = Currency {
            symbol: "CHF".to_owned(),
            factor: 1.0,
        };
        assert_eq!(francs.text(Micro(-210_000)), "−CHF\u{a0}0.21");
        let dollars = Currency::default();
        for (micro, text) in [
            (36_774_999, "$36.77"),
            (5_000, "$0.01"),
            (-4_999, "$0.00"),
            (-5_000, "−$0.01"),
            (-12_345_670_000, "−$12\u{a0}345.67"),
            (9_999_995_000, "$10\u{a0}000.00"),
            (i64::MAX, "$9\u{a0}223\u{a0}372\u{a0}036\u{a0}854.78"),
            (i64::MIN, "−$9\u{a0}223\u{a0}372\u{a0}036\u{a0}854.78"),
        ] {
            assert_eq!(dollars.text(Micro(micro)), text, "{micro}");
        }
    }
}
