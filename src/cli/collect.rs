//! `collect`: the collector in the foreground.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::{Duration, SystemTime};

use super::config::{self, Said};
use super::{Failure, Global, visible};
use crate::collector::collect::{Collector, Log};
use crate::config::node::LogSource;
use crate::report::time::{self, rfc3339};
use crate::source::follow::Start;
use crate::source::wake;
use crate::store::writer::Writer;

/// Arguments of `collect`.
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    said: Said,
    /// Catch up with every log, commit, and exit
    #[arg(long)]
    once: bool,
}

fn start(text: &str) -> Result<Start, Failure> {
    match text {
        "all" => Ok(Start::All),
        "end" => Ok(Start::End),
        age => {
            let ms = time::parse(age, now_ms()).map_err(Failure::Usage)?;
            let since = u64::try_from(ms).unwrap_or(0);
            Ok(Start::Since(SystemTime::UNIX_EPOCH + Duration::from_millis(since)))
        }
    }
}

/// A notification wakes at once; without one, this often is looked.
const POLL: Duration = Duration::from_millis(150);

/// Runs until it is told to stop.
pub fn run(global: &Global, args: &Args) -> Result<(), Failure> {
    let config = config::load(global, &args.said)?;
    if config.nodes.is_empty() {
        return Err(Failure::Usage(config::no_node(&config)));
    }
    let mut logs = Vec::new();
    for node in config.nodes {
        if let LogSource::File(path) = node.log {
            logs.push(Log { node: node.name, path });
        }
    }
    let start = start(&config.settings.start)?;
    let paths: Vec<PathBuf> = logs.iter().map(|log| log.path.clone()).collect();
    let data_dir = global.data_dir()?;
    let writer = Writer::open(&data_dir)?;
    let mut collector = Collector::new(writer, logs, start)?;
    if args.once {
        return once(&mut collector);
    }
    collector.warm(&data_dir, now_ms())?;
    let stop = stop_signal()?;
    let (sender, wake) = sync_channel(1);
    wake::watch(paths, sender);
    follow(&mut collector, &stop, &wake)
}

fn now_ms() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}

fn say(collector: &mut Collector) {
    for message in collector.take_messages() {
        eprintln!("{} {}", rfc3339(now_ms()), visible(&message));
    }
}

fn once(collector: &mut Collector) -> Result<(), Failure> {
    loop {
        let more = collector.turn(now_ms(), true);
        say(collector);
        if !more {
            break;
        }
    }
    let kept = collector.commit(now_ms(), true);
    say(collector);
    match collector.unread() {
        _ if !kept => Err(Failure::NotKept),
        (0, _) => Ok(()),
        (unread, asked) if unread == asked => Err(Failure::NoLog),
        (unread, asked) => Err(Failure::Partly {
            what: "read",
            unread,
            asked,
        }),
    }
}

fn follow(collector: &mut Collector, stop: &AtomicBool, wake: &Receiver<()>) -> Result<(), Failure> {
    let mut ready = false;
    while !stop.load(Ordering::Relaxed) {
        let more = collector.turn(now_ms(), false);
        say(collector);
        if more {
            continue;
        }
        if !ready {
            ready = true;
            eprintln!("ready");
        }
        // Disconnected: there are no notifications here, and the poll is all.
        if let Err(std::sync::mpsc::RecvTimeoutError::Disconnected) = wake.recv_timeout(POLL) {
            std::thread::sleep(POLL);
        }
    }
    let kept = collector.commit(now_ms(), false);
    say(collector);
    if kept { Ok(()) } else { Err(Failure::NotKept) }
}

/// Becomes true at SIGTERM or SIGINT; the second one ends the process at once.
fn stop_signal() -> Result<Arc<AtomicBool>, Failure> {
    let stop = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&stop);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    let listen = move || {
        runtime.block_on(async {
            while let Ok(()) = terminated().await {
                if flag.swap(true, Ordering::Relaxed) {
                    std::process::exit(1);
                }
            }
        });
    };
    std::thread::Builder::new().name("signals".to_owned()).spawn(listen)?;
    Ok(stop)
}

#[cfg(unix)]
async fn terminated() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut term, mut int) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    // The terminal it ran in was closed.
    let mut hup = signal(SignalKind::hangup())?;
    std::future::poll_fn(|context| {
        let any = [&mut term, &mut int, &mut hup]
            .into_iter()
            .any(|signal| signal.poll_recv(context).is_ready());
        if any {
            return std::task::Poll::Ready(());
        }
        std::task::Poll::Pending
    })
    .await;
    Ok(())
}

#[cfg(not(unix))]
async fn terminated() -> std::io::Result<()> {
    tokio::signal::ctrl_c().await
}
