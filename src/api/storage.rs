//! Where nodes' bytes are, in full: the answer to [`super::message::Query::Storage`]. Sizes are bytes, times ms since
//! the epoch; unknown is null.

use serde::{Deserialize, Serialize};

use super::status::{Disk, Space};

/// One node.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NodeStorage {
    /// Its name.
    pub node: String,
    /// What it said of its disk.
    pub disk: Option<Disk>,
    /// What follows from it.
    pub space: Option<Space>,
    /// Growth over a day, a week and a month, as far as known.
    pub growth: Vec<Growth>,
    /// What each satellite stores.
    pub satellites: Vec<SatelliteStorage>,
}

/// Where a node keeps its pieces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Home {
    /// In blobs alone: they and the trash are all it uses.
    Blobs,
    /// In a hashstore alone, and all of it is told.
    Logs,
    /// In both, and both are told.
    Both,
    /// Not all of it is told.
    Unknown,
}

/// Two counts of the same bytes differ by no more than one of so many.
const SAME: u64 = 50;

impl NodeStorage {
    /// Where its pieces are, by what was told.
    pub fn home(&self) -> Home {
        let disk = self.disk.as_ref().filter(|disk| disk.source == "api");
        let disk = disk.filter(|disk| disk.semantics != "dedicated");
        let Some(used) = disk.and_then(|disk| disk.used) else {
            return Home::Unknown;
        };
        let trash = disk.and_then(|disk| disk.trash).unwrap_or(0);
        let all = || self.satellites.iter();
        let blobs: u64 = all().filter_map(|one| one.blobs).map(|(_, total, _)| total).sum();
        let logs: u64 = all().filter_map(|one| one.logs).map(|logs| logs.logs).sum();
        let is_all = |told: u64| told.abs_diff(used) <= used / SAME;
        let told = (
            all().any(|one| one.blobs.is_some()),
            all().any(|one| one.logs.is_some()),
        );
        match told {
            (_, true) if is_all(logs) => Home::Logs,
            (true, true) => Home::Both,
            (true, false) if is_all(blobs.saturating_add(trash)) => Home::Blobs,
            _ => Home::Unknown,
        }
    }
}

impl SatelliteStorage {
    /// Bytes of its pieces on a node, trash left out; `None`: not all of it is told.
    pub fn kept(&self, home: Home) -> Option<u64> {
        let blobs = self.blobs.map(|(_, total, _)| total);
        let logs = self.logs.map(|logs| logs.wanted());
        match home {
            Home::Blobs => blobs,
            Home::Logs => logs,
            Home::Both => blobs?.checked_add(logs?),
            Home::Unknown => None,
        }
    }

    /// Of what is kept, what is not paid: garbage no bloom filter has named, and what came since the tally. `None`:
    /// unknown, or less than nothing.
    pub fn garbage(&self, home: Home) -> Option<u64> {
        self.kept(home)?.checked_sub(self.paid?)
    }

    /// Its trash on a node: only a hashstore tells whose it is.
    pub fn trash(&self, home: Home) -> Option<u64> {
        self.logs.filter(|_| home == Home::Logs).map(|logs| logs.trash)
    }

    /// Its dead data on a node, reserved room included.
    pub fn dead(&self, home: Home) -> Option<u64> {
        match home {
            Home::Blobs => Some(0),
            _ => self.logs.map(|logs| logs.dead()),
        }
    }
}

/// How fast the disk fills over a time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Growth {
    /// The time, days.
    pub days: i64,
    /// Bytes a day.
    pub per_day: i64,
    /// The middle half of the days.
    pub range: Option<(i64, i64)>,
    /// Hours of it of which something is known.
    pub covered_h: f64,
    /// Jumps that are left out: when, bytes.
    pub steps: Vec<(i64, i64)>,
}

/// What a satellite stores on a node, and what it moved.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SatelliteStorage {
    /// Its id.
    pub satellite_id: String,
    /// As people call it.
    pub name: String,
    /// Paid, by the last tally that can be believed.
    pub paid: Option<u64>,
    /// The day of that tally.
    pub paid_day_ms: Option<i64>,
    /// The node filled that tally in.
    pub calculated: bool,
    /// Average of the month so far.
    pub average: Option<u64>,
    /// Days: midnight, byte-hours, average bytes (unknown without a tally). The last 60.
    pub stored: Vec<(i64, f64, Option<f64>)>,
    /// Days: midnight, egress, egress of repairs, of audits, ingress, ingress of repairs. The last 60.
    pub moved: Vec<(i64, [u64; 5])>,
    /// When the node told so.
    pub asked_ms: i64,
    /// Why it did not when it was asked last.
    pub error: Option<String>,
    /// Its blobs, by the node's databases: when (ms since the epoch), with headers, of pieces alone. What is in a
    /// hashstore is not in it.
    #[serde(default)]
    pub blobs: Option<(i64, u64, u64)>,
    /// Its hashstore, by the node's debug endpoint, exact; null: nobody asks it, or the answer is old.
    #[serde(default)]
    pub logs: Option<InLogs>,
}

/// What a satellite has in a node's hashstore. Bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InLogs {
    /// When it was told, ms since the epoch.
    pub time_ms: i64,
    /// Of the logs, with room that is reserved.
    pub logs: u64,
    /// Of pieces the table knows, trash included.
    pub set: u64,
    /// Of them trash.
    pub trash: u64,
}

impl InLogs {
    /// Pieces that are no trash.
    pub fn wanted(&self) -> u64 {
        self.set.saturating_sub(self.trash)
    }

    /// In logs, and not in the table: deleted, or reserved.
    pub fn dead(&self) -> u64 {
        self.logs.saturating_sub(self.set)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(used: u64, trash: u64, satellites: &[(Option<u64>, Option<[u64; 3]>)], source: &str) -> NodeStorage {
        let one = |(blobs, logs): &(Option<u64>, Option<[u64; 3]>)| SatelliteStorage {
            satellite_id: "s".to_owned(),
            name: "s".to_owned(),
            paid: Some(300),
            paid_day_ms: None,
            calculated: false,
            average: None,
            stored: Vec::new(),
            moved: Vec::new(),
            asked_ms: 0,
            error: None,
            blobs: blobs.map(|total| (0, total, total)),
            logs: logs.map(|[logs, set, trash]| InLogs {
                time_ms: 0,
                logs,
                set,
                trash,
            }),
        };
        NodeStorage {
            node: "n".to_owned(),
            disk: Some(Disk {
                semantics: "new".to_owned(),
                allocated: None,
                used: Some(used),
                free: None,
                trash: Some(trash),
                reclaimable: None,
                overused: None,
                source: source.to_owned(),
                as_of: String::new(),
            }),
            space: None,
            growth: Vec::new(),
            satellites: satellites.iter().map(one).collect(),
        }
    }

    #[test]
    fn what_is_kept_is_known_where_all_of_it_is_told() {
        let told = |node: NodeStorage| {
            let (home, one) = (node.home(), &node.satellites[0]);
            (home, one.kept(home), one.garbage(home), one.trash(home), one.dead(home))
        };
        let blobs = node(1_000, 100, &[(Some(500), None), (Some(400), None)], "api");
        assert_eq!(told(blobs), (Home::Blobs, Some(500), Some(200), None, Some(0)));
        let logs = node(1_000, 100, &[(None, Some([990, 700, 100]))], "api");
        assert_eq!(told(logs), (Home::Logs, Some(600), Some(300), Some(100), Some(290)));
        let both = node(1_000, 100, &[(Some(50), Some([800, 700, 100]))], "api");
        assert_eq!(told(both), (Home::Both, Some(650), Some(350), None, Some(100)));
        // Half of it lies in a hashstore that nobody asks.
        let half = node(1_000, 100, &[(Some(400), None)], "api");
        assert_eq!(told(half), (Home::Unknown, None, None, None, None));
        // By its databases alone blobs would always be all of it.
        let books = node(500, 100, &[(Some(400), None)], "db");
        assert_eq!(told(books).1, None);
        // Less is stored than paid: no garbage of less than nothing.
        let less = node(250, 0, &[(Some(250), None)], "api");
        assert_eq!(told(less), (Home::Blobs, Some(250), None, None, Some(0)));
    }
}
