//! The collector at work: follows, asks, keeps, and serves viewers until it is told to stop. Runs in the
//! foreground (`collect`) or in a thread of a program with a screen.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, channel, sync_channel};
use std::time::{Duration, Instant};

use super::collect::{Collector, Log};
use super::desk::Desk;
use super::hub::{Hub, Order};
use super::money::Terms;
use super::publish::{self, Publisher};
use crate::api::message::{Answer, Command};
use crate::node::around::{self, Host, Place};
use crate::node::client::Client;
use crate::node::databases;
use crate::node::watch::{Target, Watch};
use crate::source::follow::Start;
use crate::source::wake;
use crate::store::upkeep::Retention;
use crate::store::writer::Writer;
use crate::store::{Error, Result};
use crate::support::clock::now_ms;

/// A notification wakes at once; without one, this often is looked.
const POLL: Duration = Duration::from_millis(150);
/// How often it is looked whether the configuration changed.
const RELOAD: Duration = Duration::from_secs(2);

/// What is to be followed, asked and kept.
#[derive(Debug, Clone)]
pub struct Plan {
    /// All nodes, by name.
    pub names: Vec<String>,
    /// Logs of those that have one.
    pub logs: Vec<Log>,
    /// APIs of those that have one.
    pub targets: Vec<Target>,
    /// Databases of those whose folder is known.
    pub databases: Vec<databases::watch::Target>,
    /// What surrounds nodes.
    pub places: Vec<Place>,
    /// The host that is looked at.
    pub host: Host,
    /// What is read of a log that was never followed.
    pub start: Start,
    /// What is kept.
    pub retention: Retention,
    /// How often APIs are asked.
    pub every: Duration,
    /// Asks them.
    pub client: Client,
    /// Where countries of addresses come from.
    pub geoip: Option<PathBuf>,
    /// What is said of money.
    pub terms: Terms,
    /// What looks wrong in the configuration, and an operator should know.
    pub doubts: Vec<String>,
    /// Whether its work is begun anew even if it is the work that is done.
    pub anew: bool,
}

impl Plan {
    /// All of it but what is said of money.
    fn work(&self) -> String {
        let Self {
            names,
            logs,
            targets,
            databases,
            places,
            host,
            retention,
            every,
            client,
            geoip,
            // Of logs that are followed from then on: those come with other work.
            start: _,
            terms: _,
            doubts: _,
            anew: _,
        } = self;
        let asked = (targets, every, client.timeout(), places, host);
        format!("{:?}", (names, logs, databases, retention, geoip, asked))
    }
}

/// Why a plan is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// It is time to look whether the configuration changed.
    Usual,
    /// It was changed: there is a plan in any case.
    Changed,
    /// Somebody wants all looked at anew, this host too.
    Anew,
}

/// Where plans come from while it runs; gives a new plan once, or what is wrong with it.
pub type Plans = Box<dyn FnMut(Why) -> Option<std::result::Result<Plan, String>> + Send>;

/// Hears what an operator should know.
pub type Say = Box<dyn FnMut(&str) + Send>;

/// A collector and its viewers.
pub struct Service {
    collector: Collector,
    data_dir: PathBuf,
    hub: Arc<Hub>,
    publisher: Publisher,
    orders: Receiver<Order>,
    wake: Receiver<()>,
    sender: SyncSender<()>,
    watching: Option<wake::Watch>,
    plans: Plans,
    /// A plan that could not be taken, for the database's sake.
    waiting: Option<Plan>,
    /// The work of the plan that was taken; empty: of one that failed.
    work: String,
    /// Why a plan was not taken, as it was said.
    failed: Option<String>,
    /// What was said of the last plan.
    doubts: Vec<String>,
    looked: Instant,
    say: Say,
    #[cfg(unix)]
    _listener: Option<crate::api::socket::Listener>,
}

impl Service {
    /// Takes the data directory and begins with a plan. Viewers can attach from now on.
    ///
    /// # Errors
    /// When the database cannot be opened, or is in use.
    pub fn start(data_dir: &Path, plan: Plan, plans: Plans, mut say: Say) -> Result<Self> {
        let writer = Writer::open(data_dir)?;
        let (order, orders) = channel();
        let (sender, wake) = sync_channel(1);
        let hub = Arc::new(Hub::new(data_dir, now_ms(), order, sender.clone()));
        #[cfg(unix)]
        let listener = listen(data_dir, &hub, &mut say);
        let mut collector = Collector::new(writer, data_dir, plan.retention);
        collector.serve(Arc::clone(&hub));
        let mut service = Self {
            collector,
            data_dir: data_dir.to_owned(),
            publisher: Publisher::new(Arc::clone(&hub)),
            hub,
            orders,
            wake,
            sender,
            watching: None,
            plans,
            waiting: None,
            work: String::new(),
            failed: None,
            doubts: Vec::new(),
            looked: Instant::now(),
            say,
            #[cfg(unix)]
            _listener: listener,
        };
        service.take(plan)?;
        Ok(service)
    }

    /// Where viewers of this process attach.
    pub fn hub(&self) -> &Arc<Hub> {
        &self.hub
    }

    /// Viewers read and change the configuration there.
    pub fn open_desk(&self, desk: Arc<dyn Desk>) {
        self.hub.open_desk(desk);
    }

    /// Works until `stop`; then keeps what was read. False: that could not be kept, and is read again.
    /// `ready` is called once, when it has caught up for the first time.
    pub fn run(mut self, stop: &AtomicBool, ready: impl FnOnce()) -> bool {
        let (hub, data_dir) = (Arc::clone(&self.hub), self.data_dir.clone());
        let ended = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&ended);
        // Without the thread viewers only miss how nodes are.
        let _ = std::thread::Builder::new()
            .name("status".to_owned())
            .spawn(move || publish::tell_status(&hub, &data_dir, &flag));
        let mut ready = Some(ready);
        while !stop.load(Ordering::Relaxed) {
            let more = self.turn();
            if more {
                continue;
            }
            if let Some(ready) = ready.take() {
                self.collector.commit_news(now_ms());
                ready();
            }
            // Disconnected: there are no notifications here, and the poll is all.
            if let Err(std::sync::mpsc::RecvTimeoutError::Disconnected) = self.wake.recv_timeout(POLL) {
                std::thread::sleep(POLL);
            }
        }
        ended.store(true, Ordering::Relaxed);
        let kept = self.collector.commit(now_ms(), false);
        self.tell();
        kept
    }

    fn turn(&mut self) -> bool {
        let more = self.collector.turn(now_ms(), false);
        self.tell();
        self.hub.trouble(self.collector.trouble());
        self.publisher.publish(&mut self.collector, now_ms());
        while let Ok(order) = self.orders.try_recv() {
            let answer = self.obey(&order.command);
            // Who asked may be gone.
            let _ = order.done.try_send(answer);
        }
        if self.looked.elapsed() >= RELOAD {
            // What it says goes to the operator.
            let _ = self.reload(Why::Usual);
        }
        more
    }

    fn tell(&mut self) {
        for message in self.collector.take_messages() {
            (self.say)(&message);
        }
    }

    fn obey(&mut self, command: &Command) -> std::result::Result<Answer, String> {
        match command {
            Command::Reload => self.reload(Why::Anew).map(|()| Answer::Done),
            Command::Change(_) => self.reload(Why::Changed).map(|()| Answer::Done),
            Command::Keep => {
                self.collector.commit_news(now_ms());
                Ok(Answer::Done)
            }
        }
    }

    /// Takes the new plan when there is one; a broken one is told once and changes nothing. Where only money is told
    /// otherwise, no work is begun anew for it.
    fn reload(&mut self, why: Why) -> std::result::Result<(), String> {
        self.looked = Instant::now();
        let plan = match (self.plans)(why) {
            Some(Ok(plan)) => plan,
            Some(Err(error)) => return self.refused(error),
            None => match self.waiting.take() {
                Some(plan) => plan,
                None => return Ok(()),
            },
        };
        let names = plan.names.join(", ");
        if why != Why::Anew && !plan.anew && plan.work() == self.work {
            self.waiting = None;
            self.told_beside(plan);
            if why == Why::Changed {
                return Ok(());
            }
        } else {
            match self.take(plan.clone()) {
                Ok(true) => self.waiting = None,
                Ok(false) => {
                    let late = "the database does not answer now; the configuration is taken when it does";
                    return Err(late.to_owned());
                }
                Err(error) => {
                    // It is tried again until it can be.
                    self.waiting = Some(plan);
                    return self.refused(error.to_string());
                }
            }
        }
        self.failed = None;
        (self.say)(&format!("the configuration changed; the nodes are now: {names}"));
        Ok(())
    }

    fn refused(&mut self, error: String) -> std::result::Result<(), String> {
        if self.failed.as_ref() != Some(&error) {
            (self.say)(&format!("the configuration changed and is not taken:\n{error}"));
            self.failed = Some(error.clone());
        }
        Err(error)
    }

    /// What a plan says beside its work.
    fn told_beside(&mut self, plan: Plan) {
        self.hub.terms(plan.terms);
        if self.doubts != plan.doubts {
            plan.doubts.iter().for_each(|doubt| (self.say)(doubt));
            self.doubts = plan.doubts;
        }
    }

    /// Does what the plan asks for, and no more what the one before did. False: the database cannot keep
    /// now what was read so far; the plan waits.
    fn take(&mut self, plan: Plan) -> Result<bool> {
        let paths = plan.logs.iter().map(|log| log.path.clone()).collect();
        if !self
            .collector
            .rearrange(plan.logs.clone(), plan.start, Some(now_ms()))?
        {
            self.waiting = Some(plan);
            return Ok(false);
        }
        let work = plan.work();
        // Until all of it is done, no plan is the one that was taken.
        self.work.clear();
        self.told_beside(plan.clone());
        self.collector.know(plan.names, true, now_ms())?;
        self.collector.keep(plan.retention);
        if let Some(wrong) = self.publisher.locate(plan.geoip.as_deref()) {
            (self.say)(wrong);
        }
        self.watching = Some(wake::watch(paths, self.sender.clone()));
        let (polled, answers) = channel();
        let (see, seen) = channel();
        let client = plan.client.clone();
        let around = around::Watch::start(client, plan.places, &plan.host, (see, self.sender.clone()));
        let watch = Watch::start(plan.client, plan.targets, plan.every, polled, self.sender.clone());
        let failed = |source| Error::Io {
            path: self.data_dir.clone(),
            source,
        };
        self.collector.asks().listen(watch.map_err(failed)?, answers);
        let (looked, readings) = channel();
        let watch = databases::watch::Watch::start(plan.databases, looked, self.sender.clone());
        self.collector.shelves().listen(watch.map_err(failed)?, readings);
        self.collector.around().listen(around.map_err(failed)?, seen);
        self.work = work;
        Ok(true)
    }
}

/// Without its socket a collector still does its work, and says that nobody can look on.
#[cfg(unix)]
fn listen(data_dir: &Path, hub: &Arc<Hub>, say: &mut Say) -> Option<crate::api::socket::Listener> {
    let viewers = Arc::clone(hub);
    let attach = move |port| {
        // Without a thread the viewer is sent away.
        let _ = viewers.attach(port);
    };
    match crate::api::socket::Listener::start(data_dir, attach) {
        Ok(listener) => Some(listener),
        Err(error) => {
            let path = crate::api::socket::path(data_dir);
            say(&format!("{}: {error}; other programs cannot look on", path.display()));
            None
        }
    }
}
