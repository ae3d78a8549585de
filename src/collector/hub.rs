//! Where viewers come together: what each watches, what was last told to whom. Asked by viewers' threads,
//! fed by the collector's.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, SyncSender, sync_channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::desk::Desk;
use super::matcher::Matcher;
use super::tap::Tap;
use super::{disks, explain, latency, money, past, progress, rating, space, tables, tell};
use crate::api::line::Filter;
use crate::api::link::{Mailbox, Port};
use crate::api::message::{Answer, Command, Message, Query, Request, VERSION, Watch};
use crate::api::snapshot::{NodeView, Section, Snapshot, Topic};
use crate::api::status::{Reason, Status};
use crate::api::table::Question;
use crate::domain::health::{Rule, State};
use crate::domain::setting::{Change, Saved};
use crate::store::query::Scope;
use crate::store::{self, Reader};
use crate::support::clock;

/// Subscriptions of one viewer.
const MOST_SUBSCRIPTIONS: usize = 16;
/// Marks an answer holds.
const MOST_MARKS: usize = 1000;
/// A command that the collector does not get to within this time is given up.
const PATIENCE: Duration = Duration::from_secs(30);
/// What was kept before is an answer, too: nobody waits longer for what came since.
const FRESH: Duration = Duration::from_secs(2);

/// Something to do, and who waits for it.
pub struct Order {
    /// What.
    pub command: Command,
    /// Tells how it went.
    pub done: SyncSender<Result<Answer, String>>,
}

/// The viewers of one collector.
pub struct Hub {
    data_dir: PathBuf,
    since_ms: i64,
    viewers: Mutex<Vec<Arc<Viewer>>>,
    /// How many viewers draw something: asked often.
    watching: AtomicUsize,
    taps: Mutex<Arc<Vec<Arc<Tap>>>>,
    /// The newest of every section, and all names.
    latest: Mutex<Latest>,
    orders: Mutex<Sender<Order>>,
    wake: SyncSender<()>,
    status: StatusWake,
    trouble: Mutex<Option<String>>,
    /// The present of its answers; `None`: the clock says.
    present_ms: Option<i64>,
    terms: Mutex<money::Terms>,
    troubles: money::Troubles,
    desk: Mutex<Option<Arc<dyn Desk>>>,
}

#[derive(Default)]
struct Latest {
    nodes: BTreeMap<String, NodeView>,
    names: Option<Section<Vec<String>>>,
    /// When what the configuration says of money was changed.
    terms: u64,
    /// The last generation given to anything: a node that comes back goes on from there.
    generation: u64,
}

#[derive(Default)]
struct StatusWake {
    wanted: Mutex<bool>,
    came: Condvar,
}

struct Viewer {
    outbox: Arc<Mailbox>,
    state: Mutex<ViewerState>,
    draws: AtomicBool,
}

#[derive(Default)]
struct ViewerState {
    watch: Watch,
    /// Generations it has.
    sent: HashMap<(Topic, String), u64>,
    names: u64,
    /// `None`: it was told nothing yet.
    terms: Option<u64>,
    taps: Vec<Arc<Tap>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing that panics runs under these locks.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What somebody draws at the moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// The sections.
    pub topics: Vec<Topic>,
    /// Of which nodes; empty means all.
    pub nodes: Vec<String>,
}

impl Wanted {
    /// Whether somebody draws this.
    pub fn has(&self, topic: Topic) -> bool {
        self.topics.contains(&topic)
    }
}

impl Hub {
    /// Without a collector and viewers: only answers questions.
    pub fn alone(data_dir: &Path) -> Self {
        Self::new(data_dir, 0, std::sync::mpsc::channel().0, sync_channel(0).0)
    }

    /// As [`Self::alone`], at a time that is over: what is asked of the present is answered as of then.
    pub fn as_of(data_dir: &Path, present_ms: i64) -> Self {
        Self {
            present_ms: Some(present_ms),
            ..Self::alone(data_dir)
        }
    }

    /// For the collector of a data directory, that takes `orders` and is woken by `wake`.
    pub fn new(data_dir: &Path, since_ms: i64, orders: Sender<Order>, wake: SyncSender<()>) -> Self {
        Self {
            data_dir: data_dir.to_owned(),
            since_ms,
            viewers: Mutex::default(),
            watching: AtomicUsize::new(0),
            taps: Mutex::default(),
            latest: Mutex::default(),
            orders: Mutex::new(orders),
            wake,
            status: StatusWake::default(),
            trouble: Mutex::default(),
            present_ms: None,
            terms: Mutex::default(),
            troubles: money::Troubles::default(),
            desk: Mutex::default(),
        }
    }

    /// Takes a viewer in; it leaves when its link is gone.
    ///
    /// # Errors
    /// When there can be no thread for it.
    pub fn attach(self: &Arc<Self>, port: Port) -> std::io::Result<()> {
        let hub = Arc::clone(self);
        let serve = move || hub.serve(&port);
        std::thread::Builder::new().name("viewer".to_owned()).spawn(serve)?;
        Ok(())
    }

    fn serve(&self, port: &Port) {
        let viewer = Arc::new(Viewer {
            outbox: Arc::clone(&port.outbox),
            state: Mutex::default(),
            draws: AtomicBool::new(false),
        });
        let hello = Message::Hello {
            version: VERSION,
            program: env!("CARGO_PKG_VERSION").to_owned(),
            since_ms: self.since_ms,
        };
        viewer.outbox.put(hello);
        lock(&self.viewers).push(Arc::clone(&viewer));
        for request in &port.requests {
            self.handle(&viewer, request);
        }
        let mut viewers = lock(&self.viewers);
        viewers.retain(|other| !Arc::ptr_eq(other, &viewer));
        self.count(&viewers);
    }

    fn count(&self, viewers: &[Arc<Viewer>]) {
        let draws = viewers.iter().filter(|viewer| viewer.draws.load(Ordering::Relaxed));
        self.watching.store(draws.count(), Ordering::Relaxed);
        let taps = viewers.iter().flat_map(|viewer| lock(&viewer.state).taps.clone());
        *lock(&self.taps) = Arc::new(taps.collect());
    }

    fn handle(&self, viewer: &Viewer, request: Request) {
        match request {
            Request::Watch(watch) => {
                if !watch.topics.is_empty() && !self.is_looked_at() {
                    self.freshen();
                }
                viewer.draws.store(!watch.topics.is_empty(), Ordering::Relaxed);
                let mut state = lock(&viewer.state);
                // It may have thrown away what it no longer drew: all of it is told again.
                *state = ViewerState {
                    watch,
                    taps: std::mem::take(&mut state.taps),
                    ..ViewerState::default()
                };
                drop(state);
                self.count(&lock(&self.viewers));
                self.wake();
            }
            Request::Ask { id, query } => {
                if !viewer.draws.load(Ordering::Relaxed) {
                    self.freshen();
                }
                let answer = self.answer(&query);
                viewer.outbox.put(Message::Answer { id, answer });
            }
            Request::Do { id, command } => {
                let answer = match command {
                    Command::Change(changes) if !changes.is_empty() => self.change(&changes),
                    command => self.order(command, PATIENCE),
                };
                viewer.outbox.put(Message::Answer { id, answer });
            }
            Request::Subscribe { id, filter } => self.subscribe(viewer, id, &filter),
            Request::Unsubscribe { id } => {
                lock(&viewer.state).taps.retain(|tap| tap.id != id);
                self.count(&lock(&self.viewers));
            }
        }
    }

    fn subscribe(&self, viewer: &Viewer, id: u64, filter: &Filter) {
        let mut state = lock(&viewer.state);
        state.taps.retain(|tap| tap.id != id);
        let full = state.taps.len() >= MOST_SUBSCRIPTIONS;
        let matcher = match full {
            true => Err(format!("{MOST_SUBSCRIPTIONS} subscriptions are the most of one viewer")),
            false => Matcher::new(filter),
        };
        match matcher {
            Ok(matcher) => state
                .taps
                .push(Arc::new(Tap::new(id, matcher, Arc::clone(&viewer.outbox)))),
            Err(error) => {
                let answer = Err(error);
                viewer.outbox.put(Message::Answer { id, answer });
            }
        }
        drop(state);
        self.count(&lock(&self.viewers));
    }

    fn wake(&self) {
        // Full: a wake-up waits already.
        let _ = self.wake.try_send(());
        *lock(&self.status.wanted) = true;
        self.status.came.notify_all();
    }

    /// The answer to a question.
    ///
    /// # Errors
    /// One line: why there is none.
    pub fn answer(&self, query: &Query) -> Result<Answer, String> {
        match query {
            Query::Settings { keys } => self.desk()?.told(keys).map(Answer::Settings),
            Query::Judge(changes) => Ok(Answer::Faults(self.desk()?.judge(changes))),
            _ => self.kept(query),
        }
    }

    /// The answer of what was kept.
    fn kept(&self, query: &Query) -> Result<Answer, String> {
        let clock = || clock::now_ms();
        let now_ms = self.present_ms.unwrap_or_else(clock);
        let reader = Reader::open(&self.data_dir).map_err(|error| error.to_string())?;
        let at = |at_ms: &Option<i64>| at_ms.unwrap_or(now_ms);
        let scope = |nodes: &[String], from_ms: i64, to_ms: i64| Scope {
            nodes: nodes.to_vec(),
            from_ms: Some(from_ms),
            to_ms: Some(to_ms),
        };
        match query {
            // No database knows these.
            Query::Settings { .. } | Query::Judge(_) => Err("this is not kept".to_owned()),
            Query::Status { nodes, at_ms } => said(
                self.status(&reader, nodes, (at(at_ms), at_ms.is_none())),
                Answer::Status,
            ),
            Query::Rows { question, limit } => rows(&reader, question, *limit, &lock(&self.terms).clone()),
            Query::Chart(ask) => said(reader.chart(ask, now_ms.div_euclid(1000)), Answer::Chart),
            Query::Marks { nodes, from_ms, to_ms } => {
                let scope = scope(nodes, *from_ms, *to_ms);
                said(reader.marks(&scope, now_ms.div_euclid(1000), MOST_MARKS), Answer::Marks)
            }
            Query::Tasks { nodes, from_ms, to_ms } => {
                said(reader.tasks(&scope(nodes, *from_ms, *to_ms)), Answer::Tasks)
            }
            Query::Progress { nodes, at_ms } => said(progress::progress(&reader, nodes, at(at_ms)), Answer::Progress),
            Query::Filters { nodes, at_ms } => said(reader.filters(nodes, at(at_ms)), Answer::Tasks),
            Query::Log {
                filter,
                at_ms,
                before,
                after,
            } => past::around(&reader, filter, at_ms.or(self.present_ms), (*before, *after)).map(Answer::Log),
            Query::Line(line) => explain::line(&reader, line).map(|told| Answer::Line(Box::new(told))),
            Query::Reputation { nodes, at_ms } => {
                said(rating::reputation(&reader, nodes, at(at_ms)), Answer::Reputation)
            }
            Query::Latency(ask) => said(latency::latency(&reader, ask, now_ms).map(Box::new), Answer::Latency),
            Query::Disks { nodes, at_ms } => said(disks::disks(&reader, nodes, at(at_ms)), Answer::Disks),
            Query::Storage { nodes, at_ms } => said(space::storage(&reader, nodes, at(at_ms)), Answer::Storage),
            Query::Money {
                nodes,
                at_ms,
                month,
                months,
            } => {
                let span = money::Span {
                    month: *month,
                    months: *months,
                };
                let terms = lock(&self.terms).clone();
                said(money::money(&reader, nodes, span, at(at_ms), &terms), Answer::Money)
            }
        }
    }

    /// How nodes are, and whether it could be kept: when it cannot, what the database says is old. `is_now`: what was
    /// found of their money a while ago holds.
    pub fn status(
        &self,
        reader: &Reader,
        nodes: &[String],
        (at_ms, is_now): (i64, bool),
    ) -> Result<Status, store::Error> {
        let terms = lock(&self.terms).clone();
        let troubles = is_now.then_some(&self.troubles);
        let mut status = tell::status(&self.data_dir, reader, nodes, at_ms, (&terms, troubles))?;
        let Some(trouble) = lock(&self.trouble).clone() else {
            return Ok(status);
        };
        for node in &mut status.nodes {
            node.state = node.state.min(State::Warning);
            node.reasons.push(Reason {
                rule: Rule::NotKept.id().to_owned(),
                text: format!("the collector cannot keep what it reads: {trouble}"),
            });
        }
        status.nodes.sort_by(|a, b| a.rank().cmp(&b.rank()));
        status.collector.error = Some(trouble);
        Ok(status)
    }

    /// Why nothing can be kept now; `None`: it can.
    pub fn trouble(&self, trouble: Option<&str>) {
        let mut known = lock(&self.trouble);
        if known.as_deref() != trouble {
            *known = trouble.map(str::to_owned);
        }
    }

    /// What the configuration says of money, from now on.
    pub fn terms(&self, terms: money::Terms) {
        let before = std::mem::replace(&mut *lock(&self.terms), terms.clone());
        self.troubles.go_by(&before, &terms);
        if before != terms {
            let mut latest = lock(&self.latest);
            latest.generation += 1;
            latest.terms = latest.generation;
        }
        self.wake();
    }

    /// Viewers read and change the configuration there.
    pub fn open_desk(&self, desk: Arc<dyn Desk>) {
        *lock(&self.desk) = Some(desk);
    }

    fn desk(&self) -> Result<Arc<dyn Desk>, String> {
        let desk = lock(&self.desk).clone();
        desk.ok_or_else(|| "the configuration cannot be reached from here; change its file".to_owned())
    }

    fn change(&self, changes: &[Change]) -> Result<Answer, String> {
        if changes.is_empty() {
            // Who changed the file itself wants to know whether it is gone by.
            self.order(Command::Change(Vec::new()), PATIENCE)?;
            return Ok(Answer::Saved(Saved::default()));
        }
        let mut saved = match self.desk()?.change(changes) {
            Ok(saved) => saved,
            Err(faults) => return Ok(Answer::Faults(faults)),
        };
        if saved != Saved::default()
            && let Err(why) = self.order(Command::Change(Vec::new()), PATIENCE)
        {
            saved.notes.push(format!("not gone by yet: {why}"));
        }
        Ok(Answer::Saved(saved))
    }

    /// Whether somebody draws what comes in: questions follow each other.
    pub fn is_looked_at(&self) -> bool {
        self.watching.load(Ordering::Relaxed) > 0
    }

    /// Has the collector keep what it read: what is answered next comes from the database.
    fn freshen(&self) {
        // One that is busy or ends has no more to tell than what is kept.
        let _ = self.order(Command::Keep, FRESH);
    }

    fn order(&self, command: Command, patience: Duration) -> Result<Answer, String> {
        let (done, answer) = sync_channel(1);
        let sent = lock(&self.orders).send(Order { command, done });
        sent.map_err(|_| "the collector ends".to_owned())?;
        let _ = self.wake.try_send(());
        let late = || format!("the collector did not get to it within {} s", patience.as_secs());
        answer.recv_timeout(patience).map_err(|_| late())?
    }

    /// What somebody draws now; `None`: nobody draws anything.
    pub fn wanted(&self) -> Option<Wanted> {
        if self.watching.load(Ordering::Relaxed) == 0 {
            return None;
        }
        let mut wanted = Wanted::default();
        let mut all_nodes = false;
        for viewer in lock(&self.viewers).iter() {
            let state = lock(&viewer.state);
            if state.watch.topics.is_empty() {
                continue;
            }
            wanted.topics.extend(&state.watch.topics);
            all_nodes |= state.watch.nodes.is_empty();
            wanted.nodes.extend(state.watch.nodes.iter().cloned());
        }
        wanted.topics.sort_unstable();
        wanted.topics.dedup();
        if all_nodes {
            wanted.nodes.clear();
        }
        Some(wanted)
    }

    /// Keeps what a node shows now, under the generation given; see [`Section::set`].
    pub fn update(&self, node: &str, change: impl FnOnce(&mut NodeView, u64)) {
        let mut latest = lock(&self.latest);
        latest.generation += 1;
        let generation = latest.generation;
        change(latest.nodes.entry(node.to_owned()).or_default(), generation);
    }

    /// These are all nodes there are.
    pub fn name_all(&self, names: Vec<String>) {
        let mut latest = lock(&self.latest);
        latest.nodes.retain(|name, _| names.contains(name));
        latest.generation += 1;
        let generation = latest.generation;
        Section::set(&mut latest.names, names, generation);
    }

    /// Tells every viewer what changed of what it draws.
    pub fn push(&self, now_ms: i64) {
        let latest = lock(&self.latest);
        for viewer in lock(&self.viewers).iter() {
            let snapshot = lock(&viewer.state).news(&latest, now_ms);
            if let Some(snapshot) = snapshot {
                viewer.outbox.put(Message::Snapshot(snapshot));
            }
        }
    }

    /// Who wants log lines.
    pub fn taps(&self) -> Arc<Vec<Arc<Tap>>> {
        Arc::clone(&lock(&self.taps))
    }

    /// Waits until somebody new wants to know how nodes are, at most so long.
    pub fn wait_for_status(&self, most: Duration) {
        let wanted = lock(&self.status.wanted);
        let waited = self.status.came.wait_timeout_while(wanted, most, |wanted| !*wanted);
        *waited.unwrap_or_else(PoisonError::into_inner).0 = false;
    }
}

fn rows(reader: &Reader, question: &Question, limit: usize, terms: &money::Terms) -> Result<Answer, String> {
    let (columns, _) = question.columns()?;
    let (mut rows, mut more) = (Vec::new(), false);
    let taken = tables::rows(reader, question, terms, &mut |row| {
        more = rows.len() >= limit;
        if more {
            return Err(std::io::ErrorKind::QuotaExceeded.into());
        }
        rows.push(row);
        Ok(())
    });
    match taken {
        Err(error) if !more => Err(error.to_string()),
        _ => Ok(Answer::Rows {
            columns: columns.into_iter().map(str::to_owned).collect(),
            rows,
            more,
        }),
    }
}

impl ViewerState {
    /// What this viewer does not have yet.
    fn news(&mut self, latest: &Latest, now_ms: i64) -> Option<Snapshot> {
        let mut snapshot = Snapshot {
            time_ms: now_ms,
            ..Snapshot::default()
        };
        if self.watch.topics.is_empty() {
            return None;
        }
        for (name, view) in &latest.nodes {
            if !self.watch.nodes.is_empty() && !self.watch.nodes.contains(name) {
                continue;
            }
            let news = self.node_news(name, view);
            if !news.is_empty() {
                snapshot.nodes.insert(name.clone(), news);
            }
        }
        if let Some(names) = latest.names.as_ref().filter(|names| names.generation > self.names) {
            self.names = names.generation;
            snapshot.names = Some(names.value.to_vec());
        }
        let is_changed = self.terms.is_some_and(|terms| terms != latest.terms);
        if snapshot.nodes.is_empty() && snapshot.names.is_none() && !is_changed {
            return None;
        }
        snapshot.terms = (self.terms != Some(latest.terms)).then_some(latest.terms);
        self.terms = Some(latest.terms);
        Some(snapshot)
    }

    fn node_news(&mut self, name: &str, view: &NodeView) -> NodeView {
        NodeView {
            status: self.section(Topic::Status, name, view.status.as_ref()),
            seconds: self.section(Topic::Seconds, name, view.seconds.as_ref()),
            minutes: self.section(Topic::Minutes, name, view.minutes.as_ref()),
            open: self.section(Topic::Open, name, view.open.as_ref()),
            flight: self.section(Topic::Flight, name, view.flight.as_ref()),
            running: self.section(Topic::Running, name, view.running.as_ref()),
            hot: self.section(Topic::Hot, name, view.hot.as_ref()),
        }
    }

    fn section<T: Clone>(&mut self, topic: Topic, name: &str, section: Option<&Section<T>>) -> Option<Section<T>> {
        let section = section.filter(|_| self.watch.topics.contains(&topic))?;
        let sent = self.sent.entry((topic, name.to_owned())).or_default();
        if *sent >= section.generation {
            return None;
        }
        *sent = section.generation;
        Some(section.clone())
    }
}

/// An answer, or in words why there is none.
fn said<T>(told: crate::store::Result<T>, answer: fn(T) -> Answer) -> Result<Answer, String> {
    told.map(answer).map_err(|error| error.to_string())
}
