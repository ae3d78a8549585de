//! How far nodes' own work is, by their debug endpoints and databases: asked by the hub.

use super::tell;
use crate::domain::books::{Book, PREFIXES};
use crate::domain::host::{Hashstore, Metrics, Moving, Room};
use crate::domain::task::Job;
use crate::domain::task::progress::{Counts, Progress, Teller};
use crate::store::{Reader, Result};
use crate::support::clock::HOUR_MS;

/// Of a past hour only the last answer is kept: older than that it tells of other work.
const METRICS_MS: i64 = HOUR_MS;
/// A walk writes down where it is every few folders, which takes long on a large node.
const BOOKS_MS: i64 = 6 * HOUR_MS;
/// The pace is that of the longest of these times in which the process went on.
const PACE_MS: [i64; 3] = [24 * HOUR_MS, 6 * HOUR_MS, HOUR_MS];

/// How far each work under way is at `at_ms`, of nodes (of all watched ones, when none is named).
///
/// # Errors
/// When the database cannot be read.
pub fn progress(reader: &Reader, names: &[String], at_ms: i64) -> Result<Vec<Progress>> {
    let mut all = Vec::new();
    for node in tell::named(reader, names, at_ms)? {
        if let Some((told_ms, metrics)) = reader.metrics(&node, at_ms)?.filter(|(ms, _)| at_ms - ms <= METRICS_MS) {
            let room = room(reader, &node, at_ms)?;
            let stores = metrics.hashstores.iter().filter(|store| store.compacting == Some(true));
            all.extend(stores.map(|store| compaction(&node, told_ms, store, room)));
            for moving in metrics.moving.iter().filter(|moving| moving.folders_left > Some(0)) {
                let before = before(reader, &node, told_ms, moving)?;
                all.push(migration(&node, told_ms, moving, before.as_ref()));
            }
        }
        all.extend(walks(reader, &node, at_ms)?);
    }
    Ok(all)
}

/// What is free on a node's disk, and when that was seen.
fn room(reader: &Reader, node: &str, at_ms: i64) -> Result<Option<(i64, Room)>> {
    let Some(disk) = reader.place(node, at_ms)?.and_then(|place| place.disk) else {
        return Ok(None);
    };
    let looks = reader.looks(disk, (at_ms - HOUR_MS, at_ms + 1))?;
    Ok(looks.iter().rev().find_map(|look| Some((look.time_ms, look.room?))))
}

fn plain(node: &str, (job, satellite): (Job, &str), teller: Teller, told_ms: i64) -> Progress {
    Progress {
        node: node.to_owned(),
        job,
        satellite_id: satellite.to_owned(),
        store: None,
        teller,
        told_ms,
        counts: Counts::Folders,
        done: None,
        of: None,
        left_ms: None,
        is_own_guess: false,
        pieces_per_hour: None,
        moved: None,
        waiting: None,
        errors: None,
        needed: None,
        free: None,
        free_ms: None,
    }
}

fn compaction(node: &str, told_ms: i64, store: &Hashstore, room: Option<(i64, Room)>) -> Progress {
    // Before it knows what to rewrite it tells of 0 records and 0 s.
    let records = store.records.filter(|records| *records > 0);
    let left = store.remaining_s.filter(|left| left.is_finite() && *left > 0.0);
    Progress {
        store: store.store.clone(),
        counts: Counts::Records,
        done: records.and(store.processed),
        of: records,
        left_ms: left.filter(|_| records.is_some()).map(|left| (left * 1000.0) as u64),
        is_own_guess: true,
        needed: store.free_required,
        free: room.map(|(_, room)| room.free),
        free_ms: room.map(|(ms, _)| ms),
        ..plain(node, (Job::Compaction, &store.satellite_id), Teller::Metrics, told_ms)
    }
}

/// The same counters hours earlier, of the same process.
fn before(reader: &Reader, node: &str, told_ms: i64, now: &Moving) -> Result<Option<(i64, Moving)>> {
    for pace in PACE_MS {
        let Some((then_ms, metrics)) = reader.metrics(node, told_ms - pace)? else {
            continue;
        };
        let then = of_satellite(metrics, &now.satellite_id);
        let goes_on = |then: &Moving| now.moved >= then.moved && now.folders_left <= then.folders_left;
        if let Some(then) = then.filter(goes_on).filter(|_| told_ms - then_ms <= 2 * pace) {
            return Ok(Some((then_ms, then)));
        }
    }
    Ok(None)
}

fn of_satellite(metrics: Metrics, id: &str) -> Option<Moving> {
    metrics.moving.into_iter().find(|moving| moving.satellite_id == id)
}

fn migration(node: &str, told_ms: i64, now: &Moving, before: Option<&(i64, Moving)>) -> Progress {
    let all = u64::from(PREFIXES);
    let left = now.folders_left;
    let took_ms = before.map(|(then_ms, _)| (told_ms - then_ms).unsigned_abs());
    let grown = |of: fn(&Moving) -> Option<u64>| Some(of(now)?.abs_diff(of(&before?.1)?));
    let emptied = grown(|moving| moving.folders_left).filter(|emptied| *emptied > 0);
    let pace = |count: u64| Some(u128::from(count) * HOUR_MS as u128 / u128::from(took_ms.filter(|ms| *ms > 0)?));
    let left_ms = left
        .zip(emptied)
        .zip(took_ms)
        .map(|((left, emptied), ms)| u128::from(left) * u128::from(ms) / u128::from(emptied));
    Progress {
        done: left.map(|left| all.saturating_sub(left)),
        of: left.map(|_| all),
        left_ms: left_ms.and_then(|ms| u64::try_from(ms).ok()),
        pieces_per_hour: grown(|moving| moving.moved)
            .and_then(pace)
            .and_then(|count| u64::try_from(count).ok()),
        moved: now.moved,
        waiting: now.enqueued,
        errors: now.errors,
        ..plain(node, (Job::Migration, &now.satellite_id), Teller::Metrics, told_ms)
    }
}

/// Walks over blobs, by the node's databases.
fn walks(reader: &Reader, node: &str, at_ms: i64) -> Result<Vec<Progress>> {
    let Some(kept) = reader.kept(node, at_ms)? else {
        return Ok(Vec::new());
    };
    let fresh = |book| kept.as_of(book).filter(|ms| at_ms - ms <= BOOKS_MS);
    let folders = |job, satellite: &str, told_ms, done: Option<u32>| Progress {
        done: done.map(u64::from),
        of: Some(u64::from(PREFIXES)),
        ..plain(node, (job, satellite), Teller::Databases, told_ms)
    };
    let mut all = Vec::new();
    if let Some(told_ms) = fresh(Book::Collection) {
        let under_way = kept.collecting.iter();
        all.extend(under_way.map(|one| folders(Job::Garbage, &one.satellite_id, told_ms, one.done)));
    }
    if let Some(told_ms) = fresh(Book::Walk) {
        // Each satellite's newest folder says more of it than the file, which is of all.
        let newest = |ms: Option<i64>| ms.map_or(told_ms, |ms| ms.min(at_ms));
        let walked = kept.walked.iter();
        all.extend(walked.map(|one| {
            folders(
                Job::UsedSpace,
                &one.satellite_id,
                newest(one.newest_ms),
                Some(one.fresh),
            )
        }));
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moving(moved: u64, folders_left: u64) -> Moving {
        Moving {
            satellite_id: "a".to_owned(),
            moved: Some(moved),
            folders_left: Some(folders_left),
            ..Moving::default()
        }
    }

    #[test]
    fn a_migration_ends_when_its_folders_are_empty_at_the_pace_of_the_last_hours() {
        let begun = (0, moving(1000, 924));
        let told = migration("n", 10 * HOUR_MS, &moving(51_000, 824), Some(&begun));
        assert_eq!((told.done, told.of), (Some(200), Some(1024)));
        assert_eq!(told.pieces_per_hour, Some(5000));
        assert_eq!(told.left_ms, Some(824 * 10 * 3_600_000 / 100));
        let stands = migration("n", 10 * HOUR_MS, &moving(51_000, 924), Some(&begun));
        assert_eq!(stands.left_ms, None, "no folder became empty");
        let alone = migration("n", 10 * HOUR_MS, &moving(51_000, 824), None);
        assert_eq!((alone.left_ms, alone.pieces_per_hour), (None, None));
    }

    #[test]
    fn a_compaction_that_does_not_know_its_records_yet_tells_no_share() {
        let mut store = Hashstore {
            records: Some(0),
            processed: Some(0),
            remaining_s: Some(0.0),
            free_required: Some(7),
            ..Hashstore::default()
        };
        let told = compaction("n", 1, &store, None);
        assert_eq!((told.share(), told.left_ms, told.needed), (None, None, Some(7)));
        (store.records, store.processed, store.remaining_s) = (Some(200), Some(50), Some(1.5));
        let told = compaction("n", 1, &store, None);
        assert_eq!((told.share(), told.left_ms), (Some(0.25), Some(1500)));
    }
}
