//! The screen's loop, in a thread of its own: blocks, drains, draws only what changed. Nothing here touches a
//! disk; shutting down never waits for it.

use std::io;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

use crossterm::event::{Event as Read, KeyEventKind, MouseEventKind};

use super::export::Save;
use super::frame;
use super::key::Key;
use super::model::{Collector, Input, Memory, Model};
use super::pane::{Effect, Hits};
use super::terminal::Screen;
use crate::api::link::{Asker, Link};
use crate::api::message::Request;
use crate::support::clock::now_ms;

/// Data is drawn at most so often.
const PACE: Duration = Duration::from_millis(250);
/// Keys are drawn at once, but no faster than anyone sees.
const KEY_PACE: Duration = Duration::from_millis(16);
/// A collector that is gone is looked for so often.
const RETRY: Duration = Duration::from_secs(1);

/// What the screen's loop takes in.
pub enum Event {
    /// Something happened.
    Happened(Input),
    /// A collector is there, and listens.
    Linked(Collector, Asker),
}

impl From<Input> for Event {
    fn from(input: Input) -> Self {
        Self::Happened(input)
    }
}

/// Takes what a person will want to find again.
pub type Remember = Box<dyn FnMut(Memory) + Send>;

/// What the screen asks of the program around it.
pub struct Outside {
    /// Takes what a person will want to find again.
    pub remember: Remember,
    /// A collector shall be started inside of this program: there is none to be found.
    pub collect: Box<dyn Fn() + Send>,
    /// Writes a file, elsewhere than in the screen's thread; how it went comes back as [`Input::Saved`].
    pub save: Box<dyn Fn(Save) + Send>,
}

/// The screen, its model and those it speaks to.
struct Run<'a> {
    model: Model,
    screen: Screen,
    events: &'a Receiver<Event>,
    asker: Option<Asker>,
    outside: Outside,
    /// When it was drawn last, and when a person last did something.
    drawn: Instant,
    touched: Instant,
}

/// Shows the screen until it is left, or `events` end.
///
/// # Errors
/// When there is no terminal, or it is gone.
pub fn run(model: Model, events: &Receiver<Event>, outside: Outside) -> io::Result<()> {
    let screen = Screen::take(model.mouse)?;
    let now = Instant::now();
    let mut run = Run {
        model,
        screen,
        events,
        asker: None,
        outside,
        drawn: now,
        touched: now,
    };
    let left = run.until_left();
    (run.outside.remember)(run.model.memory());
    left
}

impl Run<'_> {
    fn until_left(&mut self) -> io::Result<()> {
        self.draw()?;
        loop {
            let width = self.screen.width();
            let first = match self.model.changes_after_ms(width) {
                Some(ms) => match self.events.recv_timeout(Duration::from_millis(ms)) {
                    Ok(event) => Some(event),
                    Err(RecvTimeoutError::Timeout) => None,
                    Err(RecvTimeoutError::Disconnected) => return Ok(()),
                },
                None => match self.events.recv() {
                    Ok(event) => Some(event),
                    Err(_) => return Ok(()),
                },
            };
            let ticked = first.is_none();
            let Some(turn) = self.take(first)? else {
                return Ok(());
            };
            if !ticked && !turn.changed {
                continue;
            }
            if !self.gather(turn.hurry)? {
                return Ok(());
            }
            self.model.shared.now_ms = now_ms();
            self.model.settle(self.touched.elapsed().as_millis() as i64);
            self.draw()?;
        }
    }

    /// What comes meanwhile is drawn with it; a key does not wait for the pace of data. False: it is left.
    fn gather(&mut self, mut hurry: bool) -> io::Result<bool> {
        loop {
            let pace = if hurry { KEY_PACE } else { PACE };
            let left = pace.saturating_sub(self.drawn.elapsed());
            let Ok(next) = self.events.recv_timeout(left) else {
                return Ok(true);
            };
            let Some(turn) = self.take(Some(next))? else {
                return Ok(false);
            };
            hurry |= turn.hurry;
            if left.is_zero() {
                return Ok(true);
            }
        }
    }

    fn draw(&mut self) -> io::Result<()> {
        let title = self.model.window_title();
        self.screen.title(title)?;
        // The second picture has its cursor where the keys go.
        for _ in 0..2 {
            let model = &self.model;
            let mut hits = Hits::default();
            self.screen.draw(|frame| hits = frame::draw(frame, model))?;
            if !self.model.saw(hits) {
                break;
            }
        }
        self.drawn = Instant::now();
        Ok(())
    }

    /// Takes in `first` and all that waits, and says what follows from it; `None`: the screen is left.
    fn take(&mut self, first: Option<Event>) -> io::Result<Option<Turn>> {
        let mut turn = Turn::default();
        let events: Vec<Event> = first.into_iter().chain(self.events.try_iter()).collect();
        for event in events {
            let input = match event {
                Event::Happened(input) => input,
                Event::Linked(collector, asker) => {
                    self.asker = Some(asker);
                    Input::Found(collector)
                }
            };
            let by_person = !matches!(input, Input::Heard(_) | Input::Found(_) | Input::Lost);
            // What was never shown does not wait for the pace of what is shown already.
            turn.hurry |= by_person || !self.model.is_complete();
            turn.by_person |= by_person;
            if by_person {
                self.touched = Instant::now();
            }
            let (effects, changed) = self.model.update(input, now_ms());
            turn.changed |= changed;
            for effect in effects {
                if effect == Effect::Quit {
                    return Ok(None);
                }
                self.obey(effect)?;
            }
        }
        for request in self.model.requests() {
            self.say(request);
        }
        if turn.by_person {
            (self.outside.remember)(self.model.memory());
        }
        Ok(Some(turn))
    }

    fn say(&mut self, request: Request) {
        let sent = self.asker.as_ref().is_some_and(|asker| asker.send(request).is_ok());
        if !sent {
            // Whoever listens notices, too, and finds another.
            self.asker = None;
        }
    }

    fn obey(&mut self, effect: Effect) -> io::Result<()> {
        match effect {
            #[cfg(unix)]
            Effect::Suspend => self.screen.suspend(),
            Effect::Repaint => self.screen.repaint(),
            Effect::Mouse(on) => self.screen.mouse(on),
            Effect::Copy(text) => self.screen.copy(&text),
            Effect::Do(command) => {
                let request = self.model.order(command);
                self.say(request);
                Ok(())
            }
            Effect::Save(save) => {
                (self.outside.save)(*save);
                Ok(())
            }
            Effect::Collect => {
                (self.outside.collect)();
                Ok(())
            }
            // The model has done these.
            _ => Ok(()),
        }
    }
}

/// What some events did.
#[derive(Default)]
struct Turn {
    /// The picture is another.
    changed: bool,
    /// A person waits for it.
    hurry: bool,
    /// A person did it.
    by_person: bool,
}

/// Hands keys on, until nobody takes them. Runs in its own thread: reading blocks.
pub fn read_keys(inputs: &Sender<Event>) {
    while let Ok(event) = crossterm::event::read() {
        let input = match event {
            Read::Key(key) if key.kind != KeyEventKind::Release => Input::Key(Key::pressed(&key)),
            Read::Mouse(mouse) => match mouse.kind {
                MouseEventKind::ScrollDown => Input::Scroll(3, mouse.column, mouse.row),
                MouseEventKind::ScrollUp => Input::Scroll(-3, mouse.column, mouse.row),
                MouseEventKind::Down(_) => Input::Click(mouse.column, mouse.row),
                _ => continue,
            },
            Read::Paste(text) => Input::Paste(text),
            Read::Resize(..) => Input::Resized,
            _ => continue,
        };
        if inputs.send(input.into()).is_err() {
            return;
        }
    }
    // The terminal cannot be read any more.
    let _ = inputs.send(Input::End.into());
}

/// Ends when the terminal is hung up, also when no signal says so: then reading it would spin for ever.
#[cfg(unix)]
pub fn watch_hangup() {
    use rustix::event::{PollFd, PollFlags, poll};
    let terminal = std::io::stdin();
    let mut fds = [PollFd::new(&terminal, PollFlags::empty())];
    loop {
        match poll(&mut fds, None) {
            Ok(_) if !fds[0].revents().is_empty() => return,
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(_) => return,
        }
    }
}

/// Listens to the collector, finds it again when it is gone, and hands on what it says. Runs in its own thread.
pub fn listen(
    first: Link,
    collector: Collector,
    again: impl Fn() -> Option<(Link, Collector)>,
    events: &Sender<Event>,
) {
    let (mut link, mut kind) = (first, collector);
    loop {
        let (asker, listener) = link.split();
        if events.send(Event::Linked(kind, asker)).is_err() {
            return;
        }
        loop {
            match listener.receive(None) {
                Ok(Some(message)) => {
                    if events.send(Input::Heard(message).into()).is_err() {
                        return;
                    }
                }
                Ok(None) => {}
                Err(_) => break,
            }
        }
        link = loop {
            if events.send(Input::Lost.into()).is_err() {
                return;
            }
            std::thread::sleep(RETRY);
            if let Some((link, found)) = again() {
                kind = found;
                break link;
            }
        };
    }
}
