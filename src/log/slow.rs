//! The thorough way through a record's JSON: serde_json, any key order, escapes decoded. Taken for
//! what the scanner leaves, for events that are rare, and as the oracle of tests.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::Value;

/// All members of a record's object in order, keys in the one spelling of 1.146 and later.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct Object {
    members: Vec<(String, Value)>,
}

impl Object {
    /// Reads one whole JSON object. An error means the line is damaged.
    pub fn parse(json: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(json)
    }

    /// The first value of `key`: duplicates are normal in relayed lines.
    pub fn value(&self, key: &str) -> Option<&Value> {
        self.members.iter().find(|(k, _)| k == key).map(|(_, v)| v)
    }

    /// The first of `keys` that is a text. Releases differ in names (`satellite`, `satellite_id`, `sat`).
    pub fn text(&self, keys: &[&str]) -> Option<&str> {
        keys.iter().find_map(|key| self.value(key)?.as_str())
    }

    /// The first of `keys` that is a number.
    pub fn number(&self, keys: &[&str]) -> Option<f64> {
        keys.iter().find_map(|key| self.value(key)?.as_f64())
    }
}

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = Object;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object, A::Error> {
                let mut members = Vec::new();
                while let Some((key, value)) = map.next_entry::<String, Value>()? {
                    members.push((normal_key(&key), value));
                }
                Ok(Object { members })
            }
        }
        deserializer.deserialize_map(Members)
    }
}

/// A key in the one spelling of 1.146 and later: `Satellite ID`, `satelliteID` → `satellite_id`.
/// The zap columns (`L`, `T`, …) stay as they are.
pub fn normal_key(key: &str) -> String {
    if key.len() == 1 {
        return key.to_owned();
    }
    let mut out = String::with_capacity(key.len() + 4);
    let mut after_lower = false;
    for c in key.chars() {
        let separator = matches!(c, ' ' | '-' | '_');
        if (separator || (after_lower && c.is_ascii_uppercase())) && !out.ends_with('_') {
            out.push('_');
        }
        if !separator {
            out.push(c.to_ascii_lowercase());
        }
        after_lower = c.is_ascii_lowercase() || c.is_ascii_digit();
    }
    out
}

/// A raw text of a line (as between its quotes) with its escapes decoded; damaged UTF-8 is replaced.
pub fn unescape(raw: &[u8]) -> String {
    if memchr::memchr(b'\\', raw).is_some() {
        let mut quoted = Vec::with_capacity(raw.len() + 2);
        quoted.push(b'"');
        quoted.extend_from_slice(raw);
        quoted.push(b'"');
        if let Ok(text) = serde_json::from_slice::<String>(&quoted) {
            return text;
        }
    }
    String::from_utf8_lossy(raw).into_owned()
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
            let object = Object::parse(json.as_bytes()).unwrap();
            assert_eq!(object.text(&["satellite_id"]), Some("12Eay"), "{key}");
        }
        assert!(Object::parse(br#"{"Size": 3"#).is_err());
        assert_eq!(unescape(br#"a \"b\" \n"#), "a \"b\" \n");
    }
}
