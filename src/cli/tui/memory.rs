//! What a person finds again: a small file of their own, written by a thread of its own.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::support::file::{self, Over, Readers};
use crate::ui::model::Memory;
use crate::ui::run::Remember;

/// Changes are written after so much quiet.
const QUIET: Duration = Duration::from_secs(1);
/// At the end it may take so long.
const LAST: Duration = Duration::from_millis(500);
/// No such file is larger, bytes.
const LARGEST: u64 = 1 << 20;

/// Where it is kept: in the folder for everything, where one was given, for then nothing is written elsewhere; else in
/// the platform's place. `None`: there is no home.
pub fn place(given: Option<&Path>) -> Option<PathBuf> {
    let dir = given.map(Path::to_owned).or_else(crate::config::state_dir);
    dir.map(|dir| dir.join("screen.json"))
}

/// What was kept; nothing when it cannot be read: it is a comfort, no data.
pub fn load(path: &Path) -> Option<Memory> {
    let size = std::fs::metadata(path).ok()?.len();
    let text = (size <= LARGEST)
        .then(|| std::fs::read_to_string(path).ok())
        .flatten()?;
    serde_json::from_str(&text).ok()
}

/// Writes what changes.
pub struct Keeper {
    thread: Option<JoinHandle<()>>,
}

impl Keeper {
    /// Starts it; what it gives takes changes until it is dropped.
    pub fn start(path: PathBuf) -> std::io::Result<(Self, Remember)> {
        let (sender, changes) = channel();
        let work = move || keep(&path, &changes);
        let thread = std::thread::Builder::new().name("memory".to_owned()).spawn(work)?;
        let remember = move |memory| {
            // Whoever wrote it is gone: then nobody finds it again.
            let _ = sender.send(memory);
        };
        Ok((Self { thread: Some(thread) }, Box::new(remember)))
    }

    /// Waits for the last change to be written; not for ever.
    pub fn end(mut self) {
        let begun = Instant::now();
        let Some(thread) = self.thread.take() else { return };
        while !thread.is_finished() && begun.elapsed() < LAST {
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

fn keep(path: &Path, changes: &Receiver<Memory>) {
    let mut last: Option<Memory> = None;
    let mut written = last.clone();
    loop {
        let wait = if last == written {
            Duration::from_secs(3600)
        } else {
            QUIET
        };
        match changes.recv_timeout(wait) {
            Ok(memory) => last = Some(memory),
            Err(end) => {
                if let Some(memory) = last.as_ref().filter(|_| last != written) {
                    // A disk that is full is told of elsewhere.
                    let _ = write(path, memory);
                    written.clone_from(&last);
                }
                if end == RecvTimeoutError::Disconnected {
                    return;
                }
            }
        }
    }
}

/// Only its owner reads it: it names nodes.
fn write(path: &Path, memory: &Memory) -> std::io::Result<()> {
    file::write(path, &serde_json::to_vec(memory)?, (Over::Anything, Readers::Owner))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_change_is_found_again_and_nonsense_is_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("deep/screen.json");
        assert_eq!(load(&path), None);
        let (keeper, mut remember) = Keeper::start(path.clone()).unwrap();
        for range in ["1 h", "24 h"] {
            remember(Memory {
                range: range.to_owned(),
                ..Memory::default()
            });
        }
        drop(remember);
        keeper.end();
        assert_eq!(load(&path).unwrap().range, "24 h");
        std::fs::write(&path, "{\"range\": 5").unwrap();
        assert_eq!(load(&path), None);
    }
}
