//! Times as the outside face reads and writes them.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

/// RFC 3339 in UTC with `Z`; a time past the calendar's ends is empty.
pub fn rfc3339(unix_ms: i64) -> String {
    Timestamp::from_millisecond(unix_ms).map_or_else(|_| String::new(), |t| t.to_string())
}

/// Milliseconds since the epoch of RFC 3339 (`2026-08-20T06:00:33Z`; without a zone it is UTC, and a space
/// may stand for the T), a date (its begin, UTC), an age (`90s`, `15m`, `24h`, `7d`, `2w`) before `now_ms`, or
/// `now`.
pub fn parse(text: &str, now_ms: i64) -> Result<i64, String> {
    if text == "now" {
        return Ok(now_ms);
    }
    if let Ok(time) = text.parse::<Timestamp>() {
        return Ok(time.as_millisecond());
    }
    if text.len() > 10
        && let Ok(time) = text.parse::<DateTime>()
    {
        let time = time.to_zoned(TimeZone::UTC).map_err(|error| error.to_string())?;
        return Ok(time.timestamp().as_millisecond());
    }
    if text.len() == 10
        && let Ok(date) = text.parse::<Date>()
    {
        let begin = date.to_zoned(TimeZone::UTC).map_err(|error| error.to_string())?;
        return Ok(begin.timestamp().as_millisecond());
    }
    age(text)
        .and_then(|age| now_ms.checked_sub(age))
        .ok_or_else(|| format!("`{text}` is no time: give 2026-08-20T06:00:33Z, 2026-08-20, or an age as 24h or 7d"))
}

fn age(text: &str) -> Option<i64> {
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86_400,
        "w" => 7 * 86_400,
        _ => return None,
    };
    let number: u32 = number.parse().ok()?;
    i64::from(number).checked_mul(seconds * 1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_dates_and_ages_are_understood() {
        assert_eq!(parse("1970-01-01T00:00:01.5Z", 0), Ok(1500));
        assert_eq!(parse("1970-01-01T01:00:00+01:00", 0), Ok(0));
        assert_eq!(parse("1970-01-02", 0), Ok(86_400_000));
        assert_eq!(parse("1970-01-01T00:00:02", 0), Ok(2000));
        assert_eq!(parse("1970-01-01 00:01", 0), Ok(60_000));
        assert_eq!(parse("now", 7), Ok(7));
        assert_eq!(parse("2d", 3 * 86_400_000), Ok(86_400_000));
        for wrong in ["", "d", "7x", "-7d", "yesterday", "2026-13-01"] {
            assert!(parse(wrong, 0).is_err(), "{wrong}");
        }
    }
}
