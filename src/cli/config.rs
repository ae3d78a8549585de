//! `config init`, `config check`, `config show`; and the configuration as every command loads it.

use std::collections::HashMap;
use std::ffi::OsString;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde_json::{Map, Value as Json, json};

use super::{Failure, Global, discovery, settings, visible};
use crate::config;
use crate::config::load::{Config, Inputs, Shown, load as resolve};
use crate::config::node::{LogSource, Node};
use crate::config::problem::{Origin, Problem};
use crate::config::setting::Settings;
use crate::config::template::template;
use crate::discover::Found;
use crate::domain::setting::Change;
use crate::store::upkeep::Retention;
use crate::support::file::{self, Over, Readers};
use crate::ui::action::{ACTIONS, Spec};
use crate::ui::keymap::{Keymap, Wish};

/// What flags say beside the configuration.
#[derive(clap::Args, Default, Clone)]
pub struct Said {
    /// What of a log that was never followed is read: `all` there is, rotated files too; what comes from
    /// the `end` on; or an age as 7d: the log and those rotated files that were written to since
    /// [default: collect.start of the configuration, else all]
    #[arg(long, value_name = "WHEN")]
    start: Option<String>,
    /// A node has to be named whole: these commands look at no node alone.
    #[arg(skip = true)]
    whole: bool,
}

/// What to do.
#[derive(clap::Subcommand)]
pub enum Command {
    /// Write a configuration file with every setting explained
    Init {
        /// Replace a file that is there
        #[arg(long, conflicts_with = "print")]
        force: bool,
        /// Write to standard output
        #[arg(long)]
        print: bool,
    },
    /// Say all that is wrong with the configuration
    Check {
        #[command(flatten)]
        said: Said,
    },
    /// Show every value, and where it comes from
    Show {
        #[command(flatten)]
        said: Said,
        /// Answer as JSON
        #[arg(long)]
        json: bool,
    },
    /// Write settings into the file: KEY VALUE, as `money.factor 0.92` or `node.home.watts 8`; `config show` lists all.
    /// Comments and all else stay; a running collector goes by them at once
    Set {
        /// Names and values
        #[arg(required = true, num_args = 2.., value_names = ["KEY", "VALUE"], allow_negative_numbers = true)]
        pairs: Vec<String>,
    },
    /// Take settings out of the file, so that the default holds
    Unset {
        /// Names
        #[arg(required = true, value_name = "KEY")]
        keys: Vec<String>,
    },
    /// Every action of the screen with its keys: the names for [keys] in the file
    Keys {
        #[command(flatten)]
        said: Said,
        /// As a table in Markdown
        #[arg(long)]
        markdown: bool,
    },
}

/// Does it.
pub fn run(global: &Global, command: Command) -> Result<(), Failure> {
    match command {
        Command::Init { force, print } => init(global, force, print),
        Command::Check { said } => check(global, &said),
        Command::Show { said, json } => show(global, &said, json),
        Command::Set { pairs } => set(global, &pairs),
        Command::Unset { keys } => {
            let changes = keys.into_iter().map(|key| Change { key, value: None });
            settings::set(global, changes.collect())
        }
        Command::Keys { said, markdown } => keys(global, &said, markdown),
    }
}

fn set(global: &Global, pairs: &[String]) -> Result<(), Failure> {
    let (pairs, rest) = pairs.as_chunks::<2>();
    if let [key] = rest {
        return Err(Failure::Usage(format!(
            "`{key}` has no value; write KEY VALUE, or `config unset {key}`"
        )));
    }
    let changes = pairs.iter().map(|[key, value]| Change {
        key: key.clone(),
        value: Some(value.clone()),
    });
    settings::set(global, changes.collect())
}

impl From<&Settings> for Retention {
    fn from(settings: &Settings) -> Self {
        Self {
            bytes: settings.budget_bytes,
            minutes_days: settings.minutes_days,
            hours_days: settings.hours_days,
        }
    }
}

/// The configuration of this process.
pub fn load(global: &Global, said: &Said) -> Result<Config, Failure> {
    let ours = |(name, value): (OsString, OsString)| {
        let name = name.into_string().ok().filter(|name| name.starts_with(config::ENV));
        name.filter(|_| !value.is_empty()).map(|name| (name, value))
    };
    let start = said
        .start
        .iter()
        .map(|start| ("collect.start", "--start", start.clone()));
    Ok(resolve(&Inputs {
        named: global.config.clone(),
        usual: config::usual_file(),
        env: std::env::vars_os().filter_map(ours).collect(),
        nodes: match said.whole {
            true => global.node.clone(),
            false => global.whole_nodes().cloned().collect(),
        },
        flags: start.collect(),
        home: config::home(),
        check_keys: Some(|wishes| Keymap::new(wishes).1),
    })?)
}

fn wishes(config: &Config) -> Vec<Wish> {
    let keys = config.keys.iter();
    keys.map(|keys| (keys.action.clone(), keys.keys.clone())).collect()
}

/// The keys of the screen as they are configured.
pub fn keymap(config: &Config) -> Keymap {
    Keymap::new(&wishes(config)).0
}

fn keys(global: &Global, said: &Said, markdown: bool) -> Result<(), Failure> {
    let keymap = keymap(&load(global, said)?);
    let mut out = io::BufWriter::new(io::stdout().lock());
    if markdown {
        out.write_all(keymap.reference().as_bytes())?;
        return Ok(out.flush()?);
    }
    let keys = |spec: &Spec| keymap.keys(spec.action).join("  ");
    let names = ACTIONS.iter().map(|spec| spec.id.len()).max().unwrap_or(0);
    let widest = ACTIONS.iter().map(|spec| keys(spec).chars().count()).max().unwrap_or(0);
    for spec in ACTIONS {
        writeln!(out, "{:names$}  {:widest$}  {}", spec.id, keys(spec), spec.help)?;
    }
    Ok(out.flush()?)
}

/// What to tell who has no node.
pub fn no_node(config: &Config) -> String {
    let file = config.file.clone().or_else(config::usual_file);
    let file = file.map_or_else(
        || "the configuration file".to_owned(),
        |file| file.display().to_string(),
    );
    format!(
        "there is no node, nor was one found on this host; name one: --node home=/var/log/storagenode.log, or a [[node]] in {file}"
    )
}

fn init(global: &Global, force: bool, print: bool) -> Result<(), Failure> {
    // A named file is all that is to be looked at.
    let found = match global.config {
        Some(_) => Vec::new(),
        None => discovery::find()?,
    };
    let nodes: Vec<_> = found.iter().map(found_node).collect();
    let text = template(&nodes);
    if print {
        return Ok(io::stdout().lock().write_all(text.as_bytes())?);
    }
    let path = global.config.clone().or_else(config::usual_file);
    let path = path.ok_or_else(|| Failure::Usage("there is no home folder; name the file with --config".into()))?;
    write(&path, &text, force)?;
    let shown = visible(&path.display().to_string());
    let next = match nodes.len() {
        0 => "no node was found on this host: name yours in it".to_owned(),
        1 => format!(
            "it names the node found on this host, {}: look it over",
            nodes[0].0.name
        ),
        count => format!("it names {count} nodes found on this host: look them over"),
    };
    let text = visible(&next);
    writeln!(
        io::stdout(),
        "{shown} is written; {text}, then `storj-monitor config check`"
    )?;
    Ok(())
}

/// A node that was found, with how, and what it wants.
fn found_node(found: &Found) -> (Node, Vec<String>) {
    let (node, notes) = discovery::taken(found);
    let evidence = format!("Found by: {}.", found.evidence.join("; "));
    let lines = std::iter::once(evidence).chain(notes).map(|line| visible(&line));
    (node, lines.collect())
}

/// Writes a file whole or not at all.
fn write(path: &Path, text: &str, force: bool) -> Result<(), Failure> {
    let over = if force { Over::Anything } else { Over::Nothing };
    file::write(path, text.as_bytes(), (over, Readers::Owner)).map_err(|source| match source.kind() {
        io::ErrorKind::AlreadyExists => Failure::Exists(path.to_owned()),
        _ => Failure::File {
            path: path.to_owned(),
            source,
        },
    })
}

fn check(global: &Global, said: &Said) -> Result<(), Failure> {
    let mut config = load(global, said)?;
    let mut doubts = doubtful(&config);
    // Which of them are watched is told by the host.
    if config.nodes.iter().any(|node| config.is_looked_for(node)) {
        config = discovery::load(global, said)?;
    }
    let taken = Keymap::taken(&wishes(&config)).into_iter();
    let taken =
        taken.map(|(n, what)| Problem::new(config.keys[n].origin.clone(), what, "name both, if that is not meant"));
    let taken: Vec<Problem> = taken.collect();
    doubts.extend(discovery::doubts(&config));
    doubts.extend(taken);
    for warning in config.warnings.iter().chain(&doubts) {
        eprintln!("warning: {}", visible(&warning.to_string()));
    }
    if config.nodes.is_empty() {
        eprintln!("warning: {}", visible(&no_node(&config)));
    }
    let names: Vec<_> = config.nodes.iter().map(|node| node.name.as_str()).collect();
    let nodes = match names.len() {
        0 => "no node".to_owned(),
        1 => format!("1 node ({})", names.join(", ")),
        n => format!("{n} nodes ({})", names.join(", ")),
    };
    let set = config.values.iter().filter(|value| !value.key.starts_with("node."));
    let settings = match set.filter(|value| value.origin != Origin::Default).count() {
        0 => "every setting at its default".to_owned(),
        1 => "1 setting given".to_owned(),
        n => format!("{n} settings given"),
    };
    let file = config.file.as_ref();
    let file = file.map_or("no configuration file".to_owned(), |file| file.display().to_string());
    let text = format!("ok: {nodes}, {settings}; {file}");
    Ok(writeln!(io::stdout(), "{}", visible(&text))?)
}

/// What is probably a slip: paths that are not there, nodes of which nothing is to be known, two nodes
/// with one log or API.
fn doubtful(config: &Config) -> Vec<Problem> {
    let mut doubts = Vec::new();
    let mut seen: HashMap<String, &str> = HashMap::new();
    for node in &config.nodes {
        let log = match &node.log {
            LogSource::File(path) => Some(path),
            LogSource::None => None,
        };
        let mut doubt = |key: &str, what: String| {
            let origin = config.origin(&format!("node.{}.{key}", node.name));
            doubts.push(Problem::new(
                origin,
                format!("{key} of node `{}`: {what}", node.name),
                "",
            ));
        };
        for (key, path, folder) in [("log", log, false), ("data", node.data.as_ref(), true)] {
            let Some(path) = path else {
                continue;
            };
            match path.metadata() {
                Err(error) => doubt(key, format!("{}: {error}", path.display())),
                Ok(meta) if meta.is_dir() != folder => {
                    let is = if folder { "no folder" } else { "a folder" };
                    doubt(key, format!("{} is {is}", path.display()));
                }
                Ok(_) => {}
            }
        }
        if log.is_none() && node.api.is_none() && node.data.is_none() && !config.is_looked_for(node) {
            doubt(
                "log",
                "there is neither a log nor an api nor a data folder: nothing can be known of it".to_owned(),
            );
        }
        let places = [
            ("log", log.map(|log| log.display().to_string())),
            ("api", node.api.clone()),
            ("data", node.data.as_ref().map(|data| data.display().to_string())),
        ];
        for (key, place) in places.into_iter().filter_map(|(key, place)| Some((key, place?))) {
            if let Some(other) = seen.insert(format!("{key} {place}"), &node.name) {
                doubt(key, format!("node `{other}` has the same"));
            }
        }
    }
    doubts
}

fn show(global: &Global, said: &Said, json: bool) -> Result<(), Failure> {
    let config = load(global, said)?;
    let mut values = places(global, &config)?;
    values.extend(config.values);
    let mut out = io::BufWriter::new(io::stdout().lock());
    if json {
        let object = values.into_iter().map(|shown| {
            let value = json!({"value": shown.json, "origin": shown.origin.to_string()});
            (shown.key, value)
        });
        serde_json::to_writer_pretty(&mut out, &object.collect::<Map<_, _>>()).map_err(io::Error::from)?;
        writeln!(out)?;
    } else {
        write_table(&mut out, &values)?;
    }
    for warning in &config.warnings {
        eprintln!("warning: {}", visible(&warning.to_string()));
    }
    Ok(out.flush()?)
}

/// The data directory and the configuration file, which the file cannot say.
fn places(global: &Global, config: &Config) -> Result<Vec<Shown>, Failure> {
    let origin = |given: &Option<PathBuf>, flag: &'static str, variable: &str| {
        let variable = format!("{}{variable}", config::ENV);
        let of_env = std::env::var_os(&variable).map(PathBuf::from);
        match given {
            None => Origin::Default,
            Some(_) if of_env == *given => Origin::Env(variable),
            Some(_) => Origin::Flag(flag),
        }
    };
    let shown = |key: &str, path: Option<&Path>, origin: Origin| {
        let path = path.map(|path| path.display().to_string());
        Shown {
            key: key.to_owned(),
            text: path.clone().unwrap_or_else(|| "-".to_owned()),
            json: path.map_or(Json::Null, Json::String),
            origin,
        }
    };
    let dir = global.data_dir()?;
    let mut file = shown(
        "config",
        config.file.as_deref(),
        origin(&global.config, "--config", "CONFIG"),
    );
    if let (None, Some(usual)) = (&config.file, config::usual_file()) {
        file.text = format!("{} (absent)", usual.display());
    }
    let dir = shown(
        "data_dir",
        Some(&dir),
        origin(&global.data_dir, "--data-dir", "DATA_DIR"),
    );
    Ok(vec![dir, file])
}

fn write_table(out: &mut impl Write, values: &[Shown]) -> io::Result<()> {
    let rows = values.iter().map(|shown| {
        let cells = [shown.key.clone(), shown.text.clone(), shown.origin.to_string()];
        cells.map(|cell| visible(&cell))
    });
    let head = ["KEY", "VALUE", "ORIGIN"].map(str::to_owned);
    let rows: Vec<[String; 3]> = std::iter::once(head).chain(rows).collect();
    let width = |at: usize| rows.iter().map(|row| row[at].chars().count()).max().unwrap_or(0);
    let (key_width, value_width) = (width(0), width(1));
    for [key, value, origin] in &rows {
        writeln!(out, "{key:key_width$}  {value:value_width$}  {origin}")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_the_stores_own() {
        let (ours, its) = (Retention::from(&Settings::default()), Retention::default());
        assert_eq!(
            (ours.bytes, ours.minutes_days, ours.hours_days),
            (its.bytes, its.minutes_days, its.hours_days)
        );
    }
}
