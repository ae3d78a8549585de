//! One piece of evidence of a node, and which pieces are of the same node. Used by `discover`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::docker::Container;
use super::host::Host;
use super::mounts::Space;
use super::settings::Settings;

/// Kinds of evidence; the first knows best.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rank {
    Process,
    Container,
    Unit,
    #[default]
    Config,
}

/// Where an output of a node goes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) enum Stream {
    /// Nobody tells.
    #[default]
    Unknown,
    /// Into a file, named as the node sees it.
    File(PathBuf),
    /// Into a socket: under systemd, the journal.
    Journal,
    /// Nowhere.
    Nowhere,
    /// Into a pipe or to a terminal.
    Other,
}

/// One piece of evidence. Paths are as the node sees them; `space` says where they lie.
#[derive(Debug, Default)]
pub(super) struct Sighting {
    pub rank: Rank,
    /// In words.
    pub evidence: String,
    pub flags: Settings,
    pub env: Settings,
    /// The folder of `config.yaml`.
    pub inside: Option<PathBuf>,
    pub cwd: Option<PathBuf>,
    pub space: Space,
    pub pid: Option<u32>,
    pub unit: Option<String>,
    /// Id of its container; empty when it is in one whose id is not known.
    pub container: Option<String>,
    pub docker: Option<Container>,
    pub stdout: Stream,
    pub stderr: Stream,
    /// Ports of this host it listens on, those of the loopback device only.
    pub loopback_ports: Vec<u16>,
    /// Ports of this host it listens on, all of them.
    pub ports: Vec<u16>,
    /// Whether its ports are not the host's.
    pub own_network: bool,
    pub running: Option<bool>,
    pub notes: Vec<String>,
}

impl Sighting {
    /// The folder of `config.yaml` on the host.
    pub fn config_dir(&self) -> Option<PathBuf> {
        self.space.outside(self.inside.as_deref()?)
    }
}

/// All evidence of one node, what knows best first.
#[derive(Debug, Default)]
pub(super) struct Group {
    pub sightings: Vec<Sighting>,
}

impl Group {
    /// What tells how the node is set up now. While it runs, containers and units that do not run it
    /// tell of its past.
    pub fn live(&self) -> impl Iterator<Item = &Sighting> {
        let runs = self.running() == Some(true);
        let unit = self.sightings.iter().find(|seen| seen.pid.is_some());
        let unit = unit.and_then(|seen| seen.unit.as_ref());
        let is_live = move |seen: &&Sighting| {
            !runs || seen.running == Some(true) || (seen.unit.is_some() && seen.unit.as_ref() == unit)
        };
        self.sightings.iter().filter(is_live)
    }

    /// The first answer of what tells how it is set up now.
    pub fn first<'a, T>(&'a self, ask: impl FnMut(&'a Sighting) -> Option<T>) -> Option<T> {
        self.live().find_map(ask)
    }

    pub fn config_dir(&self) -> Option<PathBuf> {
        self.sightings.iter().find_map(Sighting::config_dir)
    }

    pub fn docker(&self) -> Option<&Container> {
        self.first(|seen| seen.docker.as_ref())
    }

    /// Whether it runs, by what is known without asking it.
    pub fn running(&self) -> Option<bool> {
        self.sightings.iter().filter_map(|seen| seen.running).max()
    }

    /// Whether it is in a container.
    pub fn contained(&self) -> bool {
        self.live().any(|seen| seen.container.is_some())
    }

    /// A path as the node writes it, on the host: in the first space that knows it. One in a
    /// container means nothing outside of it.
    pub fn outside(&self, path: &Path) -> Option<PathBuf> {
        let contained = self.contained();
        let knows = |seen: &Sighting| !contained || seen.container.is_some();
        self.first(|seen| knows(seen).then(|| seen.space.outside(path))?)
    }

    /// Takes in the evidence of another.
    pub fn absorb(&mut self, other: Self) {
        self.sightings.extend(other.sightings);
        self.sightings
            .sort_by_key(|seen| (seen.rank, seen.running != Some(true)));
    }
}

/// Which evidence is of the same node: by container, unit and folder of its configuration.
pub(super) fn groups(host: &Host, sightings: Vec<Sighting>) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let mut owner: BTreeMap<String, usize> = BTreeMap::new();
    let units: Vec<String> = sightings
        .iter()
        .filter(|seen| seen.rank == Rank::Unit)
        .filter_map(|seen| seen.unit.clone())
        .collect();
    for seen in sightings {
        let keys = keys(host, &seen, &units);
        let mut owners: Vec<usize> = keys.iter().filter_map(|key| owner.get(key).copied()).collect();
        owners.sort_unstable();
        owners.dedup();
        let mut group = Group { sightings: vec![seen] };
        // One piece may join what looked like two nodes; the places of the others stay theirs.
        for other in &owners {
            group.absorb(std::mem::take(&mut groups[*other]));
        }
        let at = owners.first().copied().unwrap_or_else(|| {
            groups.push(Group::default());
            groups.len() - 1
        });
        groups[at].absorb(group);
        for place in owner.values_mut().filter(|place| owners.contains(*place)) {
            *place = at;
        }
        owner.extend(keys.into_iter().map(|key| (key, at)));
    }
    groups.retain(|group| !group.sightings.is_empty());
    groups
}

fn keys(host: &Host, seen: &Sighting, units: &[String]) -> Vec<String> {
    let container = seen.container.as_ref().filter(|id| !id.is_empty());
    // A unit that is not a node's own (`cron.service`) may start several.
    let unit = seen.unit.as_ref().filter(|unit| units.contains(unit));
    let dir = seen.config_dir().map(|dir| host.canonical(&dir));
    let keys = [
        container.map(|id| format!("container {id}")),
        unit.map(|unit| format!("unit {unit}")),
        dir.map(|dir| format!("config {}", dir.display())),
    ];
    keys.into_iter().flatten().collect()
}
