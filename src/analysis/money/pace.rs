//! Whether a month earns far less than the one before: by what an hour brings, of satellites of whom both months are
//! known. So neither the begin of a month, nor its length, nor days without a tally look like a loss. Called by
//! `collector`.

use super::usage::{Tally, begin_ms, tallies};
use super::{Account, DAY_MS, HOUR_MS, pay, yields};
use crate::domain::detail::MovedDay;
use crate::domain::money::{Micro, Month, PAID_HOURS, Paystub, Prices, TB};

/// Tallies of the month have to stand for so many hours, those of the month before for so many; so many of each.
const LEAST_H: (f64, f64) = (72.0, 168.0);
const LEAST: usize = 3;
/// Nor is a month judged before so much of it is over.
const EARLY_MS: i64 = 3 * DAY_MS;
/// A satellite whose last tally is older is not compared: perhaps the node was off, or it is late.
const SILENT_MS: i64 = 4 * DAY_MS;
/// Days of traffic that say what is usual.
const LEAST_DAYS: usize = 3;
/// What is stored has gone where it is below so much of what it was.
const GONE: f64 = 0.85;

/// What an hour with a satellite brings, before anything is kept back: in the month before, and in the month.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pace {
    /// Dollars an hour.
    pub before: f64,
    /// Dollars an hour.
    pub now: f64,
    /// Stored then, bytes.
    pub stored_before: f64,
    /// Stored now, bytes.
    pub stored: f64,
    /// Since when less is stored (ms since the epoch); `None`: it is not less.
    pub since_ms: Option<i64>,
}

/// A month that earns far less.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Less {
    /// So many percent less.
    pub percent: u32,
    /// A month at the pace of the month before, gross.
    pub before: Micro,
    /// A month at the present pace, gross.
    pub now: Micro,
    /// The place of the satellite that lost most.
    pub worst: usize,
    /// Its pace.
    pub of_worst: Pace,
}

/// What an hour with a satellite brings; `None`: too little of either month is known, or the month is young.
/// `stub`: the paystub of the month before, which stands in where its days are not known.
pub fn pace(
    (month, account): (Month, &Account<'_>),
    (before, stub): (&Account<'_>, Option<&Paystub>),
    now_ms: i64,
) -> Option<Pace> {
    let eve = month.plus(-1);
    let is_paid = account.disqualified_ms.is_none() && before.disqualified_ms.is_none();
    let is_early = now_ms - month.start_ms() < EARLY_MS;
    let prices = account.prices.filter(|_| is_paid && !is_early)?;
    let all = tallies(account.stored);
    let is_late = all.last().is_none_or(|tally| now_ms - tally.day_ms > SILENT_MS);
    let known = of_month(&all, month, now_ms).filter(|(hours, ..)| *hours >= LEAST_H.0 && !is_late);
    let (_, mean, middle) = known?;
    // Of two ways the one that shows less of a loss: a single tally may be a slip.
    let stored = mean.max(middle);
    let traffic = moved(account.moved, month, &prices, now_ms);
    let days = of_month(&tallies(before.stored), eve, now_ms).filter(|(hours, ..)| *hours >= LEAST_H.1);
    let (stored_before, rate_before, traffic_before) = match (days, before.prices, stub) {
        (Some((_, mean, middle)), Some(prices), _) => {
            let stored = mean.min(middle);
            (
                stored,
                hourly(stored, &prices),
                moved(before.moved, eve, &prices, now_ms),
            )
        }
        (_, _, Some(stub)) => of_stub(stub, hours(eve, before.joined_ms))?,
        _ => return None,
    };
    // What is unknown of one month is left out of both.
    let traffic = traffic.zip(traffic_before).unwrap_or_default();
    Some(Pace {
        before: rate_before + traffic.1,
        now: hourly(stored, &prices) + traffic.0,
        stored_before,
        stored,
        since_ms: since(&all, (stored_before, stored), eve),
    })
}

/// Hours that tallies of a month stand for; bytes stored, on the average of them and in the middle.
fn of_month(all: &[Tally], month: Month, now_ms: i64) -> Option<(f64, f64, f64)> {
    let range = month.start_ms()..month.end_ms().min(now_ms + 1);
    let of: Vec<&Tally> = all.iter().filter(|tally| range.contains(&tally.day_ms)).collect();
    let hours: f64 = of.iter().map(|tally| tally.hours).sum();
    let byte_hours: f64 = of.iter().map(|tally| tally.byte_hours).sum();
    let mut bytes: Vec<f64> = of.iter().map(|tally| tally.bytes()).collect();
    bytes.sort_by(f64::total_cmp);
    let middle = *bytes.get(bytes.len() / 2)?;
    (bytes.len() >= LEAST).then(|| (hours, byte_hours / hours, middle))
}

fn hourly(bytes: f64, prices: &Prices) -> f64 {
    bytes / TB * prices.disk as f64 / 100.0 / PAID_HOURS
}

/// Dollars an hour that traffic brings, by the days on which there was any; `None`: too few are known.
fn moved(days: &[MovedDay], month: Month, prices: &Prices, now_ms: i64) -> Option<f64> {
    let range = month.start_ms()..month.end_ms();
    let is_whole = |day: &&MovedDay| range.contains(&day.start_ms) && day.start_ms + DAY_MS <= now_ms;
    let some = |day: &&MovedDay| day.egress + day.egress_repair + day.egress_audit + day.ingress > 0;
    let known: Vec<&MovedDay> = days.iter().filter(is_whole).filter(some).collect();
    let earned: Micro = known
        .iter()
        .map(|day| {
            pay::moved(day.egress, prices.egress)
                + pay::moved(day.egress_repair, prices.repair)
                + pay::moved(day.egress_audit, prices.audit)
        })
        .sum();
    (known.len() >= LEAST_DAYS).then(|| earned.dollars() / (known.len() as f64 * 24.0))
}

/// Hours of a month with a satellite.
fn hours(month: Month, joined_ms: Option<i64>) -> f64 {
    (month.end_ms() - begin_ms(joined_ms, month)) as f64 / HOUR_MS as f64
}

/// By a paystub, without its surge: stored, and what an hour of it and of traffic brought; `None`: it says nothing of it.
fn of_stub(stub: &Paystub, hours: f64) -> Option<(f64, f64, Option<f64>)> {
    let moved = stub.for_get + stub.for_put + stub.for_get_repair + stub.for_put_repair + stub.for_get_audit;
    let is_told = hours >= LEAST_H.1 && (stub.for_storage + moved) > Micro(0);
    is_told.then(|| {
        let by = |amount: Micro| amount.dollars() / hours;
        (stub.byte_hours / hours, by(stub.for_storage), Some(by(moved)))
    })
}

/// The day from which on all tallies are nearer to what is stored now than to what was.
fn since(all: &[Tally], (before, now): (f64, f64), from: Month) -> Option<i64> {
    let middle = f64::midpoint(before, now);
    let of = &all[all.partition_point(|tally| tally.day_ms < from.start_ms())..];
    let low = of.iter().rev().take_while(|tally| tally.bytes() < middle);
    (now < before * GONE)
        .then(|| low.last().map(|tally| tally.day_ms))
        .flatten()
}

/// Whether satellites together bring far less than in the month before.
pub fn less(paces: &[Pace], month: Month) -> Option<Less> {
    let whole = |of: fn(&Pace) -> f64| {
        let sum: f64 = paces.iter().map(of).sum();
        Micro::of_dollars(sum * month.hours())
    };
    let (before, now) = (whole(|pace| pace.before), whole(|pace| pace.now));
    let percent = yields::drop_percent(now, before)?;
    let lost = |pace: &Pace| pace.before - pace.now;
    let worst = (0..paces.len()).max_by(|a, b| lost(&paces[*a]).total_cmp(&lost(&paces[*b])))?;
    Some(Less {
        percent,
        before,
        now,
        worst,
        of_worst: paces[worst],
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::money::settled::empty;
    use crate::domain::detail::StoredDay;
    use proptest::prelude::*;

    const PRICES: Prices = Prices {
        disk: 150,
        egress: 200,
        repair: 200,
        audit: 200,
    };

    fn november() -> Month {
        "2026-11".parse().unwrap()
    }

    /// A day relative to the begin of November.
    fn day(n: i64, tb: f64, hours: f64) -> StoredDay {
        StoredDay {
            start_ms: november().start_ms() + n * DAY_MS,
            byte_hours: tb * TB * hours,
            bytes: Some(tb * TB),
            hours: Some(hours),
            calculated: false,
        }
    }

    /// Tallies of October and so many days of November; traffic of these TBs a day.
    fn judged(october: f64, november_tb: &[f64], (egress, egress_now): (f64, f64)) -> Option<Less> {
        let days = november_tb.len() as i64;
        let stored: Vec<StoredDay> = (-31..0)
            .map(|n| day(n, october, 24.0))
            .chain((0..).zip(november_tb).map(|(n, tb)| day(n, *tb, 24.0)))
            .filter(|day| day.byte_hours > 0.0)
            .collect();
        let traffic = |n: i64| MovedDay {
            start_ms: november().start_ms() + n * DAY_MS,
            egress: (if n < 0 { egress } else { egress_now } * TB) as u64,
            ..MovedDay::default()
        };
        let moved: Vec<MovedDay> = (-31..days).map(traffic).collect();
        let account = Account {
            prices: Some(PRICES),
            stored: &stored,
            moved: &moved,
            ..Account::default()
        };
        let now = november().start_ms() + days * DAY_MS + HOUR_MS;
        let paces: Vec<Pace> = pace((november(), &account), (&account, None), now)
            .into_iter()
            .collect();
        less(&paces, november())
    }

    #[test]
    fn a_loss_is_told_and_nothing_else() {
        let half = |days: usize| vec![2.0; days];
        for (what, october, november_tb, traffic, expected) in [
            ("half of it is gone", 4.0, half(10), (0.0, 0.0), Some(50)),
            ("on the third day", 4.0, half(2), (0.0, 0.0), None),
            ("after three days", 4.0, half(3), (0.0, 0.0), Some(50)),
            ("a quarter less", 4.0, vec![3.0; 20], (0.0, 0.0), None),
            ("little money", 0.4, vec![0.2; 20], (0.0, 0.0), None),
            ("it grows", 2.0, vec![4.0; 20], (0.0, 0.0), None),
            ("nothing of October is known", 0.0, half(20), (0.0, 0.0), None),
            ("a slip in three", 4.0, vec![4.0, 0.1, 4.0], (0.0, 0.0), None),
            (
                "no tally for ten days, then one",
                4.0,
                [vec![0.0; 10], half(3)].concat(),
                (0.0, 0.0),
                Some(50),
            ),
            (
                "none for five days",
                4.0,
                [half(10), vec![0.0; 5]].concat(),
                (0.0, 0.0),
                None,
            ),
            ("the node was off: no traffic", 4.0, vec![4.0; 20], (0.3, 0.0), None),
            ("customers left", 1.0, vec![1.0; 20], (0.3, 0.02), Some(86)),
        ] {
            let told = judged(october, &november_tb, traffic).map(|less| less.percent);
            assert_eq!(told, expected, "{what}");
        }
    }

    #[test]
    fn it_says_since_when_and_how_much() {
        let told = judged(4.0, &[vec![4.0; 3], vec![1.0; 12]].concat(), (0.0, 0.0)).unwrap();
        let since = (told.of_worst.since_ms.unwrap() - november().start_ms()) / DAY_MS;
        assert_eq!((since, told.percent, told.before), (3, 60, Micro(6_000_000)));
        assert_eq!(
            (told.of_worst.stored_before, told.of_worst.stored),
            (4.0 * TB, 1.6 * TB)
        );
    }

    #[test]
    fn a_paystub_stands_in_and_who_left_is_not_compared() {
        let stored: Vec<StoredDay> = (0..20).map(|n| day(n, 1.0, 24.0)).collect();
        let account = Account {
            prices: Some(PRICES),
            stored: &stored,
            ..Account::default()
        };
        let now = november().start_ms() + 20 * DAY_MS;
        let stub = Paystub {
            byte_hours: 4.0 * TB * 744.0,
            for_storage: Micro(6_200_000),
            surge_percent: 200,
            ..empty(november().plus(-1))
        };
        let of = |account: &Account<'_>, stub: Option<&Paystub>| {
            let paces: Vec<Pace> = pace((november(), account), (account, stub), now).into_iter().collect();
            less(&paces, november()).map(|less| less.percent)
        };
        assert_eq!(of(&account, Some(&stub)), Some(75));
        assert_eq!(of(&account, None), None);
        let nothing = empty(november().plus(-1));
        assert_eq!(of(&account, Some(&nothing)), None, "it pays nothing");
        let gone = Account {
            disqualified_ms: Some(now + DAY_MS),
            ..account
        };
        assert_eq!(of(&gone, Some(&stub)), None);
        // It joined in the last days of the month before: that month says little.
        let young = Account {
            joined_ms: Some(november().start_ms() - 3 * DAY_MS),
            ..account
        };
        assert_eq!(of(&young, Some(&stub)), None);
    }

    /// A day of a node that goes on as ever: what its tally is off by (percent), whether there is one, whether it is a
    /// slip, what its traffic is off by, whether the node was off.
    fn ordinary() -> impl Strategy<Value = Vec<(i32, u8, u8, i32, u8)>> {
        let day = (-12..12_i32, 0..10_u8, 0..40_u8, -40..40_i32, 0..20_u8);
        proptest::collection::vec(day, 61)
    }

    proptest! {
        #[test]
        fn ordinary_months_raise_no_alarm(days in ordinary(), now in 3..30_i64, hour in 0..24_i64, gb in 5.0..40.0_f64) {
            let (mut stored, mut moved) = (Vec::new(), Vec::new());
            let (mut hours, mut last_slip) = (24.0, -100);
            for (n, (off, missing, slip, noise, away)) in (-31..30_i64).zip(days).filter(|(n, _)| *n < now) {
                // Three of ten tallies are missing; the next one stands for their time.
                if missing < 3 {
                    hours += 24.0;
                } else {
                    // Not two in a week.
                    let is_slip = slip == 0 && n - last_slip > 7;
                    last_slip = if is_slip { n } else { last_slip };
                    let slip = if is_slip { 0.1 } else { 1.0 };
                    stored.push(day(n, 8.0 * slip * f64::from(100 + off) / 100.0, hours));
                    hours = 24.0;
                }
                let egress = if away == 0 { 0.0 } else { gb * 1e9 * f64::from(100 + noise) / 100.0 };
                moved.push(MovedDay {
                    start_ms: november().start_ms() + n * DAY_MS,
                    egress: egress as u64,
                    ..MovedDay::default()
                });
            }
            let account = Account { prices: Some(PRICES), stored: &stored, moved: &moved, ..Account::default() };
            let at = november().start_ms() + now * DAY_MS + hour * HOUR_MS;
            let paces: Vec<Pace> = pace((november(), &account), (&account, None), at).into_iter().collect();
            let told = less(&paces, november());
            prop_assert!(told.is_none(), "{:?}", told);
        }
    }
}
