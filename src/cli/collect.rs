//! `collect`: the collector in the foreground.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, channel, sync_channel};
use std::time::{Duration, SystemTime};

use super::{Failure, Global, visible};
use crate::collector::collect::{Collector, Log};
use crate::config::node::{LogSource, Node};
use crate::node::client::{self, Client};
use crate::node::watch::{self, Polled, Target, Watch};
use crate::report::time::{self, rfc3339};
use crate::source::follow::Start;
use crate::source::wake;
use crate::store::writer::Writer;

/// Arguments of `collect`.
#[derive(clap::Args)]
pub struct Args {
    /// A node: NAME=SOURCE[,api=URL][,data=DIR][,metrics=URL]; repeatable
    #[arg(long, required = true, value_name = "NODE")]
    node: Vec<String>,
    /// Catch up with every log, commit, and exit
    #[arg(long)]
    once: bool,
    /// What of a log that was never followed is read: `all` there is, rotated files too; what comes from
    /// the `end` on; or an age as 7d: the log and those rotated files that were written to since
    #[arg(long, default_value = "all", value_name = "WHEN")]
    start: String,
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

/// Nodes' APIs are asked so often, and given so long to answer.
const ASK_EVERY: Duration = Duration::from_secs(60);
const ASK_TIMEOUT: Duration = Duration::from_secs(10);

/// Runs until it is told to stop.
pub fn run(global: &Global, args: &Args) -> Result<(), Failure> {
    let parse = |text: &String| text.parse::<Node>().map_err(Failure::Usage);
    let nodes = args.node.iter().map(parse).collect::<Result<Vec<_>, _>>()?;
    let targets = targets(&nodes)?;
    let logs = logs(&nodes);
    let start = start(&args.start)?;
    let paths: Vec<PathBuf> = logs.iter().map(|log| log.path.clone()).collect();
    let data_dir = global.data_dir()?;
    let writer = Writer::open(&data_dir)?;
    let mut collector = Collector::new(writer, logs, start)?;
    nodes.iter().try_for_each(|node| collector.know(&node.name))?;
    let client = Client::new(ASK_TIMEOUT).map_err(|why| Failure::Tls { why })?;
    if args.once {
        let polled = watch::once(&client, targets)?;
        return once(&mut collector, polled);
    }
    collector.warm(&data_dir, now_ms())?;
    let stop = stop_signal()?;
    let (sender, wake) = sync_channel(1);
    wake::watch(paths, sender.clone());
    let (polled, answers) = channel();
    let watch = Watch::start(client, targets, ASK_EVERY, polled, sender)?;
    collector.asks().listen(watch, answers);
    follow(&mut collector, &stop, &wake)
}

fn targets(nodes: &[Node]) -> Result<Vec<Target>, Failure> {
    let mut targets = Vec::new();
    for node in nodes {
        if let Some(api) = &node.api {
            let base =
                client::base(api).map_err(|why| Failure::Usage(format!("node {}: api={api}: {why}", node.name)))?;
            targets.push(Target {
                node: node.name.clone(),
                base,
            });
        }
    }
    Ok(targets)
}

fn logs(nodes: &[Node]) -> Vec<Log> {
    let mut logs = Vec::new();
    for node in nodes {
        if let LogSource::File(path) = &node.log {
            let path = std::path::absolute(path).unwrap_or_else(|_| path.clone());
            logs.push(Log {
                node: node.name.clone(),
                path,
            });
        }
    }
    logs
}

fn now_ms() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}

fn say(collector: &mut Collector) {
    for message in collector.take_messages() {
        eprintln!("{} {}", rfc3339(now_ms()), visible(&message));
    }
}

fn once(collector: &mut Collector, polled: Vec<Polled>) -> Result<(), Failure> {
    let asked = polled.len();
    let silent = polled.iter().filter(|(_, poll)| poll.answer.is_err()).count();
    collector.asks().add(polled);
    loop {
        let more = collector.turn(now_ms(), true);
        say(collector);
        if !more {
            break;
        }
    }
    let kept = collector.commit(now_ms(), true);
    say(collector);
    let (unread, logs) = collector.unread();
    match (unread + silent, logs + asked) {
        _ if !kept => Err(Failure::NotKept),
        (0, _) => Ok(()),
        (missing, all) if missing == all => Err(Failure::Nothing),
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
