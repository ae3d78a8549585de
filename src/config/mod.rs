//! What the program goes by: file, environment and flags, resolved to one value each, with its origin.

mod address;
pub mod change;
pub mod cost;
mod file;
pub mod load;
pub mod node;
pub mod problem;
pub mod setting;
mod size;
mod splice;
pub mod template;

use std::path::PathBuf;

/// How the names of our environment variables begin.
pub const ENV: &str = "STORJ_MONITOR_";

fn places() -> Option<directories::ProjectDirs> {
    directories::ProjectDirs::from("", "", "storj-monitor")
}

/// The data directory: as given, else the platform's place; `None` when there is no home either.
pub fn data_dir(given: Option<PathBuf>) -> Option<PathBuf> {
    given
        .filter(|dir| !dir.as_os_str().is_empty())
        .or_else(|| places().map(|dirs| dirs.data_dir().to_owned()))
}

/// The configuration file of the platform's place; `None` when there is no home.
pub fn usual_file() -> Option<PathBuf> {
    places().map(|dirs| dirs.config_dir().join("config.toml"))
}

/// The folder of what a person left on the screen: the platform's place; `None` when there is no home.
pub fn state_dir() -> Option<PathBuf> {
    places().map(|dirs| dirs.state_dir().unwrap_or(dirs.data_local_dir()).to_owned())
}

/// The folder `~` means.
pub fn home() -> Option<PathBuf> {
    directories::BaseDirs::new().map(|dirs| dirs.home_dir().to_owned())
}
