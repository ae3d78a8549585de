//! `nodes list`, `nodes test`: which nodes there are, and whether each can be watched.

use std::io::{self, Write};
use std::process::ExitCode;

use serde_json::{Value, json};

use super::config::Said;
use super::doctor::{self, Checks};
use super::{Failure, Global, discovery, visible};
use crate::config::load::Config;
use crate::config::node::{LogSource, Node};
use crate::node::client::Client;

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
        Command::List { said, json } => list(&discovery::load(global, &said)?, json),
        Command::Test { said, json } => {
            let config = discovery::load(global, &said)?;
            let client = Client::new(config.settings.poll_timeout).map_err(|why| Failure::Tls { why })?;
            let now_ms = jiff::Timestamp::now().as_millisecond();
            let mut checks = Checks::default();
            for node in &config.nodes {
                doctor::check_node(&mut checks, &client, node, now_ms)?;
            }
            checks.answer(json)
        }
    }
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
