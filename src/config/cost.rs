//! What a node costs, as it is typed: dollars, or an amount with the person's own currency beside it. Read by `node`,
//! judged by `load` when the currency is known.

use std::ops::RangeInclusive;

use serde_json::Value as Json;

use super::load::Entry;
use super::node::Field;
use super::problem::{Origin, Problem};
use super::setting::Settings;
use super::template::quoted;
use crate::support::foreign::is_hidden;

/// Names of a currency are no longer, characters.
const LONGEST: usize = 8;
/// No amount in any currency is more.
const MOST: f64 = 1e12;

/// Signs and their codes: either is understood for the other.
const CODES: [(&str, &str); 17] = [
    ("€", "EUR"),
    ("£", "GBP"),
    ("Fr", "CHF"),
    ("¥", "JPY"),
    ("¥", "CNY"),
    ("₽", "RUB"),
    ("₴", "UAH"),
    ("zł", "PLN"),
    ("Kč", "CZK"),
    ("kr", "SEK"),
    ("kr", "NOK"),
    ("kr", "DKK"),
    ("₹", "INR"),
    ("₩", "KRW"),
    ("A$", "AUD"),
    ("C$", "CAD"),
    ("R$", "BRL"),
];
/// What dollars are called.
const DOLLARS: [&str; 3] = ["$", "USD", "US$"];

/// An amount as it was typed, in millionths, so that it can be compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Amount {
    millionths: i64,
    /// The currency beside it, and all that was typed; `None`: dollars, or watts.
    own: Option<(String, String)>,
}

/// What a node costs; `None`: nothing was said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cost {
    /// A month, whatever it does.
    pub monthly: Option<Amount>,
    /// Watts it draws.
    pub watts: Option<Amount>,
    /// A kWh.
    pub kwh: Option<Amount>,
    /// What its hardware cost.
    pub hardware: Option<Amount>,
}

/// What a cost may be, in dollars or watts, and above what it is odd, with what may have been meant.
struct Bounds {
    range: RangeInclusive<f64>,
    odd: f64,
    meant: &'static str,
}

fn bounds(field: Field) -> Bounds {
    let (most, odd, meant) = match field {
        Field::Watts => (100_000.0, 3_000.0, "it is what this node draws, in watts"),
        Field::KwhPrice => (100.0, 2.0, "it is dollars a kWh: 0.32, not 32 cents"),
        Field::MonthlyCost => (1e6, 2_000.0, "it is what this node costs a month, in dollars"),
        _ => (1e7, 100_000.0, "it is what this node's hardware cost, in dollars"),
    };
    Bounds {
        range: 0.0..=most,
        odd,
        meant,
    }
}

/// What a cost may be, in words.
pub(super) fn wanted(field: Field) -> String {
    let most = bounds(field).range.end().to_string();
    match field {
        Field::Watts => format!("a number of watts, 0 to {most}"),
        _ => format!("a number of dollars, 0 to {most}, or an amount with your currency as 0.32 €"),
    }
}

impl Amount {
    /// A cost that is typed. The error says what is wrong with it, and what to write.
    pub(super) fn read(field: Field, text: &str) -> Result<Self, String> {
        let text = text.trim();
        let (number, currency) = parts(text);
        let value: Option<f64> = number.parse().ok();
        let refused = |is: &str| format!("`{text}` is {is}; write {}", wanted(field));
        let value = match value {
            Some(value) => value,
            None if number.contains(',') => return Err(refused("written with a comma: a point is wanted")),
            None => return Err(refused("no cost")),
        };
        let is_odd = |c: char| c.is_whitespace() || is_hidden(c) || matches!(c, '#' | '"' | '\\' | '=');
        let is_currency = |name: &str| name.chars().count() <= LONGEST && !name.chars().any(is_odd);
        let range = match currency {
            None => bounds(field).range,
            _ if text.chars().any(is_hidden) => return Err(refused("no cost")),
            Some(name) if field == Field::Watts || !is_currency(name) => return Err(refused("no cost")),
            Some(_) => 0.0..=MOST,
        };
        if !range.contains(&value) {
            return Err(refused("out of range"));
        }
        Ok(Self {
            millionths: (value * 1e6).round() as i64,
            own: currency.map(|name| (name.to_owned(), text.to_owned())),
        })
    }

    fn value(&self) -> f64 {
        self.millionths as f64 / 1e6
    }

    /// In dollars, or watts. The error says that it is in a currency that is not the configuration's.
    pub fn dollars(&self, settings: &Settings) -> Result<f64, String> {
        let Some((name, text)) = &self.own else {
            return Ok(self.value());
        };
        if is_same(name, &settings.currency) {
            let factor = settings.currency_factor.parse().ok();
            return Ok(self.value() / factor.filter(|factor| *factor > 0.0).unwrap_or(1.0));
        }
        match DOLLARS.iter().any(|dollar| dollar.eq_ignore_ascii_case(name)) {
            true => Ok(self.value()),
            false => Err(format!(
                "`{text}` is in {name}, and money.currency is {}; write it in that or in dollars, or set \
                 money.currency and money.factor, its rate",
                settings.currency
            )),
        }
    }

    /// As it was typed.
    pub(super) fn json(&self) -> Json {
        match &self.own {
            None => self.value().into(),
            Some((_, text)) => text.clone().into(),
        }
    }

    /// As the file writes it.
    pub(super) fn written(&self) -> String {
        match &self.own {
            None => self.value().to_string(),
            Some((_, text)) => quoted(text),
        }
    }

    /// Whether it has its currency beside it.
    pub(super) fn is_own(&self) -> bool {
        self.own.is_some()
    }
}

/// A number, and the currency before or behind it.
fn parts(text: &str) -> (&str, Option<&str>) {
    let first = text.find(|c: char| c.is_ascii_digit() || matches!(c, '.' | '-' | '+'));
    let last = text.rfind(|c: char| c.is_ascii_digit());
    let (Some(first), Some(last)) = (first, last.filter(|last| first.is_some_and(|first| first <= *last))) else {
        return (text, None);
    };
    match (text[..first].trim(), text[last + 1..].trim()) {
        ("", "" | ".") | ("", _) if text.parse::<f64>().is_ok() => (text, None),
        (name, "") | ("", name) if !name.is_empty() => (&text[first..=last], Some(name)),
        _ => (text, None),
    }
}

/// Whether two words mean one currency.
fn is_same(one: &str, other: &str) -> bool {
    let eq = |a: &str, b: &str| a.to_lowercase() == b.to_lowercase();
    let pair = |a: &str, b: &str| CODES.iter().any(|(sign, code)| eq(sign, a) && eq(code, b));
    eq(one, other) || pair(one, other) || pair(other, one)
}

impl Cost {
    /// The part a field says.
    pub(super) fn of(&self, field: Field) -> Option<&Amount> {
        match field {
            Field::MonthlyCost => self.monthly.as_ref(),
            Field::Watts => self.watts.as_ref(),
            Field::KwhPrice => self.kwh.as_ref(),
            Field::HardwareCost => self.hardware.as_ref(),
            _ => None,
        }
    }

    /// Keeps the part a field says.
    pub(super) fn put(&mut self, field: Field, text: &str) -> Result<(), String> {
        let amount = Some(Amount::read(field, text)?);
        match field {
            Field::MonthlyCost => self.monthly = amount,
            Field::Watts => self.watts = amount,
            Field::KwhPrice => self.kwh = amount,
            _ => self.hardware = amount,
        }
        Ok(())
    }
}

/// What is wrong with costs now that the currency is known, and what is merely odd.
pub(super) fn judge(entries: &[Entry], settings: &Settings) -> (Vec<Problem>, Vec<Problem>) {
    let (mut wrong, mut odd) = (Vec::new(), Vec::new());
    for entry in entries {
        let cost = &entry.node.cost;
        let at = |field: Field| {
            let said = entry.fields.iter().find(|(said, _)| *said == field);
            said.map_or(Origin::Default, |(_, origin)| origin.clone())
        };
        let costs = Field::ALL.into_iter().filter(|field| field.is_cost());
        for (field, amount) in costs.filter_map(|field| Some((field, cost.of(field)?))) {
            let (key, name, bounds) = (field.key(), &entry.node.name, bounds(field));
            match amount.dollars(settings) {
                Err(what) => wrong.push(Problem::new(at(field), format!("{key}: {what}"), "")),
                Ok(dollars) if !bounds.range.contains(&dollars) => {
                    let factor = &settings.currency_factor;
                    let what = format!("{key}: it is {dollars:.0} dollars at money.factor {factor}: out of range");
                    wrong.push(Problem::new(at(field), what, format!("it must be {}", wanted(field))));
                }
                Ok(dollars) if dollars > bounds.odd => {
                    let what = format!("{key} of node `{name}` is {}: that is much", words(amount));
                    odd.push(Problem::new(at(field), what, bounds.meant));
                }
                Ok(_) => {}
            }
        }
        let is_more = |amount: &Option<Amount>| amount.as_ref().is_some_and(|amount| amount.millionths > 0);
        for (half, said, other) in [
            (
                Field::Watts,
                is_more(&cost.watts),
                (Field::KwhPrice, cost.kwh.is_none()),
            ),
            (
                Field::KwhPrice,
                is_more(&cost.kwh),
                (Field::Watts, cost.watts.is_none()),
            ),
        ] {
            if let (true, (other, true)) = (said, other) {
                let (key, other) = (half.key(), other.key());
                let what = format!(
                    "{key} of node `{}` is said without {other}: its costs are not known",
                    entry.node.name
                );
                odd.push(Problem::new(at(half), what, format!("say {other} too")));
            }
        }
    }
    (wrong, odd)
}

fn words(amount: &Amount) -> String {
    match &amount.own {
        Some((_, text)) => text.clone(),
        None => amount.value().to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(currency: &str, factor: &str) -> Settings {
        Settings {
            currency: currency.to_owned(),
            currency_factor: factor.to_owned(),
            ..Settings::default()
        }
    }

    #[test]
    fn amounts_are_dollars_or_of_the_currency_beside_them() {
        let euro = settings("€", "0.5");
        for (text, dollars) in [
            ("0.32", 0.32),
            (".5", 0.5),
            ("7.", 7.0),
            ("1e2", 100.0),
            ("+3", 3.0),
            ("0.32 €", 0.64),
            ("€0.32", 0.64),
            ("€ .32", 0.64),
            (" 32€ ", 64.0),
            ("0.32 EUR", 0.64),
            ("eur 0.32", 0.64),
            ("1e1€", 20.0),
            ("$0.32", 0.32),
            ("0.32 USD", 0.32),
            ("0 €", 0.0),
        ] {
            let amount = Amount::read(Field::KwhPrice, text).unwrap();
            assert!((amount.dollars(&euro).unwrap() - dollars).abs() < 1e-9, "{text}");
            // As it is written in the file it is read again.
            let written = amount.written();
            let again = Amount::read(Field::KwhPrice, written.trim_matches('"'));
            assert_eq!(again, Ok(amount), "{text}");
        }
        let pounds = Amount::read(Field::KwhPrice, "0.32 £").unwrap();
        let error = pounds.dollars(&euro).unwrap_err();
        assert!(error.contains("`0.32 £` is in £") && error.contains("€"), "{error}");
        // Where amounts are told in dollars of another rate, the sign is theirs.
        let canada = settings("$", "1.4");
        let amount = |text: &str| Amount::read(Field::HardwareCost, text).unwrap().dollars(&canada);
        assert_eq!(
            (amount("140"), amount("$140"), amount("140 USD")),
            (Ok(140.0), Ok(100.0), Ok(140.0))
        );
    }

    #[test]
    fn what_cannot_be_is_refused_with_what_can() {
        for (field, text) in [
            (Field::Watts, "1e9"),
            (Field::Watts, "-1"),
            (Field::Watts, "8 €"),
            (Field::Watts, "NaN"),
            (Field::KwhPrice, "101"),
            (Field::KwhPrice, "-0.1"),
            (Field::KwhPrice, "-0.1 €"),
            (Field::KwhPrice, "€-0.1"),
            (Field::KwhPrice, "0,32"),
            (Field::KwhPrice, "0,32 €"),
            (Field::KwhPrice, "€ 1 €"),
            (Field::KwhPrice, "1 a currency"),
            (Field::KwhPrice, "1 \u{202e}"),
            (Field::KwhPrice, "1 2"),
            (Field::MonthlyCost, "inf"),
            (Field::MonthlyCost, "1e400"),
            (Field::MonthlyCost, "1e13 €"),
            (Field::MonthlyCost, "2000000"),
            (Field::HardwareCost, ""),
            (Field::HardwareCost, "€"),
            (Field::HardwareCost, "x"),
        ] {
            let error = Amount::read(field, text).unwrap_err();
            assert!(
                error.contains("; write a number of ") && error.contains(", 0 to 1"),
                "{text}: {error}"
            );
        }
    }
}
