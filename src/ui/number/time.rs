//! Ages, durations, dates and local times. The zone is always handed in.

use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

use super::UNKNOWN;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// How long ago, in seconds; never more than it is: `12 s`, `53 min`, `13 h 20 min`, `3 d 4 h`, `61 d`.
pub fn age(seconds: u64) -> String {
    match seconds {
        0..MINUTE => format!("{seconds} s"),
        MINUTE..HOUR => format!("{} min", seconds / MINUTE),
        _ => long(seconds),
    }
}

/// How long something took or will take, in milliseconds; never more than it is: `850 ms`, `4.8 s`, `12 s`,
/// `3 min 55 s`, `13 h 20 min`.
pub fn duration(ms: u64) -> String {
    let seconds = ms / 1000;
    match seconds {
        0 => format!("{ms} ms"),
        1..10 => format!("{seconds}.{} s", ms % 1000 / 100),
        10..MINUTE => format!("{seconds} s"),
        MINUTE..HOUR => pair(seconds, (MINUTE, "min"), (1, "s")),
        _ => long(seconds),
    }
}

/// From an hour on.
fn long(seconds: u64) -> String {
    if seconds < DAY {
        pair(seconds, (HOUR, "h"), (MINUTE, "min"))
    } else if seconds < 10 * DAY {
        pair(seconds, (DAY, "d"), (HOUR, "h"))
    } else {
        format!("{} d", seconds / DAY)
    }
}

/// In two units, the second only if there is any of it.
fn pair(seconds: u64, (large, large_name): (u64, &str), (small, small_name): (u64, &str)) -> String {
    let (whole, rest) = (seconds / large, seconds % large / small);
    if rest == 0 {
        format!("{whole} {large_name}")
    } else {
        format!("{whole} {large_name} {rest} {small_name}")
    }
}

/// `21:48:07`, of milliseconds since the epoch, as all below; a time past the calendar's ends is unknown.
pub fn clock(unix_ms: i64, zone: &TimeZone) -> String {
    written(unix_ms, zone, "%H:%M:%S")
}

/// `21:48:07 CEST`.
pub fn zoned_clock(unix_ms: i64, zone: &TimeZone) -> String {
    written(unix_ms, zone, "%H:%M:%S %Z")
}

/// `21:48`.
pub fn minute(unix_ms: i64, zone: &TimeZone) -> String {
    written(unix_ms, zone, "%H:%M")
}

/// `9 Aug`.
pub fn day(unix_ms: i64, zone: &TimeZone) -> String {
    written(unix_ms, zone, "%-d %b")
}

/// `9 Aug 2026`.
pub fn date(unix_ms: i64, zone: &TimeZone) -> String {
    written(unix_ms, zone, "%-d %b %Y")
}

/// As short as it is clear seen from `now_ms`: `21:31`, `16 Aug 03:10`, `9 Aug 2025`.
pub fn moment(unix_ms: i64, now_ms: i64, zone: &TimeZone) -> String {
    let (Some(then), Some(now)) = (local(unix_ms, zone), local(now_ms, zone)) else {
        return date(unix_ms, zone);
    };
    let format = if then.date() == now.date() {
        "%H:%M"
    } else if then.year() == now.year() {
        "%-d %b %H:%M"
    } else {
        "%-d %b %Y"
    };
    then.strftime(format).to_string()
}

/// As [`moment`], to the second: `21:31:04`, `9 Aug 21:31:04`, `9 Aug 2025 21:31`.
pub fn second(unix_ms: i64, now_ms: i64, zone: &TimeZone) -> String {
    let (Some(then), Some(now)) = (local(unix_ms, zone), local(now_ms, zone)) else {
        return date(unix_ms, zone);
    };
    let format = if then.date() == now.date() {
        "%H:%M:%S"
    } else if then.year() == now.year() {
        "%-d %b %H:%M:%S"
    } else {
        "%-d %b %Y %H:%M"
    };
    then.strftime(format).to_string()
}

/// `9 Aug 2025 21:31`.
pub fn date_and_minute(unix_ms: i64, zone: &TimeZone) -> String {
    written(unix_ms, zone, "%-d %b %Y %H:%M")
}

fn written(unix_ms: i64, zone: &TimeZone, format: &str) -> String {
    local(unix_ms, zone).map_or_else(|| UNKNOWN.to_owned(), |time| time.strftime(format).to_string())
}

fn local(unix_ms: i64, zone: &TimeZone) -> Option<Zoned> {
    let time = Timestamp::from_millisecond(unix_ms).ok()?;
    Some(time.to_zoned(zone.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn berlin() -> TimeZone {
        TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap()
    }

    fn ms(text: &str) -> i64 {
        text.parse::<Timestamp>().unwrap().as_millisecond()
    }

    #[test]
    fn ages_and_durations_drop_what_does_not_matter() {
        let ages = [
            (0, "0 s"),
            (59, "59 s"),
            (3599, "59 min"),
            (3600, "1 h"),
            (48_000, "13 h 20 min"),
            (273_600, "3 d 4 h"),
            (2 * DAY + 59, "2 d"),
            (61 * DAY + HOUR, "61 d"),
        ];
        for (seconds, text) in ages {
            assert_eq!(age(seconds), text);
        }
        let durations = [
            (0, "0 ms"),
            (999, "999 ms"),
            (4_899, "4.8 s"),
            (12_999, "12 s"),
            (235_000, "3 min 55 s"),
            (120_999, "2 min"),
            (48_000_000, "13 h 20 min"),
        ];
        for (ms, text) in durations {
            assert_eq!(duration(ms), text);
        }
        assert!(age(u64::MAX).ends_with(" d"));
    }

    #[test]
    fn times_are_local_and_name_their_zone() {
        let zone = berlin();
        let summer = ms("2026-08-21T19:48:07Z");
        assert_eq!(zoned_clock(summer, &zone), "21:48:07 CEST");
        assert_eq!(zoned_clock(ms("2026-01-21T19:48:07Z"), &zone), "20:48:07 CET");
        assert_eq!(zoned_clock(summer, &TimeZone::UTC), "19:48:07 UTC");
        assert_eq!(clock(summer, &zone), "21:48:07");
        assert_eq!(minute(summer, &zone), "21:48");
        assert_eq!(day(ms("2026-08-08T22:30:00Z"), &zone), "9 Aug");
        assert_eq!(date(summer, &zone), "21 Aug 2026");
        assert_eq!(zoned_clock(i64::MAX, &zone), UNKNOWN);
    }

    #[test]
    fn the_hour_that_comes_twice_is_told_apart_by_its_zone() {
        let zone = berlin();
        assert_eq!(zoned_clock(ms("2026-10-25T00:30:00Z"), &zone), "02:30:00 CEST");
        assert_eq!(zoned_clock(ms("2026-10-25T01:30:00Z"), &zone), "02:30:00 CET");
    }

    #[test]
    fn a_moment_is_as_short_as_it_is_clear() {
        let zone = berlin();
        let now = ms("2026-08-21T19:48:07Z");
        let cases = [
            ("2026-08-21T19:31:04Z", "21:31"),
            ("2026-08-20T22:05:00Z", "00:05"),
            ("2026-08-20T21:59:00Z", "20 Aug 23:59"),
            ("2025-12-31T22:59:00Z", "31 Dec 2025"),
        ];
        for (time, text) in cases {
            assert_eq!(moment(ms(time), now, &zone), text);
        }
        assert_eq!(moment(i64::MIN, now, &zone), UNKNOWN);
    }

    proptest! {
        #[test]
        fn an_age_never_claims_more_than_it_has(seconds in 0..100 * DAY) {
            let text = age(seconds);
            let words: Vec<&str> = text.split(' ').collect();
            let said: u64 = words
                .chunks(2)
                .map(|pair| {
                    let unit = match pair[1] { "s" => 1, "min" => MINUTE, "h" => HOUR, _ => DAY };
                    pair[0].parse::<u64>().unwrap() * unit
                })
                .sum();
            prop_assert!(said <= seconds);
            prop_assert!(seconds - said < (seconds / 10).max(MINUTE), "{}", text);
        }
    }
}
