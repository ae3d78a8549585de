//! `export`: tables of the database, streamed.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;

use super::{Failure, Global, known_nodes, visible};
use crate::domain::piece;
use crate::log::kind::{Kind, Level};
use crate::report::table::{Format, Table, Value};
use crate::report::time;
use crate::store::Reader;
use crate::store::polls::StandingRow;
use crate::store::query::{By, Key, Scope};
use crate::store::transfers::{Filter, Named};

/// Arguments of `export`.
#[derive(clap::Args)]
pub struct Args {
    /// The table
    #[arg(value_enum)]
    what: What,
    /// How it is written
    #[arg(long, value_enum, default_value = "csv")]
    format: Format,
    /// Only this node; repeatable
    #[arg(long, value_name = "NAME")]
    node: Vec<String>,
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

/// The tables.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum What {
    /// Counts and bytes of transfers
    Traffic,
    /// Every transfer
    Transfers,
    /// Error texts, what varies taken out
    Errors,
    /// Kinds of records, understood or not
    Kinds,
    /// Durations of transfers
    Latency,
    /// How satellites rate nodes: a row for each change
    Reputation,
    /// Nodes' disks over time
    Storage,
}

const TRANSFERS: &[&str] = &[
    "time",
    "node",
    "satellite_id",
    "piece_id",
    "action",
    "outcome",
    "cause",
    "size",
    "offset",
    "remote_address",
    "duration_ms",
    "duration_quality",
    "error",
    // Beyond the default columns: bytes really sent of a canceled download.
    "moved",
];
const ERRORS: &[&str] = &["node", "action", "template", "count", "first", "last", "example"];
const KINDS: &[&str] = &["node", "logger", "level", "message", "count", "understood", "example"];
const LATENCY: &[&str] = &[
    "node",
    "satellite_id",
    "action",
    "outcome",
    "quality",
    "count",
    "p50_ms",
    "p90_ms",
    "p95_ms",
    "p99_ms",
    "max_ms",
];

const REPUTATION: &[&str] = &[
    "time",
    "node",
    "satellite_id",
    "audit_score",
    "suspension_score",
    "online_score",
    "source",
    "url",
    "disqualified",
    "suspended",
    "vetted",
];
const STORAGE: &[&str] = &[
    "time",
    "node",
    "allocated",
    "used",
    "free",
    "trash",
    "reclaimable",
    "overused",
    "source",
    "semantics",
];

/// Where a table goes.
type Out = Box<dyn Write>;

/// Writes the table.
pub fn run(global: &Global, args: &Args) -> Result<(), Failure> {
    let scope = scope(global, args)?;
    if args.what != What::Traffic && !args.by.is_empty() {
        return Err(Failure::Usage("--by is for `export traffic` only".into()));
    }
    if args.what != What::Transfers && args.piece.is_some() {
        return Err(Failure::Usage("--piece is for `export transfers` only".into()));
    }
    let reader = Reader::open(&global.data_dir()?)?;
    let scope = Scope {
        nodes: known_nodes(&reader, &args.node)?,
        ..scope
    };
    match args.what {
        What::Traffic => traffic(&reader, &scope, args),
        What::Transfers => transfers(&reader, &scope, args),
        What::Errors => errors(&reader, &scope, args),
        What::Kinds => kinds(&reader, &scope, args),
        What::Latency => latency(&reader, &scope, args),
        What::Reputation => reputation(&reader, &scope, args),
        What::Storage => storage(&reader, &scope, args),
    }
}

fn scope(global: &Global, args: &Args) -> Result<Scope, Failure> {
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
    Ok(Scope {
        nodes: Vec::new(),
        from_ms,
        to_ms,
    })
}

/// Opens the table; `shown` are written by default, all of `columns` on demand.
fn open(args: &Args, columns: &[&'static str], shown: usize) -> Result<Table<Out>, Failure> {
    let mut chosen: Vec<usize> = (0..shown).collect();
    if !args.columns.is_empty() {
        let place = |name: &String| {
            columns.iter().position(|column| column == name).ok_or_else(|| {
                let known = columns.join(", ");
                Failure::Usage(format!("there is no column `{}`; there are: {known}", visible(name)))
            })
        };
        chosen = args.columns.iter().map(place).collect::<Result<_, _>>()?;
        if let Some(twice) = chosen.iter().enumerate().find(|(n, at)| chosen[..*n].contains(at)) {
            let name = columns[*twice.1];
            return Err(Failure::Usage(format!("--columns names `{name}` twice")));
        }
    }
    let out: Out = match &args.output {
        None => Box::new(BufWriter::with_capacity(1 << 16, io::stdout().lock())),
        Some(path) => {
            let file = File::create(path).map_err(|source| Failure::File {
                path: path.clone(),
                source,
            })?;
            Box::new(BufWriter::with_capacity(1 << 16, file))
        }
    };
    Ok(Table::new(out, args.format, columns, &chosen)?)
}

fn traffic(reader: &Reader, scope: &Scope, args: &Args) -> Result<(), Failure> {
    let field = |word: &String| {
        By::ALL.iter().find(|(_, name)| name == word).copied().ok_or_else(|| {
            let known: Vec<&str> = By::ALL.iter().map(|(_, name)| *name).collect();
            let known = known.join(", ");
            Failure::Usage(format!("--by knows no `{}`; it knows: {known}", visible(word)))
        })
    };
    let mut by = args.by.iter().map(field).collect::<Result<Vec<_>, _>>()?;
    if by.is_empty() {
        by = By::ALL[..4].to_vec();
    }
    let mut columns: Vec<&'static str> = by.iter().map(|(_, name)| *name).collect();
    columns.extend(["count", "bytes"]);
    let by: Vec<By> = by.into_iter().map(|(by, _)| by).collect();
    let sums = reader.traffic(scope, &by)?;
    let mut table = open(args, &columns, columns.len())?;
    for (key, cell) in sums {
        let mut row: Vec<Value> = key.into_iter().map(value).collect();
        row.extend([Value::Count(cell.count), Value::Count(cell.bytes)]);
        table.row(row)?;
    }
    Ok(table.finish()?)
}

fn value(key: Key) -> Value {
    match key {
        Key::None => Value::Null,
        Key::Text(text) => Value::Text(text),
        Key::Time(second) => Value::Time(second * 1000),
        Key::Ranked(_, word) => Value::Text(word.to_owned()),
    }
}

fn transfers(reader: &Reader, scope: &Scope, args: &Args) -> Result<(), Failure> {
    let piece = args.piece.as_ref().map(|text| {
        piece::parse_id(text.as_bytes())
            .ok_or_else(|| Failure::Usage(format!("`{}` is no piece id: 52 of A-Z and 2-7", visible(text))))
    });
    let filter = Filter {
        piece: piece.transpose()?,
        ..Filter::default()
    };
    let mut table = open(args, TRANSFERS, TRANSFERS.len() - 1)?;
    let mut unwritten = None;
    reader.each_transfer(scope, &filter, |transfer| {
        unwritten = table.row(transfer_row(transfer)).err();
        Ok(unwritten.is_none())
    })?;
    match unwritten {
        Some(error) => Err(error.into()),
        None => Ok(table.finish()?),
    }
}

fn transfer_row(transfer: &Named<'_>) -> Vec<Value> {
    let row = transfer.row;
    let odd = row.odd.as_deref();
    let piece_id = match (row.piece, odd) {
        (Some(id), _) => Value::Text(piece::id_text(&id)),
        (None, Some(odd)) => Value::text(&odd.piece),
        (None, None) => Value::Null,
    };
    let address = match (row.address, odd) {
        (Some(address), _) => Value::Text(address.to_string()),
        (None, Some(odd)) => Value::text(&odd.address),
        (None, None) => Value::Null,
    };
    vec![
        Value::Time(row.time_ms),
        Value::Text(transfer.node.to_owned()),
        Value::text(transfer.satellite_id),
        piece_id,
        Value::text(transfer.action),
        Value::text(row.outcome.word()),
        Value::text(row.cause.word()),
        Value::count(row.size),
        Value::count(row.offset),
        address,
        Value::count(row.duration.map(|(ms, _)| u64::from(ms))),
        row.duration
            .map_or(Value::Null, |(_, quality)| Value::text(quality.word())),
        row.error.as_deref().map_or(Value::Null, Value::text),
        Value::count(row.moved),
    ]
}

fn errors(reader: &Reader, scope: &Scope, args: &Args) -> Result<(), Failure> {
    let mut table = open(args, ERRORS, ERRORS.len())?;
    for row in reader.errors(scope)? {
        table.row(vec![
            Value::Text(row.node),
            Value::text(&row.action),
            Value::Text(row.template),
            Value::Count(row.count),
            Value::Time(row.first_ms),
            Value::Time(row.last_ms),
            Value::Text(row.example),
        ])?;
    }
    Ok(table.finish()?)
}

fn kinds(reader: &Reader, scope: &Scope, args: &Args) -> Result<(), Failure> {
    let mut table = open(args, KINDS, KINDS.len() - 1)?;
    for row in reader.kinds(scope)? {
        // Judged by the program that reads: a newer one understands more of what was kept.
        let level = Level::of(row.level.as_bytes());
        let understood = level.is_some_and(|level| Kind::of(level, &row.logger, &row.message).is_understood());
        table.row(vec![
            Value::Text(row.node),
            Value::text(&row.logger),
            Value::text(&row.level),
            Value::Text(row.message),
            Value::Count(row.count),
            Value::Bool(understood),
            row.example.map_or(Value::Null, Value::Text),
        ])?;
    }
    Ok(table.finish()?)
}

fn latency(reader: &Reader, scope: &Scope, args: &Args) -> Result<(), Failure> {
    let mut table = open(args, LATENCY, LATENCY.len())?;
    for row in reader.latency(scope)? {
        let quantile = |q: f64| Value::count(row.sketch.quantile(q));
        table.row(vec![
            Value::Text(row.node),
            Value::text(&row.satellite_id),
            Value::text(&row.action),
            Value::text(row.outcome.word()),
            Value::text(row.quality.word()),
            Value::Count(row.sketch.count()),
            quantile(0.5),
            quantile(0.9),
            quantile(0.95),
            quantile(0.99),
            Value::Count(row.sketch.max()),
        ])?;
    }
    Ok(table.finish()?)
}

fn reputation(reader: &Reader, scope: &Scope, args: &Args) -> Result<(), Failure> {
    let mut table = open(args, REPUTATION, 7)?;
    let score = |score: Option<f64>| score.map_or(Value::Null, Value::Score);
    let time = |ms: Option<i64>| ms.map_or(Value::Null, Value::Time);
    let mut rows = reader.standings(scope)?;
    rows.extend(reader.scores(scope)?);
    rows.sort_by(|a, b| {
        let key = |row: &StandingRow| (row.time_ms, row.node.clone(), row.standing.satellite_id.clone());
        key(a).cmp(&key(b))
    });
    for row in rows {
        let standing = row.standing;
        table.row(vec![
            Value::Time(row.time_ms),
            Value::Text(row.node),
            standing.satellite_id.map_or(Value::Null, Value::Text),
            score(standing.audit_score),
            score(standing.suspension_score),
            score(standing.online_score),
            Value::text(row.source),
            Value::text(&standing.url),
            time(standing.disqualified_ms),
            time(standing.suspended_ms),
            time(standing.vetted_ms),
        ])?;
    }
    Ok(table.finish()?)
}

fn storage(reader: &Reader, scope: &Scope, args: &Args) -> Result<(), Failure> {
    let mut table = open(args, STORAGE, 9)?;
    let bytes = |bytes: Option<u64>| bytes.map_or(Value::Null, Value::Count);
    let written = reader.disks(scope, |row| {
        let disk = row.disk;
        table.row(vec![
            Value::Time(row.time_ms),
            Value::Text(row.node),
            bytes(disk.allocated),
            bytes(disk.used),
            bytes(disk.free),
            bytes(disk.trash),
            bytes(disk.reclaimable),
            bytes(disk.overused),
            Value::text("api"),
            Value::text(disk.semantics.word()),
        ])
    })?;
    written?;
    Ok(table.finish()?)
}
