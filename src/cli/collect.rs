//! `collect`: the collector in the foreground.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use super::config::{self, Said};
use super::discovery::{self, Finder};
use super::settings::{self, FileDesk, Names};
use super::signals::Signals;
use super::{Failure, Global, visible};
use crate::api::money::Currency;
use crate::collector::collect::{Collector, Log};
use crate::collector::money::{CostModel, Terms};
use crate::collector::service::{Plan, Plans, Service, Why};
use crate::collector::shelves;
use crate::config::cost::{Amount, Cost};
use crate::config::load::Config;
use crate::config::node::LogSource;
use crate::domain::money::Prices;
use crate::node::around::{self, Place};
use crate::node::client::{self, Client};
use crate::node::databases;
use crate::node::watch::{self, Target};
use crate::report::time::{self, rfc3339};
use crate::source::follow::Start;
use crate::store::writer::Writer;
use crate::support::clock::now_ms;

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

/// What the configuration says of money.
pub fn terms(config: &Config) -> Terms {
    let settings = &config.settings;
    let [disk, egress, repair, audit] = settings.fallback_cents;
    let fallback = Prices {
        disk,
        egress,
        repair,
        audit,
    };
    // The configuration was judged: each is of a currency that is known.
    let dollars = |amount: &Option<Amount>| amount.as_ref().and_then(|amount| amount.dollars(settings).ok());
    // What one costs that is not watched now may be asked for all the same.
    let nodes = config.nodes.iter().chain(&config.unwatched);
    let nodes = nodes.filter(|node| node.cost != Cost::default());
    let costs = nodes.map(|node| {
        let model = CostModel {
            monthly: dollars(&node.cost.monthly),
            watts: dollars(&node.cost.watts),
            kwh: dollars(&node.cost.kwh),
            invested: dollars(&node.cost.hardware),
        };
        (node.name.clone(), model)
    });
    Terms {
        currency: Currency {
            symbol: settings.currency.clone(),
            factor: settings.currency_factor.parse().unwrap_or(1.0),
        },
        fallback: (fallback != Prices::default()).then_some(fallback),
        costs: costs.collect(),
    }
}

/// What it says of money, for an answer out of the database alone: a configuration that cannot be read is no reason to
/// give none.
pub fn terms_now(global: &Global) -> Terms {
    let config = super::config::load(global, &super::config::Said::default());
    config.map_or_else(|_| Terms::default(), |config| terms(&config))
}

/// What the configuration asks for.
pub fn plan(config: &Config) -> Result<Plan, Failure> {
    let settings = &config.settings;
    let mut plan = Plan {
        names: config.nodes.iter().map(|node| node.name.clone()).collect(),
        logs: Vec::new(),
        targets: Vec::new(),
        databases: Vec::new(),
        places: Vec::new(),
        host: around::Host {
            root: discovery::root(),
            smart: settings.smart,
        },
        start: start(&settings.start)?,
        retention: settings.into(),
        every: settings.poll_every,
        geoip: settings.geoip_file.clone(),
        terms: terms(config),
        doubts: discovery::doubts(config).iter().map(ToString::to_string).collect(),
        anew: false,
        client: Client::new(settings.poll_timeout).map_err(|why| Failure::Tls { why })?,
    };
    for node in &config.nodes {
        if let LogSource::File(path) = &node.log {
            plan.logs.push(Log {
                node: node.name.clone(),
                path: path.clone(),
            });
        }
        if let Some(dir) = &node.data {
            plan.databases.push(databases::watch::Target {
                node: node.name.clone(),
                dir: dir.clone(),
            });
        }
        let address = |key: &str, text: &Option<String>| {
            let base = text.as_deref().map(client::base).transpose();
            base.map_err(|why| Failure::Usage(format!("{key} of {}: {why}", node.name)))
        };
        if let Some(base) = address("api", &node.api)? {
            plan.targets.push(Target {
                node: node.name.clone(),
                base,
            });
        }
        plan.places.push(Place {
            node: node.name.clone(),
            metrics: address("metrics", &node.metrics)?,
            health: address("health", &node.health)?,
            data: node.data.clone(),
        });
    }
    Ok(plan)
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
    match once(plan(&config)?, &global.data_dir()?) {
        // Said already; what was read is worth an answer.
        Err(Failure::Nothing | Failure::Partly { .. }) => Ok(()),
        other => other,
    }
}

/// Runs until it is told to stop.
pub fn run(global: &Global, args: &Args) -> Result<(), Failure> {
    let mut finder = Finder::new(global, &args.said);
    let config = finder.load(true)?;
    if config.nodes.is_empty() {
        return Err(Failure::Usage(config::no_node(&config)));
    }
    let plan = plan(&config)?;
    let data_dir = global.data_dir()?;
    if args.once {
        return once(plan, &data_dir);
    }
    let signals = Signals::listen(tell)?;
    let desk = FileDesk::new(global, &args.said, &config);
    let plans = plans(finder, settings::file(global), desk.names(), signals.reload);
    let service = Service::start(&data_dir, plan, plans, Box::new(tell))?;
    service.open_desk(Arc::new(desk));
    match service.run(&signals.stop, || eprintln!("ready")) {
        true => Ok(()),
        false => Err(Failure::NotKept),
    }
}

/// Plans whenever the configuration file changed, or `reload` was told; only then this host is looked over anew: that
/// takes seconds, in which no log is read. `names`: the nodes of the last one.
pub fn plans(mut finder: Finder, file: Option<PathBuf>, names: Names, reload: Arc<AtomicBool>) -> Plans {
    let mut before = seen(file.as_ref());
    Box::new(move |why| {
        let now = seen(file.as_ref());
        let anew = reload.swap(false, Ordering::Relaxed) || why == Why::Anew;
        // A file that is gone for a moment is being replaced.
        if !anew && why == Why::Usual && (now.is_none() || now == before) {
            return None;
        }
        before = now;
        let plan = finder.load(anew).and_then(|config| plan(&config));
        let plan = plan.map(|plan| Plan { anew, ..plan });
        if let Ok(plan) = &plan {
            names.set(plan.names.clone());
        }
        Some(plan.map_err(|failure| failure.to_string()))
    })
}

fn seen(file: Option<&PathBuf>) -> Option<(SystemTime, u64)> {
    let data = file?.metadata().ok()?;
    Some((data.modified().ok()?, data.len()))
}

/// Says something on standard error, with the time.
fn tell(text: &str) {
    let now = rfc3339(now_ms());
    text.lines().for_each(|line| eprintln!("{now} {}", visible(line)));
}

fn say(collector: &mut Collector) {
    collector.take_messages().iter().for_each(|message| tell(message));
}

/// Catches up with every log, asks every API once, keeps all of it.
fn once(plan: Plan, data_dir: &Path) -> Result<(), Failure> {
    plan.doubts.iter().for_each(|doubt| tell(doubt));
    let mut collector = Collector::new(Writer::open(data_dir)?, data_dir, plan.retention);
    collector.rearrange(plan.logs, plan.start, None)?;
    collector.know(plan.names, false, now_ms())?;
    let polled = watch::once(&plan.client, plan.targets)?;
    let asked = polled.len();
    let silent = polled.iter().filter(|(_, poll)| poll.answer.is_err()).count();
    collector.asks().add(polled);
    let looked = databases::watch::once(plan.databases);
    let (mut shut, mut books) = (0, 0);
    for (_, read) in &looked {
        let (unread, all) = shelves::unread(read);
        (shut, books) = (shut + unread, books + all);
    }
    collector.shelves().add(looked);
    // What is missing here is said; logs and APIs decide whether all was read.
    let seen = around::once(&plan.client, plan.places, &plan.host)?;
    collector.around().add(seen);
    loop {
        let more = collector.turn(now_ms(), true);
        say(&mut collector);
        if !more {
            break;
        }
    }
    let kept = collector.commit(now_ms(), true);
    say(&mut collector);
    let (unread, logs) = collector.unread();
    match (unread + silent + shut, logs + asked + books) {
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
