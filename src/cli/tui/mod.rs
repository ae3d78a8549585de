//! The program with a screen: attaches to the collector that runs, or runs one inside.

pub mod looks;
mod memory;
pub mod picture;
mod svg;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread::Builder;
use std::time::{Duration, Instant};

use self::looks::{Looks, pane};
use self::memory::Keeper;
use super::config::Said;
use super::signals::Signals;
use super::{Failure, Global, collect, discovery};
use crate::api::link::{self, Link};
use crate::collector::service::Service;
use crate::ui::model::{Collector, Input, Memory, Model};
use crate::ui::pane::Pane;
use crate::ui::run::{self as screen, Remember};
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
fn attached(data_dir: &Path) -> Option<Link> {
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
    /// The model to begin with.
    pub fn model(&self, global: &Global, collector: Collector) -> Model {
        let mut model = self.looks.model(global, collector);
        model.pane = self.pane.unwrap_or(model.pane);
        model
    }

    /// Goes on where the person left, but for what the flags say.
    fn recall(&self, model: &mut Model, memory: &Memory) {
        self.looks.recall(model, memory);
        model.pane = self.pane.unwrap_or(model.pane);
    }
}

/// Opens the screen.
pub fn run(global: &Global, opening: &Opening) -> Result<(), Failure> {
    let data_dir = global.data_dir()?;
    let signals = Signals::listen(|_| ())?;
    if let Some(link) = attached(&data_dir) {
        let model = opening.model(global, Collector::Attached);
        return show(model, &Begin::Again(opening.clone()), link, data_dir, &signals.stop);
    }
    let said = Said::default();
    let config = discovery::load(global, &said)?;
    let plan = collect::plan(&config)?;
    let plans = collect::plans(global.clone(), said, &config, signals.reload);
    // What it says is on the screen; the lines themselves would spoil it.
    let service = Service::start(&data_dir, plan, plans, Box::new(|_| ()))?;
    let (inside, link) = Inside::start(service, Arc::default())?;
    let model = opening.model(global, Collector::Inside);
    let shown = show(model, &Begin::Again(opening.clone()), link, data_dir, &signals.stop);
    inside.end()?;
    shown
}

/// Whether this screen goes on where the person left the last one.
pub enum Begin {
    /// With these flags.
    Again(Opening),
    /// A demonstration is nobody's own.
    Anew,
}

/// The screen, until it is left, the process is told to end, or the terminal is gone. Does not wait for the
/// screen's own thread then: it may be stuck with the terminal.
pub fn show(mut model: Model, begin: &Begin, link: Link, data_dir: PathBuf, stop: &AtomicBool) -> Result<(), Failure> {
    let (sender, events) = channel();
    let spawn = |name: &str, work: Box<dyn FnOnce() + Send>| Builder::new().name(name.to_owned()).spawn(work);
    let (keeper, remember) = remembered(&mut model, begin)?;
    let keys = sender.clone();
    spawn("keys", Box::new(move || screen::read_keys(&keys)))?;
    let heard = sender.clone();
    let again = move || attached(&data_dir);
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
        let result = screen::run(model, &events, remember);
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
        Begin::Again(_) => memory::place(),
        Begin::Anew => None,
    };
    let (Begin::Again(opening), Some(place)) = (begin, place) else {
        return Ok((None, Box::new(|_| ())));
    };
    if let Some(memory) = memory::load(&place) {
        opening.recall(model, &memory);
    }
    let (keeper, remember) = Keeper::start(place)?;
    Ok((Some(keeper), remember))
}
