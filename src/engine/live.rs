//! What a node does right now: windows over the last minutes and day. Deterministic: the clock is
//! passed in, events count where their own time says, and a late event never moves a window back.

use std::net::IpAddr;

use super::flight::Flight;
use crate::domain::batch::{Cell, FastMap, Kept};
use crate::domain::piece::PieceId;
use crate::domain::transfer::{Outcome, comes_in};
use crate::support::ring::Ring;
use crate::support::top::{Entry, Top};

/// Seconds of the short window, and minutes of the long one.
pub const SECONDS: usize = 600;
/// See [`SECONDS`].
pub const MINUTES: usize = 1440;
/// Flows a window keeps: actions × outcomes; damage must not make them many.
const MOST_FLOWS: usize = 200;
/// Pieces, and subnets of each direction, that the lists of the most frequent keep.
const MOST_PIECES: usize = 256;
const MOST_SUBNETS: usize = 256;
/// The lists are renewed this often (s), so that they tell of today.
const LISTS_LAST: i64 = 3600;

/// Number of an action and an outcome.
pub type Flow = (u32, Outcome);

/// A peer's network: /24 of IPv4, /48 of IPv6, the rest zero.
pub type Subnet = IpAddr;

/// Which way the bytes go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Direction {
    /// To the node: uploads and repairs of pieces.
    In,
    /// From the node: downloads, audits, repairs of other nodes' pieces.
    Out,
}

impl Direction {
    /// Of an action, by the node's word for it.
    pub fn of(action: &str) -> Self {
        if comes_in(action) { Self::In } else { Self::Out }
    }
}

/// What is known of a piece that is read often.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Read {
    /// Bytes asked for.
    pub bytes: u64,
    /// Number of the satellite of the last read.
    pub satellite: u32,
    /// How far reads reached into the piece: it is at least so large.
    pub end: u64,
}

/// What was exchanged with peers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Exchange {
    /// All, with the bytes that were to be moved.
    pub all: Cell,
    /// Those that succeeded.
    pub won: Cell,
    /// Those that were canceled.
    pub lost: u64,
}

impl Exchange {
    fn add(&mut self, outcome: Outcome, bytes: u64) {
        let cell = Cell { count: 1, bytes };
        self.all.add(cell);
        match outcome {
            Outcome::Success => self.won.add(cell),
            Outcome::Canceled => self.lost += 1,
            Outcome::Failed | Outcome::Rejected => {}
        }
    }
}

/// The lists of the most frequent, and since when they are kept.
#[derive(Debug)]
struct Lists {
    begun: i64,
    pieces: Top<PieceId, Read>,
    subnets: [Top<Subnet, Exchange>; 2],
    /// All peers, those in no list included.
    totals: [Exchange; 2],
}

impl Lists {
    fn new(begun: i64) -> Self {
        Self {
            begun,
            pieces: Top::new(MOST_PIECES),
            subnets: [Top::new(MOST_SUBNETS), Top::new(MOST_SUBNETS)],
            totals: Default::default(),
        }
    }

    fn add(&mut self, kept: &Kept, direction: Direction) {
        let bytes = kept.size.unwrap_or(0);
        if let (Some(piece), Some(offset)) = (kept.piece, kept.offset) {
            self.pieces.add(piece, |read| {
                read.bytes = read.bytes.saturating_add(bytes);
                read.satellite = kept.satellite;
                read.end = read.end.max(offset.saturating_add(bytes));
            });
        }
        if let Some(address) = kept.address {
            let subnet = subnet(address.ip());
            self.subnets[direction as usize].add(subnet, |exchange| exchange.add(kept.outcome, bytes));
            self.totals[direction as usize].add(kept.outcome, bytes);
        }
    }
}

/// One node's windows.
#[derive(Debug)]
pub struct Live {
    now: i64,
    /// Since when the seconds are counted.
    begun: i64,
    seconds: FastMap<Flow, Ring<Cell>>,
    minutes: FastMap<Flow, Ring<Cell>>,
    /// Of this hour, and of the one before.
    lists: [Lists; 2],
    open: FastMap<u32, u64>,
    /// Transfers in flight.
    pub flight: Flight,
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
    pub pieces: Vec<Entry<PieceId, Read>>,
    /// By [`Direction`]: most frequent subnets.
    pub subnets: [Vec<Entry<Subnet, Exchange>>; 2],
    /// By [`Direction`]: with all peers.
    pub totals: [Exchange; 2],
}

impl Live {
    /// Empty windows that end at the second `now`.
    pub fn new(now: i64) -> Self {
        Self {
            now,
            begun: now,
            seconds: FastMap::default(),
            minutes: FastMap::default(),
            lists: [Lists::new(now), Lists::new(now - LISTS_LAST)],
            open: FastMap::default(),
            flight: Flight::new(now),
        }
    }

    /// Time goes on; never back.
    pub fn tick(&mut self, now: i64) {
        self.now = self.now.max(now);
        let now = self.now;
        self.seconds.values_mut().for_each(|ring| ring.advance(now));
        self.minutes.values_mut().for_each(|ring| ring.advance(now));
        self.flight.tick(now);
        if now - self.lists[0].begun >= LISTS_LAST {
            self.lists.swap(0, 1);
            self.lists[0] = Lists::new(now);
        }
    }

    /// A transfer ended.
    pub fn transfer(&mut self, kept: &Kept, direction: Direction) {
        let second = kept.time_ms.div_euclid(1000);
        let cell = Cell {
            count: 1,
            bytes: kept.size.unwrap_or(0),
        };
        let flow = (kept.action, kept.outcome);
        self.add_minute(second, flow, cell);
        let begun = kept.duration.map(|(ms, _)| kept.time_ms - i64::from(ms));
        self.flight.ended(kept.action, direction, begun, kept.time_ms);
        if second <= self.now - SECONDS as i64 {
            return;
        }
        if let Some(bucket) = window(&mut self.seconds, flow, SECONDS, 1, self.now).and_then(|ring| ring.at(second)) {
            bucket.add(cell);
        }
        self.lists[0].add(kept, direction);
    }

    /// Counts into a minute: an event, or what the database kept of it before a restart.
    pub fn add_minute(&mut self, second: i64, flow: Flow, cell: Cell) {
        if second <= self.now - MINUTES as i64 * 60 {
            return;
        }
        if let Some(bucket) = window(&mut self.minutes, flow, MINUTES, 60, self.now).and_then(|ring| ring.at(second)) {
            bucket.add(cell);
        }
    }

    /// So many transfers of an action are open.
    pub fn set_open(&mut self, action: u32, count: u64) {
        self.open.insert(action, count);
    }

    /// First seconds of the windows by the second and by the minute.
    pub fn begins(&self) -> (i64, i64) {
        let minute = self.now.div_euclid(60) - MINUTES as i64 + 1;
        (self.now - SECONDS as i64 + 1, minute * 60)
    }

    /// How many of the seconds are of before anything was counted: nobody knows what was then.
    pub fn unknown_seconds(&self) -> usize {
        usize::try_from(self.begun - self.begins().0).unwrap_or(0)
    }

    /// The last [`SECONDS`], by the second.
    pub fn seconds(&self) -> Window {
        let flows = self.seconds.iter().map(|(flow, ring)| (*flow, ring.iter().collect()));
        Window {
            begin: self.begins().0,
            flows: sorted(flows.collect()),
        }
    }

    /// The last [`MINUTES`], by the minute.
    pub fn minutes(&self) -> Window {
        let flows = self.minutes.iter().map(|(flow, ring)| (*flow, ring.iter().collect()));
        Window {
            begin: self.begins().1,
            flows: sorted(flows.collect()),
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
        let young = self.now - self.lists[0].begun < LISTS_LAST / 6;
        let before = young && self.lists[1].totals.iter().any(|total| total.all.count > 0);
        let lists = &self.lists[usize::from(before)];
        Hot {
            begin: lists.begun,
            pieces: lists.pieces.most(MOST_PIECES),
            subnets: [0, 1].map(|direction| lists.subnets[direction].most(2 * MOST_SUBNETS)),
            totals: lists.totals,
        }
    }
}

/// The ring of a flow, made if it is new and there is room.
fn window<K: std::hash::Hash + Eq>(
    map: &mut FastMap<K, Ring<Cell>>,
    key: K,
    len: usize,
    width: i64,
    now: i64,
) -> Option<&mut Ring<Cell>> {
    if map.len() >= MOST_FLOWS && !map.contains_key(&key) {
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

    fn kept(second: i64, size: u64) -> Kept {
        Kept {
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
        }
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
            live.transfer(&kept(second, size), Direction::Out);
        }
        let (seconds, hot) = (live.seconds(), live.hot());
        assert_eq!(total(&seconds.flows[0].1), (2, 12));
        assert_eq!(total(&live.minutes().flows[0].1), (3, 23));
        assert_eq!(seconds.flows[0].1[SECONDS - 1].bytes, 5);
        assert_eq!(seconds.begin + SECONDS as i64 - 1, 100_000);
        let peers = &hot.subnets[Direction::Out as usize];
        assert_eq!((peers.len(), peers[0].key), (1, IpAddr::from([10, 1, 2, 0])));
        assert_eq!(peers[0].value, hot.totals[Direction::Out as usize]);
        assert_eq!((peers[0].value.won.count, peers[0].value.all.bytes), (2, 12));
        assert!(hot.subnets[Direction::In as usize].is_empty());
        assert_eq!(
            (hot.pieces[0].count, hot.pieces[0].value.bytes, hot.pieces[0].value.end),
            (2, 12, 7)
        );
        live.tick(100_300);
        live.tick(50);
        let seconds = live.seconds();
        assert_eq!((seconds.begin, total(&seconds.flows[0].1)), (99_701, (2, 12)));
        live.tick(100_600);
        assert_eq!(total(&live.seconds().flows[0].1), (0, 0));
    }

    #[test]
    fn a_list_that_was_just_begun_gives_way_to_the_one_before() {
        let mut live = Live::new(100_000);
        live.transfer(&kept(100_000, 5), Direction::In);
        live.tick(103_600);
        live.transfer(&kept(103_600, 7), Direction::Out);
        assert_eq!((live.hot().begin, live.hot().totals[0].all.count), (100_000, 1));
        live.tick(104_300);
        assert_eq!((live.hot().begin, live.hot().totals[1].all.bytes), (103_600, 7));
    }
}
