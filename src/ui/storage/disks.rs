//! The disks below nodes' data: what is promised on them, how busy they are, how fast they answer. A table where there
//! is room, else two lines about the disk of the node that is shown.

use crate::api::disks::{HostDisk, Level, OnDisk};
use crate::ui::look::Tone;
use crate::ui::number::{self, Scale, size};
use crate::ui::shared::Shared;
use crate::ui::table::{Cell, Column, Row, Table, TableState};

/// A request takes so long where something is wrong, ms; a test of the folder, s.
pub(super) const SLOW_MS: f64 = 1_000.0;
const SLOW_CHECK_S: f64 = 10.0;

/// The block's state.
pub(super) struct Disks {
    pub(super) table: Table,
    pub(super) state: TableState,
    pub(super) told: Vec<HostDisk>,
    stamp: String,
}

impl Default for Disks {
    fn default() -> Self {
        Self {
            table: Table::new(Vec::new(), Vec::new()),
            state: TableState::default(),
            told: Vec::new(),
            stamp: String::new(),
        }
    }
}

impl Disks {
    /// Takes what was answered; `stamp` tells answers apart.
    pub(super) fn take(&mut self, told: Option<&[HostDisk]>, stamp: String, shared: &Shared) {
        if stamp == self.stamp {
            return;
        }
        self.stamp = stamp;
        self.told = told.unwrap_or_default().to_vec();
        self.table = table(&self.told, shared);
        self.state.update(&self.table);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.told.is_empty()
    }

    /// The disk of a row.
    pub(super) fn of_key(&self, wanted: &str) -> Option<&HostDisk> {
        self.told.iter().find(|disk| key(disk) == wanted)
    }

    /// The disk a node lies on.
    pub(super) fn of_node(&self, node: &str) -> Option<&HostDisk> {
        self.told
            .iter()
            .find(|disk| disk.nodes.iter().any(|on| on.node == node))
    }

    /// The one under the cursor.
    pub(super) fn selected(&self) -> Option<&HostDisk> {
        self.of_key(self.state.selected()?.as_str())
    }
}

/// What tells rows apart; no node is called so.
pub(super) fn key(disk: &HostDisk) -> String {
    let nodes = disk.nodes.first().map_or("", |on| on.node.as_str());
    format!("disk\t{}", disk.name.as_deref().unwrap_or(nodes))
}

/// `/dev/sdb1` → `sdb1`.
pub(super) fn short(disk: &HostDisk) -> Option<String> {
    let name = disk.name.as_deref()?;
    let bare = name.strip_prefix("/dev/").unwrap_or(name);
    Some(bare.strip_prefix("mapper/").unwrap_or(bare).to_owned())
}

pub(super) fn nodes(disk: &HostDisk) -> String {
    let names: Vec<&str> = disk.nodes.iter().map(|on| on.node.as_str()).collect();
    names.join(" + ")
}

pub(super) fn ms(value: f64) -> String {
    number::duration(value.max(0.0).round() as u64)
}

/// The slowest of a disk's nodes, as their own tests tell.
pub(super) fn slowest(disk: &HostDisk, of: fn(&OnDisk) -> Level) -> Option<(&str, Level)> {
    let known = disk.nodes.iter().map(|on| (on.node.as_str(), of(on)));
    let known = known.filter(|(_, level)| level.now.is_some() || level.usual.is_some());
    known.max_by(|a, b| a.1.now.unwrap_or(0.0).total_cmp(&b.1.now.unwrap_or(0.0)))
}

/// Whether something is wrong with it.
pub(super) fn weight(disk: &HostDisk) -> Tone {
    let slow = disk.await_ms.now.is_some_and(|ms| ms >= SLOW_MS);
    let checks = disk.nodes.iter().flat_map(|on| [on.read_check.now, on.write_check.now]);
    let slow = slow || checks.flatten().any(|took| took >= SLOW_CHECK_S);
    let over = disk
        .promised
        .zip(disk.size)
        .is_some_and(|(promised, size)| promised > size);
    let smart = disk.smart.as_ref();
    let worn = smart.is_some_and(|smart| smart.pending.unwrap_or(0) + smart.uncorrectable.unwrap_or(0) > 0);
    match () {
        () if disk.read_only == Some(true) || smart.is_some_and(|smart| smart.passed == Some(false)) => Tone::Bad,
        () if slow || over || worn => Tone::Warn,
        () if disk.name.is_none() => Tone::Muted,
        () => Tone::Good,
    }
}

/// `compact`, `used space`, as they run.
pub(super) fn jobs(disk: &HostDisk) -> String {
    let mut words: Vec<String> = disk.jobs.iter().map(|doing| doing.job.replace('_', " ")).collect();
    words.sort();
    words.dedup();
    words.join(", ")
}

/// What it says of its health, in a word or two.
pub(super) fn health(disk: &HostDisk) -> Option<(String, Tone)> {
    let smart = disk.smart.as_ref()?;
    let broken = smart.pending.unwrap_or(0) + smart.uncorrectable.unwrap_or(0);
    Some(match (smart.passed, broken) {
        (Some(false), _) => ("fails".to_owned(), Tone::Bad),
        (_, 1..) => (format!("{broken} bad sectors"), Tone::Warn),
        (Some(true), _) => ("ok".to_owned(), Tone::Text),
        (None, _) => return None,
    })
}

fn level(value: Option<f64>, slow: f64, text: impl Fn(f64) -> String) -> Cell {
    value.map_or(Cell::unknown(), |value| {
        let tone = if value >= slow { Tone::Warn } else { Tone::Text };
        Cell::number(text(value), value).tone(tone)
    })
}

fn worst(worst: Option<(f64, i64)>, slow: f64, text: impl Fn(f64) -> String, shared: &Shared) -> Cell {
    worst.map_or(Cell::unknown(), |(value, at)| {
        let tone = if value >= slow { Tone::Warn } else { Tone::Text };
        Cell::number(format!("{} {}", text(value), number::minute(at, &shared.zone)), value).tone(tone)
    })
}

fn table(disks: &[HostDisk], shared: &Shared) -> Table {
    let scale = Scale::of(
        disks
            .iter()
            .flat_map(|disk| [disk.size, disk.free, disk.promised])
            .flatten(),
    );
    let growth = Scale::of(disks.iter().filter_map(|disk| disk.growth_per_day));
    let columns = vec![
        Column::text("disk", "DISK").bounds(3, 16),
        Column::text("nodes", "NODES").flexible(8).bounds(5, 30),
        Column::number("size", "SIZE").unit(scale.unit()),
        Column::number("promised", "PROMISED").short("PROM").priority(5),
        Column::number("free", "FREE").priority(1),
        Column::number("growth", "GROWTH")
            .unit(format!("{}/d", growth.unit()))
            .priority(8),
        Column::number("full", "FULL IN").priority(7),
        Column::number("busy", "BUSY").short("BUSY %").unit("%").priority(2),
        Column::number("await", "AWAIT"),
        Column::number("await_usual", "USUAL").priority(4),
        Column::number("await_worst", "WORST 24 h").short("WORST").priority(6),
        Column::number("write_check", "WRITE CHECK").short("CHECK").priority(1),
        Column::number("write_usual", "USUAL").priority(9),
        Column::number("write_worst", "WORST 24 h").short("WORST").priority(10),
        Column::number("read_check", "READ CHECK").short("READ").priority(11),
        Column::number("read", "READS").priority(13),
        Column::number("write", "WRITES").priority(12),
        Column::text("jobs", "BUSY WITH").bounds(4, 24).priority(4),
        Column::text("health", "HEALTH").priority(9),
    ];
    let rows = disks.iter().map(|disk| row(disk, (&scale, &growth), shared)).collect();
    Table::new(columns, rows).one_line()
}

fn row(disk: &HostDisk, (scale, growth): (&Scale, &Scale), shared: &Shared) -> Row {
    let glyphs = &shared.theme.glyphs;
    let tone = weight(disk);
    let sign = match tone {
        Tone::Bad => glyphs.critical,
        Tone::Warn => glyphs.warning,
        Tone::Muted => glyphs.unknown,
        _ => glyphs.good,
    };
    let bytes =
        |bytes: Option<u64>| bytes.map_or(Cell::unknown(), |bytes| Cell::number(scale.text(bytes), bytes as f64));
    let over = disk
        .promised
        .zip(disk.size)
        .is_some_and(|(promised, size)| promised > size);
    let promised = bytes(disk.promised);
    let seconds = |took: f64| ms(took * 1000.0);
    let write = slowest(disk, |on| on.write_check)
        .map(|(_, level)| level)
        .unwrap_or_default();
    let read = slowest(disk, |on| on.read_check)
        .map(|(_, level)| level)
        .unwrap_or_default();
    let rate = |level: Level| {
        level.now.map_or(Cell::unknown(), |rate| {
            Cell::number(number::rate(rate.round() as i64), rate)
        })
    };
    let cells = vec![
        short(disk).map_or(Cell::unknown(), Cell::text),
        Cell::text(nodes(disk)),
        bytes(disk.size),
        if over { promised.tone(Tone::Warn) } else { promised },
        bytes(disk.free),
        disk.growth_per_day.map_or(Cell::unknown(), |bytes| {
            Cell::number(number::change(&growth.text(bytes)), bytes as f64)
        }),
        match (disk.full_in_days, disk.growth_per_day) {
            (Some(days), _) => Cell::number(super::facts::days(days), days),
            (None, Some(_)) => Cell::absent(),
            (None, None) => Cell::unknown(),
        },
        level(disk.busy.now, 2.0, |share| format!("{:.0}", share * 100.0)),
        level(disk.await_ms.now, SLOW_MS, ms),
        level(disk.await_ms.usual, SLOW_MS, ms),
        worst(disk.await_ms.worst, SLOW_MS, ms, shared),
        level(write.now, SLOW_CHECK_S, seconds),
        level(write.usual, SLOW_CHECK_S, seconds),
        worst(write.worst, SLOW_CHECK_S, seconds, shared),
        level(read.now, SLOW_CHECK_S, seconds),
        rate(disk.read),
        rate(disk.write),
        match jobs(disk) {
            words if words.is_empty() => Cell::absent(),
            words => Cell::text(words),
        },
        health(disk).map_or(Cell::unknown(), |(text, tone)| Cell::text(text).tone(tone)),
    ];
    Row::new(key(disk), cells).mark(sign, tone)
}

/// `4.00 TB + 6.00 TB promised of 12.0 TB: fits`.
pub(super) fn promised_words(disk: &HostDisk) -> String {
    let parts: Option<Vec<String>> = disk.nodes.iter().map(|on| on.allocated.map(size)).collect();
    let of = disk.size.map_or(String::new(), |all| format!(" of {}", size(all)));
    let fits = match disk.promised.zip(disk.size) {
        Some((promised, size)) if promised > size => ": too much",
        Some(_) => ": fits",
        None => "",
    };
    match parts {
        Some(parts) if !parts.is_empty() => format!("{} promised{of}{fits}", parts.join(" + ")),
        _ => of.trim().to_owned(),
    }
}

/// How it does, in one line.
pub(super) fn state_words(disk: &HostDisk) -> String {
    let mut words = Vec::new();
    if disk.read_only == Some(true) {
        words.push("read-only".to_owned());
    }
    if let Some(await_ms) = disk.await_ms.now {
        words.push(format!("a request {}", ms(await_ms)));
    }
    if let Some(busy) = disk.busy.now {
        words.push(format!("busy {:.0} %", busy * 100.0));
    }
    let check = |of| slowest(disk, of).and_then(|(node, level)| Some((node, level.now?)));
    let several = disk.nodes.len() > 1;
    let checked = |word: &str, (node, took): (&str, f64)| {
        let node = if several { format!(" {node}") } else { String::new() };
        format!("{word} check{node} {} of 60 s", ms(took * 1000.0))
    };
    words.extend(check(|on| on.write_check).map(|told| checked("write", told)));
    // Reading is seldom the slower one.
    let read = check(|on| on.read_check).filter(|(_, took)| *took >= SLOW_CHECK_S);
    words.extend(read.map(|told| checked("read", told)));
    if let Some((all, free)) = disk.size.zip(disk.free) {
        words.push(format!("{} free", size(free.min(all))));
    }
    if let Some(growth) = disk.growth_per_day {
        let full = disk
            .full_in_days
            .map_or(String::new(), |days| format!(", {}", super::facts::days(days)));
        words.push(format!("{} a day{full}", number::change(&size(growth))));
    }
    words.join(" · ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_promised_is_said_whole_or_not_at_all() {
        let on = |allocated: Option<u64>| OnDisk {
            allocated,
            ..OnDisk::default()
        };
        let mut disk = HostDisk {
            size: Some(12_000_000_000_000),
            promised: Some(10_000_000_000_000),
            nodes: vec![on(Some(4_000_000_000_000)), on(Some(6_000_000_000_000))],
            ..HostDisk::default()
        };
        assert_eq!(promised_words(&disk), "4.00 TB + 6.00 TB promised of 12.0 TB: fits");
        disk.size = Some(9_000_000_000_000);
        assert!(promised_words(&disk).ends_with("of 9.00 TB: too much"));
        assert_eq!(weight(&disk), Tone::Warn);
        disk.nodes[1].allocated = None;
        disk.promised = None;
        assert_eq!(promised_words(&disk), "of 9.00 TB");
    }
}
