//! How much a log line weighs. Judged by `log`, shown by viewers.

use serde::{Deserialize, Serialize};

/// How much a log line weighs, the lightest first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Gravity {
    /// One of thousands an hour that tell nothing each: transfers that went well, lost races.
    Routine,
    /// Worth reading, asks for nothing.
    #[default]
    Plain,
    /// Worth a look.
    Look,
    /// Reputation, data or money is being lost, or the node is dying.
    Grave,
}
