//! Tells when a log was written to, by the system's notifications (linemux's event half). What it
//! misses (network mounts have none), a poll finds.
//!
//! A notification costs both the writer and us some 50 µs, so a busy log is left to the poll, which
//! then finds something every time; notifications are for quiet ones, where they save the wait.

use std::path::PathBuf;
use std::sync::mpsc::{SyncSender, TrySendError};
use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::time::{Instant, sleep, timeout_at};

/// A log is busy with more events than this in such a time; it is left alone for so long then.
const BUSY_EVENTS: usize = 50;
const BUSY_TIME: Duration = Duration::from_secs(5);
const ALONE: Duration = Duration::from_secs(120);

/// Watches as long as it lives, and until the next event at most.
#[derive(Debug)]
pub struct Watch(#[allow(dead_code)] Arc<()>);

/// Sends into `wake` when one of `paths` was written to or replaced, until the receiver or the watch is
/// gone. Does nothing where notifications cannot be had.
pub fn watch(paths: Vec<PathBuf>, wake: SyncSender<()>) -> Watch {
    let watch = Watch(Arc::new(()));
    let alive = Arc::downgrade(&watch.0);
    let watcher = move || {
        let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_time().build() else {
            return;
        };
        runtime.block_on(async {
            while listen(&paths, &wake, &alive).await {
                sleep(ALONE).await;
            }
        });
    };
    // Without the thread there is still the poll.
    let _ = std::thread::Builder::new().name("wake".to_owned()).spawn(watcher);
    watch
}

/// Listens until the logs are busy: true. False: there is nothing to listen to, or nobody to tell.
async fn listen(paths: &[PathBuf], wake: &SyncSender<()>, alive: &Weak<()>) -> bool {
    let Ok(mut events) = linemux::MuxedEvents::new() else {
        return false;
    };
    let mut any = false;
    for path in paths {
        any |= events.add_file(path).await.is_ok();
    }
    if !any {
        return false;
    }
    loop {
        // However quiet it is, the first event starts a new count.
        let mut count = 0;
        let mut until = None;
        while count < BUSY_EVENTS * paths.len().max(1) {
            let next = events.next_event();
            let event = match until {
                Some(until) => match timeout_at(until, next).await {
                    Ok(event) => event,
                    Err(_) => break,
                },
                None => next.await,
            };
            if alive.strong_count() == 0 || !event.is_ok_and(|event| event.is_some()) {
                return false;
            }
            until.get_or_insert_with(|| Instant::now() + BUSY_TIME);
            count += 1;
            // Full: a wake-up waits already.
            if let Err(TrySendError::Disconnected(())) = wake.try_send(()) {
                return false;
            }
        }
        if until.is_some_and(|until| Instant::now() < until) {
            return true;
        }
    }
}
