//! Nodes of this host for commands that were told of none: found, and what would be taken of each.

use std::path::PathBuf;
use std::time::Duration;

use super::config::{self, Said};
use super::{Failure, Global};
use crate::config::load::Config;
use crate::config::node::{Field, Node};
use crate::config::problem::{Origin, Problem};
use crate::discover::{self, Found, Host, Look, ProbeAnswer};
use crate::node::client::{self, Client};
use crate::node::watch::{self, Target};

/// A node of this host answers at once, or it is frozen.
const PATIENCE: Duration = Duration::from_secs(2);

/// The variable that says where the host's files are, for a container that has them mounted.
const ROOT: &str = "ROOT";

/// What is on this host.
pub fn find() -> Result<Vec<Found>, Failure> {
    Ok(look()?.nodes)
}

fn look() -> Result<Look, Failure> {
    let client = Client::new(PATIENCE).map_err(|why| Failure::Tls { why })?;
    let mut host = Host::here();
    host.root = root();
    Ok(discover::discover(&host, &|address| probe(&client, address)))
}

/// Where the host's files are.
pub fn root() -> PathBuf {
    let named = std::env::var_os(format!("{}{ROOT}", crate::config::ENV)).filter(|root| !root.is_empty());
    named.map_or_else(|| Host::here().root, PathBuf::from)
}

fn probe(client: &Client, address: &str) -> Option<ProbeAnswer> {
    let base = client::base(address).ok()?;
    let node = String::new();
    let (_, poll) = watch::once(client, vec![Target { node, base }]).ok()?.pop()?;
    let process = poll.answer.ok()?.process;
    Some(ProbeAnswer {
        node_id: process.node_id,
        version: process.version,
    })
}

/// What is taken of a node that was found, and why not more.
pub fn taken(found: &Found) -> (Node, Vec<String>) {
    let mut node = Node::named(&found.name);
    let mut notes = found.notes.clone();
    let log = found
        .log
        .as_ref()
        .and_then(|log| match (&log.readable, log.followable) {
            (Ok(()), true) => Some(&log.spec),
            (Err(why), true) => {
                notes.push(format!("its log {} {why}", log.spec));
                None
            }
            (_, false) => {
                notes.push(format!(
                    "its log is {}, which is not built yet: let the node write a file (log.output), or pipe it into \
                 `ingest {} -`",
                    log.spec, found.name
                ));
                None
            }
        });
    let parts = [
        (Field::Log, log),
        (Field::Api, found.api.as_ref()),
        (Field::Metrics, found.metrics.as_ref()),
    ];
    for (field, text) in parts {
        if let Some(Err(why)) = text.map(|text| node.put(field, text)) {
            notes.push(why);
        }
    }
    node.data.clone_from(&found.data);
    (node, notes)
}

/// The configuration; where it says of no node where it is read from and no file was named, with the nodes of this host.
pub fn load(global: &Global, said: &Said) -> Result<Config, Failure> {
    Finder::new(global, said).load(true)
}

/// The configuration of a program that runs, time and again: the host is looked over when that is asked for, or was
/// never done.
pub struct Finder {
    global: Global,
    said: Said,
    /// The nodes of this host; `None`: they are to be looked for.
    found: Option<Vec<Found>>,
    /// Those of the last time, whether they are still asked for or not.
    before: Vec<Found>,
}

impl Finder {
    /// Of a program that was started so.
    pub fn new(global: &Global, said: &Said) -> Self {
        Self {
            global: global.clone(),
            said: said.clone(),
            found: None,
            before: Vec::new(),
        }
    }

    /// The configuration as it is now. `anew`: the host is looked over whether that was done before or not.
    pub fn load(&mut self, anew: bool) -> Result<Config, Failure> {
        let mut config = config::load(&self.global, &self.said)?;
        let priced = unread(&mut config);
        if !config.named && config.nodes.is_empty() {
            if anew || self.found.is_none() {
                self.before = look()?.beside(&self.before);
                self.found = Some(self.before.clone());
            }
            config.nodes = self.before.iter().map(|found| taken(found).0).collect();
        } else {
            self.found = None;
        }
        price(&mut config, priced);
        Ok(config)
    }
}

/// Takes out nodes of which is not said where they are read from: what they cost is said, or what they are grouped by.
pub fn unread(config: &mut Config) -> Vec<Node> {
    let nodes = std::mem::take(&mut config.nodes);
    let (unread, nodes) = nodes.into_iter().partition(|node| config.is_looked_for(node));
    config.nodes = nodes;
    unread
}

/// Says of the nodes there are what was said of them by name; what was said of others stays by itself.
pub fn price(config: &mut Config, unread: Vec<Node>) {
    for said in unread {
        match config.nodes.iter_mut().find(|node| node.name == said.name) {
            Some(node) => (node.cost, node.tags) = (said.cost, said.tags),
            None => config.unwatched.push(said),
        }
    }
}

/// Of what is said of nodes that are not watched.
pub fn doubts(config: &Config) -> Vec<Problem> {
    let names: Vec<&str> = config.nodes.iter().map(|node| node.name.as_str()).collect();
    let is_told = |key: &str, origin: &Origin| {
        let field = key.strip_prefix("node.").and_then(|key| key.rsplit_once('.'));
        let field = field.and_then(|(_, field)| Field::of(field));
        field.is_some_and(|field| field != Field::Tags && !field.is_cost()) && *origin != Origin::Default
    };
    let of_host = !config.named && !config.values.iter().any(|value| is_told(&value.key, &value.origin));
    let doubt = |node: &Node| {
        let own = format!("node.{}.", node.name);
        let said = config.values.iter().find(|value| {
            let is_own = value.key.strip_prefix(&own).is_some_and(|field| !field.contains('.'));
            is_own && value.origin != Origin::Default
        });
        let file = config.file.clone().map(|file| Origin::File(file, None));
        let origin = said
            .map(|value| value.origin.clone())
            .or(file)
            .unwrap_or(Origin::Default);
        let what = format!(
            "it is not said where the node `{}` is read from (log, api, data), ",
            node.name
        );
        let hint = "say that, or take it out";
        match names.len() {
            _ if !of_host => Problem::new(origin, what + "and other nodes are named: it is not watched", hint),
            0 => Problem::new(
                origin,
                what + "and no node was found on this host: it is not watched",
                hint,
            ),
            _ => {
                let hint = format!("{hint}, or name it as one of those that were: {}", names.join(", "));
                Problem::new(origin, what + "and none of this name was found on this host", hint)
            }
        }
    };
    config.unwatched.iter().map(doubt).collect()
}
