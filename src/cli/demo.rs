//! `demo`: the program at work on two recorded nodes, as if they ran now. Keeps nothing.

use std::io::{self, IsTerminal, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::signals::Signals;
use super::{Failure, Global, collect, status};
use crate::api::link::{self, Link};
use crate::api::message::{Answer, Query};
use crate::api::status::Status;
use crate::collector::collect::Log;
use crate::collector::service::{Plan, Service};
use crate::config::setting::Settings;
use crate::demo::{HISTORY, Replay};
use crate::node::client::{self, Client};
use crate::node::watch::Target;
use crate::source::follow::Start;

/// Arguments of `demo`.
#[derive(clap::Args)]
pub struct Args {
    /// How fast the recorded time goes by
    #[arg(long, default_value_t = 1.0, value_parser = speed, value_name = "FACTOR")]
    speed: f64,
    /// End after so many seconds [default: without a terminal, 3; else never]
    #[arg(long, value_name = "N")]
    seconds: Option<u64>,
}

fn speed(text: &str) -> Result<f64, String> {
    let speed: f64 = text.parse().map_err(|_| format!("`{text}` is no number"))?;
    match (0.1..=100.0).contains(&speed) {
        true => Ok(speed),
        false => Err("the factor is 0.1 to 100".to_owned()),
    }
}

/// Without a terminal it ends by itself.
const SECONDS: u64 = 3;
/// The screen is drawn so often.
const DRAW: Duration = Duration::from_secs(1);
/// Recorded nodes answer at once; a screen for people should not wait a minute for their next answer.
const ASK: Duration = Duration::from_secs(10);
const PATIENCE: Duration = Duration::from_secs(10);

/// Shows it.
pub fn run(global: &Global, args: &Args) -> Result<(), Failure> {
    let mut folder = tempfile::Builder::new();
    folder.prefix("storj-monitor-demo-");
    // Whoever names a folder wants everything in it.
    let folder = match &global.data_dir {
        Some(dir) => {
            std::fs::create_dir_all(dir)?;
            folder.tempdir_in(dir)?
        }
        None => folder.tempdir()?,
    };
    let replay = Replay::start(folder.path(), collect::now_ms(), HISTORY, args.speed)?;
    let data_dir = folder.path().join("data");
    let service = Service::start(&data_dir, plan(&replay)?, Box::new(|_| None), Box::new(|_| ()))?;
    let (mut link, port) = link::pair();
    service.hub().attach(port)?;
    let stop = Signals::listen(|_| ())?.stop;
    let caught_up = Arc::new(AtomicBool::new(false));
    let (flag, ready) = (Arc::clone(&stop), Arc::clone(&caught_up));
    let run = move || service.run(&flag, || ready.store(true, Ordering::Relaxed));
    let collector = std::thread::Builder::new().name("collector".to_owned()).spawn(run)?;
    let shown = show(&mut link, args, &stop, &caught_up);
    stop.store(true, Ordering::Relaxed);
    let _ = collector.join();
    shown
}

fn plan(replay: &Replay) -> Result<Plan, Failure> {
    let mut plan = Plan {
        names: Vec::new(),
        logs: Vec::new(),
        targets: Vec::new(),
        start: Start::All,
        retention: (&Settings::default()).into(),
        every: ASK,
        client: Client::new(PATIENCE).map_err(|why| Failure::Tls { why })?,
    };
    for node in replay.nodes() {
        plan.names.push(node.name.clone());
        plan.logs.push(Log {
            node: node.name.clone(),
            path: node.log.clone(),
        });
        plan.targets.push(Target {
            node: node.name.clone(),
            base: client::base(&node.api).map_err(Failure::Usage)?,
        });
    }
    Ok(plan)
}

fn show(link: &mut Link, args: &Args, stop: &AtomicBool, caught_up: &AtomicBool) -> Result<(), Failure> {
    let terminal = io::stdout().is_terminal();
    let seconds = args.seconds.or((!terminal).then_some(SECONDS));
    let end = seconds.map(|seconds| Instant::now() + Duration::from_secs(seconds));
    let over = || stop.load(Ordering::Relaxed) || end.is_some_and(|end| Instant::now() >= end);
    while !over() || !caught_up.load(Ordering::Relaxed) && !stop.load(Ordering::Relaxed) {
        if terminal {
            draw(&ask(link)?, true)?;
        }
        std::thread::sleep(if terminal { DRAW } else { DRAW / 10 });
    }
    draw(&ask(link)?, terminal)
}

fn ask(link: &mut Link) -> Result<Status, Failure> {
    let query = Query::Status {
        nodes: Vec::new(),
        at_ms: None,
    };
    match link.ask(query, PATIENCE) {
        Ok(Answer::Status(status)) => Ok(status),
        Ok(_) => Err(Failure::Usage("the collector answered something else".to_owned())),
        Err(why) => Err(Failure::Output(io::Error::other(why))),
    }
}

/// `clear`: in place of what stood there.
fn draw(status: &Status, clear: bool) -> Result<(), Failure> {
    let mut text = Vec::new();
    if clear {
        text.extend_from_slice(b"\x1b[H\x1b[2J");
    }
    writeln!(
        text,
        "two recorded nodes, replayed against the clock; nothing of this host is read\n"
    )?;
    status::write_nodes(&mut text, status, collect::now_ms())?;
    let mut out = io::stdout().lock();
    out.write_all(&text)?;
    Ok(out.flush()?)
}
