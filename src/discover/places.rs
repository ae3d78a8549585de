//! The usual places of a node's configuration: homes and the units of systemd. Used by `discover`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::host::Host;
use super::settings::{CONFIG_DIR, Settings, node_flags};
use super::sighting::{Rank, Sighting, Stream};

/// Where a node looks when it is told nothing, under a home: Linux, macOS.
const UNDER_HOME: [&str; 2] = [
    ".local/share/storj/storagenode",
    "Library/Application Support/Storj/Storagenode",
];
/// Where the Windows installer puts it.
const WINDOWS: &str = "/Program Files/Storj/Storage Node";
/// Units of the first folder hide those of the others.
const UNITS: [&str; 3] = ["/etc/systemd/system", "/lib/systemd/system", "/usr/lib/systemd/system"];
/// Largest unit that is read.
const UNIT: u64 = 256 << 10;

/// The homes of this host's users.
#[derive(Default)]
pub(super) struct Homes {
    by_uid: BTreeMap<u32, PathBuf>,
    all: Vec<PathBuf>,
}

impl Homes {
    pub fn of(host: &Host) -> Self {
        let passwd = host.read(Path::new("/etc/passwd"), 4 << 20).unwrap_or_default();
        let passwd = String::from_utf8_lossy(&passwd);
        let by_uid: BTreeMap<u32, PathBuf> = passwd
            .lines()
            .filter_map(|line| {
                let fields: Vec<&str> = line.split(':').collect();
                let home = fields.get(5).filter(|home| home.len() > 1)?;
                Some((fields.get(2)?.parse().ok()?, PathBuf::from(home)))
            })
            .collect();
        let mut all = vec![PathBuf::from("/root")];
        for parent in ["/home", "/Users"] {
            all.extend(
                host.names(Path::new(parent))
                    .iter()
                    .map(|name| Path::new(parent).join(name)),
            );
        }
        all.extend(by_uid.values().cloned());
        all.sort_unstable();
        all.dedup();
        Self { by_uid, all }
    }

    /// Where the node of a process looks when it is told nothing: under the home of its user.
    #[cfg(unix)]
    pub fn default_config_dir(&self, process: &Path) -> Option<PathBuf> {
        use std::os::unix::fs::MetadataExt;
        let uid = std::fs::metadata(process).ok()?.uid();
        let home = self.by_uid.get(&uid)?;
        Some(home.join(UNDER_HOME[0]))
    }

    /// There is no `/proc` to ask about.
    #[cfg(not(unix))]
    pub fn default_config_dir(&self, _: &Path) -> Option<PathBuf> {
        None
    }

    /// The configurations in the usual places.
    pub fn configs(&self, host: &Host) -> Vec<Sighting> {
        let homes = self
            .all
            .iter()
            .flat_map(|home| UNDER_HOME.map(|inner| home.join(inner)));
        homes
            .chain([PathBuf::from(WINDOWS)])
            .filter(|dir| host.is_file(&dir.join("config.yaml")))
            .map(|dir| Sighting {
                rank: Rank::Config,
                evidence: format!("{}", dir.join("config.yaml").display()),
                inside: Some(dir),
                ..Sighting::default()
            })
            .collect()
    }

    /// The units that start a node. A template is none: its instances show as processes.
    pub fn units(&self, host: &Host) -> Vec<Sighting> {
        let mut units: BTreeMap<String, PathBuf> = BTreeMap::new();
        for dir in UNITS.map(Path::new) {
            let names = host.names(dir).into_iter();
            for name in names.filter(|name| name.ends_with(".service") && !name.ends_with("@.service")) {
                let path = dir.join(&name);
                units.entry(name).or_insert(path);
            }
        }
        units
            .iter()
            .filter_map(|(name, path)| self.unit(name, &unit_text(host, name, path)?))
            .collect()
    }

    fn unit(&self, name: &str, text: &str) -> Option<Sighting> {
        let unit = Unit::parse(text);
        let flags = node_flags(&unit.start)?;
        let env = Settings::from_env(unit.environment.iter().map(String::as_str));
        let user = unit.user.as_deref().unwrap_or("root");
        let dir = flags.value(CONFIG_DIR).or_else(|| env.value(CONFIG_DIR));
        let inside = match dir {
            Some(dir) => Some(unit.cwd.join(dir)),
            None => self.home_of(user).map(|home| home.join(UNDER_HOME[0])),
        };
        Some(Sighting {
            rank: Rank::Unit,
            evidence: format!("systemd unit {name}"),
            unit: Some(name.to_owned()),
            cwd: Some(unit.cwd),
            stdout: unit.stdout.clone(),
            stderr: unit.stderr.unwrap_or(unit.stdout),
            flags,
            env,
            inside,
            ..Sighting::default()
        })
    }

    fn home_of(&self, user: &str) -> Option<PathBuf> {
        let by_name = || {
            self.all
                .iter()
                .find(|home| home.file_name().is_some_and(|name| name == user))
        };
        let by_uid = user.parse().ok().and_then(|uid| self.by_uid.get(&uid));
        by_uid.or_else(by_name).cloned()
    }
}

/// A unit with what its drop-ins add.
fn unit_text(host: &Host, name: &str, path: &Path) -> Option<String> {
    // Only a file that names the program is worth the rest.
    let mut text = String::from_utf8_lossy(&host.read(path, UNIT).ok()?).into_owned();
    for dir in UNITS {
        let extra = Path::new(dir).join(format!("{name}.d"));
        let files = host.names(&extra).into_iter().filter(|file| file.ends_with(".conf"));
        for bytes in files.filter_map(|file| host.read(&extra.join(file), UNIT).ok()) {
            text.push('\n');
            text.push_str(&String::from_utf8_lossy(&bytes));
        }
    }
    text.contains("storagenode").then_some(text)
}

/// What a unit says of the process it starts.
struct Unit {
    start: Vec<String>,
    environment: Vec<String>,
    user: Option<String>,
    cwd: PathBuf,
    stdout: Stream,
    stderr: Option<Stream>,
}

impl Unit {
    fn parse(text: &str) -> Self {
        let mut unit = Self {
            start: Vec::new(),
            environment: Vec::new(),
            user: None,
            cwd: PathBuf::from("/"),
            stdout: Stream::Journal,
            stderr: None,
        };
        let joined = text.replace("\\\r\n", " ").replace("\\\n", " ");
        let mut service = false;
        for line in joined.lines().map(str::trim) {
            if line.starts_with('[') {
                service = line == "[Service]";
            } else if service && let Some((key, value)) = line.split_once('=') {
                unit.take(key.trim_end(), value.trim_start());
            }
        }
        unit
    }

    fn take(&mut self, key: &str, value: &str) {
        match key {
            // Empty, it takes back what an earlier file said; so does the next one.
            "ExecStart" => self.start = words(value.trim_start_matches(['-', '@', ':', '+', '!'])),
            "Environment" if value.is_empty() => self.environment.clear(),
            "Environment" => self.environment.extend(words(value)),
            "User" => self.user = Some(value.to_owned()),
            "WorkingDirectory" => self.cwd = PathBuf::from(value.trim_start_matches('-')),
            "StandardOutput" => self.stdout = stream(value).unwrap_or(Stream::Journal),
            "StandardError" => self.stderr = stream(value),
            _ => {}
        }
    }
}

/// `None` for `inherit`.
fn stream(value: &str) -> Option<Stream> {
    let file = ["append:", "file:", "truncate:"]
        .iter()
        .find_map(|kind| value.strip_prefix(kind));
    match (file, value) {
        (Some(path), _) => Some(Stream::File(path.into())),
        (None, "inherit" | "") => None,
        (None, "null") => Some(Stream::Nowhere),
        (None, text) if ["journal", "syslog", "kmsg"].iter().any(|kind| text.starts_with(kind)) => {
            Some(Stream::Journal)
        }
        _ => Some(Stream::Other),
    }
}

/// The words of a line, with quotes taken off.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![];
    let mut word: Option<String> = None;
    let mut quote = None;
    for c in line.chars() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '"' | '\'') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, c) if c.is_whitespace() => words.extend(word.take()),
            (_, c) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_read_as_systemd_reads_them() {
        let text = "[Unit]\nExecStart=/bin/false\n[Service]\nExecStart = -/opt/storagenode run \\\n  --config-dir \"/srv/my node\"\n\
                    Environment=\"STORJ_LOG_LEVEL=warn\" A=b\nUser=storj\nStandardOutput=append:/var/log/n.log\n";
        let homes = Homes::default();
        let unit = homes.unit("n.service", text).unwrap();
        assert_eq!(unit.inside.as_deref(), Some(Path::new("/srv/my node")));
        assert_eq!(unit.env.value("log.level"), Some("warn"));
        assert_eq!(unit.stderr, Stream::File("/var/log/n.log".into()));
        let changed = format!("{text}[Service]\nExecStart=\nExecStart=/opt/storagenode run\nStandardError=journal\n");
        let unit = homes.unit("n.service", &changed).unwrap();
        assert_eq!((unit.inside, unit.stderr), (None, Stream::Journal));
        assert!(
            homes
                .unit(
                    "n.service",
                    "[Service]\nExecStart=/usr/bin/docker run storagenode run\n"
                )
                .is_none()
        );
    }
}
