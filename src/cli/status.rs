//! `status`: one screen about every node, in words first.

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;
#[cfg(unix)]
use std::time::Duration;

use super::page::{self, Column, Page};
use super::{Failure, Global, collect, read, visible};
use crate::api::databases::{Databases, Notice};
#[cfg(unix)]
use crate::api::message::{Answer, Query};
#[cfg(unix)]
use crate::api::socket;
use crate::api::status::{Disk, Earnings, Flow, Node, Satellite, Status};
use crate::collector::tell;
use crate::domain::health::State;
use crate::domain::money::Micro;
use crate::domain::sample::Standing;
use crate::ui::number;

/// Arguments of `status`.
#[derive(clap::Args, Default)]
pub struct Args {
    /// Answer as JSON
    #[arg(long)]
    json: bool,
    /// One line, perfdata and an exit code, as monitoring plugins do
    #[arg(long, conflicts_with = "json")]
    check: bool,
}

/// A collector that is asked answers at once, or the database is asked instead.
#[cfg(unix)]
const PATIENCE: Duration = Duration::from_secs(5);

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
            let text = failure.to_string().replace('\n', "; ").replace('|', "/");
            println!("STORJ UNKNOWN - {}", visible(&text));
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
    // A check has no time to read logs.
    let reader = read::open(
        global,
        if args.check {
            read::Once::Never
        } else {
            read::Once::IfNothing
        },
    )?;
    let names = read::known_nodes(&reader, &global.node)?;
    match running(global, &data_dir, &names) {
        Some(status) => Ok(status),
        None => Ok(tell::status(
            &data_dir,
            &reader,
            &names,
            global.now_ms()?,
            (&collect::terms_now(global), None),
        )?),
    }
}

/// Why the running collector cannot keep what it reads; `None`: it can, or does not say.
pub fn collector_trouble(data_dir: &Path) -> Option<String> {
    let global = Global::default();
    running(&global, data_dir, &[])?.collector.error
}

#[cfg(unix)]
fn running(global: &Global, data_dir: &Path, names: &[String]) -> Option<Status> {
    let mut link = socket::connect(data_dir).ok()?;
    let query = Query::Status {
        nodes: names.to_vec(),
        at_ms: global.at.as_ref().and_then(|_| global.now_ms().ok()),
    };
    match link.ask(query, PATIENCE) {
        Ok(Answer::Status(status)) => Some(status),
        // The database can be asked, too.
        _ => None,
    }
}

#[cfg(not(unix))]
fn running(_: &Global, _: &Path, _: &[String]) -> Option<Status> {
    None
}

fn write_collector(out: &mut impl Write, answer: &Status) -> io::Result<()> {
    let text = match (&answer.collector.since, &answer.collector.error) {
        (Some(_), Some(error)) => format!("the collector runs and cannot keep what it reads: {error}"),
        (Some(since), None) => format!("the collector runs since {since}"),
        (None, _) => format!("no collector runs; this is what the database holds at {}", answer.time),
    };
    Page::new(out, page::width()).paragraph(0, &text)
}

/// Every node in words and tables.
pub fn write_nodes(out: &mut impl Write, answer: &Status, now_ms: i64) -> io::Result<()> {
    let mut page = Page::new(out, page::width());
    for (n, node) in answer.nodes.iter().enumerate() {
        if n > 0 {
            page.paragraph(0, "")?;
        }
        write_node(&mut page, node, now_ms)?;
    }
    Ok(())
}

fn write_node(page: &mut Page<impl Write>, node: &Node, now_ms: i64) -> io::Result<()> {
    let words: Vec<&str> = node.reasons.iter().map(|reason| reason.text.as_str()).collect();
    let has_log = node.sources.iter().any(|source| source.lines > 0);
    let first = match (words.split_first(), node.api.state.as_str()) {
        (Some((first, _)), _) => (*first).to_owned(),
        (None, "none") if !has_log && node.databases.is_some() => "its databases show no trouble".to_owned(),
        (None, "none") => "the log shows no trouble".to_owned(),
        (None, _) if !has_log => "its API shows no trouble".to_owned(),
        (None, _) => "log and API show no trouble".to_owned(),
    };
    let mark = match node.state {
        State::Critical => "▲",
        State::Warning => "!",
        State::Unknown => "○",
        State::Ok => "●",
    };
    let line = format!("{mark} {} {}: {first}", node.name, node.state.word());
    page.paragraph(4, &line)?;
    for more in words.iter().skip(1) {
        page.paragraph(6, &format!("    - {more}"))?;
    }
    if node.api.state != "none" {
        page.paragraph(6, &process_line(node, now_ms))?;
    }
    if let Some(databases) = &node.databases {
        write_databases(page, databases, now_ms)?;
    }
    write_notices(page, &node.notices, now_ms)?;
    if let Some(disk) = &node.disk {
        page.paragraph(6, &format!("    {}", disk_line(disk)))?;
    }
    if let Some(line) = node.earnings.as_ref().and_then(money_line) {
        page.paragraph(6, &format!("    {line}"))?;
    }
    if let Some(satellites) = node.satellites.as_ref().filter(|satellites| !satellites.is_empty()) {
        write_satellites(page, satellites)?;
    }
    write_traffic(page, node)
}

/// `    release 1.162.3 · up 3 d · QUIC OK · last contact 12 s ago · API answered 5 s ago`
fn process_line(node: &Node, now_ms: i64) -> String {
    let ago = |time: &Option<String>| {
        let time: jiff::Timestamp = time.as_ref()?.parse().ok()?;
        Some(number::age(
            ((now_ms - time.as_millisecond()) / 1000).max(0).unsigned_abs(),
        ))
    };
    let mut parts = Vec::new();
    parts.extend(node.node_version.as_ref().map(|version| format!("release {version}")));
    parts.extend(ago(&node.started_at).map(|span| format!("up {span}")));
    parts.extend(node.quic.as_ref().map(|quic| format!("QUIC {quic}")));
    parts.extend(ago(&node.last_contact_at).map(|span| format!("last contact {span} ago")));
    parts.push(match ago(&node.api.last_ok_at) {
        Some(span) => format!("API answered {span} ago"),
        None => "API never answered".to_owned(),
    });
    format!("    {}", parts.join(" · "))
}

/// A notice that nobody read is worth a line for so long.
const NOTICE_MS: i64 = 7 * 86_400_000;

/// How old they are. Why some are not read is among the reasons.
fn write_databases(page: &mut Page<impl Write>, databases: &Databases, now_ms: i64) -> io::Result<()> {
    let at = |time: &str| {
        time.parse::<jiff::Timestamp>()
            .ok()
            .map(jiff::Timestamp::as_millisecond)
    };
    let ago = |ms: i64| number::age(((now_ms - ms) / 1000).max(0).unsigned_abs());
    let read = databases.files.iter().filter(|file| file.state == "ok").count();
    let changed = databases.changed_at.as_deref().and_then(at);
    let age = changed.map_or(String::new(), |ms| format!(", last written {} ago", ago(ms)));
    page.paragraph(
        6,
        &format!("    databases: {read} of {} read{age}", databases.files.len()),
    )?;
    Ok(())
}

/// What the node wants to be known, and nobody read.
fn write_notices(page: &mut Page<impl Write>, notices: &[Notice], now_ms: i64) -> io::Result<()> {
    for notice in notices.iter().filter(|notice| notice.read_at.is_none()) {
        let created: Option<jiff::Timestamp> = notice.created_at.parse().ok();
        let age = created.map(|created| now_ms - created.as_millisecond());
        if let Some(age) = age.filter(|age| *age <= NOTICE_MS) {
            let ago = number::age((age / 1000).max(0).unsigned_abs());
            page.paragraph(6, &format!("    notice, {ago} ago: {}", notice.title))?;
        }
    }
    Ok(())
}

/// `earned in 2026-08: $9.84 so far, $14.73 by its end; beside it $0.21 are kept back`
fn money_line(earnings: &Earnings) -> Option<String> {
    let text = |micro: i64| earnings.currency.text(Micro(micro));
    let so_far = text(earnings.so_far_microusd?);
    let mut line = format!("earned in {}: {so_far} so far", earnings.month);
    if let Some(end) = earnings.estimate_microusd.or(earnings.node_estimate_microusd) {
        line += &format!(", {} by its end", text(end));
    }
    if let Some(held) = earnings.held_microusd.filter(|held| *held >= 5000) {
        line += &format!("; beside it {} are kept back", text(held));
    }
    Some(line)
}

fn size(bytes: Option<u64>) -> String {
    number::known(bytes, number::size)
}

fn disk_line(disk: &Disk) -> String {
    let share = disk.used.zip(disk.allocated).filter(|(_, all)| *all > 0);
    let share = share.map_or_else(String::new, |(used, all)| {
        format!(" ({:.0} %)", used as f64 / all as f64 * 100.0)
    });
    if disk.source == "db" {
        return format!(
            "disk: {} in blobs, of it {} trash, by its databases (a hashstore is not in them)",
            size(disk.used),
            size(disk.trash)
        );
    }
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

const SATELLITES: [Column; 7] = [
    Column {
        title: "satellite",
        drop: 0,
    },
    Column {
        title: "audit",
        drop: 0,
    },
    Column {
        title: "failures left",
        drop: 0,
    },
    Column {
        title: "failed in 24 h",
        drop: 2,
    },
    Column {
        title: "suspension",
        drop: 3,
    },
    Column {
        title: "online",
        drop: 1,
    },
    Column {
        title: "vetted",
        drop: 4,
    },
];

fn write_satellites(page: &mut Page<impl Write>, satellites: &[Satellite]) -> io::Result<()> {
    // Rounded down: what is not perfect must not look so.
    let score = |score: Option<f64>| {
        score.map_or_else(
            || "?".to_owned(),
            |score| format!("{:.2} %", (score * 10_000.0).floor() / 100.0),
        )
    };
    let rows: Vec<Vec<String>> = satellites
        .iter()
        .map(|satellite| {
            let left = match (&satellite.disqualified_at, satellite.audit_failures_to_disqualification) {
                (Some(_), _) => "disqualified".to_owned(),
                (None, Some(left)) => left.to_string(),
                (None, None) => "no data yet".to_owned(),
            };
            let recent = satellite.recent_failed_audits;
            let vetted = satellite.vetted_at.as_ref();
            vec![
                short_name(satellite),
                score(satellite.audit_score),
                left,
                recent.map_or_else(|| "?".to_owned(), |count| count.to_string()),
                score(satellite.suspension_score),
                score(satellite.online_score),
                vetted.map_or_else(|| "?".to_owned(), |time| time.chars().take(10).collect()),
            ]
        })
        .collect();
    page.table(4, &SATELLITES, &rows)
}

fn short_name(satellite: &Satellite) -> String {
    Standing::short_of(
        satellite.url.as_deref().unwrap_or_default(),
        satellite.satellite_id.as_deref(),
    )
}

const TRAFFIC: [Column; 6] = [
    Column {
        title: "last hour",
        drop: 0,
    },
    Column {
        title: "success",
        drop: 0,
    },
    Column {
        title: "canceled",
        drop: 2,
    },
    Column {
        title: "failed",
        drop: 0,
    },
    Column {
        title: "rejected",
        drop: 3,
    },
    Column {
        title: "success MB",
        drop: 1,
    },
];

fn write_traffic(page: &mut Page<impl Write>, node: &Node) -> io::Result<()> {
    if node.traffic.by_action.is_empty() {
        return Ok(());
    }
    let rows: Vec<Vec<String>> = node
        .traffic
        .by_action
        .iter()
        .map(|(action, flow)| {
            let action = match action.as_str() {
                "" => "–",
                action => action,
            };
            vec![
                action.to_owned(),
                flow.success.to_string(),
                flow.canceled.to_string(),
                flow.failed.to_string(),
                flow.rejected.to_string(),
                format!("{:.2}", flow.bytes as f64 / 1e6),
            ]
        })
        .collect();
    page.table(4, &TRAFFIC, &rows)
}

/// `STORJ WARNING - 2 nodes, home: …|…`
fn write_check(out: &mut impl Write, answer: &Status) -> io::Result<State> {
    let worst = answer.nodes.iter().map(|node| node.state).min();
    let state = worst.unwrap_or(State::Unknown);
    let in_trouble = answer.nodes.iter().filter(|node| node.state != State::Ok);
    let words: Vec<String> = in_trouble
        .map(|node| {
            let first = node.reasons.first().map_or("", |reason| reason.text.as_str());
            match node.reasons.len() {
                0 | 1 => format!("{}: {first}", node.name),
                more => format!("{}: {first} (and {} more)", node.name, more - 1),
            }
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

/// One of a satellite's scores.
type Score = fn(&Satellite) -> Option<f64>;

fn perfdata(node: &Node) -> String {
    let name = node.name.replace('\'', "");
    let sum = |of: fn(&Flow) -> u64| node.traffic.by_action.values().map(of).sum::<u64>();
    let mut text = String::new();
    // Without a log nothing is known of transfers; that is not none.
    if node.sources.iter().any(|source| source.lines > 0) {
        text = format!(
            " '{name}_success'={} '{name}_failed'={}",
            sum(|flow| flow.success),
            sum(|flow| flow.failed)
        );
    }
    if let Some(disk) = &node.disk
        && let (Some(used), Some(allocated)) = (disk.used, disk.allocated)
    {
        text += &format!(" '{name}_used'={used}B;;;0;{allocated}");
    }
    // The lowest of all satellites; thresholds are those of the judgement.
    let scores: [(&str, &str, Score); 3] = [
        ("audit", "0.995:;0.98:", |satellite| satellite.audit_score),
        ("suspension", "0.95:;0.8:", |satellite| satellite.suspension_score),
        ("online", "0.9:;0.7:", |satellite| satellite.online_score),
    ];
    for (kind, limits, score) in scores {
        let scores = node.satellites.iter().flatten().filter_map(score);
        if let Some(lowest) = scores.min_by(f64::total_cmp) {
            text += &format!(" '{name}_{kind}_score'={lowest};{limits};0;1");
        }
    }
    text
}
