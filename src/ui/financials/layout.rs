//! How the page is divided, and what is drawn where.

use ratatui::layout::Rect;

use super::lists::{NARROW, coming, divide, flow, is_small, list, ordered, unknown};
use super::words::{self, Said};
use super::{Block, Financials, Sheet, bars, cash, earned, lines::Picture, months, open};
use crate::domain::money::Month;
use crate::ui::chart::Chart;
use crate::ui::look::Tone;
use crate::ui::pane::Page;
use crate::ui::pen::Pen;
use crate::ui::shared::Collector;
use crate::ui::table::HitMap;
use crate::ui::text::{self, wrap};

/// From this width on things stand beside each other; from the second, three of them.
const WIDE: u16 = 110;
const WIDEST: u16 = 170;

/// So many lines of the month's table come before anything else.
const ROWS: u16 = 10;
/// A chart that can be read needs so many lines, its heading included.
const CHART_LEAST: u16 = 9;

/// Lines of each block, headings included; 0: not drawn.
#[derive(Debug, Default, PartialEq, Eq)]
struct Plan {
    table: u16,
    picture: u16,
    months: u16,
}

impl Plan {
    /// Shares out lines: of each block the least, then rows until all are there, then the picture grows. `least` is
    /// what the picture needs: lines that were asked for go before months.
    fn of(height: u16, table: u16, months: u16, least: u16) -> Self {
        let mut left = height;
        let mut give = |wanted: u16| {
            let given = wanted.min(left);
            left -= given;
            given
        };
        let table_first = give(table.min(ROWS));
        let rest = height - table_first;
        let months_first = match rest.saturating_sub(least) {
            spare @ 0..=2 if least > bars::LEAST && rest >= least => spare / 3,
            3 => 3,
            _ => 4,
        };
        let mut plan = Self {
            table: table_first,
            months: give(months.min(months_first)),
            picture: 0,
        };
        // Half a picture is none.
        if rest - plan.months >= least {
            plan.picture = give(least);
        }
        plan.table += give(table - plan.table);
        if plan.months > 0 || plan.picture == 0 {
            plan.months += give(months.min(8).saturating_sub(plan.months));
        }
        let drawn = plan.picture > 0;
        plan.picture += if drawn {
            give((bars::MOST - 4).saturating_sub(least))
        } else {
            0
        };
        if plan.months > 0 {
            plan.months += give(months - plan.months);
        }
        plan.picture += if drawn { give(bars::MOST) } else { 0 };
        plan
    }
}

impl Financials {
    pub(super) fn sheet(&self, page: &mut Page<'_>) {
        if self.nothing(page) {
            return self.all_have_their_turn(page);
        }
        match self.sheet {
            Sheet::Month => self.month(page),
            Sheet::Open(month) => self.opened(page, month),
            Sheet::Yields => self.yields(page),
        }
        self.all_have_their_turn(page);
    }

    /// A table that has no room has its turn, too.
    fn all_have_their_turn(&self, page: &mut Page<'_>) {
        let blocks = match self.sheet {
            Sheet::Month => [self.month_block(), Block::Months],
            Sheet::Open(_) => [Block::Stubs, Block::Receipts],
            Sheet::Yields => [Block::Yields, Block::Held],
        };
        for block in blocks {
            if page.hits.table(block.name()).is_none() {
                page.hits.tables.push((block.name(), HitMap::default()));
            }
        }
        page.hits.tables.sort_by_key(|(name, _)| *name != blocks[0].name());
    }

    /// Why there is nothing to see, and what to do. False: there is.
    fn nothing(&self, page: &mut Page<'_>) -> bool {
        let glyphs = page.shared.theme.glyphs;
        if !self.book.nodes.is_empty() && !self.book.is_empty() {
            return false;
        }
        page.rule("MONEY", "");
        if let Some(wrong) = &self.wrong {
            page.say(&format!("{} {wrong}", glyphs.warning), Tone::Warn);
            page.say(page.shared.again(), Tone::Muted);
            return true;
        }
        let collector = &page.shared.collector;
        let text = match (self.waits, collector, page.shared.told_ms()) {
            (true, Collector::Lost(_), _) => "nobody can be asked: the collector is gone",
            (true, _, 0) => "asking the collector …",
            (true, ..) => "reading what is earned …",
            (false, ..) if self.book.nodes.is_empty() => {
                "No node is configured, and none was found on this host: `storj-monitor doctor` says why."
            }
            (false, ..) => "",
        };
        if !text.is_empty() {
            page.say(text, Tone::Muted);
            return true;
        }
        unknown(page, &self.book);
        true
    }

    fn month(&self, page: &mut Page<'_>) {
        let (width, height) = (page.area.width, page.area.height);
        let small = is_small(page.area);
        self.answer(page, small);
        let notes = match (small, height) {
            // What is grave is seen there, too: it goes before figures.
            (true, _) => u16::from(height > 10 || self.is_grave(page)),
            (_, ..=24) => 1,
            (_, ..=40) => 3,
            _ => 5,
        };
        self.notes(page, notes);
        if self.unfolded {
            return self.picture(page, page.left());
        }
        if small {
            let block = self.focus_now();
            return self.table_block(page, block, page.left(), false);
        }
        let rows = |block: Block| {
            let slot = self.slot(block);
            let rows = slot.state.len().clamp(1, 1000) as u16;
            rows + 2 + if slot.table.has_foot() { 2 } else { 0 }
        };
        let block = self.month_block();
        let least = match self.picture {
            Picture::Bars => bars::LEAST,
            _ if width >= WIDE => bars::LEAST,
            _ => CHART_LEAST,
        };
        let plan = Plan::of(page.left(), rows(block), rows(Block::Months), least);
        self.table_block(page, block, plan.table, true);
        self.picture(page, plan.picture);
        self.table_block(page, Block::Months, plan.months, true);
    }

    /// The answer: in columns where there is room, else one after the other.
    fn answer(&self, page: &mut Page<'_>, small: bool) {
        let (width, height) = (page.area.width, page.area.height);
        let book = &self.book;
        let month = book
            .month()
            .map_or(String::new(), |month| cash::month(month).to_uppercase());
        let title = match small {
            true => format!("{month}, NET"),
            false => format!("{month} (UTC), NET {}", book.cash.symbol()),
        };
        // One satellite is looked at in the table alone.
        let all = page.shared.satellite.is_some();
        let title = if all { format!("{title}, ALL SATELLITES") } else { title };
        let age = match self.waits {
            true => "reading …".to_owned(),
            false => words::age(book, small, page.shared),
        };
        let told = words::month(book, page.shared);
        if width < WIDE || height < 24 {
            page.rule(&title, &age);
            let most = if small {
                let note = u16::from(self.is_grave(page));
                height.saturating_sub(7 + note).clamp(1, 4)
            } else {
                3 + u16::from(height > 24)
            };
            return flow(page, &ordered(told, book), most);
        }
        let yields = words::yields(book);
        let held: Vec<(String, String)> = coming(book);
        let third = width >= WIDEST && !held.is_empty();
        let lines = told.len().max(yields.len()) as u16;
        let area = page.take((lines + 1).min(page.left()));
        let parts: u16 = if third { 3 } else { 2 };
        let each = area.width / parts;
        let column = |n: u16| Rect {
            x: area.x + n * each,
            width: if n + 1 == parts {
                area.width - n * each
            } else {
                each - 1
            },
            ..area
        };
        divide(page, area, parts, each);
        let blocks = [
            (title, age, &told),
            ("YIELD A MONTH, AND COSTS".to_owned(), "$: more".to_owned(), &yields),
        ];
        for (n, (title, words, lines)) in blocks.into_iter().enumerate() {
            page.within(column(n as u16), |part| {
                part.rule(&title, &words);
                list(part, lines);
            });
        }
        if third {
            page.within(column(2), |part| {
                part.rule("COMES BACK", "");
                for (when, what) in held.iter().take(usize::from(lines)) {
                    let mut pen = part.line();
                    pen.put(&format!(" {when:<10}"), Tone::Muted);
                    let room = pen.left();
                    pen.put_in(what, room, Tone::Text);
                }
            });
        }
    }

    /// Whether a note is more than worth knowing.
    fn is_grave(&self, page: &Page<'_>) -> bool {
        let mut tones = self
            .book
            .notes
            .iter()
            .map(|note| words::weight(note.kind, page.shared).1);
        tones.any(|tone| matches!(tone, Tone::Bad | Tone::Warn))
    }

    /// What one should know.
    fn notes(&self, page: &mut Page<'_>, most: u16) {
        let shown = usize::from(most.min(page.left()));
        let width = usize::from(page.area.width.saturating_sub(4));
        for (n, known) in self.book.notes.iter().take(shown).enumerate() {
            let (glyph, tone) = words::weight(known.kind, page.shared);
            let mut text = words::note(known, &self.book);
            let more = self.book.notes.len() - shown.min(self.book.notes.len());
            if n + 1 == shown && more > 0 {
                let glyphs = page.shared.theme.glyphs;
                let behind = if is_small(page.area) || width < 60 {
                    format!(" (+{more})")
                } else {
                    format!(" (+{more} more)")
                };
                let room = width.saturating_sub(text::width(&behind));
                text = format!("{}{behind}", text::fit(&text, room.min(text::width(&text)), &glyphs));
            }
            let area = page.take(1);
            let mut pen = Pen::new(page.buffer, area, &page.shared.theme);
            pen.put(&format!(" {glyph} "), tone);
            pen.put_in(&text, width as u16, Tone::Text);
            page.figure(area, "note", &n.to_string());
        }
    }

    fn table_block(&self, page: &mut Page<'_>, block: Block, lines: u16, heading: bool) {
        if lines == 0 {
            return;
        }
        if heading {
            let (title, words) = self.heading(block, page);
            page.rule(&title, &words);
        }
        let area = page.take(lines.saturating_sub(u16::from(heading)));
        let slot = self.slot(block);
        page.table(block.name(), area, &slot.table, &slot.state, self.focus_now() == block);
    }

    fn heading(&self, block: Block, page: &Page<'_>) -> (String, String) {
        let book = &self.book;
        let symbol = book.cash.symbol();
        let many = book.nodes.len() > 1;
        let satellite = page.shared.satellite.as_deref();
        let only = satellite.map_or(String::new(), |id| format!(", {} ONLY", page.shared.satellite_name(id)));
        let so_far = if book.is_past() { "" } else { ", SO FAR" };
        match block {
            Block::Satellites | Block::Nodes => {
                let mut words = Vec::new();
                if many {
                    words.push(format!("v: by {}", self.by.turned().word()));
                }
                words.push(earned::price_words(book));
                words.retain(|words| !words.is_empty());
                let title = format!("BY {}{so_far}{only}", self.by_now().word().to_uppercase());
                (title, words.join(" · "))
            }
            Block::Months => {
                let all = if self.scope.all { "t: 12 months" } else { "t: all years" };
                let mut words = vec![all.to_owned()];
                words.extend(months::sums(book));
                (format!("ESTIMATED, SETTLED, SENT, {symbol}"), words.join(" · "))
            }
            _ => (String::new(), String::new()),
        }
    }

    /// Months as bars, or the month as lines; both where there is room.
    fn picture(&self, page: &mut Page<'_>, lines: u16) {
        if lines < bars::LEAST {
            return;
        }
        let area = page.take(lines);
        if area.width < WIDE {
            return page.within(area, |part| match self.picture {
                Picture::Bars => self.bars(part),
                _ => self.lines(part),
            });
        }
        let left = Rect {
            width: area.width / 2 - 1,
            ..area
        };
        let right = Rect {
            x: area.x + area.width / 2,
            width: area.width - area.width / 2,
            ..area
        };
        page.within(left, |part| self.bars(part));
        divide(page, area, 2, area.width / 2);
        page.within(right, |part| self.lines(part));
    }

    fn bars(&self, page: &mut Page<'_>) {
        let title = match self.scope.all {
            true => format!("YEARS, GROSS {}", self.book.cash.symbol()),
            false => {
                let count = self.bars.len();
                let plural = if count == 1 { "" } else { "S" };
                format!("{count} MONTH{plural}, GROSS {}", self.book.cash.symbol())
            }
        };
        let glyphs = page.shared.theme.glyphs;
        page.rule(&title, &bars::legend(&self.bars, &glyphs));
        let area = page.take(page.left());
        if self.bars.is_empty() {
            let mut pen = Pen::new(page.buffer, area, &page.shared.theme);
            return pen.put(" no month is known yet", Tone::Muted);
        }
        bars::draw(page, area, &self.bars, &self.book);
    }

    fn lines(&self, page: &mut Page<'_>) {
        let picture = self.picture.line();
        page.rule(&picture.name().to_uppercase(), &self.lines.words);
        let area = page.take(page.left());
        if self.lines.is_empty() {
            let text = match picture {
                Picture::Cumulative if self.book.is_past() => " nobody told what its days earned: nothing was drawn",
                Picture::Cumulative => " no day of this month is known yet",
                _ => " no estimate was kept yet: one an hour is, from the first answer on",
            };
            let mut pen = Pen::new(page.buffer, area, &page.shared.theme);
            return pen.put_in(text, area.width, Tone::Muted);
        }
        let zone = jiff::tz::TimeZone::UTC;
        let end = self.lines.state.end.unwrap_or_default();
        let chart = Chart {
            series: &self.lines.series,
            marks: &[],
            spans: &[],
            levels: &self.lines.levels,
            unit: self.book.cash.symbol(),
            now: end,
            zone: &zone,
            theme: &page.shared.theme,
            resolution: None,
        };
        page.chart_of(area, &chart, &self.lines.state);
    }

    fn opened(&self, page: &mut Page<'_>, month: Month) {
        let (mut title, state) = open::heading(&self.book, month, page.shared);
        if is_small(page.area) {
            let symbol = self.book.cash.symbol();
            title = format!("{}, SETTLED, {symbol}", cash::short_month(month).to_uppercase());
        }
        page.rule(&title, &format!("{state} · Esc: back"));
        if is_small(page.area) {
            let block = self.focus_now();
            let slot = self.slot(block);
            let area = page.take(page.left());
            return page.table(block.name(), area, &slot.table, &slot.state, true);
        }
        let said = open::words(&self.book, month);
        let width = usize::from(page.area.width.saturating_sub(2));
        let glyphs = page.shared.theme.glyphs;
        let said: Vec<(String, Tone)> = said
            .into_iter()
            .flat_map(|(text, tone)| wrap(&text, width, &glyphs).into_iter().map(move |line| (line, tone)))
            .collect();
        let said = &said[..said.len().min(usize::from(page.left() / 3))];
        let slot = self.slot(Block::Stubs);
        let wish = slot.state.len().clamp(1, 1000) as u16 + 1 + if slot.table.has_foot() { 2 } else { 0 };
        let receipts = self.slot(Block::Receipts).state.len().clamp(1, 1000) as u16 + 2;
        let room = page.left().saturating_sub(said.len() as u16);
        let stubs = wish.min(room.saturating_sub(receipts.min(room / 3)));
        let area = page.take(stubs);
        page.table(Block::Stubs.name(), area, &slot.table, &slot.state, !self.on_second);
        for (line, tone) in said {
            page.say(line, *tone);
        }
        if page.left() >= 3 {
            page.rule("RECEIPTS", "y copies the row with its link");
            let slot = self.slot(Block::Receipts);
            let area = page.take(page.left());
            page.table(Block::Receipts.name(), area, &slot.table, &slot.state, self.on_second);
        }
    }

    fn yields(&self, page: &mut Page<'_>) {
        let book = &self.book;
        page.rule("YIELD AND COSTS, NET", "a paid month has 720 h · Esc: back");
        let lines = words::yields(book);
        let room = page.left() / 3;
        match page.area.width >= NARROW && page.area.height > 24 {
            true => list(page, &lines[..lines.len().min(usize::from(room))]),
            false => {
                let shown: Vec<Said> = lines.into_iter().filter(|said| !said.value.is_empty()).collect();
                flow(page, &shown, room.min(3));
            }
        }
        if is_small(page.area) {
            let block = self.focus_now();
            let slot = self.slot(block);
            let area = page.take(page.left());
            return page.table(block.name(), area, &slot.table, &slot.state, true);
        }
        let slot = self.slot(Block::Yields);
        let held = self.slot(Block::Held);
        let foot = |table: &crate::ui::table::Table| if table.has_foot() { 2 } else { 0 };
        let wish = slot.state.len().clamp(1, 1000) as u16 + 1 + foot(&slot.table);
        let held_wish = held.state.len().clamp(1, 1000) as u16 + 2 + foot(&held.table);
        let given = wish.min(page.left().saturating_sub(held_wish.min(page.left() / 2)));
        let area = page.take(given);
        page.table(Block::Yields.name(), area, &slot.table, &slot.state, !self.on_second);
        if page.left() >= 3 {
            let words = format!(
                "{} left · {} only at a graceful exit",
                book.cash.text(book.held.left),
                book.cash.text(book.held.at_exit)
            );
            page.rule(&format!("HELD BACK, {}", book.cash.symbol()), &words);
            let area = page.take(page.left());
            page.table(Block::Held.name(), area, &held.table, &held.state, self.on_second);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_shared_out_and_none_is_lost() {
        for height in 0..60 {
            for table in [4, 7, 104] {
                for months in [3, 16, 60] {
                    for least in [bars::LEAST, CHART_LEAST] {
                        let plan = Plan::of(height, table, months, least);
                        let sum = plan.table + plan.months + plan.picture;
                        assert!(sum <= height, "{height} {table} {months}: {plan:?}");
                        assert!(plan.picture == 0 || plan.picture >= least, "{plan:?}");
                        assert!(
                            plan.months == 0 || plan.months >= 3 || height < 14,
                            "{height}: {plan:?}"
                        );
                    }
                }
            }
        }
        // What a usual terminal shows: all three; with the lines, no months.
        let plan = |least| {
            let plan = Plan::of(17, 7, 14, least);
            [plan.table, plan.picture, plan.months]
        };
        assert_eq!((plan(bars::LEAST), plan(CHART_LEAST)), ([7, 6, 4], [7, 10, 0]));
    }
}
