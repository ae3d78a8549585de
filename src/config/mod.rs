//! Where the program keeps what it keeps. Files and nodes come with the collector.

pub mod node;

use std::path::PathBuf;

/// The data directory: as given, else the platform's place; `None` when there is no home either.
pub fn data_dir(given: Option<PathBuf>) -> Option<PathBuf> {
    given
        .filter(|dir| !dir.as_os_str().is_empty())
        .or_else(|| directories::ProjectDirs::from("", "", "storj-monitor").map(|dirs| dirs.data_dir().to_owned()))
}
