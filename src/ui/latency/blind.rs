//! The page where no log tells any duration: what to switch on, what it costs, what is known without.

use super::{Latency, NODES};
use crate::api::latency::LogCost;
use crate::support::clock::DAY_S;
use crate::ui::look::Tone;
use crate::ui::number::{self, size};
use crate::ui::pane::Page;
use crate::ui::shared::Shared;
use crate::ui::text::wrap;

/// A line that tells of a start is about a thirtieth longer than the one that tells of its end.
const LONGER: (u64, u64) = (31, 30);
/// So small a log at DEBUG becomes when it is compressed.
const SMALLER: u64 = 11;

/// The logs of all nodes that are looked at, together.
#[derive(Debug, Default, PartialEq, Eq)]
struct Cost {
    lines: u64,
    bytes: u64,
    transfers: u64,
    /// Of the lines that would come.
    more_bytes: u64,
    failed: u64,
    /// Not all say how long their lines are.
    rough: bool,
    /// The least of the day that was read of one of them, s.
    read_s: u64,
}

/// What a day is like, by the part of one that was read.
pub(super) fn of_a_day(count: u64, log: &LogCost) -> u64 {
    // Of a few minutes nothing follows for a day.
    let read_s = log.read_s.unwrap_or(DAY).clamp(900, DAY);
    (u128::from(count) * u128::from(DAY) / u128::from(read_s)) as u64
}

const DAY: u64 = DAY_S.unsigned_abs();

fn cost<'a>(logs: impl IntoIterator<Item = &'a LogCost>) -> Cost {
    let mut cost = Cost {
        read_s: DAY,
        ..Cost::default()
    };
    for log in logs {
        let line = log.line_bytes.unwrap_or(300);
        let (lines, transfers) = (of_a_day(log.lines, log), of_a_day(log.transfers, log));
        cost.rough |= log.line_bytes.is_none();
        cost.lines += lines;
        cost.bytes += lines * line;
        cost.transfers += transfers;
        cost.more_bytes += transfers * line * LONGER.0 / LONGER.1;
        cost.failed += of_a_day(log.failed_uploads, log);
        cost.read_s = cost.read_s.min(log.read_s.unwrap_or(DAY));
    }
    cost
}

/// A line of the table of what it costs.
fn line(page: &mut Page<'_>, [what, now, then, difference]: [&str; 4], tone: Tone) {
    let width = page.area.width;
    let (second, third, fourth) = if width >= 78 { (34, 48, 50) } else { (20, 30, 32) };
    let mut pen = page.line();
    pen.put(" ", tone);
    pen.put_in(what, second - 12, tone);
    let right = |text: &str, edge: u16| edge.saturating_sub(crate::ui::text::width(text) as u16);
    pen.to(right(now, second));
    pen.put(now, tone);
    pen.to(right(then, third));
    pen.put(then, tone);
    pen.to(fourth);
    let room = width.saturating_sub(fourth);
    pen.put_in(difference, room, Tone::Muted);
}

impl Latency {
    pub(super) fn blind_page(&self, page: &mut Page<'_>, small: bool) {
        let shared = page.shared;
        let ours = super::tables::ranked(self.nodes(shared), shared);
        page.rule(
            "NO DURATIONS YET",
            &format!("{} of {} logs at INFO", ours.len(), ours.len()),
        );
        let glyphs = shared.theme.glyphs;
        if let Some(wrong) = &self.wrong {
            page.say(&format!("{} {wrong}", glyphs.warning), Tone::Warn);
        }
        self.races(page, if small { 2 } else { 4 });
        let text = match small {
            true => "Logs at INFO tell no starts of transfers, so not how long one took.",
            false => {
                "A node at INFO logs only the end of a transfer. A duration needs its start too. \
                 Everything else works: won %, bytes, errors, audits, money."
            }
        };
        let width = usize::from(page.area.width.saturating_sub(2));
        for text in wrap(text, width, &glyphs).iter().take(if small { 2 } else { 3 }) {
            page.say(text, Tone::Text);
        }
        if small {
            page.say("log.level: debug, then restart", Tone::Accent);
            return self.meanwhile(page);
        }
        how(page);
        let cost = cost(ours.iter().filter_map(|node| node.log.as_ref()));
        price(page, &cost, shared);
        self.meanwhile(page);
    }

    /// Races that are lost are told by any log.
    fn races(&self, page: &mut Page<'_>, most: usize) {
        let width = usize::from(page.area.width.saturating_sub(4));
        let mut left = most;
        for said in self.said.iter().filter(|said| said.weight.is_wrong()) {
            let lines = wrap(&said.text, width, &page.shared.theme.glyphs);
            let given = lines.len().min(left);
            super::picture::say(page, said.weight.mark(page.shared), &lines, given);
            left -= given;
        }
    }

    fn meanwhile(&self, page: &mut Page<'_>) {
        page.rule(
            "MEANWHILE: THE DISK",
            "how fast it answers · i: what to set · no substitute for a duration",
        );
        let area = page.take(page.left());
        let slot = &self.slots[0];
        page.table(NODES, area, &slot.table, &slot.state, self.focus == 0);
    }
}

fn how(page: &mut Page<'_>) {
    page.rule("WHAT TO SWITCH ON", "in each node, then restart it");
    for (what, text) in [
        (
            "config.yaml",
            "log.level: debug          (docker: --log.level=debug at the end)",
        ),
        (
            "at once",
            "PUT {\"level\":\"debug\"} to /logging of the debug address, if set",
        ),
        ("less noise", "log.custom-level can only raise a logger: retain=INFO"),
    ] {
        let room = page.area.width.saturating_sub(15);
        let mut pen = page.line();
        pen.put(" ", Tone::Text);
        pen.put(what, Tone::Text);
        pen.to(15);
        pen.put_in(text, room, Tone::Accent);
    }
}

fn price(page: &mut Page<'_>, cost: &Cost, shared: &Shared) {
    let transfers = number::count(cost.transfers);
    let words = match cost.read_s {
        ..DAY => format!(
            "≈ {transfers} transfers a day, by the last {}",
            number::age(cost.read_s)
        ),
        _ => format!("from {transfers} transfers of the last 24 h"),
    };
    page.rule("WHAT IT COSTS AND GIVES", &words);
    line(page, ["", "INFO NOW", "WITH DEBUG", "DIFFERENCE"], Tone::Muted);
    let lines = [cost.lines, cost.lines + cost.transfers].map(number::count);
    let bytes = [cost.bytes, cost.bytes + cost.more_bytes].map(size);
    let more = format!("+{}, ÷ {SMALLER} as .gz", size(cost.more_bytes));
    let sign = if cost.rough { "~ " } else { "≈ " };
    let sizes = [format!("{sign}{}", bytes[0]), format!("≈ {}", bytes[1])];
    line(
        page,
        ["log lines a day", &lines[0], &lines[1], "one \"started\" a transfer"],
        Tone::Text,
    );
    line(page, ["log size a day", &sizes[0], &sizes[1], &more], Tone::Text);
    line(
        page,
        ["lost races", "all seen", "all seen", "+ after how many seconds"],
        Tone::Text,
    );
    let failed = format!("{} errors", number::count(cost.failed));
    line(
        page,
        ["failed uploads seen", &failed, "all", "+ those who just left"],
        Tone::Text,
    );
    let month = (cost.bytes + cost.more_bytes) * 30;
    let text = format!(
        "Rotation: 30 days of it are {}; ≈ {} if old files are compressed.",
        size(month),
        size(month / SMALLER)
    );
    let width = usize::from(page.area.width.saturating_sub(2));
    for text in wrap(&text, width, &shared.theme.glyphs).iter().take(2) {
        page.say(text, Tone::Muted);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_start_for_each_transfer_is_what_it_costs() {
        let log = |line_bytes| LogCost {
            lines: 1000,
            transfers: 900,
            failed_uploads: 3,
            line_bytes,
            ..LogCost::default()
        };
        let told = cost([&log(Some(300)), &log(Some(300))]);
        assert_eq!(
            (told.lines, told.bytes, told.transfers, told.more_bytes),
            (2000, 600_000, 1800, 558_000)
        );
        assert!(!told.rough && cost([&log(None)]).rough);
        // Two hours of a day are a twelfth; of a minute nothing follows.
        let short = |read_s| LogCost {
            read_s: Some(read_s),
            ..log(Some(300))
        };
        assert_eq!(of_a_day(100, &short(7200)), 1200);
        assert_eq!((of_a_day(100, &short(60)), of_a_day(100, &short(DAY))), (9600, 100));
        let told = cost([&short(7200), &log(Some(300))]);
        assert_eq!((told.lines, told.read_s), (13_000, 7200));
    }
}
