//! Asks every node's API again and again, in a thread of its own, and hands on what they say.

use std::collections::HashMap;
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};
use std::sync::Arc;
use std::sync::mpsc::{Sender, SyncSender};
use std::time::{Duration, Instant};

use reqwest::Url;
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use super::client::Client;
use super::rounds;
use crate::domain::money::Month;
use crate::domain::payout::Fact;
use crate::domain::sample::{Poll, Sample};
use crate::support::clock;

/// A node that has an API.
#[derive(Debug, Clone)]
pub struct Target {
    /// The node's name.
    pub node: String,
    /// Its console's address.
    pub base: Arc<Url>,
}

/// How often a node is asked about each satellite.
const ROUND: Duration = Duration::from_secs(12 * 60);

/// A node's name, and what it said.
pub type Polled = (String, Poll);

/// Asks as long as it lives.
#[derive(Debug)]
pub struct Watch {
    _stop: oneshot::Sender<()>,
}

impl Watch {
    /// Starts to ask every target at once, then each `every` (a tenth more or less, so that many nodes
    /// are not asked at the same moment). What they say goes to `polled`, and `wake` is told.
    ///
    /// # Errors
    /// When there can be no thread.
    pub fn start(
        client: Client,
        targets: Vec<Target>,
        every: Duration,
        polled: Sender<Polled>,
        wake: SyncSender<()>,
    ) -> std::io::Result<Self> {
        let runtime = runtime()?;
        let (stop, stopped) = oneshot::channel();
        let run = move || {
            runtime.block_on(async move {
                let mut asking = JoinSet::new();
                for target in targets {
                    asking.spawn(ask(client.clone(), target, every, polled.clone(), wake.clone()));
                }
                // Ends with the handle: the tasks are dropped where they are.
                let _ = stopped.await;
            });
        };
        std::thread::Builder::new().name("api".to_owned()).spawn(run)?;
        Ok(Self { _stop: stop })
    }
}

/// Asks every target once, all at the same time.
///
/// # Errors
/// When there can be no runtime.
pub fn once(client: &Client, targets: Vec<Target>) -> std::io::Result<Vec<Polled>> {
    let answers = runtime()?.block_on(async {
        let mut asking = JoinSet::new();
        for target in targets {
            let client = client.clone();
            // Nothing was asked so far, and nothing will be again: about every satellite, one after the other.
            asking.spawn(async move {
                let mut poll = poll(&client, &target.base, |ids| ids).await;
                if let Ok(sample) = &mut poll.answer {
                    all_money(&client, &target.base, sample, poll.time_ms).await;
                }
                (target.node, poll)
            });
        }
        asking.join_all().await
    });
    Ok(answers)
}

pub(super) fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()
}

/// After a first failure it is asked again so soon.
const SOON: Duration = Duration::from_secs(5);

async fn ask(client: Client, target: Target, every: Duration, polled: Sender<Polled>, wake: SyncSender<()>) {
    let hasher = BuildHasherDefault::<DefaultHasher>::default();
    let mut turn = 0_u32;
    let mut rounds = Rounds::default();
    let mut money = rounds::Rounds::default();
    let mut failures = 0_u32;
    loop {
        let mut poll = poll(&client, &target.base, |ids| rounds.due(ids, every, Instant::now())).await;
        let mut is_new = false;
        if let Ok(sample) = &mut poll.answer {
            let month = Month::of_ms(poll.time_ms);
            let satellites = paying(sample);
            let due = money.due(&satellites, month, every, Instant::now());
            sample.money = ask_money(&client, &target.base, (due, month), &mut money).await;
            is_new = money.lacks(&satellites) || satellites.iter().any(|(id, _)| rounds.lacks(id));
        }
        failures = if poll.answer.is_err() { failures + 1 } else { 0 };
        if polled.send((target.node.clone(), poll)).is_err() {
            return;
        }
        // Full: a wake-up waits already.
        let _ = wake.try_send(());
        turn = turn.wrapping_add(1);
        let dice = hasher.hash_one((&target.node, turn)) % 200;
        let rest = rest(every, failures, is_new);
        tokio::time::sleep(rest * (900 + dice as u32) / 1000).await;
    }
}

/// How long until the next question: who just started, or was missed once, is asked again soon; who is new, until all
/// was asked once. A few questions each time: a person waits for them, and a node that is busy must not.
fn rest(every: Duration, failures: u32, is_new: bool) -> Duration {
    match failures {
        0 if is_new => every.min(SOON),
        0 => every,
        n => every.min(SOON * 2_u32.saturating_pow(n - 1)),
    }
}

/// `due` chooses the satellites that are asked about this time.
async fn poll(client: &Client, base: &Url, due: impl FnOnce(Vec<String>) -> Vec<String>) -> Poll {
    let mut answer = client.sample(base).await;
    // Before its satellites are asked about: a slow one makes no answer newer.
    let time_ms = clock::now_ms();
    if let Ok(sample) = &mut answer {
        let standings = sample.standings.iter().flatten();
        let ids = standings.filter_map(|standing| standing.satellite_id.clone()).collect();
        for id in due(ids) {
            sample.details.push(client.detail(base, id).await);
        }
    }
    Poll { time_ms, answer }
}

/// The satellites, and whether each still pays.
fn paying(sample: &Sample) -> Vec<(String, bool)> {
    let standings = sample.standings.iter().flatten();
    let satellite = |standing: &crate::domain::sample::Standing| {
        let id = standing.satellite_id.clone()?;
        Some((id, standing.disqualified_ms.is_none()))
    };
    standings.filter_map(satellite).collect()
}

/// Asks the questions one after the other.
async fn ask_money(
    client: &Client,
    base: &Url,
    (due, month): (Vec<rounds::Question>, Month),
    rounds: &mut rounds::Rounds,
) -> Vec<Fact> {
    let mut told = Vec::new();
    for question in due {
        let answer = client.money(base, &question, month).await;
        // An estimate that was made while the month changed is of nobody knows which.
        if Month::of_ms(clock::now_ms()) != month {
            break;
        }
        let satellite = match &question {
            rounds::Question::Estimate(id) => id.clone(),
            rounds::Question::Pricing(id) => Some(id.clone()),
            _ => None,
        };
        let error = answer.as_ref().err().cloned();
        told.push(Fact::Asked(question.topic(), satellite, error));
        rounds.asked(question, answer.as_deref().ok(), Instant::now());
        told.extend(answer.into_iter().flatten());
    }
    told
}

/// Asks everything there is about money, once.
async fn all_money(client: &Client, base: &Url, sample: &mut Sample, time_ms: i64) {
    let mut rounds = rounds::Rounds::default();
    let (satellites, month) = (paying(sample), Month::of_ms(time_ms));
    // Which receipts there are follows from the paystubs.
    for _ in 0..2 {
        let due = rounds.all(&satellites, month);
        let told = ask_money(client, base, (due, month), &mut rounds).await;
        sample.money.extend(told);
    }
}

/// When a node was last asked about each of its satellites. What it knows of them changes every few hours, and
/// each question may leave a line in its log: so they come round slowly, and never all at once.
#[derive(Debug, Default)]
struct Rounds(HashMap<String, Instant>);

impl Rounds {
    /// Whether a satellite was never asked about.
    fn lacks(&self, id: &str) -> bool {
        !self.0.contains_key(id)
    }

    /// Those whose turn it is, with turns `every` so often; they count as asked.
    fn due(&mut self, ids: Vec<String>, every: Duration, now: Instant) -> Vec<String> {
        // So many at a time that all come round: one, where nodes are asked every minute.
        let share = ids.len() as f64 * every.as_secs_f64() / ROUND.as_secs_f64();
        let most = (share.ceil() as usize).max(1);
        let asked = |id: &String| self.0.get(id).copied();
        let is_due = |id: &String| asked(id).is_none_or(|asked| now.duration_since(asked) >= ROUND);
        let mut due: Vec<String> = ids.into_iter().filter(is_due).collect();
        due.sort_by_key(asked);
        due.truncate(most);
        self.0.extend(due.iter().map(|id| (id.clone(), now)));
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_was_missed_is_asked_again_soon_and_who_stays_away_as_ever() {
        let minute = Duration::from_secs(60);
        let rests: Vec<u64> = (0..7).map(|failures| rest(minute, failures, false).as_secs()).collect();
        assert_eq!(rests, [60, 5, 10, 20, 40, 60, 60]);
        assert_eq!(rest(Duration::from_secs(3), 1, false).as_secs(), 3);
        assert_eq!(rest(minute, u32::MAX, true), minute);
        assert_eq!((rest(minute, 0, true), rest(SOON / 2, 0, true)), (SOON, SOON / 2));
    }

    #[test]
    fn satellites_come_round_one_by_one() {
        let ids = || ["a", "b", "c"].map(str::to_owned).to_vec();
        let minute = Duration::from_secs(60);
        let begin = Instant::now();
        let mut rounds = Rounds::default();
        let asked: Vec<Vec<String>> = (0..40).map(|n| rounds.due(ids(), minute, begin + minute * n)).collect();
        assert_eq!(
            asked[..4],
            [vec!["a".to_owned()], vec!["b".to_owned()], vec!["c".to_owned()], vec![]]
        );
        // Each every twelve minutes, from then on.
        let of = |id: &str| {
            (0..40)
                .filter(|n| asked[*n].contains(&id.to_owned()))
                .collect::<Vec<_>>()
        };
        assert_eq!((of("a"), of("c")), (vec![0, 12, 24, 36], vec![2, 14, 26, 38]));
        assert!(asked.iter().all(|asked| asked.len() <= 1));
        // Who asks seldom asks about more of them.
        let mut seldom = Rounds::default();
        assert_eq!(seldom.due(ids(), minute * 12, begin).len(), 3);
        assert_eq!(Rounds::default().due(Vec::new(), minute, begin), Vec::<String>::new());
    }
}
