//! Sizes as people write them: `500 MB`, `2 GiB`. Powers of 1000 and of 1024 are told apart.

const UNITS: [(&str, u64); 8] = [
    ("TiB", 1 << 40),
    ("TB", 1_000_000_000_000),
    ("GiB", 1 << 30),
    ("GB", 1_000_000_000),
    ("MiB", 1 << 20),
    ("MB", 1_000_000),
    ("KiB", 1 << 10),
    ("kB", 1000),
];

/// Bytes of `500 MB`, `1.5 GB`, `2GiB` or `50000000`; the case of the unit does not matter.
pub fn parse(text: &str) -> Option<u64> {
    let text = text.trim();
    let end = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let unit = unit.trim_start();
    let factor = match UNITS.iter().find(|(name, _)| name.eq_ignore_ascii_case(unit)) {
        Some((_, factor)) => *factor,
        None if unit.is_empty() || unit.eq_ignore_ascii_case("bytes") => return number.parse().ok(),
        None => return None,
    };
    let (whole, part) = match number.split_once('.') {
        Some((whole, part)) if (1..=9).contains(&part.len()) => (whole, part),
        Some(_) => return None,
        None => (number, "0"),
    };
    let scale = 10u128.pow(u32::try_from(part.len()).ok()?);
    let whole = u128::from(whole.parse::<u64>().ok()?);
    let part = u128::from(part.parse::<u64>().ok()?);
    u64::try_from((whole * scale + part) * u128::from(factor) / scale).ok()
}

/// The shortest exact text, which `parse` reads again.
pub fn text(bytes: u64) -> String {
    let exact = UNITS
        .iter()
        .filter(|(_, factor)| bytes >= *factor && bytes.is_multiple_of(*factor))
        .map(|(name, factor)| format!("{} {name}", bytes / factor));
    exact
        .min_by_key(String::len)
        .unwrap_or_else(|| format!("{bytes} bytes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_and_written_again() {
        for (given, bytes, written) in [
            ("500 MB", 500_000_000, "500 MB"),
            ("1gb", 1_000_000_000, "1 GB"),
            ("2 GiB", 2_147_483_648, "2 GiB"),
            ("1.5 GB", 1_500_000_000, "1500 MB"),
            (" 50000001 ", 50_000_001, "50000001 bytes"),
            ("0", 0, "0 bytes"),
        ] {
            assert_eq!(parse(given), Some(bytes), "{given}");
            assert_eq!(text(bytes), written);
            assert_eq!(parse(written), Some(bytes));
        }
        for wrong in [
            "",
            "GB",
            "1 G",
            "1.GB",
            ".5 GB",
            "1.5",
            "-1 GB",
            "1 GB GB",
            "1.2.3 GB",
            "99999999 TiB",
        ] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }
}
