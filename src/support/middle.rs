//! The middle of values.

/// The middle one; of an even number the mean of the two. `None`: there is none.
pub fn median(mut values: Vec<f64>) -> Option<f64> {
    // There may be thousands: they need not be in order.
    let middle = values.len().checked_sub(1)? / 2;
    let even = values.len().is_multiple_of(2);
    let (_, low, above) = values.select_nth_unstable_by(middle, f64::total_cmp);
    let high = above.iter().copied().min_by(f64::total_cmp).filter(|_| even);
    Some((*low + high.unwrap_or(*low)) / 2.0)
}

/// The same of whole numbers, rounded.
pub fn median_of(values: impl IntoIterator<Item = u64>) -> Option<u64> {
    let values = values.into_iter().map(|value| value as f64);
    median(values.collect()).map(|middle| middle.round() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_two_in_the_middle_it_is_the_mean() {
        for (values, expected) in [
            (vec![], None),
            (vec![3], Some(3)),
            (vec![9, 1, 4, 6], Some(5)),
            (vec![2, 1], Some(2)),
            (vec![7, 7, 100], Some(7)),
        ] {
            assert_eq!(median_of(values), expected);
        }
        assert_eq!(median(vec![1.0, 4.0]), Some(2.5));
    }
}
