//! What was seen around nodes, on its way to the database. Held by `collect`.

use std::collections::HashMap;
use std::sync::mpsc::Receiver;

use crate::domain::host::{Seen, Sight, Waiting};
use crate::node::around::Watch;
use crate::store::Result;
use crate::store::writer::Writer;

/// What is kept in memory while the database fails; then the oldest goes.
const MOST_WAITING: usize = 10_000;
/// That audits in flight are as they were is written down so often, ms.
const REPEAT_MS: i64 = 10_000;

/// What waits to be kept, and what to say of it.
#[derive(Debug, Default)]
pub struct Surroundings {
    running: Option<(Watch, Receiver<Seen>)>,
    waiting: Vec<Seen>,
    /// What was said last of each node's endpoint, page and disk: why it is not known.
    said: HashMap<(String, &'static str), bool>,
    /// Audits in flight as they were last told of each node.
    audits: HashMap<String, (i64, Waiting)>,
    messages: Vec<String>,
}

impl Surroundings {
    /// Takes what `watch` sees, which ends when another is given.
    pub fn listen(&mut self, watch: Watch, seen: Receiver<Seen>) {
        self.running = Some((watch, seen));
    }

    /// Takes in what came since the last call.
    pub fn take_in(&mut self) {
        let came: Vec<Seen> = match &self.running {
            Some((_, seen)) => seen.try_iter().collect(),
            None => return,
        };
        self.add(came);
    }

    /// Takes in what was seen.
    pub fn add(&mut self, seen: Vec<Seen>) {
        for (node, _, sight) in &seen {
            self.note(node, sight);
        }
        self.waiting.extend(seen);
        let surplus = self.waiting.len().saturating_sub(MOST_WAITING);
        self.waiting.drain(..surplus);
    }

    /// Audits in flight by a node's log.
    pub fn audits(&mut self, node: &str, now_ms: i64, waits: Waiting) {
        let last = self.audits.get(node);
        // On a busy node they change with every line.
        if last.is_some_and(|(at, was)| now_ms - at < if *was == waits { REPEAT_MS } else { 1000 } && now_ms >= *at) {
            return;
        }
        self.audits.insert(node.to_owned(), (now_ms, waits));
        self.add(vec![(node.to_owned(), now_ms, Sight::Audits(waits))]);
    }

    /// Audits that waited long, by the clock of a node's log.
    pub fn waited(&mut self, node: &str, waits: Vec<(i64, Waiting)>) {
        let seen = waits.into_iter();
        self.add(
            seen.map(|(ms, waits)| (node.to_owned(), ms, Sight::Audits(waits)))
                .collect(),
        );
    }

    /// Whether something waits to be kept.
    pub fn is_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Keeps what waits.
    pub fn keep(&mut self, writer: &mut Writer) -> Result<()> {
        if !self.waiting.is_empty() {
            writer.surround(&self.waiting)?;
            self.waiting.clear();
        }
        Ok(())
    }

    /// What an operator should know, since the last call.
    pub fn take_messages(&mut self) -> Vec<String> {
        std::mem::take(&mut self.messages)
    }

    fn note(&mut self, node: &str, sight: &Sight) {
        let (what, trouble) = match sight {
            Sight::Metrics(told) => ("its debug endpoint", told.as_ref().err()),
            Sight::Health(told) => ("its health page", told.as_ref().err()),
            Sight::Disk(told) => ("the disk of its data", told.as_ref().err()),
            Sight::Audits(_) => return,
        };
        let before = self.said.insert((node.to_owned(), what), trouble.is_some());
        match (trouble, before) {
            (Some(_), Some(true)) | (None, Some(false)) | (None, None) => {}
            (Some(why), _) => self.messages.push(format!("{node}: {what} is not known: {why}")),
            (None, Some(true)) => self.messages.push(format!("{node}: {what} is known again")),
        }
    }
}
