//! Nodes' own work: lines that tell of it become rows, rows become tasks. How a task that has no end is follows
//! from later starts and later work of the same kind, whenever those were read.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::dictionary::Dictionary;
use super::query::Scope;
use super::{Reader, Result};
use crate::domain::batch::FastMap;
use crate::domain::chart::{Mark, MarkKind};
use crate::domain::task::run::{Begin, Fit, NEAR_MS, Run};
use crate::domain::task::sign::{Outcome, Told};
use crate::domain::task::{Figures, Job, Phase, State, Task};
use crate::support::clock::DAY_MS;

/// Rows of one work looked through for the one a line is of.
const NEIGHBOURS: usize = 4;

const COLUMNS: &str = "id, satellite, store, process, begun, begin, first, last, ended, outcome, took, figures, error";

/// No work lasts longer; what is older is not looked at.
fn longest_ms(job: Job) -> i64 {
    match job {
        Job::Migration => 400 * DAY_MS,
        _ => 30 * DAY_MS,
    }
}

/// Keeps what was said of a node's work. Before starts of the same batch are kept: those are known to who read them.
pub(crate) fn put(connection: &Connection, dictionary: &Dictionary, node: i64, work: &[Told]) -> rusqlite::Result<()> {
    for told in work {
        let known: Option<i64> = connection
            .prepare_cached("SELECT max(time) FROM start WHERE node = ?1 AND time <= ?2")?
            .query_row([node, told.ms], |row| row.get(0))?;
        let told = Told {
            ms: told.ms,
            process: told.process.max(known),
            sign: told.sign.clone().with_satellite(|number| dictionary.satellite(number)),
        };
        take(connection, node, &told)?;
    }
    Ok(())
}

/// Finds the run a line is of, or makes one.
fn take(connection: &Connection, node: i64, told: &Told<i64>) -> rusqlite::Result<()> {
    let vague = told.sign.is_vague();
    let mut candidates = Vec::new();
    if told.sign.looks_ahead() {
        candidates = later(connection, node, told)?;
    }
    candidates.extend(earlier(connection, node, told, vague)?);
    for (id, mut run) in candidates {
        let fit = if vague { run.show_vague(told) } else { run.show(told) };
        match fit {
            Fit::Other => {}
            Fit::Known => return Ok(()),
            Fit::Taken => return save(connection, node, told.sign.job, Some(id), &run),
        }
    }
    match Run::new(told) {
        Some(run) => save(connection, node, told.sign.job, None, &run),
        None => Ok(()),
    }
}

type Found = Vec<(i64, Run<i64>)>;

/// Runs that began before, the latest first; then those that began a moment later: a walk's process has its own
/// clock.
fn earlier(connection: &Connection, node: i64, told: &Told<i64>, vague: bool) -> rusqlite::Result<Found> {
    let until = told.ms.saturating_add(NEAR_MS);
    let same = match vague {
        false => "satellite IS ?5 AND store IS ?6",
        true => "(?5 IS NULL OR satellite = ?5) AND (?6 IS NULL OR store = ?6)",
    };
    let sql = format!(
        "SELECT {COLUMNS} FROM task WHERE node = ?1 AND job = ?2 AND place <= ?3 AND place >= ?4 AND {same}
         ORDER BY place DESC, id DESC LIMIT {NEIGHBOURS}"
    );
    let sign = &told.sign;
    let from = told.ms.saturating_sub(longest_ms(sign.job));
    let mut found: Found = connection
        .prepare_cached(&sql)?
        .query_map(
            params![node, sign.job.number(), until, from, sign.satellite, sign.store],
            read,
        )?
        .collect::<rusqlite::Result<_>>()?;
    found.sort_by_key(|(_, run)| run.place() > told.ms);
    Ok(found)
}

/// Runs that stand behind a begin, the nearest first, up to the first whose own begin was seen.
fn later(connection: &Connection, node: i64, told: &Told<i64>) -> rusqlite::Result<Found> {
    let sql = format!(
        "SELECT {COLUMNS} FROM task WHERE node = ?1 AND job = ?2 AND place >= ?3 AND place <= ?4
             AND satellite IS ?5 AND store IS ?6 ORDER BY place, id LIMIT {NEIGHBOURS}"
    );
    let sign = &told.sign;
    let from = told.ms.saturating_sub(NEAR_MS);
    let until = told.ms.saturating_add(longest_ms(sign.job));
    let mut found: Found = connection
        .prepare_cached(&sql)?
        .query_map(
            params![node, sign.job.number(), from, until, sign.satellite, sign.store],
            read,
        )?
        .collect::<rusqlite::Result<_>>()?;
    let near = told.ms.saturating_add(NEAR_MS);
    let end = found
        .iter()
        .position(|(_, run)| run.place() > near && run.begun.is_some());
    found.truncate(end.unwrap_or(found.len()));
    Ok(found)
}

fn read(row: &Row<'_>) -> rusqlite::Result<(i64, Run<i64>)> {
    let ended: Option<i64> = row.get(8)?;
    let outcome: Option<u8> = row.get(9)?;
    let took: Option<i64> = row.get(10)?;
    let figures: Option<String> = row.get(11)?;
    let run = Run {
        satellite: row.get(1)?,
        store: row.get(2)?,
        process: row.get(3)?,
        begun: row.get(4)?,
        by: Begin::of(row.get(5)?),
        lines: (row.get(6)?, row.get(7)?),
        ended: ended.zip(outcome.and_then(Outcome::of)),
        took_ms: took.map(i64::unsigned_abs),
        // A newer program may have kept what this one cannot read.
        figures: figures
            .and_then(|text| serde_json::from_str(&text).ok())
            .unwrap_or_default(),
        error: row.get(12)?,
    };
    Ok((row.get(0)?, run))
}

fn save(connection: &Connection, node: i64, job: Job, id: Option<i64>, run: &Run<i64>) -> rusqlite::Result<()> {
    let figures = (run.figures != Figures::default()).then(|| serde_json::to_string(&run.figures).ok());
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO task (id, node, job, place, satellite, store, process, begun, begin, first, last,
                 ended, outcome, took, figures, error)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)",
        )?
        .execute(params![
            id,
            node,
            job.number(),
            run.place(),
            run.satellite,
            run.store,
            run.process,
            run.begun,
            run.by.number(),
            run.lines.0,
            run.lines.1,
            run.ended.map(|(ended, _)| ended),
            run.ended.map(|(_, outcome)| outcome.number()),
            run.took_ms.map(|took| i64::try_from(took).unwrap_or(i64::MAX)),
            figures.flatten(),
            run.error,
        ])
        .map(|_| ())
}

impl Reader {
    /// Work of a scope's nodes that lies in its time, also in part, as it was known at the scope's end; by begin.
    pub fn tasks(&self, scope: &Scope) -> Result<Vec<Task>> {
        self.tasks_of(scope, &Job::ALL.map(|(job, ..)| job), usize::MAX)
    }

    /// Work of these kinds that goes on at `at_ms`, by begin.
    pub fn running(&self, nodes: &[String], jobs: &[Job], at_ms: i64) -> Result<Vec<Task>> {
        let scope = Scope {
            nodes: nodes.to_vec(),
            from_ms: Some(at_ms),
            to_ms: Some(at_ms.saturating_add(1)),
        };
        let mut tasks = self.tasks_of(&scope, jobs, usize::MAX)?;
        tasks.retain(|task| task.state == State::Running);
        Ok(tasks)
    }

    /// The newest bloom filter of each node and satellite that had come by `at_ms`: the task it came by, whose
    /// figures say when it was made.
    pub fn filters(&self, nodes: &[String], at_ms: i64) -> Result<Vec<Task>> {
        let scope = Scope {
            nodes: nodes.to_vec(),
            from_ms: Some(at_ms.saturating_sub(400 * DAY_MS)),
            to_ms: Some(at_ms.saturating_add(1)),
        };
        // Before 1.119 only what works by a filter tells when it was made.
        let mut tasks = self.tasks_of(&scope, &[Job::BloomFilter, Job::Garbage], usize::MAX)?;
        tasks.retain(|task| task.figures.filter_ms.is_some() && task.satellite_id.is_some());
        tasks.sort_by(|a, b| {
            let key = |task: &Task| (task.node.clone(), task.satellite_id.clone());
            key(a)
                .cmp(&key(b))
                .then(b.figures.filter_ms.cmp(&a.figures.filter_ms))
                .then(b.place_ms().cmp(&a.place_ms()))
        });
        tasks.dedup_by(|a, b| (&a.node, &a.satellite_id) == (&b.node, &b.satellite_id));
        Ok(tasks)
    }

    /// Of each node and job the longest `most`.
    fn tasks_of(&self, scope: &Scope, jobs: &[Job], most: usize) -> Result<Vec<Task>> {
        if self.version < 4 {
            return Ok(Vec::new());
        }
        let satellites = self.names("satellite")?;
        let mut tasks = Vec::new();
        for (node, name) in self.scope_nodes(scope)? {
            for job in jobs {
                let of = Of {
                    connection: self.connection(),
                    satellites: &satellites,
                    node: (node, &name),
                    job: *job,
                };
                self.sql(of.tasks(scope, most, &mut tasks))?;
            }
        }
        tasks.sort_by(|a, b| {
            let key = |task: &Task| (task.place_ms(), task.finished_ms);
            key(a)
                .cmp(&key(b))
                .then_with(|| (&a.node, a.job).cmp(&(&b.node, b.job)))
        });
        Ok(tasks)
    }

    /// Compactions and garbage collections as marks: those that lie in the scope, also in part; the longest `most`.
    pub(crate) fn work_marks(&self, scope: &Scope, most: usize) -> Result<Vec<Mark>> {
        let mut marks: Vec<Mark> = self
            .tasks_of(scope, &[Job::Compaction, Job::Garbage], most)?
            .iter()
            .map(mark)
            .collect();
        marks.sort_by_key(|mark| std::cmp::Reverse(mark.until_ms.map_or(i64::MAX, |until| until - mark.time_ms)));
        marks.truncate(most);
        Ok(marks)
    }
}

fn mark(task: &Task) -> Mark {
    let (kind, what) = match task.job {
        Job::Compaction => (MarkKind::Compaction, "compaction"),
        _ => (MarkKind::Garbage, "garbage collection"),
    };
    let mut text = what.to_owned();
    for part in [&task.satellite_id, &task.store].into_iter().flatten() {
        text.push(' ');
        text.push_str(part);
    }
    if task.state != State::Done {
        text.push_str(", ");
        text.push_str(task.state.word());
    }
    Mark {
        time_ms: task.place_ms(),
        until_ms: task.finished_ms.or(task.cut_ms),
        node: task.node.clone(),
        kind,
        text,
    }
}

/// One kind of work of one node.
struct Of<'a> {
    connection: &'a Connection,
    satellites: &'a FastMap<i64, String>,
    node: (i64, &'a str),
    job: Job,
}

impl Of<'_> {
    fn tasks(&self, scope: &Scope, most: usize, tasks: &mut Vec<Task>) -> rusqlite::Result<()> {
        let (from, to) = (scope.from_ms.unwrap_or(i64::MIN), scope.to_ms.unwrap_or(i64::MAX));
        let sql = format!(
            "SELECT {COLUMNS} FROM task WHERE node = ?1 AND job = ?2 AND place >= ?3 AND place < ?4
                 AND (ended IS NULL OR ended >= ?5) ORDER BY coalesce(ended, ?4) - place DESC, place, id LIMIT ?6"
        );
        let mut statement = self.connection.prepare_cached(&sql)?;
        let first = from.saturating_sub(longest_ms(self.job));
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let mut rows = statement.query(params![self.node.0, self.job.number(), first, to, from, most])?;
        while let Some(row) = rows.next()? {
            let (id, mut run) = read(row)?;
            if run.ended.is_some_and(|(ended, _)| ended >= to) {
                // It had not ended then.
                run.ended = None;
                run.took_ms = None;
                run.error = None;
                (run.figures.after, run.figures.dead, run.figures.sums_after) = (None, None, None);
            }
            let (state, cut) = self.state(id, &run, to)?;
            let until = run.ended.map(|(ended, _)| ended).or(cut);
            if until.is_none_or(|until| until >= from) {
                tasks.push(self.task(run, state, cut));
            }
        }
        Ok(())
    }

    /// How a run was before `to`, and what cut it off.
    fn state(&self, id: i64, run: &Run<i64>, to: i64) -> rusqlite::Result<(State, Option<i64>)> {
        if let Some((_, outcome)) = run.ended {
            let state = match outcome {
                Outcome::Done => State::Done,
                Outcome::Failed => State::Failed,
                Outcome::Skipped => State::Skipped,
                Outcome::Interrupted => State::Interrupted,
            };
            return Ok((state, None));
        }
        let since = run.process.unwrap_or(run.place());
        let restart: Option<i64> = self
            .connection
            .prepare_cached("SELECT min(time) FROM start WHERE node = ?1 AND time > ?2 AND time < ?3")?
            .query_row([self.node.0, since, to], |row| row.get(0))?;
        let again: Option<i64> = self
            .connection
            .prepare_cached(
                "SELECT place FROM task WHERE node = ?1 AND job = ?2 AND (place, id) > (?3, ?4) AND place < ?5
                     AND satellite IS ?6 AND store IS ?7 ORDER BY place, id LIMIT 1",
            )?
            .query_row(
                params![
                    self.node.0,
                    self.job.number(),
                    run.place(),
                    id,
                    to,
                    run.satellite,
                    run.store
                ],
                |row| row.get(0),
            )
            .optional()?;
        Ok(match (restart, again) {
            (Some(restart), again) if again.is_none_or(|again| restart <= again) => (State::Interrupted, Some(restart)),
            (_, Some(again)) => (State::Lost, Some(again)),
            (_, None) => (State::Running, None),
        })
    }

    fn task(&self, mut run: Run<i64>, state: State, cut_ms: Option<i64>) -> Task {
        let finished_ms = run.ended.map(|(ended, _)| ended);
        // What it did last is of interest until it has ended.
        let failed = run.figures.phase == Some(Phase::WalkFailed);
        run.figures.phase = run.figures.phase.filter(|_| finished_ms.is_none() || failed);
        let by_lines = || finished_ms?.checked_sub(run.begun?)?.try_into().ok();
        Task {
            node: self.node.1.to_owned(),
            job: self.job,
            satellite_id: run.satellite.and_then(|id| self.satellites.get(&id).cloned()),
            store: run.store.map(|store| format!("s{store}")),
            started_ms: run.begun,
            whole: run.by == Begin::Told,
            finished_ms,
            state,
            took_ms: run.took_ms.or_else(by_lines),
            cut_ms,
            seen_ms: run.lines.1,
            process_ms: run.process,
            figures: run.figures,
            error: run.error,
        }
    }
}
