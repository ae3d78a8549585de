//! Where a node's bytes are and when its disk is full, put together. Asked by `tell` for the status, and by the hub for
//! the whole.

use super::books::{self, Heard};
use super::tell;
use crate::analysis::storage::{self, FullIn, Growth, Paid, Point};
use crate::api::status::{self, Space};
use crate::api::storage as face;
use crate::domain::books::Kept;
use crate::domain::detail::{Known, MovedDay, StoredDay};
use crate::domain::host::{Hashstore, Metrics};
use crate::domain::sample::{Disk, Semantics, Standing, Told};
use crate::store::kept::BlobRow;
use crate::store::{Reader, Result};
use crate::support::clock::{DAY_MS, HOUR_MS};

/// Tallies a status looks at.
pub(super) const TALLIES: i64 = 10;
/// Whole days that traffic is told of.
const FLOW_DAYS: i64 = 7;
/// Days told in full.
const DAYS: i64 = 60;
/// The longest time growth is told of, days.
const LONGEST: i64 = 30;
/// What the debug endpoint said longer ago says nothing of the bytes of now.
const METRICS_MS: i64 = 6 * HOUR_MS;

/// What is used over the time growth is told of, by the same source as the disk.
fn points(reader: &Reader, node: &str, heard: Option<&Heard>, now_ms: i64) -> Result<Vec<Point>> {
    let range = (now_ms - LONGEST * DAY_MS, now_ms);
    if heard.is_some_and(|heard| heard.source == "db") {
        let rows = reader.blob_rows(node, range)?.into_iter();
        let point = |row: BlobRow| Point {
            time_ms: row.written_ms,
            used: row.used,
            semantics: Semantics::Old,
        };
        return Ok(rows.map(point).collect());
    }
    let hours = reader.disk_hours(node, range)?;
    let points = hours.into_iter().filter_map(|(time_ms, disk)| {
        Some(Point {
            time_ms,
            used: disk.used?,
            semantics: disk.semantics,
        })
    });
    Ok(points.collect())
}

/// What is known of a node's satellites by answers and databases.
type Sources<'a> = (Option<&'a Told>, Option<&'a Kept>);

/// The satellites that rate a node: those of the API, else of the databases.
fn standings((told, kept): Sources<'_>) -> Vec<Standing> {
    match (told, kept) {
        (Some(told), _) if !told.standings.is_empty() => told.standings.clone(),
        (_, Some(kept)) => books::ratings(kept).map(|rated| books::standing(kept, rated)).collect(),
        _ => Vec::new(),
    }
}

/// What each satellite that rates the node, and did not disqualify it, pays for.
fn paid(standings: &[Standing], known: &[Known], now_ms: i64) -> Vec<Option<Paid>> {
    let rated = standings.iter().filter(|standing| standing.disqualified_ms.is_none());
    let ids = rated.filter_map(|standing| standing.satellite_id.as_deref());
    ids.map(|id| {
        let known = known.iter().find(|known| known.detail.satellite_id == id)?;
        let days = known.detail.stored.iter();
        let days = days.filter(|day| day.start_ms >= now_ms - TALLIES * DAY_MS);
        storage::paid(&days.copied().collect::<Vec<_>>())
    })
    .collect()
}

/// What a status says of a node's space, and when it is full; `None`: its disk is unknown.
pub fn space(
    reader: &Reader,
    node: &str,
    sources: Sources<'_>,
    now_ms: i64,
) -> Result<Option<(Space, Option<FullIn>)>> {
    let known = books::known(reader, node, sources.1, (now_ms, TALLIES))?;
    space_of(reader, node, sources, &known, now_ms)
}

/// The same with what is known of satellites, of some days at least.
///
/// # Errors
/// When the database cannot be read.
pub fn space_of(
    reader: &Reader,
    node: &str,
    sources: Sources<'_>,
    known: &[Known],
    now_ms: i64,
) -> Result<Option<(Space, Option<FullIn>)>> {
    let Some(heard) = books::disk(sources.0, sources.1) else {
        return Ok(None);
    };
    let disk = &heard.disk;
    let growth = storage::usual(&points(reader, node, Some(&heard), now_ms)?, now_ms);
    let paid = paid(&standings(sources), known, now_ms);
    // Of blobs only nothing is known of the rest: what is paid for may be in a hashstore.
    let counted = Disk {
        used: disk.used.filter(|_| heard.source == "api"),
        ..*disk
    };
    let ledger = storage::ledger(&counted, &paid);
    let full = disk
        .free
        .and_then(|free| storage::full_in(free, growth.as_ref().map(|(_, growth)| growth)));
    let rounded = |days: f64| (days * 10.0).round() / 10.0;
    let moved = moved(known, now_ms);
    let (growth_days, growth) = growth.map_or((0, None), |(days, growth)| (days, Some(growth)));
    let per_day = growth.as_ref().map(|growth| growth.per_day.round() as i64);
    let of_a_week = moved.filter(|moved| moved.days * 2 > FLOW_DAYS && growth_days == FLOW_DAYS);
    let freed = of_a_week
        .zip(per_day)
        .map(|(moved, grown)| moved.came_in.cast_signed() - grown);
    let space = Space {
        paid: ledger.paid,
        unpaid: ledger.unpaid,
        unexplained: ledger.unexplained,
        paid_percent: ledger.paid_percent,
        growth_per_day: per_day,
        in_per_day: moved.map(|moved| moved.came_in),
        out_per_day: moved.map(|moved| moved.went_out),
        freed_per_day: freed.and_then(|bytes| u64::try_from(bytes).ok()),
        full_in_days: full.map(|full| status::FullIn {
            low: full.low.map(rounded),
            likely: rounded(full.likely),
            high: full.high.map(rounded),
        }),
    };
    Ok(Some((space, full)))
}

/// What came in and went out of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Moved {
    /// Whole days (UTC) that are told.
    days: i64,
    /// Bytes a day.
    came_in: u64,
    went_out: u64,
}

/// Of the last whole days that were told of; `None`: there is none. What nobody told of is no day without traffic.
fn moved(known: &[Known], now_ms: i64) -> Option<Moved> {
    let telling = known.iter().filter(|known| !known.detail.moved.is_empty());
    let told_ms = telling.map(|known| known.answered_ms.min(now_ms)).min()?;
    let end = told_ms.div_euclid(DAY_MS) * DAY_MS;
    let begin = end - FLOW_DAYS * DAY_MS;
    let days = || known.iter().flat_map(|known| &known.detail.moved);
    // A day without a row is one without traffic, after the first of all.
    let first = days().map(|day| day.start_ms).min()?.max(begin);
    let count = (end - first) / DAY_MS;
    let sum = |of: fn(&MovedDay) -> u64| {
        let within = days().filter(|day| (begin..end).contains(&day.start_ms));
        within.map(of).sum::<u64>().checked_div(count.unsigned_abs())
    };
    Some(Moved {
        days: Some(count).filter(|count| *count > 0)?,
        came_in: sum(|day| day.ingress + day.ingress_repair)?,
        went_out: sum(|day| day.egress + day.egress_repair + day.egress_audit)?,
    })
}

fn grown(days: i64, growth: Growth) -> face::Growth {
    let whole = |bytes: f64| bytes.round() as i64;
    face::Growth {
        days,
        per_day: whole(growth.per_day),
        range: growth.range.map(|(low, high)| (whole(low), whole(high))),
        covered_h: growth.covered_h,
        steps: growth.steps.iter().map(|step| (step.time_ms, step.bytes)).collect(),
    }
}

/// A satellite's stores, by an answer of the debug endpoint; `None`: it does not tell all of each.
fn logs(time_ms: i64, metrics: &Metrics, satellite: &str) -> Option<face::InLogs> {
    let ours: Vec<&Hashstore> = metrics
        .hashstores
        .iter()
        .filter(|store| store.satellite_id == satellite)
        .collect();
    // Both stores together stand beside each of them.
    let is_split = ours.iter().any(|store| store.store.is_some());
    let ours: Vec<&Hashstore> = ours
        .into_iter()
        .filter(|store| store.store.is_some() == is_split)
        .collect();
    let sum = |of: fn(&Hashstore) -> Option<u64>| {
        ours.iter()
            .try_fold(0_u64, |sum, store| Some(sum.saturating_add(of(store)?)))
    };
    (!ours.is_empty()).then_some(())?;
    Some(face::InLogs {
        time_ms,
        logs: sum(|store| store.log_bytes)?,
        set: sum(|store| store.set_bytes)?,
        trash: sum(|store| store.trash_bytes)?,
    })
}

fn satellite(
    known: Known,
    standings: &[Standing],
    kept: Option<&Kept>,
    metrics: Option<&(i64, Metrics)>,
) -> face::SatelliteStorage {
    let detail = known.detail;
    let named = standings
        .iter()
        .find(|standing| standing.satellite_id.as_ref() == Some(&detail.satellite_id));
    let paid = storage::paid(&detail.stored);
    let space = kept.and_then(|kept| kept.space.as_ref());
    let blobs = space.and_then(|(time_ms, space)| {
        let mut satellites = space.satellites.iter();
        let (_, blobs) = satellites.find(|(id, _)| *id == detail.satellite_id)?;
        Some((*time_ms, blobs.total, blobs.content))
    });
    let stored = |day: &StoredDay| (day.start_ms, day.byte_hours, day.bytes);
    let moved = |day: &MovedDay| {
        let ways = [
            day.egress,
            day.egress_repair,
            day.egress_audit,
            day.ingress,
            day.ingress_repair,
        ];
        (day.start_ms, ways)
    };
    face::SatelliteStorage {
        name: named.map_or_else(
            || Standing::short_of("", Some(&detail.satellite_id)),
            Standing::short_name,
        ),
        paid: paid.map(|paid| paid.bytes),
        paid_day_ms: paid.map(|paid| paid.day_ms),
        calculated: paid.is_some_and(|paid| paid.calculated),
        average: detail.average_bytes.map(|bytes| bytes.round() as u64),
        stored: detail.stored.iter().map(stored).collect(),
        moved: detail.moved.iter().map(moved).collect(),
        asked_ms: known.answered_ms,
        error: known.error,
        blobs,
        logs: metrics.and_then(|(time_ms, metrics)| logs(*time_ms, metrics, &detail.satellite_id)),
        satellite_id: detail.satellite_id,
    }
}

/// The answer in full for nodes (all watched ones, when none is named).
///
/// # Errors
/// When the database cannot be read.
pub fn storage(reader: &Reader, names: &[String], now_ms: i64) -> Result<Vec<face::NodeStorage>> {
    let mut nodes = Vec::new();
    for node in tell::named(reader, names, now_ms)? {
        let told = reader.told(&node, now_ms)?;
        let kept = reader.kept(&node, now_ms)?;
        let sources = (told.as_ref(), kept.as_ref());
        let heard = books::disk(sources.0, sources.1);
        let points = points(reader, &node, heard.as_ref(), now_ms)?;
        let growth = [1, 7, LONGEST]
            .into_iter()
            .filter_map(|days| Some(grown(days, storage::growth(&points, now_ms, days)?)));
        let standings = standings(sources);
        let metrics = reader.metrics(&node, now_ms)?;
        let metrics = metrics.filter(|(time_ms, _)| now_ms - time_ms <= METRICS_MS);
        let known = books::known(reader, &node, sources.1, (now_ms, DAYS))?;
        nodes.push(face::NodeStorage {
            disk: heard.as_ref().map(tell::disk),
            space: space_of(reader, &node, sources, &known, now_ms)?.map(|(space, _)| space),
            growth: growth.collect(),
            satellites: known
                .into_iter()
                .map(|known| satellite(known, &standings, kept.as_ref(), metrics.as_ref()))
                .collect(),
            node,
        });
    }
    Ok(nodes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::detail::Detail;

    fn store(db: Option<&str>, figures: [u64; 3]) -> Hashstore {
        Hashstore {
            satellite_id: "s".to_owned(),
            store: db.map(str::to_owned),
            log_bytes: Some(figures[0]),
            set_bytes: Some(figures[1]),
            trash_bytes: Some(figures[2]),
            ..Hashstore::default()
        }
    }

    #[test]
    fn stores_add_up_and_their_sum_does_not_count_twice() {
        let told = |hashstores: Vec<Hashstore>| {
            let metrics = Metrics {
                hashstores,
                ..Metrics::default()
            };
            logs(7, &metrics, "s")
        };
        let (one, two) = (store(Some("s0"), [100, 60, 10]), store(Some("s1"), [50, 50, 0]));
        let both = told(vec![one.clone(), two.clone(), store(None, [150, 110, 10])]).unwrap();
        assert_eq!((both.logs, both.set, both.trash, both.time_ms), (150, 110, 10, 7));
        assert_eq!((both.wanted(), both.dead()), (100, 40));
        assert_eq!(told(vec![store(None, [9, 8, 7])]).map(|logs| logs.wanted()), Some(1));
        let partly = Hashstore { set_bytes: None, ..two };
        assert_eq!(told(vec![one, partly]), None, "half of it is nothing");
        assert_eq!(told(Vec::new()), None);
    }

    #[test]
    fn flows_are_of_whole_days_and_days_without_a_row_count() {
        let today = 20_000 * DAY_MS;
        let known = |days: &[(i64, u64)]| {
            let day = |(ago, bytes): &(i64, u64)| MovedDay {
                start_ms: today - ago * DAY_MS,
                ingress: *bytes,
                ingress_repair: 1,
                egress: bytes * 2,
                ..MovedDay::default()
            };
            Known {
                detail: Detail {
                    moved: days.iter().map(day).collect(),
                    ..Detail::default()
                },
                answered_ms: today,
                error: None,
            }
        };
        let now = today + HOUR_MS;
        let late = |known: Known, ago: i64| Known {
            answered_ms: now - ago * DAY_MS,
            ..known
        };
        for (of, expected) in [
            (vec![], None),
            // Today is not over.
            (vec![known(&[(0, 900)])], None),
            (vec![known(&[(1, 99)])], Some((1, 100, 198))),
            (vec![known(&[(4, 399), (2, 399)])], Some((4, 200, 399))),
            (vec![known(&[(2, 99)]), known(&[(1, 99)])], Some((2, 100, 198))),
            // Older days are no part of it, and say that the first ones had nothing.
            (vec![known(&[(9, 900), (1, 699)])], Some((7, 100, 199))),
            // Nobody told of the last five days: they are not without traffic.
            (vec![late(known(&[(5, 20), (6, 99), (7, 99)]), 5)], Some((2, 100, 198))),
        ] {
            let expected = expected.map(|(days, came_in, went_out)| Moved {
                days,
                came_in,
                went_out,
            });
            assert_eq!(moved(&of, now), expected);
        }
    }
}
