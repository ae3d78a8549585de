//! What the figures of a disk are: who says so, how old it is, what follows.

use super::disk_block::level_words;
use super::disks::{self, ms};
use crate::api::disks::{HostDisk, Level, OnDisk};
use crate::ui::explain::{Explained, Fact};
use crate::ui::number::{self, size};
use crate::ui::shared::Shared;

const STATS: &str = "/proc/diskstats";
const METRICS: &str = "the node's /metrics";

struct Facts<'a> {
    disk: &'a HostDisk,
    shared: &'a Shared,
}

/// Title, facts, words.
type Parts = (&'static str, Vec<Fact>, &'static str);

/// A figure of a disk; `None`: there is nothing to say of it.
pub(super) fn explained(disk: &HostDisk, what: &str, shared: &Shared) -> Option<Explained> {
    let facts = Facts { disk, shared };
    let (title, list, words) = match what {
        "disk" | "nodes" | "size" | "free" => facts.room(),
        "promised" => facts.promised(),
        "growth" | "full" => facts.growth(),
        "busy" => (
            "how busy it is",
            facts.level(disk.busy, &|share| format!("{:.0} %", share * 100.0), STATS),
            "The share of the time in which a request ran. At 100 % a single disk is at its limit; an SSD or a RAID is not \
             yet. What nodes do on it stands under BUSY WITH.",
        ),
        "await" | "await_usual" | "await_worst" => (
            "how long a request takes",
            facts.level(disk.await_ms, &ms, STATS),
            "Waiting in the queue included. Some 10 ms are usual on a hard disk, some 100 ms when a walk or a compaction \
             runs. Over a second for minutes is a warning, over ten is critical: audits time out.",
        ),
        "write_check" | "write_usual" | "write_worst" => facts.check("write", |on| on.write_check),
        "read_check" => facts.check("read", |on| on.read_check),
        "read" | "write" => (
            "what it moves",
            [("reads", disk.read), ("writes", disk.write)]
                .iter()
                .flat_map(|(word, level)| facts.named(word, *level, &|rate| number::rate(rate.round() as i64), STATS))
                .collect(),
            "Bytes that really reach the disk: what the system has in memory is not read from it.",
        ),
        "jobs" => facts.jobs(),
        "health" => facts.health(),
        _ => return None,
    };
    let name = disks::short(disk).unwrap_or_else(|| disks::nodes(disk));
    Some(Explained {
        title: format!("{name}: {title}"),
        sum: String::new(),
        facts: list,
        words: vec![words.to_owned()],
    })
}

impl Facts<'_> {
    fn fact(&self, what: &str, value: String, from: &str) -> Fact {
        Fact::new(what, value, from).since(self.disk.seen_ms, self.shared.now_ms)
    }

    fn room(&self) -> Parts {
        let disk = self.disk;
        let text = |text: &Option<String>| text.clone().unwrap_or_else(|| "?".to_owned());
        let list = vec![
            self.fact("what it is", text(&disk.name), "/proc/self/mountinfo"),
            self.fact("mounted at", text(&disk.mount), "/proc/self/mountinfo"),
            self.fact("kind", text(&disk.fs), "/proc/self/mountinfo"),
            self.fact("size", number::known(disk.size, size), "the file system"),
            self.fact("free", number::known(disk.free, size), "the file system"),
            self.fact("counters of", text(&disk.device), STATS),
        ];
        (
            "a disk of this host",
            list,
            "Found by the data folder that the configuration names. Nodes on one file system share it: all of them stand \
             here. Where a file system has no disk of its own (zfs, overlay, network) what it does is unknown.",
        )
    }

    fn promised(&self) -> Parts {
        let nodes = self.disk.nodes.iter();
        let list = nodes.map(|on| Fact::new(&on.node, number::known(on.allocated, size), "the node's API"));
        let all = self.fact("size", number::known(self.disk.size, size), "the file system");
        (
            "what its nodes may use",
            list.chain([all]).collect(),
            "If it is more than the disk holds, it is full before the nodes think so: lower their allocation. Compaction \
             needs room, too: leave some.",
        )
    }

    fn growth(&self) -> Parts {
        let disk = self.disk;
        let growth = number::known(disk.growth_per_day, |bytes| number::change(&size(bytes)));
        (
            "when it is full",
            vec![
                self.fact("free", number::known(disk.free, size), "the file system"),
                Fact::new("growth a day", growth, "computed from free space, hour by hour"),
            ],
            "Everything on it counts, whoever writes it. Nodes stop uploads before, at their allocation.",
        )
    }

    fn named(&self, what: &str, level: Level, text: &dyn Fn(f64) -> String, from: &str) -> Vec<Fact> {
        let at = |ms: i64| number::minute(ms, &self.shared.zone);
        let words = level_words(level, text, &at);
        vec![self.fact(what, words.unwrap_or_else(|| "?".to_owned()), from)]
    }

    fn level(&self, level: Level, text: &dyn Fn(f64) -> String, from: &str) -> Vec<Fact> {
        let worst = level
            .worst
            .map(|(value, at)| format!("{}, {}", text(value), number::minute(at, &self.shared.zone)));
        vec![
            self.fact("now", number::known(level.now, text), from),
            Fact::new("usual", number::known(level.usual, text), "the middle of 24 hours"),
            Fact::new("at worst", number::known(worst, |worst| worst), "24 hours"),
        ]
    }

    fn check(&self, word: &str, of: fn(&OnDisk) -> Level) -> Parts {
        let at = |ms: i64| number::minute(ms, &self.shared.zone);
        let seconds = |took: f64| ms(took * 1000.0);
        let nodes = self.disk.nodes.iter().map(|on| {
            let words = level_words(of(on), &seconds, &at).unwrap_or_else(|| "?".to_owned());
            Fact::new(&on.node, words, METRICS)
        });
        let title = if word == "write" {
            "the node's own write check"
        } else {
            "the node's own read check"
        };
        (
            title,
            nodes.collect(),
            "Every few minutes the node tests whether its folder can be read and written, and stops itself when a test takes \
             60 s. It is known only where the configuration names the node's debug endpoint (metrics). It does not \
             look at pieces: a lost blobs folder passes.",
        )
    }

    fn jobs(&self) -> Parts {
        let jobs = self.disk.jobs.iter().map(|doing| {
            let since = doing
                .since_ms
                .map_or(String::new(), |ms| number::minute(ms, &self.shared.zone));
            let value = format!("{} {since}", doing.job.replace('_', " "));
            Fact::new(&doing.node, value.trim().to_owned(), "the node's log")
        });
        (
            "what nodes do on it",
            jobs.collect(),
            "Work of the nodes themselves that has begun and not ended. Two compactions at once on one disk slow each other \
             down.",
        )
    }

    fn health(&self) -> Parts {
        let smart = self.disk.smart.clone().unwrap_or_default();
        let fact = |what: &str, value: Option<String>| {
            let value = value.unwrap_or_else(|| "?".to_owned());
            Fact::new(what, value, "smartctl -j -a").since(self.disk.smart_ms, self.shared.now_ms)
        };
        let count = |value: Option<u64>| value.map(number::count);
        let mut list = vec![
            fact(
                "goes on",
                smart.passed.map(|passed| if passed { "yes" } else { "no" }.to_owned()),
            ),
            fact("temperature", smart.temperature.map(|degrees| format!("{degrees} °C"))),
            fact("sectors replaced", count(smart.reallocated)),
            fact("sectors unreadable", count(smart.pending)),
            fact("sectors lost", count(smart.uncorrectable)),
            fact("worn", smart.used_percent.map(|share| format!("{share} %"))),
            fact("hours it ran", count(smart.hours)),
        ];
        if let Some(error) = &self.disk.smart_error {
            list.push(fact("it did not say", Some(error.clone())));
        }
        (
            "what it says of its health",
            list,
            "Asked each half hour, only when the configuration says so: [host] smart = true. Sectors that cannot be read are \
             pieces that fail their audit.",
        )
    }
}
