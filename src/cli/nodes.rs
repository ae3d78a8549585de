//! `nodes list`, `nodes test`: which nodes there are, and whether each can be watched.

use std::io::{self, Write};
use std::process::ExitCode;

use serde_json::{Value, json};

use super::config::{self, Said};
use super::doctor::{self, Checks};
use super::{Failure, Global, discovery, read, visible};
use crate::config::load::Config;
use crate::config::node::{LogSource, Node, check_name};
use crate::node::client::Client;
use crate::store::Reader;
use crate::store::writer::Writer;
use crate::support::clock;

/// What to do.
#[derive(clap::Subcommand)]
pub enum Command {
    /// The nodes of the configuration, or, without any, of this host
    List {
        #[command(flatten)]
        said: Said,
        /// Answer as JSON
        #[arg(long)]
        json: bool,
    },
    /// Give a node another name: its history comes along. No collector may run meanwhile
    Rename {
        /// Its name
        name: String,
        /// The new one
        new: String,
    },
    /// Try each node's log, API and data folder now
    Test {
        #[command(flatten)]
        said: Said,
        /// Answer as JSON
        #[arg(long)]
        json: bool,
    },
}

/// Does it.
pub fn run(global: &Global, command: Command) -> Result<ExitCode, Failure> {
    match command {
        Command::List { said, json } => list(&load(global, &said)?, json),
        Command::Test { said, json } => {
            let config = load(global, &said)?;
            let client = Client::new(config.settings.poll_timeout).map_err(|why| Failure::Tls { why })?;
            let now_ms = clock::now_ms();
            let mut checks = Checks::default();
            doctor::check_nodes(&mut checks, &client, &config.nodes, now_ms)?;
            checks.answer(json)
        }
        Command::Rename { name, new } => rename(global, &name, &new),
    }
}

/// The configuration; one without any node is an error.
fn load(global: &Global, said: &Said) -> Result<Config, Failure> {
    let config = discovery::load(global, said)?;
    match config.nodes.is_empty() {
        true => Err(Failure::Usage(config::no_node(&config))),
        false => Ok(config),
    }
}

fn rename(global: &Global, name: &str, new: &str) -> Result<ExitCode, Failure> {
    check_name(new).map_err(Failure::Usage)?;
    let data_dir = global.data_dir()?;
    let reader = Reader::open(&data_dir)?;
    let names = read::known_nodes(&reader, &[name.to_owned()])?;
    if reader.nodes()?.iter().any(|known| known == new) {
        return Err(Failure::Usage(format!("there is a node `{new}` already")));
    }
    drop(reader);
    let mut writer = Writer::open(&data_dir)?;
    match writer.rename(&names[0], new)? {
        true => writeln!(
            io::stdout(),
            "{} is {new} now; name it so in the configuration, too",
            visible(name)
        )?,
        false => return Err(Failure::Usage(format!("`{name}` could not be renamed"))),
    }
    Ok(ExitCode::SUCCESS)
}

fn log(node: &Node) -> String {
    match &node.log {
        LogSource::File(path) => path.display().to_string(),
        LogSource::None => "none".to_owned(),
    }
}

fn list(config: &Config, json: bool) -> Result<ExitCode, Failure> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    let api = |node: &Node| node.api.as_deref().map(crate::config::node::shown_address);
    if json {
        let nodes = config.nodes.iter().map(
            |node| json!({"name": node.name, "log": log(node), "api": api(node), "data": node.data, "tags": node.tags}),
        );
        let answer = json!({"version": 1, "nodes": nodes.collect::<Vec<Value>>()});
        writeln!(out, "{answer}")?;
    } else {
        for node in &config.nodes {
            let api = api(node).unwrap_or_else(|| "none".to_owned());
            let text = format!("{}  log {}  API {api}", node.name, log(node));
            writeln!(out, "{}", visible(&text))?;
        }
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}
