//! Nodes of this host for commands that were told of none: found, and what would be taken of each.

use std::path::PathBuf;
use std::time::Duration;

use super::config::{self, Said};
use super::{Failure, Global};
use crate::config::load::Config;
use crate::config::node::{Field, Node};
use crate::discover::{self, Found, Host, ProbeAnswer};
use crate::node::client::{self, Client};
use crate::node::watch::{self, Target};

/// A node of this host answers at once, or it is frozen.
const PATIENCE: Duration = Duration::from_secs(2);

/// The variable that says where the host's files are, for a container that has them mounted.
const ROOT: &str = "ROOT";

/// What is on this host.
pub fn find() -> Result<Vec<Found>, Failure> {
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
    let mut config = config::load(global, said)?;
    if !config.named && config.nodes.iter().all(|node| config.is_looked_for(node)) {
        let found = find()?;
        let priced = std::mem::take(&mut config.nodes);
        config.nodes = found.iter().map(|found| taken(found).0).collect();
        for node in &mut config.nodes {
            if let Some(priced) = priced.iter().find(|priced| priced.name == node.name) {
                node.cost = priced.cost;
                node.tags.clone_from(&priced.tags);
            }
        }
    }
    Ok(config)
}
