//! The program with a screen: attaches to the collector that runs, or runs one inside.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;
use std::thread::Builder;
use std::time::{Duration, Instant};

use jiff::tz::TimeZone;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::config::Said;
use super::signals::Signals;
use super::{Failure, Global, collect, discovery};
use crate::api::link::{self, Link};
use crate::api::message::{Message, Request, Watch};
use crate::api::snapshot::Topic;
use crate::collector::service::Service;
use crate::ui::look::{ColourWish, Depth, Glyphs, Theme};
use crate::ui::model::{Collector, Input, Model, Pane};
use crate::ui::{frame, run as screen, terminal};

/// A collector inside keeps what it read within this time, or the process ends without.
const LAST_COMMIT: Duration = Duration::from_secs(5);

/// How it looks here.
fn theme() -> Theme {
    let env = |name: &str| std::env::var(name).ok();
    let glyphs = Glyphs::detect(false, env);
    let depth = Depth::detect(ColourWish::Auto, env);
    Theme::named("dark", depth, glyphs).unwrap_or_else(|_| Theme::new(glyphs, false))
}

fn model(collector: Collector) -> Model {
    Model::new(theme(), TimeZone::system(), collector, collect::now_ms())
}

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

/// Opens the screen.
pub fn run(global: &Global) -> Result<(), Failure> {
    let data_dir = global.data_dir()?;
    let signals = Signals::listen(|_| ())?;
    if let Some(link) = attached(&data_dir) {
        return show(link, Collector::Attached, data_dir, &signals.stop);
    }
    let said = Said::default();
    let config = discovery::load(global, &said)?;
    let plan = collect::plan(&config)?;
    let plans = collect::plans(global.clone(), said, &config, signals.reload);
    // What it says is on the screen; the lines themselves would spoil it.
    let service = Service::start(&data_dir, plan, plans, Box::new(|_| ()))?;
    let (inside, link) = Inside::start(service, Arc::default())?;
    let shown = show(link, Collector::Inside, data_dir, &signals.stop);
    inside.end()?;
    shown
}

/// The screen, until it is left, the process is told to end, or the terminal is gone. Does not wait for the
/// screen's own thread then: it may be stuck with the terminal.
pub fn show(link: Link, collector: Collector, data_dir: PathBuf, stop: &AtomicBool) -> Result<(), Failure> {
    let (sender, inputs) = channel();
    let model = model(collector.clone());
    let spawn = |name: &str, work: Box<dyn FnOnce() + Send>| Builder::new().name(name.to_owned()).spawn(work);
    let keys = sender.clone();
    spawn("keys", Box::new(move || screen::read_keys(&keys)))?;
    let heard = sender.clone();
    let again = move || attached(&data_dir);
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
        let result = screen::run(model, &inputs);
        let _ = over.send(result);
    };
    Builder::new().name("screen".to_owned()).spawn(draw)?;
    let result = loop {
        match ended.recv_timeout(Duration::from_millis(100)) {
            Ok(result) => break result,
            Err(std::sync::mpsc::RecvTimeoutError::Disconnected) => break Err(io::Error::other("the screen failed")),
            Err(std::sync::mpsc::RecvTimeoutError::Timeout) if stop.load(Ordering::Relaxed) => {
                let _ = sender.send(Input::End);
                // A moment for it to give the terminal back itself.
                break ended.recv_timeout(Duration::from_millis(500)).unwrap_or(Ok(()));
            }
            Err(std::sync::mpsc::RecvTimeoutError::Timeout) => {}
        }
    };
    terminal::give_back();
    result.map_err(Failure::Output)
}

/// Arguments of `show`.
#[derive(clap::Args)]
pub struct Args {
    /// The pane: overview
    #[arg(value_name = "PANE", value_parser = pane)]
    pane: Pane,
    /// Columns and rows
    #[arg(long, default_value = "80x24", value_name = "WxH", value_parser = size)]
    size: (u16, u16),
    /// With colours, or plain
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
    /// One node alone
    #[arg(long, value_name = "NAME")]
    node: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// Characters only
    Text,
    /// With colours, as escape sequences
    Ansi,
}

fn pane(text: &str) -> Result<Pane, String> {
    let known = Pane::ALL.into_iter().find(|pane| pane.id() == text);
    known.ok_or_else(|| {
        let all: Vec<&str> = Pane::ALL.iter().map(|pane| pane.id()).collect();
        format!("there is no pane `{text}`; there are: {}", all.join(", "))
    })
}

fn size(text: &str) -> Result<(u16, u16), String> {
    let parts = text
        .split_once('x')
        .and_then(|(w, h)| Some((w.parse().ok()?, h.parse().ok()?)));
    let fits = |(w, h): &(u16, u16)| (1..=1000).contains(w) && (1..=1000).contains(h);
    parts
        .filter(fits)
        .ok_or_else(|| format!("`{text}` is no size: give columns x rows, as 120x40"))
}

/// Prints one picture of a pane.
pub fn picture(global: &Global, args: &Args) -> Result<(), Failure> {
    let data_dir = global.data_dir()?;
    let mut model = model(Collector::Attached);
    model.pane = args.pane;
    model.node.clone_from(&args.node);
    match attached(&data_dir) {
        Some(link) => look(&link, &mut model)?,
        None => read(global, &data_dir, &mut model)?,
    }
    let buffer = paint(&model, args.size);
    let text = match args.format {
        Format::Text => plain(&buffer),
        Format::Ansi => coloured(&buffer),
    };
    Ok(io::Write::write_all(&mut io::stdout().lock(), text.as_bytes())?)
}

/// Listens to a running collector until it has told everything once.
fn look(link: &Link, model: &mut Model) -> Result<(), Failure> {
    const MOST: Duration = Duration::from_secs(3);
    let watch = Watch {
        topics: vec![Topic::Status, Topic::Seconds, Topic::Minutes],
        nodes: Vec::new(),
    };
    let gone = |_| Failure::Output(io::Error::other("the collector is gone"));
    link.send(Request::Watch(watch)).map_err(gone)?;
    let until = Instant::now() + MOST;
    let whole = |model: &Model| {
        let shown = model.shown();
        let names = shown.names.as_ref();
        names.is_some_and(|names| {
            names
                .iter()
                .all(|name| shown.nodes.get(name).is_some_and(|view| view.status.is_some()))
        }) && shown.nodes.values().any(|view| view.minutes.is_some())
    };
    while !whole(model) {
        match link.receive(Some(until)).map_err(gone)? {
            Some(message) => model.update(Input::Heard(message), collect::now_ms()),
            None => break,
        };
    }
    Ok(())
}

/// Without a collector: what the database knows.
fn read(global: &Global, data_dir: &Path, model: &mut Model) -> Result<(), Failure> {
    let now_ms = global.now_ms()?;
    let snapshot = crate::collector::publish::kept(data_dir, now_ms)?;
    model.collector = Collector::Lost(now_ms);
    model.update(Input::Heard(Message::Snapshot(snapshot)), now_ms);
    Ok(())
}

/// The picture.
fn paint(model: &Model, (width, height): (u16, u16)) -> Buffer {
    let area = Rect::new(0, 0, width, height);
    let mut buffer = Buffer::empty(area);
    frame::paint(area, &mut buffer, model);
    buffer
}

fn rows(buffer: &Buffer) -> impl Iterator<Item = &[ratatui::buffer::Cell]> {
    buffer.content.chunks(usize::from(buffer.area.width).max(1))
}

fn plain(buffer: &Buffer) -> String {
    let row = |cells: &[ratatui::buffer::Cell]| {
        let text: String = cells.iter().map(ratatui::buffer::Cell::symbol).collect();
        format!("{}\n", text.trim_end())
    };
    rows(buffer).map(row).collect()
}

fn coloured(buffer: &Buffer) -> String {
    use ratatui::backend::{Backend, CrosstermBackend};
    let mut text = String::new();
    for cells in rows(buffer) {
        let mut out = Vec::new();
        let mut backend = CrosstermBackend::new(&mut out);
        crossterm::style::force_color_output(true);
        let placed = cells.iter().enumerate().map(|(x, cell)| (x as u16, 0, cell));
        // Into memory nothing fails.
        let _ = backend.draw(placed).and_then(|()| Backend::flush(&mut backend));
        let line = String::from_utf8_lossy(&out).into_owned();
        // Where the cursor goes does not belong into a file.
        text += line.strip_prefix("\x1b[1;1H").unwrap_or(&line);
        text.push('\n');
    }
    text
}
