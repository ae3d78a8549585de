//! What is to be seen right now, in sections: a viewer names those it draws and gets those that changed.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::status;
use crate::domain::batch::Cell;
use crate::domain::transfer::Outcome;

/// What a viewer draws.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Topic {
    /// [`NodeView::status`]
    Status,
    /// [`NodeView::seconds`]
    Seconds,
    /// [`NodeView::minutes`]
    Minutes,
    /// [`NodeView::open`]
    Open,
    /// [`NodeView::flight`]
    Flight,
    /// [`NodeView::running`]
    Running,
    /// [`NodeView::hot`]
    Hot,
}

/// A value and its generation: equal generations are equal values.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Section<T> {
    /// Grows whenever the value changes.
    pub generation: u64,
    /// The value.
    pub value: Arc<T>,
}

impl<T: PartialEq> Section<T> {
    /// Puts a value in, under a generation that no other has; an equal value keeps its own.
    pub fn set(section: &mut Option<Self>, value: T, generation: u64) {
        if section.as_ref().is_none_or(|section| *section.value != value) {
            let value = Arc::new(value);
            *section = Some(Self { generation, value });
        }
    }
}

/// A window over time by action and outcome.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Window {
    /// First second of the oldest bucket, since the epoch. What is older is not known.
    pub begin: i64,
    /// Width of a bucket, seconds.
    pub width: i64,
    /// The flows that have something in the window.
    pub flows: Vec<Flow>,
}

/// One flow of a window.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Flow {
    /// The node's word: foreign text.
    pub action: String,
    /// How the transfers ended.
    pub outcome: Outcome,
    /// Count and bytes of each bucket, oldest first.
    pub buckets: Vec<Cell>,
}

/// Transfers in flight over time, as far as the log tells of starts.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct InFlight {
    /// Second of the oldest of [`Levels::seconds`], since the epoch.
    pub seconds_begin: i64,
    /// First second of the oldest of [`Levels::minutes`].
    pub minutes_begin: i64,
    /// Uploads, downloads, and each action.
    pub levels: Vec<Levels>,
}

/// What is in flight.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// All whose bytes come to the node.
    Uploads,
    /// All whose bytes leave it.
    Downloads,
    /// One action, the node's word: foreign text.
    Action(String),
}

/// Transfers in flight of one part: mean of a bucket and mean of its busiest second, oldest first. `None`:
/// unknown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Levels {
    /// Of what.
    pub part: Part,
    /// The last ten minutes, by the second.
    pub seconds: Vec<Option<(f32, f32)>>,
    /// The last day, by the minute.
    pub minutes: Vec<Option<(f32, f32)>>,
}

/// Transfers of one action that run now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Running {
    /// How many.
    pub count: u64,
    /// When the oldest of them began, ms since the epoch.
    pub oldest_ms: i64,
}

/// What is most frequent, approximately: a count is never too low.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Hot {
    /// Second since the epoch from which on it is counted.
    pub begin: i64,
    /// Most downloaded pieces.
    pub pieces: Vec<HotPiece>,
    /// Those who upload.
    pub uploads: Peers,
    /// Those who download.
    pub downloads: Peers,
    /// Whether countries are known.
    pub geo: Geo,
}

/// A piece that is read often.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HotPiece {
    /// Its id.
    pub piece: String,
    /// How often at most.
    pub count: u64,
    /// By how much that may be too high.
    pub error: u64,
    /// Bytes that were asked for.
    pub bytes: u64,
    /// The satellite, by its id.
    pub satellite_id: String,
    /// It is at least so large: so far reads reached.
    pub size: u64,
}

/// Peers of one direction.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Peers {
    /// All there were, those in no list included; its name is empty.
    pub total: Peer,
    /// Most frequent subnets, `192.0.2.0/24`.
    pub subnets: Vec<Peer>,
    /// Countries of the subnets that are kept, by their two letters; empty without a GeoIP file.
    pub countries: Vec<Peer>,
}

/// What was exchanged with a subnet, a country.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Peer {
    /// Who.
    pub name: String,
    /// Two letters; unknown without a GeoIP file, or when it does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// How many transfers at most.
    pub count: u64,
    /// By how much that may be too high.
    pub error: u64,
    /// Bytes that were to be moved.
    pub bytes: u64,
    /// Transfers that succeeded.
    pub won: u64,
    /// Transfers that were canceled.
    pub lost: u64,
}

/// Where countries come from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Geo {
    /// No file is configured.
    #[default]
    Off,
    /// From the file that is configured.
    On,
    /// It cannot be read: why.
    Broken(String),
}

/// What is to be seen of a node. `None`: not asked for, or unchanged.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct NodeView {
    /// How it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<Section<status::Node>>,
    /// Its last ten minutes, by the second, as far back as they were counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<Section<Window>>,
    /// Its last day, by the minute.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minutes: Option<Section<Window>>,
    /// Transfers open now, by action; empty where starts are not logged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open: Option<Section<BTreeMap<String, u64>>>,
    /// Transfers in flight over time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flight: Option<Section<InFlight>>,
    /// What runs now, by action, and since when. Absent where starts are not logged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub running: Option<Section<BTreeMap<String, Running>>>,
    /// Hot pieces and peers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hot: Option<Section<Hot>>,
}

/// What changed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    /// When it was taken, ms since the epoch.
    pub time_ms: i64,
    /// By the node's name; nodes without a change are missing.
    pub nodes: BTreeMap<String, NodeView>,
    /// All nodes there are, when they changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub names: Option<Vec<String>>,
    /// Grows when what the configuration says of money was changed: answers that were given before are of another
    /// currency, or other costs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub terms: Option<u64>,
}

impl NodeView {
    /// Whether nothing is in it.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    fn merge(&mut self, newer: Self) {
        fn take<T>(older: &mut Option<T>, newer: Option<T>) {
            if newer.is_some() {
                *older = newer;
            }
        }
        take(&mut self.status, newer.status);
        take(&mut self.seconds, newer.seconds);
        take(&mut self.minutes, newer.minutes);
        take(&mut self.open, newer.open);
        take(&mut self.flight, newer.flight);
        take(&mut self.running, newer.running);
        take(&mut self.hot, newer.hot);
    }
}

impl Snapshot {
    /// Takes in what changed since: the newer of everything, and no more what is gone.
    pub fn merge(&mut self, newer: Self) {
        self.time_ms = newer.time_ms;
        for (name, view) in newer.nodes {
            self.nodes.entry(name).or_default().merge(view);
        }
        if let Some(names) = newer.names {
            self.nodes.retain(|name, _| names.contains(name));
            self.names = Some(names);
        }
        self.terms = newer.terms.or(self.terms);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view(generation: u64, open: u64) -> NodeView {
        let value = Arc::new(BTreeMap::from([("GET".to_owned(), open)]));
        NodeView {
            open: Some(Section { generation, value }),
            ..NodeView::default()
        }
    }

    #[test]
    fn the_newer_of_everything_stays_and_what_is_gone_goes() {
        let names = |names: &[&str]| Some(names.iter().map(|name| (*name).to_owned()).collect());
        let mut all = Snapshot {
            time_ms: 1,
            nodes: BTreeMap::from([("a".to_owned(), view(1, 5)), ("b".to_owned(), view(1, 6))]),
            names: names(&["a", "b"]),
            terms: Some(1),
        };
        all.merge(Snapshot {
            time_ms: 2,
            nodes: BTreeMap::from([("a".to_owned(), view(2, 7))]),
            names: None,
            terms: None,
        });
        assert_eq!(all.terms, Some(1));
        assert_eq!(
            (all.time_ms, &all.nodes["a"], &all.nodes["b"]),
            (2, &view(2, 7), &view(1, 6))
        );
        all.merge(Snapshot {
            time_ms: 3,
            nodes: BTreeMap::new(),
            names: names(&["a"]),
            terms: Some(2),
        });
        assert_eq!((all.nodes.len(), all.terms), (1, Some(2)));
        // What did not change does not go over the wire.
        let wire = serde_json::to_string(&all).unwrap();
        assert!(!wire.contains("minutes"), "{wire}");
        assert_eq!(serde_json::from_str::<Snapshot>(&wire).unwrap(), all);
    }
}
