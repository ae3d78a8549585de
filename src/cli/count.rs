//! `count`: one pass over logs, no database.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::{Failure, visible};
use crate::domain::batch::Cell;
use crate::domain::transfer::{Outcome, comes_in};
use crate::engine::tally::{Lines, Tally, Traffic, add_traffic};
use crate::report::time::rfc3339;
use crate::source::{archive, lines};

#[derive(Serialize)]
struct Answer<'a> {
    version: u32,
    files: Vec<FileRow<'a>>,
    traffic: Vec<TrafficRow<'a>>,
}

/// One file of `count --json` and `ingest --json`.
#[derive(Serialize)]
pub struct FileRow<'a> {
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

impl<'a> FileRow<'a> {
    /// The row of the file at `path`, of `bytes` bytes inflated.
    pub fn new(path: &'a str, lines: &Lines, bytes: u64) -> Self {
        Self {
            path,
            lines: lines.lines,
            understood: lines.understood,
            unknown: lines.unknown,
            malformed: lines.malformed,
            bytes,
            dialect: lines.dialect(),
            first: lines.first_ms.map(rfc3339),
            last: lines.last_ms.map(rfc3339),
        }
    }
}

#[derive(Serialize)]
struct TrafficRow<'a> {
    satellite_id: Option<&'a str>,
    action: Option<&'a str>,
    outcome: Outcome,
    count: u64,
    bytes: u64,
}

struct Counted {
    path: String,
    lines: Lines,
    bytes: u64,
    traffic: Traffic,
    /// Why the rest of the file was not read.
    error: Option<io::Error>,
}

/// Counts `files` and prints the table, or JSON.
pub fn run(files: &[PathBuf], json: bool) -> Result<(), Failure> {
    let mut counted = Vec::new();
    let mut unread = 0;
    for path in files {
        match count(path) {
            Ok(file) => {
                if let Some(error) = &file.error {
                    unread += 1;
                    eprintln!(
                        "storj-monitor: {}: {error}; counted are the {} lines before",
                        visible(&file.path),
                        file.lines.lines
                    );
                }
                counted.push(file);
            }
            Err(error) => {
                unread += 1;
                eprintln!(
                    "storj-monitor: {}: {error}; not counted",
                    visible(&path.display().to_string())
                );
            }
        }
    }
    if counted.is_empty() {
        return Err(Failure::NoLog);
    }
    let mut traffic = Traffic::default();
    for file in &counted {
        add_traffic(&mut traffic, &file.traffic);
    }
    let mut out = io::BufWriter::new(io::stdout().lock());
    if json {
        serde_json::to_writer(&mut out, &answer(&counted, &traffic)).map_err(io::Error::from)?;
        writeln!(out)?;
    } else {
        write_table(&mut out, &counted, &traffic)?;
    }
    out.flush()?;
    if unread > 0 {
        return Err(Failure::Partly {
            what: "counted",
            unread,
            asked: files.len(),
        });
    }
    Ok(())
}

/// Part of a plain file that is worth a thread.
const PART: u64 = 8 << 20;

fn count(path: &Path) -> io::Result<Counted> {
    let parts = match parts(path)? {
        Some(parts) => parts,
        None => return Ok(count_stream(path, archive::open(path)?)),
    };
    let results: Vec<Counted> = std::thread::scope(|scope| {
        let threads: Vec<_> = parts
            .iter()
            .map(|(start, end)| {
                scope.spawn(move || -> io::Result<Counted> {
                    let mut file = File::open(path)?;
                    file.seek(SeekFrom::Start(*start))?;
                    Ok(count_stream(path, file.take(end - start)))
                })
            })
            .collect();
        threads
            .into_iter()
            .map(|thread| {
                thread
                    .join()
                    .unwrap_or_else(|_| Err(io::Error::other("a reader failed")))
            })
            .collect::<io::Result<Vec<_>>>()
    })?;
    let mut results = results.into_iter();
    let mut whole = results.next().ok_or(io::ErrorKind::UnexpectedEof)?;
    for part in results {
        whole.lines.merge(&part.lines);
        whole.bytes += part.bytes;
        whole.error = whole.error.or(part.error);
        add_traffic(&mut whole.traffic, &part.traffic);
    }
    Ok(whole)
}

/// Ranges of a big plain file, cut at line ends; `None` for what has to be read in one go: small or
/// compressed files, standard input, and wrappings where a log line may span lines.
fn parts(path: &Path) -> io::Result<Option<Vec<(u64, u64)>>> {
    if path == Path::new("-") {
        return Ok(None);
    }
    let mut file = File::open(path)?;
    let meta = file.metadata()?;
    let threads = std::thread::available_parallelism().map_or(1, |n| n.get() as u64);
    let count = (meta.len() / PART).min(threads);
    let mut head = [0; 8];
    if !meta.is_file() || count < 2 || file.read_exact(&mut head).is_err() {
        return Ok(None);
    }
    let is_log = head.starts_with(b"{\"L\":") || head.is_ascii() && !head.starts_with(b"{") && !head.starts_with(b"__");
    if !is_log || archive::is_compressed(&head) {
        return Ok(None);
    }
    let mut cuts = vec![0];
    for n in 1..count {
        let at = next_line(&mut file, meta.len() * n / count)?;
        cuts.push(at.min(meta.len()));
    }
    // What is appended meanwhile belongs to the last part.
    cuts.push(u64::MAX);
    Ok(Some(cuts.windows(2).map(|w| (w[0], w[1])).collect()))
}

fn next_line(file: &mut File, from: u64) -> io::Result<u64> {
    file.seek(SeekFrom::Start(from))?;
    let mut line = Vec::new();
    let read = io::BufRead::read_until(&mut io::BufReader::new(file), b'\n', &mut line)?;
    Ok(from + read as u64)
}

fn count_stream(path: &Path, reader: impl Read) -> Counted {
    let mut tally = Tally::default();
    let mut bytes = 0;
    let read = lines::blocks(reader, |block| {
        bytes += block.len() as u64;
        lines::of(block).for_each(|line| tally.push(line));
        Ok(true)
    });
    Counted {
        path: path.display().to_string(),
        traffic: tally.traffic(),
        lines: tally.lines,
        bytes,
        error: read.err(),
    }
}

fn answer<'a>(counted: &'a [Counted], traffic: &'a Traffic) -> Answer<'a> {
    let known = |text: &'a String| (!text.is_empty()).then_some(text.as_str());
    let traffic = traffic
        .iter()
        .map(|((satellite_id, action, outcome), cell)| TrafficRow {
            satellite_id: known(satellite_id),
            action: known(action),
            outcome: *outcome,
            count: cell.count,
            bytes: cell.bytes,
        });
    Answer {
        version: 1,
        files: counted
            .iter()
            .map(|file| FileRow::new(&file.path, &file.lines, file.bytes))
            .collect(),
        traffic: traffic.collect(),
    }
}

fn write_table(out: &mut impl Write, counted: &[Counted], traffic: &Traffic) -> io::Result<()> {
    let mut actions: BTreeMap<&str, BTreeMap<Outcome, Cell>> = BTreeMap::new();
    for ((_, action, outcome), cell) in traffic {
        let sum = actions.entry(action).or_default().entry(*outcome).or_default();
        sum.count += cell.count;
        sum.bytes = sum.bytes.saturating_add(cell.bytes);
    }
    writeln!(
        out,
        "{:<12} {:>10} {:>10} {:>10} {:>10} {:>10} {:>12}",
        "ACTION", "SUCCESS", "CANCELED", "FAILED", "REJECTED", "SUCCESS %", "SUCCESS GB"
    )?;
    for (action, outcomes) in &actions {
        let of = |outcome| outcomes.get(&outcome).copied().unwrap_or_default();
        let (success, canceled, failed) = (of(Outcome::Success), of(Outcome::Canceled), of(Outcome::Failed));
        let name = match *action {
            "" => "(no action)".to_owned(),
            name => visible(name),
        };
        writeln!(
            out,
            "{name:<12} {:>10} {:>10} {:>10} {:>10} {:>10} {:>12.3}",
            success.count,
            canceled.count,
            failed.count,
            of(Outcome::Rejected).count,
            rate(success.count, canceled.count + failed.count),
            success.bytes as f64 / 1e9
        )?;
    }
    write_notes(out, counted, actions.keys().copied())?;
    for file in counted {
        let span = match (file.lines.first_ms, file.lines.last_ms) {
            (Some(first), Some(last)) => format!("{} to {}", rfc3339(first), rfc3339(last)),
            _ => "no record with a time".to_owned(),
        };
        writeln!(
            out,
            "{}: {} lines, {} unknown, {} malformed; {}; {span}",
            visible(&file.path),
            file.lines.lines,
            file.lines.unknown,
            file.lines.malformed,
            file.lines.dialect().unwrap_or_else(|| "not a node's log".to_owned())
        )?;
    }
    Ok(())
}

fn rate(success: u64, others: u64) -> String {
    match success + others {
        0 => "–".to_owned(),
        all => format!("{:.2}", success as f64 * 100.0 / all as f64),
    }
}

/// What the figures cannot tell.
fn write_notes<'a>(
    out: &mut impl Write,
    counted: &[Counted],
    actions: impl Iterator<Item = &'a str>,
) -> io::Result<()> {
    let (mut uploads, mut audits) = (false, false);
    for action in actions {
        uploads |= comes_in(action);
        audits |= action == "GET_AUDIT";
    }
    writeln!(out)?;
    if uploads && !counted.iter().any(|file| file.lines.saw_debug) {
        writeln!(
            out,
            "The node logs at INFO: failed uploads are hidden, so upload rates are upper bounds."
        )?;
    }
    if audits {
        writeln!(
            out,
            "A canceled audit was passed: the satellite hung up after its bytes. Only failed ones count."
        )?;
    }
    writeln!(out)
}
