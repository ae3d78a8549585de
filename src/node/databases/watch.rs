//! Looks at every node's databases again and again, each in a thread of its own: a folder that hangs (a disk that is
//! gone, a share) hinders nobody else. Hands on what they say.

use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender, channel};
use std::time::{Duration, Instant};

use super::Shelf;
use crate::domain::books::{Book, Books, Hindrance, Opened};
use crate::support::clock::now_ms;

/// A node whose databases can be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The node's name.
    pub node: String,
    /// Its folder.
    pub dir: PathBuf,
}

/// A node's name, and what its databases said.
pub type Looked = (String, Books);

/// The node writes its scores every few hours, and its traffic every hour.
const EVERY: Duration = Duration::from_secs(60);
/// Who looks once waits so long for all.
const PATIENCE: Duration = Duration::from_secs(20);

/// Looks as long as it lives.
#[derive(Debug)]
pub struct Watch {
    // Its end is what the threads see.
    _running: Vec<Sender<()>>,
}

impl Watch {
    /// Starts to look at every target at once, then each minute. What they say goes to `looked`, and `wake` is told.
    ///
    /// # Errors
    /// When there can be no thread.
    pub fn start(targets: Vec<Target>, looked: Sender<Looked>, wake: SyncSender<()>) -> std::io::Result<Self> {
        let mut running = Vec::new();
        for target in targets {
            let (alive, ended) = channel();
            let (looked, wake) = (looked.clone(), wake.clone());
            std::thread::Builder::new()
                .name("databases".to_owned())
                .spawn(move || look(&target, &looked, &wake, &ended))?;
            running.push(alive);
        }
        Ok(Self { _running: running })
    }
}

fn look(target: &Target, looked: &Sender<Looked>, wake: &SyncSender<()>, ended: &Receiver<()>) {
    let mut shelf = Shelf::new(&target.dir);
    loop {
        let books = shelf.look(now_ms());
        if !books.opened.is_empty() {
            if looked.send((target.node.clone(), books)).is_err() {
                return;
            }
            // Full: a wake-up waits already.
            let _ = wake.try_send(());
        }
        if ended.recv_timeout(EVERY) != Err(RecvTimeoutError::Timeout) {
            return;
        }
    }
}

/// Looks at every target once, all at the same time. Who does not come back says so.
pub fn once(targets: Vec<Target>) -> Vec<Looked> {
    let (looked, answers) = channel();
    let mut waiting: Vec<Target> = Vec::new();
    for target in targets {
        let (looked, one) = (looked.clone(), target.clone());
        let begun = std::thread::Builder::new().name("databases".to_owned()).spawn(move || {
            // Who asked may have lost patience.
            let _ = looked.send((one.node, Shelf::new(&one.dir).look(now_ms())));
        });
        // Without a thread nothing is known of it: it is told as one that does not come back.
        let _ = begun;
        waiting.push(target);
    }
    drop(looked);
    let end = Instant::now() + PATIENCE;
    let mut all = Vec::new();
    while !waiting.is_empty() {
        match answers.recv_timeout(end.saturating_duration_since(Instant::now())) {
            Ok((node, books)) => {
                waiting.retain(|target| target.node != node);
                all.push((node, books));
            }
            Err(_) => break,
        }
    }
    all.extend(waiting.into_iter().map(silent));
    all
}

fn silent(target: Target) -> Looked {
    let text = format!(
        "{}: its disk does not answer within {} s; is it mounted and well?",
        target.dir.display(),
        PATIENCE.as_secs()
    );
    let opened = Book::ALL.into_iter().map(|book| Opened {
        book,
        changed_ms: None,
        error: Some((Hindrance::Failing, text.clone())),
    });
    let books = Books {
        read_ms: now_ms(),
        opened: opened.collect(),
        ..Books::default()
    };
    (target.node, books)
}
