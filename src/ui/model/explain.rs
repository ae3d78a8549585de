//! Explanations of figures: which one a key leads to next. Called for keys while one lies over the pane.
//!
//! Figures stand in blocks: a table is one, what stands between tables are others. In a block a row ends where a
//! figure of the same kind comes again: the next row of a table, the next bar. So a walk meets each kind once.

use std::ops::Range;

use super::super::action::Action;
use super::super::key::Key;
use super::super::overlay::Overlay;
use super::super::pane::Hits;
use super::Model;

/// The figures on the screen as they are walked through: the rows of each block, as places in [`Hits::figures`].
struct Walk(Vec<Block>);

/// Figures that stand together.
struct Block {
    /// The table they are of.
    table: Option<&'static str>,
    rows: Vec<Range<usize>>,
}

/// Where a figure is in a [`Walk`].
#[derive(Clone, Copy)]
struct Spot {
    block: usize,
    row: usize,
}

impl Walk {
    fn of(hits: &Hits) -> Self {
        let mut blocks: Vec<Block> = Vec::new();
        for (at, (area, figure)) in hits.figures.iter().enumerate() {
            let table = hits.table_at(area.x, area.y);
            if blocks.last().is_none_or(|block| block.table != table) {
                let rows = Vec::new();
                blocks.push(Block { table, rows });
            }
            let Some(block) = blocks.last_mut() else { continue };
            let kind_is = |place: usize| hits.figures[place].1.what == figure.what;
            match block.rows.last_mut() {
                Some(row) if !row.clone().any(kind_is) => row.end = at + 1,
                _ => block.rows.push(at..at + 1),
            }
        }
        Self(blocks)
    }

    fn spot(&self, at: usize) -> Option<Spot> {
        self.0.iter().enumerate().find_map(|(block, of)| {
            let row = of.rows.iter().position(|row| row.contains(&at))?;
            Some(Spot { block, row })
        })
    }

    /// The blocks from the one after a block on, round to that block itself.
    fn blocks_from(&self, block: usize, step: isize) -> impl Iterator<Item = usize> {
        let count = self.0.len();
        (1..=count).map(move |n| match step < 0 {
            true => (block + count - n) % count,
            false => (block + n) % count,
        })
    }
}

fn turned(mut places: Vec<usize>, step: isize) -> Vec<usize> {
    if step < 0 {
        places.reverse();
    }
    places
}

impl Model {
    /// Explains a figure of the row under the cursor: of the kind that was explained last, if there is one. Without a
    /// cursor the first on the screen.
    pub(super) fn explain_first(&mut self) {
        let walk = Walk::of(&self.hits);
        let focused = self.view().focused();
        let mut order: Vec<usize> = (0..walk.0.len()).collect();
        // The table with the keys first.
        order.sort_by_key(|block| focused.is_none() || walk.0[*block].table != focused);
        for block in order {
            let Some(row) = self.entry(&walk.0[block]) else {
                continue;
            };
            let last = row.clone().find(|at| {
                let kind = self.hits.figures.get(*at).map(|(_, figure)| &figure.what);
                kind.is_some() && kind == self.explained.as_ref()
            });
            if self.explain_one_of(last.into_iter().chain(row)) {
                return;
            }
        }
        self.shared.say("nothing on this screen has an explanation yet");
    }

    pub(super) fn key_explain(&mut self, at: usize, key: Key) {
        let Some(action) = self.meaning_over(key) else { return };
        let scrolls = self.hits.text.scrolls();
        match action {
            Action::Explain => self.explain_on(at, 1),
            Action::Right => self.explain_aside(at, 1),
            Action::Left => self.explain_aside(at, -1),
            Action::NextBlock => self.explain_block(at, 1, 1),
            Action::PreviousBlock => self.explain_block(at, -1, 1),
            Action::NextNode => self.explain_row(at, 1),
            Action::PreviousNode => self.explain_row(at, -1),
            Action::Down if !scrolls => self.explain_row(at, 1),
            Action::Up if !scrolls => self.explain_row(at, -1),
            Action::Back | Action::Quit | Action::Enter | Action::Help => self.overlay = None,
            other => self.scroll_text(other),
        }
    }

    /// What can be gone to from a figure: other rows, other blocks. For the keys that are shown.
    pub(in super::super) fn can_go_from(hits: &Hits, at: usize) -> (bool, bool) {
        let walk = Walk::of(hits);
        let rows = walk.spot(at).is_some_and(|spot| walk.0[spot.block].rows.len() > 1);
        (rows, walk.0.len() > 1)
    }

    /// The row of a block that is explained first: the one under its cursor, if it is seen.
    fn entry(&self, block: &Block) -> Option<Range<usize>> {
        let state = block.table.and_then(|name| self.view().table(name));
        let cursor = state.and_then(|(_, state)| state.selected());
        let under = |row: &&Range<usize>| {
            let figure = self.hits.figures.get(row.start);
            cursor.is_some_and(|key| figure.is_some_and(|(_, figure)| figure.of == key.as_str()))
        };
        let rows = &block.rows;
        rows.iter().find(under).or(rows.first()).cloned()
    }

    /// A figure of each kind in a block, in the order the kinds come: the one in this row, if it has one.
    fn of_each_kind(&self, block: &Block, row: &Range<usize>) -> Vec<usize> {
        let kind = |at: usize| self.hits.figures.get(at).map(|(_, figure)| &figure.what);
        let mut found: Vec<usize> = Vec::new();
        for at in block.rows.iter().cloned().flatten() {
            match found.iter_mut().find(|other| kind(**other) == kind(at)) {
                Some(other) if row.contains(&at) => *other = at,
                Some(_) => {}
                None => found.push(at),
            }
        }
        found
    }

    /// The next kind of figure of the block, then the next block.
    fn explain_on(&mut self, at: usize, step: isize) {
        let walk = Walk::of(&self.hits);
        let Some(spot) = walk.spot(at) else { return };
        let block = &walk.0[spot.block];
        let kinds = turned(self.of_each_kind(block, &block.rows[spot.row]), step);
        let here = |place: &usize| self.hits.figures[*place].1.what == self.hits.figures[at].1.what;
        let rest: Vec<usize> = kinds.iter().copied().skip_while(|place| !here(place)).skip(1).collect();
        if !self.explain_one_of(rest) {
            self.explain_block(at, step, step);
        }
    }

    /// The neighbour in the same line of the screen; without one as [`Model::explain_on`].
    fn explain_aside(&mut self, at: usize, step: isize) {
        let walk = Walk::of(&self.hits);
        let (Some(spot), Some((area, _))) = (walk.spot(at), self.hits.figures.get(at)) else {
            return;
        };
        let place = |at: usize| self.hits.figures[at].0;
        let all = walk.0[spot.block].rows.iter().cloned().flatten();
        let beside = |at: &usize| match step < 0 {
            true => place(*at).y == area.y && place(*at).x < area.x,
            false => place(*at).y == area.y && place(*at).x > area.x,
        };
        let mut beside: Vec<usize> = all.filter(beside).collect();
        beside.sort_by_key(|at| place(*at).x.abs_diff(area.x));
        if !self.explain_one_of(beside) {
            self.explain_on(at, step);
        }
    }

    /// The next block with something to explain, at the row under its cursor, from its begin or its end.
    fn explain_block(&mut self, at: usize, step: isize, along: isize) {
        let walk = Walk::of(&self.hits);
        let Some(spot) = walk.spot(at) else { return };
        for block in walk.blocks_from(spot.block, step) {
            let block = &walk.0[block];
            if let Some(row) = self.entry(block)
                && self.explain_one_of(turned(self.of_each_kind(block, &row), along))
            {
                return;
            }
        }
    }

    /// The same figure of the next row of the block.
    fn explain_row(&mut self, at: usize, step: isize) {
        let walk = Walk::of(&self.hits);
        let (Some(spot), Some((_, figure))) = (walk.spot(at), self.hits.figures.get(at)) else {
            return;
        };
        let rows = &walk.0[spot.block].rows;
        let others = match step < 0 {
            true => rows[..spot.row].iter().rev().cloned().collect::<Vec<_>>(),
            false => rows[spot.row + 1..].to_vec(),
        };
        let same = |at: &usize| self.hits.figures[*at].1.what == figure.what;
        let same: Vec<usize> = others.into_iter().flatten().filter(same).collect();
        self.explain_one_of(same);
    }

    /// Explains the first of these figures that says something else than what is said now.
    fn explain_one_of(&mut self, places: impl IntoIterator<Item = usize>) -> bool {
        let told = |at: usize| {
            let (_, figure) = self.hits.figures.get(at)?;
            self.view().explain(figure, &self.shared)
        };
        // Several figures may have one explanation.
        let now = match &self.overlay {
            Some(Overlay::Explain(at, ..)) => told(*at),
            _ => None,
        };
        let found = places
            .into_iter()
            .find_map(|at| Some((at, told(at)?)).filter(|(_, new)| now.as_ref() != Some(new)));
        let Some((at, explained)) = found else { return false };
        self.explained = self.hits.figures.get(at).map(|(_, figure)| figure.what.clone());
        self.overlay = Some(Overlay::Explain(at, explained, 0));
        true
    }

    /// What is explained is told as it is now, wherever it stands in what is to be the newest picture.
    pub(super) fn explain_anew(&mut self, hits: &Hits) {
        let Some(Overlay::Explain(at, _, first)) = &self.overlay else {
            return;
        };
        let (at, first) = (*at, *first);
        let Some((_, figure)) = self.hits.figures.get(at) else {
            return;
        };
        let same = hits
            .figures
            .iter()
            .enumerate()
            .filter(|(_, (_, other))| other == figure);
        let Some((at, _)) = same.min_by_key(|(place, _)| place.abs_diff(at)) else {
            return;
        };
        if let Some(explained) = self.view().explain(figure, &self.shared) {
            self.overlay = Some(Overlay::Explain(at, explained, first));
        }
    }
}
