//! `demo`: the program at work on two recorded nodes, as if they ran now. Keeps nothing.

use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::settings::FileDesk;
use super::signals::Signals;
use super::tui::{self, Again, Begin, Inside, Opening};
use super::{Failure, Global, collect, status};
use crate::api::link::Link;
use crate::api::message::{Answer, Query};
use crate::api::status::Status;
use crate::collector::collect::Log;
use crate::collector::service::{Plan, Plans, Service, Why};
use crate::config::setting::Settings;
use crate::demo::{HISTORY, Replay};
use crate::node::client::{self, Client};
use crate::node::watch::Target;
use crate::source::follow::Start;
use crate::support::clock::now_ms;
use crate::ui::chart::Range;
use crate::ui::model::Collector;

/// Arguments of `demo`.
#[derive(clap::Args)]
pub struct Args {
    /// How fast the recorded time goes by
    #[arg(long, default_value_t = 1.0, value_parser = speed, value_name = "FACTOR")]
    speed: f64,
    /// End after so many seconds [default: without a terminal, 3; else never]
    #[arg(long, value_name = "N")]
    seconds: Option<u64>,
    #[command(flatten)]
    screen: Opening,
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
/// How often it is looked whether to end.
const LOOK: Duration = Duration::from_millis(100);
/// Recorded nodes answer at once; a screen for people should not wait a minute for their next answer.
const ASK: Duration = Duration::from_secs(10);
const PATIENCE: Duration = Duration::from_secs(10);

/// Shows it.
pub fn run(global: &Global, args: &Args) -> Result<(), Failure> {
    if let Some(node) = global.whole_nodes().next() {
        return Err(Failure::Usage(format!(
            "--node {node}: a demonstration has only its recorded nodes; leave `demo` out to watch yours"
        )));
    }
    let screen = args.screen.at(global)?;
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
    let replay = Replay::start(folder.path(), now_ms(), HISTORY, args.speed)?;
    let data_dir = folder.path().join("data");
    let plan = plan(&replay)?;
    let desk = desk(folder.path(), &plan)?;
    let plans = plans(plan.clone(), Arc::clone(&desk));
    let service = Service::start(&data_dir, plan, plans, Box::new(|_| ()))?;
    service.open_desk(desk);
    let stop = Signals::listen(|_| ())?.stop;
    let (inside, mut link) = Inside::start(service, Arc::default())?;
    let shown = match io::stdout().is_terminal() && args.seconds.is_none() {
        true => {
            let again = Again {
                data_dir,
                start: Box::new(|| None),
            };
            let mut model = screen.model(global, Collector::Inside);
            if !screen.says_range() {
                // Its recordings begin a few minutes before now.
                model.shared.time.range = Range::Minutes15;
            }
            tui::show(model, &Begin::Anew, link, again, &stop)
        }
        false => show(&mut link, args, &stop),
    };
    inside.end()?;
    shown
}

/// What is changed on its screen holds until it ends: its file goes with all else it made.
fn desk(folder: &Path, plan: &Plan) -> Result<Arc<FileDesk>, Failure> {
    let file = folder.join("config.toml");
    std::fs::write(&file, "")?;
    Ok(Arc::new(FileDesk::for_this_run(file, plan.names.clone())))
}

/// Only what is said of money can be another; nodes and files are those of the recording.
fn plans(plan: Plan, desk: Arc<FileDesk>) -> Plans {
    Box::new(move |why| {
        (why != Why::Usual).then(|| {
            let config = desk.config().map_err(|failure| failure.to_string())?;
            let mut plan = plan.clone();
            plan.terms = collect::terms(&config);
            Ok(plan)
        })
    })
}

fn plan(replay: &Replay) -> Result<Plan, Failure> {
    let mut plan = Plan {
        geoip: None,
        terms: Default::default(),
        doubts: Vec::new(),
        anew: false,
        names: Vec::new(),
        logs: Vec::new(),
        targets: Vec::new(),
        databases: Vec::new(),
        places: Vec::new(),
        host: Default::default(),
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

/// Without a terminal: how the nodes are, when all of their history was read.
fn show(link: &mut Link, args: &Args, stop: &AtomicBool) -> Result<(), Failure> {
    let end = Instant::now() + Duration::from_secs(args.seconds.unwrap_or(SECONDS));
    while Instant::now() < end && !stop.load(Ordering::Relaxed) {
        std::thread::sleep(LOOK);
    }
    draw(&ask(link)?)
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

fn draw(status: &Status) -> Result<(), Failure> {
    let mut text = Vec::new();
    writeln!(
        text,
        "two recorded nodes, replayed against the clock; nothing of this host is read\n"
    )?;
    status::write_nodes(&mut text, status, now_ms())?;
    let mut out = io::stdout().lock();
    out.write_all(&text)?;
    Ok(out.flush()?)
}
