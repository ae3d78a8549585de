//! `doctor`: what there is, what is wrong with it, what to do.

mod data;
mod log;

use std::collections::HashMap;
use std::io::{self, Write};
use std::process::{Command, ExitCode, Stdio};

use serde::Serialize;

use super::config::{self, Said};
use super::page::{self, Page};
use super::{Failure, Global, discovery};
use crate::config::load::Config;
use crate::config::node::{LogSource, Node};
use crate::domain::sample::{Poll, Sample};
use crate::node::client::{self, Client};
use crate::node::watch::{self, Target};
use crate::store::{Reader, writer};
use crate::support::clock;

/// Arguments of `doctor`.
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    said: Said,
    /// Answer as JSON
    #[arg(long)]
    json: bool,
}

/// How a check went, the worst last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Nothing to check.
    Skipped,
    /// As it should be.
    Ok,
    /// Works, and could be better.
    Warn,
    /// Does not work.
    Fail,
}

/// One thing that was looked at.
#[derive(Debug, Serialize)]
pub struct Check {
    name: String,
    state: State,
    detail: String,
    advice: Option<String>,
}

#[derive(Serialize)]
struct Answer {
    version: u32,
    checks: Vec<Check>,
}

/// Checks, as they are made.
#[derive(Default)]
pub struct Checks(Vec<Check>);

impl Checks {
    fn add(&mut self, name: impl Into<String>, state: State, detail: impl Into<String>, advice: &str) {
        self.0.push(Check {
            name: name.into(),
            state,
            detail: detail.into(),
            advice: Some(advice).filter(|advice| !advice.is_empty()).map(str::to_owned),
        });
    }

    /// Prints them. The code is 1 when one failed.
    pub fn answer(self, json: bool) -> Result<ExitCode, Failure> {
        let worst = self.0.iter().map(|check| check.state).max();
        let mut out = io::BufWriter::new(io::stdout().lock());
        if json {
            let answer = Answer {
                version: 1,
                checks: self.0,
            };
            serde_json::to_writer(&mut out, &answer).map_err(io::Error::from)?;
            writeln!(out)?;
        } else {
            let mut page = Page::new(&mut out, page::width());
            self.0.iter().try_for_each(|check| write_check(&mut page, check))?;
        }
        out.flush()?;
        Ok(ExitCode::from(u8::from(worst == Some(State::Fail))))
    }
}

/// Looks at everything.
pub fn run(global: &Global, args: &Args) -> Result<ExitCode, Failure> {
    let mut checks = Checks::default();
    let now_ms = clock::now_ms();
    check_clock(&mut checks);
    let config = check_config(&mut checks, global, &args.said);
    check_data_dir(&mut checks, global);
    if let Some(mut config) = config {
        let unread = discovery::unread(&mut config);
        let found = check_host(&mut checks, &config)?;
        if config.nodes.is_empty() {
            config.nodes = found;
        }
        if config.nodes.is_empty() {
            checks.add(
                "nodes",
                State::Fail,
                "there is none to watch",
                &config::no_node(&config),
            );
        }
        discovery::price(&mut config, unread);
        for (node, doubt) in config.unwatched.iter().zip(discovery::doubts(&config)) {
            checks.add(format!("{}: sources", node.name), State::Warn, doubt.what, &doubt.hint);
        }
        let client = Client::new(config.settings.poll_timeout).map_err(|why| Failure::Tls { why })?;
        check_nodes(&mut checks, &client, &config.nodes, now_ms)?;
    }
    checks.answer(args.json)
}

fn write_check(page: &mut Page<impl Write>, check: &Check) -> io::Result<()> {
    let word = match check.state {
        State::Ok => "●",
        State::Warn => "! WARN",
        State::Fail => "▲ FAIL",
        State::Skipped => "–",
    };
    page.paragraph(4, &format!("{word} {}: {}", check.name, check.detail))?;
    match &check.advice {
        Some(advice) => page.paragraph(6, &format!("    → {advice}")),
        None => Ok(()),
    }
}

fn check_clock(checks: &mut Checks) {
    let asked = Command::new("timedatectl")
        .args(["show", "--property=NTPSynchronized", "--value"])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output();
    let word = asked.ok().filter(|output| output.status.success());
    let word = word.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    match word.as_deref() {
        Some("yes") => checks.add("clock", State::Ok, "it is kept by a time server", ""),
        Some("no") => checks.add(
            "clock",
            State::Warn,
            "no time server keeps it; satellites refuse nodes whose clock is off",
            "run `timedatectl set-ntp true`, or an NTP service",
        ),
        _ => checks.add(
            "clock",
            State::Skipped,
            "the system does not say whether a time server keeps it",
            "",
        ),
    }
}

fn check_config(checks: &mut Checks, global: &Global, said: &Said) -> Option<Config> {
    match config::load(global, said) {
        Ok(config) => {
            let file = config.file.as_ref().map(|file| file.display().to_string());
            let nodes = config.nodes.len();
            let detail = match file {
                Some(file) => format!("{file}; nodes, with flags and environment: {nodes}"),
                None => format!("there is no file; nodes by flags and environment: {nodes}"),
            };
            checks.add("config", State::Ok, detail, "");
            for warning in &config.warnings {
                checks.add("config", State::Warn, warning.to_string(), "");
            }
            Some(config)
        }
        Err(failure) => {
            let advice = "mend it; `storj-monitor config check` says when it is right";
            checks.add("config", State::Fail, failure.to_string().replace('\n', "; "), advice);
            None
        }
    }
}

fn check_data_dir(checks: &mut Checks, global: &Global) {
    let dir = match global.data_dir() {
        Ok(dir) => dir,
        Err(failure) => return checks.add("data folder", State::Fail, failure.to_string(), ""),
    };
    let shown = dir.display();
    if !dir.exists() {
        let detail = format!("{shown} is not there yet; the first run makes it");
        return checks.add("data folder", State::Ok, detail, "");
    }
    match tempfile::Builder::new().prefix(".doctor-").tempfile_in(&dir) {
        Ok(_) => checks.add("data folder", State::Ok, format!("{shown} can be written to"), ""),
        Err(error) => {
            let advice = "give it to the user who runs storj-monitor, or name another --data-dir";
            checks.add("data folder", State::Fail, format!("{shown}: {error}"), advice);
        }
    }
    match Reader::open(&dir) {
        Ok(reader) => match reader.nodes() {
            Ok(nodes) => checks.add(
                "database",
                State::Ok,
                format!("it opens; nodes in it: {}", nodes.len()),
                "",
            ),
            Err(error) => checks.add("database", State::Fail, error.to_string(), ""),
        },
        Err(crate::store::Error::Missing { .. }) => {
            checks.add("database", State::Skipped, "there is none yet", "");
        }
        Err(error) => checks.add(
            "database",
            State::Fail,
            error.to_string(),
            "run `storj-monitor db check`",
        ),
    }
    match writer::in_use_since(&dir) {
        Some(since) => {
            let since = crate::report::time::rfc3339(since);
            match super::status::collector_trouble(&dir) {
                Some(trouble) => {
                    let detail = format!("it runs since {since} and cannot keep what it reads: {trouble}");
                    checks.add(
                        "collector",
                        State::Fail,
                        detail,
                        "nothing is lost until logs are rotated away",
                    );
                }
                None => checks.add("collector", State::Ok, format!("it runs since {since}"), ""),
            }
        }
        None => checks.add(
            "collector",
            State::Warn,
            "none runs: nothing is watched now",
            "run `storj-monitor collect` as a service",
        ),
    }
}

/// Nodes of this host, and whether they are watched. A named file is all that is to be looked at.
fn check_host(checks: &mut Checks, config: &Config) -> Result<Vec<Node>, Failure> {
    if config.named {
        checks.add(
            "this host",
            State::Skipped,
            "a configuration file was named: nothing is searched",
            "",
        );
        return Ok(Vec::new());
    }
    let found = discovery::find()?;
    let mut nodes = Vec::new();
    if found.is_empty() {
        checks.add("this host", State::Ok, "no storage node was found on it", "");
    }
    for found in &found {
        let (node, notes) = discovery::taken(found);
        let evidence = found.evidence.join("; ");
        let watched = config.nodes.iter().any(|known| same(known, &node));
        let name = format!("found {}", found.name);
        let version = found.version.as_deref().unwrap_or("unknown");
        let id = found.node_id.as_deref().unwrap_or("unknown");
        let detail = format!("node {id}, release {version}: {evidence}");
        if watched {
            checks.add(&name, State::Ok, format!("{detail}; it is watched"), "");
        } else if config.nodes.is_empty() {
            let advice = "`storj-monitor config init` writes it down for you to look over";
            let detail = format!("{detail}; taken as it is, for no node is configured");
            checks.add(&name, State::Ok, detail, advice);
        } else {
            let advice = format!("`storj-monitor config init` names it for you, or {}", spec(&node));
            checks.add(
                &name,
                State::Warn,
                format!("{detail}; it is not in the configuration"),
                &advice,
            );
        }
        for note in notes {
            checks.add(&name, State::Warn, note, "");
        }
        nodes.push(node);
    }
    Ok(nodes)
}

fn same(a: &Node, b: &Node) -> bool {
    let same_log = a.log == b.log && a.log != LogSource::None;
    same_log || (a.api.is_some() && a.api == b.api)
}

/// How the node is named on the command line.
fn spec(node: &Node) -> String {
    let log = match &node.log {
        LogSource::File(path) => path.display().to_string(),
        LogSource::None => "none".to_owned(),
    };
    let mut text = format!("--node {}={log}", node.name);
    let data = node.data.as_ref().map(|data| data.display().to_string());
    for (key, value) in [("api", &node.api), ("data", &data), ("metrics", &node.metrics)] {
        if let Some(value) = value {
            text += &format!(",{key}={value}");
        }
    }
    text
}

/// Each node's API, log and data folder; all APIs are asked at the same time.
pub fn check_nodes(checks: &mut Checks, client: &Client, nodes: &[Node], now_ms: i64) -> Result<(), Failure> {
    let mut targets = Vec::new();
    for node in nodes {
        match node.api.as_ref().map(|api| client::base(api)) {
            Some(Ok(base)) => targets.push(Target {
                node: node.name.clone(),
                base,
            }),
            Some(Err(why)) => checks.add(format!("{}: API", node.name), State::Fail, why, ""),
            None => checks.add(
                format!("{}: API", node.name),
                State::Warn,
                "none is named: no release, disk or dates of satellites",
                "add api = \"HOST:14002\" (the node's console.address)",
            ),
        }
    }
    let answers: HashMap<String, Poll> = watch::once(client, targets)?.into_iter().collect();
    let mut ids: HashMap<String, String> = HashMap::new();
    for node in nodes {
        let answer = answers.get(&node.name).map(|poll| &poll.answer);
        if let Some(answer) = answer {
            check_api(checks, &format!("{}: API", node.name), answer);
        }
        let id = answer.and_then(|answer| answer.as_ref().ok()?.process.node_id.clone());
        if let Some(other) = id.and_then(|id| ids.insert(id, node.name.clone())) {
            let detail = format!("{} answers as the same node as {other}", node.name);
            checks.add(
                format!("{}: API", node.name),
                State::Fail,
                detail,
                "give each node its own api",
            );
        }
        check_files(checks, node, now_ms);
    }
    Ok(())
}

fn check_files(checks: &mut Checks, node: &Node, now_ms: i64) {
    let name = &node.name;
    match &node.log {
        LogSource::File(path) => log::check(checks, name, path, now_ms),
        LogSource::None => checks.add(
            format!("{name}: log"),
            State::Warn,
            "none is named: no transfers, audits or errors",
            "let the node write a file (log.output in its config.yaml) and name it as log",
        ),
    }
    let Some(data) = &node.data else {
        return;
    };
    let (state, detail, advice) = match std::fs::read_dir(data) {
        Ok(_) => (State::Ok, format!("{} can be read", data.display()), ""),
        Err(error) => {
            let advice = "is the disk mounted, and may this user read it?";
            (State::Fail, format!("{}: {error}", data.display()), advice)
        }
    };
    checks.add(format!("{name}: data"), state, detail, advice);
    data::check(checks, name, data, now_ms);
}

fn check_api(checks: &mut Checks, name: &str, answer: &Result<Sample, String>) {
    match answer {
        Ok(sample) => judge_sample(checks, name, sample),
        Err(why) => {
            let refused = why.contains("refused") || why.contains("web page");
            let advice = match refused {
                true => "a container has to publish the port (-p 127.0.0.1:14002:14002)",
                false => "ask it yourself: curl ADDRESS/api/sno/",
            };
            checks.add(name, State::Fail, why.clone(), advice);
        }
    }
}

fn judge_sample(checks: &mut Checks, name: &str, sample: &Sample) {
    let process = &sample.process;
    let version = process.version.as_deref().unwrap_or("unknown");
    let id = process.node_id.as_deref().unwrap_or("unknown");
    match &sample.standings {
        Ok(standings) => {
            let detail = format!("node {id}, release {version}, {} satellites", standings.len());
            checks.add(name, State::Ok, detail, "");
        }
        Err(why) => checks.add(
            name,
            State::Warn,
            format!("it answers, but not how satellites rate it: {why}"),
            "",
        ),
    }
    if process.up_to_date == Some(false) {
        let minimum = process.minimum_version.as_deref().unwrap_or("unknown");
        let detail = format!("release {version} is below the minimum {minimum}");
        checks.add(name, State::Fail, detail, "update the node now");
    }
    if process.quic.as_deref() == Some("Misconfigured") {
        let advice = "open and forward the node's port for UDP, too";
        checks.add(name, State::Warn, "QUIC is misconfigured", advice);
    }
}
