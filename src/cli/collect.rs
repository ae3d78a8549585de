//! `collect`: the collector in the foreground.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, channel, sync_channel};
use std::time::{Duration, Instant, SystemTime};

use super::config::{self, Said};
use super::{Failure, Global, discovery, visible};
use crate::collector::collect::{Collector, Log};
use crate::config::load::Config;
use crate::config::node::LogSource;
use crate::node::client::{self, Client};
use crate::node::watch::{self, Polled, Target, Watch};
use crate::report::time::{self, rfc3339};
use crate::source::follow::Start;
use crate::source::wake;
use crate::store::upkeep::Retention;
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

/// How often it is looked whether the configuration changed.
const RELOAD: Duration = Duration::from_secs(2);

/// What the configuration asks for.
struct Plan {
    names: Vec<String>,
    logs: Vec<Log>,
    targets: Vec<Target>,
    start: Start,
    retention: Retention,
    every: Duration,
    timeout: Duration,
}

impl Plan {
    fn new(config: &Config) -> Result<Self, Failure> {
        let mut plan = Self {
            names: config.nodes.iter().map(|node| node.name.clone()).collect(),
            logs: Vec::new(),
            targets: Vec::new(),
            start: start(&config.settings.start)?,
            retention: (&config.settings).into(),
            every: config.settings.poll_every,
            timeout: config.settings.poll_timeout,
        };
        for node in &config.nodes {
            if let LogSource::File(path) = &node.log {
                plan.logs.push(Log {
                    node: node.name.clone(),
                    path: path.clone(),
                });
            }
            if let Some(api) = &node.api {
                let base = client::base(api).map_err(|why| Failure::Usage(format!("api of {}: {why}", node.name)))?;
                plan.targets.push(Target {
                    node: node.name.clone(),
                    base,
                });
            }
        }
        Ok(plan)
    }

    /// Catches up with every log, asks every API once.
    fn once(self, data_dir: &Path) -> Result<(), Failure> {
        let client = self.client()?;
        let mut collector = Collector::new(Writer::open(data_dir)?, data_dir, self.retention);
        collector.rearrange(self.logs, self.start, None)?;
        self.names.iter().try_for_each(|name| collector.know(name))?;
        let polled = watch::once(&client, self.targets)?;
        once(&mut collector, polled)
    }

    fn client(&self) -> Result<Client, Failure> {
        Client::new(self.timeout).map_err(|why| Failure::Tls { why })
    }
}

/// Reads once what the configuration or this host has, for whoever asks before anything was collected.
pub fn first(global: &Global) -> Result<(), Failure> {
    let config = discovery::load(global, &Said::default())?;
    if config.nodes.is_empty() {
        return Err(Failure::Usage(config::no_node(&config)));
    }
    let names: Vec<&str> = config.nodes.iter().map(|node| node.name.as_str()).collect();
    tell(&format!(
        "nothing was collected yet; reading once what there is of {}",
        names.join(", ")
    ));
    let plan = Plan::new(&config)?;
    let data_dir = global.data_dir()?;
    match plan.once(&data_dir) {
        // Said already; what was read is worth an answer.
        Err(Failure::Nothing | Failure::Partly { .. }) => Ok(()),
        other => other,
    }
}

/// Runs until it is told to stop.
pub fn run(global: &Global, args: &Args) -> Result<(), Failure> {
    let config = discovery::load(global, &args.said)?;
    if config.nodes.is_empty() {
        return Err(Failure::Usage(config::no_node(&config)));
    }
    let plan = Plan::new(&config)?;
    let data_dir = global.data_dir()?;
    if args.once {
        return plan.once(&data_dir);
    }
    let writer = Writer::open(&data_dir)?;
    let collector = Collector::new(writer, &data_dir, plan.retention);
    let stop = stop_signal()?;
    let (sender, wake) = sync_channel(1);
    let mut running = Running {
        collector,
        sender,
        watching: None,
    };
    if !running.take(plan)? {
        return Err(Failure::NotKept);
    }
    let mut reload = Reload::new(global, args, &config);
    follow(&mut running, &stop, &wake, &mut reload)
}

/// The collector and what wakes it.
struct Running {
    collector: Collector,
    sender: SyncSender<()>,
    watching: Option<wake::Watch>,
}

impl Running {
    /// Does what the plan asks for, and no more what the one before did. False: the database cannot keep
    /// now what was read so far; nothing changed.
    fn take(&mut self, plan: Plan) -> Result<bool, Failure> {
        let paths = plan.logs.iter().map(|log| log.path.clone()).collect();
        let client = plan.client()?;
        if !self.collector.rearrange(plan.logs, plan.start, Some(now_ms()))? {
            return Ok(false);
        }
        plan.names.iter().try_for_each(|name| self.collector.know(name))?;
        self.collector.keep(plan.retention);
        self.watching = Some(wake::watch(paths, self.sender.clone()));
        let (polled, answers) = channel();
        let watch = Watch::start(client, plan.targets, plan.every, polled, self.sender.clone())?;
        self.collector.asks().listen(watch, answers);
        Ok(true)
    }
}

/// Tells when the configuration file changed.
struct Reload<'a> {
    global: &'a Global,
    args: &'a Args,
    file: Option<PathBuf>,
    seen: Option<(SystemTime, u64)>,
    looked: Instant,
}

impl<'a> Reload<'a> {
    fn new(global: &'a Global, args: &'a Args, config: &Config) -> Self {
        let file = config.file.clone();
        Self {
            global,
            args,
            seen: seen(file.as_ref()),
            file,
            looked: Instant::now(),
        }
    }

    /// Takes the new configuration when there is one; a broken file is told once and changes nothing.
    fn act(&mut self, running: &mut Running) {
        let taken = match self.plan() {
            None => return,
            Some(Err(failure)) => Err(failure),
            Some(Ok(plan)) => {
                let names = plan.names.join(", ");
                running.take(plan).map(|taken| taken.then_some(names))
            }
        };
        match taken {
            Ok(Some(names)) => tell(&format!("the configuration changed; the nodes are now: {names}")),
            // What fails for the database's sake is tried again.
            Ok(None) => self.seen = None,
            Err(failure) => tell(&format!("the configuration changed and is not taken:\n{failure}")),
        }
    }

    fn plan(&mut self) -> Option<Result<Plan, Failure>> {
        if self.looked.elapsed() < RELOAD {
            return None;
        }
        self.looked = Instant::now();
        let now = seen(self.file.as_ref());
        // A file that is gone for a moment is being replaced.
        if now.is_none() || now == self.seen {
            return None;
        }
        self.seen = now;
        let config = config::load(self.global, &self.args.said);
        Some(config.and_then(|config| Plan::new(&config)))
    }
}

fn seen(file: Option<&PathBuf>) -> Option<(SystemTime, u64)> {
    let data = file?.metadata().ok()?;
    Some((data.modified().ok()?, data.len()))
}

fn now_ms() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}

fn tell(text: &str) {
    let now = rfc3339(now_ms());
    text.lines().for_each(|line| eprintln!("{now} {}", visible(line)));
}

fn say(collector: &mut Collector) {
    collector.take_messages().iter().for_each(|message| tell(message));
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

fn follow(
    running: &mut Running,
    stop: &AtomicBool,
    wake: &Receiver<()>,
    reload: &mut Reload<'_>,
) -> Result<(), Failure> {
    let mut ready = false;
    while !stop.load(Ordering::Relaxed) {
        let more = running.collector.turn(now_ms(), false);
        say(&mut running.collector);
        reload.act(running);
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
    let kept = running.collector.commit(now_ms(), false);
    say(&mut running.collector);
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
