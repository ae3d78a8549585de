//! Where a value comes from, what is wrong with one, and which name was meant; used all over this room.

use std::fmt;
use std::path::PathBuf;

/// Where a value comes from; a later one beats an earlier one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// The program's own.
    Default,
    /// The configuration file, and the line in it where one is to blame.
    File(PathBuf, Option<usize>),
    /// An environment variable.
    Env(String),
    /// A flag, as `--node`.
    Flag(&'static str),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File(path, Some(line)) => write!(f, "{}:{line}", path.display()),
            Self::File(path, None) => write!(f, "{}", path.display()),
            Self::Env(name) => write!(f, "env {name}"),
            Self::Flag(_) => f.write_str("flag"),
        }
    }
}

/// One thing that is wrong, or looks so. It may hold text of the file: never print it raw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where it is written.
    pub at: Origin,
    /// What is wrong.
    pub what: String,
    /// What to do; may be empty.
    pub hint: String,
}

impl Problem {
    /// A problem with a hint; an empty hint is none.
    pub fn new(at: Origin, what: impl Into<String>, hint: impl Into<String>) -> Self {
        let (what, hint) = (what.into(), hint.into());
        Self { at, what, hint }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.at {
            Origin::Env(name) => write!(f, "{name}: ")?,
            Origin::Flag(name) => write!(f, "{name}: ")?,
            place => write!(f, "{place}: ")?,
        }
        f.write_str(&self.what)?;
        if self.hint.is_empty() {
            return Ok(());
        }
        write!(f, "; {}", self.hint)
    }
}

/// All that is wrong, in the order of the file, then the environment, then the flags.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problems(pub Vec<Problem>);

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, problem) in self.0.iter().enumerate() {
            if n > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}

/// The known name that was probably meant: a slip or two away, or one is the other's beginning.
pub fn closest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    let distance = |name: &str| {
        let lower = name.to_lowercase();
        let begins = word.len() >= 3 && (lower.starts_with(&word) || word.starts_with(&lower));
        let slips = strsim::osa_distance(&word, &lower);
        let near = slips <= (name.len() / 3).clamp(1, 3);
        (near || begins).then_some(slips)
    };
    let near = known.into_iter().filter_map(|name| Some((distance(name)?, name)));
    near.min_by_key(|(slips, _)| *slips).map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_that_was_meant_is_found_and_no_other() {
        let known = ["every_s", "timeout_s", "minutes_days", "api", "NODES"];
        let cases = [
            ("every", Some("every_s")),
            ("tiemout_s", Some("timeout_s")),
            ("minutes", Some("minutes_days")),
            ("Every_S", Some("every_s")),
            ("node", Some("NODES")),
            ("interval", None),
            ("x", None),
            ("", None),
        ];
        for (word, meant) in cases {
            assert_eq!(closest(word, known), meant, "{word}");
        }
    }
}
