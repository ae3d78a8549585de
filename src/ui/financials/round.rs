//! Cents that add up: in a column each amount is rounded up or down so that the rows give the sum below them. What is
//! shown is never a whole cent off; amounts to the last digit are in the explanations.

use super::cash::Cash;
use crate::domain::money::Micro;
use crate::ui::number;
use crate::ui::table::{Row, SortKey};

/// A column, what its amounts are times, and what stands before them.
pub(super) type Adding = (usize, i64, &'static str);

/// Cents of the person's money; cells are sorted by dollars.
fn cents(row: &Row, column: usize, cash: &Cash) -> Option<f64> {
    match row.cells.get(column)?.sort {
        SortKey::Number(dollars) => Some(cash.value(Micro((dollars * 1e6).round() as i64)) * 100.0),
        _ => None,
    }
}

/// Cents of the rows that give the cents of the sum; `None`: the sum is not that of the rows.
fn shared_out(exact: &[f64], sum: f64) -> Option<Vec<i64>> {
    let all: f64 = exact.iter().sum();
    if !all.is_finite() || (all - sum).abs() > 0.5 {
        return None;
    }
    let mut cents: Vec<i64> = exact.iter().map(|value| value.floor() as i64).collect();
    let missing = sum.round() as i64 - cents.iter().sum::<i64>();
    let mut order: Vec<usize> = (0..exact.len()).collect();
    let rest = |n: usize| exact[n] - exact[n].floor();
    order.sort_by(|a, b| rest(*b).total_cmp(&rest(*a)));
    for n in order.into_iter().take(usize::try_from(missing).ok()?) {
        // What is a whole number of cents stays.
        if rest(n) > 1e-6 {
            cents[n] += 1;
        }
    }
    Some(cents)
}

/// Writes the rows' amounts anew so that they give the sum in `foot`.
pub(super) fn add_up(rows: &mut [Row], foot: &Row, columns: &[Adding], cash: &Cash) {
    for (column, sign, before) in columns {
        let Some(sum) = cents(foot, *column, cash) else {
            continue;
        };
        let known: Vec<(usize, f64)> = rows
            .iter()
            .enumerate()
            .filter_map(|(n, row)| Some((n, cents(row, *column, cash)?)))
            .collect();
        let exact: Vec<f64> = known.iter().map(|(_, value)| *value).collect();
        let Some(cents) = shared_out(&exact, sum) else { continue };
        for ((n, _), cents) in known.into_iter().zip(cents) {
            let amount = number::money(cents.saturating_mul(10_000).saturating_mul(*sign));
            rows[n].cells[*column].text = format!("{before}{amount}").into();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn rows_add_up_in_the_persons_money() {
        let cash = Cash::of(&crate::api::money::Currency {
            symbol: "$".to_owned(),
            factor: 1.37,
        });
        let row = |micro: i64| Row::new("x", vec![cash.cell(Some(Micro(micro)))]);
        let mut rows = vec![row(1_002_000), row(1_002_000), row(1_002_000)];
        add_up(&mut rows, &row(3_006_000), &[(0, 1, "")], &cash);
        let shown: Vec<&str> = rows.iter().map(|row| &*row.cells[0].text).collect();
        assert_eq!(
            (shown.as_slice(), &*row(3_006_000).cells[0].text),
            (&["1.38", "1.37", "1.37"][..], "4.12")
        );
    }

    #[test]
    fn rows_give_their_sum() {
        assert_eq!(shared_out(&[2613.4, 810.4, 257.4], 3681.2), Some(vec![2614, 810, 257]));
        assert_eq!(shared_out(&[10.0, 20.0], 30.0), Some(vec![10, 20]));
        assert_eq!(shared_out(&[10.0, 20.0], 31.0), None);
        assert_eq!(shared_out(&[f64::NAN], 0.0), None);
        assert_eq!(shared_out(&[-0.6, 0.0], -0.6), Some(vec![-1, 0]));
    }

    proptest! {
        #[test]
        fn no_amount_is_a_cent_off(micro in prop::collection::vec(-900_000_000i64..900_000_000, 1..20)) {
            let exact: Vec<f64> = micro.iter().map(|micro| *micro as f64 / 10_000.0).collect();
            let sum = micro.iter().sum::<i64>() as f64 / 10_000.0;
            let cents = shared_out(&exact, sum).unwrap();
            prop_assert_eq!(cents.iter().sum::<i64>(), sum.round() as i64);
            for (cents, exact) in cents.iter().zip(&exact) {
                prop_assert!((*cents as f64 - exact).abs() < 1.0);
            }
        }
    }
}
