//! Financials: what is earned, kept back and paid. The pane's state; what it shows is made in the modules beside it
//! when answers come.

mod act;
mod asks;
mod bars;
mod book;
mod cash;
mod costs;
mod earned;
mod explain;
mod explain_rows;
mod layout;
mod lines;
mod lists;
mod months;
mod open;
mod round;
mod sums;
mod words;
mod yields;

use self::asks::Scope;
use self::bars::Bar;
use self::book::Book;
use self::earned::By;
use self::lines::{Lines, Picture};
use super::action::Action;
use super::ask::Wants;
use super::explain::Explained;
use super::pane::{Effect, Figure, Page, View};
use super::shared::Shared;
use super::slot::Slot;
use super::table::{RowKey, Table, TableState};
use crate::api::snapshot::Topic;
use crate::domain::money::Month;

/// What a table is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Block {
    Satellites,
    Nodes,
    Months,
    /// Of a month that is open.
    Stubs,
    Receipts,
    /// Of the page of yields.
    Yields,
    Held,
}

impl Block {
    const ALL: [Self; 7] = [
        Self::Satellites,
        Self::Nodes,
        Self::Months,
        Self::Stubs,
        Self::Receipts,
        Self::Yields,
        Self::Held,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Satellites => "satellites",
            Self::Nodes => "nodes",
            Self::Months => "months",
            Self::Stubs => "stubs",
            Self::Receipts => "receipts",
            Self::Yields => "yields",
            Self::Held => "held",
        }
    }
}

/// What is shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Sheet {
    /// The month that is told in full, and all months.
    #[default]
    Month,
    /// What was settled of one month.
    Open(Month),
    /// Yields, costs, held amounts.
    Yields,
}

/// The pane.
pub struct Financials {
    slots: [Slot; 7],
    sheet: Sheet,
    /// The block with the keys, of each sheet.
    on_months: bool,
    on_second: bool,
    by: By,
    scope: Scope,
    picture: Picture,
    /// Whether the picture was drawn: where it has no room, its key asks for it.
    saw_picture: bool,
    /// Bars and lines both were.
    saw_both: bool,
    /// It takes the room of the tables.
    unfolded: bool,
    book: Book,
    bars: Vec<Bar>,
    lines: Lines,
    /// What all that was made from, and the node it is of.
    stamp: String,
    of_node: Option<String>,
    /// The month the cursor of the months was put on.
    pointed: Option<Month>,
    waits: bool,
    wrong: Option<String>,
}

impl Default for Financials {
    fn default() -> Self {
        Self {
            slots: Default::default(),
            sheet: Sheet::default(),
            on_months: false,
            on_second: false,
            by: By::default(),
            scope: Scope::default(),
            picture: Picture::default(),
            saw_picture: false,
            saw_both: false,
            unfolded: false,
            book: Book::default(),
            bars: Vec::new(),
            lines: Lines::default(),
            stamp: String::new(),
            of_node: None,
            pointed: None,
            waits: true,
            wrong: None,
        }
    }
}

impl View for Financials {
    fn wants(&self, shared: &Shared) -> Wants {
        Wants {
            topics: vec![Topic::Status],
            asks: vec![asks::ask(self.scope, shared)],
            ..Wants::default()
        }
    }

    fn refresh(&mut self, shared: &Shared) {
        let stamp = self.stamp_of(shared);
        if stamp != self.stamp {
            self.stamp = stamp;
            self.take(shared);
        }
        self.lines.state.cursor = shared.time.cursor;
        self.lines.state.log = shared.time.log;
    }

    fn currency(&self) -> Option<&crate::api::money::Currency> {
        Some(self.book.cash.currency())
    }

    fn draw(&self, page: &mut Page<'_>) {
        self.sheet(page);
    }

    fn takes(&self, action: Action) -> bool {
        matches!(action, Action::Earlier | Action::Later | Action::Range)
    }

    fn can(&self, action: Action, shared: &Shared) -> bool {
        self.can_act(action, shared)
    }

    fn act(&mut self, action: Action, shared: &mut Shared) -> Vec<Effect> {
        self.do_act(action, shared)
    }

    fn picked(&mut self, id: &'static str, key: &str, _shared: &mut Shared) -> Vec<Effect> {
        costs::picked(id, key)
    }

    fn focused(&self) -> Option<&'static str> {
        Some(self.focus_now().name())
    }

    fn focus(&mut self, table: &'static str) {
        match Block::ALL.into_iter().find(|block| block.name() == table) {
            Some(Block::Satellites | Block::Nodes) => self.on_months = false,
            Some(Block::Months) => self.on_months = true,
            Some(Block::Stubs | Block::Yields) => self.on_second = false,
            Some(Block::Receipts | Block::Held) => self.on_second = true,
            None => {}
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

    fn saw(&mut self, hits: &super::pane::Hits) {
        let bars = hits.figures.iter().any(|(_, figure)| figure.what == "bar");
        self.saw_picture = hits.chart.is_some() || bars;
        self.saw_both = hits.chart.is_some() && bars;
        for (name, hits) in &hits.tables {
            if let Some((_, state)) = self.table_mut(name) {
                state.saw(hits);
            }
        }
    }

    fn explain(&self, figure: &Figure, shared: &Shared) -> Option<Explained> {
        self.explained(figure, shared)
    }

    fn memory(&self) -> serde_json::Value {
        let tables = Block::ALL.map(|block| (block.name().to_owned(), self.slot(block).memory()));
        serde_json::json!({
            "picture": self.picture.name(),
            "all_years": self.scope.all,
            "by_node": self.by == By::Node,
            "tables": serde_json::Map::from_iter(tables),
        })
    }

    fn recall(&mut self, memory: &serde_json::Value) {
        self.picture = Picture::of(memory["picture"].as_str().unwrap_or_default());
        self.scope.all = memory["all_years"].as_bool().unwrap_or_default();
        if memory["by_node"].as_bool().unwrap_or_default() {
            self.by = By::Node;
        }
        for block in Block::ALL {
            self.slots[block as usize].recall(&memory["tables"][block.name()]);
        }
    }
}

impl Financials {
    fn slot(&self, block: Block) -> &Slot {
        &self.slots[block as usize]
    }

    /// Of one node alone its satellites are told: it would be a row.
    fn by_now(&self) -> By {
        match self.of_node {
            Some(_) => By::Satellite,
            None => self.by,
        }
    }

    /// The table of the month.
    fn month_block(&self) -> Block {
        match self.by_now() {
            By::Satellite => Block::Satellites,
            By::Node => Block::Nodes,
        }
    }

    fn focus_now(&self) -> Block {
        match (self.sheet, self.on_months, self.on_second) {
            (Sheet::Month, false, _) => self.month_block(),
            (Sheet::Month, true, _) => Block::Months,
            (Sheet::Open(_), _, false) => Block::Stubs,
            (Sheet::Open(_), _, true) => Block::Receipts,
            (Sheet::Yields, _, false) => Block::Yields,
            (Sheet::Yields, _, true) => Block::Held,
        }
    }

    fn stamp_of(&self, shared: &Shared) -> String {
        format!(
            "{}\t{:?}{:?}{:?}{:?}{:?}",
            asks::stamp(self.scope, shared),
            shared.satellite,
            self.by,
            self.sheet,
            self.picture,
            shared.theme.glyphs.unicode,
        )
    }

    /// Makes all that is shown anew.
    fn take(&mut self, shared: &Shared) {
        let told = asks::told(self.scope, shared);
        self.waits = told.is_none();
        // Until the answer about another month or moment is there, what was shown stays, with its month over it.
        let same = self.of_node == shared.node && !self.book.nodes.is_empty();
        if self.waits && same {
            return;
        }
        self.of_node = shared.node.clone();
        self.wrong = told.and_then(Result::err).map(str::to_owned);
        self.book = match told {
            Some(Ok(nodes)) => Book::of(nodes),
            _ => Book::default(),
        };
        let empty = match (&self.wrong, self.waits) {
            (Some(_), _) => shared.again(),
            (None, true) => "reading …",
            (None, false) => "",
        };
        let book = std::mem::take(&mut self.book);
        for block in Block::ALL {
            let table = match (empty, block, self.sheet) {
                ("", Block::Satellites, _) => earned::table(&book, By::Satellite, shared),
                ("", Block::Nodes, _) => earned::table(&book, By::Node, shared),
                ("", Block::Months, _) => months::table(&book, self.scope.all, shared),
                ("", Block::Stubs, Sheet::Open(month)) => open::stubs(&book, month, shared),
                ("", Block::Receipts, Sheet::Open(month)) => open::receipts(&book, month),
                ("", Block::Yields, _) => yields::table(&book),
                ("", Block::Held, _) => yields::held(&book, shared),
                _ => Table::new(Vec::new(), Vec::new()).empty(empty).one_line(),
            };
            self.put(block, table);
        }
        self.bars = bars::of(&book, self.scope.all);
        self.lines.take(&book, self.picture, shared);
        self.book = book;
        if self.pointed != self.scope.month && !self.waits {
            self.pointed = self.scope.month;
            let month = self.scope.month.unwrap_or(asks::running(shared)).to_string();
            self.slots[Block::Months as usize].state.select(&RowKey::from(month));
        }
    }

    fn put(&mut self, block: Block, table: Table) {
        self.slots[block as usize].put(table);
    }
}
