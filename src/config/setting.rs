//! Every setting there is, in one table: file, environment, defaults, template and hints are made from it.

use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use super::node::Folders;
use super::size;
use crate::domain::setting::Taken;
use crate::support::foreign::is_hidden;

/// What the program does, as it was settled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// How often each node's API is asked.
    pub poll_every: Duration,
    /// How long it may take to answer.
    pub poll_timeout: Duration,
    /// What is read of a log that was never followed: `all`, `end`, an age or a time.
    pub start: String,
    /// The database stays below so many bytes.
    pub budget_bytes: u64,
    /// Days that minutes are kept.
    pub minutes_days: i64,
    /// Days that hours are kept.
    pub hours_days: i64,
    /// Where countries of addresses come from.
    pub geoip_file: Option<PathBuf>,
    /// Whether disks are asked about their health.
    pub smart: bool,
    /// How the screen looks: the name of a theme.
    pub theme: String,
    /// `auto`, `always` or `never`.
    pub color: String,
    /// `auto`, `unicode` or `ascii`.
    pub symbols: String,
    /// `on` or `off`.
    pub mouse: String,
    /// What stands before an amount.
    pub currency: String,
    /// Dollars times this are the amount; a decimal number.
    pub currency_factor: String,
    /// Where a node told no prices, cents a TB: stored, egress, repair, audit. All 0: none.
    pub fallback_cents: [i64; 4],
}

impl Default for Settings {
    fn default() -> Self {
        let mut settings = Self {
            poll_every: Duration::ZERO,
            poll_timeout: Duration::ZERO,
            start: String::new(),
            budget_bytes: 0,
            minutes_days: 0,
            hours_days: 0,
            geoip_file: None,
            smart: false,
            theme: String::new(),
            color: String::new(),
            symbols: String::new(),
            mouse: String::new(),
            currency: String::new(),
            currency_factor: String::new(),
            fallback_cents: [0; 4],
        };
        for setting in &SETTINGS {
            // A test holds that every default fits.
            let _fits = setting.put(&mut settings, Given::Word(setting.default));
        }
        settings
    }
}

/// A value before anyone looked whether it fits.
#[derive(Debug, Clone, Copy)]
pub enum Given<'a> {
    /// A whole number of the file.
    Whole(i64),
    /// A decimal number of the file, as it stands there.
    Decimal(&'a str),
    /// A text of the file.
    Text(&'a str),
    /// Of the environment or a flag, where everything is text.
    Word(&'a str),
    /// `true` or `false` of the file.
    Flag(bool),
    /// Something else of the file, with its name, as "a list".
    Other(&'static str),
}

/// What a setting may be, and where it is kept.
enum Kind {
    Seconds(RangeInclusive<i64>, fn(&mut Settings) -> &mut Duration),
    Days(RangeInclusive<i64>, fn(&mut Settings) -> &mut i64),
    /// So many bytes.
    Size(RangeInclusive<u64>, fn(&mut Settings) -> &mut u64),
    Start(fn(&mut Settings) -> &mut String),
    File(fn(&mut Settings) -> &mut Option<PathBuf>),
    Flag(fn(&mut Settings) -> &mut bool),
    /// One of these words.
    Choice(&'static [&'static str], fn(&mut Settings) -> &mut String),
    /// A few characters.
    Symbol(fn(&mut Settings) -> &mut String),
    /// A decimal number above 0.
    Factor(fn(&mut Settings) -> &mut String),
    /// Cents a TB.
    Cents(fn(&mut Settings) -> &mut i64),
}

/// One setting.
pub struct Setting {
    /// The table of the file it stands in.
    pub section: &'static str,
    /// Its key there; ends in its unit.
    pub key: &'static str,
    /// What it is for, one line.
    pub help: &'static str,
    /// What it is when nobody says anything, as text.
    pub default: &'static str,
    kind: Kind,
}

const MB: u64 = 1_000_000;
const TB: u64 = 1_000_000 * MB;

/// All of them, those of a section together.
pub const SETTINGS: [Setting; 18] = [
    Setting {
        section: "poll",
        key: "every_s",
        help: "How often each node's API is asked",
        default: "60",
        kind: Kind::Seconds(5..=3600, |settings| &mut settings.poll_every),
    },
    Setting {
        section: "poll",
        key: "timeout_s",
        help: "How long an API may take to answer",
        default: "10",
        kind: Kind::Seconds(1..=120, |settings| &mut settings.poll_timeout),
    },
    Setting {
        section: "collect",
        key: "start",
        help: "What is read of a log that was never followed: all there is, what comes after its end, or what is younger than an age",
        default: "all",
        kind: Kind::Start(|settings| &mut settings.start),
    },
    Setting {
        section: "storage",
        key: "budget",
        help: "How large the database may grow; transfers go first, audits, repairs and failures last",
        default: "1 GB",
        kind: Kind::Size(50 * MB..=100 * TB, |settings| &mut settings.budget_bytes),
    },
    Setting {
        section: "storage",
        key: "minutes_days",
        help: "How long counts by the minute are kept",
        default: "14",
        kind: Kind::Days(1..=3650, |settings| &mut settings.minutes_days),
    },
    Setting {
        section: "storage",
        key: "hours_days",
        help: "How long counts by the hour are kept; those by the day stay for ever",
        default: "730",
        kind: Kind::Days(1..=36500, |settings| &mut settings.hours_days),
    },
    Setting {
        section: "geoip",
        key: "file",
        help: "Where the countries of peers come from: a file in MaxMind's format (GeoLite2-Country.mmdb or the like); it is read when the program starts and when its configuration changes",
        default: "",
        kind: Kind::File(|settings| &mut settings.geoip_file),
    },
    Setting {
        section: "host",
        key: "smart",
        help: "Whether the disks of nodes' data are asked about their health, by smartctl -j -a, each half hour; it needs the right to do so, and may wake a disk that sleeps",
        default: "false",
        kind: Kind::Flag(|settings| &mut settings.smart),
    },
    Setting {
        section: "ui",
        key: "theme",
        help: "How the screen looks until another look is chosen on it",
        default: "dark",
        kind: Kind::Choice(
            &["dark", "light", "high_contrast", "colour_blind", "mono"],
            |settings| &mut settings.theme,
        ),
    },
    Setting {
        section: "ui",
        key: "color",
        help: "Whether there are colours; auto goes by the terminal and NO_COLOR",
        default: "auto",
        kind: Kind::Choice(&["auto", "always", "never"], |settings| &mut settings.color),
    },
    Setting {
        section: "ui",
        key: "symbols",
        help: "Marks and lines; auto goes by the locale and the terminal",
        default: "auto",
        kind: Kind::Choice(&["auto", "unicode", "ascii"], |settings| &mut settings.symbols),
    },
    Setting {
        section: "ui",
        key: "mouse",
        help: "Whether the screen takes the mouse; off leaves it to the terminal, for selecting text",
        default: "on",
        kind: Kind::Choice(&["on", "off"], |settings| &mut settings.mouse),
    },
    Setting {
        section: "money",
        key: "currency",
        help: "What stands before an amount on the screen and in tables for people",
        default: "$",
        kind: Kind::Symbol(|settings| &mut settings.currency),
    },
    Setting {
        section: "money",
        key: "factor",
        help: "Dollars times this are the amount in that currency: the rate you reckon with",
        default: "1",
        kind: Kind::Factor(|settings| &mut settings.currency_factor),
    },
    Setting {
        section: "money",
        key: "fallback_disk_cents",
        help: "Stands in where a node told no price: for a TB stored a month; 0 is none",
        default: "0",
        kind: Kind::Cents(|settings| &mut settings.fallback_cents[0]),
    },
    Setting {
        section: "money",
        key: "fallback_egress_cents",
        help: "Likewise, for a TB customers download",
        default: "0",
        kind: Kind::Cents(|settings| &mut settings.fallback_cents[1]),
    },
    Setting {
        section: "money",
        key: "fallback_repair_cents",
        help: "Likewise, for a TB repairs take",
        default: "0",
        kind: Kind::Cents(|settings| &mut settings.fallback_cents[2]),
    },
    Setting {
        section: "money",
        key: "fallback_audit_cents",
        help: "Likewise, for a TB of audits",
        default: "0",
        kind: Kind::Cents(|settings| &mut settings.fallback_cents[3]),
    },
];

/// Nobody pays a thousand dollars for a TB.
const CENTS: RangeInclusive<i64> = 0..=100_000;
/// From a bitcoin of a million dollars to money that is hardly worth its paper.
const RATES: RangeInclusive<f64> = 0.000_001..=10_000_000.0;
/// No log is a hundred years old.
const OLDEST_S: u64 = 100 * 366 * 86_400;
/// Characters of a currency.
const LONGEST_SYMBOL: usize = 8;

/// The names of the sections, each once, in their order.
pub fn sections() -> Vec<&'static str> {
    let mut names: Vec<_> = SETTINGS.iter().map(|setting| setting.section).collect();
    names.dedup();
    names
}

impl Setting {
    /// `SECTION.KEY`.
    pub fn name(&self) -> String {
        format!("{}.{}", self.section, self.key)
    }

    /// Its environment variable.
    pub fn env(&self) -> String {
        format!("{}{}_{}", super::ENV, self.section, self.key).to_uppercase()
    }

    /// What it may be, in words.
    pub fn wanted(&self) -> String {
        match &self.kind {
            Kind::Seconds(range, _) => format!("a whole number of seconds, {} to {}", range.start(), range.end()),
            Kind::Days(range, _) => format!("a whole number of days, {} to {}", range.start(), range.end()),
            Kind::Size(range, _) => format!(
                "a size as \"500 MB\" or \"2 GiB\", or bytes; {} to {}",
                size::text(*range.start()),
                size::text(*range.end())
            ),
            Kind::File(_) => "the path of a .mmdb file, or \"\" for none".to_owned(),
            Kind::Choice(words, _) => format!("one of {}", words.join(", ")),
            Kind::Flag(_) => "true or false".to_owned(),
            Kind::Symbol(_) => format!("1 to {LONGEST_SYMBOL} characters"),
            Kind::Factor(_) => format!("a number, {} to {}", RATES.start(), RATES.end()),
            Kind::Cents(_) => format!("a whole number of cents, {} to {}", CENTS.start(), CENTS.end()),
            Kind::Start(_) => "\"all\", \"end\", an age as \"7d\", 100 years at most, or a time".to_owned(),
        }
    }

    /// What it is counted in; empty: in nothing.
    pub fn unit(&self) -> &'static str {
        match &self.kind {
            Kind::Seconds(..) => "s",
            Kind::Days(..) => "days",
            Kind::Cents(_) => "\u{a2}/TB",
            Kind::Factor(_) => "for $1",
            _ => "",
        }
    }

    /// When a running program goes by a change of it.
    pub fn taken(&self) -> Taken {
        match self.section {
            "ui" => Taken::NextScreen,
            "collect" => Taken::NewLogs,
            _ => Taken::AtOnce,
        }
    }

    /// A value as the file writes it.
    pub fn written(&self, value: &str) -> String {
        match self.kind {
            Kind::Seconds(..) | Kind::Days(..) | Kind::Factor(_) | Kind::Cents(_) | Kind::Flag(_) => value.to_owned(),
            Kind::Size(..) | Kind::Start(_) | Kind::File(_) | Kind::Choice(..) | Kind::Symbol(_) => {
                format!("\"{value}\"")
            }
        }
    }

    /// Keeps a value that fits. The error says what is wrong with it.
    pub fn put(&self, settings: &mut Settings, given: Given<'_>) -> Result<(), String> {
        match &self.kind {
            Kind::Seconds(range, place) => {
                *place(settings) = Duration::from_secs(whole(given, range)?.unsigned_abs());
            }
            Kind::Days(range, place) => *place(settings) = whole(given, range)?,
            Kind::Size(range, place) => *place(settings) = bytes(given, range)?,
            Kind::Start(place) => *place(settings) = start(given)?,
            Kind::File(place) => *place(settings) = file(given)?,
            Kind::Choice(words, place) => *place(settings) = choice(given, words)?,
            Kind::Flag(place) => *place(settings) = flag(given)?,
            Kind::Symbol(place) => *place(settings) = symbol(given)?,
            Kind::Factor(place) => *place(settings) = factor(given)?,
            Kind::Cents(place) => *place(settings) = whole(given, &CENTS)?,
        }
        Ok(())
    }

    /// Makes a path absolute. The error says why there is none.
    pub(super) fn settle(&self, settings: &mut Settings, folders: &Folders<'_>) -> Result<(), String> {
        if let Kind::File(place) = &self.kind
            && let Some(path) = place(settings)
        {
            *path = folders.absolute(path)?;
        }
        Ok(())
    }

    /// Its value for people, and for scripts (sizes in bytes).
    pub fn shown(&self, settings: &Settings) -> (String, serde_json::Value) {
        let mut settings = settings.clone();
        match &self.kind {
            Kind::Seconds(_, place) => number(place(&mut settings).as_secs()),
            Kind::Days(_, place) => number(*place(&mut settings)),
            Kind::Flag(place) => number(*place(&mut settings)),
            Kind::Size(_, place) => {
                let bytes = *place(&mut settings);
                (size::text(bytes), bytes.into())
            }
            Kind::Cents(place) => number(*place(&mut settings)),
            Kind::Factor(place) => {
                let text = std::mem::take(place(&mut settings));
                let value = text.parse::<f64>().map_or(serde_json::Value::Null, Into::into);
                (text, value)
            }
            Kind::Start(place) | Kind::Choice(_, place) | Kind::Symbol(place) => {
                let text = std::mem::take(place(&mut settings));
                (text.clone(), text.into())
            }
            Kind::File(place) => match place(&mut settings) {
                Some(path) => {
                    let text = path.display().to_string();
                    (text.clone(), text.into())
                }
                None => (String::new(), serde_json::Value::Null),
            },
        }
    }
}

fn number<N: ToString + Copy + Into<serde_json::Value>>(n: N) -> (String, serde_json::Value) {
    (n.to_string(), n.into())
}

fn whole(given: Given<'_>, range: &RangeInclusive<i64>) -> Result<i64, String> {
    let n = match given {
        Given::Whole(n) => n,
        Given::Word(word) => word.trim().parse().map_err(|_| format!("is `{word}`"))?,
        Given::Text(text) => return Err(format!("is the text \"{text}\"")),
        Given::Flag(flag) => return Err(format!("is {flag}")),
        Given::Decimal(_) => return Err("is a decimal number".to_owned()),
        Given::Other(what) => return Err(format!("is {what}")),
    };
    if range.contains(&n) {
        Ok(n)
    } else {
        Err(format!("is {n}"))
    }
}

fn bytes(given: Given<'_>, range: &RangeInclusive<u64>) -> Result<u64, String> {
    let (bytes, shown) = match given {
        Given::Whole(n) => (u64::try_from(n).ok(), n.to_string()),
        Given::Text(text) | Given::Word(text) => (size::parse(text), format!("`{text}`")),
        Given::Flag(flag) => (None, flag.to_string()),
        Given::Decimal(_) => (None, "a decimal number".to_owned()),
        Given::Other(what) => (None, what.to_owned()),
    };
    bytes
        .filter(|bytes| range.contains(bytes))
        .ok_or_else(|| format!("is {shown}"))
}

fn choice(given: Given<'_>, words: &[&str]) -> Result<String, String> {
    match given {
        Given::Text(text) | Given::Word(text) if words.contains(&text.trim()) => Ok(text.trim().to_owned()),
        Given::Text(text) | Given::Word(text) => Err(format!("is `{text}`")),
        Given::Whole(n) => Err(format!("is {n}")),
        Given::Flag(flag) => Err(format!("is {flag}")),
        Given::Decimal(_) => Err("is a decimal number".to_owned()),
        Given::Other(what) => Err(format!("is {what}")),
    }
}

fn flag(given: Given<'_>) -> Result<bool, String> {
    match given {
        Given::Flag(flag) => Ok(flag),
        Given::Word(word) => word.trim().parse().map_err(|_| format!("is `{word}`")),
        Given::Text(text) => Err(format!("is the text \"{text}\"")),
        Given::Whole(n) => Err(format!("is {n}")),
        Given::Decimal(_) => Err("is a decimal number".to_owned()),
        Given::Other(what) => Err(format!("is {what}")),
    }
}

fn file(given: Given<'_>) -> Result<Option<PathBuf>, String> {
    match given {
        Given::Text(text) | Given::Word(text) => Ok((!text.trim().is_empty()).then(|| PathBuf::from(text.trim()))),
        Given::Whole(n) => Err(format!("is {n}")),
        Given::Flag(flag) => Err(format!("is {flag}")),
        Given::Decimal(_) => Err("is a decimal number".to_owned()),
        Given::Other(what) => Err(format!("is {what}")),
    }
}

fn symbol(given: Given<'_>) -> Result<String, String> {
    match given {
        Given::Text(text) | Given::Word(text) => {
            let text = text.trim();
            let fits = !text.is_empty() && text.chars().count() <= LONGEST_SYMBOL;
            match fits && !text.chars().any(is_hidden) {
                true => Ok(text.to_owned()),
                false => Err(format!("is `{text}`")),
            }
        }
        Given::Whole(n) => Err(format!("is {n}")),
        Given::Flag(flag) => Err(format!("is {flag}")),
        Given::Decimal(_) => Err("is a decimal number".to_owned()),
        Given::Other(what) => Err(format!("is {what}")),
    }
}

fn factor(given: Given<'_>) -> Result<String, String> {
    let text = match given {
        Given::Whole(n) => n.to_string(),
        Given::Decimal(text) | Given::Text(text) | Given::Word(text) => text.trim().to_owned(),
        Given::Flag(flag) => return Err(format!("is {flag}")),
        Given::Other(what) => return Err(format!("is {what}")),
    };
    let value: Option<f64> = text.parse().ok();
    match value.filter(|value| RATES.contains(value)) {
        Some(_) => Ok(text),
        None => Err(format!("is `{text}`")),
    }
}

fn start(given: Given<'_>) -> Result<String, String> {
    let text = match given {
        Given::Text(text) | Given::Word(text) => text.trim(),
        Given::Whole(n) => return Err(format!("is {n}")),
        Given::Flag(flag) => return Err(format!("is {flag}")),
        Given::Decimal(_) => return Err("is a decimal number".to_owned()),
        Given::Other(what) => return Err(format!("is {what}")),
    };
    let age = |text: &str| {
        let seconds = [('s', 1), ('m', 60), ('h', 3600), ('d', 86_400), ('w', 604_800)];
        seconds.into_iter().any(|(unit, seconds)| {
            let number = text.strip_suffix(unit).and_then(|number| number.parse::<u64>().ok());
            number.is_some_and(|number| number.saturating_mul(seconds) <= OLDEST_S)
        })
    };
    let date = |text: &str| text.len() == 10 && text.parse::<jiff::civil::Date>().is_ok();
    if matches!(text, "all" | "end") || age(text) || date(text) || text.parse::<jiff::Timestamp>().is_ok() {
        return Ok(text.to_owned());
    }
    Err(format!("is `{text}`"))
}

#[cfg(test)]
mod tests;
