//! Hot pieces and peers in the form of the api: by subnet, and by country where a GeoIP file tells. Called when
//! viewers are told.

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::geo::GeoFile;
use crate::api::snapshot::{Hot, HotPiece, Peer, Peers};
use crate::domain::batch::Vocabulary;
use crate::domain::piece;
use crate::engine::live::{self, Direction, Exchange, Read, Subnet};
use crate::support::top::Entry;

/// Of the most frequent so many are shown.
const SHOWN: usize = 100;

/// What is most frequent.
pub fn hot(hot: &live::Hot, vocabulary: &Vocabulary, geo: &GeoFile) -> Hot {
    let piece = |entry: &Entry<piece::PieceId, Read>| HotPiece {
        piece: piece::id_text(&entry.key),
        count: entry.count,
        error: entry.error,
        bytes: entry.value.bytes,
        satellite_id: vocabulary.satellites.name(entry.value.satellite).to_owned(),
        size: entry.value.end,
    };
    let peers = |way: Direction| peers(&hot.subnets[way as usize], hot.totals[way as usize], geo);
    Hot {
        begin: hot.begin,
        pieces: hot.pieces.iter().take(SHOWN).map(piece).collect(),
        uploads: peers(Direction::In),
        downloads: peers(Direction::Out),
        geo: geo.state(),
    }
}

fn peers(subnets: &[Entry<Subnet, Exchange>], total: Exchange, geo: &GeoFile) -> Peers {
    let mut countries: BTreeMap<String, Peer> = BTreeMap::new();
    let mut shown = Vec::new();
    for entry in subnets {
        let country = geo.country(entry.key);
        let peer = peer(name(entry.key), country.clone(), entry.value, entry.error);
        if let Some(code) = country {
            let sum = countries.entry(code.clone()).or_insert_with(|| Peer {
                name: code.clone(),
                country: Some(code),
                ..Peer::default()
            });
            add(sum, &peer);
        }
        if shown.len() < SHOWN {
            shown.push(Peer {
                count: entry.count,
                ..peer
            });
        }
    }
    let mut countries: Vec<Peer> = countries.into_values().collect();
    countries.sort_by(|a, b| b.bytes.cmp(&a.bytes).then_with(|| a.name.cmp(&b.name)));
    Peers {
        total: peer(String::new(), None, total, 0),
        subnets: shown,
        countries,
    }
}

/// With what is surely its own.
fn peer(name: String, country: Option<String>, exchange: Exchange, error: u64) -> Peer {
    Peer {
        name,
        country,
        count: exchange.all.count,
        error,
        bytes: exchange.all.bytes,
        won: exchange.won.count,
        lost: exchange.lost,
    }
}

/// What a country's subnets had before they were frequent is nobody's: no error is summed.
fn add(sum: &mut Peer, peer: &Peer) {
    sum.count += peer.count;
    sum.bytes = sum.bytes.saturating_add(peer.bytes);
    sum.won += peer.won;
    sum.lost += peer.lost;
}

fn name(subnet: Subnet) -> String {
    match subnet {
        IpAddr::V4(ip) => format!("{ip}/24"),
        IpAddr::V6(ip) => format!("{ip}/48"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::batch::Cell;

    fn entry(address: [u8; 4], count: u64, error: u64) -> Entry<Subnet, Exchange> {
        let sure = count - error;
        let bytes = sure * 100;
        Entry {
            key: address.into(),
            count,
            error,
            value: Exchange {
                all: Cell { count: sure, bytes },
                won: Cell { count: sure - 1, bytes },
                lost: 1,
            },
        }
    }

    #[test]
    fn countries_are_the_sums_of_their_subnets() {
        let mut geo = GeoFile::default();
        geo.take(Some(std::path::Path::new("tests/geo/country.mmdb")));
        let subnets = [
            entry([192, 0, 2, 0], 10, 0),
            entry([198, 51, 100, 0], 9, 2),
            entry([192, 0, 2, 128], 5, 0),
            entry([10, 0, 0, 0], 4, 0),
        ];
        let total = Exchange {
            all: Cell { count: 30, bytes: 3000 },
            ..Exchange::default()
        };
        let peers = peers(&subnets, total, &geo);
        let rows: Vec<(&str, u64, u64, u64)> = peers
            .countries
            .iter()
            .map(|peer| (peer.name.as_str(), peer.count, peer.bytes, peer.lost))
            .collect();
        assert_eq!(rows, [("DE", 15, 1500, 2), ("US", 7, 700, 1)]);
        assert_eq!((peers.total.count, peers.total.bytes), (30, 3000));
        assert_eq!(
            (peers.subnets[1].count, peers.subnets[1].error, peers.subnets[1].won),
            (9, 2, 6)
        );
        assert_eq!(peers.subnets[3].country, None);
    }
}
