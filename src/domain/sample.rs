//! What a node says of itself when it is asked: its process, its disk, how satellites rate it.

use super::detail::Detail;

/// How a node counts its disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Semantics {
    /// Releases up to 1.142: pieces and trash apart, nothing about the real disk.
    Old,
    /// From 1.143 on: everything counts as used, and free is what uploads can really take.
    New,
    /// The node has the whole disk; foreign files count as used.
    Dedicated,
}

impl Semantics {
    /// All, in the order of their codes in the database.
    pub const ALL: [Self; 3] = [Self::Old, Self::New, Self::Dedicated];

    /// The contract's word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Old => "old",
            Self::New => "new",
            Self::Dedicated => "dedicated",
        }
    }
}

/// A node's disk in bytes, the same meaning in all releases: `used` holds trash and dead data, `free`
/// is what more uploads may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Disk {
    /// How the node counts.
    pub semantics: Semantics,
    /// What the operator gave it.
    pub allocated: Option<u64>,
    /// Everything of the node's, trash included.
    pub used: Option<u64>,
    /// What uploads may still take.
    pub free: Option<u64>,
    /// Deleted pieces, kept for a week.
    pub trash: Option<u64>,
    /// Dead data in logs of the hashstore, part of `used`.
    pub reclaimable: Option<u64>,
    /// Above the allocation.
    pub overused: Option<u64>,
}

impl Disk {
    /// By blobs and their trash only: nothing is known of a hashstore, the allocation or what is free.
    pub fn of_blobs(used: u64, trash: Option<u64>) -> Self {
        Self {
            semantics: Semantics::Old,
            allocated: None,
            used: Some(used),
            free: None,
            trash,
            reclaimable: None,
            overused: None,
        }
    }
}

/// The running process.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Process {
    /// The node's id.
    pub node_id: Option<String>,
    /// Its release, without `v`.
    pub version: Option<String>,
    /// The oldest release satellites still work with.
    pub minimum_version: Option<String>,
    /// Whether `version` is at least the minimum. Says nothing of newer releases.
    pub up_to_date: Option<bool>,
    /// When the process started, ms since the epoch.
    pub started_ms: Option<i64>,
    /// `OK`, `Misconfigured`, `Disabled`, `Refreshing`.
    pub quic: Option<String>,
    /// The payout wallet.
    pub wallet: Option<String>,
}

/// What one satellite thinks of the node. Scores are 0..1, higher is better; `None`: no data yet.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Standing {
    /// The satellite's id; `None` when only its address is known: it has not rated the node yet.
    pub satellite_id: Option<String>,
    /// Its address, `host:port`.
    pub url: String,
    /// Audits passed.
    pub audit_score: Option<f64>,
    /// Audits that did not fail for an unknown reason.
    pub suspension_score: Option<f64>,
    /// Time online.
    pub online_score: Option<f64>,
    /// When it disqualified the node, ms since the epoch.
    pub disqualified_ms: Option<i64>,
    /// When it suspended the node for unknown audit errors, ms since the epoch.
    pub suspended_ms: Option<i64>,
    /// When it suspended the node for being offline, ms since the epoch; only the node's databases tell.
    pub offline_suspended_ms: Option<i64>,
    /// Since when it has the node under review for being offline; likewise.
    pub review_ms: Option<i64>,
    /// When it found the node vetted, ms since the epoch; also `None` before release 1.131.
    pub vetted_ms: Option<i64>,
}

/// One good answer of a node's API.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// The process.
    pub process: Process,
    /// When it last heard of a satellite or a customer, ms since the epoch; `None`: not since its start.
    pub last_contact_ms: Option<i64>,
    /// Its disk.
    pub disk: Option<Disk>,
    /// Its satellites; or why it did not say, though it said the rest.
    pub standings: Result<Vec<Standing>, String>,
    /// Satellites it was asked about this time: what it said, or the satellite's id and why it did not.
    pub details: Vec<Result<Detail, (String, String)>>,
}

/// A node was asked.
#[derive(Debug, Clone, PartialEq)]
pub struct Poll {
    /// When the answer was there, or missing for good; ms since the epoch.
    pub time_ms: i64,
    /// What it said, or why it did not.
    pub answer: Result<Sample, String>,
}

/// What is known of a node from asking it, at one time.
#[derive(Debug, Clone, Default)]
pub struct Told {
    /// When it was asked last, ms since the epoch.
    pub asked_ms: i64,
    /// Why it did not answer then, or not whole.
    pub error: Option<String>,
    /// When it answered last.
    pub answered_ms: Option<i64>,
    /// When it was first asked in vain since it last answered.
    pub silent_since_ms: Option<i64>,
    /// The process that answered last.
    pub process: Process,
    /// When that process last heard of a satellite or a customer.
    pub last_contact_ms: Option<i64>,
    /// Its disk, as of `answered_ms`.
    pub disk: Option<Disk>,
    /// Since when every answer said that QUIC is misconfigured.
    pub quic_bad_since_ms: Option<i64>,
    /// How satellites rate it.
    pub standings: Vec<Standing>,
    /// When it first said just that.
    pub standings_ms: Option<i64>,
    /// When it last said so.
    pub rated_ms: Option<i64>,
}

/// Whether a node answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answers {
    /// It does.
    Ok,
    /// What is known is older than it should be, or not whole.
    Stale,
    /// It does not, and what is known is old.
    Down,
}

impl Answers {
    /// The contract's word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Stale => "stale",
            Self::Down => "down",
        }
    }
}

/// Nodes are asked every minute or so; an answer older than this is stale.
const FRESH_MS: i64 = 5 * 60_000;

impl Told {
    /// Whether the node answered lately, at `now_ms`.
    pub fn answers(&self, now_ms: i64) -> Answers {
        let fresh = self.answered_ms.is_some_and(|ms| now_ms - ms <= FRESH_MS);
        match (fresh, self.silent_since_ms) {
            (true, None) if self.error.is_none() => Answers::Ok,
            (true, _) | (false, None) => Answers::Stale,
            (false, Some(_)) => Answers::Down,
        }
    }
}

/// Satellites of the public network, also those that are gone: logs name them by id only.
const SATELLITES: [(&str, &str); 7] = [
    ("12EayRS2V1kEsWESU9QMRseFhdxYxKicsiFmxrsLZHeLUtdps3S", "us1"),
    ("12L9ZFwhzVpuEKMUNUqkaTLGzwY9G24tbiigLiXpmZWKwmcNDDs", "eu1"),
    ("121RTSDpyNZVcEU84Ticf2L1ntiuUimbWgfATz21tuvgk3vzoA6", "ap1"),
    ("1wFTAgs9DP5RSnCqKV1eLf6N9wtk4EAtmN5DpSxcs8EjT69tGE", "saltlake"),
    ("12tRQrMTWUWwzwGh18i7Fqs67kmdhH9t6aToeiwbo5mfS2rUmo", "us2"),
    ("12rfG3sh9NCWiX3ivPjq2HtdLmbqCrvHVEzJubnzFzosMuawymB", "europe-north-1"),
    ("118UWpMCHzs6CvSgWd9BfFVjw5K9pZbJjkfZJexMtSkmKxvvAW", "stefan-benten"),
];

impl Standing {
    /// The satellite as people call it: the first label of its host name, or the begin of its id where
    /// the host is only a number.
    pub fn short_name(&self) -> String {
        Self::short_of(&self.url, self.satellite_id.as_deref())
    }

    /// [`Self::short_name`] of an address and an id.
    pub fn short_of(url: &str, satellite_id: Option<&str>) -> String {
        if let Some((_, name)) = SATELLITES.iter().find(|(id, _)| Some(*id) == satellite_id) {
            return (*name).to_owned();
        }
        let host = url.rsplit_once(':').map_or(url, |(host, _)| host);
        let label = host.split('.').next().unwrap_or_default();
        let is_name = label.chars().any(|c| c.is_ascii_alphabetic());
        match satellite_id {
            Some(id) if !is_name => id.chars().take(8).collect(),
            _ if is_name => label.to_owned(),
            _ => url.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn satellites_have_short_names() {
        let name = |url: &str, id: Option<&str>| {
            let standing = Standing {
                satellite_id: id.map(str::to_owned),
                url: url.to_owned(),
                ..Standing::default()
            };
            standing.short_name()
        };
        assert_eq!(name("us9.storj.io:7777", Some("12EayRS2V1k")), "us9");
        assert_eq!(
            name("", Some("12EayRS2V1kEsWESU9QMRseFhdxYxKicsiFmxrsLZHeLUtdps3S")),
            "us1"
        );
        assert_eq!(name("127.0.0.1:10010", Some("12Dr8b9o4Ug9aJ")), "12Dr8b9o");
        assert_eq!(name("[::1]:7777", Some("12Dr8b9o4Ug9aJ")), "12Dr8b9o");
        assert_eq!(name("127.0.0.1:10010", None), "127.0.0.1:10010");
    }
}
