//! What a TB brings, and what is left of it after costs.

use crate::domain::money::{Micro, Month, TB};

/// A node's costs, dollars and watts.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct CostModel {
    /// A month's fixed costs.
    pub monthly: f64,
    /// What it draws.
    pub watts: f64,
    /// A kWh.
    pub kwh: f64,
    /// What the hardware cost.
    pub invested: f64,
}

/// A month's costs and what they leave.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Balance {
    /// Fixed.
    pub fixed: Micro,
    /// Power of all hours of the month.
    pub power: Micro,
    /// What is left of the month's estimate.
    pub profit: Option<Micro>,
    /// Of the estimate: 1 is all.
    pub margin: Option<f64>,
    /// A year at this pace, of what was invested.
    pub return_per_year: Option<f64>,
    /// Months of this profit that pay for what was invested.
    pub payback_months: Option<f64>,
}

/// An amount for each TB; `None`: there are none.
pub fn per_tb(amount: Micro, bytes: f64) -> Option<Micro> {
    (bytes >= 1e6).then(|| Micro((amount.0 as f64 / (bytes / TB)).round() as i64))
}

/// What a month that brings `net` costs and leaves.
pub fn balance(model: &CostModel, month: Month, net: Option<Micro>) -> Balance {
    let fixed = Micro::of_dollars(model.monthly);
    let power = Micro::of_dollars(model.watts / 1000.0 * month.hours() * model.kwh);
    let profit = net.map(|net| net - fixed - power);
    let invested = model.invested > 0.0;
    Balance {
        fixed,
        power,
        profit,
        margin: profit
            .zip(net)
            .filter(|(_, net)| net.0 > 0)
            .map(|(profit, net)| profit.dollars() / net.dollars()),
        return_per_year: profit
            .filter(|_| invested)
            .map(|profit| profit.dollars() * 12.0 / model.invested),
        payback_months: profit
            .filter(|profit| invested && profit.0 > 0)
            .map(|profit| model.invested / profit.dollars()),
    }
}

/// A month brings less than so much of the one before, and the difference is worth a word.
const DROP: f64 = 0.7;
const WORTH: Micro = Micro(500_000);

/// Percent that a month is below the one before, where that is worth a word.
pub fn drop_percent(now: Micro, before: Micro) -> Option<u32> {
    let is_drop = before - now >= WORTH && now.dollars() < before.dollars() * DROP;
    is_drop.then(|| ((1.0 - now.dollars() / before.dollars()) * 100.0).round() as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn costs_follow_the_hours_of_the_month() {
        let model = CostModel {
            monthly: 2.0,
            watts: 10.0,
            kwh: 0.25,
            invested: 120.0,
        };
        let leap = balance(&model, "2028-02".parse().unwrap(), Some(Micro(13_740_000)));
        assert_eq!((leap.fixed, leap.power), (Micro(2_000_000), Micro(1_740_000)));
        assert_eq!(
            (leap.profit, leap.payback_months),
            (Some(Micro(10_000_000)), Some(12.0))
        );
        assert_eq!(leap.return_per_year, Some(1.0));
        let loss = balance(&model, "2026-08".parse().unwrap(), Some(Micro(0)));
        assert_eq!((loss.margin, loss.payback_months), (None, None));
        assert_eq!(balance(&model, "2026-08".parse().unwrap(), None).profit, None);
        assert_eq!(
            (
                drop_percent(Micro(1_000_000), Micro(2_000_000)),
                drop_percent(Micro(1), Micro(9))
            ),
            (Some(50), None)
        );
    }
}
