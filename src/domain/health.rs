//! How a node is, in one word, and why.

use serde::{Deserialize, Serialize};

/// How a node is, the worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Reputation or money is being lost, or soon will be.
    Critical,
    /// Something wants a look.
    Warning,
    /// Too little is known to say.
    Unknown,
    /// No trouble in what is known.
    Ok,
}

impl State {
    /// In capitals, as a monitoring plugin says it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Critical => "CRITICAL",
            Self::Warning => "WARNING",
            Self::Unknown => "UNKNOWN",
            Self::Ok => "OK",
        }
    }
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// How bad it is.
    pub state: State,
    /// The rule's name.
    pub rule: &'static str,
    /// What is wrong, since when, and what to do.
    pub text: String,
}
