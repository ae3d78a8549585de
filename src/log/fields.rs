//! The JSON object of a record, read without building a tree: only the keys somebody needs.
//! Duplicate keys are normal (relayed and `orders` lines have them): the first one counts.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// What the program uses of a record's JSON object.
#[derive(Debug, Default)]
pub struct Fields<'a> {
    /// JSON encoding only: `L`, `T`, `N`, `M`.
    pub level: Option<Text<'a>>,
    /// Time stamp, JSON encoding only.
    pub time: Option<Text<'a>>,
    /// Logger name, JSON encoding only.
    pub logger: Option<Text<'a>>,
    /// Message, JSON encoding only.
    pub message: Option<Text<'a>>,
    /// The satellite's base58 id.
    pub satellite_id: Option<Text<'a>>,
    /// `PUT`, `GET`, …
    pub action: Option<Text<'a>>,
    /// Bytes.
    pub size: Option<u64>,
    /// Why a download was canceled.
    pub reason: Option<Text<'a>>,
    /// The error text, first form.
    pub error: Option<Text<'a>>,
}

/// A string value, borrowed where it has no escapes; empty when the value is no string.
#[derive(Debug, Default, Clone)]
pub struct Text<'a>(pub Cow<'a, str>);

struct Key<'a>(Cow<'a, str>);

impl Key<'_> {
    /// The key in the one spelling of 1.146 and later: `Satellite ID`, `satelliteID` → `satellite_id`.
    fn slot(&self) -> Cow<'_, str> {
        let text = self.0.as_ref();
        if text.bytes().all(|b| b.is_ascii_lowercase() || b == b'_') || text.len() == 1 {
            return Cow::Borrowed(text);
        }
        let mut out = String::with_capacity(text.len() + 4);
        let mut after_lower = false;
        for c in text.chars() {
            let separator = matches!(c, ' ' | '-' | '_');
            if (separator || (after_lower && c.is_ascii_uppercase())) && !out.ends_with('_') {
                out.push('_');
            }
            if !separator {
                out.push(c.to_ascii_lowercase());
            }
            after_lower = c.is_ascii_lowercase();
        }
        Cow::Owned(out)
    }
}

impl<'de> Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextVisitor).map(|text| Key(text.0))
    }
}

impl<'de> Deserialize<'de> for Text<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextVisitor)
    }
}

struct TextVisitor;

impl<'de> Visitor<'de> for TextVisitor {
    type Value = Text<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }
    fn visit_borrowed_str<E>(self, v: &'de str) -> Result<Text<'de>, E> {
        Ok(Text(Cow::Borrowed(v)))
    }
    fn visit_str<E>(self, v: &str) -> Result<Text<'de>, E> {
        Ok(Text(Cow::Owned(v.to_owned())))
    }
    fn visit_bool<E>(self, _: bool) -> Result<Text<'de>, E> {
        Ok(Text::default())
    }
    fn visit_i64<E>(self, _: i64) -> Result<Text<'de>, E> {
        Ok(Text::default())
    }
    fn visit_u64<E>(self, _: u64) -> Result<Text<'de>, E> {
        Ok(Text::default())
    }
    fn visit_f64<E>(self, _: f64) -> Result<Text<'de>, E> {
        Ok(Text::default())
    }
    fn visit_unit<E>(self) -> Result<Text<'de>, E> {
        Ok(Text::default())
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Text<'de>, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Text::default())
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Text<'de>, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Text::default())
    }
}

struct FieldsVisitor;

impl<'de> Visitor<'de> for FieldsVisitor {
    type Value = Fields<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields<'de>, A::Error> {
        let mut fields = Fields::default();
        while let Some(key) = map.next_key::<Key<'de>>()? {
            let slot = match key.slot().as_ref() {
                "L" => &mut fields.level,
                "T" => &mut fields.time,
                "N" => &mut fields.logger,
                "M" => &mut fields.message,
                "satellite_id" => &mut fields.satellite_id,
                "action" => &mut fields.action,
                "reason" => &mut fields.reason,
                "error" => &mut fields.error,
                "size" => {
                    fields.size = fields.size.or(map.next_value::<serde_json::Value>()?.as_u64());
                    continue;
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                    continue;
                }
            };
            let value = map.next_value::<Text<'de>>()?;
            slot.get_or_insert(value);
        }
        Ok(fields)
    }
}

impl<'a> Fields<'a> {
    /// Reads one whole JSON object. An error means the line is damaged.
    pub fn parse(json: &'a str) -> Result<Self, serde_json::Error> {
        let mut deserializer = serde_json::Deserializer::from_str(json);
        let fields = deserializer.deserialize_map(FieldsVisitor)?;
        deserializer.end()?;
        Ok(fields)
    }
}

/// The text of an optional field, or `""`.
pub fn text<'t>(field: &'t Option<Text<'_>>) -> &'t str {
    field.as_ref().map_or("", |t| t.0.as_ref())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_a_key_is_one_key_and_duplicates_are_no_error() {
        for key in [
            "Satellite ID",
            "satelliteID",
            "satellite ID",
            "satellite_id",
            "SatelliteID",
        ] {
            let json = format!(r#"{{"Process": "a", "{key}": "12Eay", "process": "b", "{key}": "other"}}"#);
            let fields = Fields::parse(&json).unwrap();
            assert_eq!(text(&fields.satellite_id), "12Eay", "{key}");
        }
        assert!(Fields::parse(r#"{"Size": 3"#).is_err());
    }
}
