//! What a collector would tell of the fleet's own work: one node compacts, one migrates and walks, one was started
//! again in the middle of a walk, two compact at the same time every night.

use storj_monitor::api::message::{Answer, Query};
use storj_monitor::domain::chart::{Mark, MarkKind};
use storj_monitor::domain::task::progress::{Counts, Progress, Teller};
use storj_monitor::domain::task::{Figures, Job, Phase, State, Task};

use super::fleet::{AP1, EU1, NOW_MS, US1};
use super::traffic::HOSTILE;

const MINUTE: i64 = 60_000;
const DAY: i64 = 1440 * MINUTE;
const GB: u64 = 1_000_000_000;

/// A run that began so many minutes ago and took so many; 0: it goes on.
fn run(node: &str, job: Job, satellite: &str, (ago, took): (i64, i64)) -> Task {
    let begun = NOW_MS - ago * MINUTE;
    let ended = (took > 0).then_some(begun + took * MINUTE);
    Task {
        node: node.to_owned(),
        job,
        satellite_id: Some(satellite.to_owned()),
        store: None,
        started_ms: Some(begun),
        whole: true,
        finished_ms: ended,
        state: if took > 0 { State::Done } else { State::Running },
        took_ms: ended.map(|ended| ended.abs_diff(begun)),
        cut_ms: None,
        seen_ms: ended.unwrap_or(NOW_MS - 4 * MINUTE),
        process_ms: Some(NOW_MS - 50 * DAY),
        figures: Figures::default(),
        error: None,
    }
}

/// Of a compaction: bytes of the logs, reclaimed and rewritten, GB.
fn compaction(node: &str, (satellite, store): (&str, &str), times: (i64, i64), sizes: (u64, u64, u64)) -> Task {
    let (before, reclaimed, rewritten) = sizes;
    let ended = times.1 > 0;
    Task {
        store: Some(store.to_owned()),
        figures: Figures {
            before: Some(before * GB),
            after: ended.then_some((before - reclaimed) * GB),
            reclaimed: ended.then_some(reclaimed * GB),
            rewritten: Some(rewritten * GB),
            rounds: Some(2),
            load: Some(0.61),
            trash_share: Some(0.041),
            phase: (!ended).then_some(Phase::Rewriting),
            ..Figures::default()
        },
        ..run(node, Job::Compaction, satellite, times)
    }
}

fn filter(node: &str, satellite: &str, (made, came): (i64, i64)) -> Task {
    Task {
        finished_ms: Some(NOW_MS - came * MINUTE),
        took_ms: Some(0),
        state: State::Done,
        figures: Figures {
            filter_ms: Some(NOW_MS - made * DAY),
            filter_size: Some(17_400_000),
            ..Figures::default()
        },
        ..run(node, Job::BloomFilter, satellite, (came, 1))
    }
}

/// Everything of the last weeks, by begin.
pub fn tasks() -> Vec<Task> {
    let mut tasks = vec![
        compaction("eave", (US1, "s1"), (63, 0), (6600, 0, 212)),
        compaction("barn", (EU1, "s0"), (388, 6), (600, 9, 31)),
        compaction("eave", (US1, "s0"), (608, 41), (1300, 88, 212)),
        compaction("attic", (AP1, "s1"), (1048, 3), (200, 4, 16)),
        compaction("cellar", (EU1, "s1"), (1095, 4), (400, 5, 19)),
        compaction("cellar", (US1, "s0"), (1123, 28), (1400, 21, 52)),
        compaction("dock", (US1, "s0"), (1126, 34), (400, 6, 17)),
        compaction("attic", (US1, "s0"), (1208, 27), (2100, 44, 139)),
    ];
    for day in 1..7 {
        let then = |ago: i64| ago + day * 1440;
        tasks.push(compaction("eave", (US1, "s1"), (then(63), 80 + day), (6000, 40, 100)));
        tasks.push(compaction("cellar", (US1, "s0"), (then(1123), 28), (1400, 21, 52)));
        tasks.push(compaction("dock", (US1, "s0"), (then(1126), 34), (400, 6, 17)));
        tasks.push(run("dock", Job::Garbage, EU1, (then(700), 30)));
        tasks.push(filter("dock", EU1, (3 * day, 3 * 1440 * day - 1440)));
    }
    let mut migration = run("dock", Job::Migration, US1, (6 * 1440, 0));
    migration.figures.moved = Some(860 * GB);
    let mut walk = run("dock", Job::Garbage, EU1, (77, 0));
    walk.figures.phase = Some(Phase::Walking);
    let mut cut = run("dock", Job::UsedSpace, AP1, (787, 0));
    (cut.state, cut.cut_ms, cut.seen_ms) = (State::Interrupted, Some(NOW_MS - 766 * MINUTE), NOW_MS - 787 * MINUTE);
    let mut failed = run("cellar", Job::Trash, EU1, (200, 1));
    (failed.state, failed.error) = (State::Failed, Some(HOSTILE.to_owned()));
    let mut unseen = run("forge", Job::Trash, US1, (300, 1));
    (unseen.started_ms, unseen.took_ms, unseen.whole, unseen.state) = (None, None, false, State::Lost);
    let mut trash = run("cellar", Job::Trash, EU1, (448, 9));
    (trash.figures.reclaimed, trash.figures.pieces) = (Some(38 * GB), Some(93_412));
    tasks.extend([migration, walk, cut, failed, unseen, trash]);
    tasks.sort_by_key(Task::place_ms);
    tasks
}

/// What the nodes tell beside their logs: records by `/metrics`, folders by `/metrics` and by a database.
pub fn progress() -> Vec<Progress> {
    let of = |node: &str, job, satellite: &str, teller| Progress {
        node: node.to_owned(),
        job,
        satellite_id: satellite.to_owned(),
        store: None,
        teller,
        told_ms: NOW_MS - 20_000,
        counts: Counts::Folders,
        done: None,
        of: Some(1024),
        left_ms: None,
        is_own_guess: false,
        pieces_per_hour: None,
        moved: None,
        waiting: None,
        errors: None,
        needed: None,
        free: None,
        free_ms: None,
    };
    vec![
        Progress {
            store: Some("s1".to_owned()),
            counts: Counts::Records,
            done: Some(13_112_408),
            of: Some(18_401_377),
            left_ms: Some(26 * MINUTE as u64),
            is_own_guess: true,
            needed: Some(6_442_450_944),
            free: Some(118 * GB),
            free_ms: Some(NOW_MS - 5_000),
            ..of("eave", Job::Compaction, US1, Teller::Metrics)
        },
        Progress {
            done: Some(594),
            left_ms: Some(4 * DAY as u64),
            pieces_per_hour: Some(9_120),
            moved: Some(1_213_004),
            waiting: Some(64),
            errors: Some(3),
            ..of("dock", Job::Migration, US1, Teller::Metrics)
        },
        Progress {
            told_ms: NOW_MS - 11 * MINUTE,
            done: Some(625),
            ..of("dock", Job::Garbage, EU1, Teller::Databases)
        },
    ]
}

/// Answers what the pane asks.
pub fn answer(query: &Query) -> Result<Answer, String> {
    let of = |nodes: &[String], node: &str| nodes.is_empty() || nodes.iter().any(|name| name == node);
    Ok(match query {
        Query::Tasks { nodes, from_ms, to_ms } => {
            let mut tasks = tasks();
            tasks.retain(|task| {
                let end = match task.state {
                    State::Running => i64::MAX,
                    _ => task.finished_ms.unwrap_or(task.seen_ms),
                };
                of(nodes, &task.node) && task.place_ms() < *to_ms && end >= *from_ms
            });
            Answer::Tasks(tasks)
        }
        Query::Progress { nodes, at_ms } => {
            let mut told = progress();
            told.retain(|told| of(nodes, &told.node) && at_ms.is_none_or(|at| told.told_ms <= at));
            Answer::Progress(told)
        }
        Query::Filters { nodes, .. } => {
            let all = [
                filter("attic", US1, (9, 2 * 1440)),
                filter("eave", US1, (9, 2 * 1440 - 30)),
                filter("dock", US1, (16, 9 * 1440)),
                filter("dock", EU1, (3, 1440)),
                filter("attic", AP1, (2, 300)),
            ];
            Answer::Tasks(all.into_iter().filter(|task| of(nodes, &task.node)).collect())
        }
        Query::Marks { nodes, .. } => {
            let restart = Mark {
                time_ms: NOW_MS - 766 * MINUTE,
                until_ms: None,
                node: "dock".to_owned(),
                kind: MarkKind::Start,
                text: "started".to_owned(),
            };
            Answer::Marks(vec![restart].into_iter().filter(|mark| of(nodes, &mark.node)).collect())
        }
        other => return super::traffic::answer(other),
    })
}
