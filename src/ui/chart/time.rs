//! The time axis: round local times with enough room between them, and a moment in words. Called by the drawing.

use crate::support::clock::DAY_S;
use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan, Zoned};

/// From tick to tick.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Step {
    /// Seconds that divide a day, counted from local midnight.
    Seconds(i64),
    /// Local midnights; 7 and 14 are Mondays.
    Days(i64),
    /// First days of months.
    Months(i8),
    /// First days of years.
    Years(i16),
}

const STEPS: [Step; 23] = [
    Step::Seconds(60),
    Step::Seconds(120),
    Step::Seconds(300),
    Step::Seconds(600),
    Step::Seconds(900),
    Step::Seconds(1800),
    Step::Seconds(3600),
    Step::Seconds(2 * 3600),
    Step::Seconds(3 * 3600),
    Step::Seconds(6 * 3600),
    Step::Seconds(12 * 3600),
    Step::Days(1),
    Step::Days(2),
    Step::Days(4),
    Step::Days(7),
    Step::Days(14),
    Step::Months(1),
    Step::Months(2),
    Step::Months(3),
    Step::Months(6),
    Step::Years(1),
    Step::Years(2),
    Step::Years(5),
];

impl Step {
    fn seconds(self) -> i64 {
        match self {
            Self::Seconds(n) => n,
            Self::Days(n) => n * DAY_S,
            Self::Months(n) => i64::from(n) * 28 * DAY_S,
            Self::Years(n) => i64::from(n) * 365 * DAY_S,
        }
    }

    /// Columns of its widest label.
    fn width(self) -> i64 {
        match self {
            Self::Seconds(_) | Self::Days(_) => 6,
            Self::Months(_) | Self::Years(_) => 4,
        }
    }
}

/// A labelled moment of the time axis.
#[derive(Debug, Clone, PartialEq)]
pub struct Tick {
    /// When, seconds of the epoch.
    pub second: i64,
    /// `21:15`, `21 Aug`, `Aug`, `2026`.
    pub label: String,
}

/// Round moments from `from` to `to`, in order, that leave two columns between their labels on an axis of so
/// many columns. Empty for times without a date.
pub fn ticks(from: i64, to: i64, columns: u16, zone: &TimeZone) -> Vec<Tick> {
    let span = to.saturating_sub(from).max(1);
    let roomy = |step: &&Step| {
        let apart = i128::from(step.seconds()) * i128::from(columns) / i128::from(span);
        apart >= i128::from(step.width() + 2)
    };
    let Some(step) = STEPS.iter().find(roomy) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    let Some(first) = local(from, zone) else {
        return found;
    };
    if local(to, zone).is_none() {
        return found;
    }
    let mut begin = *step;
    if let Step::Seconds(_) = step {
        begin = Step::Days(1);
    }
    let mut day = aligned(first.date(), begin);
    while let Some(date) = day {
        if on_day(date, *step, from, to, zone, &mut found).is_none() {
            break;
        }
        day = after(date, begin);
    }
    // The hour that clocks skip brings two ticks together.
    let near = |a: &Tick, b: &Tick| {
        let apart = i128::from(b.second - a.second) * i128::from(columns) / i128::from(span);
        apart <= i128::from(step.width())
    };
    found.dedup_by(|b, a| near(a, b));
    found
}

/// Adds the ticks of a day; `None` when the end is passed.
fn on_day(date: Date, step: Step, from: i64, to: i64, zone: &TimeZone, found: &mut Vec<Tick>) -> Option<()> {
    let apart = if let Step::Seconds(n) = step { n } else { DAY_S };
    for n in 0..DAY_S / apart {
        let time = date.at(0, 0, 0, 0).checked_add((n * apart).seconds()).ok()?;
        let moment = zone.to_zoned(time).ok()?;
        let second = moment.timestamp().as_second();
        if second > to {
            return None;
        }
        // Where clocks go forward two local times are the same moment.
        if second >= from && found.last().is_none_or(|last| second > last.second) {
            found.push(Tick {
                second,
                label: label(&moment, step),
            });
        }
    }
    Some(())
}

/// The last aligned day not after this one.
fn aligned(date: Date, step: Step) -> Option<Date> {
    match step {
        Step::Seconds(_) | Step::Days(1) => Some(date),
        Step::Days(n @ (7 | 14)) => {
            let back = i64::from(date.weekday().since(Weekday::Monday));
            let weeks = (days(date) - back).div_euclid(7);
            date.checked_sub((back + weeks.rem_euclid(n / 7) * 7).days()).ok()
        }
        Step::Days(n) => date.checked_sub(days(date).rem_euclid(n).days()).ok(),
        Step::Months(n) => Date::new(date.year(), (date.month() - 1) / n * n + 1, 1).ok(),
        Step::Years(n) => Date::new(date.year() / n * n, 1, 1).ok(),
    }
}

fn days(date: Date) -> i64 {
    i64::from(Date::constant(1970, 1, 1).until(date).map_or(0, |span| span.get_days()))
}

fn after(date: Date, step: Step) -> Option<Date> {
    let span = match step {
        Step::Seconds(_) => 1.day(),
        Step::Days(n) => n.days(),
        Step::Months(n) => i64::from(n).months(),
        Step::Years(n) => i64::from(n).years(),
    };
    date.checked_add(span).ok()
}

fn label(moment: &Zoned, step: Step) -> String {
    let midnight = moment.hour() == 0 && moment.minute() == 0;
    match step {
        Step::Seconds(_) if !midnight => format!("{:02}:{:02}", moment.hour(), moment.minute()),
        Step::Seconds(_) | Step::Days(_) => date(moment),
        Step::Months(_) if moment.month() > 1 => month(moment.month()).to_owned(),
        Step::Months(_) | Step::Years(_) => moment.year().to_string(),
    }
}

/// A moment as the top line tells it: `with_date` if it need not be today, `exact` with seconds. A time
/// without a date is `?`.
pub(super) fn moment(second: i64, zone: &TimeZone, with_date: bool, exact: bool) -> String {
    let Some(moment) = local(second, zone) else {
        return "?".to_owned();
    };
    let mut text = format!("{:02}:{:02}", moment.hour(), moment.minute());
    if exact {
        text.push_str(&format!(":{:02}", moment.second()));
    }
    if with_date {
        format!("{} {text}", date(&moment))
    } else {
        text
    }
}

fn local(second: i64, zone: &TimeZone) -> Option<Zoned> {
    Timestamp::from_second(second)
        .ok()
        .map(|moment| moment.to_zoned(zone.clone()))
}

fn date(moment: &Zoned) -> String {
    format!("{} {}", moment.day(), month(moment.month()))
}

fn month(number: i8) -> &'static str {
    let names = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    usize::try_from(number - 1)
        .ok()
        .and_then(|at| names.get(at))
        .copied()
        .unwrap_or("?")
}
