//! `sources`: where each node's lines come from, how far they were read, what is missing.

use std::io::{self, Write};

use serde::Serialize;

use super::page::{self, Page};
use super::{Failure, Global, read};
use crate::api::status::Source;
use crate::collector::tell;
use crate::report::time::rfc3339;
use crate::store::query::Scope;
use crate::store::sources::{GapRow, SourceRow};

/// Arguments of `sources`.
#[derive(clap::Args)]
pub struct Args {
    /// Answer as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Answer {
    version: u32,
    sources: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    node: String,
    #[serde(flatten)]
    source: Source,
    consumed: Vec<Consumed>,
    gaps: Vec<Gap>,
}

#[derive(Serialize)]
struct Consumed {
    device: u64,
    inode: u64,
    head_bytes: u32,
    head_hash: String,
    from: u64,
    to: u64,
    until: Option<u64>,
    file_bytes: u64,
    finished: bool,
}

#[derive(Serialize)]
struct Gap {
    noticed_at: String,
    from: Option<String>,
    to: Option<String>,
    bytes: Option<u64>,
}

fn time(second: Option<i64>) -> Option<String> {
    second.map(|second| rfc3339(second * 1000))
}

impl Gap {
    fn new(row: &GapRow) -> Self {
        Self {
            noticed_at: rfc3339(row.noticed_ms),
            from: time(row.from),
            to: time(row.to),
            bytes: row.bytes,
        }
    }
}

impl Row {
    fn new(row: &SourceRow, now: i64) -> Self {
        let consumed = row.positions.iter().map(|position| Consumed {
            device: position.file.0,
            inode: position.file.1,
            head_bytes: position.head.len,
            head_hash: format!("{:016x}", position.head.hash),
            from: position.from,
            to: position.done,
            until: position.until,
            file_bytes: position.len,
            finished: position.finished,
        });
        Self {
            node: row.node.clone(),
            source: tell::source(row, now),
            consumed: consumed.collect(),
            gaps: row.gaps.iter().map(Gap::new).collect(),
        }
    }
}

/// Prints the sources.
pub fn run(global: &Global, args: &Args) -> Result<(), Failure> {
    let reader = read::open(global, read::Once::IfNamed)?;
    let scope = Scope {
        nodes: read::known_nodes(&reader, &global.node)?,
        ..Scope::default()
    };
    let rows = reader.sources(&scope)?;
    let now = global.now_ms()?.div_euclid(1000);
    let mut out = io::BufWriter::new(io::stdout().lock());
    if args.json {
        let answer = Answer {
            version: 1,
            sources: rows.iter().map(|row| Row::new(row, now)).collect(),
        };
        serde_json::to_writer(&mut out, &answer).map_err(io::Error::from)?;
        writeln!(out)?;
    } else {
        let mut page = Page::new(&mut out, page::width());
        rows.iter().try_for_each(|row| write_row(&mut page, row, now))?;
    }
    Ok(out.flush()?)
}

fn write_row(page: &mut Page<impl Write>, row: &SourceRow, now: i64) -> io::Result<()> {
    let state = match (&row.state, row.followed) {
        (Some(state), _) => state.as_str(),
        (None, true) => "new",
        (None, false) => "history",
    };
    let last = time(row.last_second.filter(|second| *second <= now)).unwrap_or_else(|| "unknown".to_owned());
    page.paragraph(4, &format!("{} {} {state}", row.node, row.source))?;
    let dialect = row.progress.dialect.as_deref().unwrap_or("no record yet");
    let counts = format!(
        "    {} lines ({} unknown, {} malformed), {} bytes behind, last line {last}; {dialect}",
        row.progress.lines,
        row.progress.unknown,
        row.progress.malformed,
        row.lag(),
    );
    page.paragraph(6, &counts)?;
    if let Some(error) = &row.error {
        page.paragraph(6, &format!("    {error}"))?;
    }
    for gap in row.gaps.iter().map(Gap::new) {
        let words = |time: &Option<String>| time.clone().unwrap_or_else(|| "?".to_owned());
        let bytes = gap
            .bytes
            .map_or_else(|| "?".to_owned(), |bytes| format!("at least {bytes}"));
        let (from, to) = (words(&gap.from), words(&gap.to));
        let text = format!("    gap from {from} to {to}: {bytes} bytes were destroyed unread");
        page.paragraph(6, &text)?;
    }
    Ok(())
}
