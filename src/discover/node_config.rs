//! A node's own `config.yaml`, and the texts in it. Used by `discover`.
//!
//! Of YAML only this is needed: scalars under flat dotted keys or nested maps. The crates that read
//! all of it either rest (`serde_yaml`) or refuse the whole file for one fault in it; an operator's
//! file with a fault still names its log, so lines that are understood count and others do not.
//! `secrets.yaml` beside it is never opened.

use std::path::Path;

use super::host::{Host, why};
use super::settings::Settings;

/// Largest file that is read: the node writes some 20 kB.
const LARGEST: u64 = 1 << 20;
/// Deepest map that is followed: the keys have three parts at most.
const DEEPEST: usize = 8;

/// Reads the file at `path` of the host. The error says why not, as part of a sentence.
pub(super) fn read(host: &Host, path: &Path) -> Result<Settings, String> {
    let bytes = host.read(path, LARGEST).map_err(|error| why(&error))?;
    Ok(parse(&String::from_utf8_lossy(&bytes)))
}

/// A map that is open: how far its key was indented, and its dotted key; `None` under a scalar or
/// anything else that is not followed.
type Open = (usize, Option<String>);

/// The settings in a configuration.
pub fn parse(text: &str) -> Settings {
    let mut settings = Settings::default();
    let mut open: Vec<Open> = Vec::new();
    for line in text.trim_start_matches('\u{feff}').lines() {
        let inner = line.trim_start_matches(' ');
        let indent = line.len() - inner.len();
        let Some((key, value)) = key_and_value(inner) else {
            continue;
        };
        while open.last().is_some_and(|(depth, _)| *depth >= indent) {
            open.pop();
        }
        let full = match open.last() {
            None if indent == 0 => Some(key),
            Some((_, Some(parent))) => Some(format!("{parent}.{key}")),
            _ => None,
        };
        if let Some(full) = full.as_deref()
            && let Some(value) = scalar(value)
        {
            settings.keep(full, &value);
        }
        // Under a scalar lies its continuation, which names no keys.
        let parent = full.filter(|_| value.is_empty());
        if open.len() < DEEPEST {
            open.push((indent, parent));
        }
    }
    settings
}

/// The parts of `key: value`, the value without a comment when it is plain. `None` for anything else.
fn key_and_value(line: &str) -> Option<(String, &str)> {
    if line.is_empty() || line.starts_with(['#', '-', '\t', '{', '[', '?']) {
        return None;
    }
    let (key, value) = match line.strip_prefix(['"', '\'']) {
        Some(quoted) => {
            let end = quoted.find(['"', '\''])?;
            (&quoted[..end], quoted[end + 1..].trim_start().strip_prefix(':')?)
        }
        None => {
            let colon = line
                .find(": ")
                .or_else(|| line.trim_end().strip_suffix(':').map(str::len))?;
            (line[..colon].trim_end(), &line[colon + 1..])
        }
    };
    let value = value.trim();
    let value = if value.starts_with('#') { "" } else { value };
    Some((key.to_owned(), value))
}

/// The text of a scalar; `None` when there is none, or one of a kind the node never writes.
fn scalar(text: &str) -> Option<String> {
    match text.chars().next()? {
        '"' => double_quoted(&text[1..]),
        '\'' => single_quoted(&text[1..]),
        '|' | '>' | '&' | '*' | '!' | '{' | '[' | '%' | '@' | '`' => None,
        _ => {
            let end = text.find(" #").unwrap_or(text.len());
            let plain = text[..end].trim_end();
            (!matches!(plain, "~" | "null")).then(|| plain.to_owned())
        }
    }
}

fn double_quoted(text: &str) -> Option<String> {
    let mut value = String::new();
    let mut chars = text.chars();
    loop {
        match chars.next()? {
            '"' => return Some(value),
            '\\' => match chars.next()? {
                same @ ('"' | '\\' | '/') => value.push(same),
                _ => return None,
            },
            other => value.push(other),
        }
    }
}

fn single_quoted(text: &str) -> Option<String> {
    let mut value = String::new();
    let mut chars = text.chars().peekable();
    loop {
        match chars.next()? {
            '\'' if chars.peek() == Some(&'\'') => {
                chars.next();
                value.push('\'');
            }
            '\'' => return Some(value),
            other => value.push(other),
        }
    }
}

/// Bytes of a size as the node writes it: `1.00 TB`, `2TB`, `1.5TiB`, `500000000000`. `None` when it
/// is none, or past what 64 bits hold.
pub fn size(text: &str) -> Option<u64> {
    let text = text.trim();
    let end = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let (number, unit) = (&text[..end], text[end..].trim().to_ascii_uppercase());
    let unit = unit.strip_suffix('B').unwrap_or(&unit);
    let (letter, base) = match unit.strip_suffix('I') {
        Some(letter) => (letter, 1024_u64),
        None => (unit, 1000),
    };
    let power = match letter {
        "" if base == 1000 => 0,
        "K" => 1,
        "M" => 2,
        "G" => 3,
        "T" => 4,
        "P" => 5,
        "E" => 6,
        _ => return None,
    };
    let factor = base.pow(power);
    if let Ok(whole) = number.parse::<u64>() {
        return whole.checked_mul(factor);
    }
    let bytes = number.parse::<f64>().ok()? * factor as f64;
    (bytes < u64::MAX as f64).then_some(bytes as u64)
}

#[cfg(test)]
mod tests {
    use super::super::settings::{CONSOLE, LOG_CUSTOM_LEVEL, LOG_LEVEL, LOG_OUTPUT, STORAGE};
    use super::*;

    #[test]
    fn flat_nested_quoted_and_commented_keys_are_read() {
        let flat = parse(
            "# how to log\nlog.output: /var/log/node.log # here\n# log.level: debug\nLog.Level: warn\r\n\
             console.address: \":14003\"\n'storage.path': 'C:\\it''s here'\noperator.wallet: 0x00\n",
        );
        assert_eq!(flat.value(LOG_OUTPUT), Some("/var/log/node.log"));
        assert_eq!(flat.value(LOG_LEVEL), Some("warn"));
        assert_eq!(flat.value(CONSOLE), Some(":14003"));
        assert_eq!(flat.value(STORAGE), Some("C:\\it's here"));
        let nested = parse(
            "log: # all of it\n  output: \"winfile:///C:\\\\node.log\"\n  custom-level: piecestore=FATAL\n\
             console:\n    address: 127.0.0.1:14002\nstorage.path: /mnt\n",
        );
        assert_eq!(nested.value(LOG_OUTPUT), Some("winfile:///C:\\node.log"));
        assert_eq!(nested.value(LOG_CUSTOM_LEVEL), Some("piecestore=FATAL"));
        assert_eq!(nested.value(CONSOLE), Some("127.0.0.1:14002"));
        assert_eq!(nested.value(STORAGE), Some("/mnt"));
    }

    #[test]
    fn what_is_no_setting_is_passed_over() {
        let text = "note: |\n  log.output: /etc/passwd\n- log.level: debug\nlog:\n  - output: /x\n{log.level: debug}\n\
                    console.address: {a: b}\nlog.output: null\nlog.level: \"in\u{1b}[31mfo\"\n\tlog.level: x\n\
                    storage.path: \"no end\n";
        assert_eq!(parse(text), Settings::default());
    }

    #[test]
    fn depth_and_noise_cost_nothing() {
        let deep: String = (0..2000).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect();
        let noise: String = (0..=255_u8).map(char::from).cycle().take(100_000).collect();
        let settings = parse(&format!("{deep}{noise}\nlog.level: info\n"));
        assert_eq!(settings.value(LOG_LEVEL), Some("info"));
    }

    #[test]
    fn sizes_are_read_as_the_node_reads_them() {
        let cases = [
            ("1.00 TB", Some(1_000_000_000_000)),
            ("2TB", Some(2_000_000_000_000)),
            ("1.5TiB", Some(1_649_267_441_664)),
            ("500000000000", Some(500_000_000_000)),
            ("7 tb", Some(7_000_000_000_000)),
            ("3T", Some(3_000_000_000_000)),
            ("10 B", Some(10)),
            ("99999999 EB", None),
            ("-1 TB", None),
            ("1e3 GB", None),
            ("iB", None),
            ("", None),
            ("lots", None),
        ];
        for (text, bytes) in cases {
            assert_eq!(size(text), bytes, "{text}");
        }
    }
}
