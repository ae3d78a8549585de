//! `status`: one screen about every node, in words first.

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use super::{Failure, Global, asked_nodes, collect, visible};
use crate::api::message::{Answer, Query};
#[cfg(unix)]
use crate::api::socket;
use crate::api::status::{Disk, Flow, Node, Satellite, Status};
use crate::collector::tell;
use crate::domain::health::State;
use crate::domain::sample::Standing;
use crate::store::{self, Reader};

/// Arguments of `status`.
#[derive(clap::Args, Default)]
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

fn code(state: State) -> u8 {
    match state {
        State::Ok => 0,
        State::Warning => 1,
        State::Critical => 2,
        State::Unknown => 3,
    }
}

/// Prints the status.
pub fn run(global: &Global, args: &Args) -> Result<ExitCode, Failure> {
    let answer = match answer(global, args) {
        Err(failure) if args.check => {
            println!("STORJ UNKNOWN - {}", visible(&failure.to_string()));
            return Ok(ExitCode::from(code(State::Unknown)));
        }
        other => other?,
    };
    let mut out = io::BufWriter::new(io::stdout().lock());
    if args.check {
        let state = write_check(&mut out, &answer)?;
        out.flush()?;
        return Ok(ExitCode::from(code(state)));
    }
    if args.json {
        serde_json::to_writer(&mut out, &answer).map_err(io::Error::from)?;
        writeln!(out)?;
    } else {
        write_nodes(&mut out, &answer, global.now_ms()?)?;
        write_collector(&mut out, &answer)?;
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

/// The running collector's answer, else what the database says: the same but for a moment's lines.
fn answer(global: &Global, args: &Args) -> Result<Status, Failure> {
    let data_dir = global.data_dir()?;
    if let Some(status) = running(global, &data_dir) {
        let known: Vec<String> = status.nodes.iter().map(|node| node.name.clone()).collect();
        let names = asked_nodes(&known, &args.node)?;
        let wanted = |node: &Node| names.is_empty() || names.contains(&node.name);
        let nodes = status.nodes.into_iter().filter(wanted).collect();
        return Ok(Status { nodes, ..status });
    }
    let reader = match Reader::open(&data_dir) {
        // Asked for the first time: what there is, is read now. What was then nobody can know.
        Err(store::Error::Missing { .. }) if global.at.is_none() => {
            collect::first(global)?;
            Reader::open(&data_dir)?
        }
        other => other?,
    };
    let names = asked_nodes(&reader.nodes()?, &args.node)?;
    Ok(tell::status(&data_dir, &reader, &names, global.now_ms()?)?)
}

#[cfg(unix)]
fn running(global: &Global, data_dir: &Path) -> Option<Status> {
    const PATIENCE: Duration = Duration::from_secs(5);
    let mut link = socket::connect(data_dir).ok()?;
    let at_ms = global.at.as_ref().and_then(|_| global.now_ms().ok());
    let query = Query::Status {
        nodes: Vec::new(),
        at_ms,
    };
    match link.ask(query, PATIENCE) {
        Ok(Answer::Status(status)) => Some(status),
        // The database can be asked, too.
        _ => None,
    }
}

#[cfg(not(unix))]
fn running(_: &Global, _: &Path) -> Option<Status> {
    None
}

fn write_collector(out: &mut impl Write, answer: &Status) -> io::Result<()> {
    match &answer.collector.since {
        Some(since) => writeln!(out, "the collector runs since {since}"),
        None => writeln!(
            out,
            "no collector runs; this is what the database holds at {}",
            answer.time
        ),
    }
}

/// Every node in words and tables.
pub fn write_nodes(out: &mut impl Write, answer: &Status, now_ms: i64) -> io::Result<()> {
    answer.nodes.iter().try_for_each(|node| write_node(out, node, now_ms))
}

fn write_node(out: &mut impl Write, node: &Node, now_ms: i64) -> io::Result<()> {
    let words: Vec<&str> = node.reasons.iter().map(|reason| reason.text.as_str()).collect();
    let first = match (words.split_first(), node.api.state.as_str()) {
        (Some((first, _)), _) => (*first).to_owned(),
        (None, "none") => "the log shows no trouble".to_owned(),
        (None, _) if node.sources.is_empty() => "its API shows no trouble".to_owned(),
        (None, _) => "log and API show no trouble".to_owned(),
    };
    writeln!(
        out,
        "{}  {}  {}",
        visible(&node.name),
        node.state.word(),
        visible(&first)
    )?;
    for more in words.iter().skip(1) {
        writeln!(out, "    and: {}", visible(more))?;
    }
    write_process(out, node, now_ms)?;
    if let Some(disk) = &node.disk {
        writeln!(out, "    {}", disk_line(disk))?;
    }
    if let Some(satellites) = node.satellites.as_ref().filter(|satellites| !satellites.is_empty()) {
        write_satellites(out, satellites)?;
    }
    write_traffic(out, node)
}

/// `    1.162.3, up 3 d, QUIC OK, heard of 12 s ago; API answered 5 s ago`
fn write_process(out: &mut impl Write, node: &Node, now_ms: i64) -> io::Result<()> {
    if node.api.state == "none" {
        return Ok(());
    }
    let ago = |time: &Option<String>| {
        let time: jiff::Timestamp = time.as_ref()?.parse().ok()?;
        Some(span(now_ms - time.as_millisecond()))
    };
    let mut parts = Vec::new();
    parts.extend(node.node_version.as_ref().map(|version| format!("release {version}")));
    parts.extend(ago(&node.started_at).map(|span| format!("up {span}")));
    parts.extend(node.quic.as_ref().map(|quic| format!("QUIC {quic}")));
    parts.extend(ago(&node.last_contact_at).map(|span| format!("last contact {span} ago")));
    let answered = match ago(&node.api.last_ok_at) {
        Some(span) => format!("API answered {span} ago"),
        None => "API never answered".to_owned(),
    };
    parts.push(answered);
    writeln!(out, "    {}", visible(&parts.join(" · ")))
}

/// A time span in two units: `3 d 4 h`.
fn span(ms: i64) -> String {
    let seconds = (ms / 1000).max(0);
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, minutes) => format!("{minutes} min"),
        (0, hours, minutes) => format!("{hours} h {minutes} min"),
        (days, hours, _) => format!("{days} d {hours} h"),
    }
}

/// Bytes in the unit that suits `scale`, three figures.
fn size(bytes: Option<u64>) -> String {
    const UNITS: [&str; 6] = ["B", "kB", "MB", "GB", "TB", "PB"];
    let Some(bytes) = bytes else {
        return "?".to_owned();
    };
    let mut value = bytes as f64;
    let mut unit = 0;
    while value >= 999.5 && unit + 1 < UNITS.len() {
        value /= 1000.0;
        unit += 1;
    }
    let digits = match value {
        _ if unit == 0 => 0,
        _ if value < 10.0 => 2,
        _ if value < 100.0 => 1,
        _ => 0,
    };
    format!("{value:.digits$} {}", UNITS[unit])
}

fn disk_line(disk: &Disk) -> String {
    let share = disk.used.zip(disk.allocated).filter(|(_, all)| *all > 0);
    let share = share.map_or_else(String::new, |(used, all)| {
        format!(" ({:.0} %)", used as f64 / all as f64 * 100.0)
    });
    let mut line = format!(
        "disk: {} of {} used{share}, {} free; of the used {} trash",
        size(disk.used),
        size(disk.allocated),
        size(disk.free),
        size(disk.trash),
    );
    if disk.reclaimable.is_some() {
        line += &format!(", {} reclaimable", size(disk.reclaimable));
    }
    if disk.overused.is_some_and(|bytes| bytes > 0) {
        line += &format!("; {} above its allocation", size(disk.overused));
    }
    line
}

fn write_satellites(out: &mut impl Write, satellites: &[Satellite]) -> io::Result<()> {
    writeln!(
        out,
        "    {:<12} {:>9} {:>10} {:>9} {:>16} {:>14}",
        "satellite", "audit", "suspension", "online", "failures left", "failed in 24 h"
    )?;
    // Rounded down: what is not perfect must not look so.
    let score = |score: Option<f64>| {
        score.map_or_else(
            || "–".to_owned(),
            |score| format!("{:.2} %", (score * 10_000.0).floor() / 100.0),
        )
    };
    for satellite in satellites {
        let left = match (&satellite.disqualified_at, satellite.audit_failures_to_disqualification) {
            (Some(_), _) => "disqualified".to_owned(),
            (None, Some(left)) => left.to_string(),
            (None, None) => "no data yet".to_owned(),
        };
        let recent = satellite.recent_failed_audits;
        writeln!(
            out,
            "    {:<12} {:>9} {:>10} {:>9} {:>16} {:>14}",
            visible(&short_name(satellite)),
            score(satellite.audit_score),
            score(satellite.suspension_score),
            score(satellite.online_score),
            left,
            recent.map_or_else(|| "?".to_owned(), |count| count.to_string())
        )?;
    }
    Ok(())
}

fn short_name(satellite: &Satellite) -> String {
    Standing::short_of(
        satellite.url.as_deref().unwrap_or_default(),
        satellite.satellite_id.as_deref(),
    )
}

fn write_traffic(out: &mut impl Write, node: &Node) -> io::Result<()> {
    if node.traffic.by_action.is_empty() {
        return Ok(());
    }
    writeln!(
        out,
        "    {:<12} {:>9} {:>9} {:>9} {:>9} {:>12}",
        "last hour", "success", "canceled", "failed", "rejected", "success MB"
    )?;
    for (action, flow) in &node.traffic.by_action {
        let action = match action.as_str() {
            "" => "–".to_owned(),
            action => visible(action),
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
    Ok(())
}

/// `STORJ WARNING - 2 nodes, home: …|…`
fn write_check(out: &mut impl Write, answer: &Status) -> io::Result<State> {
    let worst = answer.nodes.iter().map(|node| node.state).min();
    let state = worst.unwrap_or(State::Unknown);
    let in_trouble = answer.nodes.iter().filter(|node| node.state != State::Ok);
    let words: Vec<String> = in_trouble
        .map(|node| {
            let reasons: Vec<&str> = node.reasons.iter().map(|reason| reason.text.as_str()).collect();
            format!("{}: {}", node.name, reasons.join("; "))
        })
        .collect();
    let nodes = match answer.nodes.len() {
        1 => "1 node".to_owned(),
        count => format!("{count} nodes"),
    };
    let words = match words.is_empty() {
        true => "no trouble".to_owned(),
        false => words.join("; "),
    };
    let perfdata: String = answer.nodes.iter().map(perfdata).collect();
    let text = visible(&format!("STORJ {} - {nodes}, {words}", state.word()).replace('|', "/"));
    writeln!(out, "{text} |{}", visible(&perfdata))?;
    Ok(state)
}

fn perfdata(node: &Node) -> String {
    let name = node.name.replace('\'', "");
    let sum = |of: fn(&Flow) -> u64| node.traffic.by_action.values().map(of).sum::<u64>();
    let mut text = format!(
        " '{name}_success'={} '{name}_failed'={}",
        sum(|flow| flow.success),
        sum(|flow| flow.failed)
    );
    if let Some(disk) = &node.disk
        && let (Some(used), Some(allocated)) = (disk.used, disk.allocated)
    {
        text += &format!(" '{name}_used'={used}B;;;0;{allocated}");
    }
    let scores = node.satellites.iter().flatten().filter_map(|s| s.audit_score);
    if let Some(lowest) = scores.min_by(f64::total_cmp) {
        text += &format!(" '{name}_audit_score'={lowest};0.995:;0.98:;0;1");
    }
    text
}
