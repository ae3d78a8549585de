//! What the system tells a program that runs on: to end, or to look at its configuration again.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// A second signal so soon (a terminal and `timeout` both send one) is the same wish.
const SAME: Duration = Duration::from_secs(1);

/// What was told so far.
#[derive(Clone, Default)]
pub struct Signals {
    /// To end: SIGTERM, SIGINT, and SIGHUP of a terminal that was closed.
    pub stop: Arc<AtomicBool>,
    /// To look at the configuration: SIGHUP of who runs without a terminal.
    pub reload: Arc<AtomicBool>,
}

impl Signals {
    /// Listens in a thread. A second wish to end ends the process at once. `heard` is told the name of each.
    ///
    /// # Errors
    /// When there can be no thread.
    pub fn listen(heard: impl Fn(&str) + Send + 'static) -> io::Result<Self> {
        let signals = Self::default();
        let told = signals.clone();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
        let listen = move || {
            let mut first: Option<Instant> = None;
            while let Ok(name) = runtime.block_on(next()) {
                if name == HANGUP && !io::IsTerminal::is_terminal(&io::stderr()) {
                    heard("SIGHUP: looking at the configuration");
                    told.reload.store(true, Ordering::Relaxed);
                    continue;
                }
                match first {
                    Some(first) if first.elapsed() > SAME => std::process::exit(1),
                    Some(_) => {}
                    None => heard(&format!("{name}: ending")),
                }
                first.get_or_insert_with(Instant::now);
                told.stop.store(true, Ordering::Relaxed);
            }
        };
        std::thread::Builder::new().name("signals".to_owned()).spawn(listen)?;
        Ok(signals)
    }
}

const HANGUP: &str = "SIGHUP";

#[cfg(unix)]
async fn next() -> io::Result<&'static str> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut signals = [
        ("SIGTERM", signal(SignalKind::terminate())?),
        ("SIGINT", signal(SignalKind::interrupt())?),
        (HANGUP, signal(SignalKind::hangup())?),
    ];
    let name = std::future::poll_fn(|context| {
        for (name, signal) in &mut signals {
            if signal.poll_recv(context).is_ready() {
                return std::task::Poll::Ready(*name);
            }
        }
        std::task::Poll::Pending
    });
    Ok(name.await)
}

#[cfg(not(unix))]
async fn next() -> io::Result<&'static str> {
    tokio::signal::ctrl_c().await?;
    Ok("ctrl-C")
}
