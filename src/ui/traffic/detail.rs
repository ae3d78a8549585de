//! One error looked at closely, or one piece: what it is, where, since when; and the transfers behind it.

use super::Traffic;
use super::asks::Drill;
use super::block::Block;
use super::errors::Error;
use crate::ui::look::Tone;
use crate::ui::number;
use crate::ui::pane::Page;
use crate::ui::text::wrap;

/// Lines of a whole error text at most.
const MOST_LINES: usize = 4;

impl Traffic {
    pub(super) fn detail(&self, page: &mut Page<'_>, drill: &Drill) {
        match drill {
            Drill::Piece(piece) => {
                page.rule("PIECE", "esc: back");
                page.say(piece, Tone::Text);
            }
            Drill::Error { action, template } => {
                let error = self
                    .errors
                    .iter()
                    .find(|error| error.action == *action && error.template == *template);
                self.error(page, error, template);
            }
        }
        let words = match self.slot(Block::Examples).state.len() {
            0 if self.waits => "reading …".to_owned(),
            count => format!("the last {count}, newest first · Enter: the log at that moment"),
        };
        page.rule(Block::Examples.title(), &words);
        let area = page.take(page.left());
        let slot = self.slot(Block::Examples);
        page.table(Block::Examples.name(), area, &slot.table, &slot.state, true);
    }

    fn error(&self, page: &mut Page<'_>, error: Option<&Error>, template: &str) {
        page.rule("ERROR", "esc: back");
        let width = usize::from(page.area.width.saturating_sub(2));
        let glyphs = page.shared.theme.glyphs;
        for line in wrap(template, width, &glyphs).into_iter().take(MOST_LINES) {
            page.say(&line, Tone::Accent);
        }
        let Some(error) = error else {
            return page.say("It did not happen in the time that is shown.", Tone::Muted);
        };
        let shared = page.shared;
        let time = |ms: i64| number::moment(ms, shared.now_ms, &shared.zone);
        let nodes: Vec<&str> = error.nodes.iter().map(String::as_str).collect();
        let action = if error.action.is_empty() {
            "no transfer"
        } else {
            &error.action
        };
        let facts = format!(
            "{} × {action} on {}, first {}, last {}",
            number::count(error.count),
            nodes.join(", "),
            time(error.first_ms),
            time(error.last_ms)
        );
        page.say(&facts, Tone::Text);
        if error.example != error.template {
            page.say("The first of them, whole:", Tone::Muted);
            for line in wrap(&error.example, width, &glyphs).into_iter().take(MOST_LINES) {
                page.say(&line, Tone::Text);
            }
        }
    }
}
