//! The disks of this host that nodes' data lie on, in full: asked by the hub.

use super::host::{FRESH_MS, allocated, promised};
use super::tell;
use crate::analysis::storage::{self, Point};
use crate::api::disks::{Doing, HostDisk, Level, OnDisk};
use crate::domain::host::{Load, Mounted};
use crate::domain::sample::Semantics;
use crate::domain::task::{Job, State};
use crate::store::host::{HourRow, LookRow, OnDiskRow, ScrapeRow};
use crate::store::query::Scope;
use crate::store::{Reader, Result};
use crate::support::clock::DAY_MS;
use crate::support::middle::median;

/// Growth is told of so many days.
const GROWTH_DAYS: i64 = 30;

/// The disks of nodes (of all watched ones, when none is named), each once, with all nodes on it.
///
/// # Errors
/// When the database cannot be read.
pub fn disks(reader: &Reader, names: &[String], now_ms: i64) -> Result<Vec<HostDisk>> {
    let mut found: Vec<i64> = Vec::new();
    let mut answer = Vec::new();
    for node in tell::named(reader, names, now_ms)? {
        match reader.place(&node, now_ms)?.and_then(|place| place.disk) {
            Some(disk) if found.contains(&disk) => {}
            Some(disk) => {
                found.push(disk);
                answer.push(whole(reader, disk, now_ms)?);
            }
            None => {
                let alone = on_disk(reader, node, now_ms)?;
                // Of a node that neither its host nor its counters tell of there is nothing to show.
                if alone.error.is_some()
                    || alone.read_check != Level::default()
                    || alone.write_check != Level::default()
                {
                    answer.push(HostDisk {
                        jobs: jobs(reader, std::slice::from_ref(&alone.node), now_ms)?,
                        nodes: vec![alone],
                        ..HostDisk::default()
                    });
                }
            }
        }
    }
    answer.sort_by(|a, b| (a.name.is_none(), &a.name).cmp(&(b.name.is_none(), &b.name)));
    Ok(answer)
}

fn whole(reader: &Reader, disk: i64, now_ms: i64) -> Result<HostDisk> {
    let looks = reader.looks(disk, (now_ms - DAY_MS, now_ms + 1))?;
    let hours = reader.host_hours(disk, (now_ms - GROWTH_DAYS * DAY_MS, now_ms))?;
    let mut on = reader.nodes_on(disk, i64::MIN, now_ms)?;
    // Nodes that were seen there as lately as the disk itself was.
    let seen_ms = on.iter().map(|on| on.seen_ms).max();
    on.retain(|on| on.seen_ms >= seen_ms.unwrap_or(now_ms) - FRESH_MS);
    let names: Vec<String> = on.iter().map(|on| on.node.clone()).collect();
    let mounted = widest(on);
    let room = looks.iter().rev().find_map(|look| look.room);
    let room = room.or_else(|| hours.iter().rev().find_map(|hour| hour.room));
    let growth = growth(&hours, now_ms);
    let full = room.and_then(|room| storage::full_in(room.free, growth.as_ref()));
    let smart = reader.smart(disk, now_ms)?;
    let level = |of: fn(&Load) -> Option<f64>| level(&looks, &hours, now_ms, of);
    let mut nodes = Vec::new();
    for name in &names {
        nodes.push(on_disk(reader, name.clone(), now_ms)?);
    }
    Ok(HostDisk {
        busy: level(|load| Some(load.busy)),
        await_ms: level(|load| load.await_ms),
        read: level(|load| Some(load.read)),
        write: level(|load| Some(load.write)),
        size: room.map(|room| room.size),
        free: room.map(|room| room.free),
        promised: promised(reader, &names, now_ms)?,
        growth_per_day: growth.map(|growth| growth.per_day.round() as i64),
        full_in_days: full.map(|full| (full.likely * 10.0).round() / 10.0),
        jobs: jobs(reader, &names, now_ms)?,
        nodes,
        smart_ms: smart.as_ref().map(|(ms, _)| *ms),
        smart_error: smart.as_ref().and_then(|(_, told)| told.as_ref().err().cloned()),
        smart: smart.and_then(|(_, told)| told.ok()),
        seen_ms,
        device: mounted.as_ref().and_then(|mounted| mounted.disk.clone()),
        mount: mounted.as_ref().map(|mounted| mounted.mount.clone()),
        fs: mounted.as_ref().map(|mounted| mounted.fs.clone()),
        read_only: mounted.as_ref().map(|mounted| mounted.read_only),
        name: mounted.map(|mounted| mounted.source),
    })
}

/// Of several ways one disk is mounted, that which can be written, and of those the topmost.
fn widest(on: Vec<OnDiskRow>) -> Option<Mounted> {
    let ways = on.into_iter().filter_map(|on| on.mounted);
    ways.min_by_key(|way| (way.read_only, way.mount.len(), way.mount.clone()))
}

fn growth(hours: &[HourRow], now_ms: i64) -> Option<storage::Growth> {
    let points = hours.iter().filter_map(|hour| {
        Some(Point {
            time_ms: hour.second * 1000,
            used: hour.room?.size.checked_sub(hour.room?.free)?,
            semantics: Semantics::New,
        })
    });
    storage::usual(&points.collect::<Vec<_>>(), now_ms).map(|(_, growth)| growth)
}

/// By single looks; of a day whose looks are gone, by its hours.
fn level(looks: &[LookRow], hours: &[HourRow], now_ms: i64, of: fn(&Load) -> Option<f64>) -> Level {
    let known: Vec<(f64, i64)> = looks
        .iter()
        .filter_map(|look| Some((of(&look.load?)?, look.time_ms)))
        .collect();
    if known.is_empty() {
        let day = hours.iter().filter(|hour| hour.second * 1000 > now_ms - DAY_MS);
        let known = day.filter_map(|hour| Some((of(&hour.mean?)?, hour.second * 1000)));
        return summed(&known.collect::<Vec<_>>(), None);
    }
    let newest = looks.last().filter(|look| now_ms - look.time_ms <= FRESH_MS);
    summed(&known, newest.and_then(|look| of(&look.load?)))
}

fn summed(known: &[(f64, i64)], now: Option<f64>) -> Level {
    Level {
        now,
        usual: median(known.iter().map(|(value, _)| *value).collect()),
        worst: known.iter().copied().max_by(|a, b| a.0.total_cmp(&b.0)),
    }
}

fn on_disk(reader: &Reader, node: String, now_ms: i64) -> Result<OnDisk> {
    let place = reader.place(&node, now_ms)?;
    let scrapes = reader.scrapes(&node, (now_ms - DAY_MS, now_ms + 1))?;
    let told = reader.told(&node, now_ms)?;
    Ok(OnDisk {
        folder: place.as_ref().and_then(|place| place.folder.clone()),
        error: place.and_then(|place| place.error),
        allocated: allocated(reader, &node, now_ms)?,
        used: told.and_then(|told| told.disk?.used),
        checked_ms: scrapes
            .iter()
            .rfind(|scrape| scrape.error.is_none())
            .map(|scrape| scrape.time_ms),
        read_check: checks(&scrapes, now_ms, |scrape| scrape.read),
        write_check: checks(&scrapes, now_ms, |scrape| scrape.write),
        node,
    })
}

/// A test is told of again and again until the next one is made.
fn checks(scrapes: &[ScrapeRow], now_ms: i64, of: fn(&ScrapeRow) -> Option<(u64, f64)>) -> Level {
    let mut known: Vec<(f64, i64)> = Vec::new();
    let mut before = None;
    for scrape in scrapes {
        if let Some((count, took)) = of(scrape)
            && before.replace((count, took)) != Some((count, took))
        {
            known.push((took, scrape.time_ms));
        }
    }
    let newest = scrapes.iter().rfind(|scrape| scrape.error.is_none());
    let newest = newest.filter(|scrape| now_ms - scrape.time_ms <= FRESH_MS);
    summed(&known, newest.and_then(of).map(|(_, took)| took))
}

fn jobs(reader: &Reader, nodes: &[String], now_ms: i64) -> Result<Vec<Doing>> {
    if nodes.is_empty() {
        return Ok(Vec::new());
    }
    let tasks = reader.tasks(&Scope {
        nodes: nodes.to_vec(),
        from_ms: Some(now_ms),
        to_ms: Some(now_ms + 1),
    })?;
    let running = tasks
        .into_iter()
        .filter(|task| task.state == State::Running && task.job != Job::BloomFilter);
    Ok(running
        .map(|task| Doing {
            node: task.node,
            job: task.job.word().to_owned(),
            satellite_id: task.satellite_id,
            since_ms: task.started_ms,
        })
        .collect())
}
