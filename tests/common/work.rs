//! Lines of a node's own work into a database of their own, and what it then tells.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::Path;

use storj_monitor::domain::task::Task;
use storj_monitor::engine::apply::Apply;
use storj_monitor::store::Reader;
use storj_monitor::store::dictionary::Dictionary;
use storj_monitor::store::query::Scope;
use storj_monitor::store::writer::{Unit, Writer};

/// Keeps batches of lines, in this order; `afresh`: as if the program had started again before each.
pub fn keep(data: &Path, batches: &[Vec<&str>], afresh: bool) {
    let mut writer = Writer::open(data).unwrap();
    let node = writer.node("n").unwrap();
    let (mut apply, mut dictionary) = (Apply::default(), Dictionary::default());
    for lines in batches {
        if afresh {
            (apply, dictionary) = Default::default();
        }
        lines
            .iter()
            .for_each(|line| apply.line(line.as_bytes(), None, 0, |_| ()));
        let batch = apply.take();
        let unit = Unit {
            node,
            source: 0,
            dictionary: &mut dictionary,
            vocabulary: apply.vocabulary(),
            batch: &batch,
            parts: &[],
            positions: Vec::new(),
            gaps: &[],
            covered: &[],
            state: None,
        };
        writer.commit(&mut [unit], &[], 0).unwrap();
    }
}

/// All tasks it knows.
pub fn told(data: &Path) -> Vec<Task> {
    Reader::open(data).unwrap().tasks(&Scope::default()).unwrap()
}

/// All tasks that batches of lines make; see [`keep`].
pub fn tasks(batches: &[Vec<&str>], afresh: bool) -> Vec<Task> {
    let data = tempfile::tempdir().unwrap();
    keep(data.path(), batches, afresh);
    told(data.path())
}

/// The begin of constructed logs.
pub const NOON: i64 = 1_787_227_200_000;

/// A line of a node, `12:00:SS`: `INFO hashstore beginning compaction {"store": "s0"}` with `S` for a satellite.
pub fn line(second: u32, text: &str) -> String {
    let (columns, object) = text.split_once(" {").unwrap_or((text, "}"));
    let (level, columns) = columns.split_once(' ').unwrap();
    let (logger, message) = columns.split_once(' ').unwrap();
    let logger = if logger == "-" {
        String::new()
    } else {
        format!("{logger}\t")
    };
    let minute = second / 60;
    format!(
        "2026-08-20T12:{minute:02}:{:02}Z\t{level}\t{logger}{message}\t{{{object}",
        second % 60
    )
}

/// `kind satellite store begin..end state`, seconds after 12:00:00, `?` where unknown.
pub fn said(task: &Task) -> String {
    let second = |ms: Option<i64>| ms.map_or("?".to_owned(), |ms| format!("{}", (ms - NOON) as f64 / 1000.0));
    let text = |text: &Option<String>| text.clone().unwrap_or("-".to_owned());
    format!(
        "{} {} {} {}..{} {}",
        task.job.word(),
        text(&task.satellite_id),
        text(&task.store),
        second(task.started_ms),
        second(task.finished_ms),
        task.state.word()
    )
}

/// Several of them.
pub fn lines(text: &[(u32, &str)]) -> Vec<String> {
    text.iter().map(|(second, text)| line(*second, text)).collect()
}
