//! Where disks stand in the pane: two lines, a table, or the whole lower part with one disk in full.

use super::disks::{self, ms};
use super::{DISKS, Storage};
use crate::api::disks::{HostDisk, Level, OnDisk};
use crate::ui::look::Tone;
use crate::ui::number::{self, size};
use crate::ui::pane::Page;

/// Rows of the table where it is not alone.
const MOST_ROWS: u16 = 5;
/// From this height on there is room for a table.
const TALL: u16 = 30;

impl Storage {
    /// Lines it takes beside the rest.
    pub(super) fn disk_lines(&self, height: u16) -> u16 {
        match (self.disks.is_empty(), height >= TALL) {
            (true, _) => 0,
            (false, false) => 2,
            (false, true) => 2 + (self.disks.state.len() as u16).min(MOST_ROWS),
        }
    }

    /// The block beside the rest, with so many lines.
    pub(super) fn disk_block(&self, page: &mut Page<'_>, node: &str, lines: u16) {
        match lines {
            0 => {}
            2 => self.disk_brief(page, node),
            _ => self.disk_table(page, lines),
        }
    }

    /// The disk of one node.
    fn disk_brief(&self, page: &mut Page<'_>, node: &str) {
        let disk = self.disks.of_node(node);
        let Some(disk) = disk else {
            let title = format!("DISKS: {} known", self.disks.told.len());
            page.rule(&title, "w: all of them");
            return page.say(
                &format!("the disk of {node} is not on this host, or its data folder is not named"),
                Tone::Muted,
            );
        };
        let name = disks::short(disk).unwrap_or_else(|| "?".to_owned());
        let title = format!("DISK {name}: {}", disks::nodes(disk));
        let fits = (page.area.width as usize).saturating_sub(title.chars().count() + 8);
        let words = disks::promised_words(disk);
        page.rule(&title, if words.chars().count() <= fits { &words } else { "" });
        let area = page.take(1);
        let text = match disks::state_words(disk) {
            words if words.is_empty() => disk.nodes.iter().find_map(|on| on.error.clone()).unwrap_or_default(),
            words => words,
        };
        let tone = disks::weight(disk);
        let mut pen = crate::ui::pen::Pen::new(page.buffer, area, &page.shared.theme);
        pen.put(" ", Tone::Text);
        let tone = if matches!(tone, Tone::Warn | Tone::Bad) {
            tone
        } else {
            Tone::Text
        };
        pen.put_in(&text, area.width.saturating_sub(1), tone);
        page.figure(area, "await", &disks::key(disk));
    }

    fn disk_table(&self, page: &mut Page<'_>, lines: u16) {
        page.rule(
            "DISKS OF THIS HOST",
            "check: where /metrics tells how long it took · a node stops itself at 60 s · w: more",
        );
        let area = page.take(lines - 1);
        page.table(DISKS, area, &self.disks.table, &self.disks.state, self.on_disks);
    }

    /// All disks, and the one under the cursor in full.
    pub(super) fn disks_alone(&self, page: &mut Page<'_>) {
        let rows = self.disks.state.len().clamp(1, 12) as u16;
        let lines = (rows + 2).min(page.left());
        if lines < 3 {
            return;
        }
        self.disk_table(page, lines);
        let Some(disk) = self.disks.selected() else { return };
        let name = disks::short(disk).unwrap_or_else(|| "no disk known".to_owned());
        page.rule(&name, &disks::promised_words(disk));
        let shared = page.shared;
        for (text, tone) in in_full(disk, shared.now_ms, &|ms| number::minute(ms, &shared.zone)) {
            if page.left() > 0 {
                page.say(&text, tone);
            }
        }
    }
}

/// How a value is written.
type Text<'a> = &'a dyn Fn(f64) -> String;

/// A level in words: `12 ms, usually 9 ms, at worst 900 ms at 03:12`.
pub(super) fn level_words(level: Level, text: Text<'_>, at: &dyn Fn(i64) -> String) -> Option<String> {
    let now = level.now.map_or("?".to_owned(), text);
    let usual = level.usual.map(text)?;
    let worst = level
        .worst
        .map(|(value, ms)| format!(", at worst {} at {}", text(value), at(ms)));
    Some(format!("{now}, usually {usual}{}", worst.unwrap_or_default()))
}

/// One disk, a line each.
fn in_full(disk: &HostDisk, now_ms: i64, at: &dyn Fn(i64) -> String) -> Vec<(String, Tone)> {
    let mut lines = Vec::new();
    if let Some(mount) = &disk.mount {
        let kind = disk.fs.as_deref().unwrap_or("?");
        let counters = match &disk.device {
            Some(device) => format!("counters of {device}"),
            None => "no counters: this kind of file system has no disk of its own".to_owned(),
        };
        let writable = if disk.read_only == Some(true) {
            "READ-ONLY"
        } else {
            "writable"
        };
        let seen = disk.seen_ms.map_or(String::new(), |ms| {
            let age = (now_ms - ms).max(0).unsigned_abs() / 1000;
            format!(" · looked at {} ago", number::age(age))
        });
        let tone = if disk.read_only == Some(true) {
            Tone::Bad
        } else {
            Tone::Text
        };
        lines.push((format!("{kind} at {mount}, {writable} · {counters}{seen}"), tone));
    }
    let share = |share: f64| format!("{:.0} %", share * 100.0);
    let rate = |rate: f64| number::rate(rate.round() as i64);
    let levels: [(&str, Level, Text<'_>); 4] = [
        ("busy", disk.busy, &share),
        ("a request", disk.await_ms, &ms),
        ("reads", disk.read, &rate),
        ("writes", disk.write, &rate),
    ];
    for (word, level, text) in levels {
        if let Some(words) = level_words(level, text, at) {
            lines.push((format!("{word}: {words}"), Tone::Text));
        }
    }
    lines.extend(disk.nodes.iter().flat_map(|on| node_lines(on, at)));
    lines.extend(smart_line(disk));
    for doing in &disk.jobs {
        let since = doing.since_ms.map_or(String::new(), |ms| format!(" since {}", at(ms)));
        lines.push((
            format!("{}: {} runs{since}", doing.node, doing.job.replace('_', " ")),
            Tone::Text,
        ));
    }
    lines
}

fn node_lines(on: &OnDisk, at: &dyn Fn(i64) -> String) -> Vec<(String, Tone)> {
    let folder = on.folder.as_deref().unwrap_or("its folder is not named");
    let bytes = match (on.used, on.allocated) {
        (Some(used), Some(allocated)) => format!(", {} of {}", size(used), size(allocated)),
        _ => String::new(),
    };
    let mut lines = vec![(format!("{}: {folder}{bytes}", on.node), Tone::Text)];
    if let Some(error) = &on.error {
        lines.push((format!("{}: {error}", on.node), Tone::Warn));
    }
    let seconds = |took: f64| ms(took * 1000.0);
    for (word, level) in [("write", on.write_check), ("read", on.read_check)] {
        if let Some(words) = level_words(level, &seconds, at) {
            lines.push((format!("{}: its own {word} check {words}", on.node), Tone::Text));
        }
    }
    lines
}

fn smart_line(disk: &HostDisk) -> Option<(String, Tone)> {
    if let Some(error) = &disk.smart_error {
        return Some((format!("health: {error}"), Tone::Muted));
    }
    let smart = disk.smart.as_ref()?;
    let (word, tone) = disks::health(disk).unwrap_or(("?".to_owned(), Tone::Muted));
    let mut words = vec![format!("health: {word}")];
    words.extend(smart.model.clone());
    words.extend(smart.temperature.map(|degrees| format!("{degrees} °C")));
    words.extend(smart.reallocated.map(|count| format!("{count} sectors replaced")));
    words.extend(smart.pending.map(|count| format!("{count} unreadable")));
    words.extend(smart.used_percent.map(|share| format!("{share} % worn")));
    words.extend(
        smart
            .hours
            .map(|hours| format!("ran {}", number::age(hours.saturating_mul(3600)))),
    );
    Some((words.join(" · "), tone))
}
