//! Comparing short byte strings where a call of `memcmp` costs more than the comparison.

/// Whether `text` begins with `literal`. For literals of some dozen bytes, inlined.
#[inline]
pub fn starts_with(text: &[u8], literal: &[u8]) -> bool {
    let Some(text) = text.get(..literal.len()) else {
        return false;
    };
    let (words, rest) = text.as_chunks::<8>();
    let (wanted, wanted_rest) = literal.as_chunks::<8>();
    for (word, want) in words.iter().zip(wanted) {
        if u64::from_ne_bytes(*word) != u64::from_ne_bytes(*want) {
            return false;
        }
    }
    match (text.last_chunk::<8>(), literal.last_chunk::<8>()) {
        // The last eight bytes overlap what was compared: one comparison more, not a loop.
        (Some(word), Some(want)) => u64::from_ne_bytes(*word) == u64::from_ne_bytes(*want),
        _ => rest.iter().zip(wanted_rest).all(|(a, b)| a == b),
    }
}

/// Whether two short byte strings are equal.
#[inline]
pub fn equal(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && starts_with(a, b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_the_standard_library_at_every_length_and_difference() {
        for len in 0..40usize {
            let text: Vec<u8> = (0..40).collect();
            assert!(starts_with(&text, &text[..len]));
            assert!(!starts_with(&text[..len], &text));
            for wrong in 0..len {
                let mut other = text[..len].to_vec();
                other[wrong] ^= 0x80;
                assert!(!starts_with(&text, &other), "{len} {wrong}");
                assert!(!equal(&text[..len], &other));
            }
        }
    }
}
