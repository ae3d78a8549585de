//! What surrounds a node, for its status: audits that wait, the disk below its data, its health page.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use crate::analysis::danger::host::{DiskSeen, Host, WaitingAudits};
use crate::analysis::waits::{Look, waits};
use crate::api::disks::{Around, DiskBrief, HealthPage, PendingAudits};
use crate::api::status::Api;
use crate::domain::host::{Load, Room, Smart};
use crate::domain::sample::{Answers, Told};
use crate::domain::task::{Job, State};
use crate::report::time::rfc3339;
use crate::store::host::{LookRow, ScrapeRow};
use crate::store::query::Scope;
use crate::store::{Reader, Result};
use crate::support::clock::HOUR_MS;
use crate::support::middle::median;

/// What was seen longer ago says nothing of now.
pub(super) const FRESH_MS: i64 = 180_000;
/// A disk is slow when it is so for minutes.
const SLOW_MS: i64 = 5 * 60_000;
const SLOW_LOOKS: usize = 8;

/// What is known around a node.
#[derive(Debug, Default)]
pub struct Surroundings {
    /// To be judged.
    pub host: Host,
    /// For the status.
    pub pending: Option<PendingAudits>,
    /// For the status; `None`: nobody ever looked.
    pub around: Option<Around>,
    /// Its version by its debug endpoint, if that answered lately.
    pub version: Option<String>,
}

impl Surroundings {
    /// What is known at `now_ms`. `disks`: those of other nodes, at the same time.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn of(reader: &Reader, node: &str, told: Option<&Told>, disks: &mut Disks, now_ms: i64) -> Result<Self> {
        let scrapes = reader.scrapes(node, (now_ms - HOUR_MS, now_ms + 1))?;
        let answered = reader.answered(node, now_ms)?;
        let pending = pending(reader, node, &scrapes, now_ms)?;
        let disk = disk(reader, node, told, disks, now_ms)?;
        let health = reader.health_page(node, now_ms)?.map(|page| HealthPage {
            all_healthy: page.healthy.as_ref().ok().copied(),
            since: rfc3339(page.since_ms),
            as_of: rfc3339(page.seen_ms),
            error: page.healthy.err(),
        });
        let endpoint = endpoint(&scrapes, answered.as_ref().map(|row| row.time_ms), now_ms);
        let newest = scrapes
            .iter()
            .rfind(|scrape| now_ms - scrape.time_ms <= FRESH_MS && scrape.error.is_none());
        let took = |of: fn(&ScrapeRow) -> Option<(u64, f64)>| newest.and_then(of).map(|(_, took)| took);
        let is_known = endpoint.state != "none" || health.is_some() || disk.is_some();
        let (seen, brief) = disk.unzip();
        Ok(Self {
            host: Host {
                waiting: pending.as_ref().map(|pending| WaitingAudits {
                    count: pending.count,
                    oldest_ms: pending.oldest_s.map(|s| s * 1000),
                    at_least: pending.at_least,
                }),
                checks: (took(|scrape| scrape.read), took(|scrape| scrape.write)),
                disk: seen.flatten(),
            },
            pending,
            around: is_known.then_some(Around {
                metrics: endpoint,
                health,
                disk: brief,
            }),
            version: answered
                .filter(|row| now_ms - row.time_ms <= FRESH_MS)
                .and_then(|row| row.version),
        })
    }
}

/// How the debug endpoint answers, in the words of the API.
fn endpoint(scrapes: &[ScrapeRow], last_ok_ms: Option<i64>, now_ms: i64) -> Api {
    let error = scrapes.last().and_then(|scrape| scrape.error.clone());
    let ok = scrapes
        .iter()
        .rfind(|scrape| scrape.error.is_none())
        .map(|scrape| scrape.time_ms);
    let ok = ok.max(last_ok_ms);
    let state = match (ok, &error) {
        (Some(ms), _) if now_ms - ms <= FRESH_MS => "ok",
        (_, Some(_)) => "down",
        (Some(_), None) => "stale",
        (None, None) => "none",
    };
    Api {
        state: state.to_owned(),
        last_ok_at: ok.map(rfc3339),
        error,
    }
}

/// Audits in flight: the log knows each of them, where it tells; counters know how many.
fn pending(reader: &Reader, node: &str, scrapes: &[ScrapeRow], now_ms: i64) -> Result<Option<PendingAudits>> {
    if let Some((seen_ms, waits)) = reader.waiting(node, now_ms)?
        && now_ms - seen_ms <= FRESH_MS
    {
        return Ok(Some(PendingAudits {
            count: waits.count,
            oldest_s: waits.oldest_ms.map(|begun| (seen_ms - begun).max(0) / 1000),
            at_least: false,
            source: "log".to_owned(),
            as_of: rfc3339(seen_ms),
        }));
    }
    let looks = scrapes.iter().filter_map(|scrape| {
        let (started, ended) = scrape.audits?;
        Some((scrape.time_ms, started, ended))
    });
    let looks: Vec<Look> = looks.collect();
    let Some((at_ms, ..)) = looks.last().filter(|(at_ms, ..)| now_ms - at_ms <= FRESH_MS) else {
        return Ok(None);
    };
    Ok(waits(&looks).map(|waits| PendingAudits {
        count: waits.count,
        oldest_s: waits.oldest_ms.map(|ms| ms / 1000),
        at_least: waits.oldest_ms.is_some(),
        source: "metrics".to_owned(),
        as_of: rfc3339(*at_ms),
    }))
}

/// The disk of a node's data: to be judged, if it was seen lately, and in short.
fn disk(
    reader: &Reader,
    node: &str,
    told: Option<&Told>,
    disks: &mut Disks,
    now_ms: i64,
) -> Result<Option<(Option<DiskSeen>, DiskBrief)>> {
    let Some(place) = reader.place(node, now_ms)? else {
        return Ok(None);
    };
    let (Some(disk), Some(mounted)) = (place.disk, place.mounted) else {
        return Ok(None);
    };
    let shared = disks.of(reader, disk, now_ms)?;
    let (room, await_ms) = (shared.room, shared.await_ms);
    let brief = DiskBrief {
        name: mounted.source.clone(),
        mount: mounted.mount.clone(),
        fs: mounted.fs.clone(),
        read_only: mounted.read_only,
        size: room.map(|room| room.size),
        free: room.map(|room| room.free),
        busy: shared.busy,
        await_ms: await_ms.map(|ms| (ms * 10.0).round() / 10.0),
        as_of: rfc3339(place.seen_ms),
    };
    if now_ms - place.seen_ms > FRESH_MS {
        return Ok(Some((None, brief)));
    }
    let believed = told.filter(|told| told.answers(now_ms) == Answers::Ok);
    let seen = DiskSeen {
        name: mounted.source,
        mount: mounted.mount,
        read_only: mounted.read_only,
        room,
        promised: shared.promised,
        nodes: shared.nodes,
        believed: believed.and_then(|told| told.disk?.free),
        await_ms,
        compacting: shared.compacting.clone(),
        smart: shared.smart.clone(),
    };
    Ok(Some((Some(seen), brief)))
}

/// What is the same for all nodes on a disk.
#[derive(Debug)]
struct Shared {
    room: Option<Room>,
    busy: Option<f64>,
    await_ms: Option<f64>,
    nodes: usize,
    promised: Option<u64>,
    compacting: Vec<String>,
    smart: Option<Smart>,
}

/// Disks at one time: of many nodes on one it is read once.
#[derive(Debug, Default)]
pub struct Disks(HashMap<i64, Shared>);

impl Disks {
    fn of(&mut self, reader: &Reader, disk: i64, now_ms: i64) -> Result<&Shared> {
        Ok(match self.0.entry(disk) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => place.insert(Shared::of(reader, disk, now_ms)?),
        })
    }
}

impl Shared {
    fn of(reader: &Reader, disk: i64, now_ms: i64) -> Result<Self> {
        let looks = reader.looks(disk, (now_ms - SLOW_MS, now_ms + 1))?;
        let nodes = reader.nodes_on(disk, now_ms - FRESH_MS, now_ms)?;
        let nodes: Vec<String> = nodes.into_iter().map(|on| on.node).collect();
        let smart = reader.smart(disk, now_ms)?;
        Ok(Self {
            room: looks.iter().rev().find_map(|look| look.room),
            busy: median(looks.iter().filter_map(|look| Some(look.load?.busy)).collect()),
            await_ms: slow(&looks),
            nodes: nodes.len(),
            promised: promised(reader, &nodes, now_ms)?,
            compacting: compacting(reader, &nodes, now_ms)?,
            smart: smart.and_then(|(_, told)| told.ok()),
        })
    }
}

/// The middle of what requests took, when there were enough looks with any.
fn slow(looks: &[LookRow]) -> Option<f64> {
    let awaits: Vec<f64> = looks
        .iter()
        .filter_map(|look| look.load.and_then(|load: Load| load.await_ms))
        .collect();
    median(awaits.clone()).filter(|_| awaits.len() >= SLOW_LOOKS)
}

/// What nodes may use together.
pub(super) fn promised(reader: &Reader, nodes: &[String], now_ms: i64) -> Result<Option<u64>> {
    let mut sum = 0_u64;
    for node in nodes {
        match allocated(reader, node, now_ms)? {
            Some(bytes) => sum = sum.saturating_add(bytes),
            None => return Ok(None),
        }
    }
    Ok((!nodes.is_empty()).then_some(sum))
}

/// What a node may use, by its API, else by its counters.
pub(super) fn allocated(reader: &Reader, node: &str, now_ms: i64) -> Result<Option<u64>> {
    let told = reader.told(node, now_ms)?.and_then(|told| told.disk?.allocated);
    if told.is_some() {
        return Ok(told);
    }
    Ok(reader.answered(node, now_ms)?.and_then(|row| row.allocated))
}

/// Nodes that compact now, when there are several that could.
fn compacting(reader: &Reader, nodes: &[String], now_ms: i64) -> Result<Vec<String>> {
    if nodes.len() < 2 {
        return Ok(Vec::new());
    }
    let tasks = reader.tasks(&Scope {
        nodes: nodes.to_vec(),
        from_ms: Some(now_ms),
        to_ms: Some(now_ms + 1),
    })?;
    let running = tasks
        .into_iter()
        .filter(|task| task.job == Job::Compaction && task.state == State::Running);
    let mut names: Vec<String> = running.map(|task| task.node).collect();
    names.sort();
    names.dedup();
    Ok(names)
}
