//! Times as the outside face writes them.

/// RFC 3339 in UTC with `Z`; a time past the calendar's ends is empty.
pub fn rfc3339(unix_ms: i64) -> String {
    jiff::Timestamp::from_millisecond(unix_ms).map_or_else(|_| String::new(), |t| t.to_string())
}
