//! Questions of the pane to the files and to what was kept, and what is made of the answers.

use std::sync::Arc;

use super::super::ask::Ask;
use super::super::number;
use super::super::shared::Shared;
use super::super::table::RowKey;
use super::tail::Mode;
use super::{Jump, LATEST, LogPane, Search, parts, unknown};
use crate::api::line::{Filter, LogLine, Past};
use crate::api::message::{Answer, Query};

/// Places of answers.
const FILL: &str = "log-fill";
pub(super) const PAST: &str = "log-past";
const MORE: &str = "log-more";
pub(super) const GRAVE: &str = "log-grave";
const SEARCH: &str = "log-search";
pub(super) const LINE: &str = "log-line";

/// Lines read from the files: at the start, around a moment, when there are no more.
const FILLED: usize = 500;
const AROUND: usize = 400;
const FURTHER: usize = 500;
/// So close to an end of the list more is read.
const NEAR: usize = 20;
/// How often a search that takes long goes on by itself.
const MOST_TRIES: u32 = 5;

impl LogPane {
    fn query(&self, at_ms: Option<i64>, (before, after): (usize, usize)) -> Query {
        Query::Log {
            filter: self.filter.clone(),
            at_ms,
            before,
            after,
        }
    }

    fn key(&self, of: &str) -> String {
        format!("{of}\t{}\t{:?}", self.returns, self.filter)
    }

    /// More of the files, when the cursor is near an end of what is shown.
    fn more(&self) -> Option<(bool, Ask)> {
        if self.tail.mode() == Mode::Following {
            return None;
        }
        let at = self.tail_state.position()?;
        let (first, last) = self.tail.bounds()?;
        let (older, line) = match () {
            () if at < NEAR && !self.tail.ends.0 => (true, first),
            () if at + NEAR >= self.tail_state.len() && !self.tail.ends.1 => (false, last),
            () => return None,
        };
        // Of the second it stopped in the rest comes, too.
        let second = line.time_ms.div_euclid(1000) * 1000;
        let (at_ms, many) = match older {
            true => (second + 1000, (FURTHER, 0)),
            false => (second, (0, FURTHER)),
        };
        let ask = Ask {
            slot: MORE,
            key: self.key(&format!("{older}\t{}", parts::key(line))),
            query: self.query(Some(at_ms), many),
            every_s: 0,
        };
        Some((older, ask))
    }

    fn ask_search(&self, search: &Search) -> Ask {
        let filter = Filter {
            level: Some("ERROR".to_owned()),
            ..self.filter.clone()
        };
        let (before, after) = if search.older { (1, 0) } else { (0, 1) };
        let query = Query::Log {
            filter,
            at_ms: Some(search.from_ms),
            before,
            after,
        };
        Ask {
            slot: SEARCH,
            key: self.key(&format!("{search:?}")),
            query,
            every_s: 0,
        }
    }

    fn ask_grave(&self, shared: &Shared) -> Ask {
        let at_ms = self.moment(shared);
        let level = match self.filter.level.as_deref() {
            Some("ERROR") => "ERROR",
            _ => "WARN",
        };
        let filter = Filter {
            level: Some(level.to_owned()),
            ..self.filter.clone()
        };
        Ask {
            slot: GRAVE,
            key: self.key(&format!("{at_ms:?}")),
            query: Query::Log {
                filter,
                at_ms,
                before: LATEST,
                after: 0,
            },
            every_s: 0,
        }
    }

    pub(super) fn asks(&self, shared: &Shared) -> Vec<Ask> {
        let mut asks = vec![self.ask_grave(shared), unknown::ask(shared)];
        match self.moment(shared) {
            None => asks.push(Ask {
                slot: FILL,
                key: self.key(""),
                query: self.query(None, (FILLED, 0)),
                every_s: 0,
            }),
            Some(ms) => asks.push(Ask {
                slot: PAST,
                key: self.key(&ms.to_string()),
                query: self.query(Some(ms), (AROUND, AROUND)),
                every_s: 0,
            }),
        }
        asks.extend(self.more().map(|(_, ask)| ask));
        asks.extend(self.search.as_ref().map(|search| self.ask_search(search)));
        if let Some(line) = self.line() {
            asks.push(Ask {
                slot: LINE,
                key: parts::key(&line),
                query: Query::Line(Box::new(LogLine::clone(&line))),
                every_s: 0,
            });
        }
        asks
    }

    /// The answer to a question, once.
    fn fresh<'a>(&mut self, shared: &'a Shared, ask: &Ask) -> Option<Result<&'a Past, &'a str>> {
        let answer = shared.answers.of(ask.slot, &ask.key)?;
        if self.taken.get(ask.slot) == Some(&ask.key) {
            return None;
        }
        self.taken.insert(ask.slot, ask.key.clone());
        match answer {
            Ok(Answer::Log(past)) => Some(Ok(past)),
            Ok(_) => None,
            Err(error) => Some(Err(error)),
        }
    }

    pub(super) fn take_answers(&mut self, shared: &Shared) {
        let more = self.more();
        for ask in self.asks(shared) {
            let (slot, older) = (ask.slot, more.as_ref().is_some_and(|(older, _)| *older));
            let answer = match slot {
                FILL | PAST | MORE | GRAVE | SEARCH => self.fresh(shared, &ask),
                _ => continue,
            };
            match (slot, answer) {
                (FILL, Some(Ok(past))) => {
                    self.tail.fill(&past.lines, shared.now_ms);
                    self.word = past.notes.first().cloned();
                }
                (PAST, Some(Ok(past))) => self.arrived(past, shared),
                (MORE, Some(Ok(past))) => {
                    let end = if older {
                        past.from_ms.is_none()
                    } else {
                        past.to_ms.is_none()
                    };
                    self.tail.extend(&past.lines, older, end);
                }
                (GRAVE, Some(Ok(past))) => {
                    self.grave = past.lines.iter().rev().cloned().map(Arc::new).collect();
                    self.made.clear();
                }
                (SEARCH, Some(Ok(past))) => self.found(past, shared),
                (_, Some(Err(error))) => self.word = Some(error.to_owned()),
                (_, _) => {}
            }
        }
    }

    /// The lines around a moment are there.
    fn arrived(&mut self, past: &Past, shared: &Shared) {
        self.tail.show(&past.lines);
        let at = self.moment(shared).unwrap_or_default();
        self.word = None;
        let to = self.found_sought(past, at);
        let to = to.or(self.jump.as_ref().map(|jump| RowKey::from(jump.to.clone())));
        let first = past.lines.get(past.before).or(past.lines.last());
        self.pending = to.or(first.map(|line| RowKey::from(parts::key(line))));
        let begin = past.starts.iter().map(|start| start.time_ms).min();
        let words = match (past.lines.is_empty(), begin) {
            (_, Some(begin)) if begin > at => Some(format!(
                "the files begin {}",
                number::moment(begin, shared.now_ms, &shared.zone)
            )),
            (true, Some(_)) => Some("no line of the files fits".to_owned()),
            _ => past.notes.first().cloned(),
        };
        self.word = words.or(self.word.take());
    }

    /// The search for an error ended, or goes on.
    fn found(&mut self, past: &Past, shared: &Shared) {
        let Some(search) = self.search.take() else { return };
        let line = if search.older {
            past.lines.last()
        } else {
            past.lines.first()
        };
        if let Some(line) = line {
            self.jump = Some(Jump {
                ms: line.time_ms,
                to: parts::key(line),
                of_all: false,
            });
            self.word = None;
            return;
        }
        let on = if search.older { past.from_ms } else { past.to_ms };
        let moment = |ms: i64| number::moment(ms, shared.now_ms, &shared.zone);
        match on.filter(|ms| *ms != search.from_ms) {
            Some(from_ms) if search.tries < MOST_TRIES => {
                self.search = Some(Search {
                    from_ms,
                    tries: search.tries + 1,
                    ..search
                });
            }
            Some(ms) => self.word = Some(format!("no error up to {}; press again to look on", moment(ms))),
            None if search.older => {
                let begin = past.starts.iter().map(|start| start.time_ms).min();
                let begin = begin.map_or(String::new(), |ms| format!(", which begin {}", moment(ms)));
                self.word = Some(format!("no error before this line in the files{begin}"));
            }
            None => self.word = Some("no error after this line".to_owned()),
        }
    }
}
