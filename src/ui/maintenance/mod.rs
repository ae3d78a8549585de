//! Maintenance: what the disks are busy with, what is late, what each run came to. The pane's state; what it shows
//! is made in the modules beside it when answers come.

mod act;
mod asks;
mod detail;
mod explain;
mod filters;
mod history;
mod layout;
mod running;
mod runs;
mod words;
mod work;

use self::filters::Filter;
use self::history::{Gap, Measure};
use self::words::Said;
use self::work::Run;
use super::action::Action;
use super::ask::Wants;
use super::chart::{Mark, Scale, Series};
use super::explain::Explained;
use super::pane::{Effect, Figure, Hits, Page, View};
use super::shared::{Shared, Stretch};
use super::slot::Slot;
use super::table::{Table, TableState};
use crate::api::message::Answer;
use crate::api::snapshot::Topic;
use crate::domain::chart::MarkKind;
use crate::domain::task::{Job, Task};

/// A table of the pane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Block {
    Runs,
    Running,
    Filters,
    /// Figures of the run that is open.
    Figures,
}

impl Block {
    const ALL: [Self; 4] = [Self::Runs, Self::Running, Self::Filters, Self::Figures];

    fn name(self) -> &'static str {
        match self {
            Self::Runs => "runs",
            Self::Running => "running",
            Self::Filters => "filters",
            Self::Figures => "figures",
        }
    }
}

/// The pane.
pub struct Maintenance {
    slots: [Slot; 4],
    focus: Block,
    /// The run that is looked at closely.
    open: Option<Run>,
    /// Work of this kind only.
    kind: Option<Job>,
    measure: Measure,
    /// The history is shown where there is room for one of both only.
    unfolded: bool,
    /// It was drawn.
    saw_history: bool,
    /// The table with the keys has all the room.
    enlarged: bool,
    runs: Vec<Run>,
    /// Those of the history, where they are not the same.
    seen: Option<Vec<Run>>,
    /// The filter and the count of the rows that were summed up; `None`: they were not.
    foot_of: Option<(String, usize)>,
    filters: Vec<Filter>,
    said: Vec<Said>,
    series: Vec<Series>,
    unit: &'static str,
    scale: Scale,
    marks: Vec<Mark>,
    /// When nothing was collected of which node.
    gaps: Vec<Gap>,
    /// What the tables were made from: nothing changed while it is the same.
    stamp: String,
    /// The second that clocks of what goes on were made for.
    second: i64,
    /// Whether an answer to what is asked now is still to come, and what went wrong.
    waits: bool,
    wrong: Option<String>,
    /// Whether anything was answered so far.
    told: bool,
}

impl Default for Maintenance {
    fn default() -> Self {
        Self {
            slots: Default::default(),
            focus: Block::Runs,
            open: None,
            kind: None,
            measure: Measure::default(),
            unfolded: false,
            saw_history: false,
            enlarged: false,
            runs: Vec::new(),
            seen: None,
            foot_of: None,
            filters: Vec::new(),
            said: Vec::new(),
            series: Vec::new(),
            unit: "",
            scale: Scale::default(),
            marks: Vec::new(),
            gaps: Vec::new(),
            stamp: String::new(),
            second: 0,
            waits: true,
            wrong: None,
            told: false,
        }
    }
}

impl View for Maintenance {
    fn wants(&self, shared: &Shared) -> Wants {
        Wants {
            topics: vec![Topic::Status],
            asks: asks::all(shared),
            ..Wants::default()
        }
    }

    fn refresh(&mut self, shared: &Shared) {
        let wants = asks::all(shared);
        self.waits = shared.answers.wait_for(&wants);
        self.wrong = wants.iter().find_map(|ask| {
            let answer = shared.answers.of(ask.slot, &ask.key)?;
            answer.err().map(str::to_owned)
        });
        let stamp = self.stamp_of(shared);
        if stamp != self.stamp {
            (self.stamp, self.second) = (stamp, shared.now_s());
            self.take(shared);
        } else if self.second != shared.now_s() {
            self.second = shared.now_s();
            self.go_on(shared);
        }
        self.sum_up();
    }

    fn draw(&self, page: &mut Page<'_>) {
        match &self.open {
            Some(run) => self.draw_run(page, run),
            None => self.draw_blocks(page),
        }
    }

    fn can(&self, action: Action, _shared: &Shared) -> bool {
        self.can_act(action)
    }

    fn act(&mut self, action: Action, shared: &mut Shared) -> Vec<Effect> {
        self.do_act(action, shared)
    }

    fn focused(&self) -> Option<&'static str> {
        Some(self.focus_now().name())
    }

    fn focus(&mut self, table: &'static str) {
        let found = Block::ALL.into_iter().find(|block| block.name() == table);
        if let Some(block) = found.filter(|block| *block != Block::Figures) {
            self.focus = block;
        }
    }

    fn table(&self, name: &str) -> Option<(&Table, &TableState)> {
        let block = Block::ALL.into_iter().find(|block| block.name() == name)?;
        Some(self.slot(block).both())
    }

    fn table_mut(&mut self, name: &str) -> Option<(&Table, &mut TableState)> {
        let block = Block::ALL.into_iter().find(|block| block.name() == name)?;
        Some(self.slots[block as usize].both_mut())
    }

    fn node_of(&self, table: &str, shared: &Shared) -> Option<String> {
        let open = self.open.as_ref().filter(|_| table == Block::Figures.name());
        open.map(|run| run.task.node.clone()).or(shared.node.clone())
    }

    fn has_chart(&self) -> bool {
        true
    }

    fn marks(&self) -> &[Mark] {
        &self.marks
    }

    fn saw(&mut self, hits: &Hits) {
        self.saw_history = hits.chart.is_some();
        for (name, hits) in &hits.tables {
            if let Some((_, state)) = self.table_mut(name) {
                state.saw(hits);
            }
        }
        // A filter is typed without a word to the pane; that it was drawn is the first it hears of it.
        self.sum_up();
    }

    fn explain(&self, figure: &Figure, shared: &Shared) -> Option<Explained> {
        self.explained(figure, shared)
    }

    fn memory(&self) -> serde_json::Value {
        let tables = [Block::Runs, Block::Running, Block::Filters]
            .map(|block| (block.name().to_owned(), self.slot(block).memory()));
        serde_json::json!({
            "history": self.measure.name(),
            "tables": serde_json::Map::from_iter(tables),
        })
    }

    fn recall(&mut self, memory: &serde_json::Value) {
        self.measure = Measure::of(memory["history"].as_str().unwrap_or_default());
        for block in [Block::Runs, Block::Running, Block::Filters] {
            self.slots[block as usize].recall(&memory["tables"][block.name()]);
        }
    }
}

impl Maintenance {
    fn slot(&self, block: Block) -> &Slot {
        &self.slots[block as usize]
    }

    fn focus_now(&self) -> Block {
        match self.open {
            Some(_) => Block::Figures,
            None => self.focus,
        }
    }

    /// What the tables depend on.
    fn stamp_of(&self, shared: &Shared) -> String {
        let key = asks::key(shared);
        let answered = |slot: &str, key: &str| match shared.answers.of(slot, key) {
            Some(_) => shared.answers.answered_ms(slot).unwrap_or(0),
            None => -1,
        };
        let seen = asks::seen_key(shared);
        let slots = [
            (asks::RUNS, &key),
            (asks::PAST, &key),
            (asks::FILTERS, &key),
            (asks::PROGRESS, &key),
        ];
        let slots = slots.into_iter().chain([(asks::MARKS, &seen), (asks::SEEN, &seen)]);
        let slots: Vec<i64> = slots.map(|(slot, key)| answered(slot, key)).collect();
        // Ages are told by the minute; what goes on has a clock of its own.
        let clock = shared.now_s() / 60;
        let looks = (shared.theme.glyphs.unicode, shared.nodes().len(), shared.satellites());
        format!(
            "{slots:?}{key}{:?}{looks:?}{clock}{:?}{:?}",
            shared.satellite, self.kind, self.measure
        )
    }

    fn take(&mut self, shared: &Shared) {
        let stretch = Stretch::of(shared);
        let past = told(asks::PAST, shared).unwrap_or_default();
        if let Some(Ok(Answer::Marks(marks))) = shared.answers.of(asks::MARKS, &asks::seen_key(shared)) {
            let restarts = marks
                .iter()
                .filter(|mark| matches!(mark.kind, MarkKind::Start | MarkKind::Version));
            self.gaps = history::gaps(marks);
            self.marks = restarts.filter_map(|mark| super::flow::shown(mark, shared)).collect();
        }
        if let Some(filters) = told(asks::FILTERS, shared) {
            self.filters = filters::newest(filters, past, shared);
            self.put(Block::Filters, filters::table(&self.filters, stretch.to_ms, shared));
        }
        self.seen = match (shared.moment(), shared.answers.of(asks::SEEN, &asks::seen_key(shared))) {
            (Some(_), Some(Ok(Answer::Tasks(told)))) => Some(work::runs(told, &[], asks::seen_to_ms(shared), shared)),
            _ => None,
        };
        if let Some(runs) = told(asks::RUNS, shared) {
            self.told = true;
            self.runs = work::runs(runs, past, stretch.to_ms, shared);
            self.put(Block::Runs, runs::table(&self.runs, self.kind, shared));
            self.foot_of = None;
            self.take_clocks(runs, shared);
            self.draw_lines_anew(shared);
        }
    }

    /// The clocks of what goes on went on.
    fn go_on(&mut self, shared: &Shared) {
        let stretch = Stretch::of(shared);
        let Some(told) = told(asks::RUNS, shared).filter(|_| stretch.live) else {
            return;
        };
        if self.runs.iter().any(Run::goes_on) {
            self.runs.iter_mut().for_each(|run| run.go_on(stretch.to_ms));
            self.take_clocks(told, shared);
        }
    }

    /// Makes what tells how long things go on. `of`: what the runs were made from.
    fn take_clocks(&mut self, of: &[Task], shared: &Shared) {
        let stretch = Stretch::of(shared);
        self.put(Block::Running, running::table(&self.runs, stretch.to_ms, shared));
        let known = words::Known {
            runs: &self.runs,
            told: of,
            past: told(asks::PAST, shared).unwrap_or_default(),
            filters: &self.filters,
            now_ms: stretch.to_ms,
            live: stretch.live,
        };
        self.said = words::answer(&known, shared);
        self.renew_open(shared);
    }

    /// Whether the sums are of the rows that are shown.
    fn is_summed_up(&self) -> bool {
        let state = &self.slot(Block::Runs).state;
        let of = self.foot_of.as_ref();
        of.is_some_and(|(filter, rows)| filter == state.filter() && *rows == state.len())
    }

    /// Sums them up, where it was not done.
    fn sum_up(&mut self) {
        if self.told && !self.is_summed_up() {
            let slot = &mut self.slots[Block::Runs as usize];
            let table = std::mem::replace(&mut slot.table, Table::new(Vec::new(), Vec::new()));
            slot.table = runs::with_foot(table, &slot.state, &self.runs);
            self.foot_of = Some((slot.state.filter().to_owned(), slot.state.len()));
        }
    }

    /// The run that is open went on.
    fn renew_open(&mut self, shared: &Shared) {
        let Some(open) = &self.open else { return };
        let newer = self.runs.iter().find(|run| run.key == open.key);
        let run = newer.unwrap_or(open).clone();
        self.put(Block::Figures, detail::table(&run, shared));
        self.open = Some(run);
    }

    fn draw_lines_anew(&mut self, shared: &Shared) {
        let (series, unit) = history::series(&self.of_history(), self.measure);
        (self.series, self.unit) = (series, unit);
        let mut state = shared.time;
        state.scale = self.scale;
        state.settle(&self.series, &[], shared.now_s());
        self.scale = state.scale;
    }

    /// Runs of the history, of the kind that is looked at alone, or all.
    fn of_history(&self) -> Vec<&Run> {
        let wanted = |run: &&Run| self.kind.is_none_or(|kind| run.task.job == kind);
        self.seen.as_ref().unwrap_or(&self.runs).iter().filter(wanted).collect()
    }

    fn put(&mut self, block: Block, table: Table) {
        self.slots[block as usize].put(table);
    }
}

/// Runs as they were answered.
fn told<'a>(slot: &str, shared: &'a Shared) -> Option<&'a [Task]> {
    match shared.answers.of(slot, &asks::key(shared)) {
        Some(Ok(Answer::Tasks(tasks))) => Some(tasks),
        _ => None,
    }
}
