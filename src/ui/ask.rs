//! What a pane draws from, and the questions that are under way for it. Filled by the model, read by the panes.

use std::collections::HashMap;

use crate::api::line::Filter;
use crate::api::message::{Answer, Query, Request, Watch};
use crate::api::snapshot::Topic;

/// A question of a pane, asked again when it is old or asks for something else.
#[derive(Debug, Clone, PartialEq)]
pub struct Ask {
    /// Its place: one answer is kept for each.
    pub slot: &'static str,
    /// What makes it another question: node, range, moment. Not the present time.
    pub key: String,
    /// The question as of now.
    pub query: Query,
    /// Asked again after so many seconds; 0: never.
    pub every_s: i64,
}

impl Ask {
    /// The question as of a moment (ms since the epoch), asked once.
    #[must_use]
    pub(super) fn held(mut self, since_ms: i64) -> Self {
        self.query.hold(since_ms);
        Self { every_s: 0, ..self }
    }
}

/// All a pane draws from.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Wants {
    /// Sections of nodes.
    pub topics: Vec<Topic>,
    /// Answers from what was kept.
    pub asks: Vec<Ask>,
    /// Log lines as they come.
    pub lines: Option<Filter>,
}

/// A question that failed is asked again after so many seconds.
const AGAIN_S: i64 = 10;

/// What is known of a question.
#[derive(Debug, Clone, Default)]
struct Held {
    /// Of the question that `answer` belongs to.
    key: String,
    answer: Option<Result<Answer, String>>,
    /// When it came, ms since the epoch.
    answered_ms: i64,
    /// The question that is under way: its number and key.
    waits: Option<(u64, String)>,
    /// Something was changed since it was asked.
    again: bool,
}

/// Answers to the panes' questions.
#[derive(Debug, Clone, Default)]
pub struct Answers {
    held: HashMap<&'static str, Held>,
    last: u64,
    /// Nobody answers: what is said of a question that has no answer.
    nobody: Option<&'static str>,
}

impl Answers {
    /// The answer in a slot, if it is to this question.
    pub fn of(&self, slot: &str, key: &str) -> Option<Result<&Answer, &str>> {
        let held = self.held.get(slot).filter(|held| held.key == key);
        let answer = held.and_then(|held| held.answer.as_ref());
        match (answer, self.nobody) {
            (Some(answer), _) => Some(answer.as_ref().map_err(String::as_str)),
            // It would be waited for in vain.
            (None, Some(why)) => Some(Err(why)),
            (None, None) => None,
        }
    }

    /// Nobody answers from now on, and why; `None`: somebody does.
    pub(super) fn silence(&mut self, why: Option<&'static str>) {
        self.nobody = why;
    }

    /// When the answer in a slot came, ms since the epoch.
    pub fn answered_ms(&self, slot: &str) -> Option<i64> {
        let held = self.held.get(slot)?;
        held.answer.is_some().then_some(held.answered_ms)
    }

    /// Puts an answer in as if it had been asked for: for pictures without a collector.
    pub fn put(&mut self, ask: &Ask, answer: Result<Answer, String>, now_ms: i64) {
        let held = self.held.entry(ask.slot).or_default();
        (held.key, held.answer, held.answered_ms) = (ask.key.clone(), Some(answer), now_ms);
    }

    /// An answer came. False: nobody asked.
    pub(super) fn take(&mut self, id: u64, answer: Result<Answer, String>, now_ms: i64) -> bool {
        let asked = |held: &&mut Held| held.waits.as_ref().is_some_and(|(waits, _)| *waits == id);
        let Some(held) = self.held.values_mut().find(asked) else {
            return false;
        };
        if let Some((_, key)) = held.waits.take() {
            held.key = key;
        }
        held.answer = Some(answer);
        held.answered_ms = now_ms;
        true
    }

    /// Something was changed that answers depend on: all are asked for again, and shown until then.
    pub(super) fn ask_again(&mut self) {
        self.held.values_mut().for_each(|held| held.again = true);
    }

    /// The collector that was asked is gone.
    pub(super) fn forget_questions(&mut self) {
        self.held.values_mut().for_each(|held| held.waits = None);
    }

    /// What is to be asked now: one question of a slot at a time.
    pub(super) fn due(&mut self, asks: Vec<Ask>, now_ms: i64) -> Vec<Request> {
        let mut requests = Vec::new();
        for ask in asks {
            let held = self.held.entry(ask.slot).or_default();
            let every_s = match held.answer {
                // What went wrong once may go well the next time.
                Some(Err(_)) if ask.every_s == 0 => AGAIN_S,
                _ => ask.every_s,
            };
            let is_old = every_s > 0 && now_ms - held.answered_ms >= every_s * 1000;
            let is_known = held.answer.is_some() && held.key == ask.key && !is_old && !held.again;
            if is_known || held.waits.is_some() {
                continue;
            }
            self.last += 1;
            held.waits = Some((self.last, ask.key));
            held.again = false;
            requests.push(Request::Ask {
                id: self.last,
                query: ask.query,
            });
        }
        requests
    }

    /// Whether an answer of these is still to come.
    pub fn wait_for(&self, asks: &[Ask]) -> bool {
        asks.iter().any(|ask| self.of(ask.slot, &ask.key).is_none())
    }
}

/// What the collector was last told to send.
#[derive(Debug, Default)]
pub struct Standing {
    watch: Option<Watch>,
    lines: Option<(u64, Filter)>,
    last: u64,
}

/// Numbers of subscriptions begin here, those of questions below.
const FIRST: u64 = 1 << 32;

impl Standing {
    /// What has to be said so that it sends what is wanted.
    pub(super) fn turn(&mut self, wants: &Wants) -> Vec<Request> {
        let mut requests = Vec::new();
        let watch = Watch {
            topics: wants.topics.clone(),
            // The title tells of all nodes.
            nodes: Vec::new(),
        };
        if self.watch.as_ref() != Some(&watch) {
            self.watch = Some(watch.clone());
            requests.push(Request::Watch(watch));
        }
        if self.lines.as_ref().map(|(_, filter)| filter) != wants.lines.as_ref() {
            if let Some((id, _)) = self.lines.take() {
                requests.push(Request::Unsubscribe { id });
            }
            if let Some(filter) = &wants.lines {
                self.last += 1;
                let id = FIRST + self.last;
                self.lines = Some((id, filter.clone()));
                let filter = filter.clone();
                requests.push(Request::Subscribe { id, filter });
            }
        }
        requests
    }

    /// Whether lines under this number are still wanted.
    pub(super) fn is_current(&self, id: u64) -> bool {
        self.lines.as_ref().is_some_and(|(current, _)| *current == id)
    }

    /// Another collector knows nothing of what was said.
    pub(super) fn forget(&mut self) {
        (self.watch, self.lines) = (None, None);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(key: &str, every_s: i64) -> Ask {
        let query = Query::Status {
            nodes: Vec::new(),
            at_ms: None,
        };
        Ask {
            slot: "s",
            key: key.to_owned(),
            query,
            every_s,
        }
    }

    #[test]
    fn one_question_of_a_slot_at_a_time_and_only_when_it_is_needed() {
        let mut answers = Answers::default();
        let asked = |answers: &mut Answers, key: &str, every, now| answers.due(vec![ask(key, every)], now).len();
        assert_eq!(asked(&mut answers, "a", 10, 0), 1);
        assert_eq!(asked(&mut answers, "b", 10, 1), 0, "one is under way");
        assert!(answers.take(1, Ok(Answer::Done), 2) && !answers.take(1, Ok(Answer::Done), 2));
        assert_eq!(answers.of("s", "a"), Some(Ok(&Answer::Done)));
        assert_eq!(answers.of("s", "b"), None);
        assert_eq!(asked(&mut answers, "a", 10, 9_000), 0);
        assert_eq!(asked(&mut answers, "a", 10, 11_000), 1);
        answers.silence(Some("gone"));
        assert_eq!(answers.of("s", "b"), Some(Err("gone")));
        assert_eq!(answers.of("s", "a"), Some(Ok(&Answer::Done)), "what is known stays");
        answers.silence(None);
        assert_eq!(answers.of("s", "b"), None);
        answers.forget_questions();
        assert_eq!(
            asked(&mut answers, "b", 0, 11_000),
            1,
            "another question is asked at once"
        );
        assert!(answers.take(3, Err("no".to_owned()), 12_000));
        assert_eq!(answers.of("s", "b"), Some(Err("no")));
        assert_eq!(asked(&mut answers, "b", 0, 21_000), 0);
        assert_eq!(asked(&mut answers, "b", 0, 22_000), 1, "what failed is asked again");
        assert!(answers.take(4, Ok(Answer::Done), 23_000));
        assert_eq!(asked(&mut answers, "b", 0, i64::MAX), 0);
    }

    #[test]
    fn what_is_said_already_is_not_said_again() {
        let mut standing = Standing::default();
        let mut wants = Wants {
            topics: vec![Topic::Status],
            ..Wants::default()
        };
        assert_eq!(standing.turn(&wants).len(), 1);
        assert!(standing.turn(&wants).is_empty());
        wants.lines = Some(Filter::default());
        let [Request::Subscribe { id, .. }] = standing.turn(&wants)[..] else {
            panic!("one subscription");
        };
        assert!(standing.is_current(id) && standing.turn(&wants).is_empty());
        wants.lines = None;
        assert_eq!(standing.turn(&wants), [Request::Unsubscribe { id }]);
        assert!(!standing.is_current(id));
    }
}
