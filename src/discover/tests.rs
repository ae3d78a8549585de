//! Whole hosts, made in a folder, and what is found on them.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::*;

/// A host in a folder.
struct Fake {
    dir: tempfile::TempDir,
    docker: Result<String, String>,
}

struct Said(Result<String, String>);

impl Docker for Said {
    fn inspect_all(&self) -> Result<String, String> {
        self.0.clone()
    }
}

impl Fake {
    fn new() -> Self {
        let fake = Self {
            dir: tempfile::tempdir().unwrap(),
            docker: Ok("[]".to_owned()),
        };
        let uid = std::os::unix::fs::MetadataExt::uid(&fs::metadata(fake.dir.path()).unwrap());
        fake.file("/etc/passwd", &format!("me:x:{uid}:0::/home/me:/bin/sh\n"));
        fake.file("/proc/1/cmdline", "/sbin/init\0");
        fake
    }

    fn at(&self, path: &str) -> PathBuf {
        let path = self.dir.path().join(path.trim_start_matches('/'));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        path
    }

    fn file(&self, path: &str, text: &str) {
        fs::write(self.at(path), text).unwrap();
    }

    fn process(&self, pid: u32, line: &str) {
        self.file(&format!("/proc/{pid}/cmdline"), &(line.replace(' ', "\0") + "\0"));
        self.file(
            &format!("/proc/{pid}/environ"),
            "HOME=/home/me\0STORJ_OPERATOR_WALLET=0xsecret\0",
        );
        symlink("/", self.at(&format!("/proc/{pid}/cwd"))).unwrap();
        self.fd(pid, 0, "/dev/null");
    }

    fn fd(&self, pid: u32, number: u32, target: &str) {
        symlink(target, self.at(&format!("/proc/{pid}/fd/{number}"))).unwrap();
    }

    /// Listening ports: address in the kernel's writing, and the socket's inode.
    fn listening(&self, net: &str, sockets: &[(&str, u16, u32)]) {
        let rows = sockets.iter().map(|(ip, port, inode)| {
            format!("   0: {ip}:{port:04X} 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 {inode} 1 0\n")
        });
        self.file(&format!("{net}/tcp"), &rows.collect::<String>());
    }

    fn find(&self, answering: &[(&str, &str)]) -> Vec<Found> {
        let host = Host {
            root: self.dir.path().to_owned(),
            docker: Box::new(Said(self.docker.clone())),
        };
        let probe = |url: &str| {
            let (_, id) = answering.iter().find(|(at, _)| *at == url)?;
            Some(ProbeAnswer {
                node_id: Some((*id).to_owned()),
                version: Some("1.162.3".to_owned()),
            })
        };
        let found = discover(&host, &probe).nodes;
        assert!(!format!("{found:?}").contains("secret"), "{found:?}");
        assert_eq!(found, discover(&host, &probe).nodes, "the same twice");
        found
    }

    fn one(&self, answering: &[(&str, &str)]) -> Found {
        let mut found = self.find(answering);
        assert_eq!(found.len(), 1, "{found:#?}");
        found.remove(0)
    }
}

const ANY: &str = "00000000";
const LOOPBACK: &str = "0100007F";

fn spec(found: &Found) -> Option<&str> {
    found.log.as_ref().map(|log| log.spec.as_str())
}

fn notes(found: &Found) -> String {
    found.notes.join("\n")
}

#[test]
fn a_systemd_node_that_logs_to_a_file() {
    let fake = Fake::new();
    let start = "/usr/bin/storagenode run --config-dir /srv/node";
    fake.file(
        "/etc/systemd/system/storagenode.service",
        &format!("[Service]\nExecStart={start}\nUser=me\n"),
    );
    fake.process(812, start);
    fake.file("/proc/812/cgroup", "0::/system.slice/storagenode.service\n");
    fake.file(
        "/srv/node/config.yaml",
        "log.output: /var/log/storagenode.log\nstorage.path: /srv/data\nstorage.allocated-disk-space: 1.50 TB\n\
         log.custom-level: piecestore=FATAL\ndebug.addr: 127.0.0.1:5998\noperator.wallet: 0xsecret\n",
    );
    fake.file("/srv/data/x", "");
    fake.file("/var/log/storagenode.log", "x\n");
    fake.listening("/proc/net", &[(LOOPBACK, 14002, 7)]);

    let found = fake.one(&[("http://127.0.0.1:14002", "1abc")]);
    assert_eq!(
        (found.name.as_str(), found.running, found.allocated),
        ("storagenode", Some(true), Some(1_500_000_000_000))
    );
    assert_eq!((found.evidence.len(), found.node_id.as_deref()), (2, Some("1abc")));
    let log = found.log.clone().unwrap();
    assert_eq!(
        (log.spec.as_str(), log.readable, log.followable),
        ("/var/log/storagenode.log", Ok(()), true)
    );
    assert_eq!(found.data.as_deref(), Some(Path::new("/srv/data")));
    assert_eq!(found.metrics.as_deref(), Some("http://127.0.0.1:5998"));
    assert_eq!(found.log_level.as_deref(), Some("info"));
    assert!(notes(&found).contains("piecestore=FATAL hides"), "{found:#?}");
}

#[test]
fn outputs_are_followed_to_journal_file_and_nowhere() {
    let cases = [
        ("socket:[99]", Some("journald:node@2.service"), "journal cannot be read"),
        ("/srv/node/err.log", Some("/srv/node/err.log"), ""),
        ("/dev/null", None, "goes to /dev/null; set log.output"),
        ("pipe:[5]", None, "set log.output in config.yaml"),
        ("/srv/gone.log (deleted)", None, "set log.output in config.yaml"),
    ];
    for (target, log, note) in cases {
        let fake = Fake::new();
        fake.process(9, "storagenode run --config-dir=node");
        fs::remove_file(fake.at("/proc/9/cwd")).unwrap();
        symlink("/srv", fake.at("/proc/9/cwd")).unwrap();
        fake.fd(9, 2, target);
        fake.file("/proc/9/cgroup", "0::/system.slice/node@2.service\n");
        fake.file("/srv/node/config.yaml", "log:\n  level: error # quiet\n");
        fake.file("/srv/node/err.log", "");
        let found = fake.one(&[]);
        assert_eq!(spec(&found), log, "{target}");
        assert!(notes(&found).contains(note), "{target}: {found:#?}");
        assert!(notes(&found).contains("log.level error hides"), "{found:#?}");
        assert_eq!(found.config_dir.as_deref(), Some(Path::new("/srv/node")));
    }
}

#[test]
fn a_unit_that_rests_still_tells_its_log() {
    let fake = Fake::new();
    fake.file(
        "/lib/systemd/system/node.service",
        "[Service]\nExecStart=/opt/storagenode run --config-dir /srv/node\n",
    );
    let extra = "[Service]\nStandardOutput=append:/var/log/node.log\n";
    fake.file("/etc/systemd/system/node.service.d/log.conf", extra);
    fake.file("/var/log/node.log", "");
    fake.file("/home/me/.local/share/storj/storagenode/config.yaml", "");
    let found = fake.find(&[]);
    let names: Vec<&str> = found.iter().map(|found| found.name.as_str()).collect();
    assert_eq!(names, ["storagenode", "node"]);
    assert!(found.iter().all(|found| found.running == Some(false)));
    assert_eq!(spec(&found[1]), Some("/var/log/node.log"));
    fake.file("/etc/systemd/system/node.service.d/log.conf", "");
    fake.file("/var/log/journal/ab/system.journal", "");
    let log = fake.find(&[])[1].log.clone().unwrap();
    assert_eq!(
        (log.spec.as_str(), log.readable, log.followable),
        ("journald:node.service", Ok(()), false)
    );
}

/// Two containers of one image, as `docker inspect` tells of them.
fn inspected(id: &str, name: &str, port: &str, more: &str) -> String {
    format!(
        r#"{{"Id": "{id}", "Name": "/{name}", "Path": "/entrypoint", "Args": [{more}],
            "State": {{"Running": true, "Pid": 5}}, "LogPath": "/var/lib/docker/containers/{id}/{id}-json.log",
            "Config": {{"Image": "storjlabs/storagenode:latest", "Cmd": [{more}], "Entrypoint": ["/entrypoint"],
                "WorkingDir": "/app", "Env": ["WALLET=0xsecret", "STORAGE=2TB", "LOG_LEVEL=info"]}},
            "HostConfig": {{"LogConfig": {{"Type": "json-file"}}, "NetworkMode": "bridge", "PortBindings": null}},
            "Mounts": [{{"Type": "bind", "Source": "/mnt/{name}", "Destination": "/app/config"}}],
            "NetworkSettings": {{"Ports": {{"14002/tcp": {port}, "28967/udp": null}},
                "Networks": {{"bridge": {{"IPAddress": "172.17.0.2"}}}}}}}}"#
    )
}

#[test]
fn a_docker_node_whose_log_docker_keeps() {
    let mut fake = Fake::new();
    let id = "ab".repeat(32);
    let bound = r#"[{"HostIp": "0.0.0.0", "HostPort": "14003"}, {"HostIp": "::", "HostPort": "14003"}]"#;
    fake.docker = Ok(format!("[{}]", inspected(&id, "storj1", bound, "")));
    fake.file(
        "/mnt/storj1/config.yaml",
        "console.address: 127.0.0.1:14002\nstorage.path: config/storage\n",
    );
    fake.file("/mnt/storj1/storage/x", "");
    fake.listening("/proc/net", &[(ANY, 14003, 7)]);
    // The same node seen as a process, in a network and paths of its own.
    fake.process(77, "/app/storagenode run --config-dir config --console.address=:14002");
    fs::remove_file(fake.at("/proc/77/cwd")).unwrap();
    symlink("/app", fake.at("/proc/77/cwd")).unwrap();
    fake.file("/proc/77/cgroup", &format!("0::/system.slice/docker-{id}.scope\n"));
    fake.fd(77, 2, "pipe:[4]");

    let found = fake.one(&[("http://127.0.0.1:14003", "1abc")]);
    assert_eq!((found.name.as_str(), found.evidence.len()), ("storj1", 2));
    assert_eq!(found.api.as_deref(), Some("http://127.0.0.1:14003"));
    assert_eq!(found.allocated, Some(2_000_000_000_000));
    assert_eq!(found.data.as_deref(), Some(Path::new("/mnt/storj1/storage")));
    assert_eq!(spec(&found), Some("docker:storj1"));
    assert!(notes(&found).contains("docker's file"), "{found:#?}");

    let path = format!("/var/lib/docker/containers/{id}/{id}-json.log");
    fake.file(&path, "");
    let found = fake.one(&[("http://127.0.0.1:14003", "1abc")]);
    assert_eq!(spec(&found), Some(path.as_str()));
    assert_eq!(notes(&found), "");
}

#[test]
fn a_docker_node_whose_log_is_a_file_and_whose_port_is_not_published() {
    let mut fake = Fake::new();
    let flags = r#""--log.output=/app/config/node.log", "--storage.path=/elsewhere""#;
    fake.docker = Ok(format!("[{}]", inspected("ab", "n", "null", flags)));
    fake.file("/mnt/n/node.log", "");
    fake.file("/mnt/n/config.yaml", "");
    let found = fake.one(&[]);
    assert_eq!(spec(&found), Some("/mnt/n/node.log"));
    assert_eq!((found.api.as_deref(), found.data.as_deref()), (None, None));
    assert!(
        notes(&found).contains("port 14002 of container n is not published"),
        "{found:#?}"
    );
    // On Linux the container's own address answers all the same.
    let found = fake.one(&[("http://172.17.0.2:14002", "1abc")]);
    assert_eq!(found.api.as_deref(), Some("http://172.17.0.2:14002"));
}

#[test]
fn without_docker_a_containers_process_and_its_port_are_brought_together() {
    let mut fake = Fake::new();
    fake.docker = Err("permission denied".to_owned());
    fake.process(77, "/app/storagenode run --config-dir config --console.address=:14002");
    fs::remove_file(fake.at("/proc/77/cwd")).unwrap();
    symlink("/app", fake.at("/proc/77/cwd")).unwrap();
    fake.file("/proc/77/cgroup", &format!("0::/docker/{}\n", "ab".repeat(32)));
    let host = "22 1 8:2 / / rw - ext4 /dev/sda2 rw\n";
    fake.file("/proc/self/mountinfo", host);
    let theirs = "9 1 0:5 / / rw - overlay o rw\n8 9 8:2 /mnt/n /app/config rw - ext4 /dev/sda2 rw\n";
    fake.file("/proc/77/mountinfo", theirs);
    fake.listening("/proc/net", &[(ANY, 14005, 7)]);
    fake.listening("/proc/77/net", &[(ANY, 14002, 8)]);
    fake.file("/mnt/n/config.yaml", "");
    let found = fake.one(&[("http://127.0.0.1:14005", "1abc")]);
    assert_eq!(
        (found.name.as_str(), found.api.as_deref()),
        ("n", Some("http://127.0.0.1:14005"))
    );
    assert_eq!(found.config_dir.as_deref(), Some(Path::new("/mnt/n")));
    assert!(notes(&found).contains("docker: permission denied"), "{found:#?}");
}

#[test]
fn two_nodes_on_one_host_and_a_third_that_only_answers() {
    let fake = Fake::new();
    for (pid, name, port) in [(30, "beta", 14003), (31, "alpha", 14002)] {
        fake.process(pid, &format!("storagenode run --config-dir /srv/{name}"));
        fake.file(&format!("/proc/{pid}/cgroup"), "0::/system.slice/cron.service\n");
        fake.file(
            &format!("/srv/{name}/config.yaml"),
            &format!("console.address: :{port}\n"),
        );
        fake.fd(pid, 2, &format!("/srv/{name}/log"));
        fake.file(&format!("/srv/{name}/log"), "");
    }
    // An old configuration that names the port of another node.
    fake.file("/root/.local/share/storj/storagenode/config.yaml", "");
    let open = [14002, 14003, 14010, 14011].map(|port| (ANY, port, u32::from(port)));
    fake.listening("/proc/net", &open);
    let answers = [
        ("http://127.0.0.1:14002", "1alpha"),
        ("http://127.0.0.1:14003", "1beta"),
        ("http://127.0.0.1:14010", "1gamma"),
    ];
    let found = fake.find(&answers);
    let seen: Vec<_> = found
        .iter()
        .map(|found| (found.node_id.as_deref(), found.running, spec(found)))
        .collect();
    assert_eq!(
        seen,
        [
            (None, Some(false), None),
            (Some("1alpha"), Some(true), Some("/srv/alpha/log")),
            (Some("1beta"), Some(true), Some("/srv/beta/log")),
            (Some("1gamma"), Some(true), None),
        ]
    );
    assert!(notes(&found[0]).contains("where another node is"), "{found:#?}");
    assert!(notes(&found[3]).contains("nothing but its API"));
}

#[test]
fn what_rests_takes_no_address_and_nobody_asks_elsewhere() {
    let fake = Fake::new();
    let dir = "/home/me/.local/share/storj/storagenode";
    fake.file(&format!("{dir}/config.yaml"), "");
    fake.listening("/proc/net", &[(ANY, 14002, 7)]);
    let found = fake.find(&[("http://127.0.0.1:14002", "1abc")]);
    assert_eq!(found.len(), 2, "{found:#?}");
    assert_eq!((found[0].api.as_deref(), found[0].running), (None, Some(false)));
    assert_eq!(found[1].node_id.as_deref(), Some("1abc"));
    // Where others' processes are hidden, it may be the one that answers.
    fs::remove_file(fake.at("/proc/1/cmdline")).unwrap();
    let found = fake.one(&[("http://127.0.0.1:14002", "1abc")]);
    assert_eq!((found.node_id.as_deref(), found.running), (Some("1abc"), Some(true)));
    fake.file(&format!("{dir}/config.yaml"), "console.address: 203.0.113.9:14002\n");
    let found = fake.one(&[("http://203.0.113.9:14002", "1evil")]);
    assert_eq!(found.node_id, None);
}

#[test]
fn a_process_that_hides_itself_is_joined_with_the_configuration_of_its_address() {
    let fake = Fake::new();
    fake.process(30, "storagenode run --config-dir node");
    for hidden in ["environ", "cwd"] {
        fs::remove_file(fake.at(&format!("/proc/30/{hidden}"))).unwrap();
    }
    fs::create_dir(fake.at("/proc/30/environ")).unwrap();
    fake.file(
        "/home/me/.local/share/storj/storagenode/config.yaml",
        "log.output: /var/log/n.log\n",
    );
    fake.file("/var/log/n.log", "");
    fake.listening("/proc/net", &[(LOOPBACK, 14002, 7)]);
    let found = fake.one(&[("http://127.0.0.1:14002", "1abc")]);
    assert!(
        notes(&found).contains("environment of process 30 cannot be read"),
        "{found:#?}"
    );
    assert_eq!((found.running, spec(&found)), (Some(true), Some("/var/log/n.log")));
    assert_eq!(found.node_id.as_deref(), Some("1abc"));
}

#[test]
fn ports_left_to_chance_are_found_by_their_sockets() {
    let fake = Fake::new();
    fake.process(
        30,
        "storagenode run --config-dir /srv/node --console.address=127.0.0.1:0",
    );
    fake.file("/srv/node/config.yaml", "server.private-address: 127.0.0.1:7779\n");
    let sockets = [
        (ANY, 28967, 1),
        (LOOPBACK, 7779, 2),
        (LOOPBACK, 40123, 3),
        (LOOPBACK, 22, 9),
    ];
    for net in ["/proc/net", "/proc/30/net"] {
        fake.listening(net, &sockets);
    }
    for (number, inode) in [(5, 1), (6, 2), (7, 3)] {
        fake.fd(30, number, &format!("socket:[{inode}]"));
    }
    let found = fake.one(&[]);
    assert_eq!(found.metrics.as_deref(), Some("http://127.0.0.1:40123"));
    assert!(notes(&found).contains("port 40123 until the next start"), "{found:#?}");
    let found = fake.one(&[("http://127.0.0.1:40123", "1abc")]);
    assert_eq!(
        (found.api.as_deref(), found.metrics),
        (Some("http://127.0.0.1:40123"), None)
    );
}

#[test]
fn hostile_files_cost_nothing_and_say_nothing() {
    let mut fake = Fake::new();
    let dir = "/home/me/.local/share/storj/storagenode";
    fake.process(30, "storagenode run");
    fake.file(&format!("{dir}/config.yaml"), &"log.output: /x\n".repeat(1 << 20));
    fake.file(
        "/etc/systemd/system/a.service",
        "[Service]\nExecStart=\"storagenode run\\\n\\",
    );
    fs::create_dir_all(fake.at("/etc/systemd/system/b.service")).unwrap();
    fake.file("/proc/net/tcp", "\u{0}\u{fffd} : : 0A\n1: 2 3 0A");
    fake.docker = Ok("[".repeat(1 << 20));
    let begun = Instant::now();
    let found = fake.one(&[]);
    assert!(begun.elapsed() < Duration::from_secs(5));
    assert!(
        notes(&found).contains("config.yaml was not read: it is larger than"),
        "{found:#?}"
    );
    let noise = "log:\n\x1b[31m level: debug\nlog.output: \"/x\x07\"\nstorage.path: ../../../../../etc\n";
    fake.file(&format!("{dir}/config.yaml"), noise);
    let found = fake.one(&[]);
    assert!(!format!("{:?}", found.notes).contains("\\u{"), "{found:#?}");
    assert_eq!(found.data.as_deref(), Some(Path::new("/etc")));
}

#[test]
fn a_thousand_processes_are_looked_through_quickly() {
    let fake = Fake::new();
    for pid in 2..1000 {
        fake.file(&format!("/proc/{pid}/cmdline"), "/usr/bin/some\0program\0run\0");
    }
    fake.process(1000, "storagenode run --config-dir /srv/node");
    let begun = Instant::now();
    fake.one(&[]);
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
}

/// A shell that waits, under the node's name and with its words.
#[test]
#[cfg(target_os = "linux")]
fn a_real_process_is_found_by_what_the_kernel_says_of_it() {
    use std::os::unix::process::CommandExt;
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("config.yaml"), "log.output: stdout\n").unwrap();
    let log = fs::File::create(dir.path().join("node.log")).unwrap();
    let mut child = std::process::Command::new("sh")
        .arg0("storagenode")
        .args(["-c", "read line", "run", "--config-dir", "."])
        .current_dir(dir.path())
        .env("STORJ_LOG_LEVEL", "warn")
        .stdin(std::process::Stdio::piped())
        .stdout(log)
        .spawn()
        .unwrap();
    let host = Host {
        root: "/".into(),
        docker: Box::new(Said(Ok("[]".to_owned()))),
    };
    let dir = fs::canonicalize(dir.path()).unwrap();
    let found = discover(&host, &|_| None).nodes;
    child.kill().unwrap();
    child.wait().unwrap();
    let evidence = format!("process {} runs storagenode", child.id());
    let found = found.iter().find(|found| found.evidence.contains(&evidence)).unwrap();
    assert_eq!(found.config_dir.as_ref(), Some(&dir));
    assert_eq!(spec(found), dir.join("node.log").to_str());
    assert_eq!(found.log_level.as_deref(), Some("warn"));
}
