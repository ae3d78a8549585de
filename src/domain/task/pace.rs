//! What past runs say of one that goes on, and which runs were in each other's way. Pure; for viewers.

use std::collections::BTreeMap;

use super::{Job, State, Task};

/// How long a run takes, ms since its begin, by past runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expected {
    /// One of ten took less.
    pub low_ms: u64,
    /// Half took less.
    pub likely_ms: u64,
    /// One of ten took more.
    pub high_ms: u64,
    /// By so many runs.
    pub runs: usize,
}

/// Runs from which something can be said.
const ENOUGH: usize = 3;

/// How long `task` takes, by past runs of the same work: of its satellite's store where there are enough, else of its
/// node, else of all. A compaction's by the size of its logs. `None`: too few.
pub fn expected(task: &Task, past: &[Task]) -> Option<Expected> {
    let done = |other: &&Task| other.job == task.job && other.state == State::Done && other.took_ms.is_some();
    let node = |other: &Task| other.node == task.node;
    let store = |other: &Task| node(other) && (&other.satellite_id, &other.store) == (&task.satellite_id, &task.store);
    let of = |fits: &dyn Fn(&Task) -> bool| {
        let runs = past.iter().filter(done).filter(|other| fits(other));
        let mut took: Vec<u64> = runs.filter_map(|other| took(other, task)).collect();
        took.sort_unstable();
        took
    };
    let ways: [&dyn Fn(&Task) -> bool; 3] = [&store, &node, &|_| true];
    let took = ways.into_iter().map(of).find(|took| took.len() >= ENOUGH)?;
    let at = |tenths: usize| took[(took.len() * tenths / 10).min(took.len() - 1)];
    Some(Expected {
        low_ms: at(1),
        likely_ms: at(5),
        high_ms: at(9),
        runs: took.len(),
    })
}

/// How long a past run would have taken with the logs of `task`.
fn took(other: &Task, task: &Task) -> Option<u64> {
    let took = other.took_ms?;
    match (task.job, other.figures.before, task.figures.before) {
        (Job::Compaction, Some(then), Some(now)) if then > 0 => {
            Some((took as f64 * (now as f64 / then as f64)).round() as u64)
        }
        // Empty stores take no time, and say nothing about others.
        (Job::Compaction, Some(_), Some(_)) => None,
        _ => Some(took),
    }
}

/// A compaction that is to come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Next {
    /// The node's name.
    pub node: String,
    /// The satellite's id.
    pub satellite_id: Option<String>,
    /// `s0`, `s1`.
    pub store: Option<String>,
    /// When, ms since the epoch; not long ago, when it should have come.
    pub at_ms: i64,
    /// How far apart its past ones began, ms, the middle one.
    pub every_ms: i64,
}

/// When each store is compacted next, by how far apart its past compactions began: the soonest first. Those that go
/// on, and those that should have come long ago, are left out.
pub fn next(past: &[Task], now_ms: i64) -> Vec<Next> {
    let mut stores: BTreeMap<Store<'_>, Vec<&Task>> = BTreeMap::new();
    for task in past.iter().filter(|task| task.job == Job::Compaction) {
        let store = (task.node.as_str(), task.satellite_id.as_deref(), task.store.as_deref());
        stores.entry(store).or_default().push(task);
    }
    let mut all: Vec<Next> = stores
        .into_iter()
        .filter(|(_, tasks)| tasks.iter().all(|task| task.state != State::Running))
        .filter_map(|(store, tasks)| next_of(store, &tasks, now_ms))
        .collect();
    all.sort_by_key(|next| next.at_ms);
    all
}

/// Node, satellite, store.
type Store<'a> = (&'a str, Option<&'a str>, Option<&'a str>);

fn next_of((node, satellite, store): Store<'_>, tasks: &[&Task], now_ms: i64) -> Option<Next> {
    let mut begun: Vec<i64> = tasks.iter().filter_map(|task| task.started_ms).collect();
    begun.sort_unstable();
    let mut gaps: Vec<i64> = begun.windows(2).map(|pair| pair[1] - pair[0]).collect();
    gaps.sort_unstable();
    let every_ms = *gaps.get(gaps.len() / 2).filter(|_| gaps.len() >= ENOUGH)?;
    let at_ms = begun.last()?.saturating_add(every_ms);
    (now_ms - at_ms < every_ms / 2).then(|| Next {
        node: node.to_owned(),
        satellite_id: satellite.map(str::to_owned),
        store: store.map(str::to_owned),
        at_ms,
        every_ms,
    })
}

/// Two nodes that compacted at the same time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clash {
    /// Their names, in their order.
    pub nodes: (String, String),
    /// From when, ms since the epoch.
    pub from_ms: i64,
    /// Until when; `None`: both still do.
    pub to_ms: Option<i64>,
}

/// When two nodes compacted at once, by time. `share`: whether two nodes are on one disk.
pub fn clashes(tasks: &[Task], share: impl Fn(&str, &str) -> bool) -> Vec<Clash> {
    let mut runs: Vec<(i64, i64, &str)> = tasks.iter().filter_map(compacted).collect();
    runs.sort_unstable();
    let mut clashes = Vec::new();
    for (n, (_, end, node)) in runs.iter().enumerate() {
        let meanwhile = runs[n + 1..].iter().take_while(|(begin, ..)| begin < end);
        for (begin, other_end, other) in meanwhile.filter(|(.., other)| other != node && share(node, other)) {
            let to = *end.min(other_end);
            clashes.push(Clash {
                nodes: ((*node.min(other)).to_owned(), (*node.max(other)).to_owned()),
                from_ms: *begin,
                to_ms: (to != i64::MAX).then_some(to),
            });
        }
    }
    clashes.sort_by_key(|clash| clash.from_ms);
    clashes
}

/// When a compaction began and ended; one that goes on ends never.
fn compacted(task: &Task) -> Option<(i64, i64, &str)> {
    let begin = task.started_ms.filter(|_| task.job == Job::Compaction)?;
    let end = match task.state {
        State::Running => i64::MAX,
        // It ended some time after that.
        _ => task.finished_ms.unwrap_or(task.seen_ms),
    };
    Some((begin, end, &task.node))
}

#[cfg(test)]
mod tests {
    use super::super::Figures;
    use super::*;

    fn run(node: &str, store: &str, (from, to): (i64, Option<i64>), before: Option<u64>) -> Task {
        Task {
            node: node.to_owned(),
            job: Job::Compaction,
            satellite_id: Some("S".to_owned()),
            store: Some(store.to_owned()),
            started_ms: Some(from),
            whole: true,
            finished_ms: to,
            state: to.map_or(State::Running, |_| State::Done),
            took_ms: to.map(|to| to.abs_diff(from)),
            cut_ms: None,
            seen_ms: to.unwrap_or(from),
            process_ms: None,
            figures: Figures {
                before,
                ..Figures::default()
            },
            error: None,
        }
    }

    #[test]
    fn past_runs_of_the_same_store_come_first_and_count_by_its_size() {
        let mut past: Vec<Task> = (1..=9)
            .map(|n| run("a", "s0", (0, Some(n * 100)), Some(1000)))
            .collect();
        past.push(run("a", "s0", (0, Some(5)), Some(0)));
        past.push(run("a", "s1", (0, Some(9_000)), Some(1000)));
        let now = |store: &str, before| expected(&run("a", store, (0, None), before), &past);
        let half = |low_ms, likely_ms, high_ms, runs| {
            Some(Expected {
                low_ms,
                likely_ms,
                high_ms,
                runs,
            })
        };
        assert_eq!(now("s0", Some(2000)), half(200, 1000, 1800, 9));
        // One run of that store is too few: those of the node count.
        assert_eq!(now("s1", Some(1000)), half(200, 600, 9000, 10));
        let other = run("b", "s0", (0, None), Some(1000));
        assert_eq!(expected(&other, &past).map(|expected| expected.runs), Some(10));
        assert_eq!(expected(&other, &past[..2]), None);
    }

    #[test]
    fn the_next_one_comes_as_far_behind_the_last_as_they_usually_are() {
        let day = 86_400_000;
        let at = |n: i64| (n * day, Some(n * day + 1000));
        let mut past: Vec<Task> = (1..=5).map(|n| run("a", "s0", at(n), None)).collect();
        past.extend((1..=3).map(|n| run("a", "s1", at(n), None)));
        let soon = |now_ms| {
            let next = next(&past, now_ms);
            next.iter()
                .map(|next| (next.store.clone().unwrap(), next.at_ms, next.every_ms))
                .collect::<Vec<_>>()
        };
        // Of the other store there are too few.
        assert_eq!(soon(5 * day + 5), [("s0".to_owned(), 6 * day, day)]);
        assert_eq!(soon(6 * day + day / 3).len(), 1, "it may still come");
        assert_eq!(soon(7 * day), [], "who knows what it does now");
        past.push(run("a", "s0", (6 * day, None), None));
        assert_eq!(next(&past, 6 * day + 5), []);
    }

    #[test]
    fn two_nodes_on_one_disk_clash_when_their_runs_overlap() {
        let tasks = [
            run("b", "s0", (10, Some(20)), None),
            run("a", "s0", (15, Some(30)), None),
            run("a", "s1", (16, Some(17)), None),
            run("c", "s0", (12, Some(40)), None),
            run("b", "s1", (30, None), None),
            run("a", "s1", (50, None), None),
        ];
        let found = clashes(&tasks, |one, other| one != "c" && other != "c");
        let found: Vec<_> = found
            .iter()
            .map(|clash| (&*clash.nodes.0, &*clash.nodes.1, clash.from_ms, clash.to_ms))
            .collect();
        assert_eq!(
            found,
            [("a", "b", 15, Some(20)), ("a", "b", 16, Some(17)), ("a", "b", 50, None)]
        );
    }
}
