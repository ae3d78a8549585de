//! What a record tells: level, logger and message to a [`Kind`]. The one table of messages.

use std::collections::HashSet;
use std::sync::OnceLock;

/// A record's level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Level {
    /// Only with `log.level: debug`.
    Debug,
    /// The release default.
    Info,
    /// Worth a look.
    Warn,
    /// Something failed.
    Error,
    /// A bug the node survives.
    Dpanic,
    /// A bug it does not.
    Panic,
    /// The node gives up.
    Fatal,
}

impl Level {
    /// All with the node's words, the lightest first.
    pub const ALL: [(Self, &'static str); 7] = [
        (Self::Debug, "DEBUG"),
        (Self::Info, "INFO"),
        (Self::Warn, "WARN"),
        (Self::Error, "ERROR"),
        (Self::Dpanic, "DPANIC"),
        (Self::Panic, "PANIC"),
        (Self::Fatal, "FATAL"),
    ];

    /// The level of a column, if it is one.
    pub fn of(word: &[u8]) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|(_, w)| w.as_bytes() == word)
            .map(|(level, _)| level)
    }

    /// The node's word.
    pub fn word(self) -> &'static str {
        Self::ALL
            .into_iter()
            .find(|(level, _)| *level == self)
            .map_or("", |(_, word)| word)
    }
}

/// How a rule's message is compared.
#[derive(Debug, Clone, Copy)]
enum Text {
    Is(&'static str),
    Starts(&'static str),
    Ends(&'static str),
}

impl Text {
    fn fits(self, message: &str) -> bool {
        match self {
            Self::Is(text) => message == text,
            Self::Starts(text) => message.starts_with(text),
            Self::Ends(text) => message.ends_with(text),
        }
    }
}

/// Declares the kinds with their messages; the logger column `""` fits any (the modular binary names
/// its loggers differently), else the logger must begin so.
macro_rules! kinds {
    ($( $(#[$doc:meta])* $name:ident : $logger:literal $( $text:ident $message:literal ),+ ; )+) => {
        /// What a record tells an operator. Kinds not named here are [`Kind::Known`] when a release of
        /// the node is known to write them, else [`Kind::Unknown`].
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Kind {
            $( $(#[$doc])* $name, )+
            /// A message of a known release that changes nothing here.
            Known,
            /// A message no known release has.
            Unknown,
        }

        impl Kind {
            /// Every kind that has messages of its own.
            pub const ALL: &'static [Kind] = &[$( Kind::$name ),+];
        }

        const RULES: &[(Kind, &str, &[Text])] = &[
            $( (Kind::$name, $logger, &[$( Text::$text($message) ),+]), )+
        ];
    };
}

kinds! {
    /// A piece is stored and acknowledged.
    Uploaded: "piecestore" Is "uploaded";
    /// The whole requested range was sent.
    Downloaded: "piecestore" Is "downloaded";
    /// The uplink hung up first.
    UploadCanceled: "piecestore" Is "upload canceled";
    /// The same in 1.86 to 1.112, written in place of the line above.
    UploadCanceledOld: "piecestore" Is "upload canceled (race lost or node shutdown)";
    /// The peer hung up first. At DEBUG the pair of an INFO line.
    DownloadCanceled: "piecestore" Is "download canceled", Is "download canceled (race lost or node shutdown)";
    /// An upload broke.
    UploadFailed: "piecestore" Is "upload failed";
    /// A download broke; for audits and repairs the most important line of all.
    DownloadFailed: "piecestore" Is "download failed";
    /// Over the limit of concurrent requests.
    UploadRejected: "piecestore" Is "upload rejected, too many requests";
    /// An upload begins.
    UploadStarted: "piecestore" Is "upload started";
    /// A download begins.
    DownloadStarted: "piecestore" Is "download started";
    /// An upload broke outside of a transfer; has no ids.
    UploadInternalError: "" Is "upload internal error";
    /// Piece store trouble beside a transfer.
    PieceError: "piecestore" Is "error during canceling a piece write", Is "failed to close piece reader",
        Is "could not get hash and order limit", Is "error sending hash and order limit", Is "error sending response",
        Is "error seeking on piecereader", Is "error reading from piecereader", Is "failed to unlock orders file",
        Is "failed to add order", Is "failed to add bandwidth usage";
    /// A piece was asked for that garbage collection had trashed: it was restored.
    FoundInTrash: "" Is "file found in trash", Is "trashed record was read", Is "unable to revive record";
    /// A satellite sent a bloom filter.
    BloomFilter: "" Is "New bloomfilter is received";
    /// A bloom filter could not be kept.
    BloomFilterFailed: "" Is "failed to set bloom filter";
    /// Orders were settled with a satellite.
    OrdersSettled: "orders" Is "finished";
    /// Orders could not be settled: unpaid egress.
    OrdersFailed: "orders" Is "failed to settle orders for satellite", Is "unable to get satellite address",
        Is "skipping order settlement for untrusted satellite. Order will be archived", Is "failed to archive orders",
        Is "listing orders", Is "clean archive failed", Is "cleaning filestore archive",
        Is "rpc client when sending new orders settlements", Is "rpc client error when closing sender";
    /// The satellite could not be told that the node lives.
    PingFailed: "" Is "ping satellite failed", Is "failed PingMe request to satellite", Is "checkin callback failed";
    /// It gave up until the next cycle.
    PingGivenUp: "" Is "retries timed out for this cycle";
    /// Online, but QUIC or the like does not work.
    OnlineWithError: "" Is "Your node is still considered to be online but encountered an error.";
    /// Scores of one satellite.
    Scores: "" Is "node scores updated", Is "node scores worsened";
    /// Scores could not be fetched or kept.
    ScoresFailed: "reputation" Is "reputation chore failed", Is "failed to store reputation";
    /// Deletion of expired pieces.
    Collector: "collector" Is "expired pieces collection started", Is "expired pieces collection completed",
        Is "error during expired pieces collection", Is "unable to delete piece", Is "error during collecting pieces:",
        Is "collect", Is "file does not exist";
    /// Garbage collection of the blob store.
    Retain: "" Is "Retain job queued", Is "Prepared to run a Retain request.", Is "Moved pieces to trash during retain",
        Is "failed to trash piece", Is "retain pieces failed";
    /// The trash is emptied.
    Trash: "pieces:trash" Is "emptying trash started", Is "emptying trash finished", Is "emptying trash failed",
        Is "restore trash started", Is "restore trash finished", Is "restore trash failed";
    /// A walk over all pieces.
    Filewalker: "" Starts "used-space-filewalker ", Starts "gc-filewalker ", Starts "trash-filewalker ", Is "lazyfilewalker failed",
        Is "Startup piece scan omitted by configuration";
    /// A walk's process.
    FilewalkerProcess: "lazyfilewalker" Is "starting subprocess", Is "subprocess started", Is "subprocess finished successfully",
        Is "subprocess exited with status", Is "failed to start subprocess", Is "subprocess exited with error",
        Is "failed to decode response from subprocess";
    /// Hashstore compaction, all its lines.
    Compaction: "hashstore" Is "beginning compaction", Is "compaction acquired locks", Is "compact once started",
        Is "including log due to no rewrite candidates", Is "compaction computed details", Is "records rewritten",
        Is "hashtbl rewritten", Is "compact once finished", Is "finished compaction", Is "compaction failed";
    /// A satellite's hashstore was opened.
    HashstoreOpened: "hashstore" Is "hashstore opened successfully", Is "loaded hint file";
    /// A hashstore found damage.
    HashstoreDamaged: "hashstore" Is "unclean shutdown detected: reconciling logs", Is "mismatched log tail",
        Is "reconciled log with invalid records", Is "unable to write hint file", Is "hash table is full";
    /// From blob store to hashstore.
    Migration: "piecemigrate" Is "piece migration chore initialized", Is "enqueued for migration",
        Is "all enqueued for migration; will sleep before next pooling", Is "processed a bunch of pieces",
        Is "couldn't migrate", Is "failed to enqueue for migration", Is "cleanup removed empty prefix directories",
        Is "removed empty satellite directory";
    /// Lost pieces told to a satellite.
    Amnesty: "" Is "sending amnesty batch to satellite", Is "successfully sent amnesty batch",
        Is "failed to report bad piece to amnesty", Ends "amnesty report";
    /// Space: smaller than asked for, over-used, or unknown.
    DiskSpace: "" Is "Disk space is less than requested. Allocated space is", Is "Used more space than allocated. Allocated space is",
        Is "Total disk space is less than required minimum", Is "Total disk space (minus reserved bytes) is less than required minimum",
        Is "unable to get disk space info, using zeros";
    /// The disk does not answer or is not there.
    DiskCheck: "" Is "timed out while verifying readability of storage directory", Is "timed out while verifying writability of storage directory",
        Is "error verifying location and/or readability of storage directory", Is "error verifying writability of storage directory",
        Is "error during updating node information:", Is "error notifying satellites:";
    /// Counters of used space ran below zero: cosmetic.
    SpaceDrift: "" Ends " < 0", Ends " < <number>";
    /// The node begins to start: without a signal before it, it was killed.
    Configuration: "" Is "Configuration loaded";
    /// The node runs.
    Started: "" Is "Node started", Ends "> started";
    /// It was asked to stop.
    Signal: "" Starts "Got a signal from the OS: ", Is "Stop/Shutdown request received.";
    /// A part of the node died, and it with it.
    Dying: "" Is "unexpected shutdown of a runner", Is "service takes long to shutdown", Is "slow shutdown",
        Is "failure during run", Is "Unrecoverable error", Is "Failed preflight check.";
    /// The version is too old, or could not be checked.
    Version: "" Is "version not allowed/outdated", Is "failed to get process version info", Is "outdated software version";
    /// The version that runs (DEBUG).
    VersionInfo: "" Is "Version info", Is "Running on version", Is "Current binary version";
    /// An update was or will be made.
    Update: "" Is "Version is up to date", Starts "New version is being rolled out", Is "Version is below minimum allowed",
        Is "Download started.", Is "Download finished.", Is "Restarting service.", Is "Service restarted successfully.",
        Is "Error updating service.";
    /// Clocks were compared with satellites'.
    Preflight: "" Is "unable to get satellite system time", Is "system clock is out of sync with satellite",
        Is "local system clock is in sync with trusted satellites' system clock.";
    /// The list of satellites.
    Trust: "trust" Is "Scheduling next refresh", Is "Failed to fetch URLs from source; used cache",
        Is "Failed to fetch URLs from source", Is "Failed to refresh", Is "Satellite is trusted", Is "Satellite is no longer trusted";
    /// A database is created, upgraded or missing.
    Database: "" Is "database does not exist", Is "Database Version", Is "Database Created", Is "Could not persist bandwidth cache to db";
    /// Leaving a satellite.
    GracefulExit: "gracefulexit" Starts "graceful exit ", Is "worker failed";
}

/// Messages of nodes since 1.90, one a line, sorted; generated from the releases.
const MESSAGES: &str = include_str!("messages.txt");

impl Kind {
    /// The kind of a record. `message` without trailing spaces.
    pub fn of(level: Level, logger: &str, message: &str) -> Self {
        let shaped = super::template::of(message);
        let fits = |texts: &[Text]| texts.iter().any(|text| text.fits(message) || text.fits(&shaped));
        // The modular binary: `piecestore:endpoint`, `hashstore:…`; logger names begin alike.
        let rule = RULES
            .iter()
            .find(|(_, of, texts)| (of.is_empty() || logger.starts_with(of)) && fits(texts));
        match rule {
            Some((kind, ..)) => *kind,
            None if is_known(level, logger, message) => Self::Known,
            None => Self::Unknown,
        }
    }

    /// Whether the program knows what the message means.
    pub fn is_understood(self) -> bool {
        self != Self::Unknown
    }

    /// An example of each kind: logger and message. For tests of what must be handled.
    pub fn example(self) -> Option<(&'static str, String)> {
        let (_, logger, texts) = RULES.iter().find(|(kind, ..)| *kind == self)?;
        let message = match texts.first()? {
            Text::Is(text) => (*text).to_owned(),
            Text::Starts(text) => format!("{text}finished"),
            Text::Ends(text) => format!("piecesTotal{text}"),
        };
        Some((logger, message))
    }
}

fn is_known(_: Level, logger: &str, message: &str) -> bool {
    static KNOWN: OnceLock<HashSet<String>> = OnceLock::new();
    // Schema upgrades: the message is the step's description.
    logger.starts_with("db.migration")
        || [
            "Public server started on",
            "Private server started on",
            "debug server listening on",
        ]
        .iter()
        .any(|start| message.starts_with(start))
        || KNOWN.get_or_init(known).contains(message)
}

/// The messages as the node writes them, and as shapes, which is how kinds are kept.
fn known() -> HashSet<String> {
    MESSAGES
        .lines()
        .flat_map(|message| [message.to_owned(), super::template::of(message)])
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_found_by_its_own_example() {
        for kind in Kind::ALL {
            let (logger, message) = kind.example().unwrap();
            assert_eq!(Kind::of(Level::Info, logger, &message), *kind, "{logger} {message}");
        }
    }

    #[test]
    fn names_in_messages_do_not_hide_what_they_tell() {
        let started = "Node 12EayRS2V1kEsWESU9QMRseFhdxYxKicsiFmxrsLZHeLUtdps3S started";
        assert_eq!(Kind::of(Level::Info, "", started), Kind::Started);
        assert_eq!(Kind::of(Level::Info, "piecestore:endpoint", "uploaded"), Kind::Uploaded);
        assert_eq!(Kind::of(Level::Info, "", "a message of 2031"), Kind::Unknown);
    }
}
