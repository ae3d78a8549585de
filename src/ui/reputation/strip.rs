//! Where nodes were away: a line for each satellite, a cell for each window of audits of the last 30 days.

use super::Reputation;
use super::entry::Entry;
use super::scores;
use crate::api::reputation::Downtime;
use crate::support::clock::DAY_MS;
use crate::ui::look::{Glyphs, Tone};
use crate::ui::number;
use crate::ui::pane::Page;
use crate::ui::pen::Pen;
use crate::ui::text;

/// Windows of 30 days, and the one that runs.
const WINDOWS: i64 = 61;
/// Of the public satellites.
const USUAL_MS: i64 = DAY_MS / 2;
/// Behind the strip: hours lost, and when it is made good.
const BEHIND: u16 = 14;

/// What a cell stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cell {
    All,
    Part,
    None,
    /// No audit: nothing is known.
    Blank,
}

impl Cell {
    fn glyph(self, glyphs: &Glyphs) -> (&'static str, Tone) {
        match (self, glyphs.unicode) {
            (Self::All, true) => ("█", Tone::Good),
            (Self::Part, true) => ("▄", Tone::Warn),
            (Self::None, true) => ("·", Tone::Bad),
            (Self::All, false) => ("#", Tone::Good),
            (Self::Part, false) => ("+", Tone::Warn),
            (Self::None, false) => (".", Tone::Bad),
            (Self::Blank, _) => (" ", Tone::Text),
        }
    }
}

/// The cells of a strip, the newest last: `windows_each` windows in one.
fn cells(told: &Downtime, now_ms: i64, windows_each: i64, count: usize) -> Vec<Cell> {
    let width = told.window_ms.max(1) * windows_each;
    let last = now_ms.div_euclid(width);
    let mut sums = vec![(0_u64, 0_u64); count];
    for (begin, total, online) in told.windows.iter().filter(|(begin, ..)| *begin <= now_ms) {
        let back = last - begin.div_euclid(width);
        let at = usize::try_from(back).ok().and_then(|back| count.checked_sub(back + 1));
        if let Some(sum) = at.and_then(|at| sums.get_mut(at)) {
            sum.0 += u64::from(*total);
            sum.1 += u64::from(*online.min(total));
        }
    }
    let cell = |(total, online): (u64, u64)| match (total, online) {
        (0, _) => Cell::Blank,
        (_, 0) => Cell::None,
        (total, online) if online < total => Cell::Part,
        _ => Cell::All,
    };
    sums.into_iter().map(cell).collect()
}

/// How many windows are in a cell, and how many cells there are.
fn form(room: u16) -> (i64, u16) {
    let room = i64::from(room.max(1));
    let up = |a: i64, b: i64| (a + b - 1) / b;
    let each = up(WINDOWS, room);
    (each, up(WINDOWS, each).clamp(1, room) as u16)
}

impl Reputation {
    /// In the order of the strips: what lost most first, but the row under the cursor is always there.
    fn strips(&self, lines: usize) -> Vec<&Entry> {
        let mut shown: Vec<&Entry> = self.entries.iter().filter(|entry| entry.full).collect();
        let lost = |entry: &Entry| entry.hours_lost().unwrap_or(-1.0);
        shown.sort_by(|a, b| lost(b).total_cmp(&lost(a)));
        let chosen = self.chosen().map(|entry| &entry.key);
        if let Some(at) = shown.iter().position(|entry| Some(&entry.key) == chosen)
            && (self.alone || (at >= lines && lines > 0))
        {
            let entry = shown.remove(at);
            let place = if self.alone { 0 } else { lines - 1 };
            shown.insert(place, entry);
        }
        shown.truncate(if self.alone { lines.min(1) } else { lines });
        shown
    }

    /// How many strips there are to show.
    pub(super) fn strip_count(&self) -> u16 {
        match self.alone {
            true => 1,
            false => self.entries.len().min(usize::from(u16::MAX / 2)) as u16,
        }
    }

    /// The block.
    pub(super) fn downtime(&self, page: &mut Page<'_>) {
        let shared = page.shared;
        let width = page.area.width;
        let window_ms = self.window_ms();
        let several = shared.node.is_none() && !self.alone;
        let label = self.label_width(several);
        let room = width.saturating_sub(label + 2 + BEHIND);
        let (each, count) = form(room);
        let length = number::age((window_ms * each / 1000).unsigned_abs());
        let title = match window_ms == USUAL_MS {
            true => format!("DOWNTIME, 30 DAYS BY {length}"),
            false => format!("DOWNTIME, {WINDOWS} WINDOWS BY {length}"),
        };
        let key = |cell: Cell, word: &str| format!("{} {word}", cell.glyph(&shared.theme.glyphs).0);
        let legend = [
            (Cell::All, "reached"),
            (Cell::Part, "part"),
            (Cell::None, "not"),
            (Cell::Blank, "no audit"),
        ];
        let legend: Vec<String> = legend.iter().map(|(cell, word)| key(*cell, word)).collect();
        page.rule(&title, &legend.join("  "));
        let x = label + 2;
        self.axis(page, (x, count), window_ms * each);
        let lines = page.left();
        for entry in self.strips(usize::from(lines)) {
            let area = page.take(1);
            let who = match several {
                true => format!("{} {}", entry.node, entry.name),
                false => entry.name.clone(),
            };
            let mut pen = Pen::new(page.buffer, area, &shared.theme);
            pen.put(" ", Tone::Text);
            pen.put_in(&who, label, Tone::Text);
            self.strip(&mut pen, entry, (each, x, count), shared);
            page.figure(area, "strip", &entry.key);
        }
    }

    fn strip(&self, pen: &mut Pen<'_>, entry: &Entry, (each, x, count): (i64, u16, u16), shared: &super::Shared) {
        pen.to(x);
        let Some(told) = &entry.downtime else {
            let text = match &entry.error {
                Some(error) => format!("? not told: {error}"),
                None if entry.asked_ms.is_some() => "? the node tells no windows of audits".to_owned(),
                None => "? windows of audits were not told yet".to_owned(),
            };
            return pen.put_in(&text, count + BEHIND, Tone::Muted);
        };
        let at_ms = shared.moment().map_or(shared.now_ms, |second| second * 1000);
        for cell in cells(told, at_ms, each, usize::from(count)) {
            let (glyph, tone) = cell.glyph(&shared.theme.glyphs);
            pen.put(glyph, tone);
        }
        let lost = entry.hours_lost();
        let back = scores::back_text(entry, shared).unwrap_or(number::UNKNOWN.to_owned());
        let lost_text = number::known(lost, scores::hours);
        let tone = if lost.is_some_and(|lost| lost > 0.0) {
            Tone::Text
        } else {
            Tone::Muted
        };
        pen.put(&format!(" {lost_text:>5} {back:>7}"), tone);
    }

    /// Days over the strips, and headings over what stands behind them.
    fn axis(&self, page: &mut Page<'_>, (x, count): (u16, u16), cell_ms: i64) {
        let shared = page.shared;
        let area = page.take(1);
        let at_ms = shared.moment().map_or(shared.now_ms, |second| second * 1000);
        let last = at_ms.div_euclid(cell_ms.max(1));
        let mut pen = Pen::new(page.buffer, area, &shared.theme);
        let step = (10 * DAY_MS / cell_ms.max(1)).clamp(8, 20) as u16;
        let mut at = (count - 1) % step;
        while at < count {
            let begin_ms = (last - i64::from(count - 1 - at)) * cell_ms;
            let day = match cell_ms < DAY_MS / 24 {
                true => number::minute(begin_ms, &shared.zone),
                false => number::day(begin_ms, &shared.zone),
            };
            if at + text::width(&day) as u16 <= count {
                pen.to(x + at);
                pen.put(&day, Tone::Muted);
            }
            at += step;
        }
        pen.to(x + count);
        pen.put("  LOST BACK AT", Tone::Muted);
    }

    fn label_width(&self, several: bool) -> u16 {
        let node = |entry: &Entry| if several { text::width(&entry.node) + 1 } else { 0 };
        let wide = |entry: &Entry| node(entry) + text::width(&entry.name);
        let widest = self.entries.iter().map(wide).max().unwrap_or(0);
        widest.clamp(3, 24) as u16
    }

    /// The length of the windows, as the first that knows says.
    fn window_ms(&self) -> i64 {
        let told = self.entries.iter().find_map(|entry| entry.downtime.as_ref());
        told.map_or(USUAL_MS, |told| told.window_ms.max(1))
    }

    /// The place of the strips' room, empty before the answer came.
    pub(super) fn has_strips(&self) -> bool {
        self.entries.iter().any(|entry| entry.full)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_fall_into_their_cells() {
        let day = 20_000 * DAY_MS;
        let told = Downtime {
            window_ms: USUAL_MS,
            windows: vec![
                (day - 5 * USUAL_MS, 4, 4),
                (day - 3 * USUAL_MS, 4, 0),
                (day - 2 * USUAL_MS, 4, 3),
                (day - USUAL_MS, 0, 0),
                (day, 2, 2),
                (day + USUAL_MS, 9, 0),
            ],
            steps: Vec::new(),
        };
        let now = day + 1000;
        use Cell::{All, Blank, None, Part};
        assert_eq!(cells(&told, now, 1, 6), [All, Blank, None, Part, Blank, All]);
        assert_eq!(cells(&told, now, 1, 2), [Blank, All], "what does not fit is the oldest");
        assert_eq!(
            cells(&told, now, 2, 3),
            [None, Part, All],
            "the one before the last day was half"
        );
        assert!(cells(&told, now, 1, 0).is_empty());
    }

    #[test]
    fn few_columns_take_more_windows_each() {
        assert_eq!(form(200), (1, 61));
        assert_eq!(form(61), (1, 61));
        assert_eq!(form(60), (2, 31));
        assert_eq!(form(20), (4, 16));
        assert_eq!(form(0), (61, 1));
    }
}
