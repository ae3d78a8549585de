//! The program with a screen: attaches to the collector that runs, or runs one inside.

pub mod looks;
mod memory;
pub mod picture;
pub mod save;
mod svg;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex};
use std::thread::Builder;
use std::time::{Duration, Instant};

use self::looks::{Looks, pane};
use self::memory::Keeper;
use super::config::Said;
use super::discovery::Finder;
use super::settings::{self, FileDesk};
use super::signals::Signals;
use super::{Failure, Global, collect, read};
use crate::api::link::{self, Link};
use crate::collector::service::Service;
use crate::ui::model::{Collector, Input, Memory, Model};
use crate::ui::pane::Pane;
use crate::ui::run::{self as screen, Outside, Remember};
use crate::ui::terminal;

/// A collector inside keeps what it read within this time, or the process ends without.
const LAST_COMMIT: Duration = Duration::from_secs(5);

/// A collector in a thread of this process.
pub struct Inside {
    thread: std::thread::JoinHandle<bool>,
    stop: Arc<AtomicBool>,
}

impl Inside {
    /// Starts it, and links a viewer to it.
    pub fn start(service: Service, stop: Arc<AtomicBool>) -> io::Result<(Self, Link)> {
        let (link, port) = link::pair();
        service.hub().attach(port)?;
        let flag = Arc::clone(&stop);
        let work = move || service.run(&flag, || ());
        let thread = Builder::new().name("collector".to_owned()).spawn(work)?;
        Ok((Self { thread, stop }, link))
    }

    /// Tells it to end, and waits until what it read is kept; not for ever.
    pub fn end(self) -> Result<(), Failure> {
        self.stop.store(true, Ordering::Relaxed);
        let begun = Instant::now();
        while !self.thread.is_finished() && begun.elapsed() < LAST_COMMIT {
            std::thread::sleep(Duration::from_millis(10));
        }
        match self.thread.is_finished().then(|| self.thread.join()) {
            Some(Ok(true)) => Ok(()),
            _ => Err(Failure::NotKept),
        }
    }
}

/// The link to the collector that runs for a data directory.
pub fn attached(data_dir: &Path) -> Option<Link> {
    #[cfg(unix)]
    return crate::api::socket::connect(data_dir).ok();
    #[cfg(not(unix))]
    {
        let _ = data_dir;
        None
    }
}

/// Flags of the screen.
#[derive(clap::Args, Clone, Default)]
pub struct Opening {
    /// Begin with this pane
    #[arg(long, value_parser = pane, value_name = "PANE")]
    pane: Option<Pane>,
    #[command(flatten)]
    looks: Looks,
}

impl Opening {
    /// With the node that is looked at alone.
    pub fn at(&self, global: &Global) -> Result<Self, Failure> {
        let mut opening = self.clone();
        opening.looks.node = global.only_node()?;
        Ok(opening)
    }

    /// The model to begin with.
    pub fn model(&self, global: &Global, collector: Collector) -> Model {
        let mut model = self.looks.model(global, collector);
        model.pane = self.pane.unwrap_or(model.pane);
        model
    }

    /// Whether a range was asked for.
    pub fn says_range(&self) -> bool {
        self.looks.range.is_some()
    }

    /// Goes on where the person left, but for what the flags say.
    fn recall(&self, model: &mut Model, memory: &Memory) {
        self.looks.recall(model, memory);
        model.pane = self.pane.unwrap_or(model.pane);
    }
}

/// A collector inside, once there is one.
type Own = Arc<Mutex<Option<Inside>>>;

/// Starts a collector inside of this program.
fn collector(global: &Global, data_dir: &Path, signals: &Signals) -> Result<(Inside, Link), Failure> {
    let said = Said::default();
    let mut finder = Finder::new(global, &said);
    let config = finder.load(true)?;
    let plan = collect::plan(&config)?;
    let desk = FileDesk::new(global, &said, &config);
    let plans = collect::plans(
        finder,
        settings::file(global),
        desk.names(),
        Arc::clone(&signals.reload),
    );
    // What it says is on the screen; the lines themselves would spoil it.
    let service = Service::start(data_dir, plan, plans, Box::new(|_| ()))?;
    service.open_desk(Arc::new(desk));
    Ok(Inside::start(service, Arc::default())?)
}

/// Opens the screen.
pub fn run(global: &Global, opening: &Opening) -> Result<(), Failure> {
    let data_dir = global.data_dir()?;
    let signals = Signals::listen(|_| ())?;
    let own = Own::default();
    let opening = &opening.at(global)?;
    let (link, kind) = match attached(&data_dir) {
        Some(link) => {
            read::is_watched(global, &data_dir)?;
            (link, Collector::Attached)
        }
        None => {
            let (inside, link) = collector(global, &data_dir, &signals)?;
            *lock(&own) = Some(inside);
            (link, Collector::Inside)
        }
    };
    let given = global.data_dir.as_ref().map(|_| data_dir.clone());
    let mut model = opening.model(global, kind);
    model.shared.may_collect = true;
    let (started, told) = (Arc::clone(&own), signals.clone());
    let (mine, folder) = (global.clone(), data_dir.clone());
    let start = move || {
        // Why it cannot be started is said by `doctor`; it is tried again at the next wish.
        let (inside, link) = collector(&mine, &folder, &told).ok()?;
        let before = lock(&started).replace(inside);
        // What is left of one that failed.
        drop(before.map(Inside::end));
        Some(link)
    };
    let again = Again {
        data_dir,
        start: Box::new(start),
    };
    let shown = show(model, &Begin::Again(opening.clone(), given), link, again, &signals.stop);
    let inside = lock(&own).take();
    inside.map_or(Ok(()), Inside::end)?;
    shown
}

fn lock(own: &Own) -> std::sync::MutexGuard<'_, Option<Inside>> {
    own.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// How a collector is found again.
pub struct Again {
    /// Where one may run.
    pub data_dir: PathBuf,
    /// Starts one inside, when the person wishes.
    pub start: Box<dyn Fn() -> Option<Link> + Send>,
}

impl Again {
    /// The one that runs, else one of our own if that was wished.
    fn find(&self, wished: &AtomicBool) -> Option<(Link, Collector)> {
        if let Some(link) = attached(&self.data_dir) {
            return Some((link, Collector::Attached));
        }
        let link = wished.swap(false, Ordering::Relaxed).then(|| (self.start)())?;
        link.map(|link| (link, Collector::Inside))
    }
}

/// Whether this screen goes on where the person left the last one.
pub enum Begin {
    /// With these flags, and the data directory, where one was given.
    Again(Opening, Option<PathBuf>),
    /// A demonstration is nobody's own.
    Anew,
}

/// The screen, until it is left, the process is told to end, or the terminal is gone. Does not wait for the
/// screen's own thread then: it may be stuck with the terminal.
pub fn show(mut model: Model, begin: &Begin, link: Link, again: Again, stop: &AtomicBool) -> Result<(), Failure> {
    let (sender, events) = channel();
    let spawn = |name: &str, work: Box<dyn FnOnce() + Send>| Builder::new().name(name.to_owned()).spawn(work);
    let (keeper, remember) = remembered(&mut model, begin)?;
    model.shared.folder = save::folder();
    let (keys, files) = (sender.clone(), sender.clone());
    spawn("keys", Box::new(move || screen::read_keys(&keys)))?;
    let heard = sender.clone();
    let wished = Arc::new(AtomicBool::new(false));
    let wish = Arc::clone(&wished);
    let again = move || again.find(&wished);
    let collector = model.shared.collector.clone();
    spawn("link", Box::new(move || screen::listen(link, collector, again, &heard)))?;
    let (over, ended) = channel();
    let hung_up = over.clone();
    #[cfg(unix)]
    spawn(
        "hang-up",
        Box::new(move || {
            screen::watch_hangup();
            let _ = hung_up.send(Ok(()));
        }),
    )?;
    #[cfg(not(unix))]
    drop(hung_up);
    let draw = move || {
        let outside = Outside {
            remember,
            collect: Box::new(move || wish.store(true, Ordering::Relaxed)),
            save: Box::new(move |save| save::begin(save, &files)),
        };
        let result = screen::run(model, &events, outside);
        let _ = over.send(result);
    };
    spawn("screen", Box::new(draw))?;
    let result = until_ended(&ended, stop, || {
        let _ = sender.send(Input::End.into());
    });
    terminal::give_back();
    if let Some(keeper) = keeper {
        keeper.end();
    }
    result.map_err(Failure::Output)
}

/// Waits for the end of the screen, the process or the terminal.
fn until_ended(ended: &Receiver<io::Result<()>>, stop: &AtomicBool, end: impl Fn()) -> io::Result<()> {
    loop {
        match ended.recv_timeout(Duration::from_millis(100)) {
            Ok(result) => return result,
            Err(RecvTimeoutError::Disconnected) => return Err(io::Error::other("the screen failed")),
            Err(RecvTimeoutError::Timeout) if stop.load(Ordering::Relaxed) => {
                end();
                // A moment for it to give the terminal back itself.
                return ended.recv_timeout(Duration::from_millis(500)).unwrap_or(Ok(()));
            }
            // What a thread did that failed is not done any more: better no screen than one that lies.
            Err(RecvTimeoutError::Timeout) if terminal::panicked() => {
                return Err(io::Error::other("a part of the program failed; see above"));
            }
            Err(RecvTimeoutError::Timeout) => {}
        }
    }
}

/// Puts back what the person left, and sees to it that it is kept.
fn remembered(model: &mut Model, begin: &Begin) -> io::Result<(Option<Keeper>, Remember)> {
    let place = match begin {
        Begin::Again(_, given) => memory::place(given.as_deref()),
        Begin::Anew => None,
    };
    let (Begin::Again(opening, _), Some(place)) = (begin, place) else {
        return Ok((None, Box::new(|_| ())));
    };
    if let Some(memory) = memory::load(&place) {
        opening.recall(model, &memory);
    }
    let (keeper, remember) = Keeper::start(place)?;
    Ok((Some(keeper), remember))
}
