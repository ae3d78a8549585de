//! Where what if stands in the pane: below the nodes, above the chart that shows it.

use super::facts::Place;
use super::picture::CHART_LEAST;
use super::{Storage, WHAT_IF, what_if};
use crate::ui::look::Tone;
use crate::ui::pane::Page;
use crate::ui::text::{self, wrap};

/// Of the nodes at least so many lines, heading included, or none.
const NODES_LEAST: u16 = 5;
/// Lines of words about the row under the cursor.
const WORDS: u16 = 2;

impl Storage {
    /// Nodes, the block, and the chart, as far as there is room.
    pub(super) fn what_if_page(&self, page: &mut Page<'_>, place: &Place, small: bool) {
        let left = page.left();
        let rows = (self.what_if.state.len() as u16).max(1);
        if small {
            return self.what_if_table(page, left);
        }
        let wish = rows + 2 + WORDS;
        let block = wish.min(left.saturating_sub(CHART_LEAST));
        let rest = left - block;
        let nodes = match rest.checked_sub(CHART_LEAST * 3 / 2) {
            Some(room) if room >= NODES_LEAST => self.nodes_lines().min(room),
            _ => 0,
        };
        if nodes > 0 {
            self.nodes_table(page, nodes, true);
        }
        self.what_if_block(page, place, block);
        if page.left() >= CHART_LEAST {
            self.chart(page, place, page.left());
        }
    }

    fn what_if_block(&self, page: &mut Page<'_>, place: &Place, lines: u16) {
        if lines < 3 {
            return;
        }
        page.rule(
            &format!("{}: WHAT IF", place.name.to_uppercase()),
            "reckoned, nothing is changed · W or esc: leave",
        );
        let width = usize::from(page.area.width.saturating_sub(2));
        let glyphs = page.shared.theme.glyphs;
        let told = self.what_if.chosen();
        let told = told.map(|one| what_if::words(one, place, page.shared));
        let told = told.unwrap_or_else(|| "Nothing can be reckoned: nobody says how much room is left.".to_owned());
        let all = wrap(&told, width, &glyphs);
        let room = usize::from(WORDS.min(lines.saturating_sub(5))).max(1);
        let given = all.len().min(room);
        for (n, line) in all.iter().take(given).enumerate() {
            let line = match n + 1 == given && given < all.len() {
                true => text::fit(&all[n..].join(" "), width, &glyphs),
                false => line.clone(),
            };
            page.say(&line, Tone::Text);
        }
        self.what_if_table(page, lines - 1 - given as u16);
    }

    fn what_if_table(&self, page: &mut Page<'_>, lines: u16) {
        let area = page.take(lines);
        let what_if = &self.what_if;
        page.table(WHAT_IF, area, &what_if.table, &what_if.state, what_if.has_keys);
    }
}
