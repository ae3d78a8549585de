//! A mergeable sketch of a distribution: log-linear buckets, 64 an octave, so that a quantile is
//! within 1 % of a value that was there. Merging is addition: associative and commutative.

use super::varint::{self, Reader};

const BITS: u32 = 6;
const EXACT: u64 = 1 << BITS;

/// Counts of values by bucket; values below 64 are exact.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Sketch {
    /// In order, none empty.
    buckets: Vec<(u16, u64)>,
    count: u64,
    max: u64,
}

/// A sum of many stored sketches: an array, where a [`Sketch`] holds only what is there.
#[derive(Debug, Default)]
pub struct Sum {
    buckets: Vec<u64>,
    count: u64,
    max: u64,
}

fn bucket(value: u64) -> u16 {
    if value < EXACT {
        return value as u16;
    }
    let octave = value.ilog2() - BITS;
    let place = (value >> octave) & (EXACT - 1);
    (u64::from(octave + 1) * EXACT + place) as u16
}

/// The middle of a bucket.
fn middle(bucket: u16) -> u64 {
    let bucket = u64::from(bucket);
    if bucket < EXACT {
        return bucket;
    }
    let octave = bucket / EXACT - 1;
    let low = (EXACT + bucket % EXACT) << octave;
    low + ((1 << octave) >> 1)
}

impl Sketch {
    /// Counts one value.
    pub fn add(&mut self, value: u64) {
        let bucket = bucket(value);
        match self.buckets.binary_search_by_key(&bucket, |(at, _)| *at) {
            Ok(at) => self.buckets[at].1 += 1,
            Err(at) => self.buckets.insert(at, (bucket, 1)),
        }
        self.count += 1;
        self.max = self.max.max(value);
    }

    /// Adds all values of another sketch.
    pub fn merge(&mut self, other: &Self) {
        let before = std::mem::take(&mut self.buckets);
        self.buckets.reserve_exact(before.len().max(other.buckets.len()));
        let (mut ours, mut theirs) = (before.into_iter().peekable(), other.buckets.iter().copied().peekable());
        while let Some((bucket, count)) = match (ours.peek(), theirs.peek()) {
            (Some(a), Some(b)) if a.0 == b.0 => ours
                .next()
                .zip(theirs.next())
                .map(|(a, b)| (a.0, a.1.saturating_add(b.1))),
            (Some(a), Some(b)) if a.0 > b.0 => theirs.next(),
            (Some(_), _) => ours.next(),
            (None, _) => theirs.next(),
        } {
            self.buckets.push((bucket, count));
        }
        self.count = self.count.saturating_add(other.count);
        self.max = self.max.max(other.max);
    }

    /// How many values were added.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The largest value, exact; 0 when there is none.
    pub fn max(&self) -> u64 {
        self.max
    }

    /// The value below which `q` (0..=1) of the values lie, within 1 %; `None` when there is none.
    pub fn quantile(&self, q: f64) -> Option<u64> {
        let rank = ((self.count as f64 * q).ceil() as u64).clamp(1, self.count.max(1));
        let mut seen = 0;
        let found = self.buckets.iter().find(|(_, count)| {
            seen += *count;
            seen >= rank
        });
        found.map(|(bucket, _)| middle(*bucket).min(self.max))
    }

    /// How many values are at most this one, but for those within 1 % of it.
    pub fn up_to(&self, value: u64) -> u64 {
        let most = bucket(value);
        let below = self.buckets.iter().take_while(|(at, _)| *at <= most);
        below.map(|(_, count)| *count).sum()
    }

    /// For the database.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(8 + self.buckets.len() * 3);
        varint::put(&mut out, self.max);
        let mut before = 0;
        for (bucket, count) in &self.buckets {
            varint::put(&mut out, u64::from(bucket - before));
            varint::put(&mut out, *count);
            before = *bucket;
        }
        out
    }

    /// From the database; `None` if the bytes are damaged.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader(bytes);
        let mut sketch = Self {
            max: reader.unsigned()?,
            ..Self::default()
        };
        let mut before = None;
        while !reader.0.is_empty() {
            let bucket = next_bucket(&mut reader, before)?;
            let count = reader.unsigned()?;
            sketch.buckets.push((bucket, count));
            sketch.count = sketch.count.checked_add(count)?;
            before = Some(bucket);
        }
        Some(sketch)
    }
}

/// How many values a sketch of the database holds, and about their sum (within 1 %); `None` if the bytes are
/// damaged.
pub fn total(bytes: &[u8]) -> Option<(u64, u64)> {
    let mut reader = Reader(bytes);
    let max = reader.unsigned()?;
    let (mut count, mut sum) = (0u64, 0u64);
    let mut before = None;
    while !reader.0.is_empty() {
        let bucket = next_bucket(&mut reader, before)?;
        let values = reader.unsigned()?;
        count = count.checked_add(values)?;
        sum = sum.saturating_add(middle(bucket).min(max).saturating_mul(values));
        before = Some(bucket);
    }
    Some((count, sum))
}

fn next_bucket(reader: &mut Reader<'_>, before: Option<u16>) -> Option<u16> {
    let step = u16::try_from(reader.unsigned()?).ok()?;
    match before {
        Some(before) if step > 0 => before.checked_add(step),
        Some(_) => None,
        None => Some(step),
    }
}

impl Sum {
    /// Adds a sketch of the database; `None` if the bytes are damaged.
    pub fn add(&mut self, bytes: &[u8]) -> Option<()> {
        let mut reader = Reader(bytes);
        self.max = self.max.max(reader.unsigned()?);
        let mut before = None;
        while !reader.0.is_empty() {
            let bucket = next_bucket(&mut reader, before)?;
            let (at, count) = (usize::from(bucket), reader.unsigned()?);
            if self.buckets.len() <= at {
                self.buckets.resize(at + 1, 0);
            }
            self.buckets[at] = self.buckets[at].saturating_add(count);
            self.count = self.count.checked_add(count)?;
            before = Some(bucket);
        }
        Some(())
    }

    /// How many values there are.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Adds all values of another sum.
    pub fn join(&mut self, other: &Self) {
        if self.buckets.len() < other.buckets.len() {
            self.buckets.resize(other.buckets.len(), 0);
        }
        for (sum, more) in self.buckets.iter_mut().zip(&other.buckets) {
            *sum = sum.saturating_add(*more);
        }
        self.count = self.count.saturating_add(other.count);
        self.max = self.max.max(other.max);
    }

    /// Adds all values of a sketch.
    pub fn merge(&mut self, sketch: &Sketch) {
        for (bucket, count) in &sketch.buckets {
            let at = usize::from(*bucket);
            if self.buckets.len() <= at {
                self.buckets.resize(at + 1, 0);
            }
            self.buckets[at] = self.buckets[at].saturating_add(*count);
        }
        self.count = self.count.saturating_add(sketch.count);
        self.max = self.max.max(sketch.max);
    }

    /// The sum.
    pub fn sketch(&self) -> Sketch {
        let buckets = (0..).zip(&self.buckets).filter(|(_, count)| **count > 0);
        Sketch {
            buckets: buckets.map(|(bucket, count)| (bucket, *count)).collect(),
            count: self.count,
            max: self.max,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantile_is_within_one_percent() {
        let mut sketch = Sketch::default();
        (1..=100_000u64).for_each(|v| sketch.add(v));
        for (q, exact) in [(0.5, 50_000.0), (0.9, 90_000.0), (0.99, 99_000.0), (1.0, 100_000.0)] {
            let value = sketch.quantile(q).unwrap() as f64;
            assert!((value - exact).abs() / exact < 0.01, "{q}: {value}");
        }
        let bytes = sketch.to_bytes();
        let (count, total) = total(&bytes).unwrap();
        assert_eq!(count, 100_000);
        assert!((total as f64 / 5_000_050_000.0 - 1.0).abs() < 0.01, "{total}");
        let mut sum = Sum::default();
        assert!(sum.add(&bytes).is_some() && sum.add(&bytes).is_some());
        let mut twice = sketch.clone();
        twice.merge(&sketch);
        assert_eq!(sum.sketch(), twice);
        assert_eq!(Sketch::from_bytes(&bytes), Some(sketch));
        assert_eq!(Sketch::default().quantile(0.5), None);
        assert!((0..=64).all(|n| bucket(1u64.checked_shl(n).unwrap_or(u64::MAX)) < u16::MAX));
    }
}
