//! The page: filters at a glance, danger, the list, errors, one line, what is not understood.

use super::super::look::Tone;
use super::super::number;
use super::super::pane::Page;
use super::super::text;
use super::tail::Mode;
use super::{ERRORS, LogPane, Open, TAIL, UNKNOWN, line, list};
use crate::domain::health::State;

/// How a page is divided: lines of each block, headings included; 0: not drawn.
struct Plan {
    danger: u16,
    tail: u16,
    errors: u16,
    line: u16,
    unknown: u16,
}

/// Below this height there is only the list.
const SMALL: u16 = 14;
/// From this height on errors have a list of their own.
const LARGE: u16 = 34;

impl LogPane {
    pub(super) fn page(&self, page: &mut Page<'_>) {
        match self.open {
            Open::List => self.lists(page),
            Open::Unknown => self.unknowns(page),
            Open::Line | Open::Raw => {
                let Some(one) = self.line() else {
                    return self.lists(page);
                };
                let known = self.known(page.shared, &one);
                match self.open {
                    Open::Raw => line::draw_raw(page, &one, known),
                    _ => line::draw(page, &one, known, ("THIS LINE", true), page.left()),
                }
            }
        }
    }

    fn plan(&self, height: u16, danger: bool) -> Plan {
        if height < SMALL {
            return Plan {
                danger: 0,
                tail: height.saturating_sub(1),
                errors: 0,
                line: 0,
                unknown: 0,
            };
        }
        let danger = u16::from(danger);
        let large = height >= LARGE;
        let unknown = match (large, self.unknown.shapes.len()) {
            (true, 0) | (false, _) => 1,
            (true, shapes) => 3 + (shapes as u16).min(3),
        };
        let errors = if large { 6 + (height - LARGE) / 8 } else { 0 };
        let line = if large { 11 + (height - LARGE) / 5 } else { height / 3 };
        let taken = 1 + danger + unknown + errors + line;
        Plan {
            danger,
            tail: height.saturating_sub(taken),
            errors,
            line,
            unknown,
        }
    }

    fn lists(&self, page: &mut Page<'_>) {
        let looked_at = |name: &str| page.shared.node.as_deref().is_none_or(|node| node == name);
        let mut nodes = page.shared.nodes().iter();
        let worst = nodes.find(|node| node.state == State::Critical && looked_at(&node.name));
        let worst = worst.and_then(|node| Some((node.name.clone(), node.reasons.first()?.text.clone())));
        let plan = self.plan(page.area.height, worst.is_some());
        self.glance(page);
        if let Some((node, text)) = worst.filter(|_| plan.danger > 0) {
            let glyphs = page.shared.theme.glyphs;
            let words = text::fit(
                &format!("{} {node}: {text}", glyphs.critical),
                usize::from(page.area.width).saturating_sub(2),
                &glyphs,
            );
            page.say(words.trim_end(), Tone::Bad);
        }
        if page.area.height >= SMALL {
            let (words, _) = self.state(page.shared);
            page.rule("TAIL", &words);
        }
        let area = page.take(plan.tail.saturating_sub(u16::from(page.area.height >= SMALL)));
        page.table(TAIL, area, &self.list.table, &self.tail_state, self.focus == TAIL);
        if plan.errors > 0 {
            page.rule("ERRORS AND WARNINGS, LATEST FIRST", &self.hidden_words());
            let area = page.take(plan.errors - 1);
            page.table(
                ERRORS,
                area,
                &self.errors.table,
                &self.errors_state,
                self.focus == ERRORS,
            );
        }
        if plan.line > 0 {
            self.this_line(page, plan.line);
        }
        if plan.unknown > 0 {
            page.rule("NOT UNDERSTOOD", &self.unknown.words());
            let area = page.take(plan.unknown - 1);
            if area.height > 1 {
                page.table(
                    UNKNOWN,
                    area,
                    &self.unknown_table,
                    &self.unknown_state,
                    self.focus == UNKNOWN,
                );
            }
        }
    }

    fn unknowns(&self, page: &mut Page<'_>) {
        page.rule("NOT UNDERSTOOD", &self.unknown.words());
        page.say(
            "Records no release known to this program writes. They are counted by shape; nothing is thrown away. Y copies the list without ids.",
            Tone::Muted,
        );
        let chosen = self.unknown_state.selected();
        let example = chosen
            .and_then(|key| self.unknown_table.row(key))
            .map(|row| row.text_at(7).to_owned())
            .filter(|text| !text.is_empty());
        let below = if example.is_some() { page.left() / 3 } else { 0 };
        let area = page.take(page.left() - below);
        page.table(UNKNOWN, area, &self.unknown_table, &self.unknown_state, true);
        if let Some(example) = example.filter(|_| below > 1) {
            page.rule("ONE OF THEM", "");
            let glyphs = page.shared.theme.glyphs;
            let width = usize::from(page.area.width).saturating_sub(2);
            for line in text::wrap(&example, width, &glyphs).iter().take(usize::from(below - 1)) {
                page.say(line, Tone::Text);
            }
        }
    }

    /// Filters at a glance, and how busy the logs are.
    fn glance(&self, page: &mut Page<'_>) {
        let shared = page.shared;
        let all = |value: &Option<String>| value.clone().unwrap_or_else(|| "all".to_owned());
        let satellite = shared.satellite.as_ref().map(|id| shared.satellite_name(id));
        let level = match self.want.level() {
            "DEBUG" => "all".to_owned(),
            level if shared.theme.glyphs.unicode => format!("≥ {}", level.to_lowercase()),
            level => format!(">= {}", level.to_lowercase()),
        };
        let piece = self
            .want
            .piece
            .as_ref()
            .map(|id| id.chars().take(8).collect::<String>());
        let mut parts: Vec<(&str, String, bool)> = vec![
            ("level", level, self.want.level() != "INFO"),
            ("node", all(&shared.node), shared.node.is_some()),
            ("sat", all(&satellite), satellite.is_some()),
            ("action", all(&self.want.action), self.want.action.is_some()),
            ("logger", all(&self.want.logger), self.want.logger.is_some()),
        ];
        for (name, value) in [
            ("piece", &piece),
            ("text", &self.want.text),
            ("regex", &self.want.regex),
        ] {
            if let Some(value) = value {
                parts.push((name, value.clone(), true));
            }
        }
        let narrow = page.area.width < 60;
        if narrow {
            parts.retain(|(_, _, chosen)| *chosen);
        }
        let rate = self.rate_words();
        let glyphs = page.shared.theme.glyphs;
        let mut pen = page.line();
        pen.put(" ", Tone::Text);
        let room = pen.left().saturating_sub(text::width(&rate) as u16 + 1);
        let mut taken = 0;
        for (name, value, chosen) in parts {
            let value = text::fit(&value, text::width(&value).min(24), &glyphs);
            let width = (text::width(name) + text::width(&value) + 3) as u16;
            if taken + width > room {
                pen.put(glyphs.more, Tone::Muted);
                break;
            }
            taken += width;
            pen.put(name, Tone::Muted);
            pen.put(&format!(" {value}  "), if chosen { Tone::Accent } else { Tone::Text });
        }
        let column = room + 1;
        pen.to(column);
        pen.put(&rate, Tone::Muted);
    }

    fn rate_words(&self) -> String {
        let rate = match self.rate {
            Some(rate) => format!("{} lines/s", number::count(rate)),
            None => "no lines now".to_owned(),
        };
        match self.tail.lost {
            0 => rate,
            lost => format!("{rate}, {} lost", number::count(lost)),
        }
    }

    /// How the list is, in words.
    pub(super) fn state(&self, shared: &super::Shared) -> (String, Tone) {
        let glyphs = shared.theme.glyphs;
        let fold = if self.want.folds() { " · routine folded" } else { "" };
        let (words, tone) = match self.tail.mode() {
            Mode::Following if self.lost => ("the collector is gone: nothing comes".to_owned(), Tone::Bad),
            Mode::Following => {
                let kept = number::count(self.tail.kept() as u64);
                (
                    format!("{} following · the last {kept} lines at hand", glyphs.good),
                    Tone::Good,
                )
            }
            Mode::Stopped => {
                let waiting = match self.tail.waiting {
                    0 => "nothing new".to_owned(),
                    waiting => format!("+{} new", number::count(waiting)),
                };
                (format!("stopped · {waiting} · End follows"), Tone::Warn)
            }
            Mode::Past(ms) => (
                format!(
                    "as of {} · from the files",
                    number::moment(ms, shared.now_ms, &shared.zone)
                ),
                Tone::Warn,
            ),
        };
        match &self.word {
            // What holds comes first: where there is little room the rest gives way.
            Some(word) => (format!("{words} · {word}"), tone),
            None => (format!("{words}{fold}"), tone),
        }
    }

    fn hidden_words(&self) -> String {
        match self.want.hidden.len() {
            0 => String::new(),
            1 => "1 kind hidden: X shows it".to_owned(),
            hidden => format!("{hidden} kinds hidden: X shows them"),
        }
    }

    fn this_line(&self, page: &mut Page<'_>, height: u16) {
        let Some(one) = self.line() else {
            page.rule("THIS LINE", "");
            let words = match self.tail.mode() {
                Mode::Following => "↑ stops on a line and says what it means. No error is in the last lines.",
                _ => "no line is chosen",
            };
            page.say(words, Tone::Muted);
            page.take(height.saturating_sub(2));
            return;
        };
        let title = match (self.tail.mode(), self.focus) {
            (Mode::Following, TAIL) if list::is_grave(&one) => "LATEST ERROR",
            _ => "THIS LINE",
        };
        line::draw(page, &one, self.known(page.shared, &one), (title, false), height);
    }
}
