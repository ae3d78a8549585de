//! `doctor`: what there is, what is wrong with it, what to do.

use std::io::{self, Write};
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};

use serde::Serialize;

use super::config::{self, Said};
use super::discovery;
use super::page::{self, Page};
use super::{Failure, Global};
use crate::collector::look::Look;
use crate::config::load::Config;
use crate::config::node::{LogSource, Node};
use crate::domain::sample::Sample;
use crate::node::client::{self, Client};
use crate::node::watch::{self, Target};
use crate::store::{Reader, writer};

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

/// A log that grows faster than this (bytes a day) is worth a setting.
const MUCH_A_DAY: u64 = 2_000_000_000;
/// A log that is larger and was never rotated (bytes) will fill the disk some day.
const NEVER_ROTATED: u64 = 5_000_000_000;
/// An idle node writes hourly.
const SILENT_MS: i64 = 2 * 3_600_000;
/// A stamp so far in the future (ms) is a wrong clock.
const AHEAD_MS: i64 = 60_000;

/// Looks at everything.
pub fn run(global: &Global, args: &Args) -> Result<ExitCode, Failure> {
    let mut checks = Checks::default();
    let now_ms = jiff::Timestamp::now().as_millisecond();
    check_clock(&mut checks);
    let config = check_config(&mut checks, global, &args.said);
    check_data_dir(&mut checks, global);
    if let Some(config) = &config {
        let found = check_host(&mut checks, config)?;
        let nodes = if config.nodes.is_empty() { &found } else { &config.nodes };
        if nodes.is_empty() {
            checks.add("nodes", State::Fail, "there is none to watch", &config::no_node(config));
        }
        let client = Client::new(config.settings.poll_timeout).map_err(|why| Failure::Tls { why })?;
        for node in nodes {
            check_node(&mut checks, &client, node, now_ms)?;
        }
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
            checks.add("collector", State::Ok, format!("it runs since {since}"), "");
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

/// One node: its API, its log, its data folder.
pub fn check_node(checks: &mut Checks, client: &Client, node: &Node, now_ms: i64) -> Result<(), Failure> {
    let name = &node.name;
    match &node.api {
        Some(api) => check_api(checks, client, name, api)?,
        None => checks.add(
            format!("{name}: API"),
            State::Warn,
            "none is named: no release, disk or dates of satellites",
            "add api = \"HOST:14002\" (the node's console.address)",
        ),
    }
    match &node.log {
        LogSource::File(path) => check_log(checks, name, path, now_ms),
        LogSource::None => checks.add(
            format!("{name}: log"),
            State::Warn,
            "none is named: no transfers, audits or errors",
            "let the node write a file (log.output in its config.yaml) and name it as log",
        ),
    }
    if let Some(data) = &node.data {
        match std::fs::read_dir(data) {
            Ok(_) => checks.add(
                format!("{name}: data"),
                State::Ok,
                format!("{} can be read", data.display()),
                "",
            ),
            Err(error) => checks.add(
                format!("{name}: data"),
                State::Fail,
                format!("{}: {error}", data.display()),
                "is the disk mounted, and may this user read it?",
            ),
        }
    }
    Ok(())
}

fn check_api(checks: &mut Checks, client: &Client, node: &str, api: &str) -> Result<(), Failure> {
    let name = format!("{node}: API");
    let base = match client::base(api) {
        Ok(base) => base,
        Err(why) => {
            checks.add(name, State::Fail, why, "");
            return Ok(());
        }
    };
    let target = Target {
        node: node.to_owned(),
        base,
    };
    let polled = watch::once(client, vec![target])?;
    for (_, poll) in polled {
        match poll.answer {
            Ok(sample) => judge_sample(checks, &name, &sample),
            Err(why) => checks.add(
                &name,
                State::Fail,
                why,
                "it is the node's console.address; a container has to publish the port (-p 127.0.0.1:14002:14002)",
            ),
        }
    }
    Ok(())
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

fn check_log(checks: &mut Checks, node: &str, path: &Path, now_ms: i64) {
    let name = format!("{node}: log");
    let look = match Look::at(path) {
        Ok(look) => look,
        Err(error) => {
            let advice = match error.kind() {
                io::ErrorKind::PermissionDenied => {
                    "let this user read it: put it into the file's group, or use setfacl"
                }
                io::ErrorKind::NotFound => "is the path right? A log that is not there yet is waited for",
                _ => "is its disk mounted?",
            };
            return checks.add(name, State::Fail, format!("{}: {error}", path.display()), advice);
        }
    };
    let lines = &look.lines;
    let Some((_, last_ms)) = look.span_ms else {
        let (state, detail) = match look.len {
            0 => (State::Warn, "it is empty".to_owned()),
            len => (
                State::Fail,
                format!("no line of a storage node in its last {} of {len} bytes", look.looked),
            ),
        };
        return checks.add(
            name,
            state,
            format!("{}: {detail}", path.display()),
            "is it the right file?",
        );
    };
    let detail = format!(
        "{}: {}, {} of {} lines understood",
        path.display(),
        lines.dialect().unwrap_or_default(),
        lines.understood,
        lines.lines
    );
    let state = if lines.unknown + lines.malformed > lines.lines / 10 {
        State::Warn
    } else {
        State::Ok
    };
    checks.add(&name, state, detail, "");
    let age = now_ms - last_ms;
    if age > SILENT_MS {
        let detail = format!("its last line is {} hours old", age / 3_600_000);
        checks.add(&name, State::Warn, detail, "does the node run, and does it write here?");
    } else if age < -AHEAD_MS {
        let detail = format!("its last line is {} s in the future", -age / 1000);
        checks.add(&name, State::Fail, detail, "set the clocks of both by a time server");
    }
    check_level(checks, node, &look);
    check_volume(checks, node, &look);
    check_rotation(checks, node, &look);
}

/// What the level hides.
fn check_level(checks: &mut Checks, node: &str, look: &Look) {
    let name = format!("{node}: log level");
    let advice = "set log.level: info in the node's config.yaml, or custom levels that keep piecestore at INFO";
    if look.info + look.debug == 0 {
        let detail = "only warnings and errors are written: no transfer is seen, and no success rate is known";
        checks.add(name, State::Fail, detail, advice);
    } else if look.successes == 0 && look.lines.lines > 200 {
        let detail = "no finished upload or download in it: piecestore is quieter than INFO, or the node is idle";
        checks.add(name, State::Warn, detail, advice);
    } else if look.debug > 0 {
        let share = look.debug * 100 / look.lines.lines.max(1);
        let detail = format!("DEBUG ({share} % of the lines): durations and in-flight transfers are seen");
        checks.add(name, State::Ok, detail, "");
    } else {
        let detail = "INFO: transfers, audits and errors are seen; durations and what is in flight need DEBUG";
        checks.add(name, State::Ok, detail, "");
    }
}

fn check_volume(checks: &mut Checks, node: &str, look: &Look) {
    let name = format!("{node}: log volume");
    let Some(day) = look.bytes_per_day() else {
        return checks.add(name, State::Skipped, "the log is too short to tell", "");
    };
    let detail = format!("{:.1} MB a day", day as f64 / 1e6);
    if day <= MUCH_A_DAY {
        return checks.add(name, State::Ok, detail, "");
    }
    let advice = match look.debug {
        0 => "rotate it daily and packed; storj-monitor reads .gz and .zst",
        _ => "set log.level: info, or log.custom-level: piecestore=info; rotate it daily and packed",
    };
    checks.add(name, State::Warn, detail, advice);
}

fn check_rotation(checks: &mut Checks, node: &str, look: &Look) {
    let name = format!("{node}: log rotation");
    if !look.strangers.is_empty() {
        let names: Vec<String> = look
            .strangers
            .iter()
            .take(3)
            .map(|path| path.display().to_string())
            .collect();
        let detail = format!("not followed, though they look like older parts: {}", names.join(", "));
        let advice = format!("read them once with `storj-monitor ingest {node} FILE…`; each line counts once");
        checks.add(&name, State::Warn, detail, &advice);
    }
    match look.rotated {
        0 if look.len > NEVER_ROTATED => checks.add(
            name,
            State::Warn,
            format!("the log has {:.1} GB and was never rotated", look.len as f64 / 1e9),
            "let logrotate do it (with copytruncate, or the node's restart after renaming); both are followed",
        ),
        0 => checks.add(
            name,
            State::Ok,
            "no rotated file; renaming and copytruncate are both followed",
            "",
        ),
        count => checks.add(name, State::Ok, format!("rotated files that are read too: {count}"), ""),
    }
}
