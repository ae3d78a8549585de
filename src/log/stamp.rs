//! Time stamps of log lines: RFC 3339 with `Z` or an offset, and the older ISO 8601 (`.083+0200`).

use crate::support::bytes;

/// How far into a line its record may begin: prefixes of docker, compose and journald are shorter.
pub const LONGEST_PREFIX: usize = 512;
/// journald's `short` formats turn each tab into this.
pub const TAB_AS_SPACES: &[u8] = b"        ";

/// Length in bytes of the stamp `text` begins with, or `None`.
pub fn stamp_len(text: &[u8]) -> Option<usize> {
    const SHAPE: &[u8; 19] = b"dddd-dd-ddTdd:dd:dd";
    let head = text.get(..SHAPE.len())?;
    let fits = head.iter().zip(SHAPE).all(|(byte, shape)| match shape {
        b'd' => byte.is_ascii_digit(),
        other => byte == other,
    });
    if !fits {
        return None;
    }
    let mut at = SHAPE.len();
    if text.get(at) == Some(&b'.') {
        at += 1;
        at += text.get(at..)?.iter().take_while(|b| b.is_ascii_digit()).count();
    }
    match text.get(at)? {
        b'Z' => Some(at + 1),
        b'+' | b'-' => {
            let zone = text.get(at + 1..)?;
            let len = zone.iter().take_while(|b| b.is_ascii_digit() || **b == b':').count();
            matches!(len, 4 | 5).then_some(at + 1 + len)
        }
        _ => None,
    }
}

/// Milliseconds since the Unix epoch (UTC) of a whole stamp, or `None` if it is no valid time.
pub fn unix_ms(stamp: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(stamp).ok()?;
    text.parse::<jiff::Timestamp>().ok().map(|t| t.as_millisecond())
}

/// What separates a record's columns: a tab, or the eight spaces journald makes of one.
pub fn separator(text: &[u8]) -> Option<&'static [u8]> {
    match text.first()? {
        b'\t' => Some(b"\t"),
        b' ' => text.starts_with(TAB_AS_SPACES).then_some(TAB_AS_SPACES),
        _ => None,
    }
}

/// Where the first stamp in `text` begins that a column separator follows: the start of a
/// console record behind any prefix. Two stamps in a row (`docker logs -t`) give the second.
pub fn find_record(text: &[u8]) -> Option<(usize, usize)> {
    memchr::memchr_iter(b'T', &text[..text.len().min(LONGEST_PREFIX)]).find_map(|t| {
        let start = t.checked_sub(10)?;
        let len = stamp_len(&text[start..])?;
        separator(&text[start + len..])?;
        Some((start, len))
    })
}

/// Reads stamps, remembering the last one's minute and zone: the next is mostly two digits away.
#[derive(Debug, Default)]
pub struct Clock {
    /// `2026-08-20T06:00:`
    minute: [u8; 17],
    zone: Vec<u8>,
    minute_ms: i64,
}

impl Clock {
    /// Length and time (ms since the epoch) of the stamp `text` begins with.
    pub fn read(&mut self, text: &[u8]) -> Option<(usize, Option<i64>)> {
        if let Some(hit) = self.cached(text) {
            return Some(hit);
        }
        let len = stamp_len(text)?;
        let ms = unix_ms(&text[..len]);
        if let Some(ms) = ms
            && text[19] != b'.'
        {
            self.minute.copy_from_slice(&text[..17]);
            self.zone = text[19..len].to_vec();
            self.minute_ms = ms - two_digits(text[17], text[18])? * 1000;
        }
        Some((len, ms))
    }

    /// The same, if the stamp is of the minute and zone of the last one.
    pub fn cached(&self, text: &[u8]) -> Option<(usize, Option<i64>)> {
        let head = text.get(..19)?;
        let (minute, seconds) = head.split_at(17);
        if !bytes::equal(minute, &self.minute) || !bytes::starts_with(&text[19..], &self.zone) || self.zone.is_empty() {
            return None;
        }
        let seconds = two_digits(seconds[0], seconds[1]).filter(|s| *s < 60)?;
        Some((19 + self.zone.len(), Some(self.minute_ms + seconds * 1000)))
    }
}

fn two_digits(tens: u8, ones: u8) -> Option<i64> {
    (tens.is_ascii_digit() && ones.is_ascii_digit()).then(|| i64::from((tens - b'0') * 10 + ones - b'0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_release_stamp_is_read_with_and_without_the_cache() {
        let mut clock = Clock::default();
        for (text, ms) in [
            ("2026-08-20T06:00:33Z", 1_787_205_633_000),
            ("2026-08-20T06:00:34Z", 1_787_205_634_000),
            ("2026-08-20T08:00:33+02:00", 1_787_205_633_000),
            ("2026-08-20T08:00:33.083+0200", 1_787_205_633_083),
            ("2026-08-20T08:00:34+02:00", 1_787_205_634_000),
        ] {
            assert_eq!(stamp_len(text.as_bytes()), Some(text.len()), "{text}");
            assert_eq!(unix_ms(text.as_bytes()), Some(ms), "{text}");
            assert_eq!(clock.read(text.as_bytes()), Some((text.len(), Some(ms))), "{text}");
        }
        assert_eq!(clock.read(b"2026-08-20T08:00:99+02:00"), Some((25, None)));
    }

    #[test]
    fn the_record_is_found_behind_a_docker_stamp() {
        let line = b"2026-11-23T21:45:23.471156045Z 2026-11-23T21:24:56Z\tINFO\tx";
        assert_eq!(find_record(line), Some((31, 20)));
        assert_eq!(find_record(b"2026-08-20 06:00:01,234 INFO spawned"), None);
    }
}
