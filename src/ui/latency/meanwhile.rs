//! What is known of nodes whose logs tell no durations: how fast their disks answer, by their host and by their own
//! tests.

use super::{Latency, facts, tables};
use crate::api::disks::{HostDisk, Level, OnDisk};
use crate::api::latency::NodeLatency;
use crate::ui::explain::{Explained, Fact};
use crate::ui::look::Tone;
use crate::ui::number;
use crate::ui::shared::Shared;
use crate::ui::table::{Cell, Column, Row, Table};

/// A test of the disk that takes so long is slow (s), and one that takes so long and twice its usual.
const SLOW_CHECK_S: f64 = 10.0;
const LONG_CHECK_S: f64 = 1.0;
/// A request that takes so long is slow (ms).
const SLOW_AWAIT_MS: f64 = 1000.0;

/// A node's disk, and it on the disk.
fn of<'a>(name: &str, disks: Option<&'a [HostDisk]>) -> Option<(&'a HostDisk, &'a OnDisk)> {
    let mut all = disks?
        .iter()
        .flat_map(|disk| disk.nodes.iter().map(move |on| (disk, on)));
    all.find(|(_, on)| on.node == name)
}

/// The slower one of its two tests.
fn check(on: &OnDisk) -> Level {
    let (read, write) = (on.read_check, on.write_check);
    match read.now.unwrap_or(-1.0) > write.now.unwrap_or(-1.0) {
        true => read,
        false => write,
    }
}

fn is_slow(check: Level) -> bool {
    let Some(now) = check.now else { return false };
    now >= SLOW_CHECK_S || now >= LONG_CHECK_S && check.usual.is_some_and(|usual| now >= usual * 2.0)
}

fn ms(value: f64) -> String {
    match value {
        ..1.0 => "<1 ms".to_owned(),
        value => number::duration(value.round() as u64),
    }
}

/// A duration (ms); what is slow is marked.
fn timed(value: f64, slow: bool) -> Cell {
    match slow {
        true => Cell::number(format!("{}!", ms(value)), value).tone(Tone::Warn),
        false => Cell::number(ms(value), value),
    }
}

fn check_cell(told: Option<(&HostDisk, &OnDisk)>) -> Cell {
    let check = told.map(|(_, on)| check(on)).unwrap_or_default();
    check
        .now
        .map_or(Cell::unknown(), |took| timed(took * 1000.0, is_slow(check)))
}

fn await_cell(told: Option<(&HostDisk, &OnDisk)>) -> Cell {
    match told {
        // This type of file system counts nothing.
        Some((disk, _)) if disk.name.is_some() && disk.device.is_none() => Cell::absent(),
        Some((disk, _)) => {
            let known = disk.await_ms.now;
            known.map_or(Cell::unknown(), |ms| timed(ms, ms >= SLOW_AWAIT_MS))
        }
        None => Cell::unknown(),
    }
}

/// Who says so, and how old it is.
fn source(told: Option<(&HostDisk, &OnDisk)>, shared: &Shared) -> (String, Tone) {
    let at_ms = shared.moment().map_or(shared.now_ms, |second| second * 1000);
    let age = |ms: i64| number::age(((at_ms - ms).max(0) / 1000).unsigned_abs());
    let checked = told.and_then(|(_, on)| on.checked_ms);
    let seen = told.and_then(|(disk, _)| disk.seen_ms.filter(|_| disk.name.is_some()));
    let mut parts = Vec::new();
    parts.extend(checked.map(|ms| format!("/metrics {} ago", age(ms))));
    parts.extend(seen.map(|ms| format!("host {} ago", age(ms))));
    if parts.is_empty() {
        return ("i: what to set".to_owned(), Tone::Muted);
    }
    (parts.join(", "), Tone::Muted)
}

/// Audits that began and did not end, by counters.
fn audits(name: &str, shared: &Shared) -> Cell {
    let node = shared.nodes().iter().find(|node| node.name == name);
    let Some(told) = node.and_then(|node| node.pending_audits.as_ref()) else {
        return Cell::unknown();
    };
    let oldest = told.oldest_s.filter(|_| told.count > 0);
    let age = oldest.map_or(String::new(), |s| format!(", {}", number::age(s.max(0).unsigned_abs())));
    let cell = Cell::number(format!("{}{age}", number::count(told.count)), told.count as f64);
    match oldest.is_some_and(|s| s * 1000 >= facts::AUDIT_LATE_MS) {
        true => cell.tone(Tone::Warn),
        false => cell,
    }
}

/// The table.
pub(super) fn table(told: &[NodeLatency], disks: Option<&[HostDisk]>, shared: &Shared) -> Table {
    let mut ranked = tables::ranked(told, shared);
    // The slowest disk first; who tells nothing last.
    let took = |node: &NodeLatency| of(&node.node, disks).and_then(|(_, on)| check(on).now).unwrap_or(-1.0);
    ranked.sort_by(|a, b| took(b).total_cmp(&took(a)));
    let columns = vec![
        Column::text("node", "NODE").bounds(4, 20),
        Column::number("check", "DISK CHECK").short("CHECK"),
        Column::number("await", "REQUEST").short("DISK").priority(3),
        Column::number("won", "WON").short("WON %").unit("%").priority(1),
        Column::number("uploads", "UPLOADS/h").short("UP/h").priority(4),
        Column::number("audits", "AUDITS OPEN").short("AUDITS").priority(5),
        Column::number("flight", "IN FLIGHT").short("NOW").priority(8),
        Column::number("lines", "LINES/d").priority(7),
        Column::text("source", "DISK SAYS").bounds(4, 40).priority(2),
    ];
    let row = |node: &&NodeLatency| {
        let log = node.log.clone().unwrap_or_default();
        let hourly = super::blind::of_a_day(log.uploads, &log) / 24;
        let lines = super::blind::of_a_day(log.lines, &log);
        let on = of(&node.node, disks);
        let (words, tone) = source(on, shared);
        let cells = vec![
            Cell::text(node.node.clone()),
            check_cell(on),
            await_cell(on),
            tables::won(&[log.won, log.lost, log.failed_uploads, 0]),
            Cell::number(number::count(hourly), hourly as f64),
            audits(&node.node, shared),
            tables::flight(tables::running(&node.node, shared), "PUT", shared)[0].clone(),
            Cell::number(number::count(lines), lines as f64),
            Cell::text(words).tone(tone),
        ];
        let row = Row::new(node.node.as_str(), cells);
        match on.is_some_and(|(_, on)| is_slow(check(on))) {
            true => row.mark(shared.theme.glyphs.warning, Tone::Warn),
            false => row,
        }
    };
    Table::new(columns, ranked.iter().map(row).collect())
        .empty("no node is configured, nor was one found on this host")
        .one_line()
}

impl Latency {
    /// What is known of a node's disk, and from whom.
    pub(super) fn of_check(&self, node: &str, shared: &Shared) -> Option<Explained> {
        let on = of(node, self.disks(shared));
        let mut facts = Vec::new();
        if let Some((disk, on)) = on {
            for (what, level) in [("read check", on.read_check), ("write check", on.write_check)] {
                if let Some(took) = level.now {
                    facts
                        .push(Fact::new(what, ms(took * 1000.0), "node, /metrics").since(on.checked_ms, shared.now_ms));
                }
                if let Some((took, at)) = level.worst {
                    let when = number::moment(at, shared.now_ms, &shared.zone);
                    let text = format!("{} at {when}", ms(took * 1000.0));
                    facts.push(Fact::new("  worst of 24 h", text, "node, /metrics"));
                }
            }
            if let Some(took) = disk.await_ms.now {
                facts.push(Fact::new("a request", ms(took), "host").since(disk.seen_ms, shared.now_ms));
            }
            if let Some(busy) = disk.busy.now {
                facts.push(Fact::new("busy", format!("{:.0} %", busy * 100.0), "host"));
            }
            if let Some(why) = &on.error {
                facts.push(Fact::new("disk", why.clone(), "host"));
            }
        }
        let words = [
            "The node tests each minute whether it can read and write its folder, and stops itself when a test takes \
             longer than a minute. How long the last one took its debug endpoint tells: set debug.addr in the node's \
             config.yaml, and metrics = \"HOST:PORT\" here.",
            "How long a request to the disk takes is counted by the host the collector runs on: set data = \"FOLDER\". \
             File systems without a disk of their own (NFS, overlay) count nothing: `–`.",
            "Neither is how long a transfer takes.",
        ];
        Some(Explained {
            title: format!("{node}: how fast its disk answers"),
            sum: String::new(),
            facts,
            words: words.map(str::to_owned).to_vec(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slower_test_counts_and_slow_is_slow_by_itself_or_against_its_usual() {
        let level = |now: Option<f64>, usual: Option<f64>| Level {
            now,
            usual,
            worst: None,
        };
        let on = OnDisk {
            read_check: level(Some(0.2), Some(0.1)),
            write_check: level(Some(4.8), Some(0.3)),
            ..OnDisk::default()
        };
        assert_eq!(check(&on).now, Some(4.8));
        assert!(is_slow(check(&on)));
        for (now, usual, slow) in [
            (None, None, false),
            (Some(0.9), Some(0.1), false),
            (Some(4.8), Some(4.0), false),
            (Some(4.8), None, false),
            (Some(10.0), Some(10.0), true),
        ] {
            assert_eq!(is_slow(level(now, usual)), slow, "{now:?} {usual:?}");
        }
        assert_eq!(timed(4800.0, true).text, "4.8 s!");
    }
}
