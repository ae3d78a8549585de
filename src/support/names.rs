//! Names to small numbers and back, bounded: for ids that come from logs.

use std::hash::BuildHasher;

use hashbrown::HashTable;

use super::bytes;

/// What stands in for every name past the bound.
pub const TOO_MANY: &str = "(too many)";

/// Interned names. Numbers count up from 0 and stay.
#[derive(Debug)]
pub struct Names {
    index: HashTable<u32>,
    list: Vec<Box<str>>,
    hasher: foldhash::fast::FixedState,
    last: u32,
    most: usize,
}

impl Names {
    /// Room for `most` names; all later ones share [`TOO_MANY`].
    pub fn new(most: usize) -> Self {
        Self {
            index: HashTable::new(),
            list: Vec::new(),
            hasher: foldhash::fast::FixedState::default(),
            last: 0,
            most,
        }
    }

    /// The number of `name`, new or known. Bytes that are not UTF-8 are replaced.
    pub fn id(&mut self, name: &[u8]) -> u32 {
        // Most lines name what the line before named.
        if self
            .list
            .get(self.last as usize)
            .is_some_and(|last| bytes::equal(last.as_bytes(), name))
        {
            return self.last;
        }
        let hash = self.hasher.hash_one(name);
        let found = self
            .index
            .find(hash, |at| bytes::equal(self.list[*at as usize].as_bytes(), name));
        self.last = match found {
            Some(at) => *at,
            None => self.insert(name),
        };
        self.last
    }

    /// The number of `name`, if it is known.
    pub fn find(&self, name: &str) -> Option<u32> {
        let hash = self.hasher.hash_one(name.as_bytes());
        let is_it = |at: &u32| self.list.get(*at as usize).is_some_and(|known| &**known == name);
        self.index.find(hash, is_it).copied()
    }

    fn insert(&mut self, name: &[u8]) -> u32 {
        let next = u32::try_from(self.list.len()).unwrap_or(u32::MAX);
        if self.list.len() > self.most {
            return next - 1;
        }
        let text = if self.list.len() == self.most {
            TOO_MANY.into()
        } else {
            String::from_utf8_lossy(name)
        };
        if text.as_bytes() != name && self.list.len() < self.most {
            return self.id(text.into_owned().as_bytes());
        }
        self.list.push(text.into());
        let (list, hasher) = (&self.list, &self.hasher);
        let hash = |at: &u32| hasher.hash_one(list[*at as usize].as_bytes());
        self.index.insert_unique(hash(&next), next, hash);
        next
    }

    /// The name of a number [`Names::id`] gave; empty for any other.
    pub fn name(&self, id: u32) -> &str {
        self.list.get(id as usize).map_or("", AsRef::as_ref)
    }

    /// All names, in the order of their numbers.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.list.iter().map(AsRef::as_ref)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_keep_their_numbers_and_the_bound_holds() {
        let mut names = Names::new(2);
        let (a, b) = (names.id(b"a"), names.id(b"b"));
        assert_eq!((names.id(b"a"), names.id(b"b")), (a, b));
        let (c, d) = (names.id(b"c"), names.id(b"d"));
        assert_eq!(c, d);
        assert_eq!(names.name(c), TOO_MANY);
        assert_eq!(names.id(b"a"), a);
        assert_eq!(names.iter().count(), 3);
    }
}
