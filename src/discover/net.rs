//! Addresses, listening sockets and who answers there. Used by `discover`.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::Path;

use super::ProbeAnswer;
use super::host::Host;

/// Most of a socket table that is read: listening sockets come first in it.
const TABLE: u64 = 16 << 20;

/// An address as a node is told it: `127.0.0.1:14002`, `:14002`, `[::]:14002`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Address {
    host: String,
    pub port: u16,
}

impl Address {
    /// `None` when it is no address, or its port is left to chance.
    pub fn parse(text: &str) -> Option<Self> {
        let (host, port) = text.trim().rsplit_once(':')?;
        let port = port.parse().ok().filter(|port| *port != 0)?;
        Self::new(host, port)
    }

    /// Of a host's name or number, brackets or none; empty for all of its addresses.
    pub fn new(host: &str, port: u16) -> Option<Self> {
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | ':' | '-');
        host.chars().all(plain).then(|| Self {
            host: host.to_owned(),
            port,
        })
    }

    /// Whether only its own host (or container) reaches it.
    pub fn is_loopback(&self) -> bool {
        self.host == "localhost" || self.host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
    }

    /// Whether a socket of this host is what this address reaches.
    fn is_of(&self, socket: &Listener) -> bool {
        let any = self.host.is_empty() || self.host == "localhost";
        let same = match self.host.parse::<IpAddr>() {
            Ok(ip) => ip.is_unspecified() || ip == socket.ip || (ip.is_loopback() && socket.ip.is_unspecified()),
            Err(_) => any,
        };
        same && self.port == socket.port
    }

    /// Where to reach it from this host.
    pub fn url(&self) -> String {
        let port = self.port;
        match self.host.parse::<IpAddr>() {
            Ok(ip) if ip.is_unspecified() => format!("http://127.0.0.1:{port}"),
            Ok(IpAddr::V6(ip)) => format!("http://[{ip}]:{port}"),
            _ if self.host.is_empty() || self.host == "localhost" => format!("http://127.0.0.1:{port}"),
            _ => format!("http://{}:{port}", self.host),
        }
    }
}

/// A socket that listens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Listener {
    pub ip: IpAddr,
    pub port: u16,
    pub inode: u64,
}

/// The listening sockets of a network, from `tcp` and `tcp6` in its folder; `None` when neither can
/// be read.
pub(super) fn listeners(host: &Host, net: &Path) -> Option<Vec<Listener>> {
    let tables: Vec<_> = ["tcp", "tcp6"]
        .iter()
        .filter_map(|table| host.read_start(&net.join(table), TABLE).ok())
        .collect();
    if tables.is_empty() {
        return None;
    }
    let texts = tables.iter().map(|bytes| String::from_utf8_lossy(bytes));
    Some(
        texts
            .flat_map(|text| text.lines().filter_map(listener).collect::<Vec<_>>())
            .collect(),
    )
}

fn listener(line: &str) -> Option<Listener> {
    const LISTEN: &str = "0A";
    let mut fields = line.split_ascii_whitespace();
    let local = fields.nth(1)?;
    if fields.nth(1)? != LISTEN {
        return None;
    }
    let inode = fields.nth(5)?.parse().ok()?;
    let (ip, port) = local.split_once(':')?;
    if !matches!(ip.len(), 8 | 32) {
        return None;
    }
    let words: Vec<u32> = ip
        .as_bytes()
        .chunks(8)
        .map(|word| u32::from_str_radix(std::str::from_utf8(word).ok()?, 16).ok())
        .collect::<Option<_>>()?;
    // Each word is printed as the number this machine sees in the address's bytes.
    let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_ne_bytes()).collect();
    let ip = match bytes.len() {
        4 => Ipv4Addr::from(<[u8; 4]>::try_from(bytes).ok()?).into(),
        _ => Ipv6Addr::from(<[u8; 16]>::try_from(bytes).ok()?).into(),
    };
    let port = u16::from_str_radix(port, 16).ok()?;
    Some(Listener { ip, port, inode })
}

/// Asks addresses once each, and only where someone listens.
pub(super) struct Probes<'a> {
    ask: &'a dyn Fn(&str) -> Option<ProbeAnswer>,
    answers: RefCell<BTreeMap<String, Option<ProbeAnswer>>>,
    listening: Option<Vec<Listener>>,
}

impl<'a> Probes<'a> {
    pub fn new(listening: Option<Vec<Listener>>, ask: &'a dyn Fn(&str) -> Option<ProbeAnswer>) -> Self {
        Self {
            ask,
            answers: RefCell::default(),
            listening,
        }
    }

    /// Whether this host is known to listen at an address.
    pub fn listens(&self, address: &Address) -> bool {
        let known = self.listening.iter().flatten();
        known.into_iter().any(|socket| address.is_of(socket))
    }

    /// Who answers at an address that ought to be this host's. Only where something listens: no
    /// configuration sends a request elsewhere. Without a list of sockets its own devices are asked.
    pub fn answer_here(&self, address: &Address) -> Option<ProbeAnswer> {
        let ask = self.listens(address) || (self.listening.is_none() && address.url().contains("//127.0.0.1:"));
        ask.then(|| self.answer(address))?
    }

    /// Who answers at an address.
    pub fn answer(&self, address: &Address) -> Option<ProbeAnswer> {
        let url = address.url();
        if let Some(known) = self.answers.borrow().get(&url) {
            return known.clone();
        }
        let answer = (self.ask)(&url);
        self.answers.borrow_mut().insert(url, answer.clone());
        answer
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_become_places_to_ask() {
        let cases = [
            (":14002", Some("http://127.0.0.1:14002")),
            ("0.0.0.0:14002", Some("http://127.0.0.1:14002")),
            ("[::]:14003", Some("http://127.0.0.1:14003")),
            ("localhost:14002", Some("http://127.0.0.1:14002")),
            ("192.168.1.7:80", Some("http://192.168.1.7:80")),
            ("[::1]:14002", Some("http://[::1]:14002")),
            ("127.0.0.1:0", None),
            ("evil/?x@y:14002", None),
            ("14002", None),
            ("", None),
        ];
        for (text, url) in cases {
            assert_eq!(
                Address::parse(text).map(|address| address.url()).as_deref(),
                url,
                "{text}"
            );
        }
    }

    #[test]
    #[cfg(target_endian = "little")]
    fn listening_sockets_are_told_from_others() {
        let v4 =
            "   0: 0100007F:36B2 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1533 1 0 100";
        let seen = listener(v4).unwrap();
        assert_eq!(
            (seen.ip.to_string().as_str(), seen.port, seen.inode),
            ("127.0.0.1", 14002, 1533)
        );
        assert!(listener(&v4.replace(" 0A ", " 01 ")).is_none());
        let v6 = v4.replace("0100007F:", "00000000000000000000000001000000:");
        assert_eq!(listener(&v6).unwrap().ip.to_string(), "::1");
        for broken in [
            "",
            "  sl  local_address rem_address   st",
            "0: 01:02 0 0A 0 0 0 0 0 7",
            "0: é:36B2 0 0A 0 0 0 0 0 7",
        ] {
            assert!(listener(broken).is_none(), "{broken}");
        }
    }
}
