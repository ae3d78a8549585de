//! What surrounds a node: audits that wait, the disk below its data.

use super::{Evidence, Findings, span};
use crate::domain::health::{Rule, State};
use crate::domain::host::{Room, Smart};

/// What is known of it.
#[derive(Debug, Clone, Default)]
pub struct Host {
    /// Audits in flight.
    pub waiting: Option<WaitingAudits>,
    /// Seconds the node's last tests of its storage folder took: read, write.
    pub checks: (Option<f64>, Option<f64>),
    /// The disk of its data.
    pub disk: Option<DiskSeen>,
}

/// Audits in flight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WaitingAudits {
    /// How many.
    pub count: u64,
    /// How long the oldest waits, ms.
    pub oldest_ms: Option<i64>,
    /// It waits longer, perhaps.
    pub at_least: bool,
}

/// A disk of this host.
#[derive(Debug, Clone, Default)]
pub struct DiskSeen {
    /// As the system calls it.
    pub name: String,
    /// Where it is mounted.
    pub mount: String,
    /// Whether nothing can be written.
    pub read_only: bool,
    /// What it holds.
    pub room: Option<Room>,
    /// What nodes on it may use together, bytes; `None`: one of them did not say.
    pub promised: Option<u64>,
    /// How many nodes lie on it.
    pub nodes: usize,
    /// What the node believes it may still take.
    pub believed: Option<u64>,
    /// ms a request took, the middle of the last minutes; `None`: too few looks.
    pub await_ms: Option<f64>,
    /// Nodes on it that compact now, if there are several.
    pub compacting: Vec<String>,
    /// What it says of its health.
    pub smart: Option<Smart>,
}

/// Satellites give up on an audit after five minutes.
const WAITS_MS: i64 = 60_000;
const WAITS_LONG_MS: i64 = 180_000;
/// The node stops itself when a test takes 60 s.
const CHECK_S: f64 = 10.0;
const CHECK_LONG_S: f64 = 30.0;
/// A disk at its limit answers in some hundred ms.
const AWAIT_MS: f64 = 1_000.0;
const AWAIT_LONG_MS: f64 = 10_000.0;
/// Root's share and a look some seconds apart make no difference to speak of.
const SAME_BYTES: u64 = 2_000_000_000;

pub(super) fn judge(found: &mut Findings, evidence: &Evidence) {
    let host = &evidence.host;
    if let Some(waits) = host.waiting {
        judge_waiting(found, waits);
    }
    judge_checks(found, host);
    if let Some(disk) = &host.disk {
        judge_disk(found, disk);
        judge_room(found, disk);
        if let Some(smart) = &disk.smart {
            judge_smart(found, disk, smart);
        }
    }
}

fn judge_waiting(found: &mut Findings, waits: WaitingAudits) {
    let Some(age) = waits.oldest_ms.filter(|age| *age >= WAITS_MS) else {
        return;
    };
    let state = if age >= WAITS_LONG_MS {
        State::Critical
    } else {
        State::Warning
    };
    let least = if waits.at_least { "at least " } else { "" };
    let who = match waits.count {
        0 | 1 => "an audit has waited".to_owned(),
        n => format!("{n} audits wait, the oldest"),
    };
    let text = format!(
        "{who} for {least}{}: the satellite gives up at 5 min and counts it against the node; is its disk hung or overloaded?",
        span(age)
    );
    found.say(state, Rule::AuditsWait, text);
}

fn judge_checks(found: &mut Findings, host: &Host) {
    for (word, took) in [("read", host.checks.0), ("write", host.checks.1)] {
        if let Some(took) = took.filter(|took| *took >= CHECK_S) {
            let state = if took >= CHECK_LONG_S {
                State::Critical
            } else {
                State::Warning
            };
            let text = format!(
                "its own {word} test of its storage folder took {took:.1} s: the node stops itself at 60 s; its disk is overloaded or dying"
            );
            found.say(state, Rule::DiskSlow, text);
        }
    }
}

fn judge_disk(found: &mut Findings, disk: &DiskSeen) {
    let (name, mount) = (&disk.name, &disk.mount);
    if disk.read_only {
        let text = format!(
            "its disk {name} ({mount}) is read-only: the system found errors on it, or it is mounted so; see dmesg, then fsck"
        );
        found.say(State::Critical, Rule::ReadOnly, text);
    }
    if let Some(ms) = disk.await_ms.filter(|ms| *ms >= AWAIT_MS) {
        let state = if ms >= AWAIT_LONG_MS {
            State::Critical
        } else {
            State::Warning
        };
        let text = format!(
            "a request to its disk {name} took {:.1} s for minutes: audits time out so; what else uses it?",
            ms / 1000.0
        );
        found.say(state, Rule::DiskSlow, text);
    }
    if disk.compacting.len() > 1 {
        let text = format!(
            "{} compact at once on the disk {name}: both take longer, and audits wait; nothing to do if it is seldom",
            disk.compacting.join(" and ")
        );
        found.say(State::Warning, Rule::TwoCompact, text);
    }
}

fn judge_room(found: &mut Findings, disk: &DiskSeen) {
    let Some(room) = disk.room else { return };
    let name = &disk.name;
    if let Some(believed) = disk.believed
        && believed.saturating_sub(room.free) > SAME_BYTES.max(room.size / 100)
    {
        let text = format!(
            "it believes {} to be free, its disk {name} has {}: something else fills it; lower its allocation",
            bytes(believed),
            bytes(room.free)
        );
        found.say(State::Warning, Rule::DiskShort, text);
    }
    if let Some(promised) = disk.promised.filter(|promised| *promised > room.size) {
        let who = if disk.nodes > 1 { "its nodes" } else { "the node" };
        let text = format!(
            "{who} may use {} of the disk {name}, which holds {}: lower the allocation",
            bytes(promised),
            bytes(room.size)
        );
        found.say(State::Warning, Rule::Promised, text);
    }
}

fn judge_smart(found: &mut Findings, disk: &DiskSeen, smart: &Smart) {
    let name = &disk.name;
    if smart.passed == Some(false) {
        let text = format!("its disk {name} says that it fails (SMART): move the data while it still can be read");
        found.say(State::Critical, Rule::DiskFails, text);
        return;
    }
    let broken = [
        (smart.pending, "sectors that cannot be read"),
        (smart.uncorrectable, "sectors that are lost"),
    ];
    let broken = broken
        .iter()
        .find_map(|(count, what)| Some((count.filter(|count| *count > 0)?, *what)));
    if let Some((count, what)) = broken {
        let text =
            format!("its disk {name} has {count} {what} (SMART): audits of pieces there fail; plan to replace it");
        found.say(State::Warning, Rule::DiskFails, text);
    }
}

/// `1.2 TB`, `940 GB`.
fn bytes(bytes: u64) -> String {
    let gb = bytes as f64 / 1e9;
    match gb {
        1000.0.. => format!("{:.2} TB", gb / 1000.0),
        100.0.. => format!("{gb:.0} GB"),
        _ => format!("{gb:.1} GB"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(change: impl FnOnce(&mut Host, &mut DiskSeen)) -> Vec<(State, &'static str)> {
        let mut host = Host::default();
        let mut disk = DiskSeen {
            name: "sdb1".to_owned(),
            mount: "/mnt/x".to_owned(),
            room: Some(Room {
                size: 12_000_000_000_000,
                free: 2_000_000_000_000,
            }),
            promised: Some(10_000_000_000_000),
            nodes: 2,
            believed: Some(1_500_000_000_000),
            await_ms: Some(40.0),
            ..DiskSeen::default()
        };
        change(&mut host, &mut disk);
        host.disk = Some(disk);
        let mut found = Findings(Vec::new());
        let evidence = Evidence {
            host,
            ..Evidence::default()
        };
        judge(&mut found, &evidence);
        found
            .0
            .iter()
            .map(|finding| (finding.state, finding.rule.id()))
            .collect()
    }

    #[test]
    fn each_rule_has_its_limits() {
        use State::{Critical, Warning};
        let waits = |ms: i64| {
            Some(WaitingAudits {
                count: 2,
                oldest_ms: Some(ms),
                at_least: true,
            })
        };
        assert_eq!(rules(|_, _| {}), []);
        assert_eq!(rules(|host, _| host.waiting = waits(59_999)), []);
        assert_eq!(
            rules(|host, _| host.waiting = waits(60_000)),
            [(Warning, "audits_wait")]
        );
        assert_eq!(
            rules(|host, _| host.waiting = waits(180_000)),
            [(Critical, "audits_wait")]
        );
        assert_eq!(
            rules(|host, _| host.checks = (Some(9.9), Some(31.0))),
            [(Critical, "disk_slow")]
        );
        assert_eq!(rules(|_, disk| disk.read_only = true), [(Critical, "disk_read_only")]);
        assert_eq!(rules(|_, disk| disk.await_ms = Some(1500.0)), [(Warning, "disk_slow")]);
        assert_eq!(
            rules(|_, disk| disk.believed = Some(2_130_000_000_000)),
            [(Warning, "disk_short")]
        );
        assert_eq!(rules(|_, disk| disk.believed = Some(2_100_000_000_000)), []);
        assert_eq!(
            rules(|_, disk| disk.promised = Some(12_000_000_000_001)),
            [(Warning, "overpromised")]
        );
        assert_eq!(rules(|_, disk| disk.promised = None), []);
        assert_eq!(rules(|_, disk| disk.compacting = vec!["a".into()]), []);
        assert_eq!(
            rules(|_, disk| disk.compacting = vec!["a".into(), "b".into()]),
            [(Warning, "compactions")]
        );
        let smart = |passed, pending, reallocated| Smart {
            passed,
            pending,
            reallocated,
            ..Smart::default()
        };
        let of = |smart: Smart| rules(|_, disk| disk.smart = Some(smart));
        assert_eq!(of(smart(Some(false), Some(3), None)), [(Critical, "disk_fails")]);
        assert_eq!(of(smart(Some(true), Some(3), None)), [(Warning, "disk_fails")]);
        assert_eq!(
            of(smart(Some(true), Some(0), Some(8))),
            [],
            "replaced sectors are no danger by themselves"
        );
    }
}
