//! The configuration changed from outside an editor: `config set`, `config unset`, and the desk a collector changes its
//! own at.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::config::{self, Said};
use super::{Failure, Global, discovery, visible};
use crate::api::link::Link;
use crate::api::message::{Answer, Command, Query};
use crate::collector::desk::Desk;
use crate::config::change::{self, Ground, Trouble};
use crate::config::load::Config;
use crate::config::problem::Origin;
use crate::config::setting::SETTINGS;
use crate::domain::setting::{Change, Changed, Fault, Saved, Setting, Settings, Taken, Teller};
use crate::ui::keymap::Keymap;

/// A running collector answers about its settings within this time.
const PATIENCE: Duration = Duration::from_secs(10);
/// It gives up taking a change itself before this is over, and says so.
const LATEST: Duration = Duration::from_secs(35);

/// The nodes a collector watches.
#[derive(Debug, Clone, Default)]
pub struct Names(Arc<Mutex<Vec<String>>>);

impl Names {
    /// These are all.
    pub fn set(&self, names: Vec<String>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = names;
    }

    fn all(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// The file a configuration is read from and written to; `None`: there is no home either.
pub fn file(global: &Global) -> Option<PathBuf> {
    global.config.clone().or_else(crate::config::usual_file)
}

/// A collector's own configuration file.
pub struct FileDesk {
    global: Global,
    said: Said,
    names: Names,
    /// Whether what is changed outlasts the program.
    kept: bool,
}

impl FileDesk {
    /// Of a collector that was started so, and watches these nodes.
    pub fn new(global: &Global, said: &Said, config: &Config) -> Self {
        let names = Names::default();
        names.set(config.nodes.iter().map(|node| node.name.clone()).collect());
        Self {
            global: global.clone(),
            said: said.clone(),
            names,
            kept: true,
        }
    }

    /// Of a program that goes by a file of its own, and removes it at its end.
    pub fn for_this_run(file: PathBuf, names: Vec<String>) -> Self {
        let global = Global {
            config: Some(file),
            ..Global::default()
        };
        let said = Said::default();
        let known = Names::default();
        known.set(names);
        Self {
            global,
            said,
            names: known,
            kept: false,
        }
    }

    /// The nodes it knows; whoever finds others tells it.
    pub fn names(&self) -> Names {
        self.names.clone()
    }

    /// The configuration as it is now.
    pub fn config(&self) -> Result<Config, Failure> {
        config::load(&self.global, &self.said)
    }

    fn path(&self) -> Option<PathBuf> {
        file(&self.global)
    }

    fn shown_path(&self) -> Option<String> {
        let path = self.path().filter(|_| self.kept);
        // Another program that is told of it may be elsewhere.
        path.map(|path| std::path::absolute(&path).unwrap_or(path).display().to_string())
    }
}

impl Desk for FileDesk {
    fn told(&self, keys: &[String]) -> Result<Settings, String> {
        let config = self.config().map_err(|failure| failure.to_string())?;
        let all: Vec<String> = match keys.is_empty() {
            true => config.values.iter().map(|value| value.key.clone()).collect(),
            false => keys.to_vec(),
        };
        let of_screen = |key: &&String| keys.is_empty() && key.starts_with("keys.");
        let told = |key: &String| {
            config
                .setting(key)
                .ok_or_else(|| format!("there is no setting `{key}`"))
        };
        Ok(Settings {
            file: self.shown_path(),
            all: all
                .iter()
                .filter(|key| !of_screen(key))
                .map(told)
                .collect::<Result<_, _>>()?,
        })
    }

    fn judge(&self, changes: &[Change]) -> Vec<Fault> {
        let Some(path) = self.path() else {
            return vec![no_home()];
        };
        let home = crate::config::home();
        let names = self.names.all();
        match change::judge_file(&path, changes, &ground(home.as_deref(), &names)) {
            Ok(_) => Vec::new(),
            Err(trouble) => faults(&path, trouble, changes),
        }
    }

    fn change(&self, changes: &[Change]) -> Result<Saved, Vec<Fault>> {
        let path = self.path().ok_or_else(|| vec![no_home()])?;
        let home = crate::config::home();
        let names = self.names.all();
        let saved = change::save(&path, changes, &ground(home.as_deref(), &names));
        let changed = saved.map_err(|trouble| faults(&path, trouble, changes))?;
        let mut notes = Vec::new();
        if !self.kept {
            notes.push("taken for this run, not kept".to_owned());
        }
        if let Ok(config) = self.config() {
            let settings = changed.iter().filter_map(|changed| config.setting(&changed.key));
            notes.extend(settings.filter_map(|setting| beaten(&setting)));
            notes.extend(odd(&config, &changed));
        }
        Ok(Saved {
            file: self.shown_path(),
            changed,
            notes,
        })
    }
}

fn ground<'a>(home: Option<&'a Path>, others: &'a [String]) -> Ground<'a> {
    Ground {
        home,
        check_keys: Some(|wishes| Keymap::new(wishes).1),
        others,
    }
}

fn no_home() -> Fault {
    Fault {
        key: String::new(),
        text: "there is no home folder for a configuration file; name one with --config".to_owned(),
    }
}

fn faults(path: &Path, trouble: Trouble, changes: &[Change]) -> Vec<Fault> {
    let error = match trouble {
        Trouble::Faults(faults) => return faults,
        Trouble::Io(error) => error,
    };
    let mut text = format!("{}: cannot be written: {error}", path.display());
    if error.kind() == io::ErrorKind::PermissionDenied {
        let wanted: Vec<String> = changes.iter().map(|change| change.key.clone()).collect();
        text += &format!("; change {} there as its owner", wanted.join(", "));
    }
    let key = String::new();
    vec![Fault { key, text }]
}

/// Who beats the file, if somebody does.
fn beaten(setting: &Setting) -> Option<String> {
    let value = &setting.value;
    let who = match &setting.teller {
        Teller::Env(name) => format!("the environment's {name}"),
        Teller::Flag(name) => format!("the flag {name}"),
        Teller::Default | Teller::File(_) => return None,
    };
    Some(match value.as_str() {
        "" => format!(
            "{}: {who} names the whole node, without this, which beats the file",
            setting.key
        ),
        value => format!("{}: {who} says {value}, which beats the file", setting.key),
    })
}

/// What looks wrong with what was changed, but may be meant.
fn odd(config: &Config, changed: &[Changed]) -> Vec<String> {
    // A rate that was taken away is missed where its currency is said.
    let missed = changed.iter().filter(|changed| changed.key == "money.factor");
    let keys = changed.iter().map(|changed| changed.key.as_str());
    let keys = keys.chain(missed.map(|_| "money.currency"));
    let places: Vec<Origin> = keys.map(|key| config.origin(key)).collect();
    let odd = config.warnings.iter().filter(|odd| places.contains(&odd.at));
    odd.map(|odd| format!("{}; {}", odd.what, odd.hint)).collect()
}

/// What is wrong, as one line.
pub fn line(fault: &Fault) -> String {
    match fault.key.as_str() {
        "" => fault.text.clone(),
        key if fault.text.starts_with("is ") => format!("{key} {}", fault.text),
        key => format!("{key}: {}", fault.text),
    }
}

/// `config set` and `config unset`.
pub fn set(global: &Global, mut changes: Vec<Change>) -> Result<(), Failure> {
    let path = file(global).ok_or_else(|| Failure::Faults(vec![no_home()]))?;
    changes.iter_mut().for_each(from_here);
    let mut running = Running::find(global);
    let others = others(global, &changes, running.as_ref());
    let home = crate::config::home();
    let saved = change::save(&path, &changes, &ground(home.as_deref(), &others));
    let changed = saved.map_err(|trouble| match trouble {
        Trouble::Faults(faults) => Failure::Faults(faults),
        Trouble::Io(source) => Failure::File {
            path: path.clone(),
            source,
        },
    })?;
    let here = config::load(global, &Said::default()).ok();
    // It is told first: only then can be said what it does.
    let news = match running.as_mut() {
        None => News::Alone,
        Some(running) if !running.reads(&path) => News::Elsewhere,
        Some(_) if changed.is_empty() => News::Told(Vec::new()),
        Some(running) => running.tell(&changed),
    };
    let mut out = io::stdout().lock();
    for change in &changes {
        let text = match changed.iter().find(|changed| changed.key == change.key) {
            Some(changed) => {
                let taken = here.as_ref().and_then(|config| config.setting(&changed.key));
                let taken = taken.map_or(Taken::AtOnce, |setting| setting.taken);
                told(changed, &path, news.of(&changed.key, taken))
            }
            None => {
                // An address may hold a password.
                let value = change.value.as_deref().map(crate::config::node::shown_address);
                let is = value.map_or("not set".to_owned(), |value| format!("{value} already"));
                format!("{}: it is {is} (in {})", change.key, path.display())
            }
        };
        writeln!(out, "{}", visible(&text))?;
    }
    let notes = changed
        .iter()
        .filter_map(|changed| beaten(&here.as_ref()?.setting(&changed.key)?));
    let mut notes: Vec<String> = notes.collect();
    notes.extend(here.iter().flat_map(|config| odd(config, &changed)));
    notes.extend(news.beaten());
    notes.iter().for_each(|note| eprintln!("note: {}", visible(note)));
    match news {
        News::Refused(why) => Err(Failure::NotTaken { why }),
        _ => Ok(()),
    }
}

/// What a running collector makes of what was set.
enum News {
    /// None runs.
    Alone,
    /// It reads another file.
    Elsewhere,
    /// It goes by it; so these settings are now.
    Told(Vec<Setting>),
    /// It does not, for this reason.
    Refused(String),
}

impl News {
    fn of(&self, key: &str, taken: Taken) -> &'static str {
        let is_beaten = |all: &[Setting]| all.iter().any(|one| one.key == key && one.teller.beats_file());
        match (self, taken) {
            (_, Taken::NextScreen) => "the screen goes by it when it is opened the next time",
            (Self::Alone, _) => "no collector runs here; the next one goes by it",
            (Self::Elsewhere, _) => "the running collector does not read this file",
            (Self::Refused(_), _) => "the running collector does not go by it yet",
            (Self::Told(all), _) if is_beaten(all) => "the running collector was told otherwise when it was started",
            (Self::Told(_), Taken::NewLogs) => "the running collector goes by it, for logs it follows from now on",
            (Self::Told(_), Taken::AtOnce) => "the running collector goes by it",
        }
    }

    /// What beats the file there.
    fn beaten(&self) -> Option<String> {
        let Self::Told(all) = self else { return None };
        let beaten: Vec<String> = all.iter().filter_map(beaten).collect();
        (!beaten.is_empty()).then(|| format!("the running collector: {}", beaten.join("; ")))
    }
}

fn told(changed: &Changed, path: &Path, when: &str) -> String {
    format!("{}: {} (in {}); {when}", changed.key, changed.words(), path.display())
}

/// A path that was typed begins where the person is, not at the file's folder.
fn from_here(change: &mut Change) {
    let is_path = change.key == "geoip.file"
        || change.key.starts_with("node.") && (change.key.ends_with(".log") || change.key.ends_with(".data"));
    let Some(value) = change.value.as_mut().filter(|_| is_path) else {
        return;
    };
    let is_word = value.is_empty() || value == "none" || value.contains(':') || value.starts_with('~');
    if !is_word && let Ok(path) = std::path::absolute(&*value) {
        *value = path.display().to_string();
    }
}

/// Nodes that are watched though the file may not name them; looked for only when one is asked for.
fn others(global: &Global, changes: &[Change], running: Option<&Running>) -> Vec<String> {
    if !changes.iter().any(|change| change.key.starts_with("node.")) {
        return Vec::new();
    }
    if let Some(running) = running {
        return running.nodes.clone();
    }
    let config = discovery::load(global, &Said::default());
    config.map_or_else(
        |_| Vec::new(),
        |config| config.nodes.into_iter().map(|node| node.name).collect(),
    )
}

/// A collector that runs for the data directory.
struct Running {
    link: Link,
    nodes: Vec<String>,
    file: Option<String>,
}

impl Running {
    #[cfg(unix)]
    fn find(global: &Global) -> Option<Self> {
        let mut link = crate::api::socket::connect(&global.data_dir().ok()?).ok()?;
        let status = Query::Status {
            nodes: Vec::new(),
            at_ms: None,
        };
        let nodes = match link.ask(status, PATIENCE) {
            Ok(Answer::Status(status)) => status.nodes.into_iter().map(|node| node.name).collect(),
            _ => Vec::new(),
        };
        let keys = vec![SETTINGS[0].name()];
        let file = match link.ask(Query::Settings { keys }, PATIENCE) {
            Ok(Answer::Settings(settings)) => settings.file,
            // Of an older release, or with a file that is wrong now: it reads the usual one, most likely.
            _ => file(global).map(|path| path.display().to_string()),
        };
        Some(Self { link, nodes, file })
    }

    #[cfg(not(unix))]
    fn find(_global: &Global) -> Option<Self> {
        None
    }

    fn reads(&self, path: &Path) -> bool {
        let real = |path: &Path| std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        self.file
            .as_ref()
            .is_some_and(|file| real(Path::new(file)) == real(path))
    }

    /// Has it go by what was changed.
    fn tell(&mut self, changed: &[Changed]) -> News {
        if let Err(why) = self.link.order(Command::Change(Vec::new()), LATEST) {
            return News::Refused(why);
        }
        let keys = changed.iter().map(|changed| changed.key.clone()).collect();
        match self.link.ask(Query::Settings { keys }, PATIENCE) {
            Ok(Answer::Settings(settings)) => News::Told(settings.all),
            _ => News::Told(Vec::new()),
        }
    }
}
