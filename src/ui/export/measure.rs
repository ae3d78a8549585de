//! What the numbers behind a column's cells are, and how a file has them. A column that is not here is written as
//! it is shown: a plain number as one, all else as text.

use super::super::number::GROUP;
use super::super::pane::Pane;
use super::super::table::{Cell, Column, SortKey};
use crate::api::table::Value;
use crate::domain::money::Month;

/// What a column's numbers are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Measure {
    /// The number that is shown, where a cell shows nothing else.
    Shown,
    /// The number the cell is sorted by: counts, scores.
    Number,
    /// Sorted by dollars; the person's own currency is for people.
    Usd,
    /// Sorted by millionths of a dollar.
    MicroUsd,
    /// Dollars for a TB.
    UsdPerTb,
    /// Dollars for a TB stored a month; where there is more than one price nothing is written.
    UsdPerTbMonth,
    Bytes,
    BytesPerSecond,
    BytesPerDay,
    /// Sorted by milliseconds.
    Millis,
    /// Sorted by milliseconds, written in seconds.
    Seconds,
    /// Sorted by seconds, written in milliseconds.
    Checks,
    Days,
    Hours,
    Months,
    /// The percentage that is shown, whatever stands around it.
    Percent,
    /// Milliseconds since the epoch.
    Time,
    /// Seconds since the epoch.
    Moment,
    /// The first millisecond of a month.
    Month,
    /// What is shown.
    Words,
    /// Drawn: nothing for a file.
    Picture,
}

impl Measure {
    /// Of a column, by the table it is in.
    pub(super) fn of(pane: Pane, table: &str, column: &Column) -> Self {
        let id = &*column.id;
        match (pane, table, id, &*column.unit) {
            // What it counts is chosen; the unit says it.
            (Pane::Traffic, "sizes" | "few-sizes", "in" | "out", "") => Self::Number,
            (Pane::Traffic, "sizes" | "few-sizes", "in" | "out", "%") => Self::Percent,
            (Pane::Traffic, "sizes" | "few-sizes", "in" | "out", _) => Self::Bytes,
            _ => special(pane, table, id).unwrap_or_else(|| usual(id)),
        }
    }

    /// What stands behind the column's id. `heading` is the unit in its heading.
    pub(super) fn unit(self, heading: &str) -> String {
        let own = match self {
            Self::Bytes => "bytes",
            Self::BytesPerSecond => "bytes_per_s",
            Self::BytesPerDay => "bytes_per_day",
            Self::Millis | Self::Checks => "ms",
            Self::Seconds => "seconds",
            Self::Days => "days",
            Self::Hours => "hours",
            Self::Months => "months",
            Self::Percent => "percent",
            Self::Usd | Self::MicroUsd => "usd",
            Self::UsdPerTb => "per_tb_usd",
            Self::UsdPerTbMonth => "per_tbm_usd",
            Self::Shown | Self::Number => return word(heading),
            Self::Time | Self::Moment | Self::Month | Self::Words | Self::Picture => "",
        };
        own.to_owned()
    }

    /// A cell as a file has it.
    pub(super) fn value(self, cell: &Cell) -> Value {
        let text = cell.text.trim();
        let words = || match text {
            "" | "?" | "–" => Value::Null,
            text => Value::Text(text.to_owned()),
        };
        let number = match cell.sort {
            // Never is no number of days.
            SortKey::Number(number) if number.is_finite() && number.abs() < 1e300 => number,
            SortKey::Text if self == Self::Percent && text.contains('%') => {
                return percent(text).map_or_else(words, decimal);
            }
            _ => return words(),
        };
        match self {
            Self::Words | Self::Picture => words(),
            Self::Shown => shown(text).map_or_else(words, decimal),
            Self::Percent => percent(text).map_or(Value::Null, decimal),
            Self::Time => Value::Time(number as i64),
            Self::Moment => Value::Time((number as i64).saturating_mul(1000)),
            Self::Month => Value::Text(Month::of_ms(number as i64).to_string()),
            Self::Bytes | Self::BytesPerSecond | Self::BytesPerDay | Self::Millis => decimal(number.round()),
            Self::Seconds => decimal(number / 1000.0),
            Self::Checks => decimal(rounded(number * 1000.0)),
            Self::Days | Self::Hours | Self::Months => decimal(rounded(number)),
            Self::Number | Self::Usd | Self::UsdPerTb => decimal(number),
            Self::MicroUsd => decimal(number / 1e6),
            Self::UsdPerTbMonth => shown(text).map_or(Value::Null, |_| decimal(number)),
        }
    }
}

/// Columns that mean another thing than their namesakes of other tables.
fn special(pane: Pane, table: &str, column: &str) -> Option<Measure> {
    use Measure as M;
    if pane == Pane::Financials {
        return financial(table, column);
    }
    Some(match (pane, table, column) {
        (Pane::Overview, "nodes", "online") => M::Percent,
        (Pane::Overview, "nodes", "in" | "out") | (Pane::Traffic, "hours", "in" | "out" | "repair") => {
            M::BytesPerSecond
        }
        // Classes of sizes.
        (Pane::Traffic, "sizes" | "few-sizes", "size") | (Pane::Latency, "rows", "size") => M::Words,
        (Pane::Overview, "nodes", "month") => M::MicroUsd,
        (Pane::Storage, "nodes", "bar") => M::Percent,
        (Pane::Storage, "nodes", "in" | "freed" | "out") => M::BytesPerDay,
        (Pane::Storage, "disks", "disk") => M::Words,
        (Pane::Reputation, _, "lost") => M::Hours,
        (Pane::Latency, _, "before") => M::Millis,
        (Pane::Maintenance, "runs", "trash") => M::Percent,
        (Pane::Maintenance, "filters", "age") => M::Millis,
        _ => return None,
    })
}

/// Columns of money, and what else the pane has beside it.
fn financial(table: &str, column: &str) -> Option<Measure> {
    Some(match (table, column) {
        ("months", "month") | ("held", "when") => Measure::Month,
        ("held", "next") => Measure::Words,
        ("yields", "used") => Measure::Shown,
        ("yields", "return") => Measure::Percent,
        (_, "price") => Measure::UsdPerTbMonth,
        (_, "per_used" | "per_paid" | "per_egress") => Measure::UsdPerTb,
        (
            _,
            "ours" | "told" | "paystub" | "held" | "returned" | "postponed" | "earlier" | "sent" | "waiting"
            | "storage" | "egress" | "repair" | "audit" | "gross" | "net" | "month_end" | "paid" | "amount" | "taken"
            | "half" | "left" | "lost" | "costs" | "profit",
        ) => Measure::Usd,
        _ => return None,
    })
}

/// What a column is by its name alone.
fn usual(column: &str) -> Measure {
    match column {
        "bar" | "up.bar" | "down.bar" | "heat" | "histogram" => Measure::Picture,
        "version" | "range" | "on" => Measure::Words,
        "used" | "of" | "paid" | "trash" | "dead" | "unexplained" | "free" | "size" | "promised" | "kept"
        | "garbage" | "average" | "in" | "out" | "bytes" | "wasted" | "repair" | "before" | "after" | "reclaimed"
        | "rewritten" | "room" | "offset" => Measure::Bytes,
        "speed" | "speed_low" | "read" | "write" => Measure::BytesPerSecond,
        "growth" => Measure::BytesPerDay,
        "took" | "for" | "word" | "every" | "p50" | "p90" | "p95" | "p99" | "max" | "oldest" | "await"
        | "await_usual" | "await_worst" => Measure::Millis,
        "seconds" => Measure::Seconds,
        "write_check" | "write_usual" | "write_worst" | "read_check" | "check" => Measure::Checks,
        "full" | "gained" => Measure::Days,
        "payback" => Measure::Months,
        "percent" | "share" | "won" | "up" | "down" | "disk" | "busy" | "load" | "rate" | "difference" | "margin" => {
            Measure::Percent
        }
        "time" | "first" | "last" | "since" | "end" | "started" | "made" | "came" | "tally" | "filter"
        | "compacted" | "back" | "when" => Measure::Time,
        "hour" => Measure::Moment,
        "count" | "all" | "success" | "race_lost" | "peer_closed" | "peer" | "disconnect" | "missing" | "error"
        | "rejected" | "errors" | "audits" | "failed" | "reads" | "places" | "row" | "left" | "unknown_left"
        | "uploads" | "flight" | "lines" | "age" | "day" | "surge" => Measure::Number,
        "audit" | "suspension" | "unknown" | "online" => Measure::Number,
        _ => Measure::Shown,
    }
}

/// A unit as a part of a column's name: `MB/s` is `mb_per_s`. Money has its own measures.
fn word(unit: &str) -> String {
    let spelled = unit.replace('%', " percent ").replace('/', " per ");
    super::slug(&spelled).replace('-', "_")
}

/// To thousandths: what is foreseen or measured so is no more exact.
fn rounded(number: f64) -> f64 {
    (number * 1e3).round() / 1e3
}

/// A number, without a point where it is whole, and without the dust of binary fractions.
pub(super) fn decimal(number: f64) -> Value {
    const EXACT: f64 = 9e15;
    match number.fract() == 0.0 && number.abs() < EXACT {
        true => Value::Amount(number as i64),
        false => Value::Score(format!("{number:.11e}").parse().unwrap_or(number)),
    }
}

/// The number a cell shows, where nothing but marks stands around it: `~12.40`, `≈ 3`, `97.3!`.
fn shown(text: &str) -> Option<f64> {
    let text = text.trim_start_matches(['~', '≈', '≤', '≥', '<', '=', '+', ' ']);
    plain(text.trim_end_matches(['!', '*', '¹', '…', ' ']))
}

/// The first number in a text: `≤ 97.3`, `████ 71 % =`.
fn percent(text: &str) -> Option<f64> {
    let begin = text.find(|c: char| c.is_ascii_digit())?;
    let negative = text[..begin].trim_end().ends_with(['−', '-']);
    let digits = text[begin..].split(|c: char| !c.is_ascii_digit() && c != '.' && c != GROUP);
    let number = plain(digits.into_iter().next()?.trim_end_matches('.'))?;
    Some(if negative { -number } else { number })
}

fn plain(text: &str) -> Option<f64> {
    let text: String = text.replace('−', "-").chars().filter(|c| *c != GROUP).collect();
    let is_plain = text.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | '-'));
    text.parse().ok().filter(|_| is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_become_values() {
        use Measure as M;
        let number = |text: &'static str, value: f64| Cell::number(text, value);
        let text = |text: &str| Value::Text(text.to_owned());
        for (measure, cell, value) in [
            (M::Bytes, number("1.9", 1_900_000.4), Value::Amount(1_900_000)),
            (M::Bytes, Cell::unknown(), Value::Null),
            (M::Number, number("–", 0.0), Value::Amount(0)),
            (M::Number, Cell::absent(), Value::Null),
            (M::Number, number("36.77", 36.770_001), Value::Score(36.770_001)),
            (M::Days, number("never full", f64::MAX), text("never full")),
            (M::Days, number("full", 0.0), Value::Amount(0)),
            (M::Days, number("12 d", 12.345_678), Value::Score(12.346)),
            (M::Percent, number("≤ 97.25", 97.246), Value::Score(97.25)),
            (M::Percent, number("99.7 ¹", 0.997), Value::Score(99.7)),
            (M::Percent, number("− 3 %", -0.031), Value::Amount(-3)),
            (M::Percent, Cell::text("███░░  71 % ="), Value::Amount(71)),
            (M::Percent, Cell::text("no share 1"), text("no share 1")),
            (M::Number, number("−0.0119", 0.9881 - 1.0), Value::Score(-0.0119)),
            (M::Shown, number("~−1\u{a0}204.50", 0.0), Value::Score(-1204.5)),
            (M::Shown, number("1.50–1.60", 1.6), text("1.50–1.60")),
            (M::Usd, number("2.74", 2.0), Value::Amount(2)),
            (M::MicroUsd, number("2.74", 2_000_001.0), Value::Score(2.000_001)),
            (M::UsdPerTbMonth, number("2.06", 1.5), Value::Score(1.5)),
            (M::UsdPerTbMonth, number("1.50–1.60", 1.6), Value::Null),
            (M::Shown, Cell::text("1.5"), text("1.5")),
            (
                M::Time,
                number("21:48", 1_787_341_687_000.0),
                Value::Time(1_787_341_687_000),
            ),
            (
                M::Moment,
                number("21:00", 1_787_341_687.0),
                Value::Time(1_787_341_687_000),
            ),
            (M::Month, number("Aug 2026", 1_787_341_687_000.0), text("2026-08")),
            (M::Seconds, number("1.5", 1500.0), Value::Score(1.5)),
            (M::Words, number("1.162.3", 11_620_003.0), text("1.162.3")),
        ] {
            assert_eq!(measure.value(&cell), value, "{measure:?} {cell:?}");
        }
    }

    #[test]
    fn units_are_words() {
        assert_eq!(Measure::Bytes.unit("MB/s"), "bytes");
        assert_eq!(Measure::Usd.unit("CA$"), "usd");
        assert_eq!(Measure::UsdPerTb.unit("¥/TB"), "per_tb_usd");
        assert_eq!(Measure::Shown.unit("MB/s"), "mb_per_s");
        assert_eq!(Measure::Number.unit("24 h"), "24_h");
        assert_eq!(Measure::Time.unit("x"), "");
    }
}
