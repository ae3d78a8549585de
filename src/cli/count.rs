//! `count`: one pass over logs, no database.

use std::collections::BTreeMap;
use std::io::{self, BufRead, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::Failure;
use crate::domain::transfer::Outcome;
use crate::engine::tally::{Cell, FileTally, Traffic};
use crate::source::archive;

/// A longer line is cut here: a damaged file must not fill the memory.
const LONGEST_LINE: usize = 16 << 20;

#[derive(Serialize)]
struct Answer<'a> {
    version: u32,
    files: Vec<FileRow<'a>>,
    traffic: Vec<TrafficRow<'a>>,
}

#[derive(Serialize)]
struct FileRow<'a> {
    path: &'a str,
    lines: u64,
    understood: u64,
    unknown: u64,
    malformed: u64,
    bytes: u64,
    dialect: Option<String>,
    first: Option<String>,
    last: Option<String>,
}

#[derive(Serialize)]
struct TrafficRow<'a> {
    satellite_id: Option<&'a str>,
    action: Option<&'a str>,
    outcome: Outcome,
    count: u64,
    bytes: u64,
}

/// Counts `files` and prints the table, or JSON.
pub fn run(files: &[PathBuf], json: bool) -> Result<(), Failure> {
    let mut tallies: Vec<(String, FileTally)> = Vec::new();
    for path in files {
        match tally(path) {
            Ok(tally) => tallies.push((path.display().to_string(), tally)),
            Err(error) => eprintln!("storj-monitor: {}: {error}; not counted", path.display()),
        }
    }
    if tallies.is_empty() {
        return Err(Failure::Nothing);
    }
    let mut traffic = Traffic::default();
    for (_, tally) in &tallies {
        traffic.merge(&tally.traffic);
    }
    let mut out = io::BufWriter::new(io::stdout().lock());
    if json {
        serde_json::to_writer(&mut out, &answer(&tallies, &traffic)).map_err(io::Error::from)?;
        writeln!(out)?;
    } else {
        write_table(&mut out, &tallies, &traffic)?;
    }
    out.flush()?;
    if tallies.len() < files.len() {
        return Err(Failure::Partly {
            done: tallies.len(),
            asked: files.len(),
        });
    }
    Ok(())
}

fn tally(path: &Path) -> io::Result<FileTally> {
    let mut reader = archive::open(path)?;
    let mut tally = FileTally::default();
    let mut line = Vec::with_capacity(4096);
    loop {
        line.clear();
        let read = io::Read::take(&mut reader, LONGEST_LINE as u64).read_until(b'\n', &mut line)?;
        if read == 0 {
            return Ok(tally);
        }
        tally.bytes += read as u64;
        tally.push(line.strip_suffix(b"\n").unwrap_or(&line));
    }
}

fn answer<'a>(tallies: &'a [(String, FileTally)], traffic: &'a Traffic) -> Answer<'a> {
    let files = tallies.iter().map(|(path, tally)| FileRow {
        path,
        lines: tally.lines,
        understood: tally.understood,
        unknown: tally.unknown,
        malformed: tally.malformed,
        bytes: tally.bytes,
        dialect: tally.dialect(),
        first: tally.first_ms.and_then(rfc3339),
        last: tally.last_ms.and_then(rfc3339),
    });
    let known = |text: &'a str| (!text.is_empty()).then_some(text);
    let traffic = traffic.rows().map(|(satellite_id, action, outcome, cell)| TrafficRow {
        satellite_id: known(satellite_id),
        action: known(action),
        outcome,
        count: cell.count,
        bytes: cell.bytes,
    });
    Answer {
        version: 1,
        files: files.collect(),
        traffic: traffic.collect(),
    }
}

fn rfc3339(ms: i64) -> Option<String> {
    jiff::Timestamp::from_millisecond(ms).ok().map(|t| t.to_string())
}

fn write_table(out: &mut impl Write, tallies: &[(String, FileTally)], traffic: &Traffic) -> io::Result<()> {
    let mut actions: BTreeMap<&str, BTreeMap<Outcome, Cell>> = BTreeMap::new();
    for (_, action, outcome, cell) in traffic.rows() {
        let sum = actions.entry(action).or_default().entry(outcome).or_default();
        sum.count += cell.count;
        sum.bytes = sum.bytes.saturating_add(cell.bytes);
    }
    let line = format!(
        "{:<12} {:>10} {:>10} {:>10} {:>10} {:>10} {:>12}",
        "ACTION", "SUCCESS", "CANCELED", "FAILED", "REJECTED", "SUCCESS %", "SUCCESS GB"
    );
    writeln!(out, "{line}")?;
    for (action, outcomes) in &actions {
        let of = |outcome| outcomes.get(&outcome).copied().unwrap_or_default();
        let (success, canceled, failed) = (of(Outcome::Success), of(Outcome::Canceled), of(Outcome::Failed));
        let ended = success.count + canceled.count + failed.count;
        let rate = if ended == 0 {
            "–".to_owned()
        } else {
            format!("{:.2}", success.count as f64 * 100.0 / ended as f64)
        };
        let name = if action.is_empty() {
            "(upload)".to_owned()
        } else {
            visible(action)
        };
        writeln!(
            out,
            "{name:<12} {:>10} {:>10} {:>10} {:>10} {rate:>10} {:>12.3}",
            success.count,
            canceled.count,
            failed.count,
            of(Outcome::Rejected).count,
            success.bytes as f64 / 1e9
        )?;
    }
    if !tallies.iter().any(|(_, tally)| tally.saw_debug) {
        writeln!(
            out,
            "\nThe node logs at INFO: failed uploads are hidden, so upload rates are upper bounds."
        )?;
    }
    if actions.contains_key("GET_AUDIT") {
        writeln!(
            out,
            "A canceled audit was passed: the satellite hung up after its bytes. Only failed ones count."
        )?;
    }
    writeln!(out)?;
    for (path, tally) in tallies {
        let span = match (tally.first_ms.and_then(rfc3339), tally.last_ms.and_then(rfc3339)) {
            (Some(first), Some(last)) => format!("{first} to {last}"),
            _ => "no record with a time".to_owned(),
        };
        writeln!(
            out,
            "{}: {} lines, {} unknown, {} malformed; {}; {span}",
            visible(path),
            tally.lines,
            tally.unknown,
            tally.malformed,
            tally.dialect().unwrap_or_else(|| "not a node's log".to_owned())
        )?;
    }
    Ok(())
}

/// Foreign text as a terminal may see it: control and direction characters made visible.
fn visible(text: &str) -> String {
    let hidden = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
    };
    text.chars().map(|c| if hidden(c) { '\u{fffd}' } else { c }).collect()
}
