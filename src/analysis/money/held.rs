//! What satellites keep back: by months of age, until half comes back in the sixteenth and the rest at a graceful exit.

use super::pay;
use crate::domain::earned::HeldOf;
use crate::domain::money::{Micro, Month, Paystub};

/// Percent kept back, from this month of age on.
const RATES: [(i32, i64); 4] = [(1, 75), (4, 50), (7, 25), (10, 0)];
/// With the payout for this month of age half comes back.
const HALF_BACK: i32 = 16;

/// Which month of the node with a satellite a month is: that of joining is 1.
pub fn age(joined_ms: i64, month: Month) -> i32 {
    month.since(Month::of_ms(joined_ms)) + 1
}

/// Percent kept back in a month of age.
pub fn rate(age: i32) -> i64 {
    let begun = RATES.iter().rev().find(|(from, _)| age >= *from);
    begun.map_or(RATES[0].1, |(_, percent)| *percent)
}

/// Percent kept back in a month; `None`: nobody knows when the node joined.
pub fn percent(joined_ms: Option<i64>, month: Month) -> Option<i64> {
    joined_ms.map(|joined| rate(age(joined, month)))
}

/// From when on less is kept back than in `month`, and how much.
fn next_rate(joined_ms: i64, month: Month) -> Option<(Month, i64)> {
    let age = age(joined_ms, month);
    let (from, percent) = RATES.iter().find(|(from, _)| *from > age)?;
    Some((month.plus(from - age), *percent))
}

/// What a satellite keeps back, by its paystubs of months before `month`. `gross`: what a month earns at the present
/// pace; of what is kept back of it until half comes back half comes back, too.
pub fn of(paystubs: &[Paystub], joined_ms: Option<i64>, month: Month, gross: Micro, pays: bool) -> HeldOf {
    let before = || paystubs.iter().filter(|stub| stub.period < month);
    let taken: Micro = before().map(|stub| stub.held).sum();
    let returned: Micro = before().map(|stub| stub.disposed).sum();
    let left = taken - returned;
    let joined = joined_ms.filter(|_| pays);
    let coming_back = joined.and_then(|joined| {
        let at = Month::of_ms(joined).plus(HALF_BACK - 1);
        let coming: Micro = (0..at.since(month))
            .map(|n| pay::percent(gross, rate(age(joined, month.plus(n)))))
            .sum();
        let half = pay::percent(left, 50);
        let more = pay::percent(left + coming, 50) - half;
        (at >= month && returned == Micro(0) && (half + more).0 > 0).then_some(((at, half), more))
    });
    let (half_back, half_more) = coming_back.unzip();
    HeldOf {
        lost: Micro(0),
        taken,
        returned,
        left,
        half_back,
        half_more: half_more.unwrap_or_default(),
        next_rate: joined.and_then(|joined| next_rate(joined, month)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_go_by_calendar_months() {
        let joined = "2025-01".parse::<Month>().unwrap().end_ms() - 1;
        let month = |n: i32| Month::of_ms(joined).plus(n - 1);
        let rates: Vec<i64> = [1, 3, 4, 6, 7, 9, 10, 15, 16, 200]
            .map(|n| percent(Some(joined), month(n)).unwrap())
            .into();
        assert_eq!(rates, [75, 75, 50, 50, 25, 25, 0, 0, 0, 0]);
        assert_eq!(percent(Some(joined), month(0)), Some(75), "a clock that is late");
        assert_eq!(percent(None, month(1)), None);
        assert_eq!(next_rate(joined, month(3)), Some((month(4), 50)));
        assert_eq!(
            (next_rate(joined, month(9)), next_rate(joined, month(10))),
            (Some((month(10), 0)), None)
        );
    }

    #[test]
    fn half_comes_back_in_the_sixteenth_month() {
        let joined = "2025-01".parse::<Month>().unwrap().start_ms();
        let month = |n: i32| Month::of_ms(joined).plus(n - 1);
        // Kept back in months 8 and 9 at 25 % of 4: 2 more.
        let held = of(&[], Some(joined), month(8), Micro(4), true);
        // It is not held yet, and so not among what comes back of that.
        assert_eq!(
            (held.half_back, held.half_more),
            (Some((month(16), Micro(0))), Micro(1))
        );
        assert_eq!(of(&[], Some(joined), month(17), Micro(4), true).half_back, None);
        assert_eq!(of(&[], Some(joined), month(8), Micro(4), false).half_back, None);
    }
}
