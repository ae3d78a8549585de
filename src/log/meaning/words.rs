//! The words: one entry for each thing a message can mean.

use super::Meaning;
use crate::domain::gravity::Gravity::{Grave, Look, Plain, Routine};

const fn m(gravity: crate::domain::gravity::Gravity, means: &'static str, act: &'static str) -> Meaning {
    Meaning::new(gravity, means, act)
}

pub(super) const UPLOADED: Meaning = m(Routine, "A customer's piece is stored and acknowledged.", "");
pub(super) const REPAIR_STORED: Meaning = m(
    Routine,
    "A piece made anew by a repair is stored: another node lost it.",
    "",
);
pub(super) const DOWNLOADED: Meaning = m(Routine, "The whole range that was asked for was sent.", "");
pub(super) const AUDIT_PASSED: Meaning = m(
    Routine,
    "The satellite checked that the piece is kept, and got its bytes.",
    "",
);
pub(super) const REPAIR_SENT: Meaning = m(
    Routine,
    "The piece was sent for a repair: other nodes lost theirs of the same file. It is paid.",
    "",
);
pub(super) const UPLOAD_CANCELED: Meaning = m(
    Routine,
    "The uplink hung up first: enough other nodes were faster (a lost race), or the node was being stopped. It is no error.",
    "",
);
pub(super) const DOWNLOAD_CANCELED: Meaning = m(
    Routine,
    "The other side hung up before all was sent, mostly because it had enough from faster nodes. It is no error; the size is what was asked for.",
    "",
);
pub(super) const AUDIT_CANCELED: Meaning = m(
    Routine,
    "The auditor hung up once it had its bytes; the satellite counts such an audit as a success.",
    "",
);
pub(super) const UPLOAD_FAILED: Meaning = m(
    Look,
    "The upload broke: the disk could not take it, its data or its order was wrong, or there was no space.",
    "Read the error: if it names a file or the disk, look at the disk.",
);
pub(super) const UPLOAD_BROKEN_OFF: Meaning = m(
    Routine,
    "The client went away. With the error \"context canceled\" the piece was stored already, and stays.",
    "",
);
pub(super) const DOWNLOAD_FAILED: Meaning = m(
    Look,
    "A piece could not be read or sent.",
    "Read the error: if it names a file or the disk, look at the disk.",
);
pub(super) const DOWNLOAD_BROKEN_OFF: Meaning = m(
    Plain,
    "The client went away while the piece was sent. Nothing is wrong here.",
    "",
);
pub(super) const AUDIT_MISSING: Meaning = m(
    Grave,
    "The satellite asked for a few bytes to see that the piece is kept, and the piece is not there. From a perfect score 41 such failures in a row disqualify the node on that satellite, for good.",
    "If more follow: stop the node at once, and see that its disk is mounted and its files are there, before you start it again.",
);
pub(super) const REPAIR_MISSING: Meaning = m(
    Grave,
    "A repair asked for a piece that is not there. It counts against the node as a failed audit does.",
    "If more follow: stop the node at once, and see that its disk is mounted and its files are there, before you start it again.",
);
pub(super) const PIECE_MISSING: Meaning = m(
    Grave,
    "A customer asked for a piece that is not there. When the satellite audits it, that audit fails.",
    "If more follow: stop the node, and see that its disk is mounted and its files are there.",
);
pub(super) const AUDIT_FAILED: Meaning = m(
    Grave,
    "The satellite checked a piece and got an error. About ten such answers in a row suspend the node on that satellite; a suspension ends when audits succeed again.",
    "Look at the disk and at the rights of the node's files.",
);
pub(super) const UPLOAD_REJECTED: Meaning = m(
    Look,
    "More uploads came at once than the node is told to take: this one was turned away.",
    "If the disk can take more, raise storage2.max-concurrent-requests, or set it to 0 (no limit).",
);
pub(super) const STARTED_TRANSFER: Meaning = m(Routine, "A transfer begins. How it ends is a line of its own.", "");
pub(super) const UPLOAD_INTERNAL_ERROR: Meaning = m(
    Plain,
    "An upload ended outside of a transfer, mostly because the client was gone; often the piece is stored. The line names no piece and no satellite.",
    "",
);
pub(super) const PIECE_ERROR: Meaning = m(
    Look,
    "Something beside the transfer of a piece went wrong: its file, its hash or its order.",
    "Read the error: if it names a file or the disk, look at the disk.",
);
pub(super) const FOUND_IN_TRASH: Meaning = m(
    Look,
    "A piece was asked for that garbage collection had put into the trash. It was restored and sent: a bloom filter was wrong, or deleted data was restored.",
    "Nothing now. If it comes often, keep the trash and tell the satellite's operators.",
);
pub(super) const NOT_REVIVED: Meaning = m(
    Look,
    "A piece in the trash was asked for and could not be kept from deletion.",
    "Read the error: if it names the disk, look at the disk.",
);
pub(super) const BLOOM_FILTER: Meaning = m(
    Plain,
    "A satellite sent a bloom filter: what it does not name becomes garbage, which goes to the trash next.",
    "",
);
pub(super) const BLOOM_FILTER_FAILED: Meaning = m(
    Look,
    "A bloom filter could not be kept: garbage stays on the disk, unpaid, until the next one.",
    "",
);
pub(super) const ORDERS_SETTLED: Meaning = m(
    Plain,
    "The orders of one satellite were sent in: egress is paid by them.",
    "",
);
pub(super) const ORDERS_FAILED: Meaning = m(
    Look,
    "Orders could not be settled with a satellite. They are tried again every hour, but expire after a day or two: then that egress is not paid.",
    "If it repeats for hours, check the way to the satellite and the disk the orders lie on.",
);
pub(super) const PING_FAILED: Meaning = m(
    Look,
    "The check-in with a satellite failed. It is tried again after 1, 2, 4 … seconds; after four hours without one the satellite gives the node no uploads.",
    "If other satellites fail, too: check network, port and address.",
);
pub(super) const PING_GIVEN_UP: Meaning = m(
    Look,
    "All tries of this cycle (about 68 minutes) failed; the next cycle begins.",
    "Check network, port and address: for that satellite the node is offline.",
);
pub(super) const ONLINE_WITH_ERROR: Meaning = m(
    Plain,
    "The satellite reached the node, but not in every way: mostly QUIC (UDP) does not get through. It comes again at every check-in.",
    "Forward the port for UDP, too, if QUIC is wanted.",
);
pub(super) const SCORES: Meaning = m(Plain, "How a satellite rates the node; fetched every four hours.", "");
pub(super) const SCORES_WORSENED: Meaning = m(
    Look,
    "A satellite rates the node lower than four hours ago; also told for drops too small to matter. The deltas say which score fell.",
    "Audit score: pieces are missing. Suspension score: pieces cannot be read. Online score: the node was away.",
);
pub(super) const SCORES_FAILED: Meaning = m(
    Look,
    "Scores could not be fetched or kept; they are fetched again in four hours.",
    "",
);
pub(super) const COLLECTOR: Meaning = m(Plain, "Pieces whose time is over are deleted; every hour.", "");
pub(super) const RETAIN: Meaning = m(
    Plain,
    "Garbage collection of the old blob store: what a bloom filter does not name is moved to the trash.",
    "",
);
pub(super) const TRASH: Meaning = m(
    Plain,
    "The trash of the old blob store is emptied: what lay in it for seven days is deleted.",
    "",
);
pub(super) const CLEANING_FAILED: Meaning = m(
    Look,
    "A step of cleaning up or moving pieces failed. \"file does not exist\" means the piece was gone already, which is harmless.",
    "Any other error: look at the disk and the rights of the node's files.",
);
pub(super) const FILEWALKER: Meaning = m(
    Plain,
    "A walk over all pieces begins or ends: to count used space, or to find garbage.",
    "",
);
pub(super) const FILEWALKER_PROCESS: Meaning = m(Plain, "The process of a walk over all pieces begins or ends.", "");
pub(super) const FILEWALKER_FAILED: Meaning = m(
    Look,
    "A walk over all pieces did not come to its end: used space may be counted wrongly, or garbage stays.",
    "Look at the error. A restart of the node ends walks, too, and is harmless.",
);
pub(super) const COMPACTION: Meaning = m(
    Plain,
    "The hashstore rewrites its log files to get space back; about once a day for each satellite and store.",
    "",
);
pub(super) const COMPACTION_FAILED: Meaning = m(
    Look,
    "The hashstore could not rewrite its log files: space of deleted pieces does not come back.",
    "If the error names free space: make room on that disk.",
);
pub(super) const HASHSTORE_OPENED: Meaning = m(
    Plain,
    "The hashstore of a satellite was opened. logs_mismatched above 0 means that log files are not what its table says.",
    "",
);
pub(super) const HASHSTORE_DAMAGED: Meaning = m(
    Look,
    "A log file of the hashstore does not end as its table says, or a file of it could not be written. A path of \"<missing>\" is a file that is gone.",
    "If \"reconciled log with invalid records\" follows, pieces are lost: check the disk.",
);
pub(super) const UNCLEAN_SHUTDOWN: Meaning = m(
    Plain,
    "The node was killed, or the power failed: the hashstore compares its log files with its table.",
    "Give the node more time to stop (docker stop -t 300).",
);
pub(super) const RECORDS_LOST: Meaning = m(
    Grave,
    "Pieces the hashstore's table names are not in its log files: they are lost. They are reported to the satellite.",
    "Check the disk and its file system before more is lost; give the node time to stop.",
);
pub(super) const MIGRATION: Meaning = m(
    Plain,
    "Pieces are moved from the old blob store to the hashstore. It says so every ten minutes, also when nothing is left.",
    "",
);
pub(super) const AMNESTY: Meaning = m(
    Look,
    "The node tells a satellite of pieces it knows it lost.",
    "Find out why pieces were lost: look at the hashstore's lines before, and at the disk.",
);
pub(super) const DISK_SPACE: Meaning = m(
    Look,
    "The disk is smaller than the allocation, more is used than is allocated, or the disk could not be measured. The bytes are the allocation, not the excess.",
    "Set the allocation to what the disk can hold; while more is used no uploads come.",
);
pub(super) const DISK_TOO_SMALL: Meaning = m(
    Grave,
    "The disk is smaller than the least a node may offer (500 GB). The node stops.",
    "See whether the right disk is mounted; if it is, it is too small.",
);
pub(super) const DISK_CHECK: Meaning = m(
    Grave,
    "The node's own check of its storage folder failed: the folder is gone, or the disk does not answer. Without verify-dir-warn-only the node stops over this.",
    "See that the disk is mounted, answers and can be written.",
);
pub(super) const SPACE_DRIFT: Meaning = m(
    Plain,
    "A counter of used space ran below zero, which often happens while pieces move to the hashstore. Cosmetic.",
    "",
);
pub(super) const CONFIGURATION: Meaning = m(
    Plain,
    "The node begins to start. Without \"Got a signal from the OS\" before it, it was killed, crashed, or lost its power.",
    "",
);
pub(super) const STARTED: Meaning = m(Plain, "The node runs: from now on it takes uploads and downloads.", "");
pub(super) const SIGNAL: Meaning = m(Plain, "The node was asked to stop and does so.", "");
pub(super) const DYING: Meaning = m(
    Grave,
    "A part of the node died, and the node with it. It may hang and never end by itself.",
    "Read the error, mend what it names, restart the node; if it hangs, kill it.",
);
pub(super) const SLOW_SHUTDOWN: Meaning = m(
    Look,
    "A part of the node takes more than 15 seconds to stop. The stack is for its developers.",
    "If it does not end within minutes, kill it.",
);
pub(super) const VERSION: Meaning = m(
    Grave,
    "The release is below the minimum, or could not be checked. An outdated node that is restarted does not start again.",
    "Update the node.",
);
pub(super) const VERSION_INFO: Meaning = m(Plain, "The release of the node that runs, or of its updater.", "");
pub(super) const UPDATE: Meaning = m(Plain, "The updater looked for a new release, or brings it in.", "");
pub(super) const UPDATE_FAILED: Meaning = m(
    Look,
    "The updater could not bring in a new release.",
    "Read the error; update by hand if it repeats.",
);
pub(super) const PREFLIGHT: Meaning = m(Plain, "The clock of this computer agrees with the satellites'.", "");
pub(super) const CLOCK: Meaning = m(
    Look,
    "The clock could not be compared with a satellite's, or is wrong. If it is wrong for all of them, the node does not start.",
    "Let the clock be set from the network (NTP).",
);
pub(super) const TRUST: Meaning = m(Plain, "The list of satellites was, or will be, refreshed.", "");
pub(super) const TRUST_STALE: Meaning = m(
    Plain,
    "The list of satellites could not be fetched; the one kept from before is used.",
    "",
);
pub(super) const TRUST_FAILED: Meaning = m(
    Grave,
    "There is no list of satellites, fetched or kept: the node ends.",
    "Check the way to the internet and DNS, then start the node again.",
);
pub(super) const DATABASE: Meaning = m(
    Plain,
    "A database was made or upgraded. On a node that is not new, \"database does not exist\" means that its databases are somewhere else, or gone.",
    "",
);
pub(super) const DATABASE_FAILED: Meaning = m(
    Look,
    "A database could not be written; what was to be kept stays in memory and is tried again.",
    "Read the error.",
);
pub(super) const GRACEFUL_EXIT: Meaning = m(Plain, "The node leaves a satellite; that takes 30 days.", "");
pub(super) const GRACEFUL_EXIT_FAILED: Meaning = m(
    Look,
    "Leaving a satellite failed, or a step of it.",
    "Read the reason: an exit fails when the online score is below 0.8.",
);
pub(super) const KNOWN: Meaning = m(
    Plain,
    "A message of a known release of the node. It asks for nothing.",
    "",
);
pub(super) const KNOWN_WARNING: Meaning = m(
    Look,
    "A message of a known release of the node; what it means is not worked out here.",
    "Read the message and its error.",
);
pub(super) const UNKNOWN: Meaning = m(
    Plain,
    "No release known to this program writes this message. It is counted by its shape, and nothing is thrown away.",
    "",
);
pub(super) const UNKNOWN_WARNING: Meaning = m(
    Look,
    "No release known to this program writes this message. It is counted by its shape, and nothing is thrown away.",
    "Read the message and its error.",
);
pub(super) const TRACE: Meaning = m(
    Plain,
    "Part of a stack: what the program was doing, for its developers.",
    "",
);
pub(super) const PANIC: Meaning = m(
    Grave,
    "The node crashed. The lines behind it say where.",
    "See whether it starts again; if it crashes each time, the first lines of the stack belong into a bug report.",
);
pub(super) const FOREIGN: Meaning = m(
    Plain,
    "Not a line of the node: another program wrote it, such as the container's supervisor, or it is free text.",
    "",
);
pub(super) const MALFORMED: Meaning = m(
    Plain,
    "It begins as a line of the node, but is cut off or damaged.",
    "A few are normal where a log was cut; many mean that two programs write to one file, or the disk was full.",
);
