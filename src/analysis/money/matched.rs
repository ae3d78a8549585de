//! Which payout sent which month's money: paystubs against what was sent, of one satellite, to the micro-dollar.
//! Called by `collector`.

use std::collections::BTreeMap;

use super::settled::CENT;
use crate::domain::earned::SentPart;
use crate::domain::money::{Micro, Month, Paystub};

/// A month's paystub, and what became of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Matched {
    /// Of it was sent, with the payout of which month, the earliest first. Its own month's payout comes first.
    pub sent: Vec<SentPart>,
    /// Of it was not sent yet. What was sent and this are the paystub's `paid`.
    pub waits: Micro,
    /// What its own payout sent of earlier months, the earliest first.
    pub brought: Vec<SentPart>,
    /// Not sent of this and all earlier months, after this one's payout.
    pub balance: Micro,
}

impl Matched {
    /// Whether all of it came; what is less than a cent is rounding.
    pub fn is_sent(&self) -> bool {
        self.waits < CENT
    }
}

/// A payout and the months it makes up for are this close: each is rounded for itself.
const SAME: Micro = Micro(10);

/// Matches a satellite's paystubs, months in their order. A payout sends its own month first; what it sends beyond is
/// of earlier months: the oldest first, unless just the latest ones give exactly that sum. For an old amount that never
/// came says nothing of later ones.
pub fn matched(paystubs: &[Paystub]) -> BTreeMap<Month, Matched> {
    let mut months: BTreeMap<Month, Matched> = BTreeMap::new();
    let mut open: Vec<(Month, Micro)> = Vec::new();
    for stub in paystubs {
        let (paid, sent) = (stub.paid.max(Micro(0)), stub.distributed.max(Micro(0)));
        let own = paid.min(sent);
        let mut month = Matched {
            waits: paid - own,
            ..Matched::default()
        };
        month.sent.extend(part(stub.period, own));
        for at in order(&open, sent - own) {
            let (of, amount) = open[at];
            let rest: Micro = month.brought.iter().map(|part| part.amount).sum();
            let made_up = amount.min(sent - own - rest);
            open[at].1 = amount - made_up;
            month.brought.extend(part(of, made_up));
            if let Some(earlier) = months.get_mut(&of) {
                earlier.sent.extend(part(stub.period, made_up));
                earlier.waits = earlier.waits - made_up;
            }
        }
        open.retain(|(_, amount)| *amount > Micro(0));
        if month.waits > Micro(0) {
            open.push((stub.period, month.waits));
        }
        month.balance = open.iter().map(|(_, amount)| *amount).sum();
        months.insert(stub.period, month);
    }
    months
}

fn part(month: Month, amount: Micro) -> Option<SentPart> {
    (amount > Micro(0)).then_some(SentPart { month, amount })
}

/// Which of the open months a sum makes up for, by their places, in this order.
fn order(open: &[(Month, Micro)], sum: Micro) -> std::ops::Range<usize> {
    let is_same = |months: &[(Month, Micro)]| {
        let all: Micro = months.iter().map(|(_, amount)| *amount).sum();
        (all - sum).0.abs() <= SAME.0
    };
    if let Some(count) = (1..=open.len()).find(|count| is_same(&open[..*count])) {
        return 0..count;
    }
    match (1..=open.len()).find(|count| is_same(&open[open.len() - count..])) {
        Some(count) => open.len() - count..open.len(),
        None => 0..open.len(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::money::settled::empty;
    use proptest::prelude::*;

    fn month(n: usize) -> Month {
        Month::of_ms(0).plus(n as i32)
    }

    fn stubs(months: &[(i64, i64)]) -> Vec<Paystub> {
        let stub = |(n, (paid, sent)): (usize, &(i64, i64))| Paystub {
            paid: Micro(*paid),
            distributed: Micro(*sent),
            ..empty(month(n))
        };
        months.iter().enumerate().map(stub).collect()
    }

    #[test]
    fn payouts_make_up_for_the_oldest_first_unless_the_latest_fit() {
        let dollar = |(paid, sent): (i64, i64)| (paid * 100_000, sent * 100_000);
        // Paid and sent of months on end; the balance then; with which payouts each was sent; what of it waits.
        type Case<'a> = (&'a [(i64, i64)], &'a [i64], &'a [&'a [usize]], &'a [i64]);
        let cases: [Case<'_>; 8] = [
            (&[(60, 0), (61, 121)], &[60, 0], &[&[1], &[1]], &[0, 0]),
            // An old amount that never came.
            (
                &[(50, 0), (20, 20), (30, 0), (30, 60)],
                &[50, 50, 80, 50],
                &[&[], &[1], &[3], &[3]],
                &[50, 0, 0, 0],
            ),
            // Not enough for all: the oldest.
            (
                &[(50, 0), (40, 0), (0, 60)],
                &[50, 90, 30],
                &[&[2], &[2], &[]],
                &[0, 30, 0],
            ),
            // In two payouts.
            (
                &[(50, 20), (10, 20), (0, 20)],
                &[30, 20, 0],
                &[&[0, 1, 2], &[1], &[]],
                &[0, 0, 0],
            ),
            // Two that are alike: the older one.
            (
                &[(30, 0), (30, 0), (5, 35)],
                &[30, 60, 30],
                &[&[2], &[], &[2]],
                &[0, 30, 0],
            ),
            // More than anybody knew of, and nothing of it is kept for later months.
            (&[(50, 90), (10, 0)], &[0, 10], &[&[0], &[]], &[0, 10]),
            // Nothing earned, nothing sent; a satellite that takes something back.
            (&[(0, 0), (-5, 0), (7, 7)], &[0, 0, 0], &[&[], &[], &[2]], &[0, 0, 0]),
            (&[], &[], &[], &[]),
        ];
        for (months, balances, sent, waits) in cases {
            let whole: Vec<(i64, i64)> = months.iter().copied().map(dollar).collect();
            let told: Vec<Matched> = matched(&stubs(&whole)).into_values().collect();
            for (n, one) in told.iter().enumerate() {
                let with: Vec<Month> = one.sent.iter().map(|part| part.month).collect();
                let expected: Vec<Month> = sent[n].iter().copied().map(month).collect();
                assert_eq!(with, expected, "{months:?} {n}");
                assert_eq!(
                    (one.balance.0, one.waits.0),
                    (balances[n] * 100_000, waits[n] * 100_000),
                    "{months:?} {n}"
                );
            }
        }
        // Less than a cent is rounding, and a few millionths hinder no match.
        let told = matched(&stubs(&[(2_000_000, 1_999_000), (500_003, 0), (600_000, 1_100_000)]));
        assert!(told.values().all(Matched::is_sent), "{told:?}");
    }

    proptest! {
        #[test]
        fn every_micro_dollar_is_sent_once_or_waits(
            months in proptest::collection::vec((0..3_000_000_i64, 0..3_u8, 0..9_000_000_i64), 0..40),
        ) {
            // Months that are sent at once, not at all, or with anything.
            let months: Vec<(i64, i64)> = months.into_iter().map(|(paid, how, any)| match how {
                0 => (paid, paid),
                1 => (paid, 0),
                _ => (paid, any),
            }).collect();
            let told = matched(&stubs(&months));
            let mut by_payout: BTreeMap<Month, Micro> = BTreeMap::new();
            let mut balance = Micro(0);
            for (n, (paid, distributed)) in months.iter().enumerate() {
                let one = &told[&month(n)];
                let sent: Micro = one.sent.iter().map(|part| part.amount).sum();
                prop_assert_eq!(sent + one.waits, Micro(*paid));
                prop_assert!(one.sent.iter().all(|part| part.month >= month(n) && part.amount > Micro(0)));
                for part in &one.sent {
                    *by_payout.entry(part.month).or_default() += part.amount;
                }
                let brought: Micro = one.brought.iter().map(|part| part.amount).sum();
                balance = balance + Micro((paid - distributed).max(0)) - brought;
                prop_assert_eq!(one.balance, balance);
                // What a payout brought is what earlier months say it sent of them.
                for part in &one.brought {
                    let same = SentPart { month: month(n), amount: part.amount };
                    let is_told = told[&part.month].sent.contains(&same);
                    prop_assert!(is_told);
                }
            }
            // No payout sent more than it did.
            for (n, (_, distributed)) in months.iter().enumerate() {
                let all = by_payout.get(&month(n)).copied().unwrap_or_default();
                prop_assert!(all <= Micro(*distributed));
            }
            let waits: Micro = told.values().map(|one| one.waits).sum();
            prop_assert_eq!(waits, balance);
        }
    }
}
