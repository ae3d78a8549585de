//! The most frequent of many things in bounded memory (space-saving): counts are never too low, and at
//! most too high by a bound that is known for each.

use std::collections::HashMap;
use std::hash::Hash;

/// One of the most frequent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry<K, V> {
    /// The thing.
    pub key: K,
    /// How often at most.
    pub count: u64,
    /// By how much the count may be too high.
    pub error: u64,
    /// What came with it, of what is surely its own.
    pub value: V,
}

/// Keeps about the `size` most frequent things.
#[derive(Debug, Clone)]
pub struct Top<K, V> {
    size: usize,
    /// The highest count ever dropped: what any newcomer may have had before.
    floor: u64,
    entries: HashMap<K, (u64, u64, V)>,
}

impl<K: Hash + Eq + Copy + Ord, V: Copy + Default> Top<K, V> {
    /// Room for `size` things.
    pub fn new(size: usize) -> Self {
        Self {
            size: size.max(1),
            floor: 0,
            entries: HashMap::new(),
        }
    }

    /// Counts one; `with` adds what came with it.
    pub fn add(&mut self, key: K, with: impl FnOnce(&mut V)) {
        if let Some(entry) = self.entries.get_mut(&key) {
            entry.0 += 1;
            with(&mut entry.2);
            return;
        }
        if self.entries.len() >= self.size * 2 {
            self.prune();
        }
        let mut value = V::default();
        with(&mut value);
        self.entries.insert(key, (self.floor + 1, self.floor, value));
    }

    /// Drops the rarer half at once, which is cheaper than the rarest each time.
    fn prune(&mut self) {
        let mut counts: Vec<u64> = self.entries.values().map(|entry| entry.0).collect();
        let place = counts.len().saturating_sub(self.size);
        let (_, least, _) = counts.select_nth_unstable(place);
        let least = *least;
        self.entries.retain(|_, entry| entry.0 > least);
        self.floor = self.floor.max(least);
    }

    /// The most frequent by what is sure of their counts, at most `n` (the last of those beyond
    /// [`Top::new`]'s size come and go); equals in the order of their keys.
    pub fn most(&self, n: usize) -> Vec<Entry<K, V>> {
        let entry = |(key, (count, error, value)): (&K, &(u64, u64, V))| Entry {
            key: *key,
            count: *count,
            error: *error,
            value: *value,
        };
        let mut entries: Vec<Entry<K, V>> = self.entries.iter().map(entry).collect();
        let sure = |entry: &Entry<K, V>| entry.count - entry.error;
        entries.sort_by(|a, b| sure(b).cmp(&sure(a)).then(a.key.cmp(&b.key)));
        entries.truncate(n);
        entries
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_frequent_are_found_and_never_counted_too_low() {
        // A share of 1.8 % each: found when the room is well above 1 / 1.8 %.
        let mut top = Top::new(256);
        for n in 0..20_000u64 {
            top.add(n, |sum: &mut u64| *sum += 1);
            if n % 10 == 0 {
                top.add(1_000_000 + n % 50, |sum| *sum += 1);
            }
        }
        let most = top.most(5);
        assert_eq!(most.len(), 5);
        for entry in most {
            assert!(entry.key >= 1_000_000, "{entry:?}");
            let exact = 400;
            assert!(entry.count >= exact && entry.count - entry.error <= exact, "{entry:?}");
        }
    }
}
