//! What a TB brings, and what is left of it after costs.

use crate::domain::money::{Lack, Micro, Month, TB};

/// A node's costs, dollars and watts; `None`: nobody said.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct CostModel {
    /// A month's fixed costs.
    pub monthly: Option<f64>,
    /// What it draws.
    pub watts: Option<f64>,
    /// A kWh.
    pub kwh: Option<f64>,
    /// What the hardware cost.
    pub invested: Option<f64>,
}

/// A month's costs and what they leave.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Balance {
    /// Fixed.
    pub fixed: Option<Micro>,
    /// Power of all hours of the month.
    pub power: Option<Micro>,
    /// All of them.
    pub total: Option<Micro>,
    /// Why there is no `total`.
    pub lacks: Option<Lack>,
    /// What is left of the month's estimate.
    pub profit: Option<Micro>,
    /// Likewise, without the costs that are known.
    pub left: Option<Micro>,
    /// Of the estimate: 1 is all.
    pub margin: Option<f64>,
    /// A year of `left`, of what was invested.
    pub return_per_year: Option<f64>,
    /// Months of `left` that pay for what was invested.
    pub payback_months: Option<f64>,
}

/// An amount for each TB; `None`: there are none.
pub fn per_tb(amount: Micro, bytes: f64) -> Option<Micro> {
    (bytes >= 1e6).then(|| Micro((amount.0 as f64 / (bytes / TB)).round() as i64))
}

/// What is missing. Power may be part of the fixed costs: only half of what it takes to reckon it is a gap.
fn lack(model: &CostModel) -> Option<Lack> {
    match (model.monthly, model.watts, model.kwh) {
        (_, Some(watts), None) if watts > 0.0 => Some(Lack::KwhPrice),
        (_, None, Some(kwh)) if kwh > 0.0 => Some(Lack::Watts),
        (None, None, None) => Some(Lack::Running),
        _ => None,
    }
}

/// A month's power. Of what draws nothing, or is paid nothing for, the other half does not matter.
fn power(model: &CostModel, month: Month) -> Option<Micro> {
    let dollars = match (model.watts, model.kwh) {
        (Some(watts), Some(kwh)) => watts / 1000.0 * month.hours() * kwh,
        (Some(one), None) | (None, Some(one)) if one == 0.0 => 0.0,
        _ => return None,
    };
    Some(Micro::of_dollars(dollars))
}

/// What a month that brings `net` costs and leaves.
pub fn balance(model: &CostModel, month: Month, net: Option<Micro>) -> Balance {
    let (fixed, power) = (model.monthly.map(Micro::of_dollars), power(model, month));
    let (lacks, known) = (lack(model), [fixed, power].into_iter().flatten().sum());
    let total = lacks.is_none().then_some(known);
    let left = net.map(|net| net - known);
    let profit = left.filter(|_| lacks.is_none());
    let invested = model.invested.filter(|dollars| *dollars > 0.0);
    let pace = left.map(Micro::dollars).zip(invested);
    Balance {
        fixed,
        power,
        total,
        lacks,
        profit,
        left,
        margin: profit
            .zip(net)
            .filter(|(_, net)| net.0 > 0)
            .map(|(profit, net)| profit.dollars() / net.dollars()),
        return_per_year: pace.map(|(left, invested)| left * 12.0 / invested),
        payback_months: pace
            .filter(|(left, _)| *left > 0.0)
            .map(|(left, invested)| invested / left),
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
            monthly: Some(2.0),
            watts: Some(10.0),
            kwh: Some(0.25),
            invested: Some(120.0),
        };
        let leap = balance(&model, "2028-02".parse().unwrap(), Some(Micro(13_740_000)));
        let costs = (Some(Micro(2_000_000)), Some(Micro(1_740_000)));
        assert_eq!((leap.fixed, leap.power), costs);
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

    #[test]
    fn what_was_not_said_is_not_nothing() {
        const FIXED: Option<f64> = Some(2.0);
        const WATTS: Option<f64> = Some(10.0);
        const KWH: Option<f64> = Some(0.25);
        let (running, no_watts, no_price) = (Some(Lack::Running), Some(Lack::Watts), Some(Lack::KwhPrice));
        // Each combination: what is missing, all costs, what is left of $20.
        let zero = Some(0.0);
        for (monthly, watts, kwh, lacks, total, left) in [
            (None, None, None, running, None, 20.0),
            (FIXED, None, None, None, Some(2.0), 18.0),
            (None, WATTS, None, no_price, None, 20.0),
            (None, None, KWH, no_watts, None, 20.0),
            (FIXED, WATTS, None, no_price, None, 18.0),
            (FIXED, None, KWH, no_watts, None, 18.0),
            (None, WATTS, KWH, None, Some(1.86), 18.14),
            (FIXED, WATTS, KWH, None, Some(3.86), 16.14),
            // Power of the sun, a host who asks for nothing: said, and 0.
            (zero, None, None, None, Some(0.0), 20.0),
            (None, WATTS, zero, None, Some(0.0), 20.0),
            (None, None, zero, None, Some(0.0), 20.0),
            (None, zero, None, None, Some(0.0), 20.0),
        ] {
            for invested in [None, zero, Some(180.0)] {
                let model = CostModel {
                    monthly,
                    watts,
                    kwh,
                    invested,
                };
                let told = balance(&model, "2026-08".parse().unwrap(), Some(Micro(20_000_000)));
                let case = format!("{model:?}");
                assert_eq!((told.lacks, told.fixed.is_some()), (lacks, monthly.is_some()), "{case}");
                assert_eq!(told.total, total.map(Micro::of_dollars), "{case}");
                assert_eq!(told.left, Some(Micro::of_dollars(left)), "{case}");
                assert_eq!(told.profit, told.left.filter(|_| total.is_some()), "{case}");
                assert_eq!(told.margin.is_some(), total.is_some(), "{case}");
                let pays = invested.is_some_and(|invested| invested > 0.0);
                assert_eq!(told.payback_months, pays.then_some(180.0 / left), "{case}");
                assert_eq!(told.return_per_year, pays.then_some(left * 12.0 / 180.0), "{case}");
            }
        }
    }
}
