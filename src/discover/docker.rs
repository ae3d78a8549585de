//! Containers that run a storage node, from `docker inspect`. Used by `discover`.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use serde::Deserialize;

use super::mounts::Space;
use super::net::Address;
use super::settings::{ALLOCATED, CONFIG_DIR, CONSOLE, LOG_LEVEL, Settings, is_node_program};
use super::sighting::{Rank, Sighting};

/// Where the images keep a node's configuration, and what they start it in.
const APP: &str = "/app";
const CONFIG: &str = "/app/config";

/// Who knows the containers of a host.
pub trait Docker: Sync {
    /// What `docker inspect` says of every container, running or not: a JSON list, empty without
    /// docker. The error says why docker did not answer.
    fn inspect_all(&self) -> Result<String, String>;
}

/// The command `docker`.
pub struct DockerCommand {
    /// The program.
    pub program: PathBuf,
    /// How long it may take, all in all.
    pub patience: Duration,
}

impl Default for DockerCommand {
    fn default() -> Self {
        Self {
            program: "docker".into(),
            patience: Duration::from_secs(5),
        }
    }
}

impl Docker for DockerCommand {
    fn inspect_all(&self) -> Result<String, String> {
        let elsewhere = |host: &str| host.starts_with("tcp://") || host.starts_with("ssh://");
        if std::env::var("DOCKER_HOST").is_ok_and(|host| elsewhere(&host)) {
            return Err("DOCKER_HOST names another host".to_owned());
        }
        let until = Instant::now() + self.patience;
        let ids = match self.run(&["ps", "-aq", "--no-trunc"], until) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok("[]".to_owned()),
            answer => answer.map_err(|error| error.to_string())?,
        };
        let ids: Vec<&str> = ids.split_ascii_whitespace().collect();
        if ids.is_empty() {
            return Ok("[]".to_owned());
        }
        let words: Vec<&str> = ["inspect", "--type", "container"].into_iter().chain(ids).collect();
        self.run(&words, until).map_err(|error| error.to_string())
    }
}

impl DockerCommand {
    /// What the command prints. Past `until` it is killed, and that is an error.
    fn run(&self, words: &[&str], until: Instant) -> io::Result<String> {
        let mut command = Command::new(&self.program);
        command.args(words).stdin(Stdio::null());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        // Read beside the waiting: a full pipe would stop the command, and one of its children may
        // hold the pipe open after it is killed.
        let pipes = (child.stdout.take().map(read_aside), child.stderr.take().map(read_aside));
        let text = |pipe: Option<mpsc::Receiver<Vec<u8>>>| {
            let left = until.saturating_duration_since(Instant::now());
            let bytes = pipe?.recv_timeout(left).ok()?;
            Some(String::from_utf8_lossy(&bytes).into_owned())
        };
        let texts = (text(pipes.0), text(pipes.1));
        let status = ended(&mut child, until)?;
        let (Some(out), Some(err), Some(status)) = (texts.0, texts.1, status) else {
            return Err(io::Error::other("it took too long"));
        };
        // A container that went away in between fails `inspect`, which lists the others all the same.
        if status.success() || out.trim_start().starts_with("[{") {
            return Ok(out);
        }
        let first = err.lines().find(|line| !line.trim().is_empty());
        Err(io::Error::other(first.unwrap_or("it failed").trim().to_owned()))
    }
}

/// How a child ended; `None` when it had to be killed.
fn ended(child: &mut Child, until: Instant) -> io::Result<Option<ExitStatus>> {
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if Instant::now() >= until {
            child.kill()?;
            child.wait()?;
            return Ok(None);
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Reads a pipe to its end, on a thread of its own.
fn read_aside(pipe: impl Read + Send + 'static) -> mpsc::Receiver<Vec<u8>> {
    const MOST: u64 = 64 << 20;
    let (send, answer) = mpsc::channel();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        // A pipe that breaks gives what came before.
        pipe.take(MOST).read_to_end(&mut bytes).ok();
        send.send(bytes).ok();
    });
    answer
}

/// A container as `docker inspect` tells of it. Whatever is missing is empty.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Inspected {
    id: String,
    name: String,
    path: Option<String>,
    args: Option<Vec<String>>,
    log_path: Option<String>,
    state: State,
    config: Config,
    host_config: HostConfig,
    mounts: Option<Vec<Mount>>,
    network_settings: NetworkSettings,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct State {
    running: bool,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Config {
    image: Option<String>,
    cmd: Option<Vec<String>>,
    entrypoint: Option<Vec<String>>,
    env: Option<Vec<String>>,
    working_dir: Option<String>,
}

type Bindings = BTreeMap<String, Option<Vec<Binding>>>;

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct HostConfig {
    log_config: LogConfig,
    network_mode: Option<String>,
    port_bindings: Option<Bindings>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct LogConfig {
    r#type: String,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Mount {
    source: PathBuf,
    destination: PathBuf,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct NetworkSettings {
    ports: Option<Bindings>,
    networks: Option<BTreeMap<String, Option<Network>>>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Binding {
    host_ip: String,
    host_port: String,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Network {
    #[serde(rename = "IPAddress")]
    ip: String,
}

/// What of a container matters once it is known to run a node.
#[derive(Debug, Clone, Default)]
pub(super) struct Container {
    pub name: String,
    /// What docker does with the node's output: `json-file`, `journald`, `none`, …
    pub driver: String,
    /// Where `json-file` writes it.
    pub log_path: Option<PathBuf>,
    bindings: Vec<(String, Address)>,
    ips: Vec<String>,
}

impl Container {
    /// Where a port of the container can be reached on this host.
    pub fn published(&self, port: u16) -> Option<&Address> {
        let inside = format!("{port}/tcp");
        self.bindings
            .iter()
            .find(|(name, _)| *name == inside)
            .map(|(_, address)| address)
    }

    /// A port at the container's own addresses, which Linux hosts reach too.
    pub fn direct(&self, port: u16) -> impl Iterator<Item = Address> {
        self.ips
            .iter()
            .filter(|ip| !ip.is_empty())
            .filter_map(move |ip| Address::new(ip, port))
    }
}

/// The containers that run a node. What is no container is passed over; the error says why there is
/// no list.
pub(super) fn containers(json: &str) -> Result<Vec<Sighting>, String> {
    let list: Vec<serde_json::Value> =
        serde_json::from_str(json).map_err(|error| format!("its answer is no list of containers: {error}"))?;
    Ok(list
        .into_iter()
        .filter_map(|value| serde_json::from_value::<Inspected>(value).ok())
        .filter(Inspected::is_node)
        .map(Inspected::sighting)
        .collect())
}

impl Inspected {
    fn image(&self) -> &str {
        self.config.image.as_deref().unwrap_or_default()
    }

    /// The image's own name, without registry, owner and tag.
    fn image_name(&self) -> &str {
        let path = self.image().split('@').next().unwrap_or_default();
        let last = path.rsplit('/').next().unwrap_or_default();
        last.split(':').next().unwrap_or_default()
    }

    fn words(&self) -> Vec<String> {
        let path = self.path.clone().map(|path| vec![path]);
        [
            self.config.entrypoint.clone(),
            self.config.cmd.clone(),
            path,
            self.args.clone(),
        ]
        .into_iter()
        .flatten()
        .flatten()
        .collect()
    }

    /// By its image, if that keeps its configuration where the node's image does (exporters do not),
    /// or by its command.
    fn is_node(&self) -> bool {
        let name = self.image_name();
        let mounted = self
            .mounts
            .iter()
            .flatten()
            .any(|mount| mount.destination == Path::new(CONFIG));
        let runs = self
            .words()
            .iter()
            .flat_map(|word| word.split(' '))
            .any(is_node_program);
        name == "storagenode" || (self.image().contains("storagenode") && mounted) || runs
    }

    fn sighting(self) -> Sighting {
        let flags = Settings::from_flags(&self.words());
        let env = self.env(&flags);
        let cwd = self.config.working_dir.as_deref().filter(|dir| !dir.is_empty());
        let cwd = PathBuf::from(cwd.unwrap_or(APP));
        let inside = cwd.join(flags.value(CONFIG_DIR).unwrap_or(CONFIG));
        let name = self.name.trim_start_matches('/').to_owned();
        let mounts = self.mounts.iter().flatten();
        let pairs = mounts.map(|mount| (mount.destination.clone(), Some(mount.source.clone())));
        Sighting {
            rank: Rank::Container,
            evidence: format!("docker container {name} (image {})", self.image()),
            space: Space::Mounts(pairs.collect()),
            own_network: self.host_config.network_mode.as_deref() != Some("host"),
            running: Some(self.state.running),
            inside: Some(inside),
            cwd: Some(cwd),
            flags,
            env,
            container: Some(self.id.clone()),
            docker: Some(self.container(name)),
            ..Sighting::default()
        }
    }

    /// The node's environment, and what the image makes of it: `STORAGE` and `LOG_LEVEL` become
    /// flags, and the API listens on all addresses of the container.
    fn env(&self, flags: &Settings) -> Settings {
        let all = self.config.env.iter().flatten().map(String::as_str);
        let mut env = Settings::from_env(all.clone());
        for (variable, key) in [("STORAGE", ALLOCATED), ("LOG_LEVEL", LOG_LEVEL)] {
            let mut values = all
                .clone()
                .filter_map(|text| text.strip_prefix(variable)?.strip_prefix('='));
            if let Some(value) = values.next().filter(|value| !value.is_empty()) {
                env.keep(key, value);
            }
        }
        if flags.value(CONSOLE).is_none() && self.image_name().starts_with("storagenode") {
            env.keep_default(CONSOLE, ":14002");
        }
        env
    }

    fn container(&self, name: String) -> Container {
        let ports = &self.network_settings.ports;
        let ports = ports
            .iter()
            .flatten()
            .chain(self.host_config.port_bindings.iter().flatten());
        let bindings = ports.flat_map(|(inside, bound)| bound.iter().flatten().map(move |to| (inside, to)));
        let networks = self.network_settings.networks.iter().flatten();
        Container {
            name,
            driver: self.host_config.log_config.r#type.clone(),
            log_path: self.log_path.clone().filter(|path| !path.is_empty()).map(PathBuf::from),
            bindings: bindings
                .filter_map(|(inside, to)| {
                    let port = to.host_port.parse().ok().filter(|port| *port != 0)?;
                    Some((inside.clone(), Address::new(&to.host_ip, port)?))
                })
                .collect(),
            ips: networks
                .filter_map(|(_, network)| Some(network.as_ref()?.ip.clone()))
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_are_told_from_what_watches_them() {
        let json = r#"[
            {"Id": "a", "Name": "/storagenode", "Config": {"Image": "storjlabs/storagenode:latest", "Cmd": null}},
            {"Id": "b", "Name": "/mine", "Config": {"Image": "ghcr.io/me/storagenode-arm:1"},
             "Mounts": [{"Source": "/mnt/b", "Destination": "/app/config"}]},
            {"Id": "c", "Name": "/plain", "Path": "/usr/bin/storagenode", "Args": ["run"], "Config": {"Image": "debian"}},
            {"Id": "d", "Name": "/exporter", "Config": {"Image": "me/storagenode-exporter", "Env": ["HOST=storagenode"]}},
            {"Id": "e", "Name": "/web", "Config": {"Image": "nginx"}},
            {"Id": 7}, "x"
        ]"#;
        let found = containers(json).unwrap();
        let names: Vec<_> = found
            .iter()
            .map(|found| found.docker.as_ref().unwrap().name.as_str())
            .collect();
        assert_eq!(names, ["storagenode", "mine", "plain"]);
        assert!(containers("no such thing").is_err());
    }

    #[test]
    #[cfg(unix)]
    fn docker_that_is_missing_late_or_cross_is_no_trouble() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let command = |text: &str| {
            let program = dir.path().join("docker");
            std::fs::write(&program, text).unwrap();
            std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
            let patience = Duration::from_millis(300);
            DockerCommand { program, patience }.inspect_all()
        };
        let missing = DockerCommand {
            program: dir.path().join("none"),
            ..DockerCommand::default()
        };
        assert_eq!(missing.inspect_all().as_deref(), Ok("[]"));
        let begun = Instant::now();
        assert!(command("#!/bin/sh\nsleep 30\n").is_err());
        assert!(begun.elapsed() < Duration::from_secs(5));
        assert_eq!(
            command("#!/bin/sh\necho 'permission denied' >&2\nexit 1\n").unwrap_err(),
            "permission denied"
        );
        let two = "#!/bin/sh\n[ $1 = ps ] && echo a b && exit\necho \"[{$4 $5}]\"\nexit 1\n";
        assert_eq!(command(two).as_deref(), Ok("[{a b}]\n"));
    }
}
