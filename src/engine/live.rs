//! What a node does right now: windows over the last minutes and day. Deterministic: the clock is
//! passed in, events count where their own time says, and a late event never moves a window back.

use std::net::IpAddr;

use crate::domain::batch::{Cell, FastMap, Kept, Series};
use crate::domain::piece::PieceId;
use crate::domain::transfer::Outcome;
use crate::support::ring::Ring;
use crate::support::top::{Entry, Top};

/// Seconds of the short window, and minutes of the long one.
pub const SECONDS: usize = 600;
/// See [`SECONDS`].
pub const MINUTES: usize = 1440;
/// Series a window keeps: actions × outcomes, and times satellites; damage must not make them many.
const MOST_SERIES: usize = 500;
/// Pieces and subnets the lists of the most frequent keep.
const MOST_PIECES: usize = 256;
const MOST_SUBNETS: usize = 512;
/// The lists are renewed this often (s), so that they tell of today.
const LISTS_LAST: i64 = 3600;

/// Number of an action and an outcome.
pub type Flow = (u32, Outcome);

/// A peer's network: /24 of IPv4, /48 of IPv6, the rest zero.
pub type Subnet = IpAddr;

/// One node's windows.
#[derive(Debug)]
pub struct Live {
    now: i64,
    seconds: FastMap<Flow, Ring<Cell>>,
    minutes: FastMap<Series, Ring<Cell>>,
    pieces: [Top<PieceId>; 2],
    subnets: [Top<Subnet>; 2],
    lists_begun: i64,
    open: FastMap<u32, u64>,
}

/// A window: the first second of its buckets, and the buckets of each flow, oldest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    /// First second of the oldest bucket.
    pub begin: i64,
    /// By action and outcome.
    pub flows: Vec<(Flow, Vec<Cell>)>,
}

/// What is most frequent since a time, approximately.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hot {
    /// Second since the epoch from which on it is counted.
    pub begin: i64,
    /// Most downloaded pieces.
    pub pieces: Vec<Entry<PieceId>>,
    /// Most frequent subnets.
    pub subnets: Vec<Entry<Subnet>>,
}

impl Live {
    /// Empty windows that end at the second `now`.
    pub fn new(now: i64) -> Self {
        Self {
            now,
            seconds: FastMap::default(),
            minutes: FastMap::default(),
            pieces: [Top::new(MOST_PIECES), Top::new(MOST_PIECES)],
            subnets: [Top::new(MOST_SUBNETS), Top::new(MOST_SUBNETS)],
            lists_begun: now,
            open: FastMap::default(),
        }
    }

    /// Time goes on; never back.
    pub fn tick(&mut self, now: i64) {
        self.now = self.now.max(now);
        let now = self.now;
        self.seconds.values_mut().for_each(|ring| ring.advance(now));
        self.minutes.values_mut().for_each(|ring| ring.advance(now));
        if now - self.lists_begun >= LISTS_LAST {
            self.lists_begun = now;
            self.pieces.swap(0, 1);
            self.subnets.swap(0, 1);
            self.pieces[0] = Top::new(MOST_PIECES);
            self.subnets[0] = Top::new(MOST_SUBNETS);
        }
    }

    /// A transfer ended.
    pub fn transfer(&mut self, kept: &Kept, series: Series) {
        let second = kept.time_ms.div_euclid(1000);
        let cell = Cell {
            count: 1,
            bytes: kept.size.unwrap_or(0),
        };
        self.add_minute(second, series, cell);
        if second <= self.now - SECONDS as i64 {
            return;
        }
        let flow = (kept.action, kept.outcome);
        if let Some(bucket) = window(&mut self.seconds, flow, SECONDS, 1, self.now).and_then(|ring| ring.at(second)) {
            bucket.add(cell);
        }
        if let (Some(piece), Some(_)) = (kept.piece, kept.offset) {
            self.pieces[0].add(piece, cell.bytes);
        }
        if let Some(address) = kept.address {
            self.subnets[0].add(subnet(address.ip()), cell.bytes);
        }
    }

    /// Counts into a minute: an event, or what the database kept of it before a restart.
    pub fn add_minute(&mut self, second: i64, series: Series, cell: Cell) {
        if second <= self.now - MINUTES as i64 * 60 {
            return;
        }
        if let Some(bucket) = window(&mut self.minutes, series, MINUTES, 60, self.now).and_then(|ring| ring.at(second))
        {
            bucket.add(cell);
        }
    }

    /// So many transfers of an action are open.
    pub fn set_open(&mut self, action: u32, count: u64) {
        self.open.insert(action, count);
    }

    /// The last [`SECONDS`], by the second.
    pub fn seconds(&self) -> Window {
        let flows = self.seconds.iter().map(|(flow, ring)| (*flow, ring.iter().collect()));
        Window {
            begin: self.now - SECONDS as i64 + 1,
            flows: sorted(flows.collect()),
        }
    }

    /// The last [`MINUTES`], by the minute.
    pub fn minutes(&self) -> Window {
        let mut flows: FastMap<Flow, Vec<Cell>> = FastMap::default();
        for (series, ring) in &self.minutes {
            let flow = (series.action, series.outcome);
            let sums = flows.entry(flow).or_insert_with(|| vec![Cell::default(); MINUTES]);
            sums.iter_mut().zip(ring.iter()).for_each(|(sum, cell)| sum.add(cell));
        }
        Window {
            begin: (self.now.div_euclid(60) - MINUTES as i64 + 1) * 60,
            flows: sorted(flows.into_iter().collect()),
        }
    }

    /// Transfers open now, by action; empty where starts are not logged.
    pub fn open(&self) -> Vec<(u32, u64)> {
        let mut open: Vec<(u32, u64)> = self.open.iter().map(|(action, count)| (*action, *count)).collect();
        open.sort_unstable();
        open
    }

    /// The most frequent of the last hour or two.
    pub fn hot(&self) -> Hot {
        // A list that was just begun says less than the one before.
        let young = self.now - self.lists_begun < LISTS_LAST / 6 && !self.pieces[1].most(1).is_empty();
        let list = usize::from(young);
        Hot {
            begin: self.lists_begun - if young { LISTS_LAST } else { 0 },
            pieces: self.pieces[list].most(MOST_PIECES),
            subnets: self.subnets[list].most(MOST_SUBNETS),
        }
    }
}

/// The ring of a series, made if it is new and there is room.
fn window<K: std::hash::Hash + Eq>(
    map: &mut FastMap<K, Ring<Cell>>,
    key: K,
    len: usize,
    width: i64,
    now: i64,
) -> Option<&mut Ring<Cell>> {
    if map.len() >= MOST_SERIES && !map.contains_key(&key) {
        return None;
    }
    Some(map.entry(key).or_insert_with(|| Ring::new(len, width, now)))
}

fn sorted(mut flows: Vec<(Flow, Vec<Cell>)>) -> Vec<(Flow, Vec<Cell>)> {
    flows.sort_by_key(|(flow, _)| *flow);
    flows
}

fn subnet(ip: IpAddr) -> Subnet {
    match ip {
        IpAddr::V4(ip) => {
            let [a, b, c, _] = ip.octets();
            IpAddr::from([a, b, c, 0])
        }
        IpAddr::V6(ip) => {
            let [a, b, c, ..] = ip.segments();
            IpAddr::from([a, b, c, 0, 0, 0, 0, 0])
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::transfer::Cause;

    fn kept(second: i64, size: u64) -> (Kept, Series) {
        let series = Series {
            satellite: 0,
            action: 1,
            outcome: Outcome::Success,
            cause: Cause::None,
            size_class: Some(0),
        };
        let kept = Kept {
            time_ms: second * 1000,
            satellite: 0,
            action: 1,
            outcome: Outcome::Success,
            cause: Cause::None,
            size: Some(size),
            offset: Some(0),
            moved: None,
            piece: Some([7; 32]),
            address: Some(std::net::SocketAddr::from(([10, 1, 2, 3], 5))),
            duration: None,
            error: None,
            odd: None,
        };
        (kept, series)
    }

    fn total(window: &[Cell]) -> (u64, u64) {
        window
            .iter()
            .fold((0, 0), |sum, cell| (sum.0 + cell.count, sum.1 + cell.bytes))
    }

    #[test]
    fn events_count_where_their_own_time_says() {
        let mut live = Live::new(100_000);
        for (second, size) in [(100_000, 5), (99_990, 7), (99_000, 11), (1000, 13)] {
            let (kept, series) = kept(second, size);
            live.transfer(&kept, series);
        }
        let (seconds, hot) = (live.seconds(), live.hot());
        assert_eq!(total(&seconds.flows[0].1), (2, 12));
        assert_eq!(total(&live.minutes().flows[0].1), (3, 23));
        assert_eq!(seconds.flows[0].1[SECONDS - 1].bytes, 5);
        assert_eq!(seconds.begin + SECONDS as i64 - 1, 100_000);
        assert_eq!(hot.subnets[0].key, IpAddr::from([10, 1, 2, 0]));
        assert_eq!((hot.pieces[0].count, hot.pieces[0].bytes), (2, 12));
        live.tick(100_300);
        live.tick(50);
        let seconds = live.seconds();
        assert_eq!((seconds.begin, total(&seconds.flows[0].1)), (99_701, (2, 12)));
        live.tick(100_600);
        assert_eq!(total(&live.seconds().flows[0].1), (0, 0));
    }
}
