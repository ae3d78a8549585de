//! The screen's loop, in a thread of its own: blocks, drains, draws only what changed. Nothing here touches a
//! disk; shutting down never waits for it.

use std::io;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

use crossterm::event::{Event, KeyEventKind, MouseEventKind};

use super::frame;
use super::key::Key;
use super::model::{Collector, Effect, Input, Model};
use super::terminal::Screen;
use crate::api::link::Link;
use crate::api::message::{Request, Watch};
use crate::api::snapshot::Topic;

/// Data is drawn at most so often.
const PACE: Duration = Duration::from_millis(250);
/// Keys are drawn at once, but no faster than anyone sees.
const KEY_PACE: Duration = Duration::from_millis(16);
/// The clock on the screen.
const TICK: Duration = Duration::from_secs(1);
/// A collector that is gone is looked for so often.
const RETRY: Duration = Duration::from_secs(1);

fn now_ms() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}

/// Shows the screen until it is left, or `inputs` end.
///
/// # Errors
/// When there is no terminal, or it is gone.
pub fn run(mut model: Model, inputs: &Receiver<Input>) -> io::Result<()> {
    let mut screen = Screen::take(model.mouse)?;
    let mut drawn = Instant::now();
    screen.draw(|frame| frame::draw(frame, &model))?;
    loop {
        let first = match inputs.recv_timeout(TICK) {
            Ok(input) => Some(input),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => return Ok(()),
        };
        let ticked = first.is_none();
        let Some(turn) = take(first, inputs, &mut model, &mut screen)? else {
            return Ok(());
        };
        if !ticked && !turn.changed {
            continue;
        }
        // What comes meanwhile is drawn with it; a key does not wait for the pace of data.
        let mut hurry = turn.hurry;
        loop {
            let pace = if hurry { KEY_PACE } else { PACE };
            let left = pace.saturating_sub(drawn.elapsed());
            let next = match inputs.recv_timeout(left) {
                Ok(input) => Some(input),
                Err(_) => break,
            };
            let Some(turn) = take(next, inputs, &mut model, &mut screen)? else {
                return Ok(());
            };
            hurry |= turn.hurry;
            if left.is_zero() {
                break;
            }
        }
        model.now_ms = now_ms();
        screen.draw(|frame| frame::draw(frame, &model))?;
        drawn = Instant::now();
    }
}

/// What some inputs did.
#[derive(Default)]
struct Turn {
    /// The picture is another.
    changed: bool,
    /// A person did it.
    hurry: bool,
}

/// Takes in `first` and all that waits; `None`: the screen is left.
fn take(
    first: Option<Input>,
    inputs: &Receiver<Input>,
    model: &mut Model,
    screen: &mut Screen,
) -> io::Result<Option<Turn>> {
    let mut turn = Turn::default();
    for input in first.into_iter().chain(inputs.try_iter()) {
        turn.hurry |= !matches!(input, Input::Heard(_));
        let (effect, changed) = model.update(input, now_ms());
        turn.changed |= changed;
        match effect {
            Some(Effect::Quit) => return Ok(None),
            Some(effect) => obey(screen, effect)?,
            None => {}
        }
    }
    Ok(Some(turn))
}

fn obey(screen: &mut Screen, effect: Effect) -> io::Result<()> {
    match effect {
        Effect::Quit => Ok(()),
        #[cfg(unix)]
        Effect::Suspend => screen.suspend(),
        #[cfg(not(unix))]
        Effect::Suspend => Ok(()),
        Effect::Repaint => screen.repaint(),
        Effect::Mouse(on) => screen.mouse(on),
        Effect::Copy(text) => screen.copy(&text),
    }
}

/// Hands keys on, until nobody takes them. Runs in its own thread: reading blocks.
pub fn read_keys(inputs: &Sender<Input>) {
    while let Ok(event) = crossterm::event::read() {
        let input = match event {
            Event::Key(key) if key.kind != KeyEventKind::Release => Input::Key(Key::pressed(&key)),
            Event::Mouse(mouse) => match mouse.kind {
                MouseEventKind::ScrollDown => Input::Scroll(3),
                MouseEventKind::ScrollUp => Input::Scroll(-3),
                MouseEventKind::Down(_) => Input::Click(mouse.column, mouse.row),
                _ => continue,
            },
            Event::Resize(..) => Input::Resized,
            _ => continue,
        };
        if inputs.send(input).is_err() {
            return;
        }
    }
    // The terminal cannot be read any more.
    let _ = inputs.send(Input::End);
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
pub fn listen(first: Link, collector: Collector, again: impl Fn() -> Option<Link>, inputs: &Sender<Input>) {
    let mut link = first;
    let mut kind = collector;
    loop {
        if inputs.send(Input::Found(kind.clone())).is_err() {
            return;
        }
        let watch = Watch {
            topics: vec![Topic::Status, Topic::Seconds, Topic::Minutes],
            nodes: Vec::new(),
        };
        let watched = link.send(Request::Watch(watch));
        while watched.is_ok() {
            match link.receive(None) {
                Ok(Some(message)) => {
                    if inputs.send(Input::Heard(message)).is_err() {
                        return;
                    }
                }
                Ok(None) => {}
                Err(_) => break,
            }
        }
        if inputs.send(Input::Lost).is_err() {
            return;
        }
        link = loop {
            std::thread::sleep(RETRY);
            match again() {
                Some(link) => break link,
                None if inputs.send(Input::Lost).is_err() => return,
                None => {}
            }
        };
        kind = Collector::Attached;
    }
}
