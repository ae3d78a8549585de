//! Money as the person reads it: symbol, factor, two decimals; months in words. Used by all blocks of the pane.

use jiff::tz::TimeZone;

use crate::api::money::Currency;
use crate::domain::money::{Micro, Month};
use crate::ui::number::{self, Percent};
use crate::ui::table::Cell;

/// A symbol is no longer than this: it stands before every amount.
const LONGEST: usize = 4;

/// How amounts are written.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Cash(Currency);

impl Default for Cash {
    fn default() -> Self {
        Self::of(&Currency::default())
    }
}

impl Cash {
    pub(super) fn of(currency: &Currency) -> Self {
        Self(Currency {
            symbol: currency.symbol.chars().take(LONGEST).collect(),
            factor: currency.factor,
        })
    }

    /// The symbol, and what dollars are times.
    pub(super) fn currency(&self) -> &Currency {
        &self.0
    }

    /// Stands before amounts, and in headings.
    pub(super) fn symbol(&self) -> &str {
        &self.0.symbol
    }

    /// In the person's money, micro.
    fn own(&self, amount: Micro) -> i64 {
        self.0.own(amount).0
    }

    /// As a number, to draw.
    pub(super) fn value(&self, amount: Micro) -> f64 {
        self.own(amount) as f64 / 1e6
    }

    /// `36.77`: for columns.
    pub(super) fn plain(&self, amount: Micro) -> String {
        self.0.plain(amount)
    }

    /// `$36.77`, `−$0.21`.
    pub(super) fn text(&self, amount: Micro) -> String {
        self.0.text(amount)
    }

    /// What may be unknown.
    pub(super) fn known(&self, amount: Option<Micro>) -> String {
        number::known(amount, |amount| self.text(amount))
    }

    /// Short: for bars, of which the largest is so much.
    pub(super) fn rough(&self, amount: Micro, most: Micro) -> String {
        match self.value(most) {
            ..10.0 => format!("{:.1}", self.value(amount)),
            _ => number::count(self.value(amount).round() as i64),
        }
    }

    /// To the last digit: for explanations.
    pub(super) fn exact(&self, amount: Micro) -> String {
        self.0.exact(amount)
    }

    /// Cents for a TB.
    pub(super) fn price(&self, cents: i64) -> Micro {
        Micro(cents.saturating_mul(10_000))
    }

    /// In a table: shown as the person's money, sorted (and written to files) as dollars.
    pub(super) fn cell(&self, amount: Option<Micro>) -> Cell {
        amount.map_or(Cell::unknown(), |amount| {
            Cell::number(self.plain(amount), amount.dollars())
        })
    }

    /// What is kept back, as what it takes away: `−0.26`; nothing is `0.00`.
    pub(super) fn taken(&self, amount: Micro) -> Cell {
        Cell::number(self.plain(-amount), amount.dollars())
    }

    /// What is not there most of the time.
    pub(super) fn some(&self, amount: Micro) -> Cell {
        match amount.0 {
            0 => Cell::absent(),
            _ => self.cell(Some(amount)),
        }
    }

    /// `51.90–58.20`.
    pub(super) fn range(&self, low: Micro, high: Micro) -> String {
        number::range(&self.plain(low), &self.plain(high))
    }
}

/// `August 2026`.
pub(super) fn month(month: Month) -> String {
    written(month, "%B %Y")
}

/// `Aug 2026`.
pub(super) fn short_month(month: Month) -> String {
    written(month, "%b %Y")
}

/// `Aug`.
pub(super) fn month_name(month: Month) -> String {
    written(month, "%b")
}

fn written(month: Month, format: &str) -> String {
    let middle = month.start_ms() + 86_400_000;
    jiff::Timestamp::from_millisecond(middle).map_or_else(
        |_| month.to_string(),
        |time| time.to_zoned(TimeZone::UTC).strftime(format).to_string(),
    )
}

/// A day of a satellite: `9 Aug`.
pub(super) fn day(ms: i64) -> String {
    number::day(ms, &TimeZone::UTC)
}

/// How far an amount is from another one: `+0.7 %`; `None`: there is nothing to measure by.
pub(super) fn apart(difference: Micro, from: Micro) -> Option<String> {
    (from.0 != 0).then(|| {
        let percent = difference.0 as f64 / from.0 as f64 * 100.0;
        // Against nearly nothing all is far: that is no percentage.
        match percent.abs() < 200.0 {
            true => format!("{} %", number::change(&Percent::new(1, &[]).text(percent))),
            false => "far off".to_owned(),
        }
    })
}

/// A share of a whole in whole percent.
pub(super) fn share(part: f64, whole: f64) -> Option<String> {
    (whole > 0.0).then(|| format!("{} %", Percent::new(0, &[]).text(part / whole * 100.0)))
}

/// Bytes as TB: `12.03`.
pub(super) fn tb(bytes: f64) -> String {
    format!("{:.2}", bytes / crate::domain::money::TB)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_of_the_persons_money() {
        let euro = Cash::of(&Currency {
            symbol: "€".to_owned(),
            factor: 0.5,
        });
        assert_eq!(euro.text(Micro(-3_000_000)), "−€1.50");
        assert_eq!(euro.exact(Micro(3)), "€0.000002");
        assert_eq!(
            (euro.rough(Micro(7_000_000), Micro(20_000_000)), euro.known(None)),
            ("4".to_owned(), "?".to_owned())
        );
        for factor in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            let cash = Cash::of(&Currency {
                symbol: "dollars".to_owned(),
                factor,
            });
            assert_eq!(cash.text(Micro(1_000_000)), "doll\u{a0}1.00", "{factor}");
        }
        let cell = euro.cell(Some(Micro(3_000_000)));
        assert_eq!(
            (&*cell.text, cell.sort),
            ("1.50", crate::ui::table::SortKey::Number(3.0)),
            "dollars go into files"
        );
        let dollars = Cash::default();
        assert_eq!(&*dollars.taken(Micro(210_000)).text, "−0.21");
        assert_eq!(&*dollars.taken(Micro(0)).text, "0.00");
        assert_eq!(
            dollars.value(dollars.price(149)),
            1.49,
            "prices are told in cents of a dollar"
        );
    }

    #[test]
    fn months_and_distances_are_words() {
        let august: Month = "2026-08".parse().unwrap();
        assert_eq!(
            [month(august), short_month(august), month_name(august)],
            ["August 2026", "Aug 2026", "Aug"]
        );
        assert_eq!(apart(Micro(-13), Micro(1000)).as_deref(), Some("−1.3 %"));
        assert_eq!(apart(Micro(1), Micro(0)), None);
        assert_eq!(apart(Micro(100), Micro(1)).as_deref(), Some("far off"));
        assert_eq!(share(0.257, 37.03).as_deref(), Some("1 %"));
    }
}
