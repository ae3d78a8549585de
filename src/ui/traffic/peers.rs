//! Hot pieces, and who uploads and downloads: by subnet, by country where a GeoIP file tells. Approximately, of the
//! last hour or two: live lists of each node, put together.

use std::collections::BTreeMap;

use crate::api::snapshot::{Geo, Hot, HotPiece, Peer, Peers};
use crate::ui::look::Tone;
use crate::ui::number::{Percent, Scale, size};
use crate::ui::shared::Shared;
use crate::ui::table::{Cell, Column, Row, Table};

/// What the nodes told, and since when (seconds since the epoch).
pub(super) struct Told<'a> {
    pub(super) hot: Vec<(&'a str, &'a Hot)>,
}

impl<'a> Told<'a> {
    pub(super) fn of(shared: &'a Shared) -> Self {
        let wanted = |name: &str| shared.node.as_deref().is_none_or(|node| node == name);
        let nodes = shared.shown().nodes.iter();
        let hot = nodes.filter(|(name, _)| wanted(name)).filter_map(|(name, view)| {
            let hot = view.hot.as_ref()?;
            Some((name.as_str(), &*hot.value))
        });
        Self { hot: hot.collect() }
    }

    pub(super) fn since(&self) -> Option<i64> {
        self.hot.iter().map(|(_, hot)| hot.begin).min()
    }

    /// Whether countries are known; what is wrong with the file, if something is.
    pub(super) fn geo(&self) -> Geo {
        let all = || self.hot.iter().map(|(_, hot)| &hot.geo);
        let broken = all().find(|geo| matches!(geo, Geo::Broken(_)));
        broken.or_else(|| all().next()).cloned().unwrap_or_default()
    }
}

/// One peer with both ways.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Both {
    pub(super) country: Option<String>,
    pub(super) uploads: Peer,
    pub(super) downloads: Peer,
}

impl Both {
    pub(super) fn bytes(&self) -> u64 {
        self.uploads.bytes.saturating_add(self.downloads.bytes)
    }
}

fn add(sum: &mut Peer, peer: &Peer) {
    sum.count += peer.count;
    sum.error += peer.error;
    sum.bytes = sum.bytes.saturating_add(peer.bytes);
    sum.won += peer.won;
    sum.lost += peer.lost;
}

fn both<'a>(told: &'a Told<'_>, list: impl Fn(&'a Peers) -> &'a [Peer]) -> BTreeMap<String, Both> {
    let mut all: BTreeMap<String, Both> = BTreeMap::new();
    for (_, hot) in &told.hot {
        for peer in list(&hot.uploads) {
            let both = all.entry(peer.name.clone()).or_default();
            both.country = both.country.take().or_else(|| peer.country.clone());
            add(&mut both.uploads, peer);
        }
        for peer in list(&hot.downloads) {
            let both = all.entry(peer.name.clone()).or_default();
            both.country = both.country.take().or_else(|| peer.country.clone());
            add(&mut both.downloads, peer);
        }
    }
    all
}

/// Countries and what went there and came from there.
pub(super) fn by_country(told: &Told<'_>) -> BTreeMap<String, Both> {
    both(told, |peers| &peers.countries)
}

fn totals(told: &Told<'_>) -> Both {
    let mut sum = Both::default();
    for (_, hot) in &told.hot {
        add(&mut sum.uploads, &hot.uploads.total);
        add(&mut sum.downloads, &hot.downloads.total);
    }
    sum
}

fn won(peer: &Peer) -> Cell {
    let sure = peer.count.saturating_sub(peer.error);
    match sure {
        0 => Cell::absent(),
        sure => Cell::number(
            Percent::new(1, &[]).share(peer.won.min(sure), sure),
            peer.won as f64 / sure as f64,
        ),
    }
}

fn columns(id: &'static str, title: &'static str, scale: &Scale, geo: bool) -> Vec<Column> {
    let country = Column::text("country", "COUNTRY").short("CC").bounds(2, 14).priority(5);
    vec![
        Column::text(id, title).bounds(7, 22),
        if geo { country } else { country.hidden() },
        Column::number("in", "IN").unit(scale.unit()),
        Column::number("up", "WON").unit("%").priority(3),
        Column::number("out", "OUT").unit(scale.unit()),
        Column::number("down", "WON").unit("%").priority(4),
        Column::number("count", "TRANSFERS").short("OPS").priority(2),
        Column::number("share", "SHARE").unit("%").priority(1),
    ]
}

fn cells(name: String, both: &Both, scale: &Scale, counts: &Scale, total: u64) -> Vec<Cell> {
    let count = both.uploads.count + both.downloads.count;
    let about = if both.uploads.error + both.downloads.error > 0 {
        "≈"
    } else {
        ""
    };
    vec![
        Cell::text(name),
        match &both.country {
            Some(code) => Cell::text(super::world::name(code).map_or_else(|| code.clone(), str::to_owned)),
            None => Cell::unknown(),
        },
        Cell::number(scale.text(both.uploads.bytes), both.uploads.bytes as f64),
        won(&both.uploads),
        Cell::number(scale.text(both.downloads.bytes), both.downloads.bytes as f64),
        won(&both.downloads),
        Cell::number(format!("{about}{}", counts.text(count)), count as f64),
        Cell::number(
            Percent::new(1, &[]).share(both.bytes().min(total), total),
            both.bytes() as f64,
        ),
    ]
}

/// The table of subnets, or of countries.
pub(super) fn table(told: &Told<'_>, countries: bool) -> Table {
    let all = match countries {
        true => by_country(told),
        false => both(told, |peers| &peers.subnets),
    };
    let total = totals(told);
    let scale = Scale::of(all.values().flat_map(|both| [both.uploads.bytes, both.downloads.bytes]));
    let counts = Scale::counts(all.values().map(|both| both.uploads.count + both.downloads.count));
    let mut order: Vec<(&String, &Both)> = all.iter().collect();
    order.sort_by_key(|(_, both)| std::cmp::Reverse(both.bytes()));
    let geo = told.geo() == Geo::On;
    let columns = match countries {
        true => columns("code", "COUNTRY", &scale, false),
        false => columns("peer", "SUBNET", &scale, geo),
    };
    let rows = order.into_iter().map(|(name, both)| {
        let shown = match countries {
            true => super::world::name(name).map_or_else(|| name.clone(), str::to_owned),
            false => name.clone(),
        };
        Row::new(name.as_str(), cells(shown, both, &scale, &counts, total.bytes()))
    });
    let empty = match (countries, told.hot.is_empty(), told.geo()) {
        (_, true, _) => "nothing was told yet".to_owned(),
        (true, _, Geo::Off) => {
            "no GeoIP file: name one in the configuration, [geoip] file = \"GeoLite2-Country.mmdb\"".to_owned()
        }
        (true, _, Geo::Broken(why)) => why,
        (true, ..) if total.bytes() > 0 => "the GeoIP file knows none of these addresses".to_owned(),
        _ => "no transfer since then".to_owned(),
    };
    Table::new(columns, rows.collect()).empty(empty).one_line().quiet()
}

/// The most read pieces of all nodes.
pub(super) fn pieces(told: &Told<'_>, shared: &Shared) -> Table {
    let wanted = |piece: &HotPiece| shared.satellite.as_ref().is_none_or(|id| *id == piece.satellite_id);
    let pieces = told
        .hot
        .iter()
        .flat_map(|(node, hot)| hot.pieces.iter().map(move |piece| (*node, piece)));
    let sure = |piece: &HotPiece| piece.count.saturating_sub(piece.error);
    let mut pieces: Vec<(&str, &HotPiece)> = pieces.filter(|(_, piece)| wanted(piece) && sure(piece) > 1).collect();
    pieces.sort_by(|(a_node, a), (b_node, b)| {
        let key = |piece: &HotPiece| (std::cmp::Reverse(sure(piece)), std::cmp::Reverse(piece.bytes));
        (key(a), &a.piece, a_node).cmp(&(key(b), &b.piece, b_node))
    });
    pieces.truncate(MOST_PIECES);
    let counts = Scale::counts(pieces.iter().map(|(_, piece)| piece.count));
    let scale = Scale::of(pieces.iter().map(|(_, piece)| piece.bytes));
    let columns = vec![
        Column::number("reads", "READS"),
        Column::number("bytes", "OUT").unit(scale.unit()).priority(1),
        Column::text("satellite", "SATELLITE")
            .short("SAT")
            .bounds(3, 10)
            .priority(3),
        Column::text("node", "NODE").bounds(4, 14).priority(4),
        Column::text("piece", "PIECE").flexible(10),
        Column::number("size", "SIZE").priority(2),
    ];
    let row = |(node, piece): &(&str, &HotPiece)| {
        let about = if piece.error > 0 { "≈" } else { "" };
        let cells = vec![
            Cell::number(format!("{about}{}", counts.text(piece.count)), piece.count as f64),
            Cell::number(scale.text(piece.bytes), piece.bytes as f64),
            match piece.satellite_id.as_str() {
                "" => Cell::unknown(),
                id => Cell::text(shared.satellite_name(id)).of(id),
            },
            Cell::text((*node).to_owned()),
            Cell::text(piece.piece.clone()),
            Cell::number(format!("≥ {}", size(piece.size)), piece.size as f64).tone(Tone::Muted),
        ];
        Row::new(format!("{}\t{node}", piece.piece), cells)
    };
    Table::new(columns, pieces.iter().map(row).collect())
        .empty("no piece was read twice since then")
        .one_line()
        .quiet()
}

/// So many are listed.
const MOST_PIECES: usize = 100;
