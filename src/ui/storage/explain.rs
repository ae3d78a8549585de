//! What the figures of the pane are: who says so, how old it is, how it is made, what follows.

use jiff::Timestamp;

use super::facts::{self, Full, Place};
use super::{Storage, asks, picture, tables};
use crate::api::status::Node;
use crate::api::storage::SatelliteStorage;
use crate::ui::explain::{Explained, Fact};
use crate::ui::number::{self, Percent, size};
use crate::ui::pane::Figure;
use crate::ui::shared::Shared;

const FULL: &str = "Full is no danger: uploads stop, audits and downloads go on, and what is stored is paid. More can be \
    allocated while the disk has room for it.";

impl Storage {
    pub(super) fn explained(&self, figure: &Figure, shared: &Shared) -> Option<Explained> {
        if let Some(disk) = self.disks.of_key(&figure.of) {
            return super::disk_explain::explained(disk, &figure.what, shared);
        }
        if figure.of == super::ALL_NODES {
            return super::ledger::explained(&self.places, self.worth.as_ref(), shared);
        }
        if let Some(explained) = self.by_satellite.explained(figure, shared) {
            return Some(explained);
        }
        if let Some(place) = self.subject(shared)
            && let Some(explained) = self.what_if.explained(&figure.of, place)
        {
            return Some(explained);
        }
        if let Some(place) = self.places.iter().find(|place| place.name == figure.of) {
            let node = shared.nodes().iter().find(|node| node.name == place.name)?;
            return self.of_node(&figure.what, place, node, shared);
        }
        let node = &self.subject(shared)?.name;
        let mut satellites = super::space(shared, node)?.satellites.iter();
        let satellite = satellites.find(|one| one.satellite_id == figure.of)?;
        let home = super::space(shared, node)?.home();
        if matches!(figure.what.as_str(), "kept" | "garbage") {
            return Some(super::ledger::of_satellite(&figure.what, (home, satellite), shared));
        }
        of_satellite(&figure.what, (node, satellite), shared)
    }

    fn of_node(&self, what: &str, place: &Place, node: &Node, shared: &Shared) -> Option<Explained> {
        let facts = Facts { place, node, shared };
        let (title, sum, list, words) = match what {
            "node" | "used" | "of" | "bar" => facts.used(),
            "paid" | "percent" => facts.paid(),
            "trash" => (
                "trash",
                String::new(),
                vec![facts.api("trash", place.trash, "trash")],
                "Pieces that garbage collection found deleted. They are kept for seven days, unpaid, and then go by \
                 themselves; the satellite can have them put back until then.",
            ),
            "dead" => (
                "dead data",
                String::new(),
                vec![facts.api("dead", place.dead, "reclaimable")],
                "Deleted pieces in logs of the hashstore. Compaction gives the bytes back when enough of a log is dead.",
            ),
            "unexplained" => facts.unexplained(),
            "growth" | "full" | "range" => facts.full(),
            "in" | "freed" | "out" => facts.flows(),
            _ => return None,
        };
        let mut explained = Explained {
            title: format!("{}: {title}", place.name),
            sum,
            facts: list,
            words: vec![words.to_owned()],
        };
        if matches!(what, "unexplained" | "dead") {
            let told = super::space(shared, &place.name).filter(|_| !place.dedicated);
            explained.facts.extend(
                told.map(|space| super::ledger::parts(space, shared.now_ms))
                    .unwrap_or_default(),
            );
            explained.words.push(super::ledger::RESERVED.to_owned());
        }
        if matches!(what, "growth" | "full" | "range") {
            let told = super::space(shared, &place.name);
            if let Some(space) = told.filter(|space| !space.growth.is_empty()) {
                explained.words.push(format!(
                    "Over a day, a week, a month, {}.",
                    picture::pace(&space.growth, shared)
                ));
            }
            explained.words.push(FULL.to_owned());
        }
        Some(explained)
    }
}

/// What of it lies in blobs, by the node's databases.
fn blobs(one: &SatelliteStorage, shared: &Shared) -> Option<Fact> {
    let (ms, total, _) = one.blobs?;
    let fact = Fact::new(
        "in blobs",
        size(total),
        "the node's piece_spaced_used.db: without a hashstore",
    );
    Some(fact.since(Some(ms), shared.now_ms))
}

/// What a satellite has on a node.
fn of_satellite(what: &str, (node, one): (&str, &SatelliteStorage), shared: &Shared) -> Option<Explained> {
    let api = |what: &str, value: String, key: &str| {
        let from = format!("API satellite: {key}");
        Fact::new(what, value, &from).since(Some(one.asked_ms), shared.now_ms)
    };
    let day = |ms: i64| number::date(ms, &jiff::tz::TimeZone::UTC);
    let tally = api("tally of", number::known(one.paid_day_ms, day), "storageDaily");
    let paid = api("paid", number::known(one.paid, size), "storageDaily");
    let (title, facts, words) = match what {
        "paid" | "share" | "tally" | "satellite" => (
            "what it pays for",
            [Some(paid), Some(tally), blobs(one, shared)]
                .into_iter()
                .flatten()
                .collect(),
            "The average of a day by the satellite's own count, hours to a day late. Tallies that are missing or \
             far off their neighbours are passed over; ~ marks one that the node filled in.",
        ),
        "average" => (
            "the month's mean",
            vec![api("mean", number::known(one.average, size), "averageUsageBytes")],
            "The average of the month so far (UTC): what this month's storage is paid by.",
        ),
        "in" | "out" => (
            "traffic of seven days",
            vec![api("days known", one.moved.len().to_string(), "bandwidthDaily")],
            "Customers, repair and audits together, by the node's own count. Downloads count what was ordered, not \
             what was sent.",
        ),
        "filter" => {
            let made = tables::filter_ms(super::tasks(shared, asks::FILTERS, node), &one.satellite_id);
            let value = number::known(made, |ms| number::date_and_minute(ms, &shared.zone));
            (
                "its last bloom filter",
                vec![Fact::new("made", value, "the node's log").since(made, shared.now_ms)],
                "A satellite sends the list of what is still wanted every few days; what it does not name goes to \
                 the trash. What was deleted since is garbage nobody has named: it lies there unpaid. It is the \
                 satellite's turn: nothing to do.",
            )
        }
        "compacted" => {
            let task = tables::compaction(super::tasks(shared, asks::TASKS, node), &one.satellite_id);
            let ended = task.and_then(|task| task.finished_ms);
            let value = number::known(ended, |ms| number::date_and_minute(ms, &shared.zone));
            let freed = task.and_then(crate::domain::task::Task::reclaimed);
            (
                "its last compaction",
                vec![
                    Fact::new("ended", value, "the node's log").since(ended, shared.now_ms),
                    Fact::new("gave back", number::known(freed, size), "the node's log"),
                ],
                "Compaction rewrites logs of the hashstore without what is dead. Each satellite has two stores; \
                 the later one counts. Looked for over 14 days.",
            )
        }
        _ => return None,
    };
    let mut explained = Explained {
        title: format!("{}: {title}", one.name),
        sum: String::new(),
        facts,
        words: vec![words.to_owned()],
    };
    if let Some(error) = &one.error {
        explained
            .words
            .push(format!("When the node was asked last, it did not say: {error}."));
    }
    Some(explained)
}

/// When it is full, for other panes: how it is made, and what follows.
pub(in crate::ui) fn full(node: &Node, shared: &Shared) -> Explained {
    let place = Place::of(node, shared);
    let facts = Facts {
        place: &place,
        node,
        shared,
    };
    let (title, sum, list, words) = facts.full();
    Explained {
        title: format!("{}: {title}", node.name),
        sum,
        facts: list,
        words: vec![words.to_owned(), FULL.to_owned()],
    }
}

struct Facts<'a> {
    place: &'a Place,
    node: &'a Node,
    shared: &'a Shared,
}

/// Title, sum, facts, words.
type Parts = (&'static str, String, Vec<Fact>, &'static str);

impl Facts<'_> {
    /// Something the node's API says, with its age.
    fn api(&self, what: &str, bytes: Option<u64>, key: &str) -> Fact {
        let disk = self.node.disk.as_ref();
        let told = match self.place.blobs_only {
            true => disk.map(|disk| disk.as_of.as_str()),
            false => self.node.api.last_ok_at.as_deref(),
        };
        let answered = told.and_then(|at| at.parse::<Timestamp>().ok());
        let from = match self.place.blobs_only {
            true => "the node's piece_spaced_used.db: blobs only".to_owned(),
            false => format!("API diskSpace.{key}"),
        };
        let fact = Fact::new(what, number::known(bytes, size), &from);
        fact.since(answered.map(Timestamp::as_millisecond), self.shared.now_ms)
    }

    fn tallies(&self) -> Fact {
        Fact::new(
            "paid",
            number::known(self.place.paid, size),
            "API, last tally of each satellite",
        )
    }

    fn used(&self) -> Parts {
        let place = self.place;
        let sum = place.used.zip(place.allocated).map_or(String::new(), |(used, all)| {
            let share = Percent::new(0, &[]).share(used, all);
            format!("{} used ÷ {} allocated = {share} %", size(used), size(all))
        });
        let list = vec![
            self.api("allocated", place.allocated, "allocated"),
            self.api("used", place.used, "used"),
            self.api("free for uploads", place.free, "available"),
        ];
        let words = match place.dedicated {
            true => "The node has the whole disk: foreign files count as used, and it tells of no trash.",
            false => {
                "Everything of the node's counts as used: pieces, trash, dead data, tables. Of releases before 1.143, \
                 which tell pieces and trash apart, both are added. Free is less than the difference where compaction \
                 keeps a reserve or the disk itself is full."
            }
        };
        ("where the bytes are", sum, list, words)
    }

    fn flows(&self) -> Parts {
        let day = |bytes: u64| format!("{} a day", size(bytes));
        let place = self.place;
        let source = "last 7 whole days (UTC) that are told, by the API's or the databases' bandwidth";
        let list = vec![
            Fact::new(
                "in",
                number::known(place.flows.map(|(came_in, _)| came_in), day),
                source,
            ),
            Fact::new(
                "freed",
                number::known(place.freed, day),
                "what comes in, less the growth of a week",
            ),
            Fact::new(
                "out",
                number::known(place.flows.map(|(_, went_out)| went_out), day),
                source,
            ),
        ];
        let known = place.flows.zip(place.freed).zip(place.growth);
        let sum = known.map_or(String::new(), |(((came_in, _), freed), grown)| {
            let grown = number::change(&size(grown));
            format!("{} in − {} freed = {grown} a day", size(came_in), size(freed))
        });
        (
            "in and out of the disk",
            sum,
            list,
            "In are customers' uploads and repairs, out are downloads, repairs elsewhere and audits. What comes in and \
             does not make the node grow was freed: deleted and collected, compacted, expired. Out brings money, and \
             frees nothing.",
        )
    }

    fn paid(&self) -> Parts {
        let place = self.place;
        let sum = place.share().map_or(String::new(), |(paid, used)| {
            let share = Percent::new(0, &[]).share(paid, used);
            format!("{} paid ÷ {} used = {share} %", size(paid), size(used))
        });
        let list = vec![self.tallies(), self.api("used", place.used, "used")];
        (
            "what is paid",
            sum,
            list,
            "Satellites pay for what they count, by a tally a day that is hours late; trash, dead data and garbage are \
             unpaid. It is unknown until every satellite that rates the node has told a tally, and the share is \
             unknown where more is paid than used: then the node's own count is too low.",
        )
    }

    fn unexplained(&self) -> Parts {
        let place = self.place;
        let sum = place.unexplained.map_or(String::new(), |rest| {
            let of = |bytes: Option<u64>| number::known(bytes, size);
            format!(
                "{} used − {} paid − {} trash − {} dead = {}",
                of(place.used),
                of(place.paid),
                of(place.trash),
                of(place.dead),
                size(rest)
            )
        });
        let list = vec![self.api("used", place.used, "used"), self.tallies()];
        (
            "unpaid and unexplained",
            sum,
            list,
            if place.dedicated {
                "The node has the whole disk: it counts all files as its own and tells of no trash. What is not paid \
                 of it cannot be known."
            } else {
                "Mostly garbage: deleted by customers, named by no bloom filter yet. Also what came since the tallies, \
                 tables and other files. It is unknown, never below zero, where the figures do not fit together. \
                 Nothing to do while bloom filters come."
            },
        )
    }

    fn full(&self) -> Parts {
        let place = self.place;
        let growth = Fact::new(
            "growth a day",
            number::known(place.growth, |bytes| number::change(&size(bytes))),
            "computed from what was used, hour by hour",
        );
        let mut list = vec![self.api("free for uploads", place.free, "available"), growth];
        let sum = match (place.full, place.free, place.growth) {
            (Full::In(full), Some(free), Some(growth)) => {
                if let Some(range) = facts::range(full) {
                    list.push(Fact::new("by usual days", range, "the middle half of the days"));
                }
                format!(
                    "{} free ÷ {} a day = {}",
                    size(free),
                    size(growth),
                    facts::days(full.likely)
                )
            }
            _ => String::new(),
        };
        let words = match place.full {
            Full::Unknown => {
                "Not known yet: a pace takes half a day of answers, a range three days. Nothing is guessed."
            }
            Full::Never => "It does not fill at this pace: it stands still or shrinks.",
            Full::Now => "No room is left for uploads.",
            Full::In(_) => {
                "The pace is the median of all slopes of a week, else of what there is; single jumps (a restart that \
                 counts anew, a compaction) are left out. The range is by the middle half of single days."
            }
        };
        ("when it is full", sum, list, words)
    }
}
