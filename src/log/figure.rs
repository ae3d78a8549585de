//! Sizes and durations as the node writes them: `"123.4 GiB"` or a number, `"1m8.9s"`.

use serde_json::Value;

/// Bytes of a size: a number, or a text in base 2 (`"123.4 GiB"`) or base 10 (`"1.50 TB"`); `None` when it is none.
pub fn bytes(value: &Value) -> Option<u64> {
    const UNITS: [(&str, f64); 13] = [
        ("B", 1.0),
        ("KiB", 1024.0),
        ("MiB", 1_048_576.0),
        ("GiB", 1_073_741_824.0),
        ("TiB", 1_099_511_627_776.0),
        ("PiB", 1_125_899_906_842_624.0),
        ("EiB", 1_152_921_504_606_846_976.0),
        ("KB", 1e3),
        ("MB", 1e6),
        ("GB", 1e9),
        ("TB", 1e12),
        ("PB", 1e15),
        ("EB", 1e18),
    ];
    let Some(text) = value.as_str() else {
        return value.as_u64();
    };
    let (number, unit) = text.split_once(' ')?;
    let (_, factor) = UNITS.into_iter().find(|(name, _)| *name == unit)?;
    let bytes = number.parse::<f64>().ok()? * factor;
    (0.0..1.8e19).contains(&bytes).then(|| bytes.round() as u64)
}

/// Milliseconds of a Go duration (`1h2m3.5s`, `12.3ms`, `59µs`), rounded; `None` when it is none or negative.
pub fn duration_ms(text: &str) -> Option<u64> {
    const UNITS: [(&str, f64); 7] = [
        ("h", 3_600_000.0),
        ("m", 60_000.0),
        ("s", 1000.0),
        ("ms", 1.0),
        ("µs", 1e-3),
        ("us", 1e-3),
        ("ns", 1e-6),
    ];
    let mut sum = 0.0;
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let number: f64 = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
        let end = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
        let (_, factor) = UNITS.into_iter().find(|(name, _)| *name == &rest[..end])?;
        sum += number * factor;
        rest = &rest[end..];
    }
    (!text.is_empty() && sum < 9e15).then(|| sum.round() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_of_every_release_are_read() {
        for (value, expected) in [
            (serde_json::json!(1_048_576), Some(1_048_576)),
            (serde_json::json!("0 B"), Some(0)),
            (serde_json::json!("512 B"), Some(512)),
            (serde_json::json!("262.4 KiB"), Some(268_698)),
            (serde_json::json!("0.7 GiB"), Some(751_619_277)),
            (serde_json::json!("5.4 TiB"), Some(5_937_362_789_990)),
            (serde_json::json!("1.50 TB"), Some(1_500_000_000_000)),
            (serde_json::json!("-1.0 MiB"), None),
            (serde_json::json!("12 parsecs"), None),
            (serde_json::json!("NaN B"), None),
            (serde_json::json!(null), None),
        ] {
            assert_eq!(bytes(&value), expected, "{value}");
        }
    }

    #[test]
    fn durations_are_read_to_the_millisecond() {
        for (text, expected) in [
            ("0s", Some(0)),
            ("99.864223ms", Some(100)),
            ("1m8.935185195s", Some(68_935)),
            ("12h34m5.678s", Some(45_245_678)),
            ("59µs", Some(0)),
            ("1600us", Some(2)),
            ("", None),
            ("5", None),
            ("5x", None),
            ("-1s", None),
            ("s", None),
        ] {
            assert_eq!(duration_ms(text), expected, "{text}");
        }
    }
}
