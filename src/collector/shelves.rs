//! What nodes' databases said, on its way to the collector's own.

use std::collections::HashMap;
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use crate::domain::books::{Book, Books, Hindrance};
use crate::node::databases::watch::{Looked, Watch};

/// Readings kept in memory while the database fails; then the oldest go.
const MOST_WAITING: usize = 1_000;

/// Readings that wait to be kept, and what to say of them.
#[derive(Debug, Default)]
pub struct Shelves {
    /// Readings come from here, as long as the watch lives.
    running: Option<(Watch, Receiver<Looked>)>,
    waiting: Vec<Looked>,
    /// What was said last of each node.
    said: HashMap<String, String>,
    /// Databases of each node that are not read now, and why.
    unread: HashMap<String, HashMap<&'static str, (Hindrance, String)>>,
    messages: Vec<String>,
    /// When they could not be kept.
    hindered: Option<Instant>,
}

/// What could not be kept is tried again after so long.
const RETRY: Duration = Duration::from_secs(30);

impl Shelves {
    /// Takes readings from `watch`, which ends when another is given.
    pub fn listen(&mut self, watch: Watch, readings: Receiver<Looked>) {
        self.running = Some((watch, readings));
    }

    /// Takes in what came since the last call.
    pub fn take_in(&mut self) {
        let came: Vec<Looked> = match &self.running {
            Some((_, readings)) => readings.try_iter().collect(),
            None => return,
        };
        self.add(came);
    }

    /// Takes in readings.
    pub fn add(&mut self, readings: Vec<Looked>) {
        for (node, books) in &readings {
            self.note(node, books);
        }
        self.waiting.extend(readings);
        let surplus = self.waiting.len().saturating_sub(MOST_WAITING);
        self.waiting.drain(..surplus);
    }

    /// Readings that are to be kept now.
    pub fn waiting(&self) -> &[Looked] {
        match self.hindered {
            Some(at) if at.elapsed() < RETRY => &[],
            _ => &self.waiting,
        }
    }

    /// They are kept.
    pub fn saved(&mut self) {
        self.waiting.clear();
        self.hindered = None;
    }

    /// Says what hinders keeping them; they wait.
    pub fn hindered(&mut self, error: &str) {
        self.hindered = Some(Instant::now());
        let text = format!("what databases of nodes say cannot be kept: {error}");
        if self.said.get("") != Some(&text) {
            self.messages.push(text.clone());
            self.said.insert(String::new(), text);
        }
    }

    /// What an operator should know, since the last call.
    pub fn take_messages(&mut self) -> Vec<String> {
        std::mem::take(&mut self.messages)
    }

    /// Of many files with the same trouble one sentence is said; what is only not there yet is no trouble.
    fn note(&mut self, node: &str, books: &Books) {
        let unread = self.unread.entry(node.to_owned()).or_default();
        for opened in &books.opened {
            match &opened.error {
                Some(trouble) => unread.insert(opened.book.file(), trouble.clone()),
                None => unread.remove(opened.book.file()),
            };
        }
        let text = sentence(unread.values());
        if self.said.get(node).is_none_or(|said| *said != text) {
            self.messages.push(match text.as_str() {
                "" => format!("{node}: its databases are read"),
                text => format!("{node}: databases: {text}"),
            });
            self.said.insert(node.to_owned(), text);
        }
    }
}

/// The troubles of a node's databases in one line; empty: there is none worth a word.
fn sentence<'a>(troubles: impl Iterator<Item = &'a (Hindrance, String)> + Clone) -> String {
    let all_missing =
        troubles.clone().count() == Book::ALL.len() && troubles.clone().all(|(why, _)| *why == Hindrance::Missing);
    let mut texts: Vec<&str> = troubles
        .filter(|(why, _)| all_missing || *why != Hindrance::Missing)
        .map(|(_, text)| text.as_str())
        .collect();
    texts.sort_unstable();
    texts.dedup();
    match texts.as_slice() {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first, rest @ ..] => format!("{first}; and {} more like it", rest.len()),
    }
}

/// How many of a node's databases cannot be read, and how many there are. What is only not there (each release has
/// others) is neither, unless all are.
pub fn unread(books: &Books) -> (usize, usize) {
    let is = |missing: bool| {
        let troubles = books.opened.iter().filter_map(|opened| opened.error.as_ref());
        troubles
            .filter(|(why, _)| (*why == Hindrance::Missing) == missing)
            .count()
    };
    match is(true) {
        missing if missing == books.opened.len() => (missing, missing),
        missing => (is(false), books.opened.len() - missing),
    }
}
