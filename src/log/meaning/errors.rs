//! What the text of an error means, whatever message it stands under.

use super::Meaning;
use crate::domain::gravity::Gravity::{Grave, Look, Plain};
use crate::log::kind::Kind;

const FULL: Meaning = Meaning::new(
    Grave,
    "The disk, or its file system, is full.",
    "Free some space on it, or lower the node's allocation.",
);
const READ_ONLY: Meaning = Meaning::new(
    Grave,
    "The file system can only be read: the system does so when a disk gives errors.",
    "Look into the system's log, check the disk and its file system, then mount it writable again.",
);
const DISK: Meaning = Meaning::new(
    Grave,
    "The disk or its file system gives errors.",
    "Look into the system's log, check cables, SMART values and the file system; copy the node while it can be read.",
);
const MOUNT: Meaning = Meaning::new(
    Grave,
    "The node's storage folder is not there, or is another one: mostly a disk that is not mounted.",
    "Stop the node, mount the disk, start the node again. It does not come back by itself.",
);
const FILES: Meaning = Meaning::new(
    Look,
    "The system does not let the node open more files.",
    "Raise the limit of open files of the node's process.",
);
const LOCKED: Meaning = Meaning::new(
    Look,
    "A database of the node was locked for longer than ten seconds: another program holds it, or the disk is very slow. It is tried again later.",
    "If it repeats, find what else opens the node's databases, or move them to a faster disk.",
);
const DAMAGED: Meaning = Meaning::new(
    Grave,
    "A database of the node is damaged.",
    "Stop the node, copy its databases, repair the one that is named, or let the node make it anew.",
);
const MIGRATION: Meaning = Meaning::new(
    Grave,
    "The node cannot bring a database to its release; a damaged page looks like this, too. It does not start.",
    "Stop the node, copy its databases, check the one that is named, repair it.",
);
const NETWORK: Meaning = Meaning::new(
    Plain,
    "The other side went away in the middle: the network or the client, not the disk.",
    "",
);
const ENDED: Meaning = Meaning::new(Plain, "The client hung up before it had sent everything.", "");
const DIAL: Meaning = Meaning::new(
    Look,
    "The satellite could not open a connection to the node.",
    "Check the address the node gives, the forwarded port and the firewall.",
);
const QUIC: Meaning = Meaning::new(
    Plain,
    "Only QUIC (UDP) does not get through; the node counts as online.",
    "Forward the port for UDP, too, or leave it: customers use TCP then.",
);
const REFUSED: Meaning = Meaning::new(Look, "Nobody listens at the other end: it is down, or restarts.", "");
const WAITED: Meaning = Meaning::new(
    Look,
    "No answer came in time: the other end hangs, or the way to it is cut or very slow.",
    "",
);
const LIMITED: Meaning = Meaning::new(
    Plain,
    "The satellite takes a check-in every ten minutes at most: the node was restarted often.",
    "",
);
const UNTRUSTED: Meaning = Meaning::new(Look, "The satellite is not, or not yet, in the node's list.", "");
const CLOCK: Meaning = Meaning::new(
    Look,
    "The clock of this computer is wrong.",
    "Let it be set from the network (NTP).",
);
const OUTDATED: Meaning = Meaning::new(
    Grave,
    "This release is below the minimum: the node does not start any more.",
    "Update the node.",
);

/// What is looked for, in this order, and what it means. `file does not exist` is a matter of the message.
const TEXTS: &[(&[&str], Meaning)] = &[
    (
        &[
            "no space left on device",
            "database or disk is full",
            "not enough space on the disk",
            "not enough free space on",
            "out of space",
        ],
        FULL,
    ),
    (&["read-only file system", "readonly database"], READ_ONLY),
    (
        &["input/output error", "disk I/O error", "structure needs cleaning"],
        DISK,
    ),
    (
        &[
            "storage-dir-verification",
            "does not match running node's ID",
            "is not a valid node ID",
        ],
        MOUNT,
    ),
    (
        &["while verifying readability", "while verifying writability"],
        WAITED_DISK,
    ),
    (&["too many open files"], FILES),
    (&["database is locked"], LOCKED),
    (
        &["disk image is malformed", "file is not a database", "no such table"],
        DAMAGED,
    ),
    (&["Error migrating tables"], MIGRATION),
    (&["software outdated", "outdated software version"], OUTDATED),
    (&["clock is off", "clock is out of sync"], CLOCK),
    (&["using QUIC", "rpc: quic:"], QUIC),
    (&["node rate limited"], LIMITED),
    (&["failed to dial storage node", "your node indicated error code"], DIAL),
    (&["satellite is untrusted"], UNTRUSTED),
    (
        &[
            "broken pipe",
            "connection reset by peer",
            "use of closed network connection",
        ],
        NETWORK,
    ),
    (&["unexpected EOF"], ENDED),
    (&["connection refused"], REFUSED),
    (&["context deadline exceeded", "i/o timeout"], WAITED),
];

const WAITED_DISK: Meaning = Meaning::new(
    Grave,
    "The disk did not answer within a minute: it hangs, or is far too busy. The node stops itself over this.",
    "Look into the system's log, check the disk and what else works on it.",
);

/// What an error means; `None`: its words have to do.
pub(super) fn of(error: &[u8], kind: Kind) -> Option<Meaning> {
    let holds = |text: &&str| memchr::memmem::find(error, text.as_bytes()).is_some();
    let (_, meaning) = TEXTS.iter().find(|(texts, _)| texts.iter().any(holds))?;
    // Of a transfer these are the client's: it hung up, or was too slow.
    let transfer = matches!(
        kind,
        Kind::UploadFailed | Kind::DownloadFailed | Kind::UploadInternalError
    );
    match *meaning {
        // The message says it already.
        QUIC if kind == Kind::OnlineWithError => None,
        WAITED | REFUSED if transfer => Some(NETWORK),
        meaning => Some(meaning),
    }
}
