//! Looks again and again at what surrounds nodes: their debug endpoints, health pages and disks, in two threads of its
//! own. What it sees goes to the collector.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender, channel};
use std::time::Duration;

use reqwest::Url;
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use super::client::Client;
use crate::domain::host::{Seen, Sight};
use crate::support::clock::now_ms;

/// An audit is given up after five minutes: counters are looked at often enough to see it wait.
const METRICS_EVERY: Duration = Duration::from_secs(20);
/// What the health page says changes every few hours.
const HEALTH_EVERY: Duration = Duration::from_secs(300);
/// Who does not answer is asked as seldom as this.
const SELDOM: Duration = Duration::from_secs(120);
const DISK_EVERY: Duration = Duration::from_secs(20);
const DISK_SOON: Duration = Duration::from_secs(2);

/// Where to look for a node.
#[derive(Debug, Clone, Default)]
pub struct Place {
    /// The node's name.
    pub node: String,
    /// Its debug endpoint.
    pub metrics: Option<Arc<Url>>,
    /// Its public port.
    pub health: Option<Arc<Url>>,
    /// Its data folder.
    pub data: Option<PathBuf>,
}

/// The host that is looked at.
#[derive(Debug, Clone)]
pub struct Host {
    /// Where its `/proc` and `/sys` lie.
    pub root: PathBuf,
    /// Whether disks are asked about their health.
    pub smart: bool,
}

impl Default for Host {
    fn default() -> Self {
        Self {
            root: "/".into(),
            smart: false,
        }
    }
}

/// Looks as long as it lives.
#[derive(Debug)]
pub struct Watch {
    _stop: (oneshot::Sender<()>, Sender<()>),
}

impl Watch {
    /// Starts to look at once. What is seen goes to `seen`, and `wake` is told.
    ///
    /// # Errors
    /// When there can be no thread.
    pub fn start(
        client: Client,
        places: Vec<Place>,
        host: &Host,
        (seen, wake): (Sender<Seen>, SyncSender<()>),
    ) -> std::io::Result<Self> {
        let (stop, stopped) = oneshot::channel();
        let (end, ended) = channel();
        look_at_disks(&places, host, (seen.clone(), wake.clone()), ended)?;
        let asked: Vec<Place> = places.into_iter().filter(Place::is_asked).collect();
        if !asked.is_empty() {
            let runtime = super::watch::runtime()?;
            let run = move || {
                runtime.block_on(async move {
                    let mut asking = JoinSet::new();
                    for place in asked {
                        for what in [What::Metrics, What::Health] {
                            asking.spawn(ask(client.clone(), place.clone(), what, seen.clone(), wake.clone()));
                        }
                    }
                    // Ends with the handle: the tasks are dropped where they are.
                    let _ = stopped.await;
                });
            };
            std::thread::Builder::new().name("around".to_owned()).spawn(run)?;
        }
        Ok(Self { _stop: (stop, end) })
    }
}

impl Place {
    fn is_asked(&self) -> bool {
        self.metrics.is_some() || self.health.is_some()
    }
}

#[derive(Debug, Clone, Copy)]
enum What {
    Metrics,
    Health,
}

/// Looks once at everything; a disk's load takes two looks, and stays unknown; its health is not asked.
///
/// # Errors
/// When there can be no runtime or thread.
pub fn once(client: &Client, places: Vec<Place>, host: &Host) -> std::io::Result<Vec<Seen>> {
    let mut seen = disks_once(&places, host)?;
    let asked: Vec<Place> = places.into_iter().filter(Place::is_asked).collect();
    if !asked.is_empty() {
        let answers = super::watch::runtime()?.block_on(async {
            let mut asking = JoinSet::new();
            for place in asked {
                for what in [What::Metrics, What::Health] {
                    let (client, place) = (client.clone(), place.clone());
                    asking
                        .spawn(async move { Some((place.node.clone(), now_ms(), look(&client, &place, what).await?)) });
                }
            }
            asking.join_all().await
        });
        seen.extend(answers.into_iter().flatten());
    }
    Ok(seen)
}

async fn look(client: &Client, place: &Place, what: What) -> Option<Sight> {
    Some(match (what, &place.metrics, &place.health) {
        (What::Metrics, Some(url), _) => Sight::Metrics(client.metrics(url).await.map(Box::new)),
        (What::Health, _, Some(url)) => Sight::Health(client.health(url).await),
        _ => return None,
    })
}

async fn ask(client: Client, place: Place, what: What, seen: Sender<Seen>, wake: SyncSender<()>) {
    while let Some(sight) = look(&client, &place, what).await {
        let every = match (what, &sight) {
            (_, Sight::Metrics(Err(_)) | Sight::Health(Err(_))) => SELDOM,
            (What::Metrics, _) => METRICS_EVERY,
            (What::Health, _) => HEALTH_EVERY,
        };
        if seen.send((place.node.clone(), now_ms(), sight)).is_err() {
            return;
        }
        // Full: a wake-up waits already.
        let _ = wake.try_send(());
        tokio::time::sleep(every).await;
    }
}

#[cfg(unix)]
fn folders(places: &[Place]) -> (Vec<String>, Vec<PathBuf>) {
    let with = places
        .iter()
        .filter_map(|place| Some((place.node.clone(), place.data.clone()?)));
    with.unzip()
}

#[cfg(unix)]
fn disk_sight(look: Result<crate::domain::host::DiskLook, String>) -> Sight {
    Sight::Disk(look.map(Box::new))
}

#[cfg(unix)]
fn disks_once(places: &[Place], host: &Host) -> std::io::Result<Vec<Seen>> {
    let (nodes, folders) = folders(places);
    let looks = super::disk::Disks::new(folders, host)?.look();
    let seen = nodes.into_iter().zip(looks);
    Ok(seen.map(|(node, look)| (node, now_ms(), disk_sight(look))).collect())
}

/// Until the other end of `ended` is dropped.
#[cfg(unix)]
fn look_at_disks(
    places: &[Place],
    host: &Host,
    (seen, wake): (Sender<Seen>, SyncSender<()>),
    ended: Receiver<()>,
) -> std::io::Result<()> {
    let (nodes, folders) = folders(places);
    if nodes.is_empty() {
        return Ok(());
    }
    let mut disks = super::disk::Disks::new(folders, host)?;
    // What a disk does shows with the second look.
    let mut rest = DISK_SOON;
    let run = move || loop {
        for (node, look) in nodes.iter().zip(disks.look()) {
            if seen.send((node.clone(), now_ms(), disk_sight(look))).is_err() {
                return;
            }
        }
        // Full: a wake-up waits already.
        let _ = wake.try_send(());
        if ended.recv_timeout(std::mem::replace(&mut rest, DISK_EVERY)) == Err(RecvTimeoutError::Disconnected) {
            return;
        }
    };
    std::thread::Builder::new().name("disks".to_owned()).spawn(run)?;
    Ok(())
}

#[cfg(not(unix))]
fn disks_once(_: &[Place], _: &Host) -> std::io::Result<Vec<Seen>> {
    Ok(Vec::new())
}

#[cfg(not(unix))]
fn look_at_disks(_: &[Place], _: &Host, _: (Sender<Seen>, SyncSender<()>), _: Receiver<()>) -> std::io::Result<()> {
    Ok(())
}
