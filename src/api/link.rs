//! The two ends between a viewer and the collector, and the mailbox in between: the latest snapshot wins,
//! answers wait, log lines are dropped and counted when the viewer is slow.

use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::line::LogLine;
use super::message::{Answer, Command, Message, Query, Request, VERSION};
use super::snapshot::Snapshot;

/// Requests on their way; a viewer that asks faster waits.
const MOST_REQUESTS: usize = 64;
/// Log lines that wait for a viewer, of all its subscriptions.
const MOST_LINES: usize = 4096;

/// The other end is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the collector is gone")]
pub struct Gone;

/// What waits for a viewer.
#[derive(Debug, Default)]
pub struct Mailbox {
    state: Mutex<State>,
    came: Condvar,
}

#[derive(Debug, Default)]
struct State {
    messages: VecDeque<Message>,
    lines: usize,
    snapshot: Option<Snapshot>,
    closed: bool,
}

impl Mailbox {
    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing that panics runs under the lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a message in. False: nobody will take it out.
    pub fn put(&self, message: Message) -> bool {
        let mut state = self.state();
        if state.closed {
            return false;
        }
        match message {
            Message::Snapshot(newer) => match &mut state.snapshot {
                Some(waiting) => waiting.merge(newer),
                none => *none = Some(newer),
            },
            Message::Lines {
                id,
                lines,
                dropped,
                looked,
            } => state.put_lines(id, lines, dropped, looked),
            other => state.messages.push_back(other),
        }
        drop(state);
        self.came.notify_one();
        true
    }

    /// Takes the next message out: answers and lines first. Waits until `until`, for ever without it.
    /// `Ok(None)`: nothing came.
    ///
    /// # Errors
    /// When all was taken out and nothing will come any more.
    pub fn take(&self, until: Option<Instant>) -> Result<Option<Message>, Gone> {
        let mut state = self.state();
        loop {
            if let Some(message) = state.next() {
                return Ok(Some(message));
            }
            if state.closed {
                return Err(Gone);
            }
            state = match until.map(|until| until.saturating_duration_since(Instant::now())) {
                Some(Duration::ZERO) => return Ok(None),
                Some(left) => {
                    let waited = self.came.wait_timeout(state, left);
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
                None => self.came.wait(state).unwrap_or_else(PoisonError::into_inner),
            };
        }
    }

    /// Nothing more comes, or nobody takes anything out.
    pub fn close(&self) {
        self.state().closed = true;
        self.came.notify_all();
    }

    /// Whether one of the ends is gone.
    pub fn is_closed(&self) -> bool {
        self.state().closed
    }
}

impl State {
    fn next(&mut self) -> Option<Message> {
        match self.messages.pop_front() {
            Some(message) => {
                if let Message::Lines { lines, .. } = &message {
                    self.lines -= lines.len();
                }
                Some(message)
            }
            None => self.snapshot.take().map(Message::Snapshot),
        }
    }

    /// The oldest lines go when there is no room, and what follows them says how many.
    fn put_lines(&mut self, id: u64, lines: Vec<LogLine>, dropped: u64, looked: u64) {
        self.lines += lines.len();
        self.messages.push_back(Message::Lines {
            id,
            lines,
            dropped,
            looked,
        });
        while self.lines > MOST_LINES && self.drop_oldest() {}
    }

    fn drop_oldest(&mut self) -> bool {
        let oldest = self
            .messages
            .iter()
            .position(|message| matches!(message, Message::Lines { lines, .. } if !lines.is_empty()));
        let Some(Message::Lines {
            id,
            lines,
            dropped,
            looked,
        }) = oldest.and_then(|at| self.messages.remove(at))
        else {
            return false;
        };
        self.lines -= lines.len();
        let gone = dropped + lines.len() as u64;
        let next = self.messages.iter_mut().find_map(|message| match message {
            Message::Lines {
                id: other,
                dropped,
                looked,
                ..
            } if *other == id => Some((dropped, looked)),
            _ => None,
        });
        match next {
            Some((dropped, before)) => {
                *dropped += gone;
                *before += looked;
            }
            // It was all there was of it: only its loss is told.
            None => self.messages.push_back(Message::Lines {
                id,
                lines: Vec::new(),
                dropped: gone,
                looked,
            }),
        }
        true
    }
}

type Send = Box<dyn Fn(Request) -> Result<(), Gone> + std::marker::Send>;

/// A viewer's end.
pub struct Link {
    send: Send,
    inbox: Arc<Inbox>,
    asked: u64,
}

impl Link {
    pub(super) fn new(send: Send, inbox: Arc<Mailbox>) -> Self {
        Self {
            send,
            inbox: Arc::new(Inbox(inbox)),
            asked: 0,
        }
    }

    /// Says something.
    ///
    /// # Errors
    /// When the collector is gone.
    pub fn send(&self, request: Request) -> Result<(), Gone> {
        (self.send)(request)
    }

    /// The next message; waits for it until `until`, for ever without it. `Ok(None)`: nothing came.
    ///
    /// # Errors
    /// When the collector is gone and all it said was taken.
    pub fn receive(&self, until: Option<Instant>) -> Result<Option<Message>, Gone> {
        self.inbox.0.take(until)
    }

    /// Asks and waits for the answer, at most so long. For commands: other messages are passed over.
    ///
    /// # Errors
    /// One line: what the collector says, or that it does not answer.
    pub fn ask(&mut self, query: Query, patience: Duration) -> Result<Answer, String> {
        self.say(|id| Request::Ask { id, query }, patience)
    }

    /// As [`Link::ask`], for something to do.
    ///
    /// # Errors
    /// One line: what the collector says, or that it does not answer.
    pub fn order(&mut self, command: Command, patience: Duration) -> Result<Answer, String> {
        self.say(|id| Request::Do { id, command }, patience)
    }

    fn say(&mut self, request: impl FnOnce(u64) -> Request, patience: Duration) -> Result<Answer, String> {
        self.asked += 1;
        let id = self.asked;
        self.send(request(id)).map_err(|gone| gone.to_string())?;
        let until = Instant::now() + patience;
        loop {
            match self.receive(Some(until)) {
                Ok(Some(Message::Answer { id: of, answer })) if of == id => return answer,
                Ok(Some(Message::Hello { version, program, .. })) if version != VERSION => {
                    return Err(format!(
                        "the collector that runs is release {program}, which speaks otherwise: restart it"
                    ));
                }
                Ok(Some(_)) => {}
                Ok(None) => return Err(format!("the collector does not answer within {} s", patience.as_secs())),
                Err(gone) => return Err(gone.to_string()),
            }
        }
    }
}

impl Link {
    /// Its two directions, for a viewer that speaks in one thread and listens in another.
    pub fn split(self) -> (Asker, Listener) {
        let Self { send, inbox, .. } = self;
        (Asker { send }, Listener { inbox })
    }
}

/// What a viewer says. The collector notices when it is dropped.
pub struct Asker {
    send: Send,
}

impl Asker {
    /// Says something.
    ///
    /// # Errors
    /// When the collector is gone.
    pub fn send(&self, request: Request) -> Result<(), Gone> {
        (self.send)(request)
    }
}

/// What a viewer hears.
pub struct Listener {
    inbox: Arc<Inbox>,
}

impl Listener {
    /// As [`Link::receive`].
    ///
    /// # Errors
    /// When the collector is gone and all it said was taken.
    pub fn receive(&self, until: Option<Instant>) -> Result<Option<Message>, Gone> {
        self.inbox.0.take(until)
    }
}

/// A mailbox that closes when nobody takes anything out of it any more.
struct Inbox(Arc<Mailbox>);

impl Drop for Inbox {
    fn drop(&mut self) {
        self.0.close();
    }
}

/// The collector's end of one viewer.
pub struct Port {
    /// What the viewer says; ends when it is gone.
    pub requests: Receiver<Request>,
    /// What waits for the viewer.
    pub outbox: Arc<Mailbox>,
}

impl Drop for Port {
    fn drop(&mut self) {
        self.outbox.close();
    }
}

/// The ends of a channel within this process.
pub fn pair() -> (Link, Port) {
    let (sender, port) = port();
    let inbox = Arc::clone(&port.outbox);
    let send = move |request| sender.send(request).map_err(|_| Gone);
    (Link::new(Box::new(send), inbox), port)
}

/// A port, and what brings it requests.
pub(super) fn port() -> (SyncSender<Request>, Port) {
    let (sender, requests) = sync_channel(MOST_REQUESTS);
    let outbox = Arc::new(Mailbox::default());
    (sender, Port { requests, outbox })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::gravity::Gravity;

    fn line(n: usize) -> LogLine {
        LogLine {
            node: "n".to_owned(),
            time_ms: n as i64,
            level: String::new(),
            logger: String::new(),
            message: String::new(),
            rest: String::new(),
            understood: true,
            gravity: Gravity::Plain,
            place: None,
        }
    }

    fn lines(id: u64, from: usize, count: usize) -> Message {
        Message::Lines {
            id,
            lines: (from..from + count).map(line).collect(),
            dropped: 0,
            looked: count as u64,
        }
    }

    #[test]
    fn the_latest_snapshot_wins_and_answers_wait() {
        let (link, port) = pair();
        for time_ms in 1..=3 {
            let snapshot = Snapshot {
                time_ms,
                ..Snapshot::default()
            };
            assert!(port.outbox.put(Message::Snapshot(snapshot)));
        }
        let answer = Ok(Answer::Done);
        port.outbox.put(Message::Answer { id: 7, answer });
        let now = Some(Instant::now());
        assert!(matches!(link.receive(now), Ok(Some(Message::Answer { id: 7, .. }))));
        assert!(matches!(
            link.receive(now),
            Ok(Some(Message::Snapshot(Snapshot { time_ms: 3, .. })))
        ));
        assert_eq!(link.receive(now), Ok(None));
        drop(port);
        assert_eq!(link.receive(None), Err(Gone));
        assert!(link.send(Request::Unsubscribe { id: 1 }).is_err());
    }

    #[test]
    fn a_slow_viewer_loses_the_oldest_lines_and_is_told_how_many() {
        let (link, port) = pair();
        for n in 0..10 {
            port.outbox.put(lines(1, n * 1000, 1000));
        }
        port.outbox.put(lines(2, 0, 5));
        let (mut seen, mut lost, mut all) = (Vec::new(), 0, 0);
        while let Ok(Some(Message::Lines {
            id,
            lines,
            dropped,
            looked,
        })) = link.receive(Some(Instant::now()))
        {
            lost += dropped;
            all += looked;
            if id == 1 {
                seen.extend(lines.iter().map(|line| line.time_ms));
            }
        }
        assert_eq!((seen.len() as u64 + lost, all), (10_000, 10_005));
        assert!(seen.len() <= MOST_LINES && seen.last() == Some(&9999));
        assert!(seen.is_sorted());
        // One batch larger than the room is told of, at least.
        port.outbox.put(lines(3, 0, MOST_LINES + 1));
        let Ok(Some(Message::Lines { lines, dropped, .. })) = link.receive(Some(Instant::now())) else {
            panic!("nothing came");
        };
        assert_eq!((lines.len(), dropped), (0, MOST_LINES as u64 + 1));
    }

    #[test]
    fn a_viewer_that_is_gone_is_noticed() {
        let (link, port) = pair();
        drop(link);
        assert!(port.requests.recv().is_err());
        assert!(!port.outbox.put(lines(1, 0, 1)));
    }
}
