//! Texts to templates: what varies from line to line is replaced, so that equal troubles count as one.

/// The template of an error or message: numbers, addresses, piece and node ids, paths are named.
/// Only the first line counts; a stack below it is dropped.
pub fn of(text: &str) -> String {
    let first = text.lines().next().unwrap_or_default();
    let mut out = String::with_capacity(first.len().min(LONGEST));
    let mut rest = first;
    while let Some(c) = rest.chars().next() {
        if out.len() >= LONGEST {
            out.push('…');
            break;
        }
        let boundary = is_boundary(&out);
        let (name, len) = match token(rest, boundary) {
            Some(found) => found,
            None => ("", c.len_utf8()),
        };
        if name.is_empty() {
            out.push(if c.is_control() { '\u{fffd}' } else { c });
        } else {
            out.push_str(name);
        }
        rest = &rest[len..];
    }
    out
}

const LONGEST: usize = 300;

/// Whether a word begins behind `text`: not inside of `sha256` or `v1.2`.
fn is_boundary(text: &str) -> bool {
    let mut back = text.chars().rev();
    match back.next() {
        Some('.') => !back.next().is_some_and(char::is_alphanumeric),
        // `->` before an address, as against the end of a name put in here.
        Some('>') => back.next() == Some('-'),
        Some(last) => !last.is_alphanumeric(),
        None => true,
    }
}

fn token(rest: &str, boundary: bool) -> Option<(&'static str, usize)> {
    let first = *rest.as_bytes().first()?;
    if !boundary {
        return None;
    }
    match first {
        b'[' => address(rest).map(|len| ("<address>", len)),
        b'/' => path(rest).map(|len| ("<path>", len)),
        b'0'..=b'9' => address(rest)
            .map(|len| ("<address>", len))
            .or_else(|| long_id(rest))
            .or_else(|| duration_or_number(rest)),
        b'A'..=b'Z' if rest.as_bytes().get(1..3) == Some(b":\\") => path(rest).map(|len| ("<path>", len)),
        b'A'..=b'Z' | b'a'..=b'z' => long_id(rest),
        _ => None,
    }
}

fn word_len(rest: &str, belongs: impl Fn(u8) -> bool) -> usize {
    rest.bytes().take_while(|b| belongs(*b)).count()
}

/// Piece ids (base32, 52 characters) and node ids (base58, 48 to 52).
fn long_id(rest: &str) -> Option<(&'static str, usize)> {
    let len = word_len(rest, |b| b.is_ascii_alphanumeric());
    let word = &rest[..len];
    if len == 52
        && word
            .bytes()
            .all(|b| b.is_ascii_uppercase() || (b'2'..=b'7').contains(&b))
    {
        return Some(("<piece>", len));
    }
    let varied = word.bytes().any(|b| b.is_ascii_digit()) && word.bytes().any(|b| b.is_ascii_lowercase());
    ((44..=54).contains(&len) && varied).then_some(("<node>", len))
}

/// `1.2.3.4:5`, `[2001:db8::1]:5` or either without a port.
fn address(rest: &str) -> Option<usize> {
    if rest.starts_with('[') {
        let end = rest.find(']')?;
        rest[1..end].split('%').next()?.parse::<std::net::Ipv6Addr>().ok()?;
        return Some(end + 1 + port(&rest[end + 1..]));
    }
    let len = word_len(rest, |b| b.is_ascii_digit() || b == b'.');
    let host = rest[..len].trim_end_matches('.');
    host.parse::<std::net::Ipv4Addr>().ok()?;
    Some(host.len() + port(&rest[host.len()..]))
}

fn port(rest: &str) -> usize {
    let Some(digits) = rest.strip_prefix(':') else {
        return 0;
    };
    match word_len(digits, |b| b.is_ascii_digit()) {
        0 => 0,
        len => len + 1,
    }
}

fn path(rest: &str) -> Option<usize> {
    let stop = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ',' | ';' | ')' | ']' | '}');
    let len = rest.find(stop).unwrap_or(rest.len());
    let trimmed = rest[..len].trim_end_matches([':', '.']);
    // One slash alone is no path (`n/a`, `read/write` never begin a word with it).
    (trimmed.len() > 1).then_some(trimmed.len())
}

/// `3`, `-1.5`, and Go durations as `1m0.25s`.
fn duration_or_number(rest: &str) -> Option<(&'static str, usize)> {
    let mut len = word_len(rest, |b| b.is_ascii_digit() || b == b'.' || b == b',');
    len = rest[..len].trim_end_matches(['.', ',']).len();
    let units = ["ms", "µs", "ns", "h", "m", "s"];
    while let Some(unit) = units.iter().find(|unit| rest[len..].starts_with(*unit)) {
        let after = &rest[len + unit.len()..];
        if after.starts_with(|c: char| c.is_ascii_alphabetic()) {
            break;
        }
        let more = word_len(after, |b| b.is_ascii_digit() || b == b'.');
        let more = after[..more].trim_end_matches('.').len();
        len += unit.len() + more;
        if more == 0 {
            break;
        }
    }
    Some(("<number>", len))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_varies_is_named() {
        for (text, template) in [
            (
                "write tcp 10.0.0.2:28967->79.127.205.225:51234: write: broken pipe",
                "write tcp <address>-><address>: write: broken pipe",
            ),
            (
                "read tcp [2001:db8::1]:28967: i/o timeout",
                "read tcp <address>: i/o timeout",
            ),
            (
                "open /mnt/storagenode/blobs/ab/x.sj1: no such file or directory",
                "open <path>: no such file or directory",
            ),
            (r"open C:\Storj\x.sj1: in use", "open <path>: in use"),
            (
                "timed out after 1m0s while verifying",
                "timed out after <number> while verifying",
            ),
            ("downloaded size (65536 bytes)", "downloaded size (<number> bytes)"),
            (
                "piece H5MHLOAWQBOZKVABCF5SXROFFON2HSKZNSMFJSICIRDEFNRKZVBA gone",
                "piece <piece> gone",
            ),
            (
                "Node 12EayRS2V1kEsWESU9QMRseFhdxYxKicsiFmxrsLZHeLUtdps3S started",
                "Node <node> started",
            ),
            (
                "error code: 0, rpc: quic: timeout",
                "error code: <number>, rpc: quic: timeout",
            ),
            ("first\n\tsecond", "first"),
            ("v1.2 sha256", "v1.2 sha256"),
        ] {
            assert_eq!(of(text), template, "{text}");
        }
    }
}
