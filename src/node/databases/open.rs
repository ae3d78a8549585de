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
        })
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

/// Does what `read` does with the database at `path`.
///
/// # Errors
/// When it cannot be opened or read.
pub fn with<T>(path: &Path, read: impl Fn(&Connection) -> rusqlite::Result<T>) -> Result<T, Trouble> {
    let ways = ways(path);
    let mut last = None;
    for (n, way) in ways.iter().enumerate() {
        match open(path, way).and_then(|connection| read(&connection)) {
            Ok(value) => return Ok(value),
            Err(error) => {
                // The node may have begun or ended between the look and the reading, or its index may be of no use.
                let is_last = n + 1 == ways.len();
                let may_be_way = !matches!(
                    error.sqlite_error_code(),
                    Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked)
                );
                last = Some(error);
                if is_last || !may_be_way {
                    break;
                }
            }
        }
    }
    match last {
        Some(error) => Err(of_sqlite(path, &error)),
        None => Err((Hindrance::Failing, format!("{} cannot be opened", path.display()))),
    }
}

/// A node that runs has a log and its index beside the database: both are read, and the index not even touched
/// (`readonly_shm`). Without them SQLite would make them, which must not be: then the file alone is all there is.
fn ways(path: &Path) -> Vec<&'static str> {
    let live = beside(path, "-wal").exists() && beside(path, "-shm").exists();
    match live {
        true => vec!["mode=ro&readonly_shm=1", "mode=ro"],
        false => vec!["mode=ro&immutable=1"],
    }
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
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            let text = format!("{shown} is locked by another program; it is tried again in a minute");
            (Hindrance::Locked, text)
        }
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
