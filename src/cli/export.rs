//! `export`: tables of the database, streamed.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;

use super::{Failure, Global, collect, read, visible};
use crate::api::table::{Question, What};
use crate::collector::tables;
use crate::report::table::{Format, Table};
use crate::report::time;

/// Arguments of `export`.
#[derive(clap::Args)]
pub struct Args {
    /// The table
    #[arg(value_enum)]
    what: What,
    /// How it is written
    #[arg(long, value_enum, default_value = "csv")]
    format: Format,
    /// From this time on: 2026-08-20T06:00:33Z, 2026-08-20, or an age as 24h or 7d
    #[arg(long, value_name = "TIME")]
    from: Option<String>,
    /// Until before this time
    #[arg(long, value_name = "TIME")]
    to: Option<String>,
    /// Only these columns, in this order
    #[arg(long, value_delimiter = ',', value_name = "LIST")]
    columns: Vec<String>,
    /// traffic: fields to count by: node, satellite_id, action, outcome, cause, size_class, hour, day
    #[arg(long, value_delimiter = ',', value_name = "LIST")]
    by: Vec<String>,
    /// transfers: only those of this piece
    #[arg(long, value_name = "ID")]
    piece: Option<String>,
    /// Write to this file instead of standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// Where a table goes.
type Out = Box<dyn Write>;

/// Writes the table.
pub fn run(global: &Global, args: &Args) -> Result<(), Failure> {
    let question = question(global, args)?;
    let (columns, shown) = question.columns().map_err(Failure::Usage)?;
    let reader = read::open(global, read::Once::IfNamed)?;
    let question = Question {
        nodes: read::known_nodes(&reader, &global.node)?,
        ..question
    };
    let chosen = chosen(args, &columns, shown)?;
    let mut table = Table::new(out(args)?, args.format, &columns, &chosen)?;
    let terms = collect::terms_now(global);
    tables::rows(&reader, &question, &terms, &mut |row| table.row(row)).map_err(|error| match error {
        tables::Error::Asked(what) => Failure::Usage(what),
        tables::Error::Store(error) => error.into(),
        tables::Error::Taken(error) => error.into(),
    })?;
    table.finish()?;
    // Who asked for no range has not asked for less.
    if (args.from.is_some() || args.to.is_some())
        && let Some(told) = tables::widened(&reader, &question)
    {
        eprintln!("storj-monitor: {}", range_words(told));
    }
    Ok(())
}

/// What the range became.
fn range_words((from_ms, to_ms): (Option<i64>, Option<i64>)) -> String {
    let range = match (from_ms.map(time::rfc3339), to_ms.map(time::rfc3339)) {
        (Some(from), Some(to)) => format!("{from} to {to}"),
        (Some(from), None) => format!("{from} on"),
        (None, Some(to)) => format!("the beginning to {to}"),
        (None, None) => "the beginning on".to_owned(),
    };
    format!("the range was widened to what is kept: these are all from {range}")
}

fn question(global: &Global, args: &Args) -> Result<Question, Failure> {
    let now_ms = global.now_ms()?;
    let parse = |text: &String| time::parse(text, now_ms).map_err(Failure::Usage);
    let from_ms = args.from.as_ref().map(parse).transpose()?;
    let mut to_ms = args.to.as_ref().map(parse).transpose()?;
    if global.at.is_some() {
        // What came later was not there then.
        to_ms = Some(to_ms.map_or(now_ms, |to| to.min(now_ms)));
    }
    if let (Some(from), Some(to)) = (from_ms, to_ms)
        && from > to
    {
        return Err(Failure::Usage("--from is later than --to".into()));
    }
    Ok(Question {
        from_ms,
        to_ms,
        at_ms: global.at.as_ref().map(|_| now_ms),
        by: args.by.clone(),
        piece: args.piece.clone(),
        error: None,
        ..Question::all(args.what)
    })
}

/// Places of the columns to be written.
fn chosen(args: &Args, columns: &[&'static str], shown: usize) -> Result<Vec<usize>, Failure> {
    if args.columns.is_empty() {
        return Ok((0..shown).collect());
    }
    let place = |name: &String| {
        columns.iter().position(|column| column == name).ok_or_else(|| {
            let known = columns.join(", ");
            Failure::Usage(format!("there is no column `{}`; there are: {known}", visible(name)))
        })
    };
    let chosen: Vec<usize> = args.columns.iter().map(place).collect::<Result<_, _>>()?;
    match chosen.iter().enumerate().find(|(n, at)| chosen[..*n].contains(at)) {
        Some((_, twice)) => Err(Failure::Usage(format!("--columns names `{}` twice", columns[*twice]))),
        None => Ok(chosen),
    }
}

fn out(args: &Args) -> Result<Out, Failure> {
    Ok(match &args.output {
        None => Box::new(BufWriter::with_capacity(1 << 16, io::stdout().lock())),
        Some(path) => {
            let file = File::create(path).map_err(|source| Failure::File {
                path: path.clone(),
                source,
            })?;
            Box::new(BufWriter::with_capacity(1 << 16, file))
        }
    })
}
