//! Storage nodes on this host: which there are, by what evidence, and what it takes to watch each.
//! Read only, and bounded in time and memory. Called by `cli`.

mod before;
mod case;
mod docker;
mod host;
mod log_place;
mod mounts;
mod name;
mod net;
pub mod node_config;
mod places;
mod process;
mod settings;
mod sighting;
#[cfg(all(test, unix))]
mod tests;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

pub use docker::{Docker, DockerCommand};
pub use host::Host;
pub use settings::Settings;

use case::{Around, Case};
use net::{Address, Probes};
use sighting::Group;

/// The ports nodes of one host are usually given for their APIs.
const PORTS: std::ops::RangeInclusive<u16> = 14002..=14030;

/// What a node's API says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProbeAnswer {
    /// Its id.
    pub node_id: Option<String>,
    /// Its version, without `v`.
    pub version: Option<String>,
}

/// A node's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogFound {
    /// The source as it is written on the command line: a path, `docker:CONTAINER`, `journald:UNIT`.
    pub spec: String,
    /// Whether it can be read now, and if not why, as part of a sentence.
    pub readable: Result<(), String>,
    /// Whether it is a plain file, which can be followed.
    pub followable: bool,
}

/// Who tells of nodes beside their APIs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// `docker`.
    Docker,
    /// What runs.
    Processes,
    /// Units and configurations of nodes.
    Files,
}

/// What was seen at once.
#[derive(Debug)]
pub struct Look {
    /// All nodes that could be found.
    pub nodes: Vec<Found>,
    /// Who did not answer: their nodes may be there all the same.
    pub silent: Vec<Source>,
}

/// A node that was found. What is `None` is not known. Its texts come from foreign files: they may
/// not go to a terminal as they are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// A name for it that fits a node's and that no other has.
    pub name: String,
    /// By what it was found, in words, the best first.
    pub evidence: Vec<String>,
    /// Its id, if its API answered.
    pub node_id: Option<String>,
    /// Its version, if its API answered.
    pub version: Option<String>,
    /// The folder of its `config.yaml` on this host.
    pub config_dir: Option<PathBuf>,
    /// Its log.
    pub log: Option<LogFound>,
    /// `log.level`.
    pub log_level: Option<String>,
    /// `log.encoding`.
    pub log_encoding: Option<String>,
    /// `log.custom-level`, if it is set.
    pub custom_level: Option<String>,
    /// Base address of its API: one that answered, else where it should be.
    pub api: Option<String>,
    /// Its data folder on this host.
    pub data: Option<PathBuf>,
    /// Address of its metrics.
    pub metrics: Option<String>,
    /// Allocated space in bytes, as configured.
    pub allocated: Option<u64>,
    /// Whether it runs.
    pub running: Option<bool>,
    /// Who told of it; empty: its API alone.
    pub sources: Vec<Source>,
    /// What hinders, and what to do about it.
    pub notes: Vec<String>,
}

/// All nodes that can be found. `probe` asks the API at a base address who it is; it is called only
/// where something may listen, and must not take long. What cannot be read is left out, with a note.
pub fn discover(host: &Host, probe: &dyn Fn(&str) -> Option<ProbeAnswer>) -> Look {
    let homes = places::Homes::of(host);
    // Docker takes as long as all the rest together.
    let (containers, processes) = std::thread::scope(|scope| {
        let docker = scope.spawn(|| docker::containers(&host.docker.inspect_all()?));
        let processes = process::processes(host, &homes);
        let containers = docker.join().unwrap_or_else(|_| Err("it failed".to_owned()));
        (containers, processes)
    });
    let (containers, docker) = match containers {
        Ok(containers) => (containers, None),
        Err(error) => (Vec::new(), Some(format!("docker: {error}"))),
    };
    let mut silent = Vec::new();
    silent.extend(docker.is_some().then_some(Source::Docker));
    silent.extend(processes.is_none().then_some(Source::Processes));
    let all_seen = processes.as_deref().is_some_and(|processes| sees_all(host, processes));
    let mut sightings = processes.unwrap_or_default();
    sightings.extend(containers);
    sightings.extend(homes.units(host));
    sightings.extend(homes.configs(host));

    let probes = Probes::new(net::listeners(host, Path::new("/proc/net")), probe);
    let around = Around {
        host,
        probes: &probes,
        docker,
        all_seen,
    };
    let mut nodes = resolve(&around, sighting::groups(host, sightings));
    ask_ports(&around, &mut nodes);
    let nodes = named(nodes);
    Look { nodes, silent }
}

/// Whether every running node shows, and with its configuration: not from inside a container, nor
/// where the processes of others are hidden.
fn sees_all(host: &Host, processes: &[sighting::Sighting]) -> bool {
    let contained = ["/.dockerenv", "/run/.containerenv"]
        .iter()
        .any(|mark| host.is_file(Path::new(mark)));
    let open = host.read(Path::new("/proc/1/cmdline"), 1 << 20).is_ok();
    open && !contained && processes.iter().all(|seen| seen.config_dir().is_some())
}

/// A node on its way: its evidence, and what was made of it.
struct Node {
    group: Group,
    found: Found,
}

/// What each group of evidence says. Those that run come first, so that one that rests cannot take
/// their addresses.
fn resolve(around: &Around, mut groups: Vec<Group>) -> Vec<Node> {
    groups.sort_by_cached_key(|group| {
        let name = group.docker().map(|docker| docker.name.clone());
        (group.running() != Some(true), group.config_dir(), name)
    });
    let mut nodes: Vec<Node> = Vec::new();
    let mut taken = BTreeSet::new();
    for group in groups {
        let case = Case::new(around, &group);
        let expected = case.expected_api();
        let same = |node: &&mut Node| node.found.config_dir.is_none() && node.found.api == expected;
        // A running node whose folder is not known, and a folder that names its address.
        if group.running().is_none()
            && expected.is_some()
            && let Some(node) = nodes.iter_mut().find(same)
        {
            node.group.absorb(group);
            taken.remove(expected.as_deref().unwrap_or_default());
            node.found = Case::new(around, &node.group).found(&taken);
            taken.extend(node.found.api.clone());
            continue;
        }
        let mut found = case.found(&taken);
        if let Some(url) = expected.filter(|url| taken.contains(url)) {
            found
                .notes
                .push(format!("its API would be at {url}, where another node is"));
        }
        taken.extend(found.api.clone().filter(|_| found.running == Some(true)));
        nodes.push(Node { group, found });
    }
    nodes
}

/// Asks the usual ports that no node found so far answers at.
fn ask_ports(around: &Around, nodes: &mut Vec<Node>) {
    let mut strangers = Vec::new();
    let addresses = PORTS.filter_map(|port| Address::new("127.0.0.1", port));
    for address in addresses.filter(|address| around.probes.listens(address)) {
        let url = address.url();
        let mine = |node: &Node| node.found.node_id.is_some() && node.found.api.as_ref() == Some(&url);
        if nodes.iter().any(mine) {
            continue;
        }
        let Some(answer) = around.probes.answer(&address) else {
            continue;
        };
        let known = |node: &&mut Node| node.found.node_id.is_some() && node.found.node_id == answer.node_id;
        match nodes.iter_mut().find(known) {
            Some(node) => node.found.evidence.push(format!("its API answers at {url} too")),
            None => strangers.push((url, answer)),
        }
    }
    // One node in a container that nobody tells more of, and one API that is nobody's: they are one.
    let mute = |node: &&mut Node| {
        let found = &node.found;
        let runs = found.running == Some(true) && found.api.is_none();
        runs && node.group.contained() && node.group.docker().is_none()
    };
    let mut mutes: Vec<&mut Node> = nodes.iter_mut().filter(mute).collect();
    if let ([node], [(url, answer)]) = (&mut mutes[..], &strangers[..]) {
        node.found.answered(url, answer);
        return;
    }
    for (url, answer) in strangers {
        add_stranger(nodes, &url, &answer);
    }
}

/// Adds a node of which only its API is known. One that rests has its address no more.
fn add_stranger(nodes: &mut Vec<Node>, url: &str, answer: &ProbeAnswer) {
    for node in nodes.iter_mut().filter(|node| node.found.api.as_deref() == Some(url)) {
        node.found.loses_api(url);
    }
    let mut found = Found {
        running: Some(true),
        notes: vec![
            "nothing but its API was found: it may run in a container or as another user; run as root, or give its log"
                .to_owned(),
        ],
        ..Found::default()
    };
    found.answered(url, answer);
    let group = Group::default();
    nodes.push(Node { group, found });
}

impl Found {
    fn loses_api(&mut self, url: &str) {
        self.api = None;
        self.notes
            .push(format!("its API would be at {url}, where another node is"));
    }

    fn answered(&mut self, url: &str, answer: &ProbeAnswer) {
        self.evidence.push(format!("its API answers at {url}"));
        self.api = Some(url.to_owned());
        self.node_id.clone_from(&answer.node_id);
        self.version.clone_from(&answer.version);
    }
}

/// In an order that stays from run to run, each with a name of its own.
fn named(mut nodes: Vec<Node>) -> Vec<Found> {
    nodes.sort_by_cached_key(|node| {
        let found = &node.found;
        let nameless = found.config_dir.is_none();
        (
            nameless,
            found.config_dir.clone(),
            found.api.clone(),
            name::of(&node.group),
        )
    });
    let mut taken = BTreeSet::new();
    nodes
        .into_iter()
        .map(|node| Found {
            name: name::unique(&name::of(&node.group), &mut taken),
            ..node.found
        })
        .collect()
}
