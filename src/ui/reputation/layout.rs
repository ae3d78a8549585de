//! What stands where: the answer first, then the table that proves it, the failed audits, where nodes were away, and
//! the scores over time, as far as there is room. A table that has the keys is always there.

use ratatui::layout::Rect;

use super::entry::{Entry, Grade};
use super::waiting::{self, Waiting};
use super::words::{self, Said};
use super::{FAILURES, Reputation, SCORES};
use crate::ui::chart::Chart;
use crate::ui::look::{Glyphs, Tone};
use crate::ui::model::Collector;
use crate::ui::number;
use crate::ui::pane::Page;
use crate::ui::room::stack;
use crate::ui::shared::Shared;
use crate::ui::table::HitMap;
use crate::ui::text;

/// Narrower or lower than this is a phone.
const NARROW: u16 = 60;
const LOW: u16 = 14;
/// From this size on there are two columns.
const COLUMNS_FROM: (u16, u16) = (170, 30);
/// Fewer lines show no chart, and more than that help nobody.
const CHART: (u16, u16) = (7, 16);

/// Something in its place, from above.
#[derive(Clone, Copy)]
enum Item {
    Scores,
    Failures,
    Strips,
    Chart,
}

/// How many lines it needs, would like, and can use; and how much it matters: the least goes first.
struct Want {
    item: Item,
    lines: [u16; 3],
    rank: u8,
}

impl Reputation {
    pub(super) fn blocks(&self, page: &mut Page<'_>) {
        let area = page.area;
        let small = area.width < NARROW || area.height < LOW;
        let most = match (small, area.height) {
            (true, _) => 2,
            (_, ..=24) => 4,
            (_, ..=45) => 6,
            _ => 8,
        };
        match self.chosen().filter(|_| self.alone) {
            Some(entry) => self.one(page, entry, most),
            None => self.answer(page, most),
        }
        let body = page.take(page.left());
        if small {
            let item = match (self.focus, self.alone) {
                _ if self.unfolded => Item::Chart,
                (FAILURES, _) => Item::Failures,
                (_, true) => Item::Strips,
                _ => Item::Scores,
            };
            self.place(page, body, &[want(item, [1, body.height, body.height], 0)]);
        } else if body.width >= COLUMNS_FROM.0 && body.height >= COLUMNS_FROM.1 && !self.alone {
            let left = Rect {
                width: body.width * 6 / 10,
                ..body
            };
            let right = Rect {
                x: left.right() + 1,
                width: body.width - left.width - 1,
                ..body
            };
            self.place(page, left, &[self.scores_want(left), self.failures_want()]);
            self.place(page, right, &[self.chart_want(right), self.strips_want(right)]);
        } else {
            self.place(page, body, &self.one_column(body));
        }
        note_hidden(page);
    }

    fn one_column(&self, body: Rect) -> Vec<Want> {
        let mut wants = vec![self.chart_want(body), self.strips_want(body), self.failures_want()];
        if !self.alone {
            wants.insert(0, self.scores_want(body));
        }
        wants
    }

    fn scores_want(&self, body: Rect) -> Want {
        let rows = lines(self.scores.state.len());
        let wish = rows.min((body.height * 2 / 5).max(5));
        want(Item::Scores, [rows.min(5), wish, rows], 0)
    }

    fn failures_want(&self) -> Want {
        match (self.failures.state.len(), self.focus) {
            (0, SCORES) => {
                let late = self.waiting.as_ref().is_some_and(Waiting::is_late);
                want(Item::Failures, if late { [1, 2, 2] } else { [1; 3] }, 2)
            }
            (count, focus) => {
                let rank = if focus == FAILURES { 0 } else { 1 };
                let more = u16::from(self.waiting.is_some());
                want(
                    Item::Failures,
                    [lines(count).min(4), (lines(count) + more).min(6), lines(count) + more],
                    rank,
                )
            }
        }
    }

    fn strips_want(&self, body: Rect) -> Want {
        let rows = self.strip_count() + 2;
        let wish = rows.min((body.height / 4).max(4));
        // Before the answer came there is nothing to show.
        let least = if self.has_strips() {
            rows.min(4)
        } else {
            body.height + 1
        };
        want(Item::Strips, [least, wish, rows], 3)
    }

    fn chart_want(&self, body: Rect) -> Want {
        let wish = (body.height / 3).clamp(CHART.0, CHART.1);
        let most = if self.alone || body.width < COLUMNS_FROM.0 {
            body.height
        } else {
            wish
        };
        let rank = if self.alone || self.unfolded { 0 } else { 4 };
        match self.entries.is_empty() {
            true => want(Item::Chart, [body.height + 1; 3], rank),
            false => want(Item::Chart, [CHART.0, wish, most], rank),
        }
    }

    fn place(&self, page: &mut Page<'_>, area: Rect, wants: &[Want]) {
        let need = |want: &Want| (want.lines, want.rank);
        stack(page, area, wants, need, |part, want| match want.item {
            Item::Scores => self.scores(part),
            Item::Failures => self.failed(part),
            Item::Strips => self.downtime(part),
            Item::Chart => self.chart(part),
        });
    }

    /// The answer in words: the worst first, as many as there is room for.
    fn answer(&self, page: &mut Page<'_>, most: u16) {
        let title = match &page.shared.node {
            Some(node) => node.clone(),
            None => "WHO IS CLOSEST TO TROUBLE".to_owned(),
        };
        page.rule(&title, &self.source_words(page));
        if let Some(wrong) = &self.wrong {
            page.say(&format!("{} {wrong}", page.shared.theme.glyphs.warning), Tone::Warn);
        }
        if self.said.is_empty() {
            let lost = matches!(page.shared.collector, Collector::Lost(_));
            let text = match page.shared.told_ms() {
                _ if lost => "nobody can be asked: the collector is gone",
                0 => "asking the collector …",
                _ => "No satellite has rated a node yet, as far as is known.",
            };
            return page.say(text, Tone::Muted);
        }
        let mut left = most;
        for (n, said) in self.said.iter().enumerate() {
            let waiting = self.said.len() - n - 1;
            if left == 0 {
                break;
            }
            if left == 1 && waiting > 0 {
                let text = format!("{} more below", waiting + 1);
                page.say(&format!("  … {text}"), Tone::Muted);
                break;
            }
            // All troubles have a line before one has more.
            let room = left.saturating_sub(waiting.min(usize::from(left)) as u16).max(1);
            left -= say(page, said, room);
        }
    }

    /// One satellite of one node alone.
    fn one(&self, page: &mut Page<'_>, entry: &Entry, most: u16) {
        let title = format!("{} ON {}", entry.node, entry.name);
        page.rule(&title, &self.source_words(page));
        let said = words::trouble(entry, page.shared);
        say(page, &said, most);
    }

    /// How old what was told is.
    fn source_words(&self, page: &Page<'_>) -> String {
        let shared = page.shared;
        let lost = matches!(shared.collector, Collector::Lost(_));
        if self.waits && !lost && !self.entries.is_empty() {
            return "reading the windows of audits …".to_owned();
        }
        let told = self
            .entries
            .iter()
            .filter_map(|entry| crate::api::status::ms(Some(&entry.satellite.as_of)));
        let Some(oldest) = told.min() else {
            return String::new();
        };
        let now_ms = shared.moment().map_or(shared.now_ms, |second| second * 1000);
        let age = number::age((now_ms - oldest).max(0).unsigned_abs() / 1000);
        let at_most = if self.entries.len() > 1 { "at most " } else { "" };
        format!("told {at_most}{age} ago")
    }

    fn scores(&self, page: &mut Page<'_>) {
        let words = "audit 0.96 disqualifies · unknown, online 0.60 suspend";
        let title = format!("SCORES, {}", self.entries.len());
        page.rule(&title, if page.area.width < NARROW { "" } else { words });
        let area = page.take(page.left());
        let slot = &self.scores;
        page.table(SCORES, area, &slot.table, &slot.state, self.focus == SCORES);
    }

    fn failed(&self, page: &mut Page<'_>) {
        let shared = page.shared;
        let failing = self.failing();
        let all = self.failures.state.len();
        if all == 0 && page.area.height < 3 {
            return self.nothing_failed(page);
        }
        let of = match failing.as_slice() {
            [one] => words::who(one, shared),
            _ => "all".to_owned(),
        };
        let title = format!("FAILED AUDITS IN THE LOG: {of}");
        let room = usize::from(page.area.width).saturating_sub(text::width(&title) + 7);
        let mut words = failure_words(&failing, shared).into_iter();
        let words = words.rfind(|words| text::width(words) <= room);
        page.rule(&title, &words.unwrap_or_default());
        let waiting = self.waiting.as_ref().filter(|_| page.left() > 3);
        let area = page.take(page.left() - u16::from(waiting.is_some()));
        let slot = &self.failures;
        page.table(FAILURES, area, &slot.table, &slot.state, self.focus == FAILURES);
        if let Some(waiting) = waiting {
            self.waits_line(page, waiting);
        }
    }

    /// One line, or two when audits wait for long.
    fn nothing_failed(&self, page: &mut Page<'_>) {
        let text = self.no_failures();
        match &self.waiting {
            Some(waiting) if waiting.is_late() => {
                self.waits_line(page, waiting);
                if page.left() > 0 {
                    page.say(&text, Tone::Muted);
                }
            }
            Some(waiting) => {
                let both = Waiting {
                    text: format!("{text} {}", waiting.brief),
                    ..waiting.clone()
                };
                self.waits_line(page, &both);
            }
            None => page.say(&text, Tone::Muted),
        }
    }

    fn waits_line(&self, page: &mut Page<'_>, waiting: &Waiting) {
        let area = page.take(1);
        let mut pen = crate::ui::pen::Pen::new(page.buffer, area, &page.shared.theme);
        pen.put(" ", Tone::Text);
        pen.put_in(&waiting.text, area.width.saturating_sub(1), waiting.tone);
        page.figure(area, waiting::WHAT, waiting::WHAT);
    }

    /// Why the list of failures is empty.
    pub(super) fn no_failures(&self) -> String {
        let entries = self.entries.iter();
        let silent: std::collections::BTreeSet<&str> = entries
            .filter(|entry| entry.in_a_row().is_none())
            .map(|entry| entry.node.as_str())
            .collect();
        let nodes: std::collections::BTreeSet<&str> = self.entries.iter().map(|entry| entry.node.as_str()).collect();
        let some = self.entries.iter().any(|entry| {
            let failed = entry.satellite.recent_failed_audits.unwrap_or(0);
            failed > 0 || entry.in_a_row().is_some_and(|row| row > 0)
        });
        match silent.len() {
            _ if nodes.is_empty() => "Whether audits failed is not known yet.".to_owned(),
            _ if some && !self.waits => "Audits failed, but which is not known: see Traffic and the log.".to_owned(),
            _ if some || !self.has_strips() && self.waits => "Failed audits: reading the log …".to_owned(),
            0 => "No audit failed in the last 24 h, by the log.".to_owned(),
            count if count == nodes.len() => {
                "Whether audits failed is not known: no log is read. Scores tell it hours late.".to_owned()
            }
            1 => format!(
                "No audit failed in the last 24 h, by the log; of {} no log is read.",
                silent.first().copied().unwrap_or_default()
            ),
            count => format!("No audit failed in the last 24 h, by the log; of {count} nodes no log is read."),
        }
    }

    fn chart(&self, page: &mut Page<'_>) {
        let shared = page.shared;
        let Some(entry) = self.chosen() else { return };
        let who = format!("{} on {}", entry.node, entry.name);
        let title = format!("{}: {who}, {}", self.history.score.title(), shared.time.range.name());
        let words = match (self.history.told, self.history.series.is_empty()) {
            _ if self.wrong.is_some() => "could not be read",
            (false, _) => "reading …",
            (true, true) => "not known · m: score",
            (true, false) => "m: score · t: range · arrows: moment",
        };
        page.rule(&title, words);
        let area = page.take(page.left());
        let chart = Chart {
            series: &self.history.series,
            marks: &self.history.marks,
            spans: &[],
            levels: &self.history.levels,
            unit: "",
            now: shared.now_s(),
            zone: &shared.zone,
            theme: &shared.theme,
            resolution: None,
        };
        page.chart(area, &chart, self.history.scale);
    }
}

/// What stands over the failures, the shortest first.
fn failure_words(failing: &[&Entry], shared: &Shared) -> Vec<String> {
    let [entry] = failing else {
        return vec!["Enter: log".to_owned()];
    };
    let Some(told) = &entry.failing else { return Vec::new() };
    let time = |ms: i64| number::moment(ms, shared.now_ms, &shared.zone);
    let row = number::known(entry.in_a_row(), |row| format!("{row} in a row"));
    let passed = told.passed_ms.map_or("none passed in 24 h".to_owned(), |ms| {
        format!("last passed {}", time(ms))
    });
    let failed = told.missing + told.unreadable;
    let count = format!("{failed} of {} failed since {}", told.since_first, time(told.first_ms));
    vec![
        row.clone(),
        format!("{row} · {passed}"),
        format!("{row} · {passed} · Enter: log"),
        format!("{row} · {count} · {passed} · Enter: log"),
    ]
}

fn want(item: Item, lines: [u16; 3], rank: u8) -> Want {
    Want { item, lines, rank }
}

/// Lines of a table with so many rows, heading and rule too.
fn lines(rows: usize) -> u16 {
    (rows.max(1) + 2).min(usize::from(u16::MAX / 2)) as u16
}

/// Says one thing in at most so many lines, and tells how many it took.
fn say(page: &mut Page<'_>, said: &Said, room: u16) -> u16 {
    let glyphs = page.shared.theme.glyphs;
    let width = usize::from(page.area.width.saturating_sub(3));
    let (sign, tone) = said.grade.mark(&glyphs);
    let mut lines = wrapped(&said.text, width, usize::from(room.max(1)), &glyphs);
    let hint_room = usize::from(room).saturating_sub(lines.len());
    let arrow = if glyphs.unicode { "→" } else { ">" };
    let joined = format!("{} {arrow} {}", lines.last().map_or("", String::as_str), said.hint);
    if said.hint.is_empty() {
        // Nothing to do.
    } else if text::width(&joined) <= width {
        lines.pop();
        lines.push(joined);
    } else {
        lines.extend(wrapped(&format!("{arrow} {}", said.hint), width, hint_room, &glyphs));
    }
    for (n, line) in lines.iter().enumerate() {
        let mut pen = page.line();
        pen.put(" ", Tone::Text);
        pen.put(if n == 0 { sign } else { " " }, tone);
        pen.put(" ", Tone::Text);
        pen.put(
            line,
            if said.grade > Grade::Warning {
                Tone::Text
            } else {
                tone_of(n)
            },
        );
    }
    lines.len() as u16
}

/// A text in at most so many lines; what is cut has the mark for it.
fn wrapped(text: &str, width: usize, most: usize, glyphs: &Glyphs) -> Vec<String> {
    let mut lines = text::wrap(text, width, glyphs);
    if lines.len() > most {
        let rest = lines.split_off(most.saturating_sub(1)).join(" ");
        lines.push(text::fit(&rest, width, glyphs));
        lines.truncate(most);
    }
    lines
}

/// The first line weighs more.
fn tone_of(line: usize) -> Tone {
    if line == 0 { Tone::Accent } else { Tone::Text }
}

/// Tables that are not drawn have their turn in the order of the focus, too.
fn note_hidden(page: &mut Page<'_>) {
    let mut tables = Vec::new();
    for name in [SCORES, FAILURES] {
        let found = page.hits.tables.iter().position(|(other, _)| *other == name);
        match found {
            Some(at) => tables.push(page.hits.tables.swap_remove(at)),
            None => tables.push((name, HitMap::default())),
        }
    }
    page.hits.tables = tables;
}
