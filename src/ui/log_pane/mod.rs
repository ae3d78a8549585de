//! Log: what the nodes say, line by line, as it comes and as it was.

mod act;
mod draw;
mod files;
mod line;
mod list;
mod parts;
mod seek;
mod tail;
mod unknown;
mod want;

use std::sync::Arc;

use self::files::{GRAVE, LINE, PAST};
use self::list::List;
use self::tail::{Mode, Tail};
use self::unknown::Unknown;
use self::want::Want;
use super::action::Action;
use super::ask::Wants;
use super::explain::Explained;
use super::pane::{Effect, Figure, Hits, Page, View};
use super::shared::{Collector, Shared, Sought};
use super::table::{RowKey, Table, TableState};
use crate::api::line::{Filter, LogLine};
use crate::api::message::Answer;
use crate::api::snapshot::Topic;

const TAIL: &str = "tail";
const ERRORS: &str = "errors";
const UNKNOWN: &str = "unknown";

/// Warnings and errors of the list of them.
const LATEST: usize = 60;

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
    /// It was chosen for all panes, and goes with that.
    of_all: bool,
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
    /// What they were made from; `None`: not yet.
    unknown_stamp: Option<String>,
    unknown_state: TableState,
    focus: &'static str,
    open: Open,
    jump: Option<Jump>,
    search: Option<Search>,
    /// How many lines other panes led to, and the one that is still to be found.
    sought: (u64, Option<Sought>),
    /// A word about the last search or jump.
    word: Option<String>,
    rate: Option<u64>,
    /// Of what the answers were taken: by slot.
    taken: std::collections::HashMap<&'static str, String>,
    /// Of what the list was made.
    made: String,
    /// The row to put the cursor on when it is there.
    pending: Option<RowKey>,
    /// How wide the list was drawn last.
    width: u16,
    /// Whether the collector is gone, and how often it came back: what came meanwhile is in the files.
    lost: bool,
    returns: u32,
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
            unknown_stamp: None,
            unknown_state: TableState::default(),
            focus: TAIL,
            open: Open::List,
            jump: None,
            search: None,
            sought: (0, None),
            word: None,
            rate: None,
            taken: std::collections::HashMap::new(),
            made: String::new(),
            pending: None,
            width: 0,
            lost: false,
            returns: 0,
        }
    }
}

impl LogPane {
    /// The line that is looked at: the one under the cursor, or while the list runs the latest error.
    fn line(&self) -> Option<Arc<LogLine>> {
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

    fn moment(&self, shared: &Shared) -> Option<i64> {
        let own = self.jump.as_ref().map(|jump| jump.ms);
        own.or(shared.moment().map(|second| second * 1000))
    }

    /// Makes the lists anew, if something of them changed.
    fn make(&mut self, shared: &Shared) {
        let made = format!(
            "{} {:?} {} {} {} {:?} {}",
            self.tail.version,
            (self.want.folds(), &self.want.hidden, self.want.whole),
            super::number::date(shared.now_ms, &shared.zone),
            shared.theme.name(),
            shared.nodes().len(),
            // Names of satellites come with the nodes.
            shared.satellites(),
            list::message_width(self.width)
        );
        if self.made == made && self.pending.is_none() {
            return;
        }
        self.made = made;
        self.list = list::of(
            &self.tail.lines(),
            (&self.want, self.width),
            shared,
            self.nothing(shared),
        );
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
        (want.fold, want.whole) = (false, false);
        let empty = match self.taken.contains_key(GRAVE) {
            true => "no warning and no error that fits, in memory and in the files looked through",
            false => "being looked for …",
        };
        self.errors = list::of(&lines, (&want, self.width), shared, empty.to_owned());
        self.errors_state.update(&self.errors.table);
    }

    /// Why there is no line.
    fn nothing(&self, shared: &Shared) -> String {
        if shared.told_ms() == 0 {
            return "asking the collector …".to_owned();
        }
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
            asks: self.asks(shared),
            lines: Some(self.want.filter(shared.scope(), shared.satellite.as_ref())),
        }
    }

    fn refresh(&mut self, shared: &Shared) {
        self.take_sought(shared);
        let filter = self.want.filter(shared.scope(), shared.satellite.as_ref());
        let lost = matches!(shared.collector, Collector::Lost(_));
        let is_back = std::mem::replace(&mut self.lost, lost) && !lost;
        self.returns += u32::from(is_back);
        if self.filter != filter || (is_back && self.tail.mode() == Mode::Following) {
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
        if shared.moment().is_none() && self.jump.as_ref().is_some_and(|jump| jump.of_all) {
            self.jump = None;
        }
        match self.moment(shared) {
            Some(ms) => self.tail.look_back(ms),
            None if matches!(self.tail.mode(), Mode::Past(_)) => self.tail.follow(),
            None => {}
        }
        self.take_answers(shared);
        self.rate = self.tail.rate(shared.now_ms);
        self.make(shared);
        let stamp = Some(unknown::stamp(shared));
        if stamp != self.unknown_stamp {
            self.unknown_stamp = stamp;
            self.unknown = unknown::of(shared);
            self.unknown_table = self.unknown.table(shared);
            self.unknown_state.update(&self.unknown_table);
        }
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

    fn can(&self, action: Action, _shared: &Shared) -> bool {
        self.can_do(action)
    }

    fn act(&mut self, action: Action, shared: &mut Shared) -> Vec<Effect> {
        self.do_it(action, shared)
    }

    /// Without a cursor the newest line is followed.
    fn rests(&self) -> bool {
        false
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

    fn saw(&mut self, hits: &Hits) {
        for (name, hits) in &hits.tables {
            if let Some((_, state)) = self.table_mut(name) {
                state.saw(hits);
            }
            if *name == TAIL {
                self.width = hits.rows.first().map_or(self.width, |(area, _)| area.width);
            }
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
