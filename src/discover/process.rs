//! Storage nodes among the running processes, from `/proc`. Used by `discover`.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};

use super::host::{Host, why};
use super::mounts::Space;
use super::net::{Listener, listeners};
use super::places::Homes;
use super::settings::{CONFIG_DIR, Settings, node_flags};
use super::sighting::{Rank, Sighting, Stream};

/// Most of a command line or environment that is read.
const WORDS: u64 = 2 << 20;
/// What to do where the kernel does not tell.
const ASK: &str = "run as root or as the node's user";

/// The processes that run a node, by their number; `None` where there is no `/proc` to look into.
pub(super) fn processes(host: &Host, homes: &Homes) -> Option<Vec<Sighting>> {
    let names = host.names(Path::new("/proc"));
    let mut pids: Vec<u32> = names.iter().filter_map(|name| name.parse().ok()).collect();
    if pids.is_empty() {
        return None;
    }
    pids.sort_unstable();
    let ours = listeners(host, Path::new("/proc/net")).unwrap_or_default();
    let seen = pids.into_iter().filter_map(|pid| {
        let process = Process::new(host, pid);
        let flags = node_flags(&process.words("cmdline").ok()?)?;
        Some(process.sighting(flags, homes, &ours))
    });
    Some(seen.collect())
}

struct Process<'a> {
    host: &'a Host,
    pid: u32,
    dir: PathBuf,
}

impl<'a> Process<'a> {
    fn new(host: &'a Host, pid: u32) -> Self {
        let dir = PathBuf::from(format!("/proc/{pid}"));
        Self { host, pid, dir }
    }

    fn words(&self, file: &str) -> io::Result<Vec<String>> {
        let bytes = self.host.read(&self.dir.join(file), WORDS)?;
        let words = bytes.split(|byte| *byte == 0).filter(|word| !word.is_empty());
        Ok(words.map(|word| String::from_utf8_lossy(word).into_owned()).collect())
    }

    fn text(&self, file: &str) -> String {
        let bytes = self.host.read(&self.dir.join(file), WORDS).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    fn sighting(&self, flags: Settings, homes: &Homes, ours: &[Listener]) -> Sighting {
        let pid = self.pid;
        let mut notes = Vec::new();
        let env = self.environment(&mut notes);
        let cwd = self.host.link(&self.dir.join("cwd")).ok();
        let dir = flags.value(CONFIG_DIR).or_else(|| env.value(CONFIG_DIR));
        let inside = match dir {
            Some(dir) if Path::new(dir).is_absolute() => Some(PathBuf::from(dir)),
            Some(dir) => cwd.as_ref().map(|cwd| cwd.join(dir)),
            None => homes.default_config_dir(&self.host.at(&self.dir)),
        };
        if inside.is_none() {
            notes.push(format!(
                "the configuration of process {pid} cannot be told: its working folder cannot be read; {ASK}"
            ));
        }
        let mountinfo = self.text("mountinfo");
        let cgroup = self.text("cgroup");
        let container = self.container(&cgroup, &mountinfo);
        let sockets = Sockets::of(self, ours);
        Sighting {
            rank: Rank::Process,
            evidence: format!("process {pid} runs storagenode"),
            space: self.space(container.is_some(), &mountinfo),
            unit: unit_of(&cgroup).filter(|_| container.is_none()),
            stdout: self.stream("1"),
            stderr: self.stream("2"),
            own_network: sockets.own_network.unwrap_or(container.is_some()),
            ports: sockets.ports,
            loopback_ports: sockets.loopback_ports,
            pid: Some(pid),
            running: Some(true),
            flags,
            env,
            inside,
            cwd,
            container,
            notes,
            ..Sighting::default()
        }
    }

    fn environment(&self, notes: &mut Vec<String>) -> Settings {
        match self.words("environ") {
            Ok(words) => Settings::from_env(words.iter().map(String::as_str)),
            Err(error) => {
                notes.push(format!(
                    "the environment of process {} cannot be read ({}), so settings in it are not known; {ASK}",
                    self.pid,
                    why(&error)
                ));
                Settings::default()
            }
        }
    }

    fn space(&self, contained: bool, mountinfo: &str) -> Space {
        let ours = self
            .host
            .read(Path::new("/proc/self/mountinfo"), WORDS)
            .unwrap_or_default();
        match (mountinfo.is_empty() || ours.is_empty(), contained) {
            (true, true) => Space::Unknown,
            (true, false) => Space::Same,
            (false, _) => Space::of(mountinfo, &String::from_utf8_lossy(&ours)),
        }
    }

    /// The container's id, empty when that is all there is to know.
    fn container(&self, cgroup: &str, mountinfo: &str) -> Option<String> {
        let root = self.dir.join("root");
        container_id(cgroup)
            .or_else(|| {
                mountinfo
                    .lines()
                    .filter(|line| line.contains("/containers/"))
                    .find_map(container_id)
            })
            .or_else(|| {
                let marked = self.host.is_file(&root.join(".dockerenv"));
                let moved = self.host.link(&root).is_ok_and(|root| root != Path::new("/"));
                (marked || moved).then(String::new)
            })
    }

    fn stream(&self, number: &str) -> Stream {
        let fd = self.dir.join("fd").join(number);
        let Ok(target) = self.host.link(&fd) else {
            return Stream::Unknown;
        };
        let text = target.to_string_lossy();
        if text == "/dev/null" {
            Stream::Nowhere
        } else if text.starts_with("socket:") {
            Stream::Journal
        } else if text.starts_with('/') && !text.starts_with("/dev/") && !text.ends_with(" (deleted)") {
            Stream::File(target)
        } else {
            Stream::Other
        }
    }
}

/// The sockets a process listens on.
#[derive(Default)]
struct Sockets {
    ports: Vec<u16>,
    loopback_ports: Vec<u16>,
    /// `None` when its network cannot be looked into.
    own_network: Option<bool>,
}

impl Sockets {
    fn of(process: &Process, ours: &[Listener]) -> Self {
        let Some(theirs) = listeners(process.host, &process.dir.join("net")) else {
            return Self::default();
        };
        // A socket's inode is in one network only; one without listeners tells nothing.
        let shared = theirs.iter().any(|socket| ours.contains(socket));
        let own_network = (!theirs.is_empty()).then_some(!shared);
        let fds = process.dir.join("fd");
        let inodes: BTreeSet<u64> = process
            .host
            .names(&fds)
            .iter()
            .filter_map(|fd| {
                let target = process.host.link(&fds.join(fd)).ok()?;
                let inode = target.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?;
                inode.parse().ok()
            })
            .collect();
        let open: BTreeMap<u16, bool> = theirs
            .iter()
            .filter(|socket| inodes.contains(&socket.inode))
            .map(|socket| (socket.port, socket.ip.is_loopback()))
            .collect();
        Self {
            ports: open.keys().copied().collect(),
            loopback_ports: open
                .iter()
                .filter(|(_, loopback)| **loopback)
                .map(|(port, _)| *port)
                .collect(),
            own_network,
        }
    }
}

/// Container engines write the id as 64 hexadecimal digits, whatever stands around it.
fn container_id(text: &str) -> Option<String> {
    text.split(|c: char| !c.is_ascii_hexdigit())
        .find(|word| word.len() == 64)
        .map(str::to_owned)
}

/// The systemd service a control group belongs to.
fn unit_of(cgroup: &str) -> Option<String> {
    let paths = cgroup.lines().filter_map(|line| {
        let mut fields = line.splitn(3, ':').skip(1);
        let controller = fields.next()?;
        let path = fields.next()?;
        (controller.is_empty() || controller == "name=systemd").then_some(path)
    });
    paths
        .flat_map(|path| path.rsplit('/'))
        .find(|part| part.ends_with(".service") && !part.starts_with("user@"))
        .map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_groups_name_units_and_containers() {
        let id = "0123456789abcdef".repeat(4);
        let cases = [
            (
                "0::/system.slice/storagenode.service\n".to_owned(),
                None,
                Some("storagenode.service"),
            ),
            (
                "1:name=systemd:/system.slice/node@2.service\n0::/\n".to_owned(),
                None,
                Some("node@2.service"),
            ),
            (format!("0::/system.slice/docker-{id}.scope\n"), Some(&id), None),
            (format!("4:memory:/docker/{id}\n"), Some(&id), None),
            ("0::/user.slice/user-0.slice/session-3.scope\n".to_owned(), None, None),
            ("0::/user.slice/user@0.service/tmux.scope\n".to_owned(), None, None),
        ];
        for (text, container, unit) in cases {
            assert_eq!(container_id(&text).as_ref(), container, "{text}");
            assert_eq!(unit_of(&text).as_deref(), unit, "{text}");
        }
    }
}
