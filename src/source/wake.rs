//! Tells when a log was written to, by the system's notifications (linemux's event half). What it
//! misses (network mounts have none), a poll finds.

use std::path::PathBuf;
use std::sync::mpsc::SyncSender;
use std::time::Duration;

/// Events of one moment are one wake-up.
const TOGETHER: Duration = Duration::from_millis(10);

/// Sends into `wake` when one of `paths` was written to or replaced, until the receiver is gone.
/// Does nothing where notifications cannot be had.
pub fn watch(paths: Vec<PathBuf>, wake: SyncSender<()>) {
    let watcher = move || {
        let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_time().build() else {
            return;
        };
        runtime.block_on(listen(paths, wake));
    };
    // Without the thread there is still the poll.
    let _ = std::thread::Builder::new().name("wake".to_owned()).spawn(watcher);
}

async fn listen(paths: Vec<PathBuf>, wake: SyncSender<()>) {
    let Ok(mut events) = linemux::MuxedEvents::new() else {
        return;
    };
    let mut any = false;
    for path in paths {
        any |= events.add_file(&path).await.is_ok();
    }
    while any && events.next_event().await.is_ok_and(|event| event.is_some()) {
        // Full: a wake-up waits already.
        if let Err(std::sync::mpsc::TrySendError::Disconnected(())) = wake.try_send(()) {
            return;
        }
        tokio::time::sleep(TOGETHER).await;
    }
}
