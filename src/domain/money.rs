//! Money as satellites count it: micro-dollars, months of UTC, prices, paystubs and payments. Read by `node`, kept by
//! `store`, added up by `analysis`.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Neg, Sub};
use std::str::FromStr;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

/// An amount in micro-dollars (1e-6 USD): sums are exact.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Micro(pub i64);

impl Micro {
    /// The nearest amount to so many dollars; what is beyond all money, or no number, is the farthest one or nothing.
    pub fn of_dollars(dollars: f64) -> Self {
        Self((dollars * 1e6).round() as i64)
    }

    /// In dollars, to draw or to divide.
    pub fn dollars(self) -> f64 {
        self.0 as f64 / 1e6
    }
}

/// What is not said of a node's running costs, so that they cannot be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lack {
    /// Neither fixed costs nor what power it draws.
    Running,
    /// Watts; what a kWh costs is said.
    Watts,
    /// What a kWh costs; watts are said.
    KwhPrice,
}

impl Lack {
    /// What is missing, in words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Running => "running costs not given",
            Self::Watts => "watts not given",
            Self::KwhPrice => "price of a kWh not given",
        }
    }

    /// Behind what was reckoned without it.
    pub fn brief(self) -> &'static str {
        match self {
            Self::Running => "no running costs",
            Self::Watts => "no watts",
            Self::KwhPrice => "no price per kWh",
        }
    }

    /// The setting that ends it.
    pub fn key(self) -> &'static str {
        match self {
            Self::Running => "monthly_cost",
            Self::Watts => "watts",
            Self::KwhPrice => "kwh_price",
        }
    }
}

impl Add for Micro {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl AddAssign for Micro {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sub for Micro {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl Neg for Micro {
    type Output = Self;

    fn neg(self) -> Self {
        Self(self.0.saturating_neg())
    }
}

impl Sum for Micro {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::default(), Add::add)
    }
}

/// A calendar month of UTC, as satellites pay by it. Written `2026-08`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month {
    /// Months since January of year 0.
    index: i32,
}

/// Hours of a paid month, however long it is.
pub const PAID_HOURS: f64 = 720.0;
/// Bytes of a paid terabyte.
pub const TB: f64 = 1e12;

impl Month {
    /// The month of a year; `None` when there is none.
    pub fn new(year: i16, month: i8) -> Option<Self> {
        let date = Date::new(year, month, 1).ok()?;
        Some(Self::of_date(date))
    }

    fn of_date(date: Date) -> Self {
        Self {
            index: i32::from(date.year()) * 12 + i32::from(date.month()) - 1,
        }
    }

    /// The month a time (ms since the epoch) lies in.
    pub fn of_ms(ms: i64) -> Self {
        let time = jiff::Timestamp::from_millisecond(ms).unwrap_or_default();
        Self::of_date(time.to_zoned(TimeZone::UTC).date())
    }

    /// So many months later; earlier, when negative.
    pub fn plus(self, months: i32) -> Self {
        Self {
            index: self.index.saturating_add(months),
        }
    }

    /// Months from another one to this one.
    pub fn since(self, other: Self) -> i32 {
        self.index.saturating_sub(other.index)
    }

    /// Its year.
    pub fn year(self) -> i32 {
        self.index.div_euclid(12)
    }

    /// 1 to 12.
    pub fn month(self) -> i32 {
        self.index.rem_euclid(12) + 1
    }

    /// Its begin, ms since the epoch.
    pub fn start_ms(self) -> i64 {
        let date = i16::try_from(self.year())
            .ok()
            .zip(i8::try_from(self.month()).ok())
            .and_then(|(year, month)| Date::new(year, month, 1).ok());
        let time = date.and_then(|date| date.to_zoned(TimeZone::UTC).ok());
        time.map_or(0, |time| time.timestamp().as_millisecond())
    }

    /// The begin of the next one, ms since the epoch.
    pub fn end_ms(self) -> i64 {
        self.plus(1).start_ms()
    }

    /// How long it is.
    pub fn hours(self) -> f64 {
        (self.end_ms() - self.start_ms()) as f64 / 3_600_000.0
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year(), self.month())
    }
}

impl FromStr for Month {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts = text
            .split_once('-')
            .filter(|(year, month)| year.len() == 4 && month.len() == 2)
            .filter(|(year, month)| year.bytes().chain(month.bytes()).all(|byte| byte.is_ascii_digit()));
        let month = parts.and_then(|(year, month)| Self::new(year.parse().ok()?, month.parse().ok()?));
        month.ok_or_else(|| format!("{text:?} is no month; write it as 2026-08"))
    }
}

impl Serialize for Month {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Month {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// What a satellite pays, in whole cents as it tells the node.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prices {
    /// For a TB stored a paid month.
    pub disk: i64,
    /// For a TB customers download.
    pub egress: i64,
    /// For a TB that repairs elsewhere take.
    pub repair: i64,
    /// For a TB of audits.
    pub audit: i64,
}

/// What a satellite settled for a month.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Paystub {
    /// The satellite's id.
    pub satellite_id: String,
    /// The month.
    pub period: Month,
    /// When it was made, ms since the epoch.
    pub created_ms: Option<i64>,
    /// The satellite's letters, as it gives them: `D`, `X:S`, …
    pub codes: String,
    /// Stored, byte-hours.
    pub byte_hours: f64,
    /// Bytes customers downloaded.
    pub get: u64,
    /// Bytes customers uploaded.
    pub put: u64,
    /// Bytes repairs took.
    pub get_repair: u64,
    /// Bytes repairs brought.
    pub put_repair: u64,
    /// Bytes of audits.
    pub get_audit: u64,
    /// Paid for storing.
    pub for_storage: Micro,
    /// Paid for downloads.
    pub for_get: Micro,
    /// Paid for uploads: nothing, today.
    pub for_put: Micro,
    /// Paid for repairs elsewhere.
    pub for_get_repair: Micro,
    /// Paid for repairs to here: nothing, today.
    pub for_put_repair: Micro,
    /// Paid for audits.
    pub for_get_audit: Micro,
    /// Percent of all that is paid; 0 means 100.
    pub surge_percent: i64,
    /// Kept back this month.
    pub held: Micro,
    /// Owed, what was given back included.
    pub owed: Micro,
    /// Given back of what was kept earlier; part of `owed` and `paid`.
    pub disposed: Micro,
    /// To be paid out.
    pub paid: Micro,
    /// Really sent: nothing, or later with other months', below the least amount.
    pub distributed: Micro,
}

impl Paystub {
    /// Earned before anything is kept back: the parts, at the surge that was paid.
    pub fn gross(&self) -> Micro {
        let parts = [
            self.for_storage,
            self.for_get,
            self.for_put,
            self.for_get_repair,
            self.for_put_repair,
            self.for_get_audit,
        ];
        let sum: Micro = parts.into_iter().sum();
        match self.surge_percent {
            0 | 100 => sum,
            percent => Micro((i128::from(sum.0) * i128::from(percent) / 100) as i64),
        }
    }
}

/// A transfer of money a satellite told of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payment {
    /// The satellite's id.
    pub satellite_id: String,
    /// The month it is for.
    pub period: Month,
    /// When it was told, ms since the epoch.
    pub created_ms: Option<i64>,
    /// How much.
    pub amount: Micro,
    /// Chain and hash, as `zksync-era:0x…`.
    pub receipt: String,
    /// The satellite's note.
    pub notes: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_are_of_utc_and_count_on() {
        let august: Month = "2026-08".parse().unwrap();
        assert_eq!(
            (august.to_string(), august.plus(5).to_string()),
            ("2026-08".into(), "2027-01".into())
        );
        assert_eq!(august.since("2024-11".parse().unwrap()), 21);
        assert_eq!(Month::of_ms(august.start_ms()), august);
        assert_eq!(Month::of_ms(august.start_ms() - 1), august.plus(-1));
        let leap: Month = "2028-02".parse().unwrap();
        assert_eq!((leap.hours(), august.hours()), (696.0, 744.0));
        assert_eq!(Month::of_ms(-1).to_string(), "1969-12");
        for bad in ["2026-13", "2026-8", "26-08", "2026-00", "", "2026-08-01", "+026-08"] {
            assert!(bad.parse::<Month>().is_err(), "{bad}");
        }
    }

    #[test]
    fn sums_never_overflow() {
        assert_eq!(Micro(i64::MAX) + Micro(1), Micro(i64::MAX));
        assert_eq!([Micro(1), Micro(-3)].into_iter().sum::<Micro>(), Micro(-2));
        assert_eq!(
            (Micro::of_dollars(1.499_999_5).0, Micro::of_dollars(f64::NAN).0),
            (1_500_000, 0)
        );
    }
}
