//! Asks every node's API again and again, in a thread of its own, and hands on what they say.

use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};
use std::sync::Arc;
use std::sync::mpsc::{Sender, SyncSender};
use std::time::Duration;

use jiff::Timestamp;
use reqwest::Url;
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use super::client::Client;
use crate::domain::sample::Poll;

/// A node that has an API.
#[derive(Debug, Clone)]
pub struct Target {
    /// The node's name.
    pub node: String,
    /// Its console's address.
    pub base: Arc<Url>,
}

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
            asking.spawn(async move { (target.node, poll(&client, &target.base).await) });
        }
        asking.join_all().await
    });
    Ok(answers)
}

fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()
}

async fn ask(client: Client, target: Target, every: Duration, polled: Sender<Polled>, wake: SyncSender<()>) {
    let hasher = BuildHasherDefault::<DefaultHasher>::default();
    let mut turn = 0_u32;
    loop {
        let poll = poll(&client, &target.base).await;
        if polled.send((target.node.clone(), poll)).is_err() {
            return;
        }
        // Full: a wake-up waits already.
        let _ = wake.try_send(());
        turn = turn.wrapping_add(1);
        let dice = hasher.hash_one((&target.node, turn)) % 200;
        tokio::time::sleep(every * (900 + dice as u32) / 1000).await;
    }
}

async fn poll(client: &Client, base: &Url) -> Poll {
    let answer = client.sample(base).await;
    Poll {
        time_ms: Timestamp::now().as_millisecond(),
        answer,
    }
}
