//! Bytes to physical lines, in big blocks.

use std::io::{self, Read};

const BLOCK: usize = 256 * 1024;
/// A longer line is cut here: a damaged file must not fill the memory.
pub const LONGEST_LINE: usize = 16 << 20;

/// Reads `reader` to its end and hands on blocks of whole lines (each with its `\n`, but for the
/// last of the input). `each` may stop the reading with `Ok(false)`.
pub fn blocks(mut reader: impl Read, mut each: impl FnMut(&[u8]) -> io::Result<bool>) -> io::Result<()> {
    let mut buffer = vec![0; BLOCK];
    let mut filled = 0;
    loop {
        if filled == buffer.len() {
            if buffer.len() >= LONGEST_LINE {
                if !each(&buffer[..filled])? {
                    return Ok(());
                }
                filled = 0;
            } else {
                buffer.resize(buffer.len() * 2, 0);
            }
        }
        let read = match reader.read(&mut buffer[filled..]) {
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => {
                // What was read before the damage is whole and counts.
                each(&buffer[..filled])?;
                return Err(error);
            }
        };
        if read == 0 {
            if filled > 0 {
                each(&buffer[..filled])?;
            }
            return Ok(());
        }
        let end = filled + read;
        let Some(last) = memchr::memrchr(b'\n', &buffer[filled..end]) else {
            filled = end;
            continue;
        };
        let whole = filled + last + 1;
        if !each(&buffer[..whole])? {
            return Ok(());
        }
        buffer.copy_within(whole..end, 0);
        filled = end - whole;
    }
}

/// The lines of a block, without their `\n`.
pub fn of(block: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = block;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let end = memchr::memchr(b'\n', rest);
        let line = &rest[..end.unwrap_or(rest.len())];
        rest = &rest[end.map_or(rest.len(), |at| at + 1)..];
        Some(line)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_the_same_however_the_bytes_arrive() {
        struct Dribble<'a>(&'a [u8], usize);
        impl Read for Dribble<'_> {
            fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
                let n = self.1.min(self.0.len()).min(buf.len());
                buf[..n].copy_from_slice(&self.0[..n]);
                self.0 = &self.0[n..];
                Ok(n)
            }
        }
        let text = b"a\n\nlong line\nlast";
        for step in 1..=text.len() {
            let mut lines = Vec::new();
            blocks(Dribble(text, step), |block| {
                lines.extend(of(block).map(<[u8]>::to_vec));
                Ok(true)
            })
            .unwrap();
            assert_eq!(lines, [&b"a"[..], b"", b"long line", b"last"], "{step}");
        }
    }
}
