//! Answers questions for tables from the database, row by row: for `export` and for viewers.

use std::collections::{HashMap, VecDeque};
use std::io;

use super::money;
use crate::api::table::{ErrorOf, Question, Value, What};
use crate::domain::money::Month;
use crate::domain::piece;
use crate::domain::sample::Standing;
use crate::domain::task::Task;
use crate::domain::transfer::Outcome;
use crate::log::kind::{Kind, Level};
use crate::log::template;
use crate::store::polls::{DiskRow, StandingRow};
use crate::store::query::{By, Key, Scope};
use crate::store::transfers::{Filter, Named};
use crate::store::{self, Reader};
use crate::support::clock;

/// Why a table stopped.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It cannot be answered as it was asked.
    #[error("{0}")]
    Asked(String),
    /// The database.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// Whoever takes the rows.
    #[error(transparent)]
    Taken(#[from] io::Error),
}

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;
/// So many examples of an error are told.
const MOST_FAILURES: usize = 200;

/// Takes a row.
pub type Each<'a> = &'a mut dyn FnMut(Vec<Value>) -> io::Result<()>;

/// Gives every row of the answer to `each`, values in the order of [`Question::columns`]. `terms`: what the configuration
/// says of money.
///
/// # Errors
/// What was asked wrongly, what the database says, the first error of `each`.
pub fn rows(reader: &Reader, question: &Question, terms: &money::Terms, each: Each<'_>) -> Result<(), Error> {
    let fields = question.fields().map_err(Error::Asked)?;
    let scope = Scope {
        nodes: question.nodes.clone(),
        from_ms: question.from_ms,
        to_ms: question.to_ms,
    };
    let now_ms = question.at_ms.unwrap_or_else(clock::now_ms);
    match question.what {
        What::Traffic => traffic(reader, &scope, &fields, each),
        What::Transfers => match &question.error {
            Some(error) => failures(reader, &scope, error, each),
            None => transfers(reader, &scope, question.piece.as_deref(), each),
        },
        What::Errors => errors(reader, &scope, each),
        What::Kinds => kinds(reader, &scope, each),
        What::Latency => latency(reader, &scope, each),
        What::Reputation => reputation(reader, &scope, each),
        What::Storage => storage(reader, &scope, each),
        What::Maintenance => maintenance(reader, &scope, each),
        What::Earnings => money::earnings_rows(reader, &scope, (now_ms, terms), each),
        What::Paystubs => money::paystub_rows(reader, &scope, (now_ms, terms), each),
    }
}

/// The range that was really told of, where it is more than was asked for: from, to, ms; `None`: it is what was asked.
/// To be asked when the rows were given: of traffic it is known only then.
pub fn widened(reader: &Reader, question: &Question) -> Option<(Option<i64>, Option<i64>)> {
    let asked = (question.from_ms, question.to_ms);
    let buckets = |width: i64| {
        let down = |ms: i64| ms.div_euclid(width) * width;
        (asked.0.map(down), asked.1.map(|ms| down(ms.saturating_add(width - 1))))
    };
    let told = match question.what {
        What::Errors => buckets(MINUTE_MS),
        What::Kinds | What::Latency => buckets(HOUR_MS),
        // A month that a range touches is told whole.
        What::Earnings | What::Paystubs => (
            asked.0.map(|ms| Month::of_ms(ms).start_ms()),
            asked.1.map(|ms| match Month::of_ms(ms - 1).end_ms() {
                end if question.at_ms.is_some_and(|at| at < end) => ms,
                end => end,
            }),
        ),
        What::Traffic => {
            let (first, last) = reader.stood()?;
            (asked.0.map(|ms| ms.min(first)), asked.1.map(|ms| ms.max(last)))
        }
        What::Transfers | What::Reputation | What::Storage | What::Maintenance => asked,
    };
    (told != asked).then_some(told)
}

fn traffic(reader: &Reader, scope: &Scope, fields: &[&str], each: Each<'_>) -> Result<(), Error> {
    let by = |field: &&str| By::ALL.iter().find(|(_, name)| name == field).map(|(by, _)| *by);
    let by: Vec<By> = fields.iter().filter_map(by).collect();
    for (key, cell) in reader.traffic(scope, &by)? {
        let mut row: Vec<Value> = key.into_iter().map(value).collect();
        row.extend([Value::Count(cell.count), Value::Count(cell.bytes)]);
        each(row)?;
    }
    Ok(())
}

fn value(key: Key) -> Value {
    match key {
        Key::None => Value::Null,
        Key::Text(text) => Value::Text(text),
        Key::Time(second) => Value::Time(second * 1000),
        Key::Ranked(_, word) => Value::Text(word.to_owned()),
    }
}

fn transfers(reader: &Reader, scope: &Scope, piece: Option<&str>, each: Each<'_>) -> Result<(), Error> {
    let id = |text: &str| {
        piece::parse_id(text.as_bytes())
            .ok_or_else(|| Error::Asked(format!("`{text}` is no piece id: 52 of A-Z and 2-7")))
    };
    let filter = Filter {
        piece: piece.map(id).transpose()?,
        ..Filter::default()
    };
    let mut untaken = None;
    reader.each_transfer(scope, &filter, |transfer| {
        untaken = each(transfer_row(transfer)).err();
        Ok(untaken.is_none())
    })?;
    untaken.map_or(Ok(()), |error| Err(error.into()))
}

/// The last transfers that failed in a way, in the order of time.
fn failures(reader: &Reader, scope: &Scope, error: &ErrorOf, each: Each<'_>) -> Result<(), Error> {
    let filter = Filter {
        outcome: Some(Outcome::Failed),
        ..Filter::default()
    };
    let mut last: VecDeque<Vec<Value>> = VecDeque::new();
    reader.each_transfer(scope, &filter, |transfer| {
        let text = transfer.row.error.as_deref().unwrap_or_default();
        if transfer.action == error.action && template::of(text) == error.template {
            last.push_back(transfer_row(transfer));
            if last.len() > MOST_FAILURES {
                last.pop_front();
            }
        }
        Ok(true)
    })?;
    last.into_iter().try_for_each(each).map_err(Error::from)
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

fn errors(reader: &Reader, scope: &Scope, each: Each<'_>) -> Result<(), Error> {
    for row in reader.errors(scope)? {
        each(vec![
            Value::Text(row.node),
            Value::text(&row.action),
            Value::Text(row.template),
            Value::Count(row.count),
            Value::Time(row.first_ms),
            Value::Time(row.last_ms),
            Value::Text(row.example),
        ])?;
    }
    Ok(())
}

fn kinds(reader: &Reader, scope: &Scope, each: Each<'_>) -> Result<(), Error> {
    for row in reader.kinds(scope)? {
        // Judged by the program that reads: a newer one understands more of what was kept.
        let level = Level::of(row.level.as_bytes());
        let understood = level.is_some_and(|level| Kind::of(level, &row.logger, &row.message).is_understood());
        each(vec![
            Value::Text(row.node),
            Value::text(&row.logger),
            Value::text(&row.level),
            Value::Text(row.message),
            Value::Count(row.count),
            Value::Bool(understood),
            row.example.map_or(Value::Null, Value::Text),
            Value::Time(row.hours.0 * 1000),
            Value::Time(row.hours.1 * 1000),
        ])?;
    }
    Ok(())
}

fn latency(reader: &Reader, scope: &Scope, each: Each<'_>) -> Result<(), Error> {
    for row in reader.latency(scope)? {
        let quantile = |q: f64| Value::count(row.sketch.quantile(q));
        each(vec![
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
    Ok(())
}

fn reputation(reader: &Reader, scope: &Scope, each: Each<'_>) -> Result<(), Error> {
    let mut rows = reader.standings(scope)?;
    rows.extend(reader.scores(scope)?);
    rows.extend(reader.kept_standings(scope)?);
    rows.sort_by(|a, b| {
        let key = |row: &StandingRow| (row.time_ms, row.node.clone(), row.standing.satellite_id.clone());
        key(a).cmp(&key(b))
    });
    // The log says so every few hours, changed or not; a row of a database counts audits, too.
    let mut last: HashMap<(String, Option<String>, &'static str), Standing> = HashMap::new();
    for row in rows {
        let standing = row.standing;
        let key = (row.node.clone(), standing.satellite_id.clone(), row.source);
        if row.source != "api" && last.insert(key, standing.clone()).as_ref() == Some(&standing) {
            continue;
        }
        each(vec![
            Value::Time(row.time_ms),
            Value::Text(row.node),
            standing.satellite_id.map_or(Value::Null, Value::Text),
            Value::score(standing.audit_score),
            Value::score(standing.suspension_score),
            Value::score(standing.online_score),
            Value::text(row.source),
            Value::text(&standing.url),
            Value::time(standing.disqualified_ms),
            Value::time(standing.suspended_ms),
            Value::time(standing.vetted_ms),
            Value::time(standing.offline_suspended_ms),
            Value::time(standing.review_ms),
        ])?;
    }
    Ok(())
}

/// The API's word; blobs by the databases only where it had none for so long (it is kept by the hour).
const UNTOLD_MS: i64 = 2 * 3_600_000;

fn storage(reader: &Reader, scope: &Scope, each: Each<'_>) -> Result<(), Error> {
    let mut blobs = reader.kept_blobs(scope)?.into_iter().peekable();
    let mut told: HashMap<String, i64> = HashMap::new();
    let is_told = |told: &HashMap<String, i64>, row: &DiskRow| {
        told.get(&row.node).is_some_and(|ms| row.time_ms - ms <= UNTOLD_MS)
    };
    let taken = reader.disks(scope, |row| {
        while let Some(blob) = blobs.next_if(|blob| blob.time_ms < row.time_ms) {
            if !is_told(&told, &blob) {
                each(disk_row(blob, "db"))?;
            }
        }
        told.insert(row.node.clone(), row.time_ms);
        each(disk_row(row, "api"))
    })?;
    taken?;
    for blob in blobs.filter(|blob| !is_told(&told, blob)) {
        each(disk_row(blob, "db"))?;
    }
    Ok(())
}

fn disk_row(row: DiskRow, source: &str) -> Vec<Value> {
    let disk = row.disk;
    vec![
        Value::Time(row.time_ms),
        Value::Text(row.node),
        Value::count(disk.allocated),
        Value::count(disk.used),
        Value::count(disk.free),
        Value::count(disk.trash),
        Value::count(disk.reclaimable),
        Value::count(disk.overused),
        Value::text(source),
        Value::text(disk.semantics.word()),
    ]
}

fn maintenance(reader: &Reader, scope: &Scope, each: Each<'_>) -> Result<(), Error> {
    let mut tasks = reader.tasks(scope)?;
    // A row belongs to the time it begins in, so that ranges that follow each other have it once.
    tasks.retain(|task| scope.from_ms.is_none_or(|from| task.place_ms() >= from));
    tasks.sort_by(|a, b| {
        let key = |task: &Task| {
            let satellite = task.satellite_id.clone();
            (task.node.clone(), task.job.word(), satellite, task.store.clone())
        };
        key(a).cmp(&key(b))
    });
    for task in tasks {
        each(task_row(&task))?;
    }
    Ok(())
}

fn task_row(task: &Task) -> Vec<Value> {
    let figures = &task.figures;
    let text = |text: &Option<String>| text.as_deref().map_or(Value::Null, Value::text);
    vec![
        Value::Text(task.node.clone()),
        Value::text(task.job.word()),
        text(&task.satellite_id),
        text(&task.store),
        Value::time(task.started_ms),
        Value::time(task.finished_ms),
        Value::text(task.state.word()),
        Value::count(figures.before),
        Value::count(figures.after),
        Value::count(task.reclaimed()),
        Value::text(&task.detail()),
        Value::count(task.took_ms),
        Value::count(task.rewritten()),
        Value::count(figures.trashed),
        Value::count(figures.expired),
        Value::count(figures.dead),
        Value::count(figures.needed),
        Value::count(figures.pieces),
        Value::count(figures.looked),
        Value::count(figures.failed),
        Value::count(figures.moved),
        Value::score(figures.load),
        Value::score(figures.trash_share),
        Value::time(figures.filter_ms),
        Value::count(figures.filter_size),
        Value::time(task.cut_ms),
        Value::time(Some(task.seen_ms)),
    ]
}
