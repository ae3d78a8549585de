//! `status`: one screen about every node. What is not built yet is null, or left out of the text.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::process::ExitCode;

use serde::Serialize;

use super::sources::Source;
use super::{Failure, Global, known_nodes, visible};
use crate::domain::transfer::{Cause, Outcome};
use crate::report::time::rfc3339;
use crate::store::Reader;
use crate::store::query::{By, Key, Scope};
use crate::store::sources::SourceRow;
use crate::store::writer;

/// Arguments of `status`.
#[derive(clap::Args)]
pub struct Args {
    /// Only this node; repeatable
    #[arg(long, value_name = "NAME")]
    node: Vec<String>,
    /// Answer as JSON
    #[arg(long)]
    json: bool,
    /// One line, perfdata and an exit code, as monitoring plugins do
    #[arg(long, conflicts_with = "json")]
    check: bool,
}

const WINDOW_S: i64 = 3600;
/// A log that is followed and says nothing for so long is worth a word: an idle node writes hourly.
const SILENT_S: i64 = 2 * 3600;

#[derive(Serialize)]
struct Answer {
    version: u32,
    time: String,
    collector: CollectorState,
    nodes: Vec<Node>,
}

#[derive(Serialize)]
struct CollectorState {
    running: bool,
    since: Option<String>,
}

/// How a node is, the worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
enum State {
    Critical,
    Warning,
    Unknown,
    Ok,
}

impl State {
    fn word(self) -> &'static str {
        match self {
            Self::Critical => "CRITICAL",
            Self::Warning => "WARNING",
            Self::Unknown => "UNKNOWN",
            Self::Ok => "OK",
        }
    }

    fn code(self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::Warning => 1,
            Self::Critical => 2,
            Self::Unknown => 3,
        }
    }
}

#[derive(Serialize)]
struct Reason {
    rule: &'static str,
    text: String,
}

#[derive(Serialize, Default, Clone, Copy)]
struct Flow {
    success: u64,
    canceled: u64,
    failed: u64,
    rejected: u64,
    bytes: u64,
    /// Failed, and not for the network's sake.
    #[serde(skip)]
    own_fault: u64,
}

#[derive(Serialize)]
struct Traffic {
    window_s: i64,
    by_action: BTreeMap<String, Flow>,
}

#[derive(Serialize)]
struct Api {
    state: &'static str,
    last_ok_at: Option<String>,
    error: Option<String>,
}

#[derive(Serialize)]
struct Node {
    name: String,
    node_id: Option<String>,
    node_version: Option<String>,
    state: State,
    reasons: Vec<Reason>,
    started_at: Option<String>,
    quic: Option<bool>,
    last_contact_at: Option<String>,
    sources: Vec<Source>,
    api: Api,
    traffic: Traffic,
    disk: Option<()>,
    satellites: Option<()>,
    earnings: Option<()>,
    alerts: Option<()>,
}

/// Prints the status.
pub fn run(global: &Global, args: &Args) -> Result<ExitCode, Failure> {
    let answer = match answer(global, args) {
        Err(failure) if args.check => {
            println!("STORJ UNKNOWN - {}", visible(&failure.to_string()));
            return Ok(ExitCode::from(State::Unknown.code()));
        }
        other => other?,
    };
    let mut out = io::BufWriter::new(io::stdout().lock());
    if args.check {
        let state = write_check(&mut out, &answer)?;
        out.flush()?;
        return Ok(ExitCode::from(state.code()));
    }
    if args.json {
        serde_json::to_writer(&mut out, &answer).map_err(io::Error::from)?;
        writeln!(out)?;
    } else {
        write_text(&mut out, &answer)?;
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

fn answer(global: &Global, args: &Args) -> Result<Answer, Failure> {
    let now_ms = global.now_ms()?;
    let data_dir = global.data_dir()?;
    let reader = Reader::open(&data_dir)?;
    let scope = Scope {
        nodes: known_nodes(&reader, &args.node)?,
        from_ms: Some(now_ms - WINDOW_S * 1000),
        to_ms: Some(now_ms),
    };
    let mut nodes = Vec::new();
    for name in reader.nodes()? {
        if scope.nodes.is_empty() || scope.nodes.contains(&name) {
            nodes.push(node(&reader, &scope, name, now_ms)?);
        }
    }
    nodes.sort_by(|a, b| a.state.cmp(&b.state).then_with(|| a.name.cmp(&b.name)));
    let since = writer::in_use_since(&data_dir);
    Ok(Answer {
        version: 1,
        time: rfc3339(now_ms),
        collector: CollectorState {
            running: since.is_some(),
            since: since.map(rfc3339),
        },
        nodes,
    })
}

fn node(reader: &Reader, scope: &Scope, name: String, now_ms: i64) -> Result<Node, Failure> {
    let scope = Scope {
        nodes: vec![name.clone()],
        ..scope.clone()
    };
    let rows = reader.sources(&scope)?;
    let by_action = flows(reader, &scope)?;
    let now = now_ms.div_euclid(1000);
    // What the newest line says of its time, unless it is still to come.
    let hour = reader.newest_hour(&name, now)?;
    let last = rows.iter().filter_map(|row| row.last_second).max();
    let heard = Heard {
        age: hour.map(|hour| (now - last.unwrap_or(hour).min(now).clamp(hour, hour + 3599)).max(0)),
        starts: starts(reader, &scope)?,
    };
    let (state, reasons) = judge(&rows, &by_action, &heard);
    Ok(Node {
        name,
        node_id: None,
        node_version: None,
        state,
        reasons,
        started_at: None,
        quic: None,
        last_contact_at: None,
        sources: rows.iter().map(|row| Source::new(row, now)).collect(),
        api: Api {
            state: "none",
            last_ok_at: None,
            error: None,
        },
        traffic: Traffic {
            window_s: WINDOW_S,
            by_action,
        },
        disk: None,
        satellites: None,
        earnings: None,
        alerts: None,
    })
}

/// The last hour's transfers by action.
fn flows(reader: &Reader, scope: &Scope) -> Result<BTreeMap<String, Flow>, Failure> {
    let mut by_action: BTreeMap<String, Flow> = BTreeMap::new();
    for (key, cell) in reader.traffic(scope, &[By::Action, By::Outcome, By::Cause])? {
        let [action, Key::Text(outcome), cause] = key.as_slice() else {
            continue;
        };
        let action = match action {
            Key::Text(action) => action.as_str(),
            _ => "",
        };
        let flow = by_action.entry(action.to_owned()).or_default();
        match Outcome::ALL.into_iter().find(|known| known.word() == outcome) {
            Some(Outcome::Success) => {
                flow.success += cell.count;
                flow.bytes += cell.bytes;
            }
            Some(Outcome::Canceled) => flow.canceled += cell.count,
            Some(Outcome::Failed) => {
                flow.failed += cell.count;
                let network = *cause == Key::Text(Cause::Disconnect.word().to_owned());
                flow.own_fault += if network { 0 } else { cell.count };
            }
            Some(Outcome::Rejected) => flow.rejected += cell.count,
            None => {}
        }
    }
    Ok(by_action)
}

/// What was heard of a node.
struct Heard {
    /// Seconds since its last record; `None`: never.
    age: Option<i64>,
    /// How often it began to start in the last hour or two.
    starts: u64,
}

fn starts(reader: &Reader, scope: &Scope) -> Result<u64, Failure> {
    let kinds = reader.kinds(scope)?;
    let starts = kinds.iter().filter(|kind| kind.message == "Configuration loaded");
    Ok(starts.map(|kind| kind.count).sum())
}

/// Starts in an hour or two that no operator makes.
const RESTARTS: u64 = 5;

/// What the log alone can tell of danger.
fn judge(rows: &[SourceRow], traffic: &BTreeMap<String, Flow>, heard: &Heard) -> (State, Vec<Reason>) {
    let mut found: Vec<(State, Reason)> = Vec::new();
    let mut say = |state, rule, text| found.push((state, Reason { rule, text }));
    let lost: u64 = ["GET_AUDIT", "GET_REPAIR"]
        .iter()
        .filter_map(|action| traffic.get(*action))
        .map(|f| f.failed)
        .sum();
    if lost > 0 {
        let what = if lost == 1 {
            "1 audit or repair".to_owned()
        } else {
            format!("{lost} audits or repairs")
        };
        let text = format!("{what} failed in the last hour: pieces are missing or unreadable");
        say(State::Critical, "audits_failed", text);
    }
    if heard.starts >= RESTARTS {
        let text = format!(
            "it started {} times within two hours: see `export errors`",
            heard.starts
        );
        say(State::Critical, "restarts", text);
    }
    let followed = rows.iter().filter(|row| row.followed);
    for row in followed.clone() {
        match row.state.as_deref() {
            Some("failing") => {
                let error = row.error.as_deref().unwrap_or("it cannot be read");
                say(State::Warning, "log_unreadable", format!("{}: {error}", row.source));
            }
            Some("missing") => say(State::Warning, "log_missing", format!("{} is not there", row.source)),
            _ => {}
        }
    }
    let is_followed = followed.clone().next().is_some();
    match heard.age {
        Some(age) if age > SILENT_S && is_followed => {
            let text = format!("no line for {} hours; an idle node writes hourly", age / 3600);
            say(State::Warning, "log_silent", text);
        }
        Some(age) if age <= SILENT_S => {}
        Some(age) => say(
            State::Unknown,
            "no_data",
            format!("its last line known here is {} hours old", age / 3600),
        ),
        None => say(State::Unknown, "no_data", "no line of it is known here".to_owned()),
    }
    found.sort_by_key(|(state, _)| *state);
    let state = found.first().map_or(State::Ok, |(state, _)| *state);
    (state, found.into_iter().map(|(_, reason)| reason).collect())
}

fn write_text(out: &mut impl Write, answer: &Answer) -> io::Result<()> {
    for node in &answer.nodes {
        let reasons: Vec<&str> = node.reasons.iter().map(|reason| reason.text.as_str()).collect();
        let words = match reasons.is_empty() {
            true => "the log shows no trouble".to_owned(),
            false => reasons.join("; "),
        };
        writeln!(
            out,
            "{}  {}  {}",
            visible(&node.name),
            node.state.word(),
            visible(&words)
        )?;
        if !node.traffic.by_action.is_empty() {
            writeln!(
                out,
                "    {:<12} {:>9} {:>9} {:>9} {:>9} {:>12}",
                "last hour", "success", "canceled", "failed", "rejected", "success MB"
            )?;
        }
        for (action, flow) in &node.traffic.by_action {
            let action = if action.is_empty() {
                "–".to_owned()
            } else {
                visible(action)
            };
            writeln!(
                out,
                "    {action:<12} {:>9} {:>9} {:>9} {:>9} {:>12.2}",
                flow.success,
                flow.canceled,
                flow.failed,
                flow.rejected,
                flow.bytes as f64 / 1e6
            )?;
        }
    }
    match &answer.collector.since {
        Some(since) => writeln!(out, "the collector runs since {since}"),
        None => writeln!(
            out,
            "no collector runs; this is what the database holds at {}",
            answer.time
        ),
    }
}

/// `STORJ WARNING - 2 nodes, home: …|…`
fn write_check(out: &mut impl Write, answer: &Answer) -> io::Result<State> {
    let state = answer
        .nodes
        .iter()
        .map(|node| node.state)
        .min()
        .unwrap_or(State::Unknown);
    let worst = answer.nodes.iter().filter(|node| node.state != State::Ok);
    let words: Vec<String> = worst
        .map(|node| {
            let reasons: Vec<&str> = node.reasons.iter().map(|reason| reason.text.as_str()).collect();
            format!("{}: {}", node.name, reasons.join("; "))
        })
        .collect();
    let count = answer.nodes.len();
    let nodes = if count == 1 {
        "1 node".to_owned()
    } else {
        format!("{count} nodes")
    };
    let words = if words.is_empty() {
        "no trouble".to_owned()
    } else {
        words.join("; ")
    };
    let mut perfdata = String::new();
    for node in &answer.nodes {
        let sum = |of: fn(&Flow) -> u64| node.traffic.by_action.values().map(of).sum::<u64>();
        let (success, failed) = (sum(|f| f.success), sum(|f| f.failed));
        perfdata += &format!(
            " '{0}_success'={success} '{0}_failed'={failed}",
            node.name.replace('\'', "")
        );
    }
    let text = visible(&format!("STORJ {} - {nodes}, {words}", state.word()).replace('|', "/"));
    writeln!(out, "{text} |{}", visible(&perfdata))?;
    Ok(state)
}
