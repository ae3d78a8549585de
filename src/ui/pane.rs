//! What a pane is to the frame: what it draws from, what it does, where on the screen it drew what.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::action::Action;
use super::ask::Wants;
use super::chart;
use super::explain::Explained;
use super::export::{Plot, Save};
use super::form::Entry;
use super::look::Tone;
use super::overlay::{Item, Prompt, Seen};
use super::pen::Pen;
use super::shared::Shared;
use super::table::{self, Table, TableState};
use crate::api::line::LogLine;
use crate::api::message::Command;
use crate::domain::currency::Currency;

/// A pane.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Pane {
    /// Is all well?
    Overview,
    /// What comes in and goes out, and how it ends?
    Traffic,
    /// How far is each satellite from giving a node up?
    Reputation,
    /// Where are the bytes, and when is it full?
    Storage,
    /// Is a node too slow to win?
    Latency,
    /// What is paid, and why not more?
    Financials,
    /// What is the disk busy with?
    Maintenance,
    /// What do the nodes say?
    Log,
}

impl Pane {
    /// All that are built, in the order of their keys.
    pub const ALL: [Self; 8] = [
        Self::Overview,
        Self::Traffic,
        Self::Reputation,
        Self::Storage,
        Self::Latency,
        Self::Financials,
        Self::Maintenance,
        Self::Log,
    ];

    /// Its name on the command line.
    pub fn id(self) -> &'static str {
        match self {
            Self::Overview => "overview",
            Self::Traffic => "traffic",
            Self::Reputation => "reputation",
            Self::Storage => "storage",
            Self::Latency => "latency",
            Self::Financials => "financials",
            Self::Maintenance => "maintenance",
            Self::Log => "log",
        }
    }

    /// The pane of a name.
    pub fn of(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|pane| pane.id() == id)
    }

    /// Its name on the screen.
    pub fn title(self) -> &'static str {
        match self {
            Self::Overview => "Overview",
            Self::Traffic => "Traffic",
            Self::Reputation => "Reputation",
            Self::Storage => "Storage",
            Self::Latency => "Latency",
            Self::Financials => "Financials",
            Self::Maintenance => "Maintenance",
            Self::Log => "Log",
        }
    }

    /// Its name where room is scarce.
    pub fn short(self) -> &'static str {
        match self {
            Self::Overview => "Over",
            Self::Traffic => "Traf",
            Self::Reputation => "Reput",
            Self::Storage => "Stor",
            Self::Latency => "Lat",
            Self::Financials => "Money",
            Self::Maintenance => "Upkeep",
            Self::Log => "Log",
        }
    }
}

/// What a pane or the frame wants done outside of the screen's model.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// End.
    Quit,
    /// Stop as ctrl-z does.
    Suspend,
    /// Draw everything anew.
    Repaint,
    /// The mouse is ours or not.
    Mouse(bool),
    /// Into the clipboard.
    Copy(String),
    /// Into a file.
    Save(Box<Save>),
    /// A collector is to be started inside of this program.
    Collect,
    /// The collector has something to do.
    Do(Command),
    /// Ask the person for a text.
    Prompt(Prompt),
    /// Ask the person to choose.
    Pick {
        /// Comes back with the choice.
        id: &'static str,
        /// The heading.
        title: String,
        /// What there is.
        items: Vec<Item>,
    },
    /// Let the person edit settings together.
    Edit {
        /// The heading.
        title: String,
        /// Which.
        entries: Vec<Entry>,
    },
    /// Show another pane.
    Show(Pane),
}

/// A figure on the screen that can be explained.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figure {
    /// What it is: the pane's own name for it. In a table the id of the column.
    pub what: String,
    /// Of whom: a node, a row. Empty: of all.
    pub of: String,
}

/// Where a pane drew what.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Hits {
    /// All that was drawn on.
    pub screen: Rect,
    /// Its tables by name, in the order of the focus.
    pub tables: Vec<(&'static str, table::HitMap)>,
    /// Its chart.
    pub chart: Option<chart::HitMap>,
    /// The lines of its chart, where they are kept.
    pub plot: Option<Plot>,
    /// Figures that can be explained, in the order of reading.
    pub figures: Vec<(Rect, Figure)>,
    /// What a click does: tabs, keys of the footer.
    pub buttons: Vec<(Rect, Action)>,
    /// The lines of the form that lies over the pane, and which fields they are.
    pub fields: Vec<(Rect, usize)>,
    /// The items of the list that lies over the pane, and the place of the first one.
    pub over: Vec<Rect>,
    /// See [`Hits::over`].
    pub over_first: usize,
    /// What is seen of the text that lies over the pane.
    pub text: Seen,
}

impl Hits {
    /// What was drawn of a table.
    pub fn table(&self, name: &str) -> Option<&table::HitMap> {
        self.tables
            .iter()
            .find(|(other, _)| *other == name)
            .map(|(_, hits)| hits)
    }

    /// The table at a place of the screen.
    pub fn table_at(&self, x: u16, y: u16) -> Option<&'static str> {
        let found = self.tables.iter().find(|(_, hits)| hits.at(x, y).is_some());
        found.map(|(name, _)| *name)
    }
}

/// A pane's side of the model, and its view. Drawing changes nothing.
pub trait View {
    /// What it draws from.
    fn wants(&self, shared: &Shared) -> Wants;

    /// Something changed: data, node, range, moment. Tables are made anew here, not while drawing.
    fn refresh(&mut self, shared: &Shared);

    /// Draws it.
    fn draw(&self, page: &mut Page<'_>);

    /// Whether it does an action of the frame's in a way of its own.
    fn takes(&self, _action: Action) -> bool {
        false
    }

    /// Whether one of its own actions can be done now. Those of tables and charts are the frame's.
    fn can(&self, action: Action, shared: &Shared) -> bool;

    /// Does one of its own actions.
    fn act(&mut self, action: Action, shared: &mut Shared) -> Vec<Effect>;

    /// The table that keys go to.
    fn focused(&self) -> Option<&'static str> {
        None
    }

    /// Whether the table with the keys has a cursor as soon as it has rows.
    fn rests(&self) -> bool {
        true
    }

    /// Keys go to this table from now on.
    fn focus(&mut self, _table: &'static str) {}

    /// A table and where the viewer is in it.
    fn table(&self, _name: &str) -> Option<(&Table, &TableState)> {
        None
    }

    /// As [`View::table`], to move in it.
    fn table_mut(&mut self, _name: &str) -> Option<(&Table, &mut TableState)> {
        None
    }

    /// The node all rows of a table are of, where no column of it says so: files have it as one. The lines of the chart are
    /// those of the table `chart`.
    fn node_of(&self, _table: &str, shared: &Shared) -> Option<String> {
        shared.node.clone()
    }

    /// What money is shown in, where the chart is of money: files have dollars.
    fn currency(&self) -> Option<&Currency> {
        None
    }

    /// Whether it shows a chart, with a cursor in time.
    fn has_chart(&self) -> bool {
        false
    }

    /// What happened, for the keys that go from mark to mark.
    fn marks(&self) -> &[chart::Mark] {
        &[]
    }

    /// What was drawn.
    fn saw(&mut self, hits: &Hits) {
        for (name, hits) in &hits.tables {
            if let Some((_, state)) = self.table_mut(name) {
                state.saw(hits);
            }
        }
    }

    /// Log lines came; so many before them were lost, and so many were looked at, those that do not fit too.
    fn lines(&mut self, _lines: Vec<LogLine>, (_dropped, _looked): (u64, u64), _shared: &Shared) {}

    /// A prompt's text, with every key and once more when it is `done`. The error is shown beside it.
    ///
    /// # Errors
    /// One line: what is wrong with the text.
    fn typed(&mut self, _prompt: &'static str, _text: &str, _done: bool, _shared: &mut Shared) -> Result<(), String> {
        Ok(())
    }

    /// The choice that was asked for.
    fn picked(&mut self, _id: &'static str, _key: &str, _shared: &mut Shared) -> Vec<Effect> {
        Vec::new()
    }

    /// What stands over the details of a row of one of its tables; `None`: the key of the row.
    fn details_title(&self, _table: &str, _key: &str, _shared: &Shared) -> Option<String> {
        None
    }

    /// What a figure is.
    fn explain(&self, _figure: &Figure, _shared: &Shared) -> Option<Explained> {
        None
    }

    /// What it wants to know again the next time.
    fn memory(&self) -> serde_json::Value {
        serde_json::Value::Null
    }

    /// What it knew the last time; what does not fit is passed over.
    fn recall(&mut self, _memory: &serde_json::Value) {}
}

/// The room a pane draws into, from above.
pub struct Page<'a> {
    /// All of it.
    pub area: Rect,
    /// The screen.
    pub buffer: &'a mut Buffer,
    /// What all panes see.
    pub shared: &'a Shared,
    /// Where it drew what.
    pub hits: Hits,
    /// Whether the lines of charts are kept.
    pub(super) keeps: bool,
    /// Lines taken so far.
    y: u16,
}

impl<'a> Page<'a> {
    /// An empty page.
    pub fn new(area: Rect, buffer: &'a mut Buffer, shared: &'a Shared) -> Self {
        Self {
            area: area.intersection(buffer.area),
            buffer,
            shared,
            hits: Hits::default(),
            keeps: false,
            y: 0,
        }
    }

    /// Lines left.
    pub fn left(&self) -> u16 {
        self.area.height.saturating_sub(self.y)
    }

    /// Draws in a part of it.
    pub fn within(&mut self, area: Rect, draw: impl FnOnce(&mut Page<'_>)) {
        let mut part = Page {
            keeps: self.keeps,
            ..Page::new(area.intersection(self.area), self.buffer, self.shared)
        };
        draw(&mut part);
        let hits = part.hits;
        self.join(hits);
    }

    /// Takes over where a part drew what.
    fn join(&mut self, hits: Hits) {
        self.hits.tables.extend(hits.tables);
        self.hits.figures.extend(hits.figures);
        self.hits.buttons.extend(hits.buttons);
        self.hits.chart = self.hits.chart.take().or(hits.chart);
        self.hits.plot = self.hits.plot.take().or(hits.plot);
    }

    /// The next lines, as many as there are.
    pub fn take(&mut self, lines: u16) -> Rect {
        let lines = lines.min(self.left());
        let area = Rect::new(self.area.x, self.area.y + self.y, self.area.width, lines);
        self.y += lines;
        area
    }

    /// The next line, if there is one.
    pub fn line(&mut self) -> Pen<'_> {
        let area = self.take(1);
        Pen::new(self.buffer, area, &self.shared.theme)
    }

    /// A heading over what follows, with words at its right end.
    pub fn rule(&mut self, title: &str, words: &str) {
        self.line().rule(&format!(" {title} "), words);
    }

    /// A line of text.
    pub fn say(&mut self, text: &str, tone: Tone) {
        let width = self.area.width;
        let mut pen = self.line();
        pen.put(" ", Tone::Text);
        pen.put_in(text, width.saturating_sub(1), tone);
    }

    /// A figure that can be explained stands here.
    pub fn figure(&mut self, area: Rect, what: &str, of: &str) {
        let figure = Figure {
            what: what.to_owned(),
            of: of.to_owned(),
        };
        self.hits.figures.push((area, figure));
    }

    /// Draws a table, and notes where. Every cell of it is a figure.
    pub fn table(&mut self, name: &'static str, area: Rect, table: &Table, state: &TableState, focused: bool) {
        let hits = table::render(area, self.buffer, &self.shared.theme, table, state, focused);
        let top = hits.headers.iter().map(|(column, _)| column.y).min().unwrap_or(0);
        for (row, key) in &hits.rows {
            for (column, id) in &hits.headers {
                // The second line of a row is below the first, as the headings are.
                let cell = Rect::new(column.x, row.y + (column.y - top), column.width, 1);
                if cell.y < row.bottom() {
                    self.figure(cell, id, key.as_str());
                }
            }
        }
        self.hits.tables.push((name, hits));
    }

    /// Draws the pane's chart, and notes where.
    pub fn chart(&mut self, area: Rect, chart: &chart::Chart<'_>, scale: chart::Scale) {
        let state = chart::ChartState {
            scale,
            ..self.shared.time
        };
        self.chart_of(area, chart, &state);
    }

    /// As [`Page::chart`], of a time of its own.
    pub fn chart_of(&mut self, area: Rect, chart: &chart::Chart<'_>, state: &chart::ChartState) {
        self.hits.chart = Some(chart.draw(area, self.buffer, state));
        if self.keeps {
            self.hits.plot = Plot::of(chart, state).or(self.hits.plot.take());
        }
    }
}
