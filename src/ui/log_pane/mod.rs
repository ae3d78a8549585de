//! Log: what the nodes say, line by line, as it comes and as it was.

mod act;
mod draw;
mod line;
mod list;
mod parts;
mod tail;
mod unknown;
mod want;

use std::sync::Arc;

use self::list::List;
use self::tail::{Mode, Tail};
use self::unknown::Unknown;
use self::want::Want;
use super::action::Action;
use super::ask::{Ask, Wants};
use super::explain::Explained;
use super::pane::{Effect, Figure, Page, View};
use super::shared::Shared;
use super::table::{RowKey, Table, TableState};
use crate::api::line::{Filter, LogLine, Past};
use crate::api::message::{Answer, Query};
use crate::api::snapshot::Topic;

const TAIL: &str = "tail";
const ERRORS: &str = "errors";
const UNKNOWN: &str = "unknown";

/// Places of answers.
const FILL: &str = "log-fill";
const PAST: &str = "log-past";
const MORE: &str = "log-more";
const GRAVE: &str = "log-grave";
const SEARCH: &str = "log-search";
const LINE: &str = "log-line";

/// Lines read from the files: at the start, around a moment, when there are no more.
const FILLED: usize = 500;
const AROUND: usize = 400;
const FURTHER: usize = 500;
/// So close to an end of the list more is read.
const NEAR: usize = 20;
/// Warnings and errors of the list of them.
const LATEST: usize = 60;
/// How often a search that takes long goes on by itself.
const MOST_TRIES: u32 = 5;

/// What takes the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Open {
    #[default]
    List,
    /// One line, all of it.
    Line,
    /// As it stands in the file.
    Raw,
    /// Shapes that are not understood.
    Unknown,
}

/// A moment of the pane's own: an error that was found in the files.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Jump {
    ms: i64,
    to: String,
}

/// An error is looked for in the files.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Search {
    older: bool,
    from_ms: i64,
    tries: u32,
}

/// The pane.
pub struct LogPane {
    want: Want,
    filter: Filter,
    tail: Tail,
    list: List,
    tail_state: TableState,
    errors: List,
    errors_state: TableState,
    /// Warnings and errors from the files, the newest first.
    grave: Vec<Arc<LogLine>>,
    unknown: Unknown,
    unknown_table: Table,
    unknown_state: TableState,
    focus: &'static str,
    open: Open,
    jump: Option<Jump>,
    search: Option<Search>,
    /// A word about the last search or jump.
    word: Option<String>,
    rate: Option<u64>,
    /// Of what the answers were taken: by slot.
    taken: std::collections::HashMap<&'static str, String>,
    /// Of what the list was made.
    made: String,
    /// The row to put the cursor on when it is there.
    pending: Option<RowKey>,
}

impl Default for LogPane {
    fn default() -> Self {
        Self {
            want: Want::default(),
            filter: Filter::default(),
            tail: Tail::default(),
            list: List::default(),
            tail_state: TableState::default(),
            errors: List::default(),
            errors_state: TableState::default(),
            grave: Vec::new(),
            unknown: Unknown::default(),
            unknown_table: Table::new(Vec::new(), Vec::new()),
            unknown_state: TableState::default(),
            focus: TAIL,
            open: Open::List,
            jump: None,
            search: None,
            word: None,
            rate: None,
            taken: std::collections::HashMap::new(),
            made: String::new(),
            pending: None,
        }
    }
}

impl LogPane {
    /// The line that is looked at: the one under the cursor, or while the list runs the latest error.
    fn line(&self, _shared: &Shared) -> Option<Arc<LogLine>> {
        let chosen = match self.focus {
            ERRORS => self.errors_state.selected().and_then(|key| self.errors.line(key)),
            _ if self.tail.mode() != Mode::Following => self.tail_state.selected().and_then(|key| self.list.line(key)),
            _ => None,
        };
        let newest = || self.tail.newest().take(LATEST * 5).find(|line| list::is_grave(line));
        match (chosen, self.tail.mode()) {
            (Some(line), _) => Some(Arc::clone(line)),
            (None, Mode::Following) => newest()
                .or(self.grave.iter().find(|line| list::is_grave(line)))
                .cloned(),
            (None, _) => None,
        }
    }

    /// What is known of a line.
    fn known<'a>(&self, shared: &'a Shared, line: &LogLine) -> line::Known<'a> {
        match shared.answers.of(LINE, &parts::key(line))? {
            Ok(Answer::Line(told)) => Some(Ok(told)),
            Ok(_) => Some(Err("the collector answered something else")),
            Err(error) => Some(Err(error)),
        }
    }

    fn query(&self, at_ms: Option<i64>, (before, after): (usize, usize)) -> Query {
        Query::Log {
            filter: self.filter.clone(),
            at_ms,
            before,
            after,
        }
    }

    fn key(&self, of: &str) -> String {
        format!("{of}\t{:?}", self.filter)
    }

    fn moment(&self, shared: &Shared) -> Option<i64> {
        let own = self.jump.as_ref().map(|jump| jump.ms);
        own.or(shared.moment().map(|second| second * 1000))
    }

    /// More of the files, when the cursor is near an end of what is shown.
    fn more(&self) -> Option<(bool, Ask)> {
        if self.tail.mode() == Mode::Following {
            return None;
        }
        let at = self.tail_state.position()?;
        let lines = self.tail.lines();
        let (first, last) = (lines.first()?, lines.last()?);
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

    fn asks(&self, shared: &Shared) -> Vec<Ask> {
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
        if let Some(line) = self.line(shared) {
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

    fn take_answers(&mut self, shared: &Shared) {
        let more = self.more();
        for ask in self.asks(shared) {
            let (slot, older) = (ask.slot, more.as_ref().is_some_and(|(older, _)| *older));
            let answer = match slot {
                FILL | PAST | MORE | GRAVE | SEARCH => self.fresh(shared, &ask),
                _ => continue,
            };
            match (slot, answer) {
                (FILL, Some(Ok(past))) => {
                    self.tail.fill(&past.lines);
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
        let to = self.jump.as_ref().map(|jump| RowKey::from(jump.to.clone()));
        let first = past.lines.get(past.before).or(past.lines.last());
        self.pending = to.or(first.map(|line| RowKey::from(parts::key(line))));
        let begin = past.starts.iter().map(|start| start.time_ms).min();
        self.word = match (past.lines.is_empty(), begin) {
            (_, Some(begin)) if begin > at => Some(format!(
                "the files begin {}",
                super::number::moment(begin, shared.now_ms, &shared.zone)
            )),
            (true, Some(_)) => Some("no line of the files fits".to_owned()),
            _ => past.notes.first().cloned(),
        };
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
            });
            self.word = None;
            return;
        }
        let on = if search.older { past.from_ms } else { past.to_ms };
        let moment = |ms: i64| super::number::moment(ms, shared.now_ms, &shared.zone);
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

    /// Makes the lists anew, if something of them changed.
    fn make(&mut self, shared: &Shared) {
        let made = format!(
            "{} {:?} {} {} {} {}",
            self.tail.version,
            (&self.want.fold, &self.want.hidden),
            super::number::date(shared.now_ms, &shared.zone),
            shared.theme.name(),
            shared.nodes().len(),
            shared.satellites().len()
        );
        if self.made == made && self.pending.is_none() {
            return;
        }
        self.made = made;
        self.list = list::of(&self.tail.lines(), &self.want, shared, self.nothing(shared));
        let chosen = self.tail_state.selected().cloned();
        self.tail_state.settle(&self.list.table);
        match self.tail.mode() {
            Mode::Following => {
                self.tail_state.end();
                self.tail_state.settle(&self.list.table);
            }
            _ => self.put_cursor(chosen),
        }
        self.make_errors(shared);
    }

    fn put_cursor(&mut self, chosen: Option<RowKey>) {
        if let Some(key) = self.pending.take().or(chosen) {
            self.tail_state.select(&key);
        }
        if self.tail_state.selected().is_none()
            && let Mode::Past(ms) = self.tail.mode()
            && let Some(key) = self.list.first_from(ms)
        {
            self.tail_state.select(&key);
        }
        if self.tail_state.selected().is_none() {
            self.tail_state.end();
        }
    }

    fn make_errors(&mut self, shared: &Shared) {
        let weighs = |line: &&Arc<LogLine>| {
            list::mark(line, &shared.theme.glyphs).is_some() && line.understood || list::is_grave(line)
        };
        let newest = self.tail.newest().filter(weighs).take(LATEST);
        let live: Vec<Arc<LogLine>> = match self.moment(shared) {
            Some(_) => Vec::new(),
            None => newest.cloned().collect(),
        };
        let mut lines = live;
        lines.extend(self.grave.iter().cloned());
        let mut want = self.want.clone();
        want.fold = false;
        let empty = match self.taken.contains_key(GRAVE) {
            true => "no warning and no error that fits, in memory and in the files looked through",
            false => "being looked for …",
        };
        self.errors = list::of(&lines, &want, shared, empty.to_owned());
        self.errors_state.update(&self.errors.table);
    }

    /// Why there is no line.
    fn nothing(&self, shared: &Shared) -> String {
        if shared.nodes().is_empty() {
            return "no node is configured yet: there is no log to read".to_owned();
        }
        let sources = shared.nodes().iter().flat_map(|node| &node.sources);
        let bad = sources.filter(|source| matches!(source.state.as_deref(), Some("missing" | "failing")));
        if let Some(bad) = bad.into_iter().next() {
            let why = bad.error.as_deref().unwrap_or("it is not there");
            return format!("{}: {why}", bad.source);
        }
        match (self.tail.mode(), self.want.is_narrow()) {
            (Mode::Past(_), _) if !self.taken.contains_key(PAST) => "the files are being read …".to_owned(),
            (Mode::Past(_), _) => "no line of the files that are left fits".to_owned(),
            (_, true) => "no line fits so far; Esc takes the filters away".to_owned(),
            (_, false) => "no line yet".to_owned(),
        }
    }
}

impl View for LogPane {
    fn wants(&self, shared: &Shared) -> Wants {
        Wants {
            topics: vec![Topic::Status],
            nodes: Vec::new(),
            asks: self.asks(shared),
            lines: Some(self.want.filter(shared.scope(), shared.satellite.as_ref())),
        }
    }

    fn refresh(&mut self, shared: &Shared) {
        let filter = self.want.filter(shared.scope(), shared.satellite.as_ref());
        if self.filter != filter {
            self.filter = filter;
            self.tail.clear();
            self.grave.clear();
            self.taken.clear();
            (self.word, self.search) = (None, None);
            self.tail_state.deselect();
        }
        if self.tail.mode() == Mode::Following && self.tail_state.resting() {
            self.tail.stop();
        }
        match self.moment(shared) {
            Some(ms) => self.tail.look_back(ms),
            None if matches!(self.tail.mode(), Mode::Past(_)) => self.tail.follow(),
            None => {}
        }
        self.take_answers(shared);
        self.rate = self.tail.rate(shared.now_ms);
        self.make(shared);
        self.unknown = unknown::of(shared);
        self.unknown_table = self.unknown.table(shared);
        self.unknown_state.update(&self.unknown_table);
    }

    fn draw(&self, page: &mut Page<'_>) {
        self.page(page);
    }

    fn takes(&self, action: Action) -> bool {
        match action {
            Action::Filter | Action::Freeze => true,
            Action::Sort | Action::Reverse => self.focus != UNKNOWN,
            Action::End => self.focus == TAIL,
            _ => false,
        }
    }

    fn can(&self, action: Action, shared: &Shared) -> bool {
        self.can_do(action, shared)
    }

    fn act(&mut self, action: Action, shared: &mut Shared) -> Vec<Effect> {
        self.do_it(action, shared)
    }

    fn focused(&self) -> Option<&'static str> {
        Some(match self.open {
            Open::Unknown => UNKNOWN,
            _ => self.focus,
        })
    }

    fn focus(&mut self, table: &'static str) {
        self.focus = table;
    }

    fn table(&self, name: &str) -> Option<(&Table, &TableState)> {
        match name {
            TAIL => Some((&self.list.table, &self.tail_state)),
            ERRORS => Some((&self.errors.table, &self.errors_state)),
            UNKNOWN => Some((&self.unknown_table, &self.unknown_state)),
            _ => None,
        }
    }

    fn table_mut(&mut self, name: &str) -> Option<(&Table, &mut TableState)> {
        match name {
            TAIL => Some((&self.list.table, &mut self.tail_state)),
            ERRORS => Some((&self.errors.table, &mut self.errors_state)),
            UNKNOWN => Some((&self.unknown_table, &mut self.unknown_state)),
            _ => None,
        }
    }

    fn lines(&mut self, lines: Vec<LogLine>, (dropped, looked): (u64, u64), shared: &Shared) {
        let weighs = lines
            .iter()
            .any(|line| list::mark(line, &shared.theme.glyphs).is_some());
        let changed = self.tail.push(lines, (dropped, looked), shared.now_ms);
        self.rate = self.tail.rate(shared.now_ms);
        if shared.held_since().is_some() {
            return;
        }
        if changed && !self.tail_state.resting() {
            self.make(shared);
        } else if weighs {
            self.make_errors(shared);
        }
    }

    fn typed(&mut self, prompt: &'static str, text: &str, done: bool, shared: &mut Shared) -> Result<(), String> {
        self.take_text(prompt, text, done, shared)
    }

    fn picked(&mut self, id: &'static str, key: &str, shared: &mut Shared) -> Vec<Effect> {
        self.take_choice(id, key, shared)
    }

    fn explain(&self, figure: &Figure, shared: &Shared) -> Option<Explained> {
        let about = list::about(&figure.what);
        if about.is_empty() {
            return None;
        }
        let key = RowKey::from(figure.of.as_str());
        let line = self.list.line(&key).or(self.errors.line(&key));
        let mut words = vec![about.to_owned()];
        if let Some(Ok(told)) = line.and_then(|line| self.known(shared, line)) {
            words.extend(told.means.iter().chain(&told.act).cloned());
        }
        Some(Explained {
            title: format!("{}: {}", figure.what, line.map_or("", |line| &line.message)),
            words,
            ..Explained::default()
        })
    }

    fn memory(&self) -> serde_json::Value {
        serde_json::json!({ "want": self.want, "tail": self.tail_state.memory() })
    }

    fn recall(&mut self, memory: &serde_json::Value) {
        self.want = serde_json::from_value(memory["want"].clone()).unwrap_or_default();
        let tail = serde_json::from_value(memory["tail"].clone()).unwrap_or_default();
        self.tail_state.recall(tail);
    }
}
