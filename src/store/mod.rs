//! SQLite, and nobody else sees it: schema, the writer, readers. Used by `collector` and `cli`.

pub mod audits;
pub mod block;
pub mod books;
pub mod chart;
pub mod covered;
pub mod dictionary;
pub mod host;
pub mod kept;
pub mod latency;
pub mod ledger;
pub mod marks;
pub mod money;
pub mod nodes;
pub mod notes;
pub mod old_monitor;
pub mod polls;
mod positions;
pub mod query;
pub mod raw;
pub mod remarks;
mod rollup;
pub mod satellites;
pub mod seen;
pub mod sources;
pub mod tasks;
pub mod timing;
pub mod traffic;
pub mod transfers;
pub mod upkeep;
pub mod writer;

use std::cell::{Cell, OnceCell};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

/// Why the database did not answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// SQLite's own error.
    #[error("database {path}: {source}{}", advice(source))]
    Sqlite {
        /// The database file.
        path: PathBuf,
        /// What SQLite says.
        source: rusqlite::Error,
    },
    /// The file or its folder.
    #[error("{path}: {source}")]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// Another process writes.
    #[error("{path} is in use by another storj-monitor; stop it, or name another --data-dir")]
    InUse {
        /// The data directory.
        path: PathBuf,
    },
    /// Written by a newer program.
    #[error("database {path} has version {found}, this program knows {known}; use the newer program")]
    Newer {
        /// The database file.
        path: PathBuf,
        /// Version in the file.
        found: i64,
        /// Highest version known here.
        known: i64,
    },
    /// Nothing was ever kept there.
    #[error("no database in {path}; ingest a log first, or name the right --data-dir")]
    Missing {
        /// The data directory.
        path: PathBuf,
    },
    /// A database of another program.
    #[error("{path} is no database of the Pro Monitor: it has no table `events`; name the monitor's .db file")]
    NotOldMonitor {
        /// The file.
        path: PathBuf,
    },
    /// A stored value cannot be read.
    #[error("the database holds a damaged {what} (row {row}); run `storj-monitor db check`")]
    Damaged {
        /// What it should be.
        what: &'static str,
        /// Its row id.
        row: i64,
    },
}

fn advice(error: &rusqlite::Error) -> &'static str {
    match error.sqlite_error_code() {
        Some(rusqlite::ErrorCode::DiskFull) => "; free some space, nothing was lost",
        Some(rusqlite::ErrorCode::ReadOnly) => "; make the data directory writable",
        Some(rusqlite::ErrorCode::DatabaseCorrupt | rusqlite::ErrorCode::NotADatabase) => {
            "; move the file away and ingest the logs again"
        }
        Some(rusqlite::ErrorCode::DatabaseBusy | rusqlite::ErrorCode::DatabaseLocked) => {
            "; another program holds it, try again"
        }
        _ => "",
    }
}

/// What reading and writing give.
pub type Result<T> = std::result::Result<T, Error>;

/// Adds the database's path to an error of SQLite.
pub(crate) trait At<T> {
    fn at(self, path: &Path) -> Result<T>;
}

impl<T> At<T> for rusqlite::Result<T> {
    fn at(self, path: &Path) -> Result<T> {
        self.map_err(|source| Error::Sqlite {
            path: path.to_owned(),
            source,
        })
    }
}

/// All versions of the schema, in order; `user_version` counts them.
const MIGRATIONS: [&str; 10] = [
    include_str!("schema_1.sql"),
    include_str!("schema_2.sql"),
    include_str!("schema_3.sql"),
    include_str!("schema_4.sql"),
    include_str!("schema_5.sql"),
    include_str!("schema_6.sql"),
    include_str!("schema_7.sql"),
    include_str!("schema_8.sql"),
    include_str!("schema_9.sql"),
    include_str!("schema_10.sql"),
];
const FILE: &str = "storj-monitor.db";

/// The database file in a data directory.
pub fn file(data_dir: &Path) -> PathBuf {
    data_dir.join(FILE)
}

/// Opens the database for writing, creating and upgrading it. The caller holds the data directory's lock.
pub(crate) fn open_writer(data_dir: &Path) -> Result<(Connection, PathBuf)> {
    let path = file(data_dir);
    let mut connection = Connection::open(&path).at(&path)?;
    prepare_writer(&mut connection, &path)?;
    Ok((connection, path))
}

fn prepare_writer(connection: &mut Connection, path: &Path) -> Result<()> {
    connection.busy_timeout(Duration::from_secs(10)).at(path)?;
    connection.set_prepared_statement_cache_capacity(64);
    // Before the first table: a file's vacuum mode is fixed with it.
    connection
        .execute_batch(
            "PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;
             PRAGMA cache_size = -8192; PRAGMA mmap_size = 0; PRAGMA temp_store = MEMORY;
             PRAGMA journal_size_limit = 8388608;",
        )
        .at(path)?;
    let known = MIGRATIONS.len() as i64;
    let found = version(connection).at(path)?;
    if found > known {
        return Err(Error::Newer {
            path: path.to_owned(),
            found,
            known,
        });
    }
    for (n, migration) in MIGRATIONS.iter().enumerate().skip(found.max(0) as usize) {
        let transaction = connection.transaction().at(path)?;
        transaction.execute_batch(migration).at(path)?;
        match n {
            1 => {
                rollup::adopt(&transaction).at(path)?;
                latency::adopt(&transaction).at(path)?;
            }
            2 => covered::adopt(&transaction).at(path)?,
            6 => latency::adopt_flows(&transaction).at(path)?,
            _ => {}
        }
        transaction.pragma_update(None, "user_version", n as i64 + 1).at(path)?;
        transaction.commit().at(path)?;
    }
    Ok(())
}

fn version(connection: &Connection) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}

fn open_reader(path: &Path, immutable: bool) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = if immutable {
        let encoded = path
            .display()
            .to_string()
            .replace('%', "%25")
            .replace('?', "%3f")
            .replace('#', "%23");
        let address = format!("file:{encoded}?immutable=1");
        Connection::open_with_flags(address, flags | OpenFlags::SQLITE_OPEN_URI)?
    } else {
        Connection::open_with_flags(path, flags)?
    };
    connection.busy_timeout(Duration::from_secs(10))?;
    connection.execute_batch("PRAGMA cache_size = -2048; PRAGMA mmap_size = 0; PRAGMA temp_store = MEMORY;")?;
    // A status of one node cycles through more than the usual sixteen: of many nodes all would be prepared each time.
    connection.set_prepared_statement_cache_capacity(128);
    // Nothing was read so far: whether it can be shows here.
    version(&connection)?;
    Ok(connection)
}

/// A reader: sees the last commit, never blocks the writer.
#[derive(Debug)]
pub struct Reader {
    connection: Connection,
    path: PathBuf,
    /// Of the schema: a reader never brings a file to a newer one.
    version: i64,
    series: OnceCell<traffic::AllSeries>,
    /// Whole minutes and hours that stood for a part of them, ms: from the first to the last.
    stood: Cell<Option<(i64, i64)>>,
}

impl Reader {
    /// Opens the database of a data directory, which must exist.
    pub fn open(data_dir: &Path) -> Result<Self> {
        let path = file(data_dir);
        if !path.exists() {
            return Err(Error::Missing {
                path: data_dir.to_owned(),
            });
        }
        let connection = match open_reader(&path, false) {
            // On a read-only disk the files a reader of a WAL needs cannot be made, nor can anyone write.
            Err(error) if error.sqlite_error_code() == Some(rusqlite::ErrorCode::CannotOpen) => {
                open_reader(&path, true)
            }
            other => other,
        };
        let connection = connection.at(&path)?;
        let (found, known) = (version(&connection).at(&path)?, MIGRATIONS.len() as i64);
        if found > known {
            return Err(Error::Newer { path, found, known });
        }
        // One view of the data for all that is asked, though a writer goes on.
        connection.execute_batch("BEGIN").at(&path)?;
        Ok(Self {
            connection,
            path,
            version: found,
            series: OnceCell::new(),
            stood: Cell::new(None),
        })
    }

    /// Lets go of its view of the data: while it waits it must not keep the writer's file from shrinking.
    ///
    /// # Errors
    /// When the database fails; then another one has to be opened.
    pub fn rest(&self) -> Result<()> {
        self.connection.execute_batch("COMMIT").at(&self.path)
    }

    /// Sees the last commit again, after [`Reader::rest`].
    ///
    /// # Errors
    /// As there.
    pub fn renew(&mut self) -> Result<()> {
        self.series = OnceCell::new();
        self.connection.execute_batch("BEGIN").at(&self.path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

#[cfg(test)]
mod tests;
