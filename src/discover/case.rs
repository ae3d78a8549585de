//! One node's evidence, read together: its settings, its API, its debug endpoint, its data. Used by
//! `discover`.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::host::{Host, why};
use super::net::{Address, Probes};
use super::node_config;
use super::settings::{
    ALLOCATED, CONSOLE, DATABASES, DEBUG, LOG_CUSTOM_LEVEL, LOG_ENCODING, LOG_LEVEL, SERVER, SERVER_PRIVATE, STORAGE,
    Settings,
};
use super::sighting::{Group, Sighting};
use super::{Found, ProbeAnswer, before};

/// The node's own default.
const DEFAULT_CONSOLE: &str = "127.0.0.1:14002";

/// What is known beside the evidence.
pub(super) struct Around<'a> {
    pub host: &'a Host,
    pub probes: &'a Probes<'a>,
    /// Why docker does not tell of its containers.
    pub docker: Option<String>,
    /// Whether every running node's configuration is known: one that none of them has, rests.
    pub all_seen: bool,
}

/// A node as its evidence is read.
pub(super) struct Case<'a> {
    pub around: &'a Around<'a>,
    pub group: &'a Group,
    /// The folder of its configuration on the host.
    pub dir: Option<PathBuf>,
    config: Option<Settings>,
    pub notes: Vec<String>,
}

impl<'a> Case<'a> {
    pub fn new(around: &'a Around<'a>, group: &'a Group) -> Self {
        let mut case = Self {
            around,
            group,
            dir: group.config_dir(),
            config: None,
            notes: group.live().flat_map(|seen| seen.notes.clone()).collect(),
        };
        case.read_config();
        case
    }

    /// All that its evidence says. Addresses in `taken` are other nodes'.
    pub fn found(mut self, taken: &BTreeSet<String>) -> Found {
        let log = self.log();
        let (api, answer) = self.api(taken);
        let metrics = self.metrics(api.as_deref());
        let data = self.data();
        self.level_notes();
        let running = if answer.is_some() { Some(true) } else { self.running() };
        Found {
            name: String::new(),
            evidence: self.group.sightings.iter().map(|seen| seen.evidence.clone()).collect(),
            node_id: answer.as_ref().and_then(|answer| answer.node_id.clone()),
            version: answer.and_then(|answer| answer.version),
            log,
            log_level: self.known(LOG_LEVEL, "info"),
            log_encoding: self.known(LOG_ENCODING, "console"),
            custom_level: self.setting(LOG_CUSTOM_LEVEL).map(str::to_owned),
            api,
            data,
            metrics,
            allocated: self.setting(ALLOCATED).and_then(node_config::size),
            running,
            sources: before::sources(self.group),
            config_dir: self.dir,
            notes: self.notes,
        }
    }

    /// A setting that is set: flags before the environment before the file. Empty is not set.
    pub fn setting(&self, key: &str) -> Option<&str> {
        let told = self
            .group
            .first(|seen| seen.flags.value(key).or_else(|| seen.env.value(key)));
        let written = || self.config.as_ref().and_then(|config| config.value(key));
        told.or_else(written).filter(|value| !value.is_empty())
    }

    /// A setting or its default; unknown where the file that may set it cannot be read.
    fn known(&self, key: &str, default: &str) -> Option<String> {
        let default = self.config.is_some().then_some(default);
        self.setting(key).or(default).map(str::to_owned)
    }

    fn read_config(&mut self) {
        let file = |dir: &Path| dir.join("config.yaml");
        // A container's files that lie nowhere on the host are still seen through its process.
        let through = self.group.first(|seen: &Sighting| {
            let inner = seen.inside.as_deref()?.strip_prefix("/").ok()?.to_owned();
            Some(Path::new("/proc").join(seen.pid?.to_string()).join("root").join(inner))
        });
        let places = self.dir.iter().chain(&through).map(|dir| file(dir));
        let mut first = None;
        for path in places {
            match node_config::read(self.around.host, &path) {
                Ok(settings) => {
                    self.config = Some(settings);
                    return;
                }
                Err(error) => first = first.or(Some((path, error))),
            }
        }
        if let Some((path, error)) = first {
            let advice = match error.as_str() {
                "permission denied" => "; run as root or as the node's user",
                _ => "",
            };
            self.notes
                .push(format!("{} was not read: {error}{advice}", path.display()));
        }
    }

    /// A path from the settings, on the host.
    pub fn path(&self, text: &str) -> Option<PathBuf> {
        let text = ["winfile:///", "file://"]
            .iter()
            .find_map(|kind| text.strip_prefix(kind))
            .unwrap_or(text);
        let inside = self.group.first(|seen| seen.inside.clone());
        let folder = inside.as_ref().map(|dir| dir.to_string_lossy()).unwrap_or_default();
        let text = text.replace("${CONFDIR}", &folder).replace("$CONFDIR", &folder);
        let path = Path::new(&text);
        let cwd = self.group.first(|seen| seen.cwd.clone());
        if cwd.is_none()
            && let Some(path) = self.as_in_image(path)
        {
            return Some(path);
        }
        let base = cwd.or_else(|| inside?.parent().map(Path::to_owned));
        let whole = if path.is_absolute() {
            path.to_owned()
        } else {
            base?.join(path)
        };
        self.group.outside(&whole)
    }

    /// A configuration without a container may be one's all the same: the image sees its folder as
    /// `config` in `/app`.
    fn as_in_image(&self, path: &Path) -> Option<PathBuf> {
        let rest = path
            .strip_prefix("/app/config")
            .or_else(|_| path.strip_prefix("config"))
            .ok()?;
        let path = self.dir.as_ref()?.join(rest);
        self.around.host.at(&path).exists().then_some(path)
    }

    /// Whether it runs, as far as that is known without asking it.
    fn running(&self) -> Option<bool> {
        let rests = self.around.all_seen.then_some(false);
        self.group.running().or(rests)
    }

    fn own_network(&self) -> bool {
        self.group.live().any(|seen| seen.own_network)
    }

    /// Where its API listens, as it is told; `None` when the port is left to chance.
    fn console(&self) -> Option<Address> {
        Address::parse(self.setting(CONSOLE).unwrap_or(DEFAULT_CONSOLE))
    }

    /// Where its API should be on this host.
    fn expected(&self) -> Option<Address> {
        let console = self.console()?;
        if self.own_network() {
            return self.group.docker()?.published(console.port).cloned();
        }
        Some(console)
    }

    /// The same as text.
    pub fn expected_api(&self) -> Option<String> {
        self.expected().as_ref().map(Address::url)
    }

    /// Where else on this host its API may be: at any of its ports, if it is not told one.
    fn other_places(&self) -> Vec<Address> {
        if self.own_network() || (self.setting(CONSOLE).is_some() && self.console().is_some()) {
            return Vec::new();
        }
        let known = self.known_ports();
        let ports = self.group.live().flat_map(|seen| seen.ports.iter().copied());
        let ports = ports.filter(|port| !known.contains(&Some(*port)));
        ports.filter_map(|port| Address::new("127.0.0.1", port)).collect()
    }

    fn api(&mut self, taken: &BTreeSet<String>) -> (Option<String>, Option<ProbeAnswer>) {
        let running = self.running();
        let free = |place: &Address| !taken.contains(&place.url());
        let expected = self.expected().filter(free);
        let answer = match running {
            Some(false) => None,
            _ if self.own_network() => self.answer_of_container(expected.as_ref(), running),
            _ => {
                let places = expected.iter().cloned().chain(self.other_places());
                let answer = |place: Address| Some((self.around.probes.answer_here(&place)?, place));
                places.filter(free).find_map(answer)
            }
        };
        if let Some((answer, place)) = answer.filter(|(_, place)| free(place)) {
            return (Some(place.url()), Some(answer));
        }
        let url = expected.as_ref().map(Address::url);
        self.silent_api(running == Some(true), url.as_deref());
        (url, None)
    }

    /// Docker told these places, and may forward one without listening. Linux reaches the container's
    /// own address too.
    fn answer_of_container(
        &self,
        published: Option<&Address>,
        running: Option<bool>,
    ) -> Option<(ProbeAnswer, Address)> {
        let docker = self.group.docker().filter(|_| running == Some(true))?;
        let direct = docker.direct(self.console()?.port);
        let mut all = published.cloned().into_iter().chain(direct);
        all.find_map(|place| Some((self.around.probes.answer(&place)?, place)))
    }

    /// Why there is no API, and what to do.
    fn silent_api(&mut self, running: bool, url: Option<&str>) {
        let port = self.console().map_or(14002, |console| console.port);
        let loopback = self.console().filter(Address::is_loopback);
        let note = match (self.own_network(), self.group.docker(), url) {
            (true, None, _) => {
                let docker = self.around.docker.as_deref().unwrap_or("docker does not know it");
                format!(
                    "it runs in a container and where its API is published is not known ({docker}); run as root or as a user of docker, or give api=URL"
                )
            }
            (true, Some(docker), None) => format!(
                "port {port} of container {} is not published, so its API cannot be reached; recreate it with -p 127.0.0.1:{port}:{port}",
                docker.name
            ),
            (true, Some(_), Some(_)) if loopback.is_some() => format!(
                "console.address is a loopback address inside the container, which the published port cannot reach; set it to 0.0.0.0:{port}"
            ),
            (_, _, Some(url)) if running => {
                format!("its API does not answer at {url}; look at console.address, or give api=URL")
            }
            _ => return,
        };
        self.notes.push(note);
    }

    /// Its debug endpoint: as set, else the one loopback port nothing else explains.
    fn metrics(&mut self, api: Option<&str>) -> Option<String> {
        let text = Address::url;
        if let Some(debug) = self.setting(DEBUG).and_then(Address::parse) {
            if !self.own_network() {
                return Some(text(&debug));
            }
            let published = self
                .group
                .docker()
                .and_then(|docker| docker.published(debug.port))
                .map(text);
            if published.is_none() {
                self.notes.push(format!(
                    "debug.addr is set, but port {} of the container is not published",
                    debug.port
                ));
            }
            return published;
        }
        let port = self.unexplained_port(api)?;
        self.notes.push(format!(
            "its debug endpoint is at port {port} until the next start; set debug.addr in config.yaml to keep one"
        ));
        Address::new("127.0.0.1", port).as_ref().map(text)
    }

    /// The ports it is told to use, or uses untold.
    fn known_ports(&self) -> [Option<u16>; 3] {
        let known = [
            (CONSOLE, DEFAULT_CONSOLE),
            (SERVER, ":28967"),
            (SERVER_PRIVATE, "127.0.0.1:7778"),
        ];
        known.map(|(key, default)| {
            let address = Address::parse(self.setting(key).unwrap_or(default));
            address.map(|address| address.port)
        })
    }

    /// The port on the loopback device that is none of its known ones, if there is one such.
    fn unexplained_port(&self, api: Option<&str>) -> Option<u16> {
        let known = self.known_ports();
        let live = self.group.live().filter(|seen| !seen.own_network);
        let ports = live.flat_map(|seen| seen.loopback_ports.iter().copied());
        let is_api = |port: u16| api.is_some_and(|api| api.ends_with(&format!(":{port}")));
        let rest: Vec<u16> = ports
            .filter(|port| !known.contains(&Some(*port)) && !is_api(*port))
            .collect();
        match rest[..] {
            [port] => Some(port),
            _ => None,
        }
    }

    fn data(&mut self) -> Option<PathBuf> {
        let told = self.setting(STORAGE).map(|text| self.path(text));
        let data = told.unwrap_or_else(|| self.config.as_ref().and_then(|_| self.path("$CONFDIR/storage")))?;
        if let Err(error) = fs::read_dir(self.around.host.at(&data)) {
            self.notes.push(format!(
                "its data folder {} cannot be read: {}",
                data.display(),
                why(&error)
            ));
        }
        if let Some(databases) = self.setting(DATABASES).and_then(|text| self.path(text)) {
            self.notes.push(format!("its databases are in {}", databases.display()));
        }
        Some(data)
    }

    /// Levels and encodings that hide what the program counts.
    fn level_notes(&mut self) {
        let level = self.setting(LOG_LEVEL).unwrap_or("info").to_ascii_lowercase();
        if !matches!(level.as_str(), "debug" | "info") {
            self.notes.push(format!(
                "log.level {level} hides successful and canceled transfers; set it to info"
            ));
        }
        let custom = self.setting(LOG_CUSTOM_LEVEL).unwrap_or_default();
        let hides = |part: &str| {
            let (name, level) = part.split_once('=').unwrap_or_default();
            name.trim() == "piecestore" && !matches!(level.trim().to_ascii_lowercase().as_str(), "debug" | "info")
        };
        if custom.split(',').any(hides) {
            self.notes.push(format!(
                "log.custom-level {custom} hides transfers; take piecestore out of it"
            ));
        }
        let encoding = self.setting(LOG_ENCODING).unwrap_or("console");
        if !matches!(encoding, "console" | "json") {
            self.notes.push(format!(
                "log.encoding {encoding} has no dates or names to go by; set it to console or json"
            ));
        }
    }
}
