//! Where a collector's configuration is read and changed for viewers: brought by the command that starts it, asked by
//! the hub.

use crate::domain::setting::{Change, Fault, Saved, Settings};

/// Knows the configuration of a collector, and changes it.
pub trait Desk: Send + Sync {
    /// Settings by their names; all, when none is named.
    ///
    /// # Errors
    /// One line: why the configuration cannot be read now.
    fn told(&self, keys: &[String]) -> Result<Settings, String>;

    /// All that is wrong with changes; changes nothing.
    fn judge(&self, changes: &[Change]) -> Vec<Fault>;

    /// Changes all of them or none; the collector goes by them when it is told to look.
    ///
    /// # Errors
    /// All that is wrong.
    fn change(&self, changes: &[Change]) -> Result<Saved, Vec<Fault>>;
}
