//! The database for commands that answer from it: what is new is in it before it is read.

use std::path::Path;
use std::time::Duration;

use super::{Failure, Global, collect};
use crate::api::message::Command;
use crate::store::{Error, Reader};

/// When a command reads logs and APIs itself, because nobody did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Once {
    /// Where nothing was collected yet.
    IfNothing,
    /// Where a node is named whole that was never seen.
    IfNamed,
    /// Never: it has no time for it.
    Never,
}

/// Opens the database. What a node named whole says is read once, if nobody follows it yet.
///
/// # Errors
/// When there is no database and none can be made.
pub fn open(global: &Global, once: Once) -> Result<Reader, Failure> {
    let data_dir = global.data_dir()?;
    // What was at another time nobody can read now.
    let once = if global.at.is_some() { Once::Never } else { once };
    let named: Vec<&str> = global.whole_nodes().map(|node| name(node)).collect();
    if global.at.is_none() {
        freshen(&data_dir);
    }
    let reader = match Reader::open(&data_dir) {
        Err(Error::Missing { .. }) if once == Once::IfNothing || once == Once::IfNamed && !named.is_empty() => None,
        other => Some(other?),
    };
    if let Some(reader) = reader {
        let known = reader.nodes()?;
        let new = named.iter().find(|name| !known.iter().any(|known| known == *name));
        match new {
            Some(new) if once != Once::Never && super::tui::attached(&data_dir).is_some() => {
                return Err(watches_other(new));
            }
            Some(_) if once != Once::Never => drop(reader),
            _ => return Ok(reader),
        }
    }
    collect::first(global)?;
    Ok(Reader::open(&data_dir)?)
}

/// Has a running collector keep what it read.
fn freshen(data_dir: &Path) {
    /// One that is busy for longer has told what it kept before.
    const PATIENCE: Duration = Duration::from_secs(2);
    if let Some(mut link) = super::tui::attached(data_dir) {
        // An older one keeps all every second.
        let _ = link.order(Command::Keep, PATIENCE);
    }
}

/// Whether the collector that runs follows every node that is named whole.
///
/// # Errors
/// When it does not: it cannot be given another from here.
pub fn is_watched(global: &Global, data_dir: &Path) -> Result<(), Failure> {
    let mut named = global.whole_nodes().map(|node| name(node)).peekable();
    if named.peek().is_none() {
        return Ok(());
    }
    let watched = Reader::open(data_dir)?.watched(global.now_ms()?)?;
    match named.find(|name| !watched.iter().any(|known| known == name)) {
        Some(new) => Err(watches_other(new)),
        None => Ok(()),
    }
}

fn watches_other(node: &str) -> Failure {
    Failure::Usage(format!(
        "a collector runs on this data directory and does not watch `{node}`; add the node to its configuration, stop \
         it, or name another --data-dir"
    ))
}

/// The names of nodes asked for (`NAME` or `NAME=…`), which must be in the database.
pub fn known_nodes(reader: &Reader, asked: &[String]) -> Result<Vec<String>, Failure> {
    let known = reader.nodes()?;
    let asked: Vec<String> = asked.iter().map(|node| name(node).to_owned()).collect();
    match asked.iter().find(|node| !known.contains(node)) {
        Some(node) => {
            let known = known.join(", ");
            Err(Failure::Usage(format!("there is no node `{node}`; there are: {known}")))
        }
        None => Ok(asked),
    }
}

fn name(node: &str) -> &str {
    node.split('=').next().unwrap_or_default()
}
