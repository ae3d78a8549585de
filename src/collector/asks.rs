//! What nodes answered when they were asked, on its way to the database.

use std::collections::HashMap;
use std::sync::mpsc::Receiver;

use crate::domain::sample::Poll;
use crate::node::watch::{Polled, Watch};

/// Answers kept in memory while the database fails; then the oldest go: the next one says the same.
const MOST_WAITING: usize = 10_000;

/// Answers that wait to be kept, and what to say of them.
#[derive(Debug, Default)]
pub struct Asks {
    /// Answers come from here, as long as the watch lives.
    running: Option<(Watch, Receiver<Polled>)>,
    waiting: Vec<Polled>,
    /// What was said last of each node: why it does not answer.
    said: HashMap<String, Option<String>>,
    messages: Vec<String>,
}

impl Asks {
    /// Takes answers from `watch`, which ends when another is given.
    pub fn listen(&mut self, watch: Watch, answers: Receiver<Polled>) {
        self.running = Some((watch, answers));
    }

    /// Takes in what came since the last call.
    pub fn take_in(&mut self) {
        let came: Vec<Polled> = match &self.running {
            Some((_, answers)) => answers.try_iter().collect(),
            None => return,
        };
        self.add(came);
    }

    /// Takes in answers.
    pub fn add(&mut self, polls: Vec<Polled>) {
        for (node, poll) in &polls {
            self.note(node, poll);
        }
        self.waiting.extend(polls);
        let surplus = self.waiting.len().saturating_sub(MOST_WAITING);
        self.waiting.drain(..surplus);
    }

    /// Answers that are not kept yet.
    pub fn waiting(&self) -> &[Polled] {
        &self.waiting
    }

    /// They are kept.
    pub fn saved(&mut self) {
        self.waiting.clear();
    }

    /// What an operator should know, since the last call.
    pub fn take_messages(&mut self) -> Vec<String> {
        std::mem::take(&mut self.messages)
    }

    fn note(&mut self, node: &str, poll: &Poll) {
        let trouble = match &poll.answer {
            Ok(sample) => sample.standings.as_ref().err().cloned(),
            Err(error) => Some(error.clone()),
        };
        // The same trouble in other words is no news: seconds and byte counts differ.
        let before = self.said.get(node);
        let is_news = before.is_none_or(|before| before.is_some() != trouble.is_some());
        if is_news {
            self.messages.push(match (&trouble, &poll.answer) {
                (Some(error), Ok(_)) => format!("{node}: its API answers, but not how satellites rate it: {error}"),
                (Some(error), Err(_)) => format!("{node}: its API does not answer: {error}"),
                (None, _) => format!("{node}: its API answers"),
            });
        }
        self.said.insert(node.to_owned(), trouble);
    }
}
