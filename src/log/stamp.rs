//! Time stamps of log lines: RFC 3339 with `Z` or an offset, and the older ISO 8601 (`.083+0200`).

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
pub fn unix_ms(stamp: &str) -> Option<i64> {
    stamp.parse::<jiff::Timestamp>().ok().map(|t| t.as_millisecond())
}

/// Where the first stamp in `text` begins that a column separator follows: the start of a
/// console record behind any prefix. Two stamps in a row (`docker logs -t`) give the second.
pub fn find_record_stamp(text: &[u8]) -> Option<usize> {
    memchr::memchr_iter(b'T', text.get(..text.len().min(512))?).find_map(|t| {
        let start = t.checked_sub(10)?;
        let len = stamp_len(&text[start..])?;
        let after = &text[start + len..];
        (after.starts_with(b"\t") || after.starts_with(b"        ")).then_some(start)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_release_stamp_is_read() {
        for (text, ms) in [
            ("2026-08-20T06:00:33Z", 1_787_205_633_000),
            ("2026-08-20T08:00:33+02:00", 1_787_205_633_000),
            ("2026-08-20T08:00:33.083+0200", 1_787_205_633_083),
        ] {
            assert_eq!(stamp_len(text.as_bytes()), Some(text.len()), "{text}");
            assert_eq!(unix_ms(text), Some(ms), "{text}");
        }
    }

    #[test]
    fn the_record_is_found_behind_a_docker_stamp() {
        let line = b"2026-11-23T21:45:23.471156045Z 2026-11-23T21:24:56Z\tINFO\tx";
        assert_eq!(find_record_stamp(line), Some(31));
        assert_eq!(find_record_stamp(b"2026-08-20 06:00:01,234 INFO spawned"), None);
    }
}
