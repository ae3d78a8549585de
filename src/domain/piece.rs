//! Piece ids and peers' addresses: their texts and their stored form.

use std::net::SocketAddr;

/// A piece id: 32 bytes.
pub type PieceId = [u8; 32];

const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// The id of a base32 text (upper case, no padding, 52 characters); `None` for any other text.
pub fn parse_id(text: &[u8]) -> Option<PieceId> {
    const VALUES: [u8; 256] = values();
    if text.len() != 52 {
        return None;
    }
    let mut id = [0; 32];
    let (mut bits, mut held, mut at) = (0u32, 0, 0);
    for byte in text {
        let value = VALUES[*byte as usize];
        if value == 0xff {
            return None;
        }
        bits = (bits << 5) | u32::from(value);
        held += 5;
        if held >= 8 {
            held -= 8;
            *id.get_mut(at)? = (bits >> held) as u8;
            at += 1;
        }
    }
    // Four bits are left: a text that has any of them set would not come back.
    (bits & 0xf == 0).then_some(id)
}

const fn values() -> [u8; 256] {
    let mut values = [0xff; 256];
    let mut n = 0;
    while n < ALPHABET.len() {
        values[ALPHABET[n] as usize] = n as u8;
        n += 1;
    }
    values
}

/// The base32 text of an id.
pub fn id_text(id: &PieceId) -> String {
    let mut text = String::with_capacity(52);
    let (mut bits, mut held) = (0u32, 0);
    for byte in id {
        bits = (bits << 8) | u32::from(*byte);
        held += 8;
        while held >= 5 {
            held -= 5;
            text.push(ALPHABET[(bits >> held & 31) as usize] as char);
        }
    }
    text.push(ALPHABET[(bits << (5 - held) & 31) as usize] as char);
    text
}

/// A peer's address; `None` for a text whose stored form would read differently.
pub fn parse_address(text: &[u8]) -> Option<SocketAddr> {
    let text = std::str::from_utf8(text).ok()?;
    let address: SocketAddr = text.parse().ok()?;
    // v4 texts are canonical when they parse; v6 has zones and several spellings.
    (address.is_ipv4() || address.to_string() == text).then_some(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_and_addresses_come_back_as_they_were() {
        let text = "H5MHLOAWQBOZKVABCF5SXROFFON2HSKZNSMFJSICIRDEFNRKZVBA";
        assert_eq!(id_text(&parse_id(text.as_bytes()).unwrap()), text);
        assert_eq!(parse_id(&text.as_bytes()[1..]), None);
        assert_eq!(parse_id(text.to_lowercase().as_bytes()), None);
        for text in ["1.2.3.4:5", "[2001:db8::1]:28967"] {
            assert_eq!(parse_address(text.as_bytes()).unwrap().to_string(), text);
        }
        assert_eq!(parse_address(b"[2001:DB8::1]:1"), None);
        assert_eq!(parse_address(b""), None);
    }
}
