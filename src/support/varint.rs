//! Variable-length integers (LEB128) for what is stored in columns.

/// Appends `value`: 1 byte below 128, 2 below 16384, …
pub fn put(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push((value as u8) | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Appends a signed value; small magnitudes are short.
pub fn put_signed(out: &mut Vec<u8>, value: i64) {
    put(out, ((value << 1) ^ (value >> 63)) as u64);
}

/// Takes values off the front of a slice.
#[derive(Debug, Clone, Copy)]
pub struct Reader<'a>(pub &'a [u8]);

impl<'a> Reader<'a> {
    /// The next value; `None` when the bytes end or are no number.
    #[inline]
    pub fn unsigned(&mut self) -> Option<u64> {
        let (first, rest) = self.0.split_first()?;
        if *first < 0x80 {
            self.0 = rest;
            return Some(u64::from(*first));
        }
        // Up to eight bytes at once: lengths vary, and a branch for each byte is guessed wrong.
        let word = u64::from_le_bytes(*self.0.first_chunk().unwrap_or(&[0xff; 8]));
        let ends = !word & 0x8080_8080_8080_8080;
        if ends == 0 {
            return self.long();
        }
        let len = ends.trailing_zeros() / 8 + 1;
        let sevens = word & (u64::MAX >> (64 - 8 * len)) & 0x7f7f_7f7f_7f7f_7f7f;
        let pairs = (sevens & 0x007f_007f_007f_007f) | (sevens & 0x7f00_7f00_7f00_7f00) >> 1;
        let fours = (pairs & 0x0000_3fff_0000_3fff) | (pairs & 0x3fff_0000_3fff_0000) >> 2;
        self.0 = &self.0[len as usize..];
        Some((fours & 0x0fff_ffff) | (fours & 0x0fff_ffff_0000_0000) >> 4)
    }

    /// Byte by byte: near the end, and values of more than eight bytes.
    fn long(&mut self) -> Option<u64> {
        let mut value = 0u64;
        for (n, byte) in self.0.iter().enumerate().take(10) {
            value |= u64::from(byte & 0x7f).checked_shl(7 * n as u32)?;
            if byte & 0x80 == 0 {
                self.0 = &self.0[n + 1..];
                return Some(value);
            }
        }
        None
    }

    /// The next signed value.
    #[inline]
    pub fn signed(&mut self) -> Option<i64> {
        let value = self.unsigned()?;
        Some(((value >> 1) as i64) ^ -((value & 1) as i64))
    }

    /// The next `len` bytes.
    pub fn bytes(&mut self, len: usize) -> Option<&'a [u8]> {
        let (head, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(head)
    }

    /// A text with its length before it.
    pub fn text(&mut self) -> Option<&'a str> {
        let len = usize::try_from(self.unsigned()?).ok()?;
        std::str::from_utf8(self.bytes(len)?).ok()
    }
}

/// Appends a text with its length before it.
pub fn put_text(out: &mut Vec<u8>, text: &str) {
    put(out, text.len() as u64);
    out.extend_from_slice(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_length_comes_back_near_the_end_and_before_more() {
        let values: Vec<u64> = (0..64)
            .flat_map(|bit| [1 << bit, (1 << bit) - 1, u64::MAX >> bit])
            .collect();
        let mut out = Vec::new();
        values.iter().for_each(|v| put(&mut out, *v));
        let mut reader = Reader(&out);
        assert!(values.iter().all(|v| reader.unsigned() == Some(*v)) && reader.0.is_empty());
        for value in values {
            let mut out = Vec::new();
            put(&mut out, value);
            assert_eq!(Reader(&out).unsigned(), Some(value));
            assert_eq!(Reader(&out[..out.len() - 1]).unsigned(), None);
        }
    }

    #[test]
    fn values_come_back() {
        let values = [0, 1, 127, 128, 16383, 16384, u64::MAX];
        let signed = [0, -1, 1, i64::MIN, i64::MAX];
        let mut out = Vec::new();
        values.iter().for_each(|v| put(&mut out, *v));
        signed.iter().for_each(|v| put_signed(&mut out, *v));
        put_text(&mut out, "é");
        let mut reader = Reader(&out);
        values.iter().for_each(|v| assert_eq!(reader.unsigned(), Some(*v)));
        signed.iter().for_each(|v| assert_eq!(reader.signed(), Some(*v)));
        assert_eq!(reader.text(), Some("é"));
        assert_eq!(reader.unsigned(), None);
    }
}
