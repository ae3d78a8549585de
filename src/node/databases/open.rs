//! Opens one database of a node so that the node never notices: nothing is written, no file is left behind, no lock is
//! kept. Called by `databases`.

use std::ffi::OsString;
use std::fs::Metadata;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags};

use crate::domain::books::Hindrance;

/// The node writes for milliseconds only.
const BUSY: Duration = Duration::from_millis(500);

/// Why a database is not read, and the sentence for the operator.
pub type Trouble = (Hindrance, String);

/// When the files of a database were written last, and how long they are: as long as that stays, so does what they say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    main: (Option<std::time::SystemTime>, u64),
    log: Option<(Option<std::time::SystemTime>, u64)>,
    has_index: bool,
}

impl Stamp {
    /// Of the database at `path`.
    ///
    /// # Errors
    /// When it is not there, is no file, is empty, or may not be looked at.
    pub fn of(path: &Path) -> Result<Self, Trouble> {
        let found = std::fs::metadata(path).map_err(|error| of_io(path, &error))?;
        if !found.is_file() {
            let text = format!("{} is no file: name the node's storage folder as data", path.display());
            return Err((Hindrance::Failing, text));
        }
        if found.len() == 0 {
            return Err(damaged(path, "it is empty"));
        }
        let stamp = |found: &Metadata| (found.modified().ok(), found.len());
        let log = std::fs::metadata(beside(path, "-wal")).ok();
        Ok(Self {
            main: stamp(&found),
            log: log.as_ref().map(stamp),
            has_index: beside(path, "-shm").exists(),
        })
    }

    /// What is missed of the database at `path`: a log without its index cannot be read without making one.
    pub fn missed(&self, path: &Path) -> Option<Trouble> {
        let is_alone = self.log.is_some_and(|(_, len)| len > 0) && !self.has_index;
        let text = || {
            format!(
                "{} is read without its last changes: they are only in the log beside it (-wal), which lost its index (-shm); they are read as soon as the node runs",
                path.display()
            )
        };
        is_alone.then(|| (Hindrance::Behind, text()))
    }

    /// When the node last wrote it, ms since the epoch.
    pub fn changed_ms(&self) -> Option<i64> {
        // An empty log was made when the node opened the file: nothing was written then.
        let log = self.log.filter(|(_, len)| *len > 0).and_then(|(time, _)| time);
        let newest = self.main.0.max(log)?;
        let age = newest.duration_since(std::time::UNIX_EPOCH).ok()?;
        i64::try_from(age.as_millis()).ok()
    }
}

/// A file that SQLite keeps beside a database.
fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(ending);
    name.into()
}

/// How a database is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// The node runs: with its log, and without touching the log's index.
    Live,
    /// Likewise, where nobody ever marked the index: then nothing can be read without a mark, and it is made.
    Marked,
    /// It does not: the file alone.
    Still,
}

impl Way {
    fn words(self) -> &'static str {
        match self {
            Self::Live => "mode=ro&readonly_shm=1",
            Self::Marked => "mode=ro",
            Self::Still => "mode=ro&immutable=1",
        }
    }

    /// A node that runs has a log and its index beside the database. Without them SQLite would make them, which must
    /// not be.
    fn first(path: &Path) -> Self {
        match is_live(path) {
            true => Self::Live,
            false => Self::Still,
        }
    }

    /// What may do when this did not: the node may have begun or ended meanwhile, or just written.
    fn next(self, path: &Path, may_mark: bool) -> Option<Self> {
        match (self, is_live(path)) {
            (Self::Live, true) if may_mark => Some(Self::Marked),
            (Self::Live | Self::Still, true) => Some(Self::Live),
            (Self::Live | Self::Marked, false) => Some(Self::Still),
            (Self::Marked, true) | (Self::Still, false) => None,
        }
    }
}

fn is_live(path: &Path) -> bool {
    beside(path, "-wal").exists() && beside(path, "-shm").exists()
}

/// So many ways are tried, after a pause: a commit takes no longer.
const TRIES: u32 = 4;
const PAUSE: Duration = Duration::from_millis(20);

/// Does what `read` does with the database at `path`. `may_mark`: it could not be read for minutes, and may be marked
/// as read in its index if that is all that hinders.
///
/// # Errors
/// When it cannot be opened or read.
pub fn with<T>(path: &Path, may_mark: bool, read: impl Fn(&Connection) -> rusqlite::Result<T>) -> Result<T, Trouble> {
    let (mut way, mut tried) = (Way::first(path), 1);
    loop {
        let error = match open(path, way.words()).and_then(|connection| read(&connection)) {
            Ok(value) => return Ok(value),
            Err(error) => error,
        };
        let code = error.sqlite_error_code();
        let is_held = matches!(code, Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked));
        let is_passing = matches!(code, Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen));
        let next = way.next(path, may_mark);
        let next = next.filter(|next| !is_held && (is_passing || *next != way));
        let Some(next) = next.filter(|_| tried < TRIES) else {
            return Err(match code {
                Some(ErrorCode::ReadOnly) if is_live(path) => locked(path, "its node"),
                _ => of_sqlite(path, &error),
            });
        };
        (way, tried) = (next, tried + 1);
        std::thread::sleep(PAUSE);
    }
}

fn locked(path: &Path, who: &str) -> Trouble {
    let text = format!("{} is locked by {who}; it is tried again in a minute", path.display());
    (Hindrance::Locked, text)
}

fn open(path: &Path, way: &str) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
    let connection = Connection::open_with_flags(address(path, way), flags)?;
    connection.busy_timeout(BUSY)?;
    // The last one to leave would tidy up: that is the node's.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    connection.execute_batch("PRAGMA query_only = 1; PRAGMA mmap_size = 0; PRAGMA cache_size = -512;")?;
    Ok(connection)
}

fn address(path: &Path, way: &str) -> String {
    let encoded = path.display().to_string().replace('%', "%25");
    let encoded = encoded.replace('?', "%3f").replace('#', "%23");
    format!("file:{encoded}?{way}")
}

/// The trouble with a file or folder.
pub fn of_io(path: &Path, error: &std::io::Error) -> Trouble {
    let shown = path.display();
    match error.kind() {
        ErrorKind::NotFound | ErrorKind::NotADirectory => {
            let text = format!("{shown} is not there; it is read as soon as it is");
            (Hindrance::Missing, text)
        }
        ErrorKind::PermissionDenied => {
            let text = format!(
                "{shown}: no right to read it; add this user to the group that owns it, or run as the node's user"
            );
            (Hindrance::Denied, text)
        }
        _ => (
            Hindrance::Failing,
            format!("{shown}: {error}; is its disk mounted and well?"),
        ),
    }
}

fn damaged(path: &Path, why: &str) -> Trouble {
    let text = format!(
        "{} is damaged ({why}); the node has the same trouble with it: stop it, and repair or replace the file",
        path.display()
    );
    (Hindrance::Damaged, text)
}

fn of_sqlite(path: &Path, error: &rusqlite::Error) -> Trouble {
    let shown = path.display();
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => locked(path, "another program"),
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => damaged(path, &error.to_string()),
        Some(ErrorCode::CannotOpen | ErrorCode::PermissionDenied | ErrorCode::ReadOnly) => {
            // SQLite does not say why; the system does. Nothing of this program has the file open now.
            match std::fs::File::open(path) {
                Err(error) => of_io(path, &error),
                Ok(_) => (
                    Hindrance::Denied,
                    format!("{shown} cannot be opened ({error}); may this user read it and what is beside it?"),
                ),
            }
        }
        Some(ErrorCode::SystemIoFailure) => (
            Hindrance::Failing,
            format!("{shown}: {error}; is its disk mounted and well?"),
        ),
        _ => {
            let text = format!("{shown} has another form than is known here ({error}); it is passed over");
            (Hindrance::Unknown, text)
        }
    }
}
