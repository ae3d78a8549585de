//! A node as the file, the environment and `--node` name it; `NAME=SOURCE[,api=URL][,data=DIR][,metrics=URL]
//! [,health=URL][,tags=A+B]`.

use std::path::{Path, PathBuf};

use super::address;
use super::cost::{self, Cost};
use super::problem::closest;

/// Where a node's log comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LogSource {
    /// A file; its rotated predecessors are found.
    File(PathBuf),
    /// The node has no log here.
    None,
}

/// One node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Its name.
    pub name: String,
    /// Its log.
    pub log: LogSource,
    /// Base address of its API: no slash at the end. It may hold a password: show it `masked`.
    pub api: Option<String>,
    /// Its data folder.
    pub data: Option<PathBuf>,
    /// Address of its debug endpoint: no slash at the end. It may hold a password: show it `masked`.
    pub metrics: Option<String>,
    /// Address of its public port, for the health page: no slash at the end. It may hold a password: show it `masked`.
    pub health: Option<String>,
    /// What it is grouped by; each once.
    pub tags: Vec<String>,
    /// What it costs.
    pub cost: Cost,
}

/// An address as it may be shown: without user and password.
pub fn shown_address(address: &str) -> String {
    address::masked(address)
}

/// What can be said of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// `name`
    Name,
    /// `log`
    Log,
    /// `api`
    Api,
    /// `data`
    Data,
    /// `metrics`
    Metrics,
    /// `health`
    Health,
    /// `tags`
    Tags,
    /// `monthly_cost`
    MonthlyCost,
    /// `watts`
    Watts,
    /// `kwh_price`
    KwhPrice,
    /// `hardware_cost`
    HardwareCost,
}

impl Field {
    /// All of them, as the file has them.
    pub const ALL: [Self; 11] = [
        Self::Name,
        Self::Log,
        Self::Api,
        Self::Data,
        Self::Metrics,
        Self::Health,
        Self::Tags,
        Self::MonthlyCost,
        Self::Watts,
        Self::KwhPrice,
        Self::HardwareCost,
    ];

    /// Whether it is a number.
    pub fn is_cost(self) -> bool {
        matches!(
            self,
            Self::MonthlyCost | Self::Watts | Self::KwhPrice | Self::HardwareCost
        )
    }

    /// Its key in the file, and in `--node`.
    pub fn key(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Log => "log",
            Self::Api => "api",
            Self::Data => "data",
            Self::Metrics => "metrics",
            Self::Health => "health",
            Self::Tags => "tags",
            Self::MonthlyCost => "monthly_cost",
            Self::Watts => "watts",
            Self::KwhPrice => "kwh_price",
            Self::HardwareCost => "hardware_cost",
        }
    }

    /// What it is for, one line.
    pub fn help(self) -> &'static str {
        match self {
            Self::Name => "what it is called here",
            Self::Log => "its log, \"none\" if it is not on this host; rotated predecessors are found",
            Self::Api => "its API: HOST:PORT, or http:// or https://",
            Self::Data => "its data folder",
            Self::Metrics => "its debug endpoint (debug.addr)",
            Self::Health => "its public port, for the health page (server.address)",
            Self::Tags => "groups to show it in",
            Self::MonthlyCost => "what it costs a month whatever it does: dollars, or an amount as \"1.50 €\"",
            Self::Watts => "what it draws, in watts",
            Self::KwhPrice => "what a kWh costs: dollars, or an amount as \"0.32 €\"",
            Self::HardwareCost => {
                "what its disk and the rest cost, for the time it takes to pay: dollars, or as \"150 €\""
            }
        }
    }

    /// What it is counted in; empty: in nothing.
    pub fn unit(self) -> &'static str {
        match self {
            Self::MonthlyCost => "$ a month",
            Self::Watts => "W",
            Self::KwhPrice => "$ a kWh",
            Self::HardwareCost => "$",
            _ => "",
        }
    }

    /// What it may be, in words.
    pub fn wanted(self) -> String {
        match self {
            _ if self.is_cost() => cost::wanted(self),
            Self::Tags => "tags with + between them".to_owned(),
            _ => format!("as {}", self.example()),
        }
    }

    /// An example, as the file writes it.
    pub fn example(self) -> &'static str {
        match self {
            Self::Name => "\"home\"",
            Self::Log => "\"/var/log/storagenode.log\"",
            Self::Api => "\"http://127.0.0.1:14002\"",
            Self::Data => "\"/mnt/storagenode\"",
            Self::Metrics => "\"http://127.0.0.1:5998\"",
            Self::Health => "\"http://127.0.0.1:28967\"",
            Self::Tags => "[\"home\"]",
            Self::MonthlyCost => "1.50",
            Self::Watts => "8",
            Self::KwhPrice => "0.25",
            Self::HardwareCost => "180",
        }
    }

    /// The field of a key.
    pub fn of(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|field| field.key() == key)
    }
}

/// Why a name cannot be a node's: 1 to 64 characters, none of space, control, `=`, `,`, `/`, `"`.
pub fn check_name(name: &str) -> Result<(), String> {
    let fits = |c: char| !c.is_control() && !c.is_whitespace() && !matches!(c, '=' | ',' | '/' | '"');
    if name.is_empty() || name.chars().count() > 64 || !name.chars().all(fits) {
        return Err(format!(
            "`{name}`: a node's name has 1 to 64 characters, no spaces and none of = , / \""
        ));
    }
    Ok(())
}

/// Folders that paths are relative to.
#[derive(Debug, Clone, Copy)]
pub struct Folders<'a> {
    /// The one a relative path begins at; `None` is the process's.
    pub base: Option<&'a Path>,
    /// The one `~` means.
    pub home: Option<&'a Path>,
}

impl Folders<'_> {
    /// The absolute form of a path. The error says that there is no home folder.
    pub fn absolute(&self, path: &Path) -> Result<PathBuf, String> {
        let path = match (path.strip_prefix("~"), self.home) {
            (Ok(below), Some(home)) => home.join(below),
            (Ok(_), None) => {
                let path = path.display();
                return Err(format!("`{path}`: there is no home folder; give the whole path"));
            }
            (Err(_), _) => self.base.map_or_else(|| path.to_owned(), |base| base.join(path)),
        };
        Ok(std::path::absolute(&path).unwrap_or(path))
    }
}

impl Node {
    /// A node of which only the name is known.
    pub fn named(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            log: LogSource::None,
            api: None,
            data: None,
            metrics: None,
            health: None,
            tags: Vec::new(),
            cost: Cost::default(),
        }
    }

    /// Keeps one field, checked and in its one form; tags are separated by `+`. Paths stay as they are given.
    pub fn put(&mut self, field: Field, text: &str) -> Result<(), String> {
        match field {
            Field::Name => {
                check_name(text)?;
                text.clone_into(&mut self.name);
            }
            Field::Log => self.log = log_source(text)?,
            Field::Api => self.api = Some(address::check(text)?),
            Field::Metrics => self.metrics = Some(address::check(text)?),
            Field::Health => self.health = Some(address::check(text)?),
            Field::Data if text.is_empty() => {
                return Err("the data folder is empty: name it, or leave it out".to_owned());
            }
            Field::Data => self.data = Some(text.into()),
            Field::MonthlyCost | Field::Watts | Field::KwhPrice | Field::HardwareCost => self.cost.put(field, text)?,
            Field::Tags => return text.split('+').try_for_each(|tag| self.tag(tag)),
        }
        Ok(())
    }

    /// Adds a tag, unless the node has it.
    pub fn tag(&mut self, tag: &str) -> Result<(), String> {
        let fits = |c: char| !c.is_control() && !c.is_whitespace() && !matches!(c, '=' | ',' | '+' | '"');
        if tag.is_empty() || tag.chars().count() > 64 || !tag.chars().all(fits) {
            return Err(format!(
                "`{tag}`: a tag has 1 to 64 characters, no spaces and none of = , + \""
            ));
        }
        if !self.tags.iter().any(|known| known == tag) {
            self.tags.push(tag.to_owned());
        }
        Ok(())
    }

    /// Makes the path of a field absolute, if it has one.
    pub fn settle(&mut self, field: Field, folders: &Folders<'_>) -> Result<(), String> {
        let path = match (field, &mut self.log, &mut self.data) {
            (Field::Log, LogSource::File(path), _) | (Field::Data, _, Some(path)) => path,
            _ => return Ok(()),
        };
        *path = folders.absolute(path)?;
        Ok(())
    }
}

/// What follows the source.
const PARTS: [Field; 5] = [Field::Api, Field::Data, Field::Metrics, Field::Health, Field::Tags];

impl std::str::FromStr for Node {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, rest) = text.split_once('=').ok_or_else(|| {
            let text = address::masked(text);
            format!("`{text}`: a node is NAME=SOURCE, as home=/var/log/storagenode/node.log")
        })?;
        check_name(name)?;
        let mut node = Self::named(name);
        let mut parts = parts(rest).into_iter();
        node.put(Field::Log, parts.next().unwrap_or_default())?;
        let mut seen = Vec::new();
        for (key, value) in parts.filter_map(|part| part.split_once('=')) {
            let Some(field) = PARTS.into_iter().find(|field| field.key() == key) else {
                return Err(unknown_part(key));
            };
            if seen.contains(&field) {
                return Err(format!("`{key}=` is there twice"));
            }
            node.put(field, value)?;
            seen.push(field);
        }
        Ok(node)
    }
}

/// Splits at every comma that a `word=` follows: other commas belong to a path.
fn parts(text: &str) -> Vec<&str> {
    let begins_part = |rest: &str| {
        let word = rest.find(|c: char| !c.is_ascii_lowercase() && c != '_');
        word.is_some_and(|end| end > 0 && rest[end..].starts_with('='))
    };
    let commas = text.match_indices(',').map(|(at, _)| at);
    let cuts = commas.filter(|at| begins_part(&text[at + 1..]));
    let mut parts = Vec::new();
    let mut begin = 0;
    for at in cuts {
        parts.push(&text[begin..at]);
        begin = at + 1;
    }
    parts.push(&text[begin..]);
    parts
}

fn unknown_part(key: &str) -> String {
    let meant = closest(key, PARTS.map(Field::key)).map(|name| format!(" (did you mean `{name}=`?)"));
    let meant = meant.unwrap_or_default();
    format!("`{key}=`{meant}: after the source come api=URL, data=DIR, metrics=URL, health=URL, tags=A+B")
}

fn log_source(text: &str) -> Result<LogSource, String> {
    const LATER: [&str; 4] = ["ssh://", "tcp://", "docker:", "journald:"];
    match text {
        "none" => Ok(LogSource::None),
        "" => Err("the source is empty: give the path of the node's log, or none".to_owned()),
        "-" => Err("standard input cannot be followed; `ingest NAME -` reads it".to_owned()),
        _ => match LATER.iter().find(|scheme| text.starts_with(*scheme)) {
            Some(scheme) => Err(format!(
                "`{}`: sources of kind {scheme} are not built yet; give a path, or pipe the log into `ingest NAME -`",
                address::masked(text)
            )),
            None => Ok(LogSource::File(text.into())),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_are_read_and_mistakes_are_named() {
        let node: Node = "home=/var/log/a,b/node.log,2,api=127.0.0.1:14002,data=/mnt/a,b,tags=a+b+a"
            .parse()
            .unwrap();
        assert_eq!(node.log, LogSource::File("/var/log/a,b/node.log,2".into()));
        assert_eq!(node.api.as_deref(), Some("http://127.0.0.1:14002"));
        assert_eq!(node.data.as_deref(), Some(Path::new("/mnt/a,b")));
        assert_eq!(node.tags, ["a", "b"]);
        assert_eq!("x=none".parse::<Node>().unwrap().log, LogSource::None);
        for wrong in [
            "home",
            "a b=/x",
            "=x",
            "x=",
            "x=-",
            "x=/log,port=3",
            "x=ssh://host/log",
            "x=/log,api=bogus",
            "x=/log,data=",
            "x=/log,tags=",
            "x=/log,tags=a++b",
            "x=/log,name=y",
            "x=/log,api=h:1,api=h:2",
        ] {
            assert!(wrong.parse::<Node>().is_err(), "{wrong}");
        }
        for secret in [
            "u:pw@h:1",
            "x=ssh://u:pw@h/log",
            "x=/log,api=ftp://u:pw@h",
            "x=/l,apis=u:pw@h",
        ] {
            let error = secret.parse::<Node>().unwrap_err();
            assert!(!error.contains("pw"), "{error}");
        }
    }

    #[test]
    fn paths_begin_where_they_are_written() {
        let folders = Folders {
            base: Some(Path::new("/etc/storj-monitor")),
            home: Some(Path::new("/home/me")),
        };
        for (given, absolute) in [
            ("node.log", "/etc/storj-monitor/node.log"),
            ("~/node.log", "/home/me/node.log"),
            ("~you/node.log", "/etc/storj-monitor/~you/node.log"),
            ("/var/node.log", "/var/node.log"),
        ] {
            assert_eq!(folders.absolute(Path::new(given)), Ok(absolute.into()), "{given}");
        }
        let homeless = Folders { home: None, ..folders };
        assert!(homeless.absolute(Path::new("~/x")).is_err());
    }
}
