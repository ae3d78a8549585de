//! A window over time: the last so many buckets of a fixed width, each zero until something counts.

/// `N` buckets of `width` seconds up to now. Time only moves forward: what is older than the window is
/// not counted, what is newer than now counts when now gets there, in the last bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ring<T> {
    width: i64,
    /// Number of the newest bucket (its second over `width`).
    newest: i64,
    buckets: Vec<T>,
}

impl<T: Copy + Default> Ring<T> {
    /// A window of `len` buckets of `width` seconds, ending at the second `now`.
    pub fn new(len: usize, width: i64, now: i64) -> Self {
        Self {
            width: width.max(1),
            newest: now.div_euclid(width.max(1)),
            buckets: vec![T::default(); len.max(1)],
        }
    }

    fn place(&self, number: i64) -> usize {
        number.rem_euclid(self.buckets.len() as i64) as usize
    }

    /// Moves the window's end to `now`; never back.
    pub fn advance(&mut self, now: i64) {
        let target = now.div_euclid(self.width);
        let steps = (target - self.newest).clamp(0, self.buckets.len() as i64);
        for number in target - steps + 1..=target {
            let place = self.place(number);
            self.buckets[place] = T::default();
        }
        self.newest = self.newest.max(target);
    }

    /// The bucket of a second; `None` before the window.
    pub fn at(&mut self, second: i64) -> Option<&mut T> {
        let number = second.div_euclid(self.width).min(self.newest);
        if number <= self.newest - self.buckets.len() as i64 {
            return None;
        }
        let place = self.place(number);
        self.buckets.get_mut(place)
    }

    /// First second of the oldest bucket.
    pub fn begin(&self) -> i64 {
        (self.newest - self.buckets.len() as i64 + 1) * self.width
    }

    /// The second behind the newest bucket.
    pub fn end(&self) -> i64 {
        (self.newest + 1) * self.width
    }

    /// The buckets, oldest first.
    pub fn iter(&self) -> impl Iterator<Item = T> + '_ {
        let oldest = self.newest - self.buckets.len() as i64 + 1;
        (oldest..=self.newest).map(|number| self.buckets[self.place(number)])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sum(ring: &Ring<u32>) -> u32 {
        ring.iter().sum()
    }

    #[test]
    fn the_window_moves_forward_only_and_forgets_what_leaves_it() {
        let mut ring = Ring::<u32>::new(10, 1, 100);
        *ring.at(100).unwrap() += 1;
        *ring.at(91).unwrap() += 2;
        assert_eq!(ring.at(90), None);
        assert_eq!(ring.iter().collect::<Vec<_>>(), [2, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
        ring.advance(101);
        assert_eq!((sum(&ring), ring.begin()), (1, 92));
        ring.advance(50);
        assert_eq!((sum(&ring), ring.begin()), (1, 92));
        // The future counts as now.
        *ring.at(5000).unwrap() += 4;
        assert_eq!(ring.iter().last(), Some(4));
        ring.advance(100_000);
        assert_eq!(sum(&ring), 0);
    }

    #[test]
    fn buckets_wider_than_a_second_begin_at_whole_multiples() {
        let mut ring = Ring::<u32>::new(3, 60, 125);
        *ring.at(119).unwrap() += 1;
        assert_eq!((ring.begin(), ring.iter().collect::<Vec<_>>()), (0, vec![0, 1, 0]));
    }
}
