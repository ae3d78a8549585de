//! Where a log was read to, and what of it is missing. Made by `source`, kept by `store`.

use xxhash_rust::xxh3::xxh3_64;

/// Bytes of a head at most.
pub const HEAD: usize = 1024;
/// Bytes of an anchor at most.
pub const ANCHOR: usize = 256;

/// The first bytes of a file's (inflated) content.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Head {
    /// How many bytes, at most [`HEAD`]; fewer while the file is small.
    pub len: u32,
    /// Their xxh3 hash.
    pub hash: u64,
}

impl Head {
    /// The head of content that begins with `bytes`: empty until there is a whole line, for a time
    /// stamp alone is no identity.
    pub fn of(bytes: &[u8]) -> Self {
        let mut bytes = &bytes[..bytes.len().min(HEAD)];
        if bytes.len() < HEAD && !bytes.contains(&b'\n') {
            bytes = &[];
        }
        Self {
            len: bytes.len() as u32,
            hash: xxh3_64(bytes),
        }
    }

    /// Whether content that begins with `bytes` may be the same content, grown or not. An empty head
    /// says nothing and fits nothing.
    pub fn fits(self, bytes: &[u8]) -> bool {
        self.len > 0
            && bytes
                .get(..self.len as usize)
                .is_some_and(|head| xxh3_64(head) == self.hash)
    }
}

/// How far a part of a file was read: the bytes `from..done` of its inflated content.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Position {
    /// Row in the database; 0 before it has one.
    pub row: i64,
    /// Device and inode; zeros where there are none.
    pub file: (u64, u64),
    /// The content's head.
    pub head: Head,
    /// Where reading began.
    pub from: u64,
    /// End of the last whole line that was read.
    pub done: u64,
    /// Where reading ends: history ends where following began. `None`: with the file.
    pub until: Option<u64>,
    /// Hash of the (at most [`ANCHOR`]) bytes before `done`; 0 in packed files.
    pub anchor: u64,
    /// Length of the file when it was last looked at.
    pub len: u64,
    /// Second of the last line read, if any had a time.
    pub last_second: Option<i64>,
    /// Whether all of it was read and nothing is written to it any more.
    pub finished: bool,
}

impl Position {
    /// Bytes known to be there and not read.
    pub fn unread(&self) -> u64 {
        self.until.unwrap_or(self.len).saturating_sub(self.done)
    }
}

/// Bytes of a log that were destroyed before anyone read them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gap {
    /// Second of the last line before them.
    pub from: Option<i64>,
    /// Second of the first line behind them.
    pub to: Option<i64>,
    /// At least so many are missing; `None` when not even that is known.
    pub bytes: Option<u64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_fits_what_has_grown_and_nothing_else() {
        assert_eq!(Head::of(b"2026-08-20T06:00:33Z").len, 0);
        let head = Head::of(b"first line\n");
        assert!(head.fits(b"first line\nsecond"));
        assert!(!head.fits(b"first"));
        assert!(!Head::default().fits(b"anything"));
    }
}
