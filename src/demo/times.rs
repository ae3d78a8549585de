//! RFC 3339 times and months inside any text: found, read and moved. Called by what replays a log line
//! or an answer.

use std::ops::Range;

use jiff::civil::{Date, DateTime};
use jiff::{SignedDuration, Timestamp};

/// A month as its distance from the year 0: the difference of two is whole months.
pub type Month = i32;

/// Where the first time at or behind byte `from` is: `2026-11-23T21:24:56`, any fraction, `Z` or an offset.
pub fn find(text: &str, from: usize) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    memchr::memchr_iter(b'T', bytes.get(from..)?).find_map(|t| {
        let start = (from + t).checked_sub(10).filter(|start| *start >= from)?;
        let len = length(&bytes[start..])?;
        Some(start..start + len)
    })
}

fn length(text: &[u8]) -> Option<usize> {
    if !fits(text, b"dddd-dd-ddTdd:dd:dd") {
        return None;
    }
    let mut at = 19;
    if text.get(at) == Some(&b'.') {
        at += 1 + text[at + 1..].iter().take_while(|b| b.is_ascii_digit()).count();
    }
    let zone = &text[at..];
    let signed = matches!(zone.first(), Some(b'+' | b'-'));
    match zone {
        [b'Z', ..] => Some(at + 1),
        _ if signed && fits(&zone[1..], b"dd:dd") => Some(at + 6),
        _ if signed && fits(&zone[1..], b"dddd") => Some(at + 5),
        _ => None,
    }
}

fn fits(text: &[u8], shape: &[u8]) -> bool {
    let alike = |(byte, shape): (&u8, &u8)| match shape {
        b'd' => byte.is_ascii_digit(),
        other => byte == other,
    };
    text.len() >= shape.len() && text.iter().zip(shape).all(alike)
}

/// Milliseconds since the epoch of a found time.
pub fn unix_ms(stamp: &str) -> Option<i64> {
    stamp.parse::<Timestamp>().ok().map(Timestamp::as_millisecond)
}

/// Whether a found time stands for a day: midnight UTC.
pub fn is_day(stamp: &str) -> bool {
    stamp
        .strip_suffix('Z')
        .and_then(|s| s.get(10..))
        .is_some_and(|time| time.starts_with("T00:00:00") && time[9..].bytes().all(|b| matches!(b, b'.' | b'0')))
}

/// A found time moved by so many milliseconds, written as it was: same offset, same number of digits.
/// `None` where no calendar reaches.
pub fn moved(stamp: &str, by_ms: i64) -> Option<String> {
    let zone = 19 + stamp.get(19..)?.find(['Z', '+', '-'])?;
    let (local, zone) = stamp.split_at(zone);
    let digits = local.len().saturating_sub(20);
    let local: DateTime = local.parse().ok()?;
    let moved = local.checked_add(SignedDuration::from_millis(by_ms)).ok()?;
    let second = moved.strftime("%Y-%m-%dT%H:%M:%S");
    let fraction = format!(".{:09}", moved.subsec_nanosecond());
    let fraction = if digits == 0 { "" } else { fraction.get(..=digits)? };
    Some(format!("{second}{fraction}{zone}"))
}

/// `text` with each time moved by what `by_ms` says for it (the time as written, and its ms since the
/// epoch). The zero time, by which Go says never, stays.
pub fn move_all(text: &str, by_ms: impl Fn(&str, i64) -> i64) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    let mut done = 0;
    while let Some(found) = find(text, done) {
        let stamp = &text[found.clone()];
        out.push_str(&text[done..found.start]);
        let new = match unix_ms(stamp) {
            Some(ms) if !stamp.starts_with("0001-") => moved(stamp, by_ms(stamp, ms)),
            _ => None,
        };
        out.push_str(new.as_deref().unwrap_or(stamp));
        done = found.end;
    }
    out.push_str(&text[done..]);
    out
}

/// The UTC day of a time (ms since the epoch).
pub fn date(unix_ms: i64) -> Date {
    let time = Timestamp::from_millisecond(unix_ms).unwrap_or_default();
    time.to_zoned(jiff::tz::TimeZone::UTC).date()
}

/// The month of a day.
pub fn month(date: Date) -> Month {
    i32::from(date.year()) * 12 + i32::from(date.month()) - 1
}

/// `text` with each `YYYY-MM` moved that stands between two of `around`; the text's end counts, too.
pub fn move_months(text: &str, around: &[u8], by: Month) -> String {
    let bytes = text.as_bytes();
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    for dash in memchr::memchr_iter(b'-', bytes) {
        let Some(start) = dash.checked_sub(4).filter(|start| *start > done) else {
            continue;
        };
        let end = dash + 3;
        let closed = bytes.get(end).is_none_or(|b| around.contains(b));
        if !closed || !around.contains(&bytes[start - 1]) || !fits(&bytes[start..], b"dddd-dd") {
            continue;
        }
        let Some(month) = read_month(&text[start..end]) else {
            continue;
        };
        let month = month + by;
        out.push_str(&text[done..start]);
        out.push_str(&format!("{:04}-{:02}", month.div_euclid(12), month.rem_euclid(12) + 1));
        done = end;
    }
    out.push_str(&text[done..]);
    out
}

fn read_month(text: &str) -> Option<Month> {
    let (year, month) = text.split_once('-')?;
    let (year, month): (i32, i32) = (year.parse().ok()?, month.parse().ok()?);
    (1..=12).contains(&month).then_some(year * 12 + month - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_move_and_keep_their_form() {
        const HOUR: i64 = 3_600_000;
        for (text, by, wanted) in [
            ("2026-11-23T23:30:00Z\tINFO", HOUR, "2026-11-24T00:30:00Z\tINFO"),
            (
                "x 2026-11-23T23:30:00.5+02:00 y",
                HOUR,
                "x 2026-11-24T00:30:00.5+02:00 y",
            ),
            ("2026-11-23T23:30:00.083+0200", 1, "2026-11-23T23:30:00.084+0200"),
            (
                "\"2026-11-23T21:24:58.081775982Z\"",
                20,
                "\"2026-11-23T21:24:58.101775982Z\"",
            ),
            ("2026-11-23T21:24:58Z", 999, "2026-11-23T21:24:58Z"),
            (
                "2026-11-23T21:24:58Z2026-11-23T21:24:59Z",
                -1000,
                "2026-11-23T21:24:57Z2026-11-23T21:24:58Z",
            ),
            // No times: never, a date, another program's form, one that is cut off, no such day.
            ("0001-01-01T00:00:00Z", HOUR, "0001-01-01T00:00:00Z"),
            (
                "2026-11-23 T 2026-11-23 21:24:58",
                HOUR,
                "2026-11-23 T 2026-11-23 21:24:58",
            ),
            ("é2026-11-23T21:24:5", HOUR, "é2026-11-23T21:24:5"),
            ("2026-02-30T21:24:58Z", HOUR, "2026-02-30T21:24:58Z"),
        ] {
            assert_eq!(move_all(text, |_, _| by), wanted);
        }
    }

    #[test]
    fn a_day_is_midnight_utc() {
        for (stamp, day) in [
            ("2026-11-23T00:00:00Z", true),
            ("2026-11-23T00:00:00.000Z", true),
            ("2026-11-23T00:00:00.001Z", false),
            ("2026-11-23T00:00:01Z", false),
            ("2026-11-23T00:00:00+01:00", false),
        ] {
            assert_eq!(is_day(stamp), day, "{stamp}");
        }
    }

    #[test]
    fn months_move_over_the_year_and_only_where_a_month_stands() {
        let body = r#"{"period":"2026-10","day":"2026-10-01","id":"x2026-10","no":"2026-13"}["2026-11","2026-12"]"#;
        let wanted = r#"{"period":"2027-01","day":"2026-10-01","id":"x2026-10","no":"2026-13"}["2027-02","2027-03"]"#;
        assert_eq!(move_months(body, b"\"", 3), wanted);
        assert_eq!(
            move_months("/p/2026-01/2026-11?id=1", b"/?", -2),
            "/p/2025-11/2026-09?id=1"
        );
        assert_eq!(move_months("/p/2026-01", b"/?", -1), "/p/2025-12");
    }
}
