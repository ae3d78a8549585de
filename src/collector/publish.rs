//! What happens now, for viewers: the engine's windows in the form of the api, made only while somebody
//! draws them.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::collect::Collector;
use super::geo::GeoFile;
use super::hub::{Hub, Wanted};
use super::money::Terms;
use super::peers;
use crate::api::snapshot::{Flow, InFlight, Levels, NodeView, Part, Running, Section, Snapshot, Topic, Window};
use crate::domain::batch::Vocabulary;
use crate::engine::apply::Windows;
use crate::engine::flight::{self, Busy};
use crate::engine::live::{self, Direction, Live};
use crate::store::{Reader, Result};
use crate::support::clock;
use crate::support::names::Names;

/// A viewer draws at most so often.
const EVERY: Duration = Duration::from_millis(100);
/// What is large and moves slowly is made so often.
const SLOWLY: Duration = Duration::from_secs(1);
/// How nodes are is asked of the database: so often at most, and never for more than a tenth of the time.
const STATUS_EVERY: Duration = Duration::from_secs(1);
const STATUS_REST: u32 = 10;

/// Makes sections for viewers.
pub struct Publisher {
    hub: Arc<Hub>,
    quick: Option<Instant>,
    slow: Option<Instant>,
    wanted: Wanted,
    geo: GeoFile,
}

impl Publisher {
    /// For the viewers of `hub`.
    pub fn new(hub: Arc<Hub>) -> Self {
        Self {
            hub,
            quick: None,
            slow: None,
            wanted: Wanted::default(),
            geo: GeoFile::default(),
        }
    }

    /// Countries come from this file from now on. Gives what is wrong with it.
    pub fn locate(&mut self, file: Option<&Path>) -> Option<&str> {
        self.geo.take(file)
    }

    /// Tells viewers what changed, when it is time.
    pub fn publish(&mut self, collector: &mut Collector, now_ms: i64) {
        let Some(wanted) = self.hub.wanted() else {
            self.wanted = Wanted::default();
            return;
        };
        // Who just came does not wait.
        let new = wanted != self.wanted;
        let due = |last: Option<Instant>, every| new || last.is_none_or(|last| last.elapsed() >= every);
        if !due(self.quick, EVERY) {
            return;
        }
        let slowly = due(self.slow, SLOWLY);
        self.quick = Some(Instant::now());
        if slowly {
            self.slow = self.quick;
        }
        for (node, windows) in collector.windows(now_ms) {
            if wanted.nodes.is_empty() || wanted.nodes.iter().any(|name| name == node) {
                self.node(node, &windows, &wanted, slowly);
            }
        }
        self.wanted = wanted;
        self.hub.push(now_ms);
    }

    fn node(&self, node: &str, windows: &Windows<'_>, wanted: &Wanted, slowly: bool) {
        let (live, actions) = (windows.live, &windows.vocabulary.actions);
        let slow = |topic| slowly && wanted.has(topic);
        let seconds = wanted.has(Topic::Seconds).then(|| seconds(live, actions));
        let open = wanted.has(Topic::Open).then(|| open(live, actions));
        let running = wanted.has(Topic::Running).then(|| running(windows));
        let minutes = slow(Topic::Minutes).then(|| window(live.minutes(), 60, actions));
        let flight = slow(Topic::Flight).then(|| in_flight(windows));
        let hot = slow(Topic::Hot).then(|| peers::hot(&live.hot(), windows.vocabulary, &self.geo));
        self.hub.update(node, |view, generation| {
            put(&mut view.seconds, seconds, generation);
            put(&mut view.open, open, generation);
            put(&mut view.running, running, generation);
            put(&mut view.minutes, minutes, generation);
            put(&mut view.flight, flight, generation);
            put(&mut view.hot, hot, generation);
        });
    }
}

fn put<T: PartialEq>(section: &mut Option<Section<T>>, value: Option<T>, generation: u64) {
    if let Some(value) = value {
        Section::set(section, value, generation);
    }
}

/// The seconds since counting began.
fn seconds(live: &Live, actions: &Names) -> Window {
    let mut window = window(live.seconds(), 1, actions);
    let unknown = live.unknown_seconds().min(live::SECONDS);
    window.begin += unknown as i64;
    for flow in &mut window.flows {
        flow.buckets.drain(..unknown);
    }
    window
}

fn window(window: live::Window, width: i64, actions: &Names) -> Window {
    let flows = window
        .flows
        .into_iter()
        .filter(|(_, buckets)| buckets.iter().any(|cell| cell.count > 0));
    Window {
        begin: window.begin,
        width,
        flows: flows
            .map(|((action, outcome), buckets)| Flow {
                action: actions.name(action).to_owned(),
                outcome,
                buckets,
            })
            .collect(),
    }
}

fn open(live: &Live, actions: &Names) -> BTreeMap<String, u64> {
    let open = live.open().into_iter();
    open.map(|(action, count)| (actions.name(action).to_owned(), count))
        .collect()
}

/// What runs now, and since when.
fn running(windows: &Windows<'_>) -> BTreeMap<String, Running> {
    let actions = &windows.vocabulary.actions;
    let mut running: BTreeMap<String, Running> = BTreeMap::new();
    // Where starts are logged, an action that does not run now is known not to.
    for (action, _) in windows.live.open() {
        running.entry(actions.name(action).to_owned()).or_default();
    }
    for (action, _, begun_ms) in &windows.running {
        let of = running.entry(actions.name(*action).to_owned()).or_default();
        of.oldest_ms = if of.count == 0 {
            *begun_ms
        } else {
            of.oldest_ms.min(*begun_ms)
        };
        of.count += 1;
    }
    running
}

fn in_flight(windows: &Windows<'_>) -> InFlight {
    let actions = &windows.vocabulary.actions;
    let pairs = |levels: Vec<flight::Level>| {
        let pair = |level: flight::Level| level.map(|Busy { mean, peak }| (mean, peak));
        levels.into_iter().map(pair).collect()
    };
    let levels = windows.live.flight.levels(&windows.running).into_iter();
    InFlight {
        seconds_begin: windows.live.begins().0,
        minutes_begin: windows.live.begins().1,
        levels: levels
            .map(|levels| Levels {
                part: match levels.part {
                    flight::Part::Way(Direction::In) => Part::Uploads,
                    flight::Part::Way(Direction::Out) => Part::Downloads,
                    flight::Part::Action(action) => Part::Action(actions.name(action).to_owned()),
                },
                seconds: pairs(levels.seconds),
                minutes: pairs(levels.minutes),
            })
            .collect(),
    }
}

/// What the database knows of all nodes, for a picture without a collector: no seconds, nothing open.
///
/// # Errors
/// When it cannot be read.
pub fn kept(data_dir: &Path, now_ms: i64, terms: &Terms) -> Result<Snapshot> {
    let reader = Reader::open(data_dir)?;
    let status = super::tell::status(data_dir, &reader, &[], now_ms, (terms, None))?;
    let mut snapshot = Snapshot {
        time_ms: now_ms,
        names: Some(reader.watched(now_ms)?),
        ..Snapshot::default()
    };
    for node in status.nodes {
        let name = node.name.clone();
        let mut live = Live::new(now_ms.div_euclid(1000));
        let mut vocabulary = Vocabulary::default();
        for minute in reader.minutes(&name, now_ms.div_euclid(1000) - live::MINUTES as i64 * 60)? {
            let action = vocabulary.actions.id(minute.action.as_bytes());
            live.add_minute(minute.second, (action, minute.outcome), minute.cell);
        }
        let mut view = NodeView::default();
        Section::set(&mut view.status, node, 1);
        Section::set(&mut view.minutes, window(live.minutes(), 60, &vocabulary.actions), 1);
        snapshot.nodes.insert(name, view);
    }
    Ok(snapshot)
}

/// Tells viewers how nodes are, until `stop`; in a thread of its own, for it reads the database.
pub fn tell_status(hub: &Hub, data_dir: &Path, stop: &AtomicBool) {
    // Kept from one time to the next: what it prepared and read is at hand then.
    let mut kept: Option<Reader> = None;
    while !stop.load(Ordering::Relaxed) {
        let wanted = hub.wanted().filter(|wanted| wanted.has(Topic::Status));
        let begun = Instant::now();
        if let Some(wanted) = wanted {
            // What fails now is asked again; viewers see the age of what they have.
            let reader = match kept.take() {
                Some(mut reader) => reader.renew().map(|()| reader),
                None => Reader::open(data_dir),
            };
            kept = reader
                .ok()
                .filter(|reader| refresh(hub, reader, &wanted).is_ok() && reader.rest().is_ok());
        }
        let rest = STATUS_EVERY.max(begun.elapsed() * STATUS_REST);
        hub.wait_for_status(rest);
    }
}

fn refresh(hub: &Hub, reader: &Reader, wanted: &Wanted) -> Result<()> {
    let now_ms = clock::now_ms();
    let status = hub.status(reader, &wanted.nodes, (now_ms, true))?;
    hub.name_all(reader.watched(now_ms)?);
    for node in status.nodes {
        let name = node.name.clone();
        hub.update(&name, |view, generation| {
            Section::set(&mut view.status, node, generation)
        });
    }
    hub.push(now_ms);
    Ok(())
}
