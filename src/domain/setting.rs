//! Settings as a viewer sees and changes them: what holds, who says so, what is asked for, what came of it. Made and
//! judged by `config`, carried by `api`.

use serde::{Deserialize, Serialize};

/// Who says what a setting is; a later one beats an earlier one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Teller {
    /// Nobody: it is the program's own.
    #[default]
    Default,
    /// The configuration file, in this line.
    File(Option<usize>),
    /// This environment variable.
    Env(String),
    /// This flag.
    Flag(String),
}

impl Teller {
    /// Whether the file could not say otherwise: what stands there does not hold.
    pub fn beats_file(&self) -> bool {
        matches!(self, Self::Env(_) | Self::Flag(_))
    }
}

/// When a running program goes by a changed setting.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Taken {
    /// A running collector, within a moment.
    #[default]
    AtOnce,
    /// A running collector, but for logs only that it follows from then on.
    NewLogs,
    /// The screen, when it is opened the next time.
    NextScreen,
}

/// A setting.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setting {
    /// `SECTION.KEY` or `node.NAME.KEY`.
    pub key: String,
    /// What holds, as it is typed; empty: nothing is said.
    pub value: String,
    /// What is so when nobody says anything.
    pub default: String,
    /// Who says so.
    pub teller: Teller,
    /// What it may be, in words.
    pub wanted: String,
    /// What it is for, one line.
    pub help: String,
    /// What it is counted in; may be empty.
    pub unit: String,
    /// When a change is gone by.
    pub taken: Taken,
}

/// The settings that were asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// The file that changes go to; `None`: they hold until the program ends.
    pub file: Option<String>,
    /// In the order they were asked for.
    pub all: Vec<Setting>,
}

/// What a setting shall be.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// `SECTION.KEY` or `node.NAME.KEY`.
    pub key: String,
    /// As it is typed; `None`: nobody is to say anything any more.
    pub value: Option<String>,
}

/// Why a change cannot be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// Of the change; empty: of none alone.
    pub key: String,
    /// What is wrong, and what to do. May hold text of the file: never print it raw.
    pub text: String,
}

/// What another word in the file was before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changed {
    /// `SECTION.KEY` or `node.NAME.KEY`.
    pub key: String,
    /// What stood there; `None`: nothing.
    pub before: Option<String>,
    /// What stands there now.
    pub after: Option<String>,
    /// What is so when nothing stands there; may be empty.
    pub default: String,
}

impl Changed {
    /// `1 → 0.92`, as people read it.
    pub fn words(&self) -> String {
        let said = |text: &Option<String>| match text {
            Some(text) if text.is_empty() => "empty".to_owned(),
            Some(text) => text.clone(),
            None if self.default.is_empty() => "not set".to_owned(),
            None => format!("{} (default)", self.default),
        };
        format!("{} → {}", said(&self.before), said(&self.after))
    }
}

/// What came of changes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Saved {
    /// The file that has them; `None`: they hold until the program ends.
    pub file: Option<String>,
    /// Those that changed something.
    pub changed: Vec<Changed>,
    /// What one should know beside.
    pub notes: Vec<String>,
}
