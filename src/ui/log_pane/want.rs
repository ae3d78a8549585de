//! Which lines are shown: what was chosen on the pane, and how it is typed.

use jiff::civil::{DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use serde::{Deserialize, Serialize};

use crate::api::line::Filter;

/// The levels one can choose from, the lightest first.
pub(super) const LEVELS: [&str; 4] = ["DEBUG", "INFO", "WARN", "ERROR"];
pub(super) const ACTIONS: [&str; 5] = ["GET", "GET_AUDIT", "GET_REPAIR", "PUT", "PUT_REPAIR"];

/// What was chosen on the pane, beside node and satellite, which are everybody's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Want {
    pub(super) level: String,
    /// Equal lines of routine are one.
    pub(super) fold: bool,
    /// Logger and message of what is left out.
    pub(super) hidden: Vec<(String, String)>,
    // What is looked for is not kept: lines that are missing without a reason in sight would frighten.
    #[serde(skip)]
    pub(super) logger: Option<String>,
    #[serde(skip)]
    pub(super) action: Option<String>,
    #[serde(skip)]
    pub(super) piece: Option<String>,
    #[serde(skip)]
    pub(super) text: Option<String>,
    #[serde(skip)]
    pub(super) regex: Option<String>,
    /// Every level is shown, and nothing is folded or hidden: all that is said of a piece.
    #[serde(skip)]
    pub(super) whole: bool,
}

impl Default for Want {
    fn default() -> Self {
        Self {
            level: "INFO".to_owned(),
            fold: false,
            hidden: Vec::new(),
            logger: None,
            action: None,
            piece: None,
            text: None,
            regex: None,
            whole: false,
        }
    }
}

impl Want {
    /// The filter for the collector.
    pub(super) fn filter(&self, nodes: Vec<String>, satellite: Option<&String>) -> Filter {
        Filter {
            nodes,
            // All of it, what is no record too.
            level: Some(self.level().to_owned()).filter(|level| level != LEVELS[0]),
            logger: self.logger.clone(),
            satellite: satellite.cloned(),
            action: self.action.clone(),
            piece: self.piece.clone(),
            text: self.text.clone(),
            regex: self.regex.clone(),
        }
    }

    /// The lightest level that is shown.
    pub(super) fn level(&self) -> &str {
        if self.whole { LEVELS[0] } else { &self.level }
    }

    /// Whether equal lines of routine are one.
    pub(super) fn folds(&self) -> bool {
        self.fold && !self.whole
    }

    /// All that is said of a piece, or of everything where it is not known.
    pub(super) fn only(&mut self, piece: Option<String>) {
        *self = Self {
            piece,
            whole: true,
            level: std::mem::take(&mut self.level),
            fold: self.fold,
            hidden: std::mem::take(&mut self.hidden),
            ..Self::default()
        };
    }

    /// Whether more is looked for than a level.
    pub(super) fn is_narrow(&self) -> bool {
        let parts = [&self.logger, &self.action, &self.piece, &self.text, &self.regex];
        self.whole || parts.iter().any(|part| part.is_some())
    }

    /// Everything again.
    pub(super) fn widen(&mut self) {
        *self = Self {
            fold: self.fold,
            hidden: std::mem::take(&mut self.hidden),
            ..Self::default()
        };
    }

    pub(super) fn hides(&self, logger: &str, message: &str) -> bool {
        !self.whole && self.hidden.iter().any(|(l, m)| l == logger && m == message)
    }
}

/// Whether an expression can be looked for.
///
/// # Errors
/// One line.
pub(super) fn check_regex(pattern: &str) -> Result<(), String> {
    match regex_lite(pattern) {
        None => Ok(()),
        Some(why) => Err(why),
    }
}

fn regex_lite(pattern: &str) -> Option<String> {
    let built = regex::RegexBuilder::new(pattern).size_limit(1 << 20).build();
    match built.err()? {
        regex::Error::CompiledTooBig(_) => Some("it is too large".to_owned()),
        other => {
            let text = other.to_string();
            let last = text.lines().last().unwrap_or_default();
            Some(last.trim_start_matches("error: ").to_owned())
        }
    }
}

/// Whether a text can be a piece's id, or the begin of one.
///
/// # Errors
/// One line.
pub(super) fn check_piece(text: &str) -> Result<String, String> {
    let id = text.trim().to_uppercase();
    let fits = |c: char| c.is_ascii_uppercase() || ('2'..='7').contains(&c);
    match id.len() {
        4..=52 if id.chars().all(fits) => Ok(id),
        0..4 => Err("at least four letters of its id".to_owned()),
        _ => Err("an id is of at most 52 letters A-Z and digits 2-7".to_owned()),
    }
}

/// The second a text names: `21:30`, `03:10:05`, `2026-11-20 03:10`, `20 Nov 03:10`, `2h ago`, `15 min ago`,
/// `yesterday 21:30`. A time of day is the last one that was.
///
/// # Errors
/// What is understood.
pub(super) fn parse_time(text: &str, now_ms: i64, zone: &TimeZone) -> Result<i64, String> {
    let text = text.trim();
    let wrong = || "write 21:30, 2026-11-20 03:10, 20 Nov 03:10 or 2h ago".to_owned();
    let now = Timestamp::from_millisecond(now_ms)
        .map_err(|_| wrong())?
        .to_zoned(zone.clone());
    let second = if let Ok(stamp) = text.parse::<Timestamp>() {
        stamp.as_second()
    } else if let Some(span) = ago(text) {
        now.checked_sub(span).map_err(|_| wrong())?.timestamp().as_second()
    } else if let Some(clock) = text.parse::<Time>().ok().filter(|_| text.len() <= 8) {
        let today = now.with().time(clock).build().map_err(|_| wrong())?;
        let last = if today > now {
            today.yesterday().and_then(|day| day.with().time(clock).build())
        } else {
            Ok(today)
        };
        last.map_err(|_| wrong())?.timestamp().as_second()
    } else if let Some(clock) = text.strip_prefix("yesterday") {
        let clock: Time = clock.trim().parse().map_err(|_| wrong())?;
        let day = now.yesterday().and_then(|day| day.with().time(clock).build());
        day.map_err(|_| wrong())?.timestamp().as_second()
    } else {
        let civil = civil(text, now.year()).ok_or_else(wrong)?;
        civil
            .to_zoned(zone.clone())
            .map_err(|_| wrong())?
            .timestamp()
            .as_second()
    };
    match second * 1000 > now_ms {
        true => Err("that is still to come".to_owned()),
        false => Ok(second),
    }
}

fn civil(text: &str, year: i16) -> Option<DateTime> {
    let formats = [
        "%Y-%m-%d %H:%M:%S",
        "%Y-%m-%d %H:%M",
        "%Y-%m-%dT%H:%M:%S",
        "%Y-%m-%dT%H:%M",
    ];
    let whole = formats.iter().find_map(|format| DateTime::strptime(format, text).ok());
    let day = || DateTime::strptime("%Y-%m-%d %H:%M", format!("{text} 00:00")).ok();
    let named = || DateTime::strptime("%Y %d %b %H:%M", format!("{year} {text}")).ok();
    whole.or_else(day).or_else(named)
}

/// `2h ago`, `15 min ago`, `3d`, `90s`.
fn ago(text: &str) -> Option<Span> {
    let text = text.strip_suffix("ago").unwrap_or(text).trim();
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let count: i64 = text[..digits].parse().ok().filter(|count| *count < 100_000)?;
    let span = Span::new();
    Some(match text[digits..].trim() {
        "s" | "sec" | "second" | "seconds" => span.seconds(count),
        "m" | "min" | "minute" | "minutes" => span.minutes(count),
        "h" | "hour" | "hours" => span.hours(count),
        "d" | "day" | "days" => span.hours(count * 24),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_people_write_them() {
        let zone = TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap();
        // 21 August 2026, 21:48:07 there.
        let now = 1_787_341_687_000;
        let utc = |text: &str| text.parse::<Timestamp>().unwrap().as_second();
        for (text, wanted) in [
            ("21:30", "2026-08-21T19:30:00Z"),
            ("21:30:05", "2026-08-21T19:30:05Z"),
            ("22:00", "2026-08-20T20:00:00Z"),
            ("yesterday 03:10", "2026-08-20T01:10:00Z"),
            ("2026-07-20 03:10", "2026-07-20T01:10:00Z"),
            ("2026-07-20", "2026-07-19T22:00:00Z"),
            ("20 Jul 03:10", "2026-07-20T01:10:00Z"),
            ("2h ago", "2026-08-21T17:48:07Z"),
            ("15 min ago", "2026-08-21T19:33:07Z"),
            ("3d", "2026-08-18T19:48:07Z"),
            ("2026-08-21T19:00:00Z", "2026-08-21T19:00:00Z"),
        ] {
            assert_eq!(parse_time(text, now, &zone), Ok(utc(wanted)), "{text}");
        }
        for text in [
            "",
            "soon",
            "25:00",
            "2026-13-01 00:00",
            "ago",
            "h ago",
            "9999999999 d",
            "-3h",
            "2027-01-01 00:00",
        ] {
            assert!(parse_time(text, now, &zone).is_err(), "{text}");
        }
    }

    #[test]
    fn what_cannot_be_looked_for_is_said_while_it_is_typed() {
        assert!(check_regex("a(").unwrap_err().contains("unclosed group"));
        assert!(check_regex(r"up|down").is_ok() && check_regex(&"\\w{900}".repeat(9)).is_err());
        assert_eq!(check_piece(" h5mhloaw ").as_deref(), Ok("H5MHLOAW"));
        assert!(check_piece("H5M").is_err() && check_piece("H5MH1").is_err());
    }
}
