//! `ingest`: history into the database.

use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;

use super::count::FileRow;
use super::{Failure, Global, visible};
use crate::collector::ingest::{self, Outcome, Overlap};
use crate::config::node::check_name;
use crate::report::time::rfc3339;
use crate::store::writer::Writer;

/// Arguments of `ingest`.
#[derive(clap::Args)]
pub struct Args {
    /// The node the logs are of
    #[arg(value_name = "NAME")]
    node: String,
    /// Its logs, in any order: plain, .gz, .zst; `-` is standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// What to do with unknown lines within times counted before: `ask` leaves them out and fails
    #[arg(long, value_enum, default_value = "ask", value_name = "WORD")]
    overlap: OverlapWord,
    /// Answer as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum OverlapWord {
    /// Leave them out, say so, and exit with 3
    Ask,
    /// Count them: they are other events
    Count,
    /// Leave them out: they are the same events in another form
    Skip,
}

impl From<OverlapWord> for Overlap {
    fn from(word: OverlapWord) -> Self {
        match word {
            OverlapWord::Ask => Self::Ask,
            OverlapWord::Count => Self::Count,
            OverlapWord::Skip => Self::Skip,
        }
    }
}

#[derive(Serialize)]
struct Row<'a> {
    #[serde(flatten)]
    file: FileRow<'a>,
    duplicate: u64,
    overlap: u64,
    error: Option<String>,
}

#[derive(Serialize)]
struct Answer<'a> {
    version: u32,
    node: &'a str,
    files: Vec<Row<'a>>,
}

/// Ingests the files and reports on each.
pub fn run(global: &Global, args: &Args) -> Result<(), Failure> {
    check_name(&args.node).map_err(Failure::Usage)?;
    let now_ms = global.now_ms()?;
    let mut writer = Writer::open(&global.data_dir()?)?;
    let mut done: Vec<(String, Outcome)> = Vec::new();
    let mut unread = 0;
    for path in &args.files {
        let name = path.display().to_string();
        let bar = bar(path);
        let moved = |bytes| bar.inc(bytes);
        let result = ingest::ingest(&mut writer, &args.node, path, args.overlap.into(), now_ms, moved);
        bar.finish_and_clear();
        match result {
            Ok(outcome) => {
                report(&name, &outcome);
                unread += usize::from(outcome.error.is_some());
                done.push((name, outcome));
            }
            // A file that cannot be opened is left out; a database that fails ends it all.
            Err(error @ crate::store::Error::Io { .. }) => {
                unread += 1;
                eprintln!("storj-monitor: {}", visible(&error.to_string()));
            }
            Err(error) => return Err(error.into()),
        }
    }
    answer(args, &done)?;
    let overlap: u64 = done.iter().map(|(_, outcome)| outcome.seen.overlap).sum();
    if done.is_empty() {
        return Err(Failure::NoLog);
    }
    if unread > 0 {
        return Err(Failure::Partly {
            what: "read",
            unread,
            asked: args.files.len(),
        });
    }
    if overlap > 0 && matches!(args.overlap, OverlapWord::Ask) {
        return Err(Failure::Overlap { lines: overlap });
    }
    Ok(())
}

/// On a terminal: bytes of the file, rate and remaining time.
fn bar(path: &Path) -> ProgressBar {
    let len = std::fs::metadata(path)
        .ok()
        .filter(|meta| meta.is_file())
        .map(|meta| meta.len());
    let target = if io::stderr().is_terminal() {
        ProgressDrawTarget::stderr()
    } else {
        ProgressDrawTarget::hidden()
    };
    let name = path
        .file_name()
        .map(|name| visible(&name.to_string_lossy()))
        .unwrap_or_default();
    let template = match len {
        Some(_) => "{prefix} {wide_bar} {bytes}/{total_bytes} {bytes_per_sec}, {eta} left",
        None => "{prefix} {spinner} {bytes} {bytes_per_sec}",
    };
    let bar = ProgressBar::with_draw_target(len, target).with_prefix(name);
    match ProgressStyle::with_template(template) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

fn report(name: &str, outcome: &Outcome) {
    let name = visible(name);
    if let Some(error) = &outcome.error {
        let lines = outcome.seen.lines.lines;
        eprintln!("storj-monitor: {name}: {error}; the {lines} lines before are in");
    }
    if let Some((from, to)) = outcome.seen.overlap_span {
        let (from, to) = (rfc3339(from * 1000), rfc3339(to * 1000));
        let lines = outcome.seen.overlap;
        eprintln!("storj-monitor: {name}: {lines} unknown lines from {from} to {to} were left out");
    }
    if outcome.half_line {
        eprintln!("storj-monitor: {name}: the last line is a half one and waits until it is whole");
    }
}

fn answer(args: &Args, done: &[(String, Outcome)]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    if args.json {
        let rows = done.iter().map(|(name, outcome)| Row {
            file: FileRow::new(name, &outcome.seen.lines, outcome.seen.bytes),
            duplicate: outcome.seen.duplicate,
            overlap: outcome.seen.overlap,
            error: outcome.error.as_ref().map(ToString::to_string),
        });
        let answer = Answer {
            version: 1,
            node: &args.node,
            files: rows.collect(),
        };
        serde_json::to_writer(&mut out, &answer)?;
        return writeln!(out);
    }
    for (name, outcome) in done {
        let lines = &outcome.seen.lines;
        let new = lines.lines - outcome.seen.duplicate - outcome.seen.overlap;
        writeln!(
            out,
            "{}: {} lines, {new} new, {} counted before, {} unknown, {} malformed; {}",
            visible(name),
            lines.lines,
            outcome.seen.duplicate,
            lines.unknown,
            lines.malformed,
            lines.dialect().unwrap_or_else(|| "not a node's log".to_owned())
        )?;
    }
    Ok(())
}
